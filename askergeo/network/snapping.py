"""Places on the network: where addresses, cells and services meet their nearest edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from pyproj import CRS

from askergeo.errors import CrsError, LayerError
from askergeo.network.graph import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

__all__ = ["SNAPPED_TO", "Places", "edge_lines", "snap"]

#: Kinds of edges that a place may join: nobody lives or shops in the middle of a flight of stairs,
#: or by the side of a motorway.
SNAPPED_TO = tuple(kind for kind in KINDS if kind not in ("trapp", "motorveg"))


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Places:
    """Where ``p`` points meet the network.

    Parameters
    ----------
    row
        Row of the input that each place belongs to, (p,), ascending; a row with several
        entrances has several places, one that could not be snapped has none.
    edge
        Edge that the place lies on, (p,).
    share
        How far along the edge from its start, (p,), 0–1 of its length.
    access
        Distance walked between the point and the edge, (p,), metres.
    count
        Number of input rows.
    unsnapped
        Input rows without a place, ascending.
    distance
        Distance from each unsnapped row to the nearest edge, metres; NaN without geometry.
    """

    row: NDArray[np.int32]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    access: NDArray[np.float64]
    count: int
    unsnapped: NDArray[np.int32]
    distance: NDArray[np.float64]


class _Lines(NamedTuple):
    """The edges that may be joined: their numbers, lines and a search tree of these."""

    edge: NDArray[np.int32]
    line: NDArray[np.object_]
    tree: shapely.STRtree


class _Meetings(NamedTuple):
    """Where parts of rows meet lines: the row, the line's position, the share and the distance."""

    row: NDArray[np.intp]
    line: NDArray[np.intp]
    share: NDArray[np.float64]
    access: NDArray[np.float64]


def snap(
    graph: WalkGraph,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    reach_m: float,
    kinds: Collection[str] = SNAPPED_TO,
    owner: NDArray[np.integer] | None = None,
    count: int | None = None,
    least_nodes: int = 1,
) -> Places:
    """Join places to the nearest edge, at the point of it that is nearest.

    A multipoint, or several rows with the same owner, are the entrances of one place. A surface
    is entered wherever an edge crosses its boundary, else from the edge nearest to the boundary.

    Parameters
    ----------
    graph
        The walking graph.
    points
        Points, multipoints, lines or polygons in the graph's CRS.
    reach_m
        Farther from an edge than this, metres, a place is not joined.
    kinds
        Kinds of edges (:data:`askergeo.network.graph.KINDS`) that may be joined.
    owner, count
        Row of the answer that each geometry is an entrance of, and how many rows there are; each
        geometry is a row of its own without.
    least_nodes
        Edges in connected components of fewer nodes are not joined.

    Returns
    -------
    Places
        In order of row; those beyond reach are listed with their distance, never served.

    Raises
    ------
    CrsError
        When the points are not in the graph's CRS.
    LayerError
        When ``owner`` does not fit the geometries.
    """
    _check_crs(graph, points)
    shapes = np.asarray(points.geometry.array, dtype=object)
    rows = np.arange(len(shapes)) if owner is None else np.asarray(owner, dtype=np.intp)
    total = count if count is not None else int(rows.max(initial=-1)) + 1
    if len(rows) != len(shapes) or rows.min(initial=0) < 0 or rows.max(initial=-1) >= total:
        raise LayerError(f"{len(rows)} eiere passer ikke til {len(shapes)} punkter i {total} rader")
    lines = _joinable(graph, tuple(kinds), least_nodes)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    parts, part = shapely.get_parts(shapes[there], return_index=True)
    found = _meetings(lines, parts, rows[there][part], reach_m)
    order = np.lexsort((found.share, lines.edge[found.line], found.row))
    missed = np.setdiff1d(np.arange(total), found.row)
    return Places(
        row=found.row[order].astype(np.int32),
        edge=lines.edge[found.line[order]],
        share=found.share[order],
        access=found.access[order],
        count=total,
        unsnapped=missed.astype(np.int32),
        distance=_distances(lines, parts, rows[there][part], missed),
    )


def edge_lines(graph: WalkGraph) -> NDArray[np.object_]:
    """Lines of the edges, from their start to their end, (m,)."""
    sizes = np.diff(graph.coordinate_ptr)
    owner = np.repeat(np.arange(graph.edges), sizes)
    lines = shapely.linestrings(graph.coordinates[:, :2], indices=owner)
    return np.asarray(lines, dtype=object)


