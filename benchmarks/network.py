"""Searches on the walking graph of the large example: to the nearest, within limits, all pairs.

All measure metres from where a place meets its edge (the walk to the edge is left out, since no
peer has it). Ours takes the graph as it is, with places on edges; the peers know nodes only, and
get the same graph with its edges split at every address and service, in the same (Hilbert) order.
What is made once for a graph is outside the time on both sides: ours the contraction, pandana the
contraction hierarchy and `precompute`, scipy the sparse matrix, networkx the graph object.

The difference is the largest of any cost (metres) or sum (residents). pandana keeps costs as whole
thousandths of its unit per edge, and so moves places over the limit.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo.network.paths import Network, matrix, nearest, within
from askergeo.network.profiles import metres
from askergeo.network.snapping import Places, snap
from benchmarks import asker
from benchmarks.case import Case, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

CATEGORIES = ("dagligvare", "apotek", "legesenter", "bibliotek", "seniorsenter")
LIMITS = (400.0, 1000.0)
FARTHEST = 20_000.0
REACH_M = 200.0
SAMPLE = 2000
PAIRS = (2000, 200)
# Rows of scipy's dense answer at a time.
BATCH = 100
TINY = """
import numpy as np
from askergeo.network.graph import build_graph
from askergeo.network.paths import Network, matrix, nearest, within
from askergeo.network.profiles import metres
from askergeo.network.snapping import snap
import geopandas as gpd, shapely
lines = gpd.GeoDataFrame(
    {"kind": np.zeros(2, "int8"), "level": 0, "medium": "bakke", "ploughed": np.int8(-1),
     "walk": True, "layer": "veg", "row": range(2)},
    geometry=[shapely.LineString([(0, 0), (90, 0)]), shapely.LineString([(90, 0), (90, 90)])],
    crs="EPSG:25832")
graph = build_graph(lines, tolerance_m=1.0, gap_m=5.0).graph
points = gpd.GeoSeries.from_xy([10, 80], [5, 50], crs="EPSG:25832")
places = snap(graph, points, reach_m=50)
network = Network.of(graph, metres(graph))
nearest(network, places, [places])
within(network, places, places, np.ones(2), [100.0])
matrix(network, places, places)
"""


class Setting(NamedTuple):
    """The work's input, for us and, split at the places, for the peers."""

    network: Network
    addresses: Places
    residents: NDArray[np.float64]
    services: tuple[Places, ...]
    peers: PeerGraph


class PeerGraph(NamedTuple):
    """The graph with its edges split at the places: nodes, edges, and where the places are."""

    xy: NDArray[np.float64]
    tail: NDArray[np.intp]
    head: NDArray[np.intp]
    length: NDArray[np.float64]
    addresses: NDArray[np.intp]
    services: tuple[NDArray[np.intp], ...]


def cases() -> list[Case]:
    """Return the cases: each work against each peer that does it, and the time to compile."""
    nearest_work = "30 000 addresses to the nearest of 5 categories"
    within_work = "residents within 400 and 1 000 m of {}"
    matrix_work = "{} × {} costs, all pairs".format(*PAIRS)
    shared = {"prepare": asker.prepare, "difference": _difference}
    part = f"{SAMPLE} addresses"
    works = (
        ("nearest", nearest_work, _nearest, _nearest_scipy, "scipy", "dijkstra(min_only)", 5),
        ("nearest", nearest_work, _nearest, _nearest_networkx, "networkx", "multi-source", 2),
        ("nearest", nearest_work, _nearest, _nearest_pandana, "pandana", "nearest_pois", 2),
        ("within", within_work.format("every address"), _within, _within_pandana_addresses,
         "pandana", "aggregate, which does every node", 3),
        ("within-sample", within_work.format(part), _within_sample, _within_scipy, "scipy",
         "dijkstra(limit), dense rows", 1),
        ("within-sample", within_work.format(part), _within_sample, _within_networkx, "networkx",
         "single_source_dijkstra(cutoff)", 1),
        ("within-nodes", within_work.format("every node"), _within_nodes, _within_pandana,
         "pandana", "aggregate", 3),
        ("matrix", matrix_work, _matrix, _matrix_scipy, "scipy", "dijkstra from 200", 3),
        ("matrix", matrix_work, _matrix, _matrix_pandana, "pandana", "shortest_path_lengths", 2),
        ("matrix", matrix_work, _matrix, _matrix_sgis, "sgis", "ssb-sgis od_cost_matrix", 0),
    )  # fmt: skip
    found = [
        Case(
            name=f"{name}-{module}",
            work=work,
            ours=ours,
            peer=f"{module} {how}" if module != "sgis" else how,
            run_peer=peer,
            needs=(module,),
            rounds=rounds,
            **shared,
        )
        for name, work, ours, peer, module, how, rounds in works
    ]
    return [
        *found,
        Case(
            name="network-of",
            work="make the graph ready: take out dead ends and chains",
            ours=_contract,
            prepare=asker.prepare,
        ),
        Case(
            name="kernels-cold",
            work="a process that needs the kernels, compiled before",
            ours=partial(_compile, "ours"),
            peer="the same with nothing compiled",
            run_peer=partial(_compile, "peer"),
            prepare=partial(_compile, "ours"),
            rounds=0,
        ),
    ]


