"""Maps of pipes through the whole command: real files, and poor ones."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage

CRS = "EPSG:25832"
X, Y = 570_500, 6_631_000


def pipes(crs=CRS, **columns):
    lines = [shapely.LineString([(X + k, Y), (X + k + 9, Y)]) for k in (0, 9, 18)]
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)
    return frame if crs == CRS else frame.to_crs(crs)


def written(folder, frame):
    path = folder / "ror.gpkg"
    frame.to_file(path, layer="VA_Ledning")
    return path


def tables(folder, analysis):
    content = json.loads((folder / "resultat.json").read_text(encoding="utf-8"))
    result = next(one for one in content["resultater"] if one["analyse"] == analysis)
    return result["tabeller"]


def test_a_mapping_tells_of_the_column_it_cannot_do_without(askergeo, package, tmp_path):
    file = written(tmp_path, pipes(SID=["1", "2", "3"], Material="PVC"))
    ran = askergeo("data", "legg-til", package, "va_ledning", file, "--kolonner",
                   "va_ledning_gemini")  # fmt: skip
    assert ran.code == 2
    assert "S_FCODE" in ran.err
    assert "Traceback" not in ran.err


def test_a_mapping_goes_on_without_what_may_be_missing(askergeo, package, tmp_path):
    file = written(tmp_path, pipes(SID=["1", "2", "3"], S_FCODE=["VL", "SPP", "??"]))
    ran = askergeo("data", "legg-til", package, "va_ledning", file, "--kolonner",
                   "va_ledning_gemini")  # fmt: skip
    assert ran.code == 0, ran.err
    store = DataPackage.open(package)
    frame = store.read("va_ledning")
    assert frame["type"].tolist() == ["vann", "spillvann"]
    assert frame[["materiale", "dimensjon_mm", "anleggsaar", "eier"]].isna().all().all()
    assert store.read_avvik("va_ledning")["rad"].tolist() == [3]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25833", "EPSG:5972"])
def test_pipes_in_another_system_are_moved(askergeo, package, tmp_path, crs):
    file = written(tmp_path, pipes(crs, ledning_id=["1", "2", "3"], type="vann"))
    assert askergeo("data", "legg-til", package, "va_ledning", file).code == 0
    frame = DataPackage.open(package).read("va_ledning")
    assert frame.geometry.distance(pipes().geometry).max() < 0.05


def test_pipes_without_a_system_are_refused(askergeo, package, tmp_path):
    frame = pipes(ledning_id=["1", "2", "3"], type="vann").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        file = written(tmp_path, frame)
    ran = askergeo("data", "legg-til", package, "va_ledning", file)
    assert ran.code == 2
    assert "--crs" in ran.err


def test_degrees_that_are_said_to_be_metres_are_told_of(askergeo, package, tmp_path):
    frame = pipes("EPSG:4326", ledning_id=["1", "2", "3"], type="vann")
    wrong = frame.set_crs(CRS, allow_override=True)
    ran = askergeo("data", "legg-til", package, "va_ledning", written(tmp_path, wrong))
    assert ran.code == 2
    assert "EPSG:4258/4326" in ran.err


def test_only_geometry_is_refused_with_what_it_lacks(askergeo, package, tmp_path):
    ran = askergeo("data", "legg-til", package, "va_ledning", written(tmp_path, pipes()))
    assert ran.code == 2
    assert "«ledning_id»" in ran.err
    assert "«type»" in ran.err


@pytest.mark.parametrize("name", ["Brannstasjon.sos", "110distrikt.sos"])
def test_a_real_file_of_something_else_is_refused(askergeo, package, shared_data, name):
    file = shared_data / "format" / name
    ran = askergeo("data", "legg-til", package, "va_ledning", file, "--kolonner",
                   "va_ledning_sosi")  # fmt: skip
    assert ran.code == 2
    assert name in ran.err
    assert "Vannledning" in ran.err
    assert "va_ledning" not in DataPackage.open(package)


@pytest.mark.slow
def test_the_real_pipes_of_a_road_owner(askergeo, tmp_path, shared_data):
    package = DataPackage.create(tmp_path / "hamar", name="Hamar").path
    for layer, mapping, name in (
        ("va_ledning", "nvdb_rorledning", "403_Rorledning.gml"),
        ("va_node", "nvdb_kum", "403_NVDB_Kum.gml"),
    ):
        file = shared_data / "format" / name
        ran = askergeo("data", "legg-til", package, layer, file, "--kolonner", mapping)
        assert ran.code == 0, ran.err
        assert DataPackage.open(package).read_avvik(layer).empty
    for verb in (("va",), ("va", "topologi")):
        ran = askergeo(*verb, "--data", package, "--ut", tmp_path / verb[-1], "--stille")
        assert ran.code == 0, ran.err
    frame = DataPackage.open(package).read("va_ledning")
    lacks = tables(tmp_path / "va", "va")[0]
    assert lacks["navn"] == "mangler"
    last = next(one["verdier"] for one in lacks["rader"] if one["rad"] == "alle")
    row = dict(zip([one["navn"] for one in lacks["kolonner"]], last, strict=True))
    length = frame.length
    for column, name in (("materiale", "materiale"), ("dimensjon_mm", "dimensjon")):
        share = 100 * length[frame[column].isna()].sum() / length.sum()
        assert row[name] == pytest.approx(share, abs=0.1)
    assert row["anleggsaar"] == 100.0
    page = (tmp_path / "va" / "index.html").read_text(encoding="utf-8")
    assert page.index("Andel av lengden som mangler") < page.index(
        "Andel av ledningene som mangler"
    )
