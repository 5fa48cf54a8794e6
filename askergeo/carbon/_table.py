"""A small table that somebody else has written: text in, rows with line numbers out.

The file is not trusted: it may have any encoding and separator, decimal commas, cells that a
spreadsheet would run as formulas, and signs that cannot be seen.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from askergeo.errors import MissingFileError, SourceError, collect
from askergeo.sources.csvfile import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Line", "is_formula", "parse_number", "parse_table", "read_text"]

_MAX_BYTES: Final = 5_000_000
_SEPARATORS: Final = ";\t,"
# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_GROUPED: Final = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?")
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")


class Line(NamedTuple):
    """A row with the number that an editor shows for it, and its cells by column."""

    number: int
    cells: dict[str, str]


def read_text(path: Path) -> str:
    """Read a text file of any usual encoding.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is a folder, too large, or no text.
    """
    if not path.exists():
        raise MissingFileError(f"Faktorfilen {path} finnes ikke.", remedy="Se etter skrivefeil.")
    if not path.is_file():
        raise SourceError(f"{path} er ikke en fil.", remedy="Oppgi en CSV-fil.")
    if path.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"{path.name} er over 5 MB.", remedy="En faktorfil har noen hundre rader."
        )
    text = decode(path.read_bytes())
    if "\x00" in text:
        raise SourceError(
            f"{path.name} er ikke tekst.", remedy="Lagre tabellen som CSV UTF-8 med semikolon."
        )
    return text


def parse_table(text: str, name: str, columns: Sequence[str]) -> list[Line]:
    """Cut a text into rows.

    Parameters
    ----------
    text, name
        The text, and what to call it in messages.
    columns
        The columns that must be there; others are left out.

    Raises
    ------
    SourceError
        When a column is missing or there twice, or a row has another number of cells.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    lines: list[Line] = []
    problems: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                header = [cell.casefold() for cell in cells]
                _check_header(header, name, columns)
            elif len(cells) != len(header):
                problems.append(
                    f"rad {reader.line_num}: har {len(cells)} felt, overskriften har {len(header)}"
                )
            else:
                values = dict(zip(header, cells, strict=True))
                lines.append(Line(reader.line_num, {key: values[key] for key in columns}))
    except csv.Error as error:
        raise SourceError(
            f"{name} rad {reader.line_num} kan ikke leses som CSV: {error}.",
            remedy="Se etter et anførselstegn som ikke er lukket.",
        ) from error
    if not header:
        raise SourceError(f"{name} er tom.", remedy="Begynn med malen for faktorer.")
    if problems:
        raise SourceError(
            f"{name}:\n{collect(problems)}",
            remedy="Sett tekst som inneholder skilletegnet, i anførselstegn.",
        )
    return lines


def _check_header(header: list[str], name: str, columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in header]
    twice = [column for column, count in Counter(header).items() if count > 1 and column]
    problems = [f"kolonnen «{column}» mangler" for column in absent]
    problems += [f"kolonnen «{column}» står flere ganger" for column in twice]
    if problems:
        raise SourceError(
            f"{name}:\n{collect(problems)}",
            remedy=f"Første rad skal være: {';'.join(columns)}",
        )


def parse_number(text: str) -> float:
    """Read a number with decimal comma or point; spaces may stand between thousands.

    Raises
    ------
    ValueError
        When the text is no finite number, or it cannot be known which number it is.

    Examples
    --------
    >>> parse_number("0,93"), parse_number("1 470,5"), parse_number("\u22121.6")
    (0.93, 1470.5, -1.6)
    """
    plain = text.strip().replace("\u2212", "-")
    if not (_NUMBER.fullmatch(plain) or _GROUPED.fullmatch(plain)):
        raise ValueError(f"«{text}» er ikke et tall")
    return float(re.sub(r"[ \u00a0\u202f]", "", plain).replace(",", "."))


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet may run the text, or it has signs that cannot be seen.

    Examples
    --------
    >>> is_formula("=1+1"), is_formula("NIBIO 7/164/2021")
    (True, False)
    """
    hidden = any(unicodedata.category(sign) in {"Cc", "Cf"} for sign in text)
    return text.startswith(_FORMULA) or hidden
