"""Back-tests by hand, and on SSB's real years for the three municipalities that became Asker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.errors import LayerError, ParameterError
from askergeo.population.backtest import (
    Series,
    backtest,
    beaten,
    last_year,
    linear_trend,
    make_series,
)
from askergeo.population.people import AGES

GROUPS = {"6–7 år": (6, 7)}


def series(*values: tuple[float, float]) -> Series:
    """One area with so many of age 6 and 7 in the years from 2000."""
    count = np.zeros((len(values), 1, AGES))
    count[:, 0, 6:8] = values
    return Series(pd.Index(["A"]), np.arange(2000, 2000 + len(values)), count)


def test_measures_by_hand() -> None:
    known = series((10, 20), (12, 20), (14, 20), (20, 10), (30, 30))

    def fixed(seen: Series, ahead: int) -> np.ndarray:
        assert seen.years[-1] == 2002
        count = np.zeros((ahead, 1, AGES))
        count[:, 0, 6:8] = [[19, 13], [30, 27]]
        return count

    rows = beaten(backtest(known, fixed, until=2002, horizon=9, groups=GROUPS))
    first, second = rows.iloc[0], rows.iloc[1]
    assert rows["horisont"].tolist() == [1, 2]
    assert rows["aar"].tolist() == [2003, 2004]
    # 2003: errors −1 and +3 of 30; as last year (14, 20): −6 and +10; trend (16, 20): −4 and +10.
    assert first["faktisk"] == 30
    assert first["modell_mae"] == 2.0
    assert first["modell_mape"] == pytest.approx(100 * 4 / 30)
    assert first["modell_bias"] == pytest.approx(100 * 2 / 30)
    assert (first["i_fjor_mae"], first["trend_mae"]) == (8.0, pytest.approx(7.0))
    assert (first["beste"], first["beste_mae"]) == ("trend", pytest.approx(7.0))
    assert first["forbedring"] == pytest.approx(100 * (1 - 2 / 7))
    # 2004: 0 and −3 of 60; last year −16 and −10; trend (18, 20): −12 and −10.
    assert (second["modell_mae"], second["modell_sum"]) == (1.5, 57.0)
    assert second["beste_mae"] == pytest.approx(11.0)


def test_naive_forecasts() -> None:
    known = series((10, 9), (12, 6), (14, 3))
    assert last_year(known, 2)[:, 0, 6:8].tolist() == [[14, 3], [14, 3]]
    # On a line the trend goes on; it never becomes less than nobody.
    assert linear_trend(known, 3)[:, 0, 6:8] == pytest.approx(np.array([[16, 0], [18, 0], [20, 0]]))
    # Least squares against numpy's own.
    random = np.random.default_rng(4).uniform(50, 90, (7, 2, AGES))
    noisy = Series(pd.Index(["A", "B"]), np.arange(2000, 2007), random)
    slope, start = np.polyfit(np.arange(7), random.reshape(7, -1), 1)
    expected = start + slope * np.array([[7], [8]])
    assert linear_trend(noisy, 2).reshape(2, -1) == pytest.approx(expected)


def test_the_forecast_sees_nothing_later_and_the_whole_is_a_sum() -> None:
    random = np.random.default_rng(1).uniform(50, 90, (6, 2, AGES))
    known = Series(pd.Index(["A", "B"]), np.arange(2000, 2006), random)
    seen = []

    def model(given: Series, ahead: int) -> np.ndarray:
        seen.append(given.years.tolist())
        return last_year(given, ahead) + 1

    rows = backtest(known, model, until=2003, horizon=4, whole="I alt")
    assert seen == [[2000, 2001, 2002, 2003]]
    assert rows["horisont"].max() == 2
    table = rows.pivot_table(index=["gruppe", "aar"], columns="omraade", values="modell_sum")
    assert table["I alt"].to_numpy() == pytest.approx((table["A"] + table["B"]).to_numpy())


def test_years_that_cannot_be_tested_are_named() -> None:
    known = series((1, 2), (1, 2), (1, 2), (1, 2))
    for until in (2003, 2000, 1990):
        with pytest.raises(ParameterError, match="2000–2003"):
            backtest(known, last_year, until=until, horizon=2)


def test_a_series_must_be_whole() -> None:
    rows = pd.DataFrame(
        {
            "omraade_id": ["A", "A", "B", "A"],
            "aar": [2001, 2002, 2001, 2002],
            "alder": [5, 110, 5, 105],
            "antall": [3, 4, 5, 6],
        }
    )
    with pytest.raises(LayerError, match="2002 for område B"):
        make_series(rows)
    made = make_series(rows[rows["omraade_id"] == "A"])
    # Ages past the last are counted in it; an age without a row has nobody.
    assert made.count[1, 0, AGES - 1] == 10
    assert made.count.sum() == 13
    with pytest.raises(LayerError, match="ingen rader"):
        make_series(rows.iloc[:0])
