"""Draws a result's map as a picture for paper and slides: a true scale, legend, sources, date.

The sheet for A4 is 170 mm wide, the text width of a letter: a map on it has the scale that it
says, when it is not resized. The wide one fills a slide of 16:9 and has a scale bar only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.numbers import format_number
from askergeo.outputs._map_svg import (
    PIXELS,
    View,
    metres,
    north_arrow,
    round_scale,
    scale_bar,
)
from askergeo.outputs._svg import RED, SOFT
from askergeo.outputs.printed._draw import draw, extent, read
from askergeo.outputs.printed._signs import GROUND, SURFACE, pattern, signs_of, swatch
from askergeo.outputs.printed._text import LEADING, lines_of, written
from askergeo.outputs.report import attributions, clean_text, still_title, stop_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from askergeo.background import Background
    from askergeo.outputs._map_svg import Box
    from askergeo.outputs.printed._draw import Drawn
    from askergeo.outputs.printed._signs import Sign
    from askergeo.result import MapLayer, Result

__all__ = ["EXAMPLE", "Ground", "Key", "MapPicture", "map_picture", "map_preview"]

#: What a picture of made-up data says.
EXAMPLE: Final = "Eksempeldata: en oppdiktet kommune."
_LAND, _WHITE = "#fbfaf7", "#ffffff"
# Millimetres across the sheet for A4, and pixels across and down a slide of 13⅓ by 7½ inches.
_A4 = 170.0
_SLIDE: Final = (1355, 762)
# How low and how high the map on A4 is, for each unit of its width.
_LOWEST, _HIGHEST = 0.5, 0.85
_ROOM = 0.06
# One feature alone is not drawn larger than this.
_LARGEST_SCALE = 5_000
# Bytes of a drawing, and the grains (pixels) that are tried till it fits.
_BYTES = 1_300_000
_GRAINS: Final = (1.0, 2.0, 4.0, 8.0)
_PALE = 0.55
# Pixels across a small map, how low and how high it is, bytes of it, and the grains that are tried.
_SMALL, _SMALL_LOWEST, _SMALL_HIGHEST = 400.0, 300.0, 420.0
_SMALL_BYTES: Final = 40_000
_SMALL_GRAINS: Final = (2.0, 4.0, 8.0, 12.0)
# Areas that are ordinarily smaller than this have no pattern, and an edge so wide in their colour
# for one of theirs; in pixels, of the small map and of the others.
_TINY_SMALL, _EDGE_SMALL = 14.0, 5.0
_TINY, _EDGE = 8.0, 1.5
_LEGEND_ROWS = 60


@dataclass(frozen=True)
class Key:
    """A line of the legend: a heading, or a sign (28 by 16 pixels) with what it means."""

    text: str
    svg: str = ""
    heading: bool = False


@dataclass(frozen=True, kw_only=True)
class MapPicture:
    """A map on its way to paper.

    Parameters
    ----------
    sheet
        The whole sheet for A4 as SVG: title, finding, map, legend, sources.
    slide
        The same for a slide of 16:9.
    frame
        The map alone as SVG, as wide as the sheet.
    key
        The legend of ``frame``, each sign a picture of its own.
    alt, caption
        What the map shows in words, and its scale and place.
    scale
        The scale that the sheet has, as the number after «1:».
    """

    sheet: str
    slide: str
    frame: str
    key: tuple[Key, ...]
    alt: str
    caption: str
    scale: int


@dataclass(frozen=True, kw_only=True)
class _Map:
    """A frame's drawing: its view, markup, patterns and legend."""

    view: View
    markup: str
    patterns: str
    legend: tuple[tuple[MapLayer, tuple[Sign, ...]], ...]
    coarse: bool


class Ground:
    """What lies under all maps of a report, read once; maps of the same place share its drawing.

    Parameters
    ----------
    background
        The quiet layers; may be none.
    """

    def __init__(self, background: Background | None) -> None:
        layers = list(background.layers) if background is not None else []
        self.attributions = background.attributions if background is not None else ()
        self.layers = read(layers, signs_of(layers, ground=True))
        self.extent = extent(self.layers)
        #: The fills of its surfaces; the same in every map.
        self.patterns = "".join(pattern(sign, "g") for one in self.layers for sign in one.signs)
        self._drawn: dict[tuple[View, float], str] = {}

    def drawn(self, view: View, grain: float) -> str:
        """Give the markup of a frame."""
        if (view, grain) not in self._drawn:
            parts = (draw(one, view, "g", grain=grain) for one in self.layers)
            self._drawn[view, grain] = "".join(text for found in parts for _, text in found)
        return self._drawn[view, grain]


