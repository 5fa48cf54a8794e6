"""The map of a plan's screening: its parts by access, the line, and the walks to the stops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries, lines_of
from askergeo.network.paths import paths
from askergeo.network.snapping import edge_lines, snap
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.access import CLASSES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely.geometry.base import BaseGeometry

    from askergeo.network.paths import Network
    from askergeo.transport._plan_parts import Service

__all__ = [
    "CLASS_STYLES",
    "around",
    "line_layer",
    "part_layer",
    "plan_layer",
    "stop_layer",
    "walk_layer",
]

# Best to worst, told apart without colour by the dashed edge of the poorer ones.
_FILLS: Final = ("#1a6b54", "#5aae8b", "#c7dba0", "#f0a860", "#b3442e", "#bdbdbd")
CLASS_STYLES: Final = tuple(
    StyleClass(value=name, label=name.capitalize(), fill=fill, stroke="#3b3b3b", dash=number > 2)  # noqa: PLR2004
    for number, (name, fill) in enumerate(zip((*CLASSES, UNKNOWN), _FILLS, strict=True))
)
_WALK: Final = "#2b2b2b"
_DEKAR: Final = 1e3
# Metres of land and line round the growth on the map.
_FRAME: Final = 150.0
_MINE: Final = ("plan", "deler", "gangvei", "holdeplass")
# Metres that a walk may be longer than the one told, for the straight lines at its ends.
_SLACK: Final = 50.0


def line_layer(line: BaseGeometry, crs: object) -> MapLayer:
    """Draw the nullvekstlinje."""
    known = load_catalogue()["nullvekstlinje"]
    shape = shapely.union_all(lines_of(line))
    frame = gpd.GeoDataFrame({"navn": [known.title]}, geometry=[shape], crs=crs)
    return MapLayer(
        name="nullvekstlinje",
        title=known.title,
        frame=frame,
        columns={"navn": Column(title="Navn")},
        style=known.style,
    )


def around(layers: list[MapLayer], shown: Iterable[MapLayer]) -> list[MapLayer]:
    """Cut what lies below to a frame round the growth and the walks, so that they can be seen."""
    mine = [geometries(one.frame) for one in shown if one.name in _MINE and len(one.frame)]
    if not mine:
        return layers
    west, south, east, north = shapely.total_bounds(np.concatenate(mine))
    frame = (west - _FRAME, south - _FRAME, east + _FRAME, north + _FRAME)
    found = []
    for layer in layers:
        cut = shapely.clip_by_rect(geometries(layer.frame), *frame)
        seen = ~shapely.is_empty(cut)
        drawn = layer.frame[seen].copy()
        drawn.geometry = cut[seen]
        if "dekar" in drawn:
            drawn["dekar"] = shapely.area(cut[seen]) / _DEKAR
        if len(drawn):
            found.append(replace(layer, frame=drawn, note="Klippet til området rundt planen."))
    return found


def plan_layer(outline: BaseGeometry, name: str, crs: object) -> MapLayer:
    """Draw the plan area."""
    frame = gpd.GeoDataFrame({"navn": [name]}, geometry=[outline], crs=crs)
    style = Style(fill="#ffffff", stroke="#c00000", width=0.5, opacity=0.15, dash=True)
    return MapLayer(
        name="plan",
        title="Planområdet",
        frame=frame,
        columns={"navn": Column(title="Plan")},
        style=style,
    )


def part_layer(frame: pd.DataFrame, shapes: gpd.GeoSeries) -> MapLayer:
    """Draw the parts of the plan, or the projects, by class of access."""
    columns = {
        "navn": Column(title="Formål eller prosjekt"),
        "side": Column(title="Side"),
        "klasse": Column(title="Kollektivtilgang"),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "ansatte": Column(title="Ansatte", unit="ansatte", decimals=0),
        "km_dogn_middels": Column(title="Bilkjøring i døgnet, middels", unit="km", decimals=0),
    }
    drawn = gpd.GeoDataFrame(
        frame[list(columns)], geometry=np.asarray(shapes.array, dtype=object), crs=shapes.crs
    )
    # A project may have no place: it is in the table only.
    drawn = drawn[~(drawn.geometry.isna() | drawn.geometry.is_empty).to_numpy(dtype=bool)]
    return MapLayer(
        name="deler",
        title="Vekst etter kollektivtilgang",
        frame=drawn,
        columns=columns,
        style=Style(column="klasse", classes=CLASS_STYLES, size=3.0, width=0.3, opacity=0.8),
        note="Fargen er klassen. Dårlig, svært dårlig og ukjent har stiplet kant.",
    )


def stop_layer(service: Service, parts: gpd.GeoDataFrame, reach: float) -> MapLayer | None:
    """Draw the stops that give the classes, and those near the growth; ``None`` without any."""
    if service.stops is None:
        return None
    near = shapely.union_all(geometries(parts))
    close = shapely.dwithin(geometries(service.stops), near, reach)
    close |= service.stops["holdeplass_id"].isin(parts["holdeplass_id"].dropna()).to_numpy(bool)
    known = load_catalogue()["holdeplass"]
    stops = service.stops[close]
    if not len(stops):
        return None
    codes = known.columns["transportmiddel"].codes or {}
    mode = stops["transportmiddel"] if "transportmiddel" in stops else pd.Series("", stops.index)
    names = stops["navn"] if "navn" in stops else stops["holdeplass_id"]
    frame = gpd.GeoDataFrame(
        {
            "navn": names.astype(object).where(names.notna(), "uten navn").to_numpy(),
            "transportmiddel": mode.map(codes).fillna("Ukjent").to_numpy(),
        },
        geometry=geometries(stops),
        crs=stops.crs,
    )
    return MapLayer(
        name="holdeplass",
        title=known.title,
        frame=frame,
        columns={
            "navn": Column(title="Navn"),
            "transportmiddel": Column(title="Transportmiddel"),
        },
        style=Style(fill="#1f4e9c", stroke="#ffffff", size=2.6),
    )


def walk_layer(parts: gpd.GeoDataFrame, service: Service, reach: float) -> MapLayer | None:
    """Draw the walk from the farthest place of each part to the stop that gives its class.

    Parameters
    ----------
    parts
        From `askergeo.transport._plan_parts.classed`.
    service
        Network and stops.
    reach
        Longest straight line to the network, metres.

    Returns
    -------
    MapLayer or None
        ``None`` when there is no walk to draw.
    """
    told = parts[parts["holdeplass_id"].notna().to_numpy(dtype=bool)]
    if service.network is None or service.stops is None or not len(told):
        return None
    rows = list(_walks(told, service.network, service.stops, reach))
    if not rows:
        return None
    frame = gpd.GeoDataFrame(
        [{"holdeplass": name, "meter": metres} for name, metres, _ in rows],
        geometry=[line for *_, line in rows],
        crs=parts.crs,
    )
    return MapLayer(
        name="gangvei",
        title="Gangvei til holdeplassen",
        frame=frame,
        columns={
            "holdeplass": Column(title="Holdeplass"),
            "meter": Column(title="Gangavstand", unit="m", decimals=0),
        },
        style=Style(stroke=_WALK, width=0.6, dash=True),
        note="Fra det stedet i hver del som har lengst vei.",
    )


def _walks(
    told: gpd.GeoDataFrame, network: Network, stops: gpd.GeoDataFrame, reach: float
) -> Iterator[tuple[str, float, BaseGeometry]]:
    """Yield name of the stop, metres and line of each walk, each once."""
    row = pd.Index(stops["holdeplass_id"].astype(str)).get_indexer(
        pd.Index(told["holdeplass_id"].astype(str))
    )
    lines = edge_lines(network.graph)
    crs = network.graph.crs
    for position, (point, stop) in enumerate(zip(told["sted"], row, strict=True)):
        if stop < 0:
            continue
        goal = stops.geometry.iloc[stop]
        start, end = (
            snap(network.graph, gpd.GeoSeries([one], crs=crs), reach_m=reach)
            for one in (point, goal)
        )
        metres = float(told["gangavstand_m"].iloc[position])
        way = paths(network, start, end, limit=metres + _SLACK)
        if not np.isfinite(way.cost[0]):
            continue
        walked = [
            substring(lines[edge], min(a, b), max(a, b), normalized=True)
            for edge, a, b in zip(way.edge, way.begin, way.stop, strict=True)
        ]
        ends = [
            shapely.LineString([one, shapely.line_interpolate_point(
                lines[at.edge[0]], at.share[0], normalized=True)])
            for one, at in ((point, start), (goal, end))
        ]  # fmt: skip
        whole = [ends[0], *walked, ends[1]]
        name = told["holdeplass"].iloc[position]
        yield str(name), metres, shapely.union_all(lines_of(np.array(whole, dtype=object)))
