"""The terrain: fractal hills that fall to a fjord in the east, valleys, lakes and rivers.

Water finds its way by a minimum spanning tree of the cells, rooted in the sea: the tree takes
every cell out over the lowest pass, so the highest cell along its way is the level to which a
hollow fills (the same surface as a priority flood gives).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from askergeo.example.shapes import noise

if TYPE_CHECKING:
    from askergeo.example.land import Array, Grid, Land

__all__ = ["Drainage", "drain", "make_terrain", "slope"]

LOWEST_LAND = 0.4
LEAST_LAKE = 15_000.0


class Drainage(NamedTuple):
    """Where water runs.

    ``receiver`` is the next cell downstream (flat index, -1 in the sea), ``filled`` the surface
    with its hollows filled, ``breached`` the surface with its thresholds cut through.
    """

    receiver: Array
    filled: Array
    breached: Array
    area_km2: Array


def make_terrain(land: Land) -> None:
    """Shape the ground; adds arrays z (NN2000, metres), sea, lake, river_km2, receiver, slope."""
    grid = land.grid
    z = _hills(land)
    sea = _open_sea(z)
    z = np.where(sea, np.minimum(z, -0.3), np.maximum(z, LOWEST_LAND))
    z = _carve(land, z, sea)
    dug = _dig_lakes(land, z, sea)
    ripple = 0.8 * noise(
        land.rng("ripple"), grid, 500, 3 * grid.cell, 2.2
    )  # no ruler-straight brooks
    z = np.where(sea, z, np.maximum(z - dug + ripple, LOWEST_LAND + 0.5 + 0.3 * ripple))
    z, bowl = np.maximum(z, np.where(sea, -np.inf, LOWEST_LAND)), dug > 1.0
    water = drain(grid, z, sea)
    lake = _lakes(grid, water.filled - z, bowl)
    z = np.where(sea, z, water.filled)
    channel = (water.area_km2 >= land.size.river_km2) & ~sea
    bed = channel & ~lake
    z[bed] = np.maximum(z[bed] - 1.0, LOWEST_LAND)
    land.arrays |= {
        "z": z.astype(np.float32),
        "sea": sea,
        "lake": lake,
        "channel": channel,
        "river_km2": water.area_km2.astype(np.float32),
        "receiver": water.receiver,
        "slope": slope(grid, np.maximum(z, 0.0)).astype(np.float32),
        "shore_m": (ndimage.distance_transform_edt(~sea) * grid.cell).astype(np.float32),
    }


def slope(grid: Grid, z: Array) -> Array:
    """Steepness (rise over run) of a smoothed surface."""
    smooth = ndimage.gaussian_filter(z, 1.0)
    dy, dx = np.gradient(smooth, grid.cell)
    return np.asarray(np.hypot(dx, dy))


def _hills(land: Land) -> Array:
    """Rough ground before water has worked on it."""
    grid, size = land.grid, land.size
    rng = land.rng("terrain")
    scale = (size.width / 20_000.0) ** 0.5
    x = (np.arange(grid.shape[1]) + 0.5) * grid.cell / size.width
    reach = size.width * (0.63 - x)[None, :] + size.width * 0.085 * noise(
        rng, grid, 1.2 * size.height, size.width / 3, 3.0
    )
    reach = reach + 1_250 * scale * noise(rng, grid, 4_600 * scale, 330 * scale, 3.2, grain=2.2)
    inland = np.clip(reach / (0.5 * size.width), 0.0, None)
    ground = 320 * (1 - np.exp(-1.35 * inland))
    sea_floor = -75 * (1 - np.exp(np.minimum(reach, 0.0) / (1_900 * scale)))
    folds = np.abs(noise(rng, grid, 7_500 * scale, 900 * scale, 3.6, grain=1.7))
    valley = np.clip(folds / 0.8, 0.0, 1.0)
    hills = noise(rng, grid, 3_600 * scale, 140, 3.7, grain=1.8)
    knolls = noise(rng, grid, 420, 60, 3.2, grain=1.5)
    swell = 10 + 52 * np.clip(inland * 2.0, 0.0, 1.0)
    land_form = ground * (0.3 + 0.7 * valley) + (swell * hills + 3.5 * knolls) * (
        0.3 + 0.7 * valley
    )
    skerries = 21 * noise(rng, grid, 2_300 * scale, 230, 3.3, grain=2.4) + 1.5 * knolls + 1.0
    blend = np.clip(0.5 + reach / (1_300 * scale), 0.0, 1.0)
    z = blend * (land_form + 2.0) + (1 - blend) * (sea_floor + skerries)
    over = z > 330  # no peaks: the highest ground is rounded off
    z[over] = 330 + 90 * np.tanh((z[over] - 330) / 110)
    return np.asarray(z)


def _open_sea(z: Array) -> Array:
    """Cells below zero that hang together with the fjord in the east."""
    label, _ = ndimage.label(z <= 0)
    edge = np.unique(label[:, -1])
    return np.asarray(np.isin(label, edge[edge > 0]))


def drain(grid: Grid, z: Array, sea: Array) -> Drainage:
    """Drainage of the land to the sea and over the raster's rim."""
    outlet = sea.copy()
    outlet[[0, -1], :] = True
    outlet[:, [0, -1]] = True
    node = np.zeros(z.shape, np.int32)
    cells = np.flatnonzero(~outlet)
    node.ravel()[cells] = np.arange(1, len(cells) + 1)
    tree = minimum_spanning_tree(_neighbour_graph(z, node, len(cells) + 1))
    order, parent = breadth_first_order(tree, 0, directed=False)
    bounds = _levels(order, parent)
    level = np.empty(len(cells) + 1)
    level[0] = -np.inf
    level[1:] = z.ravel()[cells]
    area = np.full(len(cells) + 1, (grid.cell / 1_000) ** 2)
    depths = list(pairwise(bounds[1:]))
    for start, stop in depths:
        nodes = order[start:stop]
        level[nodes] = np.maximum(level[nodes], level[parent[nodes]])
    cut = np.concatenate([[np.inf], z.ravel()[cells]])
    for start, stop in reversed(depths):
        nodes = order[start:stop]
        np.add.at(area, parent[nodes], area[nodes])
        np.minimum.at(cut, parent[nodes], cut[nodes])
    filled, breached = z.astype(float), z.astype(float)
    area_km2, receiver = np.zeros(z.shape), np.full(z.size, -1)
    filled.ravel()[cells] = level[1:]
    breached.ravel()[cells] = cut[1:]
    area_km2.ravel()[cells] = area[1:]
    up = parent[1:]
    receiver[cells[up > 0]] = cells[up[up > 0] - 1]
    mouths = cells[up == 0]
    receiver[mouths] = _lowest_outlet(z, outlet, mouths)
    return Drainage(receiver, filled, breached, area_km2)


