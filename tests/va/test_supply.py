"""Who loses water, on EPANET's Net3 and on nets drawn by hand, against networkx and wntr."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from askergeo.va.supply import (
    CLOSED,
    OPEN,
    Pipes,
    alone_on_way,
    dry_without,
    lost,
    reserve,
    segment_stretches,
    stretches,
    walk,
)


@pytest.fixture(scope="module")
def model(shared_data):
    import wntr  # noqa: PLC0415  (heavy)

    return wntr.network.WaterNetworkModel(str(shared_data / "network" / "Net3.inp"))


def read(model, *, tanks):
    """Net3 as arrays: junctions' base demands, closed links closed, valves none."""
    names = list(model.node_name_list)
    number = {name: k for k, name in enumerate(names)}
    links = [model.get_link(name) for name in model.link_name_list]
    ends = np.array([[number[x.start_node_name], number[x.end_node_name]] for x in links])
    given = [*model.reservoir_name_list, *(model.tank_name_list if tanks else [])]
    valves = np.zeros((len(links), 2), np.int8)
    valves[[str(x.initial_status) == "Closed" for x in links], 0] = CLOSED
    demand = np.array([getattr(model.get_node(name), "base_demand", 0.0) or 0.0 for name in names])
    weights = np.stack([np.round(np.abs(demand) * 1e6), np.ones(len(names))], axis=1)
    sources = np.array([number[name] for name in given])
    return Pipes(len(names), ends[:, 0], ends[:, 1], sources, valves), weights


def graph_of(pipes):
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(pipes.nodes))
    shut = pipes.valves[:, 0] == CLOSED
    graph.add_edges_from(
        (int(a), int(b), k)
        for k, (a, b) in enumerate(zip(pipes.start, pipes.end, strict=True))
        if not shut[k]
    )
    graph.add_edges_from(("root", int(s), ("s", k)) for k, s in enumerate(pipes.sources))
    return graph


def wet(graph):
    return [n for n in nx.node_connected_component(graph, "root") if n != "root"]


@pytest.mark.parametrize("tanks", [False, True])
def test_net3_agrees_with_removing_each_pipe_in_turn(model, tanks):
    pipes, weights = read(model, tanks=tanks)
    answer = lost(pipes, weights, np.zeros((len(pipes.start), 2)))
    graph = graph_of(pipes)
    everything = weights[wet(graph)].sum(axis=0)
    assert answer.total.tolist() == everything.tolist()
    some = 0
    for k, (a, b) in enumerate(zip(pipes.start.tolist(), pipes.end.tolist(), strict=True)):
        if pipes.valves[k, 0] == CLOSED:
            continue
        graph.remove_edge(a, b, k)
        expected = everything - weights[wet(graph)].sum(axis=0)
        graph.add_edge(a, b, k)
        assert answer.pipe[k].tolist() == expected.tolist()
        some += expected[1] > 0
    # Net3 has loops and branches: neither all nor none of its pipes stand alone.
    assert 10 < some < len(pipes.start) - 10


def test_net3_agrees_with_removing_each_node_and_source(model):
    pipes, weights = read(model, tanks=True)
    answer = lost(pipes, weights, np.zeros((len(pipes.start), 2)))
    graph = graph_of(pipes)
    everything = weights[wet(graph)].sum(axis=0)
    for node in range(pipes.nodes):
        smaller = graph.copy()
        smaller.remove_node(node)
        assert (
            answer.node[node].tolist() == (everything - weights[wet(smaller)].sum(axis=0)).tolist()
        )
    for k, node in enumerate(pipes.sources.tolist()):
        graph.remove_edge("root", node, ("s", k))
        expected = everything - weights[wet(graph)].sum(axis=0)
        graph.add_edge("root", node, ("s", k))
        assert answer.source[k].tolist() == expected.tolist()


