"""Reads what is planned: the housing programme and the business programme, with probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, listed_faults
from askergeo.transport._ledger_rows import (
    PLANNED,
    Rows,
    account_line,
    jobs_of,
    joined_rows,
    number,
    stacked,
    word,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["planned"]

_STATUSES: Final = ("bygges", "tillatelse", "regulert", "kommuneplan", "innspill")
_CERTAIN: Final = 100.0


def planned(
    boligprogram: gpd.GeoDataFrame | None,
    naeringsprogram: gpd.GeoDataFrame | None,
    *,
    start: int | None,
    parameters: Parameters,
) -> Rows:
    """Count what is planned, by the year that it is expected, with its probability.

    Parameters
    ----------
    boligprogram, naeringsprogram
        Layers of the catalogue, one of them or both.
    start
        First year that is not over; None when nobody knows. A project with an earlier year and a
        status that is not certain is late, and counts the first year; others are there already,
        and are not planned any more. The forecast of residents has the same rule.
    parameters
        ``sannsynlighet_…`` of the set ``prognose``, for rows without one.
    """
    parts, faults, account = [], [], []
    for layer, frame in (("boligprogram", boligprogram), ("naeringsprogram", naeringsprogram)):
        if frame is None:
            continue
        rows, told = _programme(layer, frame, start, parameters)
        kept = rows["aar"].notna() & ~rows.pop("over").to_numpy(dtype=bool)
        faults.append(told)
        counted = rows["boliger"].where(kept, 0.0)
        if layer == "boligprogram":
            account.append(account_line(layer, PLANNED, rows["boliger"], counted=counted))
        parts.append(rows[kept])
    return Rows(
        joined_rows(parts, boligprogram, naeringsprogram), all_faults(faults), stacked(account)
    )


def _programme(
    layer: str, frame: gpd.GeoDataFrame, start: int | None, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read a programme: year, number and probability of each row; «over» is no more planned."""
    year, status = number(frame, "aar"), word(frame, "status")
    given = number(frame, "sannsynlighet")
    homes, m2 = number(frame, "boliger"), number(frame, "naering_m2")
    jobs = number(frame, "arbeidsplasser")
    guessed = np.zeros(len(frame), dtype=bool)
    if layer == "naeringsprogram":
        reckoned = jobs_of(m2, word(frame, "naering"), parameters)
        guessed = np.isnan(jobs) & np.isfinite(reckoned)
        jobs = np.where(np.isnan(jobs), reckoned, jobs)
        homes = np.zeros(len(frame))
    many = jobs if layer == "naeringsprogram" else homes
    past = year < (start if start is not None else -np.inf)
    late = past & np.isin(status, _STATUSES) & ~(given >= _CERTAIN)
    over = past & ~late
    open_rows = np.isnan(given) & ~over & np.isfinite(year) & np.isfinite(many)
    share = np.where(np.isnan(given), _by_status(status, open_rows, parameters), given) / 100
    names = frame["prosjekt_id"].astype(object).to_numpy()
    titles = word(frame, "navn")
    data = {
        "trinn": PLANNED, "lag": layer, "rad": names, "navn": titles,
        "aar": np.where(late, start or 0, year), "boliger": homes, "jobber": jobs, "m2": m2,
        "andel": share, "ferdig": False, "over": over | np.isnan(many),
    }  # fmt: skip
    unit = "arbeidsplasser" if layer == "naeringsprogram" else "boliger"
    words = np.array(
        [f"{one} ({format_number(each)} {unit})" for one, each in zip(names, many, strict=True)],
        dtype=object,
    )  # fmt: skip
    told = [
        listed_faults(f"regnskap_{rule}", title, layer, words[rows], text)
        for rule, title, rows, text in (
            ("uten_aar", "Prosjekt uten år", np.isnan(year), "Året mangler. Ikke regnet med."),
            ("uten_antall", "Prosjekt uten antall", np.isnan(many),
             "Antallet mangler. Det er ikke null, men kan ikke regnes med."),
            ("anslatt", "Arbeidsplasser som er anslått", guessed & np.isfinite(year) & ~over,
             "Antallet mangler, og er anslått fra m² per arbeidsplass."),
            ("forsinket", "Prosjekt som skulle vært ferdig", late & np.isfinite(many),
             f"Ikke meldt ferdig. Regnet med i {start}, det første året som ikke er over."),
            ("ferdig", "Prosjekt i et år som er over", over & np.isfinite(many),
             "Regnet som ferdig: det er blant det som er bygd, og ikke blant det som er planlagt."),
        )
    ]  # fmt: skip
    rows = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometries(frame), crs=frame.crs)
    return rows, all_faults(told)


def _by_status(status: NDArray[np.object_], rows: Flags, parameters: Parameters) -> Numbers:
    """Probability (%) of the rows by their status; only what they need is read."""
    result = np.full(len(status), np.nan)
    for name in np.unique(status[rows].astype(str)):
        key = name if name in _STATUSES else "ukjent"
        result[rows & (status == name)] = parameters[f"sannsynlighet_{key}"]
    return result
