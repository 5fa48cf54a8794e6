"""Main roads, railway and private roads: cheapest ways over the terrain.

A road pays for length, for grade along it, for side slope, and dearly for water, so it follows
valleys and crosses a sound only where an island is worth a bridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree

from askergeo.example.shapes import chaikin, line_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Grid, Land

__all__ = ["Ways", "cheapest", "make_main_roads", "make_private_roads", "make_railway", "ways"]

#: Neighbours of a cell: the eight around it and the eight of a knight's move (half of each).
MOVES = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (2, -1), (1, -2))
WATER = 14.0


class Ways(NamedTuple):
    """A coarse grid and the cost of moving between its cells, metres of flat road."""

    grid: Grid
    graph: csr_array


def ways(land: Land, *, grade: float = 0.065, side: float = 0.3, water: float = WATER) -> Ways:
    """Cost of building between neighbouring cells of a grid three times coarser.

    Parameters
    ----------
    grade
        Rise over run at which a metre costs twice a flat one.
    side
        Side slope with the same effect.
    water
        Cost of a metre over water, in flat metres; more than 400 m off the shore is closed.
    """
    arrays = land.arrays
    grid = land.grid.coarser(3)
    z = np.maximum(ndimage.uniform_filter(arrays["z"], 3)[1::3, 1::3], 0.0)
    shape = z.shape
    grid = type(grid)(grid.left, grid.top, grid.cell, shape)
    wet = (arrays["sea"] | arrays["lake"])[1::3, 1::3]
    open_water = ndimage.distance_transform_edt(wet) * grid.cell > 200
    ground = np.where(wet, water, 1.0 + (arrays["slope"][1::3, 1::3] / side) ** 2)
    ground = ground + 1.5 * (~wet & (arrays["shore_m"][1::3, 1::3] < 45))
    ground[open_water | ~arrays["inside"][1::3, 1::3]] = np.inf
    index = np.arange(z.size, dtype=np.int32).reshape(shape)
    first, second, cost = [], [], []
    for dy, dx in MOVES:
        here = (slice(0, shape[0] - dy), slice(max(0, -dx), shape[1] - max(0, dx)))
        there = (slice(dy, shape[0]), slice(max(0, dx), shape[1] + min(0, dx)))
        length = grid.cell * np.hypot(dy, dx)
        climb = np.abs(z[here] - z[there]) / length
        price = length * (0.5 * (ground[here] + ground[there]) + (climb / grade) ** 2)
        good = np.isfinite(price)
        first.append(index[here][good])
        second.append(index[there][good])
        cost.append(price[good])
    ends = (np.concatenate(first), np.concatenate(second))
    return Ways(grid, csr_array((np.concatenate(cost), ends), shape=(z.size, z.size)))


def cheapest(way: Ways, sources: Array) -> tuple[Array, Array, Array]:
    """Cost, previous cell and source of every cell, from the nearest of the source cells."""
    cost, previous, source = dijkstra(
        way.graph, directed=False, indices=sources, min_only=True, return_predecessors=True
    )
    return cost, previous, source


def trace(previous: Array, cells: Array) -> Array:
    """Edges (n, 2), each once, on the ways from the cells back to their sources."""
    here = np.unique(cells)
    edges = []
    seen = np.zeros(len(previous), bool)
    while len(here):
        here = here[~seen[here]]
        seen[here] = True
        up = previous[here]
        go = up >= 0
        edges.append(np.column_stack([here[go], up[go]]))
        here = np.unique(up[go])
    return np.concatenate(edges)


def through(previous: Array, first: int, second: int) -> Array:
    """Edges of the way between two cells: what their ways to the source share is left out."""
    ways_there = [np.sort(trace(previous, np.array([end])), axis=1) for end in (first, second)]
    edges, count = np.unique(np.concatenate(ways_there), axis=0, return_counts=True)
    return np.asarray(edges[count == 1])


def discount(way: Ways, cells: Array, share: float) -> Ways:
    """Ways on which the steps between the given cells (existing roads) cost only a share."""
    graph = way.graph.tocoo()
    built = np.zeros(way.graph.shape[0], bool)
    built[cells] = True
    price = np.where(built[graph.row] & built[graph.col], graph.data * share, graph.data)
    return Ways(way.grid, csr_array((price, (graph.row, graph.col)), shape=graph.shape))


def lines_of(grid: Grid, edges: Array, rank: Array, tolerance: float = 24.0) -> tuple[Array, Array]:
    """Smooth lines between junctions of a set of edges, and the rank of each line.

    Lines run from junction to junction, whose nodes stay fixed; ``tolerance`` (metres) takes out
    the steps of the grid: large for a motorway, small for a road to a farm.
    """
    low, high = np.sort(edges, axis=1).T
    order = np.lexsort((rank, high, low))
    low, high, rank = low[order], high[order], rank[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
    low, high, rank = low[first], high[first], rank[first]
    segments = line_array(np.stack([grid.xy(low), grid.xy(high)], axis=1))
    noded = np.asarray(shapely.get_parts(shapely.line_merge(shapely.union_all(segments))))
    middle = shapely.line_interpolate_point(noded, 0.01, normalized=False)
    near = shapely.STRtree(segments).query_nearest(middle, all_matches=False)[1]
    smooth = shapely.simplify(chaikin(shapely.simplify(noded, tolerance), 3), 0.25)
    return np.asarray(shapely.set_precision(smooth, 0.01)), rank[near]


def make_main_roads(land: Land) -> None:
    """European road, county roads and municipal main roads; adds the table main_roads."""
    way = ways(land)
    centres = land.tables["centres"]
    at = way.grid.flat(centres[["x", "y"]].to_numpy())
    europe = _through_road(land, way, at[0])
    beside = np.zeros(way.grid.shape, bool)
    beside.ravel()[europe.ravel()] = True
    beside = ndimage.binary_dilation(beside, iterations=max(2, round(100 / way.grid.cell)))
    local = discount(way, np.flatnonzero(beside), 2.2)
    cost, previous, source = cheapest(local, at)
    edges, rank = _between_centres(land, way, at, (cost, previous, source))
    lines, klass = lines_of(way.grid, edges, rank)
    motorway, _ = lines_of(way.grid, europe, np.zeros(len(europe), int), 60.0)
    category = np.array(["F", "K"])[klass]
    land.tables["main_roads"] = pd.DataFrame(
        {
            "geometry": np.concatenate([motorway, lines]),
            "vegkategori": ["E"] * len(motorway) + category.tolist(),
            "fartsgrense": [80] * len(motorway) + np.where(klass == 0, 60, 50).tolist(),
        }
    )
    land.shapes["motorway"] = shapely.union_all(motorway)
    land.arrays["road_cells"] = np.unique(edges)
    land.tables["ways"] = pd.DataFrame()
    land.shapes["ways"] = way


def _through_road(land: Land, way: Ways, centre: int) -> Array:
    """Edges of the road from the northern to the southern boundary, past the kommunesenter."""
    grid = way.grid
    rows, columns = grid.shape
    start = centre - round(700 * land.size.width / 20_000 / grid.cell + 3)
    cost, previous, _ = cheapest(way, np.array([start]))
    inside = land.arrays["inside"][1::3, 1::3]
    ends = []
    for order in (slice(None), slice(None, None, -1)):
        depth = np.argmax(inside[order], axis=0)
        row = depth if order == slice(None) else rows - 1 - depth
        column = np.arange(columns)
        good = inside.any(axis=0) & (column > 0.2 * columns) & (column < 0.6 * columns)
        cells = (row * columns + column)[good]
        ends.append(cells[np.argmin(cost[cells])])
    return through(previous, ends[0], ends[1])


def _between_centres(
    land: Land, way: Ways, at: Array, found: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Edges of a net between neighbouring centres: a spanning tree and some cheap loops."""
    cost, previous, source = found
    number = np.full(way.graph.shape[0], -1)
    number[at] = np.arange(len(at))
    graph = way.graph.tocoo()
    a, b = source[graph.row], source[graph.col]
    meet = (a != b) & (a >= 0) & (b >= 0)
    u, v = graph.row[meet], graph.col[meet]
    total = cost[u] + cost[v] + graph.data[meet]
    i, j = np.sort(np.column_stack([number[a[meet]], number[b[meet]]]), axis=1).T
    order = np.lexsort((total, j, i))
    i, j, u, v, total = i[order], j[order], u[order], v[order], total[order]
    first = np.r_[True, (i[1:] != i[:-1]) | (j[1:] != j[:-1])]
    i, j, u, v, total = i[first], j[first], u[first], v[first], total[first]
    tree = minimum_spanning_tree(coo_array((total, (i, j)), shape=(len(at), len(at))).tocsr())
    pairs = set(zip(*(ends.tolist() for ends in tree.nonzero()), strict=True))
    in_tree = np.array([pair in pairs for pair in zip(i.tolist(), j.tolist(), strict=True)])
    loop = total < np.quantile(total[in_tree], 0.9)
    level = land.tables["centres"]["level"].to_numpy()
    edges, rank = [], []
    for k in np.flatnonzero(in_tree | loop):
        path = np.concatenate([trace(previous, np.array([u[k]])), trace(previous, np.array([v[k]])),
                               [[u[k], v[k]]]])  # fmt: skip
        edges.append(path)
        county = level[i[k]] < 2 or level[j[k]] < 2  # 2 is nærsenter
        rank.append(np.full(len(path), 0 if county and in_tree[k] else 1))
    return np.concatenate(edges), np.concatenate(rank)


