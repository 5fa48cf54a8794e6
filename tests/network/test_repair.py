"""The repair report: gaps by hand, the planted ones, and those of the real sets."""

from __future__ import annotations

import json

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from askergeo.datapackage import DataPackage
from askergeo.network._gaps import walk_to
from askergeo.network.graph import GraphBuild, build_graph
from askergeo.network.lines import walkable_lines


def build(*lines, gap=20.0, level=0) -> GraphBuild:
    shapes = [shapely.LineString(line) for line in lines]
    frame = gpd.GeoDataFrame(
        {"level": level}, geometry=shapes, crs="EPSG:25832", index=range(len(shapes))
    )
    return build_graph(frame, tolerance_m=1.0, gap_m=gap)


def ends(gaps) -> list:
    return [[tuple(c) for c in line.coords] for line in gaps.geometry]


LONG = [(0, 0), (200, 0)], [(0, 0), (0, 200)], [(0, 200), (200, 200)]


def test_a_loose_end_short_of_an_edge_that_is_far_round_is_a_gap():
    gaps = build(*LONG, [(100, 0), (100, 192)]).report.gaps
    assert ends(gaps) == [[(100, 192), (100, 200)]]
    assert gaps["lengde_m"].tolist() == [8]
    assert gaps["rule"].tolist() == ["los_ende"]
    assert gaps["component_size"].tolist() == [792]


@pytest.mark.parametrize(("corner", "found"), [(60, 0), (100, 1)])
def test_it_is_a_gap_when_the_way_round_is_ten_times_as_long(corner, found):
    # From (50, 8) it is 8 m across, and 2 · (corner − 50) + 8 m round.
    around = build([(0, 0), (corner, 0)], [(corner, 0), (corner, 8)], [(corner, 8), (50, 8)])
    assert len(around.report.gaps) == found


def test_a_part_that_hangs_alone_is_shown_where_it_comes_nearest():
    gaps = build([(0, 0), (200, 0)], [(50, 60), (80, 12), (110, 60)]).report.gaps
    assert ends(gaps) == [[(80, 12), (80, 0)]]
    assert gaps["rule"].tolist() == ["egen_del"]
    assert gaps["component_size"].tolist() == pytest.approx([2 * np.hypot(30, 48)])


def test_nothing_further_than_the_gap_distance_or_on_another_level_is_shown():
    assert len(build(*LONG, [(100, 0), (100, 192)], gap=7.9).report.gaps) == 0
    over = build(*LONG, [(100, 0), (100, 192)], level=[0, 0, 1, 0]).report.gaps
    assert len(over) == 0


def test_a_gap_seen_from_both_sides_is_shown_once():
    gaps = build([(0, 0), (90, 0)], [(100, 0), (200, 0)]).report.gaps
    assert len(gaps) == 1


def test_ways_are_those_of_networkx_within_their_limit():
    rng = np.random.default_rng(0)
    graph = build(*[rng.uniform(0, 300, (3, 2)) for _ in range(40)]).graph
    other = nx.MultiGraph()
    other.add_weighted_edges_from(
        zip(graph.start.tolist(), graph.end.tolist(), graph.length.tolist(), strict=True)
    )
    origin, edge = rng.integers(0, graph.nodes, 60), rng.integers(0, graph.edges, 60)
    along, limit = rng.uniform(0, graph.length[edge]), rng.uniform(20, 400, 60)
    wanted = []
    for node, e, metres, most in zip(origin, edge, along, limit, strict=True):
        to = nx.single_source_dijkstra_path_length(other, int(node))
        a, b = to.get(int(graph.start[e]), np.inf), to.get(int(graph.end[e]), np.inf)
        way = min(a + metres, b + graph.length[e] - metres)
        wanted.append(way if way <= most else np.inf)
    found = walk_to(graph, origin, edge, along, limit)
    assert 10 < np.isfinite(found).sum() < 60
    np.testing.assert_allclose(found, wanted)


def test_every_planted_gap_of_the_example_is_found(demo_folder):
    folder = demo_folder / "datapakke"
    package = DataPackage.open(folder)
    planted = json.loads((folder / "nokkel.json").read_text(encoding="utf-8"))["glipper"]
    lines = walkable_lines(package.read("veg"), package.read("sti"))
    gaps = build_graph(lines, tolerance_m=2.0, gap_m=20.0).report.gaps
    starts = shapely.get_coordinates(shapely.get_point(gaps.geometry.to_numpy(), 0))
    for gap in planted:
        off = np.hypot(*(starts - [gap["x"], gap["y"]]).T)
        assert off.min() < 0.01, gap
    assert len(planted) == 6
    # The rest are driveways that almost meet and paths that stop at a garden.
    assert len(gaps) < 150


def test_vardasen_has_lost_its_junctions_and_hangs_together_again(shared_data):
    file = shared_data / "asker" / "asker_vardasen_osm_dtm_20260509.gpkg"
    line = gpd.read_file(file, layer="line")
    track = line["kind"].isin(["sti", "sti_bred", "sti_liten", "traktorvei"])
    road = line["layer"].isin(["vei-stor", "vei-liten", "sykkel"]) & ~track
    lines = walkable_lines(line[road].assign(vegtype="bilveg"), line[track].assign(stitype="sti"))
    figures = build_graph(lines, tolerance_m=2.0, gap_m=20.0).report.summary
    value = figures.set_index("navn")["verdi"]
    assert value["komponenter_for"] == 1020
    assert value["komponenter_etter"] < 60
    assert value["andel_storste"] > 99
    assert value["flyttet_maks"] <= 2.0


def test_n50_loses_its_lines_without_length_and_its_doubled_edges(shared_data):
    paths = gpd.read_file(shared_data / "asker" / "asker_n50_sti_traktorveg.gpkg")
    lines = walkable_lines(None, paths.assign(stitype=paths["type"]))
    built = build_graph(lines, tolerance_m=1.0, gap_m=20.0)
    value = built.report.summary.set_index("navn")["verdi"]
    assert value["nullengde"] == 7
    assert value["doble"] >= 4
    assert any("deler" in text for text in built.report.warnings)


def test_the_summary_speaks_to_planners():
    summary = build(*LONG).report.summary
    assert summary.columns.tolist() == ["navn", "tittel", "verdi", "enhet"]
    assert summary["navn"].is_unique
    row = summary.set_index("navn").loc["lengde_veg"]
    assert (row["tittel"], row["verdi"], row["enhet"]) == ("Lengde: veg", 600, "m")
