"""The sheets of a workbook: one Excel table each, with real numbers, widths and heights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo.numbers import HARD_SPACE, HIDDEN, UNKNOWN, format_number
from askergeo.outputs.report import cell_text, clean_text, is_unknown, unique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.result import Column

__all__ = [
    "LINE",
    "PERCENT",
    "ROW_LIMIT",
    "SECRET",
    "TEXT_LIMIT",
    "Book",
    "Sheet",
    "add_sheet",
    "line_count",
    "set_height",
    "sheet_name",
]

_SHEET_LENGTH = 31
ROW_LIMIT = 1_048_575
TEXT_LIMIT = 32_767
_WIDEST, _NARROWEST = 60, 9
# Characters that an A4 page on its side holds in a line that can still be read.
_PAGE_WIDTH = 170
_NARROWEST_TEXT = 14
# Pages side by side that a table may take before it is no longer shrunk to one.
_WIDE = 2
# Points: a line of text, what a row must have beside it, and the most that a row may have.
LINE, _MARGIN, _HIGHEST = 15, 2, 409
# A filter's button takes this many characters of a header.
_BUTTON = 4
# Rows that decide how wide a column is.
_SAMPLE = 200
_STYLE = "Table Style Light 9"
PERCENT = "%"


@dataclass(frozen=True)
class Sheet:
    """Contents of a sheet that holds one Excel table."""

    name: str
    headers: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]


class Book:
    """The workbook under way, with its formats and the names already used."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  (xlsxwriter publishes no types)
        self.book = book
        self.formats: dict[str, Any] = {}
        self.sheets: set[str] = set()
        self.tables: set[str] = set()
        # Sheets that could not hold all their rows, and what their header says in print.
        self.cut: list[str] = []
        self.header_text = ""

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


def add_sheet(book: Book, sheet: Sheet) -> None:
    """Write a sheet with one header row, frozen, and one Excel table."""
    page = book.book.add_worksheet(sheet.name)
    headers = _unique_headers(sheet.headers)
    rows = sheet.rows[:ROW_LIMIT]
    if len(rows) < len(sheet.rows):
        shown, every = format_number(len(rows)), format_number(len(sheet.rows))
        book.cut.append(
            f"Arket «{sheet.name}» har de første {shown} av {every} rader: et ark rommer ikke "
            "flere. GeoPackage-filen har alle rader i tabellene, og resultat.json alle avvik."
        )
    widths = _widths(sheet, headers)
    for at, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        page.set_column(at, at, width)
        for down, row in enumerate(rows):
            _write_cell(book, page, (down + 1, at), row[at], column)
    for down, row in enumerate(rows, start=1):
        set_height(page, down, row, widths)
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
    set_height(page, 0, headers, [width - _BUTTON for width in widths], least=2)
    wide = sum(widths) > _WIDE * _PAGE_WIDTH
    # The first column says which row it is, however far to the right one reads.
    page.freeze_panes(1, 1 if sum(widths) > _PAGE_WIDTH else 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(0 if wide else 1, 0)
    if wide:
        page.set_print_scale(60)
        page.repeat_columns(0)
    page.repeat_rows(0)
    page.set_header(book.header_text)
    page.set_footer("&L&A&RSide &P av &N")


def _widths(sheet: Sheet, headers: Sequence[str]) -> list[int]:
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


def set_height(
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
            line_count(value, width)
            for value, width in zip(values, widths, strict=True)
            if isinstance(value, str)
        ),
        default=1,
    )
    lines = max(lines, least)
    if lines > 1:
        page.set_row(line, min(lines * LINE + _MARGIN, _HIGHEST))


# Most of a table's texts are said of many rows.
@lru_cache(maxsize=4096)
def line_count(text: str, width: int) -> int:
    """Return how many lines a text takes in a column ``width`` characters wide."""
    if len(text) < width and "\n" not in text:
        return 1
    return sum(max(len(wrap(part, max(width - 1, 1))), 1) for part in text.split("\n"))


def _write_cell(
    book: Book,
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
        text = clean_text(value)[:TEXT_LIMIT]
        page.write_string(*place, text, book.format("wrap", text_wrap=True))


class _Hidden:
    """Stands for a hidden cell on its way to the sheet."""


SECRET = _Hidden()


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
