"""The cohort model: a case by hand, Leslie's matrices, and nobody lost in any step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.population.cohort import Rates, aged, follow, project
from askergeo.population.people import AGES, People, Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def _people(count: Array, year: int = 2026) -> People:
    return People(pd.RangeIndex(len(count)), year, count)


def _at(values: dict[int, float], rest: float = 0.0) -> Array:
    row = np.full(AGES, rest)
    row[list(values)] = list(values.values())
    return row


def _case(seed: int, areas: int) -> tuple[Array, Rates, Array, Array]:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 40, (areas, AGES)).astype(float) * (rng.random((areas, AGES)) < 0.8)
    rates = Rates(
        rng.uniform(0, 1, AGES),
        rng.uniform(0, 0.2, (areas, AGES)),
        rng.uniform(-1, 0.5, (areas, AGES)),
    )
    flow = rng.normal(0, 8, (4, areas, AGES))
    removed = rng.uniform(0, 1, (4, areas)) * (rng.random((4, areas)) < 0.4)
    return start, rates, flow, removed


def test_a_case_by_hand() -> None:
    # 100 children of 5, 200 adults of 30, 40 people of 105 and older. Of those who become 6 all
    # live and a tenth moves in; of those who become 31, 1 of 100 dies and 2 of 99 ... 0.99 · 200 =
    # 198 live, and 10 % of them leave; of the oldest half die. Adults of 30 have 0.1 children a
    # year, of whom 1 of 20 dies.
    survive = _at({0: 0.95, 31: 0.99, 105: 0.5}, rest=1.0)
    rates = Rates(
        survive, _at({30: 0.1})[None], _at({6: 0.1, 31: -0.1, 7: 0.0, 1: 0.0, 32: 0.0})[None]
    )
    start = _at({5: 100, 30: 200, 105: 40})[None]
    flow = np.zeros((2, 1, AGES))
    flow[0, 0, 6] = 7
    made = project(_people(start), rates, 2, flow=flow)
    assert made.years.tolist() == [2026, 2027, 2028]
    assert made.births.round(9).tolist() == [[20], [0]]
    assert made.deaths[0, 0, [0, 31, 105]].round(9).tolist() == [1, 2, 20]
    assert made.migration[0, 0, [6, 31]].round(9).tolist() == [10, -19.8]
    first, second = made.count[1, 0], made.count[2, 0]
    assert first[[0, 6, 31, 105]].round(9).tolist() == [19, 117, 178.2, 20]
    assert first.sum().round(9) == 334.2
    assert second[[1, 7, 32, 105]].round(9).tolist() == [19, 117, 178.2, 10]
    causes = follow(start, rates, made.housing)
    assert causes["arskull"][1, 0, [6, 31, 105]].round(9).tolist() == [100, 198, 20]
    assert causes["fodte"][1, 0, 0].round(9) == 19
    assert causes["flytting"][1, 0, [6, 31]].round(9).tolist() == [10, -19.8]
    assert causes["bolig"][1, 0, 6].round(9) == 7


def _leslie(rates: Rates, area: int) -> Array:
    """Matrix of one step of one area, without what dwellings bring."""
    matrix = np.zeros((AGES, AGES))
    keep = rates.survival * (1 + rates.migration[area])
    matrix[0] = rates.fertility[area] * keep[0]
    matrix[np.arange(1, AGES), np.arange(AGES - 1)] = keep[1:]
    matrix[AGES - 1, AGES - 1] = keep[-1]
    return matrix


def test_agrees_with_the_powers_of_leslies_matrix() -> None:
    start, rates, *_ = _case(1, 5)
    made = project(_people(start), rates, 6).count
    for area in range(5):
        matrix = _leslie(rates, area)
        for step in range(7):
            expected = np.linalg.matrix_power(matrix, step) @ start[area]
            np.testing.assert_allclose(made[step, area], expected, rtol=1e-9, atol=1e-9)


def _law(made: Projection) -> Array:
    newborn = np.zeros_like(made.deaths)
    newborn[:, :, 0] = made.births
    after = aged(made.count[:-1]) + newborn - made.deaths
    return after + made.migration + made.housing + made.scaling


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_nobody_comes_or_goes_without_a_cause(seed: int, areas: int) -> None:
    start, rates, flow, removed = _case(seed, areas)
    made = project(
        _people(start),
        rates,
        4,
        flow=flow,
        removed=removed,
        scaler=lambda k, x: x * (0.1 * k - 0.1),
    )
    np.testing.assert_allclose(made.count[1:], _law(made), rtol=1e-9, atol=1e-9)
    assert (made.count >= 0).all()
    assert (made.deaths >= 0).all()
    # In all: who was there, was born, died, moved.
    change = made.births.sum() + (-made.deaths + made.migration + made.housing + made.scaling).sum()
    np.testing.assert_allclose(made.count[-1].sum() - made.count[0].sum(), change, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_causes_sum_to_everyone(seed: int, areas: int) -> None:
    start, rates, flow, removed = _case(seed, areas)
    made = project(_people(start), rates, 4, flow=flow, removed=removed)
    causes = follow(start, rates, made.housing)
    total = np.sum(list(causes.values()), axis=0)
    np.testing.assert_allclose(total, made.count, rtol=1e-9, atol=1e-8)
    assert (causes["arskull"] >= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_linear_in_people(seed: int) -> None:
    start, rates, *_ = _case(seed, 4)
    other = np.random.default_rng(seed + 1).integers(0, 30, start.shape).astype(float)
    together = project(_people(start + 2 * other), rates, 4).count
    apart = project(_people(start), rates, 4).count + 2 * project(_people(other), rates, 4).count
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-8)
    # With the same rates everywhere the areas' sum is the forecast of the sum.
    same = Rates(rates.survival, rates.fertility[[0] * 4], rates.migration[[0] * 4])
    whole = project(_people(start.sum(axis=0)[None]), same.rows(np.array([0])), 4).count[:, 0]
    parts = project(_people(start), same, 4).count.sum(axis=1)
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-8)


def test_no_more_leave_a_dwelling_than_live_there() -> None:
    rates = Rates(np.ones(AGES), np.zeros((1, AGES)), np.zeros((1, AGES)))
    flow = np.zeros((1, 1, AGES))
    flow[0, 0, 6] = -50
    made = project(_people(_at({5: 20})[None]), rates, 1, flow=flow)
    assert made.count[1].sum() == 0
    assert made.housing[0, 0, 6] == -20


def test_a_demolition_takes_its_share_of_the_residents() -> None:
    rates = Rates(np.ones(AGES), np.zeros((1, AGES)), np.zeros((1, AGES)))
    made = project(_people(_at({5: 20, 40: 60})[None]), rates, 1, removed=np.array([[0.25]]))
    assert made.count[1, 0, [6, 41]].tolist() == [15, 45]
    assert made.housing.sum() == -20
