"""Basic statistical units (grunnkretser): neighbourhoods of about equal size that tile the land.

Each unit is the ground nearest to one cluster of addresses, with borders that bend as ground does.
All units share the nodes and edges of their borders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.example.centres import NAMES
from askergeo.example.land import MUNICIPALITY
from askergeo.example.shapes import displace, noise, partition, point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["COUNT", "borders", "make_units", "unit_of"]

#: Units in each size: Asker has about 250.
COUNT = {"liten": 28, "asker": 250}
_ROUNDS = 12
_BEND = 22.0  # metres


def make_units(land: Land) -> None:
    """Add the layer grunnkrets, and the unit of each address to the table people."""
    people = land.tables["people"]
    xy = people[["x", "y"]].to_numpy()
    seeds = _clusters(xy, COUNT[land.size.name], land.rng("basic units"))
    cells = _one_piece(_cells(land, seeds))
    centres = land.tables["centres"][["x", "y"]].to_numpy()
    near = cKDTree(centres).query(seeds)[1]
    order = np.lexsort((seeds[:, 0], seeds[:, 1], near))
    cells, near = cells[order], near[order]
    turn = pd.Series(near).groupby(near).cumcount().to_numpy() + 1
    land.add(
        "grunnkrets",
        cells,
        grunnkretsnummer=[
            f"{MUNICIPALITY}{k + 1:02d}{n:02d}" for k, n in zip(near, turn, strict=True)
        ],
        grunnkretsnavn=[f"{NAMES[k]} {n}" for k, n in zip(near, turn, strict=True)],
    )
    people["unit"] = unit_of(cells, xy)


def unit_of(cells: Array, xy: Array) -> Array:
    """Return the cell that each point (n, 2) lies in; the nearest one for a point on a border."""
    tree = shapely.STRtree(cells)
    point = point_array(xy)
    found = np.full(len(xy), -1)
    index, cell = tree.query(point, predicate="within")
    found[index] = cell
    lost = np.flatnonzero(found < 0)
    if len(lost):
        index, cell = tree.query_nearest(point[lost], all_matches=False)
        found[lost[index]] = cell
    return found


def borders(cells: Array) -> tuple[Array, Array, Array]:
    """Pairs of cells (each once) that share a border, and its length in metres."""
    a, b = shapely.STRtree(cells).query(cells, predicate="intersects")
    a, b = a[a < b], b[a < b]
    edge = shapely.boundary(cells)
    length = shapely.length(shapely.intersection(edge[a], edge[b]))
    shared = length > 1.0
    return a[shared], b[shared], length[shared]


def _clusters(xy: Array, count: int, rng: np.random.Generator) -> Array:
    """Centres of clusters of addresses, by Lloyd's rounds from addresses drawn by chance."""
    seeds = xy[rng.choice(len(xy), count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = cKDTree(seeds).query(xy)[1]
        number = np.bincount(nearest, minlength=count)
        total = np.column_stack(
            [np.bincount(nearest, weights=xy[:, k], minlength=count) for k in (0, 1)]
        )
        used = number > 0
        seeds[used] = total[used] / number[used, None]
    return np.asarray(np.round(seeds, 2))


def _cells(land: Land, seeds: Array) -> list[Array]:
    """Faces of each seed's cell, in the municipality with its sea."""
    rng = land.rng("borders of units")
    edges = shapely.voronoi_polygons(
        shapely.multipoints(seeds), extend_to=land.grid.box.buffer(500.0), only_edges=True
    )
    bend = [_BEND * noise(rng, land.grid, 1_200, 260, 3.0) for _ in range(2)]
    lines = displace(land.grid, shapely.segmentize(shapely.get_parts(edges), 40.0), *bend)
    whole = land.shapes["municipality"]
    faces = partition([lines, shapely.boundary(whole)], whole)
    faces = faces[np.argsort(-shapely.area(faces), kind="stable")]
    bent = shapely.get_coordinates(displace(land.grid, point_array(seeds), *bend))
    owner = cKDTree(bent).query(shapely.get_coordinates(shapely.point_on_surface(faces)))[1]
    return [faces[owner == k] for k in range(len(seeds))]


def _one_piece(faces: list[Array]) -> Array:
    """Make each seed's largest face its cell; the scraps go to the neighbour they touch most."""
    cells = np.array([mine[0] for mine in faces], dtype=object)
    for scrap in np.concatenate([mine[1:] for mine in faces]):
        near = shapely.STRtree(cells).query(scrap, predicate="intersects")
        shared = shapely.length(shapely.intersection(shapely.boundary(cells[near]), scrap.boundary))
        best = near[int(np.argmax(shared))]
        cells[best] = shapely.union_all([cells[best], scrap])
    return cells
