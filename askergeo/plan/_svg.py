"""Draws what cut-outs of plans are made of as SVG: their frame, and the signs of what is hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.outputs._map_svg import PIXELS, View, round_scale, stroked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

__all__ = ["HEIGHT", "PAPER", "RED", "WIDTH", "YELLOW", "patterns", "stroke", "swatch", "view_of"]

#: Width and height of a cut-out on paper, in millimetres.
PAPER: Final = (170.0, 68.0)
#: The same in pixels.
WIDTH, HEIGHT = (round(side * PIXELS) for side in PAPER)
# Share of the frame that is left round what is shown.
_ROOM = 0.12
#: Colours of what is hit.
RED, YELLOW = "#b2001d", "#6b4e00"


def view_of(shapes: Sequence[BaseGeometry], within: View | None = None) -> View:
    """Frame some shapes at the largest round scale that holds them.

    Parameters
    ----------
    shapes
        At least one, in metres.
    within
        A frame that it must not leave: it is moved, and never larger.

    Examples
    --------
    >>> view = view_of([shapely.box(1000, 1000, 1100, 1040)])
    >>> view.scale, view.box
    (1000, (965.0, 986.0, 1135.0, 1054.0))
    """
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    needed = max((east - west) / PAPER[0], (north - south) / PAPER[1]) * 1000 / (1 - _ROOM)
    scale = round_scale(needed)
    x, y = (west + east) / 2, (south + north) / 2
    if within is not None:
        scale = min(scale, within.scale)
    wide, high = (side * scale / 1000 for side in PAPER)
    if within is not None:
        left, low, right, top = within.box
        x = min(max(x, left + wide / 2), right - wide / 2)
        y = min(max(y, low + high / 2), top - high / 2)
    box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return View((float(box[0]), float(box[1]), float(box[2]), float(box[3])), int(scale))


def patterns(number: int) -> str:
    """Give the fills of red and yellow: lines and dots, so that they differ without colour."""
    return (
        f'<pattern id="r{number}" width="8" height="8" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="8" height="8" fill="#e8536a" '
        f'fill-opacity=".4"/><rect width="2.4" height="8" fill="{RED}"/></pattern>'
        f'<pattern id="g{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="8" height="8" fill="#ffd94d" fill-opacity=".55"/>'
        f'<circle cx="4" cy="4" r="1.5" fill="{YELLOW}"/></pattern>'
    )


def swatch(how: str) -> str:
    """Draw the sign of a surface for the key; ``how`` as for `path`."""
    return _symbol(f'<rect x="1.5" y="1.5" width="33" height="17" {how}/>')


def stroke(colour: str, width: float, dash: str = "") -> str:
    """Draw the sign of a line for the key."""
    return _symbol(f'<path d="M1 10h34" {stroked(colour, width, dash)}/>')


def _symbol(inside: str) -> str:
    needs = f"<defs>{patterns(0)}</defs>" if "url(#" in inside else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 20" width="36" height="20" '
        f'aria-hidden="true">{needs}{inside}</svg>'
    )
