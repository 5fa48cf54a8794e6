"""How many of the children go to the school of their district, and how many to other schools.

The share of a district's school is its pupils against the children who live in the district, over
the last school years with counts, drawn towards the share of all district schools the fewer its
pupils are. Pupils who cross a boundary are in it: a share above 1 is a school that more come to
than leave. Schools that no district names, private ones among them, have a share of all the
municipality's children.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults
from askergeo.school._assign import FIRST_AGE, STAGE_OF
from askergeo.school._faults import faults_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.school._assign import Assignment
    from askergeo.school.areas import Areas

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Counted", "Shares", "counted_pupils", "shares"]

_STAGES: Final = ("barnetrinn", "ungdomstrinn")
_GRADES: Final = 10
# Years between counts and residents over which the same children can be followed.
_LONGEST: Final = 3
# Metres within which the outlines of two districts touch.
_TOUCHES: Final = 1.0


@dataclass(frozen=True, eq=False)
class Counted:
    """Pupils and the children who live in the parts, in ``y`` school years with both.

    ``years`` (y,) are the autumns; ``pupils`` (y, s, 10), NaN where the school has not told of that
    year; ``children`` (y, n, 10); ``lag`` is how many years later the children were counted.
    """

    years: NDArray[np.int64]
    pupils: Numbers
    children: Numbers
    lag: int
    faults: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of the children who go to each school.

    Parameters
    ----------
    district
        Of the children of its own district, by school and stage, (s, 2); NaN where no district
        names the school.
    free
        Of all children of a grade, (s, 10), of schools that no district names; NaN unknown.
    control
        One row a district school and stage: ``skole_id``, ``trinn``, ``barn``, ``elever`` (a year,
        on average), ``raa`` and ``andel``, ``grunnlag`` (in bokmål).
    guessed
        What rests on a guess, in bokmål.
    faults
        Shares that are out of bounds, and schools without counts.
    """

    district: Numbers
    free: Numbers
    control: pd.DataFrame
    guessed: tuple[str, ...]
    faults: pd.DataFrame


def counted_pupils(
    areas: Areas,
    schools: pd.DataFrame,
    elevtall: pd.DataFrame | None,
    historikk: pd.DataFrame | None,
    most: int,
) -> Counted:
    """Put pupils beside the children of the same school year.

    Parameters
    ----------
    areas
        The parts, with today's residents.
    schools
        As :func:`askergeo.school.capacity.schools_of` gives them.
    elevtall, historikk
        Layers of the catalogue.
    most
        The last years that are used.
    """
    if elevtall is None or not len(elevtall):
        none = np.full((1, len(schools), _GRADES), np.nan)
        now = areas.people.count[None, :, FIRST_AGE : FIRST_AGE + _GRADES]
        year = np.array([areas.people.year - 1])
        return _with_totals(Counted(year, none, now, 0, all_faults([])), schools)
    frame = pd.DataFrame(elevtall)[["skole_id", "aar", "trinn", "antall"]].astype(
        {"aar": float, "trinn": float, "antall": float}
    )
    lost = frame.loc[~frame["skole_id"].isin(schools.index), "skole_id"].drop_duplicates()
    faults = faults_of(
        "elevtall.ukjent_skole",
        "Elevtall for en skole som ikke finnes",
        "elevtall",
        lost,
        "Skole " + lost.astype(str) + " er ikke i laget «skole». Elevene der er ikke med.",
    )
    frame = frame[frame["skole_id"].isin(schools.index) & frame["trinn"].between(1, _GRADES)]
    years = np.sort(frame["aar"].dropna().unique()).astype(np.int64)
    years, children, lag = _children(areas, historikk, years, most)
    found = Counted(years, _pupils(frame, schools.index, years), children, lag, faults)
    return _with_totals(found, schools) if len(years) else found


