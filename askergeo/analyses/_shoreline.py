"""The shoreline of a municipality: its land, its islands, the belt, and what cuts the belt.

Everything is in the CRS of record, in metres. Land is found from the boundary and the sea, and
held against the shoreline, which is the measure: layers of different scales do not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.errors import LayerError
from askergeo.geometry import (
    EMPTY,
    buffer_lines,
    components,
    geometries,
    intersecting,
    is_surface,
    joined,
    lines_of,
    pieces,
    polygons_of,
    union,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

__all__ = [
    "Land",
    "Shore",
    "belt_of",
    "exempt_of",
    "has_sea",
    "linked_parts",
    "own_points",
    "read_land",
    "read_shore",
]

# The shoreline is the outline of the land when they lie within this distance (m) …
FIT = 1.0
# … along this share of its length.
GOOD_FIT = 0.9
# A shoreline from another map is the municipality's own within this distance of its land (m).
LOOSE_FIT = 50.0
# A border between two municipalities' land is at least this long (m).
LAND_BORDER = 10.0


@dataclass(frozen=True)
class Land:
    """The land of a municipality.

    Parameters
    ----------
    area
        Land without the sea; lakes and rivers are land here.
    outline
        Area in which shoreline is counted as the municipality's own.
    how
        In bokmål: which layers gave it.
    fit
        Share (0–1) of the shoreline's length that follows the land's outline; NaN without one.
    """

    area: BaseGeometry
    outline: BaseGeometry
    how: str
    fit: float


@dataclass(frozen=True)
class Shore:
    """Land masses and their shoreline.

    Parameters
    ----------
    land
        The land.
    parts
        Land masses, the largest first.
    mainland
        Which of them are mainland: the largest, and those with a border on land.
    lines
        The whole shoreline, the neighbours' too: also it makes a belt here.
    own
        The shoreline inside the municipality, single lines.
    row
        Row of the shoreline's frame that each line of ``own`` comes from.
    part
        Land mass that each line of ``own`` belongs to: the nearest.
    """

    land: Land
    parts: Geometries
    mainland: NDArray[np.bool_]
    lines: Geometries
    own: Geometries
    row: NDArray[np.intp]
    part: NDArray[np.intp]


def read_land(
    boundary: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None = None,
    shoreline: Geometries | None = None,
    buildings: Geometries | None = None,
) -> Land:
    """Find the land of the municipality.

    There may be several ways: the boundary cut at the coast, the boundary with its sea less the
    sea's area, and the boundary with its sea divided by the shoreline. The first two are held
    against the shoreline and the better is taken; the third is used when neither follows it.

    Parameters
    ----------
    boundary
        Layer ``kommunegrense``; ``omfang`` says ``land`` or ``med_sjo``.
    water
        Layer ``vann``; only ``hav`` is used.
    shoreline
        Lines of ``kystkontur``.
    buildings
        Points of buildings; they tell land from sea in the third way.

    Raises
    ------
    LayerError
        When the boundary has the sea, but neither sea nor a whole shoreline tells them apart.
    """
    cut, whole = (_extent(boundary, kind) for kind in ("land", "med_sjo"))
    sea = EMPTY if water is None else union(_rows(water, "vanntype", "hav"))
    found = []
    if not cut.is_empty:
        dry = cut if sea.is_empty else shapely.difference(cut, sea)
        outline = whole if not whole.is_empty else cut
        found.append(Land(dry, outline, "kommunegrensen uten sjø (omfang «land»)", np.nan))
    if not whole.is_empty and not sea.is_empty:
        dry = shapely.difference(whole, sea)
        found.append(Land(dry, whole, "kommunegrensen med sjø, uten havflaten", np.nan))
    if shoreline is None or not len(shoreline):
        if found:
            return found[0]
        raise _undecided("kystkontur eller havflate mangler")
    found = [_measured(one, shoreline) for one in found]
    best = max(found, key=lambda one: one.fit, default=None)
    if best is not None and (best.fit >= GOOD_FIT or whole.is_empty):
        return best
    divided = _divide(whole, shoreline, buildings)
    if divided is not None:
        how = "kommunegrensen med sjø, delt av kystkonturen"
        return _measured(Land(divided, whole, how, np.nan), shoreline)
    if best is None:
        raise _undecided("kystkonturen er ikke sammenhengende gjennom kommunen")
    return best


def _undecided(why: str) -> LayerError:
    return LayerError(
        f"Laget «kommunegrense» har sjøen med, og land kan ikke skilles fra sjø: {why}.",
        remedy="Legg til havflaten i laget «vann» (vanntype hav), eller en kommunegrense med "
        "omfang «land».",
    )


def _extent(boundary: gpd.GeoDataFrame, kind: str) -> BaseGeometry:
    return union(_rows(boundary, "omfang", kind))


def _rows(frame: gpd.GeoDataFrame, column: str, value: str) -> Geometries:
    chosen = (frame[column] == value).to_numpy(dtype=bool, na_value=False)
    rows: Geometries = geometries(frame)[chosen]
    return rows


def _measured(land: Land, shoreline: Geometries) -> Land:
    return replace(land, fit=_fit(shoreline, land))


def _sampled(lines: Geometries, step: float) -> tuple[Geometries, NDArray[np.float64]]:
    """Points along the lines, one for each ``step`` metres or less, and the length of each."""
    segments = pieces(shapely.segmentize(lines, step), 1)
    points = shapely.line_interpolate_point(segments, 0.5, normalized=True)
    return np.asarray(points, dtype=object), np.asarray(shapely.length(segments))


def _meeting(points: Geometries, area: BaseGeometry, distance: float) -> NDArray[np.bool_]:
    found = np.zeros(len(points), dtype=bool)
    found[intersecting(points, area, distance)] = True
    return found


def _fit(shoreline: Geometries, land: Land) -> float:
    """Share of the shoreline near this land whose segments follow the land's outline."""
    edges = pieces(np.array([shapely.boundary(land.area)]))
    middles, lengths = _sampled(shoreline, 10.0)
    inside = _meeting(middles, land.outline, 0.0 if has_sea(land) else LOOSE_FIT)
    middles, lengths = middles[inside], lengths[inside]
    if not len(edges) or not len(middles):
        return 0.0
    tree = shapely.STRtree(middles)
    near, follows = (
        np.unique(tree.query(edges, predicate="dwithin", distance=reach)[1])
        for reach in (100.0, FIT)
    )
    total = float(lengths[near].sum())
    return float(lengths[follows].sum()) / total if total else 0.0


