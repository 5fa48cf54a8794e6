"""Compiled kernels on straight segments: which lie near which, and what of them is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = [
    "Grid",
    "Segments",
    "bin_segments",
    "cross",
    "distance2",
    "link",
    "merge_points",
    "on_outside",
    "uncovered",
]

_MANY = 64
# Sine of the angle under which segments are taken for parallel.
_PARALLEL = 1e-9
# Where a point is, seen from a ring: on it, the ring running along or against a direction.
_INSIDE, _ALONG, _AGAINST = 1, 2, 3


class Segments(NamedTuple):
    """Straight segments a–b, (s, 2) each, and whose they are, (s,)."""

    a: Floats
    b: Floats
    owner: Index


class Grid(NamedTuple):
    """The segments near each square cell: cell (i, j) is number j·nx + i.

    The cells have the side ``cell`` and lie from ``origin``; those of cell ``c`` are
    ``item[ptr[c]:ptr[c + 1]]``.
    """

    ptr: Index
    item: Index
    origin: Floats
    cell: float
    nx: int
    ny: int


@kernel
def distance2(  # noqa: PLR0917
    x: float, y: float, ax: float, ay: float, bx: float, by: float
) -> float:
    """Squared distance from a point to the segment from a to b."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = ((x - ax) * dx + (y - ay) * dy) / length2 if length2 > 0.0 else 0.0
    along = min(1.0, max(0.0, along))
    ex, ey = x - ax - along * dx, y - ay - along * dy
    return ex * ex + ey * ey


# Points go to the kernels inside loops as plain numbers: a row of an array is an object that is
# counted, and two threads that count the same one wait for each other.


@kernel
def _cells(  # noqa: PLR0917
    ax: float, ay: float, bx: float, by: float, margin: float, grid: Grid
) -> tuple[int, int, int, int]:
    """Return the first and last column and row that a segment's box, grown, meets."""
    west, east = min(ax, bx) - margin, max(ax, bx) + margin
    south, north = min(ay, by) - margin, max(ay, by) + margin
    return (
        min(grid.nx - 1, max(0, int((west - grid.origin[0]) / grid.cell))),
        min(grid.nx - 1, max(0, int((east - grid.origin[0]) / grid.cell))),
        min(grid.ny - 1, max(0, int((south - grid.origin[1]) / grid.cell))),
        min(grid.ny - 1, max(0, int((north - grid.origin[1]) / grid.cell))),
    )


@kernel
def bin_segments(segments: Segments, margin: float, grid: Grid) -> tuple[Index, Index]:
    """List the segments whose box, grown by ``margin``, meets each cell: ``ptr`` and ``item``."""
    a, b = segments.a, segments.b
    ptr = np.zeros(grid.nx * grid.ny + 1, np.int64)
    for s in range(len(segments.a)):
        i0, i1, j0, j1 = _cells(a[s, 0], a[s, 1], b[s, 0], b[s, 1], margin, grid)
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                ptr[j * grid.nx + i + 1] += 1
    ptr = np.cumsum(ptr)
    item, at = np.empty(ptr[-1], np.int64), ptr[:-1].copy()
    for s in range(len(segments.a)):
        i0, i1, j0, j1 = _cells(a[s, 0], a[s, 1], b[s, 0], b[s, 1], margin, grid)
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                c = j * grid.nx + i
                item[at[c]] = s
                at[c] += 1
    return ptr, item


@kernel
def _slab(value: float, step: float, low: float, high: float) -> tuple[float, float]:
    """Return the stretch of t where ``value + t·step`` is between two bounds."""
    if step == 0.0:
        return (-np.inf, np.inf) if low <= value <= high else (np.inf, -np.inf)
    one, two = (low - value) / step, (high - value) / step
    return min(one, two), max(one, two)


