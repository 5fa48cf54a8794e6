"""Compiled kernels: exact areas of intersections without making the intersections.

An edge and the ground line under it span a trapezoid. A polygon is the sum of its edges'
trapezoids, those of its upper edges with plus and those of its lower edges with minus (this is
Green's theorem for the area). The area of an intersection is therefore the sum over pairs of edges
of ±the area that two trapezoids share, which is the integral of the lower of two straight lines.

No step asks on which side of a line a point lies, and the shared area of two trapezoids is a
continuous function of their corners. So vertices on edges, touching rings and edges that run in
each other, the same way or against each other, need no rule of their own: a rounding of a
coordinate's last digit moves the area by its last digits only. What must hold is that the rings are
those of valid polygons: the sum counts a place as many times as the rings run round it.

Everything is first cut to a window, the common part of the bounding boxes, with its lower left
corner as origin: what lies left of, right of or under the window spans nothing; what lies over it
spans the same as a line along its top, and consecutive such lines are drawn together to one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["make_blocks", "sort_by_column", "tuple_areas"]

# Typed: a plain 0 has a type of its own in numba, and what is called with it is compiled twice.
_ZERO = np.int64(0)
# Columns of a list of trapezoids: from x, to x, height at from x, slope, sign.
_COLUMNS = 5
# An edge that is narrower than this spans nothing that a double could hold (metres).
_NARROW = 1e-200
# Lists shorter than this are gone through in full; longer ones are sorted into columns first.
_SHORT = 24
# A trapezoid that reaches over more columns than this is kept apart from the sorted ones.
_WIDE = 4


@kernel
def make_blocks(
    xy: Floats, ring_ptr: Index, ring_owner: Index, ring_hole: Any, owners: int, size: int
) -> Any:
    """Cut rings into blocks of at most ``size`` edges.

    Parameters
    ----------
    xy
        Coordinates of closed rings, (n, 2).
    ring_ptr
        Ring ``r`` is ``xy[ring_ptr[r]:ring_ptr[r + 1]]``, first and last point the same.
    ring_owner
        Whose ring it is, ascending, (r,).
    ring_hole
        Whether it is a hole, (r,).
    owners
        Number of owners.

    Returns
    -------
    tuple
        Pointer to the blocks of each owner; first and last coordinate, bounding box, and sign of
        each block (+1 when the inside is to the left).
    """
    rings = len(ring_owner)
    ptr = np.zeros(owners + 1, dtype=np.int64)
    for r in range(rings):
        edges = ring_ptr[r + 1] - ring_ptr[r] - 1
        ptr[ring_owner[r] + 1] += (edges + size - 1) // size
    for o in range(owners):
        ptr[o + 1] += ptr[o]
    ends = np.empty((ptr[owners], 2), dtype=np.int64)
    box = np.empty((ptr[owners], 4))
    sign = np.empty(ptr[owners])
    b = 0
    for r in range(rings):
        first, last = ring_ptr[r], ring_ptr[r + 1] - 1
        x0, y0 = xy[first, 0], xy[first, 1]
        twice = 0.0
        for k in range(first, last):
            twice += (xy[k, 0] - x0) * (xy[k + 1, 1] - y0) - (xy[k + 1, 0] - x0) * (xy[k, 1] - y0)
        way = 1.0 if (twice > 0) != ring_hole[r] else -1.0
        start = first
        while start < last:
            end = min(start + size, last)
            low_x, low_y, high_x, high_y = np.inf, np.inf, -np.inf, -np.inf
            for k in range(start, end + 1):
                x, y = xy[k, 0], xy[k, 1]
                low_x, high_x = min(low_x, x), max(high_x, x)
                low_y, high_y = min(low_y, y), max(high_y, y)
            ends[b, 0], ends[b, 1] = start, end
            box[b, 0], box[b, 1], box[b, 2], box[b, 3] = low_x, low_y, high_x, high_y
            sign[b] = way
            b += 1
            start = end
    return ptr, ends, box, sign


@kernel
def _put(out: Floats, n: int, a: float, b: float, height: float, slope: float, sign: float) -> int:
    out[n, 0] = a
    out[n, 1] = b
    out[n, 2] = height
    out[n, 3] = slope
    out[n, 4] = sign
    return n + 1


@kernel
def _along_top(
    out: Floats, n: int, run: Floats, a: float, b: float, top: float, sign: float
) -> Any:
    """Go along the window's top from ``a`` to ``b``; ``run`` is the line so far and its sign.

    What goes on where the line ended lengthens it; else the line is put in the list.
    """
    if a == run[1] and sign == run[2]:
        run[1] = b
        return n
    if run[0] < run[1]:
        n = _put(out, n, run[0], run[1], top, 0.0, -run[2])
    elif run[1] < run[0]:
        n = _put(out, n, run[1], run[0], top, 0.0, run[2])
    run[0], run[1], run[2] = a, b, sign
    return n


@kernel
def _room(out: Floats, rows: int, keep: int) -> Floats:
    """Return ``out`` with at least ``rows`` rows, the first ``keep`` of them as they were."""
    if len(out) >= rows:
        return out
    larger = np.empty((max(rows, 2 * len(out)), _COLUMNS))
    # Element by element: copying slices brings in a check that takes seconds to compile.
    for k in range(keep):
        for c in range(_COLUMNS):
            larger[k, c] = out[k, c]
    return larger


@kernel
def _cut(xa: float, ya: float, xb: float, yb: float, width: float, top: float) -> Any:
    """Cut an edge, which goes right, to the window; it is known to reach in at some height.

    Gives from x, to x, from where to where in between it is under the top, its height there, and
    its slope. No width means that it spans nothing.
    """
    slope = (yb - ya) / (xb - xa)
    if xb > width:
        yb = ya + slope * (width - xa)
        xb = width
    if xa < 0.0:
        ya -= slope * xa
        xa = 0.0
    if ya <= 0.0 and yb <= 0.0:
        return xa, xa, xa, xa, 0.0, 0.0
    if ya < 0.0:
        xa, ya = min(xa - ya / slope, xb), 0.0
    elif yb < 0.0:
        xb, yb = max(xb - yb / slope, xa), 0.0
    if ya > top:
        return xa, xb, xb if yb >= top else min(xa + (top - ya) / slope, xb), xb, top, slope
    if yb > top:
        return xa, xb, xa, xa if ya >= top else max(xb + (top - yb) / slope, xa), ya, slope
    return xa, xb, xa, xb, ya, slope


@kernel
def _clip(  # noqa: C901, PLR0912  (the cases stand in the order in which they are common)
    xy: Floats, ends: Index, boxes: Floats, signs: Floats,
    first: int, last: int, window: Floats, run: Floats, out: Floats,
) -> Any:  # fmt: skip
    """List the trapezoids of blocks ``first`` to ``last`` in a window; gives list and length."""
    left, low = window[0], window[1]
    width, top = window[2] - left, window[3] - low
    edges = 0
    for block in range(first, last):
        edges += ends[block, 1] - ends[block, 0]
    # An edge gives at most itself and two lines along the top.
    out = _room(out, 3 * edges + 3, _ZERO)
    n = _ZERO
    run[0], run[1], run[2] = 0.0, 0.0, 0.0
    for block in range(first, last):
        if boxes[block, 2] <= window[0] or boxes[block, 0] >= window[2]:
            continue
        if boxes[block, 3] <= window[1]:
            continue
        start, end, sign = ends[block, 0], ends[block, 1], signs[block]
        if boxes[block, 1] >= window[3]:
            a = min(max(xy[start, 0] - left, 0.0), width)
            b = min(max(xy[end, 0] - left, 0.0), width)
            n = _along_top(out, n, run, a, b, top, sign)
            continue
        x1, y1 = xy[start, 0] - left, xy[start, 1] - low
        for k in range(start + 1, end + 1):
            x0, y0 = x1, y1
            x1, y1 = xy[k, 0] - left, xy[k, 1] - low
            if (y0 <= 0.0 and y1 <= 0.0) or (x0 <= 0.0 and x1 <= 0.0):
                continue
            if x0 >= width and x1 >= width:
                continue
            if y0 >= top and y1 >= top:
                a, b = min(max(x0, 0.0), width), min(max(x1, 0.0), width)
                n = _along_top(out, n, run, a, b, top, sign)
            elif x1 - x0 > _NARROW:
                xa, xb, a, b, height, slope = _cut(x0, y0, x1, y1, width, top)
                if a > xa:
                    n = _along_top(out, n, run, xa, a, top, sign)
                if xb > b:
                    n = _along_top(out, n, run, b, xb, top, sign)
                if b > a:
                    n = _put(out, n, a, b, height, slope, -sign)
            elif x0 - x1 > _NARROW:
                xa, xb, a, b, height, slope = _cut(x1, y1, x0, y0, width, top)
                if xb > b:
                    n = _along_top(out, n, run, xb, b, top, sign)
                if a > xa:
                    n = _along_top(out, n, run, a, xa, top, sign)
                if b > a:
                    n = _put(out, n, a, b, height, slope, sign)
    return out, _along_top(out, n, run, np.nan, np.nan, top, 0.0)


@kernel
def sort_by_column(items: Floats, n: int, width: float, out: Floats, ptr: Index) -> Any:
    """Sort trapezoids by the column of the window in which they begin; the wide ones come last.

    Any rows will do that begin with from x and to x. Gives the sorted list, the pointer to the
    columns (where the last one ends the wide ones begin), and the number of columns.
    """
    out = _room(out, n, _ZERO)
    # Measured: fewer columns leave too much in each, more leave too many wide.
    columns = n // 8 + 1
    if len(ptr) < columns + 2:
        ptr = np.empty(2 * columns + 2, dtype=np.int64)
    scale = columns / width
    for c in range(columns + 2):
        ptr[c] = 0
    for k in range(n):
        a = min(int(items[k, 0] * scale), columns - 1)
        if items[k, 1] * scale - a > _WIDE:
            a = columns
        ptr[a + 1] += 1
    for c in range(columns + 1):
        ptr[c + 1] += ptr[c]
    for k in range(n):
        a = min(int(items[k, 0] * scale), columns - 1)
        if items[k, 1] * scale - a > _WIDE:
            a = columns
        at = ptr[a]
        ptr[a] = at + 1
        for c in range(_COLUMNS):
            out[at, c] = items[k, c]
    for c in range(columns, 0, -1):
        ptr[c] = ptr[c - 1]
    ptr[0] = 0
    return out, ptr, columns


@kernel
def _shared(p: Floats, i: int, q: Floats, k: int, lower: Floats) -> bool:
    """Describe the lower of two lines where both are, in one or two straight stretches.

    ``lower`` gets the x of the beginning, the change and the end, and the heights there; there is
    no change when the first two are equal. ``False`` when they share no width.
    """
    xa = max(p[i, 0], q[k, 0])
    xb = min(p[i, 1], q[k, 1])
    if xb <= xa:
        return False
    a0 = p[i, 2] + p[i, 3] * (xa - p[i, 0])
    a1 = p[i, 2] + p[i, 3] * (xb - p[i, 0])
    b0 = q[k, 2] + q[k, 3] * (xa - q[k, 0])
    b1 = q[k, 2] + q[k, 3] * (xb - q[k, 0])
    d0 = a0 - b0
    d1 = a1 - b1
    lower[0], lower[2] = xa, xb
    lower[3], lower[5] = min(a0, b0), min(a1, b1)
    if d0 * d1 < 0.0:
        t = d0 / (d0 - d1)
        lower[1] = xa + t * (xb - xa)
        lower[4] = a0 + t * (a1 - a0)
    else:
        lower[1], lower[4] = xa, lower[3]
    return True


@kernel
def _sum_over(p: Floats, i: int, items: Floats, first: int, last: int, sums: Floats) -> None:
    """Add what trapezoid ``p[i]`` shares with ``items[first:last]``; with and without signs."""
    total, size = 0.0, 0.0
    x0, x1, y0, slope = p[i, 0], p[i, 1], p[i, 2], p[i, 3]
    for k in range(first, last):
        xa = max(x0, items[k, 0])
        xb = min(x1, items[k, 1])
        if xb <= xa:
            continue
        a0 = y0 + slope * (xa - x0)
        a1 = y0 + slope * (xb - x0)
        b0 = items[k, 2] + items[k, 3] * (xa - items[k, 0])
        b1 = items[k, 2] + items[k, 3] * (xb - items[k, 0])
        d0 = a0 - b0
        d1 = a1 - b1
        # Twice the mean height of the lower line; where they cross, less than at its ends.
        if d0 * d1 < 0.0:
            t = d0 / (d0 - d1)
            cross = a0 + t * (a1 - a0)
            mean = t * (min(a0, b0) + cross) + (1.0 - t) * (cross + min(a1, b1))
        else:
            mean = min(a0, b0) + min(a1, b1)
        area = mean * (xb - xa)
        size += area
        total += area * items[k, 4]
    sums[0] += 0.5 * p[i, 4] * total
    sums[1] += 0.5 * size


@kernel
def _sum(
    p: Floats, np_: int, q: Floats, nq: int, width: float, spare: Floats, ptr: Index, sums: Floats
) -> Any:
    """Sum what all pairs of two lists share; gives the scratch arrays for the next time."""
    if np_ < _SHORT or nq < _SHORT:
        for k in range(np_):
            _sum_over(p, k, q, _ZERO, nq, sums)
        return spare, ptr
    spare, ptr, columns = sort_by_column(q, nq, width, spare, ptr)
    scale = columns / width
    wide = ptr[columns]
    for k in range(np_):
        first = max(int(p[k, 0] * scale) - _WIDE, 0)
        last = min(int(p[k, 1] * scale), columns - 1)
        _sum_over(p, k, spare, ptr[min(first, columns - 1)], ptr[last + 1], sums)
        _sum_over(p, k, spare, wide, nq, sums)
    return spare, ptr


@kernel
def _product_over(
    p: Floats, i: int, items: Floats, first: int, last: int, lower: Floats, out: Floats, n: int
) -> Any:
    """List what trapezoid ``p[i]`` shares with ``items[first:last]``, as trapezoids again."""
    out = _room(out, n + 2 * (last - first), n)
    for k in range(first, last):
        if not _shared(p, i, items, k, lower):
            continue
        sign = p[i, 4] * items[k, 4]
        for part in range(2):
            wide = lower[part + 1] - lower[part]
            if wide > _NARROW:
                slope = (lower[part + 4] - lower[part + 3]) / wide
                n = _put(out, n, lower[part], lower[part + 1], lower[part + 3], slope, sign)
    return out, n


@kernel
def _product(
    p: Floats, np_: int, q: Floats, nq: int, width: float, spare: Floats, ptr: Index, out: Floats
) -> Any:
    """List what all pairs of two lists share, as trapezoids again."""
    lower = np.empty(6)
    n = _ZERO
    if np_ < _SHORT or nq < _SHORT:
        for k in range(np_):
            out, n = _product_over(p, k, q, _ZERO, nq, lower, out, n)
        return out, n, spare, ptr
    spare, ptr, columns = sort_by_column(q, nq, width, spare, ptr)
    scale = columns / width
    wide = ptr[columns]
    for k in range(np_):
        first = max(int(p[k, 0] * scale) - _WIDE, 0)
        last = min(int(p[k, 1] * scale), columns - 1)
        begin = ptr[min(first, columns - 1)]
        out, n = _product_over(p, k, spare, begin, ptr[last + 1], lower, out, n)
        out, n = _product_over(p, k, spare, wide, nq, lower, out, n)
    return out, n, spare, ptr


@kernel
def tuple_areas(
    xy: Floats, ptr: Index, ends: Index, boxes: Floats, signs: Floats, bounds: Floats,
    members: Index, area: Floats, size: Floats,
) -> None:  # fmt: skip
    """Area that the members of each tuple have in common.

    Parameters
    ----------
    xy, ptr, ends, boxes, signs
        Polygons in blocks, as `make_blocks` gives them.
    bounds
        Bounding box of each polygon, (p, 4).
    members
        Polygon numbers, (t, k), k ≥ 2.
    area
        Gets the areas, (t,).
    size
        Gets the sum of the absolute values of all that was added, (t,): times the relative
        rounding of a double this bounds the error.
    """
    count, k = members.shape
    p, q = np.empty((256, _COLUMNS)), np.empty((256, _COLUMNS))
    other, spare = np.empty((256, _COLUMNS)), np.empty((256, _COLUMNS))
    columns = np.empty(256, dtype=np.int64)
    window, run, sums = np.empty(4), np.empty(3), np.empty(2)
    for row in range(count):
        area[row], size[row] = 0.0, 0.0
        window[0], window[1], window[2], window[3] = -np.inf, -np.inf, np.inf, np.inf
        for j in range(k):
            i = members[row, j]
            window[0], window[1] = max(window[0], bounds[i, 0]), max(window[1], bounds[i, 1])
            window[2], window[3] = min(window[2], bounds[i, 2]), min(window[3], bounds[i, 3])
        width, top = window[2] - window[0], window[3] - window[1]
        if not (width > 0.0 and top > 0.0):
            continue
        i = members[row, 0]
        p, n = _clip(xy, ends, boxes, signs, ptr[i], ptr[i + 1], window, run, p)
        for j in range(1, k - 1):
            i = members[row, j]
            q, m = _clip(xy, ends, boxes, signs, ptr[i], ptr[i + 1], window, run, q)
            other, n, spare, columns = _product(p, n, q, m, width, spare, columns, other)
            p, other = other, p
        sums[0], sums[1] = 0.0, 0.0
        i = members[row, k - 1]
        q, m = _clip(xy, ends, boxes, signs, ptr[i], ptr[i + 1], window, run, q)
        spare, columns = _sum(p, n, q, m, width, spare, columns, sums)
        area[row], size[row] = sums[0], sums[1]
