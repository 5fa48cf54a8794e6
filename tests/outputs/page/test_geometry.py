"""Arcs: each border once, what is decoded is what went in, and nothing comes apart."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from askergeo.outputs.page.geometry import TOLERANCES, build, keep_corners, rank_vertices

UNIT = 0.1


def decode(arcs, shapes, kept=None):
    """Each feature as a shapely geometry of the vertices that are kept; rings may collapse."""
    kept = np.ones(len(arcs.x), dtype=bool) if kept is None else kept
    found, part, reference = [], 0, 0
    for kind, parts in zip(shapes.kinds.tolist(), shapes.parts.tolist(), strict=True):
        lines = []
        for count in shapes.arcs[part : part + parts].tolist():
            line = []
            for walked in shapes.references[reference : reference + count].tolist():
                place = np.arange(arcs.start[walked >> 1], arcs.start[(walked >> 1) + 1])
                place = place[kept[place]]
                place = place[::-1] if walked & 1 else place
                points = [(arcs.x[i] * UNIT, arcs.y[i] * UNIT) for i in place]
                assert not line or line[-1] == points[0]
                line += points if not line else points[1:]
            lines.append(line)
            reference += count
        part += parts
        found.append((kind, lines))
    return found


def surface(lines):
    """The rings as one polygonal geometry; each adds or takes away (even-odd)."""
    whole = shapely.Polygon()
    for line in lines:
        if len(line) >= 4:
            whole = whole.symmetric_difference(shapely.make_valid(shapely.Polygon(line)))
    return whole


def edges(geometry):
    """Edges of all rings and lines in steps, without direction, with how often each is walked."""
    found = Counter()
    for line in shapely.get_parts(shapely.boundary(geometry)):
        points = np.round(shapely.get_coordinates(line) / UNIT).astype(int).tolist()
        found.update(frozenset((tuple(a), tuple(b))) for a, b in pairwise(points) if a != b)
    return found


def voronoi(seed, count):
    """A coverage of Voronoi cells with crooked borders and some dissolved cells, multiparts too."""
    random = np.random.default_rng(seed)
    points = shapely.MultiPoint(random.uniform(0, 2_000, (count, 2)))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 2_000, 2_000))
    )
    cells = shapely.segmentize(cells, 60)
    xy = shapely.get_coordinates(cells)
    # The same place moves alike whoever it belongs to.
    moved = xy + 12 * np.column_stack([np.sin(xy[:, 1] / 37), np.cos(xy[:, 0] / 41)])
    cells = shapely.set_coordinates(cells, np.round(moved, 1))
    group = random.integers(0, max(count * 2 // 3, 1), len(cells))
    return np.array([shapely.unary_union(cells[group == g]) for g in np.unique(group)])


@given(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from(range(len(TOLERANCES) + 1)))
@settings(max_examples=40, deadline=None)
def test_a_coverage_stays_one_at_every_tolerance(seed, count, step):
    cells = voronoi(seed, count)
    arcs, (shapes,) = build([cells], (0.0, 0.0), UNIT)
    rank = keep_corners(arcs, [shapes], rank_vertices(arcs, UNIT), step)
    decoded = decode(arcs, shapes, rank >= step)
    assert len(decoded) == len(cells)
    assert all(kind == 2 and lines for kind, lines in decoded)
    # Every arc is walked once from each side, or once along the outer edge.
    walked = Counter((shapes.references >> 1).tolist())
    assert set(walked.values()) <= {1, 2}
    assert len({tuple(r) for r in np.sort(shapes.references[:, None], axis=1)}) == len(
        shapes.references
    )
    # Ranks are of the arc, so both sides have the same vertices: no ring lacks a corner.
    assert all(len({*line}) >= 3 for _, lines in decoded for line in lines)
    # What the cells cover together is bounded by the arcs that are walked once.
    signed = sum(ring_area(line) for _, lines in decoded for line in lines)
    outer = shapely.unary_union(cells)
    assert abs(-signed - outer.area) <= outer.length * (
        2 * (TOLERANCES[step - 1] if step else 0) + 1
    )


def ring_area(line):
    xy = np.array(line)
    return float((xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]).sum() / 2)


def test_a_valid_coverage_is_valid_after_and_near_what_shapely_makes_of_it():
    cells = voronoi(7, 60)
    assert shapely.coverage_is_valid(cells)
    arcs, (shapes,) = build([cells], (0.0, 0.0), UNIT)
    rank = rank_vertices(arcs, UNIT)
    for step in (0, 1, 2, 3, 4):
        ours = np.array([surface(lines) for _, lines in decode(arcs, shapes, rank >= step)])
        assert shapely.is_valid(ours).all()
        assert shapely.coverage_is_valid(ours)
        if step:
            theirs = shapely.coverage_simplify(cells, TOLERANCES[step - 1])
            moved = shapely.area(shapely.symmetric_difference(ours, theirs)).sum()
            assert moved < 2 * TOLERANCES[step - 1] * shapely.length(cells).sum()
        away = max(a.hausdorff_distance(b) for a, b in zip(ours, cells, strict=True))
        assert away <= 2 * (TOLERANCES[step - 1] if step else 0) + UNIT


def test_all_vertices_come_back_within_half_a_step():
    random = np.random.default_rng(1)
    mixed = np.array(
        [
            shapely.Point(3.14, 2.72),
            shapely.MultiPoint(random.uniform(0, 90, (5, 2))),
            shapely.LineString(random.uniform(0, 90, (7, 2))),
            shapely.MultiLineString([[(0, 0), (9, 9)], [(9, 9), (0, 0), (4, 1)]]),
            shapely.box(0, 0, 50, 50).difference(shapely.box(10, 10, 20, 20)),
            shapely.MultiPolygon([shapely.box(60, 0, 70, 9), shapely.box(80, 0, 90, 9)]),
            shapely.Polygon([(0, 0, 7), (5, 0, 7), (5, 5, 7)]),
        ]
    )
    arcs, (shapes,) = build([mixed], (-10.0, 0.0), UNIT)
    for (kind, lines), given_ in zip(decode(arcs, shapes), mixed, strict=True):
        assert kind == shapely.get_dimensions(given_)
        back = affinity.translate(shapely.MultiPoint([p for line in lines for p in line]), -10)
        assert (
            shapely.hausdorff_distance(
                back,
                shapely.MultiPoint(
                    given_.coords
                    if kind == 0 and given_.geom_type == "Point"
                    else shapely.get_coordinates(given_)
                ),
            )
            <= UNIT * 0.71
        )
    assert not np.isnan(arcs.x).any()


def test_every_edge_is_stored_once_also_where_layers_overlap():
    cells = voronoi(3, 30)
    lines = shapely.boundary(cells[:5])
    arcs, shapes = build([cells, cells, lines], (0.0, 0.0), UNIT)
    stored = Counter()
    for first, last in pairwise(arcs.start.tolist()):
        points = list(zip(arcs.x[first:last].tolist(), arcs.y[first:last].tolist(), strict=True))
        stored.update(frozenset(pair) for pair in pairwise(points))
    assert set(stored.values()) == {1}
    assert set(stored) == set(sum((edges(cell) for cell in cells), Counter()))
    assert shapes[0].references.tolist() == shapes[1].references.tolist()


@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_the_same_ring_begun_elsewhere_and_turned_is_the_same_arc(shift):
    corners = [(0, 0), (10, 0), (12, 8), (3, 9)]
    other = (corners[shift:] + corners[:shift])[::-1]
    arcs, _ = build(
        [np.array([shapely.Polygon(corners), shapely.Polygon(other)])], (0.0, 0.0), UNIT
    )
    assert len(arcs.start) == 2


def test_a_hole_and_the_island_in_it_share_their_border():
    island = shapely.box(10, 10, 20, 20)
    sea = shapely.box(0, 0, 50, 50).difference(island)
    arcs, (shapes,) = build([np.array([sea, island])], (0.0, 0.0), UNIT)
    assert len(arcs.start) == 3
    numbers = shapes.references >> 1
    assert numbers[1] == numbers[2]
    assert shapes.references[1] != shapes.references[2]  # walked the other way


def test_rings_turn_the_same_way_whatever_the_data_say():
    ring = shapely.box(0, 0, 9, 9)
    arcs, (shapes,) = build([np.array([ring, shapely.reverse(ring)])], (0.0, 0.0), UNIT)
    assert all(ring_area(lines[0]) < 0 for _, lines in decode(arcs, shapes))


@pytest.mark.parametrize(
    "odd",
    [
        shapely.Polygon([(0, 0), (9, 0), (0, 0)]),
        shapely.Polygon([(0, 0), (0.01, 0), (0, 0.01)]),
        shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]),
        shapely.Polygon([(0, 0), (5, 0), (9, 0), (5, 0), (5, 5)]),
        shapely.LineString([(1, 1), (1, 1)]),
        shapely.LineString([(0, 0), (5, 0), (0, 0), (5, 0)]),
        shapely.LineString([(0, 0), (5, 0), (5, 5), (0, 0)]),
        shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(9, 9)]),
        shapely.GeometryCollection(
            [shapely.GeometryCollection([shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])])]
        ),
        shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), EMPTY)"),
    ],
)
def test_what_is_no_fine_polygon_is_still_there(odd):
    beside = shapely.box(0, 0, 9, 9)
    arcs, (shapes,) = build([np.array([odd, beside])], (0.0, 0.0), UNIT)
    decoded = decode(arcs, shapes)
    assert len(decoded) == 2
    assert all(line for _, lines in decoded for line in lines)
    assert decoded[0][1]
    xy = np.array([p for _, lines in decoded[:1] for line in lines for p in line])
    dimension = shapely.get_dimensions(odd)
    parts = [
        p
        for p in shapely.get_parts(shapely.get_parts(odd))
        if shapely.get_dimensions(p) == dimension
    ]
    west, south, east, north = shapely.total_bounds(parts)
    assert xy.min(axis=0) == pytest.approx([west, south], abs=UNIT)
    assert xy.max(axis=0) == pytest.approx([east, north], abs=UNIT)
    rank = rank_vertices(arcs, UNIT)
    for step in range(len(TOLERANCES) + 1):
        kept = keep_corners(arcs, [shapes], rank, step) >= step
        assert len(decode(arcs, shapes, kept)) == 2


def test_no_features_are_no_arcs():
    nothing = np.array([], dtype=object)
    arcs, shapes = build([nothing, np.array([shapely.Point(1, 1)])], (0.0, 0.0), UNIT)
    assert [len(one.kinds) for one in shapes] == [0, 1]
    assert len(rank_vertices(arcs, UNIT)) == 1
    arcs, _ = build([nothing], (0.0, 0.0), UNIT)
    assert len(keep_corners(arcs, [], rank_vertices(arcs, UNIT), 3)) == 0


def test_vertices_of_a_coarse_level_are_vertices_of_the_finer():
    cells = voronoi(5, 40)
    arcs, _ = build([cells], (0.0, 0.0), UNIT)
    rank = rank_vertices(arcs, UNIT)
    left = [int((rank >= step).sum()) for step in range(len(TOLERANCES) + 1)]
    assert left == sorted(left, reverse=True)
    assert left[0] == len(arcs.x)
    assert left[-1] < left[0] / 2


def test_long_borders_are_cut_in_pieces_that_both_neighbours_share():
    # A crooked border of 1 000 vertices between two areas, and an island of 500.
    x = np.linspace(0, 1_000, 1_000)
    border = np.round(np.column_stack([x, 20 * np.sin(x / 7)]), 1)
    north = shapely.Polygon([*border, (1_000, 500), (0, 500)])
    south = shapely.Polygon([*border, (1_000, -500), (0, -500)])
    island = shapely.Point(2_000, 0).buffer(90, quad_segs=125)
    arcs, (shapes,) = build([np.array([north, south, island])], (0.0, 0.0), UNIT)
    assert arcs.count.max() <= 129
    used = np.bincount(shapes.references >> 1)
    assert (used == 2).sum() == 8
    assert used.max() == 2
    for (_, lines), area in zip(decode(arcs, shapes), (north, south, island), strict=True):
        assert edges(surface(lines)) == edges(area)
