"""The maps of failures: pipes by who loses water, by reserve, and what stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._va_loss_points import apart, node_name, piece_labels
from askergeo.analyses._va_loss_scene import STATES
from askergeo.analyses._va_loss_tables import CLASS_NAMES, class_of
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.customers import piece_lines
from askergeo.va.institutions import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Scene

__all__ = ["layers_of"]

# From pale to dark in one colour: also in grey the worst is darkest.
_LOSS: Final = dict(
    zip(
        CLASS_NAMES,
        ("#c6dbef", "#9ecae1", "#6baed6", "#fd8d3c", "#d94801", "#7f0000"),
        strict=True,
    )
)
# The mains that many depend on are heavier: among thousands of pipes they must be seen.
_WIDTHS: Final = dict(zip(CLASS_NAMES[-3:], (0.8, 1.1, 1.4), strict=True))
_UNKNOWN: Final = "#8c8c8c"
_RESERVE: Final = dict(
    zip(STATES, ("#2166ac", "#67a9cf", "#fddbc7", "#ef8a62", "#b2182b", _UNKNOWN), strict=True)
)
_PLACE: Final = "#762a83"


def layers_of(scene: Scene) -> tuple[MapLayer, ...]:
    """Draw the pipes twice, and what gives water and what must have it."""
    lines = piece_lines(scene.network)
    labels = piece_labels(scene)
    crs = scene.layers.va_ledning.crs
    land = [land_of(scene.layers.kommunegrense)] if scene.layers.kommunegrense is not None else []
    return (
        *land,
        _loss_layer(scene, lines, labels, crs),
        _state_layer(scene, lines, labels, crs),
        *_segment_layer(scene, lines, labels, crs),
        _source_layer(scene, crs),
        *_place_layer(scene, crs),
    )


def _pipe_frame(
    scene: Scene, lines: NDArray[np.object_], labels: pd.Index, crs: object
) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(geometry=lines, index=labels, crs=crs)
    known = scene.layers.va_ledning
    frame["ledning_id"] = scene.ids
    for name in ("dimensjon_mm", "materiale", "anleggsaar", "fornyet_aar"):
        if name in known:
            frame[name] = known[name].array.take(scene.network.row)
    return frame


_PIPE_COLUMNS: Final = {
    "ledning_id": Column(title="Ledning-id"),
    "dimensjon_mm": Column(title="Dimensjon", unit="mm", decimals=0),
    "materiale": Column(title="Materiale"),
    "anleggsaar": Column(title="Anleggsår", decimals=0),
    "fornyet_aar": Column(title="Fornyet", decimals=0),
}


def _columns(frame: gpd.GeoDataFrame, own: dict[str, Column]) -> dict[str, Column]:
    return own | {name: one for name, one in _PIPE_COLUMNS.items() if name in frame}


def _loss_layer(
    scene: Scene, lines: NDArray[np.object_], labels: pd.Index, crs: object
) -> MapLayer:
    frame = _pipe_frame(scene, lines, labels, crs)
    what = "Bosatte" if scene.people_known else "Adresser"
    # Classes of ten and more: from the numbers of two pipes in a row one could tell a household.
    frame["mister"] = class_of(scene, scene.answer.pipe)
    names = {**_LOSS, "Ukjent": _UNKNOWN}
    return MapLayer(
        name="bortfall",
        title=f"{what} som mister vannet når ledningen svikter",
        frame=frame,
        columns=_columns(frame, {"mister": Column(title=f"{what} uten vann")}),
        style=Style(
            column="mister",
            width=0.6,
            classes=tuple(
                StyleClass(
                    value=name,
                    label=name,
                    fill=colour,
                    stroke=colour,
                    dash=name == "Ukjent",
                    width=_WIDTHS.get(name, 0.0),
                )
                for name, colour in names.items()
            ),
        ),
    )


def _state_layer(
    scene: Scene, lines: NDArray[np.object_], labels: pd.Index, crs: object
) -> MapLayer:
    frame = _pipe_frame(scene, lines, labels, crs)
    frame["forsyning"] = np.array(STATES, dtype=object)[scene.state]
    return MapLayer(
        name="reservevann",
        title="Reservevann: hva vannet på hver ledning er avhengig av",
        frame=frame,
        columns=_columns(frame, {"forsyning": Column(title="Forsyning")}),
        style=Style(
            column="forsyning",
            width=0.6,
            classes=tuple(
                StyleClass(
                    value=name,
                    label=name,
                    fill=colour,
                    stroke=colour,
                    dash=name == STATES[-1],
                )
                for name, colour in _RESERVE.items()
            ),
        ),
        visible=False,
    )


def _segment_layer(
    scene: Scene, lines: NDArray[np.object_], labels: pd.Index, crs: object
) -> list[MapLayer]:
    """Draw who loses water when the segment of each pipe is shut off; none without valves."""
    segments = scene.answer.segments
    if not len(segments.start):
        return []
    frame = _pipe_frame(scene, lines, labels, crs)
    frame["mister"] = class_of(scene, scene.answer.segment[segments.pipe])
    what = "Bosatte" if scene.people_known else "Adresser"
    layer = _loss_layer(scene, lines, labels, crs)
    return [
        MapLayer(
            name="segmenter",
            title=f"{what} som mister vannet når ventilsegmentet stenges",
            frame=frame,
            columns=layer.columns,
            style=layer.style,
            visible=False,
        )
    ]


def _source_layer(scene: Scene, crs: object) -> MapLayer:
    nodes = scene.pipes.sources
    names = apart([node_name(scene.network, scene.layers, node) for node in nodes.tolist()])
    frame = gpd.GeoDataFrame(
        {"kilde": names},
        geometry=shapely.points(scene.network.xy[nodes]),
        index=pd.Index(names, dtype=object),
        crs=crs,
    )
    return MapLayer(
        name="kilder",
        title="Kilder",
        frame=frame,
        columns={"kilde": Column(title="Kilde")},
        style=Style(fill="#0072b2", stroke="#333333", size=4.4, shape="star"),
    )


def _place_layer(scene: Scene, crs: object) -> list[MapLayer]:
    if not len(scene.places):
        return []
    piece = scene.places["piece"].to_numpy(dtype=np.int64)
    state = np.where(
        piece >= 0,
        np.array(STATES, dtype=object)[scene.state[piece]],
        "Ukjent: for langt fra en ledning",
    )
    frame = gpd.GeoDataFrame(
        {
            "navn": scene.places["navn"].to_numpy(dtype=object),
            "slag": scene.places["art"].map(KINDS).to_numpy(dtype=object),
            "forsyning": state,
        },
        geometry=scene.places["sted"].to_numpy(dtype=object),
        index=pd.Index(
            apart(
                [f"{a} {b}" for a, b in zip(scene.places["art"], scene.places["id"], strict=True)]
            ),
            dtype=object,
        ),
        crs=crs,
    )
    return [
        MapLayer(
            name="institusjoner",
            title="Skoler og institusjoner",
            frame=frame,
            columns={
                "navn": Column(title="Navn"),
                "slag": Column(title="Slag"),
                "forsyning": Column(title="Forsyning"),
            },
            style=Style(fill=_PLACE, stroke="#ffffff", size=2.4, shape="square"),
        )
    ]
