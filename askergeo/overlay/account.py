"""Areas of every combination of any number of themes, in an account that closes or says so."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import CRS_OF_RECORD, ellipsoidal_area
from askergeo.errors import LayerError
from askergeo.geometry import union
from askergeo.overlay._cover import Cover, cover
from askergeo.overlay._outside import areas_outside
from askergeo.overlay._surfaces import common_areas, surfaces
from askergeo.overlay._tuples import meeting, windows
from askergeo.overlay.door import check_crs_of, checked, join_faults
from askergeo.overlay.slivers import WIDTH, widths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.overlay._surfaces import Surfaces

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["AREA", "CLOSES", "COVERED", "NOT_COVERED", "Account", "Balance", "account"]

AREA: Final = "areal_m2"
COVERED: Final = "dekket"
NOT_COVERED: Final = "ikke dekket"
# Share of the boundary's area that the two sides may differ by.
CLOSES: Final = 1e-9


@dataclass(frozen=True)
class Balance:
    """The closing line: boundary = rows + not covered − counted twice, m².

    Each of the four is computed on its own, none as what the others leave.

    Parameters
    ----------
    boundary_m2
        Area of the boundary.
    rows_m2
        Rows in which every theme covers.
    not_covered_m2
        Rows in which a theme does not.
    counted_twice_m2
        What is in several rows because rows of a theme overlap, beyond the first time.
    """

    boundary_m2: float
    rows_m2: float
    not_covered_m2: float
    counted_twice_m2: float

    @property
    def difference_m2(self) -> float:
        """What is missing on the right side, m²."""
        return self.boundary_m2 - self.rows_m2 - self.not_covered_m2 + self.counted_twice_m2

    @property
    def relative(self) -> float:
        """The difference as a share of the boundary's area."""
        return self.difference_m2 / self.boundary_m2

    @property
    def closes(self) -> bool:
        """Whether the two sides are the same within 1e-9; if not, nothing may be published."""
        return abs(self.relative) <= CLOSES


@dataclass(frozen=True)
class Account:
    """An area account.

    Parameters
    ----------
    rows
        A row a combination: ``tema.kolonne`` for each attribute, ``tema.dekket`` for each theme
        (``False`` where no row of it covers; its attributes are then missing) and ``areal_m2``.
    balance
        The closing line.
    gaps
        What no row of a theme covers: ``tema``, ``areal_m2``, ``bredde_m`` (as in
        `askergeo.overlay.slivers`), geometry; slivers too.
    overlaps
        What several rows of a theme cover: ``tema``, ``ganger``, ``areal_m2``, ``bredde_m``,
        ``rader`` (their labels, with a comma between), geometry.
    outside
        What of a theme the boundary leaves out, a row a theme: ``tema``, ``rader`` (how many rows
        reach out of it) and ``areal_m2``, row for row; found from what is not the boundary, and
        no part of the closing line.
    faults
        Rows that were mended or set aside, as in `askergeo.overlay.door.Checked`.
    ellipsoidal_m2
        The boundary's area on the ellipsoid, m².
    crs
        The CRS that the areas are computed in.
    """

    rows: pd.DataFrame
    balance: Balance
    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame
    outside: pd.DataFrame
    faults: pd.DataFrame
    ellipsoidal_m2: float
    crs: str

    @property
    def closes(self) -> bool:
        """Whether the account closes; if not, nothing may be published."""
        return self.balance.closes

    def labelled(self) -> pd.DataFrame:
        """Give the rows with «ikke dekket» where a theme does not cover, for people to read."""
        rows = self.rows.copy()
        names = [str(name) for name in rows.columns]
        for name in [name for name in names if name.endswith(f".{COVERED}")]:
            theme = name.removesuffix(COVERED)
            uncovered = ~rows.pop(name).to_numpy(dtype=bool)
            for column in [one for one in names if one.startswith(theme) and one != name]:
                rows[column] = rows[column].astype(object).mask(uncovered, NOT_COVERED)
        return rows


@dataclass(frozen=True)
class _Theme:
    """A checked theme: its polygons, each row's class, and the attributes of each class."""

    name: str
    shapes: Geometries
    labels: NDArray[np.object_]
    codes: Index
    classes: pd.DataFrame
    cover: Cover


