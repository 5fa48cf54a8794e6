"""Why no division keeps the rules: which years and schools, how many places, and what would help.

Three answers, each with what it proves:

* *Proven*: the relaxed programme in which units may be split. Places that are missing there are
  missing in every division. Year by year it tells which years cannot fit and which schools hold it
  back; for all years together how many places at least.
* *A division*: one that keeps every rule but capacity, with as few missing places as were found.
  Its missing places, where and when, are a relaxation that is enough.
* *Rules*: for each rule that can be let go, whether a division was found without it, whether it is
  proven that letting it go does not help, or neither.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from askergeo.numbers import format_number
from askergeo.school.district_model import make_model
from askergeo.school.district_problem import NONE, Weights, validate
from askergeo.school.district_programme import relaxed
from askergeo.school.district_search import Task, excess, first_plan, improve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.school.district_problem import Problem

__all__ = ["Explanation", "Relief", "explain"]

_PLACE = 0.01
_LOOK_GAP = 0.05


@dataclass(frozen=True, eq=False)
class Relief:
    """One rule let go.

    Parameters
    ----------
    rule
        ``fast``, ``enklave``, ``sammenheng``, ``samlet``, ``bli`` (pupils may stay) or ``par``
        (pairs that are not allowed).
    helps
        ``True``: a division was found; ``False``: proven that none exists; ``None``: not known.
    missing
        Places still missing in the best division found; ``nan`` without one.
    text
        In bokmål.
    """

    rule: str
    helps: bool | None
    missing: float
    text: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """What stands in the way.

    Parameters
    ----------
    impossible
        Units that no rule leaves a school for, as their numbers.
    total
        Pupils above all places, (y,): 0 where the places are enough in all.
    short
        Places that are missing in every division that year, proven, (y,).
    schools
        Schools that hold that year back, one list a year.
    at_least
        Places that are missing in every division, the sum over schools of each one's worst year.
    missing
        Places missing in the division found, (s, y); ``None`` when none was found.
    assigned
        That division, (u,).
    fits_from
        First school year from which the division found lacks nothing; ``None`` when the last lacks.
    reliefs
        Rules that were let go, one by one.
    texts
        All of it in bokmål, the most important first.
    """

    impossible: list[int]
    total: NDArray[np.float64]
    short: NDArray[np.float64]
    schools: list[list[int]]
    at_least: float
    missing: NDArray[np.float64] | None
    assigned: NDArray[np.int64] | None
    fits_from: int | None
    reliefs: list[Relief]
    texts: list[str]


def explain(problem: Problem, *, time_limit_s: float = 120.0, seed: int = 1) -> Explanation:
    """Find out why a problem has no division, and what is enough for it to have one.

    Parameters
    ----------
    problem
        A problem that ``solve`` called ``umulig`` or ``ukjent``.
    time_limit_s, seed
        As for ``solve``; half the time is for the division, half for the rules.

    Raises
    ------
    DataQualityError
        When the arrays do not fit together.
    """
    validate(problem)
    began = time.monotonic()
    total = np.maximum(
        problem.demand.sum(axis=0) - (problem.capacity * (1 + problem.slack)).sum(axis=0), 0.0
    )
    impossible = _without_school(problem)
    years = len(problem.years)
    short, at_least = np.zeros(years), 0.0
    schools: list[list[int]] = [[] for _ in range(years)]
    missing: NDArray[np.float64] | None = None
    assigned: NDArray[np.int64] | None = None
    if not impossible:
        short, schools, at_least = _proven(problem)
        missing, assigned = _nearest_fit(problem, began + time_limit_s / 2, seed)
    late = None if missing is None else np.flatnonzero((missing > 0).any(axis=0))
    fits_from = None
    if late is not None and (not len(late) or late[-1] + 1 < years):
        fits_from = int(problem.years[late[-1] + 1 if len(late) else 0])
    reliefs = _let_go(problem, began + time_limit_s, seed)
    found = Explanation(
        impossible, total, short, schools, at_least, missing, assigned, fits_from, reliefs, []
    )
    return replace(found, texts=_texts(problem, found))


def _without_school(problem: Problem) -> list[int]:
    """Units that fixed units, homes, closed schools and pairs together leave nothing."""
    model = make_model(problem)
    empty: NDArray[np.bool_] = np.asarray(~(model.choice >= 0).any(axis=1))
    return np.flatnonzero(empty[model.group_of]).tolist()


def _proven(problem: Problem) -> tuple[NDArray[np.float64], list[list[int]], float]:
    """Places that every division lacks, by year and in all, and the schools that hold it back."""
    model = make_model(problem)
    nothing = np.zeros(len(model.group))
    short = np.zeros(len(problem.years))
    schools: list[list[int]] = []
    for year in range(len(problem.years)):
        active = model.row_year == year
        found: list[int] = []
        if active.any():
            answer = relaxed(model, nothing, [], active, penalty=1.0)
            short[year] = answer.value if answer.value > _PLACE else 0.0
            if short[year] and answer.full is not None:
                found = answer.full.tolist()
        schools.append(found)
    every = np.ones(len(model.limits), dtype=bool)
    value = relaxed(model, nothing, [], every, penalty=1.0).value
    return short, schools, float(value) if value > _PLACE else 0.0


def _nearest_fit(
    problem: Problem, until: float, seed: int
) -> tuple[NDArray[np.float64] | None, NDArray[np.int64] | None]:
    """Return a division that lacks as few places as can be found, and what it lacks."""
    model = make_model(problem)
    if not (model.choice >= 0).any(axis=1).all():
        return None, None
    costs = model.costs(Weights(move=1.0))
    # A place counts more than everything else together.
    penalty = 10.0 * float(costs.sum()) / max(float(problem.pupils.sum()), 1.0) + 1.0
    task = Task(
        model=model, costs=costs, cuts={}, active=np.ones(len(model.limits), dtype=bool),
        until=until, seed=seed, penalty=penalty,
    )  # fmt: skip
    chosen = first_plan(task, np.arange(len(costs)), gap=_LOOK_GAP, start=None)
    if chosen is None:
        return None, None
    chosen = improve(task, chosen, enough=np.inf)
    return excess(model, chosen), model.expand(chosen)


def _let_go(problem: Problem, until: float, seed: int) -> list[Relief]:
    """Let each rule in force go, one at a time, and tell whether a division exists then."""
    tried: dict[str, Problem] = {}
    if problem.fixed is not None and (problem.fixed != NONE).any():
        tried["fast"] = replace(problem, fixed=None)
    if problem.stay is not None:
        tried["bli"] = replace(problem, stay=None)
    if problem.together is not None and (problem.together != NONE).any():
        tried["samlet"] = replace(problem, together=None)
    if problem.allowed is not None and not problem.allowed.all() and _all_known(problem):
        tried["par"] = replace(problem, allowed=None)
    if problem.no_enclave:
        tried["enklave"] = replace(problem, no_enclave=False)
    if problem.contiguous:
        tried["sammenheng"] = replace(problem, contiguous=False, no_enclave=False)
    reliefs = []
    for number, (rule, easier) in enumerate(tried.items()):
        left = max(until - time.monotonic(), 0.0) / (len(tried) - number)
        helps, missing = _helps(easier, time.monotonic() + left, seed)
        reliefs.append(Relief(rule, helps, missing, _relief_text(rule, helps, missing)))
    return reliefs


def _all_known(problem: Problem) -> bool:
    return bool(np.isfinite(problem.cost).all())


def _helps(problem: Problem, until: float, seed: int) -> tuple[bool | None, float]:
    """Whether an easier problem has a division, and the places that the best one found lacks."""
    if _without_school(problem):
        return False, float("nan")
    if _proven(problem)[2] > 0:
        missing, _ = _nearest_fit(problem, until, seed)
        return False, float("nan") if missing is None else float(missing.max(axis=1).sum())
    missing, _ = _nearest_fit(problem, until, seed)
    if missing is None:
        return None, float("nan")
    lacks = float(missing.max(axis=1).sum())
    return (True if lacks == 0 else None), lacks


_RULES = {
    "fast": "de låste enhetene slippes fri",
    "bli": "elevene ikke får bli ved den gamle skolen",
    "samlet": "enheter som hører sammen, kan deles",
    "par": "alle par av enhet og skole tillates",
    "enklave": "enklaver tillates",
    "sammenheng": "kretsene ikke må henge sammen",
}


def _relief_text(rule: str, helps: bool | None, missing: float) -> str:
    """Tell what letting one rule go does."""
    what = _RULES[rule]
    if helps:
        return f"Det finnes en inndeling hvis {what}."
    lacks = "" if np.isnan(missing) else f" Det mangler da {format_number(missing, 0)} plasser."
    if helps is None:
        return f"Det er ikke funnet noen inndeling om {what}, men det er ikke bevist umulig.{lacks}"
    return f"Det hjelper ikke nok at {what}.{lacks}"


def _texts(problem: Problem, found: Explanation) -> list[str]:
    """Tell what stands in the way, the most important first."""
    texts = []
    if found.impossible:
        names = ", ".join(str(problem.units[unit]) for unit in found.impossible[:10])
        texts.append(
            f"Disse enhetene kan ikke få noen skole med reglene som gjelder: {names}. Se på låste"
            " enheter, nedlagte skoler og enheter som skal ha samme skole."
        )
    lacking = np.flatnonzero(found.total > _PLACE)
    if len(lacking):
        most = int(found.total.argmax())
        texts.append(
            f"Skolene har for få plasser i alt i {_years(problem, lacking)}. På det meste mangler"
            f" det {format_number(np.ceil(found.total[most]), 0)} plasser ({problem.years[most]})."
        )
    narrow = np.flatnonzero((found.short > _PLACE) & (found.total <= _PLACE))
    if len(narrow):
        most = int(narrow[found.short[narrow].argmax()])
        names = ", ".join(str(problem.schools[s]) for s in found.schools[most])
        texts.append(
            f"I {_years(problem, narrow)} er det plasser nok i alt, men ikke der elevene kan gå. I"
            f" {problem.years[most]} mangler det minst"
            f" {format_number(np.ceil(found.short[most]), 0)} plasser ved {names}."
        )
    if found.at_least > _PLACE:
        texts.append(
            f"Uansett inndeling mangler det minst {format_number(np.ceil(found.at_least), 0)}"
            " plasser til sammen, hver skole regnet i sitt trangeste år. Det er bevist."
        )
    if found.missing is not None and found.missing.any():
        texts += _enough(problem, found.missing)
        if found.fits_from is not None:
            texts.append(f"Denne inndelingen har plass til alle fra skoleåret {found.fits_from}.")
    return texts + [relief.text for relief in found.reliefs]


def _enough(problem: Problem, missing: NDArray[np.float64]) -> list[str]:
    """Tell where and when places are missing in the division found."""
    texts = []
    for school in np.flatnonzero(missing.any(axis=1)).tolist():
        when = np.flatnonzero(missing[school])
        texts.append(
            f"{problem.schools[school]}: {format_number(np.ceil(missing[school].max()), 0)}"
            f" plasser til i {_years(problem, when)} er nok i inndelingen som mangler færrest."
        )
    return texts


def _years(problem: Problem, numbers: NDArray[np.int64]) -> str:
    """Years as runs: 2027–2030, 2034."""
    runs: list[list[int]] = []
    for year in problem.years[numbers].tolist():
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
