"""Leakage as a planner sees it: tables, findings, chart and map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.va_lekkasje import va_lekkasje
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from askergeo.result import Result

CRS = "EPSG:25832"
COLUMNS = ["sone_id", "aar", "inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3", "natt_l_s"]


def _meters(**change: float) -> pd.DataFrame:
    rows = [
        ("A", 2023, 100_000.0, 40_000.0, 36_000.0, 0.0, np.nan),
        ("B", 2023, 40_000.0, 0.0, 30_000.0, 0.0, np.nan),
        ("A", 2024, 100_000.0, 40_000.0, 30_000.0, 0.0, 1.0),
        ("B", 2024, 40_000.0, 0.0, 32_000.0, 0.0, 0.3),
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for name, value in change.items():
        frame.loc[3, name] = value
    return frame


def _layers() -> dict[str, Any]:
    zones = gpd.GeoDataFrame(
        {"sone_id": ["A", "B", "C"], "navn": ["Åsen", None, "Tom"], "type": ["maalesone"] * 3},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000),
                  shapely.box(0, 1000, 1000, 2000)],
        crs=CRS,
    )  # fmt: skip
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": ["1", "2", "3", "4"],
            "type": ["vann", "vann", "spillvann", "vann"],
            "funksjon": ["hovedledning", "stikkledning", None, None],
            "status": ["i drift"] * 4,
        },
        # The first goes from one zone into the other.
        geometry=[shapely.LineString([(500, 500), (1750, 500)]),
                  shapely.LineString([(0, 10), (900, 10)]),
                  shapely.LineString([(0, 20), (900, 20)]),
                  shapely.LineString([(100, 100), (100, 600)])],
        crs=CRS,
    )  # fmt: skip
    # Six with municipal water, one without and one unknown in A; seven in B, five in C.
    places = [(n, n) for n in range(1, 9)]
    places += [(1500 + n, 4) for n in range(7)] + [(n, 1500) for n in range(5)]
    ids = [f"a{n}" for n in range(len(places))]
    addresses = gpd.GeoDataFrame(
        {"adresse_id": ids}, geometry=gpd.points_from_xy(*zip(*places, strict=True)), crs=CRS
    )
    water = [*[True] * 6, False, *[True] * 12]
    register = pd.DataFrame(
        {"adresse_id": [*ids[:7], *ids[8:]], "vann": pd.array(water, dtype="boolean")}
    )
    return {
        "va_sone": zones, "va_ledning": pipes, "adresse": addresses, "va_tilknytning": register,
    }  # fmt: skip


def _run(meters: pd.DataFrame, layers: dict[str, Any] | None = None, **values: str) -> Result:
    parameters = load_parameters("va_hydraulikk.va_lekkasje+va_nett", values)
    return va_lekkasje(meters, **(_layers() if layers is None else layers), parameters=parameters)


def test_the_sentence_states_the_national_share() -> None:
    found = _run(_meters())
    assert "38,0 % av vannet som ble levert i 2024 lekket ut (38" in found.sentence
    assert "Mest lekker det i Åsen" in found.sentence


def test_pipes_and_connections_are_those_inside_the_zone() -> None:
    table = _run(_meters()).table("soner").frame
    # 500 m of the main and 500 m without a known function; the service pipe is no main.
    assert table.loc["A", "km"] == pytest.approx(1.0)
    assert table.loc["B", "km"] == pytest.approx(0.75)
    assert table.loc["A", "abonnenter"] == 6
    assert table.loc["A", "ukjente"] == 1
    assert table.loc["B", "abonnenter"] == 7
    assert table.loc["A", "l_s_km"] == pytest.approx(30_000_000 / (366 * 86_400))


def test_without_other_layers_the_shares_stand_and_the_rest_is_unknown() -> None:
    found = _run(_meters(), {})
    table = found.table("soner").frame
    assert table.loc["A", "prosent"] == pytest.approx(50.0)
    assert table[["km", "abonnenter", "l_s_km", "l_abonnent_d"]].isna().all().all()
    assert found.layers == ()


def test_negative_leakage_is_a_fault_of_a_meter() -> None:
    found = _run(_meters(forbruk_m3=50_000.0))
    told = [one for one in found.findings if one.rule == "va_lekkasje.negativ"]
    assert [one.row for one in told] == ["B 2024"]
    assert "10" in told[0].text
    assert any("negativ lekkasje" in one for one in found.warnings)
    assert found.table("soner").frame.loc["B", "lekkasje_m3"] == -10_000
    layer = found.layer("lekkasje_soner").frame
    assert layer.loc["B", "klasse"] == "Under 0 %: målerfeil"


def test_more_out_than_in_is_told() -> None:
    found = _run(_meters(ut_m3=60_000.0))
    rules = {one.rule for one in found.findings}
    assert "va_lekkasje.ut_over_inn" in rules


def test_a_missing_meter_makes_the_sum_unknown_and_is_told() -> None:
    found = _run(_meters(forbruk_m3=np.nan))
    years = found.table("aar").frame
    assert np.isnan(years.loc["2024", "lekkasje_m3"])
    assert years.loc["2023", "lekkasje_m3"] == 34_000
    assert any("Tomt er ikke null" in one for one in found.warnings)
    assert "2023" in found.sentence
    assert found.layer("lekkasje_soner").frame.loc["B", "klasse"] == "Ukjent"


def test_nothing_known_at_all_is_said() -> None:
    assert "ukjent" in _run(_meters().drop(columns="forbruk_m3")).sentence


def test_zones_without_a_meter_and_meters_without_a_zone_are_told() -> None:
    layers = _layers()
    layers["va_sone"] = layers["va_sone"].iloc[1:]
    told = {(one.rule, one.row) for one in _run(_meters(), layers).findings}
    assert ("va_lekkasje.ukjent_sone", "A") in told
    assert ("va_lekkasje.sone_uten_maaling", "C") in told


def test_high_leakage_is_told_and_low_is_not() -> None:
    told = [one.row for one in _run(_meters()).findings if one.rule == "va_lekkasje.hoy"]
    assert told == ["A 2024"]


def test_a_zone_whose_night_is_unlike_is_told_once() -> None:
    meters = _meters()
    meters["natt_l_s"] = [9.0, np.nan, 9.0, np.nan]
    (told,) = (one for one in _run(meters).findings if one.rule == "va_lekkasje.natt_avvik")
    assert told.row == "A 2024"
    assert "ulike også i 2023" in told.text


def test_the_index_needs_a_pressure() -> None:
    without = _run(_meters())
    for name in ("soner", "soner_aar"):
        assert "ili" not in without.table(name).columns
    table = _run(_meters(), va_lekkasje_trykk_m="50").table("soner").frame
    litres = 30_000_000 / 366
    assert table.loc["A", "ili"] == pytest.approx(litres / ((18 * 1 + 0.8 * 6) * 50))


def test_the_chart_draws_where_the_water_goes() -> None:
    (chart,) = _run(_meters()).charts
    frame = _run(_meters()).table("aar").frame
    np.testing.assert_allclose(frame[list(chart.columns)].sum(axis=1), frame["levert_m3"])


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(LayerError, match="tomt"):
        _run(_meters().iloc[:0])


def _few(layers: dict[str, Any], zone: str, left: int) -> dict[str, Any]:
    """Take customers out of a zone until so many are left."""
    shape = layers["va_sone"].set_index("sone_id").geometry[zone]
    inside = layers["adresse"][layers["adresse"].intersects(shape)]
    gone = set(inside["adresse_id"].iloc[left:])
    kept = layers["adresse"][~layers["adresse"]["adresse_id"].isin(gone)]
    return {**layers, "adresse": kept}


def _third(meters: pd.DataFrame) -> pd.DataFrame:
    rows = [("C", year, 50_000.0, 0.0, 41_000.0, 0.0, np.nan) for year in (2023, 2024)]
    return pd.concat([meters, pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True)


def _told(result: Result) -> str:
    """All that a reader sees: sentence, tables, map, findings, warnings."""
    frames = [one.frame.to_csv() for one in result.tables]
    frames += [pd.DataFrame(one.frame.drop(columns="geometry")).to_csv() for one in result.layers]
    words = [one.text for one in result.findings]
    return "\n".join([result.sentence, *frames, *words, *result.warnings])


def test_what_a_household_uses_is_hidden_everywhere() -> None:
    meters = _third(_meters(forbruk_m3=31_999.0, natt_l_s=0.71))
    result = _run(meters, _few(_layers(), "B", 1))
    found = result.table("soner").frame
    # C has fewest customers of the others: without it the sum less A would tell of B.
    assert found.loc[["B", "C"], "lekkasje_m3"].isna().all()
    assert found.loc["A", "lekkasje_m3"] == 30_000
    assert result.layer("lekkasje_soner").frame.loc["B", "klasse"] == "Skjult: få abonnenter"
    for figure in ("31999", "31 999", "8001", "8 001", "0.71", "0,71", "20.0", "20,0"):
        assert figure not in _told(result), figure
    years = result.table("soner_aar")
    assert {("B_2024", "forbruk_m3"), ("A_2024", "ut_m3")} <= years.hidden
    assert years.frame.loc["A_2024", "levert_m3"] == 60_000
    assert ":" in years.note


def test_the_sum_of_the_year_does_not_give_a_zone_away() -> None:
    result = _run(_third(_meters()), _few(_layers(), "B", 4))
    assert result.table("soner").frame["lekkasje_m3"].isna().to_dict() == {
        "A": False, "B": True, "C": True,
    }  # fmt: skip
    assert result.table("aar").frame.loc["2024", "lekkasje_m3"] == pytest.approx(47_000)
    # With nothing else to hide behind, the sum goes.
    alone = _run(_meters().iloc[[3]], _few(_layers(), "B", 4))
    assert alone.table("aar").frame["lekkasje_m3"].isna().all()
    assert "vises ikke" in alone.sentence
    assert alone.charts == ()
    assert any("Summen for 2024 er skjult" in one for one in alone.warnings)


def test_five_customers_are_enough() -> None:
    result = _run(_meters(), _few(_layers(), "B", 5))
    assert result.table("soner").hidden == frozenset()


def test_unknown_customers_are_said() -> None:
    layers = _layers()
    del layers["va_tilknytning"]
    assert any("ukjent i 2 soner" in one for one in _run(_meters(), layers).warnings)
    assert not any("deles" in one for one in _run(_meters()).warnings)
