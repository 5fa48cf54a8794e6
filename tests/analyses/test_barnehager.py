"""The balance of kindergartens: two districts by hand, and the example's own rows."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import barnehager as analysis
from askergeo.analyses._kindergarten_tables import NOWHERE, TOTAL, row_of
from askergeo.analyses.barnehager import barnehager
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.run import run
from tests.school.test_kindergarten import kindergartens

CRS = "EPSG:25832"


def frame(shapes: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def layers(children: dict[str, int]) -> dict[str, Any]:
    """Two districts with an address each, and so many children of each age from 1 to 5 there."""
    rows = [(one, age, number) for one, number in children.items() for age in range(1, 6)]
    return {
        "adresse": frame(
            [shapely.Point(50, 50), shapely.Point(150, 50), shapely.Point(950, 50)],
            adresse_id=["V", "O", "UTE"],
        ),
        "befolkning": pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"]),
        "skolekrets": frame(
            [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)],
            krets_id=["K1", "K2"],
            navn=["Vest", "Øst"],
            trinn=["barnetrinn"] * 2,
            skole_id=["S1", "S2"],
        ),
    }


GARDENS = kindergartens((40, 40, 60, "kommunal"), (60, 60, 40, "privat"), (150, 50, 30, "kommunal"))
SHARE = 0.748 + 0.936 + 0.965 + 0.971 + 0.975


def made(children: dict[str, int], gardens: gpd.GeoDataFrame = GARDENS, **changed: Any) -> Any:
    given = {"startaar": "2026"} | {name: str(value) for name, value in changed.items()}
    parameters = load_parameters("barnehage+prognose", given)
    return barnehager(gardens, **layers(children), parameters=parameters)


def test_places_are_held_against_the_children_of_the_first_year() -> None:
    result = made({"V": 20, "O": 10})
    balance = result.table("balanse").frame
    west, east = balance.loc[row_of("K1", 2025)], balance.loc[row_of("K2", 2025)]
    assert (west["barn"], east["barn"]) == (100, 50)
    assert west["hoved"] == pytest.approx(20 * SHARE)
    assert east["ledige"] == pytest.approx(30 - 10 * SHARE)
    assert (west["tilstand"], east["tilstand"]) == ("○ Ledige plasser", "▲ Flere barn enn plasser")
    whole = balance.loc[row_of(TOTAL, 2025)]
    assert whole["plasser"] == 130
    assert whole["hoved"] == pytest.approx(30 * SHARE)
    areas = result.table("omraader").frame
    assert areas.loc["K2", "full_hoved"] == "2025/26"
    assert areas.loc[TOTAL, ["plasser", "offentlig", "privat"]].tolist() == [130, 90, 40]
    assert "først Øst (2025/26)" in result.sentence
    # Half of the one-year-olds, and none of the rest.
    few = made(
        {"V": 20}, **{f"barnehage_andel_{age}": 50 if age == 1 else 0 for age in range(1, 6)}
    )
    assert few.table("balanse").frame.loc[row_of("K1", 2025), "hoved"] == pytest.approx(10)


def test_areas_sum_to_the_municipality_in_every_year_and_alternative() -> None:
    result = made({"V": 20, "O": 10}, boliger_hoy=2)
    balance = result.table("balanse").frame
    years = [label.rsplit("_", 1)[1] for label in balance.index if label.startswith(TOTAL)]
    assert len(years) == 21
    for year in years:
        parts = balance.loc[[row_of("K1", int(year)), row_of("K2", int(year))]]
        whole = balance.loc[row_of(TOTAL, int(year))]
        for column in ("barn", "hoved", "lav", "hoy"):
            assert whole[column] == pytest.approx(parts[column].sum())


def test_more_children_than_known_places_is_unknown_where_one_is_unknown() -> None:
    gardens = kindergartens((40, 40, 10, "kommunal"), (60, 60, None, None), (150, 50, 90, "privat"))
    result = made({"V": 20, "O": 10}, gardens)
    assert result.table("omraader").frame.loc["K1", "full_hoved"] == "ukjent"
    assert result.table("balanse").frame.loc[row_of("K1", 2025), "tilstand"].startswith("? Ukjent")
    assert "1 barnehage har ukjent antall plasser" in result.warnings[0]
    told = [one for one in result.findings if one.rule == "barnehage.data"]
    assert [one.row for one in told] == ["B1"]
    assert not [one for one in result.findings if one.rule == "barnehage.fullt"]


def test_what_lies_in_no_area_is_in_the_sum_and_named() -> None:
    gardens = pd.concat([GARDENS, kindergartens((950, 50, 25, "privat"), (0, 0, 8, "privat"))])
    gardens["barnehage_id"] = [f"B{number}" for number in range(len(gardens))]
    result = made({"V": 20, "O": 10}, gardens)
    areas = result.table("omraader").frame
    assert areas.loc[NOWHERE, "plasser"] == 33
    assert areas.loc[TOTAL, "plasser"] == 163
    assert any(
        "2 barnehager ligger ikke i noe område (33 plasser)" in one for one in result.warnings
    )
    assert {one.text for one in result.findings if one.rule == "barnehage.data"} == {
        "Barnehage 0: utenfor alle områdene.",
        "Barnehage 1: uten sted på kartet.",
    }


def test_few_children_are_hidden_with_what_tells_of_them() -> None:
    result = suppress(made({"V": 20}))
    rows = layers({"V": 20, "O": 1})
    rows["befolkning"] = rows["befolkning"][
        (rows["befolkning"]["adresse_id"] == "V") | (rows["befolkning"]["alder"] < 4)
    ]
    parameters = load_parameters("barnehage+prognose", {"startaar": "2026"})
    result = suppress(barnehager(GARDENS, **rows, parameters=parameters))
    table = result.table("balanse")
    own = row_of("K2", 2025)
    for column in ("barn", "hoved", "ledige", "dekning", "tilstand"):
        assert (own, column) in table.hidden, column
    assert (row_of("K1", 2025), "barn") in table.hidden  # else it follows from the sum
    drawn = result.layer("plasser_2025")
    assert "hoved" in drawn.columns
    assert pd.isna(drawn.frame.loc[own, "hoved"])
    assert not [one for one in result.findings if " 3 " in one.text]


def test_ages_that_nobody_has_are_told() -> None:
    rows = layers({"V": 20})
    rows["befolkning"] = rows["befolkning"][~rows["befolkning"]["alder"].isin([3, 4])]
    parameters = load_parameters("barnehage+prognose", {"startaar": "2026"})
    result = barnehager(GARDENS, **rows, parameters=parameters)
    assert "ingen på 3 og 4 år" in result.warnings[0]


def test_without_districts_or_units_nobody_is_placed() -> None:
    given = layers({"V": 20})
    del given["skolekrets"]
    parameters = load_parameters("barnehage+prognose", {"startaar": "2026"})
    with pytest.raises(LayerError):
        barnehager(GARDENS, **given, parameters=parameters)


def test_an_area_without_kindergarten_is_told_apart_from_one_that_is_full() -> None:
    result = made({"V": 20, "O": 10}, GARDENS.iloc[:2])
    assert "Ingen av 1 område med barnehage får flere barn enn plasser." in result.sentence
    assert result.sentence.endswith("1 område har barn, men ingen barnehage.")
    assert not [one for one in result.findings if one.rule == "barnehage.fullt"]
    (told,) = (one for one in result.findings if one.rule == "barnehage.ingen")
    assert told.text.endswith(": Øst.")
    assert result.table("omraader").frame.loc["K2", "full_hoved"] == "2025/26"


def test_areas_that_are_not_there_are_told() -> None:
    result = made({"V": 20}, barnehage_omraade="ungdomskrets")
    said = (
        "ikke skolekretser for ungdomstrinnet: tallene er vist etter skolekretser for barnetrinnet"
    )
    assert any(said in one for one in result.warnings)
    assert "K1" in result.table("omraader").frame.index


def test_the_example_counts_its_own_children_and_places(demo_folder: Any) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    result = run("barnehager", package)
    people = package.read("befolkning")
    young = people["alder"].between(1, 5)
    balance = result.table("balanse").frame
    first = balance[balance.index.str.startswith(TOTAL)].iloc[0]
    assert first["barn"] == people.loc[young, "antall"].sum()
    assert first["plasser"] == package.read("barnehage")["kapasitet"].sum()
    assert np.isfinite(balance["hoved"]).all()
    assert analysis.__all__ == ["barnehager"]
    larger = run("barnehager", package, overrides={"barnehage_omraade": "ungdomskrets"})
    whole = larger.table("balanse").frame
    assert whole.loc[first.name, "hoved"] == pytest.approx(first["hoved"])
    assert len(larger.table("omraader").frame) < len(result.table("omraader").frame)


def test_a_scenario_shows_when_areas_become_full_without_and_with_it() -> None:
    before, after = made({"V": 20, "O": 10}), made({"V": 20, "O": 10}, GARDENS.iloc[:2])
    more = before.compare(after)
    years = more.table("omraader").frame["full_hoved"]
    assert years["K1"] == "ikke i perioden"
    assert (
        made({"V": 20, "O": 10}).compare(before).table("omraader").frame.loc["K2", "full_hoved"]
        == "2025/26"
    )
    larger = pd.concat([GARDENS, kindergartens((150, 60, 400, "privat"))])
    larger["barnehage_id"] = [f"B{number}" for number in range(len(larger))]
    changed = before.compare(made({"V": 20, "O": 10}, larger))
    assert changed.table("omraader").frame.loc["K2", "full_hoved"] == "2025/26 → ikke i perioden"
    own = row_of("K2", 2025)
    assert changed.table("balanse").frame.loc[own, "tilstand"] == "○ Ledige plasser"
    assert changed.layer("plasser_2025").frame.loc[own, "tilstand"] == "○ Ledige plasser"
