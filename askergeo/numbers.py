"""Numbers for people: decimal comma, hard space between thousands, true minus sign.

Source: Asker kommune, «Slik skriver vi tall og beløp», and Språkrådet: groups of three with a
space from five digits.
"""

from __future__ import annotations

import math
from numbers import Real

__all__ = ["HARD_SPACE", "HIDDEN", "UNKNOWN", "format_number"]

HARD_SPACE = "\u00a0"
# SSB's standard signs in tables.
HIDDEN = ":"
UNKNOWN = ".."
_GROUP_FROM = 10_000


def format_number(value: float | None, decimals: int = 0, *, unit: str = "") -> str:
    """Write a number the Norwegian way.

    Parameters
    ----------
    value
        The number; ``None`` and NaN are unknown and become ``..`` (SSB's sign).
    decimals
        Number of decimals.
    unit
        Put after the number with a hard space.

    Examples
    --------
    >>> format_number(1234.5, 1), format_number(None)
    ('1234,5', '..')
    >>> format_number(-98765, unit="m").replace("\u00a0", "_")
    '−98_765_m'
    """
    # pandas marks a missing integer with NA, which is no number at all; NumPy's numbers are Real.
    if not isinstance(value, Real) or math.isnan(value):
        return UNKNOWN
    number = float(value)
    text = f"{abs(number):,.{decimals}f}"
    whole, _, fraction = text.partition(".")
    # The number as it is written counts, not the number before it was rounded.
    if int(whole.replace(",", "")) < _GROUP_FROM:
        whole = whole.replace(",", "")
    sign = "\u2212" if number < 0 and float(text.replace(",", "")) != 0 else ""
    written = sign + whole.replace(",", HARD_SPACE) + ("," + fraction if fraction else "")
    return f"{written}{HARD_SPACE}{unit}" if unit else written
