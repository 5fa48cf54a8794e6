"""The land reserve as a planner asks for it, on ground that can be reckoned by hand and with GEOS."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import _reserve_cross as cross
from askergeo.analyses import arealreserve as module
from askergeo.analyses._reserve_conflicts import find_conflicts
from askergeo.analyses.arealreserve import arealreserve
from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.run import run

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_630_000.0


def at(x, y, width, height):
    """A rectangle by its lower left corner, in metres from a place in Asker."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


# Homes in the west, a railway, industry in the east, and LNF around.
HOMES, RAIL, WORK = at(0, 0, 200, 100), at(200, 0, 50, 100), at(250, 0, 150, 100)
REST = at(-300, -300, 1000, 700).difference(shapely.union_all([HOMES, RAIL, WORK]))
PLAN = frame(
    [HOMES, RAIL, WORK, REST],
    formaal_kode=[1110, 2020, 1300, 5100],
    arealstatus=[2, 1, 2, 1],
    omraadenavn=["Lia", "Lia", "Dalen", None],
)
WHOLE = at(-400, -400, 1200, 900)
FIELD, BOG = at(-50, 0, 100, 200), at(300, 50, 40, 100)
LAYERS = {
    "ar5": frame(
        [FIELD, BOG, WHOLE.difference(FIELD | BOG)], arealtype=pd.array([21, 60, 30], "Int64")
    ),
    "dyrkbar_jord": frame([at(20, 20, 60, 30)]),
    "naturtype": frame([at(40, 0, 30, 30), at(60, 10, 30, 30)], verdi=["stor", "middels"]),
    "flom": frame(
        [at(150, -20, 60, 60), at(140, -20, 80, 80), at(150, 0, 30, 90)],
        gjentaksintervall=pd.array([20, 200, 200], "Int64"),
    ),
    "kvikkleire_faresone": frame([at(900, 0, 10, 10)], faregrad=["hoy"]),
    "kvikkleire_aktsomhet": frame([at(380, 0, 100, 100), at(390, 0, 100, 100)]),
    "markagrense": frame([at(0, 90, 400, 100)]),
    "arealbruk": frame([at(600, 0, 10, 10)], hovedklasse=["Bolig"]),
    "bygning": frame([at(600, 0, 10, 10)], bygning_id=["1"], bygningstype=[111]),
    "veg": frame([shapely.LineString([(X, Y - 90), (X + 90, Y - 90)])], vegtype=["bilveg"]),
}


def answer(plan=PLAN, *, overrides=None, without=(), **more):
    layers = {name: one for name, one in (LAYERS | more).items() if name not in without}
    parameters = load_parameters("arealreserve", overrides)
    return arealreserve(plan, **layers, parameters=parameters)


def cells(result, table):
    return result.table(table).frame


@pytest.fixture(scope="module")
def result():
    return answer()


def opened(shape):
    """What opening leaves of a piece; GEOS's own buffers."""
    return shape.buffer(-7.5, quad_segs=16).buffer(7.5, quad_segs=16).intersection(shape)


def test_groups_and_total_are_what_is_planned_and_the_railway_stands_apart(result):
    rows = cells(result, "grupper")
    homes, work = opened(HOMES).area / 1e3, opened(WORK).area / 1e3
    assert rows["dekar"].to_dict() == pytest.approx(
        {"gruppe_01": homes, "gruppe_06": work, "reserve": homes + work,
         "for_seg": opened(RAIL).area / 1e3}
    )  # fmt: skip
    assert rows["stykker"].to_dict() == {
        "gruppe_01": 1, "gruppe_06": 1, "reserve": 2, "for_seg": 1
    }  # fmt: skip
    assert rows["boliger"]["gruppe_01"] == pytest.approx(2 * homes)
    assert pd.isna(rows["boliger"]["for_seg"])