def _check_crs(graph: WalkGraph, points: gpd.GeoSeries | gpd.GeoDataFrame) -> None:
    if points.crs is None or not CRS.from_user_input(graph.crs).equals(points.crs):
        raise CrsError(
            f"Stedene er i {points.crs or 'ukjent koordinatsystem'}, gangnettet i {graph.crs}.",
            remedy=f"Transformer stedene til {graph.crs} først.",
        )


# Homes, services and stops are joined to one graph after another, and its lines take longer to
# draw than most of these take to join.
@lru_cache(maxsize=1)
def _joinable(graph: WalkGraph, kinds: tuple[str, ...], least_nodes: int) -> _Lines:
    allowed = np.isin(graph.kind, [KINDS.index(kind) for kind in kinds])
    if least_nodes > 1 and graph.nodes:
        large = np.bincount(graph.component) >= least_nodes
        allowed &= large[graph.component[graph.start]]
    edge = np.flatnonzero(allowed).astype(np.int32)
    line = edge_lines(graph)[edge]
    return _Lines(edge, line, shapely.STRtree(line))


def _meetings(
    lines: _Lines, parts: NDArray[np.object_], row: NDArray[np.intp], reach_m: float
) -> _Meetings:
    """Join each part: points to their nearest line, the rest where lines cross their outline."""
    is_point = shapely.get_dimensions(parts) == 0
    outlines = _outlines(parts[~is_point])
    crossings = _crossings(lines, outlines, row[~is_point])
    # A row with a crossing needs no other way in.
    apart = ~np.isin(row[~is_point], crossings.row)
    outside = _nearest(lines, outlines[apart], row[~is_point][apart], reach_m)
    points = _nearest(lines, parts[is_point], row[is_point], reach_m)
    columns = zip(points, outside, crossings, strict=True)
    return _Meetings(*(np.concatenate(column) for column in columns))


def _outlines(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    surface = shapely.get_dimensions(parts) == 2  # noqa: PLR2004  (2 is a surface)
    return np.where(surface, shapely.boundary(parts), parts)


def _nearest(
    lines: _Lines, parts: NDArray[np.object_], row: NDArray[np.intp], reach_m: float
) -> _Meetings:
    if not len(lines.line) or not len(parts):
        return _none()
    (part, line), access = lines.tree.query_nearest(
        parts, max_distance=max(reach_m, np.finfo(float).tiny), return_distance=True
    )
    # Lines that meet in a node are equally near: the one of the lowest number is taken.
    order = np.lexsort((line, part))
    part, line, access = part[order], line[order], access[order]
    first = np.r_[True, part[1:] != part[:-1]] & (access <= reach_m)
    part, line, access = part[first], line[first], access[first]
    way = shapely.shortest_line(lines.line[line], parts[part])
    return _Meetings(row[part], line, _share(lines.line[line], shapely.get_point(way, 0)), access)


def _crossings(lines: _Lines, outlines: NDArray[np.object_], row: NDArray[np.intp]) -> _Meetings:
    if not len(lines.line) or not len(outlines):
        return _none()
    part, line = lines.tree.query(outlines, predicate="intersects")
    points, pair = shapely.get_parts(
        shapely.intersection(lines.line[line], outlines[part]), return_index=True
    )
    # An edge along the outline is entered at the middle of what they share.
    along = shapely.get_dimensions(points) == 1
    points[along] = shapely.line_interpolate_point(points[along], 0.5, normalized=True)
    share = _share(lines.line[line[pair]], points)
    return _Meetings(row[part[pair]], line[pair], share, np.zeros(len(pair)))


def _none() -> _Meetings:
    nothing = np.empty(0, dtype=np.intp)
    return _Meetings(nothing, nothing, np.empty(0), np.empty(0))


def _share(line: NDArray[np.object_], point: NDArray[np.object_]) -> NDArray[np.float64]:
    share = shapely.line_locate_point(line, point, normalized=True)
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)


def _distances(
    lines: _Lines, parts: NDArray[np.object_], row: NDArray[np.intp], missed: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Distance from each missed row to the nearest line; NaN without geometry or lines."""
    distance = np.full(len(missed), np.nan)
    mine = np.isin(row, missed)
    if not len(lines.line) or not mine.any():
        return distance
    (part, _), metres = lines.tree.query_nearest(
        parts[mine], all_matches=False, return_distance=True
    )
    np.fmin.at(distance, np.searchsorted(missed, row[mine][part]), metres)
    return distance
