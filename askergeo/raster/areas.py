"""Connected areas of a coded raster, found band by band, measured, and drawn as polygons."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._jit import kernel
from askergeo._threads import in_threads
from askergeo.raster.windows import Scratch, bands

if TYPE_CHECKING:
    from collections.abc import Callable

    from affine import Affine
    from numpy.typing import NDArray

__all__ = ["Areas", "label_areas", "outlines"]

# Columns of the table of level sides.
_NUMBER, _ROW, _START, _END = range(4)


@dataclass(frozen=True)
class Areas:
    """Areas of a raster; element k is the area that the raster of numbers calls k + 1.

    ``cells`` is the count of cells, ``highest`` the largest measure in the area, and ``row`` and
    ``column`` where that is.
    """

    code: NDArray[np.uint8]
    cells: NDArray[np.int64]
    highest: NDArray[np.float32]
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.code)


class _Found:
    """What is known of the areas so far, in arrays that grow."""

    def __init__(self) -> None:
        self.count = 1  # number 0 is no area
        self.parent = np.zeros(1, np.int32)
        self.code = np.zeros(1, np.uint8)
        self.cells = np.zeros(1, np.int64)
        self.highest = np.zeros(1, np.float32)
        self.place = np.zeros(1, np.int64)

    def make_room(self, more: int) -> None:
        lacking = self.count + more - len(self.parent)
        if lacking > 0:
            for name in ("parent", "code", "cells", "highest", "place"):
                old = getattr(self, name)
                grown = np.zeros(len(old) + max(lacking, len(old)), old.dtype)
                grown[: len(old)] = old
                setattr(self, name, grown)


def label_areas(
    read: Callable[[int, int], tuple[NDArray[np.uint8], NDArray[np.float32]]],
    numbers: Scratch,
    *,
    shape: tuple[int, int],
    least_cells: float = 1,
    rows: int = 256,
) -> Areas:
    """Give each connected area of equal code a number; cells meet along a side.

    Parameters
    ----------
    read
        Gives codes (0 is no area) and measures of the rows ``start … stop − 1``.
    numbers
        Takes the number of each cell's area (int32); 0 is none.
    shape
        Rows and columns.
    least_cells
        Smaller areas are left out, and so are those in which no measure is above zero.
    rows
        Rows in a band.
    """
    found = _Found()
    last_code = np.zeros(shape[1], np.uint8)
    last_number = np.zeros(shape[1], np.int32)
    todo = bands(shape[0], rows)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(read, *todo[0])
        for band, (start, stop) in enumerate(todo):
            code, measure = coming.result()
            if band + 1 < len(todo):
                # The next band is read while this one is numbered.
                coming = pool.submit(read, *todo[band + 1])
            found.make_room((stop - start) * (shape[1] // 2 + 1))
            number = np.zeros(code.shape, np.int32)
            found.count = _label(
                code, measure, last_code, last_number, number, start * shape[1],
                found.count, found.parent, found.code, found.cells, found.highest, found.place,
            )  # fmt: skip
            last_code, last_number = code[-1], number[-1]
            numbers.write(start, number)
    areas, final = _joined(found, shape[1], least_cells)

    def renumber(share: slice) -> None:
        for start, stop in todo[share]:
            number = numbers.read(start, stop)
            _show(number, final)
            numbers.write(start, number)

    in_threads(renumber, len(todo), least=1)
    return areas


def _joined(found: _Found, width: int, least_cells: float) -> tuple[Areas, NDArray[np.int32]]:
    """Put the parts of each area together; also the final number of each part."""
    count = found.count
    root = _roots(found.parent[:count])
    cells = np.bincount(root, weights=found.cells[:count], minlength=count).astype(np.int64)
    highest = np.zeros(count, np.float32)
    np.maximum.at(highest, root, found.highest[:count])
    place = np.full(count, np.iinfo(np.int64).max)
    top = found.highest[:count] == highest[root]
    np.minimum.at(place, root[top], found.place[:count][top])
    own = (root == np.arange(count)) & (cells >= least_cells) & (highest > 0)
    kept = np.flatnonzero(own)
    number = np.zeros(count, np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    row, column = np.divmod(place[kept], width)
    areas = Areas(found.code[kept], cells[kept], highest[kept], row, column)
    return areas, number[root]


def outlines(
    numbers: Scratch,
    *,
    shape: tuple[int, int],
    transform: Affine,
    wanted: NDArray[np.bool_],
    rows: int = 256,
) -> NDArray[np.object_]:
    """Draw the polygons of numbered areas, along the sides of their cells.

    The level sides of the areas are collected row by row. Two ends of level sides in the same
    column are joined by an upright side: sorted downwards, the first with the second, the third
    with the fourth. Where two cells of an area touch in a corner only, they are joined there: what
    lies between them is a hole that touches another ring, and no ring touches itself.

    Parameters
    ----------
    numbers
        As :func:`label_areas` filled it.
    shape, transform
        Of the raster.
    wanted
        For each area whether to draw it.
    rows
        Rows in a band.

    Returns
    -------
    array of shapely.Polygon
        One an area; ``None`` where it is not wanted.
    """
    drawn = np.full(len(wanted), None, dtype=object)
    sides = _level_sides(numbers, shape, wanted, rows)
    if not len(sides):
        return drawn
    order, ring = _rings(_following(sides))
    sides = sides[order]
    # Each side is two corners; the upright sides between them come by themselves.
    column, row = sides[:, [_START, _END]].ravel(), np.repeat(sides[:, _ROW], 2)
    corners = np.column_stack([transform.c + transform.a * column, transform.f + transform.e * row])
    rings = np.asarray(shapely.linearrings(corners, indices=np.repeat(ring, 2)), dtype=object)
    # The sum of y dx over level sides is the area: positive round an area, negative round a hole.
    size = np.bincount(ring, (sides[:, _END] - sides[:, _START]) * -sides[:, _ROW].astype(float))
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    owner = sides[first, _NUMBER]
    sort = np.lexsort((size < 0, owner))
    which, index = np.unique(owner[sort], return_inverse=True)
    drawn[which - 1] = shapely.polygons(rings[sort], indices=index)
    return drawn


def _level_sides(
    numbers: Scratch, shape: tuple[int, int], wanted: NDArray[np.bool_], rows: int
) -> NDArray[np.int32]:
    """Sides along the rows, (k, 4): area, row of the line, first and last column on the way round.

    The way is clockwise round an area: east along its upper sides, west along its lower.
    """
    shown = np.concatenate([[0], np.where(wanted, np.arange(1, len(wanted) + 1), 0)])
    shown = shown.astype(np.int32)
    todo = bands(shape[0], rows)

    def part(share: slice) -> list[NDArray[np.int32]]:
        room = np.empty((shape[1], 4), np.int32)
        found = []
        for start, stop in todo[share]:
            # With the row before, and after the last row one more: its lower sides.
            number = numbers.read(max(start - 1, 0), stop)
            _show(number, shown)
            ends = (
                [number[:1] * 0] if not start else [],
                [number[:1] * 0] if stop == shape[0] else [],
            )
            both = np.concatenate([*ends[0], number, *ends[1]])
            count = _collect(both, start, room)
            if count > len(room):
                room = np.empty((2 * count, 4), np.int32)
                _collect(both, start, room)
            found.append(room[:count].copy())
        return found

    return np.concatenate([one for found in in_threads(part, len(todo), least=1) for one in found])


def _following(sides: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the level side that comes after each, at the other end of an upright side."""
    number, row = np.repeat(sides[:, _NUMBER], 2), np.repeat(sides[:, _ROW], 2)
    column = sides[:, [_START, _END]].ravel()
    lower = np.repeat(sides[:, _END] < sides[:, _START], 2)
    pairs = np.lexsort((lower, row, column, number)).reshape(-1, 2)
    side, is_end = np.divmod(pairs, 2)
    following = np.empty(len(sides), np.intp)
    last = is_end[:, 0] == 1
    following[np.where(last, side[:, 0], side[:, 1])] = np.where(last, side[:, 1], side[:, 0])
    return following


