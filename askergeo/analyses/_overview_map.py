"""The map of the overview: few layers, in drawing order, as the catalogue draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_and_sea
from askergeo.analyses._overview_area import inside
from askergeo.analyses._overview_places import LEVELS
from askergeo.analyses._overview_tables import label_of
from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries, joined, lines_of, polygons_of
from askergeo.result import Column, MapLayer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._overview_area import Cover, Place
    from askergeo.geometry import Geometries
    from askergeo.result import Style

__all__ = ["map_layers"]

_DEKAR = 1e3
# AR5's types as the classes of simplified land cover; 99 is not mapped and is not drawn.
_SIMPLE = {
    11: "bebygd",
    12: "bebygd",
    21: "dyrket",
    22: "dyrket",
    23: "dyrket",
    30: "skog",
    50: "apent",
    60: "myr",
    70: "apent",
    81: "vann",
    82: "vann",
}
_MAIN_ROADS = ("E", "R", "F")
# From the bottom up, with sizes in mm: what there is most of is lowest and smallest.
_POINTS = {"holdeplass": 1.2, "tjeneste": 1.4, "barnehage": 1.6, "skole": 2.2, "senter": 3.2}


def map_layers(
    layers: Mapping[str, pd.DataFrame],
    cuts: Mapping[str, Geometries],
    place: Place,
    cover: tuple[str, Cover] | None,
) -> tuple[MapLayer, ...]:
    """Draw the municipality.

    Parameters
    ----------
    layers
        Frames by layer.
    cuts
        Geometries cut to the municipality, by layer.
    place
        The municipality.
    cover
        Land cover's layer, and it held against the land.
    """
    crs = layers["kommunegrense"].crs
    drawn = [land_and_sea(place.ground, place.sea, crs)]
    if cover is not None:
        drawn.append(_cover(cover[0], layers[cover[0]], cover[1], crs))
    if place.fresh is not None and not place.fresh.is_empty:
        drawn.append(_fresh(place.fresh, crs))
    if "tettsted" in layers:
        drawn.append(_towns(layers["tettsted"], cuts["tettsted"]))
    if "sti" in layers:
        drawn.append(_paths(layers["sti"], cuts["sti"]))
    if "veg" in layers:
        drawn += _roads(layers["veg"], cuts["veg"])
    if "jernbane" in layers:
        drawn.append(_railway(layers["jernbane"], cuts["jernbane"]))
    drawn.append(_boundary(place, crs))
    drawn += _points(layers, place)
    return tuple(layer for layer in drawn if len(layer.frame))


def _styled(layer: str, column: str = "", **changes: Any) -> Style:  # noqa: ANN401
    """Return the catalogue's style, with the labels of a column's codes for their values."""
    style = load_catalogue()[layer].style
    classes = tuple(replace(one, value=one.label) for one in style.classes) if column else ()
    return replace(style, column=column, classes=classes, **changes)


def _area_layer(
    name: str, title: str, rows: list[tuple[str, BaseGeometry]], style: Style, crs: object
) -> MapLayer:
    """Make a layer of one row a class, with its area."""
    shapes = np.array([shape for _, shape in rows], dtype=object)
    frame = gpd.GeoDataFrame(
        {"klasse": [text for text, _ in rows], "dekar": shapely.area(shapes) / _DEKAR},
        geometry=shapes,
        crs=crs,
    )
    columns = {
        "klasse": Column(title="Klasse"),
        "dekar": Column(title="Areal", unit="dekar", decimals=0),
    }
    used = tuple(one for one in style.classes if one.value in set(frame["klasse"]))
    style = replace(style, classes=used)
    return MapLayer(name=name, title=title, frame=frame, columns=columns, style=style)


def _cover(source: str, frame: gpd.GeoDataFrame, cover: Cover, crs: object) -> MapLayer:
    """Land cover, one row a class; polygons that overlap others of the class are not joined."""
    classes = frame["arealtype"].map(_SIMPLE) if source == "ar5" else frame["klasse"]
    codes = classes.to_numpy(dtype=object)
    rows = []
    for code, title in label_of("arealdekke", "klasse").items():
        chosen = codes == code
        whole = shapely.coverage_union_all(cover.parts[chosen & cover.whole])
        loose = polygons_of(cover.parts[chosen & ~cover.whole])
        shapes = np.concatenate([polygons_of(whole), loose])
        if len(shapes):
            rows.append((title, joined(shapes)))
    # Paler than the rest, and without lines between neighbours.
    style = _styled("arealdekke", "klasse", width=0.0, opacity=0.75)
    style = replace(style, classes=tuple(replace(one, stroke=one.fill) for one in style.classes))
    return _area_layer("arealdekke", "Arealdekke", rows, style, crs)


def _fresh(fresh: BaseGeometry, crs: object) -> MapLayer:
    fill = next(one.fill for one in load_catalogue()["vann"].style.classes if one.value == "innsjo")
    rows = [("Innsjø eller elv", fresh)]
    style = replace(_styled("vann"), fill=fill)
    return _area_layer("ferskvann", "Innsjøer og elver", rows, style, crs)


def _towns(frame: gpd.GeoDataFrame, cut: Geometries) -> MapLayer:
    return _features(
        "tettsted", "Tettsteder (fra kartlaget)", frame, cut, {"tettstedsnavn": "Tettsted"}
    )


def _paths(frame: gpd.GeoDataFrame, cut: Geometries) -> MapLayer:
    shown = frame.assign(stitype=frame["stitype"].map(label_of("sti", "stitype")))
    columns = {"stitype": "Type"}
    return _features("sti", "Stier og traktorveger", shown, cut, columns, style_by="stitype")


def _roads(frame: gpd.GeoDataFrame, cut: Geometries) -> Iterator[MapLayer]:
    """Draw the other roads for cars, and the main roads above them."""
    cars = frame["vegtype"].isin(["bilveg", "gatetun"]).to_numpy(dtype=bool)
    category = frame["vegkategori"] if "vegkategori" in frame else frame["vegtype"].map({})
    main = cars & category.isin(_MAIN_ROADS).to_numpy(dtype=bool)
    shown = frame.assign(vegkategori=category.map(label_of("veg", "vegkategori")).fillna("Ukjent"))
    columns = {"vegkategori": "Vegkategori"}
    other = cars & ~main & ~shapely.is_empty(cut)
    if other.any():
        style = _styled("veg", stroke="#8f8f8f", width=0.25)
        found = _features(
            "lokalveg", "Andre bilveger", shown[other], cut[other], columns, style=style
        )
        yield replace(found, note="Kan være fyldigere noen steder enn andre.")
    style = _styled("veg", stroke="#4d4d4d", width=0.7)
    yield _features(
        "hovedveg", "Europa-, riks- og fylkesveger", shown[main], cut[main], columns, style=style
    )


def _railway(frame: gpd.GeoDataFrame, cut: Geometries) -> MapLayer:
    medium = frame["medium"] if "medium" in frame else pd.Series(pd.NA, index=frame.index)
    shown = frame.assign(medium=medium.map(label_of("jernbane", "medium")).fillna("Ukjent"))
    return _features("jernbane", "Jernbane", shown, cut, {"medium": "Medium"})


def _features(
    layer: str,
    title: str,
    frame: gpd.GeoDataFrame,
    cut: Geometries,
    columns: Mapping[str, str],
    *,
    style: Style | None = None,
    style_by: str = "",
) -> MapLayer:
    """Make a layer of the rows inside the municipality, cut to it."""
    there = ~shapely.is_empty(cut)
    shown = frame.loc[there, list(columns)]
    found = gpd.GeoDataFrame(shown, geometry=cut[there], crs=frame.crs).reset_index(drop=True)
    return MapLayer(
        name=layer,
        title=title,
        frame=found,
        columns={name: Column(title=text) for name, text in columns.items()},
        style=style or _styled(layer, style_by),
    )


def _boundary(place: Place, crs: object) -> MapLayer:
    """Draw the outline as lines: an area on top would take the clicks meant for others."""
    edge = lines_of(np.array([shapely.boundary(place.outline)]))
    frame = gpd.GeoDataFrame({"navn": [place.name]}, geometry=[shapely.union_all(edge)], crs=crs)
    return MapLayer(
        name="kommunegrense",
        title="Kommunegrense",
        frame=frame,
        columns={"navn": Column(title="Kommune")},
        style=_styled("kommunegrense", opacity=1.0),
    )


def _points(layers: Mapping[str, pd.DataFrame], place: Place) -> Iterator[MapLayer]:
    """Places of the municipality, each with its name and the codes in words."""
    catalogue = load_catalogue()
    for layer, size in _POINTS.items():
        if layer not in layers:
            continue
        frame = layers[layer]
        known = catalogue[layer]
        names = [name for name in frame.columns if name in known.columns and name != known.key]
        names.sort(key=lambda name: name != "navn")
        shown = frame[inside(geometries(frame), place.reach)]
        for name in names:
            codes = known.columns[name].codes
            if codes:
                shown = shown.assign(**{name: shown[name].map(codes).fillna("Ukjent")})
        style = _styled(layer, known.style.column, size=size)
        columns = {name: _column(known.columns[name]) for name in names}
        # The list of centres has the same rows: «Vis» in the table finds them on the map.
        rows_of = "sentre" if layer == "senter" else ""
        if layer == "senter":
            rank = shown["niva"].map({title: -at for at, title in enumerate(LEVELS.values())})
            shown = shown.loc[rank.sort_values(kind="stable").index]
        yield MapLayer(
            name=layer,
            title=known.title,
            frame=shown[[*names, "geometry"]],
            columns=columns,
            style=style,
            rows_of=rows_of,
        )


def _column(column: Any) -> Column:  # noqa: ANN401  (a catalogue's LayerColumn)
    decimals = {"heltall": 0, "desimal": 1}.get(column.type)
    return Column(title=column.title, unit=column.unit, decimals=decimals)
