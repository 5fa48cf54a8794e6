"""Read a file of any kind that planners are given, whole or by box and columns.

The kind is told by the content first: a file that is not what its name says is refused before GDAL
sees it, so that no other of GDAL's many drivers can be reached. Nothing is fetched: an address, or
one of GDAL's virtual paths, is not a file.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import shapely
from pyarrow.lib import ArrowException
from pyproj import CRS

from askergeo._place import check_crs
from askergeo._text import nearest
from askergeo.crs import crs_name, known_crs
from askergeo.errors import CrsError, LayerError, SourceError
from askergeo.sources._feed_files import feed_kind
from askergeo.sources._kinds import (
    Kind,
    declares_crs,
    existing,
    kind_of,
    refusal,
    shapefile_encoding,
)
from askergeo.sources._zip import unpack_dataset
from askergeo.sources.csvfile import read_csv
from askergeo.sources.gml import list_gml_layers, read_gml_file
from askergeo.sources.osm import OSM_LAYERS, read_osm
from askergeo.sources.reading import FaultLog
from askergeo.sources.sosi import read_sosi, read_sosi_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LAYER_COLUMN", "SourceLayer", "list_layers", "read_file", "read_layers"]

# Says which layer in the file a row came from, when several are read as one.
LAYER_COLUMN: Final = "_lag"

# What GDAL raises for files that are broken in one way or another.
_GDAL_ERRORS: Final = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FieldError,
    pyogrio.errors.FeatureError,
)
_MAX_DEGREES: Final = (180.0, 90.0)


@dataclass(frozen=True, kw_only=True)
class SourceLayer:
    """One layer as it stands in a file.

    Parameters
    ----------
    frame
        All rows, in the file's CRS and order; a plain DataFrame when there is no geometry. The
        index counts rows from 0.
    name
        Name of the layer in the file.
    path
        The file.
    crs
        ``EPSG:nnnn`` or a name; empty for a table.
    faults
        What the reader could not make out: ``lag``, ``rad`` (index in ``frame``), ``linje``,
        ``objekt``, ``regel``, ``tekst``. The rows themselves are in ``frame``.
    """

    frame: pd.DataFrame
    name: str
    path: Path
    crs: str
    faults: pd.DataFrame = field(default_factory=lambda: FaultLog().frame())


def list_layers(path: str | Path) -> list[str]:
    """Name the layers of a file; those without geometry too.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When the file is broken, or no kind of map data.
    """
    file = existing(path)
    kind = kind_of(file)
    if kind is Kind.ZIP:
        with tempfile.TemporaryDirectory(prefix="askergeo-") as folder:
            return list_layers(unpack_dataset(file, Path(folder)))
    if kind is Kind.GDAL:
        return _gdal_layers(file)
    if kind is Kind.GML:
        return list(list_gml_layers(file))
    if kind is Kind.SOSI:
        return list(read_sosi(file))
    if kind is Kind.OSM:
        return list(OSM_LAYERS)
    if kind in (Kind.CSV, Kind.PARQUET):
        return [file.stem]
    raise refusal(file, kind)


def read_file(
    path: str | Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    columns: Sequence[str] | None = None,
    coordinates: tuple[str, str] | None = None,
) -> SourceLayer:
    """Read one layer of a file.

    Parameters
    ----------
    path
        GeoPackage, GeoParquet, FlatGeobuf, Shapefile, FileGDB (folder or zipped), GeoJSON, GML,
        SOSI, OSM PBF, delimited text with or without coordinates, or a zip with one of these.
    layer
        Name of the layer in the file; may be left out when there is one.
    crs
        Coordinate system, when the file states none. One that contradicts the file is refused.
    bbox
        Read only what touches this box: west, south, east, north in the file's CRS. Rows outside
        are not read, and so neither counted nor inspected.
    columns
        Read only these attributes (for OSM: these tags).
    coordinates
        Names of the columns with east and north of delimited text, when they have unusual names.

    Raises
    ------
    MissingFileError, SourceError
        No such file; broken, of another kind, or several layers and none chosen.
    LayerError
        ``layer`` or one of ``columns`` does not exist; names the nearest.
    CrsError
        No CRS, an unknown one, one against the file's, or degrees that cannot be degrees.
    """
    if crs is not None:
        known_crs(crs)
    file = existing(path)
    kind = kind_of(file)
    _refuse_timetable(file, kind)
    if kind is Kind.ZIP:
        with tempfile.TemporaryDirectory(prefix="askergeo-") as folder:
            inner = unpack_dataset(file, Path(folder))
            read = read_file(
                inner, layer=layer, crs=crs, bbox=bbox, columns=columns, coordinates=coordinates
            )
        return replace(read, path=file)
    faults = FaultLog().frame()
    if kind is Kind.GDAL:
        name = _choose(_gdal_layers(file), layer, file)
        return _finished(_read_gdal(file, name, bbox, columns), name, file, crs, faults)
    if kind is Kind.OSM:
        name = _choose(list(OSM_LAYERS), layer, file)
        frame, faults = read_osm(file, name, bbox=bbox, tags=columns)
        return _finished(frame, name, file, crs, faults)
    if kind in (Kind.GML, Kind.SOSI):
        frame, name, faults = _read_objects(file, kind, layer, crs)
    elif kind is Kind.PARQUET:
        name = _choose([file.stem], layer, file)
        frame = _read_parquet(file, columns)
    elif kind is Kind.CSV:
        name = _choose([file.stem], layer, file)
        frame, faults = read_csv(file, crs=crs, coordinates=coordinates)
    else:
        raise refusal(file, kind)
    return _finished(_narrowed(frame, file, bbox, columns), name, file, crs, faults)


def _refuse_timetable(file: Path, kind: Kind) -> None:
    """Say how a timetable is read, which is several layers at once."""
    sort = feed_kind(file) if kind in (Kind.ZIP, Kind.XML) else ""
    if sort:
        raise SourceError(
            f"{file.name} er en rutetabell ({sort}), ikke et kartlag.",
            remedy="Legg den til uten lagnavn: «askergeo data legg-til MAPPE FIL».",
        )


def read_layers(
    path: str | Path,
    layers: Sequence[str],
    *,
    crs: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> SourceLayer:
    """Read several layers of a file as one; ``_lag`` says where each row came from.

    The index counts on from layer to layer; columns that a layer lacks are missing values.

    Raises
    ------
    CrsError
        When the layers are in different coordinate systems.
    """
    parts = [read_file(path, layer=name, crs=crs, bbox=bbox) for name in layers]
    systems = {part.crs for part in parts}
    if len(systems) > 1:
        raise CrsError(
            f"Lagene i {Path(path).name} er i ulike koordinatsystemer: "
            f"{', '.join(sorted(systems))}.",
            remedy="Les dem inn hver for seg.",
        )
    start, faults = 0, []
    for part in parts:
        moved = part.faults.copy()
        moved["rad"] = moved["rad"] + start
        faults.append(moved)
        start += len(part.frame)
    frame = _stacked(parts)
    known = [part for part in faults if len(part)]
    return SourceLayer(
        frame=frame,
        name=", ".join(layers),
        path=parts[0].path,
        crs=parts[0].crs,
        faults=pd.concat(known, ignore_index=True) if known else FaultLog().frame(),
    )


def _stacked(parts: Sequence[SourceLayer]) -> pd.DataFrame:
    frames: list[gpd.GeoDataFrame] = [
        part.frame.assign(**{LAYER_COLUMN: part.name}) for part in parts
    ]
    spatial = isinstance(frames[0], gpd.GeoDataFrame)
    plain = [pd.DataFrame(frame).drop(columns="geometry", errors="ignore") for frame in frames]
    names = list(dict.fromkeys(name for frame in plain for name in frame.columns))
    # Columns that hold nothing have no type to agree on.
    filled = [frame.dropna(axis=1, how="all") for frame in plain]
    joined: pd.DataFrame = pd.concat(filled, ignore_index=True).reindex(columns=names)
    if not spatial:
        return joined
    geometry = np.concatenate([np.asarray(frame.geometry.array, dtype=object) for frame in frames])
    stacked: pd.DataFrame = gpd.GeoDataFrame(joined, geometry=geometry, crs=frames[0].crs)
    return stacked


def _choose(names: Sequence[str], layer: str | None, file: Path) -> str:
    if layer is None:
        if len(names) == 1:
            return names[0]
        raise SourceError(
            f"{file.name} har {len(names)} lag, og ingen er valgt: {', '.join(names)}.",
            remedy="Velg ett med --lag-i-fil NAVN, eller «lag:» under «les:» i kart.yml.",
        )
    if layer not in names:
        raise LayerError(
            f"{file.name} har ikke laget «{layer}». {nearest(layer, names)}".rstrip(),
            remedy=f"Lagene er: {', '.join(names)}.",
        )
    return layer


def _broken(file: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{file.name} kan ikke leses: {error}.",
        remedy="Filen er skadet eller ufullstendig; last den ned på nytt.",
    )


def _gdal_layers(file: Path) -> list[str]:
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(file)]
    except _GDAL_ERRORS as error:
        raise _broken(file, error) from error
    if not names:
        raise SourceError(
            f"{file.name} kan ikke leses: den har ingen lag.",
            remedy="Filen er skadet eller tom; last den ned på nytt.",
        )
    return names


def _read_gdal(
    file: Path,
    layer: str,
    bbox: tuple[float, float, float, float] | None,
    columns: Sequence[str] | None,
) -> pd.DataFrame:
    options: dict[str, object] = {"layer": layer, "bbox": bbox}
    try:
        if file.suffix.lower() == ".shp":
            options["encoding"] = shapefile_encoding(file)
        if columns is not None:
            known = [str(name) for name in pyogrio.read_info(file, layer=layer)["fields"]]
            _require_known(columns, known, file)
            options["columns"] = list(columns)
        try:
            frame: pd.DataFrame = pyogrio.read_dataframe(file, use_arrow=True, **options)
        except NotImplementedError:
            # Arcs in FileGDB and GeoPackage: GDAL turns them into chords of 4° on this path.
            frame = pyogrio.read_dataframe(file, use_arrow=False, **options)
    except (*_GDAL_ERRORS, shapely.errors.ShapelyError) as error:
        raise _broken(file, error) from error
    return frame


def _require_known(columns: Iterable[str], known: Sequence[str], file: Path) -> None:
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise LayerError(
            f"{file.name} har ikke kolonnen «{unknown[0]}». {nearest(unknown[0], known)}".rstrip(),
            remedy=f"Kolonnene er: {', '.join(known)}.",
        )


def _read_parquet(file: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    try:
        schema = pq.read_schema(file)
        geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    except (ArrowException, ValueError, OSError) as error:
        raise _broken(file, error) from error
    place = geo.get("primary_column")
    wanted = None
    if columns is not None:
        _require_known(columns, [name for name in schema.names if name != place], file)
        wanted = [*columns, place] if place else list(columns)
    try:
        frame: pd.DataFrame = (
            gpd.read_parquet(file, columns=wanted)
            if place
            else pq.read_table(file, columns=wanted).to_pandas()
        )
    except (ArrowException, ValueError, OSError) as error:
        raise _broken(file, error) from error
    return frame


def _read_objects(
    file: Path, kind: Kind, layer: str | None, crs: str | None
) -> tuple[pd.DataFrame, str, pd.DataFrame]:
    """Read GML or SOSI, whose layers are the object types."""
    if kind is Kind.SOSI:
        # The type is chosen here, so that the message is the same for every kind of file.
        sosi = read_sosi_file(file, crs=crs)
        frames, faults = sosi.frames, sosi.faults
    else:
        gml = read_gml_file(file)
        frames, faults = gml.frames, gml.faults
    name = _choose(list(frames), layer, file)
    own = faults[faults["lag"].isin([name, ""])].reset_index(drop=True)
    return frames[name], name, own


def _narrowed(
    frame: gpd.GeoDataFrame,
    file: Path,
    bbox: tuple[float, float, float, float] | None,
    columns: Sequence[str] | None,
) -> pd.DataFrame:
    """Box and columns for the kinds of file that are read whole."""
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if columns is not None:
        geometry = frame.geometry.name if spatial else None
        known = [str(name) for name in frame.columns if name != geometry]
        _require_known(columns, known, file)
        frame = frame[[*columns, geometry] if spatial else list(columns)]
    if bbox is not None and spatial:
        frame = frame[frame.intersects(shapely.box(*bbox))].reset_index(drop=True)
    narrowed: pd.DataFrame = frame
    return narrowed


def _finished(
    frame: gpd.GeoDataFrame, name: str, file: Path, crs: str | None, faults: pd.DataFrame
) -> SourceLayer:
    """State the CRS, and refuse one that the file contradicts."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return SourceLayer(frame=frame, name=name, path=file, crs="", faults=faults)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    undeclared = frame.crs is None or (_is_json(file) and not declares_crs(file))
    if crs is not None and undeclared:
        frame = frame.set_crs(crs, allow_override=True)
    elif crs is not None and not frame.crs.equals(CRS.from_user_input(crs), ignore_axis_order=True):
        raise CrsError(
            f"{file.name} sier {crs_name(frame.crs)}, men {crs} er oppgitt.",
            remedy="Fjern det ene; er filen feil, rett den der den kommer fra.",
        )
    if frame.crs is None and not frame.geometry.notna().any():
        # Objects that have no place at all (an Arealplan without its area) need no CRS.
        return SourceLayer(frame=frame, name=name, path=file, crs="", faults=faults)
    if frame.crs is None:
        check_crs(frame, what=f"{file.name} (lag «{name}»)")
    _refuse_false_degrees(frame, file)
    return SourceLayer(frame=frame, name=name, path=file, crs=crs_name(frame.crs), faults=faults)


def _is_json(file: Path) -> bool:
    return file.suffix.lower() in (".geojson", ".json")


def _refuse_false_degrees(frame: gpd.GeoDataFrame, file: Path) -> None:
    if not frame.crs.is_geographic or frame.empty:
        return
    west, south, east, north = frame.total_bounds
    limits = np.abs([[west, east], [south, north]]).max(axis=1)
    if (limits > _MAX_DEGREES).any():
        check_crs(frame, what=file.name)
        raise CrsError(
            f"{file.name} sier grader ({crs_name(frame.crs)}), men har koordinater over 180°.",
            remedy="Oppgi riktig koordinatsystem, for eksempel --crs EPSG:25832.",
        )
