"""The balance as a result: its sums, its words, what it lacks, bad input and privacy."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.skole import skole
from askergeo.analyses.skole_kapasitet import skole_kapasitet
from askergeo.compare import compare
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.run import run

CRS = "EPSG:25832"
YEAR = 2026
# Two primary districts west and east, and one for grades 8 to 10 over both.
WEST, EAST = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)


def layers(**changes):
    """Addresses with children of every age: 30 of each in the west, 20 in the east."""
    ids = ["v", "o"]
    people = [(one, age, number) for one, number in zip(ids, (30, 20), strict=True)
              for age in range(50)]  # fmt: skip
    given = {
        "adresse": gpd.GeoDataFrame(
            {"adresse_id": ids},
            geometry=[shapely.Point(500, 500), shapely.Point(1500, 500)],
            crs=CRS,
        ),
        "befolkning": pd.DataFrame(people, columns=["adresse_id", "alder", "antall"]),
        "skole": gpd.GeoDataFrame(
            {
                "skole_id": ["A", "B", "U", "P"],
                "navn": ["Vest skole", "Øst skole", "Storskolen", "Friskolen"],
                "trinn_fra": [1, 1, 8, 1],
                "trinn_til": [7, 7, 10, 10],
                "paralleller": [1.0, 1.0, 2.0, None],
                "eierform": ["kommunal", "kommunal", "kommunal", "privat"],
            },
            geometry=[shapely.Point(x, 400) for x in (500, 1500, 900, 1100)],
            crs=CRS,
        ),
        "skolekrets": gpd.GeoDataFrame(
            {
                "krets_id": ["A1", "B1", "U1"],
                "navn": ["Vest", "Øst", "Hele"],
                "trinn": ["barnetrinn", "barnetrinn", "ungdomstrinn"],
                "skole_id": ["A", "B", "U"],
            },
            geometry=[WEST, EAST, shapely.union(WEST, EAST)],
            crs=CRS,
        ),
        "elevtall": pd.DataFrame(
            [
                (school, YEAR - 1, grade, number)
                for school, first, last, number in (
                    ("A", 1, 7, 29),
                    ("B", 1, 7, 18),
                    ("U", 8, 10, 45),
                    ("P", 1, 10, 2),
                )
                for grade in range(first, last + 1)
            ],
            columns=["skole_id", "aar", "trinn", "antall"],
        ),
    }
    return given | changes


def answer(parameters=(), **changes):
    values = {"startaar": YEAR, "prognose_aar": 10, "andel_vekt": 0} | dict(parameters)
    return skole(**layers(**changes), parameters=load_parameters("skole+prognose", values))


@pytest.fixture(scope="module")
def result():
    return answer()


def test_the_first_year_is_the_counted_pupils_and_the_places_of_the_parallels(result):
    frame = result.table("skoler").frame
    assert frame.loc["barnetrinn_A", ["elever", "plasser"]].tolist() == [7 * 29, 196]
    assert frame.loc["barnetrinn_B", ["elever", "plasser"]].tolist() == [7 * 18, 196]
    assert frame.loc["ungdomstrinn_U", ["elever", "plasser"]].tolist() == [3 * 45, 180]
    # 203 pupils in 196 places.
    assert frame.loc["barnetrinn_A", "over"] == "2025/26"
    assert frame.loc["barnetrinn_A", "hvorfor"] == "Fullt ved start"
    assert frame.loc["barnetrinn_sum", ["elever", "plasser"]].tolist() == [329, 392]
    assert frame.loc["barnetrinn_P", "elever"] == pytest.approx(14)


def test_every_row_and_sum_of_the_balance_closes(result):
    table = result.table("balanse")
    assert table.columns["ledige"].header == "Overdekning (plasser)"
    assert "et minus er underdekning" in table.note
    frame = table.frame
    causes = ["arskull", "fodte", "flytting", "bolig", "skalering", "krets"]
    assert frame[causes].sum(axis=1).to_numpy() == pytest.approx(frame["endring"].to_numpy())
    assert (frame["plasser"] - frame["elever"]).dropna().to_numpy() == pytest.approx(
        frame["ledige"].dropna().to_numpy(), abs=0.1
    )
    assert len(table.row_sums) == 2 * 11
    for total in table.row_sums:
        parts = frame.loc[list(total.parts), ["elever", "plasser"]].sum()
        assert frame.loc[total.total, ["elever", "plasser"]].tolist() == pytest.approx(
            parts.tolist(), abs=0.3
        )


def test_every_child_is_in_the_account(result):
    frame = result.table("regnskap").frame
    parts = ["kretsskoler", "andre_skoler", "uten_krets", "andre_steder"]
    assert frame[parts].sum(axis=1).to_numpy() == pytest.approx(
        frame["bosatte"].to_numpy(), abs=0.3
    )
    assert frame.loc["barnetrinn_2025", ["bosatte", *parts]].tolist() == pytest.approx(
        [350, 329, 14, 0, 7]
    )


def test_the_areas_and_grades_are_the_same_pupils(result):
    areas, grades = result.table("omraader").frame, result.table("trinn").frame
    assert areas.loc["barnetrinn_U1", "elever_2025"] == pytest.approx(329)
    assert grades.loc["A_2025", "trinn_3"] == pytest.approx(29)
    assert grades.loc["U_2025", "i_alt"] == pytest.approx(135)


def test_the_map_tells_by_sign_and_not_by_colour_alone(result):
    layer = result.layer("kretser_barnetrinn")
    assert layer.style.column == "klasse_2025"
    assert layer.frame["klasse_2025"].tolist() == ["▲ Over 100 %", "○ Under 75 %"]
    drawn = {one.value: one.dash for one in layer.style.classes}
    assert drawn["▲ Over 100 %"]
    assert not drawn["○ Under 75 %"]
    # Each year of the balance has its own column, of the same classes.
    assert list(layer.years) == list(range(2025, 2025 + len(layer.years)))
    shown = layer.frame[list(layer.years.values())]
    assert set(shown.to_numpy().ravel()) == set(drawn)
    names = dict(zip(result.layer("skolene").frame["skole"],
                     result.layer("skolene").frame["tilstand"], strict=True))  # fmt: skip
    assert names["Vest skole"] == "■ Full nå"
    assert names["Friskolen"] == "+ Privat"


def test_small_schools_are_hidden_everywhere(result):
    small = answer(
        elevtall=layers()["elevtall"].assign(
            antall=lambda rows: rows["antall"].where(rows["skole_id"] != "P", 0.3)
        )
    )
    hidden = suppress(small)
    label = "barnetrinn_P"
    assert (label, "elever") in hidden.table("skoler").hidden
    assert (label, "flest") in hidden.table("skoler").hidden
    rows = hidden.table("balanse").frame
    private = rows[rows.index.str.startswith(label)]
    assert private[["elever", "lav", "hoy", "endring", "arskull"]].isna().all(axis=None)
    assert not any("Friskolen" in one.text for one in hidden.findings)
    assert (label, "elever") not in suppress(result).table("skoler").hidden


def test_the_classes_of_the_years_do_not_tell_of_small_schools(result):
    hidden = suppress(result, threshold=300)
    layer = hidden.layer("kretser_barnetrinn")
    rows = hidden.table("balanse").hidden
    secret = {
        (label, column)
        for (label, column), cells in layer.follows.items()
        if any((row, name) in rows for _, row, name in cells)
    }
    assert secret
    for label, column in secret:
        assert pd.isna(layer.frame.loc[label, column])
        assert (label, column) in layer.hidden


def test_only_the_four_layers_are_needed_and_what_is_guessed_is_said():
    bare = answer({"andel_vekt": 50}, elevtall=None)
    assert any("antatt for 2 av 2 skoler på barnetrinnet" in text for text in bare.warnings)
    assert any(one.rule == "skole.privat_uten_elevtall" for one in bare.findings)
    frame = bare.table("skoler").frame
    assert frame.loc["barnetrinn_A", "elever"] == pytest.approx(0.95 * 210)
    assert np.isnan(frame.loc["barnetrinn_P", "elever"])


def test_the_year_of_the_residents_must_be_known():
    given = layers()
    del given["elevtall"]
    with pytest.raises(LayerError, match="hvilket år"):
        skole(**given, parameters=load_parameters("skole+prognose"))


def test_places_that_are_not_known_make_the_sum_unknown_and_are_named():
    schools = layers()["skole"].assign(paralleller=[1.0, None, 2.0, None])
    lacking = answer(skole=schools)
    frame = lacking.table("skoler").frame
    assert np.isnan(frame.loc["barnetrinn_B", "plasser"])
    assert frame.loc["barnetrinn_B", "over"] == "ukjent"
    assert np.isnan(frame.loc["barnetrinn_sum", "plasser"])
    assert frame.loc["barnetrinn_sum", "over"] == "ukjent"
    assert lacking.sentence.startswith("Antallet plasser er ukjent på barnetrinnet, og ")
    assert any("ukjent ved 1 skole på barnetrinnet" in text for text in lacking.warnings)
    (named,) = [one for one in lacking.findings if one.rule == "skole.uten_kapasitet"]
    assert named.row == "B"


def test_faulty_schools_and_districts_are_named():
    given = layers()
    schools = given["skole"].assign(
        trinn_fra=[1, None, 8, 1],
        trinn_til=[7, None, 10, 10],
        geometry=[shapely.Point(0, 0), shapely.Point(9e5, 0), None, shapely.Point(1100, 400)],
    )
    schools.loc[0, "geometry"] = shapely.Point(-9e5, 0)
    districts = given["skolekrets"].assign(skole_id=["A", None, "X"])
    faulty = answer(skole=schools, skolekrets=districts)
    rules = [one.rule for one in faulty.findings]
    assert rules.count("skole.uten_sted") == 3
    assert {
        "skole.uten_trinn",
        "skolekrets.uten_skole",
        "skolekrets.ukjent_skole",
    } <= set(rules)
    assert any("1 skole uten trinn" in text for text in faulty.warnings)


def test_what_a_scenario_changes_is_put_side_by_side(result):
    given = layers()
    schools = pd.concat(
        [
            given["skole"],
            gpd.GeoDataFrame(
                {
                    "skole_id": ["N"],
                    "navn": ["Ny skole"],
                    "trinn_fra": [1],
                    "trinn_til": [7],
                    "paralleller": [2.0],
                    "eierform": ["kommunal"],
                    "fra_aar": [2028],
                },
                geometry=[shapely.Point(250, 300)],
                crs=CRS,
            ),
        ],
        ignore_index=True,
    )
    districts = given["skolekrets"].assign(krets_id=["A1", "B1", "U1"], skole_id=["N", "B", "U"])
    homes = gpd.GeoDataFrame(
        {
            "prosjekt_id": ["f"],
            "boligtype": ["enebolig"],
            "aar": [2028],
            "boliger": [400],
            "sannsynlighet": [100.0],
        },
        geometry=[shapely.Point(1500, 600)],
        crs=CRS,
    )
    other = answer(skole=schools, skolekrets=districts, boligprogram=homes)
    difference = compare(result, other)
    table = difference.table("endret")
    frame = table.frame
    assert {"barnetrinn_A", "barnetrinn_B", "barnetrinn_N"} <= set(frame.index)
    assert frame.loc["barnetrinn_N", "over"] == "finnes ikke"
    assert frame.loc["barnetrinn_B", "over"] == "–"
    assert frame.loc["barnetrinn_B", "over_scenario"] == "2029/30"
    # Until it opens the old school has the children of the district that it lies in.
    old = other.table("balanse").frame.loc["barnetrinn_A_2027", "elever"]
    assert old == pytest.approx(7 * 29, rel=0.05)
    assert frame.loc["barnetrinn_N", "elever_scenario"] == 0
    new = other.table("balanse").frame.loc["barnetrinn_N_2028", "elever"]
    assert new == pytest.approx(7 * 29, rel=0.05)
    assert any("er ført på «Ny skole»" in text for text in other.warnings)
    # All of it passes through the suppression, and the counts of the new school are hidden or not
    # as others are.
    suppress(difference)
    assert "Skolene" in difference.title


def test_the_table_of_places_adds_up_and_needs_a_year():
    given = layers()
    parameters = load_parameters("skole_kapasitet+skole", {"plasser_fra": 2025, "plasser_aar": 2})
    places = skole_kapasitet(given["skole"], parameters=parameters)
    frame = places.table("plasser").frame
    assert frame.loc["barnetrinn_sum", "2025/26"] == 392
    assert frame.loc["barnetrinn_praktisk", "2025/26"] == round(0.95 * 392)
    assert frame.columns[2:].tolist() == ["2025/26", "2026/27", "2027/28"]
    assert places.sentence.startswith("Barnetrinnet har 392 plasser i 2025/26")
    layer = places.layer("skolene")
    assert list(layer.years) == [2025, 2026, 2027]
    assert layer.style.column == "klasse_2025"
    names = dict(zip(layer.frame["skole"], layer.frame["klasse_2027"], strict=True))
    room = (layer.frame["barnetrinn"] + layer.frame["ungdomstrinn"]).tolist()
    assert room[:2] == [196, 196]
    assert set(list(names.values())[:2]) == {"Under 200 plasser"}
    assert {one.value for one in layer.style.classes} == {
        kind for year in layer.years.values() for kind in layer.frame[year]
    }
    with pytest.raises(LayerError, match="hvilket skoleår"):
        skole_kapasitet(given["skole"], parameters=load_parameters("skole_kapasitet+skole"))


@pytest.fixture(scope="module")
def example(demo_folder):
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8"))
    return package, key, run("skole", package)


@pytest.mark.slow
def test_the_places_of_the_example_are_those_of_its_key(example):
    _, key, found = example
    frame = found.table("balanse").frame
    told = {
        f"{stage}_{skole_id}_{year}": places
        for school, years in key["plasser"]["vedtatt"].items()
        for skole_id, stage in [school.split()]
        for year, places in years.items()
    }
    there = [label for label in told if label in frame.index]
    assert len(there) > 80
    assert frame.loc[there, "plasser"].tolist() == [told[label] for label in there]


@pytest.mark.slow
def test_the_planted_shares_of_the_example_are_found(example):
    _, key, found = example
    shares = found.table("andeler").frame["raa"]
    private, neighbour = key["elever"]["privat_andel"], key["elever"]["naboskole"]
    assert shares["barnetrinn_SK001"] == pytest.approx(100 * (1 - private["B01"]), abs=1)
    assert neighbour["fra"] == "B05"
    expected = (1 - private["ellers"]) * (1 - neighbour["andel"])
    assert shares["barnetrinn_SK007"] == pytest.approx(100 * expected, abs=2)
    others = ["barnetrinn_SK005", "barnetrinn_SK006"]
    assert shares[others].tolist() == pytest.approx([100 * (1 - private["ellers"])] * 2, abs=1.5)


@pytest.mark.slow
def test_closing_a_school_of_the_example_moves_its_pupils_to_the_nearest(example):
    package, _, found = example
    closed = run("skole_nedlegging", package, overrides={"nedlegg": "SK006"})
    moved = closed.table("mottakere").frame
    now = found.table("balanse").frame
    assert moved.loc["i_alt", "elever"] == pytest.approx(
        now.loc["barnetrinn_SK006_2025", "elever"], rel=0.01
    )
    walked = closed.table("skoleveg").frame
    assert walked.loc["i_alt", "veg_etter"] > walked.loc["i_alt", "veg_for"]
    both = closed.table("skoler").frame
    change = (both["elever_etter"] - both["elever_for"]).sum()
    assert change == pytest.approx(0, abs=0.3)
    assert closed.table("trinn").frame.loc["barnetrinn", "plasser_etter"] == (
        closed.table("trinn").frame.loc["barnetrinn", "plasser_for"] - 196
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "ikke sagt hvilken skole"),
        ({"nedlegg": "SK999"}, "«SK999» er ikke i laget"),
        ({"nedlegg": "SK009"}, "er privat"),
        ({"slaa_sammen": "SK006"}, "ikke på formen A\\+B"),
        ({"nedlegg": "SK006", "nedlegg_fra": "2090"}, "utenfor årene"),
        ({"slaa_sammen": "SK006+SK004,SK004+SK001"}, "legges selv ned"),
    ],
)
def test_what_cannot_be_closed_is_said(example, given, said):
    with pytest.raises(ParameterError, match=said):
        run("skole_nedlegging", example[0], overrides=given)
