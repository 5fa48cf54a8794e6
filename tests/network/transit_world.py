"""Small timetables on a grid of streets, and every way through them, searched without any wit.

Nothing here uses the engine: walks are counted in blocks, and ways are followed trip by trip out
of the layers' own rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from math import ceil, inf

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point

from askergeo.network.snapping import snap
from askergeo.network.timetable import read_timetable
from askergeo.network.transit import join_stops, transit_network, walking_network
from askergeo.parameters import load_parameters
from tests.network.graphs import graph_of

SIDE, BLOCK = 5, 200.0
#: Seconds of a block.
BLOCK_S = 144
DAY = 86_400
DATE = pd.Timestamp("2026-03-17")
#: Five minutes to a stop, two and a half between stops; a minute's margin.
OVERRIDES = {
    "rutesok_gang_min": 5.0,
    "rutesok_bytte_gang_min": 2.5,
    "rutesok_bytte_s": 60,
    "rutesok_bytter": 2,
    "rutesok_lengst_min": 90.0,
}


@dataclass(frozen=True)
class World:
    """The layers, where stops, origins and targets are (blocks), and the parameters."""

    layers: dict
    stops: dict
    places: tuple
    overrides: dict
    block: float = BLOCK

    @property
    def parameters(self):
        return load_parameters("rutesok", self.overrides)

    def network(self, date="2026-03-17"):
        graph = grid(self.block)
        timetable = read_timetable(**self.layers, date=date)
        walk = walking_network(graph, self.parameters)
        stops = join_stops(timetable, graph, self.parameters)
        return transit_network(timetable, walk, stops, parameters=self.parameters)

    def snapped(self):
        points = [Point(x * self.block, y * self.block) for x, y in self.places]
        return snap(grid(self.block), gpd.GeoSeries(points, crs="EPSG:25832"), reach_m=1)

    def changed(self, **overrides):
        return replace(self, overrides={**self.overrides, **overrides})


@lru_cache(maxsize=2)
def grid(block=BLOCK):
    """Streets of five by five junctions."""
    steps = range(SIDE)
    along = [((x, y), (x + 1, y)) for x in steps[:-1] for y in steps]
    across = [((x, y), (x, y + 1)) for x in steps for y in steps[:-1]]
    return graph_of([[(x * block, y * block) for x, y in line] for line in along + across])


def layers_of(stops, trips, *, days=None, transfers=(), block=BLOCK):
    """Make the layers; a trip is (id, line, calendar, [(stop, arrival, departure, on, off)])."""
    calls = [
        (trip, number, *call) for trip, _, _, stop_times in trips
        for number, call in enumerate(stop_times)
    ]  # fmt: skip
    days = days or {"K": [DATE]}
    points = [None if at is None else Point(at[0] * block, at[1] * block) for at in stops.values()]
    names = [
        "tur_id",
        "rekkefolge",
        "holdeplass_id",
        "ankomst",
        "avgang",
        "pastigning",
        "avstigning",
    ]
    times = pd.DataFrame(calls, columns=names).astype({"ankomst": "Int64", "avgang": "Int64"})
    lines = sorted({line for _, line, _, _ in trips})
    frame = pd.DataFrame(
        transfers, columns=["fra_holdeplass_id", "til_holdeplass_id", "sekunder", "mulig"]
    )
    return {
        "holdeplass": gpd.GeoDataFrame(
            {"holdeplass_id": list(stops), "navn": [f"Stopp {s}" for s in stops], "transportmiddel": "buss"},
            geometry=points, crs="EPSG:25832",
        ),
        "rutelinje": pd.DataFrame({"linje_id": lines, "linjenummer": lines, "transportmiddel": "buss"}),
        "rutetur": pd.DataFrame([trip[:3] for trip in trips], columns=["tur_id", "linje_id", "kalender_id"]),
        "ruteavgang": times,
        "rutedag": pd.DataFrame([(k, day) for k, dates in days.items() for day in dates], columns=["kalender_id", "dato"]),
        "rutebytte": frame.astype({"sekunder": "Int64", "mulig": "boolean"}),
    }  # fmt: skip


#: Blocks so long, 24 minutes each, that one rides; one of them may be walked to or between stops.
FAR = 2000.0
FAR_OVERRIDES = {
    **OVERRIDES,
    "rutesok_gang_min": 24.0,
    "rutesok_bytte_gang_min": 24.0,
    "rutesok_lengst_min": 75.0,
}


def random_world(seed, *, around=8 * 3600, trips=16):
    """Eight stops in a row, five lines along parts of it with trips that overtake, and rules.

    Trips run on the day, the day before or the day after.
    """
    rng = np.random.default_rng(seed)
    spots = rng.permutation(SIDE * SIDE)[:8]
    stops = {f"S{i}": (int(spot) % SIDE, int(spot) // SIDE) for i, spot in enumerate(spots)}
    names = list(stops)
    lines = [_line(rng, names, first) for first in range(5)]
    made = []
    for number in range(trips):
        line = number % len(lines)
        dag = int(rng.choice([-1, 0, 0, 1]))
        time = int(around + line * 360 + rng.integers(-300, 1500)) - dag * DAY
        if time < 0:
            dag, time = 0, time + dag * DAY
        made.append((f"T{number}", f"L{line}", f"K{dag}", _calls(rng, lines[line], max(time, 0))))
    days = {f"K{dag}": [DATE + pd.Timedelta(days=dag)] for dag in (-1, 0, 1)}
    pairs = {tuple(rng.choice(names, 2)) for _ in range(4)}
    transfers = [
        (*pair, [None, int(rng.integers(0, 400))][int(rng.integers(2))], bool(rng.random() < 0.7))
        for pair in sorted(pairs)
    ]
    places = (*(stops[names[n]] for n in (0, 2, 5, 7)), (4, 3))
    layers = layers_of(stops, made, days=days, transfers=transfers, block=FAR)
    return World(layers, stops, places, dict(FAR_OVERRIDES), FAR)


def _line(rng, names, first):
    """Stops from one on, some left out, and whether one may get on and off at each."""
    order = [name for name in names[first : first + 4] if rng.random() < 0.8] or names[:2]
    return [(stop, *(bool(rng.random() < 0.9) for _ in range(2))) for stop in order]


def _calls(rng, line, time):
    calls = []
    for stop, on, off in line:
        stay = int(rng.choice([0, 0, 30, 90]))
        calls.append((stop, time, time + stay, on, off))
        time += stay + int(rng.integers(60, 600))
    return calls


def arrivals(world, departs):
    """Earliest arrival at every place (o, t) when one may leave a place at a time."""
    limits = world.parameters
    reach, limit = limits["rutesok_gang_min"] * 60, limits["rutesok_lengst_min"] * 60
    ride = _rider(world, limits)
    rows = []
    for origin in world.places:
        best = {place: departs + _walk(world, origin, place) for place in world.places}
        for stop, at in world.stops.items():
            walk = _walk(world, origin, at)
            if walk > reach:
                continue
            for end, time in ride(stop, departs + walk, limits["rutesok_bytter"] + 1):
                for place, so_far in best.items():
                    egress = _walk(world, world.stops[end], place)
                    if egress <= reach:
                        best[place] = min(so_far, time + egress)
        rows.append([best[t] if best[t] - departs <= limit else inf for t in world.places])
    return np.array(rows)


def _rider(world, limits):
    """Make a function: every stop and time that so many rides can end at, from a stop and time."""
    runs = _runs(world.layers)
    transfers = _transfers(world, limits)

    @cache
    def ride(stop, time, left):
        ends = set()
        for run in runs:
            for i, (start, _, leaves, on, _) in enumerate(run):
                if start == stop and on and leaves >= time:
                    ends |= {(end, comes) for end, comes, _, _, off in run[i + 1 :] if off}
        if left > 1:
            for end, comes in list(ends):
                for other, took in transfers[end]:
                    ends |= ride(other, comes + took, left - 1)
        return frozenset(ends)

    return ride


def _runs(tables):
    """Every trip on every service day near the date, in the date's seconds."""
    calendars = dict(
        tables["rutetur"][["tur_id", "kalender_id"]].itertuples(index=False, name=None)
    )
    dates = tables["rutedag"]
    runs = []
    for trip, calls in tables["ruteavgang"].sort_values("rekkefolge").groupby("tur_id"):
        for day in dates.loc[dates["kalender_id"] == calendars[trip], "dato"]:
            shift = (day - DATE).days * DAY
            runs.append([
                (row.holdeplass_id, row.ankomst + shift, row.avgang + shift, row.pastigning, row.avstigning)
                for row in calls.itertuples()
            ])  # fmt: skip
    return runs


def _transfers(world, limits):
    """Stops and seconds that one can transfer to from each stop."""
    rows = world.layers["rutebytte"].itertuples(index=False, name=None)
    rules = {row[:2]: row[2:] for row in rows}
    found = {stop: [] for stop in world.stops}
    for start in world.stops:
        for end in world.stops:
            seconds, possible = rules.get((start, end), (pd.NA, True))
            walk = _walk(world, world.stops[start], world.stops[end])
            if possible and not pd.isna(seconds):
                found[start].append((end, int(seconds)))
            elif possible and walk <= limits["rutesok_bytte_gang_min"] * 60:
                found[start].append((end, walk + limits["rutesok_bytte_s"]))
    return found


def _walk(world, start, end):
    """5 km/h on the flat is 0.72 s a metre."""
    return ceil((abs(start[0] - end[0]) + abs(start[1] - end[1])) * world.block * 0.72 - 1e-6)
