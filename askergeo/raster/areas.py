"""Connected areas of a coded raster, found band by band, measured, and drawn as polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from rasterio.features import shapes
from rasterio.windows import Window

from askergeo._jit import kernel
from askergeo.raster.windows import Scratch, bands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from affine import Affine
    from numpy.typing import NDArray

__all__ = ["Areas", "label_areas", "outlines"]


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
    for start, stop in bands(shape[0], rows):
        code, measure = read(start, stop)
        found.make_room((stop - start) * (shape[1] // 2 + 1))
        number = np.zeros(code.shape, np.int32)
        found.count = _label(
            code, measure, last_code, last_number, number, start * shape[1],
            found.count, found.parent, found.code, found.cells, found.highest, found.place,
        )  # fmt: skip
        last_code, last_number = code[-1], number[-1]
        numbers.write(start, number)
    areas, final = _joined(found, shape[1], least_cells)
    for start, stop in bands(shape[0], rows):
        numbers.write(start, final[numbers.read(start, stop)])
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
    crs: str,
    folder: Path,
    wanted: NDArray[np.bool_],
    rows: int = 256,
) -> NDArray[np.object_]:
    """Draw the polygons of numbered areas, along the sides of their cells.

    Parameters
    ----------
    numbers
        As :func:`label_areas` filled it.
    shape, transform, crs
        Of the raster.
    folder
        For a temporary file: 4 bytes a cell.
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
    if not wanted.any():
        return drawn
    hide = np.concatenate([[True], ~wanted])
    profile = {
        "driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "crs": crs,
        "transform": transform, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    paths = folder / "omraader.tif", folder / "maske.tif"
    with (
        rasterio.open(paths[0], "w", dtype="int32", **profile) as out,
        rasterio.open(paths[1], "w", dtype="uint8", **profile) as mask,
    ):
        for start, stop in bands(shape[0], rows):
            number = numbers.read(start, stop)
            number[hide[number]] = 0
            window = Window(0, start, shape[1], stop - start)
            out.write(number, 1, window=window)
            mask.write((number > 0).astype(np.uint8), 1, window=window)
    with rasterio.open(paths[0]) as out, rasterio.open(paths[1]) as mask:
        found = shapes(rasterio.band(out, 1), mask=rasterio.band(mask, 1), connectivity=4)
        for polygon, number in found:
            rings = polygon["coordinates"]
            drawn[int(number) - 1] = shapely.Polygon(rings[0], rings[1:])
    for path in paths:
        path.unlink()
    return drawn


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
