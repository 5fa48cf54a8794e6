"""From a file to rows that a data package can take: read, map, transform, inspect.

One door for all files, so that the rows can be accounted for from end to end: the rows in the file
are the rows kept, set aside and left out by the mapping's filter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from askergeo._avvik import join_avvik, make_avvik, rows_set_aside
from askergeo._place import check_crs
from askergeo.crs import CRS_OF_RECORD, to_crs
from askergeo.quality import TOLERANCE, inspect
from askergeo.sources.changes import inspect_changes, map_changes
from askergeo.sources.files import SourceLayer, list_layers, read_file, read_layers
from askergeo.sources.mapping import (
    Mapping,
    apply_mapping,
    load_mapping,
    require_same_layer,
    with_optional,
)
from askergeo.sources.statbank import read_statbank_layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely

    from askergeo.catalogue import Layer

__all__ = ["Intake", "take_in"]


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What a file gave for one layer.

    Parameters
    ----------
    frame
        Rows in the catalogue's schema, in the wanted CRS, with a RangeIndex.
    avvik
        Deviations with their places, in the same CRS.
    source
        The file's layer as it was read.
    mapping
        The mapping that was used.
    rows_read, rows_filtered, rows_set_aside
        Together with ``len(frame)``: read = kept + filtered + set aside.
    made
        Columns of running numbers that the source lacks.
    """

    frame: pd.DataFrame
    avvik: gpd.GeoDataFrame
    source: SourceLayer
    mapping: Mapping
    rows_read: int
    rows_filtered: int
    rows_set_aside: int
    made: tuple[str, ...] = ()


def take_in(
    path: str | Path,
    layer: Layer,
    *,
    mapping: Mapping | str | Path | None = None,
    source_layer: str | None = None,
    crs: str | None = None,
    target_crs: str = CRS_OF_RECORD,
    boundary: gpd.GeoDataFrame | gpd.GeoSeries | shapely.Geometry | None = None,
    tolerance: float = TOLERANCE,
    bbox: tuple[float, float, float, float] | None = None,
    changes: bool = False,
    municipality: str = "",
) -> Intake:
    """Read a file as a layer of the catalogue.

    Parameters
    ----------
    path
        The file.
    layer
        The catalogue's layer.
    mapping
        A mapping, its path, or the name of a built-in one; without it columns go by their names.
    source_layer
        Layer in the file; overrides the mapping's.
    crs
        CRS of the file when it states none; overrides the mapping's.
    target_crs
        CRS of the result, and of ``boundary`` when that is a bare geometry.
    boundary, tolerance
        See :func:`askergeo.quality.inspect`.
    bbox
        Read only this box, in the file's CRS.
    changes
        The rows change a base: each says in ``endring`` whether it is new, replaces or deletes.
    municipality
        Number of the municipality whose rows are taken from SSB's tables of persons.

    Raises
    ------
    AskergeoError
        As :func:`~askergeo.sources.files.read_file`,
        :func:`~askergeo.sources.mapping.apply_mapping` and :func:`~askergeo.quality.inspect` do.
    """
    chosen = mapping if isinstance(mapping, Mapping) else _mapping_of(mapping, layer)
    require_same_layer(chosen, layer)
    if chosen.read.table:
        source = read_statbank_layer(Path(path), layer.id, municipality)
    else:
        source = _read(path, chosen, source_layer, crs or chosen.read.crs, bbox)
    what = f"{source.path.name} (lag «{source.name}»)"
    frame = source.frame
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None:
        place = _place_of(boundary, target_crs, frame.crs)
        # Before the transformation: afterwards, impossible coordinates are merely far away.
        check_crs(frame, what=what, boundary=place)
    frame = with_optional(frame, chosen)
    mapped = (map_changes if changes else apply_mapping)(frame, layer, chosen)
    moved, remarks = _moved(mapped.frame, mapped.avvik, target_crs, what)
    if changes:
        inspected = inspect_changes(
            moved, layer, boundary=boundary, tolerance=tolerance, crs=target_crs
        )
    else:
        inspected = inspect(moved, layer, boundary=boundary, tolerance=tolerance)
    avvik = join_avvik([_faults(source, moved), remarks, inspected.avvik], inspected.avvik.crs)
    return Intake(
        frame=inspected.frame.reset_index(drop=True),
        avvik=avvik,
        source=source,
        mapping=chosen,
        rows_read=len(frame),
        rows_filtered=mapped.filtered,
        rows_set_aside=rows_set_aside(avvik),
        made=() if changes else _made(frame, layer, chosen),
    )


