"""Fire water on a street drawn by hand, and distances against brute force."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.analyses import find
from askergeo.parameters import load_parameters
from askergeo.va.firewater import BASES, fire_water, outlets_of

P = load_parameters(find("va_brannvann").parameters)
MISSING, UNKNOWN, HAS = range(3)


def nodes(at: list[tuple[float, float]], l_s: list[float | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "node_id": [f"h{one}" for one in range(len(at))],
            "type": "hydrant",
            "kapasitet_l_s": np.array(l_s, dtype=float),
        },
        geometry=[shapely.Point(one) for one in at],
        crs="EPSG:25832",
    )


def pipes(*rows: tuple[float, float, float | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "ledning_id": [str(one) for one in range(len(rows))],
            "type": "vann",
            "dimensjon_mm": np.array([one[2] for one in rows], dtype=float),
        },
        geometry=[shapely.LineString([(one[0], 0), (one[1], 0)]) for one in rows],
        crs="EPSG:25832",
    )


def houses(at: list[tuple[float, float]], kinds: list[int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"bygning_id": range(len(at)), "bygningstype": kinds},
        geometry=[shapely.Point(one) for one in at],
        crs="EPSG:25832",
    )


def test_a_house_needs_one_outlet_near_and_a_block_two() -> None:
    outlets = outlets_of(nodes([(0, 0), (60, 0)], [30, 30]), None, P)
    found = fire_water(
        houses([(0, 50), (0, 51), (-50, 0), (-51, 0), (0, 0)], [111, 111, 146, 146, 181]),
        outlets,
        P,
    )
    assert found.row.tolist() == [0, 1, 2, 3]
    assert found.needs_l_s.tolist() == [20, 20, 50, 50]
    assert found.answer.tolist() == [HAS, MISSING, HAS, MISSING]
    assert outlets.next_m.tolist() == [60, 60]


@pytest.mark.parametrize(
    ("litres", "kind", "answer"),
    [
        (20, 111, HAS),
        (19.9, 111, MISSING),
        (None, 111, UNKNOWN),
        (49, 146, HAS),
        (20, 146, MISSING),
    ],
)
def test_what_was_measured_goes_first(litres: float | None, kind: int, answer: int) -> None:
    at = [(0, 0), (10, 0)] if kind == 146 else [(0, 0)]
    measured = [litres, 1.0] if kind == 146 else [litres]
    outlets = outlets_of(nodes(at, measured), None, P)
    assert fire_water(houses([(0, 5)], [kind]), outlets, P).answer.tolist() == [answer]


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([(-500, 500, 150)], HAS),
        ([(-500, 500, 100)], MISSING),
        ([(-90, 5, 100), (-500, -90, 150)], HAS),
        ([(-500, 500, None)], UNKNOWN),
        ([(-500, 500, 100), (0, 50, None)], UNKNOWN),
    ],
)
def test_else_by_the_pipe(rows: list[tuple[float, float, float | None]], answer: int) -> None:
    outlets = outlets_of(nodes([(0, 0)], [None]), pipes(*rows), P)
    assert fire_water(houses([(0, 5)], [111]), outlets, P).answer.tolist() == [answer]
    assert BASES[outlets.basis[0]] == ("Ukjent" if answer == UNKNOWN else "Etter dimensjon")


def test_a_dimension_never_tells_that_there_are_50_litres() -> None:
    outlets = outlets_of(nodes([(0, 0), (9, 0)], [None, None]), pipes((-500, 500, 300)), P)
    assert fire_water(houses([(0, 5)], [146]), outlets, P).answer.tolist() == [UNKNOWN]


def test_distances_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(4)
    at, where = rng.uniform(0, 400, (40, 2)), rng.uniform(0, 400, (200, 2))
    outlets = outlets_of(nodes([tuple(one) for one in at], [20.0] * 40), None, P)
    found = fire_water(houses([tuple(one) for one in where], [111] * 200), outlets, P)
    every = np.hypot(*(where[:, None] - at[None]).transpose(2, 0, 1))
    assert found.nearest_m == pytest.approx(every.min(axis=1))
    assert found.within.tolist() == (every <= 50).sum(axis=1).tolist()


def test_without_outlets_every_building_lacks() -> None:
    found = fire_water(houses([(0, 0)], [111]), outlets_of(nodes([], []), None, P), P)
    assert found.answer.tolist() == [MISSING]
    assert np.isinf(found.nearest_m).all()


def test_an_unmeasured_outlet_may_give_what_the_measured_one_lacks() -> None:
    outlets = outlets_of(nodes([(0, 0), (9, 0)], [40, None]), pipes((-500, 500, 100)), P)
    assert fire_water(houses([(0, 5)], [146]), outlets, P).answer.tolist() == [UNKNOWN]


def test_the_second_outlet_of_a_block_may_be_as_far_as_outlets_are_apart() -> None:
    far = outlets_of(nodes([(0, 0), (151, 0)], [30, 30]), None, P)
    assert fire_water(houses([(0, 0), (1, 0)], [146, 146]), far, P).answer.tolist() == [
        MISSING,
        HAS,
    ]
