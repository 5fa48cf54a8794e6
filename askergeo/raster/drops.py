"""Where the ground lies high enough above a slope foot that a slide could take it with it.

A cell p is above a foot q when z(p) − z(q) ≥ max(h, d(p, q) / n): the height difference is at
least ``h``, and the straight line from foot to cell is at least as steep as 1:n. Over all feet
this is z(p) ≥ min over q of z(q) + max(h, d / n), the erosion of the ground by a cone whose tip is
cut off. It is found in two steps, both linear in cells:

1. the lowest foot within r = h·n of each cell (a disc; where r is 50 cells or more the disc is
   taken in groups of rows, each as wide as its narrowest, so it is up to 4 % of r too small);
2. from these, min of z + d / n by a sweep down and a sweep up the rows, in which each cell hands
   on where its foot is, so that every distance is Euclidean (Danielsson, «Euclidean distance
   mapping», 1980), not a sum of steps between neighbours.

The rows are read in order, a band at a time, so the answer does not depend on the bands. Distances
are never too short. They may be too long by about one cell, because the disc and the cone meet in
the middle of a cell; docs/metode-kvikkleire.md has the measured figures.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from askergeo._jit import kernel
from askergeo.raster.windows import Scratch, bands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Cells = NDArray[np.float32]
    #: Gives the rows ``start … stop − 1``, all inside the raster.
    Rows = Callable[[int, int], Cells]

__all__ = ["ROWS", "Line", "disc_error", "drops"]

# Rows in a band.
ROWS = 256
# Columns that a disc is taken over at a time: so many rows of them fit in a core's own memory.
_STRIP = 1024
_UNREACHED = np.float32(np.inf)
# A disc of this many cells is taken row by row; one of twice as many in groups of two rows.
_FINE = 25


@dataclass(frozen=True)
class Line:
    """The line that a cell must lie above: height at least ``least`` metres, slope 1:``ratio``."""

    ratio: float
    least: float


def drops(
    feet: Rows,
    tops: Rows,
    out: Scratch,
    line: Line,
    *,
    shape: tuple[int, int],
    cell: float,
    folder: Path,
    rows: int = ROWS,
) -> None:
    """Find the height of each cell above the foot whose line it clears by most.

    Parameters
    ----------
    feet
        Heights of the cells as slope feet, metres; infinite where a cell can be no foot.
    tops
        Heights of the cells as ground above a foot, metres; NaN where unknown.
    out
        Takes the answer (float32): metres above the foot, 0 where there is none, NaN where the
        height is unknown.
    line
        The criterion.
    shape
        Rows and columns.
    cell
        Side of a cell, metres.
    folder
        For temporary files: 4 bytes a cell.
    rows
        Rows in a band.
    """
    lowest = Scratch(folder / "lavest.tmp", shape, np.float32)
    radius = line.ratio * line.least / cell
    todo = bands(shape[0], rows)

    def disc(band: tuple[int, int]) -> None:
        lowest.write(band[0], _disc_minimum(feet, band, shape, radius))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(disc, todo))
    step = np.float32(cell / line.ratio)
    _sweeps(lowest, tops, out, (step, np.float32(line.least)), shape, todo)
    lowest.remove()


def _disc_minimum(
    feet: Rows, band: tuple[int, int], shape: tuple[int, int], radius: float
) -> Cells:
    """Lowest foot within ``radius`` cells of each cell of a band."""
    start, stop = band
    group = _group(radius)
    half = _half_widths(radius, group)
    reach = max(int(radius), group)
    low, high = max(start - reach, 0), min(stop + reach, shape[0])
    around = np.full((high - low, shape[1] + 2 * reach), _UNREACHED, np.float32)
    around[:, reach : reach + shape[1]] = feet(low, high)
    out = np.empty((stop - start, shape[1]), np.float32)
    for left in range(0, shape[1], _STRIP):
        right = min(left + _STRIP, shape[1])
        strip = np.full((stop - start, right - left), _UNREACHED, np.float32)
        near = np.ascontiguousarray(around[:, left : right + 2 * reach])
        first = low - start
        if group > 1:
            near, first = _lowest_of_rows(near, group), first - group + 1
        _disc(near, first, reach, half, group, strip)
        out[:, left:right] = strip
    return out


def disc_error(radius: float) -> int:
    """Cells that a disc of ``radius`` cells can be too small by.

    Examples
    --------
    >>> disc_error(20), disc_error(100)
    (0, 4)
    """
    group = _group(radius)
    return group if group > 1 else 0


def _group(radius: float) -> int:
    """Rows that are taken as one when a disc is laid out: a power of two."""
    return 1 << max(int(np.log2(radius / _FINE)), 0) if radius > 0 else 1


def _half_widths(radius: float, group: int) -> NDArray[np.int64]:
    """Half the width of a disc in each group of rows from its middle: that of the farthest row."""
    farthest = np.arange(group - 1, int(radius) + 1, group, dtype=np.float64)
    wide = np.sqrt(np.maximum(radius**2 - farthest**2, 0)).astype(np.int64)
    return wide if len(wide) else np.zeros(1, np.int64)


def _lowest_of_rows(cells: Cells, group: int) -> Cells:
    """Lowest of each row and the rows after it, ``group`` (a power of two) in all.

    The rows begin ``group`` − 1 before the first, where nothing is.
    """
    outside = np.full((group - 1, cells.shape[1]), _UNREACHED, np.float32)
    lowest = np.concatenate([outside, cells, outside])
    side = 1
    while side < group:
        lowest = np.minimum(lowest[:-side], lowest[side:])
        side *= 2
    return lowest


def _sweeps(  # noqa: PLR0917
    lowest: Scratch,
    tops: Rows,
    out: Scratch,
    line: tuple[np.float32, np.float32],
    shape: tuple[int, int],
    todo: list[tuple[int, int]],
) -> None:
    """Sweep down and up at once; who comes second to a band puts the two answers together."""
    locks = [Lock() for _ in todo]
    written = [False] * len(todo)

    def sweep(*, down: bool) -> None:
        before = _State(shape[1])
        for number in range(len(todo)) if down else range(len(todo) - 1, -1, -1):
            start, stop = todo[number]
            fall = np.empty((stop - start, shape[1]), np.float32)
            z, low = tops(start, stop), lowest.read(start, stop)
            _sweep(z, low, *line, down, before.foot, before.x, before.y, fall)
            with locks[number]:
                if written[number]:
                    np.fmax(fall, out.read(start, stop), out=fall)
                written[number] = True
                out.write(start, fall)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(sweep, down=True), pool.submit(sweep, down=False)]:
            done.result()


class _State:
    """The row that a sweep comes from: height of each cell's foot, and cells from cell to foot.

    One cell more at both ends is out of reach of any foot.
    """

    def __init__(self, width: int) -> None:
        self.foot = np.full(width + 2, _UNREACHED, np.float32)
        self.x = np.zeros(width + 2, np.float32)
        self.y = np.zeros(width + 2, np.float32)


@kernel
def _disc(  # noqa: C901, PLR0917  (numba: a function a loop would be slower)
    around: Cells, offset: int, reach: int, half: NDArray[np.int64], group: int, out: Cells
) -> None:
    """Take the minimum over a disc: each row's minima over windows, laid over the rows near it.

    The minimum over a window of any width is that over two windows whose width is a power of two.
    ``around`` begins ``offset`` rows from ``out``, is wider by ``reach`` on both sides, and holds
    in each row the lowest of ``group`` rows from it on; ``half`` is a group of rows each.
    """
    rows, columns = out.shape
    width = around.shape[1]
    levels = 1
    while (1 << levels) <= 2 * half[0] + 1:
        levels += 1
    table = np.empty((levels, width), np.float32)
    line = np.empty(columns, np.float32)
    for source in range(around.shape[0]):
        table[0, :] = around[source]
        for level in range(1, levels):
            side = 1 << (level - 1)
            a, b = table[level - 1, :-side], table[level - 1, side:]
            to = table[level]
            for x in range(b.shape[0]):
                to[x] = min(a[x], b[x])
        last = -1
        for away in range(half.shape[0]):
            up = source + offset - away * group
            down = source + offset + group - 1 + away * group
            if (up < 0 or up >= rows) and (down < 0 or down >= rows):
                continue
            if half[away] != last:
                last = half[away]
                level = 0
                while (2 << level) <= 2 * last + 1:
                    level += 1
                left = reach - last
                right = reach + last + 1 - (1 << level)
                a = table[level, left : left + columns]
                b = table[level, right : right + columns]
                for x in range(columns):
                    line[x] = min(a[x], b[x])
            if 0 <= up < rows:
                _lower(out[up], line)
            if down != up and 0 <= down < rows:
                _lower(out[down], line)


@kernel
def _lower(to: Cells, by: Cells) -> None:
    for x in range(to.shape[0]):
        to[x] = min(to[x], by[x])


@kernel
def _sweep(  # noqa: PLR0917
    tops: Cells,
    lowest: Cells,
    step: np.float32,
    least: np.float32,
    down: bool,
    foot: Cells,
    away_x: Cells,
    away_y: Cells,
    fall: Cells,
) -> None:
    """Sweep one band; ``foot``, ``away_x`` and ``away_y`` are the last row, before and after.

    They have a cell more at both ends, from which nothing comes.
    """
    rows, columns = tops.shape
    cost = np.empty(columns, np.float32)
    new_foot, new_x, new_y = np.empty_like(foot), np.empty_like(foot), np.empty_like(foot)
    new_foot[0] = new_foot[columns + 1] = np.inf
    new_x[0] = new_x[columns + 1] = new_y[0] = new_y[columns + 1] = np.float32(0)
    for number in range(rows):
        row = number if down else rows - 1 - number
        _from_before(lowest[row], step, foot, away_x, away_y, cost, new_foot, new_x, new_y)
        _eastwards(step, cost, new_foot[1:-1], new_x[1:-1], new_y[1:-1])
        _westwards(step, cost, new_foot[1:-1], new_x[1:-1], new_y[1:-1])
        foot, new_foot = new_foot, foot
        away_x, new_x = new_x, away_x
        away_y, new_y = new_y, away_y
        _above(tops[row], cost, foot[1:-1], least, fall[row])
    if rows % 2:
        # The arrays have changed places an odd number of times: what is kept is in the new ones.
        new_foot[:], new_x[:], new_y[:] = foot, away_x, away_y


@kernel
def _from_before(  # noqa: PLR0917
    lowest: Cells,
    step: np.float32,
    foot: Cells,
    away_x: Cells,
    away_y: Cells,
    cost: Cells,
    new_foot: Cells,
    new_x: Cells,
    new_y: Cells,
) -> None:
    """Take the best of a cell's own foot and those of the three cells in the row before."""
    columns = lowest.shape[0]
    cost[:] = lowest
    new_foot[1:-1] = lowest
    new_x[1:-1] = np.float32(0)
    new_y[1:-1] = np.float32(0)
    to_foot, to_x, to_y = new_foot[1:-1], new_x[1:-1], new_y[1:-1]
    for k in range(3):
        shift = np.float32(k - 1)
        z, ax, ay = foot[k : k + columns], away_x[k : k + columns], away_y[k : k + columns]
        for x in range(columns):
            dx, dy = ax[x] + shift, ay[x] + np.float32(1)
            reached = z[x] + step * np.sqrt(dx * dx + dy * dy)
            better = reached < cost[x]
            cost[x] = reached if better else cost[x]
            to_foot[x] = z[x] if better else to_foot[x]
            to_x[x] = dx if better else to_x[x]
            to_y[x] = dy if better else to_y[x]


