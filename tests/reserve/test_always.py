"""What always holds for the land reserve, whatever the plan."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.reserve import load_rules, reserve

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_630_000.0
RULES = load_rules()
SMALL = settings(max_examples=12, deadline=None, derandomize=True)
# Arcs are chords: what is opened after one more house may be larger by so much (m²).
CHORDS = 0.5


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def boxes(side: int, least: int, count: int) -> st.SearchStrategy[list[Any]]:
    """Rectangles that may overlap, with corners on half metres."""
    place = st.integers(0, 600).map(lambda n: n / 2)
    size = st.integers(least, side).map(float)
    return st.lists(
        st.tuples(place, place, size, size).map(
            lambda t: shapely.box(X + t[0], Y + t[1], X + t[0] + t[2], Y + t[1] + t[3])
        ),
        min_size=1,
        max_size=count,
    )


@st.composite
def towns(draw: st.DrawFn) -> dict[str, Any]:
    """Plans that overlap one another, houses, built figures, roads and land cover."""
    shapes = draw(boxes(150, 20, 6))
    codes = [1110, 1120, 1300, 2010, 5100, 9999]
    code = draw(st.lists(st.sampled_from(codes), min_size=len(shapes), max_size=len(shapes)))
    status = draw(st.lists(st.sampled_from([1, 2]), min_size=len(shapes), max_size=len(shapes)))
    detailed = draw(boxes(100, 20, 2))
    houses = draw(boxes(15, 4, 4))  # at least 16 m²: main buildings
    built = draw(boxes(60, 5, 2))
    road = shapely.LineString([(X + draw(st.integers(0, 300)), Y), (X + 150, Y + 400)])
    return {
        "kommuneplan": frame(shapes, formaal_kode=code, arealstatus=status),
        "reguleringsplan": frame(detailed, formaal_kode=[1111, 3040][: len(detailed)]),
        "bygning": frame(houses, bygningstype=[111] * len(houses)),
        "arealbruk": frame(built, hovedklasse=["Bolig"] * len(built)),
        "veg": frame([road], vegtype=["bilveg"], vegkategori=["K"], medium=["bakke"]),
        "ar5": frame(draw(boxes(200, 50, 2))[:1], arealtype=[81]),
    }


@SMALL
@given(towns())
def test_the_rules_add_up(town):
    found = reserve(**town, rules=RULES)
    steps = found.steps
    lost = steps["tatt_m2"].sum()
    assert steps["areal_for_m2"].iloc[0] - lost - found.pieces["areal_m2"].sum() == pytest.approx(
        0, abs=1e-6
    )
    assert steps["avvik_m2"].abs().max() < 1e-6
    # The start is what was drawn, measured outside the chain.
    drawn = town["kommuneplan"].area.sum() + town["reguleringsplan"].area.sum()
    assert steps["areal_for_m2"].iloc[0] == pytest.approx(drawn)


@SMALL
@given(towns())
def test_what_is_left_is_planned_apart_and_unbuilt(town):
    found = reserve(**town, rules=RULES)
    shapes = np.asarray(found.pieces.geometry.array)
    whole = shapely.union_all(shapes)
    assert whole.area == pytest.approx(shapes_area(shapes), abs=1e-4)
    assert whole.intersection(town["arealbruk"].union_all()).area < 1e-4
    assert whole.intersection(town["ar5"].union_all()).area < 1e-4
    homes = found.pieces[found.pieces["formaal_kode"] != 2010]
    near = shapely.distance(homes.union_all(), town["bygning"].union_all())
    assert homes.empty or near > 10 * np.cos(np.pi / 64) - 1e-6


def shapes_area(shapes):
    return float(shapely.area(shapes).sum())


@SMALL
@given(towns(), boxes(15, 4, 3))
def test_more_houses_leave_no_more_before_the_shape_rules(town, more):
    """The shape rules themselves are not so: see the test of a strip in test_chain."""
    town["reguleringsplan"] = None  # corners that are put back depend on where the cut goes
    few = reserve(**town, rules=RULES)
    houses = [*town["bygning"].geometry, *more]
    town["bygning"] = frame(houses, bygningstype=[111] * len(houses))
    many = reserve(**town, rules=RULES)
    for rule in ("bygninger", "naavaerende", "aapning"):
        before, after = (
            found.steps.set_index("regel").loc[rule, "areal_igjen_m2"] for found in (few, many)
        )
        assert after <= before + CHORDS


@SMALL
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_rows_plays_no_part(town, chance):
    first = reserve(**town, rules=RULES)
    mixed = {
        name: one.sample(frac=1, random_state=chance.randint(0, 999)) for name, one in town.items()
    }
    second = reserve(**mixed, rules=RULES)
    assert first.steps["areal_igjen_m2"].to_numpy() == pytest.approx(
        second.steps["areal_igjen_m2"].to_numpy(), abs=1e-6
    )
    assert first.pieces["areal_m2"].to_numpy() == pytest.approx(
        second.pieces["areal_m2"].to_numpy(), abs=1e-6
    )
    assert first.pieces["planrad"].tolist() == second.pieces["planrad"].tolist()


@SMALL
@given(towns(), st.integers(-50_000, 50_000), st.integers(-500_000, 500_000))
def test_moving_everything_moves_the_answer(town, east, north):
    here = reserve(**town, rules=RULES)
    away = {
        name: one.set_geometry(one.geometry.translate(east, north)) for name, one in town.items()
    }
    there = reserve(**away, rules=RULES)
    assert here.steps["areal_igjen_m2"].to_numpy() == pytest.approx(
        there.steps["areal_igjen_m2"].to_numpy(), abs=1e-6
    )
    moved = here.pieces.geometry.translate(east, north)
    if len(moved):
        assert moved.total_bounds == pytest.approx(there.pieces.total_bounds, abs=1e-6)
