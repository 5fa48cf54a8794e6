"""The network of one medium as arrays: what every question of pipes is answered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AVLOP",
    "BY_DRAWN",
    "BY_HEIGHT",
    "BY_NOTHING",
    "MEDIA",
    "MEDIUM_OF_TYPE",
    "OVERVANN",
    "VANN",
    "PipeNetwork",
]

VANN, AVLOP, OVERVANN = "vann", "avlop", "overvann"
#: The media; pipes of different media never join.
MEDIA = (VANN, AVLOP, OVERVANN)
#: The medium of each type of ``va_ledning``.
MEDIUM_OF_TYPE = {
    "vann": VANN,
    "spillvann": AVLOP,
    "avlop_felles": AVLOP,
    "overvann": OVERVANN,
}

#: What the direction of a pipe is known by.
BY_NOTHING, BY_DRAWN, BY_HEIGHT = 0, 1, 2


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class PipeNetwork:
    """The pipes of one medium: ``n`` nodes and ``m`` pieces of pipe between them.

    A row of ``va_ledning`` is cut where another pipe joins it or a node stands on it: several
    pieces may have the same ``row``, and their lengths sum to the length of the row. No piece
    starts and ends in the same node; parallel pieces are allowed. Nodes are numbered along a
    Hilbert curve, so that neighbours lie together in memory.

    Parameters
    ----------
    medium
        One of :data:`MEDIA`.
    crs
        Projected CRS in metres, ``EPSG:nnnn``; empty when the layer has none.
    xy
        Nodes, (n, 2), metres.
    z
        Height of each node, (n,), metres above NN2000: the bottom height where it is known, else
        the lowest bottom of its pipes, else the height of the node; NaN unknown.
    node_row
        Row (position) of ``va_node`` that stands at each node, (n,), the one that says most when
        there are several; −1 for none.
    facility_row
        Row of ``va_anlegg`` that is joined to each node, (n,); −1 for none.
    start, end
        Nodes of each piece, (m,), as the pipe is drawn.
    length_m
        Length of each piece, (m,), metres: its share of ``lengde_m``, else of the drawn line.
    row
        Row (position) of ``va_ledning`` that each piece is of, (m,).
    z_start, z_end
        Bottom height at the ends of each piece, (m,), metres; NaN unknown.
    direction
        1 when the flow follows the line as it is drawn, −1 against it, 0 unknown (and always for
        water), (m,).
    direction_by
        :data:`BY_HEIGHT`, :data:`BY_DRAWN` or :data:`BY_NOTHING`, (m,).
    pressure
        Pieces whose flow is pumped and does not fall, (m,).
    pump_link, valve_link
        Pieces that are a pump or a valve, as in models, (m,).
    closed
        Pieces that nothing passes: closed by their status, (m,).
    coordinates, coordinate_ptr
        The line of piece ``e`` is ``coordinates[coordinate_ptr[e]:coordinate_ptr[e + 1]]``, from
        its start to its end.
    component
        Connected component of each node, (n,), numbered from the one with most metres (0). Closed
        pieces and valves connect, as the pipes lie in the ground.
    source, outlet, pump, valve, shut
        Flags of the nodes, (n,): where water comes from (vannverk, høydebasseng, kilde, basseng);
        where sewage leaves (renseanlegg, utløp, overløp); pumping stations; valves; valves that
        are shut.
    arc_ptr, arc_head, arc_edge, arc_forward
        The arcs out of node ``v`` are ``arc_ptr[v]:arc_ptr[v + 1]``: the node they lead to, their
        piece, and whether they follow it from its start. Each piece has two arcs.
    node_at, facility_at
        Node of each row of ``va_node`` and of ``va_anlegg``; −1 for those not on this network.
    """

    medium: str
    crs: str
    xy: NDArray[np.float64]
    z: NDArray[np.float64]
    node_row: NDArray[np.int32]
    facility_row: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length_m: NDArray[np.float64]
    row: NDArray[np.int32]
    z_start: NDArray[np.float64]
    z_end: NDArray[np.float64]
    direction: NDArray[np.int8]
    direction_by: NDArray[np.int8]
    pressure: NDArray[np.bool_]
    pump_link: NDArray[np.bool_]
    valve_link: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    coordinates: NDArray[np.float64]
    coordinate_ptr: NDArray[np.int64]
    component: NDArray[np.int32]
    source: NDArray[np.bool_]
    outlet: NDArray[np.bool_]
    pump: NDArray[np.bool_]
    valve: NDArray[np.bool_]
    shut: NDArray[np.bool_]
    arc_ptr: NDArray[np.int64]
    arc_head: NDArray[np.int32]
    arc_edge: NDArray[np.int32]
    arc_forward: NDArray[np.bool_]
    node_at: NDArray[np.int32]
    facility_at: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @property
    def edges(self) -> int:
        """Number of pieces of pipe."""
        return len(self.start)
