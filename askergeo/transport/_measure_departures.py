"""More departures on a line that is there, and a new route between stops."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import ParameterError
from askergeo.network.timetable import ordinary_day
from askergeo.numbers import format_number
from askergeo.transport._measure_rows import (
    Tables,
    find_line,
    find_stop,
    free_id,
    line_name,
    slug,
    whole,
)
from askergeo.transport._measure_stops import BOATS, patterns_of, stop_points, times_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.transport.measures import MoreDepartures, NewRoute

    Numbers = NDArray[np.float64]

__all__ = ["add_departures", "add_route"]


def add_departures(tables: Tables, more: MoreDepartures) -> tuple[Tables, list[str]]:
    """Put new trips at even steps between each two that follow each other on a line.

    Trips follow each other when they call at the same stops on the same days. Of ``n`` trips and a
    factor of two there come ``2n − 1``: a trip midway in every gap, none before the first or after
    the last. Each time of the new trip lies between those of its neighbours.

    Raises
    ------
    ParameterError
        When the line is unknown, or no two trips follow each other.
    """
    line = find_line(tables.rutelinje, more.line)
    trips = tables.rutetur[tables.rutetur["linje_id"].astype(str) == line]
    calls = tables.ruteavgang[tables.ruteavgang["tur_id"].isin(trips["tur_id"])]
    calls = calls.sort_values(["tur_id", "rekkefolge"], kind="stable")
    days = _days_of(tables.rutedag)
    calendar = dict(zip(trips["tur_id"].astype(str), trips["kalender_id"].astype(str), strict=True))
    taken = set(tables.rutetur["tur_id"].astype(str))
    new_trips, new_calls = [], []
    for sequence, members in patterns_of(calls).items():
        for group in _groups(members, calendar, days):
            made = _between(calls, sequence, group, more.factor, taken)
            new_trips += [(old, new) for old, new, _ in made]
            new_calls += [rows for *_, rows in made]
    name = line_name(tables.rutelinje, line)
    if not new_trips:
        raise ParameterError(
            f"Linje {name} har ingen turer som følger etter hverandre på samme dag.",
            remedy="Lag en ny rute i stedet: --ny-rute.",
        )
    by_id = trips.set_index(trips["tur_id"].astype(str))
    rows = by_id.loc[[old for old, _ in new_trips]].assign(tur_id=[new for _, new in new_trips])
    result = tables.having(trips=rows, calls=pd.concat(new_calls))
    said = (
        f"Flere avganger på linje {name}, ganger {more.factor}: {format_number(len(new_trips))} "
        f"nye turer mellom de {format_number(len(trips))} som er der, med like lang tid mellom."
    )
    return result, [said]


def _days_of(rutedag: pd.DataFrame) -> dict[str, int]:
    """Give calendars of the same dates the same number."""
    numbers: dict[frozenset[object], int] = {}
    found = {}
    for calendar, dates in rutedag.groupby(rutedag["kalender_id"].astype(str))["dato"]:
        found[str(calendar)] = numbers.setdefault(frozenset(dates), len(numbers))
    return found


def _groups(
    members: list[str], calendar: Mapping[str, str], days: Mapping[str, int]
) -> list[list[str]]:
    """Part the trips of a sequence by the days that they run; without days they are left."""
    found: dict[int, list[str]] = {}
    for trip in members:
        if calendar[trip] in days:
            found.setdefault(days[calendar[trip]], []).append(trip)
    return list(found.values())


def _between(
    calls: pd.DataFrame, sequence: tuple[str, ...], group: list[str], factor: int, taken: set[str]
) -> list[tuple[str, str, pd.DataFrame]]:
    """Make the trips between those of a group: the trip before, the new id, and its calls."""
    arrive, depart = times_of(calls, group, len(sequence))
    start = np.where(np.isnan(depart[:, 0]), arrive[:, 0], depart[:, 0])
    order = [int(at) for at in np.argsort(start, kind="stable") if not np.isnan(start[at])]
    made = []
    by_trip = dict(tuple(calls[calls["tur_id"].isin(group)].groupby("tur_id", sort=False)))
    for one, other in pairwise(order):
        for step in range(1, factor):
            share = step / factor
            name = free_id(f"{group[one]}-ny{step}", taken)
            taken.add(name)
            rows = by_trip[group[one]].assign(tur_id=name)
            for column, times in (("ankomst", arrive), ("avgang", depart)):
                value = np.round(times[one] + share * (times[other] - times[one]))
                rows[column] = whole(value).array
            made.append((group[one], name, rows))
    return made


def add_route(tables: Tables, route: NewRoute, parameters: Parameters) -> tuple[Tables, list[str]]:
    """Run a new line between stops, both ways, at even steps, on the days of the usual calendar.

    The ride is the distance in a straight line over the speed, on land made longer by a factor.

    Raises
    ------
    ParameterError
        When a stop is unknown or has no place, the mode is unknown, or the line has fewer than two
        stops.
    """
    if route.line_id and route.line_id in set(tables.rutelinje["linje_id"].astype(str)):
        raise ParameterError(
            f"Linjen «{route.line_id}» finnes fra før.", remedy="Velg et annet navn."
        )
    tables, stops = _stops(tables, route)
    points = stop_points(tables.holdeplass)
    xy = np.array([points[one] for one in stops])
    nowhere = [one for one, at in zip(stops, xy, strict=True) if np.isnan(at).any()]
    if nowhere:
        raise ParameterError(
            f"Holdeplassen «{nowhere[0]}» har ikke noe sted: kjøretiden kan ikke regnes.",
            remedy="Velg en holdeplass med koordinater, eller skriv NAVN:x:y.",
        )
    length = np.hypot(*np.diff(xy, axis=0).T)
    boat = route.mode in BOATS
    factor = 1.0 if boat else float(parameters["rutetiltak_vegfaktor"])
    wait = int(parameters["rutetiltak_opphold_bat_s" if boat else "rutetiltak_opphold_s"])
    ride = np.maximum(np.round(length * factor / (route.speed_kmh / 3.6)), 1).astype(int)
    calendar = _usual_calendar(tables)
    line = free_id(f"NY-{slug(route.name)}", set(tables.rutelinje["linje_id"].astype(str)))
    starts = np.concatenate([
        np.arange(first, last + 1, route.headway_s) for first, last in route.spans
    ])  # fmt: skip
    trips, calls = [], []
    for way, (sequence, rides) in enumerate(((stops, ride), (stops[::-1], ride[::-1]))):
        arrive, depart = _profile(rides, wait)
        for at, start in enumerate(starts):
            name = f"{line}-{way}-{at + 1:03d}"
            trips.append(
                {"tur_id": name, "linje_id": line, "kalender_id": calendar, "retning": way}
            )
            calls.append(pd.DataFrame({
                "tur_id": name, "rekkefolge": np.arange(1, len(sequence) + 1),
                "holdeplass_id": sequence, "ankomst": start + arrive, "avgang": start + depart,
            }))  # fmt: skip
    row: dict[str, Any] = {
        "linje_id": line, "linjenummer": route.name, "navn": route.name,
        "transportmiddel": route.mode,
    }  # fmt: skip
    result = tables.having(
        lines=pd.DataFrame([row]), trips=pd.DataFrame(trips), calls=pd.concat(calls)
    )
    minutes = (int(ride.sum()) + wait * (len(stops) - 2)) / 60
    said = (
        f"Ny rute «{route.name}» ({route.mode}): {' – '.join(_titles(tables, stops))}, "
        f"{format_number(length.sum() / 1000, 1)} km i luftlinje på {format_number(minutes)} "
        f"minutter, {format_number(len(starts))} turer hver veg på de samme dagene som kalenderen "
        f"«{calendar}»."
    )
    return result, [said]


def _profile(rides: NDArray[np.int64], wait: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Seconds from the start to each arrival and departure."""
    rest = np.r_[0, np.full(len(rides) - 1, wait), 0]
    arrive = np.r_[0, np.cumsum(rides + rest[:-1])]
    return arrive, arrive + rest


