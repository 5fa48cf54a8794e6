"""Exact union of buffers round many lines, faster than noding all of them.

The union's boundary is those stretches of the buffers' own boundaries that no other buffer
covers. Most of it is found to be covered by a distance alone; what is left is cut where it
crosses, sorted by the same question, and followed to rings. When the rings do not close (a
coincidence finer than the tolerance), GEOS takes the union of all buffers instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._threads import in_threads
from askergeo.network import _segments as kernels
from askergeo.network._segments import Grid, Segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["buffer_union"]

# Points nearer than this are one (metres). Rounding is some 1e-13 m near the origin; arcs round the
# same node come as near each other as 1e-9 m without touching. Where one of the tolerances does
# not let the rings close, the next is tried.
_SLACKS_M = (1e-11, 1e-9, 1e-7)
# Ends that lead nowhere and are nearer than this are one (metres).
_LOOSE_M = 1e-7
# GEOS simplifies a line by up to a hundredth of the distance before it buffers it, and rounds the
# number of segments of an arc, so that a step is up to one and a half of what was asked for.
_SIMPLIFIED = 0.0101
_STEP = 1.5


def buffer_union(lines: NDArray[np.object_], width: float, quad_segs: int) -> shapely.Geometry:
    """Union of the round buffers of the lines.

    Parameters
    ----------
    lines
        Line strings without repeated points.
    width
        Buffer distance, metres.
    quad_segs
        Segments in a quarter circle, as for GEOS.

    Returns
    -------
    Geometry
        What ``shapely.union_all(shapely.buffer(lines, width, quad_segs=…))`` gives, within
        rounding; an empty polygon for no lines.
    """
    if not len(lines):
        return shapely.Polygon()
    # Near the origin coordinates have more digits; whole metres are subtracted without loss.
    shift = np.floor(shapely.get_coordinates(lines[:1])[0])
    local = shapely.transform(lines, lambda xy: xy - shift)
    buffers = np.concatenate(
        in_threads(lambda s: shapely.buffer(local[s], width, quad_segs=quad_segs), len(local))
    )
    rings = _rings(local, buffers, width, quad_segs)
    tried = (_assembled(_boundary(rings, slack)) for slack in _SLACKS_M)
    found = next((one for one in tried if one is not None), None)
    if found is None:
        found = shapely.union_all(buffers)
    return shapely.transform(found, lambda xy: xy + shift)


def _segments(coordinates: Array, group: Index, owner: Index) -> Segments:
    """Segments between neighbouring coordinates of one group; ``owner`` is by group."""
    at = np.flatnonzero(group[1:] == group[:-1])
    return Segments(coordinates[at], coordinates[at + 1], owner[group[at]])


@dataclass(frozen=True)
class _Boundary:
    """Directed stretches on the boundary of the union: points, and from which to which."""

    xy: Array
    tail: Index
    head: Index


@dataclass(frozen=True)
class _Rings:
    """The buffers' rings, and what of them may be on the boundary of the union.

    Parameters
    ----------
    edges, ptr
        Segments of the rings; those of buffer ``o`` are ``ptr[o]:ptr[o + 1]``.
    pieces
        What of them is not provably inside another buffer.
    streets, grid
        The segments of the lines, and which of them lie near each cell.
    reach
        No buffer goes further from its line than this, metres.
    """

    edges: Segments
    ptr: Index
    pieces: Segments
    streets: Segments
    grid: Grid
    reach: float


def _rings(
    lines: NDArray[np.object_], buffers: NDArray[np.object_], width: float, quad_segs: int
) -> _Rings:
    """Take the buffers' rings apart, and leave out what lies well inside another buffer."""
    streets = _segments(*shapely.get_coordinates(lines, return_index=True), np.arange(len(lines)))
    rings, of = shapely.get_rings(buffers, return_index=True)
    edges = _segments(*shapely.get_coordinates(rings, return_index=True), of.astype(np.int64))
    ptr = np.searchsorted(edges.owner, np.arange(len(lines) + 1))
    low, high = edges.a.min(axis=0) - width, edges.a.max(axis=0) + width
    reach = width * (1 + _SIMPLIFIED)
    grid = _grid(streets, reach, low, high, width)
    # Inside every buffer, whatever GEOS made of its arcs and corners.
    inner = width * (np.cos(_STEP * np.pi / (4 * quad_segs)) - _SIMPLIFIED)

    def rest(s: slice) -> Segments:
        some = Segments(edges.a[s], edges.b[s], edges.owner[s])
        return _cut(some, *kernels.uncovered(some, streets, grid, inner))

    pieces = _joined(in_threads(rest, len(edges.a)))
    return _Rings(edges, ptr, pieces, streets, grid, reach)


def _boundary(rings: _Rings, slack: float) -> _Boundary:
    """Find the stretches of the rings that no other buffer covers."""
    piece, node, xy = _noded(rings.pieces, rings.grid, slack)
    tail, head = node[:-1], node[1:]
    real = (piece[1:] == piece[:-1]) & (tail != head)
    tail, head, owner = tail[real], head[real], rings.pieces.owner[piece[:-1][real]]
    near = rings.streets, rings.grid, rings.reach

    def outside(s: slice) -> NDArray[np.bool_]:
        some = Segments(xy[tail[s]], xy[head[s]], owner[s])
        kept: NDArray[np.bool_] = kernels.on_outside(some, rings.edges, rings.ptr, *near, slack)
        return kept

    kept = np.concatenate(in_threads(outside, len(tail)))
    return _Boundary(xy, tail[kept], head[kept])


