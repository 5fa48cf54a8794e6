"""Rules for what a plan's objects tell of themselves: codes, heights, and what the plan is.

The lists of codes are data (``plankoder.yml``), and each has its source. The ids are our own.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from askergeo.plan.geometry import AREAS
from askergeo.plan.hit import Hit
from askergeo.plan.purposes import plan_codes, zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["ATTRIBUTE_RULES"]

_NAMED: Final = (
    "RpBestemmelseOmråde",
    "KpBestemmelseOmråde",
    "RpBestemmelseMidlByggAnlegg",
    "PblMidlByggAnleggOmråde",
)
_HEIGHTS: Final = ("RpRegulertHøyde", "KpRegulertHøyde")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")
_MUNICIPALITY = re.compile(r"\d{4}")
# Forms in which every object has a number of its own; the others name their rows.
_WITH_IDS: Final = frozenset({"gml", "geojson"})
_ANY = "*"
_TWINS: Final = {"Rp": "Kp", "Kp": "Rp"}
_OTHERS: Final = {"Rp": "kommuneplaner", "Kp": "reguleringsplaner"}


def known_codes(files: Sequence[PlanFile], rule: str) -> Iterator[Hit]:
    """Hold an attribute of some types of objects against its list of codes.

    ``rule`` is the rule that the list stands under in ``plankoder.yml``.
    """
    types = plan_codes()["egenskaper"][rule]["types"]
    for file in files:
        for one in file.objects:
            listed = types.get(one.kind) or types.get(_ANY)
            if listed and (text := _fault(one, listed["attribute"], listed)):
                twin = types.get(_TWINS.get(one.kind[:2], "") + one.kind[2:], {})
                if any(one.first(name) in twin.get("codes", ()) for name in listed["attribute"]):
                    text += f" Koden er for {_OTHERS[one.kind[:2]]}."
                yield Hit(rule, f"{one.kind}: {text}", file.name, (one.id,), one.line)


def told_of_plan(files: Sequence[PlanFile], rule: str) -> Iterator[Hit]:
    """Hold what the plan tells of itself against a list of codes; it must tell.

    A file made of GeoJSON has no object for the plan itself, so nothing can be missed there.
    """
    told = plan_codes()["planopplysninger"][rule]
    for file, one in _plans(files):
        kind = _kind(files)
        listed = told.get("both") or told.get(kind, {})
        required = {"required": file.form != "geojson"}
        if text := _fault(one, told["attribute"], listed | required):
            yield Hit(rule, text[0].upper() + text[1:], file.name, (one.id,), one.line)


def named_plan(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.plannavn: the plan has a name."""
    for file, one in _plans(files):
        if not one.first("plannavn") and file.form != "geojson":
            yield Hit("plan.plannavn", "Planen har ikke navn.", file.name, (one.id,), one.line)


