"""Rules for what a plan says: purposes that cover the plan once, codes, ownership, use and names.

The ids are our own (``plan.*``). The demands are those of the SOSI Plan model and of kart- og
planforskriften (FOR-2025-01-20-52) §§ 9 and 10; each rule names its own in the catalogue of rules.
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
from askergeo.plan.geometry import drawn, levels, union_of
from askergeo.plan.hit import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["PURPOSE_RULES", "plan_codes", "wrong_municipality"]

_PURPOSE, _AREA = "RpArealformålOmråde", "RpOmråde"
# m²: less is what rounding to centimetres leaves along a common border.
_LEAST_GAP, _LEAST_OVERLAP = 0.1, 0.01
# Codes of older acts have fewer digits; a plan after the act of 2008 has four.
_DIGITS = 4
_FORBIDS: Final = frozenset({"10", "11"})
# Main groups whose purposes are built on, so that their use must be told.
_BUILT: Final = ("10", "11", "12", "13", "14", "18", "19")
_ZONE_NAME = re.compile(r"H\d{3}(_\d+)?[a-zæøå]?", re.IGNORECASE)


@lru_cache(maxsize=1)
def plan_codes() -> dict[str, Any]:
    """Read the codes of plans that are no purposes: ownership, use, levels and zones."""
    text = (resources("askergeo") / "data" / "plankoder.yml").read_text(encoding="utf-8")
    codes: dict[str, Any] = yaml.safe_load(text)
    return codes


def covered(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.hull: the purposes of a vertical level cover the plan area; a hit a gap."""
    purposes = levels(files, _PURPOSE)
    for level, areas in levels(files, _AREA).items():
        whole = union_of(one for _, one in areas)
        used = union_of(one for _, one in purposes.get(level, ()))
        for gap in polygons_of(shapely.difference(whole, used)):
            if gap.area > _LEAST_GAP:
                text = f"{_square_metres(gap)} på vertikalnivå {level} har ikke formål."
                file, area = areas[0]
                yield Hit("plan.formaal.hull", text, file.name, (area.id,), area.line, gap)


def covered_once(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.overlapp: no two purposes of a vertical level share an area."""
    for level, objects in levels(files, _PURPOSE).items():
        shapes = np.array([drawn(one) for _, one in objects], dtype=object)
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        pairs = np.column_stack([first, second])[first < second]
        for a, b in pairs:
            shared = shapely.intersection(shapes[a], shapes[b])
            if shared.area > _LEAST_OVERLAP:
                (file, one), (_, other) = objects[a], objects[b]
                text = f"To formål overlapper med {_square_metres(shared)} på vertikalnivå {level}."
                yield Hit(
                    "plan.formaal.overlapp", text, file.name, (one.id, other.id), one.line, shared
                )


def known_purposes(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.kode: the purpose is in the list of codes."""
    known = load_codes("reguleringsplan_formaal")
    for file, one, code in _purposes(files):
        if not code:
            text = "Området har ikke arealformål."
        elif not code.isdigit() or len(code) != _DIGITS or int(code) not in known:
            text = f"Arealformålet «{code}» finnes ikke i kodelisten for reguleringsplaner."
        else:
            continue
        yield Hit("plan.formaal.kode", text, file.name, (one.id,), one.line)


def living_purposes(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.formaal.utgaatt: the purpose is still in use."""
    retired = frozenset(plan_codes()["formaal_utgaatt"]["codes"])
    for file, one, code in _purposes(files):
        if code in retired:
            name = load_codes("reguleringsplan_formaal").get(int(code))
            text = f"Arealformålet {code}{f' {name.name}' if name else ''} er gått ut."
            yield Hit("plan.formaal.utgaatt", text, file.name, (one.id,), one.line)


def known_owners(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.eierform: eierform is given, and is 1, 2 or 3."""
    known = plan_codes()["eierform"]["codes"]
    for file, one, _ in _purposes(files):
        found = one.first("eierform")
        if found not in known:
            text = f"Eierformen «{found}» er ikke 1, 2 eller 3." if found else "Eierform mangler."
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
    """plan.utnytting.mangler: built purposes tell how much may be built, or that nothing may."""
    for file, one, code in _purposes(files):
        kinds = one.all("utnyttingstype")
        if len(code) == _DIGITS and code.startswith(_BUILT) and not kinds:
            text = f"Området med formål {code} har ingen utnytting på kartet."
        elif set(kinds) - _FORBIDS and not any(one.all("utnyttingstall")):
            text = f"Utnyttingstype {', '.join(kinds)} står uten tall (utnyttingstall)."
        else:
            continue
        yield Hit("plan.utnytting.mangler", text, file.name, (one.id,), one.line)


def known_zones(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.hensyn.kode: a zone has a code of its own kind, still in use."""
    types = plan_codes()["hensynssoner"]["types"]
    for file, one, kind in _zones(files):
        found = one.first(types[kind]["attribute"])
        if found not in types[kind]["codes"]:
            retired = found in types[kind].get("retired", {})
            why = "er gått ut" if retired else "er ikke blant kodene for denne sonen"
            text = f"{one.kind}: koden «{found}» {why}." if found else f"{one.kind} har ikke kode."
            yield Hit("plan.hensyn.kode", text, file.name, (one.id,), one.line)


def named_zones(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.hensyn.navn: a zone has a name of the form H310_1, with its own code in it."""
    types = plan_codes()["hensynssoner"]["types"]
    for file, one, kind in _zones(files):
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
        for one in file.of("Arealplan", _AREA):
            for found in one.all("kommunenummer"):
                if found != municipality:
                    text = f"Planen har kommunenummer «{found}», ikke {municipality}."
                    yield Hit("plan.id.kommune", text, file.name, (one.id,), one.line)


def _purposes(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, str]]:
    return ((f, one, one.first("arealformål")) for f in files for one in f.of(_PURPOSE))


def _zones(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, str]]:
    kinds = {f"Rp{kind}": kind for kind in plan_codes()["hensynssoner"]["types"]}
    return ((f, one, kinds[one.kind]) for f in files for one in f.objects if one.kind in kinds)


def _square_metres(place: BaseGeometry) -> str:
    return f"{format_number(place.area, 2)} m²"


#: The rules by id.
PURPOSE_RULES: Final[dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]] = {
    "plan.formaal.hull": covered,
    "plan.formaal.overlapp": covered_once,
    "plan.formaal.kode": known_purposes,
    "plan.formaal.utgaatt": living_purposes,
    "plan.eierform": known_owners,
    "plan.utnytting.type": known_uses,
    "plan.utnytting.mangler": told_uses,
    "plan.hensyn.kode": known_zones,
    "plan.hensyn.navn": named_zones,
}