def _neighbour_graph(z: Array, node: Array, size: int) -> csr_array:
    """Graph of neighbouring cells; an edge weighs as its highest end, less for a steep drop."""
    rows, columns = z.shape
    first, second, weights = [], [], []
    to_outlet = np.full(size, np.inf)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (slice(0, rows - dy), slice(max(0, -dx), columns - max(0, dx)))
        there = (slice(dy, rows), slice(max(0, dx), columns + min(0, dx)))
        a, b = z[here].ravel(), z[there].ravel()
        u, v = node[here].ravel(), node[there].ravel()
        # positive, since a zero would be no edge
        top = np.maximum(a, b) - 1e-3 * np.abs(a - b) / np.hypot(dy, dx) + 1e4
        rim = (u == 0) != (v == 0)
        np.minimum.at(to_outlet, np.maximum(u, v)[rim], top[rim])
        both = (u > 0) & (v > 0)
        first.append(u[both])
        second.append(v[both])
        weights.append(top[both])
    coast = np.flatnonzero(np.isfinite(to_outlet)).astype(np.int32)
    first.append(np.zeros_like(coast))
    second.append(coast)
    weights.append(to_outlet[coast])
    ends = (np.concatenate(first), np.concatenate(second))
    return csr_array((np.concatenate(weights), ends), shape=(size, size))


