"""The marks of points other than the circle: corners around the middle, alike on map and legend."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["corners", "outline"]

# Half a side of the square, and an arm of the cross, so that all marks look about as large.
_SIDE: Final = 0.85
_ARM: Final = 0.34
_INNER: Final = 0.42


def _around(count: int, *radii: float) -> list[tuple[float, float]]:
    """Corners at equal angles from the top, with the radii in turn."""
    turn = math.tau / count
    return [
        (round(math.sin(n * turn) * r, 3), round(-math.cos(n * turn) * r, 3))
        for n, r in ((n, radii[n % len(radii)]) for n in range(count))
    ]


_CORNERS: Final = {
    "square": [(-_SIDE, -_SIDE), (_SIDE, -_SIDE), (_SIDE, _SIDE), (-_SIDE, _SIDE)],
    "triangle": _around(3, 1.15),
    "diamond": _around(4, 1.15),
    "cross": [
        *((-_ARM, -1.0), (_ARM, -1.0), (_ARM, -_ARM), (1.0, -_ARM), (1.0, _ARM), (_ARM, _ARM)),
        *((_ARM, 1.0), (-_ARM, 1.0), (-_ARM, _ARM), (-1.0, _ARM), (-1.0, -_ARM), (-_ARM, -_ARM)),
    ],
    "star": _around(10, 1.25, 1.25 * _INNER),
}


def corners(shape: str) -> list[float]:
    """Return the corners of a mark as x, y, x, y …, y downwards, in radii; a circle has none.

    Examples
    --------
    >>> corners("square")
    [-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85]
    >>> corners("circle")
    []
    """
    return [value for point in _CORNERS.get(shape, []) for value in point]


def outline(shape: str, x: float, y: float, radius: float) -> str:
    """Return the SVG path of a mark around a place; empty for a circle.

    Examples
    --------
    >>> outline("diamond", 14, 8, 6)
    'M14 1.1L20.9 8L14 14.9L7.1 8Z'
    """
    points = [f"{x + radius * a:.4g} {y + radius * b:.4g}" for a, b in _CORNERS.get(shape, [])]
    return f"M{'L'.join(points)}Z" if points else ""
