"""Places and need of kindergartens: by hand, and the real register of Asker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.ingest import take_in
from askergeo.parameters import load_parameters
from askergeo.population.people import AGES as ALL_AGES
from askergeo.school import kindergarten as kg

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
ZONES = gpd.GeoDataFrame(
    {"navn": ["Nord", "Sør", "Tom"]},
    index=["N", "S", "T"],
    geometry=[
        shapely.box(0, 100, 100, 200),
        shapely.box(0, 10, 100, 110),
        shapely.box(0, 300, 9, 310),
    ],
    crs=CRS,
)


def kindergartens(*rows: tuple[float, float, float | None, str | None]) -> gpd.GeoDataFrame:
    """Rows of x, y, places and owner."""
    return gpd.GeoDataFrame(
        {
            "barnehage_id": [f"B{number}" for number in range(len(rows))],
            "navn": [f"Barnehage {number}" for number in range(len(rows))],
            "kapasitet": pd.array([seats for _, _, seats, _ in rows], dtype="Int64"),
            "eierform": pd.array([owner for *_, owner in rows], dtype="string"),
        },
        geometry=[shapely.Point(x, y) for x, y, _, _ in rows],
        crs=CRS,
    )


ROWS = kindergartens(
    (50, 150, 40, "kommunal"),
    (50, 105, 30, "privat"),  # in both: the first
    (50, 50, 20, None),
    (50, 60, None, "kommunal"),
    (0, 0, 99, "privat"),
    (900, 900, 7, "privat"),
)


def test_each_kindergarten_has_its_area_and_its_faults() -> None:
    found = kg.located(ROWS, ZONES)
    assert found["omraade"].tolist()[:4] == ["N", "N", "S", "S"]
    assert found["omraade"].isna().tolist() == [False] * 4 + [True] * 2
    assert found["merknad"].tolist() == ["", "", "", kg.NO_CAPACITY, kg.NO_PLACE, kg.OUTSIDE]
    assert found["kapasitet"].to_numpy() == pytest.approx([40, 30, 20, np.nan, 99, 7], nan_ok=True)


def test_places_sum_to_their_owners_and_unknown_is_no_zero() -> None:
    found = kg.places(kg.located(ROWS, ZONES), ZONES.index)
    assert found["plasser"].tolist() == [70, 20, 0]
    assert found["barnehager"].tolist() == [2, 2, 0]
    assert found["uten_kapasitet"].tolist() == [0, 1, 0]
    parts = found[["offentlig", "privat", "ukjent_eier"]]
    assert parts.loc["N"].tolist() == [40, 30, 0]
    assert parts.loc["S"].tolist() == [0, 0, 20]
    assert found["plasser"].to_numpy() == pytest.approx(parts.sum(axis=1).to_numpy())
    alone = kg.places(kg.located(ROWS.iloc[[3]], ZONES), ZONES.index)
    assert alone.loc["S", "plasser"] != alone.loc["S", "plasser"]
    assert alone.loc["T", "plasser"] == 0


def test_a_kindergarten_that_stands_twice_counts_once() -> None:
    both = pd.concat([ROWS.iloc[[0]], ROWS.iloc[[0]]])
    found = kg.located(both, ZONES)
    assert found["merknad"].tolist() == ["", kg.TWICE]
    assert kg.places(found, ZONES.index).loc["N", "plasser"] == 40


def test_need_follows_the_shares_by_age() -> None:
    people = np.zeros((1, 1, ALL_AGES))
    people[0, 0, :8] = 100
    share = kg.shares(load_parameters("barnehage"))
    # SSB's table of 2019: 74.8, 93.6, 96.5, 97.1 and 97.5 %; 92.2 % of all with that year's ages.
    assert kg.need(people, share) == pytest.approx(np.array([[74.8 + 93.6 + 96.5 + 97.1 + 97.5]]))
    ages_of_2019 = np.array([41_921 / 0.748, 54_153 / 0.936, 58_411 / 0.965, 59_078 / 0.971,
                             59_580 / 0.975])  # fmt: skip
    assert ages_of_2019 @ share / ages_of_2019.sum() == pytest.approx(0.922, abs=0.001)
    assert kg.children(people).sum() == 500


def test_the_first_full_year_is_told_where_it_is_known() -> None:
    needed = np.array([[9.0, 11, 9, 0], [10, 12, 9, 0], [11, 9, 12, 1]])
    seats = np.array([10.0, 10, 10, np.nan])
    unsure = np.array([False, False, True, True])
    assert kg.first_full(needed, seats, unsure).tolist() == [2, 0, -2, -2]


def test_the_real_kindergartens_of_asker(shared_data: Path) -> None:
    source = shared_data / "asker" / "asker_3203_barnehager_2024.geojson"
    rows = json.loads(source.read_text(encoding="utf-8"))["features"]
    real = [one for one in rows if one["geometry"]["coordinates"] != [0.0, 0.0]]
    taken = take_in(source, load_catalogue()["barnehage"], mapping="udir_barnehage")
    assert (len(rows), len(real), len(taken.frame)) == (92, 88, 88)
    # One area round all of Asker: the sum is that of the file, read without the toolkit.
    whole = gpd.GeoDataFrame(
        {"navn": ["Asker"]}, index=["3203"], geometry=[shapely.box(*taken.frame.total_bounds)],
        crs=taken.frame.crs,
    )  # fmt: skip
    found = kg.places(kg.located(taken.frame, whole), whole.index).loc["3203"]
    capacity = [one["properties"]["capacity"] for one in real]
    assert found["plasser"] == sum(seats or 0 for seats in capacity) == 4_911
    assert found["uten_kapasitet"] == sum(seats is None for seats in capacity) == 1
    private = [one for one in real if one["properties"]["operator_type"] == "private"]
    assert found["privat"] == sum(one["properties"]["capacity"] for one in private)
    assert found["barnehager"] == 88
    # With those at 0,0 the file has 5 214.
    assert sum(one["properties"]["capacity"] or 0 for one in rows) == 5_214
