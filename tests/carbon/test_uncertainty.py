"""The two approaches: against hand reckoning, against each other, and against the factors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from askergeo.carbon import Depth, change, load_factors, propagate, sample
from askergeo.errors import ParameterError

C = 44 / 12


@pytest.fixture
def mixed(factors, conversion):
    pairs = [("skog_bar_hoy", "bebygd_tett"), ("dyrka", "bebygd_tett"), ("beite", "bebygd_gront")]
    frame = conversion(*pairs, area=[3.0, 2.0, 1.0])
    return change(frame, factors, mineral_soil="spodisk")


def test_quadrature_by_hand(factors, conversion):
    result = change(conversion(("myr", "bebygd_tett")), factors, mineral_soil="hac", peat_depth_m=2)
    found = propagate(result)
    # Peat 1 000 t C ± 200 (40–60 kg/m3), plants 2 t C ± 1.
    assert found.half_width == pytest.approx(np.hypot(200, 1) * C)
    assert (found.low + found.high) / 2 == pytest.approx(1002 * C) == pytest.approx(result.total)
    assert found.shares.index[0] == "alle-torv"
    assert found.shares.sum() == pytest.approx(1)


def test_a_factor_used_twice_is_wrong_in_the_same_way(factors, conversion):
    single = change(conversion(("dyrka", "bebygd_tett")), factors, mineral_soil="hac")
    twice = change(
        conversion(("dyrka", "bebygd_tett"), ("dyrka", "bebygd_tett")), factors, mineral_soil="hac"
    )
    assert propagate(twice).half_width == pytest.approx(2 * propagate(single).half_width)


def test_a_leaning_range_leans_the_answer(factors, conversion):
    result = change(conversion(("skog_bar", "bebygd_tett")), factors, mineral_soil="hac")
    found = propagate(result)
    # Litter 55 (7–123) leans upwards and weighs most.
    assert found.high - found.value > found.value - found.low > 0


def test_a_leaning_range_of_an_uptake_leans_the_other_way(factors, conversion):
    result = change(conversion(("dyrka", "skog_lauv_middels")), factors, mineral_soil="sand")
    found = propagate(result)
    # New litter 39 (11–117) t C is an uptake: its high end is the total's low end.
    assert found.value - found.low > 78 * C > found.high - found.value


def test_both_approaches_agree_on_a_sum_of_symmetric_factors(factors, conversion):
    result = change(conversion(("myr", "bebygd_tett")), factors, mineral_soil="hac", peat_depth_m=1)
    first, second = propagate(result), sample(result, draws=20_000)
    assert second.low == pytest.approx(first.low, rel=0.01)
    assert second.high == pytest.approx(first.high, rel=0.01)
    assert second.mean == pytest.approx(first.value, rel=0.003)


def test_both_approaches_are_near_on_a_mixed_plan(mixed):
    first, second = propagate(mixed), sample(mixed)
    assert second.half_width == pytest.approx(first.half_width, rel=0.1)
    assert second.mean == pytest.approx(mixed.total, rel=0.05)


def test_depth_counts_when_it_has_a_range(factors, conversion):
    pair = conversion(("myr", "bebygd_tett"))
    sure = change(pair, factors, mineral_soil="hac", peat_depth_m=1.0)
    unsure = change(pair, factors, mineral_soil="hac", peat_depth_m=Depth(1.0, 0.5, 2.0))
    assert propagate(unsure).high == pytest.approx(502 * C + np.sqrt(100**2 + 500**2 + 1) * C)
    assert propagate(sure).half_width < propagate(unsure).half_width
    assert propagate(unsure).shares.index[0] == "torvdybde_m"
    assert sample(unsure).half_width > 2 * sample(sure).half_width


def test_draws_of_one_factor_have_its_median_and_range(factors, conversion):
    """Sampling of litter alone, against the normal distribution's own quantiles."""
    result = change(conversion(("skog_bar", "bebygd_tett")), factors, mineral_soil="hac")
    i = factors.frame.index.get_loc("boreal-stro-skog_bar")
    levels = np.repeat(result.levels[:1], 3, axis=0)
    levels[:, i] = [55, 7, 123]
    only = _with(result, levels)
    found = sample(only, draws=50_000)
    rest = result.total - 55 * C
    assert found.low - rest == pytest.approx(7 * C, abs=4)
    assert found.high - rest == pytest.approx(123 * C, abs=4)
    # Two halves of normal distributions: the mean moves by (above − below) × φ(0) / z.
    shift = (68 - 48) * stats.norm.pdf(0) / stats.norm.ppf(0.975)
    assert found.mean - rest == pytest.approx((55 + shift) * C, rel=0.01)


def test_a_factor_that_cannot_be_negative_is_not_drawn_so(factors, conversion):
    result = change(
        conversion(("torvskog_fattig", "bebygd")),
        factors,
        mineral_soil="hac",
        peat_depth_m=1.0,
        peat="dreneres",
    )
    i = factors.frame.index.get_loc("boreal-torv-torvskog_fattig-co2")
    levels = np.repeat(result.levels[:1], 3, axis=0)
    levels[:, i] = [0.25, 0.01, 0.49]
    highest = result.totals(np.where(np.arange(levels.shape[1]) == i, 0.0, levels[0])[:, None])
    assert sample(_with(result, levels), draws=2_000).high <= highest[0] + 1e-9


def test_the_seed_decides_the_draws(mixed):
    assert sample(mixed, draws=500, seed=3).low == sample(mixed, draws=500, seed=3).low
    assert sample(mixed, draws=500, seed=3).low != sample(mixed, draws=500, seed=4).low
    with pytest.raises(ParameterError, match="under 100"):
        sample(mixed, draws=5)


def test_nothing_is_surely_nothing(factors, conversion):
    result = change(conversion(), factors, mineral_soil="hac")
    assert result.total == 0
    for found in (propagate(result), sample(result, draws=100)):
        assert (found.low, found.high, found.half_width) == (0, 0, 0)


def test_the_zone_changes_the_answer(conversion):
    pair = conversion(("dyrka_organisk", "beite_organisk"))
    totals = {
        zone: change(pair, load_factors(zone=zone), mineral_soil="hac", peat_depth_m=2.0).total
        for zone in ("boreal", "temperert")
    }
    # Per year: CO2 (5.7 − 7.9) or (6.1 − 7.9) t C; CH4 1.4 or 16 kg; N2O (9.5 or 8.2 − 13) kg N.
    n = 44 / 28 * 0.265
    assert totals["boreal"] == pytest.approx(
        20 * (-2.2 * C + 0.0392 - 3.5 * n) + (4.7 - 8.5 * 0.47) * C
    )
    assert totals["temperert"] == pytest.approx(
        20 * (-1.8 * C + 0.448 - 4.8 * n) + (4.7 - 13.6 * 0.47) * C
    )


def _with(emissions, levels):
    """The same emissions with other ranges of the factors."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(emissions, levels=levels)
