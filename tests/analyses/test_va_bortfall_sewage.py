"""Who has no way out for the sewage: stations and plants of a town drawn by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses._va_loss_scene import Layers
from askergeo.analyses._va_loss_sewage import sewers_of
from askergeo.analyses.va_bortfall import va_bortfall
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters

CRS = "EPSG:25832"
# Water along the street; sewage falls to a station (P1), is pumped on to the plant, and comes from
# a station far off (P2) that no pipe leaves. An overflow lies at the upper end.
PIPES = {
    "V": ("vann", [(0, 0), (700, 0)]),
    "S1": ("spillvann", [(600, 10), (300, 10)]),
    "S2": ("spillvann", [(300, 10), (0, 10)]),
    "S3": ("spillvann", [(700, 600), (600, 600)]),
}
HOMES = {(450, 15): 30, (150, 15): 12, (650, 605): 25}


def town() -> dict[str, Any]:
    """Layers of the town."""
    ids = [f"a{k}" for k in range(len(HOMES))]
    return {
        "va_ledning": gpd.GeoDataFrame(
            {"ledning_id": list(PIPES), "type": [kind for kind, _ in PIPES.values()]},
            geometry=[shapely.LineString(line) for _, line in PIPES.values()],
            crs=CRS,
        ),
        "va_node": gpd.GeoDataFrame(
            {"node_id": ["O"], "type": ["overlop"]}, geometry=[shapely.Point(600, 10)], crs=CRS
        ),
        "va_anlegg": gpd.GeoDataFrame(
            {
                "anlegg_id": ["VV", "RA", "P1", "P2"],
                "type": ["vannverk", "renseanlegg", "pumpestasjon", "pumpestasjon"],
                "til_anlegg_id": [None, None, "RA", "RA"],
            },
            geometry=shapely.points([(0, 0), (0, 10), (300, 10), (600, 600)]),
            crs=CRS,
        ),
        "adresse": gpd.GeoDataFrame(
            {"adresse_id": ids, "boliger": 1}, geometry=shapely.points(list(HOMES)), crs=CRS
        ),
        "befolkning": pd.DataFrame(
            {"adresse_id": ids, "alder": 40, "antall": list(HOMES.values())}
        ),
        "tjeneste": gpd.GeoDataFrame(
            {"tjeneste_id": ["t"], "type": ["sykehjem"], "navn": ["Heimen"]},
            geometry=[shapely.Point(500, 12)],
            crs=CRS,
        ),
    }


PARAMETERS = load_parameters("va_bortfall+va_nett")


def test_a_station_takes_those_above_it_and_a_plant_takes_all() -> None:
    frame = va_bortfall(**town(), parameters=PARAMETERS).table("avlop").frame
    assert frame["bosatte"].to_dict() == {"avløp RA": 70, "avløp P1": 30, "avløp P2": 30}
    assert frame.loc["avløp P1", "navn"] == "Heimen (sykehjem eller sykehus)"
    assert frame.loc["avløp P2", "navn"] == ""


def test_what_is_pumped_without_a_drawn_pipe_has_a_way_out_and_an_overflow_is_none() -> None:
    layers = town()
    known = sewers_of(Layers.of(layers), PARAMETERS)
    assert known.answer.total[0] == sum(HOMES.values())
    assert known.answer.unsupplied[0] == 0
    layers["va_anlegg"] = layers["va_anlegg"].drop(columns="til_anlegg_id")
    parted = sewers_of(Layers.of(layers), PARAMETERS)
    assert (parted.answer.total[0], parted.answer.unsupplied[0]) == (42, 25)


def test_without_a_plant_it_is_unknown_who_is_hit_and_it_is_said() -> None:
    layers = town()
    layers["va_anlegg"] = layers["va_anlegg"].iloc[:1]
    with pytest.raises(LayerError, match="renseanlegg"):
        sewers_of(Layers.of(layers), PARAMETERS)
    found = va_bortfall(**layers, parameters=PARAMETERS)
    assert any("avløpsanlegg svikter, er ukjent" in text for text in found.warnings)
    assert "avlop" not in {table.name for table in found.tables}
    layers["va_ledning"] = layers["va_ledning"].iloc[:1]
    water = va_bortfall(**layers, parameters=PARAMETERS)
    assert not any("avløpsanlegg" in text for text in water.warnings)


def test_a_plant_is_no_way_to_the_one_that_takes_over_before_it_is_closed() -> None:
    layers = town()
    plants = layers["va_anlegg"]
    # RA2 hands over to RA from 2028; its pipe joins nothing else.
    second = gpd.GeoDataFrame(
        {
            "anlegg_id": ["RA2"],
            "type": ["renseanlegg"],
            "til_anlegg_id": ["RA"],
            "til_aar": [2027.0],
        },
        geometry=[shapely.Point(600, 600)],
        crs=CRS,
    )
    layers["va_anlegg"] = pd.concat([plants[plants["anlegg_id"] != "P2"], second])
    now = sewers_of(Layers.of(layers, 2026), PARAMETERS)
    names = now.network.facility_row[now.pipes.sources]
    told = Layers.of(layers).va_anlegg["anlegg_id"].to_numpy()[names]
    taken = dict(zip(told, now.answer.source[:, 0].tolist(), strict=True))
    assert taken == {"RA": 42.0, "RA2": 25.0}
    after = sewers_of(Layers.of(layers, 2028), PARAMETERS)
    assert after.answer.source[:, 0].tolist() == [67.0]
    # Where no year is known both run.
    assert len(sewers_of(Layers.of(layers), PARAMETERS).pipes.sources) == 2
