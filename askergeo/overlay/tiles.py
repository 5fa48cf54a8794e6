"""The same account of what does not fit in memory: a tile of the boundary at a time.

The account of an area is the sum of the accounts of its parts. A tile reads what meets it and
accounts for its part of the boundary; a polygon that lies in several tiles is cut by the account
itself, exactly, so that the totals do not depend on the tiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import polygons_of, union
from askergeo.overlay.account import AREA, Account, Balance, account
from askergeo.overlay.door import check_crs_of, checked, join_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    Box = tuple[float, float, float, float]

__all__ = ["account_tiled", "tiles"]

# A fault is the same when these are; the change in area is then the same too.
_SAME = ["tema", "rad", "grunn"]


def account_tiled(
    read: Callable[[Box], Mapping[str, gpd.GeoDataFrame]],
    *,
    by: Mapping[str, Sequence[str]],
    boundary: gpd.GeoDataFrame,
    side_m: float,
    crs: str = CRS_OF_RECORD,
) -> Account:
    """Make the account of `askergeo.overlay.account.account`, a tile at a time.

    Parameters
    ----------
    read
        Gives the themes' rows that meet a box (west, south, east, north), with the labels that the
        rows have in the whole; more rows do no harm. `askergeo.overlay.stream.tile_reader` does
        this for files.
    by, boundary, crs
        As for the whole account.
    side_m
        Side of a tile, metres. A tile's rows must fit in memory.

    Returns
    -------
    Account
        Gaps and overlaps are cut where tiles meet. What lies outside the boundary is missing: what
        meets no tile has not been read.
    """
    check_crs_of({"grensen": boundary}, crs)
    limit = checked("grensen", boundary)
    area = union(limit.shapes)
    if area.is_empty:
        raise LayerError("Grensen har ikke noe areal.", remedy="Oppgi en grense med flater.")
    parts = _Parts([], [], [limit.faults], [], [], np.zeros(3), 0.0)
    for box, part in tiles(area, side_m):
        piece = gpd.GeoDataFrame(geometry=[part], crs=boundary.crs)
        parts.add(account(read(box), by=by, boundary=piece, crs=crs, outside=False))
    return parts.joined(float(area.area), crs)


def tiles(area: BaseGeometry, side_m: float) -> Iterator[tuple[Box, BaseGeometry]]:
    """Squares that hold an area, and what of it lies in each; empty ones are left out.

    Examples
    --------
    >>> [(box, part.area) for box, part in tiles(shapely.box(0, 0, 3, 1), 2.0)]
    [((0.0, 0.0, 2.0, 2.0), 2.0), ((2.0, 0.0, 4.0, 2.0), 1.0)]
    """
    if not side_m > 0:
        raise ParameterError("En rute må ha en side.", remedy="Oppgi siden i meter, over 0.")
    west, south, east, north = shapely.bounds(area)
    columns = [west + side_m * step for step in range(int((east - west) // side_m) + 1)]
    rows = [south + side_m * step for step in range(int((north - south) // side_m) + 1)]
    # Cut to columns first: a long boundary is gone through once a column, not once a tile.
    for x in columns:
        strip = _cut(area, (x, south, x + side_m, north))
        for y in rows:
            box = (float(x), float(y), float(x + side_m), float(y + side_m))
            part = _cut(strip, box)
            if part.area > 0:
                yield box, part


def _cut(area: BaseGeometry, box: Box) -> BaseGeometry:
    parts = polygons_of(shapely.intersection(area, shapely.box(*box)))
    return shapely.MultiPolygon(list(parts))


@dataclass
class _Parts:
    """What the tiles gave so far; rows are added up at once, so that their number stays small."""

    outside: list[pd.DataFrame]
    rows: list[pd.DataFrame]
    faults: list[pd.DataFrame]
    gaps: list[gpd.GeoDataFrame]
    overlaps: list[gpd.GeoDataFrame]
    sums: np.ndarray[tuple[int], np.dtype[np.float64]]
    ellipsoidal: float

    def add(self, part: Account) -> None:
        line = part.balance
        self.outside = [part.outside]
        self.sums += (line.rows_m2, line.not_covered_m2, line.counted_twice_m2)
        self.ellipsoidal += part.ellipsoidal_m2
        self.rows = [_summed([*self.rows, part.rows])]
        self.gaps.append(part.gaps)
        self.overlaps.append(part.overlaps)
        # The boundary's own faults were listed before it was cut; a row may be in several tiles.
        self.faults = [join_faults([*self.faults, part.faults]).drop_duplicates(_SAME)]

    def joined(self, boundary_m2: float, crs: str) -> Account:
        rows, not_covered, twice = map(float, self.sums)
        return Account(
            rows=self.rows[0],
            balance=Balance(boundary_m2, rows, not_covered, twice),
            gaps=pd.concat(self.gaps, ignore_index=True),
            overlaps=pd.concat(self.overlaps, ignore_index=True),
            outside=self.outside[0],
            faults=self.faults[0].reset_index(drop=True),
            ellipsoidal_m2=self.ellipsoidal,
            crs=crs,
        )


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    rows = pd.concat(parts, ignore_index=True)
    keys = [name for name in rows if name != AREA]
    sums = rows.groupby(keys, dropna=False, sort=True, observed=True)[AREA].sum()
    return sums.reset_index()
