"""The page of a topic in a real browser: the map is drawn, facts are text, diagrams fit the window."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from askergeo.outputs.write import write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def report(samples: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a report of four topics."""
    folder = tmp_path_factory.mktemp("side") / "ut"
    results = [
        samples["large_result"](400),
        samples["small_result"](),
        samples["hostile_result"](),
        samples["account_result"](()),
    ]
    write_all(results, folder, title="Rapport")
    return folder


@pytest.mark.parametrize(
    ("topic", "features"), [("tettsted_avgrens", 404), ("bosatte", 3), ("fiendtlig", 6)]
)
def test_a_map_is_drawn_with_all_its_features(
    visit: Callable, report: Path, topic: str, features: int
) -> None:
    seen = visit(report / "tema" / f"{topic}.html")
    assert seen.locator("#kart").get_attribute("data-ready") == str(features)
    assert seen.locator("#kart canvas").count()
    scale = seen.locator(".leaflet-control-scale-line").first.text_content()
    assert re.fullmatch(r"[\d\u00a0 ]+ k?m", scale)
    assert seen.complaints() == []


def test_buttons_that_show_a_row_in_the_map_come_alive(visit: Callable, report: Path) -> None:
    seen = visit(report / "tema" / "bosatte.html")
    rows = seen.page.evaluate(
        """() => [...document.querySelectorAll("[data-table] tr[data-row]")]
             .map(row => [row.dataset.row, row.querySelectorAll("button").length])"""
    )
    # The sum has no place in the map.
    assert rows == [["n", 1], ["s", 1], ["o", 1], ["alle", 0]]


def test_the_facts_of_a_feature_are_text_only(visit: Callable, report: Path) -> None:
    seen = visit(report / "tema" / "fiendtlig.html")
    facts = seen.locator("#kart-fakta")
    assert not facts.is_visible()
    for details in seen.locator("details:has([data-table])").all():
        details.evaluate("box => { box.open = true; }")
    seen.locator("[data-table] tbody button").first.click()
    facts.wait_for(state="visible")
    assert facts.locator("script, img, b, iframe").count() == 0
    assert "<script>document.title='knekt'</script>" in facts.inner_text()
    assert "knekt" not in seen.page.title()
    assert seen.axe() == []
    assert seen.complaints() == []


# Where the parts of the diagrams and the tables lie.
MEASURE = """() => {
  const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const shown = [...document.querySelectorAll("figure.flow svg")]
    .filter(svg => svg.getBoundingClientRect().width > 0);
  return {
    page: document.documentElement.scrollWidth,
    svg: shown.map(box),
    size: shown.map(svg => parseFloat(svg.getAttribute("font-size")) *
      svg.getBoundingClientRect().width / svg.viewBox.baseVal.width),
    texts: shown.map(svg => [...svg.querySelectorAll("text")].map(box)),
    scrolled: [...document.querySelectorAll(".table-wrap")]
      .map(one => [one.scrollWidth, one.clientWidth, box(one)[2]])
  };
}"""


def measured(visit: Callable, report: Path, width: int) -> dict:
    seen = visit(report / "tema" / "areal.html", width=width, height=900, ready="")
    seen.page.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true; })")
    return seen.page.evaluate(MEASURE)


@pytest.mark.parametrize(("width", "font"), [(1280, 12.5), (360, 11)])
def test_a_diagram_fits_the_window_and_its_labels_do_not_meet(
    visit: Callable, report: Path, width: int, font: float
) -> None:
    found = measured(visit, report, width)
    ((left, _, right, _),) = found["svg"]
    assert left >= 0
    assert right <= width
    # Nothing but tables in their own boxes is wider than the window.
    assert found["page"] <= width
    assert found["size"][0] >= font
    texts = found["texts"][0]
    assert len(texts) > 15
    for at, one in enumerate(texts):
        assert left - 1 <= one[0]
        assert one[2] <= right + 1
        for other in texts[at + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            # Lines of one label touch: a box is as high as the font's tallest sign.
            assert across <= 0 or down < 0.35 * font


def test_a_wide_table_scrolls_in_its_own_box(visit: Callable, report: Path) -> None:
    boxes = measured(visit, report, 360)["scrolled"]
    assert any(whole > seen for whole, seen, _ in boxes)
    assert all(edge <= 360 for _, _, edge in boxes)


_BROKEN = """() => [...document.querySelectorAll("thead th")].flatMap((cell) => {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    for (const word of text.data.matchAll(/[^\\s\u2060]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""


@pytest.mark.parametrize("width", [360, 1366])
def test_no_word_of_a_header_is_broken(visit: Callable, kinds: dict, width: int) -> None:
    seen = visit(kinds["wide"].page, width=width)
    assert seen.page.evaluate(_BROKEN) == []


def test_a_long_text_in_a_table_is_not_a_column_of_single_words(
    visit: Callable, kinds: dict
) -> None:
    seen = visit(kinds["wide"].page, width=360)
    row = seen.locator("tbody tr").first
    line = row.locator("td.number").first.evaluate(
        "e => parseFloat(getComputedStyle(e).lineHeight)"
    )
    assert row.bounding_box()["height"] < 5 * line