def _divide(
    whole: BaseGeometry, shoreline: Geometries, buildings: Geometries | None
) -> BaseGeometry | None:
    """Divide the municipality by its shoreline into land and sea; ``None`` when it has gaps.

    Each side of a shoreline is the other's opposite, so one known side decides all: the one
    with most buildings is land, or else the one that holds the largest area.
    """
    edges = lines_of(np.array([shapely.boundary(whole)]))
    # The shoreline runs on past the boundary: cut first, it would end a rounding error from it.
    coast = lines_of(shoreline[intersecting(shoreline, whole)])
    noded = shapely.union_all(np.concatenate([edges, coast]))
    found = shapely.polygonize_full(shapely.get_parts(noded))
    faces = polygons_of(np.array([found[0]]))
    faces = faces[shapely.intersects(whole, shapely.point_on_surface(faces))]
    loose = shapely.length(shapely.intersection(np.array(found[1:3]), whole)).sum()
    if not len(faces) or loose > LAND_BORDER:
        return None
    side = _two_sides(faces, coast)
    if side is None:
        return None
    weights = shapely.area(faces)
    if buildings is not None and len(buildings):
        _, face = shapely.STRtree(faces).query(buildings, predicate="intersects")
        weights = np.bincount(face, minlength=len(faces)).astype(float)
        land = side == int(weights[side == 1].sum() > weights[side == 0].sum())
    else:
        land = side == side[int(np.argmax(weights))]
    return union(faces[land])


