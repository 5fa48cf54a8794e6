"""From noded chains to the arrays of a graph: clean, cut loops, number and link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from askergeo.network._chains import (
    GRID_M,
    Chains,
    cut,
    ends_of,
    insert,
    junctions,
    line_strings,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._chains import Edges

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

__all__ = [
    "CleanEdges",
    "arcs",
    "clean_edges",
    "components",
    "cut_at_barriers",
    "cut_loops",
    "hilbert_order",
]

# Edges between the same nodes that are nowhere further apart are one edge drawn twice.
DOUBLED_M = 0.1
# A gate that is drawn further from every line stands beside the way, not on it.
BARRIER_M = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class CleanEdges:
    """Edges, one a chain, and what was dropped.

    Parameters
    ----------
    chains
        One chain an edge; its ``level`` is that of the line.
    line
        Line that each edge is part of, (m,).
    doubled, collapsed
        Edges that were dropped because they were drawn twice, and because snapping made them
        shorter than the tolerance with both ends in one node.
    dropped_m
        Their length together.
    """

    chains: Chains
    line: Numbers
    doubled: int
    collapsed: int
    dropped_m: float


def clean_edges(chains: Chains, rank: Numbers, tolerance: float) -> CleanEdges:
    """Cut noded chains into edges; drop the doubled and the collapsed, cut loops in two.

    ``rank`` (l,) decides which of two doubled edges stays: the lower.
    """
    edges = cut(chains, junctions(chains))
    collapsed = (edges.start == edges.end) & (edges.length <= 2 * tolerance)
    doubled = _doubled(chains, edges, rank)
    kept = np.flatnonzero(~collapsed & ~doubled)
    single = _one_a_chain(chains, edges, kept)
    return CleanEdges(
        chains=single,
        line=edges.line[kept],
        doubled=int((doubled & ~collapsed).sum()),
        collapsed=int(collapsed.sum()),
        dropped_m=float(edges.length[collapsed | doubled].sum()),
    )


def cut_loops(edges: CleanEdges) -> tuple[CleanEdges, int]:
    """Cut edges that start and end in the same node at their middle; also say how many."""
    chains = edges.chains
    bounds = np.searchsorted(chains.line, np.arange(len(edges.line) + 1))
    first, last = bounds[:-1], bounds[1:] - 1
    loop = np.flatnonzero(chains.vertex[first] == chains.vertex[last])
    if len(loop) == 0:
        return edges, 0
    along = chains.along()
    middle = (along[first[loop]] + along[last[loop]]) / 2
    step = np.clip(np.searchsorted(along, middle, side="right") - 1, first[loop], last[loop] - 1)
    # Not exactly the middle when a vertex is there: no two vertices lie in one place.
    share = np.clip((middle - along[step]) / (along[step + 1] - along[step]), 0.25, 0.75)
    a, b = (chains.position[chains.vertex[step + k]] for k in (0, 1))
    new = len(chains.position) + np.arange(len(loop))
    grown = replace(
        chains, position=np.concatenate([chains.position, a + (b - a) * share[:, None]])
    )
    grown = insert(grown, step, share, new)
    at = np.zeros(len(grown.position), dtype=bool)
    at[chains.vertex[first]] = at[chains.vertex[last]] = at[new] = True
    # Only the loops' own middles and the ends of edges are nodes: no edge passes another's node.
    pieces = cut(grown, at)
    single = _one_a_chain(grown, pieces, np.arange(len(pieces.first)))
    return replace(edges, chains=single, line=edges.line[pieces.line]), len(loop)


def cut_at_barriers(edges: CleanEdges, points: Reals | None) -> tuple[CleanEdges, int]:
    """Cut the nearest edge at each barrier (k, 2); also say how many barriers lie on an edge.

    The two halves end in nodes of their own at the same place. At a barrier on a node every edge
    gets a node of its own.
    """
    if points is None or len(points) == 0 or len(edges.line) == 0:
        return edges, 0
    chains = edges.chains
    lines = line_strings(chains.position[chains.vertex], chains.line)
    point, edge = shapely.STRtree(lines).query_nearest(
        shapely.points(points), max_distance=BARRIER_M, all_matches=False
    )
    along = chains.along()
    bounds = np.searchsorted(chains.line, np.arange(len(lines) + 1))
    first, last = bounds[:-1], bounds[1:] - 1
    here = shapely.line_locate_point(lines[edge], shapely.points(points[point]))
    length = (along[last] - along[first])[edge]
    at_start, at_end = here <= GRID_M, length - here <= GRID_M
    node = np.unique(np.r_[chains.vertex[first[edge[at_start]]], chains.vertex[last[edge[at_end]]]])
    inner = ~at_start & ~at_end
    asked = np.unique(along[first[edge[inner]]] + here[inner])
    step = np.searchsorted(along, asked, side="right") - 1
    share = (asked - along[step]) / (along[step + 1] - along[step])
    a, b = (chains.position[chains.vertex[step + k]] for k in (0, 1))
    place = a + (b - a) * share[:, None]
    free = _freed(chains, node, first, last)
    new = len(free.position) + np.arange(2 * len(step))
    grown = replace(free, position=np.concatenate([free.position, place, place]))
    grown = insert(grown, np.r_[step, step], np.r_[share, share], new)
    at = np.zeros(len(grown.position), dtype=bool)
    at[grown.vertex[ends_of(grown.line)]] = at[new] = True
    pieces = cut(grown, at)
    kept = np.flatnonzero(pieces.length > 0)
    single = _one_a_chain(grown, pieces, kept)
    return replace(edges, chains=single, line=edges.line[pieces.line[kept]]), len(point)


def _freed(chains: Chains, node: Numbers, first: Numbers, last: Numbers) -> Chains:
    """Chains in which each end at these nodes has a vertex of its own."""
    ends = np.r_[first, last]
    ends = ends[np.isin(chains.vertex[ends], node)]
    vertex = chains.vertex.copy()
    vertex[ends] = len(chains.position) + np.arange(len(ends))
    position = np.concatenate([chains.position, chains.position[chains.vertex[ends]]])
    return replace(chains, vertex=vertex, position=position)


def _one_a_chain(chains: Chains, edges: Edges, which: Numbers) -> Chains:
    """Chains that are these edges, in this order."""
    count = edges.last[which] - edges.first[which] + 1
    number = np.repeat(np.arange(len(which)), count)
    offset = np.cumsum(count) - count
    step = edges.first[which][number] + np.arange(count.sum()) - offset[number]
    return Chains(
        vertex=chains.vertex[step],
        z=chains.z[step],
        line=number,
        position=chains.position,
        level=chains.level[edges.line[which]],
    )


def _doubled(chains: Chains, edges: Edges, rank: Numbers) -> NDArray[np.bool_]:
    """Edges that lie on another edge between the same nodes, which stays."""
    low, high = np.minimum(edges.start, edges.end), np.maximum(edges.start, edges.end)
    order = np.lexsort((rank[edges.line], np.round(edges.length, 2), high, low))
    found = np.zeros(len(low), dtype=bool)
    live = order
    while len(live) > 1:
        same = (low[live[1:]] == low[live[:-1]]) & (high[live[1:]] == high[live[:-1]])
        one, other = live[:-1][same], live[1:][same]
        near = _apart_m(chains, edges, one, other) <= DOUBLED_M
        gone = np.where(rank[edges.line[one]] <= rank[edges.line[other]], other, one)[near]
        if len(gone) == 0:
            break
        found[gone] = True
        live = live[~found[live]]
    return found


def _apart_m(chains: Chains, edges: Edges, one: Numbers, other: Numbers) -> Reals:
    """Hausdorff distance between pairs of edges."""
    pair = np.r_[one, other]
    single = _one_a_chain(chains, edges, pair)
    lines = line_strings(single.position[single.vertex], single.line)
    return np.asarray(shapely.hausdorff_distance(lines[: len(one)], lines[len(one) :]))


def components(start: Numbers, end: Numbers, length: Reals, nodes: int) -> Numbers:
    """Return the component of each node, (n,), numbered from the one with most metres of edges."""
    links = coo_array((np.ones(len(start), dtype=bool), (start, end)), shape=(nodes, nodes))
    count, label = connected_components(links, directed=False)
    size = np.bincount(label[start], length, minlength=count)
    first = np.full(count, nodes)
    np.minimum.at(first, label, np.arange(nodes))
    number = np.empty(count, dtype=np.int64)
    number[np.lexsort((first, -size))] = np.arange(count)
    return np.asarray(number[label])


def hilbert_order(xy: Reals) -> Numbers:
    """Order of points along a Hilbert curve."""
    if len(xy) == 0:
        return np.zeros(0, dtype=np.int64)
    curve = gpd.GeoSeries.from_xy(xy[:, 0], xy[:, 1]).hilbert_distance(level=16)
    return np.lexsort((xy[:, 1], xy[:, 0], curve.to_numpy()))


def arcs(
    start: Numbers, end: Numbers, nodes: int
) -> tuple[Numbers, Numbers, Numbers, NDArray[np.bool_]]:
    """Arcs out of each node, as in ``WalkGraph``: pointer, head, edge, forward."""
    edge = np.arange(len(start))
    tail, head = np.r_[start, end], np.r_[end, start]
    forward = np.repeat([True, False], len(start))
    order = np.lexsort((np.r_[edge, edge], head, tail))
    pointer = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=nodes))])
    return pointer, head[order], np.r_[edge, edge][order], forward[order]
