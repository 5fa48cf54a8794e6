"""Where map rules may go wrong: edges, slivers, faulty layers, and what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import box

from askergeo.datapackage import DataPackage, Origin
from askergeo.plan.model import PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.review import THRESHOLDS, review
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.review import Review

    Put = Callable[..., None]

CRS = "EPSG:25832"
X, Y = 580_000.0, 6_630_000.0
BOWTIE = [(0, 0), (40, 40), (40, 0), (0, 40)]


def at(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box in metres from the municipality's south-west corner."""
    return box(X + west, Y + south, X + east, Y + north)


def purpose(code: str, shape: shapely.Geometry, name: str = "f") -> PlanObject:
    parts = (
        Surface(tuple(np.asarray(ring.coords)[:, :2] for ring in (one.exterior, *one.interiors)))
        for one in shapely.get_parts(shape)
    )
    return PlanObject(
        "RpArealformålOmråde",
        name,
        {"arealformål": (code,), "eierform": ("3",)},
        shapes=(Shape("område", surfaces=tuple(parts)),),
    )


def reviewed(package: DataPackage, *objects: PlanObject) -> Review:
    return review([PlanFile("p", objects, systems=(System(CRS, None),), form="flat")], package)


def asked(package: DataPackage, rule: str, *objects: PlanObject) -> MapAnswer:
    (answer,) = (one for one in reviewed(package, *objects).answers if one.rule.id == rule)
    return answer


@pytest.fixture
def package(tmp_path: Path) -> DataPackage:
    """Asker, 2 × 2 km, with nothing but its border."""
    made = DataPackage.create(tmp_path / "pakke", municipality="3203")
    names = {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["med_sjo"]}
    frame = gpd.GeoDataFrame(names, geometry=[at(0, 0, 2000, 2000)], crs=CRS)
    made.write("kommunegrense", frame, origin=Origin("test"))
    return made


@pytest.fixture
def put(package: DataPackage) -> Put:
    """Write a layer of shapes and columns."""

    def write(
        layer: str,
        shapes: list[Any],
        *,
        coverage: shapely.Geometry | None = None,
        **columns: list[Any],
    ) -> None:
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
        package.write(layer, frame, origin=Origin("test"), coverage=coverage)

    return write


# ------------------------------------------------------------------------------ where the plan is


def test_only_what_lies_over_the_border_is_outside(package: DataPackage) -> None:
    inside = asked(package, "kart.kommune", purpose("1110", at(1900, 0, 2000, 100)))
    assert (inside.status, inside.area_m2) == (Status.NO_HIT, 0)
    over = asked(package, "kart.kommune", purpose("1110", at(1900, 0, 2030, 100)))
    assert (over.status, over.area_m2) == (Status.HIT_RED, pytest.approx(3000))
    # 0.4 m² is what the edges of two maps leave of each other.
    edge = asked(package, "kart.kommune", purpose("1110", at(1900, 0, 2000.004, 100)))
    assert edge.status == Status.NO_HIT


def test_a_layer_of_the_municipality_says_nothing_beyond_it(package: DataPackage, put: Put) -> None:
    put("reguleringsplan", [at(0, 0, 10, 10)], planid=["1"], plannavn=["A"], planstatus=[3])
    rule = "kart.reguleringsplan"
    over = asked(package, rule, purpose("1110", at(1900, 0, 2030, 100)))
    assert (over.status, over.unmapped_m2) == (Status.NOT_MAPPED, pytest.approx(3000))
    inside = asked(package, rule, purpose("1110", at(1900, 0, 2000, 100)))
    assert (inside.status, inside.unmapped_m2) == (Status.NO_HIT, 0)


def test_without_the_border_no_layer_of_the_municipality_is_whole(tmp_path: Path) -> None:
    made = DataPackage.create(tmp_path / "uten", municipality="3203")
    plans = {"planid": ["1"], "plannavn": ["A"], "planstatus": [3]}
    frame = gpd.GeoDataFrame(plans, geometry=[at(0, 0, 10, 10)], crs=CRS)
    made.write("reguleringsplan", frame, origin=Origin("test"))
    found = asked(made, "kart.reguleringsplan", purpose("1110", at(500, 0, 600, 100)))
    assert (found.status, found.unmapped_m2) == (Status.NOT_MAPPED, None)


