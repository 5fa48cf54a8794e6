"""Finds what tells who wrote a text: mail, telephone, national identity number, name.

What is found is masked, never guessed at further. A text may still tell who wrote it by what it
says; somebody must read it before it is published.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["KINDS", "is_identity_number", "mask", "plain_text"]

#: What is looked for, as a planner reads it.
KINDS: Final = {
    "epost": "e-postadresse",
    "fodselsnummer": "fødselsnummer",
    "nummer": "elleve sifre som kan være et fødselsnummer eller kontonummer",
    "telefon": "telefonnummer",
    "navn": "navn",
}
_MASKS: Final = {
    "epost": "[e-postadresse skjult]",
    "fodselsnummer": "[fødselsnummer skjult]",
    "nummer": "[nummer skjult]",
    "telefon": "[telefonnummer skjult]",
    "navn": "[navn skjult]",
}

_EMAIL = re.compile(
    r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE
)
_ELEVEN = re.compile(
    r"(?<!\d)\d{2}[ .]?\d{2}[ .]?\d{2}[ .-]?\d{3}[ .]?\d{2}(?!\d)"
    r"|(?<!\d)\d{4}[ .]\d{2}[ .]\d{5}(?!\d)"
)
_PHONE = re.compile(
    r"(?<![\d,])(?:(?:\+|00)47[ -]?)?"
    r"(?:[2-9]\d{7}|[2-9]\d{2}[ .-]\d{2}[ .-]\d{3}|[2-9]\d[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}"
    # Two years in a row are no telephone.
    r"|(?!20\d\d )[2-9]\d{3} \d{4})(?!\d)"
    r"|(?<!\d)\+\d(?:[ -]?\d){7,13}(?!\d)"
)
# Phrases after which a name stands: one that tells it in so many words, and greetings, after which
# only words with a capital are taken for a name.
_TELLS = re.compile(
    r"\b(?:jeg|eg|æ|my name|navnet mitt|namnet mitt|mitt navn|mitt namn|i am called)\s{1,3}"
    r"(?:heter|heiter|het|er|is)\s{1,3}|\b(?:navn|namn|name)\s{0,3}:\s{0,3}",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"\b(?:mvh|hilsen|helsing|hilsing|regards|skrevet av|sendt av)[\s,.:–-]{1,5}(?:fra\s{1,3})?",
    re.IGNORECASE,
)
_CERTAIN = re.compile(r"\b(?:heter|heiter|navn|namn|name)\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_][\w'’.-]{0,40}(?: [^\W\d_][\w'’.-]{0,40}){0,3}")
_SIGNS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_MORE_SIGNS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def plain_text(text: str) -> str:
    r"""Return a text without control characters and signs that are not seen, composed.

    Line breaks become spaces: a remark is one cell of a table.

    Examples
    --------
    >>> plain_text("Her\x00 er\u202e det\r\nbratt ")
    'Her er det bratt'
    """
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(
        " " if sign.isspace() or unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign
        for sign in composed
        if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(seen.split())


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Hide what tells who wrote a text.

    Parameters
    ----------
    text
        One remark.

    Returns
    -------
    tuple
        The text with masks, and the kinds that were found (keys of :data:`KINDS`). A masked text
        stays as it is.

    Examples
    --------
    >>> mask("Ring 912 34 567 eller skriv til ola@eksempel.no")
    ('Ring [telefonnummer skjult] eller skriv til [e-postadresse skjult]', ('epost', 'telefon'))
    >>> mask("Jeg heter Kari Nordmann, og krysset er farlig.")
    ('Jeg heter [navn skjult], og krysset er farlig.', ('navn',))
    """
    found: list[str] = []

    def hide(kind: str) -> str:
        found.append(kind)
        return _MASKS[kind]

    text = _EMAIL.sub(lambda _: hide("epost"), text)
    text = _ELEVEN.sub(
        lambda hit: hide("fodselsnummer" if is_identity_number(hit[0]) else "nummer"), text
    )
    text = _PHONE.sub(lambda _: hide("telefon"), text)
    for phrase in (_TELLS, _GREETS):
        text = _hide_names(text, phrase, found)
    return text, tuple(kind for kind in KINDS if kind in found)


def _hide_names(text: str, phrase: re.Pattern[str], found: list[str]) -> str:
    """Hide the words after a phrase that a name follows."""
    parts, last = [], 0
    for start in phrase.finditer(text):
        words = _WORDS.match(text, start.end())
        if words is None or start.start() < last:
            continue
        name = _name(words[0], certain=bool(_CERTAIN.search(start[0])))
        if name:
            found.append("navn")
            parts += [text[last : start.end()], _MASKS["navn"]]
            last = start.end() + len(name)
    return "".join([*parts, text[last:]])


def _name(words: str, *, certain: bool) -> str:
    """Return the words that are a name: those with a capital; two at most where none has one."""
    listed = words.split(" ")
    capital = next((at for at, word in enumerate(listed) if not word[0].isupper()), len(listed))
    count = capital or (min(2, len(listed)) if certain else 0)
    return " ".join(listed[:count]).rstrip(".-’'")


def is_identity_number(text: str) -> bool:
    """Whether eleven digits are a Norwegian identity number: a date and two control digits.

    D-numbers (day + 40) and numbers for testing (month + 40, + 65 or + 80) count too.

    Examples
    --------
    >>> is_identity_number("01010750160"), is_identity_number("01010750161")
    (True, False)
    """
    digits = [int(sign) for sign in text if sign.isdecimal()]
    if len(digits) != len(_MORE_SIGNS):
        return False
    day, month = 10 * digits[0] + digits[1], 10 * digits[2] + digits[3]
    months = {month - added for added in (0, 40, 65, 80)}
    return (
        (1 <= day <= 31 or 41 <= day <= 71)  # noqa: PLR2004  (days of a month)
        and bool(months & set(range(1, 13)))
        and not sum(a * b for a, b in zip(_SIGNS, digits, strict=False)) % 11
        and not sum(a * b for a, b in zip(_MORE_SIGNS, digits, strict=True)) % 11
    )
