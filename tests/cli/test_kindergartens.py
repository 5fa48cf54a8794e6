"""The verb of kindergartens: what it writes, and what it says of wrong words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from askergeo.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_verb_writes_its_answer(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ut"
    given = ["--data", str(demo_folder / "datapakke"), "--ut", str(out)]
    assert run(["skole", "barnehager", *given, "--inndeling", "ungdomskrets", "--stille"]) == 0
    said = capsys.readouterr().out
    assert "kjente barnehageplasser" in said
    told: dict[str, Any] = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    assert "barnehager" in json.dumps(told)
    assert {one.name for one in out.iterdir()} >= {"index.html", "askergeo.xlsx", "askergeo.gpkg"}


def test_areas_that_do_not_exist_are_refused_with_those_that_do(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--data", str(demo_folder / "datapakke"), "--ut", str(tmp_path / "ut")]
    assert run(["skole", "barnehager", *given, "--inndeling", "bydel"]) == 2
    said = capsys.readouterr().err
    assert "bydel" in said
    assert "ungdomskrets" in said
    assert not (tmp_path / "ut").exists()


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["skole", "barnehager", "--hjelp"]) == 0
    assert "  askergeo skole barnehager --data asker" in capsys.readouterr().out
