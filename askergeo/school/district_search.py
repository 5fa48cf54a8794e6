"""Good plans: a first one along trees, and better ones by solving a few districts at a time.

First, every unit may go only to a school that a neighbour nearer the school goes to as well, so
that districts hang together whatever is chosen (Zoltners and Sinha 1983; the trees of shortest ways
in Mehrotra, Johnson and Nemhauser 1998). That leaves out plans that are allowed, so nothing is
proven by it. Then the plan is improved with all rules as they are: the districts around one school
are divided again, exactly, and the rest stays (a large neighbourhood search, Shaw 1998).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from askergeo.school.district_cuts import beside_rules, broken
from askergeo.school.district_problem import NONE, loads
from askergeo.school.district_programme import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.school.district_model import Cut, Model

__all__ = ["TOLERANCE", "Task", "excess", "first_plan", "improve", "is_valid", "price", "trees"]

#: Pupils: what counts as overfull. Forecasts are not whole numbers, and sums of them not exact.
TOLERANCE = 1e-3
_SUB_NODES = 20
_FIRST_NODES = 5
_HELPS = 1e-5
_SUB_ROUNDS = 6
_SUB_GAP = 5e-3
_DISTRICTS = 5


@dataclass(eq=False)
class Task:
    """One division: the programme, what it weighs, its time, and the rules written out so far."""

    model: Model
    costs: NDArray[np.float64]
    cuts: dict[Cut, None]
    active: NDArray[np.bool_]
    until: float
    seed: int
    penalty: float = 0.0
    rounds: int = 0
    stopped: bool = False
    rules: dict[int, list[Cut]] = field(default_factory=dict)

    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    def lacks(self, chosen: NDArray[np.int64]) -> bool:
        """Take in the rows of capacity that a plan breaks; whether there were any new.

        Most years never bind, and a programme of all of them takes many times as long.
        """
        taken = np.zeros(len(self.costs))
        taken[self.model.choice[np.arange(len(chosen)), chosen]] = 1.0
        over = self.model.loads @ taken - self.model.limits
        new = (over > TOLERANCE) & ~self.active
        self.active |= new
        return bool(new.any())

    def beside(self, columns: NDArray[np.int64]) -> list[Cut]:
        """Rules that a choice has a neighbour with the same school, for some of the choices."""
        for column in columns.tolist():
            if column not in self.rules:
                self.rules[column] = beside_rules(self.model, column)
        return [cut for column in columns.tolist() for cut in self.rules[column]]


def excess(model: Model, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pupils without a place by school and year, (s, y)."""
    problem = model.problem
    over: NDArray[np.float64] = loads(problem, model.expand(chosen)) - problem.capacity * (
        1 + problem.slack
    )
    return np.where(over > TOLERANCE, over, 0.0)


def is_valid(model: Model, chosen: NDArray[np.int64]) -> bool:
    """Whether a plan keeps every rule."""
    return (
        model.has(chosen)
        and not excess(model, chosen).any()
        and not broken(model, model.expand(chosen))
    )


def price(task: Task, chosen: NDArray[np.int64]) -> float:
    """Objective of a plan, with what missing places cost."""
    model = task.model
    cost = float(task.costs[model.choice[np.arange(len(chosen)), chosen]].sum())
    return cost + task.penalty * float(excess(model, chosen).max(axis=1).sum())


def first_plan(
    task: Task,
    columns: NDArray[np.int64],
    *,
    gap: float,
    start: NDArray[np.int64] | None,
    base: NDArray[np.int64] | None = None,
) -> NDArray[np.int64] | None:
    """Return a plan along trees; if none has places enough, one in which places are missing.

    Only the choices in ``columns`` are looked at first, then all; ``None`` without any plan.
    """
    rules = trees(task.model, base)
    every = np.arange(len(task.costs))
    ways = ((columns, None), (columns, task.penalty), (every, task.penalty))
    for left, (tried, penalty) in zip((3, 2, 1), ways, strict=True):
        # None of the ways may take the time of the next.
        now = time.monotonic()
        found = _settle(
            task, rules, tried, given=None, penalty=penalty, gap=gap, start=start,
            nodes=_FIRST_NODES, until=now + (task.until - now) / left,
        )  # fmt: skip
        if found is not None:
            return found
    return None


def _settle(
    task: Task,
    rules: list[Cut],
    columns: NDArray[np.int64],
    *,
    given: NDArray[np.int64] | None,
    penalty: float | None,
    gap: float,
    start: NDArray[np.int64] | None,
    nodes: int,
    until: float,
) -> NDArray[np.int64] | None:
    """Solve until the plan hangs together and encloses nothing; ``None`` when it does not come."""
    model = task.model
    for _ in range(_SUB_ROUNDS):
        answer = whole(
            model, task.costs, [*task.cuts, *rules], task.active, columns=columns, given=given,
            start=start, penalty=penalty, gap=gap, nodes=nodes, until=until,
            seed=task.seed,
        )  # fmt: skip
        task.rounds += 1
        task.stopped |= answer.stopped
        found = answer.chosen(model)
        if found is None:
            return None
        new = broken(model, model.expand(found))
        # A year that was not in the programme may be overfull. It is in from now on, and until then
        # the price tells.
        task.lacks(found)
        if not new:
            return found
        task.cuts.update(dict.fromkeys(new))
    return None


