"""The width of a gap: that of a strip, a square and a circle, also bent round a corner."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from askergeo.overlay.slivers import widths


def width(*shapes: shapely.Geometry) -> list[float]:
    return widths(np.array(shapes, dtype=object)).tolist()


@pytest.mark.parametrize("side", [0.001, 0.5, 20.0])
def test_a_strip_has_its_own_width_however_long_and_turned(side: float) -> None:
    strip = shapely.box(570_000, 6_630_000, 570_000 + side, 6_630_900)
    assert width(strip, affinity.rotate(strip, 37)) == pytest.approx([side] * 2, rel=1e-4)


def test_a_square_has_its_side_and_a_circle_its_diameter() -> None:
    circle = shapely.Point(0, 0).buffer(5, quad_segs=64)
    assert width(shapely.box(0, 0, 7, 7), circle) == pytest.approx([7.0, 10.0], rel=1e-3)


def test_a_long_wedge_has_its_mean_width() -> None:
    assert width(shapely.Polygon([(0, 0), (1000, 0.5), (1000, -0.5)])) == pytest.approx(
        [0.5], rel=1e-3
    )


def test_a_strip_round_a_corner_has_its_width_and_holds_a_circle_of_it() -> None:
    bent = shapely.LineString([(0, 0), (80, 0), (80, 60)]).buffer(1.5, cap_style="flat")
    (found,) = width(bent)
    assert found == pytest.approx(3.0, rel=0.01)
    assert found <= 2 * shapely.maximum_inscribed_circle(bent, 0.001).length


def test_nothing_has_no_width() -> None:
    assert width(shapely.Polygon(), shapely.Polygon([(0, 0), (1, 1), (0, 0)])) == [0.0, 0.0]
    assert widths(np.array([], dtype=object)).tolist() == []
