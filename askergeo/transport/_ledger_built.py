"""Reads what is built and what is permitted, each dwelling once in either.

A building that was taken into use counts as built in that year. A permit that is finished counts as
built only when its building is not in the layer ``bygning``; the building is found by
``bygning_id``, or else by the place. Where the permit adds to a building that is older than itself,
the permit's dwellings are built in its own year, and the building has the rest. A negative number
is dwellings torn down. What is permitted and what is planned are stages of their own: the same
dwelling is in several of them, and they are never added to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, listed_faults
from askergeo.transport._ledger_rows import (
    BUILT,
    PERMITTED,
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

__all__ = ["built", "permitted"]

# Metres between the point of a permit and the building that it became.
_NEAR: Final = 1.0


@dataclass(frozen=True, eq=False)
class _Buildings:
    """The register of buildings as numbers, (b,)."""

    ids: NDArray[np.object_]
    year: Numbers
    homes: Numbers
    m2: Numbers
    trade: NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class _Permits:
    """The permits as numbers, (p,); ``building`` is the row of the building, −1 for none."""

    ids: NDArray[np.object_]
    granted: Numbers
    finished: Numbers
    homes: Numbers
    m2: Numbers
    trade: NDArray[np.object_]
    building: NDArray[np.intp]
    guessed: Flags


def built(
    bygning: gpd.GeoDataFrame | None,
    byggetillatelse: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Rows:
    """Count what is built, by the buildings and the finished permits; see the module.

    Parameters
    ----------
    bygning, byggetillatelse
        Layers of the catalogue, one of them or both, in the same CRS.
    parameters
        ``trafikk_m2_…`` and ``trafikk_bygg_naering`` of the set ``trafikk``, and ``regnskap_…``.

    Returns
    -------
    Rows
        Only what has a year is in ``frame``; the account has the rest.
    """
    parts, faults, account = [], [], []
    buildings = _buildings(bygning, parameters)
    permits, told = _permits(byggetillatelse, bygning, buildings)
    faults += told
    done = np.isfinite(permits.finished)
    at = permits.building
    there = done & (at >= 0)
    # The row after the last stands for no building.
    older = there & (np.r_[buildings.year, np.nan][at] < permits.granted)
    late = there & (permits.homes < 0)
    own = (done & (at < 0)) | older | late
    # What the permits added to older buildings is among the dwellings that these have today.
    grown, grown_m2 = (_added(values, at, older, len(buildings.ids)) for values in
                       (permits.homes, permits.m2))  # fmt: skip
    plain = there & ~older & ~late
    homes, m2, more = _counted(buildings, permits, plain, grown, grown_m2)
    faults += more
    year = _years(buildings, permits, plain)
    if bygning is not None:
        faults += _building_faults(buildings, homes, year)
        dated = np.isfinite(year) & ((homes != 0) | (m2 != 0))
        parts.append(_building_rows(bygning, buildings, (year, homes, m2), dated, parameters))
        account.append(_building_account(buildings, homes, grown, dated))
    if byggetillatelse is not None:
        parts.append(_permit_rows(byggetillatelse, permits, own, BUILT, parameters))
        account.append(_permit_account(permits, own, plain))
    return Rows(joined_rows(parts, bygning, byggetillatelse), all_faults(faults), stacked(account))


def permitted(
    byggetillatelse: gpd.GeoDataFrame,
    bygning: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Rows:
    """Count what is permitted, by the year of the permit, whether it is built or not.

    Parameters
    ----------
    byggetillatelse, bygning
        Layers of the catalogue.
    parameters
        As for :func:`built`.
    """
    buildings = _buildings(bygning, parameters)
    permits, _ = _permits(byggetillatelse, bygning, buildings)
    everyone = np.ones(len(permits.ids), dtype=bool)
    frame = _permit_rows(byggetillatelse, permits, everyone, PERMITTED, parameters)
    unknown = frame["boliger"].isna() & frame["jobber"].isna()
    faults = listed_faults(
        "tillatelse_uten_antall", "Tillatelse uten antall", "byggetillatelse",
        frame.loc[unknown, "rad"], "Verken boliger eller næringsareal er oppgitt. "
        "Tillatelsen er ikke regnet med.",
    )  # fmt: skip
    account = account_line("byggetillatelse", PERMITTED, frame["boliger"], counted=frame["boliger"])
    return Rows(frame, faults, account)


def _buildings(bygning: gpd.GeoDataFrame | None, parameters: Parameters) -> _Buildings:
    if bygning is None:
        nothing = np.empty(0)
        return _Buildings(nothing.astype(object), nothing, nothing, nothing, nothing.astype(object))
    trade = _trades(bygning, parameters)
    m2 = np.where(trade != "", number(bygning, "bruksareal"), 0.0)
    homes = number(bygning, "boliger")
    # A business building without a number of dwellings has none that anyone knows of.
    homes = np.where(np.isnan(homes) & (trade != ""), 0.0, homes)
    return _Buildings(
        bygning["bygning_id"].astype(object).to_numpy(), number(bygning, "tatt_i_bruk"), homes,
        m2, trade,
    )  # fmt: skip


def _trades(bygning: pd.DataFrame, parameters: Parameters) -> NDArray[np.object_]:
    """Tell the business of each building by its type; empty for homes and those of few jobs."""
    codes = bygning["bygningstype"].astype("string").fillna("").astype(object).to_numpy()
    found = np.full(len(codes), "", dtype=object)
    text = pd.Series(codes, dtype="str")
    for rule in parameters["trafikk_bygg_naering"]:
        start, _, trade = str(rule).partition(":")
        found[text.str.startswith(start).to_numpy()] = trade
    for start in parameters["regnskap_bygg_uten_jobber"]:
        found[text.str.startswith(str(start)).to_numpy()] = ""
    return found


def _permits(
    layer: gpd.GeoDataFrame | None, bygning: gpd.GeoDataFrame | None, buildings: _Buildings
) -> tuple[_Permits, list[pd.DataFrame]]:
    """Read the permits, and find the building that each became."""
    if layer is None:
        nothing = np.empty(0)
        text = nothing.astype(object)
        none = nothing.astype(np.intp)
        return _Permits(text, nothing, nothing, nothing, nothing, text, none,
                        nothing.astype(bool)), []  # fmt: skip
    named = (
        layer["bygning_id"] if "bygning_id" in layer else pd.Series(index=layer.index, dtype=object)
    )
    granted, finished = number(layer, "tillatt_aar"), number(layer, "ferdig_aar")
    at = _first_row(buildings.ids, named)
    guessed = np.zeros(len(layer), dtype=bool)
    if bygning is not None:
        nameless = (at < 0) & named.isna().to_numpy() & np.isfinite(finished)
        bare = np.flatnonzero(nameless & ~(number(layer, "boliger") < 0))
        # A building that a permit names is that permit's, and no other's.
        year = buildings.year.copy()
        year[at[at >= 0]] = np.nan
        homes = number(layer, "boliger")[bare] > 0
        at[bare] = _by_place(layer.iloc[bare], bygning, (year, buildings), finished[bare], homes)
        guessed[bare] = at[bare] >= 0
    # A building that is in use is finished, whatever the permit says.
    known = np.r_[buildings.year, np.nan][at]
    finished = np.where(np.isnan(finished) & (known >= granted), known, finished)
    permits = _Permits(
        layer["sak_id"].astype(object).to_numpy(), granted, finished, number(layer, "boliger"),
        number(layer, "naering_m2"), word(layer, "naering"), at, guessed,
    )  # fmt: skip
    backwards = finished < granted
    faults = [
        listed_faults(
            "tillatelse_gjettet_bygg", "Tillatelse koblet til bygning etter sted",
            "byggetillatelse", permits.ids[guessed],
            "Tillatelsen sier ikke hvilken bygning den gjelder, men ligger på en bygning som ble "
            "tatt i bruk da. De er regnet som den samme, så boligene telles én gang.",
        ),
        listed_faults(
            "tillatelse_ferdig_foer", "Ferdig før tillatt", "byggetillatelse",
            permits.ids[backwards],
            "Byggverket var ferdig før det ble tillatt. Begge årene er brukt som de står.",
        ),
    ]  # fmt: skip
    return permits, faults


def _first_row(ids: NDArray[np.object_], wanted: pd.Series) -> NDArray[np.intp]:
    """Position of the first building of each id, −1 when it is not there."""
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.intp)
    first = pd.Series(np.arange(len(ids)), index=pd.Index(ids))
    first = first[~first.index.duplicated() & first.index.notna()]
    found = wanted.astype(object).map(first)
    return found.fillna(-1).to_numpy(dtype=np.intp)


def _by_place(
    permits: gpd.GeoDataFrame,
    bygning: gpd.GeoDataFrame,
    free: tuple[Numbers, _Buildings],
    finished: Numbers,
    homes: Flags,
) -> NDArray[np.intp]:
    """Find a building on the permit's place that was taken into use when the permit was built."""
    at = np.full(len(permits), -1, dtype=np.intp)
    shapes = geometries(permits)
    row, other = shapely.STRtree(geometries(bygning)).query(
        shapes, predicate="dwithin", distance=_NEAR
    )
    year, buildings = free
    # The two registers may be a year apart; homes are not in a shop that has none.
    fits = np.abs(year[other] - finished[row]) <= 1
    fits &= np.where(homes[row], buildings.homes[other] != 0, buildings.trade[other] != "")
    # From the last, so that the first building stays.
    at[row[fits][::-1]] = other[fits][::-1]
    return at


