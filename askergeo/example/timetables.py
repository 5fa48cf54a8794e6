"""Timetables of invented lines: any stops, any calendars, as the layers of a timetable.

:func:`make_timetable` turns lines into trips and times. :func:`timetable_for` also finds the lines,
through any stops, along roads where they are given; it serves the example, the benchmarks and real
stops that no timetable is at hand for. :func:`stops_along` lays out stops where a net of roads has
none. All is decided by the arguments: the same stops give the same timetable.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.crs import CRS_OF_RECORD
from askergeo.example.lines import chain, cover, road_ways, straight_ways, to_targets
from askergeo.example.shapes import walk
from askergeo.example.trips import (
    SPEED,
    Line,
    Service,
    calendars,
    departures,
    events_of,
    make_timetable,
    services,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.example.land import Array
    from askergeo.example.lines import Route, Ways

__all__ = [
    "SPEED",
    "Line",
    "Service",
    "benchmark_timetable",
    "calendars",
    "departures",
    "events_of",
    "make_timetable",
    "services",
    "stop_places",
    "stops_along",
    "timetable_for",
]

#: Kind of departures of the modes that go from stop to stop.
_KIND: Final = {"tog": "bane", "tbane": "bane", "hurtigbat": "bat", "ferge": "lokal"}
#: Places along a road that are tried for each stop.
_TRIES: Final = 8
_SIDE: Final = 6.0  # metres from the middle of the road to a stop


def stop_places(xy: Array, names: Sequence[str], modes: Sequence[str], *, within: float) -> Array:
    """Give the number of the stop place: stops of one mode and name near each other are one.

    Parameters
    ----------
    xy
        Coordinates (n, 2), metres.
    within
        Metres between two stops of a place, one by one.
    """
    key = pd.factorize(pd.Series(list(zip(names, modes, strict=True))))[0]
    pairs = cKDTree(xy).query_pairs(within, output_type="ndarray")
    same = key[pairs[:, 0]] == key[pairs[:, 1]]
    net = coo_array((np.ones(same.sum()), pairs[same].T), shape=(len(xy), len(xy)))
    return np.asarray(connected_components(net.tocsr(), directed=False)[1])


def timetable_for(
    stops: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame | None = None,
    *,
    hubs: int | None = None,
    events: int | None = None,
    detour: float = 1.3,
    days: Mapping[str, Array] | None = None,
) -> dict[str, pd.DataFrame]:
    """Invent lines and times for any stops.

    Buses and trams follow the roads from the middle of the stops to their ends, with local lines
    from hubs that lie apart; other modes go from stop to stop. Of the stops of a place, the one on
    the right side of the way serves each direction.

    Parameters
    ----------
    stops
        The layer holdeplass in a metric CRS: holdeplass_id, navn, transportmiddel.
    roads
        LineStrings of the roads in the CRS of the stops; buses prefer those where ``fartsgrense``
        is high. Without roads, straight lines between neighbouring stops.
    hubs
        How many stops local lines begin at; one for each 30 stops when absent.
    events
        Calls at stops on a weekday that the headways are stretched to reach.
    detour
        Metres of road for each metre of straight line, where no roads are given.
    days
        Dates of the calendars; one year from 14 December 2025 when absent.

    Returns
    -------
    dict
        rutelinje, rutetur, ruteavgang, rutedag, and holdeplass with stoppested_id.
    """
    stops = stops.reset_index(drop=True)
    xy = shapely.get_coordinates(stops.geometry.to_numpy())
    ids = stops["holdeplass_id"].astype(str).to_numpy()
    named = stops["navn"].astype("object").where(stops["navn"].notna(), stops["holdeplass_id"])
    modes = stops["transportmiddel"].to_numpy()
    place = stop_places(xy, named.astype(str).tolist(), modes.tolist(), within=150.0)
    lines: list[Line] = []
    for mode in [mode for mode in SPEED if (modes == mode).any()]:
        rows = np.flatnonzero(modes == mode)
        _, member = np.unique(place[rows], return_inverse=True)
        weight = np.bincount(member)
        middle = np.column_stack([np.bincount(member, xy[rows, k]) / weight for k in (0, 1)])
        routes = _routes_of(mode, middle, roads, detour, hubs)
        first = len(lines)
        for number, (kind, route) in enumerate(routes):
            ways = [_quays(route.stops[::turn], middle, xy[rows], member) for turn in (1, -1)]
            lines.append(Line(
                line_id=f"{mode}-{number + 1}",
                number=str(number + 1),
                name=f"{named[rows[ways[0][0]]]} – {named[rows[ways[0][-1]]]}",
                mode=mode,
                stops=tuple(ids[rows[ways[0]]].tolist()),
                back_stops=tuple(ids[rows[ways[1]]].tolist()),
                metres=route.metres,
                services=services(kind),
                phase=((first + number) * 7 % 10 * 60, (first + number) * 3 % 10 * 60),
            ))  # fmt: skip
    if events is not None:
        lines = _stretched(lines, events)
    dates = days or calendars(dt.date(2025, 12, 14), dt.date(2026, 12, 12))
    found = make_timetable(lines, dates, names=dict(zip(ids, named.astype(str), strict=True)))
    stops["stoppested_id"] = [f"SP{number + 1:05d}" for number in place]
    return {"holdeplass": stops, **found}


def stops_along(
    roads: gpd.GeoDataFrame, *, step: float = 450.0, first: str = "X"
) -> gpd.GeoDataFrame:
    """Lay out bus stops on both sides of roads, for a net that has none.

    Parameters
    ----------
    roads
        LineStrings in a metric CRS: the roads that buses may take.
    step
        Metres between stops on a road; no place is nearer to another than 0.8 of it.
    first
        What the ids begin with.

    Returns
    -------
    geopandas.GeoDataFrame
        The layer holdeplass: two rows a place, of one name, in the CRS of the roads.
    """
    lines = roads.geometry.to_numpy()
    lines = lines[shapely.get_type_id(lines) == 1]
    whole = np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))))
    longest = whole[np.argsort(-shapely.length(whole), kind="stable")]
    at, direction, _, _ = walk(longest, step / _TRIES)
    near = cKDTree(at).query_pairs(0.8 * step, output_type="ndarray")
    kept = np.ones(len(at), bool)
    for low, high in near[np.lexsort((near[:, 1], near[:, 0]))].tolist():
        kept[high] &= not kept[low]
    at, direction = at[kept], direction[kept]
    aside = np.column_stack([direction[:, 1], -direction[:, 0]]) * _SIDE
    xy = np.round(np.stack([at + aside, at - aside], axis=1).reshape(-1, 2), 2)
    number = np.repeat(np.arange(len(at)), 2) + 1
    return gpd.GeoDataFrame(
        {
            "holdeplass_id": [f"{first}{n:04d}{'ab'[k % 2]}" for k, n in enumerate(number)],
            "navn": [f"Stopp {n}" for n in number],
            "transportmiddel": "buss",
        },
        geometry=shapely.points(xy),
        crs=roads.crs,
    )


def _routes_of(
    mode: str, xy: Array, roads: gpd.GeoDataFrame | None, detour: float, hubs: int | None
) -> list[tuple[str, Route]]:
    """Lines of one mode: (kind of line, route)."""
    if len(xy) < 2:
        return []
    if mode not in {"buss", "trikk"}:
        return [(_KIND[mode], chain(xy))]
    ways = _ways(xy, roads, detour)
    on = np.flatnonzero(ways.stop >= 0)
    if not len(on):
        return []
    hub = spread(xy, on, hubs or max(len(xy) // 30, 2))
    trunk = to_targets(ways, hub[0], hub[1:])
    served = {int(stop) for route in trunk for stop in route.stops}
    return [("stamme", route) for route in trunk] + [
        ("lokal", route) for route in cover(ways, hub, served)
    ]


def _ways(xy: Array, roads: gpd.GeoDataFrame | None, detour: float) -> Ways:
    if roads is None:
        return straight_ways(xy, detour=detour)
    roads = roads[shapely.get_type_id(roads.geometry.to_numpy()) == 1]
    cost = None
    if "fartsgrense" in roads:  # a bus keeps to the main roads
        cost = 60.0 / roads["fartsgrense"].astype("Float64").fillna(30).to_numpy(float)
    return road_ways(roads.geometry.to_numpy(), xy, cost=cost)


def spread(xy: Array, among: Array, count: int) -> list[int]:
    """Choose stops that lie apart: the one in the middle, then always the farthest from them."""
    middle = np.median(xy[among], axis=0)
    chosen = [int(among[np.argmin(np.hypot(*(xy[among] - middle).T))])]
    away = np.hypot(*(xy[among] - xy[chosen[0]]).T)
    while len(chosen) < min(count, len(among)):
        chosen.append(int(among[np.argmax(away)]))
        away = np.minimum(away, np.hypot(*(xy[among] - xy[chosen[-1]]).T))
    return chosen


def _quays(order: Array, middle: Array, xy: Array, member: Array) -> Array:
    """Row of the stop that serves each place on the way: the one on its right side."""
    at = middle[order]
    ahead = np.gradient(at, axis=0) if len(at) > 1 else np.zeros_like(at)
    found = np.empty(len(order), int)
    for k, number in enumerate(order.tolist()):
        quays = np.flatnonzero(member == number)
        aside = xy[quays] - at[k]
        right = aside[:, 0] * ahead[k, 1] - aside[:, 1] * ahead[k, 0]
        found[k] = quays[int(np.argmax(right))]
    return found


def _stretched(lines: list[Line], events: int) -> list[Line]:
    """Stretch all headways by one factor, so that a weekday has about so many calls at stops."""
    low, high = 0.02, 50.0
    for _ in range(40):
        factor = (low * high) ** 0.5
        tried = [_paced(line, factor) for line in lines]
        low, high = (factor, high) if events_of(tried) > events else (low, factor)
    return [_paced(line, high) for line in lines]


def _paced(line: Line, factor: float) -> Line:
    return replace(
        line,
        services=tuple(
            replace(service, periods=tuple((a, b, max(round(every * factor), 30))
                                           for a, b, every in service.periods))
            for service in line.services
        ),
    )  # fmt: skip


def benchmark_timetable(
    *,
    stops: int = 500,
    events: int = 60_000,
    seed: int = 3203,
    box: tuple[float, ...] | None = None,
) -> dict[str, pd.DataFrame]:
    """Make a timetable of a size: ``stops`` bus stops and about ``events`` calls on a weekday.

    Parameters
    ----------
    seed
        Where the stops lie.
    box
        West, south, east, north (metres, EPSG:25832) of the stops; 20 km by 30 km when absent.

    Returns
    -------
    dict
        As :func:`timetable_for`.
    """
    rng = np.random.default_rng(seed)
    west, south, east, north = box or (560_000.0, 6_600_000.0, 580_000.0, 6_630_000.0)
    xy = np.round(rng.uniform((west, south), (east, north), (stops, 2)), 2)
    frame = gpd.GeoDataFrame(
        {
            "holdeplass_id": [f"B{k + 1:05d}" for k in range(stops)],
            "navn": [f"Stopp {k + 1}" for k in range(stops)],
            "transportmiddel": "buss",
        },
        geometry=shapely.points(xy),
        crs=CRS_OF_RECORD,
    )
    return timetable_for(frame, events=events)
