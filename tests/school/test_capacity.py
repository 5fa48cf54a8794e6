"""Places by school, stage and year: published figures, hand-solved cases, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.school.capacity import capacity

YEARS = np.arange(2025, 2036)


def places(schools, measures=None, **overrides):
    frame = pd.DataFrame({"navn": schools["skole_id"], **schools})
    steps = None if measures is None else pd.DataFrame(measures)
    return capacity(frame, steps, years=YEARS, parameters=load_parameters("skole", overrides))


def column(found, school, stage=0):
    return found.places[:, list(found.schools.index).index(school), stage]


def one(**more):
    return {name: [value] for name, value in {"skole_id": "A", **more}.items()}


PRIMARY = one(trinn_fra=1, trinn_til=7, paralleller=2)


def test_hvalstad_with_four_parallels_has_the_784_places_that_asker_publishes():
    found = places(one(trinn_fra=1, trinn_til=7, paralleller=4))
    assert set(column(found, "A")) == {784.0}
    assert set(column(found, "A", 1)) == {0.0}


def test_the_1600_empty_places_are_8_2_parallels():
    found = places(one(trinn_fra=1, trinn_til=7, paralleller=1))
    assert round(1600 / column(found, "A")[0], 1) == 8.2


def test_half_parallels_and_the_ungdomstrinn():
    found = places(one(trinn_fra=8, trinn_til=10, paralleller=1.5))
    assert found.places[0, 0].tolist() == [0.0, 135.0]


def test_the_municipalitys_own_number_goes_first_and_a_combined_school_shares_it():
    found = places(one(trinn_fra=1, trinn_til=10, paralleller=2, kapasitet=572))
    # 2 × 7 × 28 = 392 and 2 × 3 × 30 = 180, which are 572.
    assert found.places[0, 0].tolist() == [392.0, 180.0]
    found = places(one(trinn_fra=1, trinn_til=10, kapasitet=901))
    # 901 × 196 / 286 = 617.5: the two are whole and add up.
    assert found.places[0, 0].sum() == 901
    assert found.places[0, 0, 0] in (617.0, 618.0)


def test_places_in_special_units_are_kept_apart():
    found = places({**PRIMARY, "spesialplasser": [20]})
    assert column(found, "A")[0] == 392
    assert found.special[0, 0] == 20


def test_group_sizes_are_parameters():
    assert column(places(PRIMARY, gruppe_barnetrinn="25"), "A")[0] == 2 * 7 * 25


def test_a_pavilion_is_there_in_its_years_and_an_extension_from_its_autumn_on():
    found = places(
        PRIMARY,
        {
            "tiltak_id": ["p", "u"],
            "skole_id": ["A", "A"],
            "type": ["paviljong", "utvidelse"],
            "plasser": [56, None],
            "paralleller": [None, 1.0],
            "fra_aar": [2026, 2028],
            "til_aar": [2027, None],
            "status": ["vedtatt", "vedtatt"],
        },
    )
    assert column(found, "A").tolist() == [392, 448, 448] + [392 + 196] * 8


@pytest.mark.parametrize(
    ("statuses", "expected"), [("vedtatt", 392), ("vedtatt,planlagt", 492), ("mulig", 592)]
)
def test_the_status_decides_what_counts(statuses, expected):
    measures = {
        "tiltak_id": ["a", "b"],
        "skole_id": ["A", "A"],
        "type": ["utvidelse", "utvidelse"],
        "plasser": [100, 200],
        "fra_aar": [2025, 2025],
        "status": ["planlagt", "mulig"],
    }
    found = places(PRIMARY, measures, tiltak_status=statuses)
    assert column(found, "A")[0] == expected


def test_a_closing_takes_all_places_from_its_autumn_and_a_year_in_the_row_does_too():
    closing = {
        "tiltak_id": ["n"],
        "skole_id": ["A"],
        "type": ["nedlegging"],
        "fra_aar": [2030],
        "status": ["vedtatt"],
    }
    assert column(places(PRIMARY, closing), "A").tolist() == [392] * 5 + [0] * 6
    assert column(places({**PRIMARY, "til_aar": [2029]}), "A").tolist() == [392] * 5 + [0] * 6


@pytest.mark.parametrize(("status", "expected"), [("vedtatt", 784), ("mulig", 0)])
def test_a_new_school_is_there_when_its_measure_says_so_and_counts_once(status, expected):
    measure = {
        "tiltak_id": ["ny"],
        "skole_id": ["A"],
        "type": ["ny_skole"],
        "paralleller": [4.0],
        "fra_aar": [2030],
        "status": [status],
    }
    own = places(one(trinn_fra=1, trinn_til=7, paralleller=4), measure)
    of_measure = places(one(trinn_fra=1, trinn_til=7), measure)
    for found in (own, of_measure):
        assert column(found, "A").tolist() == [0] * 5 + [expected] * 6


def test_a_measure_of_one_stage_gives_places_there_only_and_may_bring_the_stage():
    measure = {
        "tiltak_id": ["u"],
        "skole_id": ["A"],
        "type": ["utvidelse"],
        "trinn": ["ungdomstrinn"],
        "paralleller": [2.0],
        "fra_aar": [2030],
        "status": ["vedtatt"],
    }
    found = places(PRIMARY, measure)
    assert set(column(found, "A")) == {392.0}
    assert column(found, "A", 1).tolist() == [0] * 5 + [180] * 6


def test_what_is_not_known_is_unknown_and_not_zero():
    found = places(one(trinn_fra=1, trinn_til=7))
    assert np.isnan(column(found, "A")).all()
    assert found.faults["regel"].tolist() == ["skole.uten_kapasitet"]
    without = {
        "tiltak_id": ["u"],
        "skole_id": ["A"],
        "type": ["utvidelse"],
        "fra_aar": [2030],
        "status": ["vedtatt"],
    }
    found = places(PRIMARY, without)
    assert np.isnan(column(found, "A")).tolist() == [False] * 5 + [True] * 6
    assert "skoletiltak.uten_plasser" in set(found.faults["regel"])


def test_faults_of_the_input_are_named():
    found = places(
        {
            "skole_id": ["A", "B", "B"],
            "trinn_fra": [1, None, 1],
            "trinn_til": [7, None, 7],
            "paralleller": [2, 2, 2],
            "kapasitet": [900, None, None],
        },
        {
            "tiltak_id": ["a", "b", "c", "d", "e"],
            "skole_id": ["Z", "A", "A", "A", "A"],
            "type": ["utvidelse", "utvidelse", "utvidelse", "paviljong", "ombygging"],
            "plasser": [10, 10, 10, 10, -5000],
            "fra_aar": [2030, 2030, 2030, 2030, 2032],
            "til_aar": [None, 2029, None, None, None],
            "status": ["vedtatt", "vedtatt", None, "vedtatt", "vedtatt"],
        },
    )
    assert set(found.faults["regel"]) == {
        "skole.uten_trinn",
        "skole.dobbel",
        "skole.kapasitet_ulik",
        "skoletiltak.ukjent_skole",
        "skoletiltak.bakvendt",
        "skoletiltak.uten_status",
        "skoletiltak.paviljong_uten_slutt",
        "skoletiltak.negativ",
    }
    assert column(found, "A")[7] == 0


def test_the_grades_of_the_district_stand_in_for_a_schools_own():
    frame = pd.DataFrame(one(navn="A", paralleller=2))
    named = pd.DataFrame({"skole_id": ["A"], "trinn": ["ungdomstrinn"]})
    found = capacity(frame, years=YEARS, parameters=load_parameters("skole"), skolekrets=named)
    assert found.places[0, 0].tolist() == [0.0, 180.0]
    assert found.faults["regel"].tolist() == ["skole.trinn_antatt"]


def test_schools_of_grades_11_to_13_are_left_out():
    found = places(
        {"skole_id": ["A", "V"], "trinn_fra": [1, 11], "trinn_til": [7, 13], "paralleller": [1, 5]}
    )
    assert found.schools.index.tolist() == ["A"]
