"""Draws an account as steps (a waterfall) in SVG: plain shapes and text, no script, no style sheet.

Each line stands under the one before and begins where it ended. What is added rises, what is taken
falls, and each has its sign, its pattern and its value in words: nothing is told by colour alone.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only writes
from typing import TYPE_CHECKING, Final

from askergeo.outputs._rows_svg import LINE, NARROW, WIDE, open_picture
from askergeo.outputs._svg import INK, SOFT, add_block, add_line, add_text
from askergeo.outputs.flow import text_width, wrapped
from askergeo.outputs.ledger import LEVEL, TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs._rows_svg import RowShape
    from askergeo.outputs.ledger import Ledger, Step

__all__ = ["NARROW", "WIDE", "ledger_svg"]

# A level, what is added and what is taken: grey, blue and orange, with a pattern each.
_COLOURS: Final = ("#d0d0d0", "#8fbbe0", "#f0b14a")
_BAR = 0.62
_LINES = 3
_THIN = 1.0


def ledger_svg(
    drawn: Ledger,
    shape: RowShape = WIDE,
    *,
    key: str,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str:
    """Draw an account; see `askergeo.outputs.year_svg.year_svg` for the parameters."""
    size = shape.size
    texts = [wrapped(step.title[:200], shape.zone, size, _LINES) for step in drawn.steps]
    rows = [max(shape.row * 1.2, size * 1.3 * len(lines) + 6) for lines in texts]
    picture, root, top = open_picture(
        drawn.title,
        drawn.summary,
        shape,
        key=key,
        body=sum(rows) + size * LINE * 0.6,
        patterns=len(_COLOURS),
        heading=heading,
        footing=footing,
    )
    number = max(text_width(drawn.text(step), size) for step in drawn.steps) + 8
    left = shape.zone + size * 1.4
    low, high = drawn.reach
    scale = (shape.width - left - number - size * 0.6) / ((high - low) or 1.0)
    zero = left - low * scale
    y = top + size * 0.4
    add_line(root, zero, y, zero, y + sum(rows), INK, "1.2")
    for step, lines, row in zip(drawn.steps, texts, rows, strict=True):
        _step(root, drawn, step, lines, y, row, zero, scale, shape, key)
        y += row
    _joins(root, drawn, rows, top + size * 0.4, zero, scale)
    return ET.tostring(picture, encoding="unicode")


def _step(  # noqa: PLR0917  (a line and where it stands)
    root: ET.Element,
    drawn: Ledger,
    step: Step,
    lines: Sequence[str],
    y: float,
    row: float,
    zero: float,
    scale: float,
    shape: RowShape,
    key: str,
) -> None:
    size = shape.size
    weight = {"font-weight": "700"} if step.kind == LEVEL else {}
    text = y + row / 2 - size * 1.3 * len(lines) / 2
    for at, one in enumerate(lines):
        place = {"text-anchor": "end", **weight}
        add_text(root, one, shape.zone + size * 0.6, text + size * (1.3 * at + 0.95), INK, **place)
    end = zero
    if step.low is not None and step.high is not None:
        long = max((step.high - step.low) * scale, _THIN if step.value else 0.0)
        if long:
            bar = add_block(
                root,
                zero + step.low * scale,
                y + row * (1 - _BAR) / 2,
                long,
                row * _BAR,
                _COLOURS[step.kind],
                step.kind,
                key,
            )
            ET.SubElement(bar, "title").text = f"{step.title}: {drawn.text(step)}"
        end = zero + max(step.high, 0.0) * scale
    ink = INK if step.low is not None else SOFT
    add_text(root, drawn.text(step), end + 5, y + row / 2 + size * 0.35, ink, **weight)


def _joins(  # noqa: PLR0917  (rows and a scale)
    root: ET.Element,
    drawn: Ledger,
    rows: Sequence[float],
    top: float,
    zero: float,
    scale: float,
) -> None:
    """Draw thin lines from where a step ends to where the next begins."""
    y = top
    for number, step in enumerate(drawn.steps[:-1]):
        y += rows[number]
        after = drawn.steps[number + 1]
        if None in {step.low, after.low}:
            continue
        # What is taken ends low.
        edge = step.low if step.kind == TAKEN else step.high
        x = zero + (edge or 0.0) * scale
        above, below = (rows[at] * (1 - _BAR) / 2 for at in (number, number + 1))
        add_line(root, x, y - above, x, y + below, SOFT, "1")
