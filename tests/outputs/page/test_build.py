"""The page: one file, safe, accessible, Norwegian and never too large."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from lxml import html

from askergeo.charts import YearChart
from askergeo.errors import DataQualityError
from askergeo.outputs.marker import corners, outline
from askergeo.outputs.page.build import PAGE_LIMIT, topic_html
from askergeo.outputs.report import Report
from askergeo.privacy import suppress
from askergeo.result import Column, Fact, MapLayer, Result, Severity, Style, StyleClass, Table

if TYPE_CHECKING:
    from collections.abc import Callable

HARD = "\u00a0"


def report(*results: Result, **more: object) -> Report:
    return Report(results=tuple(map(suppress, results)), title="Rapport", **more)


def page(*results: Result, **more: object) -> str:
    """The first topic's page."""
    made = report(*results, **more)
    return topic_html(made, made.topics[0])


def tree(*results: Result, **more: object) -> html.HtmlElement:
    return html.document_fromstring(page(*results, **more))


def side(root: html.HtmlElement) -> dict:
    return json.loads(root.get_element_by_id("askergeo-side").text)


def payload(root: html.HtmlElement) -> dict[str, bytes]:
    """Unpack the data as the page's script does."""
    raw = zlib.decompress(base64.b64decode(root.get_element_by_id("askergeo-data").text), -15)
    size = int.from_bytes(raw[:4], "little")
    sections = json.loads(raw[4 : 4 + size])["sections"]
    return {name: raw[4 + size + at :][:length] for name, (at, length) in sections.items()}


def scenario(small: Result) -> tuple[Result, Result, Result]:
    assert small.provenance is not None
    changed = replace(small, provenance=replace(small.provenance, scenario="Nye hus"))
    return small, changed, small.compare(changed)


def test_the_page_has_the_marks_of_universal_design(small: Result) -> None:
    root = tree(*scenario(small))
    assert root.get("lang") == "nb"
    assert root.findtext(".//title") == "Bosatte etter krets: endring med Nye hus – Rapport"
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
        link.startswith("#")
        or link in {"askergeo.xlsx", "askergeo.gpkg", "resultat.json", "tilgjengelighet.html"}
        for link in links
    )
    assert "url(" not in "".join(style.text for style in root.iter("style"))
    shown = [mark.get("fill", "") for mark in root.iter("rect", "path", "circle")]
    assert all(fill.startswith("url(#monster-") for fill in shown if "url" in fill)
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
    assert len(re.findall(r"<script>", text)) == 1
    assert " style=" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_hostile_text_stays_text(hostile: Result) -> None:
    text = page(hostile)
    root = html.document_fromstring(text)
    assert len(root.findall(".//script")) == 3
    assert not root.xpath("//img | //b[text()='ut'] | //*[@onerror] | //*[@onload]")
    assert "<" not in root.get_element_by_id("askergeo-side").text
    assert "{{ 7*7 }}" in text
    cells = json.loads(payload(root)["L0.cells"])[0]
    assert cells[0] == "<script>document.title='knekt'</script>"
    assert "onload" not in json.dumps(side(root)["layers"][0]["symbols"])


def test_numbers_are_norwegian_and_hidden_ones_are_colons(small: Result) -> None:
    root = tree(small)
    rows = [
        [c.text_content() for c in tr.iter("th", "td")][:6] for tr in root.find(".//table/tbody")
    ]
    assert rows[0] == ["Nord", ":", ":", "123", ":", "1234,6"]
    assert rows[1][5] == ".."
    assert rows[2] == ["Øst", "50", "300", "350", "14,3", f"98{HARD}765,4"]
    assert root.find(".//tbody/tr[@class='total']/th").text == "I alt"
    assert (
        "515 personer bor i kretsene, et skjult antall av dem"
        in root.find(".//p[@class='sentence']").text
    )


def test_the_figure_states_the_finding_and_the_legend_is_text(small: Result) -> None:
    figure = tree(small).find(".//figure")
    caption = figure.find("figcaption").text_content()
    assert "515 personer bor i kretsene" in caption
    assert "© SSB og Kartverket" in caption
    shown = {li.get("data-class"): li for li in figure.findall(".//fieldset//li")}
    assert [" ".join(li.text_content().split()) for li in shown.values()] == [
        "Nord i kommunen",
        "Sør i kommunen",
        "Annet",
    ]
    # Never colour alone: neighbours have different patterns too, the same as on the map.
    drawn = side(tree(small))["layers"][0]["symbols"]
    for at, li in shown.items():
        marks = [mark.get("fill") for mark in li.iter("rect")][1:]
        number = drawn[int(at)]["pattern"]
        assert [mark.rpartition("-")[2] for mark in marks] == ([f"{number})"] if number else [])
    assert len({symbol["pattern"] for symbol in drawn}) == len(drawn)


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
    marks = [next(iter(svg)) for svg in root.xpath("//*[@id='kart-lag']//svg")]
    # What lies on top is named first.
    assert [mark.tag for mark in marks] == ["line", "line", "path", "circle"]
    assert marks[2].get("d") == outline("diamond", 15, 9, 6)
    assert [(m.get("stroke-width"), m.get("stroke-dasharray")) for m in marks[:2]] == [
        ("3.78", "6 4"),
        ("2", None),
    ]
    first = side(root)["layers"][0]["symbols"]
    assert [symbol.get("corners") for symbol in first] == [
        corners("diamond"),
        None,
        corners("square"),
    ]


