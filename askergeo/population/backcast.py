"""How far off forecasts from the history itself were: the band around the next one.

The history is cut at each year that leaves enough before it; rates are found in what was known
then, the residents are forecast to the last year, and held against those who came. The squared
errors of single districts tell the chance, those of the whole the common error. Districts, not
units: what is off in one unit is often off in the next, and bands are told for schools.

Births and the moves of those who are born already are measured apart. Who is of age ``a`` in ``k``
years and not born yet carries the error of births ``k − a`` years ahead, and of ``a`` years of
moves; everyone else that of ``k`` years of moves. The variance of moves by chance grows as the
years. The common errors grow as the years as far as the history could test them, and from there as
a random walk does, by the square root.

References
----------
Keyfitz (1981), «The limits of population forecasting»; Smith, Tayman and Swanson (2013), «A
Practitioner's Guide to State and Local Population Projections», chapter 13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.population.cohort import project
from askergeo.population.history import calibrate
from askergeo.population.housing import flow_of
from askergeo.population.people import AGES, People
from askergeo.population.spread import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.population.history import History
    from askergeo.population.people import Projection

    Array = NDArray[np.float64]

__all__ = ["spread_of_alternatives", "spread_of_history"]

# Years that a cut must have before it for the rates to be found, and cuts for a band.
_BEFORE: Final = 4
_CUTS: Final = 2
# First age of the groups whose moves are measured: before school, at school, and after.
_GROUPS: Final = (0, 6, 16)
_GROUP: Final = np.searchsorted(_GROUPS, np.arange(AGES), side="right") - 1
_EIGHTY: Final = 1.2815515655446004


def spread_of_history(
    history: History,
    district: NDArray[np.intp],
    *,
    variance: float,
    years: int,
    birth_years: int,
    horizon: int,
) -> Spread | None:
    """Measure the errors of forecasts made from the history; ``None`` when it is too short.

    Parameters
    ----------
    history, district, variance, years, birth_years
        As in :func:`askergeo.population.history.calibrate`.
    horizon
        Years that the band is wanted for.
    """
    last = len(history.years) - 1
    steady = np.diff(history.years).tolist() == [1] * last
    if not steady or last - _BEFORE + 1 < _CUTS:
        return None
    parts = []
    for cut in range(_BEFORE - 1, last):
        found = calibrate(
            history.until(int(history.years[cut])),
            district,
            variance=variance,
            years=years,
            birth_years=birth_years,
        )
        start = People(pd.RangeIndex(len(district)), int(history.years[cut]), history.count[cut])
        flow = flow_of(history.housing[cut:], found.rates)
        forecast = project(start, found.rates, last - cut, flow=flow).count[1:]
        parts.append((np.arange(1, last - cut + 1), history.count[cut + 1 :], forecast))
    ahead, came, expected = (np.concatenate(one) for one in zip(*parts, strict=True))
    member = (district == np.arange(int(district.max()) + 1)[:, None]).astype(np.float64)
    came, expected = member @ came, member @ expected
    text = (
        f"feilen i {len(parts)} framskrivinger som historikken {history.years[0]}–"
        f"{history.years[-1]} er prøvd mot"
    )
    return _grown(_errors(ahead, came, expected), horizon, text)


class _Errors(NamedTuple):
    """Errors of moves by group of ages (for each year ahead), of births, and how far they go."""

    chance: Array
    common: Array
    birth_chance: float
    birth_common: float
    tested: int


def _errors(ahead: Array, came: Array, expected: Array) -> _Errors:
    """Fit the errors of forecasts (forecasts, districts, AGES) made ``ahead`` years before."""
    born = np.arange(AGES)[None, :] >= ahead[:, None]
    moves = [_grouped(one * born[:, None]) for one in (came, expected)]
    chance, common = _fit(ahead, moves[0] - moves[1], moves[1])
    births = came[..., :1] - expected[..., :1]
    # Births of a year are counted once: their chance does not grow with the years ahead.
    once, _ = _fit(np.ones_like(ahead), births, expected[..., :1])
    _, growing = _fit(ahead, births, expected[..., :1], once / ahead[:, None])
    return _Errors(chance, common, float(once[0]), float(growing[0]), int(ahead.max()))


def _grouped(people: Array) -> Array:
    return np.asarray(np.add.reduceat(people, list(_GROUPS), axis=-1))


def _fit(
    ahead: Array, error: Array, expected: Array, known: Array | None = None
) -> tuple[Array, Array]:
    """Variance of chance for a person and year ahead, and common error for a year, by group.

    ``error`` and ``expected`` are (forecasts, districts, groups); ``known`` is the variance of
    chance to take from the common error instead of the one found.
    """
    total = expected.sum(axis=1)
    off = error.sum(axis=1) / np.maximum(total, 1e-9)
    # Each district's error beyond the common one.
    own = error - off[:, None] * expected
    areas = (expected > 0).sum(axis=1).max()
    freedom = areas / max(areas - 1, 1)
    people = (ahead[:, None] * total).sum(axis=0)
    chance = (own**2).sum(axis=(0, 1)) * freedom / np.maximum(people, 1e-9)
    # What chance alone does to the whole is not common error.
    taken = chance if known is None else known
    beyond = off**2 - taken * ahead[:, None] / np.maximum(total, 1e-9)
    squared = np.where(total > 0, beyond / ahead[:, None] ** 2, 0).sum(axis=0)
    common = np.sqrt(np.maximum(squared / np.maximum((total > 0).sum(axis=0), 1), 0))
    return chance, common


def _grown(errors: _Errors, horizon: int, source: str) -> Spread:
    """Errors of every age in every year ahead, by how long ago it was born or forecast."""
    k, age = np.arange(horizon + 1)[:, None], np.arange(AGES)[None, :]
    unborn = age < k
    years = np.where(unborn, age, k)
    # Before they are born only births are uncertain; children's moves follow.
    group = np.where(unborn, 0, _GROUP[None, :])
    chance = errors.chance[group] * years + np.where(unborn, errors.birth_chance, 0)
    moved = errors.common[group] * _growth(years, errors.tested)
    born = np.where(unborn, errors.birth_common * _growth(k - age, errors.tested), 0)
    return Spread(chance, np.hypot(moved, born), source, measured=True)


def _growth(years: NDArray[np.int64], tested: int) -> Array:
    """Years as far as they were tested, then as a random walk."""
    beyond = np.sqrt(np.maximum(years, 0) * float(tested))
    return np.where(years <= tested, np.maximum(years, 0), beyond)


def spread_of_alternatives(
    main: Projection, low: Projection, high: Projection, variance: float
) -> Spread:
    """Take the distance between the alternatives of the whole for the band of 80 %.

    Parameters
    ----------
    main, low, high
        The alternatives.
    variance
        Variance of chance for a person and year; at most 1 in all.
    """
    whole = [one.count.sum(axis=1) for one in (main, low, high)]
    half = np.abs(whole[2] - whole[1]) / 2
    common = half / np.maximum(whole[0], 1e-9) / _EIGHTY
    common[whole[0] <= 0] = 0
    k = np.arange(len(common))[:, None]
    chance = np.minimum(variance * k, 1.0) * np.ones((1, AGES))
    text = "avstanden mellom lavt og høyt alternativ, som er et anslag"
    return Spread(chance, common, text, measured=False)
