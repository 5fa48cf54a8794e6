"""What the text readers (SOSI, GML) share: typed columns, and a log of what could not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FAULT_COLUMNS", "MAX_COLUMNS", "MAX_LAYERS", "FaultLog", "columns_of", "typed_column"]

FAULT_COLUMNS = ("lag", "rad", "linje", "objekt", "regel", "tekst")

MAX_COLUMNS = 1_000
"""More attributes than this in one layer is a broken file, and would cost rows × columns."""

MAX_LAYERS = 1_000
"""More object types than this is a broken file."""

# A leading zero marks a code (municipality 0301), never a number. 18 digits always fit 64 bits.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?")
_TRUTH = {"true": True, "false": False}


@dataclass
class FaultLog:
    """Collects faults while a file is read; nothing that is faulty is dropped in silence."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        rule: str,
        text: str,
        *,
        layer: str = "",
        row: int | None = None,
        line: int | None = None,
        item: str = "",
    ) -> None:
        """Note one fault: ``rule`` is a short stable name, ``text`` a sentence in bokmål."""
        values = (layer, row, line, item, rule, text)
        self.rows.append(dict(zip(FAULT_COLUMNS, values, strict=True)))

    def frame(self) -> pd.DataFrame:
        """Return the faults as a table with the columns of ``FAULT_COLUMNS``.

        ``rad`` is the position in the layer's frame and ``linje`` the line in the file
        (from 1); both are missing when a fault concerns the file as a whole.
        """
        frame = pd.DataFrame(self.rows, columns=list(FAULT_COLUMNS))
        return frame.astype({"rad": "Int64", "linje": "Int64"})


def typed_column(values: Sequence[str | None], *, text: bool = False) -> pd.Series:
    """Give a column of texts the narrowest type that holds every value exactly.

    Whole numbers become integers, decimal numbers floats, ``true``/``false`` booleans; one
    value that is none of these (a code with a leading zero, say) keeps the column as text.

    Parameters
    ----------
    values
        The texts; None is a missing value and stays missing.
    text
        Keep as text whatever the values look like (dates such as 20240131).

    Examples
    --------
    >>> typed_column(["1", None, "3"]).tolist()
    [1, <NA>, 3]
    >>> typed_column(["0301", "3203"]).tolist()
    ['0301', '3203']
    """
    known = [value for value in values if value is not None]
    complete = len(known) == len(values)
    if text or not known:
        return pd.Series(values, dtype="str")
    if all(map(_INTEGER.fullmatch, known)):
        whole = [None if value is None else int(value) for value in values]
        return pd.Series(whole, dtype="int64" if complete else "Int64")
    if all(map(_DECIMAL.fullmatch, known)):
        return pd.Series([np.nan if value is None else float(value) for value in values])
    if all(value in _TRUTH for value in known):
        truth = [None if value is None else _TRUTH[value] for value in values]
        return pd.Series(truth, dtype="bool" if complete else "boolean")
    return pd.Series(values, dtype="str")


def columns_of(
    rows: Sequence[dict[str, str | None]], *, text: Iterable[str] = ()
) -> dict[str, pd.Series]:
    """Turn attribute rows into typed columns, in the order in which the names first occur.

    Parameters
    ----------
    rows
        One dict a feature; a name that a feature lacks is a missing value there.
    text
        Names that stay text.
    """
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    kept = set(text)
    return {
        name: typed_column([row.get(name) for row in rows], text=name in kept) for name in names
    }
