"""Public transport: door to door by the minute, and stop to stop beside two planners from npm.

``transit`` is the size that is promised: 500 stops and 60 000 calls a day on the walking network of
the large example, from each 100 m cell with an address to 40 places, every minute of two hours.

The peers know stops only, and search forwards from one departure at a time: earliest arrival at
all stops, from ten stops, every minute of two hours. They get the same feed as GTFS, with walks
between stops that lie near each other; ours answers the same with its kernel for that direction.
Their models are met half way: no margin at a transfer (neither has one at the same stop); walks
between all stops of a cluster, for both may walk twice in a row; up to nine rides, for
raptor-journey-planner has no limit; calls on one day. What is compared is every travel time, as
sorted by pair; the difference is the largest, in seconds. minotor agrees to the second.
raptor-journey-planner is later in one of fourteen arrivals, never earlier: it begins each look for
a trip where the last one on the route ended, and misses those that are boarded later and farther
up; ``transit-raptor-whole`` is it without that shortcut, and agrees to the second.

They are installed in a temporary folder; without npm or net they are left out, and named. The
second has the licence GPL: it is run here, beside the package, and nowhere in it.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks import asker
from benchmarks.case import Case

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.snapping import Places
    from askergeo.network.transit import TransitNetwork, TravelTimes

PACKAGES = {"minotor": "1.0.7", "raptor-journey-planner": "2.2.3"}
PEERS = {
    "minotor": "minotor 1.0.7",
    "raptor": "raptor-journey-planner 2.2.3",
    "raptor-whole": "raptor-journey-planner 2.2.3 without its shortcut",
}
WHERE = "ASKERGEO_BENCH_NODE"
FROM, BEFORE, LIMIT = 7 * 3600, 9 * 3600, 4 * 3600
STOPS, EVENTS, POINTS, PLACES, ORIGINS = 500, 60_000, 5_000, 40, 10
NEAR_M, WALK_MS, RIDES = 500.0, 1.0, 9


class Setting(NamedTuple):
    """A network, and where the ways begin and end."""

    net: TransitNetwork
    origins: Places
    targets: Places


class Stops(NamedTuple):
    """A timetable stop to stop: kernel lines, walks by stop, walks (s, s), origins and stops."""

    lines: Any
    walks: tuple[NDArray[np.int32], ...]
    alone: NDArray[np.int32]
    origins: NDArray[np.intp]
    ids: list[str]
    date: str


def cases() -> list[Case]:
    """Return the cases: door to door, and each peer stop to stop."""
    shared = {
        "work": f"{ORIGINS} stops to {STOPS}, every minute of two hours, {EVENTS} calls",
        "ours": _ours,
        "prepare": _prepare,
        "inputs": _stops,
        "difference": _difference,
        "rounds": 1,
        "group": "transit",
        "invocations": 1,
    }
    return [
        Case(
            name="transit",
            work="cells to 40 places, every minute of two hours (limit 60 s)",
            ours=_door_to_door,
            prepare=asker.prepare,
            inputs=_setting,
            rounds=3,
            group="transit",
        ),
        *(
            Case(
                name=f"transit-{name}",
                peer=peer,
                run_peer=lambda folder, name=name: _ask(folder, name),
                load_peer=lambda folder, name=name: _process(folder, name),
                why_absent=lambda name=name: _why_absent(name),
                **shared,
            )
            for name, peer in PEERS.items()
        ),
    ]


@lru_cache(maxsize=1)
def _setting(folder: Path) -> Setting:
    from askergeo.example.timetables import timetable_for  # noqa: PLC0415
    from askergeo.network.snapping import snap  # noqa: PLC0415
    from askergeo.network.timetable import read_timetable  # noqa: PLC0415
    from askergeo.network.transit import (  # noqa: PLC0415
        join_stops,
        transit_network,
        walking_network,
    )
    from askergeo.parameters import load_parameters  # noqa: PLC0415

    package, graph = asker.package(folder), asker.graph(folder).graph
    cells = _cells(package.read("adresse"))
    rng = np.random.default_rng(7)
    places = pd.concat([package.read(name).geometry.centroid for name in ("senter", "tjeneste")])
    stops = cells.iloc[np.sort(rng.permutation(len(cells))[:STOPS])].reset_index(drop=True)
    number = np.arange(STOPS).astype(str)
    stops["holdeplass_id"], stops["navn"] = np.char.add("B", number), np.char.add("Stopp ", number)
    stops["transportmiddel"] = "buss"
    timetable = read_timetable(**timetable_for(stops, events=EVENTS))
    parameters = load_parameters("rutesok")
    net = transit_network(
        timetable,
        walking_network(graph, parameters),
        join_stops(timetable, graph, parameters),
        parameters=parameters,
    )
    joined = (snap(graph, one, reach_m=500) for one in (cells.iloc[:POINTS], places.iloc[:PLACES]))
    return Setting(net, *joined)


def _cells(homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the first address of each 100 m cell."""
    corners = np.floor(homes.geometry.get_coordinates().to_numpy() / 100)
    first = np.unique(corners, axis=0, return_index=True)[1]
    return homes.iloc[np.sort(first)][["geometry"]]


