"""Map layers of travel times: places and times, never the number of persons at one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._reach_map import squares
from askergeo.analyses._times_scene import KINDS, PLACES
from askergeo.analyses._times_tables import ZONES, mode_title
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.competition import CAR, RATIOS, TRANSIT, ratio_of

if TYPE_CHECKING:
    from askergeo.analyses._times_scene import Scene
    from askergeo.result import Table

__all__ = ["RATIO_CLASSES", "address_layers", "base_layers", "place_layer", "plan_layer"]

# More addresses than this are drawn on the page as squares.
_POINTS: Final = 12_000
# From blue (as quick as the car) to brown, told apart without red and green.
_COLOURS: Final = {
    "like_rask": "#08519c",
    "inntil_1_5": "#6baed6",
    "inntil_2": "#fdd49e",
    "over_2": "#d7301f",
    "uten_tilbud": "#67000d",
    "uten_bil": "#7b3294",
    "ukjent": "#cccccc",
}
RATIO_CLASSES: Final = tuple(
    StyleClass(value=title, label=title, fill=_COLOURS[name], stroke="#5f6b7a")
    for name, title in RATIOS.items()
)
_FILLS: Final = {
    "kommunesenter": "#7b1e3b",
    "lokalsenter": "#d1495b",
    "naersenter": "#edae49",
    "stasjon": "#222222",
    "arbeid": "#8c510a",
}


def base_layers(scene: Scene) -> list[MapLayer]:
    """Draw the land and the nullvekstlinje."""
    layers = []
    if scene.layers.kommunegrense is not None:
        layers.append(land_of(scene.layers.kommunegrense))
    if scene.zones is not None and not shapely.is_empty(scene.zones.line):
        layers.append(
            MapLayer(
                name="nullvekstlinje",
                title="Nullvekstlinjen",
                frame=gpd.GeoDataFrame(
                    {"navn": ["Nullvekstlinjen"]},
                    geometry=[scene.zones.line],
                    crs=scene.layers.senter.crs,
                ),
                columns={"navn": Column(title="Navn")},
                style=Style(stroke="#6a0dad", fill="#6a0dad", width=0.8, dash=True),
            )
        )
    return layers


def address_layers(scene: Scene) -> list[MapLayer]:
    """Draw every home by the ratio of public transport to car, a layer for each kind of place."""
    frame, columns = _homes(scene)
    many = len(frame) > _POINTS
    layers: list[MapLayer] = []
    for number, kind in enumerate(scene.destinations):
        column = f"klasse_{kind}"
        layer = MapLayer(
            name=f"adresser_{kind}",
            title=f"Adresser etter kollektivreise delt på bilreise, {_lower(KINDS[kind])}",
            frame=frame,
            columns=columns,
            style=Style(column=column, classes=RATIO_CLASSES, size=1.1, width=0.1),
            note="Alle adresser er med, også dem uten bosatte. Tomme minutter: ingen reise, eller "
            "ukjent.",
            on_page=not many,
            visible=number == 0,
        )
        if many:
            layers.append(_squares(layer, column, kind))
        # One table of addresses is enough in the files.
        if not many or number == 0:
            layers.append(layer)
    return layers


def _homes(scene: Scene) -> tuple[gpd.GeoDataFrame, dict[str, Column]]:
    """Gather times and classes of each home."""
    data: dict[str, Any] = {"sone": pd.Series(scene.zone).map(ZONES).to_numpy()}
    columns = {"sone": Column(title="Sone")}
    for kind in scene.destinations:
        what = _lower(KINDS[kind])
        classes = pd.Series(scene.classes(TRANSIT, kind)).map(RATIOS)
        data[f"klasse_{kind}"] = classes.to_numpy(dtype=object)
        columns[f"klasse_{kind}"] = Column(title=f"Kollektiv delt på bil, {what}")
        names = np.r_[scene.targets.frame["navn"].to_numpy(dtype=object), [""]]
        data[f"mal_{kind}"] = names[scene.place[kind]]
        columns[f"mal_{kind}"] = Column(title=KINDS[kind])
        for mode in scene.modes:
            minutes = scene.minutes(mode, kind)
            data[f"{mode}_{kind}"] = np.where(np.isfinite(minutes), np.round(minutes, 1), np.nan)
            columns[f"{mode}_{kind}"] = Column(
                title=f"{mode_title(mode)} til {what}", unit="min", decimals=1
            )
        ratio = ratio_of(scene.minutes(TRANSIT, kind), scene.minutes(CAR, kind))
        data[f"forhold_{kind}"] = np.where(np.isfinite(ratio), np.round(ratio, 2), np.nan)
        columns[f"forhold_{kind}"] = Column(title=f"Forhold, {what}", decimals=2)
    index = pd.Index(scene.people.ids.astype(str))
    crs = scene.layers.senter.crs
    frame = gpd.GeoDataFrame(data, geometry=scene.people.points, crs=crs, index=index)
    return frame[~frame.index.duplicated()], columns


def _squares(layer: MapLayer, column: str, kind: str) -> MapLayer:
    """Draw squares by what most of their addresses have: light enough for the page."""
    drawn = squares(layer.frame, column, layer)
    # Without outlines, which would cover such small surfaces.
    classes = tuple(replace(one, stroke=one.fill) for one in drawn.style.classes)
    return replace(
        drawn,
        name=f"ruter_{kind}",
        style=replace(drawn.style, classes=classes),
        note="Hver rute har fargen til flest av adressene i den.",
    )


def place_layer(scene: Scene) -> MapLayer:
    """Draw what is travelled to."""
    own = scene.targets.frame
    frame = gpd.GeoDataFrame(
        {"navn": own["navn"], "art": own["art"].map(PLACES)},
        geometry=shapely.centroid(geometries(own)),
        crs=own.crs,
    )
    frame.index = pd.Index([f"{one.art} {one.id}" for one in own.itertuples()], dtype=object)
    return MapLayer(
        name="reisemal",
        title="Steder det reises til",
        frame=frame,
        columns={"navn": Column(title="Navn"), "art": Column(title="Type")},
        style=Style(
            stroke="#ffffff",
            size=2.4,
            column="art",
            classes=tuple(
                StyleClass(value=PLACES[kind], label=PLACES[kind], fill=fill, stroke="#ffffff")
                for kind, fill in _FILLS.items()
                if kind in set(own["art"])
            ),
        ),
    )


def plan_layer(scene: Scene, table: Table | None) -> list[MapLayer]:
    """Draw plans and projects by the ratio to the car's time, to the first kind of place."""
    if table is None or not scene.destinations:
        return []
    kind = scene.destinations[0]
    shapes = geometries(scene.surfaces.frame).copy()
    # One layer has one kind of geometry: a project that is a point is drawn as a small surface.
    points = shapely.get_dimensions(shapes) == 0
    shapes[points] = shapely.buffer(shapes[points], 30.0)
    frame = gpd.GeoDataFrame(table.frame, geometry=shapes, crs=scene.layers.senter.crs)
    return [
        MapLayer(
            name="planer_kart",
            title=f"Planer etter kollektivreise delt på bilreise, {_lower(KINDS[kind])}",
            frame=frame,
            columns=table.columns,
            style=Style(column=f"klasse_{kind}", classes=RATIO_CLASSES, width=0.3, opacity=0.6),
            rows_of=table.name,
            visible=False,
        )
    ]


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
