"""Snapping: ends that stop within a tolerance of another end or line are moved onto it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
import shapely

from askergeo.network._chains import GRID_M, Chains, cut, ends_of, insert, junctions
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
        return np.hypot(*(self.end - self.start).T)


def snap_ends(chains: Chains, tolerance: float) -> tuple[Chains, Moves]:
    """Move ends of lines onto nodes, then onto lines, within ``tolerance`` metres.

    No end moves further than the tolerance. An end is moved to a node of a line of its level, or
    to the end of any line; and to the nearest point of a line of its level. Ends that a short way
    joins already stay.
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
    pair = np.column_stack([chains.vertex[end], chains.level[chains.line[end]]])
    pair = np.unique(pair, axis=0)
    return pair[:, 0], pair[:, 1]


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
    state = np.where(is_end, 0, 1)  # 0 undecided, 1 stays, 2 moves
    state[neighbours == 0] = 1
    while (state == 0).any():
        moves = np.zeros(count, dtype=bool)
        moves[one[state[other] == 1]] = True
        state[moves & (state == 0)] = 2
        open_pair = (state[one] == 0) & (state[other] == 0)
        beaten = np.zeros(count, dtype=bool)
        beaten[one[open_pair & (rank[other] < rank[one])]] = True
        state[(state == 0) & ~beaten] = 1
    useful = (state[one] == 2) & (state[other] == 1)
    one, other = one[useful], other[useful]
    distance = np.hypot(*(position[one] - position[other]).T)
    order = np.lexsort((rank[other], distance, one))
    first = order[np.unique(one[order], return_index=True)[1]]
    target = np.arange(count)
    target[one[first]] = other[first]
    return target


def _snap_to_lines(chains: Chains, tolerance: float) -> tuple[Chains, tuple[Reals, Reals]]:
    at, _, group = _short_groups(chains, tolerance)
    step, ends, tree = segment_tree(chains)
    vertex, level = _end_levels(chains)
    point, segment = tree.query(
        shapely.points(chains.position[vertex]), predicate="dwithin", distance=tolerance
    )
    kept = level[point] == chains.level[chains.line[step[segment]]]
    who, segment = vertex[point[kept]], segment[kept]
    share, foot, distance = foot_of(chains.position[who], ends[segment])
    # dwithin and the distance computed here may differ in the last digit.
    far = _apart(chains, at, group, who, step[segment], share, JOINED * tolerance)
    kept = far & (distance <= tolerance)
    who, segment, share = who[kept], segment[kept], share[kept]
    foot, distance = foot[kept], distance[kept]
    order = np.lexsort((foot[:, 1], foot[:, 0], np.round(distance / 1e-6), who))
    first = order[np.unique(who[order], return_index=True)[1]]
    who, segment, share, foot = who[first], segment[first], share[first], foot[first]
    return _put_on_lines(chains, who, step[segment], share, foot)


def _apart(
    chains: Chains,
    at: Flags,
    group: Numbers,
    who: Numbers,
    step: Numbers,
    share: Reals,
    reach: float,
) -> Flags:
    """Whether the place on the segment is further than ``reach`` from ``who`` along its edge."""
    edges = cut(chains, at)
    edge = np.searchsorted(edges.first, step, side="right") - 1
    along = chains.along()
    here = along[step] + share * (along[step + 1] - along[step])
    behind, ahead = here - along[edges.first[edge]], along[edges.last[edge]] - here
    near = (group[edges.start[edge]] == group[who]) & (behind <= reach)
    near |= (group[edges.end[edge]] == group[who]) & (ahead <= reach)
    return ~near


def _put_on_lines(
    chains: Chains, who: Numbers, step: Numbers, share: Reals, foot: Reals
) -> tuple[Chains, tuple[Reals, Reals]]:
    """Move vertices to feet on segments, which get a vertex there."""
    count = len(chains.position)
    start = chains.position[who]
    length = np.hypot(*(chains.position[chains.vertex[step + 1]]
                        - chains.position[chains.vertex[step]]).T)  # fmt: skip
    at_start, at_end = share * length <= GRID_M, (1 - share) * length <= GRID_M
    new = count + np.arange(len(who))
    target = np.arange(count + len(who))
    goal = np.where(at_start, chains.vertex[step], np.where(at_end, chains.vertex[step + 1], new))
    within = ~at_start & ~at_end
    grown = replace(chains, position=np.concatenate([chains.position, foot]))
    grown = insert(grown, step[within], share[within], new[within])
    target[who] = goal
    # Of two that would change places only one moves; one whose goal moves too follows it.
    swap = (target[target] == np.arange(len(target))) & (target > np.arange(len(target)))
    target[swap] = np.flatnonzero(swap)
    while not np.array_equal(target, target[target]):
        target = target[target]
    moved = grown.moved(target)
    return moved, (start, moved.position[target[who]])
