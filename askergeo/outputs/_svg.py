"""What the charts share when they are written as SVG: colours, font, text and numbers."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET  # only writes

__all__ = ["EDGE", "FONT", "INK", "RED", "SOFT", "SPACE", "add_text", "data_uri", "short"]

INK, SOFT, EDGE, RED = "#1b1b1b", "#4a4a4a", "#4a4a4a", "#9c1c00"
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
SPACE = "http://www.w3.org/2000/svg"


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


def data_uri(text: str) -> str:
    """Write a picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}"
