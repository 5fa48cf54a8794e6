"""What people travel to: centres, stations and the places where many work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import components, geometries
from askergeo.network.departures import stop_places
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, fault_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

__all__ = ["LEVELS", "STATION", "WORK", "Targets", "job_clusters", "make_targets"]

#: Levels of the layer ``senter``, from the top.
LEVELS: Final = ("kommunesenter", "lokalsenter", "naersenter")
STATION: Final = "stasjon"
WORK: Final = "arbeid"
_RAIL: Final = "tog"
_COLUMNS: Final = ("id", "navn", "art", "ansatte", "steder", "utstrekning_m")


@dataclass(frozen=True, eq=False)
class Targets:
    """What people travel to, ``t`` places.

    Parameters
    ----------
    frame
        Index from 0: ``id``, ``navn``, ``art`` (one of :data:`LEVELS`, :data:`STATION`,
        :data:`WORK`); of a cluster of workplaces ``ansatte``, ``steder`` (workplaces) and
        ``utstrekning_m`` (its longest side, metres). Geometry: a point, or the platforms of a
        station as points of one.
    faults
        ``regel``, ``tittel``, ``lag``, ``rad``, ``tekst``: what could not be used.
    """

    frame: gpd.GeoDataFrame
    faults: pd.DataFrame

    def rows(self, kind: str) -> NDArray[np.intp]:
        """Rows of one kind."""
        return np.flatnonzero((self.frame["art"] == kind).to_numpy())


def make_targets(
    senter: gpd.GeoDataFrame,
    holdeplass: gpd.GeoDataFrame | None,
    arbeidsplass: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Targets:
    """Gather what people travel to.

    Parameters
    ----------
    senter, holdeplass, arbeidsplass
        The layers, in one CRS; stations are the stops for rail.
    parameters
        ``reisetid_stasjon_m`` and ``reisetid_klynge_*`` of the set ``reisetid``.
    """
    parts, faults = [_centres(senter)], [_placeless(senter, "senter", "senter_id")]
    if holdeplass is not None:
        parts.append(_stations(holdeplass, float(parameters["reisetid_stasjon_m"])))
    if arbeidsplass is not None:
        clusters, found = job_clusters(arbeidsplass, senter, parameters)
        parts.append(clusters)
        faults.append(found)
    frame = pd.concat(parts, ignore_index=True)
    whole = gpd.GeoDataFrame(frame, geometry="geometry", crs=senter.crs)
    return Targets(whole, all_faults(faults))


def _centres(senter: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the centres that have a place, by level and name."""
    shapes = geometries(senter)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    own = senter[there & senter["niva"].isin(LEVELS).to_numpy(dtype=bool, na_value=False)]
    level = own["niva"].map(LEVELS.index).to_numpy()
    own = own.iloc[np.lexsort((own["navn"].astype(str), level))]
    return _frame(
        own["senter_id"].astype(str), own["navn"].astype(str), own["niva"].astype(str),
        shapely.centroid(geometries(own)), senter.crs,
    )  # fmt: skip


def _stations(holdeplass: gpd.GeoDataFrame, near_m: float) -> gpd.GeoDataFrame:
    """Return the stations, each with all its platforms."""
    shapes = geometries(holdeplass)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    rail = holdeplass["transportmiddel"].eq(_RAIL).to_numpy(dtype=bool, na_value=False)
    own = holdeplass[there & rail].drop_duplicates("holdeplass_id")
    place = stop_places(own, near_m=near_m).to_numpy(dtype=object)
    names = own["navn"].astype("string").to_numpy() if "navn" in own else pd.NA
    told = pd.DataFrame({"id": place, "navn": names, "punkt": geometries(own)})
    first = told.groupby("id", sort=True).agg(
        navn=("navn", "first"), punkt=("punkt", lambda points: shapely.MultiPoint(list(points)))
    )
    return _frame(
        first.index.astype(str),
        first["navn"].fillna("Stasjon").astype(str),
        STATION,
        first["punkt"],
        holdeplass.crs,
    )


