"""Buildings: footprints along the streets with type, year, dwellings and floors.

The settlement grows outward: its rim is younger than its core, and blocks replace old houses
near the centre.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.land import YEAR
from askergeo.example.plots import Kind, along_streets, clear_of, dry, find_room, zones
from askergeo.example.public import street_lines
from askergeo.example.shapes import noise, point_array, rectangles, segments, tiles, walk

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["BUILDING_COLUMNS", "make_barriers", "make_buildings"]

KINDS = {
    0: Kind(44, 9.0, (28, 38), (13, 16)),
    1: Kind(44, 15.0, (28, 36), (12, 14)),
    2: Kind(31, 9.0, (24.8, 24.8), (8.5, 10)),
    3: Kind(22.5, 9.0, (9.5, 14.5), (7.5, 10.5), loose=3.5),
}
RESIDENTS_PER_DWELLING = 2.33
BUILDING_COLUMNS = ("geometry", "code", "settlement", "rank", "dwellings", "floors", "dx", "dy")


def make_barriers(land: Land) -> None:
    """Lines and areas that keep buildings away; adds arrays barriers and wet_tiles."""
    lines = shapely.get_parts(shapely.union_all([land.shapes["motorway"], land.shapes["railway"]]))
    land.arrays["barriers"] = segments(np.asarray(lines))
    land.arrays["wet_tiles"] = tiles(shapely.buffer(land.shapes["wet"], 4.0))


def make_buildings(land: Land) -> None:
    """All buildings; adds the layer bygning and the table buildings that other steps read."""
    rng = land.rng("buildings")
    lines = np.concatenate([street_lines(land), land.arrays["barriers"]])
    homes = _homes(land, lines, rng)
    outside = _outside(land, lines, homes, rng)
    public = _public(land)
    cabins = _cabins(land, lines, pd.concat([homes, outside]), rng)
    main = pd.concat([public, homes, outside, cabins], ignore_index=True)
    garages = _garages(land, main, lines, rng)
    frame = pd.concat([main, garages], ignore_index=True)
    frame["year"] = _years(land, frame)
    area = shapely.area(frame["geometry"].to_numpy())
    frame["area"] = np.round(area * frame["floors"].to_numpy() * 0.85)
    frame["id"] = np.arange(1, len(frame) + 1) + 900_000_000
    land.tables["buildings"] = frame
    land.add(
        "bygning",
        frame["geometry"].to_numpy(),
        bygning_id=frame["id"].astype(str).to_numpy(),
        bygningstype=frame["code"].to_numpy(),
        tatt_i_bruk=frame["year"].to_numpy(),
        boliger=frame["dwellings"].to_numpy(),
        etasjer=frame["floors"].to_numpy(),
        bruksareal=frame["area"].to_numpy(),
    )


def _homes(land: Land, lines: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Dwellings in the settlements, from the core outward until the centre's share is housed."""
    hoods = land.tables["neighbourhoods"]
    zone_of = zones(land)
    land.tables["neighbourhoods"]["zone"] = zone_of
    tree = shapely.STRtree(hoods["geometry"].to_numpy())
    found = []
    fronts = street_lines(land)
    for zone, kind in KINDS.items():
        frame = along_streets(land, fronts, kind, rng)
        point, hood = tree.query(point_array(frame[["x", "y"]].to_numpy()), predicate="within")
        mine = np.full(len(frame), 3)
        mine[point] = zone_of[hood]
        found.append(frame[mine == zone].assign(zone=zone))
    frame = pd.concat(found, ignore_index=True)
    geometry = frame["geometry"].to_numpy()
    good = clear_of(geometry, lines, 5.5) & dry(land.grid, land, geometry)
    good &= clear_of(geometry, land.arrays["barriers"], 18.0)
    frame = frame[good].reset_index(drop=True)
    public = land.tables["public"]["claim"].to_numpy()
    claims = shapely.buffer(frame["geometry"].to_numpy(), 1.8, join_style="mitre")
    room = find_room(np.concatenate([public, claims]))[len(public) :]
    frame = _types(frame[room].reset_index(drop=True), rng)
    frame = frame.sort_values(["settlement", "rank", "x", "y"], ignore_index=True)
    total = frame.groupby("settlement")["dwellings"].cumsum()
    wanted = land.tables["centres"]["residents"].to_numpy() / RESIDENTS_PER_DWELLING
    frame = frame[total <= wanted[frame["settlement"]]].reset_index(drop=True)
    return _split_rows(frame)


