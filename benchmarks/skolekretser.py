"""School districts of a municipality of Asker's size: the proven gap and the time it takes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.school.district_problem import Plan, Problem

UNITS, SCHOOLS, YEARS, GRADES = 250, 27, 20, 7
PLACES_PER_GRADE = 28
CHANGE_YEAR = 2027


def cases() -> list[Case]:
    """Return the cases: the three weights that the page shows, each with its own plan."""
    work = "districts, 250 units, 27 schools, 20 years, {} (limit 120 s, gap 5 %)"
    return [
        Case(
            name=f"skolekretser-{name}",
            work=work.format(text),
            ours=partial(_solve, move),
            rounds=1,
            group="skolekretser",
            invocations=1,
        )
        for name, text, move in (
            ("gange", "least walking", 0.0),
            ("balanse", "balance", 500.0),
            ("flytting", "fewest moves", 50_000.0),
        )
    ]


def _solve(move: float, _folder: Path) -> Plan:
    from askergeo.school.district_problem import Weights  # noqa: PLC0415
    from askergeo.school.districting import solve  # noqa: PLC0415

    plan = solve(instance(1), weights=Weights(move=move, nearest=500.0), gap=0.01)
    print(f"# {plan.status}: gap {plan.gap:.4f}, {plan.rounds} programmes, {plan.seconds:.1f} s")
    return plan


def instance(
    seed: int, *, units: int = UNITS, schools: int = SCHOOLS, years: int = YEARS, room: float = 1.12
) -> Problem:
    """Invent a municipality: units and schools in towns, growth in the north, places by parallels.

    Today's districts are grown from the schools with a preference that is not only distance, so
    that they hang together but are not the best; ``room`` is places over pupils in the last year.
    """
    import pandas as pd  # noqa: PLC0415
    from scipy.spatial import Delaunay  # noqa: PLC0415

    from askergeo.school.district_problem import Problem  # noqa: PLC0415
    from askergeo.school.district_transition import staying  # noqa: PLC0415

    chance = np.random.default_rng(seed)
    side = 16_000.0
    towns = chance.uniform(0.1, 0.9, (8, 2)) * side
    near = chance.integers(0, 8, units)
    spread = chance.normal(0, 1_500, (units, 2))
    place = np.where(
        chance.random(units)[:, None] < 0.6,
        towns[near] + spread,
        chance.uniform(0, side, (units, 2)),
    )
    mesh = Delaunay(place)
    sides = np.sort(mesh.simplices[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    pairs = np.unique(sides, axis=0)
    edge = np.zeros(units, dtype=bool)
    edge[np.unique(mesh.convex_hull)] = True
    people = chance.lognormal(3.4, 0.6, units)
    home = _spread(place, people, schools, chance)
    metres = 1.3 * np.hypot(*(place[:, None] - place[home][None]).transpose(2, 0, 1)) + 150.0
    metres *= chance.uniform(0.95, 1.25, metres.shape)
    today = _grow(pairs, home, metres * chance.uniform(0.75, 1.35, schools)[None])
    growth = 0.004 + 0.012 * (place[:, 1] / side) * chance.uniform(0, 1.5, units)
    calendar = np.arange(2026, 2026 + years)
    wave = 1 + 0.06 * np.sin((calendar - 2026) / 4.0 + chance.uniform(0, 6, units)[:, None])
    demand = people[:, None] * (1 + growth[:, None]) ** (calendar - 2026) * wave
    grades = demand[:, None, :] / GRADES * np.ones((1, GRADES, 1))
    have = np.zeros((schools, years))
    np.add.at(have, today, demand)
    parallels = np.clip(np.round(have[:, 0] * room / (7 * PLACES_PER_GRADE)), 1, 4)
    while parallels.sum() * 7 * PLACES_PER_GRADE < room * demand.sum(axis=0).max():
        parallels[chance.integers(0, schools)] += 1
    capacity = np.repeat(parallels[:, None] * 7 * PLACES_PER_GRADE * 0.95, years, axis=1)
    # What stands before the districts change is no matter of the division.
    before = calendar < CHANGE_YEAR + 2
    capacity[:, before] = np.inf
    stay = staying(
        grades,
        calendar,
        today,
        start=np.full(schools, CHANGE_YEAR),
        close=np.full(schools, 9999),
    )
    return Problem(
        units=pd.Index([f"{n:08d}" for n in range(units)]),
        schools=pd.Index([f"S{n:02d}" for n in range(schools)]),
        years=calendar,
        cost=people[:, None] * metres,
        pupils=people,
        demand=demand,
        capacity=capacity,
        pairs=pairs,
        edge=edge,
        home=home,
        today=today,
        nearest=metres.argmin(axis=1),
        stay=stay,
    )


def _spread(
    place: np.ndarray, weight: np.ndarray, count: int, chance: np.random.Generator
) -> np.ndarray:
    """Units for the schools, apart from each other, sooner where many live."""
    chosen = [int(chance.integers(0, len(place)))]
    while len(chosen) < count:
        apart = np.hypot(*(place[:, None] - place[chosen][None]).transpose(2, 0, 1)).min(axis=1)
        share = apart * weight * (apart > 0)
        chosen.append(int(chance.choice(len(place), p=share / share.sum())))
    return np.array(chosen)


def _grow(pairs: np.ndarray, home: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Give the units out from the schools, the shortest first, each beside what the school has."""
    beside: list[set[int]] = [set() for _ in range(len(metres))]
    for first, second in pairs.tolist():
        beside[first].add(second)
        beside[second].add(first)
    given = np.full(len(metres), -1)
    given[home] = np.arange(len(home))
    while (given < 0).any():
        rim = [(metres[n, given[u]], n, given[u]) for u in range(len(metres)) if given[u] >= 0
               for n in beside[u] if given[n] < 0]  # fmt: skip
        _, unit, school = min(rim)
        given[unit] = school
    return given
