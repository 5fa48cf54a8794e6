"""What a plan says: purposes that cover it once, codes, ownership, use, zones and its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.plan.catalogue import load_rules
from askergeo.plan.content import CONTENT_RULES
from askergeo.plan.form import FORM_RULES
from askergeo.plan.geojson import read_plan_geojson
from askergeo.plan.model import Link, PlanFile, PlanObject, Shape, Surface
from askergeo.plan.purposes import PURPOSE_RULES, wrong_municipality

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.hit import Hit

WHOLE = shapely.box(0, 0, 100, 50)
WEST, EAST = shapely.box(0, 0, 40, 50), shapely.box(40, 0, 100, 50)


def thing(
    kind: str, identity: str, place: shapely.Polygon | None = None, area: str = "a", **values: str
) -> PlanObject:
    shapes: tuple[Shape, ...] = ()
    if place is not None:
        rings = (np.asarray(place.exterior.coords),)
        shapes = (Shape("område", surfaces=(Surface(rings),)),)
    links = () if kind == "RpOmråde" else (Link("planområde", f"#{area}"),)
    listed = {name: tuple(text.split()) for name, text in values.items()}
    return PlanObject(kind, identity, listed, links, shapes)


def purpose(identity: str, place: shapely.Polygon | None = WEST, **values: str) -> PlanObject:
    usual = {"arealformål": "3040", "eierform": "1"}
    return thing("RpArealformålOmråde", identity, place, **(usual | values))


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
        ({"arealformål": "3001"}, "plan.formaal.utgaatt"),
        ({"eierform": ""}, "plan.eierform"),
        ({"eierform": "4"}, "plan.eierform"),
    ],
)
def test_codes_and_use(values: dict[str, str], expected: str) -> None:
    found = hits(area(), purpose("w", WHOLE, **values))
    assert [hit.rule for hit in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
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


def test_the_number_is_the_municipalitys() -> None:
    plan = PlanFile("plan.gml", (thing("Arealplan", "p", kommunenummer="0220"),))
    (hit,) = wrong_municipality([plan], "3203")
    assert hit.text == "Planen har kommunenummer «0220», ikke 3203."
    assert not list(wrong_municipality([plan], "0220"))


def test_the_findings_of_a_real_plan_are_reviewed(shared_data: Path) -> None:
    plan = read_plan_geojson(shared_data / "plan" / "real" / "plan_4204_1536.geojson")
    found = [(hit.rule, hit.text) for rule in PURPOSE_RULES.values() for hit in rule([plan])]
    # Four parts of a shooting range, whose use stands in the text; its areas cover it once.
    lacking = "Området med formål 1470 har ingen utnytting på kartet."
    assert found == [("plan.utnytting.mangler", lacking)] * 4


def test_every_rule_is_in_the_catalogue() -> None:
    rules = load_rules()
    coded = {*FORM_RULES, *CONTENT_RULES, *PURPOSE_RULES, "plan.id.kommune"}
    assert {name for name, rule in rules.items() if rule.map is None} == coded
    catalogue = load_catalogue()
    for rule in rules.values():
        if rule.map is not None:
            columns = catalogue[rule.map.layer].columns
            assert set(rule.map.show) <= set(columns)
            assert all(set(one.where) <= set(columns) for one in rule.map.classes)
    assert {rule.severity for rule in rules.values()} <= {"feil", "advarsel", "info"}
    assert {rule.how for rule in rules.values()} <= {"automatisk", "delvis", "manuell"}
    assert all(rule.reference and rule.guidance and rule.action for rule in rules.values())
