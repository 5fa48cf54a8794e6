"""Slope of the ground by Horn's method, in windows and threads.

Source: Horn, «Hill shading and the reflectance map», Proceedings of the IEEE 69 (1981): the
gradient is the weighted mean of the differences across the eight neighbours.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.windows import Window

from askergeo._jit import kernel
from askergeo._threads import in_threads
from askergeo.errors import OverwriteError
from askergeo.raster.tiles import SIDE, TileFile
from askergeo.raster.windows import bands, height_grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.raster.windows import HeightGrid
    from askergeo.sources.raster import RasterInfo

    Cells = NDArray[np.float32]

__all__ = ["NODATA", "slope_degrees", "steepness", "write_slope"]

# Written where the slope is not known: the value that GIS programs use for slopes.
NODATA = -9999.0
# Bytes of blocks that GDAL may keep: a few rows of blocks of a wide raster.
_CACHE = 256_000_000


def steepness(heights: Cells, cell: float) -> Cells:
    """Rise over run of the inner cells of a window.

    Parameters
    ----------
    heights
        (rows + 2, columns), metres; NaN is unknown.
    cell
        Metres.

    Returns
    -------
    (rows, columns)
        NaN along the west and east edge, and where one of the nine heights is unknown.
    """
    out = np.empty((heights.shape[0] - 2, heights.shape[1]), np.float32)
    _gradient(np.ascontiguousarray(heights), np.float32(1 / (8 * cell)), out)
    return out


def slope_degrees(heights: Cells, cell: float) -> Cells:
    """Slope in degrees of the inner cells of a window; as :func:`steepness`."""
    out = steepness(heights, cell)
    _degrees(out)
    return out


def write_slope(
    info: RasterInfo,
    target: Path,
    *,
    overwrite: bool = False,
    compress: str = "none",
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write the slope of a height raster, in degrees, cell by cell.

    The outermost cells, and cells beside one without height, are without data. What is in memory
    is a few windows, whatever the size of the raster.

    Parameters
    ----------
    info
        The raster, north up, in metres.
    target
        The new GeoTIFF; written whole or not at all.
    overwrite
        Replace ``target``.
    compress
        Compression of the new file, as GDAL names it.
    progress
        Called with the share done (0–1).

    Raises
    ------
    OverwriteError
        When ``target`` exists and ``overwrite`` is false.
    SourceError
        When the cells are not square.
    """
    if target.exists() and not overwrite:
        raise OverwriteError(f"{target} finnes fra før.", remedy="Bruk --overskriv.")
    grid = height_grid(info)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tif")
    profile = {
        "width": grid.width, "height": grid.height, "crs": info.crs,
        "transform": grid.transform(), "nodata": NODATA,
    }  # fmt: skip
    told = progress or (lambda _share: None)
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE):
            if compress.lower() == "none":
                _write_tiles(grid, TileFile(temporary, profile), told)
            else:
                _write_compressed(grid, temporary, profile | {"compress": compress}, told)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _write_tiles(grid: HeightGrid, out: TileFile, progress: Callable[[float], None]) -> None:
    """Compute and write rows of tiles, a thread each part of the raster."""
    scale = np.float32(1 / (8 * grid.cell))
    counting = Lock()
    done = 0

    def part(share: slice) -> None:
        nonlocal done
        tiles = np.empty((out.across, SIDE, SIDE), np.float32)
        with grid.opened() as read, out.opened() as write:
            for row in range(share.start, share.stop):
                first = row * SIDE
                heights = read(first - 1, min(first + SIDE, grid.height) + 1)
                _tile_degrees(heights, scale, np.float32(NODATA), tiles)
                write(row, tiles)
                with counting:
                    done += 1
                    progress(done / out.down)

    in_threads(part, out.down, least=1)


