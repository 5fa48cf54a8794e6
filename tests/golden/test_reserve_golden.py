"""Conflicts of the land reserve, and what a proposal does to it, against PostGIS."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from askergeo.analyses._reserve_change import compare_reserves
from askergeo.analyses._reserve_conflicts import find_conflicts

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "postgis_reserve.json").read_text(encoding="utf-8"))
CASE = runpy.run_path(str(HERE / "make_reserve.py"))["case"]()
EXACT = 1e-9


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:25832")


def test_conflicts() -> None:
    nature = ["stor" if red else "middels" for red in CASE["nature_red"]]
    flood = pd.array([20 if red else 1000 for red in CASE["flood_red"]], "Int64")
    layers = {
        "ar5": frame(CASE["farm"], arealtype=pd.array([21] * len(CASE["farm"]), "Int64")),
        "naturtype": frame(CASE["nature"], verdi=nature),
        "flom": frame(CASE["flood"], gjentaksintervall=flood),
        "markagrense": frame(CASE["marka"]),
    }
    found = find_conflicts(frame(CASE["piece"]), layers).areas
    for name in ("dyrket", "naturtype", "flom", "marka", "rød", "alle"):
        assert found[name].sum() == pytest.approx(GOLDEN[name], rel=EXACT), name
    assert found["alle"].tolist() == pytest.approx(GOLDEN["stykker"], rel=EXACT, abs=1e-6)


def test_what_a_proposal_does() -> None:
    group = "01 Bolig eller sentrumsformål"
    now, then = (frame(CASE[name], gruppe=[group] * len(CASE[name])) for name in ("piece", "later"))
    change = compare_reserves(now, then)
    assert change is not None
    assert change.out_dekar * 1e3 == pytest.approx(GOLDEN["tatt ut"], rel=EXACT)
    assert change.new_dekar * 1e3 == pytest.approx(GOLDEN["ny"], rel=EXACT)
    row = change.table.frame.loc["gruppe_01"]
    assert row["gjeldende"] * 1e3 == pytest.approx(GOLDEN["reserve"], rel=EXACT)
    kept = change.flows.frame.set_index(["fra", "til"]).loc[(group, group), "dekar"]
    assert kept * 1e3 == pytest.approx(GOLDEN["beholdt"], rel=EXACT)
