"""GeoParquet 1.1: sorted along a Hilbert curve, in row groups, with the boxes in a column.

The box of every geometry stands in the column ``bbox``, whose statistics let a reader of a small
area skip most row groups. GDAL and QGIS read the file; the format is open.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pyproj
import shapely

from askergeo.stores.tables import from_arrow, to_arrow, total_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SUFFIX", "read", "write"]

SUFFIX = "parquet"
ROW_GROUP = 20_000
TYPE_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
CORNERS = ("xmin", "ymin", "xmax", "ymax")


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
        Not used: a parquet file holds one layer without a name.
    """
    del layer
    table = to_arrow(frame, kinds)
    texts = [name for name, kind in kinds.items() if kind in ("tekst", "heltall", "dato")]
    if "geometry" in table.column_names:
        geometry = np.asarray(frame["geometry"].array, dtype=object)
        table = table.append_column("bbox", _boxes(geometry))
        metadata = _geo_metadata(geometry, frame.crs)
        table = table.replace_schema_metadata({"geo": json.dumps(metadata)})
    pq.write_table(
        table, path, compression="zstd", row_group_size=ROW_GROUP, use_dictionary=texts or False
    )


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
        Not used, as in :func:`write`.
    crs
        CRS of the geometry.
    bbox
        ``(xmin, ymin, xmax, ymax)`` in ``crs``; touching counts.
    geometry
        Read the geometry as well.
    """
    del layer
    names = [*kinds, "geometry"] if geometry else list(kinds)
    condition = None
    if bbox is not None:
        condition = (
            (pc.field("bbox", "xmin") <= bbox[2])
            & (pc.field("bbox", "ymin") <= bbox[3])
            & (pc.field("bbox", "xmax") >= bbox[0])
            & (pc.field("bbox", "ymax") >= bbox[1])
        )
    table = ds.dataset(path, format="parquet").to_table(columns=names, filter=condition)
    return from_arrow(table, kinds, crs)


def _boxes(geometry: NDArray[np.object_]) -> pa.StructArray:
    """Box of each geometry; missing where there is no place, so that no query finds it."""
    bounds = shapely.bounds(geometry)
    nowhere = np.isnan(bounds).any(axis=1)
    corners = [pa.array(bounds[:, at], mask=nowhere) for at in range(4)]
    return pa.StructArray.from_arrays(corners, names=CORNERS)


def _geo_metadata(geometry: NDArray[np.object_], crs: object) -> dict[str, object]:
    """Metadata of the GeoParquet 1.1 specification."""
    present = geometry[~shapely.is_missing(geometry)]
    kinds = np.unique(
        np.stack([shapely.get_type_id(present), shapely.has_z(present)], axis=-1), axis=0
    )
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": [TYPE_NAMES[kind] + (" Z" if has_z else "") for kind, has_z in kinds],
        "crs": pyproj.CRS.from_user_input(crs).to_json_dict(),
        "covering": {"bbox": {corner: ["bbox", corner] for corner in CORNERS}},
    }
    if (total := total_bounds(present)) is not None:
        column["bbox"] = total
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
