"""The provisions of a plan as text, and whether they mention what the map shows.

Kart- og planforskriften § 10 demands that a zone on the map has a provision or a guideline. Whether
the provision is a good one is for a person; that the zone is mentioned at all can be looked up.
The national form of provisions is XML of its own (Planbestemmelser 5.0), whose link to the map is
the name of the zone, field or area.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import shapely
from lxml import etree

from askergeo.errors import MissingFileError, SourceError
from askergeo.plan.hit import Hit
from askergeo.plan.purposes import PURPOSES, zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lxml.etree import _Element

    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["PROVISION_RULES", "Provisions", "provision_checks", "read_provisions"]

#: A file of provisions is some hundred kilobytes; what is larger than this is something else.
MAX_BYTES: Final = 50_000_000
_DOCUMENT: Final = "word/document.xml"
_ROOT: Final = "Reguleringsplanbestemmelser"
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "title"}
)
_UNSEEN: Final = frozenset({"script", "style"})
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
# «H 310_1» and «BSK 1» are the names H310_1 and BSK1.
_GAP = re.compile(r"(?<=[^\W\d_])[ ](?=\d)")
_TOKEN = re.compile(r"#?\w+")
# From the beginning of a word only, or one endless word would take time by its square.
_RANGE = re.compile(r"(?<![\w#])(#?\w+)\s*(?:-|til(?: og med)?|t\.?o\.?m\.?)\s*(#?\w+)")
_OWNER = re.compile(r"[ofa]_(?=\w)")
_NUMBERED = re.compile(r"(.*?)_?(\d{1,4})")
# A range of more is a year or a page, not names.
_LONGEST_RANGE = 300
_SHORTEST_STEM = 2
_AREAS: Final = (
    "RpBestemmelseOmråde",
    "KpBestemmelseOmråde",
    "RpBestemmelseMidlByggAnlegg",
    "PblMidlByggAnleggOmråde",
)


@dataclass(frozen=True)
class Provisions:
    """The provisions of a plan.

    Parameters
    ----------
    name
        The file's name, without folder.
    text
        All that it says, a paragraph a line.
    """

    name: str
    text: str

    def mentions(self, name: str) -> bool:
        """Whether a name of the map is mentioned: itself, in a range, or by what it begins with.

        Upper and lower case are alike, and so are ``o_SKV1`` and ``SKV1``. «BSK» alone is for every
        field BSK1, BSK2 …, unless some of them are named; so is «H310» for its zones.

        Examples
        --------
        >>> text = Provisions("a.txt", "Faresone H310_1–H310_3. For BSK gjelder …")
        >>> [text.mentions(name) for name in ("H310_2", "H310_4", "BSK4", "BSK", "H320_1")]
        [True, False, True, True, False]
        """
        wanted = _OWNER.sub("", _simple(name.strip()))
        if not wanted:
            return False
        if not _TOKEN.fullmatch(wanted):
            return wanted in self._simple
        if wanted in self._tokens:
            return True
        stem = _stem(wanted)
        return bool(stem) and stem in self._tokens and stem not in self._named

    @cached_property
    def _simple(self) -> str:
        return _simple(self.text)

    @cached_property
    def _tokens(self) -> frozenset[str]:
        """Every word, and what ranges of numbered names stand for."""
        tokens = {_OWNER.sub("", word) for word in _TOKEN.findall(self._simple)}
        for first, last in _RANGE.findall(self._simple):
            tokens |= _between(_OWNER.sub("", first), _OWNER.sub("", last))
        return frozenset(tokens)

    @cached_property
    def _named(self) -> frozenset[str]:
        """What the numbered names begin with."""
        return frozenset(filter(None, map(_stem, self._tokens)))


def read_provisions(path: str | Path) -> Provisions:
    """Read the provisions of a plan.

    Parameters
    ----------
    path
        Text (``.txt``, ``.md``), Word (``.docx``), HTML, or XML in the national form
        Planbestemmelser. Nothing is fetched, and no entity is expanded.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When the file is too large, broken, in another form, or has no text.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"Finner ikke bestemmelsene {path}.", remedy="Kontroller stien til filen."
        )
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(
            f"Bestemmelser kan ikke leses fra {path.name}.",
            remedy="Lagre dokumentet som .docx, .html eller .txt, eller oppgi planbestemmelsene "
            "som .xml.",
        )
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path.name)
    text = reader(path.name, path.read_bytes())
    if not text.strip():
        raise SourceError(
            f"{path.name} har ingen tekst.", remedy="Er dokumentet skannet, må det tolkes først."
        )
    return Provisions(path.name, text)


