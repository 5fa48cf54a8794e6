"""Uncompressed tiled GeoTIFFs that several threads write at once.

GDAL writes the head of the file, with the system and the size, and leaves the tiles out; then their
places are filled in, one tile after another, and the cells are written where they belong. That
spares the copies of GDAL's block cache, through which only one thread can write at a time.
"""

from __future__ import annotations

import struct
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from askergeo.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["SIDE", "TileFile"]

#: Cells along the side of a tile.
SIDE = 512
# Tags of a TIFF, and bytes of a number by its type.
_OFFSETS, _COUNTS = 324, 325
_BYTES = {3: 2, 4: 4, 16: 8}
_KINDS = {3: np.uint16, 4: np.uint32, 16: np.uint64}
# Tiles begin at a multiple of this: whole pages of the disk.
_PAGE = 4096


class TileFile:
    """A new file of one band of float32; its tiles must all be written.

    Parameters
    ----------
    path
        The new file.
    profile
        Width, height, CRS, transform and nodata, as rasterio takes them.
    """

    def __init__(self, path: Path, profile: dict[str, Any]) -> None:
        self._path = path
        self.across = -(-profile["width"] // SIDE)
        self.down = -(-profile["height"] // SIDE)
        head = {
            "driver": "GTiff", "count": 1, "dtype": "float32", "tiled": True, "blockxsize": SIDE,
            "blockysize": SIDE, "compress": "none", "SPARSE_OK": True, "BIGTIFF": "IF_SAFER",
        }  # fmt: skip
        with rasterio.open(path, "w", **(profile | head)):
            pass
        self._row_bytes = self.across * SIDE * SIDE * 4
        self._start = -(-path.stat().st_size // _PAGE) * _PAGE
        with path.open("r+b") as file:
            _fill_in(file, self.across * self.down, self._start)
            file.truncate(self._start + self.down * self._row_bytes)

    @contextmanager
    def opened(self) -> Iterator[Callable[[int, NDArray[np.float32]], None]]:
        """Open the file for one thread; gives what writes a row of tiles: (across, SIDE, SIDE)."""
        with self._path.open("r+b", buffering=0) as file:

            def write(row: int, tiles: NDArray[np.float32]) -> None:
                file.seek(self._start + row * self._row_bytes)
                rest = memoryview(tiles.reshape(-1).view(np.uint8).data)
                while rest:
                    rest = rest[file.write(rest) :]

            yield write


def _fill_in(file: Any, tiles: int, start: int) -> None:  # noqa: ANN401  (a raw file)
    """Say where each tile lies, and how long it is."""
    size = SIDE * SIDE * 4
    values = {
        _OFFSETS: start + size * np.arange(tiles, dtype=np.uint64),
        _COUNTS: np.full(tiles, size, np.uint64),
    }
    for tag, (kind, place) in _places(file, tiles).items():
        file.seek(place)
        file.write(values[tag].astype(_KINDS[kind]).tobytes())


def _places(file: Any, tiles: int) -> dict[int, tuple[int, int]]:  # noqa: ANN401  (a raw file)
    """Type and place in the file of the two lists of the tiles."""
    file.seek(0)
    head = file.read(16)
    native = b"II" if sys.byteorder == "little" else b"MM"
    big = struct.unpack_from("=H", head, 2)[0] == 43  # noqa: PLR2004  (the number of BigTIFF)
    first, number, entry = ("=Q", "=Q", "=HHQQ") if big else ("=I", "=H", "=HHII")
    at = struct.unpack_from(first, head, 8 if big else 4)[0]
    file.seek(at)
    count = struct.unpack(number, file.read(struct.calcsize(number)))[0]
    at += struct.calcsize(number)
    length = struct.calcsize(entry)
    table = file.read(count * length)
    found = {}
    for row in range(count):
        tag, kind, values, place = struct.unpack_from(entry, table, row * length)
        if tag in {_OFFSETS, _COUNTS}:
            short = values * _BYTES[kind] <= (8 if big else 4)
            # A short list lies in the entry itself.
            end = at + (row + 1) * length - (8 if big else 4)
            found[tag] = (kind, end if short else place)
            if values != tiles:
                found.clear()
                break
    if head[:2] != native or len(found) != 2:  # noqa: PLR2004  (the two lists)
        raise StorageError(
            "GeoTIFF-filen fikk ikke den formen den skulle ha.",
            remedy="Meld fra om feilen med versjonen av GDAL.",
        )
    return found
