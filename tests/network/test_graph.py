"""The walking graph of hand-made and random lines, against figures by hand and other engines."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.network.graph import KINDS, GraphBuild, WalkGraph, build_graph
from askergeo.terrain import terrain_of

CRS = "EPSG:25832"


def frame(*lines, crs=CRS, **columns):
    shapes = [shapely.from_wkt(w) if isinstance(w, str) else shapely.LineString(w) for w in lines]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def build(*lines, tolerance=0.5, gap=5.0, terrain=None, barriers=None, **columns) -> GraphBuild:
    return build_graph(
        frame(*lines, **columns),
        tolerance_m=tolerance,
        gap_m=gap,
        terrain=terrain,
        barriers=barriers,
    )


def figure(built: GraphBuild, name: str) -> float:
    return float(built.report.summary.set_index("navn").loc[name, "verdi"])


def distance(graph: WalkGraph, a, b) -> float:
    """Metres between the nodes at two places; infinite without a way."""
    one, other = (np.flatnonzero(np.hypot(*(graph.xy - p).T) < 1e-6) for p in (a, b))
    assert len(one) == 1, f"{len(one)} nodes at {a}"
    assert len(other) == 1, f"{len(other)} nodes at {b}"
    return float(all_distances(graph, one)[0, other[0]])


def all_distances(graph: WalkGraph, origin) -> np.ndarray:
    links = (np.r_[graph.start, graph.end], np.r_[graph.end, graph.start])
    return multi_dijkstra(graph.nodes, *links, np.r_[graph.length, graph.length], origin)


def multi_dijkstra(nodes, tail, head, cost, origin):
    table = pd.DataFrame({"a": tail, "b": head, "c": cost}).groupby(["a", "b"])["c"].min()
    a, b = table.index.get_level_values(0), table.index.get_level_values(1)
    return dijkstra(csr_array((table.to_numpy(), (a, b)), shape=(nodes, nodes)), indices=origin)


def check_invariants(graph: WalkGraph) -> None:
    """Everything that the docstring of the type promises."""
    first, last = graph.coordinate_ptr[:-1], graph.coordinate_ptr[1:] - 1
    np.testing.assert_array_equal(graph.coordinates[first], graph.xy[graph.start])
    np.testing.assert_array_equal(graph.coordinates[last], graph.xy[graph.end])
    assert (graph.start != graph.end).all()
    assert (graph.length > 0).all()
    owner = np.repeat(np.arange(graph.edges), np.diff(graph.coordinate_ptr))
    drawn = shapely.length(np.atleast_1d(shapely.linestrings(graph.coordinates, indices=owner)))
    np.testing.assert_allclose(graph.length, drawn, atol=1e-6)
    np.testing.assert_allclose(
        np.add.reduceat(graph.piece_length.astype(float), graph.piece_ptr[:-1]),
        graph.length,
        rtol=1e-5,
    )
    tail = np.repeat(np.arange(graph.nodes), np.diff(graph.arc_ptr))
    forward = graph.arc_forward
    np.testing.assert_array_equal(np.bincount(graph.arc_edge, minlength=graph.edges), 2)
    np.testing.assert_array_equal(tail[forward], graph.start[graph.arc_edge[forward]])
    np.testing.assert_array_equal(graph.arc_head[forward], graph.end[graph.arc_edge[forward]])
    np.testing.assert_array_equal(tail[~forward], graph.end[graph.arc_edge[~forward]])
    np.testing.assert_array_equal(graph.arc_head[~forward], graph.start[graph.arc_edge[~forward]])
    assert (np.diff(graph.arc_ptr) > 0).all()
    same = nx.Graph(zip(graph.start.tolist(), graph.end.tolist(), strict=True))
    parts = {frozenset(np.flatnonzero(graph.component == k).tolist()) for k in set(graph.component)}
    assert parts == {frozenset(part) for part in nx.connected_components(same)}
    size = np.bincount(graph.component[graph.start], graph.length)
    assert (np.diff(size) <= 1e-6).all()


def test_lines_that_share_an_inner_vertex_are_joined_there():
    graph = build([(0, 0), (10, 0), (20, 0)], [(10, 10), (10, 0), (10, -5)]).graph
    assert (graph.nodes, graph.edges) == (5, 4)
    assert distance(graph, (0, 0), (10, -5)) == 15
    check_invariants(graph)


def test_an_end_near_a_line_is_moved_onto_it_and_reported():
    built = build([(0, 0), (20, 0)], [(5, 10), (5, 0.3)])
    assert distance(built.graph, (0, 0), (5, 10)) == pytest.approx(15)
    assert built.report.moved["lengde_m"].tolist() == pytest.approx([0.3])
    assert built.report.moved["rule"].tolist() == ["linje"]
    assert figure(built, "komponenter_for") == 2
    assert figure(built, "komponenter_etter") == 1


def test_an_end_beyond_the_tolerance_stays():
    built = build([(0, 0), (20, 0)], [(5, 10), (5, 0.6)])
    assert built.graph.component.max() == 1
    assert len(built.report.moved) == 0


def test_an_end_that_overshoots_a_line_is_drawn_back():
    graph = build([(0, 0), (20, 0)], [(5, 10), (5, -0.3)]).graph
    assert (graph.nodes, graph.edges) == (4, 3)
    assert graph.length.sum() == pytest.approx(30)


def test_ends_near_each_other_become_one_node():
    built = build([(0, 0), (10, 0)], [(10.3, 0), (20, 0)], [(10.1, 0.2), (10, 9)])
    assert built.graph.nodes == 4
    assert built.graph.component.max() == 0
    assert built.report.moved["lengde_m"].max() <= 0.5


def test_a_junction_beside_a_line_bends_the_line_to_it():
    built = build([(5, 9), (5, 0.2)], [(5, 0.2), (9, 9)], [(0, 0), (20, 0)])
    assert distance(built.graph, (0, 0), (5, 0.2)) == pytest.approx(np.hypot(5, 0.2))
    assert built.graph.component.max() == 0


def test_a_short_link_is_not_swallowed_by_the_tolerance():
    built = build([(0, 0), (10, 0)], [(10, 0), (10.2, 0)], [(10.2, 0), (20, 0)])
    assert built.graph.edges == 3
    assert len(built.report.moved) == 0


def test_lines_that_cross_without_a_vertex_are_joined_and_counted():
    built = build([(0, 0), (10, 0)], [(5, -5), (5, 5)])
    assert distance(built.graph, (0, 0), (5, 5)) == 10
    assert figure(built, "kryss") == 1


def test_a_bridge_meets_the_ground_only_where_it_ends():
    lines = [(0, 0), (10, 0), (20, 0)], [(10, -5), (10, 0), (10, 5)], [(20, 0), (30, 0)]
    graph = build(*lines, level=[1, 0, 0], medium=["bru", "bakke", "bakke"]).graph
    assert graph.component.max() == 1
    assert distance(graph, (0, 0), (30, 0)) == 30
    assert distance(graph, (0, 0), (10, 5)) == np.inf


def test_an_end_near_a_line_of_another_level_is_not_moved():
    assert build([(0, 0), (20, 0)], [(5, 9), (5, 0.2)], level=[1, 0]).graph.component.max() == 1


def test_a_bridge_may_end_at_a_vertex_of_a_road_that_goes_on():
    graph = build([(0, 0), (10, 0), (20, 0)], [(10, 0), (10, 9)], level=[0, 1]).graph
    assert distance(graph, (0, 0), (10, 9)) == 19


def test_lines_without_length_and_doubled_lines_are_dropped_and_counted():
    whole = [(0, 0), (10, 0), (20, 5)]
    built = build(whole, whole[::-1], [(3, 3), (3, 3)], [(20, 5), (30, 5)])
    assert built.graph.edges == 2
    assert figure(built, "nullengde") == 1
    assert figure(built, "doble") == 1


def test_lines_that_overlap_in_part_share_the_part():
    built = build([(0, 0), (10, 0), (20, 0)], [(10, 0), (20, 0), (30, 0)], [(5, 0), (15, 0)])
    assert built.graph.length.sum() == pytest.approx(30)
    assert distance(built.graph, (0, 0), (30, 0)) == pytest.approx(30)


def test_a_ring_and_a_lollipop_are_cut_in_two():
    ring = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    graph = build(ring, [(0, 0), (-5, 0)]).graph
    assert graph.length.sum() == pytest.approx(45)
    assert (graph.nodes, graph.edges) == (3, 3)
    check_invariants(graph)
    lollipop = build([(-5, 0), (0, 0), (10, 0), (10, 10), (0, 10), (0, 0.2)]).graph
    assert lollipop.edges == 3
    check_invariants(lollipop)


def test_of_doubled_edges_the_walkable_kind_stays():
    twice = [(0, 0), (10, 0)]
    for kinds in (["trapp", "veg"], ["veg", "trapp"]):
        graph = build(twice, twice, kind=[KINDS.index(kind) for kind in kinds]).graph
        assert graph.kind.tolist() == [KINDS.index("veg")]


def test_source_kind_and_ploughing_follow_each_piece():
    graph = build(
        [(0, 0), (20, 0)], [(10, 0), (10, 9)], kind=[0, 4], ploughed=[1, -1], walk=[True, True]
    ).graph
    order = np.lexsort((graph.length, graph.source))
    assert graph.source[order].tolist() == [0, 0, 1]
    assert graph.kind[order].tolist() == [0, 0, 4]
    assert graph.ploughed[order].tolist() == [1, 1, -1]


def test_rows_that_cannot_be_walked_are_left_out():
    built = build([(0, 0), (10, 0)], [(10, 0), (20, 0)], walk=[True, False])
    assert built.graph.source.tolist() == [0]


def test_multilines_are_taken_apart():
    graph = build("MULTILINESTRING ((0 0, 10 0), (50 0, 60 0))", [(10, 0), (50, 0)]).graph
    assert graph.edges == 3
    assert distance(graph, (0, 0), (60, 0)) == 60


def test_a_gate_cuts_the_edge_it_lies_on():
    across = [(0, 0), (20, 0)], [(0, 0), (0, 30), (20, 30), (20, 0)]
    whole = build(*across).graph
    barred = build(*across, barriers=np.array([[10.0, 0.4], [10.0, 8.0]]))
    assert distance(whole, (0, 0), (20, 0)) == 20
    assert distance(barred.graph, (0, 0), (20, 0)) == 80
    assert barred.graph.length.sum() == pytest.approx(100)
    assert figure(barred, "sperret") == 1
    check_invariants(barred.graph)


def test_a_gate_on_a_node_parts_all_its_edges():
    lines = [(0, 0), (10, 0)], [(10, 0), (20, 0)], [(10, 0), (10, 9)]
    graph = build(*lines, barriers=np.array([[10.0, 0.0]])).graph
    assert graph.component.max() == 2
    assert graph.nodes == 6


# Slopes ---------------------------------------------------------------------------------------


def test_slope_of_an_even_hillside_is_exact(surface):
    terrain = terrain_of(surface(lambda x, y: 0.1 * x - 0.05 * y, cell=10.0))
    graph = build([(20, 100), (180, 100)], [(20, 100), (20, 180)], terrain=terrain).graph
    east = graph.xy[graph.end][:, 0] > graph.xy[graph.start][:, 0]
    for edge in range(graph.edges):
        pieces = slice(graph.piece_ptr[edge], graph.piece_ptr[edge + 1])
        wanted = 0.1 if east[edge] else -0.05
        np.testing.assert_allclose(graph.piece_slope[pieces], wanted, atol=1e-5)
        assert graph.piece_length[pieces].max() <= 25.0 + 1e-3
    np.testing.assert_allclose(graph.z, graph.xy @ [0.1, -0.05], atol=1e-4)


def test_pieces_are_no_shorter_than_the_cells(surface):
    terrain = terrain_of(surface(lambda x, _y: x, cell=20.0))
    graph = build([(20, 100), (50, 100)], [(20, 50), (110, 50)], terrain=terrain).graph
    assert sorted(np.diff(graph.piece_ptr).tolist()) == [1, 4]


def test_a_hill_on_the_way_is_seen_and_a_bridge_over_a_valley_is_level(surface):
    terrain = terrain_of(surface(lambda x, _y: -abs(x - 100) / 10, cell=10.0))
    over = [(55, 100), (80, 100)], [(80, 100), (120, 100)], [(120, 100), (145, 100)]
    ground = build([(50, 100), (150, 100)], terrain=terrain).graph
    np.testing.assert_allclose(ground.piece_slope, [0.1, 0.08, -0.08, -0.1], atol=1e-4)
    bridge = build(*over, level=[1, 1, 1], medium=["bru"] * 3, terrain=terrain).graph
    assert np.diff(bridge.piece_ptr).tolist() == [1, 1, 1]
    # The nodes in the air lie on the line between the two ends, not on the ground below.
    np.testing.assert_allclose(bridge.piece_slope, 0.0, atol=1e-6)
    np.testing.assert_allclose(bridge.z, -4.5, atol=1e-5)


def test_heights_of_the_lines_serve_without_terrain():
    graph = build("LINESTRING Z (0 0 0, 10 0 1, 20 0 5)", "LINESTRING Z (10 0 1, 10 10 1)").graph
    slope = graph.piece_slope[graph.piece_ptr[:-1]]
    rise = slope * np.where(graph.xy[graph.end][:, 0] >= graph.xy[graph.start][:, 0], 1, -1)
    assert sorted(np.round(rise.astype(float), 3).tolist()) == [0.0, 0.1, 0.4]


def test_unknown_slope_is_unknown_and_counted(surface):
    terrain = terrain_of(surface(lambda x, _y: x, cell=10.0))
    built = build([(20, 100), (60, 100)], [(500, 100), (560, 100)], terrain=terrain)
    outside = built.graph.source == 1
    pieces = np.repeat(outside, np.diff(built.graph.piece_ptr))
    np.testing.assert_array_equal(np.isnan(built.graph.piece_slope), pieces)
    assert figure(built, "ukjent_stigning") == 1
    assert any("Stigningen er ukjent for 1 av 2" in text for text in built.report.warnings)


# Bad input ------------------------------------------------------------------------------------


def test_lines_in_degrees_are_refused():
    for crs in ("EPSG:4326", "EPSG:3857", None):
        with pytest.raises(CrsError, match="EPSG:25832"):
            build_graph(frame([(10, 59), (11, 59)], crs=crs), tolerance_m=1, gap_m=5)


@pytest.mark.parametrize("lines", [(), ([(1, 1), (1, 1)],), ("LINESTRING EMPTY",)])
def test_no_lines_is_an_error_that_says_what_to_do(lines):
    with pytest.raises(LayerError, match="ingen linjer"):
        build(*lines)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # shapely warns of NaN itself
def test_other_geometry_and_broken_coordinates_are_refused():
    with pytest.raises(LayerError, match="rad 1"):
        build([(0, 0), (1, 1)], "POINT (3 3)")
    with pytest.raises(LayerError, match="rad 0"):
        build([(0, 0), (np.nan, 1)])


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf])
def test_a_tolerance_that_is_no_distance_is_refused(tolerance):
    with pytest.raises(ParameterError, match="toleransen"):
        build([(0, 0), (10, 0)], tolerance=tolerance)


def test_a_graph_in_pieces_says_how_much_hangs_together():
    apart = [[(0, 100 * k), (10 + k, 100 * k)] for k in range(20)]
    (text,) = (w for w in build(*apart).report.warnings if "deler" in w)
    assert "20 deler" in text
    assert "7 %" in text
    assert "toleransen" in text


# What always holds ----------------------------------------------------------------------------

coordinate = st.integers(0, 12).map(lambda k: 10.0 * k)
jitter = st.sampled_from([0.0, 0.0, 0.0, 0.2, -0.3, 0.45])
even = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6)
vertex = st.tuples(coordinate, coordinate, jitter, jitter).map(lambda t: (t[0] + t[2], t[1] + t[3]))
polyline = st.lists(vertex, min_size=2, max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(polyline, min_size=1, max_size=12).filter(lambda x: any(len(set(p)) > 1 for p in x)),
    st.integers(0, 2**32),
)
def test_graphs_keep_their_promises_in_any_order(lines, seed):
    built = build(*lines)
    check_invariants(built.graph)
    assert built.report.moved["lengde_m"].max() <= 0.5 or len(built.report.moved) == 0
    order = np.random.default_rng(seed).permutation(len(lines))
    again = build(*[lines[k] for k in order])
    off, number = cKDTree(again.graph.xy).query(built.graph.xy)
    assert sorted(number.tolist()) == list(range(again.graph.nodes))
    assert off.max() < 2e-3
    one = edge_table(built.graph, number)
    other = edge_table(again.graph, np.arange(again.graph.nodes))
    np.testing.assert_allclose(one, other, atol=4e-3)


def edge_table(graph: WalkGraph, number) -> np.ndarray:
    """Ends and length of each edge, in either direction, sorted."""
    ends = np.sort(np.column_stack([number[graph.start], number[graph.end]]), axis=1)
    order = np.lexsort((graph.length, ends[:, 1], ends[:, 0]))
    return np.column_stack([ends, graph.length])[order]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(even, min_size=1, max_size=8).filter(lambda x: any(len(set(p)) > 1 for p in x)))
def test_without_snapping_the_lines_are_those_of_their_union(lines):
    graph = build(*lines, tolerance=0.0).graph
    union = shapely.union_all([shapely.LineString(p) for p in lines])
    assert graph.length.sum() == pytest.approx(union.length, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_distances_are_those_of_networkx_on_lines_noded_by_geos(seed):
    rng = np.random.default_rng(seed)
    streets = [
        np.cumsum(np.r_[rng.uniform(0, 400, (1, 2)), rng.uniform(-40, 40, (7, 2))], axis=0)
        for _ in range(60)
    ]
    graph = build(*streets, tolerance=0.0).graph
    noded = shapely.get_parts(shapely.node(shapely.multilinestrings(streets)))
    other = nx.Graph()
    for line in noded:
        a, b = (tuple(np.round(line.coords[k], 3)) for k in (0, -1))
        if a != b and line.length < other.get_edge_data(a, b, {"m": np.inf})["m"]:
            other.add_edge(a, b, m=line.length)
    number = {tuple(np.round(xy, 3)): k for k, xy in enumerate(graph.xy)}
    common = [place for place in other if place in number]
    assert len(common) > 0.9 * len(other)
    origin = common[:: max(1, len(common) // 12)]
    ours = all_distances(graph, [number[place] for place in origin])
    for row, place in enumerate(origin):
        theirs = nx.single_source_dijkstra_path_length(other, place, weight="m")
        wanted = [theirs.get(goal, np.inf) for goal in common]
        found = ours[row, [number[goal] for goal in common]]
        np.testing.assert_allclose(found, wanted, atol=1e-3)
