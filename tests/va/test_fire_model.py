"""What outlets give in a model: against wntr's own runs of EPANET, and on nets drawn by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import wntr

from askergeo.analyses import find
from askergeo.parameters import load_parameters
from askergeo.va._fire_gaps import gaps
from askergeo.va._fire_model import NO, STEP_L_S, UNKNOWN, YES, FireModel
from askergeo.va.firewater import BASES, GROUNDS, fire_water, outlets_of
from askergeo.va.hydraulics import BAR_M, EpanetModel, epanet_model

if TYPE_CHECKING:
    from pathlib import Path

SETS = find("va_brannvann").parameters
P = load_parameters(SETS)
# Two hydrants at the end of one long main of 150 mm: each gives more than 25 l/s alone.
MAIN = """[JUNCTIONS]
 h1 0
 h2 0
 h3 0
[RESERVOIRS]
 k 60
[PIPES]
 p1 k h1 {metres} 150 130
 p2 h1 h2 20 150 130
 p3 h1 h3 20 150 130
[OPTIONS]
 Units LPS
 Headloss H-W
[END]
"""


def placed(text: str, places: dict[str, tuple[float, float]] | None = None) -> Any:
    spots = {name: shapely.Point(one) for name, one in (places or {}).items()}
    return SimpleNamespace(
        model=EpanetModel(name="m", text=text),
        places=pd.Series(spots, dtype=object),
        heights_unknown=frozenset(),
    )


def opened(text: str, ids: list[str], parameters: Any = P, **more: Any) -> FireModel:
    xy = np.array([(10.0 * one, 0.0) for one in range(len(ids))])
    return FireModel(placed(text, **more), np.array(ids, dtype=object), xy, parameters)


def hydrants(l_s: list[float | None], ids: list[str] | None = None) -> gpd.GeoDataFrame:
    names = ids or [f"h{one + 1}" for one in range(len(l_s))]
    return gpd.GeoDataFrame(
        {"node_id": names, "type": "hydrant", "kapasitet_l_s": np.array(l_s, dtype=float)},
        geometry=[shapely.Point(10 * one, 0) for one in range(len(l_s))],
        crs="EPSG:25832",
    )


def house(kind: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"bygning_id": [1], "bygningstype": [kind]},
        geometry=[shapely.Point(0, 5)],
        crs="EPSG:25832",
    )


def judged(text: str, l_s: list[float | None], kind: int, ids: list[str] | None = None) -> Any:
    nodes = hydrants(l_s, ids)
    with opened(text, nodes["node_id"].tolist()) as model:
        outlets = outlets_of(nodes, None, P, model)
        return outlets, fire_water(house(kind), outlets, P, model)


class Theirs:
    """Net1 in the hour with most demand, which lasts from 06 to 08, run by wntr."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.net = wntr.network.WaterNetworkModel(str(file))
        self.net.options.time.duration = 0
        self.net.options.time.pattern_start = 6 * 3600
        self.prefix = str(folder / "w")
        self.net.add_pattern("brann", [1.0])

    def bar(self, draws: dict[str, float]) -> dict[str, float]:
        for node, l_s in draws.items():
            self.net.get_node(node).add_demand(l_s / 1000, "brann", "brann")
        run = wntr.sim.EpanetSimulator(self.net).run_sim(file_prefix=self.prefix)
        for node in draws:
            demands = self.net.get_node(node).demand_timeseries_list
            demands.pop(len(demands) - 1)
        found = run.node["pressure"].iloc[0]
        return {node: float(found[node]) / BAR_M for node in draws}

    def most(self, node: str, high: float) -> float:
        low = 0.0
        while high - low > 0.1:
            middle = (low + high) / 2
            if self.bar({node: middle})[node] >= 1.0:
                low = middle
            else:
                high = middle
        return low


