"""Sewers by gravity to pumping stations and plants, and storm water to the nearest shore.

Each node gets the lowest level at which it can still drain to its outlet. A node that lies too
low for that is reached from another side, or from a pumping station at the lowest point of what
no sewer drains, whose main follows the streets to the nearest sewer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.example.pipe_nets import BESIDE, Net, links_between, net_of, ways_out
from askergeo.example.pipe_streets import graph_of, parts_of
from askergeo.example.shapes import point_array, tiles

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_streets import Trenches

__all__ = ["Sewer", "make_sewer_net", "make_storm_net"]

_FALL: Final = 0.004  # least fall of a gravity pipe
_COVER: Final = 1.9  # metres from the ground to the bottom of the pipe, at least
_DEPTH: Final = 6.5  # and at most
_WELL: Final = 5.6  # metres down to the bottom of the pipe at a pumping station
_FEW: Final = 25  # residents that a pumping station is built for
#: Metres from the sewers to a pumped main (east, north): the first that keeps clear of manholes.
_BESIDE_MAIN: Final = ((2.7, -2.2), (-2.2, -2.7), (-2.7, 2.2), (2.2, 2.7), (4.1, -3.3))
_APART: Final = 0.6  # metres
_PLANTS: Final = {"liten": 3, "asker": 4}
_COMBINED: Final = 1962  # sewers before this year take the rain too, in the middle of places
_SEPARATE: Final = 1968  # from this year streets have a pipe for the rain
_OUTFALL: Final = 110.0  # metres from a street to the water that it drains to
_OUTFALLS_APART: Final = 160.0


@dataclass
class Sewer:
    """The net; nodes have ``inv`` (bottom, metres NN2000) and ``seed`` (row in ``seeds``).

    ``seeds`` has the plants first and then the pumping stations: ``kind``, ``node``, ``to`` (seed
    that it pumps to) and ``behind`` (residents).
    """

    net: Net
    seeds: pd.DataFrame


@dataclass
class _Labels:
    """What is drained so far, by node of the trenches."""

    low: Array
    down: Array
    seed: Array
    order: list[int] = field(default_factory=list)


def make_sewer_net(land: Land, trenches: Trenches, served: Array) -> Sewer:
    """Lay the sewers of the served links (m,) with pumping stations and plants."""
    count = len(trenches.xy)
    labels = _Labels(np.full(count, np.inf), np.full(count, -1), np.full(count, -1))
    plants = _plant_nodes(land, trenches, served)
    beside = _neighbours(trenches, served)
    kinds = ["renseanlegg"] * len(plants)
    nodes, mains = list(plants), {}
    _drain(trenches, beside, labels, [(k, n, trenches.z[n] - 4.0) for k, n in enumerate(plants)])
    while stations := _next_stations(trenches, served, labels):
        new = []
        for path in stations:
            number = len(nodes)
            nodes.append(path[0])
            kinds.append("pumpestasjon")
            mains[number] = path
            new.append((number, path[0], trenches.z[path[0]] - _WELL))
        _drain(trenches, beside, labels, new)
    return _sewer_of(trenches, labels, nodes, kinds, mains)


def make_storm_net(land: Land, trenches: Trenches, served: Array) -> Net:
    """Lay storm water pipes in the newer served links that can drain to water near by."""
    links = served & (trenches.year >= _SEPARATE)
    count = len(trenches.xy)
    labels = _Labels(np.full(count, np.inf), np.full(count, -1), np.full(count, -1))
    outlets, points = _outlets(land, trenches, links)
    starts = [(k, n, trenches.z[n] - 3.0) for k, n in enumerate(outlets)]
    _drain(trenches, _neighbours(trenches, links), labels, starts)
    up = np.array([n for n in labels.order if labels.down[n] >= 0], int)
    net = _gravity_net(trenches, labels, up, "overvann")
    used = np.isin(outlets, net.nodes["trench"].to_numpy())
    return _with_outfalls(net, np.array(outlets)[used], points[used])


def _plant_nodes(land: Land, trenches: Trenches, served: Array) -> list[int]:
    """Low nodes by the shore: the nearest to the largest centre, then far from one another."""
    nodes = np.unique(trenches.ends[served & trenches.built])
    shore = land.grid.sample(land.arrays["shore_m"], trenches.xy[nodes])
    limit = np.quantile(shore, 0.12)
    near = nodes[(shore <= max(limit, 120.0)) & (trenches.z[nodes] < 15.0)]
    if len(near) == 0:
        near = nodes[np.argsort(trenches.z[nodes], kind="stable")[:20]]
    middle = land.tables["centres"][["x", "y"]].to_numpy()[0]
    away = np.hypot(*(trenches.xy[near] - middle).T)
    # The lowest node close by, not the nearest: a plant lies where the sewers end.
    close = near[away <= np.sort(away)[min(len(away) - 1, 12)]]
    chosen = [int(close[np.argmin(trenches.z[close])])]
    for _ in range(_PLANTS[land.size.name] - 1):
        gap = cKDTree(trenches.xy[chosen]).query(trenches.xy[near])[0]
        chosen.append(int(near[np.argmax(gap)]))
    return chosen


def _neighbours(trenches: Trenches, links: Array) -> list[list[tuple[int, float]]]:
    beside: list[list[tuple[int, float]]] = [[] for _ in trenches.xy]
    rows = np.flatnonzero(links)
    for (a, b), metres in zip(
        trenches.ends[rows].tolist(), trenches.length[rows].tolist(), strict=True
    ):
        beside[a].append((b, metres))
        beside[b].append((a, metres))
    return beside


def _drain(
    trenches: Trenches,
    beside: list[list[tuple[int, float]]],
    labels: _Labels,
    seeds: list[tuple[int, int, float]],
) -> None:
    """Let what can drain to the seeds (number, node, level) do so, by the shortest way."""
    heap = []
    z = trenches.z.tolist()
    for number, node, level in seeds:
        labels.low[node], labels.seed[node] = level, number
        labels.order.append(node)
        heap.append((0.0, node))
    heapq.heapify(heap)
    low, seed, down = labels.low, labels.seed, labels.down
    best: dict[int, float] = {}
    done = set()
    while heap:
        cost, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        if down[node] >= 0:
            labels.order.append(node)
        for other, metres in beside[node]:
            if other in done or (seed[other] >= 0 and other not in best):
                continue
            level = max(low[node] + _FALL * metres, z[other] - _DEPTH)
            if level > z[other] - _COVER or best.get(other, np.inf) <= cost + metres:
                continue
            best[other] = cost + metres
            low[other], down[other], seed[other] = level, node, seed[node]
            heapq.heappush(heap, (cost + metres, other))


def _next_stations(trenches: Trenches, served: Array, labels: _Labels) -> list[list[int]]:
    """Find where the next pumping stations go: the way of each main, from the station on."""
    dry = labels.seed < 0
    rows = served & dry[trenches.ends].any(axis=1)
    inner = served & dry[trenches.ends].all(axis=1)
    part = parts_of(trenches.ends[inner], len(trenches.xy))
    living = np.zeros(len(part))
    where = np.where(dry[trenches.ends[:, 0]], trenches.ends[:, 0], trenches.ends[:, 1])
    np.add.at(living, part[where[rows]], trenches.people[rows])
    used = np.zeros(len(dry), bool)
    used[trenches.ends[rows].ravel()] = True
    open_nodes = np.flatnonzero(used & dry & (living[part] >= _FEW))
    if len(open_nodes) == 0:
        return []
    public = ~trenches.private
    climb = np.abs(np.diff(trenches.z[trenches.ends], axis=1)).ravel()
    price = (trenches.length + 6.0 * climb)[public]
    graph = graph_of(trenches.ends[public], price, len(dry))
    metres, before = ways_out(graph, np.flatnonzero(~dry))
    order = np.lexsort((metres[open_nodes], trenches.z[open_nodes], part[open_nodes]))
    first = open_nodes[order][np.unique(part[open_nodes][order], return_index=True)[1]]
    first = first[np.argsort(metres[first], kind="stable")]
    waiting = set(open_nodes.tolist())
    found: list[list[int]] = []
    for node in first.tolist():
        path = [node]
        while dry[path[-1]]:
            path.append(int(before[path[-1]]))
        mine = part[node]
        blocked = any(n in waiting and part[n] != mine for n in path[1:-1])
        if not found or not blocked:
            found.append(path)
    return found


def _gravity_net(trenches: Trenches, labels: _Labels, up: Array, medium: str) -> Net:
    """Pipes from each drained node to the next, with the level of the bottom at each node."""
    ends = np.column_stack([up, labels.down[up]])
    links = links_between(trenches, ends)
    level = trenches.z - _COVER
    fall = _FALL * trenches.length[links]
    # Nodes are in the order in which they were reached: each comes after the one below it.
    for node, below, metres in zip(
        ends[::-1, 0].tolist(), ends[::-1, 1].tolist(), fall[::-1].tolist(), strict=True
    ):
        level[below] = min(level[below], level[node] - metres)
    net = net_of(trenches, links, medium, ends)
    net.nodes["inv"] = np.round(level[net.nodes["trench"]], 2)
    net.nodes["seed"] = labels.seed[net.nodes["trench"]]
    return net


def _sewer_of(
    trenches: Trenches,
    labels: _Labels,
    nodes: list[int],
    kinds: list[str],
    mains: dict[int, list[int]],
) -> Sewer:
    up = np.array([n for n in labels.order if labels.down[n] >= 0], int)
    alone = np.setdiff1d(nodes, np.r_[up, labels.down[up]])  # a station that drains nothing else
    net = _gravity_net(trenches, labels, up, "avlop")
    net.pipes["funksjon"] = "hovedledning"
    old = (trenches.year < _COMBINED) & (trenches.core < 0.6)
    net.pipes["type"] = np.where(old[net.pipes["link"].to_numpy()], "avlop_felles", "spillvann")
    shift = np.array(BESIDE["avlop"])
    if len(alone):
        xy = np.round(trenches.xy[alone] + shift, 2)
        lonely = pd.DataFrame(
            {"x": xy[:, 0], "y": xy[:, 1], "hoyde": trenches.z[alone], "type": "kum",
             "trench": alone, "inv": np.round(trenches.z[alone] - _COVER, 2),
             "seed": labels.seed[alone]}
        )  # fmt: skip
        net.nodes = pd.concat([net.nodes, lonely], ignore_index=True)
    at = np.full(len(trenches.xy), -1)
    at[net.nodes["trench"]] = np.arange(len(net.nodes))
    rows = []
    manholes = shapely.STRtree(point_array(net.nodes[["x", "y"]].to_numpy()))
    for path in mains.values():
        ends = at[[path[0], path[-1]]]
        line = _main_line(trenches, path, net.nodes.loc[ends, ["x", "y"]].to_numpy(), manholes)
        rows.append({"start": ends[0], "end": ends[1], "link": -1, "geometry": line,
                     "funksjon": "pumpeledning", "type": "spillvann"})  # fmt: skip
    net.pipes = pd.concat([net.pipes, pd.DataFrame(rows)], ignore_index=True)
    to = [int(labels.seed[mains[k][-1]]) if k in mains else -1 for k in range(len(nodes))]
    seeds = pd.DataFrame({"kind": kinds, "node": at[nodes], "to": to})
    net.nodes.loc[seeds["node"], "type"] = np.where(
        seeds["kind"] == "renseanlegg", "utlop", "pumpestasjon"
    )
    return Sewer(net, seeds)


def _main_line(
    trenches: Trenches, path: list[int], ends: Array, manholes: shapely.STRtree
) -> shapely.LineString:
    """Draw a pumped main beside the trenches of a way, with its ends in the two manholes."""
    pairs = np.column_stack([path[:-1], path[1:]])
    parts = []
    for (start, _), link in zip(pairs.tolist(), links_between(trenches, pairs), strict=True):
        xy = shapely.get_coordinates(trenches.lines[link])
        parts.append(xy if trenches.ends[link, 0] == start else xy[::-1])
    middle = np.concatenate(parts) + np.array(BESIDE["avlop"])
    best, fewest = shapely.LineString(ends), np.inf
    for beside in _BESIDE_MAIN:
        xy = middle + np.array(beside)
        inner = np.round(xy[1:-1] if len(xy) > 2 else (xy[:1] + xy[-1:]) / 2, 2)
        whole = np.concatenate([ends[:1], inner, ends[1:]])
        same = np.r_[False, (whole[1:] == whole[:-1]).all(axis=1)]
        line = shapely.LineString(whole[~same])
        touched = len(manholes.query(line, predicate="dwithin", distance=_APART))
        if touched < fewest:
            best, fewest = line, touched
        if touched <= 2:  # its own ends
            break
    return best


def _outlets(land: Land, trenches: Trenches, links: Array) -> tuple[list[int], Array]:
    """Nodes near water, apart from one another, and the point on the shore of each."""
    nodes = np.unique(trenches.ends[links])
    points = shapely.points(trenches.xy[nodes] + np.array(BESIDE["overvann"]))
    pieces = tiles(land.shapes["wet"])
    (row, piece), metres = shapely.STRtree(pieces).query_nearest(
        points, max_distance=_OUTFALL, return_distance=True, all_matches=False
    )
    keep = metres > 8.0
    row, piece = row[keep], piece[keep]
    order = np.argsort(trenches.z[nodes[row]], kind="stable")
    near = cKDTree(trenches.xy[nodes[row]]).query_ball_point(
        trenches.xy[nodes[row]], _OUTFALLS_APART
    )
    free = np.ones(len(row), bool)
    lines = trenches.lines[links]
    tree = shapely.STRtree(lines)
    chosen, shore = [], []
    for k in order.tolist():
        link = shapely.shortest_line(points[row[k]], pieces[piece[k]])
        outer = shapely.line_interpolate_point(link, 5.0)
        rest = shapely.LineString([outer, shapely.get_point(link, -1)])
        if free[k] and len(tree.query(rest, predicate="dwithin", distance=4.0)) == 0:
            free[near[k]] = False
            chosen.append(int(nodes[row[k]]))
            shore.append(shapely.get_coordinates(link)[-1])
    return chosen, np.round(np.array(shore).reshape(-1, 2), 2)


def _with_outfalls(net: Net, nodes: Array, shore: Array) -> Net:
    """Add the pipe from each last manhole to the water."""
    at = pd.Series(np.arange(len(net.nodes)), index=net.nodes["trench"])[nodes].to_numpy()
    first = len(net.nodes)
    level = net.nodes["inv"].to_numpy()[at]
    apart = np.hypot(*(shore - net.nodes.loc[at, ["x", "y"]].to_numpy()).T)
    low = np.round(level - _FALL * apart, 2)
    ends = pd.DataFrame(
        {"x": shore[:, 0], "y": shore[:, 1], "hoyde": np.maximum(low + 0.6, 0.0), "type": "utlop",
         "trench": -1, "inv": low, "seed": net.nodes["seed"].to_numpy()[at]}
    )  # fmt: skip
    start = net.nodes.loc[at, ["x", "y"]].to_numpy()
    lines = shapely.linestrings(np.stack([start, shore], axis=1))
    pipes = pd.DataFrame(
        {"start": at, "end": first + np.arange(len(at)), "link": -1, "geometry": lines}
    )
    net.nodes = pd.concat([net.nodes, ends], ignore_index=True)
    net.pipes = pd.concat([net.pipes, pipes], ignore_index=True)
    net.pipes["funksjon"] = "hovedledning"
    net.pipes["type"] = "overvann"
    return net
