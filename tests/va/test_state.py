"""What the map of pipes knows of each pipe, on pipes that are counted by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.va.state import lacking, pipe_state

WORDS = load_parameters("va_nett")


def pipes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "ledning_id": ["a", "b", "c", "d"],
            "type": ["vann", "vann", "spillvann", "rør"],
            "materiale": ["PVC", "ukjent", None, " "],
            "dimensjon_mm": [150, 0, 200, None],
            "anleggsaar": [1970, 2099, 0, 2026],
            "eier": ["kommunal", "privat", "kommunal", None],
            "status": ["i drift", None, "ute_av drift", "planlagt"],
            "funksjon": ["hovedledning", "stikkledning", "pumpeledning", "pumpe"],
        },
        geometry=[shapely.LineString([(0, at), (100 * (at + 1), at)]) for at in range(4)],
        crs="EPSG:25832",
    )


def test_what_cannot_be_is_lacking() -> None:
    state = pipe_state(pipes(), WORDS, 2026)
    assert state.known["materiale"].tolist() == [True, False, False, False]
    assert state.known["dimensjon"].tolist() == [True, False, True, False]
    assert state.known["anleggsaar"].tolist() == [True, False, False, True]
    assert {title: int(mine.sum()) for title, mine in state.impossible.items()} == {
        "Anleggsår som ikke kan stemme": 2,
        "Dimensjon som ikke kan stemme": 1,
        "Lengde 0": 0,
    }
    assert state.frame["i_bruk"].tolist() == [True, True, False, False]


def test_shares_are_by_length_and_by_count() -> None:
    row = lacking(pipe_state(pipes(), WORDS, 2026), ["type"]).loc["vann"]
    assert (row["ledninger"], row["meter"]) == (2, 300)
    assert (row["materiale_mangler"], row["materiale_mangler_m"]) == (1, 200)
    assert row["materiale_spurt_m"] == 300
    assert row["bunnhoyder_spurt"] == 0


def test_a_pump_is_not_asked_for_its_material_nor_a_rising_main_for_its_fall() -> None:
    state = pipe_state(pipes(), WORDS, 2026)
    assert state.asked["materiale"].tolist() == [True, True, True, False]
    assert not state.asked["bunnhoyder"].any()
    assert state.asked["noder"].all()


def test_every_column_may_be_missing() -> None:
    state = pipe_state(pipes()[["ledning_id", "type", "geometry"]], WORDS)
    every = lacking(state, []).iloc[0]
    assert every["materiale_mangler_m"] == every["materiale_spurt_m"] == 1000
    assert every["eier_mangler"] == 4
    assert np.isnan(state.frame["dimensjon_mm"]).all()


def test_measured_length_goes_before_the_line() -> None:
    state = pipe_state(pipes().assign(lengde_m=[120.0, None, 0.0, 5.0]), WORDS)
    assert state.frame["lengde_m"].tolist() == pytest.approx([120, 200, 300, 5])
