"""What a plan says: purposes that cover it once, codes, ownership, use, zones and its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from askergeo._codes import load_codes
from askergeo.catalogue import load_catalogue
from askergeo.plan.attributes import ATTRIBUTE_RULES
from askergeo.plan.catalogue import load_rules
from askergeo.plan.content import CONTENT_RULES
from askergeo.plan.form import FORM_RULES
from askergeo.plan.geojson import read_plan_geojson
from askergeo.plan.model import Link, PlanFile, PlanObject, Shape, Surface
from askergeo.plan.provisions import PROVISION_RULES
from askergeo.plan.purposes import PURPOSE_RULES, plan_codes, wrong_municipality

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.hit import Hit

OWN_RULES = PURPOSE_RULES | ATTRIBUTE_RULES
WHOLE = shapely.box(0, 0, 100, 50)
WEST, EAST = shapely.box(0, 0, 40, 50), shapely.box(40, 0, 100, 50)


def thing(
    kind: str, identity: str, place: shapely.Polygon | None = None, area: str = "a", **values: str
) -> PlanObject:
    shapes: tuple[Shape, ...] = ()
    if place is not None:
        rings = (np.asarray(place.exterior.coords),)
        shapes = (Shape("område", surfaces=(Surface(rings),)),)
    links = () if kind in {"RpOmråde", "KpOmråde"} else (Link("planområde", f"#{area}"),)
    listed = {name: tuple(text.split()) for name, text in values.items()}
    return PlanObject(kind, identity, listed, links, shapes)


def purpose(identity: str, place: shapely.Polygon | None = WEST, **values: str) -> PlanObject:
    usual = {"arealformål": "3040", "eierform": "1", "feltnavn": "GF1"}
    return thing("RpArealformålOmråde", identity, place, **(usual | values))


def broad(identity: str, place: shapely.Polygon | None = WEST, **values: str) -> PlanObject:
    """Make a purpose of a kommuneplan."""
    usual = {"arealformål": "1110", "arealbruksstatus": "2"}
    return thing("KpArealformålOmråde", identity, place, **(usual | values))


def area(identity: str = "a", level: str = "2") -> PlanObject:
    return thing("RpOmråde", identity, WHOLE, vertikalnivå=level)


def hits(*objects: PlanObject) -> list[Hit]:
    files = [PlanFile("plan.gml", objects)]
    return [hit for rule in PURPOSE_RULES.values() for hit in rule(files)]


def test_purposes_cover_the_plan_once() -> None:
    assert hits(area(), purpose("w"), purpose("e", EAST)) == []
    (hit,) = hits(area(), purpose("w"), purpose("e", shapely.box(40.5, 0, 100, 50)))
    assert (hit.rule, hit.text) == (
        "plan.formaal.hull", "25,00 m² på vertikalnivå 2 har ikke formål."
    )  # fmt: skip
    assert hit.geometry is not None
    assert hit.geometry.equals(shapely.box(40, 0, 40.5, 50))
    (hit,) = hits(area(), purpose("w", shapely.box(0, 0, 41, 50)), purpose("e", EAST))
    assert (hit.rule, hit.objects) == ("plan.formaal.overlapp", ("w", "e"))
    assert hit.geometry is not None
    assert hit.geometry.area == 50


def test_levels_are_covered_each_on_their_own() -> None:
    under = purpose("u", WHOLE, area="b")
    assert hits(area(), area("b", "1"), purpose("g", WHOLE), under) == []
    (hit,) = hits(area(), area("b", "1"), purpose("g", WHOLE))
    assert (hit.rule, hit.objects) == ("plan.formaal.hull", ("b",))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"arealformål": "1110", "utnyttingstype": "16", "utnyttingstall": "30"}, ""),
        ({"arealformål": "1110", "utnyttingstype": "10"}, ""),
        ({"arealformål": "1110"}, "plan.utnytting.mangler"),
        ({"arealformål": "1110", "utnyttingstype": "16"}, "plan.utnytting.mangler"),
        ({"utnyttingstype": "3", "utnyttingstall": "30"}, "plan.utnytting.type"),
        ({"utnyttingstype": "99", "utnyttingstall": "30"}, "plan.utnytting.type"),
        ({"arealformål": ""}, "plan.formaal.kode"),
        ({"arealformål": "110"}, "plan.formaal.kode"),
        ({"arealformål": "9999"}, "plan.formaal.kode"),
        ({"arealformål": "park"}, "plan.formaal.kode"),
        ({"arealformål": "0110"}, "plan.formaal.kode"),
        ({"arealformål": "3001"}, "plan.formaal.utgaatt"),
        ({"arealformål": "6740"}, "plan.formaal.utgaatt"),
        ({"feltnavn": ""}, "plan.felt.navn"),
        ({"feltnavn": "", "feltbetegnelse": "GF1"}, ""),
        ({"eierform": ""}, "plan.eierform"),
        ({"eierform": "4"}, "plan.eierform"),
    ],
)
def test_codes_and_use(values: dict[str, str], expected: str) -> None:
    found = hits(area(), purpose("w", WHOLE, **values))
    assert [hit.rule for hit in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ""),
        ({"arealbruksstatus": "1"}, ""),
        ({"arealbruksstatus": ""}, "plan.arealstatus"),
        ({"arealbruksstatus": "3"}, "plan.arealstatus"),
        ({"arealbruksstatus": "9"}, "plan.arealstatus"),
        # A code of reguleringsplaner only, and one of the act of 1985.
        ({"arealformål": "1111"}, "plan.formaal.kode"),
        ({"arealformål": "110"}, "plan.formaal.kode"),
        ({"arealformål": "5001"}, "plan.formaal.utgaatt"),
        # Eierform and use are not demanded, but what is told must be right.
        ({"eierform": "2", "utnyttingstype": "16", "utnyttingstall": "30"}, ""),
        ({"eierform": "4"}, "plan.eierform"),
        ({"utnyttingstype": "3", "utnyttingstall": "30"}, "plan.utnytting.type"),
        ({"utnyttingstype": "16"}, "plan.utnytting.mangler"),
    ],
)
def test_a_kommuneplan_has_codes_of_its_own(values: dict[str, str], expected: str) -> None:
    found = hits(thing("KpOmråde", "a", WHOLE), broad("w", WHOLE, **values))
    assert [hit.rule for hit in found] == ([expected] if expected else [])


def test_a_kommuneplan_is_covered_once() -> None:
    whole = thing("KpOmråde", "a", WHOLE)
    assert hits(whole, broad("w"), broad("e", EAST)) == []
    (gap,) = hits(whole, broad("w"))
    assert gap.geometry is not None
    assert (gap.rule, gap.geometry.area) == ("plan.formaal.hull", EAST.area)
    (shared,) = hits(whole, broad("w"), broad("e", EAST), broad("x", shapely.box(0, 0, 1, 1)))
    assert (shared.rule, shared.objects) == ("plan.formaal.overlapp", ("w", "x"))
    # What a kommuneplan leaves to a reguleringsplan inside it is covered by neither's purposes.
    both = (whole, broad("w", WHOLE), thing("RpOmråde", "b", WEST, vertikalnivå="2"))
    (gap,) = hits(*both)
    assert (gap.rule, gap.objects) == ("plan.formaal.hull", ("b",))


def test_a_surface_that_crosses_itself_still_shares_area() -> None:
    bow = PlanObject(
        "RpArealformålOmråde",
        "x",
        {"arealformål": ("3040",), "eierform": ("1",), "feltnavn": ("GF2",)},
        (Link("planområde", "#a"),),
        (
            Shape(
                "område",
                surfaces=(Surface((np.array([[0, 0], [9, 9], [9, 0], [0, 9], [0, 0.0]]),)),),
            ),
        ),
    )
    (hit,) = hits(area(), purpose("w"), purpose("e", EAST), bow)
    assert hit.geometry is not None
    assert (hit.rule, hit.geometry.area) == ("plan.formaal.overlapp", pytest.approx(40.5))


def test_a_code_that_may_be_new_is_said_to_be_unknown() -> None:
    (hit,) = hits(area(), purpose("w", WHOLE, arealformål="1180", utnyttingstype="10"))
    assert "studentboliger" in hit.text
    told = {"arealformål": "1180", "utnyttingstype": "10", "beskrivelse": "Datasenter"}
    (hit,) = hits(area(), purpose("w", WHOLE, **told))
    assert hit.text.endswith("«Datasenter» kom i forskriften av 2025, og koden er ikke kjent her.")


def test_retired_and_new_codes_are_those_of_the_lists() -> None:
    for kind, name in (("Rp", "reguleringsplan_formaal"), ("Kp", "kommuneplan_formaal")):
        listed = load_codes(name)
        told = {
            str(code) for code, one in listed.items() if "utgått" in one.name and int(code) > 999
        }
        assert set(plan_codes()["formaal_utgaatt"]["codes"][kind]) == told
    new = plan_codes()["formaal_2025"]["names"]
    listed = load_codes("reguleringsplan_formaal")
    assert {name: listed[int(code)].name for name, code in new.items() if code} == {
        "Blågrønnstruktur": "Blå/grønnstruktur",
        "Vannspeil": "Vannspeil",
    }
    # The others are in no list, so their codes are not known.
    names = {one.name.casefold() for one in listed.values()}
    assert not names & {name.casefold() for name, code in new.items() if not code}


def test_objects_of_older_acts_are_told_once_a_type() -> None:
    old = [thing("RbFormålOmråde", "r", WEST), thing("RbFormålOmråde", "s", EAST)]
    (hit,) = hits(area(), *old)
    assert (hit.rule, hit.objects) == ("plan.objekt.eldre", ("r", "s"))
    assert "RpArealformålOmråde" in hit.text


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("KpFareSone", {"fare": "310", "hensynSonenavn": "H310_1"}, []),
        ("KpSikringSone", {"sikring": "140", "hensynSonenavn": "H140_1"}, ["plan.hensyn.kode"]),
        ("RpSikringSone", {"sikring": "140", "hensynSonenavn": "H140_1"}, []),
        ("RpGjennomføringSone", {"gjennomføring": "850", "hensynSonenavn": "H850"}, []),
        ("RpDetaljeringSone", {"detaljering": "910", "hensynSonenavn": "H910_1"}, []),
        ("RpFareSone", {"fare": "310", "hensynSonenavn": "H310_1"}, []),
        ("RpFareSone", {"fare": "310", "hensynSonenavn": "H320_1"}, ["plan.hensyn.navn"]),
        ("RpFareSone", {"fare": "310"}, ["plan.hensyn.navn"]),
        ("RpFareSone", {"fare": "510", "hensynSonenavn": "H510_1"}, ["plan.hensyn.kode"]),
        ("RpFareSone", {"hensynSonenavn": "H310_1"}, ["plan.hensyn.kode"]),
        (
            "RpBåndleggingSone",
            {"båndlegging": "700", "hensynSonenavn": "H700"},
            ["plan.hensyn.kode"],
        ),
    ],
)
def test_zones_have_code_and_name(kind: str, values: dict[str, str], expected: list[str]) -> None:
    found = hits(area(), purpose("w", WHOLE), thing(kind, "s", WEST, **values))
    assert [hit.rule for hit in found] == expected


def test_a_detaljregulering_has_no_detaljeringssone() -> None:
    zone = thing("RpDetaljeringSone", "s", WEST, detaljering="910", hensynSonenavn="H910_1")
    plan = thing("Arealplan", "p", plantype="35")
    (hit,) = hits(area(), purpose("w", WHOLE), zone, plan)
    assert hit.rule == "plan.hensyn.kode"


def test_the_number_is_the_municipalitys() -> None:
    plan = PlanFile("plan.gml", (thing("Arealplan", "p", kommunenummer="0220"),))
    (hit,) = wrong_municipality([plan], "3203")
    assert hit.text == "Planen har kommunenummer «0220», ikke 3203."
    assert not list(wrong_municipality([plan], "0220"))


def test_the_findings_of_a_real_plan_are_reviewed(shared_data: Path) -> None:
    plan = read_plan_geojson(shared_data / "plan" / "real" / "plan_4204_1536.geojson")
    found = [(hit.rule, hit.text) for rule in OWN_RULES.values() for hit in rule([plan])]
    # Four parts of a shooting range, whose use stands in the text; its areas cover it once.
    fields = ("BSK1", "BSK2", "BSK3", "BSK4")
    lacking = [f"Formål 1470 {field} har ingen utnytting på kartet." for field in fields]
    assert found == [("plan.utnytting.mangler", text) for text in lacking]


def test_every_rule_is_in_the_catalogue() -> None:
    rules = load_rules()
    coded = {
        *FORM_RULES,
        *CONTENT_RULES,
        *PURPOSE_RULES,
        *ATTRIBUTE_RULES,
        *PROVISION_RULES,
        "plan.id.kommune",
    }
    assert {name for name, rule in rules.items() if not rule.layers} == coded
    catalogue = load_catalogue()
    for rule in rules.values():
        if rule.map is not None:
            columns = catalogue[rule.map.layer].columns
            assert set(rule.map.show) <= set(columns)
            assert all(set(one.where) <= set(columns) for one in rule.map.classes)
    assert {rule.severity for rule in rules.values()} <= {"feil", "advarsel", "info"}
    assert {rule.how for rule in rules.values()} <= {"automatisk", "delvis", "manuell"}
    assert all(rule.reference and rule.guidance and rule.action for rule in rules.values())
