"""EPANET's answers: against wntr, EPANET's own report, published figures, and each other."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import numpy as np
import pytest
import wntr
from wntr.epanet.toolkit import ENepanet

from askergeo.errors import AskergeoError, ParameterError, SourceError
from askergeo.sources.inp import layers_of, read_inp
from askergeo.va import _hydraulic_engine
from askergeo.va.cost import pipe_costs
from askergeo.va.hydraulics import (
    BAR_M,
    EpanetModel,
    epanet_model,
    fire_flow,
    fire_flows,
    pressures_without,
    run_epanet,
)

NETWORKS = ("Hanoi", "Net1", "Net2", "Net3", "Todini_Fig2_optCost_CMH", "Todini_Fig2_solA_CMH")
# The published optimum of Hanoi: inches by pipe, and $ a metre by inches.
HANOI_INCHES = [40] * 9 + [
    30, 24, 24, 20, 16, 12, 12, 16, 24, 20, 40, 20, 12, 40, 30, 30, 20, 12, 12, 16, 12, 12, 16, 16,
    24,
]  # fmt: skip
HANOI_PRICES = {12: 45.726, 16: 70.40, 20: 98.378, 24: 129.333, 30: 180.748, 40: 278.280}


@pytest.fixture
def network(shared_data: Path) -> Path:
    return shared_data / "network"


@pytest.mark.parametrize("name", NETWORKS)
def test_pressures_and_flows_are_those_of_wntr(network: Path, name: str, tmp_path: Path) -> None:
    model = wntr.network.WaterNetworkModel(str(network / f"{name}.inp"))
    theirs = wntr.sim.EpanetSimulator(model).run_sim(file_prefix=str(tmp_path / "w"))
    mine = run_epanet(network / f"{name}.inp")
    pressure = theirs.node["pressure"][list(mine.node)]
    assert list(pressure.index) == list(mine.seconds)
    # wntr writes the model anew with rounded figures, and reads results of seven digits.
    np.testing.assert_allclose(mine.pressure_m, pressure.to_numpy(), atol=5e-3)
    flow = 1000 * theirs.link["flowrate"][list(mine.link)].to_numpy()
    np.testing.assert_allclose(mine.flow_l_s, flow, atol=2e-2 + 1e-3 * np.abs(flow).max())
    speed = theirs.link["velocity"][list(mine.link)].to_numpy()
    np.testing.assert_allclose(mine.velocity_m_s, speed, atol=5e-3)


def test_hanoi_with_the_published_diameters_costs_and_presses_as_published(network: Path) -> None:
    text = (network / "Hanoi.inp").read_text()
    model = EpanetModel(name="Hanoi", text=_with_inches(text, HANOI_INCHES))
    run = run_epanet(model)
    prices = {25.4 * inches: price for inches, price in HANOI_PRICES.items()}
    costs = pipe_costs(run.diameter_mm, run.length_m, prices)
    assert costs.loc["sum", "kostnad"] == pytest.approx(6.081e6, abs=500)
    assert np.nanmin(run.pressure_m[:, run.junction]) == pytest.approx(0.007, abs=5e-4)


def _with_inches(text: str, inches: list[int]) -> str:
    head, mark, rest = text.partition("[PIPES]")
    lines, at = [], 0
    body, bracket, tail = rest.partition("\n[")
    for line in body.split("\n"):
        words = line.split()
        if words and not words[0].startswith(";"):
            assert int(words[0]) == at + 1
            words[4] = repr(25.4 * inches[at])
            at += 1
        lines.append("\t".join(words))
    assert at == len(inches)
    return head + mark + "\n".join(lines) + bracket + tail


def test_values_are_those_in_the_report_that_epanet_writes(network: Path) -> None:
    """The report of Net1 at the first hour, as EPANET's own program prints it."""
    report = _report((network / "Net1.inp").read_text())
    run = run_epanet(network / "Net1.inp")
    for name, head, psi in report:
        at = list(run.node).index(name)
        assert run.head_m[0, at] == pytest.approx(head * 0.3048, abs=0.0031)
        assert run.pressure_m[0, at] / 0.3048 * 0.4333 == pytest.approx(psi, abs=0.0051)


def _report(text: str) -> list[tuple[str, float, float]]:
    """Run EPANET with a report of every node, and read it."""
    asked = text.replace("[REPORT]", "[REPORT]\n Nodes All\n Page 0\n")
    with TemporaryDirectory() as folder:
        model, report = Path(folder) / "m.inp", Path(folder) / "m.rpt"
        model.write_text(asked)
        engine = ENepanet()
        engine.ENopen(str(model), str(report), str(Path(folder) / "m.bin"))
        engine.ENsolveH()
        engine.ENsaveH()
        engine.ENreport()
        engine.ENclose()
        part = report.read_text().partition("Node Results at 0:00:00")[2]
    rows = re.findall(r"^\s+(\w+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)", part, re.MULTILINE)
    found = [(name, float(head), float(psi)) for name, _, head, psi in rows[:9]]
    assert len(found) == 9
    return found


