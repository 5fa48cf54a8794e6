"""Links held against the rules, on roads drawn by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.parameters import load_parameters
from askergeo.school.unsafe import MAIN_ROAD, MOTORWAY, SPEED, hazards_of, safe_costs

CRS = "EPSG:25832"
PARAMETERS = load_parameters("skoleveg")
ROAD = [(0, 0), (400, 0)]


def road(line: list[tuple[float, float]], **columns: Any) -> dict[str, Any]:
    usual = {"vegtype": "bilveg", "vegkategori": "F", "fartsgrense": 80, "medium": "bakke"}
    return {"geometry": shapely.LineString(line), **usual, **columns}


def footway(line: list[tuple[float, float]], **columns: Any) -> dict[str, Any]:
    return road(line, vegtype="gang_sykkelveg", fartsgrense=pd.NA, **columns)


def layer(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(list(rows), crs=CRS)
    return frame.assign(fartsgrense=frame["fartsgrense"].astype("Int64"))


def rules(*rows: dict[str, Any], **parameters: Any) -> dict[int, tuple[set[int], bool]]:
    """Rules that the edges of each row meet, and whether any of them is unknown."""
    veg = layer(*rows)
    graph = build_graph(walkable_lines(veg, None), tolerance_m=0.5, gap_m=5).graph
    found = hazards_of(graph, veg, None, PARAMETERS.override(parameters))
    rule = np.where(found.unsafe, found.rule, 0)
    return {
        row: (set(rule[found.row == row].tolist()), bool(found.vague[found.row == row].any()))
        for row in range(len(rows))
    }


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"fartsgrense": 80}, SPEED),
        ({"fartsgrense": 60, "vegkategori": "K"}, SPEED),
        ({"fartsgrense": 50, "vegkategori": "F"}, MAIN_ROAD),
        ({"fartsgrense": 50, "vegkategori": "K"}, 0),
        ({"fartsgrense": 40, "vegkategori": "E"}, 0),
        ({"fartsgrense": 80, "vegtype": "gang_sykkelveg"}, 0),
    ],
)
def test_speed_and_category_decide(columns: dict[str, Any], rule: int) -> None:
    assert rules(road(ROAD, **columns))[0] == ({rule}, False)


def test_an_unknown_speed_is_unknown_and_not_safe() -> None:
    assert rules(road(ROAD, fartsgrense=pd.NA))[0] == ({0}, True)
    assert rules(road(ROAD, fartsgrense=pd.NA, vegtype="gatetun"))[0] == ({0}, False)
    # With a footway beside it, it is known.
    beside = footway([(0, 10), (400, 10)])
    assert rules(road(ROAD, fartsgrense=pd.NA), beside)[0] == ({0}, False)


@pytest.mark.parametrize(
    ("line", "beside"),
    [
        ([(0, 10), (400, 10)], True),
        ([(0, 15), (400, 15)], True),
        ([(0, 16), (400, 16)], False),
        ([(0, 10), (330, 10)], True),
        ([(0, 10), (300, 10)], False),
        ([(400, -8), (0, -8)], True),
        # Across the road, not along it; and on the way off from it.
        ([(200, -14), (200, -4), (200, -2)], False),
        ([(0, 2), (20, 40), (400, 40)], False),
    ],
)
def test_a_footway_counts_when_it_follows_the_road(
    line: list[tuple[float, float]], beside: bool
) -> None:
    assert rules(road(ROAD), footway(line))[0] == ({0 if beside else SPEED}, False)


@pytest.mark.parametrize(("degrees", "beside"), [(20, True), (40, False), (54, False)])
def test_a_bridge_across_a_short_road_is_not_beside_it(degrees: int, beside: bool) -> None:
    along = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * 30
    middle = np.array([12.0, 0.0])
    bridge = footway([tuple(middle - along), tuple(middle + along)], medium="bru")
    assert rules(road([(0, 0), (24, 0)]), bridge)[0] == ({0 if beside else SPEED}, False)


def test_short_pieces_are_crossings() -> None:
    # A footway that leaves a road and joins it again 6 m farther on.
    rows = (
        road(ROAD), footway([(200, 0), (200, 90)]), footway([(206, 0), (206, -90)]),
    )  # fmt: skip
    assert rules(*rows)[0] == ({0, SPEED}, False)
    assert rules(*rows, skoleveg_minst_m=0)[0] == ({SPEED}, False)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({}, MOTORWAY),
        ({"medium": "bru"}, 0),
        ({"medium": "tunnel"}, 0),
        ({"vegtype": "gangfelt"}, 0),
    ],
)
def test_a_motorway_is_crossed_over_under_or_at_a_crossing(
    columns: dict[str, Any], rule: int
) -> None:
    motorway = road(ROAD, vegtype="motorveg", vegkategori="E", fartsgrense=110)
    across = road([(200, -50), (200, 50)], **{"vegtype": "gang_sykkelveg", **columns})
    found = rules(motorway, across)
    assert found[1] == ({rule}, False)


def test_a_closed_edge_costs_more_than_any_way() -> None:
    veg = layer(road(ROAD))
    graph = build_graph(walkable_lines(veg, None), tolerance_m=0.5, gap_m=5).graph
    costs = safe_costs(graph, np.array([True]))
    assert np.isinf(costs.forward).all()
    assert np.isinf(costs.backward).all()
    assert safe_costs(graph, np.array([False])).forward == pytest.approx([400.0])


def test_rows_of_paths_are_not_taken_for_roads() -> None:
    veg = layer(road(ROAD))
    sti = gpd.GeoDataFrame(
        {"stitype": ["sti"]}, geometry=[shapely.LineString([(0, 50), (400, 50)])], crs=CRS
    )
    graph = build_graph(walkable_lines(veg, sti), tolerance_m=0.5, gap_m=5).graph
    found = hazards_of(graph, veg, sti, PARAMETERS)
    assert sorted(zip(found.row.tolist(), found.rule.tolist(), strict=True)) == [
        (-1, 0),
        (0, SPEED),
    ]
