"""`askergeo areal`: its options, and what it says when it cannot run."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin("prøvekart", "2026-01-01", "CC0 1.0", "P", "P")


@pytest.fixture
def covered(package):
    """The package with AR5 and a coarse land cover over all of the municipality."""
    area = [shapely.box(570_000, 6_630_000, 574_000, 6_634_000)]
    made = DataPackage.open(package)
    ar5 = gpd.GeoDataFrame({"ar5_id": [1], "arealtype": [30]}, geometry=area, crs=CRS)
    made.write("ar5", ar5, origin=ORIGIN)
    coarse = gpd.GeoDataFrame({"arealdekke_id": [1], "klasse": ["myr"]}, geometry=area, crs=CRS)
    made.write("arealdekke", coarse, origin=ORIGIN)
    return package


def result(folder):
    (found,) = json.loads((folder / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    return found


def test_the_options_choose_boundary_and_land_cover(askergeo, covered, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo(
        "areal", "--data", covered, "--ut", out, "--med-sjo", "--grunnlag", "arealdekke", "--stille"
    )
    assert (ran.code, ran.err) == (0, "")
    found = result(out)
    tables = {table["navn"]: table for table in found["tabeller"]}
    assert [row["rad"] for row in tables["utstrekning"]["rader"]] == ["myr", "ikke_dekket", "i_alt"]
    assert "land og sjø" in tables["balanse"]["merknad"]
    command = found["opphav"]["kommando"]
    assert command.startswith("askergeo areal --data")
    assert "grense=med_sjo" in command
    assert "grunnlag=arealdekke" in command


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--grunnlag", "grunnkart"), "«grunnkart» er ikke blant lagene"),
        (("--grunnlag", "ar6"), "er ikke blant"),
        (("--parameter", "splint_bredde_m=-1"), "splint_bredde_m"),
        (("--plan", "2023005"), "reguleringsplan_formaal"),
    ],
)
def test_what_cannot_be_done_is_said(askergeo, covered, tmp_path, options, said):
    ran = askergeo("areal", "--data", covered, "--ut", tmp_path / "ut", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not (tmp_path / "ut").exists()


def test_a_package_without_land_cover_is_told_what_it_lacks(askergeo, package, tmp_path):
    ran = askergeo("areal", "--data", package, "--ut", tmp_path / "ut")
    assert ran.code == 2
    assert "ar5" in ran.err
    assert "data mangler" in ran.err


def test_the_folder_of_data_is_asked_for(askergeo):
    ran = askergeo("areal")
    assert ran.code == 2
    assert "--data" in ran.err
