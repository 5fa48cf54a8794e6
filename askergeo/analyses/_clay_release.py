"""Release areas of quick-clay slides after the terrain criteria, for any ground.

Source: NVE veileder 1/2019, chapter 3. The steps, and where the guide leaves a choice, are in
docs/metode-kvikkleire.md.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo._threads import in_threads
from askergeo.analyses._clay_cells import (
    keep_released,
    only_feet,
    steepest_of,
    to_feet,
    upside_down,
)
from askergeo.analyses._clay_ground import NO_CLAY
from askergeo.analyses._clay_runout import run_out
from askergeo.raster.areas import label_areas, outlines
from askergeo.raster.drops import ROWS, Line, drops
from askergeo.raster.runout import HILL
from askergeo.raster.slope import steepness
from askergeo.raster.windows import Scratch, bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._clay_ground import Ground
    from askergeo.analyses._clay_runout import Lengths, RunOut
    from askergeo.geometry import Geometries
    from askergeo.raster.areas import Areas

    Cells = NDArray[np.float32]

__all__ = ["Criteria", "Release", "release_areas"]


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The terrain criteria.

    Parameters
    ----------
    ratio
        A slope is at least as steep as 1:``ratio`` from its foot.
    least
        Metres that it is high, at least.
    length
        The release area reaches ``length`` times the height behind the foot.
    least_area
        Smaller areas are left out, m².
    run_out
        How far the masses run; ``None`` when they are not followed.
    """

    ratio: float
    least: float
    length: float
    least_area: float
    run_out: Lengths | None = None


@dataclass(frozen=True, kw_only=True)
class Release:
    """Release areas.

    Parameters
    ----------
    areas
        Each area: code of marine clay, cells, largest height over its foot and where.
    top
        Height of the ground there, metres above the sea.
    steepest
        Slope of the steepest cell, degrees.
    shapes
        Polygons; ``None`` where the ground is known to hold no marine clay.
    cells
        Cells inside, by code of marine clay (index).
    unknown
        Cells inside whose height is unknown.
    cell_m2
        Area of a cell.
    run_out
        What the areas reach; ``None`` when that was not asked.
    """

    areas: Areas
    top: Cells
    steepest: Cells
    shapes: Geometries
    cells: NDArray[np.int64]
    unknown: int
    cell_m2: float
    run_out: RunOut | None


class _Files(NamedTuple):
    """Rasters on the disk while the work goes on."""

    height: Scratch
    low: Scratch
    foot: Scratch
    fall: Scratch
    number: Scratch


def release_areas(ground: Ground, criteria: Criteria, *, rows: int = ROWS) -> Release:
    """Find the release areas of a ground.

    A cell is released when it lies above the line 1:``length`` from a slope foot and at least
    ``least`` metres over it; a foot is a cell with ground above the line 1:``ratio``, at least
    ``least`` metres higher. The slope between is part of the area as far as it is steeper than
    1:``ratio``. The ground is worked through in bands of rows; on the disk it takes about 25 bytes
    a cell, in a temporary folder.

    Parameters
    ----------
    ground
        The cells.
    criteria
        The terrain criteria.
    rows
        Rows in a band; the answer does not depend on it.
    """
    with tempfile.TemporaryDirectory(prefix="askergeo-") as name:
        folder = Path(name)
        shape = ground.grid.shape
        files = _Files(
            Scratch(folder / "hoyde.tmp", shape, np.float32),
            Scratch(folder / "lav.tmp", shape, np.float32),
            Scratch(folder / "fot.tmp", shape, np.uint8),
            Scratch(folder / "fall.tmp", shape, np.float32),
            Scratch(folder / "nummer.tmp", shape, np.int32),
        )
        _read_ground(ground, files, rows)
        _find_feet(ground, files, criteria, folder, rows)
        _find_release(ground, files, criteria, folder, rows)
        return _measure(ground, files, criteria, folder, rows)


def _read_ground(ground: Ground, files: _Files, rows: int) -> None:
    """Put the heights of the ground, and of its cells as feet, on the disk."""
    todo = bands(ground.grid.height, rows)

    def part(share: slice) -> None:
        for start, stop in todo[share]:
            # Opened anew for each band: an open file keeps its blocks in memory.
            heights = ground.grid.read(start, stop)
            files.height.write(start, heights)
            files.low.write(start, ground.lower(heights, start))

    in_threads(part, len(todo), least=1)


