"""What a review says to other programs: our own JSON by its schema, and SARIF by the standard."""

from __future__ import annotations

import itertools
import json
import re
from importlib.resources import files
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from askergeo.datapackage import DataPackage
from askergeo.plan.answer import MapAnswer
from askergeo.plan.basis import basis_of
from askergeo.plan.catalogue import load_rules
from askergeo.plan.forms import as_json, as_sarif, worst_of
from askergeo.plan.job import Job
from askergeo.plan.read import read_plans
from askergeo.plan.review import THRESHOLDS, Found, Review, changed, review
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = json.loads((files("askergeo") / "data/schema/plansjekk.schema.json").read_text("utf-8"))
GML = "gml.flate.3-fail.gml"
# What RFC 3986 lets stand in a reference to a file: no space, no letter beyond ASCII, no backslash.
URI = re.compile(r"(file:///)?([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+")
# The parts of SARIF 2.1.0 (OASIS, sections 3.13 to 3.58) that are written, and what it demands.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "text": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
            "additionalProperties": False,
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                    "additionalProperties": False,
                },
                "invocations": {"type": "array", "items": {"$ref": "#/$defs/invocation"}},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
            "additionalProperties": False,
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
            },
            "additionalProperties": False,
        },
        "rule": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": {"$ref": "#/$defs/text"},
                "fullDescription": {"$ref": "#/$defs/text"},
                "help": {"$ref": "#/$defs/text"},
                "defaultConfiguration": {
                    "type": "object",
                    "properties": {"level": {"$ref": "#/$defs/level"}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "invocation": {
            "type": "object",
            "required": ["executionSuccessful"],
            "properties": {
                "executionSuccessful": {"type": "boolean"},
                "toolConfigurationNotifications": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["message"],
                        "properties": {
                            "level": {"$ref": "#/$defs/level"},
                            "message": {"$ref": "#/$defs/text"},
                            "associatedRule": {
                                "type": "object",
                                "properties": {
                                    "id": {"type": "string"},
                                    "index": {"type": "integer", "minimum": 0},
                                },
                                "additionalProperties": False,
                            },
                        },
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "kind": {
                    "enum": ["pass", "open", "informational", "notApplicable", "review", "fail"]
                },
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/text"},
                "partialFingerprints": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                },
                "properties": {"type": "object"},
                "locations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["physicalLocation"],
                        "properties": {"physicalLocation": {"$ref": "#/$defs/place"}},
                        "additionalProperties": False,
                    },
                },
            },
            # A kind that is not a failure has no level (3.27.10).
            "if": {"required": ["kind"], "properties": {"kind": {"not": {"const": "fail"}}}},
            "then": {"properties": {"level": {"const": "none"}}},
            "additionalProperties": False,
        },
        "place": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": f"^{URI.pattern}$"}},
                    "additionalProperties": False,
                },
                "region": {
                    "type": "object",
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    },
}


def told(statuses: Iterable[Status]) -> Review:
    """A review whose map rules gave these answers."""
    rules = load_rules()
    rule = rules["kart.flom"]
    some = set(statuses)
    hits = [one for one in (Status.HIT_RED, Status.HIT_YELLOW) if one in some]
    return Review(
        found=tuple(Found(rule=rule, status=one, text="Treff.", layer="flom") for one in hits),
        clean={},
        not_asked={},
        rules=rules,
        answers=tuple(MapAnswer(rule=rule, status=one) for one in some),
    )


def test_the_worst_status_tells_whether_each_threshold_is_reached() -> None:
    every = [some for size in range(9) for some in itertools.combinations(Status, size)]
    for statuses, (level, held) in itertools.product(every, THRESHOLDS.items()):
        found = told(statuses)
        assert found.reached(level) == (worst_of(found) in held), (statuses, level)


@pytest.fixture(scope="module")
def reviews(shared_data: Path) -> dict[str, Review]:
    folder = shared_data / "plan" / "gml"
    return {one.name: review(read_plans([one])) for one in sorted(folder.glob("*.gml"))}


def test_json_is_by_its_schema_and_has_each_rule_once(
    reviews: dict[str, Review], shared_data: Path
) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for name, found in reviews.items():
        basis = basis_of([shared_data / "plan" / "gml" / name])
        changes = changed(reviews[GML], found)
        written = json.loads(json.dumps(as_json(found, changes, basis), allow_nan=False))
        validator.validate(written)
        fired = {one["regel"] for one in written["funn"]}
        rest = [one["regel"] for one in written["uten_funn"] + written["ikke_kontrollert"]]
        assert len(rest) == len(set(rest))
        assert fired | set(rest) == set(load_rules())
        assert not fired & set(rest)


def test_the_schema_is_strict_and_explains_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def fields(part: Any, at: str = "") -> None:
        if isinstance(part, list):
            for one in part:
                fields(one, at)
        elif isinstance(part, dict):
            if "properties" in part and at != "dependentRequired":
                open_ended = part.get("additionalProperties")
                assert open_ended is False, at
                for name, one in part["properties"].items():
                    assert "$ref" in one or one.get("description"), f"{at}/{name}"
            for name, one in part.items():
                fields(one, f"{at}/{name}")

    fields(SCHEMA)
    whole = as_json(told([Status.HIT_RED]))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(whole)
    for broken in (
        {},
        whole | {"ekstra": 1},
        whole | {"status": "RØD"},
        {name: value for name, value in whole.items() if name != "funn"},
        whole | {"funn": [whole["funn"][0] | {"status": "NO-HIT-GREEN"}]},
        whole | {"funn": [{"regel": "kart.flom"}]},
        whole | {"grunnlag": {}},
    ):
        assert not validator.is_valid(broken), broken