def _added(values: Numbers, at: NDArray[np.intp], rows: Flags, count: int) -> Numbers:
    """Sum what the permits added to each building; what they tore down is gone from it already."""
    added = np.zeros(count)
    np.add.at(added, at[rows], np.nan_to_num(np.maximum(values[rows], 0.0)))
    return added


def _counted(
    buildings: _Buildings, permits: _Permits, plain: Flags, grown: Numbers, grown_m2: Numbers
) -> tuple[Numbers, Numbers, list[pd.DataFrame]]:
    """Return the dwellings and the business area of each building, and where two sources differ."""
    said = _added(permits.homes, permits.building, plain, len(buildings.ids))
    asked = np.zeros(len(buildings.ids), dtype=bool)
    asked[permits.building[plain & np.isfinite(permits.homes)]] = True
    homes = np.where(np.isnan(buildings.homes) & asked, said, buildings.homes)
    unlike = asked & np.isfinite(buildings.homes) & (said != buildings.homes)
    over = np.isfinite(buildings.homes) & (grown > buildings.homes)
    given = np.zeros(len(buildings.ids), dtype=bool)
    given[permits.building[plain & np.isfinite(permits.m2)]] = True
    area = _added(permits.m2, permits.building, plain, len(buildings.ids))
    m2 = np.where(given, area, buildings.m2)
    words = [
        f"{buildings.ids[k]} ({format_number(buildings.homes[k])} mot {format_number(said[k])})"
        for k in np.flatnonzero(unlike)
    ]
    told = [
        listed_faults(
            "bygning_ulik_tillatelse", "Bygningen har et annet antall boliger enn tillatelsen",
            "bygning", words, "Bygningens antall er brukt. Tillatelsen trekker fra revne boliger: "
            "er forskjellen boliger som er revet, må de føres på en egen rad.",
        ),
        listed_faults(
            "bygning_faerre_enn_tillagt", "Bygningen har færre boliger enn tillatelsene la til",
            "bygning", buildings.ids[over],
            "Tillatelsene til ombygging har flere boliger enn bygningen har nå. Tillatelsenes "
            "antall er brukt.",
        ),
    ]  # fmt: skip
    return np.maximum(homes - grown, 0.0), np.maximum(m2 - grown_m2, 0.0), told


