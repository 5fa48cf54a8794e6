"""Writes the pages of a report: one file a topic that needs nothing else, and a start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.outputs.page.build import is_single, page_name, topic_html
from askergeo.outputs.page.start import start_html, statement_html

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.outputs.printed import Ground
    from askergeo.outputs.report import Report

__all__ = ["write_pages"]

_STATEMENT = "tilgjengelighet.html"


def write_pages(report: Report, folder: Path, ground: Ground | None = None) -> list[str]:
    """Write the pages of a report; pictures that it has are in the folder already.

    Parameters
    ----------
    report
        Suppressed results.
    folder
        Where the report is being made.
    ground
        What lies under its maps, when it has been read already.

    Returns
    -------
    list of str
        The files' names, relative to the folder.

    Raises
    ------
    DataQualityError
        When the text of a page alone is larger than a page may be.
    """
    pages = {page_name(report, topic): topic_html(report, topic) for topic in report.topics}
    if not is_single(report):
        pages["index.html"] = start_html(report, ground)
    pages[_STATEMENT] = statement_html(report)
    for name, html in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(html, encoding="utf-8", newline="\n")
    return list(pages)
