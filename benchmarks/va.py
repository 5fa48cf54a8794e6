"""Water and sewage: 100 000 pipes of a made-up town, with service pipes that end on the mains.

The town is a grid of streets with a main in each (water and sewage beside each other) and service
pipes that end on them without a vertex there, as in the maps of the owners. One pipe in a hundred
stops a few decimetres short.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.parameters import load_parameters
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

PIPES = 100_000
BLOCK_M = 60.0
_SEED = 20_261


def cases() -> list[Case]:
    """Return the cases."""
    return [
        Case(
            name="va-topologi",
            work="network and repair report of 100 000 pipes (limit 20 s)",
            ours=_topology,
            inputs=lambda _folder: _layers(),
            peer="networkx Graph of the ends + connected_components (no snapping, no report)",
            run_peer=_networkx,
            needs=("networkx",),
            rounds=2,
            group="va",
        ),
        Case(
            name="va-bortfall",
            work="who loses water for every pipe, node, source and valve segment of 100 000 pipes "
            "(limit 20 s)",
            ours=_failures,
            prepare=lambda _folder: _supply() and None,
            inputs=lambda _folder: _supply(),
            peer=f"networkx: remove each of {SAMPLE} of the pipes, search from the sources "
            f"(for all pipes {PIPES // SAMPLE} times as long)",
            run_peer=_removed,
            difference=_most_apart,
            needs=("networkx",),
            rounds=2,
            group="va",
        ),
    ]


def town(pipes: int = PIPES, *, medium: str = "vann", seed: int = _SEED) -> gpd.GeoDataFrame:
    """Make a town of about so many pipes: a third are mains, the rest service pipes.

    ``ledning_id``, ``type``, ``funksjon``, ``dimensjon_mm``, ``materiale``, ``anleggsaar`` and the
    lines; deterministic for a seed.
    """
    random = np.random.default_rng(seed)
    mains = pipes // 3
    side = int(np.sqrt(mains / 2)) + 1
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    at = np.column_stack([column.ravel(), row.ravel()])
    across, up = at[at[:, 0] < side - 1], at[at[:, 1] < side - 1]
    start = np.concatenate([across, up])
    step = np.repeat([[1, 0], [0, 1]], [len(across), len(up)], axis=0)
    origin = np.array([560_000.0, 6_630_000.0])
    ends = np.stack([start, start + step], axis=1)[:mains] * BLOCK_M + origin
    short = random.random(len(ends)) < 0.01
    along = (ends[:, 1] - ends[:, 0]) / BLOCK_M
    ends[short, 1] -= along[short] * random.uniform(0.1, 0.4, (short.sum(), 1))
    own = random.integers(0, len(ends), pipes - len(ends))
    foot = ends[own, 0] + along[own] * random.uniform(5, 55, (len(own), 1))
    out = np.column_stack([-along[own, 1], along[own, 0]]) * random.choice(
        [-1.0, 1.0], (len(own), 1)
    )
    stops = np.where(random.random(len(own)) < 0.01, 0.3, 0.0)[:, None]
    branches = np.stack([foot + out * stops, foot + out * 15], axis=1)
    lines = np.asarray(shapely.linestrings(np.concatenate([ends, branches])), dtype=object)
    count = len(lines)
    return gpd.GeoDataFrame(
        {
            "ledning_id": np.char.mod("L%06d", np.arange(count)),
            "type": medium,
            "funksjon": np.repeat(["fordelingsledning", "stikkledning"], [len(ends), len(own)]),
            "dimensjon_mm": np.repeat([150, 32], [len(ends), len(own)]),
            "materiale": random.choice(["SJG", "SJK", "PVC", "PE", "AC"], count),
            "anleggsaar": random.integers(1930, 2020, count),
        },
        geometry=lines,
        crs="EPSG:25832",
    )


def sources(pipes: gpd.GeoDataFrame, count: int = 4) -> gpd.GeoDataFrame:
    """Return waterworks at the first ends of some mains, spread over the town."""
    mains = np.flatnonzero(pipes["funksjon"] == "fordelingsledning")
    which = mains[np.linspace(0, len(mains) - 1, count).astype(int)]
    at = shapely.get_point(pipes.geometry.array[which], 0)
    ids = [f"VV{number}" for number in range(count)]
    return gpd.GeoDataFrame({"anlegg_id": ids, "type": "vannverk"}, geometry=at, crs=pipes.crs)


@lru_cache(maxsize=1)
def _layers() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    half = PIPES // 2
    water, sewage = town(half), town(half, medium="spillvann", seed=_SEED + 1)
    sewage["ledning_id"] = "A" + sewage["ledning_id"]
    sewage.geometry = sewage.translate(1.0, 1.0)
    whole = pd.concat([water, sewage], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=water.crs), sources(water)


def _topology(_folder: Path) -> Any:  # noqa: ANN401
    from askergeo.va.topology import topology  # noqa: PLC0415

    pipes, works = _layers()
    return len(topology(pipes, None, works, parameters=load_parameters("va_nett")).faults)


def _networkx(_folder: Path) -> int:
    """Build what a planner would with networkx: ends that agree to the millimetre are joined."""
    import networkx as nx  # noqa: PLC0415

    pipes, _ = _layers()
    graph = nx.Graph()
    lines = pipes.geometry.array
    start = shapely.get_coordinates(shapely.get_point(lines, 0)).round(3)
    end = shapely.get_coordinates(shapely.get_point(lines, -1)).round(3)
    kinds = pipes["type"].to_numpy()
    for kind, a, b, length in zip(kinds, start.tolist(), end.tolist(), shapely.length(lines),
                                  strict=True):  # fmt: skip
        graph.add_edge((kind, *a), (kind, *b), length=length)
    return sum(1 for _ in nx.connected_components(graph))


#: Pipes that networkx removes, of all.
SAMPLE = 50


@lru_cache(maxsize=1)
def _supply() -> tuple[Any, Any]:
    """Return one town of water as failures see it, a valve at every fourth end, and its homes."""
    from askergeo.va._supply_network import supply_pipes  # noqa: PLC0415
    from askergeo.va.network import pipe_network  # noqa: PLC0415
    from askergeo.va.supply import OPEN, Pipes  # noqa: PLC0415

    pipes = town()
    parameters = load_parameters("va_nett")
    network, _ = pipe_network(pipes, None, sources(pipes), medium="vann", parameters=parameters)
    plain = supply_pipes(network, network.source)
    random = np.random.default_rng(_SEED)
    valves = np.where(random.random((network.edges, 2)) < 0.25, OPEN, 0).astype(np.int8)
    homes = random.integers(0, 5, (network.edges, 8)).astype(np.float64)
    return Pipes(plain.nodes, plain.start, plain.end, plain.sources, valves), homes


def _failures(_folder: Path) -> Any:  # noqa: ANN401
    from askergeo.va.supply import lost, reserve  # noqa: PLC0415

    pipes, homes = _supply()
    reserve(pipes)
    answer = lost(pipes, np.zeros((pipes.nodes, homes.shape[1])), homes)
    return answer.pipe[_sample(len(homes)), 0]


def _sample(pipes: int) -> Any:  # noqa: ANN401
    return np.linspace(0, pipes - 1, SAMPLE).astype(int)


def _removed(_folder: Path) -> Any:  # noqa: ANN401
    """Remove each pipe of the sample, and search for those who still have water."""
    import networkx as nx  # noqa: PLC0415

    pipes, homes = _supply()
    graph = nx.MultiGraph()
    ends = list(zip(pipes.start.tolist(), pipes.end.tolist(), range(len(homes)), strict=True))
    graph.add_nodes_from(range(pipes.nodes))
    graph.add_edges_from(ends)
    graph.add_edges_from(("root", int(source)) for source in pipes.sources)
    before = _wet(graph, pipes)
    found = []
    for k in _sample(len(homes)).tolist():
        graph.remove_edge(*ends[k])
        after = _wet(graph, pipes)
        after[k] = False
        graph.add_edge(*ends[k])
        found.append(homes[before & ~after, 0].sum() if before[k] else np.nan)
    return np.array(found)


def _wet(graph: Any, pipes: Any) -> Any:  # noqa: ANN401
    import networkx as nx  # noqa: PLC0415

    has = np.zeros(pipes.nodes, dtype=bool)
    has[[node for node in nx.node_connected_component(graph, "root") if node != "root"]] = True
    return has[pipes.start] | has[pipes.end]


def _most_apart(ours: Any, theirs: Any) -> float:  # noqa: ANN401
    """Return the largest difference; unknown in one only is infinite."""
    if (np.isnan(ours) != np.isnan(theirs)).any():
        return float("inf")
    return float(np.nanmax(np.abs(ours - theirs), initial=0.0))
