"""The check of an area: areas by hand, statuses by the national rules, coverage never guessed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from shapely import box

from askergeo.dok import check_area, configs_of, read_configs, read_guidance
from askergeo.errors import CrsError, DataQualityError, MissingFileError, SourceError
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.datapackage import DataPackage
    from askergeo.dok import DokConfig, DokResult

    Packages = Callable[..., DataPackage]
    Configs = Callable[..., DokConfig]

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_630_000.0
ZONE = "kvikkleire_faresone"
WIDE = shapely.box(X - 1e5, Y - 1e5, X + 1e5, Y + 1e5)


def at(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return box(X + west, Y + south, X + east, Y + north)


PLAN = at(0, 0, 100, 100)


def only(area: Any, package: DataPackage, config: DokConfig, **given: Any) -> DokResult:
    (found,) = check_area(area, package, configs=[config], **given)
    return found


def test_what_overlaps_is_counted_once(package: Packages, config: Configs) -> None:
    zones = [at(-10, 0, 50, 20), at(20, 0, 80, 40), at(300, 0, 400, 9)]
    names = [{"navn": "A", "faregrad": "hoy"}, {"navn": "B", "faregrad": "lav"}, {"navn": "C"}]
    made = package({ZONE: list(zip(zones, names, strict=True))})
    found = only(PLAN, made, config())
    # 50·20 + 60·40 − 30·20
    assert found.status == Status.HIT_RED
    assert found.area_m2 == found.layers[0].area_m2 == pytest.approx(2800)
    assert (found.count, found.distance_m) == (2, 0.0)
    rows = found.objects.sort_values("areal_m2")
    assert rows["areal_m2"].tolist() == pytest.approx([1000, 2400])
    assert rows["skredOmrNavn"].tolist() == ["A", "B"]
    assert rows["faregrad"].tolist() == ["Høy", "Lav"]
    assert found.objects.crs == made.crs
    assert found.updated == "2026-01-02"
    assert "2 objekter, 2,80 dekar" in found.text


def test_every_layer_is_searched_and_the_gravest_decides(
    package: Packages, config: Configs
) -> None:
    made = package(
        {
            "naturtype": [
                (at(0, 0, 40, 10), {"naturtype": "Slåttemark", "verdi": "noe"}),
                (at(30, 0, 60, 10), {"naturtype": "Slåttemark", "verdi": "stor"}),
                (at(0, 50, 5, 60), {"naturtype": "Ukjent", "verdi": None}),
            ]
        }
    )
    nature = next(one for one in configs_of(made.catalogue) if one.name == "naturtyper_ku_verdi")
    found = only(PLAN, made, nature)
    assert found.status == Status.HIT_RED
    by_name = {one.name: one for one in found.layers}
    assert by_name["kuverdi_stor_verdi"].area_m2 == pytest.approx(300)
    assert by_name["kuverdi_noe_verdi"].status == Status.HIT_YELLOW
    assert by_name["kuverdi_noe_verdi"].area_m2 == pytest.approx(400)
    assert by_name["kuverdi_middels_verdi"].count == 0
    assert found.area_m2 == pytest.approx(600)  # 60·10: together, not 700
    assert any("1 objekter i laget «naturtype»" in text for text in found.remarks)


@pytest.mark.parametrize(
    ("cover", "status", "share"),
    [
        (None, Status.NOT_MAPPED, None),
        (WIDE, Status.NO_HIT, 1.0),
        (at(0, 0, 100, 75), Status.NOT_MAPPED, 0.75),
        (at(100, 0, 200, 100), Status.NOT_MAPPED, 0.0),
        (at(500, 0, 600, 100), Status.NOT_MAPPED, 0.0),
    ],
)
def test_green_only_where_all_is_mapped(
    package: Packages, config: Configs, cover: Any, status: Status, share: float | None
) -> None:
    made = package({ZONE: [at(130, 40, 200, 90)]}, coverage={ZONE: cover} if cover else {})
    found = only(PLAN, made, config())
    assert found.status == status
    assert found.mapped == (None if share is None else pytest.approx(share))
    assert found.distance_m == pytest.approx(30)
    assert found.area_m2 == 0
    assert bool(found.warnings) == (status != Status.NO_HIT)
    hit = only(at(100, 0, 200, 100), made, config())
    assert hit.status == Status.HIT_RED
    assert hit.area_m2 == pytest.approx(3500)


def test_a_layer_of_the_municipality_is_green_inside_it_only(
    package: Packages, config: Configs
) -> None:
    plans = config(
        config_id="97088cff-d5a9-4328-9e3e-5abfb8dcc918",
        properties=["arealplanId.planidentifikasjon"],
    )
    plan = (at(500, 0, 600, 100), {"planid": "1", "plannavn": "En"})
    without = package({"reguleringsplan": [plan]})
    assert only(PLAN, without, plans).status == Status.NOT_MAPPED
    border = (
        at(-50, -50, 700, 700),
        {"kommunenummer": "3203", "kommunenavn": "A", "omfang": "med_sjo"},
    )
    without.write(
        "kommunegrense",
        gpd.GeoDataFrame([border[1]], geometry=[border[0]], crs=CRS),
        origin=_origin(),
    )
    assert only(PLAN, without, plans).status == Status.NO_HIT
    assert only(at(-90, 0, 100, 100), without, plans).status == Status.NOT_MAPPED
    inside = only(at(510, 0, 520, 10), without, plans)
    assert inside.objects["arealplanId.planidentifikasjon"].tolist() == ["1"]


def _origin() -> Any:
    from askergeo.datapackage import Origin  # noqa: PLC0415  (only here)

    return Origin("test")


def test_what_cannot_be_checked_is_never_green(package: Packages, config: Configs) -> None:
    made = package({ZONE: [at(0, 0, 10, 10)]}, coverage={ZONE: WIDE})
    flood = config(config_id="864d00cf-cb14-4926-b06d-60329eb7f016")
    assert only(PLAN, made, flood).status == Status.NOT_MAPPED
    assert "«flom» er ikke i datapakken" in only(PLAN, made, flood).text
    other = config(config_id="ukjent", metadata_id="ukjent")
    assert only(PLAN, made, other).status == Status.NOT_IMPLEMENTED
    off = config(disabled=True)
    assert "slått av" in only(PLAN, made, off).text
    assert only(PLAN, made, off).status == Status.NOT_IMPLEMENTED
    assert only(PLAN, made, config(layers=None)).status == Status.ERROR
    assert only(PLAN, made, config(), theme="Natur").status == Status.NOT_RELEVANT
    assert only(PLAN, made, config(), theme="samfunnssikkerhet").status == Status.HIT_RED
    assert only(PLAN, made, config(), time_limit_s=-1).status == Status.TIMEOUT


@pytest.mark.parametrize(
    "bad", ["ukjent_kolonne = 1", "faregrad = 'skyhøy'", "risiko = 'høy'", "faregrad = "]
)
def test_a_filter_that_does_not_fit_is_an_error_unless_another_layer_hits(
    package: Packages, config: Configs, bad: str
) -> None:
    made = package(
        {ZONE: [(at(0, 0, 10, 10), {"faregrad": "hoy", "risiko": 3})]}, coverage={ZONE: WIDE}
    )
    red = {"wfs": "Feil", "result_status": "HIT-RED", "filter": bad}
    alone = only(PLAN, made, config(layers=[red]))
    assert alone.status == Status.ERROR
    assert alone.layers[0].text
    assert alone.layers[0].text in alone.text
    yellow = {"wfs": "Høy", "result_status": "HIT-YELLOW", "filter": "faregrad = 'Høy'"}
    both = only(PLAN, made, config(layers=[red, yellow]))
    assert both.status == Status.HIT_YELLOW
    assert any(text.startswith("Feil: ") for text in both.remarks)
    low = {"wfs": "Lav", "result_status": "HIT-RED", "filter": "faregrad = 'Lav'"}
    assert only(PLAN, made, config(layers=[low])).status == Status.NO_HIT
    assert only(PLAN, made, config(layers=[low])).distance_m is None


def test_a_damaged_package_is_an_error_and_the_rest_is_run(
    package: Packages, config: Configs
) -> None:
    made = package({ZONE: [at(0, 0, 10, 10)], "markagrense": [at(0, 0, 50, 50)]})
    (made.path / made.record(ZONE).file).write_bytes(b"annet")
    marka = config(config_id="b9e77f46-5635-4689-beca-4992be6405c6")
    broken, fine = check_area(PLAN, made, configs=[config(), marka])
    assert broken.status == Status.ERROR
    assert fine.status == Status.HIT_RED


def test_buffer_distance_and_the_two_areas(package: Packages, config: Configs) -> None:
    made = package({ZONE: [at(110, 0, 210, 100), at(90, 40, 95, 60)]})
    near = only(PLAN, made, config(), buffer_m=20)
    assert near.area_m2 == pytest.approx(10 * 100 + 5 * 20, rel=1e-3)
    assert near.inside_m2 == pytest.approx(100)
    assert near.searched_m2 == pytest.approx(100**2 + 4 * 2000 + math.pi * 400, rel=1e-3)
    beside = only(at(0, 0, 80, 100), made, config(), buffer_m=12)
    assert beside.distance_m == pytest.approx(10)
    assert beside.inside_m2 == 0
    assert beside.status == Status.HIT_RED
    far = only(at(-15_000, 0, -14_000, 100), made, config())
    assert far.distance_m == pytest.approx(14_090)
    lost = only(at(-90_000, 0, -89_000, 100), made, config())
    assert lost.distance_m is None
    assert "innen 20 km" in lost.text


def test_a_polygon_that_only_touches_is_a_remark(package: Packages, config: Configs) -> None:
    made = package({ZONE: [at(100, 0, 200, 100)]}, coverage={ZONE: WIDE})
    found = only(PLAN, made, config())
    assert (found.status, found.count, found.distance_m) == (Status.NO_HIT, 0, 0.0)
    assert any("berører bare grensen" in text for text in found.remarks)


def test_lines_and_points_are_hits_without_area(package: Packages, config: Configs) -> None:
    national = {
        "type": "dataset",
        "config_id": "n1",
        "name": "luftlinje",
        "layers": [{"wfs": "EL_Luftlinje", "result_status": "HIT-RED"}],
        "properties": ["spenning"],
        "themes": ["Samfunnssikkerhet"],
    }
    line = shapely.LineString([(X - 50, Y + 50), (X + 60, Y + 50)])
    part = shapely.LineString([(X + 10, Y + 50), (X + 60, Y + 50)])
    point = shapely.Point(X + 5, Y + 5)
    made = package(
        {"luft": [(line, {"spenning": 22}), (part, {"spenning": 66}), (point, {"spenning": 1})]},
        national={"luft": national},
    )
    found = only(PLAN, made, configs_of(made.catalogue)[-1])
    assert (found.status, found.count, found.area_m2) == (Status.HIT_RED, 3, 0.0)
    assert found.length_m == pytest.approx(60)  # the stretch of both is counted once
    assert sorted(found.objects["spenning"]) == [1, 22, 66]
    rows = gpd.GeoDataFrame(
        geometry=[at(0, 0, 100, 40), at(0, 40, 100, 100), at(0, 200, 9, 300)],
        index=["a", "b", "c"], crs=CRS,
    )  # fmt: skip
    parts = only(rows, made, configs_of(made.catalogue)[-1]).parts
    assert parts.index.tolist() == ["a", "b"]


def test_rows_of_a_plan_get_their_own_answer(package: Packages, config: Configs) -> None:
    made = package({ZONE: [at(-10, 0, 50, 20), at(20, 0, 80, 40)]})
    rows = gpd.GeoDataFrame(
        geometry=[at(0, 0, 30, 100), at(30, 0, 100, 100), at(0, 100, 50, 150), at(0, 0, 10, 10)],
        index=["o1", "o2", "o3", "nivå 1"], crs=CRS,
    )  # fmt: skip
    found = only(rows, made, config())
    # o1: 30·20 + 10·20; o2: 20·20 + 50·40 − 20·20; o3 touches nothing; one lies on another level.
    assert found.parts["areal_m2"].to_dict() == pytest.approx(
        {"o1": 30 * 20 + 10 * 20, "o2": 50 * 40, "nivå 1": 100}
    )
    assert set(found.parts["status"]) == {Status.HIT_RED}
    assert found.area_m2 == pytest.approx(2800)


def accuracy_package(package: Packages) -> tuple[DataPackage, DokConfig]:
    national = {
        "type": "dataset",
        "config_id": "n2",
        "name": "eik",
        "layers": [{"arcgis": "0", "wms": ["eik"], "result_status": "HIT-RED"}],
        "properties": ["Nøyaktighetsklasse"],
        "themes": ["Natur"],
    }
    rows = [
        (at(90, 0, 300, 40), {"Nøyaktighetsklasse": "Mindre god (> 50m)"}),
        (at(-200, 45, 80, 99), {"Nøyaktighetsklasse": "God (5 - 20m)"}),
        (at(0, 115, 80, 200), {"Nøyaktighetsklasse": "God (5 - 20m)"}),
        (at(0, -200, 80, -30), {"Nøyaktighetsklasse": "God (5 - 20m)"}),
    ]
    made = package({"eik": rows}, national={"eik": national})
    return made, configs_of(made.catalogue)[-1]


def test_accuracy_makes_remarks_and_never_changes_the_status(package: Packages) -> None:
    made, config = accuracy_package(package)
    found = only(PLAN, made, config)
    # 10 m into the first, of ± 50; through the second, of ± 20; 15 m from the third, of ± 20.
    assert (found.status, found.count) == (Status.HIT_RED, 2)
    assert any("1 av 2 treff er ikke dypere" in text for text in found.remarks)
    assert any("1 objekter ligger utenfor" in text for text in found.remarks)
    assert sorted(found.objects["noyaktighet_m"]) == [20, 50]


def test_the_threshold_of_an_indicator_warns(package: Packages, config: Configs) -> None:
    made, _ = accuracy_package(package)
    asked = config(
        {
            "type": "quality",
            "config_id": "n2",
            "indicators": [
                {
                    "type": "object",
                    "quality_dimension_id": "sted",
                    "quality_dimension_name": "Sted",
                    "quality_warning_text": "Usikkert sted",
                    "property": "Nøyaktighetsklasse",
                    "warning_threshold": "Mindre god (> 50m)",
                },
                {
                    "type": "dataset",
                    "quality_dimension_id": "egnet",
                    "quality_dimension_name": "Plan",
                    "input_filter": "context = 'Kommuneplan'",
                },
            ],
        },
        config_id="n2",
        name="eik",
        properties=[],
    )
    found = only(PLAN, made, asked, context="Kommuneplan")
    measures = {(one.id, one.value): one.comment for one in found.quality}
    assert measures["sted", "Mindre god (> 50m)"] == "1 objekt"
    assert ("egnet", "Ukjent") in measures
    assert "Usikkert sted." in found.warnings
    away = only(at(-100, 62, 60, 80), made, asked)
    assert "Usikkert sted." not in away.warnings
    assert not any(one.id == "egnet" for one in away.quality)


def test_national_coverage_maps_decide_when_they_are_there(
    package: Packages, config: Configs, tmp_path: Path
) -> None:
    made = package({ZONE: [at(5000, 0, 5010, 10)]})
    asked = config(
        {
            "type": "quality",
            "config_id": "c24e0058-f555-4a47-b65b-4f011e64789e",
            "indicators": [
                {
                    "type": "coverage",
                    "quality_dimension_id": "fullstendighet_dekning",
                    "quality_dimension_name": "Fullstendighetsdekning",
                    "quality_warning_text": "Området er ikke kartlagt for leire",
                    "warning_threshold": "Ikke kartlagt",
                    "gpkg": {
                        "url": "file:///mnt/x/../dekning.gpkg",
                        "property": "dekningsstatus",
                    },
                }
            ],
        }
    )
    cover = gpd.GeoDataFrame(
        {"dekningsstatus": ["Kartlagt", "Ikke kartlagt", "Ikke relevant"]},
        geometry=[at(-500, -500, 500, 500), at(500, -500, 900, 500), at(900, -500, 2000, 500)],
        crs=CRS,
    )
    cover.to_crs("EPSG:25833").to_file(tmp_path / "dekning.gpkg")
    folder = {"coverage_folder": tmp_path}
    assert only(PLAN, made, asked).status == Status.NOT_MAPPED
    assert only(PLAN, made, asked, **folder).status == Status.NO_HIT
    part = only(at(450, 0, 550, 100), made, asked, **folder)
    assert part.status == Status.NOT_MAPPED
    assert part.mapped == pytest.approx(0.5, abs=1e-3)
    assert part.warnings == ("50,0 % av området: området er ikke kartlagt for leire.",)
    assert only(at(600, 0, 700, 100), made, asked, **folder).mapped == 0
    assert only(at(1000, 0, 1100, 100), made, asked, **folder).status == Status.NOT_RELEVANT
    assert only(at(3000, 0, 3100, 100), made, asked, **folder).status == Status.NOT_MAPPED


def test_guidance_of_the_register_and_our_own_actions(
    package: Packages, config: Configs, tmp_path: Path
) -> None:
    made = package({ZONE: [at(0, 0, 10, 10)]})
    layers = [{"wfs": "a", "result_status": "HIT-RED", "planning_guidance_id": "v1"}]
    asked = config(layers=layers)
    assert any("TEK17 § 7-3" in text for text in only(PLAN, made, asked).actions)
    register = [
        {
            "id": "v1",
            "tittel": "Leire",
            "dialogtekst": "Utred",
            "forklarendeTekst": "F",
            "muligeTiltak": "- Flytt\n- Sikre\n",
            "lenker": [{"href": "https://nve.no", "tittel": "NVE"}],
        },
        {"id": None},
        "rot",
    ]
    path = tmp_path / "register.json"
    path.write_text(json.dumps(register), encoding="utf-8")
    found = only(PLAN, made, asked, guidance=read_guidance(path))
    assert found.actions == ("Flytt", "Sikre")
    assert found.guidance is not None
    assert found.guidance.links == (("NVE", "https://nve.no"),)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SourceError):
        read_guidance(path)
    with pytest.raises(MissingFileError):
        read_guidance(tmp_path / "borte.json")


def test_areas_that_cannot_be_used_are_refused(package: Packages, config: Configs) -> None:
    made = package({ZONE: [at(0, 0, 10, 10)]})
    for area in (shapely.Point(X, Y), shapely.Polygon()):
        with pytest.raises(DataQualityError):
            only(area, made, config())
    with pytest.raises(DataQualityError):
        only(PLAN, made, config(), buffer_m=-1)
    with pytest.raises(CrsError):
        only(shapely.box(10.3, 59.7, 10.4, 59.8), made, config())
    with pytest.raises(CrsError):
        only(gpd.GeoDataFrame(geometry=[PLAN], crs="EPSG:25833"), made, config())
    bow = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    assert only(bow, made, config()).area_m2 == pytest.approx(50)


def test_a_scenario_is_checked_like_a_package(
    package: Packages, config: Configs, tmp_path: Path
) -> None:
    base = package({ZONE: [at(0, 0, 10, 10)]}, coverage={ZONE: WIDE})
    change = type(base).create_scenario(tmp_path / "hva-om", base)
    new = gpd.GeoDataFrame({"endring": ["ny"]}, geometry=[at(50, 50, 60, 70)], crs=CRS)
    change.write(ZONE, new, origin=_origin())
    assert only(PLAN, base, config()).area_m2 == pytest.approx(100)
    assert only(PLAN, change.over(base), config()).area_m2 == pytest.approx(300)


def test_heritage_is_divided_as_the_national_filters_say(
    package: Packages, shared_data: Path
) -> None:
    rows = [
        (at(0, 0, 10, 10), {"kulturminne_id": "1", "vernetype": "AUT", "kategori": "E-ARK"}),
        (at(20, 0, 40, 10), {"kulturminne_id": "2", "vernetype": "AUT", "kategori": "E-KRK"}),
        (at(50, 0, 80, 10), {"kulturminne_id": "3", "vernetype": "UAV", "kategori": "E-MAR"}),
        (at(0, 50, 40, 60), {"kulturminne_id": "4", "vernetype": "FJE", "kategori": "E-RUI"}),
        (at(50, 50, 100, 60), {"kulturminne_id": "5", "vernetype": "IKKEV", "kategori": "E-BER"}),
        (at(0, 80, 100, 90), {"kulturminne_id": "6", "vernetype": "VED", "kategori": "E-BYG"}),
    ]
    made = package({"kulturminne": rows})
    national = [
        one
        for one in read_configs(shared_data / "dok-config")
        if one.name.startswith("kulturminner_enkeltminner")
    ]
    found = {one.config.name: one for one in check_area(PLAN, made, configs=national)}
    # A church and a house are in datasets of their own.
    assert {name: one.area_m2 for name, one in found.items()} == {
        "kulturminner_enkeltminner_aut": pytest.approx(100),
        "kulturminner_enkeltminner_iuav": pytest.approx(300),
        "kulturminner_enkeltminner_fje": pytest.approx(400),
        "kulturminner_enkeltminner_ikkev": pytest.approx(500),
    }
    assert {one.status for one in found.values()} == {Status.HIT_RED}
    (aut,) = found["kulturminner_enkeltminner_aut"].objects.itertuples()
    assert aut.enkeltminnekategori == "Arkeologisk enkeltminne"


def test_tofte_against_what_is_known_for_asker(shared_data: Path, asker_package: Path) -> None:
    from askergeo.crs import to_crs  # noqa: PLC0415  (only here)
    from askergeo.datapackage import DataPackage  # noqa: PLC0415

    made = DataPackage.open(asker_package)
    area = shapely.from_geojson((shared_data / "plan/area/tofte_sentrum.geojson").read_text())
    plan = to_crs(gpd.GeoDataFrame(geometry=[area], crs="EPSG:25833"))
    configs = (*read_configs(shared_data / "dok-config"), *configs_of(made.catalogue))
    found = check_area(plan, made, configs=configs, context="Reguleringsplan")
    assert len(found) == len(configs)
    # Asker's real extracts hold no theme of hazard or nature: nothing may be called clear.
    assert {one.status for one in found} == {Status.NOT_MAPPED, Status.NOT_IMPLEMENTED}
    for one in found:
        mapped = one.config.name in {"flomsoner", "stormflo", "faresone_kvikkleireskred"}
        assert one.status == Status.NOT_MAPPED or not mapped
        assert one.text.startswith(("Ikke kjent", "Ikke kontrollert"))
