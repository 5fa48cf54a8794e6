"""Speeds on a bicycle by slope and kind of way, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from askergeo.errors import ParameterError
from askergeo.network.cycling import cycle_costs, find_cycle_profile, load_cycle_profiles
from askergeo.network.paths import Network, matrix
from askergeo.parameters import CONFIDENCE
from tests.network.graphs import graph_of, random_graph
from tests.network.peers import peer_matrix, random_places

KM = [[(0, 0), (1000, 0)]]


def kmh(profile: str, slope: float, kind: str = "veg") -> tuple[float, float]:
    """Speed along one kilometre, up the slope and down it again."""
    costs = cycle_costs(graph_of(KM, slopes=[[slope]], kinds=[kind]), find_cycle_profile(profile))
    return 3600 / costs.forward[0], 3600 / costs.backward[0]


# toi.no, «Hvor fort sykler folk i Oslo?»: 16.8 and 18 km/h.
@pytest.mark.parametrize(("profile", "speed"), [("sykkel", 16.8), ("elsykkel", 18.0)])
def test_the_flat_is_ridden_at_the_measured_mean(profile, speed):
    assert kmh(profile, 0.0) == pytest.approx((speed, speed))


@pytest.mark.parametrize(
    ("profile", "slope", "up", "down"),
    [
        # 16.8 − 5·1.44 and 16.8 + 5·0.86; from 6 per cent down no faster.
        ("sykkel", 0.05, 9.6, 21.1),
        ("sykkel", 0.06, 8.16, 21.96),
        ("sykkel", 0.08, 5.28, 21.96),
        # 16.8 − 10·1.44 is 2.4: pushing at 4 km/h is faster.
        ("sykkel", 0.10, 4.0, 21.96),
        ("elsykkel", 0.05, 12.6, 22.3),
        ("elsykkel", 0.10, 7.2, 23.16),
    ],
)
def test_a_hill_by_hand(profile, slope, up, down):
    assert kmh(profile, slope) == pytest.approx((up, down), rel=1e-5)


def test_an_electric_bicycle_gains_most_uphill():
    # TØI's measurements: 1.2 km/h on average, about 3 km/h in steep hills.
    gain = [kmh("elsykkel", slope)[0] - kmh("sykkel", slope)[0] for slope in (0, 0.02, 0.05)]
    assert gain == pytest.approx([1.2, 1.92, 3.0], rel=1e-5)
    assert max(kmh("elsykkel", -slope)[0] for slope in np.linspace(0, 0.3, 31)) <= 25


def test_a_hill_of_two_pieces_costs_the_sum_of_them():
    # 400 m at 5 % up and 600 m at 3 % down, and the same way back.
    graph = graph_of([[(0, 0), (400, 0), (1000, 0)]], slopes=[[0.05, -0.03]])
    costs = cycle_costs(graph, find_cycle_profile("sykkel"))
    assert costs.forward[0] == pytest.approx(400 / (9.6 / 3.6) + 600 / (19.38 / 3.6), rel=1e-5)
    assert costs.backward[0] == pytest.approx(400 / (21.1 / 3.6) + 600 / (12.48 / 3.6), rel=1e-5)


def test_paths_are_slower_stairs_are_walked_and_pushing_is_the_slowest():
    assert kmh("sykkel", 0.0, "sti")[0] == pytest.approx(16.8 * 0.6)
    assert kmh("sykkel", 0.0, "gangveg")[0] == pytest.approx(16.8)
    assert kmh("elsykkel", 0.3, "trapp") == pytest.approx((1.5, 1.5))
    assert kmh("sykkel", 0.07, "sti")[0] == pytest.approx(4.032)  # 0.6·6.72: just rides
    assert kmh("sykkel", 0.08, "sti")[0] == pytest.approx(4.0)  # 0.6·5.28 is slower than pushing


def test_unknown_slope_is_flat_and_no_edges_cost_nothing():
    assert kmh("sykkel", np.nan) == pytest.approx((16.8, 16.8))
    assert len(cycle_costs(graph_of([]), find_cycle_profile("sykkel")).forward) == 0


def test_ways_are_the_shortest_that_networkx_finds():
    graph = random_graph(3)
    costs = cycle_costs(graph, find_cycle_profile("sykkel"))
    assert (costs.forward != costs.backward).mean() > 0.9
    random = np.random.default_rng(1)
    origins, targets = random_places(graph, random, 20), random_places(graph, random, 5)
    found = matrix(Network.of(graph, costs), origins, targets)
    np.testing.assert_allclose(found, peer_matrix(graph, costs, origins, targets), rtol=1e-9)


def test_every_value_has_its_source_and_an_unknown_name_is_told():
    for profile in load_cycle_profiles().values():
        for value in profile.values:
            assert value.source
            assert value.unit
            assert value.confidence in CONFIDENCE
        assert any("Tap av fart" in line for line in profile.warnings())
    with pytest.raises(ParameterError, match="Mente du «elsykkel»"):
        find_cycle_profile("elsykel")
