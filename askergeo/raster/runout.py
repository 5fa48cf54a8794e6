"""How far the masses of a slide can reach below the area that they start from.

What is reached from an area spreads from cell to neighbouring cell, over ground that lies lower
than the foot of the place in the area that it came from; on the way there, down a slope that is
steep itself, or down however gently over ground that is high over a foot. In
open ground it ends where the straight line to the nearest cell of the area is longer than the
reach; where the ground is channelled (higher on both sides) it goes on to a longer one. Each cell
keeps the nearest place of the area that it was reached from, and hands it on to its neighbours.

The areas are taken one by one, each in the window that it can reach, so what is in memory is one
window a thread, whatever the size of the raster.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from askergeo._jit import kernel
from askergeo._threads import in_threads
from askergeo.raster.windows import Scratch, bands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Cells = NDArray[np.float32]
    #: Gives the lowest height, the foot and the number of the area of each cell of some rows. No
    #: area is 0, or `HILL` where the ground is high over a foot.
    Rows = Callable[[int, int], tuple[Cells, Cells, NDArray[np.int32]]]

__all__ = ["CHANNEL", "HILL", "OPEN", "RunOuts", "Spread", "run_outs"]

#: Codes of what is reached: in open ground, and beyond that where it is channelled.
OPEN, CHANNEL = 1, 2
#: Number of cells that are high over a foot and in no area.
HILL = -1
_LABELLED, _QUEUED = 1, 2
# Cells of the window of an area: the area itself, and ground on the way to a foot.
_OWN, _HILL = 1, 2
_NOWHERE = 3
_DIAGONAL = np.float32(np.sqrt(0.5))


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What masses run over.

    Parameters
    ----------
    cell
        Least side of the cells that they are followed in, metres.
    over_foot
        Metres over the foot that they lie at the most.
    ratio
        They run down slopes steeper than 1:``ratio``.
    half_width, depth
        Ground is channelled where it is ``depth`` metres higher within ``half_width`` metres on
        two opposite sides.
    towards
        Top, bottom, left and right, in metres from the corner: only areas that can reach this
        box are followed; all without.
    """

    cell: float
    over_foot: float
    ratio: float
    half_width: float
    depth: float
    towards: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class RunOuts:
    """What the areas reach.

    Parameters
    ----------
    cell
        Side of a cell, metres.
    merged
        Cells of the grid along the side of one of these.
    shape
        Rows and columns.
    zones
        For each cell the least of the codes of what reaches it: 2 · (group − 1) + ``OPEN`` or
        ``CHANNEL``; 0 where nothing does.
    cells
        For each area how many cells it reaches, (areas, 2): in open ground, and channelled.
    """

    cell: float
    merged: int
    shape: tuple[int, int]
    zones: Scratch
    cells: NDArray[np.int64]


@dataclass(frozen=True)
class _Coarse:
    """Rasters that the masses are followed in, and where each area is in them."""

    low: Scratch
    foot: Scratch
    number: Scratch
    boxes: NDArray[np.int64]


