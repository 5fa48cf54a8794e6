"""The programme of a division in districts: choices, costs, and rows that every plan must keep.

A choice is a group of units (one unit, or several that are kept together) and a school. The load of
a school in a year is linear in the choices also when pupils may stay at their old school: who stays
is counted at today's school when the group is given to another. Contiguity and enclaves are not in
the programme; ``district_cuts`` adds them where a solution breaks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from askergeo.school.district_graph import Graph, make_graph
from askergeo.school.district_problem import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.school.district_problem import Problem, Weights

__all__ = ["Cut", "Model", "make_model"]

#: A row ``Σ x[choices] · factors ≤ limit`` as (choices, factors, limit).
Cut = tuple[tuple[int, ...], tuple[float, ...], float]

# Pupils: what is left of differences that should be nought.
_NOBODY = 1e-12


@dataclass(frozen=True, eq=False)
class Model:
    """What does not change with the weights.

    Parameters
    ----------
    problem, graph
        The problem, and its units as a graph.
    group_of, members
        Group of each unit, (u,), and the units of each group.
    group, school
        Group and school of each choice, (n,).
    choice
        Number of the choice of a group and a school, (g, s); −1 when it may not be chosen.
    loads, limits, row_school, row_year
        Rows of capacity, (r, n): ``loads @ x ≤ limits`` for every school and year that can be
        overfull at all, and what each row is about.
    empty
        Load of each school and year before anything is chosen, (s, y).
    """

    problem: Problem
    graph: Graph
    group_of: NDArray[np.int64]
    members: list[list[int]]
    group: NDArray[np.int64]
    school: NDArray[np.int64]
    choice: NDArray[np.int64]
    loads: sparse.csr_matrix
    limits: NDArray[np.float64]
    row_school: NDArray[np.int64]
    row_year: NDArray[np.int64]
    empty: NDArray[np.float64]

    def costs(self, weights: Weights) -> NDArray[np.float64]:
        """Objective of each choice, in weighted pupil-metres, (n,)."""
        p = self.problem
        school = np.arange(len(p.schools))[None, :]
        moved = (p.today[:, None] != NONE) & (p.today[:, None] != school)
        away = (p.nearest[:, None] != NONE) & (p.nearest[:, None] != school)
        finite = np.where(np.isfinite(p.cost), p.cost, 0.0)
        unit = weights.walk * finite + p.pupils[:, None] * (
            weights.move * moved + weights.nearest * away
        )
        grouped = np.zeros((len(self.members), len(p.schools)))
        np.add.at(grouped, self.group_of, unit)
        return grouped[self.group, self.school]

    def expand(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """School of each unit from the school of each group."""
        return chosen[self.group_of]

    def contract(self, assigned: NDArray[np.int64]) -> NDArray[np.int64]:
        """School of each group: that of its first unit."""
        return assigned[[units[0] for units in self.members]]

    def has(self, chosen: NDArray[np.int64]) -> bool:
        """Whether every group's school may be chosen."""
        known = (chosen >= 0) & (chosen < len(self.problem.schools))
        return bool(known.all() and (self.choice[np.arange(len(chosen)), chosen] >= 0).all())

    def districts(self, assigned: NDArray[np.int64]) -> list[set[int]]:
        """Units of each school."""
        found: list[set[int]] = [set() for _ in range(len(self.problem.schools))]
        for unit, school in enumerate(assigned.tolist()):
            found[school].add(unit)
        return found


def make_model(problem: Problem, *, with_fixed: bool = True) -> Model:
    """Write the choices and the rows of capacity.

    Parameters
    ----------
    problem
        A problem that ``validate`` accepts.
    with_fixed
        Whether fixed units are fixed; without, to find out whether they are the hindrance.
    """
    group_of, members = _groups(problem)
    allowed = _allowed(problem, with_fixed=with_fixed)
    grouped = np.ones((len(members), allowed.shape[1]), dtype=bool)
    np.logical_and.at(grouped, group_of, allowed)
    group, school = np.nonzero(grouped)
    choice = np.full(grouped.shape, -1, dtype=np.int64)
    choice[group, school] = np.arange(len(group))
    loads, empty = _load_rows(problem, group_of, choice, len(group))
    limits = (problem.capacity * (1 + problem.slack) - empty).ravel()
    most = np.zeros(len(limits))
    positive = loads.maximum(0)
    most = np.asarray(positive.sum(axis=1)).ravel()
    kept = np.flatnonzero(np.isfinite(limits) & (most > limits + 1e-9))
    return Model(
        problem=problem,
        graph=make_graph(problem),
        group_of=group_of,
        members=members,
        group=group,
        school=school,
        choice=choice,
        loads=loads[kept],
        limits=limits[kept],
        row_school=kept // len(problem.years),
        row_year=kept % len(problem.years),
        empty=empty,
    )


