"""Themes of the land account: nature types, myr, the shore zone, dyrket and dyrkbar jord, hazards.

A theme is accounted for within its own polygons. Where its layer is absent the area is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo._text import listed, nearest
from askergeo.analyses._shoreline import belt_of, read_land, read_shore
from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.result import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.analyses._land import LandCover
    from askergeo.parameters import Parameters

__all__ = ["NO_CLASS", "THEMES", "WHOLE", "Theme", "chosen_themes", "themes_of"]

WHOLE: Final = "I alt"
NO_CLASS: Final = "Uten klasse"
_BELT: Final = "strandsone"
#: The themes in the order shown: title, and the layer that each comes from.
THEMES: Final = {
    "naturtype": ("Naturtyper", "naturtype"),
    "myr": ("Myr og organisk jord", "ar5"),
    _BELT: ("Strandsonen, 100-metersbeltet", "kystkontur"),
    "dyrket": ("Dyrket jord", "ar5"),
    "dyrkbar_jord": ("Dyrkbar jord", "dyrkbar_jord"),
    "markagrense": ("Marka", "markagrense"),
    "flom": ("Flomsone", "flom"),
    "kvikkleire_faresone": ("Faresoner for kvikkleire", "kvikkleire_faresone"),
}
_CLASS_COLUMN: Final = {
    "naturtype": "verdi",
    "dyrkbar_jord": "klasse",
    "markagrense": "navn",
    "flom": "gjentaksintervall",
    "kvikkleire_faresone": "faregrad",
}
_BOG: Final = "60"
_ORGANIC: Final = "Organisk jord utenom myr"


@dataclass(frozen=True)
class Theme:
    """A theme.

    Parameters
    ----------
    name
        Key of `THEMES`.
    title
        In bokmål.
    frame
        Polygons with ``klasse`` (text).
    note
        How much of the municipality is mapped, in bokmål.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    note: str


def themes_of(
    layers: Mapping[str, gpd.GeoDataFrame | None],
    cover: LandCover,
    parameters: Parameters,
) -> tuple[tuple[Theme, ...], tuple[Missing, ...]]:
    """Find the themes that the layers can tell of.

    Parameters
    ----------
    layers
        Layers of the catalogue by id: those of `THEMES`, ``kommunegrense`` and ``vann``.
    cover
        The land cover. Dyrket jord is of its classes; myr with organic soil is of AR5 only.
    parameters
        The set ``areal``.

    Returns
    -------
    tuple of Theme, tuple of Missing
        Those that could be made, and why one could not although its layer is there. That a layer
        is absent is not among them.
    """
    makers = {"myr": _bog, "dyrket": _farmed, _BELT: _belt}
    found, missing = [], []
    for name in chosen_themes(parameters):
        layer = THEMES[name][1]
        made: Theme | Missing | None
        if name in makers:
            made = makers[name](layers, cover, parameters)
        else:
            frame = layers.get(layer)
            made = None if frame is None else _of_layer(name, frame, parameters)
        if isinstance(made, Missing):
            missing.append(made)
        elif made is not None:
            found.append(made)
    return tuple(found), tuple(missing)


def chosen_themes(parameters: Parameters) -> tuple[str, ...]:
    """Names of the themes that the parameters ask for, in the order shown.

    Raises
    ------
    ParameterError
        When one is not a theme.
    """
    wanted = [str(one) for one in parameters["tema"]]
    unknown = [one for one in wanted if one not in THEMES]
    if unknown:
        raise ParameterError(
            f"«{unknown[0]}» er ikke et tema. {nearest(unknown[0], THEMES)}".rstrip(),
            remedy=f"Temaene er {listed(list(THEMES))}.",
        )
    return tuple(one for one in THEMES if one in wanted)


def _of_layer(name: str, frame: gpd.GeoDataFrame, parameters: Parameters) -> Theme:
    """Make a theme of a layer of its own, by a column of classes."""
    title = THEMES[name][0]
    layer = load_catalogue()[name]
    column = _CLASS_COLUMN[name]
    if name == "flom":
        interval = int(parameters["tema_flom_intervall"])
        frame = frame[(frame[column] == interval).fillna(value=False).to_numpy(dtype=bool)]
        title = f"{title}, {(layer.columns[column].codes or {}).get(interval, interval)}"
    codes = layer.columns[column].codes or {}
    words = {str(code): text for code, text in codes.items()}
    values = frame[column].astype("string") if column in frame else pd.Series(pd.NA, frame.index)
    classes = values.map(words).fillna(values).fillna(NO_CLASS) if words else values
    return Theme(
        name=name,
        title=title,
        frame=frame.assign(klasse=classes.fillna(NO_CLASS).astype(object)),
        note=layer.coverage.text,
    )


def _bog(
    layers: Mapping[str, gpd.GeoDataFrame | None], _cover: LandCover, _: Parameters
) -> Theme | None:
    """Bog, and organic soil elsewhere, as AR5 tells."""
    frame = layers.get("ar5")
    if frame is None:
        return None
    kind = frame["arealtype"].astype("string")
    bog = (kind == _BOG).fillna(value=False).to_numpy(dtype=bool)
    note = load_catalogue()["ar5"].coverage.text
    soil = np.zeros(len(frame), dtype=bool)
    if "grunnforhold" in frame:
        organic = (frame["grunnforhold"].astype("string") == "45").fillna(value=False)
        soil = organic.to_numpy(dtype=bool) & ~bog
    else:
        note = f"Grunnforhold er ikke i laget, så organisk jord utenom myr er ukjent. {note}"
    words = np.where(bog, "Myr", _ORGANIC).astype(object)
    return Theme("myr", THEMES["myr"][0], frame.assign(klasse=words)[bog | soil], note)


def _farmed(
    _layers: Mapping[str, gpd.GeoDataFrame | None], cover: LandCover, parameters: Parameters
) -> Theme | None:
    """Land that is farmed, by its classes in the land cover."""
    wanted = [str(one) for one in parameters["dyrket_klasser"]]
    if not set(wanted) & set(cover.classes.index):
        return None
    frame = cover.frame[cover.frame["klasse"].isin(wanted)]
    note = load_catalogue()[cover.layer].coverage.text
    return Theme("dyrket", THEMES["dyrket"][0], frame.assign(klasse=frame["klassenavn"]), note)


def _belt(
    layers: Mapping[str, gpd.GeoDataFrame | None], _cover: LandCover, parameters: Parameters
) -> Theme | Missing | None:
    """Land within 100 m of the sea (pbl § 1-8), as ``askergeo strandsone`` draws it."""
    shoreline, boundary = layers.get("kystkontur"), layers.get("kommunegrense")
    if shoreline is None or boundary is None:
        return None
    try:
        land = read_land(boundary, layers.get("vann"), geometries(shoreline))
        belt = belt_of(
            read_shore(land, shoreline),
            float(parameters["strandsone_m"]),
            int(parameters["strandsone_segmenter"]),
        )
    except LayerError as error:
        return Missing(
            layer="kystkontur",
            title=THEMES[_BELT][0],
            consequence=f"Strandsonen er ikke regnet: {error.message}",
        )
    frame = gpd.GeoDataFrame({"klasse": [WHOLE]}, geometry=[belt], crs=shoreline.crs)
    note = (
        "Land til og med ferskvann innenfor beltet, uten hensyn til byggegrenser i plan; "
        "«askergeo strandsone» gir mer."
    )
    return Theme(_BELT, THEMES[_BELT][0], frame, note)
