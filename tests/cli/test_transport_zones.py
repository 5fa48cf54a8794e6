"""`askergeo nullvekst` and `askergeo nullvekst eksport`: what is written, and what cannot be."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin("prøvekart", "2026-01-01", "CC0 1.0", "P", "P")
LINE = shapely.LineString([(570_000, 6_632_000), (576_000, 6_632_000)])


@pytest.fixture
def divided(package):
    """The package with a line and two districts."""
    made = DataPackage.open(package)
    made.write(
        "nullvekstlinje",
        gpd.GeoDataFrame({"linje_id": [1]}, geometry=[LINE], crs=CRS),
        origin=ORIGIN,
    )
    made.write(
        "grunnkrets",
        gpd.GeoDataFrame(
            {"grunnkretsnummer": ["32030101", "32030102"], "grunnkretsnavn": ["Sør", "Delt"]},
            geometry=[
                shapely.box(570_000, 6_630_000, 572_000, 6_632_000),
                shapely.box(572_000, 6_630_000, 576_000, 6_634_000),
            ],
            crs=CRS,
        ),
        origin=ORIGIN,
    )
    return package


def test_the_zones_are_written_and_stated(askergeo, divided, tmp_path):
    ran = askergeo("nullvekst", "--data", divided, "--ut", tmp_path / "ut")
    assert ran.code == 0
    assert "12,0 km² ligger nord for nullvekstlinjen og 12,0 km² sør for den." in ran.out
    answer = json.loads((tmp_path / "ut" / "resultat.json").read_text(encoding="utf-8"))
    (result,) = answer["resultater"]
    assert result["analyse"] == "nullvekst"
    assert {"soner", "linje", "deler"} <= {table["navn"] for table in result["tabeller"]}


def test_without_a_line_it_says_what_to_add(askergeo, package, tmp_path):
    ran = askergeo("nullvekst", "--data", package, "--ut", tmp_path / "ut")
    assert ran.code != 0
    assert "nullvekstlinje (Nullvekstlinje)" in ran.err
    assert not (tmp_path / "ut").exists()
    assert askergeo("nullvekst").code != 0


def test_zone_data_are_written_beside_the_report(askergeo, divided, tmp_path):
    ran = askergeo("nullvekst", "eksport", "--data", divided, "--ut", tmp_path / "ut")
    assert ran.code == 0
    assert "2 grunnkretser er skrevet med sonedata; 1 av dem deles av nullvekstlinjen." in ran.out
    assert "ikke prøvd i ADV" in ran.err
    text = (tmp_path / "ut" / "grunnkretser.csv").read_text(encoding="utf-8").splitlines()
    assert text[0].startswith("grunnkretsnummer;grunnkretsnavn;sone;areal_km2;areal_nord_pst")
    assert text[1].startswith("32030101;Sør;sør;4.000;0.00;100.00;0.00")
    assert (tmp_path / "ut" / "kolonner.csv").exists()
    again = askergeo("nullvekst", "eksport", "--data", divided, "--ut", tmp_path / "ut")
    assert again.code != 0
    assert "--overskriv" in again.err


def test_a_scenario_with_another_line_exports_its_own_shares(askergeo, divided, tmp_path):
    scenario = DataPackage.create_scenario(
        tmp_path / "s", DataPackage.open(divided), name="ny linje"
    )
    lower = shapely.LineString([(570_000, 6_631_000), (576_000, 6_631_000)])
    scenario.write(
        "nullvekstlinje",
        gpd.GeoDataFrame({"linje_id": [1], "endring": ["erstatt"]}, geometry=[lower], crs=CRS),
        origin=ORIGIN,
    )
    ran = askergeo(
        "nullvekst", "eksport", "--data", divided, "--scenario", tmp_path / "s",
        "--ut", tmp_path / "ut",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    text = (tmp_path / "ut" / "grunnkretser.csv").read_text(encoding="utf-8").splitlines()
    assert text[1].startswith("32030101;Sør;delt;4.000;50.00;50.00;0.00")
    zones = askergeo(
        "nullvekst", "--data", divided, "--scenario", tmp_path / "s", "--ut", tmp_path / "z"
    )
    assert "Med ny linje går 6,00 km² fra sør til nord for nullvekstlinjen." in zones.out