def improve(task: Task, chosen: NDArray[np.int64], *, enough: float) -> NDArray[np.int64]:
    """Divide the districts around one school after the other again, as long as it helps.

    Ends when the price is ``enough`` and no place is missing, or when a whole round of the schools
    has helped nothing.
    """
    chance = np.random.default_rng(task.seed)
    value = price(task, chosen)
    schools = np.unique(chosen)
    order: list[int] = []
    failed = 0
    while failed < len(schools) and not task.over():
        over = np.flatnonzero(excess(task.model, chosen).any(axis=1))
        valid = not len(over)
        if value <= enough and valid:
            break
        if not order:
            order = chance.permutation(schools).tolist()
        centre = int(chance.choice(over)) if len(over) > failed else order.pop()
        better = _divide_again(task, chosen, _around(task.model, chosen, centre))
        # A plan that has room is not given up for a cheaper one that lacks a little of it.
        if (
            better is not None
            and (found := price(task, better)) < value * (1 - _HELPS)
            and not (valid and excess(task.model, better).any())
        ):
            chosen, value, failed = better, found, 0
        else:
            failed += 1
    return chosen


def _around(model: Model, chosen: NDArray[np.int64], centre: int) -> NDArray[np.int64]:
    """Return the schools whose districts lie around a school's, the nearest in steps first."""
    districts = model.districts(model.expand(chosen))
    assigned = model.expand(chosen)
    found, ring = [centre], [centre]
    while ring and len(found) < _DISTRICTS:
        near: dict[int, int] = {}
        for school in ring:
            for unit in model.graph.beside(districts[school]):
                other = int(assigned[unit])
                near[other] = near.get(other, 0) + 1
        ring = sorted((s for s in near if s not in found), key=lambda s: (-near[s], s))
        found += ring[: _DISTRICTS - len(found)]
    return np.array(sorted(found))


def _divide_again(
    task: Task, chosen: NDArray[np.int64], schools: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the best division of some districts when the others stay; ``None`` without one."""
    model = task.model
    free = np.isin(chosen, schools)
    columns = np.flatnonzero(free[model.group] & np.isin(model.school, schools))
    given = model.choice[np.flatnonzero(~free), chosen[~free]]
    rules = task.beside(columns)
    return _settle(
        task, rules, columns, given=given, penalty=task.penalty, gap=_SUB_GAP, start=chosen,
        nodes=_SUB_NODES, until=task.until,
    )  # fmt: skip


def trees(model: Model, base: NDArray[np.int64] | None = None) -> list[Cut]:
    """Rules that let a unit go only where a neighbour nearer the school goes as well.

    Nearer is fewer boundaries away. With a plan as ``base``, ways through the school's own district
    in it come first: then the plan itself keeps the rules.
    """
    problem, graph = model.problem, model.graph
    found: list[Cut] = []
    if not problem.contiguous:
        return found
    known = np.where(np.isfinite(problem.cost), problem.cost, 0.0)
    usual = known / np.maximum(problem.pupils, 1e-9)[:, None]
    usual = usual / max(float(usual.max()), 1.0)
    assigned = None if base is None else model.expand(base)
    for school, home in enumerate(problem.home.tolist()):
        if home == NONE:
            continue
        own = np.zeros(len(problem.units), dtype=bool) if assigned is None else assigned == school
        steps = _steps(graph.neighbours, home, own)
        # Steps count first; among units as far off in steps, the way on foot.
        near = steps + 0.999 * usual[:, school]
        for unit, beside in enumerate(graph.neighbours):
            choice = int(model.choice[model.group_of[unit], school])
            if choice < 0 or unit == home or home in beside or not np.isfinite(steps[unit]):
                continue
            ways = {
                int(model.choice[model.group_of[n], school]) for n in beside if near[n] < near[unit]
            } - {-1}
            if choice not in ways:
                terms = dict.fromkeys(sorted(ways), -1.0) | {choice: 1.0}
                found.append((tuple(terms), tuple(terms.values()), 0.0))
    return found


def _steps(neighbours: list[list[int]], home: int, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Boundaries between each unit and the school's; those of units not its own count most."""
    foreign = float(len(neighbours))
    steps = np.full(len(neighbours), np.inf)
    steps[home] = 0.0
    heap = [(0.0, home)]
    while heap:
        here, unit = heappop(heap)
        if here > steps[unit]:
            continue
        for near in neighbours[unit]:
            there = here + (1.0 if own[near] else foreign)
            if there < steps[near]:
                steps[near] = there
                heappush(heap, (there, near))
    return steps
