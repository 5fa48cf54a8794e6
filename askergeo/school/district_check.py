"""Holds a division in districts against the rules, without any of the solver's code."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.school.district_problem import Problem

__all__ = ["Fault", "check"]

# A thousandth of a pupil: forecasts are not whole numbers.
_PUPIL = 2e-3


@dataclass(frozen=True)
class Fault:
    """One rule that a plan breaks.

    Parameters
    ----------
    rule
        ``enhet``, ``tillatt``, ``fast``, ``samlet``, ``kapasitet``, ``sammenheng``, ``enklave`` or
        ``skolens_enhet``.
    unit, school, year
        What it is about; −1 where it does not apply. ``year`` is the school year it begins in.
    amount
        Pupils without a place, or units concerned.
    text
        The fault in bokmål.
    """

    rule: str
    unit: int
    school: int
    year: int
    amount: float
    text: str


def check(problem: Problem, assigned: NDArray[np.int64]) -> list[Fault]:
    """Return every rule that a plan breaks; none when it is valid.

    Parameters
    ----------
    problem
        What was to be divided.
    assigned
        School of each unit, (u,).
    """
    plan = [int(school) for school in np.asarray(assigned).tolist()]
    faults = list(_each_unit(problem, plan))
    if faults:
        return faults
    faults += _told(problem, plan)
    faults += _places(problem, plan)
    beside = _beside(problem)
    if problem.contiguous:
        faults += _schools_own(problem, plan)
        faults += _apart(problem, plan, beside)
    if problem.no_enclave:
        faults += _surrounded(problem, plan, beside)
    return faults


def _each_unit(problem: Problem, plan: list[int]) -> Iterator[Fault]:
    """Every unit has one school, and one that exists."""
    if len(plan) != len(problem.units):
        text = f"Inndelingen har {len(plan)} enheter, men det skulle vært {len(problem.units)}."
        yield Fault("enhet", -1, -1, -1, float(abs(len(plan) - len(problem.units))), text)
        return
    for unit, school in enumerate(plan):
        if not 0 <= school < len(problem.schools):
            yield Fault("enhet", unit, -1, -1, 1.0, f"{problem.units[unit]} har ingen skole.")


def _told(problem: Problem, plan: list[int]) -> Iterator[Fault]:
    """Tell of fixed units, pairs that are not allowed, closed schools, and units kept together."""
    group: dict[int, int] = {}
    for unit, school in enumerate(plan):
        name, place = problem.units[unit], problem.schools[school]
        if problem.fixed is not None and problem.fixed[unit] >= 0 and problem.fixed[unit] != school:
            told = problem.schools[int(problem.fixed[unit])]
            text = f"{name} er låst til {told}, men har fått {place}."
            yield Fault("fast", unit, school, -1, 1.0, text)
        closed = problem.capacity[school, -1] <= 0
        barred = problem.allowed is not None and not problem.allowed[unit, school]
        if closed or barred or not np.isfinite(problem.cost[unit, school]):
            text = f"{name} kan ikke gå til {place}."
            yield Fault("tillatt", unit, school, -1, 1.0, text)
        if problem.together is not None and problem.together[unit] >= 0:
            first = group.setdefault(int(problem.together[unit]), unit)
            if plan[first] != school:
                text = f"{name} og {problem.units[first]} skal ha samme skole."
                yield Fault("samlet", unit, school, -1, 1.0, text)


def _places(problem: Problem, plan: list[int]) -> Iterator[Fault]:
    """Every school has room every year, those who stay at their old school counted there."""
    for column, year in enumerate(problem.years.tolist()):
        pupils = [0.0] * len(problem.schools)
        for unit, school in enumerate(plan):
            count = float(problem.demand[unit, column])
            old = int(problem.today[unit])
            kept = 0.0
            if problem.stay is not None and old >= 0 and old != school:
                kept = float(problem.stay[unit, school, column])
                pupils[old] += kept
            pupils[school] += count - kept
        for school, count in enumerate(pupils):
            room = float(problem.capacity[school, column]) * (1.0 + problem.slack)
            if count > room + _PUPIL:
                text = (
                    f"{problem.schools[school]} får {format_number(count, 1)} elever i {year}, men"
                    f" har {format_number(room, 1)} plasser."
                )
                yield Fault("kapasitet", -1, school, year, count - room, text)


def _beside(problem: Problem) -> list[set[int]]:
    """Neighbours of each unit."""
    beside: list[set[int]] = [set() for _ in range(len(problem.units))]
    for one, other in problem.pairs:
        if one != other:
            beside[int(one)].add(int(other))
            beside[int(other)].add(int(one))
    return beside


def _flood(start: int, may: list[bool], beside: list[set[int]]) -> list[bool]:
    """Units reached from the start through units that may be passed."""
    wet = [False] * len(may)
    wet[start] = True
    queue = deque([start])
    while queue:
        for unit in beside[queue.popleft()]:
            if may[unit] and not wet[unit]:
                wet[unit] = True
                queue.append(unit)
    return wet


def _schools_own(problem: Problem, plan: list[int]) -> Iterator[Fault]:
    """Tell of units with an open school that are given to a school that does not lie there."""
    lies: dict[int, list[int]] = {}
    for school, unit in enumerate(problem.home.tolist()):
        if unit >= 0 and problem.capacity[school, -1] > 0:
            lies.setdefault(unit, []).append(school)
    for unit, schools in lies.items():
        if plan[unit] not in schools:
            names = " eller ".join(str(problem.schools[s]) for s in schools)
            text = f"{problem.units[unit]} skal til {names}, som ligger der."
            yield Fault("skolens_enhet", unit, plan[unit], -1, 1.0, text)


def _apart(problem: Problem, plan: list[int], beside: list[set[int]]) -> Iterator[Fault]:
    """Tell of districts in several pieces, or apart from their school, in one part of the map."""
    everywhere = [True] * len(plan)
    for school in sorted(set(plan)):
        own = [given == school for given in plan]
        home = int(problem.home[school])
        if home >= 0:
            own[home] = True
        left = {unit for unit, mine in enumerate(own) if mine}
        while left:
            start = home if home in left else min(left)
            part = _flood(start, everywhere, beside)
            piece = _flood(start, own, beside)
            away = [unit for unit in left if part[unit] and not piece[unit]]
            if away:
                names = ", ".join(str(problem.units[unit]) for unit in away[:5])
                text = (
                    f"Kretsen til {problem.schools[school]} henger ikke sammen: {names} nås ikke."
                )
                yield Fault("sammenheng", away[0], school, -1, float(len(away)), text)
            left = {unit for unit in left if not part[unit]}


def _surrounded(problem: Problem, plan: list[int], beside: list[set[int]]) -> Iterator[Fault]:
    """Tell of units from which every way to the outside passes one and the same other district."""
    everywhere = [True] * len(plan)
    told: set[tuple[int, int]] = set()
    for unit, mine in enumerate(plan):
        part = _flood(unit, everywhere, beside)
        if not any(part[n] and problem.edge[n] for n in range(len(plan))):
            continue
        for school in {plan[n] for n in range(len(plan)) if part[n]} - {mine}:
            wet = _flood(unit, [given != school for given in plan], beside)
            if any(wet[n] and problem.edge[n] for n in range(len(plan))):
                continue
            first = min(n for n in range(len(plan)) if wet[n])
            if (first, school) not in told:
                told.add((first, school))
                text = (
                    f"{problem.units[unit]} er omsluttet av kretsen til {problem.schools[school]}."
                )
                yield Fault("enklave", unit, school, -1, float(sum(wet)), text)
