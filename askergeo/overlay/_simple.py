"""Which polygons are valid beyond doubt, in a tenth of the time that a full check takes.

A polygon of one ring is valid when no two of its edges touch, save neighbours in their common
point. Here only what can be proven with room for rounding counts as proven; all else (holes,
several parts, edges that nearly touch, repeated points) is left to GEOS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from askergeo._jit import kernel
from askergeo._threads import in_threads
from askergeo.overlay._trapezoids import sort_by_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["surely_valid"]

_TURN = 1_000
# A cross product of differences is off by less than this share of its terms.
_ROUNDING = 8.0 * np.finfo(np.float64).eps


def surely_valid(shapes: Geometries) -> NDArray[np.bool_]:
    """Which polygons have one ring that surely is simple; ``False`` says nothing."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    single &= ~shapely.is_empty(shapes) & (shapely.get_num_interior_rings(shapes) == 0)
    rows = np.flatnonzero(single)
    simple = np.zeros(len(rows), dtype=bool)

    def work(share: slice) -> None:
        some = shapes[rows[share]]
        xy = np.asarray(shapely.get_coordinates(some), dtype=np.float64)
        ptr = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(some))]).astype(np.int64)
        _simple_rings(xy, ptr, simple[share])

    in_threads(work, len(rows), least=_TURN)
    sure = np.zeros(len(shapes), dtype=bool)
    sure[rows] = simple
    return sure


@kernel
def _simple_rings(xy: Floats, ptr: Index, simple: Any) -> None:
    """Mark the rings ``xy[ptr[r]:ptr[r + 1]]`` of which no two edges come near each other."""
    items, ordered = np.empty((256, 5)), np.empty((256, 5))
    columns = np.empty(256, dtype=np.int64)
    for r in range(len(ptr) - 1):
        first, n = ptr[r], ptr[r + 1] - ptr[r] - 1
        if len(items) < n:
            items = np.empty((2 * n, 5))
        left, right = np.inf, -np.inf
        for k in range(n):
            left, right = min(left, xy[first + k, 0]), max(right, xy[first + k, 0])
        width = right - left
        simple[r] = n >= 3 and width > 0.0 and _turns(xy, first, n)  # noqa: PLR2004
        if not simple[r]:
            continue
        for k in range(n):
            a, b = first + k, first + k + 1
            items[k, 0] = min(xy[a, 0], xy[b, 0]) - left
            items[k, 1] = max(xy[a, 0], xy[b, 0]) - left
            items[k, 2] = min(xy[a, 1], xy[b, 1])
            items[k, 3] = max(xy[a, 1], xy[b, 1])
            items[k, 4] = k
        ordered, columns, count = sort_by_column(items, n, width, ordered, columns)
        simple[r] = _apart(xy, first, n, ordered, columns, count, width)


@kernel
def _turns(xy: Floats, first: int, n: int) -> bool:
    """Whether every edge is one, and none a point or doubling back on the one before."""
    for k in range(n):
        a, b, c = first + k, first + k + 1, first + (k + 1) % n + 1
        ux, uy = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
        vx, vy = xy[c, 0] - xy[b, 0], xy[c, 1] - xy[b, 1]
        if (ux == 0.0 and uy == 0.0) or not np.isfinite(ux + uy):
            return False
        cross, size = ux * vy - uy * vx, abs(ux * vy) + abs(uy * vx)
        if abs(cross) <= _ROUNDING * size and ux * vx + uy * vy <= 0.0:
            return False
    return True


@kernel
def _apart(
    xy: Floats, first: int, n: int, items: Floats, ptr: Index, columns: int, width: float
) -> bool:
    """Whether all edges that are not neighbours are clear of each other."""
    scale = columns / width
    wide = ptr[columns]
    for i in range(n):
        # A sorted one with the sorted ones after it that may reach it, a wide one with all before.
        start, stop = 0, i
        if i < wide:
            start, stop = i + 1, ptr[min(int(items[i, 1] * scale), columns - 1) + 1]
        for j in range(start, stop):
            if items[j, 1] < items[i, 0] or items[j, 0] > items[i, 1]:
                continue
            if items[j, 3] < items[i, 2] or items[j, 2] > items[i, 3]:
                continue
            gap = abs(int(items[j, 4]) - int(items[i, 4]))
            if gap <= 1 or gap == n - 1:
                continue
            a, b = first + int(items[i, 4]), first + int(items[j, 4])
            if not (_one_side(xy, a, b) or _one_side(xy, b, a)):
                return False
    return True


@kernel
def _one_side(xy: Floats, a: int, b: int) -> Any:
    """Whether edge ``b`` surely lies on one side of the line through edge ``a``."""
    ux, uy = xy[a + 1, 0] - xy[a, 0], xy[a + 1, 1] - xy[a, 1]
    px, py = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
    qx, qy = xy[b + 1, 0] - xy[a, 0], xy[b + 1, 1] - xy[a, 1]
    p, q = ux * py - uy * px, ux * qy - uy * qx
    sure_p = abs(p) > _ROUNDING * (abs(ux * py) + abs(uy * px))
    sure_q = abs(q) > _ROUNDING * (abs(ux * qy) + abs(uy * qx))
    return sure_p and sure_q and (p > 0.0) == (q > 0.0)
