"""Ways to school of the large example: from every address to every school, from door to door.

Ours starts from points, and joins them to the network within the time; the peers get the graph with
its edges split at all doors, in the same (Hilbert) order, and the places that ours found, for they
know nodes only. What is made once for a graph is outside the time on both sides: ours the
contraction, scipy the sparse matrix, pandana the contraction hierarchy. The difference is the
largest in metres, straight lines to the doors left out; pandana keeps whole thousandths of an edge.
"""

from __future__ import annotations

import sys
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo.parameters import load_parameters
from askergeo.school.route import door_to_door, way_network
from benchmarks import asker
from benchmarks.case import Case, run_command
from benchmarks.network import at_edge, split_graph

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.school.route import DoorToDoor
    from benchmarks.network import PeerGraph

FARTHEST = 1e6


class Setting(NamedTuple):
    """Doors and schools, the network with what we found, and what the peers get."""

    network: Network
    homes: gpd.GeoDataFrame
    schools: gpd.GeoDataFrame
    found: DoorToDoor
    peers: PeerGraph


def cases() -> list[Case]:
    """Return the cases: each peer, and the whole command."""
    work = "every address to every school, asker size, snapping included (limit 10 s)"
    shared = {
        "work": work,
        "ours": _ours,
        "prepare": asker.prepare,
        "inputs": _setting,
        "difference": _difference,
        "rounds": 2,
        "group": "skoleveg",
    }
    return [
        Case(
            name="skoleveg-scipy",
            peer="scipy csgraph.dijkstra from every school",
            run_peer=_scipy,
            needs=("scipy",),
            **shared,
        ),
        Case(
            name="skoleveg-pandana",
            peer="pandana shortest_path_lengths",
            run_peer=_pandana,
            load_peer=_pandana_network,
            needs=("pandana",),
            **shared,
        ),
        Case(
            name="skoleveg-kommando",
            work="askergeo skole veg, asker size, the whole command",
            ours=_command,
            prepare=asker.prepare,
            rounds=1,
            group="skoleveg",
        ),
    ]


@lru_cache(maxsize=1)
def _setting(folder: Path) -> Setting:
    package = asker.package(folder)
    homes, schools = package.read("adresse"), package.read("skole")
    graph = asker.graph(folder).graph
    network = way_network(graph)
    found = door_to_door(network, homes, schools, load_parameters("skoleveg"))
    doors = [at_edge(one.places) for one in (found.starts, found.schools)]
    return Setting(network, homes, schools, found, split_graph(graph, doors[0], (doors[1],)))


def _ours(folder: Path) -> NDArray[np.float64]:
    at = _setting(folder)
    found = door_to_door(at.network, at.homes, at.schools, load_parameters("skoleveg"))
    # As the peers measure: between places on the network, without the lines to the doors.
    lines = found.starts.line[:, None] + found.schools.line[None, :]
    rows, columns = (np.unique(one.places.row) for one in (found.starts, found.schools))
    return (found.metres - lines)[np.ix_(rows, columns)]


@lru_cache(maxsize=1)
def _scipy_graph(folder: Path) -> Any:  # noqa: ANN401
    from scipy.sparse import coo_array  # noqa: PLC0415

    peers = _setting(folder).peers
    ends = (np.r_[peers.tail, peers.head], np.r_[peers.head, peers.tail])
    lengths = np.r_[peers.length, peers.length]
    return coo_array((lengths, ends), shape=(len(peers.xy),) * 2).tocsr()


def _scipy(folder: Path) -> NDArray[np.float64]:
    """Search from the schools, as we do."""
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    peers = _setting(folder).peers
    return dijkstra(_scipy_graph(folder), indices=peers.services[0])[:, peers.addresses].T


@lru_cache(maxsize=1)
def _pandana_network(folder: Path) -> Any:  # noqa: ANN401
    import pandana  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    peers = _setting(folder).peers
    return pandana.Network(
        pd.Series(peers.xy[:, 0]),
        pd.Series(peers.xy[:, 1]),
        pd.Series(peers.tail),
        pd.Series(peers.head),
        pd.DataFrame({"m": peers.length}),
        twoway=True,
    )


def _pandana(folder: Path) -> NDArray[np.float64]:
    peers = _setting(folder).peers
    homes, schools = peers.addresses, peers.services[0]
    with warnings.catch_warnings():
        # It lists every pair without a way, megabytes of them.
        warnings.simplefilter("ignore")
        found = _pandana_network(folder).shortest_path_lengths(
            np.repeat(homes, len(schools)), np.tile(schools, len(homes))
        )
    out = np.array(found).reshape(len(homes), len(schools))
    out[out > FARTHEST] = np.inf  # pandana's sign of no way
    return out


def _difference(ours: NDArray[np.float64], peer: NDArray[np.float64]) -> float:
    """Return the largest difference; infinite when one has a way where the other has none."""
    # What we call unknown, a gap in the map, is no way to the peers.
    no_way = ~np.isfinite(ours)
    if not np.array_equal(no_way, np.isinf(peer)):
        return np.inf
    return float(np.abs(ours[~no_way] - peer[~no_way]).max(initial=0.0))


def _command(folder: Path) -> None:
    out = folder / "ut"
    run_command(
        [sys.executable, "-m", "askergeo", "skole", "veg", "--data", str(folder / asker.NAME),
         "--ut", str(out), "--overskriv", "--stille"]
    )  # fmt: skip