def _levels(order: Array, parent: Array) -> list[int]:
    """Bounds of the depths in a breadth-first order, in which each depth is one run."""
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    above = position[parent[order[1:]]]
    bounds = [0, 1]
    while bounds[-1] < len(order):
        bounds.append(1 + int(np.searchsorted(above, bounds[-1])))
    return bounds


def _lowest_outlet(z: Array, outlet: Array, cells: Array) -> Array:
    """Find the lowest neighbour among the outlets, for cells where the water leaves the land."""
    columns = z.shape[1]
    best = np.full(len(cells), np.inf)
    chosen = np.full(len(cells), -1)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            there = cells + dy * columns + dx
            value = np.where(outlet.ravel()[there], z.ravel()[there], np.inf)
            better = value < best
            best[better], chosen[better] = value[better], there[better]
    return chosen


def _carve(land: Land, z: Array, sea: Array) -> Array:
    """Let the streams cut valleys with flat floors, wider the more water they carry."""
    grid = land.grid
    factor = 2
    coarse = grid.coarser(factor)
    small_z, small_sea = z[::factor, ::factor], sea[::factor, ::factor]
    water = drain(coarse, small_z, small_sea)
    stream = (water.area_km2 >= 0.45 * land.size.river_km2) & ~small_sea
    if not stream.any():
        return z
    distance, (row, column) = ndimage.distance_transform_edt(~stream, return_indices=True)
    floor = water.breached[row, column]
    size = np.sqrt(water.area_km2[row, column])
    half = np.clip(28 + 62 * size, 0, 330) * np.clip(1.35 - floor / 240, 0.25, 1.0)
    half = ndimage.gaussian_filter(half, 6)
    d = distance * coarse.cell
    t = np.clip((d - half) / (2.2 * half + 60), 0.0, 1.0)
    blend = t * t * (3 - 2 * t)
    cut = np.minimum(small_z, (floor + 0.02 * d) * (1 - blend) + small_z * blend)
    drop = ndimage.gaussian_filter(np.where(small_sea, 0.0, small_z - cut), 1.5)
    rows, columns = np.indices(grid.shape, dtype=float)
    fine = ndimage.map_coordinates(drop, [rows / factor, columns / factor], order=1, mode="nearest")
    return np.where(sea, z, np.maximum(z - fine, LOWEST_LAND))


def _dig_lakes(land: Land, z: Array, sea: Array) -> Array:
    """Metres to hollow out for lakes in the hills, as the ice did."""
    grid = land.grid
    rng = land.rng("lakes")
    bowl = noise(rng, grid, 2_600, 200, 2.8)
    high = np.clip((z - 15) / 60, 0, 1) * np.clip((330 - z) / 60, 0, 1)
    flat = np.clip(1.2 - slope(grid, z) / 0.16, 0, 1)
    away = np.clip((ndimage.distance_transform_edt(~sea) * grid.cell - 500) / 500, 0, 1)
    depth = np.clip(bowl - 1.15, 0, None) * 26 * ndimage.gaussian_filter(high * flat, 3) * away
    return np.asarray(depth)


def _lakes(grid: Grid, depth: Array, bowl: Array) -> Array:
    """Dug hollows that are deep and large enough; all others have filled with clay and peat."""
    label, count = ndimage.label(depth > 0.8)
    if count == 0:
        return np.zeros(depth.shape, bool)
    index = np.arange(1, count + 1)
    cells = np.ones(depth.shape)
    area = ndimage.sum_labels(cells, label, index)
    dug = ndimage.sum_labels(bowl, label, index) > 0.15 * area
    deepest = ndimage.maximum(depth, label, index)
    large = area * grid.cell**2 >= LEAST_LAKE
    return np.isin(label, index[large & dug & (deepest > 2.0)])
