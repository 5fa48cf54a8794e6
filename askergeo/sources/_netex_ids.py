"""Identities in NeTEx: ``CODESPACE:Kind:value``, made from any text and back."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CODESPACE", "LONE", "decoded", "encoded"]

# The codespace of what has no identity of the profile's form.
CODESPACE: Final = "AGE"
# Marks the stop place of a stop that belongs to none.
LONE: Final = f"{CODESPACE}:StopPlace:uten:"
_FORM: Final = re.compile(r"[A-Za-z]{3}:[A-Za-z]+:.+", re.DOTALL)


def encoded(kind: str, value: str) -> str:
    """Write a text as an identity; one that has the profile's form is kept.

    Examples
    --------
    >>> encoded("Line", "RUT:Line:4"), encoded("Line", "4")
    ('RUT:Line:4', 'AGE:Line:4')
    """
    formed = _FORM.fullmatch(value) and value.split(":", 2)[1] == kind
    if formed and not value.startswith(f"{CODESPACE}:"):
        return value
    return f"{CODESPACE}:{kind}:{value}"


def decoded(kind: str, identity: str) -> str:
    """Return the text that an identity was made from.

    Examples
    --------
    >>> decoded("Line", "AGE:Line:4"), decoded("Line", "RUT:Line:4")
    ('4', 'RUT:Line:4')
    """
    return identity.removeprefix(f"{CODESPACE}:{kind}:")