def test_a_border_along_the_coast_knows_nothing_of_the_sea(tmp_path: Path) -> None:
    made = DataPackage.create(tmp_path / "land", municipality="3203")
    names = {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["land"]}
    frame = gpd.GeoDataFrame(names, geometry=[at(0, 0, 2000, 2000)], crs=CRS)
    made.write("kommunegrense", frame, origin=Origin("test"))
    found = asked(made, "kart.kommune", purpose("1110", at(1900, 0, 2030, 100)))
    assert found.area_m2 == pytest.approx(3000)
    assert "uten sjøen" in found.remark


def test_what_lies_in_a_hole_of_the_plan_is_no_hit(package: DataPackage, put: Put) -> None:
    put("forurenset_grunn", [at(140, 140, 160, 160)])
    holed = at(0, 0, 300, 300).difference(at(100, 100, 200, 200))
    found = asked(package, "kart.forurenset", purpose("1110", holed))
    assert not found.hits
    assert found.distance_m == pytest.approx(40)
    whole = asked(package, "kart.forurenset", purpose("1110", at(0, 0, 300, 300)))
    assert whole.area_m2 == pytest.approx(400)


def test_parts_far_apart_are_one_purpose(package: DataPackage, put: Put) -> None:
    put("forurenset_grunn", [at(0, 0, 10, 10), at(500, 0, 520, 10), at(250, 0, 260, 10)])
    parts = shapely.MultiPolygon([at(5, 0, 100, 100), at(510, 0, 600, 100)])
    found = asked(package, "kart.forurenset", purpose("1110", parts, "a"),
                  purpose("1110", at(700, 0, 800, 100), "b"))  # fmt: skip
    (hit,) = found.hits
    assert hit.area_m2 == pytest.approx(50 + 100)
    assert hit.objects == ("a",)


def test_purposes_over_each_other_count_the_ground_once(package: DataPackage, put: Put) -> None:
    put("forurenset_grunn", [at(0, 0, 50, 10)])
    objects = [
        purpose("1110", at(0, 0, 30, 30), "a"),
        purpose("1110", at(20, 0, 40, 30), "b"),
        purpose("3040", at(30, 0, 60, 30), "c"),
    ]
    found = asked(package, "kart.forurenset", *objects)
    told = {hit.code: (hit.area_m2, hit.objects) for hit in found.hits}
    assert told == {
        "1110": (pytest.approx(400), ("a", "b")),
        "3040": (pytest.approx(200), ("c",)),
    }
    assert found.area_m2 == pytest.approx(500)


def test_a_purpose_that_covers_nothing_is_no_purpose(package: DataPackage, put: Put) -> None:
    put("forurenset_grunn", [at(0, 0, 50, 10)])
    line = shapely.Polygon([(X, Y), (X + 30, Y), (X, Y)])
    found = reviewed(package, purpose("1110", line, "a"), purpose("3040", at(0, 0, 9, 9), "b"))
    hits = [hit.code for one in found.answers for hit in one.hits]
    assert set(hits) == {"3040"}


# ------------------------------------------------------------------------------- what a layer holds


