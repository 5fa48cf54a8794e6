"""The signs of a printed map: patterns of surfaces, dashes of lines and marks of points.

Classes are told apart by a sign as well as by a colour, on the map and in the legend alike, so that
a map can be read in grey and by people who do not see the colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.outputs._map_svg import INK, PIXELS
from askergeo.outputs.marker import corners
from askergeo.outputs.patterns import CELL, pattern_of, pattern_path
from askergeo.outputs.report import clean_text
from askergeo.outputs.symbols import LINE, POINT, SURFACE, layer_kind, symbols
from askergeo.result import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from askergeo.outputs.symbols import Symbol
    from askergeo.result import MapLayer

__all__ = [
    "GROUND",
    "LINE",
    "POINT",
    "SURFACE",
    "Sign",
    "class_numbers",
    "edge_of",
    "fill_of",
    "mark_path",
    "pattern",
    "signs_of",
    "swatch",
]

#: Layer that lies under the answer in the analyses themselves: its surfaces have no pattern.
GROUND: Final = "land_og_sjo"
# Lighter fills have dark lines, darker ones white lines.
_LIGHT = 0.35
_THIN = 0.6


@dataclass(frozen=True, kw_only=True)
class Sign:
    """How one class of a layer is drawn on paper; ``number`` names its pattern, 0 is none."""

    kind: int
    label: str
    fill: str
    stroke: str
    width: float
    radius: float
    opacity: float
    dash: str
    shape: str
    hatch: int = 0
    number: int = 0


def signs_of(layers: Sequence[MapLayer], *, ground: bool = False) -> list[list[Sign]]:
    """Give every layer the signs of its classes, the last one for all that no class names.

    Patterns, marks and dashes are those of the page; what lies under the answers has none of its
    own.
    """
    turn = count(1)
    found = []
    for layer in layers:
        kind = layer_kind(layer)
        drawn = symbols(layer.style, layer.title, None if ground else kind)
        signs = [_sign(one, kind) for one in drawn]
        if kind == SURFACE and layer.name != GROUND:
            signs = [
                replace(one, hatch=hatch, number=next(turn)) if one.fill and hatch else one
                for at, one in enumerate(signs)
                for hatch in (pattern_of(at, len(signs)),)
            ]
        found.append(signs)
    return found


def _sign(symbol: Symbol, kind: int) -> Sign:
    return Sign(
        kind=kind,
        label=clean_text(symbol.label),
        fill=symbol.fill,
        stroke=symbol.stroke,
        width=max(symbol.width * PIXELS, _THIN),
        radius=max(symbol.size * PIXELS / 2, 2.0),
        opacity=symbol.opacity,
        dash=symbol.dashes,
        shape=symbol.shape,
    )


def pattern(sign: Sign, key: str) -> str:
    """Define the fill of a class with lines over it; nothing when it has none."""
    if not sign.number:
        return ""
    ink = INK if _light(sign.fill) > _LIGHT else "#ffffff"
    return (
        f'<pattern id="{key}-{sign.number}" '
        f'width="{CELL}" height="{CELL}" patternUnits="userSpaceOnUse">'
        f'<rect width="{CELL}" height="{CELL}" fill="{sign.fill}"/>'
        f'<path d="{pattern_path(sign.hatch)}" stroke="{ink}" stroke-opacity=".6" fill="none"/>'
        "</pattern>"
    )


def _light(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue


def fill_of(sign: Sign, key: str) -> str:
    """Write the attribute that fills a surface of a class."""
    if not sign.fill:
        return 'fill="none"'
    how = f"url(#{key}-{sign.number})" if sign.number else sign.fill
    return f'fill="{how}" fill-opacity="{sign.opacity:g}"'


def edge_of(sign: Sign) -> str:
    """Write the attributes of the edge of a surface or mark, or of a line."""
    colour = sign.stroke or (sign.fill if sign.kind == LINE else "")
    if not colour:
        return ""
    broken = f' stroke-dasharray="{sign.dash}"' if sign.dash else ""
    return f'stroke="{colour}" stroke-width="{sign.width:.3g}"{broken} stroke-linejoin="round"'


def mark_path(shape: str, radius: float) -> str:
    """Write a mark as steps from its middle."""
    if shape not in SHAPES or shape == "circle":
        r = f"{radius:.3g}"
        return f"m-{r} 0a{r} {r} 0 1 0 {2 * radius:.3g} 0a{r} {r} 0 1 0 -{2 * radius:.3g} 0z"
    flat = [radius * value for value in corners(shape)]
    points = list(zip(flat[::2], flat[1::2], strict=True))
    steps = [points[0], *((b[0] - a[0], b[1] - a[1]) for a, b in _pairs(points))]
    return "m" + "l".join(f"{x:.3g} {y:.3g}" for x, y in steps) + "z"


def _pairs(
    points: Sequence[tuple[float, float]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    yield from pairwise(points)


def swatch(sign: Sign, key: str) -> str:
    """Draw the sign of a class for the legend, 28 by 16 pixels."""
    if sign.kind == LINE:
        wide = max(sign.width, 1.6)
        thick = edge_of(replace(sign, width=min(wide, 6.0)))
        return f'<path d="M1 8H27" fill="none" {thick}/>'
    if sign.kind == POINT:
        mark = mark_path(sign.shape, min(max(sign.radius, 4.0), 7.0))
        return f'<path d="M14 8{mark}" {fill_of(sign, key)} {edge_of(sign)}/>'
    return f'<path d="M1 1H27V15H1z" {fill_of(sign, key)} {edge_of(sign)}/>'


def class_numbers(layer: MapLayer) -> NDArray[np.int64]:
    """Give the number of each feature's sign."""
    style, rows = layer.style, len(layer.frame)
    if not style.column:
        return np.zeros(rows, dtype=np.int64)
    rest = len(style.classes)
    if style.column not in layer.frame:
        return np.full(rows, rest, dtype=np.int64)
    place = {item.value: number for number, item in enumerate(style.classes)}
    numbers = layer.frame[style.column].astype(object).map(place)
    return np.asarray(numbers.fillna(rest).astype(np.int64))
