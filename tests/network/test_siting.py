"""Siting against every choice there is, against scipy's HiGHS, and what must always be true."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from askergeo.errors import ParameterError
from askergeo.network import siting
from askergeo.network.siting import MissingSolverError, Siting, maximal_covering, p_median


def instance(seed: int, clients: int, candidates: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walking times on a plane with the odd place that nobody can reach, weights, and present."""
    rng = np.random.default_rng(seed)
    home, place = rng.uniform(0, 100, (clients, 2)), rng.uniform(0, 100, (candidates, 2))
    cost = np.linalg.norm(home[:, None] - place[None], axis=2)
    cost[rng.random(cost.shape) < 0.05] = np.inf
    weights = rng.integers(0, 9, clients).astype(float)
    present = np.minimum(np.linalg.norm(home - rng.uniform(0, 100, 2), axis=1), 60.0)
    return cost, weights, present


def covered(cost, weights, served, limit, chosen) -> float:
    inside = (cost[:, list(chosen)] <= limit).any(axis=1) & ~served
    return float(weights[inside].sum())


def saved(cost, weights, present, chosen) -> float:
    left = np.minimum(present, cost[:, list(chosen)].min(axis=1, initial=np.inf))
    return float((weights * (present - left)).sum())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_covering_is_the_best_of_all_choices(seed: int, count: int) -> None:
    cost, weights, present = instance(seed, 40, 9)
    served = present < 15
    found = maximal_covering(cost, weights, count, limit=22.0, served=served)
    best = max(
        covered(cost, weights, served, 22.0, chosen)
        for chosen in itertools.combinations(range(9), count)
    )
    assert found.gain == best == covered(cost, weights, served, 22.0, found.chosen)
    assert found.optimal
    assert found.gap == 0
    assert found.bound == found.gain


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_p_median_is_the_best_of_all_choices(seed: int, count: int) -> None:
    cost, weights, present = instance(seed, 40, 9)
    found = p_median(cost, weights, count, present=present)
    best = max(
        saved(cost, weights, present, chosen) for chosen in itertools.combinations(range(9), count)
    )
    assert found.gain == pytest.approx(best, rel=1e-9)
    assert found.gain == pytest.approx(saved(cost, weights, present, found.chosen), rel=1e-9)
    assert found.optimal


def assignment_optimum(cost, weights, present, count: int) -> float:
    """The classic p-median with a variable for every pair, by scipy; returns the cost saved."""
    full = np.column_stack([np.minimum(cost, 1e6), present])  # the last column is «as today»
    clients, places = full.shape
    price = np.concatenate([(weights[:, None] * full).ravel(), np.zeros(places)])
    one = np.kron(np.eye(clients), np.ones(places))
    assigned = LinearConstraint(np.hstack([one, np.zeros((clients, places))]), 1, 1)
    link = np.hstack([np.eye(clients * places), -np.tile(np.eye(places), (clients, 1))])
    opened = LinearConstraint(link, -np.inf, 0)
    row = np.concatenate([np.zeros(clients * places), np.ones(places)])
    number = LinearConstraint(row[None], count + 1, count + 1)
    low = np.zeros(len(price))
    low[-1] = 1
    done = milp(
        price,
        constraints=[assigned, opened, number],
        integrality=np.concatenate([np.zeros(clients * places), np.ones(places)]),
        bounds=Bounds(low, 1),
    )
    assert done.success
    return float((weights * present).sum() - done.fun)


def test_p_median_of_medium_size_is_that_of_scipy() -> None:
    cost, weights, present = instance(7, 60, 20)
    found = p_median(cost, weights, 4, present=present)
    assert found.gain == pytest.approx(assignment_optimum(cost, weights, present, 4), rel=1e-6)
    assert found.optimal


def test_covering_of_medium_size_is_that_of_scipy() -> None:
    cost, weights, present = instance(8, 400, 40)
    served = present < 10
    inside = (cost <= 18) & ~served[:, None]
    rows = LinearConstraint(np.hstack([inside.astype(float), -np.eye(400)]), 0, np.inf)
    number = LinearConstraint(np.concatenate([np.ones(40), np.zeros(400)])[None], 0, 5)
    price = np.concatenate([np.zeros(40), -weights])
    done = milp(price, constraints=[rows, number], integrality=np.ones(440), bounds=Bounds(0, 1))
    found = maximal_covering(cost, weights, 5, limit=18.0, served=served)
    assert found.gain == pytest.approx(-done.fun, rel=1e-9)
    assert found.optimal
    assert found.candidates <= 40
    assert found.rows < 400