def test_a_place_that_several_objects_cover_counts_once_and_the_worst_is_told(
    package: DataPackage, put: Put
) -> None:
    zones = [at(0, 0, 60, 60), at(40, 40, 100, 100), at(0, 0, 10, 10)]
    put("stoy", zones, sone=["gul", "rod", "gul"], kilde=["veg", "bane", "veg"])
    found = asked(package, "kart.stoy", purpose("1110", at(0, 0, 80, 80)))
    assert found.area_m2 == pytest.approx(60 * 60 + 40 * 40 - 20 * 20)
    (hit,) = found.hits
    assert hit.status == found.status == Status.HIT_RED
    assert set(hit.what.split("; ")) == {"Gul sone, Veg", "Rød sone, Bane"}
    # An object that only touches is not among what is hit.
    found = asked(package, "kart.stoy", purpose("1110", at(0, 0, 40, 40)))
    assert found.status == Status.HIT_YELLOW


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        (at(100, 0, 200, 100), "a common edge"),
        (at(100, 100, 200, 200), "a common corner"),
        (at(99.996, 0, 200, 100), "0.4 m²"),
    ],
)
def test_what_only_touches_is_no_hit(
    package: DataPackage, put: Put, zone: shapely.Geometry, why: str
) -> None:
    put("forurenset_grunn", [zone])
    found = asked(package, "kart.forurenset", purpose("1110", at(0, 0, 100, 100)))
    assert not found.hits, why
    assert found.distance_m == pytest.approx(0)
    assert found.status == Status.NOT_MAPPED


def test_slivers_of_several_objects_are_hits_together(package: DataPackage, put: Put) -> None:
    thin = [at(99.996, 0, 200, 100), at(-100, 0, 0.004, 100)]
    put("forurenset_grunn", thin)
    found = asked(package, "kart.forurenset", purpose("1110", at(0, 0, 100, 100)))
    assert found.area_m2 == pytest.approx(0.8, rel=1e-3)


def test_heights_are_left_out(package: DataPackage, put: Put) -> None:
    high = shapely.force_3d(at(0, 0, 50, 50), 12.5)
    sloping = shapely.Polygon([(X + 60, Y, 3), (X + 90, Y, 8), (X + 90, Y + 10, 5)])
    put("kvikkleire_aktsomhet", [high, sloping], coverage=at(0, 0, 1000, 1000))
    found = asked(package, "kart.kvikkleire.aktsomhet", purpose("1110", at(40, 0, 100, 40)))
    assert found.area_m2 == pytest.approx(10 * 40 + 150)
    assert found.unmapped_m2 == 0
    assert not found.hits[0].geometry.has_z


def test_a_zone_whose_edge_crosses_itself_is_mended(package: DataPackage, put: Put) -> None:
    bowtie = shapely.Polygon([(X + x, Y + y) for x, y in BOWTIE])
    put("kvikkleire_aktsomhet", [bowtie], coverage=at(0, 0, 1000, 1000))
    rule = "kart.kvikkleire.aktsomhet"
    found = asked(package, rule, purpose("1110", at(0, 0, 100, 100)))
    assert found.area_m2 == pytest.approx(2 * 400)  # two triangles
    away = asked(package, rule, purpose("1110", at(140, 0, 200, 100)))
    assert (away.status, away.distance_m) == (Status.NO_HIT, pytest.approx(100))


def test_a_cover_whose_edge_crosses_itself_is_mended(package: DataPackage, put: Put) -> None:
    bowtie = shapely.Polygon([(X + 10 * x, Y + 10 * y) for x, y in BOWTIE])
    put("kvikkleire_aktsomhet", [at(900, 900, 910, 910)], coverage=bowtie)
    found = asked(package, "kart.kvikkleire.aktsomhet", purpose("1110", at(0, 0, 400, 400)))
    assert found.unmapped_m2 == pytest.approx(400 * 400 / 2)


def test_an_empty_layer_is_green_only_where_it_is_known_to_map(
    package: DataPackage, put: Put
) -> None:
    put("flom", [], gjentaksintervall=[], coverage=at(0, 0, 500, 500))
    put("stormflo", [], gjentaksintervall=[])
    put("reguleringsplan", [], planid=[], plannavn=[], planstatus=[])
    found = reviewed(package, purpose("1110", at(0, 0, 100, 100)))
    answers = {one.rule.id: one for one in found.answers}
    assert answers["kart.stormflo"].status == Status.NOT_MAPPED
    assert answers["kart.reguleringsplan"].status == Status.NO_HIT
    assert answers["kart.flom"].unmapped_m2 == 0
    assert {answers[one].distance_m for one in ("kart.flom", "kart.stormflo")} == {None}


