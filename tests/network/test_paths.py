"""Shortest ways on networks counted by hand, and as networkx and scipy give them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from askergeo.network import paths as nets
from askergeo.network.paths import (
    Network,
    edge_use,
    k_nearest,
    matrix,
    nearest,
    paths,
    reach,
    within,
)
from askergeo.network.profiles import Costs, edge_costs, find_profile, metres
from askergeo.network.snapping import Places
from tests.network.graphs import graph_of, random_graph
from tests.network.peers import peer_matrix, random_costs, random_places

INF, NAN = np.inf, np.nan
MILLIMETRE = 1e-3

# A street of three edges along x with a side street up and a dead end with a fork down:
#
#     0 ─── 100 ─── 200 ─── 300        edges 0, 1, 2
#             │       │
#             └─ 250 ─┘                edge 3: from (100, 0) up, across and down, 250 m
#           (200, −50) hangs on (200, 0), edge 4, and forks to (150, −50) and (230, −50)
STREET = graph_of(
    [
        [(0, 0), (100, 0)],
        [(100, 0), (200, 0)],
        [(200, 0), (300, 0)],
        [(100, 0), (100, 75), (200, 75), (200, 0)],
        [(200, 0), (200, -50)],
        [(200, -50), (150, -50)],
        [(200, -50), (230, -50)],
    ]
)


def places(*where, access=None, count=None):
    """Places from (row, edge, share)."""
    row, edge, share = (np.array(column) for column in zip(*where, strict=True))
    count = count or int(row.max()) + 1
    missing = np.setdiff1d(np.arange(count), row).astype(np.int32)
    return Places(
        row=row.astype(np.int32),
        edge=edge.astype(np.int32),
        share=share.astype(np.float64),
        access=np.array(access if access is not None else [0.0] * len(row), dtype=np.float64),
        count=count,
        unsnapped=missing,
        distance=np.full(len(missing), NAN),
    )


@pytest.fixture
def street():
    return Network.of(STREET, metres(STREET))


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        ((0, 0.25), (0, 0.75), 50),  # along one edge
        ((0, 0.75), (0, 0.25), 50),  # and back
        ((0, 0.5), (2, 0.5), 200),  # straight on
        ((3, 0.2), (3, 0.8), 150),  # along the long way, which is shorter than round
        ((3, 0.1), (3, 0.9), 150),  # 25 + 100 + 25: out of the edge and in again
        ((5, 1.0), (6, 1.0), 80),  # within the dead end, without going up
        ((5, 0.5), (5, 0.1), 20),  # along one edge of it
        ((5, 1.0), (4, 0.5), 75),  # up its stem
        ((4, 0.5), (6, 1.0), 55),  # and down it
        ((5, 1.0), (1, 0.5), 150),  # out of it
        ((1, 0.5), (5, 1.0), 150),  # into it
        ((0, 0.5), (0, 0.5), 0),  # the same spot
    ],
)
def test_ways_counted_by_hand(street, origin, target, expected):
    a, b = places((0, *origin)), places((0, *target))
    assert matrix(street, a, b)[0, 0] == pytest.approx(expected)
    assert nearest(street, a, [b]).cost[0, 0] == pytest.approx(expected)
    assert paths(street, a, b).cost[0] == pytest.approx(expected)
    assert within(street, a, b, np.ones(1), [expected]).tolist() == [[[1]]]
    assert within(street, a, b, np.ones(1), [expected - MILLIMETRE]).tolist() == [[[0]]]


def test_the_walk_to_and_from_the_edge_counts(street):
    a = places((0, 0, 0.5), access=[30])
    b = places((0, 1, 0.5), access=[7])
    assert matrix(street, a, b)[0, 0] == pytest.approx(137)
    assert matrix(street, a, a)[0, 0] == pytest.approx(60)


def test_costs_are_from_origin_to_target():
    up_hill = graph_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], slopes=[[0.1], [0.1]])
    network = Network.of(up_hill, edge_costs(up_hill, find_profile("voksen")))
    low, high = places((0, 0, 0.5)), places((0, 1, 0.5))
    flat = 72.0
    assert matrix(network, low, high)[0, 0] == pytest.approx(flat * np.exp(3.5 * 0.10))
    assert matrix(network, high, low)[0, 0] == pytest.approx(flat * np.exp(3.5 * 0.0))
    assert nearest(network, low, [high]).cost[0, 0] == pytest.approx(flat * np.exp(3.5 * 0.10))
    one_way = reach(network, low), reach(network, low, inward=True)
    assert (one_way[0] != one_way[1]).all()


def test_a_closed_edge_is_gone_round_and_a_place_on_it_is_cut_off():
    forward = STREET.length.copy()
    forward[1] = INF
    network = Network.of(STREET, Costs(forward=forward, backward=forward, access=1, unit="m"))
    a, b = places((0, 0, 0.5), (1, 1, 0.5)), places((0, 2, 0.5), (1, 1, 0.5), (2, 1, 1.0))
    expected = [[350, INF, 300], [INF, 0, INF]]
    assert matrix(network, a, b).tolist() == expected
    assert matrix(network, b, a).T.tolist() == expected


def test_the_best_of_several_entrances_counts_and_a_row_counts_once(street):
    homes = places((0, 0, 0.0), (0, 2, 1.0), (1, 5, 1.0))
    shops = places((0, 0, 0.5), (0, 2, 0.5), (1, 4, 1.0))
    assert matrix(street, homes, shops).tolist() == [[50, 150], [150, 50]]
    # Both entrances of shop 0 lie within 250 m of both homes.
    sums = within(street, homes, shops, np.array([10.0, 1.0]), [49, 50, 150, 1000])
    assert sums[..., 0].tolist() == [[0, 10, 11, 11], [0, 1, 11, 11]]
    assert nearest(street, homes, [shops]).target.tolist() == [[0], [1]]


def test_what_is_not_on_the_network_is_unknown_never_zero(street):
    homes, shops = places((1, 0, 0.5), count=3), places((0, 2, 0.5), count=2)
    found = nearest(street, homes, [shops, shops], limit=100)
    assert np.isnan(found.cost).tolist() == [[True, True], [False, False], [True, True]]
    assert found.cost[1].tolist() == [INF, INF]
    assert (found.target == -1).all()
    sums = within(street, homes, shops, np.ones((2, 2)), [300.0])
    np.testing.assert_array_equal(sums[:, 0, 0], [NAN, 1, NAN])
    np.testing.assert_array_equal(
        matrix(street, homes, shops), [[NAN, NAN], [200, NAN], [NAN, NAN]]
    )
    few = k_nearest(street, homes, shops, 2)
    np.testing.assert_array_equal(few.cost, [[NAN, NAN], [200, INF], [NAN, NAN]])
    assert few.target.tolist() == [[-1, -1], [0, -1], [-1, -1]]
    ways = paths(street, homes, shops)
    np.testing.assert_array_equal(ways.cost, [NAN, 200, NAN])
    assert ways.ptr.tolist() == [0, 0, 3, 3]


def test_ways_are_written_edge_by_edge(street):
    ways = paths(street, places((0, 5, 0.5), (1, 0, 0.2)), places((0, 1, 0.25)))
    first = slice(*ways.ptr[:2])
    assert ways.edge[first].tolist() == [5, 4, 1]
    assert ways.begin[first].tolist() == [0.5, 1.0, 1.0]
    assert ways.stop[first].tolist() == [0.0, 0.0, 0.25]
    assert ways.edge[slice(*ways.ptr[1:])].tolist() == [0, 1]
    assert ways.target.tolist() == [0, 0]


def test_trips_are_counted_on_every_edge_they_use(street):
    homes = places((0, 5, 0.5), (1, 6, 0.5), (2, 0, 0.5), (3, 1, 0.5), count=5)
    use = edge_use(street, homes, places((0, 1, 0.25)), np.array([8.0, 4, 2, 1, 100]))
    assert use.tolist() == [2, 15, 0, 0, 12, 8, 4]


def test_the_limit_cuts_off(street):
    homes, shops = places((0, 0, 0.0)), places((0, 0, 1.0), (1, 2, 1.0))
    assert matrix(street, homes, shops, limit=299.9).tolist() == [[100, INF]]
    assert k_nearest(street, homes, shops, 2, limit=299.9).cost.tolist() == [[100, INF]]
    found = reach(street, homes, limit=150)
    assert np.sort(found[np.isfinite(found)]).tolist() == [0, 100]
    assert edge_use(street, homes, shops, np.ones(1), limit=99).sum() == 0


def test_a_ring_a_loop_and_a_single_edge_have_junctions_enough():
    ring = graph_of([[(0, 0), (50, 0)], [(50, 0), (50, 50)], [(50, 50), (0, 0)]])
    alone = graph_of([[(0, 0), (50, 0)]])
    # A loop of two edges on a stem.
    loop = graph_of(
        [[(0, 0), (50, 0)], [(50, 0), (80, 30), (110, 0)], [(110, 0), (80, -30), (50, 0)]]
    )
    for graph in (ring, alone, loop):
        random = np.random.default_rng(3)
        a, b = (random_places(graph, random, 8) for _ in range(2))
        expected = peer_matrix(graph, metres(graph), a, b)
        found = matrix(Network.of(graph, metres(graph)), a, b)
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_chains_and_trees_longer_than_the_largest_part_are_exact():
    chain = [[(x, 0), (x + 1, 0)] for x in range(200)]
    comb = [[(x, 0), (x, 3)] for x in range(0, 200, 2)]
    ring = [*chain, [(200, 0), (200, 90), (0, 90), (0, 0)], *comb]
    for lines in (chain, comb + chain, ring):
        graph = graph_of(lines)
        random = np.random.default_rng(5)
        a, b = (random_places(graph, random, 12) for _ in range(2))
        expected = peer_matrix(graph, metres(graph), a, b)
        found = matrix(Network.of(graph, metres(graph)), a, b)
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_give_what_networkx_gives(seed):
    """Slopes, closed edges, islands, several entrances, limits: to less than a micrometre."""
    random = np.random.default_rng(seed)
    graph = random_graph(seed, nodes=(9, 30, 90)[seed % 3], keep=(0.4, 0.7)[seed % 2])
    costs = random_costs(graph, random, closed=(0.0, 0.2)[seed % 2])
    a, b = random_places(graph, random, 25), random_places(graph, random, 12)
    expected = peer_matrix(graph, costs, a, b)
    network = Network.of(graph, costs)
    np.testing.assert_allclose(matrix(network, a, b), expected, atol=1e-7)
    np.testing.assert_allclose(matrix(network, b, a), peer_matrix(graph, costs, b, a), atol=1e-7)
    known = np.where(np.isnan(expected), INF, expected)
    limits = np.sort(random.uniform(0, 2500, 3))
    weights = random.integers(0, 5, (b.count, 2)).astype(float)
    sums = np.stack([(known <= limit) @ weights for limit in limits], axis=1)
    sums[a.unsnapped] = NAN
    np.testing.assert_allclose(within(network, a, b, weights, limits), sums)
    known[known > limits[-1]] = INF
    least = np.sort(known, axis=1)[:, :4]
    least[a.unsnapped] = NAN
    found = k_nearest(network, a, b, 4, limit=limits[-1])
    np.testing.assert_allclose(found.cost, least, atol=1e-7)
    closest = nearest(network, a, [b], limit=limits[-1])
    np.testing.assert_allclose(closest.cost[:, 0], least[:, 0], atol=1e-7)
    there = closest.target[:, 0] >= 0
    rows = np.flatnonzero(there), closest.target[there, 0]
    np.testing.assert_allclose(expected[rows], closest.cost[there, 0], atol=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_ways_add_up_to_their_cost_and_to_the_trips(seed):
    random = np.random.default_rng(seed)
    graph = random_graph(seed, nodes=60)
    costs = random_costs(graph, random, closed=0.1)
    a, b = random_places(graph, random, 25), random_places(graph, random, 6)
    a, b = (replace(p, access=np.zeros(len(p.row))) for p in (a, b))
    network = Network.of(graph, costs)
    ways = paths(network, a, b)
    np.testing.assert_allclose(ways.cost, nearest(network, a, [b]).cost[:, 0], atol=1e-7)
    step = ways.stop - ways.begin
    price = np.where(step > 0, costs.forward[ways.edge], costs.backward[ways.edge])
    row = np.repeat(np.arange(a.count), np.diff(ways.ptr))
    total = np.bincount(row, weights=np.abs(step) * price, minlength=a.count)
    walked = ways.target >= 0
    np.testing.assert_allclose(total[walked], ways.cost[walked], atol=1e-7)
    assert not total[~walked].any()
    # Each edge is left at the node where the next is entered.
    left = np.where(ways.stop == 0, graph.start[ways.edge], graph.end[ways.edge])[:-1]
    entered = np.where(ways.begin == 0, graph.start[ways.edge], graph.end[ways.edge])[1:]
    assert (left == entered)[row[1:] == row[:-1]].all()
    trips = random.integers(1, 9, a.count).astype(float)
    use = np.zeros(graph.edges)
    for r in range(a.count):
        use[np.unique(ways.edge[row == r])] += trips[r]
    np.testing.assert_allclose(edge_use(network, a, b, trips), use)


@pytest.mark.parametrize("inward", [False, True])
def test_costs_at_nodes_are_those_of_scipy(inward):
    graph = random_graph(4, nodes=200)
    costs = random_costs(graph, np.random.default_rng(4), closed=0.1)
    open_arcs = [np.isfinite(c) for c in (costs.forward, costs.backward)]
    tail = np.r_[graph.start[open_arcs[0]], graph.end[open_arcs[1]]]
    head = np.r_[graph.end[open_arcs[0]], graph.start[open_arcs[1]]]
    cost = np.r_[costs.forward[open_arcs[0]], costs.backward[open_arcs[1]]]
    arcs = coo_array((cost, (tail, head)), shape=(graph.nodes, graph.nodes)).tocsr()
    source = np.unique(graph.start[[0, 5, 9]])
    at_nodes = places(*[(i, e, 0.0) for i, e in enumerate([0, 5, 9])])
    expected = dijkstra(arcs.T if inward else arcs, indices=source, min_only=True)
    network = Network.of(graph, costs)
    found = reach(network, at_nodes, inward=inward)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    limited = reach(network, at_nodes, inward=inward, limit=400)
    np.testing.assert_allclose(limited, np.where(expected <= 400, expected, INF), rtol=1e-12)


def test_edges_of_very_different_cost_fit_the_queue():
    """A ferry of an hour beside steps of a metre, and an access longer than any edge."""
    graph = graph_of([[(x, 0), (x + 1, 0)] for x in range(30)] + [[(30, 0), (9e6, 0)]])
    a = places((0, 0, 0.0), access=[5e4])
    b = places((0, 30, 1.0), (1, 20, 0.5), access=[0, 7e5])
    expected = peer_matrix(graph, metres(graph), a, b)
    network = Network.of(graph, metres(graph))
    np.testing.assert_allclose(matrix(network, a, b), expected, atol=1e-6)
    np.testing.assert_allclose(nearest(network, a, [b]).cost[:, 0], expected.min(), atol=1e-6)


def test_an_empty_network_and_empty_places_give_empty_answers(street):
    empty = graph_of([])
    nobody = replace(places((0, 0, 0.5)), **_no_places(2))
    nowhere = Network.of(empty, metres(empty))
    for network in (nowhere, street):
        assert np.isnan(nearest(network, nobody, [nobody]).cost).all()
        assert np.isnan(within(network, nobody, nobody, np.ones(2), [5.0])).all()
        assert np.isnan(matrix(network, nobody, nobody)).all()
        assert np.isinf(reach(network, nobody)).all()
        assert not edge_use(network, nobody, nobody, np.ones(2)).any()
    assert nearest(street, places((0, 0, 0.5)), []).cost.shape == (1, 0)
    assert within(street, nobody, nobody, np.ones(2), []).shape == (2, 0, 1)


def test_threads_give_the_same_answer(monkeypatch):
    graph = random_graph(8, nodes=300, keep=0.7)
    network = Network.of(graph, metres(graph))
    a = random_places(graph, np.random.default_rng(8), 700)
    weights = np.random.default_rng(8).random((700, 2))
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    one = within(network, a, a, weights, [100, 300]), matrix(network, a, a, limit=200)
    monkeypatch.setenv("NUMBA_NUM_THREADS", "4")
    monkeypatch.setattr(nets, "LEAST_ROWS", 16)
    four = within(network, a, a, weights, [100, 300]), matrix(network, a, a, limit=200)
    for x, y in zip(one, four, strict=True):
        np.testing.assert_array_equal(x, y)


def _no_places(count):
    nothing = np.empty(0)
    return {
        "row": nothing.astype(np.int32),
        "edge": nothing.astype(np.int32),
        "share": nothing,
        "access": nothing,
        "count": count,
        "unsnapped": np.arange(count, dtype=np.int32),
        "distance": np.full(count, NAN),
    }
