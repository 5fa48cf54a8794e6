"""Tables on paper: the rows and columns that fit, and where the rest is."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from askergeo.numbers import format_number
from askergeo.outputs.report import cell_text, clean_text, hidden_rows, shown_columns

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from askergeo.result import Column, Table

__all__ = ["cut", "paper_tables", "plain_table"]

#: Rows of a table, totals aside.
_ROWS: Final = 25
_CELL = 160
# Letters that a line of the table holds, the room between columns, and lines of columns at most.
_LINE, _PADDING, _PARTS = 122, 2, 3
_NARROW, _WORD, _TEXT = 4, 24, 30
# Lines that a header may have, when its words allow it.
_HEAD_LINES = 4
# How much wider the bold letters of headers are, and the share of a line that names its rows.
_BOLD, _NAMES = 1.15, 0.45
# A number and its sign stand on one line.
_SHARE: Final = re.compile(r"(\d) %")


def cut(text: object, most: int) -> str:
    """Return the start of a text that is too long.

    Examples
    --------
    >>> cut("abcdef", 4)
    'abc…'
    """
    plain = clean_text(text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def paper_tables(table: Table, where: str) -> list[dict[str, Any]]:
    """Return what the report shows of a table: in several parts when it is wider than the paper.

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
    parts = _parts(columns, table.columns, widths)
    shown = {name for part in parts for name in part}
    title = cut(table.title, 200)
    found = [
        {
            "tittel": title if len(parts) == 1 else f"{title}, del {at} av {len(parts)}",
            "hode": [_head(table.columns[name], widths[name]) for name in part],
            "rader": [
                {"celler": [cells[name][at] for name in part], "sum": bool(is_total[row])}
                for at, row in enumerate(rows)
            ],
            "merknad": "",
        }
        for at, part in enumerate(parts, start=1)
    ]
    found[-1]["merknad"] = _note(table, len(frame) - len(rows), len(columns) - len(shown), where)
    return found


def _column(
    values: Sequence[Any], labels: Sequence[Hashable], column: Column, hidden: set[Hashable]
) -> list[str]:
    return [
        cut(cell_text(value, column, hidden=label in hidden), _CELL)
        for label, value in zip(labels, values, strict=True)
    ]


def _head(column: Column, width: int) -> dict[str, Any]:
    return {
        "tekst": _SHARE.sub("\\1\u00a0%", cut(column.header, 80)),
        "tall": column.decimals is not None,
        "bredde": width,
        "delt": _longest_word(column) > _WORD,
    }


def _longest_word(column: Column) -> int:
    return max((len(one) for one in column.header.split(" ")), default=0)


def _width(column: Column, cells: Sequence[str]) -> int:
    """Tell how many letters wide a column should be: no word of its header is broken."""
    header = max(min(_longest_word(column), _WORD), len(column.header) / _HEAD_LINES)
    word = math.ceil(_BOLD * header)
    longest = max((len(cell) for cell in cells), default=0)
    most = _TEXT if column.decimals is None else longest
    return max(word, min(longest, most), _NARROW) + _PADDING


def _parts(
    columns: Sequence[str], described: Mapping[str, Column], widths: Mapping[str, int]
) -> list[list[str]]:
    """Share the columns on lines that hold them; each line begins with those that name its rows."""
    if sum(widths.values()) <= _LINE:
        return [list(columns)]
    names = list(columns[:1])
    for name in columns[1:3]:
        room = sum(widths[one] for one in (*names, name))
        if described[name].decimals is not None or room > _NAMES * _LINE:
            break
        names.append(name)
    parts = [list(names)]
    for name in columns[len(names) :]:
        part = parts[-1]
        if len(part) > len(names) and sum(widths[one] for one in (*part, name)) > _LINE:
            parts.append([*names, name])
        else:
            part.append(name)
    return parts[:_PARTS]


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
        "hode": [
            {"tekst": text, "tall": False, "bredde": width, "delt": False} for text, width in heads
        ],
        "rader": [{"celler": list(row), "sum": False} for row in rows],
        "merknad": "",
    }
