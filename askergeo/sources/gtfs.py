"""Read a timetable in GTFS (zip or folder) as Entur and the county companies give it.

What becomes what: a stop where vehicles stop is a ``holdeplass``, its station the stop place; a
route type is a means of transport (basic and extended types); frequencies become trips; days of
the week and exceptions become dates. What is set aside, expanded or converted stands in the
report. The times are streamed: a national feed is cut to the trips that stop near the municipality
without being held in memory.

Source: the GTFS Schedule reference (gtfs.org) and its extended route types.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from askergeo._avvik import KEPT
from askergeo.errors import SourceError
from askergeo.sources._feed_files import open_feed
from askergeo.sources._feed_finish import finish_feed, nothing_near
from askergeo.sources._gtfs_days import expand_frequencies, read_days, read_feed_info
from askergeo.sources._gtfs_table import gtfs_folder
from askergeo.sources._gtfs_tables import (
    read_calls,
    read_lines,
    read_stops,
    read_transfers,
    read_trips,
    trips_near,
)
from askergeo.sources.feed import FeedLog, counted

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from askergeo.sources._gtfs_table import GtfsFolder
    from askergeo.sources.feed import Around, Feed

__all__ = ["read_gtfs"]

_NEEDED: Final = ("routes.txt", "trips.txt", "stop_times.txt")
_CALENDARS: Final = ("calendar.txt", "calendar_dates.txt")


def read_gtfs(
    path: str | Path,
    *,
    around: Around | None = None,
    today: dt.date | None = None,
    only_stops: bool = False,
) -> Feed:
    """Read a GTFS feed.

    Parameters
    ----------
    path
        A zip or a folder; the text files may lie in a subfolder.
    around
        Keep the trips that stop in this box, whole, and the stops in it; all without.
    today
        What the calendar is held against; today without.
    only_stops
        The stops will do: the other files may be missing.

    Returns
    -------
    Feed
        Places in EPSG:4326, times in Norwegian time.

    Raises
    ------
    MissingFileError, SourceError
        When the file is not there, is broken, or lacks a table that is needed.
    CrsError
        When most coordinates cannot be in Norway.
    """
    log = FeedLog()
    day = today or dt.datetime.now(tz=dt.UTC).astimezone().date()
    with open_feed(path) as files:
        folder = gtfs_folder(files, log)
        if not only_stops:
            _require(folder)
        stops = read_stops(folder)
        lines, zones = read_lines(folder)
        trips = read_trips(folder, lines)
        wanted = pa.array(trips["tur_id"].dropna(), pa.string())
        if around is not None:
            near = trips_near(folder, stops, around)
            trips = trips[trips["tur_id"].isin(near.to_pandas())]
            if not len(trips) and not only_stops:
                raise nothing_near(files.path.name)
            wanted = pa.array(trips["tur_id"].dropna(), pa.string())
        calls, on_demand = read_calls(folder, wanted)
        trips = trips[~trips["tur_id"].isin(on_demand)]
        trips, calls = expand_frequencies(folder, trips, calls)
        days = read_days(folder, trips["kalender_id"], day)
        transfers = read_transfers(folder, stops)
        published = read_feed_info(folder, days)
    tables = {
        "holdeplass": _stopping_places(stops, calls, log),
        "rutelinje": lines[lines["transportmiddel"].notna()],
        "rutetur": trips,
        "ruteavgang": calls,
        "rutedag": days,
        "rutebytte": transfers,
    }
    return finish_feed(
        tables,
        log=log,
        kind="GTFS",
        today=day,
        around=around,
        zones=trips["linje_id"].map(zones),
        published=published,
    )


def _require(folder: GtfsFolder) -> None:
    missing = [name for name in _NEEDED if name not in folder]
    if not any(name in folder for name in _CALENDARS):
        missing.append("calendar.txt eller calendar_dates.txt")
    if missing:
        raise SourceError(
            f"{folder.files.path.name} mangler {', '.join(missing)}.",
            remedy="Be om hele rutetabellen; med bare stops.txt kan holdeplassene legges til alene "
            "(«askergeo data legg-til MAPPE holdeplass FIL»).",
        )


def _stopping_places(stops: pd.DataFrame, calls: pd.DataFrame, log: FeedLog) -> pd.DataFrame:
    """Leave out stations and entrances, but not those that trips stop at."""
    odd = stops["sted"] & stops["holdeplass_id"].isin(calls["holdeplass_id"].unique())
    if odd.any():
        log.add(
            "stasjon_som_stopp", "Turer stopper på en stasjon, ikke en plattform",
            f"{counted(int(odd.sum()), 'stasjon', 'stasjoner')} er lest som holdeplasser: "
            f"{', '.join(stops.loc[odd, 'holdeplass_id'].head(5))}.",
            layer="holdeplass", file="stops.txt", row=int(stops.loc[odd, "_rad"].iloc[0]),
            action=KEPT,
        )  # fmt: skip
    return stops[~stops["sted"] | odd].drop(columns="sted")
