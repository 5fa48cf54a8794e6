"""Valve segments: the parts that are shut off together when something in them fails.

A pipe and the node that it ends in belong to the same segment unless a valve stands between them
(Walski 1993). The segments, joined by their open valves, are a network of their own, so that what
each takes with it is found as for nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

__all__ = ["CLOSED", "OPEN", "Segments", "make_segments"]

#: What stands between a pipe and the node at one of its ends.
OPEN, CLOSED = 1, 2


@dataclass(frozen=True, eq=False)
class Segments:
    """Which segment each node (n,) and pipe (m,) is in, and the open valves between segments.

    ``start`` and ``end`` are the segments on the two sides of each open valve, ``pipe`` and
    ``side`` (0: the start, 1: the end of the pipe) where it stands.
    """

    count: int
    node: Whole
    pipe: Whole
    start: Whole
    end: Whole
    at_pipe: Whole
    side: Whole


def make_segments(nodes: int, start: Whole, end: Whole, valves: NDArray[np.int8]) -> Segments:
    """Find the segments.

    Parameters
    ----------
    nodes
        Number of nodes.
    start, end
        Nodes of each pipe, (m,).
    valves
        0, `OPEN` or `CLOSED` at the start and the end of each pipe, (m, 2).
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    pipes = len(start)
    ends = np.stack([start, end], axis=1).astype(np.int64)
    pipe, side = np.nonzero(valves == 0)
    size = nodes + pipes
    joined = coo_array(
        (np.ones(len(pipe), np.int8), (nodes + pipe, ends[pipe, side])), shape=(size, size)
    )
    count, label = connected_components(joined, directed=False)
    label = label.astype(np.int64)
    at_pipe, at_side = np.nonzero(valves == OPEN)
    return Segments(
        int(count),
        label[:nodes],
        label[nodes:],
        label[nodes + at_pipe],
        label[ends[at_pipe, at_side]],
        at_pipe.astype(np.int64),
        at_side.astype(np.int64),
    )
