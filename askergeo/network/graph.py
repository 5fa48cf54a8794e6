"""The walking graph: nodes, edges with their lines and slopes, and the arcs that searches follow.

A graph is arrays only, so that it can be cached as they are and handed to compiled kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KINDS", "WalkGraph"]

#: What an edge is, by the number in :attr:`WalkGraph.kind`.
KINDS = ("veg", "gangveg", "fortau", "gangfelt", "trapp", "sti", "traktorveg", "lenke")


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
