"""Lines through stops along roads: where a bus would go, from a centre to the ends of the net.

The ways are a graph of straight pieces with the stops as nodes of their own. A line is the way from
a hub to a stop, by the cheapest way there; the next line is the one that serves most stops that no
line serves yet, until all that can be reached are served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Delaunay, QhullError, cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.example.land import Array

__all__ = ["Route", "Ways", "chain", "cover", "road_ways", "straight_ways", "to_targets"]

#: What a stop served before costs a new line, in stops not served: keeps lines apart.
_REPEAT = 0.2
#: A line has at least so many stops, where the ways allow it.
_FEWEST = 5


class Ways(NamedTuple):
    """A graph of ways with the stops in it.

    ``metres`` and ``graph`` hold the length and the cost (metres of a main road) of each step;
    ``stop`` is the node of each stop (-1: beside no way), ``xy`` (n, 2) the place of each node.
    """

    xy: Array
    graph: csr_array
    metres: csr_array
    stop: Array


class Route(NamedTuple):
    """The stops of a line in order (index of the stop), and the metres from each to the next."""

    stops: Array
    metres: Array


def road_ways(
    roads: Array, stops: Array, *, cost: Array | None = None, farthest: float = 60.0,
    gap: float = 60.0,
) -> Ways:  # fmt: skip
    """Make the graph of roads (LineStrings) that meet where they share a vertex, to the cm.

    Parameters
    ----------
    stops
        Coordinates (n, 2), metres, in the system of the roads. Each stop becomes a node on the
        nearest road of the largest net that holds together.
    cost
        Of a metre on each road; 1 for all when absent.
    farthest
        Metres from a stop to its road; one farther away is beside no way.
    gap
        Metres over which nets that do not meet are joined, where they are nearest.
    """
    xy, owner = shapely.get_coordinates(roads, return_index=True)
    cell = np.round(xy * 100).astype(np.int64)
    _, first, node = np.unique(cell, axis=0, return_index=True, return_inverse=True)
    node = node.ravel()
    step = owner[1:] == owner[:-1]
    ends = np.column_stack([node[:-1], node[1:]])[step]
    price = np.ones(len(roads)) if cost is None else cost
    price = price[owner[1:][step]]
    place = xy[first]
    joins = _joins(place, ends, gap)
    ends, price = np.concatenate([ends, joins]), np.r_[price, np.ones(len(joins))]
    part = _parts(len(place), ends)
    kept = part[ends[:, 0]] == np.argmax(np.bincount(part))
    kept &= ends[:, 0] != ends[:, 1]
    return _with_stops(place, ends[kept], price[kept], stops, farthest)


def _parts(count: int, ends: Array) -> Array:
    """Return which part of the net each node belongs to."""
    net = coo_array((np.ones(len(ends)), ends.T), shape=(count, count)).tocsr()
    return np.asarray(connected_components(net, directed=False)[1])


def _joins(xy: Array, ends: Array, gap: float) -> Array:
    """Pairs of nodes (n, 2) that join parts of the net, the nearest pair of each two parts."""
    part = _parts(len(xy), ends)
    dead = np.flatnonzero(np.bincount(ends.ravel(), minlength=len(xy)) == 1)
    near = cKDTree(xy[dead]).sparse_distance_matrix(cKDTree(xy), gap, output_type="coo_matrix")
    a, b, metres = dead[near.row], near.col, near.data
    other = part[a] != part[b]
    a, b, metres = a[other], b[other], metres[other]
    low, high = np.sort(np.column_stack([part[a], part[b]]), axis=1).T
    order = np.lexsort((b, a, metres, high, low))
    a, b, low, high = a[order], b[order], low[order], high[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])][: len(a)]
    return np.column_stack([a[first], b[first]])


def _with_stops(xy: Array, ends: Array, price: Array, stops: Array, farthest: float) -> Ways:
    """Split the pieces where the stops lie beside them."""
    pieces = np.asarray(shapely.linestrings(xy[ends]))
    point = np.asarray(shapely.points(stops))
    found, piece = shapely.STRtree(pieces).query_nearest(
        point, max_distance=farthest, all_matches=False
    )
    along = shapely.line_locate_point(pieces[piece], point[found])
    length = shapely.length(pieces)
    number = np.full(len(stops), -1)
    number[found] = len(xy) + np.arange(len(found))
    on = shapely.get_coordinates(shapely.line_interpolate_point(pieces[piece], along))
    row = np.concatenate([np.arange(len(ends)), piece, np.arange(len(ends))])
    at = np.concatenate([np.zeros(len(ends)), along, length])
    node = np.concatenate([ends[:, 0], number[found], ends[:, 1]])
    rank = np.repeat([0, 1, 2], [len(ends), len(found), len(ends)])
    order = np.lexsort((node, rank, at, row))
    row, at, node = row[order], at[order], node[order]
    same = row[1:] == row[:-1]
    steps = np.column_stack([node[:-1], node[1:]])[same]
    metres = np.maximum(np.diff(at)[same], 1e-3)
    return _graph(np.concatenate([xy, on]), steps, metres, price[row[1:][same]], number)


def _graph(xy: Array, ends: Array, metres: Array, price: Array, stop: Array) -> Ways:
    """Build both matrices, both ways; of two steps between the same nodes the cheaper stays."""
    low, high = np.sort(ends, axis=1).T
    order = np.lexsort((metres * price, high, low))
    low, high, metres, price = low[order], high[order], metres[order], price[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
    low, high, metres, price = low[first], high[first], metres[first], price[first]
    pair = (np.concatenate([low, high]), np.concatenate([high, low]))
    shape = (len(xy), len(xy))
    cost, length = np.tile(metres * price, 2), np.tile(metres, 2)
    return Ways(
        xy, coo_array((cost, pair), shape=shape).tocsr(),
        coo_array((length, pair), shape=shape).tocsr(), stop,
    )  # fmt: skip


def straight_ways(stops: Array, *, detour: float = 1.3) -> Ways:
    """Make the graph of neighbouring stops (Delaunay) where no roads are given.

    Parameters
    ----------
    stops
        Coordinates (n, 2), metres.
    detour
        Metres of road for each metre of straight line.
    """
    number = np.arange(len(stops))
    try:
        triangles = Delaunay(stops).simplices
        ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    except (QhullError, ValueError):  # too few stops, or all on one line
        order = np.lexsort((stops[:, 1], stops[:, 0]))
        ends = np.column_stack([order[:-1], order[1:]])
    metres = np.maximum(np.hypot(*(stops[ends[:, 0]] - stops[ends[:, 1]]).T) * detour, 1.0)
    return _graph(stops, ends, metres, np.ones(len(ends)), number)


class _Tree(NamedTuple):
    """The cheapest ways from a hub, stop by stop: metres to the stop before, and which it is."""

    before: Array
    metres: Array
    cost: Array


def _tree(ways: Ways, hub: int) -> _Tree:
    """Find for each stop the last stop passed on the way from the hub to it (-1: none)."""
    start = int(ways.stop[hub])
    if start < 0:
        count = len(ways.stop)
        return _Tree(np.full(count, -1), np.full(count, np.nan), np.full(count, np.inf))
    cost, previous = dijkstra(ways.graph, indices=start, return_predecessors=True)
    of = np.full(len(ways.xy), -1)
    of[ways.stop[ways.stop >= 0]] = np.flatnonzero(ways.stop >= 0)
    before = np.full(len(ways.stop), -1)
    metres = np.full(len(ways.stop), np.nan)
    own = np.full(len(ways.stop), np.inf)
    met = ways.stop >= 0
    own[met] = cost[ways.stop[met]]
    node = np.flatnonzero(previous >= 0)
    step = np.zeros(len(ways.xy))
    step[node] = np.asarray(ways.metres[previous[node], node]).ravel()
    for stop in np.flatnonzero(np.isfinite(own)).tolist():
        if stop == hub:
            metres[stop] = 0.0
            continue
        here, walked = int(ways.stop[stop]), 0.0
        while True:
            walked += step[here]
            here = int(previous[here])
            if of[here] >= 0:
                break
        before[stop], metres[stop] = of[here], walked
    return _Tree(before, metres, own)


def _way_back(tree: _Tree, stop: int) -> list[int]:
    """List the stops from the hub to ``stop``, both with."""
    found = [stop]
    while tree.before[found[-1]] >= 0:
        found.append(int(tree.before[found[-1]]))
    return found[::-1]


def _route(tree: _Tree, stops: list[int]) -> Route:
    return Route(np.array(stops), tree.metres[np.array(stops[1:], int)])


def to_targets(ways: Ways, hub: int, targets: Sequence[int]) -> list[Route]:
    """Lines from the hub to each target; one that another line goes past is left out.

    Parameters
    ----------
    hub, targets
        Indices of stops.
    """
    tree = _tree(ways, hub)
    reached = [t for t in dict.fromkeys(targets) if t != hub and np.isfinite(tree.cost[t])]
    reached.sort(key=lambda stop: (-tree.cost[stop], stop))
    found: list[list[int]] = []
    for target in reached:
        stops = _way_back(tree, target)
        if len(stops) > 1 and not any(target in other for other in found):
            found.append(stops)
    return [_route(tree, stops) for stops in found]


def cover(ways: Ways, hubs: Sequence[int], served: set[int], *, most: int = 60) -> list[Route]:
    """Lines from the hubs until each stop is served that a way leads to.

    Parameters
    ----------
    hubs
        Indices of the stops where lines may begin.
    served
        Stops that a line serves already; what is found here is added.
    most
        Stops on one line.
    """
    trees = [_tree(ways, hub) for hub in hubs]
    trails = [
        {stop: _way_back(tree, stop) for stop in np.flatnonzero(np.isfinite(tree.cost)).tolist()}
        for tree in trees
    ]
    found: list[Route] = []
    reachable = set().union(*trails) if trails else set()
    while reachable - served:
        left = reachable - served
        best = min(
            (
                (
                    len(trail[stop]) < _FEWEST, -_gain(trail[stop][-most:], left),
                    trees[k].cost[stop], k, stop,
                )
                for k, trail in enumerate(trails)
                for stop in sorted(left & trail.keys())
            )
        )  # fmt: skip
        _, _, _, k, stop = best
        stops = trails[k][stop][-most:]
        if len(stops) < 2:  # a stop from which no way leads to another
            served.add(stop)
            continue
        found.append(_route(trees[k], stops))
        served.update(stops)
    return found


def _gain(stops: list[int], left: set[int]) -> float:
    new = sum(stop in left for stop in stops)
    return new - _REPEAT * (len(stops) - new)


def chain(stops: Array, *, detour: float = 1.0) -> Route:
    """One line through all stops, from the end of the longest way, always to the nearest next.

    Parameters
    ----------
    stops
        Coordinates (n, 2), metres.
    """
    away = np.hypot(*(stops[:, None] - stops[None]).transpose(2, 0, 1))
    here = int(np.unravel_index(np.argmax(away), away.shape)[0])
    order, left = [here], set(range(len(stops))) - {here}
    while left:
        rest = np.array(sorted(left))
        here = int(rest[np.argmin(away[here, rest])])
        order.append(here)
        left.remove(here)
    found = np.array(order)
    return Route(found, away[found[:-1], found[1:]] * detour)
