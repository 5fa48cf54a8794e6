"""The search in one layer: what meets the area, what is cut out of it, what lies nearest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.crs import require_crs
from askergeo.dok.kept import read_box
from askergeo.errors import CrsError, DataQualityError
from askergeo.geometry import (
    EMPTY,
    geometries,
    is_surface,
    lines_of,
    pieces,
    polygons_of,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.scenario import ScenarioView

    Index = NDArray[np.intp]
    Floats = NDArray[np.float64]

__all__ = ["FAR_M", "TOUCH_M2", "Features", "Place", "Reader", "accuracy_of", "mended", "place_of"]

# Most answers lie near; the far read is only for the distance when nothing does.
NEAR_M: Final = 1_000.0
FAR_M: Final = 20_000.0
LARGEST_BUFFER_M: Final = 10_000.0
QUAD_SEGS: Final = 32
FACET: Final = 16
# Polygons that share less than this only touch: it is what rounding leaves along a common border.
TOUCH_M2: Final = 0.01
_SURFACE: Final = 2
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True, eq=False)
class Place:
    """The area that is asked about.

    Parameters
    ----------
    rows, labels
        Its polygons, a row each, and their labels.
    whole
        All of them together.
    searched
        The same with the buffer, prepared.
    buffer_m
        The buffer.
    apart
        Whether the polygons are known not to overlap.
    """

    rows: Geometries
    labels: NDArray[np.object_]
    whole: BaseGeometry
    searched: BaseGeometry
    buffer_m: float
    apart: bool = False

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the rows."""
        return shapely.STRtree(self.rows)

    @cached_property
    def facets(self) -> Geometries:
        """Short pieces of the border of the area itself."""
        return _facets(polygons_of(self.whole))

    @cached_property
    def parts(self) -> Geometries:
        """Polygons of the searched area."""
        return polygons_of(self.searched)


def place_of(
    area: BaseGeometry | gpd.GeoDataFrame, crs: str, buffer_m: float, *, apart: bool | None = None
) -> Place:
    """Take in the area: polygons in the package's CRS, mended where they are not valid.

    Parameters
    ----------
    area
        The area, or a row for each of its polygons.
    crs
        The package's CRS.
    buffer_m
        Metres round it that are searched too.
    apart
        Whether the polygons are known to be a coverage, with no overlaps; found out when it is
        missing.

    Raises
    ------
    CrsError
        When a frame is in another CRS, or a geometry has coordinates that are degrees.
    DataQualityError
        When there is no polygon, or the buffer is not from 0 to 10 000 m.
    """
    if not 0 <= buffer_m <= LARGEST_BUFFER_M:
        raise DataQualityError(f"Bufferen er {buffer_m} m; den må være fra 0 til 10 000 m.")
    if isinstance(area, shapely.Geometry):
        rows, labels = np.array([area], dtype=object), np.array([0], dtype=object)
    else:
        require_crs(area, crs, what="området")
        rows, labels = geometries(area), area.index.to_numpy(dtype=object)
    rows = mended(rows)
    surfaces = is_surface(rows) & ~shapely.is_empty(rows)
    rows, labels = rows[surfaces], labels[surfaces]
    if not len(rows):
        raise DataQualityError(
            "Området har ingen flate.", remedy="Oppgi en polygon, for eksempel plangrensen."
        )
    parts = polygons_of(rows)
    # The purposes of a plan mostly share their edges exactly: then the union is quick.
    if apart is None:
        apart = bool(shapely.coverage_is_valid(parts))
    whole = shapely.coverage_union_all(parts) if apart else union(parts)
    if np.abs(whole.bounds).max() <= 360:  # noqa: PLR2004  (degrees; no metric place is there)
        raise CrsError(
            "Området ser ut til å være i grader.", remedy=f"Transformer det til {crs} først."
        )
    searched = shapely.buffer(whole, buffer_m, quad_segs=QUAD_SEGS) if buffer_m else whole
    shapely.prepare(searched)
    return Place(rows, labels, whole, searched, buffer_m, apart)


