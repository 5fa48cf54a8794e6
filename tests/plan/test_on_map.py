"""Map rules on the example municipality, held against GEOS, and the shore on a beach drawn by hand."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import geopandas as gpd
import jsonschema
import numpy as np
import pytest
import shapely

from askergeo.cli.main import run
from askergeo.cli.plan_text import review_text
from askergeo.datapackage import DataPackage, Origin
from askergeo.outputs.write import FILES
from askergeo.parameters import load_parameters
from askergeo.plan.catalogue import load_rules
from askergeo.plan.filed import FILED_HTML, FILED_PDF
from askergeo.plan.forms import as_json, as_sarif
from askergeo.plan.model import Curve, PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.on_map import ask_map
from askergeo.plan.place import place_of
from askergeo.plan.review import changed, review
from askergeo.plan.uses import use_of
from askergeo.result import Status

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.answer import MapAnswer

CRS = "EPSG:25832"
PARAMETERS = load_parameters("plansjekk")
ORIGIN = Origin(title="Test", fetched="2025-01-01", licence="CC0", attribution="", owner="")


def plan(*objects: PlanObject, crs: str = CRS) -> list[PlanFile]:
    return [PlanFile("plan.gpkg", objects, systems=(System(crs, None),), form="flat")]


def purpose(code: str, place: shapely.Geometry, identity: str = "f", **values: str) -> PlanObject:
    surfaces = tuple(
        Surface(tuple(np.asarray(ring.coords) for ring in (part.exterior, *part.interiors)))
        for part in shapely.get_parts(place)
    )
    listed = {"arealformål": code, "eierform": "3"} | values
    shape = (Shape("område", surfaces=surfaces),)
    return PlanObject(
        "RpArealformålOmråde", identity, {k: (v,) for k, v in listed.items()}, shapes=shape
    )


def asked(package: DataPackage, *objects: PlanObject) -> dict[str, MapAnswer]:
    return {
        one.rule.id: one
        for one in ask_map(
            place_of(plan(*objects), CRS), package, parameters=load_parameters("plansjekk")
        )
    }


@pytest.fixture(scope="module")
def package(demo_folder: Path) -> DataPackage:
    return DataPackage.open(demo_folder / "datapakke")


@pytest.fixture(scope="module")
def wide(package: DataPackage) -> shapely.Polygon:
    """A square over the densest of the example, with hits on most themes."""
    clay = package.read("kvikkleire_aktsomhet").geometry
    square = clay.iloc[int(np.argmax(clay.area))].centroid.buffer(700, cap_style="square")
    return square.intersection(package.read("kommunegrense").geometry.union_all().buffer(-50))


def test_hit_areas_are_those_of_geos(package: DataPackage, wide: shapely.Polygon) -> None:
    found = asked(package, purpose("1110", wide))
    themes = {
        "kart.kvikkleire.aktsomhet": ("kvikkleire_aktsomhet", None),
        "kart.marin_leire": ("marin_leire", ("mulighet", ["svaert_stor", "stor", "middels"])),
        "kart.dyrket": ("ar5", ("arealtype", [21, 22, 23])),
        "kart.myr": ("ar5", ("arealtype", [60])),
        "kart.stoy": ("stoy", None),
        "kart.flom": ("flom", ("gjentaksintervall", [10, 20, 50, 100, 200, 2100])),
        "kart.naturtype": ("naturtype", None),
    }
    hit = 0
    for rule, (layer, where) in themes.items():
        frame = package.read(layer)
        if where:
            frame = frame[frame[where[0]].isin(where[1])]
        # Overlapping objects count once: the union first, then the plan.
        expected = shapely.union_all(frame.geometry.array).intersection(wide).area
        assert found[rule].area_m2 == pytest.approx(expected, rel=1e-9, abs=1e-6)
        hit += expected > 0
    assert hit >= 4
    assert found["kart.kommune"].status == Status.NO_HIT


def test_floods_are_asked_by_safety_class(package: DataPackage) -> None:
    flood = package.read("flom")
    ten = flood[flood["gjentaksintervall"] == 20].geometry.union_all()
    rare = flood[flood["gjentaksintervall"] == 1000].geometry.union_all()
    usual = flood[flood["gjentaksintervall"] != 1000].geometry.union_all()
    only_rare = max(shapely.get_parts(rare.difference(usual)), key=shapely.area)
    within = only_rare.buffer(-0.2)
    status = {
        code: asked(package, purpose(code, within))["kart.flom"].status
        for code in ("1119", "1110", "1168", "3040", "")
    }
    assert status["1168"] == Status.HIT_RED  # F3: a nursing home
    assert status["1110"] != Status.HIT_RED  # F2: dwellings
    assert status["3040"] == Status.NOT_RELEVANT
    assert status[""] == Status.HIT_RED  # unknown use: the strictest
    assert use_of("1119").flood == "F1"
    frequent = max(shapely.get_parts(ten), key=shapely.area).buffer(-0.2)
    assert asked(package, purpose("1119", frequent))["kart.flom"].status == Status.HIT_RED


def test_what_is_not_mapped_is_never_green(package: DataPackage, tmp_path: Path) -> None:
    _, _, east, north = package.read("kommunegrense").total_bounds
    away = shapely.box(east + 5_000, north, east + 5_100, north + 100)
    found = asked(package, purpose("1110", away))
    assert found["kart.kommune"].status == Status.HIT_RED
    assert found["kart.kommune"].area_m2 == pytest.approx(10_000)
    green = {rule for rule, one in found.items() if one.status == Status.NO_HIT}
    # The act on Marka has its own map of all of it.
    assert green == {"kart.markagrense"}
    bare = DataPackage.create(tmp_path / "bar", municipality="9999", name="bar", example=True)
    empty = asked(bare, purpose("1110", away))
    assert {one.status for one in empty.values()} == {Status.NOT_IMPLEMENTED}
    assert all(one.unmapped_m2 is None and one.remark for one in empty.values())


def test_a_plan_in_another_zone_is_moved(package: DataPackage, wide: shapely.Polygon) -> None:
    own = asked(package, purpose("1110", wide))
    other = gpd.GeoSeries([wide], crs=CRS).to_crs("EPSG:25833").iloc[0]
    place = place_of(plan(purpose("1110", other), crs="EPSG:25833"), CRS)
    moved = {
        one.rule.id: one for one in ask_map(place, package, parameters=load_parameters("plansjekk"))
    }
    for rule, answer in own.items():
        assert moved[rule].status == answer.status
        assert moved[rule].area_m2 == pytest.approx(answer.area_m2, rel=1e-6)


def test_other_levels_are_told_of_not_asked(package: DataPackage, wide: shapely.Polygon) -> None:
    tunnel = purpose("2010", wide, "t", vertikalnivå="1")
    place = place_of(plan(tunnel, purpose("3040", wide.buffer(-600), "g")), CRS)
    assert place.other_levels == {"1": 1}
    assert place.uses["objekt"].tolist() == ["g"]
    # A demand on a use that is on another level alone is not known to be met.
    found = {one.rule.id: one for one in ask_map(place, package, parameters=PARAMETERS)}
    assert found["kart.stoy"].status == Status.NOT_IMPLEMENTED
    assert "vertikalnivå 1" in found["kart.stoy"].remark


def test_what_is_not_about_the_plan_is_not_told_as_clean(
    package: DataPackage, wide: shapely.Polygon
) -> None:
    text = review_text(review(plan(purpose("3040", wide)), package), None)
    clean, _, other = text.partition("Gjelder ikke formålene i planen:")
    assert "kart.stoy" in other
    assert "kart.stoy" not in clean
    assert "kart.markagrense" in clean


def test_a_plan_all_on_another_level_is_not_taken_for_one_on_the_ground(
    package: DataPackage, wide: shapely.Polygon
) -> None:
    found = review(plan(purpose("2010", wide, "t", vertikalnivå="1")), package)
    assert found.place is not None
    assert not len(found.place.uses)
    assert {one.status for one in found.answers} == {Status.NOT_IMPLEMENTED}
    assert found.reached("ikke-kartlagt")


@pytest.fixture
def beach(tmp_path: Path) -> DataPackage:
    """A straight shore along x = 0, land to the east, with one plan and its building limit."""
    made = DataPackage.create(tmp_path / "strand", municipality="3203", name="strand")
    whole, x, y = shapely.box, 580_000.0, 6_630_000.0

    def put(layer: str, shapes: list[shapely.Geometry], **columns: object) -> None:
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
        made.write(layer, frame, origin=ORIGIN)

    put(
        "kommunegrense",
        [whole(x - 500, y - 1000, x + 2000, y + 1000)],
        kommunenummer=["3203"], kommunenavn=["Asker"], omfang=["med_sjo"],
    )  # fmt: skip
    put("kystkontur", [shapely.LineString([(x, y - 1000), (x, y + 1000)])],
        kystkontur_id=[1], objtype=["Kystkontur"], navn=[""])  # fmt: skip
    put("vann", [whole(x - 500, y - 1000, x, y + 1000)], vanntype=["hav"])
    put("reguleringsplan", [whole(x, y, x + 300, y + 100)], planid=["A"], plannavn=["A"])
    limits = [
        shapely.LineString([(x + 40, y - 300), (x + 40, y + 300)]),
        shapely.LineString([(x + 60, y - 300), (x + 60, y + 300)]),
    ]
    put("byggegrense_sjo", limits, byggegrense_id=[1, 2], planid=["A", "ukjent"],
        lovgrunnlag=["", ""])  # fmt: skip
    return made


def test_a_limit_releases_its_landward_side_in_its_own_plan(beach: DataPackage) -> None:
    x, y = 580_000.0, 6_630_000.0
    # 200 m along the shore, half of it in plan A, whose limit runs 40 m from the shore.
    answer = asked(beach, purpose("1110", shapely.box(x, y, x + 200, y + 200)))["kart.strandsone"]
    assert answer.status == Status.HIT_RED
    assert answer.area_m2 == pytest.approx(40 * 100 + 100 * 100, rel=1e-6)
    assert answer.remark == "1 byggegrense hører til en plan som ikke er kjent, og er ikke brukt."
    own = PlanObject(
        "RpJuridiskLinje",
        "l",
        {"juridisklinje": ("1211",)},
        shapes=(Shape("senterlinje", curves=(Curve(np.array([[x + 20, y], [x + 20, y + 200]])),)),),
    )
    area = purpose("1110", shapely.box(x, y, x + 200, y + 200))
    answer = asked(beach, area, own)["kart.strandsone"]
    # The plan's own limit, 20 m from the shore, releases all that is behind it.
    assert answer.area_m2 == pytest.approx(20 * 200, rel=1e-6)
    inland = asked(beach, purpose("1110", shapely.box(x + 150, y, x + 200, y + 50)))
    assert inland["kart.strandsone"].status == Status.NO_HIT
    assert inland["kart.strandsone"].distance_m == pytest.approx(50, abs=0.01)


def test_two_versions_are_compared(package: DataPackage, wide: shapely.Polygon) -> None:
    old = review(plan(purpose("1110", wide, "a"), purpose("9999", wide, "b")), package)
    new = review(plan(purpose("1110", wide, "a", utnyttingstype="10")), package)
    told = {name: {one.rule.id for one in some} for name, some in changed(old, new).items()}
    assert {"plan.formaal.kode", "plan.formaal.overlapp"} <= told["rettet"]
    assert told["nye"] == set()
    assert "kart.dyrket" in told["fortsatt"]
    assert sum(map(len, changed(old, new).values())) == len({one.key for one in old.found})


def test_the_forms_hold_every_rule_once(package: DataPackage, wide: shapely.Polygon) -> None:
    found = review(plan(purpose("1110", wide)), package)
    written = json.loads(json.dumps(as_json(found), allow_nan=False))
    schema = json.loads((files("askergeo") / "data/schema/plansjekk.schema.json").read_text())
    jsonschema.validate(written, schema)
    fired = {one["regel"] for one in written["funn"]}
    rest = [one["regel"] for one in written["uten_funn"] + written["ikke_kontrollert"]]
    rules = {one["id"] for one in as_sarif(found)["runs"][0]["tool"]["driver"]["rules"]}
    assert fired | set(rest) == rules
    assert len(rest) == len(set(rest))
    assert not fired & set(rest)
    assert all(
        one["areal_m2"] > 0 and one["lag"] for one in written["funn"] if "kart" in one["regel"]
    )


def test_the_verb_ends_by_its_threshold(
    tmp_path: Path, demo_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "område.geojson"
    data = demo_folder / "datapakke"
    boundary = DataPackage.open(data).read("kommunegrense")
    inside = boundary[boundary["omfang"] == "land"].geometry.iloc[0].representative_point()
    gpd.GeoDataFrame(geometry=[inside.buffer(5)], crs=CRS).to_file(path)
    arguments = ["plansjekk", str(path), "--data", str(data), "--json"]
    assert run(arguments) == 1
    written = json.loads(capsys.readouterr().out)
    worst = {one["status"] for one in written["funn"]}
    assert run([*arguments, "--terskel", "rød"]) == int("HIT-RED" in worst)
    capsys.readouterr()
    assert run([*arguments, "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert run([*arguments, "--format", "dok"]) == 1
    national = json.loads(capsys.readouterr().out)
    assert national["inputGeometryArea"] == pytest.approx(78, abs=1)
    assert len(national["resultList"]) >= 7
    assert run(["plansjekk", "--regler"]) == 0
    assert "gml.flate.2" in capsys.readouterr().out
    assert run(["plansjekk"]) == 2
    assert run(["plansjekk", str(tmp_path / "finnes-ikke.gml")]) == 2


def test_the_report_holds_the_review(
    tmp_path: Path, demo_folder: Path, wide: shapely.Polygon, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "område.geojson", tmp_path / "rapport"
    gpd.GeoDataFrame(geometry=[wide], crs=CRS).to_file(path)
    arguments = ["plansjekk", str(path), "--data", str(demo_folder / "datapakke")]
    assert run([*arguments, "--ut", str(out), "--mot", str(path), "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert written["endringer"]["fortsatt"] == written["funn"]
    assert {one.name for one in out.iterdir()} >= {*FILES.values(), FILED_HTML, FILED_PDF}
    (result,) = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    tables = {table["navn"]: table for table in result["tabeller"]}
    assert len(tables["funn"]["rader"]) == len(written["funn"])
    assert len(tables["kontroll"]["rader"]) == len(load_rules())
    hits = gpd.read_file(out / "askergeo.gpkg", layer="plansjekk_treff")
    placed = [one for one in written["funn"] if one["lag"]]
    assert hits["areal_m2"].sum() == pytest.approx(
        sum(one["areal_m2"] or 0 for one in placed), abs=1
    )
    assert run([*arguments, "--ut", str(out)]) == 2  # the folder is taken
    capsys.readouterr()
    assert run(["gjenta", str(out)]) == 2
    assert "planfilen ligger ikke i den" in capsys.readouterr().err
    assert run(["plansjekk", str(path), "--ut", str(tmp_path / "uten")]) == 2
