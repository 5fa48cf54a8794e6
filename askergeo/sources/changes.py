"""Rows of a scenario on their way in: each says what it does, and to which row of the base."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from askergeo._avvik import join_avvik
from askergeo._layer import LayerColumn
from askergeo.quality import Inspected, inspect
from askergeo.sources.mapping import Mapped, apply_mapping, require_fit
from askergeo.stores.checks import CHANGE, CHANGES

if TYPE_CHECKING:
    import shapely

    from askergeo.catalogue import Layer
    from askergeo.sources.mapping import Mapping

__all__ = ["inspect_changes", "map_changes"]

_DELETE = "slett"


def map_changes(frame: pd.DataFrame, layer: Layer, mapping: Mapping) -> Mapped:
    """Take a scenario's rows to the catalogue's schema and the column ``endring``.

    Rows that delete need their key alone; a file that adds or replaces needs every column that
    the layer requires. Keys are never made here: only new rows may lack them.

    Raises
    ------
    LayerError, SourceError
        As :func:`askergeo.sources.mapping.apply_mapping`.
    """
    changed = _with_change(layer)
    keys = (*layer.key_columns, CHANGE)
    lenient = {
        name: replace(column, required=column.required and name in keys)
        for name, column in changed.columns.items()
    }
    mapped = apply_mapping(frame, replace(changed, columns=lenient), mapping)
    if (mapped.frame[CHANGE] != _DELETE).any():
        require_fit(frame, changed, mapping)
    return mapped


def inspect_changes(
    frame: pd.DataFrame,
    layer: Layer,
    *,
    boundary: gpd.GeoDataFrame | gpd.GeoSeries | shapely.Geometry | None,
    tolerance: float,
    crs: str,
) -> Inspected:
    """Inspect the rows that add and replace; those that delete have only a key to look at.

    Parameters
    ----------
    frame
        Rows from :func:`map_changes`.
    layer, boundary, tolerance
        See :func:`askergeo.quality.inspect`.
    crs
        CRS of the empty places of rows that delete, when the file has no places at all.

    Raises
    ------
    AskergeoError
        As :func:`askergeo.quality.inspect`.
    """
    delete = (frame[CHANGE] == _DELETE).to_numpy(dtype=bool)
    if not delete.any():
        return inspect(frame, _with_change(layer), boundary=boundary, tolerance=tolerance)
    gone = frame[delete]
    if layer.geometry != "ingen":
        plain = pd.DataFrame(gone).drop(columns="geometry", errors="ignore")
        places = frame.crs if isinstance(frame, gpd.GeoDataFrame) else crs
        gone = gpd.GeoDataFrame(plain, geometry=[None] * len(plain), crs=places)
    if delete.all():
        return Inspected(gone, join_avvik([], getattr(gone, "crs", None)))
    rest = inspect(frame[~delete], _with_change(layer), boundary=boundary, tolerance=tolerance)
    if rest.frame.empty:
        return Inspected(gone, rest.avvik)
    return Inspected(pd.concat([rest.frame, gone]).sort_index(), rest.avvik)


def _with_change(layer: Layer) -> Layer:
    """Add ``endring`` to the layer's columns; a key that is made otherwise is not required."""
    columns = {
        name: replace(column, generated=False, required=column.required and not column.generated)
        for name, column in layer.columns.items()
    }
    labels: dict[int | str, str] = {code: code.capitalize() for code in CHANGES}
    change = LayerColumn(name=CHANGE, title="Endring", required=True, codes=labels)
    return replace(layer, columns={**columns, CHANGE: change})