def mended(shapes: Geometries) -> Geometries:
    """Two dimensions, and valid polygons; a missing geometry becomes an empty one."""
    shapes = np.asarray(shapely.force_2d(shapes), dtype=object).copy()
    shapes[~np.isfinite(shapely.bounds(shapes)).all(axis=1)] = shapely.Polygon()
    invalid = np.flatnonzero(~shapely.is_valid(shapes))
    if len(invalid):
        shapes[invalid] = shapely.make_valid(
            shapes[invalid], method="structure", keep_collapsed=False
        )
    return shapes


def _facets(shapes: Geometries) -> Geometries:
    """Points, and short pieces of lines and borders: between these distances are quick."""
    flat = shapely.get_dimensions(shapes) == _SURFACE
    lines = np.concatenate([shapely.boundary(shapes[flat]), shapes[~flat]])
    points = shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 0])
    return np.concatenate([pieces(lines, FACET), points])


def _between(place: Place, shapes: Geometries, limit: float) -> float | None:
    """Metres between the area and objects that do not overlap it: their borders are nearest."""
    if not len(shapes):
        return None
    _, distance = shapely.STRtree(_facets(shapes)).query_nearest(
        place.facets, max_distance=limit, return_distance=True, all_matches=False
    )
    return float(distance.min()) if len(distance) else None


class Features:
    """Objects of a layer around the place.

    Parameters
    ----------
    frame
        The rows that were read, without their geometry.
    shapes
        Their geometry, none of it missing or empty.
    reach_m
        How far from the searched area all objects are among them.
    """

    def __init__(self, frame: pd.DataFrame, shapes: Geometries, reach_m: float) -> None:
        self.frame = frame
        self.shapes = shapes
        self.reach_m = reach_m
        self._tree = shapely.STRtree(self.shapes)
        self._met: dict[Place, Index] = {}

    def meeting(self, place: Place) -> Index:
        """Rows that meet the searched area; polygons that only touch it too."""
        if place in self._met:
            return self._met[place]
        _, found = self._tree.query(place.parts, predicate="intersects")
        rows = np.unique(found)
        self._mend(rows)
        self._met[place] = rows
        return rows

    def _mend(self, rows: Index) -> None:
        """Mend the few that are used; what a package holds is nearly always valid."""
        bad = rows[~shapely.is_valid(self.shapes[rows])]
        if len(bad):
            self.shapes[bad] = mended(self.shapes[bad])

    def within(self, place: Place, distance: float) -> Index:
        """Rows whose box is within ``distance`` metres of the area's."""
        west, south, east, north = place.whole.bounds
        box = shapely.box(west - distance, south - distance, east + distance, north + distance)
        return np.asarray(self._tree.query(box), dtype=np.intp)

    def nearest(self, place: Place, chosen: NDArray[np.bool_]) -> float | None:
        """Metres from the area itself to the nearest of the chosen rows.

        ``None`` when none of them is within reach.
        """
        limit = self.reach_m + place.buffer_m
        near = self.within(place, limit)
        near = near[chosen[near]]
        if not len(near) or limit <= 0:
            return None
        # The object with the nearest box gives a bound, within which only few others lie.
        boxes = shapely.bounds(self.shapes[near])
        west, south, east, north = place.whole.bounds
        aside = np.maximum(np.maximum(boxes[:, 0] - east, west - boxes[:, 2]), 0)
        along = np.maximum(np.maximum(boxes[:, 1] - north, south - boxes[:, 3]), 0)
        apart = np.hypot(aside, along)
        first = int(apart.argmin())
        bound = _between(place, self.shapes[near[[first]]], limit)
        others = near[(apart <= (limit if bound is None else bound)) & (near != near[first])]
        found = _between(place, self.shapes[others], limit if bound is None else bound)
        return min((x for x in (bound, found) if x is not None), default=None)


