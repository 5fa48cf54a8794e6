"""Which side of the nullvekstlinje: reckoned from the vertices that the line was drawn of."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.example.hazards import growth_line
from askergeo.example.key import ring_areas

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["north_of_line", "north_share"]


def north_of_line(land: Land, xy: Array) -> Array:
    """Tell which points (n, 2) lie north of the line (bool): it has one y for each x."""
    line = growth_line(land)
    return np.asarray(xy[:, 1] > np.interp(xy[:, 0], line[:, 0], line[:, 1]))


def north_share(land: Land, geometry: Array) -> Array:
    """Share (0–1) of each point or area that lies north of the line."""
    line = growth_line(land)
    _, _, _, top = land.grid.box.buffer(1_000.0).bounds
    ring = np.concatenate([line, [[line[-1, 0], top], [line[0, 0], top]]])
    above = shapely.Polygon(ring)
    shapely.prepare(above)
    area = shapely.get_dimensions(geometry) == 2
    share = np.empty(len(geometry))
    share[~area] = north_of_line(land, shapely.get_coordinates(shapely.centroid(geometry[~area])))
    mine = shapely.set_precision(geometry[area], 0.0)  # what is cut is not rounded to a grid
    part = np.where(shapely.contains(above, mine), 1.0, 0.0)
    cut = np.flatnonzero((part == 0) & shapely.intersects(above, mine))
    if len(cut):
        north = np.array([_area_above(line, piece) for piece in mine[cut]])
        part[cut] = north / ring_areas(mine[cut])
    share[area] = part
    return share


def _area_above(line: Array, piece: shapely.Geometry) -> float:
    """Area of a polygon above the line, strip by strip between its vertices."""
    total = 0.0
    _, _, _, top = shapely.bounds(piece)
    for (x, y), (to_x, to_y) in pairwise(line):
        if top <= min(y, to_y):
            continue
        high = max(top, y, to_y) + 1.0
        strip = shapely.Polygon([(x, y), (to_x, to_y), (to_x, high), (x, high)])
        found = shapely.intersection(piece, strip)
        parts = shapely.get_parts(found)
        parts = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
        total += float(ring_areas(parts).sum()) if len(parts) else 0.0
    return total
