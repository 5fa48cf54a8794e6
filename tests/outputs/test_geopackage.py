"""The GeoPackage as QGIS and GDAL find it."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from lxml import etree

from askergeo.outputs.geopackage import write_geopackage
from askergeo.outputs.report import Report
from askergeo.result import Column, MapLayer, Result, Style, StyleClass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def written(tmp_path: Path, *results: Result) -> Path:
    path = tmp_path / "askergeo.gpkg"
    write_geopackage(Report(results=results, title="T"), path)
    return path


def query(path: Path, text: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(text).fetchall()


def test_layers_and_tables_are_read_back(small: Result, tmp_path: Path) -> None:
    path = written(tmp_path, small)
    layer = pyogrio.read_dataframe(path, layer="bosatte_kretser")
    assert layer.crs.to_epsg() == 25832
    assert layer.geometry.area.round().tolist() == [900_000] * 3
    table = pyogrio.read_dataframe(path, layer="bosatte_kretser_tabell")
    assert table["areal"].isna().tolist() == [False, True, False, True]
    assert table["rad"].tolist() == ["n", "s", "o", "alle"]
    assert table["barn"].dtype.kind == "i"


def test_styles_are_registered_as_the_layers_default(small: Result, tmp_path: Path) -> None:
    path = written(tmp_path, small)
    styles = query(
        path, "SELECT f_table_name, f_geometry_column, useAsDefault, update_time FROM layer_styles"
    )
    assert styles == [("bosatte_kretser", "geom", 1, "2026-03-01T11:00:00.000Z")]
    assert query(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [
        ("attributes",)
    ]
    assert query(path, "SELECT column_name FROM gpkg_geometry_columns") == [("geom",)]


def test_titles_and_aliases_are_norwegian(small: Result, tmp_path: Path) -> None:
    path = written(tmp_path, small)
    assert ("Kretser",) in query(path, "SELECT identifier FROM gpkg_contents")
    titles = dict(
        query(
            path,
            "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'bosatte_kretser'",
        )
    )
    assert titles["barn"] == "Barn (personer)"
    text = query(path, "SELECT styleQML FROM layer_styles")[0][0]
    aliases = {a.get("field"): a.get("name") for a in etree.fromstring(text.encode()).iter("alias")}
    assert aliases == titles


def test_every_stamp_is_the_results_own_time(small: Result, tmp_path: Path) -> None:
    path = written(tmp_path, small)
    assert {row[0] for row in query(path, "SELECT last_change FROM gpkg_contents")} == {
        "2026-03-01T11:00:00.000Z"
    }
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_mixed_geometry_becomes_a_layer_for_each_kind(small: Result, tmp_path: Path) -> None:
    shapes = [
        shapely.Point(0, 0),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.box(0, 0, 1, 1),
        None,
    ]
    frame = gpd.GeoDataFrame({"n": [1, 2, 3, 4]}, geometry=shapes, crs=25832)
    layer = MapLayer(
        name="alt", title="Alt", frame=frame, columns={"n": Column(title="N", decimals=0)}
    )
    path = written(tmp_path, replace(small, layers=(layer,), tables=()))
    names = [f"bosatte_alt_{kind}" for kind in ("flate", "linje", "punkt")]
    assert [
        row[0] for row in query(path, "SELECT f_table_name FROM layer_styles ORDER BY id")
    ] == names
    rows = [pyogrio.read_dataframe(path, layer=name)["n"].tolist() for name in names]
    assert sorted(number for part in rows for number in part) == [1, 2, 3, 4], "a feature was lost"


def test_a_table_is_what_gdal_would_have_written(small: Result, tmp_path: Path) -> None:
    kinds = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64")
    times = pd.to_datetime(["2026-01-02 03:04:05.6789", None])
    frame = pd.DataFrame(
        {
            **{kind: pd.Series([1, 2], dtype=kind) for kind in kinds},
            **{kind: pd.array([1, None], dtype=kind) for kind in ("boolean", "Int64", "Float64")},
            "uendelig": [float("inf"), float("nan")],
            "bool": [True, False],
            "tid": times,
            "oslo": times.tz_localize("Europe/Oslo"),
            "utc": times.tz_localize("UTC"),
            """d'el "x\"""": ["æ", None],
        }
    )
    columns = {name: Column(title=name) for name in frame}
    full = replace(small.tables[0], frame=frame, columns=columns, row_sums=(), column_sums=())
    empty = replace(full, name="tom", title="Tom", frame=frame.iloc[:0])
    # GDAL makes a file without layers with the first table in it; the second is ours.
    dumps = []
    for tables in ((full, empty), (empty, full)):
        folder = tmp_path / tables[0].name
        folder.mkdir()
        with closing(
            sqlite3.connect(written(folder, replace(small, tables=tables, layers=())))
        ) as d:
            dumps.append(sorted(d.iterdump()))
    assert dumps[0] == dumps[1]
    assert any("'æ'" in line for line in dumps[0])