def _years(buildings: _Buildings, permits: _Permits, plain: Flags) -> Numbers:
    """Year that each building was taken into use; the earliest permit's where nothing says it."""
    first = np.full(len(buildings.ids), np.inf)
    np.minimum.at(first, permits.building[plain], permits.finished[plain])
    year = np.where(np.isnan(buildings.year), first, buildings.year)
    return np.where(np.isfinite(year), year, np.nan)


def _building_faults(buildings: _Buildings, homes: Numbers, year: Numbers) -> list[pd.DataFrame]:
    """Say which buildings cannot be counted; old ones without a number are too many to name."""
    ids = pd.Series(buildings.ids)
    twice = (ids.duplicated() & ids.notna()).to_numpy()
    undated = np.isnan(year) & (np.nan_to_num(homes) > 0)
    vague = np.isfinite(year) & np.isnan(homes)
    rows = []
    if undated.any():
        rows.append(listed_faults(
            "bygning_uten_aar", "Bygninger uten år", "bygning",
            [f"{format_number(undated.sum())} bygninger"],
            f"{format_number(np.nansum(homes[undated]))} boliger i bygninger uten år for når de "
            "ble tatt i bruk, er ikke regnet med.",
        ))  # fmt: skip
    if vague.any():
        rows.append(listed_faults(
            "bygning_uten_antall", "Bygninger uten antall boliger", "bygning",
            [f"{format_number(vague.sum())} bygninger"],
            "Antallet boliger er ukjent. Det er ikke null, men kan ikke regnes med.",
        ))  # fmt: skip
    rows.append(listed_faults(
        "bygning_dobbel", "Samme bygningsnummer to ganger", "bygning", ids[twice],
        "Begge radene er regnet med: rett laget om det er samme bygning.",
    ))  # fmt: skip
    return rows


