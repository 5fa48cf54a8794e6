"""Forecasts held against what happened: fitted on the years to T, tested on T + 1 and on.

Any forecast can be tested: a function from the residents of the years to T to those of the years
after. It is held against two naive forecasts that cost nothing: last year again, and the linear
trend of each age. A forecast that does not beat them has nothing to tell.

Measures, for each area, group of ages and number of years ahead: the mean absolute error of a
single age (a school grade is a single age); that error summed, in percent of those who were there
(the weighted MAPE, which an age with nobody does not break); and the bias, the error of the group's
sum. The improvement is over the best of the naive forecasts, chosen afterwards for each row: the
hardest to beat.

References
----------
Smith, Tayman and Swanson (2013), «A Practitioner's Guide to State and Local Population
Projections», chapter 13, on measures of error and naive forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError, ParameterError
from askergeo.population.people import AGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Forecaster = Callable[["Series", int], NDArray[np.float64]]

__all__ = [
    "GROUPS",
    "LAST",
    "MODEL",
    "NAIVE",
    "TREND",
    "Series",
    "backtest",
    "beaten",
    "last_year",
    "linear_trend",
    "make_series",
]

#: Groups of ages: name → first and last age.
GROUPS: Final = {
    "0–5 år": (0, 5),
    "6–12 år": (6, 12),
    "13–15 år": (13, 15),
    "6–15 år": (6, 15),
    "alle aldre": (0, AGES - 1),
}
MODEL: Final = "modell"
LAST: Final = "i_fjor"
TREND: Final = "trend"
NAIVE: Final = (LAST, TREND)
_LEAST_YEARS: Final = 3


@dataclass(frozen=True, eq=False)
class Series:
    """Residents of ``n`` areas on 1 January of consecutive years.

    Parameters
    ----------
    areas
        Id of each area, (n,).
    years
        Consecutive years, (t,).
    count
        Residents by age, (t, n, AGES); NaN is unknown.
    """

    areas: pd.Index
    years: NDArray[np.int64]
    count: NDArray[np.float64]

    def until(self, year: int) -> Series:
        """Return the years to and with ``year``: what was known then."""
        kept = self.years <= year
        return Series(self.areas, self.years[kept], self.count[kept])

    def whole(self, name: str) -> Series:
        """Return the sum of all areas as one."""
        return Series(pd.Index([name]), self.years, self.count.sum(axis=1, keepdims=True))


def make_series(frame: pd.DataFrame) -> Series:
    """Make a series of rows of persons.

    Parameters
    ----------
    frame
        ``omraade_id``, ``aar``, ``alder``, ``antall``; an age without a row in an area and year
        that are there has nobody, one whose count is NaN is unknown. Ages above the last single
        age are counted in it.

    Raises
    ------
    LayerError
        When a year is missing between the first and the last, or an area lacks a year.
    """
    frame = frame[["omraade_id", "aar", "alder", "antall"]].dropna(
        subset=["omraade_id", "aar", "alder"]
    )
    if not len(frame):
        raise LayerError("Folketallet har ingen rader.", remedy="Se etter at filen er riktig.")
    areas = pd.Index(sorted(frame["omraade_id"].astype("str").unique()))
    years = np.arange(int(frame["aar"].min()), int(frame["aar"].max()) + 1)
    at = (
        (frame["aar"].to_numpy(dtype=np.int64) - years[0]),
        areas.get_indexer(frame["omraade_id"].astype("str")),
        np.minimum(frame["alder"].to_numpy(dtype=np.int64), AGES - 1),
    )
    count = np.zeros((len(years), len(areas), AGES))
    np.add.at(count, at, frame["antall"].to_numpy(dtype=np.float64, na_value=np.nan))
    there = np.zeros(count.shape[:2], dtype=bool)
    there[at[0], at[1]] = True
    if not there.all():
        year, area = np.argwhere(~there)[0]
        raise LayerError(
            f"Folketallet mangler {years[year]} for område {areas[area]}"
            f" ({int((~there).sum())} områder og år mangler i alt).",
            remedy="Legg til årene som mangler, eller ta bort området.",
        )
    return Series(areas, years, count)


def last_year(series: Series, horizon: int) -> NDArray[np.float64]:
    """Forecast the last year again, age by age.

    Returns
    -------
    Residents, (horizon, n, AGES).
    """
    return np.repeat(series.count[-1:], horizon, axis=0)


def linear_trend(series: Series, horizon: int) -> NDArray[np.float64]:
    """Forecast the least-squares line of each age through all years that are known.

    Returns
    -------
    Residents, (horizon, n, AGES); never below nobody.
    """
    time = np.arange(len(series.count)) - (len(series.count) - 1) / 2
    mean = series.count.mean(axis=0)
    slope = np.tensordot(time, series.count, axes=1) / max(float((time**2).sum()), 1.0)
    ahead = time[-1] + np.arange(1, horizon + 1)
    trend: NDArray[np.float64] = mean + slope * ahead[:, None, None]
    return np.maximum(trend, 0.0)


def backtest(
    series: Series,
    forecast: Forecaster,
    *,
    until: int,
    horizon: int,
    groups: Mapping[str, tuple[int, int]] = GROUPS,
    whole: str = "",
) -> pd.DataFrame:
    """Forecast from one year and hold it against the years that followed.

    Parameters
    ----------
    series
        All years that are known.
    forecast
        Makes (horizon, n, AGES) residents from the series to ``until``; it sees nothing later.
    until
        T, the last 1 January that the forecast may know.
    horizon
        Most years ahead; fewer where the series ends before.
    groups
        Groups of ages: name → first and last age.
    whole
        Name of the sum of all areas, added as the last area: its forecast is the sum of theirs.

    Returns
    -------
    pandas.DataFrame
        One row an area, group and year ahead: ``omraade``, ``gruppe``, ``horisont``, ``aar``,
        ``faktisk`` (residents), and for each of ``modell``, ``i_fjor`` and ``trend`` ``<name>_sum``
        (residents), ``<name>_mae`` (mean absolute error of a single age, persons),
        ``<name>_mape`` (%), ``<name>_bias`` (%).

    Raises
    ------
    ParameterError
        When no year follows ``until``, or too few come before it.
    """
    known = series.until(until)
    ahead = int(min(horizon, series.years[-1] - until))
    earliest = int(series.years[0]) + _LEAST_YEARS - 1
    if len(known.years) < _LEAST_YEARS or ahead < 1:
        raise ParameterError(
            f"Etterprøving fra {until} går ikke: folketallet er for {series.years[0]}–"
            f"{series.years[-1]}.",
            remedy=f"Velg et år fra {earliest} til {int(series.years[-1]) - 1}, eller legg til "
            "flere år.",
        )
    start = len(known.years)
    actual = series.count[start : start + ahead]
    made = {
        MODEL: forecast(known, ahead),
        LAST: last_year(known, ahead),
        TREND: linear_trend(known, ahead),
    }
    areas = series.areas
    if whole:
        areas = pd.Index([*areas, whole])
        actual = _with_sum(actual)
        made = {name: _with_sum(count) for name, count in made.items()}
    rows = []
    for name, (first, last) in groups.items():
        ages = slice(first, last + 1)
        real = actual[:, :, ages]
        found = _measured(real, {one: count[:, :, ages] for one, count in made.items()})
        rows.append(_labels(areas, name, until, ahead).join(found))
    return pd.concat(rows, ignore_index=True)


def _with_sum(count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([count, count.sum(axis=1, keepdims=True)], axis=1)


def _labels(areas: pd.Index, group: str, until: int, ahead: int) -> pd.DataFrame:
    """Say which area and year each row is: by years ahead, then area."""
    steps = np.repeat(np.arange(1, ahead + 1), len(areas))
    return pd.DataFrame(
        {
            "omraade": np.tile(areas.to_numpy(dtype=object), ahead),
            "gruppe": group,
            "horisont": steps,
            "aar": until + steps,
        }
    )


def _measured(real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Measure forecasts of one group of ages, (years ahead, n, ages) each."""
    there = real.sum(axis=2)
    columns = {"faktisk": there.ravel()}
    for method, count in made.items():
        error = count - real
        columns[f"{method}_sum"] = count.sum(axis=2).ravel()
        columns[f"{method}_mae"] = np.abs(error).mean(axis=2).ravel()
        columns[f"{method}_mape"] = _percent(np.abs(error).sum(axis=2), there).ravel()
        columns[f"{method}_bias"] = _percent(error.sum(axis=2), there).ravel()
    return pd.DataFrame(columns)


def _percent(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(100 * part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def beaten(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the best naive forecast of each row and how much better the model is.

    Returns
    -------
    pandas.DataFrame
        ``rows`` with ``beste`` (its name), ``beste_mae`` and ``forbedring`` (%; negative where the
        naive forecast is better, NaN where it has no error).
    """
    naive = rows[[f"{name}_mae" for name in NAIVE]]
    best = naive.min(axis=1)
    which = naive.to_numpy().argmin(axis=1)
    model = rows[f"{MODEL}_mae"]
    return rows.assign(
        beste=np.array(NAIVE, dtype=object)[which],
        beste_mae=best,
        forbedring=(100 * (1 - model / best)).where(best > 0),
    )
