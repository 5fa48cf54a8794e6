"""Models made from the map of pipes: what EPANET answers, by hand, and what is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import find
from askergeo.errors import LayerError, OverwriteError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.va._hydraulic_names import valid_names
from askergeo.va._hydraulic_net import shared_out
from askergeo.va.hydraulics import EpanetModel, run_epanet
from askergeo.va.model_export import placed_model, write_model

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.va.model_export import PlacedModel

CRS = "EPSG:25832"


def _frames(**change: object) -> dict[str, Any]:
    """A source k, and pipes k–a–b and a–v–c; v is a valve."""
    nodes = gpd.GeoDataFrame(
        {
            "node_id": ["k", "a", "b", "v", "c"],
            "type": ["kilde", "kum", "hydrant", "ventil", "kum"],
            "hoyde": [80.0, 20.0, 30.0, 25.0, 10.0],
            "behov_l_s": [np.nan, 2.0, 1.0, 0.0, 0.5],
            "status": [None, None, None, change.get("ventil"), None],
            "trykksone": ["S"] * 5,
        },
        geometry=gpd.points_from_xy([0, 100, 300, 100, 100], [0, 0, 0, 100, 200]),
        crs=CRS,
    )
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": ["p1", "p2", "p3", "p4"],
            "type": ["vann"] * 4,
            "dimensjon_mm": [150.0, 100.0, 100.0, 100.0],
            "materiale": ["PVC"] * 4,
            "anleggsaar": [1990] * 4,
            "funksjon": ["fordelingsledning"] * 4,
            "status": ["i drift"] * 4,
        },
        geometry=[shapely.LineString(one) for one in (
            [(0, 0), (100, 0)], [(100, 0), (300, 0)], [(100, 0), (100, 100)],
            [(100, 100), (100, 200)],
        )],
        crs=CRS,
    )  # fmt: skip
    return {"va_ledning": pipes, "va_node": nodes}


def _parameters(**values: str) -> Any:
    return load_parameters(
        find("va_hydraulikk").parameters,
        {"va_hydraulikk_dogn": ",".join(["1"] * 24), **values},
    )


def _made(frames: dict[str, Any], **values: str) -> PlacedModel:
    return placed_model(frames, None, _parameters(**values))


def _loss(flow_l_s: float, metres: float, mm: float, c: float) -> float:
    return 10.667 * (flow_l_s / 1000) ** 1.852 * c**-1.852 * (mm / 1000) ** -4.871 * metres


def test_pressures_are_those_of_the_handbook() -> None:
    run = run_epanet(_made(_frames()).model)
    assert len(run.seconds) == 24
    pressure = run.pressures().iloc[0]
    a = 80 - _loss(3.5, 100, 150, 145)
    assert pressure["a"] == pytest.approx(a - 20, abs=5e-3)
    assert pressure["b"] == pytest.approx(a - _loss(1, 200, 100, 145) - 30, abs=5e-3)
    assert pressure["c"] == pytest.approx(a - _loss(0.5, 200, 100, 145) - 10, abs=5e-3)


def test_nothing_passes_a_valve_that_is_shut() -> None:
    placed = _made(_frames(ventil="stengt"))
    run = run_epanet(placed.model)
    pressure = run.pressures().iloc[0]
    assert np.isnan(pressure["c"])
    assert pressure["b"] > 0
    # The end on the source's side still has water, at the height of the valve.
    ends = [one for one in run.node if one not in {"k", "a", "b", "c"}]
    heights = run.elevation_m[[list(run.node).index(one) for one in ends]]
    np.testing.assert_allclose(heights, 25.0)
    assert set(ends) <= set(placed.places.index)


def test_a_pipe_without_a_diameter_has_that_of_its_kind_and_it_is_told() -> None:
    frames = _frames()
    frames["va_ledning"].loc[1, "dimensjon_mm"] = np.nan
    placed = _made(frames)
    run = run_epanet(placed.model)
    assert run.diameter_mm[list(run.link).index("p2")] == 100.0
    told = placed.model.guesses.set_index("antatt").loc["Dimensjonen"]
    assert told["antall"] == 1


def test_iron_grows_rough_with_age_and_plastic_does_not() -> None:
    frames = _frames()
    frames["va_ledning"].loc[1, "materiale"] = "SJG"
    model = _made(frames, va_hydraulikk_aar="2025").model
    rows = {line.split()[0]: line.split() for line in _section(model, "PIPES")}
    assert float(rows["p2"][5]) == pytest.approx(110 - 0.4 * 35)
    assert float(rows["p1"][5]) == 145


def _section(model: EpanetModel, name: str) -> list[str]:
    body = model.text.partition(f"[{name}]")[2].partition("\n[")[0]
    return [line for line in body.split("\n") if line.strip()]


def test_a_height_that_nobody_knows_makes_the_pressure_unknown() -> None:
    frames = _frames()
    frames["va_node"].loc[2, "hoyde"] = np.nan
    assert _made(frames).heights_unknown == {"b"}


def test_without_a_source_no_model_can_be_made() -> None:
    frames = _frames()
    frames["va_node"].loc[0, "type"] = "kum"
    with pytest.raises(LayerError, match="ingen kilde"):
        _made(frames)


def test_without_water_pipes_no_model_can_be_made() -> None:
    frames = _frames()
    frames["va_ledning"]["type"] = "spillvann"
    with pytest.raises(LayerError, match="vannledning"):
        _made(frames)
    row = ("Kummer", "swmm", "TITLE", 1, "[TITLE]")
    columns = ["modell_id", "program", "seksjon", "rad", "tekst"]
    frames["va_modell"] = pd.DataFrame([row], columns=columns)
    with pytest.raises(LayerError, match="--modell Kummer"):
        _made(frames)


def test_residents_are_the_demand_where_no_other_is_told() -> None:
    frames = _frames()
    frames["va_node"]["behov_l_s"] = np.nan
    frames["adresse"] = gpd.GeoDataFrame(
        {"adresse_id": ["x"]}, geometry=gpd.points_from_xy([295], [5]), crs=CRS
    )
    frames["befolkning"] = pd.DataFrame({"adresse_id": ["x"], "antall": [1000]})
    placed = _made(frames, va_vekst_lekkasje_mid="50")
    assert placed.people is not None
    assert placed.people["b"] == 1000
    run = run_epanet(placed.model)
    use = 1000 * 175 * 1.6 / 86_400
    # Half of what is delivered leaks: as much as is used on a mean day.
    assert run.demand_l_s[0, run.junction].sum() == pytest.approx(use + use / 1.6, rel=1e-4)


def test_the_model_does_not_tell_how_many_live_in_a_house() -> None:
    frames = _frames()
    frames["va_node"]["behov_l_s"] = np.nan
    frames["adresse"] = gpd.GeoDataFrame(
        {"adresse_id": ["x", "y", "z"]},
        geometry=gpd.points_from_xy([295, 105, 105], [5, 195, 5]),
        crs=CRS,
    )
    frames["befolkning"] = pd.DataFrame({"adresse_id": ["x", "y", "z"], "antall": [1, 4, 9]})
    placed = _made(frames, va_vekst_lekkasje_mid="0")
    use = {line.split()[0]: float(line.split()[1]) for line in _section(placed.model, "DEMANDS")}
    one = 175 * 1.6 / 86_400
    assert use["b"] == use["c"] == pytest.approx(2.5 * one, rel=1e-3)
    assert sum(use.values()) == pytest.approx(14 * one, rel=1e-3)
    told = placed.model.guesses.set_index("antatt").loc["Forbruket der færre enn 5 bor"]
    assert told["antall"] == 2


@pytest.mark.parametrize(
    ("people", "expected"),
    [([3.0, 0.0, 9.0, 20.0], [6.0, 0.0, 6.0, 20.0]), ([2.0, 0.0], [5.0, 0.0])],
)
def test_one_house_alone_is_not_told(people: list[float], expected: list[float]) -> None:
    found, _ = shared_out(np.array(people), np.ones(len(people), dtype=bool))
    assert found.tolist() == expected


def test_a_pump_works_as_the_model_layer_tells() -> None:
    frames = _frames()
    frames["va_ledning"].loc[1, "funksjon"] = "pumpe"
    without = run_epanet(_made(frames).model).pressures().iloc[0]["b"]
    rows = [("OPTIONS", "UNITS LPS"), ("PUMPS", "p2 a b HEAD K"), ("CURVES", "K 1.0 30.0")]
    frames["va_modell"] = pd.DataFrame(
        [("m", "epanet", name, n, text) for n, (name, text) in enumerate(rows)],
        columns=["modell_id", "program", "seksjon", "rad", "tekst"],
    )
    placed = _made(frames)
    assert placed.made
    lifted = run_epanet(placed.model).pressures().iloc[0]["b"]
    # A curve of one point gives its head at its flow.
    assert lifted == pytest.approx(without + _loss(1, 200, 100, 145) + 30, abs=0.02)
    assert not (placed.model.guesses["antatt"] == "Pumper").any()


def test_the_file_is_one_that_epanet_opens_and_answers_alike(tmp_path: Path) -> None:
    placed = _made(_frames())
    write_model(placed.model, tmp_path / "modell.inp")
    mine, files = run_epanet(placed.model), run_epanet(tmp_path / "modell.inp")
    np.testing.assert_array_equal(mine.pressure_m, files.pressure_m)
    with pytest.raises(OverwriteError):
        write_model(placed.model, tmp_path / "modell.inp")


def test_names_are_such_as_epanet_takes() -> None:
    names = valid_names(["a", "a", "b c", "", "x" * 40, "n2", "å;"], "n")
    assert len(set(names)) == 7
    assert all(len(one.encode()) <= 31 and " " not in one and ";" not in one for one in names)
    assert "n2" in names


def test_a_roughness_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ParameterError, match="MATERIALE=C"):
        _made(_frames(), va_hydraulikk_ruhet="PVC")
