"""The calendar of a GTFS feed, and trips that are given as a time between departures."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._avvik import KEPT, REPAIRED, SET_ASIDE
from askergeo.numbers import format_number
from askergeo.sources._feed_days import days_frame, period_days, tell_of_cut_periods
from askergeo.sources._gtfs_table import ROW
from askergeo.sources._gtfs_tables import listed, read_clock, whole_numbers
from askergeo.sources.feed import counted

if TYPE_CHECKING:
    from askergeo.sources._gtfs_table import GtfsFolder

__all__ = ["expand_frequencies", "read_days", "read_feed_info"]

_WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
# A version that begins with a date, as 2026-01-02 or 20260102.
_VERSION: Final = re.compile(r"(20\d{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])")
# A headway of less than this, in seconds, is a fault: it would give trips without end.
_LEAST_HEADWAY: Final = 10


def read_days(folder: GtfsFolder, wanted: pd.Series, today: dt.date) -> pd.DataFrame:
    """Read the dates of the wanted calendars: the weekly ones, and the exceptions."""
    found: dict[str, set[np.datetime64]] = {}
    names = set(wanted.dropna())
    weekly = folder.read("calendar.txt", ["service_id", *_WEEKDAYS, "start_date", "end_date"])
    weekly = weekly[weekly["service_id"].isin(names)]
    first, last = (
        _dates(weekly, one, "calendar.txt", folder) for one in ("start_date", "end_date")
    )
    on = weekly[list(_WEEKDAYS)].isin(["1"]).to_numpy()
    cut: list[str] = []
    for name, start, end, week in zip(weekly["service_id"], first, last, on, strict=True):
        if pd.isna(start) or pd.isna(end):
            continue
        days, shortened = period_days(start.date(), end.date(), tuple(week), today)
        cut += [name] if shortened else []
        found.setdefault(name, set()).update(days)
    tell_of_cut_periods(cut, folder.log, "calendar.txt")
    _add_exceptions(folder, names, found)
    ordered = sorted(found.items())
    return days_frame(
        (name, np.array(sorted(days), dtype="datetime64[D]")) for name, days in ordered
    )


def _add_exceptions(
    folder: GtfsFolder, names: set[str], found: dict[str, set[np.datetime64]]
) -> None:
    raw = folder.read("calendar_dates.txt", ["service_id", "date", "exception_type"])
    raw = raw[raw["service_id"].isin(names)]
    odd = ~raw["exception_type"].isin(["1", "2"])
    if odd.any():
        folder.log.add(
            "ukjent_unntak", "Unntak i kalenderen av ukjent slag",
            f"{counted(int(odd.sum()), 'rad', 'rader')} har exception_type "
            f"{listed(raw.loc[odd, 'exception_type'].fillna('(tom)').unique())}.",
            layer="rutedag", file="calendar_dates.txt", row=int(raw.loc[odd, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    raw = raw[~odd].assign(dag=_dates(raw[~odd], "date", "calendar_dates.txt", folder))
    raw = raw.dropna(subset="dag")
    both = raw.groupby(["service_id", "dag"])["exception_type"].nunique().gt(1)
    if both.any():
        folder.log.add(
            "motsatte_unntak", "Samme dag både lagt til og tatt bort",
            f"{counted(int(both.sum()), 'dag', 'dager')} i kalenderne "
            f"{listed(both[both].index.get_level_values(0).unique())}; de regnes som tatt bort.",
            layer="rutedag", file="calendar_dates.txt", action=KEPT,
        )  # fmt: skip
    for sign in ("1", "2"):
        rows = raw[raw["exception_type"] == sign]
        for name, group in rows.groupby("service_id"):
            days = set(group["dag"].to_numpy().astype("datetime64[D]"))
            own = found.setdefault(str(name), set())
            found[str(name)] = own | days if sign == "1" else own - days


def _dates(raw: pd.DataFrame, column: str, file: str, folder: GtfsFolder) -> pd.Series:
    """Read dates written year, month and day in one; each distinct text once."""
    known: dict[str, dt.datetime] = {}
    for text in raw[column].dropna().unique():
        try:
            known[text] = dt.datetime.strptime(text, "%Y%m%d").replace(tzinfo=None)  # noqa: DTZ007  (a date without a clock)
        except ValueError:
            continue
    wrong = ~raw[column].isin(list(known))
    if wrong.any():
        folder.log.add(
            "ulesbar_dato", "Datoen kan ikke leses",
            f"{counted(int(wrong.sum()), 'verdi', 'verdier')}"
            f" i {column} er ikke på formen ÅÅÅÅMMDD: "
            f"{listed(raw.loc[wrong, column].fillna('(tom)').unique())}.",
            layer="rutedag", file=file, row=int(raw.loc[wrong, ROW].iloc[0]), action=SET_ASIDE,
        )  # fmt: skip
    return pd.to_datetime(raw[column].map(known))


def read_feed_info(folder: GtfsFolder, days: pd.DataFrame) -> str:
    """Return the ISO date of the feed's version; empty when it says none.

    Days outside the time that the feed vouches for are kept, and told: the timetable may be
    incomplete there.
    """
    raw = folder.read("feed_info.txt", ["feed_version", "feed_start_date", "feed_end_date"])
    if not len(raw):
        return ""
    file = "feed_info.txt"
    known = raw.dropna(subset="feed_start_date"), raw.dropna(subset="feed_end_date")
    first = _dates(known[0], "feed_start_date", file, folder).min()
    last = _dates(known[1], "feed_end_date", file, folder).max()
    outside = (days["dato"] < first) | (days["dato"] > last)
    if outside.any():
        folder.log.add(
            "utenfor_gyldighet", "Dager utenfor tiden som filen gjelder for",
            f"{counted(int(outside.sum()), 'kjøredag', 'kjøredager')} i kalenderne er utenfor "
            "tiden som feed_info.txt oppgir; rutetabellen kan være ufullstendig de dagene.",
            layer="rutedag", file=file, action=KEPT,
        )  # fmt: skip
    found = _VERSION.match(str(raw["feed_version"].iloc[0]))
    return "-".join(found.groups()) if found else ""


def expand_frequencies(
    folder: GtfsFolder, trips: pd.DataFrame, calls: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace each trip that is given by headway with its departures.

    A row of frequencies.txt gives departures from the first stop from ``start_time`` until before
    ``end_time``. Headways that are not exact are reckoned in the same way, and told.
    """
    raw = folder.read(
        "frequencies.txt", ["trip_id", "start_time", "end_time", "headway_secs", "exact_times"]
    )
    raw = raw[raw["trip_id"].isin(trips["tur_id"])]
    if not len(raw):
        return trips, calls
    rows = pd.DataFrame(
        {
            "tur_id": raw["trip_id"],
            "fra": read_clock(raw, "start_time", folder),
            "til": read_clock(raw, "end_time", folder),
            "hvert": whole_numbers(raw["headway_secs"]),
            "fast": raw["exact_times"].eq("1"),
        }
    )
    usable = rows[["fra", "til", "hvert"]].notna().all(axis=1)
    usable &= (rows["hvert"] >= _LEAST_HEADWAY).fillna(value=False).astype(bool)
    if not usable.all():
        folder.log.add(
            "ulesbar_frekvens", "Turer med tid mellom avganger som ikke kan brukes",
            f"{counted(int((~usable).sum()), 'rad', 'rader')}"
            f" mangler tid, eller har mindre enn {_LEAST_HEADWAY} "
            f"sekunder mellom avgangene: {listed(rows.loc[~usable, 'tur_id'].unique())}.",
            layer="rutetur", file="frequencies.txt", row=int(raw.loc[~usable, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    rows = rows[usable]
    departures = pd.DataFrame(
        [
            (tur, start)
            for tur, fra, til, hvert in rows[["tur_id", "fra", "til", "hvert"]].itertuples(
                index=False
            )
            for start in range(int(fra), int(til), int(hvert))
        ],
        columns=["tur_id", "start"],
    )
    again = departures.duplicated()
    _tell_of_frequencies(folder, rows, again)
    return _departures(trips, calls, departures[~again], set(raw["trip_id"]))


def _tell_of_frequencies(folder: GtfsFolder, rows: pd.DataFrame, again: pd.Series) -> None:
    loose = rows.loc[~rows["fast"], "tur_id"].nunique()
    text = (
        f"{counted(rows['tur_id'].nunique(), 'tur', 'turer')}"
        " med tid mellom avgangene er regnet ut "
        f"til {counted(int((~again).sum()), 'tur', 'turer')}."
    )
    if loose:
        text += (
            f" For {format_number(loose)} av dem er klokkeslettene ikke faste (exact_times 0); "
            "de er regnet fra første avgang."
        )
    if again.any():
        text += f" {counted(int(again.sum()), 'avgang', 'avganger')} sto flere ganger."
    folder.log.add(
        "frekvens", "Turer regnet ut fra tid mellom avgangene", text,
        layer="rutetur", file="frequencies.txt", action=REPAIRED,
    )  # fmt: skip


def _departures(
    trips: pd.DataFrame, calls: pd.DataFrame, departures: pd.DataFrame, replaced: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    clock = [
        f"{one // 3600:02d}:{one // 60 % 60:02d}:{one % 60:02d}" for one in departures["start"]
    ]
    named = departures.assign(ny=departures["tur_id"] + "#" + clock)
    ordered = calls.sort_values(["tur_id", "rekkefolge"], kind="stable")
    first = ordered.drop_duplicates("tur_id").set_index("tur_id")["avgang"]
    new_trips = named.merge(trips, on="tur_id")
    new_trips = new_trips.assign(tur_id=new_trips["ny"])[list(trips.columns)]
    new_calls = named.merge(calls, on="tur_id")
    shift = new_calls["start"] - new_calls["tur_id"].map(first)
    new_calls = new_calls.assign(
        tur_id=new_calls["ny"],
        ankomst=new_calls["ankomst"] + shift,
        avgang=new_calls["avgang"] + shift,
    )[list(calls.columns)]
    return (
        pd.concat([trips[~trips["tur_id"].isin(replaced)], new_trips], ignore_index=True),
        pd.concat([calls[~calls["tur_id"].isin(replaced)], new_calls], ignore_index=True),
    )
