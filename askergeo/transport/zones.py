"""The two transport zones of a municipality, north and south of the nullvekstlinje.

North of the line growth in homes and workplaces shall not make people drive more (Handlingsprogram
for Asker; SPR for arealbruk og mobilitet 4.1). The line is the municipality's own: it is given as
any lines, or as areas with a side. Nothing here knows where it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import (
    EMPTY,
    geometries,
    is_surface,
    lines_of,
    polygons_of,
    union,
)
from askergeo.population.faults import fault_frame
from askergeo.transport._zone_areas import given_areas
from askergeo.transport._zone_faults import area_faults, line_faults, row_faults
from askergeo.transport._zone_line import Divided, Piece, divide

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

__all__ = [
    "NORTH",
    "SIDES",
    "SOUTH",
    "UNKNOWN",
    "Zones",
    "distance_to_line",
    "make_zones",
    "sides",
    "zone_areas",
    "zone_of",
    "zone_shares",
]

NORTH: Final = "nord"
SOUTH: Final = "sor"
UNKNOWN: Final = "ukjent"
SIDES: Final = (NORTH, SOUTH, UNKNOWN)
# m² below this are rounding of an area that was cut.
_LEAST_M2 = 1e-3
# Shares below this are rounding.
_ROUNDING = 1e-12


class _Values(Protocol):
    def __getitem__(self, name: str) -> Any: ...  # noqa: ANN401


@dataclass(frozen=True, eq=False)
class Zones:
    """A municipality divided by its nullvekstlinje, in the CRS of record.

    Parameters
    ----------
    frame
        Index «nord» and «sor»; ``geometry``, empty where a zone is not known.
    line
        The line inside the municipality, as it divides it; empty without one.
    unknown
        What of the municipality is in neither.
    faults
        ``regel``, ``tittel``, ``lag``, ``rad``, ``tekst``: what is wrong with the line, and what
        was done with it.
    pieces
        The pieces of the line; empty where areas were given.
    parts
        The polygons that the line makes, with ``side`` and ``areal_m2``, the largest first.
    """

    frame: gpd.GeoDataFrame
    line: BaseGeometry
    unknown: BaseGeometry
    faults: pd.DataFrame
    pieces: tuple[Piece, ...] = field(default=())
    parts: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)

    @property
    def known(self) -> bool:
        """Whether both zones are there."""
        return not shapely.is_empty(self.frame.geometry.to_numpy()).any()

    def shape(self, side: str) -> BaseGeometry:
        """Return the area of «nord», «sor» or «ukjent»."""
        found: BaseGeometry = self.unknown if side == UNKNOWN else self.frame.geometry[side]
        return found


def make_zones(
    nullvekstlinje: gpd.GeoDataFrame, kommunegrense: gpd.GeoDataFrame, *, parameters: _Values
) -> Zones:
    """Divide the municipality into the zones north and south of the line.

    Parameters
    ----------
    nullvekstlinje
        Lines, any number of rows and in any direction; or areas with ``side`` («nord», «sor»),
        which are used instead when there are any.
    kommunegrense
        The municipality, land and sea, in the same projected CRS in metres.
    parameters
        ``nullvekst_skjot_m``, ``nullvekst_nord`` and ``nullvekst_lose_deler`` of the set
        ``nullvekst``.

    Returns
    -------
    Zones
        North, south and unknown are together the municipality, and nowhere twice. Everything that
        makes a side unknown is in ``faults``; nothing is raised for a poor line.
    """
    municipality = union(shapely.make_valid(geometries(kommunegrense)))
    shapes = geometries(nullvekstlinje)
    surface = is_surface(shapes)
    faults = row_faults(nullvekstlinje, kommunegrense)
    if surface.any():
        zones = _from_areas(nullvekstlinje[surface], municipality, kommunegrense.crs)
    else:
        zones = _from_lines(shapes, municipality, kommunegrense.crs, parameters)
    return Zones(
        frame=zones.frame,
        line=zones.line,
        unknown=zones.unknown,
        faults=fault_frame([*faults, *zones.faults.itertuples(index=False, name=None)]),
        pieces=zones.pieces,
        parts=zones.parts,
    )


def _from_lines(
    shapes: Geometries, municipality: BaseGeometry, crs: object, parameters: _Values
) -> Zones:
    reach, north = float(parameters["nullvekst_skjot_m"]), str(parameters["nullvekst_nord"])
    loose = str(parameters["nullvekst_lose_deler"])
    divided = divide(shapes, municipality, reach=reach, north=north, loose=loose)
    parts = _part_frame(divided.parts, divided.side, crs)
    return Zones(
        frame=_frame([union(divided.parts[divided.side == sign]) for sign in (1, -1)], crs),
        line=_line_of(divided, municipality),
        unknown=union(divided.parts[divided.side == 0]),
        faults=fault_frame(line_faults(divided, municipality, reach=reach)),
        pieces=divided.pieces,
        parts=parts,
    )


def _line_of(divided: Divided, municipality: BaseGeometry) -> BaseGeometry:
    """Return what of the line lies between two zones: inside, and without its loose ends."""
    drawn = [piece.line for piece in divided.pieces if piece.kind == "linje" and piece.runs]
    if not drawn:
        return shapely.MultiLineString()
    inside = lines_of(shapely.intersection(np.array(drawn, dtype=object), municipality))
    edges = shapely.get_parts(shapely.union_all(inside))
    both = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    beside = np.zeros((2, len(edges)), dtype=bool)
    for row, sign in enumerate((1, -1)):
        tree = shapely.STRtree(divided.parts[divided.side == sign])
        beside[row, tree.query(both, predicate="dwithin", distance=0.01)[0]] = True
    merged: BaseGeometry = shapely.line_merge(
        shapely.MultiLineString(list(edges[beside.any(axis=0)]))
    )
    return merged


def _from_areas(rows: gpd.GeoDataFrame, municipality: BaseGeometry, crs: object) -> Zones:
    side = (
        rows["side"].astype(object).where(rows["side"].notna(), "").astype(str).str.strip()
        if "side" in rows
        else pd.Series("", index=rows.index)
    ).to_numpy(dtype=object)
    given = given_areas(geometries(rows), side, municipality)
    unknown = union(
        polygons_of(
            shapely.difference(
                municipality, union(np.array([given.north, given.south], dtype=object))
            )
        )
    )
    shapes = [given.north, given.south, unknown]
    parts = np.concatenate([polygons_of(shape) for shape in shapes])
    signs = np.repeat([1, -1, 0], [len(polygons_of(shape)) for shape in shapes])
    return Zones(
        frame=_frame(shapes[:2], crs),
        line=given.line,
        unknown=unknown,
        faults=fault_frame(area_faults(rows, side, given, unknown)),
        parts=_part_frame(parts, signs, crs),
    )


def _frame(shapes: list[BaseGeometry], crs: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapes, index=[NORTH, SOUTH], crs=crs)


def _part_frame(parts: Geometries, sign: NDArray[Any], crs: object) -> gpd.GeoDataFrame:
    names = np.array([UNKNOWN, NORTH, SOUTH], dtype=object)[sign]
    frame = gpd.GeoDataFrame(
        {"side": names, "areal_m2": shapely.area(parts)}, geometry=parts, crs=crs
    )
    return frame.sort_values("areal_m2", ascending=False, kind="stable", ignore_index=True)


def sides(
    lines: Geometries, municipality: BaseGeometry, extend: float, north: str = "automatisk"
) -> tuple[Geometries, Geometries]:
    """Divide a municipality along lines into the parts north and the parts south of them.

    Parameters
    ----------
    lines
        The line, in one piece or several, drawn in any direction, metres.
    municipality
        The municipality with its sea.
    extend
        Metres over which an end is drawn on to the boundary or to the end of another piece.
    north
        Which side the zone ``nord`` is on; see the parameter ``nullvekst_nord``.

    Returns
    -------
    tuple of arrays of polygons
        What lies north, and what lies south; a part that is not known is in neither.
    """
    divided = divide(lines, municipality, reach=extend, north=north)
    if not len(divided.pieces):
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    return divided.parts[divided.side == 1], divided.parts[divided.side == -1]


def zone_of(zones: Zones, points: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.Series:
    """Tell in which zone points lie; one on the line is north, where the demand holds.

    Parameters
    ----------
    zones
        The zones.
    points
        Points in the CRS of the zones. A line or an area counts where a point on it lies; one
        without geometry is unknown.

    Returns
    -------
    Series of str
        «nord», «sor» or «ukjent» (in neither, or outside the municipality), index kept.
    """
    shapes = np.asarray(points.geometry.array, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    flat = shapely.get_dimensions(shapes) > 0
    shapes = shapes.copy()
    shapes[flat] = shapely.point_on_surface(shapes[flat])
    found = np.full(len(shapes), UNKNOWN, dtype=object)
    for side in (SOUTH, NORTH):
        area = zones.frame.geometry[side]
        shapely.prepare(area)
        found[there] = np.where(shapely.intersects(area, shapes[there]), side, found[there])
    return pd.Series(found, index=points.index, dtype=object, name="sone")


def zone_shares(zones: Zones, gdf: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
    """Share of each row's area that lies in each zone.

    Parameters
    ----------
    zones
        The zones.
    gdf
        Areas (shared by area), lines (by length) or points (0 or 1), in the CRS of the zones.

    Returns
    -------
    DataFrame
        Columns ``nord``, ``sor`` and ``ukjent`` (in neither, outside the municipality, or without
        geometry); rows sum to 1, index kept.
    """
    shapes = np.asarray(gdf.geometry.array, dtype=object)
    shares = pd.DataFrame(0.0, index=gdf.index, columns=list(SIDES))
    dimension = shapely.get_dimensions(shapes)
    size = np.where(dimension == 2, shapely.area(shapes), shapely.length(shapes))  # noqa: PLR2004
    whole = size > 0
    single = gpd.GeoSeries(shapes[~whole], index=gdf.index[~whole], crs=gdf.crs)
    of = np.full((len(shapes), len(SIDES)), 0.0)
    alone = zone_of(zones, single).to_numpy(dtype=object)
    of[~whole] = alone[:, None] == np.array(SIDES, dtype=object)[None]
    of[whole, :2] = np.column_stack(
        [_within(shapes[whole], zones.frame.geometry[side]) for side in (NORTH, SOUTH)]
    )
    of[whole, :2] /= np.where(whole, size, 1.0)[whole, None]
    of[of < _ROUNDING] = 0.0
    over = np.maximum(of[:, :2].sum(axis=1), 1.0)
    of[:, :2] /= over[:, None]
    rest = 1.0 - of[:, :2].sum(axis=1)
    of[whole, 2] = np.where(rest < 1e-9, 0.0, rest)[whole]  # noqa: PLR2004
    shares.loc[:, :] = of / of.sum(axis=1, keepdims=True)
    return shares


def _within(shapes: Geometries, area: BaseGeometry) -> NDArray[np.float64]:
    """Area or length of shapes inside an area; those wholly inside are not cut."""
    if shapely.is_empty(area) or not len(shapes):
        return np.zeros(len(shapes))
    shapely.prepare(area)
    inside = shapely.covers(area, shapes)
    cut = ~inside & shapely.intersects(area, shapes)
    parts = shapes.copy()
    parts[~inside & ~cut] = EMPTY
    parts[cut] = shapely.intersection(shapely.make_valid(shapes[cut]), area)
    surface = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004
    return np.where(surface, shapely.area(parts), shapely.length(parts))


def distance_to_line(zones: Zones, gdf: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Metres in a straight line to the nullvekstlinje: positive north of it, negative south.

    Parameters
    ----------
    zones
        The zones.
    gdf
        Any geometries, in the CRS of the zones. What the line crosses is 0 m from it.

    Returns
    -------
    Series of float
        NaN where the zone or the line is not known, index kept.
    """
    shapes = np.asarray(gdf.geometry.array, dtype=object)
    sign = zone_of(zones, gdf.geometry).map({NORTH: 1.0, SOUTH: -1.0}).to_numpy(dtype=float)
    away = np.full(len(shapes), np.nan)
    edges = lines_of(zones.line)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(edges) and there.any():
        pieces = _short(edges)
        tree = shapely.STRtree(pieces)
        (row, _), found = tree.query_nearest(shapes[there], return_distance=True, all_matches=False)
        away[np.flatnonzero(there)[row]] = found
    return pd.Series(np.where(away == 0, 0.0, away * sign), index=gdf.index, name="avstand_m")


