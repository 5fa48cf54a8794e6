"""Accounts of many areas at once that may lie over each other, each with its own closing line.

A plan, a nature type or a district is a sheet of its own: what another one has at the same place
is of no concern to it. One pass over all of them takes the time of one account.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.geometry import union
from askergeo.overlay._cover import Cover, cover
from askergeo.overlay._surfaces import common_areas, surfaces
from askergeo.overlay._tuples import meeting
from askergeo.overlay.account import AREA, COVERED, Balance
from askergeo.overlay.door import check_crs_of, checked, join_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["SHEET", "SheetAccounts", "sheet_accounts"]

SHEET: Final = "ark"
_LINES: Final = ("grense_m2", "rader_m2", "ikke_dekket_m2", "talt_dobbelt_m2")


@dataclass(frozen=True)
class SheetAccounts:
    """Area accounts, one a sheet.

    Parameters
    ----------
    rows
        A row a sheet and combination: ``ark``, then as in `askergeo.overlay.account.Account`.
    lines
        The parts of each sheet's closing line, m²: ``grense_m2``, ``rader_m2``,
        ``ikke_dekket_m2`` and ``talt_dobbelt_m2``; the index is the sheet. Those of several
        sheets may be added up.
    gaps, overlaps
        What no row of a theme covers of any sheet, and what several rows cover: ``tema``,
        ``areal_m2``, geometry.
    faults
        Rows that were mended or set aside, as in `askergeo.overlay.door.Checked`.
    crs
        The CRS that the areas are computed in.
    """

    rows: pd.DataFrame
    lines: pd.DataFrame
    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame
    faults: pd.DataFrame
    crs: str

    def balance(self, sheet: str) -> Balance:
        """Give a sheet's closing line."""
        return Balance(
            *(float(part) for part in self.lines.loc[[sheet], list(_LINES)].to_numpy()[0])
        )


@dataclass(frozen=True)
class _Theme:
    name: str
    shapes: Geometries
    attributes: pd.DataFrame
    cover: Cover


def sheet_accounts(
    sheets: gpd.GeoDataFrame,
    themes: Mapping[str, gpd.GeoDataFrame],
    *,
    by: Mapping[str, Sequence[str]],
    crs: str = CRS_OF_RECORD,
) -> SheetAccounts:
    """Areas within each of many sheets by the attributes of any number of themes.

    Parameters
    ----------
    sheets
        Polygons with ``ark`` (text): the sheet that each is of. Those of one sheet should not
        overlap; where they do, the place is in that sheet's area and rows as often.
    themes, by, crs
        As for `askergeo.overlay.account.account`.

    Raises
    ------
    CrsError
        When a layer is in another CRS, or in degrees.

    Examples
    --------
    >>> frame = lambda *boxes, **columns: gpd.GeoDataFrame(
    ...     columns, geometry=[shapely.box(*box) for box in boxes], crs="EPSG:25832"
    ... )
    >>> found = sheet_accounts(
    ...     frame((0, 0, 4, 4), (2, 0, 6, 4), ark=["a", "b"]),
    ...     {"land": frame((0, 0, 3, 4), art=["skog"])},
    ...     by={"land": ["art"]},
    ... )
    >>> print(found.rows.to_string(index=False))
    ark land.art  land.dekket  areal_m2
      a     skog         True      12.0
      a     <NA>        False       4.0
      b     skog         True       4.0
      b     <NA>        False      12.0
    >>> found.balance("b").difference_m2
    0.0
    """
    check_crs_of({"arkene": sheets, **themes}, crs)
    areas = checked("arkene", sheets)
    names = sheets[SHEET].astype(str).to_numpy(dtype=object)
    whole = union(areas.shapes)
    read, faults = [], [areas.faults]
    for name, frame in themes.items():
        found = checked(name, frame)
        near = np.unique(shapely.STRtree(found.shapes).query(areas.shapes)[1])
        shapes = found.shapes[near]
        values = pd.DataFrame(frame[list(by.get(name, ()))]).iloc[near].convert_dtypes()
        covers = cover(shapes, surfaces(shapes), whole)
        read.append(_Theme(name, shapes, values.reset_index(drop=True), covers))
        faults.append(found.faults)
    rows = _rows(areas.shapes, names, read)
    covered = rows[[f"{theme.name}.{COVERED}" for theme in read]].all(axis=1)
    order = pd.Index(dict.fromkeys(names), name=SHEET)
    lines = {
        "grense_m2": pd.Series(shapely.area(areas.shapes)).groupby(names).sum(),
        "rader_m2": rows[covered].groupby(SHEET)[AREA].sum(),
        "ikke_dekket_m2": rows[~covered].groupby(SHEET)[AREA].sum(),
        "talt_dobbelt_m2": _twice(areas.shapes, names, read),
    }
    return SheetAccounts(
        rows=rows,
        lines=pd.DataFrame(
            {key: line.reindex(order, fill_value=0.0) for key, line in lines.items()}
        ),
        gaps=_frame(read, "gaps", crs),
        overlaps=_frame(read, "overlaps", crs),
        faults=join_faults(faults),
        crs=crs,
    )


