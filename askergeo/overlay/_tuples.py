"""Which polygons of several layers may share an area, one of each layer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.overlay._surfaces import common_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.overlay._surfaces import Surfaces

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["meeting", "windows"]


def meeting(shapes: Geometries, polygons: Surfaces, layers: Sequence[Index]) -> Index:
    """Tuples of polygons, one of each layer, whose bounding boxes share an area.

    With three layers or more, only what shares an area so far is joined with the next.

    Parameters
    ----------
    shapes, polygons
        All polygons, and the same in blocks.
    layers
        The polygon numbers of each layer.

    Returns
    -------
    ndarray
        Polygon numbers, (t, k), ordered by the first layer.
    """
    filled = ~shapely.is_empty(shapes)
    members = layers[0][filled[layers[0]], None]
    for number, layer in enumerate(layers[1:]):
        asked = shapes[members[:, 0]]
        if number:
            found = common_areas(polygons, members)
            members = members[found.area > found.error]
            asked = np.asarray(shapely.box(*windows(polygons, members).T), dtype=object)
        one, other = shapely.STRtree(shapes[layer]).query(asked)
        members = np.column_stack([members[one], layer[other]])
        box = windows(polygons, members)
        members = members[(box[:, 0] < box[:, 2]) & (box[:, 1] < box[:, 3])]
    return members


def windows(polygons: Surfaces, members: Index) -> Floats:
    """Give the common part of the bounding boxes of each tuple, (t, 4)."""
    low = polygons.bounds[members[:, 0], :2]
    high = polygons.bounds[members[:, 0], 2:]
    for column in members.T[1:]:
        low = np.maximum(low, polygons.bounds[column, :2])
        high = np.minimum(high, polygons.bounds[column, 2:])
    return np.hstack([low, high])