def mentioned_zones(files: Sequence[PlanFile], provisions: Provisions) -> Iterator[Hit]:
    """plan.hensyn.bestemmelse: every hensynssone with a name is mentioned in the provisions."""
    named = ((file, one, one.first("hensynSonenavn")) for file, one, _ in zones(files))
    return _unmentioned(named, "plan.hensyn.bestemmelse", provisions)


def mentioned_areas(files: Sequence[PlanFile], provisions: Provisions) -> Iterator[Hit]:
    """plan.bestemmelse.tekst: every bestemmelsesområde with a name is mentioned."""
    named = (
        (file, one, one.first("bestemmelseOmrådeNavn"))
        for file in files
        for one in file.of(*_AREAS)
    )
    return _unmentioned(named, "plan.bestemmelse.tekst", provisions)


def mentioned_fields(files: Sequence[PlanFile], provisions: Provisions) -> Iterator[Hit]:
    """plan.felt.bestemmelse: every purpose with a name is mentioned."""
    named = (
        (file, one, one.first("feltnavn") or one.first("feltbetegnelse"))
        for file in files
        for one in file.of(PURPOSES["Rp"])
    )
    return _unmentioned(named, "plan.felt.bestemmelse", provisions)


def _unmentioned(
    named: Iterator[tuple[PlanFile, PlanObject, str]], rule: str, provisions: Provisions
) -> Iterator[Hit]:
    """Give the names that are not mentioned, each once with all that bear it."""
    found: dict[str, list[tuple[PlanFile, PlanObject]]] = {}
    for file, one, name in named:
        if name:
            found.setdefault(name, []).append((file, one))
    for name, some in found.items():
        if not provisions.mentions(name):
            file, one = some[0]
            text = f"{one.kind} {name} er ikke nevnt i {provisions.name}."
            ids = tuple(each.id for _, each in some)
            place = shapely.union_all([each.drawn for _, each in some])
            yield Hit(rule, text, file.name, ids, one.line, place)


#: The rules by id; each needs the provisions besides the plan.
PROVISION_RULES: Final[
    dict[str, Callable[[Sequence[PlanFile], Provisions], Iterator[Hit]]]
] = {
    "plan.hensyn.bestemmelse": mentioned_zones,
    "plan.bestemmelse.tekst": mentioned_areas,
    "plan.felt.bestemmelse": mentioned_fields,
}  # fmt: skip


def provision_checks(
    provisions: Provisions,
) -> dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]:
    """Give the rules that look names up in some provisions."""
    return {name: _bound(rule, provisions) for name, rule in PROVISION_RULES.items()}


def _bound(
    rule: Callable[[Sequence[PlanFile], Provisions], Iterator[Hit]], provisions: Provisions
) -> Callable[[Sequence[PlanFile]], Iterator[Hit]]:
    return lambda files: rule(files, provisions)


def _simple(text: str) -> str:
    """Write a text so that the same name is always the same letters."""
    return _GAP.sub("", " ".join(text.translate(_DASHES).casefold().split()))


def _stem(name: str) -> str:
    """Give what a numbered name begins with; nothing when that could be any word or number."""
    parts = _NUMBERED.fullmatch(name)
    stem = parts[1] if parts else ""
    return "" if len(stem) < _SHORTEST_STEM or stem.isdigit() else stem


