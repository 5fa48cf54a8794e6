"""The marks of points: closed, about as large as the circle, and known to every output."""

from __future__ import annotations

import pytest
from shapely import Point, Polygon

from askergeo.outputs.marker import corners, outline
from askergeo.result import SHAPES


@pytest.mark.parametrize("shape", [one for one in SHAPES if one != "circle"])
def test_a_mark_is_a_simple_figure_around_its_place(shape: str) -> None:
    flat = corners(shape)
    figure = Polygon(list(zip(flat[::2], flat[1::2], strict=True)))
    assert figure.is_valid
    assert figure.contains(Point(0, 0))
    # Neither lost beside a circle nor hiding its neighbours.
    assert 0.35 < figure.area / Point(0, 0).buffer(1).area < 1.1
    assert figure.centroid.distance(Point(0, 0)) < 1e-2
    assert max(abs(value) for value in flat) <= 1.25
    # Upright: the same seen in a mirror.
    mirrored = Polygon([(-x, y) for x, y in figure.exterior.coords])
    assert figure.symmetric_difference(mirrored).area < 1e-2
    assert outline(shape, 0, 0, 1).count("L") == len(flat) / 2 - 1


def test_a_circle_has_no_corners() -> None:
    assert corners("circle") == []
    assert outline("circle", 3, 3, 2) == ""
