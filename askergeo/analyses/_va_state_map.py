"""Maps of what the map of pipes knows: areas that lack most, and the pipes as VA maps draw them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from askergeo.analyses._background import land_of
from askergeo.catalogue import load_catalogue
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.state import OWNERS, TYPES

if TYPE_CHECKING:
    from askergeo.va.state import PipeState

__all__ = ["layers_of", "pipe_layers"]

# More lines than this are too many for the page.
_ON_PAGE: Final = 6_000
_PERCENT: Final = 100.0
_HALF: Final = 2
# Least dimension (mm), width (mm on paper) and name: heavier pipes are drawn heavier.
_WEIGHTS: Final = (
    (300.0, 1.1, "300", "300 mm og mer"),
    (150.0, 0.7, "150", "150 til under 300 mm"),
    (0.0, 0.4, "mindre", "under 150 mm"),
)
_DASHED: Final = ("overvann", "avlop_felles")
_LACKS: Final = {"materiale": "materiale", "dimensjon": "dimensjon", "anleggsaar": "anleggsår"}
_UNKNOWN_WIDTH: Final = 0.25
_FILLS: Final = ("#f2f0f7", "#cbc9e2", "#9e9ac8", "#54278f")


def layers_of(
    state: PipeState,
    areas: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None,
    limits: tuple[float, float],
) -> tuple[MapLayer, ...]:
    """Draw the land, the areas by what they lack, and the pipes by type and dimension."""
    ground = () if boundary is None else (land_of(boundary),)
    return (*ground, _area_layer(areas, limits), *pipe_layers(state, areas.crs))


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
    """Draw the pipes in the colours of VA maps, heavier for larger dimensions.

    Colour is not the only sign: storm water and combined sewers are dashed.
    """
    size = state.frame["dimensjon_mm"].to_numpy(dtype=float)
    left = state.known["linje"].copy()
    made = []
    few = int(left.sum()) <= _ON_PAGE
    for least, width, name, title in _WEIGHTS:
        mine = left & (size >= least)
        left &= ~mine
        made.append(_pipes(state, mine, crs, (f"ledninger_{name}", f"Ledninger {title}"), width))
    unknown = ("ledninger_ukjent", "Ledninger uten dimensjon")
    made.append(_pipes(state, left, crs, unknown, _UNKNOWN_WIDTH))
    return [replace(one, on_page=few) for one in made if len(one.frame)]


def _pipes(
    state: PipeState, mine: np.ndarray, crs: object, names: tuple[str, str], width: float
) -> MapLayer:
    style = load_catalogue()["va_ledning"].style
    own = state.frame[mine]
    told = zip(*(state.known[one][mine] for one in _LACKS), strict=True)
    lacks = [
        ", ".join(word for word, known in zip(_LACKS.values(), row, strict=True) if not known)
        for row in told
    ]
    frame = gpd.GeoDataFrame(
        {
            "ledning_id": own["ledning_id"].to_numpy(),
            "type": own["type"].map(TYPES).to_numpy(),
            "eier": own["eier"].map(OWNERS).to_numpy(),
            "materiale": own["materiale"].fillna("Ukjent").to_numpy(),
            "dimensjon_mm": own["dimensjon_mm"].to_numpy(),
            "anleggsaar": own["anleggsaar"].to_numpy(),
            "mangler": lacks,
        },
        geometry=state.lines[mine],
        crs=crs,
    )
    classes = tuple(
        replace(one, value=TYPES[str(one.value)], dash=one.value in _DASHED)
        for one in style.classes
    )
    grey = StyleClass(value=TYPES["ukjent"], label=TYPES["ukjent"], stroke="#7f7f7f", dash=True)
    return MapLayer(
        name=names[0],
        title=names[1],
        frame=frame,
        columns={
            "ledning_id": Column(title="Ledning"),
            "type": Column(title="Type"),
            "eier": Column(title="Eier"),
            "materiale": Column(title="Materiale"),
            "dimensjon_mm": Column(title="Dimensjon", unit="mm", decimals=0),
            "anleggsaar": Column(title="Anleggsår", decimals=0),
            "mangler": Column(title="Mangler"),
        },
        style=replace(style, width=width, column="type", classes=(*classes, grey)),
    )
