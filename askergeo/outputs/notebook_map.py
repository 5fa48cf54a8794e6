"""Draws a result as a folium map to look at in a notebook, with the colours and marks of the page.

folium's own code comes from sites outside the municipality (CDNs): without network its frame stays
blank, and with it those sites learn that somebody opened the map. It is therefore to look at while
one works; what is published is the page that :func:`askergeo.outputs.write.write_all` writes.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.crs import to_crs
from askergeo.errors import LayerError, ParameterError
from askergeo.numbers import format_number
from askergeo.outputs.marker import outline
from askergeo.outputs.report import (
    attributions,
    cell_text,
    clean_text,
    hidden_rows,
    shown_columns,
    still_title,
    stop_lines,
)
from askergeo.outputs.symbols import layer_kind, marked_apart, symbols
from askergeo.privacy import suppress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import folium
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.outputs.symbols import Symbol
    from askergeo.result import MapLayer, Result

__all__ = ["NO_FOLIUM", "result_map"]

#: What is said when folium is not installed.
NO_FOLIUM: Final = "Kart i notatbøker tegnes med folium, som ikke er installert."

_DEGREES: Final = "EPSG:4326"
# Decimals of a degree that are a tenth of a metre.
_DECIMALS: Final = 6
# Pixels of a millimetre on paper, at 96 pixels an inch.
_PIXELS: Final = 96 / 25.4
# Mainland Norway, shown when there is nothing to draw: south, west, north, east.
_NORWAY: Final = ((57.9, 4.5), (71.2, 31.2))
_TEXT_LIMIT: Final = 300
_SWATCH: Final = (22, 14)
# Room above the map for the title, the finding and the sources.
_HEADING: Final = 130


def result_map(
    result: Result,
    *,
    layers: Sequence[str] | None = None,
    tiles: str | None = None,
    height: int = 560,
) -> folium.Map:
    """Return a folium map of a result, for a notebook.

    Counts of few persons are hidden first, as everywhere. The title, the finding and the sources
    stand above the map; the legend of each layer stands beside its switch. Texts from the data are
    escaped.

    Parameters
    ----------
    result
        The result, suppressed or not.
    layers
        Names of the layers to draw, the first at the bottom; without it all that the page draws.
    tiles
        A background that folium knows, such as ``"OpenStreetMap"``; it is fetched from the net.
        Without it nothing is fetched for the background.
    height
        Height of the map in pixels.

    Raises
    ------
    LayerError
        When the result has no layer of a name; those that there are, are named.
    ParameterError
        When folium is not installed.
    CrsError
        When a layer has no CRS.
    """
    try:
        import folium  # noqa: PLC0415  (of the extra «analyse»)
        from branca.element import Element  # noqa: PLC0415
    except ImportError:
        raise ParameterError(
            NO_FOLIUM, remedy='Installer det med: pip install "askergeo[analyse]".'
        ) from None
    shown = marked_apart(suppress(result))
    drawn = _chosen(shown, layers)
    chart = folium.Map(tiles=tiles, width="100%", height=height)
    figure: Any = chart.get_root()
    figure.width, figure.height = "100%", f"{height + _HEADING}px"
    figure.html.add_child(Element(_heading(shown, drawn)), name="overskrift")
    bounds = np.full(4, np.nan)
    for layer in drawn:
        frame = _in_degrees(layer)
        group = folium.FeatureGroup(name=_legend(layer, frame), show=layer.visible)
        _add_features(folium, group, layer, frame)
        group.add_to(chart)
        if len(frame):
            seen = frame.total_bounds
            bounds = np.array([*np.fmin(bounds[:2], seen[:2]), *np.fmax(bounds[2:], seen[2:])])
    if drawn:
        folium.LayerControl(collapsed=False).add_to(chart)
    west, south, east, north = map(float, bounds)
    known = np.isfinite(bounds).all()
    chart.fit_bounds([[south, west], [north, east]] if known else [list(p) for p in _NORWAY])
    return chart


def _chosen(result: Result, names: Sequence[str] | None) -> list[MapLayer]:
    """Return the layers asked for, or those that the page draws."""
    if names is None:
        return [layer for layer in result.layers if layer.on_page]
    known = {layer.name: layer for layer in result.layers}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LayerError(
            f"Resultatet «{result.title}» har ikke kartlaget {', '.join(map(str, unknown))}.",
            remedy=f"Kartlagene er: {', '.join(known) or 'ingen'}.",
        )
    return [known[name] for name in names]


def _in_degrees(layer: MapLayer) -> gpd.GeoDataFrame:
    """Return the features that can be drawn, in degrees."""
    geometry = np.asarray(layer.frame.geometry.array, dtype=object)
    bounds = shapely.bounds(geometry)
    frame = layer.frame[np.isfinite(bounds).all(axis=1)]
    if not len(frame):
        return frame
    moved = to_crs(frame, _DEGREES, what=f"kartlaget «{layer.title}»")
    # What lies where the projection has no degrees cannot be drawn.
    seen = np.isfinite(shapely.bounds(np.asarray(moved.geometry.array, dtype=object))).all(axis=1)
    return moved[seen]


def _add_features(
    folium: Any,  # noqa: ANN401  (the module, which may be absent)
    group: folium.FeatureGroup,
    layer: MapLayer,
    frame: gpd.GeoDataFrame,
) -> None:
    """Add the features of each class, with what a click on them tells."""
    drawn = symbols(layer.style, layer.title, layer_kind(layer))
    texts = _texts(layer, frame)
    fields = [f"k{at}" for at in range(len(texts))]
    headers = [_markup(clean_text(layer.columns[name].header)) for name in texts]
    shapes = _shapes(frame)
    of_class = _classes(layer, frame, drawn)
    for at, symbol in enumerate(drawn):
        rows = np.flatnonzero(of_class == at)
        if not len(rows):
            continue
        features = [
            {
                "type": "Feature",
                "properties": {f: texts[n][row] for f, n in zip(fields, texts, strict=True)},
                "geometry": shapes[row],
            }
            for row in rows
        ]
        icon = _icon(symbol)
        folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            name=layer.name,
            control=False,
            style_function=None if icon else _styler(symbol),
            marker=folium.Marker(icon=folium.DivIcon(**icon))
            if icon
            else folium.CircleMarker(radius=_radius(symbol)),
            popup=folium.GeoJsonPopup(fields, headers) if fields else None,
        ).add_to(group)


def _shapes(frame: gpd.GeoDataFrame) -> list[Any]:
    """Return the geometries as GeoJSON, to a tenth of a metre."""
    flat = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    rounded = shapely.transform(flat, lambda xy: np.round(xy, _DECIMALS))
    return [json.loads(text) for text in shapely.to_geojson(rounded)]


def _texts(layer: MapLayer, frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Write every cell as the page does, escaped: folium puts it into the document as it is."""
    names = shown_columns(layer)
    hidden = hidden_rows(layer, names)
    texts = {}
    for name in names:
        column = layer.columns[name]
        cells = frame[name].astype(object).tolist()
        texts[name] = [
            _markup(cell_text(cell, column, hidden=label in hidden[name])[:_TEXT_LIMIT])
            for label, cell in zip(frame.index, cells, strict=True)
        ]
    return texts


