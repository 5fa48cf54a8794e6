"""Snapping: ends that stop within a tolerance of another end or line are moved onto it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.network._chains import (
    GRID_M,
    Chains,
    cut,
    distinct,
    ends_of,
    insert,
    junctions,
)
from askergeo.network._noding import foot_of, segment_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Moves", "snap_ends"]

# An end that the network joins to a line within so many tolerances is not snapped to it again.
JOINED = 3.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """What was snapped: from (k, 2), to (k, 2), and whether to a line rather than a node."""

    start: Reals
    end: Reals
    to_line: Flags

    @property
    def distance(self) -> Reals:
        """How far each was moved, metres."""
        return np.asarray(np.hypot(*(self.end - self.start).T))


def snap_ends(chains: Chains, tolerance: float) -> tuple[Chains, Moves]:
    """Move ends of lines onto nodes, then onto lines, within ``tolerance`` metres.

    Nothing moves further than the tolerance. An end is moved to a node of a line of its level, or
    to the end of any line. An end that is still loose is moved to the nearest point of a line of
    its level; where several lines end together, it is the line beside them that is bent to meet
    them. Ends that a short way joins already stay.
    """
    if len(chains.vertex) == 0 or tolerance <= 0:
        none = np.zeros((0, 2))
        return chains, Moves(start=none, end=none, to_line=np.zeros(0, dtype=bool))
    by_node, to_node = _snap_to_nodes(chains, tolerance)
    by_line, to_line = _snap_to_lines(by_node, tolerance)
    return by_line, Moves(
        start=np.concatenate([to_node[0], to_line[0]]),
        end=np.concatenate([to_node[1], to_line[1]]),
        to_line=np.repeat([False, True], [len(to_node[0]), len(to_line[0])]),
    )


def _short_groups(chains: Chains, tolerance: float) -> tuple[Flags, Numbers, Numbers]:
    """Junctions, their degree, and groups of vertices joined by edges within the tolerance."""
    at = junctions(chains)
    edges = cut(chains, at)
    count = len(at)
    degree = np.bincount(np.r_[edges.start, edges.end], minlength=count)
    short = edges.length <= tolerance
    pairs = (np.ones(short.sum(), dtype=bool), (edges.start[short], edges.end[short]))
    group = connected_components(coo_array(pairs, shape=(count, count)), directed=False)[1]
    return at, degree, group


def _end_levels(chains: Chains) -> tuple[Numbers, Numbers]:
    """Vertices where lines end, with each level of a line that ends there, sorted."""
    end = ends_of(chains.line)
    low, span = chains.level.min(), np.ptp(chains.level) + 1
    key = chains.vertex[end] * span + chains.level[chains.line[end]] - low
    key = distinct(key)
    return key // span, key % span + low


def _snap_to_nodes(chains: Chains, tolerance: float) -> tuple[Chains, tuple[Reals, Reals]]:
    at, degree, group = _short_groups(chains, tolerance)
    node = np.flatnonzero(at)
    near = node[cKDTree(chains.position[node]).query_pairs(tolerance, output_type="ndarray")]
    near = near[group[near[:, 0]] != group[near[:, 1]]]
    both = np.concatenate([near, near[:, ::-1]])
    is_end = np.zeros(len(at), dtype=bool)
    vertex, level = _end_levels(chains)
    is_end[vertex] = True
    # A vertex that lines only pass has the level of those lines.
    passed = np.zeros(len(at), dtype=np.int64)
    passed[chains.vertex] = chains.level[chains.line]
    span = np.ptp(chains.level) + 1
    low = chains.level.min()
    known = vertex * span + level - low
    same = np.isin(both[:, 0] * span + passed[both[:, 1]] - low, known)
    both = both[is_end[both[:, 0]] & (is_end[both[:, 1]] | same)]
    if len(both) == 0:
        return chains, (np.zeros((0, 2)), np.zeros((0, 2)))
    target = _leaders(chains.position, both, degree, is_end)
    gone = np.flatnonzero(target != np.arange(len(target)))
    return chains.moved(target), (chains.position[gone], chains.position[target[gone]])


def _leaders(position: Reals, pairs: Numbers, degree: Numbers, is_end: Flags) -> Numbers:
    """Where each vertex moves: to the nearest of its neighbours that stay.

    ``pairs`` (k, 2) says who may move to whom. Those stay that lines pass, then those with most
    neighbours, then with most lines; no two that could join stay both.
    """
    count = len(position)
    neighbours = np.bincount(pairs[:, 0], minlength=count)
    order = np.lexsort((position[:, 1], position[:, 0], -degree, -neighbours, is_end))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    one, other = pairs[:, 0], pairs[:, 1]
    stays, moves = ~is_end | (neighbours == 0), np.zeros(count, dtype=bool)
    while not (stays | moves).all():
        moves[one[stays[other] & ~stays[one]]] = True
        undecided = ~(stays | moves)
        beaten = np.zeros(count, dtype=bool)
        rivals = undecided[one] & undecided[other] & (rank[other] < rank[one])
        beaten[one[rivals]] = True
        stays |= undecided & ~beaten
    useful = moves[one] & stays[other]
    one, other = one[useful], other[useful]
    distance = np.hypot(*(position[one] - position[other]).T)
    order = np.lexsort((rank[other], distance, one))
    first = order[np.unique(one[order], return_index=True)[1]]
    target = np.arange(count)
    target[one[first]] = other[first]
    return target


def _snap_to_lines(chains: Chains, tolerance: float) -> tuple[Chains, tuple[Reals, Reals]]:
    at, degree, group = _short_groups(chains, tolerance)
    step, ends, tree = segment_tree(chains)
    vertex, level = _end_levels(chains)
    point, segment = tree.query(
        shapely.points(chains.position[vertex]), predicate="dwithin", distance=tolerance
    )
    kept = level[point] == chains.level[chains.line[step[segment]]]
    who, segment = vertex[point[kept]], segment[kept]
    share, foot, distance = foot_of(chains.position[who], ends[segment])
    edges = cut(chains, at)
    edge = np.searchsorted(edges.first, step[segment], side="right") - 1
    along = chains.along()
    here = along[step[segment]] + share * (along[step[segment] + 1] - along[step[segment]])
    reach = JOINED * tolerance
    joined = (group[edges.start[edge]] == group[who]) & (here - along[edges.first[edge]] <= reach)
    joined |= (group[edges.end[edge]] == group[who]) & (along[edges.last[edge]] - here <= reach)
    # dwithin and the distance computed here may differ in the last digit.
    near = np.flatnonzero(~joined & (distance <= tolerance))
    order = np.lexsort((foot[near, 1], foot[near, 0], np.round(distance[near], 6), who[near]))
    best = near[order[np.unique(who[near][order], return_index=True)[1]]]
    who = who[best]
    return _put_on_lines(chains, who, step[segment[best]], share[best], loose=degree[who] == 1)


def _put_on_lines(
    chains: Chains, who: Numbers, step: Numbers, share: Reals, *, loose: Flags
) -> tuple[Chains, tuple[Reals, Reals]]:
    """Join vertices to segments: the loose move there, to the others the segment is bent."""
    count = len(chains.position)
    a, b = chains.vertex[step], chains.vertex[step + 1]
    along = chains.position[b] - chains.position[a]
    foot = chains.position[a] + along * share[:, None]
    length = np.hypot(*along.T)
    at_start, at_end = share * length <= GRID_M, (1 - share) * length <= GRID_M
    inner = ~at_start & ~at_end
    new = count + np.arange(len(who))
    goal = np.where(at_start, a, np.where(at_end, b, new))
    # Of loose ends that would move to each other neither does: no end moves twice.
    done = ~loose | ~np.isin(goal, who[loose])
    target = np.arange(count + len(who))
    target[who[loose & done]] = goal[loose & done]
    grown = replace(chains, position=np.concatenate([chains.position, foot]))
    put = ~loose | inner
    grown = insert(grown, step[put], share[put], np.where(loose, new, who)[put])
    start = np.where(loose[:, None], chains.position[who], foot)
    end = np.where(loose[:, None], foot, chains.position[who])
    return grown.moved(target), (start[done], end[done])
