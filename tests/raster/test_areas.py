"""Connected areas against scipy's labels, and their outlines against their cells."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.geometry
from affine import Affine
from rasterio.features import shapes
from scipy import ndimage

from askergeo.raster.areas import label_areas, outlines
from askergeo.raster.windows import Scratch


def measured(folder, code, measure, **options):
    numbers = Scratch(folder / "n.tmp", code.shape, np.int32)
    areas = label_areas(
        lambda a, b: (code[a:b], measure[a:b]), numbers, shape=code.shape, **options
    )
    return areas, numbers


@pytest.mark.parametrize("rows", [1, 5, 256])
def test_areas_are_those_of_scipy(tmp_path, rows):
    rng = np.random.default_rng(3)
    code = rng.choice(np.array([0, 1, 2], np.uint8), (60, 70), p=[0.4, 0.35, 0.25])
    measure = rng.random(code.shape).astype(np.float32) + 0.1
    areas, numbers = measured(tmp_path, code, measure, rows=rows)
    number = numbers.read(0, 60)
    theirs = [ndimage.label(code == one) for one in (1, 2)]
    assert len(areas) == sum(count for _, count in theirs)
    for one, (label, count) in zip((1, 2), theirs, strict=True):
        pairs = np.unique(np.stack([label[code == one], number[code == one]]), axis=1)
        assert pairs.shape[1] == count  # one to one
    index = np.arange(1, len(areas) + 1)
    np.testing.assert_array_equal(areas.cells, np.bincount(number.ravel())[1:])
    np.testing.assert_array_equal(areas.highest, ndimage.maximum(measure, number, index))
    np.testing.assert_array_equal(measure[areas.row, areas.column], areas.highest)
    np.testing.assert_array_equal(code[areas.row, areas.column], areas.code)


def test_outlines_are_the_cells_with_their_holes(tmp_path):
    code = np.zeros((20, 30), np.uint8)
    code[2:12, 3:15] = 1
    code[5:7, 6:9] = 0
    code[15:18, 20:29] = 2
    code[19, 0] = 1
    areas, numbers = measured(tmp_path, code, code.astype(np.float32), least_cells=2)
    assert areas.cells.tolist() == [114, 27]
    drawn = outlines(
        numbers, shape=code.shape, transform=Affine(10, 0, 500, 0, -10, 900),
        wanted=np.array([True, False]),
    )  # fmt: skip
    expected = shapely.difference(shapely.box(530, 780, 650, 880), shapely.box(560, 830, 590, 850))
    assert drawn[0].equals(expected)
    assert drawn[1] is None


@pytest.mark.parametrize("rows", [3, 256])
def test_outlines_of_ragged_areas_are_those_of_gdal(tmp_path, rows):
    rng = np.random.default_rng(7)
    code = rng.choice(np.array([0, 1, 2], np.uint8), (50, 60), p=[0.3, 0.45, 0.25])
    areas, numbers = measured(tmp_path, code, code.astype(np.float32))
    place = Affine(5, 0, 100, 0, -5, 700)
    drawn = outlines(
        numbers, shape=code.shape, transform=place, wanted=np.ones(len(areas), bool), rows=rows
    )
    number = numbers.read(0, 50)
    theirs = {
        int(value): shapely.geometry.shape(one)
        for one, value in shapes(number, mask=number > 0, connectivity=4, transform=place)
    }
    assert len(theirs) == len(areas)
    assert shapely.is_valid(drawn).all()
    assert all(drawn[value - 1].equals(theirs[value]) for value in theirs)
    np.testing.assert_allclose(shapely.area(drawn), areas.cells * 25.0)


def test_an_area_without_a_measure_is_none(tmp_path):
    code = np.array([[1, 1, 0, 1]], np.uint8)
    areas, numbers = measured(tmp_path, code, np.array([[0, 2, 0, 0]], np.float32))
    assert areas.cells.tolist() == [2]
    assert numbers.read(0, 1).tolist() == [[1, 1, 0, 0]]
