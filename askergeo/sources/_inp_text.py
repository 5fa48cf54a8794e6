"""The lines of an .inp file: sections, words and line numbers, and the letters they are in.

EPANET and SWMM read the same kind of text: sections with a name in brackets, words between blanks,
and what follows a semicolon is a comment. Every line is kept as it stands, so that a model that
nobody has changed is written as it was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from askergeo.errors import SourceError
from askergeo.sources._kinds import existing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = [
    "EPANET",
    "EPANET_SECTIONS",
    "SWMM",
    "SWMM_SECTIONS",
    "InpText",
    "Line",
    "read_text",
    "replace_word",
    "split_lines",
]

EPANET: Final = "epanet"
SWMM: Final = "swmm"

EPANET_SECTIONS: Final = (
    "TITLE", "JUNCTIONS", "RESERVOIRS", "TANKS", "PIPES", "PUMPS", "VALVES", "TAGS", "DEMANDS",
    "STATUS", "PATTERNS", "CURVES", "CONTROLS", "RULES", "ENERGY", "EMITTERS", "QUALITY", "SOURCES",
    "REACTIONS", "MIXING", "TIMES", "REPORT", "OPTIONS", "COORDINATES", "VERTICES", "LABELS",
    "BACKDROP", "ROUGHNESS", "END",
)  # fmt: skip
# SWMM knows a section by the beginning of its name: [JUNC] is [JUNCTIONS].
_SWMM_STARTS: Final = {
    "TITLE": "TITLE", "OPTION": "OPTIONS", "FILE": "FILES", "RAINGAGE": "RAINGAGES",
    "TEMP": "TEMPERATURE", "EVAP": "EVAPORATION", "SUBCATCH": "SUBCATCHMENTS",
    "SUBAREA": "SUBAREAS", "INFIL": "INFILTRATION", "AQUIF": "AQUIFERS", "GROUNDW": "GROUNDWATER",
    "SNOWPACK": "SNOWPACKS", "JUNC": "JUNCTIONS", "OUTFALL": "OUTFALLS", "STORAGE": "STORAGE",
    "DIVIDER": "DIVIDERS", "CONDUIT": "CONDUITS", "PUMP": "PUMPS", "ORIFICE": "ORIFICES",
    "WEIR": "WEIRS", "OUTLET": "OUTLETS", "XSECT": "XSECTIONS", "TRANSECT": "TRANSECTS",
    "LOSS": "LOSSES", "CONTROL": "CONTROLS", "POLLUT": "POLLUTANTS", "LANDUSE": "LANDUSES",
    "BUILDUP": "BUILDUP", "WASHOFF": "WASHOFF", "COVERAGE": "COVERAGES", "INFLOW": "INFLOWS",
    "DWF": "DWF", "PATTERN": "PATTERNS", "RDII": "RDII", "HYDROGRAPH": "HYDROGRAPHS",
    "LOADING": "LOADINGS", "TREATMENT": "TREATMENT", "CURVE": "CURVES", "TIMESERIES": "TIMESERIES",
    "REPORT": "REPORT", "MAP": "MAP", "COORDINATE": "COORDINATES", "VERTICES": "VERTICES",
    "POLYGON": "POLYGONS", "SYMBOL": "SYMBOLS", "LABEL": "LABELS", "BACKDROP": "BACKDROP",
    "TAG": "TAGS", "PROFILE": "PROFILES", "LID_CONTROL": "LID_CONTROLS", "LID_USAGE": "LID_USAGE",
    "GWF": "GWF", "GW_FLOW": "GW_FLOW", "ADJUST": "ADJUSTMENTS", "EVENT": "EVENTS",
    "STREET": "STREETS", "INLET_USAGE": "INLET_USAGE", "INLET": "INLETS",
}  # fmt: skip
SWMM_SECTIONS: Final = tuple(dict.fromkeys(_SWMM_STARTS.values()))

# Sections that only one of the programs has.
_ONLY_SWMM: Final = frozenset(SWMM_SECTIONS) - frozenset(EPANET_SECTIONS) - {"FILES", "EVENTS"}
_ONLY_EPANET: Final = frozenset(
    ("RESERVOIRS", "TANKS", "PIPES", "VALVES", "EMITTERS", "MIXING", "REACTIONS", "ENERGY")
)
# A word ends at a blank; what stands in quotes is one word.
_WORD: Final = re.compile(r'"[^"]*"|[^\s"]+')
# What begins a section; blanks only, since a search over line ends takes for ever in empty lines.
_HEADING: Final = re.compile(r"^[^\S\n]*\[([A-Za-z_]+)", re.MULTILINE)
_FIRST_WORD: Final = re.compile(r"^[^\S\n]*([A-Za-z_]+)[^\S\n]", re.MULTILINE)
_MAX_BYTES: Final = 200_000_000
_MEGA: Final = 1_000_000
# Words of [OPTIONS] that only one of the programs has, for files that are cut short.
_OPTION_WORDS: Final = {
    "FLOW_UNITS": SWMM, "FLOW_ROUTING": SWMM, "INFILTRATION": SWMM, "START_DATE": SWMM,
    "UNITS": EPANET, "HEADLOSS": EPANET, "UNBALANCED": EPANET, "TRIALS": EPANET,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line: number in the file from 1, section in capitals, text, and words before ``;``."""

    number: int
    section: str
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InpText:
    """A whole file.

    ``unknown`` are the lines of headings that the program does not know. ``stray`` are lines with
    words before the first section.
    """

    name: str
    program: str
    encoding: str
    newline: str
    lines: tuple[Line, ...]
    unknown: tuple[Line, ...] = ()
    stray: tuple[Line, ...] = ()
    sections: dict[str, list[Line]] = field(default_factory=dict)

    def rows(self, section: str) -> list[Line]:
        """Return the lines of a section that say something."""
        return self.sections.get(section, [])


