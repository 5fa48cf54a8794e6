"""`askergeo skole` and its own verbs: options, what is written, and what cannot be done."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin("prøvekart", "2026-01-01", "CC0 1.0", "P", "P")
WHOLE = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)


@pytest.fixture
def schools(package):
    """The package with two schools, their district, and sixty children of each age."""
    made = DataPackage.open(package)
    points = [shapely.Point(571_000, 6_632_000), shapely.Point(573_000, 6_632_000)]
    made.write(
        "skole",
        gpd.GeoDataFrame(
            {
                "skole_id": ["A", "B"],
                "navn": ["Vest skole", "Øst skole"],
                "trinn_fra": [1, 1],
                "trinn_til": [7, 7],
                "paralleller": [2.0, 1.0],
            },
            geometry=points,
            crs=CRS,
        ),
        origin=ORIGIN,
    )
    made.write(
        "skolekrets",
        gpd.GeoDataFrame(
            {"krets_id": ["K"], "navn": ["Hele"], "trinn": ["barnetrinn"], "skole_id": ["A"]},
            geometry=[WHOLE],
            crs=CRS,
        ),
        origin=ORIGIN,
    )
    made.write(
        "adresse",
        gpd.GeoDataFrame({"adresse_id": ["a"]}, geometry=points[:1], crs=CRS),
        origin=ORIGIN,
        overwrite=True,
    )
    made.write(
        "befolkning",
        pd.DataFrame({"adresse_id": "a", "alder": range(60), "antall": 60}),
        origin=ORIGIN,
        overwrite=True,
    )
    return package


def result(folder):
    (found,) = json.loads((folder / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    return found


def rows(found, name):
    (table,) = [one for one in found["tabeller"] if one["navn"] == name]
    return {one["rad"]: one for one in table["rader"]}


def test_the_balance_is_written_and_repeats_itself(askergeo, schools, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo("skole", "--data", schools, "--ut", out, "--stille")
    assert (ran.code, ran.err) == (0, "")
    assert "Vest skole har det nå" in ran.out
    found = result(out)
    assert found["opphav"]["kommando"].startswith("askergeo skole --data")
    # 60 of each of seven ages, 95 of 100 of them at the school, in 392 places.
    assert rows(found, "skoler")["barnetrinn_A"]["verdier"][2] == pytest.approx(399)
    assert any(one["regel"] == "skole.uten_krets" for one in found["funn"])


def test_the_places_are_written(askergeo, schools, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo(
        "skole", "kapasitet", "--data", schools, "--ut", out, "--parameter", "gruppe_barnetrinn=25"
    )
    assert ran.code == 0
    assert "525 plasser i 2025/26" in ran.out
    assert "skole kapasitet" in result(out)["opphav"]["kommando"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("skole", "--ut", "x"), "--data"),
        (("skole", "--data", "P", "--parameter", "praktisk_andel=2"), "praktisk_andel"),
        (("skole", "nedlegg", "--data", "P"), "veg"),
        (("skole", "kapasitet", "--data", "P", "--parameter", "plasser_aar=1000"), "plasser_aar"),
    ],
)
def test_what_cannot_be_done_is_said(askergeo, schools, tmp_path, words, said):
    words = [schools if one == "P" else one for one in words]
    if "--ut" not in words:
        words += ["--ut", tmp_path / "ut"]
    ran = askergeo(*words)
    assert ran.code == 2
    assert said in ran.err