def _made(frame: pd.DataFrame, layer: Layer, mapping: Mapping) -> tuple[str, ...]:
    """Name the generated columns that neither the file nor the mapping gives."""
    given = {str(name).casefold() for name in frame.columns}
    return tuple(
        name
        for name in layer.generated
        if name not in mapping.columns and name.casefold() not in given
    )


def _place_of(boundary: Any, own_crs: str, crs: object) -> shapely.Geometry | None:  # noqa: ANN401  (a frame, a series or a geometry)
    if boundary is None:
        return None
    bare = not isinstance(boundary, gpd.GeoDataFrame | gpd.GeoSeries)
    area = gpd.GeoSeries([boundary], crs=own_crs) if bare else boundary
    place: shapely.Geometry = area.to_crs(crs).union_all()
    return place


def _mapping_of(mapping: str | Path | None, layer: Layer) -> Mapping:
    return load_mapping(mapping) if mapping is not None else Mapping(layer=layer.id)


def _read(
    path: str | Path,
    mapping: Mapping,
    source_layer: str | None,
    crs: str | None,
    bbox: tuple[float, float, float, float] | None,
) -> SourceLayer:
    layers = (source_layer,) if source_layer else mapping.read.layers
    uses_layer = any("_lag" in rule.uses for rule in mapping.columns.values())
    if len(layers) > 1 or (layers and uses_layer):
        names = _present(path, layers, mapping.optional)
        read = read_layers(path, list(names), crs=crs, bbox=bbox)
        frame = read.frame
        return replace(read, frame=frame.assign(_lag=frame["_lag"].replace(names)))
    return read_file(
        path,
        layer=layers[0] if layers else None,
        crs=crs,
        bbox=bbox,
        coordinates=mapping.read.coordinates,
    )


def _present(path: str | Path, layers: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    """Return the layers to read by their names in the file: those that may be absent, if there."""
    if not set(layers) & set(optional):
        return {name: name for name in layers}
    there = {name.casefold(): name for name in list_layers(path)}
    found = {there[name.casefold()]: name for name in layers if name.casefold() in there}
    # With none of them the first is asked for, and the reader says what the file has instead.
    must = {name: name for name in layers if name not in optional and name not in found.values()}
    return found | must or {layers[0]: layers[0]}


def _moved(
    frame: pd.DataFrame, remarks: gpd.GeoDataFrame, target_crs: str, what: str
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return frame, remarks
    moved: pd.DataFrame = to_crs(frame, target_crs, what=what)
    places = to_crs(remarks, target_crs, what=what)
    return moved, places.assign(x=places.geometry.x, y=places.geometry.y)


def _faults(source: SourceLayer, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Turn what the reader could not make out into remarks; the rows themselves are judged later.

    A fault without a row (a note under a table) concerns the file and is counted as row 0.
    """
    faults = source.faults
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    texts = [
        f"{text} (linje {line})" if pd.notna(line) else str(text)
        for text, line in zip(faults["tekst"], faults["linje"], strict=True)
    ]
    rows = faults["rad"].fillna(-1).to_numpy(dtype="int64") + 1
    return make_avvik(rows, "uventet_merknad", texts, "beholdt", crs=crs)
