"""Whatever the line: the zones are the municipality once, and everything in it is counted once."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.analyses._zones_counted import count_layers
from askergeo.parameters import load_parameters
from askergeo.transport.zones import SIDES, Zones, make_zones, zone_areas, zone_of, zone_shares

CRS = "EPSG:25832"
SMALL = settings(max_examples=25, deadline=None)
# A municipality with a fjord, a lake and an island.
PLACE = shapely.union(
    shapely.difference(
        shapely.box(0, 0, 1_000, 1_000),
        shapely.union(shapely.box(400, 600, 500, 1_000), shapely.box(700, 300, 800, 420)),
    ),
    shapely.box(1_100, 450, 1_200, 550),
)
AT = st.integers(-200, 1_200)
LINE = st.lists(st.tuples(AT, AT), min_size=2, max_size=7, unique=True).map(shapely.LineString)
LINES = st.lists(LINE, min_size=1, max_size=3)
NORTH_IS = st.sampled_from(["automatisk", "nord", "vest", "ost"])


def zones_of(lines: list[Any], north: str) -> Zones:
    line = gpd.GeoDataFrame({"linje_id": range(len(lines))}, geometry=lines, crs=CRS)
    boundary = gpd.GeoDataFrame({"kommunenummer": ["9999"]}, geometry=[PLACE], crs=CRS)
    return make_zones(
        line, boundary, parameters=load_parameters("nullvekst", {"nullvekst_nord": north})
    )


@SMALL
@given(LINES, NORTH_IS)
def test_the_zones_are_the_municipality_once(lines: list[Any], north: str) -> None:
    zones = zones_of(lines, north)
    shapes = [zones.shape(side) for side in SIDES]
    assert sum(shape.area for shape in shapes) == pytest.approx(PLACE.area, abs=1e-3)
    whole = shapely.union_all(shapes)
    assert shapely.symmetric_difference(whole, PLACE).area == pytest.approx(0, abs=1e-3)
    assert zones.parts["areal_m2"].sum() == pytest.approx(PLACE.area, abs=1e-3)
    # A line has two sides: neither zone is there without something on the other side of it.
    if not zones.shape("nord").is_empty or not zones.shape("sor").is_empty:
        assert len(zones.parts) > 1


@SMALL
@given(LINES, NORTH_IS)
def test_the_direction_that_a_line_is_drawn_in_changes_nothing(
    lines: list[Any], north: str
) -> None:
    one, two = zones_of(lines, north), zones_of([line.reverse() for line in lines][::-1], north)
    for side in SIDES:
        differs = shapely.symmetric_difference(one.shape(side), two.shape(side))
        assert differs.area == pytest.approx(0, abs=1e-3)


@SMALL
@given(
    LINES,
    NORTH_IS,
    st.lists(st.tuples(AT, AT, st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=30),
    st.lists(st.tuples(AT, AT, st.integers(1, 300), st.integers(0, 60)), min_size=1, max_size=8),
)
def test_residents_and_dwellings_are_conserved(
    lines: list[Any],
    north: str,
    houses: list[tuple[int, int, int, int]],
    cells: list[tuple[int, int, int, int]],
) -> None:
    zones = zones_of(lines, north)
    points = [shapely.Point(x, y) for x, y, *_ in houses]
    address = gpd.GeoDataFrame(
        {
            "adresse_id": [f"A{row}" for row in range(len(houses))],
            "boliger": [h[3] for h in houses],
        },
        geometry=points,
        crs=CRS,
    )
    people = pd.DataFrame(
        {"adresse_id": [*address["adresse_id"], "borte"], "antall": [*(h[2] for h in houses), 3]}
    )
    grid = gpd.GeoDataFrame(
        {"rute_id": range(len(cells)), "bosatte": [cell[3] for cell in cells]},
        geometry=[shapely.box(x, y, x + size, y + size) for x, y, size, _ in cells],
        crs=CRS,
    )
    building = gpd.GeoDataFrame(
        {"bygningstype": [111, 241] * len(houses), "boliger": [2, 0] * len(houses)},
        geometry=[shapely.Point(x + shift, y) for x, y, *_ in houses for shift in (0, 31)],
        crs=CRS,
    )
    parameters = load_parameters("nullvekst")
    counted = count_layers(zones, {"adresse": address, "befolkning": people}, parameters)
    assert counted["bosatte"].sums().sum() == sum(h[2] for h in houses) + 3
    assert counted["boliger"].sums().sum() == sum(h[3] for h in houses)
    by_cell = count_layers(zones, {"befolkning_rute": grid, "bygning": building}, parameters)
    residents = by_cell["bosatte"]
    assert residents.sums().sum() == sum(cell[3] for cell in cells)
    assert (residents.count == np.floor(residents.count)).all()
    alone = count_layers(zones, {"befolkning_rute": grid}, parameters)["bosatte"]
    assert alone.sums().sum() == sum(cell[3] for cell in cells)
    planned = count_layers(zones, {"boligprogram": grid.assign(prosjekt_id="P", boliger=grid["bosatte"])},
                           parameters)["programboliger"]  # fmt: skip
    assert planned.sums().sum() == pytest.approx(sum(cell[3] for cell in cells))


@SMALL
@given(LINES, NORTH_IS, st.lists(st.tuples(AT, AT, st.integers(1, 300)), min_size=1, max_size=8))
def test_shares_sum_to_one_and_points_agree(
    lines: list[Any], north: str, boxes: list[tuple[int, int, int]]
) -> None:
    zones = zones_of(lines, north)
    shapes = gpd.GeoSeries([shapely.box(x, y, x + a, y + a) for x, y, a in boxes], crs=CRS)
    shares = zone_shares(zones, shapes)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(boxes)))
    assert (shares.to_numpy() >= 0).all()
    areas = zone_areas(zones, shapes)
    assert areas.sum(axis=1).to_numpy() == pytest.approx(shapes.area.to_numpy(), abs=1e-2)
    whole = shares.max(axis=1) == 1
    middle = zone_of(zones, shapes[whole].centroid)
    assert (middle == shares[whole].idxmax(axis=1)).all()
