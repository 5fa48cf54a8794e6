"""Columns of the school layers as numbers and text, and how a school year is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MEASURES", "column_of", "year_text"]

#: Columns of the layer ``skoletiltak``, and what each is read as.
MEASURES: Final[Mapping[str, type]] = {
    "tiltak_id": object,
    "skole_id": object,
    "navn": object,
    "type": object,
    "trinn": object,
    "paralleller": float,
    "plasser": float,
    "fra_aar": float,
    "til_aar": float,
    "status": object,
}


def column_of(frame: pd.DataFrame, name: str, kind: Any) -> pd.Series:  # noqa: ANN401  (a dtype)
    """Return a column as ``float`` (NaN unknown) or ``object``; all unknown when it is absent."""
    if name not in frame:
        empty = np.nan if kind is float else None
        return pd.Series(empty, index=frame.index, dtype=kind)
    if kind is float:
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(values, index=frame.index)
    return frame[name].astype(object).where(frame[name].notna(), None)


def year_text(year: int) -> str:
    """Write a school year by the autumn that it begins in.

    Examples
    --------
    >>> year_text(2027), year_text(2099)
    ('2027/28', '2099/00')
    """
    return f"{year}/{(year + 1) % 100:02d}"