def _classes(
    layer: MapLayer, frame: gpd.GeoDataFrame, drawn: Sequence[Symbol]
) -> NDArray[np.int64]:
    """Return the number of the symbol of each feature; the last is the rest."""
    numbers = np.full(len(frame), len(drawn) - 1)
    if layer.style.column not in frame:
        return numbers
    known = {symbol.value: at for at, symbol in enumerate(drawn[:-1])}
    found = pd.to_numeric(frame[layer.style.column].map(known)).to_numpy(dtype=np.float64)
    return np.where(np.isnan(found), numbers, found).astype(np.int64)


def _look(symbol: Symbol, *, line: bool) -> dict[str, Any]:
    """Return Leaflet's options of lines, or of areas and circles."""
    stroke = symbol.stroke or (symbol.fill if line else "")
    return {
        "stroke": bool(stroke) and symbol.width > 0,
        "color": stroke or "#3b3b3b",
        "weight": max(round(symbol.width * _PIXELS, 1), 0.5),
        "dashArray": symbol.dashes or None,
        "fill": bool(symbol.fill) and not line,
        "fillColor": symbol.fill or "#ffffff",
        "fillOpacity": symbol.opacity,
        "opacity": 1.0,
    }


def _styler(symbol: Symbol) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what folium asks for the look of each feature: a line has no inside."""
    line, other = _look(symbol, line=True), _look(symbol, line=False)
    return lambda feature: line if "Line" in feature["geometry"]["type"] else other


def _radius(symbol: Symbol) -> float:
    return max(round(symbol.size * _PIXELS / 2, 1), 2.0)


def _icon(symbol: Symbol) -> dict[str, Any]:
    """Return what draws a mark other than the circle; empty for a circle."""
    radius = _radius(symbol)
    side = round(2.6 * radius + 2)
    path = outline(symbol.shape, side / 2, side / 2, radius)
    if not path:
        return {}
    size = f'width="{side}" height="{side}"'
    return {
        "html": f'<svg {size} aria-hidden="true">{_mark(symbol, path)}</svg>',
        "icon_size": (side, side),
        "icon_anchor": (side // 2, side // 2),
        "class_name": "merke",
    }


def _mark(symbol: Symbol, path: str) -> str:
    return (
        f'<path d="{path}" fill="{symbol.fill or "none"}" stroke="{symbol.stroke or "#3b3b3b"}" '
        f'fill-opacity="{symbol.opacity:g}"/>'
    )


def _legend(layer: MapLayer, frame: gpd.GeoDataFrame) -> str:
    """Write a layer's name with its classes under it: it is the label of the layer's switch."""
    title = f"<b>{_markup(clean_text(still_title(layer)))}</b> ({format_number(len(frame))})"
    drawn = symbols(layer.style, layer.title, layer_kind(layer))
    used = set(_classes(layer, frame, drawn).tolist())
    kinds = set(np.unique(shapely.get_dimensions(np.asarray(frame.geometry.array, dtype=object))))
    if len(drawn) == 1:
        return _small(f"{_swatch(drawn[0], kinds)} {title}")
    lines = [
        f"<br>&emsp;{_swatch(symbol, kinds)} {_markup(clean_text(symbol.label))}"
        for at, symbol in enumerate(drawn)
        # The rest is named only where there is such a feature.
        if at < len(drawn) - 1 or at in used
    ]
    return _small(title + "".join(lines))


def _small(text: str) -> str:
    return f'<span style="font-size:.8rem">{text}</span>'


def _swatch(symbol: Symbol, kinds: set[int]) -> str:
    """Draw a symbol for the legend: a line, a mark or an area."""
    width, height = _SWATCH
    look = _look(symbol, line=kinds == {1})
    dash = f' stroke-dasharray="{symbol.dashes}"' if symbol.dashes else ""
    stroke = look["color"] if look["stroke"] else "none"
    line = f'stroke="{stroke}" stroke-width="{min(look["weight"], 4):g}"{dash}'
    if kinds == {1}:
        drawn = f'<path d="M1 {height / 2:g}H{width - 1}" {line}/>'
    elif kinds == {0}:
        path = outline(symbol.shape, width / 2, height / 2, 5)
        drawn = (
            _mark(symbol, path)
            if path
            else f'<circle cx="{width / 2:g}" cy="{height / 2:g}" r="5" '
            f'fill="{symbol.fill or "none"}" {line}/>'
        )
    else:
        drawn = (
            f'<rect x="2" y="2" width="{width - 4}" height="{height - 4}" '
            f'fill="{symbol.fill or "none"}" fill-opacity="{symbol.opacity:g}" {line}/>'
        )
    return f'<svg width="{width}" height="{height}" aria-hidden="true">{drawn}</svg>'


def _heading(result: Result, drawn: Sequence[MapLayer]) -> str:
    """Write what stands above the map."""
    stops = "".join(f"<p><b>{_markup(line)}</b></p>" for line in stop_lines([result]))
    owners = attributions(result)
    sources = f"Kilder: {_markup(clean_text('; '.join(owners)))}. " if owners else ""
    nothing = "" if drawn else "Resultatet har ingen kartlag. "
    left_out = [layer.title for layer in result.layers if not layer.on_page]
    heavy = (
        f"Bare i GeoPackage-filen: {_markup(clean_text(', '.join(left_out)))}. "
        if left_out and not set(left_out) & {layer.title for layer in drawn}
        else ""
    )
    return (
        '<div style="font-family:sans-serif;margin:0 8px;max-height:'
        f'{_HEADING - 10}px;overflow:auto">{stops}'
        f'<h1 style="font-size:1.2rem;margin:4px 0">{_markup(clean_text(result.title))}</h1>'
        f'<p style="margin:4px 0">{_markup(clean_text(result.sentence))}</p>'
        f'<p style="margin:4px 0;font-size:.8rem">{nothing}{heavy}{sources}</p></div>'
    )


def _markup(text: str) -> str:
    """Escape a text for HTML and for folium's templates, which read braces as code."""
    return escape(text).replace("{", "&#123;").replace("}", "&#125;")
