"""Which pipes share a trench, and the stretches of street that they are renewed by."""

from __future__ import annotations

import numpy as np
import shapely

from askergeo.va.trenches import (
    merge_short,
    same_trench,
    street_of,
    stretches,
    touching,
    trench_metres,
)


def line(x, y, long=50.0, up=0.0):
    return shapely.LineString([(x, y), (x + long, y + up)])


def lines_of(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


NONE = None


def test_pipes_of_two_kinds_beside_each_other_share_a_trench_but_not_those_that_cross():
    lines = lines_of(line(0, 0), line(0, 2), line(25, -20, 0.0, 40.0), line(0, 20), None)
    kind = np.array([0, 1, 1, 1, 0])
    ids = np.array([None] * 5, dtype=object)
    trench = same_trench(lines, kind, ids, 3.0)
    assert trench[0] == trench[1]
    assert len(set(trench.tolist())) == 4


def test_pipes_of_one_kind_are_not_joined_and_ids_are_believed():
    lines = lines_of(line(0, 0), line(0, 1), line(0, 2), line(900, 0))
    kind = np.array([0, 0, 1, 1])
    ids = np.array(["A", "B", None, "A"], dtype=object)
    trench = same_trench(lines, kind, ids, 1.5)
    assert trench[0] == trench[3]
    assert trench[0] != trench[1]
    assert trench[2] == trench[1]


def test_a_short_pipe_is_in_the_trench_of_a_long_one():
    lines = lines_of(line(0, 0, 200.0), line(20, 1, 30.0))
    trench = same_trench(lines, np.array([0, 1]), np.array([None, None], dtype=object), 3.0)
    assert trench[0] == trench[1]


def test_the_street_is_the_nearest_with_a_name_within_reach():
    lines = lines_of(line(0, 0), line(0, 500), None)
    roads = lines_of(line(0, 10), line(0, 5))
    names = np.array(["Storgata", "Elveveien"], dtype=object)
    assert street_of(lines, roads, names, 25.0).tolist() == [1, -1, -1]
    assert street_of(lines, roads, names, 4.0).tolist() == [-1, -1, -1]


def test_a_street_is_a_stretch_that_is_cut_when_it_is_long():
    lines = lines_of(*(line(100.0 * n, 0, 100.0) for n in range(6)))
    kind, trench = np.zeros(6, int), np.arange(6)
    metres = np.full(6, 100.0)
    pairs = touching(lines, trench, 1.0)
    assert list(zip(*(one.tolist() for one in pairs), strict=True)) == [
        (n, n + 1) for n in range(5)
    ]
    street = np.array([0, 0, 0, 0, 1, 1])
    whole = stretches(lines, kind, trench, street, metres, pairs=pairs, longest=1e6)
    assert len(set(whole[:4].tolist())) == 1
    assert len(set(whole.tolist())) == 2
    cut = stretches(lines, kind, trench, street, metres, pairs=pairs, longest=200.0)
    assert cut[0] == cut[1] != cut[2] == cut[3] != cut[4] == cut[5]


def test_short_stretches_join_each_other_then_the_longest_they_touch():
    # 0 long, 1 short beside 0 and 4; 2 and 3 short beside each other; 5 short and alone.
    length = np.array([300.0, 40.0, 60.0, 60.0, 500.0, 50.0])
    touch = np.array([0, 1, 2]), np.array([1, 4, 3])
    after = merge_short(length, touch, 100.0)
    assert after[1] == after[4] != after[0]
    assert after[2] == after[3]
    assert (after == after[5]).sum() == 1


def test_the_metres_of_a_trench_are_those_of_its_longest_kind():
    told = trench_metres(
        np.array([0, 0, 0, 1]), np.array([0, 1, 1, 0]), np.array([0, 0, 0, 0]),
        np.array([100.0, 60.0, 60.0, 30.0]),
    )  # fmt: skip
    assert told.tolist() == [150.0]
