"""Shared borders for the page: lines cut where their neighbours change, each stored once.

The borders of all layers are cut into *arcs* at the vertices where not all who pass have the same
neighbours. Two areas with a common border then refer to the same arc, whatever it is simplified
to, so that neither gaps nor overlaps can come between them; that the layer is a valid coverage is
not needed. Every vertex gets a rank: the coarsest step of :data:`TOLERANCES` that keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["TOLERANCES", "Arcs", "Shapes", "build", "rank_vertices"]

#: Metres; the set of vertices at each step is a part of the set at the step before.
TOLERANCES: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
_SURFACE: Final = 2
# Vertices that a ring needs to have an inside.
_CORNERS: Final = 3
# Steps of the longest arc: what lies outside a tile is then left out without tracing a whole coast.
_LONGEST: Final = 128


@dataclass(frozen=True, kw_only=True)
class Arcs:
    """All arcs of a page in whole steps; arc ``i`` has the vertices from ``start[i]`` on."""

    x: Integers
    y: Integers
    start: Integers

    @property
    def count(self) -> Integers:
        """Vertices of each arc."""
        return np.diff(self.start)

    @property
    def owner(self) -> Integers:
        """Arc of each vertex."""
        return np.repeat(np.arange(len(self.start) - 1), self.count)


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """The features of a layer as references to arcs.

    Parameters
    ----------
    kinds
        0 points, 1 lines, 2 areas; one a feature.
    parts
        Points, lines or rings of each feature.
    arcs
        Arcs of each part.
    references
        Twice the number of the arc, and one more when it is walked from its end.
    """

    kinds: NDArray[np.uint8]
    parts: Integers
    arcs: Integers
    references: Integers


@dataclass(frozen=True)
class _Lines:
    """Points, lines and rings of a layer: one a part, with the feature each belongs to."""

    points: NDArray[np.float64]
    count: Integers
    feature: Integers
    ring: NDArray[np.bool_]
    kinds: NDArray[np.uint8]


@dataclass(frozen=True)
class _Walk:
    """The vertices of all parts in the order they are drawn, rings closed and begun at a node."""

    vertex: Integers
    source: Integers
    node: NDArray[np.bool_]
    part: Integers


def build(
    layers: Sequence[NDArray[np.object_]], origin: tuple[float, float], unit: float
) -> tuple[Arcs, list[Shapes]]:
    """Cut the geometry of all layers into arcs.

    Parameters
    ----------
    layers
        Geometry of each layer, finite, with no missing or empty ones.
    origin, unit
        Coordinates become whole steps of ``unit`` metres from the origin.

    Returns
    -------
    Arcs
        Each arc once.
    list of Shapes
        The features of each layer, in order. Where a feature is a collection, only the parts of
        its highest dimension are kept.
    """
    lines = [_lines(geometry) for geometry in layers]
    count = np.concatenate([one.count for one in lines])
    ring = np.concatenate([one.ring for one in lines])
    points = np.concatenate([one.points for one in lines])
    steps = np.round((points - np.asarray(origin)) / unit).astype(np.int64)
    steps, count = _moving(steps, count, ring)
    # One number a place; steps are within 32 bits.
    vertex = pd.factorize((steps[:, 0] << 32) + steps[:, 1])[0].astype(np.int64)
    walk = _walk(vertex, count, ring)
    arcs, arcs_of_part, references = _shortened(*_cut(walk, steps, len(count)))
    shapes = []
    part = reference = 0
    arc_end = np.concatenate([[0], np.cumsum(arcs_of_part)])
    for one in lines:
        last = part + len(one.count)
        end = int(arc_end[last])
        shapes.append(
            Shapes(
                kinds=one.kinds,
                parts=np.bincount(one.feature, minlength=len(one.kinds)).astype(np.int64),
                arcs=arcs_of_part[part:last],
                references=references[reference:end],
            )
        )
        part, reference = last, end
    return arcs, shapes


def _lines(geometry: NDArray[np.object_]) -> _Lines:
    """Take geometry apart; outer rings turn the same way, and inner rings the other."""
    flat = shapely.force_2d(geometry)
    inner, of_feature = shapely.get_parts(flat, return_index=True)
    while (shapely.get_type_id(inner) > _SURFACE + 1).any():
        inner, of_part = shapely.get_parts(inner, return_index=True)
        of_feature = of_feature[of_part]
    there = ~shapely.is_empty(inner)
    inner, of_feature = inner[there], of_feature[there]
    dimension = shapely.get_dimensions(inner)
    kinds = np.zeros(len(geometry), dtype=np.int64)
    np.maximum.at(kinds, of_feature, dimension)
    kept = dimension == kinds[of_feature]
    inner, of_feature, dimension = inner[kept], of_feature[kept], dimension[kept]
    surface = dimension == _SURFACE
    rings, of_polygon = shapely.get_rings(inner[surface], return_index=True)
    outer = np.diff(of_polygon, prepend=-1) != 0
    there = ~shapely.is_empty(rings)
    rings, of_polygon, outer = rings[there], of_polygon[there], outer[there]
    feature = np.concatenate([of_feature[~surface], of_feature[surface][of_polygon]])
    parts = np.concatenate([inner[~surface], rings])
    hole = np.concatenate([np.zeros((~surface).sum(), dtype=bool), ~outer])
    is_ring = np.concatenate([np.zeros((~surface).sum(), dtype=bool), np.ones(len(rings), bool)])
    order = np.argsort(feature, kind="stable")
    feature, parts, hole, is_ring = feature[order], parts[order], hole[order], is_ring[order]
    points, of_line = shapely.get_coordinates(parts, return_index=True)
    count = np.bincount(of_line, minlength=len(parts)).astype(np.int64)
    points = _turned(points, count, is_ring, hole)
    return _Lines(points, count, feature, is_ring, kinds.astype(np.uint8))


def _turned(
    points: NDArray[np.float64],
    count: Integers,
    ring: NDArray[np.bool_],
    hole: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Walk outer rings with the clock and inner ones against it."""
    if not len(points):
        return points
    start = np.cumsum(count) - count
    local = points - np.repeat(points[start], count, axis=0)
    cross = np.zeros(len(points))
    cross[:-1] = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    cross[start + count - 1] = 0
    against = np.add.reduceat(cross, start) > 0
    wrong = np.repeat(ring & (against != hole), count)
    place = np.arange(len(points))
    mirrored = np.repeat(2 * start + count - 1, count) - place
    return points[np.where(wrong, mirrored, place)]