def map_picture(
    result: Result, ground: Ground, *, created: datetime, title: str = ""
) -> MapPicture | None:
    """Draw the map of a result from the layers that are visible when its page opens.

    Parameters
    ----------
    result
        A suppressed result.
    ground
        What lies under it.
    created
        The date on the map.
    title
        Another title than the result's own.

    Returns
    -------
    MapPicture or None
        None when no layer has anything to draw.
    """
    drawn = _answers(result)
    box = extent(drawn)
    if box is None:
        return None
    result = replace(result, title=title or result.title)
    near = _near(box, ground.extent)
    view = _view(near, _A4 * PIXELS, None)
    drawn = [_seen_small(one, view, _TINY, _EDGE) for one in drawn]
    paper = _drawn(drawn, ground, view, "k")
    slide_view = _view(near, 880.0, 610.0)
    slide = _drawn(drawn, ground, slide_view, "s")
    caption = _caption(view, paper)
    names = [clean_text(still_title(layer)) for layer, _ in paper.legend]
    alt = f"Kart: {clean_text(result.title)}. {clean_text(result.sentence)} Kartet viser "
    alt = f"{alt}{'; '.join(names)}."[:1400]
    sources = (*attributions(result), *ground.attributions)
    foot = f"Kilder: {'; '.join(dict.fromkeys(sources))}. " if sources else ""
    foot += f"Laget {created.strftime('%d.%m.%Y')} med askergeo."
    return MapPicture(
        sheet=_sheet(result, paper, f"{alt} {caption}", foot),
        slide=_slide(result, slide, alt, foot),
        frame=_svg(view.width, view.height, _frame(paper), f"{alt} {caption}", paper.patterns),
        key=tuple(_keys(paper)),
        alt=f"{alt} {caption}",
        caption=caption,
        scale=view.scale,
    )


def map_preview(result: Result, ground: Ground) -> str:
    """Draw the map of a result small: no words, cropped to the answer, and light.

    Returns
    -------
    str
        The picture as SVG; empty when no layer has anything to draw.
    """
    drawn = _answers(result)
    # The land under an answer may reach far beyond it.
    box = extent([one for one in drawn if one.layer.name != GROUND]) or extent(drawn)
    if box is None:
        return ""
    near = _near(box, ground.extent)
    across, down = near[2] - near[0], near[3] - near[1]
    high = _SMALL * down / across if across else _SMALL_LOWEST
    view = _view(near, _SMALL, min(max(high, _SMALL_LOWEST), _SMALL_HIGHEST))
    drawn = [_seen_small(one, view, _TINY_SMALL, _EDGE_SMALL) for one in drawn]
    small = _drawn(drawn, ground, view, "l", grains=_SMALL_GRAINS, most=_SMALL_BYTES)
    if len(small.markup) > _SMALL_BYTES:
        small = _drawn(drawn, Ground(None), view, "l", grains=_SMALL_GRAINS, most=_SMALL_BYTES)
    wide, high = view.width, view.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}"><defs>{small.patterns}</defs>'
        f'<rect width="{wide}" height="{high}" fill="{_LAND}"/>{small.markup}</svg>'
    )


def _seen_small(one: Drawn, view: View, tiny: float, edge: float) -> Drawn:
    """Draw areas that are too small for a pattern and a border in their colour alone."""
    across = np.median((one.bounds[:, 2:] - one.bounds[:, :2]).max(axis=1)) / view.pixel
    if across < tiny:
        one.signs = tuple(
            replace(sign, stroke=sign.fill, width=edge, dash="", number=0)
            if sign.kind == SURFACE and sign.fill and sign.fill != _WHITE
            else sign
            for sign in one.signs
        )
    return one


def _answers(result: Result) -> list[Drawn]:
    """Read the layers that are visible when the page opens, or all when none is."""
    shown = [layer for layer in result.layers if layer.visible and layer.on_page]
    shown = shown or [layer for layer in result.layers if layer.on_page]
    return read(shown, signs_of(shown))


def _near(box: Box, ends: Box | None) -> Box:
    """Keep what lies on the background: a fault far away must not shrink the map."""
    if ends is None:
        return box
    west, south = max(box[0], ends[0]), max(box[1], ends[1])
    east, north = min(box[2], ends[2]), min(box[3], ends[3])
    return (west, south, east, north) if west <= east and south <= north else box


