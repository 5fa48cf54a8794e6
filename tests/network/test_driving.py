"""The roads that cars use: which, which way and how fast; against networkx and by hand."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError
from askergeo.network import driving
from askergeo.network._kinds import KINDS
from askergeo.network.driving import (
    build_driving_graph,
    cached_driving_graph,
    driving_costs,
    one_way,
    speed_notes,
    speeds_of,
)
from askergeo.network.paths import Network, matrix
from askergeo.network.snapping import snap
from askergeo.parameters import load_parameters
from askergeo.recipe import build_from_recipe

WAYS = {"tolerance_m": 1.0, "gap_m": 20.0}
CACHE = {"toleranse_m": 1.0, "glipp_m": 20.0}
# Half the speed limit: 36 km/h is driven at 5 metres a second.
HALF = load_parameters("reisetid", {"reisetid_bil_rush": 0.5, "reisetid_gangfart": 3.6})


def roads(*lines, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(line) for line in lines]
    filled = {"vegtype": "bilveg", "vegkategori": "K", "fartsgrense": 36.0} | columns
    number = pd.array(range(1, len(shapes) + 1), dtype="Int64")
    return gpd.GeoDataFrame({"veg_id": number, **filled}, geometry=shapes, crs="EPSG:25832")


def points(*xy) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(one) for one in xy], crs="EPSG:25832")


def seconds(veg, origins, targets, **options) -> np.ndarray:
    graph = build_driving_graph(veg, **WAYS).graph
    network = Network.of(graph, driving_costs(graph, veg, HALF, **options))
    start, end = (snap(graph, where, reach_m=50.0) for where in (origins, targets))
    return matrix(network, start, end)


def test_a_way_by_hand_with_the_walk_to_the_car():
    # 10 m on foot at 1 m/s, 1000 m at 5 m/s, 500 m at 10 m/s and 20 m on foot.
    veg = roads([(0, 0), (1000, 0)], [(1000, 0), (1000, 500)], fartsgrense=[36.0, 72.0])
    found = seconds(veg, points((0, -10)), points((1020, 500)))
    assert found[0, 0] == pytest.approx(10 + 200 + 50 + 20)
    free = seconds(veg, points((0, -10)), points((1020, 500)), rush=False)
    assert free[0, 0] == pytest.approx(30 + 250 * 0.5 / 0.8)


def test_a_one_way_road_is_driven_along_the_line_only():
    # A square: one side is one-way from west to east; back one must go the long way round.
    veg = roads(
        [(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)],
        envegskjort=[True, False, None, False],
    )  # fmt: skip
    west, east = points((10, 0)), points((90, 0))
    assert seconds(veg, west, east)[0, 0] == pytest.approx(80 / 5)
    assert seconds(veg, east, west)[0, 0] == pytest.approx(320 / 5)
    veg["envegskjort"] = [True, None, None, None]
    veg.geometry = shapely.reverse(veg.geometry.array)
    assert seconds(veg, west, east)[0, 0] == pytest.approx(320 / 5)


def test_a_line_drawn_once_each_way_is_open_both_ways():
    veg = roads([(0, 0), (100, 0)], [(100, 0), (0, 0)], [(0, 50), (100, 50)], envegskjort=True)
    assert one_way(veg).tolist() == [False, False, True]
    assert seconds(veg, points((90, 0)), points((10, 0)))[0, 0] == pytest.approx(80 / 5)
    # The same line drawn twice the same way stays one-way; with a road for both it is open.
    again = roads([(0, 0), (9, 0)], [(0, 0), (9, 0)], envegskjort=True)
    assert one_way(again).tolist() == [True, True]
    mixed = roads([(0, 0), (9, 0)], [(9, 0), (0, 0)], envegskjort=[True, None])
    assert one_way(mixed).tolist() == [False, False]
    # A footway along it opens nothing.
    beside = roads([(0, 0), (9, 0)], [(9, 0), (0, 0)], envegskjort=[True, None],
                   vegtype=["bilveg", "gang_sykkelveg"])  # fmt: skip
    assert one_way(beside).tolist() == [True, False]
    assert one_way(roads([(0, 0), (9, 0)])).tolist() == [False]


def test_only_roads_for_cars_are_driven_and_nobody_lives_by_the_motorway():
    veg = roads(
        [(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)], [(300, 0), (400, 0)],
        [(200, 0), (200, 90)], vegtype=["bilveg", "motorveg", "gatetun", "ferge", "gang_sykkelveg"],
    )  # fmt: skip
    build = build_driving_graph(veg, **WAYS)
    assert sorted(build.graph.source.tolist()) == [0, 1, 2]
    kind = build.graph.kind[np.argsort(build.graph.source)]
    assert [KINDS[one] for one in kind] == ["veg", "motorveg", "veg"]
    shown = build.report.summary.set_index("navn")["verdi"]
    assert shown[["linjer", "utelatt_ferge", "utelatt_uten_bil"]].tolist() == [3, 1, 1]
    place = snap(build.graph, points((150, 5)), reach_m=100.0)
    assert build.graph.source[place.edge[0]] in (0, 2)
    with pytest.raises(LayerError, match="ingen bilveg"):
        build_driving_graph(veg[veg["vegtype"] == "ferge"], **WAYS)


def test_a_bridge_does_not_meet_the_road_below():
    veg = roads([(0, 0), (100, 0)], [(50, -50), (50, 50)], medium=["bakke", "bru"])
    assert np.isinf(seconds(veg, points((0, 0)), points((50, 50)))[0, 0])
    veg["medium"] = "bakke"
    assert seconds(veg, points((0, 0)), points((50, 50)))[0, 0] == pytest.approx(20)


def test_a_missing_limit_is_assumed_by_category_and_counted():
    veg = roads(
        *[[(0, 100 * n), (100 * (n + 1), 100 * n)] for n in range(9)],
        fartsgrense=[70.0, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 0.0, np.nan],
        vegkategori=["E", "E", "R", "F", "K", "P", "S", None, "K"],
        vegtype=["bilveg"] * 8 + ["gatetun"],
    )
    parameters = load_parameters("reisetid")
    speeds = speeds_of(veg, parameters)
    assert speeds.kmh.tolist() == [70, 80, 80, 60, 50, 30, 30, 40, 15]
    assert speeds.assumed.tolist() == [None, "E", "R", "F", "K", "P", "S", "", "gatetun"]
    assert "reisetid_fart_motorveg" not in parameters.used
    graph = build_driving_graph(veg, **WAYS).graph
    # 4 400 of 4 500 metres.
    assert "4,4 km av 4,5 km bilveg (98 %)" in speed_notes(graph, speeds)[0].replace("\u00a0", " ")
    assert not speed_notes(graph, speeds_of(veg.assign(fartsgrense=50.0), parameters))


def test_ways_are_the_shortest_that_networkx_finds():
    random = np.random.default_rng(4)
    side = 12
    lines, peer = [], nx.MultiDiGraph()
    for x in range(side):
        for y in range(side):
            for step in ((1, 0), (0, 1)):
                if x + step[0] < side and y + step[1] < side and random.random() < 0.8:
                    ends = [(100 * x, 100 * y), (100 * (x + step[0]), 100 * (y + step[1]))]
                    lines.append(ends if random.random() < 0.5 else ends[::-1])
    limits = random.choice([30.0, 50.0, 80.0], len(lines))
    closed = random.random(len(lines)) < 0.3
    veg = roads(*lines, fartsgrense=limits, envegskjort=closed)
    for (a, b), limit, one in zip(lines, limits, closed, strict=True):
        cost = 100 / (limit * 0.5 / 3.6)
        peer.add_edge(a, b, cost=cost)
        if not one:
            peer.add_edge(b, a, cost=cost)
    nodes = sorted(peer)
    graph = build_driving_graph(veg, **WAYS).graph
    network = Network.of(graph, driving_costs(graph, veg, HALF))
    places = snap(graph, points(*nodes), reach_m=1.0)
    found = matrix(network, places, places)
    for row, node in enumerate(nodes):
        told = nx.single_source_dijkstra_path_length(peer, node, weight="cost")
        expected = [told.get(other, np.inf) for other in nodes]
        np.testing.assert_allclose(found[row], expected, rtol=1e-9)
    assert not np.allclose(found, found.T)


def test_the_graph_is_kept_beside_the_walking_graph(tmp_path, monkeypatch):
    package = DataPackage.create(tmp_path / "pakke")
    veg = roads([(0, 0), (100, 0)], [(100, 0), (200, 0)], vegtype=["bilveg", "sykkelveg"])
    package.write("veg", veg, origin=Origin(title="prøve"))
    first = cached_driving_graph(package, CACHE)
    monkeypatch.setattr(driving, "build_driving_graph", None)
    again = cached_driving_graph(DataPackage.open(package.path), CACHE)
    assert again.graph.source.tolist() == first.graph.source.tolist() == [0]
    pd.testing.assert_frame_equal(again.report.summary, first.report.summary)
    files = [path.name for path in (package.path / "mellomlager").glob("*.npz")]
    assert len(files) == 1
    assert files[0].startswith("bilnett-")


@pytest.mark.slow
def test_the_roads_of_oslo_are_one_network_that_one_gets_round_in(shared_data, tmp_path):
    """One-way roads, motorways, ramps and gaps as OpenStreetMap has them."""
    build_from_recipe(tmp_path / "pakke", "oslo_ost", source=shared_data)
    veg = DataPackage.open(tmp_path / "pakke").read("veg")
    graph = build_driving_graph(veg, tolerance_m=2.0, gap_m=20.0).graph
    assert one_way(veg).sum() > 1500
    costs = driving_costs(graph, veg, load_parameters("reisetid"))
    peer = nx.MultiDiGraph()
    for a, b, out, back in zip(graph.start, graph.end, costs.forward, costs.backward, strict=True):
        peer.add_edge(int(a), int(b), cost=out)
        if np.isfinite(back):
            peer.add_edge(int(b), int(a), cost=back)
    whole = max(nx.strongly_connected_components(peer), key=len)
    # Turned round, or with gaps at its bridges, it would fall to pieces.
    assert len(whole) > 0.95 * graph.nodes
    random = np.random.default_rng(7)
    nodes = random.choice(sorted(whole), 12, replace=False)
    xy = [tuple(graph.xy[node]) for node in nodes]
    places = snap(graph, points(*xy), reach_m=0.01, kinds=KINDS)
    found = matrix(Network.of(graph, costs), places, places)
    for row, node in enumerate(nodes):
        told = nx.single_source_dijkstra_path_length(peer, int(node), weight="cost")
        expected = [told[int(other)] for other in nodes]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6, atol=0.05)
