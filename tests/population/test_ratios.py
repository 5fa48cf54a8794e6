"""Cohort ratios against cases reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.errors import LayerError
from askergeo.population.people import AGES
from askergeo.population.ratios import Window, best_window, fit_ratios, project, windows_errors


def places(years: int = 6, areas: int = 2, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(5, 80, (years, areas, AGES)).astype(float)


def test_a_case_by_hand() -> None:
    count = np.zeros((3, 1, AGES))
    # Ten of age 5 become twelve, then they become nine of age 7.
    count[0, 0, 5], count[1, 0, 6], count[2, 0, 7] = 10, 12, 9
    count[1, 0, 5], count[2, 0, 6] = 30, 30
    # Adults: 100 all years, of whom those of 43 and 44 grow out.
    count[:, 0, 25] = 100
    count[0, 0, 0], count[1, 0, 0], count[2, 0, 0] = 6, 4, 2
    ratios = fit_ratios(count, Window(years=2, newborn_years=3))
    # Into age 6: (12 + 30) of (10 + 30); into age 7: 9 of 12.
    assert ratios.cohort[0, 6] == pytest.approx(42 / 40)
    assert ratios.cohort[0, 7] == pytest.approx(9 / 12)
    # (6 + 4 + 2) newborns of 3 × 100 adults.
    assert ratios.newborn[0] == pytest.approx(12 / 300)
    last = fit_ratios(count, Window(years=1, newborn_years=1))
    assert last.cohort[0, 6] == pytest.approx(1.0)
    assert last.newborn[0] == pytest.approx(2 / 100)
    steady = fit_ratios(count, Window(years=1, newborn_years=3, follow=0.0))
    assert (steady.newborn[0], steady.steady[0]) == (0.0, 4.0)
    half = fit_ratios(count, Window(years=1, newborn_years=3, follow=0.5))
    assert (half.newborn[0], half.steady[0]) == pytest.approx((0.02, 2.0))


def test_a_cohort_that_keeps_its_ratio_is_forecast_exactly() -> None:
    # Everyone loses 2 % a year and newborns are 4 for each 100 adults: nothing else to learn.
    count = np.empty((8, 1, AGES))
    count[0, 0] = 100.0
    for year in range(1, 8):
        count[year, 0, 1:] = 0.98 * count[year - 1, 0, :-1]
        count[year, 0, -1] += 0.98 * count[year - 1, 0, -1]
        count[year, 0, 0] = 0.04 * count[year, 0, 20:45].sum()
    ahead = project(count[4], fit_ratios(count[:5], Window(3, 3)), 3)
    assert ahead == pytest.approx(count[5:], rel=1e-12)


def test_a_small_area_follows_the_whole() -> None:
    count = places()
    count[:, 0] = 0
    count[0, 0, 9], count[1, 0, 10] = 1, 3
    own = fit_ratios(count[:2], Window(1, 1))
    mixed = fit_ratios(count[:2], Window(1, 1), strength=1e9)
    whole = fit_ratios(count[:2].sum(axis=1, keepdims=True), Window(1, 1))
    assert own.cohort[0, 10] == pytest.approx(3.0)
    assert mixed.cohort[0, 10] == pytest.approx(whole.cohort[0, 10], rel=1e-6)


def test_an_area_with_nobody_stays_without_trouble() -> None:
    count = np.zeros((4, 2, AGES))
    count[:, 1] = 20.0
    ahead = project(count[-1], fit_ratios(count, Window(3, 3), strength=50.0), 5)
    assert np.isfinite(ahead).all()
    assert ahead[:, 0].sum() == 0


def test_too_few_years_and_unknown_figures_are_refused() -> None:
    count = places()
    with pytest.raises(LayerError, match="to år"):
        fit_ratios(count[:1], Window(3, 3))
    count[2, 0, 4] = np.nan
    with pytest.raises(LayerError):
        fit_ratios(count, Window(3, 3))


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(2, 6), st.integers(1, 4), st.floats(0, 500))
def test_never_negative_and_always_finite(years: int, areas: int, strength: float) -> None:
    count = places(years, areas)
    ratios = fit_ratios(count, Window(5, 3, 0.5), strength=strength)
    ahead = project(count[-1], ratios, 3)
    assert (ahead >= 0).all()
    assert np.isfinite(ahead).all()


def test_the_choice_looks_at_nothing_later() -> None:
    count = places(years=9, areas=3)
    windows = [Window(a, b) for a in (1, 3, 5) for b in (1, 3)]
    before = windows_errors(count, windows, horizon=3)
    changed = count.copy()
    changed[6:] *= 7
    after = windows_errors(changed, windows, horizon=3)
    # Years number 0 to 5 are known: forecasts that end there are the same, later ones are not.
    for start in range(6):
        for ahead in range(3):
            same = np.array_equal(before[:, start, ahead], after[:, start, ahead], equal_nan=True)
            assert same == (start + ahead + 1 <= 5 or np.isnan(before[:, start, ahead]).all())
    assert best_window(before, windows, last=5) == best_window(after, windows, last=5)


def test_the_best_window_is_the_one_with_the_least_error() -> None:
    windows = [Window(1, 1), Window(5, 1)]
    errors = np.full((2, 4, 2), np.nan)
    errors[0, 1:3, 0], errors[1, 1:3, 0] = [0.1, 0.5], [0.2, 0.1]
    # From year number 1 two years ahead: number 3, which number 2 must not know.
    errors[:, 1, 1] = [9.0, 0.0]
    assert best_window(errors, windows, last=2) == windows[0]
    assert best_window(errors, windows, last=3) == windows[1]
