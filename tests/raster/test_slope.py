"""Slope against Horn's formula in numpy, planes, and gdaldem."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import rasterio

from askergeo.errors import OverwriteError, SourceError
from askergeo.raster import slope as module
from askergeo.raster import tiles
from askergeo.raster.slope import NODATA, slope_degrees, write_slope
from askergeo.sources.raster import read_raster_info


def horn(z, cell):
    """Horn's formula, written out with shifted arrays in double precision."""
    z = z.astype(float)
    north, middle, south = z[:-2], z[1:-1], z[2:]
    east = north[:, 2:] + 2 * middle[:, 2:] + south[:, 2:]
    west = north[:, :-2] + 2 * middle[:, :-2] + south[:, :-2]
    down = (south - north)[:, :-2] + 2 * (south - north)[:, 1:-1] + (south - north)[:, 2:]
    return np.degrees(np.arctan(np.hypot(east - west, down) / (8 * cell)))


def ground(side, cell, seed=1):
    noise = np.random.default_rng(seed).normal(0, 0.3, (side, side))
    return lambda x, y: 20 * np.sin(x / (9 * cell)) * np.cos(y / (7 * cell)) + noise


@pytest.mark.parametrize("steep", [0.0, 0.01, 0.5, 1.0, 3.0, 200.0])
def test_a_plane_has_its_slope(steep):
    x = np.arange(30) * 2.0
    z = np.tile((steep * x).astype(np.float32), (12, 1))
    inner = slope_degrees(z, 2.0)[:, 1:-1]
    np.testing.assert_allclose(inner, np.degrees(np.arctan(steep)), atol=1e-3)


def test_rough_ground_has_the_slope_of_the_formula():
    z = np.random.default_rng(2).normal(0, 4, (60, 80)).astype(np.float32)
    np.testing.assert_allclose(slope_degrees(z, 1.5)[:, 1:-1], horn(z, 1.5), atol=1e-4)


@pytest.mark.parametrize("side", [16, 64, 128])
@pytest.mark.parametrize("compress", ["none", "deflate"])
def test_windows_do_not_change_the_slope(surface, tmp_path, monkeypatch, side, compress):
    path = surface(ground(100, 2.0), cell=2.0)
    info = read_raster_info(path)
    whole = write_slope(info, tmp_path / "hel.tif")
    for where in (module, tiles):
        monkeypatch.setattr(where, "SIDE", side)
    parts = write_slope(info, tmp_path / "delt.tif", compress=compress)
    with rasterio.open(whole) as a, rasterio.open(parts) as b:
        np.testing.assert_array_equal(a.read(1), b.read(1))
        assert a.transform == b.transform
        assert b.profile["blockxsize"] == side
        assert b.profile.get("compress", "none") == compress


def test_unknown_heights_are_unknown_slopes(surface, tmp_path):
    path = surface(ground(40, 5.0), cell=5.0, nodata=-9999.0, hole=(slice(10, 12), 20))
    with rasterio.open(write_slope(read_raster_info(path), tmp_path / "s.tif")) as source:
        cells = source.read(1)
        assert source.nodata == NODATA
    unknown = cells == NODATA
    expected = np.zeros(cells.shape, bool)
    expected[[0, -1]] = expected[:, [0, -1]] = True
    expected[9:13, 19:22] = True
    np.testing.assert_array_equal(unknown, expected)
    assert cells[~unknown].min() >= 0


def test_slopes_are_those_of_gdaldem(surface, tmp_path, require_tool):
    path = surface(ground(100, 2.0), cell=2.0, hole=(50, 50))
    subprocess.run(
        [require_tool("gdaldem"), "slope", str(path), str(tmp_path / "gdal.tif"), "-q"], check=True
    )
    ours = write_slope(read_raster_info(path), tmp_path / "s.tif")
    with rasterio.open(ours) as a, rasterio.open(tmp_path / "gdal.tif") as b:
        mine, theirs = a.read(1), b.read(1)
    known = (mine != NODATA) & (theirs != NODATA) & ~np.isnan(theirs)
    assert known.sum() == 98 * 98 - 9
    np.testing.assert_allclose(mine[known], theirs[known], atol=2e-3)


def test_nothing_is_replaced_unasked_and_cells_must_be_square(surface, tmp_path):
    info = read_raster_info(surface(ground(40, 5.0), cell=5.0))
    target = write_slope(info, tmp_path / "s.tif")
    with pytest.raises(OverwriteError):
        write_slope(info, target)
    oblong = rasterio.Affine(5, 0, 0, 0, -4, 200)
    info = read_raster_info(surface(ground(40, 5.0), cell=5.0, transform=oblong))
    with pytest.raises(SourceError, match="kvadratiske"):
        write_slope(info, tmp_path / "t.tif")
    assert [path.name for path in tmp_path.glob("*t.tif*")] == []