def test_a_place_counts_once_in_each_row_of_conflicts(result):
    reserve = opened(HOMES) | opened(WORK)
    shapes = {name: layer.union_all() for name, layer in LAYERS.items()}
    nature, flood = LAYERS["naturtype"].geometry, LAYERS["flom"].geometry
    wanted = {
        "dyrket": FIELD,
        "dyrkbar": shapes["dyrkbar_jord"],
        "myr": BOG,
        "naturtype": nature.union_all(),
        "naturtype:stor": nature[0],
        "naturtype:middels": nature[1],
        "flom": flood.union_all(),
        "flom:20": flood[0],
        "flom:200": flood[1] | flood[2],
        "kvikkleire": shapely.Polygon(),
        "aktsomhet": shapes["kvikkleire_aktsomhet"],
        "marka": shapes["markagrense"],
    }
    red = [wanted[name] for name in ("dyrket", "dyrkbar", "naturtype:stor", "flom", "marka")]
    wanted["rød"] = shapely.union_all(red)
    wanted["alle"] = shapely.union_all([*wanted.values()])
    found = cells(result, "konflikter")["dekar"]
    for name, shape in wanted.items():
        area = shapely.intersection(shape, reserve).area / 1e3
        assert found[name] == pytest.approx(area, abs=1e-9), name
    assert (
        found["alle"]
        < sum(found[name] for name in wanted if ":" not in name and name not in ("rød", "alle")) - 1
    )
    share = found["alle"] * 1e5 / reserve.area
    assert cells(result, "konflikter")["andel"]["alle"] == pytest.approx(share)


def test_the_cross_table_and_the_balance_add_up(result):
    table = cells(result, "kryss")
    assert table["areal_m2"].drop("i_alt").sum() == pytest.approx(table.loc["i_alt", "areal_m2"])
    assert (cells(result, "balanse")["gar_opp"] == "ja").all()
    assert not result.unpublishable
    meadow = table[(table["arealdekke"] == "Jordbruk") & (table["jordvern"] == "ja")]
    assert meadow["areal_m2"].sum() == pytest.approx(opened(HOMES).intersection(FIELD).area)


def test_the_sentence_says_area_share_and_dwellings(result):
    homes = opened(HOMES).area / 1e3
    assert result.facts["boliger_lav"].value == round(homes)
    assert result.facts["boliger_hoy"].value == round(4 * homes)
    assert "{" not in result.sentence
    assert result.sentence.startswith("Arealreserven i gjeldende plan er 35 dekar i 2 stykker.")
    assert "Minst" in result.sentence  # no shoreline here
    assert "plass til 20–80 boliger" in result.sentence


def test_a_missing_layer_is_not_mapped_and_never_zero():
    found = answer(without=("flom", "ar5"))
    rows = cells(found, "konflikter")
    for name in ("flom", "dyrket", "myr", "strandsone"):
        assert rows.loc[name, "niva"] == "ikke kartlagt"
        assert pd.isna(rows.loc[name, "dekar"])
        assert pd.isna(rows.loc[name, "stykker"])
    assert cells(found, "arealdekke")["jordbruk"].isna().all()
    rules = cells(found, "regler")
    assert rules.loc["ferskvann", "brukt"] == "ikke brukt"
    assert pd.isna(rules.loc["ferskvann", "tatt_dekar"])
    assert "på høyst" in found.sentence
    assert set(cells(found, "kryss")["arealdekke"]) <= {"Ikke kartlagt", ""}


def test_no_conflict_layer_at_all_is_said():
    found = answer(without=("ar5", "dyrkbar_jord", "naturtype", "flom", "kvikkleire_faresone",
                            "kvikkleire_aktsomhet", "markagrense"))  # fmt: skip
    assert "Konfliktene er ikke kartlagt" in found.sentence
    assert cells(found, "grupper")["konflikt"].isna().all()
    assert "konflikt" not in {layer.name for layer in found.layers}


