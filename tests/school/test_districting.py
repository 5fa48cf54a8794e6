"""School districts against every division there is, counted up one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from askergeo.errors import DataQualityError
from askergeo.school import district_search, districting
from askergeo.school.district_check import check
from askergeo.school.district_graph import join
from askergeo.school.district_problem import Problem, Weights, loads
from askergeo.school.district_transition import extra_places, staying
from askergeo.school.districting import evaluate, solve

pytest.importorskip("highspy")
WEIGHTS = Weights(move=300.0, nearest=150.0)


def lattice(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs and edge of a grid of units."""
    number = np.arange(columns * rows).reshape(rows, columns)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    down = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    edge = np.ones((rows, columns), dtype=bool)
    edge[1:-1, 1:-1] = False
    return np.concatenate([across, down]), edge.ravel()


def invented(
    seed: int, *, columns: int = 3, rows: int = 3, schools: int = 2, **given: Any
) -> Problem:
    """A small problem with random pupils, ways and places."""
    chance = np.random.default_rng(seed)
    pairs, edge = lattice(columns, rows)
    units, years = columns * rows, 3
    pupils = chance.integers(1, 12, units).astype(float)
    metres = chance.integers(2, 30, (units, schools)) * 100.0
    demand = pupils[:, None] * chance.uniform(0.8, 1.3, (units, years))
    today = chance.integers(0, schools, units)
    room = demand.sum(axis=0).max() / schools * chance.uniform(1.0, 1.5)
    values: dict[str, Any] = {
        "units": pd.Index([f"u{n}" for n in range(units)]),
        "schools": pd.Index([f"s{n}" for n in range(schools)]),
        "years": np.arange(2027, 2027 + years),
        "cost": pupils[:, None] * metres,
        "pupils": pupils,
        "demand": demand,
        "capacity": np.full((schools, years), room),
        "pairs": pairs,
        "edge": edge,
        "home": chance.permutation(units)[:schools],
        "today": today,
        "nearest": metres.argmin(axis=1),
    }
    return Problem(**values | given)