def account(
    themes: Mapping[str, gpd.GeoDataFrame],
    *,
    by: Mapping[str, Sequence[str]],
    boundary: gpd.GeoDataFrame,
    crs: str = CRS_OF_RECORD,
    outside: bool = True,
) -> Account:
    """Areas within a boundary by the attributes of any number of themes.

    Parameters
    ----------
    themes
        Polygons by the theme's name; their order decides the order of columns only.
    by
        The attributes of each theme that areas are asked by; a theme that is not named here, or
        with none, is asked only whether it covers.
    boundary
        The area to be accounted for; its rows together.
    crs
        The CRS of record, in metres.
    outside
        Whether to find what lies outside the boundary; if not, it is missing.

    Raises
    ------
    CrsError
        When a layer is in another CRS, or in degrees.
    LayerError
        When there is no theme, no boundary, or an attribute that the theme does not have.

    Examples
    --------
    >>> frame = lambda *boxes, **columns: gpd.GeoDataFrame(
    ...     columns, geometry=[shapely.box(*box) for box in boxes], crs="EPSG:25832"
    ... )
    >>> land = frame((0, 0, 3, 4), (3, 0, 6, 4), art=["skog", "myr"])
    >>> plan = frame((2, 0, 4, 2), formål=["bolig"])
    >>> found = account(
    ...     {"land": land, "plan": plan},
    ...     by={"land": ["art"], "plan": ["formål"]},
    ...     boundary=frame((0, 0, 6, 5)),
    ... )
    >>> print(found.labelled().to_string(index=False))
       land.art plan.formål  areal_m2
            myr       bolig       2.0
            myr ikke dekket      10.0
           skog       bolig       2.0
           skog ikke dekket      10.0
    ikke dekket ikke dekket       6.0
    >>> found.balance.difference_m2, found.closes
    (0.0, True)
    """
    _check_asked(themes, by)
    check_crs_of({**themes, "grensen": boundary}, crs)
    limit = checked("grensen", boundary)
    area = union(limit.shapes)
    if area.is_empty:
        raise LayerError("Grensen har ikke noe areal.", remedy="Oppgi en grense med flater.")
    faults = [limit.faults]
    read = []
    for name, frame in themes.items():
        theme, found = _read_theme(name, frame, list(by.get(name, ())), area)
        read.append(theme)
        faults.append(found)
    rows = _rows(read, area)
    covered = rows[[f"{theme.name}.{COVERED}" for theme in read]].all(axis=1)
    return Account(
        rows=rows,
        balance=Balance(
            boundary_m2=float(area.area),
            rows_m2=float(rows.loc[covered, AREA].sum()),
            not_covered_m2=float(rows.loc[~covered, AREA].sum()),
            counted_twice_m2=_counted_twice(read),
        ),
        gaps=_gap_frame(read, crs),
        overlaps=_overlap_frame(read, crs),
        outside=_outside_frame(read, area if outside else None),
        faults=join_faults(faults),
        ellipsoidal_m2=ellipsoidal_area(np.array([area], dtype=object), crs),
        crs=crs,
    )


def _check_asked(themes: Mapping[str, gpd.GeoDataFrame], by: Mapping[str, Sequence[str]]) -> None:
    if not themes:
        raise LayerError("Arealregnskapet har ingen tema.", remedy="Oppgi minst ett tema.")
    unknown = [name for name in by if name not in themes]
    if unknown:
        raise LayerError(
            f"Temaet «{unknown[0]}» er ikke blant {', '.join(themes)}.",
            remedy="Bruk samme navn i temaene og i egenskapene.",
        )
    for name, columns in by.items():
        missing = [column for column in columns if column not in themes[name].columns]
        if missing:
            raise LayerError(
                f"«{name}» har ikke kolonnen «{missing[0]}».",
                remedy=f"Kolonnene er {', '.join(map(str, themes[name].columns))}.",
            )


def _read_theme(
    name: str, frame: gpd.GeoDataFrame, columns: list[str], area: BaseGeometry
) -> tuple[_Theme, pd.DataFrame]:
    found = checked(name, frame)
    values = pd.DataFrame(frame[columns]).convert_dtypes()
    codes: Index = np.zeros(len(frame), dtype=np.int64)
    if columns:
        groups = values.groupby(columns, dropna=False, sort=True, observed=True)
        codes = np.asarray(groups.ngroup(), dtype=np.int64)
    _, first = np.unique(codes, return_index=True)
    classes = values.iloc[first].reset_index(drop=True)
    covers = cover(found.shapes, surfaces(found.shapes), area)
    theme = _Theme(name, found.shapes, frame.index.to_numpy(), codes, classes, covers)
    return theme, found.faults


def _rows(themes: list[_Theme], area: BaseGeometry) -> pd.DataFrame:
    """Areas by combination of classes; what a theme does not cover is its last class."""
    groups = [np.concatenate([theme.shapes, theme.cover.gaps]) for theme in themes]
    shapes = np.concatenate([*groups, np.array([area], dtype=object)])
    polygons = surfaces(shapes)
    ends = np.cumsum([0, *map(len, groups)])
    layers = [np.arange(low, high) for low, high in itertools.pairwise(ends.tolist())]
    members, areas = _within(shapes, polygons, meeting(shapes, polygons, layers))
    kinds = [
        np.append(theme.codes, [len(theme.classes)] * len(theme.cover.gaps)).astype(np.int64)
        for theme in themes
    ]
    combination: Index = np.zeros(len(members), dtype=np.int64)
    for column, first, kind, theme in zip(members.T, ends, kinds, themes, strict=False):
        combination = combination * (len(theme.classes) + 1) + kind[column - first]
    found, place = np.unique(combination, return_inverse=True)
    sums = np.bincount(place, weights=areas, minlength=len(found)).astype(np.float64)
    return _row_frame(themes, found, sums)