def _find_feet(ground: Ground, files: _Files, criteria: Criteria, folder: Path, rows: int) -> None:
    """Mark the cells that are the foot of a slope: the same criterion, upside down."""
    shape, cell = ground.grid.shape, ground.grid.cell

    def tops(start: int, stop: int) -> Cells:
        heights: Cells = files.height.read(start, stop)
        upside_down(heights, np.float32(np.inf))
        return heights

    def feet(start: int, stop: int) -> Cells:
        low: Cells = files.low.read(start, stop)
        upside_down(low, np.float32(np.nan))
        return low

    line = Line(criteria.ratio, criteria.least)
    drops(tops, feet, files.fall, line, shape=shape, cell=cell, folder=folder, rows=rows)
    todo = bands(shape[0], rows)

    def mark(share: slice) -> None:
        for start, stop in todo[share]:
            files.foot.write(start, files.fall.read(start, stop) > 0)

    in_threads(mark, len(todo), least=1)


def _find_release(
    ground: Ground, files: _Files, criteria: Criteria, folder: Path, rows: int
) -> None:
    """Find the cells above the line from a foot."""

    def feet(start: int, stop: int) -> Cells:
        low: Cells = files.low.read(start, stop)
        only_feet(low, files.foot.read(start, stop))
        return low

    line = Line(criteria.length, criteria.least)
    drops(
        feet, files.height.read, files.fall, line,
        shape=ground.grid.shape, cell=ground.grid.cell, folder=folder, rows=rows,
    )  # fmt: skip


def _measure(ground: Ground, files: _Files, criteria: Criteria, folder: Path, rows: int) -> Release:
    """Put the cells together to areas."""
    grid = ground.grid
    cells, unknown = np.zeros(4, np.int64), 0
    limit = np.float32(1 / criteria.ratio)

    def read(start: int, stop: int) -> tuple[NDArray[np.uint8], Cells]:
        nonlocal unknown
        heights = _with_edges(files.height, start, stop, grid.height)
        code = ground.clay_codes(heights[1:-1], start)
        fall, foot = files.fall.read(start, stop), files.foot.read(start, stop)
        steep = steepness(heights, grid.cell)
        unknown += keep_released(code, heights[1:-1], fall, foot, steep, limit, cells)
        return code, fall

    areas = label_areas(
        read,
        files.number,
        shape=grid.shape,
        least_cells=criteria.least_area / grid.cell**2,
        rows=rows,
    )
    steepest = _steepest(files, len(areas), grid.cell, grid.height, rows)
    shapes = outlines(
        files.number,
        shape=grid.shape,
        transform=grid.transform(),
        wanted=areas.code != NO_CLAY,
        rows=rows,
    )
    return Release(
        areas=areas,
        top=_values(files.height, areas),
        steepest=steepest,
        shapes=shapes,
        cells=cells,
        unknown=unknown,
        cell_m2=grid.cell**2,
        run_out=_run_out(ground, files, criteria, areas, folder, rows),
    )


def _run_out(  # noqa: PLR0917
    ground: Ground, files: _Files, criteria: Criteria, areas: Areas, folder: Path, rows: int
) -> RunOut | None:
    """Follow the masses, each from its own foot: the cell itself where the slope ends in it."""
    if criteria.run_out is None:
        return None

    def read(start: int, stop: int) -> tuple[Cells, Cells, NDArray[np.int32]]:
        fall, number = files.fall.read(start, stop), files.number.read(start, stop)
        to_feet(fall, files.height.read(start, stop), number, HILL)
        return files.low.read(start, stop), fall, number

    length = criteria.length * areas.highest.astype(np.float64)
    return run_out(
        read, areas, length, criteria.run_out, grid=ground.grid, folder=folder, rows=rows
    )


def _with_edges(height: Scratch, start: int, stop: int, count: int) -> Cells:
    """Read rows with one more on each side; unknown outside the grid."""
    low, high = max(start - 1, 0), min(stop + 1, count)
    inner = height.read(low, high)
    return np.pad(inner, ((low - start + 1, stop + 1 - high), (0, 0)), constant_values=np.nan)


def _steepest(files: _Files, count: int, cell: float, height: int, rows: int) -> Cells:
    """Return the slope of each area's steepest cell, degrees; NaN where no slope is known."""
    todo = bands(height, rows)

    def part(share: slice) -> Cells:
        steepest = np.full(count + 1, -1, np.float32)
        for start, stop in todo[share]:
            slope = steepness(_with_edges(files.height, start, stop, height), cell)
            steepest_of(files.number.read(start, stop), slope, steepest)
        return steepest

    found = np.max(in_threads(part, len(todo), least=1), axis=0)[1:]
    return np.degrees(np.arctan(np.where(found < 0, np.float32(np.nan), found)))


def _values(height: Scratch, areas: Areas) -> Cells:
    """Height of the ground where each area is highest above its foot."""
    rows = np.unique(areas.row)
    lines = {int(row): height.read(int(row), int(row) + 1)[0] for row in rows}
    found = [lines[int(r)][c] for r, c in zip(areas.row, areas.column, strict=True)]
    return np.array(found, np.float32)
