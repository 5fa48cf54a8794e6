"""What charts of bars share: the picture, its heading and footing; and the widths of rows."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only writes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from askergeo.outputs._svg import INK, RED, SOFT, add_patterns, add_text, open_svg
from askergeo.outputs.flow import text_width, wrapped
from askergeo.outputs.report import STOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs.year_svg import YearShape

__all__ = ["LINE", "NARROW", "WIDE", "RowShape", "fitted", "open_picture"]

LINE: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class RowShape:
    """How wide a chart is, its widest column of labels, the height of a row, and its font."""

    width: float
    zone: float
    row: float
    size: float


WIDE: Final = RowShape(width=860, zone=240, row=26, size=13)
# As wide as the text on a phone of 360 points, so that the font is shown in its own size.
NARROW: Final = RowShape(width=330, zone=112, row=26, size=11.5)


def open_picture(
    title: str,
    summary: str,
    shape: RowShape | YearShape,
    *,
    key: str,
    body: float,
    patterns: int,
    heading: Sequence[str],
    footing: Sequence[str],
) -> tuple[ET.Element, ET.Element, float]:
    """Begin a picture, with room in it for what the caller draws.

    Parameters
    ----------
    title, summary
        What it is called, and the chart in words.
    shape
        Its width and font.
    key
        Start of the element ids.
    body
        Height of what the caller draws.
    patterns
        How many series have a pattern.
    heading, footing
        Lines over and under the chart.

    Returns
    -------
    tuple
        The picture, its body, and where the body begins. What is drawn in the body stands between
        heading and footing for those who read the text too.
    """
    size, line = shape.size, shape.size * LINE
    margin = size * 0.6
    room = shape.width - 2 * margin
    over = [(part, one) for one in heading for part in wrapped(one[:4000], room, size, 6)]
    under = [part for one in footing for part in wrapped(one[:4000], room, size, 6)]
    top = margin + line * len(over)
    height = top + body + margin + line * len(under)
    root = open_svg(title, summary, shape.width, height, size=size, key=key)
    add_patterns(root, patterns, key)
    for at, (text, one) in enumerate(over):
        stop = one.startswith(STOP)
        weight = {"font-weight": "700"} if stop or one == title else {}
        add_text(root, text, margin, margin + line * (at + 0.8), RED if stop else INK, **weight)
    inside = ET.SubElement(root, "g")
    for at, text in enumerate(under):
        add_text(root, text, margin, top + body + line * (at + 0.8), SOFT)
    return root, inside, top


def fitted(text: str, room: float, size: float) -> str:
    """Cut a text that is wider than its room."""
    return text if text_width(text[:200], size) <= room else wrapped(text[:200], room, size, 1)[0]