def _write_compressed(
    grid: HeightGrid, path: Path, profile: dict[str, Any], progress: Callable[[float], None]
) -> None:
    """Compute and write the bands, a thread each part of the raster.

    One thread writes at a time; the others go on reading and computing.
    """
    whole: dict[str, Any] = {
        "driver": "GTiff", "count": 1, "dtype": "float32", "tiled": True, "blockxsize": SIDE,
        "blockysize": SIDE, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    writing = Lock()
    todo = bands(grid.height, SIDE)
    done = 0
    with rasterio.open(path, "w", **(profile | whole)) as out:

        def part(share: slice) -> None:
            nonlocal done
            with grid.opened() as read:
                for start, stop in todo[share]:
                    slope = slope_degrees(read(start - 1, stop + 1), grid.cell)
                    _set_nodata(slope, np.float32(NODATA))
                    with writing:
                        out.write(slope, 1, window=Window(0, start, grid.width, stop - start))
                        done += 1
                        progress(done / len(todo))

        in_threads(part, len(todo), least=1)


@kernel
def _gradient(z: Cells, scale: np.float32, out: Cells) -> None:
    rows, columns = out.shape
    for row in range(rows):
        out[row, 0] = np.nan
        out[row, columns - 1] = np.nan
        _gradient_of(z[row], z[row + 1], z[row + 2], scale, out[row, 1:-1])


@kernel
def _gradient_of(above: Cells, here: Cells, below: Cells, scale: np.float32, line: Cells) -> None:
    """Rise over run of a line of cells; the lines of heights are a cell longer at both ends."""
    two = np.float32(2)
    # West, middle and east neighbours as slices: their indices need no check.
    aw, am, ae = above[:-2], above[1:-1], above[2:]
    hw, hm, he = here[:-2], here[1:-1], here[2:]
    bw, bm, be = below[:-2], below[1:-1], below[2:]
    for x in range(line.shape[0]):
        across = (ae[x] + two * he[x] + be[x]) - (aw[x] + two * hw[x] + bw[x])
        down = (bw[x] + two * bm[x] + be[x]) - (aw[x] + two * am[x] + ae[x])
        # Zero times the middle: unknown there is unknown here.
        unknown = np.float32(0) * hm[x]
        line[x] = np.sqrt(across * across + down * down) * scale + unknown


@kernel
def _degrees(steepness: Cells) -> None:
    """Turn rise over run into degrees, in place."""
    for row in range(steepness.shape[0]):
        _degrees_of(steepness[row])


@kernel
def _degrees_of(line: Cells) -> None:
    """Turn rise over run into degrees, in place.

    The arctangent is the odd polynomial of Abramowitz and Stegun, 4.4.49 (off by at most 2e-8
    radians, less than a float32 shows); unlike the library's it runs on several cells at once.
    """
    one, right = np.float32(1), np.float32(90)
    to_degrees = np.float32(57.29577951308232)
    for x in range(line.shape[0]):
        t = line[x]
        u = np.divide(one, t) if t > one else t
        s = u * u
        p = np.float32(0.0028662257)
        p = p * s + np.float32(-0.0161657367)
        p = p * s + np.float32(0.0429096138)
        p = p * s + np.float32(-0.0752896400)
        p = p * s + np.float32(0.1065626393)
        p = p * s + np.float32(-0.1420889944)
        p = p * s + np.float32(0.1999355085)
        p = p * s + np.float32(-0.3333314528)
        angle = (p * s + one) * u * to_degrees
        line[x] = right - angle if t > one else angle


@kernel
def _tile_degrees(z: Cells, scale: np.float32, nodata: np.float32, tiles: Cells) -> None:
    """Lay the slopes of a band out in tiles; what is unknown or beside the raster is ``nodata``.

    ``z`` has a row more above and below; ``tiles`` is (tiles, side, side).
    """
    rows, columns = z.shape[0] - 2, z.shape[1]
    side = tiles.shape[1]
    for number in range(tiles.shape[0]):
        tile = tiles[number]
        left = number * side
        first, last = max(left, 1), min(left + side, columns - 1)
        for row in range(rows):
            line = tile[row]
            line[: first - left] = np.nan
            line[max(last, first) - left :] = np.nan
            if last > first:
                west, east = first - 1, last + 1
                above, here, below = z[row, west:east], z[row + 1, west:east], z[row + 2, west:east]
                _gradient_of(above, here, below, scale, line[first - left : last - left])
            _degrees_of(line)
        tile[rows:] = np.nan
        _set_nodata(tile, nodata)


@kernel
def _set_nodata(cells: Cells, nodata: np.float32) -> None:
    for row in range(cells.shape[0]):
        line = cells[row]
        for x in range(line.shape[0]):
            line[x] = nodata if np.isnan(line[x]) else line[x]
