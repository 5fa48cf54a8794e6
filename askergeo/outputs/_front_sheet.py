"""Writes the front sheet of the workbook: the answers, what the sheets hold, and the signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from askergeo.numbers import HARD_SPACE, HIDDEN, UNKNOWN
from askergeo.outputs._sheets import LINE, PERCENT, ROW_LIMIT, TEXT_LIMIT, line_count, set_height
from askergeo.outputs.report import (
    clean_text,
    closing_lines,
    split_warnings,
    stop_lines,
    unsure_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from askergeo.outputs._sheets import Book
    from askergeo.outputs.report import Report
    from askergeo.result import Result, Table

__all__ = ["write_front_sheet"]

_WIDTHS = (34, 100)
# Points of the banner, and of other text.
_BANNER_SIZE, _PLAIN_SIZE = 14, 11


def write_front_sheet(
    book: Book,
    page: Any,  # noqa: ANN401  (xlsxwriter publishes no types)
    report: Report,
    tables: Sequence[tuple[str, str, Table]],
) -> None:
    """Write the front sheet: the answers, what the sheets hold, signs, and how it was made."""
    bold = book.format("bold", bold=True, text_wrap=True)
    wrapped = book.format("wrap", text_wrap=True)
    link = book.format("link", font_color="#00497a", underline=1, text_wrap=True)
    for at, width in enumerate(_WIDTHS):
        page.set_column(at, at, width)
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_header(book.header_text)
    lines = iter(range(ROW_LIMIT))
    _banner(book, page, report, lines)
    title = book.format("title", bold=True, font_size=16)
    page.write_string(next(lines), 0, clean_text(report.title), title)
    next(lines)

    def write(left: str, right: str = "", *, style: Any = None, sheet: str = "") -> None:  # noqa: ANN401
        line = next(lines)
        left, right = clean_text(left)[:TEXT_LIMIT], clean_text(right)[:TEXT_LIMIT]
        if sheet:
            target = sheet.replace("'", "''")
            page.write_url(line, 0, f"internal:'{target}'!A1", string=left, cell_format=link)
        else:
            page.write_string(line, 0, left, wrapped if style is None else style)
        page.write_string(line, 1, right, wrapped)
        set_height(page, line, (left, right), _WIDTHS)

    _answers(report, write, bold)
    for text in book.cut:
        write("Ikke alle rader", text, style=bold)
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


def _banner(book: Book, page: Any, report: Report, lines: Iterator[int]) -> None:  # noqa: ANN401
    """Say over both columns, before anything else, that numbers must not be published."""
    stop = book.format(
        "stop", bold=True, font_color="#9c1c00", font_size=_BANNER_SIZE, text_wrap=True
    )
    for text in stop_lines(report.results):
        line = next(lines)
        page.merge_range(line, 0, line, 1, "", stop)
        page.write_string(line, 0, text, stop)
        # Letters of that size are wider and higher than those that columns are measured in.
        count = line_count(text, round(sum(_WIDTHS) * _PLAIN_SIZE / _BANNER_SIZE))
        page.set_row(line, count * LINE * _BANNER_SIZE / _PLAIN_SIZE + LINE / 2)


def _answers(report: Report, write: Callable[..., None], bold: Any) -> None:  # noqa: ANN401
    if report.example:
        write(
            "Eksempeldata",
            "Tallene gjelder en oppdiktet eksempelkommune, ikke en virkelig.",
            style=bold,
        )
        write("")
    for _, result in report.reading_order:
        write(result.title, result.sentence, style=bold)
        for left, right in _said(result):
            write(left, right)
        write("")
    for absent in report.not_run:
        lacks = ", ".join(lack.title for lack in absent.missing)
        write(f"Ikke kjørt: {absent.title}", absent.reason or f"Mangler {lacks}.")
    if report.not_run:
        write("")


def _said(result: Result) -> Iterator[tuple[str, str]]:
    """Give what the front sheet says of a result under its sentence."""
    for name, line in closing_lines(result):
        yield f"Går opp? {name}", line
    if result.charts:
        titles = ", ".join(f"«{chart.title}»" for chart in result.charts)
        yield "Diagram", f"{titles} står på siden (index.html) og kan lastes ned derfra."
    plain, unsure = split_warnings(result.warnings)
    if unsure:
        plain.append(f"{unsure_text(len(unsure))}; se arket Parametre.")
    yield from (("Forbehold", text) for text in plain)
    yield from (("Manglet", f"{lack.title}: {lack.consequence}") for lack in result.missing)
    yield from (("Slik leser du det", text) for text in result.reading)
    if result.provenance:
        made = result.provenance
        yield "Kommando", made.command
        yield "Laget", f"{made.created} med askergeo {made.version}, {made.crs}"
