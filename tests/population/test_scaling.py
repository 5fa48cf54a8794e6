"""Meeting a projection of the whole, and what is wrong with one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.population.cohort import Rates, project
from askergeo.population.people import AGES, People
from askergeo.population.scaling import GroupScaler, Targets, age_groups, read_targets

GROUP = age_groups(["0", "6", "16"])
START = 2026


def _projection(values: dict[tuple[str, int], float], ages: int = AGES) -> pd.DataFrame:
    """Rows with the same number of people at every age, by alternative and year."""
    rows = [(name, year, age, each) for (name, year), each in values.items() for age in range(ages)]
    return pd.DataFrame(rows, columns=["alternativ", "aar", "alder", "antall"])


def _read(frame: pd.DataFrame, residents: float = AGES * 10.0, years: int = 2) -> Targets:
    return read_targets(frame, start=START, years=years, group=GROUP, residents=residents)


def _run(scaler: GroupScaler, start: float = 5.0) -> np.ndarray:
    rates = Rates(np.full(AGES, 0.99), np.full((2, AGES), 0.02), np.zeros((2, AGES)))
    people = People(pd.RangeIndex(2), START, np.full((2, AGES), start))
    made = project(people, rates, 2, scaler=scaler)
    return made.count


def test_each_group_meets_the_projection_each_year() -> None:
    targets = _read(_projection({("hoved", 2026): 10, ("hoved", 2027): 11, ("hoved", 2028): 7}))
    assert targets.faults.empty
    count = _run(GroupScaler(GROUP, targets.totals["hoved"]))
    for step, each in ((1, 11), (2, 7)):
        sums = np.bincount(GROUP, weights=count[step].sum(axis=0))
        assert sums == pytest.approx([6 * each, 10 * each, 90 * each])
    assert (count >= 0).all()


def test_an_alternative_that_lacks_keeps_its_distance() -> None:
    targets = _read(_projection({("hoved", 2027): 11, ("hoved", 2028): 7}))
    main = GroupScaler(GROUP, targets.totals["hoved"])
    first = _run(main)
    other = _run(main.repeated(), start=6.0)
    np.testing.assert_allclose(other, first * 1.2)


def test_gaps_are_not_scaled_and_told() -> None:
    frame = _projection({("hoved", 2026): 10, ("hoved", 2027): 11})
    frame = frame[~((frame["aar"] == 2027) & (frame["alder"] == 8))]
    targets = _read(frame)
    assert np.isnan(targets.totals["hoved"]).tolist() == [[False, True, False], [True] * 3]
    assert targets.faults["regel"].tolist() == ["framskriving_hull"]
    scaler = GroupScaler(GROUP, targets.totals["hoved"])
    _run(scaler)
    assert scaler.factor[0, 1] == 1
    assert scaler.factor[1].tolist() == [1, 1, 1]
    assert scaler.factor[0, 0] != 1


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (_projection({("lav", 2027): 5}), "framskriving_tom"),
        (_projection({("hoved", 1999): 5}), "framskriving_tom"),
        (_projection({("hoved", y): 11 for y in (2026, 2027, 2028)}), "framskriving_start"),
        (_projection({("hoved", y): -1 for y in (2026, 2027, 2028)}), "framskriving_rad"),
    ],
)
def test_faults_are_named(frame: pd.DataFrame, rule: str) -> None:
    assert rule in set(_read(frame).faults["regel"])


def test_an_open_last_age_is_no_gap() -> None:
    values = {("hoved", year): 10.0 for year in (2026, 2027, 2028)}
    targets = _read(_projection(values, ages=101), residents=1010)
    assert targets.faults.empty
    assert targets.totals["hoved"][0].tolist() == [60, 100, 850]
