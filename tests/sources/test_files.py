from __future__ import annotations

import json
import subprocess
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.errors import CrsError, LayerError, MissingFileError, SourceError
from askergeo.sources.files import list_layers, read_file, read_layers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    """Three points in Asker, one with a letter beyond ASCII."""
    points = shapely.points([(580_000, 6_630_000), (581_000, 6_631_000), (582_000, 6_632_000)])
    # 32 bits, since FileGDB cannot hold more.
    data = {"navn": ["Høn", "Vettre", "Næs"], "antall": np.array([1, 2, 3], dtype="int32")}
    return gpd.GeoDataFrame(data, geometry=points, crs="EPSG:25832")


def write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".gdb":
        frame.to_file(path, driver="OpenFileGDB", layer="steder")
    else:
        frame.to_file(path)
    return path


@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet", "a.fgb", "a.shp", "a.gdb", "a.geojson"])
def test_each_format_gives_the_same_rows(tmp_path: Path, places: gpd.GeoDataFrame, name: str):
    read = read_file(write(places, tmp_path / name))
    frame = read.frame.sort_values("antall", ignore_index=True)
    assert frame["navn"].tolist() == ["Høn", "Vettre", "Næs"]
    assert read.crs == "EPSG:25832"
    assert np.allclose(frame.geometry.x, places.geometry.x)
    assert read.faults.empty


@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet", "a.fgb", "a.shp", "a.gdb"])
def test_box_and_columns(tmp_path: Path, places: gpd.GeoDataFrame, name: str):
    path = write(places, tmp_path / name)
    box = (580_500, 6_630_500, 583_000, 6_633_000)
    frame = read_file(path, bbox=box, columns=["antall"]).frame
    assert sorted(frame["antall"]) == [2, 3]
    assert list(frame.columns) == ["antall", "geometry"]
    with pytest.raises(LayerError, match=r"«antal».*«antall»"):
        read_file(path, columns=["antal"])


@pytest.mark.parametrize(("suffix", "inner"), [(".zip", "a.shp"), (".gdb.zip", "a.gdb")])
def test_zipped(tmp_path: Path, places: gpd.GeoDataFrame, suffix: str, inner: str):
    source = write(places, tmp_path / inner)
    archive = tmp_path / f"pakke{suffix}"
    files = source.rglob("*") if source.is_dir() else tmp_path.glob("a.*")
    with zipfile.ZipFile(archive, "w") as opened:
        for file in files:
            opened.write(file, file.relative_to(tmp_path))
    assert len(read_file(archive).frame) == 3


@pytest.mark.parametrize("member", ["../ute.csv", "/etc/ute.csv", "C:\\ute.csv"])
def test_a_zip_that_reaches_outside_itself_is_refused(tmp_path: Path, member: str):
    archive = tmp_path / "ond.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(member, "a;b\n1;2\n")
    with pytest.raises(SourceError, match="utenfor seg selv"):
        read_file(archive)
    assert not (tmp_path.parent / "ute.csv").exists()


def test_a_zip_with_two_data_sets_names_them(tmp_path: Path):
    archive = tmp_path / "to.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.csv", "a;b\n1;2\n")
        opened.writestr("b.csv", "a;b\n1;2\n")
    with pytest.raises(SourceError, match=r"a\.csv, b\.csv"):
        read_file(archive)


def test_missing_file_address_and_empty_file(tmp_path: Path):
    with pytest.raises(MissingFileError, match=r"borte\.gpkg"):
        read_file(tmp_path / "borte.gpkg")
    for address in ("https://example.org/a.geojson", "/vsicurl/http://example.org/a.gpkg"):
        with pytest.raises(SourceError, match="adresse"):
            read_file(address)
    (tmp_path / "tom.gpkg").touch()
    with pytest.raises(SourceError, match="tom"):
        read_file(tmp_path / "tom.gpkg")


