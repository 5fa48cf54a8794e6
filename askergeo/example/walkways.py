"""Ways for those who walk and cycle: pavements, crossings, cycleways, stairs, paths and gaps.

Each function returns a table with ``geometry`` and what the way is; :mod:`network` nodes them
together with the roads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Delaunay

from askergeo.example.shapes import (
    chaikin,
    erase,
    line_array,
    parts,
    point_array,
    segments,
    tiles,
    walk,
)

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["GAP", "cycleways", "driveways", "paths", "pavements", "shortcuts"]

#: A planted gap: the way stops this many metres short of the road.
GAP = 8.0


def ways_table(geometry: Array, kind: str, **columns: object) -> pd.DataFrame:
    """Table of ways with the defaults of a municipal footway."""
    base: dict[str, object] = {"vegtype": kind, "vegkategori": "K", "fartsgrense": 0}
    return pd.DataFrame({"geometry": np.asarray(geometry, dtype=object), **base, **columns})


def driveways(land: Land) -> pd.DataFrame:
    """Private ways from small houses and cabins to the nearest road."""
    house = land.tables["buildings"]
    small = house["code"].isin([111, 112, 113, 121, 122, 161, 613, 721]).to_numpy()
    footprint = house["geometry"].to_numpy()[small]
    roads = segments(land.tables["local_roads"]["geometry"].to_numpy())
    found, road = shapely.STRtree(roads).query_nearest(
        footprint, max_distance=45.0, all_matches=False
    )
    links = shapely.shortest_line(roads[road], footprint[found])
    others = house["geometry"].to_numpy()
    crossing, other = shapely.STRtree(others).query(links, predicate="intersects")
    own = np.flatnonzero(small)[found]
    blocked = np.unique(crossing[other != own[crossing]])
    good = np.ones(len(links), bool)
    good[blocked] = False
    good &= (shapely.length(links) > 5.0) & clear(land, links)
    return ways_table(links[good], "bilveg", vegkategori="P", fartsgrense=30)


def clear(land: Land, lines: Array) -> Array:
    """Lines (bool) that cross neither water, motorway nor railway."""
    ok = np.ones(len(lines), bool)
    for things in (land.arrays["wet_tiles"], land.arrays["barriers"]):
        ok[np.unique(shapely.STRtree(things).query(lines, predicate="intersects")[0])] = False
    return ok


def pavements(land: Land) -> pd.DataFrame:
    """Pavements along main roads and collector streets in the settlements, with crossings."""
    roads = land.tables["local_roads"]
    wide = roads["kind"].isin(["F", "K"]).to_numpy()
    lines = roads["geometry"].to_numpy()
    town = tiles(land.shapes["built"])
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    inside = np.zeros(len(lines), bool)
    inside[np.unique(shapely.STRtree(town).query(middle, predicate="within")[0])] = True
    chosen = inside & (wide | (roads["kind"] == "collector").to_numpy())
    chosen &= shapely.length(lines) > 25.0
    left = shapely.offset_curve(lines[chosen], 5.0, join_style="mitre", mitre_limit=2)
    right = shapely.offset_curve(lines[chosen & wide], -5.0, join_style="mitre", mitre_limit=2)
    walkways, _ = parts(np.concatenate([left, right]))
    walkways = walkways[clear(land, walkways) & (shapely.length(walkways) > 15.0)]
    at, _, _, _ = walk(walkways, 140.0)
    ends = np.concatenate([point_array(at), shapely.get_point(walkways, 0),
                           shapely.get_point(walkways, -1)])  # fmt: skip
    found, road = shapely.STRtree(lines).query_nearest(ends, max_distance=12, all_matches=False)
    links = shapely.shortest_line(ends[found], lines[road])
    links = links[shapely.length(links) > 0.5]
    return pd.concat(
        [ways_table(walkways, "fortau"), ways_table(links, "gangfelt")], ignore_index=True
    )


def cycleways(land: Land) -> pd.DataFrame:
    """Draw walking and cycling roads beside two of three county roads, joined at the ends."""
    roads = land.tables["local_roads"]
    county = roads.loc[roads["kind"] == "F", "geometry"].to_numpy()
    chosen = county[land.rng("cycleways").random(len(county)) < 0.67]
    chosen = chosen[shapely.length(chosen) > 120.0]
    beside, _ = parts(shapely.offset_curve(chosen, -9.0, join_style="mitre", mitre_limit=2))
    ends = np.concatenate([shapely.get_point(beside, 0), shapely.get_point(beside, -1)])
    lines = roads["geometry"].to_numpy()
    found, road = shapely.STRtree(lines).query_nearest(ends, max_distance=20, all_matches=False)
    links = shapely.shortest_line(ends[found], lines[road])
    links = links[shapely.length(links) > 0.5]
    both = np.concatenate([beside, links])
    return ways_table(both, "gang_sykkelveg", vegkategori="F")


def shortcuts(land: Land) -> pd.DataFrame:
    """Footways and stairs between neighbouring streets; some stop short, as planted gaps."""
    rng = land.rng("shortcuts")
    roads = land.tables["local_roads"]
    lines = roads.loc[roads["kind"] == "street", "geometry"].to_numpy()
    at, direction, owner, _ = walk(lines, 75.0)
    side = np.column_stack([-direction[:, 1], direction[:, 0]])
    far = at + side * rng.choice([-1.0, 1.0], (len(at), 1)) * 95.0
    ray = line_array(np.stack([at, far], axis=1))
    tree = shapely.STRtree(lines)
    hit, other = tree.query(ray, predicate="intersects")
    keep = other != owner[hit]
    hit, other = hit[keep], other[keep]
    link = shapely.shortest_line(point_array(at[hit]), shapely.intersection(ray[hit], lines[other]))
    length = shapely.length(link)
    order = np.lexsort((length, hit))
    first = order[np.r_[True, hit[order][1:] != hit[order][:-1]]]
    link = link[first]
    houses = land.tables["buildings"]["geometry"].to_numpy()
    blocked = np.unique(shapely.STRtree(houses).query(link, predicate="dwithin", distance=0.8)[0])
    free = np.ones(len(link), bool)
    free[blocked] = False
    free &= clear(land, link) & (shapely.length(link) > 30.0)
    link = link[free]
    link = link[rng.random(len(link)) < (0.55 if len(link) > 100 else 1.0)]
    a, b = (shapely.get_coordinates(shapely.get_point(link, k)) for k in (0, -1))
    rise = np.abs(
        land.grid.interpolate(land.arrays["z"], a) - land.grid.interpolate(land.arrays["z"], b)
    )
    steep = rise / shapely.length(link) > 0.13
    kind = np.where(steep, "trapp", "gang_sykkelveg")
    steepest = np.argsort(-rise / shapely.length(link), kind="stable")
    kind[steepest[: min(4, len(link) // 3)]] = "trapp"
    wanted = 6 if land.size.name == "liten" else 40
    flat = np.flatnonzero(kind != "trapp")
    gaps = np.sort(rng.choice(flat, min(wanted, len(flat)), replace=False))
    unit = (b[gaps] - a[gaps]) / shapely.length(link[gaps])[:, None]
    goal, stop = b[gaps], np.round(b[gaps] - unit * GAP, 2)
    link[gaps] = line_array(np.stack([a[gaps], stop], axis=1))
    land.key["glipper"] = [
        {"x": float(x), "y": float(y), "til_x": float(round(u, 2)), "til_y": float(round(v, 2)),
         "meter": GAP}
        for (x, y), (u, v) in zip(stop, goal, strict=True)
    ]  # fmt: skip
    return ways_table(link, "gang_sykkelveg").assign(vegtype=kind)


def paths(land: Land) -> pd.DataFrame:
    """Forest paths and tractor roads: a net of neighbouring points, joined to the roads."""
    rng, grid, size = land.rng("paths"), land.grid, land.size
    left, low, right, high = grid.box.bounds
    x, y = np.meshgrid(
        np.arange(left, right, size.path_spacing), np.arange(low, high, size.path_spacing)
    )
    xy = np.column_stack([x.ravel(), y.ravel()])
    xy = xy + rng.uniform(-0.42, 0.42, xy.shape) * size.path_spacing
    wild = land.arrays["land"] & land.arrays["inside"] & (land.arrays["settlement"] < 0)
    wild &= (land.arrays["arable"] != 21) & (land.arrays["slope"] < 0.55)
    xy = xy[grid.sample(wild, xy)]
    roads = land.tables["local_roads"]["geometry"].to_numpy()
    along, _, _, _ = walk(roads, 0.9 * size.path_spacing)
    along = along[grid.sample(land.arrays["inside"], along)]
    points = np.concatenate([xy, along])
    simplex = Delaunay(points).simplices
    pairs = np.unique(
        np.sort(
            np.concatenate([simplex[:, [0, 1]], simplex[:, [1, 2]], simplex[:, [0, 2]]]), axis=1
        ),
        axis=0,
    )
    both_roads = (pairs >= len(xy)).all(axis=1)
    ends = points[pairs]
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    keep = ~both_roads & (length < 1.7 * size.path_spacing) & (rng.random(len(pairs)) < 0.5)
    ends, length = ends[keep], length[keep]
    steps = np.linspace(0, 1, 7)[None, :, None]
    line = ends[:, :1] * (1 - steps) + ends[:, 1:] * steps
    normal = np.stack([-(ends[:, 1] - ends[:, 0])[:, 1], (ends[:, 1] - ends[:, 0])[:, 0]], axis=1)
    sway = rng.normal(0, 0.05, (len(ends), 7))
    sway[:, [0, -1]] = 0
    line = line + normal[:, None, :] * sway[:, :, None]
    lines = shapely.simplify(chaikin(line_array(line), 2), 0.5)
    houses = shapely.buffer(land.tables["buildings"]["geometry"].to_numpy(), 6.0, quad_segs=2)
    lines = lines[clear(land, lines)]
    lines, _ = parts(erase(lines, houses))
    lines = lines[shapely.length(lines) > 40.0]
    tractor = rng.random(len(lines)) < 0.22
    return ways_table(lines, "sti").assign(
        stitype=np.where(tractor, "traktorveg", "sti"), merket=rng.random(len(lines)) < 0.3
    )
