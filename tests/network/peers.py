"""What networkx says: the graph with its edges split at the places, and costs from its Dijkstra."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from askergeo.network.profiles import Costs
from askergeo.network.snapping import Places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

__all__ = ["peer_matrix", "random_costs", "random_places"]


def random_costs(graph: WalkGraph, random: np.random.Generator, *, closed: float) -> Costs:
    """Costs that differ both ways; a part of the edges is closed one way or both."""
    forward, backward = (graph.length * random.uniform(0.5, 3, graph.edges) for _ in range(2))
    forward[random.random(graph.edges) < closed] = np.inf
    backward[random.random(graph.edges) < closed] = np.inf
    return Costs(forward=forward, backward=backward, access=1.5, unit="s")


def random_places(
    graph: WalkGraph, random: np.random.Generator, rows: int, *, entrances: int = 3
) -> Places:
    """Places on random edges, many at the same spot or at the end of an edge."""
    owner = np.sort(random.integers(0, rows, rows * entrances // 2)).astype(np.int32)
    edge = random.integers(0, graph.edges, len(owner)).astype(np.int32)
    share = random.choice([0.0, 0.25, 0.5, 1.0, -1.0], len(owner))
    share[share < 0] = random.random((share < 0).sum())
    missing = np.setdiff1d(np.arange(rows), owner).astype(np.int32)
    return Places(
        row=owner,
        edge=edge,
        share=share,
        access=random.choice([0.0, 12.5], len(owner)),
        count=rows,
        unsnapped=missing,
        distance=np.full(len(missing), np.nan),
    )


def peer_matrix(
    graph: WalkGraph, costs: Costs, origins: Places, targets: Places
) -> NDArray[np.float64]:
    """Cost from every origin row to every target row by networkx, (o, t)."""
    network = _split(graph, costs, [origins, targets])
    out = np.full((origins.count, targets.count), np.inf)
    out[origins.unsnapped] = np.nan
    out[:, targets.unsnapped] = np.nan
    for r in np.unique(origins.row):
        found = nx.single_source_dijkstra_path_length(network, ("from", int(r)))
        for t in np.unique(targets.row):
            out[r, t] = found.get(("to", int(t)), np.inf)
    return out


def _split(graph: WalkGraph, costs: Costs, both: list[Places]) -> nx.DiGraph:
    """Split every edge at the places on it; rows are nodes of their own, one way only."""
    network = nx.DiGraph()
    cuts: dict[int, set[float]] = {e: {0.0, 1.0} for e in range(graph.edges)}
    for places in both:
        for e, share in zip(places.edge, places.share, strict=True):
            cuts[int(e)].add(float(share))
    for e, shares in cuts.items():
        ordered = sorted(shares)
        for a, b in pairwise(ordered):
            x, y = _node(graph, e, a), _node(graph, e, b)
            _add(network, x, y, (b - a) * costs.forward[e])
            _add(network, y, x, (b - a) * costs.backward[e])
    for name, places in zip(("from", "to"), both, strict=True):
        for r, e, share, metres in zip(
            places.row, places.edge, places.share, places.access, strict=True
        ):
            place, row = _node(graph, int(e), float(share)), (name, int(r))
            network.add_nodes_from([place, row])
            ends = (row, place) if name == "from" else (place, row)
            _add(network, *ends, metres * costs.access)
    return network


def _node(graph: WalkGraph, e: int, share: float) -> tuple[str, object]:
    if share in {0.0, 1.0}:
        return ("node", int(graph.start[e] if share == 0.0 else graph.end[e]))
    return ("on", (e, share))


def _add(network: nx.DiGraph, a: object, b: object, cost: float) -> None:
    """Add an arc, or keep the cheaper of two; a closed one is none."""
    old = network.get_edge_data(a, b, {"weight": np.inf})["weight"]
    if cost < old:
        network.add_edge(a, b, weight=cost)
