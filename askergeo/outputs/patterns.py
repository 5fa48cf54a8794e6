"""Patterns that tell the classes of areas apart without colour, alike on map and legend."""

from __future__ import annotations

from typing import Final

__all__ = ["CELL", "PATTERNS", "pattern_of", "pattern_path"]

#: Side of the square cell that a pattern repeats, in pixels of the screen.
CELL: Final = 8

#: SVG path data of each pattern in its cell, drawn as lines; the first is none. Lines that leave
#: the cell are drawn a little beyond it, so that they join across its corners.
PATTERNS: Final = (
    "",
    "M-1 1L1 -1M-1 9L9 -1M7 9L9 7",
    "M1.5 2h1M5.5 6h1",
    "M-1 7L1 9M-1 -1L9 9M7 -1L9 1",
    "M0 4h8",
    "M4 0v8",
    "M-1 -1L9 9M-1 9L9 -1",
    "M0 4h8M4 0v8",
)


def pattern_of(number: int, symbols: int, *, surface: bool = True) -> int:
    """Choose the pattern of a symbol: neighbours in the legend never have the same.

    Parameters
    ----------
    number
        Place of the symbol.
    symbols
        How many there are; a layer with one needs no pattern.
    surface
        Whether the layer is of areas: points and lines are told apart by mark, width and dash.

    Examples
    --------
    >>> [pattern_of(number, 3) for number in range(3)], pattern_of(0, 1)
    ([0, 1, 2], 0)
    """
    return number % len(PATTERNS) if surface and symbols > 1 else 0


def pattern_path(number: int) -> str:
    """Return the path data of a pattern's cell of :data:`CELL` pixels; empty for none.

    Examples
    --------
    >>> pattern_path(4)
    'M0 4h8'
    """
    return PATTERNS[number]
