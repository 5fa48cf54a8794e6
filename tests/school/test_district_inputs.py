"""The problem of districts from pupils, places and ways: by hand, and nobody lost in rounding."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.school.district_inputs import (
    at_edge,
    majority,
    make_problem,
    phased_in,
    unit_ways,
    whole_pupils,
)
from askergeo.school.district_problem import loads, validate
from askergeo.school.units import Units, neighbours


def units_of(shapes: list[shapely.Geometry]) -> Units:
    names = [f"u{number}" for number in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"navn": names, "medlemmer": [(name,) for name in names], "gruppe": "a"},
        geometry=shapes,
        crs="EPSG:25832",
        index=names,
    )
    return Units(frame, neighbours(np.array(shapes, dtype=object), least_m=1.0))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rounding_keeps_every_district_and_every_year(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    values = data.draw(
        st.lists(st.floats(0, 90), min_size=2 * count, max_size=2 * count).map(np.array)
    ).reshape(count, 2)
    today = np.array(data.draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count)))
    whole = whole_pupils(values, today)
    assert (np.abs(whole - values) < 1 + 1e-6).all()
    for school in np.unique(today):
        own = today == school
        assert whole[own].sum(axis=0).tolist() == np.rint(values[own].sum(axis=0)).tolist()


def test_most_of_the_pupils_decide_the_school_of_a_unit() -> None:
    # Unit 0: 30 pupils of school 2 and 31 of school 1; unit 1 has nobody; unit 2 has no part.
    row = np.array([0, 0, 1, -1])
    found, share = majority(row, np.array([2, 1, 0, 1]), np.array([30.0, 31.0, 0.0, 99.0]), 3)
    assert found.tolist() == [1, 0, -1]
    assert share.tolist() == pytest.approx([31 / 61, 1.0, 0.0])


def test_the_way_of_a_unit_is_that_of_its_children() -> None:
    # Two addresses of unit 0, with 3 children and 1; one of unit 1 without any known way.
    metres = np.array([[1000.0, 5000.0], [2000.0, np.inf], [np.nan, np.nan]])
    lines = np.array([[900.0, 4000.0], [1500.0, 3000.0], [100.0, 700.0]])
    found = unit_ways(
        metres, lines, np.array([0, 0, 1]), np.array([3.0, 1.0, 2.0]),
        count=2, limits=(1500.0, 4000.0), detour=1.4, must=np.array([0, 1]),
    )  # fmt: skip
    assert found.mean[0] == pytest.approx([1250.0, 5000.0], rel=0.01)
    assert found.farthest[0].tolist() == [2000.0, 5000.0]
    assert found.over[0, 0] == pytest.approx([0.25, 1.0], abs=0.01)
    assert found.over[1, 0] == pytest.approx([0.0, 1.0])
    assert found.estimated.tolist() == [[False, False], [True, True]]
    assert found.mean[1] == pytest.approx([140.0, 980.0])


def test_a_way_that_few_know_is_not_the_units_way() -> None:
    metres = np.array([[1000.0, 700.0], [2000.0, np.nan], [1500.0, np.nan]])
    found = unit_ways(
        metres, metres, np.zeros(3, dtype=int), np.ones(3),
        count=1, limits=(1.0,), detour=2.0, must=np.array([0]),
    )  # fmt: skip
    assert found.mean[0, 0] == pytest.approx(1500.0)
    assert np.isinf(found.mean[0, 1])


def test_the_edge_is_the_outside_and_the_sea() -> None:
    squares = [shapely.box(x, y, x + 10, y + 10) for y in (0, 10, 20) for x in (0, 10, 20)]
    units = units_of(squares)
    assert np.flatnonzero(~at_edge(units)).tolist() == [4]
    # With water in the middle the unit there lies at the sea.
    lake = shapely.difference(shapely.box(0, 0, 30, 30), shapely.box(14, 14, 16, 16))
    assert at_edge(units, lake).all()


def test_who_has_begun_stays_until_the_last_grade_is_done() -> None:
    """One unit of 10 pupils a grade in a school of two grades moves to a school that opens later.

    The new school opens in the second year: then its first grade comes, and in the third all do.
    """
    units = units_of([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    pupils = np.full((2, 2, 3), 10.0)
    ways = unit_ways(
        np.array([[100.0, 200.0], [300.0, 100.0]]), np.zeros((2, 2)), np.array([0, 1]), np.ones(2),
        count=2, limits=(1.0,), detour=1.0, must=np.array([0, 0]),
    )  # fmt: skip
    problem = make_problem(
        units, schools=pd.Index(["a", "b"]), years=np.array([2027, 2028, 2029]), pupils=pupils,
        places=np.array([[50.0, 50, 50], [0.0, 50, 50]]), ways=ways, today=np.array([0, 0]),
        home=np.array([0, 1]), edge=at_edge(units), fixed=np.array([-1, -1]),
        grade_weights=np.array([2.0, 1.0]), slack=0.0,
    )  # fmt: skip
    validate(problem)
    # Two grades of ten, the youngest counting double, and a tenth of a pupil.
    assert problem.cost[0] == pytest.approx([30.1 * 100, 30.1 * 200])
    assert problem.nearest.tolist() == [0, 1]
    assigned = np.array([0, 1])
    assert loads(problem, assigned).tolist() == [[20, 20, 20], [20, 20, 20]]
    phased = phased_in(problem, pupils)
    assert loads(phased, assigned).tolist() == [[40, 30, 20], [0, 10, 20]]
    assert problem.stay is None


def test_nobody_stays_at_a_school_that_is_closed() -> None:
    units = units_of([shapely.box(0, 0, 10, 10)])
    pupils = np.full((1, 3, 3), 10.0)
    ways = unit_ways(
        np.array([[100.0, 200.0]]), np.zeros((1, 2)), np.array([0]), np.ones(1),
        count=1, limits=(1.0,), detour=1.0, must=np.array([0]),
    )  # fmt: skip
    problem = make_problem(
        units, schools=pd.Index(["a", "b"]), years=np.array([2027, 2028, 2029]), pupils=pupils,
        places=np.array([[50.0, 0, 0], [50.0, 50, 50]]), ways=ways, today=np.array([0]),
        home=np.array([0, 0]), edge=at_edge(units), fixed=np.array([-1]),
        grade_weights=np.ones(3), slack=0.0,
    )  # fmt: skip
    assert problem.allowed is not None
    assert problem.allowed.tolist() == [[False, True]]
    # Of three grades two stay in the first year; the school is closed before the third leaves.
    assert loads(phased_in(problem, pupils), np.array([1])).tolist() == [[20, 0, 0], [10, 30, 30]]
