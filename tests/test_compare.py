"""Comparison of two runs: rows, features, facts, parameters and sources."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.charts import FlowChart
from askergeo.compare import moved_facts
from askergeo.errors import ParameterError
from askergeo.privacy import suppress, suppress_all
from askergeo.result import (
    Column,
    ColumnSum,
    Fact,
    Finding,
    MapLayer,
    Provenance,
    Result,
    RowSum,
    Severity,
    SourceRecord,
    Status,
    Table,
)

COLUMNS = {
    "navn": Column(title="Krets"),
    "bosatte": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
    "andel": Column(title="Andel", unit="%", decimals=1, derived_from=("bosatte",)),
}


def run(
    rows: dict[str, tuple[str, float, float]],
    *,
    geometry=None,
    parameter=100.0,
    sha="aa",
    scenario="",
    facts=None,
) -> Result:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    shapes = geometry or [shapely.Point(number, 0) for number in range(len(frame))]
    layer = MapLayer(
        name="kart",
        title="Kretser",
        frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=25832),
        columns=COLUMNS,
        rows_of="kretser",
    )
    total = frame["bosatte"].sum()
    frame = pd.concat(
        [
            frame,
            pd.DataFrame({"navn": ["I alt"], "bosatte": [total], "andel": [100.0]}, index=["alle"]),
        ]
    )
    table = Table(
        name="kretser",
        title="Kretser",
        frame=frame,
        columns=COLUMNS,
        row_sums=(RowSum("alle", tuple(rows)),),
    )
    source = SourceRecord(
        layer="adresse",
        title="Adresser",
        origin="a.gpkg",
        date="",
        sha256=sha,
        rows=1,
        licence="",
        attribution="",
    )
    return Result(
        analysis="bosatte",
        title="Bosatte",
        template="{alle} bor her.",
        facts=facts
        if facts is not None
        else {
            "alle": Fact(
                title="Bosatte",
                value=float(total),
                unit="personer",
                persons=True,
                cell=("kretser", "alle", "bosatte"),
            )
        },
        tables=(table,),
        layers=(layer,),
        parameters=(
            {
                "navn": "belte",
                "tittel": "Belte",
                "verdi": parameter,
                "enhet": "m",
                "kilde": "lov",
                "sikkerhet": "kjent",
                "endret": False,
            },
        ),
        provenance=Provenance(
            version="1",
            command="c",
            created="2026-01-01T00:00:00+00:00",
            municipality="3203",
            crs="EPSG:25832",
            package="p",
            sources=(source,),
            scenario=scenario,
        ),
    )


BASE = {"a": ("Nord", 100.0, 50.0), "b": ("Sør", 60.0, 30.0), "c": ("Øst", 40.0, 20.0)}
OTHER = {"a": ("Nord", 160.0, 60.0), "b": ("Sør", 60.0, 25.0), "d": ("Vest", 80.0, 15.0)}


def test_numbers_stand_as_base_scenario_and_difference() -> None:
    got = run(BASE).compare(run(OTHER)).table("kretser")
    assert list(got.frame.columns) == [
        "navn",
        "bosatte",
        "bosatte_scenario",
        "bosatte_endring",
        "andel",
        "andel_scenario",
        "andel_endring",
        "endring",
    ]
    assert got.frame.loc["a", ["bosatte", "bosatte_scenario", "bosatte_endring"]].tolist() == [
        100,
        160,
        60,
    ]
    assert got.columns["bosatte_scenario"].header == "Bosatte, med scenario (personer)"
    assert got.columns["andel_endring"].unit == "prosentpoeng"
    assert ColumnSum("bosatte_scenario", ("bosatte", "bosatte_endring")) in got.column_sums


def test_a_row_that_only_one_run_has_is_unknown_in_the_other_not_zero() -> None:
    got = run(BASE).compare(run(OTHER)).table("kretser").frame
    assert np.isnan(got.loc["d", "bosatte"]), got.loc["d"]
    assert np.isnan(got.loc["c", "bosatte_endring"])
    assert got["endring"].to_dict() == {"a": "", "b": "", "c": "fjernet", "alle": "", "d": "ny"}
    assert got.loc["d", "navn"] == "Vest"


def test_sums_hold_rows_of_both_runs() -> None:
    got = run(BASE).compare(run(OTHER)).table("kretser")
    assert got.row_sums == (RowSum("alle", ("a", "b", "c", "d")),)


def test_features_are_new_removed_changed_or_left_out() -> None:
    moved = [shapely.Point(0, 0), shapely.Point(1, 0), shapely.Point(9, 9)]
    other = {"a": BASE["a"], "b": ("Sør", 60.0, 31.0), "d": OTHER["d"]}
    got = run(BASE).compare(run(other, geometry=moved)).layer("kart")
    assert got.frame["endring"].to_dict() == {"b": "endret", "c": "fjernet", "d": "ny"}
    assert got.frame.geometry["d"].equals(shapely.Point(9, 9))
    assert got.frame.geometry["c"].equals(shapely.Point(2, 0))
    assert got.frame.crs == run(BASE).layer("kart").frame.crs
    assert "1 objekt er likt" in got.note


def test_a_moved_feature_is_changed_and_a_rotated_ring_is_not() -> None:
    box = shapely.box(0, 0, 10, 10)
    turned = shapely.Polygon([(10, 10), (10, 0), (0, 0), (0, 10)])
    rows = {"a": BASE["a"], "b": BASE["b"]}
    got = run(rows, geometry=[box, box]).compare(
        run(rows, geometry=[turned, shapely.box(0, 0, 10, 10.01)])
    )
    assert got.layer("kart").frame["endring"].to_dict() == {"b": "endret"}


def test_the_sentence_names_the_largest_changes() -> None:
    got = run(BASE).compare(run(OTHER, scenario="Nye boliger {x}"))
    assert got.sentence == "Med Nye boliger {x} går bosatte fra 200 til 300 personer."


def test_the_sentence_says_when_nothing_changes() -> None:
    assert run(BASE).compare(run(BASE)).sentence == "Med scenarioet er alle nøkkeltallene som før."


def test_unlike_parameters_are_a_warning_and_unlike_sources_are_told() -> None:
    got = run(BASE).compare(run(OTHER, parameter=50.0, sha="bb"))
    assert [(f.rule, f.severity) for f in got.findings] == [
        ("parameter_ulik", Severity.WARNING),
        ("kilde_ulik", Severity.INFO),
    ]
    assert "er 100 uten og 50 med scenario" in got.warnings[0]
    assert "«Adresser»" in got.findings[1].text


def test_what_must_be_looked_at_with_the_scenario_only_is_kept() -> None:
    old, new = (
        Finding(
            rule="r", title="Feil", status=Status.HIT_YELLOW, severity=Severity.WARNING, text=text
        )
        for text in ("Før og etter.", "Lenken er ikke regnet.")
    )
    told = replace(new, severity=Severity.INFO, text="Til orientering.")
    base = replace(run(BASE), findings=(old,))
    got = base.compare(replace(run(BASE), findings=(old, new, told)))
    assert [(f.title, f.text) for f in got.findings] == [
        ("Feil (med scenario)", "Lenken er ikke regnet.")
    ]


def test_a_table_that_one_run_lacks_is_named() -> None:
    got = run(BASE).compare(replace(run(OTHER), tables=()))
    assert [f.rule for f in got.findings] == ["ikke_sammenlignet"]


def test_different_analyses_are_refused() -> None:
    with pytest.raises(ParameterError, match="kan ikke sammenlignes"):
        run(BASE).compare(replace(run(BASE), analysis="annen"))


def test_suppression_closes_over_base_scenario_and_difference() -> None:
    small = {"a": ("Nord", 3.0, 50.0), "b": ("Sør", 60.0, 30.0), "c": ("Øst", 40.0, 20.0)}
    grown = {"a": ("Nord", 103.0, 50.0), "b": ("Sør", 60.0, 30.0), "c": ("Øst", 40.0, 20.0)}
    got = suppress(run(small).compare(run(grown)))
    hidden = got.table("kretser").hidden
    assert ("a", "bosatte") in hidden
    # Scenario and difference both shown would give the base: one of them is gone.
    assert {("a", "bosatte_scenario"), ("a", "bosatte_endring")} & hidden
    assert {("a", "andel"), ("a", "andel_endring")} <= hidden
    layer = got.layer("kart")
    assert {cell for cell in hidden if cell[0] == "a"} <= {*layer.hidden, ("a", "endring")}


def test_facts_without_a_cell_close_too() -> None:
    def fact(value: float) -> dict[str, Fact]:
        return {"barn": Fact(title="Barn", value=value, persons=True)}

    got = suppress(run(BASE, facts=fact(3)).compare(run(OTHER, facts=fact(103))))
    assert got.facts["barn"].hidden
    assert got.facts["barn_scenario"].hidden or got.facts["barn_endring"].hidden


def test_base_and_comparison_in_one_report_hide_the_same() -> None:
    small = {"a": ("Nord", 3.0, 50.0), "b": ("Sør", 60.0, 30.0), "c": ("Øst", 40.0, 20.0)}
    grown = {"a": ("Nord", 50.0, 50.0), "b": ("Sør", 61.0, 30.0), "c": ("Øst", 40.0, 20.0)}
    base, other = run(small), run(grown)
    one, two, both = suppress_all([base, other, base.compare(other)])
    for part, suffix in ((one, ""), (two, "_scenario")):
        for label, column in part.table("kretser").hidden:
            assert (label, column + suffix) in both.table("kretser").hidden
    compared = {c for c in both.table("kretser").hidden if c[1] == "bosatte"}
    assert compared == {c for c in one.table("kretser").hidden if c[1] == "bosatte"}


def test_only_the_facts_that_the_scenario_changes_are_for_the_reader() -> None:
    def facts(people: float, county: str) -> dict[str, Fact]:
        return {
            "alle": Fact(title="Bosatte", value=people, unit="personer"),
            "siste_aar": Fact(title="Siste år", value=2025),
            "land": Fact(title="Land", value="Norge"),
            "fylke": Fact(title="Fylke", value=county),
        }

    one = run(BASE, facts=facts(200, "Buskerud"))
    got = one.compare(run(OTHER, facts=facts(300, "Akershus")))
    assert list(moved_facts(got)) == [
        "alle",
        "alle_scenario",
        "alle_endring",
        "fylke",
        "fylke_scenario",
    ]
    assert {"siste_aar", "siste_aar_endring", "land"} <= set(got.facts)
    assert moved_facts(one) == dict(one.facts)


def test_a_fact_that_is_only_part_of_the_sentence_is_no_key_figure() -> None:
    year = Fact(title="Til år", value=2025, listed=False)
    one = run(BASE, facts={"alle": Fact(title="Bosatte", value=2), "til": year})
    other = run(OTHER, facts={"alle": Fact(title="Bosatte", value=3), "til": year})
    assert list(moved_facts(one)) == ["alle"]
    moved = replace(other, facts=other.facts | {"til": replace(year, value=2026)})
    assert list(moved_facts(one.compare(moved))) == ["alle", "alle_scenario", "alle_endring"]


def test_years_and_codes_are_not_subtracted() -> None:
    columns = {
        "aar": Column(title="Tatt i bruk", decimals=0),
        "hus": Column(title="Hus", decimals=1),
    }

    def bygg(year: int) -> Result:
        frame = pd.DataFrame({"aar": [year], "hus": [float(year)]}, index=["a"])
        return Result(
            analysis="x",
            title="X",
            template="",
            facts={},
            tables=(Table(name="t", title="T", frame=frame, columns=columns),),
        )

    frame = bygg(1990).compare(bygg(2025)).tables[0].frame
    assert list(frame) == ["aar", "aar_scenario", "hus", "hus_scenario", "hus_endring"]
    assert frame.loc["a", ["aar", "aar_scenario"]].tolist() == [1990, 2025]


def test_a_percentage_keeps_its_sign_beside_it() -> None:
    def share(value: float) -> dict[str, Fact]:
        return {"andel": Fact(title="Andel", value=value, unit="%", decimals=1)}

    got = run(BASE, facts=share(20)).compare(run(OTHER, facts=share(25)))
    assert "25,0\u00a0%" in got.sentence


def test_a_difference_has_no_diagram_and_may_be_published_only_when_both_may():
    rows = {"a": ("Nord", 100, 50.0)}
    chart = FlowChart(
        name="flyt", title="Flyt", table="kretser", source="navn", target="navn", value="bosatte"
    )
    base = replace(run(rows), charts=(chart,), unpublishable=("Basen går ikke opp.",))
    other = replace(run(rows, scenario="ny"), charts=(chart,))
    assert base.compare(other).charts == ()
    assert base.compare(other).unpublishable == ("Basen går ikke opp.",)
    assert other.compare(base).unpublishable == ("Basen går ikke opp.",)
    assert base.compare(base).unpublishable == ("Basen går ikke opp.",)
    assert other.compare(other).unpublishable == ()
