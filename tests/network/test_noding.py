"""Noding and snapping of chains: numbers of vertices, junctions, touches and who moves where."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from askergeo.network._chains import Chains, cut, insert, junctions, read_chains
from askergeo.network._joining import snap_ends
from askergeo.network._noding import foot_of, node_crossings


def chains(*lines, level=None) -> Chains:
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    return read_chains(shapes, np.array(level or [0] * len(lines)))[0]


def places(found: Chains) -> list:
    """Coordinates of each chain, as they are drawn."""
    xy = found.position[found.vertex]
    return [xy[found.line == k].round(6).tolist() for k in np.unique(found.line)]


def test_vertices_within_a_millimetre_cell_are_one():
    found = chains([(0, 0), (10, 0)], [(10.0001, 0), (20, 0)])
    assert found.vertex.tolist() == [0, 1, 1, 2]


def test_passing_vertices_of_different_level_stay_apart():
    cross = [(0, 0), (5, 0), (9, 0)], [(5, -5), (5, 0), (5, 5)]
    assert len(chains(*cross).position) == 5
    assert len(chains(*cross, level=[0, 1]).position) == 6


def test_repeated_vertices_are_one_step_and_a_point_is_no_line():
    shapes = np.array(
        [shapely.LineString(line) for line in ([(1, 1), (1, 1)], [(0, 0), (0, 0), (3, 0)])]
    )
    found, without_length = read_chains(shapes, np.zeros(2, dtype=int))
    assert without_length.tolist() == [True, False]
    assert places(found) == [[[0, 0], [3, 0]]]


def test_a_vertex_that_doubled_lines_pass_alike_is_no_junction():
    found = chains([(0, 0), (5, 1), (9, 0)], [(9, 0), (5, 1), (0, 0)])
    assert junctions(found).sum() == 2
    assert junctions(chains([(0, 0), (5, 1), (9, 0)], [(3, 3), (5, 1), (9, 0)])).sum() == 4


def test_the_tip_of_a_line_that_turns_back_is_a_junction():
    found = chains([(0, 0), (5, 0), (0, 0), (0, 5)])
    assert sorted(cut(found, junctions(found)).length.tolist()) == [5, 5, 5]


def test_inserted_vertices_come_in_order_with_interpolated_height():
    shapes = np.array([shapely.LineString([(0, 0, 1), (10, 0, 3)])])
    found, _ = read_chains(shapes, np.zeros(1, dtype=int))
    grown = Chains(
        vertex=found.vertex, z=found.z, line=found.line, level=found.level,
        position=np.concatenate([found.position, [[7.5, 0], [2.5, 0]]]),
    )  # fmt: skip
    whole = insert(grown, np.array([0, 0]), np.array([0.75, 0.25]), np.array([2, 3]))
    assert whole.vertex.tolist() == [0, 3, 2, 1]
    assert whole.z.tolist() == [1, 1.5, 2.5, 3]


def test_the_foot_is_what_geos_says():
    rng = np.random.default_rng(0)
    point, segment = rng.normal(size=(200, 2)), rng.normal(size=(200, 2, 2))
    share, foot, distance = foot_of(point, segment)
    lines = shapely.linestrings(segment)
    np.testing.assert_allclose(distance, shapely.distance(shapely.points(point), lines))
    along = shapely.line_interpolate_point(lines, share, normalized=True)
    np.testing.assert_allclose(foot, shapely.get_coordinates(along), atol=1e-9)


def test_crossing_lines_get_one_common_vertex():
    noded, crossings = node_crossings(chains([(0, 0), (10, 0)], [(5, -5), (5, 5)]))
    assert crossings.tolist() == [[5, 0]]
    assert places(noded) == [[[0, 0], [5, 0], [10, 0]], [[5, -5], [5, 0], [5, 5]]]
    assert noded.vertex[1] == noded.vertex[4]


def test_three_lines_through_one_place_meet_in_one_vertex():
    noded, crossings = node_crossings(
        chains([(0, 0), (10, 10)], [(0, 10), (10, 0)], [(5, -3), (5, 13)])
    )
    assert len(crossings) == 1
    assert junctions(noded).sum() == 7


def test_lines_of_different_level_do_not_cross():
    noded, crossings = node_crossings(chains([(0, 0), (9, 0)], [(5, -5), (5, 5)], level=[0, 1]))
    assert len(crossings) == 0
    assert len(noded.vertex) == 4


def test_a_vertex_on_anothers_segment_joins_without_being_a_crossing():
    noded, crossings = node_crossings(chains([(0, 0), (10, 0)], [(2, 5), (4, 0), (6, 5)]))
    assert len(crossings) == 0
    assert places(noded)[0] == [[0, 0], [4, 0], [10, 0]]
    assert junctions(noded).sum() == 5


def test_random_lines_are_noded_as_geos_nodes_them():
    rng = np.random.default_rng(1)
    lines = [rng.uniform(0, 100, (5, 2)).round(2) for _ in range(12)]
    noded, crossings = node_crossings(chains(*lines))
    edges = cut(noded, junctions(noded))
    theirs = shapely.get_parts(shapely.node(shapely.multilinestrings(lines)))
    assert len(edges.length) == len(theirs)
    np.testing.assert_allclose(np.sort(edges.length), np.sort(shapely.length(theirs)), atol=1e-6)
    assert len(crossings) > 50


def test_ends_move_to_the_node_where_most_meet_and_no_further_than_the_tolerance():
    row = chains([(0, 0), (10, 0)], [(10.8, 0), (10.8, 9)], [(11.6, 0), (20, 0)])
    snapped, moves = snap_ends(row, 1.0)
    assert sorted(moves.distance.round(6).tolist()) == [0.8, 0.8]
    assert moves.end.tolist() == [[10.8, 0], [10.8, 0]]
    assert len(np.unique(snapped.vertex)) == 4


def test_an_end_is_moved_to_a_passing_vertex_rather_than_beside_it():
    _, moves = snap_ends(chains([(0, 0), (5, 0), (5, 9)], [(5.3, -9), (5.3, -0.2)]), 0.5)
    assert moves.end.tolist() == [[5, 0]] or moves.to_line.tolist() == [True]


def test_the_stub_of_a_fork_is_not_snapped_to_its_own_branch():
    fork = chains([(0, 0), (30, 0)], [(0, 0), (0.9, 0.2)])
    _, moves = snap_ends(fork, 1.0)
    assert len(moves.distance) == 0


def test_a_line_that_comes_back_to_itself_is_closed():
    snapped, moves = snap_ends(chains([(0, 0), (30, 0), (30, 30), (10, 30), (10, 0.4)]), 0.5)
    assert moves.to_line.tolist() == [True]
    assert junctions(snapped).sum() == 2


@pytest.mark.parametrize("tolerance", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_moves_further_than_the_tolerance_nor_twice(seed, tolerance):
    rng = np.random.default_rng(seed)
    lines = [rng.uniform(0, 40, (3, 2)) for _ in range(60)]
    _, moves = snap_ends(chains(*lines), tolerance)
    assert len(moves.distance) > 5
    assert moves.distance.max() <= tolerance
    loose = moves.start[moves.to_line]
    assert not (loose[:, None] == moves.start[~moves.to_line][None]).all(axis=2).any()
