"""One walk through a network from its sources, and what hangs below each node and link of it.

A depth-first walk from a root that all sources are joined to (Tarjan 1972; Hopcroft and Tarjan
1973) gives each node the number in which it was met and the lowest number that its subtree reaches
without the link it was met through. A link is a bridge, and a node cuts its subtree off, when the
subtree reaches nothing above it. What they carry is the sum over the subtree: one pass, however
many links are asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]

__all__ = ["Tree", "below", "root_walk", "separated", "topmost"]


class Tree(NamedTuple):
    """A depth-first tree from the root; the root is the last node.

    ``order`` are the nodes that are reached, as they were met; ``parent`` and ``through`` the node
    and link that each was met from (−1: the root, or not reached); ``low`` the lowest number that
    the subtree reaches, ``number`` the node's own (−1: not reached).
    """

    order: Whole
    parent: Whole
    through: Whole
    number: Whole
    low: Whole

    @property
    def root(self) -> int:
        return len(self.parent) - 1

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Nodes that have a way to the root, the root among them."""
        return np.asarray(self.number >= 0, dtype=np.bool_)

    @property
    def bridge(self) -> NDArray[np.bool_]:
        """Nodes whose link to their parent is the only way to the root."""
        return np.asarray((self.parent >= 0) & (self.low == self.number), dtype=np.bool_)

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Nodes whose subtree has no way to the root that avoids their parent."""
        has = self.parent >= 0
        above = np.where(has, self.number[self.parent], 0)
        return np.asarray(has & (self.low >= above), dtype=np.bool_)


def root_walk(nodes: int, start: Whole, end: Whole, sources: Whole) -> Tree:
    """Walk a network from a root that is linked to each source.

    Parameters
    ----------
    nodes
        Number of nodes.
    start, end
        Nodes of each link, (m,). Loops and parallel links are allowed.
    sources
        Nodes that water comes from, (s,). Link ``m + i`` is that from the root to the i-th.
    """
    one = np.concatenate([start, np.full(len(sources), nodes)]).astype(np.int64)
    two = np.concatenate([end, sources]).astype(np.int64)
    tails, heads = np.concatenate([one, two]), np.concatenate([two, one])
    order = np.argsort(tails, kind="stable")
    first = np.searchsorted(tails[order], np.arange(nodes + 2))
    links = np.tile(np.arange(len(one)), 2)[order]
    return Tree(*_walk(first.astype(np.int64), heads[order], links, np.int64(nodes)))


@kernel
def _walk(
    first: Whole, heads: Whole, links: Whole, root: int
) -> tuple[Whole, Whole, Whole, Whole, Whole]:
    nodes = len(first) - 1
    order = np.empty(nodes, np.int64)
    parent = np.full(nodes, -1, np.int64)
    through = np.full(nodes, -1, np.int64)
    number = np.full(nodes, -1, np.int64)
    low = np.full(nodes, -1, np.int64)
    after = first[:-1].copy()
    met = 1
    order[0] = root
    number[root] = low[root] = 0
    node = root
    while node >= 0:
        if after[node] < first[node + 1]:
            arc = after[node]
            after[node] += 1
            other = heads[arc]
            if links[arc] == through[node]:
                continue
            if number[other] < 0:
                parent[other], through[other] = node, links[arc]
                number[other] = low[other] = met
                order[met] = other
                met += 1
                node = other
            else:
                low[node] = min(low[node], number[other])
        else:
            above = parent[node]
            if above >= 0:
                low[above] = min(low[above], low[node])
            node = above
    return order[:met], parent, through, number, low


@kernel
def below(order: Whole, parent: Whole, weights: Number) -> Number:
    """Sum the weights (n, k) over the subtree of each node; 0 where the walk did not come."""
    total = np.zeros(weights.shape)
    for place in range(len(order) - 1, -1, -1):
        node = order[place]
        total[node] += weights[node]
        if parent[node] >= 0:
            total[parent[node]] += total[node]
    return total


@kernel
def separated(order: Whole, parent: Whole, cut: NDArray[np.bool_], total: Number) -> Number:
    """Sum, for each node, the subtrees of its children that have no way past it, (n, k)."""
    lost = np.zeros(total.shape)
    for place in range(1, len(order)):
        node = order[place]
        if cut[node]:
            lost[parent[node]] += total[node]
    return lost


@kernel
def topmost(order: Whole, parent: Whole, mark: NDArray[np.bool_]) -> Whole:
    """Return, for each node, the marked node nearest the root on its way there, itself among them.

    −1 where there is none.
    """
    top = np.full(len(parent), -1, np.int64)
    for place in range(1, len(order)):
        node = order[place]
        if top[parent[node]] >= 0:
            top[node] = top[parent[node]]
        elif mark[node]:
            top[node] = node
    return top