def test_a_class_that_nobody_knows_is_a_conflict_and_named():
    found = answer(naturtype=frame([at(40, 0, 30, 30), at(90, 0, 20, 20)], verdi=[None, "rar"]))
    rows = cells(found, "konflikter")
    assert rows.loc["naturtype:ukjent", "dekar"] == pytest.approx(1.3)
    assert [one.row for one in found.findings if one.layer == "naturtype"] == ["0", "1"]


DETAILED = frame(
    [at(0, 0, 40, 100), at(40, 0, 40, 100), at(80, 0, 40, 100), at(120, 0, 40, 100)],
    planid=["a", "b", "c", "d"],
    formaal_kode=[1300, 1300, 1300, 1300],
)


def test_only_plans_with_a_known_accepted_status_count():
    outlines = frame(
        [*DETAILED.geometry, DETAILED.geometry[3], at(300, 0, 20, 20)],
        planid=["a", "b", "x", "d", "d", "e"],
        plannavn=["A", "B", "X", "D", "D", "E"],
        planstatus=pd.array([3, 2, 3, 3, 4, 3], "Int64"),
    )
    found = answer(reguleringsplan_formaal=DETAILED, reguleringsplan=outlines)
    units = cells(found, "planer")
    assert set(units.index) == {"a", "Kommuneplanen, Lia", "Kommuneplanen, Dalen", "i_alt"}
    # In a detailed plan the corners are put back.
    assert units.loc["a", "dekar"] == pytest.approx(4.0)
    rules = cells(found, "regler")
    assert rules.loc["planstatus", "tatt_m2"] == pytest.approx(12_000)
    status = cells(found, "planstatus")
    assert status["planer"].to_dict() == {"status_2": 1, "status_3": 3, "ukjent": 2, "i_alt": 6}
    unknown = {one.row: one.text for one in found.findings
               if one.rule == "arealreserve.planstatus"}  # fmt: skip
    assert set(unknown) == {"c", "d"}
    assert "står ikke i laget" in unknown["c"]
    assert "ulik planstatus" in unknown["d"]
    bare = [one.row for one in found.findings if one.rule == "arealreserve.uten_formaal"]
    assert bare == ["x", "e"]


def test_without_outlines_every_plan_counts_and_the_rule_is_unused():
    found = answer(reguleringsplan_formaal=DETAILED)
    assert cells(found, "regler").loc["planstatus", "brukt"] == "ikke brukt"
    assert {"a", "b", "c", "d"} <= set(cells(found, "planer").index)


def test_accepted_status_is_a_parameter():
    outlines = frame(DETAILED.geometry, planid=["a", "b", "c", "d"],
                     planstatus=pd.array([3, 6, 2, 2], "Int64"))  # fmt: skip
    found = answer(
        reguleringsplan_formaal=DETAILED,
        reguleringsplan=outlines,
        overrides={"planstatus": "3,6"},
    )
    assert {"a", "b"} <= set(cells(found, "planer").index)
    assert not {"c", "d"} & set(cells(found, "planer").index)


PROPOSAL = PLAN.assign(formaal_kode=[1110, 2020, 5100, 5100]).set_geometry(
    [at(50, 0, 150, 100), RAIL, WORK, REST | at(0, 0, 50, 100)], crs=CRS
)


def test_what_the_proposal_takes_out_and_adds():
    found = answer(kommuneplan_forslag=PROPOSAL)
    rows = cells(found, "forslag")
    now, then = opened(HOMES), opened(at(50, 0, 150, 100))
    wanted = [now.area, -(now - then).area, (then - now).area, 0.0, then.area]
    assert rows.loc["gruppe_01"].tolist()[1:] == pytest.approx([one / 1e3 for one in wanted])
    assert rows.loc["gruppe_06", "tatt_ut"] == pytest.approx(-opened(WORK).area / 1e3)
    out = found.layer("reserve_endring").frame
    assert out.loc[out["endring"] == "Tatt ut", "dekar"].sum() == pytest.approx(
        -rows.loc["reserve", "tatt_ut"]
    )
    assert [chart.table for chart in found.charts] == ["forslag", "reserve_flyt"]
    other = answer(kommuneplan_forslag=PROPOSAL, overrides={"plan": "forslag"})
    assert cells(other, "forslag").equals(rows)
    assert "i planforslaget" in other.sentence
    assert other.facts["reserve"].value == pytest.approx(then.area / 1e3)


