"""Models written again: the same results, and what the layers change is changed in the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, OverwriteError, SourceError
from askergeo.ingest_inp import add_inp
from askergeo.sources.inp import inp_text, layers_of, read_inp, write_inp

if TYPE_CHECKING:
    from pathlib import Path

EPANET_FILES = (
    "Hanoi", "Net1", "Net2", "Net3", "Todini_Fig2_optCost_CMH", "Todini_Fig2_solA_CMH", "latin1",
)  # fmt: skip
VA = ("va_node", "va_ledning", "va_anlegg", "va_modell")


def through_package(path: Path, folder: Path, *, store: str = "parquet") -> Path:
    """Take a model into a package, out of it as layers, and write it again."""
    package = DataPackage.create(folder / "pakke", municipality="3203", store=store)
    add_inp(package, path)
    frames = {name: package.read(name) for name in VA if name in package}
    target = folder / "ut.inp"
    write_inp(frames, target)
    return target


def epanet_results(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return pressures and flows of every step, straight from EPANET's own run."""
    from wntr.epanet.toolkit import ENepanet  # noqa: PLC0415  (heavy)

    engine = ENepanet()
    engine.ENopen(str(path), str(folder / "r.txt"), str(folder / "b.bin"))
    nodes, links = engine.ENgetcount(0), engine.ENgetcount(2)
    engine.ENopenH()
    engine.ENinitH(0)
    pressures, flows = [], []
    step = 1
    while step > 0:
        engine.ENrunH()
        pressures.append([engine.ENgetnodevalue(k + 1, 11) for k in range(nodes)])
        flows.append([engine.ENgetlinkvalue(k + 1, 8) for k in range(links)])
        step = engine.ENnextH()
    engine.ENcloseH()
    engine.ENclose()
    return np.array(pressures), np.array(flows)


@pytest.mark.parametrize("name", EPANET_FILES)
def test_epanet_round_trip(shared_data: Path, tmp_path: Path, name: str):
    path = shared_data / "network" / f"{name}.inp"
    again = through_package(path, tmp_path)
    assert again.read_bytes() == path.read_bytes()
    before, after = epanet_results(path, tmp_path), epanet_results(again, tmp_path)
    assert np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])
    assert np.isfinite(before[0]).all()
    assert np.abs(before[1]).max() > 0


def test_round_trip_through_geopackage(shared_data: Path, tmp_path: Path):
    path = shared_data / "network/Net3.inp"
    assert through_package(path, tmp_path, store="gpkg").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["Net1", "Hanoi"])
def test_elements_without_their_lines(shared_data: Path, tmp_path: Path, name: str):
    """Pipes and nodes made from the layers alone give the same flows and pressures."""
    path = shared_data / "network" / f"{name}.inp"
    frames = layers_of(read_inp(path))
    pipes, rows = frames["va_ledning"], frames["va_modell"]
    # The layer holds whole millimetres; an inch is 25.4 of them.
    inches = (pipes["dimensjon_mm"] / 25.4).round() * 25.4
    exact = inches if name == "Net1" else pipes["dimensjon_mm"].astype("Float64")
    pipes = pipes.assign(dimensjon_mm=exact)
    gone = ["PIPES", "JUNCTIONS", "RESERVOIRS", "COORDINATES", "VERTICES", "QUALITY", "DEMANDS"]
    left = rows[~rows["seksjon"].isin(gone)]
    target = tmp_path / "ut.inp"
    write_inp(frames | {"va_ledning": pipes, "va_modell": left}, target)
    before, after = epanet_results(path, tmp_path), epanet_results(target, tmp_path)
    assert before[0].shape == after[0].shape
    # The order may be another; EPANET stops at 0.001 of the flow, hence centimetres.
    assert np.allclose(np.sort(before[0]), np.sort(after[0]), rtol=1e-3, atol=0.05)
    assert np.allclose(np.sort(before[1]), np.sort(after[1]), rtol=1e-3, atol=1.0)


def swmm_report(path: Path, folder: Path) -> str:
    from swmm.toolkit import solver  # noqa: PLC0415

    report = folder / f"{path.stem}.rpt"
    solver.swmm_run(str(path), str(report), str(folder / "o.out"))
    return report.read_text()


def summary(report: str, title: str) -> dict[str, list[float]]:
    """Return the numbers of a table of a SWMM report, by the name in the first column."""
    body = report.split(title, 1)[1]
    table = re.split(r"\n\s*-{20,}\n", body, maxsplit=2)[2].split("\n  \n")[0]
    rows = [line.split() for line in table.splitlines() if line.strip() and "---" not in line]
    return {
        row[0]: [float(one) for one in row[1:] if re.fullmatch(r"-?[\d.]+", one)] for row in rows
    }


