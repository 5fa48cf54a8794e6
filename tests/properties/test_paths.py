"""What always holds for shortest ways on foot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.network.paths import Network, matrix, nearest, reach, within
from askergeo.network.profiles import edge_costs, find_profile, metres
from tests.network.graphs import random_graph
from tests.network.peers import random_places

SMALL = settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, 10_000)
SHAPES = st.tuples(st.sampled_from([6, 20, 60]), st.floats(0.4, 0.9))
TOLERANCE = 1e-7


def case(seed, shape, rows=15):
    graph = random_graph(seed, nodes=shape[0], keep=shape[1])
    random = np.random.default_rng(seed)
    return graph, random_places(graph, random, rows), random


@SMALL
@given(SEEDS, SHAPES)
def test_without_slope_the_way_back_is_as_long(seed, shape):
    graph, places, _ = case(seed, shape)
    there = matrix(Network.of(graph, metres(graph)), places, places)
    np.testing.assert_allclose(there, there.T, atol=TOLERANCE)


@SMALL
@given(SEEDS, SHAPES, st.sampled_from(["voksen", "rullator"]))
def test_no_detour_is_shorter(seed, shape, profile):
    graph, places, _ = case(seed, shape)
    places = replace(places, access=np.zeros(len(places.row)))
    # One entrance a row: a row with two could be walked through for nothing.
    first = np.r_[True, places.row[1:] != places.row[:-1]]
    columns = {name: getattr(places, name)[first] for name in ("row", "edge", "share", "access")}
    places = replace(places, **columns)
    cost = matrix(Network.of(graph, edge_costs(graph, find_profile(profile))), places, places)
    cost = np.where(np.isnan(cost), np.inf, cost)
    detour = (cost[:, :, None] + cost[None, :, :]).min(axis=1)
    assert (cost <= detour + TOLERANCE).all()


@SMALL
@given(SEEDS, SHAPES, st.lists(st.floats(0, 3000), min_size=2, max_size=4))
def test_more_is_within_a_longer_limit(seed, shape, limits):
    graph, places, random = case(seed, shape)
    weights = random.random((places.count, 2))
    network = Network.of(graph, edge_costs(graph, find_profile("eldre")))
    sums = within(network, places, places, weights, sorted(limits))
    known = ~np.isnan(sums[:, 0, 0])
    assert (np.diff(sums[known], axis=1) >= -TOLERANCE).all()
    assert (sums[known] <= weights.sum(axis=0) + TOLERANCE).all()


@SMALL
@given(SEEDS, SHAPES, st.floats(0, 2000))
def test_sums_over_nodes_are_sums_over_addresses(seed, shape, limit):
    """What an address reaches is what it reaches at the nodes where it stands."""
    graph, _, random = case(seed, shape)
    edge = random.integers(0, graph.edges, 10).astype(np.int32)
    share = random.integers(0, 2, 10).astype(np.float64)
    template = random_places(graph, random, 10)
    at_nodes = replace(
        template,
        row=np.arange(10, dtype=np.int32),
        edge=edge,
        share=share,
        access=np.zeros(10),
        unsnapped=np.empty(0, np.int32),
        distance=np.empty(0),
    )
    weights = random.random(10)
    node = np.where(share == 0, graph.start[edge], graph.end[edge])
    network = Network.of(graph, metres(graph))
    sums = within(network, at_nodes, at_nodes, weights, [limit])[:, 0, 0]
    by_node = np.bincount(node, weights=weights, minlength=graph.nodes)
    for row in range(10):
        alone = {name: getattr(at_nodes, name)[[row]] for name in ("edge", "share", "access")}
        one = replace(at_nodes, row=np.zeros(1, np.int32), count=1, **alone)
        # The same ways summed in another order may differ in the last digit.
        cost = reach(network, one)
        low, high = (by_node[cost <= limit + step].sum() for step in (-TOLERANCE, TOLERANCE))
        assert low - TOLERANCE <= sums[row] <= high + TOLERANCE


@SMALL
@given(SEEDS, SHAPES)
def test_some_of_the_targets_are_never_nearer_than_all(seed, shape):
    graph, places, random = case(seed, shape)
    keep = random.random(len(places.row)) < 0.5
    columns = {name: getattr(places, name)[keep] for name in ("row", "edge", "share", "access")}
    some = replace(places, **columns)
    origins = random_places(graph, random, 15)
    cost = nearest(Network.of(graph, metres(graph)), origins, [places, some]).cost
    known = ~np.isnan(cost[:, 0])
    assert (cost[known, 1] >= cost[known, 0]).all()


@SMALL
@given(SEEDS, SHAPES)
def test_nearest_is_the_least_of_the_matrix(seed, shape):
    graph, targets, random = case(seed, shape)
    origins = random_places(graph, random, 15)
    network = Network.of(graph, edge_costs(graph, find_profile("rullator")))
    every = matrix(network, origins, targets)
    least = np.where(np.isnan(every), np.inf, every).min(axis=1)
    least[origins.unsnapped] = np.nan
    np.testing.assert_allclose(
        nearest(network, origins, [targets]).cost[:, 0], least, atol=TOLERANCE
    )
