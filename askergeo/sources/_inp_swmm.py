"""The elements of a SWMM model, in the package's units. SWMM does not tell capitals from small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from askergeo.sources._inp_elements import Element, Value, number_of
from askergeo.sources._inp_units import Units, units_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from askergeo.sources._inp_elements import Faults
    from askergeo.sources._inp_text import InpText, Line

__all__ = [
    "LINK_SECTIONS",
    "NODE_SECTIONS",
    "swmm_elements",
    "swmm_plants",
    "swmm_units",
]

NODE_SECTIONS: Final = ("JUNCTIONS", "OUTFALLS", "DIVIDERS", "STORAGE")
LINK_SECTIONS: Final = ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS")
_TYPES: Final = {"JUNCTIONS": "kum", "OUTFALLS": "utlop", "DIVIDERS": "kum", "STORAGE": "basseng"}
_FUNCTIONS: Final = {"PUMPS": "pumpe", "ORIFICES": "ventil", "WEIRS": "ventil", "OUTLETS": "ventil"}
_FLOW_UNITS: Final = ("CFS", "GPM", "MGD", "CMS", "LPS", "MLD")
#: Cross sections whose first measure is the inside diameter.
_ROUND: Final = ("CIRCULAR", "FORCE_MAIN", "FILLED_CIRCULAR")
_SECTIONED: Final = ("CONDUITS", "ORIFICES", "WEIRS")
_SWITCH: Final = {"aapen": "ON", "stengt": "OFF"}
# The least number of words on a line.
_FIELDS: Final = {"CONDUITS": 5, "PUMPS": 3, "OUTLETS": 5}
_MM: Final = 1000.0


def _option(text: InpText, name: str) -> tuple[Line | None, str]:
    found = [line for line in text.rows("OPTIONS") if line.words[0].upper() == name]
    if not found or len(found[-1].words) < 2:  # noqa: PLR2004
        return None, ""
    return found[-1], found[-1].words[1].upper()


def swmm_units(text: InpText, faults: Faults) -> Units:
    """Read the flow unit; SWMM's own is cubic feet a second."""
    line, name = _option(text, "FLOW_UNITS")
    found = units_of(name or "CFS") if (name or "CFS") in _FLOW_UNITS else None
    if found is None:
        faults.refuse(line, "ukjent_enhet", f"Enheten «{name}» finnes ikke i SWMM.")
        found = units_of("CFS")
        assert found is not None  # noqa: S101  (it is in the table)
    return found


def swmm_elements(
    text: InpText, units: Units, faults: Faults, outside: Collection[str] = ()
) -> list[Element]:
    """Read nodes and links; each line that SWMM would refuse is noted.

    ``outside`` are nodes that are known from elsewhere than the text.
    """
    nodes: dict[str, Element] = {}
    others = {name.upper(): name for name in outside}
    for section in NODE_SECTIONS:
        for line in text.rows(section):
            node = _node(line, section, units, faults)
            if node is not None and _fresh(line, nodes, faults):
                nodes[node.id.upper()] = node
    context = _Context(
        nodes=nodes,
        shapes={line.words[0].upper(): line for line in text.rows("XSECTIONS")},
        medium=_medium(text),
        relative=_option(text, "LINK_OFFSETS")[1] != "ELEVATION",
        units=units,
    )
    names = others | {name: one.id for name, one in nodes.items()}
    links: dict[str, Element] = {}
    for section in LINK_SECTIONS:
        for line in text.rows(section):
            if len(line.words) < _FIELDS.get(section, 6):
                faults.refuse(line, "for_faa_felt", f"Linjen har {len(line.words)} felt, for få.")
                continue
            ends = _ends(line, names, faults)
            values = _link_values(line, ends, context, faults)
            if _fresh(line, links, faults) and ends is not None:
                links[line.words[0].upper()] = Element(
                    "va_ledning", section, line.words[0], line.number, values, ends
                )
    return [*nodes.values(), *links.values()]


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What a link's line does not say itself."""

    nodes: dict[str, Element]
    shapes: dict[str, Line]
    medium: str
    relative: bool
    units: Units


def _link_values(
    line: Line, ends: tuple[str, str] | None, context: _Context, faults: Faults
) -> dict[str, Value]:
    section, units = line.section, context.units
    values = {"type": Value(context.medium), "lengde_m": Value(0.0)}
    if section in _FUNCTIONS:
        values["funksjon"] = Value(_FUNCTIONS[section])
    if section == "PUMPS":
        values["status"] = _switch(line)
    if section in _SECTIONED:
        values |= _shape(line, context.shapes.get(line.words[0].upper()), units, faults)
    if section == "CONDUITS":
        values |= _conduit(line, units, faults)
        if ends is not None:
            values |= _offsets(line, ends, context)
    return values


