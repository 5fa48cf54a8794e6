"""The verb of traces: where it begins, what it tells, and what it refuses."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses.va_spor import va_spor
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress

CRS = "EPSG:25832"


@pytest.fixture
def layers() -> dict[str, Any]:
    """Two sewers that meet and run to a plant; a water main from a plant beside them."""
    lines = {
        "S1": [(0, 50), (100, 0)],
        "S2": [(0, -50), (100, 0)],
        "S3": [(100, 0), (300, 0)],
        "V1": [(0, 100), (300, 100)],
    }
    return {
        "va_ledning": gpd.GeoDataFrame(
            {
                "ledning_id": list(lines),
                "type": ["spillvann"] * 3 + ["vann"],
                "anleggsaar": [1970, None, 1990, 2000],
                "hoyde_fra": [5.0, None, 4.0, None],
                "hoyde_til": [4.0, None, 3.0, None],
            },
            geometry=[shapely.LineString(one) for one in lines.values()],
            crs=CRS,
        ),
        "va_anlegg": gpd.GeoDataFrame(
            {
                "anlegg_id": ["RA", "VV"],
                "type": ["renseanlegg", "vannverk"],
                "navn": ["Vika renseanlegg", "Verket"],
            },
            geometry=[shapely.Point(300, 0), shapely.Point(0, 100)],
            crs=CRS,
        ),
        "adresse": gpd.GeoDataFrame(
            {
                "adresse_id": ["a1", "a2"],
                "adressetekst": ["Bakken 1", "Dalen 2"],
                "boliger": [1, 2],
            },
            geometry=[shapely.Point(5, 55), shapely.Point(5, -55)],
            crs=CRS,
        ),
        "befolkning": pd.DataFrame(
            {"adresse_id": ["a1", "a2"], "alder": [40, 40], "antall": [3, 40]}
        ),
    }


def answer(layers: dict[str, Any], **chosen: Any) -> Any:
    overrides = {f"va_spor_{name}": value for name, value in chosen.items()}
    parameters = load_parameters("va_spor+va_bortfall+va_nett", overrides)
    return va_spor(**layers, parameters=parameters)


def test_a_pipe_is_followed_down_to_its_plant(layers: dict[str, Any]) -> None:
    found = answer(layers, fra="S2", retning="ned")
    pipes = found.table("ledninger").frame.set_index("ledning_id")
    assert pipes["sikkerhet"].to_dict() == {
        "S2": "Antatt: tegnet retning",
        "S3": "Sikker: bunnhøyder",
    }
    assert found.table("ender").frame["navn"].tolist() == ["Vika renseanlegg"]
    assert found.table("ender").frame["slag"].tolist() == ["Renseanlegg"]
    # Only a table that counts persons says that they are rounded.
    assert found.table("ender").note == ""
    assert "nærmeste 10" in found.table("sammendrag").note
    # Metres are rounded, not cut off.
    assert pipes["lengde"].to_dict() == {"S2": 112, "S3": 200}
    assert found.sentence.endswith("til Vika renseanlegg.")


def test_an_address_begins_at_the_pipe_it_hangs_on_and_it_is_said_how(
    layers: dict[str, Any],
) -> None:
    found = answer(layers, fra="Bakken 1", retning="ned")
    assert found.table("ledninger").frame["ledning_id"].tolist() == ["S1", "S3"]
    told = "Sporet begynner ved ledning S1. Antatt: den nærmeste ledningen, uten opplysning i "
    assert f"{told}registeret." in found.warnings


def test_a_point_begins_at_the_nearest_pipe_of_the_medium(layers: dict[str, Any]) -> None:
    found = answer(layers, fra="200, 5", retning="opp")
    sums = found.table("sammendrag").frame
    assert (sums.loc["i_alt", "ledninger"], sums.loc["i_alt", "adresser"]) == (3, 2)
    assert sums.loc["i_alt", "bosatte"] == 40
    water = answer(layers, fra="200,60", retning="opp", medium="vann")
    assert water.table("ledninger").frame["ledning_id"].tolist() == ["V1"]
    assert water.table("ender").frame["navn"].tolist() == ["Verket"]


def test_a_plant_or_a_node_begins_at_the_pipes_that_lead_to_it(layers: dict[str, Any]) -> None:
    layers["va_node"] = gpd.GeoDataFrame(
        {"node_id": ["K1"], "type": ["kum"]}, geometry=[shapely.Point(100, 0)], crs=CRS
    )
    up = answer(layers, fra="RA", retning="opp")
    assert sorted(up.table("ledninger").frame["ledning_id"]) == ["S1", "S2", "S3"]
    assert "Vika renseanlegg (RA)" in up.sentence
    node = answer(layers, fra="K1", retning="opp").table("ledninger").frame
    assert sorted(node["ledning_id"]) == ["S1", "S2"]
    assert answer(layers, fra="K1").table("ledninger").frame["ledning_id"].tolist() == ["S3"]
    # A plant of water is found on the net that it is on.
    works = answer(layers, fra="VV").table("ledninger").frame
    assert works["ledning_id"].tolist() == ["V1"]
    with pytest.raises(ParameterError, match="ikke med i nettet for avløp"):
        answer(layers, fra="VV", medium="avlop")


def test_few_persons_are_not_told(layers: dict[str, Any]) -> None:
    found = suppress(answer(layers, fra="S1", retning="opp"))
    assert pd.isna(found.table("sammendrag").frame.loc["i_alt", "bosatte"])
    assert found.facts["bosatte"].text() == ":"
    assert " 3 " not in found.sentence


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"fra": ""}, "hvor sporet begynner"),
        ({"fra": "9000,9000"}, "den nærmeste er 12.518 m unna"),
        ({"fra": "Ingenvegen 4"}, "Ingenvegen 4"),
        ({"fra": "V1", "medium": "avlop"}, "type «vann»"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    layers: dict[str, Any], chosen: dict[str, str], told: str
) -> None:
    with pytest.raises(ParameterError, match=told) as refused:
        answer(layers, **chosen)
    assert refused.value.remedy


def test_an_address_far_from_all_pipes_is_unknown(layers: dict[str, Any]) -> None:
    layers["adresse"].geometry = [shapely.Point(5, 55), shapely.Point(5, -500)]
    with pytest.raises(ParameterError, match="ukjent hvilken ledning"):
        answer(layers, fra="a2")


def test_a_medium_without_pipes_is_refused(layers: dict[str, Any]) -> None:
    with pytest.raises(LayerError, match="overvann"):
        answer(layers, fra="10,10", medium="overvann")


def test_without_addresses_the_pipes_are_told(layers: dict[str, Any]) -> None:
    del layers["adresse"], layers["befolkning"]
    found = answer(layers, fra="S1")
    assert "2 ledninger" in found.sentence
    assert "bosatte" not in found.table("sammendrag").frame


def test_degrees_are_told_from_metres_and_a_decimal_comma_is_read(layers: dict[str, Any]) -> None:
    east, north = 560_000, 6_600_000
    for name in ("va_ledning", "va_anlegg", "adresse"):
        layers[name].geometry = layers[name].geometry.translate(east, north)
    for degrees in ("59.83,10.43", "10.43 59.83", "59,83 10,43"):
        with pytest.raises(ParameterError, match="ser ut som lengde- og breddegrader") as refused:
            answer(layers, fra=degrees)
        assert "øst,nord" in refused.value.remedy
    for point in ("560200,5 6600005", "560200,5; 6600005,0", "560200.5,6600005"):
        assert "punktet 560200.5, 6600005" in answer(layers, fra=point, retning="opp").sentence


def test_the_year_of_renewal_is_in_the_table_of_pipes(layers: dict[str, Any]) -> None:
    pipes = layers["va_ledning"]
    pipes["fornyet_aar"] = [2001.0 if one == "S3" else None for one in pipes["ledning_id"]]
    table = answer(layers, fra="S2").table("ledninger").frame.set_index("ledning_id")
    assert table["fornyet_aar"].to_dict() == {"S2": "", "S3": "2001"}
