"""Pupils against places: hand-solved years, surplus, causes and what measures do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.school.balance import (
    NEVER,
    UNKNOWN,
    Inputs,
    cause_changes,
    first_over,
    make_balance,
    measure_effects,
    surplus,
)
from tests.school.school_cases import YEAR, areas_of, children, districts, forecast_of, schools

PARTS = {"p1": ("A1", "U1"), "p2": ("B1", "U1")}
DISTRICTS = districts(
    [("A1", "barnetrinn", "A"), ("B1", "barnetrinn", "B"), ("U1", "ungdomstrinn", "U")]
)
# 7 × 28 = 196 places at A and at B, 3 × 30 = 90 at U.
SCHOOLS = schools(
    skole_id=["A", "B", "U"],
    trinn_fra=[1, 1, 8],
    trinn_til=[7, 7, 10],
    paralleller=[1.0, 1.0, 1.0],
)


def counts(a, b, u):
    rows = [
        (school, YEAR - 1, grade, number)
        for school, first, last, number in (("A", 1, 7, a), ("B", 1, 7, b), ("U", 8, 10, u))
        for grade in range(first, last + 1)
    ]
    return pd.DataFrame(rows, columns=["skole_id", "aar", "trinn", "antall"])


def growing(per_age, more):
    """Children of every age in each part, and so many more each year, with the housing."""
    areas = areas_of(PARTS, children(2, per_age))
    steps = 5
    grown = np.zeros((steps + 1, *areas.people.count.shape))
    grown[:, :, :16] = np.arange(steps + 1)[:, None, None] * np.asarray(more)[None, :, None]
    return forecast_of(
        areas, {"arskull": np.stack([areas.people.count] * (steps + 1)), "bolig": grown}
    )


def inputs(forecast, measures=None, counted=(24, 20, 20), **overrides):
    return Inputs(
        forecast=forecast,
        skole=SCHOOLS,
        skolekrets=DISTRICTS,
        elevtall=counts(*counted),
        skoletiltak=None if measures is None else pd.DataFrame(measures),
        historikk=None,
        parameters=load_parameters("skole+prognose", {"andel_vekt": 0} | overrides),
    )


@pytest.mark.parametrize(
    ("went", "room", "expected"),
    [
        ([10, 20, 30], [20, 20, 20], 2027),
        ([10, 20, 20], [20, 20, 20], NEVER),
        ([30, 20, 20], [20, 20, 20], 2025),
        ([10, 20, 20], [20, 20, 10], 2027),
        ([10, 20, 30], [20, np.nan, 20], UNKNOWN),
        ([30, 20, 30], [20, np.nan, 20], 2025),
        ([np.nan, 20, 30], [20, 20, 20], UNKNOWN),
    ],
)
def test_the_first_year_with_more_pupils_than_places(went, room, expected):
    years = np.arange(2025, 2028)
    assert first_over(np.array(went, float), np.array(room, float), years) == expected


def test_the_surplus_is_places_less_the_most_pupils_of_the_years_that_follow():
    went = np.array([100.0, 120, 150, 90])
    room = np.array([140.0, 140, 140, 200])
    assert surplus(went, room, 1).tolist() == [20, -10, -10, 110]
    assert surplus(went, room, 10).tolist() == [-10, -10, -10, 110]
    unknown = np.isnan(surplus(went, np.array([140, np.nan, 140, 200]), 1))
    assert unknown.tolist() == [True, True, False, False]


def test_a_year_is_held_against_its_own_places_and_a_closed_school_has_none():
    went = np.array([0.0, 0, 90, 100])
    room = np.array([0.0, 0, 140, 140])
    there = room > 0
    assert surplus(went, room, 10, there).tolist() == [40] * 4
    assert np.isnan(surplus(went, room, 1, there)[0])
    assert surplus(np.array([150.0, 100]), np.array([140.0, 200]), 1).tolist() == [-10, 100]


def test_a_case_solved_by_hand():
    # A: 24 of each age today, 2 more each year: 168, 182, 196, 210, … against 196.
    places, found = make_balance(inputs(growing((24, 20), (2, 0)), counted=(24, 20, 44)))
    went = found.by_stage()
    assert went[:, 0, 0] == pytest.approx([168, 182, 196, 210, 224, 238])
    first = first_over(went, places.places, places.years)
    # The school year 2028/29 is read from 1 January 2029, three years after the start.
    assert first[:, 0].tolist() == [YEAR + 2, NEVER, NEVER]
    assert first[2, 1] == YEAR - 1
    assert surplus(went, places.places, 3)[0, :, 0].tolist() == pytest.approx([-14, 56, 0])


def test_the_change_is_the_sum_of_its_causes():
    _, found = make_balance(inputs(growing((24, 20), (2, 1)), counted=(24, 20, 44)))
    changes = cause_changes(found.by_cause)
    total = sum(changes.values())
    went = found.by_stage()
    assert total == pytest.approx(went - went[:1])
    assert changes["bolig"][:, 0, 0] == pytest.approx([0, 14, 28, 42, 56, 70])
    assert changes["krets"] == pytest.approx(np.zeros_like(total), abs=1e-9)


def measure(**more):
    given = {"tiltak_id": "t", "skole_id": "A", "fra_aar": YEAR + 1, "status": "vedtatt"} | more
    return {name: [value] for name, value in given.items()}


def test_an_extension_is_told_with_and_without():
    given = inputs(
        growing((24, 20), (2, 0)),
        measure(type="utvidelse", plasser=28),
        counted=(24, 20, 44),
        overskudd_aar="2",
    )
    (effect,) = measure_effects(given, *make_balance(given))
    assert (effect.places, effect.first) == (28, (YEAR + 2, YEAR + 4))
    # From its first year: 196 and 224 places against 224 pupils two years later.
    assert effect.surplus == pytest.approx((-28, 0))
    assert effect.full == (1, 1)


def test_a_measure_that_does_not_count_is_told_all_the_same():
    given = inputs(
        growing((24, 20), (2, 0)),
        measure(type="utvidelse", plasser=100, status="mulig"),
        counted=(24, 20, 44),
    )
    places, found = make_balance(given)
    (effect,) = measure_effects(given, places, found)
    assert set(places.places[:, 0, 0]) == {196.0}
    assert (effect.places, effect.first, effect.full) == (100, (YEAR + 2, NEVER), (1, 0))


def test_closing_fills_the_neighbour():
    given = inputs(growing((20, 20), (0, 0)), measure(type="nedlegging", status="planlagt"))
    (effect,) = measure_effects(given, *make_balance(given))
    assert effect.places == -196
    # B has room for its own 140, not for 280.
    assert effect.full == (0, 1)
    assert effect.surplus == pytest.approx((196 - 7 * 24, 0))
