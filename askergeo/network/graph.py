"""The walking graph: nodes, edges with their lines and slopes, and the arcs that searches follow.

A graph is arrays only, so that it can be cached as they are and handed to compiled kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.crs import crs_name
from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.network import _building as building
from askergeo.network._chains import cut, junctions, read_chains
from askergeo.network._gaps import find_gaps
from askergeo.network._joining import snap_ends
from askergeo.network._kinds import KINDS
from askergeo.network._noding import node_crossings
from askergeo.network._slopes import slopes_of
from askergeo.network.repair import Counts, RepairReport, repair_report

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network._chains import Chains
    from askergeo.terrain import Terrain

__all__ = ["KINDS", "GraphBuild", "WalkGraph", "build_graph"]

# Types of geometry that are made of others.
COMPOSED = (4, 5, 6, 7)
# Its metres are metres at the equator only; in Asker they are half as long.
WEB_MERCATOR = 3857


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class WalkGraph:
    """A walking network of ``n`` nodes and ``m`` edges; every edge can be walked both ways.

    Nodes are numbered along a Hilbert curve, so that neighbours lie together in memory. No edge
    starts and ends in the same node (loops are cut in two); parallel edges are allowed.

    Parameters
    ----------
    crs
        Projected CRS in metres, ``EPSG:nnnn``.
    xy
        Nodes, (n, 2), metres.
    z
        Height of the nodes, (n,), metres; NaN where unknown.
    start, end
        Nodes of each edge, (m,).
    length
        Length in the plane of each edge, (m,), metres, > 0.
    piece_ptr, piece_length, piece_slope
        Edge ``e`` is the pieces ``piece_ptr[e]:piece_ptr[e + 1]`` from its start: length in the
        plane (metres) and slope (rise over run, up is positive from start to end; NaN unknown).
    kind
        Index into :data:`KINDS`, (m,).
    ploughed
        1 cleared of snow in winter, 0 not, −1 unknown, (m,).
    source
        Row of the lines that each edge came from, (m,); −1 for a link that was added.
    coordinates, coordinate_ptr
        The line of edge ``e`` is ``coordinates[coordinate_ptr[e]:coordinate_ptr[e + 1]]``, from
        its start to its end.
    component
        Connected component of each node, (n,), numbered from the largest (0).
    arc_ptr, arc_head, arc_edge, arc_forward
        The arcs out of node ``v`` are ``arc_ptr[v]:arc_ptr[v + 1]``: the node they lead to, their
        edge, and whether they follow it from its start. Each edge has two arcs.
    """

    crs: str
    xy: NDArray[np.float64]
    z: NDArray[np.float32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length: NDArray[np.float64]
    piece_ptr: NDArray[np.int64]
    piece_length: NDArray[np.float32]
    piece_slope: NDArray[np.float32]
    kind: NDArray[np.int8]
    ploughed: NDArray[np.int8]
    source: NDArray[np.int32]
    coordinates: NDArray[np.float64]
    coordinate_ptr: NDArray[np.int64]
    component: NDArray[np.int32]
    arc_ptr: NDArray[np.int64]
    arc_head: NDArray[np.int32]
    arc_edge: NDArray[np.int32]
    arc_forward: NDArray[np.bool_]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.start)


@dataclass(frozen=True, kw_only=True, eq=False)
class GraphBuild:
    """A walking graph, and the report of what building it did to the lines."""

    graph: WalkGraph
    report: RepairReport


def build_graph(
    lines: gpd.GeoDataFrame,
    *,
    tolerance_m: float,
    gap_m: float,
    terrain: Terrain | None = None,
    barriers: NDArray[np.float64] | None = None,
) -> GraphBuild:
    """Build the walking graph of lines.

    Lines get a node where they share a vertex, where an end comes within ``tolerance_m`` of
    another end or line, and where they cross on one level. Lines of different level meet only
    where one of them ends.

    Parameters
    ----------
    lines
        As :func:`askergeo.network.lines.walkable_lines` gives them: ``kind`` (index into
        :data:`KINDS`), ``level``, ``medium`` and ``ploughed``; a column that is absent has its
        default (``veg``, 0, unknown, unknown). Rows whose ``walk`` is false are left out.
        Projected CRS in metres.
    tolerance_m
        Ends are moved at most so far, metres.
    gap_m
        The report shows loose ends at most so far from an edge they do not reach, metres.
    terrain
        Heights; without it those of the lines, when they have any.
    barriers
        Points (k, 2) where nobody passes: the nearest edge within
        :data:`askergeo.network._building.BARRIER_M` is cut there.

    Raises
    ------
    CrsError
        When the lines have no CRS, or one in degrees.
    LayerError
        When there are no lines to walk on, or the layer holds other geometry.
    ParameterError
        When a distance is negative or not a number.
    """
    _check(lines, tolerance_m, gap_m)
    row, shapes, columns = _columns(lines)
    chains, without_length = read_chains(shapes, columns["level"])
    if without_length.all():
        raise LayerError(
            "Det er ingen linjer å gå på i gangnettet.",
            remedy="Kontroller at lagene «veg» og «sti» har linjer i kommunen.",
        )
    before = _component_count(chains)
    snapped, moves = snap_ends(chains, tolerance_m)
    noded, crossings = node_crossings(snapped)
    edges = building.clean_edges(noded, columns["kind"] * 4 - columns["ploughed"], tolerance_m)
    edges, loops = building.cut_loops(edges)
    edges, barred = building.cut_at_barriers(edges, barriers)
    graph = _graph(edges, row, columns, crs_name(lines.crs), terrain)
    counts = Counts(
        lines=len(lines),
        left_out=dict(lines.attrs.get("utelatt", {})),
        without_length=int(without_length.sum()),
        doubled=edges.doubled,
        collapsed=edges.collapsed,
        dropped_m=edges.dropped_m,
        loops=loops,
        crossings=len(crossings),
        barred=barred,
        components_before=before,
    )
    gaps = find_gaps(graph, edges.chains.level, gap_m)
    report = repair_report(graph, counts=counts, moves=moves, gaps=gaps)
    return GraphBuild(graph=graph, report=report)


def _check(lines: gpd.GeoDataFrame, tolerance_m: float, gap_m: float) -> None:
    metres = lines.crs is not None and lines.crs.is_projected
    metres = metres and all(axis.unit_name == "metre" for axis in lines.crs.axis_info)
    if not metres or lines.crs.to_epsg() == WEB_MERCATOR:
        raise CrsError(
            f"Linjene i gangnettet er i {crs_name(lines.crs) or 'et ukjent koordinatsystem'}; "
            "der kan ikke gangavstander måles i meter.",
            remedy="Transformer laget til EPSG:25832 før gangnettet bygges.",
        )
    for name, value in (("toleransen", tolerance_m), ("glippavstanden", gap_m)):
        if not (np.isfinite(value) and value >= 0):
            raise ParameterError(
                f"For gangnettet må {name} være et tall fra 0 og opp, ikke {value}.",
                remedy="Oppgi avstanden i meter.",
            )


def _columns(
    lines: gpd.GeoDataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.object_], dict[str, NDArray[np.int64]]]:
    """Line strings with the row of each and its columns; multi-lines are taken apart."""
    shapes = np.asarray(lines.geometry.array, dtype=object)
    used = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if "walk" in lines:
        used &= lines["walk"].to_numpy(dtype=bool)
    row = np.flatnonzero(used)
    parts = shapes[row]
    # Twice, since a collection may hold multi-lines.
    while np.isin(shapely.get_type_id(parts), COMPOSED).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        row = row[index]
    other = shapely.get_dimensions(parts) != 1
    if other.any():
        raise LayerError(
            f"Gangnettet bygges av linjer, men {int(other.sum())} av objektene er punkt eller "
            f"flate; det første er rad {row[other][0]}.",
            remedy="Ta bare med linjer.",
        )
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    broken = owner[~np.isfinite(coordinates).all(axis=1)]
    if len(broken):
        raise LayerError(
            f"Linjen i rad {row[broken[0]]} i gangnettet har koordinater som ikke er tall.",
            remedy="Ta ut eller rett linjen.",
        )
    medium = lines["medium"].to_numpy()[row] if "medium" in lines else np.full(len(row), "")
    level = _integers(lines, "level", 0, row)
    return (
        row,
        parts,
        {
            "kind": _integers(lines, "kind", 0, row),
            "level": level,
            "ploughed": _integers(lines, "ploughed", -1, row),
            "straight": np.isin(medium, ["bru", "tunnel"]) | ((level != 0) & (medium != "bakke")),
        },
    )


def _integers(
    lines: gpd.GeoDataFrame, name: str, default: int, row: NDArray[np.int64]
) -> NDArray[np.int64]:
    if name not in lines:
        return np.full(len(row), default)
    return np.asarray(lines[name].fillna(default).to_numpy(dtype=np.int64)[row])


def _component_count(chains: Chains) -> int:
    """Components when lines are joined by their shared vertices alone."""
    edges = cut(chains, junctions(chains))
    _, ends = np.unique(np.r_[edges.start, edges.end], return_inverse=True)
    start, end = ends[: len(edges.start)], ends[len(edges.start) :]
    label = building.components(start, end, edges.length, int(ends.max()) + 1)
    return int(label.max()) + 1


def _graph(
    edges: building.CleanEdges,
    row: NDArray[np.int64],
    columns: dict[str, NDArray[np.int64]],
    crs: str,
    terrain: Terrain | None,
) -> WalkGraph:
    """Gather the arrays of the graph, nodes numbered along the curve."""
    chains = edges.chains
    count = len(edges.line)
    coordinate_ptr = np.searchsorted(chains.line, np.arange(count + 1))
    start, end = chains.vertex[coordinate_ptr[:-1]], chains.vertex[coordinate_ptr[1:] - 1]
    node = np.unique(np.r_[start, end])
    node = node[building.hilbert_order(chains.position[node])]
    number = np.full(len(chains.position), -1)
    number[node] = np.arange(len(node))
    slopes = slopes_of(chains, columns["straight"][edges.line].astype(bool), terrain)
    along = chains.along()
    length = along[coordinate_ptr[1:] - 1] - along[coordinate_ptr[:-1]]
    start, end = number[start], number[end]
    arc_ptr, arc_head, arc_edge, arc_forward = building.arcs(start, end, len(node))
    return WalkGraph(
        crs=crs,
        xy=chains.position[node],
        z=slopes.z[node].astype(np.float32),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        length=length,
        piece_ptr=slopes.piece_ptr,
        piece_length=slopes.piece_length,
        piece_slope=slopes.piece_slope,
        kind=columns["kind"][edges.line].astype(np.int8),
        ploughed=columns["ploughed"][edges.line].astype(np.int8),
        source=row[edges.line].astype(np.int32),
        coordinates=chains.position[chains.vertex],
        coordinate_ptr=coordinate_ptr,
        component=building.components(start, end, length, len(node)).astype(np.int32),
        arc_ptr=arc_ptr,
        arc_head=arc_head.astype(np.int32),
        arc_edge=arc_edge.astype(np.int32),
        arc_forward=arc_forward,
    )
