"""Coordinate systems: checked, transformed exactly, or refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from askergeo.crs import (
    CRS_OF_RECORD,
    crs_name,
    ellipsoidal_area,
    known_crs,
    require_crs,
    to_crs,
    transform,
    transformer,
)
from askergeo.errors import CrsError

ASKER = (583_000.0, 6_633_000.0)


def points(*places, crs=CRS_OF_RECORD):
    return gpd.GeoDataFrame({"n": range(len(places))}, geometry=shapely.points(places), crs=crs)


def test_names_a_system_by_its_code_or_its_name():
    assert crs_name("EPSG:25832") == "EPSG:25832"
    assert crs_name(None) == ""
    local = "+proj=tmerc +lat_0=58 +lon_0=10.5 +ellps=bessel"
    assert "EPSG" not in crs_name(local)


def test_requires_the_very_system():
    require_crs(points(ASKER))
    with pytest.raises(CrsError, match="har ikke koordinatsystem"):
        require_crs(points(ASKER, crs=None), what="veger")
    with pytest.raises(CrsError, match="EPSG:25833, men må være i EPSG:25832"):
        require_crs(points(ASKER, crs=25833))


@pytest.mark.parametrize("text", ["EPSG:99999", "tull", ""])
def test_an_unknown_system_is_named(text):
    with pytest.raises(CrsError, match=f"«{text}» er ukjent"):
        known_crs(text)


def test_zone_33_and_degrees_come_to_the_same_place():
    frame = points(ASKER).set_index(np.array([7]))
    for crs in ("EPSG:25833", "EPSG:4258", "EPSG:3045"):
        back = to_crs(to_crs(frame, crs))
        assert list(back.index) == [7]
        assert shapely.distance(back.geometry.iloc[0], shapely.Point(ASKER)) < 1e-4


def test_agrees_with_geopandas_in_the_plane():
    frame = points(ASKER, (560_000, 6_600_000))
    ours, theirs = to_crs(frame, "EPSG:25833"), frame.to_crs("EPSG:25833")
    assert np.allclose(ours.get_coordinates(), theirs.get_coordinates(), atol=1e-6)


def test_a_frame_without_a_system_is_refused():
    with pytest.raises(CrsError, match="veger"):
        to_crs(points(ASKER, crs=None), what="veger")


def test_heights_follow_unchanged():
    high = np.array([shapely.Point(*ASKER, 123.45), shapely.Point(*ASKER), None], dtype=object)
    moved = transform(high, "EPSG:25832", "EPSG:25833")
    assert shapely.get_z(moved[0]) == 123.45
    assert list(shapely.has_z(moved)) == [True, False, False]
    assert moved[2] is None


@pytest.mark.parametrize(
    ("source", "target"),
    [("EPSG:5972", "EPSG:4937"), ("EPSG:27393", "EPSG:25832"), ("EPSG:5941", "EPSG:5776")],
)
def test_a_transformation_without_its_grid_is_refused(source, target):
    try:
        operation = transformer(source, target)
    except CrsError as error:
        assert "ikke er installert" in error.message  # noqa: PT017  (both outcomes are lawful)
    else:
        # Only when the machine has the grid may the transformation be made.
        assert "grid" in operation.definition


@given(st.floats(5.0, 14.0), st.floats(58.0, 62.0), st.floats(100.0, 5_000.0), st.integers(3, 40))
def test_area_on_the_ellipsoid_is_the_plane_area_but_for_the_scale(lon, lat, radius, corners):
    to_plane = pyproj.Transformer.from_crs("EPSG:4258", CRS_OF_RECORD, always_xy=True)
    polygon = shapely.Point(to_plane.transform(lon, lat)).buffer(radius, quad_segs=corners)
    area = ellipsoidal_area(np.array([polygon, None], dtype=object))
    assert area == pytest.approx(polygon.area, rel=0.005)


def test_parts_count_and_holes_do_not():
    ring = shapely.Point(ASKER).buffer(500).difference(shapely.Point(ASKER).buffer(400))
    both = shapely.union_all([ring, shapely.box(590_000, 6_633_000, 590_100, 6_633_100)])
    assert ellipsoidal_area(np.array([both])) == pytest.approx(both.area, rel=0.001)
