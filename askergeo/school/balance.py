"""Pupils against places: who has room, from when not, and why.

Surplus is the places less the highest number of pupils in the years that follow, each year against
its own places; a school is full in the first year with more pupils than places. A measure's effect
is the balance with it against the balance without it, everything else as it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.school.capacity import capacity
from askergeo.school.pupils import pupils, replaced, school_years, stage_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.school.capacity import Capacity
    from askergeo.school.forecast import Forecast
    from askergeo.school.pupils import Pupils

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "NEVER",
    "UNKNOWN",
    "Effect",
    "Inputs",
    "cause_changes",
    "first_over",
    "make_balance",
    "measure_effects",
    "over",
    "surplus",
]

#: What :func:`first_over` gives for a school that has room in every year, and one that is unknown.
NEVER: Final = 0
UNKNOWN: Final = -1
# Half a pupil in a thousand is how two sums of the same numbers differ, not a pupil too many.
_NOISE: Final = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs:
    """What places and pupils are reckoned from."""

    forecast: Forecast
    skole: gpd.GeoDataFrame
    skolekrets: gpd.GeoDataFrame | None
    elevtall: pd.DataFrame | None
    skoletiltak: pd.DataFrame | None
    historikk: pd.DataFrame | None
    parameters: Parameters


@dataclass(frozen=True, eq=False)
class Effect:
    """What a measure does at its school, in one stage.

    Parameters
    ----------
    measure
        Row of the measure in ``Capacity.measures``.
    school, stage
        Row of the school, and 0 or 1.
    places
        Places that it gives in its first year in the balance; NaN unknown.
    first
        First year with more pupils than places at the school, without and with.
    surplus
        At the school, from the measure's first year, without and with; NaN unknown.
    full
        Schools of the stage that are full in some year, without and with.
    """

    measure: int
    school: int
    stage: int
    places: float
    first: tuple[int, int]
    surplus: tuple[float, float]
    full: tuple[int, int]


def make_balance(inputs: Inputs) -> tuple[Capacity, Pupils]:
    """Reckon places and pupils with the measures that count."""
    places = _capacity(inputs, None)
    found = pupils(
        inputs.forecast,
        inputs.skole,
        inputs.skolekrets,
        inputs.elevtall,
        parameters=inputs.parameters,
        historikk=inputs.historikk,
        places=places,
    )
    return places, found


def _capacity(inputs: Inputs, counted: list[str] | None) -> Capacity:
    return capacity(
        inputs.skole,
        inputs.skoletiltak,
        years=school_years(inputs.forecast),
        parameters=inputs.parameters,
        skolekrets=inputs.skolekrets,
        counted=counted,
        checked=counted is None,
    )


def over(went: Numbers, places: Numbers) -> Flags:
    """Tell where there are more pupils than places; unknown is not."""
    return np.asarray(went > places + _NOISE)


def first_over(went: Numbers, places: Numbers, years: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the first year with more pupils than places.

    Parameters
    ----------
    went, places
        Pupils and places, (t, …); NaN unknown.
    years
        The years, (t,).

    Returns
    -------
    numpy.ndarray
        Years (…): :data:`NEVER` where there is room in all, :data:`UNKNOWN` where pupils or places
        are unknown in a year before one is found.
    """
    known = ~np.isnan(went) & ~np.isnan(places)
    told = over(went, places) | ~known
    at = told.argmax(axis=0)
    is_known = np.take_along_axis(known, at[None], axis=0)[0]
    found = np.where(is_known, np.asarray(years)[at], UNKNOWN)
    return np.where(told.any(axis=0), found, NEVER)


def surplus(went: Numbers, places: Numbers, span: int, is_open: Flags | None = None) -> Numbers:
    """Return the fewest places to spare in the year and the ``span`` years after it.

    While the places are the same, that is the places less the most pupils of those years; where
    they change, each year's pupils are held against that year's places.

    Parameters
    ----------
    went, places
        Pupils and places, (t, …); NaN unknown.
    span
        Years; fewer where the forecast ends.
    is_open
        Years that count, (t, …); all when not given. Where none does it is NaN.

    Examples
    --------
    >>> surplus(np.array([10.0, 30, 20]), np.array([25.0, 25, 25]), 1).tolist()
    [-5.0, -5.0, 5.0]
    """
    spare = places - went
    if is_open is not None:
        spare = np.where(is_open, spare, np.inf)
    least = np.stack([spare[at : at + span + 1].min(axis=0) for at in range(len(spare))])
    return np.where(np.isinf(least), np.nan, least)


def cause_changes(by_cause: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """Return the change in pupils since the first year by cause, (t, s, 2) each."""
    return {
        cause: stage_sums(number) - stage_sums(number)[:1] for cause, number in by_cause.items()
    }


def measure_effects(inputs: Inputs, places: Capacity, found: Pupils) -> list[Effect]:
    """Reckon each measure's effect, in each stage that it is about.

    Parameters
    ----------
    inputs
        What the balance is from.
    places, found
        The balance as it is counted.
    """
    measures = places.measures
    counts = [str(one) for one in measures.loc[measures["teller"], "tiltak_id"]]
    as_counted = found.by_stage()
    effects: list[Effect] = []
    for row, measure in enumerate(measures.itertuples()):
        own = str(measure.tiltak_id)
        others = [one for one in counts if one != own]
        changed = [*others, own] if not measure.teller else others
        again = _capacity(inputs, changed)
        went = as_counted
        if (again.is_open != places.is_open).any():
            went = replaced(found, inputs.forecast, inputs.skole, inputs.skolekrets, again)
        pair = ((again, went), (places, as_counted))
        ordered = pair if measure.teller else pair[::-1]
        effects += _effects_of(row, ordered, int(inputs.parameters["overskudd_aar"]))
    return effects


def _effects_of(row: int, pair: tuple[tuple[Capacity, Numbers], ...], span: int) -> list[Effect]:
    (before, went_before), (after, went_after) = pair
    active = after.active[:, row]
    if not active.any():
        return []
    at = int(active.argmax())
    school = int(
        pd.Index(after.schools.index).get_indexer([after.measures["skole_id"].iloc[row]])[0]
    )
    told = after.measures["trinn"].iloc[row]
    touched = (before.is_open | after.is_open)[:, school].any(axis=0)
    own = [stage for stage, name in enumerate(("barnetrinn", "ungdomstrinn")) if told == name]
    stages = own or [int(one) for one in np.flatnonzero(touched)]
    found = []
    for stage in stages:
        sides = [
            (went[:, :, stage], one.places[:, :, stage], one.years)
            for one, went in ((before, went_before), (after, went_after))
        ]
        first = [first_over(*side) for side in sides]
        left = [surplus(went, room, span)[at, school] for went, room, _ in sides]
        public = ~after.schools["privat"].to_numpy(dtype=bool)
        full = [int(((one > NEVER) & public).sum()) for one in first]
        gives = sides[1][1][at, school] - sides[0][1][at, school]
        found.append(
            Effect(
                row,
                school,
                stage,
                float(gives),
                (int(first[0][school]), int(first[1][school])),
                (float(left[0]), float(left[1])),
                (full[0], full[1]),
            )
        )
    return found
