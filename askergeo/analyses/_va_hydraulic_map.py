"""Map layers of pressures and speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._background import land_of
from askergeo.analyses._va_hydraulic_scene import GOOD
from askergeo.analyses._va_hydraulic_tables import class_titles, speed_classes
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    from askergeo.analyses._va_hydraulic_scene import Scene

__all__ = ["layers_of"]

# Colour, mark and size: what is at fault must be seen among the many that are not.
_LOOKS: Final = (
    ("#111111", "cross", 3.6),
    ("#b2182b", "triangle", 3.6),
    ("#ef8a62", "triangle", 3.2),
    ("#67a9cf", "circle", 1.4),
    ("#5e3c99", "diamond", 1.8),
    ("#cccccc", "square", 1.4),
)
_SPEEDS: Final = (("#a6bddb", 0.55), ("#1f77b4", 0.7), ("#d94801", 1.2))


def layers_of(scene: Scene, crs: object, boundary: gpd.GeoDataFrame | None) -> tuple[MapLayer, ...]:
    """Draw the land, pipes by speed, and nodes by pressure."""
    below = () if boundary is None else (land_of(boundary),)
    return (*below, _pipe_layer(scene, crs), _node_layer(scene, crs))


def _node_layer(scene: Scene, crs: object) -> MapLayer:
    titles = class_titles(scene)
    names = scene.run.node[scene.taps]
    # The page draws the first of very many: those that are outside the limits must be among them.
    order = np.argsort(scene.kind == GOOD, kind="stable")
    placed = order[pd.Index(names).isin(scene.placed.places.index)[order]]
    shapes = scene.placed.places.reindex(names[placed]).to_numpy(dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "node": names[placed],
            "klasse": [titles[one] for one in scene.kind[placed]],
            "lavest_bar": scene.lowest[placed],
            "hoyest_bar": scene.highest[placed],
        },
        geometry=shapes,
        crs=crs,
    )
    return MapLayer(
        name="trykk",
        title=f"Trykk {scene.when}",
        frame=frame,
        columns={
            "node": Column(title="Node"),
            "klasse": Column(title="Trykk"),
            "lavest_bar": Column(title="Laveste trykk", unit="bar", decimals=2),
            "hoyest_bar": Column(title="Høyeste trykk", unit="bar", decimals=2),
        },
        style=Style(
            column="klasse",
            classes=tuple(
                StyleClass(
                    value=title, label=title, fill=fill, stroke="#ffffff", shape=shape, size=size
                )
                for title, (fill, shape, size) in zip(titles, _LOOKS, strict=True)
            ),
            size=1.6,
            width=0.1,
        ),
    )


def _pipe_layer(scene: Scene, crs: object) -> MapLayer:
    titles = speed_classes(scene)
    run = scene.run
    names = run.link[scene.pipes]
    placed = pd.Index(names).isin(scene.placed.lines.index)
    group = (scene.speed >= scene.limits["fart_lav"]).astype(int) + (
        scene.speed > scene.limits["fart_hoy"]
    )
    flow = np.abs(run.flow_l_s[:, scene.pipes]).max(axis=0, initial=0.0)
    frame = gpd.GeoDataFrame(
        {
            "ledning": names[placed],
            "klasse": [titles[one] for one in group[placed]],
            "fart": scene.speed[placed],
            "flow": flow[placed],
            "mm": run.diameter_mm[scene.pipes][placed],
        },
        geometry=scene.placed.lines.reindex(names[placed]).to_numpy(dtype=object),
        crs=crs,
    )
    return MapLayer(
        name="fart",
        title="Største vannhastighet",
        frame=frame,
        columns={
            "ledning": Column(title="Ledning"),
            "klasse": Column(title="Hastighet"),
            "fart": Column(title="Største hastighet", unit="m/s", decimals=2),
            "flow": Column(title="Største vannføring", unit="l/s", decimals=1),
            "mm": Column(title="Dimensjon", unit="mm", decimals=0),
        },
        style=Style(
            column="klasse",
            classes=tuple(
                StyleClass(value=title, label=title, stroke=stroke, fill=stroke, width=width)
                for title, (stroke, width) in zip(titles, _SPEEDS, strict=True)
            ),
            width=0.5,
        ),
    )
