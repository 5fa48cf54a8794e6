"""Public transport of the example: bus lines along the main roads, a railway and a fast boat.

The stops are those that :func:`~askergeo.example.services.make_stops` laid out; nothing of theirs
moves. What is planted stands in ``transport.rutetabell`` of the key: a stop that nothing serves, an
express that overtakes, a trip that overtakes on its own line, trips past midnight, holidays, and a
line with the same headway all through the rush.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.example.lines import Route, chain, cover, road_ways, to_targets
from askergeo.example.timetables import (
    Line,
    Service,
    calendars,
    departures,
    make_timetable,
    services,
    stop_places,
)

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["FIRST_DAY", "LAST_DAY", "make_transit"]

#: The timetable year: the second Sunday of December to the Saturday before the next.
FIRST_DAY: Final = dt.date(2025, 12, 14)
LAST_DAY: Final = dt.date(2026, 12, 12)
#: Lines with departures all day to the larger centres; a small place has fewer.
_TRUNKS: Final = {"liten": 2, "asker": 6}
_PLACE: Final = 60.0  # metres between the stops of a stop place
_WALK: Final = 0.9  # metres a second in a straight line, for the transfers that are stated
_NEAR: Final = 500.0
_EXPRESS: Final = 52.0  # km/h
_BEHIND: Final = 120  # seconds after the local that the express leaves
_FAST_TRIP: Final = (7 * 3_600, 0.6)  # not before, and running times of the trip that overtakes


def make_transit(land: Land) -> None:
    """Add rutelinje, rutetur, ruteavgang, rutedag and rutebytte, and stoppested_id of the stops."""
    stops = land.frames["holdeplass"]
    xy = shapely.get_coordinates(stops.geometry.to_numpy())
    modes = stops["transportmiddel"].to_numpy()
    place = stop_places(xy, [""] * len(xy), modes.tolist(), within=_PLACE)
    stops["stoppested_id"] = [f"SP{number + 1:04d}" for number in place]
    trunk, local = _bus_routes(land, xy, np.flatnonzero(modes == "buss"))
    idle = _idle(land, xy, place, trunk, local)
    trunk, local = ([_without(route, idle) for route in found] for found in (trunk, local))
    lines = _buses(land, trunk, local)
    lines += _others(land, xy, modes)
    frames = make_timetable(
        lines, calendars(FIRST_DAY, LAST_DAY),
        names=dict(zip(stops["holdeplass_id"], stops["navn"], strict=True)),
    )  # fmt: skip
    for layer, frame in frames.items():
        land.frames[layer] = frame
    _transfers(land, xy, modes)
    land.key.setdefault("transport", {})["rutetabell"] = _facts(land, lines, idle)


def _bus_routes(land: Land, xy: Array, bus: Array) -> tuple[list[Route], list[Route]]:
    """Lines between the larger centres, and to the stops that those do not pass."""
    roads = land.frames["veg"]
    roads = roads[(roads["vegtype"] == "bilveg") & roads["vegkategori"].isin(["F", "K"])]
    cost = 60.0 / roads["fartsgrense"].fillna(30).to_numpy(float)  # a bus keeps to the main roads
    ways = road_ways(roads.geometry.to_numpy(), xy[bus], cost=cost)
    centres = land.tables["centres"]
    larger = centres.loc[centres["level"] < 2, ["x", "y"]].to_numpy()
    hubs = list(dict.fromkeys(cKDTree(xy[bus]).query(larger)[1].tolist()))
    trunk = to_targets(ways, hubs[0], hubs[1:])
    served = {int(stop) for route in trunk for stop in route.stops}
    local = cover(ways, hubs, served)
    trunk, local = (
        [Route(bus[route.stops], route.metres) for route in found] for found in (trunk, local)
    )
    return trunk, local


def _idle(land: Land, xy: Array, place: Array, trunk: list[Route], local: list[Route]) -> int:
    """Choose the stop that nothing serves: alone in its place, on one line, most people about."""
    used = np.bincount(np.concatenate([r.stops for r in trunk + local]), minlength=len(xy))
    fit = (used == 1) & (np.bincount(place)[place] == 1)
    inner = [
        np.unique(np.concatenate([np.array([], int), *(one.stops[1:-1] for one in routes)]))
        for routes in (local, trunk)
    ]
    able = next(stops[fit[stops]] for stops in inner if fit[stops].any())
    people = land.tables["people"]
    near = cKDTree(people[["x", "y"]].to_numpy()).query_ball_point(xy[able], _NEAR)
    residents = people["residents"].to_numpy()
    return int(able[np.argmax([residents[rows].sum() for rows in near])])


def _without(route: Route, stop: int) -> Route:
    """Drive past an inner stop."""
    here = np.flatnonzero(route.stops == stop)
    if not len(here):
        return route
    k = int(here[0])
    metres = np.r_[route.metres[: k - 1], route.metres[k - 1 : k + 1].sum(), route.metres[k + 1 :]]
    return Route(np.delete(route.stops, k), metres)


def _buses(land: Land, trunk: list[Route], local: list[Route]) -> list[Line]:
    """Give the routes numbers and departures, and the first trunk its express and night line."""
    rng = land.rng("timetable")
    many = _TRUNKS[land.size.name]
    kinds = ["stamme" if k < many else "lokal" for k in range(len(trunk))]
    numbers = [100 + 10 * k for k in range(len(trunk))] + [201 + k for k in range(len(local))]
    lines = []
    for number, kind, route in zip(
        numbers, kinds + ["lokal"] * len(local), trunk + local, strict=True
    ):
        first, back = (60 * rng.integers(0, 10, 2)).tolist()
        lines.append(_line(land, str(number), "buss", route, kind, phase=(first, back)))
    main = lines[0]
    start, pace = _FAST_TRIP
    ordinary = departures(main.services[0], main.phase[0])
    fast = int(ordinary[np.searchsorted(ordinary, start)]) + _BEHIND
    extra = Service(calendar="hverdag", periods=((fast, fast + 60, 60),), pace=pace, back=False)
    lines[0] = replace(main, services=(*main.services, extra))
    return [*lines, *_beside(land, main, trunk[0])]


def _beside(land: Land, main: Line, route: Route) -> list[Line]:
    """Lay the express and the night line along the first trunk."""
    few = np.unique(np.r_[0 : len(route.stops) : 4, len(route.stops) - 1])
    along = np.r_[0.0, np.cumsum(route.metres)]
    quick = Route(route.stops[few], np.diff(along[few]))
    express = _line(land, f"{main.number}E", "buss", quick, "ekspress")
    phases = []
    for way in (0, 1):
        ordinary = departures(main.services[0], main.phase[way])
        first, _, every = express.services[0].periods[0]
        behind = ordinary[np.searchsorted(ordinary, first)] + _BEHIND
        phases.append(int((behind - first) % every))
    express = replace(express, phase=(phases[0], phases[1]), speed=_EXPRESS)
    return [express, _line(land, f"N{main.number}", "buss", route, "natt")]


def _others(land: Land, xy: Array, modes: Array) -> list[Line]:
    """Trains along the railway, and a boat from quay to quay in the rush hours."""
    found = []
    rail = np.flatnonzero(modes == "tog")
    if len(rail) > 1:
        tracks = land.frames["jernbane"].geometry.to_numpy()
        ways = road_ways(tracks, xy[rail], farthest=100.0)
        straight = chain(xy[rail])
        end = int(straight.stops[0])
        lines = to_targets(ways, end, [k for k in range(len(rail)) if k != end])
        route = max(lines, key=lambda one: len(one.stops), default=straight)
        if len(route.stops) < len(rail):
            route = straight
        train = Route(rail[route.stops], route.metres)
        found.append(_line(land, "R1", "tog", train, "bane", phase=(420, 120)))
    quays = np.flatnonzero(modes == "hurtigbat")
    if len(quays) > 1:
        boat = chain(xy[quays], detour=1.15)
        boat = Route(quays[boat.stops], boat.metres)
        found.append(_line(land, "B10", "hurtigbat", boat, "bat", phase=(300, 900)))
    return found


def _line(
    land: Land, number: str, mode: str, route: Route, kind: str, *, phase: tuple[int, int] = (0, 0)
) -> Line:
    stops = land.frames["holdeplass"]
    ids = stops["holdeplass_id"].to_numpy()[route.stops]
    names = stops["navn"].to_numpy()[route.stops[[0, -1]]]
    return Line(
        line_id=f"L{number}", number=number, name=f"{names[0]} – {names[1]}", mode=mode,
        stops=tuple(ids.tolist()), metres=route.metres, services=services(kind), phase=phase,
        operator="Eksempelbåten" if mode == "hurtigbat" else "Eksempelruter",
    )  # fmt: skip


def _transfers(land: Land, xy: Array, modes: Array) -> None:
    """State the transfers between stations or quays and buses, and one that cannot be made."""
    ids = land.frames["holdeplass"]["holdeplass_id"].to_numpy()
    place = land.frames["holdeplass"]["stoppested_id"].to_numpy()
    bus, other = np.flatnonzero(modes == "buss"), np.flatnonzero(modes != "buss")
    away, near = cKDTree(xy[bus]).query(xy[other])
    close = away <= _NEAR
    a, b = other[close], bus[near[close]]
    seconds = (np.ceil(away[close] / _WALK / 10) * 10 + 60).astype(np.int64)
    gap, mate = cKDTree(xy[bus]).query(xy[bus], 2)
    apart = place[bus] != place[bus[mate[:, 1]]]
    k = int(np.argmin(np.where(apart, gap[:, 1], np.inf)))
    closed = bus[[k, mate[k, 1]]]
    first, second = np.r_[a, b, closed], np.r_[b, a, closed[::-1]]
    land.add(
        "rutebytte",
        fra_holdeplass_id=ids[first],
        til_holdeplass_id=ids[second],
        sekunder=pd.array([*seconds.tolist() * 2, None, None], dtype="Int64"),
        mulig=np.r_[np.ones(2 * len(a), bool), np.zeros(2, bool)],
    )


def _facts(land: Land, lines: list[Line], idle: int) -> dict[str, Any]:
    """Tell what is planted, from the lines as they were laid."""
    days = calendars(FIRST_DAY, LAST_DAY)
    main = lines[0]
    express = next(line for line in lines if line.number == f"{main.number}E")
    ids = land.frames["holdeplass"]["holdeplass_id"]
    weekdays = [
        (line, len(departures(service, line.phase[way])))
        for line in lines
        for service in line.services
        if service.calendar == "hverdag"
        for way, runs in ((0, service.forward), (1, service.back))
        if runs
    ]
    first, last, every = main.services[0].periods[1]
    return {
        "fra": str(FIRST_DAY),
        "til": str(LAST_DAY),
        "vanlig_dag": "2025-12-16",
        "dager": {name: len(dates) for name, dates in days.items()},
        "helligdager_som_sondag": ["2026-01-01", "2026-04-02", "2026-04-03", "2026-05-01"],
        "linjer": len(lines),
        "turer_hverdag": sum(number for _, number in weekdays),
        "stopp_hverdag": sum(number * len(line.stops) for line, number in weekdays),
        "ikke_betjent": str(ids.iloc[idle]),
        "takt": {"linje_id": main.line_id, "fra_s": first, "til_s": last, "sekunder": every},
        "forbikjoring_paa_linjen": {
            "linje_id": main.line_id,
            "tur_id": _ids(main, "hverdag")[-1],
            "avgang_s": main.services[-1].periods[0][0],
        },
        "ekspress": {
            "linje_id": express.line_id,
            "forbi_linje_id": main.line_id,
            "sekunder_bak": _BEHIND,
            "fra": express.stops[0],
            "til": express.stops[-1],
        },
        "nattlinje": f"LN{main.number}",
    }


def _ids(line: Line, calendar: str) -> list[str]:
    """Trips of a line one way, in the order that they were made."""
    count = sum(
        len(departures(service, line.phase[0]))
        for service in line.services
        if service.calendar == calendar and service.forward
    )
    return [f"{line.line_id}-{calendar}-0-{k + 1:03d}" for k in range(count)]
