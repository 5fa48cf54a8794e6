"""The page: one file, safe, accessible, Norwegian and never too large."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from lxml import html

from askergeo.errors import DataQualityError
from askergeo.outputs.marker import corners, outline
from askergeo.outputs.page.build import PAGE_LIMIT, page_html
from askergeo.outputs.page.mapdata import map_data
from askergeo.outputs.report import NotRun, Report
from askergeo.privacy import suppress
from askergeo.result import (
    Column,
    Fact,
    MapLayer,
    Missing,
    Result,
    Severity,
    Style,
    StyleClass,
    Table,
    YearChart,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HARD = "\u00a0"


def page(*results: Result, **more: object) -> str:
    return page_html(Report(results=tuple(map(suppress, results)), title="Rapport", **more))


def tree(*results: Result, **more: object) -> html.HtmlElement:
    return html.document_fromstring(page(*results, **more))


def decode(shape: list, data: dict) -> list[np.ndarray]:
    """Add the steps up again, as the page's script does."""
    return [
        np.array(data["origin"]) + np.cumsum(np.array(line).reshape(-1, 2), axis=0) * data["unit"]
        for line in shape[1:]
    ]


def test_the_page_has_the_marks_of_universal_design(small: Result, hostile: Result) -> None:
    root = tree(small, hostile)
    assert root.get("lang") == "nb"
    assert root.findtext(".//title") == "Rapport"
    assert len(root.findall(".//h1")) == 1
    assert {"header", "nav", "main", "footer"} <= {
        e.tag for e in root.iter() if isinstance(e.tag, str)
    }
    skip = root.find(".//body/a")
    assert root.get_element_by_id(skip.get("href")[1:]).tag == "main"
    viewport = root.find(".//meta[@name='viewport']").get("content")
    assert "user-scalable" not in viewport
    assert "maximum-scale" not in viewport
    ids = [e.get("id") for e in root.iter() if isinstance(e.tag, str) and e.get("id")]
    assert len(ids) == len(set(ids))
    for table in root.iter("table"):
        assert all(th.get("scope") in {"col", "row"} for th in table.iter("th"))
    levels = [int(e.tag[1]) for e in root.iter("h1", "h2", "h3", "h4")]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_nothing_is_fetched(small: Result) -> None:
    text = page(small)
    root = html.document_fromstring(text)
    assert not root.xpath("//link | //img | //iframe | //script[@src] | //object | //form")
    links = {a.get("href") for a in root.iter("a")}
    assert all(
        link.startswith("#") or link in {"askergeo.xlsx", "askergeo.gpkg", "resultat.json"}
        for link in links
    )
    assert "url(" not in "".join(style.text for style in root.iter("style"))
    policy = root.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_policy_lets_exactly_our_scripts_and_styles_run(small: Result) -> None:
    text = page(small)
    policy = (
        html.document_fromstring(text)
        .find(".//meta[@http-equiv='Content-Security-Policy']")
        .get("content")
    )
    bodies = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", text, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies}
    assert hashes == set(re.findall(r"sha256-([^']+)", policy))
    assert len(hashes) == 4
    assert " style=" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_hostile_text_stays_text(hostile: Result) -> None:
    text = page(hostile)
    root = html.document_fromstring(text)
    assert len(root.findall(".//script")) == 3
    assert not root.xpath("//img | //b[text()='ut'] | //*[@onerror] | //*[@onload]")
    data = root.get_element_by_id("kartdata").text
    assert "<" not in data
    assert "{{ 7*7 }}" in text
    cells = json.loads(data)[0]["layers"][0]["cells"][0]
    assert cells[0] == "<script>document.title='knekt'</script>"
    assert "onload" not in json.dumps(json.loads(data)[0]["layers"][0]["symbols"])


def test_numbers_are_norwegian_and_hidden_ones_are_colons(small: Result) -> None:
    root = tree(small)
    rows = [
        [c.text_content() for c in tr.iter("th", "td")][:6] for tr in root.find(".//table/tbody")
    ]
    assert rows[0] == ["Nord", ":", ":", "123", ":", "1234,6"]
    assert rows[1][5] == ".."
    assert rows[2] == ["Øst", "50", "300", "350", "14,3", f"98{HARD}765,4"]
    assert root.find(".//tbody/tr[@class='total']/th").text == "I alt"
    assert "515 personer bor i kretsene, : av dem" in root.find(".//p[@class='sentence']").text


def test_the_figure_states_the_finding_and_the_legend_is_text(small: Result) -> None:
    figure = tree(small).find(".//figure")
    caption = figure.find("figcaption").text_content()
    assert "515 personer bor i kretsene" in caption
    assert "© SSB og Kartverket" in caption
    labels = [" ".join(li.text_content().split()) for li in figure.findall(".//li")]
    assert labels == ["Nord i kommunen", "Sør i kommunen", "Annet"]


