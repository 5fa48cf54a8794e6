"""Rules for what a plan says: purposes that cover the plan once, codes, ownership, use and names.

The ids are our own (``plan.*``). The demands are those of the SOSI Plan model and of kart- og
planforskriften (FOR-2025-01-20-52) §§ 9 and 10; each rule names its own in the catalogue of rules.
A kommuneplan (``Kp…``) is held against the same rules as a reguleringsplan (``Rp…``), with the
codes of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
import yaml

from askergeo._codes import load_codes
from askergeo.geometry import polygons_of
from askergeo.numbers import format_number
from askergeo.plan.geometry import AREAS, levels, surface_of, union_of
from askergeo.plan.hit import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["PURPOSES", "PURPOSE_RULES", "is_detailed", "plan_codes", "wrong_municipality", "zones"]

#: Types of purposes by the plan that they are in.
PURPOSES: Final = {"Rp": "RpArealformålOmråde", "Kp": "KpArealformålOmråde"}
# What covers each type of plan area, the purposes of older acts too.
_COVERING: Final = {
    "RpOmråde": ("RpArealformålOmråde", "RbFormålOmråde"),
    "KpOmråde": ("KpArealformålOmråde", "KpArealbrukOmråde"),
}
_LISTS: Final = {"Rp": "reguleringsplan_formaal", "Kp": "kommuneplan_formaal"}
_PLANS: Final = {"Rp": "reguleringsplaner", "Kp": "kommuneplaner"}
# Objects that are held against all others at a time.
_BATCH = 32
# A purpose has some neighbours; where the sampled have more than this, the file holds copies.
_SAMPLE, _NEIGHBOURS = 100, 100
# m²: less is what rounding to centimetres leaves along a common border.
_LEAST_GAP, _LEAST_OVERLAP = 0.1, 0.01
# Codes of older acts have fewer digits; a plan after the act of 2008 has four.
_DIGITS = 4
_FORBIDS: Final = frozenset({"10", "11"})
# Main groups whose purposes are built on, so that their use must be told.
_BUILT: Final = ("10", "11", "12", "13", "14", "18", "19")
_ZONE_NAME = re.compile(r"H\d{3}(_\d+)?[a-zæøå]?", re.IGNORECASE)
_DETAILED = "35"


@lru_cache(maxsize=1)
def plan_codes() -> dict[str, Any]:
    """Read the codes of plans that are no purposes: ownership, use, levels, zones and lines."""
    text = (resources("askergeo") / "data" / "plankoder.yml").read_text(encoding="utf-8")
    codes: dict[str, Any] = yaml.safe_load(text)
    return codes


def covered(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.hull: the purposes of a vertical level cover the plan area; a hit a gap."""
    for kind, covering in _COVERING.items():
        purposes = levels(files, *covering)
        for level, areas in levels(files, kind).items():
            whole = union_of(one for _, one in areas)
            used = _laid_out([surface_of(one) for _, one in purposes.get(level, ())])
            for gap in polygons_of(shapely.difference(whole, used)):
                if gap.area > _LEAST_GAP:
                    text = f"{_square_metres(gap)} på vertikalnivå {level} har ikke formål."
                    file, area = areas[0]
                    yield Hit("plan.formaal.hull", text, file.name, (area.id,), area.line, gap)


