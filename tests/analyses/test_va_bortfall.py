"""Failures of a small town drawn by hand: its single points, its reserve, and who is told of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._va_loss_change import compare as compare_more
from askergeo.analyses.va_bortfall import va_bortfall
from askergeo.compare import compare
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
# A main from the plant (M1, M2), a ring (R1, R2, R3), a branch to the nursing home (G1, G2), and a
# piece that hangs on nothing (L).
PIPES = {
    "M1": [(0, 0), (100, 0)],
    "M2": [(100, 0), (200, 0)],
    "R1": [(200, 0), (300, 100)],
    "R2": [(200, 0), (300, -100)],
    "R3": [(300, 100), (300, -100)],
    "G1": [(300, 100), (400, 100)],
    "G2": [(400, 100), (500, 100)],
    "L": [(900, 900), (950, 900)],
}
#: Residents at an address by each pipe.
PEOPLE = {"M2": 20, "R1": 60, "R2": 80, "R3": 100, "G1": 3, "G2": 47, "L": 8}


def town(**more: list[tuple[float, float]]) -> dict[str, Any]:
    """Layers of the town, with more pipes."""
    lines = {**PIPES, **more}
    pipes = gpd.GeoDataFrame(
        {"ledning_id": list(lines), "type": "vann", "dimensjon_mm": 150},
        geometry=[shapely.LineString(one) for one in lines.values()],
        crs=CRS,
    )
    plants = gpd.GeoDataFrame(
        {
            "anlegg_id": ["V1", "B1"],
            "type": ["vannverk", "hoydebasseng"],
            "navn": ["Verket", "Toppen"],
        },
        geometry=[shapely.Point(0, 0), shapely.Point(500, 100)],
        crs=CRS,
    )
    ids = [f"a-{pipe}" for pipe in PEOPLE]
    middles = [shapely.LineString(PIPES[pipe]).interpolate(0.5, normalized=True) for pipe in PEOPLE]
    adresse = gpd.GeoDataFrame({"adresse_id": ids, "boliger": 1}, geometry=middles, crs=CRS)
    return {
        "va_ledning": pipes,
        "va_anlegg": plants,
        "adresse": adresse,
        "befolkning": pd.DataFrame(
            {"adresse_id": ids, "alder": 40, "antall": list(PEOPLE.values())}
        ),
        "tjeneste": gpd.GeoDataFrame(
            {"tjeneste_id": ["t"], "type": ["sykehjem"], "navn": ["Heimen"]},
            geometry=[shapely.Point(450, 110)],
            crs=CRS,
        ),
    }


def answer(layers: dict[str, Any], **chosen: Any) -> Result:
    parameters = load_parameters("va_bortfall+va_nett", chosen)
    return va_bortfall(**layers, parameters=parameters)


@pytest.fixture(scope="module")
def result() -> Result:
    return answer(town())


def test_institutions_that_lack_the_same_are_one_warning() -> None:
    layers = town()
    kinds = ["sykehjem"] + 5 * ["legesenter"]
    layers["tjeneste"] = gpd.GeoDataFrame(
        {
            "tjeneste_id": [f"t{at}" for at in range(6)],
            "type": kinds,
            "navn": ["Heimen", "A", "B", "C", "D", "E"],
        },
        geometry=[shapely.Point(450 + at, 110) for at in range(6)],
        crs=CRS,
    )
    found = answer(layers)
    home, others = (one for one in found.findings if one.rule == "va.bortfall.institusjon")
    assert (home.title, home.row) == ("Heimen har ikke reservevann", "G2")
    assert (others.title, others.row) == ("5 skoler og institusjoner har ikke reservevann", "")
    table = found.table("institusjoner")
    assert others.text.endswith(f": A, B, C og 2 til. Alle står i tabellen «{table.title}».")
    assert table.frame["navn"].tolist() == ["A", "B", "C", "D", "E", "Heimen"]
    assert len(shapely.get_parts(others.geometry)) == 5


def test_single_points_are_ranked_with_institutions_by_name(result: Result) -> None:
    table = result.table("enkeltpunkter").frame
    told = {label: (row["bosatte"], row["navn"]) for label, row in table.iterrows()}
    # In whole tens; the branch is one stretch of two pipes, 50 at its head.
    assert told == {
        "kilde Verket (V1)": (310, "Heimen (sykehjem eller sykehus)"),
        "ledning M1": (310, "Heimen (sykehjem eller sykehus)"),
        "ledning G1": (50, "Heimen (sykehjem eller sykehus)"),
    }
    assert table.loc["ledning G1", "lengde"] == 200
    assert "Verket" in result.sentence


def test_a_stretch_is_called_one_and_a_renewed_pipe_says_so() -> None:
    layers = town()
    layers["va_ledning"]["anleggsaar"] = 1935
    layers["va_ledning"]["fornyet_aar"] = [2001.0 if k == 5 else None for k in range(8)]
    told = answer(layers).table("enkeltpunkter").frame["hva"]
    assert told["ledning G1"] == "Strekning fra G1 (150 mm, 1935, fornyet 2001)"
    layers["va_ledning"] = layers["va_ledning"].query("ledning_id != 'G2'").reset_index(drop=True)
    alone = answer(layers).table("enkeltpunkter").frame["hva"]
    assert alone["ledning G1"] == "Ledning G1 (150 mm, 1935, fornyet 2001)"


def test_nursing_homes_are_named_first_and_at_most_three_are() -> None:
    layers = town()
    layers["tjeneste"] = gpd.GeoDataFrame(
        {
            "tjeneste_id": list("abcde"),
            "type": ["skole", "skole", "legesenter", "sykehjem", "sykehjem"],
            "navn": ["Vik skole", "Nes skole", "Vik legesenter", "Vik sykehjem", "Heimen"],
        },
        geometry=[shapely.Point(450, 110 + k) for k in range(5)],
        crs=CRS,
    )
    named = answer(layers).table("enkeltpunkter").frame["navn"]
    assert named["ledning G1"] == (
        "Vik sykehjem, Heimen (sykehjem eller sykehus), Vik legesenter og 2 til"
    )


def test_basins_are_sources_only_while_they_have_water() -> None:
    full = answer(town(), va_bortfall_bassenger="ja")
    # The basin stands at the far end: no pipe is needed by anybody but those on it.
    assert "kilde Verket (V1)" not in full.table("enkeltpunkter").frame.index
    states = full.table("forsyning").frame["bosatte"]
    assert states["tilstand_0"] == 310


def test_reserve_is_told_by_what_stands_alone(result: Result) -> None:
    states = result.table("forsyning").frame
    # All have one source; but for the 20 on M2 behind M1, all hang on M1: 310 is many.
    assert states["bosatte"].to_dict() == {
        "tilstand_0": 0, "tilstand_1": 0, "tilstand_2": 0, "tilstand_3": 0, "tilstand_4": 310,
        "tilstand_5": 10,
    }  # fmt: skip
    assert states["km"].sum() == pytest.approx(
        sum(shapely.LineString(one).length for one in PIPES.values()) / 1000
    )


def test_the_sentence_and_the_key_figures_tell_of_the_same_people(result: Result) -> None:
    """All 310 have one source and hang on M1; a class that excludes the other is never told."""
    assert result.sentence.startswith(
        "Uten reservevann: 310 bosatte. Hva som mangler: 310 får alt vannet gjennom én ledning "
        "til mange, og 310 har bare én kilde. "
    )
    rows = result.table("uten_reserve").frame["bosatte"].to_dict()
    assert rows == {"uten": 310, "en_ledning": 310, "en_kilde": 310}
    assert {name: result.facts[name].value for name in rows} == rows


def test_what_hangs_on_nothing_is_unknown_and_told(result: Result) -> None:
    layer = result.layer("bortfall").frame.set_index("ledning_id")["mister"]
    assert layer["L"] == "Ukjent"
    assert layer["R3"] == "50–199"
    assert layer["M1"] == "200–999"
    assert "va.bortfall.uten_kilde" in {one.rule for one in result.findings}
    assert "va.bortfall.ingen_ventiler" in {one.rule for one in result.findings}


def test_no_output_tells_of_few_persons() -> None:
    layers = town()
    hidden = suppress(answer(layers))
    for table in hidden.tables:
        for name, column in table.columns.items():
            if column.persons:
                values = table.frame[name].dropna().to_numpy(dtype=float)
                assert (values % 10 == 0).all()
    for layer in hidden.layers:
        assert not any(column.persons for column in layer.columns.values())
    assert hidden.microdata is None


def test_a_pipe_out_of_use_takes_those_behind_it() -> None:
    found = answer(town(), va_bortfall_uten=["G2"])
    row = found.table("ute_av_drift").frame.iloc[0]
    assert (row["bosatte"], row["navn"]) == (50, "Heimen (sykehjem eller sykehus)")
    assert found.sentence.startswith(
        "Uten G2 er 50 bosatte uten vann. Av de andre er uten reservevann: "
    )
    with pytest.raises(ParameterError, match="X9"):
        answer(town(), va_bortfall_uten=["X9"])


def test_a_source_or_a_node_out_of_use_takes_those_who_have_no_other() -> None:
    layers = town()
    layers["va_node"] = gpd.GeoDataFrame(
        {"node_id": ["P1"], "type": ["pumpestasjon"]}, geometry=[shapely.Point(400, 100)], crs=CRS
    )
    found = answer(layers, va_bortfall_uten=["P1"])
    assert found.table("ute_av_drift").frame["bosatte"].tolist() == [50]
    # G1 still has its water from the ring.
    assert found.table("forsyning").frame["bosatte"].sum() >= 310
    works = answer(layers, va_bortfall_uten=["V1"])
    assert works.table("ute_av_drift").frame["bosatte"].tolist() == [310]
    assert works.sentence == (
        "Uten V1 er 310 bosatte uten vann. Ingen andre er kjent å ha vann fra en kilde."
    )
    # While the basins have water nobody is without it.
    basin = answer(layers, va_bortfall_uten=["V1"], va_bortfall_bassenger="ja")
    assert basin.table("ute_av_drift").frame["bosatte"].tolist() == [0]


def test_valves_make_segments_and_their_number_is_told() -> None:
    layers = town()
    layers["va_node"] = gpd.GeoDataFrame(
        {"node_id": ["v1", "v2"], "type": "ventil", "status": None},
        geometry=[shapely.Point(100, 0), shapely.Point(400, 100)],
        crs=CRS,
    )
    table = answer(layers).table("segmenter").frame
    # Between the valves lies all but the first pipe of the main and the last of the branch.
    row = table.loc["segment ved ledning M1"]
    assert (row["bosatte"], row["ventiler"]) == (310, 1)
    assert table.loc["segment ved ledning G2", "bosatte"] == 50


def test_a_new_link_gives_reserve(result: Result) -> None:
    layers = town(N=[(500, 100), (500, 400)])
    layers["va_anlegg"] = pd.concat(
        [
            layers["va_anlegg"],
            gpd.GeoDataFrame(
                {"anlegg_id": ["V2"], "type": ["vannverk"], "navn": ["Nabo"]},
                geometry=[shapely.Point(500, 400)],
                crs=CRS,
            ),
        ]
    )
    other = answer(layers)
    assert other.table("enkeltpunkter").frame.empty
    difference = compare_more(result, other, compare(result, other))
    moved = difference.table("reserve_endring").frame
    assert moved["bosatte"].tolist() == [310]
    assert moved["til"].tolist() == ["To kilder, og ingen ledning står alene"]


def test_without_residents_addresses_are_counted_and_it_is_said() -> None:
    layers = town()
    del layers["befolkning"]
    found = answer(layers)
    assert found.table("enkeltpunkter").frame.loc["ledning G1", "adresser"] == 2
    assert any("er adresser talt" in text for text in found.warnings)


def test_without_addresses_the_pipes_are_still_told_of() -> None:
    layers = town()
    del layers["adresse"], layers["befolkning"]
    found = answer(layers)
    assert found.table("forsyning").frame["adresser"].isna().all()
    assert any("Uten adresser" in text for text in found.warnings)
    # Unknown is not nobody.
    assert set(found.layer("bortfall").frame["mister"]) == {"Ukjent"}
    assert "ukjent" in found.sentence


def test_a_net_without_a_source_is_refused_with_a_remedy() -> None:
    layers = town()
    layers["va_anlegg"] = layers["va_anlegg"].iloc[:0]
    with pytest.raises(LayerError, match="Ingen kilde") as told:
        answer(layers)
    assert "va_anlegg" in told.value.remedy


def test_basins_alone_are_sources_with_a_warning() -> None:
    layers = town()
    layers["va_anlegg"] = layers["va_anlegg"].iloc[1:]
    assert any("høydebassengene" in text for text in answer(layers).warnings)


def test_a_crossing_without_valves_on_its_branches_is_one_segment() -> None:
    layers = town()
    layers["va_node"] = gpd.GeoDataFrame(
        {"node_id": ["v1"], "type": ["ventil"], "status": None},
        geometry=[shapely.Point(200, 0)],
        crs=CRS,
    )
    assert "segmenter" in {table.name for table in answer(layers).tables}
    without = answer(layers, va_bortfall_kryss="nei")
    assert "segmenter" not in {table.name for table in without.tables}


@pytest.mark.slow
def test_the_example_agrees_with_its_key(demo_folder: Path) -> None:
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8"))["va"]
    package = DataPackage.open(demo_folder / "datapakke")
    found = run("va_bortfall", package)
    sources = found.table("kilder").frame
    for plant, told in key["forsyning"]["kilde_ute"].items():
        rows = [label for label in sources.index if f"({plant})" in label]
        if not rows:
            continue
        value, expected = (
            sources.loc[rows[0], "bosatte"],
            told["innbyggere_uten_vann_naar_bassengene_er_tomme"],
        )
        assert pd.isna(value) or abs(float(value) - expected) <= 10
    home = key["forsyning"]["sykehjem"]
    out = run("va_bortfall", package, overrides={"va_bortfall_uten": [home["ledning_id"]]})
    named = found.layer("institusjoner").frame
    name = named.loc[f"sykehjem {home['tjeneste_id']}", "navn"]
    assert str(name) in out.table("ute_av_drift").frame["navn"].iloc[0]
    assert np.isfinite(found.table("forsyning").frame["km"]).all()
