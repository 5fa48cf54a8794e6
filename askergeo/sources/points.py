"""Points of a file as text, for a parameter that a result keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from askergeo.crs import to_crs
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.sources.files import read_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_points"]


def read_points(path: str | Path, crs: str) -> list[str]:
    """Read a file's points as east and north in a CRS, rounded to centimetres.

    A line or a surface gives a point on it.

    Raises
    ------
    LayerError
        When the file has no geometry.
    SourceError, CrsError
        When the file cannot be read, or its CRS is unknown.
    """
    frame = read_file(path).frame
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{path} har ingen geometri.", remedy="Gi en fil med punkter.")
    shapes = geometries(to_crs(frame, crs))
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    xy = shapely.get_coordinates(shapely.point_on_surface(there))
    return [f"{x:.2f} {y:.2f}" for x, y in xy]
