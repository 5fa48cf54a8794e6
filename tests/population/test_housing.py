"""The housing programme: who lives in new dwellings, and every fault of its rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.population.cohort import Rates, project
from askergeo.population.housing import (
    Programme,
    dwellings,
    flow_of,
    read_programme,
    removed_share,
    residents_in,
)
from askergeo.population.people import AGES, People
from askergeo.population.tables import DWELLINGS, SETTLED, residents_per_dwelling

PARAMETERS = load_parameters("prognose")


def _read(*rows: tuple[object, ...], area: list[int] | None = None) -> Programme:
    """Read rows of type, year, dwellings, probability and status, in area 0 if not told."""
    names = ["boligtype", "aar", "boliger", "sannsynlighet", "status"]
    frame = pd.DataFrame(rows, columns=names).assign(
        prosjekt_id=[f"P{k}" for k in range(len(rows))]
    )
    frame = frame.astype({"aar": "Int64", "boliger": "Int64", "sannsynlighet": "Float64"})
    places = np.array([0] * len(rows) if area is None else area)
    row = np.flatnonzero(places >= 0)
    return read_programme(
        frame, places[row], np.ones(len(row)), row, start=2026, parameters=PARAMETERS
    )


def test_residents_agree_with_the_table_row_by_row() -> None:
    rng = np.random.default_rng(4)
    table = residents_per_dwelling(PARAMETERS)
    built = rng.integers(0, 9, (3, 4, 6)).astype(float)
    made = residents_in(built, table, 2024, 2026, 30)
    expected = np.zeros((31, 3, AGES))
    for k in range(31):
        for area in range(3):
            for kind in range(4):
                for m in range(6):
                    since = 2026 + k - (2024 + m) - 1
                    if since >= 0:
                        people = table[kind, min(since, SETTLED)]
                        expected[k, area] += built[area, kind, m] * people
    np.testing.assert_allclose(made, expected, atol=1e-9)


def test_new_dwellings_hold_what_the_table_says_whatever_the_rates() -> None:
    table = residents_per_dwelling(PARAMETERS)
    built = np.zeros((2, 4, 3))
    built[1, 1] = [10.0, 0.0, 20.0]
    rng = np.random.default_rng(7)
    rates = Rates(
        rng.uniform(0.9, 1, AGES),
        rng.uniform(0, 0.05, (2, AGES)),
        rng.uniform(-0.3, 0.3, (2, AGES)),
    )
    residents = residents_in(built, table, 2026, 2026, 12)
    start = People(pd.RangeIndex(2), 2026, np.zeros((2, AGES)))
    made = project(start, rates, 12, flow=flow_of(residents, rates))
    np.testing.assert_allclose(made.count, residents, atol=1e-9)
    # By hand: the first ten are lived in from 1 January 2027 by 24.1 persons.
    assert made.count[0].sum() == 0
    assert made.count[1, 1].sum() == pytest.approx(10 * table[1, 0].sum())
    assert made.count[3, 1].sum() == pytest.approx(10 * table[1, 2].sum() + 20 * table[1, 0].sum())


def test_probability_is_the_rows_own_else_its_states() -> None:
    programme = _read(
        ("enebolig", 2027, 10, 60, "regulert"),
        ("enebolig", 2027, 10, None, "regulert"),
        ("enebolig", 2027, 10, None, None),
        ("enebolig", 2027, 10, None, "bygges"),
    )
    assert programme.rows["andel"].tolist() == [0.6, 0.75, 0.5, 1.0]
    assert "3 rader" in programme.guessed[0]
    assert "1 av dem har ingen status" in programme.guessed[0]


def test_alternatives_delay_and_doubt_what_is_not_being_built() -> None:
    programme = _read(("enebolig", 2027, 10, 80, "regulert"), ("smaahus", 2027, 10, 80, "bygges"))
    usual = dwellings(programme, 1, 2026, 2030)
    assert usual[0, :2, 1].tolist() == [8, 8]
    low = dwellings(programme, 1, 2026, 2030, factor=0.5, delay=2)
    assert low[0, 0].tolist() == [0, 0, 0, 4, 0]
    assert low[0, 1].tolist() == [0, 8, 0, 0, 0]
    high = dwellings(programme, 1, 2026, 2030, factor=5)
    assert high[0, 0, 1] == 10


@pytest.mark.parametrize(
    ("row", "rule", "homes"),
    [
        (("enebolig", None, 10, None, "bygges"), "program_uten_aar", 0),
        (("enebolig", 2027, None, None, "bygges"), "program_uten_antall", 0),
        (("hytte", 2027, 10, None, "bygges"), "program_type", 10),
        (("enebolig", 2024, 10, None, "bygges"), "program_forsinket", 10),
        (("enebolig", 2024, 10, None, None), "program_ferdig", 0),
        (("enebolig", 2024, 10, 100, "bygges"), "program_ferdig", 0),
        (("enebolig", 2027, -10, None, "bygges"), "program_riving", 0),
    ],
)
def test_faults_are_named_and_decided(row: tuple[object, ...], rule: str, homes: float) -> None:
    programme = _read(row)
    assert programme.faults["regel"].tolist() == [rule]
    assert programme.faults["rad"].str.startswith("P0 (").all()
    coming = dwellings(programme, 1, 2026, 2040)
    assert coming.sum() == pytest.approx(homes)


def test_a_completed_row_counts_among_the_past() -> None:
    programme = _read(("enebolig", 2024, 10, None, None))
    assert dwellings(programme, 1, 2020, 2025)[0, 0].tolist() == [0, 0, 0, 0, 10, 0]


def test_a_row_outside_every_area_is_told() -> None:
    programme = _read(("enebolig", 2027, 10, 100, "bygges"), area=[-1])
    assert programme.faults["regel"].tolist() == ["program_utenfor"]
    assert programme.rows.empty


def test_an_unknown_type_is_the_programmes_own_mix() -> None:
    programme = _read(
        ("enebolig", 2027, 30, 100, "bygges"),
        ("leilighet_liten", 2027, 10, 100, "bygges"),
        (None, 2027, 8, 100, "bygges"),
    )
    mix = programme.rows[list(DWELLINGS)].to_numpy()[2]
    assert mix.tolist() == [0.75, 0, 0, 0.25]


def test_demolition_is_a_share_of_what_is_left() -> None:
    programme = _read(
        ("enebolig", 2026, -10, 100, "bygges"), ("enebolig", 2027, -20, 100, "bygges"),
        ("enebolig", 2028, -90, 100, "bygges"), ("enebolig", 2026, -5, 100, "bygges"),
        area=[0, 0, 0, 1],
    )  # fmt: skip
    share = removed_share(programme, np.array([50.0, 0.0]), 4)
    assert share[:, 0].tolist() == [0.2, 0.5, 1.0, 0.0]
    assert share[:, 1].tolist() == [0, 0, 0, 0]
