"""Numbers as a planner in Norway reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askergeo.numbers import HARD_SPACE, UNKNOWN, format_number


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (9999, 0, "9999"),
        (10_000, 0, "10_000"),
        (1_234_567.891, 2, "1_234_567,89"),
        (-98_765, 0, "−98_765"),
        (-0.0, 1, "0,0"),
        (-0.04, 1, "0,0"),
        (np.int64(12_345), 0, "12_345"),
        (np.float32(2.5), 1, "2,5"),
        (9999.9, 0, "10_000"),
        (-9999.9, 0, "−10_000"),
    ],
)
def test_writes_the_norwegian_way(value, decimals, text):
    assert format_number(value, decimals) == text.replace("_", HARD_SPACE)


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_unknown_is_never_zero(value):
    assert format_number(value, 1, unit="m") == UNKNOWN


def test_a_unit_never_comes_off_its_number():
    assert format_number(5, unit="m²") == f"5{HARD_SPACE}m²"


@given(st.integers(-(10**15), 10**15))
def test_no_digit_is_lost(number):
    text = format_number(number).replace(HARD_SPACE, "").replace("−", "-")
    assert int(text) == number
