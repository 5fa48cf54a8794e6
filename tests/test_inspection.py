"""What is wrong with a package, and what it lacks."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from askergeo.analyses import ANALYSES
from askergeo.catalogue import load_catalogue
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError
from askergeo.inspection import check_package, list_remarks, missing_layers
from askergeo.result import Severity

CRS = "EPSG:25832"


@pytest.fixture
def package(tmp_path):
    made = DataPackage.create(tmp_path / "pakke")
    line = shapely.LineString([(572_000, 6_632_000), (572_100, 6_632_000)])
    remarks = gpd.GeoDataFrame(
        {
            "rad": [1, 2, 3],
            "regel": ["a", "a", "b"],
            "tittel": ["A", "A", "B"],
            "tekst": ["for a", "for a", "for b"],
            "handling": ["rettet", "rettet", "beholdt"],
            "x": [1.4, 1.4, None],
            "y": [2.6, 2.6, None],
        },
        geometry=[shapely.Point(1, 1)] * 3,
        crs=CRS,
    )
    frame = gpd.GeoDataFrame({"stitype": ["sti"]}, geometry=[line], crs=CRS)
    made.write("sti", frame, origin=Origin("kart", "2026-01-01"), avvik=remarks)
    return made


def test_remarks_are_warnings_with_their_counts(package):
    (problem,) = check_package(package)
    assert problem.severity is Severity.WARNING
    assert problem.text.startswith("Laget «sti»: ")
    assert "2 rettet" in problem.text
    assert "1 beholdt" in problem.text
    assert "askergeo data avvik MAPPE sti" in problem.text


def test_rows_outside_the_municipality_and_no_date_are_only_noted(package):
    remarks = package.read_avvik("sti").assign(regel="utenfor_kommunen", tittel="Ligger utenfor")
    frame = package.read("sti")
    package.write("sti", frame, origin=Origin("kart"), avvik=remarks, overwrite=True)
    outside, undated = check_package(package)
    assert outside.severity is undated.severity is Severity.INFO
    assert "ligger utenfor (1 beholdt)" in outside.text
    assert "Uten dato: sti" in undated.text


def test_remarks_are_listed_row_by_row(package):
    rows = list_remarks(package)
    assert [row["rad"] for row in rows] == [1, 2, 3]
    assert rows[0] == {
        "lag": "sti", "rad": 1, "regel": "a", "tittel": "A", "handling": "rettet",
        "x": 1, "y": 3, "tekst": "for a",
    }  # fmt: skip
    assert (rows[2]["x"], rows[2]["y"]) == (None, None)
    assert list_remarks(package, "sti") == rows
    with pytest.raises(LayerError):
        list_remarks(package, "bygning")


def test_changed_files_are_errors_and_come_first(package):
    (package.path / package.record("sti").file).write_bytes(b"x")
    problems = check_package(package)
    assert [one.severity for one in problems] == [Severity.ERROR, Severity.WARNING]
    (package.path / package.record("sti").avvik_file).unlink()
    problems = check_package(package)
    assert [one.severity for one in problems] == [Severity.ERROR, Severity.ERROR]


def test_every_absent_layer_is_named_with_what_it_gives(package):
    found = {one["lag"]: one for one in missing_layers(package)}
    assert set(found) == set(load_catalogue()) - {"sti"}
    shore = ANALYSES["strandsone"]
    assert shore.title in found["kystkontur"]["analyser"]
    assert f"{shore.title} (valgfritt)" in found["ar5"]["analyser"]


def test_a_layer_of_a_part_of_the_municipality_is_listed_with_its_share(package):
    whole = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    boundary = gpd.GeoDataFrame(
        {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["land"]},
        geometry=[whole],
        crs=CRS,
    )
    package.write("kommunegrense", boundary, origin=Origin("kart"))
    quarter = shapely.box(570_000, 6_630_000, 571_000, 6_634_000)
    frame = package.read("sti")
    package.write("sti", frame, origin=Origin("kart"), coverage=quarter, overwrite=True)
    found = {one["lag"]: one for one in missing_layers(package)}
    assert found["sti"]["dekker"] == "25 %"
    assert found["ar5"]["dekker"] == ""
    assert "kommunegrense" not in found
