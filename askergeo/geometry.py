"""Vectorised helpers for polygons and lines that several analyses share.

All lengths are metres and all coordinates are in the CRS of record. Nothing here loops over
features; a union is taken after a pre-filter by an STRtree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Geometries = NDArray[np.object_]

__all__ = [
    "EMPTY",
    "PIECE",
    "buffer_lines",
    "components",
    "geometries",
    "intersecting",
    "is_surface",
    "joined",
    "lines_of",
    "on_earth",
    "pieces",
    "polygons_of",
    "union",
]

EMPTY = shapely.MultiPolygon()
# Long shorelines are buffered in pieces: the cost of one buffer grows faster than its vertices.
PIECE = 64
# No projected map reaches farther (m).
_OUTERMOST = 2e7


def geometries(frame: gpd.GeoDataFrame) -> Geometries:
    """Geometries of a frame as an array, in its order."""
    return np.asarray(frame.geometry.array, dtype=object)


def on_earth(shapes: Geometries) -> NDArray[np.bool_]:
    """Which geometries have only coordinates that a projected map can have.

    Those that are empty or missing have none that it cannot.

    Examples
    --------
    >>> on_earth(np.array([shapely.Point(1, 2), shapely.Point(1, 1e9), None]))
    array([ True, False,  True])
    """
    points, of_shape = shapely.get_coordinates(shapes, return_index=True)
    # A comparison with NaN is false.
    absurd = ~(np.abs(points) < _OUTERMOST).all(axis=1)
    found = np.ones(len(shapes), dtype=bool)
    found[of_shape[absurd]] = False
    return found


def is_surface(shapes: Geometries) -> NDArray[np.bool_]:
    """Which geometries are polygons, alone or several."""
    kinds = shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON
    return np.isin(shapely.get_type_id(shapes), kinds)


def joined(polygons: Geometries) -> BaseGeometry:
    """Polygons that do not overlap as one multipolygon, without taking their union."""
    return shapely.MultiPolygon(list(polygons))


def polygons_of(geometry: BaseGeometry | Geometries) -> Geometries:
    """Return the polygons inside any geometries, without their points and lines.

    Examples
    --------
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POINT (0 0), POLYGON ((0 0, 1 0, 1 1, 0 0)))")
    >>> len(polygons_of(mixed))
    1
    """
    return _of_dimension(geometry, 2)


def lines_of(geometry: BaseGeometry | Geometries) -> Geometries:
    """Return the line strings inside any geometries, without points and polygons."""
    return _of_dimension(geometry, 1)


def _of_dimension(geometry: BaseGeometry | Geometries, dimension: int) -> Geometries:
    parts = np.atleast_1d(np.asarray(geometry, dtype=object))
    # A collection may hold multi-geometries: two rounds reach the simple parts.
    parts = shapely.get_parts(shapely.get_parts(parts[~shapely.is_missing(parts)]))
    wanted = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    return np.asarray(parts[wanted], dtype=object)


def union(geometries: Geometries) -> BaseGeometry:
    """Union of polygons as a (multi)polygon; empty when there are none.

    Examples
    --------
    >>> union(np.array([shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 2, 1)])).area
    2.0
    """
    polygons = polygons_of(geometries)
    if not len(polygons):
        return EMPTY
    # Disjoint groups are found first, so that far-apart polygons are never noded together.
    return shapely.disjoint_subset_union_all(polygons)


def pieces(lines: Geometries, vertices: int = PIECE) -> Geometries:
    """Cut line strings into consecutive pieces of at most ``vertices`` segments each.

    The pieces share end points, so that together they are the same line.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (1, 0), (2, 0), (3, 0)])
    >>> [piece.length for piece in pieces(np.array([line]), vertices=2)]
    [2.0, 1.0]
    """
    simple = lines_of(lines)
    if not len(simple):
        return simple
    coordinates, line = shapely.get_coordinates(simple, return_index=True)
    first = np.r_[True, line[1:] != line[:-1]]
    position = np.arange(len(line)) - np.maximum.accumulate(
        np.where(first, np.arange(len(line)), 0)
    )
    segment_end = np.flatnonzero(~first)
    group = line[segment_end] * (len(line) + 1) + (position[segment_end] - 1) // vertices
    _, number = np.unique(group, return_inverse=True)
    starts = np.r_[True, number[1:] != number[:-1]]
    # Each piece is its segments' end points and, before them, the start of its first segment.
    order = np.sort(np.r_[segment_end * 2 + 1, (segment_end[starts] - 1) * 2 + 2])
    take, is_start = (order - 1) // 2, order % 2 == 0
    owner = np.cumsum(is_start) - 1
    return np.asarray(shapely.linestrings(coordinates[take], indices=owner), dtype=object)


def buffer_lines(lines: Geometries, distance: float, quad_segs: int) -> BaseGeometry:
    """Everything within ``distance`` metres of the lines, in the plane.

    Parameters
    ----------
    lines
        Line strings; multi-lines and collections are taken apart.
    distance
        Metres.
    quad_segs
        Segments for a quarter of a circle. An arc is cut off by up to
        ``1 − cos(π / 4·quad_segs)`` of the distance: 0.5 % at 8, 0.03 % at 32.
    """
    return union(shapely.buffer(pieces(lines), distance, quad_segs=quad_segs))


def intersecting(
    geometries: Geometries, area: BaseGeometry, distance: float = 0.0
) -> NDArray[np.intp]:
    """Positions of the geometries that meet ``area``, or lie within ``distance`` metres of it.

    Examples
    --------
    >>> points = shapely.points([[0.5, 0.5], [1.5, 0.5], [9, 9]])
    >>> [intersecting(points, shapely.box(0, 0, 1, 1), d).tolist() for d in (0.0, 1.0)]
    [[0], [0, 1]]
    """
    parts = polygons_of(area)
    if not len(parts) or not len(geometries):
        return np.array([], dtype=np.intp)
    tree = shapely.STRtree(geometries)
    if distance > 0:
        _, found = tree.query(parts, predicate="dwithin", distance=distance)
    else:
        _, found = tree.query(parts, predicate="intersects")
    return np.unique(found)


def components(first: NDArray[np.intp], second: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Group number of each of ``count`` nodes when the pairs ``first``–``second`` are joined.

    Examples
    --------
    >>> components(np.array([0]), np.array([2]), 3).tolist()
    [0, 1, 0]
    """
    label = np.arange(count)
    while True:
        # Each group takes the lowest label that a pair shows it, then follows labels to the root.
        low = np.minimum(label[first], label[second])
        new = label.copy()
        np.minimum.at(new, label[first], low)
        np.minimum.at(new, label[second], low)
        while not np.array_equal(new, new[new]):
            new = new[new]
        new = new[label]
        if np.array_equal(new, label):
            return np.asarray(np.unique(label, return_inverse=True)[1], dtype=np.intp)
        label = new
