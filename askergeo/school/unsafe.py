"""Which links of the way to school are unsafe by rule, and which are not known.

The law gives the right to transport at any distance where the way is «særleg farleg» or «særleg
vanskeleg» (opplæringslova, LOV-2023-06-09-30, chapter 4). That is judged for each pupil: age,
width, speed, bends, sight, lighting and snow count (Sivilombudet, case on a narrow road of
80 km/h). No map knows it. The rules here only point out links that somebody must look at:

1. a road with a speed limit of 60 km/h or more and no footway beside it;
2. a main road (E, R or F) of 50 km/h or more and no footway beside it;
3. a way that crosses a motorway on the level, elsewhere than at a crossing.

A road whose speed limit is unknown is unknown, never safe. Lighting, width and traffic are not in
the data, and how a road is crossed is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.network._kinds import KINDS
from askergeo.network.lines import walkable_lines
from askergeo.network.profiles import Costs
from askergeo.network.snapping import edge_lines

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.parameters import Parameters

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["RULES", "UNKNOWN_SPEED", "Hazards", "beside_footway", "hazards_of", "safe_costs"]

#: Rules by the number in ``Hazards.rule``; 0 is none.
RULES: Final = (
    "",
    "høy fart uten fortau eller gangveg",
    "hovedveg uten fortau eller gangveg",
    "krysser motorveg i samme plan",
)
SPEED, MAIN_ROAD, MOTORWAY = 1, 2, 3
#: What is said of a road without a speed limit in the data.
UNKNOWN_SPEED: Final = "ukjent fartsgrense"
# Kinds of edges that are a footway.
_FOOTWAYS: Final = ("gangveg", "fortau")
# Metres between the places along a road where a footway is looked for, and their number.
_STEP, _FEWEST, _MOST = 10.0, 3, 400


@dataclass(frozen=True, eq=False)
class Hazards:
    """What the rules say of the ``m`` edges of a walking graph.

    Parameters
    ----------
    rule
        Index into :data:`RULES`, (m,); 0 where no rule is met.
    unknown
        Roads of unknown speed without a footway beside them, (m,): not known to be safe.
    beside
        Roads with a footway beside them, among those where it matters, (m,).
    row
        Row of the layer ``veg`` that the edge came from, (m,); −1 of another layer.
    short
        Edges so short that whoever walks one alone crosses the road, (m,).
    """

    rule: NDArray[np.int8]
    unknown: Flags
    beside: Flags
    row: Rows
    short: Flags

    @property
    def unsafe(self) -> Flags:
        """Edges that are walked along, or a motorway crossed, against a rule, (m,)."""
        along = (self.rule > 0) & ~self.short
        return np.asarray((self.rule == MOTORWAY) | along, dtype=bool)

    @property
    def vague(self) -> Flags:
        """Edges that are walked along, of unknown speed, (m,)."""
        return self.unknown & ~self.short


def hazards_of(
    graph: WalkGraph,
    veg: gpd.GeoDataFrame,
    sti: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Hazards:
    """Hold the edges of a graph against the rules.

    Parameters
    ----------
    graph
        The graph that `askergeo.network.cache.cached_graph` gives for the same layers.
    veg, sti
        The layers it is made from, rows in the same order.
    parameters
        The set ``skoleveg``.
    """
    lines = walkable_lines(veg, sti)
    row = _rows(graph, lines)
    short = graph.length < float(parameters["skoleveg_minst_m"])
    road = (graph.kind == KINDS.index("veg")) & (row >= 0)
    speed = _of(_speeds(veg), row, np.nan)
    category = _of(_texts(veg, "vegkategori"), row, "")
    # A street that is shared at walking pace needs no footway.
    shared = _of(_texts(veg, "vegtype"), row, "") == "gatetun"
    main = np.isin(category, parameters["skoleveg_hovedveg_kategori"])
    fast = road & (speed >= parameters["skoleveg_fart_kmt"])
    trunk = road & main & (speed >= parameters["skoleveg_hovedveg_kmt"])
    vague = road & np.isnan(speed) & ~shared
    asked = np.flatnonzero(fast | trunk | vague)
    beside = np.zeros(graph.edges, dtype=bool)
    beside[asked] = beside_footway(graph, asked, parameters)
    rule = np.select(
        [_across_motorway(graph, veg, lines), fast & ~beside, trunk & ~beside],
        [MOTORWAY, SPEED, MAIN_ROAD],
        default=0,
    ).astype(np.int8)
    return Hazards(rule, vague & ~beside & (rule == 0), beside, row, short)


def safe_costs(graph: WalkGraph, closed: Flags) -> Costs:
    """Metres of each edge, ``inf`` where one shall not walk.

    Parameters
    ----------
    graph
        The walking graph.
    closed
        Edges that are avoided, (m,).
    """
    cost = np.where(closed, np.inf, graph.length)
    return Costs(forward=cost, backward=cost, access=1.0, unit="m")


def beside_footway(graph: WalkGraph, edges: Rows, parameters: Parameters) -> Flags:
    """Tell which edges have a footway beside them along most of their length, (k,).

    A footway is beside a place of the road when it comes within ``skoleveg_parallell_m`` and runs
    the same way, to ``skoleveg_parallell_grader``; most is ``skoleveg_parallell_andel`` per cent of
    places along the edge.
    """
    ends = _segments(graph, np.isin(graph.kind, [KINDS.index(kind) for kind in _FOOTWAYS]))
    if not len(ends) or not len(edges):
        return np.zeros(len(edges), dtype=bool)
    owner, points, direction = _samples(edge_lines(graph)[edges])
    pieces = np.asarray(shapely.linestrings(ends), dtype=object)
    point, segment = shapely.STRtree(pieces).query(
        points, predicate="dwithin", distance=float(parameters["skoleveg_parallell_m"])
    )
    along = ends[segment, 1] - ends[segment, 0]
    across = np.abs(
        direction[point, 0] * along[:, 1] - direction[point, 1] * along[:, 0]
    ) / np.hypot(*along.T)
    same = across <= np.sin(np.radians(float(parameters["skoleveg_parallell_grader"])))
    found = np.zeros(len(points), dtype=bool)
    found[point[same]] = True
    share = np.bincount(owner, weights=found) / np.bincount(owner)
    return np.asarray(100 * share >= float(parameters["skoleveg_parallell_andel"]) - 1e-9)


def _rows(graph: WalkGraph, lines: gpd.GeoDataFrame) -> Rows:
    """Row of the layer ``veg`` of each edge; −1 of another layer."""
    row = np.where(lines["layer"] == "veg", lines["row"], -1)
    return np.asarray(np.r_[row, [-1]][graph.source], dtype=np.intp)


def _of(values: NDArray[Any], row: NDArray[Any], other: object) -> NDArray[Any]:
    """Values of the edges' rows; ``other`` for edges of another layer."""
    return np.asarray(np.r_[values, np.array([other], dtype=values.dtype)][row])