def _view(box: Box, width: float, height: float | None) -> View:
    """Frame a box at a round scale, ``width`` pixels across and as high as it needs."""
    west, south, east, north = box
    wide, high = east - west, north - south
    if height is None:
        height = width * min(max(high / wide if wide else 0.6, _LOWEST), _HIGHEST)
    across, down = width / PIXELS, round(height) / PIXELS
    needed = max(wide / across, high / down) * 1000 * (1 + _ROOM)
    scale = round_scale(max(needed, _LARGEST_SCALE))
    x, y = (west + east) / 2, (south + north) / 2
    half = across * scale / 2000, down * scale / 2000
    return View((x - half[0], y - half[1], x + half[0], y + half[1]), scale)


def _drawn(
    drawn: Sequence[Drawn],
    ground: Ground,
    view: View,
    key: str,
    *,
    grains: Sequence[float] = _GRAINS,
    most: int = _BYTES,
) -> _Map:
    """Draw all layers, as finely as the file may be."""
    for grain in grains:
        below = ground.drawn(view, grain)
        parts = [(one, list(draw(one, view, key, grain=grain))) for one in drawn]
        # Land and sea lie under the background, and all else on it.
        base, markup = (
            "".join(
                text
                for one, found in parts
                if (one.layer.name == GROUND) is low
                for _, text in found
            )
            for low in (True, False)
        )
        if len(base) + len(below) + len(markup) <= most:
            break
    seen = [
        (one.layer, tuple(one.signs[number] for number, _ in found))
        for one, found in parts
        if found
    ]
    used = [sign for _, signs in seen for sign in signs]
    patterns = ground.patterns + "".join(pattern(sign, key) for sign in used)
    if below:
        markup = f'<g opacity="{_PALE}">{below}</g>{markup}'
    markup = base + markup
    return _Map(
        view=view, markup=markup, patterns=patterns, legend=tuple(seen), coarse=grain > grains[0]
    )


def _frame(drawn: _Map) -> str:
    """Write the map with north arrow, scale bar and a frame round it; its corner is 0, 0."""
    wide, high = drawn.view.width, drawn.view.height
    # A picture in a picture cuts off what lies outside it.
    return (
        f'<svg width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" overflow="hidden">'
        f'<rect width="{wide}" height="{high}" fill="{_LAND}"/>'
        f"{drawn.markup}{north_arrow(wide)}{scale_bar(drawn.view)}"
        f'<rect x=".5" y=".5" width="{wide - 1}" height="{high - 1}" fill="none" '
        'stroke="#767676"/></svg>'
    )


def _svg(
    width: float, height: float, inside: str, alt: str, patterns: str, *, millimetres: bool = True
) -> str:
    size = (
        f'width="{width / PIXELS:g}mm" height="{height / PIXELS:g}mm"'
        if millimetres
        else f'width="{width:g}" height="{height:g}"'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {size} '
        f'role="img" aria-label="{escape(alt)}"><defs>{patterns}</defs>'
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>{inside}</svg>'
    )


def _caption(view: View, drawn: _Map) -> str:
    wide, high = view.box[2] - view.box[0], view.box[3] - view.box[1]
    said = f"Målestokk 1:{format_number(view.scale)} på A4, {metres(wide)} × {metres(high)}."
    if drawn.coarse:
        said += " Tegningen er forenklet; GeoPackage-filen har alt."
    return said


def _entries(drawn: _Map) -> Iterator[tuple[str, Sign | None]]:
    """Give the lines of the legend, what lies on top first: a heading has no sign."""
    for layer, signs in reversed(drawn.legend):
        title = clean_text(still_title(layer))
        if not layer.style.column:
            yield title, signs[0]
            continue
        column = layer.columns.get(layer.style.column)
        unit = f" ({clean_text(column.unit)})" if column and column.unit else ""
        yield f"{title}{unit}", None
        for sign in signs:
            yield sign.label, sign


def _keys(drawn: _Map) -> Iterator[Key]:
    for text, sign in _entries(drawn):
        if sign is None:
            yield Key(text, heading=True)
            continue
        own = replace(sign, number=1 if sign.number else 0)
        yield Key(
            text,
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 16" width="28" height="16">'
            f"<defs>{pattern(own, 'n')}</defs>{swatch(own, 'n')}</svg>",
        )


