"""Heights of the ground at points, read from a GeoTIFF in windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

from askergeo.errors import SourceError
from askergeo.sources.raster import read_raster_info

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView
    from askergeo.sources.raster import RasterInfo

__all__ = ["LEAST_CELL_M", "Terrain", "open_terrain", "terrain_of"]

# Finer rasters are averaged to cells of this size: kerbs, walls and noise are not the slope of
# a way, and one metre beside it the ground may be an embankment.
LEAST_CELL_M = 5.0
# Cells (after averaging) along the side of the blocks that points are read by.
WINDOW = 1024


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """A height raster, north up; made by :func:`open_terrain`.

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
        return max(self.info.resolution) * self.averaged

    def heights(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height at points, bilinear between the centres of cells.

        Parameters
        ----------
        points
            (k, 2), metres in the raster's CRS.

        Returns
        -------
        (k,)
            Metres; NaN outside the raster and where a cell that takes part is unknown. Within
            half a cell of the raster's edge the outermost cells hold.
        """
        result = np.full(len(points), np.nan)
        west, south, east, north = self.info.bounds
        x, y = points[:, 0], points[:, 1]
        which = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        width, height = self._size()
        across, down = (side * self.averaged for side in self.info.resolution)
        column = np.clip((x[which] - west) / across - 0.5, 0, width - 1)
        row = np.clip((north - y[which]) / down - 0.5, 0, height - 1)
        block = (row // WINDOW).astype(np.int64) * (width // WINDOW + 1)
        block += (column // WINDOW).astype(np.int64)
        order = np.argsort(block, kind="stable")
        starts = np.flatnonzero(np.diff(block[order])) + 1
        with rasterio.open(self.info.path) as source:
            for part in np.split(order, starts):
                if len(part):
                    result[which[part]] = self._in_window(source, row[part], column[part])
        return result

    def _size(self) -> tuple[int, int]:
        """Columns and rows of averaged cells; a rest at the east or south edge is left out."""
        return (
            max(self.info.width // self.averaged, 1),
            max(self.info.height // self.averaged, 1),
        )

    def _in_window(
        self, source: rasterio.DatasetReader, row: NDArray[np.float64], column: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Interpolate in the smallest window that holds these places."""
        top, left = int(row.min()), int(column.min())
        width, height = self._size()
        rows = min(int(row.max()) + 2, height) - top
        columns = min(int(column.max()) + 2, width) - left
        cells = self._read(source, Window(left, top, columns, rows))
        row, column = row - top, column - left
        r, c = row.astype(np.int64), column.astype(np.int64)
        down, across = row - r, column - c
        # A cell that takes no part must not spread its NaN.
        r2 = np.where(down > 0, np.minimum(r + 1, rows - 1), r)
        c2 = np.where(across > 0, np.minimum(c + 1, columns - 1), c)
        upper = cells[r, c] * (1 - across) + cells[r, c2] * across
        lower = cells[r2, c] * (1 - across) + cells[r2, c2] * across
        return np.asarray(upper * (1 - down) + lower * down)

    def _read(self, source: rasterio.DatasetReader, window: Window) -> NDArray[np.float64]:
        """Read averaged cells; each is the mean of the known cells of the file that it covers."""
        n = self.averaged
        covered = Window(
            window.col_off * n, window.row_off * n, window.width * n, window.height * n
        )
        read = source.read(
            1,
            window=covered,
            out_shape=(window.height, window.width),
            masked=True,
            resampling=Resampling.average if n > 1 else Resampling.nearest,
        )
        return np.asarray(read.astype(np.float64).filled(np.nan))


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
    """Return the terrain in a GeoTIFF.

    Raises
    ------
    MissingFileError, SourceError, CrsError
        When it cannot be read as one, or is not north up.
    """
    info = read_raster_info(path)
    with rasterio.open(path) as source:
        grid = source.transform
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise SourceError(
            f"{path.name} er dreid: radene går ikke fra vest til øst og fra nord til sør.",
            remedy="Lever terrenget med nord opp.",
        )
    return Terrain(info=info, averaged=max(1, round(LEAST_CELL_M / max(info.resolution))))
