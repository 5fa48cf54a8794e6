"""Pupils by school, grade and school year, from residents by age and year.

The children of a part go to the school of its district in the share that the counts of pupils
give (:mod:`askergeo.school._shares`), and the rest to schools that no district names or elsewhere.
Every child of school age is in one of four places, in every year, grade and alternative:

    residents = district schools + other schools + without district + elsewhere (net)

Everything is linear in residents, so the causes of the forecast carry over to the pupils. What the
causes do not explain is that a district goes to another school than in the first year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.population.faults import all_faults
from askergeo.school._assign import FIRST_AGE, STAGE_OF, assign
from askergeo.school._faults import faults_of
from askergeo.school._inherited import inherited
from askergeo.school._shares import counted_pupils, shares
from askergeo.school.capacity import capacity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.school._assign import Assignment
    from askergeo.school._shares import Shares
    from askergeo.school.capacity import Capacity
    from askergeo.school.forecast import Forecast

    Numbers = NDArray[np.float64]

__all__ = [
    "BOUNDARY_CAUSE",
    "Pupils",
    "Split",
    "children_by_grade",
    "free_shares",
    "pupils",
    "replaced",
    "school_years",
    "split_children",
    "stage_sums",
]

#: The cause of pupils who come or go because a district goes to another school.
BOUNDARY_CAUSE: Final = "krets"
_GRADES: Final = 10


@dataclass(frozen=True, eq=False)
class Split:
    """Where the children of school age go, in ``t`` school years.

    Parameters
    ----------
    schools
        At district schools and at the others that are known, (t, s, 10); NaN unknown.
    without
        In parts without a district school, (t, 10).
    elsewhere
        At schools elsewhere or at home, less those who come from elsewhere, (t, 10).
    residents
        All, (t, 10).
    """

    schools: Numbers
    without: Numbers
    elsewhere: Numbers
    residents: Numbers


@dataclass(frozen=True, eq=False)
class Pupils:
    """Pupils of ``s`` schools in ``t`` school years.

    Parameters
    ----------
    years
        The autumn that each school year begins, (t,).
    schools
        As :class:`askergeo.school.capacity.Capacity` has them, (s,).
    split
        Where the children are, by alternative.
    by_cause
        Of the main alternative, (t, s, 10) each: the causes of the forecast, and
        :data:`BOUNDARY_CAUSE`; they sum to ``split["hoved"].schools``.
    kind
        ``krets`` where a district names the school, ``fri`` where none does but its pupils are
        known, else empty; (s, 2) by stage.
    assignment
        Which school the children of each part go to.
    shares
        How many of them.
    part_share
        Share of the children of each part who go to a district school, (n, 2) by stage.
    guessed
        What rests on guesses, in bokmål.
    faults
        What is wrong with the input.
    """

    years: NDArray[np.int64]
    schools: pd.DataFrame
    split: Mapping[str, Split]
    by_cause: Mapping[str, Numbers]
    kind: NDArray[np.object_]
    assignment: Assignment
    shares: Shares
    part_share: Numbers
    guessed: tuple[str, ...]
    faults: pd.DataFrame

    def by_stage(self, alternative: str = "hoved") -> Numbers:
        """Return pupils by school and stage, (t, s, 2); NaN unknown."""
        return stage_sums(self.split[alternative].schools)


def stage_sums(by_grade: Numbers) -> Numbers:
    """Sum the last axis, of ten grades, to the two stages.

    Examples
    --------
    >>> stage_sums(np.arange(1.0, 11.0)).tolist()
    [28.0, 27.0]
    """
    return np.stack([by_grade[..., stage == STAGE_OF].sum(axis=-1) for stage in (0, 1)], axis=-1)


def school_years(forecast: Forecast) -> NDArray[np.int64]:
    """Return the autumns of the school years of a forecast, (t,).

    The pupils of the school year from the autumn of ``t`` are read from 1 January of ``t + 1``.
    """
    return np.asarray(forecast.alternatives["hoved"].years, dtype=np.int64) - 1


def pupils(
    forecast: Forecast,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame | None,
    elevtall: pd.DataFrame | None = None,
    *,
    parameters: Parameters,
    historikk: pd.DataFrame | None = None,
    places: Capacity | None = None,
) -> Pupils:
    """Reckon the pupils of each school, grade and school year.

    Parameters
    ----------
    forecast
        Residents of every part by age and year.
    skole, skolekrets, elevtall
        Layers of the catalogue.
    parameters
        The set ``skole``.
    historikk
        Residents of past years (the layer ``befolkning_historikk``), for the shares.
    places
        Which schools are open when; of the layer ``skole`` alone when not given.
    """
    years = school_years(forecast)
    if places is None:
        places = capacity(skole, years=years, parameters=parameters, skolekrets=skolekrets)
    assignment = assign(forecast.areas, skole, skolekrets, places)
    most = int(parameters["andel_aar"])
    counted = counted_pupils(forecast.areas, places.schools, elevtall, historikk, most)
    counted, moved = inherited(counted, assignment, forecast.areas, skole, places.schools)
    found = shares(counted, assignment, forecast.areas, places.schools, parameters)
    part_share = _part_share(assignment, found)
    free = free_shares(assignment, places, found)
    split = {
        name: split_children(children_by_grade(one.count), part_share, assignment.target, free)
        for name, one in forecast.alternatives.items()
    }
    return Pupils(
        years=years,
        schools=places.schools,
        split=split,
        by_cause=_by_cause(forecast, split["hoved"].schools, part_share, assignment, free),
        kind=_kind(assignment, found, places),
        assignment=assignment,
        shares=found,
        part_share=part_share,
        guessed=(*forecast.guessed, *moved, *found.guessed),
        faults=all_faults([assignment.faults, found.faults, _unused(assignment, found, places)]),
    )


def replaced(
    found: Pupils,
    forecast: Forecast,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame | None,
    places: Capacity,
) -> Numbers:
    """Return pupils of the main alternative, (t, s, 2), when other schools are open.

    Parameters
    ----------
    found
        The pupils as reckoned, whose shares are kept.
    forecast, skole, skolekrets
        What they were reckoned from.
    places
        Which schools are open when.
    """
    assignment = assign(forecast.areas, skole, skolekrets, places, checked=False)
    free = free_shares(assignment, places, found.shares)
    children = children_by_grade(forecast.alternatives["hoved"].count)
    return stage_sums(split_children(children, found.part_share, assignment.target, free).schools)


def split_children(
    children: Numbers, part_share: Numbers, target: NDArray[np.intp], free: Numbers
) -> Split:
    """Send children of school age to school; nobody is lost.

    Parameters
    ----------
    children
        By year, part and grade, (t, n, 10).
    part_share
        Share of the children of each part who go to a district school, (n, 2).
    target
        Row of that school, (t, n, 10); −1 without.
    free
        Share of all children of a grade at each of the other schools, (t, s, 10); NaN unknown.
    """
    residents = children.sum(axis=1)
    of_all = np.nansum(free, axis=1)
    share = np.nan_to_num(part_share)[:, STAGE_OF][None]
    inside = target >= 0
    district = np.where(inside, children * share, 0.0)
    schools = free * residents[:, None, :]
    year, part, grade = np.nonzero(inside)
    np.add.at(schools, (year, target[year, part, grade], grade), district[year, part, grade])
    without = np.where(inside, 0.0, children * (1 - of_all)[:, None, :]).sum(axis=1)
    elsewhere = np.where(inside, children * (1 - of_all[:, None, :] - share), 0.0).sum(axis=1)
    return Split(schools, without, elsewhere, residents)


def children_by_grade(count: Numbers) -> Numbers:
    """Return residents by grade: the ten years from the first school age."""
    return count[:, :, FIRST_AGE : FIRST_AGE + _GRADES]


def free_shares(assignment: Assignment, places: Capacity, found: Shares) -> Numbers:
    """Return the shares of schools that no district names, in the years they are open."""
    unknown = np.isnan(places.schools["fra"].to_numpy())
    free = np.where(assignment.has | unknown[None, :, None], found.free[None], 0.0)
    # Of a school that a district goes to the pupils are known.
    target = assignment.target
    for stage in (0, 1):
        grades = np.flatnonzero(stage == STAGE_OF)
        used = np.unique(target[:, :, grades])
        cells = np.ix_(np.arange(len(free)), used[used >= 0], grades)
        free[cells] = np.nan_to_num(free[cells])
    return free


def _part_share(assignment: Assignment, found: Shares) -> Numbers:
    """Return the share of its own district's school for each part, (n, 2) by stage."""
    own = assignment.own
    share = np.take_along_axis(found.district, np.maximum(own, 0), axis=0)
    return np.where(own >= 0, share, np.nan)