def _fresh(line: Line, seen: dict[str, Element], faults: Faults) -> bool:
    name = line.words[0]
    if name.upper() in seen:
        faults.refuse(line, "dobbel_id", f"Id-en «{name}» er brukt før.")
        return False
    return True


def _node(line: Line, section: str, units: Units, faults: Faults) -> Element | None:
    if len(line.words) < {"OUTFALLS": 3, "STORAGE": 5, "DIVIDERS": 4}.get(section, 2):
        faults.refuse(line, "for_faa_felt", f"Linjen har {len(line.words)} felt, for få.")
        return None
    invert = faults.number(line, 1, "Bunnhøyden")
    bottom = None if invert is None else invert * units.length
    values = {
        "type": Value(_TYPES[section]),
        "bunnhoyde": Value(bottom, line.number, 1, units.length),
    }
    if section in ("JUNCTIONS", "STORAGE"):
        depth = faults.number(line, 2, "Dybden", least=0)
        if bottom is not None and depth:
            values["hoyde"] = Value(bottom + depth * units.length)
    return Element("va_node", section, line.words[0], line.number, values)


def _ends(line: Line, names: dict[str, str], faults: Faults) -> tuple[str, str] | None:
    start, end = line.words[1], line.words[2]
    missing = [name for name in dict.fromkeys((start, end)) if name.upper() not in names]
    for name in missing:
        faults.refuse(line, "ukjent_node", f"Noden «{name}» finnes ikke.")
    if missing:
        return None
    if start.upper() == end.upper():
        faults.tell(
            line, "null_lang_sloeyfe",
            f"Ledningen «{line.words[0]}» begynner og slutter i samme node («{start}»).",
        )  # fmt: skip
    # The node's own spelling, so that the layers fit together.
    return names[start.upper()], names[end.upper()]


def _conduit(line: Line, units: Units, faults: Faults) -> dict[str, Value]:
    length = faults.number(line, 3, "Lengden", above=0)
    rough = faults.number(line, 4, "Ruheten", above=0)
    return {
        "lengde_m": Value(
            None if length is None else length * units.length, line.number, 3, units.length
        ),
        "ruhet": Value(rough, line.number, 4),
    }


def _switch(line: Line) -> Value:
    position = 4
    word = line.words[position].upper() if len(line.words) > position else "ON"
    return Value("stengt" if word == "OFF" else "aapen", line.number, position, words=_SWITCH)


def _shape(line: Line, shape: Line | None, units: Units, faults: Faults) -> dict[str, Value]:
    if shape is None or len(shape.words) < 3:  # noqa: PLR2004
        faults.refuse(
            line, "uten_tverrsnitt", f"«{line.words[0]}» mangler tverrsnitt ([XSECTIONS])."
        )  # fmt: skip
        return {}
    if shape.words[1].upper() not in _ROUND:
        return {}
    size = faults.number(shape, 2, "Diameteren", above=0)
    scale = units.length * _MM
    return {"dimensjon_mm": Value(None if size is None else size * scale, shape.number, 2, scale)}


def _offsets(line: Line, ends: tuple[str, str], context: _Context) -> dict[str, Value]:
    """Return the heights of a conduit's ends: above the node's bottom, or of themselves."""
    values: dict[str, Value] = {}
    scale = context.units.length
    for column, position, node in (("hoyde_fra", 5, ends[0]), ("hoyde_til", 6, ends[1])):
        known = context.nodes.get(node.upper())
        bottom = None if known is None else known.columns["bunnhoyde"].value
        word = line.words[position] if position < len(line.words) else "*"
        offset = 0.0 if word == "*" else number_of(word)
        if not isinstance(bottom, float) or offset is None:
            continue
        base = bottom if context.relative or word == "*" else 0.0
        values[column] = Value(
            base + offset * scale, line.number, position, scale, bottom if context.relative else 0.0
        )
    return values


def _medium(text: InpText) -> str:
    """Tell what the pipes carry: rain, sewage, or both in one pipe."""
    sewage = bool(text.rows("DWF"))
    rain = bool(text.rows("SUBCATCHMENTS")) or bool(text.rows("RAINGAGES"))
    if sewage:
        return "avlop_felles" if rain else "spillvann"
    return "overvann"


def swmm_plants(text: InpText) -> list[dict[str, object]]:
    """Return the pumps as rows of ``va_anlegg``."""
    return [
        {
            "anlegg_id": f"pumpe-{line.words[0]}", "type": "pumpestasjon", "navn": line.words[0],
            "node_id": line.words[1], "volum_m3": None,
        }
        for line in text.rows("PUMPS") if len(line.words) > 1
    ]  # fmt: skip
