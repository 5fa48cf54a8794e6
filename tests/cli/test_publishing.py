"""Numbers that must not be published: said first, in every output, and with exit code 1."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.overlay import account

CRS = "EPSG:25832"
LINE = "Må ikke publiseres: "


@pytest.fixture
def covered(package):
    """The package with land cover over all of the municipality."""
    area = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    cover = gpd.GeoDataFrame({"ar5_id": [1], "arealtype": [30]}, geometry=[area], crs=CRS)
    made = DataPackage.open(package)
    made.write("ar5", cover, origin=Origin("prøvedata", "2026-01-01", "CC0 1.0", "P", "P"))
    return package


@pytest.fixture
def never_closes(monkeypatch):
    """Let no account close, however small the difference is."""
    monkeypatch.setattr(account, "CLOSES", -1.0)


def test_an_account_that_closes_ends_with_0(askergeo, covered, tmp_path):
    ran = askergeo("areal", "--data", covered, "--ut", tmp_path / "ut", "--stille")
    assert (ran.code, ran.err) == (0, "")
    assert LINE not in ran.out


@pytest.mark.usefixtures("never_closes")
def test_one_that_does_not_ends_with_1_and_the_files_say_why(askergeo, covered, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo("areal", "--data", covered, "--ut", out, "--stille")
    assert ran.code == 1
    first, *_, last = ran.out.splitlines()
    assert first.startswith(LINE)
    assert last == str(out / "resultat.json")
    (result,) = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    reasons = [line for line in ran.out.splitlines() if line.startswith(LINE)]
    assert [LINE + reason for reason in result["ma_ikke_publiseres"]] == reasons
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.index(LINE) < page.index("<h1>")


@pytest.mark.usefixtures("never_closes")
def test_a_program_reads_paths_and_the_reason_beside_them(askergeo, covered, tmp_path):
    ran = askergeo("areal", "--data", covered, "--ut", tmp_path / "ut", "--json", "--stille")
    assert ran.code == 1
    assert set(json.loads(ran.out)) == {"side", "geopackage", "regneark", "json"}
    assert ran.err.startswith(LINE)


@pytest.mark.usefixtures("never_closes")
def test_a_report_with_such_a_result_ends_with_1(askergeo, covered, tmp_path):
    out = tmp_path / "rapport"
    ran = askergeo("rapport", covered, "--ut", out, "--stille")
    assert ran.code == 1
    assert ran.out.startswith(LINE)
    assert ran.out.splitlines()[-1] == str(out / "resultat.json")
    assert (out / "askergeo.xlsx").is_file()
