"""Writes the workbook: Lesmeg, Parametre, Kilder, a sheet for each table, and Avvik.

Cells are real numbers with formats that each language shows its own way; percentages are stored
as fractions. Text is always written as text, so that nothing from the data can become a formula
or a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter

from askergeo.numbers import HARD_SPACE, HIDDEN, UNKNOWN
from askergeo.outputs.report import (
    NO_DATE,
    cell_text,
    clean_text,
    hidden_rows,
    is_unknown,
    shown_columns,
    split_warnings,
    unique,
    unsure_text,
)
from askergeo.parameters import value_text
from askergeo.result import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from askergeo.outputs.report import Report
    from askergeo.result import Result, Table

__all__ = ["write_workbook"]

_SHEET_LENGTH = 31
_ROW_LIMIT = 1_048_575
_TEXT_LIMIT = 32_767
_WIDEST, _NARROWEST = 60, 9
# Characters that an A4 page on its side holds in a line that can still be read.
_PAGE_WIDTH = 170
_NARROWEST_TEXT = 14
# Points: a line of text, what a row must have beside it, and the most that a row may have.
_LINE, _MARGIN, _HIGHEST = 15, 2, 409
# A filter's button takes this many characters of a header.
_BUTTON = 4
_README_WIDTHS = (34, 100)
# Rows that decide how wide a column is.
_SAMPLE = 200
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_STYLE = "Table Style Light 9"
PERCENT = "%"


@dataclass(frozen=True)
class _Sheet:
    """Contents of a sheet that holds one Excel table."""

    name: str
    headers: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]


class _Book:
    """The workbook under way, with its formats and the names already used."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  (xlsxwriter publishes no types)
        self.book = book
        self.formats: dict[str, Any] = {}
        self.sheets: set[str] = set()
        self.tables: set[str] = set()

    def format(self, name: str, **properties: object) -> Any:  # noqa: ANN401
        """Return a cell format, made once."""
        if name not in self.formats:
            self.formats[name] = self.book.add_format({"valign": "top", **properties})
        return self.formats[name]

    def header(self, column: Column) -> Any:  # noqa: ANN401
        """Return the format of a header: over numbers it stands right, clear of the filter."""
        if column.decimals is None:
            return self.format("head", bold=True, text_wrap=True)
        return self.format("number head", bold=True, text_wrap=True, align="right", indent=2)

    def number_format(self, column: Column) -> Any:  # noqa: ANN401
        """Return the format of a number column; the code is the same in every language."""
        if column.decimals is None:
            return self.format("General")
        fraction = "." + "0" * column.decimals if column.decimals else ""
        if column.unit == PERCENT:
            code = f'0{fraction}"{HARD_SPACE}"%'
        elif column.unit in ("", "år") and not column.decimals:
            # A whole number without unit is a year or a code: no thousands.
            code = "0"
        else:
            code = f"#,##0{fraction}"
        return self.format(code, num_format=code)


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
        book = _Book(opened)
        # Sheets stand in this order; the sheets' names are settled before Lesmeg lists them.
        names = {name: sheet_name(name, book.sheets) for name in ("Lesmeg", "Parametre", "Kilder")}
        book.sheets.add("avvik")
        tables = [
            (sheet_name(table.title, book.sheets), result.title, table)
            for _, result in report.reading_order
            for table in result.tables
        ]
        readme = opened.add_worksheet(names["Lesmeg"])
        _add(book, _parameters(report))
        _add(book, _sources(report))
        for name, _, table in tables:
            _add(book, _table(name, table))
        _add(book, _findings(report))
        _readme(book, readme, report, tables)


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a legal, unique sheet name of at most 31 characters.

    Examples
    --------
    >>> sheet_name("Areal: land/sjø [dekar]", set())
    'Areal land sjø dekar'
    """
    plain = re.sub(r"\s+", " ", re.sub(r"[\[\]:*?/\\]", " ", clean_text(title))).strip(" '")
    # «History» is reserved by Excel.
    plain = plain if plain and plain.lower() != "history" else "Tabell"
    if len(plain) > _SHEET_LENGTH:
        cut = plain[:_SHEET_LENGTH]
        plain = cut.rsplit(" ", 1)[0] if " " in cut[_SHEET_LENGTH // 2 :] else cut
    return unique(plain.rstrip(" '"), taken, length=_SHEET_LENGTH)


def _add(book: _Book, sheet: _Sheet) -> None:
    """Write a sheet with one header row, frozen, and one Excel table."""
    page = book.book.add_worksheet(sheet.name)
    headers = _unique_headers(sheet.headers)
    rows = sheet.rows[:_ROW_LIMIT]
    widths = _widths(sheet, headers)
    for at, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        page.set_column(at, at, width)
        for down, row in enumerate(rows):
            _write_cell(book, page, (down + 1, at), row[at], column)
    for down, row in enumerate(rows, start=1):
        _set_height(page, down, row, widths)
    page.add_table(
        0,
        0,
        max(len(rows), 1),
        len(headers) - 1,
        {
            "name": _table_name(sheet.name, book.tables),
            "style": _STYLE,
            "columns": [
                {"header": header, "header_format": book.header(column)}
                for header, column in zip(headers, sheet.columns, strict=True)
            ],
        },
    )
    _set_height(page, 0, headers, [width - _BUTTON for width in widths], least=2)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&L&A&RSide &P av &N")


def _widths(sheet: _Sheet, headers: Sequence[str]) -> list[int]:
    """Return the columns' widths in characters; long texts share what a page has left."""
    widths = []
    for at, (column, header) in enumerate(zip(sheet.columns, headers, strict=True)):
        widest = max((len(_shown(row[at], column)) for row in sheet.rows[:_SAMPLE]), default=0)
        # A long header wraps, between words; a number or name does not.
        word = max(map(len, header.split()), default=0) + _BUTTON + 1
        width = max(widest + 2, min(len(header), 22) + _BUTTON + 1, word, _NARROWEST)
        widths.append(min(width, _WIDEST))
    texts = [at for at, column in enumerate(sheet.columns) if column.decimals is None]
    limit = _WIDEST
    while texts and sum(widths) > _PAGE_WIDTH and limit > _NARROWEST_TEXT:
        limit -= 1
        for at in texts:
            widths[at] = min(widths[at], limit)
    return widths


