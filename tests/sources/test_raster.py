from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from askergeo.errors import OverwriteError, SourceError
from askergeo.sources.raster import read_raster_info, warp_raster

if TYPE_CHECKING:
    from pathlib import Path


def test_info(shared_data: Path):
    info = read_raster_info(shared_data / "format/dtm_10.tif")
    assert (info.crs, info.width, info.height, info.resolution) == ("EPSG:3045", 201, 201, (10, 10))
    assert info.bounds == (-26005, 6673995, -23995, 6676005)


def test_warped_heights_agree_with_gdalwarp(shared_data: Path, tmp_path: Path, require_tool):
    source = shared_data / "format/dtm_10.tif"
    target = tmp_path / "dtm.tif"
    info = warp_raster(source, target)
    assert info.crs == "EPSG:25832"
    other = tmp_path / "gdal.tif"
    west, south, east, north = info.bounds
    command = [
        require_tool("gdalwarp"),
        "-q",
        "-t_srs",
        "EPSG:25832",
        "-r",
        "bilinear",
        "-tr",
        "10",
        "10",
    ]
    extent = ["-te", *(str(side) for side in (west, south, east, north))]
    subprocess.run([*command, *extent, "-dstnodata", "nan", str(source), str(other)], check=True)
    with rasterio.open(target) as ours, rasterio.open(other) as theirs:
        mine, golden = ours.read(1), theirs.read(1)
    assert mine.shape == golden.shape
    both = np.isfinite(mine) & np.isfinite(golden)
    assert both.mean() > 0.8
    assert np.isfinite(mine).sum() == pytest.approx(np.isfinite(golden).sum(), rel=0.01)
    assert np.abs(mine[both] - golden[both]).max() < 0.05


def test_clip_overwrite_and_outside(shared_data: Path, tmp_path: Path):
    source = shared_data / "format/dtm_10.tif"
    target = tmp_path / "dtm.tif"
    west, south, *_ = warp_raster(source, target).bounds
    with pytest.raises(OverwriteError):
        warp_raster(source, target)
    box = (west + 500, south + 500, west + 1_000, south + 900)
    info = warp_raster(source, target, bbox=box, overwrite=True)
    assert info.bounds == box
    with pytest.raises(SourceError, match="utenfor"):
        warp_raster(source, tmp_path / "b.tif", bbox=(0, 0, 10, 10))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dtm.tif"]


def test_what_is_no_geotiff(tmp_path: Path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\x00tull")
    with pytest.raises(SourceError, match="kan ikke leses"):
        read_raster_info(path)