def _two_sides(faces: Geometries, coast: Geometries) -> NDArray[np.intp] | None:
    """Colour the faces 0 and 1 so that neighbours across the shoreline differ.

    ``None`` when that is impossible. Doubled nodes make it a question of components: face *i*
    on side 0 is joined to face *j* on side 1 and the other way round.
    """
    count = len(faces)
    middles, _ = _sampled(coast, 10.0)
    middle, face = shapely.STRtree(faces).query(middles, predicate="dwithin", distance=1e-3)
    order = np.argsort(middle, kind="stable")
    middle, face = middle[order], face[order]
    pair = np.flatnonzero(middle[1:] == middle[:-1])
    first, second = face[pair], face[pair + 1]
    group = components(np.r_[first, first + count], np.r_[second + count, second], 2 * count)
    if (group[:count] == group[count:]).any():
        return None
    largest = int(np.argmax(shapely.area(faces)))
    same: NDArray[np.bool_] = group[:count] == group[largest]
    if not (same | (group[:count] == group[largest + count])).all():
        # No chain of shorelines joins some face to the largest.
        return None
    return np.asarray(same, dtype=np.intp)


def read_shore(land: Land, shoreline: gpd.GeoDataFrame) -> Shore:
    """Split the land into land masses, and give each its own shoreline.

    Raises
    ------
    LayerError
        When the municipality has no land.
    """
    parts = polygons_of(land.area)
    if not len(parts):
        raise LayerError(
            "Kommunen har ikke noe land slik lagene «kommunegrense» og «vann» er.",
            remedy="Se etter at havflaten og kommunegrensen gjelder samme sted.",
        )
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    geometry = geometries(shoreline)
    outline = land.outline
    if not has_sea(land):
        # A boundary cut at the coast has the shoreline on its edge, or just outside it.
        outline = shapely.buffer(outline, FIT if land.fit >= GOOD_FIT else LOOSE_FIT)
    inside = shapely.intersection(geometry, outline)
    flat, row = shapely.get_parts(shapely.get_parts(inside), return_index=True)
    _, outer = shapely.get_parts(inside, return_index=True)
    keep = (shapely.get_dimensions(flat) == 1) & (shapely.length(flat) > 0)
    own, rows = flat[keep], outer[row[keep]]
    middles = shapely.line_interpolate_point(own, 0.5, normalized=True)
    part = shapely.STRtree(parts).nearest(middles) if len(own) else np.array([], dtype=np.intp)
    return Shore(
        land, parts, _mainland(parts, land), lines_of(geometry), own, rows, np.asarray(part)
    )


def own_points(land: Land, points: Geometries) -> NDArray[np.bool_]:
    """Which points lie in the municipality; on piers just off a boundary cut at the coast too."""
    return _meeting(points, land.outline, 0.0 if has_sea(land) else LOOSE_FIT)


def has_sea(land: Land) -> bool:
    """Whether the outline is more than the land."""
    return not np.isclose(shapely.area(land.outline), shapely.area(land.area), rtol=1e-6)


def _mainland(parts: Geometries, land: Land) -> NDArray[np.bool_]:
    """Tell which land masses are mainland: the largest, and those with a border on land."""
    mainland: NDArray[np.bool_] = np.arange(len(parts)) == 0
    edge = pieces(lines_of(np.array([shapely.boundary(land.outline)])))
    if land.fit < GOOD_FIT or not len(edge) or not has_sea(land):
        # Without the sea every edge is an outline: only the largest is known to be mainland.
        return mainland
    segments = pieces(shapely.boundary(parts), 1)
    _, owner = shapely.get_parts(shapely.boundary(parts), return_index=True)
    rings = shapely.get_parts(shapely.boundary(parts))
    owner = np.repeat(owner, shapely.get_num_coordinates(rings) - 1)
    middles = shapely.line_interpolate_point(segments, 0.5, normalized=True)
    _, on_edge = shapely.STRtree(middles).query(edge, predicate="dwithin", distance=0.1)
    on_edge = np.unique(on_edge)
    border = np.bincount(
        owner[on_edge], weights=shapely.length(segments[on_edge]), minlength=len(parts)
    )
    return np.asarray(mainland | (border > LAND_BORDER))


