"""Rates of births and moves from an area's own history of residents by age.

Persons by age on 1 January of consecutive years tell what happened to each cohort: those who are
there beyond the ones who survived have moved in, those who lack have moved out. Newborns are held
against the adults who had them. Each age's rate is that of the whole, and each area deviates from
it by age group as much as its own history can be believed (:mod:`askergeo.population.credibility`),
in two steps: the district from the whole, and the unit from its district.

Where the housing programme has past completions, the residents that they brought are taken out of
both persons and moves first: otherwise a district that was built once would be taken to grow for
ever, and the programme's dwellings would be counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.population.cohort import Rates, aged
from askergeo.population.credibility import credible
from askergeo.population.people import AGES
from askergeo.population.tables import fertility_pattern, survival

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["GROUPS", "Calibrated", "History", "calibrate"]

#: First age of each group of ages that moves together.
GROUPS: Final = (1, 3, 6, 10, 13, 16, 19, 22, 25, 28, 31, 36, 41, 50, 67, 80)
_GROUP: Final = np.searchsorted(GROUPS, np.arange(AGES), side="right") - 1
#: No area loses more than this share of an age in a year by the rates.
_LEAST: Final = -0.5
_MOST: Final = 1.0


@dataclass(frozen=True, eq=False)
class History:
    """Residents of past years.

    Parameters
    ----------
    years
        Years of the 1 January, rising, (y,).
    count
        Residents, (y, n, AGES).
    housing
        Those among them who live in dwellings that the programme's past completions are, same
        shape; zeros when none are known.
    """

    years: NDArray[np.int64]
    count: Array
    housing: Array

    def until(self, last: int) -> History:
        """Leave out the years after ``last``."""
        kept = self.years <= last
        return History(self.years[kept], self.count[kept], self.housing[kept])


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Rates that were found in a history.

    Parameters
    ----------
    rates
        Of each area of the history.
    district
        Of each district.
    whole
        Of the municipality (one area).
    weight
        How much each area's own deviation from its district counts by age group, 0–1, (n, groups).
    """

    rates: Rates
    district: Rates
    whole: Rates
    weight: Array


def calibrate(
    history: History,
    district: NDArray[np.intp],
    *,
    variance: float,
    years: int,
    birth_years: int,
) -> Calibrated:
    """Find rates of births and moves, by area.

    Parameters
    ----------
    history
        At least one pair of consecutive years.
    district
        Number of each area's district, (n,), 0 to the number of districts less one.
    variance
        Variance of moves for a person-year, where the years are too few to tell.
    years, birth_years
        How many of the last pairs of years are used for moves and for births.
    """
    survive, pattern = survival(), fertility_pattern()
    base = np.maximum(history.count - history.housing, 0)
    pairs = np.flatnonzero(np.diff(history.years) == 1)
    if not len(pairs):
        raise ValueError("the history has no consecutive years")
    moves, exposure = _moves(base, pairs[-years:], survive)
    single = _single_ages(moves, exposure, variance)
    excess = _grouped(moves - single * exposure)
    person_years = _grouped(exposure)
    by_district, by_area, weight = _two_steps(excess, person_years, district, variance)
    births, expected = _births(base, pairs[-birth_years:], survive, pattern)
    level = births.sum() / max(expected.sum(), 1e-9)
    # Births are counted: the variance of one expected birth is near 1.
    steps = _two_steps(births - level * expected, expected, district, level)
    return Calibrated(
        rates=_rates(single, by_area, level + steps[1], pattern, survive),
        district=_rates(single, by_district, level + steps[0], pattern, survive),
        whole=_rates(single, np.zeros_like(by_area[:1]), np.full((1, 1), level), pattern, survive),
        weight=weight,
    )


def _moves(base: Array, pairs: NDArray[np.intp], survive: Array) -> tuple[Array, Array]:
    """Net moves and those exposed to them, (pairs, n, AGES), at the age after the year."""
    exposure = aged(base[pairs]) * survive
    moves = base[pairs + 1] - exposure
    # Children born in the year are told by the births.
    moves[..., 0] = 0
    exposure[..., 0] = 0
    return moves, exposure


def _births(
    base: Array, pairs: NDArray[np.intp], survive: Array, pattern: Array
) -> tuple[Array, Array]:
    """Children of age 0 after the year, and those expected by the pattern, (pairs, n, 1)."""
    expected = base[pairs] @ pattern * survive[0]
    return base[pairs + 1][..., :1], expected[..., None]


def _single_ages(moves: Array, exposure: Array, variance: float) -> Array:
    """Rate of the whole by single year of age: its group's, and what it can be told from it by."""
    total, people = moves.sum(axis=1), exposure.sum(axis=1)
    by_group = _grouped(total).sum(axis=0)
    rate = by_group / np.maximum(_grouped(people).sum(axis=0), 1e-9)
    mean = rate[np.maximum(_GROUP, 0)]
    own = np.zeros(AGES)
    for group in range(len(GROUPS)):
        ages = np.flatnonzero(group == _GROUP)
        excess = (total - mean * people)[:, ages, None]
        own[ages] = credible(excess, people[:, ages, None], variance)[0][:, 0]
    result = mean + own
    result[0] = 0
    return np.asarray(result)


def _grouped(values: Array) -> Array:
    """Sum the ages of each group, (…, AGES) → (…, groups)."""
    return np.add.reduceat(values, list(GROUPS), axis=-1)


def _two_steps(
    excess: Array, exposure: Array, district: NDArray[np.intp], variance: float
) -> tuple[Array, Array, Array]:
    """Deviation of each district from the whole and of each area in all, and the areas' weight."""
    count = int(district.max()) + 1
    member = (district == np.arange(count)[:, None]).astype(np.float64)
    sums, people = member @ excess, member @ exposure
    upper, _ = credible(sums, people, variance)
    if count == len(district):
        return upper, upper[district], np.zeros((count, excess.shape[2]))
    rest = excess - upper[district] * exposure
    lower, weight = credible(rest, exposure, variance)
    return upper, upper[district] + lower, weight


def _rates(single: Array, deviation: Array, level: Array, pattern: Array, survive: Array) -> Rates:
    migration = single + deviation[:, np.maximum(_GROUP, 0)]
    migration[:, 0] = 0
    migration = np.clip(migration, _LEAST, _MOST)
    return Rates(survive, np.maximum(level, 0) * pattern, migration)