def test_what_was_missing_and_what_it_rests_on_is_said(small: Result) -> None:
    text = tree(small).text_content()
    for wanted in (
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
    # The script has all of them, to filter and sort.
    assert side(root)["tables"][0]["embedded"] == side(root)["tables"][0]["rows"] == 301
    rows = json.loads(payload(root)["T0.rows"])
    assert len(rows) == 301
    assert [row[0] for row in rows if row[2:] == [1]] == [body[-1].get("data-row")]


def test_an_example_municipality_is_called_one(small: Result) -> None:
    source = replace(small.provenance.sources[0], example=True)
    example = replace(small, provenance=replace(small.provenance, sources=(source,)))
    assert "oppdiktet kommune" in tree(example).text_content()
    assert "oppdiktet kommune" not in tree(small).text_content()


def test_the_page_is_never_larger_than_promised(large: Callable[[int], Result]) -> None:
    made = Report(results=(large(3_000),), title="Stor")
    assert len(topic_html(made, made.topics[0]).encode()) <= PAGE_LIMIT


def test_text_beyond_the_limit_is_refused_with_a_remedy(small: Result) -> None:
    with pytest.raises(DataQualityError, match="5 MB"):
        page(replace(small, reading=("x" * (PAGE_LIMIT + 1),)))


def test_a_result_without_map_or_tables_is_shown(small: Result) -> None:
    root = tree(replace(small, layers=(), tables=(), provenance=None, parameters=(), findings=()))
    assert root.find(".//figure") is None
    assert "515" in root.text_content()


def test_a_scenario_has_one_page_with_the_difference_first(small: Result) -> None:
    root = tree(*scenario(small))
    assert root.findtext(".//h1") == "Bosatte etter krets: endring med Nye hus"
    assert [h.text for h in root.xpath("//main/section/h2")] == [
        "Bosatte etter krets: endring med Nye hus",
        "Bosatte etter krets – uten scenario",
        "Bosatte etter krets – med scenario Nye hus",
        "Last ned",
    ]
    # Nothing changed: no cards, no legend, and the layer is named.
    difference = root.get_element_by_id("analyse-3")
    assert not difference.xpath(".//dl[@class='facts'] | .//fieldset")
    assert "Like i begge kjøringene: Kretser." in root.find(".//figure").text_content()
    # One map has both sides, and no name stands for two things.
    layers = side(root)["layers"]
    assert {(layer["name"], layer["side"]) for layer in layers} >= {
        ("kretser_for", "for"),
        ("kretser_etter", "etter"),
    }
    assert {d.get("data-side") for d in root.iter("details")} >= {"for", "etter"}
    names = [table["name"] for table in side(root)["tables"]]
    assert len(names) == len(set(names))


def test_uncertain_parameters_are_folded_behind_what_matters_more(small: Result) -> None:
    unsure = [f"Parameteren «P{at}» = 1{HARD}m er usikker: gjetning." for at in range(3)]
    box = tree(replace(small, warnings=(*unsure, "Bygg uten år er ikke med."))).find_class(
        "warnings"
    )[0]
    first, second = box.findall("ul/li")
    assert first.text == "Bygg uten år er ikke med."
    assert second.find("details/summary").text == "3 parametre er usikre"
    assert [item.text for item in second.iter("li")][1:] == unsure


def test_on_paper_uncertain_parameters_are_counted_once_and_told_where_they_stand(
    small: Result,
) -> None:
    record = small.parameters[0] | {"tittel": "P", "sikkerhet": "usikker", "kilde": "gjetning"}
    one = replace(
        small,
        parameters=(record,),
        warnings=(f"Parameteren «P» = 1{HARD}m er usikker: gjetning.",),
    )
    root = tree(one)
    (caution,) = root.find_class("warnings")[0].findall("ul/li")
    assert [item.text_content() for item in caution.find_class("print-only")] == [
        "1 parameter er usikker; «Parametre» sier hvilke, og hvorfor."
    ]
    assert caution.find("details").get("class") == "no-print"
    assert root.xpath("//tr[th='P']/td/text()")[-2:] == ["usikker", "gjetning"]


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
    assert root.findtext("./head/title") == "Må ikke publiseres: Arealregnskap – Rapport"
    assert root.find(".//header/div[@class='stop']").text_content().strip() == line
    assert root.find(".//header/h1").getprevious().get("class") == "stop"
    assert line in root.get_element_by_id("trykk-topp").text_content()
    assert side(root)["stops"] == [line]
    calm = tree(account(()))
    for script in calm.xpath("//script | //style"):
        script.drop_tree()
    assert "Må ikke publiseres" not in calm.text_content()
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
    listed = root.xpath("//nav[contains(@class, 'contents')]//a")
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
    assert [h.text for h in root.xpath("//h4[@class='group']")] == ["Arealdekket", "Mer"]
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
    link = next(
        a for a in root.xpath("//nav[contains(@class, 'contents')]//a") if a.text == "År for år"
    )
    assert root.get_element_by_id(link.get("href")[1:]).tag == tag
    # The title stands over what it names.
    first = root.xpath("//figure[@class='flow']")[-1][0]
    assert (first.tag, first.text_content()) == ("p", "Lengde")


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
    assert [one["visible"] for one in side(root)["layers"]] == [False]
    assert tree(small).find(".//input[@type='checkbox']").get("checked") is not None
