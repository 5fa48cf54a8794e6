"""`askergeo nullvekst tiltak` and `regnskap`: a scenario made, reckoned with, and refused in time."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
X, Y = 572_000, 6_632_000


def frame(geometry, **columns):
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs=CRS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A street of 6 km from south to north with a bus, two centres, and a project in each."""
    folder = tmp_path_factory.mktemp("tiltak") / "pakke"
    package = DataPackage.create(folder)
    starts = [6 * 3600, 7 * 3600, 8 * 3600]
    trips = [f"t{start}" for start in starts]
    layers = {
        "kommunegrense": frame(
            [shapely.box(X - 500, Y - 500, X + 500, Y + 6500)], kommunenummer=["3203"],
            kommunenavn=["Prøve"], omfang=["land"],
        ),
        "nullvekstlinje": frame(
            [shapely.LineString([(X - 500, Y + 3000), (X + 500, Y + 3000)])],
            linje_id=pd.array([1], dtype="Int64"),
        ),
        "veg": frame(
            [shapely.LineString([(X, Y), (X, Y + 6000)])], vegtype=["bilveg"],
            veg_id=pd.array([1], dtype="Int64"),
        ),
        "senter": frame(
            [shapely.Point(X, Y), shapely.Point(X, Y + 6000)], senter_id=["S1", "S2"],
            navn=["Sørby", "Nordby"], niva=["naersenter", "kommunesenter"],
        ),
        "boligprogram": frame(
            [shapely.Point(X, Y + 100), shapely.Point(X, Y + 5900)], prosjekt_id=["P1", "P2"],
            boligtype=["enebolig", "enebolig"], aar=pd.array([2030, 2031], dtype="Int64"),
            boliger=pd.array([50, 10], dtype="Int64"), sannsynlighet=[100.0, 50.0],
            status=["regulert", "regulert"],
        ),
        "holdeplass": frame(
            [shapely.Point(X, Y), shapely.Point(X, Y + 6000)], holdeplass_id=["H1", "H2"],
            navn=["Sør", "Nord"], transportmiddel=["buss", "buss"], stoppested_id=["H1", "H2"],
        ),
        "rutelinje": pd.DataFrame(
            {"linje_id": ["L"], "linjenummer": ["110"], "transportmiddel": ["buss"]}
        ),
        "rutetur": pd.DataFrame({"tur_id": trips, "linje_id": "L", "kalender_id": "K"}),
        "ruteavgang": pd.DataFrame(
            {
                "tur_id": [t for t in trips for _ in "ab"],
                "rekkefolge": pd.array([1, 2] * 3, dtype="Int64"),
                "holdeplass_id": ["H1", "H2"] * 3,
                "ankomst": pd.array([s + d for s in starts for d in (0, 600)], dtype="Int64"),
                "avgang": pd.array([s + d for s in starts for d in (0, 600)], dtype="Int64"),
            }
        ),
        "rutedag": pd.DataFrame({"kalender_id": ["K"], "dato": pd.to_datetime(["2026-03-17"])}),
    }  # fmt: skip
    for name, made in layers.items():
        package.write(name, made, origin=Origin("prøve", fetched="2026-05-01"))
    return folder


def test_measures_become_a_scenario_that_every_analysis_takes(askergeo, data, tmp_path) -> None:
    made = askergeo(
        "nullvekst", "tiltak", tmp_path / "plan", "--data", data, "--navn", "Alt på en gang",
        "--flere-avganger", "110=2", "--nytt-stopp", f"Midt@{X},{Y + 3000}@110",
        "--flytt-vekst", "Sørby>Nordby=20", "--json", "--stille",
    )  # fmt: skip
    assert made.code == 0, made.err
    told = json.loads(made.out)
    # Two new trips between three; every trip calls at one stop more.
    assert told["endret"]["rutetur"] == 2
    assert told["endret"]["boligprogram"] == 2
    assert len(told["tiltak"]) >= 3
    note = (tmp_path / "plan" / "tiltak.md").read_text(encoding="utf-8")
    assert note.startswith("# Alt på en gang")
    assert str(tmp_path) not in note
    # The detour, the time at the stop and what is near a centre are chosen, and say so.
    for chosen in ("omveg", "Hvor lenge en tur står", "Gangavstand til kommunesenteret"):
        assert any(chosen in line for line in told["forbehold"]), chosen
    assert "## Forbehold" in note
    assert "rutetiltak_opphold_s" in askergeo("parametre", "nullvekst_tiltak").out

    ran = askergeo(
        "nullvekst", "regnskap", "--data", data, "--scenario", tmp_path / "plan",
        "--ut", tmp_path / "ut", "--prioritert", "Nordby", "--stille",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    said = ran.out.replace("\u00a0", " ")
    # 50 south and 5 expected north; 20 certain ones move.
    assert "gi 55 boliger" in said
    assert "9,1 % i prioriterte sentre" in said
    assert "45,5 % i prioriterte sentre" in said
    assert "20,0 flere i Nordby og 20,0 færre i Sørby" in said
    results = json.loads((tmp_path / "ut" / "resultat.json").read_text("utf-8"))["resultater"]
    assert len(results) == 3
    assert results[0]["diagrammer"][0]["verdier"] == ["nord", "sor", "ukjent"]

    stops = askergeo("nullvekst", "regnskap", "--data", data, "--ut", tmp_path / "ut", "--stille")
    assert stops.code == 2  # nothing is replaced unasked


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--flere-avganger", "111=2", "Mente du «110»"),
        ("--flytt-vekst", "Sørby>Nordbyen=20", "Mente du «Nordby»"),
        ("--flytt-vekst", "Sørby>Nordby=51", "har 50 boliger i Sørby"),
        ("--nytt-stopp", f"Midt@{X + 9000},{Y}@110", "ligger ikke langs linje 110"),
        ("--ny-rute", "Båt@hurtigbat@Sør@30@30@6-7", "færre enn to stopp"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_no_folder(  # noqa: PLR0917  (fixtures and cases)
    askergeo, data, tmp_path, option, value, word
) -> None:
    ran = askergeo(
        "nullvekst", "tiltak", tmp_path / "plan", "--data", data, option, value, "--stille"
    )
    assert ran.code == 2
    assert word in ran.err.replace("\u00a0", " ")
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []
