"""One way told step by step: a hand-made street, and the sum that the table has."""

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
from askergeo.school.route import door_to_door, way_network
from askergeo.school.route_steps import FROM_DOOR, TO_DOOR, steps_of
from askergeo.school.unsafe import RULES, SPEED, UNKNOWN_SPEED, hazards_of

CRS = "EPSG:25832"
PARAMETERS = load_parameters("skoleveg").override({"skoleveg_los_del_m": 0})


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


VEG = frame(
    [
        shapely.LineString([(0, 0), (300, 0)]),
        shapely.LineString([(300, 0), (500, 0)]),
        shapely.LineString([(500, 0), (900, 0)]),
        shapely.LineString([(900, 0), (900, 200)]),
    ],
    vegtype=["bilveg"] * 4,
    vegkategori=["K", "K", "F", pd.NA],
    fartsgrense=pd.array([30, 30, 80, pd.NA], dtype="Int64"),
    navn=["Lia", "Lia", "Storgata", pd.NA],
)
GRAPH = build_graph(walkable_lines(VEG, None), tolerance_m=0.5, gap_m=5).graph


def walk(start: tuple[float, float], end: tuple[float, float]):
    network = way_network(GRAPH)
    ways = door_to_door(
        network, frame([shapely.Point(start)]), frame([shapely.Point(end)]), PARAMETERS
    )
    hazards = hazards_of(GRAPH, VEG, None, PARAMETERS)
    return ways.metres[0, 0], steps_of(network, (ways.starts, 0), (ways.schools, 0), VEG, hazards)


@pytest.mark.parametrize("turned", [False, True])
def test_each_step_has_its_road_its_metres_and_what_must_be_judged(turned: bool) -> None:
    ends = [(50, 20), (930, 150)]
    metres, steps = walk(*(ends[::-1] if turned else ends))
    told = steps[["hva", "meter", "merknad"]].to_numpy().tolist()
    # Lia from 50 to 500, Storgata 400, 150 along the road without a name.
    way = [
        ["Lia", 450.0, ""],
        ["Storgata", 400.0, RULES[SPEED]],
        ["bilveg", 150.0, UNKNOWN_SPEED],
    ]
    lines = [20.0, 30.0]
    expected = [[FROM_DOOR, lines[turned], ""], *(way[::-1] if turned else way)]
    expected.append([TO_DOOR, lines[not turned], ""])
    assert [one[0] for one in told] == [one[0] for one in expected]
    assert [one[2] for one in told] == [one[2] for one in expected]
    assert [one[1] for one in told] == pytest.approx([one[1] for one in expected])
    assert steps["sum_m"].iloc[-1] == pytest.approx(metres, abs=1e-9)
    assert metres == pytest.approx(1050.0)


def test_the_line_on_the_map_is_as_long_as_the_step_and_hangs_together() -> None:
    _, steps = walk((50, 20), (930, 150))
    assert shapely.length(steps.geometry.to_numpy()) == pytest.approx(steps["meter"].to_numpy())
    whole = shapely.line_merge(shapely.union_all(steps.geometry.to_numpy()))
    assert whole.geom_type == "LineString"


def test_the_speed_is_missing_where_it_is_not_known() -> None:
    _, steps = walk((50, 20), (930, 150))
    speeds = steps["fartsgrense"].astype(object).where(steps["fartsgrense"].notna(), None)
    assert speeds.tolist() == [None, 30, 80, None, None]


def test_a_way_along_one_edge_does_not_leave_it() -> None:
    metres, steps = walk((550, 10), (700, 0))
    assert metres == pytest.approx(160.0)
    assert steps["meter"].tolist() == pytest.approx([10.0, 150.0, 0.0])


def test_a_door_by_the_school_has_straight_lines_only() -> None:
    metres, steps = walk((600, 10), (600, -5))
    assert metres == pytest.approx(15.0)
    assert steps["hva"].tolist() == [FROM_DOOR, TO_DOOR]


def test_without_a_way_there_are_no_steps() -> None:
    metres, steps = walk((550, 10), (700, 5000))
    assert np.isnan(metres)
    assert steps is None


def test_a_road_that_is_crossed_is_not_marked_but_a_short_piece_along_it_is() -> None:
    # A path to a fast road, 6 m along it, and on: and the same road walked 6 + 200 m.
    lines = [[(0, 100), (0, 0)], [(0, 0), (6, 0)], [(6, 0), (206, 0)], [(6, 0), (6, -100)]]
    veg = frame(
        [shapely.LineString(line) for line in lines],
        vegtype=["gang_sykkelveg", "bilveg", "bilveg", "gang_sykkelveg"],
        vegkategori=[pd.NA, "F", "F", pd.NA],
        fartsgrense=pd.array([pd.NA, 80, 80, pd.NA], dtype="Int64"),
        navn=["Stien", "Storgata", "Storgata", "Stien"],
    )
    graph = build_graph(walkable_lines(veg, None), tolerance_m=0.5, gap_m=5).graph
    network, hazards = way_network(graph), hazards_of(graph, veg, None, PARAMETERS)
    ends = frame([shapely.Point(6, -100), shapely.Point(206, 0)])
    ways = door_to_door(network, frame([shapely.Point(0, 100)]), ends, PARAMETERS)
    told = [
        steps_of(network, (ways.starts, 0), (ways.schools, row), veg, hazards) for row in (0, 1)
    ]
    remarks = [one.set_index("hva")["merknad"]["Storgata"] for one in told]
    assert remarks == ["", RULES[SPEED]]
    assert told[1].set_index("hva")["meter"]["Storgata"] == pytest.approx(206.0)
