"""Who lives and works where, year by year: what the load of water and sewage is made of.

The residents of each part of the municipality follow the forecast. Those that the housing programme
brings live where its projects are; the others are spread as today's residents are. Nothing is
counted twice: the sum of a part is the forecast's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.population.housing import read_programme
from askergeo.va.columns import column_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.school.forecast import Forecast

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]

__all__ = [
    "ALTERNATIVES",
    "HOME",
    "JOBS",
    "NEW_JOBS",
    "PROJECT",
    "Demand",
    "homes_and_projects",
    "places_of_work",
    "together",
]

#: The alternatives, low to high, as the forecast calls them.
ALTERNATIVES: Final = ("lav", "hoved", "hoy")
#: What a place of demand is.
HOME, PROJECT, JOBS, NEW_JOBS = range(4)


@dataclass(frozen=True, eq=False)
class Demand:
    """Residents and jobs at ``p`` places in ``t`` years.

    Parameters
    ----------
    kind
        `HOME`, `PROJECT`, `JOBS` or `NEW_JOBS`, (p,).
    row
        Row of the layer that the place is from, (p,): of the addresses, the programme or the jobs.
    points
        Where it is, (p,); missing when nobody knows.
    years
        Each 1 January, (t,).
    residents
        By alternative, (p, t) each.
    jobs
        (p, t).
    """

    kind: NDArray[np.int8]
    row: Whole
    points: Geometries
    years: Whole
    residents: Mapping[str, Number]
    jobs: Number


def together(parts: list[Demand]) -> Demand:
    """Put places of demand under each other."""
    return Demand(
        np.concatenate([one.kind for one in parts]),
        np.concatenate([one.row for one in parts]),
        np.concatenate([one.points for one in parts]),
        parts[0].years,
        {name: np.vstack([one.residents[name] for one in parts]) for name in ALTERNATIVES},
        np.vstack([one.jobs for one in parts]),
    )


def homes_and_projects(
    ids: NDArray[np.object_],
    points: Geometries,
    residents: Number,
    boligprogram: gpd.GeoDataFrame | None,
    *,
    forecast: Forecast | None,
    years: Whole,
    parameters: Parameters,
) -> Demand:
    """Spread the residents of every year over addresses and the projects of the programme.

    Parameters
    ----------
    ids, points, residents
        ``adresse_id``, place and residents today of each address, (a,).
    boligprogram
        The housing programme, where there is one.
    forecast
        Residents of each part; without it today's stay and the programme's are added.
    years
        Each 1 January, (t,), from that of today's residents on.
    parameters
        The set ``prognose``.
    """
    rows, homes = _projects(boligprogram, years, parameters)
    now = np.nan_to_num(residents)
    if forecast is None:
        each = float(parameters["bosatte_per_bolig"])
        old = {name: np.repeat(now[:, None], len(years), axis=1) for name in ALTERNATIVES}
        new = dict.fromkeys(ALTERNATIVES, homes * each)
    else:
        at = _parts(boligprogram, rows, forecast)
        old, new = _by_forecast(ids, now, at, homes, forecast)
    count = len(ids)
    shapes = (
        points if boligprogram is None else np.concatenate([points, _middles(boligprogram, rows)])
    )
    return Demand(
        np.repeat([HOME, PROJECT], [count, len(rows)]).astype(np.int8),
        np.concatenate([np.arange(count), rows]).astype(np.int64),
        shapes,
        years,
        {name: np.vstack([old[name], new[name]]) for name in ALTERNATIVES},
        np.zeros((count + len(rows), len(years))),
    )


def _middles(frame: gpd.GeoDataFrame, rows: Whole) -> Geometries:
    return np.asarray(shapely.point_on_surface(geometries(frame)[rows]), dtype=object)


def _projects(
    boligprogram: gpd.GeoDataFrame | None, years: Whole, parameters: Parameters
) -> tuple[Whole, Number]:
    """Rows of the programme that are to be built, and the dwellings expected by each 1 January."""
    if boligprogram is None or not len(boligprogram):
        return np.zeros(0, dtype=np.int64), np.zeros((0, len(years)))
    start = int(years[0])
    every = np.arange(len(boligprogram))
    programme = read_programme(
        boligprogram,
        np.zeros(len(every), dtype=np.intp),
        np.ones(len(every)),
        every,
        start=start,
        parameters=parameters,
    )
    year = column_numbers(boligprogram, "aar")
    homes = column_numbers(boligprogram, "boliger")
    known = np.flatnonzero(np.isfinite(year) & np.isfinite(homes) & (homes != 0))
    table = programme.rows
    expected = np.maximum((table["boliger"] * table["andel"]).to_numpy(dtype=np.float64), 0.0)
    done = table["aar"].to_numpy(dtype=np.float64)
    there = (done[:, None] < years[None, :]) & (done >= start)[:, None]
    kept = (expected > 0) & (done >= start)
    return known[kept], (expected[:, None] * there)[kept]


def _parts(boligprogram: gpd.GeoDataFrame | None, rows: Whole, forecast: Forecast) -> Whole:
    """Part of the municipality that each project lies in; −1 for none."""
    from askergeo.school.areas import place  # noqa: PLC0415  (brings the schools)

    if boligprogram is None or not len(rows):
        return np.full(len(rows), -1, dtype=np.int64)
    found = place(_middles(boligprogram, rows), geometries(forecast.areas.frame))
    return np.asarray(found, dtype=np.int64)


def _by_forecast(
    ids: NDArray[np.object_], now: Number, at: Whole, homes: Number, forecast: Forecast
) -> tuple[dict[str, Number], dict[str, Number]]:
    """Residents of addresses and of projects by year, in each alternative."""
    index, count = forecast.areas.frame.index, homes.shape[1]
    part = index.get_indexer(pd.Index(forecast.areas.address.reindex(ids)))
    main = forecast.alternatives["hoved"].count[:count].sum(axis=2)  # (t, n)
    brought = forecast.causes["bolig"][:count].sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num(np.clip(brought / main, 0.0, 1.0))
    spread = _shares(homes, at, len(index))
    has = np.zeros((count, len(index)), dtype=bool)
    for t in range(count):
        has[t, at[(homes[:, t] > 0) & (at >= 0)]] = True
    share = np.where(has, share, 0.0)
    living = np.bincount(part[part >= 0], weights=now[part >= 0], minlength=len(index))
    old, new = {}, {}
    for name in ALTERNATIVES:
        total = forecast.alternatives[name].count[:count].sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(living > 0, total * (1 - share) / living, 0.0)
        old[name] = np.where(part[:, None] >= 0, now[:, None] * factor.T[part], now[:, None])
        new[name] = np.where(at[:, None] >= 0, spread * (total * share).T[at], 0.0)
    return old, new


def _shares(homes: Number, part: Whole, parts: int) -> Number:
    """Share of each project in the dwellings of its part, by year, (r, t)."""
    total = np.zeros((parts, homes.shape[1]))
    np.add.at(total, part[part >= 0], homes[part >= 0])
    mine = np.where(part[:, None] >= 0, total[part], 0.0)
    return np.divide(homes, mine, out=np.zeros_like(homes), where=mine > 0)


def places_of_work(
    arbeidsplass: gpd.GeoDataFrame | None,
    naeringsprogram: gpd.GeoDataFrame | None,
    *,
    years: Whole,
    parameters: Parameters,
) -> tuple[Demand, int]:
    """Jobs today, which stay, and those that are planned, from the year after they are done.

    Parameters
    ----------
    arbeidsplass, naeringsprogram
        Layers of the catalogue.
    years
        Each 1 January, (t,).
    parameters
        ``sannsynlighet_…`` and ``trafikk_m2_…``.

    Returns
    -------
    tuple
        The places, and how many rows say neither jobs nor area.
    """
    one, lacking = _jobs_now(arbeidsplass, years), 0
    two = _no_demand(years)
    if naeringsprogram is not None and len(naeringsprogram):
        two, lacking = _jobs_planned(naeringsprogram, years, parameters)
    return together([one, two]), lacking


def _no_demand(years: Whole) -> Demand:
    none = np.zeros((0, len(years)))
    return Demand(
        np.zeros(0, dtype=np.int8),
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=object),
        years,
        dict.fromkeys(ALTERNATIVES, none),
        none,
    )


def _of_jobs(frame: gpd.GeoDataFrame, kind: int, years: Whole, jobs: Number) -> Demand:
    none = np.zeros_like(jobs)
    return Demand(
        np.full(len(frame), kind, dtype=np.int8),
        np.arange(len(frame), dtype=np.int64),
        np.asarray(shapely.point_on_surface(geometries(frame)), dtype=object),
        years,
        dict.fromkeys(ALTERNATIVES, none),
        jobs,
    )


def _jobs_now(arbeidsplass: gpd.GeoDataFrame | None, years: Whole) -> Demand:
    if arbeidsplass is None or not len(arbeidsplass):
        return _no_demand(years)
    count = np.nan_to_num(column_numbers(arbeidsplass, "ansatte"))
    return _of_jobs(arbeidsplass, JOBS, years, np.repeat(count[:, None], len(years), axis=1))


def _jobs_planned(
    frame: gpd.GeoDataFrame, years: Whole, parameters: Parameters
) -> tuple[Demand, int]:
    from askergeo.transport._ledger_rows import jobs_of  # noqa: PLC0415

    told, done = column_numbers(frame, "arbeidsplasser"), column_numbers(frame, "aar")
    trade = np.full(len(frame), "", dtype=object)
    if "naering" in frame:
        trade = frame["naering"].astype("string").fillna("").to_numpy(dtype=object)
    jobs = np.where(
        np.isnan(told), jobs_of(column_numbers(frame, "naering_m2"), trade, parameters), told
    )
    known = np.isfinite(jobs) & np.isfinite(done)
    expected = np.where(known, np.maximum(jobs, 0.0) * _probability(frame, parameters), 0.0)
    done = np.nan_to_num(done, nan=np.inf)
    there = (done[:, None] < years[None, :]) & (done >= years[0])[:, None]
    return _of_jobs(frame, NEW_JOBS, years, expected[:, None] * there), int((~known).sum())


def _probability(frame: pd.DataFrame, parameters: Parameters) -> Number:
    """How likely each row is, 0–1: told, else by its status."""
    told = column_numbers(frame, "sannsynlighet")
    status = np.full(len(frame), "", dtype=object)
    if "status" in frame:
        status = frame["status"].astype("string").fillna("").to_numpy(dtype=object)
    known = ("bygges", "tillatelse", "regulert", "kommuneplan", "innspill")
    names = np.where(np.isin(status.astype(str), known), status, "ukjent").astype(str)
    each = np.full(len(frame), np.nan)
    for name in np.unique(names[np.isnan(told)]):
        each[names == name] = float(parameters[f"sannsynlighet_{name}"])
    return np.clip(np.where(np.isnan(told), each, told) / 100.0, 0.0, 1.0)
