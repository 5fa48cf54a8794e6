"""The map of a notebook: the same colours and marks as the page, nothing hidden comes out."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import AskergeoError, CrsError, LayerError
from askergeo.result import (
    Column,
    Fact,
    MapLayer,
    Provenance,
    Result,
    SourceRecord,
    Style,
    StyleClass,
)

pytest.importorskip("folium")

CRS = "EPSG:25832"
HOSTILE = '</script><img src=x onerror=alert(1)>{{7*7}}{% raw %}`${alert(1)}"'


def points(columns, count=3, crs=CRS):
    geometry = shapely.points(np.arange(count) * 100.0 + 580_000, np.full(count, 6_630_000.0))
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)


def result(*layers, **more):
    return Result(
        analysis="prove", title="Prøve", template="Svaret er klart.", layers=layers, **more
    )


def layer(frame, **more):
    known = {
        "navn": Column(title="Navn"),
        "antall": Column(title="Bosatte", decimals=0, persons=True),
    }
    columns = {name: known[name] for name in frame.columns if name in known}
    return MapLayer(
        **({"name": "steder", "title": "Steder", "columns": columns} | more), frame=frame
    )


def html(chart):
    return chart.get_root().render()


def test_the_title_the_finding_and_the_sources_stand_above_the_map():
    source = SourceRecord(
        layer="x",
        title="X",
        origin="",
        date="",
        sha256="",
        rows=1,
        licence="",
        attribution="© Kartverket",
    )
    made = Provenance(
        version="1",
        command="",
        created="",
        municipality="3203",
        crs=CRS,
        package="x",
        sources=(source,),
    )
    one = result(layer(points({"navn": list("abc")})), provenance=made)
    text = html(one.vis())
    assert text.index("Svaret er klart.") < text.index('class="folium-map"')
    assert "© Kartverket" in text
    assert "tile.openstreetmap" not in text


def test_few_persons_are_hidden_and_numbers_are_norwegian():
    text = html(result(layer(points({"antall": [3, 12_345, None]}))).vis())
    cells = re.findall(r'"k0": "([^"]*)"', text)
    assert [cell.encode().decode("unicode_escape") for cell in cells] == [":", "12\xa0345", ".."]


def test_hostile_texts_stay_texts():
    frame = points({"navn": [HOSTILE] * 3})
    shown = layer(
        frame,
        title=HOSTILE,
        columns={"navn": Column(title=HOSTILE)},
        style=Style(column="navn", classes=(StyleClass(value=HOSTILE, label=HOSTILE),)),
    )
    text = html(replace(result(shown), title=HOSTILE).vis())
    assert "<img src=x" not in text
    assert r"\u003cimg src=x" not in text
    assert "49&#125;" not in text
    assert "7*7" in text


def test_each_class_has_its_colour_and_mark_in_map_and_legend():
    style = Style(
        column="navn",
        classes=(
            StyleClass(value="a", label="Første", fill="#ff0000"),
            StyleClass(value="b", label="Andre", fill="#00ff00", shape="triangle"),
        ),
    )
    text = html(result(layer(points({"navn": ["a", "b", "a"]}), style=style)).vis())
    assert r"F\u00f8rste" in text
    assert "Andre" in text
    assert "Annet" not in text
    assert text.count("#ff0000") >= 2
    assert "DivIcon" in text


def test_a_line_has_no_inside():
    line = gpd.GeoDataFrame(
        {"navn": ["a"]},
        geometry=[shapely.LineString([(580_000, 6_630_000), (580_900, 6_630_900)])],
        crs=CRS,
    )
    text = html(result(layer(line)).vis())
    assert '"fill": false' in text


@pytest.mark.parametrize(
    "geometry", [[], [None], [shapely.Point()], [shapely.Point(np.nan, np.nan)]], ids=str
)
def test_what_has_no_place_is_left_out(geometry):
    frame = gpd.GeoDataFrame({"navn": ["a"] * len(geometry)}, geometry=geometry, crs=CRS)
    text = html(result(layer(frame)).vis())
    assert "(0)" in text
    assert "57.9" in text


def test_a_result_without_layers_says_so():
    assert "ingen kartlag" in html(result().vis())


def test_a_heavy_layer_is_named_but_not_drawn_unless_asked_for():
    heavy = layer(points({"navn": list("abc")}), on_page=False, title="Tungt")
    assert "Bare i GeoPackage-filen: Tungt" in html(result(heavy).vis())
    assert "Bare i GeoPackage-filen" not in html(result(heavy).vis(layers=["steder"]))


def test_a_layer_that_is_switched_off_can_be_switched_on():
    text = html(result(layer(points({"navn": list("abc")}), visible=False)).vis())
    assert (
        "steder" not in text.partition("overlays")[0].partition("addTo(map")[0] or "remove" in text
    )


def test_an_unknown_layer_is_refused_with_those_that_there_are():
    with pytest.raises(LayerError, match="stedr") as error:
        result(layer(points({"navn": list("abc")}))).vis(layers=["stedr"])
    assert "steder" in error.value.remedy


def test_a_layer_without_crs_is_refused():
    with pytest.raises(CrsError):
        result(layer(points({"navn": list("abc")}, crs=None))).vis()


def test_without_folium_it_is_said_how_to_install_it(monkeypatch):
    real = builtins.__import__

    def absent(name, *arguments, **options):
        if name == "folium":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(AskergeoError) as error:
        result().vis()
    assert "askergeo[analyse]" in error.value.remedy


def test_the_values_of_classes_may_be_numbers_or_unknown():
    frame = points({"navn": pd.array([1, None, 7], dtype="Int64")})
    style = Style(column="navn", classes=(StyleClass(value=1, label="Én"),))
    chart = result(layer(frame, style=style), facts={"a": Fact(title="A", value=1)}).vis()
    assert "Annet" in html(chart)


def test_a_layer_of_years_says_which_year_it_shows():
    frame = points({"navn": ["a", "b", "c"], "na": ["Fullt"] * 3, "siden": ["Ledig"] * 3})
    style = Style(column="na", classes=(StyleClass(value="Fullt", label="Fullt"),))
    years = {"style": style, "years": {2026: "na", 2027: "siden"}}
    assert "Steder (2026)" in html(result(layer(frame, **years)).vis())
    named = html(result(layer(frame, **years, year_names={2026: "2026/27"})).vis())
    assert "Steder (2026/27)" in named
