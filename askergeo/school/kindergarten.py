"""Places in kindergartens by area, and the children of 1 to 5 years who need one, year by year.

A kindergarten belongs to the area that it lies in. A child needs a place with the share of its age
that goes to a kindergarten. Parents may choose any kindergarten of the municipality, so what one
area lacks another may have: only the sum over the municipality tells whether the right to a place
(barnehageloven chapter V) can be met.

The kindergarten year that begins in the autumn of ``t`` is read from 1 January of ``t + 1``, as the
school year is (`askergeo.population.people`): who is 1 to 5 years then, is born in ``t − 5`` to
``t − 1``. SSB's table of coverage counts children by the same age, that at the end of ``t``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.school.areas import place

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]

__all__ = [
    "AGES",
    "NO_CAPACITY",
    "NO_PLACE",
    "OUTSIDE",
    "TWICE",
    "children",
    "first_full",
    "located",
    "need",
    "places",
    "shares",
]

#: Ages of the children, full years on 1 January of the kindergarten year.
AGES: Final = (1, 2, 3, 4, 5)
#: What may be wrong with a kindergarten, in bokmål.
NO_CAPACITY: Final = "ukjent antall plasser"
NO_PLACE: Final = "uten sted på kartet"
OUTSIDE: Final = "utenfor alle områdene"
TWICE: Final = "samme barnehage-id som en annen"
# Metres (or degrees) within which a point is «0,0»: where registers put what they have no place of.
_ORIGIN: Final = 1.0


def located(kindergartens: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the area of each kindergarten, and what is wrong with it.

    Parameters
    ----------
    kindergartens
        The layer ``barnehage``, points.
    zones
        Areas, the index their ids, in the same CRS.

    Returns
    -------
    pandas.DataFrame
        A row a kindergarten, in the layer's order: ``barnehage_id``, ``navn``, ``eierform``,
        ``kapasitet`` (NaN unknown), ``omraade`` (missing in none; the first of several that
        overlap) and ``merknad``, which is empty when nothing is wrong.
    """
    points = geometries(kindergartens)
    gone = np.asarray(shapely.is_missing(points) | shapely.is_empty(points), dtype=bool)
    x, y = (np.nan_to_num(read(points)) for read in (shapely.get_x, shapely.get_y))
    gone |= (np.abs(x) < _ORIGIN) & (np.abs(y) < _ORIGIN)
    which = np.where(gone, -1, place(points, geometries(zones)))
    frame = pd.DataFrame(
        {
            name: kindergartens[name].array if name in kindergartens else pd.NA
            for name in ("barnehage_id", "navn", "eierform")
        },
        index=pd.RangeIndex(len(points)),
    )
    given = kindergartens["kapasitet"] if "kapasitet" in kindergartens else pd.Series(dtype="Int64")
    frame["kapasitet"] = given.reindex(kindergartens.index).to_numpy(np.float64, na_value=np.nan)
    areas = np.append(zones.index.to_numpy(dtype=object), [None])
    frame["omraade"] = pd.Series(areas[which], dtype=object)
    ids = frame["barnehage_id"]
    faults = {
        TWICE: (ids.notna() & ids.duplicated()).to_numpy(dtype=bool),
        NO_PLACE: gone,
        OUTSIDE: ~gone & (which < 0),
        NO_CAPACITY: frame["kapasitet"].isna().to_numpy(),
    }
    said = np.column_stack([np.where(mask, text, "") for text, mask in faults.items()])
    frame["merknad"] = [", ".join(filter(None, row)) for row in said.tolist()]
    return frame


def places(found: pd.DataFrame, zones: pd.Index) -> pd.DataFrame:
    """Sum the places of each area.

    Parameters
    ----------
    found
        From `located`.
    zones
        Ids of the areas.

    Returns
    -------
    pandas.DataFrame
        A row an area: ``barnehager``, ``plasser``, ``offentlig``, ``privat``, ``ukjent_eier``
        (``plasser`` is their sum) and ``uten_kapasitet``, how many kindergartens have an unknown
        number of places. An area whose kindergartens all have that has unknown places; one without
        kindergartens has none.
    """
    own = found[~found["merknad"].str.contains(TWICE, regex=False)]
    by = own.groupby("omraade")
    count = by.size().reindex(zones, fill_value=0)
    unknown = own["kapasitet"].isna().groupby(own["omraade"]).sum().reindex(zones, fill_value=0)
    owner = own["eierform"].map(_owner).fillna("ukjent_eier")
    sums = (
        own.pivot_table(index="omraade", columns=owner, values="kapasitet", aggfunc="sum")
        .reindex(index=zones, columns=["offentlig", "privat", "ukjent_eier"])
        .fillna(0.0)
        .astype(np.float64)
    )
    sums.columns.name = sums.index.name = None
    nothing = ((count > 0) & (count == unknown)).to_numpy()
    sums[nothing] = np.nan
    whole = sums.sum(axis=1, min_count=1)
    return sums.assign(barnehager=count, plasser=whole, uten_kapasitet=unknown.astype(np.int64))[
        ["barnehager", "plasser", "offentlig", "privat", "ukjent_eier", "uten_kapasitet"]
    ]


def _owner(kind: object) -> str:
    if pd.isna(kind):  # type: ignore[call-overload]
        return "ukjent_eier"
    return "privat" if kind == "privat" else "offentlig"


def shares(parameters: Parameters) -> Numbers:
    """Share of the children of each age that goes to a kindergarten, (5,), 0 to 1."""
    return np.array([parameters[f"barnehage_andel_{age}"] for age in AGES]) / 100


def children(count: Numbers) -> Numbers:
    """Children of 1 to 5 years of residents by age, (…, 5) of (…, ages)."""
    return np.asarray(count[..., AGES[0] : AGES[-1] + 1], dtype=np.float64)


def need(count: Numbers, share: Numbers) -> Numbers:
    """Children who need a place.

    Parameters
    ----------
    count
        Residents by age, (…, ages).
    share
        From `shares`.

    Examples
    --------
    >>> people = np.array([9.0, 10, 20, 30, 40, 50, 60])
    >>> float(need(people, np.array([0.5, 1, 1, 1, 1])))
    145.0
    """
    return np.asarray(children(count) @ share, dtype=np.float64)


def first_full(needed: Numbers, seats: Numbers, unsure: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find the first year in which each area needs more places than it has.

    Parameters
    ----------
    needed
        Children who need a place, (t, n).
    seats
        Places, (n,); NaN unknown.
    unsure
        Whether some kindergarten of the area has an unknown number of places, (n,).

    Returns
    -------
    numpy.ndarray
        Row of the year, (n,); −1 never, −2 not known: there is not room in what is known.

    Examples
    --------
    >>> needed = np.array([[9.0, 9, 9], [11.0, 9, 11]])
    >>> first_full(needed, np.array([10.0, 10, 10]), np.array([False, False, True])).tolist()
    [1, -1, -2]
    """
    over = needed > np.where(np.isnan(seats), -np.inf, seats)
    first = np.where(over.any(axis=0), over.argmax(axis=0), -1)
    return np.where((first >= 0) & (unsure | np.isnan(seats)), -2, first)
