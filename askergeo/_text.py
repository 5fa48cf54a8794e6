"""Words: letters lost between systems (æ, ø, å in the wrong character set), and lists of them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from askergeo._nearest import nearest as nearest_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "is_damaged",
    "listed",
    "nearest",
    "printable",
    "repair_code",
    "repair_text",
    "text_columns",
]

# UTF-8 read as Latin-1 or Windows-1252 leaves these pairs; a whole word never has them.
_DOUBLE_READ = re.compile("[ÃÂâÅ][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u2122]")
# The replacement sign, itself read twice, and a question mark inside a word: the letter is gone.
_LOST = re.compile(r"\ufffd|ï¿½|(?<=[^\W\d_])\?(?=[^\W\d_])")

# What a terminal, a workbook or a file in UTF-8 cannot hold: control characters (tab and line feed
# are text) and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    r"""Return the text with a replacement sign for each character that cannot be written.

    Examples
    --------
    >>> ascii(printable("BFS1\x1b[2J"))
    "'BFS1\\ufffd[2J'"
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def repair_text(text: str) -> str | None:
    """Return the text as it was before UTF-8 was read as Latin-1, or ``None`` when unsure.

    Examples
    --------
    >>> repair_text("HÃ¸y"), repair_text("Høy"), repair_text("Asker")
    ('Høy', None, None)
    """
    if not _DOUBLE_READ.search(text):
        return None
    for encoding in ("cp1252", "latin-1"):
        try:
            repaired = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if not is_damaged(repaired):
            return repaired
    return None


def is_damaged(text: str) -> bool:
    """Tell whether letters of the text are lost or read in the wrong character set.

    Examples
    --------
    >>> [is_damaged(text) for text in ("TromsÃ¸", "Troms\ufffd", "Bj?rk", "Tromsø", "Hva?")]
    [True, True, True, False, False]
    """
    return bool(_LOST.search(text) or _DOUBLE_READ.search(text))


def repair_code(value: str, known: Iterable[str]) -> str | None:
    """Return the one known value that ``value`` is a damaged form of, else ``None``.

    A letter beyond ASCII may have been dropped, replaced, or read in the wrong character set.

    Examples
    --------
    >>> repair_code("Hy", ["Lav", "Middels", "Høy"])
    'Høy'
    >>> repair_code("H?y", ["Høy", "Håy"]) is None
    True
    """
    matches = {candidate for candidate in known if value in _damaged_forms(candidate)}
    return matches.pop() if len(matches) == 1 else None


def _damaged_forms(text: str) -> set[str]:
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return set()
    forms = {
        "".join(sign if sign.isascii() else fill for sign in text)
        for fill in ("", "?", "??", "_", "\ufffd", "\ufffd\ufffd", "ï¿½", "ï¿½ï¿½")
    }
    forms.add(text.encode().decode("latin-1"))
    forms.add(text.encode().decode("cp1252", errors="replace"))
    return forms


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["vann", "skog", "myr"]), listed(["vann"]), listed([])
    ('vann, skog og myr', 'vann', '')
    """
    return " og ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def nearest(word: str, words: Iterable[object]) -> str:
    """Return «Mente du …?» with the nearest names, or an empty text.

    Examples
    --------
    >>> nearest("n50_stig", ["n50_sti", "vann"])
    'Mente du «n50_sti»?'
    """
    found = nearest_names(word, [str(name) for name in words])
    return f"Mente du {' eller '.join(f'«{name}»' for name in found)}?" if found else ""


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Names of the columns that hold text."""
    return [
        str(name)
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.StringDtype) or frame[name].dtype == object
    ]
