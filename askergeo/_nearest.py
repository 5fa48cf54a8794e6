"""Finds the names most like one that was written wrongly."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest"]

# One or two letters are part of nearly every word.
SHORTEST = 3


def nearest(name: str, words: Iterable[str], *, count: int = 4) -> list[str]:
    """Return the words most like ``name``, blind to case and to æ, ø and å.

    Examples
    --------
    >>> nearest("skolekrets", ["skole", "skolekrets"]), nearest("stoy", ["støy"])
    (['skolekrets'], ['støy'])
    """
    wanted = _fold(name)
    by_form: dict[str, list[str]] = {}
    for word in words:
        by_form.setdefault(_fold(word), []).append(word)
    if wanted in by_form:
        return by_form[wanted][:count]
    forms = difflib.get_close_matches(wanted, list(by_form), n=count, cutoff=0.7)
    if len(wanted) >= SHORTEST:
        forms += [f for f in by_form if wanted in f or (len(f) >= SHORTEST and f in wanted.split())]
    forms = forms or difflib.get_close_matches(wanted, list(by_form), n=count, cutoff=0.55)
    return [word for form in dict.fromkeys(forms) for word in by_form[form]][:count]


def _fold(text: str) -> str:
    table = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "_": " ", "-": " "})
    return text.lower().translate(table).strip()