@kernel
def _rings(following: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Put the sides in the order of their rings; the sides, and the ring of each."""
    count = following.shape[0]
    order, ring = np.empty(count, np.intp), np.empty(count, np.intp)
    seen = np.zeros(count, np.bool_)
    at, rings = 0, 0
    for first in range(count):
        side = first
        if seen[side]:
            continue
        while not seen[side]:
            seen[side] = True
            order[at], ring[at] = side, rings
            at += 1
            side = following[side]
        rings += 1
    return order, ring


@kernel
def _show(numbers: NDArray[np.int32], shown: NDArray[np.int32]) -> None:
    """Replace numbers by what is shown of them."""
    for row in range(numbers.shape[0]):
        line = numbers[row]
        for x in range(line.shape[0]):
            if line[x]:
                line[x] = shown[line[x]]


@kernel
def _collect(numbers: NDArray[np.int32], first_row: int, sides: NDArray[np.int32]) -> int:
    """Collect the level sides between each row and the next, and count them.

    Nothing is kept of those for which ``sides`` has no room.
    """
    count = 0
    columns = numbers.shape[1]
    for row in range(numbers.shape[0] - 1):
        above, below = numbers[row], numbers[row + 1]
        lower, upper = 0, 0  # the area above, and that below, whose side goes on here
        lower_start, upper_start = 0, 0
        for x in range(columns + 1):
            over = above[x] if x < columns else 0
            under = below[x] if x < columns else 0
            if over == under:
                if lower == 0 and upper == 0:
                    continue
                over, under = 0, 0
            if over != lower:
                if lower:
                    count = _side(sides, count, lower, first_row + row, x, lower_start)
                lower, lower_start = over, x
            if under != upper:
                if upper:
                    count = _side(sides, count, upper, first_row + row, upper_start, x)
                upper, upper_start = under, x
    return count


@kernel
def _side(  # noqa: PLR0917
    sides: NDArray[np.int32], count: int, area: int, row: int, start: int, end: int
) -> int:
    """Keep a side if there is room, and count it."""
    if count < sides.shape[0]:
        sides[count, 0] = area
        sides[count, 1] = row
        sides[count, 2] = start
        sides[count, 3] = end
    return count + 1


@kernel
def _find(parent: NDArray[np.int32], number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


@kernel
def _roots(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    root = np.empty_like(parent)
    for number in range(parent.shape[0]):
        root[number] = _find(parent, number)
    return root


@kernel
def _label(  # noqa: PLR0917
    code: NDArray[np.uint8],
    measure: NDArray[np.float32],
    last_code: NDArray[np.uint8],
    last_number: NDArray[np.int32],
    number: NDArray[np.int32],
    first_place: int,
    count: int,
    parent: NDArray[np.int32],
    codes: NDArray[np.uint8],
    cells: NDArray[np.int64],
    highest: NDArray[np.float32],
    place: NDArray[np.int64],
) -> int:
    """Give the cells of a band their numbers, add their measures, and return the next number."""
    rows, columns = code.shape
    for row in range(rows):
        above = last_code if row == 0 else code[row - 1]
        above_number = last_number if row == 0 else number[row - 1]
        for x in range(columns):
            c = code[row, x]
            if c == 0:
                continue
            west = number[row, x - 1] if x > 0 and code[row, x - 1] == c else 0
            north = above_number[x] if above[x] == c else 0
            if west == 0 and north == 0:
                own = count
                count += 1
                parent[own], codes[own] = own, c
            elif west == 0 or north in (0, west):
                own = max(west, north)
            else:
                a, b = _find(parent, west), _find(parent, north)
                own = min(a, b)
                parent[max(a, b)] = own
            number[row, x] = own
            cells[own] += 1
            if measure[row, x] > highest[own]:
                highest[own] = measure[row, x]
                place[own] = first_place + row * columns + x
    return count
