"""The days that departures are counted for: a weekday, a Saturday and a Sunday of the timetable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.network.departures import (
    ALL,
    DAY_S,
    HOUR_S,
    Span,
    departures_of,
    per_hour,
    read_span,
)
from askergeo.network.timetable import read_timetable, service_days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.timetable import Timetable
    from askergeo.parameters import Parameters

__all__ = [
    "PERIODS",
    "TIMETABLE",
    "Days",
    "days_of",
    "least_in_an_hour",
    "rates_of",
    "served_of",
    "span_of",
]

#: The periods that departures are counted in, and the kind of day of each.
PERIODS: Final = {
    "morgenrush": "hverdag",
    "dag": "hverdag",
    "ettermiddagsrush": "hverdag",
    "kveld": "hverdag",
    "natt": "hverdag",
    "lordag": "lordag",
    "sondag": "sondag",
    "indikator": "hverdag",
}
#: The layers that a timetable is made of.
TIMETABLE: Final = ("rutelinje", "rutetur", "ruteavgang", "rutedag")
_WEEKDAYS: Final = {"lordag": 5, "sondag": 6}


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days that departures are counted for.

    Parameters
    ----------
    dates
        Date of «hverdag», «lordag» and «sondag»; those that the timetable has none of are absent.
    first, last
        The timetable's first and last date.
    trips
        Trips that set out on each date of the timetable.
    departures
        The departures that count, by kind of day (`askergeo.network.departures.departures_of`).
    untold
        Trips of the weekday whose direction is not told.
    modes
        Means of transport of the timetable's lines.
    """

    dates: Mapping[str, dt.date]
    first: dt.date
    last: dt.date
    trips: pd.Series
    departures: Mapping[str, pd.DataFrame]
    untold: int
    modes: frozenset[str]


def days_of(
    holdeplass: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame | None],
    places: pd.Series,
    parameters: Parameters,
) -> Days | None:
    """Count the departures of a weekday, a Saturday and a Sunday; ``None`` without a timetable.

    Raises
    ------
    TimetableDateError
        When the chosen date is outside the timetable's validity.
    LayerError
        When no trip runs on any day.
    """
    there = {name: frame for name in TIMETABLE if (frame := tables.get(name)) is not None}
    if len(there) < len(TIMETABLE) or not len(there["ruteavgang"]):
        return None
    trips = service_days(there["rutetur"], there["rutedag"])
    weekday = _read(holdeplass, there, parameters["kollektiv_dato"] or None)
    read: dict[str, Timetable] = {"hverdag": weekday}
    for kind, number in _WEEKDAYS.items():
        some = trips[pd.DatetimeIndex(trips.index).day_of_week == number]
        if len(some):
            read[kind] = _read(holdeplass, there, str(some.idxmax())[:10])
    untold = weekday.trips["retning"].isna().sum() if "retning" in weekday.trips else 0
    return Days(
        dates={kind: one.date for kind, one in read.items()},
        first=weekday.first_date,
        last=weekday.last_date,
        trips=trips,
        departures={kind: departures_of(one, places) for kind, one in read.items()},
        untold=int(untold),
        modes=frozenset(there["rutelinje"]["transportmiddel"].dropna().astype(str)),
    )


def _read(
    holdeplass: gpd.GeoDataFrame, tables: Mapping[str, pd.DataFrame], date: str | None
) -> Timetable:
    return read_timetable(
        holdeplass=holdeplass,
        rutelinje=tables["rutelinje"],
        rutetur=tables["rutetur"],
        ruteavgang=tables["ruteavgang"],
        rutedag=tables["rutedag"],
        date=date,
    )


def served_of(days: Days, places: pd.Index) -> NDArray[np.bool_]:
    """Tell which stop places have a departure on one of the days, (p,)."""
    called = [frame["sted"].unique() for frame in days.departures.values()]
    return np.asarray(places.isin(np.concatenate(called)), dtype=np.bool_)


def span_of(parameters: Parameters, period: str) -> Span:
    """Part of the day that a period is."""
    name = f"kollektiv_{period}"
    return read_span(str(parameters[name]), name)


def rates_of(
    days: Days | None, places: pd.Index, parameters: Parameters
) -> dict[str, pd.DataFrame | None]:
    """Count departures an hour by period, for some stop places.

    ``None`` for a kind of day that the timetable has none of; nothing without a timetable.
    """
    if days is None:
        return {}
    return {
        period: per_hour(days.departures[kind], span_of(parameters, period), places)
        if kind in days.departures
        else None
        for period, kind in PERIODS.items()
    }


def least_in_an_hour(days: Days, places: pd.Index, parameters: Parameters) -> pd.Series:
    """Count the departures an hour of the indicator's poorest hour, for some stop places."""
    span = span_of(parameters, "indikator")
    length = round(span.hours * HOUR_S)
    least = pd.Series(np.inf, index=places)
    for begin in range(0, length, HOUR_S):
        end = min(begin + HOUR_S, length)
        hour = Span((span.first_s + begin) % DAY_S, (span.first_s + end - 1) % DAY_S + 1)
        many = per_hour(days.departures[PERIODS["indikator"]], hour, places)[ALL]
        least = least.where(least < many, many)
    return least
