"""The housing programme: dwellings by area, type and year, and the people who will live in them.

A row counts with its probability (that of its status when it has none). Dwellings of year ``t`` are
lived in from 1 January of ``t + 1``; residents by age and years since then come from the table of
people per dwelling. Decisions that a planner should know, each told as a fault where it is used:

- a year in the past: with a status and not certain, the dwellings are late and come the first year;
  else they are there already, and their residents are among those of today;
- a negative number is a demolition: the same share of the area's residents leaves as of its
  dwellings, and is not placed anywhere else;
- an unknown type counts as the programme's own mix of types;
- outside every area, without year or without number: not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.population.cohort import survivors
from askergeo.population.faults import all_faults, fault_frame, listed_faults
from askergeo.population.tables import DWELLINGS, SETTLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.population.cohort import Rates

    Array = NDArray[np.float64]

__all__ = [
    "Programme",
    "dwellings",
    "flow_of",
    "no_programme",
    "read_programme",
    "removed_share",
    "residents_in",
]

STATUSES: Final = ("bygges", "tillatelse", "regulert", "kommuneplan", "innspill")
_LAYER: Final = "boligprogram"
_CERTAIN: Final = 100.0
_BUILT: Final = "bygges"
# Title and text of each rule.
_RULES: Final = {
    "uten_aar": ("Bolig uten år", "Året mangler. Boligene er ikke regnet med."),
    "uten_antall": ("Bolig uten antall", "Antallet mangler. Raden er ikke regnet med."),
    "utenfor": (
        "Bolig utenfor alle områder",
        "Prosjektet ligger ikke i noe område. Boligene er ikke regnet med.",
    ),
    "forsinket": (
        "Bolig som skulle vært ferdig",
        "Statusen sier ikke at boligene er ferdige. De er regnet med det første året som kommer.",
    ),
    "ferdig": (
        "Bolig i et år som er passert",
        "Boligene er regnet som ferdige. De som bor der, er blant dagens bosatte.",
    ),
    "type": (
        "Ukjent boligtype",
        "Boligtypen er ukjent. Boligene er regnet med programmets egen blanding av typer.",
    ),
    "riving": (
        "Færre enn null boliger",
        "Regnet som rivning: så stor andel av de bosatte i området flytter ut av kommunen.",
    ),
}


@dataclass(frozen=True, eq=False)
class Programme:
    """Rows of a housing programme that can be counted, each in one area.

    Parameters
    ----------
    rows
        ``area`` (position), ``aar``, ``boliger`` (negative: demolished), ``andel`` (probability,
        0–1), ``sikker`` (neither delayed nor less likely in any alternative), and the share of each
        type in a column of its name.
    start
        Year of the first 1 January: what was completed before it is there.
    guessed
        What rests on guesses, in bokmål.
    faults
        What is wrong with the programme.
    """

    rows: pd.DataFrame
    start: int
    guessed: tuple[str, ...]
    faults: pd.DataFrame


def read_programme(
    boligprogram: pd.DataFrame,
    area: NDArray[np.intp],
    weight: Array,
    row: NDArray[np.intp],
    *,
    start: int,
    parameters: Parameters,
) -> Programme:
    """Read the rows of a programme that lie in an area, and name all that is wrong.

    Parameters
    ----------
    boligprogram
        Rows with ``prosjekt_id``, ``boligtype``, ``aar``, ``boliger``, and where known
        ``sannsynlighet`` and ``status``.
    area, weight, row
        Position of an area, the share of the project that lies in it, and the position of the row:
        a project that lies in two areas is there twice.
    start
        Year of the first 1 January.
    parameters
        Probabilities by status.
    """
    year, homes, status, given = _columns(boligprogram)
    known = np.isfinite(year) & np.isfinite(homes) & (homes != 0)
    inside = np.isin(np.arange(len(boligprogram)), row)
    # A row with a state that is not certain is still to come, whatever its year says.
    past = year < start
    late = known & past & np.isin(status, STATUSES) & ~(given >= _CERTAIN)
    share = np.where(np.isnan(given), _by_status(status, np.isnan(given), parameters), given) / 100
    share = np.where(known & past & ~late, 1.0, share)
    types, unknown = _types(boligprogram, homes, known)
    rows = pd.DataFrame(
        {
            "area": area,
            "aar": np.where(late, start, year)[row],
            "boliger": homes[row] * weight,
            "andel": np.clip(share, 0, 1)[row],
            "sikker": ((status == _BUILT) | (past & ~late))[row],
            **{kind: types[row, k] for k, kind in enumerate(DWELLINGS)},
        }
    )
    told = _faults(boligprogram, {
        "uten_aar": ~np.isfinite(year), "uten_antall": ~np.isfinite(homes), "utenfor": ~inside,
        "forsinket": late, "ferdig": known & past & ~late, "type": unknown, "riving": homes < 0,
    })  # fmt: skip
    guessed = _guesses(status, np.isnan(given) & known & inside & ~(past & ~late))
    return Programme(rows[known[row]].reset_index(drop=True), start, guessed, told)


def _columns(frame: pd.DataFrame) -> tuple[Array, Array, NDArray[np.object_], Array]:
    """Year, dwellings, status and given probability (%) of each row; NaN and "" when unknown."""

    def number(name: str) -> Array:
        if name not in frame:
            return np.full(len(frame), np.nan)
        return pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)

    status = np.full(len(frame), "", dtype=object)
    if "status" in frame:
        status = frame["status"].astype("str").fillna("").to_numpy(dtype=object)
    return number("aar"), number("boliger"), status, number("sannsynlighet")


def _by_status(
    status: NDArray[np.object_], rows: NDArray[np.bool_], parameters: Parameters
) -> Array:
    """Probability (%) of the rows by their status; only what they need is read."""
    result = np.full(len(status), np.nan)
    for name in np.unique(status[rows].astype(str)):
        key = name if name in STATUSES else "ukjent"
        result[status == name] = parameters[f"sannsynlighet_{key}"]
    return result


def _types(
    frame: pd.DataFrame, homes: Array, known: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_]]:
    """Share of each type in each row, (rows, 4), and which rows have an unknown type."""
    position = pd.Index(DWELLINGS).get_indexer(pd.Index(frame["boligtype"]))
    types = np.zeros((len(frame), len(DWELLINGS)))
    found = position >= 0
    types[np.flatnonzero(found), position[found]] = 1.0
    new = np.where(known & found, np.maximum(homes, 0), 0) @ types
    types[~found] = new / new.sum() if new.sum() else 1 / len(DWELLINGS)
    return types, ~found


def _faults(frame: pd.DataFrame, wrong: dict[str, NDArray[np.bool_]]) -> pd.DataFrame:
    """List the rows that break each rule, with their dwellings."""
    names = frame["prosjekt_id"].astype("str").fillna("uten id")
    number = pd.to_numeric(frame["boliger"]).to_numpy(dtype=np.float64, na_value=np.nan)
    told = []
    for rule, (title, text) in _RULES.items():
        rows = np.flatnonzero(wrong[rule])
        words = [f"{names.iloc[k]} ({format_number(number[k])} boliger)" for k in rows]
        told.append(listed_faults(f"program_{rule}", title, _LAYER, words, text))
    return all_faults(told)


def _guesses(status: NDArray[np.object_], open_rows: NDArray[np.bool_]) -> tuple[str, ...]:
    if not open_rows.any():
        return ()
    unknown = int((open_rows & ~np.isin(status, STATUSES)).sum())
    text = (
        f"Sannsynligheten for {format_number(open_rows.sum())} rader i boligprogrammet er anslått "
        "etter statusen"
    )
    return (
        f"{text}; {format_number(unknown)} av dem har ingen status." if unknown else f"{text}.",
    )


def no_programme(start: int) -> Programme:
    """Return a programme without rows."""
    columns = ["area", "aar", "boliger", "andel", "sikker", *DWELLINGS]
    rows = pd.DataFrame({name: np.zeros(0) for name in columns})
    return Programme(rows.astype({"area": np.intp, "sikker": bool}), start, (), fault_frame())


def dwellings(
    programme: Programme, areas: int, first: int, last: int, *, factor: float = 1.0, delay: int = 0
) -> Array:
    """Dwellings expected by area, type and year of completion, demolitions left out.

    Parameters
    ----------
    programme
        As read.
    areas
        Number of areas.
    first, last
        First and last year of completion.
    factor
        Times the probability of rows that are not certain, at most 1.
    delay
        Years later for rows that are not certain.

    Returns
    -------
    (areas, 4, years), years from ``first`` to ``last``.
    """
    rows = programme.rows
    result = np.zeros((areas, last - first + 1, len(DWELLINGS)))
    year, expected = _expected(rows, factor, delay)
    kept = ((year >= first) & (year <= last) & (expected > 0)).to_numpy()
    mine = rows[kept]
    homes = mine[list(DWELLINGS)].to_numpy() * expected[kept].to_numpy()[:, None]
    np.add.at(result, (mine["area"].to_numpy(), year[kept].to_numpy() - first), homes)
    return result.swapaxes(1, 2)


def _expected(rows: pd.DataFrame, factor: float, delay: int) -> tuple[pd.Series, pd.Series]:
    """Year of completion and dwellings expected of each row."""
    sure = rows["sikker"].to_numpy(dtype=bool)
    share = np.where(sure, rows["andel"], np.minimum(rows["andel"] * factor, 1.0))
    year = rows["aar"].astype(np.int64) + np.where(sure, 0, delay)
    return year, rows["boliger"] * share


def removed_share(
    programme: Programme, homes: Array, years: int, *, factor: float = 1.0, delay: int = 0
) -> Array:
    """Share of each area's dwellings that is demolished each year, (years, areas), at most 1.

    Parameters
    ----------
    homes
        Dwellings in each area at the start, (areas,).
    """
    gone = np.zeros((years, len(homes)))
    year, expected = _expected(programme.rows, factor, delay)
    step = (year - programme.start).to_numpy()
    kept = (expected.to_numpy() < 0) & (step >= 0) & (step < years)
    np.add.at(gone, (step[kept], programme.rows["area"].to_numpy()[kept]), -expected[kept])
    left = np.maximum(homes - np.vstack([np.zeros(len(homes)), np.cumsum(gone, axis=0)[:-1]]), 0)
    share = np.divide(gone, left, out=np.zeros_like(gone), where=left > 0)
    return np.minimum(share, 1.0)


def residents_in(built: Array, table: Array, first: int, start: int, years: int) -> Array:
    """Residents of the dwellings completed, by the table of people per dwelling.

    Parameters
    ----------
    built
        Dwellings by area, type and year of completion from ``first`` on, (areas, 4, m).
    table
        People per dwelling by type, years after completion and age, (4, SETTLED + 1, AGES).
    first
        Year of the first completion.
    start, years
        Year of the first 1 January wanted, and how many follow.

    Returns
    -------
    (years + 1, areas, AGES): residents on each 1 January.
    """
    when = np.arange(start, start + years + 1)
    since = when[:, None] - (first + np.arange(built.shape[2]))[None, :] - 1
    people = table[:, np.clip(since, 0, SETTLED)]  # (4, years + 1, m, AGES)
    people = people * (since >= 0)[None, :, :, None]
    areas = np.flatnonzero(built.any(axis=(1, 2)))
    result = np.zeros((years + 1, built.shape[0], table.shape[2]))
    result[:, areas] = np.tensordot(built[areas], people, axes=([1, 2], [0, 2])).swapaxes(0, 1)
    return result


def flow_of(residents: Array, rates: Rates) -> Array:
    """Net moves that keep the people in new dwellings at what the table says.

    Parameters
    ----------
    residents
        Residents of the new dwellings on each 1 January, (years + 1, areas, AGES).
    rates
        The rates that everyone is subject to: births, deaths and moves among these residents are
        counted there already.

    Returns
    -------
    (years, areas, AGES), at the age at the end of the year.
    """
    expected = survivors(residents[:-1], rates) * (1 + rates.migration)
    return np.asarray(residents[1:] - expected)
