"""Heights by windows: the same cells however they are read, and unknown stays unknown."""

from __future__ import annotations

import numpy as np
import pytest

from askergeo.errors import ParameterError
from askergeo.raster.windows import Scratch, height_grid
from askergeo.sources.raster import read_raster_info


def heights(x, y):
    return x + 1000 * y


@pytest.mark.parametrize("nodata", [None, -9999.0])
def test_cells_are_the_files_and_outside_is_unknown(surface, nodata):
    grid = height_grid(read_raster_info(surface(heights, cell=10.0, nodata=nodata, hole=(3, 4))))
    cells = grid.read(-1, 6)
    assert grid.shape == (20, 20)
    assert np.isnan(cells[0]).all()
    assert np.isnan(cells[4, 4])
    assert cells[4, 5] == heights(55, 200 - 35)
    assert np.isnan(cells[1:]).sum() == 1


def test_fine_cells_are_averaged_over_what_is_known(surface):
    noise = np.random.default_rng(1).normal(size=(100, 100)).astype(np.float32)
    info = read_raster_info(surface(lambda _x, _y: noise, cell=2.0, hole=(0, 0)))
    grid = height_grid(info, least_cell=6.0)
    assert (grid.merged, grid.cell, grid.shape) == (3, 6.0, (34, 34))
    cells = grid.read(0, 34)
    noise = noise.copy()
    noise[0, 0] = np.nan
    assert cells[0, 0] == pytest.approx(np.nanmean(noise[:3, :3]), abs=1e-6)
    assert cells[5, 7] == pytest.approx(noise[15:18, 21:24].mean(), abs=1e-6)
    # 100 cells are 33 whole threes and one over.
    assert cells[33, 33] == pytest.approx(noise[99, 99], abs=1e-6)


def test_a_box_has_the_cells_of_the_whole(surface):
    info = read_raster_info(surface(heights, cell=2.0))
    whole = height_grid(info, least_cell=5.0)
    part = height_grid(info, least_cell=5.0, box=(31.0, 52.0, 77.0, 99.0))
    top, left = round((whole.north - part.north) / 4), round((part.west - whole.west) / 4)
    np.testing.assert_array_equal(
        part.read(0, part.height),
        whole.read(0, 50)[top : top + part.height, left : left + part.width],
    )
    west, south, east, north = part.bounds(0, part.height)
    assert west <= 31
    assert south <= 52
    assert east >= 77
    assert north >= 99
    with pytest.raises(ParameterError, match="utenfor"):
        height_grid(info, box=(900, 900, 999, 999))


def test_scratch_gives_back_what_was_written(tmp_path):
    cells = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)
    scratch = Scratch(tmp_path / "x", cells.shape, np.float32)
    scratch.write(4, cells[4:])
    scratch.write(0, cells[:4])
    np.testing.assert_array_equal(scratch.read(2, 7), cells[2:7])
