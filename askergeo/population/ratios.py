"""A forecast from nothing but persons by single year of age: cohort ratios and newborns per adult.

Where births, deaths and moves are unknown, what happened to each cohort from one 1 January to the
next tells all three at once: the ratio of those of age ``a + 1`` next year to those of age ``a``
this year holds survival and net moves. Newborns (age 0) follow the number of adults of the ages
that have children; as sexes are not told, it is newborns per adult, not per woman. How much they
follow it is chosen too: fewer children for each adult may hide that the adults are more.

References
----------
Hamilton and Perry (1962), «A short method for projecting population by age from one decennial
census to another», Social Forces 41; Smith, Tayman and Swanson (2013), «A Practitioner's Guide to
State and Local Population Projections», chapter 7, on averaging the ratios and on small areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "CohortRatios",
    "Window",
    "best_window",
    "fit_ratios",
    "project",
    "windows_errors",
]

# Ages 0–15, school children and those who come to school: what the windows are chosen by.
_CHILDREN: Final = 16
_LEAST_YEARS: Final = 2
# Persons: less than this is nobody to divide by.
_NOBODY: Final = 1e-6


@dataclass(frozen=True)
class Window:
    """How many of the last years the ratios are averaged over.

    Parameters
    ----------
    years
        Pairs of years behind the cohort ratios.
    newborn_years
        Years behind newborns per adult.
    follow
        How much newborns follow the number of adults: 1 wholly, 0 their number stays.
    parents
        First and last age of those adults.
    """

    years: int
    newborn_years: int
    follow: float = 1.0
    parents: tuple[int, int] = (20, 44)


@dataclass(frozen=True, eq=False)
class CohortRatios:
    """What becomes of each cohort in a year, by area.

    Parameters
    ----------
    cohort
        Residents of age ``a`` for each that was of age ``a − 1`` the year before, (n, AGES); that
        of the last age is for the two ages that grow into it. Age 0 is not used.
    newborn
        Residents of age 0 for each adult of the ages ``parents``, (n,).
    steady
        Residents of age 0 that come whatever the adults are, (n,).
    """

    cohort: NDArray[np.float64]
    newborn: NDArray[np.float64]
    steady: NDArray[np.float64]
    parents: tuple[int, int] = (20, 44)


def fit_ratios(
    count: NDArray[np.float64], window: Window, *, strength: float = 0.0
) -> CohortRatios:
    """Fit the ratios on the last years of a series.

    Parameters
    ----------
    count
        Residents on 1 January of consecutive years, (t, n, AGES); the areas are parts of a whole.
    window
        How many of the last years count; a series that is shorter is used whole.
    strength
        Persons of the whole's own ratio that each area's ratio is mixed with, so that an area of
        few persons follows the whole (0: every area by itself).

    Raises
    ------
    LayerError
        When there are not two years, or a count is unknown.
    """
    if len(count) < _LEAST_YEARS or np.isnan(count).any():
        raise LayerError(
            "Kohortrater trenger minst to år på rad der alle aldre er kjent.",
            remedy="Legg til flere år, eller år uten skjulte tall.",
        )
    used = count[-(window.years + 1) :]
    before = used[:-1].sum(axis=0)
    base = np.zeros_like(before)
    base[:, 1:] = before[:, :-1]
    base[:, -1] += before[:, -1]
    after = used[1:].sum(axis=0)
    last = count[-window.newborn_years :]
    low, high = window.parents
    adults = last[:, :, low : high + 1].sum(axis=(0, 2))
    newborn = _shared_ratio(last[:, :, 0].sum(axis=0), adults, strength)
    return CohortRatios(
        _shared_ratio(after, base, strength),
        window.follow * newborn,
        (1 - window.follow) * last[:, :, 0].mean(axis=0),
        window.parents,
    )


def _shared_ratio(
    part: NDArray[np.float64], base: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Ratio by area, mixed with that of all; a cohort that nobody ever was in stays as it is."""
    whole_base = base.sum(axis=0)
    whole = np.divide(
        part.sum(axis=0), whole_base, out=np.ones_like(whole_base), where=whole_base > 0
    )
    mixed = base + strength
    ratio = np.broadcast_to(whole, base.shape).copy()
    np.divide(part + strength * whole, mixed, out=ratio, where=mixed > _NOBODY)
    return ratio


def project(start: NDArray[np.float64], ratios: CohortRatios, years: int) -> NDArray[np.float64]:
    """Carry residents forward.

    Parameters
    ----------
    start
        Residents on 1 January, (n, AGES).
    ratios
        What becomes of each cohort in a year.
    years
        Years ahead.

    Returns
    -------
    Residents on 1 January of the following years, (years, n, AGES).

    Examples
    --------
    >>> start = np.array([[10.0, 20.0, 30.0]])
    >>> ratios = CohortRatios(np.array([[1.0, 1.5, 0.5]]), np.array([0.0]), np.array([7.0]))
    >>> project(start, ratios, 1)[0].tolist()
    [[7.0, 15.0, 25.0]]
    """
    low, high = ratios.parents
    result = np.zeros((years, *start.shape))
    now = start
    for year in range(years):
        grown = np.zeros_like(now)
        grown[:, 1:] = now[:, :-1]
        grown[:, -1] += now[:, -1]
        grown *= ratios.cohort
        grown[:, 0] = ratios.steady + ratios.newborn * grown[:, low : high + 1].sum(axis=1)
        result[year] = now = grown
    return result


def windows_errors(
    count: NDArray[np.float64], windows: Sequence[Window], *, horizon: int
) -> NDArray[np.float64]:
    """Measure how well each window would have done for children, from every year.

    Parameters
    ----------
    count
        Residents, (t, m, AGES), of places that are comparable, each by itself.
    windows
        The choices; one that is longer than the years there are uses those.
    horizon
        Years ahead.

    Returns
    -------
    Error, (windows, t, horizon), of the forecast from year number ``t`` and so many years ahead:
    the absolute errors of ages 0–15 as a share of those who were there, mean of the places. NaN
    where the series ends before.
    """
    result = np.full((len(windows), len(count), horizon), np.nan)
    children = count[:, :, :_CHILDREN]
    there = children.sum(axis=2)
    for number, window in enumerate(windows):
        for end in range(_LEAST_YEARS, len(count)):
            later = children[end : end + horizon]
            ratios = fit_ratios(count[:end], window)
            ahead = project(count[end - 1], ratios, len(later))[:, :, :_CHILDREN]
            off = np.abs(ahead - later).sum(axis=2)
            share = off / np.maximum(there[end : end + horizon], 1.0)
            result[number, end - 1, : len(later)] = share.mean(axis=1)
    return result


def best_window(errors: NDArray[np.float64], windows: Sequence[Window], *, last: int) -> Window:
    """Choose the window that had the least error in forecasts that ended by a year.

    Parameters
    ----------
    errors
        What :func:`windows_errors` gave.
    windows
        The same choices.
    last
        Number of the last year that may be known: forecasts that reach past it are not looked at.
    """
    start, ahead = np.indices(errors.shape[1:])
    seen = start + ahead + 1 <= last
    mean = np.nanmean(np.where(seen, errors, np.nan)[:, : max(last, 1)], axis=(1, 2))
    return windows[int(np.argmin(mean))]
