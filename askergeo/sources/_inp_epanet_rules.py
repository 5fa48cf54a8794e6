"""What EPANET refuses beyond single elements: unknown words, and names of what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from askergeo.sources._inp_elements import number_of
from askergeo.sources._inp_epanet import NODE_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from askergeo.sources._inp_elements import Element, Faults
    from askergeo.sources._inp_text import InpText, Line

__all__ = ["check_epanet"]

# The first word of an option, as far as EPANET reads it.
_OPTIONS: Final = (
    "UNITS", "PRESSURE", "HEADLOSS", "HYDRAULIC", "QUALITY", "MAP", "VERIFY", "UNBALANCED",
    "PATTERN", "DEMAND", "EMITTER", "VISC", "SPEC", "TRIALS", "DIFF", "TOLER", "SEGMENTS",
    "ACCU", "CHECKFREQ", "MAXCHECK", "DAMPLIMIT", "HEADERROR", "FLOWCHANGE", "MINIMUM",
    "REQUIRED", "HTOL", "QTOL", "RQTOL", "BACKFLOW",
)  # fmt: skip
_HEADLOSS: Final = ("H-W", "D-W", "C-M")
# Beginnings of the words in [TIMES] and [REPORT].
_TIMES: Final = (
    "DURA", "HYDR", "QUAL", "RULE", "MINI", "PATT", "REPO", "START", "STAT",
)  # fmt: skip
_TIME_UNITS: Final = ("SEC", "MIN", "HOU", "DAY", "AM", "PM")
_TIME: Final = re.compile(r"-?((\d*\.)?\d+(E[+-]?\d+)?|\d+\.|\d+(:\d+){1,2})")
_STATISTICS: Final = ("NONE", "NO", "AVERAGE", "MINI", "MAXI", "RANGE")
_REPORT: Final = (
    "PAGE", "STATUS", "SUMM", "MESS", "ENER", "NODE", "LINK", "FILE", "ELEV", "DEMA", "HEAD",
    "PRESS", "QUAL", "LENG", "DIAM", "FLOW", "VELO", "POSI", "SETT", "REAC", "F-FACT", "TRIALS",
)  # fmt: skip
# Section, position of the name, and whether it names a node or a link.
_NAMED: Final = (
    ("DEMANDS", 0, "node"), ("EMITTERS", 0, "node"), ("SOURCES", 0, "node"),
    ("MIXING", 0, "node"), ("COORDINATES", 0, "node"), ("VERTICES", 0, "link"),
)  # fmt: skip
_NODE_WORDS: Final = ("NODE", "JUNC", "RESERV", "TANK")
_LINK_WORDS: Final = ("LINK", "PIPE", "PUMP", "VALVE")
_RULE_STARTS: Final = ("IF", "AND", "OR", "THEN", "ELSE")


def check_epanet(text: InpText, elements: list[Element], faults: Faults) -> None:
    """Hold a model against what EPANET demands of a whole file."""
    nodes = {one.id: one for one in elements if one.layer == "va_node"}
    links = {one.id: one for one in elements if one.layer == "va_ledning"}
    # A link that was refused is there all the same: it is named once, not at each mention of it.
    defined = {"node": _ids(text, NODE_SECTIONS), "link": _ids(text, ("PIPES", "PUMPS", "VALVES"))}
    _headings(text, faults)
    _options(text, faults)
    _named(text, defined, faults)
    _patterns_and_curves(text, faults)
    _controls(text, defined, faults)
    _whole(text, nodes, links, faults)


def _ids(text: InpText, sections: tuple[str, ...]) -> set[str]:
    return {line.words[0] for section in sections for line in text.rows(section)}


def _headings(text: InpText, faults: Faults) -> None:
    for line in text.unknown:
        faults.refuse(
            line, "ukjent_seksjon", f"Seksjonen «{line.text.strip()}» finnes ikke i EPANET."
        )
    for line in text.stray[:1]:
        faults.refuse(line, "utenfor_seksjon", "Filen har tekst før første seksjon.")
    if "END" not in text.sections:
        faults.tell(None, "uten_slutt", "Filen mangler [END]; den kan være avkortet.")


def _options(text: InpText, faults: Faults) -> None:
    for line in text.rows("OPTIONS"):
        first = line.words[0].upper()
        second = line.words[1] if len(line.words) > 1 else ""
        if second and not first.startswith(_OPTIONS):
            faults.refuse(line, "ukjent_valg", f"Valget «{line.words[0]}» finnes ikke i EPANET.")
        elif first == "HEADLOSS" and second and not second.upper().startswith(_HEADLOSS):
            faults.refuse(line, "ukjent_valg", f"Formelen «{second}» finnes ikke.")


def _named(text: InpText, defined: dict[str, set[str]], faults: Faults) -> None:
    for section, position, kind in _NAMED:
        for line in text.rows(section):
            if section != "DEMANDS" or line.words[0].upper() != "MULTIPLY":
                _require(line, position, defined[kind], kind, faults)
    for section, kind in (("STATUS", "link"), ("QUALITY", "node")):
        for line in text.rows(section):
            if len(line.words) == 2:  # noqa: PLR2004  (three words are a range of ids)
                _require(line, 0, defined[kind], kind, faults)
    pumps = _ids(text, ("PUMPS",))
    for line in text.rows("ENERGY"):
        if line.words[0].upper() == "PUMP" and len(line.words) > 1:
            _require(line, 1, pumps, "link", faults)
    _coordinates(text, faults)
    _times(text, faults)
    _report(text, defined, faults)


def _times(text: InpText, faults: Faults) -> None:
    for line in text.rows("TIMES"):
        words = [word.upper() for word in line.words]
        value = words[-2] if words[-1].startswith(_TIME_UNITS) and len(words) > 1 else words[-1]
        if not words[0].startswith(_TIMES):
            faults.refuse(line, "ukjent_valg", f"Tiden «{line.words[0]}» finnes ikke i EPANET.")
        elif words[0].startswith("STAT"):
            if not value.startswith(_STATISTICS):
                faults.refuse(line, "ukjent_valg", f"Statistikken «{line.words[-1]}» finnes ikke.")
        elif not _TIME.fullmatch(value):
            faults.refuse(line, "ugyldig_tid", f"«{line.words[-1]}» er ingen tid.")


def _report(text: InpText, defined: dict[str, set[str]], faults: Faults) -> None:
    for line in text.rows("REPORT"):
        first = line.words[0].upper()
        if not first.startswith(_REPORT):
            faults.refuse(line, "ukjent_valg", f"«{line.words[0]}» er ikke noe å rapportere.")
        for start, kind in (("NODE", "node"), ("LINK", "link")):
            every = len(line.words) > 1 and line.words[1].upper().startswith(("ALL", "NONE"))
            if first.startswith(start) and not every:
                for position in range(1, len(line.words)):
                    _require(line, position, defined[kind], kind, faults)


def _coordinates(text: InpText, faults: Faults) -> None:
    for line in [*text.rows("COORDINATES"), *text.rows("VERTICES")]:
        if len(line.words) < 3:  # noqa: PLR2004
            faults.refuse(line, "for_faa_felt", "Koordinaten er ikke hel.")
        for place, what in ((1, "x"), (2, "y")):
            faults.number(line, place, f"Koordinaten {what}")


def _require(line: Line, position: int, known: Collection[str], kind: str, faults: Faults) -> None:
    if position < len(line.words) and line.words[position] not in known:
        name = line.words[position]
        what = "Noden" if kind == "node" else "Ledningen"
        faults.refuse(line, f"ukjent_{'node' if kind == 'node' else 'ledning'}",
                      f"{what} «{name}» finnes ikke.")  # fmt: skip


def _patterns_and_curves(text: InpText, faults: Faults) -> None:
    patterns, curves = _ids(text, ("PATTERNS",)), _ids(text, ("CURVES",))
    for line in text.rows("PATTERNS"):
        for position in range(1, len(line.words)):
            faults.number(line, position, "Faktoren")
    for line in text.rows("CURVES"):
        if len(line.words) < 3:  # noqa: PLR2004
            faults.refuse(line, "for_faa_felt", f"Kurven «{line.words[0]}» mangler x eller y.")
        for position in (1, 2):
            faults.number(line, position, "Punktet på kurven")
    for line, name in _pattern_uses(text):
        if name not in patterns:
            faults.refuse(line, "ukjent_moenster", f"Mønsteret «{name}» finnes ikke.")
    for line, name in _curve_uses(text):
        if name not in curves:
            rule = "pumpe_uten_kurve" if line.section == "PUMPS" else "ukjent_kurve"
            faults.refuse(line, rule, f"Kurven «{name}» finnes ikke.")
    _falling(text, faults)


def _pattern_uses(text: InpText) -> Iterator[tuple[Line, str]]:
    for section, position in (("JUNCTIONS", 3), ("RESERVOIRS", 2), ("DEMANDS", 2), ("SOURCES", 3)):
        for line in text.rows(section):
            if len(line.words) > position and line.words[position] != "*":
                yield line, line.words[position]
    for section in ("PUMPS", "ENERGY"):
        for line in text.rows(section):
            words = [word.upper() for word in line.words]
            for position, word in enumerate(words[:-1]):
                if word.startswith("PATT"):
                    yield line, line.words[position + 1]


def _curve_uses(text: InpText) -> Iterator[tuple[Line, str]]:
    for line in text.rows("PUMPS"):
        words = [word.upper() for word in line.words]
        for position, word in enumerate(words[:-1]):
            if position > 2 and word == "HEAD":  # noqa: PLR2004  (a pump may be called HEAD)
                yield line, line.words[position + 1]
    for line in text.rows("TANKS"):
        if len(line.words) > 7 and line.words[7] != "*":  # noqa: PLR2004
            yield line, line.words[7]
    for line in text.rows("VALVES"):
        if len(line.words) > 5 and line.words[4].upper() == "GPV":  # noqa: PLR2004
            yield line, line.words[5]


def _falling(text: InpText, faults: Faults) -> None:
    """Tell of curves whose x does not grow: EPANET opens the file, and may stop in the run."""
    last: dict[str, float] = {}
    for line in text.rows("CURVES"):
        x = number_of(line.words[1]) if len(line.words) > 1 else None
        if x is None:
            continue
        if line.words[0] in last and x <= last[line.words[0]]:
            faults.tell(line, "kurve_ikke_stigende", f"Kurven «{line.words[0]}» stiger ikke i x.")
        last[line.words[0]] = x


def _controls(text: InpText, defined: dict[str, set[str]], faults: Faults) -> None:
    for line in text.rows("CONTROLS"):
        if len(line.words) < 6:  # noqa: PLR2004
            faults.refuse(line, "for_faa_felt", "Styringen er ikke hel.")
            continue
        _require(line, 1, defined["link"], "link", faults)
        state = line.words[2].upper()
        if number_of(state) is None and not state.startswith(("OPEN", "CLOSED")):
            faults.refuse(line, "ukjent_status", f"Statusen «{line.words[2]}» finnes ikke.")
        if line.words[3].upper() == "IF":
            _require(line, 5, defined["node"], "node", faults)
    for line in text.rows("RULES"):
        words = [word.upper() for word in line.words]
        if words[0] not in _RULE_STARTS or len(words) < 3:  # noqa: PLR2004
            continue
        if words[1].startswith(_NODE_WORDS):
            _require(line, 2, defined["node"], "node", faults)
        elif words[1].startswith(_LINK_WORDS):
            _require(line, 2, defined["link"], "link", faults)
        elif words[1] != "SYSTEM":
            faults.refuse(line, "ukjent_ord", f"«{line.words[1]}» er ikke noe en regel kan gjelde.")


def _whole(
    text: InpText, nodes: dict[str, Element], links: dict[str, Element], faults: Faults
) -> None:
    if len(nodes) < 2:  # noqa: PLR2004
        faults.refuse(None, "for_faa_noder", "Modellen har færre enn to noder.")
    elif not any(one.section != "JUNCTIONS" for one in nodes.values()):
        faults.refuse(None, "uten_kilde", "Modellen har verken kilde ([RESERVOIRS]) eller basseng.")
    if any(row[2] in ("ukjent_node", "for_faa_felt") and row[4] for row in faults.rows):
        return  # the links that would have reached a node are refused already
    used = {name for one in links.values() for name in one.ends or ()}
    loops = {word for section in ("PIPES", "PUMPS", "VALVES") for line in text.rows(section)
             for word in line.words[1:3]}  # fmt: skip
    rows = {line.number: line for section in NODE_SECTIONS for line in text.rows(section)}
    for name, node in nodes.items():
        if name not in used and name not in loops:
            # EPANET takes a source that nothing is connected to, but not a junction.
            note = faults.refuse if node.section == "JUNCTIONS" else faults.tell
            note(rows[node.line], "uten_ledning", f"Noden «{name}» har ingen ledning.")