def test_swmm_round_trip_and_reference(shared_data: Path, tmp_path: Path):
    path = shared_data / "network/Example1b.inp"
    again = through_package(path, tmp_path)
    assert again.read_bytes() == path.read_bytes()
    before, after = swmm_report(path, tmp_path), swmm_report(again, tmp_path)
    started = re.compile(r"Analysis (begun|ended).*|Total elapsed.*")
    assert started.sub("", before) == started.sub("", after)
    reference = (shared_data / "network/Example1b.rpt").read_text()
    for title in ("Subcatchment Runoff Summary", "Node Depth Summary", "Link Flow Summary"):
        mine, theirs = summary(after, title), summary(reference, title)
        assert mine.keys() == theirs.keys()
        for name, numbers in theirs.items():
            # The reference is of SWMM 5.1.013, the engine here is 5.2.
            assert mine[name] == pytest.approx(numbers, rel=0.02, abs=0.02), (title, name)


def test_changes_in_the_layers(shared_data: Path, tmp_path: Path):
    path = shared_data / "network/Net1.inp"
    frames = layers_of(read_inp(path))
    pipes, nodes = frames["va_ledning"].copy(), frames["va_node"].copy()
    pipes.loc[pipes["ledning_id"] == "11", "dimensjon_mm"] = 508
    pipes.loc[pipes["ledning_id"] == "12", "status"] = "stengt"
    pipes.loc[pipes["ledning_id"] == "31", "lengde_m"] = 304.8
    nodes.loc[nodes["node_id"] == "13", "hoyde"] = 200.0
    nodes.loc[nodes["node_id"] == "22", "behov_l_s"] *= 2
    nodes.loc[nodes["node_id"] == "22", "geometry"] = shapely.Point(51, 41)
    text, _, remarks = inp_text(frames | {"va_ledning": pipes, "va_node": nodes})
    assert remarks == ()
    target = tmp_path / "ut.inp"
    target.write_text(text)
    import wntr  # noqa: PLC0415

    model = wntr.network.WaterNetworkModel(str(target))
    old = wntr.network.WaterNetworkModel(str(path))
    assert model.get_link("11").diameter == pytest.approx(0.508)
    assert str(model.get_link("12").initial_status) == "Closed"
    assert model.get_link("31").length == pytest.approx(304.8)
    assert model.get_node("13").elevation == pytest.approx(200.0)
    assert model.get_node("22").base_demand == pytest.approx(2 * old.get_node("22").base_demand)
    assert model.get_node("22").coordinates == (51, 41)
    # Nothing else is changed: six lines differ, and a place is moved within its section.
    lines, before = text.splitlines(), path.read_text().splitlines()
    assert len(set(before) - set(lines)) == 6


def test_elements_taken_out_and_added(shared_data: Path, tmp_path: Path):
    path = shared_data / "network/Net1.inp"
    frames = layers_of(read_inp(path))
    pipes, nodes = frames["va_ledning"], frames["va_node"]
    pipes = pipes[~pipes["ledning_id"].isin(["31", "121", "122"])]
    nodes = nodes[~nodes["node_id"].isin(["31", "32"])]
    node = nodes[nodes["node_id"] == "13"].assign(
        node_id="ny", geometry=gpd.GeoSeries([shapely.Point(80, 70)], crs=nodes.crs).to_numpy(),
        behov_l_s=1.5,
    )  # fmt: skip
    pipe = pipes[pipes["ledning_id"] == "12"].assign(
        ledning_id="nytt", fra_node_id="13", til_node_id="ny", lengde_m=100.0,
        geometry=gpd.GeoSeries(
            [shapely.LineString([(70, 70), (75, 75), (80, 70)])], crs=nodes.crs
        ).to_numpy(),
    )  # fmt: skip
    stray = pipe.assign(ledning_id="annet", fra_node_id="x", til_node_id="y")
    changed = frames | {
        "va_ledning": pd.concat([pipes, pipe, stray]), "va_node": pd.concat([nodes, node]),
    }  # fmt: skip
    target = tmp_path / "ut.inp"
    remarks = write_inp(changed, target)
    assert len(remarks) == 6
    assert any("1 ledninger henger ikke sammen med modellen" in one for one in remarks)
    import wntr  # noqa: PLC0415

    model = wntr.network.WaterNetworkModel(str(target))
    assert "31" not in model.node_name_list
    assert "122" not in model.link_name_list
    assert model.get_link("nytt").diameter == pytest.approx(0.254)
    assert model.get_link("nytt").vertices == [(75, 75)]
    assert model.get_node("ny").base_demand == pytest.approx(1.5e-3)
    with pytest.raises(OverwriteError):
        write_inp(changed, target)


