"""Who loses water when a pipe, a valve segment, a source or a pump fails.

Water comes to a place as long as some way of open pipes leads there from some source. One walk from
all sources tells, for every pipe, node, source and valve segment at once, what has no other way:
bridges and articulation points, with sums over what lies behind them (Tarjan 1972; Hopcroft and
Tarjan 1973; segments after Walski 1993). It says who is cut off, not whether the pressure suffices
for those who are not: that takes hydraulics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askergeo.va._supply_segments import CLOSED, OPEN, Segments, make_segments
from askergeo.va._supply_tree import Tree, below, root_walk, separated, topmost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = [
    "CLOSED",
    "OPEN",
    "Lost",
    "Pipes",
    "Reserve",
    "Tree",
    "alone_on_way",
    "dry_without",
    "lost",
    "reserve",
    "segment_stretches",
    "stretches",
    "walk",
]


@dataclass(frozen=True, eq=False)
class Pipes:
    """Pipes as the failures see them.

    Parameters
    ----------
    nodes
        Number of nodes.
    start, end
        Nodes of each pipe, (m,).
    sources
        Nodes that water comes from, (s,).
    valves
        0 for none, `OPEN` or `CLOSED`, at the start and the end of each pipe, (m, 2). No water
        passes a closed one; what hangs on the pipe has water from its other end.
    """

    nodes: int
    start: Whole
    end: Whole
    sources: Whole
    valves: NDArray[np.int8]

    def opened(self) -> tuple[int, Whole, Whole]:
        """Return the nodes and the ends of pipes, where a closed end leads to a node of its own."""
        ends = np.stack([self.start, self.end], axis=1).astype(np.int64)
        pipe, side = np.nonzero(self.valves == CLOSED)
        ends[pipe, side] = self.nodes + np.arange(len(pipe))
        return self.nodes + len(pipe), ends[:, 0], ends[:, 1]


@dataclass(frozen=True, eq=False)
class Lost:
    """What is without water when one thing fails; NaN for what has no water to begin with.

    Parameters
    ----------
    pipe
        For each pipe, were it alone to be out of use, (m, k).
    node
        For each node, with all that hangs on it (a pump, a valve chamber), (n, k).
    source
        For each source that stops giving while its node and pipes still lead water, (s, k).
    segment
        For each valve segment: what is in it, and what has water through it only, (g, k).
    own
        What hangs on the segment itself, of that, (g, k).
    segments
        Which segment each pipe and node is in.
    supplied_node, supplied_pipe
        Which have water, (n,) and (m,).
    total
        All that have water, (k,).
    unsupplied
        All that hang on parts without a source, (k,).
    """

    pipe: Number
    node: Number
    source: Number
    segment: Number
    own: Number
    segments: Segments
    supplied_node: Truth
    supplied_pipe: Truth
    total: Number
    unsupplied: Number


def lost(pipes: Pipes, at_node: Number, at_pipe: Number) -> Lost:
    """Tell what each failure takes with it, all of them in one walk.

    Parameters
    ----------
    pipes
        The network.
    at_node, at_pipe
        Weights of what hangs on each node (n, k) and pipe (m, k): residents, dwellings, schools.
        What hangs on a pipe has water while either end has, and loses it when the pipe fails.

    Returns
    -------
    Lost

    Examples
    --------
    >>> line = Pipes(3, np.array([0, 1]), np.array([1, 2]), np.array([0]), np.zeros((2, 2), "i1"))
    >>> answer = lost(line, np.array([[0.0], [5.0], [7.0]]), np.zeros((2, 1)))
    >>> answer.pipe.ravel().tolist(), answer.source.ravel().tolist()
    ([12.0, 7.0], [12.0])
    """
    count, start, end = pipes.opened()
    tree = root_walk(count, start, end, pipes.sources)
    lower = _lower(tree, start, end)
    weights = np.zeros((count + 1, at_node.shape[1]))
    weights[: pipes.nodes] = at_node
    np.add.at(weights, lower, at_pipe)
    sums = below(tree.order, tree.parent, weights)
    by_pipe, by_source = _by_link(tree, sums, at_pipe, pipes)
    by_node = _by_node(tree, sums, at_node)[: pipes.nodes]
    loops = start == end
    # A loop hangs on its node alone.
    np.add.at(by_node, start[loops], at_pipe[loops])
    supplied = tree.reached[: pipes.nodes]
    wet = tree.reached[start] | tree.reached[end]
    by_pipe[~wet] = np.nan
    by_node[~supplied] = np.nan
    segments = make_segments(pipes.nodes, pipes.start, pipes.end, pipes.valves)
    own = _sums_by(segments, at_node, at_pipe)
    return Lost(
        pipe=by_pipe,
        node=by_node,
        source=by_source,
        segment=_by_segment(pipes, segments, own),
        own=own,
        segments=segments,
        supplied_node=np.asarray(supplied, dtype=np.bool_),
        supplied_pipe=np.asarray(wet, dtype=np.bool_),
        total=np.asarray(sums[tree.root]),
        unsupplied=np.asarray(at_node[~supplied].sum(axis=0) + at_pipe[~wet].sum(axis=0)),
    )


def walk(pipes: Pipes) -> Tree:
    """Walk the network from its sources; what several questions are asked of."""
    count, start, end = pipes.opened()
    return root_walk(count, start, end, pipes.sources)


def alone_on_way(pipes: Pipes, tree: Tree, wanted: Whole) -> list[Whole]:
    """Return the pipes that all water to each of some pipes passes, the nearest first.

    The pipe itself is the first when water comes to it from one end only; none for a pipe that has
    no water.

    Parameters
    ----------
    pipes, tree
        The network, and its :func:`walk`.
    wanted
        The pipes that are asked about, (w,).
    """
    _, start, end = pipes.opened()
    lower = _lower(tree, start, end)
    alone = tree.bridge & (tree.parent != tree.root)
    # The nearest node above that is met through a pipe that stands alone, itself among them.
    order = tree.order[1:].tolist()
    parent, through, marks = tree.parent.tolist(), tree.through.tolist(), alone.tolist()
    near = [-1] * len(parent)
    for node in order:
        near[node] = node if marks[node] else near[parent[node]]
    ways = []
    for pipe in wanted.tolist():
        node, found = near[int(lower[pipe])], []
        while node >= 0:
            found.append(through[node])
            node = near[parent[node]]
        ways.append(np.array(found, dtype=np.int64))
    return ways


def _lower(tree: Tree, start: Whole, end: Whole) -> Whole:
    """Return the end of each pipe that is farther down the tree; one is always above the other."""
    return np.where(tree.number[start] > tree.number[end], start, end).astype(np.int64)


def _by_link(tree: Tree, sums: Number, at_pipe: Number, pipes: Pipes) -> tuple[Number, Number]:
    """Return what each pipe and each source carries alone; a pipe has its own in any case."""
    count = len(at_pipe)
    by_link = np.zeros((count + len(pipes.sources), at_pipe.shape[1]))
    by_link[:count] = at_pipe
    alone = np.flatnonzero(tree.bridge)
    by_link[tree.through[alone]] = sums[alone]
    return by_link[:count], by_link[count:]


def _by_node(tree: Tree, sums: Number, at_node: Number) -> Number:
    """Return what each node takes with it: its own, and the subtrees with no way past it."""
    lost_below = separated(tree.order, tree.parent, tree.cut, sums)[:-1]
    lost_below[: len(at_node)] += at_node
    return np.asarray(lost_below)


def _sums_by(segments: Segments, at_node: Number, at_pipe: Number) -> Number:
    own = np.zeros((segments.count, at_node.shape[1]))
    np.add.at(own, segments.node, at_node)
    np.add.at(own, segments.pipe, at_pipe)
    return own


def _by_segment(pipes: Pipes, segments: Segments, own: Number) -> Number:
    sources = segments.node[pipes.sources]
    tree = root_walk(segments.count, segments.start, segments.end, sources)
    weights = np.vstack([own, np.zeros((1, own.shape[1]))])
    sums = below(tree.order, tree.parent, weights)
    by_segment = separated(tree.order, tree.parent, tree.cut, sums)[:-1] + own
    by_segment[~tree.reached[:-1]] = np.nan
    return np.asarray(by_segment)


@dataclass(frozen=True, eq=False)
class Reserve:
    """What stands alone on the way from the sources to each node; −1 where nothing does.

    Parameters
    ----------
    source
        Place in ``sources`` of the only source that the node has water from, (n,).
    pipe
        The pipe nearest the source that all water to the node passes, (n,).
    segment
        The segment nearest the source, other than the node's own and those with a source in them,
        that it passes, (n,).
    supplied
        Nodes that have water, (n,).
    """

    source: Whole
    pipe: Whole
    segment: Whole
    supplied: Truth


def reserve(pipes: Pipes) -> Reserve:
    """Tell which nodes have no second source, and which have no way past one pipe or segment.

    Parameters
    ----------
    pipes
        The network.
    """
    count, start, end = pipes.opened()
    tree = root_walk(count, start, end, pipes.sources)
    links = len(start)
    from_root = tree.parent == tree.root
    one_source = topmost(tree.order, tree.parent, tree.bridge & from_root)
    one_pipe = topmost(tree.order, tree.parent, tree.bridge & ~from_root)
    source = np.where(one_source >= 0, tree.through[one_source] - links, -1)
    pipe = np.where(one_pipe >= 0, tree.through[one_pipe], -1)
    return Reserve(
        source=source[: pipes.nodes],
        pipe=pipe[: pipes.nodes],
        segment=_one_segment(pipes),
        supplied=np.asarray(tree.reached[: pipes.nodes], dtype=np.bool_),
    )


def _one_segment(pipes: Pipes) -> Whole:
    """Return the segment nearest the source that each node depends on, beside its own."""
    segments = make_segments(pipes.nodes, pipes.start, pipes.end, pipes.valves)
    sources = segments.node[pipes.sources]
    tree = root_walk(segments.count, segments.start, segments.end, sources)
    # A child that is cut off by its parent depends on the parent. The root is no segment, and a
    # segment with a source in it is that source's matter.
    has_source = np.zeros(segments.count + 1, dtype=np.bool_)
    has_source[[*sources.tolist(), segments.count]] = True
    mark = tree.cut & ~has_source[tree.parent]
    top = topmost(tree.order, tree.parent, mark)
    alone = np.where(top >= 0, tree.parent[top], -1)
    return np.asarray(alone[segments.node], dtype=np.int64)


def dry_without(
    pipes: Pipes,
    gone: Whole,
    *,
    nodes: Whole | None = None,
    sources: Whole | None = None,
) -> Truth:
    """Return the pipes that have water, and have none when something is gone, (m,).

    Parameters
    ----------
    pipes
        The network.
    gone
        Pipes that are gone; they are not among those returned.
    nodes
        Nodes that are gone too.
    sources
        Places in ``pipes.sources`` that give no water.
    """
    count, start, end = pipes.opened()
    before = root_walk(count, start, end, pipes.sources).reached
    out = np.zeros(count, dtype=np.bool_)
    out[[] if nodes is None else nodes] = True
    ends = np.stack([start, end], axis=1)
    # A pipe at a node that is gone keeps its other end.
    pipe, side = np.nonzero(out[ends])
    ends[pipe, side] = count + np.arange(len(pipe))
    kept = np.ones(len(start), dtype=np.bool_)
    kept[gone] = False
    gives = np.ones(len(pipes.sources), dtype=np.bool_)
    gives[[] if sources is None else sources] = False
    given = pipes.sources[gives & ~out[pipes.sources]]
    after = root_walk(count + len(pipe), ends[kept, 0], ends[kept, 1], given).reached
    wet = after[ends].any(axis=1)
    return np.asarray((before[start] | before[end]) & ~wet & kept, dtype=np.bool_)


def stretches(pipes: Pipes, loss: Number, share: float) -> Whole:
    """Join the pipes that stand alone, one after another, to stretches with nearly the same loss.

    Parameters
    ----------
    pipes
        The network.
    loss
        What is lost when each pipe fails, (m,).
    share
        A pipe belongs to the stretch above it while it takes at least this share of what the
        stretch's first pipe takes; above a half, so that a stretch does not branch.

    Returns
    -------
    array
        The first pipe of the stretch of each pipe, (m,); −1 for those that do not stand alone.
    """
    count, start, end = pipes.opened()
    tree = root_walk(count, start, end, pipes.sources)
    alone = tree.bridge & (tree.parent != tree.root)
    through, parent = tree.through.tolist(), tree.parent.tolist()
    head = [-1] * (count + 1)
    first = np.full(len(loss), -1, dtype=np.int64)
    takes = np.nan_to_num(loss).tolist()
    for node in tree.order[1:].tolist():
        above = head[parent[node]]
        head[node] = above
        if alone[node]:
            pipe = through[node]
            if above < 0 or takes[pipe] < share * takes[above]:
                head[node] = pipe
            first[pipe] = head[node]
    return first


def segment_stretches(pipes: Pipes, segments: Segments, loss: Number, share: float) -> Whole:
    """Join segments that stand behind one another to stretches with nearly the same loss.

    Parameters
    ----------
    pipes, segments
        The network and its segments.
    loss
        What is lost when each is shut off, (g,).
    share
        A segment belongs to the stretch that it cannot do without while it takes at least this
        share of what the first of that takes; above a half.

    Returns
    -------
    array
        The first segment of the stretch of each segment, (g,); −1 for those without water.
    """
    sources = segments.node[pipes.sources]
    tree = root_walk(segments.count, segments.start, segments.end, sources)
    cut, parent = tree.cut.tolist(), tree.parent.tolist()
    before = [tree.root] * (segments.count + 1)
    head = [-1] * (segments.count + 1)
    takes = np.nan_to_num(loss).tolist()
    for node in tree.order[1:].tolist():
        # The segment that it cannot do without: the nearest such, or the root.
        above = parent[node] if cut[node] else before[parent[node]]
        before[node] = above
        first = head[above]
        head[node] = first if first >= 0 and takes[node] >= share * takes[first] else node
    return np.array(head[:-1], dtype=np.int64)
