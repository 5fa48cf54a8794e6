"""DataPackage: the frozen, hashed layers that one project works on; the only door to data.

A package is a folder with ``askergeo.lock`` and the files that it names, one a layer, in
GeoParquet or GeoPackage (docs/datapakke.md says which and why). Every write is whole or not at
all, and nothing is replaced unless the caller says so.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from askergeo import __version__
from askergeo.catalogue import load_catalogue
from askergeo.crs import CRS_OF_RECORD, crs_name, require_crs
from askergeo.errors import (
    CrsError,
    LayerError,
    MissingFileError,
    OverwriteError,
    PackageError,
    ParameterError,
)
from askergeo.result import SourceRecord
from askergeo.stores import folder as files
from askergeo.stores import geopackage, parquet
from askergeo.stores.checks import check_changes, check_frame
from askergeo.stores.lockfile import LOCK_NAME, LayerRecord, Lock, read_lock
from askergeo.stores.tables import canonical, columns_of, hilbert_order, total_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.catalogue import Catalogue
    from askergeo.scenario import ScenarioView

__all__ = ["Box", "DataPackage", "LayerRecord", "Origin"]

Box = tuple[float, float, float, float]
STORES: dict[str, Any] = {"parquet": parquet, "gpkg": geopackage}
OWN_CATALOGUE = "lagkatalog"
AVVIK_COLUMNS = ("rad", "regel", "tittel", "tekst", "handling", "x", "y")


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
        Terms of use; what is empty is taken from the catalogue.
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
            municipality=_municipality(municipality),
            crs=_projected(crs),
            store=_known_store(store),
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

        Raises
        ------
        OverwriteError, LockedError, StorageError
            As for :meth:`create`.
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
        _require_free(path, overwrite=overwrite)
        with files.storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with files.writing(path):
            _require_free(path, overwrite=overwrite)
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
            bbox = _checked_box(bbox)
            if not record.crs:
                raise LayerError(f"Laget «{layer_id}» har ingen geometri å avgrense med.")
        kinds = columns_of(record.columns, columns, layer=layer_id)
        return self._read_file(
            record.file,
            record.sha256,
            layer_id,
            kinds,
            bbox=bbox,
            geometry=geometry and bool(record.crs),
        )

    def _read_file(
        self,
        file: str,
        sha256: str,
        layer_id: str,
        kinds: Mapping[str, str],
        *,
        bbox: Box | None = None,
        geometry: bool = True,
    ) -> Any:  # noqa: ANN401  (as read)
        path = files.require_unchanged(self.path, file, sha256, layer=layer_id)
        store = STORES[path.suffix.removeprefix(".")]
        return store.read(path, kinds, layer=layer_id, crs=self.crs, bbox=bbox, geometry=geometry)

    def raster_path(self, layer_id: str) -> Path:
        """Return the path of a raster layer's GeoTIFF, whose content has been checked.

        Raises
        ------
        CatalogueError, LayerError, PackageError
            As for :meth:`read`.
        """
        record = self.record(layer_id)
        if record.format != "tif":
            raise LayerError(f"Laget «{layer_id}» er ikke et raster.", remedy="Bruk read.")
        return files.require_unchanged(self.path, record.file, record.sha256, layer=layer_id)

    def read_avvik(self, layer_id: str) -> gpd.GeoDataFrame:
        """Return the rows that were repaired or set aside when the layer was added.

        Raises
        ------
        CatalogueError, LayerError, PackageError
            As for :meth:`read`.
        """
        record = self.record(layer_id)
        if not record.avvik_file:
            empty = pd.DataFrame({name: [] for name in AVVIK_COLUMNS})
            return gpd.GeoDataFrame(empty, geometry=[], crs=self.crs)
        return self._read_file(
            record.avvik_file, record.avvik_sha256, layer_id, record.avvik_columns
        )

    def coverage(self, layer_id: str) -> shapely.Geometry | None:
        """Return the area that the layer maps; ``None`` when only a text, or nothing, is known.

        Raises
        ------
        CatalogueError, LayerError, PackageError
            As for :meth:`read`.
        """
        record = self.record(layer_id)
        if not record.coverage_file:
            return None
        frame = self._read_file(record.coverage_file, record.coverage_sha256, layer_id, {})
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
        self._require_absent(self._lock, layer_id, overwrite=overwrite)
        scenario = self._lock.kind == "scenario"
        clean, kinds = check_frame(frame, layer, crs=self.crs, scenario=scenario)
        if scenario:
            check_changes(clean, layer)
        spatial = isinstance(clean, gpd.GeoDataFrame)
        bounds = None
        if spatial:
            places = np.asarray(clean.geometry.array, dtype=object)
            clean = clean.iloc[hilbert_order(places)].reset_index(drop=True)
            bounds = total_bounds(places)
        beside = _avvik_frame(avvik, self.crs)
        area = coverage if isinstance(coverage, shapely.Geometry) else None
        with files.writing(self.path):
            lock = read_lock(self.path)
            self._require_absent(lock, layer_id, overwrite=overwrite)
            file, sha256, size = self._store("lag", layer_id, clean, kinds)
            record = LayerRecord(
                layer=layer_id,
                file=file,
                format=self.store,
                sha256=sha256,
                size=size,
                rows=len(clean),
                bounds=bounds,
                crs=self.crs if spatial else "",
                coverage=coverage if isinstance(coverage, str) else "",
                columns=kinds,
                **_origin_fields(origin, layer),
            )
            if beside is not None:
                file, sha256, _ = self._store("avvik", layer_id, *beside)
                record = replace(
                    record,
                    avvik_rows=len(beside[0]),
                    avvik_file=file,
                    avvik_sha256=sha256,
                    avvik_columns=beside[1],
                )
            if area is not None:
                cover = gpd.GeoDataFrame(geometry=[area], crs=self.crs)
                file, sha256, _ = self._store("dekning", layer_id, cover, {})
                record = replace(
                    record,
                    coverage="egen dekningsflate",
                    coverage_file=file,
                    coverage_sha256=sha256,
                )
            self._commit(lock, record)
        return record

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
        from askergeo.stores.raster import describe_raster  # noqa: PLC0415  (rasterio is slow to load)

        layer = self.catalogue[layer_id]
        self._require_absent(self._lock, layer_id, overwrite=overwrite)
        described = describe_raster(Path(path), crs=self.crs, what=f"laget «{layer_id}»")
        with files.writing(self.path):
            lock = read_lock(self.path)
            self._require_absent(lock, layer_id, overwrite=overwrite)
            file, sha256, size = files.store_file(
                self.path, "lag", layer_id, "tif", lambda target: _copy(Path(path), target)
            )
            record = LayerRecord(
                layer=layer_id,
                file=file,
                format="tif",
                sha256=sha256,
                size=size,
                crs=self.crs,
                **described,
                **_origin_fields(origin, layer),
            )
            self._commit(lock, record)
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
        record = self.record(layer_id)
        layer = self.catalogue.get(layer_id)
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
            example=self.example,
        )

    def _require_absent(self, lock: Lock, layer_id: str, *, overwrite: bool) -> None:
        if layer_id in lock.layers and not overwrite:
            raise OverwriteError(
                f"Laget «{layer_id}» er allerede i datapakken {self.path}.",
                remedy="Legg til --overskriv for å erstatte det.",
            )

    def _store(
        self, place: str, layer_id: str, frame: pd.DataFrame, kinds: Mapping[str, str]
    ) -> tuple[str, str, int]:
        store = STORES[self.store]
        return files.store_file(
            self.path,
            place,
            layer_id,
            store.SUFFIX,
            lambda path: store.write(frame, kinds, path, layer=layer_id),
        )

    def _commit(self, lock: Lock, record: LayerRecord) -> None:
        new = replace(lock, askergeo=__version__).with_layer(record)
        files.replace_lock(self.path, new)
        self._lock = new


def _require_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds a package, or anything that is not askergeo's."""
    if (path / LOCK_NAME).exists():
        if overwrite:
            return
        raise OverwriteError(
            f"{path} er allerede en datapakke.",
            remedy="Legg til --overskriv for å tømme den, eller velg en annen mappe.",
        )
    taken = path.exists() and (
        not path.is_dir() or not all(files.is_own(item) for item in path.iterdir())
    )
    if taken:
        raise OverwriteError(
            f"{path} finnes og er ikke en datapakke; --overskriv sletter aldri andres filer.",
            remedy="Velg en ny eller tom mappe.",
        )


