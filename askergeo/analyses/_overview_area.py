"""Areas of the overview: what the municipality is made of, and what its land is covered by.

Everything is in the CRS of record, in metres. Each part of an account is measured from its own
geometry, none as the remainder of the others, so that the account can fail to close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.analyses._shoreline import LOOSE_FIT, Land, Shore, has_sea, read_land, read_shore
from askergeo.errors import LayerError
from askergeo.geometry import EMPTY, geometries, polygons_of, union

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

__all__ = ["Cover", "Place", "account_for", "clipped", "inside", "read_place"]

# Polygons cut by the same line differ by less than this (m²).
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Place:
    """The municipality.

    Parameters
    ----------
    name
        Its name.
    outline
        Everything inside its boundary, with the sea when the boundary has it.
    land
        Land with lakes and rivers; ``None`` when land cannot be told from sea.
    why
        In bokmål, why it cannot.
    fresh
        Lakes and rivers inside ``land``; ``None`` when no layer has any.
    dry
        ``land`` without ``fresh``.
    sea
        Sea inside ``outline``; ``None`` when the boundary ends at the shore.
    shore
        Land masses with their shoreline; ``None`` without the layer ``kystkontur``.
    """

    name: str
    outline: BaseGeometry
    land: Land | None
    why: str
    fresh: BaseGeometry | None
    dry: BaseGeometry | None
    sea: BaseGeometry | None
    shore: Shore | None

    @property
    def ground(self) -> BaseGeometry:
        """What land cover is measured against: the land when known, else everything."""
        return self.outline if self.land is None else self.land.area

    @property
    def reach(self) -> BaseGeometry:
        """Where points count as the municipality's: piers lie off a boundary cut at the shore."""
        if self.sea is not None or self.land is None:
            return self.outline
        return shapely.buffer(self.outline, LOOSE_FIT)


def read_place(
    boundary: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None, shoreline: gpd.GeoDataFrame | None
) -> Place:
    """Divide the municipality into land, fresh water and sea as far as the layers tell.

    Parameters
    ----------
    boundary, water, shoreline
        Layers ``kommunegrense``, ``vann`` and ``kystkontur``.
    """
    names = boundary["kommunenavn"].dropna() if "kommunenavn" in boundary else ()
    name = str(next(iter(names), "Kommunen"))
    lines = None if shoreline is None else geometries(shoreline)
    try:
        land = read_land(boundary, water, lines)
    except LayerError as error:
        # The overview needs only the boundary: what it cannot divide, it does not divide.
        whole = union(geometries(boundary))
        return Place(name, whole, None, error.message, None, None, None, None)
    fresh = _kind(water, land.area, ["innsjo", "elv"])
    sea = None
    if has_sea(land):
        sea = _kind(water, land.outline, ["hav"])
        if sea is None:
            sea = shapely.difference(land.outline, land.area)
    return Place(
        name=name,
        outline=land.outline,
        land=land,
        why="",
        fresh=fresh,
        dry=None if fresh is None else shapely.difference(land.area, fresh),
        sea=sea,
        shore=None if shoreline is None or not len(shoreline) else read_shore(land, shoreline),
    )


def _kind(
    water: gpd.GeoDataFrame | None, area: BaseGeometry, kinds: list[str]
) -> BaseGeometry | None:
    """Water of some kinds inside an area; ``None`` when the layer has none at all."""
    if water is None:
        return None
    chosen = geometries(water)[water["vanntype"].isin(kinds).to_numpy(dtype=bool)]
    if not len(chosen):
        return None
    return union(clipped(polygons_of(chosen), area))


def inside(shapes: Geometries, area: BaseGeometry) -> NDArray[np.bool_]:
    """Which geometries meet an area."""
    shapely.prepare(area)
    return np.asarray(shapely.intersects(area, shapes), dtype=bool)


def clipped(shapes: Geometries, area: BaseGeometry) -> Geometries:
    """Cut geometries to an area, in their order; those outside become empty.

    Examples
    --------
    >>> boxes = shapely.box([0, 9, 50], 0, [1, 12, 51], 1)
    >>> shapely.area(clipped(boxes, shapely.box(-1, -1, 10, 10))).tolist()
    [1.0, 1.0, 0.0]
    """
    found = np.full(len(shapes), EMPTY, dtype=object)
    if not len(shapes):
        return found
    near = inside(shapes, area)
    whole = np.zeros(len(shapes), dtype=bool)
    whole[near] = shapely.contains_properly(area, shapes[near])
    found[whole] = shapes[whole]
    cut = near & ~whole
    found[cut] = shapely.intersection(shapes[cut], area)
    return found


