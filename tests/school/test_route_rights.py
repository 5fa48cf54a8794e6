"""The limits of the law, what counties add, and pupils by their age."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askergeo.parameters import load_parameters
from askergeo.school.route_rights import (
    DETOUR,
    NO_RIGHT,
    NO_WAY,
    RIGHT,
    SAFE,
    UNKNOWN,
    UNSAFE,
    UNSURE,
    counted,
    near_limit,
    pupils_by_address,
    rights_of,
    safety_of,
)

INF, NAN = np.inf, np.nan
LAW = load_parameters("skoleveg")
TELEMARK = LAW.override({"skoleveg_tillegg_m": 50})
AGDER = LAW.override({"skoleveg_tillegg_per_2km_m": 25})


def all_grades(metres: float) -> np.ndarray:
    return np.full((1, 10), metres)


@pytest.mark.parametrize(
    ("metres", "first", "later"),
    [
        (2000.0, NO_RIGHT, NO_RIGHT),
        (2000.1, RIGHT, NO_RIGHT),
        (4000.0, RIGHT, NO_RIGHT),
        (4000.1, RIGHT, RIGHT),
        (INF, NO_WAY, NO_WAY),
        (NAN, UNKNOWN, UNKNOWN),
    ],
)
def test_the_law_gives_the_right_beyond_2_and_4_km(metres: float, first: int, later: int) -> None:
    found = rights_of(all_grades(metres), LAW)[0].tolist()
    assert found == [first] + [later] * 9


def test_counties_add_in_favour_of_the_pupil() -> None:
    # Telemark: 1960 + 50 m. Agder: 25 m for each 2000 m, so 1980 is 2004.75 and 3960 is 4009.5.
    assert rights_of(all_grades(1960.0), TELEMARK)[0, 0] == RIGHT
    assert rights_of(all_grades(1940.0), TELEMARK)[0, 0] == NO_RIGHT
    assert counted(np.array([1980.0]), AGDER) == pytest.approx([2004.75])
    assert rights_of(all_grades(3960.0), AGDER)[0].tolist() == [RIGHT] * 10
    assert rights_of(all_grades(3960.0), TELEMARK)[0, 1] == RIGHT
    assert rights_of(all_grades(3960.0), LAW)[0, 1] == NO_RIGHT


def test_near_the_limit_is_on_both_sides_of_it() -> None:
    near = [near_limit(all_grades(one), LAW)[0, 0] for one in (1949.0, 1950.0, 2050.0, 2051.0)]
    assert near == [False, True, True, False]
    assert not near_limit(all_grades(2000.0), LAW)[0, 1]
    assert not near_limit(all_grades(INF), LAW).any()
    assert not near_limit(all_grades(NAN), LAW).any()


@given(
    metres=st.floats(0, 10_000),
    limit=st.floats(100, 20_000),
    less=st.floats(0, 5_000),
    added=st.floats(0, 500),
)
def test_a_lower_limit_or_a_higher_addition_takes_the_right_from_nobody(
    metres: float, limit: float, less: float, added: float
) -> None:
    high = LAW.override({"skoleveg_grense_m": limit})
    low = LAW.override({"skoleveg_grense_m": max(limit - less, 100), "skoleveg_tillegg_m": added})
    had = rights_of(all_grades(metres), high) == RIGHT
    has = rights_of(all_grades(metres), low) == RIGHT
    assert (has[:, 1:] | ~had[:, 1:]).all()


def test_safety_is_asked_of_those_without_the_right_only() -> None:
    ways = np.column_stack([np.full(5, 1500.0), *[np.full(5, 1500.0)] * 9])
    known = np.tile([[1500.0], [1900.0], [2100.0], [2100.0], [INF]], 10)
    perhaps = np.tile([[1500.0], [1900.0], [1900.0], [2100.0], [INF]], 10)
    found = safety_of(rights_of(ways, LAW), ways, known, perhaps, LAW)
    assert found[:, 0].tolist() == [SAFE, DETOUR, UNSURE, UNSAFE, UNSAFE]
    # 2100 m is within the limit of the second grade.
    assert found[:, 1].tolist() == [SAFE, DETOUR, DETOUR, DETOUR, UNSAFE]
    far = all_grades(2500.0)
    assert safety_of(rights_of(far, LAW), far, far, far, LAW)[0].tolist() == [-1] + [SAFE] * 9


def residents(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"])


def test_a_child_of_6_on_1_january_is_in_the_first_grade() -> None:
    found = pupils_by_address(
        pd.Series(["a", "b", "b"]),
        residents(("a", 5, 7), ("a", 6, 2), ("b", 15, 3), ("b", 16, 9), ("borte", 8, 4)),
    )
    assert found.count[0].tolist() == [2] + [0] * 9
    assert found.count[1].tolist() == [0] * 9 + [3]
    # A repeated address does not repeat its residents; those without an address are kept.
    assert not found.count[2].any()
    assert found.elsewhere.tolist() == [0, 0, 4] + [0] * 7


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 120), st.integers(0, 50)),
        max_size=30,
    )
)
def test_no_child_of_school_age_is_lost(rows: list[tuple[str, int, int]]) -> None:
    found = pupils_by_address(pd.Series(["a", "b"]), residents(*rows))
    total = sum(count for _, age, count in rows if 6 <= age <= 15)
    assert found.count.sum() + found.elsewhere.sum() == total
