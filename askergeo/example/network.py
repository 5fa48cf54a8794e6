"""The road and path net: all ways noded together, bridges and tunnels raised and lowered."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
import shapely.ops
from scipy import ndimage

from askergeo.example import walkways
from askergeo.example.land import NAME
from askergeo.example.shapes import parts, point_array, tiles

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_local_roads", "make_network"]

STREET_NAMES = (
    "Bjørke", "Furu", "Gran", "Lind", "Rogne", "Hassel", "Eike", "Ask", "Selje", "Older",
    "Sol", "Skog", "Fjell", "Dal", "Bakke", "Haug", "Eng", "Myr", "Berg", "Strand",
    "Sjø", "Fjord", "Kirke", "Skole", "Mølle", "Bekke", "Kvern", "Ring", "Nord", "Øst",
)  # fmt: skip
STREET_ENDS = ("veien", "lia", "bakken", "svingen", "stien", "faret", "kroken", "åsen", "toppen")


def make_local_roads(land: Land) -> None:
    """All roads at grade in one table: geometry, kind, class and speed; adds local_roads."""
    main = land.tables["main_roads"].query("vegkategori != 'E'")
    main = main.assign(kind=main["vegkategori"])
    streets = land.tables["streets"].assign(vegkategori="K")
    streets["fartsgrense"] = np.where(streets["kind"] == "collector", 40, 30)
    private = land.tables["private_roads"]
    private = private.assign(kind="private", fartsgrense=50)
    frame = pd.concat([main, streets, private], ignore_index=True)
    frame["geometry"] = shapely.set_precision(frame["geometry"].to_numpy(), 0.01)
    frame = frame[~shapely.is_empty(frame["geometry"].to_numpy())].reset_index(drop=True)
    ends = len(STREET_ENDS)
    frame["navn"] = [_name(k, ends) for k in range(len(frame))]
    land.tables["local_roads"] = frame


def _name(number: int, ends: int) -> str:
    stem = STREET_NAMES[(number // ends + 7 * number) % len(STREET_NAMES)]
    turn = number // (ends * len(STREET_NAMES))
    return f"{stem}{STREET_ENDS[number % ends]}" + (f" {chr(64 + turn)}" if 0 < turn < 26 else "")


def make_network(land: Land) -> None:
    """Node all ways at grade; adds the layers veg, sti and jernbane."""
    motorway, ramps = _motorway(land)
    local = land.tables["local_roads"].assign(vegtype="bilveg")
    ways = pd.concat(
        [
            local, ramps, walkways.driveways(land), walkways.pavements(land),
            walkways.cycleways(land), walkways.shortcuts(land), walkways.paths(land),
        ],
        ignore_index=True,
    )  # fmt: skip
    traffic = [shapely.buffer(land.shapes[name], 12.0) for name in ("motorway", "railway")]
    ways = ways.assign(medium="bakke", niva=0)
    ways = _bridges(_clip(land, ways), [land.shapes["wet"], *traffic])
    pieces, index = _node(ways["geometry"].to_numpy())
    net = ways.drop(columns="geometry").iloc[index].reset_index(drop=True)
    net["geometry"] = pieces
    net = pd.concat([net, _over_water(land, _clip(land, motorway))], ignore_index=True)
    net["navn"] = net["navn"].fillna("")
    net["medium"] = net["medium"].fillna("bakke")
    net["niva"] = net["niva"].fillna(0).astype(int)
    trail = (net["vegtype"] == "sti").to_numpy()
    road, path = net[~trail], net[trail]
    car = (road["vegtype"] == "bilveg").to_numpy()
    land.add(
        "veg",
        road["geometry"].to_numpy(),
        veg_id=np.arange(1, len(road) + 1),
        vegtype=road["vegtype"].to_numpy(),
        vegkategori=road["vegkategori"].to_numpy(),
        fartsgrense=pd.array(road["fartsgrense"].where(car).to_numpy(), dtype="Int64"),
        medium=road["medium"].to_numpy(),
        niva=road["niva"].to_numpy(),
        envegskjort=np.zeros(len(road), bool),
        broytet=(road["vegtype"] != "trapp").to_numpy(),
        navn=road["navn"].to_numpy(),
    )
    land.add(
        "sti",
        path["geometry"].to_numpy(),
        sti_id=np.arange(1, len(path) + 1),
        stitype=path["stitype"].to_numpy(),
        merket=path["merket"].astype(bool).to_numpy(),
    )
    rail = _split_by_height(land, shapely.line_merge(land.shapes["railway"]))
    rail = _over_water(land, _clip(land, rail))
    land.add(
        "jernbane",
        rail["geometry"].to_numpy(),
        bane_id=np.arange(1, len(rail) + 1),
        medium=rail["medium"].to_numpy(),
    )


def _clip(land: Land, ways: pd.DataFrame) -> pd.DataFrame:
    """Keep what lies inside the municipality."""
    inner = land.shapes["municipality"]
    shapely.prepare(inner)
    geometry = ways["geometry"].to_numpy()
    partly = ~shapely.covers(inner, geometry)
    geometry = geometry.copy()
    geometry[partly] = shapely.intersection(geometry[partly], inner)
    single, index = parts(geometry)
    line = shapely.get_type_id(single) == 1
    kept: pd.DataFrame = ways.iloc[index[line]].assign(geometry=single[line])
    return kept.reset_index(drop=True)


def _over_water(land: Land, ways: pd.DataFrame) -> pd.DataFrame:
    """Bridges for what runs on the ground and crosses a river; tunnels stay below."""
    ground = ways["medium"] == "bakke"
    crossed = _bridges(ways[ground].reset_index(drop=True), [land.shapes["wet"]])
    return pd.concat([ways[~ground], crossed], ignore_index=True)


def _bridges(ways: pd.DataFrame, below: list[shapely.Geometry]) -> pd.DataFrame:
    """Cut ways where they cross the areas below; what lies over them is a bridge."""
    frame = ways
    for obstacle in below:
        pieces = tiles(obstacle)
        geometry = frame["geometry"].to_numpy()
        owner, piece = shapely.STRtree(pieces).query(geometry, predicate="intersects")
        order = np.lexsort((piece, owner))
        owner, piece = owner[order], piece[order]
        touched = np.unique(owner)
        number = np.arange(len(geometry))
        starts, stops = (np.searchsorted(owner, number, side) for side in ("left", "right"))
        over, dry = [], []
        for k in touched:
            near = shapely.union_all(pieces[piece[starts[k] : stops[k]]])
            over.append(shapely.intersection(geometry[k], near))
            dry.append(shapely.difference(geometry[k], near))
        up, up_index = parts(np.array(over, dtype=object))
        down, down_index = parts(np.array(dry, dtype=object))
        line, ground = shapely.get_type_id(up) == 1, shapely.get_type_id(down) == 1
        frame = pd.concat(
            [
                frame.drop(index=touched.tolist()),
                frame.iloc[touched[up_index[line]]].assign(geometry=up[line], medium="bru", niva=1),
                frame.iloc[touched[down_index[ground]]].assign(geometry=down[ground]),
            ],
            ignore_index=True,
        )
    return frame


def _node(lines: Array) -> tuple[Array, Array]:
    """Pieces between nodes, on a grid of centimetres, and the line that each piece is part of."""
    noded = shapely.union_all(shapely.set_precision(lines, 0.01), grid_size=0.01)
    pieces = np.asarray(shapely.get_parts(noded))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    found, index = shapely.STRtree(lines).query_nearest(middle, all_matches=False)
    return pieces[found], index


def _motorway(land: Land) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the European road cut at bridges, tunnels and ramps, and its ramps."""
    line = shapely.line_merge(land.shapes["motorway"])
    if line.geom_type != "LineString":
        line = max(shapely.get_parts(line), key=lambda part: part.length)
    roads = land.tables["main_roads"].query("vegkategori != 'E'")["geometry"].to_numpy()
    crossing = shapely.get_parts(shapely.intersection(roads, line))
    crossing = crossing[shapely.get_type_id(crossing) == 0]
    place = land.tables["centres"].query("level < 2")[["x", "y"]].to_numpy()
    links = []
    if len(crossing):
        gap = shapely.distance(point_array(place)[:, None], crossing[None, :])
        for k in np.unique(np.argmin(gap, axis=1)[gap.min(axis=1) < 3_000.0]):
            links += _ramps(line, roads, crossing[k])
    ramps = walkways.ways_table(
        np.array(links, dtype=object), "bilveg", vegkategori="E", fartsgrense=50
    )
    pieces = _split_by_height(land, line)
    ends = [shapely.get_point(link, 0) for link in links]
    pieces = _cut_at(pieces, ends)
    pieces = pieces.assign(vegtype="bilveg", vegkategori="E", fartsgrense=80, navn=f"E99 {NAME}")
    return pieces, ramps


