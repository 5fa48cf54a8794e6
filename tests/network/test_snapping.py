"""Where places meet the network, against points worked out by hand and against GEOS."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.errors import CrsError, LayerError
from askergeo.network.snapping import edge_lines, snap
from tests.network.graphs import graph_of, random_graph

CRS = "EPSG:25832"
# Edge 0 bends at (60, 0); edge 1 is a flight of stairs; edge 2 lies apart, alone.
LINES = [[(0, 0), (60, 0), (60, 40)], [(0, 0), (0, 50)], [(500, 0), (600, 0)]]
KINDS = ["veg", "trapp", "sti"]


@pytest.fixture
def graph():
    return graph_of(LINES, kinds=KINDS)


def series(*shapes):
    return gpd.GeoSeries([shapely.Point(s) if isinstance(s, tuple) else s for s in shapes], crs=CRS)


def test_a_place_meets_its_edge_at_the_nearest_point_not_in_a_node(graph):
    places = snap(graph, series((25, 7), (64, 30)), reach_m=50)
    assert places.edge.tolist() == [0, 0]
    assert places.share == pytest.approx([0.25, 0.9])
    assert places.access == pytest.approx([7, 4])


def test_stairs_are_not_joined_unless_asked_for(graph):
    point = series((1, 30))
    assert snap(graph, point, reach_m=100).edge.tolist() == [0]
    stairs = snap(graph, point, reach_m=100, kinds=("trapp",))
    assert (stairs.edge.tolist(), stairs.share.tolist()) == ([1], [0.6])


def test_what_lies_beyond_reach_is_listed_with_its_distance(graph):
    places = snap(graph, series((25, 7), (25, -80), None, shapely.Point()), reach_m=50)
    assert places.row.tolist() == [0]
    assert places.count == 4
    assert places.unsnapped.tolist() == [1, 2, 3]
    np.testing.assert_allclose(places.distance, [80, np.nan, np.nan])


def test_reach_includes_its_limit(graph):
    assert snap(graph, series((25, -35)), reach_m=35).row.tolist() == [0]
    assert snap(graph, series((25, -35)), reach_m=34.9).row.tolist() == []


def test_multipoints_and_rows_of_one_owner_are_entrances(graph):
    several = shapely.MultiPoint([(10, 5), (550, 5)])
    places = snap(graph, series(several, (20, 5)), reach_m=50)
    assert (places.row.tolist(), places.edge.tolist()) == ([0, 0, 1], [0, 2, 0])
    owned = snap(graph, series((20, 5), (10, 5), (550, 5)), reach_m=50, owner=np.array([1, 0, 0]))
    assert (owned.row.tolist(), owned.edge.tolist()) == ([0, 0, 1], [0, 2, 0])
    assert owned.count == 2


def test_one_entrance_within_reach_is_enough(graph):
    places = snap(graph, series(shapely.MultiPoint([(10, 5), (10, 900)])), reach_m=50)
    assert (places.row.tolist(), places.unsnapped.tolist()) == ([0], [])


def test_a_surface_is_entered_where_edges_cross_its_outline(graph):
    park = shapely.box(20, -10, 50, 10)
    places = snap(graph, series(park), reach_m=50)
    assert places.share == pytest.approx([0.2, 0.5])
    assert places.access.tolist() == [0, 0]


def test_a_surface_apart_from_all_edges_is_entered_from_the_nearest(graph):
    places = snap(graph, series(shapely.box(20, 5, 30, 10)), reach_m=50)
    assert places.access == pytest.approx([5])
    assert snap(graph, series(shapely.box(20, 5, 30, 10)), reach_m=4).unsnapped.tolist() == [0]


def test_small_islands_of_the_network_can_be_left_out():
    graph = graph_of([[(0, 0), (50, 0)], [(50, 0), (90, 0)], [(0, 9), (50, 9)]])
    assert snap(graph, series((20, 8)), reach_m=50).edge.tolist() == [2]
    assert snap(graph, series((20, 8)), reach_m=50, least_nodes=3).edge.tolist() == [0]


def test_a_network_without_edges_serves_nobody():
    places = snap(graph_of([]), series((0, 0)), reach_m=50)
    assert places.unsnapped.tolist() == [0]
    assert np.isnan(places.distance).all()


def test_every_place_is_as_near_as_geos_says():
    graph = random_graph(7, nodes=80)
    points = gpd.GeoSeries.from_xy(*np.random.default_rng(7).uniform(0, 1000, (2, 200)), crs=CRS)
    places = snap(graph, points, reach_m=1e4)
    every = shapely.MultiLineString(list(edge_lines(graph)))
    assert places.access == pytest.approx(points.distance(every), abs=1e-9)
    met = shapely.line_interpolate_point(
        edge_lines(graph)[places.edge], places.share, normalized=True
    )
    assert places.access == pytest.approx(shapely.distance(met, points), abs=1e-9)


def test_the_order_of_rows_does_not_matter(graph):
    shapes = [(25, 7), (550, 3), (64, 30), (25, -80)]
    one = snap(graph, series(*shapes), reach_m=50)
    other = snap(graph, series(*shapes[::-1]), reach_m=50)
    assert dict(zip(one.row, one.share, strict=True)) == pytest.approx(
        dict(zip(3 - other.row, other.share, strict=True))
    )


def test_another_coordinate_system_is_refused(graph):
    with pytest.raises(CrsError, match="EPSG:4326"):
        snap(graph, series((10, 59)).set_crs("EPSG:4326", allow_override=True), reach_m=50)
    with pytest.raises(CrsError, match="ukjent"):
        snap(graph, gpd.GeoSeries([shapely.Point(0, 0)]), reach_m=50)


def test_owners_that_do_not_fit_are_refused(graph):
    with pytest.raises(LayerError, match="eiere"):
        snap(graph, series((0, 0)), reach_m=50, owner=np.array([0, 1]))
    with pytest.raises(LayerError, match="1 rader"):
        snap(graph, series((0, 0)), reach_m=50, owner=np.array([1]), count=1)
