"""GeoPackage: one file a layer, with an R-tree; every desktop GIS opens it.

The R-tree keeps boxes rounded outwards to 32 bits, so a query is cut with the exact boxes after it:
the answer is the same as from the parquet store.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
import shapely

from askergeo.stores.tables import from_arrow, to_arrow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SUFFIX", "fixed_date", "read", "write"]

SUFFIX = "gpkg"
FID = "askergeo_fid"
NEARLY_NOTHING = 16 * 2**20


def write(frame: pd.DataFrame, kinds: Mapping[str, str], path: Path, *, layer: str) -> None:
    """Write a canonical frame, whose rows are in Hilbert order already.

    Parameters
    ----------
    frame
        Frame of :func:`askergeo.stores.tables.canonical`.
    kinds
        Type of each attribute.
    path
        New file.
    layer
        Name of the table in the GeoPackage, as a desktop GIS shows it.

    Raises
    ------
    OSError
        When the disk refuses the write.
    """
    table = to_arrow(frame, kinds)
    spatial = "geometry" in table.column_names
    placed = {}
    if spatial:
        placed = {
            "geometry_name": "geometry",
            "geometry_type": _geometry_type(np.asarray(frame["geometry"].array, dtype=object)),
            "crs": frame.crs.to_wkt(),
        }
    with fixed_date():
        try:
            pyogrio.raw.write_arrow(
                table,
                path,
                layer=layer,
                driver="GPKG",
                layer_options={"FID": FID, **({"GEOMETRY_NAME": "geometry"} if spatial else {})},
                **placed,
            )
            written = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
        except RuntimeError as error:  # the root of pyogrio's errors is not public
            # GDAL does not pass on what the system said.
            full = shutil.disk_usage(path.parent).free < NEARLY_NOTHING
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
    if written != len(frame):
        raise OSError(errno.EIO, f"{written} av {len(frame)} rader ble skrevet til {path.name}")


def read(
    path: Path,
    kinds: Mapping[str, str],
    *,
    layer: str,
    crs: str,
    bbox: tuple[float, float, float, float] | None = None,
    geometry: bool = True,
) -> pd.DataFrame:
    """Read the wanted attributes of the rows whose box meets ``bbox``.

    Parameters
    ----------
    path
        File that :func:`write` made.
    kinds
        Types of the attributes wanted, in that order.
    layer
        Name of the table in the GeoPackage.
    crs
        CRS of the geometry.
    bbox
        ``(xmin, ymin, xmax, ymax)`` in ``crs``; touching counts.
    geometry
        Read the geometry as well.
    """
    if bbox is not None:
        query = _query(kinds, layer, bbox)
        table = pyogrio.raw.read_arrow(path, sql=query, datetime_as_string=False)[1]
        bounds = shapely.bounds(shapely.from_wkb(table.column("geometry").to_numpy()))
        inside = (bounds[:, :2] <= bbox[2:]).all(axis=1) & (bounds[:, 2:] >= bbox[:2]).all(axis=1)
        table = table.filter(pa.array(inside))
        return from_arrow(table if geometry else table.drop(["geometry"]), kinds, crs)
    table = pyogrio.raw.read_arrow(
        path,
        layer=layer,
        columns=list(kinds),
        read_geometry=geometry,
        return_fids=not kinds and not geometry,
    )[1]
    return from_arrow(table, kinds, crs)


def _query(kinds: Mapping[str, str], layer: str, bbox: tuple[float, float, float, float]) -> str:
    """Rows in file order whose rounded box in the R-tree meets ``bbox``."""
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in [*kinds, "geometry"])
    xmin, ymin, xmax, ymax = (float(value) for value in bbox)
    return (
        f'SELECT {names} FROM "{layer}" WHERE {FID} IN '  # noqa: S608  (names are quoted, numbers are floats)
        f'(SELECT id FROM "rtree_{layer}_geometry" WHERE minx <= {xmax!r} AND maxx >= {xmin!r} '
        f"AND miny <= {ymax!r} AND maxy >= {ymin!r}) ORDER BY {FID}"
    )


def _geometry_type(geometry: NDArray[np.object_]) -> str:
    """Return the one type that all have, or ``Unknown``: single and multi stay as they are."""
    present = geometry[~shapely.is_missing(geometry)]
    types = np.unique(shapely.get_type_id(present))
    has_z = np.unique(shapely.has_z(present))
    if len(types) != 1 or len(has_z) != 1 or present[0].geom_type == "LinearRing":
        return "Unknown"
    return str(present[0].geom_type) + (" Z" if has_z[0] else "")


@contextmanager
def fixed_date() -> Iterator[None]:
    """Let GDAL write no clock into the file: the same rows give the same file and hash."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
