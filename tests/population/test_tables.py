"""What comes along as data, held against published figures."""

from __future__ import annotations

import numpy as np
import pytest

from askergeo.parameters import load_parameters
from askergeo.population.people import AGES
from askergeo.population.tables import (
    DWELLINGS,
    default_migration,
    fertility_pattern,
    residents_per_dwelling,
    survival,
)


def test_life_expectancy_is_the_published_one() -> None:
    # SSB, Døde 2024: 81.59 (men) and 84.80 (women), 83.2 together. Survival is from one 1 January
    # to the next, so those at age 0 have lived half a year on average.
    alive = np.cumprod(survival())
    assert alive.sum() == pytest.approx((81.59 + 84.80) / 2, abs=0.5)


def test_survival_of_groups_is_the_published_one() -> None:
    # SSB, Døde 2024, deaths per 100 000, mean of men and women.
    died = 1 - survival()
    for first, published in ((10, 7.5), (40, 90.5), (60, 542.5), (75, 2862.5)):
        assert died[first : first + 5].mean() * 1e5 == pytest.approx(published, rel=0.12)


def test_children_per_adult_life_is_half_the_published_rate() -> None:
    # SSB, Fødte 2023: 1.40 children a woman; both sexes share them here.
    assert 2 * fertility_pattern().sum() == pytest.approx(1.40, abs=0.001)
    assert fertility_pattern()[:14].sum() == 0


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("enebolig", 0.35, 0.5),
        ("smaahus", 0.35, 0.45),
        ("leilighet_stor", 0.15, 0.25),
        ("leilighet_liten", 0.03, 0.10),
    ],
)
def test_pupils_per_dwelling_are_those_of_the_fact_base(kind: str, low: float, high: float) -> None:
    table = residents_per_dwelling(load_parameters("prognose"))[DWELLINGS.index(kind)]
    pupils = table[:, 6:16].sum(axis=1)
    assert low <= pupils.max() <= high
    assert 5 <= pupils.argmax() <= 10
    # Households of a common size, all the way.
    assert 1.4 < table.sum(axis=1).min() < table.sum(axis=1).max() < 3


def test_pupils_per_dwelling_can_be_the_municipalitys_own() -> None:
    usual = residents_per_dwelling(load_parameters("prognose"))
    own = residents_per_dwelling(load_parameters("prognose", {"elever_per_smaahus": 0.78}))
    assert own[1, :, 6:16].sum(axis=1).max() == pytest.approx(0.78)
    np.testing.assert_allclose(own[1, :, 20:], usual[1, :, 20:])
    np.testing.assert_allclose(own[[0, 2, 3]], usual[[0, 2, 3]])


def test_default_moves_are_those_of_a_suburb() -> None:
    moves = default_migration()
    assert moves.shape == (AGES,)
    assert moves[0] == 0
    assert moves[1:6].min() > 0
    assert moves[20:24].max() < 0
    assert moves[30:36].min() > 0
