"""The renewal plan never exceeds its budget, and is never far from the best there is."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.va.renewal import NEVER, bound, schedule

number = st.integers(0, 10**8).map(lambda n: n / 10)


@st.composite
def cases(draw):
    projects, kinds, years = (draw(st.integers(1, n)) for n in (12, 3, 5))
    rows = st.lists(number, min_size=kinds, max_size=kinds)
    takes = np.array(draw(st.lists(rows, min_size=projects, max_size=projects)))
    budget = np.array(draw(st.lists(rows, min_size=years, max_size=years)))
    worth = np.array(draw(st.lists(number, min_size=projects, max_size=projects)))
    return worth, takes, budget


@settings(max_examples=200, deadline=None)
@given(cases(), st.booleans())
def test_the_budget_is_never_exceeded(case, carry):
    worth, takes, budget = case
    year = schedule(worth, takes, budget, carry=carry)
    spent = np.stack([takes[year == one].sum(axis=0) for one in range(len(budget))])
    if carry:
        spent, budget = spent.cumsum(axis=0), budget.cumsum(axis=0)
    assert (spent <= budget * (1 + 1e-12) + 1e-9).all()
    assert set(year[(takes.sum(axis=1) == 0) | (worth == 0)].tolist()) <= {NEVER}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=9),
    st.integers(0, 60),
)
def test_what_is_chosen_is_held_against_every_choice(items, budget):
    worth, takes = (np.array(one, dtype=float) for one in zip(*items, strict=True))
    year = schedule(worth, takes[:, None], np.array([[float(budget)]]), carry=False)
    own = worth[year == 0].sum()
    choices = (np.array(one, dtype=bool) for one in product([0, 1], repeat=len(items)))
    best = max(worth[one].sum() for one in choices if takes[one].sum() <= budget)
    limit = bound(worth, takes, float(budget))
    assert own <= best <= limit + 1e-9
    # What fits is never left when there is room: with the next one, all of the limit is reached.
    assert own + worth.max() >= limit - 1e-9


@settings(max_examples=50, deadline=None)
@given(cases())
def test_nothing_that_there_is_room_for_waits(case):
    worth, takes, budget = case
    year = schedule(worth, takes, budget, carry=False)
    left = budget[-1] - takes[year == len(budget) - 1].sum(axis=0)
    waits = (year == NEVER) & (takes.sum(axis=1) > 0) & (worth > 0)
    assert not (takes[waits] <= left - 1e-6).all(axis=1).any()
