"""New school districts: a street of six units by hand, and the small example from end to end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import _district_school_tables as school_tables
from askergeo.analyses import _district_tables as tables
from askergeo.analyses import find
from askergeo.analyses._district_basis import Ground
from askergeo.analyses._district_change import compare
from askergeo.analyses._district_map import area_table, district_layers
from askergeo.analyses._district_options import (
    aims_of,
    closed_schools,
    fixed_units,
    school_years,
)
from askergeo.analyses._district_text import impossible, reading, statement
from askergeo.datapackage import DataPackage
from askergeo.errors import ParameterError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Result
from askergeo.run import run
from askergeo.school.district_explain import explain
from askergeo.school.district_inputs import (
    Basis,
    at_edge,
    make_problem,
    phased_in,
    unit_ways,
    whole_pupils,
)
from askergeo.school.districting import evaluate
from askergeo.school.units import Units, neighbours

if TYPE_CHECKING:
    from pathlib import Path

PUPILS = [30.0, 20.0, 10.0, 6.0, 14.0, 40.0]
AT = np.arange(6) * 1000.0 + 500.0
#: The schools lie in the first and the last unit of the street.
SCHOOLS = AT[[0, 5]]


def basis(pupils: list[float] = PUPILS, places: float = 75.0) -> Basis:
    """Six units of a kilometre along a street; the first four belong to the western school."""
    count = len(pupils)
    names = [f"u{number}" for number in range(count)]
    shapes = [shapely.box(x - 500, 0, x + 500, 1000) for x in AT]
    frame = gpd.GeoDataFrame(
        {
            "navn": [name.upper() for name in names],
            "medlemmer": [(n,) for n in names],
            "gruppe": "",
        },
        geometry=shapes,
        crs="EPSG:25832",
        index=names,
    )
    units = Units(frame, neighbours(np.array(shapes, dtype=object), least_m=10.0))
    metres = np.abs(AT[:, None] - SCHOOLS[None, :])
    ways = unit_ways(
        metres, metres, np.arange(count), np.ones(count),
        count=count, limits=(2000.0, 4000.0), detour=1.4, must=np.zeros(count, dtype=int),
    )  # fmt: skip
    # Seven grades alike, two years alike.
    by_grade = np.repeat(np.array(pupils)[:, None, None] / 7, 7, axis=1).repeat(2, axis=2)
    today = np.array([0, 0, 0, 0, 1, 1])
    problem = make_problem(
        units, schools=pd.Index(["V", "O"]), years=np.array([2027, 2028]), pupils=by_grade,
        places=np.full((2, 2), places), ways=ways, today=today, home=np.array([0, 5]),
        edge=at_edge(units), fixed=np.full(count, -1), grade_weights=np.ones(7), slack=0.0,
    )  # fmt: skip
    return Basis(
        problem=problem, phased=phased_in(problem, by_grade), units=units,
        names=np.array(["Vest skole", "Øst skole"], dtype=object), grades=range(1, 8),
        pupils=by_grade, whole=whole_pupils(by_grade.sum(axis=1), today), ways=ways,
    )  # fmt: skip


def alternative(of: Basis, assigned: list[int], letter: str = "A") -> tables.Alternative:
    plan = evaluate(of.problem, np.array(assigned))
    return tables.Alternative(letter=letter, title="Avveid", plan=plan)


def ground(of: Basis) -> Ground:
    points = gpd.GeoSeries([shapely.Point(x, 500) for x in SCHOOLS], crs="EPSG:25832")
    return Ground(
        basis=of, stage="barnetrinn",
        schools=gpd.GeoDataFrame(geometry=points.array, index=of.problem.schools, crs=points.crs),
        next_school=np.array(["Sør"] * 5 + ["Nord"], dtype=object), split=(), apart=(), guessed_places=(),
        islands=(), held=(), dropped=0, guessed=(),
        faults=pd.DataFrame(columns=["regel", "tittel", "lag", "rad", "tekst"]),
    )  # fmt: skip


def test_the_trade_off_is_what_one_reckons_by_hand() -> None:
    of = basis()
    table = tables.trade_off_table(of, [alternative(of, [0, 0, 0, 1, 1, 1])])
    frame = table.frame
    # Today: 30·0 + 20·1 + 10·2 + 6·3 + 14·1 + 40·0 = 72 pupil-km; the fourth unit has 3 km to its
    # school and 2 km to the other.
    assert frame["elevkm"].tolist() == pytest.approx([72.0, 66.0])
    assert frame["veg"].tolist() == pytest.approx([600.0, 550.0])
    assert frame["flytter"].tolist() == [0, 6]
    assert frame["enheter"].tolist() == [0, 1]
    assert frame["lengst"].tolist() == [3.0, 2.0]
    # Of 120 pupils 6 had a nearer school.
    assert frame["ikke_naermest"].tolist() == pytest.approx([5.0, 0.0])
    assert frame["mangler"].tolist() == [0, 0]


def test_places_that_lack_are_told_also_while_pupils_stay() -> None:
    # 66 and 54 pupils; 62 places. With the fourth unit moved it is 60 and 60.
    of = basis(places=62.0)
    frame = tables.trade_off_table(of, [alternative(of, [0, 0, 0, 1, 1, 1])]).frame
    assert frame["mangler"].tolist() == [4, 0]
    # In the first year six of its seven grades stay: 60 + 6·6/7 = 65,1 against 62.
    assert frame["overgang"].tolist() == [4, 4]
    stay = school_tables.stay_table(of, [alternative(of, [0, 0, 0, 1, 1, 1])])
    assert stay is not None
    assert stay.frame["plass"].tolist() == ["nei", "nei"]
    # 5,1 and 4,3 pupils: rounded to ten, and hidden when it is fewer than five.
    assert stay.frame["blir"].fillna(-1).tolist() == [10, -1]


@pytest.mark.parametrize("assigned", [[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1]])
def test_nobody_is_lost_from_one_division_to_another(assigned: list[int]) -> None:
    of = basis([30.4, 20.4, 10.4, 6.4, 14.4, 40.4])
    one = alternative(of, assigned)
    table = school_tables.year_table(of, [one])
    totals = table.frame.loc[["i_alt-2027", "i_alt-2028"]]
    # 67,6 and 54,8 pupils: as the two districts of today are told.
    assert totals["elever_i_dag"].tolist() == totals["elever_a"].tolist() == [123, 123]
    for row in table.row_sums:
        parts = table.frame.loc[list(row.parts), ["elever_i_dag", "elever_a"]].sum()
        assert parts.tolist() == table.frame.loc[row.total, ["elever_i_dag", "elever_a"]].tolist()
    # What the list of those who move adds up to is what the trade-off says.
    moving = tables.moving_table(of, one)
    told = tables.trade_off_table(of, [one]).frame.loc["a"]
    assert moving.frame.loc["i_alt", "elever"] == told["flytter"]
    assert moving.frame["elever"].iloc[:-1].sum() == told["flytter"]
    assert len(moving.frame) - 1 == told["enheter"]
    # A school's pupils change by what the list says.
    came = moving.frame.iloc[:-1].groupby("til")["elever"].sum()
    left = moving.frame.iloc[:-1].groupby("fra")["elever"].sum()
    for key, name in zip(["V", "O"], of.names, strict=True):
        row = table.frame.loc[f"{key}-2027"]
        assert row["elever_a"] - row["elever_i_dag"] == came.get(name, 0) - left.get(name, 0)


def test_the_letter_list_has_what_a_letter_needs_and_nothing_of_persons() -> None:
    of = basis()
    frame = tables.moving_table(of, alternative(of, [0, 0, 0, 1, 1, 1])).frame
    row = frame.loc["u3"]
    assert (row["grunnkrets"], row["fra"], row["til"]) == ("U3", "Vest skole", "Øst skole")
    assert (row["fra_aar"], row["elever"]) == ("2027/28", 6)
    assert (row["veg_for"], row["veg_etter"]) == (3000.0, 2000.0)


def test_few_pupils_are_hidden_and_so_is_what_would_tell_of_them() -> None:
    of = basis([30.0, 20.0, 10.0, 3.0, 14.0, 40.0])
    one = alternative(of, [0, 0, 1, 1, 1, 1])
    moving = tables.moving_table(of, one)
    result = Result(analysis="skolekretser", title="", template="", tables=(moving,))
    frame = suppress(result).table("flytter_a").frame
    assert pd.isna(frame.loc["u3", "elever"])
    # 13 in all and 10 in the other would give it away.
    assert pd.isna(frame.loc["i_alt", "elever"]) or pd.isna(frame.loc["u2", "elever"])
    layer = district_layers(of, [one], [moving], 0)[0]
    drawn = suppress(replace(result, layers=(layer,))).layer("flytter_a").frame
    assert pd.isna(drawn.loc["u3", "elever"])


def test_far_to_walk_and_feeding_are_told_for_each_division() -> None:
    of = basis()
    one = alternative(of, [0, 0, 0, 1, 1, 1])
    walk = tables.walk_table(of, [one], (2000.0, 4000.0)).frame
    # Today 6/7 of a first-grader has 3 km: less than one person is none.
    assert walk["over_1"].fillna(-1).tolist() == [-1, 0]
    assert walk["ikke_naermest"].tolist() == [10, 0]
    feeding = school_tables.feeding_table(of, [one], ground(of).next_school)
    assert feeding is not None
    assert feeding.frame["a"].tolist() == ["Sør", "Nord og Sør"]
    assert area_table(of, [one]).frame.loc["u3"].tolist() == ["U3", "Vest skole", "Øst skole"]


def test_the_sentence_and_the_words_for_a_hearing() -> None:
    of = basis(places=62.0)
    alternatives = [
        alternative(of, [0, 0, 0, 1, 1, 1]),
        alternative(of, [0, 0, 0, 0, 1, 1], "B"),
    ]
    table = tables.trade_off_table(of, alternatives)
    template, facts = statement(ground(of), alternatives, table)
    result = Result(
        analysis="skolekretser", title="", template=template, facts=facts, tables=(table,)
    )
    assert result.sentence == (
        "To alternativer for skolekretser på barnetrinnet fra 2027/28 har plass til alle i to "
        "skoleår; med dagens kretser mangler det 4 plasser i det verste året. I alternativ A bor 6 "
        "elever der skolen blir en annen, og vegen blir 550 m i snitt; i alternativ B er det 0 "
        "elever og 600 m. I dag er vegen 600 m."
    )
    words = " ".join(reading(ground(of), alternatives, 0.012))
    for said in ("Hva det gjelder", "Hvem det gjelder", "Hvorfor", "ikke vurdert", "1,2 % bedre"):
        assert said in words


def test_what_can_not_be_is_told_with_the_places_that_lack() -> None:
    of = basis(places=50.0)
    told = explain(of.problem, time_limit_s=5)
    template, facts, findings = impossible(ground(of), told)
    assert facts["mangler"].value == 20.0
    assert "Det finnes ingen inndeling" in template
    assert "hjelper ingen kretsgrense" in template
    assert findings
    # 120 pupils and 100 places: what lacks in the best division is no less.
    (table,) = school_tables.lacking_table(of, told.missing)
    assert table.frame["2027/28"].sum() >= 20


def test_two_runs_are_told_side_by_side() -> None:
    of = basis(places=62.0)
    alternatives = [alternative(of, [0, 0, 0, 1, 1, 1])]
    table = tables.trade_off_table(of, alternatives)
    template, facts = statement(ground(of), alternatives, table)
    base = Result(
        analysis="skolekretser", title="", template=template, facts=facts, tables=(table,)
    )
    told, some, _ = impossible(ground(basis(places=50.0)), explain(basis(places=50.0).problem))
    scenario = Result(analysis="skolekretser", title="", template=told, facts=some)
    difference = compare(base, scenario, replace(base, tables=(table,)))
    sentence = suppress(difference).sentence
    assert sentence == f"Uten scenarioet: {base.sentence} Med scenarioet: {scenario.sentence}"
    # What two divisions that have nothing to do with each other differ by is not told.
    assert not difference.tables


NAMES = pd.Series({"S1": "Vest skole", "S2": "Øst skole"})
UNITS = pd.Series({"101": "Myra", "102": "Haugen", "103": "Haugen"})


def test_units_and_schools_are_found_by_id_and_by_name() -> None:
    assert fixed_units(["101=øst skole", "haugen=S1"], UNITS.drop("103"), NAMES, []) == {
        "101": "S2",
        "102": "S1",
    }
    assert closed_schools(["Vest skole"], NAMES) == ["S1"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (["Mira=S1"], "enheten «Mira» finnes ikke. Mente du «Myra»?"),
        (["Myra=Vestskole"], "skolen «Vestskole» finnes ikke. Mente du «Vest skole»"),
        (["Myra"], "er ikke på formen ENHET=SKOLE"),
        (["Haugen=S1"], "er flere: bruk en av 102, 103"),
        (["Myra=S1", "101=S2"], "er gitt både til Vest skole og Øst skole"),
        (["Myra=S2"], "Øst skole er lagt ned"),
    ],
)
def test_a_wrong_choice_is_told_with_what_was_meant(wanted: list[str], said: str) -> None:
    with pytest.raises(ParameterError, match="--fast") as caught:
        fixed_units(wanted, UNITS, NAMES, ["S2"] if wanted == ["Myra=S2"] else [])
    assert said in str(caught.value)


def test_all_schools_can_not_be_closed_and_a_year_must_be_in_the_forecast() -> None:
    with pytest.raises(ParameterError, match="Alle skolene"):
        closed_schools(["S1", "S2"], NAMES)
    known = np.arange(2026, 2037)

    def asked(**values: Any) -> list[int]:
        years = school_years(known, load_parameters("skolekretser", values))
        return [int(year) for year in years]

    assert asked(kretser_aar=3) == [2027, 2028, 2029]
    # The pupils of the autumn of 2035 are read from 1 January 2036, the last that is known.
    assert asked(kretser_fra=2034, kretser_aar=10) == [2034, 2035]
    with pytest.raises(ParameterError, match="2036/37"):
        asked(kretser_fra=2036)


def test_alternatives_go_from_short_ways_to_few_moves() -> None:
    for count in range(1, 6):
        factors = [aim.factor for aim in aims_of(count)]
        assert len(factors) == count
        assert factors == sorted(factors)


@pytest.fixture(scope="module")
def example(demo_folder: Path) -> Result:
    package = DataPackage.open(demo_folder / "datapakke")
    return run("skolekretser", package, overrides={"krets_tidsgrense_s": 30})


@pytest.mark.slow
def test_the_example_is_divided_and_every_rule_is_kept(example: Result) -> None:
    told = [one for one in example.findings if one.rule == "kretser.kontroll"]
    assert told
    assert all("er kontrollert" in one.title for one in told)
    assert not example.unpublishable
    # Every unit has one school in every alternative, and the same pupils go to school.
    areas = example.table("omraader").frame
    letters = [name for name in areas.columns if len(name) == 1]
    assert areas[letters].notna().all().all()
    years = example.table("skoler_aar").frame
    totals = years[years.index.str.startswith("i_alt")]
    for key in letters:
        assert totals[f"elever_{key}"].tolist() == totals["elever_i_dag"].tolist()
    # No grunnkrets is in two units.
    members = " + ".join(areas["navn"]).split(" + ")
    assert len(members) == len(set(members))
    # No school has more pupils than places, to the nearest pupil.
    schools = years.drop(totals.index)
    for key in letters:
        assert (schools[f"elever_{key}"] <= schools["plasser"] + 1).all()


@pytest.mark.slow
def test_few_moves_means_fewer_moves_and_no_shorter_ways(example: Result) -> None:
    frame = example.table("alternativer").frame.drop(index="i_dag")
    assert frame["flytter"].is_monotonic_decreasing
    assert frame["veg"].is_monotonic_increasing
    assert (example.table("sikkerhet").frame["avvik"] <= 5.0).all()


@pytest.mark.slow
def test_no_unit_of_the_example_is_told_of_with_few_pupils(example: Result) -> None:
    safe = suppress(example)
    for table in safe.tables:
        for name, column in table.columns.items():
            if column.persons:
                counts = pd.to_numeric(table.frame[name]).dropna()
                assert not ((counts > 0) & (counts < 5)).any(), (table.name, name)


def test_the_analysis_knows_its_layers() -> None:
    analysis = find("skolekretser")
    assert analysis.absent({"skole", "skolekrets", "adresse", "befolkning"}) == ("veg",)
