"""The page in a real browser: the map is drawn, nothing is fetched, hostile text does nothing."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from lxml import html

from askergeo.outputs.write import write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    # The browser's own errands find no host either.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def browse(chromium: str, page: Path, folder: Path, *options: str) -> tuple[str, str]:
    """Return the page's final DOM and what the console said."""
    command = [
        chromium,
        *QUIET,
        f"--user-data-dir={folder}",
        "--virtual-time-budget=10000",
        *options,
    ]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def asked_by_the_page(log: Path) -> set[str]:
    """Who asked the net for something: the browser's own errands have no origin."""
    found = re.findall(r'"initiator":"([^"]*)"', log.read_text(encoding="utf-8"))
    return {origin for origin in found if origin != "not an origin"}


@pytest.fixture(scope="module")
def seen(
    samples: dict, require_tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, set[str], str]:
    """DOM, console, who asked the net for something, and the page's own text."""
    chromium = require_tool("chromium")
    folder = tmp_path_factory.mktemp("side")
    results = [samples["large_result"](400), samples["small_result"](), samples["hostile_result"]()]
    page = write_all(results, folder / "ut", title="Rapport")["side"]
    log = folder / "net.json"
    dom, console = browse(chromium, page, folder / "profil", f"--log-net-log={log}")
    return dom, console, asked_by_the_page(log), page.read_text(encoding="utf-8")


def test_a_page_that_asks_the_net_would_be_seen(
    require_tool: Callable[[str], str], tmp_path: Path
) -> None:
    page, log = tmp_path / "henter.html", tmp_path / "net.json"
    page.write_text("<!DOCTYPE html><img src='http://eksempel.invalid/x.png'>")
    browse(require_tool("chromium"), page, tmp_path / "profil", f"--log-net-log={log}")
    assert asked_by_the_page(log)


def test_every_map_is_drawn_with_all_its_features(seen: tuple) -> None:
    root = html.document_fromstring(seen[0])
    assert [box.get("data-ready") for box in root.xpath("//*[@data-map]")] == ["404", "3", "6"]
    assert len(root.xpath("//canvas")) == 3
    scales = [e.text for e in root.xpath("//*[contains(@class, 'leaflet-control-scale-line')]")]
    assert all(re.fullmatch(r"\d+ k?m", text) for text in scales)


def test_the_console_is_silent_and_nothing_is_asked_of_the_net(seen: tuple) -> None:
    assert seen[1] == ""
    assert seen[2] == set()


def test_hostile_text_did_nothing(seen: tuple) -> None:
    root = html.document_fromstring(seen[0])
    assert root.findtext(".//title") == "Rapport"
    assert not root.xpath("//img | //*[@onerror] | //*[@onload]")


def test_buttons_that_show_a_row_in_the_map_come_alive(seen: tuple) -> None:
    buttons = html.document_fromstring(seen[0]).xpath("//button[@data-show='1']")
    assert [(b.get("data-row"), b.get("hidden")) for b in buttons] == [
        ("n", None),
        ("s", None),
        ("o", None),
        ("alle", ""),
    ]


def test_a_popup_shows_text_only(
    samples: dict, require_tool: Callable[[str], str], tmp_path: Path
) -> None:
    page = write_all([samples["hostile_result"]()], tmp_path / "ut", title="Rapport")["side"]
    # A copy with a looser policy and one line more presses a button; the page itself allows none.
    text = page.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    text = text.replace(
        "</body>", "<script>document.querySelector('[data-show]').click()</script></body>"
    )
    pressed = tmp_path / "ut" / "trykket.html"
    pressed.write_text(text, encoding="utf-8")
    dom, console = browse(require_tool("chromium"), pressed, tmp_path / "profil")
    box = html.document_fromstring(dom).find_class("leaflet-popup-content")[0]
    assert console == ""
    assert not box.xpath(".//script | .//img | .//b")
    assert box.findtext(".//dd") == "<script>document.title='knekt'</script>"
    assert html.document_fromstring(dom).findtext(".//title") == "Rapport"
