"""Reads the files of remarks that people save from a page; nothing in them is trusted.

A fault never stops the rest: it becomes a :class:`Fault` with the file, the remark and what was
done.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj.exceptions import ProjError

from askergeo._personal import mask, plain_text
from askergeo._place import in_norway
from askergeo.crs import crs_name, known_crs, transformer
from askergeo.errors import CrsError, MissingFileError, SourceError
from askergeo.messages import LANGUAGES, messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FORMAT", "VERSION", "Fault", "Remark", "find_files", "merge", "read_remarks"]

FORMAT: Final = "askergeo-innspill"
VERSION: Final = 1

# What one page could ever save; more is no remark of a person's.
_FILE_LIMIT: Final = 5_000_000
_REMARKS_LIMIT: Final = 10_000
_FILES_LIMIT: Final = 10_000
_TEXT_LIMIT: Final = 2000
_THEME_LIMIT: Final = 60
# Paths that are not there and are named before «…».
_NAMED: Final = 20
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")

KEPT: Final = "tatt med"
CHANGED: Final = "tatt med, rettet"
ASIDE: Final = "ikke tatt med"


@dataclass(frozen=True, order=True)
class Remark:
    """One remark, masked and in the CRS of record; ``place`` is where it stood: file and number."""

    id: str
    made: str
    theme: str
    text: str
    x: float
    y: float
    page: str
    personal: tuple[str, ...] = ()
    place: tuple[int, int] = (0, 0)

    @property
    def content(self) -> tuple[str, str, str, float, float]:
        """What the remark says and where, whichever file it came in."""
        return (self.made, self.theme, self.text, self.x, self.y)


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with a file (``number`` 0) or a remark in it, and what was done about it."""

    file: int
    number: int
    rule: str
    text: str
    action: str


class _UnusableError(Exception):
    """A file or remark that cannot be used, and why."""

    def __init__(self, rule: str, text: str) -> None:
        self.rule, self.text = rule, text
        super().__init__(text)


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """List the files to read, each once and in order of their names; of a folder all ``.json``.

    Raises
    ------
    MissingFileError
        When a path is not there (all are named), or a folder has no such file.
    SourceError
        When there are more files than a hearing ever gives.
    """
    given = [Path(path) for path in paths]
    absent = [str(path) for path in given if not path.exists()]
    if absent:
        raise MissingFileError(
            f"Finnes ikke: {', '.join(absent[:_NAMED])}{', …' if len(absent) > _NAMED else ''}.",
            remedy="Oppgi filene som er lagret fra kartet, eller mappen de ligger i.",
        )
    found: dict[Path, Path] = {}
    for path in given:
        inside = path.rglob("*.json") if path.is_dir() else (path,)
        for one in inside:
            if not one.is_file():
                continue
            found.setdefault(one.resolve(), one)
            if len(found) > _FILES_LIMIT:
                raise SourceError(
                    f"Det er over {_FILES_LIMIT} filer med innspill.",
                    remedy="Del dem i flere mapper, og slå dem sammen mappe for mappe.",
                )
    if not found:
        raise MissingFileError(
            "Mappene har ingen filer med innspill (.json).",
            remedy="Filene lagres fra kartet med knappen «Lagre innspillene i en fil».",
        )
    return [found[key] for key in sorted(found)]


def read_remarks(files: Sequence[Path], crs: str) -> tuple[list[Remark], list[Fault]]:
    """Read files of remarks; their place is the number of the file, from 1, and of the remark.

    Parameters
    ----------
    files
        The files.
    crs
        CRS of record that the places are moved to.
    """
    remarks: list[Remark] = []
    faults: list[Fault] = []
    for at, path in enumerate(files, start=1):
        try:
            document = _document(path)
            source = _source_crs(document, crs)
        except _UnusableError as why:
            faults.append(Fault(at, 0, why.rule, why.text, ASIDE))
            continue
        read, wrong = _of_file(document, at, source, crs)
        remarks += read
        faults += wrong
    return remarks, faults


