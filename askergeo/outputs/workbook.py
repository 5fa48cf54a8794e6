"""Writes the workbook: Lesmeg, Parametre, Kilder, a sheet for each table, and Avvik.

Cells are real numbers with formats that each language shows its own way; percentages are stored
as fractions. Text is always written as text, so that nothing from the data can become a formula
or a link. Flow diagrams are not here: a workbook cannot hold them as they are drawn on the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter

from askergeo.outputs._front_sheet import write_front_sheet
from askergeo.outputs._sheets import SECRET, Book, Sheet, add_sheet, sheet_name
from askergeo.outputs.report import (
    NO_DATE,
    STOP,
    clean_text,
    hidden_rows,
    shown_columns,
    stop_lines,
)
from askergeo.parameters import value_text
from askergeo.result import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from askergeo.outputs.report import Report
    from askergeo.result import Result, Table

__all__ = ["write_workbook"]

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(report: Report, path: Path) -> None:
    """Write the workbook of a report.

    Parameters
    ----------
    report
        Suppressed results.
    path
        The file to write.
    """
    with xlsxwriter.Workbook(path, _OPTIONS) as opened:
        opened.set_properties(
            {
                "title": clean_text(report.title),
                "author": "askergeo",
                "created": report.created.replace(tzinfo=None),
            }
        )
        book = Book(opened)
        if stop_lines(report.results):
            opened.set_custom_property("Status", STOP)
            book.header_text = f"&C&B{STOP}"
        # Sheets stand in this order; the sheets' names are settled before Lesmeg lists them.
        names = {name: sheet_name(name, book.sheets) for name in ("Lesmeg", "Parametre", "Kilder")}
        book.sheets.add("avvik")
        tables = [
            (sheet_name(table.title, book.sheets), result.title, table)
            for _, result in report.reading_order
            for table in result.tables
        ]
        readme = opened.add_worksheet(names["Lesmeg"])
        add_sheet(book, _parameters(report))
        add_sheet(book, _sources(report))
        for name, _, table in tables:
            add_sheet(book, _table(name, table))
        add_sheet(book, _findings(report))
        write_front_sheet(book, readme, report, tables)


def _table(name: str, table: Table) -> Sheet:
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    frame = table.frame
    cells = [_column_cells(frame[column], hidden[column]) for column in columns]
    return Sheet(
        name,
        [table.columns[column].header for column in columns],
        [table.columns[column] for column in columns],
        list(zip(*cells, strict=True)) if cells else [],
    )


def _column_cells(values: pd.Series, hidden: set[Any]) -> list[Any]:
    cells = values.astype(object).tolist()
    if hidden:
        for at in np.flatnonzero(values.index.isin(list(hidden))):
            cells[at] = SECRET
    return cells


def _texts(name: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sheet:
    return Sheet(name, headers, [Column(title=header) for header in headers], rows)


def _parameters(report: Report) -> Sheet:
    """List the values of each analysis once: a scenario's runs have the same."""
    once: dict[tuple[str, str], Result] = {}
    for result in report.results:
        once.setdefault((result.analysis, repr(result.parameters)), result)
    rows = [
        (
            result.title,
            record["tittel"],
            _value(record["verdi"]),
            record["enhet"],
            record["sikkerhet"],
            "ja" if record.get("endret") else "nei",
            record["kilde"],
            record["navn"],
        )
        for result in once.values()
        for record in result.parameters
    ]
    headers = ["Analyse", "Parameter", "Verdi", "Enhet", "Sikkerhet", "Endret", "Kilde", "Navn"]
    return _texts("Parametre", headers, rows)


def _value(value: Any) -> Any:  # noqa: ANN401  (number, text or list)
    return value_text(value) if isinstance(value, list | tuple) else value


def _sources(report: Report) -> Sheet:
    headers = [
        "Kartlag",
        "Opphav",
        "Dato",
        "Rader",
        "Eier",
        "Lisens",
        "Navngivelse",
        "Koordinatsystem",
        "Dekning",
        "Lag-id",
        "SHA-256",
    ]
    rows = [
        (
            s.title,
            s.origin,
            s.date or NO_DATE,
            s.rows,
            s.owner,
            s.licence,
            s.attribution,
            s.crs,
            s.coverage,
            s.layer,
            s.sha256,
        )
        for s in report.sources
    ]
    columns = [Column(title=h, decimals=0 if h == "Rader" else None) for h in headers]
    return Sheet("Kilder", headers, columns, rows)


def _findings(report: Report) -> Sheet:
    rows: list[tuple[Any, ...]] = [
        (
            result.title,
            finding.severity.value,
            finding.title,
            finding.text,
            finding.action,
            finding.law,
            finding.layer,
            finding.row,
            finding.status.value,
            finding.rule,
        )
        for _, result in report.reading_order
        for finding in result.findings
    ]
    headers = [
        "Analyse",
        "Alvor",
        "Avvik",
        "Tekst",
        "Tiltak",
        "Hjemmel",
        "Lag",
        "Rad",
        "Status",
        "Regel",
    ]
    if not rows:
        rows = [("Ingen avvik.", *[""] * (len(headers) - 1))]
    return _texts("Avvik", headers, rows)
