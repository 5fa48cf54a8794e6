"""The elements of an EPANET model, in the package's units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from askergeo.sources._inp_elements import Element, Value, number_of
from askergeo.sources._inp_units import Units, units_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from askergeo.sources._inp_elements import Faults
    from askergeo.sources._inp_text import InpText, Line

__all__ = [
    "NODE_SECTIONS",
    "OPEN",
    "default_demand",
    "epanet_elements",
    "epanet_plants",
    "epanet_units",
    "options",
]

NODE_SECTIONS: Final = ("JUNCTIONS", "RESERVOIRS", "TANKS")
OPEN: Final = {"aapen": "Open", "stengt": "Closed", "tilbakeslag": "CV"}
_STATUS: Final = {"OPEN": "aapen", "CLOSED": "stengt", "CV": "tilbakeslag"}
_NODE_TYPES: Final = {"JUNCTIONS": "kum", "RESERVOIRS": "kilde", "TANKS": "basseng"}
_VALVES: Final = ("PRV", "PSV", "PBV", "FCV", "TCV", "GPV")
#: Valves that hold a pressure or a flow cannot stand beside a tank.
_NOT_AT_TANK: Final = ("PRV", "PSV", "FCV")
_MAX_ID: Final = 31
_MAX_DIAMETER: Final = 5_000


def options(text: InpText) -> dict[str, Line]:
    """Return the lines of ``[OPTIONS]`` by their first word in capitals; the last one counts."""
    return {line.words[0].upper(): line for line in text.rows("OPTIONS")}


def epanet_units(text: InpText, faults: Faults) -> Units:
    """Read the flow unit; EPANET's own is gallons a minute."""
    line = options(text).get("UNITS")
    name = line.words[1] if line is not None and len(line.words) > 1 else "GPM"
    # SI is EPANET's old word for l/s.
    found = units_of("LPS" if name.upper() == "SI" else name)
    if found is None or found.name == "CMS":
        faults.refuse(line, "ukjent_enhet", f"Enheten «{name}» finnes ikke i EPANET.")
        return _gpm()
    return found


def _gpm() -> Units:
    found = units_of("GPM")
    assert found is not None  # noqa: S101  (it is in the table)
    return found


def epanet_elements(
    text: InpText, units: Units, faults: Faults, outside: Collection[str] = ()
) -> list[Element]:
    """Read nodes and links; each line that EPANET would refuse is noted.

    ``outside`` are nodes that are known from elsewhere than the text.
    """
    demands = _Demands(text, units)
    nodes: dict[str, Element] = {}
    for section in NODE_SECTIONS:
        for line in text.rows(section):
            node = _node(line, section, units, demands, faults)
            if node is not None and _fresh(line, nodes, "noden", faults):
                nodes[node.id] = node
    links: dict[str, Element] = {}
    status = {line.words[0]: line for line in text.rows("STATUS") if len(line.words) > 1}
    makers = {"PIPES": _pipe, "PUMPS": _pump, "VALVES": _valve}
    for section, make in makers.items():
        for line in text.rows(section):
            if len(line.words) < (6 if section != "PUMPS" else 3):
                faults.refuse(line, "for_faa_felt", f"Linjen har {len(line.words)} felt, for få.")
                continue
            ends = _ends(line, nodes, outside, faults)
            values = make(line, units, faults)
            _initial_status(line, values, status.get(line.words[0]))
            if _fresh(line, links, "ledningen", faults) and ends is not None:
                links[line.words[0]] = Element(
                    "va_ledning", section, line.words[0], line.number, values, ends
                )
            if section == "VALVES" and ends is not None:
                _valve_place(line, ends, nodes, faults)
    return [*nodes.values(), *links.values()]


def _fresh(line: Line, seen: Iterable[str], what: str, faults: Faults) -> bool:
    """Refuse an id that is used before, or is longer than EPANET takes."""
    name = line.words[0]
    if len(name.encode()) > _MAX_ID:
        faults.refuse(line, "for_lang_id", f"Id-en «{name}» er lengre enn {_MAX_ID} tegn.")
    if name in seen:
        faults.refuse(line, "dobbel_id", f"Id-en «{name}» er brukt før; {what} finnes alt.")
        return False
    return True


def _node(
    line: Line, section: str, units: Units, demands: _Demands, faults: Faults
) -> Element | None:
    words = line.words
    need = {"JUNCTIONS": 2, "RESERVOIRS": 2, "TANKS": 2}[section]
    if len(words) < need or (section == "TANKS" and 3 < len(words) < 6):  # noqa: PLR2004
        faults.refuse(line, "for_faa_felt", f"Linjen har {len(words)} felt, for få.")
        return None
    height = faults.number(line, 1, "Høyden")
    height = None if height is None else height * units.length
    values = {
        "type": Value(_NODE_TYPES[section]),
        "hoyde": Value(height, line.number, 1, units.length),
    }
    if section == "JUNCTIONS":
        faults.number(line, 2, "Behovet")
        values["behov_l_s"] = demands.of(line)
    if section == "TANKS":
        values["bunnhoyde"] = Value(height)
        if len(words) <= 3:  # noqa: PLR2004  (EPANET takes a tank without levels for a reservoir)
            values["type"] = Value("kilde")
        else:
            _tank_levels(line, faults)
    return Element("va_node", section, words[0], line.number, values)