whole = st.integers(0, 6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(whole, st.lists(whole, min_size=5, max_size=5)), min_size=1, max_size=12))
def test_more_places_never_serve_fewer_and_merging_changes_nothing(rows) -> None:
    weights = np.array([weight for weight, _ in rows], dtype=float)
    cost = np.array([costs for _, costs in rows], dtype=float)
    present = np.full(len(rows), 4.0)
    cover, save = [0.0], [0.0]
    for count in (1, 2, 3, 4, 5, 6):
        one = maximal_covering(cost, weights, count, limit=2)
        two = p_median(cost, weights, count, present=present)
        assert len(one.chosen) <= min(count, 5)
        cover.append(one.gain)
        save.append(two.gain)
        choices = list(itertools.combinations(range(5), min(count, 5)))
        none = np.zeros(len(rows), dtype=bool)
        assert one.gain == max(covered(cost, weights, none, 2, some) for some in choices)
        assert two.gain == pytest.approx(max(saved(cost, weights, present, c) for c in choices))
    assert cover == sorted(cover)
    assert save == sorted(save)


def test_places_that_help_nobody_are_not_chosen() -> None:
    cost = np.array([[1.0, 9.0, np.inf], [1.0, 9.0, np.inf]])
    found = maximal_covering(cost, np.ones(2), 3, limit=5)
    assert found.chosen.tolist() == [0]
    nobody = maximal_covering(cost, np.ones(2), 2, limit=0.5)
    assert nobody.chosen.tolist() == []
    assert (nobody.gain, nobody.bound, nobody.optimal, nobody.gap) == (0.0, 0.0, True, 0.0)
    assert p_median(cost, np.ones(2), 1, present=np.zeros(2)).chosen.tolist() == []


def test_without_time_the_choice_comes_with_a_bound(monkeypatch) -> None:
    # As if the solver had been stopped with nothing but the sum of all weights proven.
    cost, weights, _ = instance(3, 60, 12)
    best = maximal_covering(cost, weights, 3, limit=20.0)
    stopped = (np.zeros(0, np.int64), np.inf)
    monkeypatch.setattr(siting, "_programmed", lambda *_given: stopped)
    found = maximal_covering(cost, weights, 3, limit=20.0)
    assert 0 < found.gain <= best.gain <= found.bound
    assert not found.optimal
    assert found.gap == pytest.approx((found.bound - found.gain) / found.bound)
    assert len(found.chosen) == 3


def test_a_time_limit_is_kept_and_the_bound_holds() -> None:
    cost, weights, _ = instance(5, 1500, 60)
    found = maximal_covering(cost, weights, 6, limit=14.0, time_limit_s=0.2)
    assert isinstance(found, Siting)
    assert 0 < found.gain <= found.bound
    # However little time there was, no choice is better than the bound.
    rng = np.random.default_rng(5)
    nobody = np.zeros(len(cost), dtype=bool)
    choices = [rng.choice(60, 6, replace=False) for _ in range(300)]
    assert max(covered(cost, weights, nobody, 14.0, one) for one in choices) <= found.bound


@pytest.mark.parametrize(
    ("cost", "weights", "count", "text"),
    [
        (np.zeros((2, 0)), np.ones(2), 1, "formen"),
        (np.zeros((2, 3)), np.ones(3), 1, "formen"),
        (np.full((2, 2), np.nan), np.ones(2), 1, "ukjente"),
        (np.zeros((2, 2)), np.array([1.0, -1.0]), 1, "under 0"),
        (np.zeros((2, 2)), np.ones(2), 0, "Antall"),
    ],
)
def test_bad_input_is_refused(cost, weights, count: int, text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        maximal_covering(cost, weights, count, limit=1.0)


def test_present_must_be_known() -> None:
    with pytest.raises(ParameterError, match="uendelig"):
        p_median(np.zeros((1, 1)), np.ones(1), 1, present=np.array([np.inf]))


def test_a_programme_that_is_too_large_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(siting, "_MOST_PAIRS", 10)
    cost, weights, _ = instance(2, 60, 12)
    with pytest.raises(ParameterError, match="for stor"):
        maximal_covering(cost, weights, 2, limit=20.0)


def test_without_the_solver_it_is_said_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "spopt.locate", None)
    cost, weights, _ = instance(2, 60, 12)
    with pytest.raises(MissingSolverError, match="plassering"):
        maximal_covering(cost, weights, 2, limit=20.0)
