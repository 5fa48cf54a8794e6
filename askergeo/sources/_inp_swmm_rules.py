"""What SWMM refuses beyond single elements: unknown words, and names of what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.sources._inp_swmm import LINK_SECTIONS, NODE_SECTIONS

if TYPE_CHECKING:
    from askergeo.sources._inp_elements import Element, Faults
    from askergeo.sources._inp_text import InpText, Line

__all__ = ["check_swmm"]

_OPTIONS: Final = frozenset(
    (
        "FLOW_UNITS", "INFILTRATION", "FLOW_ROUTING", "LINK_OFFSETS", "MIN_SLOPE",
        "ALLOW_PONDING", "SKIP_STEADY_STATE", "START_DATE", "START_TIME", "REPORT_START_DATE",
        "REPORT_START_TIME", "END_DATE", "END_TIME", "SWEEP_START", "SWEEP_END", "DRY_DAYS",
        "REPORT_STEP", "WET_STEP", "DRY_STEP", "ROUTING_STEP", "RULE_STEP", "INERTIAL_DAMPING",
        "NORMAL_FLOW_LIMITED", "FORCE_MAIN_EQUATION", "VARIABLE_STEP", "LENGTHENING_STEP",
        "MIN_SURFAREA", "MAX_TRIALS", "HEAD_TOLERANCE", "SYS_FLOW_TOL", "LAT_FLOW_TOL",
        "MINIMUM_STEP", "THREADS", "IGNORE_RAINFALL", "IGNORE_SNOWMELT", "IGNORE_GROUNDWATER",
        "IGNORE_RDII", "IGNORE_ROUTING", "IGNORE_QUALITY", "SURCHARGE_METHOD", "TEMPDIR",
        "COMPATIBILITY", "SLOPE_WEIGHTING", "ROUTE_STEP",
    )
)  # fmt: skip
_AREA: Final = ("SUBCATCHMENTS",)
# Section, position of the name, and the sections that may define it.
_NAMED: Final = (
    ("SUBAREAS", 0, _AREA), ("INFILTRATION", 0, _AREA), ("COVERAGES", 0, _AREA),
    ("COVERAGES", 1, ("LANDUSES",)), ("LOADINGS", 0, _AREA), ("LOADINGS", 1, ("POLLUTANTS",)),
    ("XSECTIONS", 0, LINK_SECTIONS), ("LOSSES", 0, LINK_SECTIONS), ("DWF", 0, NODE_SECTIONS),
    ("INFLOWS", 0, NODE_SECTIONS), ("BUILDUP", 0, ("LANDUSES",)), ("WASHOFF", 0, ("LANDUSES",)),
    ("RDII", 0, NODE_SECTIONS), ("TREATMENT", 0, NODE_SECTIONS),
)  # fmt: skip
_OTHERS: Final = ("LANDUSES", "POLLUTANTS", "RAINGAGES", "CURVES", "TIMESERIES")
_RULE_STARTS: Final = ("IF", "AND", "OR", "THEN", "ELSE")
_RULE_NODES: Final = ("NODE",)
_RULE_LINKS: Final = ("LINK", "CONDUIT", "PUMP", "ORIFICE", "WEIR", "OUTLET")


def check_swmm(text: InpText, elements: list[Element], faults: Faults) -> None:
    """Hold a model against what SWMM demands of a whole file."""
    for line in text.unknown:
        faults.refuse(line, "ukjent_seksjon", f"SWMM har ingen seksjon «{line.text.strip()}».")
    for line in text.stray[:1]:
        faults.tell(line, "utenfor_seksjon", "Tekst før første seksjon; SWMM hopper over den.")
    for line in text.rows("OPTIONS"):
        if line.words[0].upper() not in _OPTIONS:
            faults.refuse(line, "ukjent_valg", f"Valget «{line.words[0]}» finnes ikke i SWMM.")
    sections = (*NODE_SECTIONS, *LINK_SECTIONS, *_AREA, *_OTHERS)
    defined = {name: _ids(text, name) for name in sections}
    nodes = {name for section in NODE_SECTIONS for name in defined[section]}
    links = {name for section in LINK_SECTIONS for name in defined[section]}
    for section, position, where in _NAMED:
        known = {name for one in where for name in defined[one]}
        for line in text.rows(section):
            _require(line, position, known, faults)
    _areas(text, nodes, defined, faults)
    _curves(text, defined, faults)
    _controls(text, nodes, links, faults)
    if nodes and not defined["OUTFALLS"]:
        faults.refuse(None, "uten_utlop", "Modellen har ingen utløp ([OUTFALLS]).")
    used = {name.upper() for one in elements for name in one.ends or ()}
    rows = {line.number: line for section in NODE_SECTIONS for line in text.rows(section)}
    for one in elements:
        if one.layer == "va_node" and one.id.upper() not in used:
            faults.tell(rows[one.line], "uten_ledning", f"Noden «{one.id}» har ingen ledning.")


def _ids(text: InpText, section: str) -> set[str]:
    return {line.words[0].upper() for line in text.rows(section)}


def _require(line: Line, position: int, known: set[str], faults: Faults) -> None:
    if position < len(line.words) and line.words[position].upper() not in known:
        faults.refuse(line, "ukjent_navn", f"«{line.words[position]}» finnes ikke i modellen.")


def _areas(text: InpText, nodes: set[str], defined: dict[str, set[str]], faults: Faults) -> None:
    seen: set[str] = set()
    gauges, outlets = defined["RAINGAGES"] | {"*"}, nodes | defined["SUBCATCHMENTS"]
    for line in text.rows("SUBCATCHMENTS"):
        if len(line.words) < 8:  # noqa: PLR2004
            faults.refuse(line, "for_faa_felt", f"Linjen har {len(line.words)} felt, for få.")
            continue
        name = line.words[0].upper()
        if name in seen:
            faults.refuse(line, "dobbel_id", f"Id-en «{line.words[0]}» er brukt før.")
        seen.add(name)
        _require(line, 1, gauges, faults)
        _require(line, 2, outlets, faults)
        for position in range(3, 7):
            faults.number(line, position, "Verdien", least=0)
    for line in text.rows("RAINGAGES"):
        if len(line.words) > 5 and line.words[4].upper() == "TIMESERIES":  # noqa: PLR2004
            _require(line, 5, defined["TIMESERIES"], faults)


def _curves(text: InpText, defined: dict[str, set[str]], faults: Faults) -> None:
    for line in text.rows("PUMPS"):
        if len(line.words) > 3 and line.words[3] != "*":  # noqa: PLR2004
            if line.words[3].upper() not in defined["CURVES"]:
                faults.refuse(line, "pumpe_uten_kurve", f"Kurven «{line.words[3]}» finnes ikke.")
        else:
            faults.tell(
                line, "pumpe_uten_kurve",
                f"Pumpen «{line.words[0]}» har ingen kurve; SWMM regner den som ideell.",
            )  # fmt: skip
    for line in text.rows("STORAGE"):
        if len(line.words) > 5 and line.words[4].upper() == "TABULAR":  # noqa: PLR2004
            _require(line, 5, defined["CURVES"], faults)


def _controls(text: InpText, nodes: set[str], links: set[str], faults: Faults) -> None:
    for line in text.rows("CONTROLS"):
        words = [word.upper() for word in line.words]
        if words[0] not in _RULE_STARTS or len(words) < 3:  # noqa: PLR2004
            continue
        if words[1] in _RULE_NODES:
            _require(line, 2, nodes, faults)
        elif words[1] in _RULE_LINKS:
            _require(line, 2, links, faults)