def _by_cause(
    forecast: Forecast,
    schools: Numbers,
    part_share: Numbers,
    assignment: Assignment,
    free: Numbers,
) -> dict[str, Numbers]:
    """Reckon the pupils of each cause as if every part kept the school of the first year."""
    target = np.broadcast_to(assignment.target[:1], assignment.target.shape)
    kept = np.broadcast_to(free[:1], free.shape)
    found = {
        cause: split_children(children_by_grade(count), part_share, target, kept).schools
        for cause, count in forecast.causes.items()
    }
    found[BOUNDARY_CAUSE] = schools - sum(found.values())
    return found


def _kind(assignment: Assignment, found: Shares, places: Capacity) -> NDArray[np.object_]:
    count = len(places.schools)
    kind = np.full((count, 2), "", dtype=object)
    for stage in (0, 1):
        grades = stage == STAGE_OF
        free = (np.nan_to_num(found.free[:, grades]) > 0).any(axis=1)
        used = np.append(assignment.own[:, stage], assignment.target[:, :, grades])
        named = np.bincount(used[used >= 0], minlength=count) > 0
        kind[free, stage] = "fri"
        kind[named, stage] = "krets"
    return kind


def _unused(assignment: Assignment, found: Shares, places: Capacity) -> pd.DataFrame:
    """Name the public schools that no district names and that no pupils are known at."""
    kind = _kind(assignment, found, places)
    ever = places.is_open.any(axis=0)
    rows = places.schools[((kind == "") & ever).any(axis=1)]
    public, private = rows[~rows["privat"]], rows[rows["privat"]]
    return all_faults(
        [
            faults_of(
                "skole.uten_krets",
                "Skole uten krets",
                "skole",
                public.index,
                "Ingen krets viser til «" + public["navn"].astype(str) + "», og elevtallet er "
                "ukjent. Elevene der er ukjent, og plassene blir stående tomme i balansen. Legg "
                "inn en krets som viser til skolen.",
            ),
            faults_of(
                "skole.privat_uten_elevtall",
                "Privat skole uten elevtall",
                "skole",
                private.index,
                "«" + private["navn"].astype(str) + "» har ikke elevtall. Elevene er ukjent og "
                "står i «andre steder».",
            ),
        ]
    )
