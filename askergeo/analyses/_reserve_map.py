"""Map layers of the land reserve: the pieces in the official colours, and what they lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo._plan_style import purpose_style
from askergeo.analyses._background import land_and_sea
from askergeo.analyses._land import land_boundary
from askergeo.analyses._reserve_conflicts import ALL, RED
from askergeo.analyses._reserve_parts import DEKAR
from askergeo.analyses._reserve_tables import PIECE_COLUMNS, SEEN, piece_rows
from askergeo.geometry import geometries, joined, polygons_of, union
from askergeo.reserve._ground import divided
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    from askergeo.analyses._reserve_conflicts import Conflicts
    from askergeo.analyses._reserve_parts import Described

__all__ = ["map_layers"]

_LEVELS: Final = (("rød", "Rød konflikt", "#cb181d"), ("gul", "Gul konflikt", "#feb24c"))


def map_layers(
    described: Described,
    conflicts: Conflicts,
    density: float,
    boundary: gpd.GeoDataFrame | None,
) -> list[MapLayer]:
    """Draw the land, the reserve, what it lies on, and what is shown apart."""
    layers = []
    if boundary is not None and len(boundary):
        land = union(geometries(land_boundary(boundary).frame))
        layers.append(land_and_sea(land, None, boundary.crs))
    apart = described.pieces[described.pieces["for_seg"]]
    if len(apart):
        layers.append(_apart(apart))
    layers.append(_pieces(described, conflicts, density))
    hit = _hits(described, conflicts)
    if len(hit.frame):
        layers.append(hit)
    return layers


def _pieces(described: Described, conflicts: Conflicts, density: float) -> MapLayer:
    rows = piece_rows(described, conflicts, density)
    frame = gpd.GeoDataFrame(rows, geometry=described.counted.geometry, crs=described.pieces.crs)
    return MapLayer(
        name="reserve",
        title="Arealreserve",
        frame=frame,
        columns=PIECE_COLUMNS,
        style=purpose_style("gruppe", frame["gruppe"].unique()),
        rows_of="stykker",
        note="Fargene er de offisielle for formålsgruppene.",
    )


def _apart(pieces: gpd.GeoDataFrame) -> MapLayer:
    frame = pieces[["formaal", "status", "geometry"]].assign(dekar=pieces["areal_m2"] / DEKAR)
    return MapLayer(
        name="for_seg",
        title="Vises for seg",
        frame=frame,
        columns={
            "formaal": Column(title="Formål"),
            "status": Column(title="Status"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
        style=Style(fill="#bdbdbd", stroke="#636363", dash=True, opacity=0.6),
    )


def _hits(described: Described, conflicts: Conflicts) -> MapLayer:
    """Where the reserve has a conflict: a row a piece and level, red before yellow."""
    pieces = described.counted
    shapes = geometries(pieces)
    red = conflicts.shapes.get(RED, np.zeros(0, dtype=object))
    every = conflicts.shapes.get(ALL, np.zeros(0, dtype=object))
    in_any, _ = divided(shapes, every)
    in_red, yellow = divided(in_any, red)
    names, found, levels = [], [], []
    for (level, _, _), areas in zip(_LEVELS, (in_red, yellow), strict=True):
        some = np.flatnonzero(shapely.area(areas) > SEEN)
        names += [pieces.index[row] for row in some]
        found += [joined(polygons_of(areas[row])) for row in some]
        levels += [level] * len(some)
    frame = gpd.GeoDataFrame(
        {"sted": names, "niva": levels}, geometry=np.array(found, dtype=object), crs=pieces.crs
    )
    frame.insert(2, "dekar", shapely.area(geometries(frame)) / DEKAR)
    classes = tuple(
        StyleClass(value=level, label=label, fill=colour, stroke="#67000d")
        for level, label, colour in _LEVELS
        if level in levels
    )
    return MapLayer(
        name="konflikt",
        title="Konflikter i reserven",
        frame=frame,
        columns={
            "sted": Column(title="Stykke"),
            "niva": Column(title="Nivå"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
        style=Style(column="niva", classes=classes, opacity=0.55, width=0.2),
        note="Rød ligger foran gul. Flater under 1 m² er ikke tegnet.",
    )