@kernel
def _within(  # noqa: PLR0917
    px: float,
    py: float,
    qx: float,
    qy: float,
    ax: float,
    ay: float,
    bx: float,
    by: float,
    radius: float,
) -> tuple[float, float]:
    """Stretch (t from p to q) within ``radius`` of a–b; empty when the first is higher.

    The neighbourhood of a segment is convex, so the stretch is one: the hull of those in the
    discs round its ends and in the rectangle along it.
    """
    lo, hi = 2.0, -1.0
    dx, dy = qx - px, qy - py
    squared = dx * dx + dy * dy
    for cx, cy in ((ax, ay), (bx, by)):
        fx, fy = px - cx, py - cy
        half = fx * dx + fy * dy
        inner = half * half - squared * (fx * fx + fy * fy - radius * radius)
        if inner > 0.0:
            root = np.sqrt(inner)
            lo, hi = min(lo, (-half - root) / squared), max(hi, (root - half) / squared)
    ex, ey = bx - ax, by - ay
    length = np.sqrt(ex * ex + ey * ey)
    if length > 0.0:
        ex, ey = ex / length, ey / length
        fx, fy = px - ax, py - ay
        t0, t1 = _slab(fx * ex + fy * ey, dx * ex + dy * ey, 0.0, length)
        s0, s1 = _slab(fy * ex - fx * ey, dy * ex - dx * ey, -radius, radius)
        t0, t1 = max(t0, s0), min(t1, s1)
        if t0 < t1:
            lo, hi = min(lo, t0), max(hi, t1)
    return lo, hi


@kernel
def _covering(  # noqa: PLR0917
    k: int,
    edges: Segments,
    streets: Segments,
    grid: Grid,
    radius: float,
    latest: int,
    found: Floats,
) -> tuple[int, int, Floats]:
    """List the stretches of edge k that streets of others cover.

    Returns how many there are, or −1 when one street covers all; the street that last did so;
    and the list. Neighbours along a ring are mostly covered by the same street: it is tried
    first.
    """
    a, b, owner = streets.a, streets.b, streets.owner
    px, py, qx, qy = edges.a[k, 0], edges.a[k, 1], edges.b[k, 0], edges.b[k, 1]
    own = edges.owner[k]
    if owner[latest] != own:
        ends = a[latest, 0], a[latest, 1], b[latest, 0], b[latest, 1]
        lo, hi = _within(px, py, qx, qy, *ends, radius)
        if lo <= 0.0 and hi >= 1.0:
            return -1, latest, found
    count = 0
    i0, i1, j0, j1 = _cells(px, py, qx, qy, 0.0, grid)
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            c = j * grid.nx + i
            for z in range(grid.ptr[c], grid.ptr[c + 1]):
                s = grid.item[z]
                if owner[s] == own:
                    continue
                ends = a[s, 0], a[s, 1], b[s, 0], b[s, 1]
                lo, hi = _within(px, py, qx, qy, *ends, radius)
                if lo >= hi or hi <= 0.0 or lo >= 1.0:
                    continue
                if lo <= 0.0 and hi >= 1.0:
                    return -1, s, found
                if count == len(found):
                    found = np.concatenate((found, found))
                found[count, 0], found[count, 1] = lo, hi
                count += 1
    return count, latest, found


@kernel
def uncovered(
    edges: Segments, streets: Segments, grid: Grid, radius: float
) -> tuple[Index, Floats, Floats]:
    """Stretches of the edges that no street of another owner is within ``radius`` of.

    Returns the edge and the stretch (from, to; 0–1) of each, in order along the edges.
    """
    room = 2 * len(edges.a) + _MANY
    which, start, stop = np.empty(room, np.int64), np.empty(room), np.empty(room)
    count, latest, held = 0, 0, np.empty((_MANY, 2))
    for k in range(len(edges.a)):
        many, latest, held = _covering(k, edges, streets, grid, radius, latest, held)
        t = 0.0 if many >= 0 else 1.0
        while t < 1.0:
            following, moved = 1.0, False
            for z in range(many):
                if held[z, 0] > t:
                    following = min(following, held[z, 0])
                elif held[z, 1] > t:
                    t, moved = held[z, 1], True
            if moved:
                continue
            if count == len(which):
                which = np.concatenate((which, which))
                start, stop = np.concatenate((start, start)), np.concatenate((stop, stop))
            which[count], start[count], stop[count] = k, t, following
            count += 1
            t = following
    return which[:count], start[:count], stop[:count]