def _set_height(
    page: Any,  # noqa: ANN401  (xlsxwriter publishes no types)
    line: int,
    values: Sequence[Any],
    widths: Sequence[int],
    *,
    least: int = 1,
) -> None:
    """Make a row as high as its wrapped texts: not every program does so by itself."""
    lines = max(
        (
            _line_count(value, width)
            for value, width in zip(values, widths, strict=True)
            if isinstance(value, str)
        ),
        default=1,
    )
    lines = max(lines, least)
    if lines > 1:
        page.set_row(line, min(lines * _LINE + _MARGIN, _HIGHEST))


def _line_count(text: str, width: int) -> int:
    """Return how many lines a text takes in a column ``width`` characters wide."""
    if len(text) < width and "\n" not in text:
        return 1
    return sum(max(len(wrap(part, max(width - 1, 1))), 1) for part in text.split("\n"))


def _write_cell(
    book: _Book,
    page: Any,  # noqa: ANN401  (xlsxwriter publishes no types)
    place: tuple[int, int],
    value: Any,  # noqa: ANN401
    column: Column,
) -> None:
    """Write one value with the type that it has."""
    if isinstance(value, _Hidden):
        page.write_string(*place, HIDDEN, book.format("sign", align="right"))
    elif is_unknown(value):
        sign = UNKNOWN if column.decimals is not None else ""
        page.write_string(*place, sign, book.format("sign", align="right"))
    elif isinstance(value, bool | np.bool_):
        page.write_string(*place, "ja" if value else "nei", book.format("text"))
    elif isinstance(value, int | float | np.number) and np.isfinite(value):
        number = float(value) / 100 if column.unit == PERCENT else float(value)
        page.write_number(*place, number, book.number_format(column))
    elif isinstance(value, datetime | date):
        plain = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        page.write_datetime(*place, plain, book.format("date", num_format="dd.mm.yyyy"))
    else:
        text = clean_text(value)[:_TEXT_LIMIT]
        page.write_string(*place, text, book.format("wrap", text_wrap=True))


class _Hidden:
    """Stands for a hidden cell on its way to the sheet."""


_SECRET = _Hidden()


def _shown(value: object, column: Column) -> str:
    return HIDDEN if isinstance(value, _Hidden) else cell_text(value, column)


def _unique_headers(headers: Sequence[str]) -> list[str]:
    """Excel demands headers that differ, upper and lower case alike."""
    taken: set[str] = set()
    return [
        unique(clean_text(header).replace("\n", " ") or "Kolonne", taken, length=200)
        for header in headers
    ]


