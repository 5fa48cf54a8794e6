"""Pressures as a planner sees them: limits, residents, findings, map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from askergeo.analyses import find
from askergeo.analyses.va_hydraulikk import va_hydraulikk
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Severity
from askergeo.sources.inp import layers_of, read_inp
from askergeo.va.hydraulics import run_epanet

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result


@pytest.fixture(scope="module")
def net3(shared_data: Path) -> dict[str, Any]:
    return dict(layers_of(read_inp(shared_data / "network" / "Net3.inp")))


def _run(frames: dict[str, Any], **values: str) -> Result:
    parameters = load_parameters(find("va_hydraulikk").parameters, values)
    return va_hydraulikk(**frames, parameters=parameters)


@pytest.fixture(scope="module")
def answer(net3: dict[str, Any]) -> Result:
    return _run(_peopled(net3))


def _peopled(net3: dict[str, Any]) -> dict[str, Any]:
    """Put 10 people on node 105, and 7 so far away that no node gives them water."""
    nodes = net3["va_node"].set_index("node_id")
    place = nodes.geometry["105"]
    addresses = gpd.GeoDataFrame(
        {"adresse_id": ["her", "borte"]},
        geometry=gpd.points_from_xy([place.x, place.x + 1e5], [place.y, place.y]),
        crs=net3["va_node"].crs,
    )
    people = pd.DataFrame({"adresse_id": ["her", "borte"], "antall": [10, 7]})
    return {**net3, "adresse": addresses, "befolkning": people}


def test_nodes_are_classed_by_their_worst_hour(answer: Result, shared_data: Path) -> None:
    run = run_epanet(shared_data / "network" / "Net3.inp")
    bar = run.pressure_bar[:, run.junction]
    low, high = bar.min(axis=0), bar.max(axis=0)
    table = answer.table("trykk").frame
    assert table.loc["k1", "noder"] == (low < 1.0).sum()
    assert table.loc["k2", "noder"] == ((low >= 1.0) & (low < 2.5)).sum()
    assert table.loc["k4", "noder"] == ((low >= 2.5) & (high > 6.0)).sum()
    assert table.loc["sum", "noder"] == bar.shape[1]
    assert table.loc[[f"k{n}" for n in range(6)], "noder"].sum() == bar.shape[1]


def test_residents_follow_their_node(answer: Result, shared_data: Path) -> None:
    run = run_epanet(shared_data / "network" / "Net3.inp")
    bar = run.pressures()["105"].to_numpy() * 9.80665 / 100
    assert bar.min() >= 2.5
    assert bar.max() <= 6.0
    table = answer.table("trykk").frame
    assert table.loc["k3", "bosatte"] == 10
    assert table.loc["sum", "bosatte"] == 10


def test_few_residents_are_hidden_wherever_they_are_told(net3: dict[str, Any]) -> None:
    frames = _peopled(net3)
    frames["befolkning"].loc[0, "antall"] = 2
    shown = suppress(_run(frames))
    table = shown.table("trykk")
    assert ("k3", "bosatte") in table.hidden
    assert all(fact.hidden or fact.value != 2 for fact in shown.facts.values() if fact.persons)


def test_each_hour_is_told(answer: Result, shared_data: Path) -> None:
    run = run_epanet(shared_data / "network" / "Net3.inp")
    table = answer.table("timer").frame
    assert len(table) == len(run.seconds) == 25
    lowest = run.pressure_bar[:, run.junction].min(axis=1)
    np.testing.assert_allclose(table["lavest_bar"], lowest)
    demand = run.demand_l_s[:, run.junction].sum(axis=1)
    np.testing.assert_allclose(table["uttak_l_s"], demand)


def test_limits_are_the_users(net3: dict[str, Any], answer: Result) -> None:
    strict = _run(net3, va_hydraulikk_lavest_bar="5.0")
    assert strict.facts["noder"].value > answer.facts["noder"].value
    assert "under 5,0 bar" in strict.sentence


def test_low_pressure_is_a_finding_with_the_law(answer: Result) -> None:
    told = [one for one in answer.findings if one.rule == "va_hydraulikk.lavt_trykk"]
    assert len(told) == 1
    assert "TEK17 § 15-7" in told[0].law


def test_the_cost_table_needs_prices(net3: dict[str, Any], answer: Result) -> None:
    assert "kostnad" not in [table.name for table in answer.tables]
    priced = _run(net3, va_hydraulikk_rorpris="203.2=1000")
    frame = priced.table("kostnad").frame
    assert frame.loc["203.2", "kostnad"] == pytest.approx(1000 * frame.loc["203.2", "meter"])
    assert np.isnan(frame.loc["sum", "kostnad"])


def test_less_is_delivered_when_the_demand_follows_the_pressure(net3: dict[str, Any]) -> None:
    found = _run(net3, va_hydraulikk_trykkavhengig="ja", va_hydraulikk_krever_m="60")
    assert found.table("timer").frame["mangler_l_s"].max() > 0
    assert any("følger trykket" in one for one in found.reading)


def test_nodes_and_pipes_are_on_the_map(answer: Result, net3: dict[str, Any]) -> None:
    assert len(answer.layer("trykk").frame) == 92
    drawn = set(answer.layer("fart").frame["ledning"])
    assert drawn == set(net3["va_ledning"].loc[net3["va_ledning"]["funksjon"].isna(), "ledning_id"])


def test_what_is_outside_the_limits_is_drawn_whatever_the_page_leaves_out(answer: Result) -> None:
    classes = answer.layer("trykk").frame["klasse"]
    good = (classes == answer.table("trykk").frame.loc["k3", "trykk"]).to_numpy()
    assert 0 < good.sum() < len(good)
    assert (np.diff(good.astype(int)) >= 0).all()


def test_a_model_of_sewers_is_run_by_swmm_when_it_is_asked_for(shared_data: Path) -> None:
    """The node that floods, and the pipe that runs full, of SWMM's own report."""
    frames = dict(layers_of(read_inp(shared_data / "network" / "Example1b.inp")))
    (name,) = set(frames["va_modell"]["modell_id"])
    found = _run(frames, va_hydraulikk_modell=str(name))
    assert found.facts["noder"].value == 1
    assert found.table("noder").frame.iloc[0]["node"] == "10"
    assert found.table("noder").frame.iloc[0]["flood_m3"] == pytest.approx(511, abs=4)
    assert found.table("ledninger").frame.iloc[0]["ledning"] == "6"
    assert found.facts["fulle"].value == 1
    drawn = found.layer("fylling").frame.set_index("ledning")["klasse"]
    assert len(drawn) == 13
    assert drawn[drawn == "Går full"].index.tolist() == ["6"]
    assert any("egne koordinater" in one for one in found.warnings)


