"""The right to free transport by distance, and whether there is a way that avoids unsafe links.

More than 2 km in the first grade and more than 4 km in grades 2 to 10, from door to door
(opplæringslova, LOV-2023-06-09-30, chapter 4; Prop. 57 L (2022–2023) chapter 37). Counties add
something to what they measure, in favour of the pupil: Trøndelag 25 m, Telemark 50 m, Agder 25 m
for each 2 000 m (their own pages). The right of those whose way is dangerous or hard, or who are
disabled, is judged for each pupil and is not reckoned here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.population.people import age_in_grade
from askergeo.school.route import GRADES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.float64]

__all__ = [
    "BANDS",
    "NO_RIGHT",
    "NO_WAY",
    "RIGHT",
    "RIGHTS",
    "SAFETY",
    "UNKNOWN",
    "Pupils",
    "counted",
    "limit_of",
    "limits_of",
    "near_limit",
    "pupils_by_address",
    "rights_of",
    "safety_of",
]

#: Grades that the law and the districts tell apart, with their titles.
BANDS: Final = {
    "1. trinn": range(1, 2),
    "2.–7. trinn": range(2, 8),
    "8.–10. trinn": range(8, 11),
}
#: What is said of the right, by number.
RIGHTS: Final = ("rett etter avstand", "ikke rett etter avstand", "ingen veg til fots", "ukjent")
RIGHT, NO_RIGHT, NO_WAY, UNKNOWN = range(4)
#: What is said of the way of those without the right, by number; −1 is not asked.
SAFETY: Final = (
    "korteste veg uten usikre strekninger",
    "omveg uten usikre strekninger innenfor grensen",
    "ingen veg utenom de usikre strekningene innenfor grensen",
    "ukjent: fartsgrensen mangler",
)
SAFE, DETOUR, UNSAFE, UNSURE = range(4)
# Metres are added up in another order from one search to the next.
_HAIR = 1e-6
_PER = 2000.0


def limit_of(grade: int, parameters: Parameters) -> float:
    """Metres beyond which a pupil of a grade has the right."""
    return float(parameters["skoleveg_grense_1_m" if grade == 1 else "skoleveg_grense_m"])


def limits_of(parameters: Parameters) -> Numbers:
    """Limit of each grade, (10,)."""
    return np.array([limit_of(grade, parameters) for grade in GRADES])


def counted(metres: Numbers, parameters: Parameters) -> Numbers:
    """Metres that count against the limit: what is measured and what the county adds."""
    share = float(parameters["skoleveg_tillegg_per_2km_m"]) / _PER
    return np.asarray(metres * (1 + share) + float(parameters["skoleveg_tillegg_m"]))


def rights_of(metres: Numbers, parameters: Parameters) -> NDArray[np.int8]:
    """Tell who has the right by distance.

    Parameters
    ----------
    metres
        Way to the own school in each grade, (a, 10): NaN unknown, ``inf`` no way on foot.
    parameters
        The set ``skoleveg``.

    Returns
    -------
    numpy.ndarray
        Index into :data:`RIGHTS`, (a, 10). Exactly at the limit gives no right: the law says more.
    """
    beyond = counted(metres, parameters) > limits_of(parameters) + _HAIR
    found = np.where(beyond, RIGHT, NO_RIGHT)
    found = np.where(np.isinf(metres), NO_WAY, found)
    return np.where(np.isnan(metres), UNKNOWN, found).astype(np.int8)


def near_limit(metres: Numbers, parameters: Parameters) -> Flags:
    """Tell whose way is so near the limit that the map cannot decide, (a, 10)."""
    away = np.abs(counted(metres, parameters) - limits_of(parameters))
    return away <= float(parameters["skoleveg_naer_m"]) + _HAIR


def safety_of(
    rights: NDArray[np.int8],
    shortest: Numbers,
    known_safe: Numbers,
    perhaps_safe: Numbers,
    parameters: Parameters,
) -> NDArray[np.int8]:
    """Tell whether those without the right have a way that avoids unsafe links, within the limit.

    Parameters
    ----------
    rights
        As `rights_of` gives them, (a, 10).
    shortest, known_safe, perhaps_safe
        Metres, (a, 10), of the shortest way, of that which avoids links that are unsafe or unknown,
        and of that which avoids the unsafe ones only.
    parameters
        The set ``skoleveg``.

    Returns
    -------
    numpy.ndarray
        Index into :data:`SAFETY`, (a, 10); −1 for those with the right, without a way or unknown.
    """
    limit = limits_of(parameters) + _HAIR
    within = [counted(way, parameters) <= limit for way in (known_safe, perhaps_safe)]
    found = np.select(
        [known_safe <= shortest + _HAIR, within[0], ~within[1]], [SAFE, DETOUR, UNSAFE], UNSURE
    )
    return np.where(rights == NO_RIGHT, found, -1).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Pupils:
    """Residents of school age.

    Parameters
    ----------
    count
        By address and grade, (a, 10).
    elsewhere
        By grade, (10,): those whose address is not in the layer of addresses.
    """

    count: Numbers
    elsewhere: Numbers


def pupils_by_address(adresse_id: pd.Series, befolkning: pd.DataFrame) -> Pupils:
    """Count the residents of school age at each address by the grade that they are in.

    Grades follow from the age on 1 January (:func:`askergeo.population.people.age_in_grade`);
    pupils of private schools, and those who began a year early or late, are not told apart.

    Parameters
    ----------
    adresse_id
        Id of each of ``a`` addresses; of rows with the same id the first gets the residents.
    befolkning
        The layer: ``adresse_id``, ``alder``, ``antall``.
    """
    first = age_in_grade(GRADES[0])
    age = befolkning["alder"].to_numpy(dtype=np.float64, na_value=np.nan)
    number = befolkning["antall"].to_numpy(dtype=np.float64, na_value=0.0)
    known = adresse_id.astype(str).drop_duplicates()
    position = np.flatnonzero(~adresse_id.astype(str).duplicated().to_numpy())
    at = pd.Index(known).get_indexer(pd.Index(befolkning["adresse_id"].astype(str)))
    grade = age - first
    school = (grade >= 0) & (grade < len(GRADES))
    column = np.where(school, grade, 0).astype(int)
    count = np.zeros((len(adresse_id), len(GRADES)))
    here = school & (at >= 0)
    np.add.at(count, (position[at[here]], column[here]), number[here])
    away = school & (at < 0)
    elsewhere = np.bincount(column[away], weights=number[away], minlength=len(GRADES))
    return Pupils(count, elsewhere.astype(np.float64))