def covered_once(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.overlapp: no two purposes of a vertical level share an area."""
    for covering in _COVERING.values():
        for level, objects in levels(files, *covering).items():
            shapes = np.array([surface_of(one) for _, one in objects], dtype=object)
            for a, b in _meeting(shapes):
                shared = shapely.intersection(shapes[a], shapes[b])
                if shared.area > _LEAST_OVERLAP:
                    (file, one), (_, other) = objects[a], objects[b]
                    area = _square_metres(shared)
                    both = f"{_called(one)} og f{_called(other)[1:]}"
                    text = f"{both} overlapper med {area} på vertikalnivå {level}."
                    ids = (one.id, other.id)
                    yield Hit("plan.formaal.overlapp", text, file.name, ids, one.line, shared)


def known_purposes(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.kode: the purpose is in the list of codes of the plan's own kind."""
    for file, one, code in _purposes(files):
        kind = one.kind[:2]
        known = load_codes(_LISTS[kind])
        if not code:
            text = "Området har ikke arealformål."
        elif not code.isdecimal() or code.startswith("0") or int(code) not in known:
            text = f"Arealformålet «{code}» finnes ikke i kodelisten for {_PLANS[kind]}."
            text += _why(one, code)
        elif len(code) != _DIGITS:
            text = f"Arealformålet «{code}» er fra en eldre lov og kan ikke brukes i nye planer."
        else:
            continue
        yield Hit("plan.formaal.kode", text, file.name, (one.id,), one.line)


def living_purposes(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.utgaatt: the purpose is still in use."""
    retired = {kind: frozenset(map(str, codes)) for kind, codes in _retired().items()}
    for file, one, code in _purposes(files):
        if code in retired[one.kind[:2]]:
            name = load_codes(_LISTS[one.kind[:2]]).get(int(code))
            text = f"Arealformålet {code}{f' {name.name}' if name else ''} er gått ut."
            yield Hit("plan.formaal.utgaatt", text, file.name, (one.id,), one.line)


def living_objects(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.objekt.eldre: a new plan has no types of objects from older acts; a hit a type."""
    older = plan_codes()["objekter_eldre"]["types"]
    for file in files:
        found: dict[str, list[PlanObject]] = {}
        for one in file.of(*older):
            found.setdefault(one.kind, []).append(one)
        for kind, some in found.items():
            text = f"{kind} ({len(some)} stk.) hører til eldre planer. I nye planer: {older[kind]}."
            ids = tuple(one.id for one in some)
            yield Hit("plan.objekt.eldre", text, file.name, ids, some[0].line)


def known_states(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.arealstatus: a kommuneplan tells what is there and what is new."""
    states = plan_codes()["arealbruksstatus"]
    for file, one, _ in _purposes(files):
        if one.kind != PURPOSES["Kp"]:
            continue
        found = one.first("arealbruksstatus")
        if found in states["codes"]:
            continue
        if found in states["retired"]:
            text = (
                f"Arealbruksstatus {found} ({states['retired'][found]}) er bare for eldre planer."
            )
        elif found:
            text = f"Arealbruksstatus «{found}» er verken 1 (nåværende) eller 2 (framtidig)."
        else:
            text = (
                "Arealbruksstatus mangler: det går ikke fram om formålet er nåværende eller nytt."
            )
        yield Hit("plan.arealstatus", text, file.name, (one.id,), one.line)


def known_owners(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.eierform: eierform is 1, 2 or 3, and given in a reguleringsplan."""
    known = plan_codes()["eierform"]["codes"]
    for file, one, _ in _purposes(files):
        found = one.first("eierform")
        if found in known or (not found and one.kind == PURPOSES["Kp"]):
            continue
        what = f"Eierformen «{found}» er ikke 1, 2 eller 3" if found else "Eierform mangler"
        text = f"{_called(one)}: {what}."
        yield Hit("plan.eierform", text, file.name, (one.id,), one.line)


def known_uses(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.utnytting.type: utnyttingstype is one that plans after the act of 2008 may use."""
    kinds = plan_codes()["utnyttingstype"]
    for file, one, _ in _purposes(files):
        for found in one.all("utnyttingstype"):
            if found not in kinds["codes"]:
                why = "kan ikke brukes i nye planer" if found in kinds["retired"] else "finnes ikke"
                text = f"Utnyttingstypen «{found}» {why}."
                yield Hit("plan.utnytting.type", text, file.name, (one.id,), one.line)


def told_uses(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.utnytting.mangler: a reguleringsplan tells how much may be built, or that nothing may.

    A kommuneplan may leave it to its provisions, but a kind of use stands with its number.
    """
    for file, one, code in _purposes(files):
        kinds = one.all("utnyttingstype")
        built = len(code) == _DIGITS and code.startswith(_BUILT) and one.kind == PURPOSES["Rp"]
        if built and not kinds:
            text = f"{_called(one)} har ingen utnytting på kartet."
        elif set(kinds) - _FORBIDS and not any(one.all("utnyttingstall")):
            text = f"Utnyttingstype {', '.join(kinds)} står uten tall (utnyttingstall)."
        else:
            continue
        yield Hit("plan.utnytting.mangler", text, file.name, (one.id,), one.line)


def named_fields(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.felt.navn: the purposes of a reguleringsplan have names for the provisions to use."""
    for file, one, code in _purposes(files):
        named = one.first("feltnavn") or one.first("feltbetegnelse")
        if one.kind == PURPOSES["Rp"] and not named:
            text = f"Området med formål {code or 'ukjent'} har ikke feltnavn."
            yield Hit("plan.felt.navn", text, file.name, (one.id,), one.line)


def known_zones(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.hensyn.kode: a zone has a code of its own kind, still in use, that its plan may have."""
    types = plan_codes()["hensynssoner"]["types"]
    detailed = is_detailed(files)
    for file, one, kind in zones(files):
        known = types[kind]
        found = one.first(known["attribute"])
        if not found:
            text = f"{one.kind} har ikke kode."
        elif found in known.get("retired", {}):
            text = f"{one.kind}: koden «{found}» er gått ut."
        elif found not in known["codes"]:
            new = f" Ny i 2025, uten kjent kode: {known['new']}." if "new" in known else ""
            text = f"{one.kind}: koden «{found}» er ikke blant kodene for denne sonen.{new}"
        elif one.kind.startswith("Kp") and found in known.get("detailed_only", ()):
            text = f"{one.kind}: koden «{found}» er bare for reguleringsplaner."
        elif one.kind == "RpDetaljeringSone" and detailed:
            text = "RpDetaljeringSone kan ikke brukes i en detaljregulering."
        else:
            continue
        yield Hit("plan.hensyn.kode", text, file.name, (one.id,), one.line)


def named_zones(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.hensyn.navn: a zone has a name of the form H310_1, with its own code in it."""
    types = plan_codes()["hensynssoner"]["types"]
    for file, one, kind in zones(files):
        name, code = one.first("hensynSonenavn"), one.first(types[kind]["attribute"])
        if not name:
            text = f"{one.kind} har ikke navn, og bestemmelsene kan ikke vise til den."
        elif not _ZONE_NAME.fullmatch(name) or (code and code not in name):
            text = f"{one.kind} heter «{name}», men har koden {code or 'ukjent'}."
        else:
            continue
        yield Hit("plan.hensyn.navn", text, file.name, (one.id,), one.line)


def wrong_municipality(files: Sequence[PlanFile], municipality: str) -> Iterator[Hit]:
    """plan.id.kommune: the national plan id is the municipality's.

    Parameters
    ----------
    municipality
        Number of the municipality that reviews the plan, four digits.
    """
    for file in files:
        for one in file.of("Arealplan", *AREAS):
            for found in one.all("kommunenummer"):
                if found != municipality:
                    text = f"Planen har kommunenummer «{found}», ikke {municipality}."
                    yield Hit("plan.id.kommune", text, file.name, (one.id,), one.line)


def zones(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, str]]:
    """Give the hensynssoner of both kinds of plan, each with its type without ``Rp`` or ``Kp``."""
    types = plan_codes()["hensynssoner"]["types"]
    kinds = {f"{plan}{kind}": kind for plan in PURPOSES for kind in types}
    return ((f, one, kinds[one.kind]) for f in files for one in f.of(*kinds))


def is_detailed(files: Sequence[PlanFile]) -> bool:
    """Whether the plan says that it is a detaljregulering."""
    return any(
        one.first("plantype") == _DETAILED
        for file in files
        for one in file.of("Arealplan", "RpOmråde")
    )


def _purposes(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, str]]:
    kinds = tuple(PURPOSES.values())
    return ((f, one, one.first("arealformål")) for f in files for one in f.of(*kinds))


def _retired() -> dict[str, list[str]]:
    found: dict[str, list[str]] = plan_codes()["formaal_utgaatt"]["codes"]
    return found


def _why(one: PlanObject, code: str) -> str:
    """Say that a purpose is another plan's, or may be one of 2025, whose codes are not known."""
    other = "Kp" if one.kind.startswith("Rp") else "Rp"
    if code.isdecimal() and int(code) in load_codes(_LISTS[other]):
        return f" Koden er for {_PLANS[other]}."
    new = [name for name, code in plan_codes()["formaal_2025"]["names"].items() if not code]
    told = one.first("beskrivelse").casefold()
    named = next((name for name in new if told and name.casefold() in told), "")
    if named:
        return f" «{named}» kom i forskriften av 2025, og koden er ikke kjent her."
    listed = ", ".join(name.lower() for name in new)
    return f" Formål fra 2025 har ikke kjente koder her ({listed})."


def _laid_out(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Give the union of purposes; those that meet exactly along their borders quickly."""
    polygons = polygons_of(np.array(shapes, dtype=object))
    if len(polygons) and not _crowded(polygons) and shapely.coverage_is_valid(polygons):
        return shapely.coverage_union_all(polygons)
    return shapely.union_all(polygons)


def _crowded(polygons: np.ndarray[Any, np.dtype[np.object_]]) -> bool:
    """Whether many lie over each other, as in a file with copies: to ask if they meet is slow."""
    asked = polygons[:: max(1, len(polygons) // _SAMPLE)]
    met = shapely.STRtree(polygons).query(asked).shape[1]
    return bool(met > _NEIGHBOURS * len(asked))


def _meeting(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> Iterator[tuple[int, int]]:
    """Give the pairs whose interiors meet, found some objects at a time: there may be millions."""
    tree = shapely.STRtree(shapes)
    shapely.prepare(shapes)
    for start in range(0, len(shapes), _BATCH):
        first, second = tree.query(shapes[start : start + _BATCH])
        pairs = np.column_stack([first + start, second])
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        inner = shapely.relate_pattern(shapes[pairs[:, 0]], shapes[pairs[:, 1]], "T********")
        yield from ((int(one), int(other)) for one, other in pairs[inner])


def _called(one: PlanObject) -> str:
    """Say which purpose it is, by its code and the name of its field."""
    return " ".join(("Formål", one.first("arealformål") or "ukjent", one.first("feltnavn"))).strip()


def _square_metres(place: BaseGeometry) -> str:
    return f"{format_number(place.area, 2)} m²"


#: The rules by id.
PURPOSE_RULES: Final[dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]] = {
    "plan.formaal.hull": covered,
    "plan.formaal.overlapp": covered_once,
    "plan.formaal.kode": known_purposes,
    "plan.formaal.utgaatt": living_purposes,
    "plan.objekt.eldre": living_objects,
    "plan.arealstatus": known_states,
    "plan.eierform": known_owners,
    "plan.utnytting.type": known_uses,
    "plan.utnytting.mangler": told_uses,
    "plan.felt.navn": named_fields,
    "plan.hensyn.kode": known_zones,
    "plan.hensyn.navn": named_zones,
}
