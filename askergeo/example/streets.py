"""Built-up land around the centres, its neighbourhoods and their streets.

A settlement takes the cells that are cheapest to reach from its centre. Voronoi cells of
scattered points are the neighbourhoods: collector streets run between them, parallel housing
streets inside them along the slope; a smooth displacement bends it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage
from scipy.spatial import cKDTree

from askergeo.example.roads import cheapest, discount
from askergeo.example.shapes import (
    displace,
    erase,
    line_array,
    noise,
    parts,
    point_array,
    region,
    tiles,
)

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_settlements", "make_streets"]

STREET_SPACING = 62.0


def make_settlements(land: Land) -> None:
    """Choose the built-up cells of each centre; adds arrays settlement, rank and shape built."""
    grid, arrays, centres = land.grid, land.arrays, land.tables["centres"]
    way = land.shapes["ways"]
    place = centres[["x", "y"]].to_numpy()
    at = way.grid.flat(place)
    built = np.unique(np.r_[arrays["road_cells"], at])
    cost, _, source = cheapest(discount(way, built, 0.75), at)
    number = np.full(way.graph.shape[0], -1)
    number[at] = np.arange(len(at))
    coarse = np.where(source >= 0, number[np.maximum(source, 0)], -1).reshape(way.grid.shape)
    cells = np.arange(arrays["z"].size)
    xy = grid.xy(cells)
    owner = way.grid.sample(coarse, xy)
    far = np.where(np.isfinite(cost), cost, 1e7).reshape(way.grid.shape)
    price = way.grid.interpolate(far, xy)
    price = price * (1 + 0.16 * noise(land.rng("settlement"), grid, 1_100, 90, 2.4)).ravel()
    level = grid.sample(arrays["z"], place)[np.maximum(owner, 0)]
    price += 25.0 * np.maximum(arrays["z"].ravel() - level - 55.0, 0.0)
    price += 500 * np.clip(arrays["slope"].ravel() / 0.2, 0, 3) ** 2
    barred = _barred(land).ravel() | (owner < 0) | (price > 1e6)
    rank = np.full(arrays["z"].size, np.nan)
    chosen = np.full(arrays["z"].size, -1, np.int16)
    order = np.lexsort((price, owner))
    order = order[~barred[order]]
    starts = np.searchsorted(owner[order], np.arange(len(centres) + 1))
    for k in range(len(centres)):
        count = min(round(centres["area"][k] / grid.cell**2), starts[k + 1] - starts[k])
        mine = order[starts[k] : starts[k] + count]
        chosen[mine] = k
        rank[mine] = np.linspace(0, 1, count)
    mask = ndimage.uniform_filter((chosen >= 0).reshape(grid.shape).astype(np.float32), 5) > 0.5
    mask = _open(mask, round(45 / grid.cell)) & ~_barred(land)
    shape = region(grid, mask, smooth=1.2, least=8_000.0)
    dry = shapely.buffer(land.shapes["ground"], -14.0)
    wet = [shapely.buffer(land.shapes[name], 12.0) for name in ("lakes", "rivers")]
    shape = shapely.difference(shapely.intersection(shape, dry), shapely.union_all(wet))
    arrays["settlement"], arrays["rank"] = _fill(chosen, rank, grid.shape, mask)
    land.shapes["built"] = shapely.MultiPolygon(
        [p for p in shapely.get_parts(shape) if p.area > 6_000.0]  # m²
    )


def _open(mask: Array, cells: int) -> Array:
    disk = np.hypot(*np.mgrid[-cells : cells + 1, -cells : cells + 1]) <= cells
    return np.asarray(ndimage.binary_opening(ndimage.binary_closing(mask, disk), disk))


def _barred(land: Land) -> Array:
    """Where nobody builds a street: water, steep ground, motorway, railway, outside."""
    grid, arrays = land.grid, land.arrays
    barrier = [shapely.buffer(land.shapes["motorway"], 45.0)]
    barrier.append(shapely.buffer(land.shapes["railway"], 25.0))
    bar = grid.burn(barrier, touched=True)
    inner = ndimage.distance_transform_edt(arrays["inside"]) * grid.cell < 60
    wet_or_steep = ~arrays["land"] | (arrays["slope"] > 0.3) | (arrays["shore_m"] < 25)
    return np.asarray(wet_or_steep | bar | inner)


def _fill(chosen: Array, rank: Array, shape: tuple[int, int], mask: Array) -> tuple[Array, Array]:
    """Give every cell of the smoothed mask the settlement and rank of the nearest chosen one."""
    settlement, rank = chosen.reshape(shape), rank.reshape(shape)
    index = ndimage.distance_transform_edt(
        settlement < 0, return_distances=False, return_indices=True
    )
    return (
        np.where(mask, settlement[tuple(index)], -1).astype(np.int16),
        rank[tuple(index)].astype(np.float32),
    )


def make_streets(land: Land) -> None:
    """Streets of the built-up land; adds tables streets (geometry, kind) and neighbourhoods."""
    cells, points = _voronoi(land)
    bend = _bends(land)
    collectors = _collectors(land, cells)
    streets, owner, flat_angle = _parallels(land, cells, points)
    cells = displace(land.grid, shapely.segmentize(cells, 25.0), *bend)
    collectors = displace(land.grid, shapely.segmentize(collectors, 20.0), *bend)
    collectors = shapely.simplify(collectors, 0.4)
    streets = displace(land.grid, shapely.segmentize(streets, 20.0), *bend)
    streets = shapely.simplify(streets, 0.4)
    main = land.tables["main_roads"]
    local = main.loc[main["vegkategori"] != "E", "geometry"].to_numpy()
    near_main = shapely.union_all(shapely.buffer(local, 26.0))
    around = shapely.box(*land.grid.box.buffer(2_000.0).bounds)
    outside = tiles(shapely.difference(around, shapely.buffer(land.shapes["built"], -6.0)))
    collectors, _ = parts(erase(collectors, outside))
    collectors = _join_ends(collectors, local)
    streets, index = parts(erase(streets, outside))
    owner = owner[index]
    keep = shapely.length(streets) > 38  # metres: two plots
    streets, owner = streets[keep], owner[keep]
    streets, index = parts(erase(streets, near_main))
    keep = shapely.length(streets) > 38
    streets, owner = streets[keep], owner[index][keep]
    streets = _join_ends(streets, np.concatenate([collectors, local]))
    geometry = np.concatenate([collectors, streets])
    land.tables["streets"] = pd.DataFrame(
        {
            "geometry": shapely.set_precision(geometry, 0.01),
            "kind": ["collector"] * len(collectors) + ["street"] * len(streets),
        }
    )
    land.tables["neighbourhoods"] = _neighbourhoods(land, cells, flat_angle)


def _voronoi(land: Land) -> tuple[Array, Array]:
    """Neighbourhood cells (convex, unbent) that touch the built-up land, and their points."""
    rng, grid, side = land.rng("neighbourhoods"), land.grid, land.size.neighbourhood
    left, low, right, high = grid.box.bounds
    x, y = np.meshgrid(np.arange(left, right, side), np.arange(low, high, side * 0.87))
    x[::2] += side / 2
    points = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-0.28, 0.28, (x.size, 2)) * side
    near = ndimage.binary_dilation(
        land.arrays["settlement"] >= 0, iterations=round(520 / grid.cell)
    )
    points = points[grid.sample(near, points)]
    faces = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    order = shapely.STRtree(faces).query(point_array(points), predicate="within")
    cells = faces[order[1][np.argsort(order[0], kind="stable")]]
    built = tiles(shapely.buffer(land.shapes["built"], 60.0))
    touch = np.unique(shapely.STRtree(built).query(cells, predicate="intersects")[0])
    return np.asarray(cells[touch]), points[touch]


def _bends(land: Land) -> tuple[Array, Array]:
    rng, grid = land.rng("bends"), land.grid
    return tuple(20.0 * noise(rng, grid, 1_200, 220, 3.0) for _ in range(2))  # type: ignore[return-value]  # two fields


def _collectors(land: Land, cells: Array) -> Array:
    """Sides of the cells, each once; one in nine is left out so that some streets end blind."""
    rings = shapely.get_coordinates(cells)
    owner = np.repeat(np.arange(len(cells)), shapely.get_num_coordinates(cells))
    same = owner[1:] == owner[:-1]
    ends = np.round(np.stack([rings[:-1][same], rings[1:][same]], axis=1), 3)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[swap] = ends[swap][:, ::-1]
    unique = np.unique(ends.reshape(-1, 4), axis=0).reshape(-1, 2, 2)
    unique = unique[np.hypot(*(unique[:, 1] - unique[:, 0]).T) > 1.0]
    keep = land.rng("collectors").random(len(unique)) > 1 / 9
    return np.asarray(line_array(unique[keep]))


def _parallels(land: Land, cells: Array, points: Array) -> tuple[Array, Array, Array]:
    """Parallel housing streets in each cell, along the contour where the ground slopes."""
    rng, grid = land.rng("streets"), land.grid
    z = ndimage.gaussian_filter(np.maximum(land.arrays["z"], 0.0), 60 / grid.cell)
    dy, dx = np.gradient(z, grid.cell)
    east, north = grid.sample(dx, points), -grid.sample(dy, points)
    angle = np.arctan2(east, -north)  # along the contour: across the gradient
    calm = np.hypot(east, north) < 0.02  # flat ground: any direction
    angle[calm] = rng.uniform(0, np.pi, calm.sum())
    reach = land.size.neighbourhood
    number = np.arange(-4, 5)
    offset = (number[None, :] + rng.uniform(-0.3, 0.3, (len(cells), 1))) * STREET_SPACING
    along = np.column_stack([np.cos(angle), np.sin(angle)])
    across = np.column_stack([-along[:, 1], along[:, 0]])
    middle = points[:, None, :] + across[:, None, :] * offset[:, :, None]
    ends = np.stack(
        [middle - along[:, None, :] * reach, middle + along[:, None, :] * reach], axis=2
    )
    lines = line_array(ends.reshape(-1, 2, 2))
    owner = np.repeat(np.arange(len(cells)), len(number))
    lines = shapely.intersection(lines, cells[owner])
    edge = shapely.distance(shapely.line_interpolate_point(lines, 0.5, normalized=True),
                            shapely.boundary(cells[owner]))  # fmt: skip
    keep = (shapely.length(lines) > 60) & (edge > 26)  # metres
    lines, owner = lines[keep], owner[keep]
    blind = rng.random(len(lines)) < 0.3
    cut = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    a, b = (shapely.get_coordinates(x) for x in cut)
    unit = (b - a) / np.hypot(*(b - a).T)[:, None]
    short = np.where(blind & (np.hypot(*(b - a).T) > 110), 34.0, 0.0)
    lines = line_array(np.stack([a, b - unit * short[:, None]], axis=1))
    return np.asarray(lines), owner, angle


def _join_ends(lines: Array, others: Array, reach: float = 45.0) -> Array:
    """Lengthen the ends of lines to the nearest other line within reach, straight on to it."""
    if len(lines) == 0 or len(others) == 0:
        return lines
    tree = shapely.STRtree(others)
    coordinates, index = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    last = np.r_[first[1:] - 1, len(index) - 1]
    extra_xy, extra_at = [], []
    for at, shift in ((first, -0.5), (last, 0.5)):
        ends = point_array(coordinates[at])
        found, other = tree.query_nearest(ends, max_distance=reach, all_matches=False)
        link = shapely.shortest_line(ends[found], others[other])
        far = shapely.length(link) > 0.02  # metres: already there
        extra_xy.append(shapely.get_coordinates(shapely.get_point(link[far], -1)))
        extra_at.append(np.column_stack([index[at[found[far]]], at[found[far]] + shift]))
    xy = np.concatenate([coordinates, *extra_xy])
    where = np.concatenate([np.column_stack([index, np.arange(len(index))]), *extra_at])
    order = np.lexsort((where[:, 1], where[:, 0]))
    return np.asarray(line_array(xy[order], owner=where[order, 0].astype(int)))


def _neighbourhoods(land: Land, cells: Array, angle: Array) -> pd.DataFrame:
    """Return the bent cells with the settlement of each and its place in the growth."""
    inner = shapely.get_coordinates(shapely.point_on_surface(cells))
    settlement = land.arrays["settlement"]
    known = np.argwhere(settlement >= 0)
    at = land.grid.xy(known[:, 0] * land.grid.shape[1] + known[:, 1])
    near = known[cKDTree(at).query(inner)[1]]
    return pd.DataFrame(
        {
            "geometry": cells,
            "settlement": settlement[near[:, 0], near[:, 1]],
            "rank": land.arrays["rank"][near[:, 0], near[:, 1]],
            "angle": angle,
        }
    )
