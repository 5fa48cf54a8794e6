"""Zone data by grunnkrets: two districts by hand, read back from the files as others read them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Point, box

from askergeo.analyses._zones_export import nullvekst_eksport
from askergeo.errors import ParameterError
from askergeo.outputs.write import write_all
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.transport.export import extras

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def made(people: list[tuple[float, float, int, int]], **changed: Any) -> Result:
    """Give the zone data; people are metres east and north, age, and how many."""
    ids = [f"A{number}" for number in range(len(people))]
    return nullvekst_eksport(
        frame([LineString([(0, 500), (2_000, 500)])], linje_id=[1]),
        frame([box(0, 0, 2_000, 1_000)], kommunenummer=["3203"], omfang=["land"]),
        frame(
            [box(1_000, 0, 1_900, 1_000), box(0, 0, 500, 1_000), box(500, 0, 1_000, 400)],
            grunnkretsnummer=["32030202", "32030101", "32030101"],
            grunnkretsnavn=["Øst", "Vest", "Vest"],
        ),
        adresse=frame([Point(x, y) for x, y, *_ in people], adresse_id=ids, boliger=[1] * len(ids)),
        befolkning=pd.DataFrame(
            {"adresse_id": ids, "alder": [p[2] for p in people], "antall": [p[3] for p in people]}
        ),
        arbeidsplass=frame(
            [Point(10, 10), Point(1_200, 900), Point(1_200, 10)],
            arbeidssted_id=list("abc"),
            ansatte=[25, 40, 60],
            naering=["kontor", "handel", None],
        ),
        parameters=load_parameters("nullvekst", changed),
    )


PEOPLE = [
    (10.0, 900.0, 3, 20), (10.0, 100.0, 40, 30), (1_500.0, 900.0, 80, 50), (1_500.0, 10.0, 14, 60),
    # In no grunnkrets.
    (1_950.0, 900.0, 30, 70),
]  # fmt: skip


def read(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["grunnkretsnummer"]: row for row in csv.DictReader(file, delimiter=";")}


def test_the_csv_has_a_row_each_with_plain_numbers_that_add_up(tmp_path: Path) -> None:
    paths = write_all([made(PEOPLE)], tmp_path / "ut", more=extras())
    rows = read(paths["grunnkretser.csv"])
    assert list(rows) == ["32030101", "32030202", "32039999"]
    west, east, nowhere = rows.values()
    assert (west["sone"], east["sone"]) == ("delt", "delt")
    # 0.5 km² west and 0.2 km² in the middle: 0.25 of 0.7 lies north.
    assert (west["areal_km2"], west["areal_nord_pst"], west["areal_sor_pst"]) == (
        "0.700", "35.71", "64.29",
    )  # fmt: skip
    assert (west["bosatte"], west["bosatte_nord"], west["bosatte_sor"]) == ("50", "20", "30")
    assert (west["alder_0_5"], west["alder_35_54"], west["alder_75_pluss"]) == ("20", "30", "0")
    assert (east["alder_13_17"], east["alder_75_pluss"]) == ("60", "50")
    assert (west["arbeidsplasser_kontor"], east["arbeidsplasser_handel"]) == ("25", "40")
    assert east["arbeidsplasser_ukjent_naering"] == "60"
    assert (east["arbeidsplasser_nord"], east["arbeidsplasser_sor"]) == ("40", "60")
    assert (nowhere["bosatte"], nowhere["grunnkretsnavn"]) == ("70", "Uoppgitt grunnkrets")
    for row in rows.values():
        ages = [name for name in row if name.startswith("alder_")]
        assert sum(int(row[name]) for name in ages) == int(row["bosatte"])
        assert row["skjult"] == ""
    assert sum(int(row["bosatte"]) for row in rows.values()) == sum(p[3] for p in PEOPLE)


def test_every_column_is_described_and_the_geopackage_has_the_same(tmp_path: Path) -> None:
    paths = write_all([made(PEOPLE)], tmp_path / "ut", more=extras())
    columns = list(next(iter(read(paths["grunnkretser.csv"]).values())))
    with paths["kolonner.csv"].open(encoding="utf-8", newline="") as file:
        told = {row["kolonne"]: row for row in csv.DictReader(file, delimiter=";")}
    assert list(told) == columns
    assert told["bosatte_nord"]["personer"] == "ja"
    assert told["areal_km2"]["enhet"] == "km²"
    layers = dict(pyogrio.list_layers(paths["geopackage"]))
    name = next(one for one in layers if "grunnkretser" in one and "tabell" not in one)
    found = pyogrio.read_dataframe(paths["geopackage"], layer=name)
    assert set(columns) - {"skjult"} <= set(found.columns)
    assert found.set_index("grunnkretsnummer")["bosatte"].to_dict() == {
        "32030101": 50, "32030202": 110,
    }  # fmt: skip
    assert found.crs.to_epsg() == 25832
    styles = pyogrio.read_dataframe(paths["geopackage"], layer="layer_styles")
    assert name in set(styles["f_table_name"])
    assert "Delt" in styles.set_index("f_table_name").loc[name, "styleQML"]
    page = paths["side"].read_text(encoding="utf-8")
    assert "ikke prøvd i ADV" in page
    assert "grunnkretser.csv" in page


def test_few_persons_are_empty_and_named(tmp_path: Path) -> None:
    few = [*PEOPLE, (20.0, 900.0, 10, 2), (1_500.0, 20.0, 10, 3)]
    result = made(few)
    paths = write_all([result], tmp_path / "ut", more=extras())
    rows = read(paths["grunnkretser.csv"])
    west = rows["32030101"]
    assert west["alder_6_12"] == ""
    assert "alder_6_12" in west["skjult"].split(",")
    hidden = {name for name, value in west.items() if value == "" and not name.startswith("areal")}
    assert set(west["skjult"].split(",")) == hidden - {"skjult"}
    # One empty number in a row of numbers with a known sum would tell itself.
    assert len([name for name in hidden if name.startswith(("alder", "bosatte"))]) > 1
    assert suppress(result).tables[0].hidden


def test_age_groups_are_the_planners_own_and_must_be_read() -> None:
    table = made(PEOPLE, nullvekst_aldersgrupper=["0-17", "18-66", "67-"]).tables[0].frame
    assert table.loc["sum", ["alder_0_17", "alder_18_66", "alder_67_pluss"]].tolist() == [
        80,
        100,
        50,
    ]
    gaps = made(PEOPLE, nullvekst_aldersgrupper=["0-5"]).tables[0].frame
    assert gaps.loc["sum", "alder_annen"] == 210
    with pytest.raises(ParameterError, match="aldersgruppe"):
        made(PEOPLE, nullvekst_aldersgrupper=["barn"])
