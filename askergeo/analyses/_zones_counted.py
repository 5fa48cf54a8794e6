"""What is counted north and south of the nullvekstlinje, each thing at its place and once.

Residents are counted at their addresses; where only cells of a grid are known, at the dwellings in
the cell, else at its buildings, else by area. What an area holds is shared by area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges, points_of
from askergeo.analyses._residents import by_address, shared
from askergeo.geometry import geometries, is_surface
from askergeo.transport.zones import NORTH, SIDES, SOUTH, UNKNOWN, distance_to_line, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.transport.zones import Zones

__all__ = ["BY_AREA", "BY_BUILDING", "BY_HOME", "LEVELS", "Counted", "count_layers"]

LEVELS: Final = {
    "kommunesenter": "Kommunesenter",
    "lokalsenter": "Lokalsentre",
    "naersenter": "Nærsentre",
}
# How the residents of a cell are placed.
BY_HOME, BY_BUILDING, BY_AREA = "etter boligbygg", "etter bygninger", "etter areal"
_NOWHERE = shapely.Point()


@dataclass(frozen=True, eq=False)
class Counted:
    """Things of one kind at ``n`` places.

    Parameters
    ----------
    name, title, unit
        Column, header and unit.
    persons
        Whether they are persons.
    points
        Where, (n,); empty where that is not known.
    count
        How many, (n,).
    zone
        «nord», «sor» or «ukjent», (n,).
    key
        What a place is known by in another run of the same layers, (n,).
    source
        In bokmål, where they come from.
    lacking
        Rows of which the number is not known.
    vague
        Of which of the points the number is not known, (n,).
    """

    name: str
    title: str
    unit: str
    persons: bool
    points: Geometries
    count: NDArray[np.float64]
    zone: NDArray[np.object_]
    key: NDArray[np.object_]
    source: str = ""
    lacking: int = 0
    vague: NDArray[np.bool_] | None = None
    cells: pd.Series | None = None

    def sums(self) -> pd.Series:
        """How many there are in each zone."""
        found = pd.Series(self.count).groupby(self.zone).sum()
        return found.reindex(list(SIDES)).fillna(0.0)

    def away(self, zones: Zones) -> NDArray[np.float64]:
        """Metres to the line, (n,); NaN where the zone is unknown."""
        frame = gpd.GeoSeries(self.points, crs=zones.frame.crs)
        away = distance_to_line(zones, frame).abs().to_numpy(dtype=float)
        return np.where(self.zone == UNKNOWN, np.nan, away)


def count_layers(
    zones: Zones, layers: Mapping[str, pd.DataFrame], parameters: Parameters
) -> dict[str, Counted]:
    """Count what the layers that are there hold, by column of the zone table.

    Parameters
    ----------
    zones
        The zones.
    layers
        Layers of the catalogue by id; those that are absent count nothing.
    parameters
        ``nullvekst_boligtyper``.
    """
    found = [
        _residents(zones, layers, parameters["nullvekst_boligtyper"]),
        _dwellings(zones, layers),
        _workplaces(zones, layers.get("arbeidsplass")),
        _stops(zones, layers.get("holdeplass")),
        *_centres(zones, layers.get("senter")),
        _planned(zones, layers.get("boligprogram"), "boliger", "programboliger"),
        _planned(zones, layers.get("naeringsprogram"), "arbeidsplasser", "planlagte_plasser"),
        _planned(zones, layers.get("naeringsprogram"), "naering_m2", "planlagt_m2"),
    ]
    return {one.name: one for one in found if one is not None}


def _at(zones: Zones, points: Geometries) -> NDArray[np.object_]:
    return zone_of(zones, gpd.GeoSeries(points, crs=zones.frame.crs)).to_numpy(dtype=object)


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return pd.to_numeric(frame[column]).to_numpy(dtype=float, na_value=np.nan)


def _keys(points: Geometries) -> NDArray[np.object_]:
    """Name places by where they are, those in the same place by number."""
    x, y = (pd.Series(np.round(one, 2)).astype(str) for one in _xy(points))
    text = x + " " + y
    again = text.groupby(text).cumcount().astype(str)
    return (text + " " + again).to_numpy(dtype=object)


def _xy(points: Geometries) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of points; NaN for one that is empty."""
    x, y = np.full((2, len(points)), np.nan)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    x[there], y[there] = shapely.get_x(points[there]), shapely.get_y(points[there])
    return x, y


