"""The verb that proposes new school districts: what it writes, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from askergeo.cli.main import run
from askergeo.datapackage import DataPackage

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


@pytest.fixture(scope="module")
def today(demo_folder: Path) -> gpd.GeoDataFrame:
    """Grunnkretser without a school in them, with the primary school of the district they lie in."""
    package = DataPackage.open(demo_folder / "datapakke")
    schools = package.read("skole")
    units = package.read("grunnkrets")
    districts = package.read("skolekrets")
    districts = districts[districts["trinn"] == "barnetrinn"].set_index("krets_id")
    middle = units.representative_point()
    inside = [districts.index[districts.contains(point)][0] for point in middle]
    names = schools.set_index("skole_id")["navn"]
    units["skole"] = districts.loc[inside, "skole_id"].map(names).to_numpy()
    units["skole_id"] = districts.loc[inside, "skole_id"].to_numpy()
    empty = [not schools.within(shape).any() for shape in units.geometry]
    return units[empty].reset_index(drop=True)


@pytest.mark.slow
def test_a_fixed_unit_gets_its_school(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], today: gpd.GeoDataFrame
) -> None:
    out = tmp_path / "kretser"
    unit = today.iloc[0]
    fixed = f"{unit['grunnkretsnavn']}={unit['skole_id']}"
    code = run(
        [
            "skole", "kretser", "--data", str(demo_folder / "datapakke"), "--ut", str(out),
            "--alternativer", "1", "--fast", fixed, "--flytt-alle", "--json",
        ]
    )  # fmt: skip
    told = capsys.readouterr()
    assert code == 0, told.err
    assert (out / "index.html").exists()
    result = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"][0]
    tables = {table["navn"]: table for table in result["tabeller"]}
    assert {"alternativer", "skyss", "flytter_a", "omraader", "skoler_aar"} <= set(tables)
    # Everyone moves at once: nobody stays.
    assert "blir" not in tables
    rows = [row["verdier"] for row in tables["omraader"]["rader"]]
    own = next(row for row in rows if unit["grunnkretsnavn"] in row[0].split(" + "))
    assert own[2] == unit["skole"]


@pytest.mark.slow
def test_places_that_can_not_hold_all_are_an_answer(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], today: gpd.GeoDataFrame
) -> None:
    closed = sorted(set(today["skole_id"]))[1:]
    code = run(
        [
            "skole", "kretser", "--data", str(demo_folder / "datapakke"),
            "--ut", str(tmp_path / "ut"), "--stille", *(word for one in closed for word in ("--nedlegg", one)),
            "--parameter", "krets_tidsgrense_s=5",
        ]
    )  # fmt: skip
    told = capsys.readouterr()
    assert code == 0, told.err
    assert "Det finnes ingen inndeling" in told.out
    page = (tmp_path / "ut" / "index.html").read_text(encoding="utf-8")
    assert "Ingenting her er et forslag" in page


def test_a_name_that_is_not_there_is_told_with_those_that_are(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], today: gpd.GeoDataFrame
) -> None:
    unit, school = today.loc[0, "grunnkretsnavn"], today.loc[0, "skole"]
    data = str(demo_folder / "datapakke")
    out = str(tmp_path / "ut")
    common = ["skole", "kretser", "--data", data, "--ut", out]
    assert run([*common, "--fast", f"{unit}x={school[:-1]}"]) == 2
    told = capsys.readouterr().err
    assert f"«{unit}»" in told
    assert f"«{school}»" in told
    assert run([*common, "--nedlegg", school[:-1]]) == 2
    assert f"«{school}»" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
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
