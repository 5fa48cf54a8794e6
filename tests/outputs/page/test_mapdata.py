"""The map's document and data: decoded here by other means and compared with what went in."""

from __future__ import annotations

import base64
import json
import runpy
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.background import Background, Place
from askergeo.outputs.page.mapdata import map_document
from askergeo.outputs.page.pack import pack
from askergeo.outputs.patterns import PATTERNS, pattern_of, pattern_path
from askergeo.privacy import suppress
from askergeo.result import Column, MapLayer, Result, Style, StyleClass

_read = runpy.run_path(str(Path(__file__).with_name("decode.py")))
features_of, section = _read["features_of"], _read["section"]
ORIGIN = (580_000, 6_630_000)
ROOM = 5_000_000


def layer_of(shapes, name="lag", **more):
    count = len(shapes)
    frame = gpd.GeoDataFrame(
        {"navn": [f"Felt {i}" for i in range(count)]}, geometry=list(shapes), crs=25832
    )
    return MapLayer(
        **{
            "name": name,
            "title": name.title(),
            "frame": frame,
            "columns": {"navn": Column(title="Navn")},
        }
        | more
    )


def result_of(*layers):
    return Result(analysis="a", title="Analyse", template="", layers=layers)


def boxes(count, size=10.0):
    x = np.arange(count) * size + ORIGIN[0]
    return shapely.box(x, ORIGIN[1], x + size, ORIGIN[1] + size)


def test_a_small_map_is_exact(small):
    page = map_document([(suppress(small), "")], None, budget=ROOM)
    (layer,) = page.document["layers"]
    assert page.notes == ()
    assert page.document["tolerance"] == 0
    assert layer["count"] == 3
    for (kind, rings), given in zip(
        features_of(page, 0), small.layers[0].frame.geometry, strict=True
    ):
        assert kind == 2
        assert shapely.Polygon(rings[0]).symmetric_difference(given).area < 1e-6
    assert section(page, "L0.labels") == ["n", "s", "o"]
    assert list(page.sections["L0.class"]) == [0, 1, 2]
    assert [symbol["pattern"] for symbol in layer["symbols"]] == [0, 1, 2]
    assert layer["headers"] == ["Krets", "Barn (personer)", "I alt (personer)"]
    assert layer["numeric"] == [False, True, True]
    assert page.document["crs"] == "EPSG:25832"
    assert page.document["bounds"] == page.document["home"]


def test_no_hidden_count_is_in_the_data(small):
    hidden = suppress(small)
    page = map_document([(hidden, "")], None, budget=ROOM)
    cells = section(page, "L0.cells")
    assert cells[0] == ["Nord", "Sør", "Øst"]
    assert cells[1][0] == ":"
    text = zlib.decompress(base64.b64decode(pack(page.sections)), -15).decode("utf-8", "replace")
    assert '"3"' not in text


def test_a_class_does_not_tell_what_its_cell_hides():
    layer = layer_of(
        boxes(3),
        style=Style(
            column="klasse",
            classes=(StyleClass(value=1, label="1"), StyleClass(value=2, label="2")),
        ),
        columns={
            "klasse": Column(title="Bosatte", persons=True, decimals=0),
            "k30": Column(title="Bosatte 2030", persons=True, decimals=0),
        },
        years={2026: "klasse", 2030: "k30"},
        hidden=frozenset({(1, "klasse"), (0, "k30")}),
    )
    layer.frame["klasse"] = [1, 2, 9]
    layer.frame["k30"] = [2, 2, None]
    page = map_document([(result_of(layer), "")], None, budget=ROOM)
    assert list(page.sections["L0.class"]) == [0, 2, 2]
    assert list(page.sections["L0.year.2026"]) == [0, 2, 2]
    assert list(page.sections["L0.year.2030"]) == [2, 1, 2]
    assert page.document["layers"][0]["years"] == [2026, 2030]
    assert page.document["layers"][0]["year"] == 2026
    # The classes of other years are not facts to read.
    assert section(page, "L0.cells") == [["1", ":", "9"]]
    assert page.document["layers"][0]["headers"] == ["Bosatte"]