def test_water_is_conserved_at_every_node_and_hour(network: Path) -> None:
    run = run_epanet(network / "Net3.inp")
    into = np.zeros_like(run.demand_l_s)
    for link in range(len(run.link)):
        into[:, run.end[link]] += run.flow_l_s[:, link]
        into[:, run.start[link]] -= run.flow_l_s[:, link]
    scale = np.abs(run.flow_l_s).max()
    np.testing.assert_allclose(into, run.demand_l_s, atol=1e-3 * scale)


def test_nothing_is_left_behind(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    run_epanet(network / "Net1.inp")
    with pytest.raises(SourceError):
        run_epanet(network / "bad_values.inp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Net1broken", ("linje 23", "id-en er brukt to ganger", "«2»", "[RESERVOIRS]")),
        ("bad_values", ("linje 56", "noden finnes ikke", "«node1»", "«pipe2»", "[PIPES]")),
    ],
)
def test_what_epanet_refuses_is_told_with_line_and_element(
    network: Path, name: str, said: tuple[str, ...]
) -> None:
    with pytest.raises(SourceError) as caught:
        run_epanet(network / f"{name}.inp")
    assert all(one in str(caught.value) for one in said), str(caught.value)


def test_a_fault_without_a_line_is_told() -> None:
    text = "[JUNCTIONS]\n a 0\n b 0\n[PIPES]\n p a b 10 100 100\n[END]\n"
    with pytest.raises(SourceError, match="verken kilde eller basseng"):
        run_epanet(EpanetModel(name="m", text=text))


def test_a_sewer_model_is_no_model_for_epanet(network: Path) -> None:
    with pytest.raises(SourceError, match="SWMM"):
        epanet_model(network / "Example1b.inp")


def test_the_model_of_a_package_gives_what_the_file_gives(network: Path) -> None:
    frames = layers_of(read_inp(network / "Net3.inp"))
    mine, files = run_epanet(frames), run_epanet(network / "Net3.inp")
    assert list(mine.node) == list(files.node)
    np.testing.assert_allclose(mine.pressure_m, files.pressure_m, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mine.flow_l_s, files.flow_l_s, rtol=1e-9, atol=1e-9)


def test_a_package_without_a_model_says_so() -> None:
    with pytest.raises(SourceError, match="ingen modell"):
        run_epanet({})


TREE = """[JUNCTIONS]
 a 10 2
 b 20 1
 c 5 0
[RESERVOIRS]
 k 60
[PIPES]
 p1 k a 100 150 130
 p2 a b 200 100 130
 p3 b c 50 100 130 0 CV
[CONTROLS]
 LINK p2 OPEN AT TIME 1
[TIMES]
 Duration 2:00
[OPTIONS]
 Units LPS
 Headloss H-W
[END]
"""


def _tree() -> EpanetModel:
    return EpanetModel(name="tre", text=TREE)


def _loss(flow_l_s: float, metres: float, mm: float, c: float) -> float:
    """Hazen-Williams' loss of head in metres, from the handbook's formula."""
    return 10.667 * (flow_l_s / 1000) ** 1.852 * c**-1.852 * (mm / 1000) ** -4.871 * metres


def test_a_tree_by_hand() -> None:
    run = run_epanet(_tree())
    a = 60 - _loss(3, 100, 150, 130) - 10
    b = 60 - _loss(3, 100, 150, 130) - _loss(1, 200, 100, 130) - 20
    assert run.pressure_m[0, 0] == pytest.approx(a, abs=2e-3)
    assert run.pressure_m[0, 1] == pytest.approx(b, abs=2e-3)
    # Water of 1000 kg/m³ under 9.80665 m/s²: a metre is 9.80665 kPa.
    assert run.pressure_bar[0, 1] == pytest.approx(run.pressure_m[0, 1] * 0.0980665, rel=1e-9)


def test_a_pipe_that_is_shut_stays_shut_and_those_behind_have_no_pressure() -> None:
    run = pressures_without(_tree(), ["p2"])
    assert run.reached[:, 0].all()
    assert not run.reached[:, 1:3].any(), "a control would have opened it after an hour"
    assert np.isnan(run.pressure_m[:, 1]).all()
    assert run.flow_l_s[:, 1].tolist() == pytest.approx([0, 0, 0], abs=1e-3)
    assert run.warnings


def test_a_check_valve_can_be_shut() -> None:
    assert not pressures_without(_tree(), ["p3"]).reached[:, 2].any()


def test_links_that_controls_and_rules_open_stay_shut(network: Path) -> None:
    shut = ["10", "335", "330"]
    run = pressures_without(network / "Net3.inp", shut)
    at = [list(run.link).index(one) for one in shut]
    np.testing.assert_allclose(run.flow_l_s[:, at], 0, atol=1e-4)
    open_ = run_epanet(network / "Net3.inp")
    assert np.abs(open_.flow_l_s[:, at]).max() > 10


