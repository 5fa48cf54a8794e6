"""Geometry helpers of the example."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from askergeo.example.land import Grid
from askergeo.example.shapes import class_edges, contour, partition, walk


def test_walk_agrees_with_interpolation():
    lines = shapely.linestrings([[0, 0], [30, 40], [30, 140]], indices=[0, 0, 0])
    lines = np.append(lines, shapely.LineString([(5, 5), (5, 65)]))
    xy, direction, index, along = walk(lines, 20.0)
    expected = shapely.get_coordinates(shapely.line_interpolate_point(lines[index], along))
    assert np.allclose(xy, expected)
    assert index.tolist() == [0] * 7 + [1] * 3
    assert np.allclose(np.hypot(*direction.T), 1)
    assert direction[-1].tolist() == [0, 1]


def test_contour_of_a_cone_is_its_circle():
    grid = Grid(0.0, 100.0, 1.0, (100, 100))
    x, y = grid.xy(np.arange(10_000)).T
    cone = 40 - np.hypot(x - 50, y - 50).reshape(grid.shape)
    (ring,) = contour(grid, cone, 10.0)
    assert ring.is_closed
    assert shapely.Polygon(ring).area == pytest.approx(np.pi * 30**2, rel=0.005)


def test_edges_of_classes_make_an_exact_coverage():
    rng = np.random.default_rng(5)
    grid = Grid(0.0, 40.0, 2.0, (20, 20))
    classes = np.repeat(np.repeat(rng.integers(0, 4, (5, 5)), 4, 0), 4, 1)
    frame = np.array([shapely.boundary(grid.box)])
    faces = partition([class_edges(grid, classes), frame], grid.box)
    assert shapely.area(faces).sum() == pytest.approx(1_600)
    assert shapely.coverage_is_valid(faces)