@kernel
def _crossing(p: Any, q: Any, r: Any, s: Any, slack: float) -> tuple[float, float]:  # noqa: ANN401
    """Where the segments p–q and r–s meet: t along each, NaN where they do not."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    ex, ey = s[0] - r[0], s[1] - r[1]
    det = dx * ey - dy * ex
    one, two = np.sqrt(dx * dx + dy * dy), np.sqrt(ex * ex + ey * ey)
    if abs(det) <= _PARALLEL * one * two:
        return np.nan, np.nan
    fx, fy = r[0] - p[0], r[1] - p[1]
    t, u = (fx * ey - fy * ex) / det, (fx * dy - fy * dx) / det
    on_one = -slack <= t * one <= one + slack
    on_two = -slack <= u * two <= two + slack
    return (t, u) if on_one and on_two else (np.nan, np.nan)


@kernel
def _share(point: Any, p: Any, q: Any) -> float:  # noqa: ANN401
    """How far from p to q the foot of a point is, in shares of the length."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    length2 = dx * dx + dy * dy
    share: float = ((point[0] - p[0]) * dx + (point[1] - p[1]) * dy) / length2
    return share


@kernel
def cross(segments: Segments, grid: Grid, slack: float) -> tuple[Index, Floats, Floats]:
    """Where segments of different owners meet: the segment, t along it and the point, a row each.

    A crossing has a row for either segment, with the very same point; so has an end that lies on
    another segment (within ``slack`` metres), which is how segments that run together are cut.
    """
    a, b = segments.a, segments.b
    which, along, point = np.empty(_MANY, np.int64), np.empty(_MANY), np.empty((_MANY, 2))
    count = 0
    for c in range(len(grid.ptr) - 1):
        for one in range(grid.ptr[c], grid.ptr[c + 1]):
            for two in range(one + 1, grid.ptr[c + 1]):
                g, h = grid.item[one], grid.item[two]
                if segments.owner[g] == segments.owner[h]:
                    continue
                if count + 4 > len(which):
                    which, along = np.concatenate((which, which)), np.concatenate((along, along))
                    point = np.concatenate((point, point))
                t, u = _crossing(a[g], b[g], a[h], b[h], slack)
                if not np.isnan(t):
                    which[count], along[count], point[count] = g, t, a[g] + t * (b[g] - a[g])
                    which[count + 1], along[count + 1], point[count + 1] = h, u, point[count]
                    count += 2
                    continue
                for k, other in ((g, h), (h, g)):
                    for end in (a[other], b[other]):
                        near = distance2(end[0], end[1], a[k, 0], a[k, 1], b[k, 0], b[k, 1])
                        if near <= slack * slack:
                            which[count], along[count] = k, _share(end, a[k], b[k])
                            point[count] = end
                            count += 1
    return which[:count], along[:count], point[:count]


@kernel
def merge_points(xy: Floats, order: Index, slack: float) -> Index:
    """Give points within ``slack`` of each other in x and y one number; ``order`` sorts by x."""
    root = np.arange(len(xy))
    for k in range(len(order)):
        one = order[k]
        for z in range(k + 1, len(order)):
            two = order[z]
            if xy[two, 0] - xy[one, 0] > slack:
                break
            if abs(xy[two, 1] - xy[one, 1]) <= slack:
                a, b = one, two
                while root[a] != a:
                    a = root[a]
                while root[b] != b:
                    b = root[b]
                root[max(a, b)] = min(a, b)
    for k in range(len(root)):
        # A root is lower than what hangs on it, so the step before is settled.
        root[k] = root[root[k]]
    return root


