"""QGIS styles (QML) from :class:`askergeo.result.Style`, with Norwegian field aliases.

The elements are those that QGIS 3.22 and later write for the categories Symbology and Fields;
what is left out takes QGIS' own default.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET  # only writes
from typing import TYPE_CHECKING

from askergeo.outputs.report import clean_text
from askergeo.outputs.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.outputs.symbols import Symbol
    from askergeo.result import MapLayer

__all__ = ["GEOMETRY_CODES", "qml"]

# QGIS' number of each geometry type, by the dimension of the geometry.
GEOMETRY_CODES = {"punkt": 0, "linje": 1, "flate": 2}
_SYMBOL_TYPES = {"punkt": "marker", "linje": "line", "flate": "fill"}
_LAYER_CLASSES = {"punkt": "SimpleMarker", "linje": "SimpleLine", "flate": "SimpleFill"}


# QGIS' own names of the marks.
_MARKS = {"cross": "cross_fill"}
# Pixels of the screen a millimetre.
_PIXELS = 3.78


def qml(layer: MapLayer, geometry: str, aliases: Mapping[str, str]) -> str:
    """Write the style of a map layer.

    Parameters
    ----------
    layer
        The layer with its style.
    geometry
        ``"punkt"``, ``"linje"`` or ``"flate"``.
    aliases
        Column name → header in bokmål, in the order of the file's fields.

    Returns
    -------
    str
        The QML document, to be put into ``layer_styles`` or a ``.qml`` file.
    """
    root = ET.Element("qgis", version="3.22.16", styleCategories="Symbology|Fields")
    drawn = symbols(layer.style, layer.title, GEOMETRY_CODES[geometry])
    by_class = bool(layer.style.column)
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="categorizedSymbol" if by_class else "singleSymbol",
        enableorderby="0",
        forceraster="0",
        symbollevels="0",
        referencescale="-1",
    )
    if by_class:
        renderer.set("attr", layer.style.column)
        categories = ET.SubElement(renderer, "categories")
        for number, symbol in enumerate(drawn):
            ET.SubElement(
                categories,
                "category",
                value=_category_value(symbol.value),
                type=_category_type(symbol.value),
                symbol=str(number),
                label=clean_text(symbol.label),
                render="true",
            )
    holder = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(drawn):
        _symbol(holder, number, symbol, geometry)
    _fields(root, aliases)
    ET.SubElement(root, "layerGeometryType").text = str(GEOMETRY_CODES[geometry])
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n"


def _category_value(value: object) -> str:
    """Value of a category; the empty text stands for all other values."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else clean_text(value)


def _category_type(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "string"


def _symbol(holder: ET.Element, number: int, symbol: Symbol, geometry: str) -> None:
    element = ET.SubElement(
        holder,
        "symbol",
        name=str(number),
        type=_SYMBOL_TYPES[geometry],
        alpha=_number(symbol.opacity),
        clip_to_extent="1",
        force_rhr="0",
    )
    layer = ET.SubElement(
        element, "layer", attrib={"class": _LAYER_CLASSES[geometry]}, enabled="1", locked="0"
    )
    layer.set("pass", "0")
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in _options(symbol, geometry).items():
        ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _options(symbol: Symbol, geometry: str) -> dict[str, str]:
    """Properties of the one symbol layer; sizes are in millimetres."""
    outline = {
        "outline_color": _rgba(symbol.stroke),
        "outline_style": ("dash" if symbol.dash else "solid") if symbol.stroke else "no",
        "outline_width": _number(symbol.width),
        "outline_width_unit": "MM",
    }
    if geometry == "linje":
        # A line has one colour; classes set it as fill, plain styles as stroke.
        return {
            "line_color": _rgba(symbol.stroke or symbol.fill),
            "line_style": "dash" if symbol.dash else "solid",
            "line_width": _number(symbol.width),
            "line_width_unit": "MM",
            "joinstyle": "round",
            **_dashes(symbol),
        }
    if geometry == "punkt":
        return {
            "name": _MARKS.get(symbol.shape, symbol.shape),
            "color": _rgba(symbol.fill),
            "size": _number(symbol.size),
            "size_unit": "MM",
            "scale_method": "diameter",
            **outline,
        }
    return {"color": _rgba(symbol.fill), "style": "solid" if symbol.fill else "no", **outline}


def _dashes(symbol: Symbol) -> dict[str, str]:
    """Dashes that QGIS has no name for, in millimetres; round ends would close the gaps."""
    if symbol.dash or not symbol.dashes:
        return {"capstyle": "round"}
    lengths = (round(float(one) / _PIXELS, 2) for one in symbol.dashes.split())
    return {
        "capstyle": "flat",
        "use_custom_dash": "1",
        "customdash": ";".join(f"{one:g}" for one in lengths),
        "customdash_unit": "MM",
    }


def _rgba(colour: str) -> str:
    if not colour:
        return "0,0,0,0"
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"


def _number(value: float) -> str:
    return f"{value if math.isfinite(value) else 0:g}"


def _fields(root: ET.Element, aliases: Mapping[str, str]) -> None:
    configuration = ET.SubElement(root, "fieldConfiguration")
    for name in aliases:
        ET.SubElement(configuration, "field", name=name, configurationFlags="None")
    names = ET.SubElement(root, "aliases")
    for number, (name, title) in enumerate(aliases.items()):
        ET.SubElement(names, "alias", index=str(number), field=name, name=clean_text(title))
