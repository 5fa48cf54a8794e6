"""Columns of the layers of water and sewage, any of which may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["column_numbers"]


def column_numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as numbers of its own, (r,); NaN where it is missing, absent or no number.

    Examples
    --------
    >>> frame = pd.DataFrame({"dimensjon_mm": ["150", "ukjent", None]})
    >>> column_numbers(frame, "dimensjon_mm")
    array([150.,  nan,  nan])
    >>> column_numbers(frame, "lengde_m")
    array([nan, nan, nan])
    """
    if name not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[name], errors="coerce")
    return np.array(values.to_numpy(dtype=np.float64, na_value=np.nan))