def test_several_layers_must_be_chosen_among(tmp_path: Path, places: gpd.GeoDataFrame):
    path = tmp_path / "flere.gpkg"
    places.to_file(path, layer="steder")
    places.to_file(path, layer="navn")
    assert sorted(list_layers(path)) == ["navn", "steder"]
    with pytest.raises(SourceError, match=r"2 lag.*steder"):
        read_file(path)
    with pytest.raises(LayerError, match=r"«stede».*«steder»"):
        read_file(path, layer="stede")
    both = read_layers(path, ["steder", "navn"])
    assert both.frame["_lag"].value_counts().to_dict() == {"steder": 3, "navn": 3}
    assert both.frame.index.tolist() == list(range(6))


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.shp", "a.parquet", "a.geojson", "a.zip"])
def test_content_that_is_something_else_is_refused(tmp_path: Path, name: str):
    path = tmp_path / name
    # A virtual GDAL file would make GDAL open whatever it names.
    path.write_text("<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")
    with pytest.raises(SourceError, match="ikke"):
        read_file(path)


@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet", "a.fgb", "a.shp"])
def test_a_cut_file_is_refused(tmp_path: Path, places: gpd.GeoDataFrame, name: str):
    path = write(places, tmp_path / name)
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(SourceError, match="kan ikke leses"):
        read_file(path)


def test_excel_and_raster_are_pointed_elsewhere(tmp_path: Path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "a.tif").write_bytes(b"II*\x00rest")
    with pytest.raises(SourceError, match="CSV UTF-8"):
        read_file(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match="rasterlag"):
        read_file(tmp_path / "a.tif")


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1"])
def test_shapefile_that_does_not_say_its_letters(
    tmp_path: Path, places: gpd.GeoDataFrame, encoding: str
):
    path = tmp_path / "a.shp"
    places.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    assert read_file(path).frame["navn"].tolist() == ["Høn", "Vettre", "Næs"]


def test_shapefile_without_prj_needs_a_crs(tmp_path: Path, places: gpd.GeoDataFrame):
    path = write(places, tmp_path / "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(CrsError, match="EPSG:25832"):
        read_file(path)
    assert read_file(path, crs="EPSG:25832").crs == "EPSG:25832"


def test_a_crs_against_the_file_is_refused(tmp_path: Path, places: gpd.GeoDataFrame):
    path = write(places, tmp_path / "a.gpkg")
    with pytest.raises(CrsError, match="sier EPSG:25832, men EPSG:25833"):
        read_file(path, crs="EPSG:25833")


def geojson(path: Path, coordinates: list[float], crs: str | None = None) -> Path:
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Point", "coordinates": coordinates},
    }
    content: dict[str, object] = {"type": "FeatureCollection", "features": [feature]}
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(content))
    return path


def test_geojson_with_and_without_its_old_crs_member(tmp_path: Path):
    path = geojson(tmp_path / "a.geojson", [580_000, 6_630_000], "urn:ogc:def:crs:EPSG::25832")
    assert read_file(path).crs == "EPSG:25832"
    path = geojson(tmp_path / "b.geojson", [10.4, 59.8])
    assert read_file(path).crs == "EPSG:4326"
    path = geojson(tmp_path / "c.geojson", [580_000, 6_630_000])
    with pytest.raises(CrsError, match="EPSG:25832"):
        read_file(path)
    assert read_file(path, crs="EPSG:25832").crs == "EPSG:25832"


def test_arcs_become_chords(tmp_path: Path, require_tool):
    table = tmp_path / "bue.csv"
    table.write_text('id,WKT\n1,"CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))"\n')
    path = tmp_path / "bue.gpkg"
    command = [require_tool("ogr2ogr"), "-f", "GPKG", str(path), str(table), "-nlt", "CURVEPOLYGON"]
    subprocess.run([*command, "-a_srs", "EPSG:25832", "-oo", "GEOM_POSSIBLE_NAMES=WKT"], check=True)
    circle = read_file(path).frame.geometry.iloc[0]
    assert circle.area == pytest.approx(np.pi, rel=0.002)
