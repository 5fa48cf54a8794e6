"""A model on its way into a package: all its layers, or none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError, LayerError, OverwriteError, ParameterError, SourceError
from askergeo.ingest import add_file
from askergeo.ingest_inp import add_inp

if TYPE_CHECKING:
    from pathlib import Path

VA = ("va_node", "va_ledning", "va_anlegg", "va_modell")


@pytest.fixture
def package(tmp_path: Path) -> DataPackage:
    return DataPackage.create(tmp_path / "pakke", municipality="3203")


def test_every_layer_at_once(package: DataPackage, shared_data: Path):
    added, faults, placing = add_inp(package, shared_data / "network/Net3.inp")
    assert [(one.layer, one.rows) for one in added[:3]] == [
        ("va_node", 97), ("va_ledning", 119), ("va_anlegg", 7),
    ]  # fmt: skip
    assert faults.empty
    assert "lokale" in placing
    avvik = package.read_avvik("va_modell")
    assert avvik["tittel"].tolist() == ["Modellen har egne koordinater"]
    assert package.read("va_ledning")["fra_node_id"].isin(package.read("va_node")["node_id"]).all()


EPANET_FILES = (
    "Hanoi", "Net1", "Net2", "Net3", "Todini_Fig2_optCost_CMH", "Todini_Fig2_solA_CMH", "latin1",
)  # fmt: skip


@pytest.mark.parametrize("name", EPANET_FILES)
def test_no_element_is_lost(package: DataPackage, shared_data: Path, name: str):
    """As many nodes and links as EPANET itself counts, those without length too; none set aside."""
    from wntr.epanet.toolkit import ENepanet  # noqa: PLC0415  (heavy)

    path = shared_data / f"network/{name}.inp"
    engine = ENepanet()
    engine.ENopen(str(path), str(package.path / "r.txt"), str(package.path / "b.bin"))
    nodes, links = engine.ENgetcount(0), engine.ENgetcount(2)
    engine.ENclose()
    added, _, _ = add_inp(package, path)
    assert [(one.layer, one.rows, one.set_aside) for one in added[:2]] == [
        ("va_node", nodes, 0), ("va_ledning", links, 0),
    ]  # fmt: skip
    assert len(package.read("va_ledning")) == links
    assert package.read("va_ledning").geometry.notna().all()


def test_no_element_of_a_sewer_is_lost(package: DataPackage, shared_data: Path):
    """The nodes and links of SWMM's reference report."""
    report = (shared_data / "network/Example1b.rpt").read_text()
    added, _, _ = add_inp(package, shared_data / "network/Example1b.inp")
    assert [one.set_aside for one in added] == [0] * len(added)
    for layer, column, title in (
        ("va_node", "node_id", "Node Depth Summary"),
        ("va_ledning", "ledning_id", "Link Flow Summary"),
    ):
        rows = re.split(r"\n\s*-{20,}\n", report.split(title, 1)[1], maxsplit=2)[2]
        named = {line.split()[0] for line in rows.split("\n  \n")[0].splitlines() if line.strip()}
        assert set(package.read(layer)[column]) == named


def test_the_whole_file_is_refused_or_taken(package: DataPackage, shared_data: Path):
    with pytest.raises(SourceError, match="linje 24"):
        add_inp(package, shared_data / "network/Net1broken.inp")
    with pytest.raises(CrsError):
        add_inp(package, shared_data / "network/Net1.inp", crs="EPSG:25832")
    assert package.layer_ids == ()


def test_again(package: DataPackage, shared_data: Path):
    add_inp(package, shared_data / "network/Net1.inp")
    with pytest.raises(OverwriteError, match="«va_node»"):
        add_inp(package, shared_data / "network/Net1.inp")
    with pytest.raises(LayerError, match="samme nøkkel"):
        add_inp(package, shared_data / "network/Net1.inp", append=True)
    # Another model in its place: what the first had and this one has not is gone.
    add_inp(package, shared_data / "network/Example1b.inp", overwrite=True)
    assert len(package.read("va_anlegg")) == 0
    assert set(package.read("va_modell")["modell_id"]) == {"Example1b"}


def test_beside_a_map(package: DataPackage, shared_data: Path, tmp_path: Path):
    add_inp(package, shared_data / "network/Hanoi.inp")
    path = tmp_path / "annet.inp"
    path.write_text(
        "[JUNCTIONS]\n a 1 2\n[RESERVOIRS]\n b 10\n[PIPES]\n ab b a 10 100 100\n"
        "[COORDINATES]\n a 1 1\n b 2 2\n[OPTIONS]\n Units LPS\n[END]\n"
    )
    add_inp(package, path, append=True)
    assert len(package.read("va_node")) == 34
    assert set(package.read("va_modell")["modell_id"]) == {"Hanoi", "annet"}


def test_without_coordinates(package: DataPackage, shared_data: Path, tmp_path: Path):
    text = (shared_data / "network/Hanoi.inp").read_text()
    start, end = text.index("[COORDINATES]"), text.index("[VERTICES]")
    path = tmp_path / "uten.inp"
    path.write_text(text[:start] + text[end:])
    added, faults, placing = add_inp(package, path)
    assert [one.layer for one in added] == ["va_modell"]
    assert len(faults) == 32
    assert "ingen koordinater" in placing


def test_one_layer_of_a_model(package: DataPackage, shared_data: Path):
    path = shared_data / "network/Net1.inp"
    assert add_file(package, "va_ledning", path).rows == 13
    assert package.layer_ids == ("va_ledning",)
    with pytest.raises(ParameterError, match="va_node"):
        add_file(package, "bygning", path)


def test_command_line(package: DataPackage, shared_data: Path):
    from typer.testing import CliRunner  # noqa: PLC0415

    from askergeo.cli.main import app  # noqa: PLC0415

    file = str(shared_data / "network/Net1.inp")
    run = CliRunner().invoke(app, ["data", "legg-til", str(package.path), file])
    assert run.exit_code == 0, run.output
    assert "va_ledning: 13 rader fra Net1.inp" in run.output
    assert "lokale" in run.output