def _residents(
    zones: Zones, layers: Mapping[str, pd.DataFrame], types: Sequence[str]
) -> Counted | None:
    """Residents by address, else by cell."""
    addresses, population = layers.get("adresse"), layers.get("befolkning")
    cells = layers.get("befolkning_rute")
    if isinstance(addresses, gpd.GeoDataFrame) and population is not None:
        people = by_address(addresses, population)
        points, count = people.points, people.count
        if people.unplaced:
            points = np.concatenate([points, np.array([_NOWHERE], dtype=object)])
            count = np.append(count, people.unplaced)
        return Counted(
            name="bosatte",
            title="Bosatte",
            unit="personer",
            persons=True,
            points=points,
            count=count.astype(float),
            zone=_at(zones, points),
            key=_keys(points),
            source="bosatte på adresse",
        )
    if isinstance(cells, gpd.GeoDataFrame):
        return _by_cell(zones, cells, layers.get("bygning"), types)
    return None


def _by_cell(
    zones: Zones,
    cells: gpd.GeoDataFrame,
    buildings: pd.DataFrame | None,
    types: Sequence[str],
) -> Counted:
    """Place the residents of each cell in whole persons; ``cells`` says how each was placed."""
    number = _numbers(cells, "bosatte")
    known = np.nan_to_num(number).astype(np.int64)
    how = np.full(len(cells), BY_AREA, dtype=object)
    open_cells = np.ones(len(cells), dtype=bool)
    points: list[Geometries] = []
    counts: list[NDArray[np.int64]] = []
    for name, places, weight in _houses(buildings, types):
        house, cell = _first_cell(geometries(cells), places)
        keep = open_cells[cell]
        house, cell = house[keep], cell[keep]
        how[cell], open_cells[cell] = name, False
        # Cells without a house here have no member to share among.
        used, group = np.unique(cell, return_inverse=True)
        points.append(places[house])
        counts.append(shared(known[used], group, weight[house]))
    zone = [_at(zones, one) for one in points]
    rest = np.flatnonzero(open_cells)
    pieces = _pieces(zones, geometries(cells)[rest], known[rest], whole=True)
    points.append(pieces.points)
    every = np.concatenate(points)
    return Counted(
        name="bosatte",
        title="Bosatte",
        unit="personer",
        persons=True,
        points=every,
        count=np.concatenate([*counts, pieces.count]).astype(float),
        zone=np.concatenate([*zone, pieces.zone]),
        key=_keys(every),
        source="bosatte i ruter, fordelt på boligbygg, ellers bygninger, ellers etter areal",
        lacking=int(np.isnan(number).sum()),
        cells=pd.Series(how, index=cells.index),
    )


def _houses(
    buildings: pd.DataFrame | None, types: Sequence[str]
) -> list[tuple[str, Geometries, NDArray[np.float64]]]:
    """Places of dwellings with how many there are, then of all buildings."""
    if not isinstance(buildings, gpd.GeoDataFrame):
        return []
    homes = buildings[in_ranges(buildings["bygningstype"], types)]
    weight = np.ones(len(homes))
    if "boliger" in homes:
        weight = np.maximum(np.nan_to_num(_numbers(homes, "boliger"), nan=1.0), 1.0)
    every = points_of(buildings)
    return [(BY_HOME, points_of(homes), weight), (BY_BUILDING, every, np.ones(len(every)))]


