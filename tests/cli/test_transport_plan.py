"""The verb that screens plans, on a street drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from askergeo.cli.main import run
from tests.plan.test_function import CRS, box
from tests.plan.test_function_traffic import town

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    """A data package, and a plan north of its line."""
    plan = tmp_path / "plan.geojson"
    gpd.GeoDataFrame({"navn": ["x"]}, geometry=[box(100, 10, 200, 60)], crs=CRS).to_file(plan)
    return town(tmp_path).path, plan


def test_a_plan_file_is_screened_and_can_be_screened_again_from_its_record(
    place: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, plan = place
    asked = ["--data", str(data), "--boliger", "50", "--naering", "kontor=0", "--stille"]
    first = ["nullvekst", "plan", str(plan), *asked, "--ut", str(tmp_path / "a")]
    assert run(first) == 0
    told = capsys.readouterr().out.splitlines()[0]
    assert told.startswith("plan: RØD.")
    recorded = ["nullvekst", "plan", *asked, "--parameter", f"trafikk_planfil={plan}"]
    assert run([*recorded, "--ut", str(tmp_path / "b")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == told


def test_a_measure_with_a_decimal_comma_counts(
    place: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, plan = place
    asked = ["nullvekst", "plan", str(plan), "--data", str(data), "--boliger", "50", "--naering",
             "kontor=0", "--tiltak", "Sambruk, plass=90000,5", "--stille", "--ut",
             str(tmp_path / "a")]  # fmt: skip
    assert run(asked) == 0
    assert capsys.readouterr().out.startswith("plan: GRØNN.")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "Oppgi en planfil"),
        (["--hver", "--planid", "P1"], "kan ikke brukes sammen"),
        (["--planid", "P1"], "ingen reguleringsplan"),
        (["--prosjekt", "P1"], "Prosjektet «P1»"),
        (["--hver"], "ingen prosjekter"),
        (["PLAN", "--naering", "kontorer=5"], "kontorer"),
        (["PLAN", "--tiltak", "Sambruk"], "navn og et tall"),
        (["borte.gml"], "finnes ikke"),
    ],
)
def test_what_cannot_be_screened_is_told(
    place: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    said: str,
) -> None:
    data, plan = place
    words = [str(plan) if one == "PLAN" else one for one in more]
    out = tmp_path / "ut"
    assert run(["nullvekst", "plan", *words, "--data", str(data), "--ut", str(out)]) != 0
    assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