def make_railway(land: Land) -> None:
    """Railway through the kommunesenter with stations; adds the table railway."""
    way = ways(land, grade=0.03, side=0.2, water=120.0)
    grid, centres = way.grid, land.tables["centres"]
    at = grid.flat(centres[["x", "y"]].to_numpy() + np.array([-160.0, 90.0]))
    rows, columns = grid.shape
    inside = land.arrays["inside"][1::3, 1::3]
    cost, previous, _ = cheapest(way, at[:1])
    row = np.argmax(inside, axis=0)
    good = np.flatnonzero(inside.any(axis=0) & (np.arange(columns) > 0.25 * columns))
    north = (row * columns + np.arange(columns))[good]
    north = north[np.argmin(cost[north])]
    local = np.flatnonzero((centres["level"] == 1) & (centres["y"] < centres["y"][0] - 800.0))
    stop = local[np.argmin(cost[at[local]])]
    onward, back, _ = cheapest(way, at[[stop]])
    column = np.argmax(inside, axis=1)
    low = np.flatnonzero(inside.any(axis=1) & (np.arange(rows) > 0.55 * rows))
    west = (np.arange(rows) * columns + column)[low]
    west = west[np.argmin(onward[west])]
    to_stop, to_west = through(previous, north, at[stop]), trace(back, np.array([west]))
    path = np.concatenate([to_stop, to_west])
    lines, _ = lines_of(grid, path, np.zeros(len(path), int), 60.0)
    land.shapes["railway"] = shapely.union_all(lines)
    land.tables["railway"] = pd.DataFrame({"geometry": lines})


