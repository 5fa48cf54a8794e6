"""Map layers of land that changes, coloured by its emissions; organic soil apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.analyses._carbon_reckoned import per_hectare
from askergeo.analyses._carbon_stock import class_title
from askergeo.analyses._carbon_takings import CHANGE, SPARED
from askergeo.analyses._land_account import DEKAR, HECTARE
from askergeo.carbon import load_classes
from askergeo.overlay.account import AREA
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.analyses._carbon_reckoned import Settings
    from askergeo.analyses._carbon_takings import Takings

__all__ = ["map_layers"]

_STEPS: Final = (0.0, 100.0, 200.0, 400.0, 800.0)
_LABELS: Final = (
    "opptak", "0–100 t/ha", "100–200 t/ha", "200–400 t/ha", "400–800 t/ha", "over 800 t/ha",
)  # fmt: skip
_COLOURS: Final = ("#4d9221", "#fee391", "#fec44f", "#fe9929", "#cc4c02", "#662506")
_SPARED: Final = "#4393c3"
_PEAT: Final = "#542788"
_ON_PAGE: Final = 4_000
# Polygons smaller than this (m²) cannot be seen, and are how outlines differ.
_SEEN: Final = 1.0


def map_layers(found: Takings, settings: Settings, years: int) -> tuple[MapLayer, ...]:
    """Draw the land of each plan, of the difference, and what of it is organic soil."""
    if not len(found.pieces):
        return ()
    frame = _columns(found.pieces[found.pieces[AREA] >= _SEEN], settings, years)
    names = list(dict.fromkeys(frame["sak"]))
    change = CHANGE in names
    layers = []
    if change:
        layers.append(_layer("endring", CHANGE, frame[frame["sak"] == CHANGE], _by_direction()))
        for number, name in enumerate(one for one in names if one != CHANGE):
            rows = frame[frame["sak"] == name]
            layers.append(_layer(f"plan_{number + 1}", f"Bygges ut: {name}", rows, _by_emission()))
    else:
        title = names[0] if len(names) == 1 else found.main
        layers.append(_layer("plan_1", f"Bygges ut: {title}", frame, _by_emission()))
    classes = load_classes()
    organic = frame["kode"].map(lambda name: classes[name].soil == "organisk").to_numpy(dtype=bool)
    plain = frame["sak"] != CHANGE
    peat = frame[organic & plain.to_numpy(dtype=bool)]
    if len(peat):
        style = Style(fill=_PEAT, stroke=_PEAT, opacity=0.8)
        layers.append(_layer("organisk_jord", "Organisk jord som bygges ut", peat, style))
    return tuple(layers)


def _columns(pieces: gpd.GeoDataFrame, settings: Settings, years: int) -> gpd.GeoDataFrame:
    found = per_hectare(pieces, settings, years)
    keys = list(zip(pieces["klasse"], pieces["gruppe"], strict=True))
    # Of land that is left alone altogether nothing is emitted.
    per_ha = found["sum_t"].reindex(keys).fillna(0.0).to_numpy()
    sign = np.where(pieces["retning"] == SPARED, -1.0, 1.0)
    return pieces.assign(
        kode=pieces["klasse"],
        klasse=pieces["klasse"].map(class_title),
        dekar=pieces[AREA] / DEKAR,
        t_ha=sign * per_ha,
        t=sign * per_ha * pieces[AREA] / HECTARE,
        trinn=np.array(_LABELS, dtype=object)[np.searchsorted(_STEPS, per_ha, side="right")],
    )


def _by_emission() -> Style:
    return Style(
        column="trinn",
        classes=tuple(
            StyleClass(value=label, label=label, fill=colour, stroke="#555555")
            for label, colour in zip(_LABELS, _COLOURS, strict=True)
        ),
        width=0.2,
        opacity=0.85,
    )


def _by_direction() -> Style:
    colours = {"legges til": _COLOURS[4], SPARED: _SPARED}
    return Style(
        column="retning",
        classes=tuple(
            StyleClass(value=name, label=name, fill=colour, stroke=colour)
            for name, colour in colours.items()
        ),
        opacity=0.85,
    )


def _layer(name: str, title: str, frame: gpd.GeoDataFrame, style: Style) -> MapLayer:
    columns = {
        "sak": Column(title="Plan eller vedtak"),
        "retning": Column(title="Retning"),
        "gruppe": Column(title="Arealformål"),
        "klasse": Column(title="Arealdekke i dag"),
        "dekar": Column(title="Areal", unit="dekar", decimals=2),
        "t_ha": Column(title="Utslipp per hektar", unit="t CO2e/ha", decimals=0),
        "t": Column(title="Utslipp", unit="t CO2e", decimals=1),
        "trinn": Column(title="Trinn"),
    }
    return MapLayer(
        name=name,
        title=title,
        frame=frame[[*columns, "geometry"]].reset_index(drop=True),
        columns=columns,
        style=style,
        note="Utslipp per hektar er snittet for arealet som er lagt ut, også det som blir stående.",
        on_page=len(frame) <= _ON_PAGE,
    )
