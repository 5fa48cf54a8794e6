"""Draws a bar chart by year as SVG: plain shapes and text, no script, no style sheet.

As in :mod:`askergeo.outputs.flow_svg`: looks are attributes, text stands on white, and nothing is
told by colour alone. The parts of a bar have a pattern each, so that they are told apart in grey.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only writes
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from askergeo.numbers import format_number
from askergeo.outputs._rows_svg import LINE, open_picture
from askergeo.outputs._svg import INK, SOFT, add_block, add_line, add_text
from askergeo.outputs.flow import text_width, wrapped
from askergeo.outputs.year import scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from askergeo.outputs.year import Scale, YearBars

__all__ = ["NARROW", "WIDE", "YearShape", "year_svg"]

_GRID = "#dcdcdc"
# Letters of the longest unit that is a symbol and no word.
_SYMBOL = 2


@dataclass(frozen=True, kw_only=True)
class YearShape:
    """How wide a chart is, how high its bars may be, and its font, in points."""

    width: float
    high: float
    size: float


WIDE: Final = YearShape(width=860, high=280, size=13)
# As wide as the text on a phone of 360 points, so that the font is shown in its own size.
NARROW: Final = YearShape(width=330, high=210, size=11.5)


@dataclass(frozen=True, kw_only=True)
class _Plot:
    """Where the bars stand: the left edge, the top, the width of a year, and the scale."""

    left: float
    right: float
    top: float
    high: float
    slot: float
    scale: Scale

    def y(self, value: float) -> float:
        span = self.scale.high - self.scale.low
        return self.top + self.high * (self.scale.high - value) / span


def year_svg(
    drawn: YearBars,
    shape: YearShape = WIDE,
    *,
    key: str,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str:
    """Draw a chart.

    Parameters
    ----------
    drawn
        What it shows.
    shape
        :data:`WIDE` or :data:`NARROW`.
    key
        Start of the element ids, unique on the page.
    heading
        Lines written in the picture above the chart: title, warnings. The page has them as text
        beside the picture.
    footing
        Lines under the chart: sources.

    Returns
    -------
    str
        An ``svg`` element.
    """
    line = shape.size * LINE
    legend, legend_high = _legend_places(drawn, shape)
    above = legend_high + line * (1.6 if drawn.unit else 0.8)
    below = line * (1.3 + (1.2 if any(drawn.kinds) else 0.0))
    picture, root, top = open_picture(
        drawn.title,
        drawn.summary,
        shape,
        key=key,
        body=above + shape.high + below,
        patterns=len(drawn.series),
        heading=heading,
        footing=footing,
    )
    plot = _plot(drawn, shape, scale_of(drawn), top + above)
    _legend(root, drawn, legend, top, shape, key)
    _axis(root, drawn, plot, shape)
    _bars(root, drawn, plot, key)
    _target(root, drawn, plot)
    _years(root, drawn, plot, shape)
    return ET.tostring(picture, encoding="unicode")


def _plot(drawn: YearBars, shape: YearShape, scale: Scale, top: float) -> _Plot:
    labels = _labels(drawn, scale)
    left = max(text_width(one, shape.size) for one in labels) + shape.size
    # The last year is written in the middle of its slot and may be wider.
    last = text_width(drawn.years[-1], shape.size) / 2
    slot = (shape.width - left) / len(drawn.years)
    right = shape.width - max(shape.size * 0.6, last - slot / 2 + shape.size * 0.3)
    return _Plot(
        left=left,
        right=right,
        top=top,
        high=shape.high,
        slot=(right - left) / len(drawn.years),
        scale=scale,
    )


def _labels(drawn: YearBars, scale: Scale) -> list[str]:
    """Write the values along the axis, with decimals only where some line has them."""
    whole = all(tick.is_integer() for tick in scale.ticks)
    return [format_number(tick, 0 if whole else drawn.decimals) for tick in scale.ticks]


def _legend_places(
    drawn: YearBars, shape: YearShape
) -> tuple[list[tuple[str, int, float, float]], float]:
    """Place the legend in rows: title, series (−1 the line), and the corner of each."""
    size = shape.size
    room = shape.width - 1.2 * size
    entries = [(one.title, at) for at, one in enumerate(drawn.series)]
    entries += [(drawn.target_title, -1)] if drawn.target_title else []
    placed, x, row = [], 0.0, 0
    for title, at in entries:
        text = wrapped(title, room - 2 * size, size, 1)[0]
        width = 2 * size + text_width(text, size)
        if x and x + width > room:
            x, row = 0.0, row + 1
        placed.append((text, at, x, row * size * LINE))
        x += width + 1.2 * size
    return placed, (row + 1) * size * LINE


def _legend(  # noqa: PLR0917  (places and looks)
    root: ET.Element,
    drawn: YearBars,
    places: Sequence[tuple[str, int, float, float]],
    top: float,
    shape: YearShape,
    key: str,
) -> None:
    size = shape.size
    for title, at, x, y in places:
        left, high = x + 0.6 * size, top + y + 0.55 * size
        if at < 0:
            add_line(root, left, high + size / 2, left + 1.4 * size, high + size / 2, INK, "2.4")
        else:
            add_block(root, left, high, 1.4 * size, size, drawn.series[at].colour, at, key)
        add_text(root, title, left + 1.8 * size, high + 0.85 * size, INK)


def _unit_title(unit: str) -> str:
    """Begin a word with a capital; a symbol («t CO2e», «pe») is written as it is."""
    first = unit.split(maxsplit=1)[0]
    word = len(first) > _SYMBOL and first.isalpha() and first.islower()
    return f"{unit[0].upper()}{unit[1:]}" if word else unit


def _axis(root: ET.Element, drawn: YearBars, plot: _Plot, shape: YearShape) -> None:
    size = shape.size
    if drawn.unit:
        add_text(root, _unit_title(drawn.unit), 0.6 * size, plot.top - 0.8 * size, SOFT)
    labels = _labels(drawn, plot.scale)
    for tick, label in zip(plot.scale.ticks, labels, strict=True):
        y = plot.y(tick)
        zero = tick == 0
        add_line(
            root, plot.left, y, plot.right, y, INK if zero else _GRID, "1.2" if zero else "0.8"
        )
        add_text(
            root, label, plot.left - 0.4 * size, y + 0.35 * size, SOFT, **{"text-anchor": "end"}
        )


def _bars(root: ET.Element, drawn: YearBars, plot: _Plot, key: str) -> None:
    for at, year in enumerate(drawn.years):
        for series, x, wide, low, high in _pieces(drawn, plot, at):
            one = drawn.series[series]
            top, bottom = plot.y(high), plot.y(low)
            group = add_block(root, x, top, wide, bottom - top, one.colour, series, key)
            said = f"{year}, {one.title}: {drawn.text(one.numbers[at] or 0.0)}"
            ET.SubElement(group, "title").text = said
        if drawn.marks[at]:
            centre = plot.left + (at + 0.5) * plot.slot
            y = plot.y(max(_top_of(drawn, at), 0.0)) - 3
            add_text(root, drawn.marks[at], centre, y, INK, **{"text-anchor": "middle"})


def _pieces(
    drawn: YearBars, plot: _Plot, at: int
) -> Iterator[tuple[int, float, float, float, float]]:
    """Give the pieces of a year: series, left edge, width, lower and upper value."""
    wide = plot.slot * 0.76
    left = plot.left + at * plot.slot + (plot.slot - wide) / 2
    up = down = 0.0
    for series, one in enumerate(drawn.series):
        value = one.numbers[at]
        if value is None or value == 0:
            continue
        if not drawn.stacked:
            part = wide / len(drawn.series)
            yield series, left + series * part, part, min(value, 0.0), max(value, 0.0)
        elif value > 0:
            yield series, left, wide, up, up + value
            up += value
        else:
            yield series, left, wide, down + value, down
            down += value


def _top_of(drawn: YearBars, at: int) -> float:
    known = [value for one in drawn.series if (value := one.numbers[at]) is not None and value > 0]
    if drawn.stacked:
        return sum(known)
    return max(known, default=0.0)


def _target(root: ET.Element, drawn: YearBars, plot: _Plot) -> None:
    """Draw the target of each year across its slot; equal targets make one line."""
    for at, aim in enumerate(drawn.target):
        if aim is None:
            continue
        x = plot.left + at * plot.slot
        mark = add_line(root, x, plot.y(aim), x + plot.slot, plot.y(aim), "#ffffff", "4.4")
        mark.set("stroke-opacity", "0.8")
        mark = add_line(root, x, plot.y(aim), x + plot.slot, plot.y(aim), INK, "2.4")
        said = f"{drawn.years[at]}, {drawn.target_title}: {drawn.text(aim)}"
        ET.SubElement(mark, "title").text = said


def _years(root: ET.Element, drawn: YearBars, plot: _Plot, shape: YearShape) -> None:
    """Write the years that there is room for, and under them what kind they are."""
    size, y = shape.size, plot.top + plot.high + 1.2 * shape.size
    widest = max(text_width(year, size) for year in drawn.years) + 0.5 * size
    every = max(1, -int(-widest // plot.slot))
    for at in range(0, len(drawn.years), every):
        centre = plot.left + (at + 0.5) * plot.slot
        add_text(root, drawn.years[at], centre, y, SOFT, **{"text-anchor": "middle"})
    if not any(drawn.kinds):
        return
    line = y + 0.6 * size
    for word, members in groupby(range(len(drawn.kinds)), key=lambda at: drawn.kinds[at]):
        places = list(members)
        left = plot.left + places[0] * plot.slot + 0.12 * plot.slot
        right = plot.left + (places[-1] + 1) * plot.slot - 0.12 * plot.slot
        add_line(root, left, line, right, line, SOFT, "1")
        shown = word if text_width(word, size) <= right - left + plot.slot else ""
        middle = (left + right) / 2
        add_text(root, shown, middle, line + 1.15 * size, INK, **{"text-anchor": "middle"})