def _with_totals(counted: Counted, schools: pd.DataFrame) -> Counted:
    """Share the total of a school that is not counted by grade as the grades' children are."""
    grade = np.arange(1, _GRADES + 1)
    first, last = schools["fra"].to_numpy()[:, None], schools["til"].to_numpy()[:, None]
    children = np.where((first <= grade) & (grade <= last), counted.children[-1].sum(axis=0), 0.0)
    lived = children.sum(axis=1)
    total = schools["elevtall"].to_numpy()
    use = np.isnan(counted.pupils).all(axis=(0, 2)) & ~np.isnan(total) & (lived > 0)
    pupils = counted.pupils.copy()
    pupils[-1, use] = (total / np.maximum(lived, 1e-12))[use, None] * children[use]
    return replace(counted, pupils=pupils)


def _pupils(frame: pd.DataFrame, ids: pd.Index, years: NDArray[np.int64]) -> Numbers:
    """Return pupils by year, school and grade, NaN where a school has not reported that year."""
    used = frame[frame["aar"].isin(years)]
    found = np.zeros((len(years), len(ids), _GRADES))
    at = (
        np.searchsorted(years, used["aar"].to_numpy(dtype=np.int64)),
        ids.get_indexer(pd.Index(used["skole_id"])),
        used["trinn"].to_numpy(dtype=np.intp) - 1,
    )
    np.add.at(found, at, used["antall"].to_numpy(dtype=float))
    told = np.zeros(found.shape[:2], dtype=bool)
    told[at[0], at[1]] = True
    found[~told] = np.nan
    return found


def _children(
    areas: Areas, historikk: pd.DataFrame | None, years: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], Numbers, int]:
    """Return the children of each part in the school years that both are known for.

    The pupils of the autumn of ``t`` are held against the residents of 1 January of ``t + 1``.
    When no such day is known, the last counts are held against today's residents of the age that
    the same children have now.
    """
    now = areas.people.count[:, FIRST_AGE : FIRST_AGE + _GRADES]
    past = {} if historikk is None else _history(areas, historikk)
    past[areas.people.year] = now
    both = [int(year) for year in years if int(year) + 1 in past][-most:]
    if both:
        return np.array(both), np.stack([past[year + 1] for year in both]), 0
    lags = areas.people.year - (years + 1)
    near = int(np.abs(lags).argmin()) if len(lags) else -1
    if near < 0 or abs(int(lags[near])) > _LONGEST:
        return np.zeros(0, dtype=np.int64), np.zeros((0, *now.shape)), 0
    lag = int(lags[near])
    older = areas.people.count[:, FIRST_AGE + lag : FIRST_AGE + lag + _GRADES]
    return years[near : near + 1], older[None], lag


def _history(areas: Areas, historikk: pd.DataFrame) -> dict[int, Numbers]:
    """Return past children of the parts: of each unit, shared as its children are today."""
    frame = areas.frame
    ids = historikk["omraade_id"].astype(str)
    unit = frame["enhet"].astype(str)
    if not ids.isin(set(unit)).any():
        unit = frame["barnekrets"].astype(str)
    names = pd.Index(unit.unique())
    at = names.get_indexer(pd.Index(unit))
    today = areas.people.count[:, FIRST_AGE : FIRST_AGE + _GRADES].sum(axis=1)
    total = np.bincount(at, weights=today, minlength=len(names))
    parts = np.bincount(at, minlength=len(names))
    share = np.where(total[at] > 0, today / np.maximum(total[at], 1e-12), 1.0 / parts[at])
    age = historikk["alder"].to_numpy(dtype=float, na_value=np.nan)
    row = names.get_indexer(pd.Index(ids))
    used = (row >= 0) & (age >= FIRST_AGE) & (age < FIRST_AGE + _GRADES)
    rows = historikk[used]
    years = np.unique(rows["aar"].to_numpy(dtype=np.int64))
    found = np.zeros((len(years), len(names), _GRADES))
    place = (
        np.searchsorted(years, rows["aar"].to_numpy(dtype=np.int64)),
        row[used],
        age[used].astype(np.intp) - FIRST_AGE,
    )
    np.add.at(found, place, rows["antall"].to_numpy(dtype=float, na_value=0.0))
    return {int(year): found[k][at] * share[:, None] for k, year in enumerate(years)}


