"""Geometry for the page: simplified, in whole steps from an origin, small enough to send.

Coordinates are written as differences from the point before, in steps of ``unit`` metres, in
the CRS of record; the page adds them up again. What was simplified or left out is returned as
sentences, so that nothing is lost in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from askergeo.numbers import format_number
from askergeo.outputs.marker import corners
from askergeo.outputs.report import cell_text, hidden_rows, label_text, shown_columns, symbols

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.result import MapLayer, Result

__all__ = ["map_data"]


class _Step(NamedTuple):
    """How coarse a map is: tolerance and coordinate step in metres."""

    tolerance: float
    unit: float


_STEPS = (
    _Step(0, 0.1),
    _Step(1, 0.5),
    _Step(2, 1),
    _Step(5, 1),
    _Step(10, 5),
    _Step(20, 10),
    _Step(50, 20),
)
# What a vertex, a feature and a column of it take on the page, in bytes.
_VERTEX, _FEATURE, _CELL = 6, 60, 14
# More features than this make the map slow to move on a municipal laptop.
_FEATURE_LIMIT = 12_000
_POPUP_COLUMNS = 12
# Above this many vertices, keeping borders shared takes longer than all the rest of the page;
# each polygon is then simplified by itself, and gaps are narrower than the tolerance told.
_COVERAGE_LIMIT = 250_000
_TEXT_LIMIT = 200


def map_data(result: Result, budget: int) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return what the page's script needs to draw the map of a result.

    Parameters
    ----------
    result
        A suppressed result.
    budget
        Bytes that the map may take.

    Returns
    -------
    dict or None
        Origin, step, bounds and layers; None when there is nothing to draw.
    tuple of str
        What was simplified or left out, in bokmål.
    """
    layers = [(layer, *_limit(layer)) for layer in result.layers if layer.on_page]
    shapes = [(layer, rows, note) for layer, rows, note in layers if len(rows)]
    if not shapes:
        return None, ()
    everything = np.concatenate([_geometry(layer, rows) for layer, rows, _ in shapes])
    west, south, east, north = shapely.total_bounds(everything)
    if not np.isfinite([west, south, east, north]).all():
        return None, ()
    fixed = sum(len(rows) * (_FEATURE + _CELL * _popup(layer)) for layer, rows, _ in shapes)
    left = max(budget - fixed, budget // 4)
    simple, step = _simplify([_geometry(layer, rows) for layer, rows, _ in shapes], left)
    origin = np.floor([west, south])
    notes = [note for *_, note in shapes if note]
    if step.tolerance:
        metres = format_number(step.tolerance, unit="m")
        notes.append(
            f"Kartet på denne siden er forenklet (inntil {metres} avvik); tallene er regnet på "
            "full nøyaktighet, og GeoPackage-filen har den."
        )
    data = {
        "origin": [float(origin[0]), float(origin[1])],
        "unit": step.unit,
        "bounds": [float(v) for v in (west, south, east, north)],
        "layers": [
            _layer(layer, rows, geometry, origin, step.unit)
            for (layer, rows, _), geometry in zip(shapes, simple, strict=True)
        ],
    }
    return data, tuple(notes)


def _geometry(layer: MapLayer, rows: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.asarray(shapely.force_2d(layer.frame.geometry.to_numpy()[rows]), dtype=object)


def _popup(layer: MapLayer) -> int:
    return min(len(shown_columns(layer)), _POPUP_COLUMNS)


def _limit(layer: MapLayer) -> tuple[NDArray[np.int64], str]:
    """Rows that are drawn: those with geometry, the largest first when there are too many."""
    geometry = layer.frame.geometry
    rows = np.flatnonzero(~(geometry.isna() | geometry.is_empty).to_numpy())
    if len(rows) <= _FEATURE_LIMIT:
        return rows, ""
    size = _size(geometry.iloc[rows])
    kept = np.sort(rows[np.argsort(-size, kind="stable")[:_FEATURE_LIMIT]])
    return kept, (
        f"Kartet viser {format_number(_FEATURE_LIMIT)} av {format_number(len(rows))} objekter i "
        f"laget «{layer.title}», de største; GeoPackage-filen har alle."
    )


def _size(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    """Rank polygons by area and lines by length; points are alike."""
    return np.asarray(geometry.area + geometry.length / 1e6, dtype=np.float64)


def _simplify(
    layers: Sequence[NDArray[np.object_]], budget: int
) -> tuple[list[NDArray[np.object_]], _Step]:
    """Take the finest step at which all layers fit."""
    for step in _STEPS:
        # The plain way is many times faster and leaves about as many vertices.
        fits = _bytes(_plain(geometry, step.tolerance) for geometry in layers) <= budget
        if fits or step is _STEPS[-1]:
            break
    coverages = [bool(step.tolerance) and _is_coverage(geometry) for geometry in layers]
    coarser = _STEPS[_STEPS.index(step) :]
    for step in coarser:
        simple = [
            np.asarray(shapely.coverage_simplify(geometry, step.tolerance), dtype=object)
            if shares and step.tolerance
            else _plain(geometry, step.tolerance)
            for geometry, shares in zip(layers, coverages, strict=True)
        ]
        if _bytes(simple) <= budget or step is _STEPS[-1]:
            break
    return simple, step


def _bytes(layers: Iterable[NDArray[np.object_]]) -> int:
    return sum(_VERTEX * int(shapely.get_num_coordinates(geometry).sum()) for geometry in layers)


def _plain(geometry: NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    if not tolerance:
        return geometry
    return np.asarray(shapely.simplify(geometry, tolerance), dtype=object)


def _is_coverage(geometry: NDArray[np.object_]) -> bool:
    """Tell whether the features are polygons that share borders and do not overlap."""
    if int(shapely.get_num_coordinates(geometry).sum()) > _COVERAGE_LIMIT:
        return False
    if len(geometry) < 2 or not np.isin(shapely.get_type_id(geometry), (3, 6)).all():  # noqa: PLR2004
        return False
    return bool(shapely.is_valid(geometry).all() and shapely.coverage_is_valid(geometry))


def _layer(
    layer: MapLayer,
    rows: NDArray[np.int64],
    geometry: NDArray[np.object_],
    origin: NDArray[np.float64],
    unit: float,
) -> dict[str, Any]:
    columns = shown_columns(layer)[:_POPUP_COLUMNS]
    hidden = hidden_rows(layer, columns)
    labels = layer.frame.index[rows]
    drawn = symbols(layer.style, layer.title)
    return {
        "name": layer.name,
        "title": layer.title,
        "table": layer.rows_of,
        "visible": layer.visible,
        "symbols": [
            {
                "fill": s.fill,
                "stroke": s.stroke,
                "width": s.width,
                "size": s.size,
                "opacity": s.opacity,
                "dash": s.dash,
                # A circle needs no corners.
                **({"corners": corners(s.shape)} if s.shape != "circle" else {}),
            }
            for s in drawn
        ],
        "headers": [layer.columns[name].header for name in columns],
        "labels": [label_text(label) for label in labels],
        "classes": _classes(layer, rows),
        "cells": [
            [
                cell_text(value, layer.columns[name], hidden=label in hidden[name])[:_TEXT_LIMIT]
                for label, value in zip(
                    labels, layer.frame[name].iloc[rows].astype(object).tolist(), strict=True
                )
            ]
            for name in columns
        ],
        "shapes": _shapes(geometry, origin, unit),
    }


def _classes(layer: MapLayer, rows: NDArray[np.int64]) -> list[int]:
    """Return the number of each feature's symbol."""
    style = layer.style
    if not style.column or style.column not in layer.frame:
        return [len(style.classes) if style.column else 0] * len(rows)
    place = {item.value: number for number, item in enumerate(style.classes)}
    values = layer.frame[style.column].iloc[rows].astype(object).tolist()
    return [place.get(value, len(place)) for value in values]


def _shapes(
    geometry: NDArray[np.object_], origin: NDArray[np.float64], unit: float
) -> list[list[Any]]:
    """Write each geometry as ``[kind, line, line, …]``, a line as differences of whole steps.

    Kind 0 is points, 1 lines and 2 polygons, whose rings are drawn even-odd.
    """
    shapes: list[list[Any]] = [[] for _ in geometry]
    parts, of_feature = shapely.get_parts(geometry, return_index=True)
    inner, of_part = shapely.get_parts(parts, return_index=True)
    of_feature = of_feature[of_part]
    kinds = shapely.get_dimensions(inner)
    polygon = kinds == 2  # noqa: PLR2004  (a surface has two dimensions)
    rings, of_polygon = shapely.get_rings(inner[polygon], return_index=True)
    lines = np.concatenate([inner[~polygon], rings])
    owner = np.concatenate([of_feature[~polygon], of_feature[polygon][of_polygon]])
    kind = np.concatenate([kinds[~polygon], np.full(len(rings), 2)])
    points, of_line = shapely.get_coordinates(lines, return_index=True)
    steps = np.round((points - origin) / unit).astype(np.int64)
    ends = np.searchsorted(of_line, np.arange(len(lines)), side="right")
    starts = np.concatenate([[0], ends[:-1]])
    first = np.zeros(len(steps), dtype=bool)
    first[starts[starts < len(steps)]] = True
    change = np.diff(steps, axis=0, prepend=steps[:1] * 0)
    change[first] = steps[first]
    moving = first | (change != 0).any(axis=1)
    for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
        shape = shapes[owner[line]]
        if not shape:
            shape.append(int(kind[line]))
        shape.append(change[start:end][moving[start:end]].ravel().tolist())
    return shapes
