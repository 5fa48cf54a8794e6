"""The verb that proposes new school districts: what it writes, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from askergeo.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_closed_school_gets_nobody_and_a_fixed_unit_its_school(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kretser"
    code = run(
        [
            "skole", "kretser", "--data", str(demo_folder / "datapakke"), "--ut", str(out),
            "--alternativer", "1", "--fast", "Myrvoll 1=SK006", "--flytt-alle", "--json",
        ]
    )  # fmt: skip
    told = capsys.readouterr()
    assert code == 0, told.err
    assert (out / "index.html").exists()
    result = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"][0]
    tables = {table["navn"]: table for table in result["tabeller"]}
    assert {"alternativer", "skyss", "flytter_a", "omraader", "skoler_aar"} <= set(tables)
    assert "blir" not in tables
    rows = [row["verdier"] for row in tables["omraader"]["rader"]]
    own = next(row for row in rows if "Myrvoll 1" in row[0].split(" + "))
    assert own[1:] == ["Eksempelbyen barneskole", "Leirmoen barneskole"]


@pytest.mark.slow
def test_places_that_can_not_hold_all_are_an_answer(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(
        [
            "skole", "kretser", "--data", str(demo_folder / "datapakke"),
            "--ut", str(tmp_path / "ut"), "--nedlegg", "SK001", "--nedlegg", "SK006", "--stille",
            "--parameter", "krets_tidsgrense_s=5",
        ]
    )  # fmt: skip
    told = capsys.readouterr()
    assert code == 0, told.err
    assert "Det finnes ingen inndeling" in told.out
    page = (tmp_path / "ut" / "index.html").read_text(encoding="utf-8")
    assert "Ingenting her er et forslag" in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nedlegg", "Leirmo barneskole"], "Mente du «Leirmoen barneskole»"),
        (["--fast", "Myrvol 1=SK006"], "Mente du «Myrvoll 1»"),
        (["--fra", "1999"], "Velg et år fra"),
        (["--trinn", "barneskole"], "barnetrinn, ungdomstrinn"),
        (["--alternativer", "9"], "kretser_antall"),
    ],
)
def test_a_wrong_option_is_told_with_its_remedy(
    demo_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    data = str(demo_folder / "datapakke")
    code = run(["skole", "kretser", "--data", data, "--ut", str(tmp_path / "ut"), *options])
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "ut").exists()
