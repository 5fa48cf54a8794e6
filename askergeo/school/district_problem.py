"""What is to be divided in school districts, and what a division is: plain arrays.

Units (``u``) are the areas that are never split, schools (``s``) what they are given to, years
(``y``) the school years that must fit. An index of −1 is «none» everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import DataQualityError, collect

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["NONE", "Plan", "Problem", "Weights", "loads", "parts", "validate"]

#: Index of «none»: no school, no unit, not fixed, no group.
NONE: Final = -1


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What counts, in metres that one pupil walks.

    Parameters
    ----------
    move
        Metres that one pupil who gets another school than today's counts as.
    nearest
        Metres that one pupil who gets another school than the nearest counts as.
    walk
        What a metre walked counts as.
    """

    move: float = 0.0
    nearest: float = 0.0
    walk: float = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """Units to be given to schools.

    Parameters
    ----------
    units, schools, years
        Ids, (u,) and (s,), and the school years by the year they begin in, (y,).
    cost
        Pupil-metres when the unit goes to the school, weighted by grade as wanted, (u, s). Must be
        finite where ``allowed``.
    pupils
        Pupils of the unit that a new boundary touches, (u,); what ``Weights.move`` and
        ``Weights.nearest`` are counted for.
    demand
        Pupils by year, (u, y).
    capacity
        Places by year, (s, y): 0 is closed, ``inf`` no limit. A school without places in the last
        year is given nothing.
    pairs
        Units that are neighbours, (p, 2). Roads, bridges or ferries over water are pairs too:
        ``district_graph.join`` adds the shortest for units without neighbours.
    edge
        Whether the unit touches the municipality's boundary or the sea, (u,).
    home
        Unit that the school lies in, (s,); −1 when it lies in none.
    today
        School of the unit today, (u,); −1 when it has none.
    nearest
        School nearest on foot, (u,); −1 unknown.
    allowed
        Pairs that may be chosen, (u, s); everything when ``None``.
    fixed
        School that the unit must have, (u,); nothing is fixed when ``None``.
    together
        Units with the same number get the same school, (u,), −1 alone. For the lower secondary
        stage it is the primary district, so that a class is not split when it moves up.
    stay
        Pupils of the unit that in the year still go to today's school when the unit is given to
        the school, (u, s, y); nobody when ``None``. See ``district_transition.staying``.
    slack
        Share of the capacity that may be exceeded, as 0.05.
    contiguous, no_enclave
        Whether districts must hang together, and must not enclose others.
    """

    units: pd.Index
    schools: pd.Index
    years: NDArray[np.int64]
    cost: NDArray[np.float64]
    pupils: NDArray[np.float64]
    demand: NDArray[np.float64]
    capacity: NDArray[np.float64]
    pairs: NDArray[np.int64]
    edge: NDArray[np.bool_]
    home: NDArray[np.int64]
    today: NDArray[np.int64]
    nearest: NDArray[np.int64]
    allowed: NDArray[np.bool_] | None = None
    fixed: NDArray[np.int64] | None = None
    together: NDArray[np.int64] | None = None
    stay: NDArray[np.float64] | None = None
    slack: float = 0.0
    contiguous: bool = True
    no_enclave: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """A division in districts, how good it is, and how much better another could be.

    Parameters
    ----------
    status
        ``optimal`` (nothing is better), ``innenfor`` (the gap asked for is proven), ``avbrutt``
        (stopped by the time or the work limit; the gap stated is proven all the same), ``umulig``
        (proven that no plan keeps the rules) or ``ukjent`` (stopped before a plan was found).
    assigned
        School of each unit, (u,); ``None`` for ``umulig`` and ``ukjent``.
    value, bound, gap
        Objective in weighted pupil-metres; what no valid plan can be below (proven); and the
        share of ``value`` between the two. ``nan`` without a plan.
    walking, moved, away
        Pupil-metres; pupils with another school than today's; pupils with another than the nearest.
    load
        Pupils at each school each year, those who stay at the old school counted there, (s, y).
    weights, seed
        What was asked for.
    repeatable
        Whether the same input gives the same plan on any machine: not when the clock stopped it.
    seconds, rounds, cuts
        Time, programmes solved, and rules of contiguity and enclaves that had to be written out.
    """

    status: str
    assigned: NDArray[np.int64] | None
    value: float
    bound: float
    gap: float
    walking: float
    moved: float
    away: float
    load: NDArray[np.float64] | None
    weights: Weights = field(default_factory=Weights)
    seed: int = 0
    repeatable: bool = True
    seconds: float = 0.0
    rounds: int = 0
    cuts: int = 0