def test_what_outlets_give_is_what_wntr_says(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "network" / "Net1.inp"
    parameters = load_parameters(SETS, {"va_brannvann_annen_l_s": 400.0})
    theirs = Theirs(file, tmp_path)
    ids = ["12", "22", "32"]
    # A net of GPM and psi, with a pump and a tank.
    with opened(epanet_model(file).text, ids, parameters) as model:
        alone = np.array([model.alone(one) for one in range(len(ids))])
        for name, mine in zip(ids, alone, strict=True):
            assert mine == pytest.approx(theirs.most(name, 400.0), abs=STEP_L_S + 0.1)
        # Both at the same time: every tenth share tried by wntr.
        shares = np.arange(0.1, 1.0, 0.1)
        answers = set()
        for total in (0.5 * alone[1:].sum(), 0.95 * alone[1:].sum()):
            best = max(
                min(theirs.bar({"22": part * total, "32": (1 - part) * total}).values())
                for part in shares
            )
            assert abs(best - 1.0) > 0.05
            model._known.clear()
            answers.add(model.together((1, 2), alone, float(total)))
            assert (model.together((1, 2), alone, float(total)) == YES) == (best >= 1.0)
    assert answers == {YES, NO}


def test_two_that_give_enough_alone_do_not_do_so_together() -> None:
    outlets, found = judged(MAIN.format(metres=1500), [None, None], 146)
    assert (outlets.model_l_s > 25).all()
    assert (found.answer[0], GROUNDS[found.ground[0]]) == (NO, "Modell")
    outlets, found = judged(MAIN.format(metres=50), [None, None], 146)
    assert (found.answer[0], GROUNDS[found.ground[0]]) == (YES, "Modell")
    assert (outlets.model_l_s == outlets.most_l_s).all()


def test_what_was_measured_goes_before_the_model_and_the_model_before_the_pipe() -> None:
    outlets, found = judged(MAIN.format(metres=1500), [15.0, None], 111)
    assert [BASES[one] for one in outlets.basis] == ["Målt", "Modell"]
    assert np.isnan(outlets.model_l_s[0])
    assert (found.answer[0], GROUNDS[found.ground[0]]) == (YES, "Modell")
    both, _ = judged(MAIN.format(metres=1500), [None, None], 111, ["h1", "ukjent"])
    assert [BASES[one] for one in both.basis] == ["Modell", "Ukjent"]


def test_a_model_that_contradicts_the_measurements_leaves_it_unknown() -> None:
    _, found = judged(MAIN.format(metres=1500), [30.0, 30.0], 146)
    assert found.answer[0] == UNKNOWN
    # Together they never give more than alone.
    _, found = judged(MAIN.format(metres=50), [20.0, 20.0], 146)
    assert (found.answer[0], GROUNDS[found.ground[0]]) == (NO, "Målt")


def test_a_dry_outlet_gives_nothing_and_a_low_one_too() -> None:
    cut = MAIN.format(metres=50).replace(" p3 h1 h3 20 150 130", " p3 h1 h3 20 150 130 0 Closed")
    with opened(cut.replace(" h2 0", " h2 55"), ["h1", "h2", "h3"]) as model:
        assert [model.alone(one) for one in range(3)] == [model.most_l_s, 0.0, 0.0]


def test_an_outlet_is_the_nearest_node_when_no_node_has_its_id() -> None:
    places = {"h1": (12.0, 0.0), "h2": (400.0, 0.0)}
    with opened(MAIN.format(metres=50), ["x", "y", "z"], places=places) as model:
        assert model.node.tolist() == [-1, 0, -1]
        assert np.isnan(model.alone(0))


def test_no_answer_depends_on_those_before_it() -> None:
    text = MAIN.format(metres=1500)
    with opened(text, ["h1", "h2"]) as one, opened(text, ["h2", "h1"]) as two:
        assert [one.alone(0), one.alone(1)] == [two.alone(1), two.alone(0)]


def test_mains_too_far_from_an_outlet_are_found_in_whole() -> None:
    pipes = gpd.GeoDataFrame(
        {"ledning_id": list("abcd"), "type": ["vann", "vann", "spillvann", "vann"],
         "eier": ["kommunal", None, "kommunal", "privat"]},
        geometry=[shapely.LineString(one) for one in (
            [(0, 0), (1000, 0)], [(1000, 0), (1000, 500)], [(0, 50), (1000, 50)],
            [(0, 900), (900, 900)])],
        crs="EPSG:25832",
    )  # fmt: skip
    places = np.array([(500.0, 30.0), (500.0, 60.0), (100.0, 0.0)])
    found = gaps(pipes, np.array([(0.0, 0.0), (1000.0, 0.0)]), places, P)
    assert [round(one.metres) for one in found] == [700, 350]
    assert [one.buildings.tolist() for one in found] == [[0], []]
    assert found[0].farthest_m == pytest.approx(495, abs=6)
    assert gaps(pipes, np.empty((0, 2)), places, P)[0].metres == pytest.approx(1500)
