"""Lines with their departures, and the trips and times that follow from them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.example.land import Array

__all__ = [
    "HEADWAYS",
    "SPEED",
    "Line",
    "Service",
    "calendars",
    "departures",
    "events_of",
    "make_timetable",
    "services",
]

#: Speed between stops (km/h) and seconds at each stop, by mode.
SPEED: Final[dict[str, tuple[float, int]]] = {
    "buss": (32.0, 0), "trikk": (24.0, 15), "tbane": (42.0, 20), "tog": (75.0, 60),
    "hurtigbat": (45.0, 120), "ferge": (18.0, 300),
}  # fmt: skip
_HOUR: Final = 3_600
#: Times are whole tens of seconds.
_GRAIN: Final = 10
#: First and last departure (hours) and minutes between departures, by calendar and kind of line.
#: Each period begins where the one before ended.
HEADWAYS: Final[dict[str, dict[str, tuple[tuple[float, float, float], ...]]]] = {
    "stamme": {
        "hverdag": ((5.5, 6.5, 15), (6.5, 9, 10), (9, 15, 15), (15, 17.5, 10), (17.5, 20, 15),
                    (20, 23.8, 30), (23.8, 24.3, 30)),
        "lordag": ((6.5, 9, 30), (9, 18, 20), (18, 24.0, 30)),
        "sondag": ((8, 24.0, 30),),
    },
    "lokal": {
        "hverdag": ((5.75, 6.5, 30), (6.5, 9, 20), (9, 15, 60), (15, 17.5, 20), (17.5, 22.5, 60)),
        "lordag": ((8, 19, 60),),
        "sondag": ((10, 20, 120),),
    },
    "bane": {
        "hverdag": ((5, 6, 30), (6, 9, 15), (9, 15, 30), (15, 18, 15), (18, 24.0, 30)),
        "lordag": ((6, 24.0, 60),),
        "sondag": ((8, 24.0, 60),),
    },
    "bat": {"hverdag": ((6.5, 9, 30), (15, 17.5, 30))},
    "natt": {"natt": ((24.5, 26.6, 60),)},
    "ekspress": {"hverdag": ((6.75, 8.75, 20), (15.25, 17.25, 20))},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Service:
    """When a line departs from its first stop on the days of one calendar.

    ``periods`` are (first, last, headway) in seconds of the service day; ``last`` is not itself a
    departure, since the next period begins there. ``pace`` multiplies the running times.
    """

    calendar: str
    periods: tuple[tuple[int, int, int], ...]
    pace: float = 1.0
    back: bool = True
    forward: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A line both ways along its stops.

    ``stops`` are the ids in order, ``metres`` (n - 1) from each to the next, and ``back_stops`` the
    ids of the way back in its own order (the same stops the other way when empty). ``phase`` is
    seconds after the first departure of a period that the line leaves, each way.
    """

    line_id: str
    name: str
    mode: str
    stops: tuple[str, ...]
    metres: Array
    services: tuple[Service, ...]
    back_stops: tuple[str, ...] = ()
    number: str = ""
    operator: str = "Eksempelruter"
    speed: float | None = None
    phase: tuple[int, int] = (0, 0)


def services(kind: str, *, factor: float = 1.0) -> tuple[Service, ...]:
    """Departures of a kind of line in :data:`HEADWAYS`, with headways multiplied by a factor."""
    return tuple(
        Service(
            calendar=calendar,
            periods=tuple(
                (round(first * _HOUR), round(last * _HOUR), max(round(every * 60 * factor), 60))
                for first, last, every in periods
            ),
        )
        for calendar, periods in HEADWAYS[kind].items()
    )


def calendars(first: dt.date, last: dt.date) -> dict[str, Array]:
    """Return the dates (datetime64[D]) of each calendar: holidays run as Sundays.

    ``natt`` are the nights after Fridays and Saturdays; Christmas Eve and New Year's Eve run as
    Saturdays.
    """
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7
    off = np.isin(days, [day for year in range(first.year, last.year + 1)
                         for day in _holidays(year)])  # fmt: skip
    eves = [(year, day) for year in range(first.year, last.year + 1) for day in (24, 31)]
    eve = np.isin(days, [np.datetime64(dt.date(year, 12, day)) for year, day in eves])
    sunday = off | (weekday == 6)
    saturday = ~sunday & ((weekday == 5) | eve)
    return {
        "hverdag": days[~sunday & ~saturday],
        "lordag": days[saturday],
        "sondag": days[sunday],
        "natt": days[np.isin(weekday, [4, 5])],
    }