def parts(problem: Problem, assigned: NDArray[np.int64]) -> tuple[float, float, float]:
    """Pupil-metres, pupils with another school than today's, and than the nearest."""
    unit = np.arange(len(assigned))
    walking = float(problem.cost[unit, assigned].sum())
    moved = (assigned != problem.today) & (problem.today != NONE)
    away = (assigned != problem.nearest) & (problem.nearest != NONE)
    return walking, float(problem.pupils[moved].sum()), float(problem.pupils[away].sum())


def loads(problem: Problem, assigned: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pupils at each school each year, (s, y): who may stay is counted at the old school."""
    load = np.zeros((len(problem.schools), len(problem.years)))
    staying = np.zeros_like(problem.demand)
    if problem.stay is not None:
        moves = np.flatnonzero((assigned != problem.today) & (problem.today != NONE))
        staying[moves] = problem.stay[moves, assigned[moves]]
        np.add.at(load, problem.today[moves], staying[moves])
    np.add.at(load, assigned, problem.demand - staying)
    return load


def validate(problem: Problem) -> None:
    """Refuse arrays that do not fit together, or numbers that are missing.

    Raises
    ------
    DataQualityError
        With everything that is wrong.
    """
    u, s, y = len(problem.units), len(problem.schools), len(problem.years)
    shapes: dict[str, tuple[int, ...]] = {
        "cost": (u, s), "pupils": (u,), "demand": (u, y), "capacity": (s, y), "edge": (u,),
        "home": (s,), "today": (u,), "nearest": (u,), "allowed": (u, s), "fixed": (u,),
        "together": (u,), "stay": (u, s, y), "pairs": (len(problem.pairs), 2),
    }  # fmt: skip
    faults = []
    for name, shape in shapes.items():
        value = getattr(problem, name)
        if value is not None and np.shape(value) != shape:
            faults.append(f"«{name}» har formen {np.shape(value)}, men skulle hatt {shape}")
    if not faults:
        faults = _content(problem)
    if faults:
        raise DataQualityError(
            f"Skolekretsene kan ikke regnes ut:\n{collect(faults)}",
            remedy="Rett grunnlaget: enhetene, skolene, kapasiteten eller avstandene.",
        )


def _content(problem: Problem) -> list[str]:
    """Faults in the numbers."""
    faults = []
    for name in ("pupils", "demand", "stay"):
        value = getattr(problem, name)
        if value is not None and not (np.isfinite(value).all() and (value >= 0).all()):
            faults.append(f"«{name}» har tall som mangler eller er negative")
    if np.isnan(problem.capacity).any() or (problem.capacity < 0).any():
        names = problem.schools[np.flatnonzero(~(problem.capacity >= 0).all(axis=1))]
        faults.append(f"kapasiteten mangler eller er negativ ved {', '.join(map(str, names))}")
    known = np.isfinite(problem.cost) & (problem.cost >= 0)
    wanted = np.ones_like(known) if problem.allowed is None else problem.allowed
    if (~known & wanted).any():
        names = problem.units[np.flatnonzero((~known & wanted).any(axis=1))]
        faults.append(
            f"gangavstanden mangler for {len(names)} enheter, som {', '.join(map(str, names[:5]))};"
            " utelat parene i «allowed»"
        )
    limits = {
        "home": len(problem.units), "today": len(problem.schools), "nearest": len(problem.schools),
        "fixed": len(problem.schools), "pairs": len(problem.units),
    }  # fmt: skip
    for name, limit in limits.items():
        value = getattr(problem, name)
        low = 0 if name == "pairs" else NONE
        if value is not None and len(value) and (value.min() < low or value.max() >= limit):
            faults.append(f"«{name}» viser til noe som ikke finnes")
    if problem.stay is not None and not faults:
        most = problem.stay.max(axis=1) if problem.stay.size else np.zeros_like(problem.demand)
        if (most > problem.demand + 1e-6).any():
            faults.append("flere elever blir værende ved den gamle skolen enn enheten har")
    if not 0 <= problem.slack <= 1:
        faults.append("«slack» er ikke en andel mellom 0 og 1")
    return faults