def test_contents_stand_in_the_reports_order(small: Result, tmp_path: Path) -> None:
    other = replace(small, analysis="annen", tables=small.tables[:1])
    path = written(tmp_path, small, other)
    rows = query(path, "SELECT table_name FROM gpkg_contents ORDER BY rowid")
    names = [name for (name,) in rows]
    assert names[:2] == ["bosatte_kretser", "bosatte_kretser_tabell"]
    assert names[-1] == "layer_styles"


def test_names_that_gdal_keeps_for_itself_are_numbered(small: Result, tmp_path: Path) -> None:
    frame = pd.DataFrame({"fid": [7], "FID": [8], "geom": ["x"]})
    columns = {name: Column(title=name) for name in frame}
    table = replace(small.tables[0], frame=frame, columns=columns, row_sums=(), column_sums=())
    path = written(tmp_path, replace(small, tables=(table,), layers=()))
    got = pyogrio.read_dataframe(path, layer="bosatte_kretser_tabell")
    assert got.loc[0, ["fid_2", "FID_3", "geom_2"]].tolist() == [7, 8, "x"]


def test_an_empty_layer_is_written(small: Result, tmp_path: Path) -> None:
    layer = replace(small.layers[0], frame=small.layers[0].frame.iloc[:0])
    path = written(tmp_path, replace(small, layers=(layer,)))
    assert pyogrio.read_info(path, layer="bosatte_kretser")["features"] == 0


def test_hostile_text_is_stored_as_it_is(hostile: Result, tmp_path: Path) -> None:
    path = written(tmp_path, hostile)
    got = pyogrio.read_dataframe(path, layer="fiendtlig_punkter")["tekst"].tolist()
    assert got[:4] == hostile.tables[0].frame["tekst"].tolist()[:4]
    for (text,) in query(path, "SELECT styleQML FROM layer_styles"):
        etree.fromstring(text.encode())