def _legend(  # noqa: PLR0917  (a place, its columns and the font)
    drawn: _Map,
    key: str,
    x: float,
    top: float,
    width: float,
    columns: int,
    size: float,
    room: float,
) -> tuple[str, float]:
    """Write the legend in columns; what there is no room for is counted."""
    gap = 14.0
    each = (width - gap * (columns - 1)) / columns
    line = size * LEADING
    rows: list[tuple[list[str], Sign | None]] = [
        (lines_of(text, each - (0 if sign is None else 36), size, 2), sign)
        for text, sign in _entries(drawn)
    ]
    heights = [
        max(len(lines) * line, line) + 3 + (4 if sign is None else 0) for lines, sign in rows
    ]
    target = max(sum(heights) / columns, max(heights, default=0))
    parts, column, y, lowest, shown = [], 0, 0.0, 0.0, 0
    for at, ((lines, sign), high) in enumerate(zip(rows, heights, strict=True)):
        # A heading stays with the first of its signs.
        needs = high if sign else high + (heights[at + 1] if at + 1 < len(heights) else 0)
        if y and y + (high / 2 if sign else needs) > target and column < columns - 1:
            column, y = column + 1, 0.0
        if y + high > room - line:
            break
        left = x + column * (each + gap)
        if sign is None:
            parts.append(written(lines, left, top + y + 4, size, bold=True))
        else:
            middle = top + y + line / 2 - 8
            parts.append(f'<g transform="translate({left:g} {middle:.4g})">{swatch(sign, key)}</g>')
            parts.append(written(lines, left + 36, top + y + 1, size))
        y += high
        lowest, shown = max(lowest, y), shown + 1
    if shown < len(rows):
        more = f"og {len(rows) - shown} linjer til, se siden"
        parts.append(written([more], x, top + lowest, size, fill=SOFT))
        lowest += line
    return "".join(parts), lowest


def _head(result: Result, width: float, size: float, title: float) -> list[tuple[str, float, str]]:
    """Give the lines over the map: markup by line, its font and its colour."""
    found = [(line, title, "") for line in lines_of(result.title, width * 0.94, title, 2)]
    for stop in stop_lines([result]):
        found += [(line, size, RED) for line in lines_of(stop, width * 0.94, size, 4)]
    sources = result.provenance.sources if result.provenance else ()
    if any(source.example for source in sources):
        found.append((EXAMPLE, size, ""))
    return found


def _written_head(
    lines: Sequence[tuple[str, float, str]], x: float, top: float
) -> tuple[str, float]:
    parts, y = [], top
    for text, size, fill in lines:
        bold = bool(fill) or size > 18  # noqa: PLR2004  (titles and stops)
        parts.append(written([text], x, y, size, bold=bold, **({"fill": fill} if fill else {})))
        y += size * LEADING
    return "".join(parts), y + 4


def _sheet(result: Result, drawn: _Map, alt: str, foot: str) -> str:
    """Lay out the sheet for A4."""
    wide, size = float(drawn.view.width), 13.0
    head, y = _written_head(_head(result, wide, size, 20.0), 0, 0)
    said = lines_of(result.sentence, wide, size, 8)
    parts = [head, written(said, 0, y, size)]
    y += len(said) * size * LEADING + 8
    parts.append(f'<g transform="translate(0 {y:.4g})">{_frame(drawn)}</g>')
    y += drawn.view.height + 4
    scale = f"Målestokk 1:{format_number(drawn.view.scale)} på A4 når bildet er 170 mm bredt."
    if drawn.coarse:
        scale += " Tegningen er forenklet."
    parts.append(written([scale], 0, y, 12, fill=SOFT))
    y += 26
    legend, high = _legend(drawn, "k", 0, y, wide, 3, 12.5, 24.0 * _LEGEND_ROWS)
    parts.append(legend)
    y += high + 8
    under = lines_of(foot, wide, 11, 8)
    parts.append(written(under, 0, y, 11, fill=SOFT))
    y += len(under) * 11 * LEADING + 6
    return _svg(wide, round(y), "".join(parts), alt, drawn.patterns)


def _slide(result: Result, drawn: _Map, alt: str, foot: str) -> str:
    """Lay out the slide: the map to the left, words and legend to the right."""
    wide, high = _SLIDE
    edge, side = 24.0, 928.0
    room = wide - side - edge
    head, y = _written_head(_head(result, wide - 2 * edge, 17.0, 30.0), edge, 16)
    y = max(y, 70.0)
    scale = min(1.0, (high - y - 34) / drawn.view.height)
    parts = [head, f'<g transform="translate({edge:g} {y:.4g}) scale({scale:.4g})">']
    parts += [_frame(drawn), "</g>"]
    said = lines_of(result.sentence, room, 18, 12)
    parts.append(written(said, side, y, 18))
    under = lines_of(foot, room, 11, 8)
    bottom = high - 14 - len(under) * 11 * LEADING
    top = y + len(said) * 18 * LEADING + 12
    legend, _ = _legend(drawn, "s", side, top, room, 1, 14, bottom - top - 10)
    parts += [legend, written(under, side, bottom, 11, fill=SOFT)]
    return _svg(wide, high, "".join(parts), alt, drawn.patterns, millimetres=False)