def numbered_plan(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.id.form: the plan has one national id, of a municipality and a number of its own."""
    longest = plan_codes()["plan_id"]["max_length"]
    for file, one in _plans(files):
        number, owner = one.first("planidentifikasjon"), one.first("kommunenummer")
        if not number and file.form != "geojson":
            text = "Planen har ikke planidentifikasjon."
        elif len(number) > longest:
            text = f"Planidentifikasjonen «{number}» har over {longest} tegn."
        elif owner and not _MUNICIPALITY.fullmatch(owner):
            text = f"Kommunenummeret «{owner}» har ikke fire siffer."
        elif number and not owner and not (one.first("landkode") or one.first("fylkesnummer")):
            text = f"Planen {number} sier ikke hvilken kommune den hører til."
        else:
            continue
        yield Hit("plan.id.form", text, file.name, (one.id,), one.line)
    numbers: dict[str, tuple[PlanFile, PlanObject]] = {}
    for file in files:
        for one in file.objects:
            if number := one.first("planidentifikasjon"):
                numbers.setdefault(number, (file, one))
    if len(numbers) > 1:
        file, one = list(numbers.values())[1]
        text = f"Filene hører til flere planer: {', '.join(numbers)}."
        yield Hit("plan.id.form", text, file.name, (one.id,), one.line)


def told_provisions(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.planbestemmelse: the plan says how it has provisions, and has them with its zones."""
    told = plan_codes()["planbestemmelse"]
    count = sum(1 for _ in zones(files))
    for file, one in _plans(files):
        found = one.first("planbestemmelse")
        if found and found not in told["codes"]:
            text = f"Planbestemmelse «{found}» er ikke en av {', '.join(told['codes'])}."
        elif found == told["without"] and count:
            text = f"Planen sier at den er uten bestemmelser, men har {count} hensynssoner."
        else:
            continue
        yield Hit("plan.planbestemmelse", text, file.name, (one.id,), one.line)


def named_areas(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.bestemmelse.navn: an area with a provision has a name."""
    for file in files:
        for one in file.of(*_NAMED):
            if not one.first("bestemmelseOmrådeNavn"):
                text = f"{one.kind} har ikke navn, og bestemmelsene kan ikke vise til det."
                yield Hit("plan.bestemmelse.navn", text, file.name, (one.id,), one.line)


def known_heights(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.hoyde: a regulated height is a number, and it is told from where it is measured."""
    kinds, above = plan_codes()["hoyde"]["codes"], plan_codes()["hoyde"]["above_sea_only"]
    for file in files:
        for one in file.of(*_HEIGHTS):
            height, kind = one.first("regulerthøyde"), one.first("typeHøyde")
            system, ground = one.first("høydereferansesystem"), one.first("terrengreferanse")
            if not _NUMBER.fullmatch(height):
                text = (
                    f"Regulert høyde er «{height}», ikke et tall." if height else "Høyden mangler."
                )
            elif kind and kind not in kinds:
                text = f"Typen høyde er «{kind}», ikke en av {', '.join(kinds)}."
            elif ground and kind in above:
                text = f"Høyden {kind} skal ha høydereferansesystem, ikke terrengreferanse."
            elif bool(system) == bool(ground):
                text = (
                    f"Høyden {height.replace('.', ',')} har {'både' if system else 'verken'} "
                    f"høydereferansesystem {'og' if system else 'eller'} terrengreferanse; "
                    "den skal ha én av dem."
                )
            else:
                continue
            yield Hit("plan.hoyde", text, file.name, (one.id,), one.line)


def known_types(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.objekt.kjent: types of objects are those of the models; a hit a type."""
    known = {*plan_codes()["objekttyper"]["names"], *plan_codes()["objekter_eldre"]["types"]}
    for file in files:
        found: dict[str, list[PlanObject]] = {}
        for one in file.objects:
            if one.kind not in known:
                found.setdefault(one.kind, []).append(one)
        for kind, some in found.items():
            text = f"Objekttypen {kind} ({len(some)} stk.) er ikke i modellene for arealplaner."
            ids = tuple(one.id for one in some)
            yield Hit("plan.objekt.kjent", text, file.name, ids, some[0].line)


def told_attributes(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.objekt.egenskap: what the model demands of a type, and no other rule asks for."""
    required = plan_codes()["objekttyper"]["required"]
    for file in files:
        for one in file.objects:
            lacking = [name for name in required.get(one.kind, ()) if not one.first(name)]
            if file.form in _WITH_IDS and not one.first("lokalId"):
                lacking.append("lokalId")
            if lacking:
                text = f"{one.kind} mangler {', '.join(lacking)}."
                yield Hit("plan.objekt.egenskap", text, file.name, (one.id,), one.line)


def _fault(one: PlanObject, names: Sequence[str], listed: Mapping[str, Any]) -> str:
    """Say what is wrong with the first attribute that an object has of several; or nothing."""
    name = next((name for name in names if one.first(name)), names[0])
    codes = listed.get("codes", {})
    if not one.first(name):
        return f"{name} mangler." if listed.get("required") else ""
    wrong = next((found for found in one.all(name) if found not in codes), "") if codes else ""
    if wrong in listed.get("retired", {}):
        old = listed["retired"][wrong]
        return f"{name} {wrong} ({old}) kan ikke brukes i nye planer."
    return f"{name} «{wrong}» finnes ikke i kodelisten." if wrong else ""


def _plans(files: Sequence[PlanFile]) -> list[tuple[PlanFile, PlanObject]]:
    """Give the objects that tell of the plan as a whole: its own, else its areas."""
    own = [(file, one) for file in files for one in file.of("Arealplan")]
    return own or [(file, one) for file in files for one in file.of(*AREAS)]


def _kind(files: Sequence[PlanFile]) -> str:
    return "Kp" if any(one.kind.startswith("Kp") for f in files for one in f.objects) else "Rp"


#: The rules by id.
ATTRIBUTE_RULES: Final[dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]] = {
    **{
        name: partial(known_codes, rule=name)
        for name in (
            "plan.juridisk.linje", "plan.juridisk.punkt", "plan.paaskrift.type",
            "plan.bestemmelse.kode", "plan.vertikalniva",
        )
    },
    "plan.bestemmelse.navn": named_areas,
    "plan.hoyde": known_heights,
    "plan.objekt.kjent": known_types,
    "plan.objekt.egenskap": told_attributes,
    **{
        name: partial(told_of_plan, rule=name)
        for name in ("plan.plantype", "plan.planstatus", "plan.lovreferanse")
    },
    "plan.plannavn": named_plan,
    "plan.planbestemmelse": told_provisions,
    "plan.id.form": numbered_plan,
}  # fmt: skip
