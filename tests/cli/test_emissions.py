"""The verbs of carbon, the climate budget and farmland: the template, options, and a bad factor."""

from __future__ import annotations

import json
import shutil

import pytest

from askergeo.carbon import load_factors
from askergeo.cli.emissions import _given


def test_the_template_is_written_once_and_not_over(askergeo, tmp_path):
    path = tmp_path / "faktorer.csv"
    assert askergeo("areal", "karbon-mal", "--ut", str(path)).code == 0
    again = askergeo("areal", "karbon-mal", "--ut", path)
    assert again.code == 2
    assert "finnes fra før" in again.err
    assert askergeo("areal", "karbon-mal", "--ut", str(path), "--overskriv").code == 0


def test_options_become_parameters():
    assert _given(None, None, None, None) == []
    assert _given(None, ["A", "B"], None, ["aar=30"]) == [
        "endring=reguleringsplan", "planid=A,B", "aar=30",
    ]  # fmt: skip
    assert _given(None, None, 2024, None) == ["endring=vedtak", "vedtaksaar=2024"]
    assert _given("forslag", None, None, None) == ["endring=forslag"]


@pytest.fixture
def package(demo_folder, tmp_path):
    copy = tmp_path / "pakke"
    shutil.copytree(demo_folder / "datapakke", copy)
    return copy


def fill(askergeo, tmp_path, text):
    """Write a factor file of one row after the template's heading."""
    path = tmp_path / "faktorer.csv"
    askergeo("areal", "karbon-mal", "--ut", path, "--overskriv")
    heading = path.read_text(encoding="utf-8-sig").splitlines()[0]
    path.write_text(f"{heading}\n{text}\n", encoding="utf-8")
    return path


def test_own_factors_are_a_layer_and_the_answer_can_be_repeated(askergeo, package, tmp_path):
    row = "min;alle;;skog;bebygd;;samlet;CO2e;300;200;400;t CO2e/ha;per år;20;vi;2025;kjent;nei"
    path = fill(askergeo, tmp_path, row)
    assert load_factors(path).frame.loc["min", "verdi"] == 300
    assert askergeo("data", "legg-til", str(package), "karbonfaktor", str(path)).code == 0
    out = tmp_path / "svar"
    ran = askergeo("areal", "karbon", "--data", package, "--ut", out)
    assert ran.code == 0, ran.err
    assert "tonn CO2e" in ran.out
    answer = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"][0]
    assert "karbonfaktor" in {one["lag"] for one in answer["opphav"]["kilder"]}
    repeated = askergeo("gjenta", out)
    assert repeated.code == 0, repeated.out + repeated.err


def test_a_factor_without_unit_stops_with_row_and_column(askergeo, package, tmp_path):
    row = "min;alle;myr;;;;biomasse;CO2;2;1;3;;engang;;vi;2025;kjent;nei"
    path = fill(askergeo, tmp_path, row)
    assert askergeo("data", "legg-til", str(package), "karbonfaktor", str(path)).code == 0
    ran = askergeo("areal", "karbon", "--data", package, "--ut", tmp_path / "svar")
    assert ran.code == 2
    assert "laget «karbonfaktor»" in ran.err
    assert "rad 2, kolonnen «enhet»: mangler" in ran.err
    assert not (tmp_path / "svar").exists()
