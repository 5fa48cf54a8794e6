"""Polygons of what lies within 1 000 m on foot of six centres, 30 m to each side of the streets.

The peer is the recipe of osmnx's gallery, written anew from its idea: the networkx subgraph within
the distance, buffers round its nodes and edges, and their union. It takes whole edges between the
nodes that are reached, so it is not the same polygon; the difference is therefore held against the
union of the exact parts' buffers (exact: m² of symmetric difference; raster: 1 − IoU).
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely

from askergeo.network.isochrones import isochrone, isochrone_fast, isochrone_lines
from askergeo.network.paths import Network, reach
from askergeo.network.profiles import metres
from askergeo.network.snapping import edge_lines, snap
from benchmarks import asker
from benchmarks.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.network.snapping import Places

LIMIT_M = 1000.0
WIDTH_M = 30.0
CENTRES = 6


def cases() -> list[Case]:
    """Return the cases: the exact polygon and the one drawn from a grid."""
    shared: dict[str, Any] = {
        "peer": "networkx ego_graph + buffers + union (osmnx's gallery recipe)",
        "run_peer": _recipe,
        "prepare": asker.prepare,
        "needs": ("networkx",),
    }
    return [
        Case(
            name="isochrone",
            work=f"exact polygons, {CENTRES} centres, 1 000 m, asker",
            ours=partial(_draw, isochrone),
            difference=_area_off,
            **shared,
        ),
        Case(
            name="isochrone-raster",
            work=f"map polygons from a 5 m grid, {CENTRES} centres, 1 000 m, asker",
            ours=partial(_draw, isochrone_fast),
            difference=_share_off,
            **shared,
        ),
    ]


@lru_cache(maxsize=1)
def _network(folder: Path) -> tuple[Network, list[Places]]:
    """Make the graph ready for searches, and put each centre on it: not timed, on either side."""
    graph = asker.graph(folder).graph
    centres = asker.package(folder).read("senter").geometry.iloc[:CENTRES]
    places = [snap(graph, centres.iloc[[row]], reach_m=500.0) for row in range(CENTRES)]
    return Network.of(graph, metres(graph)), places


@lru_cache(maxsize=1)
def _networkx(folder: Path) -> tuple[nx.MultiGraph, list[int]]:
    network, places = _network(folder)
    graph = network.graph
    net = nx.MultiGraph()
    net.add_nodes_from((n, {"x": x, "y": y}) for n, (x, y) in enumerate(graph.xy.tolist()))
    columns = graph.start.tolist(), graph.end.tolist(), graph.length.tolist(), edge_lines(graph)
    net.add_edges_from(
        (u, v, {"length": length, "geometry": line})
        for u, v, length, line in zip(*columns, strict=True)
    )
    nodes = [int((graph.start if one.share[0] < 0.5 else graph.end)[one.edge[0]]) for one in places]
    return net, nodes


_folder: list[Path] = []


def _draw(draw: Callable[..., shapely.Geometry], folder: Path) -> list[shapely.Geometry]:
    _folder[:] = [folder]
    network, places = _network(folder)
    return [
        draw(network, reach(network, one, limit=LIMIT_M), one, LIMIT_M, width_m=WIDTH_M)
        for one in places
    ]


def _recipe(folder: Path) -> list[shapely.Geometry]:
    net, nodes = _networkx(folder)
    polygons = []
    for node in nodes:
        near = nx.ego_graph(net, node, radius=LIMIT_M, distance="length")
        points = shapely.points([(data["x"], data["y"]) for _, data in near.nodes(data=True)])
        lines = np.array([data["geometry"] for _, _, data in near.edges(data=True)], dtype=object)
        buffers = shapely.buffer(np.concatenate([points, lines]), WIDTH_M, quad_segs=16)
        polygons.append(shapely.union_all(buffers))
    return polygons


def _exact() -> list[shapely.Geometry]:
    """Unite the buffers of the reached parts with GEOS alone."""
    network, places = _network(_folder[0])
    found = []
    for one in places:
        parts = isochrone_lines(network, reach(network, one, limit=LIMIT_M), one, LIMIT_M)
        buffers = shapely.buffer(parts.lines(network.graph), WIDTH_M, quad_segs=16)
        found.append(shapely.union_all(buffers))
    return found


def _area_off(ours: list[shapely.Geometry], _peer: object) -> float:
    return float(shapely.area(shapely.symmetric_difference(ours, _exact())).max())


def _share_off(ours: list[shapely.Geometry], _peer: object) -> float:
    exact = _exact()
    both = shapely.area(shapely.intersection(ours, exact))
    return float(1 - (both / shapely.area(shapely.union(ours, exact))).min())
