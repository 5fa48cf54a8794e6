"""The national form, held against its published schema without the net."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from shapely import box

from askergeo.dok import check_area, configs_of, read_configs, to_national
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.datapackage import DataPackage

X, Y = 570_000.0, 6_630_000.0
ZONE = "kvikkleire_faresone"
POSITION = {"type": "array", "minItems": 2, "items": {"type": "number"}}
RING = {"type": "array", "minItems": 4, "items": POSITION}
RINGS = {"type": "array", "items": RING}


def geometry_schema(kind: str, coordinates: dict[str, Any]) -> dict[str, Any]:
    """What RFC 7946 says of the geometry; the published one is only on the net."""
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"enum": [kind]}, "coordinates": coordinates},
    }


@pytest.fixture
def validator(shared_data: Path) -> Draft7Validator:
    folder = shared_data / "dok-schema"
    schemas = {
        path.name: json.loads(path.read_text(encoding="utf-8-sig"))
        for path in folder.glob("*.v1.*.schema.json")
    }
    site = "http://geojson.org/schema/"
    schemas[f"{site}Polygon.json"] = geometry_schema("Polygon", RINGS)
    schemas[f"{site}MultiPolygon.json"] = geometry_schema(
        "MultiPolygon", {"type": "array", "items": RINGS}
    )
    registry: Registry = Registry().with_resources(
        (name, Resource(contents=schema, specification=DRAFT7)) for name, schema in schemas.items()
    )
    output = schemas["no.geonorge.dokanalyse.v1.output.schema.json"]
    return Draft7Validator(output, registry=registry, format_checker=FormatChecker())


@pytest.fixture
def made(package: Callable[..., DataPackage]) -> DataPackage:
    zone = box(X, Y, X + 60, Y + 40)
    return package(
        {
            ZONE: [(zone, {"navn": "Sone", "faregrad": "hoy", "risiko": 4})],
            "flom": [(box(X + 300, Y, X + 400, Y + 90), {"gjentaksintervall": 200})],
            "naturtype": [(zone, {"naturtype": "Eng", "verdi": "noe"})],
        },
        coverage={"flom": box(X - 900, Y - 900, X + 900, Y + 900)},
    )


def test_every_dataset_gives_a_valid_answer_that_is_not_empty(
    validator: Draft7Validator, shared_data: Path, made: DataPackage
) -> None:
    area = box(X, Y, X + 100, Y + 100)
    configs = read_configs(shared_data / "dok-config")
    results = check_area(area, made, configs=configs, buffer_m=10)
    answer = json.loads(json.dumps(to_national(results, area, made), allow_nan=False))
    assert [error.message for error in validator.iter_errors(answer)] == []
    assert len(answer["resultList"]) == len(configs)
    for one, config in zip(answer["resultList"], configs, strict=True):
        assert one["runOnDataset"]["datasetid"] == config.metadata_id
        assert all(one[key] for key in ("runAlgorithm", "resultStatus", "description", "theme"))
        assert one["data"]["konfigurasjon"] == config.config_id
    by_name = {c.name: one for c, one in zip(configs, answer["resultList"], strict=True)}
    hit = by_name["faresone_kvikkleireskred"]
    assert hit["runOnInputGeometry"]["type"] == "Polygon"
    assert hit["resultStatus"] == "HIT-RED"
    # The corner of the buffer is a quarter circle of 10 m.
    assert hit["hitArea"] == 60 * 40
    assert hit["distanceToObject"] == 0
    assert hit["runOnDataset"]["updated"] == "2026-01-02T00:00:00Z"
    assert hit["data"]["objekter"][0]["skredOmrNavn"] == "Sone"
    assert "TEK17 § 7-3" in hit["guidanceText"]
    flood = by_name["flomsoner"]
    assert (flood["resultStatus"], flood["distanceToObject"]) == ("NO-HIT-GREEN", 200)
    radon = by_name["radon_aktsomhet"]
    assert radon["resultStatus"] == "NO-HIT-YELLOW"
    assert radon["data"]["status"] == "NOT-IMPLEMENTED"
    assert radon["runOnDataset"]["updated"].startswith("0001-01-01")
    assert "hitArea" not in radon
    crs = answer["inputGeometry"]["crs"]["properties"]["name"]
    assert crs == "urn:ogc:def:crs:EPSG::25832"
    assert (answer["municipalityNumber"], answer["municipalityName"]) == ("3203", "Asker")
    assert answer["inputGeometryArea"] == 10_000


def test_the_schema_would_refuse_a_wrong_answer(
    validator: Draft7Validator, made: DataPackage
) -> None:
    area = box(X, Y, X + 100, Y + 100)
    results = check_area(area, made, configs=configs_of(made.catalogue))
    assert {one.status for one in results} > {Status.HIT_RED, Status.HIT_YELLOW, Status.NO_HIT}
    answer = to_national(results, area, made)
    assert validator.is_valid(answer)
    for key, value in (("resultStatus", "NOT-IMPLEMENTED"), ("hitArea", 1.5)):
        wrong = {**answer, "resultList": [{**answer["resultList"][0], key: value}]}
        assert not validator.is_valid(wrong)
