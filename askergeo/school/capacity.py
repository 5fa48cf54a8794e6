"""Places at each school, stage and school year, and what they are made of.

A building for ``p`` parallels has ``p × grades × group size`` places: 28 in grades 1 to 7 and 30 in
8 to 10, the rule of thumb of Norwegian school plans (Hvalstad skole: 4 × 7 × 28 = 784). The places
that the municipality itself states go first. Pavilions, extensions, new schools and closings are
added by the autumns that they begin and end in. Places in special units are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.population.faults import all_faults
from askergeo.school._capacity_faults import (
    building_faults,
    measure_faults,
    negative_places,
    school_faults,
)
from askergeo.school._layers import MEASURES, column_of, year_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["GRADES", "STAGES", "Capacity", "capacity", "is_private", "schools_of", "year_text"]

#: The stages of grunnskolen, in the order of the arrays' last axis.
STAGES: Final = ("barnetrinn", "ungdomstrinn")
#: First and last grade of each stage.
GRADES: Final = {"barnetrinn": (1, 7), "ungdomstrinn": (8, 10)}
_CLOSING, _NEW = "nedlegging", "ny_skole"


@dataclass(frozen=True, eq=False)
class Capacity:
    """Places of ``s`` schools in ``t`` school years.

    Parameters
    ----------
    schools
        Index ``skole_id`` (s,); columns ``navn``, ``eierform``, ``fra``, ``til`` (grades, NaN
        unknown), ``privat`` and ``grunnlag`` (in bokmål: what the building's places are from).
    years
        The autumn that each school year begins, (t,).
    places
        Places, (t, s, 2) by :data:`STAGES`; NaN unknown, 0 where the school is closed or has not
        the stage.
    is_open
        Whether the school has the stage that year, (t, s, 2).
    special
        Places in special units, (t, s); not among ``places``; NaN unknown.
    building
        Places of the building alone, (s, 2); NaN unknown.
    measures
        One row a measure: the columns of the layer, ``teller`` (whether it is counted) and
        ``barnetrinn`` and ``ungdomstrinn``, what it adds; NaN unknown.
    active
        Whether each measure is in force, (t, m), counted or not.
    faults
        What is wrong with the input; columns of :data:`askergeo.population.faults.FAULT_COLUMNS`.
    """

    schools: pd.DataFrame
    years: NDArray[np.int64]
    places: Numbers
    is_open: Flags
    special: Numbers
    building: Numbers
    measures: pd.DataFrame
    active: Flags
    faults: pd.DataFrame


def is_private(owner: pd.Series) -> Flags:
    """Tell which schools are private; an owner that is not known is the municipality."""
    return (owner == "privat").fillna(value=False).to_numpy(dtype=bool)


def schools_of(skole: pd.DataFrame, skolekrets: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the schools of grunnskolen with their grades.

    Parameters
    ----------
    skole
        The layer; schools of grades 11 to 13 only are left out.
    skolekrets
        The layer: a school without grades has the stages of the districts that name it.

    Returns
    -------
    DataFrame
        Index ``skole_id``; ``navn``, ``eierform``, ``fra``, ``til``, ``privat``, ``antatt`` (the
        grades are those of the district), and the columns of the layer as numbers.
    """
    frame = pd.DataFrame(skole).drop(columns="geometry", errors="ignore")
    frame = frame.drop_duplicates("skole_id").set_index("skole_id")
    found = pd.DataFrame(index=frame.index)
    found["navn"] = column_of(frame, "navn", object)
    found["eierform"] = column_of(frame, "eierform", object)
    found["fra"], found["til"] = (column_of(frame, f"trinn_{end}", float) for end in ("fra", "til"))
    for name in ("paralleller", "kapasitet", "spesialplasser", "elevtall", "fra_aar", "til_aar"):
        found[name] = column_of(frame, name, float)
    unknown = found["fra"].isna() | found["til"].isna()
    found["antatt"] = False
    if skolekrets is not None and unknown.any():
        for end, pick in (("fra", "min"), ("til", "max")):
            at = 0 if end == "fra" else 1
            grades = skolekrets["trinn"].map({stage: GRADES[stage][at] for stage in STAGES})
            of_school = grades.groupby(skolekrets["skole_id"]).agg(pick)
            told = pd.Series(found.index, index=found.index).map(of_school).astype(float)
            found[end] = found[end].where(~unknown, told)
        found["antatt"] = unknown & found["fra"].notna()
    found["privat"] = is_private(found["eierform"])
    return found[~(found["fra"] > GRADES["ungdomstrinn"][1])]


def capacity(
    skole: pd.DataFrame,
    skoletiltak: pd.DataFrame | None = None,
    *,
    years: NDArray[np.int64],
    parameters: Parameters,
    skolekrets: pd.DataFrame | None = None,
    counted: Collection[str] | None = None,
    checked: bool = True,
) -> Capacity:
    """Reckon the places of each school, stage and school year.

    Parameters
    ----------
    skole, skoletiltak, skolekrets
        Layers of the catalogue.
    years
        The autumn that each school year begins, (t,).
    parameters
        The set ``skole``.
    counted
        Ids of the measures that are counted; those of the parameter ``tiltak_status`` when not
        given.
    checked
        Whether to look for what is wrong with the input.

    Returns
    -------
    Capacity
        Of all schools of grunnskolen, private ones too.
    """
    schools = schools_of(skole, skolekrets)
    sizes = np.array([float(parameters[f"gruppe_{stage}"]) for stage in STAGES])
    grades = _grades(schools)
    building, basis = _building(schools, grades, sizes)
    measures = _measures(skoletiltak, schools, parameters["tiltak_status"], counted)
    steps = _steps_of(measures, schools, grades, sizes, np.asarray(years))
    measures[list(STAGES)] = steps.added
    there = _between(np.asarray(years), schools["fra_aar"], schools["til_aar"])
    open_now = _open(there[:, :, None] & (grades > 0)[None], there, steps)
    places = np.where(open_now, _places(building, steps, open_now.shape), 0.0)
    faults = all_faults(
        (
            school_faults(skole, schools, building),
            building_faults(schools, (grades * sizes).sum(axis=1)),
            measure_faults(skoletiltak, measures, schools, building),
            negative_places(places, schools, years),
        )
        if checked
        else ()
    )
    any_open = open_now.any(axis=2)
    return Capacity(
        schools=schools.assign(grunnlag=basis),
        years=np.asarray(years),
        places=np.where(places < 0, 0.0, places),
        is_open=open_now,
        special=np.where(any_open, schools["spesialplasser"].to_numpy()[None, :], 0.0),
        building=building,
        measures=measures,
        active=steps.active,
        faults=faults,
    )


def _grades(schools: pd.DataFrame) -> Numbers:
    """Return the number of grades of each stage that a school has, (s, 2); NaN unknown."""
    first = np.array([GRADES[stage][0] for stage in STAGES], dtype=float)
    last = np.array([GRADES[stage][1] for stage in STAGES], dtype=float)
    begins = schools["fra"].to_numpy()[:, None]
    ends = schools["til"].to_numpy()[:, None]
    shared = np.minimum(ends, last) - np.maximum(begins, first) + 1
    return np.asarray(np.maximum(shared, 0.0))


def _building(
    schools: pd.DataFrame, grades: Numbers, sizes: Numbers
) -> tuple[Numbers, NDArray[np.object_]]:
    """Return the places of each building by stage, and what they are from."""
    parallel = grades * sizes
    stated = schools["kapasitet"].to_numpy()
    by_parallels = schools["paralleller"].to_numpy()[:, None] * parallel
    split = _split(stated, parallel)
    known = ~np.isnan(stated)
    found = np.where(known[:, None], split, by_parallels)
    found[grades == 0] = 0.0
    basis = np.full(len(schools), "ukjent", dtype=object)
    basis[~np.isnan(by_parallels).any(axis=1)] = "paralleller × trinn × gruppestørrelse"
    basis[known & ~np.isnan(split).any(axis=1)] = "oppgitt av kommunen"
    return found, basis


def _split(total: Numbers, weight: Numbers) -> Numbers:
    """Share places between the stages by weight, in whole places that add up to the total."""
    sums = weight.sum(axis=1)
    share = np.divide(weight[:, 0], sums, out=np.full(len(sums), np.nan), where=sums > 0)
    first = np.where(share == 1.0, total, np.rint(total * share))
    return np.column_stack([first, total - first])


@dataclass(frozen=True, eq=False)
class _Steps:
    """The ``m`` measures as arrays.

    ``row`` (m,) is that of the school; ``kind`` (m,) the type; ``stages`` (m, 2) the stages that
    each is about; ``added`` (m, 2) the places; ``counts`` (m,) whether it counts; ``active`` (t, m)
    whether it is in force.
    """

    row: NDArray[np.intp]
    kind: NDArray[np.object_]
    stages: Flags
    added: Numbers
    counts: Flags
    active: Flags

    def in_force(self, chosen: Flags, shape: tuple[int, ...]) -> Flags:
        """Tell by year, school and stage whether one of the chosen measures counts and is on."""
        by_school = np.zeros((shape[1], shape[0], shape[2]), dtype=bool)
        counts = (self.stages & self.counts[:, None])[chosen]
        on = self.active.T[chosen][:, :, None] & counts[:, None, :]
        np.logical_or.at(by_school, self.row[chosen], on)
        return by_school.transpose(1, 0, 2)


def _measures(
    layer: pd.DataFrame | None,
    schools: pd.DataFrame,
    statuses: Collection[str],
    counted: Collection[str] | None,
) -> pd.DataFrame:
    """Return the measures at known schools, with numbers as numbers and whether they count."""
    source = pd.DataFrame(columns=list(MEASURES)) if layer is None else pd.DataFrame(layer)
    frame = pd.DataFrame({name: column_of(source, name, kind) for name, kind in MEASURES.items()})
    usable = frame["skole_id"].isin(schools.index) & frame["fra_aar"].notna()
    usable &= ~(frame["til_aar"] < frame["fra_aar"])
    frame = frame[usable.to_numpy(dtype=bool)].drop_duplicates("tiltak_id").reset_index(drop=True)
    by_status = frame["status"].isin(list(statuses))
    frame["teller"] = by_status if counted is None else frame["tiltak_id"].isin(list(counted))
    return frame


def _steps_of(
    measures: pd.DataFrame,
    schools: pd.DataFrame,
    grades: Numbers,
    sizes: Numbers,
    years: NDArray[np.int64],
) -> _Steps:
    at = schools.index.get_indexer(pd.Index(measures["skole_id"]))
    told = measures["trinn"].to_numpy(dtype=object)[:, None]
    own: Flags = np.asarray(told == np.array(STAGES, dtype=object), dtype=bool)
    # A measure that does not say its stage is about all that the school has.
    stages = np.where(np.any(own, axis=1, keepdims=True), own, grades[at] > 0)
    kind = measures["type"].to_numpy(dtype=object)
    return _Steps(
        row=at,
        kind=kind,
        stages=stages,
        added=np.where(kind[:, None] == _CLOSING, 0.0, _added(measures, grades[at], sizes, stages)),
        counts=measures["teller"].to_numpy(dtype=bool),
        active=_between(years, measures["fra_aar"], measures["til_aar"]),
    )


def _added(measures: pd.DataFrame, grades: Numbers, sizes: Numbers, stages: Flags) -> Numbers:
    """Return the places that each measure gives by stage, (m, 2); NaN unknown."""
    whole = np.array([GRADES[stage][1] - GRADES[stage][0] + 1 for stage in STAGES], dtype=float)
    # A stage that the school does not have yet comes with all its grades.
    parallel = np.where(stages, np.where(grades > 0, grades, whole) * sizes, 0.0)
    stated = measures["plasser"].to_numpy()
    by_parallels = measures["paralleller"].to_numpy()[:, None] * parallel
    found = np.where(np.isnan(stated)[:, None], by_parallels, _split(stated, parallel))
    return np.where(stages, found, 0.0)


def _between(years: NDArray[np.int64], first: pd.Series, last: pd.Series) -> Flags:
    """Tell which years lie within each row's years, (t, rows); an end not given is open."""
    begins = np.nan_to_num(first.to_numpy(dtype=float), nan=-np.inf)
    ends = np.nan_to_num(last.to_numpy(dtype=float), nan=np.inf)
    return np.asarray((years[:, None] >= begins) & (years[:, None] <= ends))


def _open(has: Flags, there: Flags, steps: _Steps) -> Flags:
    """Tell which stages each school has each year, (t, s, 2), from those of its row."""
    new, closing = steps.kind == _NEW, steps.kind == _CLOSING
    # A new school is there when its measure says so, and not at all without it.
    is_new = np.zeros(has.shape[1:], dtype=bool)
    np.logical_or.at(is_new, steps.row[new], steps.stages[new])
    begun = steps.in_force(new, has.shape) & there[:, :, None]
    # An extension may bring a stage that the school has not had.
    extended = steps.in_force(~new & ~closing, has.shape) & there[:, :, None]
    found = np.where(is_new[None], begun, has | extended)
    return found & ~steps.in_force(closing, has.shape)


def _places(building: Numbers, steps: _Steps, shape: tuple[int, ...]) -> Numbers:
    """Return building and measures together, (t, s, 2), open or not."""
    new = (steps.kind == _NEW)[:, None] & steps.stages
    # The places of a new school stand in its own row; where there are none, the measure's are used.
    of_row = new & (building[steps.row] > 0)
    added = np.where(of_row, 0.0, steps.added)
    start = building.copy()
    told = np.zeros(start.shape, dtype=bool)
    np.logical_or.at(told, steps.row, new & ~np.isnan(steps.added) & steps.counts[:, None])
    # So do those of a stage that comes with a measure.
    start[told & np.isnan(start)] = 0.0
    on = (steps.active & steps.counts[None]).T[:, :, None]
    by_school = np.repeat(start[:, None, :], shape[0], axis=1)
    np.add.at(by_school, steps.row, np.where(on, added[:, None, :], 0.0))
    return by_school.transpose(1, 0, 2)
