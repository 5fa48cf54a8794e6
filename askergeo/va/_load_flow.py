"""The way that sewage takes from every node to where it ends, as a tree, and sums along it.

Sewage takes the shortest way that its pipes fall. Where a pipe is drawn or levelled the wrong way
nothing above it would arrive; there the way goes against it, and it is told which pipes those are.
A way has one end: what an overflow or a second outlet takes in rain is not reckoned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.va._supply_tree import below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = ["Flow", "flow"]

# Metres that a way without a drawn pipe, and one against the fall, is held to be longer: they are
# taken only where no other way leads to an end.
_UNDRAWN: Final = 1e5
_AGAINST: Final = 1e7
_LEAST: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Flow:
    """Where sewage runs from each of ``n`` nodes; the root, ``n``, is below all ends.

    Parameters
    ----------
    order
        Nodes that reach an end, each after the one below it; the root first.
    parent
        The node below each, (n + 1,); −1 for the root and for nodes that reach no end.
    through
        Pipe to the node below, (n + 1,); −1 where no pipe is drawn.
    end
        The node where the sewage of each node ends, (n,); −1 for none.
    against
        Pipes that are followed against their fall, (m,).
    """

    order: Whole
    parent: Whole
    through: Whole
    end: Whole
    against: Truth

    @property
    def upper(self) -> Whole:
        """Node that drains through each pipe, (m,); −1 for pipes on no way."""
        node = np.full(len(self.against), -1, dtype=np.int64)
        used = np.flatnonzero(self.through >= 0)
        node[self.through[used]] = used
        return node

    def sums(self, weights: Number) -> Number:
        """Sum weights (n, k) of all nodes that drain through each node, (n + 1, k).

        The last row is the root: all that arrives somewhere.
        """
        whole = np.vstack([weights, np.zeros((1, weights.shape[1]))])
        return np.asarray(below(self.order, self.parent, whole), dtype=np.float64)

    def way(self, node: int) -> list[int]:
        """Nodes from one to its end, both with; empty when it reaches none."""
        found = []
        root = len(self.parent) - 1
        while self.parent[node] >= 0 and node != root:
            found.append(int(node))
            node = int(self.parent[node])
        return found


def flow(
    nodes: int,
    start: Whole,
    end: Whole,
    length_m: Number,
    direction: NDArray[np.int8],
    *,
    ends: Whole,
    jumps: Whole | None = None,
) -> Flow:
    """Find the way of sewage from every node.

    Parameters
    ----------
    nodes
        Number of nodes.
    start, end, length_m
        Nodes and metres of each pipe, (m,).
    direction
        1 when sewage runs from start to end, −1 the other way, 0 when nobody knows, (m,).
    ends
        Nodes where it leaves the network: treatment plants and outlets.
    jumps
        Nodes that it is pumped from and to without a drawn pipe, (j, 2).

    Examples
    --------
    >>> one = np.ones(2, dtype=np.int8)
    >>> line = flow(3, np.array([0, 1]), np.array([1, 2]), np.ones(2), one, ends=np.array([2]))
    >>> line.sums(np.array([[5.0], [7.0], [0.0]])).ravel().tolist()
    [5.0, 12.0, 12.0, 12.0]
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    jumps = np.zeros((0, 2), np.int64) if jumps is None else jumps
    pipes = np.arange(len(start))
    tails = np.concatenate([start, end, jumps[:, 0], ends]).astype(np.int64)
    heads = np.concatenate([end, start, jumps[:, 1], np.full(len(ends), nodes)]).astype(np.int64)
    metres = np.maximum(length_m, _LEAST)
    cost = np.concatenate(
        [
            metres + np.where(direction < 0, _AGAINST, 0.0),
            metres + np.where(direction > 0, _AGAINST, 0.0),
            np.full(len(jumps), _UNDRAWN),
            np.full(len(ends), _LEAST),
        ]
    )
    piece = np.concatenate([pipes, pipes, np.full(len(jumps) + len(ends), -1)])
    # Of several ways between two nodes the shortest counts.
    order = np.lexsort((piece, cost, heads, tails))
    first = np.r_[True, (np.diff(tails[order]) != 0) | (np.diff(heads[order]) != 0)]
    kept = order[first] if len(order) else order
    kept = kept[tails[kept] != heads[kept]]
    tails, heads, cost, piece = tails[kept], heads[kept], cost[kept], piece[kept]
    up = coo_array((cost, (heads, tails)), shape=(nodes + 1, nodes + 1)).tocsr()
    away, parent = dijkstra(up, indices=nodes, return_predecessors=True)
    parent = np.where(parent < 0, -1, parent).astype(np.int64)
    through = _pieces(nodes, parent, tails, heads, piece)
    reached = np.flatnonzero(np.isfinite(away))
    # Every pipe is longer than nothing: who is nearer the end comes first.
    sequence = reached[np.argsort(away[reached], kind="stable")].astype(np.int64)
    against = np.zeros(len(start), dtype=np.bool_)
    used = np.flatnonzero(through >= 0)
    along = np.where(start[through[used]] == used, 1, -1)
    against[through[used]] = (direction[through[used]] != 0) & (direction[through[used]] != along)
    return Flow(sequence, parent, through, _ends(sequence, parent, nodes), against)


def _pieces(nodes: int, parent: Whole, tails: Whole, heads: Whole, piece: Whole) -> Whole:
    """Return the pipe from each node to its parent."""
    through = np.full(nodes + 1, -1, dtype=np.int64)
    mine = parent[tails] == heads
    through[tails[mine]] = piece[mine]
    return through


def _ends(order: Whole, parent: Whole, root: int) -> Whole:
    """Return the node above the root on the way of each node, by doubling the steps."""
    target = np.arange(root + 1)
    inner = (parent >= 0) & (parent != root)
    target[inner] = parent[inner]
    while True:
        further = target[target]
        if (further == target).all():
            break
        target = further
    found = np.full(root, -1, dtype=np.int64)
    mine = order[order != root]
    found[mine] = target[mine]
    return found