def _tank_levels(line: Line, faults: Faults) -> None:
    start, low, high = (
        faults.number(line, position, what, least=0)
        for position, what in ((2, "Startnivået"), (3, "Laveste nivå"), (4, "Høyeste nivå"))
    )
    faults.number(line, 5, "Diameteren", least=0)
    faults.number(line, 6, "Minste volum", least=0)
    if number_of(line.words[5]) == 0:
        return  # EPANET holds a tank without extent for a source with a fixed level
    known = start is not None and low is not None and high is not None
    if known and not low <= start <= high:  # type: ignore[operator]
        faults.refuse(
            line, "ugyldig_nivaa",
            f"Startnivået i bassenget «{line.words[0]}» ligger ikke mellom laveste og høyeste.",
        )  # fmt: skip


def _ends(
    line: Line, nodes: dict[str, Element], outside: Collection[str], faults: Faults
) -> tuple[str, str] | None:
    start, end = line.words[1], line.words[2]
    missing = [
        name for name in dict.fromkeys((start, end)) if name not in nodes and name not in outside
    ]
    for name in missing:
        faults.refuse(line, "ukjent_node", f"Noden «{name}» finnes ikke.")
    if start == end:
        faults.refuse(
            line, "null_lang_sloeyfe",
            f"Ledningen «{line.words[0]}» begynner og slutter i samme node («{start}»).",
        )  # fmt: skip
        return None
    return None if missing else (start, end)


def _pipe(line: Line, units: Units, faults: Faults) -> dict[str, Value]:
    words = line.words
    length = faults.number(line, 3, "Lengden", above=0)
    diameter = faults.number(line, 4, "Diameteren", above=0)
    roughness = faults.number(line, 5, "Ruheten")
    if roughness is not None and roughness <= 0:
        faults.tell(line, "ruhet_null", f"Ruheten er {words[5]}; den er ukjent i laget.")
        roughness = None
    values = {
        "type": Value("vann"),
        "lengde_m": Value(_times(length, units.length), line.number, 3, units.length),
        "dimensjon_mm": Value(_times(diameter, units.diameter), line.number, 4, units.diameter),
        "ruhet": Value(roughness, line.number, 5),
        "status": Value("aapen", line.number, 7, words=OPEN),
    }
    # The seventh word may be the minor loss or, without one, the status.
    position = 7
    if len(words) == 7 and number_of(words[6]) is None:  # noqa: PLR2004
        position = 6
    elif len(words) > 6:  # noqa: PLR2004
        faults.number(line, 6, "Tapskoeffisienten", least=0)
    if position < len(words):
        state = _state(words[position])
        if not state:
            faults.refuse(line, "ukjent_status", f"Statusen «{words[position]}» finnes ikke.")
        values["status"] = Value(state or None, line.number, position, words=OPEN)
    return values


def _state(word: str) -> str:
    upper = word.upper()
    if upper in _STATUS:
        return _STATUS[upper]
    return next((mine for theirs, mine in _STATUS.items() if upper.startswith(theirs)), "")


def _pump(line: Line, units: Units, faults: Faults) -> dict[str, Value]:
    del units
    keys = [word.upper() for word in line.words[3:]]
    bare = bool(keys) and number_of(keys[0]) is not None
    if not bare and not {"HEAD", "POWER"}.intersection(keys):
        faults.refuse(
            line, "pumpe_uten_kurve",
            f"Pumpen «{line.words[0]}» har verken kurve (HEAD) eller effekt (POWER).",
        )  # fmt: skip
    return {"type": Value("vann"), "funksjon": Value("pumpe"), "lengde_m": Value(0.0)}


def _valve(line: Line, units: Units, faults: Faults) -> dict[str, Value]:
    diameter = faults.number(line, 3, "Diameteren", above=0)
    kind = line.words[4].upper()
    if kind not in _VALVES:
        faults.refuse(line, "ukjent_ventil", f"Ventiltypen «{line.words[4]}» finnes ikke.")
    elif kind != "GPV":
        faults.number(line, 5, "Innstillingen")
    return {
        "type": Value("vann"), "funksjon": Value("ventil"), "lengde_m": Value(0.0),
        "dimensjon_mm": Value(_times(diameter, units.diameter), line.number, 3, units.diameter),
    }  # fmt: skip


def _valve_place(
    line: Line, ends: tuple[str, str], nodes: dict[str, Element], faults: Faults
) -> None:
    if line.words[4].upper() in _NOT_AT_TANK:
        fixed = [name for name in ends if name in nodes and nodes[name].section != "JUNCTIONS"]
        if fixed:
            faults.refuse(
                line, "ventil_ved_basseng",
                f"Ventilen «{line.words[0]}» står rett ved kilden eller bassenget «{fixed[0]}».",
            )  # fmt: skip