def _ramps(line: shapely.LineString, roads: Array, at: shapely.Point) -> list[shapely.LineString]:
    """Two ramps from the motorway to the road that crosses it."""
    road = roads[int(np.argmin(shapely.distance(roads, at)))]
    along, across = line.project(at), road.project(at)
    ramps = []
    for sign in (-1.0, 1.0):
        start = line.interpolate(along + sign * 230.0)
        side = across + sign * 55.0
        if not 0 < side < road.length:
            side = across - sign * 55.0
        ramps.append(shapely.LineString([start, road.interpolate(np.clip(side, 0, road.length))]))
    return ramps


def _cut_at(pieces: pd.DataFrame, points: list[shapely.Point]) -> pd.DataFrame:
    rows = []
    for row in pieces.to_dict("records"):
        line = row["geometry"]
        stops = sorted(line.project(p) for p in points if line.distance(p) < 0.5)
        marks = [0.0, *[s for s in stops if 1.0 < s < line.length - 1.0], line.length]
        rows += [row | {"geometry": shapely.ops.substring(line, a, b)} for a, b in pairwise(marks)]
    return pd.DataFrame(rows)


def _split_by_height(land: Land, line: shapely.Geometry, step: float = 20.0) -> pd.DataFrame:
    """Cut a line where its even grade runs deep below the ground or above it, or over water."""
    rows = []
    for part in shapely.get_parts(line):
        count = max(int(part.length / step), 2)
        at = np.linspace(0, part.length, count + 1)
        xy = shapely.get_coordinates(shapely.line_interpolate_point(part, at))
        ground = np.maximum(land.grid.interpolate(land.arrays["z"], xy), 0.0)
        grade = ndimage.gaussian_filter1d(ground, 320 / step, mode="nearest")
        wet = land.grid.sample(land.arrays["sea"] | land.arrays["lake"], xy)
        state = np.select([wet, ground - grade > 11, grade - ground > 8], [1, 2, 1], 0)
        state = ndimage.median_filter(state, 5)
        state[wet] = 1
        change = np.flatnonzero(np.diff(state)) + 1
        marks = np.r_[0, change, len(state) - 1]
        for a, b in pairwise(marks):
            if b > a:
                rows.append(
                    {
                        "geometry": shapely.ops.substring(part, at[a], at[b]),
                        "medium": ("bakke", "bru", "tunnel")[state[a]],
                        "niva": (0, 1, -1)[state[a]],
                    }
                )
    return pd.DataFrame(rows)
