"""Pipes of one medium joined where they meet: at their ends, at nodes, and at lines they end on.

Pipes that only pass each other are not joined, whether or not they have a vertex in common there:
they lie above each other in the ground. A manhole where they cross joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.network._chains import GRID_M, Chains, insert, read_chains
from askergeo.network._joining import _leaders
from askergeo.network._noding import foot_of, segment_tree
from askergeo.va._net_points import EXACT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._net_pipes import Pipes
    from askergeo.va._net_points import Points

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "Joining",
    "Touches",
    "attached",
    "begin",
    "ends",
    "insert_touches",
    "join_exactly",
    "loose_ends",
    "snap_to_ends",
    "snap_to_lines",
    "touches",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Joining:
    """Chains under way: the vertex that each point (q,) stands at, and what the lines are.

    ``kind`` is the type of each point; ``branch`` says which lines (l,) are service pipes;
    ``apart`` (k, 2) are points that stay apart, as a link without length lies between them.
    """

    chains: Chains
    vertex: Numbers
    kind: NDArray[np.object_]
    lines: int
    branch: Flags
    apart: Numbers

    def moved(self, target: Numbers) -> Joining:
        """Return the same with vertex ``v`` at ``target[v]``."""
        return replace(self, chains=self.chains.moved(target), vertex=target[self.vertex])


def begin(pipes: Pipes, points: Points, branch: Flags, apart: Numbers) -> Joining:
    """Give vertices their numbers; lines have one in common where one of them ends."""
    # A level of its own for each line: a vertex that two lines only pass is not theirs together.
    chains, _ = read_chains(pipes.shapes, np.arange(len(pipes.shapes)))
    count = len(chains.position)
    position = np.concatenate([chains.position, points.xy.reshape(-1, 2)])
    level = np.zeros(len(pipes.shapes), dtype=np.int64)
    return Joining(
        chains=replace(chains, position=position, level=level),
        vertex=count + np.arange(len(points)),
        kind=points.kind,
        lines=len(pipes.shapes),
        branch=branch,
        apart=apart,
    )


def ends(work: Joining) -> tuple[Numbers, Numbers, Numbers]:
    """Lines that are still there, and the steps where they begin and end."""
    line = work.chains.line
    start = np.flatnonzero(np.diff(line, prepend=-1))
    last = np.r_[start[1:], len(line)] - 1
    return line[start], start, last


def _end_vertices(work: Joining) -> tuple[Numbers, Numbers, Numbers]:
    """Vertices of all ends, the vertex of the other end of the same line, and that line."""
    line, start, last = ends(work)
    begin_at, end_at = work.chains.vertex[start], work.chains.vertex[last]
    return np.r_[begin_at, end_at], np.r_[end_at, begin_at], np.r_[line, line]


def attached(work: Joining) -> Flags:
    """Which points stand at a vertex of a line, (q,)."""
    used = np.zeros(len(work.chains.position), dtype=bool)
    used[work.chains.vertex] = True
    return np.asarray(used[work.vertex])


def loose_ends(work: Joining) -> tuple[Numbers, Numbers]:
    """Vertices where one line ends alone and may be moved, and that line.

    A line is meant to end where a node stands; and a service pipe that is joined at one end ends
    at the customer's with the other.
    """
    vertex, other, line = _end_vertices(work)
    count = np.bincount(work.chains.vertex, minlength=len(work.chains.position))
    alone = count[vertex] == 1
    at_customer = work.branch[line] & (count[other] > 1)
    meant = np.zeros(len(work.chains.position), dtype=bool)
    meant[work.vertex] = True
    free = alone & ~at_customer & ~meant[vertex]
    return vertex[free], line[free]


def _unite(work: Joining, one: Numbers, other: Numbers) -> Numbers:
    """Target of each vertex when pairs are one place: that of a point, else the first."""
    count = len(work.chains.position)
    links = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(count, count))
    label = connected_components(links, directed=False)[1]
    rank = np.arange(count) + count
    rank[work.vertex] -= count
    least = np.full(label.max(initial=-1) + 1, 2 * count)
    np.minimum.at(least, label, rank)
    return np.asarray(least[label] % count)


def join_exactly(work: Joining) -> Joining:
    """Join ends and points that lie within :data:`EXACT_M` of each other, and ends on lines."""
    vertex, other, _ = _end_vertices(work)
    place = np.unique(np.r_[vertex, work.vertex])
    pairs = place[cKDTree(work.chains.position[place]).query_pairs(EXACT_M, output_type="ndarray")]
    # The two ends of one line stay apart, however short it is.
    size = len(work.chains.position)
    apart = work.vertex[work.apart]
    vertex, other = np.r_[vertex, apart[:, 0]], np.r_[other, apart[:, 1]]
    own = np.minimum(vertex, other) * size + np.maximum(vertex, other)
    pairs = pairs[~np.isin(pairs.min(axis=1) * size + pairs.max(axis=1), own)]
    work = work.moved(_unite(work, pairs[:, 0], pairs[:, 1]))
    found = touches(work, np.unique(_end_vertices(work)[0]), EXACT_M)
    # What ends at the end of another line and is not joined yet, is apart.
    return insert_touches(work, found.take(~_at_ends(work, found)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Touches:
    """Vertices beside lines: the segment (its first step), the share along it, the distance."""

    vertex: Numbers
    step: Numbers
    share: Reals
    foot: Reals
    distance: Reals
    line: Numbers

    def take(self, which: Numbers | Flags) -> Touches:
        """Return some of them."""
        return Touches(
            vertex=self.vertex[which],
            step=self.step[which],
            share=self.share[which],
            foot=self.foot[which],
            distance=self.distance[which],
            line=self.line[which],
        )


def touches(work: Joining, vertex: Numbers, within: float) -> Touches:
    """Lines within some metres of vertices that they do not have, nearest segment of each.

    Sorted by vertex and distance.
    """
    chains = work.chains
    step, segment_ends, tree = segment_tree(chains)
    reach = max(within, EXACT_M)
    at, segment = tree.query(
        shapely.points(chains.position[vertex]), predicate="dwithin", distance=reach
    )
    line = chains.line[step[segment]]
    has = np.unique(chains.vertex * work.lines + chains.line)
    fresh = ~np.isin(vertex[at] * work.lines + line, has)
    at, segment, line = at[fresh], segment[fresh], line[fresh]
    share, foot, distance = foot_of(chains.position[vertex[at]], segment_ends[segment])
    order = np.lexsort((segment, np.round(distance, 6), line, at))
    key = at * work.lines + line
    nearest = order[np.unique(key[order], return_index=True)[1]]
    nearest = nearest[distance[nearest] <= reach]
    nearest = nearest[np.lexsort((line[nearest], np.round(distance[nearest], 6), at[nearest]))]
    return Touches(
        vertex=vertex[at[nearest]],
        step=step[segment[nearest]],
        share=share[nearest],
        foot=foot[nearest],
        distance=distance[nearest],
        line=line[nearest],
    )


def _at_ends(work: Joining, found: Touches) -> Flags:
    """Which vertices lie beside the end of a line, not beside its middle."""
    a, b = (work.chains.vertex[found.step + k] for k in (0, 1))
    length = np.hypot(*(work.chains.position[b] - work.chains.position[a]).T)
    nearest = np.where(found.share * length <= GRID_M, a, -1)
    nearest = np.where((1 - found.share) * length <= GRID_M, b, nearest)
    return np.asarray(np.isin(nearest, _end_vertices(work)[0]))


def insert_touches(work: Joining, found: Touches) -> Joining:
    """Put vertices into the segments that they touch; at a vertex of the line they are that."""
    if len(found.vertex) == 0:
        return work
    chains = work.chains
    a, b = chains.vertex[found.step], chains.vertex[found.step + 1]
    length = np.hypot(*(chains.position[b] - chains.position[a]).T)
    near_a = found.share * length <= GRID_M
    near_b = (1 - found.share) * length <= GRID_M
    inner = ~near_a & ~near_b
    grown = insert(chains, found.step[inner], found.share[inner], found.vertex[inner])
    grown_work = replace(work, chains=grown)
    vertex = np.r_[found.vertex[near_a], found.vertex[near_b & ~near_a]]
    same = np.r_[a[near_a], b[near_b & ~near_a]]
    return grown_work.moved(_unite(grown_work, vertex, same))


def snap_to_ends(
    work: Joining, tolerance: float
) -> tuple[Joining, tuple[Numbers, Numbers, Numbers]]:
    """Move loose ends to the nearest end or point within the tolerance.

    Returns
    -------
    Joining
        After the moves.
    tuple
        The lines that were moved, the vertices they left and the vertices they came to, in the
        numbers before the moves.
    """
    loose, line = loose_ends(work)
    vertex, other, owner = _end_vertices(work)
    count = np.bincount(work.chains.vertex, minlength=len(work.chains.position))
    customer = (count[vertex] == 1) & work.branch[owner] & (count[other] > 1)
    place = np.unique(np.r_[vertex, work.vertex])
    near = place[cKDTree(work.chains.position[place]).query_pairs(tolerance, output_type="ndarray")]
    both = np.concatenate([near, near[:, ::-1]])
    both = both[np.isin(both[:, 0], loose) & ~np.isin(both[:, 1], vertex[customer])]
    size = len(count)
    both = both[~np.isin(both[:, 0] * size + both[:, 1], vertex * size + other)]
    target = np.arange(size)
    if len(both):
        used, number = np.unique(both, return_inverse=True)
        moves = np.isin(used, loose)
        stays_first = count[used] + size * np.isin(used, work.vertex)
        found = _leaders(work.chains.position[used], number.reshape(-1, 2), stays_first, moves)
        target[used] = used[found]
    gone = target[loose] != loose
    return work.moved(target), (line[gone], loose[gone], target[loose[gone]])


def snap_to_lines(work: Joining, tolerance: float) -> tuple[Joining, Touches, Numbers]:
    """Join loose ends to the nearest line within the tolerance; also say which lines they end."""
    loose, owner = loose_ends(work)
    found = touches(work, loose, tolerance)
    first = np.unique(found.vertex, return_index=True)[1]
    found = found.take(first)
    position = np.searchsorted(np.sort(loose), found.vertex)
    line = owner[np.argsort(loose)][position]
    # Ends of two lines that lie beside each other's line are joined once.
    key = line * work.lines + found.line
    mutual = np.isin(found.line * work.lines + line, key) & (line > found.line)
    found, line = found.take(~mutual), line[~mutual]
    kept = ~_at_ends(work, found)
    found, line = found.take(kept), line[kept]
    whole = insert_touches(work, found)
    moved = whole.chains.position.copy()
    moved[found.vertex] = found.foot
    return replace(whole, chains=replace(whole.chains, position=moved)), found, line
