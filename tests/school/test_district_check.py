"""The check of a division finds each kind of broken plan, and nothing in a sound one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from askergeo.school.district_check import check
from askergeo.school.district_problem import Problem


def square() -> Problem:
    """Five by five units, a school in each upper corner and one in the middle of the bottom row."""
    number = np.arange(25).reshape(5, 5)
    pairs = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1),
            np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1),
        ]
    )
    edge = np.ones((5, 5), dtype=bool)
    edge[1:-1, 1:-1] = False
    return Problem(
        units=pd.Index([f"u{n}" for n in range(25)]),
        schools=pd.Index(["A", "B", "C"]),
        years=np.array([2027, 2028]),
        cost=np.ones((25, 3)),
        pupils=np.ones(25),
        demand=np.ones((25, 2)),
        capacity=np.full((3, 2), 10.0),
        pairs=pairs,
        edge=edge.ravel(),
        home=np.array([0, 4, 22]),
        today=np.full(25, 2),
        nearest=np.full(25, -1),
        slack=0.0,
    )


SOUND = np.array([0, 0, 0, 1, 1] * 3 + [2] * 10)


def rules(problem: Problem, plan: np.ndarray) -> set[str]:
    return {fault.rule for fault in check(problem, plan)}


def changed(**units: int) -> np.ndarray:
    plan = SOUND.copy()
    for name, school in units.items():
        plan[int(name[1:])] = school
    return plan


def test_sound_plan_has_no_fault():
    assert check(square(), SOUND) == []


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        (changed(u7=-1), "enhet"),
        (changed(u7=3), "enhet"),
        (SOUND[:-1], "enhet"),
        (changed(u15=0, u16=0), "kapasitet"),
        (changed(u24=0), "sammenheng"),
        (changed(u0=1), "skolens_enhet"),
        (changed(u6=2), "enklave"),
    ],
)
def test_each_broken_rule_is_found(plan, rule):
    faults = check(square(), plan)
    assert rule in {fault.rule for fault in faults}
    assert all(fault.text.endswith(".") for fault in faults)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"fixed": np.where(np.arange(25) == 12, 2, -1)}, "fast"),
        ({"allowed": ~(np.arange(75).reshape(25, 3) == 3 * 8 + 1)}, "tillatt"),
        ({"together": np.where(np.isin(np.arange(25), [12, 13]), 7, -1)}, "samlet"),
        ({"capacity": np.array([[10.0, 10.0], [6.0, 5.0], [10.0, 0.0]])}, "tillatt"),
        ({"capacity": np.array([[10.0, 10.0], [6.0, 5.5], [10.0, 10.0]])}, "kapasitet"),
        ({"stay": np.ones((25, 3, 2)) * 0.1}, "kapasitet"),
    ],
)
def test_rules_that_are_given_are_held(given: dict[str, Any], rule: str):
    assert rule in rules(replace(square(), **given), SOUND)


def test_overfull_is_told_by_school_and_year():
    room = np.full((3, 2), 10.0)
    room[1] = 6.0, 5.5
    (fault,) = check(replace(square(), capacity=room), SOUND)
    assert (fault.school, fault.year, fault.amount) == (1, 2028, 0.5)
    assert "B får 6,0 elever i 2028, men har 5,5 plasser" in fault.text


def test_slack_is_room():
    assert check(replace(square(), capacity=np.full((3, 2), 9.5), slack=0.06), SOUND) == []


def test_at_the_boundary_nothing_is_enclosed():
    # Unit 1 at the upper edge: around it everything is B's, and outside it the next municipality.
    plan = np.full(25, 1)
    plan[1] = 0
    problem = replace(square(), home=np.array([1, 4, -1]), capacity=np.full((3, 2), 99.0))
    assert "enklave" not in rules(problem, plan)
    assert "enklave" in rules(replace(problem, edge=problem.edge & (np.arange(25) != 1)), plan)


def test_rules_can_be_off():
    plan = changed(u24=0, u6=2)
    off = replace(square(), contiguous=False, no_enclave=False)
    assert check(off, plan) == []


def test_two_schools_in_one_unit_have_a_district_each():
    # A and B lie in unit 0; B's district begins beside it.
    problem = replace(square(), home=np.array([0, 0, 22]), capacity=np.full((3, 2), 99.0))
    assert check(problem, changed(u0=0)) != []
    plan = np.array([0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0] + [2] * 10)
    assert check(problem, plan) == []