def test_equal_geometry_of_several_layers_is_stored_once():
    pipes = [
        shapely.LineString(
            np.column_stack([np.arange(40) * 7.0 + i, np.random.default_rng(i).uniform(0, 300, 40)])
            + ORIGIN
        )
        for i in range(200)
    ]
    one = map_document([(result_of(layer_of(pipes, "a")), "")], None, budget=ROOM)
    three = map_document(
        [
            (result_of(layer_of(pipes, "a"), layer_of(pipes, "b")), "for"),
            (result_of(layer_of(pipes[::-1], "c")), "etter"),
        ],
        None,
        budget=ROOM,
    )
    assert [layer["geometry"] for layer in three.document["layers"]] == [0, 0, 1]
    assert [layer["side"] for layer in three.document["layers"]] == ["for", "for", "etter"]
    assert len(pack(three.sections)) < 1.2 * len(pack(one.sections))
    assert features_of(three, 2) == features_of(three, 0)[::-1] or all(
        a[1][0] in (b[1][0], b[1][0][::-1])
        for a, b in zip(features_of(three, 2), features_of(three, 0)[::-1], strict=True)
    )


@pytest.mark.parametrize("budget", [400_000, 90_000, 30_000])
def test_it_fits_the_room_and_says_what_was_simplified(large, budget):
    result = suppress(large(1_500))
    page = map_document([(result, "")], None, budget=budget)
    assert len(pack(page.sections)) <= budget
    assert [layer["count"] for layer in page.document["layers"]] == [1_500, 1, 3]
    assert all(rings for _, rings in features_of(page, 0))
    told = [note for note in page.notes if "forenklet" in note]
    assert bool(told) == bool(page.document["tolerance"])
    if told:
        away = max(
            shapely.hausdorff_distance(shapely.LinearRing(rings[0]), given.exterior)
            for (_, rings), given in zip(
                features_of(page, 0), result.layers[0].frame.geometry, strict=True
            )
        )
        assert away <= page.document["tolerance"]
        assert "GeoPackage-filen har den" in told[0]
    assert page.document["levels"] == sorted(page.document["levels"])


def test_features_that_are_nowhere_are_left_out_and_told():
    shapes = [
        *boxes(3),
        shapely.Point(np.inf, 5),
        shapely.Point(1e12, 5),
        shapely.LineString([(580_000, 6_630_000), (580_000, -1e300)]),
        None,
        shapely.Polygon(),
    ]
    page = map_document([(result_of(layer_of(shapes)), "")], None, budget=ROOM)
    assert page.document["layers"][0]["count"] == 3
    assert section(page, "L0.labels") == ["0", "1", "2"]
    assert page.notes == (
        "3 objekter i laget «Lag» har koordinater som ikke finnes på jorden, og er ikke tegnet.",
    )


def test_what_lies_far_away_does_not_spoil_the_view():
    shapes = [*boxes(30), shapely.Point(0, 0), shapely.Point(9e6, -9e6)]
    page = map_document([(result_of(layer_of(shapes)), "")], None, budget=ROOM)
    assert page.document["home"] == [580_000, 6_630_000, 580_300, 6_630_010]
    assert page.document["bounds"] == [0, -9e6, 9e6, 6_630_010]
    assert page.document["layers"][0]["count"] == 32
    assert page.notes == (
        "2 objekter ligger mer enn 100\xa0km fra resten; kartet åpner på resten.",
    )
    assert features_of(page, 0)[-1][1][0][0] == pytest.approx((9e6, -9e6))


def test_nothing_to_draw_is_no_map():
    empty = layer_of([])
    without = layer_of([None, shapely.Point()])
    assert map_document([(result_of(empty, without), "")], None, budget=ROOM) is None
    assert map_document([], None, budget=ROOM) is None
    off = layer_of(boxes(2), on_page=False)
    assert map_document([(result_of(off), "")], None, budget=ROOM) is None
    only_tables = map_document([], None, budget=ROOM, tables=[{"id": "t"}])
    assert only_tables.document["layers"] == []
    assert only_tables.document["tables"] == [{"id": "t"}]


def test_the_ground_lies_under_and_names_come_along():
    sea = layer_of(
        [shapely.box(570_000, 6_620_000, 590_000, 6_640_000)], "bakgrunn_sjo", columns={}
    )
    ground = Background(
        layers=(sea,),
        places=(Place(name="Nesvik </script>", kind="sted", x=580_000.0, y=6_630_000.0, rank=1),),
        crs="EPSG:25832",
        from_resolution={"bakgrunn_sjo": 21_664 / 2**5},
    )
    page = map_document([(result_of(layer_of(boxes(3))), "")], ground, budget=ROOM)
    first, second = page.document["layers"]
    assert (first["ground"], first["name"], first["minZoom"]) == (True, "bakgrunn_sjo", 5)
    assert (second["ground"], second["minZoom"]) == (False, None)
    assert page.document["places"] is True
    assert section(page, "places")["names"] == ["Nesvik </script>"]
    # The view opens on the answer, not on its ground.
    assert page.document["home"] == [580_000, 6_630_000, 580_030, 6_630_010]


