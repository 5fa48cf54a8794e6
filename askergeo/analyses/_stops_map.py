"""Map layers of access to public transport: homes by class, stops by departures, the line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._reach_map import squares
from askergeo.analyses._stops_tables import MODE_TITLES, PERIOD_TITLES, span_text
from askergeo.catalogue import load_catalogue
from askergeo.network.departures import ALL
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.access import CLASSES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.analyses._stops_scene import Scene

__all__ = ["CLASS_COLOURS", "CLASS_SIGNS", "STOP_LAYERS", "layers_of"]

# More addresses than this are drawn on the page as squares.
_POINTS: Final = 12_000
#: From much to little: told apart by lightness alone, and by the number in front of the name.
CLASS_COLOURS: Final = ("#1f5fa8", "#5b9fd0", "#a9cfe6", "#f5b27a", "#c8440b")
#: What a class is called on the map: its number is a sign that needs no colour.
CLASS_SIGNS: Final = {word: f"{n} {word}" for n, word in enumerate(CLASSES, start=1)} | {
    UNKNOWN: f"? {UNKNOWN}"
}
# Title, departures an hour from which, size on the map and fill of each layer of stops.
_STOPS: Final = (
    ("holdeplasser_4", "minst 4 avganger i timen", 4.0, 2.6, "#111111"),
    ("holdeplasser_2", "2–3 avganger i timen", 2.0, 2.1, "#404040"),
    ("holdeplasser_1", "1 avgang i timen", 1.0, 1.7, "#707070"),
    ("holdeplasser_0", "sjeldnere enn hver time", 0.0, 1.3, "#a8a8a8"),
)
_NO_CLASS: Final = "Uten rutetabell er klassen ukjent."
_UNSERVED: Final = "holdeplasser_ikke_betjent"
_PLAIN: Final = "holdeplasser_alle"
#: Names of the layers of stops.
STOP_LAYERS: Final = (*(name for name, *_ in _STOPS), _UNSERVED, _PLAIN)


def layers_of(scene: Scene, boundary: gpd.GeoDataFrame | None) -> tuple[MapLayer, ...]:
    """Draw the land, homes by class, the nullvekstlinje, and stops sized by departures."""
    return (
        *([land_of(boundary)] if boundary is not None else []),
        *_home_layers(scene),
        *_line_layer(scene),
        *_stop_layers(scene),
    )


def _home_layers(scene: Scene) -> Iterator[MapLayer]:
    """Draw every address or home by its class; by the distance when there is no timetable."""
    access, ways = scene.access, scene.ways
    by_class = scene.days is not None
    data: dict[str, Any] = {}
    columns: dict[str, Column] = {}
    if by_class:
        data |= {
            "klasse": access["klasse"].map(CLASS_SIGNS).to_numpy(dtype=object),
            "holdeplass": access["holdeplass"].fillna("ingen innen rekkevidde").to_numpy(object),
            "gangavstand_m": access["gangavstand_m"].to_numpy(),
            "avganger_time": access["avganger_time"].to_numpy(),
        }
        columns |= {
            "klasse": Column(title="Tilgang til kollektivtransport"),
            "holdeplass": Column(title="Holdeplassen som gir klassen"),
            "gangavstand_m": Column(title="Gangavstand dit", unit="m", decimals=0),
            "avganger_time": Column(title="Avganger der", unit="i timen", decimals=1),
        }
    else:
        data["klasse"] = _bands(access["naermeste_m"].to_numpy())
        columns["klasse"] = Column(title="Gangavstand til nærmeste holdeplass")
    near = access["naermeste_m"].to_numpy()
    data |= {
        "naermeste": access["naermeste"].fillna("ukjent").to_numpy(dtype=object),
        "naermeste_m": np.where(np.isfinite(near), near, np.nan),
        "minutter": np.where(np.isfinite(ways.minutes), np.ceil(ways.minutes * 10) / 10, np.nan),
    }
    columns |= {
        "naermeste": Column(title="Nærmeste holdeplass"),
        "naermeste_m": Column(title="Gangavstand til den nærmeste", unit="m", decimals=0),
        "minutter": Column(
            title="Gangtid til nærmeste med avganger" if by_class else "Gangtid til nærmeste",
            unit="min",
            decimals=1,
        ),
    }
    frame = gpd.GeoDataFrame(
        data, geometry=scene.people.points, crs=scene.holdeplass.crs, index=access.index
    )
    frame = frame[~frame.index.duplicated()]
    many = len(frame) > _POINTS
    what = "tilgang til kollektivtransport" if by_class else "gangavstand til holdeplass"
    who = "Adresser" if scene.by_address else "Bosteder"
    layer = MapLayer(
        name="adresser",
        title=f"{who} etter {what}",
        frame=frame,
        columns=columns,
        style=Style(column="klasse", classes=_classes(by_class=by_class), size=1.1, width=0.1),
        note=f"Alle {who.lower()} er med, også dem uten bosatte. "
        + ("Tallet foran navnet er klassens nummer: 1 er best." if by_class else _NO_CLASS),
        on_page=not many,
    )
    if many:
        drawn = squares(frame, "klasse", layer)
        yield replace(drawn, note="Hver rute har klassen til flest av adressene i den. 1 er best.")
    yield layer


_DISTANCES: Final = (300.0, 500.0, 1000.0, 1500.0)
_DISTANCE_WORDS: Final = (
    "1 til 300 m",
    "2 til 500 m",
    "3 til 1000 m",
    "4 til 1500 m",
    "5 over 1500 m",
)


def _bands(metres: NDArray[np.float64]) -> NDArray[np.object_]:
    words = np.array([*_DISTANCE_WORDS, CLASS_SIGNS[UNKNOWN]], dtype=object)
    band = np.searchsorted(_DISTANCES, np.nan_to_num(metres, posinf=np.inf), side="left")
    return np.asarray(words[np.where(np.isnan(metres), len(words) - 1, band)], dtype=object)


def _classes(*, by_class: bool) -> tuple[StyleClass, ...]:
    words = tuple(CLASS_SIGNS[word] for word in CLASSES) if by_class else _DISTANCE_WORDS
    unknown = CLASS_SIGNS[UNKNOWN]
    return (
        *(
            StyleClass(value=word, label=word, fill=fill, stroke="#5f6b7a")
            for word, fill in zip(words, CLASS_COLOURS, strict=True)
        ),
        StyleClass(value=unknown, label=unknown, fill="#ffffff", stroke="#8c8c8c", dash=True),
    )


def _line_layer(scene: Scene) -> Iterator[MapLayer]:
    if scene.zones is None or shapely.is_empty(scene.zones.line):
        return
    known = load_catalogue()["nullvekstlinje"]
    frame = gpd.GeoDataFrame(
        {"navn": ["Nullvekstlinjen"]}, geometry=[scene.zones.line], crs=scene.holdeplass.crs
    )
    yield MapLayer(
        name="nullvekstlinje",
        title=known.title,
        frame=frame,
        columns={"navn": Column(title="Navn")},
        style=known.style,
    )


def _stop_layers(scene: Scene) -> Iterator[MapLayer]:
    """Draw the stop places, larger the more departures there are in the class's period."""
    frame, columns = _stop_frame(scene)
    if scene.days is None:
        yield _stop_layer(_PLAIN, "Holdeplasser", frame, columns, 1.8, "#404040")
        return
    period = str(scene.parameters["kollektiv_klasse_periode"])
    rate = scene.rates[period]
    many = np.zeros(len(frame)) if rate is None else rate[ALL].round(6).to_numpy()
    when = f"{PERIOD_TITLES[period].lower()}, {span_text(scene, period)}"
    upper = np.inf
    # The busiest are drawn last, on top.
    shown = []
    for name, title, least, size, fill in _STOPS:
        mine = scene.served & (many >= least) & (many < upper)
        upper = least
        if mine.any():
            text = f"Holdeplasser: {title} ({when})"
            shown.append(_stop_layer(name, text, frame[mine], columns, size, fill))
    if not scene.served.all():
        text = "Holdeplasser som ikke er betjent"
        alone = _stop_layer(_UNSERVED, text, frame[~scene.served], columns, 1.5, "#ffffff")
        shown.append(replace(alone, style=replace(alone.style, stroke="#d55e00", dash=True)))
    yield from reversed(shown)