def _stops(tables: Tables, route: NewRoute) -> tuple[Tables, list[str]]:
    """Find the stops of a route; «NAVN:x:y» is a new one."""
    found = []
    for word in route.stops:
        name, *place = word.rsplit(":", 2)
        if len(place) == 2 and all(_is_number(one) for one in place):  # noqa: PLR2004  (x and y)
            taken = set(tables.holdeplass["holdeplass_id"].astype(str))
            one = free_id(f"NY-{slug(name)}", taken)
            data = {"holdeplass_id": [one], "navn": name.strip(), "transportmiddel": route.mode,
                    "stoppested_id": one}  # fmt: skip
            rows = gpd.GeoDataFrame(
                pd.DataFrame(data), geometry=[shapely.Point(float(place[0]), float(place[1]))],
                crs=tables.holdeplass.crs,
            )  # fmt: skip
            tables = tables.having(stops=rows)
            found.append(one)
        else:
            found.append(find_stop(tables.holdeplass, word, route.mode))
    return tables, found


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


def _usual_calendar(tables: Tables) -> str:
    """Calendar with the most trips on the ordinary day."""
    day = pd.Timestamp(ordinary_day(tables.rutetur, tables.rutedag))
    dates = pd.to_datetime(tables.rutedag["dato"])
    running = tables.rutedag.loc[dates == day, "kalender_id"].astype(str)
    used = tables.rutetur["kalender_id"].astype(str)
    return str(used[used.isin(running)].value_counts().sort_index().idxmax())


def _titles(tables: Tables, stops: list[str]) -> list[str]:
    names = tables.holdeplass.set_index(tables.holdeplass["holdeplass_id"].astype(str))
    if "navn" not in names:
        return stops
    return [str(names["navn"].get(one) or one) for one in stops]
