"""Residents of areas by single year of age, on one day and year by year.

The day is 1 January, as in SSB's tables, and the age is full years then: a child of age ``a`` on
1 January of year ``t`` was born in ``t − 1 − a``. Who begins in grade ``g`` in the autumn of year
``t`` was born in ``t − 5 − g``, and is of age ``g + 5`` on 1 January of ``t + 1``: the pupils of
the school year that begins in the autumn of ``t`` are therefore read from 1 January of ``t + 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["AGES", "People", "Projection", "age_in_grade"]

#: Single years of age, 0 to 105; the last is that age and older.
AGES: Final = 106
# A pupil in grade g is g + 5 years old on 1 January of the school year.
_AGE_BEFORE_SCHOOL: Final = 5


def age_in_grade(grade: int) -> int:
    """Age on 1 January of the school year of a pupil in a grade.

    Examples
    --------
    >>> age_in_grade(1), age_in_grade(10)
    (6, 15)
    """
    return grade + _AGE_BEFORE_SCHOOL


@dataclass(frozen=True, eq=False)
class People:
    """Residents of ``n`` areas on 1 January.

    Parameters
    ----------
    areas
        Id of each area, (n,).
    year
        Year of the 1 January.
    count
        Residents by area and age, (n, AGES).
    """

    areas: pd.Index
    year: int
    count: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """Residents of ``n`` areas on 1 January of ``t + 1`` years, and what changed in between.

    ``count[k + 1] = aged(count[k]) + newborn − deaths[k] + migration[k] + housing[k] + scaling[k]``
    in every cell, where ``aged`` makes everyone a year older and ``births[k]`` enter age 0: no
    person comes or goes without a cause.

    Parameters
    ----------
    areas
        Id of each area, (n,).
    years
        Years of the 1 January, (t + 1,); the first is the start.
    count
        Residents, (t + 1, n, AGES).
    births
        Born during each year, (t, n).
    deaths, migration, housing, scaling
        Died; net moves by the rates; net moves that the housing programme brings; what was added to
        meet a projection of the whole: (t, n, AGES) each, at the age at the end of the year.
    """

    areas: pd.Index
    years: NDArray[np.int64]
    count: NDArray[np.float64]
    births: NDArray[np.float64]
    deaths: NDArray[np.float64]
    migration: NDArray[np.float64]
    housing: NDArray[np.float64]
    scaling: NDArray[np.float64]