def _grid(segments: Segments, margin: float, low: Array, high: Array, cell: float) -> Grid:
    nx, ny = (int(count) + 1 for count in np.ceil((high - low) / cell))
    empty = np.zeros(0, np.int64)
    ptr, item = kernels.bin_segments(segments, margin, Grid(empty, empty, low, cell, nx, ny))
    return Grid(ptr, item, low, cell, nx, ny)


def _joined(some: list[Segments]) -> Segments:
    return Segments(
        np.concatenate([one.a for one in some]),
        np.concatenate([one.b for one in some]),
        np.concatenate([one.owner for one in some]),
    )


def _cut(edges: Segments, which: Index, start: Array, stop: Array) -> Segments:
    """Stretches of segments; an end that was not cut keeps its very coordinates."""
    a, b = edges.a[which], edges.b[which]
    step = b - a
    first = np.where(start[:, None] > 0, a + start[:, None] * step, a)
    last = np.where(stop[:, None] < 1, a + stop[:, None] * step, b)
    return Segments(first, last, edges.owner[which])


def _noded(pieces: Segments, grid: Grid, slack: float) -> tuple[Index, Index, Array]:
    """Cut the pieces where they meet: piece and node of every point along them, in order."""
    cell = grid.cell / 2
    size = np.array([grid.nx, grid.ny]) * grid.cell
    fine = _grid(pieces, slack, grid.origin, grid.origin + size, cell)
    which, along, point = kernels.cross(pieces, fine, slack)
    count = len(pieces.a)
    every = np.arange(count)
    piece = np.concatenate([every, every, which])
    share = np.concatenate([np.zeros(count), np.ones(count), along])
    xy = np.concatenate([pieces.a, pieces.b, point])
    node = kernels.merge_points(xy, np.argsort(xy[:, 0]), slack)
    order = np.lexsort((share, piece))
    return piece[order], node[order], xy


def _closed(boundary: _Boundary) -> _Boundary:
    """Make loose ends one that are one but for rounding, such as where three arcs meet."""
    count = len(boundary.xy)
    leaving = np.bincount(boundary.tail, minlength=count)
    loose = np.flatnonzero(leaving != np.bincount(boundary.head, minlength=count))
    if not len(loose):
        return boundary
    ends = boundary.xy[loose]
    number = np.arange(count)
    number[loose] = loose[kernels.merge_points(ends, np.argsort(ends[:, 0]), _LOOSE_M)]
    tail, head = number[boundary.tail], number[boundary.head]
    real = tail != head
    return _Boundary(boundary.xy, tail[real], head[real])


def _assembled(boundary: _Boundary) -> shapely.Geometry | None:
    """Follow the stretches to rings and build the polygons; ``None`` when they do not close."""
    count = len(boundary.xy)
    boundary = _closed(boundary)
    leaving = np.bincount(boundary.tail, minlength=count)
    if not np.array_equal(leaving, np.bincount(boundary.head, minlength=count)):
        return None
    out = np.argsort(boundary.tail, kind="stable")
    ptr = np.concatenate([[0], np.cumsum(leaving)])
    ring, place, rings = kernels.link(boundary.tail, boundary.head, boundary.xy, ptr, out)
    order = np.lexsort((place, ring))
    ring, xy = ring[order], boundary.xy[boundary.tail[order]]
    if np.bincount(ring, minlength=rings).min(initial=3) < 3:  # noqa: PLR2004
        return None
    closed = np.asarray(shapely.linearrings(xy, indices=ring), dtype=object)
    shells = ~shapely.is_ccw(closed)  # buffers run clockwise, so holes run against the clock
    polygons = np.asarray(shapely.polygons(closed), dtype=object)
    if not shells.any():
        return None
    parts = [
        shapely.Polygon(shell, closed[~shells][holes])
        for shell, holes in zip(
            closed[shells], _holes(polygons[shells], closed[~shells]), strict=True
        )
    ]
    union = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return union if union.is_valid else None


def _holes(shells: NDArray[np.object_], holes: NDArray[np.object_]) -> list[Index]:
    """Numbers of the holes inside each shell.

    A hole is in the smallest shell that holds a point of it; in the largest when no other does,
    which spares the search in the one shell that has nearly all of them.
    """
    area = shapely.area(shells)
    largest = int(area.argmax())
    others = np.flatnonzero(np.arange(len(shells)) != largest)
    # A corner of the hole, not a point inside it: that may be on an island.
    points = shapely.get_point(holes, 0) if len(others) else holes[:0]
    hole, found = shapely.STRtree(shells[others]).query(points, predicate="within")
    order = np.lexsort((area[others[found]], hole))
    hole, first = np.unique(hole[order], return_index=True)
    shell = np.full(len(holes), largest)
    shell[hole] = others[found[order][first]]
    return [np.flatnonzero(shell == number) for number in range(len(shells))]