@pytest.mark.parametrize("count", [0, 25, 90])
def test_segments_are_those_of_wntr(model, count):
    from wntr.metrics import valve_segments  # noqa: PLC0415  (heavy)

    pipes, weights = read(model, tanks=True)
    places = np.random.default_rng(count).choice(2 * len(pipes.start), count, replace=False)
    valves = np.zeros((len(pipes.start), 2), np.int8)
    valves[places // 2, places % 2] = OPEN
    pipes = Pipes(pipes.nodes, pipes.start, pipes.end, pipes.sources, valves)
    nodes, links = list(model.node_name_list), list(model.link_name_list)
    layer = {
        "link": [links[p // 2] for p in places],
        "node": [nodes[(pipes.start, pipes.end)[p % 2][p // 2]] for p in places],
    }
    import pandas as pd  # noqa: PLC0415

    node_of, link_of, _ = valve_segments(model.to_graph(), pd.DataFrame(layer, dtype=str))
    ours = lost(pipes, weights, np.zeros((len(links), 2))).segments
    theirs = [*node_of[nodes].tolist(), *link_of[links].tolist()]
    mine = [*ours.node.tolist(), *ours.pipe.tolist()]
    # The same parts, whatever they are called.
    assert len(set(zip(mine, theirs, strict=True))) == len(set(mine)) == len(set(theirs))


def net(ends, sources, valves=None):
    start, end = np.array(ends, dtype=np.int64).T
    given = np.zeros((len(ends), 2), np.int8)
    for (pipe, side), kind in (valves or {}).items():
        given[pipe, side] = kind
    return Pipes(int(max(start.max(), end.max())) + 1, start, end, np.array(sources), given)


#: A source, a main (0, 1), a ring (2, 3, 4), a branch (5, 6).
TOWN = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 2), (4, 5), (5, 6)]


def test_what_hangs_on_a_pipe_is_lost_with_it_and_kept_by_its_other_end():
    at_pipe = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0], [64.0]])
    answer = lost(net(TOWN, [0]), np.zeros((7, 1)), at_pipe)
    assert answer.pipe.ravel().tolist() == [127, 126, 4, 8, 16, 96, 64]
    # Node 2 takes the ring and the branch; what hangs on the main has water from the source.
    assert answer.node.ravel().tolist() == [127, 126, 124, 0, 96, 64, 0]
    assert answer.source.tolist() == [[127]]


def test_a_second_source_leaves_what_it_can_reach():
    at_node = np.ones((7, 1))
    answer = lost(net(TOWN, [0, 6]), at_node, np.zeros((7, 1)))
    assert answer.pipe.ravel().tolist() == [0] * 7
    assert answer.source.ravel().tolist() == [0, 0]
    found = reserve(net(TOWN, [0, 6]))
    assert found.source.tolist() == found.pipe.tolist() == [-1] * 7


def test_parts_without_a_source_are_unknown_not_zero():
    answer = lost(net([*TOWN, (7, 8)], [0]), np.ones((9, 1)), np.ones((8, 1)))
    assert np.isnan(answer.pipe[7, 0])
    assert np.isnan(answer.node[7:, 0]).all()
    assert answer.unsupplied.tolist() == [3]
    assert answer.total.tolist() == [14]


def test_a_shut_valve_lets_nothing_through():
    # The ring is shut at one end of pipe 2: all of it has water by pipe 4.
    pipes = net(TOWN, [0], {(2, 0): CLOSED})
    answer = lost(pipes, np.ones((7, 1)), np.zeros((7, 1)))
    assert answer.pipe.ravel().tolist() == [6, 5, 0, 1, 4, 2, 1]


def test_a_segment_takes_all_that_lies_between_its_valves():
    # Valves on both sides of pipe 4, and where the branch leaves: the ring without pipe 4 is one.
    pipes = net(TOWN, [0], {(4, 0): OPEN, (4, 1): OPEN, (5, 0): OPEN})
    answer = lost(pipes, np.ones((7, 1)), np.ones((7, 1)))
    ring = answer.segments.pipe[2]
    assert answer.segments.pipe.tolist().count(ring) == 4
    assert answer.own[ring, 0] == 4 + 5
    # The source lies in it: everything goes.
    assert answer.segment[ring, 0] == 14
    assert answer.segment[answer.segments.pipe[4], 0] == 1
    assert answer.segment[answer.segments.pipe[5], 0] == 4


def test_stretches_go_on_while_the_loss_is_nearly_the_same():
    pipes = net([(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)], [0])
    answer = lost(pipes, np.array([[0.0], [1], [0], [1], [98], [0]]), np.zeros((5, 1)))
    assert stretches(pipes, answer.pipe[:, 0], 0.8).tolist() == [0, 0, 0, 0, 4]
    assert stretches(pipes, answer.pipe[:, 0], 0.995).tolist() == [0, 1, 1, 3, 4]


def test_a_stretch_of_segments_goes_through_what_none_can_do_without():
    every = {(k, side): OPEN for k in range(7) for side in (0, 1)}
    pipes = net(TOWN, [0], every)
    answer = lost(pipes, np.zeros((7, 1)), np.array([[0.0], [0], [0], [0], [0], [0], [10]]))
    head = segment_stretches(pipes, answer.segments, answer.segment[:, 0], 0.8)
    first = answer.segments.node[0]
    # Main, node 2, node 4 and branch take all ten; pipes and node of the ring take nothing.
    assert head[answer.segments.pipe[[0, 1, 5, 6]]].tolist() == [first] * 4
    assert first not in head[answer.segments.pipe[[2, 3, 4]]]


def test_the_pipes_alone_on_the_way_are_those_that_dry_it_out():
    pipes = net(TOWN, [0])
    ways = alone_on_way(pipes, walk(pipes), np.array([6, 3]))
    assert [one.tolist() for one in ways] == [[6, 5, 1, 0], [1, 0]]
    for gone in range(7):
        dry = dry_without(pipes, np.array([gone]))
        assert dry[6] == (gone in (5, 1, 0))


def test_what_dries_out_is_what_is_lost():
    rng = np.random.default_rng(4)
    ends = rng.integers(0, 40, (50, 2))
    pipes = net([*ends.tolist(), (39, 0)], [3, 17])
    at_pipe = rng.integers(0, 9, (51, 1)).astype(float)
    answer = lost(pipes, np.zeros((pipes.nodes, 1)), at_pipe)
    for gone in np.flatnonzero(answer.supplied_pipe):
        dry = dry_without(pipes, np.array([gone]))
        assert at_pipe[dry].sum() + at_pipe[gone, 0] == answer.pipe[gone, 0]
    for node in np.flatnonzero(answer.supplied_node):
        dry = dry_without(pipes, np.zeros(0, int), nodes=np.array([node]))
        assert at_pipe[dry].sum() == answer.node[node, 0]
    for k in range(2):
        dry = dry_without(pipes, np.zeros(0, int), sources=np.array([k]))
        assert at_pipe[dry].sum() == answer.source[k, 0]
