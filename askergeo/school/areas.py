"""The small areas that pupils are reckoned for, and who lives there.

A part («del») is where a basic unit (grunnkrets), a district for grades 1–7 and one for grades 8–10
meet: units, districts and schools are sums of parts, whichever way they cut one another. Nobody is
dropped in silence: who cannot be placed is counted in :attr:`Areas.unplaced` and told as a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import require_crs
from askergeo.errors import LayerError
from askergeo.geometry import geometries, is_surface
from askergeo.population.faults import all_faults
from askergeo.population.people import AGES, People
from askergeo.school import _area_faults as faulty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["LEVELS", "Areas", "make_areas", "place"]

#: The two levels of districts: their code in the layer skolekrets and their column in the frame.
LEVELS: Final = {"barnetrinn": "barnekrets", "ungdomstrinn": "ungdomskrets"}
_NONE: Final = "–"


@dataclass(frozen=True, eq=False)
class Areas:
    """The parts, their residents, and what is wrong with the input.

    Parameters
    ----------
    frame
        The parts, index ``del_id``: ``enhet`` (grunnkretsnummer, or krets_id where no grunnkrets is
        known), ``navn``, ``barnekrets`` and ``ungdomskrets`` (krets_id, or NA), ``boliger``
        (dwellings at its addresses, NaN when unknown) and geometry.
    address
        adresse_id → del_id, NA for an address outside everything.
    people
        Residents by part and age; ``people.areas`` is the frame's index.
    unplaced
        Residents that are in no part: at an unknown address, outside everything, or without age.
    faults
        What is wrong with the input: regel, tittel, lag, rad, tekst.
    """

    frame: gpd.GeoDataFrame
    address: pd.Series
    people: People
    unplaced: int
    faults: pd.DataFrame


def make_areas(
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    *,
    year: int,
    grunnkrets: gpd.GeoDataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
) -> Areas:
    """Place residents in the parts that units and districts cut the municipality into.

    A point on the border of two units, or in two districts of a level, belongs to the first in the
    layer's order; overlapping districts are told.

    Parameters
    ----------
    adresse, befolkning
        Addresses, and residents by address and age.
    year
        The residents are those of 1 January of this year.
    grunnkrets, skolekrets
        Units and districts; one of them at least.
    boligprogram
        Dwellings to come, so that parts without an address today are there when they are built.

    Raises
    ------
    LayerError
        When neither units nor districts are given, or no address lies in them.
    CrsError
        When a layer is not in the CRS of record.
    """
    layers, told = _layers(grunnkrets, skolekrets)
    require_crs(adresse, what="Laget «adresse»")
    known = adresse.drop_duplicates("adresse_id")
    points = geometries(known)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    labels = _labels(points, layers)
    told += faulty.addresses(known, placed, labels, list(layers))
    inside = labels.notna().any(axis=1).to_numpy()
    if not inside.any():
        raise LayerError(
            "Ingen adresse ligger i en grunnkrets eller skolekrets.",
            remedy="Se etter at lagene gjelder samme kommune.",
        )
    coming = _coming(boligprogram, layers)
    frame, ids = _parts(pd.concat([labels[inside], coming]), layers)
    address = pd.Series(pd.NA, index=pd.Index(known["adresse_id"], name="adresse_id"), dtype="str")
    address[inside] = ids[: int(inside.sum())]
    frame["boliger"] = _dwellings(known, address, frame.index)
    people, unplaced, wrong = _residents(befolkning, address, frame.index, year)
    return Areas(frame, address, people, unplaced, all_faults([*told, *wrong]))


def place(geometry: Geometries, polygons: Geometries) -> NDArray[np.intp]:
    """Position of the first polygon that each point lies in or on; −1 for none.

    Parameters
    ----------
    geometry
        Points, (n,); a missing or empty one lies nowhere.
    polygons
        Polygons in the same CRS.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> place(shapely.points([[1.0, 0.5], [1.5, 0.5], [9.0, 9.0]]), squares).tolist()
    [0, 1, -1]
    """
    result = np.full(len(geometry), -1, dtype=np.intp)
    if not len(polygons) or not len(geometry):
        return result
    # The polygons ask the tree of points: they are prepared once, and the points are very many.
    polygon, point = shapely.STRtree(geometry).query(polygons, predicate="intersects")
    order = np.lexsort((polygon, point))
    first, at = np.unique(point[order], return_index=True)
    result[first] = polygon[order][at]
    return result


def _layers(
    grunnkrets: gpd.GeoDataFrame | None, skolekrets: gpd.GeoDataFrame | None
) -> tuple[dict[str, gpd.GeoDataFrame], list[pd.DataFrame]]:
    """Units and the two levels of districts with ``id``, ``navn`` and valid polygons."""
    layers, told = {}, []
    if grunnkrets is not None and len(grunnkrets):
        layers["enhet"] = _surfaces(grunnkrets, "grunnkretsnummer", "grunnkretsnavn", "grunnkrets")
    if skolekrets is not None and len(skolekrets):
        told += faulty.districts(skolekrets, LEVELS)
        for level, column in LEVELS.items():
            mine = skolekrets[(skolekrets["trinn"] == level).fillna(value=False)]
            if len(mine):
                layers[column] = _surfaces(mine, "krets_id", "navn", "skolekrets")
    if not layers:
        raise LayerError(
            "Både grunnkretser og skolekretser mangler: bosatte kan ikke fordeles.",
            remedy="Legg inn laget «grunnkrets» eller «skolekrets».",
        )
    return layers, told + faulty.coverage(layers)


def _surfaces(frame: gpd.GeoDataFrame, key: str, name: str, layer: str) -> gpd.GeoDataFrame:
    require_crs(frame, what=f"Laget «{layer}»")
    shapes = geometries(frame)
    kept = is_surface(shapes) & ~shapely.is_empty(shapes) & frame[key].notna().to_numpy()
    shapes = shapes[kept]
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    ids = frame.loc[kept, key].astype("str").reset_index(drop=True)
    names = frame[name] if name in frame else frame[key]
    names = names[kept].astype("str").reset_index(drop=True).fillna(ids)
    return gpd.GeoDataFrame({"id": ids, "navn": names}, geometry=shapes, crs=frame.crs)


def _labels(points: Geometries, layers: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Id of the unit and the districts that each point lies in, a column a layer; NA for none."""
    columns = {}
    for name in ("enhet", *LEVELS.values()):
        column = pd.array([pd.NA] * len(points), dtype="str")
        if name in layers:
            at = place(points, geometries(layers[name]))
            column[at >= 0] = layers[name]["id"].to_numpy()[at[at >= 0]]
        columns[name] = column
    return pd.DataFrame(columns)


