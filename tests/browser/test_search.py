"""The search box and the names on the map, in a page that holds nothing else."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from askergeo.background import Background, Place
from askergeo.messages import messages
from askergeo.outputs.page.places import places_section

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORIGIN = (570_000.0, 6_600_000.0)
SCRIPTS = ("30-map.js", "25-labels.js", "40-search.js")
FRAME = 16.7


def _place(name: str, kind: str, x: float = 0, y: float = 0, rank: int = 4) -> Place:
    return Place(name=name, kind=kind, x=ORIGIN[0] + x, y=ORIGIN[1] + y, rank=rank)


PLACES = (
    _place("Eksempelbyen", "senter", 1000, 1000, 1),
    _place("Hagaløkka skole", "skole", 2000, 500),
    _place("Hagaløkka barnehage", "barnehage", 2100, 500, 5),
    _place("Blåbærstien", "veg", 50, 60, 7),
    _place("Åsly", "senter", 4000, 4000, 3),
    _place("<script>alert(1)</script> Gård 🐄", "fysioterapi", 1, 2, 5),
)
ADDRESSES = pd.DataFrame(
    [
        ("Blåbærstien", "1", 10.0, 20.0),
        ("Blåbærstien", "2", 30.0, 25.0),
        ("Blåbærstien", "2A", 40.0, 25.0),
        ("Blåbærstien", "12", 90.0, 60.0),
        ("Kirkeveien", "2", 500.0, 700.0),
    ],
    columns=["gate", "nummer", "x", "y"],
).assign(x=lambda f: f["x"] + ORIGIN[0], y=lambda f: f["y"] + ORIGIN[1])
BACKGROUND = Background(layers=(), places=PLACES, crs="EPSG:25832", addresses=ADDRESSES)
#: A layer of the page: one feature is the school that is also a place.
FEATURES = [["Hagaløkka skole", 2010, 510], ["Rabben krets", 3000, 3000]]

PAGE = """<!DOCTYPE html><html lang="{language}"><meta charset="utf-8"><title>Prøve</title>
<style>{style}</style><main><h1>Prøve</h1><div id="kart-sok" hidden></div>
<p id="kart-status" role="status"></p><button id="etter">Etter</button></main>
<script>"use strict";
const A = {{ side: {side}, asked: [], state: {{}} }};
const heard = {{}};
A.on = (event, action) => (heard[event] = heard[event] || []).push(action);
A.emit = (event, value) => (heard[event] || []).forEach((action) => action(value));
A.t = (key, values) => {{
  let text = A.side.texts[key] ?? key;
  for (const [name, value] of Object.entries(values || {{}})) text = text.replaceAll(`{{${{name}}}}`, value);
  return text;
}};
const L = {{ Layer: {{ extend: () => null }} }};
{scripts}
A.map = {{}};
A.showPlace = (xy, text) => A.asked.push(["sted", ...xy, text]);
A.showBox = (box) => A.asked.push(["boks", ...box]);
A.select = (what) => A.asked.push(["objekt", what.layer.meta.name, what.row, what.from]);
const features = {features};
const data = {{
  places: () => ({places}),
  layers: [{{ n: features.length, meta: {{ name: "skoler", title: "Skoler", ground: false, numeric: [true, false] }},
    bounds: Float64Array.from(features.flatMap(([, x, y]) =>
      [x + {origin[0]}, y + {origin[1]}, x + {origin[0]}, y + {origin[1]}])),
    labels: () => [], cells: () => [features.map(() => "1"), features.map(([name]) => name)] }}],
}};
window.A = A;
window.data = data;
A.emit("ready", data);
</script></html>"""


@pytest.fixture
def searching(visit: Callable, tmp_path: Path) -> Callable:
    """Open a page with a search box over some names."""

    def show(background: Background = BACKGROUND, language: str = "nb", **options: Any) -> Any:
        assets = files("askergeo") / "outputs" / "page" / "assets"
        texts = messages(language)
        side = {
            "origin": ORIGIN,
            "places": True,
            "language": language,
            "texts": {key: text for key, text in texts.texts.items() if key.startswith("sok.")},
        }
        page = tmp_path / "sok.html"
        text = PAGE.format(
            language=language,
            style=(assets / "search.css").read_text(encoding="utf-8"),
            side=json.dumps(side),
            scripts="\n".join(
                (assets / "js" / name).read_text(encoding="utf-8") for name in SCRIPTS
            ),
            features=json.dumps(FEATURES),
            places=places_section(background, ORIGIN).decode().replace("<", "\\u003c"),
            origin=ORIGIN,
        )
        page.write_text(text, encoding="utf-8")
        return visit(page, ready="#sok-felt", **options)

    return show


def _hits(seen: Any, text: str) -> list[str]:
    seen.page.fill("#sok-felt", text)
    return [one.inner_text() for one in seen.page.locator("#sok-liste li").all()]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Hagaløkka skole", "Hagaløkka skole – Skoler"),
        ("HAGALOKKA b", "Hagaløkka barnehage – barnehage"),
        ("barnehage hag", "Hagaløkka barnehage – barnehage"),
        ("rabben", "Rabben krets – Skoler"),
        ("aasly", "Åsly – senter"),
        ("blåb", "Blåbærstien – gate, 4 adresser"),
        ("blabar 2 a", "Blåbærstien 2A – adresse"),
        ("Blåbærstien 12", "Blåbærstien 12 – adresse"),
        ("kirkev", "Kirkeveien – gate, 1 adresse"),
        ("hagalkka", "Hagaløkka skole – Skoler"),
        ("Eksempelbeyn", "Eksempelbyen – senter"),
        ("blabærstein 1", "Blåbærstien 1 – adresse"),
        ("script", "<script>alert(1)</script> Gård 🐄 – fysioterapi"),
    ],
)
def test_what_people_type_finds_what_they_mean(searching: Callable, typed: str, first: str) -> None:
    seen = searching()
    assert _hits(seen, typed)[0] == first
    assert seen.complaints() == []


def test_a_thing_that_is_a_place_and_on_the_map_is_one_hit(searching: Callable) -> None:
    seen = searching()
    assert _hits(seen, "hagaløkka s") == ["Hagaløkka skole – Skoler"]
    assert _hits(seen, "blåbærstien 2") == [
        "Blåbærstien 2 – adresse",
        "Blåbærstien 2A – adresse",
    ]
    assert _hits(seen, "xyzw") == []
    # What is announced comes a frame after what is listed.
    seen.page.wait_for_function(
        "document.getElementById('kart-status').textContent.startsWith('Ingen treff')"
    )


def test_the_keyboard_does_all(searching: Callable) -> None:
    seen = searching()
    page = seen.page
    page.focus("#sok-felt")
    page.keyboard.type("haga")
    field = page.locator("#sok-felt")
    assert field.get_attribute("aria-expanded") == "true"
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == "sok-treff-0"
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == "sok-treff-1"
    assert page.locator("[aria-selected=true]").count() == 1
    assert seen.axe() == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("A.asked") == [["objekt", "skoler", 0, "sok"]]
    assert field.input_value() == "Hagaløkka skole"
    assert field.get_attribute("aria-expanded") == "false"
    page.wait_for_function("document.getElementById('kart-status').textContent.includes('viser')")
    assert page.evaluate("document.activeElement.id") == "sok-felt"
    page.keyboard.press("ArrowDown")
    assert page.locator("#sok-liste").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#sok-liste").is_visible()
    page.keyboard.press("Escape")
    assert field.input_value() == ""
    page.keyboard.type("kirkeveien 2")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.type("blåb")
    page.keyboard.press("Enter")
    assert page.evaluate("A.asked.slice(1)") == [
        ["sted", 570_500, 6_600_700, "Kirkeveien 2"],
        ["boks", 570_010, 6_600_020, 570_090, 6_600_060],
    ]


def test_the_mouse_chooses_and_the_list_closes_when_left(searching: Callable) -> None:
    seen = searching(width=360)
    _hits(seen, "e")
    seen.page.click("#sok-liste li >> text=Eksempelbyen")
    assert seen.page.evaluate("A.asked") == [["sted", 571_000, 6_601_000, "Eksempelbyen"]]
    _hits(seen, "k")
    seen.page.focus("#etter")
    assert not seen.page.locator("#sok-liste").is_visible()
    assert seen.overflow() == []


def test_other_languages_say_what_a_hit_is_and_mark_what_is_bokmal(searching: Callable) -> None:
    seen = searching(language="en")
    assert _hits(seen, "hagaløkka b") == ["Hagaløkka barnehage – kindergarten"]
    assert _hits(seen, "gård")[0].endswith("– fysioterapi")
    assert seen.page.locator("#sok-liste .sok-slag").get_attribute("lang") == "nb"


def test_only_eight_are_shown_and_the_rest_counted(searching: Callable) -> None:
    many = Background(
        layers=(), crs="EPSG:25832", places=tuple(_place(f"Vik {i}", "vann") for i in range(30))
    )
    seen = searching(many)
    assert len(_hits(seen, "vik")) == 8
    assert seen.page.locator(".sok-antall").inner_text().startswith("30 treff, de 8 beste vises")


def test_forty_thousand_names_are_searched_within_a_frame(searching: Callable) -> None:
    syllables = ("hag", "løk", "åsen", "bjørk", "rud", "vik", "nes", "tun", "sletta", "myr")
    names = (
        f"{a}{b}{c}{d} {e}"
        for a in syllables
        for b in syllables
        for c in syllables
        for d in syllables
        for e in ("vei", "skole", "nord", "gård")
    )
    places = tuple(_place(name, "skole", i % 200, i // 200) for i, name in enumerate(names))
    seen = searching(Background(layers=(), places=places, crs="EPSG:25832"))
    assert len(places) == 40_000
    times = seen.page.evaluate(
        """() => {
          const index = A.searchIndex(data);
          const best = (typed) => Math.min(...Array.from({length: 25}, () => {
            const start = performance.now();
            A.search(index, typed);
            return performance.now() - start;
          }));
          return ["h", "haglokasen", "rudvik skole", "bjorkknes", "hgalokrudvik"].map(best);
        }"""
    )
    assert max(times) < FRAME, times


def test_names_are_written_by_rank_and_never_over_each_other(searching: Callable) -> None:
    seen = searching()
    written = seen.page.evaluate(
        """([resolution]) => A.placeNames(A.placesOf(data), {
          resolution, box: [0, 0, 2000, 2000], width: (text) => 7 * text.length,
          project: (x, y) => [(x - 570000) / resolution, 2000 - (y - 6600000) / resolution],
        }).map((one) => one.text)""",
        [50],
    )
    assert written == ["Eksempelbyen"]
    near = seen.page.evaluate(
        """() => A.placeNames(A.placesOf(data), {
          resolution: 3, box: [0, 0, 2000, 2000], width: (text) => 7 * text.length,
          project: (x, y) => [(x - 570000) / 3, 2000 - (y - 6600000) / 3],
        }).map((one) => [one.text, one.dot])"""
    )
    # The kindergarten's name would lie over that of the school, on either side of its mark.
    assert ["Hagaløkka skole", True] in near
    assert ["Eksempelbyen", False] in near
    assert all("barnehage" not in text for text, _ in near)