def test_the_legend_draws_marks_dashes_and_widths_as_the_map_does(small: Result) -> None:
    points = gpd.GeoDataFrame(
        {"n": ["a", "b"]}, geometry=[shapely.Point(580_000, 6_630_000)] * 2, crs=25832
    )
    lines = points.set_geometry(points.buffer(9).boundary)
    style = Style(
        column="n",
        classes=(
            StyleClass(value="a", label="A", fill="#ff0000", shape="diamond", dash=True, width=1),
            StyleClass(value="b", label="B", fill="#00ff00"),
        ),
    )
    layers = tuple(
        MapLayer(name=n, title=n, frame=f, columns={"n": Column(title="N")}, style=style)
        for n, f in (("p", points), ("l", lines))
    )
    root = tree(replace(small, layers=layers))
    marks = [next(iter(svg)) for svg in root.xpath("//div[@class='legend']//svg")]
    assert [mark.tag for mark in marks] == ["path", "circle", "line", "line"]
    assert marks[0].get("d") == outline("diamond", 14, 8, 6)
    assert [(m.get("stroke-width"), m.get("stroke-dasharray")) for m in marks[2:]] == [
        ("3.78", "6 4"),
        ("2", None),
    ]
    first = json.loads(root.get_element_by_id("kartdata").text)[0]["layers"][0]["symbols"]
    assert [symbol.get("corners") for symbol in first] == [corners("diamond"), None, None]


def test_what_was_not_run_and_what_was_missing_is_said(small: Result) -> None:
    lack = Missing(layer="ar5", title="AR5", consequence="Dyrket jord er ukjent.")
    text = tree(
        small, not_run=(NotRun(analysis="jord", title="Jordvern", missing=(lack,)),)
    ).text_content()
    for wanted in (
        "Ikke kjørt",
        "Jordvern",
        "Dyrket jord er ukjent.",
        "Støysoner",
        "Parameteren «Klasser» er usikker.",
        "Tallene gjelder folkeregistrerte.",
        "NLOD 2.0",
        "askergeo rapport data --ut ut",
    ):
        assert wanted in text


def test_a_long_table_is_cut_with_a_word_and_keeps_its_total(
    large: Callable[[int], Result],
) -> None:
    root = tree(large(300))
    body = root.find(".//table/tbody")
    assert len(body) == 26
    assert body[-1].find("th").text == "I alt"
    assert "Viser 26 av 301 rader" in root.text_content()


def test_an_example_municipality_is_called_one(small: Result) -> None:
    source = replace(small.provenance.sources[0], example=True)
    example = replace(small, provenance=replace(small.provenance, sources=(source,)))
    assert "oppdiktet kommune" in tree(example).text_content()
    assert "oppdiktet kommune" not in tree(small).text_content()


def test_shapes_come_back_within_the_step(small: Result) -> None:
    data, notes = map_data(small, 1_000_000)
    assert notes == ()
    for shape, geometry in zip(
        data["layers"][0]["shapes"], small.layers[0].frame.geometry, strict=True
    ):
        (ring,) = decode(shape, data)
        assert shape[0] == 2
        assert np.abs(ring - shapely.get_coordinates(geometry)).max() <= data["unit"] / 2 + 1e-6


def test_holes_parts_lines_and_points_come_back() -> None:
    hole = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 4, 4))
    shapes = [
        shapely.union_all([hole, shapely.box(20, 0, 30, 10)]),
        shapely.MultiLineString([[(0, 0), (5, 5)], [(9, 9), (8, 1)]]),
        shapely.MultiPoint([(1, 2), (3, 4)]),
        None,
        shapely.Point(7, 7),
    ]
    frame = gpd.GeoDataFrame({"n": range(5)}, geometry=shapes, crs=25832)
    layer = MapLayer(name="l", title="L", frame=frame, columns={"n": Column(title="N", decimals=0)})
    data, _ = map_data(Result(analysis="a", title="A", template="", layers=(layer,)), 10_000)
    drawn = data["layers"][0]
    assert [(shape[0], len(shape) - 1) for shape in drawn["shapes"]] == [
        (2, 3),
        (1, 2),
        (0, 2),
        (0, 1),
    ]
    assert drawn["labels"] == ["0", "1", "2", "4"]
    areas = sorted(
        round(shapely.Polygon(ring).area, 3) for ring in decode(drawn["shapes"][0], data)
    )
    assert areas == [4, 100, 100]
    assert decode(drawn["shapes"][3], data)[0].tolist() == [[7, 7]]


