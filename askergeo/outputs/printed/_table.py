"""Tables on paper: the rows and columns that fit, and where the rest is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from askergeo.numbers import format_number
from askergeo.outputs.report import cell_text, clean_text, hidden_rows, shown_columns

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from askergeo.result import Column, Table

__all__ = ["cut", "paper_table", "plain_table"]

#: Rows of a table, totals aside.
_ROWS: Final = 25
_CELL = 160
# Letters that a line of the table holds, and the room between columns.
_LINE, _PADDING = 122, 2
_NARROW, _WORD, _TEXT = 4, 13, 30


def cut(text: object, most: int) -> str:
    """Return the start of a text that is too long.

    Examples
    --------
    >>> cut("abcdef", 4)
    'abc…'
    """
    plain = clean_text(text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def paper_table(table: Table, where: str) -> dict[str, Any]:
    """Return what the report shows of a table.

    Parameters
    ----------
    table
        A suppressed table.
    where
        Where the whole table is, in bokmål.
    """
    frame = table.frame
    totals = [row_sum.total for row_sum in table.row_sums]
    is_total = frame.index.isin(totals)
    plain = [at for at, total in enumerate(is_total) if not total]
    kept = set(plain[:_ROWS]) | {at for at, total in enumerate(is_total) if total}
    # Totals of many groups are many: those of the rows that are shown come first.
    rows = sorted(kept)[: 2 * _ROWS]
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    labels = frame.index[rows].tolist()
    cells = {
        name: _column(
            frame[name].iloc[rows].astype(object).tolist(),
            labels,
            table.columns[name],
            hidden[name],
        )
        for name in columns
    }
    widths = {name: _width(table.columns[name], cells[name]) for name in columns}
    fitting = _fitting(columns, widths)
    return {
        "tittel": cut(table.title, 200),
        "hode": [
            {
                "tekst": cut(table.columns[name].header, 80),
                "tall": table.columns[name].decimals is not None,
                "bredde": widths[name],
            }
            for name in fitting
        ],
        "rader": [
            {"celler": [cells[name][at] for name in fitting], "sum": bool(is_total[row])}
            for at, row in enumerate(rows)
        ],
        "merknad": _note(table, len(frame) - len(rows), len(columns) - len(fitting), where),
    }


def _column(
    values: Sequence[Any], labels: Sequence[Hashable], column: Column, hidden: set[Hashable]
) -> list[str]:
    return [
        cut(cell_text(value, column, hidden=label in hidden), _CELL)
        for label, value in zip(labels, values, strict=True)
    ]


def _width(column: Column, cells: Sequence[str]) -> int:
    """Tell how many letters wide a column should be."""
    word = min(max((len(one) for one in column.header.split()), default=0), _WORD)
    longest = max((len(cell) for cell in cells), default=0)
    most = _TEXT if column.decimals is None else longest
    return max(word, min(longest, most), _NARROW)


def _fitting(columns: Sequence[str], widths: dict[str, int]) -> list[str]:
    """Take columns from the left as long as the line holds them, two at least."""
    taken: list[str] = []
    used = 0
    for name in columns:
        used += widths[name] + _PADDING
        if used > _LINE and len(taken) > 1:
            break
        taken.append(name)
    return taken


def _note(table: Table, rows: int, columns: int, where: str) -> str:
    said = [cut(table.note, 600)] if table.note else []
    lacks = []
    if rows > 0:
        lacks.append(f"{format_number(rows)} {'rad' if rows == 1 else 'rader'} til")
    if columns > 0:
        lacks.append(f"{format_number(columns)} {'kolonne' if columns == 1 else 'kolonner'} til")
    if lacks:
        said.append(f"{' og '.join(lacks)} står i {where}.")
    return " ".join(said)


def plain_table(title: str, heads: Sequence[tuple[str, int]], rows: Sequence[Sequence[str]]) -> Any:  # noqa: ANN401  (JSON)
    """Return a table of texts; ``heads`` are headers with their shares of the width."""
    return {
        "tittel": title,
        "hode": [{"tekst": text, "tall": False, "bredde": width} for text, width in heads],
        "rader": [{"celler": list(row), "sum": False} for row in rows],
        "merknad": "",
    }
