"""The browser of the tests sees what it must: each of its eyes is shown a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "<!DOCTYPE html><html lang='nb'><meta charset='utf-8'><title>Prøve</title>"


@pytest.fixture
def shown(visit: Callable, tmp_path: Path) -> Callable:
    """Open a page with this body."""

    def show(body: str, ready: str = "", **options):
        page = tmp_path / "side.html"
        page.write_text(f"{HEAD}{body}", encoding="utf-8")
        return visit(page, ready=ready, **options)

    return show


@pytest.mark.parametrize(
    "body",
    [
        "<img src='http://eksempel.invalid/x.png' alt='' onerror='over()'>",
        "<link rel=stylesheet href='//eksempel.invalid/x.css' onerror='over()'>",
        "<script>fetch('https://eksempel.invalid/').catch(over)</script>",
        "<script>new WebSocket('wss://eksempel.invalid/').onclose = over</script>",
    ],
)
def test_a_page_that_asks_the_net_is_seen(shown: Callable, body: str) -> None:
    # What a script asks for goes out after the page has loaded: wait until it was refused.
    over = "<script>function over() { document.documentElement.dataset.over = '1'; }</script>"
    seen = shown(over + body, ready="html[data-over]")
    assert any("eksempel.invalid" in url for url in seen.asked), seen.complaints()


def test_errors_and_what_the_policy_stops_are_seen(shown: Callable) -> None:
    seen = shown("<script>undefinedName()</script>")
    assert "undefinedName" in seen.errors[0]
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    seen = shown(f"{policy}<p style='color:red'>x")
    assert "Content Security Policy" in seen.console[0]


def test_a_silent_page_complains_of_nothing_and_axe_works_under_its_policy(shown: Callable) -> None:
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    seen = shown(f"{policy}<main><h1>Prøve</h1><p>Tekst</main>")
    assert seen.axe() == []
    assert seen.complaints() == []


def test_axe_finds_what_is_wrong(shown: Callable) -> None:
    found = " ".join(shown("<main><h1>Prøve</h1><img src='data:,'><button></button></main>").axe())
    assert "image-alt" in found
    assert "button-name" in found


def test_a_trap_for_the_keyboard_and_a_ring_that_is_not_seen_are_found(shown: Callable) -> None:
    trap = "<button id=a>En</button><script>a.onblur = () => setTimeout(() => a.focus())</script>"
    seen = shown("<button>En</button><button style='outline:none'>To</button>")
    first, second = seen.walk()
    assert (first["ring"], second["ring"]) == (True, False)
    assert first["name"] == "button En"
    # A trap is either never left, or the walk ends before what comes after it.
    seen = shown(f"{trap}<button>To</button>")
    assert "button To" not in [stop["name"] for stop in seen.walk()]


def test_what_is_too_wide_too_small_or_on_top_of_another_is_found(shown: Callable) -> None:
    seen = shown("<p style='width:2000px'>x")
    assert seen.overflow()
    seen = shown("<button style='width:20px;height:20px'>x</button>")
    assert seen.small_targets()
    seen = shown("<h1>Prøve</h1><button style='position:absolute;top:10px;left:0'>x</button>")
    assert seen.overlaps()
    seen = shown("<h1>Prøve</h1><button style='width:30px;height:30px'>x</button>")
    assert not (seen.overflow())
    assert not (seen.small_targets())
    assert not (seen.overlaps())


def test_the_reading_order_is_the_accessibility_trees(shown: Callable) -> None:
    seen = shown(
        "<header>Topp</header><nav aria-label=Sider><a href='#x'>x</a></nav><main><h1>Prøve</h1>"
        "<h2 aria-hidden=true>Skjult</h2></main><footer>Bunn</footer>"
    )
    assert seen.landmarks() == ["banner", "navigation", "main", "contentinfo"]
    assert seen.headings() == [(1, "Prøve")]


def test_a_picture_of_one_colour_is_blank(looking) -> None:
    pixels = np.full((10, 10, 3), 255, dtype=np.uint8)
    assert looking.drawn_share(pixels) == 0
    pixels[:3] = 0
    assert looking.drawn_share(pixels) == pytest.approx(0.3)