def shares(
    counted: Counted,
    assignment: Assignment,
    areas: Areas,
    schools: pd.DataFrame,
    parameters: Parameters,
) -> Shares:
    """Reckon the share of the children who go to each school.

    Parameters
    ----------
    counted
        Pupils and children of the same years.
    assignment
        Which districts name which schools.
    areas, schools
        The parts and the schools.
    parameters
        The set ``skole``.
    """
    count = len(schools)
    district = np.full((count, 2), np.nan)
    free = np.full((count, _GRADES), np.nan)
    tables: list[pd.DataFrame] = []
    guessed: list[str] = []
    faults = [counted.faults]
    for stage, name in enumerate(_STAGES):
        own = assignment.own[:, stage]
        named = np.bincount(own[own >= 0], minlength=count) > 0
        found = _district_shares(counted, own, named, stage, areas)
        found["andel"], found["grunnlag"] = _accepted(found, parameters)
        district[named, stage] = found["andel"].to_numpy()
        free[:, stage == STAGE_OF] = _free_shares(counted, schools, named, stage)
        found = found.assign(
            trinn=name, skole_id=schools.index[named], navn=schools["navn"].to_numpy()[named]
        )
        tables.append(found)
        guessed += _guessed(found, name)
        faults.append(_share_faults(found, name, parameters))
    if counted.lag:
        guessed.append(
            f"Elevtallet for {counted.years[-1]} er holdt mot de samme barna "
            f"{format_number(abs(counted.lag))} år {'seinere' if counted.lag > 0 else 'tidligere'}."
        )
    return Shares(
        district, free, pd.concat(tables, ignore_index=True), tuple(guessed), all_faults(faults)
    )


def _district_shares(
    counted: Counted, own: NDArray[np.intp], named: Flags, stage: int, areas: Areas
) -> pd.DataFrame:
    """Return pupils and children of each district school, a year on average, and their ratio."""
    grades = stage == STAGE_OF
    pupils = counted.pupils[:, :, grades].sum(axis=2)
    by_part = counted.children[:, :, grades].sum(axis=2)
    children = np.zeros(pupils.shape)
    inside = own >= 0
    np.add.at(children.T, own[inside], by_part[:, inside].T)
    reported = ~np.isnan(pupils) & (np.nan_to_num(pupils) > 0)
    years = np.maximum(reported.sum(axis=0), 1)
    frame = pd.DataFrame(
        {
            "elever": np.where(reported, pupils, 0.0).sum(axis=0) / years,
            "barn": np.where(reported, children, 0.0).sum(axis=0) / years,
            "aar": reported.sum(axis=0),
        }
    )[named].reset_index(drop=True)
    pool = _pools(areas, own, np.flatnonzero(named), frame["aar"].to_numpy() == 0)
    # A district without counts has been cut out of its neighbours, whose counts it is in.
    if len(counted.years):
        whole = np.zeros(len(named))
        np.add.at(whole, own[inside], by_part[-1, inside])
        frame["barn"] = frame["barn"].where(frame["aar"] > 0, whole[named])
    sums = frame.groupby(pool)[["elever", "barn"]].transform("sum")
    frame["pulje"] = pool
    frame["alene"] = frame.groupby("pulje")["pulje"].transform("size") == 1
    frame[["elever_pulje", "barn_pulje"]] = sums
    frame["raa"] = (sums["elever"] / sums["barn"].where(sums["barn"] > 0)).astype(float)
    frame["talt"] = sums["elever"] > 0
    return frame