class Reader:
    """Reads each layer of a package once for the place, and only the columns that are used.

    Parameters
    ----------
    package
        The package, or a scenario over one.
    place
        The area.
    columns
        Layer → columns that will be used.
    """

    def __init__(
        self,
        package: DataPackage | ScenarioView,
        place: Place,
        columns: Mapping[str, Iterable[str]],
    ) -> None:
        self._package = package
        self._bounds = place.searched.bounds
        self._columns = {layer: sorted(names) for layer, names in columns.items()}
        self._read: dict[tuple[str, float], Features] = {}

    def near(self, layer: str) -> Features:
        """Objects within a kilometre."""
        return self._features(layer, NEAR_M)

    def far(self, layer: str) -> Features:
        """Objects within 20 km, as far as the package has them."""
        return self._features(layer, FAR_M)

    def _features(self, layer: str, reach: float) -> Features:
        if (layer, reach) not in self._read:
            west, south, east, north = self._bounds
            box = west - reach, south - reach, east + reach, north + reach
            found = read_box(self._package, layer, box, self._columns.get(layer, []))
            self._read[layer, reach] = Features(*found, reach)
        return self._read[layer, reach]


def cut(shapes: Geometries, place: Place) -> Geometries:
    """Cut objects to the searched area; those wholly inside are left as they are."""
    result = shapes.copy()
    across = ~np.asarray(shapely.contains_properly(place.searched, shapes))
    result[across] = shapely.intersection(shapes[across], place.searched)
    return result


def length_of(shapes: Geometries) -> float:
    """Length of the lines among shapes in metres, each stretch once."""
    lines = lines_of(shapes)
    return float(shapely.length(shapely.union_all(lines))) if len(lines) else 0.0


def rows_hit(
    place: Place, cover: BaseGeometry, others: Geometries
) -> tuple[Index, Floats, Geometries]:
    """Rows of the area that are hit.

    Parameters
    ----------
    place
        The area.
    cover
        What the polygons hit cover.
    others
        Points and lines that are hit.

    Returns
    -------
    tuple
        Positions of the rows that are hit, and the area (m²) and the ground that each shares with
        the polygons; rows that a polygon only touches are not among them.
    """
    if shapely.area(cover) >= shapely.area(place.searched) - TOUCH_M2:
        row, ground = np.arange(len(place.rows)), place.rows
    else:
        row, ground = _shared(place, polygons_of(cover))
    sums = np.bincount(row, weights=shapely.area(ground), minlength=len(place.rows)).astype(float)
    hit = sums > TOUCH_M2
    hit[place.tree.query(others, predicate="intersects")[1]] = True
    rows = np.flatnonzero(hit)
    return rows, sums[rows], _by_row(row, ground, len(place.rows))[rows]


def _shared(place: Place, parts: Geometries) -> tuple[Index, Geometries]:
    """Ground that rows share with polygons that do not overlap each other, pair by pair."""
    shapely.prepare(parts)
    one, row = place.tree.query(parts, predicate="intersects")
    ground = place.rows[row]
    across = ~np.asarray(shapely.covers(parts[one], ground))
    ground[across] = shapely.intersection(parts[one[across]], ground[across])
    return row, ground


def _by_row(row: Index, ground: Geometries, count: int) -> Geometries:
    """Put the polygons of each row together, as they are."""
    found = np.full(count, EMPTY, dtype=object)
    parts, of_pair = shapely.get_parts(ground, return_index=True)
    parts, of_part = shapely.get_parts(parts, return_index=True)
    owner = row[of_pair][of_part]
    flat = (shapely.get_dimensions(parts) == _SURFACE) & ~shapely.is_empty(parts)
    order = np.argsort(owner[flat], kind="stable")
    shapely.multipolygons(parts[flat][order], indices=owner[flat][order], out=found)
    return found


def accuracy_of(frame: pd.DataFrame, units: Mapping[str, float]) -> Floats | None:
    """Accuracy of each object in metres; missing where unknown, ``None`` without such a column.

    Of a text («Mindre god (> 50m)») the largest number is taken.
    """
    known = {str(name).casefold(): str(name) for name in frame.columns}
    column = next((known[name] for name in units if name in known), None)
    if column is None:
        return None
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("string").str.findall(_NUMBER)
        values = numbers.map(
            lambda found: max(float(n.replace(",", ".")) for n in found) if found else np.nan,
            na_action="ignore",
        )
    metres = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(metres * units[column.casefold()], dtype=float)
