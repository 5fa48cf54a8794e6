"""The timetable of one day, as arrays made out of the layers.

The day is a day by the clock: the trips of its service day, those of the service day before that
run past midnight, and those of the next service day that set out before :data:`NEXT_DAY_UNTIL`,
all with times in seconds of the service day. What is read as what:

- a call with one of its two times has both; one without is interpolated between the calls around
  it in equal steps; calls before a trip's first and after its last time are left out;
- a trip with fewer than two times, or whose times run backwards, is left out;
- a stop that is not in the layer «holdeplass», or has no point there, is called at, but nobody can
  walk to it.

:func:`timetable_faults` tells each of these.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.network._transit_calls import allowed, numbers, read_calls
from askergeo.network._transit_days import (
    TimetableDateError,
    chosen_day,
    day_offset,
    days_of,
    ordinary_day,
    running,
    service_days,
)
from askergeo.network._transit_faults import timetable_faults
from askergeo.network._transit_patterns import make_patterns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._transit_calls import Calls

__all__ = [
    "NEXT_DAY_UNTIL",
    "Timetable",
    "TimetableDateError",
    "ordinary_day",
    "read_timetable",
    "service_days",
    "timetable_faults",
]

#: Trips of the next service day are part of the day when they set out before this: 06:00.
NEXT_DAY_UNTIL: Final = 30 * 3600

_STOP_COLUMNS = ("navn", "transportmiddel", "stoppested_id")
_LINE_COLUMNS = ("linjenummer", "navn", "transportmiddel")


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Timetable:
    """One day's trips over ``s`` stops, in ``p`` patterns.

    A pattern is a sequence of stops, with leave to get on and off at each, and the trips that
    follow it; no trip of a pattern overtakes another, so that they are sorted by every column of
    times at once.

    Parameters
    ----------
    date, first_date, last_date
        The day, and the first and last that the timetable is for.
    stops
        (s,), index ``holdeplass_id``; columns ``navn``, ``transportmiddel``, ``stoppested_id``
        (missing where the layer lacks them). The layer's stops in their order, then those that
        only the trips name.
    points
        Points of the stops, (s,), in the layer's CRS; missing where not known.
    trips
        (t,): ``tur_id``, ``linje_id``, ``linjenummer``, ``navn`` (the line's), ``transportmiddel``,
        ``retning``, ``mal``, ``dag`` (service day: 0 the date's, −1 the day before, 1 the next).
        Sorted by pattern, and within it by time.
    stop_ptr
        Pattern ``k`` calls at ``stop[stop_ptr[k]:stop_ptr[k + 1]]``, (p + 1,).
    stop, board, alight
        Rows of ``stops``, and whether one may get on and off.
    trip_ptr
        Pattern ``k`` has the trips ``trip_ptr[k]`` to ``trip_ptr[k + 1]``, (p + 1,).
    time_ptr
        Where each pattern's times begin, (p + 1,).
    arrival, departure
        Seconds of the service day: pattern by pattern, in it call by call, in that trip by trip.
    transfers
        ``fra`` and ``til`` (rows of ``stops``), ``sekunder`` (NaN not said), ``mulig``.
    """

    date: dt.date
    first_date: dt.date
    last_date: dt.date
    stops: pd.DataFrame
    points: gpd.GeoSeries
    trips: pd.DataFrame
    stop_ptr: NDArray[np.int32]
    stop: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    trip_ptr: NDArray[np.int32]
    time_ptr: NDArray[np.int64]
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    transfers: pd.DataFrame

    @property
    def patterns(self) -> int:
        """Number of patterns."""
        return len(self.stop_ptr) - 1

    def calls(self) -> pd.DataFrame:
        """Every call of every trip as a row, sorted by trip (row of ``trips``) and order.

        Returns
        -------
        pandas.DataFrame
            ``tur`` (row of ``trips``), ``nummer`` (from 0), ``stopp`` (row of ``stops``),
            ``ankomst``, ``avgang`` (seconds), ``pastigning``, ``avstigning``, ``siste`` (the trip
            ends here).
        """
        calls, trips = np.diff(self.stop_ptr), np.diff(self.trip_ptr)
        pattern = np.repeat(np.arange(self.patterns), calls * trips)
        within = np.arange(len(self.arrival)) - self.time_ptr[pattern]
        number = within // trips[pattern]
        at = self.stop_ptr[pattern] + number
        frame = pd.DataFrame(
            {
                "tur": self.trip_ptr[pattern] + within % trips[pattern],
                "nummer": number,
                "stopp": self.stop[at],
                "ankomst": self.arrival,
                "avgang": self.departure,
                "pastigning": self.board[at],
                "avstigning": self.alight[at],
                "siste": number == calls[pattern] - 1,
            }
        )
        return frame.sort_values(["tur", "nummer"], ignore_index=True)


def read_timetable(
    *,
    holdeplass: gpd.GeoDataFrame,
    rutelinje: pd.DataFrame,
    rutetur: pd.DataFrame,
    ruteavgang: pd.DataFrame,
    rutedag: pd.DataFrame,
    rutebytte: pd.DataFrame | None = None,
    date: str | None = None,
) -> Timetable:
    """Read the timetable of one day out of the layers.

    Parameters
    ----------
    holdeplass, rutelinje, rutetur, ruteavgang, rutedag, rutebytte
        The layers.
    date
        The day (``2026-03-17``); the ordinary day without. A day within the validity on which
        nothing runs has no trips.

    Raises
    ------
    TimetableDateError
        When the date is outside the timetable's validity.
    ParameterError
        When the date cannot be read.
    LayerError
        When no trip runs on any day.
    """
    day, first, last = chosen_day(date, rutetur, rutedag)
    known = rutetur.drop_duplicates("tur_id", ignore_index=True)
    stops, points = _stops(holdeplass, ruteavgang)
    runs = _runs(day, known, rutedag)
    some_day = np.logical_or.reduce([one.runs for one in runs])
    ids = pd.Index(known["tur_id"].astype("string"))
    calls = read_calls(ruteavgang, ids, stops.index, chosen=some_day)
    of_day, row, dag = _on_days(calls, runs)
    made = make_patterns(of_day)
    return Timetable(
        date=day,
        first_date=first,
        last_date=last,
        stops=stops,
        points=points,
        trips=_trip_table(known.iloc[row[made.trip]], rutelinje, dag[made.trip]),
        stop_ptr=made.stop_ptr,
        stop=made.stop,
        board=made.board,
        alight=made.alight,
        trip_ptr=made.trip_ptr,
        time_ptr=made.time_ptr,
        arrival=made.arrival,
        departure=made.departure,
        transfers=_transfers(rutebytte, stops.index),
    )


def _stops(
    holdeplass: gpd.GeoDataFrame, ruteavgang: pd.DataFrame
) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    known = holdeplass.drop_duplicates("holdeplass_id")
    ids = pd.Index(known["holdeplass_id"].astype("string"))
    called = pd.Index(ruteavgang["holdeplass_id"].astype("string").dropna().unique())
    index = ids.append(called.difference(ids)).rename("holdeplass_id")
    columns = {
        name: known[name].astype("string").to_numpy()
        for name in _STOP_COLUMNS
        if name in known.columns
    }
    frame = pd.DataFrame(columns, index=ids).reindex(index, columns=list(_STOP_COLUMNS))
    shapes = np.full(len(index), None, dtype=object)
    shapes[: len(ids)] = np.asarray(known.geometry.array, dtype=object)
    return frame, gpd.GeoSeries(shapes, index=index, crs=holdeplass.crs)


class _Run(NamedTuple):
    """A service day: −1, 0 or 1 from the day, its start in the day's seconds, and its trips."""

    dag: int
    offset: int
    runs: NDArray[np.bool_]


def _runs(day: dt.date, trips: pd.DataFrame, rutedag: pd.DataFrame) -> list[_Run]:
    days, calendar = days_of(rutedag), trips["kalender_id"].astype("string")
    found = []
    for dag in (-1, 0, 1):
        other = day + dt.timedelta(days=dag)
        runs = calendar.isin(running(days, other)).to_numpy(dtype=np.bool_)
        found.append(_Run(dag, day_offset(day, other), runs))
    return found


def _on_days(calls: Calls, runs: list[_Run]) -> tuple[Calls, NDArray[np.int64], NDArray[np.int64]]:
    """Give the calls of each trip on each service day that the day has it from, in its seconds.

    Returns
    -------
    tuple
        The calls, with trips numbered anew, and of each trip its row and service day.
    """
    begins = np.flatnonzero(np.r_[True, calls.trip[1:] != calls.trip[:-1]][: len(calls.trip)])
    sizes = np.diff(np.r_[begins, len(calls.trip)])
    parts, rows, dags = [], [], []
    for dag, offset, on_day in runs:
        takes = on_day[calls.trip[begins]]
        if dag < 0:
            takes &= calls.arrival[begins + sizes - 1] + offset >= 0
        if dag > 0:
            takes &= calls.departure[begins] + offset < NEXT_DAY_UNTIL
        parts.append((np.flatnonzero(np.repeat(takes, sizes)), offset))
        rows.append(calls.trip[begins[takes]])
        dags.append(np.full(int(takes.sum()), dag))
    at = np.concatenate([one for one, _ in parts])
    shift = np.concatenate([np.full(len(one), offset) for one, offset in parts])
    row = np.concatenate(rows)
    number = np.repeat(np.arange(len(row)), sizes[np.searchsorted(calls.trip[begins], row)])
    chosen = replace(
        calls,
        trip=number,
        stop=calls.stop[at],
        arrival=calls.arrival[at] + shift,
        departure=calls.departure[at] + shift,
        board=calls.board[at],
        alight=calls.alight[at],
    )
    return chosen, row, np.concatenate(dags)


def _trip_table(
    trips: pd.DataFrame, rutelinje: pd.DataFrame, dag: NDArray[np.int64]
) -> pd.DataFrame:
    lines = rutelinje.drop_duplicates("linje_id")
    lines = lines.set_index(lines["linje_id"].astype("string")).reindex(columns=[*_LINE_COLUMNS])
    line = trips["linje_id"].astype("string")
    own = trips.reindex(columns=["tur_id", "linje_id", "retning", "mal"]).reset_index(drop=True)
    of_line = lines.reindex(pd.Index(line)).reset_index(drop=True)
    found = pd.concat([own, of_line], axis=1).assign(dag=dag)
    return found[["tur_id", "linje_id", *_LINE_COLUMNS, "retning", "mal", "dag"]]


def _transfers(rutebytte: pd.DataFrame | None, stops: pd.Index) -> pd.DataFrame:
    """Rules between stops that are there; the stricter of two for the same pair."""
    if rutebytte is None:
        empty = {"fra": "int64", "til": "int64", "sekunder": "float64", "mulig": "bool"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in empty.items()})
    ends = [
        stops.get_indexer(pd.Index(rutebytte[f"{end}_holdeplass_id"].astype("string")))
        for end in ("fra", "til")
    ]
    frame = pd.DataFrame(
        {
            "fra": ends[0],
            "til": ends[1],
            "sekunder": numbers(rutebytte, "sekunder"),
            "mulig": allowed(rutebytte, "mulig"),
        }
    )
    there = frame[(ends[0] >= 0) & (ends[1] >= 0)]
    strict = there.groupby(["fra", "til"], as_index=False).agg({"sekunder": "max", "mulig": "min"})
    return strict.astype({"mulig": "bool"})
