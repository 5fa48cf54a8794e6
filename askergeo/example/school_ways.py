"""A way to school along a fast road without a footway, found for the key by a search of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_school_ways", "metres_around"]

FAST: Final = 60  # km/h
_BESIDE: Final = 25.0  # metres within which a footway goes along the road
_FOOTWAYS: Final = ("fortau", "gang_sykkelveg")
_ENOUGH: Final = 250.0  # metres of fast road on the way
_FAR: Final = 4_000.0
_TRIED: Final = 6  # schools


class _Net(NamedTuple):
    """Nodes (n, 2), the two ends of each link, its metres, and its metres of fast road."""

    xy: Array
    ends: Array
    length: Array
    fast: Array


def make_school_ways(land: Land) -> None:
    """Add to the key one home whose way to its primary school follows an unsafe road."""
    net = _net(land)
    schools = land.frames["skole"].set_index("skole_id")
    districts = land.frames["skolekrets"].query("trinn == 'barnetrinn'")
    people = land.tables["people"]
    home = land.tables["parts"]["barn"].to_numpy()[people["part"]]
    tree = cKDTree(net.xy)
    door, node = tree.query(people[["x", "y"]].to_numpy())
    far = np.bincount(home, people["residents"], len(districts))
    best = (0.0, -1, "", 0.0)
    for k in np.argsort(far, kind="stable")[:_TRIED].tolist():
        school = str(districts["skole_id"].iloc[k])
        at = shapely.get_coordinates(schools["geometry"][school])[0]
        away, unsafe = _ways_to(net, int(tree.query(at)[1]))
        mine = np.flatnonzero((home == k) & (door < 60) & np.isfinite(away[node]))
        if len(mine):
            worst = mine[int(np.argmax(unsafe[node[mine]]))]
            found = float(unsafe[node[worst]])
            best = max(best, (found, int(worst), school, float(away[node[worst]])))
        if best[0] >= _ENOUGH:
            break
    unsafe_m, row, school, metres = best
    if row >= 0 and unsafe_m > 0:
        land.key["farlig_skoleveg"] = {
            "adresse_id": str(land.frames["adresse"]["adresse_id"].iloc[row]),
            "skole_id": school,
            "fartsgrense": FAST,
            "veg_m": round(metres, 1),
            "uten_fortau_m": round(unsafe_m, 1),
        }


def metres_around(
    land: Land, origins: Array, targets: Array, *, farthest: float
) -> tuple[Array, Array]:
    """Metres on foot from each origin (n, 2) to each target (m, 2), from end to end of links.

    Returns
    -------
    tuple
        Metres (n, m), infinite beyond ``farthest``, and metres (n,) from each origin to the net.
    """
    net = _net(land)
    tree = cKDTree(net.xy)
    door, start = tree.query(origins)
    gap, stop = tree.query(targets)
    shape = (len(net.xy), len(net.xy))
    order = np.argsort(-net.length, kind="stable")
    low, high = np.sort(net.ends[order], axis=1).T
    table = pd.DataFrame({"a": low, "b": high, "length": net.length[order]})
    table = table[table["a"] != table["b"]].drop_duplicates(["a", "b"], keep="last")
    ends = (table["a"].to_numpy(), table["b"].to_numpy())
    graph = coo_array((np.maximum(table["length"].to_numpy(), 1e-6), ends), shape=shape).tocsr()
    away = [
        dijkstra(graph, directed=False, indices=some, limit=farthest)[:, stop]
        for some in np.array_split(start, max(len(start) // 20, 1))  # a row is a number a node
    ]
    return np.concatenate(away) + gap + door[:, None], np.asarray(door)


def _net(land: Land) -> _Net:
    """Join roads and paths where they share an end, to the centimetre."""
    roads, paths = land.frames["veg"], land.frames["sti"]
    roads = roads[~((roads["vegkategori"] == "E") & (roads["fartsgrense"] > 50))]
    lines = np.concatenate([roads["geometry"].to_numpy(), paths["geometry"].to_numpy()])
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    cells = np.round(np.concatenate([first, last]) * 100).astype(np.int64)
    nodes, index = np.unique(cells, axis=0, return_inverse=True)
    length = shapely.length(lines)
    fast = np.zeros(len(lines))
    on = np.flatnonzero(roads["fartsgrense"].fillna(0).to_numpy() >= FAST)
    foot = roads["geometry"].to_numpy()[roads["vegtype"].isin(_FOOTWAYS).to_numpy()]
    points = shapely.line_interpolate_point(
        lines[on][:, None], np.array([[0.25, 0.5, 0.75]]), normalized=True
    )
    beside = shapely.STRtree(foot).query(points.ravel(), predicate="dwithin", distance=_BESIDE)[0]
    alone = np.ones(points.size, bool)
    alone[beside] = False
    bare = on[alone.reshape(points.shape).all(axis=1)]
    fast[bare] = length[bare]
    return _Net(nodes / 100.0, index.reshape(2, -1).T, length, fast)


def _ways_to(net: _Net, target: int) -> tuple[Array, Array]:
    """Metres on foot from every node, and how many of them are fast road."""
    order = np.argsort(-net.length, kind="stable")  # of two links the shorter is written last
    a, b = net.ends[order].T
    table = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b)})
    table = table.assign(length=net.length[order], fast=net.fast[order])
    table = table[table["a"] != table["b"]].drop_duplicates(["a", "b"], keep="last")
    shape = (len(net.xy), len(net.xy))
    ends = (table["a"].to_numpy(), table["b"].to_numpy())
    graph = coo_array((np.maximum(table["length"].to_numpy(), 1e-6), ends), shape=shape).tocsr()
    away, before = dijkstra(
        graph, directed=False, indices=target, return_predecessors=True, limit=_FAR
    )
    key = ends[0] * np.int64(shape[0]) + ends[1]
    rank = np.argsort(key, kind="stable")
    reached = np.flatnonzero(before >= 0)
    link = np.minimum(reached, before[reached]) * np.int64(shape[0]) + np.maximum(
        reached, before[reached]
    )
    own = np.zeros(shape[0])
    own[reached] = table["fast"].to_numpy()[rank[np.searchsorted(key[rank], link)]]
    unsafe = np.zeros(shape[0])
    for node in reached[np.argsort(away[reached], kind="stable")].tolist():
        unsafe[node] = unsafe[before[node]] + own[node]
    return np.asarray(away), unsafe
