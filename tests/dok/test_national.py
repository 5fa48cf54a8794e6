"""The national form, held against its published schema without the net."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from shapely import LineString, box, union_all

from askergeo.catalogue import load_catalogue
from askergeo.cli.main import run
from askergeo.datapackage import OWN_CATALOGUE, DataPackage, Origin
from askergeo.dok import check_area, configs_of, read_configs, to_national
from askergeo.dok.match import matching_layers
from askergeo.plan.catalogue import load_rules
from askergeo.plan.datasets import ask_datasets
from askergeo.plan.place import Place
from askergeo.plan.read import read_plan
from askergeo.plan.review import review
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


@pytest.fixture
def whole(tmp_path: Path, shared_data: Path) -> DataPackage:
    """A package with every national dataset as it is, each with an object that its filters take."""
    folder = tmp_path / "hele"
    configs = read_configs(shared_data / "dok-config")
    made = DataPackage.create(folder, catalogue=load_catalogue(shared_data / "dok-config"))
    zone = box(X + 10, Y + 10, X + 40, Y + 40)
    for config in configs:
        if config.disabled:
            continue
        layer = matching_layers(config, made.catalogue)[-1]
        rows = [
            {test.column: test.literals[0] for test in part.filter.tests} if part.filter else {}
            for part in config.layers
        ]
        frame = gpd.GeoDataFrame(rows, geometry=[zone] * len(rows), crs=made.crs)
        made.write(layer.id, frame, origin=Origin(config.name, fetched="2026-01-02"))
    shutil.copytree(shared_data / "dok-config", folder / OWN_CATALOGUE)
    return made


def test_a_plan_gets_a_hit_of_each_dataset_through_the_command(
    validator: Draft7Validator,
    shared_data: Path,
    whole: DataPackage,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = tmp_path / "plan.gpkg"
    halves = [box(X, Y, X + 25, Y + 100), box(X + 25, Y, X + 100, Y + 100)]
    uses = {"arealformål": [1110, 3040], "eierform": [3, 3], "vertikalnivå": [2, 2]}
    gpd.GeoDataFrame(uses, geometry=halves, crs=whole.crs).to_file(
        plan, layer="RpArealformålOmråde"
    )
    outline = gpd.GeoDataFrame({"vertikalnivå": [2]}, geometry=[box(X, Y, X + 100, Y + 100)])
    outline.set_crs(whole.crs).to_file(plan, layer="RpOmråde")
    national = ["--format", "dok", "--dok", str(shared_data / "dok-config")]
    arguments = ["plansjekk", str(plan), "--data", str(whole.path), "--json", *national]
    assert run(arguments) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [error.message for error in validator.iter_errors(answer)] == []
    configs = read_configs(shared_data / "dok-config")
    results = answer["resultList"]
    assert [one["runOnDataset"]["datasetid"] for one in results] == [
        one.metadata_id or one.config_id for one in configs
    ]
    for one, config in zip(results, configs, strict=True):
        assert all(one[key] for key in ("runAlgorithm", "description", "theme", "runOnDataset"))
        if config.disabled:
            assert one["data"]["status"] == "NOT-IMPLEMENTED"
            assert "slått av" in one["description"]
            continue
        assert one["resultStatus"] in ("HIT-RED", "HIT-YELLOW"), config.name
        assert (one["hitArea"], one["distanceToObject"]) == (900, 0)
        assert one["data"]["antall_objekter"] >= 1
        assert one["data"]["objekter"]
    assert sum(not one.disabled for one in configs) >= 40


def test_the_datasets_are_findings_of_the_review_and_leave_its_own_rules_alone(
    shared_data: Path, whole: DataPackage, tmp_path: Path
) -> None:
    own = dict(load_rules())
    plan = tmp_path / "plan.geojson"
    gpd.GeoDataFrame(geometry=[box(X, Y, X + 25, Y + 100)], crs=whole.crs).to_file(plan)
    configs = read_configs(shared_data / "dok-config")
    found = review([read_plan(plan)], whole, configs=configs)
    hits = [one for one in found.found if one.rule.id.startswith("dok.")]
    assert {one.rule.id for one in hits} == {f"dok.{c.name}" for c in configs if not c.disabled}
    assert [one.area_m2 for one in hits] == pytest.approx([15 * 30] * len(hits))
    assert {f"dok.{c.name}" for c in configs if c.disabled} <= {*found.not_asked, *found.clean}
    assert load_rules() == own


def test_purposes_over_each_other_share_the_ground_once_and_lines_have_a_place(
    shared_data: Path, tmp_path: Path
) -> None:
    made = DataPackage.create(tmp_path / "to", catalogue=load_catalogue(shared_data / "dok-config"))
    line = LineString([(X, Y + 5), (X + 60, Y + 5)])
    shapes = {"naturvernområder": box(X, Y, X + 30, Y + 30), "hensynssone_energianlegg": line}
    configs = [c for c in read_configs(shared_data / "dok-config") if c.name in shapes]
    for config in configs:
        layer = matching_layers(config, made.catalogue)[-1]
        frame = gpd.GeoDataFrame(geometry=[shapes[config.name]], crs=made.crs)
        made.write(layer.id, frame, origin=Origin(config.name))
    halves = [box(X, Y, X + 20, Y + 20), box(X + 10, Y, X + 40, Y + 20)]
    uses = gpd.GeoDataFrame(
        {"objekt": ["a", "b"], "kode": ["1110", "1110"], "bruk": ["Bolig", "Bolig"]},
        geometry=halves,
        crs=made.crs,
    )
    place = Place(union_all(halves), uses, uses.iloc[:0], frozenset(), {})
    found = {one.rule.id: one.hits for one in ask_datasets(place, made, configs)}
    (park,) = found["dok.naturvernområder"]
    assert (park.area_m2, park.objects) == (pytest.approx(30 * 20), ("a", "b"))
    assert park.geometry.area == pytest.approx(30 * 20)
    (cable,) = found["dok.hensynssone_energianlegg"]
    assert cable.area_m2 is None
    assert cable.geometry.length == pytest.approx(40)
