"""Take a GeoTIFF to the CRS of record, whole or clipped to a box.

A data package holds rasters in its own CRS alone. Height rasters are delivered in several: zone 33
for the whole country, and EPSG:3045–3048, which are the same zones with the axes named north
first. The values in the file are east and north all the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.warp import reproject, transform_bounds

from askergeo.crs import CRS_OF_RECORD, crs_name, transformer
from askergeo.errors import CrsError, OverwriteError, SourceError
from askergeo.sources._kinds import Kind, existing, kind_of

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["RasterInfo", "read_raster_info", "warp_raster"]

_Box = tuple[float, float, float, float]
# Points along each side of the box when it is turned.
_DENSIFY: Final = 21


@dataclass(frozen=True, kw_only=True)
class RasterInfo:
    """What a GeoTIFF says of itself; sizes in cells, resolution and bounds in units of the CRS."""

    path: Path
    crs: str
    width: int
    height: int
    resolution: tuple[float, float]
    bounds: _Box
    nodata: float | None
    dtype: str
    bands: int


def read_raster_info(path: str | Path) -> RasterInfo:
    """Describe a GeoTIFF.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is no GeoTIFF.
    CrsError
        When it has no CRS.
    """
    file = existing(path)
    if kind_of(file) is not Kind.RASTER:
        raise SourceError(f"{file.name} er ikke en GeoTIFF.", remedy="Lever terrenget som GeoTIFF.")
    try:
        with rasterio.open(file, driver="GTiff") as source:
            return _info(file, source)
    except RasterioError as error:
        raise SourceError(
            f"{file.name} kan ikke leses: {error}.", remedy="Last den ned på nytt."
        ) from error


def _info(file: Path, source: Any) -> RasterInfo:  # noqa: ANN401  (rasterio is untyped)
    if source.crs is None:
        raise CrsError(f"{file.name} har ikke koordinatsystem.", remedy="Be om en fil med det.")
    return RasterInfo(
        path=file,
        crs=crs_name(source.crs.to_wkt()),
        width=source.width,
        height=source.height,
        resolution=(float(source.res[0]), float(source.res[1])),
        bounds=tuple(float(side) for side in source.bounds),  # type: ignore[arg-type]  # four sides
        nodata=None if source.nodata is None else float(source.nodata),
        dtype=str(source.dtypes[0]),
        bands=source.count,
    )


def warp_raster(
    path: str | Path,
    target: Path,
    *,
    crs: str = CRS_OF_RECORD,
    bbox: _Box | None = None,
    overwrite: bool = False,
) -> RasterInfo:
    """Write the first band of a GeoTIFF in another CRS; written whole or not at all.

    Parameters
    ----------
    path
        The source.
    target
        The new file.
    crs
        CRS of the new file; heights stay as they are.
    bbox
        West, south, east, north in ``crs``: keep the cells that touch the box.
    overwrite
        Replace ``target``.

    Notes
    -----
    Heights are interpolated bilinearly where the grid is turned. Cells without data become NaN in
    floating-point rasters; a sea that the source gives as 0 stays 0, since land can be 0 too.
    Between UTM zones the grid turns by 2–5° in southern Norway, and corners are without data.

    Raises
    ------
    OverwriteError
        When ``target`` exists and ``overwrite`` is false.
    CrsError
        When the transformation lacks its grid, or one of the systems is in degrees.
    SourceError
        When the source is no GeoTIFF, or ``bbox`` does not touch it.
    """
    info = read_raster_info(path)
    if target.exists() and not overwrite:
        raise OverwriteError(f"{target} finnes fra før.", remedy="Bruk --overskriv.")
    try:
        with rasterio.open(info.path, driver="GTiff") as source:
            wkt = pyproj.CRS.from_user_input(source.crs.to_wkt()).to_2d().to_wkt()
            # Refuses a transformation whose grid is missing; rasterio would take the coarser one.
            transformer(wkt, pyproj.CRS.from_user_input(crs).to_2d().to_wkt())
            grid, width, height = _grid(source, crs, bbox, info)
            floating = np.issubdtype(np.dtype(info.dtype), np.floating)
            nodata = np.nan if floating else info.nodata
            cells = np.full((height, width), 0 if nodata is None else nodata, dtype=info.dtype)
            reproject(
                rasterio.band(source, 1), cells, dst_transform=grid, dst_crs=crs, dst_nodata=nodata,
                resampling=Resampling.bilinear if floating else Resampling.nearest,
            )  # fmt: skip
    except RasterioError as error:
        raise SourceError(
            f"{info.path.name} kan ikke leses: {error}.",
            remedy="Filen er skadet eller ufullstendig; last den ned på nytt.",
        ) from error
    profile = {"driver": "GTiff", "width": width, "height": height, "count": 1, "crs": crs}
    profile |= {"dtype": info.dtype, "transform": grid, "nodata": nodata, "compress": "deflate"}
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tif")
    try:
        with rasterio.open(temporary, "w", tiled=True, **profile) as out:
            out.write(cells, 1)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return read_raster_info(target)


def _grid(
    source: Any,  # noqa: ANN401  (rasterio is untyped)
    crs: str,
    bbox: _Box | None,
    info: RasterInfo,
) -> tuple[Affine, int, int]:
    """Cells of the new raster, on whole multiples of the cell size so that tiles fit together."""
    here = pyproj.CRS.from_user_input(source.crs.to_wkt())
    if not here.is_projected or not pyproj.CRS.from_user_input(crs).is_projected:
        raise CrsError(
            f"{info.path.name} kan ikke gjøres om fra {info.crs} til {crs}.",
            remedy="Lever terrenget i UTM; cellestørrelsen i grader er ikke lik i alle retninger.",
        )
    cell = info.resolution[0]
    box = transform_bounds(source.crs, crs, *source.bounds, densify_pts=_DENSIFY)
    if bbox is not None:
        box = (*np.maximum(box[:2], bbox[:2]), *np.minimum(box[2:], bbox[2:]))
    if box[0] >= box[2] or box[1] >= box[3]:
        raise SourceError(
            f"{info.path.name} ligger utenfor området.", remedy="Velg en fil som dekker kommunen."
        )
    west, south = np.floor(np.array(box[:2]) / cell) * cell
    east, north = np.ceil(np.array(box[2:]) / cell) * cell
    return (
        Affine(cell, 0, west, 0, -cell, north),
        round((east - west) / cell),
        round((north - south) / cell),
    )