def test_sarif_is_by_the_standard(reviews: dict[str, Review], shared_data: Path) -> None:
    validator = jsonschema.Draft202012Validator(SARIF)
    for name, found in reviews.items():
        path = shared_data / "plan" / "gml" / name
        written = json.loads(json.dumps(as_sarif(found, [path]), allow_nan=False))
        validator.validate(written)
        run = written["runs"][0]
        ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(ids[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
        assert len(run["results"]) == len(found.found)
        notices = run["invocations"][0]["toolConfigurationNotifications"]
        assert {one["associatedRule"]["id"] for one in notices} == set(found.not_asked)
        assert all(
            ids[one["associatedRule"]["index"]] == one["associatedRule"]["id"] for one in notices
        )
    line = next(one.line for one in reviews[GML].found if one.rule.id == "gml.flate.3")
    places = [one["locations"] for one in as_sarif(reviews[GML])["runs"][0]["results"]]
    assert [
        {"physicalLocation": {"artifactLocation": {"uri": GML}, "region": {"startLine": line}}}
    ] in places


def test_what_is_not_mapped_is_open_in_sarif() -> None:
    found = told([Status.NOT_MAPPED])
    found.clean["kart.flom"] = Status.NOT_MAPPED
    found.clean["kart.stoy"] = Status.NO_HIT
    (result,) = as_sarif(found)["runs"][0]["results"]
    assert (result["ruleId"], result["kind"], result["level"]) == ("kart.flom", "open", "none")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("sak 1/område.gml"), "sak%201/omr%C3%A5de.gml"),
        (PureWindowsPath("sak 1\\område.gml"), "sak%201/omr%C3%A5de.gml"),
        (PureWindowsPath("C:\\sak 1\\plan#2.gml"), "file:///C:/sak%201/plan%232.gml"),
        (PurePosixPath("/annet/plan.gml"), "file:///annet/plan.gml"),
        (PurePosixPath("a:b.gml"), "a%3Ab.gml"),
        (PurePosixPath("../plan%.gml"), "../plan%25.gml"),
        (Path.cwd() / "plan.gml", "plan.gml"),
    ],
)
def test_places_are_addresses(path: PurePosixPath, uri: str) -> None:
    rule = load_rules()["gml.flate.3"]
    one = Found(rule=rule, status=Status.HIT_RED, text="Feil.", file=path.name, line=3)
    found = Review(found=(one,), clean={}, not_asked={}, rules=load_rules())
    (result,) = as_sarif(found, [path])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert URI.fullmatch(uri)


def test_the_basis_changes_with_what_an_answer_rests_on(tmp_path: Path) -> None:
    plan = tmp_path / "plan.gml"
    plan.write_text("<plan/>", encoding="utf-8")
    package = DataPackage.create(tmp_path / "p", municipality="9999", name="p", example=True)

    def key(**options: Any) -> str:
        return str(basis_of([plan], package, options=options)["nokkel"])

    first = key()
    assert key() == first
    assert key(crs="") == first
    assert len({first, key(crs="EPSG:25833"), key(parametre={"a": "1"})}) == 3
    plan.write_bytes(plan.read_bytes() + b"\n")
    second = key()
    (tmp_path / "p" / "lagkatalog").mkdir()
    (tmp_path / "p" / "lagkatalog" / "eget.yml").write_text("x", encoding="utf-8")
    third = key()
    DataPackage.create(tmp_path / "p2", municipality="9999", name="annet", example=True)
    (tmp_path / "p" / "askergeo.lock").write_bytes((tmp_path / "p2" / "askergeo.lock").read_bytes())
    assert len({first, second, third, key()}) == 4


def test_the_basis_tells_of_the_scenario_and_of_the_configurations(
    tmp_path: Path, shared_data: Path
) -> None:
    plan, configs = tmp_path / "plan.gml", tmp_path / "dok"
    plan.write_text("<plan/>", encoding="utf-8")
    configs.mkdir()
    base = DataPackage.create(tmp_path / "p", municipality="9999", name="p", example=True)
    DataPackage.create_scenario(tmp_path / "s", base, name="ny skole")

    def basis(**more: Any) -> dict[str, Any]:
        return Job(data=base.path, **more).open().basis([plan])

    plain = basis()
    assert (plain["scenario"], plain["valg"]) == (None, {})
    changed_map = basis(scenario=tmp_path / "s")
    assert changed_map["scenario"]["navn"] == "ny skole"
    keys = {plain["nokkel"], changed_map["nokkel"]}
    first = min((shared_data / "dok-config").rglob("*.yml"))
    (configs / first.name).write_bytes(first.read_bytes())
    keys.add(basis(configs=configs)["nokkel"])
    (configs / first.name).write_bytes(first.read_bytes() + b"\n# endret\n")
    keys.add(basis(configs=configs)["nokkel"])
    assert len(keys) == 4


def test_a_shapefile_is_all_its_files(tmp_path: Path) -> None:
    for suffix in (".shp", ".dbf", ".pdf"):
        (tmp_path / f"plan{suffix}").write_bytes(b"1")
    first = basis_of([tmp_path / "plan.shp"])
    (tmp_path / "plan.pdf").write_bytes(b"2")
    assert basis_of([tmp_path / "plan.shp"]) == first
    (tmp_path / "plan.dbf").write_bytes(b"2")
    assert basis_of([tmp_path / "plan.shp"])["nokkel"] != first["nokkel"]
