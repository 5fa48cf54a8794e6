"""What pipes cost: the sum of length × price a metre, by diameter.

The prices are the user's own, never a guess of ours; a pipe whose diameter has no price is told of
and makes the total unknown.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import ParameterError, SourceError, collect
from askergeo.sources._kinds import existing
from askergeo.sources.csvfile import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["COST_COLUMNS", "pipe_costs", "price_file", "read_prices"]

COST_COLUMNS: Final = ("dimensjon_mm", "ledninger", "meter", "pris_m", "kostnad")
# Inches and millimetres of one pipe differ by less.
_SAME_MM: Final = 0.5


def read_prices(pairs: Sequence[str]) -> dict[float, float]:
    """Read prices written as ``mm=price``.

    Raises
    ------
    ParameterError
        When a pair cannot be read, a number is not above zero or below it, or a diameter is priced
        twice; all are listed at once.

    Examples
    --------
    >>> read_prices(["110=2500", "160 = 3100,5"])
    {110.0: 2500.0, 160.0: 3100.5}
    """
    prices: dict[float, float] = {}
    faults = []
    for pair in pairs:
        size, mark, price = (part.strip().replace(",", ".") for part in pair.partition("="))
        try:
            mm, each = float(size), float(price)
        except ValueError:
            faults.append(f"«{pair}» er ikke på formen MM=PRIS")
            continue
        if not (mark and np.isfinite(mm) and np.isfinite(each) and mm > 0 and each >= 0):
            faults.append(f"«{pair}» har et tall som ikke kan være dimensjon eller pris")
        elif any(abs(mm - other) <= _SAME_MM for other in prices):
            faults.append(f"«{pair}»: dimensjonen har en pris fra før")
        else:
            prices[mm] = each
    if faults:
        raise ParameterError(
            f"Prisene på rør kan ikke leses:\n{collect(faults)}",
            remedy="Skriv dimensjonen i mm og prisen per meter, som «110=2500».",
        )
    return prices


def pipe_costs(
    diameter_mm: NDArray[np.float64], length_m: NDArray[np.float64], prices: Mapping[float, float]
) -> pd.DataFrame:
    """Return the cost of pipes by diameter, and in all.

    Parameters
    ----------
    diameter_mm
        Inner diameter, (m,), millimetres; NaN unknown.
    length_m
        (m,), metres; NaN unknown.
    prices
        Price a metre by diameter in millimetres; a diameter is the price's when it differs by at
        most half a millimetre.

    Returns
    -------
    pandas.DataFrame
        A row a diameter, smallest first, with :data:`COST_COLUMNS`, and the row ``sum``. Unknown
        is NaN, and the sum with it.

    Examples
    --------
    >>> costs = pipe_costs(np.array([100.0, 100.0]), np.array([10.0, 5.0]), {100.0: 2.0})
    >>> float(costs.loc["sum", "kostnad"])
    30.0
    """
    size = np.round(np.asarray(diameter_mm, dtype=np.float64), 1)
    # NaN is no equal of itself: one group of its own.
    key = np.where(np.isnan(size), -1.0, size)
    kinds, group = np.unique(key, return_inverse=True)
    metres = np.bincount(group, weights=length_m, minlength=len(kinds))
    count = np.bincount(group, minlength=len(kinds))
    price = np.array([_price(float(one), prices) for one in kinds])
    frame = pd.DataFrame(
        {
            "dimensjon_mm": np.where(kinds < 0, np.nan, kinds),
            "ledninger": count.astype(float),
            "meter": metres,
            "pris_m": price,
            "kostnad": metres * price,
        },
        index=["ukjent" if one < 0 else f"{one:g}" for one in kinds],
    )
    # Unlike pandas, NumPy's sum is unknown when a part is.
    frame.loc["sum"] = [
        np.nan,
        float(count.sum()),
        float(metres.sum()),
        np.nan,
        float(frame["kostnad"].to_numpy().sum()),
    ]
    return frame


def _price(mm: float, prices: Mapping[float, float]) -> float:
    near = [size for size in prices if abs(size - mm) <= _SAME_MM]
    return prices[min(near, key=lambda size: abs(size - mm))] if near else float("nan")


def price_file(path: str | Path) -> dict[float, float]:
    """Read prices from a CSV file with the columns ``dimensjon_mm`` and ``pris_m``.

    Raises
    ------
    MissingFileError, SourceError
        When there is no such file, or it has not these columns.
    ParameterError
        When a row cannot be a price.
    """
    frame = read_csv(existing(path)).frame
    lacking = [name for name in ("dimensjon_mm", "pris_m") if name not in frame]
    if lacking:
        raise SourceError(
            f"Prisfilen {Path(path).name} mangler {' og '.join(lacking)}.",
            remedy="Filen skal ha kolonnene dimensjon_mm og pris_m.",
        )
    rows = zip(frame["dimensjon_mm"], frame["pris_m"], strict=True)
    return read_prices([f"{size}={price}" for size, price in rows])