def _short(lines: Geometries) -> Geometries:
    """Cut lines into single segments, so that the nearest is found through a tree."""
    at, line = shapely.get_coordinates(lines, return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    segments = shapely.linestrings(np.stack([at[follows], at[follows + 1]], axis=1))
    return np.asarray(segments, dtype=object)


def zone_areas(zones: Zones, gdf: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
    """Area of each row in each zone, and outside the municipality.

    Parameters
    ----------
    zones
        The zones.
    gdf
        Areas in the CRS of the zones; other geometries have no area.

    Returns
    -------
    DataFrame
        m² in ``nord``, ``sor`` and ``ukjent`` (inside the municipality, on neither side), and
        ``utenfor``; rows sum to the area of the shape, index kept.
    """
    shapes = np.asarray(gdf.geometry.array, dtype=object)
    surface = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004
    areas = np.zeros((len(shapes), len(SIDES) + 1))
    for column, side in enumerate(SIDES):
        areas[surface, column] = _within(shapes[surface], zones.shape(side))
    rest = np.where(surface, shapely.area(shapes), 0.0) - areas.sum(axis=1)
    areas[:, -1] = np.where(rest > _LEAST_M2, rest, 0.0)
    return pd.DataFrame(areas, index=gdf.index, columns=[*SIDES, "utenfor"])
