"""The network of pipes: what joins, what does not, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.va.network import (
    AVLOP,
    BY_DRAWN,
    BY_HEIGHT,
    OVERVANN,
    RULES,
    VANN,
    PipeNetwork,
    Repairs,
    pipe_network,
    pipe_networks,
)

if TYPE_CHECKING:
    from pathlib import Path

P = load_parameters("va_nett")
Line = list[tuple[float, float]]


def pipes(*lines: Line, **columns: Any) -> gpd.GeoDataFrame:
    """Pipes L0, L1, … of water; a column is one value for all or a list."""
    data = {"ledning_id": [f"L{k}" for k in range(len(lines))], "type": "vann"} | columns
    shapes = [shapely.LineString(one) for one in lines]
    return gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:25832")


def nodes(*rows: tuple[str, str, float, float], **columns: Any) -> gpd.GeoDataFrame:
    """Nodes of (id, type, x, y)."""
    data = {"node_id": [one[0] for one in rows], "type": [one[1] for one in rows]} | columns
    shapes = [shapely.Point(one[2:]) for one in rows]
    return gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:25832")


def works(*rows: tuple[str, str, float, float], **columns: Any) -> gpd.GeoDataFrame:
    """Facilities of (id, type, x, y)."""
    return nodes(*rows).rename(columns={"node_id": "anlegg_id"}).assign(**columns)


def build(*args: Any, medium: str = VANN, **overrides: float) -> tuple[PipeNetwork, Repairs]:
    return pipe_network(*args, medium=medium, parameters=P.override(overrides))


def told(repairs: Repairs) -> list[tuple[str, str]]:
    frame = repairs.frame()
    return sorted(zip(frame["regel"], frame["id"], strict=True))


def parts(network: PipeNetwork) -> set[frozenset[int]]:
    """Rows of the layer that hang together."""
    label = network.component[network.start]
    return {frozenset(network.row[label == one].tolist()) for one in np.unique(label)}


def test_ends_at_one_place_join_and_nothing_is_told() -> None:
    network, repairs = build(pipes([(0, 0), (10, 0)], [(10, 0), (10, 10)], [(30, 0), (40, 0)]))
    assert parts(network) == {frozenset({0, 1}), frozenset({2})}
    assert network.length_m.tolist() == [10, 10, 10]
    assert told(repairs) == []


def test_a_pipe_that_ends_on_another_cuts_it_and_keeps_its_length() -> None:
    main = pipes([(0, 0), (30, 0), (60, 0)], [(45, 0), (45, 9)], lengde_m=[66.0, np.nan])
    network, repairs = build(main)
    assert parts(network) == {frozenset({0, 1})}
    by_row = np.bincount(network.row, network.length_m)
    assert by_row.tolist() == pytest.approx([66.0, 9.0])
    assert sorted(np.round(network.length_m, 3)) == pytest.approx([9.0, 16.5, 49.5])
    assert told(repairs) == []


@pytest.mark.parametrize(("gap", "joined"), [(0.3, True), (0.7, False)])
def test_an_end_near_another_end_is_moved_only_within_the_tolerance(
    gap: float, joined: bool
) -> None:
    network, repairs = build(pipes([(0, 0), (10, 0)], [(10 + gap, 0), (20, 0)]))
    assert (len(parts(network)) == 1) is joined
    assert [rule for rule, _ in told(repairs)] == (["glippe_ende"] if joined else [])
    if joined:
        assert repairs.frame()["meter"].tolist() == pytest.approx([gap])


def test_an_end_near_a_line_is_joined_there() -> None:
    network, repairs = build(pipes([(0, 0), (60, 0)], [(20, 0.4), (20, 30)]))
    assert len(parts(network)) == 1
    assert told(repairs) == [("glippe_linje", "L1")]
    row = repairs.frame().iloc[0]
    assert (row["annen_id"], row["geometry"].x) == ("L0", 20.0)


def test_crossing_pipes_are_not_joined_unless_a_manhole_stands_there() -> None:
    cross = pipes([(0, 0), (60, 0)], [(20, -10), (20, 10)])
    apart, repairs = build(cross)
    assert len(parts(apart)) == 2
    assert told(repairs) == [("krysning", "L0")]
    assert shapely.equals(repairs.frame().geometry[0], shapely.Point(20, 0))
    joined, repairs = build(cross, nodes(("K1", "kum", 20.2, 0.1)))
    assert len(parts(joined)) == 1
    assert [rule for rule, _ in told(repairs)] == ["krysning_kum", "node_ved_siden"]
    valve, repairs = build(cross, nodes(("V1", "ventil", 20, 0)))
    assert len(parts(valve)) == 2
    assert told(repairs) == [("krysning", "L0")]


def test_a_vertex_that_two_pipes_only_pass_does_not_join_them() -> None:
    network, repairs = build(pipes([(0, 0), (20, 0), (60, 0)], [(20, -10), (20, 0), (20, 10)]))
    assert len(parts(network)) == 2
    assert told(repairs) == [("krysning", "L0")]


def test_a_pump_main_passes_sewers_that_fall_and_is_not_told_of() -> None:
    cross = pipes(
        [(0, 0), (60, 0)],
        [(20, -10), (20, 10)],
        type="spillvann",
        funksjon=["hovedledning", "pumpeledning"],
    )
    network, repairs = build(cross, medium=AVLOP)
    assert len(parts(network)) == 2
    assert told(repairs) == []


def test_an_end_with_a_node_of_its_own_is_not_moved() -> None:
    lines = pipes([(0, 0), (60, 0)], [(20, 0.3), (20, 30)])
    network, repairs = build(lines, nodes(("K1", "kum", 20, 0.3)))
    assert len(parts(network)) == 2
    assert told(repairs) == []
    loose = pipes([(0, 0), (10, 0)], [(10.3, 0), (20, 0)])
    network, repairs = build(loose, nodes(("K1", "kum", 10, 0)))
    assert len(parts(network)) == 1
    assert told(repairs) == [("glippe_node", "L1")]


def test_pipes_of_different_media_never_join() -> None:
    both = pipes([(0, 0), (10, 0)], [(10, 0), (20, 0)], type=["vann", "overvann"])
    built = pipe_networks(both, parameters=P)
    assert [built[m][0].edges for m in (VANN, AVLOP, OVERVANN)] == [1, 0, 1]


def test_doubles_are_left_out_and_the_one_that_says_most_stays() -> None:
    same = pipes(
        [(0, 0), (10, 0)], [(10, 0.02), (0, 0.02)], [(0, 0), (10, 0)], materiale=["", "PVC", ""]
    )
    network, repairs = build(same)
    assert network.row.tolist() == [1]
    assert told(repairs) == [("dobbel", "L0"), ("dobbel", "L2")]


def test_doubles_that_differ_are_both_kept_and_told_of() -> None:
    same = pipes([(0, 0), (10, 0)], [(0, 0), (10, 0)], dimensjon_mm=[100, 200])
    network, repairs = build(same)
    assert sorted(network.row.tolist()) == [0, 1]
    assert told(repairs) == [("dobbel_ulik", "L1")]


def test_two_pumps_side_by_side_are_no_doubles() -> None:
    network, repairs = build(pipes([(0, 0), (9, 0)], [(0, 0), (9, 0)], funksjon="pumpe"))
    assert network.pump_link.tolist() == [True, True]
    assert told(repairs) == []


def test_a_pipe_drawn_over_two_others_is_told_of_and_leaves_no_false_loop() -> None:
    over = pipes([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(0, 0), (20, 0)])
    network, repairs = build(over)
    assert told(repairs) == [("delvis_dobbel", "L2")]
    assert sorted(network.row.tolist()) == [0, 1]
    assert repairs.frame()["meter"].tolist() == pytest.approx([20.0])


def test_what_cannot_be_a_pipe_is_left_out_and_named() -> None:
    strange = pipes(
        [(0, 0), (10, 0)],
        [(5, 5), (5, 5)],
        [(0, 9), (9, 9)],
        [(20, 0), (30, 0)],
        type=["vann", "vann", "vann", "damp"],
        status=["i bruk", None, "Nedlagt", None],
    )
    strange.loc[4] = {"ledning_id": "L4", "type": "vann", "status": None, "geometry": None}
    network, repairs = build(strange)
    assert network.row.tolist() == [0]
    assert told(repairs) == [
        ("ikke_i_drift", "L2"),
        ("null_lengde", "L1"),
        ("ukjent_type", "L3"),
        ("uten_linje", "L4"),
    ]


def test_a_ring_is_cut_in_two() -> None:
    ring = pipes([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)], [(0, 0), (-5, 0)])
    network, repairs = build(ring)
    assert (network.start != network.end).all()
    assert np.bincount(network.row, network.length_m).tolist() == pytest.approx([40.0, 5.0])
    assert told(repairs) == [("sloyfe", "L0")]


def test_nodes_beside_a_pipe_are_moved_onto_it_and_cut_it() -> None:
    line = pipes([(0, 0), (60, 0)])
    network, repairs = build(
        line,
        nodes(("V1", "ventil", 20, 0.3), ("V2", "ventil", 40, 0), ("V3", "ventil", 50, 3.4)),
    )
    assert network.edges == 3
    assert network.valve.sum() == 2
    assert network.node_at[2] == -1
    assert told(repairs) == [("node_utenfor", "V3"), ("node_ved_siden", "V1")]
    at = network.xy[network.node_at[0]]
    assert at.tolist() == pytest.approx([20.0, 0.0])


def test_a_shut_valve_and_a_shut_pipe_are_flagged_and_still_there() -> None:
    network, _ = build(
        pipes([(0, 0), (10, 0)], [(10, 0), (20, 0)], status=["aapen", "stengt"]),
        nodes(("V1", "ventil", 10, 0), status=["stengt"]),
    )
    assert network.closed[np.argsort(network.row)].tolist() == [False, True]
    assert network.shut[network.node_at[0]]
    assert len(parts(network)) == 1


def test_a_manhole_of_another_medium_does_not_stand_on_the_pipe() -> None:
    both = pipes([(0, 0), (60, 0)], [(20, 0.3), (20, 40)], type=["vann", "spillvann"])
    stands = nodes(("K1", "kum", 20, 0.3), ("H1", "hydrant", 30, 0.3))
    water, _ = build(both, stands)
    sewer, _ = build(both, stands, medium=AVLOP)
    assert (water.node_at >= 0).tolist() == [False, True]
    assert (sewer.node_at >= 0).tolist() == [True, False]


def test_a_valve_beside_a_sewer_is_not_the_sewers_unless_it_stands_on_it() -> None:
    lines = pipes([(0, 0), (60, 0)], type="spillvann")
    stands = nodes(("V1", "ventil", 20, 0.3), ("V2", "ventil", 40, 0.0))
    network, _ = build(lines, stands, medium=AVLOP)
    assert (network.node_at >= 0).tolist() == [False, True]
    assert told(build(lines, stands)[1]) == [("node_utenfor", "V1")]


def test_ends_join_the_nodes_they_ask_for_and_contradictions_are_told_of() -> None:
    lines = pipes(
        [(0, 0), (10, 0)],
        [(10, 0), (20, 0)],
        [(20, 0), (30, 0)],
        [(40, 0), (30, 0)],
        fra_node_id=["A", "B", "C", "D"],
        til_node_id=["B", "C", "A", "E"],
    )
    stands = nodes(
        ("A", "kum", 0, 0), ("B", "kum", 10, 0), ("C", "kum", 20, 0), ("D", "kum", 30, 0),
        ("E", "kum", 40, 0),
    )  # fmt: skip
    network, repairs = build(lines, stands)
    assert len(parts(network)) == 1
    assert told(repairs) == [("node_byttet", "L3"), ("node_motsier", "L2")]
    lines.loc[0, "fra_node_id"] = "Z"
    assert ("node_ukjent", "L0") in told(build(lines, stands)[1])


def test_a_node_that_all_its_pipes_miss_is_told_of_once_as_a_node() -> None:
    lines = pipes([(0, 0), (10, 0)], [(10, 0), (20, 0)], fra_node_id=["", "B"],
                  til_node_id=["B", ""])  # fmt: skip
    network, repairs = build(lines, nodes(("B", "ventil", 10, 0.4)))
    assert told(repairs) == [("node_ved_siden", "B")]
    assert network.valve.sum() == 1
    network, repairs = build(lines, nodes(("B", "ventil", 10, 4)))
    assert told(repairs) == [("node_utenfor", "B")]
    assert len(parts(network)) == 1


def test_customers_ends_that_lie_near_each_other_do_not_join() -> None:
    lines = pipes(
        [(0, 0), (60, 0)],
        [(20, 0), (20, 15)],
        [(20.3, 0), (20.3, 15)],
        funksjon=["fordelingsledning", "stikkledning", "stikkledning"],
    )
    network, repairs = build(lines)
    assert told(repairs) == []
    degree = np.diff(network.arc_ptr)
    assert (degree == 1).sum() == 4


def test_a_link_without_length_keeps_its_nodes_apart() -> None:
    lines = pipes(
        [(0, 0), (10, 0)],
        [(10, 0), (20, 0)],
        [(10, 0), (10, 0)],
        fra_node_id=["A", "C", "B"],
        til_node_id=["B", "D", "C"],
        funksjon=["", "", "pumpe"],
    )
    stands = nodes(
        ("A", "kum", 0, 0), ("B", "kum", 10, 0), ("C", "kum", 10, 0), ("D", "kum", 20, 0)
    )
    network, repairs = build(lines, stands)
    assert told(repairs) == []
    assert len(set(network.node_at.tolist())) == 4
    pump = np.flatnonzero(network.pump_link)
    assert {network.start[pump[0]], network.end[pump[0]]} == set(network.node_at[1:3].tolist())
    assert len(parts(network)) == 1


def test_facilities_are_joined_by_node_by_place_or_to_the_nearest_end() -> None:
    line = pipes([(0, 0), (60, 0)], [(60, 0), (60, 40)], [(200, 0), (260, 0)])
    plants = works(
        ("VV1", "vannverk", 0, 30),
        ("HB1", "hoydebasseng", 999, 999),
        ("HB2", "hoydebasseng", 60, 0),
        ("HB3", "hoydebasseng", 500, 500),
        node_id=[None, "K1", None, None],
    )
    network, repairs = build(line, nodes(("K1", "kum", 60, 40)), plants)
    at = network.xy[network.facility_at[:3]]
    assert at.tolist() == [[0.0, 0.0], [60.0, 40.0], [60.0, 0.0]]
    assert network.facility_at[3] == -1
    assert network.source.sum() == 3
    assert told(repairs) == [("anlegg_koblet", "VV1"), ("anlegg_utenfor", "HB3")]


def test_sewers_run_as_their_bottoms_fall_and_water_runs_no_way() -> None:
    lines = pipes(
        [(0, 0), (10, 0)],
        [(20, 0), (10, 0)],
        [(20, 0), (30, 0)],
        type="spillvann",
        hoyde_fra=[10.0, 9.0, np.nan],
        hoyde_til=[9.5, 9.5, np.nan],
    )
    network, _ = build(lines, medium=AVLOP)
    order = np.argsort(network.row)
    assert network.direction[order].tolist() == [1, -1, 1]
    assert network.direction_by[order].tolist() == [BY_HEIGHT, BY_HEIGHT, BY_DRAWN]
    assert np.isnan(network.z_start[order][2])
    lines["type"] = "vann"
    assert set(build(lines)[0].direction.tolist()) == {0}


def test_a_cut_sewer_has_heights_between_those_of_its_ends() -> None:
    lines = pipes([(0, 0), (40, 0)], [(10, 9), (10, 0)], type="overvann",
                  hoyde_fra=[12.0, np.nan], hoyde_til=[8.0, np.nan])  # fmt: skip
    network, _ = build(lines, medium=OVERVANN)
    middle = np.flatnonzero((network.xy == [10, 0]).all(axis=1))[0]
    assert network.z[middle] == pytest.approx(11.0)


def test_arcs_lead_both_ways_along_each_piece() -> None:
    network, _ = build(pipes([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(10, 0), (10, 9)]))
    tail = np.repeat(np.arange(network.nodes), np.diff(network.arc_ptr))
    first = np.where(network.arc_forward, network.start[network.arc_edge],
                     network.end[network.arc_edge])  # fmt: skip
    assert (tail == first).all()
    assert sorted(network.arc_edge.tolist()) == [0, 0, 1, 1, 2, 2]


def test_layers_that_cannot_be_joined_are_refused() -> None:
    line = pipes([(0, 0), (10, 0)])
    with pytest.raises(CrsError, match="meter"):
        build(line.to_crs("EPSG:4258"))
    with pytest.raises(LayerError, match="type"):
        build(line.drop(columns="type"))
    with pytest.raises(ParameterError, match="damp"):
        build(line, medium="damp")


def test_the_source_is_as_it_was() -> None:
    line = pipes([(0, 0), (10, 0)], [(10.3, 0), (20, 0)])
    stands = nodes(("V1", "ventil", 5, 0.2))
    before = line.copy(deep=True), stands.copy(deep=True)
    build(line, stands)
    assert line.equals(before[0])
    assert stands.equals(before[1])


def test_no_pipes_is_an_empty_network() -> None:
    network, repairs = build(pipes([(0, 0), (10, 0)]), medium=AVLOP)
    assert (network.nodes, network.edges, told(repairs)) == (0, 0, [])


@pytest.mark.parametrize("name", ["Net1", "Net3"])
def test_a_model_has_the_nodes_and_links_that_its_file_has(shared_data: Path, name: str) -> None:
    wntr = pytest.importorskip("wntr")
    from askergeo.sources.inp import layers_of, read_inp  # noqa: PLC0415

    path = shared_data / "network" / f"{name}.inp"
    frames = layers_of(read_inp(path))
    network, repairs = build(frames["va_ledning"], frames["va_node"], frames["va_anlegg"])
    graph = wntr.network.WaterNetworkModel(str(path)).to_graph().to_undirected()
    ids = frames["va_node"]["node_id"].astype(str).to_numpy()
    link = frames["va_ledning"]["ledning_id"].astype(str).to_numpy()
    at = ids[network.node_row]
    ours = {(link[r], frozenset((at[a], at[b])))
            for r, a, b in zip(network.row, network.start, network.end, strict=True)}  # fmt: skip
    theirs = {(key, frozenset((a, b))) for a, b, key in graph.edges(keys=True)}
    assert ours == theirs
    assert network.edges == graph.number_of_edges()
    assert set(repairs.frame()["regel"]) <= {"krysning", "null_lengde_node"}


def test_components_are_those_of_networkx() -> None:
    random = np.random.default_rng(8)
    grid = [((i, j), (i + a, j + b)) for i in range(12) for j in range(12)
            for a, b in ((1, 0), (0, 1)) if random.random() < 0.45]  # fmt: skip
    line = pipes(*[[(50.0 * x, 50.0 * y) for x, y in one] for one in grid])
    network, repairs = build(line)
    graph = nx.Graph()
    graph.add_edges_from((a, b, {"row": row}) for row, (a, b) in enumerate(grid))
    theirs = {
        frozenset(row for *_, row in graph.subgraph(part).edges(data="row"))
        for part in nx.connected_components(graph)
    }
    assert parts(network) == theirs
    assert told(repairs) == []


def test_every_rule_says_what_it_is_why_and_what_is_done() -> None:
    assert all(one.title and one.reason.endswith(".") and one.change.endswith(".")
               for one in RULES.values())  # fmt: skip


def test_a_plant_that_is_closed_or_to_come_is_no_outlet_in_the_year_of_the_map() -> None:
    sewer = pipes([(0, 0), (50, 0)], type="spillvann")
    plants = works(
        ("RA1", "renseanlegg", 50, 0),
        ("RA2", "renseanlegg", 0, 0),
        ("RA3", "renseanlegg", 0, 0),
        til_aar=[2019, None, None],
        fra_aar=[None, 2031, None],
    )
    ends = {None: {0.0, 50.0}, 2019: {0.0, 50.0}, 2026: {0.0}}
    for year, places in ends.items():
        network, repairs = pipe_network(sewer, None, plants, medium=AVLOP, parameters=P, year=year)
        assert set(network.xy[network.outlet, 0]) == places
        idle = repairs.of("punkt_ikke_i_drift")["id"].tolist()
        assert idle == {None: [], 2019: ["RA2"], 2026: ["RA1", "RA2"]}[year]
        assert (network.facility_at >= 0).sum() == 3 - len(idle)


def test_the_node_of_a_closed_plant_is_a_plain_one() -> None:
    sewer = pipes([(0, 0), (50, 0)], type="spillvann")
    point = nodes(("N1", "utlop", 50, 0))
    plant = works(("RA1", "renseanlegg", 50, 0), til_aar=[2019], node_id=["N1"])
    for year, count in ((2019, 1), (2026, 0)):
        network, _ = pipe_network(sewer, point, plant, medium=AVLOP, parameters=P, year=year)
        assert network.outlet.sum() == count
        assert network.node_at.tolist() != [-1]


def test_nodes_without_a_place_or_out_of_use_are_told_of_once() -> None:
    line = pipes([(0, 0), (10, 0)])
    points = nodes(("N1", "kum", 0, 0), ("N2", "hydrant", 10, 0), ("N3", "sluk", 5, 0))
    points["status"] = [None, "nedlagt", None]
    points.loc[2, "geometry"] = None
    rows = [
        (one, repairs.medium)
        for _, repairs in pipe_networks(line, points, parameters=P).values()
        for one in told(repairs)
    ]
    assert rows == [
        (("punkt_ikke_i_drift", "N2"), VANN),
        (("punkt_uten_sted", "N3"), AVLOP),
    ]


def test_a_crossing_is_told_of_whatever_lies_along_one_of_the_lines() -> None:
    lines = [
        [(0, 0), (20, 0), (40, 5)],
        [(0, 0), (20, 0), (40, -5)],
        [(10, -9), (10, 9)],
    ]
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        _, repairs = build(pipes(*(lines[k] for k in order)))
        crossing = repairs.of("krysning")
        assert [(one.x, one.y) for one in crossing["geometry"]] == [(10.0, 0.0)]
