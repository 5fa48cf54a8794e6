"""The analysis of renewal: what the planner reads, on ten pipes and on bad ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.va_fornyelse import va_fornyelse
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import SourceRecord
from askergeo.run import run as run_on
from tests.va.renewal_cases import ten

if TYPE_CHECKING:
    from pathlib import Path

SETS = "va_fornyelse+va_bortfall+va_nett"


def source(date="2025-12-31"):
    record = SourceRecord(
        layer="va_ledning", title="", origin="", date=date, sha256="", rows=10, licence="",
        attribution="",
    )  # fmt: skip
    return {"va_ledning": record}


def roads():
    return gpd.GeoDataFrame(
        {"vegtype": "bilveg", "vegkategori": ["K", "F"], "navn": ["Storgata", "Elveveien"]},
        geometry=[
            shapely.LineString([(-10, 3), (600, 3)]), shapely.LineString([(690, 3), (1200, 3)]),
        ],
        crs="EPSG:25832",
    )  # fmt: skip


def people():
    """Two homes: 12 live behind the first water pipe, 2 behind the sixth."""
    address = gpd.GeoDataFrame(
        {"adresse_id": ["a", "b"]},
        geometry=[shapely.Point(190, 5), shapely.Point(810, 5)],
        crs="EPSG:25832",
    )
    residents = pd.DataFrame({"adresse_id": ["a", "b"], "antall": [12, 2]})
    works = gpd.GeoDataFrame(
        {
            "anlegg_id": ["V1", "V2", "R1", "R2"],
            "type": ["vannverk", "vannverk", "renseanlegg", "renseanlegg"],
        },
        geometry=[shapely.Point(0, 0), shapely.Point(700, 0), shapely.Point(0, 1.5),
                  shapely.Point(700, 1.5)],
        crs="EPSG:25832",
    )  # fmt: skip
    return {"adresse": address, "befolkning": residents, "va_anlegg": works}


def run(overrides=None, **layers):
    frames = {"va_ledning": ten(), "veg": roads(), **layers}
    return va_fornyelse(
        kilder=source(), parameters=load_parameters(SETS, overrides or {}), **frames
    )


def test_the_sentence_says_backlog_rate_and_plan():
    result = run({"va_fornyelse_budsjett": 4.4})
    state = result.table("nett").frame
    # Water: 100 + 100 of iron, 120 of AC and 100 unknown taken for iron of 570 m.
    assert state.loc["vann", "etterslep_middels"] == pytest.approx(0.42)
    assert state.loc["vann", "etterslep_andel"] == pytest.approx(100 * 420 / 570)
    assert "73,7 % av vannledningene er eldre" in result.sentence.replace("\u00a0", " ")
    assert "med 1,4 % i året tar det 71,4 år" in run().sentence.replace("\u00a0", " ")
    plan = result.table("plan").frame
    assert (plan["kr"].iloc[:-1] <= 4.4).all()
    assert plan.loc["sum", "kr"] == pytest.approx(plan["kr"].iloc[:-1].sum())


@pytest.mark.parametrize("budget", [0, 3, 4.4])
def test_with_a_budget_all_is_said_of_what_it_renews(budget):
    result = run({"va_fornyelse_budsjett": budget, "va_fornyelse_plan_aar": 40})
    said = result.sentence.replace("\u00a0", " ")
    years, rates = result.table("plan").frame, result.table("takter").frame
    words = [one.title + one.text for one in result.findings]
    assert f"budsjettet på {str(budget).replace('.', ',')} mill. kr i året" in said
    assert not any("takten i planen" in one for one in [said, *words])
    for medium, net in (("vann", 0.57), ("avlop", 0.57)):
        own = rates[rates["hva"].str.contains("det budsjettet gir")]
        own = own[own.index.str.startswith(medium)]
        share = 100 * years.loc["sum", medium] / net / 40
        assert own["takt"].tolist() == [pytest.approx(share, abs=0.005)]
        if share:
            assert f"{share:.2f}".rstrip("0").rstrip(".").replace(".", ",") + " % i året" in said
            assert f"det {100 / round(share, 2):.1f} år".replace(".", ",") in said
        else:
            assert "fornyer ingen" in said
    assert (budget == 0) == (years.loc["sum", "prosjekter"] == 0)
    assert "1,4" not in said


def test_projects_have_the_name_of_their_street_and_a_place_on_the_map():
    result = run({"va_fornyelse_budsjett": 100})
    frame = result.table("prosjekter").frame
    assert frame.loc["L0", "gate"] == "Storgata"
    assert sorted(frame["gate"]) == ["Elveveien, del 1", "Elveveien, del 2", "Storgata"]
    layer = result.layer("prosjekter").frame
    assert layer.loc["L5"].geometry.geom_type == "MultiLineString"
    assert len(layer.loc["L5"].geometry.geoms) == 3
    assert result.layer("prosjekter").rows_of == "prosjekter"
    # A pipe under a county road means more.
    plain = run({"va_fornyelse_budsjett": 100, "va_fornyelse_hovedveg": 1}).table("prosjekter")
    ratio = frame["risiko"] / plain.frame["risiko"]
    assert ratio["L5"] == pytest.approx(1.5)
    assert ratio["L0"] == pytest.approx(1.0)


def test_the_first_streets_come_first_with_their_reasons():
    result = run({"va_fornyelse_budsjett": 4.4}, **people())
    first, whole = result.tables[0], result.table("prosjekter").frame
    assert first.name == "forst"
    assert first.frame.index.tolist() == whole.index[whole["aar"] != "etter planen"].tolist()[:10]
    for column in ("aar", "gate", "groft_m", "kr"):
        assert first.frame[column].tolist() == whole.loc[first.frame.index, column].tolist()
    # Two of the three pipes in the trench by Elveveien, of the same length.
    assert "67 % eldre enn forventet levetid" in first.frame.loc["L5", "hvorfor"]
    assert f"Først: {first.frame['gate'].iloc[0]} (2026)" in result.sentence
    # Few are hidden in both.
    told = suppress(result)
    assert ("L5", "personer") in told.table("forst").hidden
    assert run({"va_fornyelse_budsjett": 0}).tables[0].name == "plan"


def test_the_tables_that_stand_open_are_not_cut():
    result = run({"va_fornyelse_budsjett": 4.4})
    for name in ("forst", "nett", "behov", "tempo"):
        assert len(result.table(name).columns) <= 8


def test_who_lose_water_raise_the_risk_and_few_are_hidden():
    result = run({"va_fornyelse_budsjett": 100}, **people())
    frame = result.table("prosjekter").frame
    # Whole tens: 12 live behind the first, 2 behind the sixth.
    assert frame.loc["L0", "personer"] == 10
    assert pd.isna(frame.loc["L5", "personer"])
    without = run({"va_fornyelse_budsjett": 100}).table("prosjekter").frame
    assert frame.loc["L0", "risiko"] > without.loc["L0", "risiko"]
    told = suppress(result)
    hidden = told.table("prosjekter").hidden
    assert {("L5", "personer"), ("L5", "risiko")} <= hidden
    assert ("L0", "personer") not in hidden
    assert pd.isna(told.layer("prosjekter").frame.loc["L5", "personer"])


def test_the_risk_tells_residents_in_whole_tens_only():
    layers = people()
    told = []
    for count in (11, 12, 14):
        layers["befolkning"] = pd.DataFrame({"adresse_id": ["a", "b"], "antall": [count, 2]})
        frame = run({"va_fornyelse_budsjett": 100}, **layers).table("prosjekter").frame
        told.append(frame[["personer", "risiko"]])
    pd.testing.assert_frame_equal(told[0], told[1])
    pd.testing.assert_frame_equal(told[0], told[2])


def test_without_addresses_the_reader_is_told_what_the_consequence_is():
    result = run()
    assert any("Hvem som mister vann og avløp, er ukjent" in one for one in result.warnings)
    assert any("Ingen hendelser" in one for one in result.warnings)
    assert result.table("prosjekter").frame["personer"].isna().all()


def test_the_share_renewed_is_the_mean_of_three_years():
    year = pd.array([2025, None, 2024, 2023, *[None] * 6], dtype="Int64")
    result = run(va_ledning=ten(fornyet_aar=year, metode=["grøft"] * 10))
    state = result.table("tempo").frame
    assert state.loc["vann", "faktisk"] == pytest.approx(100 * 250 / 3 / 570)
    assert state.loc["avlop", "faktisk"] == pytest.approx(100 * 200 / 3 / 570)
    assert result.table("fornyet").frame.loc["snitt", "vann"] == pytest.approx(0.25 / 3)


def test_each_rate_has_its_years_and_higher_rates_leave_less_behind():
    frame = run().table("takter").frame
    water = frame[frame["nett"] == "Vann"]
    assert water["takt"].tolist() == pytest.approx([0.5, 0.8, 1.4, 1.6])
    assert water["aar"].round().tolist() == [200, 125, 71, 62]
    for column in ("alder", "etterslep_middels", "hendelser_middels"):
        assert (np.diff(water[column]) <= 1e-9).all()
    assert (water["etterslep_kort"] >= water["etterslep_lang"]).all()
    own = run({"va_fornyelse_takt_vann": 2}).table("takter").frame
    assert own.loc["vann_2", "hva"] == "i planen"


def test_every_metre_of_the_layer_is_accounted_for():
    pipes = ten(eier=["privat"] + ["kommunal"] * 9)
    result = run(va_ledning=pipes)
    frame = result.table("grunnlag").frame
    assert frame.loc["Kommunale ledninger i bruk", "alle"] == pytest.approx(1.16)
    assert frame.loc["Ikke med: private og andres ledninger", "alle"] == pytest.approx(0.1)
    kinds = result.table("materiale").frame
    assert kinds.loc["sum", "alle"] == pytest.approx(1.16)
    assert kinds.loc["sum", "ukjent"] == pytest.approx(0.1)


def test_a_project_that_costs_more_than_a_year_is_named():
    result = run({"va_fornyelse_budsjett": 4.0})
    found = {one.rule: one for one in result.findings}
    assert found["va_fornyelse.over_budsjett"].row == "L0"
    carried = run({"va_fornyelse_budsjett": 4.0, "va_fornyelse_overfor": "ja"})
    assert "va_fornyelse.over_budsjett" not in {one.rule for one in carried.findings}


def test_a_plan_that_does_not_reach_its_rate_says_so():
    # The pipes that are old enough end before the rate does.
    result = run({"va_fornyelse_takt_vann": 5, "va_fornyelse_takt_avlop": 5})
    found = [one for one in result.findings if one.rule == "va_fornyelse.under_takten"]
    assert [one.title for one in found] == [
        "Vann: planen når ikke takten", "Spillvann og felles: planen når ikke takten"
    ]  # fmt: skip
    years = result.table("plan").frame
    share = 100 * years.loc["sum", "vann"] / (0.57 * 0.05 * (len(years) - 1))
    assert f"{share:.0f} % av det takten gir" in found[0].text.replace("\xa0", " ")


def test_two_runs_are_compared_project_by_project():
    base = run({"va_fornyelse_budsjett": 100})
    renewed = ten(fornyet_aar=pd.array([None] * 5 + [2024] + [None] * 4, dtype="Int64"))
    other = run({"va_fornyelse_budsjett": 100}, va_ledning=renewed)
    change = base.compare(other)
    state = change.table("nett").frame
    assert state.loc["vann", "etterslep_middels_endring"] == pytest.approx(-0.12)


def test_without_a_year_the_planner_is_asked_for_it():
    frames = {"va_ledning": ten(), "parameters": load_parameters(SETS)}
    with pytest.raises(LayerError, match="hvilket år") as fault:
        va_fornyelse(**frames)
    assert "data legg-til" in fault.value.remedy
    assert "--dato" in fault.value.remedy
    given = load_parameters(SETS, {"va_fornyelse_aar": 2025})
    assert va_fornyelse(va_ledning=ten(), parameters=given).table("nett").frame is not None


@pytest.mark.slow
def test_the_example_agrees_with_its_key(demo_folder: Path) -> None:
    folder = demo_folder / "datapakke"
    key = json.loads((folder / "nokkel.json").read_text(encoding="utf-8"))["va"]
    package = DataPackage.open(folder)
    found = run_on("va_fornyelse", package)
    nets, pace, renewed = (found.table(one).frame for one in ("nett", "tempo", "fornyet"))
    pipes = package.read("va_ledning")
    for name, kinds in (("vann", ["vann"]), ("avlop", ["spillvann", "avlop_felles"])):
        told = key["fornyelse"][name]
        # Pumps and valves that are drawn as pipes are not renewed as such.
        links = pipes["type"].isin(kinds) & pipes["funksjon"].isin(["pumpe", "ventil"])
        aside = float(pipes.geometry.length[links.fillna(value=False)].sum())
        assert abs(1000 * nets.loc[name, "km"] - told["kommunale_meter"]) <= aside + 1.0
        for year, metres in told["fornyet_meter"].items():
            assert 1000 * renewed.loc[year, name] == pytest.approx(metres, abs=0.5)
        assert pace.loc[name, "faktisk"] == pytest.approx(
            100 * told["andel_snitt_tre_aar"], rel=2e-3
        )
    # Every break that is drawn is counted, but for those on pipes that are not in the plan.
    events = found.table("hendelser").frame
    water = key["brudd"]["antall"]["vann/brudd"] + key["brudd"]["antall"]["vann/lekkasje"]
    assert 0.9 * water <= events.loc[events["nett"] == "Vann", "sett"].sum() <= water
    # More breaks are expected of materials that the example was drawn with more of.
    rate = events[events["nett"] == "Vann"].set_index("materiale")["neste"]
    drawn = key["brudd"]["brudd_per_km_og_aar"]
    assert drawn["SJG"]["per_ti_aar"] > drawn["PE"]["per_ti_aar"]
    gray = [value for title, value in rate.items() if "Grått" in str(title)]
    plastic = [value for title, value in rate.items() if str(title).startswith("PE")]
    assert min(gray) > max(plastic)


@pytest.mark.slow
def test_the_plan_of_the_example_holds_its_budget_and_its_rates(demo_folder: Path) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    held = run_on("va_fornyelse", package, overrides={"va_fornyelse_budsjett": 20.0})
    years = held.table("plan").frame.drop(index="sum")
    assert years["kr"].max() <= 20.0
    assert years["kr"].sum() > 0.8 * 20.0 * len(years)
    rates = run_on("va_fornyelse", package)
    plan, nets = rates.table("plan").frame.drop(index="sum"), rates.table("nett").frame
    for name, rate in (("vann", 0.014), ("avlop", 0.016)):
        given = rate * nets.loc[name, "km"] * np.arange(1, len(plan) + 1)
        assert (plan[name].to_numpy().cumsum() <= given + 1e-9).all()
