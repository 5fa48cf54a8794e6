"""Ways edge by edge, how many use each edge, and costs at the nodes of the whole graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo.network._contract import part_cost
from askergeo.network._network import buckets, unsnapped_rows
from askergeo.network._ways import ENDS, NOWHERE, fill_ways, first_legs, flows, reach_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._network import Network
    from askergeo.network.snapping import Places

__all__ = ["Ways", "edge_use", "paths", "reach"]


class Ways(NamedTuple):
    """The ways of ``o`` rows, edge by edge from origin to target.

    The way of row ``r`` is ``edge[ptr[r]:ptr[r + 1]]``, each entered at the share ``begin`` of its
    length and left at ``stop`` (from 1 to 0 against the edge's direction). ``cost`` and ``target``
    (o,) are those of :class:`Nearest`; a row without a target has no edges.
    """

    ptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    begin: NDArray[np.float64]
    stop: NDArray[np.float64]
    cost: NDArray[np.float64]
    target: NDArray[np.int32]


def reach(
    network: Network, places: Places, *, limit: float = np.inf, inward: bool = False
) -> NDArray[np.float64]:
    """Cost between the nearest of the places and every node of the graph.

    Parameters
    ----------
    network
        Graph and costs.
    places
        Where the walk starts; where it ends when ``inward``.
    limit
        Largest cost.
    inward
        Cost from the nodes to the places, not from the places to the nodes.

    Returns
    -------
    numpy.ndarray
        (n,): ``inf`` beyond the limit.
    """
    return _reach(network, _ends(network, places, inward=inward), limit, inward=inward)[0]


def paths(network: Network, origins: Places, targets: Places, *, limit: float = np.inf) -> Ways:
    """Find the way from every origin to its nearest target, edge by edge."""
    graph, trips = network.graph, _trips(network, origins, targets, limit)
    ptr = np.zeros(origins.count + 1, dtype=np.int64)
    edge, begin, stop = np.empty(0, np.int32), np.empty(0), np.empty(0)
    for _ in ("count", "write"):
        edge = np.empty(ptr[-1], np.int32)
        begin, stop = np.empty(ptr[-1]), np.empty(ptr[-1])
        fill_ways(
            graph.arc_edge,
            graph.start,
            graph.end,
            trips.via,
            trips.origins,
            trips.targets,
            trips.chosen,
            trips.leg,
            trips.found,
            ptr,
            edge,
            begin,
            stop,
        )
    target = np.where(trips.leg == NOWHERE, -1, targets.row[trips.found]).astype(np.int32)
    cost = np.where(unsnapped_rows(origins), np.nan, trips.cost)
    return Ways(ptr, edge, begin, stop, cost, target)


def edge_use(
    network: Network,
    origins: Places,
    targets: Places,
    weights: NDArray[np.float64],
    *,
    limit: float = np.inf,
) -> NDArray[np.float64]:
    """Sum the weights of the origins whose way to their nearest target uses each edge.

    Parameters
    ----------
    network
        Graph and costs.
    origins, targets
        ``o`` rows, and what each goes to the nearest of.
    weights
        (o,) trips from each origin.
    limit
        Origins farther than this from a target do not set out.

    Returns
    -------
    numpy.ndarray
        (m,); an edge of which only a part is walked is used.
    """
    graph, trips = network.graph, _trips(network, origins, targets, limit)
    use = np.zeros(graph.edges)
    reached = np.flatnonzero(np.isfinite(trips.at_nodes))
    order = reached[np.argsort(-trips.at_nodes[reached], kind="stable")]
    flows(
        graph.arc_edge,
        graph.start,
        graph.end,
        trips.label,
        trips.via,
        order,
        trips.origins,
        trips.targets,
        trips.chosen,
        trips.leg,
        trips.found,
        np.asarray(weights, dtype=np.float64),
        use,
    )
    return use


class _Trips(NamedTuple):
    """From every origin to its nearest target: the tree of the search, and how each sets out."""

    origins: NDArray[Any]
    targets: NDArray[Any]
    at_nodes: NDArray[np.float64]
    label: NDArray[np.int32]
    via: NDArray[np.int64]
    cost: NDArray[np.float64]
    chosen: NDArray[np.int32]
    leg: NDArray[np.int8]
    found: NDArray[np.int32]


def _trips(network: Network, origins: Places, targets: Places, limit: float) -> _Trips:
    graph, costs = network.graph, network.costs
    starts = _ends(network, origins, inward=False)
    stops = _ends(network, targets, inward=True)
    at_nodes, label, via = _reach(network, stops, limit, inward=True)
    best = np.full(origins.count, np.inf)
    chosen, found = (np.zeros(origins.count, dtype=np.int32) for _ in range(2))
    leg = np.full(origins.count, NOWHERE, dtype=np.int8)
    first_legs(
        graph.start,
        graph.end,
        costs.forward,
        costs.backward,
        at_nodes,
        label,
        starts,
        origins.row,
        stops,
        limit,
        best,
        chosen,
        leg,
        found,
    )
    return _Trips(starts, stops, at_nodes, label, via, best, chosen, leg, found)


def _ends(network: Network, places: Places, *, inward: bool) -> NDArray[Any]:
    """Cost between places and the ends of their edges: to the ends, or from them when inward."""
    forward, backward = network.costs.forward[places.edge], network.costs.backward[places.edge]
    ends = np.empty(len(places.edge), ENDS)
    ends["edge"], ends["share"] = places.edge, places.share
    ends["start"] = part_cost(places.share, forward if inward else backward)
    ends["end"] = part_cost(1 - places.share, backward if inward else forward)
    ends["access"] = places.access * network.costs.access
    return ends


def _reach(
    network: Network, ends: NDArray[Any], limit: float, *, inward: bool
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]:
    """Costs at the nodes, the place that each is reached from, and the arc (−1: the place)."""
    graph = network.graph
    arcs = network.inward if inward else network.outward
    far = np.concatenate([ends["start"] + ends["access"], ends["end"] + ends["access"]])
    label = np.full(graph.nodes, -1, dtype=np.int32)
    via = np.full(graph.nodes, -1, dtype=np.int64)
    reached = reach_from(
        graph.arc_ptr,
        graph.arc_head,
        arcs,
        graph.start,
        graph.end,
        ends,
        limit,
        *buckets(arcs, far, limit),
        label,
        via,
    )
    return reached, label, via
