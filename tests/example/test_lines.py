"""Lines through stops: a cross of roads by hand, and the cheapest ways of another library."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely

from askergeo.example.lines import chain, cover, road_ways, straight_ways, to_targets

# A cross of four roads of 1 000 m, and a loose road 40 m east of the eastern end.
CROSS = [((0, 0), (1_000, 0)), ((0, 0), (-1_000, 0)), ((0, 0), (0, 1_000)), ((0, 0), (0, -1_000)),
         ((1_040, 0), (1_400, 0))]  # fmt: skip
STOPS = np.array([[5, 3], [400, -4], [900, 4], [-500, 0], [0, 700], [0, -999], [1_300, 5]], float)


def cross(**limits: float):
    lines = np.array([shapely.LineString(one) for one in CROSS])
    return road_ways(lines, STOPS, **limits)


def test_a_line_passes_the_stops_in_order_with_the_metres_between():
    (route,) = to_targets(cross(), 0, [2, 1])
    assert route.stops.tolist() == [0, 1, 2]
    assert route.metres.tolist() == pytest.approx([395, 500])


def test_nets_that_do_not_meet_are_joined_within_the_gap_only():
    (route,) = to_targets(cross(), 0, [6])
    assert route.stops.tolist() == [0, 1, 2, 6]
    assert route.metres[-1] == pytest.approx(400)  # 100 to the end, 40 of gap, 260
    assert cross(gap=30.0).stop[6] == -1
    assert to_targets(cross(gap=30.0), 0, [6]) == []


def test_a_stop_far_from_the_roads_is_on_no_line():
    lines = np.array([shapely.LineString(one) for one in CROSS])
    ways = road_ways(lines, np.array([[10, 0], [500, 0], [500, 90]], float), farthest=60.0)
    assert ways.stop[2] == -1
    served: set[int] = set()
    cover(ways, [0], served)
    assert served == {0, 1}


def test_every_stop_that_can_be_reached_is_served_once_the_lines_are_laid():
    ways = cross()
    served = {0, 1, 2}
    routes = cover(ways, [0], served)
    assert served == set(range(7))
    assert {int(stop) for route in routes for stop in route.stops} >= {3, 4, 5, 6}


@pytest.mark.parametrize("seed", range(4))
def test_lines_follow_the_cheapest_ways(seed: int):
    rng = np.random.default_rng(seed)
    stops = rng.uniform(0, 5_000, (40, 2))
    ways = straight_ways(stops, detour=1.0)
    graph = nx.from_scipy_sparse_array(ways.graph)
    routes = to_targets(ways, 0, list(range(1, 40)))
    assert len({int(stop) for route in routes for stop in route.stops}) == 40
    for route in routes:
        end = int(route.stops[-1])
        assert route.metres.sum() == pytest.approx(nx.dijkstra_path_length(graph, 0, end))
        gaps = stops[route.stops[1:]] - stops[route.stops[:-1]]
        assert np.hypot(*gaps.T) == pytest.approx(route.metres)


def test_few_stops_or_stops_on_one_line_make_a_line_too():
    ways = straight_ways(np.array([[0, 0], [300, 0], [100, 0]], float), detour=1.2)
    (route,) = to_targets(ways, 0, [1])
    assert (route.stops.tolist(), route.metres.tolist()) == ([0, 2, 1], pytest.approx([120, 240]))


def test_a_chain_goes_from_end_to_end():
    route = chain(np.array([[100, 0], [0, 0], [350, 0], [200, 0]], float), detour=1.1)
    assert route.stops.tolist() in ([1, 0, 3, 2], [2, 3, 0, 1])
    assert route.metres.sum() == pytest.approx(385)