def job_clusters(
    arbeidsplass: gpd.GeoDataFrame, senter: gpd.GeoDataFrame | None, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Find the places where many work: workplaces that follow each other within a distance.

    Workplaces nearer each other than ``reisetid_klynge_m`` are joined (single linkage, as in
    DBSCAN with one point); what is joined and has ``reisetid_klynge_ansatte`` employees is a
    cluster, of which the largest are kept. One travels to the workplace nearest to the middle of
    its employees. A cluster takes its name from the nearest centre.

    Parameters
    ----------
    arbeidsplass
        Points with ``ansatte``; rows without either are told and left out.
    senter
        Centres with ``navn``.
    parameters
        ``reisetid_klynge_*`` of the set ``reisetid``.

    Returns
    -------
    GeoDataFrame, DataFrame
        The clusters, the largest first, as in :class:`Targets`; and the faults.
    """
    jobs = pd.to_numeric(arbeidsplass["ansatte"], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    shapes = geometries(arbeidsplass)
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    used = placed & (jobs > 0)
    faults = all_faults(
        [
            _placeless(arbeidsplass, "arbeidsplass", "arbeidssted_id"),
            _uncounted(int((placed & np.isnan(jobs)).sum())),
        ]
    )
    jobs, points = jobs[used], shapely.centroid(shapes[used])
    xy = shapely.get_coordinates(points)
    label = _linked(xy, float(parameters["reisetid_klynge_m"]))
    found = _summed(xy, jobs, label)
    found = found[found["ansatte"] >= parameters["reisetid_klynge_ansatte"]]
    order = np.lexsort((found["y"], found["x"], -found["ansatte"]))
    found = found.iloc[order[: int(parameters["reisetid_klynge_antall"])]]
    middle = shapely.points(found[["x", "y"]].to_numpy(dtype=np.float64).reshape(-1, 2))
    number = np.arange(1, len(found) + 1)
    frame = _frame(
        [f"arbeid-{one}" for one in number], _names(middle, senter, number), WORK, middle,
        arbeidsplass.crs,
    )  # fmt: skip
    for name in ("ansatte", "steder", "utstrekning_m"):
        frame[name] = found[name].to_numpy(dtype=np.float64)
    return frame, faults


def _linked(xy: NDArray[np.float64], distance: float) -> NDArray[np.intp]:
    """Join the points that follow each other: the cluster of each, (n,)."""
    from scipy.spatial import KDTree  # noqa: PLC0415  (heavy; only where there are workplaces)

    if not len(xy):
        return np.empty(0, dtype=np.intp)
    # Many work at the same point: each place is linked once.
    place, at = np.unique(xy, axis=0, return_inverse=True)
    pairs = KDTree(place).query_pairs(distance, output_type="ndarray").reshape(-1, 2)
    return components(pairs[:, 0], pairs[:, 1], len(place))[at.ravel()]


def _summed(
    xy: NDArray[np.float64], jobs: NDArray[np.float64], label: NDArray[np.intp]
) -> pd.DataFrame:
    """Employees, workplaces, extent and middle of each cluster."""
    work = pd.DataFrame({"label": label, "x": xy[:, 0], "y": xy[:, 1], "jobs": jobs})
    work["jx"], work["jy"] = work["x"] * jobs, work["y"] * jobs
    by = work.groupby("label")
    total = by[["jobs", "jx", "jy"]].sum()
    middle = total[["jx", "jy"]].div(total["jobs"], axis=0).loc[label].to_numpy()
    work["away"] = np.hypot(*(xy - middle).T)
    nearest = work.sort_values(["label", "away", "x", "y"]).drop_duplicates("label")
    sides = by[["x", "y"]].max() - by[["x", "y"]].min()
    return nearest.set_index("label")[["x", "y"]].assign(
        ansatte=total["jobs"], steder=by.size(), utstrekning_m=sides.max(axis=1)
    )


def _names(
    points: NDArray[Any], senter: gpd.GeoDataFrame | None, number: NDArray[np.integer]
) -> list[str]:
    shapes = geometries(senter) if senter is not None else np.empty(0, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if senter is None or not there.any() or not len(points):
        return [f"Tyngdepunkt {one}" for one in number]
    near = shapely.STRtree(shapes[there]).nearest(points)
    names = senter["navn"].astype(str).to_numpy()[there][near]
    return [f"Tyngdepunkt {one} ({name})" for one, name in zip(number, names, strict=True)]


def _frame(ids: Any, names: Any, kind: Any, shapes: Any, crs: object) -> gpd.GeoDataFrame:  # noqa: ANN401
    told = {"id": np.asarray(ids, dtype=object), "navn": np.asarray(names, dtype=object)}
    frame = gpd.GeoDataFrame(told, geometry=np.asarray(shapes, dtype=object), crs=crs)
    frame["art"] = np.asarray(kind, dtype=object) if not isinstance(kind, str) else kind
    for name in ("ansatte", "steder", "utstrekning_m"):
        frame[name] = np.nan
    return frame[[*_COLUMNS, "geometry"]]


def _placeless(frame: gpd.GeoDataFrame, layer: str, key: str) -> pd.DataFrame:
    shapes = geometries(frame)
    away = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    ids = frame[key].astype(str).to_numpy()[away] if key in frame else np.flatnonzero(away)
    text = "Raden har ikke koordinater, og er ikke med som reisemål."
    return fault_frame(
        [("reisemal_uten_sted", "Reisemål uten sted", layer, str(one), text) for one in ids[:20]]
    )


def _uncounted(count: int) -> pd.DataFrame:
    text = f"{format_number(count)} arbeidssteder har ikke tall for ansatte, og er ikke med."
    title = "Arbeidssteder uten tall for ansatte"
    rows = [("arbeidssted_uten_tall", title, "arbeidsplass", "", text)] if count else []
    return fault_frame(rows)