def _within(shapes: Geometries, polygons: Surfaces, members: Index) -> tuple[Index, Floats]:
    """Tuples that share an area within the boundary, which is the last polygon, and the areas.

    Only where the boundary may run through is it one more member.
    """
    limit = len(shapes) - 1
    rim = slice(polygons.ptr[limit], polygons.ptr[limit + 1])
    tree = shapely.STRtree(np.asarray(shapely.box(*polygons.boxes[rim].T), dtype=object))
    at_rim = np.zeros(len(shapes), dtype=bool)
    at_rim[tree.query(shapes[:limit])[0]] = True
    near: NDArray[np.bool_] = np.asarray(at_rim[members].all(axis=1))
    # A member whose bounding box the boundary does not reach lies within it or outside, and so does
    # the tuple's window.
    shapely.prepare(shapes[limit])
    inside: NDArray[np.bool_] = np.logical_not(near)
    inside[inside] = shapely.contains_xy(shapes[limit], windows(polygons, members[inside])[:, :2])
    one = common_areas(polygons, members[inside])
    other = common_areas(polygons, np.column_stack([members[near], np.full(near.sum(), limit)]))
    members = np.concatenate([members[inside], members[near]])
    area, error = np.append(one.area, other.area), np.append(one.error, other.error)
    shared = area > error
    return members[shared], area[shared]


def _row_frame(
    themes: list[_Theme], combination: NDArray[np.integer], sums: Floats
) -> pd.DataFrame:
    parts: list[pd.DataFrame] = []
    for theme in reversed(themes):
        count = len(theme.classes) + 1
        combination, kind = combination // count, combination % count
        # The class after the last is unknown to the table: its attributes come out missing.
        part = theme.classes.reindex(kind).reset_index(drop=True).add_prefix(f"{theme.name}.")
        part[f"{theme.name}.{COVERED}"] = kind < len(theme.classes)
        parts.insert(0, part)
    return pd.concat([*parts, pd.DataFrame({AREA: sums})], axis=1)


def _counted_twice(themes: list[_Theme]) -> float:
    """Area that the rows hold beyond the first time, m².

    Where theme i lies 1 + eᵢ times, a place is in Π(1 + eᵢ) rows, which is one more than the sum
    of the products of eᵢ over every choice of themes.
    """
    overlapping = [theme.cover for theme in themes if len(theme.cover.overlaps)]
    total = 0.0
    for size in range(1, len(overlapping) + 1):
        for chosen in itertools.combinations(overlapping, size):
            shapes = np.concatenate([one.overlaps for one in chosen])
            extra = np.concatenate([one.times - 1 for one in chosen])
            if size == 1:
                total += float((extra * shapely.area(shapes)).sum())
                continue
            ends = np.cumsum([0, *(len(one.overlaps) for one in chosen)]).tolist()
            polygons = surfaces(shapes)
            layers = [np.arange(low, high) for low, high in itertools.pairwise(ends)]
            members = meeting(shapes, polygons, layers)
            found = common_areas(polygons, members)
            total += float((extra[members].prod(axis=1) * found.area).sum())
    return total


def _gap_frame(themes: list[_Theme], crs: str) -> gpd.GeoDataFrame:
    names = [theme.name for theme in themes for _ in theme.cover.gaps]
    shapes = np.concatenate([theme.cover.gaps for theme in themes])
    columns = {"tema": names, AREA: shapely.area(shapes), WIDTH: widths(shapes)}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def _overlap_frame(themes: list[_Theme], crs: str) -> gpd.GeoDataFrame:
    rows: list[str] = []
    for theme in themes:
        labels = pd.Series(theme.labels[theme.cover.row]).astype(str)
        rows += labels.groupby(theme.cover.overlap).agg(", ".join).tolist()
    shapes = np.concatenate([theme.cover.overlaps for theme in themes])
    columns = {
        "tema": [theme.name for theme in themes for _ in theme.cover.overlaps],
        "ganger": np.concatenate([theme.cover.times for theme in themes]),
        AREA: shapely.area(shapes),
        WIDTH: widths(shapes),
        "rader": rows,
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def _outside_frame(themes: list[_Theme], area: BaseGeometry | None) -> pd.DataFrame:
    """Tell what of each theme an area leaves out; missing where no area is given."""
    frame = pd.DataFrame({"tema": [theme.name for theme in themes]})
    if area is None:
        return frame.assign(rader=pd.array([pd.NA] * len(frame), dtype="Int64"), areal_m2=np.nan)
    found = [areas_outside(theme.shapes, area) for theme in themes]
    rows = pd.array([int((one > 0).sum()) for one in found], dtype="Int64")
    return frame.assign(rader=rows, areal_m2=[float(one.sum()) for one in found])
