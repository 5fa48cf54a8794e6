"""Terrain, rivers, roads and houses agree with each other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.ndimage import map_coordinates
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from askergeo.example.land import SIZES, Land
from askergeo.example.terrain import make_terrain
from askergeo.example.water import make_boundary, make_water


@pytest.fixture(scope="module")
def land():
    land = Land.start(SIZES["liten"], 3203)
    for step in (make_terrain, make_boundary, make_water):
        step(land)
    return land


def height(example, xy):
    a = example.transform
    row, column = (xy[:, 1] - a.f) / a.e - 0.5, (xy[:, 0] - a.c) / a.a - 0.5
    return map_coordinates(example.terrain, [row, column], order=1, mode="nearest")


def test_rivers_run_downhill_in_the_drainage(land):
    z, down = land.arrays["z"].ravel(), land.arrays["receiver"]
    cells = np.flatnonzero(land.arrays["channel"] & ~land.arrays["lake"] & land.arrays["inside"])
    cells = cells[down[cells] >= 0]
    fall = z[cells] - z[down[cells]]
    assert len(cells) > 100
    assert (fall >= -1.01).all()  # a metre: where the bed ends in a lake
    assert (fall >= -1e-6).mean() > 0.97


def test_river_lines_end_lower_than_they_start(land):
    lines = land.shapes["river_lines"]
    a, b = (shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1))
    z = np.maximum(land.arrays["z"], 0)
    assert (land.grid.sample(z, a) >= land.grid.sample(z, b) - 1.01).all()


def test_shoreline_is_the_zero_contour(example):
    shore = example.frames["kystkontur"].geometry.to_numpy()
    xy = shapely.get_coordinates(shore)
    assert np.median(np.abs(height(example, xy))) < 2.0


def test_clay_lies_below_the_marine_limit(example):
    clay = example.frames["marin_leire"].geometry
    xy = shapely.get_coordinates(clay.representative_point())
    assert height(example, xy).max() < 200


def test_clay_is_mapped_on_low_ground_but_for_the_hole(example):
    mapped, hole = example.coverage["marin_leire"], example.key["marin_leire_hull"]
    at = shapely.Point(hole["x"], hole["y"])
    assert mapped.distance(at) == pytest.approx(hole["radius_m"], rel=0.01)
    assert height(example, shapely.get_coordinates(at)).max() < 200
    clay = example.frames["marin_leire"].geometry.to_numpy()
    assert shapely.area(shapely.difference(clay, mapped)).sum() < 1
    land = example.frames["kommunegrense"].set_index("omfang").geometry["land"]
    assert shapely.covers(land.buffer(0.01), mapped)
    around = land.difference(mapped).difference(at.buffer(hole["radius_m"] + 1))
    points = around.buffer(-25).representative_point()
    assert height(example, shapely.get_coordinates(points)).min() > 220


def test_buildings_stand_on_land(example):
    wet = example.frames["vann"].geometry.to_numpy()
    house = example.frames["bygning"].geometry.to_numpy()
    assert len(shapely.STRtree(wet).query(house, predicate="intersects")[0]) == 0


def test_buildings_do_not_overlap(example):
    house = example.frames["bygning"].geometry.to_numpy()
    a, b = shapely.STRtree(house).query(house, predicate="overlaps")
    assert shapely.area(shapely.intersection(house[a], house[b])).max(initial=0) < 0.5


def test_only_bridges_cross_water(example):
    roads = example.frames["veg"]
    ground = roads[roads["medium"] == "bakke"]
    wet = example.frames["vann"]
    hit = gpd.sjoin(ground[["geometry"]], wet[["geometry"]], predicate="intersects")
    over = shapely.intersection(
        ground.geometry[hit.index].to_numpy(), wet.geometry[hit["index_right"]].to_numpy()
    )
    assert shapely.length(over).max() < 0.05


def test_roads_avoid_the_steepest_ground(example):
    roads = example.frames["veg"]
    main = roads[roads["vegkategori"].eq("F") & roads["vegtype"].eq("bilveg")].geometry.to_numpy()
    main = main[shapely.length(main) > 60]
    a, b = (shapely.get_coordinates(shapely.get_point(main, k)) for k in (0, -1))
    grade = np.abs(height(example, a) - height(example, b)) / shapely.length(main)
    assert np.quantile(grade, 0.9) < 0.15


def test_network_is_noded_and_hangs_together(example):
    ways = np.concatenate([example.frames[k].geometry.to_numpy() for k in ("veg", "sti")])
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(ways, k)) for k in (0, -1)])
    _, node = np.unique(np.round(ends, 2), axis=0, return_inverse=True)
    u, v = node.ravel()[: len(ways)], node.ravel()[len(ways) :]
    size = node.max() + 1
    _, part = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(size, size)))
    assert np.bincount(part[u]).max() > 0.75 * len(ways)


def test_gaps_are_where_the_key_says(example):
    gaps = example.key["glipper"]
    assert len(gaps) >= 3
    roads = example.frames["veg"].geometry.to_numpy()
    tree = shapely.STRtree(roads)
    for gap in gaps:
        point = shapely.Point(gap["x"], gap["y"])
        touching = tree.query(point, predicate="dwithin", distance=0.05)
        assert len(touching) == 1  # a blind end
        assert point.distance(shapely.Point(gap["til_x"], gap["til_y"])) == pytest.approx(
            8, abs=0.1
        )
