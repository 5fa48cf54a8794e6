"""Draws what maps are made of as SVG: a frame at a round scale, paths in pixels, and their signs.

A pixel is a quarter of a millimetre on paper. Plan reviews and the printed maps of a report draw
with the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

__all__ = [
    "INK",
    "PIXELS",
    "Box",
    "Shapes",
    "View",
    "line",
    "metres",
    "north_arrow",
    "path",
    "path_data",
    "pixels",
    "rings",
    "round_scale",
    "scale_bar",
    "stroked",
]

#: Pixels a millimetre on paper.
PIXELS: Final = 4.0
#: Scales that people know from paper maps.
_SCALES: Final = (
    1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 40_000,
    50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000,
)  # fmt: skip
Shapes = NDArray[np.object_]
#: West, south, east and north in metres.
Box = tuple[float, float, float, float]
_KILOMETRES_FROM: Final = 10_000
#: Colour of what is written.
INK: Final = "#1b1b1b"


@dataclass(frozen=True)
class View:
    """A frame on the map: its box in metres, and its scale."""

    box: Box
    scale: int

    @property
    def pixel(self) -> float:
        """Metres a pixel."""
        return self.scale / 1000 / PIXELS

    @property
    def width(self) -> int:
        """Pixels across."""
        return round((self.box[2] - self.box[0]) / self.pixel)

    @property
    def height(self) -> int:
        """Pixels down."""
        return round((self.box[3] - self.box[1]) / self.pixel)


def round_scale(needed: float) -> int:
    """Give the first round scale that is no larger than what is needed.

    Examples
    --------
    >>> round_scale(43_000), round_scale(612_345)
    (50000, 613000)
    """
    found = next((one for one in _SCALES if one >= needed), 1000 * math.ceil(needed / 1000))
    return int(found)


def line(shapes: Shapes, view: View, colour: str, width: float, dash: str = "") -> str:
    """Draw lines; ``width`` and ``dash`` are in pixels."""
    return path(path_data(shapes, view, closed=False), stroked(colour, width, dash))


def path(data: str, how: str) -> str:
    """Draw a path in a way, a list of SVG attributes; nothing when it has no points."""
    return f'<path d="{data}" {how}/>' if data else ""


def rings(shapes: Shapes | Sequence[BaseGeometry]) -> Shapes:
    """Give the edges of surfaces as lines, so that a frame cuts them and does not follow them."""
    return np.asarray(shapely.boundary(np.asarray(shapes, dtype=object)), dtype=object)


def pixels(points: Shapes, view: View) -> list[tuple[int, int]]:
    """Give the vertices of points in pixels from the upper left corner."""
    return [(int(x), int(y)) for x, y in _in_pixels(shapely.get_coordinates(points), view)]


def path_data(shapes: Shapes, view: View, *, closed: bool, grain: float = 1.0) -> str:
    """Write valid surfaces (``closed``) or lines as the data of one path, in whole pixels.

    Details smaller than half of ``grain``, in pixels, are left out.
    """
    west, south, east, north = view.box
    room = 6 * view.pixel  # what lies outside must not draw its edge along the frame
    cut = shapely.clip_by_rect(shapes, west - room, south - room, east + room, north + room)
    parts = shapely.get_parts(shapely.get_parts(cut[~shapely.is_empty(cut)]))
    parts = parts[shapely.get_dimensions(parts) == (2 if closed else 1)]
    runs = shapely.get_rings(parts) if closed else parts
    runs = shapely.simplify(runs, grain * view.pixel / 2, preserve_topology=False)
    found, of = shapely.get_coordinates(runs, return_index=True)
    if not len(found):
        return ""
    at = _in_pixels(found, view)
    fresh = np.r_[True, (of[1:] != of[:-1]) | (at[1:] != at[:-1]).any(axis=1)]
    at, of = at[fresh], of[fresh]
    kept = np.bincount(of)[of] >= (4 if closed else 2)
    return _steps(at[kept], of[kept], closed=closed)


def _steps(at: NDArray[np.int64], of: NDArray[np.int64], *, closed: bool) -> str:
    """Write rings or lines: where each begins, then the steps from point to point."""
    first = np.r_[True, of[1:] != of[:-1]] if len(of) else np.array([], dtype=bool)
    last = np.r_[first[1:], True] if len(of) else first
    steps = np.where(first[:, None], at, at - np.roll(at, 1, axis=0))
    sign = np.where(first, "M", np.where(np.r_[False, first[:-1]] if len(of) else first, "l", " "))
    if closed:
        # The last point of a ring is its first.
        sign, steps, last = sign[~last], steps[~last], np.roll(last, -1)[~last]
    end = np.where(last, "z" if closed else "", "")
    rows = zip(sign.tolist(), *steps.T.tolist(), end.tolist(), strict=True)
    return "".join([f"{s}{x} {y}{e}" for s, x, y, e in rows])


def _in_pixels(points: NDArray[np.float64], view: View) -> NDArray[np.int64]:
    west, _, _, north = view.box
    return np.rint((points - (west, north)) / (view.pixel, -view.pixel)).astype(np.int64)


def stroked(colour: str, width: float, dash: str) -> str:
    """Give the attributes of a line without a fill."""
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}"{broken}'


def north_arrow(width: int) -> str:
    """Draw an arrow up, for the grid's north, in the upper right corner."""
    x = width - 24
    return (
        f'<path d="M{x - 13} 6h26v44h-26z" fill="#ffffff" fill-opacity=".8"/>'
        f'<path d="M{x} 9l7 20-7-5-7 5z" fill="{INK}"/><text x="{x}" y="45" font-size="15" '
        f'font-weight="700" text-anchor="middle" font-family="sans-serif" fill="{INK}">N</text>'
    )


def scale_bar(view: View) -> str:
    """Draw a bar of a round length, about a sixth of the width, in two halves."""
    about = view.width * view.pixel / 6
    unit = 10.0 ** math.floor(math.log10(about))
    length = max(step * unit for step in (1, 2, 5) if step * unit <= about)
    half, y = round(length / view.pixel / 2), view.height - 12
    return (
        f'<path d="M6 {view.height - 36}h{2 * half + 62}v30h-{2 * half + 62}z" fill="#ffffff" '
        f'fill-opacity=".8"/><path d="M14 {y}h{half}v-6h-{half}z" fill="{INK}"/>'
        f'<path d="M14 {y}h{2 * half}v-6h-{2 * half}z" fill="none" stroke="{INK}"/>'
        f'<text x="14" y="{y - 10}" font-size="13" font-family="sans-serif" fill="{INK}">0</text>'
        f'<text x="{14 + 2 * half}" y="{y - 10}" font-size="13" text-anchor="middle" '
        f'font-family="sans-serif" fill="{INK}">{metres(length)}</text>'
    )


def metres(length: float) -> str:
    """Write a length for people, in metres or kilometres."""
    if length >= _KILOMETRES_FROM:
        return format_number(length / 1000, 0 if length % 1000 == 0 else 1, unit="km")
    return format_number(length, 0 if float(length).is_integer() else 1, unit="m")
