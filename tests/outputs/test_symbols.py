"""Classes and layers are told apart by marks and dashes, alike in every output."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from lxml import etree

from askergeo.outputs.marker import corners
from askergeo.outputs.page.mapdata import map_document
from askergeo.outputs.printed._signs import signs_of
from askergeo.outputs.qml import qml
from askergeo.outputs.symbols import LINE, POINT, SURFACE, layer_kind, marked_apart, symbols
from askergeo.result import SHAPES, Column, MapLayer, Result, Style, StyleClass

FOUR = tuple(StyleClass(value=n, label=f"Klasse {n}", fill=f"#{n}0{n}0{n}0") for n in range(4))


def layer(name: str, geometry: object, style: Style | None = None) -> MapLayer:
    frame = gpd.GeoDataFrame({"n": range(4)}, geometry=[geometry] * 4, crs=25832)
    return MapLayer(
        name=name,
        title=name.capitalize(),
        frame=frame,
        columns={"n": Column(title="N", decimals=0)},
        style=style or Style(),
    )


def result(*layers: MapLayer) -> Result:
    return Result(analysis="a", title="A", template="", layers=layers)


def test_points_have_a_mark_and_lines_a_dash_for_each_class() -> None:
    style = Style(column="n", classes=FOUR)
    assert [one.shape for one in symbols(style, "L", POINT)] == list(SHAPES[:5])
    dashes = [one.dashes for one in symbols(style, "L", LINE)]
    assert dashes[0] == ""
    assert len(set(dashes)) == 5
    for kind in (SURFACE, None):
        assert {(one.shape, one.dashes) for one in symbols(style, "L", kind)} == {("circle", "")}


def test_what_a_style_names_stays_and_is_given_to_no_other_class() -> None:
    own = (
        replace(FOUR[0], shape="star", dash=True),
        FOUR[1],
        replace(FOUR[2], shape="circle"),
        FOUR[3],
    )
    style = Style(column="n", classes=own)
    marks = [one.shape for one in symbols(style, "L", POINT)]
    assert marks == ["star", "square", "circle", "triangle", "diamond"]
    dashes = [one.dashes for one in symbols(style, "L", LINE)]
    assert dashes[:2] == ["6 4", ""]
    assert dashes.count("6 4") == 1


@pytest.mark.parametrize(("kind", "what"), [(POINT, "size"), (LINE, "width")])
def test_classes_of_clearly_different_size_need_no_other_sign(kind: int, what: str) -> None:
    classes = tuple(replace(one, **{what: 2.0 * (n + 1)}) for n, one in enumerate(FOUR))
    drawn = symbols(Style(column="n", classes=classes, size=20, width=20), "L", kind)
    assert {(one.shape, one.dashes) for one in drawn} == {("circle", "")}


def test_more_classes_than_marks_begin_again() -> None:
    many = tuple(StyleClass(value=n, label=str(n)) for n in range(8))
    marks = [one.shape for one in symbols(Style(column="n", classes=many), "L", POINT)]
    assert marks == [*SHAPES, *SHAPES[:3]]


def test_page_paper_and_qgis_draw_the_same_signs() -> None:
    style = Style(column="n", classes=FOUR, stroke="#111111")
    points = layer("punkter", shapely.Point(0, 0), style)
    lines = layer("linjer", shapely.LineString([(0, 0), (9, 9)]), style)
    marks = [one.shape for one in symbols(style, "L", POINT)]
    dashes = [one.dashes for one in symbols(style, "L", LINE)]
    page = map_document([(result(points, lines), "")], budget=100_000)
    assert page is not None
    first, second = (one["symbols"] for one in page.document["layers"])
    assert [one.get("corners", []) for one in first] == [corners(mark) for mark in marks]
    assert [one["dash"] for one in second] == dashes
    printed = signs_of([points, lines])
    assert [one.shape for one in printed[0]] == marks
    assert [one.dash for one in printed[1]] == dashes
    # Of the quiet map below nothing is set apart.
    assert {one.dash for one in signs_of([lines], ground=True)[0]} == {""}

    def options(text: str, name: str) -> list[str | None]:
        found = etree.fromstring(text.encode()).findall(".//symbol/layer/Option")
        return [next((o.get("value") for o in one if o.get("name") == name), None) for one in found]

    in_qgis = options(qml(points, "punkt", {}), "name")
    assert in_qgis == [{"cross": "cross_fill"}.get(mark, mark) for mark in marks]
    assert [text is not None for text in options(qml(lines, "linje", {}), "customdash")] == [
        bool(dash) for dash in dashes
    ]


def test_layers_of_points_without_classes_have_marks_of_their_own() -> None:
    place = shapely.Point(0, 0)
    whole = result(
        layer("skoler", place),
        layer("holdeplasser", place, Style(shape="square")),
        layer("barnehager", place),
        layer("omrader", place.buffer(1)),
        layer("klasser", place, Style(column="n", classes=FOUR)),
    )
    marks = [one.style.shape for one in marked_apart(whole).layers]
    assert marks == ["circle", "square", "triangle", "circle", "circle"]
    alone = result(layer("skoler", place), layer("omrader", place.buffer(1)))
    assert marked_apart(alone) is alone


def test_a_layer_without_geometry_counts_as_surfaces() -> None:
    assert layer_kind(layer("tom", None)) == SURFACE
