"""Coordinate reference systems: one CRS of record, checked at every door.

Areas are computed only in the CRS of record (EPSG:25832 for Asker; 3-D: EPSG:5972) and compared
with the area on the ellipsoid. A transformation whose grid is missing is refused: PROJ would
silently use a coarser one.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from pyproj.transformer import TransformerGroup

from askergeo.errors import CrsError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = [
    "CRS_OF_RECORD",
    "crs_name",
    "ellipsoidal_area",
    "known_crs",
    "require_crs",
    "to_crs",
    "transform",
    "transformer",
]

CRS_OF_RECORD = "EPSG:25832"


def crs_name(crs: object) -> str:
    """Return ``EPSG:nnnn`` when the CRS has a code, else its name; empty for none.

    Examples
    --------
    >>> crs_name(25832), crs_name(None)
    ('EPSG:25832', '')
    """
    if crs is None:
        return ""
    parsed = pyproj.CRS.from_user_input(crs)
    epsg = parsed.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(parsed.name)


def known_crs(crs: str) -> pyproj.CRS:
    """Read what somebody wrote as a CRS.

    Raises
    ------
    CrsError
        When there is none such.

    Examples
    --------
    >>> known_crs("EPSG:25832").name
    'ETRS89 / UTM zone 32N'
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise CrsError(
            f"Koordinatsystemet «{crs}» er ukjent.",
            remedy="Skriv EPSG-koden, for eksempel EPSG:25832 (UTM sone 32) eller EPSG:4258.",
        ) from None


def require_crs(frame: gpd.GeoDataFrame, crs: str = CRS_OF_RECORD, *, what: str = "laget") -> None:
    """Refuse a frame that is not in ``crs``.

    Raises
    ------
    CrsError
        When the frame has no CRS, or another one.
    """
    if frame.crs is None:
        raise CrsError(
            f"{what} har ikke koordinatsystem.",
            remedy=f"Oppgi det når laget leses; askergeo regner i {crs}.",
        )
    if not frame.crs.equals(pyproj.CRS.from_user_input(crs), ignore_axis_order=True):
        raise CrsError(
            f"{what} er i {crs_name(frame.crs)}, men må være i {crs}.",
            remedy="Transformer laget først; arealer fra to projeksjoner summeres aldri.",
        )


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> pyproj.Transformer:
    """Return the exact transformer between two CRSs.

    Parameters
    ----------
    source, target
        Anything that pyproj reads as a CRS; axis order is always east, north.

    Raises
    ------
    CrsError
        When the best operation needs a grid that is not installed (heights between NN2000, NN54
        and the ellipsoid, and old datums such as NGO1948): the fallback would be wrong by
        decimetres to many metres.
    """
    with warnings.catch_warnings():
        # pyproj only warns of a missing grid; here it becomes an error below.
        warnings.simplefilter("ignore", UserWarning)
        group = TransformerGroup(source, target, always_xy=True)
    if not group.best_available:
        wanted = group.unavailable_operations[0] if group.unavailable_operations else None
        grids = [grid.short_name for grid in wanted.grids if not grid.available] if wanted else []
        raise CrsError(
            f"Transformasjonen fra {crs_name(source)} til {crs_name(target)} trenger "
            f"{', '.join(grids) or 'et korreksjonsgitter'}, som ikke er installert.",
            remedy="Transformer dataene i Kartverkets verktøy, eller legg gitteret i PROJ-mappen.",
        )
    return group.transformers[0]


def to_crs(
    frame: gpd.GeoDataFrame, crs: str = CRS_OF_RECORD, *, what: str = "laget"
) -> gpd.GeoDataFrame:
    """Transform a frame, with the exact operation or not at all; the index is kept.

    Raises
    ------
    CrsError
        When the frame has no CRS, or the transformation's grid is missing.
    """
    if frame.crs is None:
        require_crs(frame, crs, what=what)
    target = pyproj.CRS.from_user_input(crs)
    if frame.crs.equals(target, ignore_axis_order=True):
        return frame
    geometry = transform(np.asarray(frame.geometry.array), frame.crs.to_wkt(), target.to_wkt())
    return frame.set_geometry(type(frame.geometry)(geometry, index=frame.index, crs=target))


def transform(geometry: NDArray[np.object_], source: str, target: str) -> NDArray[np.object_]:
    """Transform geometries in the plane; heights follow unchanged, 2-D stays 2-D.

    Raises
    ------
    CrsError
        When the transformation's grid is missing.
    """
    operation = transformer(source, target)

    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = coordinates.copy()
        moved[:, 0], moved[:, 1] = operation.transform(coordinates[:, 0], coordinates[:, 1])
        return moved

    has_z = shapely.has_z(geometry)
    result = np.empty(len(geometry), dtype=object)
    result[~has_z] = shapely.transform(geometry[~has_z], move)
    result[has_z] = shapely.transform(geometry[has_z], move, include_z=True)
    return result


def ellipsoidal_area(geometry: NDArray[np.object_], crs: str = CRS_OF_RECORD) -> float:
    """Area on the GRS80 ellipsoid in m² of all polygons together.

    Used to state how much the projection changes the total (in Asker about −0.064 %).

    Examples
    --------
    >>> box = shapely.box(570_000, 6_630_000, 571_000, 6_631_000)
    >>> round(ellipsoidal_area(np.array([box])) / 1e6, 4)
    1.0007
    """
    geod = pyproj.Geod(ellps="GRS80")
    parts = shapely.get_parts(np.asarray(geometry, dtype=object))
    degrees = transform(parts, crs, "EPSG:4258")
    return float(sum(abs(geod.geometry_area_perimeter(polygon)[0]) for polygon in degrees))