def test_debians_gdal_opens_it_without_a_warning(
    small: Result, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    path = written(tmp_path, small)
    done = subprocess.run(
        [require_tool("ogrinfo"), "-al", "-so", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "Feature Count: 3" in done.stdout


def test_qml_has_what_qgis_reads(small: Result, tmp_path: Path) -> None:
    text = query(written(tmp_path, small), "SELECT styleQML FROM layer_styles")[0][0]
    root = etree.fromstring(text.encode())
    renderer = root.find("renderer-v2")
    assert (root.tag, renderer.get("type"), renderer.get("attr")) == (
        "qgis",
        "categorizedSymbol",
        "navn",
    )
    categories = [
        (c.get("value"), c.get("label"), c.get("symbol")) for c in renderer.iter("category")
    ]
    assert categories == [
        ("Nord", "Nord i kommunen", "0"),
        ("Sør", "Sør i kommunen", "1"),
        ("", "Annet", "2"),
    ]
    symbols = renderer.findall("symbols/symbol")
    assert [(s.get("name"), s.get("type"), s.get("alpha")) for s in symbols] == [
        (str(n), "fill", "0.6") for n in range(3)
    ]
    options = {o.get("name"): o.get("value") for o in symbols[1].iter("Option") if o.get("name")}
    assert symbols[1].find("layer").get("class") == "SimpleFill"
    assert options["color"] == "230,159,0,255"
    assert options["outline_color"] == "51,51,51,255"
    assert root.findtext("layerGeometryType") == "2"


def test_qml_of_lines_and_points(small: Result, tmp_path: Path) -> None:
    line = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=25832)
    point = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(0, 0)], crs=25832)
    columns = {"n": Column(title="N", decimals=0)}
    layers = (
        MapLayer(
            name="linje",
            title="L",
            frame=line,
            columns=columns,
            style=Style(stroke="#0000ff", width=0.7, dash=True),
        ),
        MapLayer(
            name="punkt",
            title="P",
            frame=point,
            columns=columns,
            style=Style(fill="#00ff00", size=4),
        ),
    )
    path = written(tmp_path, replace(small, layers=layers))
    one, two = (
        etree.fromstring(row[0].encode())
        for row in query(path, "SELECT styleQML FROM layer_styles ORDER BY id")
    )
    options = [
        {o.get("name"): o.get("value") for o in root.iter("Option") if o.get("name")}
        for root in (one, two)
    ]
    assert (options[0]["line_color"], options[0]["line_style"], options[0]["line_width"]) == (
        "0,0,255,255",
        "dash",
        "0.7",
    )
    assert (options[1]["color"], options[1]["size"], options[1]["name"]) == (
        "0,255,0,255",
        "4",
        "circle",
    )
    assert [root.findtext("layerGeometryType") for root in (one, two)] == ["1", "0"]


def test_qml_of_classes_with_their_own_marks_and_dashes(small: Result, tmp_path: Path) -> None:
    point = gpd.GeoDataFrame({"n": ["a", "b"]}, geometry=[shapely.Point(0, 0)] * 2, crs=25832)
    line = gpd.GeoDataFrame(
        {"n": ["a", "b"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])] * 2, crs=25832
    )
    style = Style(
        column="n",
        shape="square",
        classes=(
            StyleClass(value="a", label="A", shape="cross", size=5),
            StyleClass(value="b", label="B", stroke="#ff0000", dash=True, width=0.9),
        ),
    )
    columns = {"n": Column(title="N")}
    layers = tuple(
        MapLayer(name=name, title=name, frame=frame, columns=columns, style=style)
        for name, frame in (("punkt", point), ("linje", line))
    )
    path = written(tmp_path, replace(small, layers=layers))
    found = [
        [
            {o.get("name"): o.get("value") for o in layer.iter("Option") if o.get("name")}
            for layer in etree.fromstring(row[0].encode()).findall(".//symbol/layer")
        ]
        for row in query(path, "SELECT styleQML FROM layer_styles ORDER BY id")
    ]
    # QGIS' filled cross has a name of its own; the last symbol is of all other values.
    assert [(one["name"], one["size"]) for one in found[0]] == [
        ("cross_fill", "5"),
        ("square", "2"),
        ("circle", "2"),
    ]
    assert [(one["line_style"], one["line_width"]) for one in found[1]] == [
        ("solid", "0.3"),
        ("dash", "0.9"),
        ("solid", "0.3"),
    ]


def test_numbers_that_must_not_be_published_are_marked(
    small: Result, account: Callable[..., Result], tmp_path: Path
) -> None:
    path = written(tmp_path, small, account())
    contents = dict(query(path, "SELECT table_name, description FROM gpkg_contents ORDER BY rowid"))
    assert next(iter(contents)) == "ma_ikke_publiseres"
    assert query(path, "SELECT analyse, grunn FROM ma_ikke_publiseres") == [
        ("Arealregnskap", "Regnskapet «Nå» går ikke opp.")
    ]
    marked = {name for name, text in contents.items() if text.startswith("Må ikke publiseres: ")}
    assert marked == {name for name in contents if name.startswith("areal_")}
    (tmp_path / "b").mkdir()
    plain = written(tmp_path / "b", small, account(()))
    assert not [
        one for (one,) in query(plain, "SELECT table_name FROM gpkg_contents") if "ma_" in one
    ]
