"""Sets PDF/UA-1 from templates of our own: tagged, in Norwegian, with fonts and all.

The typesetter is typst, one wheel that needs nothing from the system. A template reads one text of
JSON and nothing else: no file, no package, no net. Texts are values there, never code. The filed
report of a plan review is set here; that of the analyses by `askergeo.outputs.printed`.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from askergeo.errors import DataQualityError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["NO_PDF", "can_make_pdf", "filed_pdf", "plain_signs", "require_pdf", "set_pdf"]

#: What is said when there is no PDF.
NO_PDF: Final = (
    "PDF er ikke laget, for programmet som setter den, er ikke installert: "
    'pip install "askergeo[pdf]".'
)
# Signs that the typesetter's own fonts have; PDF/UA allows no sign without a shape. Letters of
# European languages, Sami among them, the signs of texts on law and numbers, and marks of maps.
_UNKNOWN_SIGN = re.compile(
    "[^\\n\\u0020-\\u007e\\u00a0-\\u00ac\\u00ae-\\u017f\\u018f\\u0192\\u01b7\\u01e4-\\u01ef"
    "\\u0218-\\u021b\\u0292\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03ce"
    "\\u0401-\\u040c\\u040e-\\u044f\\u0451-\\u045c\\u045e\\u045f"
    "\\u2010-\\u2015\\u2018-\\u201e\\u2020-\\u2022\\u2026\\u202f\\u2030\\u2032\\u2033\\u2039\\u203a"
    "\\u2070\\u2074-\\u2079\\u2080-\\u2089\\u20ac\\u2116\\u2122\\u2190-\\u2193"
    "\\u2202\\u2206\\u2211\\u2212\\u221a\\u221e\\u2248\\u2260\\u2264\\u2265"
    "\\u25a0\\u25a1\\u25b2\\u25b3\\u25bc\\u25bd\\u25c6\\u25c7\\u25cb\\u25cf\\u2713\\u2714]"
)
# Ids do not fit in a column: they may be broken after their signs, or anywhere.
_ID = re.compile(r"(?=\S{14})\S*[._/]\S*")
_AFTER = re.compile(r"(?<=[._/])(?=\w)")
_LONG = re.compile(r"[^\s\u200b-]{25,}")
_PIECE = 12


def can_make_pdf() -> bool:
    """Whether the typesetter is installed: the extra ``pdf``."""
    return find_spec("typst") is not None


def require_pdf() -> None:
    """See that what was asked for on paper can be made, before anything is computed.

    Raises
    ------
    SourceError
        When the typesetter is not installed.
    """
    if not can_make_pdf():
        raise SourceError(
            "PDF og PNG kan ikke lages, for programmet som setter dem, er ikke installert.",
            remedy='Installer det med: pip install "askergeo[pdf]". Uten --trykk skrives resten.',
        )


def filed_pdf(content: Mapping[str, Any], created: datetime) -> bytes:
    """Set the report.

    Parameters
    ----------
    content
        From `askergeo.plan.filed.filed_content`.
    created
        When it was made, with a time zone; the file says so, and is the same for the same content.

    Returns
    -------
    bytes
        PDF 1.7 after PDF/UA-1 (ISO 14289-1), which the typesetter checks as it writes.

    Raises
    ------
    DataQualityError
        When the typesetter refuses the content.
    """
    return set_pdf(_template(), content, created)


def set_pdf(template: bytes, content: Mapping[str, Any], created: datetime) -> bytes:
    """Set a template of ours with the content it shows.

    Parameters
    ----------
    template
        Reads ``sys.inputs.innhold``, a text of JSON, and no file.
    content
        Texts, numbers and lists; pictures are under the key ``svg``.
    created
        When it was made, with a time zone; the file says so, and is the same for the same content.

    Raises
    ------
    DataQualityError
        When the typesetter refuses the content.
    """
    import typst  # noqa: PLC0415  (an extra)

    text = json.dumps(_settable(content), ensure_ascii=False)
    with TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            template,
            # A folder with nothing in it, and no fonts but those of the wheel: alike everywhere.
            root=empty,
            ignore_system_fonts=True,
            sys_inputs={"innhold": text},
            package_path=empty,
            package_cache_path=empty,
        )
        try:
            made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=created)
        except typst.TypstError as error:
            raise DataQualityError(
                f"PDF-en kunne ikke settes: {error.message}.",
                remedy="Rapporten uten PDF kan skrives når pakken typst er avinstallert.",
            ) from error
    if not isinstance(made, bytes):
        msg = "the typesetter gave no bytes"
        raise TypeError(msg)
    return made


def _settable(value: Any, key: str = "") -> Any:  # noqa: ANN401  (whatever JSON holds)
    """Write every text with signs that the fonts have, and long words in pieces."""
    if isinstance(value, dict):
        return {name: _settable(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_settable(one, key) for one in value]
    if not isinstance(value, str) or key == "svg":
        return value
    plain = plain_signs(value)
    # Digests stand in a line of their own, to be copied whole.
    if key in {"sha256", "anker"}:
        return plain
    return _LONG.sub(_in_pieces, _ID.sub(lambda found: _AFTER.sub("\u200b", found[0]), plain))


def plain_signs(text: str) -> str:
    """Write signs that the fonts lack by their number.

    Examples
    --------
    >>> plain_signs("5 m² 中")
    '5 m² [U+4E2D]'
    """
    return _UNKNOWN_SIGN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _in_pieces(found: re.Match[str]) -> str:
    word = found[0]
    return "\u200b".join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE))


@lru_cache(maxsize=1)
def _template() -> bytes:
    return (files("askergeo.outputs") / "assets" / "plansjekk.typ").read_bytes()
