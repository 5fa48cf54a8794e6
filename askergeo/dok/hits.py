"""Hits of one national layer in one layer of a package, and what can be told of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.dok import _words
from askergeo.dok.filters import FilterError, unknown_values
from askergeo.dok.match import columns_for, load_aliases, own_filters
from askergeo.dok.outcome import LayerHit
from askergeo.dok.search import TOUCH_M2, accuracy_of, cut, length_of, rows_hit
from askergeo.geometry import EMPTY, union
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.catalogue import Layer
    from askergeo.dok.config import DokConfig, DokLayer
    from askergeo.dok.search import Features, Place
    from askergeo.geometry import Geometries

__all__ = ["Found", "chosen_rows", "objects_hit", "parts_hit", "remarks_on", "search"]

_SURFACE: Final = 2


@dataclass(frozen=True)
class Found:
    """Hits of one national layer in one layer of the package.

    Parameters
    ----------
    hit
        The answer of the layer alone.
    part, layer
        The two layers.
    features
        Objects around the place.
    chosen
        Which of them the filters take.
    rows
        Positions of those that are hit.
    pieces
        The same cut to the searched area.
    flat
        Which of them are polygons.
    cover
        What the polygons among them cover together.
    touching
        Polygons that only touch the searched area, and are no hits.
    """

    hit: LayerHit
    part: DokLayer
    layer: Layer
    features: Features
    chosen: NDArray[np.bool_]
    rows: NDArray[np.intp]
    pieces: Geometries
    flat: NDArray[np.bool_]
    cover: BaseGeometry
    touching: int


def search(
    config: DokConfig, part: DokLayer, layer: Layer, features: Features, place: Place
) -> Found:
    """Search one national layer of a dataset.

    Raises
    ------
    FilterError
        When it cannot be run.
    """
    if part.fault:
        raise FilterError(part.fault)
    chosen = chosen_rows(config, part, layer, features.frame)
    rows = features.meeting(place)
    rows = rows[chosen[rows]]
    pieces = cut(features.shapes[rows], place)
    flat = shapely.get_dimensions(features.shapes[rows]) == _SURFACE
    touching = flat & (shapely.area(pieces) <= TOUCH_M2)
    rows, pieces, flat = rows[~touching], pieces[~touching], flat[~touching]
    cover = union(pieces[flat])
    hit = LayerHit(
        name=part.name,
        layer=layer.id,
        status=part.status if len(rows) else Status.NO_HIT,
        count=len(rows),
        area_m2=float(shapely.area(cover)),
        length_m=length_of(pieces[~flat]),
        distance_m=_distance(features, rows, chosen, place),
    )
    return Found(hit, part, layer, features, chosen, rows, pieces, flat, cover, int(touching.sum()))


def _distance(
    features: Features, rows: NDArray[np.intp], chosen: NDArray[np.bool_], place: Place
) -> float | None:
    """Metres from the area itself; what is hit may still lie in the buffer alone."""
    if len(rows) and not place.buffer_m:
        return 0.0
    if len(rows):
        return float(shapely.distance(features.shapes[rows], place.whole).min())
    return features.nearest(place, chosen)


def chosen_rows(
    config: DokConfig, part: DokLayer, layer: Layer, frame: pd.DataFrame
) -> NDArray[np.bool_]:
    """Tell which rows the national layer is, by its filter and by our own division.

    Raises
    ------
    FilterError
        When a filter does not fit the layer: a column is absent, a value is of another type, or
        none of the values of a comparison is in the layer's code list.
    """
    chosen = np.ones(len(frame), dtype=bool)
    codes = {name: column.codes for name, column in layer.columns.items() if column.codes}
    given = () if part.filter is None else (part.filter,)
    for one in (*given, *own_filters(layer, part, config)):
        names = columns_for(layer, one.columns, frame.columns)
        for test in one.tests:
            known = codes.get(names.get(test.column, ""), {})
            if test.literals and unknown_values(test, known) == test.literals:
                values = listed([f"«{value}»" for value in test.literals])
                raise FilterError(
                    f"Filteret «{one.text}»: {values} finnes ikke i kodelisten til laget."
                )
        chosen &= one.mask(frame, names=names, codes=codes)
    return chosen


def objects_hit(config: DokConfig, hits: Sequence[Found], crs: str) -> gpd.GeoDataFrame:
    """Objects hit, with the properties that the configuration names, cut to the searched area."""
    wanted = [*config.properties, *(i.property for i in config.indicators if i.kind == "object")]
    frames = []
    for one in hits:
        rows = one.features.frame.iloc[one.rows]
        names = columns_for(one.layer, wanted, rows.columns)
        accuracy = accuracy_of(rows, load_aliases().accuracy)
        columns = {
            "dellag": one.part.name,
            "lag": one.layer.id,
            "status": str(one.part.status),
            "areal_m2": shapely.area(one.pieces),
            "noyaktighet_m": np.nan if accuracy is None else accuracy,
        } | {name: _labelled(rows[column], one.layer, column) for name, column in names.items()}
        frames.append(pd.DataFrame(columns, index=range(len(rows))))
    if not frames:
        return _no_objects(crs).copy()
    whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry=np.concatenate([x.pieces for x in hits]), crs=crs)


@lru_cache(maxsize=8)
def _no_objects(crs: str) -> gpd.GeoDataFrame:
    empty = pd.DataFrame({"dellag": [], "lag": [], "status": [], "areal_m2": []})
    return gpd.GeoDataFrame(empty, geometry=[], crs=crs)


def _labelled(values: pd.Series, layer: Layer, column: str) -> NDArray[np.object_]:
    """Values for people: a code becomes its label, a missing value ``None``."""
    codes: Mapping[int | str, str] = (
        layer.columns[column].codes if column in layer.columns else None
    ) or {}
    plain = values.astype(object).to_numpy()
    labels: NDArray[np.object_] = np.array(plain, dtype=object)
    labels[values.isna().to_numpy()] = None
    if codes:
        labels[:] = [codes.get(value, value) for value in labels]
    return labels


def parts_hit(hits: Sequence[Found], cover: BaseGeometry, place: Place) -> pd.DataFrame:
    """Rows of the area that are hit, by their labels: ``status``, ``areal_m2`` and ``grunn``.

    Parameters
    ----------
    hits
        The hits.
    cover
        What they cover together.
    place
        The area.
    """
    if not hits:
        return pd.DataFrame({"status": [], "areal_m2": [], "grunn": []})
    each = [rows_hit(place, one.cover, one.pieces[~one.flat]) for one in hits]
    whole = each[0] if len(hits) == 1 else rows_hit(place, cover, np.array([], dtype=object))
    status = np.full(len(place.rows), None, dtype=object)
    # The gravest is written last.
    for one, (rows, *_) in sorted(
        zip(hits, each, strict=True), key=lambda pair: pair[0].part.status == Status.HIT_RED
    ):
        status[rows] = one.part.status
    areas = np.zeros(len(place.rows))
    areas[whole[0]] = whole[1]
    ground = np.full(len(place.rows), EMPTY, dtype=object)
    ground[whole[0]] = whole[2]
    found = np.flatnonzero(status != None)  # noqa: E711  (an array, element by element)
    return pd.DataFrame(
        {"status": status[found], "areal_m2": areas[found], "grunn": ground[found]},
        index=pd.Index(place.labels[found], dtype=object),
    )


def remarks_on(found: Sequence[Found], place: Place) -> list[str]:
    """Hits within the accuracy, near hits, mere touches, and what the filters left out."""
    remarks = []
    by_layer: dict[str, list[Found]] = {}
    for one in found:
        remarks += _accuracy(one, place)
        if one.touching:
            remarks.append(_words.touching(one.hit, one.touching))
        by_layer.setdefault(one.layer.id, []).append(one)
    for layer, several in by_layer.items():
        taken = np.logical_or.reduce([one.chosen for one in several])
        meeting = several[0].features.meeting(place)
        if left := int((~taken[meeting]).sum()):
            remarks.append(_words.left_out(layer, left, [one.part.filter for one in several]))
    return remarks


def _accuracy(one: Found, place: Place) -> list[str]:
    accuracy = accuracy_of(one.features.frame, load_aliases().accuracy)
    if accuracy is None or not np.isfinite(accuracy).any():
        return []
    remarks = []
    hit = accuracy[one.rows]
    known = np.isfinite(hit) & (hit > 0) & one.flat
    if known.any():
        core = shapely.buffer(one.features.shapes[one.rows][known], -hit[known])
        doubtful = ~np.asarray(shapely.intersects(core, place.whole))
        if doubtful.any():
            worst_m = float(hit[known][doubtful].max())
            remarks.append(_words.within_accuracy(one.hit, int(doubtful.sum()), worst_m))
    near = one.features.within(place, float(np.nanmax(accuracy)))
    near = near[one.chosen[near] & ~np.isin(near, one.rows)]
    distance = np.asarray(shapely.distance(one.features.shapes[near], place.whole))
    close = distance <= accuracy[near]
    if close.any():
        remarks.append(_words.near_hit(one.hit, int(close.sum()), float(distance[close].min())))
    return remarks