def _between(first: str, last: str) -> set[str]:
    """Give the names of a range: ``h310_1`` to ``h310_3``, or to ``3``; nothing if it is none."""
    one, other = re.fullmatch(r"(.*?)(\d{1,4})", first), re.fullmatch(r"(.*?)(\d{1,4})", last)
    if not one or not other or other[2].startswith("0") or other[1] not in {"", "_", one[1]}:
        return set()
    low, high = int(one[2]), int(other[2])
    if not one[1] or not low <= high <= low + _LONGEST_RANGE:
        return set()
    return {f"{one[1]}{number}" for number in range(low, high + 1)}


def _plain(name: str, content: bytes) -> str:
    """Decode a text: by its mark, as UTF-8, or else as Windows writes it."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SourceError(f"{name} er ikke tekst.", remedy="Lagre dokumentet som .docx eller .txt.")


def _html(name: str, content: bytes) -> str:
    """Give what a page shows, a block a line."""
    text = _plain(name, content)
    # The parser of the standard library takes time by the square of what is never closed.
    parser = etree.HTMLParser(
        no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        root: _Element | None = etree.fromstring(text.encode(), parser)  # none of an empty page
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name} kan ikke leses som HTML: {error.msg}.", remedy="Lagre dokumentet på nytt."
        ) from error
    parts: list[str] = []
    for event, one in () if root is None else etree.iterwalk(root, events=("start", "end")):
        block = "\n" if one.tag in _BLOCKS else ""
        shown = (one.text or "") if event == "start" and one.tag not in _UNSEEN else ""
        parts += [block, shown] if event == "start" else [block, one.tail or ""]
    return "".join(parts)


def _xml(name: str, content: bytes) -> str:
    """Give every text of provisions in the national form; formatted text lies there as HTML."""
    root = _root(name, content)
    space = etree.QName(root).namespace or ""
    if "planbestemmelser" not in space.lower() and etree.QName(root).localname != _ROOT:
        raise SourceError(
            f"{name} er XML, men ikke planbestemmelser (roten er {etree.QName(root).localname}).",
            remedy=f"Oppgi filen med roten {_ROOT}, eller dokumentet som .docx eller .txt.",
        )
    texts = ["".join(one.itertext(with_tail=False)) for one in root.iter() if not len(one)]
    return "\n".join(_html(name, text.encode()) if "<" in text else text for text in texts)


def _docx(name: str, content: bytes) -> str:
    """Give the paragraphs of a Word document, without what is struck out as deleted."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(_DOCUMENT) as document:
            # The stated size may lie: no more than the limit is taken out.
            inner = document.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, OSError) as error:
        raise SourceError(
            f"{name} er ikke et Word-dokument som kan leses: {error}.",
            remedy="Åpne dokumentet og lagre det på nytt som .docx.",
        ) from error
    if len(inner) > MAX_BYTES:
        raise _too_large(name)
    return "\n".join(_paragraph(one) for one in _root(name, inner).iter("{*}p"))


def _paragraph(paragraph: _Element) -> str:
    """Join the runs of a paragraph: a name may be split between them."""
    parts = []
    for one in paragraph.iter("{*}t", "{*}tab", "{*}br", "{*}noBreakHyphen"):
        name = etree.QName(one).localname
        parts.append({"t": one.text or "", "noBreakHyphen": "-"}.get(name, " "))
    return "".join(parts)


def _root(name: str, content: bytes) -> _Element:
    # Before any parser that could expand entities sees it; UTF-16 has zeros between.
    if b"<!DOCTYPE" in content.replace(b"\0", b""):
        raise SourceError(
            f"{name} har DOCTYPE, og leses ikke.", remedy="Be om dokumentet uten DOCTYPE."
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        return etree.parse(BytesIO(content), parser).getroot()
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name} er ikke gyldig XML: {error.msg}.", remedy="Lagre dokumentet på nytt."
        ) from error


def _too_large(name: str) -> SourceError:
    return SourceError(
        f"{name} er over {MAX_BYTES // 1_000_000} MB; bestemmelser er aldri så store.",
        remedy="Oppgi selve bestemmelsene, uten vedlegg og bilder.",
    )


_READERS: Final[dict[str, Callable[[str, bytes], str]]] = {
    ".txt": _plain,
    ".md": _plain,
    ".htm": _html,
    ".html": _html,
    ".xml": _xml,
    ".docx": _docx,
}
