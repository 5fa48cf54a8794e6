"""Draws a flow diagram as SVG: plain shapes and text, no script, no style sheet.

Looks are attributes, so that the page's policy (which allows no inline styles) holds, and so that
the picture is the same in the page, in a file of its own and in print. Labels stand on white, every
bar and ribbon has a dark outline: nothing is told by colour alone.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only writes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from askergeo.outputs._svg import EDGE, INK, RED, SOFT, add_text, open_svg, short
from askergeo.outputs.flow import lay_out, text_width, wrapped
from askergeo.outputs.report import STOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs.flow import Bar, Drawing, Flows, Ribbon

__all__ = ["NARROW", "WIDE", "Shape", "flow_svg"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How wide a diagram is: points of the whole, its labels, its bars and its font."""

    width: float
    zone: float
    bar: float
    size: float
    lines: int


WIDE: Final = Shape(width=860, zone=230, bar=16, size=13, lines=3)
# As wide as the text on a phone of 360 points, so that the font is shown in its own size.
NARROW: Final = Shape(width=330, zone=116, bar=9, size=11.5, lines=4)


def flow_svg(
    drawn: Flows,
    shape: Shape = WIDE,
    *,
    key: str,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str:
    """Draw a diagram.

    Parameters
    ----------
    drawn
        What it shows.
    shape
        :data:`WIDE` or :data:`NARROW`.
    key
        Start of the element ids, unique on the page.
    heading
        Lines written in the picture above the diagram: title, warnings. The page has them as
        text beside the picture.
    footing
        Lines under the diagram: sources.

    Returns
    -------
    str
        An ``svg`` element.
    """
    drawing = lay_out(drawn, zone=shape.zone, size=shape.size, most_lines=shape.lines)
    margin = shape.size * 0.6
    lines = [(part, line) for line in heading for part in _broken(line, shape)]
    under = [part for line in footing for part in _broken(line, shape)]
    top = margin + shape.size * 1.5 * (len(lines) + 1.3)
    height = top + drawing.height + margin + shape.size * 1.5 * len(under)
    root = open_svg(drawn.title, drawn.summary, shape.width, height, size=shape.size, key=key)
    for at, (text, line) in enumerate(lines):
        y = margin + shape.size * 1.5 * (at + 0.8)
        stop = line.startswith(STOP)
        weight = {"font-weight": "700"} if stop or line == drawn.title else {}
        add_text(root, text, shape.bar, y, RED if stop else INK, **weight)
    for at, text in enumerate(under):
        y = top + drawing.height + shape.size * 1.5 * (at + 0.9)
        add_text(root, text, shape.bar, y, SOFT)
    _heads(root, drawn, shape, top - shape.size)
    holder = ET.SubElement(root, "g", transform=f"translate(0 {short(top)})")
    _ribbons(holder, drawn, drawing, shape)
    for bars, side in ((drawing.left, "start"), (drawing.right, "end")):
        for bar in bars:
            _bar(holder, bar, drawn.colours[bar.label], shape, side)
    return ET.tostring(root, encoding="unicode")


def _broken(line: str, shape: Shape) -> list[str]:
    """Break a text into lines as wide as the picture."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, shape.size) > shape.width - 2 * shape.bar:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _heads(root: ET.Element, drawn: Flows, shape: Shape, y: float) -> None:
    """Write what the bars of each side are, over them."""
    side = shape.zone + 6 + shape.bar
    room = shape.width / 2 - 6
    for title, x, anchor in (
        (drawn.source_title, side, "end"),
        (drawn.target_title, shape.width - side, "start"),
    ):
        # Bold letters are wider than estimated; a long title grows inwards.
        width = text_width(title, shape.size * 1.08)
        grown = min(max(width - side, 0), room - side)
        text = wrapped(title, room, shape.size * 1.08, 1)[0]
        inward = grown if anchor == "end" else -grown
        bold = {"font-weight": "700", "text-anchor": anchor}
        add_text(root, text, x + inward, y, SOFT, **bold)


def _ribbons(holder: ET.Element, drawn: Flows, drawing: Drawing, shape: Shape) -> None:
    """Draw the ribbons, the widest first, so that narrow ones lie on top."""
    start, end = shape.zone + 6 + shape.bar, shape.width - shape.zone - 6 - shape.bar
    for ribbon in sorted(drawing.ribbons, key=lambda one: -one.thickness):
        path = ET.SubElement(
            holder,
            "path",
            d=_path(ribbon, start, end),
            fill=drawn.colours[ribbon.source],
            stroke=EDGE,
        )
        path.set("fill-opacity", "0.6")
        path.set("stroke-width", "0.6" if ribbon.thickness > 1 else "0.4")
        path.set("stroke-opacity", "0.75")
        said = f"{ribbon.source} → {ribbon.target}: {drawn.text(ribbon.value)}"
        ET.SubElement(path, "title").text = said


def _path(ribbon: Ribbon, start: float, end: float) -> str:
    middle = (start + end) / 2
    left, right, thick = ribbon.left_top, ribbon.right_top, ribbon.thickness
    return (
        f"M{short(start)} {short(left)}"
        f"C{short(middle)} {short(left)} {short(middle)} {short(right)} {short(end)} {short(right)}"
        f"V{short(right + thick)}"
        f"C{short(middle)} {short(right + thick)} {short(middle)} {short(left + thick)} "
        f"{short(start)} {short(left + thick)}Z"
    )


def _bar(holder: ET.Element, bar: Bar, colour: str, shape: Shape, side: str) -> None:
    """Draw a bar, and its label outside it."""
    left = side == "start"
    x = shape.zone + 6 if left else shape.width - shape.zone - 6 - shape.bar
    rect = ET.SubElement(
        holder,
        "rect",
        x=short(x),
        y=short(bar.top),
        width=short(shape.bar),
        height=short(bar.height),
        fill=colour,
        stroke=INK,
    )
    rect.set("stroke-width", "0.8")
    edge = shape.zone if left else shape.width - shape.zone
    for at, line in enumerate(bar.lines):
        y = bar.text_top + shape.size * 1.25 * (at + 0.8)
        value = at == len(bar.lines) - 1
        add_text(
            holder,
            line,
            edge,
            y,
            SOFT if value else INK,
            **{"text-anchor": "end" if left else "start"},
        )
