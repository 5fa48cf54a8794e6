"""Speeds, slopes, stairs and snow, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from askergeo.errors import ParameterError
from askergeo.network.graph import KINDS
from askergeo.network.profiles import (
    edge_costs,
    find_profile,
    load_profiles,
    metres,
    unknown_shares,
)
from askergeo.parameters import CONFIDENCE
from tests.network.graphs import graph_of

STRAIGHT = [[(0, 0), (100, 0)]]


def seconds(profile: str, slope: float, **options):
    kinds = options.pop("kinds", None)
    ploughed = options.pop("ploughed", None)
    graph = graph_of(STRAIGHT, slopes=[[slope]], kinds=kinds, ploughed=ploughed)
    costs = edge_costs(graph, find_profile(profile), **options)
    return costs.forward[0], costs.backward[0]


@pytest.mark.parametrize(
    ("name", "metres_in_five_minutes"),
    # domain.md section 3: what each speed reaches in five minutes.
    [("voksen", 416.67), ("voksen_4_8", 400), ("eldre", 240), ("rullator", 210)],
)
def test_each_walks_its_own_speed_on_the_flat(name, metres_in_five_minutes):
    forward, backward = seconds(name, 0.0)
    assert forward == backward == pytest.approx(300 * 100 / metres_in_five_minutes, rel=1e-5)


def test_people_on_foot_follow_tobler():
    # 6·exp(−3.5·|S + 0.05|) km/h is 5.0365 km/h on the flat and 6 km/h five per cent down.
    up, down = seconds("voksen", 0.10)
    flat = 72.0  # s for 100 m at 5 km/h
    assert up == pytest.approx(flat * 5.0365 / (6 * np.exp(-3.5 * 0.15)), rel=1e-4)
    assert down == pytest.approx(flat * 5.0365 / (6 * np.exp(-3.5 * 0.05)), rel=1e-4)
    assert seconds("voksen", -0.05)[0] == pytest.approx(flat * 5.0365 / 6, rel=1e-4)


@pytest.mark.parametrize(
    ("slope", "factor"),
    [(0.02, 1), (0.021, 0.85), (0.05, 0.85), (0.051, 0.6), (1 / 12, 0.6), (0.084, 0)],
)
def test_a_rollator_goes_by_steps_and_stops_at_one_in_twelve(slope, factor):
    expected = 100 / 0.7 / factor if factor else np.inf
    assert seconds("rullator", slope) == pytest.approx((expected, expected))
    assert seconds("rullator", -slope) == pytest.approx((expected, expected))


def test_one_steep_piece_closes_an_edge_and_the_others_add_up():
    line = [[(0, 0), (30, 0), (100, 0)]]
    steep = graph_of(line, slopes=[[0.2, 0.0]])
    assert np.isinf(edge_costs(steep, find_profile("rullator")).forward).all()
    uneven = graph_of(line, slopes=[[0.03, 0.0]])
    expected = 30 / (0.7 * 0.85) + 70 / 0.7
    assert edge_costs(uneven, find_profile("rullator")).forward[0] == pytest.approx(expected)


def test_unknown_slope_counts_as_flat_and_is_told():
    assert seconds("voksen", np.nan) == seconds("voksen", 0.0)
    lines = [[(0, 0), (30, 0)], [(30, 0), (100, 0)]]
    graph = graph_of(lines, slopes=[[np.nan], [0.1]], ploughed=[1, -1])
    assert unknown_shares(graph) == pytest.approx((0.3, 0.7))


def test_stairs_close_a_rollator_and_slow_others_instead_of_the_slope():
    assert seconds("rullator", 0.0, kinds=["trapp"]) == (np.inf, np.inf)
    assert seconds("voksen", 0.4, kinds=["trapp"]) == pytest.approx((144, 144))


def test_snow_matters_in_winter_only_and_only_where_it_is_known_to_lie():
    for ploughed, factor in ((1, 1.0), (-1, 1.0), (0, 0.6)):
        adult, _ = seconds("voksen", 0.0, ploughed=[ploughed], winter=True)
        assert adult == pytest.approx(72 / factor)
        assert seconds("voksen", 0.0, ploughed=[ploughed])[0] == pytest.approx(72)
    assert seconds("rullator", 0.0, ploughed=[0], winter=True) == (np.inf, np.inf)
    assert np.isfinite(seconds("rullator", 0.0, ploughed=[-1], winter=True)).all()


def test_metres_are_the_length_and_access_is_walked_at_full_speed():
    graph = graph_of(STRAIGHT)
    costs = metres(graph)
    assert (costs.forward[0], costs.backward[0], costs.access, costs.unit) == (100, 100, 1, "m")
    assert edge_costs(graph, find_profile("rullator")).access == pytest.approx(1 / 0.7)


def test_every_value_has_a_source_and_a_confidence():
    for profile in load_profiles().values():
        for value in profile.values:
            assert value.source
            assert value.confidence in CONFIDENCE
    assert any("usikker" in line for line in find_profile("rullator").warnings())


def test_an_unknown_profile_names_the_nearest_and_all():
    with pytest.raises(ParameterError, match="Mente du «rullator»") as error:
        find_profile("rolator")
    assert all(name in error.value.remedy for name in load_profiles())


def test_an_empty_network_has_no_costs_and_nothing_unknown():
    empty = graph_of([])
    assert len(edge_costs(empty, find_profile("voksen")).forward) == 0
    assert unknown_shares(empty) == (0.0, 0.0)
    assert "trapp" in KINDS