def _first_cell(cells: Geometries, places: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cell of each place that is in one; on an edge the first."""
    place, cell = shapely.STRtree(cells).query(places, predicate="intersects")
    order = np.lexsort((cell, place))
    place, first = np.unique(place[order], return_index=True)
    return place, cell[order][first]


@dataclass(frozen=True, eq=False)
class _Pieces:
    points: Geometries
    count: NDArray[Any]
    zone: NDArray[np.object_]
    row: NDArray[np.intp]


def _pieces(zones: Zones, shapes: Geometries, amount: NDArray[Any], *, whole: bool) -> _Pieces:
    """Share what each shape holds by the area in each zone, each share at a point of its own.

    Points have all in one zone. ``whole`` shares in whole numbers, the largest remainders first.
    """
    surface = is_surface(shapes) & (shapely.area(shapes) > 0)
    flat, single = np.flatnonzero(surface), np.flatnonzero(~surface)
    total = shapely.area(shapes[flat])
    left = np.ones(len(flat))
    rows, parts, shares = [single], [shapes[single]], [np.ones(len(single))]
    zone = [_at(zones, shapes[single])]
    for side in (NORTH, SOUTH):
        meets, cut, share = _share_in(zones.shape(side), shapes[flat], total)
        left[meets] -= share
        rows.append(flat[meets])
        parts.append(cut)
        shares.append(share)
        zone.append(np.full(len(meets), side, dtype=object))
    rest = np.flatnonzero(left > 1e-9)  # noqa: PLR2004
    rows.append(flat[rest])
    parts.append(shapes[flat[rest]])
    shares.append(left[rest])
    zone.append(np.full(len(rest), UNKNOWN, dtype=object))
    row, share = np.concatenate(rows), np.concatenate(shares)
    if whole and len(row):
        used, group = np.unique(row, return_inverse=True)
        count: NDArray[Any] = shared(amount[used], group, share)
    else:
        count = amount[row] * share / np.bincount(row, share, minlength=len(shapes))[row]
    return _Pieces(_inside(np.concatenate(parts)), count, np.concatenate(zone), row)


def _share_in(
    area: BaseGeometry, shapes: Geometries, total: NDArray[np.float64]
) -> tuple[NDArray[np.intp], Geometries, NDArray[np.float64]]:
    """Return which shapes have ground in an area, what of them, and the share of the whole."""
    shapely.prepare(area)
    meets = np.flatnonzero(shapely.intersects(area, shapes))
    cut = shapes[meets].copy()
    inside = shapely.covers(area, cut)
    cut[~inside] = shapely.intersection(cut[~inside], area)
    share = np.where(inside, 1.0, shapely.area(cut) / total[meets])
    keep = share > 0
    return meets[keep], cut[keep], share[keep]


def _inside(shapes: Geometries) -> Geometries:
    """One point of each shape; empty where there is none."""
    points = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    points[shapely.is_missing(points)] = _NOWHERE
    return points


def _dwellings(zones: Zones, layers: Mapping[str, pd.DataFrame]) -> Counted | None:
    """Count dwellings by address, else by building."""
    for layer in ("adresse", "bygning"):
        frame = layers.get(layer)
        if not isinstance(frame, gpd.GeoDataFrame) or "boliger" not in frame:
            continue
        number = _numbers(frame, "boliger")
        if np.isnan(number).all():
            continue
        points = geometries(frame).copy()
        points[shapely.is_missing(points)] = _NOWHERE
        points = points if layer == "adresse" else _inside(points)
        return Counted(
            name="boliger",
            title="Boliger",
            unit="boliger",
            persons=False,
            points=points,
            count=np.nan_to_num(number),
            zone=_at(zones, points),
            key=_keys(points),
            source="laget «Adresser»" if layer == "adresse" else "laget «Bygninger»",
            lacking=int(np.isnan(number).sum()) if layer == "adresse" else 0,
        )
    return None


def _workplaces(zones: Zones, frame: pd.DataFrame | None) -> Counted | None:
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    number = _numbers(frame, "ansatte")
    points = _inside(geometries(frame))
    return Counted(
        name="arbeidsplasser",
        title="Arbeidsplasser",
        unit="personer",
        persons=True,
        points=points,
        count=np.nan_to_num(number),
        zone=_at(zones, points),
        key=_keys(points),
        source="sysselsatte etter arbeidssted",
        lacking=int(np.isnan(number).sum()),
    )


def _stops(zones: Zones, frame: pd.DataFrame | None) -> Counted | None:
    """Count stop places once each, whatever quays they have: where the middle of these is."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    own = frame["holdeplass_id"].astype(str)
    told = "stoppested_id" in frame
    if told:
        place = frame["stoppested_id"]
        own = place.astype(str).where(place.notna(), own)
    points = _inside(geometries(frame))
    x, y = _xy(points)
    middle = pd.DataFrame({"x": x, "y": y}).groupby(own.to_numpy(dtype=object), sort=False).mean()
    there = middle.notna().all(axis=1).to_numpy()
    at = np.full(len(middle), _NOWHERE, dtype=object)
    at[there] = shapely.points(middle.to_numpy()[there])
    return Counted(
        name="holdeplasser",
        title="Stoppesteder" if told else "Holdeplasser",
        unit="stoppesteder" if told else "holdeplasser",
        persons=False,
        points=at,
        count=np.ones(len(at)),
        zone=_at(zones, at),
        key=middle.index.to_numpy(dtype=object),
        source="laget «Holdeplasser»"
        + (", der plattformer og vegsider med samme stoppested er talt én gang" if told else ""),
    )


def _centres(zones: Zones, frame: pd.DataFrame | None) -> list[Counted]:
    """Centres by level."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return []
    made = []
    for level, title in LEVELS.items():
        own = frame[frame["niva"].eq(level).fillna(value=False)]
        points = _inside(geometries(own))
        made.append(
            Counted(
                name=level,
                title=title,
                unit="sentre",
                persons=False,
                points=points,
                count=np.ones(len(own)),
                zone=_at(zones, points),
                key=own["senter_id"].astype(str).to_numpy(dtype=object),
            )
        )
    return made


_BUSINESS: Final = "laget «Planlagte næringsarealer»"
_PLANNED: Final = {
    "programboliger": ("Boliger i programmet", "boliger", "laget «Boligbyggeprogram»"),
    "planlagte_plasser": ("Planlagte arbeidsplasser", "arbeidsplasser", _BUSINESS),
    "planlagt_m2": ("Planlagt næringsareal", "m²", _BUSINESS),
}


def _planned(zones: Zones, frame: pd.DataFrame | None, column: str, name: str) -> Counted | None:
    """Count what projects plan, shared by the project's area in each zone."""
    if not isinstance(frame, gpd.GeoDataFrame) or column not in frame:
        return None
    number = _numbers(frame, column)
    if np.isnan(number).all():
        return None
    shapes = geometries(frame).copy()
    shapes[shapely.is_missing(shapes)] = _NOWHERE
    pieces = _pieces(zones, shapes, np.nan_to_num(number), whole=False)
    title, unit, source = _PLANNED[name]
    return Counted(
        name=name,
        title=title,
        unit=unit,
        persons=False,
        points=pieces.points,
        count=pieces.count,
        zone=pieces.zone,
        key=_projects(frame)[pieces.row],
        source=source,
        lacking=int(np.isnan(number).sum()),
        vague=np.isnan(number)[pieces.row],
    )


def _projects(frame: pd.DataFrame) -> NDArray[np.object_]:
    names = [one for one in ("prosjekt_id", "boligtype", "naering", "aar") if one in frame]
    text = pd.Series("", index=frame.index)
    for name in names:
        text += frame[name].astype(str) + " "
    return text.to_numpy(dtype=object)