def test_a_control_of_what_is_gone_is_refused(shared_data: Path, tmp_path: Path):
    frames = layers_of(read_inp(shared_data / "network/Net1.inp"))
    pipes = frames["va_ledning"]
    less = frames | {"va_ledning": pipes[pipes["ledning_id"] != "9"]}
    with pytest.raises(SourceError, match="Ledningen «9» finnes ikke"):
        write_inp(less, tmp_path / "ut.inp")


def _network() -> dict[str, pd.DataFrame]:
    nodes = gpd.GeoDataFrame(
        {"node_id": ["K", "A", "B"], "type": ["kilde", "kum", "hydrant"],
         "hoyde": [100.0, 50.0, 40.0], "behov_l_s": [None, 2.0, 3.0]},
        geometry=gpd.points_from_xy([580000, 580100, 580200], [6630000] * 3, crs="EPSG:25832"),
    )  # fmt: skip
    pipes = gpd.GeoDataFrame(
        {"ledning_id": ["1", "2", "S"], "type": ["vann", "vann", "spillvann"],
         "fra_node_id": ["K", "A", "A"], "til_node_id": ["A", "B", "B"],
         "dimensjon_mm": pd.array([150, 100, 200], "Int64"), "ruhet": [120.0, None, None]},
        geometry=list(shapely.linestrings(
            [[(580000, 6630000), (580100, 6630000)], [(580100, 6630000), (580200, 6630000)],
             [(580100, 6630000), (580200, 6630000)]]
        )),
        crs="EPSG:25832",
    )  # fmt: skip
    return {"va_node": nodes, "va_ledning": pipes}


def test_a_new_model_of_the_map(tmp_path: Path):
    frames = _network()
    target = tmp_path / "ny.inp"
    assert write_inp(frames, target, roughness=130) == ()
    pressures, flows = epanet_results(target, tmp_path)
    assert sorted(np.abs(flows[0]).round(4)) == [3, 5]
    # Hazen-Williams in metric units: h = 10.67 L Q^1.852 / (C^1.852 d^4.871), m³/s and m.
    loss = [10.67 * 100 * q**1.852 / (c**1.852 * d**4.871)
            for q, c, d in ((5e-3, 120, 0.15), (3e-3, 130, 0.1))]  # fmt: skip
    assert pressures[0][0] == pytest.approx(100 - loss[0] - 50, abs=0.01)
    assert pressures[0][1] == pytest.approx(100 - sum(loss) - 40, abs=0.01)


def test_what_is_unknown_is_never_made_up(tmp_path: Path):
    frames = _network()
    pipes, nodes = frames["va_ledning"], frames["va_node"]
    pipes.loc[0, "dimensjon_mm"] = pd.NA
    nodes.loc[2, "hoyde"] = np.nan
    with pytest.raises(LayerError) as caught:
        write_inp(frames, tmp_path / "ny.inp")
    for said in ("uten dimensjon: 1", "uten ruhet: 2", "uten høyde: B"):
        assert said in str(caught.value)
    assert not (tmp_path / "ny.inp").exists()


def test_closed_valve_and_pump(tmp_path: Path):
    frames = _network()
    nodes, pipes = frames["va_node"], frames["va_ledning"]
    nodes.loc[1, "type"] = "ventil"
    nodes["status"] = [None, "stengt", None]
    text, _, _ = inp_text(frames, roughness=130)
    assert re.search(r" 1 K A .* Open", text)
    assert re.search(r" 2 A B .* Closed", text)
    pipes["funksjon"] = ["pumpe", None, None]
    with pytest.raises(LayerError, match="Pumper uten kurve: 1"):
        inp_text(frames, roughness=130)
    # With a curve among the model's lines, which need no headings, it is a pump.
    rows = pd.DataFrame(
        [("m", "epanet", "CURVES", 1, "1 10 20"), ("m", "epanet", "OPTIONS", 1, "UNITS LPS")],
        columns=["modell_id", "program", "seksjon", "rad", "tekst"],
    )
    text, _, _ = inp_text(frames | {"va_modell": rows}, roughness=130)
    assert re.search(r" 1 K A HEAD 1", text)


def test_several_models(shared_data: Path):
    frames = [
        layers_of(read_inp(shared_data / f"network/{name}.inp"))["va_modell"]
        for name in ("Net1", "Net3")
    ]
    both = {"va_modell": pd.concat(frames)}
    with pytest.raises(LayerError, match="flere modeller: Net1, Net3"):
        inp_text(both)
    with pytest.raises(LayerError, match="«Net2» finnes ikke"):
        inp_text(both, model="Net2")
    assert inp_text(both, model="Net3")[0].startswith("[TITLE]\r\nEPANET Example Network 3")
