"""The analyses find in the example what its key says was put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from askergeo.analyses import find
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from askergeo.example import Example
    from askergeo.result import Result


def run(example: Example, analysis_id: str) -> Result:
    analysis = find(analysis_id)
    layers = {
        layer: example.frames[layer]
        for layer in (*analysis.needs, *analysis.uses)
        if layer in example.frames
    }
    return analysis.load()(**layers, parameters=load_parameters(analysis.parameters))


@pytest.fixture(scope="module")
def shore(example: Example) -> Result:
    return run(example, "strandsone")


@pytest.fixture(scope="module")
def settlements(example: Example) -> Result:
    return run(example, "tettsted_avgrens")


def test_shoreline_limit_and_new_buildings(example: Example, shore: Result) -> None:
    total = shore.table("belte").frame.loc["i_alt"]
    assert total["kyst_km"] * 1000 == pytest.approx(example.key["kystlinje_m"], abs=0.5)
    assert total["unntatt_dekar"] * 1000 == pytest.approx(example.key["byggegrense_m2"], abs=1)
    built, key = shore.table("bygninger").frame, example.key["strandsone"]
    assert list(built.index[:4]) == [str(key["aar_fra"] + n) for n in range(4)]
    assert built.loc["vindu", "alle"] == key["nye_bygg_senterpunkt"]
    assert built.loc["vindu", "fritidsbolig"] == key["nye_fritidsbygg_senterpunkt"]
    assert not shore.findings


def test_land_masses_are_mainland_or_islands(example: Example, shore: Result) -> None:
    # Two of the key's islands are cut by the municipal boundary: they count as mainland here.
    outline = example.frames["kommunegrense"].set_index("omfang").geometry
    parts = shapely.get_parts(outline["land"])
    cut = shapely.intersects(parts, outline["med_sjo"].boundary).sum() - 1
    assert len(shore.table("oyer").frame) - 1 + cut == example.key["oyer"]


def test_residents_and_land_of_the_settlements(example: Example, settlements: Result) -> None:
    table = settlements.table("tettsteder").frame
    assert table.loc["kommune", "bosatte"] == example.key["innbyggere"]
    assert table.loc["kommune", "boliger"] == example.key["boliger"]
    assert table.loc["kommune", "areal_km2"] * 1e6 == pytest.approx(
        example.key["landareal_m2"], abs=1
    )
    assert table.loc[table.index.str.isdigit(), "bosatte"].min() >= 200


def test_grid_cells_give_nearly_the_same_settlements(example: Example, settlements: Result) -> None:
    layers = {name: example.frames[name] for name in ("bygning", "kommunegrense", "kystkontur")}
    by_cell = find("tettsted_avgrens").load()(
        **layers,
        befolkning_rute=example.frames["befolkning_rute"],
        parameters=load_parameters("tettsted_avgrens"),
    )
    table = by_cell.table("tettsteder").frame
    cells = pd.to_numeric(example.frames["befolkning_rute"]["bosatte"]).sum()
    assert table.loc["kommune", "bosatte"] + (table["bosatte"].get("utenfor", 0)) == pytest.approx(
        cells
    )
    share = settlements.table("tettsteder").frame.loc["tettsteder", "andel"]
    assert table.loc["tettsteder", "andel"] == pytest.approx(share, abs=10)
