"""Plans and housing projects as places to travel from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.plan._on_foot import samples
from askergeo.transport.competition import CAR, TRANSIT, chosen, minutes_to, ratio_class, ratio_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.transport.competition import Targets, Times

__all__ = ["Surfaces", "plan_frame", "surfaces_of"]

# Repealed, expired and superseded: nothing is built after them.
_GONE: Final = (4, 5, 8)
_UNDER_WAY: Final = (1, 2)
_PLAN, _PROJECT = "Reguleringsplan", "Boligprosjekt"
_HALF: Final = 0.5


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Plans and projects, ``u`` of them, with ``s`` places to travel from.

    Parameters
    ----------
    frame
        Index the label of the row: ``id``, ``navn``, ``art``, ``status``, ``boliger`` (of the
        programme; NaN of a plan). Geometry as given.
    points, owner
        The places, (s,), and the row of ``frame`` that each is in, ascending.
    """

    frame: gpd.GeoDataFrame
    points: Geometries
    owner: NDArray[np.intp]


def surfaces_of(
    reguleringsplan: gpd.GeoDataFrame | None,
    boligprogram: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Surfaces:
    """Gather the plans that are under way or hold, and the projects of the housing programme.

    Parameters
    ----------
    reguleringsplan, boligprogram
        The layers; repealed and superseded plans are left out.
    parameters
        ``reisetid_plan_m`` and ``reisetid_plan_steder`` of the set ``reisetid``.
    """
    parts = []
    if reguleringsplan is not None:
        parts.append(_plans(reguleringsplan))
    if boligprogram is not None:
        parts.append(_projects(boligprogram))
    parts = [part for part in parts if len(part)]
    if not parts:
        nothing = gpd.GeoDataFrame(
            {name: [] for name in ("id", "navn", "art", "status", "boliger")}, geometry=[]
        )
        return Surfaces(nothing, np.empty(0, dtype=object), np.empty(0, dtype=np.intp))
    whole = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=parts[0].crs)
    whole = whole[~whole.index.duplicated()]
    most, step = int(parameters["reisetid_plan_steder"]), float(parameters["reisetid_plan_m"])
    points, owner = _places(geometries(whole), step, most)
    return Surfaces(whole, points, owner)


def _plans(reguleringsplan: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return plans that hold or are under way, those under way first."""
    shapes = geometries(reguleringsplan)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    status = pd.Series(pd.NA, index=reguleringsplan.index, dtype="Int64")
    if "planstatus" in reguleringsplan:
        status = reguleringsplan["planstatus"].astype("Int64")
    used = there & ~status.isin(_GONE).to_numpy(dtype=bool)
    own, status = reguleringsplan[used], status[used]
    codes: Mapping[Any, str] = load_catalogue()["reguleringsplan"].columns["planstatus"].codes or {}
    ids = own["planid"].astype(str)
    frame = gpd.GeoDataFrame(
        {
            "id": ids,
            "navn": own["plannavn"].astype(str),
            "art": _PLAN,
            "status": status.map(lambda one: codes.get(one, "Ukjent"), na_action="ignore").fillna(
                "Ukjent"
            ),
            "boliger": np.nan,
        },
        geometry=geometries(own),
        crs=own.crs,
    )
    frame.index = pd.Index([f"plan {one}" for one in ids], dtype=object)
    later = ~status.isin(_UNDER_WAY).to_numpy(dtype=bool)
    return frame.iloc[np.lexsort((frame["navn"].to_numpy(dtype=str), later))]


def _projects(boligprogram: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the projects, each with its homes of all types and years."""
    shapes = geometries(boligprogram)
    own = boligprogram[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    ids = own["prosjekt_id"].astype(str)
    first = own[~ids.duplicated()]
    names = first["navn"] if "navn" in first else pd.Series(pd.NA, index=first.index)
    codes: Mapping[Any, str] = load_catalogue()["boligprogram"].columns["status"].codes or {}
    status = first["status"] if "status" in first else pd.Series(pd.NA, index=first.index)
    told = first["prosjekt_id"].astype(str)
    homes = pd.to_numeric(own["boliger"], errors="coerce").groupby(ids.to_numpy()).sum()
    frame = gpd.GeoDataFrame(
        {
            "id": told,
            "navn": names.astype("string").fillna(told).astype(str),
            "art": _PROJECT,
            "status": status.map(codes).astype("string").fillna("Ukjent").astype(str),
            "boliger": told.map(homes).astype(float),
        },
        geometry=geometries(first),
        crs=first.crs,
    )
    frame.index = pd.Index([f"prosjekt {one}" for one in told], dtype=object)
    return frame.sort_values("navn", kind="stable")


def _places(shapes: Geometries, step: float, most: int) -> tuple[Geometries, NDArray[np.intp]]:
    """Places of each shape: along its boundary and in a grid inside it, at most so many."""
    flat = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004  (2 is a surface)
    rows = np.flatnonzero(flat)
    points, owner = samples(shapes[rows], step) if len(rows) else (shapes[:0], rows)
    count = np.bincount(owner, minlength=len(rows))
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    # Evenly through the places of each: round the boundary, then through the inside.
    taken = np.minimum(count, most)[owner]
    kept = (rank * taken) // count[owner] != ((rank - 1) * taken) // count[owner]
    single = np.flatnonzero(~flat)
    every = np.r_[points[kept], shapely.point_on_surface(shapes[single])]
    whose = np.r_[rows[owner[kept]], single].astype(np.intp)
    order = np.argsort(whose, kind="stable")
    return np.asarray(every[order], dtype=object), whose[order]


def plan_frame(
    surfaces: Surfaces, times: Times, first: int, targets: Targets, kinds: Sequence[str]
) -> pd.DataFrame:
    """Reckon the time from each plan: the median of its places, to the nearest of each kind.

    Parameters
    ----------
    surfaces
        The plans.
    times
        Minutes; the places of the plans are its rows from ``first``.
    targets, kinds
        What is travelled to.

    Returns
    -------
    DataFrame
        Index of ``surfaces.frame``: for each kind ``mal_`` (name of the place), ``mode_kind``
        minutes, ``forhold_`` (public transport to car) and ``klasse_``.
    """
    medians = {
        mode: _medians(minutes[first:], surfaces.owner, len(surfaces.frame))
        for mode, minutes in times.minutes.items()
    }
    names = np.r_[targets.frame["navn"].to_numpy(dtype=object), [""]]
    found: dict[str, Any] = {}
    for kind in kinds:
        place = chosen(medians, targets.rows(kind))
        found[f"mal_{kind}"] = names[place]
        mine = {mode: minutes_to(minutes, place) for mode, minutes in medians.items()}
        found |= {f"{mode}_{kind}": values for mode, values in mine.items()}
        found[f"forhold_{kind}"] = ratio_of(mine[TRANSIT], mine[CAR])
        found[f"klasse_{kind}"] = ratio_class(mine[TRANSIT], mine[CAR])
    return pd.DataFrame(found, index=surfaces.frame.index)


def _medians(
    minutes: NDArray[np.float64], owner: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    """Median over the places of each plan, (u, t); NaN when half of them or more are unknown."""
    frame = pd.DataFrame(minutes)
    # What is unknown is left out; no way is slower than any way.
    worst = frame.replace(np.inf, np.finfo(np.float64).max)
    by = worst.groupby(owner)
    middle = by.quantile(_HALF, interpolation="lower").reindex(range(count))
    known = by.count().div(by.size(), axis=0).reindex(range(count))
    told = middle.where(known > _HALF).to_numpy(dtype=np.float64)
    return np.where(told == np.finfo(np.float64).max, np.inf, told)