def _holidays(year: int) -> list[np.datetime64]:
    """Norwegian public holidays; Easter by the anonymous Gregorian rule (Meeus)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    easter = dt.date(year, f // 31, f % 31 + 1)
    moved = [easter + dt.timedelta(days=n) for n in (-3, -2, 0, 1, 39, 49, 50)]
    fixed = [dt.date(year, m, d) for m, d in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))]
    return [np.datetime64(day) for day in sorted(moved + fixed)]


def departures(service: Service, phase: int) -> Array:
    """Departures (seconds) from the first stop; ``phase`` is less than the headway of each."""
    found = [
        np.arange(first + phase % every, last, every) for first, last, every in service.periods
    ]
    return np.concatenate(found) if found else np.array([], int)


def _offsets(line: Line, metres: Array, pace: float) -> tuple[Array, Array]:
    """Seconds after departure of arrival and departure at each stop."""
    speed, dwell = SPEED[line.mode]
    ride = metres / (line.speed or speed) * 3.6 * pace
    ride = np.maximum(np.ceil(ride / _GRAIN).astype(int) * _GRAIN, 2 * _GRAIN)
    wait = np.full(len(metres), dwell)
    wait[-1:] = 0  # the trip ends there
    arrive = np.r_[0, np.cumsum(ride + np.r_[0, wait[:-1]])]
    return arrive, arrive + np.r_[0, wait]


class _Block(NamedTuple):
    """The trips of one line, one way, one service."""

    line: Line
    way: int
    calendar: str
    stops: tuple[str, ...]
    start: Array
    arrive: Array
    leave: Array
    ids: list[str]


def _blocks(line: Line) -> list[_Block]:
    found = []
    seen: dict[tuple[str, int], int] = {}
    for service in line.services:
        for way, runs in ((0, service.forward), (1, service.back)):
            if not runs:
                continue
            stops, metres = line.stops, line.metres
            if way:
                stops = line.back_stops or line.stops[::-1]
                metres = metres[::-1]
            start = departures(service, line.phase[way])
            first = seen.get((service.calendar, way), 0)
            seen[service.calendar, way] = first + len(start)
            stem = f"{line.line_id}-{service.calendar}-{way}"
            ids = [f"{stem}-{first + k + 1:03d}" for k in range(len(start))]
            found.append(_Block(line, way, service.calendar, stops, start,
                                *_offsets(line, metres, service.pace), ids))  # fmt: skip
    return [block for block in found if len(block.start)]


def make_timetable(
    lines: Sequence[Line], days: Mapping[str, Array], *, names: Mapping[str, str] | None = None
) -> dict[str, pd.DataFrame]:
    """Make the layers rutelinje, rutetur, ruteavgang and rutedag.

    Parameters
    ----------
    lines
        Where each line goes and when.
    days
        Dates (datetime64[D]) of each calendar that the services name.
    names
        Name of each stop, for where a trip goes; the ids when absent.

    Returns
    -------
    dict
        Frames by layer id. Times are seconds of the service day.
    """
    blocks = [block for line in lines for block in _blocks(line)]
    told = names or {}
    trips = pd.DataFrame(
        {
            "tur_id": [one for b in blocks for one in b.ids],
            "linje_id": np.repeat([b.line.line_id for b in blocks], [len(b.ids) for b in blocks]),
            "kalender_id": np.repeat([b.calendar for b in blocks], [len(b.ids) for b in blocks]),
            "retning": np.repeat([b.way for b in blocks], [len(b.ids) for b in blocks]),
            "mal": np.repeat(
                [told.get(b.stops[-1], b.stops[-1]) for b in blocks], [len(b.ids) for b in blocks]
            ),
        }
    )
    stops = [len(b.stops) for b in blocks]
    calls = pd.DataFrame(
        {
            "tur_id": np.concatenate([np.repeat(b.ids, n)
                                      for b, n in zip(blocks, stops, strict=True)]),
            "rekkefolge": np.concatenate([np.tile(np.arange(1, n + 1), len(b.ids))
                                          for b, n in zip(blocks, stops, strict=True)]),
            "holdeplass_id": np.concatenate([np.tile(b.stops, len(b.ids)) for b in blocks]),
            "ankomst": np.concatenate([(b.start[:, None] + b.arrive).ravel() for b in blocks]),
            "avgang": np.concatenate([(b.start[:, None] + b.leave).ravel() for b in blocks]),
        }
    )  # fmt: skip
    used = {block.calendar for block in blocks}
    kept = {name: dates for name, dates in days.items() if name in used}
    return {
        "rutelinje": pd.DataFrame(
            {
                "linje_id": [line.line_id for line in lines],
                "linjenummer": [line.number or line.line_id for line in lines],
                "navn": [line.name for line in lines],
                "transportmiddel": [line.mode for line in lines],
                "operator": [line.operator for line in lines],
            }
        ),
        "rutetur": trips,
        "ruteavgang": calls,
        "rutedag": pd.DataFrame(
            {
                "kalender_id": np.repeat(list(kept), [len(dates) for dates in kept.values()]),
                "dato": pd.to_datetime(np.concatenate(list(kept.values()))),
            }
        ),
    }


def events_of(lines: Sequence[Line], calendar: str = "hverdag") -> int:
    """Count the calls at stops on a day of one calendar."""
    return sum(
        len(departures(service, line.phase[way])) * len(line.stops)
        for line in lines
        for service in line.services
        if service.calendar == calendar
        for way, runs in ((0, service.forward), (1, service.back))
        if runs
    )
