"""Maps of what the map of pipes knows: areas that lack most, and the pipes as VA maps draw them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._background import land_of
from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.state import OWNERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.va.state import PipeState

__all__ = ["layers_of", "pipe_layers", "point_layer"]

# More lines or points than this are too many for the page.
_ON_PAGE: Final = 6_000
# More pumping stations than this hide the pipes until the map is brought near.
_PUMPS_SHOWN: Final = 50
_PERCENT: Final = 100.0
_HALF: Final = 2
# Least dimension (mm), name and width (mm on paper): larger pipes are drawn heavier.
_WEIGHTS: Final = (
    (300.0, "300 mm og mer", 1.3),
    (150.0, "150 til under 300 mm", 0.8),
    (0.0, "Under 150 mm", 0.55),
)
_NO_SIZE: Final = "Ukjent dimensjon"
_PUMPED: Final = "Pumpeledning"
_PUMP: Final = "pumpestasjon"
_UNUSED: Final = "Ute av drift eller planlagt"
_FADED: Final = "#a6a6a6"
_NAMES: Final = {
    "vann": "Vannledninger",
    "spillvann": "Spillvannsledninger",
    "avlop_felles": "Fellesledninger",
    "overvann": "Overvannsledninger",
    "ukjent": "Ledninger av ukjent type",
}
_LACKS: Final = {"materiale": "materiale", "dimensjon": "dimensjon", "anleggsaar": "anleggsår"}
_FILLS: Final = ("#f2f0f7", "#cbc9e2", "#9e9ac8", "#54278f")


def layers_of(
    state: PipeState,
    areas: gpd.GeoDataFrame,
    layers: Mapping[str, Any],
    limits: tuple[float, float],
) -> tuple[MapLayer, ...]:
    """Draw the land, the areas by what they lack, the pipes, and the nodes and plants on them.

    ``layers`` are those of the package that there are: ``kommunegrense``, ``va_node`` and
    ``va_anlegg`` are drawn.
    """
    boundary = layers.get("kommunegrense")
    ground = () if boundary is None else (land_of(boundary),)
    nodes = point_layer("va_node", "noder", "Kummer, hydranter og andre noder", layers)
    # Nodes would hide the pipes; who wants them switches them on.
    hidden = [replace(one, visible=False) for one in nodes]
    return (
        *ground,
        _area_layer(areas, limits),
        *pipe_layers(state, areas.crs),
        *hidden,
        *_plants(layers.get("va_anlegg")),
    )


def _plants(given: gpd.GeoDataFrame | None) -> list[MapLayer]:
    """Draw the plants; many pumping stations are a layer of their own that is off at first."""
    if given is None:
        return []
    pump = (given["type"] == _PUMP).to_numpy(dtype=bool)
    if pump.sum() <= _PUMPS_SHOWN:
        return point_layer("va_anlegg", "anlegg", "Anlegg", {"va_anlegg": given})
    pumps = point_layer("va_anlegg", "pumpestasjoner", "Pumpestasjoner", {"va_anlegg": given[pump]})
    others = point_layer("va_anlegg", "anlegg", "Andre anlegg", {"va_anlegg": given[~pump]})
    return [*(replace(one, visible=False) for one in pumps), *others]


def _area_layer(areas: gpd.GeoDataFrame, limits: tuple[float, float]) -> MapLayer:
    low, high = sorted(limits)
    share = _PERCENT * areas["mangler_m"].to_numpy() / areas["meter"].to_numpy()
    names = (
        f"Under {low / _HALF:g} %".replace(".", ","),
        f"{low / _HALF:g} til {low:g} %".replace(".", ","),
        f"{low:g} til {high:g} %".replace(".", ","),
        f"Over {high:g} %".replace(".", ","),
    )
    place = np.searchsorted([low / _HALF, low, high], share, side="left")
    frame = gpd.GeoDataFrame(
        {
            "omraade": areas["omraade"],
            "km": areas["meter"] / 1e3,
            "mangler": share,
            "klasse": np.array(names, dtype=object)[place],
        },
        geometry=areas.geometry.to_numpy(),
        crs=areas.crs,
    )
    return MapLayer(
        name="mangler_omraade",
        title="Andel uten materiale, dimensjon eller anleggsår",
        frame=frame[~frame.geometry.isna()].reset_index(drop=True),
        columns={
            "omraade": Column(title="Område"),
            "km": Column(title="Lengde", unit="km", decimals=1),
            "mangler": Column(title="Mangler minst ett", unit="%", decimals=1),
            "klasse": Column(title="Klasse"),
        },
        style=Style(
            opacity=0.7,
            stroke="#ffffff",
            column="klasse",
            classes=tuple(
                StyleClass(value=name, label=name, fill=fill, stroke="#ffffff")
                for name, fill in zip(names, _FILLS, strict=True)
            ),
        ),
    )


def pipe_layers(state: PipeState, crs: object) -> list[MapLayer]:
    """Draw the pipes in the colours of VA maps, a layer a medium, heavier for larger dimensions.

    Pumped pipes and those that are not in use are dashed, the latter pale.
    """
    few = int(state.known["linje"].sum()) <= _ON_PAGE
    colours = {one.value: one.stroke for one in load_catalogue()["va_ledning"].style.classes}
    looks = _looks(state)
    kinds = state.frame["type"].to_numpy()
    made = [
        _pipes(
            state,
            state.known["linje"] & (kinds == kind),
            looks,
            crs,
            (kind, title, colours.get(kind, "#7f7f7f")),
        )
        for kind, title in _NAMES.items()
    ]
    made = [one for one in made if len(one.frame)]
    if few:
        return made
    return [*(replace(one, on_page=False) for one in made), *map(_whole, made)]


def _whole(layer: MapLayer) -> MapLayer:
    """Draw the pipes of a class as one: a page can hold the net, but not every pipe of it."""
    frame = layer.frame
    kind = frame["vises_som"].to_numpy()
    names = [one.value for one in layer.style.classes]
    parts = [frame.geometry[kind == name] for name in names]
    return replace(
        layer,
        name=f"{layer.name}_samlet",
        title=f"{layer.title}, samlet",
        frame=gpd.GeoDataFrame(
            {
                "vises_som": names,
                "ledninger": [len(one) for one in parts],
                "km": [one.length.sum() / 1e3 for one in parts],
            },
            geometry=[shapely.MultiLineString(list(_single(one.to_numpy()))) for one in parts],
            crs=frame.crs,
        ),
        columns={
            "vises_som": layer.columns["vises_som"],
            "ledninger": Column(title="Ledninger", decimals=0),
            "km": Column(title="Lengde i kartet", unit="km", decimals=1),
        },
        note="Hver ledning er i GeoPackage-filen.",
    )


def _single(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(lines)
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING])


def _looks(state: PipeState) -> NDArray[np.object_]:
    """Name the class of each pipe, (n,): out of use, pumped, or its dimension."""
    size = state.frame["dimensjon_mm"].to_numpy(dtype=float)
    looks = np.full(len(state), _NO_SIZE, dtype=object)
    for least, name, _ in reversed(_WEIGHTS):
        looks[size >= least] = name
    looks[state.frame["pumpet"].to_numpy(dtype=bool)] = _PUMPED
    looks[~state.frame["i_bruk"].to_numpy(dtype=bool)] = _UNUSED
    return looks


def _classes(colour: str, present: set[str]) -> tuple[StyleClass, ...]:
    """Give the classes that are there their widths and dashes."""
    every = (
        *(StyleClass(value=n, label=n, stroke=colour, width=w) for _, n, w in _WEIGHTS),
        StyleClass(value=_NO_SIZE, label=_NO_SIZE, stroke=colour, width=_WEIGHTS[-1][2]),
        StyleClass(value=_PUMPED, label=_PUMPED, stroke=colour, width=0.8, dash=True),
        StyleClass(value=_UNUSED, label=_UNUSED, stroke=_FADED, width=0.8, dash=True),
    )
    return tuple(one for one in every if one.value in present)


def _pipes(
    state: PipeState,
    mine: NDArray[np.bool_],
    looks: NDArray[np.object_],
    crs: object,
    names: tuple[str, str, str],
) -> MapLayer:
    kind, title, colour = names
    own = state.frame[mine]
    told = zip(*(state.known[one][mine] for one in _LACKS), strict=True)
    lacks = [
        ", ".join(word for word, known in zip(_LACKS.values(), row, strict=True) if not known)
        for row in told
    ]
    frame = gpd.GeoDataFrame(
        {
            "ledning_id": own["ledning_id"].to_numpy(),
            "vises_som": looks[mine],
            "eier": own["eier"].map(OWNERS).to_numpy(),
            "materiale": own["materiale"].fillna("Ukjent").to_numpy(),
            "dimensjon_mm": own["dimensjon_mm"].to_numpy(),
            "anleggsaar": own["anleggsaar"].map(lambda y: "" if np.isnan(y) else f"{y:.0f}"),
            "mangler": lacks,
        },
        geometry=state.lines[mine],
        crs=crs,
    )
    return MapLayer(
        name=f"ledninger_{kind}",
        title=title,
        frame=frame,
        columns={
            "ledning_id": Column(title="Ledning"),
            "vises_som": Column(title="Dimensjon og bruk"),
            "eier": Column(title="Eier"),
            "materiale": Column(title="Materiale"),
            "dimensjon_mm": Column(title="Dimensjon", unit="mm", decimals=0),
            "anleggsaar": Column(title="Anleggsår"),
            "mangler": Column(title="Mangler"),
        },
        style=Style(
            stroke=colour,
            width=_WEIGHTS[-1][2],
            column="vises_som",
            classes=_classes(colour, set(looks[mine])),
        ),
    )


def point_layer(layer_id: str, name: str, title: str, layers: Mapping[str, Any]) -> list[MapLayer]:
    """Draw the points of a layer by type with the marks of the catalogue; none without points."""
    given = layers.get(layer_id)
    if given is None or not len(given):
        return []
    shapes = geometries(given)
    drawn = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    known = load_catalogue()[layer_id]
    words = known.columns["type"].codes or {}
    own = given[drawn]
    frame = gpd.GeoDataFrame(
        {
            "id": own[known.key].astype(str).to_numpy(dtype=object),
            "type": own["type"].map(words).fillna("Ukjent").to_numpy(dtype=object),
        },
        geometry=shapes[drawn],
        crs=given.crs,
    )
    columns = {"id": Column(title="Id"), "type": Column(title="Type")}
    if "navn" in own and own["navn"].notna().any():
        frame["navn"] = own["navn"].fillna("").astype(str).to_numpy(dtype=object)
        columns["navn"] = Column(title="Navn")
    there = set(frame["type"])
    classes = tuple(
        replace(one, value=words[one.value])
        for one in known.style.classes
        if words[one.value] in there
    )
    style = replace(known.style, column="type" if classes else "", classes=classes)
    return [
        MapLayer(
            name=name,
            title=title,
            frame=frame,
            columns=columns,
            style=style,
            on_page=len(frame) <= _ON_PAGE,
        )
    ]
