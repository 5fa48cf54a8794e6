"""What the charts share when they are written as SVG: colours, font, text and numbers."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET  # only writes
from typing import Final

__all__ = [
    "EDGE",
    "FONT",
    "INK",
    "RED",
    "SOFT",
    "SPACE",
    "add_block",
    "add_line",
    "add_patterns",
    "add_text",
    "data_uri",
    "open_svg",
    "short",
]

INK, SOFT, EDGE, RED = "#1b1b1b", "#4a4a4a", "#4a4a4a", "#9c1c00"
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
SPACE = "http://www.w3.org/2000/svg"
# Lines over the fill of each series in turn: none, rising, dots, falling, level.
_PATTERNS: Final = ("", "M0 6L6 0", "M1.5 3H3", "M0 0L6 6", "M0 3H6")


def add_text(holder: ET.Element, text: str, x: float, y: float, fill: str, **more: str) -> None:
    """Write a text whose baseline starts at a place."""
    ET.SubElement(holder, "text", {"x": short(x), "y": short(y), "fill": fill, **more}).text = text


def short(number: float) -> str:
    """Write a number with two decimals at most.

    Examples
    --------
    >>> short(12.0), short(1.256)
    ('12', '1.26')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".")


def data_uri(svg: str) -> str:
    """Write a picture as an address that holds it: one that a page shows or a link saves."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def open_svg(
    title: str, summary: str, width: float, height: float, *, size: float, key: str
) -> ET.Element:
    """Begin a white picture that a title and a description name, in a font of a size."""
    wide, high = short(width), short(height)
    attributes = {
        "xmlns": SPACE,
        "viewBox": f"0 0 {wide} {high}",
        "width": wide,
        "height": high,
        "role": "img",
        "aria-labelledby": f"{key}-t {key}-d",
        "font-family": FONT,
        "font-size": short(size),
    }
    root = ET.Element("svg", attributes)
    ET.SubElement(root, "title", id=f"{key}-t").text = title
    ET.SubElement(root, "desc", id=f"{key}-d").text = summary
    ET.SubElement(root, "rect", width=wide, height=high, fill="#ffffff")
    return root


def add_patterns(root: ET.Element, count: int, key: str) -> None:
    """Define the patterns that lie over the fills of series."""
    holder = ET.SubElement(root, "defs")
    for at in range(count):
        path = _PATTERNS[at % len(_PATTERNS)]
        if not path:
            continue
        pattern = ET.SubElement(
            holder, "pattern", id=f"{key}-m{at}", width="6", height="6",
            patternUnits="userSpaceOnUse",
        )  # fmt: skip
        ET.SubElement(
            pattern, "path", {"d": path, "stroke": EDGE, "stroke-width": "1", "fill": "none"}
        )


def add_block(  # noqa: PLR0917  (a rectangle and its looks)
    holder: ET.Element,
    x: float,
    y: float,
    wide: float,
    high: float,
    fill: str,
    series: int,
    key: str,
) -> ET.Element:
    """Draw a rectangle in the colour of a series, with its pattern and a dark outline."""
    box = {"x": short(x), "y": short(y), "width": short(wide), "height": short(high)}
    group = ET.SubElement(holder, "g")
    ET.SubElement(group, "rect", {**box, "fill": fill, "stroke": EDGE, "stroke-width": "0.8"})
    if _PATTERNS[series % len(_PATTERNS)]:
        ET.SubElement(group, "rect", {**box, "fill": f"url(#{key}-m{series})"})
    return group


def add_line(  # noqa: PLR0917  (two ends and a stroke)
    holder: ET.Element, x1: float, y1: float, x2: float, y2: float, stroke: str, width: str
) -> ET.Element:
    """Draw a line."""
    ends = {"x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)}
    return ET.SubElement(holder, "line", {**ends, "stroke": stroke, "stroke-width": width})