def _document(path: Path) -> dict[str, Any]:
    """Return the JSON of a file that says it is one of remarks."""
    try:
        with path.open("rb") as file:
            raw = file.read(_FILE_LIMIT + 1)
    except OSError as error:
        raise _UnusableError("ulesbar_fil", f"Filen kan ikke leses: {error.strerror}.") from None
    if len(raw) > _FILE_LIMIT:
        raise _UnusableError("stor_fil", f"Filen er over {_FILE_LIMIT // 1_000_000} MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _UnusableError("ulesbar_fil", "Filen er ikke tekst i UTF-8.") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: lists in lists without end
        raise _UnusableError("ulesbar_fil", "Filen er ikke gyldig JSON.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _UnusableError("feil_format", "Filen er ikke lagret fra et kart med innspill.")
    version = document.get("version")
    if isinstance(version, bool) or version != VERSION:
        raise _UnusableError("ny_versjon", "Filen er laget av en annen versjon av askergeo.")
    if not isinstance(document.get("innspill"), list):
        raise _UnusableError("feil_format", "Filen har ingen liste over innspill.")
    if len(document["innspill"]) > _REMARKS_LIMIT:
        raise _UnusableError("stor_fil", f"Filen har over {_REMARKS_LIMIT} innspill.")
    return document


def _source_crs(document: dict[str, Any], crs: str) -> str:
    """Return the CRS that a file states."""
    stated = document.get("crs")
    stated = stated.strip().upper() if isinstance(stated, str) else ""
    if not stated:
        raise _UnusableError("uten_crs", "Filen sier ikke hvilket koordinatsystem stedene står i.")
    if not re.fullmatch(r"EPSG:\d{4,5}", stated, re.ASCII):
        raise _UnusableError("ukjent_crs", "Koordinatsystemet i filen er ukjent.")
    try:
        known = known_crs(stated)
        if known.is_projected or known.is_geographic:
            transformer(crs_name(known), crs)
            return crs_name(known)
    except CrsError as error:
        raise _UnusableError("ukjent_crs", error.message) from None
    except (ProjError, IndexError):  # no way from the one to the other
        pass
    raise _UnusableError("ukjent_crs", f"Steder i {stated} kan ikke flyttes til {crs}.")


def _of_file(
    document: dict[str, Any], file: int, source: str, crs: str
) -> tuple[list[Remark], list[Fault]]:
    """Read the remarks of one file, all places moved in one call."""
    page = _page(document.get("side"))
    rows: list[tuple[int, dict[str, Any]]] = []
    faults: list[Fault] = []
    for number, item in enumerate(document["innspill"], start=1):
        try:
            rows.append((number, _checked(item)))
        except _UnusableError as why:
            faults.append(Fault(file, number, why.rule, why.text, ASIDE))
    given = np.array([(item["x"], item["y"]) for _, item in rows], dtype=np.float64).reshape(-1, 2)
    moved = given if source == crs else _moved(given, source, crs)
    there = np.zeros(len(moved), dtype=bool)
    known = np.flatnonzero(np.isfinite(moved).all(axis=1))
    there[known] = in_norway(moved[known], crs)
    remarks = []
    for (number, item), spot, inside in zip(rows, moved.tolist(), there.tolist(), strict=True):
        place = (file, number)
        if not inside:
            text = "Stedet er ikke i Norge: koordinatene eller koordinatsystemet er feil."
            faults.append(Fault(*place, "utenfor_norge", text, ASIDE))
            continue
        remark, wrong = _remark(item, spot, page, place)
        remarks.append(remark)
        faults += wrong
    return remarks, faults


def _moved(given: np.ndarray[Any, Any], source: str, crs: str) -> np.ndarray[Any, Any]:
    east, north = transformer(source, crs).transform(given[:, 0], given[:, 1])
    return np.column_stack([east, north])


def _page(side: object) -> str:
    """Return the title of the page that the remarks were left on."""
    title = side.get("tittel") if isinstance(side, dict) else None
    return mask(plain_text(title[:_TEXT_LIMIT]))[0][:200] if isinstance(title, str) else ""


def _checked(item: object) -> dict[str, Any]:
    """Return a remark that has a place and says something."""
    if not isinstance(item, dict):
        raise _UnusableError("feil_format", "Innspillet er ikke et objekt.")
    for axis in ("x", "y"):
        if not _is_number(item.get(axis)):
            raise _UnusableError("ugyldig_sted", f"Koordinaten {axis} er ikke et tall.")
    for field in ("tekst", "tema"):
        if not isinstance(item.get(field, ""), str):
            raise _UnusableError("feil_format", f"Feltet «{field}» er ikke tekst.")
    if not plain_text(item.get("tekst", "")) and not plain_text(item.get("tema", "")):
        raise _UnusableError("tomt", "Innspillet har verken tema eller tekst.")
    return item


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _remark(
    item: dict[str, Any], spot: list[float], page: str, place: tuple[int, int]
) -> tuple[Remark, list[Fault]]:
    """Make a remark of what a file says, with what was cut or left out."""
    faults = []
    text, theme = plain_text(item.get("tekst", "")), plain_text(item.get("tema", ""))
    theme = _themes().get(theme, theme)
    if len(text) > _TEXT_LIMIT or len(theme) > _THEME_LIMIT:
        faults.append(Fault(*place, "lang_tekst", "Teksten er kortet ned.", CHANGED))
    # Masked whole, so that the cut never leaves half a number.
    text, in_text = mask(text[: 2 * _TEXT_LIMIT])
    theme, in_theme = mask(theme[: 2 * _TEXT_LIMIT])
    made = _day(item.get("laget"))
    if made is None:
        faults.append(Fault(*place, "ugyldig_dato", "Datoen mangler eller er ugyldig.", CHANGED))
    x, y = (round(value, 2) for value in spot)
    remark = Remark(
        id=_identity(item.get("id"), (made or "", theme, text, x, y)),
        made=made or "",
        theme=theme[:_THEME_LIMIT],
        text=text[:_TEXT_LIMIT],
        x=x,
        y=y,
        page=page,
        personal=tuple(dict.fromkeys((*in_theme, *in_text))),
        place=place,
    )
    if not _has_id(item.get("id")):
        faults.append(Fault(*place, "uten_id", "Innspillet har ikke en gyldig id.", KEPT))
    return remark, faults


@cache
def _themes() -> dict[str, str]:
    """Return the themes that pages in all languages offer, with what each is called in bokmål."""
    first, *others = (messages(language).under("kart") for language in LANGUAGES)
    return {
        other[key]: name
        for key, name in first.items()
        for other in others
        if key.startswith("tema_") and key in other
    }


def _day(value: object) -> str | None:
    """Return a date as ``YYYY-MM-DD``, without the time of day."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def _has_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _identity(value: object, content: tuple[object, ...]) -> str:
    """Return the id; one from the content when there is none, so that a copy is still a copy."""
    if _has_id(value):
        return str(value).lower()
    return "uten-" + hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def merge(remarks: Iterable[Remark]) -> tuple[list[Remark], list[Fault]]:
    """Keep each remark once: of those with the same id the newest.

    The answer does not depend on the order, and merging it again changes nothing.

    Returns
    -------
    tuple
        The remarks by date, id and content, and a fault for each one of another content that was
        left out.
    """
    newest: dict[str, Remark] = {}
    ordered = sorted(remarks, key=lambda one: (one.content, one.page, one.personal, one.place))
    for one in ordered:
        kept = newest.get(one.id)
        if kept is None or kept.content != one.content:
            newest[one.id] = one
    faults = {
        Fault(
            *one.place,
            "samme_id",
            "Et nyere innspill har samme id og et annet innhold: bare det nyeste er tatt med.",
            ASIDE,
        )
        for one in ordered
        if one.content != newest[one.id].content
    }
    kept_all = sorted(newest.values(), key=lambda one: (one.made, one.id))
    return kept_all, sorted(faults)
