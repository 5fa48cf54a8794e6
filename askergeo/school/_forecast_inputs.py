"""What a forecast of the parts is made of: the programme, the rates and the targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from askergeo.crs import require_crs
from askergeo.geometry import geometries
from askergeo.population.cohort import Rates
from askergeo.population.faults import all_faults, listed_faults
from askergeo.population.history import History, calibrate
from askergeo.population.housing import (
    dwellings,
    flow_of,
    no_programme,
    read_programme,
    removed_share,
    residents_in,
)
from askergeo.population.people import AGES
from askergeo.population.scaling import age_groups, read_targets
from askergeo.population.tables import (
    DWELLINGS,
    SETTLED,
    default_migration,
    fertility_pattern,
    residents_per_dwelling,
    survival,
)
from askergeo.school.areas import LEVELS, place

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.population.housing import Programme
    from askergeo.population.scaling import Targets
    from askergeo.school._history import Past
    from askergeo.school.areas import Areas

    Array = NDArray[np.float64]

__all__ = [
    "Setup",
    "calibrated_rates",
    "cleansed",
    "default_rates",
    "housing_change",
    "people_per_dwelling",
    "placed_programme",
    "shifted",
    "targets_of",
    "variance_of",
]

# Ages that the alternatives' difference in moves applies to: families and the young.
_MOVERS = slice(1, 50)
_LEAST = -0.9
# Pairs of years from which the variance of chance is found in the history.
_PAIRS = 2


class Setup(NamedTuple):
    """What every alternative starts from."""

    areas: Areas
    programme: Programme
    table: Array
    rates: Rates
    parameters: Parameters


def placed_programme(
    boligprogram: gpd.GeoDataFrame | None, areas: Areas, parameters: Parameters
) -> Programme:
    """Place the programme's rows in the parts: points where they are, areas by their shares."""
    start = areas.people.year
    if boligprogram is None or not len(boligprogram):
        return no_programme(start)
    require_crs(boligprogram, what="Laget «boligprogram»")
    shapes = shapely.make_valid(geometries(boligprogram))
    parts = geometries(areas.frame)
    surface = shapely.area(shapes) > 0
    at = place(shapely.point_on_surface(shapes), parts)
    single = np.flatnonzero(~surface & (at >= 0))
    row, part, share = _shares(shapes, parts, np.flatnonzero(surface))
    row, part = np.r_[single, row], np.r_[at[single], part]
    programme = read_programme(
        boligprogram,
        part,
        np.r_[np.ones(len(single)), share],
        row,
        start=start,
        parameters=parameters,
    )
    outside = _outside_districts(
        boligprogram["prosjekt_id"].to_numpy(dtype=object), areas, row, part
    )
    return replace(programme, faults=all_faults([programme.faults, *outside]))


def _outside_districts(
    names: NDArray[np.object_], areas: Areas, row: NDArray[np.intp], part: NDArray[np.intp]
) -> list[pd.DataFrame]:
    """Name the projects that lie in a unit, but in no district of a level that has districts."""
    told = []
    for level, column in LEVELS.items():
        known = areas.frame[column].notna().to_numpy()
        if known.any():
            rows = names[np.unique(row[~known[part]])]
            text = (
                f"Ligger ikke i noen krets for {level}et. De som flytter inn, har ingen skole der."
            )
            title = "Bolig utenfor alle kretser"
            told.append(listed_faults("program_uten_krets", title, "boligprogram", rows, text))
    return told