def test_a_tight_budget_simplifies_says_so_and_keeps_shared_borders(
    large: Callable[[int], Result],
) -> None:
    result = large(400)
    fine, _ = map_data(result, 5_000_000)
    data, notes = map_data(result, 60_000)
    assert "forenklet (inntil" in notes[0]
    rings = [decode(shape, data) for shape in data["layers"][0]["shapes"]]
    assert sum(len(r) for rs in rings for r in rs) < sum(
        len(r) for s in fine["layers"][0]["shapes"] for r in decode(s, fine)
    )
    polygons = shapely.make_valid([shapely.Polygon(rs[0]) for rs in rings])
    union = shapely.union_all(polygons, grid_size=1e-6)
    assert abs(union.area - shapely.area(polygons).sum()) < 1e-3 * union.area


def test_the_page_is_never_larger_than_promised(large: Callable[[int], Result]) -> None:
    many = [replace(large(3_000), analysis=f"a{n}") for n in range(3)]
    text = page_html(Report(results=tuple(many), title="Stor"))
    assert len(text.encode()) <= PAGE_LIMIT
    assert "forenklet" in text


def test_features_that_the_map_cannot_hold_are_counted(small: Result) -> None:
    size = 12_500
    frame = gpd.GeoDataFrame(
        {"n": range(size)}, geometry=shapely.points(np.arange(size), np.zeros(size)), crs=25832
    )
    layer = MapLayer(
        name="l", title="Punkter", frame=frame, columns={"n": Column(title="N", decimals=0)}
    )
    data, notes = map_data(replace(small, layers=(layer,)), 3_000_000)
    assert len(data["layers"][0]["shapes"]) == 12_000
    assert f"12{HARD}000 av 12{HARD}500 objekter" in notes[0]


def test_text_beyond_the_limit_is_refused_with_a_remedy(small: Result) -> None:
    with pytest.raises(DataQualityError, match="5 MB"):
        page(replace(small, reading=("x" * (PAGE_LIMIT + 1),)))


def test_a_result_without_map_or_tables_is_shown(small: Result) -> None:
    root = tree(replace(small, layers=(), tables=(), provenance=None, parameters=(), findings=()))
    assert root.find(".//figure") is None
    assert "515" in root.text_content()


def test_the_difference_comes_first_and_the_runs_say_which_they_are(small: Result) -> None:
    assert small.provenance is not None
    changed = replace(small, provenance=replace(small.provenance, scenario="Nye hus"))
    root = tree(small, changed, small.compare(changed))
    links = [link.text for link in root.xpath("//nav//a")]
    assert links == [
        "Bosatte etter krets: endring med Nye hus",
        "Bosatte etter krets – uten scenario",
        "Bosatte etter krets – med scenario Nye hus",
    ]
    assert [h.text for h in root.xpath("//main/section/h2")] == links
    # Nothing changed: no cards, no legend, and the layer is named.
    difference = root.get_element_by_id("analyse-3")
    assert not difference.xpath(".//dl[@class='facts'] | .//fieldset")
    assert "Like i begge kjøringene: Kretser." in difference.text_content()


def test_uncertain_parameters_are_folded_behind_what_matters_more(small: Result) -> None:
    unsure = [f"Parameteren «P{at}» = 1{HARD}m er usikker: gjetning." for at in range(3)]
    box = tree(replace(small, warnings=(*unsure, "Bygg uten år er ikke med."))).find_class(
        "warnings"
    )[0]
    first, second = box.findall("ul/li")
    assert first.text == "Bygg uten år er ikke med."
    assert second.find("details/summary").text == "3 parametre er usikre"
    assert [item.text for item in second.iter("li")][1:] == unsure


def test_a_source_without_date_says_so_and_a_card_says_its_unit_once(small: Result) -> None:
    assert small.provenance is not None
    undated = tuple(replace(s, date="") for s in small.provenance.sources)
    facts = {"b": Fact(title="Barnehager", value=88, unit="barnehager")}
    text = tree(
        replace(
            small,
            facts=facts,
            template="",
            provenance=replace(small.provenance, sources=undated),
        )
    ).text_content()
    assert "ukjent" in text
    assert "Barnehager88" in text.replace("\n", "")
    assert "88\u00a0barnehager" not in text


def test_numbers_that_must_not_be_published_are_marked_before_anything_else(
    small: Result, account: Callable[..., Result]
) -> None:
    line = "Må ikke publiseres: Regnskapet «Nå» går ikke opp."
    root = tree(account())
    assert root.findtext("./head/title") == "Må ikke publiseres: Rapport"
    assert root.find(".//header")[0].text_content().strip() == line
    assert root.text_content().count(line) == 1
    # Of several results, the one that it is about says it too.
    both = tree(small, account())
    assert both.find(".//header")[0].text_content().strip() == line
    assert both.get_element_by_id("analyse-2").findtext(".//p/strong") == line
    assert "Må ikke publiseres" not in both.get_element_by_id("analyse-1").text_content()
    assert "Må ikke publiseres" not in page(small, account(()))
    hostile_reason = account(("<img src=x onerror=alert(1)>",))
    assert not tree(hostile_reason).xpath("//img")


