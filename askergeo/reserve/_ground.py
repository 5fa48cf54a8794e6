"""Geometry of the rule chain: cut, dissolve, open and measure many polygons at once.

Metres in the plane. What a cut takes is measured on its own, never as the difference, so that
the account of the rules can fail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from askergeo.geometry import components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

    Index = NDArray[np.intp]
    Mask = NDArray[np.bool_]

__all__ = [
    "Cut",
    "Ground",
    "cut",
    "cut_pairs",
    "dissolved",
    "grouped_union",
    "has_room",
    "meeting",
    "opened",
    "radius",
    "roundness",
]

# The largest inscribed circle is found to within this (m).
RADIUS_TOLERANCE = 0.1
# Smaller pieces (m²) are rounding along an edge, not corners.
SLIVER = 1e-6
_POLYGON = 2


@dataclass(frozen=True)
class Ground:
    """Polygons that are still in the chain.

    Parameters
    ----------
    shapes
        Valid polygons.
    kind
        Row of the table of kinds (plan, purpose, status) of each.
    """

    shapes: Geometries
    kind: Index

    @property
    def area(self) -> float:
        """Area of them all, m²."""
        return float(shapely.area(self.shapes).sum())

    def take(self, rows: Mask | Index) -> Ground:
        """Return some of them."""
        return Ground(self.shapes[rows], self.kind[rows])

    def parts(self) -> Ground:
        """Take multipolygons apart; what has no area is left out."""
        parts, owner = shapely.get_parts(self.shapes, return_index=True)
        some = ~shapely.is_empty(parts) & (shapely.get_dimensions(parts) == _POLYGON)
        return Ground(parts[some], self.kind[owner[some]])


class Cut(NamedTuple):
    """What is left, row by row (perhaps empty), and the area that was taken from each, m²."""

    shapes: Geometries
    taken: NDArray[np.float64]


def meeting(first: Geometries, second: Geometries) -> tuple[Index, Index]:
    """Pairs of positions of shapes that meet, be it in a point.

    Examples
    --------
    >>> boxes = shapely.box([0, 1, 5], 0, [1, 2, 6], 1)
    >>> [pair.tolist() for pair in meeting(boxes[:1], boxes)]
    [[0, 0], [0, 1]]
    """
    one, other = shapely.STRtree(second).query(first)
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    # The larger of the two is the prepared one: a sea is searched once, not for every island.
    size = shapely.get_num_coordinates(first)[one] < shapely.get_num_coordinates(second)[other]
    shapely.prepare(first)
    shapely.prepare(second)
    large = np.where(size, second[other], first[one])
    small = np.where(size, first[one], second[other])
    hit = shapely.intersects(large, small)
    return one[hit], other[hit]


def grouped_union(shapes: Geometries, group: Index) -> Geometries:
    """Union of the shapes of each group; groups are numbered from 0 without gaps.

    Examples
    --------
    >>> boxes = shapely.box([0, 1, 5], 0, [2, 3, 6], 1)
    >>> shapely.area(grouped_union(boxes, np.array([0, 0, 1]))).tolist()
    [3.0, 1.0]
    """
    order = np.argsort(group, kind="stable")
    together = np.asarray(shapely.geometrycollections(shapes[order], indices=group[order]))
    return np.asarray(shapely.union_all(together[:, None], axis=1), dtype=object)


def cut(shapes: Geometries, masks: Geometries, which: Mask | None = None) -> Cut:
    """Take the masks away from the shapes; masks may overlap.

    Parameters
    ----------
    shapes
        Valid polygons.
    masks
        Valid polygons.
    which
        Shapes that are cut; all, when not given.
    """
    rows = np.arange(len(shapes)) if which is None else np.flatnonzero(which)
    first, second = meeting(shapes[rows], masks)
    return cut_pairs(shapes, rows[first], masks[second])


def cut_pairs(shapes: Geometries, rows: Index, masks: Geometries) -> Cut:
    """Take from the shape ``rows[i]`` the mask ``masks[i]``, for all pairs at once."""
    left, taken = shapes.copy(), np.zeros(len(shapes))
    if len(rows):
        hit, group = np.unique(rows, return_inverse=True)
        covers = grouped_union(masks, group)
        left[hit] = shapely.difference(shapes[hit], covers)
        taken[hit] = shapely.area(shapely.intersection(shapes[hit], covers))
    return Cut(left, taken)


def dissolved(ground: Ground) -> Ground:
    """Join neighbours of the same kind."""
    first, second = meeting(ground.shapes, ground.shapes)
    same = ground.kind[first] == ground.kind[second]
    group = components(first[same], second[same], len(ground.shapes))
    if not len(group):
        return ground
    count = int(group.max()) + 1
    kind = np.zeros(count, dtype=np.intp)
    kind[group] = ground.kind
    shapes = np.empty(count, dtype=object)
    alone = np.bincount(group, minlength=count) == 1
    shapes[group[alone[group]]] = ground.shapes[alone[group]]
    several = ~alone[group]
    if several.any():
        wanted, number = np.unique(group[several], return_inverse=True)
        shapes[wanted] = grouped_union(ground.shapes[several], number)
    return Ground(shapes, kind).parts()


def opened(
    ground: Ground, distance: float, quad_segs: int, *, corners: Mask, corner_area: float
) -> tuple[Ground, float]:
    """Shrink and grow the shapes; what is narrower than twice the distance goes away.

    Parameters
    ----------
    ground
        Polygons.
    distance
        Metres.
    quad_segs
        Segments in a quarter circle.
    corners
        Shapes whose small cut-off corners are put back.
    corner_area
        Corners smaller than this are put back, m².

    Returns
    -------
    Ground, float
        What is left, as polygons, and the area that was taken (m²).
    """
    kernel = shapely.buffer(ground.shapes, -distance, quad_segs=quad_segs)
    grown = shapely.buffer(kernel, distance, quad_segs=quad_segs)
    # Arcs are drawn with chords: the intersection keeps the result inside what was there.
    inner = Ground(shapely.intersection(ground.shapes, grown), np.arange(len(ground.shapes)))
    inner = inner.parts()
    rest = Ground(_less(ground.shapes, inner), np.arange(len(ground.shapes))).parts()
    area = shapely.area(rest.shapes)
    survives = np.zeros(len(ground.shapes), dtype=bool)
    survives[inner.kind] = True
    back = corners[rest.kind] & survives[rest.kind] & (area < corner_area) & (area > SLIVER)
    shapes = np.concatenate([inner.shapes, rest.shapes[back]])
    owner = np.concatenate([inner.kind, rest.kind[back]])
    # A corner is joined to the shape that it was cut from, which it meets along an edge.
    joined = dissolved(Ground(shapes, owner)) if back.any() else inner
    return replace(joined, kind=ground.kind[joined.kind]), float(area[~back].sum())


def _less(shapes: Geometries, inner: Ground) -> Geometries:
    left = shapes.copy()
    if len(inner.shapes):
        rows, group = np.unique(inner.kind, return_inverse=True)
        order = np.argsort(group, kind="stable")
        kept = shapely.multipolygons(inner.shapes[order], indices=group[order])
        left[rows] = shapely.difference(shapes[rows], kept)
    return left


def roundness(shapes: Geometries) -> NDArray[np.float64]:
    """Half the perimeter over twice the root of the area: a square is 1, a strip much more.

    Examples
    --------
    >>> roundness(shapely.box(0, 0, [10, 40], [10, 10])).tolist()
    [1.0, 1.25]
    """
    return np.asarray(0.5 * shapely.length(shapes) / (2.0 * np.sqrt(shapely.area(shapes))))


def has_room(shapes: Geometries, distance: NDArray[np.float64], quad_segs: int) -> Mask:
    """Tell in which shapes a circle with more than this radius (m) has room.

    Examples
    --------
    >>> boxes = shapely.box(0, 0, [20, 21], [90, 90])
    >>> has_room(boxes, np.array([10.0, 10.0]), 16).tolist()
    [False, True]
    """
    kernel = shapely.buffer(shapes, -distance, quad_segs=quad_segs)
    return np.asarray(shapely.area(kernel) > SLIVER)


def radius(shapes: Geometries) -> NDArray[np.float64]:
    """Radius of the largest circle inside each shape, to within a decimetre, metres."""
    circles = shapely.maximum_inscribed_circle(shapes, tolerance=RADIUS_TOLERANCE)
    return np.asarray(shapely.length(circles))