def _municipality(number: str) -> str:
    if not re.fullmatch(r"\d{4}", number):
        raise ParameterError(f"Kommunenummeret «{number}» har ikke fire siffer.")
    return number


def _projected(crs: str) -> str:
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise CrsError(f"Koordinatsystemet «{crs}» er ukjent.", remedy="Bruk EPSG:25832.") from None
    metres = parsed.is_projected and all(axis.unit_name == "metre" for axis in parsed.axis_info)
    if not metres or not parsed.to_epsg() or parsed.to_epsg() == 3857:  # noqa: PLR2004  (Web Mercator)
        raise CrsError(
            f"Koordinatsystemet {crs_name(crs)} kan ikke brukes til arealer og avstander.",
            remedy="Bruk EPSG:25832 (sone 32), eller 25833 og 25835 lenger nord og øst.",
        )
    return crs_name(crs)


def _known_store(store: str) -> str:
    if store not in STORES:
        raise ParameterError(
            f"Lagringsformatet «{store}» er ukjent.", remedy=f"Velg {' eller '.join(STORES)}."
        )
    return store


def _checked_box(bbox: Sequence[float]) -> Box:
    values = tuple(float(value) for value in bbox)
    if len(values) != 4 or not np.isfinite(values).all():  # noqa: PLR2004
        raise ParameterError(f"Utsnittet {bbox} er ikke fire tall: xmin, ymin, xmax, ymax.")
    xmin, ymin, xmax, ymax = values
    if xmin > xmax or ymin > ymax:
        raise ParameterError(f"Utsnittet {bbox} er ikke xmin, ymin, xmax, ymax i den rekkefølgen.")
    return xmin, ymin, xmax, ymax


def _origin_fields(origin: Origin, layer: Any) -> dict[str, str]:  # noqa: ANN401  (catalogue.Layer)
    return {
        "origin": origin.title,
        "fetched": origin.fetched,
        "licence": origin.licence or layer.licence,
        "attribution": origin.attribution or layer.attribution,
        "owner": origin.owner or layer.owner,
    }


def _avvik_frame(
    avvik: pd.DataFrame | None, crs: str
) -> tuple[gpd.GeoDataFrame, dict[str, str]] | None:
    """Return the avvik rows with a geometry, which may be missing, or ``None`` when there are none."""
    if avvik is None or len(avvik) == 0:
        return None
    if not isinstance(avvik, gpd.GeoDataFrame):
        places = avvik["geometry"] if "geometry" in avvik else [None] * len(avvik)
        rest = avvik.drop(columns="geometry", errors="ignore")
        avvik = gpd.GeoDataFrame(rest, geometry=list(places), crs=crs)
    elif avvik.crs is None:
        avvik = avvik.set_crs(crs)
    require_crs(avvik, crs, what="avvikstabellen")
    frame, kinds = canonical(avvik, what="avvikstabellen")
    return gpd.GeoDataFrame(frame), kinds


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