def test_the_comparison_can_be_left_out():
    found = answer(kommuneplan_forslag=PROPOSAL, overrides={"sammenlign": "nei"})
    assert not found.charts
    assert "forslag" not in {one.name for one in found.tables}


def test_a_proposal_that_is_not_there_is_refused():
    with pytest.raises(LayerError, match="Planforslaget"):
        answer(overrides={"plan": "forslag"})


@pytest.mark.parametrize("crs", ["EPSG:25833", "EPSG:4258"])
def test_a_layer_in_another_crs_is_refused(crs):
    with pytest.raises(CrsError, match="flom"):
        answer(flom=LAYERS["flom"].to_crs(crs))


def test_rules_that_contradict_are_refused():
    with pytest.raises(ParameterError, match="Boliger per dekar"):
        answer(overrides={"boliger_per_dekar": "9"})


def test_a_rule_can_be_changed():
    house = frame([at(90, 45, 10, 10)], bygning_id=["1"], bygningstype=[111])
    near = answer(bygning=house, overrides={"hovedbygg_buffer_m": "1"})
    far = answer(bygning=house, overrides={"hovedbygg_buffer_m": "20"})
    taken = [cells(one, "regler").loc["bygninger", "tatt_m2"] for one in (near, far)]
    assert taken[0] == pytest.approx(house.buffer(1, quad_segs=16).area.sum())
    assert taken[1] > 5 * taken[0]


def test_a_plan_without_development_is_an_answer():
    found = answer(PLAN.assign(formaal_kode=5100))
    assert found.sentence == "Det er ingen arealreserve i gjeldende plan."
    assert cells(found, "grupper").loc["reserve", "dekar"] == 0
    assert not found.unpublishable


def test_unknown_codes_are_rows_with_a_place():
    found = answer(PLAN.assign(formaal_kode=[1110, 4711, 1300, 5100]))
    row = next(one for one in found.findings if "4711" in one.text)
    assert row.layer == "kommuneplan"
    assert row.row == "1"
    assert RAIL.contains(row.geometry)


def test_what_does_not_add_up_must_not_be_published(monkeypatch):
    real = module.reserve

    def broken(*args, **kwargs):
        found = real(*args, **kwargs)
        steps = found.steps.copy()
        steps.loc[6, "tatt_m2"] -= 1.0
        return replace(found, steps=steps, parts=found.parts.iloc[1:])

    monkeypatch.setattr(module, "reserve", broken)
    found = answer()
    assert len(found.unpublishable) >= 2
    assert cells(found, "balanse")["gar_opp"][["regler", "plan"]].tolist() == ["nei", "nei"]


def test_a_step_that_does_not_add_up_is_named():
    steps = pd.DataFrame(
        {"tittel": ["A", "B"], "areal_for_m2": [1e6, 1e6], "avvik_m2": [1e-7, 0.5]}
    )
    reasons = cross.unpublishable((), steps)
    assert len(reasons) == 1
    assert "«B»" in reasons[0]


def test_land_cover_that_overlaps_itself_is_taken_off_again():
    twice = pd.concat([LAYERS["ar5"], LAYERS["ar5"].iloc[[0]]], ignore_index=True)
    found = answer(ar5=twice)
    table = cells(found, "kryss")
    over = opened(HOMES).intersection(FIELD).area
    assert table.loc["dobbelt", "areal_m2"] == pytest.approx(-over)
    reserve = opened(HOMES).area + opened(WORK).area
    assert table.loc["i_alt", "areal_m2"] == pytest.approx(reserve)
    conflicts = cells(found, "konflikter")
    assert conflicts.loc["dyrket", "dekar"] == pytest.approx(over / 1e3)
    assert not found.unpublishable


