"""Draws a population pyramid as SVG: plain shapes and text, no script, no style sheet.

As in :mod:`askergeo.outputs.year_svg`: text stands on white, sides have patterns, and the number
of every group is written, so that nothing is told by colour or length alone.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only writes
from typing import TYPE_CHECKING, Final

from askergeo.numbers import format_number
from askergeo.outputs._rows_svg import LINE, NARROW, WIDE, fitted, open_picture
from askergeo.outputs._svg import INK, SOFT, add_block, add_line, add_text
from askergeo.outputs.flow import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs._chart_cells import Cell
    from askergeo.outputs._rows_svg import RowShape
    from askergeo.outputs.pyramid import Pyramid, Side

__all__ = ["NARROW", "WIDE", "pyramid_svg"]

# Blue and orange: told apart by colour-blind readers, and in grey by their patterns.
_COLOURS: Final = ("#8fbbe0", "#f0b14a")
# Share of a row that its bar takes, and the narrowest row (many groups).
_BAR = 0.72
_TALL: Final = 460.0
_LEAST_ROW = 1.25


def pyramid_svg(
    drawn: Pyramid,
    shape: RowShape = WIDE,
    *,
    key: str,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str:
    """Draw a pyramid; see `askergeo.outputs.year_svg.year_svg` for the parameters."""
    size = shape.size
    row = max(min(shape.row, _TALL / max(len(drawn.groups), 1)), size * _LEAST_ROW)
    head = size * LINE * (2.6 if any(side.outline for side in drawn.sides) else 1.5)
    picture, root, top = open_picture(
        drawn.title,
        drawn.summary,
        shape,
        key=key,
        body=head + row * len(drawn.groups) + 6,
        patterns=2,
        heading=heading,
        footing=footing,
    )
    zone = min(
        max(text_width(one[:60], size) for one in (*drawn.groups, drawn.group_title)), shape.zone
    )
    labels = zone + size
    number = max(_wide(side, drawn, size) for side in drawn.sides) + 8
    both = len(drawn.sides) > 1
    # Groups stand in the middle of two sides, or to the left of one.
    room = (shape.width - labels) / 2 if both else shape.width - labels - size
    centre = shape.width / 2 if both else labels / 2 + size * 0.6
    scale = (room - number - size * 0.6) / (drawn.most or 1.0)
    for at, side in enumerate(drawn.sides):
        way = -1 if both and at == 0 else 1
        start = centre + way * labels / 2
        _title(root, drawn, side, start, way, top, shape, room)
        _bars(root, drawn, side, at, start, way, top + head, row, scale, size, key)
    for at, group in enumerate(reversed(drawn.groups)):
        y = top + head + row * (at + 0.5) + size * 0.35
        add_text(root, fitted(group, zone, size), centre, y, INK, **{"text-anchor": "middle"})
    title = fitted(drawn.group_title, labels, size)
    middle = {"text-anchor": "middle", "font-weight": "700"}
    add_text(root, title, centre, top + size * 1.1, SOFT, **middle)
    return ET.tostring(picture, encoding="unicode")


def _wide(side: Side, drawn: Pyramid, size: float) -> float:
    """How wide the numbers of a side are."""
    outlines = side.outline or (None,) * len(side.cells)
    said = [_said(cell, line, drawn) for cell, line in zip(side.cells, outlines, strict=True)]
    return max((text_width(one, size) for one in said), default=0.0)


def _said(cell: Cell, outline: Cell | None, drawn: Pyramid) -> str:
    """Write the number of a bar, and that of its line: else it seems the line's own."""
    numbers = [
        one.mark if one.value is None else format_number(one.value, drawn.decimals)
        for one in (cell, outline)
        if one is not None
    ]
    return " → ".join(numbers)


def _title(  # noqa: PLR0917  (a place and its text)
    root: ET.Element,
    drawn: Pyramid,
    side: Side,
    start: float,
    way: int,
    top: float,
    shape: RowShape,
    room: float,
) -> None:
    size = shape.size
    anchor = {"text-anchor": "end" if way < 0 else "start"}
    unit = f" ({drawn.unit})" if drawn.unit and drawn.unit not in side.title.lower() else ""
    text = fitted(f"{side.title}{unit}", room - size, size * 1.08)
    add_text(root, text, start, top + size * 1.1, INK, **anchor, **{"font-weight": "700"})
    if not side.outline:
        return
    y = top + size * (1.1 + LINE)
    add_line(root, start, y - size * 0.35, start + way * 1.6 * size, y - size * 0.35, INK, "2.4")
    text = fitted(side.outline_title, room - 3 * size, size)
    add_text(root, text, start + way * 2.1 * size, y, INK, **anchor)


def _bars(  # noqa: PLR0917  (where a side stands, and how)
    root: ET.Element,
    drawn: Pyramid,
    side: Side,
    series: int,
    start: float,
    way: int,
    top: float,
    row: float,
    scale: float,
    size: float,
    key: str,
) -> None:
    """Draw the bars of a side from its edge outwards, the oldest at the top."""
    anchor = {"text-anchor": "end" if way < 0 else "start"}
    outlines = side.outline or (None,) * len(side.cells)
    rows = list(zip(drawn.groups, side.cells, outlines, strict=True))
    for at, (group, cell, outline) in enumerate(reversed(rows)):
        y = top + row * at + row * (1 - _BAR) / 2
        long = (cell.value or 0.0) * scale
        if cell.value:
            x = start - long if way < 0 else start
            bar = add_block(root, x, y, long, row * _BAR, _COLOURS[series], series, key)
            said = f"{group}, {side.title}: {drawn.text(cell.value)}"
            ET.SubElement(bar, "title").text = said
        far = long
        if outline is not None and outline.value is not None:
            end = start + way * outline.value * scale
            mark = add_line(root, end, top + row * at, end, top + row * (at + 1), INK, "2.4")
            said = f"{group}, {side.outline_title}: {drawn.text(outline.value)}"
            ET.SubElement(mark, "title").text = said
            far = max(far, outline.value * scale)
        place = start + way * (far + 5)
        text = _said(cell, outline, drawn)
        add_text(root, text, place, y + row * _BAR / 2 + size * 0.35, INK, **anchor)
    add_line(root, start, top, start, top + row * len(rows), INK, "1.2")
