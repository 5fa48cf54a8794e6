"""Takes dead ends and chains out of a walking graph, so that searches visit junctions only.

Every shortest way between two junctions stays as long as it was. Dead ends (trees that hang on the
rest) are peeled off; nodes with two neighbours left are joined over. What is left is the *core*:
junctions, and *links* between them made of one or more edges. Each place of the graph keeps its
exact position: so far along a link, and so far up a dead end from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.network._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.network.profiles import Costs
    from askergeo.network.snapping import Places

__all__ = ["Anchors", "Core", "anchor", "contract"]

# Pairs within one dead end or one link are worked out by themselves: neither may grow large.
LARGEST_TREE = 32
LONGEST_CHAIN = 64


class Core(NamedTuple):
    """A contracted graph of ``n`` nodes, ``m`` edges, ``c`` junctions and ``k`` links.

    ``head``, ``out`` and ``back`` are the arcs of junction ``j``, ``ptr[j]:ptr[j + 1]``: where they
    lead, what they cost, and what the way back costs. ``link_u`` and ``link_v`` are the junctions
    at the ends of a link, the same one for a loop and for a link of no length, on which the dead
    ends of a junction hang.

    An edge lies on ``link`` (−1 in a dead end), ``along`` says whether it runs from u to v, and
    ``edge_cost`` is the cost from u to its end nearer to u, the way back, the cost from v to its
    other end, and the way back from there. A node has ``node_link`` (−1 in a dead end) and
    ``node_cost`` likewise. In a dead end ``child`` is the outer node of an edge (−1 elsewhere),
    ``parent`` the next node towards the rest, ``root`` where the dead end hangs, ``up`` the cost
    to there and ``down`` that from there.
    """

    ptr: NDArray[np.int32]
    head: NDArray[np.int32]
    out: NDArray[np.float64]
    back: NDArray[np.float64]
    link_u: NDArray[np.int32]
    link_v: NDArray[np.int32]
    start: NDArray[np.int32]
    link: NDArray[np.int32]
    along: NDArray[np.bool_]
    edge_cost: NDArray[np.float64]
    node_link: NDArray[np.int32]
    node_cost: NDArray[np.float64]
    child: NDArray[np.int32]
    parent: NDArray[np.int32]
    root: NDArray[np.int32]
    depth: NDArray[np.int32]
    up: NDArray[np.float64]
    down: NDArray[np.float64]


class Anchors(NamedTuple):
    """Where ``p`` places are in a core.

    ``link`` and the costs from its end u to the place (or to where its dead end hangs), back to u,
    from v and back to v; ``at`` grows from u to v. ``child`` is the edge's outer node in the dead
    end (−1 on a link), ``up`` and ``down`` the costs between the place and the link; ``access``
    is the cost between the place and the network.
    """

    link: NDArray[np.int32]
    from_u: NDArray[np.float64]
    to_u: NDArray[np.float64]
    from_v: NDArray[np.float64]
    to_v: NDArray[np.float64]
    at: NDArray[np.float64]
    child: NDArray[np.int32]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    access: NDArray[np.float64]


def contract(graph: WalkGraph, costs: Costs) -> Core:
    """Contract a graph under one set of costs."""
    ptr, head, edge = graph.arc_ptr, graph.arc_head, graph.arc_edge
    open_edge = np.isfinite(costs.forward) & np.isfinite(costs.backward)
    fixed = np.zeros(graph.nodes, dtype=np.bool_)
    fixed[graph.start[~open_edge]] = True
    fixed[graph.end[~open_edge]] = True
    parent, parent_edge, peeled = _peel(ptr, head, edge, fixed, LARGEST_TREE)
    tree = _measure_trees(
        parent, parent_edge, peeled, graph.start, costs.forward, costs.backward
    )
    child = np.full(graph.edges, -1, dtype=np.int32)
    child[parent_edge[peeled]] = peeled
    chains = _join_chains(
        ptr, head, edge, child, parent, fixed, graph.start, costs.forward, costs.backward,
        LONGEST_CHAIN,
    )
    core, links = chains[0], chains[1:5]
    arcs = _core_arcs(int(core.max(initial=-1)) + 1, *links)
    return Core(*arcs, *links[:2], graph.start, *chains[5:], child, parent, *tree)


def anchor(core: Core, costs: Costs, places: Places) -> Anchors:
    """Find where places are in a core."""
    where = _anchor(core, costs.forward, costs.backward, places.edge, places.share)
    return Anchors(*where, places.access * costs.access)


@kernel
def _part(share, cost):  # type: ignore[no-untyped-def]
    """Cost of a share of an edge; nothing costs nothing, also where one cannot go."""
    return share * cost if share > 0.0 else 0.0


@kernel
def _anchor(core, forward, backward, edges, shares):  # type: ignore[no-untyped-def]
    p = len(edges)
    link = np.empty(p, np.int32)
    child = np.empty(p, np.int32)
    cost = np.empty((7, p))
    for i in range(p):
        e = edges[i]
        c = core.child[e]
        child[i] = c
        along = core.start[e] == core.parent[c] if c >= 0 else core.along[e]
        share = shares[i] if along else 1.0 - shares[i]
        ahead = forward[e] if along else backward[e]
        behind = backward[e] if along else forward[e]
        if c >= 0:
            root = core.root[c]
            link[i] = core.node_link[root]
            cost[:4, i] = core.node_cost[:, root]
            cost[4, i] = cost[0, i]
            cost[5, i] = core.up[core.parent[c]] + share * behind
            cost[6, i] = core.down[core.parent[c]] + share * ahead
            continue
        link[i] = core.link[e]
        cost[0, i] = core.edge_cost[0, e] + _part(share, ahead)
        cost[1, i] = core.edge_cost[1, e] + _part(share, behind)
        cost[2, i] = core.edge_cost[2, e] + _part(1.0 - share, behind)
        cost[3, i] = core.edge_cost[3, e] + _part(1.0 - share, ahead)
        # A closed edge is a link of its own.
        closed = np.isinf(ahead) or np.isinf(behind)
        cost[4, i] = share if closed else cost[0, i]
        cost[5, i] = 0.0
        cost[6, i] = 0.0
    return link, cost[0], cost[1], cost[2], cost[3], cost[4], child, cost[5], cost[6]


@kernel
def _peel(ptr, head, edge, fixed, largest):  # type: ignore[no-untyped-def]
    """Take off nodes with one neighbour left, until only cycles and what joins them remain."""
    n = len(ptr) - 1
    degree = ptr[1:] - ptr[:-1]
    size = np.ones(n, np.int32)
    parent = np.full(n, -1, np.int32)
    parent_edge = np.full(n, -1, np.int32)
    peeled = np.empty(n, np.int32)
    waiting = np.empty(n, np.int32)
    last = 0
    for v in range(n):
        if degree[v] == 1 and not fixed[v]:
            waiting[last] = v
            last += 1
    count = 0
    taken = 0
    while taken < last:
        v = waiting[taken]
        taken += 1
        if degree[v] != 1:
            continue
        for arc in range(ptr[v], ptr[v + 1]):
            p = head[arc]
            if parent[p] < 0:  # the one neighbour that has not been peeled off
                break
        parent[v] = p
        parent_edge[v] = edge[arc]
        peeled[count] = v
        count += 1
        degree[v] = 0
        degree[p] -= 1
        size[p] += size[v]
        if degree[p] == 1 and not fixed[p] and size[p] <= largest:
            waiting[last] = p
            last += 1
    return parent, parent_edge, peeled[:count].copy()


@kernel
def _measure_trees(parent, parent_edge, peeled, start, forward, backward):  # type: ignore[no-untyped-def]
    """Root, depth and costs up and down of every node in a dead end; a node outside is its root."""
    n = len(parent)
    root = np.arange(n).astype(np.int32)
    depth = np.zeros(n, np.int32)
    up = np.zeros(n)
    down = np.zeros(n)
    for i in range(len(peeled) - 1, -1, -1):
        v = peeled[i]
        p = parent[v]
        e = parent_edge[v]
        root[v] = root[p]
        depth[v] = depth[p] + 1
        outward = start[e] == p
        up[v] = up[p] + (backward[e] if outward else forward[e])
        down[v] = down[p] + (forward[e] if outward else backward[e])
    return root, depth, up, down


@kernel
def _join_chains(ptr, head, edge, child, parent, fixed, start, forward, backward, longest):  # type: ignore[no-untyped-def]
    """Walk from junction to junction along edges that are left, and number what is found."""
    n = len(ptr) - 1
    m = len(start)
    left = np.zeros(n, np.int32)
    rooted = np.zeros(n, np.bool_)
    for v in range(n):
        if parent[v] >= 0:
            rooted[parent[v]] = True
            continue
        for arc in range(ptr[v], ptr[v + 1]):
            left[v] += child[edge[arc]] < 0
    junction = np.zeros(n, np.bool_)
    waiting = np.empty(n, np.int32)
    last = 0
    for v in range(n):
        if parent[v] < 0 and (left[v] != 2 or fixed[v]):
            junction[v] = True
            waiting[last] = v
            last += 1

    link = np.full(m, -1, np.int32)
    along = np.zeros(m, np.bool_)
    edge_cost = np.zeros((4, m))
    node_link = np.full(n, -1, np.int32)
    node_cost = np.zeros((4, n))
    link_u = np.empty(m + n, np.int32)
    link_v = np.empty(m + n, np.int32)
    link_out = np.empty(m + n)
    link_back = np.empty(m + n)
    chain = np.empty(longest, np.int32)
    links = 0
    taken = 0
    scan = 0
    while True:
        if taken == last:
            # A ring without a junction: any node of it becomes one.
            while scan < n and (parent[scan] >= 0 or junction[scan] or node_link[scan] >= 0):
                scan += 1
            if scan == n:
                break
            junction[scan] = True
            waiting[last] = scan
            last += 1
        u = waiting[taken]
        taken += 1
        for arc in range(ptr[u], ptr[u + 1]):
            e = edge[arc]
            if child[e] >= 0 or link[e] >= 0:
                continue
            size = 0
            ahead = 0.0
            behind = 0.0
            v = u
            while True:
                link[e] = links
                along[e] = start[e] == v
                edge_cost[0, e] = ahead
                edge_cost[1, e] = behind
                ahead += forward[e] if along[e] else backward[e]
                behind += backward[e] if along[e] else forward[e]
                chain[size] = e
                size += 1
                a = ptr[v]
                while edge[a] != e:
                    a += 1
                v = head[a]
                if not junction[v] and size == longest:
                    junction[v] = True
                    waiting[last] = v
                    last += 1
                if junction[v]:
                    break
                node_link[v] = links
                node_cost[0, v] = ahead
                node_cost[1, v] = behind
                for a in range(ptr[v], ptr[v + 1]):
                    if child[edge[a]] < 0 and edge[a] != e:
                        e = edge[a]
                        break
            link_u[links] = u
            link_v[links] = v
            link_out[links] = ahead
            link_back[links] = behind
            ahead = 0.0
            behind = 0.0
            w = v
            for i in range(size - 1, -1, -1):
                e = chain[i]
                edge_cost[2, e] = behind
                edge_cost[3, e] = ahead
                ahead += forward[e] if along[e] else backward[e]
                behind += backward[e] if along[e] else forward[e]
                a = ptr[w]
                while edge[a] != e:
                    a += 1
                w = head[a]
                if i > 0:
                    node_cost[2, w] = behind
                    node_cost[3, w] = ahead
            links += 1

    core = np.full(n, -1, np.int32)
    count = 0
    for v in range(n):
        if junction[v]:
            core[v] = count
            count += 1
    for i in range(links):
        link_u[i] = core[link_u[i]]
        link_v[i] = core[link_v[i]]
    for v in range(n):
        if junction[v]:
            # What hangs on a junction hangs on a link of no length from it to itself.
            node_link[v] = links
            link_u[links] = core[v]
            link_v[links] = core[v]
            link_out[links] = 0.0
            link_back[links] = 0.0
            links += 1
    return (
        core, link_u[:links].copy(), link_v[:links].copy(), link_out[:links].copy(),
        link_back[:links].copy(), link, along, edge_cost, node_link, node_cost,
    )


@kernel
def _core_arcs(count, link_u, link_v, out, back):  # type: ignore[no-untyped-def]
    """Arcs of each junction, both ways along each link; loops lead nowhere."""
    ptr = np.zeros(count + 1, np.int32)
    for i in range(len(link_u)):
        if link_u[i] != link_v[i]:
            ptr[link_u[i] + 1] += 1
            ptr[link_v[i] + 1] += 1
    for j in range(count):
        ptr[j + 1] += ptr[j]
    slot = ptr[:-1].copy()
    head = np.empty(ptr[count], np.int32)
    cost = np.empty((2, ptr[count]))
    for i in range(len(link_u)):
        u = link_u[i]
        v = link_v[i]
        if u != v:
            head[slot[u]] = v
            cost[0, slot[u]] = out[i]
            cost[1, slot[u]] = back[i]
            slot[u] += 1
            head[slot[v]] = u
            cost[0, slot[v]] = back[i]
            cost[1, slot[v]] = out[i]
            slot[v] += 1
    return ptr, head, cost[0].copy(), cost[1].copy()


