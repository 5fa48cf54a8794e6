"""The map rules against PostGIS: areas by purpose, distances and what is not mapped."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.ingest import add_file
from askergeo.plan.model import PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.read import read_plan
from askergeo.plan.review import review
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.plan.answer import MapAnswer

HERE = Path(__file__).parent / "golden"
GOLDEN = json.loads((HERE / "postgis.json").read_text(encoding="utf-8"))
MAKER = runpy.run_path(str(HERE / "make_golden.py"))
CRS = MAKER["CRS"]
NUMBERS = MAKER["NUMBERS"]
EXACT = {"rel": 1e-9, "abs": 1e-4}
# An arc is drawn in other places when the line that it follows is cut elsewhere: 100 m and 32
# segments a quarter leave at most 3 cm.
ROUND = {"rel": 1e-4}
# The files of Trondheim are in degrees: two libraries transform them in other orders.
MOVED = {"rel": 1e-7, "abs": 1e-3}
ORIGIN = Origin("the example")


def plan(drawn: list[tuple[str, int, shapely.Geometry]]) -> list[PlanFile]:
    objects = [
        PlanObject(
            "RpArealformålOmråde",
            name,
            {"arealformål": (str(code),), "eierform": ("3",)},
            shapes=(Shape("område", surfaces=tuple(map(surface, shapely.get_parts(shape)))),),
        )
        for name, code, shape in drawn
    ]
    return [PlanFile("plan.gml", tuple(objects), systems=(System(CRS, None),), form="flat")]


def surface(part: shapely.Polygon) -> Surface:
    return Surface(tuple(shapely.get_coordinates(r) for r in (part.exterior, *part.interiors)))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> DataPackage:
    """The example with the layers that it lacks, and with areas that some of them map."""
    folder = tmp_path_factory.mktemp("golden") / "pakke"
    made = DataPackage.create(folder, municipality="9999", example=True)
    for name, frame in MAKER["layers"](DataPackage.open(demo_folder / "datapakke")).items():
        made.write(name, frame, origin=ORIGIN, coverage=MAKER["covers"]().get(name))
    return made


@pytest.fixture(scope="module")
def answers(package: DataPackage) -> dict[str, dict[str, MapAnswer]]:
    return {
        name: {one.rule.id: one for one in review(plan(MAKER["PLANS"][name]()), package).answers}
        for name in MAKER["PLANS"]
    }


@pytest.mark.parametrize("rule", list(NUMBERS))
@pytest.mark.parametrize("name", list(MAKER["PLANS"]))
def test_every_map_rule_agrees(
    answers: dict[str, dict[str, MapAnswer]], name: str, rule: str
) -> None:
    found, golden, number = answers[name][rule], GOLDEN[name], NUMBERS[rule]
    close = ROUND if rule == "kart.strandsone" else EXACT
    expected = {
        key.removeprefix(f"treff {number} "): area
        for key, area in golden.items()
        if key.startswith(f"treff {number} ")
    }
    assert {hit.code: hit.area_m2 for hit in found.hits} == pytest.approx(expected, **close)
    assert found.area_m2 == pytest.approx(golden.get(f"treff {number}", 0.0), **close)
    distance = golden.get(f"avstand {number}")
    if not found.hits and distance is not None:
        assert found.distance_m == pytest.approx(distance, **close)
    else:
        assert found.distance_m is None
    unmapped = golden.get(f"ukartlagt {number}")
    if rule in ("kart.markagrense", "kart.kommune"):
        unmapped = 0.0
    if unmapped is None:
        assert found.unmapped_m2 is None
    else:
        assert found.unmapped_m2 == pytest.approx(unmapped, **EXACT)


def test_the_plans_try_every_rule_and_every_answer(
    answers: dict[str, dict[str, MapAnswer]],
) -> None:
    hit = {rule for some in answers.values() for rule, one in some.items() if one.hits}
    assert hit >= set(NUMBERS)
    far = [one.distance_m for some in answers.values() for one in some.values()]
    assert sum(one is not None for one in far) >= 8
    assert any(one.unmapped_m2 for some in answers.values() for one in some.values())


@pytest.fixture(scope="module")
def trondheim(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> DataPackage:
    """NVE's zones in Trondheim as they are published, and the municipality's border."""
    made = DataPackage.create(tmp_path_factory.mktemp("plan") / "trondheim", municipality="5001")
    hazard = shared_data / "hazard"
    clay, flood = (hazard / f"trondheim_{n}_nve_2015.geojson" for n in ("kvikkleire", "flom"))
    add_file(made, "kvikkleire_faresone", clay, mapping="nve_kvikkleire_faresone")
    add_file(made, "flom", flood, mapping="nve_flom")
    borders = gpd.read_file(shared_data / "asker" / "kommuner_2024_M.geojson")
    own = borders[borders["kommunenummer"] == "5001"].to_crs(CRS)
    frame = gpd.GeoDataFrame(
        {"kommunenummer": ["5001"], "kommunenavn": ["Trondheim"], "omfang": ["land"]},
        geometry=own.geometry.make_valid().array,
        crs=CRS,
    )
    made.write("kommunegrense", frame, origin=ORIGIN)
    return made


def golden_by_code(start: str) -> dict[str, float]:
    return {
        key.removeprefix(f"{start} "): area
        for key, area in GOLDEN["trondheim"].items()
        if key.startswith(f"{start} ")
    }


def test_a_plan_in_trondheim_agrees(trondheim: DataPackage) -> None:
    found = review(plan(MAKER["trondheim_purposes"]()), trondheim)
    answers = {one.rule.id: one for one in found.answers}
    for rule, name in (("kart.kvikkleire.faresone", "kvikkleire"), ("kart.flom", "flom")):
        told = {hit.code: hit.area_m2 for hit in answers[rule].hits}
        assert told == pytest.approx(golden_by_code(name), **MOVED)
        assert answers[rule].area_m2 == pytest.approx(GOLDEN["trondheim"][name], **MOVED)
        areas = sorted(one.area_m2 or 0 for one in found.found if one.rule.id == rule)
        assert areas == pytest.approx(sorted(golden_by_code(name).values()), **MOVED)
    # NVE has mapped the flood of 500 years there, not those that the classes ask for.
    assert "F1, F2, F3" in answers["kart.flom"].remark
    # The border of the file ends at the coast.
    outside = GOLDEN["trondheim"]["utenfor"]
    assert answers["kart.kommune"].area_m2 == pytest.approx(outside, **MOVED)


def test_bare_areas_in_trondheim_agree(trondheim: DataPackage, tmp_path: Path) -> None:
    for number, (_, _, shape) in enumerate(MAKER["trondheim_purposes"]()):
        path = tmp_path / f"{number}.geojson"
        gpd.GeoDataFrame(geometry=[shape], crs=CRS).to_file(path)
        found = {one.rule.id: one for one in review([read_plan(path)], trondheim).answers}
        for rule, name in (("kart.kvikkleire.faresone", "kvikkleire"), ("kart.flom", "flom")):
            expected = GOLDEN["trondheim"].get(f"flate {name} {number}", 0.0)
            assert found[rule].area_m2 == pytest.approx(expected, **MOVED)
            # The use of an area is not known before there is a plan: the strictest class counts.
            assert (found[rule].status == Status.HIT_RED) == (expected > 0)


def test_postgis_gives_the_recorded_answers(
    require_tool: Callable[[str], str], shared_data: Path, demo_folder: Path
) -> None:
    golden: dict[str, Any] = runpy.run_path(str(HERE.parent.parent / "golden" / "make_golden.py"))
    if golden["bin_folder"]() is None:
        require_tool("postgres")
    found = MAKER["answers"](DataPackage.open(demo_folder / "datapakke"))
    assert found.keys() == GOLDEN.keys()
    for name, values in found.items():
        assert values == pytest.approx(GOLDEN[name], rel=1e-9, abs=1e-6)
