"""Ways to school in a municipality of one street, counted by hand; and in Eksempelbygda."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._schoolway_scene import make_scene, school_year
from askergeo.analyses._schoolway_use import stretches, use_of
from askergeo.analyses.skoleveg import skoleveg
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, ParameterError
from askergeo.network.cache import cached_graph
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.network.profiles import metres
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.run import run
from askergeo.school.route import door_to_door, way_network
from askergeo.school.unsafe import RULES, SPEED, UNKNOWN_SPEED
from tests.network.peers import peer_matrix

CRS = "EPSG:25832"
# A street of 6 km. From 1000 to 1500 it is a main road of 80 km/h without a footway, and a path of
# 700 m goes round that. From 4500 nobody knows the speed.
ROADS = {
    "vegtype": ["bilveg"] * 4 + ["gang_sykkelveg"] * 3,
    "vegkategori": ["K", "F", "K", "K", pd.NA, pd.NA, pd.NA],
    "fartsgrense": [40, 80, 40, pd.NA, pd.NA, pd.NA, pd.NA],
    "navn": ["Gata", "Storvegen", "Gata", "Enden", "Stien", "Stien", "Stien"],
}
LINES = [
    [(0, 0), (1000, 0)],
    [(1000, 0), (1500, 0)],
    [(1500, 0), (4500, 0)],
    [(4500, 0), (6000, 0)],
    [(1000, 0), (1000, 100)],
    [(1000, 100), (1500, 100)],
    [(1500, 100), (1500, 0)],
]


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def point(x: float, y: float = 0.0) -> shapely.Point:
    return shapely.Point(x, y)


VEG = frame([shapely.LineString(line) for line in LINES], **ROADS)
VEG["fartsgrense"] = VEG["fartsgrense"].astype("Int64")
BUILT = build_graph(walkable_lines(VEG, None), tolerance_m=0.5, gap_m=5)
# Homes at 500, 1700, 1950 m, 3000, 4800 and 5990 m, and one that the network does not reach.
ADDRESSES = frame(
    [point(500), point(1700), point(1950), point(3000), point(4800), point(5990), point(0, 900)],
    adresse_id=list("abcdefg"),
    adressetekst=["Gata 1", "Gata 2", "Gata 3", "Gata 4", "Enden 5", "Enden 6", "Holmen 7"],
    boliger=[1] * 7,
)
PEOPLE = pd.DataFrame(
    [("a", 6, 20), ("b", 6, 10), ("c", 6, 6), ("d", 6, 8), ("d", 9, 30), ("d", 14, 12),
     ("e", 9, 7), ("f", 13, 9), ("g", 6, 5), ("borte", 10, 11), ("a", 40, 99)],
    columns=["adresse_id", "alder", "antall"],
)  # fmt: skip
SCHOOLS = frame(
    [point(0), point(6000)],
    skole_id=["S1", "S2"], navn=["Vest skole", "Øst skole"], trinn_fra=[1, 1], trinn_til=[10, 10],
)  # fmt: skip
DISTRICTS = frame(
    [shapely.box(-100, -100, 5500, 100), shapely.box(-100, -100, 6100, 100)],
    krets_id=["B1", "U1"], navn=["Vest", "Alle"], trinn=["barnetrinn", "ungdomstrinn"],
    skole_id=["S1", "S1"],
)  # fmt: skip
SET = load_parameters("skoleveg")


def answer(parameters: dict[str, Any] | None = None, **layers: Any):
    given = {
        "veg": VEG, "adresse": ADDRESSES, "skole": SCHOOLS, "befolkning": PEOPLE,
        "skolekrets": DISTRICTS, **layers,
    }  # fmt: skip
    return skoleveg(BUILT, **given, parameters=SET.override(parameters or {}))


RESULT = answer()


def row(label: str, result: Any = None) -> dict[str, Any]:
    told = (result or RESULT).table("skoleskyss").frame.loc[label].to_dict()
    return {name: value for name, value in told.items() if not isinstance(value, str)}


def test_pupils_of_the_first_grade_are_counted_by_their_way() -> None:
    # a 500 m is safe; b 1700 m has the path round, 1900 m, and c 1950 m has it only at 2150 m;
    # d 3000 m has the right. g is not joined, and lies outside the districts.
    assert row("barnetrinn B1 1. trinn") == {
        "elever": 44, "rett": 8, "andel": pytest.approx(100 * 8 / 44), "ikke": 36, "trygg": 20,
        "omveg": 10, "farlig": 6, "usikker": 0, "ingen_veg": 0, "ukjent": 0, "naer": 1,
    }  # fmt: skip


def test_pupils_of_later_grades_have_4_km() -> None:
    found = row("barnetrinn B1 2.–7. trinn")
    # d 3000 m goes round; e 4800 m has the right.
    assert (found["elever"], found["rett"], found["ikke"], found["omveg"]) == (37, 7, 30, 30)
    found = row("ungdomstrinn U1 8.–10. trinn")
    assert (found["elever"], found["rett"], found["omveg"]) == (21, 9, 12)


def test_nobody_is_lost() -> None:
    table = RESULT.table("skoleskyss").frame
    children = PEOPLE[PEOPLE["alder"].between(6, 15)]["antall"].sum()
    assert table.loc["alle", "elever"] == children
    assert row("uten_adresse 2.–7. trinn")["ukjent"] == 11
    assert row("uten_krets 1. trinn")["ukjent"] == 5
    for sums in RESULT.table("skoleskyss").row_sums:
        for name in ("elever", "rett", "farlig", "ukjent", "naer"):
            assert table.loc[sums.total, name] == table.loc[list(sums.parts), name].sum()
    for sums in RESULT.table("skoleskyss").column_sums:
        assert (table[sums.total] == table[list(sums.parts)].sum(axis=1)).all()


def test_unsafe_stretches_tell_who_uses_them_and_where_they_come_from() -> None:
    scene = make_scene(
        BUILT, veg=VEG, sti=None, adresse=ADDRESSES, befolkning=PEOPLE, skole=SCHOOLS,
        skolekrets=DISTRICTS, year=0, parameters=SET,
    )  # fmt: skip
    found = stretches(scene, use_of(scene)).set_index("navn")
    # b, c and d walk Storvegen to S1, d from both stages but as one address each way; nobody
    # without the right walks Enden to S1, and f is nearest to S2.
    road = found.loc["Storvegen"]
    assert road["regel"] == RULES[SPEED]
    assert (road["lengde_m"], road["adresser"]) == (pytest.approx(500.0), 3)
    # 10 of b, 6 of c, 30 and 12 of d; the 8 of d in the first grade have the right.
    assert road["elever"] == 58
    assert road["kretser"] == "Vest"
    assert road["skoler"] == "Vest skole"
    assert found.loc["Enden", "regel"] == UNKNOWN_SPEED
    assert found.loc["Enden", "skoler"] == "Øst skole"
    table = RESULT.table("usikre").frame
    assert table["navn"].tolist() == ["Storvegen"]
    assert table["elever"].tolist() == [60]


def test_who_lives_nearer_to_another_school_is_told() -> None:
    table = RESULT.table("naerskole").frame
    # 3000 m is as far to both: e alone is nearer to the east.
    assert table.loc["barnetrinn B1", ["adresser", "adresser_andre"]].tolist() == [5, 1]
    assert table.loc["barnetrinn B1", "elever_andre"] == 10
    assert table.loc["ungdomstrinn U1", "andre"] == "Øst skole"


@pytest.mark.parametrize(
    ("parameters", "rett"),
    [({}, 8), ({"skoleveg_tillegg_m": 50.1}, 14), ({"skoleveg_grense_1_m": 3000}, 0),
     ({"skoleveg_tillegg_per_2km_m": 52}, 14)],
)  # fmt: skip
def test_the_limit_and_the_addition_are_parameters(parameters: dict[str, Any], rett: int) -> None:
    assert row("barnetrinn B1 1. trinn", answer(parameters))["rett"] == rett


def test_counts_of_few_are_hidden_everywhere() -> None:
    people = PEOPLE.assign(antall=PEOPLE["antall"].where(PEOPLE["adresse_id"] != "c", 2))
    told = suppress(answer(befolkning=people))
    table = told.table("skoleskyss")
    counts = table.frame[[name for name, one in table.columns.items() if one.persons]]
    shown = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    assert not ((shown > 0) & (shown < 5)).any()
    assert ("barnetrinn B1 1. trinn", "farlig") in table.hidden
    assert told.facts["farlig"].hidden
    assert "et skjult antall" in told.sentence.lower()
    assert ":" not in told.sentence


def test_without_districts_everyone_has_the_nearest_school() -> None:
    told = answer(skolekrets=None)
    table = told.table("skoleskyss").frame
    assert set(table["krets"]) == {
        "Vest skole",
        "Øst skole",
        "Ukjent skole",
        "Uten adresse i kartet",
        "Alle",
    }
    assert row("barnetrinn S2 2.–7. trinn", told)["elever"] == 7
    assert [one.name for one in told.tables].count("naerskole") == 0


def test_what_is_wrong_with_the_input_is_named() -> None:
    schools = frame(
        [point(0), point(0, -7_000_000), None],
        skole_id=["S1", "S2", "S3"], navn=["Vest skole", "Null skole", "Uten sted"],
        trinn_fra=[1, 1, pd.NA], trinn_til=[10, 10, pd.NA],
        stedfesting=["omtrentlig", "eksakt", "eksakt"],
    )  # fmt: skip
    districts = pd.concat(
        [DISTRICTS, DISTRICTS.iloc[:1].assign(krets_id="B2", navn="Dobbel", skole_id="S2")]
    )
    ends = frame(
        [shapely.box(5500, -100, 6100, 100)], krets_id=["B3"], navn=["Uten"], trinn=["barnetrinn"],
        skole_id=[pd.NA],
    )  # fmt: skip
    told = answer(skole=schools, skolekrets=pd.concat([districts, ends], ignore_index=True))
    rules = {one.rule.partition(".")[2]: one for one in told.findings}
    assert {
        "skole_ikke_koblet", "skole_uten_trinn", "skole_omtrentlig", "kretser_overlapper",
        "krets_uten_skole", "adresse_uten_krets", "adresse_ikke_koblet",
    } <= set(rules)  # fmt: skip
    assert "Uten" in rules["krets_uten_skole"].text
    # Named without a number, that would give away what the table hides.
    assert any("Uten adresse i kartet" in one for one in told.warnings)
    assert not any("11" in one for one in told.warnings)


def test_an_island_is_named_with_its_place() -> None:
    veg = pd.concat(
        [
            VEG,
            frame(
                [shapely.LineString([(0, 5000), (3000, 5000)])], vegtype=["bilveg"], navn=["Øya"]
            ),
        ],
        ignore_index=True,
    )
    built = build_graph(walkable_lines(veg, None), tolerance_m=0.5, gap_m=5)
    home = frame([point(100, 5000)], adresse_id=["ø"], adressetekst=["Øya 1"], boliger=[1])
    people = pd.concat([PEOPLE, pd.DataFrame({"adresse_id": ["ø"], "alder": [8], "antall": [6]})])
    district = DISTRICTS.assign(geometry=[shapely.box(-100, -100, 6100, 6000)] * 2)
    told = skoleveg(
        built, veg=veg, adresse=pd.concat([ADDRESSES, home], ignore_index=True), skole=SCHOOLS,
        befolkning=people, skolekrets=district, parameters=SET,
    )  # fmt: skip
    found = [one for one in told.findings if one.rule == "skoleveg.ingen_veg"]
    assert len(found) == 1
    assert found[0].geometry.y == pytest.approx(5000)
    assert row("barnetrinn B1 2.–7. trinn", told)["ingen_veg"] == 6


@pytest.mark.parametrize("address", ["c", "Gata 3", "gata 3 "])
def test_one_address_is_explained_with_the_numbers_of_all(address: str) -> None:
    told = answer({"skoleveg_adresse": address})
    steps = told.table("steg").frame
    assert steps["sum_m"].iloc[-1] == pytest.approx(1950.0)
    assert steps["hva"].tolist()[1:-1] == ["Gata", "Storvegen", "Gata"]
    assert steps["merknad"].tolist()[1:-1] == ["", RULES[SPEED], ""]
    text = " ".join(told.reading)
    assert "ikke rett" in told.sentence
    assert "2150" in text
    assert "over grensen" in text
    assert "Mål på stedet" in text
    of_all = RESULT.layer("adresser_barnetrinn").frame.loc["c"]
    assert of_all["meter_barnetrinn"] == told.facts["meter"].value
    assert of_all["trygg_barnetrinn"] == pytest.approx(2150.0)


def test_one_address_to_another_school_and_grade() -> None:
    told = answer({"skoleveg_adresse": "d", "skoleveg_skole": "S2", "skoleveg_trinn": 9})
    assert told.facts["meter"].value == pytest.approx(3000.0)
    assert told.facts["skole"].value == "Øst skole"
    text = " ".join(told.reading)
    assert UNKNOWN_SPEED in text


def test_an_address_that_no_way_is_known_from_is_answered_as_unknown() -> None:
    told = answer({"skoleveg_adresse": "g"})
    assert "ikke kjent" in told.sentence or "ukjent" in told.sentence


@pytest.mark.parametrize(
    ("parameters", "word"),
    [({"skoleveg_adresse": "Gata"}, "kan være 4 adresser"),
     ({"skoleveg_adresse": "Gaten 1"}, "ikke i laget"),
     ({"skoleveg_adresse": "a", "skoleveg_skole": "S9"}, "ikke blant")],
)  # fmt: skip
def test_an_address_or_school_that_is_not_there_is_refused(
    parameters: dict[str, Any], word: str
) -> None:
    with pytest.raises(ParameterError, match=word) as error:
        answer(parameters)
    assert error.value.remedy


def test_no_school_of_grunnskolen_is_refused() -> None:
    with pytest.raises(LayerError):
        answer(skole=SCHOOLS.assign(trinn_fra=11, trinn_til=13))


def test_the_school_year_is_given_or_that_of_the_pupils() -> None:
    counts = pd.DataFrame({"aar": [2023, 2025]})
    assert school_year(SET, counts, None) == 2025
    assert school_year(SET.override({"skoleveg_skoleaar": 2030}), counts, None) == 2030
    assert school_year(SET, None, None) == 0


@pytest.mark.slow
def test_the_ways_of_eksempelbygda_are_those_of_networkx(demo_folder) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    graph = cached_graph(package, SET).graph
    schools = package.read("skole")
    homes = package.read("adresse").iloc[::40].reset_index(drop=True)
    ways = door_to_door(way_network(graph), homes, schools, SET)
    told = peer_matrix(graph, metres(graph), ways.starts.places, ways.schools.places)
    known = ~np.isnan(ways.metres)
    assert known.mean() > 0.8
    np.testing.assert_allclose(ways.metres[known], told[known], rtol=0, atol=1e-6)


@pytest.mark.slow
def test_eksempelbygda_is_answered_without_a_count_of_few(demo_folder) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    told = suppress(run("skoleveg", package))
    people = package.read("befolkning")
    children = people[people["alder"].between(6, 15)]["antall"].sum()
    assert told.facts["elever"].value == children
    for table in told.tables:
        persons = [name for name, one in table.columns.items() if one.persons]
        shown = table.frame[persons].to_numpy(dtype=np.float64, na_value=np.nan)
        assert not ((shown > 0) & (shown < 5)).any()


@pytest.mark.slow
def test_the_planted_way_along_a_fast_road_is_found(demo_folder) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((package.path / "nokkel.json").read_text(encoding="utf-8"))
    planted = key["farlig_skoleveg"]
    asked = {"skoleveg_adresse": planted["adresse_id"], "skoleveg_skole": planted["skole_id"]}
    told = run("skoleveg", package, overrides=asked)
    steps = told.table("steg").frame
    # The key leaves out the lines to the doors, and looks for footways more coarsely.
    walked = steps["meter"].iloc[1:-1].sum()
    assert walked == pytest.approx(planted["veg_m"], rel=0.02)
    bare = steps[steps["merknad"] == RULES[SPEED]]
    assert bare["meter"].sum() == pytest.approx(planted["uten_fortau_m"], rel=0.1)
    assert (bare["fartsgrense"] >= planted["fartsgrense"]).all()


def test_two_runs_can_be_compared_and_keep_their_secrets() -> None:
    # The district of the lower grades gets the school in the east.
    other = answer(skolekrets=DISTRICTS.assign(skole_id=["S2", "S1"]))
    change = suppress(RESULT.compare(other))
    table = change.table("skoleskyss").frame
    before, after = RESULT.table("skoleskyss").frame, other.table("skoleskyss").frame
    assert before.loc["alle 1. trinn", "rett"] == 8
    # d has 3000 m to the east, a, b and c more.
    assert after.loc["alle 1. trinn", "rett"] == 44
    assert table.loc["alle 1. trinn"].notna().any()


def test_roads_without_speed_name_and_category_are_unknown_not_safe() -> None:
    bare = VEG.drop(columns=["fartsgrense", "navn", "vegkategori"])
    told = answer(veg=bare)
    found = row("barnetrinn B1 1. trinn", told)
    # From 1000 to 1500 the path goes round, but the street on both sides of it is unknown.
    assert (found["trygg"], found["omveg"], found["farlig"], found["usikker"]) == (0, 0, 0, 36)
    # The whole street: f walks the last of it to the nearest school.
    assert told.facts["ukjent_fart_km"].value == pytest.approx(6.0)
    assert not len(told.table("usikre").frame)
    steps = answer({"skoleveg_adresse": "c"}, veg=bare).table("steg").frame
    assert UNKNOWN_SPEED in set(steps["merknad"])


def test_schools_and_districts_with_the_least_they_can_have() -> None:
    schools = SCHOOLS[["skole_id", "navn", "geometry"]]
    districts = DISTRICTS[["krets_id", "navn", "trinn", "geometry"]]
    told = answer(skole=schools, skolekrets=districts)
    # No school has a grade that is known, and no district names one: nothing is known of the way.
    assert row("alle", told)["ukjent"] == row("alle", told)["elever"]
    assert any(one.rule == "skoleveg.skole_uten_trinn" for one in told.findings)


def test_nobody_of_school_age_is_zero_and_not_a_fault() -> None:
    told = answer(befolkning=PEOPLE.assign(alder=40))
    assert told.facts["elever"].value == 0
    assert "0 av 0 elever" in told.sentence
