"""Heights of the ground at points, read from a GeoTIFF in windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

from askergeo.sources.raster import read_raster_info

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView
    from askergeo.sources.raster import RasterInfo

__all__ = ["LEAST_CELL_M", "Terrain", "open_terrain"]

# Finer rasters are averaged to cells of this size: kerbs, walls and noise are not the slope of
# a way, and one metre beside it the ground may be an embankment.
LEAST_CELL_M = 5.0
# Cells (after averaging) along the side of a window.
WINDOW = 1024


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """A height raster; made by :func:`open_terrain`.

    Parameters
    ----------
    info
        What the file says of itself.
    averaged
        How many cells of the file, along each side, are averaged to one.
    """

    info: RasterInfo
    averaged: int = 1

    @property
    def cell(self) -> float:
        """Side of the cells that heights are interpolated between, metres."""
        return self.info.resolution[0] * self.averaged

    def heights(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height at points, bilinear between the centres of cells.

        Parameters
        ----------
        points
            (k, 2), metres in the raster's CRS.

        Returns
        -------
        (k,)
            Metres; NaN outside the raster and where one of the four cells is unknown. Within
            half a cell of the raster's edge the outermost cells hold.
        """
        result = np.full(len(points), np.nan)
        west, _, _, north = self.info.bounds
        width, height = self._size()
        column = (points[:, 0] - west) / self.cell - 0.5
        row = (north - points[:, 1]) / self.cell - 0.5
        inside = (column >= -0.5) & (column <= width - 0.5)
        inside &= (row >= -0.5) & (row <= height - 0.5)
        which = np.flatnonzero(inside)
        column = np.clip(column[which], 0, width - 1)
        row = np.clip(row[which], 0, height - 1)
        block = (row // WINDOW).astype(np.int64) * (width // WINDOW + 1)
        block += (column // WINDOW).astype(np.int64)
        order = np.argsort(block, kind="stable")
        starts = np.flatnonzero(np.diff(block[order], prepend=-1))
        with rasterio.open(self.info.path) as source:
            for part in np.split(order, starts[1:]):
                if len(part):
                    result[which[part]] = self._in_window(source, row[part], column[part])
        return result

    def _size(self) -> tuple[int, int]:
        """Whole averaged cells of the raster: columns and rows."""
        return (
            -(-self.info.width // self.averaged),
            -(-self.info.height // self.averaged),
        )

    def _in_window(
        self, source: rasterio.DatasetReader, row: NDArray[np.float64], column: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Interpolate in the smallest window that holds these places."""
        top, left = int(row.min()), int(column.min())
        width, height = self._size()
        bottom, right = min(int(row.max()) + 2, height), min(int(column.max()) + 2, width)
        cells = _read(source, self.averaged, top, left, bottom, right)
        row, column = row - top, column - left
        r, c = row.astype(np.int64), column.astype(np.int64)
        r2, c2 = np.minimum(r + 1, bottom - top - 1), np.minimum(c + 1, right - left - 1)
        down, across = row - r, column - c
        # A cell that takes no part must not spread its NaN.
        r2, c2 = np.where(down > 0, r2, r), np.where(across > 0, c2, c)
        upper = cells[r, c] * (1 - across) + cells[r, c2] * across
        lower = cells[r2, c] * (1 - across) + cells[r2, c2] * across
        return np.asarray(upper * (1 - down) + lower * down)


def open_terrain(package: DataPackage | ScenarioView) -> Terrain | None:
    """Return the terrain of a package; ``None`` when it has none.

    Raises
    ------
    PackageError, SourceError
        When the raster is missing, changed or broken.
    """
    if "terreng" not in package:
        return None
    return terrain_of(package.raster_path("terreng"))


def terrain_of(path: Path) -> Terrain:
    """Return the terrain in a GeoTIFF; raises as :func:`read_raster_info`."""
    info = read_raster_info(path)
    return Terrain(info=info, averaged=max(1, round(LEAST_CELL_M / info.resolution[0])))


def _read(
    source: rasterio.DatasetReader, averaged: int, top: int, left: int, bottom: int, right: int
) -> NDArray[np.float64]:
    """Read averaged cells; each is the mean of the known cells of the file that it covers."""
    window = Window(left * averaged, top * averaged, (right - left) * averaged,
                    (bottom - top) * averaged)  # fmt: skip
    shape = (bottom - top, right - left)
    read = source.read(
        1, window=window, out_shape=shape, masked=True, boundless=False,
        resampling=Resampling.average if averaged > 1 else Resampling.nearest,
    )  # fmt: skip
    return np.asarray(read.astype(np.float64).filled(np.nan))
