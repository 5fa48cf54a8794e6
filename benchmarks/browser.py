"""Measures pages in headless Chromium: when a map is drawn, and how smoothly it is moved.

A page is opened from ``file://`` in a browser of its own. What it asks the net for is served from
the disk. The browser draws in software, so that the numbers hold for a machine without a graphics
card; WebGL gets a card that is software too.
"""

from __future__ import annotations

import base64
import io
import shutil
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import CDPSession, Page, Route

WINDOW = (1366, 768)
OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How a page is drawn: in software; WebGL, which cannot do without, by a graphics card in software.
PLAIN = ("--disable-gpu",)
WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
# A page has settled when nothing has been drawn for so long.
QUIET_S = 3.0
LONGEST_S = 240.0
# Frames are alike when at most this share of the map's pixels differ by more than so much.
SHARE, LEVELS = 0.01, 24
DRAGS, STEPS = 6, 30


def why_absent() -> str:
    """Say why nothing can be measured; empty when it can."""
    return "" if program() else "no Chromium"


def program() -> str:
    """Path of Chromium; empty when there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), "")


@dataclass(frozen=True)
class Drawn:
    """When a map was drawn, in seconds from the start of the navigation, and what it looked like.

    ``inked`` is the share of the map's pixels that differ from the commonest light colour.
    """

    seconds: float
    frames: int
    inked: float
    picture: np.ndarray


@dataclass(frozen=True)
class Moved:
    """Times between frames while a map was dragged, ms.

    ``wait`` is the 95th percentile over the time: in 5 % of the time the frame lasted longer. Over
    the number of frames (``p95``) a stop of a second counts as little as a frame of 16 ms.
    """

    wait: float
    p95: float
    median: float
    longest: float
    seconds: float
    frames: int


@contextmanager
def opened(served: Mapping[str, Path], *, webgl: bool) -> Iterator[tuple[Page, CDPSession]]:
    """Start a browser with an empty page; what a page asks the net for is taken from ``served``."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only where it is measured)

    def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:")):
            route.continue_()
            return
        path = next((path for end, path in served.items() if url.endswith(end)), None)
        if path is None:
            route.fulfill(status=404, body="")
        else:
            route.fulfill(path=path)

    more = WEBGL if webgl else PLAIN
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=[*OPTIONS, *more])
        try:
            context = browser.new_context(viewport={"width": WINDOW[0], "height": WINDOW[1]})
            # Only what leaves the machine passes by here: a route slows what it looks at.
            context.route(lambda url: url.startswith("http"), answer)
            tab = context.new_page()
            tab.set_default_timeout(LONGEST_S * 1000)
            tab.set_default_navigation_timeout(LONGEST_S * 1000)
            yield tab, context.new_cdp_session(tab)
        finally:
            browser.close()


def ready(page: Path, box: str, served: Mapping[str, Path], *, webgl: bool = False) -> Drawn:
    """Open a page and tell when its map was drawn.

    The browser sends every frame that it draws, with the time. The last one, after which nothing
    happens, is what the page should look like; the map was drawn when the first frame that is
    equal to it within the map's box, but for few pixels, was.
    """
    frames: list[tuple[float, str]] = []
    with opened(served, webgl=webgl) as (tab, session):

        def take(frame: dict[str, Any]) -> None:
            frames.append((frame["metadata"]["timestamp"], frame["data"]))
            session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

        session.on("Page.screencastFrame", take)
        session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
        tab.goto(page.resolve().as_uri(), wait_until="commit")
        _settle(tab, frames)
        started = tab.evaluate("performance.timeOrigin") / 1000
        place = tab.locator(box).first.bounding_box()
    pictures = [(at - started, _pixels(data, place)) for at, data in frames if at >= started]
    last = pictures[-1][1]
    at = next(at for at, picture in pictures if _alike(picture, last))
    return Drawn(at, len(pictures), inked(last), last)


def _settle(tab: Page, frames: list[tuple[float, str]]) -> None:
    """Wait until the page is loaded, its thread is free, and no frame has come for a while."""
    began = time.monotonic()
    tab.wait_for_load_state("load")
    count, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S or count != len(frames):
        if time.monotonic() - began > LONGEST_S:
            raise TimeoutError(tab.url)
        asked = time.monotonic()
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
        # The thread was busy: what it did may be drawn yet.
        if count != len(frames) or time.monotonic() - asked > 1.0:
            count, since = len(frames), time.monotonic()


def _pixels(data: str, box: Mapping[str, float]) -> np.ndarray:
    from PIL import Image  # noqa: PLC0415

    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    left, top = max(round(box["x"]), 0), max(round(box["y"]), 0)
    right, bottom = round(box["x"] + box["width"]), round(box["y"] + box["height"])
    return whole[top:bottom, left:right].astype(np.int16)


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape:
        return False
    return bool((np.abs(one - other).max(axis=2) > LEVELS).mean() <= SHARE)


def inked(picture: np.ndarray) -> float:
    """Share of pixels that are coloured: neither grey nor nearly white."""
    spread = picture.max(axis=2) - picture.min(axis=2)
    return float((spread > LEVELS).mean())


_RECORD = """
() => {
  const times = window.__times = [];
  requestAnimationFrame(function frame(now) {
    times.push(now);
    if (window.__times === times) { requestAnimationFrame(frame); }
  });
}
"""
_RECORDED = "() => { const times = window.__times; window.__times = null; return times; }"


def pan(
    page: Path, box: str, served: Mapping[str, Path], *, closer: int, webgl: bool = False
) -> Moved:
    """Drag a map to and fro with the mouse and tell the times between frames.

    The map is first zoomed in ``closer`` levels with the wheel, so that there is something
    to move to. Times are taken from the press of the button till half a second after it was let
    go: what a map draws when it comes to rest is part of moving it.
    """
    with opened(served, webgl=webgl) as (tab, _session):
        tab.goto(page.resolve().as_uri(), wait_until="load")
        frames: list[tuple[float, str]] = []
        _settle(tab, frames)
        place = tab.locator(box).first.bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        tab.mouse.move(x, y)
        for _ in range(closer):
            tab.mouse.wheel(0, -120)
            tab.wait_for_timeout(700)
        _settle(tab, frames)
        gaps: list[float] = []
        began = time.monotonic()
        for number in range(DRAGS):
            sign = 1 if number % 2 else -1
            tab.evaluate(_RECORD)
            tab.mouse.move(x, y)
            tab.mouse.down()
            for step in range(1, STEPS + 1):
                tab.mouse.move(x + sign * step * 10, y + sign * step * 4)
            tab.mouse.up()
            tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 500)))")
            times = tab.evaluate(_RECORDED)
            gaps += np.diff(times).tolist()
        seconds = time.monotonic() - began
    ranked = np.sort(gaps)
    by_time = np.searchsorted(np.cumsum(ranked), 0.95 * ranked.sum())
    return Moved(
        float(ranked[by_time]),
        float(np.percentile(gaps, 95)),
        statistics.median(gaps),
        max(gaps),
        seconds,
        len(gaps),
    )
