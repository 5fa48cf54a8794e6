"""Shows a table in a notebook as the page does: headers with units, Norwegian numbers and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from askergeo.outputs.report import cell_text, hidden_rows, shown_columns

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from askergeo.result import Table

__all__ = ["show"]


def show(
    table: Table,
    *,
    columns: Sequence[str] | None = None,
    rows: Iterable[Hashable] | None = None,
) -> pd.DataFrame:
    """Return a table as text to look at; ``:`` is hidden and ``..`` unknown, which is never zero.

    Parameters
    ----------
    table
        A table of a suppressed result (:func:`askergeo.privacy.suppress`).
    columns, rows
        Those to show, in this order; without them all.

    Raises
    ------
    KeyError
        When the table has no such column or row.
    """
    names = list(shown_columns(table)) if columns is None else list(columns)
    frame = table.frame if rows is None else table.frame.loc[list(rows)]
    hidden = hidden_rows(table, names)
    texts = {
        name: [
            cell_text(cell, table.columns[name], hidden=label in hidden[name])
            for label, cell in zip(frame.index, frame[name].astype(object), strict=True)
        ]
        for name in names
    }
    shown = pd.DataFrame(texts, index=frame.index)
    return shown.rename(columns={name: table.columns[name].header for name in names})
