"""The zones: analytic squares, lines cut by hand with shapely.ops.split, and lines that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, box
from shapely.ops import split

from askergeo.parameters import load_parameters
from askergeo.transport.zones import (
    NORTH,
    SIDES,
    SOUTH,
    UNKNOWN,
    Zones,
    distance_to_line,
    make_zones,
    sides,
    zone_areas,
    zone_of,
    zone_shares,
)

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
SQUARE = box(0, 0, 10_000, 10_000)
MIDDLE = LineString([(0, 5_000), (10_000, 5_000)])
WAVE = LineString([(0, 5_000), (3_000, 5_600), (6_000, 4_300), (8_000, 5_200), (10_000, 5_000)])


def zones_of(
    *shapes: Any, place: Any = SQUARE, side: list[Any] | None = None, **changed: Any
) -> Zones:
    columns: dict[str, Any] = {"linje_id": range(1, len(shapes) + 1)}
    if side is not None:
        columns["side"] = side
    line = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)
    boundary = gpd.GeoDataFrame({"kommunenummer": ["9999"]}, geometry=[place], crs=CRS)
    return make_zones(line, boundary, parameters=load_parameters("nullvekst", changed))


def km2(zones: Zones) -> list[float]:
    return [round(float(zones.shape(side).area) / 1e6, 6) for side in SIDES]


def rules(zones: Zones) -> list[str]:
    return [str(rule).removeprefix("nullvekst.") for rule in zones.faults["regel"]]


def points(*at: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(*one) for one in at], crs=CRS, index=range(7, 7 + len(at)))


# --- Lines that divide ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drawn",
    [
        [WAVE],
        [WAVE.reverse()],
        [MultiLineString([WAVE.coords[2:], WAVE.coords[:2], WAVE.coords[1:3][::-1]])],
        [LineString(WAVE.coords[i : i + 2]) for i in (3, 0, 2, 1)],
        # On from outside to outside: through a neighbour on both sides.
        [LineString([(-5_000, 4_000), *WAVE.coords, (14_000, 6_000)])],
        # The same stretch drawn twice.
        [WAVE, LineString(WAVE.coords[1:3])],
    ],
    ids=["vest–øst", "øst–vest", "flerlinje", "rader", "for lang", "dobbelt"],
)
def test_the_sides_are_those_that_shapely_splits(drawn: list[Any]) -> None:
    zones = zones_of(*drawn)
    halves = sorted(split(SQUARE, WAVE).geoms, key=lambda part: part.centroid.y)
    assert zones.known
    assert not len(zones.faults)
    for side, half in ((NORTH, halves[1]), (SOUTH, halves[0])):
        assert zones.shape(side).symmetric_difference(half).area == pytest.approx(0, abs=1e-6)
    assert zones.line.length == pytest.approx(WAVE.length)
    assert zones.unknown.is_empty


def test_an_end_that_is_short_is_drawn_on_and_told() -> None:
    zones = zones_of(LineString([(30, 5_000), (9_960, 5_000)]))
    assert km2(zones) == [50, 50, 0]
    assert rules(zones) == ["forlenget", "forlenget"]
    assert [end.how for end in zones.pieces[0].ends] == ["forlenget", "forlenget"]
    assert [end.added for end in zones.pieces[0].ends] == pytest.approx([30, 40])
    assert "40\u00a0m rett fram" in zones.faults["tekst"].iloc[1]


def test_an_end_beside_the_boundary_is_led_to_the_nearest_place_of_it() -> None:
    # Straight on it would run along the east side for ever.
    zones = zones_of(LineString([(0, 5_000), (9_980, 5_000), (9_980, 6_000)]))
    assert zones.known
    assert [end.how for end in zones.pieces[0].ends] == ["når grensen", "festet"]
    assert zones.shape(SOUTH).area == pytest.approx(50e6 + 20 * 1_000, abs=1)


def test_the_reach_is_a_parameter_and_zero_draws_nothing_on() -> None:
    short = LineString([(30, 5_000), (10_000, 5_000)])
    assert zones_of(short, nullvekst_skjot_m=30.5).known
    for reach in (0, 29):
        zones = zones_of(short, nullvekst_skjot_m=reach)
        assert km2(zones) == [0, 0, 100]
        assert rules(zones) == ["ender_inne", "deler_ikke"]
        assert "30\u00a0m fra kommunegrensen" in zones.faults["tekst"].iloc[0]


def test_a_gap_between_two_pieces_is_closed_within_reach() -> None:
    west, east = (
        LineString([(0, 5_000), (4_990, 5_000)]),
        LineString([(5_010, 5_000), (10_000, 5_000)]),
    )
    zones = zones_of(west, east)
    assert km2(zones) == [50, 50, 0]
    assert rules(zones) == ["skjotet"]
    assert rules(zones_of(west, east, nullvekst_skjot_m=19)) == ["ender_inne"] * 2 + ["deler_ikke"]


def test_a_branch_and_a_spike_divide_nothing_and_are_told() -> None:
    branch = zones_of(MIDDLE, LineString([(5_000, 5_000), (5_000, 7_000)]))
    spike = LineString(
        [(0, 5_000), (4_000, 5_000), (4_000, 8_000), (4_000, 5_000), (10_000, 5_000)]
    )
    for zones in (branch, zones_of(spike)):
        assert km2(zones) == [50, 50, 0]
        assert rules(zones) == ["grein"]
        assert zones.line.length == pytest.approx(10_000)


def test_a_bend_back_keeps_its_own_sides() -> None:
    bend = LineString(
        [
            (0, 5_000),
            (7_000, 5_000),
            (7_000, 6_000),
            (3_000, 6_000),
            (3_000, 7_000),
            (10_000, 7_000),
        ]
    )
    zones = zones_of(bend)
    # West of x = 3000 from y = 5000; from 3000 to 7000 the strip 5000–6000 too; east from 7000.
    assert km2(zones)[0] == pytest.approx(3 * 5 + 4 * (1 + 3) + 3 * 3)
    assert sum(km2(zones)) == 100
    assert zone_of(zones, points((5_000, 5_500), (5_000, 6_500))).tolist() == [NORTH, SOUTH]


def test_a_line_out_and_in_again_names_every_part() -> None:
    over = LineString([(0, 8_000), (5_000, 12_000), (10_000, 8_000)])
    zones = zones_of(over)
    assert rules(zones) == ["flere_kryss"]
    assert "krysser kommunegrensen 4 ganger" in zones.faults["tekst"].iloc[0]
    assert zones.parts["side"].tolist() == [SOUTH, NORTH, NORTH]
    assert zones.parts["areal_m2"].tolist() == pytest.approx([95e6, 2.5e6, 2.5e6])
    # Four crossings that leave an island between two branches: a bay from the south.
    horns = shapely.difference(SQUARE, box(4_000, 0, 6_000, 7_000))
    both = zones_of(MIDDLE, place=horns)
    assert both.parts["side"].tolist() == [NORTH, SOUTH, SOUTH]
    assert km2(both) == [46, 40, 0]


def test_a_north_south_line_needs_to_be_told() -> None:
    upright = LineString([(4_000, 0), (4_000, 10_000)])
    zones = zones_of(upright)
    assert km2(zones) == [0, 0, 100]
    assert rules(zones) == ["retning", "deler_ikke"]
    for drawn in (upright, upright.reverse()):
        west = zones_of(drawn, nullvekst_nord="vest")
        assert km2(west) == [40, 60, 0]
        assert zone_of(west, points((1_000, 1_000))).item() == NORTH
        assert km2(zones_of(drawn, nullvekst_nord="ost")) == [60, 40, 0]
    steep = LineString([(3_000, 0), (6_000, 10_000)])
    assert km2(zones_of(steep)) == [0, 0, 100]
    assert zone_of(zones_of(steep, nullvekst_nord="nord"), points((1_000, 9_000))).item() == NORTH


# --- Lines that do not ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        ([LineString([(0, 11_000), (10_000, 11_000)])], ["utenfor", "deler_ikke"]),
        ([LineString([(0, 10_000), (10_000, 10_000)])], ["beroerer", "deler_ikke"]),
        ([LineString([(-2_000, 5_000), (0, 5_000)])], ["beroerer", "deler_ikke"]),
        ([LineString([(0, 5_000), (6_000, 5_000)])], ["ender_inne", "deler_ikke"]),
        ([LineString([(1_000, 5_000), (9_000, 5_000)])], ["ender_inne"] * 2 + ["deler_ikke"]),
        (
            [LineString([(2_000, 2_000), (8_000, 2_000), (8_000, 8_000), (2_000, 2_000)])],
            ["ring", "deler_ikke"],
        ),
        ([Point(5_000, 5_000)], ["punkt"]),
        ([None], ["ingen_linje"]),
        ([], ["ingen_linje"]),
    ],
    ids=["utenfor", "langs grensen", "til grensen", "ender inne", "to ender", "ring", "punkt",
         "uten geometri", "tomt"],
)  # fmt: skip
def test_what_does_not_divide_leaves_all_unknown_and_says_why(
    drawn: list[Any], found: list[str]
) -> None:
    zones = zones_of(*drawn)
    assert km2(zones) == [0, 0, 100]
    assert rules(zones) == found
    assert not zones.known
    assert zone_of(zones, points((1, 1))).item() == UNKNOWN
    assert np.isnan(distance_to_line(zones, points((1, 1))).item())


def test_a_line_past_the_boundary_at_one_end_only_divides_nothing() -> None:
    # The other end is out of reach: what was drawn past the boundary must not tell a side.
    for gap in (60, 51):
        zones = zones_of(LineString([(gap, 5_000), (10_000, 5_000)]))
        assert km2(zones) == [0, 0, 100]


def test_ground_between_two_lines_is_unknown() -> None:
    zones = zones_of(
        LineString([(0, 3_000), (10_000, 3_000)]), LineString([(0, 6_000), (10_000, 6_000)])
    )
    assert km2(zones) == [40, 30, 30]
    assert rules(zones) == ["del_ukjent"]
    assert "har linjen på begge sider" in zones.faults["tekst"].item()
    wedge = zones_of(
        LineString([(0, 5_000), (5_000, 5_000), (10_000, 9_000)]),
        LineString([(5_000, 5_000), (10_000, 2_000)]),
    )
    assert km2(wedge) == [40, 42.5, 17.5]


def test_an_island_that_no_line_meets_is_unknown() -> None:
    island = box(20_000, 8_000, 21_000, 9_000)
    zones = zones_of(MIDDLE, place=shapely.union(SQUARE, island))
    assert km2(zones) == [50, 50, 1]
    assert rules(zones) == ["del_ukjent"]
    assert "1000,0\u00a0dekar" in zones.faults["tekst"].item()
    near = zones_of(MIDDLE, place=shapely.union(SQUARE, island), nullvekst_lose_deler="naermeste")
    assert km2(near) == [51, 50, 0]
    assert rules(near) == ["lose_deler"]
    # Ground that the line does touch, on both of its sides, is not given to a neighbour.
    twice = zones_of(
        LineString([(0, 3_000), (10_000, 3_000)]),
        LineString([(0, 6_000), (10_000, 6_000)]),
        nullvekst_lose_deler="naermeste",
    )
    assert km2(twice) == [40, 30, 30]


def test_several_municipalities_are_told() -> None:
    line = gpd.GeoDataFrame({"linje_id": [1]}, geometry=[MIDDLE], crs=CRS)
    both = gpd.GeoDataFrame(
        {"kommunenummer": ["3203", "3201"]},
        geometry=[box(0, 0, 5_000, 10_000), box(5_000, 0, 10_000, 10_000)],
        crs=CRS,
    )
    zones = make_zones(line, both, parameters=load_parameters("nullvekst"))
    assert km2(zones) == [50, 50, 0]
    assert "3201 og 3203" in zones.faults["tekst"].item()


# --- Areas ------------------------------------------------------------------------------------


def test_areas_with_a_side_are_the_zones() -> None:
    zones = zones_of(
        box(-500, 4_000, 10_500, 12_000), box(0, 0, 10_000, 4_000), side=["nord", "sor"]
    )
    assert km2(zones) == [60, 40, 0]
    assert not len(zones.faults)
    assert distance_to_line(zones, points((5_000, 4_300), (5_000, 3_000))).tolist() == [300, -1_000]


def test_areas_that_overlap_or_leave_gaps_are_counted_once_and_told() -> None:
    overlap = zones_of(
        box(0, 5_000, 10_000, 10_000), box(0, 0, 10_000, 5_200), side=["nord", "sor"]
    )
    assert km2(overlap) == [50, 50, 0]
    assert rules(overlap) == ["flater_overlapper"]
    assert "2000,0\u00a0dekar" in overlap.faults["tekst"].item()
    gap = zones_of(box(0, 5_000, 10_000, 10_000), box(0, 0, 10_000, 4_800), side=["nord", "sor"])
    assert km2(gap) == [50, 48, 2]
    assert rules(gap) == ["flater_hull"]
    one = zones_of(box(0, 5_000, 10_000, 10_000), box(0, 0, 9, 9), side=["nord", None])
    assert km2(one) == [50, 0, 50]
    assert rules(one) == ["side_mangler", "bare_en_side", "flater_hull"]
    mixed = zones_of(box(0, 5_000, 10_000, 10_000), box(0, 0, 10_000, 5_000), MIDDLE,
                     side=["nord", "sor", None])  # fmt: skip
    assert rules(mixed) == ["flate_og_linje"]
    without = zones_of(box(0, 5_000, 10_000, 10_000))
    assert km2(without) == [0, 0, 100]


# --- Points, shares, distances ----------------------------------------------------------------


def test_points_lie_in_one_zone_each() -> None:
    zones = zones_of(MIDDLE)
    at = points((1, 9_999), (1, 1), (5_000, 5_000), (-1, 5_000))
    at[99] = None
    at[100] = Point()
    found = zone_of(zones, at)
    # One on the line is north, where the demand holds.
    assert found.tolist() == [NORTH, SOUTH, NORTH, UNKNOWN, UNKNOWN, UNKNOWN]
    assert found.index.tolist() == at.index.tolist()


def test_shares_of_areas_lines_and_points() -> None:
    zones = zones_of(MIDDLE)
    shapes = gpd.GeoSeries(
        [
            box(0, 4_000, 100, 5_250),
            box(0, 6_000, 100, 6_100),
            box(-100, 4_900, 100, 5_100),
            LineString([(500, 4_000), (500, 8_000)]),
            Point(500, 4_000),
            None,
        ],
        index=list("abcdef"),
        crs=CRS,
    )
    found = zone_shares(zones, shapes)
    wanted = [[0.2, 0.8, 0], [1, 0, 0], [0.25, 0.25, 0.5], [0.75, 0.25, 0], [0, 1, 0], [0, 0, 1]]
    assert found.to_numpy() == pytest.approx(np.array(wanted))
    assert found.index.tolist() == list("abcdef")
    areas = zone_areas(zones, shapes)
    assert areas.loc["c"].tolist() == pytest.approx([10_000, 10_000, 0, 20_000])
    assert areas.loc["d"].sum() == 0


def test_distances_are_positive_north_and_negative_south() -> None:
    zones = zones_of(MIDDLE)
    at = points((500, 5_250), (500, 4_000), (500, 5_000), (20_000, 5_000))
    assert distance_to_line(zones, at).tolist()[:3] == [250, -1_000, 0]
    assert np.isnan(distance_to_line(zones, at).iloc[3])
    across = gpd.GeoSeries([box(0, 4_000, 10, 6_000), box(0, 5_100, 10, 5_200)], crs=CRS)
    assert distance_to_line(zones, across).tolist() == [0, 100]


def test_the_sides_alone_are_there_for_those_who_have_only_shapes() -> None:
    north, south = sides(np.array([MIDDLE]), SQUARE, 50.0)
    assert (shapely.area(north).sum(), shapely.area(south).sum()) == (50e6, 50e6)
    assert [len(part) for part in sides(np.array([], dtype=object), SQUARE, 50.0)] == [0, 0]


def test_real_municipalities_are_divided_as_the_half_plane_over_the_line(
    shared_data: Path,
) -> None:
    every = gpd.read_file(shared_data / "asker" / "kommuner_2024_M.geojson").to_crs(CRS)
    # Asker, and some with long coasts and many islands.
    some = every[every["kommunenummer"].isin(["3203", "1106", "1804", "4601", "5501", "3401"])]
    assert len(some) == 6
    for place in shapely.make_valid(some.geometry.to_numpy()):
        west, low, east, high = place.bounds
        middle = (low + high) / 2
        line = LineString(
            [(west - 500, middle - 200), ((west + east) / 2, middle + 300), (east + 500, middle)]
        )
        zones = zones_of(line, place=place)
        above = shapely.Polygon([*line.coords, (east + 500, high + 9), (west - 500, high + 9)])
        parts = shapely.get_parts(place)
        met = shapely.union_all(parts[shapely.intersects(parts, line)])
        wanted = {NORTH: met & above, SOUTH: met - above, UNKNOWN: place - met}
        for side, shape in wanted.items():
            assert shapely.symmetric_difference(zones.shape(side), shape).area < 1