def _moving(steps: Integers, count: Integers, ring: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Leave out vertices that stand where the one before stood, and the one that closes a ring."""
    if not len(steps):
        return steps, count
    start = np.cumsum(count) - count
    first = np.zeros(len(steps), dtype=bool)
    first[start] = True
    kept = np.ones(len(steps), dtype=bool)
    kept[1:] = (steps[1:] != steps[:-1]).any(axis=1)
    kept |= first
    part = np.repeat(np.arange(len(count)), count)
    steps, part = steps[kept], part[kept]
    count = np.bincount(part, minlength=len(count))
    end = np.cumsum(count) - 1
    closes = ring & (count > 1) & (steps[end] == steps[end - count + 1]).all(axis=1)
    kept = np.ones(len(steps), dtype=bool)
    kept[end[closes]] = False
    return steps[kept], count - closes


def _walk(vertex: Integers, count: Integers, ring: NDArray[np.bool_]) -> _Walk:
    """Find the nodes, and walk each part from node to node."""
    total = len(vertex)
    start = np.cumsum(count) - count
    end = start + count - 1
    place = np.arange(total)
    before, after = place - 1, place + 1
    before[start], after[end] = end, start
    low = np.minimum(vertex[before], vertex[after])
    high = np.maximum(vertex[before], vertex[after])
    # The ends of a line have one neighbour; a point has none, and parts no line.
    opened = np.concatenate([start[~ring], end[~ring]])
    low[opened] = -1
    several = np.repeat(count > 1, count)
    known = int(vertex.max(initial=-1)) + 1
    first = np.full(known, -1, dtype=np.int64)
    first[vertex[several][::-1]] = place[several][::-1]
    seen = first[vertex]
    differs = several & ((low != low[seen]) | (high != high[seen]) | (low < 0))
    is_node = np.zeros(known, dtype=bool)
    is_node[vertex[differs]] = True
    node = is_node[vertex] | ~several
    part = np.repeat(np.arange(len(count)), count)
    # A ring that nobody meets begins at the vertex that came first: alike wherever it is repeated.
    whole = ring & (np.bincount(part[node], minlength=len(count)) == 0)
    if whole.any():
        least = np.minimum.reduceat(vertex, start)
        is_node[least[whole]] = True
        node |= is_node[vertex]
    nodes = np.flatnonzero(node)
    begin = nodes[np.searchsorted(nodes, start)]
    length = count + (ring & (count > 1))
    part = np.repeat(np.arange(len(count)), length)
    step = np.arange(len(part)) - np.repeat(np.cumsum(length) - length, length)
    at = start[part] + (begin[part] - start[part] + step) % count[part]
    return _Walk(vertex[at], at, node[at], part)


def _cut(walk: _Walk, steps: Integers, parts: int) -> tuple[Arcs, Integers, Integers]:
    """Cut the walk at its nodes, and keep each arc once whichever way it is walked."""
    nodes = np.flatnonzero(walk.node)
    alone = np.bincount(walk.part, minlength=parts) == 1
    same = walk.part[nodes[:-1]] == walk.part[nodes[1:]]
    first = np.concatenate([nodes[:-1][same], nodes[alone[walk.part[nodes]]]])
    last = np.concatenate([nodes[1:][same], nodes[alone[walk.part[nodes]]]])
    order = np.argsort(first, kind="stable")
    first, last = first[order], last[order]
    single = first == last
    vertex, many = walk.vertex, int(walk.vertex.max(initial=0)) + 2
    # An arc is known by its first step: nobody leaves it before the next node.
    second = np.where(single, many - 1, vertex[np.minimum(first + 1, len(vertex) - 1)])
    behind = np.where(single, many - 1, vertex[np.maximum(last - 1, 0)])
    forward = vertex[first] * many + second
    backward = vertex[last] * many + behind
    number, known = pd.factorize(np.minimum(forward, backward))
    number = number.astype(np.int64)
    kept = np.empty(len(known), dtype=np.int64)
    kept[number[::-1]] = np.arange(len(number))[::-1]
    turned = backward < forward
    references = 2 * number + (turned != turned[kept[number]])
    arcs_of_part = np.bincount(walk.part[first], minlength=parts).astype(np.int64)
    count = (last - first + 1)[kept]
    begin = np.concatenate([[0], np.cumsum(count)])
    place = np.arange(begin[-1]) + np.repeat(first[kept] - begin[:-1], count)
    at = walk.source[place]
    return Arcs(x=steps[at, 0], y=steps[at, 1], start=begin), arcs_of_part, references


def _shortened(
    arcs: Arcs, arcs_of_part: Integers, references: Integers
) -> tuple[Arcs, Integers, Integers]:
    """Cut the long arcs in pieces of at most :data:`_LONGEST` steps, wherever they are walked."""
    pieces = np.maximum(-(-(arcs.count - 1) // _LONGEST), 1)
    if (pieces == 1).all():
        return arcs, arcs_of_part, references
    first = np.cumsum(pieces) - pieces
    owner = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(owner)) - first[owner]
    begin = arcs.start[owner] + number * _LONGEST
    end = np.minimum(begin + _LONGEST, arcs.start[owner + 1] - 1)
    count = end - begin + 1
    start = np.concatenate([[0], np.cumsum(count)])
    at = np.arange(start[-1]) + np.repeat(begin - start[:-1], count)
    # The pieces of an arc that is walked from its end come in the opposite order.
    several = pieces[references >> 1]
    of = np.repeat(np.arange(len(references)), several)
    place = np.arange(len(of)) - (np.cumsum(several) - several)[of]
    arc, turned = references[of] >> 1, references[of] & 1
    piece = first[arc] + np.where(turned == 1, several[of] - 1 - place, place)
    part = np.repeat(np.arange(len(arcs_of_part)), arcs_of_part)
    return (
        Arcs(x=arcs.x[at], y=arcs.y[at], start=start),
        np.bincount(part, weights=several, minlength=len(arcs_of_part)).astype(np.int64),
        2 * piece + turned,
    )


def rank_vertices(arcs: Arcs, unit: float) -> NDArray[np.uint8]:
    """Return how many steps of :data:`TOLERANCES` keep each vertex; the ends of arcs stay always.

    Each step simplifies (Douglas and Peucker) what the step before kept, so that a border is at
    most twice the tolerance from where it was.
    """
    rank = np.zeros(len(arcs.x), dtype=np.uint8)
    long = np.repeat(arcs.count > 2, arcs.count)  # noqa: PLR2004  (an arc between its two ends)
    place = np.flatnonzero(long)
    if len(place):
        owner = pd.factorize(arcs.owner[place])[0]
        points = np.column_stack([arcs.x[place] * unit, arcs.y[place] * unit, place])
        lines = shapely.linestrings(points, indices=owner)
        for step, tolerance in enumerate(TOLERANCES, start=1):
            lines = shapely.simplify(lines, tolerance, preserve_topology=False)
            kept = shapely.get_coordinates(lines, include_z=True)[:, 2].astype(np.int64)
            rank[kept] = step
    rank[arcs.start[:-1]] = rank[arcs.start[1:] - 1] = len(TOLERANCES)
    return rank


def keep_corners(
    arcs: Arcs, shapes: Sequence[Shapes], rank: NDArray[np.uint8], base: int
) -> NDArray[np.uint8]:
    """Return ranks at which every ring that had an inside keeps three vertices at step ``base``."""
    if not len(rank):
        return rank
    kept = np.add.reduceat(rank >= base, arcs.start[:-1], dtype=np.int64) - 1
    thin = [_thin(one, kept) for one in shapes]
    few = np.unique(np.concatenate(thin)) if thin else np.empty(0, dtype=np.int64)
    few = few[arcs.count[few] > 2]  # noqa: PLR2004
    if not len(few):
        return rank
    rank = rank.copy()
    first, last = arcs.start[few], arcs.start[few + 1] - 1
    furthest = _furthest(arcs, few, first, last)
    rank[furthest] = np.maximum(rank[furthest], base)
    closed = (arcs.x[first] == arcs.x[last]) & (arcs.y[first] == arcs.y[last])
    other = _furthest(arcs, few[closed], first[closed], furthest[closed])
    rank[other] = np.maximum(rank[other], base)
    return rank


def _thin(shapes: Shapes, kept: Integers) -> Integers:
    """Arcs of the rings that have fewer than three vertices left."""
    if not len(shapes.references):
        return np.empty(0, dtype=np.int64)
    arcs = shapes.references >> 1
    start = np.cumsum(shapes.arcs) - shapes.arcs
    left = np.add.reduceat(kept[arcs], start)
    ring = np.repeat(shapes.kinds == _SURFACE, shapes.parts)
    return arcs[np.repeat(ring & (left < _CORNERS), shapes.arcs)]


def _furthest(arcs: Arcs, which: Integers, first: Integers, last: Integers) -> Integers:
    """Vertex of each arc that is furthest from the line between two of its vertices."""
    if not len(which):
        return which
    count = arcs.count[which]
    start = np.cumsum(count) - count
    of = np.repeat(np.arange(len(which)), count)
    place = np.arange(count.sum()) - start[of] + arcs.start[which][of]
    x, y = arcs.x[place] - arcs.x[first][of], arcs.y[place] - arcs.y[first][of]
    dx, dy = (arcs.x[last] - arcs.x[first])[of], (arcs.y[last] - arcs.y[first])[of]
    point = (dx == 0) & (dy == 0)
    away = np.where(point, np.hypot(x, y), np.abs(x * dy - y * dx))
    furthest = np.maximum.reduceat(away, start)
    hits = np.flatnonzero(away == furthest[of])
    chosen = np.empty(len(which), dtype=np.int64)
    chosen[of[hits][::-1]] = place[hits][::-1]
    return chosen
