"""A real browser with the net cut, and what a test asks of a page in it.

The tests get it as the fixture ``browser`` (see ``conftest.py``).
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Locator, Page, Playwright, Route

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The browser's own errands find no host either; the local desk is on this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# What WCAG 2.1 AA asks of a page, and what the makers of axe call good practice.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
DRAWN = "#kart[data-ready]"
LAPTOP = (1366, 768)
PHONE = (360, 740)
TIMEOUT = 30_000  # ms


@dataclass
class Visit:
    """A page that is open, and what it has said and asked for since."""

    page: Page
    context: BrowserContext
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """Everything that a silent page does not do: console, errors, requests that leave."""
        return [
            *(f"console: {text}" for text in self.console),
            *(f"error: {text}" for text in self.errors),
            *(f"asked for: {url}" for url in self.asked),
        ]

    def axe(self, *, without: tuple[str, ...] = ()) -> list[str]:
        """Return the violations that axe finds, each with the element.

        It is evaluated from outside the page, as the developer tools do, so that the page's own
        policy is in force all the while.
        """
        import axe_playwright_python  # noqa: PLC0415  (only where a browser is)

        source = Path(axe_playwright_python.__file__).parent / "axe.min.js"
        self.page.evaluate(source.read_text(encoding="utf-8") + ";0")
        found = self.page.evaluate(
            "([tags, without]) => axe.run(document, {runOnly: {type: 'tag', values: tags},"
            " resultTypes: ['violations'],"
            " rules: Object.fromEntries(without.map(one => [one, {enabled: false}]))})",
            [list(RULES), list(without)],
        )
        return [
            f"{one['id']}: {one['help']}: {' '.join(map(str, node['target']))}: "
            f"{node['html'][:160]} {node['failureSummary'][:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def focused(self) -> dict[str, Any] | None:
        """What has the focus: name, place, whether it is seen; ``None`` for the page itself."""
        return self.page.evaluate(_FOCUSED)

    def walk(self, most: int = 400) -> list[dict[str, Any]]:
        """Press Tab from the start of the page until it leaves; tell where it stopped.

        Fails when it never leaves: a trap.
        """
        self.page.evaluate("window.scrollTo(0, 0); document.activeElement.blur();")
        self.page.evaluate(
            "document.querySelectorAll('[data-seen]').forEach(e => delete e.dataset.seen)"
        )
        stops: list[dict[str, Any]] = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            now = self.focused()
            if now is None or now["again"]:
                return stops
            stops.append(now)
        msg = f"the keyboard never leaves the page: {[one['name'] for one in stops[-5:]]}"
        raise AssertionError(msg)

    def overflow(self) -> list[str]:
        """Elements that make the page wider than the window."""
        return self.page.evaluate(_OVERFLOW)

    def small_targets(self, least: float = 24.0) -> list[str]:
        """Controls that are smaller than ``least`` px, links in running text not counted."""
        return self.page.evaluate(_SMALL, least)

    def overlaps(self) -> list[str]:
        """Controls and headings that lie on each other."""
        return self.page.evaluate(_OVERLAPS)

    def headings(self) -> list[tuple[int, str]]:
        """Headings that are read aloud, with their level, in order."""
        found = self.page.evaluate(_HEADINGS)
        return [(level, text) for level, text in found]

    def landmarks(self) -> list[str]:
        """Landmarks in reading order, as the accessibility tree has them."""
        wanted = {
            "banner",
            "navigation",
            "main",
            "contentinfo",
            "complementary",
            "region",
            "search",
        }
        return [node["role"] for node in self.tree() if node["role"] in wanted]

    def tree(self) -> list[dict[str, str]]:
        """What a screen reader meets, in order: role and name of every node that is not ignored."""
        session = self.context.new_cdp_session(self.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        by_id = {node["nodeId"]: node for node in nodes}
        found: list[dict[str, str]] = []
        waiting = [nodes[0]["nodeId"]]
        while waiting:
            node = by_id[waiting.pop()]
            waiting.extend(one for one in reversed(node.get("childIds", [])) if one in by_id)
            if not node.get("ignored"):
                found.append(
                    {
                        "role": node.get("role", {}).get("value", ""),
                        "name": node.get("name", {}).get("value", ""),
                    }
                )
        return found

    def pdf(self, path: Path, *, size: str = "A4", landscape: bool = False) -> Path:
        """Print to a file as the user would."""
        self.page.pdf(path=path, format=size, landscape=landscape, prefer_css_page_size=False)
        return path

    def shot(self, path: Path, *, whole: bool = True) -> Path:
        """Take a picture."""
        self.page.screenshot(path=path, full_page=whole)
        return path

    def painted(self, selector: str = "#kart") -> float:
        """Share of an element's pixels that are not of its commonest colour."""
        import io  # noqa: PLC0415

        import numpy as np  # noqa: PLC0415
        from PIL import Image  # noqa: PLC0415

        picture = Image.open(io.BytesIO(self.page.locator(selector).screenshot()))
        return drawn_share(np.asarray(picture.convert("RGB")))

    def locator(self, selector: str) -> Locator:
        """Find elements (see Playwright)."""
        return self.page.locator(selector)

    def close(self) -> None:
        """Close the page; a second time does nothing."""
        self.context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def drawn_share(pixels: Any) -> float:
    """Share of pixels that differ from the commonest colour."""
    import numpy as np  # noqa: PLC0415

    flat = pixels.reshape(-1, pixels.shape[-1]).astype(np.uint32)
    colours = (flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2]
    _, counts = np.unique(colours, return_counts=True)
    return 1.0 - counts.max() / len(colours)


