"""`askergeo va hydraulikk` on models that came in as files: the tables, and the file that goes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from askergeo.cli.main import app
from askergeo.datapackage import DataPackage
from askergeo.ingest_inp import add_inp
from askergeo.va.hydraulics import run_epanet
from askergeo.va.model_export import export_model

if TYPE_CHECKING:
    from pathlib import Path

# The published optimum of Hanoi: inches by pipe, and $ a metre by inches.
INCHES = (
    *[40] * 9, 30, 24, 24, 20, 16, 12, 12, 16, 24, 20, 40, 20, 12, 40, 30, 30, 20, 12, 12, 16, 12,
    12, 16, 16, 24,
)  # fmt: skip
PRICES = {12: 45.726, 16: 70.40, 20: 98.378, 24: 129.333, 30: 180.748, 40: 278.280}
EPANET_FILES = ("Net1", "Net2", "Net3", "Todini_Fig2_optCost_CMH", "Todini_Fig2_solA_CMH", "latin1")


def _command(*arguments: object) -> str:
    run = CliRunner().invoke(app, [str(one) for one in arguments])
    assert run.exit_code == 0, run.output
    return run.output


def _optimal(text: str) -> str:
    """Put the published diameters in the pipes of Hanoi."""
    head, mark, rest = text.partition("[PIPES]")
    body, bracket, tail = rest.partition("\n[")
    lines = []
    for line in body.split("\n"):
        words = line.split()
        if words and not words[0].startswith(";"):
            words[4] = f"{25.4 * INCHES[int(words[0]) - 1]:.1f}"
        lines.append("\t".join(words))
    return head + mark + "\n".join(lines) + bracket + tail


@pytest.fixture
def hanoi(shared_data: Path, tmp_path: Path) -> Path:
    """A package with the optimal Hanoi, taken in by the command."""
    (tmp_path / "Hanoi.inp").write_text(_optimal((shared_data / "network/Hanoi.inp").read_text()))
    package = DataPackage.create(tmp_path / "pakke", municipality="3203")
    _command("data", "legg-til", package.path, tmp_path / "Hanoi.inp")
    return package.path


def _tables(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows of each table in the file of results, by name and by their first cell."""
    (result,) = json.loads((folder / "resultat.json").read_text("utf-8"))["resultater"]
    found = {}
    for table in result["tabeller"]:
        names = [column["navn"] for column in table["kolonner"]]
        rows = [dict(zip(names, row["verdier"], strict=True)) for row in table["rader"]]
        found[table["navn"]] = {str(row[names[0]]): row for row in rows}
    return found


@pytest.mark.slow
def test_hanoi_costs_and_presses_as_published(hanoi: Path, tmp_path: Path) -> None:
    prices = tmp_path / "priser.csv"
    rows = [f"{25.4 * inches:.1f};{price}" for inches, price in PRICES.items()]
    prices.write_text("\n".join(["dimensjon_mm;pris_m", *rows]) + "\n")
    out, file = tmp_path / "ut", tmp_path / "ut.inp"
    _command("va", "hydraulikk", "--data", hanoi, "--ut", out, "--priser", prices, "--skriv", file)
    tables = _tables(out)
    assert tables["kostnad"]["I alt"]["kostnad"] == pytest.approx(6.081e6, abs=500)
    assert sum(row["ledninger"] for name, row in tables["kostnad"].items() if name != "I alt") == 34
    lowest = min(tables["laveste"].values(), key=lambda row: row["lavest_bar"])
    assert lowest["lavest_m"] == pytest.approx(0.007, abs=5e-4)
    assert lowest["hoyde_m"] == pytest.approx(30)
    # 30 m of water above the ground is what is required: the file's nodes lie at that height.
    assert tables["trykk"]["Under 1,0 bar"]["noder"] >= 1
    mine, theirs = run_epanet(tmp_path / "Hanoi.inp"), run_epanet(file)
    np.testing.assert_array_equal(mine.pressure_m, theirs.pressure_m)
    np.testing.assert_array_equal(mine.flow_l_s, theirs.flow_l_s)


@pytest.mark.parametrize("name", EPANET_FILES)
def test_the_file_that_goes_out_answers_as_the_one_that_came(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    source, target = shared_data / f"network/{name}.inp", tmp_path / "ut.inp"
    package = DataPackage.create(tmp_path / "pakke", municipality="3203")
    add_inp(package, source)
    export_model(target, package)
    mine, theirs = run_epanet(source), run_epanet(target)
    assert list(mine.node) == list(theirs.node)
    assert list(mine.link) == list(theirs.link)
    np.testing.assert_array_equal(mine.pressure_m, theirs.pressure_m)
    np.testing.assert_array_equal(mine.flow_l_s, theirs.flow_l_s)


def test_a_model_of_the_sewers_goes_out_as_it_came(shared_data: Path, tmp_path: Path) -> None:
    source, target = shared_data / "network/Example1b.inp", tmp_path / "ut.inp"
    package = DataPackage.create(tmp_path / "pakke", municipality="3203")
    add_inp(package, source)
    export_model(target, package, overrides={"va_hydraulikk_modell": "Example1b"})
    assert target.read_bytes() == source.read_bytes()
