"""Rates found in a history: what was planted is found, chance is not, and housing is not moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.population.backcast import spread_of_history
from askergeo.population.cohort import Rates, project
from askergeo.population.credibility import credible
from askergeo.population.history import Calibrated, History, calibrate
from askergeo.population.housing import flow_of, residents_in
from askergeo.population.people import AGES, People
from askergeo.population.tables import (
    default_migration,
    fertility_pattern,
    residents_per_dwelling,
    survival,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def _start(areas: int, each: float) -> Array:
    alive = np.cumprod(survival())
    return np.ones((areas, 1)) * each * alive / alive.sum()


def _true(areas: int, families: dict[int, float]) -> Rates:
    """Same rates everywhere, but families move to some areas."""
    moves = np.ones((areas, 1)) * default_migration()
    for area, more in families.items():
        moves[area, 1:10] += more
        moves[area, 28:41] += more
    return Rates(survival(), np.ones((areas, 1)) * fertility_pattern() * 1.1, moves)


def _lived(start: Array, rates: Rates, years: int, seed: int | None = None) -> History:
    """Residents of the past: as expected, or each step drawn by chance."""
    counts = [start]
    rng = np.random.default_rng(seed)
    for _ in range(years):
        people = People(pd.RangeIndex(len(start)), 0, counts[-1])
        after = project(people, rates, 1).count[1]
        # A fifth of the people move in or out a year: that is the variance for each.
        drawn = np.maximum(rng.normal(after, np.sqrt(0.2 * after)), 0)
        counts.append(after if seed is None else drawn)
    count = np.stack(counts)
    return History(np.arange(2016, 2017 + years), count, np.zeros_like(count))


def _found(history: History, district: list[int] | None = None) -> Calibrated:
    areas = history.count.shape[1]
    own = np.arange(areas) if district is None else np.array(district)
    return calibrate(history, own, variance=0.2, years=10, birth_years=5)


def test_what_was_planted_is_found() -> None:
    true = _true(6, {2: 0.06})
    found = _found(_lived(_start(6, 4_000), true, 8))
    np.testing.assert_allclose(found.rates.fertility, true.fertility, rtol=1e-3)
    # Single ages have the whole's shape; the district's excess is found by groups of ages.
    more = found.rates.migration - found.whole.migration
    assert more[2, 1:10].mean() == pytest.approx(0.06 * 5 / 6, abs=0.004)
    assert more[2, 28:41].mean() == pytest.approx(0.06 * 5 / 6, abs=0.004)
    assert np.abs(more[:, 42:80]).max() < 1e-3
    assert more[[0, 1, 3, 4, 5], 1:10].max() < 0


def test_what_was_planted_is_found_through_chance() -> None:
    found = _found(_lived(_start(8, 5_000), _true(8, {3: 0.08}), 10, seed=5))
    more = (found.rates.migration - found.whole.migration)[:, 1:10].mean(axis=1)
    assert more.argmax() == 3
    assert more[3] == pytest.approx(0.07, abs=0.02)
    assert np.abs(np.delete(more, 3)).max() < 0.03


def test_few_persons_follow_the_whole() -> None:
    # Chance alone, and areas of 60 persons: their own rates would be wild.
    history = _lived(_start(40, 60), _true(40, {}), 10, seed=2)
    found = _found(history)
    base, after = history.count[:-1].sum(axis=0), history.count[1:].sum(axis=0)
    raw = after[:, 1:3].sum(axis=1) / (base[:, :2].sum(axis=1)) - 1
    off = (found.rates.migration - found.whole.migration)[:, 1:3].mean(axis=1)
    assert np.abs(off).max() < 0.3 * np.abs(raw - raw.mean()).max()


def test_a_unit_follows_its_district() -> None:
    # Families move to the units 0–4, one district; unit 0 is nearly empty.
    start = _start(10, 3_000)
    start[0] *= 0.01
    true = _true(10, dict.fromkeys(range(5), 0.08))
    history = _lived(start, true, 10, seed=8)
    found = _found(history, [0] * 5 + [1] * 5)
    own = (found.rates.migration - found.whole.migration)[:, 1:10].mean(axis=1)
    assert own[0] > 0.02
    assert own[:5].min() > own[5:].max()


def test_dwellings_of_the_past_are_not_taken_for_moves() -> None:
    table = residents_per_dwelling(load_parameters("prognose"))
    built = np.zeros((4, 4, 10))
    built[1, 1] = 60.0  # 60 row houses a year in one of four areas
    true = _true(4, {})
    lived_in = residents_in(built, table, 2016, 2016, 8)
    start = People(pd.RangeIndex(4), 2016, _start(4, 4_000))
    made = project(start, true, 8, flow=flow_of(lived_in, true))
    years = np.arange(2016, 2025)
    known = _found(History(years, made.count, lived_in))
    unknown = _found(History(years, made.count, np.zeros_like(lived_in)))
    np.testing.assert_allclose(known.rates.migration[1, 1:80], true.migration[1, 1:80], atol=0.004)
    assert unknown.rates.migration[1, 1:6].mean() > true.migration[1, 1:6].mean() + 0.03


def test_credibility_agrees_with_the_formula_done_by_hand() -> None:
    # Two areas, two years: rates 0.1 and 0.3, and −0.1 and −0.3, each with 10 person-years.
    exposure = np.full((2, 2, 1), 10.0)
    excess = np.array([[[1.0], [-1.0]], [[3.0], [-3.0]]])
    # v = Σ 10 · 0.1² over four cells / 2 = 0.2; τ² = (2 · 20 · 0.2² − 2 · 0.2) / 40 = 0.03;
    # Z = 20 · 0.03 / (20 · 0.03 + 0.2) = 0.75.
    deviation, weight = credible(excess, exposure, 99.0)
    assert weight.ravel().tolist() == pytest.approx([0.75, 0.75])
    assert deviation.ravel().tolist() == pytest.approx([0.15, -0.15])


def test_credibility_is_nearer_the_truth_than_either_extreme() -> None:
    rng = np.random.default_rng(11)
    truth = rng.normal(0, 0.02, 60)
    exposure = np.ones((8, 60, 1)) * rng.integers(10, 300, 60)[None, :, None]
    excess = exposure * truth[None, :, None] + rng.normal(0, np.sqrt(0.2 * exposure))
    found = credible(excess, exposure, 0.2)[0][:, 0]
    own = excess.sum(axis=0)[:, 0] / exposure.sum(axis=0)[:, 0]

    def error(guess: Array) -> float:
        return float(np.sqrt(((guess - truth) ** 2).mean()))

    assert error(found) < 0.9 * error(own)
    assert error(found) < 0.9 * error(np.zeros(60))


def test_the_band_holds_four_of_five_outcomes() -> None:
    true = _true(30, {4: 0.04})
    history = _lived(_start(30, 600), true, 16, seed=3)
    known = history.until(2026)
    district = np.arange(30) // 3
    spread = spread_of_history(known, district, variance=0.2, years=10, birth_years=5, horizon=6)
    assert spread is not None
    assert spread.measured
    found = calibrate(known, district, variance=0.2, years=10, birth_years=5)
    start = People(pd.RangeIndex(30), 2026, known.count[-1])
    made = project(start, found.rates, 6).count[:, :, 6:16]
    low, high = spread.interval(made, np.arange(6, 16))
    came = history.count[10:, :, 6:16].sum(axis=2)
    inside = ((came >= low) & (came <= high))[1:].mean()
    assert 0.65 < inside < 0.95
    # The band of the whole is narrower than the sum of the areas' bands: chance evens out.
    whole_low, whole_high = spread.interval(made.sum(axis=1), np.arange(6, 16))
    assert ((whole_high - whole_low)[1:] < (high - low).sum(axis=1)[1:]).all()


def test_births_that_fall_widen_the_band_of_those_not_born_yet() -> None:
    bands = []
    for yearly in (1.0, 0.96):
        history = _lived(_start(6, 3_000), _true(6, {}), 12, seed=4)
        # Everyone born later is fewer, all the way up the ages.
        year, age = np.arange(13)[:, None], np.arange(AGES)[None, :]
        fewer = yearly ** np.maximum(year - age, 0)
        count = history.count * fewer[:, None]
        spread = spread_of_history(
            History(history.years, count, history.housing),
            np.arange(6), variance=0.2, years=10, birth_years=3, horizon=10,
        )  # fmt: skip
        assert spread is not None
        bands.append(spread.common)
    steady, falling = bands
    assert falling[8, 0] > steady[8, 0] + 0.1
    # A child of 6 in eight years is born in two: its error is that of births two years ahead.
    assert falling[8, 0] > 2 * falling[8, 6]
    np.testing.assert_allclose(falling[5, 10:], steady[5, 10:], atol=0.01)


def test_a_short_history_gives_no_band() -> None:
    history = _lived(_start(3, 500), _true(3, {}), 3)
    assert (
        spread_of_history(history, np.arange(3), variance=0.2, years=10, birth_years=5, horizon=5)
        is None
    )
