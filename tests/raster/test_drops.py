"""The line from foot to ground, against every pair of cells and against what a hand works out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from askergeo.raster.drops import Line, _disc_minimum, drops
from askergeo.raster.windows import Scratch

GUIDE = Line(20.0, 5.0)


def found(z, line, cell, folder, *, rows=256):
    """Heights over the foot, of a surface whose every cell may be a foot."""
    z = np.asarray(z, np.float32)
    feet = np.where(np.isnan(z), np.float32(np.inf), z)
    out = Scratch(folder / "ut.tmp", z.shape, np.float32)
    drops(
        lambda a, b: feet[a:b], lambda a, b: z[a:b], out, line,
        shape=z.shape, cell=cell, folder=folder, rows=rows,
    )  # fmt: skip
    return out.read(0, len(z))


def every_pair(z, line, cell, *, longer=0.0):
    """Ask each cell of each other cell; ``longer`` adds cells to every distance."""
    row, column = np.indices(z.shape)
    above = np.zeros(z.shape, bool)
    for y, x in np.ndindex(z.shape):
        distance = (np.hypot(row - y, column - x) + longer) * cell
        needed = np.maximum(distance / line.ratio, line.least)
        with np.errstate(invalid="ignore"):
            above[y, x] = (z[y, x] - z >= needed).any()
    return above


def rough(seed, *, smooth=3.0, high=8.0, shape=(40, 44)):
    z = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), smooth)
    return (z / z.std() * high).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("cell", "line"), [(5.0, GUIDE), (10.0, Line(15.0, 5.0)), (2.0, GUIDE)])
def test_no_cell_is_above_that_is_not_and_what_is_missed_is_within_a_cell_and_a_half(
    tmp_path, seed, cell, line
):
    z = rough(seed, smooth=1.5 + seed, high=3 + 2 * seed)
    above = found(z, line, cell, tmp_path) > 0
    assert not (above & ~every_pair(z, line, cell)).any()
    assert not (every_pair(z, line, cell, longer=1.5) & ~above).any()


@pytest.mark.parametrize("radius", [0.5, 20.0, 50.0, 100.0])
def test_a_disc_is_taken_whole_or_in_groups_of_rows_that_are_within_four_percent(radius):
    z = rough(8, smooth=1.0, shape=(24, 70))
    reach = int(radius)
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]

    def lowest(limit):
        disc = row**2 + column**2 <= limit**2
        return ndimage.minimum_filter(z, footprint=disc, mode="constant", cval=np.inf)

    bands = [(0, 12), (12, 13), (13, 24)]
    parts = [_disc_minimum(lambda a, b: z[a:b], band, z.shape, radius) for band in bands]
    found = np.vstack(parts)
    if radius < 50:
        np.testing.assert_array_equal(found, lowest(radius))
    assert (found >= lowest(radius)).all()
    assert (found <= lowest(0.96 * radius)).all()


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 50), hole=st.booleans())
@settings(max_examples=15, deadline=None)
def test_bands_do_not_change_the_answer(tmp_path_factory, seed, rows, hole):
    z = rough(seed, smooth=2.0)
    if hole:
        z[10:14, 20:30] = np.nan
    folder = tmp_path_factory.mktemp("baand")
    np.testing.assert_array_equal(
        found(z, GUIDE, 5.0, folder, rows=rows), found(z, GUIDE, 5.0, folder)
    )


def test_turned_ground_gives_the_turned_answer(tmp_path):
    z = rough(5)
    here = found(z, GUIDE, 5.0, tmp_path) > 0
    turned = found(z.T[::-1], GUIDE, 5.0, tmp_path) > 0
    assert (here.T[::-1] != turned).mean() < 0.005  # ties within a cell fall either way


@pytest.mark.parametrize("high", [6.0, 10.0, 25.0])
def test_behind_the_edge_of_a_plateau_the_line_reaches_twenty_times_the_height(tmp_path, high):
    cell, foot = 5.0, 10
    z = np.zeros((30, 140), np.float32)
    z[:, foot:] = high
    fall = found(z, GUIDE, cell, tmp_path)
    reach = round(20 * high / cell)  # from the centre of the last low cell
    assert (fall[:, foot : foot + reach - 1] == high).all()
    assert (fall[:, foot + reach :] == 0).all()
    assert (fall[:, :foot] == 0).all()


def test_a_step_of_less_than_five_metres_is_none(tmp_path):
    z = np.zeros((20, 60), np.float32)
    z[:, 30:] = 4.9
    assert not (found(z, GUIDE, 5.0, tmp_path) > 0).any()


@pytest.mark.parametrize(
    ("slope", "ratio", "any_above"),
    [(1 / 14, 15, True), (1 / 16, 15, False), (1 / 19, 20, True), (1 / 21, 20, False)],
)
def test_an_even_slope_counts_by_how_steep_it_is(tmp_path, slope, ratio, any_above):
    cell = 10.0
    z = np.tile(np.arange(80, dtype=np.float32) * cell * slope, (20, 1))
    fall = found(z, Line(ratio, 5.0), cell, tmp_path)
    assert (fall > 0).any() == any_above
    if any_above:  # from where five metres are reached, and all the way up
        first = int(np.ceil(5 / slope / cell))
        assert (fall[:, first:] > 0).all()
        assert (fall[:, : first - 1] == 0).all()


def test_a_gorge_is_the_foot_of_both_sides(tmp_path):
    z = np.full((20, 101), 8.0, np.float32)
    z[:, 50] = 0.0
    fall = found(z, GUIDE, 5.0, tmp_path) > 0
    reach = round(20 * 8 / 5)
    assert fall[:, 50 - reach + 1 : 50].all()
    assert fall[:, 51 : 50 + reach].all()
    assert not fall[:, : 50 - reach].any()
    assert not fall[:, 50].any()


def test_unknown_ground_is_unknown_and_no_foot(tmp_path):
    z = np.full((20, 60), 10.0, np.float32)
    z[:, 20:25] = np.nan
    fall = found(z, GUIDE, 5.0, tmp_path)
    assert np.isnan(fall[:, 20:25]).all()
    assert (fall[:, np.r_[:20, 25:60]] == 0).all()
    # A foot on the other side of unknown ground is seen across it.
    z[:, :5] = 0.0
    assert found(z, GUIDE, 5.0, tmp_path)[10, 30] == 10.0