def _groups(problem: Problem) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Return the group of each unit, numbered by their first units, and the units of each."""
    group_of = np.full(len(problem.units), -1, dtype=np.int64)
    members: list[list[int]] = []
    seen: dict[int, int] = {}
    labels = [NONE] * len(problem.units) if problem.together is None else problem.together.tolist()
    for unit, label in enumerate(labels):
        if label == NONE or label not in seen:
            if label != NONE:
                seen[label] = len(members)
            group_of[unit] = len(members)
            members.append([unit])
        else:
            group_of[unit] = seen[label]
            members[seen[label]].append(unit)
    return group_of, members


def _allowed(problem: Problem, *, with_fixed: bool) -> NDArray[np.bool_]:
    """Pairs of unit and school that no rule excludes at once, (u, s)."""
    count = len(problem.units), len(problem.schools)
    allowed = np.ones(count, dtype=bool) if problem.allowed is None else problem.allowed.copy()
    allowed &= np.isfinite(problem.cost)
    is_open = problem.capacity[:, -1] > 0
    allowed &= is_open[None, :]
    if with_fixed and problem.fixed is not None:
        told = np.flatnonzero(problem.fixed != NONE)
        only = np.zeros(count, dtype=bool)
        only[told, problem.fixed[told]] = True
        allowed[told] &= only[told]
    if problem.contiguous:
        at_home = np.zeros(count, dtype=bool)
        lies = np.flatnonzero((problem.home != NONE) & is_open)
        at_home[problem.home[lies], lies] = True
        has = at_home.any(axis=1)
        allowed[has] &= at_home[has]
    return allowed


def _load_rows(
    problem: Problem, group_of: NDArray[np.int64], choice: NDArray[np.int64], count: int
) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """Pupils that each choice brings each school and year, (s·y, n), and what is there anyway.

    For a unit that moves, those who stay are counted at today's school. They are nearly the same
    whichever school it moves to, so today's school is given that number once, in ``empty``, and
    keeps rows short: a term for today's own choice, and one for each school where it differs.
    """
    s, y = problem.capacity.shape
    empty = np.zeros((s, y))
    unit, school = np.nonzero(choice[group_of] >= 0)
    column = choice[group_of[unit], school]
    own = problem.demand[unit]
    rows, columns, values = [], [], []

    def put(at: NDArray[np.int64], of: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Add ``value`` (k, y) to the rows of schools ``at`` and the choices ``of``, (k,)."""
        rows.append((at[:, None] * y + np.arange(y)).ravel())
        columns.append(np.repeat(of, y))
        values.append(value.ravel())

    put(school, column, own)
    if problem.stay is not None:
        today = problem.today[unit]
        moves = (today != NONE) & (today != school)
        usual = np.zeros((len(problem.units), y))
        for one in np.flatnonzero(problem.today != NONE).tolist():
            others = np.arange(s) != problem.today[one]
            usual[one] = np.median(problem.stay[one, others], axis=0) if others.any() else 0.0
        has = problem.today != NONE
        np.add.at(empty, problem.today[has], usual[has])
        stay = problem.stay[unit[moves], school[moves]]
        put(school[moves], column[moves], -stay)
        put(today[moves], column[moves], stay - usual[unit[moves]])
        keeps = (today != NONE) & (today == school)
        put(today[keeps], column[keeps], -usual[unit[keeps]])
    shape = (s * y, count)
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    loads = sparse.coo_matrix(entries, shape=shape).tocsr()
    loads.data[np.abs(loads.data) < _NOBODY] = 0.0
    loads.eliminate_zeros()
    return loads, empty


def rows_of(cuts: Sequence[Cut], count: int) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """Return the cuts as a matrix, (k, n), and their limits, (k,)."""
    lengths = [len(columns) for columns, _, _ in cuts]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = np.array([c for cut in cuts for c in cut[0]], dtype=np.int64)
    factors = np.array([f for cut in cuts for f in cut[1]], dtype=float)
    limits = np.array([limit for _, _, limit in cuts], dtype=float)
    return sparse.csr_matrix((factors, columns, start), shape=(len(cuts), count)), limits