def test_a_bridge_cuts_off_the_same_nodes_as_taking_its_edge_out(network: Path) -> None:
    run = run_epanet(network / "Net3.inp")
    graph = nx.MultiGraph()
    for link, one, two in zip(run.link, run.start, run.end, strict=True):
        graph.add_edge(int(one), int(two), key=link)
    sources = np.flatnonzero(run.node_kind > 0)
    for link in run.link[:5]:
        cut = graph.copy()
        one, two = next((a, b) for a, b, k in graph.edges(keys=True) if k == link)
        cut.remove_edge(one, two, key=link)
        fed = set().union(*(nx.node_connected_component(cut, int(s)) for s in sources))
        mine = pressures_without(network / "Net3.inp", [link]).reached.any(axis=0)
        assert set(np.flatnonzero(mine)) <= fed


def test_an_unknown_pipe_is_named() -> None:
    with pytest.raises(ParameterError, match="finnes_ikke"):
        pressures_without(_tree(), ["finnes_ikke"])


def test_less_is_delivered_where_the_pressure_is_low() -> None:
    whole = run_epanet(_tree())
    less = run_epanet(_tree(), pressure_driven=(0.0, 80.0, 0.5))
    taps = less.junction
    assert less.deficit_l_s[:, taps].sum() > 0
    asked = whole.demand_l_s[0, :2]
    # Wagner: the share is the root of pressure over what is required.
    share = np.sqrt(less.pressure_m[0, :2] / 80.0)
    np.testing.assert_allclose(less.demand_l_s[0, :2], asked * share, rtol=1e-3)
    np.testing.assert_allclose(less.demand_l_s + less.deficit_l_s, whole.demand_l_s * [1, 1, 1, 0]
                               + (less.demand_l_s + less.deficit_l_s) * [0, 0, 0, 1], rtol=1e-6)  # fmt: skip


def test_fire_flow_by_hand() -> None:
    found = fire_flow(_tree(), "b", 10.0, required_bar=1.0, hour=0)
    metres = 60 - _loss(13, 100, 150, 130) - _loss(11, 200, 100, 130) - 20
    assert found.pressure_bar == pytest.approx(metres / BAR_M, abs=1e-3)
    assert found.enough is (metres / BAR_M >= 1.0)
    assert found.lowest_node == "a"
    # What can be taken leaves one bar, within the step that it is sought with.
    for more, fits in ((0.0, True), (0.3, False)):
        again = fire_flow(_tree(), "b", found.available_l_s + more, hour=0)
        assert again.enough is fits


def test_one_fire_does_not_burn_into_the_next(network: Path) -> None:
    nodes = ["105", "109", "111"]
    together = fire_flows(network / "Net3.inp", nodes, 40.0)
    alone = [fire_flow(network / "Net3.inp", one, 40.0) for one in reversed(nodes)][::-1]
    for one, two in zip(together, alone, strict=True):
        assert one.node == two.node
        assert one.pressure_bar == pytest.approx(two.pressure_bar, abs=2e-3)
        assert one.available_l_s == pytest.approx(two.available_l_s, abs=0.5)


def test_fire_flow_agrees_with_wntr(network: Path, tmp_path: Path) -> None:
    mine = fire_flow(network / "Net3.inp", "109", 60.0, hour=0)
    model = wntr.network.WaterNetworkModel(str(network / "Net3.inp"))
    model.options.time.duration = 0
    # Without a pattern of its own a demand follows the model's default.
    model.add_pattern("likt", [1.0])
    model.get_node("109").add_demand(0.060, "likt")
    theirs = wntr.sim.EpanetSimulator(model).run_sim(file_prefix=str(tmp_path / "w"))
    assert mine.pressure_bar * BAR_M == pytest.approx(
        theirs.node["pressure"].loc[0, "109"], abs=5e-3
    )


def test_no_fire_in_a_source() -> None:
    with pytest.raises(ParameterError, match="kilder og bassenger"):
        fire_flow(_tree(), "k", 10.0)


def test_a_hydrant_without_water_gives_nothing() -> None:
    shut = TREE.replace("p2 a b 200 100 130", "p2 a b 200 100 130 0 Closed").replace(
        " LINK p2 OPEN AT TIME 1\n", ""
    )
    found = fire_flow(EpanetModel(name="m", text=shut), "b", 10.0)
    assert np.isnan(found.pressure_bar)
    assert found.available_l_s == 0
    assert not found.enough


def test_without_epanet_the_reader_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_hydraulic_engine, "find_spec", lambda name: None)  # noqa: ARG005
    _hydraulic_engine._library.cache_clear()
    with pytest.raises(AskergeoError, match="«va»"):
        run_epanet(_tree())
    _hydraulic_engine._library.cache_clear()


def test_negative_pressure_is_warned_of() -> None:
    high = TREE.replace(" b 20 1", " b 80 1")
    run = run_epanet(EpanetModel(name="m", text=high))
    assert run.pressure_m[0, 1] < 0
    assert run.warnings[6][0] == 0