def _coming(
    boligprogram: gpd.GeoDataFrame | None, layers: dict[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Labels of the places where dwellings are to come."""
    if boligprogram is None or not len(boligprogram):
        return _labels(np.empty(0, dtype=object), layers)
    require_crs(boligprogram, what="Laget «boligprogram»")
    labels = _labels(shapely.point_on_surface(geometries(boligprogram)), layers)
    return labels[labels.notna().any(axis=1)]


def _parts(
    labels: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """Make the parts that have a place in them; return them and the part of each place."""
    joined = labels.fillna(_NONE)
    ids = joined.iloc[:, 0].str.cat(joined.iloc[:, 1:], sep="/").to_numpy(dtype=object)
    unique, first = np.unique(ids.astype(str), return_index=True)
    frame = labels.iloc[first].reset_index(drop=True)
    districts = frame["barnekrets"].fillna(frame["ungdomskrets"])
    shapes = _shapes(frame, layers)
    names = {
        name: one.set_index("id")["navn"].groupby(level=0).first() for name, one in layers.items()
    }
    titles = [frame[name].map(names[name]) for name in layers]
    title = titles[0]
    for other in titles[1:]:
        title = title.fillna(other)
    frame = frame.assign(enhet=frame["enhet"].fillna(districts), navn=title)
    frame = frame[["enhet", "navn", "barnekrets", "ungdomskrets"]]
    frame.index = pd.Index(unique, name="del_id", dtype="str")
    crs = next(iter(layers.values())).crs
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs), ids


def _shapes(frame: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]) -> Geometries:
    """Where the unit and the districts of each part meet."""
    result = np.full(len(frame), None, dtype=object)
    for name, layer in layers.items():
        shape = layer.drop_duplicates("id").set_index("id").geometry
        mine = np.asarray(shape.reindex(frame[name]).array, dtype=object)
        has = ~shapely.is_missing(mine)
        both = has & ~shapely.is_missing(result)
        result[has & ~both] = mine[has & ~both]
        result[both] = shapely.intersection(result[both], mine[both])
    return result


def _dwellings(
    adresse: gpd.GeoDataFrame, address: pd.Series, parts: pd.Index
) -> NDArray[np.float64]:
    """Dwellings of each part; NaN where no address says how many."""
    if "boliger" not in adresse:
        return np.full(len(parts), np.nan)
    count = pd.to_numeric(adresse["boliger"]).astype("float64")
    total = count.groupby(address.to_numpy()).sum(min_count=1)
    return np.asarray(total.reindex(parts).to_numpy(dtype=np.float64))


def _residents(
    befolkning: pd.DataFrame, address: pd.Series, parts: pd.Index, year: int
) -> tuple[People, int, list[pd.DataFrame]]:
    """Residents by part and age, how many are in none, and what is wrong with the rows."""
    # Ids are compared once; the rest goes by position. The last position stands for no address.
    row = address.index.get_indexer(pd.Index(befolkning["adresse_id"]))
    part = np.append(parts.get_indexer(pd.Index(address)), -1)[row]
    age = pd.to_numeric(befolkning["alder"]).to_numpy(dtype=np.float64, na_value=np.nan)
    number = pd.to_numeric(befolkning["antall"]).to_numpy(dtype=np.float64, na_value=np.nan)
    told, sound = faulty.residents(befolkning, row, part, age, number)
    kept = sound & (part >= 0)
    cell = part[kept] * AGES + np.minimum(age[kept], AGES - 1).astype(np.intp)
    cells = np.bincount(cell, weights=number[kept], minlength=len(parts) * AGES)
    count = cells.astype(np.float64).reshape(len(parts), AGES)
    told += faulty.empty_ages(count.sum(axis=0))
    unplaced = np.nansum(np.maximum(number, 0)) - count.sum()
    return People(parts, year, count), round(float(unplaced)), told
