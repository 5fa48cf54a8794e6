"""DataPackage: the frozen, hashed layers that one project works on; the only door to data.

A package is a folder with ``askergeo.lock`` and the files that it names, one a layer, in
GeoParquet or GeoPackage (docs/datapakke.md says which and why). Every write is whole or not at
all, and nothing is replaced unless the caller says so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from askergeo import __version__
from askergeo.catalogue import load_catalogue
from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import (
    LayerError,
)
from askergeo.municipalities import check_municipality
from askergeo.stores import folder as files
from askergeo.stores.arguments import (
    Box,
    checked_box,
    known_store,
    projected,
    require_absent,
    require_free,
)
from askergeo.stores.checks import check_changes, check_frame
from askergeo.stores.layers import (
    Origin,
    prepare,
    read_stored,
    source_record,
    store_layer,
    store_raster,
)
from askergeo.stores.lockfile import LayerRecord, Lock, read_lock
from askergeo.stores.tables import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import shapely

    from askergeo.catalogue import Catalogue
    from askergeo.result import SourceRecord
    from askergeo.scenario import ScenarioView

__all__ = ["Box", "DataPackage", "LayerRecord", "Origin"]

OWN_CATALOGUE = "lagkatalog"
AVVIK_COLUMNS = ("rad", "regel", "tittel", "tekst", "handling", "x", "y")


class DataPackage:
    """A package on the disk; made by :meth:`create`, :meth:`create_scenario` and :meth:`open`.

    Parameters
    ----------
    path
        The folder.
    lock
        What the lock said when it was read.
    catalogue
        The layers that the package may hold; as standard the built-in ones and those in the
        package's own folder ``lagkatalog``.
    """

    def __init__(self, path: Path, lock: Lock, catalogue: Catalogue | None = None) -> None:
        self.path = path
        self._lock = lock
        self._catalogue = catalogue

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        municipality: str = "3203",
        crs: str = CRS_OF_RECORD,
        name: str = "",
        store: str = "parquet",
        overwrite: bool = False,
        example: bool = False,
        catalogue: Catalogue | None = None,
    ) -> DataPackage:
        """Make an empty package.

        Parameters
        ----------
        path
            New or empty folder; with ``overwrite`` also a package, which is emptied.
        municipality
            Municipality number, four digits.
        crs
            Projected CRS in metres that every layer must be in.
        name
            Name for people.
        store
            ``parquet`` or ``gpkg``.
        overwrite
            Replace a package that is there.
        example
            The data are made up.
        catalogue
            Other layers than the built-in ones.

        Raises
        ------
        OverwriteError
            When the folder holds something and ``overwrite`` is false, or holds something that
            is not a package.
        MunicipalityError, CrsError, ParameterError
            When the number, the CRS or the store is not allowed.
        LockedError, StorageError
            When another process writes there, or the disk refuses.
        """
        lock = Lock(
            # an invented municipality has a number that no real one has
            municipality=municipality if example else check_municipality(municipality).number,
            crs=projected(crs),
            store=known_store(store),
            askergeo=__version__,
            name=name,
            example=example,
        )
        return cls._create(Path(path), lock, overwrite=overwrite, catalogue=catalogue)

    @classmethod
    def create_scenario(
        cls,
        path: Path | str,
        base: DataPackage | ScenarioView,
        *,
        name: str = "",
        overwrite: bool = False,
    ) -> DataPackage:
        """Make an empty scenario: a package of changes to ``base`` (see :meth:`over`).

        Raises as :meth:`create`.
        """
        lock = Lock(
            municipality=base.municipality,
            crs=base.crs,
            store=base.store,
            askergeo=__version__,
            kind="scenario",
            name=name,
            example=base.example,
            base=base.name or base.path.name,
        )
        return cls._create(Path(path), lock, overwrite=overwrite, catalogue=base.catalogue)

    @classmethod
    def _create(
        cls, path: Path, lock: Lock, *, overwrite: bool, catalogue: Catalogue | None
    ) -> DataPackage:
        require_free(path, overwrite=overwrite)
        with files.storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with files.writing(path):
            require_free(path, overwrite=overwrite)
            files.replace_lock(path, lock)
        return cls(path, lock, catalogue)

    @classmethod
    def open(cls, path: Path | str, *, catalogue: Catalogue | None = None) -> DataPackage:
        """Open a package for reading and writing.

        Raises
        ------
        MissingFileError
            When there is no package at ``path``.
        PackageError
            When the lock is broken, or was made by a newer version.
        """
        return cls(Path(path), read_lock(Path(path)), catalogue)

    @property
    def municipality(self) -> str:
        """Municipality number."""
        return self._lock.municipality

    @property
    def crs(self) -> str:
        """CRS of every layer, ``EPSG:nnnn``."""
        return self._lock.crs

    @property
    def name(self) -> str:
        """Name for people; may be empty."""
        return self._lock.name

    @property
    def store(self) -> str:
        """Format of new layers: ``parquet`` or ``gpkg``."""
        return self._lock.store

    @property
    def example(self) -> bool:
        """Whether the data are made up."""
        return self._lock.example

    @property
    def scenario(self) -> str:
        """Name of the scenario; empty for a package that stands on its own."""
        return (self.name or self.path.name) if self._lock.kind == "scenario" else ""

    @property
    def records(self) -> Mapping[str, LayerRecord]:
        """What the lock says of each layer."""
        return MappingProxyType(dict(self._lock.layers))

    @property
    def layer_ids(self) -> tuple[str, ...]:
        """Layers of the package, sorted."""
        return tuple(sorted(self._lock.layers))

    @property
    def catalogue(self) -> Catalogue:
        """The layers that the package may hold."""
        if self._catalogue is None:
            own = self.path / OWN_CATALOGUE
            self._catalogue = load_catalogue(*([own] if own.is_dir() else []))
        return self._catalogue

    def __contains__(self, layer_id: object) -> bool:
        return layer_id in self._lock.layers

    def __repr__(self) -> str:
        return f"<DataPackage {self.name or self.path.name}: {len(self._lock.layers)} lag>"

    def record(self, layer_id: str) -> LayerRecord:
        """Return what the lock says of a layer.

        Raises
        ------
        CatalogueError
            When the catalogue does not know the layer; the nearest names are suggested.
        LayerError
            When the package does not hold it; the message says where to get it.
        """
        if layer_id in self._lock.layers:
            return self._lock.layers[layer_id]
        layer = self.catalogue[layer_id]
        raise LayerError(
            f"Laget «{layer_id}» ({layer.title}) er ikke i datapakken {self.path}.",
            remedy="«askergeo data mangler» viser hvor det bestilles; "
            f"legg det til med «askergeo data legg-til MAPPE {layer_id} FIL».",
        )

    def read(
        self,
        layer_id: str,
        *,
        bbox: Box | None = None,
        columns: Sequence[str] | None = None,
        geometry: bool = True,
    ) -> Any:  # noqa: ANN401  (a GeoDataFrame, or a DataFrame for a layer without geometry)
        """Read a layer, or the part of it that is needed.

        Parameters
        ----------
        layer_id
            Identifier in the catalogue.
        bbox
            ``(xmin, ymin, xmax, ymax)`` in the package's CRS, in metres. A row is read when the
            bounding box of its geometry meets this box; touching counts. Rows without a place
            are then left out.
        columns
            Attributes wanted, in that order; the geometry follows regardless.
        geometry
            ``False`` leaves the geometry out and gives a ``DataFrame``.

        Returns
        -------
        GeoDataFrame or DataFrame
            Rows in the order of the file (along a Hilbert curve), index ``0 … n − 1``; types as
            in :mod:`askergeo.stores.tables`.

        Raises
        ------
        CatalogueError, LayerError
            When the layer or a column is not there.
        PackageError
            When the file is missing or changed.
        """
        record = self.record(layer_id)
        if record.format == "tif":
            raise LayerError(f"Laget «{layer_id}» er et raster.", remedy="Bruk raster_path.")
        if bbox is not None:
            bbox = checked_box(bbox)
            if not record.crs:
                raise LayerError(f"Laget «{layer_id}» har ingen geometri å avgrense med.")
        return read_stored(
            self.path,
            record.file,
            record.sha256,
            layer_id,
            columns_of(record.columns, columns, layer=layer_id),
            crs=self.crs,
            bbox=bbox,
            geometry=geometry and bool(record.crs),
        )

    def raster_path(self, layer_id: str) -> Path:
        """Return the path of a raster layer's GeoTIFF, whose content has been checked.

        Raises as :meth:`read`.
        """
        record = self.record(layer_id)
        if record.format != "tif":
            raise LayerError(f"Laget «{layer_id}» er ikke et raster.", remedy="Bruk read.")
        return files.require_unchanged(self.path, record.file, record.sha256, layer=layer_id)

    def read_avvik(self, layer_id: str) -> gpd.GeoDataFrame:
        """Return the rows that were repaired or set aside when the layer was added.

        Raises as :meth:`read`.
        """
        record = self.record(layer_id)
        if not record.avvik_file:
            empty = pd.DataFrame({name: [] for name in AVVIK_COLUMNS})
            return gpd.GeoDataFrame(empty, geometry=[], crs=self.crs)
        return read_stored(
            self.path,
            record.avvik_file,
            record.avvik_sha256,
            layer_id,
            record.avvik_columns,
            crs=self.crs,
        )

    def coverage(self, layer_id: str) -> shapely.Geometry | None:
        """Return the area that the layer maps; ``None`` when only a text, or nothing, is known.

        Raises as :meth:`read`.
        """
        record = self.record(layer_id)
        if not record.coverage_file:
            return None
        frame = read_stored(
            self.path, record.coverage_file, record.coverage_sha256, layer_id, {}, crs=self.crs
        )
        area: shapely.Geometry = frame.geometry.iloc[0]
        return area

    def write(
        self,
        layer_id: str,
        frame: pd.DataFrame,
        *,
        origin: Origin,
        overwrite: bool = False,
        coverage: str | shapely.Geometry | None = None,
        avvik: pd.DataFrame | None = None,
    ) -> LayerRecord:
        """Put a layer into the package: whole, or not at all.

        Parameters
        ----------
        layer_id
            Identifier in the catalogue.
        frame
            Rows in the package's CRS, with the catalogue's column names; it is not changed. In
            a scenario each row also says what it does (column ``endring``).
        origin
            Where the data come from.
        overwrite
            Replace the layer if it is there.
        coverage
            The area that is mapped, as a polygon or in words.
        avvik
            Rows that :func:`askergeo.quality.inspect` repaired or set aside.

        Raises
        ------
        CatalogueError, CrsError, LayerError
            When the layer is unknown, or the frame is not what the catalogue says.
        OverwriteError
            When the layer is there and ``overwrite`` is false.
        LockedError, StorageError
            When another process writes, or the disk refuses; nothing is changed.
        """
        layer = self.catalogue[layer_id]
        require_absent(self.path, self._lock, layer_id, overwrite=overwrite)
        scenario = bool(self.scenario)
        clean, kinds = check_frame(frame, layer, crs=self.crs, scenario=scenario)
        if scenario:
            check_changes(clean, layer)
        content = prepare(clean, kinds, crs=self.crs, coverage=coverage, avvik=avvik)
        return self._put(
            layer_id,
            lambda: store_layer(self.path, self.store, layer, content, crs=self.crs, origin=origin),
            overwrite=overwrite,
        )

    def write_raster(
        self, layer_id: str, path: Path | str, *, origin: Origin, overwrite: bool = False
    ) -> LayerRecord:
        """Copy a GeoTIFF into the package.

        Parameters
        ----------
        layer_id
            Identifier in the catalogue.
        path
            GeoTIFF in the package's CRS (with or without a height system).
        origin
            Where the data come from.
        overwrite
            Replace the layer if it is there.

        Raises
        ------
        MissingFileError, CatalogueError, CrsError, LayerError, OverwriteError, LockedError,
        StorageError
            As for :meth:`write`.
        """
        from askergeo.stores.raster import describe_raster  # noqa: PLC0415  (rasterio loads slowly)

        layer = self.catalogue[layer_id]
        require_absent(self.path, self._lock, layer_id, overwrite=overwrite)
        if layer.geometry != "raster":
            raise LayerError(f"Laget «{layer_id}» er {layer.geometry}, ikke raster.")
        source = Path(path)
        described = describe_raster(source, crs=self.crs, what=f"laget «{layer_id}»")
        return self._put(
            layer_id,
            lambda: store_raster(self.path, layer, source, described, crs=self.crs, origin=origin),
            overwrite=overwrite,
        )

    def _put(
        self, layer_id: str, store: Callable[[], LayerRecord], *, overwrite: bool
    ) -> LayerRecord:
        """Store a layer's files and make them part of the package, on top of what others wrote."""
        with files.writing(self.path):
            lock = read_lock(self.path)
            require_absent(self.path, lock, layer_id, overwrite=overwrite)
            record = store()
            lock = replace(lock, askergeo=__version__).with_layer(record)
            files.replace_lock(self.path, lock)
            self._lock = lock
        return record

    def verify(self) -> list[str]:
        """Hash every file again; return a line for each that is missing or changed.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     DataPackage.create(f"{folder}/asker").verify()
        []
        """
        problems = []
        for layer_id, record in sorted(self._lock.layers.items()):
            for file, sha256 in record.files().items():
                path = self.path / file
                if not path.is_file():
                    problems.append(f"Laget «{layer_id}»: {file} mangler.")
                elif files.sha256_of(path) != sha256:
                    problems.append(f"Laget «{layer_id}»: {file} er endret utenfor askergeo.")
        return problems

    def over(self, base: DataPackage | ScenarioView) -> ScenarioView:
        """Lay this scenario over ``base``; the answer is read like a package.

        Raises
        ------
        PackageError
            When this is not a scenario, or is for another municipality or CRS.
        """
        from askergeo.scenario import ScenarioView  # noqa: PLC0415  (it builds on this module)

        return ScenarioView(self, base)

    def source_record(self, layer_id: str) -> SourceRecord:
        """Return the provenance of a layer, for a result that rests on it.

        Raises
        ------
        CatalogueError, LayerError
            When the layer is not there.
        """
        return source_record(self, layer_id)
