"""``askergeo innspill``: one folder of files in, a report out, and faults named on the screen."""

from __future__ import annotations

import json

import pytest

from askergeo.cli.main import run


def save(path, remarks):
    document = {
        "format": "askergeo-innspill",
        "version": 1,
        "side": {"tittel": "Skolene"},
        "crs": "EPSG:25832",
        "innspill": remarks,
    }
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def inbox(tmp_path):
    """Return a folder with one file of a remark that tells who wrote it, and one that is none."""
    folder = tmp_path / "innboks"
    folder.mkdir()
    secret = {"id": "a", "x": 580_000, "y": 6_630_000, "tema": "Lek", "laget": "2026-11-20"}
    save(folder / "kari.json", [{**secret, "tekst": "Jeg heter Kari Nordmann"}])
    (folder / "ola.json").write_text("[", encoding="utf-8")
    return folder


def test_a_folder_becomes_a_report_and_faults_are_named(inbox, tmp_path, capsys):
    out = tmp_path / "ut"
    assert run(["innspill", str(inbox), "--ut", str(out)]) == 0
    said = capsys.readouterr()
    assert "1 innspill fra 2 filer" in said.out
    assert "kari.json, innspill 1: navn er skjult" in said.err
    assert "ola.json: Filen er ikke gyldig JSON" in said.err
    stored = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    assert stored["resultater"][0]["analyse"] == "innspill"
    assert run(["gjenta", str(out / "resultat.json")]) == 2
    assert "mappen med innspill ligger ikke i den" in capsys.readouterr().err
    for path in out.rglob("*"):
        if path.suffix in {".html", ".json", ".txt", ".svg"}:
            text = path.read_text(encoding="utf-8")
            assert "Nordmann" not in text
            assert "kari.json" not in text


def test_an_earlier_report_is_not_overwritten(inbox, tmp_path, capsys):
    out = tmp_path / "ut"
    assert run(["innspill", str(inbox), "--ut", str(out)]) == 0
    assert run(["innspill", str(inbox), "--ut", str(out)]) == 2
    assert "--overskriv" in capsys.readouterr().err
    assert run(["innspill", str(inbox), "--ut", str(out), "--overskriv"]) == 0


def test_files_that_are_not_there_and_files_that_are_none(inbox, tmp_path, capsys):
    out = str(tmp_path / "ut")
    assert run(["innspill", str(tmp_path / "borte"), "--ut", out]) == 2
    assert "Finnes ikke" in capsys.readouterr().err
    assert run(["innspill", str(inbox / "ola.json"), "--ut", out]) == 2
    assert "ola.json: Filen er ikke gyldig JSON" in capsys.readouterr().err