def _shares(
    shapes: NDArray[np.object_], parts: NDArray[np.object_], rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Pairs of project and part with the share of the project's dwellings that the part gets.

    A project gets all of its dwellings even when some of it lies in no part.
    """
    part, at = shapely.STRtree(shapes[rows]).query(parts, predicate="intersects")
    row = rows[at]
    size = shapely.area(shapely.intersection(shapes[row], parts[part]))
    kept = size > 0
    row, part, size = row[kept], part[kept], size[kept]
    whole = np.bincount(row, weights=size, minlength=len(shapes))
    return row.astype(np.intp), part.astype(np.intp), size / whole[row]


def people_per_dwelling(programme: Programme, parameters: Parameters) -> Array:
    """Read the table of people per dwelling, when there are dwellings that need it."""
    if programme.rows.empty:
        return np.zeros((len(DWELLINGS), SETTLED + 1, AGES))
    return residents_per_dwelling(parameters)


def cleansed(past: Past, programme: Programme, table: Array) -> History:
    """Tell which of the history's residents live in dwellings that the programme has built."""
    history = past.history
    if programme.rows.empty:
        return history
    built = dwellings(programme, len(past.of_part), _first(programme), programme.start - 1)
    inside = past.of_part >= 0
    own = np.zeros((history.count.shape[1], *built.shape[1:]))
    np.add.at(own, past.of_part[inside], built[inside])
    begin = int(history.years[0])
    span = int(history.years[-1]) - begin
    people = residents_in(own, table, _first(programme), begin, span)
    return History(history.years, history.count, people[history.years - begin])


def _first(programme: Programme) -> int:
    """First year of completion that still matters: older dwellings are like all others."""
    return programme.start - SETTLED


def calibrated_rates(past: Past, history: History, parameters: Parameters) -> Rates:
    """Rates of each part: its area's, else its district's, else the municipality's."""
    found = calibrate(
        history,
        past.district,
        variance=variance_of(past, parameters),
        years=parameters["flytting_aar"],
        birth_years=parameters["fodte_aar"],
    )
    areas, districts = len(found.rates.fertility), len(found.district.fertility)
    take = np.where(past.of_part >= 0, past.of_part, areas + past.part_district)
    take = np.where((past.of_part < 0) & (past.part_district < 0), areas + districts, take)
    three = (found.rates, found.district, found.whole)
    every = Rates(
        found.rates.survival,
        np.concatenate([one.fertility for one in three]),
        np.concatenate([one.migration for one in three]),
    )
    return every.rows(take)


def variance_of(past: Past, parameters: Parameters) -> float:
    """Variance of moves for a person-year: the history's own needs none when it has the years."""
    pairs = int((np.diff(past.history.years) == 1).sum())
    return float(parameters["flytting_uro"]) if pairs < _PAIRS else 1.0


def default_rates(parts: int) -> Rates:
    """Return the rates that come along, the same everywhere."""
    one = np.ones((parts, 1))
    return Rates(survival(), one * fertility_pattern(), one * default_migration())


def shifted(rates: Rates, name: str, parameters: Parameters) -> Rates:
    """Rates of an alternative: births by a factor, moves by a number of percentage points."""
    if name == "hoved":
        return rates
    migration = rates.migration.copy()
    migration[:, _MOVERS] += parameters[f"flytting_{name}"] / 100
    fertility = rates.fertility * parameters[f"fodte_{name}"]
    return Rates(rates.survival, fertility, np.maximum(migration, _LEAST))


def housing_change(setup: Setup, rates: Rates, name: str) -> tuple[Array | None, Array | None]:
    """Reckon what an alternative's dwellings bring, and the share of residents who must go.

    Returns
    -------
    Net moves by year, (years, n, AGES), and shares, (years, n); ``None`` without a programme.
    """
    areas, programme, parameters = setup.areas, setup.programme, setup.parameters
    if programme.rows.empty:
        return None, None
    years = parameters["prognose_aar"]
    factor = 1.0 if name == "hoved" else parameters[f"boliger_{name}"]
    delay = parameters[f"forsinkelse_{name}"]
    start, first = programme.start, _first(programme)
    built = dwellings(
        programme, len(areas.frame), first, start + years - 1, factor=factor, delay=delay
    )
    flow = flow_of(residents_in(built, setup.table, first, start, years), rates)
    homes = areas.frame["boliger"].to_numpy(dtype=np.float64)
    if (programme.rows["boliger"] < 0).any() and np.isnan(homes).any():
        people = areas.people.count.sum(axis=1)
        homes = np.where(np.isnan(homes), people / parameters["bosatte_per_bolig"], homes)
    gone = removed_share(programme, np.nan_to_num(homes), years, factor=factor, delay=delay)
    return flow, gone


def targets_of(
    framskriving: pd.DataFrame | None, areas: Areas, parameters: Parameters
) -> Targets | None:
    """Read the projection that the parts are to meet, if there is one that they are to."""
    if framskriving is None or not len(framskriving) or parameters["skalering"] == "ingen":
        return None
    return read_targets(
        framskriving,
        start=areas.people.year,
        years=parameters["prognose_aar"],
        group=age_groups(parameters["skalering_aldre"]),
        residents=float(areas.people.count.sum()),
    )
