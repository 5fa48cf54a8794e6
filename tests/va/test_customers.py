"""What each address hangs on: by the register, by a guess, or unknown; all and only."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.va.customers import (
    PIPE_GUESSED,
    REGISTERED,
    UNCONNECTED,
    UNKNOWN,
    WHOLLY_GUESSED,
    customers,
)
from askergeo.va.institutions import institutions
from askergeo.va.network import pipe_network

CRS = "EPSG:25832"
PARAMETERS = load_parameters("va_bortfall+va_nett")


@pytest.fixture(scope="module")
def pipes():
    # A main that the service pipe cuts in two, and a transfer pipe nearer to everybody.
    return gpd.GeoDataFrame(
        {
            "ledning_id": ["H", "S", "O", "A"],
            "type": ["vann", "vann", "vann", "spillvann"],
            "funksjon": ["fordelingsledning", "stikkledning", "overforing", None],
        },
        geometry=[
            shapely.LineString([(0, 0), (200, 0)]),
            shapely.LineString([(100, 0), (100, 20)]),
            shapely.LineString([(0, 26), (200, 26)]),
            shapely.LineString([(0, -5), (200, -5)]),
        ],
        crs=CRS,
    )


@pytest.fixture(scope="module")
def network(pipes):
    return pipe_network(pipes, medium="vann", parameters=PARAMETERS)[0]


def addresses(points, **columns):
    return gpd.GeoDataFrame(
        {"adresse_id": [f"a{k}" for k in range(len(points))], **columns},
        geometry=[None if p is None else shapely.Point(p) for p in points],
        crs=CRS,
    )


def name(network, pipes, piece):
    return None if piece < 0 else str(pipes["ledning_id"].iloc[network.row[piece]])


def test_without_a_register_the_nearest_pipe_that_may_have_customers_is_a_guess(network, pipes):
    adresse = addresses([(30, 25), (100, 22), (30, 60), None])
    found = customers(network, adresse, va_ledning=pipes, parameters=PARAMETERS)
    assert [name(network, pipes, p) for p in found.piece] == ["H", "S", None, None]
    assert found.how.tolist() == [WHOLLY_GUESSED, WHOLLY_GUESSED, UNKNOWN, UNKNOWN]
    assert found.distance_m[:2].tolist() == [25.0, 2.0]
    assert np.isnan(found.residents).all()


def test_the_register_comes_first_and_its_silence_is_not_a_no(network, pipes):
    adresse = addresses([(30, 25), (30, 25), (30, 25), (30, 25), (180, 300)])
    register = pd.DataFrame(
        {
            "adresse_id": ["a0", "a1", "a2", "a4"],
            "vann": pd.array([True, True, False, None], dtype="boolean"),
            "vann_ledning_id": ["S", None, None, "H"],
        }
    )
    found = customers(network, adresse, None, register, va_ledning=pipes, parameters=PARAMETERS)
    assert found.how.tolist() == [
        REGISTERED, PIPE_GUESSED, UNCONNECTED, WHOLLY_GUESSED, REGISTERED,
    ]  # fmt: skip
    assert [name(network, pipes, p) for p in found.piece] == ["S", "H", None, "H", "H"]
    # Of the pieces of the pipe that is named, the nearest.
    last = found.piece[4]
    assert network.xy[[network.start[last], network.end[last]], 0].max() == 200


def test_a_pipe_of_another_medium_is_not_the_one(network, pipes):
    register = pd.DataFrame({"adresse_id": ["a0"], "vann": [True], "vann_ledning_id": ["A"]})
    found = customers(
        network, addresses([(30, 25)]), None, register, va_ledning=pipes, parameters=PARAMETERS
    )
    assert (found.how[0], name(network, pipes, found.piece[0])) == (PIPE_GUESSED, "H")


def test_residents_are_summed_and_none_is_lost(network, pipes):
    adresse = addresses([(30, 25), (100, 22)], boliger=[2, None])
    people = pd.DataFrame(
        {
            "adresse_id": ["a0", "a0", "a1", "borte"],
            "alder": [30, 84, 5, 40],
            "antall": [2, 1, 4, 7],
        }
    )
    found = customers(network, adresse, people, va_ledning=pipes, parameters=PARAMETERS)
    assert found.residents.tolist() == [3, 4]
    assert found.vulnerable.tolist() == [1, 0]
    assert found.unplaced == 7
    assert found.by_piece(found.residents, network.edges).sum() == 7
    assert found.by_piece(found.dwellings, network.edges).sum() == 2


def test_institutions_are_listed_once_with_names_and_pipes(network, pipes):
    adresse = addresses([(30, 25), (100, 22)], bygning_id=["b0", "b1"], adressetekst=["X 1", "Y 2"])
    hung = customers(network, adresse, va_ledning=pipes, parameters=PARAMETERS)
    skole = gpd.GeoDataFrame(
        {"skole_id": ["s"], "navn": ["Dal skole"]}, geometry=[shapely.Point(35, 30)], crs=CRS
    )
    tjeneste = gpd.GeoDataFrame(
        {
            "tjeneste_id": ["t0", "t1", "t2"],
            "type": ["skole", "sykehjem", "dagligvare"],
            "navn": ["Dal skole", None, "Butikken"],
        },
        geometry=[shapely.Point(36, 31), shapely.Point(100, 30), shapely.Point(0, 0)],
        crs=CRS,
    )
    bygning = gpd.GeoDataFrame(
        {"bygning_id": ["b1", "b0", "b9"], "bygningstype": [721, 731, 729]},
        geometry=[shapely.Point(101, 30), shapely.Point(30, 25), shapely.Point(900, 900)],
        crs=CRS,
    )
    found = institutions(
        network, hung, va_ledning=pipes, parameters=PARAMETERS, adresse=adresse,
        skole=skole, tjeneste=tjeneste, bygning=bygning,
    )  # fmt: skip
    told = {(one.art, one.navn): name(network, pipes, one.piece) for one in found.itertuples()}
    # The school is in two registers, and the nursing home is a building too.
    assert told == {
        ("skole", "Dal skole"): "H",
        ("sykehjem", "Sykehjem eller sykehus"): "S",
        ("helse", "Helsebygg, X 1"): "H",
        ("sykehjem", "Sykehjem eller sykehus, bygning b9"): None,
    }
