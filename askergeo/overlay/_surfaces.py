"""Polygons as arrays that the kernels read, and the areas of what several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._threads import in_threads
from askergeo.overlay import _trapezoids as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["Areas", "Surfaces", "common_areas", "surfaces"]

# Edges in a block: what lies outside a window is left out, or drawn together, a block at a time.
_BLOCK = 16
# Tuples in a thread's turn: small enough that threads end together, large enough to cost nothing.
_TURN = 4_096
# A sum of n doubles is off by at most n roundings; heights and slopes add a few to each term.
_ROUNDINGS = 16.0


@dataclass(frozen=True)
class Surfaces:
    """Polygons and multipolygons as blocks of edges.

    Parameters
    ----------
    xy
        Coordinates, (n, 2), metres.
    ptr
        Blocks of polygon ``i`` are ``ptr[i]:ptr[i + 1]``.
    ends
        First and last coordinate of each block.
    boxes
        Bounding box of each block.
    signs
        +1 for blocks with the inside to the left, else −1.
    bounds
        Bounding box of each polygon, (p, 4).
    """

    xy: Floats
    ptr: Index
    ends: Index
    boxes: Floats
    signs: Floats
    bounds: Floats


@dataclass(frozen=True)
class Areas:
    """Common area of each tuple, m², and a bound of its error by rounding, m²."""

    area: Floats
    error: Floats


def surfaces(shapes: Geometries) -> Surfaces:
    """Take valid polygons and multipolygons apart."""
    xy, ring_ptr, owner, hole = _rings(shapes)
    ptr, ends, boxes, signs = kernels.make_blocks(xy, ring_ptr, owner, hole, len(shapes), _BLOCK)
    return Surfaces(xy, ptr, ends, boxes, signs, shapely.bounds(shapes))


def _rings(shapes: Geometries) -> tuple[Floats, Index, Index, NDArray[np.bool_]]:
    """Coordinates, where each ring begins and ends in them, whose it is and whether a hole."""
    polygon = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    if bool((polygon & (shapely.get_num_interior_rings(shapes) == 0)).all()):
        # By far the most common: spares making a million rings only to count their points.
        counts = shapely.get_num_coordinates(shapes)
        owner = np.flatnonzero(counts)
        hole = np.zeros(len(owner), dtype=bool)
        return _coordinates(shapes), _pointer(counts[owner]), owner, hole
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, part_owner = parts[filled], part_owner[filled]
    rings, part = shapely.get_rings(parts, return_index=True)
    hole = np.r_[False, part[1:] == part[:-1]][: len(part)]
    counts = shapely.get_num_coordinates(rings)
    return _coordinates(parts), _pointer(counts), part_owner[part], hole


def _coordinates(shapes: Geometries) -> Floats:
    return np.asarray(shapely.get_coordinates(shapes), dtype=np.float64)


def _pointer(counts: NDArray[np.integer]) -> Index:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def common_areas(polygons: Surfaces, members: Index) -> Areas:
    """Area that the members of each tuple have in common, m².

    Parameters
    ----------
    polygons
        Valid polygons.
    members
        Polygon numbers, (t, k); with one member the area is its own.
    """
    if members.shape[1] == 1:
        members = np.repeat(members, 2, axis=1)
    members = np.ascontiguousarray(members, dtype=np.int64)
    area, size = np.zeros(len(members)), np.zeros(len(members))

    def work(share: slice) -> None:
        kernels.tuple_areas(
            polygons.xy, polygons.ptr, polygons.ends, polygons.boxes, polygons.signs,
            polygons.bounds, members[share], area[share], size[share],
        )  # fmt: skip

    in_threads(work, len(members), least=_TURN)
    error = _ROUNDINGS * np.finfo(np.float64).eps * size
    return Areas(area, error)
