"""Which days a timetable is for: service days, the ordinary day, and the day before and after.

A time in a timetable is counted from twelve hours before noon of its service day (GTFS reference,
«Time»), so that a day on which the clock is changed has its times right from the change on. Where
two service days meet they are therefore 86 400 s apart, or 3 600 s more or less when the clock was
changed between their noons.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pandas as pd

from askergeo.errors import LayerError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "TimetableDateError",
    "chosen_day",
    "day_offset",
    "days_of",
    "ordinary_day",
    "running",
    "service_days",
]

OSLO: Final = ZoneInfo("Europe/Oslo")
#: Monday is 0.
ORDINARY: Final = (1, 2, 3)
WORKING: Final = (0, 1, 2, 3, 4)


class TimetableDateError(ParameterError):
    """The date is outside the days that the timetable is for: what runs then is unknown."""


def service_days(rutetur: pd.DataFrame, rutedag: pd.DataFrame) -> pd.Series:
    """Count the trips that set out on each service day.

    Parameters
    ----------
    rutetur, rutedag
        The layers.

    Returns
    -------
    pandas.Series
        Trips by date (``datetime64``), from the first to the last date of the calendars; days in
        between that no calendar has are there with 0.
    """
    days = days_of(rutedag)
    if days.empty:
        return pd.Series(dtype="int64", index=pd.DatetimeIndex([], name="dato"), name="turer")
    trips = rutetur["kalender_id"].astype("string").value_counts()
    number = days["kalender_id"].map(trips).fillna(0).astype("int64")
    counted = number.groupby(days["dato"]).sum()
    whole = pd.date_range(days["dato"].min(), days["dato"].max(), name="dato")
    return counted.reindex(whole, fill_value=0).rename("turer")


def ordinary_day(rutetur: pd.DataFrame, rutedag: pd.DataFrame) -> dt.date:
    """Choose the day that the timetable is described by.

    The Tuesday, Wednesday or Thursday with the most trips, the earliest of those; where the
    calendars have none with trips a working day, else any day, by the same rule.

    Raises
    ------
    LayerError
        When no trip runs on any day.
    """
    counted = service_days(rutetur, rutedag)
    counted = counted[counted > 0]
    if counted.empty:
        raise LayerError(
            "Rutetabellen har ingen turer som kjøres: ingen kalender i laget «rutetur» har dager "
            "i laget «rutedag».",
            remedy="Sjekk at rutetabellen er hel, eller hent en ny.",
        )
    weekday = pd.DatetimeIndex(counted.index).day_of_week
    for allowed in (ORDINARY, WORKING):
        some = counted[weekday.isin(allowed)]
        if not some.empty:
            counted = some
            break
    day: dt.date = pd.Timestamp(str(counted.idxmax())).date()
    return day


def chosen_day(
    date: str | None, rutetur: pd.DataFrame, rutedag: pd.DataFrame
) -> tuple[dt.date, dt.date, dt.date]:
    """Return the day, and the first and last day that the timetable is for.

    Raises
    ------
    ParameterError
        When the date cannot be read.
    TimetableDateError
        When it is outside the timetable's validity.
    LayerError
        When no trip runs on any day.
    """
    if not date:
        day = ordinary_day(rutetur, rutedag)
    else:
        try:
            day = dt.date.fromisoformat(str(date).strip())
        except ValueError:
            raise ParameterError(
                f"Datoen «{date}» kan ikke leses.", remedy="Skriv den slik: 2026-03-17."
            ) from None
    dates = days_of(rutedag)["dato"]
    if dates.empty:
        raise LayerError(
            "Laget «rutedag» er tomt: rutetabellen sier ikke hvilke dager turene kjøres.",
            remedy="Sjekk at rutetabellen er hel, eller hent en ny.",
        )
    first, last = dates.min().date(), dates.max().date()
    if not first <= day <= last:
        raise TimetableDateError(
            f"Rutetabellen gjelder fra {_dotted(first)} til {_dotted(last)}. {_dotted(day)} er "
            f"{'før' if day < first else 'etter'} det, og hva som kjøres da, er ukjent.",
            remedy="Velg en dato som rutetabellen gjelder for, eller hent en ny rutetabell.",
        )
    return day, first, last


def days_of(rutedag: pd.DataFrame) -> pd.DataFrame:
    """Each calendar's dates once, as ``kalender_id`` (text) and ``dato`` (midnight, no zone)."""
    dates = pd.to_datetime(rutedag["dato"])
    if dates.dt.tz is not None:
        dates = dates.dt.tz_localize(None)
    days = pd.DataFrame(
        {"kalender_id": rutedag["kalender_id"].astype("string"), "dato": dates.dt.normalize()}
    )
    return days.dropna().drop_duplicates(ignore_index=True)


def running(days: pd.DataFrame, date: dt.date) -> Iterable[str]:
    """Calendars (of :func:`days_of`) that run on a date."""
    return set(days.loc[days["dato"] == pd.Timestamp(date), "kalender_id"])


def day_offset(day: dt.date, other: dt.date) -> int:
    """Seconds from the start of one service day to that of another.

    Examples
    --------
    >>> import datetime
    >>> day_offset(datetime.date(2026, 3, 17), datetime.date(2026, 3, 16))
    -86400
    >>> day_offset(datetime.date(2026, 3, 29), datetime.date(2026, 3, 28))  # to summer time
    -82800
    """
    noons = (dt.datetime.combine(one, dt.time(12), tzinfo=OSLO).timestamp() for one in (other, day))
    there, here = noons
    return round(there - here)


def _dotted(day: dt.date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