def _speeds(veg: pd.DataFrame) -> Numbers:
    if "fartsgrense" not in veg:
        return np.full(len(veg), np.nan)
    return np.asarray(veg["fartsgrense"].to_numpy(dtype=np.float64, na_value=np.nan))


def _texts(veg: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in veg:
        return np.full(len(veg), "", dtype=object)
    known = veg[name].notna()
    return np.asarray(veg[name].astype(object).where(known, "").to_numpy(dtype=object))


def _segments(graph: WalkGraph, edges: Flags) -> Numbers:
    """Straight pieces of edges, (k, 2, 2), those without length left out."""
    owner = np.repeat(np.arange(graph.edges), np.diff(graph.coordinate_ptr))
    xy = graph.coordinates[:, :2]
    mine = (owner[:-1] == owner[1:]) & edges[owner[:-1]]
    pairs = np.stack([xy[:-1][mine], xy[1:][mine]], axis=1)
    return np.asarray(pairs[np.hypot(*(pairs[:, 1] - pairs[:, 0]).T) > 0], dtype=np.float64)


def _samples(lines: NDArray[np.object_]) -> tuple[Rows, NDArray[np.object_], Numbers]:
    """Places along lines: the line of each, the point, and the direction there (length 1)."""
    length = shapely.length(lines)
    count = np.clip(np.ceil(length / _STEP), _FEWEST, _MOST).astype(int)
    owner = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    step = (length / count)[owner]
    # Half a step from each end: there the footway of the road across is no nearer than it is.
    at = (number + 0.5) * step
    before, here, after = (
        shapely.line_interpolate_point(lines[owner], at + move * step) for move in (-0.1, 0.0, 0.1)
    )
    direction = np.column_stack(
        [shapely.get_x(after) - shapely.get_x(before), shapely.get_y(after) - shapely.get_y(before)]
    )
    size = np.hypot(*direction.T)[:, None]
    return owner, here, np.divide(direction, size, out=np.zeros_like(direction), where=size > 0)


def _across_motorway(graph: WalkGraph, veg: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> Flags:
    """Tell which edges cross a motorway on its own level, elsewhere than at a crossing, (m,)."""
    found = np.zeros(graph.edges, dtype=bool)
    motorways = veg[_texts(veg, "vegtype") == "motorveg"]
    if not len(motorways):
        return found
    # Read as roads that one may walk on, for their level alone.
    read = motorways.assign(vegtype="bilveg", gange=pd.NA, adgang=pd.NA)
    read = walkable_lines(read.reset_index(drop=True), None)
    level = _of(lines["level"].to_numpy(), graph.source, 0)
    motorway, edge = shapely.STRtree(edge_lines(graph)).query(
        geometries(read), predicate="intersects"
    )
    same = level[edge] == read["level"].to_numpy()[motorway]
    crossing = np.isin(graph.kind[edge], [KINDS.index("gangfelt")])
    found[edge[same & ~crossing]] = True
    return found
