"""Loads on a tree worked by hand, with networkx as the oracle of ways, and plants by dates."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.va._load_flow import flow
from askergeo.va._load_limits import first_over, free_through, plants_of, transferred
from askergeo.va._load_parts import open_parts
from askergeo.va._load_pipes import fall_of, full_sewer_l_s
from askergeo.va.load import Factors, factors_of
from askergeo.va.network import pipe_network

# Seven manholes: 0 and 1 meet in 2, 2 and 3 in 4, 4 runs to the plant 5; 6 stands alone.
START = np.array([0, 1, 2, 3, 4])
END = np.array([2, 2, 4, 4, 5])
PEOPLE = np.array([[10.0], [20.0], [5.0], [40.0], [0.0], [3.0], [7.0]])
YEARS = np.arange(2026, 2037)


def tree(direction: list[int] | None = None) -> object:
    way = np.array(direction or [1] * len(START), dtype=np.int8)
    return flow(7, START, END, np.full(len(START), 50.0), way, ends=np.array([5]))


def test_every_load_goes_down_to_the_plant() -> None:
    found = tree()
    sums = found.sums(PEOPLE).ravel()
    assert sums.tolist() == [10, 20, 35, 40, 75, 78, 0, 78]
    assert found.end.tolist() == [5, 5, 5, 5, 5, 5, -1]
    assert found.upper.tolist() == [0, 1, 2, 3, 4]
    assert found.way(0) == [0, 2, 4, 5]
    assert found.way(6) == []


def test_a_pipe_drawn_the_wrong_way_is_followed_and_told() -> None:
    found = tree([1, 1, -1, 1, 1])
    assert found.sums(PEOPLE).ravel()[5] == 78
    assert found.against.tolist() == [False, False, True, False, False]
    # Unknown direction is no fault.
    assert not tree([0, 0, 0, 0, 0]).against.any()


def test_a_way_along_the_fall_is_taken_before_a_shorter_one_against_it() -> None:
    # 0 → 1 → 2 is long and falls; 2 → 0 is short and rises from 0.
    found = flow(
        3, np.array([0, 1, 2]), np.array([1, 2, 0]), np.array([900.0, 900.0, 5.0]),
        np.ones(3, dtype=np.int8), ends=np.array([2]),
    )  # fmt: skip
    assert found.way(0) == [0, 1, 2]
    assert not found.against.any()


def test_a_pumped_way_without_a_pipe_is_taken_when_there_is_no_other() -> None:
    none = np.zeros(0, dtype=np.int64)
    found = flow(2, none, none, np.zeros(0), np.zeros(0, dtype=np.int8), ends=np.array([1]),
                 jumps=np.array([[0, 1]]))  # fmt: skip
    assert found.way(0) == [0, 1]
    assert found.through.tolist() == [-1, -1, -1]


def test_ways_are_the_shortest_of_networkx() -> None:
    rng = np.random.default_rng(3)
    count = 60
    start, end = rng.integers(0, count, (2, 160))
    length = rng.uniform(1, 90, 160).round(1)
    found = flow(count, start, end, length, np.ones(160, dtype=np.int8), ends=np.array([0, 1]))
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_weighted_edges_from(zip(start.tolist(), end.tolist(), length.tolist(), strict=True))
    away = nx.multi_source_dijkstra_path_length(graph.reverse(), {0, 1})
    for node, metres in away.items():
        way = found.way(node)
        assert way[-1] in (0, 1)
        assert sum(length[found.through[one]] for one in way[:-1]) == pytest.approx(metres)
        assert not found.against[found.through[way[:-1]]].any()


def plants(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"anlegg_id": ["A", "B", "C"], "type": "renseanlegg", **columns})


def test_capacity_follows_its_dates() -> None:
    frame = plants(
        kapasitet_pe=[1000, None, 500], ny_kapasitet_pe=[1500, None, None],
        ny_kapasitet_aar=[2030, 2030, 2028], til_aar=[None, None, 2027], fra_aar=[None, 2029, 1970],
    )  # fmt: skip
    found = plants_of(frame, "renseanlegg", YEARS)
    assert found.capacity[0].tolist() == [1000] * 4 + [1500] * 7
    assert found.capacity[1, :3].tolist() == [0, 0, 0]
    assert np.isnan(found.capacity[1, 3:]).all()
    assert found.capacity[2].tolist() == [500, 500] + [0] * 9
    assert found.running[2].sum() == 2


def test_a_closed_plant_sends_its_load_on_through_a_chain_and_never_loses_any() -> None:
    frame = plants(
        kapasitet_pe=[100, 100, 1000], til_aar=[2027, 2029, None], til_anlegg_id=["B", "C", None]
    )
    found = plants_of(frame, "renseanlegg", YEARS)
    own = np.array([[40.0], [50.0], [60.0]]) * np.ones(len(YEARS))
    moved = transferred(found, own)
    assert moved.load[:, 0].tolist() == [40, 50, 60]
    assert moved.load[:, 2].tolist() == [0, 90, 60]
    assert moved.load[:, 5].tolist() == [0, 0, 150]
    assert moved.received[:, 5].tolist() == [0, 0, 90]
    assert (moved.load + moved.homeless).sum(axis=0).tolist() == own.sum(axis=0).tolist()
    ring = plants_of(
        plants(kapasitet_pe=[1, 1, 1], til_aar=[2027, 2027, None], til_anlegg_id=["B", "A", None]),
        "renseanlegg", YEARS,
    )  # fmt: skip
    lost = transferred(ring, own)
    assert lost.homeless[:, 5].tolist() == [40, 50, 0]


def test_the_year_a_plant_is_full_and_the_year_it_has_room_again() -> None:
    load = np.linspace(900, 1400, len(YEARS))[None, :]  # 50 more a year
    capacity = np.where(YEARS >= 2032, 2000.0, 1010.0)[None, :]
    running = np.ones((1, len(YEARS)), dtype=bool)
    assert first_over(load, capacity, YEARS, running).tolist() == [2029]
    assert free_through(load[0], capacity[0], YEARS, (2028, 2028)) == (True, 2028, 2028)
    assert free_through(load[0], capacity[0], YEARS, (2029, 2029)) == (False, 2029, 2032)
    never = free_through(load[0], np.full(len(YEARS), 10.0), YEARS, (2029, 2029))
    assert never[0] is False
    assert np.isnan(never[2])
    assert free_through(load[0], np.full(len(YEARS), np.nan), YEARS, (2029, 2029))[0] is None
    # Room for the first, none for the last; and what opens for one year in between is no promise.
    assert free_through(load[0], capacity[0], YEARS, (2027, 2030)) == (False, 2029, 2032)
    gap = np.where(YEARS == 2030, 2000.0, capacity[0])
    assert free_through(load[0], gap, YEARS, (2029, 2031)) == (False, 2029, 2032)
    assert free_through(load[0], gap, YEARS, (2029, 2029)) == (False, 2029, 2030)
    unknown = np.full((1, len(YEARS)), np.nan)
    assert np.isnan(first_over(load, unknown, YEARS, running)).all()


def test_litres_by_hand() -> None:
    one = Factors(pe_person=1, pe_job=0.3, litres=150, day=1.5, hour=2, infiltration=0.4, leak=0.25)
    pe = one.pe(np.array([1000.0]), np.array([500.0]))
    assert pe.tolist() == [1150]
    mean = 1150 * 150 / 86400
    assert one.sewage_l_s(pe)[0] == pytest.approx(mean * 3 + mean * 2 / 3)
    assert one.water_l_s(pe)[0] == pytest.approx(mean * 3 + mean / 3)
    assert one.water_m3_day(pe)[0] == pytest.approx(172.5 * 1.5 + 172.5 / 3)
    made = factors_of(load_parameters("va_vekst"))
    flows = [made[name].sewage_l_s(pe)[0] for name in ("lav", "hoved", "hoy")]
    assert flows == sorted(flows)


def test_a_pipe_without_fall_or_size_says_nothing() -> None:
    fall = fall_of(np.array([10.0, 10.0, np.nan]), np.array([9.0, 10.0, 9.0]), np.full(3, 50.0))
    assert fall[0] == pytest.approx(0.02)
    assert np.isnan(fall[1:]).all()
    full = full_sewer_l_s(np.array([300.0, np.nan, 200.0]), fall, 75.0)
    # 0,3 m: A = 0,0707 m², R = 0,075 m, R^(2/3) = 0,1778, √I = 0,1414.
    assert full[0] == pytest.approx(133.3, abs=0.3)
    assert np.isnan(full[1:]).all()


def test_a_shut_valve_parts_the_net_that_is_drawn_as_one() -> None:
    # Works – 1 – 2 – works, and a dead end 2 – 4; the valve is node 1.
    row = np.arange(4)
    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)], [(200, 0), (200, 90)]]
    pipes = gpd.GeoDataFrame(
        {"ledning_id": [f"V{k}" for k in row], "type": "vann"},
        geometry=[shapely.LineString(one) for one in lines], crs="EPSG:25832",
    )  # fmt: skip
    nodes = gpd.GeoDataFrame(
        {"node_id": ["K"], "type": ["ventil"], "status": ["stengt"]},
        geometry=[shapely.Point(100, 0)], crs="EPSG:25832",
    )  # fmt: skip
    parameters = load_parameters("va_nett")
    for status, parts in (("stengt", 2), ("apen", 1)):
        network, _ = pipe_network(
            pipes, nodes.assign(status=status), medium="vann", parameters=parameters
        )
        _, at_piece = open_parts(network)
        ends = [at_piece[network.row == one][0] for one in (0, 3)]
        assert len(set(ends)) == parts, status