def make_private_roads(land: Land) -> None:
    """Roads to farms, cabins and streets that no road reaches; adds the table private_roads."""
    way = land.shapes["ways"]
    built = way.grid.flat(shapely.get_coordinates(land.tables["main_roads"]["geometry"].to_numpy()))
    built = np.unique(np.concatenate([built, land.arrays["road_cells"]]))
    cost, previous, _ = cheapest(discount(way, built, 0.3), built)
    streets = _loose_streets(land)
    kinds = []
    for name, ends in (("K", streets), ("P", land.arrays["private_ends"])):
        cells = way.grid.flat(ends)
        reached = np.isfinite(cost[cells])
        edges = trace(previous, cells[reached])
        kinds.append((name, edges))
    edges = np.concatenate([found for _, found in kinds])
    rank = np.repeat([0, 1], [len(found) for _, found in kinds])
    lines, rank = lines_of(way.grid, edges, rank)
    land.tables["private_roads"] = pd.DataFrame(
        {"geometry": lines, "vegkategori": np.array(["K", "P"])[rank]}
    )


def _loose_streets(land: Land) -> Array:
    """One point of each part of the street net that does not touch a main road."""
    main = land.tables["main_roads"]
    local = main.loc[main["vegkategori"] != "E", "geometry"].to_numpy()
    lines = np.concatenate([local, land.tables["streets"]["geometry"].to_numpy()])
    pairs = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=0.5)
    size = (len(lines), len(lines))
    _, part = connected_components(coo_array((np.ones(len(pairs[0])), pairs), shape=size))
    loose = ~np.isin(part, part[: len(local)])
    index = np.flatnonzero(loose)
    first = index[np.unique(part[index], return_index=True)[1]]
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines[first], 0)))