@pytest.mark.parametrize("store", ["parquet", "gpkg"])
def test_rows_without_a_place_are_passed_over(tmp_path: Path, store: str) -> None:
    made = DataPackage.create(tmp_path / "null", municipality="3203", store=store)
    shapes = [None, at(0, 0, 10, 10), shapely.Polygon(), at(20, 0, 40, 10)]
    frame = gpd.GeoDataFrame(
        {"sone": ["rod", "gul", "rod", "rod"], "kilde": ["veg", "bane", "fly", "industri"]},
        geometry=shapes,
        crs=CRS,
    )
    made.write("stoy", frame, origin=Origin("test"))
    found = asked(made, "kart.stoy", purpose("1110", at(0, 0, 15, 15)))
    (hit,) = found.hits
    # The rows keep their columns: the yellow is still the yellow.
    assert (hit.status, hit.what) == (Status.HIT_YELLOW, "Gul sone, Bane")


# --------------------------------------------------------------------------------- what is not known


def test_a_layer_that_cannot_tell_hits_from_other_rows_is_not_asked(
    package: DataPackage, put: Put
) -> None:
    put("kulturminne", [at(0, 0, 10, 10)], kulturminne_id=["1"])
    put("marin_leire", [at(0, 0, 10, 10)])
    found = reviewed(package, purpose("1110", at(0, 0, 100, 100)))
    assert "«vernetype»" in found.not_asked["kart.kulturminne"]
    assert "«mulighet»" in found.not_asked["kart.marin_leire"]
    assert found.reached("ikke-kartlagt")


def test_a_layer_that_cannot_tell_how_grave_takes_the_gravest(
    package: DataPackage, put: Put
) -> None:
    put("naturtype", [at(0, 0, 10, 10)], naturtype=["Eng"])
    found = asked(package, "kart.naturtype", purpose("1110", at(0, 0, 100, 100)))
    assert (found.status, found.area_m2) == (Status.HIT_RED, pytest.approx(100))
    assert "«verdi»" in found.remark


def test_a_row_that_does_not_say_is_never_no_hit(package: DataPackage, put: Put) -> None:
    put(
        "kulturminne",
        [at(0, 0, 10, 10), at(20, 0, 30, 10)],
        kulturminne_id=["1", "2"],
        vernetype=[None, "FJE"],
    )
    found = asked(package, "kart.kulturminne", purpose("1110", at(0, 0, 100, 100)))
    (hit,) = found.hits
    assert (hit.status, hit.area_m2) == (Status.HIT_YELLOW, pytest.approx(100))
    assert hit.what.endswith("ukjent")


def test_unknown_land_cover_is_not_mapped(package: DataPackage, put: Put) -> None:
    put("ar5", [at(0, 0, 60, 100), at(60, 0, 100, 100)], arealtype=[30, 99])
    for rule in ("kart.dyrket", "kart.myr"):
        found = asked(package, rule, purpose("1110", at(0, 0, 120, 100)))
        assert found.status == Status.NOT_MAPPED
        assert found.unmapped_m2 == pytest.approx(6000)


def test_a_flood_whose_period_nobody_has_told_counts_and_is_said(
    package: DataPackage, put: Put
) -> None:
    put(
        "flom",
        [at(0, 0, 10, 100), at(10, 0, 20, 100), at(20, 0, 30, 100)],
        gjentaksintervall=[None, 1000, 200],
        coverage=at(0, 0, 1000, 1000),
    )
    plan = at(0, 0, 100, 100)
    found = asked(package, "kart.flom", purpose("1110", plan))
    # F2: the row of 200 years and the unknown one, not that of 1000 years.
    assert (found.status, found.area_m2) == (Status.HIT_RED, pytest.approx(2000))
    assert found.hits[0].what.split("; ") == ["ukjent", "200-årsflom"]
    frequent = asked(package, "kart.flom", purpose("1119", plan))
    assert frequent.area_m2 == pytest.approx(1000)
    assert "ikke er oppgitt" in frequent.remark
    # A park has no class: nothing is asked of it, known or not.
    assert asked(package, "kart.flom", purpose("3040", plan)).status == Status.NOT_RELEVANT


