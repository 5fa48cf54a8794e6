"""What the page shows of each feature as text, written once for each value that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.numbers import HIDDEN
from askergeo.outputs.report import cell_text, hidden_rows, label_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.result import Column, MapLayer

__all__ = ["class_bytes", "labels", "texts"]

# Longer texts are cut: the workbook has them whole.
TEXT_LIMIT = 200
# A symbol's number is one byte.
MOST_SYMBOLS = 255


def labels(layer: MapLayer, rows: NDArray[np.int64]) -> list[str]:
    """Return the labels of the rows as text."""
    return [label_text(label) for label in layer.frame.index[rows].tolist()]


def texts(layer: MapLayer, rows: NDArray[np.int64], columns: Sequence[str]) -> list[list[str]]:
    """Return the shown text of each column's cells; hidden cells are ``:``."""
    hidden = hidden_rows(layer, columns)
    index = layer.frame.index[rows]
    found = []
    for name in columns:
        column = _column_texts(layer.frame[name].iloc[rows], layer.columns[name])
        if hidden[name]:
            for place in np.flatnonzero(index.isin(list(hidden[name]))).tolist():
                column[place] = HIDDEN
        found.append(column)
    return found


def _column_texts(values: pd.Series[Any], column: Column) -> list[str]:
    """Write a column; each different value is put into words once."""
    try:
        number, known = pd.factorize(values, use_na_sentinel=True)
    except TypeError:  # lists and the like have no hash
        return [cell_text(value, column)[:TEXT_LIMIT] for value in values.astype(object)]
    if known.dtype == object and len({type(value) for value in known}) > 1:
        # 1, 1.0 and True count as one there, but not in words.
        return [cell_text(value, column)[:TEXT_LIMIT] for value in values.astype(object)]
    written = [cell_text(value, column)[:TEXT_LIMIT] for value in known.astype(object).tolist()]
    written.append(cell_text(None, column))
    return [written[place] for place in number.tolist()]


def class_bytes(layer: MapLayer, rows: NDArray[np.int64], column: str) -> bytes:
    """Return the number of each feature's symbol, a byte each.

    The last symbol is for all that no class names, and for what is hidden: a class must not tell
    what its cell does not.
    """
    style = layer.style
    if not style.column:
        return bytes(len(rows))
    places = {item.value: number for number, item in enumerate(style.classes[: MOST_SYMBOLS - 1])}
    rest = len(places)
    if column not in layer.frame:
        return bytes([rest]) * len(rows)
    values = layer.frame[column].iloc[rows]
    number, known = pd.factorize(values, use_na_sentinel=True)
    found = np.array([places.get(value, rest) for value in known.astype(object)] + [rest])
    classes = found[number].astype(np.uint8)
    hidden = hidden_rows(layer, [column])[column]
    if hidden:
        classes[layer.frame.index[rows].isin(list(hidden))] = rest
    return classes.tobytes()
