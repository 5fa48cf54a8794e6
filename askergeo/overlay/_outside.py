"""What of a theme lies outside the boundary, found from what is not the boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.overlay._surfaces import common_areas, surfaces

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

    Floats = NDArray[np.float64]

__all__ = ["areas_outside"]


def areas_outside(shapes: Geometries, area: BaseGeometry) -> Floats:
    """Area of each polygon that lies outside an area, m².

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons, or empty.
    area
        Valid polygon or multipolygon.
    """
    rim = shapely.STRtree(
        np.asarray(shapely.box(*surfaces(np.array([area], dtype=object)).boxes.T), dtype=object)
    )
    near = np.unique(rim.query(shapes)[0])
    # A bounding box that the rim does not reach lies on one side of it.
    bounds = shapely.bounds(shapes)
    shapely.prepare(area)
    within = shapely.contains_xy(area, bounds[:, :2])
    found: Floats = np.where(within, 0.0, shapely.area(shapes))
    if len(near):
        found[near] = _beside(shapes[near], area)
    return found


def _beside(shapes: Geometries, area: BaseGeometry) -> Floats:
    """Areas shared with all that is not the area, as far as the polygons reach."""
    limit = np.array([area], dtype=object)
    west, south, east, north = shapely.total_bounds(np.concatenate([shapes, limit]))
    rest = shapely.difference(shapely.box(west - 1, south - 1, east + 1, north + 1), limit)
    last = len(shapes)
    pairs = np.column_stack([np.arange(last), np.full(last, last)])
    shared = common_areas(surfaces(np.concatenate([shapes, rest])), pairs)
    return np.where(shared.area > shared.error, shared.area, 0.0)