def _types(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add building type, floors and dwellings by zone."""
    zone, chance = frame["zone"].to_numpy(), rng.random(len(frame))
    floors = np.select(
        [zone == 0, zone == 1, zone == 2],
        [rng.integers(3, 6, len(frame)), rng.integers(3, 5, len(frame)), 2],
        np.where(chance < 0.35, 1, 2),
    )
    code = np.select(
        [zone == 0, zone == 1, zone == 2],
        [np.where(floors > 4, 146, 145), np.where(floors > 4, 143, 142), 131],
        np.select([chance < 0.76, chance < 0.9, chance < 0.95], [111, 112, 121], 122),
    )
    flats = np.round(frame["length"].to_numpy() * frame["depth"].to_numpy() / 92).astype(int)
    dwellings = np.select(
        [zone == 0, zone == 1, zone == 2],
        [flats * (floors - 1), flats * floors, 4],
        np.where(code == 111, 1, np.where(code == 112, 1 + (chance > 0.86), 2)),
    )
    return frame.assign(code=code, floors=floors, dwellings=dwellings)


def _split_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Make four houses of each row, wall to wall."""
    rows = frame["code"] == 131
    group = frame[rows]
    four = group.loc[group.index.repeat(4)].copy()
    shift = np.tile([-1.5, -0.5, 0.5, 1.5], len(group)) * 6.2
    four["x"] += four["dx"] * shift
    four["y"] += four["dy"] * shift
    four["length"] = 6.2
    four["dwellings"] = 1
    four["geometry"] = rectangles(
        four[["x", "y"]].to_numpy(), four[["dx", "dy"]].to_numpy(),
        four["length"].to_numpy(), four["depth"].to_numpy(),
    )  # fmt: skip
    return pd.concat([frame[~rows], four], ignore_index=True)


def _public(land: Land) -> pd.DataFrame:
    public = land.tables["public"]
    floors = np.select([public["code"].isin([311, 511, 721]), public["code"] == 321], [4, 3], 2)
    return public.assign(dwellings=0, floors=floors, zone=-1)


def _outside(
    land: Land, lines: Array, homes: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Farms and scattered houses along the roads, until all dwellings have a place."""
    grid = land.grid
    farms = land.arrays["farm_xy"]
    turn = rng.uniform(0, np.pi, len(farms))
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    across = np.column_stack([-unit[:, 1], unit[:, 0]])
    yard = [
        (113, 0.0, 0.0, 14, 9, 1, 2),
        (241, 5.0, 30.0, 32, 13, 0, 2),
        (249, -26.0, 12.0, 11, 8, 0, 1),
    ]
    frames = []
    for code, along, back, length, depth, dwellings, floors in yard:
        centre = farms + unit * along + across * back
        frames.append(_plain(centre, unit, length, depth, code, dwellings, floors))
    fronts = np.concatenate(
        [land.tables["main_roads"].query("vegkategori != 'E'")["geometry"].to_numpy(),
         land.tables["private_roads"]["geometry"].to_numpy()])  # fmt: skip
    at, direction, _, _ = walk(fronts, 30.0)
    side = np.column_stack([-direction[:, 1], direction[:, 0]]) * rng.choice([-1, 1], (len(at), 1))
    place = at + side * rng.uniform(16, 34, (len(at), 1))
    crowd = grid.sample(noise(land.rng("scattered"), grid, 1_300, 120, 2.4), place)
    good = (grid.sample(land.arrays["settlement"], place) < 0) & (crowd > -1.2)
    good &= grid.sample(land.arrays["arable"], place) != 21  # no house on a field
    good &= grid.sample(land.arrays["slope"], place) < 0.24
    order = np.flatnonzero(good)[np.argsort(-crowd[good], kind="stable")]
    left = land.size.dwellings - int(homes["dwellings"].sum()) - len(farms)
    house = _plain(place[order], direction[order], 11.5, 9.0, 111, 1, 2)
    frame = pd.concat([*frames, house], ignore_index=True)
    frame = frame[_stands(land, frame, lines, homes)]
    farm_homes = int((frame["code"] == 113).sum())
    scattered = (frame["code"] == 111).cumsum() <= left + len(farms) - farm_homes
    return frame[(frame["code"] != 111) | scattered].reset_index(drop=True)


def _stands(land: Land, frame: pd.DataFrame, lines: Array, others: pd.DataFrame) -> Array:
    """Which rows are dry, inside the municipality, clear of roads and of other buildings."""
    geometry = frame["geometry"].to_numpy()
    good = clear_of(geometry, lines, 4.5) & dry(land.grid, land, geometry)
    good &= clear_of(geometry, land.arrays["barriers"], 14.0)
    inner = land.grid.sample(land.arrays["inside"], frame[["x", "y"]].to_numpy())
    known = np.concatenate([others["geometry"].to_numpy(), land.tables["public"]["claim"]])
    claims = shapely.buffer(geometry, 2.0, join_style="mitre")
    good &= inner
    room = find_room(np.concatenate([known, claims[good]]))[len(known) :]
    good[np.flatnonzero(good)[~room]] = False
    return np.asarray(good)


def _plain(  # noqa: PLR0917 (a row of the table in the order of its columns)
    centre: Array, unit: Array, length: float, depth: float, code: int, dwellings: int, floors: int
) -> pd.DataFrame:
    full = np.ones(len(centre))
    return pd.DataFrame(
        {
            "geometry": rectangles(centre, unit, full * length, full * depth),
            "x": centre[:, 0], "y": centre[:, 1], "dx": unit[:, 0], "dy": unit[:, 1],
            "ax": -unit[:, 1], "ay": unit[:, 0], "length": length, "depth": depth,
            "settlement": -1, "rank": 1.0, "code": code, "dwellings": dwellings,
            "floors": floors, "zone": 4,
        }
    )  # fmt: skip


def _cabins(
    land: Land, lines: Array, others: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Cabins, and boathouses for some of those by the shore."""
    place = land.arrays["cabin_xy"]
    turn = rng.uniform(0, np.pi, len(place))
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    cabins = _plain(place, unit, 9.5, 7.0, 161, 0, 1)
    near = land.grid.sample(land.arrays["shore_m"], place) < 40
    boat = near & (rng.random(len(place)) < 0.25)
    dy, dx = np.gradient(land.arrays["shore_m"], land.grid.cell)
    down = -np.column_stack([land.grid.sample(dx, place), -land.grid.sample(dy, place)])
    far = land.grid.interpolate(land.arrays["shore_m"], place)
    spot = place + down * (np.maximum(far - 11.0, 0.0))[:, None]
    sheds = _plain(spot[boat], unit[boat], 6.0, 4.0, 183, 0, 1)
    frame = pd.concat([cabins, sheds], ignore_index=True)
    return frame[_stands(land, frame, lines, others)].reset_index(drop=True)


def _garages(
    land: Land, main: pd.DataFrame, lines: Array, rng: np.random.Generator
) -> pd.DataFrame:
    """Garages beside half of the small houses."""
    small = main["code"].isin([111, 112, 113, 121, 122]).to_numpy()
    base = main[small & (rng.random(len(main)) < 0.62)]
    side = rng.choice([-1.0, 1.0], len(base))
    unit = base[["dx", "dy"]].to_numpy()
    along = unit * (side * (base["length"].to_numpy() / 2 + 5.2))[:, None]
    back = base[["ax", "ay"]].to_numpy() * rng.uniform(-3.5, 5.0, (len(base), 1))
    frame = _plain(base[["x", "y"]].to_numpy() + along + back, unit, 6.2, 5.8, 181, 0, 1)
    frame["settlement"], frame["rank"] = base["settlement"].to_numpy(), base["rank"].to_numpy()
    geometry = frame["geometry"].to_numpy()
    good = clear_of(geometry, lines, 4.0) & dry(land.grid, land, geometry)
    frame = frame[good]
    known = main["geometry"].to_numpy()
    claims = shapely.buffer(frame["geometry"].to_numpy(), 0.8, join_style="mitre")
    hit = shapely.STRtree(known).query(claims, predicate="intersects")[0]
    free = np.ones(len(frame), bool)
    free[np.unique(hit)] = False
    frame, claims = frame[free], claims[free]
    return frame[find_room(claims)].reset_index(drop=True)


def _years(land: Land, frame: pd.DataFrame) -> Array:
    """Year of completion: by place in the settlement, with infill; a few in the last years."""
    rng = land.rng("years")
    count = len(frame)
    place = np.clip(frame["rank"].to_numpy(), 0, 1)
    year = 1_905 + 92 * place**0.75 + rng.normal(0, 15, count)
    code = frame["code"].to_numpy()
    blocks = (code >= 131) & (code < 160)
    year = np.where(blocks, 1_958 + 60 * rng.beta(1.6, 1.1, count), year)
    year = np.where(np.isin(code, [113, 241]), 1_850 + 150 * rng.beta(1.3, 1.6, count), year)
    year = np.where(code == 161, 1_920 + 96 * rng.beta(2.0, 1.9, count), year)
    public = code > 300
    year = np.where(public, 1_955 + 66 * rng.beta(1.5, 1.3, count), year)
    infill = rng.random(count) < 0.16
    year = np.where(infill, rng.uniform(1_975, YEAR - 4, count), year)
    year = np.clip(np.round(year), 1_850, YEAR - 4).astype(int)
    new = rng.random(count) < np.where(blocks, 0.075, np.where(code == 161, 0.03, 0.035))
    year[new] = rng.integers(YEAR - 3, YEAR + 1, int(new.sum()))
    return np.asarray(year)