def belt_of(shore: Shore, width: float, quad_segs: int) -> BaseGeometry:
    """Land within ``width`` metres of the shoreline, in the plane (pbl § 1-8).

    The shoreline of neighbours counts too; that of lakes and rivers does not.
    """
    near = shore.lines[intersecting(shore.lines, shore.land.area, width)]
    reach = polygons_of(buffer_lines(near, width, quad_segs))
    part, strip = shapely.STRtree(reach).query(shore.parts, predicate="intersects")
    return union(shapely.intersection(shore.parts[part], reach[strip]))


def exempt_of(
    belt: BaseGeometry, limits: gpd.GeoDataFrame, shoreline: Geometries
) -> tuple[BaseGeometry, NDArray[np.bool_]]:
    """Find where another building limit has replaced the ban (pbl § 1-8 third paragraph).

    A polygon is such an area itself. A line divides the belt: what it cuts off from the
    shoreline is exempt, what lies between it and the shore is not.

    Returns
    -------
    geometry, array of bool
        The area, and for each row of ``limits`` whether it exempts anything.
    """
    geometry = geometries(limits)
    surface = is_surface(geometry)
    areas = union(shapely.intersection(geometry[surface], belt))
    behind = _landward(polygons_of(belt), geometry[~surface], shoreline)
    effective = surface & (shapely.area(shapely.intersection(geometry, belt)) > 0)
    if len(behind):
        segments = pieces(geometry[~surface], 1)
        _, owner = shapely.get_parts(geometry[~surface], return_index=True)
        owner = np.repeat(owner, shapely.get_num_coordinates(lines_of(geometry[~surface])) - 1)
        near = intersecting(segments, joined(behind), 1e-3)
        cuts = np.zeros(int((~surface).sum()), dtype=bool)
        cuts[owner[near]] = True
        effective[np.flatnonzero(~surface)] |= cuts
    return union(np.concatenate([polygons_of(areas), behind])), effective


def _landward(belt: Geometries, lines: Geometries, shoreline: Geometries) -> Geometries:
    """Find the pieces of the belt that lines cut off from a shore that the belt reached."""
    lines = lines_of(lines)
    if not len(lines) or not len(belt):
        return np.array([], dtype=object)
    _, met = shapely.STRtree(belt).query(lines, predicate="intersects")
    touched = belt[np.unique(met)]
    if not len(touched):
        return np.array([], dtype=object)
    noded = shapely.union_all(np.concatenate([shapely.boundary(touched), lines]))
    faces = polygons_of(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    face, parent = shapely.STRtree(touched).query(inner, predicate="intersects")
    near = shoreline[intersecting(shoreline, joined(touched), FIT)]
    middles, _ = _sampled(near, 2.0)
    at_shore = [
        np.isin(
            np.arange(len(some)),
            shapely.STRtree(some).query(middles, predicate="dwithin", distance=FIT)[1],
        )
        for some in (faces, touched)
    ]
    cut_off = ~at_shore[0][face] & at_shore[1][parent]
    return np.asarray(faces[face[cut_off]], dtype=object)


def linked_parts(shore: Shore, roads: pd.DataFrame, tolerance: float) -> NDArray[np.bool_]:
    """Which land masses have a road to the mainland: bridge, car ferry, or tunnel.

    Roads outside the land are joined where they meet; a group of them that comes within
    ``tolerance`` metres of two land masses links these. Links may go by way of other islands.
    """
    driven = roads["vegtype"].isin(["bilveg", "gatetun", "ferge"]).to_numpy(dtype=bool)
    lines = geometries(roads)[driven]
    linked: NDArray[np.bool_] = shore.mainland.copy()
    dry = np.zeros(len(lines), dtype=bool)
    _, inside = shapely.STRtree(lines).query(shore.parts, predicate="covers")
    dry[inside] = True
    crossing = lines_of(shapely.difference(lines[~dry], shore.land.area))
    if not len(crossing):
        return linked
    count = len(shore.parts)
    tree = shapely.STRtree(crossing)
    one, other = tree.query(crossing, predicate="dwithin", distance=0.5)
    line, part = shapely.STRtree(shore.parts).query(
        crossing, predicate="dwithin", distance=tolerance
    )
    group = components(
        np.r_[part, one + count], np.r_[line + count, other + count], count + len(crossing)
    )
    reached = np.isin(group[:count], np.unique(group[:count][shore.mainland]))
    return np.asarray(linked | reached)
