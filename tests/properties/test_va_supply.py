"""Who loses water, against removing each thing in turn, on networks of every shape."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.va.supply import CLOSED, OPEN, Pipes, lost, reserve


@st.composite
def networks(draw):
    """Networks with loops, parallel pipes, islands, several sources and valves, and weights."""
    nodes = draw(st.integers(1, 9))
    node = st.integers(0, nodes - 1)
    ends = draw(st.lists(st.tuples(node, node), min_size=1, max_size=14))
    sources = draw(st.lists(node, max_size=3))
    valve = st.sampled_from([0, 0, 0, OPEN, OPEN, CLOSED])
    valves = draw(st.lists(st.tuples(valve, valve), min_size=len(ends), max_size=len(ends)))
    weight = st.integers(0, 9)
    at_node = draw(st.lists(weight, min_size=nodes, max_size=nodes))
    at_pipe = draw(st.lists(weight, min_size=len(ends), max_size=len(ends)))
    start, end = np.array(ends, dtype=np.int64).T
    pipes = Pipes(nodes, start, end, np.array(sources, dtype=np.int64), np.array(valves, np.int8))
    return pipes, np.array(at_node, float)[:, None], np.array(at_pipe, float)[:, None]


def graph_of(pipes):
    """Every pipe as a node of its own between its ends; open valves are nodes too."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(("n", i) for i in range(pipes.nodes))
    for p, ends in enumerate(zip(pipes.start.tolist(), pipes.end.tolist(), strict=True)):
        graph.add_node(("p", p))
        for side, node in enumerate(ends):
            if pipes.valves[p, side] != CLOSED:
                graph.add_edge(("p", p), ("n", node), valve=bool(pipes.valves[p, side]))
    for number, source in enumerate(pipes.sources.tolist()):
        graph.add_edge(("s", number), ("n", source), valve=False)
        graph.add_edge("root", ("s", number), valve=False)
    graph.add_node("root")
    return graph


def weight_of(kept, at_node, at_pipe):
    nodes = sum(at_node[i, 0] for kind, i in kept if kind == "n")
    return nodes + sum(at_pipe[i, 0] for kind, i in kept if kind == "p")


def wet(graph):
    return set(nx.node_connected_component(graph, "root")) - {"root"}


def after(graph, gone):
    """What has water when some elements are gone; `root` is never."""
    smaller = graph.copy()
    smaller.remove_nodes_from(gone)
    return wet(smaller)


def parts_of(pipes, graph):
    """Segments as networkx finds them: what no valve parts."""
    inner = graph.subgraph(n for n in graph if n[0] in "np").copy()
    inner.remove_edges_from(
        [(u, v, key) for u, v, key, shut in inner.edges(keys=True, data="valve") if shut]
    )
    return [set(part) for part in nx.connected_components(inner)]


@settings(max_examples=100, deadline=None)
@given(networks())
def test_each_failure_agrees_with_removing_it(case):
    pipes, at_node, at_pipe = case
    answer, graph = lost(pipes, at_node, at_pipe), graph_of(pipes)
    before = wet(graph)
    total = weight_of(before, at_node, at_pipe)
    assert answer.total[0] == total
    assert answer.total[0] + answer.unsupplied[0] == at_node.sum() + at_pipe.sum()

    def taken(gone):
        return total - weight_of(after(graph, gone), at_node, at_pipe)

    for p in range(len(pipes.start)):
        assert answer.supplied_pipe[p] == (("p", p) in before)
        if answer.supplied_pipe[p]:
            assert answer.pipe[p, 0] == taken([("p", p)])
        else:
            assert np.isnan(answer.pipe[p, 0])
    for i in range(pipes.nodes):
        assert answer.supplied_node[i] == (("n", i) in before)
        if answer.supplied_node[i]:
            assert answer.node[i, 0] == taken([("n", i)])
    for s in range(len(pipes.sources)):
        assert answer.source[s, 0] == taken([("s", s)])


@settings(max_examples=100, deadline=None)
@given(networks())
def test_each_segment_agrees_with_removing_all_of_it(case):
    pipes, at_node, at_pipe = case
    answer, graph = lost(pipes, at_node, at_pipe), graph_of(pipes)
    total = weight_of(wet(graph), at_node, at_pipe)
    parts = parts_of(pipes, graph)
    assert len(parts) == answer.segments.count
    for part in parts:
        where = answer.segments.node if next(iter(part))[0] == "n" else answer.segments.pipe
        label = where[next(iter(part))[1]]
        assert part == {("n", i) for i in np.flatnonzero(answer.segments.node == label)} | {
            ("p", i) for i in np.flatnonzero(answer.segments.pipe == label)
        }
        if part & wet(graph):
            assert answer.segment[label, 0] == total - weight_of(
                after(graph, part), at_node, at_pipe
            )
        else:
            assert np.isnan(answer.segment[label, 0])


@settings(max_examples=100, deadline=None)
@given(networks())
def test_what_stands_alone_is_what_no_way_avoids(case):
    pipes, *_ = case
    found, graph = reserve(pipes), graph_of(pipes)
    before = wet(graph)
    labels = lost(pipes, np.zeros((pipes.nodes, 1)), np.zeros((len(pipes.start), 1))).segments
    parts = parts_of(pipes, graph)
    with_source = {("n", i) for i in pipes.sources.tolist()}
    for i in range(pipes.nodes):
        me = ("n", i)
        if me not in before:
            assert (found.source[i], found.pipe[i], found.segment[i]) == (-1, -1, -1)
            continue
        sources = {s for s in range(len(pipes.sources)) if me not in after(graph, [("s", s)])}
        alone = {p for p in range(len(pipes.start)) if me not in after(graph, [("p", p)])}
        assert sources == ({found.source[i]} - {-1})
        assert found.pipe[i] in (alone or {-1})
        # The one nearest the source: no other that stands alone is before it.
        for p in alone - {found.pipe[i]}:
            assert ("p", p) not in after(graph, [("p", found.pipe[i])])
        needed = {
            labels.pipe[next(iter(part))[1]]
            if next(iter(part))[0] == "p"
            else labels.node[next(iter(part))[1]]
            for part in parts
            if me not in part and not part & with_source and me not in after(graph, part)
        }
        assert found.segment[i] in (needed or {-1})


@settings(max_examples=60, deadline=None)
@given(networks())
def test_residents_downstream_conserve(case):
    pipes, at_node, at_pipe = case
    answer = lost(pipes, at_node, at_pipe)
    # A failure never takes more than all, never less than its own, and never anything below zero.
    for part in (answer.pipe, answer.node, answer.source, answer.segment):
        assert (np.nan_to_num(part) <= answer.total[0]).all()
        assert (np.nan_to_num(part) >= 0).all()
    assert (np.nan_to_num(answer.segment, nan=np.inf) >= answer.own).all()
    # The segments' own are everything, each once.
    assert answer.own.sum() == answer.total[0] + answer.unsupplied[0]
    found = reserve(pipes)
    # Those with one source only are parted among the sources, and are what each source takes.
    wet_node = answer.supplied_node
    for s in range(len(pipes.sources)):
        mine = at_node[wet_node & (found.source == s)].sum()
        assert mine <= answer.source[s, 0]
