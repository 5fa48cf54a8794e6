"""Read a timetable in NeTEx, the Nordic profile (XML, zip or folder), as Entur gives it.

What becomes what: a quay is a ``holdeplass`` and its stop place the stop place; scheduled stop
points stand for the quays that are assigned to them. The dates of a journey are those of its day
types, less what is not available, and its dated journeys. Lines and journeys that must be ordered
are set aside and counted, as are interchanges between named journeys. What was decided stands in
the report. The files are streamed twice: for stops, lines and patterns, then for the journeys of
the patterns that are wanted.

Source: the Nordic NeTEx profile (network 1.5, timetable 1.5, Entur) and EN 12896/CEN TS 16614.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from askergeo.errors import SourceError
from askergeo.sources._feed_files import open_feed, visible
from askergeo.sources._feed_finish import finish_feed, nothing_near
from askergeo.sources._feed_zones import OSLO
from askergeo.sources._netex_days import Calendar
from askergeo.sources._netex_journeys import Journeys
from askergeo.sources._netex_network import Network
from askergeo.sources._netex_tables import make_tables, quays_of
from askergeo.sources._netex_xml import day_of, stream_items
from askergeo.sources.feed import FeedLog

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from askergeo.sources._feed_files import FeedFiles
    from askergeo.sources.feed import Around, Feed

__all__ = ["read_netex"]


def read_netex(
    path: str | Path,
    *,
    stops: gpd.GeoDataFrame | None = None,
    around: Around | None = None,
    today: dt.date | None = None,
    only_stops: bool = False,
) -> Feed:
    """Read a NeTEx feed.

    Parameters
    ----------
    path
        A zip or folder with shared files and a file a line, or one XML file.
    stops
        Places of quays that the file lacks: the layer ``holdeplass`` in any CRS. Entur gives the
        stops out in a file of their own.
    around
        Keep the journeys that stop in this box, whole, and the stops in it; all without.
    today
        What the calendar is held against; today without.
    only_stops
        The stops will do.

    Returns
    -------
    Feed
        Places in EPSG:4326, times in Norwegian time.

    Raises
    ------
    MissingFileError, SourceError
        When the file is not there, is no NeTEx, or no stop in it has a place.
    CrsError
        When most coordinates cannot be in Norway.
    """
    log = FeedLog()
    day = today or dt.datetime.now(tz=dt.UTC).astimezone().date()
    network, calendar = Network(today=day), Calendar(today=day, log=log)
    journeys = Journeys(calendar=calendar)
    with open_feed(path) as files:
        names = _xml_files(files)
        for name in names:
            for item in stream_items(files, name):
                network.take(item)
                calendar.take(item)
        quays = quays_of(network, stops, log, only_stops=only_stops)
        wanted = None if around is None else _patterns_near(network, quays, around)
        for name in names if not only_stops else ():
            for item in stream_items(files, name):
                journeys.take(item, wanted)
        published = _published(files, names)
    tables = make_tables(network, journeys, quays, log, files.path.name)
    if not only_stops and not len(tables["rutetur"]):
        _require_journeys(files.path.name, around, journeys)
    zones = tables["rutetur"].pop("sone").replace("", OSLO)
    return finish_feed(
        tables,
        log=log,
        kind="NeTEx",
        today=day,
        around=around,
        zones=zones,
        published=published,
    )


def _xml_files(files: FeedFiles) -> list[str]:
    names = [one for one in files.names if visible(one) and one.casefold().endswith(".xml")]
    if not names:
        raise SourceError(
            f"{files.path.name} har ingen XML-filer og er ikke NeTEx.",
            remedy="Velg NeTEx-filen (zip eller xml) fra Entur.",
        )
    return names


def _patterns_near(network: Network, quays: pd.DataFrame, around: Around) -> set[str]:
    inside = around.holds(quays["x"].to_numpy(float), quays["y"].to_numpy(float))
    near = set(quays.loc[inside, "holdeplass_id"])
    points = {point for point, stop in network.stops.items() if stop in near}
    points |= near
    return {
        identity
        for identity, pattern in network.patterns.items()
        if any(call.point in points for call in pattern.calls)
    }


def _published(files: FeedFiles, names: list[str]) -> str:
    """Return the newest date that the files say they were published."""
    found = []
    for name in names:
        with files.open(name) as stream:
            head = stream.read(4096).decode("utf-8", errors="replace")
        stamp = day_of(head.partition("PublicationTimestamp>")[2])
        found += [stamp] if stamp else []
    return max(found).isoformat() if found else ""


def _require_journeys(name: str, around: Around | None, journeys: Journeys) -> None:
    if around is not None:
        raise nothing_near(name)
    if not journeys.on_demand and not journeys.cancelled:
        raise SourceError(
            f"{name} har ingen turer (ServiceJourney).",
            remedy="Er det filen med stoppestedene, legg den til alene: «askergeo data legg-til "
            "MAPPE holdeplass FIL». Rutetabellen er en egen fil.",
        )
