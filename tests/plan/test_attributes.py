"""What a plan's objects tell of themselves: codes, heights, names, and what the plan is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from askergeo.plan.attributes import ATTRIBUTE_RULES
from askergeo.plan.model import PlanFile, PlanObject
from askergeo.plan.purposes import plan_codes

if TYPE_CHECKING:
    from pathlib import Path

TOLD = {
    "kommunenummer": "3203",
    "planidentifikasjon": "2025001",
    "plannavn": "Åsen",
    "plantype": "35",
    "planstatus": "2",
    "lovreferanse": "6",
}


def thing(kind: str, identity: str = "x", **values: str) -> PlanObject:
    told = {"lokalId": "41c29195-9926-45b0-99e2-eaba686ee290"} | values
    return PlanObject(kind, identity, {name: (text,) for name, text in told.items() if text})


def plan(*objects: PlanObject, form: str = "gml", **values: str) -> PlanFile:
    whole = thing("Arealplan", "p", **(TOLD | values))
    return PlanFile("plan.gml", (whole, *objects), form=form)


def rules(*files: PlanFile) -> list[str]:
    return [hit.rule for rule in ATTRIBUTE_RULES.values() for hit in rule(files)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (thing("RpJuridiskLinje", juridisklinje="1211"), []),
        (thing("RpJuridiskLinje"), ["plan.juridisk.linje"]),
        # The building limit of a kommuneplan, and the other way.
        (thing("RpJuridiskLinje", juridisklinje="1111"), ["plan.juridisk.linje"]),
        (thing("KpJuridiskLinje", juridisklinje="1111"), []),
        (thing("KpJuridiskLinje", juridisklinje="1211"), ["plan.juridisk.linje"]),
        (thing("RpJuridiskPunkt", juridiskpunkt="1242"), []),
        # What the attributes are called since 2025.
        (thing("RpJuridiskPunkt", juridiskPunkttype="1242"), []),
        (thing("RpJuridiskLinje", juridiskLinjetype="1299"), ["plan.juridisk.linje"]),
        (thing("RpBestemmelseOmråde", rpBestemmelseHjemmel="4", bestemmelseOmrådeNavn="#1"), []),
        (thing("RpRegulertHøyde", regulertHøyde="9", høydereferansesystem="NN2000"), []),
        (thing("RpJuridiskPunkt", juridiskpunkt="1211"), ["plan.juridisk.punkt"]),
        (thing("RpPåskrift", tekststreng="BFS1"), []),
        (thing("RpPåskrift", generellTekststreng="BFS1", påskriftType="2"), []),
        (thing("RpPåskrift"), ["plan.objekt.egenskap"]),
        (thing("KpPåskrift", tekststreng="B", påskriftType="x"), ["plan.paaskrift.type"]),
        (thing("RpFareSone", lokalId=""), ["plan.objekt.egenskap"]),
        (thing("RpTrafikkområde"), ["plan.objekt.kjent"]),
        (thing("RbFareOmråde"), []),
        (thing("RpBestemmelseOmråde", bestemmelseHjemmel="4", bestemmelseOmrådeNavn="#1"), []),
        (thing("RpBestemmelseOmråde", type="14", bestemmelseOmrådeNavn="#1"), []),
        (
            thing("RpBestemmelseOmråde", bestemmelseHjemmel="15"),
            ["plan.bestemmelse.kode", "plan.bestemmelse.navn"],
        ),
        # The codes of a kommuneplan are not known, so only a missing one is told of.
        (thing("KpBestemmelseOmråde", type="99", bestemmelseOmrådeNavn="#1"), []),
        (thing("KpBestemmelseOmråde", bestemmelseOmrådeNavn="#1"), ["plan.bestemmelse.kode"]),
        (
            thing("PblMidlByggAnleggOmråde", avgjørelsesdato="2025-01-01"),
            ["plan.bestemmelse.navn", "plan.objekt.egenskap"],
        ),
        (thing("RpOmråde", vertikalnivå="5"), []),
        (thing("RpOmråde"), ["plan.vertikalniva"]),
        (thing("KpOmråde"), []),
        (thing("RpFareSone", vertikalnivå="6"), ["plan.vertikalniva"]),
        (thing("RpRegulertHøyde", regulerthøyde="12.34", høydereferansesystem="NN2000"), []),
        (thing("RpRegulertHøyde", regulerthøyde="12,5", terrengreferanse="1", typeHøyde="MH"), []),
        (
            thing("RpRegulertHøyde", regulerthøyde="9", terrengreferanse="1", typeHøyde="TH"),
            ["plan.hoyde"],
        ),
        (thing("RpRegulertHøyde"), ["plan.hoyde"]),
        (thing("RpRegulertHøyde", regulerthøyde="høy", terrengreferanse="1"), ["plan.hoyde"]),
        (thing("RpRegulertHøyde", regulerthøyde="9"), ["plan.hoyde"]),
        (
            thing(
                "KpRegulertHøyde",
                regulerthøyde="9",
                terrengreferanse="1",
                høydereferansesystem="NN2000",
            ),
            ["plan.hoyde"],
        ),
        (
            thing("RpRegulertHøyde", regulerthøyde="9", terrengreferanse="1", typeHøyde="XX"),
            ["plan.hoyde"],
        ),
    ],
)
def test_an_object_tells_what_it_is(one: PlanObject, expected: list[str]) -> None:
    kind = "20" if one.kind.startswith("Kp") else "35"
    assert rules(plan(one, plantype=kind)) == expected


def test_a_height_is_told_with_a_decimal_comma() -> None:
    (hit,) = ATTRIBUTE_RULES["plan.hoyde"]([plan(thing("RpRegulertHøyde", regulerthøyde="56.5"))])
    assert hit.text.startswith("Høyden 56,5 har verken")


def test_a_code_of_the_other_kind_of_plan_is_said_to_be_that() -> None:
    for kind, code, whose in [
        ("RpJuridiskLinje", "1111", "kommuneplaner"),
        ("KpJuridiskLinje", "1211", "reguleringsplaner"),
    ]:
        one = plan(thing(kind, juridisklinje=code))
        (hit,) = ATTRIBUTE_RULES["plan.juridisk.linje"]([one])
        assert hit.text.endswith(f"Koden er for {whose}.")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"plantype": "34"}, []),
        ({"plantype": "30"}, ["plan.plantype"]),
        ({"plantype": "20"}, ["plan.plantype"]),
        ({"plantype": ""}, ["plan.plantype"]),
        ({"planstatus": "9"}, ["plan.planstatus"]),
        ({"lovreferanse": "4"}, ["plan.lovreferanse"]),
        ({"plannavn": ""}, ["plan.plannavn"]),
        ({"planidentifikasjon": ""}, ["plan.id.form"]),
        ({"planidentifikasjon": "", "planId": "2025001"}, []),
        ({"planidentifikasjon": "2025001-detaljregulering"}, ["plan.id.form"]),
        ({"kommunenummer": "203"}, ["plan.id.form"]),
        ({"kommunenummer": ""}, ["plan.id.form"]),
        ({"kommunenummer": "", "landkode": "NO"}, []),
        ({"planbestemmelse": "4"}, []),
        ({"planbestemmelse": "2"}, []),
        ({"omPlanbestemmelser": "7"}, ["plan.planbestemmelse"]),
    ],
)
def test_a_plan_tells_what_it_is(values: dict[str, str], expected: list[str]) -> None:
    assert rules(plan(**values)) == expected


def test_a_kommuneplan_has_types_of_its_own() -> None:
    area = thing("KpOmråde", "a")
    assert rules(plan(area, plantype="21")) == []
    assert rules(plan(area, plantype="35")) == ["plan.plantype"]


def test_a_plan_without_provisions_has_no_zones() -> None:
    zone = thing("RpFareSone", fare="310", hensynSonenavn="H310_1")
    assert rules(plan(zone, planbestemmelse="4")) == []
    assert rules(plan(zone, planbestemmelse="2")) == ["plan.planbestemmelse"]


def test_a_plan_has_one_number_in_all_its_files() -> None:
    same = thing("RpFareSone", planidentifikasjon="2025001")
    other = thing("RpFareSone", "y", planidentifikasjon="2025002")
    assert rules(plan(same), PlanFile("b.gml", (same,))) == []
    (hit,) = ATTRIBUTE_RULES["plan.id.form"]([plan(same), PlanFile("b.gml", (other,))])
    assert (hit.file, hit.objects) == ("b.gml", ("y",))
    assert hit.text == "Filene hører til flere planer: 2025001, 2025002."


def test_the_area_tells_what_the_plan_itself_would() -> None:
    area = thing("RpOmråde", "a", vertikalnivå="2", **TOLD)
    assert rules(PlanFile("plan.gpkg", (area,), form="flat")) == []
    lacking = thing("RpOmråde", "a", vertikalnivå="2")
    missing = PlanFile("plan.gpkg", (lacking,), form="flat")
    assert rules(missing) == [
        "plan.plantype", "plan.planstatus", "plan.lovreferanse", "plan.plannavn", "plan.id.form",
    ]  # fmt: skip
    # GeoJSON made from GML has no object without geometry, so the plan itself is not there.
    assert rules(PlanFile("plan.geojson", (lacking,), form="geojson")) == []


def test_each_of_several_codes_is_looked_at() -> None:
    values = {
        "lokalId": ("x",),
        "rpBestemmelseHjemmel": ("4", "99"),
        "bestemmelseOmrådeNavn": ("#1",),
    }
    (hit,) = ATTRIBUTE_RULES["plan.bestemmelse.kode"](
        [plan(PlanObject("RpBestemmelseOmråde", "x", values))]
    )
    assert "«99»" in hit.text


def test_the_types_are_those_of_the_national_catalogues(shared_data: Path) -> None:
    """Every class of a plan in them is a type here, and what it must have some rule asks for."""
    national: set[str] = set()
    demanded: dict[str, set[str]] = {}
    for path in sorted((shared_data / "plan" / "spec").glob("*plan*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            kind = one["name"].removesuffix(" (flat)")
            if kind.startswith(("Rp", "Rb", "Kp", "Pbl")):
                national.add(kind)
                demanded.setdefault(kind, set()).update(
                    attribute["name"]
                    for attribute in one["attributes"]
                    if attribute["cardinality"].startswith("1")
                )
    codes = plan_codes()
    older = set(codes["objekter_eldre"]["types"])
    assert national <= {*codes["objekttyper"]["names"], *older}
    zones = codes["hensynssoner"]["types"]
    asked = {
        "RpArealformålOmråde": {"arealformål", "eierform"},
        "RpOmråde": {
            "arealplanId", "plantype", "planstatus", "plannavn", "vertikalnivå", "lovreferanse",
            # Not asked for: the national files of today do not have it.
            "planbestemmelse",
        },
        "RpRegulertHøyde": {"høydefraplanbestemmelse"},
        "RpPåskrift": {"generellTekststreng"},
        "PblMidlByggAnleggOmråde": {"bestemmelseOmrådeNavn", "avgjørelsesdato", "GyldigTilDato"},
        "RpBestemmelseOmråde": {"bestemmelseOmrådeNavn", "type"},
        "RpJuridiskLinje": {"juridisklinje"},
        "RpJuridiskPunkt": {"juridiskpunkt"},
        **{f"Rp{kind}": {one["attribute"], "hensynSonenavn"} for kind, one in zones.items()},
    }  # fmt: skip
    shapes = {"område", "grense", "posisjon", "senterlinje"}
    for kind in national - older:
        assert demanded[kind] - shapes <= asked.get(kind, set()), kind


def test_the_lists_are_as_long_as_the_national_catalogues(shared_data: Path) -> None:
    path = shared_data / "plan" / "spec" / "reguleringsplan_datafangst_feature_catalogue.json"
    national = {one["name"]: one for one in json.loads(path.read_text(encoding="utf-8"))}
    types = {
        kind: t for one in plan_codes()["egenskaper"].values() for kind, t in one["types"].items()
    }
    for kind, name, retired in [
        ("RpJuridiskLinje", "juridisklinje", 0),
        ("RpJuridiskPunkt", "juridiskpunkt", 0),
        ("RpPåskrift", "påskriftType", 0),
        # What is for the time of building is an object of its own now.
        ("RpBestemmelseOmråde", "type", 1),
    ]:
        (attribute,) = [one for one in national[kind]["attributes"] if one["name"] == name]
        assert len(types[kind]["codes"]) == len(attribute["valueDomain"]["listedValues"]) - retired
    told = {one["name"]: one for one in national["RpOmråde"]["attributes"]}
    plantype = plan_codes()["planopplysninger"]["plan.plantype"]["Rp"]
    listed = [one["value"] for one in told["plantype"]["valueDomain"]["listedValues"]]
    assert len(plantype["codes"] | plantype["retired"]) == len(listed)
    assert listed[-2:] == list(plantype["codes"].values())
