"""Where the masses from release areas can run, after the lengths of the guide.

Source: NVE ekstern rapport 9/2020 (1.5·L in open ground, 3·L where it is channelled). How the
masses are followed is in :mod:`askergeo.raster.runout` and docs/metode-kvikkleire.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine

from askergeo.analyses._clay_ground import CLAY, UNKNOWN
from askergeo.raster.areas import label_areas, outlines
from askergeo.raster.runout import CHANNEL, OPEN, Spread, run_outs
from askergeo.raster.windows import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.raster.areas import Areas
    from askergeo.raster.windows import HeightGrid

    Cells = NDArray[np.float32]

__all__ = ["Lengths", "RunOut", "run_out"]


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """How far the masses run.

    Parameters
    ----------
    opened, channelled
        Times the length of the release area.
    spread
        What they run over.
    towards
        West, south, east and north: only areas that can reach this box are followed; all without.
    """

    opened: float
    channelled: float
    spread: Spread
    towards: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class RunOut:
    """What the release areas reach.

    Parameters
    ----------
    shapes
        Polygons; a place that several areas reach is in one of them only.
    clay
        ``CLAY`` or ``UNKNOWN``: what is known of the area that each is reached from.
    channelled
        Whether it is beyond what is reached in open ground.
    cells
        For each release area, cells in open ground and channelled, (areas, 2).
    cell_m2
        Area of a cell.
    """

    shapes: Geometries
    clay: NDArray[np.uint8]
    channelled: NDArray[np.bool_]
    cells: NDArray[np.int64]
    cell_m2: float


def run_out(
    read: Callable[[int, int], tuple[Cells, Cells, NDArray[np.int32]]],
    areas: Areas,
    length: NDArray[np.float64],
    lengths: Lengths,
    *,
    grid: HeightGrid,
    folder: Path,
    rows: int,
) -> RunOut:
    """Find and draw what the release areas reach.

    Parameters
    ----------
    read
        Heights, feet and numbers of areas by rows, as :func:`askergeo.raster.runout.run_outs`.
    areas
        The release areas; those known to hold no marine clay are not followed.
    length
        L of each, metres.
    lengths
        How far the masses run.
    grid
        The cells.
    folder
        For temporary files.
    rows
        Rows in a band.
    """
    group = np.select([areas.code == CLAY, areas.code == UNKNOWN], [1, 2], 0).astype(np.uint8)
    reach = length[:, None] * [lengths.opened, lengths.channelled]
    found = run_outs(
        read, reach, group, replace(lengths.spread, towards=_cells_of(lengths.towards, grid)),
        shape=grid.shape, cell=grid.cell, folder=folder, rows=rows,
    )  # fmt: skip
    numbers = Scratch(folder / "utlop-flater.tmp", found.shape, np.int32)

    def zones(start: int, stop: int) -> tuple[NDArray[np.uint8], Cells]:
        code = found.zones.read(start, stop)
        return code, np.ones(code.shape, np.float32)

    parts = label_areas(zones, numbers, shape=found.shape, rows=rows)
    shapes = outlines(
        numbers,
        shape=found.shape,
        transform=Affine(found.cell, 0, grid.west, 0, -found.cell, grid.north),
        wanted=np.ones(len(parts), dtype=bool),
        rows=rows,
    )
    known = np.where(parts.code <= CHANNEL, CLAY, UNKNOWN).astype(np.uint8)
    channelled = (parts.code - OPEN) % 2 == CHANNEL - OPEN
    return RunOut(shapes, known, channelled, found.cells, found.cell**2)


def _cells_of(
    box: tuple[float, float, float, float] | None, grid: HeightGrid
) -> tuple[float, float, float, float] | None:
    """Turn a box on the map into rows and columns, from and to, in metres from the corner."""
    if box is None:
        return None
    west, south, east, north = box
    return grid.north - north, grid.north - south, west - grid.west, east - grid.west