def run_outs(
    read: Rows,
    reach: NDArray[np.float64],
    group: NDArray[np.uint8],
    spread: Spread,
    *,
    shape: tuple[int, int],
    cell: float,
    folder: Path,
    rows: int = 256,
) -> RunOuts:
    """Find what each area reaches.

    Parameters
    ----------
    read
        Gives, for rows ``start … stop − 1``: the lowest height of each cell, infinite where it is
        not known; the height of its foot; and the number of its area, or 0 or `HILL`.
    reach
        Metres that each area reaches in open ground and channelled, (areas, 2).
    group
        From 1: areas of a lower group count before those of a higher. 0 is not followed.
    spread
        What masses run over.
    shape, cell
        Rows and columns, and side of a cell, of what ``read`` gives.
    folder
        For temporary files: 13 bytes a cell that is followed.
    rows
        Rows in a band; the answer does not depend on it.
    """
    merged = max(1, round(spread.cell / cell))
    coarse_shape = (-(-shape[0] // merged), -(-shape[1] // merged))
    coarse = _coarse(read, merged, (shape, coarse_shape), len(reach), folder, rows)
    side = cell * merged
    zones = Scratch(folder / "utlop.tmp", coarse_shape, np.uint8)
    cells = np.zeros((len(reach), 2), np.int64)
    writing = Lock()
    limits = (
        np.float32(spread.over_foot),
        np.float32(side / spread.ratio),
        np.int64(spread.half_width / side),
        np.float32(spread.depth),
    )

    def one(area: int) -> None:
        box = _window(coarse.boxes[area], reach[area].max() / side, limits[2], coarse_shape)
        places = slice(box[0], box[1]), slice(box[2], box[3])
        low = coarse.low.window(*places)
        own = _owned(coarse.number.mapped()[places], area + 1)
        ends = tuple(((reach[area] / side) ** 2).tolist())
        zone = np.zeros(low.shape, np.uint8)
        found = _spread(low, coarse.foot.window(*places), own, ends, *limits, zone)
        cells[area] = found
        with writing:
            _merge(zones.mapped()[places], zone, np.uint8(2 * (int(group[area]) - 1)))

    followed = (group > 0) & (coarse.boxes[:, 1] > 0)
    if spread.towards is not None:
        boxes = np.asarray(coarse.boxes * side, np.float64)
        followed &= _near(boxes, reach.max(axis=1, initial=0.0), spread.towards)
    chosen = np.flatnonzero(followed)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(one, chosen))
    for scratch in (coarse.low, coarse.foot, coarse.number):
        scratch.remove()
    return RunOuts(side, merged, coarse_shape, zones, cells)


def _near(
    boxes: NDArray[np.float64],
    reach: NDArray[np.float64],
    towards: tuple[float, float, float, float],
) -> NDArray[np.bool_]:
    """Which boxes (top, bottom, left, right; metres) lie within their reach of another box."""
    top, bottom, left, right = towards
    down = np.maximum(np.maximum(boxes[:, 0] - bottom, top - boxes[:, 1]), 0)
    across = np.maximum(np.maximum(boxes[:, 2] - right, left - boxes[:, 3]), 0)
    return np.asarray(np.hypot(down, across) <= reach)


def _coarse(  # noqa: PLR0917
    read: Rows,
    merged: int,
    shapes: tuple[tuple[int, int], tuple[int, int]],
    count: int,
    folder: Path,
    rows: int,
) -> _Coarse:
    """Merge the cells: the lowest height in each, and the area whose foot there is lowest."""
    fine, shape = shapes
    low = Scratch(folder / "utlop-lav.tmp", shape, np.float32)
    foot = Scratch(folder / "utlop-fot.tmp", shape, np.float32)
    number = Scratch(folder / "utlop-nummer.tmp", shape, np.int32)
    todo = bands(shape[0], max(1, rows // merged))

    def part(share: slice) -> NDArray[np.int64]:
        boxes = np.zeros((count, 4), np.int64)
        boxes[:, [0, 2]] = max(shape)
        for start, stop in todo[share]:
            read_low, read_foot, read_number = read(start * merged, min(stop * merged, fine[0]))
            size = (stop - start, shape[1])
            a, b = np.empty(size, np.float32), np.empty(size, np.float32)
            c = np.empty(size, np.int32)
            _lowest(read_low, read_foot, read_number, merged, start, a, b, c, boxes)
            for scratch, cells in ((low, a), (foot, b), (number, c)):
                scratch.write(start, cells)
        return boxes

    found = in_threads(part, len(todo), least=1)
    boxes = found[0]
    for more in found[1:]:
        boxes[:, [0, 2]] = np.minimum(boxes[:, [0, 2]], more[:, [0, 2]])
        boxes[:, [1, 3]] = np.maximum(boxes[:, [1, 3]], more[:, [1, 3]])
    return _Coarse(low, foot, number, boxes)


def _window(
    box: NDArray[np.int64], reach: float, side: np.int64, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Rows and columns that an area can reach, and those that say whether they are channelled."""
    more = int(np.ceil(reach)) + int(side) + 1
    top, bottom, left, right = (int(one) for one in box)
    return (
        max(top - more, 0),
        min(bottom + more, shape[0]),
        max(left - more, 0),
        min(right + more, shape[1]),
    )


@kernel
def _lowest(  # noqa: PLR0917
    low: Cells,
    foot: Cells,
    number: NDArray[np.int32],
    merged: int,
    first_row: int,
    to_low: Cells,
    to_foot: Cells,
    to_number: NDArray[np.int32],
    boxes: NDArray[np.int64],
) -> None:
    to_low[:] = np.inf
    to_foot[:] = np.inf
    to_number[:] = 0
    for y in range(low.shape[0]):
        row = y // merged
        for x in range(low.shape[1]):
            column = x // merged
            to_low[row, column] = min(to_low[row, column], low[y, x])
            area = number[y, x]
            if area > 0 and foot[y, x] < to_foot[row, column]:
                to_foot[row, column] = foot[y, x]
                to_number[row, column] = area
            elif area == HILL and to_number[row, column] == 0:
                to_number[row, column] = HILL
    for row in range(to_low.shape[0]):
        for column in range(to_low.shape[1]):
            area = to_number[row, column]
            if area > 0:
                box = boxes[area - 1]
                box[0] = min(box[0], first_row + row)
                box[1] = max(box[1], first_row + row + 1)
                box[2] = min(box[2], column)
                box[3] = max(box[3], column + 1)


@kernel
def _owned(number: NDArray[np.int32], area: int) -> NDArray[np.uint8]:
    """Tell an area's own cells from other ground that is high over a foot."""
    own = np.zeros(number.shape, np.uint8)
    for row in range(number.shape[0]):
        for x in range(number.shape[1]):
            if number[row, x]:
                own[row, x] = _OWN if number[row, x] == area else _HILL
    return own


@kernel
def _merge(zones: NDArray[np.uint8], zone: NDArray[np.uint8], base: np.uint8) -> None:
    for row in range(zone.shape[0]):
        for x in range(zone.shape[1]):
            if zone[row, x]:
                code = base + zone[row, x]
                if zones[row, x] == 0 or code < zones[row, x]:
                    zones[row, x] = code


@kernel
def _spread(  # noqa: PLR0917
    low: Cells,
    foot: Cells,
    own: NDArray[np.uint8],
    ends: tuple[float, float],
    over_foot: np.float32,
    steep: np.float32,
    half_width: int,
    depth: np.float32,
    zone: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Let one area spread; ``ends`` are squares of cells. Count what it reaches."""
    rows, columns = low.shape
    count = rows * columns
    state, kind = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    from_y, from_x = np.empty(count, np.int32), np.empty(count, np.int32)
    queue = np.empty(count, np.int32)
    edge = _edge(own)
    waiting, first = _start(edge, columns, state, from_y, from_x, queue), 0
    while waiting:
        at = queue[first]
        first = first + 1 if first + 1 < count else 0
        waiting -= 1
        state[at] &= ~_QUEUED
        y, x = at // columns, at % columns
        sy, sx = from_y[at], from_x[at]
        level = foot[sy, sx] + over_foot
        for ny in range(max(y - 1, 0), min(y + 2, rows)):
            for nx in range(max(x - 1, 0), min(x + 2, columns)):
                to = ny * columns + nx
                if own[ny, nx] == _OWN or kind[to] == _NOWHERE:
                    continue
                away = _square(ny, nx, sy, sx)
                if state[to] & _LABELLED and away >= _square(ny, nx, from_y[to], from_x[to]):
                    continue
                fall = steep if ny == y or nx == x else steep / _DIAGONAL
                fall = np.float32(0) if own[ny, nx] == _HILL else fall
                if not _runs_to(low[y, x], low[ny, nx], level, fall):
                    continue
                if kind[to] == 0:
                    kind[to] = _kind(low, ny, nx, away, edge, ends, half_width, depth)
                    if kind[to] == _NOWHERE:
                        continue
                    zone[ny, nx] = kind[to]
                from_y[to], from_x[to] = sy, sx
                if not state[to] & _QUEUED:
                    last = first + waiting
                    queue[last if last < count else last - count] = to
                    waiting += 1
                state[to] |= _LABELLED | _QUEUED
    count_of_kind: NDArray[np.int64] = _counted(zone)
    return count_of_kind


@kernel
def _edge(own: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Cells of the area that have a neighbour outside it, (k, 2): row and column."""
    rows, columns = own.shape
    found = np.empty((np.count_nonzero(own == _OWN), 2), np.int32)
    count = 0
    for y in range(rows):
        for x in range(columns):
            if own[y, x] != _OWN:
                continue
            around = own[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if (around != _OWN).any():
                found[count, 0], found[count, 1] = y, x
                count += 1
    return found[:count]


@kernel
def _square(y: int, x: int, other_y: int, other_x: int) -> float:
    return float(y - other_y) ** 2 + float(x - other_x) ** 2


@kernel
def _kind(  # noqa: PLR0917
    low: Cells,
    y: int,
    x: int,
    away: float,
    edge: NDArray[np.int32],
    ends: tuple[float, float],
    half_width: int,
    depth: np.float32,
) -> int:
    """Tell what a cell is when masses come to it, no longer than ``away`` from the area."""
    if away > ends[0]:
        for place in range(edge.shape[0]):
            away = min(away, _square(y, x, edge[place, 0], edge[place, 1]))
    if away <= ends[0]:
        return OPEN
    if away <= ends[1] and _channelled(low, y, x, half_width, depth):
        return CHANNEL
    return _NOWHERE


@kernel
def _start(  # noqa: PLR0917
    edge: NDArray[np.int32],
    columns: int,
    state: NDArray[np.uint8],
    from_y: NDArray[np.int32],
    from_x: NDArray[np.int32],
    queue: NDArray[np.int32],
) -> int:
    """Put the edge of the area in the queue, each cell its own nearest place; count them."""
    for place in range(edge.shape[0]):
        at = edge[place, 0] * columns + edge[place, 1]
        state[at] = _LABELLED | _QUEUED
        from_y[at], from_x[at] = edge[place]
        queue[place] = at
    return int(edge.shape[0])


@kernel
def _runs_to(here: np.float32, there: np.float32, level: np.float32, fall: np.float32) -> bool:
    """Whether masses run to a neighbour: it is low enough, or so much lower."""
    return bool(not np.isinf(there) and (there <= level or here - there >= fall))


@kernel
def _counted(zone: NDArray[np.uint8]) -> NDArray[np.int64]:
    count = np.zeros(2, np.int64)
    for y in range(zone.shape[0]):
        for x in range(zone.shape[1]):
            if zone[y, x]:
                count[zone[y, x] - OPEN] += 1
    return count


@kernel
def _channelled(low: Cells, y: int, x: int, half_width: int, depth: np.float32) -> bool:
    """Whether the ground is higher on two opposite sides of a cell."""
    limit = low[y, x] + depth
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        slanted = dy != 0 and dx != 0
        steps = int(half_width * _DIAGONAL) if slanted else half_width
        if _rises(low, y, x, dy, dx, steps, limit) and _rises(low, y, x, -dy, -dx, steps, limit):
            return True
    return False


@kernel
def _rises(  # noqa: PLR0917
    low: Cells, y: int, x: int, dy: int, dx: int, steps: int, limit: np.float32
) -> bool:
    for step in range(1, steps + 1):
        ny, nx = y + step * dy, x + step * dx
        if ny < 0 or nx < 0 or ny >= low.shape[0] or nx >= low.shape[1]:
            return False
        if low[ny, nx] >= limit and not np.isinf(low[ny, nx]):
            return True
    return False
