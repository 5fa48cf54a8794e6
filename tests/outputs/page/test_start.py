"""The start page: what was asked, every answer in a sentence, and what could not be answered."""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from lxml import html

from askergeo.outputs.page.start import start_html, statement_html, topic_state
from askergeo.outputs.report import NotRun, Report
from askergeo.privacy import suppress
from askergeo.result import MapLayer, Missing, Severity, Style

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.result import Result


def made(*results: Result, **more: object) -> Report:
    return Report(results=tuple(map(suppress, results)), title="Rapport", **more)


def start(*results: Result, **more: object) -> html.HtmlElement:
    return html.document_fromstring(start_html(made(*results, **more)))


def test_every_topic_has_its_answer_and_a_link(small: Result) -> None:
    root = start(replace(small, analysis="skole"), replace(small, analysis="tettsted"))
    cards = root.xpath("//li[@class='card']")
    assert [card.find(".//a").get("href") for card in cards] == [
        "tema/tettsted.html",
        "tema/skole.html",
    ]
    assert [h.text for h in root.xpath("//main//h2")][:2] == [
        "Tettsteder og tjenester",
        "Skole og barnehage",
    ]
    assert all("515 personer bor i kretsene" in card.text_content() for card in cards)


def test_the_state_of_a_topic_is_a_sign_and_a_word(
    small: Result, account: Callable[..., Result]
) -> None:
    calm = replace(small, warnings=(), findings=(), missing=())
    finding = small.findings[0]
    states = {
        "i_orden": calm,
        "merknader": replace(calm, warnings=("Bygg uten år er ikke med.",)),
        "feil": replace(calm, findings=(replace(finding, severity=Severity.ERROR),)),
        "stopp": account(),
    }
    for state, result in states.items():
        assert topic_state(made(result).topics[0]) == state
    # Uncertain parameters alone are no remark.
    unsure = replace(calm, warnings=("Parameteren «P» = 1 er usikker: gjetning.",))
    assert topic_state(made(unsure).topics[0]) == "i_orden"
    root = start(small, account())
    state = root.xpath("//p[@class='state stopp']")[0].text_content()
    assert state == "✖ Må ikke publiseres: Regnskapet «Nå» går ikke opp."
    assert root.findtext(".//title") == "Må ikke publiseres: Rapport"


def test_what_was_not_run_and_what_was_missing_is_said_with_where_to_order(small: Result) -> None:
    lack = Missing(layer="ar5", title="AR5", consequence="Dyrket jord er ukjent.")
    root = start(small, not_run=(NotRun(analysis="jordvern", title="Jordvern", missing=(lack,)),))
    text = root.text_content()
    for wanted in ("Ikke kjørt", "1 ikke kjørt", "Jordvern", "Dyrket jord er ukjent.", "Støysoner"):
        assert wanted in text
    assert "Bestilles: " in root.get_element_by_id("ikke-kjort").text_content()


def test_a_report_without_answers_says_so() -> None:
    root = start()
    assert "Ingen analyser kunne kjøres" in root.text_content()
    assert len(root.findall(".//h1")) == 1


def test_a_small_picture_of_the_map_is_in_the_page(small: Result) -> None:
    (image,) = start(small).iter("img")
    kind, _, data = image.get("src").partition(",")
    assert kind == "data:image/svg+xml;base64"
    picture = html.fromstring(base64.b64decode(data))
    # The map and nothing else: no title, no legend, no scale.
    assert not picture.xpath("//text")
    assert picture.xpath("//path")
    assert image.get("width") == "400"
    assert 300 <= int(image.get("height")) <= 420
    assert image.get("alt") == f"Kart: {small.title}"
    assert not list(start(replace(small, layers=())).iter("img"))


def test_the_pictures_of_many_topics_have_room(small: Result) -> None:
    points = np.random.default_rng(1).uniform((570_000, 6_620_000), (590_000, 6_640_000), (9000, 2))
    frame = gpd.GeoDataFrame(
        geometry=shapely.buffer(shapely.points(points), np.arange(9000) % 300 + 50), crs=25832
    )
    crowded = MapLayer(name="mange", title="Mange", frame=frame, columns={}, style=Style())
    many = [replace(small, analysis=f"a{n}", layers=(crowded,)) for n in range(3)]
    text = start_html(made(*many))
    assert text.count("<img") == 3
    assert len(text) < 300_000


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_pages_have_the_marks_of_universal_design(small: Result, language: str) -> None:
    report = made(small, replace(small, analysis="skole"), language=language)
    for text in (start_html(report), statement_html(report)):
        root = html.document_fromstring(text)
        assert root.get("lang") == language
        assert len(root.findall(".//h1")) == 1
        assert not list(root.iter("script"))
        skip = root.find(".//body/a")
        assert root.get_element_by_id(skip.get("href")[1:]).tag == "main"
        levels = [int(e.tag[1]) for e in root.iter("h1", "h2", "h3", "h4")]
        assert all(b - a <= 1 for a, b in pairwise(levels))
        assert " style=" not in text
        policy = root.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
        assert policy.startswith("default-src 'none'; script-src 'none'")


def test_the_statement_is_a_template_that_says_so(small: Result) -> None:
    text = html.document_fromstring(statement_html(made(small))).text_content()
    for wanted in ("uustatus.no", "[Kommunens navn]", "[e-post]", "ikke er i samsvar", "mal"):
        assert wanted in text


def test_hostile_text_stays_text(hostile: Result, small: Result) -> None:
    absent = NotRun(analysis="x", title="<img src=x>", reason="<script>alert(1)</script>")
    root = start(small, replace(hostile, analysis="y"), not_run=(absent,))
    assert not root.xpath(
        "//img[not(starts-with(@src, 'data:image/svg'))] | //script | //*[@onerror] | //*[@onload]"
    )
