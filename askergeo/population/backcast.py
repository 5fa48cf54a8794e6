"""How far off forecasts from the history itself were: the band around the next one.

The history is cut at each year that leaves enough before it; rates are found in what was known
then, the residents are forecast to the last year, and held against those who came. The squared
errors of single areas tell the chance, those of the whole the common error. Both are taken to grow
with the horizon: the variance of chance as the years, the common error as the years themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
# First age of the groups whose errors are measured: before school, at school, and after.
_GROUPS: Final = (0, 6, 16)
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
    ahead, error, expected = [], [], []
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
        made = project(start, found.rates, last - cut, flow=flow).count[1:]
        ahead.append(np.arange(1, last - cut + 1))
        error.append(_grouped(history.count[cut + 1 :] - made))
        expected.append(_grouped(made))
    chance, common = _fit(np.concatenate(ahead), np.concatenate(error), np.concatenate(expected))
    text = (
        f"feilen i {len(ahead)} framskrivinger som historikken {history.years[0]}–"
        f"{history.years[-1]} er prøvd mot"
    )
    return _grown(chance, common, horizon, text)


def _grouped(people: Array) -> Array:
    return np.add.reduceat(people, list(_GROUPS), axis=-1)


def _fit(ahead: Array, error: Array, expected: Array) -> tuple[Array, Array]:
    """Variance of chance for a person and year ahead, and common error for a year, by group.

    ``error`` and ``expected`` are (forecasts, areas, groups).
    """
    total = expected.sum(axis=1)
    off = error.sum(axis=1) / np.maximum(total, 1e-9)
    # Each area's error beyond the common one.
    own = error - off[:, None] * expected
    areas = (expected > 0).sum(axis=1).max()
    freedom = areas / max(areas - 1, 1)
    people = (ahead[:, None] * total).sum(axis=0)
    chance = (own**2).sum(axis=(0, 1)) * freedom / np.maximum(people, 1e-9)
    # What chance alone does to the whole is not common error.
    years = ahead[:, None] ** 2
    beyond = off**2 - chance * ahead[:, None] / np.maximum(total, 1e-9)
    common = np.sqrt(np.maximum((beyond / years).mean(axis=0), 0))
    return chance, common


def _grown(chance: Array, common: Array, horizon: int, source: str) -> Spread:
    """Let both errors grow with the years; who is not born yet has the newborns' error at least."""
    k = np.arange(horizon + 1)[:, None]
    group = np.searchsorted(_GROUPS, np.arange(AGES), side="right") - 1
    unborn = np.arange(AGES)[None, :] < k
    own, shared = chance[group][None, :], common[group][None, :]
    return Spread(
        np.where(unborn, np.maximum(own, chance[0]), own) * k,
        np.where(unborn, np.maximum(shared, common[0]), shared) * k,
        source,
        measured=True,
    )


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