def read_text(path: str | Path) -> InpText:
    """Read the lines of an .inp file, whichever program it is for.

    UTF-8 is tried first; a file that is not UTF-8 is read as Windows' Latin-1.

    Raises
    ------
    MissingFileError, SourceError
        When there is no such file, or it is not the text of a model.
    """
    file = existing(path)
    if file.is_dir():
        raise SourceError(
            f"{file.name} er en mappe.", remedy="Velg filen som modellen er lagret i."
        )
    if file.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"{file.name} er {file.stat().st_size // _MEGA} MB. En modell på mer enn "
            f"{_MAX_BYTES // _MEGA} MB leses ikke.",
            remedy="Er det modellen og ikke resultatene? Del den ellers i flere filer.",
        )
    raw = file.read_bytes()
    text, encoding = _decoded(raw)
    if "\0" in text or not _HEADING.search(text):
        raise SourceError(
            f"{file.name} er ingen modell fra EPANET eller SWMM: den har ingen seksjoner.",
            remedy="En modell er tekst med seksjoner som [JUNCTIONS] og [PIPES].",
        )
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    pieces = text.split("\n")
    if pieces and not pieces[-1]:
        pieces.pop()
    texts = ((number, piece.removesuffix("\r")) for number, piece in enumerate(pieces, start=1))
    program = _program(text)
    return split_lines(texts, program=program, name=file.name, encoding=encoding, newline=newline)


def _decoded(raw: bytes) -> tuple[str, str]:
    for encoding in ("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1"


def _program(text: str) -> str:
    """Tell which program a model is for, by what only one of them has.

    Most sections win; where they say nothing, as in a file that is cut short, the options do.
    """
    names = _HEADING.findall(text)
    swmm = sum(_section(name, SWMM) in _ONLY_SWMM for name in names)
    epanet = sum(name.upper() in _ONLY_EPANET for name in names)
    if swmm == epanet:
        words = {word.upper() for word in _FIRST_WORD.findall(text, 0, _MEGA)}
        said = [program for word, program in _OPTION_WORDS.items() if word in words]
        swmm, epanet = said.count(SWMM), said.count(EPANET)
    return SWMM if swmm > epanet else EPANET


def _section(name: str, program: str) -> str:
    """Return a section's full name; empty when the program does not know it."""
    upper = name.upper()
    if program == EPANET:
        return next((known for known in EPANET_SECTIONS if upper.startswith(known)), "")
    # The longest beginning wins: INLET_USAGE is not INLETS, OUTLETS not OUTFALLS.
    fits = [start for start in _SWMM_STARTS if upper.startswith(start)]
    return _SWMM_STARTS[max(fits, key=len)] if fits else ""


def split_lines(
    texts: Iterable[tuple[int, str]],
    *,
    program: str,
    name: str = "",
    encoding: str = "utf-8",
    newline: str = "\n",
) -> InpText:
    """Divide numbered lines into sections and words."""
    lines: list[Line] = []
    unknown: list[Line] = []
    stray: list[Line] = []
    sections: dict[str, list[Line]] = {}
    section = ""
    for number, text in texts:
        words = tuple(_words(text))
        if words and words[0].startswith("["):
            heading = words[0].strip("[]")
            section = "END" if section == "END" else _section(heading, program)
            line = Line(number, section or heading.upper(), text, ())
            if not section:
                unknown.append(line)
                section = heading.upper()
            sections.setdefault(section, [])
        else:
            line = Line(number, section, text, words)
            if words and section:
                sections[section].append(line)
            elif words:
                stray.append(line)
        lines.append(line)
    return InpText(
        name=name, program=program, encoding=encoding, newline=newline, lines=tuple(lines),
        unknown=tuple(unknown), stray=tuple(stray), sections=sections,
    )  # fmt: skip


def _words(text: str) -> Iterator[str]:
    body, _, _ = text.partition(";")
    if not body or body.isspace():
        return iter(())
    if '"' not in body:
        return iter(body.split())
    return (word.strip('"') if word != '""' else "" for word in _WORD.findall(body))


def replace_word(text: str, position: int, word: str) -> str:
    r"""Put a word in a line's place ``position`` (from 0); after the last word it is added.

    Blanks, columns and the comment stay.

    Examples
    --------
    >>> replace_word(" 10   11\t 12   ;c", 1, "99")
    ' 10   99\t 12   ;c'
    >>> replace_word("a b ;c", 2, "d")
    'a b d ;c'
    """
    body, mark, comment = text.partition(";")
    found = list(_WORD.finditer(body))
    if position < len(found):
        start, end = found[position].span()
        # A shorter word leaves its column as wide as it was.
        padded = word.ljust(end - start) if body[end : end + 1].isspace() else word
        return f"{body[:start]}{padded}{body[end:]}{mark}{comment}"
    end = found[-1].end() if found else 0
    return (
        f"{body[:end]} {word}{body[end:] or ' '}{mark}{comment}" if mark else f"{body[:end]} {word}"
    )
