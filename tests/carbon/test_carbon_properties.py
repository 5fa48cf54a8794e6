"""What must be so for any conversions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.carbon import change, load_factors, propagate, sample, stock

FACTORS = load_factors()
MINERAL = ["skog", "skog_bar_hoy", "skog_lauv_lav", "dyrka", "beite", "apen_fastmark"]
ORGANIC = ["myr", "torvskog_rik", "dyrka_organisk", "beite_organisk", "torvuttak"]
BUILT = ["bebygd", "bebygd_tett", "bebygd_gront", "bebygd_trer"]
PAIRS = [
    (before, after)
    for group in (MINERAL, ORGANIC)
    for before in group
    for after in [*BUILT, *(one for one in group if "skog" not in one), before]
]

conversions = st.lists(
    st.tuples(
        st.sampled_from(PAIRS),
        st.floats(0, 1e5),
        st.floats(0, 5),
        st.sampled_from(["graves_ut", "dreneres"]),
    ),
    max_size=8,
).map(
    lambda rows: pd.DataFrame(
        [(*pair, area, depth, peat) for pair, area, depth, peat in rows],
        columns=["fra", "til", "areal_daa", "torvdybde_m", "torv"],
    ).astype({"areal_daa": "float64", "torvdybde_m": "float64"})
)
quick = settings(max_examples=20, deadline=None)


def run(frame, **options):
    return change(frame, FACTORS, **{"mineral_soil": "spodisk", **options})


@quick
@given(conversions, st.floats(0, 100), st.integers(1, 120))
def test_linear_in_area(frame, factor, years):
    scaled = run(frame.assign(areal_daa=frame["areal_daa"] * factor), years=years)
    expected = run(frame, years=years).rows["sum_t"] * factor
    assert scaled.rows["sum_t"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-6)


@quick
@given(conversions, st.integers(1, 120))
def test_paths_and_parts_sum_to_the_totals(frame, years):
    result = run(frame, years=years)
    size = np.abs(result.paths.to_numpy()).sum() + 1
    rows = result.rows["sum_t"].to_numpy()
    assert result.paths.sum(axis=1).to_numpy() == pytest.approx(rows, abs=1e-9 * size)
    by_row = result.parts.groupby("rad")["sum_t"].sum().reindex(result.rows.index, fill_value=0.0)
    assert by_row.to_numpy() == pytest.approx(rows, abs=1e-9 * size)
    assert result.path["samlet_t"].iloc[-1] == pytest.approx(result.total, abs=1e-9 * size)
    once, yearly = result.rows["engang_t"].sum(), result.rows["per_aar_t"].sum()
    assert result.path["engang_t"].sum() == pytest.approx(once, abs=1e-9 * size)
    assert result.path["per_aar_t"].sum() == pytest.approx(yearly, abs=1e-9 * size)


@quick
@given(conversions, st.integers(1, 60))
def test_a_longer_path_begins_as_a_shorter(frame, years):
    short, long = run(frame, years=years), run(frame, years=years + 40)
    assert long.paths.to_numpy()[:, :years] == pytest.approx(short.paths.to_numpy(), abs=1e-6)


@pytest.mark.parametrize("name", [*MINERAL, *ORGANIC, *BUILT, "vann", "bart_fjell"])
def test_no_conversion_means_zero(name):
    result = run(pd.DataFrame({"fra": [name], "til": [name], "areal_ha": [7.0]}))
    assert result.total == 0
    assert (result.paths.to_numpy() == 0).all()
    assert result.used == ()


@settings(max_examples=10, deadline=None)
@given(conversions)
def test_uncertainty_is_never_negative_and_holds_the_value(frame):
    result = run(frame)
    found = propagate(result)
    assert found.low <= found.value <= found.high
    assert found.half_width >= 0
    assert found.shares.between(0, 1).all()
    assert sample(result, draws=100).half_width >= 0


@quick
@given(conversions)
def test_the_order_of_rows_is_irrelevant(frame):
    turned = run(frame.iloc[::-1]).rows.loc[frame.index, "sum_t"]
    assert turned.to_numpy() == pytest.approx(run(frame).rows["sum_t"].to_numpy(), abs=1e-9)


@pytest.mark.parametrize("before", MINERAL)
@pytest.mark.parametrize("after", BUILT)
def test_what_is_emitted_from_mineral_soil_is_what_the_stocks_differ_by(before, after):
    """The change reckoned another way: stock before less stock after, where both are known."""
    one = {"areal_ha": [1.0]}
    first = stock(pd.DataFrame({"klasse": [before], **one}), FACTORS, mineral_soil="hac")
    last = stock(pd.DataFrame({"klasse": [after], **one}), FACTORS, mineral_soil="hac")
    left = last["sum_t_co2"].iloc[0]
    if after in {"bebygd", "bebygd_tett"}:
        left = first["mineraljord_t_c"].iloc[0] * 0.8 * 44 / 12
    pair = pd.DataFrame({"fra": [before], "til": [after], **one})
    total = change(pair, FACTORS, mineral_soil="hac").total
    assert total == pytest.approx(first["sum_t_co2"].iloc[0] - left)
