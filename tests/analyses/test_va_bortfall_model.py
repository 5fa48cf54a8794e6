"""Failures in EPANET's Net3 as it lies in a package: bridges by networkx, pressure by wntr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest

from askergeo.analyses.va_bortfall import va_bortfall
from askergeo.parameters import load_parameters
from askergeo.sources.inp import layers_of, read_inp

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

_BAR = 10.1972


@pytest.fixture(scope="module")
def path(shared_data: Path) -> Path:
    return shared_data / "network" / "Net3.inp"


@pytest.fixture(scope="module")
def result(path: Path) -> Result:
    frames = layers_of(read_inp(path), crs="EPSG:25832")
    chosen = {"va_bortfall_trykk_antall": "2", "va_bortfall_bassenger": "ja"}
    parameters = load_parameters("va_bortfall+va_nett", chosen)
    return va_bortfall(**frames, parameters=parameters)


def test_the_pipes_that_stand_alone_are_the_bridges_of_net3(path: Path, result: Result) -> None:
    from wntr.network import WaterNetworkModel  # noqa: PLC0415  (heavy)

    model = WaterNetworkModel(str(path))
    graph = nx.Graph()
    several = set()
    for name in model.link_name_list:
        link = model.get_link(name)
        if str(link.initial_status) == "Closed":
            continue
        ends = (link.start_node_name, link.end_node_name)
        if graph.has_edge(*ends):
            several.add(graph.edges[ends]["name"])
        graph.add_edge(*ends, name=name)
    # All sources are one: a pipe between two of them stands alone for nobody.
    graph.add_edges_from(
        ("root", one) for one in [*model.reservoir_name_list, *model.tank_name_list]
    )
    alone = {graph.edges[pair].get("name") for pair in nx.bridges(graph)} - {None} - several
    known = result.layer("reservevann").frame
    classes = result.table("ledninger").frame["km_alene"].sum() * 1000
    lengths = {
        name: getattr(model.get_link(name), "length", 0.0) or 0.0 for name in model.link_name_list
    }
    assert len(known) >= len(model.pipe_name_list)
    assert classes == pytest.approx(sum(lengths[name] for name in alone), rel=0.02)


def test_the_pressure_left_is_that_of_wntr(path: Path, result: Result) -> None:
    from wntr.network import LinkStatus, WaterNetworkModel  # noqa: PLC0415  (heavy)
    from wntr.sim import EpanetSimulator  # noqa: PLC0415

    table = result.table("trykk").frame
    assert len(table) == 2
    name = str(table.index[0])
    model = WaterNetworkModel(str(path))
    model.get_link(name).initial_status = LinkStatus.Closed
    for control, rule in list(model.controls()):
        if name in {str(one.name) for one in rule.requires()}:
            model.remove_control(control)
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        found = EpanetSimulator(model).run_sim(file_prefix=f"{folder}/m").node["pressure"]
    lowest = found[model.junction_name_list].to_numpy().min() / _BAR
    assert table.loc[name, "lavest"] == pytest.approx(float(lowest), abs=0.02)
    assert np.isfinite(table["vannforing"]).all()
