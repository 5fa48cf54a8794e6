"""Traces up and down, on nets drawn by hand and against networkx on random ones."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.va._supply_network import supply_pipes
from askergeo.va.network import pipe_network
from askergeo.va.supply import Pipes
from askergeo.va.trace import DOWN, SURE, UP, _up, trace_sewage, trace_water

CRS = "EPSG:25832"
PARAMETERS = load_parameters("va_bortfall+va_nett")


def layers(lines, nodes=(), *, kind="vann", **columns):
    """Pipes A, B, C … between points of hundreds of metres, and nodes of a type at points."""
    pipes = gpd.GeoDataFrame(
        {"ledning_id": list("ABCDEFGHIJ"[: len(lines)]), "type": kind, **columns},
        geometry=[shapely.LineString(np.array(one) * 100.0) for one in lines],
        crs=CRS,
    )
    points = gpd.GeoDataFrame(
        {
            "node_id": [f"N{k}" for k in range(len(nodes))],
            "type": [one[0] for one in nodes],
        },
        geometry=[shapely.Point(np.array(one[1]) * 100.0) for one in nodes],
        crs=CRS,
    )
    return pipes, points


def network_of(pipes, points, medium):
    return pipe_network(pipes, points, medium=medium, parameters=PARAMETERS)[0]


def told(network, pipes, trace):
    """Each pipe of the trace with what it rests on."""
    ids = pipes["ledning_id"].to_numpy()[network.row[trace.pieces]]
    return {str(one): SURE[level] for one, level in zip(ids, trace.sure, strict=True)}


def begin(network, pipes, one):
    return np.flatnonzero(pipes["ledning_id"].to_numpy()[network.row] == one)


# A main (A), a ring (B, C, D), a branch (E, F) from the far side of the ring.
WATER = [
    [(0, 0), (1, 0)], [(1, 0), (2, 1)], [(1, 0), (2, -1)], [(2, 1), (2, -1)],
    [(2, 1), (3, 1)], [(3, 1), (4, 1)],
]  # fmt: skip


@pytest.fixture(scope="module")
def water():
    pipes, points = layers(WATER, [("kilde", (0, 0))])
    network = network_of(pipes, points, "vann")
    return network, supply_pipes(network, network.source), pipes


def test_water_comes_surely_by_the_main_and_perhaps_by_the_ring(water):
    network, supply, pipes = water
    found = trace_water(network, supply, begin(network, pipes, "F"), UP)
    assert told(network, pipes, found) == {
        "A": "sikker", "B": "antatt", "C": "antatt", "D": "antatt", "E": "sikker", "F": "sikker",
    }  # fmt: skip
    assert found.ends.tolist() == np.flatnonzero(network.source).tolist()


def test_water_goes_down_surely_where_there_is_no_other_way(water):
    network, supply, pipes = water
    found = trace_water(network, supply, begin(network, pipes, "E"), DOWN)
    assert told(network, pipes, found) == {"E": "sikker", "F": "sikker"}
    found = trace_water(network, supply, begin(network, pipes, "A"), DOWN)
    assert set(told(network, pipes, found).values()) == {"sikker"}
    assert len(found.pieces) == 6


def test_water_goes_down_a_ring_by_the_shortest_way_as_a_guess(water):
    network, supply, pipes = water
    found = trace_water(network, supply, begin(network, pipes, "B"), DOWN)
    # The branch has its shortest way by B; in D water from both sides meets.
    assert told(network, pipes, found) == {
        "B": "sikker", "D": "antatt", "E": "antatt", "F": "antatt",
    }  # fmt: skip


def test_a_part_without_a_source_has_no_way_up():
    pipes, points = layers([*WATER, [(9, 9), (9, 8)]], [("kilde", (0, 0))])
    network = network_of(pipes, points, "vann")
    found = trace_water(
        network, supply_pipes(network, network.source), begin(network, pipes, "G"), UP
    )
    assert told(network, pipes, found) == {"G": "sikker"}
    assert len(found.ends) == 0


def test_ways_up_are_those_of_networkx():
    rng = np.random.default_rng(8)
    for _ in range(40):
        ends = rng.integers(0, 7, (9, 2))
        ends = ends[ends[:, 0] != ends[:, 1]]
        sources = rng.choice(7, 2, replace=False)
        pipes = Pipes(7, ends[:, 0], ends[:, 1], sources, np.zeros((len(ends), 2), np.int8))
        piece = int(rng.integers(len(ends)))
        graph = nx.Graph()
        graph.add_nodes_from([*range(7), "root", "goal"])
        graph.add_edges_from(("root", ("s", int(s))) for s in sources)
        graph.add_edges_from((("s", int(s)), int(s)) for s in sources)
        for k, (a, b) in enumerate(ends.tolist()):
            middle = "goal" if k == piece else ("p", k)
            graph.add_edges_from([(a, middle), (middle, b)])
        ways = [
            [n for n in way if isinstance(n, tuple)]
            for way in nx.all_simple_paths(graph, "root", "goal")
        ]
        passed = [{k for kind, k in way if kind == "p"} for way in ways]
        found = _up(pipes, np.array([piece]))
        assert set(found.pieces.tolist()) == set().union(*passed) | {piece}
        must = set.intersection(*passed) if passed else set()
        assert set(found.pieces[found.sure == 0].tolist()) == must | {piece}
        given = {k for way in ways for kind, k in way if kind == "s"}
        assert set(found.ends.tolist()) == given


# Two branches (A, B) meet and run by C to the plant; D is drawn against its fall; E is an overflow.
SEWAGE = [
    [(0, 1), (1, 0)], [(0, -1), (1, 0)], [(1, 0), (2, 0)], [(1, 0), (0, 0)], [(2, 0), (3, 0)],
]  # fmt: skip


@pytest.fixture(scope="module")
def sewage():
    pipes, points = layers(
        SEWAGE,
        [("utlop", (3, 0))],
        kind="spillvann",
        hoyde_fra=[9.0, None, 7.0, 7.0, None],
        hoyde_til=[7.0, None, 6.0, 8.0, None],
    )
    return network_of(pipes, points, "avlop"), pipes


def test_sewage_runs_down_as_it_falls_and_as_it_is_drawn(sewage):
    network, pipes = sewage
    found = trace_sewage(network, begin(network, pipes, "A"), DOWN)
    assert told(network, pipes, found) == {"A": "sikker", "C": "sikker", "E": "antatt"}
    assert found.ends.tolist() == np.flatnonzero(network.outlet).tolist()
    # D falls towards the junction, against the drawing.
    found = trace_sewage(network, begin(network, pipes, "D"), DOWN)
    assert set(told(network, pipes, found)) == {"D", "C", "E"}


def test_sewage_comes_from_all_that_falls_here(sewage):
    network, pipes = sewage
    found = trace_sewage(network, begin(network, pipes, "C"), UP)
    assert told(network, pipes, found) == {
        "A": "sikker", "B": "antatt", "C": "sikker", "D": "sikker",
    }  # fmt: skip
    assert len(found.ends) == 3


def test_up_and_down_are_each_others_mirror(sewage):
    network, _ = sewage
    every = np.arange(network.edges)
    down = {k: set(trace_sewage(network, every[k : k + 1], DOWN).pieces.tolist()) for k in every}
    up = {k: set(trace_sewage(network, every[k : k + 1], UP).pieces.tolist()) for k in every}
    assert all((b in down[a]) == (a in up[b]) for a in every for b in every)


def test_pumped_sewage_goes_on_where_the_register_says(sewage):
    network, pipes = sewage
    end = np.flatnonzero(network.outlet)[0]
    far = int(network.start[begin(network, pipes, "B")[0]])
    found = trace_sewage(network, begin(network, pipes, "E"), DOWN, np.array([[end, far]]))
    assert {"B", "C", "E"} == set(told(network, pipes, found))
    assert found.jumps.tolist() == [[end, far]]
