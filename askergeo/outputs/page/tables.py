"""The tables and diagrams of the page: grouped, and the long ones folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo.numbers import format_number
from askergeo.outputs.flow import flows
from askergeo.outputs.flow_svg import NARROW, WIDE, flow_picture, flow_svg
from askergeo.outputs.report import (
    attributions,
    cell_text,
    hidden_rows,
    identifier,
    label_text,
    shown_columns,
    stop_lines,
)
from askergeo.outputs.year import YearBars, year_bars
from askergeo.outputs.year_svg import NARROW as NARROW_YEARS
from askergeo.outputs.year_svg import WIDE as WIDE_YEARS
from askergeo.outputs.year_svg import year_picture, year_svg
from askergeo.result import YearChart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.result import FlowChart, Result, Table

__all__ = ["CONTENTS_FROM", "short", "table_groups"]

_CELL_LIMIT = 300
# A result with more tables than this has a list of them, and folds the long and the wide ones.
CONTENTS_FROM = 4
_LONG, _WIDE = 8, 8
# A table of more years than this is folded under its diagram, which tells the same.
_YEARS = 12


@dataclass(frozen=True)
class _Row:
    label: str
    cells: tuple[tuple[str, bool], ...]
    total: bool


def table_groups(
    result: Result, number: int, limit: int, on_map: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what the template shows of a result's tables, in groups of neighbours.

    Parameters
    ----------
    result
        A suppressed result.
    number
        Its place in the report, for the ids.
    limit
        Rows shown of a table, totals aside.
    on_map
        Layer of the map that has the rows of a table, by the table's name.

    Returns
    -------
    list of dict
        ``title`` (may be empty) and ``tables``.
    """
    many = len(result.tables) > CONTENTS_FROM
    shown = []
    for at, table in enumerate(result.tables, start=1):
        drawn = [
            _chart(result, chart, f"flyt-{number}-{chart_at}")
            for chart_at, chart in enumerate(result.charts)
            if chart.table == table.name
        ]
        more = {
            "id": f"tabell-{number}-{at}",
            "charts": [chart for chart in drawn if chart],
            "folded": many and at > 1 and _is_big(table) and _may_fold(result, table, drawn),
        }
        shown.append((table.group, _table(table, limit, on_map.get(table.name, "")) | more))
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


def _chart(result: Result, chart: FlowChart | YearChart, key: str) -> dict[str, Any] | None:
    """Draw a diagram for wide and narrow pages, and as a file to save."""
    drawn = year_bars(result, chart) if isinstance(chart, YearChart) else flows(result, chart)
    if drawn is None:
        return None
    example = result.provenance and any(one.example for one in result.provenance.sources)
    heading = (
        *stop_lines([result]),
        drawn.title,
        *(["Eksempeldata: en oppdiktet kommune."] if example else []),
        *drawn.notes,
    )
    owners = attributions(result)
    sources = [f"Kilder: {'; '.join(owners)}. Laget med askergeo."] if owners else []
    name = identifier(f"{result.analysis}_{chart.name}").replace("_", "-")
    if isinstance(drawn, YearBars):
        pictures = {
            "wide": year_svg(drawn, WIDE_YEARS, key=f"{key}-bred"),
            "narrow": year_svg(drawn, NARROW_YEARS, key=f"{key}-smal"),
            "picture": year_picture(drawn, key="aar", heading=heading, footing=sources),
        }
    else:
        pictures = {
            "wide": flow_svg(drawn, WIDE, key=f"{key}-bred"),
            "narrow": flow_svg(drawn, NARROW, key=f"{key}-smal"),
            "picture": flow_picture(drawn, key="flyt", heading=heading, footing=sources),
        }
    return {
        "title": drawn.title,
        "summary": drawn.summary,
        "notes": drawn.notes,
        **pictures,
        "file": f"askergeo-{name}.svg",
    }


def _table(table: Table, limit: int, layer: str) -> dict[str, Any]:
    """Return the first rows as text; totals are always among them."""
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    totals = {row_sum.total for row_sum in table.row_sums}
    index = table.frame.index
    is_total = np.array([label in totals for label in index], dtype=bool)
    kept = np.flatnonzero((np.cumsum(~is_total) <= limit) | is_total)[: 2 * limit]
    frame = table.frame.iloc[kept]
    cells = {name: frame[name].astype(object).tolist() for name in columns}
    numeric = {name: table.columns[name].decimals is not None for name in columns}
    rows = [
        _Row(
            label_text(label),
            tuple(
                (
                    short(cell_text(cells[n][at], table.columns[n], hidden=label in hidden[n])),
                    numeric[n],
                )
                for n in columns
            ),
            total=label in totals,
        )
        for at, label in enumerate(frame.index)
    ]
    return {
        "title": table.title,
        "note": table.note,
        "headers": [(table.columns[n].header, numeric[n]) for n in columns],
        "rows": rows,
        "shown": format_number(len(rows)),
        "all": format_number(len(table.frame)),
        "one": len(table.frame) == 1,
        "wide": len(columns) > _WIDE,
        "cut": len(rows) < len(table.frame),
        "layer": layer,
        "signs": bool(table.hidden),
    }


def short(text: str) -> str:
    """Cut a text that is too long for a cell."""
    return text if len(text) <= _CELL_LIMIT else text[:_CELL_LIMIT] + " …"
