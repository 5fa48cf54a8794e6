"""Geometry of the rule chain: cut, dissolve, open and measure many polygons at once.

Metres in the plane. What a cut takes is measured on its own, never as the difference, so that
the account of the rules can fail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from askergeo._threads import in_threads
from askergeo.geometry import components

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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
    "divided",
    "each",
    "grouped_union",
    "has_room",
    "meeting",
    "opened",
    "radius",
    "roundness",
    "shared",
]

# The largest inscribed circle is found to within this (m).
RADIUS_TOLERANCE = 0.1
# Smaller pieces (m²) are rounding along an edge, not corners.
SLIVER = 1e-6
_POLYGON = 2
# Shapes in a thread's turn.
_TURN = 200


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


def each(work: Callable[..., Any], *rows: NDArray[Any]) -> NDArray[Any]:
    """Do work of GEOS, which holds no lock, on shares of the rows at once.

    Examples
    --------
    >>> each(shapely.area, shapely.box(0, 0, [1, 2], 1)).tolist()
    [1.0, 2.0]
    """
    shares = in_threads(
        lambda share: work(*(row[share] for row in rows)), len(rows[0]), least=_TURN
    )
    return np.concatenate([np.asarray(share) for share in shares])


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
    return each(lambda some: shapely.union_all(some[:, None], axis=1), together)


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


def divided(shapes: Geometries, masks: Geometries) -> tuple[Geometries, Geometries]:
    """Divide each shape into what the masks cover of it and what they do not.

    Examples
    --------
    >>> boxes = shapely.box([0, 5], 0, [2, 6], 1)
    >>> [shapely.area(part).tolist() for part in divided(boxes, boxes[:1])]
    [[2.0, 0.0], [0.0, 1.0]]
    """
    inside = np.full(len(shapes), shapely.Polygon(), dtype=object)
    outside = shapes.copy()
    first, second = meeting(shapes, masks)
    if len(first):
        hit, group = np.unique(first, return_inverse=True)
        covers = grouped_union(masks[second], group)
        inside[hit] = each(shapely.intersection, shapes[hit], covers)
        outside[hit] = each(shapely.difference, shapes[hit], covers)
    return inside, outside


def cut_pairs(shapes: Geometries, rows: Index, masks: Geometries) -> Cut:
    """Take from the shape ``rows[i]`` the mask ``masks[i]``, for all pairs at once."""
    left, taken = shapes.copy(), np.zeros(len(shapes))
    if len(rows):
        hit, group = np.unique(rows, return_inverse=True)
        covers = grouped_union(masks, group)
        left[hit] = each(shapely.difference, shapes[hit], covers)
        taken[hit] = each(shared, shapes[hit], covers)
    return Cut(left, taken)


def shared(one: Geometries, other: Geometries) -> NDArray[np.float64]:
    """Area that each shape shares with the other in its row, m²."""
    return np.asarray(shapely.area(shapely.intersection(one, other)))


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

    def shrunk_and_grown(shapes: Geometries) -> Geometries:
        kernel = shapely.buffer(shapes, -distance, quad_segs=quad_segs)
        grown = shapely.buffer(kernel, distance, quad_segs=quad_segs)
        # Arcs are drawn with chords: the intersection keeps the result inside what was there.
        return np.asarray(shapely.intersection(shapes, grown))

    inner = Ground(each(shrunk_and_grown, ground.shapes), np.arange(len(ground.shapes)))
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
        left[rows] = each(shapely.difference, shapes[rows], np.asarray(kept))
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

    def room(some: Geometries, reach: NDArray[np.float64]) -> Mask:
        return np.asarray(shapely.area(shapely.buffer(some, -reach, quad_segs=quad_segs)) > SLIVER)

    return each(room, shapes, distance)


def radius(shapes: Geometries) -> NDArray[np.float64]:
    """Radius of the largest circle inside each shape, to within a decimetre, metres."""

    def largest(some: Geometries) -> NDArray[np.float64]:
        circles = shapely.maximum_inscribed_circle(some, tolerance=RADIUS_TOLERANCE)
        return np.asarray(shapely.length(circles))

    return each(largest, shapes)