def _table_name(sheet: str, taken: set[str]) -> str:
    plain = re.sub(r"\W", "_", sheet)
    return unique(f"T_{plain}", taken, length=100)


def _table(name: str, table: Table) -> _Sheet:
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    frame = table.frame
    cells = [_column_cells(frame[column], hidden[column]) for column in columns]
    return _Sheet(
        name,
        [table.columns[column].header for column in columns],
        [table.columns[column] for column in columns],
        list(zip(*cells, strict=True)) if cells else [],
    )


def _column_cells(values: pd.Series, hidden: set[Any]) -> list[Any]:
    cells = values.astype(object).tolist()
    if hidden:
        for at in np.flatnonzero(values.index.isin(list(hidden))):
            cells[at] = _SECRET
    return cells


def _texts(name: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> _Sheet:
    return _Sheet(name, headers, [Column(title=header) for header in headers], rows)


def _parameters(report: Report) -> _Sheet:
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


def _sources(report: Report) -> _Sheet:
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
    return _Sheet("Kilder", headers, columns, rows)


def _findings(report: Report) -> _Sheet:
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


def _readme(
    book: _Book,
    page: Any,  # noqa: ANN401  (xlsxwriter publishes no types)
    report: Report,
    tables: Sequence[tuple[str, str, Table]],
) -> None:
    """Write the front sheet: the answers, what the sheets hold, signs, and how it was made."""
    bold = book.format("bold", bold=True, text_wrap=True)
    wrapped = book.format("wrap", text_wrap=True)
    link = book.format("link", font_color="#00497a", underline=1, text_wrap=True)
    for at, width in enumerate(_README_WIDTHS):
        page.set_column(at, at, width)
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, clean_text(report.title), book.format("title", bold=True, font_size=16))
    lines = iter(range(2, _ROW_LIMIT))

    def write(left: str, right: str = "", *, style: Any = None, sheet: str = "") -> None:  # noqa: ANN401
        line = next(lines)
        left, right = clean_text(left)[:_TEXT_LIMIT], clean_text(right)[:_TEXT_LIMIT]
        if sheet:
            target = sheet.replace("'", "''")
            page.write_url(line, 0, f"internal:'{target}'!A1", string=left, cell_format=link)
        else:
            page.write_string(line, 0, left, wrapped if style is None else style)
        page.write_string(line, 1, right, wrapped)
        _set_height(page, line, (left, right), _README_WIDTHS)

    _readme_answers(report, write, bold)
    write("Arkene", style=bold)
    for name, title, table in tables:
        write(name, f"{title}: {table.title}. {table.note}".strip(), sheet=name)
    write(
        "Parametre, Kilder, Avvik",
        "Verdiene som gjelder, kartlagene bak tallene, og det som må ses på.",
    )
    write("")
    write("Tegn i tabellene", style=bold)
    write(
        HIDDEN,
        "Skjult av hensyn til personvern: små tall på personer, og tall de kunne regnes ut av.",
    )
    write(UNKNOWN, "Ukjent. Ukjent er aldri null.")
    write("0", "Ingen. Null vises alltid.")
    write(
        PERCENT,
        f"Prosenter er lagret som brøk med prosentformat (0,25 vises som 25{HARD_SPACE}%).",
    )


def _readme_answers(report: Report, write: Callable[..., None], bold: Any) -> None:  # noqa: ANN401
    if report.example:
        write(
            "Eksempeldata",
            "Tallene gjelder en oppdiktet eksempelkommune, ikke en virkelig.",
            style=bold,
        )
        write("")
    for _, result in report.reading_order:
        write(result.title, result.sentence, style=bold)
        plain, unsure = split_warnings(result.warnings)
        if unsure:
            plain.append(f"{unsure_text(len(unsure))}; se arket Parametre.")
        for text in plain:
            write("Forbehold", text)
        for lack in result.missing:
            write("Manglet", f"{lack.title}: {lack.consequence}")
        for text in result.reading:
            write("Slik leser du det", text)
        if result.provenance:
            made = result.provenance
            write("Kommando", made.command)
            write("Laget", f"{made.created} med askergeo {made.version}, {made.crs}")
        write("")
    for absent in report.not_run:
        lacks = ", ".join(lack.title for lack in absent.missing)
        write(f"Ikke kjørt: {absent.title}", absent.reason or f"Mangler {lacks}.")
    if report.not_run:
        write("")
