"""Heights in windows: never the whole raster in memory, and cells without height stay unknown."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from askergeo._jit import kernel
from askergeo.errors import ParameterError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from askergeo.sources.raster import RasterInfo

    Cells = NDArray[np.float32]

__all__ = ["HeightGrid", "Scratch", "bands", "height_grid"]

# Sides of a cell may differ by this share before the raster is refused.
_SQUARE = 1e-6


@dataclass(frozen=True, kw_only=True)
class HeightGrid:
    """Square cells of heights over a raster or a part of it; made by :func:`height_grid`.

    Parameters
    ----------
    path
        The GeoTIFF.
    merged
        How many cells of the file, along each side, are averaged to one.
    first_row, first_column
        Where the grid begins, in cells of the grid from the file's corner.
    height, width
        Rows and columns of the grid.
    cell
        Side of a cell, metres.
    west, north
        Corner of the grid, metres in ``crs``.
    crs
        CRS of the file.
    """

    path: Path
    merged: int
    first_row: int
    first_column: int
    height: int
    width: int
    cell: float
    west: float
    north: float
    crs: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    def transform(self, row: int = 0) -> Affine:
        """Return the affine transform of the grid from ``row`` on."""
        return Affine(self.cell, 0, self.west, 0, -self.cell, self.north - row * self.cell)

    def bounds(self, start: int, stop: int) -> tuple[float, float, float, float]:
        """West, south, east and north of the rows ``start … stop − 1``, metres."""
        east = self.west + self.width * self.cell
        return self.west, self.north - stop * self.cell, east, self.north - start * self.cell

    def read(self, start: int, stop: int) -> Cells:
        """Read rows; rows outside the grid are unknown.

        Returns
        -------
        (stop − start, width)
            Metres; NaN where nothing is measured. A merged cell is the mean of what is known in
            it.
        """
        with self.opened() as read:
            return read(start, stop)

    @contextmanager
    def opened(self) -> Iterator[Callable[[int, int], Cells]]:
        """Open the file for many calls of :meth:`read`, in one thread.

        Blocks of the file that two neighbouring windows share are then read once.
        """
        with rasterio.open(self.path) as source:
            yield partial(self._read, source)

    def _read(self, source: Any, start: int, stop: int) -> Cells:  # noqa: ANN401  (rasterio is untyped)
        low, high = max(start, 0), min(stop, self.height)
        if (low, high) == (start, stop):
            return self._inside(source, low, high)
        cells = np.full((stop - start, self.width), np.nan, np.float32)
        if high > low:
            cells[low - start : high - start] = self._inside(source, low, high)
        return cells

    def _inside(self, source: Any, start: int, stop: int) -> Cells:  # noqa: ANN401  (rasterio is untyped)
        n = self.merged
        top, left = (self.first_row + start) * n, self.first_column * n
        rows = min((stop - start) * n, source.height - top)
        columns = min(self.width * n, source.width - left)
        raw = source.read(1, window=Window(left, top, columns, rows), out_dtype="float32")
        if source.nodata is not None and not math.isnan(source.nodata):
            raw[raw == np.float32(source.nodata)] = np.nan
        if n == 1:
            return np.asarray(raw)
        merged = np.empty((stop - start, self.width), np.float32)
        _average(raw, n, merged)
        return merged


def height_grid(
    info: RasterInfo,
    *,
    least_cell: float = 0.0,
    box: tuple[float, float, float, float] | None = None,
) -> HeightGrid:
    """Lay a grid over a height raster.

    Parameters
    ----------
    info
        The raster, north up.
    least_cell
        Metres; finer cells are averaged until they are at least about this size.
    box
        West, south, east, north: the cells that meet the box only. They are the same cells as in
        the grid of the whole raster.

    Raises
    ------
    SourceError
        When the cells are not square.
    ParameterError
        When the box lies outside the raster.
    """
    across, down = info.resolution
    if abs(across - down) > _SQUARE * across:
        raise SourceError(
            f"{info.path.name} har celler på {across} × {down} m; de må være kvadratiske.",
            remedy="Gjør rasteret om til kvadratiske celler i GIS.",
        )
    merged = max(1, round(least_cell / across))
    cell = across * merged
    west, _, _, north = info.bounds
    rows, columns = math.ceil(info.height / merged), math.ceil(info.width / merged)
    top = left = 0
    if box is not None:
        left = max(math.floor((box[0] - west) / cell), 0)
        top = max(math.floor((north - box[3]) / cell), 0)
        columns = min(math.ceil((box[2] - west) / cell), columns)
        rows = min(math.ceil((north - box[1]) / cell), rows)
        if rows <= top or columns <= left:
            raise ParameterError(
                f"Området ligger utenfor terrengmodellen {info.path.name}.",
                remedy="Legg til terreng som dekker området.",
            )
    return HeightGrid(
        path=info.path,
        merged=merged,
        first_row=top,
        first_column=left,
        height=rows - top,
        width=columns - left,
        cell=cell,
        west=west + left * cell,
        north=north - top * cell,
        crs=info.crs,
    )


def bands(height: int, rows: int) -> list[tuple[int, int]]:
    """Divide ``height`` rows into bands of at most ``rows``.

    Examples
    --------
    >>> bands(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(start, min(start + rows, height)) for start in range(0, height, rows)]


class Scratch:
    """A raster of one number a cell in a temporary file, read and written by rows.

    Parameters
    ----------
    path
        A new file; its folder is temporary and the caller's.
    shape
        Rows and columns.
    dtype
        Type of the numbers.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: type[np.generic]) -> None:
        self._path = path
        self._shape = shape
        self._dtype = np.dtype(dtype)
        with path.open("wb") as file:
            file.truncate(shape[0] * shape[1] * self._dtype.itemsize)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Read the rows ``start … stop − 1``; all must be inside."""
        width = self._shape[1]
        offset = start * width * self._dtype.itemsize
        flat = np.fromfile(self._path, self._dtype, count=(stop - start) * width, offset=offset)
        return flat.reshape(stop - start, width)

    def write(self, start: int, cells: NDArray[Any]) -> None:
        """Write rows from ``start`` on."""
        with self._path.open("r+b") as file:
            file.seek(start * self._shape[1] * self._dtype.itemsize)
            file.write(np.ascontiguousarray(cells, self._dtype).data)

    def mapped(self) -> NDArray[Any]:
        """Give the raster as an array whose cells are read and written where they lie."""
        return np.memmap(self._path, self._dtype, "r+", shape=self._shape)

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Read a window."""
        return np.array(self.mapped()[rows, columns])

    def remove(self) -> None:
        """Give the disk back."""
        self._path.unlink()


@kernel
def _average(raw: Cells, merged: int, out: Cells) -> None:
    """Mean of the known cells in each block of ``merged`` × ``merged``; NaN where none is."""
    height, width = raw.shape
    columns = out.shape[1]
    total = np.empty(columns, np.float32)
    count = np.empty(columns, np.int32)
    for row in range(out.shape[0]):
        total[:] = 0.0
        count[:] = 0
        for y in range(row * merged, min((row + 1) * merged, height)):
            for column in range(columns):
                for x in range(column * merged, min((column + 1) * merged, width)):
                    z = raw[y, x]
                    if not np.isnan(z):
                        total[column] += z
                        count[column] += 1
        for column in range(columns):
            out[row, column] = total[column] / count[column] if count[column] else np.nan
