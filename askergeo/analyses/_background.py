"""What lies below and beside the answer on the maps: land, sea and the centres."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from askergeo.analyses._shoreline import has_sea, own_points
from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries, union
from askergeo.result import Column, MapLayer, StyleClass

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._shoreline import Land

__all__ = ["background", "centre_points", "drawn_centres", "land_and_sea", "land_of"]

_DEKAR = 1e3
_GROUND = "#f6f3ea"
_EDGE = "#5b9bc8"
_CENTRE_MM = 2.4


def background(land: Land, crs: object) -> MapLayer:
    """Draw the land, and the sea of the municipality where the boundary has it."""
    sea = shapely.difference(land.outline, land.area) if has_sea(land) else None
    return land_and_sea(land.area, sea, crs)


def land_and_sea(land: BaseGeometry, sea: BaseGeometry | None, crs: object) -> MapLayer:
    """Draw land, and sea when it is known, pale."""
    style = load_catalogue()["vann"].style
    sea_fill = next(one.fill for one in style.classes if one.value == "hav")
    shapes = {"Land": land} if sea is None else {"Sjø": sea, "Land": land}
    fills = {"Sjø": sea_fill, "Land": _GROUND}
    frame = gpd.GeoDataFrame(
        {"klasse": list(shapes), "dekar": [shapely.area(one) / _DEKAR for one in shapes.values()]},
        geometry=list(shapes.values()),
        crs=crs,
    )
    classes = tuple(
        StyleClass(value=name, label=name, fill=fills[name], stroke=_EDGE) for name in shapes
    )
    return MapLayer(
        name="land_og_sjo",
        title="Land og sjø" if sea is not None else "Land",
        frame=frame,
        columns={
            "klasse": Column(title="Klasse"),
            "dekar": Column(title="Areal", unit="dekar", decimals=0),
        },
        style=replace(style, column="klasse", classes=classes),
    )


def land_of(boundary: gpd.GeoDataFrame) -> MapLayer:
    """Draw the land of the layer ``kommunegrense``; all of it where it does not tell land apart."""
    land = boundary[boundary["omfang"] == "land"]
    return land_and_sea(union(geometries(land if len(land) else boundary)), None, boundary.crs)


def centre_points(centres: gpd.GeoDataFrame, land: Land) -> MapLayer:
    """Draw the municipality's centres with their names."""
    labels = load_catalogue()["senter"].columns["niva"].codes or {}
    own = centres[own_points(land, geometries(centres))]
    frame = own[["navn", "niva", "geometry"]].reset_index(drop=True)
    return drawn_centres(frame.assign(niva=frame["niva"].map(labels).fillna("Ukjent")))


def drawn_centres(frame: gpd.GeoDataFrame) -> MapLayer:
    """Draw centres: points with ``navn``, and ``niva`` as its label."""
    known = load_catalogue()["senter"]
    classes = tuple(replace(one, value=one.label) for one in known.style.classes)
    return MapLayer(
        name="senter",
        title=known.title,
        frame=frame,
        columns={"navn": Column(title="Navn"), "niva": Column(title="Nivå")},
        style=replace(known.style, classes=classes, size=_CENTRE_MM),
    )
