"""The tables and diagrams of the page: grouped, and the long ones folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.outputs._svg import data_uri
from askergeo.outputs.charts import chart_file, chart_lines, chart_svg, read_chart
from askergeo.outputs.report import (
    cell_text,
    hidden_rows,
    identifier,
    label_text,
    shown_columns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.charts import Chart
    from askergeo.result import Result, Table

__all__ = ["CONTENTS_FROM", "Sizes", "short", "table_groups"]

_CELL_LIMIT = 300
# A result with more tables than this has a list of them, and folds the long and the wide ones.
CONTENTS_FROM = 4
_LONG, _WIDE = 8, 8
# A table of more years than this is folded under its diagram, which tells the same.
_YEARS = 12


class Sizes(NamedTuple):
    """How much a page holds: bytes of its map, rows of a table shown and sent, and findings."""

    map: int
    shown: int
    sent: int
    findings: int


@dataclass(frozen=True)
class _Row:
    place: int
    label: str
    cells: tuple[str, ...]
    total: bool


def table_groups(result: Result, number: int, sizes: Sizes, suffix: str) -> list[dict[str, Any]]:
    """Return what the template shows of a result's tables, in groups of neighbours.

    Parameters
    ----------
    result
        A suppressed result.
    number
        Its place in the report, for the ids.
    sizes
        How much of a table is shown and sent.
    suffix
        Ends the names of its tables and layers, so that each is one on the page.

    Returns
    -------
    list of dict
        ``title`` (may be empty) and ``tables``; each of these has, beside what is shown, the
        ``document`` and the ``sent`` rows that the page's script filters and sorts.
    """
    many = len(result.tables) > CONTENTS_FROM
    shown = []
    for at, table in enumerate(result.tables, start=1):
        drawn = [
            _chart(result, chart, f"flyt-{number}-{chart_at}")
            for chart_at, chart in enumerate(result.charts)
            if chart.table == table.name
        ]
        layers = [
            layer.name + suffix
            for layer in result.layers
            if layer.rows_of == table.name and layer.on_page and len(layer.frame)
        ]
        key = f"tabell-{number}-{at}"
        more = {
            "charts": [chart for chart in drawn if chart],
            "folded": many and at > 1 and _is_big(table) and _may_fold(result, table, drawn),
        }
        shown.append((table.group, _table(table, key, sizes, suffix, layers) | more))
    return [
        {"title": title, "tables": [table for _, table in members]}
        for title, members in groupby(shown, key=lambda pair: pair[0])
    ]


def _may_fold(result: Result, table: Table, drawn: list[dict[str, Any] | None]) -> bool:
    """Whether a table need not stand open: those of diagrams do, but for long rows of years."""
    of_years = any(isinstance(one, YearChart) for one in result.charts if one.table == table.name)
    return not any(drawn) or (of_years and len(table.frame) > _YEARS)


def _is_big(table: Table) -> bool:
    return len(table.frame) > _LONG or len(shown_columns(table)) > _WIDE


def _chart(result: Result, chart: Chart, key: str) -> dict[str, Any] | None:
    """Draw a diagram for wide and narrow pages, and as a file to save."""
    drawn = read_chart(result, chart)
    if drawn is None:
        return None
    heading, footing = chart_lines(result, drawn)
    saved = chart_svg(drawn, key="bilde", heading=heading, footing=footing)
    return {
        "title": drawn.title,
        "summary": drawn.summary,
        "notes": drawn.notes,
        "wide": chart_svg(drawn, key=f"{key}-bred"),
        "narrow": chart_svg(drawn, key=f"{key}-smal", narrow=True),
        "picture": data_uri(saved),
        "file": f"askergeo-{chart_file(result, drawn)}.svg",
    }


def _table(
    table: Table, key: str, sizes: Sizes, suffix: str, layers: Sequence[str]
) -> dict[str, Any]:
    """Return the first rows as text; totals are always among them."""
    columns = shown_columns(table)
    headers = [(table.columns[n].header, table.columns[n].decimals is not None) for n in columns]
    rows = _rows(table, columns, _first(table, max(sizes.shown, sizes.sent)))
    first = set(_first(table, sizes.shown).tolist())
    shown = [row for row in rows if row.place in first]
    sent = rows if sizes.sent else []
    name = identifier(table.name).replace("_", "-")
    return {
        "id": key,
        "name": table.name + suffix,
        "title": table.title,
        "note": table.note,
        "headers": headers,
        "rows": [_cells(row, headers) for row in shown],
        "shown": format_number(len(shown)),
        "all": format_number(len(table.frame)),
        "one": len(table.frame) == 1,
        "cut": len(shown) < len(table.frame),
        "on_map": bool(layers),
        "signs": bool(table.hidden),
        "sent": [
            [row.label, row.cells, 1] if row.total else [row.label, row.cells] for row in sent
        ],
        "document": {
            "id": key,
            "name": table.name + suffix,
            "layers": list(layers),
            "headers": [header for header, _ in headers],
            "numeric": [number for _, number in headers],
            "rows": len(table.frame),
            "embedded": len(sent),
            "file": f"askergeo-{name}{suffix.replace('_', '-')}.csv",
        },
    }


def _cells(row: _Row, headers: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    cells = [(text, numeric) for text, (_, numeric) in zip(row.cells, headers, strict=True)]
    return {"label": row.label, "cells": cells, "total": row.total}


def _first(table: Table, limit: int) -> NDArray[np.int64]:
    """Places of the first rows and of all totals; of totals no more than of the others."""
    totals = {row_sum.total for row_sum in table.row_sums}
    is_total = np.array([label in totals for label in table.frame.index], dtype=bool)
    kept = (np.cumsum(~is_total) <= limit) | is_total
    return np.flatnonzero(kept)[: 2 * limit]


def _rows(table: Table, columns: Sequence[str], places: NDArray[np.int64]) -> list[_Row]:
    hidden = hidden_rows(table, columns)
    totals = {row_sum.total for row_sum in table.row_sums}
    frame = table.frame.iloc[places]
    labels = frame.index.tolist()
    texts = [
        [
            short(cell_text(value, table.columns[name], hidden=label in hidden[name]))
            for label, value in zip(labels, frame[name].astype(object).tolist(), strict=True)
        ]
        for name in columns
    ]
    cells = zip(*texts, strict=True) if columns else ((),) * len(labels)
    return [
        _Row(place, label_text(label), of_row, total=label in totals)
        for place, label, of_row in zip(places.tolist(), labels, cells, strict=True)
    ]


def short(text: str) -> str:
    """Cut a text that is too long for a cell."""
    return text if len(text) <= _CELL_LIMIT else text[:_CELL_LIMIT] + " …"
