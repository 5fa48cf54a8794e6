"""What must always be true of the traffic that growth brings."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.parameters import load_parameters
from askergeo.transport.access import CLASSES
from askergeo.transport.trips import QUANTITIES, traffic

PARAMETERS = load_parameters("trafikk+prognose")
KM = ["km_dogn_lav", "km_dogn_middels", "km_dogn_hoy"]
amounts = st.lists(
    st.floats(-500, 5_000, allow_nan=False), min_size=len(QUANTITIES), max_size=len(QUANTITIES)
)
classes = st.sampled_from([*CLASSES, "ukjent"])


def frame(rows: list[list[float]], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(QUANTITIES), dtype=float).assign(klasse=names)


@settings(max_examples=40, deadline=None)
@given(amounts, classes)
def test_low_is_no_more_than_middle_and_middle_no_more_than_high(
    row: list[float], name: str
) -> None:
    low, middle, high = traffic(frame([row], [name]), PARAMETERS)[KM].iloc[0]
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    assert low <= middle + slack
    assert middle <= high + slack


@settings(max_examples=40, deadline=None)
@given(amounts, classes, st.integers(0, len(QUANTITIES) - 1), st.floats(0, 1_000))
def test_more_growth_is_never_less_driving(
    row: list[float], name: str, which: int, more: float
) -> None:
    larger = row.copy()
    larger[which] += more
    found = traffic(frame([row, larger], [name, name]), PARAMETERS)[KM].to_numpy()
    assert (found[1] >= found[0] - 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(amounts)
def test_a_poorer_class_is_never_less_driving(row: list[float]) -> None:
    more = [abs(one) for one in row]
    found = traffic(frame([more] * len(CLASSES), list(CLASSES)), PARAMETERS)[KM].to_numpy()
    assert (np.diff(found, axis=0) >= -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(amounts, classes, st.lists(st.floats(0.01, 1), min_size=2, max_size=5))
def test_parts_sum_to_the_whole(row: list[float], name: str, weights: list[float]) -> None:
    shares = np.array(weights) / sum(weights)
    parts = frame([[share * one for one in row] for share in shares], [name] * len(shares))
    whole = traffic(frame([row], [name]), PARAMETERS)[KM].to_numpy()[0]
    np.testing.assert_allclose(
        traffic(parts, PARAMETERS)[KM].sum().to_numpy(), whole, rtol=1e-9, atol=1e-6
    )


def test_nothing_gives_nothing() -> None:
    found = traffic(frame([[0.0] * len(QUANTITIES)], ["ukjent"]), PARAMETERS)
    assert (found.to_numpy() == 0).all()