def _pools(
    areas: Areas, own: NDArray[np.intp], rows: NDArray[np.intp], uncounted: Flags
) -> NDArray[np.int64]:
    """Give each school the number of its pool: without counts, that of its neighbours."""
    alone = np.arange(len(rows))
    if not uncounted.any() or uncounted.all():
        return alone
    part = pd.Index(rows).get_indexer(pd.Index(own))
    shapes = geometries(areas.frame)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCHES)
    one, other = part[one], part[other]
    joined = (one >= 0) & (other >= 0) & (uncounted[one] | uncounted[other])
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy; only where a school has no counts)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    links = coo_array(
        (np.ones(joined.sum()), (one[joined], other[joined])), shape=(len(rows), len(rows))
    )
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _accepted(found: pd.DataFrame, parameters: Parameters) -> tuple[pd.Series, pd.Series]:
    """Draw the shares towards that of all, and say what each is from."""
    told = found["talt"].to_numpy(dtype=bool)
    if not told.any():
        guess = pd.Series(float(parameters["andel_uten_elevtall"]), index=found.index)
        return guess, pd.Series("antatt: elevtall er ukjent", index=found.index)
    own = found[told].drop_duplicates("pulje")
    mean = own["elever_pulje"].sum() / own["barn_pulje"].sum() if len(own) else np.nan
    if not mean > 0:
        mean = float(parameters["andel_uten_elevtall"])
    weight = float(parameters["andel_vekt"])
    drawn = (found["elever_pulje"] + weight * mean) / (found["barn_pulje"] + weight)
    low, high = float(parameters["andel_lavest"]), float(parameters["andel_hoyest"])
    fits = told & found["raa"].between(low, high).to_numpy(dtype=bool)
    text = np.select(
        [fits & found["alene"].to_numpy(dtype=bool), fits, ~told],
        [
            "elevtall ved skolen",
            "elevtall for skolen og nabokretsene: en av dem har ikke elevtall",
            "antatt: kommunens andel, elevtall er ukjent",
        ],
        default="antatt: kommunens andel, elevtallet passer ikke til kretsen",
    )
    return drawn.where(fits, mean), pd.Series(text, index=found.index, dtype=object)


def _free_shares(counted: Counted, schools: pd.DataFrame, named: Flags, stage: int) -> Numbers:
    """Return the share of all children of each grade at schools that no district names."""
    grades = stage == STAGE_OF
    grade = np.arange(1, _GRADES + 1)[grades]
    first, last = schools["fra"].to_numpy()[:, None], schools["til"].to_numpy()[:, None]
    has = (first <= grade) & (grade <= last)
    everybody = counted.children[:, :, grades].sum(axis=1)
    pupils = counted.pupils[:, :, grades]
    reported = ~np.isnan(pupils[:, :, 0])
    # The grades that it has, or has had pupils in where its grades are not known.
    taught = has | (np.isnan(first) & (np.nan_to_num(pupils) > 0).any(axis=0))
    lived = (reported[:, :, None] * everybody[:, None, :] * taught[None]).sum(axis=(0, 2))
    went = np.nansum(pupils, axis=(0, 2))
    share = np.divide(went, lived, out=np.full(len(schools), np.nan), where=lived > 0)
    found = np.where(taught, share[:, None], 0.0)
    return np.where(named[:, None], 0.0, found)


def _guessed(found: pd.DataFrame, stage: str) -> Sequence[str]:
    rows = found[found["grunnlag"].str.startswith("antatt")]
    if not len(rows):
        return ()
    of_all = f"{format_number(len(rows))} av {format_number(len(found))} skoler på {stage}et"
    return (f"Andelen av barna som går på kretsskolen, er antatt for {of_all}.",)


def _share_faults(found: pd.DataFrame, stage: str, parameters: Parameters) -> pd.DataFrame:
    low, high = float(parameters["andel_lavest"]), float(parameters["andel_hoyest"])
    odd = found[found["talt"] & ~found["raa"].between(low, high)]
    none = found[found["aar"] == 0]
    return all_faults(
        [
            faults_of(
                "elevtall.passer_ikke",
                "Elevtallet passer ikke til kretsen",
                "elevtall",
                odd["skole_id"],
                [
                    f"«{name}» ({stage}) har langt {'flere' if share > 1 else 'færre'} elever enn "
                    "kretsen har barn. Kommunens andel er brukt. Se om kretsen er endret etter "
                    "tellingen, eller om skole_id er feil."
                    for name, share in zip(odd["navn"], odd["raa"], strict=True)
                ],
            ),
            faults_of(
                "elevtall.mangler",
                "Kretsskole uten elevtall",
                "elevtall",
                none["skole_id"],
                "«" + none["navn"].astype(str) + f"» ({stage}) har ikke elevtall. Andelen er "
                "tatt fra nabokretsene eller fra kommunen.",
            ),
        ]
    )
