"""The map of fire water."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._va_fire_scene import labels
from askergeo.analyses._va_fire_tables import BUILDING
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.firewater import ANSWERS, BASES

if TYPE_CHECKING:
    from askergeo.analyses._va_fire_scene import Scene

__all__ = ["layers_of"]

# Colour, mark and size: what lacks is seen in grey too, and by who does not tell red from green.
_LOOKS: Final = {
    "Mangler": ("#b2182b", "triangle", 2.2),
    "Ukjent": ("#f6b26b", "square", 1.8),
    "Har": ("#1b7837", "circle", 1.4),
}


def layers_of(scene: Scene, boundary: gpd.GeoDataFrame | None) -> tuple[MapLayer, ...]:
    """Return land, stretches without outlets, buildings and outlets."""
    return (
        *(() if boundary is None else (land_of(boundary),)),
        *_gap_layer(scene),
        _building_layer(scene),
        _outlet_layer(scene),
    )


def _gap_layer(scene: Scene) -> tuple[MapLayer, ...]:
    if not scene.gaps:
        return ()
    names = [f"{one.middle[0]:.0f}-{one.middle[1]:.0f}" for one in scene.gaps]
    frame = gpd.GeoDataFrame(
        {"meter": [one.metres for one in scene.gaps],
         "bygninger": [len(one.buildings) for one in scene.gaps]},
        index=labels(np.array(names, dtype=object)),
        geometry=[one.line for one in scene.gaps],
        crs=scene.buildings.crs,
    )  # fmt: skip
    return (
        MapLayer(
            name="luker",
            title="Vannledning uten brannuttak nær nok",
            frame=frame,
            columns={
                "meter": Column(title="Lengde", unit="m", decimals=0),
                "bygninger": Column(title="Bygninger langs den", unit="bygninger", decimals=0),
            },
            style=Style(fill="none", stroke="#762a83", width=1.6, dash=True),
        ),
    )


def _building_layer(scene: Scene) -> MapLayer:
    return MapLayer(
        name="bygninger",
        title="Bygninger etter brannvann",
        frame=scene.buildings[[*BUILDING, "geometry"]],
        columns=BUILDING,
        style=Style(
            size=1.4,
            column="svar",
            classes=tuple(
                StyleClass(
                    value=one,
                    label=one,
                    fill=_LOOKS[one][0],
                    stroke="#ffffff",
                    shape=_LOOKS[one][1],
                    size=_LOOKS[one][2],
                )
                for one in ANSWERS
            ),
        ),
    )


def _outlet_layer(scene: Scene) -> MapLayer:
    outlets = scene.outlets
    frame = gpd.GeoDataFrame(
        {
            "uttak": outlets.ids,
            "l_s": np.round(outlets.litres, 1),
            "grunnlag": np.array(BASES, dtype=object)[outlets.basis],
        },
        index=labels(outlets.ids),
        geometry=shapely.points(outlets.xy),
        crs=scene.buildings.crs,
    )
    return MapLayer(
        name="brannuttak",
        title="Brannuttak",
        frame=frame,
        columns={
            "uttak": Column(title="Uttak"),
            "l_s": Column(title="Målt, ellers i modellen", unit="l/s", decimals=1),
            "grunnlag": Column(title="Kapasiteten er kjent ved"),
        },
        # Small, and thin at the edge: the buildings lie below.
        style=Style(fill="#0072b2", stroke="#ffffff", shape="diamond", size=1.2, width=0.15),
    )
