"""Reads themes from files a tile at a time, for what does not fit in memory.

GeoParquet with boxes (a covering, as in GeoParquet 1.1) is read by row groups: the statistics of
the boxes tell which groups may meet a tile, and a group that the next tile needs too is kept.
GeoPackage is read by its R-tree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from askergeo.errors import LayerError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    Box = tuple[float, float, float, float]
    Floats = NDArray[np.float64]
    Read = Callable[[Box], gpd.GeoDataFrame]

__all__ = ["tile_reader"]

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def tile_reader(
    files: Mapping[str, Path | Sequence[Path]], columns: Mapping[str, Sequence[str]] | None = None
) -> Callable[[Box], dict[str, gpd.GeoDataFrame]]:
    """Give the function that `askergeo.overlay.tiles.account_tiled` reads with.

    Parameters
    ----------
    files
        One file or several a theme: GeoParquet with a covering (``write_covering_bbox`` in
        geopandas), in row groups small enough for memory, or GeoPackage with one layer. Rows
        without a geometry are not read: they meet no tile.
    columns
        The attributes wanted of each theme; none for a theme that is not named.

    Returns
    -------
    callable
        From a box (west, south, east, north) to each theme's rows whose boxes meet it, labelled by
        their number in the files, counted from 0 (GeoPackage: the feature's own id, with the file's
        number before it when there are several).

    Raises
    ------
    MissingFileError, LayerError
        When a file is not there, is of another kind, or has no boxes to read by.
    """
    wanted = columns or {}
    readers = {
        name: _reader(_listed(given), list(wanted.get(name, ()))) for name, given in files.items()
    }
    return lambda box: {name: read(box) for name, read in readers.items()}


def _listed(given: Path | Sequence[Path]) -> list[Path]:
    paths = [Path(given)] if isinstance(given, (str, Path)) else [Path(one) for one in given]
    for path in paths:
        if not path.is_file():
            raise MissingFileError(f"Finner ikke filen {path}.", remedy="Sjekk stien.")
    if not paths:
        raise LayerError("Temaet har ingen filer.", remedy="Oppgi minst én fil.")
    return paths


def _reader(paths: list[Path], columns: list[str]) -> Read:
    kinds = {path.suffix for path in paths}
    if kinds == {".parquet"}:
        return _Parquet.open(paths, columns).read
    if kinds == {".gpkg"}:
        return lambda box: _read_geopackages(paths, columns, box)
    raise LayerError(
        f"{paths[0].name} kan ikke leses rute for rute.",
        remedy="Bruk GeoParquet med bokser eller GeoPackage, og samme format for hele temaet.",
    )


def _read_geopackages(paths: list[Path], columns: list[str], box: Box) -> gpd.GeoDataFrame:
    parts = [
        pyogrio.read_dataframe(path, columns=columns, bbox=box, fid_as_index=True) for path in paths
    ]
    if len(parts) == 1:
        return parts[0]
    joined = pd.concat(parts, keys=range(len(parts)))
    joined.index = pd.Index([f"{number}-{fid}" for number, fid in joined.index])
    return joined


@dataclass
class _Parquet:
    """Row groups of GeoParquet files: where they are, their boxes, and those in memory."""

    files: list[pq.ParquetFile]
    columns: list[str]
    geometry: str
    crs: pyproj.CRS
    #: File, group in it and first row's number, (g, 3); box of the group, (g, 4).
    places: NDArray[np.int64]
    boxes: Floats
    kept: dict[int, tuple[pa.Table, Floats]] = field(default_factory=dict)

    @classmethod
    def open(cls, paths: list[Path], columns: list[str]) -> _Parquet:
        import pyarrow.parquet as pq  # noqa: PLC0415  (only this format needs it)

        files = [pq.ParquetFile(path) for path in paths]
        found = [_described(path, file) for path, file in zip(paths, files, strict=True)]
        geometry, _, crs = found[0]
        for path, file in zip(paths, files, strict=True):
            missing = [name for name in columns if name not in file.schema_arrow.names]
            if missing:
                raise LayerError(f"{path.name} har ikke kolonnen «{missing[0]}».")
        places, boxes, row = [], [], 0
        for number, (file, (_, covering, _)) in enumerate(zip(files, found, strict=True)):
            for group in range(file.metadata.num_row_groups):
                described = file.metadata.row_group(group)
                places.append((number, group, row))
                boxes.append(_group_box(described, covering))
                row += described.num_rows
        return cls(files, columns, geometry, crs, np.array(places), np.array(boxes))

    def read(self, box: Box) -> gpd.GeoDataFrame:
        """Read the rows whose boxes meet a box; touching counts."""
        groups = np.flatnonzero(_meet(self.boxes, box)).tolist()
        # What the last tile did not need either is let go.
        self.kept = {group: one for group, one in self.kept.items() if group in groups}
        parts = [self._rows(group, box) for group in groups]
        empty = pd.DataFrame({name: [] for name in [*self.columns, "geometry"]}, dtype=object)
        frame = pd.concat(parts) if parts else empty
        return gpd.GeoDataFrame(frame, geometry="geometry", crs=self.crs)

    def _rows(self, group: int, box: Box) -> pd.DataFrame:
        if group not in self.kept:
            self.kept[group] = self._load(group)
        table, boxes = self.kept[group]
        rows = np.flatnonzero(_meet(boxes, box))
        some = table.take(rows)
        frame: pd.DataFrame = some.select(self.columns).to_pandas()
        frame.index = pd.Index(rows + self.places[group, 2])
        frame["geometry"] = shapely.from_wkb(some[self.geometry].to_numpy(zero_copy_only=False))
        return frame

    def _load(self, group: int) -> tuple[pa.Table, Floats]:
        number, inside, _ = self.places[group].tolist()
        file = self.files[number]
        covering = _covering(file)
        leaves = [".".join(path) for path in covering]
        table = file.read_row_group(inside, columns=[*self.columns, self.geometry, *leaves])
        corners = [_leaf(table, path) for path in covering]
        return table.select([*self.columns, self.geometry]), np.column_stack(corners)


def _described(path: Path, file: pq.ParquetFile) -> tuple[str, list[list[str]], pyproj.CRS]:
    """Name of the geometry, where its boxes stand, and its CRS, from the file's own metadata."""
    text = (file.schema_arrow.metadata or {}).get(b"geo")
    geo = json.loads(text) if text else {}
    name = geo.get("primary_column", "")
    column = geo.get("columns", {}).get(name, {})
    if column.get("encoding") != "WKB" or "covering" not in column:
        raise LayerError(
            f"{path.name} har ingen bokser å lese rute for rute med.",
            remedy="Skriv GeoParquet med write_covering_bbox=True, eller bruk GeoPackage.",
        )
    crs = pyproj.CRS.from_user_input(column.get("crs") or "OGC:CRS84")
    return name, _covering(file), crs


