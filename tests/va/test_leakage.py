"""Leakage by hand: unknown is unknown, and negative is told as it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.errors import LayerError
from askergeo.va.leakage import by_year, leakage, trends, unavoidable_l_s

# Two zones: A passes water on to B.
ROWS = [
    ("A", 2023, 100_000.0, 40_000.0, 30_000.0, 6_000.0, 1.0),
    ("B", 2023, 40_000.0, 0.0, 30_000.0, 0.0, None),
    ("A", 2024, 110_000.0, 45_000.0, 30_000.0, 6_000.0, 1.1),
    ("B", 2024, 45_000.0, 0.0, 30_000.0, 3_000.0, 0.5),
]
COLUMNS = ["sone_id", "aar", "inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3", "natt_l_s"]


def _meters(rows: list[tuple[object, ...]] | None = None) -> pd.DataFrame:
    return pd.DataFrame(ROWS if rows is None else rows, columns=COLUMNS)


def _row(found: pd.DataFrame, zone: str, year: int) -> pd.Series:
    return found[(found["sone_id"] == zone) & (found["aar"] == year)].iloc[0]


def test_two_zones_by_hand() -> None:
    found = leakage(
        _meters(),
        length_km=pd.Series({"A": 12.0}),
        connections=pd.Series({"A": 300.0}),
        pressure_m=50.0,
        night_l_h=1.7,
    )
    row = _row(found, "A", 2023)
    assert row["levert_m3"] == 60_000
    assert row["hoyst_m3"] == 30_000
    assert row["lekkasje_m3"] == 24_000
    assert row["andel"] == pytest.approx(0.4)
    assert row["l_s"] == pytest.approx(24_000_000 / (365 * 86_400))
    assert row["l_s_km"] == pytest.approx(row["l_s"] / 12)
    assert row["l_abonnent_d"] == pytest.approx(24_000_000 / 365 / 300)
    assert row["natt_lekkasje_l_s"] == pytest.approx(1.0 - 300 * 1.7 / 3600)
    assert row["ili"] == pytest.approx(24_000_000 / 365 / ((18 * 12 + 0.8 * 300) * 50))


def test_a_leap_year_has_a_day_more() -> None:
    row = _row(leakage(_meters()), "A", 2024)
    assert row["l_s"] == pytest.approx(29_000_000 / (366 * 86_400))


def test_what_nobody_knows_is_unknown() -> None:
    row = _row(leakage(_meters(), length_km=pd.Series({"A": 12.0})), "B", 2023)
    assert row["lekkasje_m3"] == 10_000
    for name in ("l_s_km", "l_abonnent_d", "natt_l_s", "natt_lekkasje_l_s", "ili"):
        assert np.isnan(row[name]), name


@pytest.mark.parametrize("column", ["inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3"])
def test_a_meter_that_is_missing_is_not_zero(column: str) -> None:
    meters = _meters()
    meters.loc[1, column] = np.nan
    found = leakage(meters)
    assert np.isnan(_row(found, "B", 2023)["lekkasje_m3"])
    assert np.isnan(_row(found, "B", 2023)["andel"])
    years = by_year(found).set_index("aar")
    assert np.isnan(years.loc[2023, "andel"])
    assert years.loc[2024, "andel"] == pytest.approx((29_000 + 12_000) / 110_000)
    assert np.isnan(leakage(meters.drop(columns=column))["lekkasje_m3"]).all()


def test_use_without_a_meter_that_is_unknown_leaves_the_most_it_can_be() -> None:
    meters = _meters()
    meters.loc[1, "umaalt_m3"] = np.nan
    assert _row(leakage(meters), "B", 2023)["hoyst_m3"] == 10_000


def test_the_zones_are_the_whole() -> None:
    """The water that runs on is counted once: the whole is what the first zone has."""
    found = by_year(leakage(_meters())).set_index("aar")
    assert found.loc[2023, "levert_m3"] == 100_000
    assert found.loc[2023, "lekkasje_m3"] == 34_000
    assert found.loc[2023, "andel"] == pytest.approx(0.34)


def test_a_zone_without_a_row_is_told() -> None:
    found = by_year(leakage(_meters(ROWS[:3]))).set_index("aar")
    assert found.loc[2024, "uten_rad"] == 1
    assert found.loc[2023, "uten_rad"] == 0


def test_negative_leakage_is_left_as_it_is() -> None:
    found = leakage(_meters([("A", 2024, 100.0, 0.0, 120.0, 0.0, None)]))
    assert found["lekkasje_m3"].item() == -20
    assert found["andel"].item() == pytest.approx(-0.2)


def test_a_share_of_nothing_is_unknown() -> None:
    found = leakage(_meters([("A", 2024, 100.0, 100.0, 0.0, 0.0, None)]))
    assert np.isnan(found["andel"].item())


def test_a_year_twice_is_refused() -> None:
    with pytest.raises(LayerError, match="sone A to ganger i 2023"):
        leakage(_meters([*ROWS, ROWS[0]]))


def test_the_trend_is_the_line_through_the_years() -> None:
    rows = [("A", 2020 + n, 1000.0, 0.0, 700.0 - 20 * n, 0.0, None) for n in range(4)]
    rows += [("B", 2020 + n, 1000.0, 0.0, 700.0, 0.0, None) for n in range(2)]
    found = trends(leakage(_meters(rows)))
    assert found["A"] == pytest.approx(2.0)
    assert np.isnan(found["B"])


def test_unavoidable_losses_of_the_published_formula() -> None:
    """Lambert: 18 l/km/day/m and 0.8 l/connection/day/m."""
    litres = unavoidable_l_s(np.array([1.0]), np.array([0.0]), 1.0) * 86_400
    assert litres[0] == pytest.approx(18)
    litres = unavoidable_l_s(np.array([0.0]), np.array([1.0]), 1.0) * 86_400
    assert litres[0] == pytest.approx(0.8)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(0, 1e6, allow_nan=False) for _ in range(4)]), min_size=1, max_size=8
    )
)
def test_every_drop_is_somewhere(amounts: list[tuple[float, float, float, float]]) -> None:
    """Delivered is metered, estimated and lost, in every zone and in all."""
    rows = [(f"Z{n}", 2024, *four, None) for n, four in enumerate(amounts)]
    found = leakage(_meters(rows))
    parts = found[["forbruk_m3", "umaalt_m3", "lekkasje_m3"]].sum(axis=1)
    np.testing.assert_allclose(parts, found["levert_m3"], atol=1e-3)
    year = by_year(found).iloc[0]
    whole = year["forbruk_m3"] + year["umaalt_m3"] + year["lekkasje_m3"]
    assert whole == pytest.approx(year["levert_m3"], abs=1e-2)