def _stop_layer(  # noqa: PLR0917  (what it is called, what it shows, how it looks)
    name: str,
    title: str,
    frame: gpd.GeoDataFrame,
    columns: dict[str, Column],
    size: float,
    fill: str,
) -> MapLayer:
    return MapLayer(
        name=name,
        title=title,
        frame=frame,
        columns=columns,
        style=Style(fill=fill, stroke="#ffffff", width=0.2, size=size),
        note="Ett punkt for hvert stoppested, midt mellom holdeplassene. Avganger er gjennomsnitt: "
        "3,5 er i gruppen 2–3.",
    )


def _stop_frame(scene: Scene) -> tuple[gpd.GeoDataFrame, dict[str, Column]]:
    sted = scene.sted
    data: dict[str, Any] = {
        "navn": sted["navn"].to_numpy(dtype=object),
        "middel": [
            ", ".join(MODE_TITLES[one] for one in own) or "ukjent" for own in sted["middel"]
        ],
    }
    columns = {
        "navn": Column(title="Stoppested"),
        "middel": Column(title="Transportmiddel"),
    }
    for period, rate in scene.rates.items():
        data[period] = np.full(len(sted), np.nan) if rate is None else rate[ALL].to_numpy()
        columns[period] = Column(title=PERIOD_TITLES[period], unit="avganger i timen", decimals=1)
    points = shapely.points(sted["x"].to_numpy(), sted["y"].to_numpy())
    index = pd.Index(sted.index.astype(str))
    frame = gpd.GeoDataFrame(data, geometry=points, crs=scene.holdeplass.crs, index=index)
    return frame, columns
