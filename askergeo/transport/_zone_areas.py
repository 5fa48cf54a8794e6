"""The two zones where the layer has areas with a side instead of a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.geometry import EMPTY, lines_of, polygons_of, union

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

__all__ = ["GivenAreas", "given_areas"]

# Metres beside the boundary where an edge of an area is the boundary, drawn on another map.
_BESIDE_BOUNDARY = 1.0


@dataclass(frozen=True, eq=False)
class GivenAreas:
    """Zones that were given as areas, inside the municipality.

    Parameters
    ----------
    north, south
        What lies in each; where both were given, ``north`` has it.
    overlap
        Where both were given.
    line
        The edges between the zones, and towards what is in neither.
    """

    north: BaseGeometry
    south: BaseGeometry
    overlap: BaseGeometry
    line: BaseGeometry


def given_areas(shapes: Geometries, side: Geometries, municipality: BaseGeometry) -> GivenAreas:
    """Cut areas with a side to the municipality.

    Parameters
    ----------
    shapes
        Areas, (n,).
    side
        «nord», «sor», or something else for an area that says nothing, (n,).
    municipality
        The municipality.

    Returns
    -------
    GivenAreas
        Ground in areas of both sides is north: there the demand holds, and it is counted once.
    """
    valid = shapely.make_valid(shapes)
    north, south = (
        _surface(shapely.intersection(union(valid[side == name]), municipality))
        for name in ("nord", "sor")
    )
    overlap = _surface(shapely.intersection(north, south))
    south = _surface(shapely.difference(south, north))
    near = shapely.buffer(shapely.boundary(municipality), _BESIDE_BOUNDARY)
    edges = np.array([shapely.boundary(north), shapely.boundary(south)], dtype=object)
    line = shapely.difference(shapely.union_all(lines_of(edges)), near)
    return GivenAreas(north, south, overlap, line)


def _surface(shape: BaseGeometry) -> BaseGeometry:
    parts = polygons_of(shape)
    return union(parts) if len(parts) else EMPTY