def test_texts_are_cut_and_written_as_people_read_them():
    columns = {
        "tekst": Column(title="Tekst"),
        "tall": Column(title="Tall", decimals=1),
        "blandet": Column(title="Blandet"),
        "liste": Column(title="Liste"),
    }
    layer = layer_of(boxes(4), columns=columns)
    layer.frame["tekst"] = ["x" * 100_000, "<script>", "😀\x00", None]
    layer.frame["tall"] = [12345.64, np.nan, -0.04, 7]
    layer.frame["blandet"] = pd.Series([1, 1.0, True, "1"], dtype=object)
    layer.frame["liste"] = pd.Series([[1], [2], [1], None], dtype=object)
    page = map_document([(result_of(layer), "")], None, budget=ROOM)
    assert section(page, "L0.cells") == [
        ["x" * 200, "<script>", "😀\ufffd", ""],
        ["12\xa0345,6", "..", "0,0", "7,0"],
        ["1", "1.0", "ja", "1"],
        ["[1]", "[2]", "[1]", ""],
    ]


def test_columns_give_way_to_the_map_when_room_is_scarce():
    random = np.random.default_rng(2)
    columns = {f"k{i}": Column(title=f"K{i}", decimals=6) for i in range(14)}
    layer = layer_of(boxes(800), columns=columns)
    for name in columns:
        layer.frame[name] = random.random(800)
    wide = map_document([(result_of(layer), "")], None, budget=ROOM)
    assert len(wide.document["layers"][0]["headers"]) == 12
    page = map_document([(result_of(layer), "")], None, budget=40_000)
    shown = len(page.document["layers"][0]["headers"])
    assert shown < 12
    assert len(section(page, "L0.cells")) == shown
    assert any("kolonne" in note for note in page.notes)


def test_neighbours_in_the_legend_have_different_patterns():
    for count in (2, 8, 9, 17):
        found = [pattern_of(number, count) for number in range(count)]
        assert all(a != b for a, b in pairwise(found))
    assert {pattern_of(number, 4, surface=False) for number in range(4)} == {0}
    assert pattern_path(0) == ""
    assert len(set(PATTERNS)) == len(PATTERNS) == 8


def test_many_classes_fit_a_byte():
    classes = tuple(StyleClass(value=i, label=str(i)) for i in range(300))
    layer = layer_of(
        boxes(300),
        style=Style(column="nr", classes=classes),
        columns={"nr": Column(title="Nr", decimals=0)},
    )
    layer.frame["nr"] = range(300)
    page = map_document([(result_of(layer), "")], None, budget=ROOM)
    found = list(page.sections["L0.class"])
    assert found[:254] == list(range(254))
    assert set(found[254:]) == {254}
    assert len(page.document["layers"][0]["symbols"]) == 255
    assert page.document["layers"][0]["symbols"][-1]["label"] == "Annet"


def test_the_document_is_plain_json(large):
    page = map_document([(suppress(large(50)), "")], None, budget=ROOM)
    assert json.loads(json.dumps(page.document, allow_nan=False)) == page.document


def test_the_same_page_twice_is_the_same_bytes(large):
    result = suppress(large(200))
    first = map_document([(result, "")], None, budget=ROOM)
    again = map_document([(replace(result), "")], None, budget=ROOM)
    assert pack(first.sections) == pack(again.sections)


def test_the_pale_land_of_an_analysis_gives_way_to_the_ground():
    land = layer_of(boxes(1), "land_og_sjo")
    result = result_of(land, layer_of(boxes(3)))
    sea = layer_of(boxes(2), "bakgrunn_sjo", columns={})
    ground = Background(layers=(sea,), places=(), crs="EPSG:25832")
    named = [
        layer["name"]
        for layer in map_document([(result, "")], ground, budget=ROOM).document["layers"]
    ]
    assert named == ["bakgrunn_sjo", "lag"]
    alone = map_document([(result, "")], None, budget=ROOM)
    assert [layer["name"] for layer in alone.document["layers"]] == ["land_og_sjo", "lag"]
