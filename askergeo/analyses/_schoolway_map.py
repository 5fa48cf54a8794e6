"""Map layers of the ways to school: places and ways, never the number of persons at one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._reach_map import squares
from askergeo.analyses._schoolway_tables import stretch_columns
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.school.route import STAGES
from askergeo.school.route_rights import NO_RIGHT, NO_WAY, RIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._schoolway_scene import Scene
    from askergeo.result import Table

__all__ = ["address_layers", "base_layers", "district_layers", "school_layer", "stretch_layers"]

# More addresses than this are drawn on the page as squares.
_POINTS = 12_000
_SHOWN_UNKNOWN = 2_000
_RED, _ORANGE = "#b2182b", "#e08214"
_CLASSES = {
    "barnetrinn": {
        "Ikke rett etter avstand": "#9ecae1",
        "Rett på 1. trinn": "#4292c6",
        "Rett på 1.–7. trinn": "#08306b",
        "Ingen veg til fots": "#7b3294",
        "Ukjent": "#ffffff",
    },
    "ungdomstrinn": {
        "Ikke rett etter avstand": "#9ecae1",
        "Rett på 8.–10. trinn": "#08306b",
        "Ingen veg til fots": "#7b3294",
        "Ukjent": "#ffffff",
    },
}


def base_layers(boundary: gpd.GeoDataFrame | None) -> list[MapLayer]:
    """Draw the land."""
    if boundary is None:
        return []
    return [land_of(boundary)]


def district_layers(scene: Scene) -> list[MapLayer]:
    """Draw the districts of each stage."""
    if scene.skolekrets is None:
        return []
    layers = []
    for stage in STAGES:
        rows = scene.places_of(stage)
        if not len(rows):
            continue
        frame = gpd.GeoDataFrame(
            {"navn": rows["navn"].to_numpy(), "skole": rows["skole"].to_numpy()},
            # Borders only: a surface would cover the answer.
            geometry=shapely.boundary(geometries(scene.skolekrets.loc[rows.index])),
            crs=scene.skolekrets.crs,
            index=pd.Index(rows["id"].to_numpy()),
        )
        layers.append(
            MapLayer(
                name=f"krets_{stage}",
                title=f"Skolekretser, {stage}",
                frame=frame[~frame.index.duplicated()],
                columns={"navn": Column(title="Krets"), "skole": Column(title="Skole")},
                style=Style(stroke="#555555", width=0.4, dash=True),
                visible=stage == "barnetrinn",
            )
        )
    return layers


def address_layers(scene: Scene) -> list[MapLayer]:
    """Draw every address by the right that distance gives there, whoever lives there."""
    data, columns = _address_columns(scene)
    frame = gpd.GeoDataFrame(
        data,
        geometry=geometries(scene.adresse),
        crs=scene.adresse.crs,
        index=pd.Index(scene.adresse["adresse_id"].astype(str).to_numpy()),
    )
    frame = frame[~frame.index.duplicated() & ~shapely.is_missing(geometries(frame))]
    many = len(frame) > _POINTS
    layers = []
    for stage, classes in _CLASSES.items():
        layer = MapLayer(
            name=f"adresser_{stage}",
            title=f"Adresser etter rett til skoleskyss, {stage}",
            frame=frame,
            columns=columns,
            style=Style(
                column=f"rett_{stage}",
                classes=tuple(
                    StyleClass(value=word, label=word, fill=fill, stroke="#5f6b7a")
                    for word, fill in classes.items()
                ),
                size=1.1,
                width=0.1,
            ),
            note="Alle adresser er med, også dem uten barn: fargen sier hva avstanden gir rett til "
            "der. Tomme meter: ingen veg dit, eller ukjent.",
            on_page=not many,
            visible=stage == "barnetrinn",
        )
        if many:
            layers.append(_squares(frame, stage, layer))
        # One table of addresses is enough in the files.
        if not many or stage == "barnetrinn":
            layers.append(layer)
    return layers


def _squares(frame: gpd.GeoDataFrame, stage: str, addresses: MapLayer) -> MapLayer:
    """Draw squares by what most of their addresses have: light enough for the page."""
    drawn = squares(frame, f"rett_{stage}", addresses)
    # Without outlines, which would cover such small surfaces.
    classes = tuple(replace(one, stroke=one.fill) for one in drawn.style.classes)
    return replace(
        drawn,
        name=f"ruter_{stage}",
        style=replace(drawn.style, classes=classes),
        note="Hver rute har fargen til flest av adressene i den. Alle adresser er med, også dem "
        "uten barn.",
    )


def _address_columns(scene: Scene) -> tuple[dict[str, NDArray[Any]], dict[str, Column]]:
    """Gather what is told of each address."""
    data: dict[str, NDArray[Any]] = {}
    columns: dict[str, Column] = {}
    if "adressetekst" in scene.adresse:
        text = scene.adresse["adressetekst"]
        data["adresse"] = text.astype(object).where(text.notna(), "").to_numpy()
        columns["adresse"] = Column(title="Adresse")
    names = np.append(scene.skole["navn"].astype(str).to_numpy(dtype=object), "ukjent")
    for stage, grades in STAGES.items():
        first = grades[0] - 1
        data[f"rett_{stage}"] = _words(scene, stage)
        data[f"skole_{stage}"] = names[scene.own.school[:, first]]
        metres = scene.metres[:, first]
        data[f"meter_{stage}"] = np.where(np.isfinite(metres), metres, np.nan)
        safe = scene.detour[:, first]
        data[f"trygg_{stage}"] = np.where(np.isfinite(safe), safe, np.nan)
        columns |= {
            f"rett_{stage}": Column(title=f"Rett, {stage}"),
            f"skole_{stage}": Column(title=f"Skole, {stage}"),
            f"meter_{stage}": Column(title=f"Skoleveg, {stage}", unit="m", decimals=0),
            f"trygg_{stage}": Column(
                title=f"Uten usikre strekninger, {stage}", unit="m", decimals=0
            ),
        }
    line = scene.ways.starts.line
    data["linje"] = line
    columns["linje"] = Column(title="Luftlinje til gangnettet", unit="m", decimals=0)
    return data, columns


def _words(scene: Scene, stage: str) -> NDArray[np.object_]:
    """Say what distance gives the right to at each address in a stage."""
    words = list(_CLASSES[stage])
    columns = np.array(STAGES[stage]) - 1
    rights = scene.rights[:, columns]
    # The last grade decides for the stage, the first for its own limit.
    early, late = rights[:, 0], rights[:, -1]
    steps = [
        (late == RIGHT, words[-3]),
        (early == NO_WAY, words[-2]),
        (early == NO_RIGHT, words[0]),
    ]
    if len(words) > len(_CLASSES["ungdomstrinn"]):
        steps.insert(1, ((early == RIGHT) & (late != RIGHT), words[1]))
    return np.select([on for on, _ in steps], [word for _, word in steps], default=words[-1])


def school_layer(scene: Scene) -> MapLayer:
    """Draw the schools."""
    frame = gpd.GeoDataFrame(
        {"navn": scene.skole["navn"].astype(str).to_numpy(), "linje": scene.ways.schools.line},
        geometry=geometries(scene.skole),
        crs=scene.skole.crs,
    )
    return MapLayer(
        name="skoler_kart",
        title="Skoler",
        frame=frame[~shapely.is_missing(geometries(frame))],
        columns={
            "navn": Column(title="Skole"),
            "linje": Column(title="Luftlinje til gangnettet", unit="m", decimals=0),
        },
        style=Style(fill="#111111", stroke="#ffffff", size=2.6),
    )


def stretch_layers(found: gpd.GeoDataFrame, table: Table) -> list[MapLayer]:
    """Draw the unsafe stretches, and those where only the speed is unknown."""
    unsafe, vague = found[found["rule"] > 0], found[found["rule"] == 0]
    layers = []
    columns = stretch_columns()
    if len(unsafe):
        frame = gpd.GeoDataFrame(table.frame, geometry=unsafe.geometry.to_numpy(), crs=found.crs)
        layers.append(
            MapLayer(
                name="usikre_kart",
                title="Usikre strekninger på skolevegen",
                frame=frame,
                columns=columns,
                style=Style(stroke=_RED, fill=_RED, width=1.0),
                rows_of=table.name,
                note="Etter regel, ikke etter befaring.",
            )
        )
    if len(vague):
        shown = {name: one for name, one in columns.items() if not one.persons}
        layers.append(
            MapLayer(
                name="ukjent_fart",
                title="Skoleveg med ukjent fartsgrense",
                frame=vague[[*shown, "geometry"]],
                columns=shown,
                style=Style(stroke=_ORANGE, fill=_ORANGE, width=0.7, dash=True),
                note="Bilveg uten fortau eller gangveg, der fartsgrensen mangler i kartet.",
                on_page=len(vague) <= _SHOWN_UNKNOWN,
                visible=False,
            )
        )
    return layers
