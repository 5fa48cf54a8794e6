"""Problems without a division: what stands in the way, and what is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from askergeo.school.district_check import check
from askergeo.school.district_explain import explain
from askergeo.school.district_frontier import Alternative, beaten, frontier
from askergeo.school.district_problem import Problem, Weights
from askergeo.school.districting import solve

pytest.importorskip("highspy")


def street(capacity: list[list[float]], demand: float = 4.0, **given) -> Problem:
    """Six units in a row with a school at each end, four pupils in each."""
    cost = np.array([[0, 5], [1, 4], [2, 3], [3, 2], [4, 1], [5, 0]]) * 4 * 100.0
    room = np.array(capacity)
    years = np.arange(2027, 2027 + room.shape[1])
    values = {
        "units": pd.Index(list("abcdef")), "schools": pd.Index(["venstre", "høyre"]),
        "years": years, "cost": cost, "pupils": np.full(6, 4.0),
        "demand": np.full((6, len(years)), demand), "capacity": room,
        "pairs": np.array([[n, n + 1] for n in range(5)]), "edge": np.ones(6, dtype=bool),
        "home": np.array([0, 5]), "today": np.array([0, 0, 1, 1, 1, 1]),
        "nearest": np.array([0, 0, 0, 1, 1, 1]),
    }  # fmt: skip
    return Problem(**values | given)


def test_too_few_places_in_all():
    problem = street([[12.0, 10.0], [12.0, 12.0]])
    assert solve(problem, gap=0.0).status == "umulig"
    found = explain(problem, time_limit_s=20)
    assert found.total.tolist() == [0.0, 2.0]
    assert found.short.tolist() == pytest.approx([0.0, 2.0])
    assert found.at_least == pytest.approx(2.0)
    # Whole units of four: 12 and 12 pupils, and two places missing to the left in the second year.
    assert found.missing.tolist() == [[0.0, 2.0], [0.0, 0.0]]
    assert found.fits_from is None
    enough = replace(problem, capacity=problem.capacity + found.missing)
    assert check(enough, found.assigned) == []
    assert any("2028" in text and "2" in text for text in found.texts)


def test_units_that_are_not_split_need_more_than_the_sum():
    # 24 pupils and 24 places, but 14 + 10 fits no whole units: two places more do.
    problem = street([[14.0], [10.0]])
    assert solve(problem, gap=0.0).status == "umulig"
    found = explain(problem, time_limit_s=20)
    assert found.total.tolist() == [0.0]
    assert found.at_least == 0.0
    assert found.missing.sum() == pytest.approx(2.0)
    plan = solve(replace(problem, capacity=problem.capacity + found.missing), gap=0.0)
    assert plan.status == "optimal"


def test_fixed_units_that_stand_in_the_way_are_named():
    problem = street([[12.0], [12.0]], fixed=np.array([-1, 1, -1, -1, -1, -1]))
    assert solve(problem, gap=0.0).status == "umulig"
    found = explain(problem, time_limit_s=20)
    by_rule = {relief.rule: relief for relief in found.reliefs}
    assert by_rule["fast"].helps is True
    # Without contiguity there is room as well: the fixed unit lies away from its school.
    assert by_rule["sammenheng"].helps is True
    assert by_rule["enklave"].helps is not True


def test_unit_without_any_school_is_named():
    allowed = np.ones((6, 2), dtype=bool)
    allowed[2] = False
    found = explain(street([[99.0], [99.0]], allowed=allowed), time_limit_s=20)
    assert found.impossible == [2]
    assert "c" in found.texts[0]
    assert {r.rule: r.helps for r in found.reliefs}["par"] is True


def test_pupils_who_stay_are_what_fills_the_school():
    stay = np.zeros((6, 2, 2))
    stay[:, :, 0] = 4.0
    problem = street([[8.0, 12.0], [12.0, 12.0]], stay=stay)
    found = explain(problem, time_limit_s=20)
    assert solve(problem, gap=0.0).status == "umulig"
    assert found.fits_from == 2028
    assert found.missing[:, 0].sum() == pytest.approx(4.0)


def test_alternatives_lie_on_the_way_from_walking_to_moves():
    problem = street([[24.0], [24.0]])
    alternatives = [
        Alternative("balanse", "Balanse", Weights(move=100.0)),
        Alternative("gange", "Kortest veg", Weights()),
        Alternative("flytting", "Færrest flyttes", Weights(move=1000.0)),
    ]
    balance, walk, move = frontier(problem, alternatives, gap=0.0)
    assert walk.walking <= balance.walking <= move.walking
    assert move.moved <= balance.moved <= walk.moved
    assert (walk.moved, move.moved) == (4.0, 0.0)
    # As far as the weights say: the third unit walks 100 m less each and moves, 100 m each.
    assert balance.value == pytest.approx(walk.walking + 400.0)
    assert beaten([walk, move]) == [False, False]
    assert beaten([walk, replace(walk, moved=walk.moved + 1)]) == [False, True]
    impossible = frontier(street([[1.0], [1.0]]), alternatives)
    assert [plan.status for plan in impossible] == ["umulig"] * 3