def _door_to_door(folder: Path) -> TravelTimes:
    from askergeo.network.transit import travel_times  # noqa: PLC0415

    return travel_times(*_setting(folder), first_s=FROM, last_s=BEFORE)


def _prepare(folder: Path) -> None:
    """Write the feed, and install the peers beside it where that can be done."""
    from askergeo.sources.feed import make_feed  # noqa: PLC0415
    from askergeo.sources.feed_writing import write_gtfs  # noqa: PLC0415

    tables = _tables()
    dates = tables["rutedag"]["dato"]
    feed = folder / "gtfs.zip"
    write_gtfs(make_feed(**tables), feed)
    # raptor-journey-planner takes no service that calendar.txt does not name.
    names = sorted(tables["rutedag"]["kalender_id"].unique())
    ends = ",".join(day.strftime("%Y%m%d") for day in (dates.min(), dates.max()))
    head = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date"
    rows = [head, *(f"{name},0,0,0,0,0,0,0,{ends}" for name in names)]
    with zipfile.ZipFile(feed, "a") as archive:
        archive.writestr("calendar.txt", "\n".join(rows) + "\n")
        archive.extractall(folder)
    os.environ[WHERE] = str(folder)
    if shutil.which("npm"):
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *wanted],
            check=False,
            capture_output=True,
        )
        shutil.copy(Path(__file__).with_name("transit_peers.cjs"), folder)


def _why_absent(name: str) -> str:
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm is not installed"
    package = next(one for one in PACKAGES if one.startswith(name.removesuffix("-whole")))
    there = Path(os.environ.get(WHERE, "")) / "node_modules" / package
    return "" if there.is_dir() else f"npm could not install {package}"


def _tables() -> dict[str, pd.DataFrame]:
    """Make the timetable, with walks between all stops that lie near each other, one by one."""
    from askergeo.example.timetables import benchmark_timetable, stop_places  # noqa: PLC0415

    tables = benchmark_timetable(stops=STOPS, events=EVENTS)
    stops = tables["holdeplass"]
    xy = stops.geometry.get_coordinates().to_numpy()
    place = stop_places(xy, [""] * len(xy), [""] * len(xy), within=NEAR_M)
    a, b = np.nonzero((place[:, None] == place) & ~np.eye(len(xy), dtype=bool))
    ids = stops["holdeplass_id"].to_numpy()
    seconds = np.ceil(np.hypot(*(xy[a] - xy[b]).T) / WALK_MS).astype(int)
    walks = {"fra_holdeplass_id": ids[a], "til_holdeplass_id": ids[b], "sekunder": seconds}
    # Stops of a place would be one to minotor.
    return {
        **tables,
        "holdeplass": stops.assign(stoppested_id=pd.NA),
        "rutebytte": pd.DataFrame(walks).assign(mulig=True),
    }