def _covering(file: pq.ParquetFile) -> list[list[str]]:
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    boxes = geo["columns"][geo["primary_column"]]["covering"]["bbox"]
    return [boxes[corner] for corner in _CORNERS]


def _group_box(described: Any, covering: list[list[str]]) -> list[float]:  # noqa: ANN401  (untyped)
    """Box of a row group by the statistics of its boxes; everywhere where there are none."""
    names = {described.column(at).path_in_schema: at for at in range(described.num_columns)}
    ends = []
    for path, everywhere in zip(covering, (-np.inf, -np.inf, np.inf, np.inf), strict=True):
        found = described.column(names[".".join(path)]).statistics
        known = found is not None and found.has_min_max
        low = everywhere < 0
        ends.append(float(found.min if low else found.max) if known else everywhere)
    return ends


def _leaf(table: pa.Table, path: list[str]) -> Floats:
    import pyarrow.compute as pc  # noqa: PLC0415

    values = table[path[0]]
    for name in path[1:]:
        values = pc.struct_field(values, name)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _meet(boxes: Floats, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    found: NDArray[np.bool_] = (
        (boxes[:, 0] <= east) & (boxes[:, 1] <= north)
        & (boxes[:, 2] >= west) & (boxes[:, 3] >= south)
    )  # fmt: skip
    return found