@dataclass(frozen=True)
class Cover:
    """Land cover held against the ground; areas in m².

    Parameters
    ----------
    parts
        Each row cut to the ground.
    whole
        Which rows lie inside the ground and share all their borders, point for point.
    uncovered
        Ground without cover.
    repeated
        Area counted more than once, times the number of extra counts.
    """

    parts: Geometries
    whole: NDArray[np.bool_]
    uncovered: BaseGeometry
    repeated: float


def account_for(shapes: Geometries, ground: BaseGeometry) -> Cover:
    """Measure how land cover fits the ground: what it leaves out and what it counts twice.

    Polygons that share their borders point for point are joined fast, and overlap nothing unless
    some polygon with a border of its own overlaps: only where the number of covers changes is
    there an unshared border.
    """
    parts = clipped(shapes, ground)
    rows = np.flatnonzero(~shapely.is_empty(parts))
    whole = np.zeros(len(shapes), dtype=bool)
    if not len(rows):
        return Cover(parts, whole, ground, 0.0)
    near = shapes[rows]
    shared = _shares_borders(near)
    whole[rows] = shared & (shapely.area(parts[rows]) == shapely.area(near))
    single = np.flatnonzero(~shared)
    polygons = parts[rows]
    overlapping = _overlaps(near, single).any()
    # Whole sheets may lie on top of each other; then every polygon is looked at.
    repeated = _repeated(polygons) if overlapping else 0.0
    joined = [shapely.coverage_union_all(near[shared])] if shared.any() else []
    if overlapping:
        joined = [union(near[shared])]
    covered = union(np.array([*joined, union(near[single])], dtype=object))
    return Cover(parts, whole, shapely.difference(ground, covered), repeated)


def _shares_borders(polygons: Geometries) -> NDArray[np.bool_]:
    """Which polygons have only edges that one neighbour has in the other direction."""
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    # Adding zero makes the two zeros one; the odd factors spread the bits of each coordinate.
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64)
    spread = bits * np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
    mixed = (spread ^ (spread >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    code = mixed[:, 0] ^ (mixed[:, 1] >> np.uint64(7)) ^ (mixed[:, 1] << np.uint64(11))
    start, end = code[:-1][same], code[1:][same]
    factor = np.uint64(0x94D049BB133111EB)
    edge, back = start * factor + end, end * factor + start
    known, times = np.unique(edge, return_counts=True)
    at = np.minimum(np.searchsorted(known, back), len(known) - 1)
    shared = (known[at] == back) & (times[at] == 1)
    shared &= times[np.searchsorted(known, edge)] == 1
    result = np.ones(len(polygons), dtype=bool)
    result[owner[part[ring[1:][same][~shared]]]] = False
    return result


def _overlaps(polygons: Geometries, some: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which polygons share area with one of ``some`` (positions)."""
    found = np.zeros(len(polygons), dtype=bool)
    one, other = shapely.STRtree(polygons).query(polygons[some], predicate="intersects")
    apart = some[one] != other
    one, other = some[one[apart]], other[apart]
    common = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    found[one[common > _ROUNDING]] = True
    found[other[common > _ROUNDING]] = True
    return found


def _repeated(polygons: Geometries) -> float:
    """Area covered more than once: each face that the outlines make, by how many cover it."""
    lapped = polygons_of(polygons[_overlaps(polygons, np.arange(len(polygons)))])
    if not len(lapped):
        return 0.0
    edges = shapely.get_parts(shapely.union_all(shapely.boundary(lapped)))
    faces = polygons_of(np.array([shapely.polygonize(edges)], dtype=object))
    face, _ = shapely.STRtree(lapped).query(shapely.point_on_surface(faces), predicate="intersects")
    times = np.bincount(face, minlength=len(faces))
    return float((shapely.area(faces) * np.maximum(times - 1, 0)).sum())
