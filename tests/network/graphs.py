"""Small walking graphs made by hand or at random, without the builder of graphs from layers."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import Delaunay

from askergeo.network.graph import KINDS, WalkGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ARRAYS = [field.name for field in fields(WalkGraph) if field.name != "crs"]

__all__ = ["graph_of", "random_graph"]


def graph_of(
    lines: Sequence[Sequence[tuple[float, float]]],
    *,
    kinds: Sequence[str] | None = None,
    slopes: Sequence[Sequence[float]] | None = None,
    ploughed: Sequence[int] | None = None,
) -> WalkGraph:
    """Make a graph of lines that meet in their ends only; ``slopes`` of a line's segments."""
    if not lines:
        nothing = graph_of([[(0.0, 0.0), (1.0, 0.0)]])
        return replace(nothing, **{name: _without(nothing, name) for name in _ARRAYS})
    ends = np.array([[line[0], line[-1]] for line in lines], dtype=np.float64).reshape(-1, 2)
    xy, node = np.unique(ends.round(6), axis=0, return_inverse=True)
    start, end = node.reshape(-1, 2).T.astype(np.int32)
    sizes = np.array([len(line) for line in lines])
    coordinates = np.array([point for line in lines for point in line], dtype=np.float64)
    pieces = [np.hypot(*np.diff(np.array(line, dtype=float), axis=0).T) for line in lines]
    m = len(lines)
    slope = np.concatenate(slopes) if slopes else np.zeros(int((sizes - 1).sum()))
    return WalkGraph(
        crs="EPSG:25832",
        xy=xy,
        z=np.full(len(xy), np.nan, dtype=np.float32),
        start=start,
        end=end,
        length=np.array([piece.sum() for piece in pieces]),
        piece_ptr=np.r_[0, np.cumsum(sizes - 1)].astype(np.int64),
        piece_length=np.concatenate(pieces).astype(np.float32),
        piece_slope=np.asarray(slope, dtype=np.float32),
        kind=np.array([KINDS.index(k) for k in kinds or ["veg"] * m], dtype=np.int8),
        ploughed=np.array(ploughed if ploughed is not None else [-1] * m, dtype=np.int8),
        source=np.arange(m, dtype=np.int32),
        coordinates=coordinates,
        coordinate_ptr=np.r_[0, np.cumsum(sizes)].astype(np.int64),
        component=_components(start, end, len(xy)),
        **_arcs(start, end, len(xy)),
    )


def random_graph(
    seed: int, *, nodes: int = 60, keep: float = 0.55, side: float = 1000
) -> WalkGraph:
    """Make a planar graph: a random part of a triangulation, with dead ends, chains and islands."""
    random = np.random.default_rng(seed)
    points = random.uniform(0, side, (nodes, 2)).round(3)
    corners = Delaunay(points).simplices
    pairs = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    pairs = pairs[random.random(len(pairs)) < keep]
    turned = random.random(len(pairs)) < 0.5
    pairs[turned] = pairs[turned, ::-1]
    slopes = [random.uniform(-0.2, 0.2, 1) for _ in pairs]
    return graph_of([[tuple(points[a]), tuple(points[b])] for a, b in pairs], slopes=slopes)


def _without(graph: WalkGraph, name: str) -> NDArray:
    """Return an array of a graph without its nodes and edges; what points keeps its first 0."""
    return getattr(graph, name)[: int(name.endswith("ptr"))]


def _components(start: NDArray[np.int32], end: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    joined = coo_array((np.ones(len(start)), (start, end)), shape=(n, n))
    _, label = connected_components(joined, directed=False)
    rank = np.empty(label.max() + 1, dtype=np.int32)
    rank[np.argsort(-np.bincount(label), kind="stable")] = np.arange(len(rank), dtype=np.int32)
    return rank[label]


def _arcs(start: NDArray[np.int32], end: NDArray[np.int32], n: int) -> dict[str, NDArray]:
    tail, head = np.r_[start, end], np.r_[end, start]
    edge = np.tile(np.arange(len(start), dtype=np.int32), 2)
    order = np.argsort(tail, kind="stable")
    return {
        "arc_ptr": np.r_[0, np.cumsum(np.bincount(tail, minlength=n))].astype(np.int64),
        "arc_head": head[order],
        "arc_edge": edge[order],
        "arc_forward": (np.arange(len(tail)) < len(start))[order],
    }