@lru_cache(maxsize=1)
def _stops(_folder: Path) -> Stops:
    from askergeo.network._raptor import NEVER  # noqa: PLC0415
    from askergeo.network._transit_lines import kernel_lines  # noqa: PLC0415
    from askergeo.network._transit_walks import grouped  # noqa: PLC0415
    from askergeo.network.timetable import read_timetable  # noqa: PLC0415

    timetable = read_timetable(**_tables())
    ids = timetable.stops.index.astype(str).tolist()
    walks = timetable.transfers
    own = np.arange(len(ids))
    ends = (np.r_[own, walks["fra"]], np.r_[own, walks["til"]], np.r_[own * 0, walks["sekunder"]])
    start, end, seconds = (one.astype(np.int32) for one in ends)
    alone = np.full((len(ids), len(ids)), NEVER, dtype=np.int32)
    alone[start, end] = seconds
    foot = grouped(start, len(ids), end, seconds)
    origins = np.linspace(0, len(ids) - 1, ORIGINS).astype(int)
    return Stops(kernel_lines(timetable, foot), foot, alone, origins, ids, str(timetable.date))


def _ours(folder: Path) -> NDArray[np.float64]:
    """Travel times, sorted by pair: (origin, stop, departure)."""
    from askergeo.network._network import in_parts  # noqa: PLC0415
    from askergeo.network._raptor import from_origins  # noqa: PLC0415

    at = _stops(folder)
    starts = np.arange(FROM, BEFORE, 60, dtype=np.int32)
    rows = at.origins
    ptr, stops, seconds = at.walks
    near = np.concatenate([np.arange(ptr[row], ptr[row + 1]) for row in rows])
    near_ptr = np.r_[0, np.cumsum(np.diff(ptr)[rows])].astype(np.int32)
    pairs = (len(rows), len(at.ids))
    best, worst, share = (np.empty(pairs) for _ in range(3))
    sorted_times = np.empty((*pairs, len(starts)))
    in_parts(
        lambda first, last: from_origins(
            at.lines, RIDES, near_ptr, stops[near], seconds[near], ptr, stops, seconds,
            at.alone[rows], starts, np.int32(LIMIT), np.arange(len(starts)), first, last,
            best, worst, sorted_times, share,
        ),
        len(rows),
        1,
    )  # fmt: skip
    return sorted_times


@lru_cache(maxsize=1)
def _process(folder: Path, name: str) -> subprocess.Popen[str]:
    """Start node and load the feed."""
    process = subprocess.Popen(
        ["node", "--max-old-space-size=4096", str(folder / "transit_peers.cjs")],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    _tell(process, {"peer": name, "feed": str(folder / "gtfs.zip"), "date": _stops(folder).date})
    return process


def _ask(folder: Path, name: str) -> NDArray[np.float64]:
    at = _stops(folder)
    starts = np.arange(FROM, BEFORE, 60)
    origins = [at.ids[row] for row in at.origins]
    out = folder / f"{name}.bin"
    query = {"origins": origins, "starts": starts.tolist(), "stops": at.ids, "out": str(out)}
    _tell(_process(folder, name), query)
    found = np.fromfile(out, np.int32).reshape(len(origins), len(starts), -1)
    times = np.where(found < 0, np.inf, found - starts[:, None])
    times[times > LIMIT] = np.inf
    return np.sort(times.transpose(0, 2, 1), axis=2)


def _tell(process: subprocess.Popen[str], command: dict[str, object]) -> None:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the peer cannot be talked to")
    process.stdin.write(json.dumps(command) + "\n")
    process.stdin.flush()
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("the peer stopped")


def _difference(ours: NDArray[np.float64], peer: NDArray[np.float64]) -> float:
    """Return the largest difference in seconds; infinite when one reaches what the other does not.

    A pair's times are compared in order of size, so that all must be alike.
    """
    if not np.array_equal(np.isfinite(ours), np.isfinite(peer)):
        return np.inf
    known = np.isfinite(ours)
    return float(np.abs(ours[known] - peer[known]).max(initial=0.0))