def test_conflicts_of_random_circles_are_those_of_geos():
    rng = np.random.default_rng(7)
    boxes = [at(x, y, 90, 90) for x in range(0, 500, 100) for y in range(0, 500, 100)]
    parts = frame(boxes)
    centres = shapely.points(rng.uniform((X, Y), (X + 500, Y + 500), (40, 2)))
    circles = shapely.buffer(centres, rng.uniform(5, 60, 40))
    kinds = rng.choice([20, 200, 1000], 40)
    marka = frame([at(-10, -10, 333, 222)])
    flood = frame(circles, gjentaksintervall=pd.array(kinds, "Int64"))
    found = find_conflicts(parts, {"flom": flood, "markagrense": marka}).areas
    for column, mask in {
        "flom:200": shapely.union_all(circles[kinds == 200]),
        "flom": shapely.union_all(circles),
        "rød": shapely.union_all([*circles[kinds != 1000], marka.geometry[0]]),
        "alle": shapely.union_all([*circles, marka.geometry[0]]),
    }.items():
        wanted = shapely.area(shapely.intersection(boxes, mask))
        assert found[column].to_numpy() == pytest.approx(wanted, abs=1e-6), column
    assert found["myr"].isna().all()


@pytest.fixture(scope="module")
def example(demo_folder):
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8"))
    return package, run("arealreserve", package), pd.DataFrame(key["planendringer"])


@pytest.mark.slow
def test_the_planted_changes_of_the_example_are_what_the_proposal_changes(example):
    package, result, changes = example
    drawn = result.layer("reserve_endring").frame
    # The key gives the middle and the area; the patch's own corners are in the plan.
    for kind, name, side in (("tatt ut", "Tatt ut", "fra"), ("ny", "Ny", "til")):
        planted = changes[changes["endring"] == kind]
        some = drawn[drawn["endring"] == name]
        circle = shapely.buffer(
            shapely.points(planted[["x", "y"]].to_numpy()),
            2 * np.sqrt(planted["areal_m2"].to_numpy() / np.pi),
        )
        inside = shapely.intersection(some.union_all(), shapely.union_all(circle)).area
        # Rests along the patches may fall or come with their neighbour; the rest is the patches.
        assert inside >= 0.98 * some.area.sum()
        assert some.area.sum() <= planted["areal_m2"].sum() + 1
        codes = {f"{code}" for code in planted[f"{side}_kode"]}
        groups = {"1110": "01", "1120": "02", "1300": "06"}
        assert {one[:2] for one in some["gruppe"]} <= {groups[code] for code in codes}
    assert package.crs == CRS


@pytest.mark.slow
def test_the_example_adds_up_and_its_conflicts_are_those_of_geos(example):
    package, result, _ = example
    assert not result.unpublishable
    pieces = result.layer("reserve").frame.union_all()
    for name, layer in (("marka", "markagrense"), ("aktsomhet", "kvikkleire_aktsomhet"),
                        ("dyrkbar", "dyrkbar_jord"), ("flom", "flom")):  # fmt: skip
        area = shapely.intersection(package.read(layer).union_all(), pieces).area
        assert cells(result, "konflikter").loc[name, "dekar"] * 1e3 == pytest.approx(area, abs=1e-3)
    shore = run("strandsone", package).layer("byggeforbud").frame.union_all()
    area = shapely.intersection(shore, pieces).area
    found = cells(result, "konflikter").loc["strandsone", "dekar"] * 1e3
    assert found == pytest.approx(area, abs=1e-3)
    assert found > 0
    for fact in result.facts.values():
        if fact.cell is not None:
            table, row, column = fact.cell
            assert cells(result, table).loc[row, column] == pytest.approx(fact.value, abs=0.51)
