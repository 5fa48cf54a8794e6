"""One layer of a package: its files written in the package's format, read again, described."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from askergeo.crs import require_crs
from askergeo.errors import ParameterError
from askergeo.result import SourceRecord
from askergeo.stores import geopackage, parquet
from askergeo.stores.folder import require_unchanged, store_file
from askergeo.stores.lockfile import LayerRecord
from askergeo.stores.tables import canonical, hilbert_order, total_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from askergeo.catalogue import Layer
    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView
    from askergeo.stores.arguments import Box

__all__ = [
    "UNKNOWN",
    "Origin",
    "Prepared",
    "prepare",
    "read_stored",
    "source_record",
    "store_layer",
    "store_raster",
]

UNKNOWN = "ukjent"
STORES: dict[str, Any] = {"parquet": parquet, "gpkg": geopackage}


@dataclass(frozen=True)
class Origin:
    """Where a layer comes from.

    Parameters
    ----------
    title
        File, address or name of the delivery.
    fetched
        ISO date when it was fetched; empty when nobody knows.
    licence, attribution, owner
        Terms of use; what is empty is unknown: the catalogue tells the usual source's terms, which
        need not be those of this delivery.
    """

    title: str
    fetched: str = ""
    licence: str = ""
    attribution: str = ""
    owner: str = ""

    def __post_init__(self) -> None:
        try:
            _ = self.fetched and date.fromisoformat(self.fetched)
        except ValueError:
            raise ParameterError(
                f"Hentedatoen «{self.fetched}» for {self.title} er ikke en dato.",
                remedy="Skriv den som ÅÅÅÅ-MM-DD.",
            ) from None

    def described(self, layer: Layer) -> dict[str, Any]:
        """Return the fields of a layer record that say where the layer comes from."""
        return {
            "layer": layer.id,
            "origin": self.title,
            "fetched": self.fetched,
            "licence": self.licence or UNKNOWN,
            "attribution": self.attribution or self.title,
            "owner": self.owner or UNKNOWN,
        }


@dataclass(frozen=True)
class Prepared:
    """What will be written of a layer: checked and sorted, before the package is locked."""

    frame: pd.DataFrame
    kinds: Mapping[str, str]
    bounds: Box | None
    avvik: tuple[pd.DataFrame, Mapping[str, str]] | None
    coverage: str | gpd.GeoDataFrame


def prepare(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    *,
    crs: str,
    coverage: str | shapely.Geometry | None,
    avvik: pd.DataFrame | None,
) -> Prepared:
    """Sort a canonical frame along a Hilbert curve and check what goes beside it.

    Raises
    ------
    CrsError, LayerError
        When the avvik table is in another CRS, or cannot be held.
    """
    bounds = None
    if isinstance(frame, gpd.GeoDataFrame):
        places = np.asarray(frame.geometry.array, dtype=object)
        frame = frame.iloc[hilbert_order(places)].reset_index(drop=True)
        bounds = total_bounds(places)
    cover: str | gpd.GeoDataFrame = coverage if isinstance(coverage, str) else ""
    if isinstance(coverage, shapely.Geometry):
        cover = gpd.GeoDataFrame(geometry=[coverage], crs=crs)
    return Prepared(frame, kinds, bounds, _avvik_frame(avvik, crs), cover)


def store_layer(
    folder: Path, store: str, layer: Layer, content: Prepared, *, crs: str, origin: Origin
) -> LayerRecord:
    """Write the files of a layer; the package's lock does not name them yet.

    Raises
    ------
    OSError
        When the disk refuses the write.
    """
    file, sha256, size = _store(
        folder, store, "lag", layer.id, frame=content.frame, kinds=content.kinds
    )
    record = LayerRecord(
        **origin.described(layer),
        file=file,
        format=store,
        sha256=sha256,
        size=size,
        rows=len(content.frame),
        bounds=content.bounds,
        crs=crs if isinstance(content.frame, gpd.GeoDataFrame) else "",
        columns=content.kinds,
    )
    if content.avvik is not None:
        rows, kinds = content.avvik
        file, sha256, _ = _store(folder, store, "avvik", layer.id, frame=rows, kinds=kinds)
        record = replace(
            record,
            avvik_rows=len(rows),
            avvik_file=file,
            avvik_sha256=sha256,
            avvik_columns=kinds,
        )
    if isinstance(content.coverage, str):
        return replace(record, coverage=content.coverage)
    file, sha256, _ = _store(folder, store, "dekning", layer.id, frame=content.coverage, kinds={})
    return replace(
        record, coverage="egen dekningsflate", coverage_file=file, coverage_sha256=sha256
    )


def store_raster(
    folder: Path,
    layer: Layer,
    path: Path,
    described: Mapping[str, Any],
    *,
    crs: str,
    origin: Origin,
) -> LayerRecord:
    """Copy a GeoTIFF; the package's lock does not name it yet.

    Raises
    ------
    OSError
        When the disk refuses the write.
    """

    def copy(target: Path) -> None:
        shutil.copyfile(path, target)

    file, sha256, size = store_file(folder, "lag", layer.id, "tif", copy)
    return LayerRecord(
        **origin.described(layer),
        **described,
        file=file,
        format="tif",
        sha256=sha256,
        size=size,
        crs=crs,
    )


def read_stored(
    folder: Path,
    file: str,
    sha256: str,
    layer_id: str,
    kinds: Mapping[str, str],
    *,
    crs: str,
    bbox: Box | None = None,
    geometry: bool = True,
) -> Any:  # noqa: ANN401  (a GeoDataFrame, or a DataFrame without geometry)
    """Read a stored file after checking that it is the one that was written.

    Raises
    ------
    PackageError
        When the file is missing or changed.
    """
    path = require_unchanged(folder, file, sha256, layer=layer_id)
    store = STORES[path.suffix.removeprefix(".")]
    return store.read(path, kinds, layer=layer_id, crs=crs, bbox=bbox, geometry=geometry)


def _store(
    folder: Path,
    store: str,
    place: str,
    layer_id: str,
    *,
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
) -> tuple[str, str, int]:
    def write(path: Path) -> None:
        STORES[store].write(frame, kinds, path, layer=layer_id)

    return store_file(folder, place, layer_id, STORES[store].SUFFIX, write)


def _avvik_frame(
    avvik: pd.DataFrame | None, crs: str
) -> tuple[pd.DataFrame, Mapping[str, str]] | None:
    """Return the avvik rows with a geometry, which may be missing; ``None`` when there are none."""
    if avvik is None or len(avvik) == 0:
        return None
    if not isinstance(avvik, gpd.GeoDataFrame):
        places = avvik["geometry"] if "geometry" in avvik else [None] * len(avvik)
        rest = avvik.drop(columns="geometry", errors="ignore")
        avvik = gpd.GeoDataFrame(rest, geometry=list(places), crs=crs)
    elif avvik.crs is None:
        avvik = avvik.set_crs(crs)
    require_crs(avvik, crs, what="avvikstabellen")
    return canonical(avvik, what="avvikstabellen")


def source_record(package: DataPackage | ScenarioView, layer_id: str) -> SourceRecord:
    """Return the provenance of a layer of a package or a view."""
    record = package.record(layer_id)
    layer = package.catalogue.get(layer_id)
    return SourceRecord(
        layer=layer_id,
        title=layer.title if layer is not None else layer_id,
        origin=record.origin,
        date=record.fetched,
        sha256=record.sha256,
        rows=record.rows,
        licence=record.licence,
        attribution=record.attribution,
        crs=record.crs,
        owner=record.owner,
        coverage=record.coverage,
        example=package.example,
    )
