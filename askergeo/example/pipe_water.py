"""The water net: looped in the middle of settlements, a tree outside, in pressure zones.

Two ways of supply reach the large centres. Zones are fed through one pump or reduction valve each,
other links between zones are closed or not laid. Some outlying places have a waterworks of their
own, others only wells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from askergeo.example.pipe_nets import (
    Net,
    accumulate,
    cut_pipes,
    links_between,
    net_of,
    ways_out,
)
from askergeo.example.pipe_streets import graph_of, parts_of
from askergeo.example.pipe_zones import pressure_zones

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_streets import Trenches
    from askergeo.example.pipe_zones import Zones

__all__ = ["LITRES", "Water", "make_water_net", "outlying", "serving"]

#: Litres a person uses in a day.
LITRES: Final = 150.0
#: Share of the residents of centres that the municipality does not supply, and of these the
#: share of places that have a waterworks of their own.
_WITHOUT: Final = {"liten": 0.045, "asker": 0.085}
_CORE: Final = 0.55
_BASINS: Final = {"liten": 4, "asker": 16}
_CLIMB: Final = 8.0  # metres of way that a metre of height costs a main
_PRESSURE: Final = (22.0, 82.0)  # metres of water that a home must have, and may have
_VALVE: Final = 0.28  # share of the pipes that a valve divides
_HYDRANTS: Final = 85.0  # metres between hydrants
_SIZES: Final = ((0, 100), (130, 150), (1_600, 200), (4_500, 250), (8_000, 300), (16_000, 400),
                 (45_000, 600))  # fmt: skip


@dataclass
class Water:
    """The net with its zones (``zone`` of nodes; ``head`` by zone) and what supplies it."""

    net: Net
    head: Array
    before: Array
    sources: pd.DataFrame
    private_places: list[int]
    dry_places: list[int]


def outlying(land: Land, trenches: Trenches) -> tuple[list[int], list[int]]:
    """Choose small centres outside the municipal net: with own waterworks, and with wells."""
    centres = land.tables["centres"]
    living = np.bincount(trenches.place[trenches.built], trenches.people[trenches.built],
                         len(centres))  # fmt: skip
    middle = centres[["x", "y"]].to_numpy()
    small = np.flatnonzero((centres["level"] == 2).to_numpy() & (living > 0))
    order = small[np.argsort(-np.hypot(*(middle[small] - middle[0]).T), kind="stable")]
    share = np.cumsum(living[order]) / max(trenches.people.sum(), 1.0)
    left = order[share <= _WITHOUT[land.size.name]].tolist()
    return left[::2], left[1::2]


def serving(trenches: Trenches, left: list[int]) -> Array:
    """Tell which links are streets that the municipality serves (m,), outside the places left."""
    out = np.isin(trenches.place, left)
    return np.asarray(~trenches.private & ~out & (trenches.built | (trenches.people >= 4)))


def make_water_net(land: Land, trenches: Trenches) -> Water:
    """Lay the municipal net, private branches and private waterworks; nothing is planted yet."""
    private, dry = outlying(land, trenches)
    served = serving(trenches, private + dry)
    main, other = _sources(land, trenches, served)
    links, metres = _laid(land, trenches, served, main, other)
    net = net_of(trenches, links, "vann")
    place = np.full(len(trenches.xy), -1)
    place[net.nodes["trench"]] = np.arange(len(net.nodes))
    away = metres[net.nodes["trench"]]
    size = land.size.name
    zones = pressure_zones(
        net.ends(), net.nodes["hoyde"].to_numpy(), _parts_of_land(land, net), away,
        source=int(place[main]), size=size,
    )  # fmt: skip
    net.nodes["zone"] = zones.of
    net.pipes["eier"] = "kommunal"
    net.pipes["funksjon"] = "fordelingsledning"
    _cut_between(land, net, zones, int(zones.of[place[other[0]]]))
    head = zones.head
    _private_branches(trenches, net, head)
    sources = [("vannverk", int(place[main])), *(("vannverk", int(place[k])) for k in other)]
    head, own = _own_works(trenches, net, private, head)
    before = np.r_[zones.before, np.full(len(head) - len(zones.before), -1)]
    basins = _basins(land, trenches, net, head, [row for _, row in sources])
    table = pd.DataFrame(
        [(kind, row, "kommunal") for kind, row in sources]
        + [("hoydebasseng", row, "kommunal") for row in basins]
        + [("vannverk", row, "privat") for row in own],
        columns=["type", "near", "eier"],
    )
    _attach(net, table, head)
    _valves(land, net)
    _hydrants(net)
    return Water(net, head, before, table, private, dry)


def _sources(land: Land, trenches: Trenches, served: Array) -> tuple[int, list[int]]:
    """Choose where the main comes in (by the largest lake) and where the others do, far off."""
    lakes = shapely.get_parts(land.shapes["lakes"])
    lake = lakes[int(np.argmax(shapely.area(lakes)))]
    ends = trenches.ends[~trenches.private]
    nodes = np.unique(ends)
    main = int(nodes[np.argmin(shapely.distance(shapely.points(trenches.xy[nodes]), lake))])
    graph = graph_of(ends, trenches.length[~trenches.private], len(trenches.xy))
    some = np.unique(trenches.ends[served & trenches.built])
    chosen = [main]
    for _ in range(1 if land.size.name == "liten" else 2):
        away = dijkstra(graph, directed=False, indices=chosen, min_only=True)
        chosen.append(int(some[np.argmax(np.where(np.isfinite(away[some]), away[some], -1))]))
    return main, chosen[1:]


def _laid(
    land: Land, trenches: Trenches, served: Array, main: int, other: list[int]
) -> tuple[Array, Array]:
    """Choose the links that get a main, and return the way from the source to each node."""
    public = ~trenches.private
    climb = np.abs(np.diff(trenches.z[trenches.ends], axis=1)).ravel()
    price = trenches.length + _CLIMB * climb
    count = len(trenches.xy)
    ends = trenches.ends
    _, before = ways_out(graph_of(ends[public], price[public], count), np.array([main]))
    wanted = np.unique(np.r_[ends[served].ravel(), main, other])
    used = _back(trenches, before, wanted)
    again = price * np.where(used, 4.0, 1.0)
    _, second = ways_out(graph_of(ends[public], again[public], count), np.array(other))
    centres = land.tables["centres"].query("level < 2")[["x", "y"]].to_numpy()
    middle = wanted[cKDTree(trenches.xy[wanted]).query(centres)[1]]
    used |= _back(trenches, second, np.unique(middle))
    inside = np.zeros(count, bool)
    inside[ends[used].ravel()] = True
    loop = served & (trenches.core < _CORE) & inside[ends].all(axis=1)
    graph = graph_of(ends[used | loop], trenches.length[used | loop], count)
    return np.flatnonzero(used | loop), ways_out(graph, np.array([main, *other]))[0]


def _parts_of_land(land: Land, net: Net) -> Array:
    """Return the nearest of the larger centres to each node."""
    centres = land.tables["centres"].query("level < 2")[["x", "y"]].to_numpy()
    return np.asarray(cKDTree(centres).query(net.nodes[["x", "y"]].to_numpy())[1])


def _back(trenches: Trenches, before: Array, nodes: Array) -> Array:
    """Mark the links (m,) on the ways from nodes back to the sources."""
    used = np.zeros(len(trenches.ends), bool)
    used[_chain(trenches, before, nodes)[0]] = True
    return used


def _chain(trenches: Trenches, before: Array, nodes: Array) -> tuple[Array, Array]:
    """Links and nodes on the ways from nodes back to the sources."""
    seen = np.zeros(len(before), bool)
    here = nodes
    while len(here):
        here = np.unique(here[~seen[here]])
        seen[here] = True
        here = before[here]
        here = here[here >= 0]
    own = np.flatnonzero(seen & (before >= 0))
    return links_between(trenches, np.column_stack([own, before[own]])), np.flatnonzero(seen)


def _cut_between(land: Land, net: Net, zones: Zones, alone: int) -> None:
    """Feed each zone through a device; close half of the other links between zones, drop half.

    The link to the zone ``alone``, that has a source of its own, is shut too: it has no reserve.
    """
    feed, before = zones.feed, zones.before
    head, of = zones.head, zones.of
    across = zones.across
    rng = land.rng("water zones")
    fed = np.flatnonzero((feed >= 0) & (np.arange(len(feed)) != alone))
    links = feed[fed]
    pair = of[net.ends()[links]]
    turn = pair[:, 1] != fed  # the device runs towards the zone that it feeds
    _turn(net, links[turn])
    rise = head[fed] - head[before[fed]]
    rest = np.setdiff1d(np.flatnonzero(across), links)
    closed = rest[(rng.random(len(rest)) < 0.5) | (rest == feed[alone])]
    net.pipes["head"] = np.nan
    net.pipes.loc[links, "head"] = head[fed]
    net.pipes.loc[links, "rise"] = rise
    net.pipes.loc[links, "zone_to"] = fed
    net.pipes = net.pipes.drop(index=np.setdiff1d(rest, closed).tolist())
    pumps, reducers, plain = links[rise > 0], links[rise < 0], links[rise == 0]
    net.nodes["status"] = None
    valve = {"type": "ventil", "status": "stengt"}
    net.pipes["mark"] = ""
    net.pipes.loc[closed, "mark"] = "stengt"
    net.pipes.loc[plain, "mark"] = "aapen"
    net.pipes.loc[pumps, "mark"] = "pumpe"
    net.pipes.loc[reducers, "mark"] = "ventil"
    net.pipes = net.pipes.reset_index(drop=True)
    for mark, node, gap in (
        ("stengt", valve, 0.0),
        ("aapen", valve | {"status": "aapen"}, 0.0),
        ("pumpe", {"type": "pumpestasjon"}, 3.0),
        ("ventil", {"type": "ventil", "status": "aapen"}, 3.0),
    ):
        rows = np.flatnonzero(net.pipes["mark"] == mark)
        if len(rows) == 0:
            continue
        ends = net.ends()[rows]
        made = cut_pipes(net, rows, dict(node), gap=gap)
        net.nodes.loc[made, "zone"] = net.nodes["zone"].to_numpy()[ends[:, 0]]
        if gap:
            net.nodes.loc[made + len(rows), "zone"] = net.nodes["zone"].to_numpy()[ends[:, 1]]
            device = np.arange(len(net.pipes) - len(rows), len(net.pipes))
            net.pipes.loc[device, "funksjon"] = mark
        net.pipes["mark"] = np.where(net.pipes["mark"] == mark, "", net.pipes["mark"])
    net.nodes["zone"] = net.nodes["zone"].astype(int)


def _turn(net: Net, rows: Array) -> None:
    """Let pipes run the other way."""
    lines = net.pipes["geometry"].to_numpy().copy()
    lines[rows] = shapely.reverse(lines[rows])
    start, end = net.pipes["start"].to_numpy().copy(), net.pipes["end"].to_numpy().copy()
    start[rows], end[rows] = end[rows], start[rows]
    net.pipes = net.pipes.assign(geometry=lines, start=start, end=end)


def _private_branches(trenches: Trenches, net: Net, head: Array) -> None:
    """Private roads where every other group of homes has a shared branch from the main."""
    rows = np.flatnonzero(trenches.private)
    if len(rows) == 0:
        return
    part = parts_of(trenches.ends[rows], len(trenches.xy))[trenches.ends[rows, 0]]
    living = np.bincount(part, trenches.people[rows])
    at = np.full(len(trenches.xy), -1)
    real = net.nodes["trench"].to_numpy() >= 0
    at[net.nodes["trench"].to_numpy()[real]] = np.flatnonzero(real)
    zone = net.nodes["zone"].to_numpy()
    found = []
    for number in np.flatnonzero(living >= 3)[::2].tolist():
        mine = rows[part == number]
        touch = np.unique(trenches.ends[mine])
        touch = touch[at[touch] >= 0]
        if len(touch) == 0:
            continue
        graph = graph_of(trenches.ends[mine], trenches.length[mine], len(trenches.xy))
        _, before = ways_out(graph, touch)
        homes = np.unique(trenches.ends[mine[trenches.people[mine] > 0]])
        links, nodes = _chain(trenches, before, homes)
        static = head[zone[at[touch]]].min() - trenches.z[nodes]
        if static.min() > _PRESSURE[0] and static.max() < _PRESSURE[1]:
            found.append(links)
    if found:
        _add(net, trenches, np.unique(np.concatenate(found)), at, owner="privat", zone=-1)


def _add(net: Net, trenches: Trenches, links: Array, at: Array, *, owner: str, zone: int) -> None:
    """Lay more links into a net, joined where its nodes are there; zone -1 takes the zone there."""
    if len(links) == 0:
        return
    more = net_of(trenches, links, "vann")
    known = at[more.nodes["trench"].to_numpy()]
    new = known < 0
    number = np.where(new, len(net.nodes) + np.cumsum(new) - 1, known)
    fresh = more.nodes[new].copy()
    if zone >= 0:
        fresh["zone"] = zone
    else:
        old = net.nodes["zone"].to_numpy()
        joined = cKDTree(net.nodes[["x", "y"]].to_numpy())
        fresh["zone"] = old[joined.query(fresh[["x", "y"]].to_numpy())[1]]
    fresh["status"] = None
    pipes = more.pipes.assign(
        start=number[more.pipes["start"]], end=number[more.pipes["end"]], eier=owner,
        funksjon="fordelingsledning", mark="",
    )  # fmt: skip
    net.nodes = pd.concat([net.nodes, fresh], ignore_index=True)
    net.pipes = pd.concat([net.pipes, pipes], ignore_index=True)


def _own_works(
    trenches: Trenches, net: Net, places: list[int], head: Array
) -> tuple[Array, list[int]]:
    """Lay a net of their own in the places with a private waterworks, from their highest point."""
    heads, sources = head.tolist(), []
    taken = np.zeros(len(trenches.xy), bool)
    real = net.nodes["trench"].to_numpy()
    taken[real[real >= 0]] = True
    for place in places:
        rows = np.flatnonzero(trenches.built & (trenches.place == place))
        rows = rows[~taken[trenches.ends[rows]].any(axis=1)]
        if len(rows) == 0:
            continue
        part = parts_of(trenches.ends[rows], len(trenches.xy))[trenches.ends[rows, 0]]
        rows = rows[part == np.argmax(np.bincount(part))]
        nodes = np.unique(trenches.ends[rows])
        top = nodes[np.argmax(trenches.z[nodes])]
        graph = graph_of(trenches.ends[rows], trenches.length[rows], len(trenches.xy))
        _, before = ways_out(graph, np.array([top]))
        used = _back(trenches, before, nodes)
        zone = len(heads)
        heads.append(float(np.round(trenches.z[top] + 35.0)))
        first = len(net.nodes)
        nowhere = np.full(len(trenches.xy), -1)
        _add(net, trenches, np.flatnonzero(used), nowhere, owner="privat", zone=zone)
        inner = net.nodes["trench"].to_numpy()[first:]
        sources.append(first + int(np.flatnonzero(inner == top)[0]))
    return np.array(heads), sources


def _basins(land: Land, trenches: Trenches, net: Net, head: Array, sources: list[int]) -> list[int]:
    """Give the zones where most people live a basin, by their highest node."""
    start, end = net.pipes["start"].to_numpy(), net.pipes["end"].to_numpy()
    zone = net.nodes["zone"].to_numpy()
    living = trenches.people[net.pipes["link"].to_numpy()]
    by_zone = np.bincount(zone[start], living / 2, len(head))
    by_zone += np.bincount(zone[end], living / 2, len(head))
    by_zone[zone[sources]] = 0.0
    private = net.pipes["eier"].to_numpy() == "privat"
    alone = np.setdiff1d(zone[start[private]], zone[start[~private]])
    by_zone[alone] = 0.0
    order = np.argsort(-by_zone, kind="stable")[: _BASINS[land.size.name]]
    height = net.nodes["hoyde"].to_numpy()
    usual = (net.nodes["trench"] >= 0).to_numpy()
    found = []
    for k in np.sort(order).tolist():
        mine = np.flatnonzero((zone == k) & usual)
        if by_zone[k] > 0 and len(mine):
            found.append(int(mine[np.argmax(height[mine])]))
    return found


def _attach(net: Net, sources: pd.DataFrame, head: Array) -> None:
    """Give each source a node of its own and a pipe to the net, clear of the pipes there."""
    lines = net.pipes["geometry"].to_numpy()
    tree = shapely.STRtree(lines)
    rows, pipes = [], []
    turns = np.deg2rad(np.arange(0, 360, 15))
    for near, kind in zip(sources["near"].tolist(), sources["type"].tolist(), strict=True):
        at = net.nodes.loc[near, ["x", "y"]].to_numpy(float)
        tried = np.concatenate(
            [at + r * np.column_stack([np.cos(turns), np.sin(turns)]) for r in (45.0, 25.0, 14.0)]
        )
        tried = np.round(tried, 2)
        clear = [_clear_of(tree, lines, at, one) for one in tried]
        xy = tried[int(np.argmax(np.minimum(clear, 12.0)))]
        zone = int(net.nodes.loc[near, "zone"])
        rows.append(
            {"x": xy[0], "y": xy[1], "hoyde": head[zone], "zone": zone, "trench": -1,
             "type": "kilde" if kind == "vannverk" else "basseng", "status": None}
        )  # fmt: skip
        pipes.append(
            {"start": len(net.nodes) + len(rows) - 1, "end": near, "link": -1, "mark": "",
             "geometry": shapely.LineString([xy, at]), "funksjon": "overforing",
             "eier": sources["eier"].iloc[len(rows) - 1]}
        )  # fmt: skip
    sources["node"] = len(net.nodes) + np.arange(len(rows))
    net.nodes = pd.concat([net.nodes, pd.DataFrame(rows)], ignore_index=True)
    net.pipes = pd.concat([net.pipes, pd.DataFrame(pipes)], ignore_index=True)


def _clear_of(tree: shapely.STRtree, lines: Array, at: Array, far: Array) -> float:
    """Metres between the outer part of a line and the pipes around; 0 where it crosses one."""
    line = shapely.LineString([at, far])
    if len(tree.query(line, predicate="crosses")):
        return 0.0
    outer = shapely.LineString([at + (far - at) * 0.8, far])
    near = tree.query(outer, predicate="dwithin", distance=15.0)
    return float(shapely.distance(lines[near], outer).min()) if len(near) else 15.0


def _valves(land: Land, net: Net) -> None:
    """Divide some pipes by a valve, and let some of the manholes between two pipes hold one."""
    rng = land.rng("valves")
    long = shapely.length(net.pipes["geometry"].to_numpy()) > 24.0
    plain = long & (net.pipes["funksjon"] == "fordelingsledning").to_numpy()
    rows = np.flatnonzero(plain & (rng.random(len(net.pipes)) < _VALVE))
    lines = net.pipes["geometry"].to_numpy()
    middle = shapely.line_interpolate_point(lines[rows], 0.5, normalized=True)
    point, other = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=4.0)
    rows = np.setdiff1d(rows, rows[point[rows[point] != other]])  # another pipe lies beside it
    zone = net.nodes["zone"].to_numpy()[net.ends()[rows, 0]]
    made = cut_pipes(net, rows, {"type": "ventil", "status": "aapen"})
    net.nodes.loc[made, "zone"] = zone
    net.nodes["zone"] = net.nodes["zone"].astype(int)
    degree = np.bincount(net.ends().ravel(), minlength=len(net.nodes))
    usual = (net.nodes["type"] == "kum").to_numpy() & (degree == 2)
    chosen = usual & (rng.random(len(net.nodes)) < 0.22)
    net.nodes.loc[chosen, "type"] = "ventil"
    net.nodes.loc[chosen, "status"] = "aapen"
    net.nodes.loc[(degree == 1) & (net.nodes["type"] == "kum").to_numpy(), "type"] = "endepunkt"


def _hydrants(net: Net) -> None:
    """Hydrants in manholes of the municipal net, not nearer to one another than the rule."""
    kind = net.nodes["type"].to_numpy()
    owned = np.zeros(len(net.nodes), bool)
    owned[net.ends()[(net.pipes["eier"] == "kommunal").to_numpy()].ravel()] = True
    rows = np.flatnonzero(owned & np.isin(kind, ["kum", "endepunkt"]))
    xy = net.nodes[["x", "y"]].to_numpy()[rows]
    near = cKDTree(xy).query_ball_point(xy, _HYDRANTS)
    free = np.ones(len(rows), bool)
    chosen = []
    for k in range(len(rows)):
        if free[k]:
            chosen.append(rows[k])
            free[near[k]] = False
    net.nodes.loc[chosen, "type"] = "hydrant"


def dimensions(net: Net, sources: Array, demand: Array, year: Array) -> Array:
    """Millimetres (m,) by the people behind each pipe on the shortest way from the sources."""
    ends = net.ends()
    weight = np.maximum(shapely.length(net.pipes["geometry"].to_numpy()), 0.5)
    graph = graph_of(ends, weight, len(net.nodes))
    metres, before = ways_out(graph, sources)
    behind = accumulate(before, metres, demand)
    far = np.where(metres[ends[:, 0]] > metres[ends[:, 1]], ends[:, 0], ends[:, 1])
    on_tree = before[far] == ends.sum(axis=1) - far
    flow = np.where(on_tree, behind[far], demand[ends].sum(axis=1))
    limit = np.array([low for low, _ in _SIZES])
    size = np.array([mm for _, mm in _SIZES])[np.searchsorted(limit, flow, side="right") - 1]
    return np.asarray(np.where((size == 100) & (year >= 1985), 150, size))
