"""What always holds for school districts: the rules, the bound, and what is indifferent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from askergeo.school.district_check import check
from askergeo.school.district_problem import Problem, Weights, loads
from askergeo.school.districting import solve

pytest.importorskip("highspy")
SOME = settings(max_examples=8, deadline=None, derandomize=True)
WEIGHTS = Weights(move=200.0, nearest=100.0)


def landscape(seed: int, units: int, schools: int, room: float) -> Problem:
    """Units at random places, neighbours where a triangle joins them, schools in some."""
    chance = np.random.default_rng(seed)
    place = chance.uniform(0, 1000, (units, 2))
    mesh = Delaunay(place)
    sides = np.sort(mesh.simplices[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edge = np.isin(np.arange(units), mesh.convex_hull)
    pupils = chance.integers(0, 15, units).astype(float)
    home = chance.permutation(units)[:schools]
    metres = np.hypot(*(place[:, None] - place[home][None]).transpose(2, 0, 1))
    demand = pupils[:, None] * chance.uniform(0.7, 1.4, (units, 2))
    stay = demand[:, None, :] * chance.uniform(0, 0.5, (units, schools, 2))
    return Problem(
        units=pd.Index(range(units)), schools=pd.Index(range(schools)),
        years=np.array([2027, 2028]), cost=np.maximum(pupils, 0.1)[:, None] * metres,
        pupils=pupils, demand=demand,
        capacity=np.full((schools, 2), demand.sum(axis=0).max() / schools * room),
        pairs=np.unique(sides, axis=0), edge=edge, home=home,
        today=chance.integers(0, schools, units), nearest=metres.argmin(axis=1), stay=stay,
    )  # fmt: skip


problems = st.builds(
    landscape, st.integers(0, 10_000), st.integers(8, 22), st.integers(2, 4), st.floats(1.1, 2.0)
)


@SOME
@given(problems)
def test_a_plan_keeps_every_rule_and_everyone_is_somewhere(problem):
    plan = solve(problem, weights=WEIGHTS, gap=0.0)
    assert plan.status in {"optimal", "umulig"}
    if plan.assigned is not None:
        assert check(problem, plan.assigned) == []
        held = loads(problem, plan.assigned)
        assert held.sum(axis=0) == pytest.approx(problem.demand.sum(axis=0))
        assert plan.bound <= plan.value <= plan.bound * (1 + 1e-5) + 1e-6


@SOME
@given(problems, st.randoms(use_true_random=False))
def test_the_order_of_the_units_is_indifferent(problem, chance):
    order = np.array(chance.sample(range(len(problem.units)), len(problem.units)))
    back = np.argsort(order)
    other = replace(
        problem, units=problem.units[order], cost=problem.cost[order],
        pupils=problem.pupils[order], demand=problem.demand[order], edge=problem.edge[order],
        today=problem.today[order], nearest=problem.nearest[order], stay=problem.stay[order],
        pairs=back[problem.pairs], home=back[problem.home],
    )  # fmt: skip
    first, second = (solve(p, weights=WEIGHTS, gap=0.0) for p in (problem, other))
    assert first.status == second.status
    if first.assigned is not None:
        assert first.value == pytest.approx(second.value, rel=1e-5)


@SOME
@given(problems)
def test_more_room_and_fewer_rules_are_never_dearer(problem):
    plan = solve(problem, weights=WEIGHTS, gap=0.0)
    wider = solve(replace(problem, capacity=problem.capacity * 1.3), weights=WEIGHTS, gap=0.0)
    freer = solve(replace(problem, no_enclave=False), weights=WEIGHTS, gap=0.0)
    if plan.assigned is not None:
        assert wider.value <= plan.value * (1 + 1e-5)
        assert freer.value <= plan.value * (1 + 1e-5)
