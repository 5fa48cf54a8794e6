"""Reads the cells that a chart draws: a number, or the sign of why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.numbers import HIDDEN, UNKNOWN, format_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from askergeo.result import Table

__all__ = ["Cell", "cells_of", "lacking"]


@dataclass(frozen=True)
class Cell:
    """A number, or ``None`` and what is written instead: ``:`` hidden, ``..`` unknown."""

    value: float | None
    mark: str = ""


def cells_of(table: Table, labels: Iterable[Hashable], column: str) -> tuple[Cell, ...]:
    """Read a column of some rows.

    Raises
    ------
    KeyError
        When the table has no such row or column.
    """
    numbers = pd.to_numeric(table.frame[column], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    value_of = dict(zip(table.frame.index, numbers.tolist(), strict=True))
    found = []
    for label in labels:
        number = value_of[label]
        if (label, column) in table.hidden:
            found.append(Cell(None, HIDDEN))
        elif not math.isfinite(number):
            found.append(Cell(None, UNKNOWN))
        else:
            found.append(Cell(number))
    return tuple(found)


def lacking(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Say how many values are not drawn, in bokmål; nothing when all are."""
    marks = [cell.mark for cell in cells if cell.mark]
    parts = []
    for mark, one, many in ((UNKNOWN, "ukjent", "ukjente"), (HIDDEN, "skjult", "skjulte")):
        count = marks.count(mark)
        if count:
            value = f"verdi er {one}" if count == 1 else f"verdier er {many}"
            parts.append(f"{format_number(count)} {value} («{mark}»)")
    return (f"{listed(parts)}. Det er ikke tegnet som null.",) if parts else ()
