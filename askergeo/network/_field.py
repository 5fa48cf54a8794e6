"""Contour of the distance to segments: exact at the grid's nodes, interpolated between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely
from contourpy import FillType, LineType, contour_generator

from askergeo._jit import kernel
from askergeo._threads import in_threads
from askergeo.network._segments import Segments, distance2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["contour_within"]

# Rows of the grid from which two threads pay.
_BAND = 50


@kernel
def _nearest(  # noqa: PLR0917  (kernels take no keywords)
    field: Floats, lines: Segments, origin: Floats, cell: float, reach: float, first: int, last: int
) -> None:
    """Lower the squared distances in rows [first, last) to those to the segments.

    Only nodes in the box of a segment grown by ``reach`` are visited.
    """
    columns = field.shape[1]
    for s in range(len(lines.a)):
        ax, ay, bx, by = lines.a[s, 0], lines.a[s, 1], lines.b[s, 0], lines.b[s, 1]
        low, high = min(ay, by) - reach, max(ay, by) + reach
        j0 = max(first, int(np.ceil((low - origin[1]) / cell)))
        j1 = min(last - 1, int((high - origin[1]) / cell))
        low, high = min(ax, bx) - reach, max(ax, bx) + reach
        i0 = max(0, int(np.ceil((low - origin[0]) / cell)))
        i1 = min(columns - 1, int((high - origin[0]) / cell))
        for j in range(j0, j1 + 1):
            y = origin[1] + j * cell
            for i in range(i0, i1 + 1):
                near = distance2(origin[0] + i * cell, y, ax, ay, bx, by)
                field[j, i] = min(field[j, i], near)


def contour_within(lines: NDArray[np.object_], width: float, cell: float) -> shapely.Geometry:
    """Polygons of what lies within ``width`` of the lines, from a grid of ``cell`` metres.

    The distance at each grid node is exact; the contour runs straight through each cell from
    where it crosses the sides, linearly interpolated. Holes are kept.
    """
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    if not len(coordinates):
        return shapely.Polygon()
    # Whole cells from zero, so that every isochrone of a network has the same grid.
    shift = np.floor(coordinates[0] / cell) * cell
    local = coordinates - shift
    at = np.flatnonzero(line[1:] == line[:-1])
    segments = Segments(local[at], local[at + 1], line[at])
    # The contour needs the sides of every cell that it crosses: one diagonal further out.
    reach = width + 1.5 * cell
    origin = np.floor((local.min(axis=0) - reach) / cell) * cell
    columns, rows = np.ceil((local.max(axis=0) + reach - origin) / cell).astype(int) + 1
    field = np.full((rows, columns), reach * reach)

    def lower(s: slice) -> None:
        _nearest(field, segments, origin, cell, reach, s.start, s.stop)

    in_threads(lower, int(rows), least=_BAND)
    return _filled(np.sqrt(field), width, origin + shift, cell)


def _filled(field: Floats, level: float, origin: Floats, cell: float) -> shapely.Geometry:
    """Polygons where the field is under the level."""
    x = origin[0] + cell * np.arange(field.shape[1])
    y = origin[1] + cell * np.arange(field.shape[0])
    generator = contour_generator(
        x, y, field, name="serial", fill_type=FillType.OuterOffset, line_type=LineType.Separate
    )
    # The kind of answer is that of the fill type above.
    points, offsets = cast("tuple[list[Floats], list[Any]]", generator.filled(-np.inf, level))
    polygons = []
    for xy, ends in zip(points, offsets, strict=True):
        ring = np.repeat(np.arange(len(ends) - 1), np.diff(ends.astype(np.int64)))
        rings = np.asarray(shapely.linearrings(xy, indices=ring), dtype=object)
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    if not polygons:
        return shapely.Polygon()
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
