"""Candidates for buildings along the streets, and which of them find room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.shapes import rectangles, segments, walk

if TYPE_CHECKING:
    from askergeo.example.land import Array, Grid, Land

__all__ = ["Kind", "along_streets", "clear_of", "find_room", "zones"]

#: Zone of a neighbourhood: 0 centre, 1 blocks, 2 row houses, 3 detached houses.
ZONES = {0: (0.025, 0.085, 0.15), 1: (0.017, 0.045, 0.085), 2: (0.01, 0.02, 0.05)}


class Kind:
    """How one kind of building stands along a street; lengths in metres."""

    def __init__(
        self, step: float, offset: float, length: tuple[float, float], depth: tuple[float, float],
        *, loose: float = 0.0,
    ) -> None:  # fmt: skip
        self.step = step
        self.offset = offset
        self.length = length
        self.depth = depth
        self.loose = loose


def zones(land: Land) -> Array:
    """Zone of each neighbourhood by its place in the settlement, with some chance in it."""
    hoods = land.tables["neighbourhoods"]
    level = land.tables["centres"]["level"].to_numpy()[hoods["settlement"]]
    limit = np.array([ZONES[k] for k in range(3)])[level]
    chance = land.rng("zones").normal(0, 0.3, len(hoods))
    place = np.maximum(hoods["rank"].to_numpy() * (1 + chance), 0)
    zone = (place[:, None] > limit).sum(axis=1)
    lone = land.rng("lone zones").random(len(hoods))
    zone[(zone == 3) & (lone < 0.04)] = 2  # a field of row houses among the detached
    return np.asarray(zone)


def along_streets(land: Land, lines: Array, kind: Kind, rng: np.random.Generator) -> pd.DataFrame:
    """Candidates on both sides of the lines: geometry, xy, direction, settlement, rank."""
    at, direction, line, _ = walk(lines, kind.step)
    side = np.tile([1.0, -1.0], len(at))
    at, direction = np.repeat(at, 2, axis=0), np.repeat(direction, 2, axis=0)
    line = np.repeat(line, 2)
    across = np.column_stack([-direction[:, 1], direction[:, 0]]) * side[:, None]
    depth = rng.uniform(*kind.depth, len(at))
    length = rng.uniform(*kind.length, len(at))
    back = kind.offset + depth / 2 + rng.uniform(0, kind.loose, len(at))
    centre = at + across * back[:, None] + direction * rng.uniform(-1, 1, (len(at), 1)) * kind.loose
    turn = rng.normal(0, 0.045, len(at)) * (kind.loose > 0)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = direction[:, 0], direction[:, 1]
    direction = np.column_stack([x * cos - y * sin, x * sin + y * cos])
    frame = pd.DataFrame(
        {
            "geometry": rectangles(centre, direction, length, depth),
            "x": centre[:, 0], "y": centre[:, 1], "dx": direction[:, 0], "dy": direction[:, 1],
            "ax": across[:, 0], "ay": across[:, 1], "length": length, "depth": depth,
            "line": line,
        }
    )  # fmt: skip
    settlement = land.grid.sample(land.arrays["settlement"], centre)
    frame["settlement"] = settlement
    frame["rank"] = land.grid.sample(land.arrays["rank"], centre)
    return frame[settlement >= 0].reset_index(drop=True)


def clear_of(footprint: Array, lines: Array, metres: float) -> Array:
    """Footprints (bool) with no line nearer than ``metres``."""
    hit = shapely.STRtree(segments(lines)).query(footprint, predicate="dwithin", distance=metres)[0]
    clear = np.ones(len(footprint), bool)
    clear[np.unique(hit)] = False
    return clear


def find_room(claims: Array) -> Array:
    """Which claims stand: in order, each one that overlaps no earlier one that stands."""
    a, b = shapely.STRtree(claims).query(claims, predicate="intersects")
    earlier = b < a
    a, b = a[earlier], b[earlier]
    pending = np.ones(len(claims), bool)
    standing = np.zeros(len(claims), bool)
    while pending.any():
        waits = np.zeros(len(claims), bool)
        waits[a[pending[b]]] = True
        lost = np.zeros(len(claims), bool)
        lost[a[standing[b]]] = True
        pending &= ~lost
        ready = pending & ~waits
        standing |= ready
        pending &= ~ready
    return standing


def dry(grid: Grid, land: Land, footprint: Array) -> Array:
    """Footprints (bool) that stand on land, their corners at least some metres from water."""
    corners, index = shapely.get_coordinates(footprint, return_index=True)
    wet = grid.interpolate(np.maximum(land.arrays["z"], -5.0), corners) < 0.35
    wet |= grid.sample(land.arrays["lake"] | land.arrays["sea"], corners)
    ok = np.ones(len(footprint), bool)
    ok[np.unique(index[wet])] = False
    hit = shapely.STRtree(land.arrays["wet_tiles"]).query(footprint, predicate="intersects")[0]
    ok[np.unique(hit)] = False
    return ok
