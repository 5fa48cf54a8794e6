"""The page in a real browser: the map is drawn, nothing is fetched, hostile text does nothing."""

from __future__ import annotations

import json
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
    results = [
        samples["large_result"](400),
        samples["small_result"](),
        samples["hostile_result"](),
        samples["account_result"](()),
    ]
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


# Measures a page from outside it: the page's own policy lets no other script run in it.
MEASURE = """
<!DOCTYPE html><meta charset="utf-8"><title>x</title><body style="margin:0">
<iframe src="{page}" width="{width}" height="900" style="border:0"></iframe>
<script>
window.addEventListener("load", function () {{
  var page = document.querySelector("iframe").contentDocument;
  var view = page.defaultView;
  function box(e) {{
    var r = e.getBoundingClientRect();
    return [r.left, r.top, r.right, r.bottom].map(function (v) {{ return Math.round(v * 100) / 100; }});
  }}
  var shown = Array.prototype.filter.call(page.querySelectorAll("figure.flow svg"), function (svg) {{
    return svg.getBoundingClientRect().width > 0;
  }});
  var out = {{
    page: page.documentElement.scrollWidth,
    visible: shown.length,
    svg: shown.map(box),
    size: shown.map(function (svg) {{
      var scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return parseFloat(svg.getAttribute("font-size")) * scale;
    }}),
    texts: shown.map(function (svg) {{ return Array.prototype.map.call(svg.querySelectorAll("text"), box); }}),
    scrolled: Array.prototype.map.call(page.querySelectorAll(".table-wrap"), function (one) {{
      return [one.scrollWidth, one.clientWidth, box(one)[2]];
    }})
  }};
  var said = document.createElement("pre");
  said.textContent = JSON.stringify(out);
  document.body.appendChild(said);
}});
</script></body>
"""


@pytest.fixture(scope="module")
def measured(
    samples: dict, require_tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], dict]:
    """Measures of the page of a land account, by the width of the window."""
    folder = tmp_path_factory.mktemp("maal")
    page = write_all([samples["account_result"]()], folder / "ut", title="Rapport")["side"]

    def measure(width: int) -> dict:
        frame = folder / f"{width}.html"
        frame.write_text(MEASURE.format(page=page.as_uri(), width=width), encoding="utf-8")
        dom, _ = browse(
            require_tool("chromium"),
            frame,
            folder / "profil",
            "--allow-file-access-from-files",
            "--window-size=1400,1000",
        )
        return json.loads(html.document_fromstring(dom).findtext(".//pre"))

    return measure


@pytest.mark.parametrize(("width", "font"), [(1280, 12.5), (360, 11)])
def test_a_diagram_fits_the_window_and_its_labels_do_not_meet(
    measured: Callable[[int], dict], width: int, font: float
) -> None:
    seen = measured(width)
    assert seen["visible"] == 1
    ((left, _, right, _),) = seen["svg"]
    assert left >= 0
    assert right <= width
    # Nothing but tables in their own boxes is wider than the window.
    assert seen["page"] <= width
    assert seen["size"][0] >= font
    texts = seen["texts"][0]
    assert len(texts) > 15
    for at, one in enumerate(texts):
        assert left - 1 <= one[0]
        assert one[2] <= right + 1
        for other in texts[at + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            # Lines of one label touch: a box is as high as the font's tallest sign.
            assert across <= 0 or down < 0.35 * font


def test_a_wide_table_scrolls_in_its_own_box(measured: Callable[[int], dict]) -> None:
    boxes = measured(360)["scrolled"]
    assert any(whole > seen for whole, seen, _ in boxes)
    assert all(edge <= 360 for _, _, edge in boxes)
