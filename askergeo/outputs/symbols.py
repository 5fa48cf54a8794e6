"""How layers are drawn in every output: the symbols of a style, alike on page, paper and in QGIS.

Colour is never all that tells classes apart: points have marks and lines have dashes (areas have
patterns, see :mod:`askergeo.outputs.patterns`).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from askergeo.result import SHAPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.result import MapLayer, Result, Style

__all__ = [
    "LINE",
    "POINT",
    "SURFACE",
    "Symbol",
    "colour",
    "layer_kind",
    "marked_apart",
    "symbols",
]

#: What a layer is of; also the dimension of its geometry.
POINT, LINE, SURFACE = 0, 1, 2
# Dashes of lines as SVG writes them, in pixels of the screen; the second is that of a style.
_DASHES: Final = ("", "6 4", "2 3", "12 3 2 3", "16 4", "8 2 2 2 2 2")
_DASHED: Final = _DASHES[1]
# Millimetres that two sizes of marks or widths of lines differ by, to be told apart by them.
_SIZE_STEP: Final = 1.0
_WIDTH_STEP: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """How one class is drawn; ``value`` is None for all that no class names.

    ``dashes`` are the lengths of dashes and gaps in pixels of the screen, as in SVG; empty for an
    unbroken line.
    """

    value: Any
    label: str
    fill: str
    stroke: str
    width: float
    size: float
    opacity: float
    dash: bool
    shape: str
    dashes: str = ""


def symbols(style: Style, title: str, kind: int | None = None) -> tuple[Symbol, ...]:
    """Resolve a style: one symbol a class and one for the rest; a plain style gives one.

    Parameters
    ----------
    style
        The style.
    title
        What the only symbol of a plain style is called.
    kind
        :data:`POINT`, :data:`LINE` or :data:`SURFACE`: classes that would look alike but for their
        colour then have marks or dashes of their own; those that the style names stay.

    Examples
    --------
    >>> from askergeo.result import Style, StyleClass
    >>> two = (StyleClass(value=1, label="En"), StyleClass(value=2, label="To"))
    >>> [one.shape for one in symbols(Style(column="k", classes=two), "Lag", POINT)]
    ['circle', 'square', 'triangle']
    """
    plain = Symbol(
        value=None,
        label="Annet" if style.column else title,
        fill=colour(style.fill),
        stroke=colour(style.stroke),
        width=style.width,
        size=style.size,
        opacity=min(max(style.opacity, 0.0), 1.0),
        dash=style.dash,
        shape=style.shape if style.shape in SHAPES else SHAPES[0],
        dashes=_DASHED if style.dash else "",
    )
    if not style.column:
        return (plain,)
    classes = tuple(
        replace(
            plain,
            value=item.value,
            label=item.label,
            fill=colour(item.fill) or plain.fill,
            stroke=colour(item.stroke) or plain.stroke,
            width=item.width or plain.width,
            size=item.size or plain.size,
            dash=item.dash or plain.dash,
            shape=item.shape if item.shape in SHAPES else plain.shape,
            dashes=_DASHED if item.dash else plain.dashes,
        )
        for item in style.classes
    )
    found = (*classes, plain)
    if kind == POINT:
        named = [item.shape in SHAPES for item in style.classes]
        return _with_marks(found, [*named, False])
    if kind == LINE:
        named = [item.dash and not style.dash for item in style.classes]
        return _with_dashes(found, [*named, False])
    return found


def _with_marks(drawn: Sequence[Symbol], named: Sequence[bool]) -> tuple[Symbol, ...]:
    """Give marks of their own to points of one size that have none."""
    taken = {one.shape for one, own in zip(drawn, named, strict=True) if own}
    turns = _turns([one.size / _SIZE_STEP for one in drawn], named)
    free = _free(drawn[-1].shape, SHAPES, taken)
    return tuple(
        one if own else replace(one, shape=free[turn % len(free)])
        for one, own, turn in zip(drawn, named, turns, strict=True)
    )


def _with_dashes(drawn: Sequence[Symbol], named: Sequence[bool]) -> tuple[Symbol, ...]:
    """Give dashes of their own to lines of one width that have none."""
    taken = {one.dashes for one, own in zip(drawn, named, strict=True) if own}
    turns = _turns([one.width / _WIDTH_STEP for one in drawn], named)
    free = _free(drawn[-1].dashes, _DASHES, taken)
    return tuple(
        one if own else replace(one, dashes=free[turn % len(free)])
        for one, own, turn in zip(drawn, named, turns, strict=True)
    )


def _turns(sizes: Sequence[float], named: Sequence[bool]) -> list[int]:
    """Count up among symbols of about one size, those with a sign of their own aside."""
    seen: Counter[int] = Counter()
    turns = []
    for size, own in zip(sizes, named, strict=True):
        turns.append(seen[round(size)])
        seen[round(size)] += not own
    return turns


def _free(first: str, signs: Sequence[str], taken: set[str]) -> list[str]:
    """List the signs that nobody has taken, the style's own first; all when all are taken."""
    ordered = dict.fromkeys([first, *signs])
    return [sign for sign in ordered if sign not in taken] or list(ordered)


def layer_kind(layer: MapLayer) -> int:
    """Tell what most of a layer is: points, lines or surfaces."""
    kinds = shapely.get_dimensions(np.asarray(layer.frame.geometry.array, dtype=object))
    known = kinds[kinds >= 0]
    return int(np.bincount(known).argmax()) if len(known) else SURFACE


def marked_apart(result: Result) -> Result:
    """Give each layer of points that has no classes a mark of its own.

    The first keeps the circle, and layers with another mark keep that.
    """
    plain = [
        layer
        for layer in result.layers
        if not layer.style.column and layer.on_page and layer_kind(layer) == POINT
    ]
    round_ones = [layer for layer in plain if layer.style.shape not in SHAPES[1:]]
    taken = {layer.style.shape for layer in plain} - {SHAPES[0]}
    free = _free(SHAPES[0], SHAPES, taken)
    marks = {layer.name: free[turn % len(free)] for turn, layer in enumerate(round_ones)}
    if len(marks) < 2:  # noqa: PLR2004  (one alone is told from no other)
        return result
    return replace(
        result,
        layers=tuple(
            replace(layer, style=replace(layer.style, shape=marks[layer.name]))
            if layer.name in marks
            else layer
            for layer in result.layers
        ),
    )


def colour(text: str) -> str:
    """Return ``#rrggbb``, or nothing for what is no colour: it goes into markup."""
    return text.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else ""