@lru_cache(maxsize=1)
def _setting(folder: Path) -> Setting:
    package, graph = asker.package(folder), asker.graph(folder).graph
    homes, services = package.read("adresse"), package.read("tjeneste")
    people = package.read("befolkning").groupby("adresse_id")["antall"].sum()
    residents = people.reindex(homes["adresse_id"]).fillna(0).to_numpy(dtype=np.float64)
    addresses = at_edge(snap(graph, homes, reach_m=REACH_M))
    categories = tuple(
        at_edge(snap(graph, services[services["type"] == name], reach_m=REACH_M))
        for name in CATEGORIES
    )
    network = Network.of(graph, metres(graph))
    peers = split_graph(graph, addresses, categories)
    return Setting(network, addresses, residents, categories, peers)


def at_edge(places: Places) -> Places:
    """Leave out the walk to the edge, and the rows that are not on the network."""
    return replace(
        places,
        row=np.arange(len(places.row), dtype=np.int32),
        access=np.zeros(len(places.row)),
        count=len(places.row),
        unsnapped=places.unsnapped[:0],
        distance=places.distance[:0],
    )


def split_graph(graph: WalkGraph, addresses: Places, services: tuple[Places, ...]) -> PeerGraph:
    """Split the edges where there are places; parallel edges between two nodes keep the shorter."""
    every = (addresses, *services)
    edge = np.concatenate([places.edge for places in every])
    share = np.concatenate([places.share for places in every])
    inside = (share > 0) & (share < 1)
    spots, spot = np.unique(np.c_[edge, share][inside], axis=0, return_inverse=True)
    node = np.where(share <= 0, graph.start[edge], graph.end[edge]).astype(np.intp)
    node[inside] = graph.nodes + spot
    count = np.arange(graph.edges)
    cuts = np.r_[np.c_[count, np.zeros(graph.edges)], np.c_[count, np.ones(graph.edges)], spots]
    name = np.r_[graph.start, graph.end, graph.nodes + np.arange(len(spots))]
    order = np.lexsort((cuts[:, 1], cuts[:, 0]))
    cuts, name = cuts[order], name[order]
    whole = cuts[1:, 0] == cuts[:-1, 0]
    of = cuts[1:, 0][whole].astype(np.intp)
    length = (np.diff(cuts[:, 1])[whole]) * graph.length[of]
    low, high = np.sort(np.c_[name[:-1], name[1:]][whole], axis=1).T
    first = np.lexsort((length, high, low))
    pairs = np.c_[low, high][first]
    shortest = first[np.r_[True, (pairs[1:] != pairs[:-1]).any(axis=1)]]
    at_edge = spots[:, 0].astype(np.intp)
    towards = graph.xy[graph.end[at_edge]] - graph.xy[graph.start[at_edge]]
    between = graph.xy[graph.start[at_edge]] + spots[:, 1:] * towards
    sizes = np.cumsum([len(places.row) for places in every])[:-1]
    places_at = np.split(node, sizes)
    return PeerGraph(
        np.r_[graph.xy, between], low[shortest], high[shortest], length[shortest],
        places_at[0], tuple(places_at[1:]),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _scipy(folder: Path) -> Any:  # noqa: ANN401  (scipy is untyped)
    from scipy.sparse import coo_array  # noqa: PLC0415  (each peer loads where it is used)

    peers = _setting(folder).peers
    n = len(peers.xy)
    arcs = (np.r_[peers.tail, peers.head], np.r_[peers.head, peers.tail])
    return coo_array((np.r_[peers.length, peers.length], arcs), shape=(n, n)).tocsr()


@lru_cache(maxsize=1)
def _networkx(folder: Path) -> Any:  # noqa: ANN401
    import networkx as nx  # noqa: PLC0415

    peers = _setting(folder).peers
    graph = nx.Graph()
    graph.add_nodes_from(range(len(peers.xy)))
    rows = zip(peers.tail.tolist(), peers.head.tolist(), peers.length.tolist(), strict=True)
    graph.add_weighted_edges_from(rows)
    return graph


@lru_cache(maxsize=1)
def _pandana(folder: Path) -> Any:  # noqa: ANN401
    import pandana as pdna  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    setting = _setting(folder)
    peers = setting.peers
    network = pdna.Network(
        pd.Series(peers.xy[:, 0]),
        pd.Series(peers.xy[:, 1]),
        pd.Series(peers.tail),
        pd.Series(peers.head),
        pd.DataFrame({"metres": peers.length}),
    )
    network.set(pd.Series(peers.addresses), variable=pd.Series(setting.residents), name="people")
    for name, nodes in zip(CATEGORIES, peers.services, strict=True):
        xy = peers.xy[nodes]
        network.set_pois(name, FARTHEST, 1, pd.Series(xy[:, 0]), pd.Series(xy[:, 1]))
    return network


def _contract(folder: Path) -> Network:
    network = _setting(folder).network
    return Network.of(network.graph, network.costs)


def _nearest(folder: Path) -> NDArray[np.float64]:
    setting = _setting(folder)
    return nearest(setting.network, setting.addresses, setting.services).cost


def _nearest_scipy(folder: Path) -> NDArray[np.float64]:
    """One search a category from all its services, then the addresses' nodes."""
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    graph, peers = _scipy(folder), _setting(folder).peers
    found = [dijkstra(graph, indices=nodes, min_only=True) for nodes in peers.services]
    return np.stack([cost[peers.addresses] for cost in found], axis=1)


def _nearest_networkx(folder: Path) -> NDArray[np.float64]:
    import networkx as nx  # noqa: PLC0415

    graph, peers = _networkx(folder), _setting(folder).peers
    out = np.full((len(peers.addresses), len(peers.services)), np.inf)
    for k, nodes in enumerate(peers.services):
        found = nx.multi_source_dijkstra_path_length(graph, set(nodes.tolist()))
        out[:, k] = [found.get(node, np.inf) for node in peers.addresses.tolist()]
    return out


def _nearest_pandana(folder: Path) -> NDArray[np.float64]:
    network, peers = _pandana(folder), _setting(folder).peers
    found = [network.nearest_pois(FARTHEST, name)[1].to_numpy() for name in CATEGORIES]
    out = np.stack([cost[peers.addresses] for cost in found], axis=1)
    out[out >= FARTHEST] = np.inf  # what is farther is given as the limit
    return out


def _within(folder: Path) -> NDArray[np.float64]:
    setting = _setting(folder)
    places = setting.addresses
    return within(setting.network, places, places, setting.residents, LIMITS)[..., 0]


def _within_sample(folder: Path) -> NDArray[np.float64]:
    setting = _setting(folder)
    some = _some(setting.addresses, SAMPLE)
    return within(setting.network, some, setting.addresses, setting.residents, LIMITS)[..., 0]


def _within_nodes(folder: Path) -> NDArray[np.float64]:
    setting = _setting(folder)
    nodes = _nodes(folder)
    return within(setting.network, nodes, setting.addresses, setting.residents, LIMITS)[..., 0]


@lru_cache(maxsize=1)
def _nodes(folder: Path) -> Places:
    """Return every node of the peers' graph as a place."""
    setting = _setting(folder)
    graph, addresses = setting.network.graph, setting.addresses
    n = len(setting.peers.xy)
    edge, share = np.zeros(n, np.int32), np.zeros(n)
    edge[graph.start], share[graph.start] = np.arange(graph.edges), 0.0
    edge[graph.end], share[graph.end] = np.arange(graph.edges), 1.0
    where = (setting.peers.addresses, *setting.peers.services)
    for nodes, places in zip(where, (addresses, *setting.services), strict=True):
        edge[nodes], share[nodes] = places.edge, places.share
    return replace(
        addresses, row=np.arange(n, dtype=np.int32), edge=edge, share=share,
        access=np.zeros(n), count=n,
    )  # fmt: skip


def _within_scipy(folder: Path) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    graph, setting = _scipy(folder), _setting(folder)
    nodes = setting.peers.addresses
    sources = nodes[_chosen(len(nodes), SAMPLE)]
    people = np.bincount(nodes, weights=setting.residents, minlength=len(setting.peers.xy))
    out = np.empty((len(sources), len(LIMITS)))
    for first in range(0, len(sources), BATCH):
        rows = slice(first, first + BATCH)
        cost = dijkstra(graph, indices=sources[rows], limit=LIMITS[-1])
        for k, limit in enumerate(LIMITS):
            out[rows, k] = (cost <= limit) @ people
    return out


def _within_networkx(folder: Path) -> NDArray[np.float64]:
    import networkx as nx  # noqa: PLC0415

    graph, setting = _networkx(folder), _setting(folder)
    nodes = setting.peers.addresses
    sources = nodes[_chosen(len(nodes), SAMPLE)]
    people = np.bincount(nodes, weights=setting.residents, minlength=len(setting.peers.xy))
    out = np.empty((len(sources), len(LIMITS)))
    for i, source in enumerate(sources.tolist()):
        found = nx.single_source_dijkstra_path_length(graph, source, cutoff=LIMITS[-1])
        cost = np.fromiter(found.values(), dtype=np.float64, count=len(found))
        there = people[np.fromiter(found.keys(), dtype=np.intp, count=len(found))]
        out[i] = [there[cost <= limit].sum() for limit in LIMITS]
    return out


def _within_pandana(folder: Path) -> NDArray[np.float64]:
    network = _pandana(folder)
    sums = [network.aggregate(m, type="sum", decay="flat", name="people") for m in LIMITS]
    return np.stack([found.to_numpy() for found in sums], axis=1)


def _within_pandana_addresses(folder: Path) -> NDArray[np.float64]:
    return _within_pandana(folder)[_setting(folder).peers.addresses]


def _matrix(folder: Path) -> NDArray[np.float64]:
    setting = _setting(folder)
    origins, targets = (_some(setting.addresses, count) for count in PAIRS)
    return matrix(setting.network, origins, targets)


def _pairs(folder: Path) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    nodes = _setting(folder).peers.addresses
    return nodes[_chosen(len(nodes), PAIRS[0])], nodes[_chosen(len(nodes), PAIRS[1])]


def _matrix_scipy(folder: Path) -> NDArray[np.float64]:
    """Search from the side of fewer rows, as we do."""
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    graph, (origins, targets) = _scipy(folder), _pairs(folder)
    parts = [
        dijkstra(graph, indices=targets[first : first + BATCH])[:, origins]
        for first in range(0, len(targets), BATCH)
    ]
    return np.concatenate(parts).T


def _matrix_pandana(folder: Path) -> NDArray[np.float64]:
    network, (origins, targets) = _pandana(folder), _pairs(folder)
    found = network.shortest_path_lengths(
        np.repeat(origins, len(targets)), np.tile(targets, len(origins))
    )
    out = np.array(found).reshape(len(origins), len(targets))
    out[out > 1e6] = np.inf  # pandana's sign of no way
    return out


def _matrix_sgis(folder: Path) -> NDArray[np.float64]:
    """Give ssb-sgis the split graph as lines, so that all places are at its nodes."""
    found = _sgis(folder).od_cost_matrix(*_places_sgis(folder))
    out = np.full(PAIRS, np.inf)
    out[found["origin"].astype(int), found["destination"].astype(int)] = found["lengde"]
    return out


@lru_cache(maxsize=1)
def _sgis(folder: Path) -> Any:  # noqa: ANN401
    import geopandas as gpd  # noqa: PLC0415
    import sgis as sg  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    peers = _setting(folder).peers
    lines = shapely.linestrings(np.stack([peers.xy[peers.tail], peers.xy[peers.head]], axis=1))
    # Not «metres», which it measures itself along the lines, straight here.
    roads = gpd.GeoDataFrame({"lengde": peers.length}, geometry=lines, crs="EPSG:25832")
    rules = sg.NetworkAnalysisRules(directed=False, weight="lengde", split_lines=False)
    return sg.NetworkAnalysis(roads, rules=rules, log=False)


def _places_sgis(folder: Path) -> list[Any]:
    import geopandas as gpd  # noqa: PLC0415

    peers = _setting(folder).peers
    return [
        gpd.GeoDataFrame(
            geometry=gpd.points_from_xy(*peers.xy[nodes].T, crs="EPSG:25832"),
            index=np.arange(len(nodes)),
        )
        for nodes in _pairs(folder)
    ]


def _chosen(count: int, some: int) -> NDArray[np.intp]:
    return np.sort(np.random.default_rng(3203).choice(count, some, replace=False))


def _some(places: Places, count: int) -> Places:
    chosen = _chosen(places.count, count)
    return replace(
        places,
        row=np.arange(count, dtype=np.int32),
        edge=places.edge[chosen],
        share=places.share[chosen],
        access=places.access[chosen],
        count=count,
    )


def _difference(ours: NDArray[np.float64], peer: NDArray[np.float64]) -> float:
    """Return the largest difference; infinite when one has a way where the other has none."""
    both = np.isfinite(ours) & np.isfinite(peer)
    if not np.array_equal(np.isfinite(ours), np.isfinite(peer)):
        return np.inf
    return float(np.abs(ours[both] - peer[both]).max(initial=0.0))


def _compile(who: str, folder: Path) -> None:
    """Run the kernels in a process of its own: with a cache filled before, or an empty one."""
    cache = folder / "numba" / who
    if who == "peer":
        cache = folder / "numba" / f"peer-{len(list(folder.glob('numba/peer-*')))}"
        cache.mkdir(parents=True)
    run_command([sys.executable, "-c", TINY], NUMBA_CACHE_DIR=str(cache))
