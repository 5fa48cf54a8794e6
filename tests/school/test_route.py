"""Ways to school on a street that can be walked in the head, and as networkx walks them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.errors import CrsError
from askergeo.geometry import geometries
from askergeo.network.graph import GraphBuild, build_graph
from askergeo.network.lines import walkable_lines
from askergeo.network.profiles import metres
from askergeo.parameters import load_parameters
from askergeo.school.route import (
    CLOSED,
    NO_DISTRICT,
    NO_GRADE,
    NO_SCHOOL,
    NOT_THERE,
    OWN,
    UNKNOWN,
    distances,
    district_rows,
    door_to_door,
    nearest_school,
    open_schools,
    own_schools,
    straight,
    way_network,
)
from tests.network.peers import peer_matrix

CRS = "EPSG:25832"
INF, NAN = np.inf, np.nan
PARAMETERS = load_parameters("skoleveg")


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def points(*xy: tuple[float, float] | None) -> gpd.GeoDataFrame:
    return frame([None if at is None else shapely.Point(at) for at in xy])


def network(*lines: list[tuple[float, float]]) -> GraphBuild:
    roads = frame([shapely.LineString(line) for line in lines], vegtype=["bilveg"] * len(lines))
    return build_graph(walkable_lines(roads, None), tolerance_m=0.5, gap_m=20)


# A street of 5 km along x with a side street of 300 m up at x = 2000; an island of 3 km of road
# far to the north; and 200 m of road that the map does not join to the street.
STREET = network(
    [(0, 0), (5000, 0)],
    [(2000, 0), (2000, 300)],
    [(0, 9000), (3000, 9000)],
    [(3000, 400), (3200, 400)],
)


def schools(*at: tuple[float, float] | None, **columns: Any) -> gpd.GeoDataFrame:
    names = [f"S{number}" for number in range(len(at))]
    made = points(*at).assign(skole_id=names, navn=names)
    return made.assign(**({"trinn_fra": 1, "trinn_til": 10} | columns))


def test_metres_from_door_to_door_are_those_of_the_street() -> None:
    starts = points((2000, 20), (2030, 300), (0, 9005), (3100, 405), (100, 700), None)
    found = distances(STREET, starts, schools((0, 10)), PARAMETERS)
    # 20 to the street, 2000 along it, 10 to the school; 30 across, 300 down, 2000 along, 10.
    assert found[:2, 0] == pytest.approx([2030.0, 2340.0])
    # An island of 3 km has no way; a bit of 200 m is a gap in the map; 700 m off and no point.
    assert np.isinf(found[2, 0])
    assert np.isnan(found[3:, 0]).all()


def test_the_straight_lines_are_told() -> None:
    ways = door_to_door(
        way_network(STREET.graph), points((1000, 20), (9, 700)), schools((0, 10)), PARAMETERS
    )
    assert ways.starts.line[0] == pytest.approx(20.0)
    assert np.isnan(ways.starts.line[1])
    assert ways.schools.line == pytest.approx([10.0])


def test_a_school_at_0_0_or_without_a_point_is_unknown_not_far() -> None:
    far = schools((0, -7000), None, (0, 10))
    found = distances(STREET, points((2000, 20)), far, PARAMETERS)
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2] == pytest.approx(2030.0)


def test_a_school_is_not_joined_to_a_loose_bit_of_path() -> None:
    built = network([(0, 0), (5000, 0)], [(1000, 60), (1040, 60)])
    # The bit is 10 m away, the street 70 m.
    found = distances(built, points((0, 0)), schools((1000, 70)), PARAMETERS)
    assert found[0, 0] == pytest.approx(1000 + 70)


def test_points_in_another_crs_are_refused() -> None:
    with pytest.raises(CrsError):
        distances(STREET, points((0, 0)).to_crs(25833), schools((0, 10)), PARAMETERS)


def grid(random: np.random.Generator, side: int = 5) -> list[list[tuple[float, float]]]:
    """Streets between neighbours of a crooked grid, some of them missing."""
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * 200.0
    at = (at + random.uniform(-60, 60, at.shape)).round(2)
    pairs = [((i, j), (i + 1, j)) for i in range(side - 1) for j in range(side)]
    pairs += [((i, j), (i, j + 1)) for i in range(side) for j in range(side - 1)]
    return [[tuple(at[a]), tuple(at[b])] for a, b in pairs if random.random() < 0.75]


def doors(random: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    return points(*random.uniform(-50, 850, (count, 2)).round(2))


def measured(lines: list[Any], starts: gpd.GeoDataFrame, to: gpd.GeoDataFrame) -> np.ndarray:
    """Ways with no part too short to be whole, so that only what is not joined is unknown."""
    parameters = PARAMETERS.override({"skoleveg_los_del_m": 0, "skoleveg_koble_skole_m": 150})
    return distances(network(*lines), starts, to, parameters)


@pytest.mark.parametrize("seed", range(4))
def test_all_ways_are_those_of_networkx(seed: int) -> None:
    random = np.random.default_rng(seed)
    built = network(*grid(random))
    parameters = PARAMETERS.override({"skoleveg_los_del_m": 0})
    ways = door_to_door(way_network(built.graph), doors(random, 30), doors(random, 6), parameters)
    told = peer_matrix(built.graph, metres(built.graph), ways.starts.places, ways.schools.places)
    np.testing.assert_allclose(ways.metres, told, rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_there_is_as_far_as_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    lines, here, there = grid(random), doors(random, 12), doors(random, 5)
    out, back = measured(lines, here, there), measured(lines, there, here)
    np.testing.assert_allclose(out, back.T, rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_a_new_link_makes_no_way_longer(seed: int) -> None:
    random = np.random.default_rng(seed)
    lines, here, there = grid(random), doors(random, 12), doors(random, 5)
    ends = [line[0] for line in lines]
    link = [ends[0], ends[int(random.integers(1, len(ends)))]]
    parameters = PARAMETERS.override({"skoleveg_los_del_m": 0})
    old, new = (
        door_to_door(way_network(network(*streets).graph), here, there, parameters)
        for streets in (lines, [*lines, link])
    )
    # A door that is nearer to the new link than to the old streets starts from another place.
    same_start = np.isclose(new.starts.line, old.starts.line)
    same_end = np.isclose(new.schools.line, old.schools.line)
    both = same_start[:, None] & same_end[None, :]
    assert both.any()
    assert (new.metres[both] <= old.metres[both] + 1e-6).all()


def districts(*rows: tuple[str, float, float, str | None]) -> gpd.GeoDataFrame:
    """Districts from x to x, of a stage and a school."""
    return frame(
        [shapely.box(west, -500, east, 500) for _, west, east, _ in rows],
        krets_id=[f"K{number}" for number in range(len(rows))],
        navn=[f"krets {number}" for number in range(len(rows))],
        trinn=[stage for stage, *_ in rows],
        skole_id=pd.array([school for *_, school in rows], dtype="string"),
    )


def own(starts: gpd.GeoDataFrame, to: gpd.GeoDataFrame, krets: Any, year: int = 0):
    ways = distances(STREET, starts, to, PARAMETERS)
    return own_schools(ways, geometries(starts), to, krets, year=year)


def test_the_school_is_that_of_the_district_also_when_another_is_nearer() -> None:
    to = schools((0, 10), (4000, 10))
    krets = districts(("barnetrinn", 0, 5000, "S0"), ("ungdomstrinn", 0, 5000, "S1"))
    found = own(points((3900, 10)), to, krets)
    assert found.school[0].tolist() == [0] * 7 + [1] * 3
    assert (found.how == OWN).all()
    assert found.nearest[0].school.tolist() == [1]
    assert found.nearest[0].metres[0] == pytest.approx(10 + 100 + 10)


def test_the_nearest_school_takes_the_place_of_what_the_district_lacks() -> None:
    to = schools(
        (0, 10), (4000, 10), (4900, 10),
        trinn_fra=[1, 1, 1], trinn_til=[4, 10, 10], eierform=["kommunal", "kommunal", "privat"],
    )  # fmt: skip
    krets = districts(
        ("barnetrinn", 0, 1000, "S0"), ("barnetrinn", 1000, 2000, None),
        ("barnetrinn", 2000, 3000, "borte"),
    )  # fmt: skip
    found = own(points((500, 0), (1500, 0), (2500, 0), (4950, 0)), to, krets)
    # S0 has grades 1 to 4 only; S2 is nearest in the east, and private.
    assert found.school[:, 0].tolist() == [0, 0, -1, 1]
    assert found.how[:, 0].tolist() == [OWN, NO_SCHOOL, NOT_THERE, NO_DISTRICT]
    assert found.school[:, 5].tolist() == [1, 1, -1, 1]
    assert found.how[0, 5] == NO_GRADE
    # Without a district of the lower secondary stage the nearest is taken.
    assert (found.how[:, 8] == NO_DISTRICT).all()


def test_a_closed_school_gives_way_to_the_nearest_open() -> None:
    to = schools((0, 10), (4000, 10), fra_aar=[1960.0, 2030.0], til_aar=[2027.0, NAN])
    assert open_schools(to, 2026).tolist() == [True, False]
    assert open_schools(to, 2030).tolist() == [False, True]
    assert open_schools(to).all()
    krets = districts(("barnetrinn", 0, 5000, "S0"), ("ungdomstrinn", 0, 5000, "S0"))
    found = own(points((500, 0)), to, krets, year=2030)
    assert set(found.how[0]) == {CLOSED}
    assert set(found.school[0]) == {1}


def test_a_school_of_unknown_grades_is_that_of_its_district_but_never_the_nearest() -> None:
    to = schools((0, 10), (4000, 10), trinn_fra=[NAN, 1.0], trinn_til=[NAN, 10.0])
    krets = districts(("barnetrinn", 0, 1000, "S0"))
    found = own(points((500, 0), (1500, 0)), to, krets)
    assert found.school[:, 0].tolist() == [0, 1]


def test_without_districts_and_without_a_way_the_school_is_not_known() -> None:
    found = own(points((500, 0), (0, 9005)), schools((0, 10)), None)
    assert found.school[:, 0].tolist() == [0, -1]
    assert found.how[:, 0].tolist() == [NO_DISTRICT, UNKNOWN]
    assert np.isnan(
        found.metres(distances(STREET, points((0, 0), (0, 1)), schools((0, 10)), PARAMETERS))[1, 0]
    )


def test_the_nearest_is_not_sure_when_an_unknown_school_may_be_nearer() -> None:
    ways = np.array([[1000.0, NAN], [1000.0, NAN]])
    lines = np.array([[900.0, 800.0], [900.0, 1100.0]])
    found = nearest_school(ways, lines, np.array([True, True]))
    assert found.school.tolist() == [0, 0]
    assert found.sure.tolist() == [False, True]


def test_of_districts_that_overlap_the_first_counts() -> None:
    krets = districts(("barnetrinn", 0, 900, "S0"), ("barnetrinn", 500, 2000, "S1"))
    at = geometries(points((600, 0), (1500, 0), (3000, 0), None))
    assert district_rows(at, krets)["barnetrinn"].tolist() == [0, 1, -1, -1]
    assert district_rows(at, krets.iloc[::-1])["barnetrinn"].tolist() == [0, 0, -1, -1]


def test_straight_lines_are_those_of_pythagoras() -> None:
    found = straight(geometries(points((0, 0), None)), geometries(points((3, 4))))
    assert found[0, 0] == pytest.approx(5.0)
    assert np.isnan(found[1, 0])
