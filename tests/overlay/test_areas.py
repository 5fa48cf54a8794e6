"""Pair areas against hand-made cases, each a known trap, and against GEOS on random polygons."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import affinity

from askergeo.errors import CrsError
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.door import checked
from askergeo.overlay.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = "EPSG:25832"
EAST, NORTH = 570_000.0, 6_630_000.0
ORIGIN = np.array([EAST, NORTH])


def frame(shapes: Sequence[Any], crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def area_of(one: str, other: str) -> float:
    """Common area by the kernel of two polygons in WKT, moved to where Asker is."""
    moved = [affinity.translate(shapely.from_wkt(text), EAST, NORTH) for text in (one, other)]
    assert all(shape.is_valid for shape in moved)
    found = pair_areas(frame(moved[:1]), frame(moved[1:]))
    assert len(found.faults) == 0
    assert (found.area <= shapely.area(moved[0]) * (1 + 1e-12)).all()
    return float(found.area.sum())


SQUARE = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"
RING = "POLYGON ((0 0, 6 0, 6 6, 0 6, 0 0), (2 2, 4 2, 4 4, 2 4, 2 2))"
LAKE_WITH_ISLAND = (
    "MULTIPOLYGON (((0 0, 6 0, 6 6, 0 6, 0 0), (1 1, 5 1, 5 5, 1 5, 1 1)),"
    " ((2 2, 4 2, 4 4, 2 4, 2 2)))"
)
COMB = (
    "POLYGON ((0 0, 9 0, 9 5, 8 5, 8 1, 7 1, 7 5, 6 5, 6 1, 5 1, 5 5, 4 5, 4 1, 3 1, 3 5,"
    " 2 5, 2 1, 1 1, 1 5, 0 5, 0 0))"
)
TRAPS = {
    "crossing": (SQUARE, "POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))", 4),
    "apart": (SQUARE, "POLYGON ((5 5, 6 5, 6 6, 5 6, 5 5))", 0),
    "boxes_overlap_but_not_the_polygons": (
        "POLYGON ((0 0, 4 0, 0 4, 0 0))", "POLYGON ((4 1, 4 4, 1 4, 4 1))", 0),
    "the_same": (SQUARE, SQUARE, 16),
    "the_same_the_other_way_round": (SQUARE, "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))", 16),
    "inside": (SQUARE, "POLYGON ((1 1, 2 1, 2 2, 1 2, 1 1))", 1),
    "inside_along_an_edge": (SQUARE, "POLYGON ((1 0, 2 0, 2 2, 1 2, 1 0))", 2),
    "shared_edge_the_same_way": (SQUARE, "POLYGON ((0 0, 4 0, 4 2, 0 2, 0 0))", 8),
    "shared_edge_against": (SQUARE, "POLYGON ((4 0, 8 0, 8 4, 4 4, 4 0))", 0),
    "shared_edge_against_along_the_top": (SQUARE, "POLYGON ((0 4, 4 4, 4 8, 0 8, 0 4))", 0),
    "shared_sloping_edge_against": (
        "POLYGON ((0 0, 3 1, 0 4, 0 0))", "POLYGON ((3 1, 4 4, 0 4, 3 1))", 0),
    "part_of_an_edge_shared": (SQUARE, "POLYGON ((4 1, 8 1, 8 9, 3 9, 3 2, 4 2, 4 1))", 2),
    "vertex_on_edge": (SQUARE, "POLYGON ((2 0, 6 -3, 6 3, 2 0))", 1.5),
    "vertices_touch": (SQUARE, "POLYGON ((4 4, 6 4, 6 6, 4 4))", 0),
    "vertex_touches_an_edge": (SQUARE, "POLYGON ((4 2, 6 1, 6 3, 4 2))", 0),
    "corner_cut_through_two_vertices": (SQUARE, "POLYGON ((0 4, 4 0, 6 6, 0 4))", 8),
    "hole_is_not_area": (RING, "POLYGON ((1 1, 5 1, 5 5, 1 5, 1 1))", 12),
    "in_the_hole": (RING, "POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2))", 0),
    "strictly_in_the_hole": (RING, "POLYGON ((2.5 2.5, 3 2.5, 3 3, 2.5 3, 2.5 2.5))", 0),
    "two_holes_over_each_other": (RING, RING, 32),
    "hole_touches_the_shell": (
        "POLYGON ((0 0, 6 0, 6 6, 0 6, 0 0), (0 0, 2 1, 1 2, 0 0))", SQUARE, 16 - 1.5),
    "several_parts": (
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), ((3 3, 4 3, 4 4, 3 4, 3 3)))",
        "MULTIPOLYGON (((0.5 0, 3.5 0, 3.5 0.5, 0.5 0.5, 0.5 0)), ((3 3, 9 3, 9 9, 3 9, 3 3)))",
        1.25),
    "an_island_in_a_lake": (
        LAKE_WITH_ISLAND,
        "POLYGON ((3 0, 6 0, 6 6, 3 6, 3 0))", 10 + 2),
    "a_needle": (SQUARE, "POLYGON ((-1 2, 5 2, 5 2.0009765625, -1 2))", None),
    "points_on_a_straight_edge": (
        "POLYGON ((0 0, 1 0, 2 0, 3 0, 4 0, 4 4, 2 4, 0 4, 0 0))",
        "POLYGON ((0 0, 2.5 0, 4 0, 4 1, 0 1, 0 0))", 4),
    "upright_edges_on_each_other": (SQUARE, "POLYGON ((0 1, 4 1, 4 3, 0 3, 0 1))", 8),
    "a_comb": (
        COMB, "POLYGON ((-1 2, 10 2, 10 3, -1 3, -1 2))", 5),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name: str) -> None:
    one, other, area = TRAPS[name]
    if area is None:
        area = exact_area(one, other)
    assert area_of(one, other) == pytest.approx(area, rel=1e-12, abs=0)
    assert area_of(other, one) == pytest.approx(area, rel=1e-12, abs=0)


def exact_area(one: str, other: str) -> float:
    """Common area of two convex polygons without holes, in whole fractions: no rounding."""
    subject = [tuple(map(Fraction, xy)) for xy in ring_of(one)]
    clip = [tuple(map(Fraction, xy)) for xy in ring_of(other)]
    for a, b in zip(clip, clip[1:] + clip[:1], strict=True):
        kept: list[Any] = []
        for p, q in zip(subject, subject[1:] + subject[:1], strict=True):
            side_p, side_q = side(a, b, p), side(a, b, q)
            if side_p >= 0:
                kept.append(p)
            if side_p * side_q < 0:
                t = side_p / (side_p - side_q)
                kept.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
        subject = kept
    pairs = zip(subject, subject[1:] + subject[:1], strict=True)
    return float(sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs) / 2)


def side(a: Any, b: Any, p: Any) -> Any:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def ring_of(text: str) -> list[list[float]]:
    ring = shapely.orient_polygons(shapely.from_wkt(text)).exterior
    return shapely.get_coordinates(ring)[:-1].tolist()


def star(random: np.random.Generator, corners: int, *, holes: bool) -> shapely.Polygon:
    """A star-shaped polygon of many corners, on whole decimetres so that corners coincide."""
    angle = np.sort(random.choice(720, corners, replace=False)) * np.pi / 360
    reach = random.uniform(20, 60, corners)
    middle = random.uniform(0, 100, 2)
    ring = np.stack([np.cos(angle), np.sin(angle)], -1)
    outer = (middle + ring * reach[:, None]).round(1) + ORIGIN
    inner = (middle + ring[::-1] * 9).round(1) + ORIGIN
    shape = shapely.Polygon(outer, [inner] if holes else None)
    return shape if shape.is_valid else shape.buffer(0)


@pytest.mark.parametrize(
    ("corners", "count", "holes"), [(6, 60, False), (40, 60, True), (300, 6, True)]
)
def test_random_polygons_as_geos(corners: int, count: int, *, holes: bool) -> None:
    random = np.random.default_rng(corners)
    shapes = [star(random, corners, holes=holes) for _ in range(2 * count)]
    left, right = frame(shapes[:count]), frame(shapes[count:])
    found = pair_areas(left, right)
    table = np.zeros((count, count))
    table[found.left, found.right] = found.area
    expected = shapely.area(
        shapely.intersection(left.geometry.to_numpy()[:, None], right.geometry.to_numpy()[None, :])
    )
    # GEOS works on the full coordinates: its own last digit is 1e-9 m over some hundred metres.
    assert np.abs(table - expected).max() < 1e-5
    assert np.abs(table - expected).max() > 0
    assert found.error.max() < 1e-7
    assert table.sum() > 1000


def test_coverages_with_common_borders_and_many_collinear_edges() -> None:
    """Rows and columns of bricks on the same lattice: nearly every edge lies in another."""
    bricks = [shapely.box(x, y, x + 3, y + 1) for x in range(0, 30, 3) for y in range(30)]
    tiles = [shapely.box(x, y, x + 2, y + 5) for x in range(0, 30, 2) for y in range(0, 30, 5)]
    found = pair_areas(frame(bricks), frame(tiles))
    by_brick = np.bincount(found.left, weights=found.area)
    assert by_brick.tolist() == [3.0] * len(bricks)
    assert np.bincount(found.right, weights=found.area).tolist() == [10.0] * len(tiles)
    assert set(found.area.tolist()) == {1.0, 2.0}
    assert found.touching > 0


def test_a_boundary_of_many_edges_against_small_polygons() -> None:
    circle = shapely.Point(EAST, NORTH).buffer(1000, quad_segs=5000)
    boxes = shapely.box(*np.meshgrid(EAST + np.arange(-10, 10) * 100, NORTH + np.arange(-10, 10) * 100),
                        *np.meshgrid(EAST + np.arange(-9, 11) * 100, NORTH + np.arange(-9, 11) * 100))  # fmt: skip
    found = pair_areas(frame(boxes.ravel()), frame([circle]))
    assert found.area.sum() == pytest.approx(circle.area, rel=1e-13)
    expected = shapely.area(shapely.intersection(boxes.ravel(), circle))
    assert found.area == pytest.approx(expected[found.left], abs=1e-5)


def test_a_wrong_sum_would_be_seen() -> None:
    """A ring that runs twice round is counted twice by the sum: the door must not let it in."""
    ring = shapely.get_coordinates(shapely.box(0, 0, 4, 4))
    twice = shapely.Polygon(np.concatenate([ring, ring[1:]]))
    found = pair_areas(frame([twice]), frame([shapely.box(0, 0, 9, 9)]))
    assert found.area.tolist() == [16.0]
    assert found.faults.rad.tolist() == [0]


def test_rows_without_an_area_give_no_pair_and_are_named() -> None:
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    shapes = [None, shapely.Polygon(), bow, shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)]),
              shapely.box(0, 0, 2, 2)]  # fmt: skip
    left = frame(shapes).set_axis([f"r{number}" for number in range(6)])
    found = pair_areas(left, frame([shapely.box(-9, -9, 9, 9)]), names=("arealdekke", "plan"))
    assert found.left.tolist() == [2, 5]
    assert found.area.tolist() == [8.0, 4.0]
    faults = found.faults.set_index("rad")
    assert sorted(faults.index) == ["r0", "r1", "r2", "r3", "r4"]
    assert set(faults.tema) == {"arealdekke"}
    assert faults.handling["r2"] == "rettet"
    assert faults.grunn["r2"] == "grensen krysser seg selv"
    assert faults.arealendring_m2["r2"] == pytest.approx(8.0)
    assert set(faults.handling.drop("r2")) == {"satt til side"}


def test_heights_do_not_matter() -> None:
    flat = shapely.box(0, 0, 4, 4)
    found = pair_areas(frame([shapely.force_3d(flat, 7.0)]), frame([flat]))
    assert found.area.tolist() == [16.0]
    assert found.faults.empty


def test_a_collection_counts_with_its_polygons() -> None:
    mixed = shapely.GeometryCollection([shapely.Point(0, 0), shapely.box(0, 0, 2, 2)])
    found = pair_areas(frame([mixed]), frame([shapely.box(1, 0, 9, 9)]))
    assert found.area.tolist() == [2.0]
    assert found.faults.handling.tolist() == ["rettet"]


@pytest.mark.parametrize("crs", ["EPSG:4258", "EPSG:25833", None])
def test_another_crs_is_refused_by_name(crs: str | None) -> None:
    with pytest.raises(CrsError, match="plan"):
        pair_areas(
            frame([shapely.box(0, 0, 1, 1)]),
            frame([shapely.box(0, 0, 1, 1)], crs),
            names=("a", "plan"),
        )


def test_both_wrong_layers_are_named_at_once() -> None:
    degrees = frame([shapely.box(10, 59, 11, 60)], "EPSG:4258")
    with pytest.raises(CrsError, match=r"«land»(.|\n)*«plan»"):
        pair_areas(degrees, degrees, names=("land", "plan"))


def test_degrees_as_the_crs_of_record_are_refused() -> None:
    degrees = frame([shapely.box(10, 59, 11, 60)], "EPSG:4258")
    with pytest.raises(CrsError, match="grader"):
        pair_areas(degrees, degrees, crs="EPSG:4258")


def test_empty_layers() -> None:
    found = pair_areas(frame([]), frame([shapely.box(0, 0, 1, 1)]))
    assert (len(found.area), found.touching) == (0, 0)


def test_pieces_have_labels_and_the_areas_of_the_pairs() -> None:
    random = np.random.default_rng(4)
    left = frame([star(random, 20, holes=True) for _ in range(12)]).set_axis(list("abcdefghijkl"))
    right = frame([star(random, 20, holes=False) for _ in range(12)])
    found, cut = pair_areas(left, right), pieces({"land": left, "plan": right})
    assert cut.land.tolist() == left.index[found.left].tolist()
    assert cut.plan.tolist() == found.right.tolist()
    assert shapely.area(cut.geometry.to_numpy()) == pytest.approx(found.area, abs=1e-5)
    assert set(cut.geom_type) <= {"Polygon", "MultiPolygon"}
    three = pieces(
        {
            "land": left,
            "plan": right,
            "grense": frame([shapely.box(EAST, NORTH, EAST + 50, NORTH + 50)]),
        }
    )
    assert shapely.area(three.geometry.to_numpy()) == pytest.approx(three.areal_m2, abs=1e-5)


def test_pieces_of_neighbours_have_no_lines() -> None:
    step = shapely.Polygon([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
    other = shapely.Polygon([(2, 1), (4, 1), (4, 4), (2, 4)])
    cut = pieces({"a": frame([step]), "b": frame([other])})
    assert cut.geom_type.tolist()[0] in {"Polygon", "MultiPolygon"}
    assert cut.geometry.area.tolist() == cut.areal_m2.tolist() == [2.0]


def test_three_polygons_of_many_corners_as_geos() -> None:
    random = np.random.default_rng(8)
    groups = [[star(random, 250, holes=True) for _ in range(3)] for _ in range(3)]
    cut = pieces({name: frame(group) for name, group in zip("abc", groups, strict=True)})
    assert len(cut) > 10
    assert shapely.area(cut.geometry.to_numpy()) == pytest.approx(cut.areal_m2, abs=1e-6)


def test_a_vertex_that_is_no_number_is_found_though_no_box_tells_of_it() -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(0, 0), (1, np.nan), (1, 1)])
    assert np.isfinite(shapely.bounds(broken)).all()
    layer = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), broken], crs="EPSG:25832")
    found = checked("plan", layer)
    assert shapely.area(found.shapes).tolist() == [1.0, 0.0]
    assert found.faults["rad"].tolist() == [1]
    assert "ikke et tall" in found.faults["grunn"].iloc[0]


def test_points_and_lines_stay_where_they_may() -> None:
    shapes = [shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)]
    layer = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:25832")
    assert not len(checked("hus", layer, only_surfaces=False).faults)
    assert checked("hus", layer).faults["rad"].tolist() == [0, 1]
