"""What the page's scripts draw the map from: layers, symbols, texts and shared borders.

All layers of a page are encoded together, so that what several layers repeat is stored once. The
borders are simplified no more than the room demands; what was simplified or left out is returned
as sentences, so that nothing is lost in silence.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from askergeo.background import is_ground
from askergeo.geometry import on_earth
from askergeo.numbers import format_number
from askergeo.outputs.marker import corners
from askergeo.outputs.page.cells import MOST_SYMBOLS, class_bytes, labels, texts
from askergeo.outputs.page.geometry import TOLERANCES, build, keep_corners, rank_vertices
from askergeo.outputs.page.pack import json_bytes, squeezed_size, varints, zigzag
from askergeo.outputs.page.places import places_section
from askergeo.outputs.patterns import PATTERNS, pattern_of
from askergeo.outputs.report import shown_columns
from askergeo.outputs.symbols import SURFACE, symbols
from askergeo.outputs.tiles import coarsest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.background import Background
    from askergeo.outputs.page.geometry import Arcs, Shapes
    from askergeo.result import MapLayer, Result

__all__ = ["PageMap", "map_document"]

# Metres in a step; where borders are simplified, steps are an eighth of the tolerance.
_UNIT: Final = 0.1
_UNITS: Final = (0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0)
# Signs that a vertex takes at the very least: where the search for a tolerance begins.
_VERTEX: Final = 1.6
# Columns of a feature that the page shows, most first, and the share of the room they may take.
_COLUMNS: Final = (12, 8, 5, 3, 1)
_CELL_SHARE: Final = 0.6
# What is further from the middle than this, and than so many times the median, is far away.
_FAR: Final = 100_000.0
_FAR_TIMES: Final = 20.0
_METRE_DECIMALS: Final = 10


@dataclass(frozen=True, kw_only=True)
class PageMap:
    """What a page needs to draw its map.

    Parameters
    ----------
    document
        The small document: layers with symbols and headers, origin, step, bounds.
    sections
        The data by name, for :func:`askergeo.outputs.page.pack.pack`.
    notes
        What was simplified or left out, in bokmål.
    """

    document: dict[str, Any]
    sections: dict[str, bytes]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """A layer that is drawn, with the rows that have a place."""

    layer: MapLayer
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_]
    side: str = ""
    group: str = ""
    ground: bool = False
    # Metres a pixel from which it is drawn, and closer; 0 is always.
    resolution: float = 0.0


def map_document(
    results: Sequence[tuple[Result, str]],
    background: Background | None = None,
    *,
    budget: int,
    tables: Iterable[Mapping[str, Any]] = (),
) -> PageMap | None:
    """Return what the page's scripts need to draw the map of a topic.

    Parameters
    ----------
    results
        Suppressed results with the side each is drawn on: ``""`` both, ``"for"`` before a
        scenario or ``"etter"`` after it. The names of their layers are unique.
    background
        What is drawn under the answers, and the names to search for.
    budget
        Signs that the map may take in the page.
    tables
        Documents of the tables, taken over as they are.

    Returns
    -------
    PageMap or None
        None when there is neither anything to draw nor a table.
    """
    notes: list[str] = []
    drawn = [_Drawn(**one) for one in _candidates(results, background)]
    drawn = [kept for one in drawn if len((kept := _placed(one, notes)).rows)]
    document: dict[str, Any] = {
        "crs": _crs(drawn, background),
        "tables": [dict(table) for table in tables],
        "patterns": list(PATTERNS),
        "places": False,
        "layers": [],
    }
    if not drawn:
        return PageMap(document=document, sections={}, notes=tuple(notes)) if tables else None
    bounds = shapely.bounds(np.concatenate([one.geometry for one in drawn]))
    west, south = np.floor(bounds[:, :2].min(axis=0))
    origin = (float(west), float(south))
    sections, columns = _cells(drawn, budget, notes)
    if background and (names := places_section(background, origin)):
        sections["places"] = names
        document["places"] = True
    arcs, shapes = build([one.geometry for one in drawn], origin, _UNIT)
    left = budget - squeezed_size(sections.values())
    geometry, step, levels = _fitting(arcs, shapes, left)
    sections |= geometry
    numbers = _geometry_sections(shapes, sections)
    unit = _UNITS[step]
    tolerance = 2 * TOLERANCES[step - 1] + unit if step else 0.0
    if tolerance:
        decimals = 0 if tolerance >= _METRE_DECIMALS else 1
        notes.append(
            "Kartet på denne siden er forenklet (inntil "
            f"{format_number(tolerance, decimals, unit='m')} avvik); tallene er regnet på "
            "full nøyaktighet, og GeoPackage-filen har den."
        )
    document |= {
        "origin": list(origin),
        "unit": unit,
        "bounds": _extent(bounds),
        "home": _home(drawn, notes),
        "tolerance": tolerance,
        "levels": levels,
        "coarsest": coarsest(),
        "layers": [
            _layer(one, shape, number, columns)
            for one, shape, number in zip(drawn, shapes, numbers, strict=True)
        ],
    }
    return PageMap(document=document, sections=sections, notes=tuple(notes))


def _candidates(
    results: Sequence[tuple[Result, str]], background: Background | None
) -> Iterable[dict[str, Any]]:
    """Layers in the order they are drawn, the background first."""
    if background:
        near = background.from_resolution
        for layer in background.layers:
            more = {"ground": True, "resolution": near.get(layer.name, 0.0)}
            yield {"layer": layer, **_located(layer), **more}
    # With a ground of its own the page does without the pale land of each analysis.
    covered = background is not None and bool(background.layers)
    for result, side in results:
        for layer in result.layers:
            if layer.on_page and not (covered and is_ground(layer)):
                yield {"layer": layer, **_located(layer), "side": side, "group": result.title}


def _located(layer: MapLayer) -> dict[str, Any]:
    geometry = layer.frame.geometry.to_numpy()
    rows = np.flatnonzero(~(shapely.is_missing(geometry) | shapely.is_empty(geometry)))
    return {"rows": rows, "geometry": np.asarray(geometry[rows], dtype=object)}


def _placed(one: _Drawn, notes: list[str]) -> _Drawn:
    """Leave out features that are nowhere on earth, and say so."""
    sound = on_earth(one.geometry)
    if sound.all():
        return one
    count = int((~sound).sum())
    what = "1 objekt" if count == 1 else f"{format_number(count)} objekter"
    notes.append(
        f"{what} i laget «{one.layer.title}» har koordinater som ikke finnes på jorden, og er "
        "ikke tegnet."
    )
    return replace(one, rows=one.rows[sound], geometry=one.geometry[sound])


def _crs(drawn: Sequence[_Drawn], background: Background | None) -> str:
    for one in drawn:
        if one.layer.frame.crs is not None:
            return str(one.layer.frame.crs.to_string())
    return background.crs if background else ""


def _extent(bounds: NDArray[np.float64]) -> list[float]:
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return [round(float(value), 2) for value in (*low, *high)]


def _home(drawn: Sequence[_Drawn], notes: list[str]) -> list[float]:
    """Where the map opens: what the answers cover, but for the few that lie far away."""
    answers = [one for one in drawn if not one.ground] or list(drawn)
    bounds = shapely.bounds(np.concatenate([one.geometry for one in answers]))
    middle = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    reach = np.maximum(np.abs(bounds[:, :2] - middle), np.abs(bounds[:, 2:] - middle)).max(axis=1)
    limit = max(_FAR, _FAR_TIMES * float(np.median(reach)))
    near = reach <= limit
    far = int((~near).sum())
    if far and near.any():
        what = "1 objekt" if far == 1 else f"{format_number(far)} objekter"
        distance = format_number(limit / 1000, unit="km")
        notes.append(f"{what} ligger mer enn {distance} fra resten; kartet åpner på resten.")
        bounds = bounds[near]
    return _extent(bounds)


def _cells(drawn: Sequence[_Drawn], budget: int, notes: list[str]) -> tuple[dict[str, bytes], int]:
    """Texts and classes; fewer columns, as many as returned, when they would crowd out the map."""
    most = max((len(_columns(one.layer)) for one in drawn), default=0)
    whole: dict[str, bytes] = {}
    columns = []
    for number, one in enumerate(drawn):
        whole[f"L{number}.labels"] = json_bytes(labels(one.layer, one.rows))
        whole |= _classes(number, one)
        names = _columns(one.layer)[: _COLUMNS[0]]
        columns.append([json_bytes(column) for column in texts(one.layer, one.rows, names)])
    for limit in _COLUMNS:
        sections = {
            f"L{number}.cells": b"[" + b",".join(written[:limit]) + b"]"
            for number, written in enumerate(columns)
        } | whole
        if limit == _COLUMNS[-1] or squeezed_size(sections.values()) <= budget * _CELL_SHARE:
            break
    if limit < min(most, _COLUMNS[0]):
        what = "den første kolonnen" if limit == 1 else f"de {limit} første kolonnene"
        notes.append(f"Kartet viser {what} for hvert objekt; GeoPackage-filen har alle.")
    return sections, limit


def _columns(layer: MapLayer) -> tuple[str, ...]:
    """Columns that the facts of a feature show: of a forecast's classes only the style's own."""
    years = set(layer.years.values()) - {layer.style.column}
    return tuple(name for name in shown_columns(layer) if name not in years)


def _classes(number: int, one: _Drawn) -> dict[str, bytes]:
    found = {f"L{number}.class": class_bytes(one.layer, one.rows, one.layer.style.column)}
    for year, column in one.layer.years.items():
        found[f"L{number}.year.{year}"] = class_bytes(one.layer, one.rows, column)
    return found


def _fitting(
    arcs: Arcs, shapes: Sequence[Shapes], room: int
) -> tuple[dict[str, bytes], int, list[float]]:
    """Encode at the finest tolerance that the room allows."""
    rank = rank_vertices(arcs, _UNIT)
    fixed = squeezed_size(_geometry_bytes(one) for one in shapes)
    left = np.cumsum(np.bincount(rank, minlength=len(TOLERANCES) + 1)[::-1])[::-1]
    for step in range(len(TOLERANCES) + 1):
        last = step == len(TOLERANCES)
        if fixed + left[step] * _VERTEX > room and not last:
            continue
        sections, levels = _arc_sections(arcs, keep_corners(arcs, shapes, rank, step), step)
        if last or fixed + squeezed_size(sections.values()) <= room:
            break
    return sections, step, levels


def _arc_sections(
    arcs: Arcs, rank: NDArray[np.uint8], step: int
) -> tuple[dict[str, bytes], list[float]]:
    """Write the vertices that a step keeps, in its own steps, with the level of each."""
    kept = rank >= step
    ratio = _UNIT / _UNITS[step]
    owner = arcs.owner[kept]
    x, y = (np.round(values[kept] * ratio).astype(np.int64) for values in (arcs.x, arcs.y))
    level = (rank[kept] - step).astype(np.uint8)
    # What two neighbours of one arc became alike is stored once; its ends stay.
    ends = np.zeros(len(arcs.x), dtype=bool)
    ends[arcs.start[:-1]] = ends[arcs.start[1:] - 1] = True
    moving = ends[kept]
    moving[1:] |= (np.diff(x) != 0) | (np.diff(y) != 0) | (np.diff(owner) != 0)
    owner, x, y, level = owner[moving], x[moving], y[moving], level[moving]
    inner = ~ends[kept][moving]
    count = np.bincount(owner, minlength=len(arcs.start) - 1)
    sections = {
        "arcs.count": varints(count),
        "arcs.x": varints(zigzag(np.diff(x, prepend=0))),
        "arcs.y": varints(zigzag(np.diff(y, prepend=0))),
        "arcs.level": level[inner].tobytes(),
    }
    return sections, [0.0 if step == 0 else TOLERANCES[step - 1], *TOLERANCES[step:]]


def _geometry_bytes(shapes: Shapes) -> bytes:
    """Kinds, parts of each feature, arcs of each part, and the arcs; each list with its length."""
    lists = (
        varints(shapes.parts),
        varints(shapes.arcs),
        varints(zigzag(np.diff(shapes.references, prepend=0))),
    )
    lengths = varints(np.array([len(shapes.kinds), len(shapes.arcs), len(shapes.references)]))
    return b"".join((lengths, shapes.kinds.tobytes(), *lists))


def _geometry_sections(shapes: Sequence[Shapes], sections: dict[str, bytes]) -> list[int]:
    """Add the references of each layer, those that are alike once; return where each lies."""
    known: dict[bytes, int] = {}
    numbers = []
    for one in shapes:
        written = _geometry_bytes(one)
        digest = hashlib.sha256(written).digest()
        if digest not in known:
            known[digest] = len(known)
            sections[f"G{known[digest]}"] = written
        numbers.append(known[digest])
    return numbers


def _layer(one: _Drawn, shapes: Shapes, geometry: int, limit: int) -> dict[str, Any]:
    """Describe a layer: what it is called and how it is drawn."""
    layer = one.layer
    columns = _columns(layer)[:limit]
    kind = int(np.bincount(shapes.kinds).argmax())
    # The quiet map under the answers tells its classes apart by width.
    drawn = symbols(layer.style, layer.title, None if one.ground else kind)
    drawn = (*drawn[: min(len(drawn) - 1, MOST_SYMBOLS - 1)], drawn[-1])
    years = sorted(layer.years)
    opens = [year for year in years if layer.years[year] == layer.style.column]
    return {
        "name": layer.name,
        "title": layer.title,
        "group": one.group,
        "ground": one.ground,
        "visible": layer.visible,
        "side": one.side,
        "table": layer.rows_of,
        "count": len(one.rows),
        "kind": kind,
        "geometry": geometry,
        "symbols": [
            {
                "label": s.label,
                "fill": s.fill,
                "stroke": s.stroke,
                "width": s.width,
                "size": s.size,
                "opacity": s.opacity,
                "dash": s.dashes,
                "pattern": pattern_of(number, len(drawn), surface=kind == SURFACE),
                # A circle needs no corners.
                **({"corners": corners(s.shape)} if s.shape != "circle" else {}),
            }
            for number, s in enumerate(drawn)
        ],
        "headers": [layer.columns[name].header for name in columns],
        "numeric": [layer.columns[name].decimals is not None for name in columns],
        "years": years,
        "yearNames": {str(year): layer.year_names.get(year, str(year)) for year in years},
        "year": next(iter(opens or years), None),
        "minZoom": math.log2(coarsest() / one.resolution) if one.resolution else None,
    }
