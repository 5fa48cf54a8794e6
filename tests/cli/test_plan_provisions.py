"""The provisions of a plan on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:25832"}},
"features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates":
[[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}, "properties": {"name": "RpFareSone", "id": "s",
"fare": "310", "hensynSonenavn": "H310_1"}}]}"""
RULE = "plan.hensyn.bestemmelse"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.geojson"
    path.write_text(PLAN, encoding="utf-8")
    return path


def test_a_zone_is_looked_up_in_the_provisions(askergeo, plan: Path, tmp_path: Path) -> None:
    text = tmp_path / "bestemmelser.txt"
    for told, found in [("Faresone H310_1.", []), ("Faresone H320_1.", [RULE])]:
        text.write_text(told, encoding="utf-8")
        result = askergeo("plansjekk", str(plan), "--bestemmelser", str(text), "--json")
        answer = json.loads(result.out)
        assert [one["regel"] for one in answer["funn"] if one["regel"] == RULE] == found
        assert RULE not in {one["regel"] for one in answer["ikke_kontrollert"]}
    without = json.loads(askergeo("plansjekk", str(plan), "--json").out)
    (why,) = [one for one in without["ikke_kontrollert"] if one["regel"] == RULE]
    assert "--bestemmelser" in json.dumps(why, ensure_ascii=False)


def test_provisions_that_cannot_be_read_are_wrong_use(askergeo, plan: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "bestemmelser.pdf"
    pdf.write_bytes(b"%PDF-1.7")
    result = askergeo("plansjekk", str(plan), "--bestemmelser", str(pdf))
    assert result.code == 2
    assert ".docx" in result.err
    result = askergeo(
        "plansjekk", str(tmp_path), "--hver", "--ut", str(tmp_path / "ut"), "--bestemmelser",
        str(pdf),
    )  # fmt: skip
    assert result.code == 2
    assert "--bestemmelser" in result.err