def test_a_slide_layer_without_periods_counts_every_row(package: DataPackage, put: Put) -> None:
    put("skred_faresone", [at(0, 0, 10, 100)], coverage=at(0, 0, 1000, 1000))
    found = asked(package, "kart.skred.faresone", purpose("1119", at(0, 0, 100, 100)))
    assert (found.status, found.area_m2) == (Status.HIT_RED, pytest.approx(1000))
    assert "ikke er oppgitt" in found.remark


def test_a_class_whose_period_is_not_mapped_is_never_green(package: DataPackage, put: Put) -> None:
    put("flom", [at(0, 500, 10, 510)], gjentaksintervall=[200], coverage=at(0, 0, 1000, 1000))
    plan = at(0, 0, 100, 100)
    dwelling = asked(package, "kart.flom", purpose("1110", plan))
    assert (dwelling.status, dwelling.remark) == (Status.NO_HIT, "")
    nursing = asked(package, "kart.flom", purpose("1168", plan, "s"))
    assert nursing.status == Status.NOT_MAPPED
    assert "F3" in nursing.remark
    assert nursing.unmapped_m2 == pytest.approx(10_000)
    # The rare flood is not looked for near the plan alone: it may be mapped farther off.
    both = asked(package, "kart.flom", purpose("1110", plan), purpose("1168", at(100, 0, 150, 100)))
    assert both.unmapped_m2 == pytest.approx(5_000)


def test_a_scenario_is_asked_as_a_package_is(
    package: DataPackage, put: Put, tmp_path: Path
) -> None:
    put("forurenset_grunn", [at(0, 0, 10, 10)], forurenset_id=[1])
    change = DataPackage.create_scenario(tmp_path / "scenario", package)
    frame = gpd.GeoDataFrame(
        {"forurenset_id": [2], "endring": ["ny"]}, geometry=[at(20, 0, 30, 10)], crs=CRS
    )
    change.write("forurenset_grunn", frame, origin=Origin("test"))
    plan = PlanFile(
        "p", (purpose("1110", at(0, 0, 100, 100)),), systems=(System(CRS, None),), form="flat"
    )
    found = {one.rule.id: one for one in review([plan], change.over(package)).answers}
    assert found["kart.forurenset"].area_m2 == pytest.approx(200)


# ------------------------------------------------------------------------------------- the threshold


def test_thresholds_are_in_order_and_the_last_counts_what_nobody_knows() -> None:
    red, yellow, unknown = (THRESHOLDS[name] for name in ("rød", "gul", "ikke-kartlagt"))
    assert red < yellow < unknown
    assert red == {Status.HIT_RED}
    assert yellow - red == {Status.HIT_YELLOW}
    assert unknown - yellow == {
        Status.NOT_MAPPED, Status.NOT_IMPLEMENTED, Status.TIMEOUT, Status.ERROR
    }  # fmt: skip
    # What is known to be free, or does not concern the plan, never stops one.
    assert {Status.NO_HIT, Status.NOT_RELEVANT}.isdisjoint(unknown)


def test_a_hit_outweighs_what_is_not_mapped_and_red_outweighs_yellow(
    package: DataPackage, put: Put
) -> None:
    put("stoy", [at(0, 0, 10, 10), at(50, 0, 60, 10)], sone=["gul", "rod"], kilde=["veg", "veg"],
        coverage=at(0, 0, 70, 70))  # fmt: skip
    statuses = [
        asked(package, "kart.stoy", purpose("1110", plan)).status
        for plan in (at(0, 0, 100, 100), at(0, 0, 40, 100), at(65, 0, 100, 100), at(61, 0, 70, 70))
    ]
    assert statuses == [Status.HIT_RED, Status.HIT_YELLOW, Status.NOT_MAPPED, Status.NO_HIT]


def test_a_review_without_findings_still_stops_at_what_is_not_known(
    package: DataPackage, put: Put
) -> None:
    found = reviewed(package, purpose("1110", at(0, 0, 100, 100)))
    assert not [one for one in found.found if one.layer]
    assert not any(found.reached(name) for name in ("rød", "gul")) or found.found
    assert found.reached("ikke-kartlagt")