def test_a_model_that_lies_nowhere_is_told_of(answer: Result, net3: dict[str, Any]) -> None:
    assert any("egne koordinater" in one for one in answer.warnings)
    frames = _peopled(net3)
    for name in ("va_node", "va_ledning", "adresse"):
        frames[name] = frames[name].set_geometry(frames[name].translate(580_000, 6_630_000))
    assert not any("egne koordinater" in one for one in _run(frames).warnings)


def test_a_run_without_hours_does_not_speak_of_the_worst_hour(net3: dict[str, Any]) -> None:
    """A model of one moment: no hour with most demand is in it, and all that is told says so."""
    found = _run(_peopled(net3), va_hydraulikk_timer="0")
    assert "ved forbruket modellen begynner med" in found.sentence
    assert any("Timen med mest forbruk er ikke med" in one for one in found.warnings)
    titles = [
        found.table("trykk").columns["trykk"].title,
        found.layer("trykk").title,
        found.sentence,
        *(one.text for one in found.findings),
    ]
    assert not any("time" in one for one in titles)


def test_a_demand_that_never_varies_is_read_as_the_mean(shared_data: Path) -> None:
    """Hanoi has no patterns: 19 940 m³ an hour, always."""
    found = _run(dict(layers_of(read_inp(shared_data / "network" / "Hanoi.inp"))))
    assert "ved middelforbruk" in found.sentence
    assert any("middelforbruk" in one and "5538,9 l/s" in one for one in found.warnings)


def test_a_day_with_hours_has_a_worst_one(answer: Result) -> None:
    assert "i den verste timen" in answer.sentence
    assert not any("Timen med mest forbruk" in one for one in answer.warnings)


def test_too_high_pressures_are_in_the_sentence_and_a_warning(
    answer: Result, shared_data: Path
) -> None:
    run = run_epanet(shared_data / "network" / "Net3.inp")
    count = int((run.pressure_bar[:, run.junction].max(axis=0) > 6.0).sum())
    assert count
    assert answer.facts["hoye"].value == count
    assert f"{count} har over 6,0 bar" in answer.sentence
    (told,) = (one for one in answer.findings if one.rule == "va_hydraulikk.hoyt_trykk")
    assert told.severity is Severity.WARNING
    assert "reduksjonsventil" in told.action


def test_residents_are_told_in_whole_tens(net3: dict[str, Any]) -> None:
    frames = _peopled(net3)
    frames["befolkning"].loc[0, "antall"] = 13
    assert _run(frames).table("trykk").frame.loc["k3", "bosatte"] == 10


def test_the_fires_that_are_tried_are_not_said_to_be_left_out(
    net3: dict[str, Any], answer: Result
) -> None:
    nodes = net3["va_node"].assign(type=net3["va_node"]["type"].astype(object))
    nodes.loc[nodes["node_id"] == "105", "type"] = "hydrant"
    tried = _run({**net3, "va_node": nodes})
    assert "brannvann" in [table.name for table in tried.tables]
    assert any("en hydrant om gangen" in one for one in tried.reading)
    assert any("Uttak til brann er ikke med." in one for one in answer.reading)
