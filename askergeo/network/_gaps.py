"""Gaps: loose ends and parts of the network that stop just short of an edge.

A loose end is a gap when the nearest edge of its level, other than its own, lies within the gap
distance and the way round on the network is more than :data:`DETOUR` times as long as the gap. A
part of the network that hangs alone has a gap where it comes nearest to another part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from askergeo.network._chains import GRID_M, line_strings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

__all__ = ["DETOUR", "find_gaps", "walk_to"]

# Of 8 m it makes 80 m: shorter rounds are those of an ordinary street corner.
DETOUR = 10.0


def find_gaps(graph: WalkGraph, level: Numbers, gap_m: float) -> gpd.GeoDataFrame:
    """Gaps of at most ``gap_m`` metres; ``level`` (m,) is that of each edge.

    Returns
    -------
    GeoDataFrame
        Lines as ``RepairReport.gaps`` says, the shortest first.
    """
    owner = np.repeat(np.arange(graph.edges), np.diff(graph.coordinate_ptr))
    lines = line_strings(graph.coordinates, owner)
    tree = shapely.STRtree(lines)
    loose = _loose_ends(graph, level, lines, tree, gap_m)
    apart = _parts_apart(graph, level, lines, tree, gap_m)
    links = np.concatenate([apart, loose])
    rule = np.repeat(["egen_del", "los_ende"], [len(apart), len(loose)])
    at = np.round(shapely.get_coordinates(links).reshape(-1, 4), 2)
    turned = (at[:, 0] > at[:, 2]) | ((at[:, 0] == at[:, 2]) & (at[:, 1] > at[:, 3]))
    at[turned] = at[turned][:, [2, 3, 0, 1]]
    first = np.unique(at, axis=0, return_index=True)[1] if len(at) else np.zeros(0, dtype=int)
    size = np.bincount(graph.component[graph.start], graph.length)
    edge = tree.query_nearest(shapely.get_point(links[first], 0), all_matches=False)[1]
    gaps = gpd.GeoDataFrame(
        {
            "lengde_m": shapely.length(links[first]),
            "rule": rule[first],
            "component_size": size[graph.component[graph.start[edge]]],
        },
        geometry=links[first],
        crs=graph.crs,
    )
    return gaps.sort_values("lengde_m", kind="stable", ignore_index=True)


def _loose_ends(
    graph: WalkGraph,
    level: Numbers,
    lines: NDArray[np.object_],
    tree: shapely.STRtree,
    gap_m: float,
) -> NDArray[np.object_]:
    """Lines across the gaps at loose ends."""
    node = np.flatnonzero(np.diff(graph.arc_ptr) == 1)
    own = graph.arc_edge[graph.arc_ptr[node]]
    points = np.asarray(shapely.points(graph.xy[node]), dtype=object)
    end, edge = tree.query(points, predicate="dwithin", distance=gap_m)
    other = (edge != own[end]) & (level[edge] == level[own[end]])
    end, edge = end[other], edge[other]
    distance = np.asarray(shapely.distance(points[end], lines[edge]))
    order = np.lexsort((edge, distance, end))
    first = order[np.unique(end[order], return_index=True)[1]]
    first = first[distance[first] > GRID_M]
    end, edge, distance = end[first], edge[first], distance[first]
    along = np.asarray(shapely.line_locate_point(lines[edge], points[end]))
    around = walk_to(graph, node[end], edge, along, DETOUR * distance)
    far = np.isinf(around)
    return np.asarray(shapely.shortest_line(points[end[far]], lines[edge[far]]), dtype=object)


def _parts_apart(
    graph: WalkGraph,
    level: Numbers,
    lines: NDArray[np.object_],
    tree: shapely.STRtree,
    gap_m: float,
) -> NDArray[np.object_]:
    """Where each component but the largest comes nearest to another, within the gap distance."""
    part = graph.component[graph.start]
    small = np.flatnonzero(part > 0)
    one, other = tree.query(lines[small], predicate="dwithin", distance=gap_m)
    one = small[one]
    apart = (part[one] != part[other]) & (level[one] == level[other])
    one, other = one[apart], other[apart]
    distance = np.asarray(shapely.distance(lines[one], lines[other]))
    apart = distance > GRID_M
    one, other, distance = one[apart], other[apart], distance[apart]
    order = np.lexsort((other, one, np.round(distance, 3), part[one]))
    first = order[np.unique(part[one][order], return_index=True)[1]]
    return np.asarray(shapely.shortest_line(lines[one[first]], lines[other[first]]), dtype=object)


def walk_to(graph: WalkGraph, origin: Numbers, edge: Numbers, along: Reals, limit: Reals) -> Reals:
    """Length of the shortest way from nodes to places on edges, each within its own limit.

    Parameters
    ----------
    graph
        The graph.
    origin
        Node that each way starts from, (k,).
    edge, along
        Where it leads: metres from the start of an edge, (k,).
    limit
        No way longer than this is looked for, (k,), metres.

    Returns
    -------
    (k,)
        Metres in the plane; ``inf`` where no way is within the limit.

    Notes
    -----
    All searches go on together, a step of the network at a time: a pair of search and node is one
    key in a sorted table of the best distances so far.
    """
    nodes = graph.nodes
    known = np.arange(len(origin)) * nodes + origin
    best = np.zeros(len(origin))
    front, cost = known, best
    while len(front):
        front, cost = _step(graph, front, cost, limit)
        place = np.minimum(np.searchsorted(known, front), len(known) - 1)
        old = known[place] == front
        better = ~old | (cost < best[place])
        front, cost, place, old = front[better], cost[better], place[better], old[better]
        best[place[old]] = cost[old]
        known, best = np.r_[known, front[~old]], np.r_[best, cost[~old]]
        order = np.argsort(known)
        known, best = known[order], best[order]
    result = np.full(len(origin), np.inf)
    for node, rest in ((graph.start[edge], along), (graph.end[edge], graph.length[edge] - along)):
        key = np.arange(len(origin)) * nodes + node
        place = np.minimum(np.searchsorted(known, key), len(known) - 1)
        found = known[place] == key if len(known) else np.zeros(0, dtype=bool)
        result[found] = np.minimum(result[found], best[place[found]] + rest[found])
    return np.where(result <= limit, result, np.inf)


def _step(graph: WalkGraph, front: Numbers, cost: Reals, limit: Reals) -> tuple[Numbers, Reals]:
    """Follow every arc out of the front; the best arrival at each key, sorted."""
    search, node = front // graph.nodes, front % graph.nodes
    count = graph.arc_ptr[node + 1] - graph.arc_ptr[node]
    origin = np.repeat(np.arange(len(front)), count)
    arc = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    arc += graph.arc_ptr[node][origin]
    cost = cost[origin] + graph.length[graph.arc_edge[arc]]
    search = search[origin]
    kept = cost <= limit[search]
    key, cost = (search * graph.nodes + graph.arc_head[arc])[kept], cost[kept]
    order = np.lexsort((cost, key))
    key, cost = key[order], cost[order]
    first = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, dtype=bool)
    return key[first], cost[first]
