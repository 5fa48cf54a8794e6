"""The dates on which trips run, and whether the timetable is still in force."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._avvik import KEPT, SET_ASIDE
from askergeo.sources.feed import counted
from askergeo.stores.tables import DTYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from askergeo.sources.feed import FeedLog

    Days = NDArray[np.datetime64]

__all__ = ["date_text", "days_frame", "period_days", "tell_of_cut_periods", "tell_of_dates"]

# Days of a period that are still expanded: some write 2099 for «until further notice».
_MOST_DAYS: Final = 1_830
_WEEK: Final = 7
# 1970-01-01 was a Thursday; Monday is 0.
_FIRST_WEEKDAY: Final = 3


def date_text(day: dt.date) -> str:
    """Write a date as people do.

    Examples
    --------
    >>> date_text(dt.date(2026, 1, 5))
    '5.1.2026'
    """
    return f"{day.day}.{day.month}.{day.year}"


def period_days(
    first: dt.date, last: dt.date, weekdays: tuple[bool, ...], today: dt.date
) -> tuple[Days, bool]:
    """Return the days of a period that fall on the wanted days of the week, Monday first.

    A period of more than five years is cut to five, from its first day or from a year before
    ``today``, whichever is later; the second value tells.
    """
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    cut = (end - start).astype(int) >= _MOST_DAYS
    if cut:
        year_ago = np.datetime64(today - dt.timedelta(days=365), "D")
        start = max(start, min(year_ago, end))
        end = min(end, start + _MOST_DAYS - 1)
    days = np.arange(start, end + 1, dtype="datetime64[D]")
    weekday = (days.astype(int) + _FIRST_WEEKDAY) % _WEEK
    return days[np.asarray(weekdays, dtype=bool)[weekday]], bool(cut)


def days_frame(calendars: Iterable[tuple[str, Days]]) -> pd.DataFrame:
    """Return ``kalender_id`` and ``dato``, a row a day."""
    parts = [(name, days) for name, days in calendars if len(days)]
    names = np.repeat(
        np.array([name for name, _ in parts], dtype=object), [len(days) for _, days in parts]
    )
    dates = np.concatenate([days for _, days in parts]) if parts else np.array([], "datetime64[D]")
    return pd.DataFrame(
        {
            "kalender_id": pd.Series(names, dtype=DTYPES["tekst"]),
            "dato": pd.Series(dates.astype("datetime64[ms]")),
        }
    )


def tell_of_dates(trips: pd.DataFrame, days: pd.DataFrame, log: FeedLog, today: dt.date) -> None:
    """Say that the timetable has run out or has not begun, and which trips never run."""
    if not len(trips):
        return
    used = days[days["kalender_id"].isin(trips["kalender_id"])]["dato"]
    if not len(used):
        log.add(
            "uten_dager", "Rutetabellen har ingen kjøredager",
            "Ingen av turene har en dag de kjøres; det kan ikke regnes avganger av dem.",
            layer="rutedag", action=KEPT,
        )  # fmt: skip
        return
    first, last = used.min().date(), used.max().date()
    span = f"{date_text(first)}–{date_text(last)}"
    if last < today:
        log.add(
            "kalender_utlopt", "Kalenderen er gått ut",
            f"Rutetabellen gjelder {span}, og i dag er {date_text(today)}. Den viser et tilbud "
            "som kan være endret; hent en ny.",
            layer="rutedag", action=KEPT,
        )  # fmt: skip
    elif first > today:
        log.add(
            "kalender_framtid", "Kalenderen har ikke begynt",
            f"Rutetabellen gjelder {span}, og i dag er {date_text(today)}.",
            layer="rutedag", action=KEPT,
        )  # fmt: skip
    idle = ~trips["kalender_id"].isin(days["kalender_id"])
    if idle.any():
        shown = ", ".join(trips.loc[idle, "tur_id"].head(5))
        log.add(
            "tur_uten_dager", "Turer uten kjøredager",
            f"{counted(int(idle.sum()), 'tur', 'turer')}"
            f" har en kalender uten datoer og kjøres aldri: {shown}.",
            layer="rutetur", action=KEPT,
        )  # fmt: skip


def tell_of_cut_periods(names: list[str], log: FeedLog, file: str) -> None:
    """Say which calendars were longer than five years."""
    if names:
        log.add(
            "kalender_avkortet", "Kalenderen er avkortet til fem år",
            f"{counted(len(names), 'kalender', 'kalendere')}"
            f" gjelder lenger enn fem år: {', '.join(names[:5])}.",
            layer="rutedag", file=file, action=SET_ASIDE,
        )  # fmt: skip
