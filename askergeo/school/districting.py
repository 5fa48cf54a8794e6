"""School districts: the best division that keeps the rules, and how much better another could be.

Branch and cut on the assignment of units to schools (the form of Hess et al. 1965 with schools as
given centres), with contiguity and enclaves as rules that are written out when a solution breaks
them (see ``district_cuts``). The bound that is told is that of the programme without the rules not
yet written out, so it holds for every valid plan whenever the run ends. What is returned has passed
``district_check``, which shares no code with the solver.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from askergeo.school.district_check import check
from askergeo.school.district_cuts import broken, fractional
from askergeo.school.district_model import make_model
from askergeo.school.district_problem import Plan, Weights, loads, parts, validate
from askergeo.school.district_programme import relaxed, whole
from askergeo.school.district_search import TOLERANCE, Task, first_plan, improve, is_valid, price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.school.district_model import Cut, Model
    from askergeo.school.district_problem import Problem

__all__ = ["evaluate", "solve"]

# Of a missing place while a plan is being looked for, in the mean way to the farthest school.
_PENALTY = 5.0
_DEARER = 10.0
# Choices this much dearer than the relaxed programme's are left out of the first plan.
_NEAR = 0.008
_FEW_CHOICES = 800
_SAME = 1e-6
_NEARLY_FULL = 0.95
_FIRST_GAP = 0.04
_CUT_ROUNDS = 30


def solve(
    problem: Problem,
    *,
    weights: Weights | None = None,
    time_limit_s: float = 120.0,
    gap: float = 0.01,
    seed: int = 1,
    starts: Sequence[NDArray[np.int64]] = (),
    known: dict[Cut, None] | None = None,
) -> Plan:
    """Divide the units between the schools.

    Parameters
    ----------
    problem
        What is to be divided.
    weights
        What counts; walking alone when ``None``.
    time_limit_s
        Seconds until it must stop with what it has.
    gap
        Share of the objective that may remain unproven.
    seed
        Of the search: the same gives the same plan unless the clock stops it.
    starts
        Plans to begin from, as the school of each unit; today's is always tried.
    known
        Rules that earlier runs on the same problem wrote out; new ones are added.

    Returns
    -------
    Plan
        See its ``status``; a plan that is returned has passed ``check``.

    Raises
    ------
    DataQualityError
        When the arrays do not fit together.
    MissingDistrictSolverError
        When HiGHS is not installed.
    """
    validate(problem)
    weights = Weights() if weights is None else weights
    began = time.monotonic()
    model = make_model(problem)
    costs = model.costs(weights)
    task = Task(
        model=model,
        costs=costs,
        cuts={} if known is None else known,
        active=np.zeros(len(model.limits), dtype=bool),
        until=began + time_limit_s,
        seed=seed,
        penalty=_penalty(model, costs),
    )
    chosen, bound = _solve(task, gap, [*starts, problem.today])
    assigned = None if chosen is None else model.expand(chosen)
    told = evaluate(problem, assigned, weights=weights, bound=bound, gap=gap)
    return _with(told, task, seed=seed, seconds=time.monotonic() - began)


def evaluate(
    problem: Problem,
    assigned: NDArray[np.int64] | None,
    *,
    weights: Weights | None = None,
    bound: float = float("nan"),
    gap: float = 0.0,
) -> Plan:
    """Return the figures of a plan, as today's; without a bound its status is ``gitt``.

    A plan with a bound must keep every rule; one that is only looked at need not.

    Raises
    ------
    RuntimeError
        When a plan that was to be valid breaks a rule: an error in the solver, never in the data.
    """
    weights = Weights() if weights is None else weights
    none = float("nan")
    if assigned is None:
        status = "umulig" if bound == np.inf else "ukjent"
        return Plan(
            status=status, assigned=None, value=none, bound=bound, gap=none, walking=none,
            moved=none, away=none, load=None, weights=weights,
        )  # fmt: skip
    walking, moved, away = parts(problem, assigned)
    value = weights.walk * walking + weights.move * moved + weights.nearest * away
    status = "gitt"
    if not np.isnan(bound):
        faults = check(problem, assigned)
        if faults:
            texts = "; ".join(fault.text for fault in faults[:5])
            raise RuntimeError(f"the solver returned a plan that breaks the rules: {texts}")
        bound = min(bound, value)
        left = (value - bound) / value if value > 0 else 0.0
        status = "optimal" if left <= _SAME else "innenfor" if left <= gap else "avbrutt"
    return Plan(
        status=status, assigned=assigned, value=value, bound=bound,
        gap=(value - bound) / value if value > 0 else 0.0,
        walking=walking, moved=moved, away=away, load=loads(problem, assigned), weights=weights,
    )  # fmt: skip


def _with(plan: Plan, task: Task, *, seed: int, seconds: float) -> Plan:
    from dataclasses import replace  # noqa: PLC0415

    return replace(
        plan, seed=seed, repeatable=not task.stopped, seconds=seconds, rounds=task.rounds,
        cuts=len(task.cuts),
    )  # fmt: skip


def _penalty(model: Model, costs: NDArray[np.float64]) -> float:
    """Cost of a missing place: more than any way round, or the search would rather lack it."""
    table = np.zeros(model.choice.shape)
    table[model.group, model.school] = costs
    return _PENALTY * float(table.max(axis=1).sum()) / max(float(model.problem.pupils.sum()), 1.0)


def _solve(
    task: Task, gap: float, starts: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64] | None, float]:
    """School of each group in the best plan found, and the bound proven (``inf``: impossible)."""
    model = task.model
    if not (model.choice >= 0).any(axis=1).all():
        return None, np.inf
    root = _relax(task)
    if root is None:
        return None, np.inf
    bound, prices, _ = root
    given = [model.contract(start) for start in starts]
    valid = [one for one in given if model.has(one) and is_valid(model, one)]
    best = min(valid, key=lambda one: price(task, one), default=None)
    if best is not None and _near_enough(price(task, best), bound, gap):
        return best, bound
    base = min(valid, key=lambda one: price(task, one), default=given[0])
    first = first_plan(
        task, _near(task, given, root), gap=max(gap, _FIRST_GAP), start=best, base=base
    )
    plans = [plan for plan in (first, best) if plan is not None]
    if plans:
        good = improve(task, min(plans, key=lambda plan: price(task, plan)), enough=np.inf)
        if not is_valid(model, good):
            # Some places are still missing: go on from a plan with room, or let them count more.
            task.penalty *= _DEARER
            good = improve(task, good, enough=np.inf) if best is None else best
        if is_valid(model, good):
            # The bound at the root tells whether the plan is good enough as it is.
            best, bound = _prove(task, good, bound, prices, gap, nodes=1)
            best = improve(task, good, enough=bound / (1 - gap))
    return _prove(task, best, bound, prices, gap)


def _near_enough(value: float, bound: float, gap: float) -> bool:
    """Whether the bound proves that no plan is better by more than the gap."""
    return value - bound <= max(gap, _SAME / 10) * value


def _near(
    task: Task,
    given: Sequence[NDArray[np.int64]],
    root: tuple[float, NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.int64]:
    """Choices that a good plan is likely to have: cheap ones, and those of plans that are given."""
    bound, prices, values = root
    near = (prices <= _NEAR * bound) | (values > _SAME)
    for one in given:
        fits = np.flatnonzero(one >= 0)
        own = task.model.choice[fits, one[fits]]
        near[own[own >= 0]] = True
    return np.flatnonzero(near | (len(near) <= _FEW_CHOICES))


def _relax(task: Task) -> tuple[float, NDArray[np.float64], NDArray[np.float64]] | None:
    """Bound, reduced costs and values of the relaxed programme with broken rules written out."""
    model = task.model
    found = None
    for _ in range(_CUT_ROUNDS):
        answer = relaxed(model, task.costs, list(task.cuts), task.active)
        task.rounds += 1
        if answer.values is None or answer.prices is None:
            return None
        better = found is None or answer.bound > found[0] * (1 + 1e-5)
        found = (answer.bound, answer.prices, answer.values)
        load = model.loads @ answer.values
        full = (load > model.limits + TOLERANCE) & ~task.active
        if full.any():
            # What is nearly full will be so in the next round.
            task.active |= full | (load > _NEARLY_FULL * model.limits)
            continue
        new = fractional(model, answer.values)
        if not new or not better:
            return found
        task.cuts.update(dict.fromkeys(new))
    return found


def _prove(
    task: Task,
    best: NDArray[np.int64] | None,
    bound: float,
    prices: NDArray[np.float64],
    gap: float,
    *,
    nodes: int | None = None,
) -> tuple[NDArray[np.int64] | None, float]:
    """Raise the bound until it is near enough, writing out the rules that solutions break.

    With ``nodes``, only so far as that many nodes bring it.
    """
    model = task.model
    root = bound
    while True:
        value = np.inf if best is None else price(task, best)
        if best is not None and _near_enough(value, bound, gap):
            return best, bound
        # A choice that costs so much that no better plan can have it is left out: exact.
        columns = np.flatnonzero(root + prices <= value + _SAME * abs(value))
        cheap = np.flatnonzero(prices <= _NEAR * root)
        cuts = list(dict.fromkeys([*task.cuts, *task.beside(cheap)]))
        answer = whole(
            model, task.costs, cuts, task.active, columns=columns, start=best, gap=gap,
            enough=value * (1 - gap), look=best is None, nodes=nodes, until=task.until,
            seed=task.seed,
        )  # fmt: skip
        task.rounds += 1
        task.stopped |= answer.stopped
        bound = max(bound, min(answer.bound, value))
        if nodes is not None:
            return best, bound
        chosen = answer.chosen(model)
        if chosen is None:
            return best, bound
        new = broken(model, model.expand(chosen))
        lacks = task.lacks(chosen)
        if not new and is_valid(model, chosen) and price(task, chosen) < value:
            best = chosen
        elif answer.stopped or not (lacks or any(cut not in task.cuts for cut in new)):
            return best, bound
        task.cuts.update(dict.fromkeys(new))
