"""Closing: the nearest school by brute force, and pupils that are neither lost nor doubled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.school._assign import STAGE_OF
from askergeo.school.capacity import capacity
from askergeo.school.closing import close, receivers, walks
from askergeo.school.pupils import pupils
from tests.school.school_cases import YEAR, areas_of, children, districts, forecast_of, schools

PARTS = {"p1": ("A1", None), "p2": ("B1", None), "p3": ("C1", None)}
DISTRICTS = districts([(f"{one}1", "barnetrinn", one) for one in "ABC"])
SCHOOLS = schools(
    skole_id=["A", "B", "C"], trinn_fra=[1] * 3, trinn_til=[7] * 3, paralleller=[1.0] * 3
)


def balance():
    areas = areas_of(PARTS, children(3, (10, 20, 30)))
    forecast = forecast_of(areas, {"arskull": np.stack([areas.people.count] * 4)})
    parameters = load_parameters("skole")
    places = capacity(SCHOOLS, None, years=np.arange(YEAR - 1, YEAR + 3), parameters=parameters)
    rows = [(one, YEAR - 1, grade, n) for one, n in zip("ABC", (10, 20, 30), strict=True)
            for grade in range(1, 8)]  # fmt: skip
    counts = pd.DataFrame(rows, columns=["skole_id", "aar", "trinn", "antall"])
    found = pupils(forecast, SCHOOLS, DISTRICTS, counts, parameters=parameters, places=places)
    return forecast, places, found


def test_the_nearest_on_foot_against_brute_force():
    rng = np.random.default_rng(3)
    metres = rng.uniform(100, 5000, (60, 4))
    part = rng.integers(0, 8, 60)
    kids = rng.integers(0, 4, (60, 10)).astype(float)
    candidates = np.array([[True, True], [False, True], [True, False], [True, True]])
    school, way = receivers(metres, part, kids, candidates, 8)
    for number in range(8):
        for stage in (0, 1):
            mine = part == number
            weight = kids[mine][:, stage == STAGE_OF].sum(axis=1) + 1e-3
            means = {
                one: np.average(metres[mine, one], weights=weight)
                for one in range(4)
                if candidates[one, stage]
            }
            best = min(means, key=means.get)
            assert school[number, stage] == best
            assert way[number, stage] == pytest.approx(means[best])


def test_a_school_that_nobody_is_known_to_reach_is_not_chosen():
    metres = np.array([[np.nan, 900.0], [np.inf, 900.0], [100.0, 900.0]])
    kids = np.ones((3, 10))
    school, way = receivers(metres, np.zeros(3, int), kids, np.ones((2, 2), bool), 2)
    assert school[0].tolist() == [1, 1]
    assert way[0] == pytest.approx([900, 900])
    # A part without addresses, and one without any way, have none.
    assert school[1].tolist() == [-1, -1]
    assert np.isnan(way[1]).all()


def test_those_who_lose_their_school_are_all_at_another_from_that_year():
    forecast, places, found = balance()
    new = np.full((3, 2), 2)
    after = close(forecast, places, found, new=new, closed={1: -1}, year=YEAR)
    before = found.by_stage()[:, :, 0]
    assert before.tolist() == [pytest.approx([70, 140, 210])] * 4
    assert after.went[:, :, 0].tolist() == [
        pytest.approx([70, 140, 210]),
        *[pytest.approx([70, 0, 350])] * 3,
    ]
    assert after.places[:, 1, 0].tolist() == [196, 0, 0, 0]
    assert after.went.sum(axis=1) == pytest.approx(found.by_stage().sum(axis=1))


def test_a_merger_sends_all_to_the_other_school():
    forecast, places, found = balance()
    new = np.full((3, 2), 2)
    after = close(forecast, places, found, new=new, closed={1: 0}, year=YEAR + 1)
    assert after.went[-1, :, 0].tolist() == pytest.approx([210, 0, 210])


def test_without_a_known_school_they_have_none():
    forecast, places, found = balance()
    after = close(forecast, places, found, new=np.full((3, 2), -1), closed={1: -1}, year=YEAR)
    assert after.went[-1, :, 0].tolist() == pytest.approx([70, 0, 210])


def test_the_way_to_ones_own_school():
    metres = np.array([[100.0, 200.0], [300.0, np.nan]])
    school = np.array([[0] * 7 + [1] * 3, [-1] * 7 + [1] * 3])
    found = walks(metres, school)
    assert found[0].tolist() == [100.0] * 7 + [200.0] * 3
    assert np.isnan(found[1]).all()
