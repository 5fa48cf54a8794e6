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

WINDOW = (1366, 1000)
OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How a page is drawn: without a graphics card; or, what WebGL needs and what virtual machines
# and remote desktops often have, by a card that is software.
PLAIN = ("--disable-gpu",)
EMULATED = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
# A page has settled when nothing has been drawn for so long.
QUIET_S = 3.0
LONGEST_S = 240.0
# Frames are alike when at most this share of the map's pixels differ by more than so much.
SHARE, LEVELS = 0.01, 24
# How people pan with a mouse: strokes of a quarter of a second, the button let go, and the hand
# back for the next. The hand follows the clock: a map that does not answer does not slow it.
STROKE_PX, STROKE_S, MOVES, BACK_S = 240.0, 0.25, 15, 0.35


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
    """Times between frames (ms) from the first stroke till the map has come to rest.

    ``p95`` is the 95th percentile over the number of frames, in which a stop of a second counts as
    little as a frame of 16 ms; ``wait`` is over the time: for 5 % of the time the frame lasted
    longer.
    """

    p95: float
    wait: float
    median: float
    longest: float
    seconds: float
    frames: int


@contextmanager
def opened(served: Mapping[str, Path], *, emulated: bool) -> Iterator[tuple[Page, CDPSession]]:
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

    more = EMULATED if emulated else PLAIN
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


def ready(page: Path, box: str, served: Mapping[str, Path], *, emulated: bool = False) -> Drawn:
    """Open a page and tell when its map was drawn.

    The browser sends every frame that it draws, with the time. The last one, after which nothing
    happens, is what the page should look like; the map was drawn when the first frame that is
    equal to it within the map's box, but for few pixels, was.
    """
    frames: list[tuple[float, str]] = []
    with opened(served, emulated=emulated) as (tab, session):

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
    """Wait until the page is loaded, its thread is free, and no frame has come for a while.

    A page whose other threads make the map says so itself: ``window.drawing`` is true.
    """
    began = time.monotonic()
    tab.wait_for_load_state("load")
    count, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S or count != len(frames):
        if time.monotonic() - began > LONGEST_S:
            raise TimeoutError(tab.url)
        asked = time.monotonic()
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
        # The thread was busy: what it did may be drawn yet.
        busy = tab.evaluate("window.drawing === true") or time.monotonic() - asked > 1.0
        if count != len(frames) or busy:
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
    page: Path,
    box: str,
    served: Mapping[str, Path],
    strokes: str,
    *,
    closer: int = 0,
    emulated: bool = False,
) -> Moved:
    """Move a map by strokes of the mouse and tell the times between frames.

    Parameters
    ----------
    strokes
        Where the map's content is drawn to by each: ``N``, ``S``, ``E`` or ``W``.
    closer
        Levels that the map is first brought closer, with the key ``+``.
    """
    with opened(served, emulated=emulated) as (tab, _session):
        tab.goto(page.resolve().as_uri(), wait_until="load")
        _settle(tab, [])
        place = tab.locator(box).first.bounding_box()
        middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        tab.mouse.move(*middle)
        if closer:
            # MapLibre listens on its canvas, Leaflet on the box itself.
            inner = tab.locator(f"{box} canvas.maplibregl-canvas")
            (inner if inner.count() else tab.locator(box).first).focus()
        for _ in range(closer):
            tab.keyboard.press("+")
            _settle(tab, [])
        tab.evaluate(_RECORD)
        began = time.monotonic()
        for stroke in strokes:
            _stroke(tab, middle, DIRECTIONS[stroke])
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 500)))")
        times = tab.evaluate(_RECORDED)
        seconds = time.monotonic() - began
    return _moved(np.diff(times), seconds)


DIRECTIONS = {"N": (0, -1), "S": (0, 1), "E": (1, 0), "W": (-1, 0)}


def _stroke(tab: Page, middle: tuple[float, float], way: tuple[int, int]) -> None:
    """Press the button on one side of the middle and let it go on the other."""
    (x, y), (east, south) = middle, way
    tab.mouse.move(x - east * STROKE_PX / 2, y - south * STROKE_PX / 2)
    tab.mouse.down()
    began = time.monotonic()
    for move in range(1, MOVES + 1):
        late = time.monotonic() - began - move * STROKE_S / MOVES
        if late < 0:
            tab.wait_for_timeout(-late * 1000)
        elif late > STROKE_S / MOVES and move < MOVES:
            continue
        along = STROKE_PX * (move / MOVES - 0.5)
        tab.mouse.move(x + east * along, y + south * along)
    tab.mouse.up()
    tab.wait_for_timeout(BACK_S * 1000)


def _moved(gaps: np.ndarray, seconds: float) -> Moved:
    ranked = np.sort(gaps)
    by_time = np.searchsorted(np.cumsum(ranked), 0.95 * ranked.sum())
    return Moved(
        p95=float(np.percentile(ranked, 95)),
        wait=float(ranked[by_time]),
        median=statistics.median(ranked.tolist()),
        longest=float(ranked[-1]),
        seconds=seconds,
        frames=len(ranked),
    )


def equal_share(one: np.ndarray, other: np.ndarray, colours: int, side: float) -> float:
    """Share of equal pixels of two pictures within the square of ``side`` pixels in the middle.

    Pixels are equal when no channel differs by more than ``colours`` of 255. The second picture is
    moved by up to two pixels either way: two engines do not round the middle of a map alike.
    """
    reach = int(side // 2) - 2

    def middle(picture: np.ndarray, dx: int, dy: int) -> np.ndarray:
        y, x = picture.shape[0] // 2 + dy, picture.shape[1] // 2 + dx
        return picture[y - reach : y + reach, x - reach : x + reach]

    still = middle(one, 0, 0)
    return max(
        float((np.abs(still - middle(other, dx, dy)).max(axis=2) <= colours).mean())
        for dx in range(-2, 3)
        for dy in range(-2, 3)
    )
