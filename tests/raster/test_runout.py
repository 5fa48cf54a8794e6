"""What masses reach: terrains that a hand works out, and a flood by label as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from askergeo.raster.runout import CHANNEL, HILL, OPEN, Spread, run_outs

CELL = 10.0
GROUND = Spread(cell=CELL, over_foot=1.0, ratio=20.0, half_width=50.0, depth=5.0)
EVERYWHERE = np.ones((3, 3), int)


def reached(z, number, foot, lengths, folder, *, group=None, spread=GROUND, cell=CELL, rows=256):
    """Codes of the zones, and the cells that each area reaches."""
    z = np.asarray(z, np.float32)
    foot = np.broadcast_to(np.asarray(foot, np.float32), z.shape)
    number = np.asarray(number, np.int32)
    lengths = np.atleast_2d(np.asarray(lengths, float))
    group = np.ones(len(lengths), np.uint8) if group is None else np.array(group, np.uint8)
    found = run_outs(
        lambda a, b: (z[a:b], foot[a:b], number[a:b]), lengths, group, spread,
        shape=z.shape, cell=cell, folder=folder, rows=rows,
    )  # fmt: skip
    return found.zones.read(0, found.shape[0]), found.cells


def square(shape, rows, columns):
    number = np.zeros(shape, np.int32)
    number[rows, columns] = 1
    return number


def test_on_a_plain_masses_reach_the_straight_line_and_no_further(tmp_path):
    shape = (61, 61)
    number = square(shape, slice(28, 33), slice(28, 33))
    zone, cells = reached(np.zeros(shape), number, 0.0, (150, 300), tmp_path)
    away = ndimage.distance_transform_edt(number == 0)
    np.testing.assert_array_equal(zone == OPEN, (away > 0) & (away <= 15))
    # Nothing is channelled on a plain.
    assert not (zone == CHANNEL).any()
    assert cells.tolist() == [[(zone == OPEN).sum(), 0]]


def test_masses_stop_at_ground_above_the_foot_and_do_not_jump_a_ridge(tmp_path):
    z = np.zeros((21, 60))
    z[:, 30] = 3.0  # a ridge, higher than the foot and one metre
    z[:, 15] = 0.9  # a swell that is not
    number = square(z.shape, slice(None), slice(0, 5))
    zone, _ = reached(z, number, 0.0, (500, 500), tmp_path)
    assert (zone[:, 5:30] == OPEN).all()
    assert not zone[:, 30:].any()
    lower, _ = reached(z, number, 2.5, (500, 500), tmp_path)
    assert (lower[:, 5:55] == OPEN).all()


def test_masses_run_down_a_steep_slope_from_ground_above_the_foot(tmp_path):
    fall = {"bratt": 1 / 15, "slak": 1 / 30}
    found = {}
    for name, slope in fall.items():
        z = np.broadcast_to(50 - np.arange(60) * CELL * slope, (21, 60))
        number = square(z.shape, slice(None), slice(0, 5))
        found[name], _ = reached(z, number, 20.0, (300, 300), tmp_path)
    assert (found["bratt"][:, 5:35] == OPEN).all()
    assert not found["bratt"][:, 35:].any()
    assert not found["slak"].any()


def test_masses_run_down_however_gently_on_the_way_to_their_foot(tmp_path):
    z = np.broadcast_to(50 - np.arange(60) * CELL / 30, (21, 60))
    number = square(z.shape, slice(None), slice(0, 5))
    number[:, 5:20] = HILL
    zone, _ = reached(z, number, 20.0, (400, 400), tmp_path)
    assert (zone[:, 5:20] == OPEN).all()
    assert not zone[:, 20:].any()


def test_beyond_the_open_reach_masses_follow_the_valley(tmp_path):
    z = np.full((41, 90), 20.0)
    z[18:23, :] = 0.0  # 50 m wide: higher ground within 50 m on both sides
    z[:, 70:] = 0.0  # and it opens
    number = square(z.shape, slice(18, 23), slice(0, 3))
    zone, cells = reached(z, number, 1.0, (200, 2_000), tmp_path)
    assert (zone[18:23, 3:23] == OPEN).all()
    assert (zone[18:23, 23:69] == CHANNEL).all()
    assert not zone[:, 72:].any()
    assert not zone[:17].any()
    assert cells[0].sum() == (zone > 0).sum()
    short, _ = reached(z, number, 1.0, (200, 400), tmp_path)
    assert not short[:, 43:].any()


def test_unknown_ground_is_not_crossed(tmp_path):
    z = np.zeros((11, 40))
    z[:, 20] = np.inf
    zone, _ = reached(z, square(z.shape, slice(None), slice(0, 3)), 0.0, (300, 300), tmp_path)
    assert (zone[:, 3:20] == OPEN).all()
    assert not zone[:, 20:].any()


def test_the_surest_and_nearest_zone_counts_where_areas_meet(tmp_path):
    z = np.zeros((11, 60))
    number = np.zeros(z.shape, np.int32)
    number[:, :2], number[:, 40:42], number[:, 58:] = 1, 2, 3
    zone, cells = reached(
        z, number, 0.0, [(200, 200), (300, 300), (500, 500)], tmp_path, group=[1, 2, 0]
    )
    assert (zone[:, 2:22] == OPEN).all()
    assert (zone[:, 22:40] == 2 + OPEN).all()
    assert cells[0].tolist() == [20 * 11, 0]
    assert cells[1, 0] == 30 * 11 + 18 * 11  # also over the first area's; not over what is 3's
    assert cells[2].tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_reached_is_what_is_connected_low_and_near(tmp_path, seed):
    """A foot at one height, no slopes that are steep: the component that touches the area."""
    rng = np.random.default_rng(seed)
    z = ndimage.gaussian_filter(rng.normal(size=(70, 70)), 4)
    z = (z / z.std()).astype(np.float32)
    number = square(z.shape, slice(30, 36), slice(30, 40))
    gentle = Spread(cell=CELL, over_foot=0.3, ratio=0.01, half_width=50.0, depth=5.0)
    zone, _ = reached(z, number, 0.0, (180, 180), tmp_path, spread=gentle)
    away = ndimage.distance_transform_edt(number == 0)
    passes = (z <= 0.3) & (away <= 18) | (number > 0)
    parts, _ = ndimage.label(passes, structure=EVERYWHERE)
    near = (parts == parts[32, 32]) & (number == 0)
    np.testing.assert_array_equal(zone == OPEN, near)


@pytest.mark.parametrize("rows", [3, 16, 1000])
def test_bands_and_merging(tmp_path, rows):
    rng = np.random.default_rng(7)
    z = ndimage.gaussian_filter(rng.normal(size=(101, 83)), 3) * 60
    number, count = ndimage.label(z > 6)
    reach = np.column_stack([rng.uniform(50, 200, count), rng.uniform(200, 400, count)])
    level = np.float32(-2)
    fine = {"cell": 5.0, "spread": GROUND}
    parts, cells = reached(z, number, level, reach, tmp_path, rows=rows, **fine)
    whole, all_cells = reached(z, number, level, reach, tmp_path, **fine)
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(cells, all_cells)
    assert parts.shape == (51, 42)
    low = np.full((102, 84), np.inf)
    low[:101, :83] = z
    low = low.reshape(51, 2, 42, 2).min(axis=(1, 3))
    assert (low[parts == OPEN] < z.max()).all()
    assert parts.any()