@kernel
def _eastwards(step: np.float32, cost: Cells, foot: Cells, away_x: Cells, away_y: Cells) -> None:
    """Hand each cell's foot on to the cell east of it, as far as it is the best."""
    z, dx, dy = foot[0], away_x[0], away_y[0]
    for x in range(1, cost.shape[0]):
        dx -= np.float32(1)
        if z < cost[x] and (z != foot[x] or dx != away_x[x] or dy != away_y[x]):
            reached = z + step * np.sqrt(dx * dx + dy * dy)
            if reached < cost[x]:
                cost[x], foot[x], away_x[x], away_y[x] = reached, z, dx, dy
                continue
        z, dx, dy = foot[x], away_x[x], away_y[x]


@kernel
def _westwards(step: np.float32, cost: Cells, foot: Cells, away_x: Cells, away_y: Cells) -> None:
    """As :func:`_eastwards`, the other way."""
    last = cost.shape[0] - 1
    z, dx, dy = foot[last], away_x[last], away_y[last]
    for x in range(last - 1, -1, -1):
        dx += np.float32(1)
        if z < cost[x] and (z != foot[x] or dx != away_x[x] or dy != away_y[x]):
            reached = z + step * np.sqrt(dx * dx + dy * dy)
            if reached < cost[x]:
                cost[x], foot[x], away_x[x], away_y[x] = reached, z, dx, dy
                continue
        z, dx, dy = foot[x], away_x[x], away_y[x]


@kernel
def _above(tops: Cells, cost: Cells, foot: Cells, least: np.float32, fall: Cells) -> None:
    for x in range(tops.shape[0]):
        z = tops[x]
        above = z - foot[x] if z - cost[x] >= least else np.float32(0)
        fall[x] = z if np.isnan(z) else above