def test_a_flow_diagram_stands_by_its_table_and_can_be_saved(
    account: Callable[..., Result],
) -> None:
    root = tree(account())
    figure = root.find(".//figure[@class='flow']")
    wide, narrow = figure.findall(".//svg")
    assert wide.get("role") == narrow.get("role") == "img"
    assert figure.getnext().get("id") == "tabell-0-2"
    assert "I alt 675,0" in figure.find("figcaption").text_content()
    link = figure.find(".//a")
    assert link.get("download") == "askergeo-areal-endring.svg"
    saved = base64.b64decode(link.get("href").partition(",")[2]).decode()
    assert "Må ikke publiseres: Regnskapet «Nå» går ikke opp." in saved
    # Nothing in the picture needs what the page's policy forbids.
    assert not wide.xpath(".//@style | .//@href | .//script")


def test_many_tables_are_listed_grouped_and_folded(account: Callable[..., Result]) -> None:
    root = tree(account())
    listed = root.xpath("//nav[@class='contents']//a")
    assert [a.text for a in listed] == [
        "Arealdekke nå",
        "Fra klasse til klasse",
        "Lang tabell",
        "Bred tabell",
        "Går regnskapet opp?",
    ]
    targets = [root.get_element_by_id(a.get("href")[1:]) for a in listed]
    # The first table and that of the diagram are open; the long and the wide are folded.
    assert [one.tag for one in targets] == ["div", "div", "details", "details", "div"]
    assert [h.text for h in root.xpath("//h3[@class='group']")] == ["Arealdekket", "Mer"]
    assert "(30 rader)" in targets[2].find("summary").text_content()
    for table in root.iter("table"):
        label = table.getparent().get("aria-labelledby")
        assert label is None or root.get_element_by_id(label).text_content().strip()


@pytest.mark.parametrize(("years", "tag"), [(12, "div"), (13, "details")])
def test_a_long_table_of_years_is_folded_under_its_diagram(
    account: Callable[..., Result], years: int, tag: str
) -> None:
    made = account()
    frame = pd.DataFrame({"aar": range(2026, 2026 + years), "km": 1.0})
    table = Table(
        name="aar",
        title="År for år",
        frame=frame,
        columns={"aar": Column(title="År", decimals=0), "km": Column(title="Lengde", unit="km")},
    )
    chart = YearChart(name="aar", title="Lengde", table="aar", year="aar", columns=("km",))
    root = tree(replace(made, tables=(*made.tables, table), charts=(*made.charts, chart)))
    link = next(a for a in root.xpath("//nav[@class='contents']//a") if a.text == "År for år")
    assert root.get_element_by_id(link.get("href")[1:]).tag == tag
    assert [p.text for p in root.xpath("//figure[@class='flow']//strong")][-1] == "Lengde."


def test_the_closing_line_is_in_words(account: Callable[..., Result]) -> None:
    line = tree(account()).find(".//div[@class='closing']//dd").text
    assert line == (
        f"Kommunens areal 1{HARD}000{HARD}000,0 m² = rader 999{HARD}000,5 + ikke dekket 1000,0 − "
        "talt flere ganger 0,5. Differanse 0,000000 m². Går opp."
    )


def test_of_findings_for_information_a_few_of_each_kind_are_listed(small: Result) -> None:
    note = small.findings[-1]
    info = [
        replace(note, severity=Severity.INFO, rule="splint", text=f"Splint {n}") for n in range(9)
    ]
    wrong = [
        replace(note, severity=Severity.ERROR, rule="hull", text=f"Hull {n}") for n in range(9)
    ]
    root = tree(replace(small, findings=(*info, *wrong)))
    assert len(root.xpath("//ul[@class='findings']/li")) == 12
    assert "6 til ligger i arket Avvik" in root.text_content()


def test_a_layer_may_be_switched_off_when_the_page_opens(small: Result) -> None:
    layer = replace(small.layers[0], visible=False)
    root = tree(replace(small, layers=(layer,)))
    assert root.find(".//input[@type='checkbox']").get("checked") is None
    (data,) = json.loads(root.get_element_by_id("kartdata").text)
    assert [one["visible"] for one in data["layers"]] == [False]
    assert tree(small).find(".//input[@type='checkbox']").get("checked") is not None
