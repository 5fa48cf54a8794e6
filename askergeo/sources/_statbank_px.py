"""PX files as statbank writes them: the dimensions, their labels and the figures.

A PX file is keywords with values, ended by a semicolon, and at last DATA with all figures: the
dimensions of STUB go slowest, those of HEADING fastest. Files with KEYS, which leave out figures
that are none, are not read.

References
----------
Statistics Sweden, «PX file format», on keywords, continued strings and the order of DATA.
"""

from __future__ import annotations

import re
from typing import Final

from askergeo.errors import SourceError

__all__ = ["PX_START", "read_px"]

#: How a PX file begins.
PX_START: Final = re.compile(r"\s*(?:CHARSET|AXIS-VERSION|CODEPAGE|LANGUAGE|CREATION-DATE)=")
# Up to a semicolon outside quotes; and the keyword in the main language, and what it is about.
_STATEMENT: Final = re.compile(r'(?:"[^"]*"|[^";])*(?:;|$)')
_KEYWORD: Final = re.compile(r'\s*([A-Z][A-Z-]*)(?:\("([^"]*)"\))?\s*=')
# One string may go on in the next line as another.
_STRING: Final = re.compile(r'"[^"]*"(?:\s*"[^"]*")*')
_FIGURE: Final = re.compile(r'"[^"]*"|[^\s;"]+')


def read_px(text: str, name: str) -> tuple[list[str], list[list[str]], list[str]]:
    """Read a PX file.

    Parameters
    ----------
    text
        The whole file.
    name
        Of the file, for messages.

    Returns
    -------
    tuple
        Names of the dimensions, the labels of each (a code goes before its label when the file has
        both and they differ), and the figures in order, as text.

    Raises
    ------
    SourceError
        When it has no figures, or a dimension without labels.
    """
    told: dict[tuple[str, str], list[str]] = {}
    figures: list[str] | None = None
    at = 0
    # One statement after the other, so that a broken file costs no more than its length.
    while figures is None and at < len(text) and (found := _STATEMENT.match(text, at)):
        at = max(found.end(), at + 1)
        keyword = _KEYWORD.match(found[0])
        if keyword is None:
            continue
        value = found[0][keyword.end() :].removesuffix(";")
        if keyword[1] == "DATA":
            figures = [one.strip('"') for one in _FIGURE.findall(value)]
        else:
            strings = ["".join(re.findall(r'"([^"]*)"', one)) for one in _STRING.findall(value)]
            told.setdefault((keyword[1], keyword[2] or ""), strings)
    if figures is None:
        raise SourceError(f"{name} har ingen tall (DATA).", remedy="Hent tabellen på nytt.")
    names = [*told.get(("STUB", ""), []), *told.get(("HEADING", ""), [])]
    lacking = [one for one in names if not told.get(("VALUES", one))]
    if not names or lacking or any(key == "KEYS" for key, _ in told):
        raise SourceError(
            f"{name} kan ikke leses som PX: dimensjonene er ikke beskrevet.",
            remedy="Lagre tabellen som CSV (semikolon) eller JSON-stat2.",
        )
    labels = [_labels(told[("VALUES", one)], told.get(("CODES", one), [])) for one in names]
    return names, labels, figures


def _labels(values: list[str], codes: list[str]) -> list[str]:
    """Put a municipality's number before its name; other labels stand as they are."""
    if len(codes) != len(values) or not all(re.search(r"\d{4}", code) for code in codes):
        return values
    pairs = zip(codes, values, strict=True)
    return [value if code in value else f"{code} {value}" for code, value in pairs]
