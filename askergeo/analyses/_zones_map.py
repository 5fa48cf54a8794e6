"""Map layers of the zones: told apart by words, lines and dashes, not by colour alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._zones_tables import NAMES, SIGNS
from askergeo.geometry import EMPTY, lines_of
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.zones import SIDES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.analyses._zones_straddle import Straddling
    from askergeo.result import Table
    from askergeo.transport.zones import Zones

__all__ = ["ZONE_CLASSES", "centre_layer", "line_layers", "straddling_layers", "zone_layer"]

# Blue and orange of Okabe and Ito's palette, and grey.
ZONE_CLASSES: Final = (
    StyleClass(value=SIGNS["nord"], label="▲ Nord: krav om nullvekst", fill="#0072b2",
               stroke="#00486f"),
    StyleClass(value=SIGNS["sor"], label="▼ Sør: ikke samme krav", fill="#e69f00",
               stroke="#7a5400", dash=True),
    StyleClass(value=SIGNS["ukjent"], label="? Ukjent", fill="#bdbdbd", stroke="#4d4d4d",
               dash=True),
)  # fmt: skip
_MARKS: Final = {SIGNS["nord"]: "triangle", SIGNS["sor"]: "square", SIGNS["ukjent"]: "circle"}
_LINE = "#6a0dad"
_QUAD = 16
_SHOWN: Final = {"planer": True, "prosjekter": True, "grunnkretser": False, "skolekretser": False,
                 "ruter": False}  # fmt: skip


def zone_layer(zones: Zones, table: Table) -> MapLayer:
    """Draw the zones, with what is in each."""
    there = [side for side in SIDES if not shapely.is_empty(zones.shape(side))]
    frame = gpd.GeoDataFrame(
        table.frame.loc[there],
        geometry=[zones.shape(side) for side in there],
        crs=zones.frame.crs,
    )
    return MapLayer(
        name="soner",
        title="Transportsoner",
        frame=frame,
        columns=dict(table.columns),
        style=Style(column="sone", classes=_there(frame), opacity=0.35, width=0.3),
        rows_of=table.name,
        note="Tegnet foran navnet (▲, ▼, ?) sier det samme som fargen.",
    )


def line_layers(zones: Zones, unsure: float) -> tuple[MapLayer, ...]:
    """Draw the line as it divides, what of it does not, and the belt where it may have lain."""
    pieces = lines_of(zones.line)
    kinds = ["Deler kommunen"] * len(pieces)
    loose = [piece.line for piece in zones.pieces if piece.kind != "linje" or not piece.runs]
    crs = zones.frame.crs
    frame = gpd.GeoDataFrame(
        {"slag": [*kinds, *["Deler ikke"] * len(loose)]},
        geometry=[*pieces, *loose],
        crs=crs,
    )
    made = []
    if len(pieces) and unsure > 0:
        belt = shapely.buffer(zones.line, unsure, quad_segs=_QUAD)
        inside = shapely.intersection(
            belt, shapely.union_all(np.array([zones.shape(side) for side in SIDES], dtype=object))
        )
        made.append(
            MapLayer(
                name="usikkert_belte",
                title="Innenfor linjens usikkerhet",
                frame=gpd.GeoDataFrame(
                    {"bredde_m": [2 * unsure]}, geometry=[inside or EMPTY], crs=crs
                ),
                columns={"bredde_m": Column(title="Bredde", unit="m", decimals=0)},
                style=Style(fill=_LINE, stroke=_LINE, width=0.1, opacity=0.2),
                note="Her avhenger sonen av hvordan linjen er tegnet.",
            )
        )
    if len(frame):
        made.append(
            MapLayer(
                name="nullvekstlinje",
                title="Nullvekstlinjen",
                frame=frame,
                columns={"slag": Column(title="Linjen")},
                style=Style(
                    stroke=_LINE,
                    width=0.8,
                    column="slag",
                    classes=(
                        StyleClass(value="Deler kommunen", label="Deler kommunen", stroke=_LINE),
                        StyleClass(
                            value="Deler ikke", label="Deler ikke", stroke="#d55e00", dash=True
                        ),
                    ),
                ),
            )
        )
    return tuple(made)


def straddling_layers(found: Mapping[str, Straddling]) -> tuple[MapLayer, ...]:
    """Draw what the line divides; plans and projects are shown when the page opens."""
    return tuple(
        MapLayer(
            name=one.table.name,
            title=one.table.title,
            frame=one.shapes,
            columns={
                column: one.table.columns[column]
                for column in one.shapes.columns
                if column in one.table.columns
            },
            style=Style(fill="#ffffff", stroke="#c00000", width=0.5, opacity=0.25, dash=True),
            visible=_SHOWN[kind],
        )
        for kind, one in found.items()
    )


def centre_layer(table: Table, centres: gpd.GeoDataFrame) -> MapLayer:
    """Draw the centres by zone; the marks stand for the signs, and only north has a triangle."""
    frame = gpd.GeoDataFrame(
        table.frame,
        geometry=centres.geometry.to_numpy()[_rows(table, centres)],
        crs=centres.crs,
    )
    names = {SIGNS[side]: name for side, name in NAMES.items()}
    classes = tuple(
        replace(one, label=names[one.value], shape=_MARKS[one.value], dash=False)
        for one in _there(frame)
    )
    return MapLayer(
        name="sentre",
        title="Sentre",
        frame=frame,
        columns=dict(table.columns),
        style=Style(column="sone", classes=classes, size=2.4, width=0.3),
        rows_of=table.name,
    )


def _there(frame: gpd.GeoDataFrame) -> tuple[StyleClass, ...]:
    """Keep the classes that some feature is in."""
    return tuple(one for one in ZONE_CLASSES if (frame["sone"] == one.value).any())


def _rows(table: Table, centres: gpd.GeoDataFrame) -> list[int]:
    """Row of the layer that each row of the table is."""
    ids = centres["senter_id"].astype(str)
    number = ids.groupby(ids).cumcount()
    labels = ids + (" (" + (number + 1).astype(str) + ")").where(number > 0, "")
    where = {label: row for row, label in enumerate(labels)}
    return [where[str(label)] for label in table.frame.index]
