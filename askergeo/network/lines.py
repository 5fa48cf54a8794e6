"""Which lines one can walk on: from the catalogue's layers to what a graph is built of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import require_crs
from askergeo.errors import LayerError
from askergeo.network.graph import KINDS
from askergeo.network.repair import REASONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["barriers", "line_columns", "text_column", "walkable_lines"]

KIND_OF_ROAD = {
    "bilveg": "veg",
    "gatetun": "veg",
    "gang_sykkelveg": "gangveg",
    "sykkelveg": "gangveg",
    "fortau": "fortau",
    "gangfelt": "gangfelt",
    "trapp": "trapp",
}
LEVEL_OF_MEDIUM = {"bru": 1, "tunnel": -1}


def walkable_lines(
    veg: gpd.GeoDataFrame | None,
    sti: gpd.GeoDataFrame | None,
    *,
    lenker: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Lines of the catalogue's layers that one can walk on.

    Parameters
    ----------
    veg, sti
        The layers; either may be absent. Columns that are absent are unknown, and unknown is
        walkable.
    lenker
        Links that a planner has drawn (layer ``lenkeforslag``).

    Returns
    -------
    GeoDataFrame
        One line string a row: ``kind`` (index into :data:`askergeo.network.graph.KINDS`),
        ``level``, ``medium`` (``bakke``, ``bru``, ``tunnel``; empty when unknown), ``ploughed``
        (1, 0, −1 unknown), ``walk`` (true), ``layer`` and ``row`` (position in that layer).
        ``attrs["utelatt"]`` counts what was left out, by reason
        (:data:`askergeo.network.repair.REASONS`).

    Raises
    ------
    LayerError
        When no layer is given.
    CrsError
        When the layers have different CRSs.
    """
    layers = {"veg": veg, "sti": sti, "lenkeforslag": lenker}
    given = {name: frame for name, frame in layers.items() if frame is not None}
    if not given:
        raise LayerError(
            "Gangnettet mangler både laget «veg» og laget «sti».",
            remedy="Legg til minst ett av dem med «askergeo data legg-til».",
        )
    crs = next(iter(given.values())).crs
    left_out: dict[str, int] = {}
    parts = []
    for name, frame in given.items():
        if len(given) > 1:
            require_crs(frame, crs, what=f"laget «{name}»")
        reason = _reasons(frame)
        for word in REASONS:
            left_out[word] = left_out.get(word, 0) + int((reason == word).sum())
        parts.append(line_columns(name, frame, reason == ""))
    whole = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)
    whole.attrs["utelatt"] = {word: count for word, count in left_out.items() if count}
    return whole


def barriers(sperring: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Where gates and barriers stop those who walk, (k, 2): those whose ``gange`` is forbidden."""
    shapes = np.asarray(sperring.geometry.array, dtype=object)
    stops = (text_column(sperring, "gange") == "forbudt") & ~shapely.is_missing(shapes)
    return shapely.get_coordinates(shapes[stops])


def _reasons(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Why each row is left out; empty for those that stay."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    kind, foot, access = (text_column(frame, name) for name in ("vegtype", "gange", "adgang"))
    return np.asarray(
        np.select(
            [
                shapely.is_missing(shapes) | shapely.is_empty(shapes),
                kind == "ferge",
                kind == "motorveg",
                foot == "forbudt",
                (access == "privat") & (foot != "tillatt"),
            ],
            ["uten_geometri", "ferge", "motorveg", "forbudt", "privat"],
            default="",
        ),
        dtype=object,
    )


def line_columns(layer: str, frame: gpd.GeoDataFrame, kept: NDArray[np.bool_]) -> pd.DataFrame:
    """Columns of the lines of a graph, one simple line a row: those of the rows that are kept."""
    row = np.flatnonzero(kept)
    shapes = np.asarray(frame.geometry.array, dtype=object)[row]
    simple, index = shapely.get_parts(shapes, return_index=True)
    row = row[index]
    medium = text_column(frame, "medium")
    return pd.DataFrame(
        {
            "geometry": simple,
            "kind": _kind(layer, frame)[row],
            "level": _level(frame, medium)[row],
            "medium": pd.array(medium[row], dtype="str"),
            "ploughed": _ploughed(frame)[row],
            "walk": True,
            "layer": layer,
            "row": row,
        }
    )


def _kind(layer: str, frame: gpd.GeoDataFrame) -> NDArray[np.int8]:
    if layer == "lenkeforslag":
        return np.full(len(frame), KINDS.index("lenke"), dtype=np.int8)
    if layer == "sti":
        track = text_column(frame, "stitype") == "traktorveg"
        return np.where(track, KINDS.index("traktorveg"), KINDS.index("sti")).astype(np.int8)
    kind = pd.Series(text_column(frame, "vegtype")).map(KIND_OF_ROAD).fillna("veg")
    return kind.map(KINDS.index).to_numpy(dtype=np.int8)


def _level(frame: gpd.GeoDataFrame, medium: NDArray[np.object_]) -> NDArray[np.int64]:
    """Level of each row: ``niva``, or what ``medium`` says when that is 0 or unknown."""
    stated = np.zeros(len(frame), dtype=np.int64)
    if "niva" in frame:
        stated = frame["niva"].fillna(0).to_numpy(dtype=np.int64)
    implied = pd.Series(medium).map(LEVEL_OF_MEDIUM).fillna(0).to_numpy(dtype=np.int64)
    return np.asarray(np.where(stated == 0, implied, stated))


def _ploughed(frame: gpd.GeoDataFrame) -> NDArray[np.int8]:
    if "broytet" not in frame:
        return np.full(len(frame), -1, dtype=np.int8)
    return np.asarray(frame["broytet"].astype("Int8").fillna(-1).to_numpy(dtype=np.int8))


def text_column(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.object_]:
    """Column of text; empty where it is missing."""
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    known = frame[name].notna()
    return np.asarray(frame[name].astype(object).where(known, "").to_numpy(dtype=object))
