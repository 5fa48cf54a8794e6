"""Tiled files written beside GDAL are read by GDAL as what was written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from affine import Affine

from askergeo.raster import tiles as module
from askergeo.raster.tiles import SIDE, TileFile

GRID = Affine(2, 0, 5e5, 0, -2, 6.6e6)


def profile(width, height):
    return {
        "width": width, "height": height, "crs": "EPSG:25832", "transform": GRID, "nodata": -9999.0,
    }  # fmt: skip


def padded(cells, out):
    whole = np.full((out.down * SIDE, out.across * SIDE), -1, np.float32)
    whole[: cells.shape[0], : cells.shape[1]] = cells
    return whole.reshape(out.down, SIDE, out.across, SIDE).swapaxes(1, 2)


# One tile (its place lies in the entry itself), two, and several rows of them.
@pytest.mark.parametrize(("width", "height"), [(5, 7), (600, 100), (100, 600), (1300, 1100)])
def test_what_threads_write_is_what_gdal_reads(tmp_path, width, height):
    cells = np.random.default_rng(3).normal(size=(height, width)).astype(np.float32)
    out = TileFile(tmp_path / "a.tif", profile(width, height))
    rows = padded(cells, out)

    def write(row):
        with out.opened() as put:
            put(row, np.ascontiguousarray(rows[row]))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, reversed(range(out.down))))
    with rasterio.open(tmp_path / "a.tif") as source:
        np.testing.assert_array_equal(source.read(1), cells)
        assert (source.transform, source.nodata, source.crs) == (GRID, -9999.0, "EPSG:25832")
        assert source.profile["blockxsize"] == SIDE
        assert source.checksum(1) > 0


def test_files_over_four_gigabytes_have_longer_places(tmp_path):
    side = 33_000  # 4.2 GiB of tiles, of which one row is written
    out = TileFile(tmp_path / "stor.tif", profile(side, side))
    row = np.full((out.across, SIDE, SIDE), 7, np.float32)
    with out.opened() as put:
        put(out.down - 1, row)
    with (tmp_path / "stor.tif").open("rb") as file:
        assert file.read(4) in {b"II+\x00", b"MM\x00+"}
    with rasterio.open(tmp_path / "stor.tif") as source:
        last = rasterio.windows.Window(side - 10, side - 10, 10, 10)
        assert (source.read(1, window=last) == 7).all()
        first = rasterio.windows.Window(0, 0, 10, 10)
        assert (source.read(1, window=first) == 0).all()


def test_a_head_of_another_form_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_COUNTS", 9)
    with pytest.raises(module.StorageError):
        TileFile(tmp_path / "a.tif", profile(10, 10))
