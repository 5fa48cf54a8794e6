"""Where people live outside the settlements: farms on the valley floors, cabins by the shore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from askergeo.example.shapes import noise, point_array, walk

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_farmland", "make_sites", "thin"]

MARINE_LIMIT = 200.0


def make_farmland(land: Land) -> None:
    """Marine clay and farmland; adds arrays clay (bool) and arable (0 none, 21, 22, 23).

    The sea once stood 200 m higher and left clay where the ground is flat; that is where the
    fields lie.
    """
    grid, arrays = land.grid, land.arrays
    smooth = ndimage.uniform_filter(arrays["slope"], round(60 / grid.cell))
    wide = ndimage.gaussian_filter(np.maximum(arrays["z"], 0), round(260 / grid.cell))
    low = arrays["z"] < np.minimum(wide + 4.0, MARINE_LIMIT)
    patchy = noise(land.rng("clay"), grid, 1_500, 120, 2.6)
    clay = arrays["land"] & low & (smooth < 0.105 + 0.02 * patchy)
    arrays["clay"] = _tidy(clay, round(40 / grid.cell))
    fields = noise(land.rng("fields"), grid, 2_200, 160, 2.6)
    good = arrays["clay"] & (arrays["shore_m"] > 60) & (fields > -0.35) & (smooth < 0.1)
    good &= ndimage.distance_transform_edt(arrays["settlement"] < 0) * grid.cell > 30
    good = _tidy(good, round(30 / grid.cell))
    edge = arrays["land"] & ~good & (smooth < 0.17) & (arrays["z"] < 260) & (fields > -0.1)
    near = ndimage.distance_transform_edt(~good) * grid.cell
    pasture = _tidy(edge & (near < 130) & (arrays["settlement"] < 0), round(20 / grid.cell))
    rough = noise(land.rng("pasture"), grid, 500, 60, 2.2) > 0.7
    arrays["arable"] = np.where(good, 21, np.where(pasture & rough, 22, 0))
    arrays["arable"][pasture & ~rough & (fields > 0.25)] = 23
    arrays["arable"] = arrays["arable"].astype(np.uint8)


def _tidy(mask: Array, cells: int) -> Array:
    disk = np.hypot(*np.mgrid[-cells : cells + 1, -cells : cells + 1]) <= cells
    return np.asarray(ndimage.binary_opening(mask, disk))


def thin(rng: np.random.Generator, xy: Array, spacing: float, most: int) -> Array:
    """Return indices of points, taken at random, no two in the same or a neighbouring square.

    The squares have sides of half the spacing, so kept points lie at least that far apart.
    """
    order = rng.permutation(len(xy))
    square = np.floor(xy[order] / spacing).astype(int)
    first = np.unique(square, axis=0, return_index=True)[1]
    kept = order[np.sort(first)]
    tree = shapely.STRtree(point_array(xy[kept]))
    a, b = tree.query(point_array(xy[kept]), predicate="dwithin", distance=spacing / 2)
    drop = np.unique(a[b < a])
    return np.delete(kept, drop)[:most]


def make_sites(land: Land) -> None:
    """Sites of farms, scattered houses and cabins; adds arrays of points and private_ends."""
    grid, arrays, size = land.grid, land.arrays, land.size
    rng = land.rng("sites")
    free = _free(land)
    cells = np.flatnonzero(free & (arrays["arable"] == 0) & (arrays["slope"] < 0.16)
                           & _beside(land, arrays["arable"] > 0, 45.0))  # fmt: skip
    xy = grid.xy(cells)
    farms = xy[thin(rng, xy, 420.0, size.farms)]
    shore = land.shapes["shore"]
    at, direction, _, _ = walk(shore, 17.0)
    side = rng.uniform(16.0, 95.0, len(at)) * np.where(rng.random(len(at)) < 0.3, 0.55, 1.0)
    inland = np.column_stack([-direction[:, 1], direction[:, 0]])
    wet = grid.sample(arrays["z"], at + inland * 12.0) <= 0
    inland[wet] *= -1
    place = at + inland * side[:, None]
    holiday = grid.sample(noise(land.rng("cabins"), grid, 1_900, 200, 2.6), place)
    good = (holiday > -0.15) & grid.sample(free, place)
    good &= (grid.sample(arrays["slope"], place) < 0.42) & (
        grid.sample(arrays["shore_m"], place) > 10
    )
    place = place[good]
    cabins = place[thin(rng, place, 34.0, round(0.86 * size.cabins))]
    inner = np.flatnonzero(free & _beside(land, arrays["lake"], 160.0))
    forest = np.flatnonzero(free & (arrays["z"] > 60) & (arrays["arable"] == 0))
    pool = grid.xy(np.concatenate([inner, rng.choice(forest, min(len(forest), 4 * size.cabins))]))
    wood = pool[thin(rng, pool, 90.0, round(0.14 * size.cabins))]
    arrays["farm_xy"], arrays["cabin_xy"] = farms, np.concatenate([cabins, wood])
    reached = cabins[rng.random(len(cabins)) < 0.3]
    arrays["private_ends"] = np.concatenate([farms, reached])


def _free(land: Land) -> Array:
    """Land outside settlements and their surroundings, off rivers, inside the municipality."""
    grid, arrays = land.grid, land.arrays
    town = ndimage.distance_transform_edt(arrays["settlement"] < 0) * grid.cell
    brook = ndimage.distance_transform_edt(~arrays["channel"]) * grid.cell
    inner = ndimage.distance_transform_edt(arrays["inside"]) * grid.cell
    return np.asarray(arrays["land"] & (town > 40) & (brook > 25) & (inner > 80))


def _beside(land: Land, mask: Array, metres: float) -> Array:
    return np.asarray(ndimage.distance_transform_edt(~mask) * land.grid.cell < metres)
