"""What pages say in their own name, in bokmål, nynorsk and English.

The texts are data: ``askergeo/data/messages/SET.LANGUAGE.yml``, a key a line, which is read as
``SET.key``. Results are written in bokmål by the analyses; only what surrounds them is translated,
and a page in another language marks the results as bokmål.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import yaml

from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LANGUAGES", "Messages", "messages"]

#: Languages of pages, by their codes: the first is what all others are translated from.
LANGUAGES: Final = {"nb": "bokmål", "nn": "nynorsk", "en": "English"}


class Messages:
    """The texts of one language; ``say("legend.one", count=1)`` fills the braces.

    Examples
    --------
    >>> Messages("nb", {"rader": "{count} rader"}).say("rader", count="3")
    '3 rader'
    """

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = dict(texts)

    def say(self, key: str, /, **values: object) -> str:
        """Return the text of a key.

        Raises
        ------
        KeyError
            When there is none: a fault of the program, that a test of all keys finds.
        """
        return self.texts[key].format(**values)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the texts whose keys start with ``prefix.``, with the rest of the key."""
        start = f"{prefix}."
        return {
            key.removeprefix(start): text
            for key, text in self.texts.items()
            if key.startswith(start)
        }


@cache
def messages(language: str = "nb") -> Messages:
    """Read all texts of a language.

    Raises
    ------
    ParameterError
        When the language is none of :data:`LANGUAGES`.
    """
    if language not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise ParameterError(
            f"Språket «{language}» finnes ikke.", remedy=f"Velg ett av disse: {known}."
        )
    folder = files("askergeo") / "data" / "messages"
    texts: dict[str, str] = {}
    for one in sorted(folder.iterdir(), key=lambda path: path.name):
        if one.name.endswith(f".{language}.yml"):
            found = yaml.safe_load(one.read_text(encoding="utf-8")) or {}
            prefix = one.name.partition(".")[0]
            texts |= {f"{prefix}.{key}": str(text) for key, text in found.items()}
    return Messages(language, texts)
