"""Where people live: residents by address, or by grid cell shared among its dwellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges, points_of
from askergeo.geometry import geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["Residents", "by_address", "by_cell", "shared"]


@dataclass(frozen=True)
class Residents:
    """Residents at points.

    Parameters
    ----------
    points
        Places.
    count
        Residents at each.
    unplaced
        Residents whose address has no place.
    unknown
        Grid cells without a number.
    source
        In bokmål, where they come from.
    """

    points: Geometries
    count: NDArray[np.int64]
    unplaced: int
    unknown: int
    source: str


def by_address(addresses: gpd.GeoDataFrame, population: pd.DataFrame) -> Residents:
    """Sum the residents of all ages at each address.

    Residents at an address that has no place are kept as a number of their own.
    """
    known = addresses.drop_duplicates("adresse_id")
    places = geometries(known)
    placed = ~(shapely.is_missing(places) | shapely.is_empty(places))
    total = population.groupby("adresse_id")["antall"].sum()
    ids = known["adresse_id"][placed]
    count = ids.map(total).fillna(0).to_numpy(dtype=np.int64)
    unplaced = int(total.sum()) - int(count.sum())
    return Residents(places[placed], count, unplaced, 0, "bosatte på adresse")


def by_cell(
    cells: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, dwelling_types: Sequence[str]
) -> Residents:
    """Share the residents of each grid cell among its dwellings, in whole persons.

    A cell without dwellings keeps its residents at its middle. Cells without a number are
    counted, not taken for empty.
    """
    number = cells["bosatte"].to_numpy(dtype=float, na_value=np.nan)
    shapes = geometries(cells)
    homes = buildings[in_ranges(buildings["bygningstype"], dwelling_types)]
    places = points_of(homes)
    home, cell = shapely.STRtree(shapes).query(places, predicate="intersects")
    # A home on the edge of two cells belongs to the first.
    home, first = np.unique(home, return_index=True)
    cell = cell[first]
    weights = np.ones(len(homes))
    if "boliger" in homes:
        weights = np.maximum(homes["boliger"].to_numpy(dtype=float, na_value=1.0), 1.0)
    known = np.nan_to_num(number).astype(np.int64)
    at_home = shared(known, cell, weights[home])
    alone = np.setdiff1d(np.flatnonzero(known > 0), cell)
    middles = shapely.centroid(shapes[alone])
    return Residents(
        np.concatenate([places[home], middles]),
        np.concatenate([at_home, known[alone]]),
        0,
        int(np.isnan(number).sum()),
        "bosatte i ruter, fordelt på boligbygninger",
    )


def shared(
    total: NDArray[np.int64], group: NDArray[np.intp], weight: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Share ``total[g]`` among the members of each group by weight, in whole numbers.

    The largest remainders get the last ones, so that each group sums to its total.

    Examples
    --------
    >>> shared(np.array([10, 5]), np.array([0, 0, 0]), np.array([1.0, 1.0, 2.0])).tolist()
    [3, 2, 5]
    """
    sums = np.bincount(group, weights=weight, minlength=len(total))
    exact = total[group] * weight / sums[group]
    whole = np.floor(exact + 1e-9).astype(np.int64)
    rest = total - np.bincount(group, weights=whole, minlength=len(total)).astype(np.int64)
    order = np.lexsort((whole - exact, group))
    rank = pd.Series(group[order]).groupby(group[order]).cumcount().to_numpy()
    whole[order] += rank < rest[group[order]]
    return whole
