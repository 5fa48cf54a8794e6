"""The text of a SOSI file: character set, header, objects and their attributes.

SOSI is a tree written with dots: ``.KURVE 1:`` starts an object, ``..OBJTYPE`` is an attribute of
it, ``...MÅLEMETODE`` an attribute inside a group, ``!`` starts a comment. Everything here is one
pass over the text with regular expressions that never look back, so time and memory grow with
the size of the file and not faster.

Source of the rules: SOSI del 1, generell del 4.5 (Kartverket), and files in circulation.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from askergeo.errors import CrsError, MissingFileError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from askergeo.sources.reading import FaultLog

__all__ = [
    "QUALITY_PARTS",
    "Coordinates",
    "Element",
    "SosiHeader",
    "SosiObject",
    "attributes_of",
    "coordinates_of",
    "elements_of",
    "epsg_of",
    "header_of",
    "objects_of",
    "read_text",
]

QUALITY_PARTS = (
    "MÅLEMETODE",
    "NØYAKTIGHET",
    "SYNBARHET",
    "H-MÅLEMETODE",
    "H-NØYAKTIGHET",
    "MAX-AVVIK",
)
"""Names of the parts when KVALITET is written on one line, as in ``..KVALITET 82 200 0``."""

_ENCODINGS = {
    "ISO8859-1": "iso8859-1",
    "ISO8859-10": "iso8859-10",
    "ISO8859-15": "iso8859-15",
    "ANSI": "cp1252",
    "DOSN8": "cp865",
    "UTF-8": "utf-8",
    "DECN7": "ascii",
    "ND7": "ascii",
}
# ISO 646-NO: the national letters stand where ASCII has brackets.
_SEVEN_BITS = str.maketrans("[\\]{|}", "ÆØÅæøå")

_CHARSET = re.compile(rb"^[ \t]*\.\.TEGNSETT[ \t]+([^\s!]+)", re.MULTILINE)
_COMMENT_LINE = re.compile(r"^[^!\n]*!.*$", re.MULTILINE)
_QUOTED_OR_COMMENT = re.compile(r"(?:(?<=\s)|^)\"[^\"]*\"|(?:(?<=\s)|^)'[^']*'|!.*")
_OBJECT = re.compile(r"\n[ \t]*\.(?=[^.\s\d])")
_OBJECT_HEAD = re.compile(r"([^\s:]+)(?:[ \t]+(\d{1,18}))?[ \t]*:?")
_ELEMENT = re.compile(r"\"[^\"\n]*\"|(\.{2,9})([^\s.\"!:][^\s:]*)")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")
_COORDINATE_NAME = re.compile(r"N[ØE](H|D)?")

_HEADER_PROBE = 65_536
_COORDINATE_LEVEL = 2
_HUGE = 1e9
_ASK_AGAIN = "Uten et riktig filhode er koordinatene ukjente; be leverandøren om en hel fil."


@dataclass(frozen=True)
class SosiHeader:
    """What the header (.HODE) of a SOSI file says.

    Parameters
    ----------
    tegnsett
        Character set as declared; empty when the file does not say.
    koordsys
        SOSI's number of the coordinate system.
    enhet, enhet_h, enhet_d
        Length in metres of one unit of the plane coordinates, heights and depths.
    origo
        North and east that are added to every coordinate, in metres.
    versjon, nivå, eier, vertikaldatum
        As written; empty when absent.
    område
        West, south, east, north of the declared extent, in metres, or None.
    """

    tegnsett: str
    koordsys: int | None
    enhet: float
    enhet_h: float
    enhet_d: float
    origo: tuple[float, float]
    versjon: str
    nivå: str
    eier: str
    vertikaldatum: str
    område: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class SosiObject:
    """One object as text: ``kind`` is KURVE, FLATE and so on, ``line`` counts from 1."""

    kind: str
    number: int | None
    line: int
    body: str


@dataclass(frozen=True, slots=True)
class Element:
    """One dotted element of an object: level (number of dots), name and the text after it."""

    level: int
    name: str
    value: str
    line: int


@dataclass(slots=True)
class Coordinates:
    """The coordinate texts of an object, block by block: dimension ("", "H", "D") and text."""

    blocks: list[tuple[str, str, int]] = field(default_factory=list)


def read_text(path: Path, log: FaultLog) -> tuple[str, str]:
    """Read and decode a SOSI file.

    Returns
    -------
    The text, with plain line feeds and without comments, and the character set that the file
    declares.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When the character set is unknown, or the bytes are not in it.
    """
    if not path.is_file():
        raise MissingFileError(f"Finner ikke SOSI-filen {path}.", remedy="Kontroller stien.")
    data = path.read_bytes()
    declared = _CHARSET.search(data[:_HEADER_PROBE])
    charset = declared.group(1).decode("ascii", "replace").upper() if declared else ""
    text = _decode(data, charset, path, log).replace("\r\n", "\n").replace("\r", "\n")
    if "!" in text:
        text = _COMMENT_LINE.sub(_without_comment, text)
    return text, charset


def _decode(data: bytes, charset: str, path: Path, log: FaultLog) -> str:
    has_mark = data.startswith(codecs.BOM_UTF8)
    body = data.removeprefix(codecs.BOM_UTF8)
    name = "ISO8859-1" if charset == "ISO8859" else charset
    if charset and name not in _ENCODINGS:
        raise SourceError(
            f"{path.name}: tegnsettet {charset} kjenner ikke askergeo.",
            remedy=f"Bruk et av {', '.join(_ENCODINGS)}; UTF-8 er tryggest.",
        )
    # Editors convert a file to UTF-8 and leave the declaration; the bytes are the truth then.
    saved_as_utf8 = has_mark or b"\n..N\xc3\x98" in body
    if name != "UTF-8" and (saved_as_utf8 or (not name and _is_utf8(body))):
        if name or not body.isascii():
            said = f"oppgir tegnsett {charset}" if name else "oppgir ikke tegnsett"
            log.add("tegnsett", f"Filen {said}, men er lagret som UTF-8; lest som UTF-8.", line=1)
        name = "UTF-8"
    elif not name:
        log.add("tegnsett", "Filen oppgir ikke tegnsett; lest som ISO8859-1.", line=1)
        name = "ISO8859-1"
    try:
        text = body.decode(_ENCODINGS[name])
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{path.name}: linje {line} har tegn som ikke er {name}.",
            remedy="Rett TEGNSETT i filhodet, eller lagre filen på nytt i det tegnsettet.",
        ) from error
    return text.translate(_SEVEN_BITS) if _ENCODINGS[name] == "ascii" else text


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _without_comment(line: re.Match[str]) -> str:
    """Cut a comment, but not an exclamation mark inside quotes."""
    return _QUOTED_OR_COMMENT.sub(
        lambda part: "" if part.group().startswith("!") else part.group(), line.group()
    )


def objects_of(text: str) -> Iterator[SosiObject]:
    """Split the text at every element with one dot."""
    text = "\n" + text
    starts = [match.start() for match in _OBJECT.finditer(text)]
    ends = [*starts, len(text)][1:]
    line, position = 0, 0
    for start, end in zip(starts, ends, strict=True):
        line += text.count("\n", position, start + 1)
        position = start + 1
        chunk = text[text.index(".", start) + 1 : end]
        head = _OBJECT_HEAD.match(chunk)
        if head is None:
            continue  # cannot happen: the split demands a character that is no blank or colon
        yield SosiObject(
            kind=head.group(1).upper(),
            number=int(head.group(2)) if head.group(2) else None,
            line=line,
            body=chunk[head.end() :],
        )


def elements_of(item: SosiObject) -> list[Element]:
    """List the dotted elements of an object in order.

    An element may follow another on the same line when its name starts with a capital, as in
    ``..KVALITET ...MÅLEMETODE 82``; at the start of a line any name is one.
    """
    body = item.body
    found = [
        match for match in _ELEMENT.finditer(body) if match.group(1) and _is_element(body, match)
    ]
    elements = []
    line, position = item.line, 0
    ends = [*(match.start() for match in found), len(body)][1:]
    for match, end in zip(found, ends, strict=True):
        line += body.count("\n", position, match.start())
        position = match.start()
        name = match.group(2)
        elements.append(
            Element(len(match.group(1)), name.upper(), body[match.end() : end].lstrip(":"), line)
        )
    return elements


def _is_element(body: str, match: re.Match[str]) -> bool:
    start = match.start()
    if start == 0 or body[start - 1] == "\n":
        return True
    if not body[start - 1].isspace():
        return False
    first = match.group(2)[0]
    return (first.isalpha() and first.isupper()) or not body[
        body.rfind("\n", 0, start) + 1 : start
    ].strip()


def coordinates_of(elements: list[Element]) -> Coordinates:
    """Collect the coordinate blocks (..NØ, ..NØH, ..NØD); node marks (...KP n) are left out."""
    found = Coordinates()
    kind = ""
    inside = False
    for element in elements:
        if element.level <= _COORDINATE_LEVEL:
            match = _COORDINATE_NAME.fullmatch(element.name)
            inside = match is not None and element.level == _COORDINATE_LEVEL
            if match is not None and inside:
                kind = match.group(1) or ""
                found.blocks.append((kind, element.value, element.line))
        elif inside:
            # The mark ends with its line; coordinates may go on below it.
            _, newline, rest = element.value.partition("\n")
            if newline and rest and not rest.isspace():
                found.blocks.append((kind, rest, element.line + 1))
    return found


def attributes_of(elements: list[Element]) -> dict[str, str | None]:
    """Flatten the attributes: ``GRUPPE.ATTRIBUTT``, repeated values joined with ``;``.

    A group has no column of its own. When a group is repeated, its members keep their places: an
    absent one leaves an empty place (``;1000``). KVALITET on one line becomes the same columns
    as KVALITET written as a group. Coordinates and REF are geometry, and left out. ``*`` means
    unknown.
    """
    collected: dict[str, list[str]] = {}
    opened: Counter[str] = Counter()
    path: list[str] = []
    for index, element in enumerate(elements):
        parent = path[: element.level - 2]
        path = [*parent, element.name]
        if path[0] == "REF" or _COORDINATE_NAME.fullmatch(path[0]):
            continue
        name = ".".join(path)
        opened[name] += 1
        value = _clean(element.value)
        parts = value.split() if value and name == "KVALITET" else []
        if parts and len(parts) <= len(QUALITY_PARTS):
            for part, text in zip(QUALITY_PARTS, parts, strict=False):
                _note(collected, f"KVALITET.{part}", text, opened["KVALITET"])
            continue
        has_children = index + 1 < len(elements) and elements[index + 1].level > element.level
        if value is not None or not has_children:
            _note(collected, name, value, opened[".".join(parent)])
    return {name: ";".join(values) or None for name, values in collected.items()}


def _note(collected: dict[str, list[str]], name: str, value: str | None, group: int) -> None:
    """Add a value; ``group`` counts how often the group around it has been opened."""
    values = collected.setdefault(name, [])
    if value is not None and value != "*":
        values.extend([""] * (group - 1 - len(values)))
        values.append(value)


def _clean(value: str) -> str | None:
    """Trim a value and take off its quotes; None when nothing is left."""
    value = value.strip()
    if "\n" in value:
        value = " ".join(part.strip() for part in value.split("\n"))
    if value[:1] in {'"', "'"}:
        inner = value[1:-1]
        if len(value) > 1 and value[-1] == value[0] and value[0] not in inner:
            value = inner
        elif value.count(value[0]) % 2 == 0:
            value = " ".join(
                next(filter(None, match.groups()), "") for match in _QUOTED.finditer(value)
            )
    return value or None


def epsg_of(koordsys: int | None, path: Path) -> str:
    """Translate SOSI's KOORDSYS to an EPSG code, east before north.

    Raises
    ------
    CrsError
        For NGO1948, geographic and local systems, and when the file does not say.
    """
    if koordsys is not None and 21 <= koordsys <= 26:  # noqa: PLR2004 - EUREF89 UTM zone 31-36
        return f"EPSG:{25810 + koordsys}"
    if koordsys is not None and 31 <= koordsys <= 36:  # noqa: PLR2004 - ED50 UTM zone 31-36
        return f"EPSG:{23000 + koordsys}"
    said = f"KOORDSYS {koordsys}" if koordsys is not None else "ikke KOORDSYS"
    raise CrsError(
        f"{path.name} oppgir {said}; askergeo leser 21-26 (EUREF89 UTM sone 31-36) "
        "og 31-36 (ED50 UTM).",
        remedy="Transformer filen til EUREF89 UTM, eller oppgi koordinatsystemet når den leses.",
    )


def header_of(item: SosiObject, charset: str, path: Path) -> SosiHeader:
    """Read the header object (.HODE).

    Raises
    ------
    SourceError
        When ENHET is missing or a number in the header is not a number.
    """
    values = attributes_of(elements_of(item))

    def first(name: str) -> str:
        return (values.get(f"TRANSPAR.{name}") or values.get(name) or "").split(";")[0]

    def numbers(name: str, count: int) -> tuple[float, ...] | None:
        text = first(name)
        if not text:
            return None
        try:
            found = tuple(float(part) for part in text.split()[:count])
        except ValueError:
            found = (math.nan,)
        if not all(map(math.isfinite, found)):
            raise SourceError(
                f"{path.name}: {name} i filhodet er «{text}», ikke et tall.", remedy=_ASK_AGAIN
            )
        if len(found) != count:
            raise SourceError(
                f"{path.name}: {name} i filhodet skal ha {count} tall, har «{text}».",
                remedy=_ASK_AGAIN,
            )
        return found

    unit = numbers("ENHET", 1)
    if unit is None or not 0 < unit[0] <= 1e6:  # noqa: PLR2004 - no file counts in thousands of km
        raise SourceError(
            f"{path.name}: ENHET mangler i filhodet eller er ikke over 0.",
            remedy="Uten ENHET er koordinatene ukjente; be leverandøren om en hel fil.",
        )
    system = numbers("KOORDSYS", 1)
    north_east = numbers("ORIGO-NØ", 2) or numbers("ORIGO-NE", 2) or (0.0, 0.0)
    lower, upper = (
        numbers(f"OMRÅDE.{name}-NØ", 2) or numbers(f"OMRÅDE.{name}-NE", 2)
        for name in ("MIN", "MAX")
    )
    return SosiHeader(
        tegnsett=charset,
        koordsys=int(system[0]) if system else None,
        enhet=unit[0],
        enhet_h=(numbers("ENHET-H", 1) or unit)[0],
        enhet_d=(numbers("ENHET-D", 1) or unit)[0],
        origo=(north_east[0], north_east[1]),
        versjon=first("SOSI-VERSJON"),
        nivå=first("SOSI-NIVÅ"),
        eier=first("EIER"),
        vertikaldatum=first("VERT-DATUM"),
        område=(lower[1], lower[0], upper[1], upper[0]) if lower and upper else None,
    )