class Browser:
    """Opens pages, each in a context of its own."""

    def __init__(self, driver: Playwright, program: str) -> None:
        self._browser = driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        self._visits: list[Visit] = []

    def open(
        self,
        page: Path | str,
        *,
        width: int = LAPTOP[0],
        height: int = LAPTOP[1],
        scale: float = 1,
        ready: str = DRAWN,
        allow: tuple[str, ...] = (),
        **context: Any,
    ) -> Visit:
        """Open a file (or an address under ``allow``) with the net cut, and wait for ``ready``.

        Parameters
        ----------
        page
            A file, or an address.
        width, height, scale
            The window in CSS px, and device pixels for each.
        ready
            Selector to wait for; empty when there is nothing to wait for.
        allow
            Starts of addresses that may be asked for: the local desk's own.
        context
            More for Playwright's ``new_context``: ``reduced_motion="reduce"``,
            ``forced_colors="active"``, ``java_script_enabled=False``, ``has_touch=True``, ….
        """
        made = self._browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            locale="nb-NO",
            timezone_id="Europe/Oslo",
            **context,
        )
        made.set_default_timeout(TIMEOUT)
        visit = Visit(made.new_page(), made)
        self._visits.append(visit)
        # A file of another machine (file://host/…) is the net too.
        inside = ("file:///", "data:", "blob:", "about:", *allow)

        def answer(route: Route) -> None:
            if route.request.url.startswith(inside):
                route.continue_()
            else:
                route.abort()

        def asked(url: str) -> None:
            if not url.startswith(inside):
                visit.asked.append(url)

        made.route("**/*", answer)
        made.on("request", lambda request: asked(request.url))
        made.set_offline(not allow)
        visit.page.on("websocket", lambda socket: asked(socket.url))
        visit.page.on(
            "console",
            lambda said: (
                visit.console.append(f"{said.type}: {said.text}")
                if said.type in {"error", "warning"}
                else None
            ),
        )
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.goto(page if isinstance(page, str) else page.resolve().as_uri())
        if ready:
            try:
                visit.page.wait_for_selector(ready, state="attached")
            except Exception as error:
                error.add_note("\n".join(visit.complaints()))
                raise
        return visit

    def close_visits(self) -> None:
        """Close every page that is open."""
        while self._visits:
            self._visits.pop().close()

    def close(self) -> None:
        """End the browser."""
        self.close_visits()
        self._browser.close()


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """Start a browser and end it after use."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only where a browser is)

    with sync_playwright() as driver:
        browser = Browser(driver, program)
        try:
            yield browser
        finally:
            browser.close()


def document_of(visit: Visit) -> dict[str, Any]:
    """The small document that a topic page carries."""
    return json.loads(visit.page.locator("#askergeo-side").text_content())


_NAME = """
function name(e) {
  const said = e.getAttribute("aria-label") || e.textContent.trim() || e.title || e.value || "";
  return e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + " " + said.slice(0, 60);
}
function seen(e) {
  // Hidden for the eye only, clipped, or not there at all.
  if (!e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) { return false; }
  const r = e.getBoundingClientRect();
  return r.width > 1 && r.height > 1 && r.right > 0 && r.bottom + window.scrollY > 0;
}
"""

# A ring is seen by its outline or by a shadow, on the element or on the label that it lies in.
_FOCUSED = (
    "() => {"
    + _NAME
    + """
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) { return null; }
  const r = e.getBoundingClientRect();
  function ring(one) {
    const s = one && getComputedStyle(one);
    return Boolean(s) && ((s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1) ||
      (s.boxShadow && s.boxShadow !== "none"));
  }
  const again = Boolean(e.dataset && e.dataset.seen);
  e.dataset.seen = "1";
  return {
    name: name(e), id: e.id, tag: e.tagName.toLowerCase(), again,
    ring: ring(e) || ring(e.closest("label")) || ring(e.parentElement),
    // In the window, and not under something else: at least one corner or the middle is on top.
    inView: r.right > 0 && r.bottom > 0 && r.left < innerWidth && r.top < innerHeight,
    onTop: [[.5, .5], [.1, .1], [.9, .9]].some(function (p) {
      const at = document.elementFromPoint(r.left + p[0] * r.width, r.top + p[1] * r.height);
      return at && (e.contains(at) || at.contains(e));
    }),
    x: Math.round(r.left + scrollX), y: Math.round(r.top + scrollY),
    inMap: Boolean(e.closest("#kart"))
  };
}"""
)

_OVERFLOW = (
    "() => {"
    + _NAME
    + """
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) { return []; }
  return [...document.body.querySelectorAll("*")].filter(function (e) {
    return e.getBoundingClientRect().right > width + 1 && seen(e);
  }).slice(0, 10).map(name).concat("the page is " + document.documentElement.scrollWidth);
}"""
)

_SMALL = (
    "(least) => {"
    + _NAME
    + """
  return [...document.querySelectorAll("button, select, input, summary, [role=button], [tabindex='0']")]
    .filter(function (e) {
      if (!seen(e) || e.disabled || e.type === "hidden") { return false; }
      // A box to tick counts with its label: a press anywhere in it ticks the box.
      const label = e.labels && e.labels[0];
      const sizes = [e, label].filter(Boolean).map(one => one.getBoundingClientRect());
      return !sizes.some(r => r.width >= least - .5 && r.height >= least - .5);
    }).map(function (e) {
      const r = e.getBoundingClientRect();
      return name(e) + " " + r.width.toFixed(1) + "×" + r.height.toFixed(1);
    });
}"""
)

_OVERLAPS = (
    "() => {"
    + _NAME
    + """
  // What has been scrolled out of its own box is not seen, and lies on nothing.
  const inside = (e, r) => {
    for (let box = e.parentElement; box && box !== document.body; box = box.parentElement) {
      const c = box.getBoundingClientRect();
      if (getComputedStyle(box).overflowY === "auto" && (r.top >= c.bottom || r.bottom <= c.top)) { return false; }
    }
    return true;
  };
  const found = [], boxes = [...document.querySelectorAll(
    "button, select, input:not([type=hidden]), summary, h1, h2, h3, h4, a")]
    .filter(e => seen(e) && !e.disabled && !(e.closest("details:not([open])") && e.tagName !== "SUMMARY"))
    .flatMap(e => [...e.getClientRects()].filter(r => inside(e, r)).map(r => [e, r]));
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length; j++) {
      const [e, a] = boxes[i], [f, b] = boxes[j];
      if (e.contains(f) || f.contains(e)) { continue; }
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 3) { found.push(name(e) + " / " + name(f)); }
    }
  }
  return found.slice(0, 10);
}"""
)

_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter(e => e.checkVisibility() && !e.closest("[aria-hidden=true]"))
  .map(e => [Number(e.tagName[1]), e.textContent.trim()])"""