def keeps_rules(problem: Problem, plan: np.ndarray) -> bool:  # noqa: C901
    """The rules again, with networkx and for schools in units of their own only."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(plan)))
    graph.add_edges_from(problem.pairs.tolist())
    outside = graph.copy()
    outside.add_edges_from((-1, unit) for unit in np.flatnonzero(problem.edge).tolist())
    for school in range(len(problem.schools)):
        own = set(np.flatnonzero(plan == school).tolist())
        if problem.home[school] >= 0 and problem.home[school] not in own:
            return False
        if own and not nx.is_connected(graph.subgraph(own)):
            return False
        rest = outside.subgraph(set(outside) - own)
        if not nx.is_connected(rest):
            return False
    if problem.fixed is not None and ((problem.fixed >= 0) & (plan != problem.fixed)).any():
        return False
    if problem.together is not None:
        for label in set(problem.together.tolist()) - {-1}:
            if len(set(plan[problem.together == label].tolist())) > 1:
                return False
    pupils = np.zeros(problem.capacity.shape)
    for unit, school in enumerate(plan.tolist()):
        for year in range(len(problem.years)):
            stays = 0.0
            if problem.stay is not None and school != problem.today[unit]:
                stays = problem.stay[unit, school, year]
            pupils[problem.today[unit], year] += stays
            pupils[school, year] += problem.demand[unit, year] - stays
    return bool((pupils <= problem.capacity + 1e-6).all())


def worth(problem: Problem, plan: np.ndarray, weights: Weights = WEIGHTS) -> float:
    moved = problem.pupils[plan != problem.today].sum()
    away = problem.pupils[plan != problem.nearest].sum()
    walked = sum(problem.cost[unit, school] for unit, school in enumerate(plan.tolist()))
    return float(weights.walk * walked + weights.move * moved + weights.nearest * away)


def best_of_all(problem: Problem) -> float:
    """Objective of the best division of all; inf when there is none."""
    found = np.inf
    for plan in product(range(len(problem.schools)), repeat=len(problem.units)):
        given = np.array(plan)
        value = worth(problem, given)
        if value < found and keeps_rules(problem, given):
            found = value
    return found


def solved(problem: Problem, **options: Any):
    return solve(problem, weights=WEIGHTS, gap=0.0, **options)


@pytest.mark.parametrize("seed", range(8))
def test_same_as_every_division_tried(seed):
    problem = invented(seed)
    expected, plan = best_of_all(problem), solved(problem)
    if np.isinf(expected):
        assert plan.status == "umulig"
        assert plan.assigned is None
    else:
        assert plan.status == "optimal"
        assert plan.value == pytest.approx(expected)
        assert keeps_rules(problem, plan.assigned)


@pytest.mark.parametrize("seed", range(4))
def test_same_with_three_schools_stay_and_together(seed):
    chance = np.random.default_rng(seed)
    plain = invented(seed, columns=4, rows=2, schools=3)
    together = np.full(8, -1)
    together[[5, 6]] = 4
    stay = plain.demand[:, None, :] * chance.uniform(0, 1, (8, 3, 3))
    problem = replace(
        plain, together=together, stay=stay, capacity=plain.capacity * 1.25,
        home=np.array([0, 3, 5]),
    )  # fmt: skip
    expected, plan = best_of_all(problem), solved(problem)
    assert plan.status == ("umulig" if np.isinf(expected) else "optimal")
    if plan.assigned is not None:
        assert plan.value == pytest.approx(expected)
        assert keeps_rules(problem, plan.assigned)


def test_enclave_is_refused_and_costs_what_it_must():
    # A school in the middle of 5 × 3 units: the cheapest plan encloses its district.
    pairs, edge = lattice(5, 3)
    cost = np.zeros((15, 2))
    cost[7] = 1.0, 0.0
    cost[[2, 12], 1] = 50.0
    for unit in set(range(15)) - {7, 2, 12}:
        cost[unit, 1] = 100.0
    problem = Problem(
        units=pd.Index(range(15)), schools=pd.Index(["ring", "midt"]), years=np.array([2027]),
        cost=cost, pupils=np.ones(15), demand=np.ones((15, 1)), capacity=np.full((2, 1), 99.0),
        pairs=pairs, edge=edge, home=np.array([0, 7]), today=np.full(15, -1),
        nearest=np.full(15, -1),
    )  # fmt: skip
    free = solve(replace(problem, no_enclave=False), gap=0.0)
    assert free.value == 0.0
    assert set(np.flatnonzero(free.assigned == 1)) == {7}
    plan = solve(problem, gap=0.0)
    assert plan.value == 50.0
    assert set(np.flatnonzero(plan.assigned == 1)) in ({7, 2}, {7, 12})


def test_solved_by_hand():
    # A street of six units, a school at each end, four pupils a unit, room for 16 each. Going to
    # the nearer end is best; the third unit has the right school today, and keeps it
    # when a move counts more than the 100 m that it walks farther, unless there is no room.
    cost = np.array([[0, 5], [1, 4], [2, 3], [3, 2], [4, 1], [5, 0]]) * 4 * 100.0
    problem = Problem(
        units=pd.Index(list("abcdef")), schools=pd.Index(["venstre", "høyre"]),
        years=np.array([2027]), cost=cost, pupils=np.full(6, 4.0), demand=np.full((6, 1), 4.0),
        capacity=np.array([[16.0], [16.0]]), pairs=np.array([[n, n + 1] for n in range(5)]),
        edge=np.ones(6, dtype=bool), home=np.array([0, 5]), today=np.array([0, 0, 1, 1, 1, 1]),
        nearest=np.array([0, 0, 0, 1, 1, 1]),
    )  # fmt: skip
    near = solve(problem, gap=0.0)
    assert near.assigned.tolist() == [0, 0, 0, 1, 1, 1]
    assert (near.walking, near.moved, near.away) == (2 * 4 * 300.0, 4.0, 0.0)
    keep = solve(problem, weights=Weights(move=101.0), gap=0.0)
    assert keep.assigned.tolist() == [0, 0, 1, 1, 1, 1]
    assert keep.bound == keep.value == 2 * 4 * 300.0 + 400.0
    full = solve(replace(problem, capacity=np.array([[16.0], [12.0]])), gap=0.0,
                 weights=Weights(move=101.0))  # fmt: skip
    assert full.assigned.tolist() == [0, 0, 0, 1, 1, 1]
    assert full.load.tolist() == [[12.0], [12.0]]


def test_island_is_whole_or_joined():
    plain = invented(3, columns=3, rows=2)
    loose = replace(
        plain,
        pairs=np.array([[0, 1], [1, 2], [3, 4], [4, 5]]),
        edge=np.ones(6, dtype=bool),
        home=np.array([0, 2]),
        capacity=np.full((2, 3), 1e3),
        cost=np.array([[0, 9], [9, 9], [9, 0], [0, 9], [9, 0], [0, 9]], dtype=float),
    )
    plan = solve(loose, gap=0.0)
    # The far row has no school: the ends may not both be given to the left school past the middle.
    assert check(loose, plan.assigned) == []
    assert plan.value == 9.0 + 9.0
    places = np.array([[n % 3, n // 3] for n in range(6)], dtype=float)
    assert join(loose.pairs, places).tolist() == [[0, 3]]


def test_clock_leaves_a_plan_and_a_bound_that_holds():
    problem = invented(5, columns=4, rows=4, schools=3, home=np.array([0, 7, 13]))
    problem = replace(problem, capacity=problem.capacity * 1.2)
    best = solve(problem, weights=WEIGHTS, gap=0.0)
    assert best.status == "optimal"
    hurried = solve(problem, weights=WEIGHTS, gap=0.0, time_limit_s=0.0, starts=[best.assigned])
    assert hurried.assigned is not None
    assert hurried.bound <= best.value + 1e-6
    assert hurried.value >= best.value - 1e-6
    assert hurried.gap == pytest.approx((hurried.value - hurried.bound) / hurried.value)
    without = solve(problem, weights=WEIGHTS, gap=0.0, time_limit_s=0.0)
    assert without.status == "ukjent" or without.bound <= best.value + 1e-6


def test_same_seed_gives_the_same_plan():
    problem = invented(8, columns=5, rows=4, schools=3, home=np.array([0, 9, 17]))
    problem = replace(problem, capacity=problem.capacity * 1.2)
    first, second = (solve(problem, weights=WEIGHTS, gap=0.01, seed=4) for _ in range(2))
    assert first.repeatable
    assert first.assigned.tolist() == second.assigned.tolist()
    assert (first.value, first.bound) == (second.value, second.bound)


def test_closed_school_gets_nothing_and_new_school_waits():
    problem = invented(2, schools=3, home=np.array([0, 2, 8]))
    room = np.full((3, 3), 500.0)
    room[0, 1:] = 0.0
    room[1, 0] = 0.0
    stay = np.zeros((9, 3, 3))
    stay[:, :, 0] = problem.demand[:, None, 0]
    today = np.where(problem.today == 1, 2, problem.today)
    changed = replace(problem, capacity=room, today=today, stay=stay)
    plan = solve(changed, gap=0.0)
    assert 0 not in plan.assigned
    assert plan.load[1, 0] == 0.0
    assert plan.load.sum(axis=0) == pytest.approx(changed.demand.sum(axis=0))


def test_who_may_stay_is_counted_at_the_old_school():
    grades = np.ones((1, 3, 4)) * [[[5.0, 6.0, 7.0, 8.0]]]
    years, today = np.arange(2027, 2031), np.array([0])
    stay = staying(grades, years, today, start=np.array([2026, 2028]), close=np.array([2030, 9999]))
    # Into a district from 2028: all until then, two of three grades, one of three; then it closes.
    assert stay[0, 1].tolist() == [15.0, 12.0, 7.0, 0.0]
    problem = invented(1, columns=1, rows=1)
    one = replace(
        problem, years=years, demand=grades.sum(axis=1), capacity=np.full((2, 4), 99.0),
        today=today, stay=stay, home=np.array([-1, -1]),
    )  # fmt: skip
    moved = np.array([1])
    assert loads(one, moved).tolist() == [[15.0, 12.0, 7.0, 0.0], [0.0, 6.0, 14.0, 24.0]]
    assert extra_places(one, moved)[0].tolist() == [15.0, 12.0, 7.0, 0.0]
    assert extra_places(one, moved).sum() == 0.0


def test_numbers_that_do_not_fit_are_refused_all_at_once():
    problem = invented(1)
    room = problem.capacity.copy()
    room[1] = np.nan
    cost = problem.cost.copy()
    cost[2, 0] = np.nan
    with pytest.raises(DataQualityError) as caught:
        solve(replace(problem, capacity=room, cost=cost, slack=-1.0))
    for word in ("s1", "u2", "slack"):
        assert word in str(caught.value)
    with pytest.raises(DataQualityError, match="pupils"):
        solve(replace(problem, pupils=np.ones(3)))


def test_a_plan_to_look_at_has_no_bound():
    problem = invented(1)
    told = evaluate(problem, problem.today, weights=WEIGHTS)
    assert told.status == "gitt"
    assert told.moved == 0.0
    assert np.isnan(told.bound)
    assert told.value == pytest.approx(worth(problem, problem.today))


def test_a_solver_that_forgets_a_rule_is_caught_by_the_check(monkeypatch):
    # The far end of the street is cheapest given to the school past the other one's district.
    problem = Problem(
        units=pd.Index(list("abcde")), schools=pd.Index(["A", "C"]), years=np.array([2027]),
        cost=np.array([[0, 9], [9, 1], [9, 0], [9, 1], [0, 9]], dtype=float), pupils=np.ones(5),
        demand=np.ones((5, 1)), capacity=np.full((2, 1), 9.0),
        pairs=np.array([[n, n + 1] for n in range(4)]), edge=np.ones(5, dtype=bool),
        home=np.array([0, 2]), today=np.full(5, -1), nearest=np.full(5, -1),
    )  # fmt: skip
    assert solve(problem, gap=0.0).assigned.tolist() == [0, 1, 1, 1, 1]

    def forgotten(*_: Any) -> list[Any]:
        return []

    for module in (districting, district_search):
        monkeypatch.setattr(module, "broken", forgotten)
    monkeypatch.setattr(districting, "fractional", forgotten)
    monkeypatch.setattr(district_search, "trees", forgotten)
    monkeypatch.setattr(district_search, "beside_rules", forgotten)
    with pytest.raises(RuntimeError, match="henger ikke sammen"):
        solve(problem, gap=0.0)