def _tuples(groups: Sequence[Geometries]) -> tuple[Index, Floats]:
    """Positions in each group of what shares an area, one of each, and the area."""
    shapes = np.concatenate(groups)
    ends = np.cumsum([0, *map(len, groups)]).tolist()
    polygons = surfaces(shapes)
    layers = [np.arange(low, high) for low, high in itertools.pairwise(ends)]
    members = meeting(shapes, polygons, layers)
    found = common_areas(polygons, members)
    shared = found.area > found.error
    return members[shared] - np.array(ends[:-1]), found.area[shared]


def _rows(areas: Geometries, names: NDArray[np.object_], themes: list[_Theme]) -> pd.DataFrame:
    members, area = _tuples(
        [areas, *(np.concatenate([theme.shapes, theme.cover.gaps]) for theme in themes)]
    )
    parts = {SHEET: pd.Series(names[members[:, 0]])}
    for theme, row in zip(themes, members.T[1:], strict=True):
        # A gap comes after the last row: its attributes come out missing.
        values = theme.attributes.reindex(row).reset_index(drop=True)
        parts |= {f"{theme.name}.{name}": values[name] for name in values.columns}
        parts[f"{theme.name}.{COVERED}"] = pd.Series(row < len(theme.shapes))
    frame = pd.DataFrame(parts)
    sums = frame.assign(**{AREA: area}).groupby(list(frame.columns), dropna=False, sort=False)
    found = sums[AREA].sum().reset_index()
    # Sheets in their own order, what is covered before what is not.
    place = pd.Series({name: at for at, name in enumerate(dict.fromkeys(names))})
    keys = [found[SHEET].map(place), *(~found[f"{one.name}.{COVERED}"] for one in themes)]
    order = np.lexsort([key.to_numpy() for key in reversed(keys)])
    return found.iloc[order].reset_index(drop=True)


def _twice(areas: Geometries, names: NDArray[np.object_], themes: list[_Theme]) -> pd.Series:
    """Area of each sheet that its rows hold beyond the first time, m².

    Where theme i lies 1 + eᵢ times, a place is in Π(1 + eᵢ) rows, which is one more than the sum
    of the products of eᵢ over every choice of themes.
    """
    overlapping = [theme.cover for theme in themes if len(theme.cover.overlaps)]
    total = pd.Series(0.0, index=pd.Index(dict.fromkeys(names)))
    for size in range(1, len(overlapping) + 1):
        for chosen in itertools.combinations(overlapping, size):
            members, area = _tuples([areas, *(one.overlaps for one in chosen)])
            for one, row in zip(chosen, members.T[1:], strict=True):
                area = area * (one.times[row] - 1)
            part = pd.Series(area).groupby(names[members[:, 0]]).sum()
            total = total.add(part, fill_value=0.0)
    return total


def _frame(themes: list[_Theme], which: str, crs: str) -> gpd.GeoDataFrame:
    parts = [(theme.name, getattr(theme.cover, which)) for theme in themes]
    shapes = np.concatenate([found for _, found in parts])
    names = [name for name, found in parts for _ in found]
    return gpd.GeoDataFrame({"tema": names, AREA: shapely.area(shapes)}, geometry=shapes, crs=crs)
