"""Every kind of page from ``file://`` with the net cut: silent, whole, readable by all, at all sizes."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    "start", "polygons", "hostile", "findings", "no map", "years", "compared", "one", "nynorsk",
    "english", "accessibility", "remarks", "review", "filed",
)  # fmt: skip
MAPS = ("polygons", "hostile", "years", "compared", "remarks", "review")
# CSS px of the window, and device pixels for each: a phone, a laptop, the laptop at 200 %.
SIZES = {"phone": (360, 740, 3), "laptop": (1366, 768, 1), "zoomed": (683, 384, 2)}


@pytest.fixture
def opened(visit: Callable, kinds: dict) -> Callable:
    """Open a page of a kind."""
    return lambda kind, **options: visit(kinds[kind].page, ready=kinds[kind].ready, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_silent_asks_nothing_and_axe_finds_nothing(
    opened: Callable, kinds: dict, kind: str
) -> None:
    seen = opened(kind)
    if kinds[kind].has_map:
        drawn = int(seen.locator("#kart").get_attribute("data-ready"))
        assert drawn == (kinds[kind].features or drawn)
        assert drawn > 0
        assert seen.painted() > 0.02
    if kinds[kind].title:
        assert kinds[kind].title in seen.page.title()
    assert seen.axe() == []
    headings_landmarks_and_language(seen, kind)
    for width, height, _ in (SIZES["zoomed"], SIZES["laptop"]):
        seen.page.set_viewport_size({"width": width, "height": height})
        fits(seen)
    walks(seen)
    assert seen.complaints() == []


def headings_landmarks_and_language(seen: Any, kind: str) -> None:
    """See what a screen reader finds its way by."""
    levels = [level for level, _ in seen.headings()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(text for _, text in seen.headings())
    language = seen.locator("html").get_attribute("lang")
    assert language == {"nynorsk": "nn", "english": "en"}.get(kind, "nb")
    assert seen.page.title().strip()
    marks = [mark for mark in seen.landmarks() if mark in {"banner", "main", "contentinfo"}]
    assert marks == [one for one in ("banner", "main", "contentinfo") if one in marks]
    assert marks.count("main") == 1
    # Zoom is never held back.
    view = seen.locator("meta[name=viewport]").get_attribute("content")
    assert "user-scalable" not in view
    assert "maximum-scale" not in view


def test_a_screen_reader_meets_the_finding_before_the_map_and_the_table_after(
    opened: Callable,
) -> None:
    order = [node for node in opened("polygons").tree() if node["name"] or node["role"] == "table"]
    at = {
        name: next(i for i, node in enumerate(order) if test(node))
        for name, test in {
            "title": lambda node: node["role"] == "heading",
            "finding": lambda node: "prosent av de" in node["name"],
            "map": lambda node: node["role"] == "region" and "kart" in node["name"].lower(),
            "table": lambda node: node["role"] == "table",
        }.items()
    }
    assert at["title"] < at["finding"] < at["map"] < at["table"]


def walks(seen: Any) -> None:
    """See that the keyboard goes everywhere, in reading order, and out again."""
    stops = seen.walk()
    assert stops, "nothing can be reached"
    if seen.locator("a.skip, a.hopp").count():
        assert "href" not in stops[0]["name"]
        assert stops[0]["tag"] == "a"
    unseen = [stop["name"] for stop in stops if not stop["ring"]]
    assert unseen == []
    hidden = [stop["name"] for stop in stops if not (stop["inView"] and stop["onTop"])]
    assert hidden == []
    # Every control that the eye sees was reached.
    left = seen.page.evaluate(
        """() => [...document.querySelectorAll(
             "a[href], button, select, textarea, input:not([type=hidden]), summary, [tabindex='0']")]
           .filter(e => e.checkVisibility({checkVisibilityCSS: true}) && !e.disabled &&
             e.tabIndex >= 0 && !e.dataset.seen && !e.closest("[inert]") && e.type !== "radio")
           .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert left == []


def fits(seen: Any) -> None:
    """See that nothing is cut off, covered, or too small to press."""
    assert seen.overflow() == []
    assert seen.overlaps() == []
    assert seen.small_targets() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_a_phone(opened: Callable, kind: str) -> None:
    width, height, scale = SIZES["phone"]
    fits(opened(kind, width=width, height=height, scale=scale))


@pytest.mark.parametrize("kind", ["years", "compared"])
def test_nothing_moves_for_those_who_asked_for_less_motion(opened: Callable, kind: str) -> None:
    seen = opened(kind, reduced_motion="reduce")
    moving = seen.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(function (e) {
             const s = getComputedStyle(e);
             return [s.transitionDuration, s.animationDuration]
               .some(all => all.split(",").some(one => parseFloat(one) > 0.01));
           }).map(e => e.outerHTML.slice(0, 100))"""
    )
    assert moving == []
    assert seen.page.evaluate("document.getAnimations().length") == 0
    assert seen.complaints() == []


@pytest.mark.parametrize("kind", ["start", "polygons", "years"])
def test_colours_that_the_reader_forces_leave_map_and_controls(
    opened: Callable, kinds: dict, kind: str
) -> None:
    seen = opened(kind, forced_colors="active")
    if kinds[kind].has_map:
        assert seen.painted() > 0.02
        boxes = seen.page.evaluate(
            """() => [...document.querySelectorAll("#kart-verktoy button")].map(function (e) {
                 const s = getComputedStyle(e);
                 return [s.color, s.backgroundColor, s.borderStyle];
               })"""
        )
        assert boxes
        assert all(ink != paper for ink, paper, _ in boxes)
    assert seen.complaints() == []


@pytest.mark.parametrize("kind", ["start", "polygons", "years", "compared", "review"])
def test_without_scripts_the_tables_and_texts_are_there(
    visit: Callable, kinds: dict, kind: str
) -> None:
    seen = visit(kinds[kind].page, ready="", java_script_enabled=False)
    text = seen.page.locator("body").inner_text()
    assert len(text) > 300
    assert seen.page.locator("h1").is_visible()
    if kind in MAPS:
        assert seen.page.locator("table").count()
        assert seen.page.locator("noscript").count()
    assert seen.complaints() == []


def test_hostile_text_did_nothing(opened: Callable) -> None:
    seen = opened("hostile")
    assert "knekt" not in seen.page.title()
    assert seen.locator("img[src=x], [onerror], [onload]").count() == 0
    assert "<script>document.title='knekt'</script>" in seen.page.locator("body").inner_text()


def test_every_link_between_the_pages_leads_somewhere(opened: Callable, kinds: dict) -> None:
    for kind in KINDS:
        seen = opened(kind)
        links = seen.page.evaluate("[...document.links].map(a => a.getAttribute('href'))")
        for link in links:
            if link.startswith("#"):
                found = seen.page.evaluate("id => !id || !!document.getElementById(id)", link[1:])
                assert found, (kind, link)
            elif not re.match(r"[a-z]+:", link):
                path = kinds[kind].page.parent / link.partition("#")[0]
                assert path.exists(), (kind, link)
        seen.close()