@kernel
def _place(  # noqa: PLR0917
    x: float,
    y: float,
    dx: float,
    dy: float,
    edges: Segments,
    first: int,
    last: int,
    slack: float,
) -> int:
    """Where a point is: outside (0) or inside the rings [first, last), or on them.

    On them it also counts whether they run along (dx, dy) or against it.
    """
    a, b = edges.a, edges.b
    inside = False
    for k in range(first, last):
        ax, ay, bx, by = a[k, 0], a[k, 1], b[k, 0], b[k, 1]
        if distance2(x, y, ax, ay, bx, by) <= slack * slack:
            return _ALONG if dx * (bx - ax) + dy * (by - ay) > 0.0 else _AGAINST
        if (ay > y) != (by > y):
            inside ^= x < ax + (y - ay) / (by - ay) * (bx - ax)
    return _INSIDE if inside else 0


@kernel
def on_outside(  # noqa: PLR0917
    stretches: Segments,
    edges: Segments,
    ring_ptr: Index,
    streets: Segments,
    grid: Grid,
    radius: float,
    slack: float,
) -> Flags:
    """Which stretches of the rings are on the boundary of the union of all rings.

    They are where no other owner's rings (edges ``ring_ptr[o]:ring_ptr[o + 1]``, all within
    ``radius`` of its streets) hold their middle. Of stretches that run together the first
    owner's counts; where two run against each other there is no boundary.
    """
    outside = np.ones(len(stretches.a), np.bool_)
    tried = np.full(len(ring_ptr) - 1, -1)
    a, b, owner = streets.a, streets.b, streets.owner
    for k in range(len(stretches.a)):
        own = stretches.owner[k]
        ux, uy = stretches.a[k, 0], stretches.a[k, 1]
        vx, vy = stretches.b[k, 0], stretches.b[k, 1]
        x, y = (ux + vx) / 2, (uy + vy) / 2
        row = int((y - grid.origin[1]) / grid.cell)
        c = row * grid.nx + int((x - grid.origin[0]) / grid.cell)
        for z in range(grid.ptr[c], grid.ptr[c + 1]):
            s = grid.item[z]
            other = owner[s]
            if other == own or tried[other] == k:
                continue
            if distance2(x, y, a[s, 0], a[s, 1], b[s, 0], b[s, 1]) > radius * radius:
                continue
            tried[other] = k
            first, last = ring_ptr[other], ring_ptr[other + 1]
            where = _place(x, y, vx - ux, vy - uy, edges, first, last, slack)
            if where in (_INSIDE, _AGAINST) or (where == _ALONG and other < own):
                outside[k] = False
                break
    return outside


@kernel
def link(
    tail: Index, head: Index, xy: Floats, out_ptr: Index, out: Index
) -> tuple[Index, Index, int]:
    """Follow directed edges to rings: the ring of each edge, its place in it, and how many.

    Where several meet in a point the ring turns into the wedge on its right, so that rings
    touch, but never cross.
    """
    ring, place = np.full(len(tail), -1), np.zeros(len(tail), np.int64)
    taken = np.zeros(len(tail), np.bool_)
    count = 0
    for first in range(len(tail)):
        edge, step = first, 0
        while ring[edge] < 0:
            ring[edge], place[edge] = count, step
            step += 1
            node = head[edge]
            back = np.arctan2(xy[tail[edge], 1] - xy[node, 1], xy[tail[edge], 0] - xy[node, 0])
            best, least = -1, np.inf
            for z in range(out_ptr[node], out_ptr[node + 1]):
                if taken[out[z]]:
                    continue
                ahead = xy[head[out[z]]]
                turn = np.arctan2(ahead[1] - xy[node, 1], ahead[0] - xy[node, 0]) - back
                turn = turn + 2 * np.pi if turn <= 0.0 else turn
                if turn < least:
                    best, least = out[z], turn
            edge = best
            taken[edge] = True
        count += 1 if step > 0 else 0
    return ring, place, count
