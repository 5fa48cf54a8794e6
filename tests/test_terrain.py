"""Heights at points, against the surface that the raster was made of and against rasterio."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from askergeo import terrain as module
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import SourceError
from askergeo.terrain import open_terrain, terrain_of

SIDE = 200.0


def plane(x, y):
    return 3 + 0.2 * x - 0.1 * y


@pytest.mark.parametrize("cell", [1.0, 2.5, 5.0, 10.0])
def test_a_plane_is_exact_also_when_cells_are_averaged(surface, cell):
    terrain = terrain_of(surface(plane, cell=cell))
    points = np.random.default_rng(1).uniform(6, SIDE - 6, (500, 2))
    np.testing.assert_allclose(terrain.heights(points), plane(*points.T), atol=1e-4)
    assert terrain.cell == max(cell, 5.0)


def test_the_centre_of_a_cell_has_the_height_that_rasterio_reads(surface):
    rng = np.random.default_rng(2)
    path = surface(lambda _x, _y: rng.normal(size=(20, 20)), cell=10.0)
    centre = (rng.integers(0, 20, (50, 2)) + 0.5) * 10
    with rasterio.open(path) as source:
        theirs = [value[0] for value in source.sample(centre)]
    np.testing.assert_allclose(terrain_of(path).heights(centre), theirs, atol=1e-6)


def test_fine_noise_is_averaged_away(surface):
    noise = np.random.default_rng(3).normal(0, 0.3, (200, 200))
    terrain = terrain_of(surface(lambda x, y: plane(x, y) + noise, cell=1.0))
    points = np.random.default_rng(4).uniform(10, SIDE - 10, (500, 2))
    assert np.abs(terrain.heights(points) - plane(*points.T)).std() < 0.08


@pytest.mark.parametrize("nodata", [None, -9999.0])
def test_unknown_is_nan_outside_and_where_a_cell_is_unknown(surface, nodata):
    path = surface(plane, cell=10.0, nodata=nodata, hole=(10, 10))
    points = np.array(
        [[-1.0, 50], [50, 201], [105, 95], [100, 95], [50, 50], [94.9, 95], [115, 95]]
    )
    known = np.isfinite(terrain_of(path).heights(points))
    assert known.tolist() == [False, False, False, False, True, True, True]


def test_near_the_edge_the_outermost_cell_holds(surface):
    terrain = terrain_of(surface(lambda x, _y: x, cell=10.0))
    np.testing.assert_allclose(terrain.heights(np.array([[0.0, 0.0], [199.9, 3]])), [5, 195])


def test_windows_do_not_change_the_answer(surface, monkeypatch):
    rng = np.random.default_rng(5)
    terrain = terrain_of(surface(lambda _x, _y: rng.normal(size=(40, 40)), cell=5.0))
    points = rng.uniform(0, SIDE, (400, 2))
    whole = terrain.heights(points)
    monkeypatch.setattr(module, "WINDOW", 7)
    np.testing.assert_array_equal(terrain.heights(points), whole)


def test_no_points_have_no_heights(surface):
    terrain = terrain_of(surface(plane, cell=10.0))
    assert terrain.heights(np.zeros((0, 2))).shape == (0,)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of rasterio, for such files
def test_a_raster_that_is_turned_is_refused(surface):
    turned = Affine(10, 0, 0, 0, -10, SIDE) @ Affine.rotation(5)
    with pytest.raises(SourceError, match="dreid"):
        terrain_of(surface(plane, cell=10.0, transform=turned))


def test_a_package_gives_its_terrain_or_none(tmp_path, surface):
    package = DataPackage.create(tmp_path / "pakke")
    assert open_terrain(package) is None
    package.write_raster("terreng", surface(plane, cell=10.0), origin=Origin(title="prøve"))
    terrain = open_terrain(package)
    assert terrain is not None
    np.testing.assert_allclose(terrain.heights(np.array([[50.0, 50.0]])), 8.0, atol=1e-5)
