"""Growth moved: dwellings of the housing programme from the projects of one centre to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo._text import listed, nearest
from askergeo.errors import LayerError, ParameterError
from askergeo.numbers import format_number
from askergeo.transport._measure_rows import KEYS, slug, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.transport._ledger_places import Centres
    from askergeo.transport.measures import MovedGrowth

__all__ = ["move_growth"]


def move_growth(
    boligprogram: gpd.GeoDataFrame, belongs: pd.Series, centres: Centres, move: MovedGrowth
) -> tuple[gpd.GeoDataFrame, pd.Series, list[str]]:
    """Move dwellings of the programme from one centre to another.

    Every row of the centre with dwellings to come gives its share, in whole dwellings; type, year,
    status and probability stay. What is moved comes where the other centre has its largest
    project, or at the centre itself where it has none.

    Parameters
    ----------
    boligprogram
        The programme.
    belongs
        Centre of each row, as the ledger tells it (``senter_id``), same index.
    centres
        The centres.
    move
        From where, to where, how many.

    Returns
    -------
    GeoDataFrame, Series, list of str
        The changed programme, the centre of each of its rows, and what was done.

    Raises
    ------
    ParameterError
        When a centre is unknown, or the first has too few dwellings.
    LayerError
        When a project has the same key twice.
    """
    source, target = _centre(centres, move.source), _centre(centres, move.target)
    if source == target:
        raise ParameterError(f"«{move.source}» er begge sentrene.", remedy="Velg to sentre.")
    keys = list(KEYS["boligprogram"])
    if boligprogram.duplicated(keys).any():
        raise LayerError(
            "Boligprogrammet har samme prosjekt, boligtype og år på flere rader.",
            remedy="Slå radene sammen i grunnpakken.",
        )
    homes = pd.to_numeric(boligprogram["boliger"]).to_numpy(dtype=np.float64, na_value=np.nan)
    rows = np.flatnonzero((belongs == source).to_numpy() & (homes > 0))
    there = int(homes[rows].sum())
    names = centres.frame.set_index("senter_id")["navn"]
    if move.count > there:
        raise ParameterError(
            f"Boligprogrammet har {format_number(there)} boliger i {names[source]}, og "
            f"{format_number(move.count)} kan ikke flyttes derfra.",
            remedy=f"Flytt høyst {format_number(there)}; «askergeo nullvekst regnskap» viser hvor "
            "mange hvert senter har.",
        )
    taken = _shares(homes[rows], move.count)
    left = boligprogram.copy()
    kind = boligprogram["boliger"].dtype
    taken_of = np.bincount(rows, taken, minlength=len(homes))
    left["boliger"] = whole(homes - taken_of).astype(kind).to_numpy()
    left["boliger"] = left["boliger"].astype(kind)
    geometry, where = _target_place(boligprogram, belongs, homes, centres, target)
    given = rows[taken > 0]
    added = boligprogram.iloc[given].copy()
    added["boliger"] = taken[taken > 0]
    added["boliger"] = added["boliger"].astype(kind)
    added["prosjekt_id"] = added["prosjekt_id"].astype(str) + f"-TIL-{slug(target)}"
    if "navn" in added:
        added["navn"] = f"Flyttet fra {names[source]} til {names[target]}"
    if "planid" in added:
        added["planid"] = None
        added["planid"] = added["planid"].astype(boligprogram["planid"].dtype)
    added["geometry"] = [geometry] * len(added)
    kept = (left["boliger"] != 0).fillna(True).to_numpy() | (homes == 0)
    result = pd.concat([left[kept], added], ignore_index=True)
    own = pd.concat([belongs[kept], pd.Series(target, index=range(len(added)))], ignore_index=True)
    said = (
        f"Flyttet {format_number(move.count)} boliger fra {names[source]} til {names[target]}: "
        f"{format_number(len(given))} rader i boligprogrammet gir hver sin del. De er lagt "
        f"{where}. Boligtype, år, status og sannsynlighet er som før."
    )
    return gpd.GeoDataFrame(result, crs=boligprogram.crs), own, [said]


def _centre(centres: Centres, wanted: str) -> str:
    """Return the id of a centre by its name or its id."""
    frame = centres.frame
    for column in ("senter_id", "navn"):
        same = frame[column].astype(str).str.casefold() == wanted.strip().casefold()
        if same.sum() == 1:
            return str(frame.loc[same, "senter_id"].iloc[0])
        if same.any():
            raise ParameterError(
                f"«{wanted}» er {same.sum()} sentre.", remedy="Skriv senter_id i stedet."
            )
    raise ParameterError(
        f"Senteret «{wanted}» er ikke i laget senter.",
        remedy=nearest(wanted, frame["navn"].astype(str))
        or f"Sentrene er {listed(sorted(frame['navn'].astype(str)))}.",
    )


def _shares(homes: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Share a whole number out by size, in whole dwellings: the largest remainders get one more."""
    exact = homes * count / homes.sum()
    each: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    most = np.argsort(-(exact - each), kind="stable")[: count - int(each.sum())]
    each[most] += 1
    return each


def _target_place(
    programme: gpd.GeoDataFrame,
    belongs: pd.Series,
    homes: NDArray[np.float64],
    centres: Centres,
    target: str,
) -> tuple[object, str]:
    """Where what is moved comes: the largest project of the centre, or the centre itself."""
    mine = np.flatnonzero((belongs == target).to_numpy() & (homes > 0))
    if len(mine):
        largest = mine[int(np.argmax(homes[mine]))]
        name = programme["prosjekt_id"].iloc[largest]
        return programme.geometry.iloc[largest], f"i prosjekt {name}"
    frame = centres.frame
    return frame.loc[frame["senter_id"] == target].geometry.iloc[0], "i senterets punkt"
