"""Pupils by school: a hand-solved case, the account of children, and districts that go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.parameters import load_parameters
from askergeo.school._assign import STAGE_OF
from askergeo.school.capacity import capacity
from askergeo.school.pupils import pupils, split_children
from tests.school.school_cases import YEAR, areas_of, children, districts, forecast_of, schools

PARTS = {"p1": ("A1", "U1"), "p2": ("B1", "U1"), "p3": (None, "U1")}
DISTRICTS = districts(
    [("A1", "barnetrinn", "A"), ("B1", "barnetrinn", "B"), ("U1", "ungdomstrinn", "U")]
)
SCHOOLS = schools(
    skole_id=["A", "B", "U", "P"],
    trinn_fra=[1, 1, 8, 1],
    trinn_til=[7, 7, 10, 10],
    eierform=["kommunal", "kommunal", "kommunal", "privat"],
)


def steady(areas, steps=2):
    """Everyone is replaced by as many of the same age, year after year."""
    return forecast_of(areas, {"arskull": np.stack([areas.people.count] * (steps + 1))})


def counted(rows, years=(YEAR - 1,)):
    """Pupils: the same number in each grade of a stage, from (school, first, last, number)."""
    return pd.DataFrame(
        [
            (school, year, grade, number)
            for school, first, last, number in rows
            for year in years
            for grade in range(first, last + 1)
        ],
        columns=["skole_id", "aar", "trinn", "antall"],
    )


COUNTS = counted([("A", 1, 7, 45), ("B", 1, 7, 18), ("U", 8, 10, 72), ("P", 1, 10, 4)])


def reckoned(per_age=(50, 20, 10), counts=COUNTS, schools=SCHOOLS, districts=DISTRICTS, **more):
    areas = areas_of(PARTS, children(3, per_age))
    parameters = load_parameters("skole", {"andel_vekt": 0} | more.pop("parameters", {}))
    return pupils(steady(areas), schools, districts, counts, parameters=parameters, **more)


def test_a_case_solved_by_hand():
    found = reckoned()
    split = found.split["hoved"]
    # 80 children of each age: 50 in A1, 20 in B1, 10 without district; P has 4 of 80 of each.
    first, eighth = split.schools[0, :, 0], split.schools[0, :, 7]
    assert first == pytest.approx([45, 18, 0, 4])
    assert eighth == pytest.approx([0, 0, 72, 4])
    assert split.without[0, 0] == pytest.approx(10 * (1 - 4 / 80))
    # 70 in a district: 70 − 63 in its school − 70 × 4 / 80 in P.
    assert split.elsewhere[0, 0] == pytest.approx(70 - 63 - 3.5)
    assert split.elsewhere[0, 7] == pytest.approx(80 - 72 - 4)
    assert split.residents[0].tolist() == [80.0] * 10
    assert found.by_stage()[0].tolist() == [
        pytest.approx([315, 0]),
        pytest.approx([126, 0]),
        pytest.approx([0, 216]),
        pytest.approx([28, 12]),
    ]
    assert found.kind.tolist() == [["krets", ""], ["krets", ""], ["", "krets"], ["fri", "fri"]]
    assert found.guessed == ()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_child_is_lost_whatever_the_shares_and_districts(data):
    numbers = st.floats(0, 500)
    years, parts, count = 2, 4, 3

    def array(shape, of):
        size = int(np.prod(shape))
        return np.array(data.draw(st.lists(of, min_size=size, max_size=size))).reshape(shape)

    people = array((years, parts, 10), numbers)
    target = array((years, parts, 10), st.integers(-1, count - 1)).astype(np.intp)
    share = array((parts, 2), st.floats(0, 1.3))
    free = array((years, count, 10), st.one_of(st.floats(0, 0.2), st.just(np.nan)))
    # A school that a district names has no share of all children.
    free[:, np.unique(target[target >= 0])] = 0.0
    split = split_children(people, share, target, free)
    account = np.nansum(split.schools, axis=1) + split.without + split.elsewhere
    assert account == pytest.approx(people.sum(axis=1), rel=1e-9, abs=1e-6)
    assert split.residents == pytest.approx(people.sum(axis=1))


def test_the_causes_and_the_boundary_sum_to_the_pupils():
    areas = areas_of(PARTS, children(3, (50, 20, 10)))
    rng = np.random.default_rng(1)
    shape = (4, *areas.people.count.shape)
    causes = {"arskull": np.stack([areas.people.count] * 4)} | {
        name: rng.normal(0, 2, shape) for name in ("fodte", "flytting", "bolig", "skalering")
    }
    closing = SCHOOLS.assign(til_aar=[None, YEAR, None, None])
    found = pupils(
        forecast_of(areas, causes),
        closing,
        DISTRICTS,
        COUNTS,
        parameters=load_parameters("skole"),
    )
    total = sum(found.by_cause.values())
    assert total == pytest.approx(found.split["hoved"].schools)
    moved = found.by_cause["krets"][:, :, STAGE_OF == 0].sum(axis=2)
    assert np.allclose(moved[:2], 0, atol=1e-9)
    # What B loses when it closes, A gets.
    assert moved[2, 1] < -100
    assert moved[2, 0] == pytest.approx(-moved[2, 1])


def test_pupils_of_a_closed_school_go_to_the_nearest_that_takes_districts_and_it_is_said():
    measures = pd.DataFrame(
        {
            "tiltak_id": ["n"],
            "skole_id": ["B"],
            "type": ["nedlegging"],
            "fra_aar": [YEAR],
            "status": ["vedtatt"],
        }
    )
    parameters = load_parameters("skole")
    places = capacity(SCHOOLS, measures, years=np.arange(YEAR - 1, YEAR + 2), parameters=parameters)
    found = reckoned(places=places)
    assert found.split["hoved"].schools[:, :2, 0].tolist() == [
        pytest.approx([45, 18]),
        pytest.approx([63, 0]),
        pytest.approx([63, 0]),
    ]
    moved = found.assignment.moved
    assert moved[["skole_id", "til", "fra_aar", "til_aar"]].to_numpy().tolist() == [
        ["B", "A", YEAR, YEAR + 1]
    ]
    assert "skolekrets.stengt_skole" in set(found.faults["regel"])


def test_a_small_schools_share_is_drawn_towards_that_of_all():
    found = reckoned(parameters={"andel_vekt": 50})
    # 63 of 70 children a grade go to the school of their district: 441 of 490 in seven grades.
    mean = 441 / 490
    expected = [(315 + 50 * mean) / (350 + 50), (126 + 50 * mean) / (140 + 50)]
    assert found.shares.district[:2, 0] == pytest.approx(expected)


def test_counts_that_do_not_fit_the_district_are_said_and_not_used():
    found = reckoned(counts=counted([("A", 1, 7, 45), ("B", 1, 7, 60), ("U", 8, 10, 72)]))
    assert found.shares.district[1, 0] == pytest.approx((45 + 60) / 70)
    faults = found.faults.set_index("regel")
    assert faults.loc["elevtall.passer_ikke", "rad"] == "B"
    assert "langt flere elever" in faults.loc["elevtall.passer_ikke", "tekst"]
    assert any("1 av 2 skoler på barnetrinnet" in text for text in found.guessed)


def test_a_school_without_counts_shares_with_the_neighbours_it_was_cut_from():
    # A was counted when its district was all of A1 and B1; B is new.
    found = reckoned(counts=counted([("A", 1, 7, 63), ("U", 8, 10, 72)]))
    assert found.shares.district[:2, 0] == pytest.approx([0.9, 0.9])
    assert "elevtall.mangler" in set(found.faults["regel"])


def test_without_any_counts_the_share_is_a_guess_that_is_said():
    found = reckoned(counts=None)
    assert found.shares.district[:3].tolist()[0][0] == 0.95
    assert len(found.guessed) == 2
    # A private school that nobody has counted is unknown.
    assert np.isnan(found.split["hoved"].schools[:, 3]).all()
    assert "skole.privat_uten_elevtall" in set(found.faults["regel"])


def test_a_total_stands_in_for_counts_by_grade():
    found = reckoned(counts=None, schools=SCHOOLS.assign(elevtall=[315, 126, 216, 40]))
    assert found.split["hoved"].schools[0, :, 0] == pytest.approx([45, 18, 0, 4])


def test_the_shares_are_of_the_years_that_are_known_for_both():
    history = pd.DataFrame(
        [
            (f"G{k}", year, age, number)
            for k, number in enumerate((100, 40, 20))
            for year in (YEAR - 2, YEAR - 1)
            for age in range(16)
        ],
        columns=["omraade_id", "aar", "alder", "antall"],
    )
    old = counted([("A", 1, 7, 50), ("B", 1, 7, 20), ("U", 8, 10, 80)], (YEAR - 3, YEAR - 2))
    found = reckoned(counts=old, historikk=history)
    assert found.shares.district[:2, 0] == pytest.approx([0.5, 0.5])
    assert found.shares.district[2, 1] == pytest.approx(0.5)
    # Without residents of those years the same children are followed.
    followed = reckoned(counts=old)
    assert followed.shares.district[:2, 0] == pytest.approx([1.0, 1.0])
    assert any("1 år seinere" in text for text in followed.guessed)


@pytest.mark.parametrize(
    ("row", "rule", "first_grade"),
    [
        (("B1", "barnetrinn", None), "skolekrets.uten_skole", 45),
        (("B1", "barnetrinn", "Z"), "skolekrets.ukjent_skole", 45),
        (("B1", "barnetrinn", "U"), "skolekrets.feil_trinn", 45),
    ],
)
def test_a_district_without_a_school_that_can_be_used_is_named(row, rule, first_grade):
    wrong = districts([("A1", "barnetrinn", "A"), row, ("U1", "ungdomstrinn", "U")])
    found = reckoned(districts=wrong, counts=counted([("A", 1, 7, 45), ("U", 8, 10, 72)]))
    assert rule in set(found.faults["regel"])
    # A school that lies in the district takes its children when the one that is named cannot.
    assert np.nansum(found.split["hoved"].schools[0, :2, 0]) == pytest.approx(first_grade)


def test_an_area_without_district_is_a_line_of_its_own():
    found = reckoned(districts=None, counts=None)
    assert found.split["hoved"].without[0].tolist() == [80.0] * 10
    assert np.isnan(found.by_stage()[0]).tolist() == [[True, False]] * 2 + [
        [False, True],
        [True] * 2,
    ]
    assert not found.kind.any()


def test_a_new_school_takes_over_from_the_autumn_that_it_opens():
    opening = SCHOOLS.assign(fra_aar=[None, YEAR + 1, None, None])
    found = reckoned(schools=opening, counts=counted([("A", 1, 7, 63), ("U", 8, 10, 72)]))
    assert found.split["hoved"].schools[:, :2, 0].tolist() == [
        pytest.approx([63, 0]),
        pytest.approx([63, 0]),
        pytest.approx([45, 18]),
    ]
    assert found.by_cause["krets"][:, 1, 0].tolist() == [0, 0, pytest.approx(18)]
