"""What a package records of a GeoTIFF."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyproj
import rasterio
from rasterio.errors import RasterioIOError

from askergeo.crs import crs_name
from askergeo.errors import CrsError, LayerError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["describe_raster"]


def describe_raster(path: Path, *, crs: str, what: str) -> dict[str, Any]:
    """Return rows, bounds and size of a GeoTIFF, as a layer record holds them.

    Raises
    ------
    MissingFileError
        When the file does not exist.
    LayerError
        When it is not a GeoTIFF.
    CrsError
        When it is in another CRS than ``crs``; a height system beside it is allowed.
    """
    if not path.is_file():
        raise MissingFileError(f"{path} finnes ikke.", remedy="Oppgi en GeoTIFF-fil.")
    try:
        with rasterio.open(path) as source:
            _require_kind(source, path, crs, what)
            width, height, nodata = source.width, source.height, source.nodata
            return {
                "rows": width * height,
                "bounds": tuple(float(value) for value in source.bounds),
                "raster": {
                    "width": width,
                    "height": height,
                    "resolution": [float(value) for value in source.res],
                    "nodata": "nan" if nodata is not None and math.isnan(nodata) else nodata,
                    "bands": source.count,
                    "dtype": str(source.dtypes[0]),
                },
            }
    except RasterioIOError as error:
        raise LayerError(
            f"{what}: {path} kan ikke leses som raster: {error}",
            remedy="Lever terrenget som GeoTIFF.",
        ) from error


def _require_kind(source: Any, path: Path, crs: str, what: str) -> None:  # noqa: ANN401  (rasterio is untyped)
    if source.driver != "GTiff":
        raise LayerError(
            f"{what}: {path} er {source.driver}, ikke GeoTIFF.", remedy="Gjør den om til GeoTIFF."
        )
    if source.crs is None:
        raise CrsError(f"{what}: {path} har ikke koordinatsystem.", remedy="Sett det i GIS.")
    found = _crs_of(source)
    plane = found.sub_crs_list[0] if found.is_compound else found
    if not plane.equals(pyproj.CRS.from_user_input(crs), ignore_axis_order=True):
        raise CrsError(
            f"{what}: {path} er i {crs_name(found)}, men må være i {crs}.",
            remedy="Transformer rasteret først.",
        )


def _crs_of(source: Any) -> pyproj.CRS:  # noqa: ANN401  (rasterio is untyped)
    """Return the CRS by its code: rasterio and pyproj may carry different editions of EPSG."""
    code = source.crs.to_epsg()
    return pyproj.CRS.from_epsg(code) if code else pyproj.CRS.from_wkt(source.crs.to_wkt())