def _initial_status(line: Line, values: dict[str, Value], stated: Line | None) -> None:
    """Let ``[STATUS]`` say how a link is at the start; a number is a setting."""
    if stated is None:
        if line.section == "PUMPS":
            values["status"] = Value("aapen")
        return
    state = _state(stated.words[1])
    words = {key: word for key, word in OPEN.items() if key != "tilbakeslag"}
    values["status"] = Value(state or None, stated.number, 1 if state else -1, words=words)


def _times(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


class _Demands:
    """The mean demand of a junction: base demand by the mean of its pattern and the multiplier."""

    def __init__(self, text: InpText, units: Units) -> None:
        self.flow = units.flow
        known = options(text)
        means: dict[str, list[float]] = {}
        for line in text.rows("PATTERNS"):
            means.setdefault(line.words[0], []).extend(
                value for word in line.words[1:] if (value := number_of(word)) is not None
            )
        self.means = {name: sum(one) / len(one) for name, one in means.items() if one}
        default = known.get("PATTERN")
        self.default = default.words[1] if default is not None and len(default.words) > 1 else "1"
        self.multiplier = 1.0
        for line in [*text.rows("OPTIONS"), *text.rows("DEMANDS")]:
            words = [word.upper() for word in line.words]
            if words[:2] == ["DEMAND", "MULTIPLIER"] or words[0] == "MULTIPLY":
                found = number_of(words[-1])
                self.multiplier = self.multiplier if found is None else found
        self.own: dict[str, list[Line]] = {}
        for line in text.rows("DEMANDS"):
            self.own.setdefault(line.words[0], []).append(line)

    def of(self, line: Line) -> Value:
        """Return the mean demand of a junction's line, in l/s."""
        own = self.own.get(line.words[0])
        parts = [self._part(one, 1) for one in own] if own else [self._part(line, 2)]
        values = [value for value, _, _ in parts]
        if any(value is None for value in values):
            return Value(None)
        total = sum(value for value in values if value is not None)
        if len(parts) > 1:
            return Value(total)
        _, number, scale = parts[0]
        return Value(total, number, (1 if own else 2) if scale else -1, scale or 1.0)

    def _part(self, line: Line, position: int) -> tuple[float | None, int, float]:
        words = line.words
        base = number_of(words[position]) if position < len(words) else 0.0
        name = words[position + 1] if position + 1 < len(words) else self.default
        scale = self.means.get(name, 1.0) * self.multiplier * self.flow
        return (None if base is None else base * scale), line.number, scale


def default_demand(text: InpText, units: Units) -> float:
    """Return the mean demand, l/s, of a junction with a base demand of 1 and no pattern of its own.

    A pattern that is nothing but zeros gives no demand; the flow unit is returned then.
    """
    found = _Demands(text, units)
    return found.means.get(found.default, 1.0) * found.multiplier * units.flow or units.flow


def epanet_plants(text: InpText, units: Units) -> list[dict[str, object]]:
    """Return reservoirs, tanks and pumps as rows of ``va_anlegg``."""
    bare = [line for line in text.rows("TANKS") if len(line.words) <= 3]  # noqa: PLR2004
    tanks = [line for line in text.rows("TANKS") if len(line.words) > 3]  # noqa: PLR2004
    return [
        *(
            _plant("kilde", "vannverk", line.words[0], line.words[0])
            for line in [*text.rows("RESERVOIRS"), *bare]
        ),
        *(
            _plant(
                "basseng", "hoydebasseng", line.words[0], line.words[0], _tank_volume(line, units)
            )
            for line in tanks
        ),
        *(
            _plant("pumpe", "pumpestasjon", line.words[0], line.words[1])
            for line in text.rows("PUMPS")
        ),
    ]


def _plant(
    prefix: str, kind: str, name: str, node: str, volume: float | None = None
) -> dict[str, object]:
    # Nodes and links may share an id in EPANET; plants may not.
    return {
        "anlegg_id": f"{prefix}-{name}", "type": kind, "navn": name, "node_id": node,
        "volum_m3": volume,
    }  # fmt: skip


def _tank_volume(line: Line, units: Units) -> float | None:
    """Return the volume of a cylinder full to its highest level, m³; unknown with a curve."""
    if len(line.words) > 7 and line.words[7] != "*":  # noqa: PLR2004
        return None
    numbers = [number_of(word) for word in line.words[3:7]]
    if any(number is None for number in numbers[:3]):
        return None
    low, high, diameter = (float(number or 0) for number in numbers[:3])
    area = math.pi / 4 * diameter**2
    least = numbers[3] if len(numbers) > 3 and numbers[3] else area * low  # noqa: PLR2004
    return (least + area * (high - low)) * units.length**3
