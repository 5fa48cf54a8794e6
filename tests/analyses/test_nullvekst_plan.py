"""The screening of plans and projects along one street, by hand; and in Eksempelbygda."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses.nullvekst_plan import nullvekst_plan
from askergeo.cli.main import run as command
from askergeo.datapackage import DataPackage
from askergeo.errors import MissingFileError, ParameterError
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.parameters import Parameters, load_parameters
from askergeo.result import Result, Status
from askergeo.run import run
from askergeo.transport.trips import traffic

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
SETS = "trafikk+plansjekk.bolig+nullvekst+kollektiv+prognose.elever_per_"


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


# A street from south (0) to north (6000); the line lies at 3000. The only stop is at 4000.
VEG = frame(
    [shapely.LineString([(0, y), (0, y + 100)]) for y in range(0, 6000, 100)],
    vegtype=["bilveg"] * 60,
)
BUILT = build_graph(walkable_lines(VEG, None), tolerance_m=0.5, gap_m=5)
BOUNDARY = frame(
    [shapely.box(-500, -200, 500, 6200)],
    kommunenummer=["9999"],
    kommunenavn=["B"],
    omfang=["land"],
)
LINE = frame([shapely.LineString([(-500, 3000), (500, 3000)])], linje_id=[1])
STOP = frame(
    [shapely.Point(0, 4000)], holdeplass_id=["S"], navn=["Torget"], transportmiddel=["buss"]
)
# Four departures an hour between 9 and 15, on from Torget to a stop that is not in the layer.
TIMES = range(9 * 3600, 15 * 3600, 900)
TABLES = {
    "rutelinje": pd.DataFrame({"linje_id": ["L"], "transportmiddel": ["buss"]}),
    "rutetur": pd.DataFrame(
        {"tur_id": [f"T{t}" for t in TIMES], "linje_id": "L", "kalender_id": "K", "retning": "0"}
    ),
    "ruteavgang": pd.DataFrame(
        [
            (f"T{t}", number, stop, t + 60 * number, t + 60 * number)
            for t in TIMES
            for number, stop in enumerate(("S", "X"))
        ],
        columns=["tur_id", "rekkefolge", "holdeplass_id", "ankomst", "avgang"],
    ),
    "rutedag": pd.DataFrame({"kalender_id": ["K"], "dato": ["2026-03-17"]}),
}


def plan(*rows: tuple[int, float, float]) -> dict[str, gpd.GeoDataFrame]:
    """A plan of purposes: code, and from where to where along the street."""
    boxes = [shapely.box(0, low, 100, high) for _, low, high in rows]
    return {
        "reguleringsplan": frame(
            [shapely.union_all(boxes)], planid=["P1"], plannavn=["Torgkvartalet"]
        ),
        "reguleringsplan_formaal": frame(
            boxes,
            planid=["P1"] * len(rows),
            formaal_kode=[code for code, *_ in rows],
            vertikalniva=[2] * len(rows),
        ),
    }


def screened(timetable: bool = True, layers: dict[str, Any] | None = None, **asked: Any) -> Result:
    more = {**(TABLES if timetable else {}), **(layers or {})}
    line = more.pop("nullvekstlinje", LINE)
    return nullvekst_plan(
        BUILT,
        nullvekstlinje=line,
        kommunegrense=BOUNDARY,
        holdeplass=STOP,
        parameters=parameters(**asked),
        **more,
    )


def parameters(**asked: Any) -> Parameters:
    return load_parameters(SETS, asked)


def reckoned(klasse: str, **amounts: float) -> pd.Series:
    growth = pd.DataFrame({name: [number] for name, number in amounts.items()})
    return traffic(growth.assign(klasse=klasse), parameters()).iloc[0]


def test_a_plan_is_split_at_the_line_and_reckoned_on_each_side() -> None:
    # 100 of 400 m lie south. Within 1 km of the stop access is «svært god», beyond it «god».
    result = screened(layers=plan((1111, 2900, 3300)), trafikk_planid="P1", boliger=40)
    answer = result.table("svar").frame
    assert answer["boliger"].to_dict() == pytest.approx({"nord": 30, "sor": 10, "sum": 40})
    parts = result.table("deler").frame
    north = parts[parts["side"] == "Nord for linjen"]
    assert set(north["klasse"]) == {"svært god", "god"}
    km = sum(
        reckoned(name, boliger_enebolig=homes)["km_dogn_middels"]
        for name, homes in zip(north["klasse"], north["boliger"], strict=True)
    )
    assert answer.loc["nord", "km_dogn_middels"] == pytest.approx(km)
    said = result.table("grunner").frame["tekst"].tolist()
    assert "Nullvekstlinjen går gjennom et formål, og det er delt etter areal." in said
    assert result.facts["status"].value == "RØD"
    assert result.findings[0].status == Status.HIT_RED
    assert "transportmodell" in result.sentence
    assert result.unpublishable == ()
    sums = answer[["km_dogn_lav", "km_dogn_hoy"]]
    pd.testing.assert_series_equal(
        sums.loc[["nord", "sor"]].sum(), sums.loc["sum"], check_names=False
    )


def test_the_class_is_that_of_the_places_in_the_plan() -> None:
    # From 2850 to 3150 in steps of 100 m: 1150, 1050 and 950 m from the stop (the last north).
    result = screened(layers=plan((1111, 2800, 3100)), trafikk_planid="P1", boliger=30)
    parts = result.table("deler").frame
    north = parts[parts["side"] == "Nord for linjen"]
    assert north["boliger"].sum() == pytest.approx(10)
    assert set(north["klasse"]) <= {"svært god", "god"}
    south = parts[parts["side"] == "Sør for linjen"]
    assert set(south["klasse"]) == {"god"}
    assert south["holdeplass"].tolist() == ["Torget"]
    assert 1000 < south["gangavstand_m"].max() < 1300
    assert south["avganger_time"].tolist() == [4]


def test_without_a_timetable_the_class_is_unknown_and_the_range_wider() -> None:
    asked = {"trafikk_planid": "P1", "boliger": 40}
    known = screened(layers=plan((1111, 3500, 3700)), **asked).table("svar").frame
    vague = screened(timetable=False, layers=plan((1111, 3500, 3700)), **asked)
    found = vague.table("svar").frame
    assert found.loc["nord", "km_dogn_hoy"] > known.loc["nord", "km_dogn_hoy"]
    assert found.loc["nord", "km_dogn_lav"] == pytest.approx(known.loc["nord", "km_dogn_lav"])
    assert "klasse" in vague.table("folsomhet").frame.index
    assert any("rutetabell" in one for one in vague.reading)


def test_measures_decide_the_colour() -> None:
    low, high = (
        float(reckoned("svært god", boliger_enebolig=40)[f"km_dogn_{end}"])
        for end in ("lav", "hoy")
    )
    asked = {"trafikk_planid": "P1", "boliger": 40}
    for km, colour in ((low - 1, "RØD"), (low + 1, "GUL"), (high + 1, "GRØNN")):
        found = screened(layers=plan((1111, 3500, 3700)), **asked, trafikk_tiltak=[f"Sambruk:{km}"])
        assert found.facts["status"].value == colour, km
    own = pd.DataFrame(
        {
            "tiltak_id": ["1"], "navn": ["A"], "sone": ["nord"], "km_dogn": [high + 1],
            "status": ["vedtatt"], "planid": ["P1"],
        }
    )  # fmt: skip
    found = screened(layers={**plan((1111, 3500, 3700)), "transporttiltak": own}, **asked)
    assert found.facts["status"].value == "GRØNN"


def test_a_number_that_lacks_south_of_the_line_decides_nothing() -> None:
    asked = {"trafikk_planid": "P1"}
    south = screened(layers=plan((1111, 1000, 1200)), **asked)
    assert south.facts["status"].value == "IKKE KRAV"
    assert "bilkjøringen er ukjent" in south.sentence
    assert any("ukjent" in one for one in south.warnings)
    north = screened(layers=plan((1111, 4000, 4200)), **asked)
    assert north.facts["status"].value == "GUL"
    assert "bilkjøringen er ukjent" in north.sentence
    assert north.facts["middels"].value is None
    assert "ukjent" in north.findings[0].text


def test_buildings_that_may_be_torn_down_are_said_and_may_be_subtracted() -> None:
    houses = frame(
        [shapely.Point(10, 3500 + 4 * n) for n in range(50)],
        bygning_id=[str(n) for n in range(50)],
        bygningstype=[111] * 50,
        boliger=[1] * 50,
    )
    layers = {**plan((1111, 3500, 3700)), "bygning": houses}
    asked = {"trafikk_planid": "P1", "boliger": 60}
    vague = screened(layers=layers, **asked)
    assert vague.facts["status"].value == "GUL"
    assert vague.table("dagens_bygg").frame["boliger"].tolist() == [50]
    assert "ingenting er trukket fra" in vague.findings[0].text
    none = screened(layers=layers, **asked, trafikk_riv_boliger=0)
    assert none.facts["status"].value == "RØD"
    assert "dagens_bygg" not in {one.name for one in none.tables}
    half = screened(layers=layers, **asked, trafikk_riv_boliger=30)
    assert half.table("svar").frame.loc["nord", "boliger"] == pytest.approx(30)


PROGRAMME = {
    "boligprogram": frame(
        [shapely.Point(0, 3900), shapely.Point(0, 1000), shapely.Point(0, 3950)],
        prosjekt_id=["A", "B", "A"],
        navn=["Nord", "Sør", "Nord"],
        boligtype=["leilighet_liten", "enebolig", "leilighet_stor"],
        aar=[2028, 2029, 2030],
        boliger=[20, 10, 5],
        planid=["P1", None, "P1"],
    ),
    "naeringsprogram": frame(
        [shapely.Point(0, 4100)],
        prosjekt_id=["C"],
        navn=["Kontorbygget"],
        naering=["kontor"],
        aar=[2030],
        naering_m2=[2500.0],
        arbeidsplasser=pd.array([None], dtype="Int64"),
        planid=["P1"],
    ),
}


def test_every_project_is_listed_with_the_least_driving_for_a_home_first() -> None:
    result = screened(layers=PROGRAMME)
    found = result.table("prosjekter").frame
    assert found.index.tolist() == ["A", "B", "C"]
    assert found["status"].tolist() == ["RØD", "IKKE KRAV", "RØD"]
    assert "1 ligger sør for linjen, uten krav" in result.sentence
    both = reckoned("svært god", boliger_leilighet_liten=20, boliger_leilighet_stor=5)
    assert found.loc["A", "km_per_bolig"] == pytest.approx(both["km_dogn_middels"] / 25)
    assert found.loc["C", "ansatte"] == pytest.approx(100)
    # A and C lie north.
    north = found.loc[["A", "C"], "km_dogn_middels"].sum()
    assert result.facts["middels"].value == pytest.approx(north)
    assert result.facts["sum"].value == "RØD"
    why = result.table("prosjekt_grunner").frame
    assert why.loc["B", "km_nord"] == 0
    assert "laveste anslaget" in why.loc["A", "hvorfor"]
    one = screened(layers=PROGRAMME, trafikk_prosjekt="A")
    assert one.table("svar").frame.loc["nord", "km_dogn_middels"] == pytest.approx(
        found.loc["A", "km_dogn_middels"]
    )


def test_the_measures_of_the_zone_save_each_project_but_not_all_of_them() -> None:
    each = screened(layers=PROGRAMME).table("prosjekter").frame.loc[["A", "C"], "km_dogn_lav"]
    zone = pd.DataFrame(
        {"tiltak_id": ["1"], "navn": ["A"], "sone": ["nord"], "km_dogn": [each.max() + 1],
         "status": ["vedtatt"]}
    )  # fmt: skip
    found = screened(layers={**PROGRAMME, "transporttiltak": zone})
    status = found.table("prosjekter").frame["status"]
    assert status.to_dict() == {"A": "GUL", "B": "IKKE KRAV", "C": "GUL"}
    assert found.facts["sum"].value == "RØD"
    assert found.facts["tiltak"].value == pytest.approx(each.max() + 1)


def test_the_programmes_say_what_a_plan_brings_when_nobody_else_does() -> None:
    layers = {**plan((1111, 3500, 3700), (1310, 3700, 3800)), **PROGRAMME}
    found = screened(layers=layers, trafikk_planid="P1")
    north = found.table("svar").frame.loc["nord"]
    assert north["boliger"] == pytest.approx(25)
    assert north["ansatte"] == pytest.approx(100)
    said = screened(layers=layers, trafikk_planid="P1", boliger=7)
    assert said.table("svar").frame.loc["nord", "boliger"] == pytest.approx(7)


def test_what_is_not_found_is_told_with_what_is_near() -> None:
    with pytest.raises(ParameterError, match="P9"):
        screened(layers=plan((1111, 1, 2)), trafikk_planid="P9")
    with pytest.raises(ParameterError, match="flere ting"):
        screened(layers=PROGRAMME, trafikk_prosjekt="A", trafikk_planid="P1")
    with pytest.raises(ParameterError, match="boligprogrammet"):
        screened(layers=PROGRAMME, trafikk_prosjekt="Z")
    with pytest.raises(ParameterError, match="programmet har tallene"):
        screened(layers=PROGRAMME, trafikk_prosjekt="A", boliger=5)
    with pytest.raises(MissingFileError, match="finnes ikke"):
        screened(trafikk_planfil="borte.gml")


def test_a_file_and_a_point_give_a_map(tmp_path: Path) -> None:
    path = tmp_path / "omraade.geojson"
    frame([shapely.box(0, 3500, 100, 3700)], navn=["X"]).to_file(path)
    found = screened(
        layers=PROGRAMME,
        trafikk_planfil=str(path),
        boliger=10,
        boligtype="smaahus",
        trafikk_naering=["kontor:0"],
    )
    assert found.table("svar").frame.loc["nord", "boliger"] == pytest.approx(10)
    layers = {one.name: one.frame for one in found.layers}
    assert set(layers) >= {"plan", "deler", "gangvei", "holdeplass"}
    # The line is too far off to be drawn; how far is told.
    said = " ".join(found.table("grunner").frame["tekst"]).replace("\N{NO-BREAK SPACE}", " ")
    assert "500 m fra nullvekstlinjen" in said
    # The farthest place is 450 m up the street and 50 m beside it.
    assert layers["gangvei"].geometry.length.max() == pytest.approx(
        layers["gangvei"]["meter"].max(), abs=1
    )


@pytest.mark.slow
def test_the_example_answers_through_the_command_line(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = demo_folder / "datapakke"
    out = tmp_path / "ut"
    asked = ["nullvekst", "plan", "--hver", "--data", str(data), "--ut", str(out), "--stille"]
    assert command(asked) == 0
    assert "Dette er en grov siling" in capsys.readouterr().out
    told = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    assert told
    package = DataPackage.open(data)
    projects = set(package.read("boligprogram")["prosjekt_id"])
    rows = run("nullvekst_plan", package).table("prosjekter").frame
    assert projects <= set(rows.index)
    # The ends hold for every project, and south of the line nothing is red.
    assert (rows["km_dogn_lav"] <= rows["km_dogn_middels"]).all()
    assert (rows["km_dogn_middels"] <= rows["km_dogn_hoy"]).all()
    assert not ((rows["side"] == "sør") & (rows["status"] != "IKKE KRAV")).any()
    plan_file = data / "planer" / "planforslag.gml"
    asked = ["nullvekst", "plan", str(plan_file), "--data", str(data), "--ut", str(tmp_path / "p"),
             "--boliger", "50", "--naering", "kontor=1000", "--tiltak", "Sambruk=10,5",
             "--stille"]  # fmt: skip
    assert command(asked) == 0
    assert (tmp_path / "p" / "askergeo.xlsx").exists()


def test_a_plan_south_of_the_line_is_not_called_green_for_its_driving() -> None:
    found = screened(layers=plan((1111, 1000, 1200)), trafikk_planid="P1", boliger=40)
    assert found.facts["status"].value == "IKKE KRAV"
    assert found.facts["sor"].value > 0
    assert "ikke er krav om nullvekst" in found.sentence
    assert found.findings[0].status == Status.NO_HIT


def test_growth_on_an_unknown_side_is_not_told_as_nothing_north() -> None:
    ends_inside = frame([shapely.LineString([(-500, 3000), (0, 3000)])], linje_id=[1])
    found = screened(
        layers={**plan((1111, 3500, 3700)), "nullvekstlinje": ends_inside},
        trafikk_planid="P1", boliger=40,
    )  # fmt: skip
    assert found.facts["status"].value == "GUL"
    assert found.facts["ukjent"].value > 0
    assert "ukjent hvilken side" in found.sentence


def test_a_plan_outside_the_municipality_is_refused() -> None:
    with pytest.raises(ParameterError, match="utenfor kommunen"):
        screened(layers=plan((1111, 93500, 93700)), trafikk_planid="P1", boliger=40)


def test_a_plan_without_homes_and_work_is_green_and_says_so() -> None:
    found = screened(layers=plan((3040, 3500, 3700)), trafikk_planid="P1")
    assert found.facts["status"].value == "GRØNN"
    said = " ".join(found.table("grunner").frame["tekst"])
    assert "ingen formål med boliger eller arbeidsplasser" in said
    assert found.table("svar").frame["km_dogn_hoy"].tolist() == [0, 0, 0]


def test_a_project_without_a_place_is_on_no_known_side() -> None:
    rows = PROGRAMME["boligprogram"].copy()
    rows.loc[1, "geometry"] = None
    found = screened(layers={"boligprogram": rows})
    table = found.table("prosjekter").frame
    assert table.loc["B", "side"] == "ukjent"
    assert table.loc["B", "status"] == "GUL"
    assert table.loc["B", "kollektivtilgang"] == "ukjent"
    drawn = next(one.frame for one in found.layers if one.name == "deler")
    assert len(table) == 2
    assert len(drawn) == 1


@pytest.mark.slow
def test_the_plan_that_the_line_of_the_example_cuts_is_shared_as_drawn(demo_folder: Path) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8"))
    planted = key["transport"]["delte_planer"]
    plan_id = min(planted, key=lambda one: abs(planted[one]["areal_nord"] - 0.5))
    # The line runs from west to east: what lies above it, far up and wide, is north.
    drawn = package.read("nullvekstlinje").geometry.union_all()
    at = shapely.get_coordinates(shapely.line_merge(drawn))
    at = at[at[:, 0].argsort()]
    (west, first), (east, last) = at[0], at[-1]
    far = 1e5
    north = shapely.Polygon(
        [(west - far, first), *at, (east + far, last), (east + far, last + far),
         (west - far, first + far)]
    )  # fmt: skip
    purposes = package.read("reguleringsplan_formaal")
    homes = purposes[
        (purposes["planid"] == plan_id) & purposes["formaal_kode"].astype(str).str.startswith("111")
    ]
    share = homes.intersection(north).area.sum() / homes.area.sum()
    asked = {"trafikk_planid": plan_id, "boliger": 40}
    answer = run("nullvekst_plan", package, overrides=asked).table("svar").frame
    assert answer.loc["nord", "boliger"] == pytest.approx(40 * share, rel=1e-6)
    assert answer.loc["sum", "boliger"] == pytest.approx(40)
    # The whole plan, with its roads, is shared as planted.
    outline = package.read("reguleringsplan").set_index("planid").geometry[plan_id]
    whole = outline.intersection(north).area / outline.area
    assert whole == pytest.approx(planted[plan_id]["areal_nord"], abs=1e-4)
