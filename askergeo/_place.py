"""Where coordinates can be: a stated coordinate system that they cannot be in is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely

from askergeo.crs import crs_name, transformer
from askergeo.errors import CrsError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Coordinates = NDArray[np.float64]

__all__ = ["at_null", "centres", "check_crs", "in_norway", "likely_crs"]

# Mainland Norway with the territorial sea, in degrees east and north.
_NORWAY: Final = (2.0, 57.0, 34.0, 72.0)
_CANDIDATES: Final = ("EPSG:25832", "EPSG:25833", "EPSG:25835", "EPSG:4258")
_NAMES: Final = {
    "EPSG:25832": "EPSG:25832 (UTM 32)",
    "EPSG:25833": "EPSG:25833 (UTM 33)",
    "EPSG:25835": "EPSG:25835 (UTM 35)",
    "EPSG:4258": "EPSG:4258/4326 (lengde- og breddegrader)",
}
# A layer is refused when more than this share of its rows cannot be where they are said to be.
_REFUSE_SHARE: Final = 0.5
_INSIDE_SHARE: Final = 0.05
# Degrees around a municipality within which its data may lie.
_MARGIN: Final = 0.25


def centres(geometry: NDArray[np.object_]) -> Coordinates:
    """Middle of each geometry's box as an array (n, 2); NaN where there is none."""
    bounds = shapely.bounds(geometry)
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def in_norway(points: Coordinates, crs: object) -> NDArray[np.bool_]:
    """Tell which points lie in mainland Norway or its sea."""
    return _within(_degrees(points, crs), _NORWAY)


def at_null(geometry: NDArray[np.object_], crs: object) -> NDArray[np.bool_]:
    """Tell which geometries have a vertex at 0,0, in their own CRS or in degrees.

    A missing coordinate that was written as 0 stays recognisable after a transformation: it has
    become the place on the equator south of Greenwich or of the zone's meridian.
    """
    flat = _flat(crs)
    nulls = [np.zeros(2)]
    nulls += [_null_of(origin, flat) for origin in ("EPSG:4258", "EPSG:25832", "EPSG:25833")]
    tolerance = 1e-6 if flat.is_geographic else 1.0
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    hit = np.zeros(len(coordinates), dtype=bool)
    for null in nulls:
        hit |= (np.abs(coordinates - null) < tolerance).all(axis=1)
    result = np.zeros(len(geometry), dtype=bool)
    result[owner[hit]] = True
    return result


def _null_of(origin: str, target: pyproj.CRS) -> Coordinates:
    operation = transformer(origin, target.to_wkt())
    return np.array(operation.transform(0.0, 0.0), dtype="float64")


def check_crs(
    frame: gpd.GeoDataFrame, *, what: str = "laget", boundary: shapely.Geometry | None = None
) -> None:
    """Refuse a layer whose coordinates cannot be in the CRS that it states.

    Parameters
    ----------
    frame
        Any layer; rows without geometry and rows at 0,0 do not count.
    boundary
        The municipality in the CRS of ``frame``; with it the UTM zones can be told apart.

    Raises
    ------
    CrsError
        When the CRS is missing, or more than half of the rows are outside Norway, or nearly all
        are outside the municipality and another CRS would put them inside. Names the likely CRS.
    """
    geometry = np.asarray(frame.geometry.array, dtype=object)
    points = centres(geometry)
    known = np.isfinite(points).all(axis=1)
    if frame.crs is None:
        raise CrsError(
            f"{what} har ikke koordinatsystem.{_guess(points[known], None)}",
            remedy="Oppgi det, for eksempel --crs EPSG:25832 eller «crs:» under «les:» i kart.yml.",
        )
    known &= ~at_null(geometry, frame.crs)
    points = points[known]
    if not len(points):
        return
    outside = ~in_norway(points, frame.crs)
    box = _box_of(boundary, frame.crs)
    if outside.mean() > _REFUSE_SHARE or (box is not None and _misplaced(points, frame.crs, box)):
        sample = np.median(points, axis=0)
        raise CrsError(
            f"{what} sier {crs_name(frame.crs)}, men koordinatene (for eksempel "
            f"{sample[0]:.2f}, {sample[1]:.2f}) kan ikke ligge der.{_guess(points, box)}",
            remedy="Oppgi riktig koordinatsystem, eller bytt om aksene i filen.",
        )


def _misplaced(points: Coordinates, crs: object, box: tuple[float, float, float, float]) -> bool:
    """Nearly nothing is in the municipality as stated, and another CRS puts most of it there."""
    if _within(_degrees(points, crs), box).mean() > _INSIDE_SHARE:
        return False
    return bool(likely_crs(points, box))


def likely_crs(
    points: Coordinates, box: tuple[float, float, float, float] | None = None
) -> list[str]:
    """Name the coordinate systems in which most of the points would be in Norway (or ``box``).

    Examples
    --------
    >>> likely_crs(np.array([[59.83, 10.43]]))
    ['EPSG:4258/4326 (lengde- og breddegrader) med ombyttede akser']
    """
    area = box or _NORWAY
    return [
        _NAMES[candidate] + suffix
        for ordered, suffix in ((points, ""), (points[:, ::-1], " med ombyttede akser"))
        for candidate in _CANDIDATES
        if _within(_degrees(ordered, candidate), area).mean() > _REFUSE_SHARE
    ]


def _guess(points: Coordinates, box: tuple[float, float, float, float] | None) -> str:
    found = likely_crs(points, box) if len(points) else []
    return f" De passer med {' eller '.join(found)}." if found else ""


def _within(degrees: Coordinates, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    east, north = degrees[:, 0], degrees[:, 1]
    inside = (east >= box[0]) & (east <= box[2]) & (north >= box[1]) & (north <= box[3])
    return np.asarray(inside, dtype=bool)


def _flat(crs: object) -> pyproj.CRS:
    # The height part has no say here, and would ask for a geoid grid.
    return pyproj.CRS.from_user_input(crs).to_2d()


def _degrees(points: Coordinates, crs: object) -> Coordinates:
    # Far outside its zone a projection has no answer and gives inf: outside, as it should be.
    operation = transformer(_flat(crs).to_wkt(), "EPSG:4258")
    with np.errstate(all="ignore"):
        east, north = operation.transform(points[:, 0], points[:, 1])
    return np.column_stack([east, north])


def _box_of(
    boundary: shapely.Geometry | None, crs: object
) -> tuple[float, float, float, float] | None:
    if boundary is None:
        return None
    ring = shapely.get_coordinates(boundary)
    degrees = _degrees(ring, crs)
    west, south = degrees.min(axis=0) - _MARGIN
    east, north = degrees.max(axis=0) + _MARGIN
    return float(west), float(south), float(east), float(north)