def _building_rows(
    layer: gpd.GeoDataFrame,
    buildings: _Buildings,
    found: tuple[Numbers, Numbers, Numbers],
    rows: Flags,
    parameters: Parameters,
) -> gpd.GeoDataFrame:
    year, homes, m2 = found
    jobs = jobs_of(m2[rows], buildings.trade[rows], parameters)
    data = {
        "trinn": BUILT, "lag": "bygning", "rad": buildings.ids[rows], "navn": "",
        "aar": year[rows], "boliger": homes[rows], "jobber": jobs, "m2": m2[rows], "andel": 1.0,
        "ferdig": True,
    }  # fmt: skip
    # A building stands in one place: it is not cut by the line.
    points = shapely.point_on_surface(geometries(layer)[rows])
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=points, crs=layer.crs)


def _permit_rows(
    layer: gpd.GeoDataFrame, permits: _Permits, rows: Flags, stage: str, parameters: Parameters
) -> gpd.GeoDataFrame:
    year = permits.finished if stage == BUILT else permits.granted
    names = word(layer, "planid")[rows]
    data = {
        "trinn": stage, "lag": "byggetillatelse", "rad": permits.ids[rows],
        "navn": np.where(names == "", "", "plan " + names.astype(object)), "aar": year[rows],
        "boliger": permits.homes[rows],
        "jobber": jobs_of(permits.m2[rows], permits.trade[rows], parameters),
        "m2": permits.m2[rows], "andel": 1.0, "ferdig": np.isfinite(permits.finished[rows]),
    }  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometries(layer)[rows], crs=layer.crs)


def _building_account(
    buildings: _Buildings, homes: Numbers, grown: Numbers, dated: Flags
) -> pd.DataFrame:
    known = np.nan_to_num(buildings.homes)
    taken = np.minimum(grown, known)
    return account_line(
        "bygning", BUILT, pd.Series(buildings.homes),
        counted=pd.Series(np.where(dated, homes, 0.0)), elsewhere=float(taken.sum()),
    )  # fmt: skip


def _permit_account(permits: _Permits, own: Flags, plain: Flags) -> pd.DataFrame:
    homes = np.nan_to_num(permits.homes)
    return account_line(
        "byggetillatelse", BUILT, pd.Series(permits.homes),
        counted=pd.Series(np.where(own, homes, 0.0)), elsewhere=float(homes[plain].sum()),
    )  # fmt: skip
