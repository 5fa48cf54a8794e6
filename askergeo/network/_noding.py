"""Noding: lines of one level that cross or touch get a common vertex where they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.network._chains import GRID_M, Chains, insert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

__all__ = ["foot_of", "node_crossings", "segment_tree"]


def segment_tree(chains: Chains) -> tuple[Numbers, Reals, shapely.STRtree]:
    """Return the segments' first steps (s,), their end points (s, 2, 2) and a search tree."""
    step = chains.segments()
    ends = np.stack(
        [chains.position[chains.vertex[step]], chains.position[chains.vertex[step + 1]]], axis=1
    )
    return step, ends, shapely.STRtree(np.asarray(shapely.linestrings(ends), dtype=object))


def foot_of(point: Reals, segment: Reals) -> tuple[Reals, Reals, Reals]:
    """Nearest point of segments (k, 2, 2) to points (k, 2).

    Returns
    -------
    (k,), (k, 2), (k,)
        Share along the segment, 0–1; the point there; the distance to it, metres.
    """
    start, along = segment[:, 0], segment[:, 1] - segment[:, 0]
    squared = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", point - start, along) / np.where(squared > 0, squared, 1.0)
    share = np.clip(share, 0.0, 1.0)
    foot = start + along * share[:, None]
    return share, foot, np.hypot(*(point - foot).T)


def node_crossings(chains: Chains) -> tuple[Chains, Reals]:
    """Give lines of one level a common vertex where they cross, touch or overlap.

    Returns
    -------
    Chains
        With the new vertices.
    (c, 2)
        Where lines crossed without one.
    """
    if len(chains.vertex) == 0:
        return chains, np.zeros((0, 2))
    step, ends, tree = segment_tree(chains)
    one, other = _pairs(chains, step, tree)
    touched, touched_share, vertex = _touches(chains, step, ends, one, other)
    one, share, other, other_share = _crossings(chains, step, ends, one, other)
    at = ends[one, 0] + (ends[one, 1] - ends[one, 0]) * share[:, None]
    level = chains.level[chains.line[step]]
    # Lines that cross in one place, or where another line's vertex lies, meet in one vertex.
    place, number = _merged(
        np.concatenate([chains.position[vertex], at]), np.concatenate([level[touched], level[one]])
    )
    known = np.full(len(place), -1)
    known[number[: len(vertex)]] = vertex
    crossing = np.flatnonzero(known < 0)
    known[crossing] = len(chains.position) + np.arange(len(crossing))
    new = known[number[len(vertex) :]]
    grown = replace(chains, position=np.concatenate([chains.position, place[crossing]]))
    noded = insert(
        grown,
        step[np.concatenate([touched, one, other])],
        np.concatenate([touched_share, share, other_share]),
        np.concatenate([vertex, new, new]),
    )
    return noded, place[crossing]


def _merged(points: Reals, level: Numbers) -> tuple[Reals, Numbers]:
    """Give points (k, 2) of one level within the grid of each other one number, (k,), and place."""
    count = len(points)
    if count == 0:
        return points, np.zeros(0, dtype=np.int64)
    # A level is a metre in the third dimension: points of different level are never near.
    pairs = cKDTree(np.column_stack([points, level])).query_pairs(GRID_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), dtype=bool), tuple(pairs.T)), shape=(count, count))
    number = connected_components(links, directed=False)[1]
    order = np.lexsort((points[:, 1], points[:, 0], number))
    first = order[np.unique(number[order], return_index=True)[1]]
    return points[first], number


def _touches(
    chains: Chains, step: Numbers, ends: Reals, one: Numbers, other: Numbers
) -> tuple[Numbers, Reals, Numbers]:
    """Vertices of one segment that lie inside another: that segment, the share, the vertex."""
    first, second = np.concatenate([one, other]), np.concatenate([other, one])
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)[second]
    found = []
    for end in (0, 1):
        share, _, distance = foot_of(ends[first, end], ends[second])
        inside = (distance <= GRID_M) & (share * length > GRID_M)
        inside &= (1 - share) * length > GRID_M
        vertex = chains.vertex[step[first[inside]] + end]
        found.append((second[inside], share[inside], vertex))
    segment, share, vertex = (np.concatenate(part) for part in zip(*found, strict=True))
    # A vertex on a segment is an end of two others, and would be found twice.
    key = segment * len(chains.position) + vertex
    once = np.unique(key, return_index=True)[1]
    return segment[once], share[once], vertex[once]


def _crossings(
    chains: Chains, step: Numbers, ends: Reals, one: Numbers, other: Numbers
) -> tuple[Numbers, Reals, Numbers, Reals]:
    """Pairs of segments that cross away from all their ends, and the share along each."""
    share, other_share = _crossing_shares(ends[one], ends[other])
    crosses = (share > 0) & (share < 1) & (other_share > 0) & (other_share < 1)
    one, other, share, other_share = (
        one[crosses],
        other[crosses],
        share[crosses],
        other_share[crosses],
    )
    start, end = step, step + 1
    apart = np.ones(len(one), dtype=bool)
    for a in (start, end):
        for b in (start, end):
            apart &= chains.vertex[a[one]] != chains.vertex[b[other]]
    clear = apart
    for a, b in ((one, other), (other, one)):
        for place in (0, 1):
            clear &= foot_of(ends[a, place], ends[b])[2] > GRID_M
    return one[clear], share[clear], other[clear], other_share[clear]


def _pairs(chains: Chains, step: Numbers, tree: shapely.STRtree) -> tuple[Numbers, Numbers]:
    """Pairs of segments of one level whose bounding boxes come within the grid of each other."""
    low = shapely.bounds(tree.geometries)
    boxes = shapely.box(*(low + np.array([-GRID_M, -GRID_M, GRID_M, GRID_M])).T)
    one, other = tree.query(boxes)
    level = chains.level[chains.line[step]]
    kept = (one < other) & (level[one] == level[other])
    return one[kept], other[kept]


def _crossing_shares(one: Reals, other: Reals) -> tuple[Reals, Reals]:
    """Where segments (k, 2, 2) cross, as shares of each; outside 0–1 when they do not."""
    a, b = one[:, 1] - one[:, 0], other[:, 1] - other[:, 0]
    between = other[:, 0] - one[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    size = np.hypot(*a.T) * np.hypot(*b.T)
    parallel = np.abs(area) <= 1e-12 * size
    area = np.where(parallel, 1.0, area)
    share = (between[:, 0] * b[:, 1] - between[:, 1] * b[:, 0]) / area
    other_share = (between[:, 0] * a[:, 1] - between[:, 1] * a[:, 0]) / area
    return np.where(parallel, -1.0, share), np.where(parallel, -1.0, other_share)
