"""Text in pictures: broken into lines, escaped, and never longer than there is room for."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from askergeo.outputs._svg import FONT, INK
from askergeo.outputs.flow import wrapped
from askergeo.outputs.report import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LEADING", "lines_of", "written"]

#: Height of a line for each unit of the font.
LEADING: Final = 1.35
# Signs a line can hold at most, however narrow they are, for each unit of width and font.
_NARROWEST = 0.2


def lines_of(text: str, width: float, size: float, most: int) -> list[str]:
    """Break a text into at most ``most`` lines; one that is longer ends in «…».

    Examples
    --------
    >>> lines_of("Et kart over kommunen", 40, 10, 2)
    ['Et kart', 'over…']
    """
    room = int(width / size / _NARROWEST) * most
    return wrapped(clean_text(text)[:room], width, size, most)


def written(
    lines: Iterable[str],
    x: float,
    top: float,
    size: float,
    *,
    fill: str = INK,
    bold: bool = False,
) -> str:
    """Write lines under each other from a top edge."""
    weight = ' font-weight="700"' if bold else ""
    return "".join(
        f'<text x="{x:g}" y="{top + size * (LEADING * at + 1.0):.4g}" font-family="{FONT}" '
        f'font-size="{size:g}" fill="{fill}"{weight}>{escape(line)}</text>'
        for at, line in enumerate(lines)
    )
