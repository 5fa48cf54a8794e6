"""What is wrong with a package, and what it lacks."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from askergeo.analyses import ANALYSES
from askergeo.catalogue import load_catalogue
from askergeo.datapackage import DataPackage, Origin
from askergeo.inspection import check_package, missing_layers
from askergeo.result import Severity

CRS = "EPSG:25832"


@pytest.fixture
def package(tmp_path):
    made = DataPackage.create(tmp_path / "pakke")
    line = shapely.LineString([(572_000, 6_632_000), (572_100, 6_632_000)])
    remarks = gpd.GeoDataFrame(
        {"rad": [1, 2, 3], "tittel": ["A", "A", "B"], "handling": ["rettet", "rettet", "beholdt"]},
        geometry=[shapely.Point(1, 1)] * 3,
        crs=CRS,
    )
    frame = gpd.GeoDataFrame({"stitype": ["sti"]}, geometry=[line], crs=CRS)
    made.write("sti", frame, origin=Origin("kart"), avvik=remarks)
    return made


def test_remarks_are_warnings_with_their_counts(package):
    (problem,) = check_package(package)
    assert problem.severity is Severity.WARNING
    assert problem.text.startswith("Laget «sti»: ")
    assert "2 rettet" in problem.text
    assert "1 beholdt" in problem.text


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
