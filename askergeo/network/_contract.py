"""Takes dead ends and chains out of a walking graph, so that searches visit junctions only.

Every shortest way between two junctions stays as long as it was. Dead ends (trees that hang on the
rest) are peeled off; nodes with two neighbours left are joined over. What is left is the *core*:
junctions, and *links* between them made of one or more edges. Each place of the graph keeps its
exact position: so far along a link, and so far up a dead end from there. On an example of 78 000
nodes, most of them driveways, 21 000 junctions are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.network.profiles import Costs
    from askergeo.network.snapping import Places

__all__ = ["Core", "anchor", "contract", "part_cost"]

# Pairs within one dead end or one link are worked out by themselves: neither may grow large.
LARGEST_TREE = 32
LONGEST_CHAIN = 64
# Edges left at a node that is joined over.
CHAINED = 2

_ALONG = [("from_u", "f8"), ("to_u", "f8"), ("from_v", "f8"), ("to_v", "f8")]
# A link runs from junction u to junction v: the same one for a loop, and for the link of no length
# at each junction, on which its dead ends hang.
LINK = np.dtype([("u", "i4"), ("v", "i4"), ("out", "f8"), ("back", "f8")])
# An edge lies on a link (−1 in a dead end), along it or against it, with the costs from u to its
# end nearer to u and back, and from v to its other end and back; or in a dead end, where
# ``child`` is its outer node (−1 on a link).
EDGE = np.dtype([("link", "i4"), ("child", "i4"), ("start", "i4"), ("along", "i4"), *_ALONG])
# A node likewise; in a dead end ``parent`` is the next node towards the rest (−1 elsewhere),
# ``root`` where the dead end hangs, ``up`` the cost to there and ``down`` that from there.
NODE = np.dtype(
    [
        ("link", "i4"),
        ("parent", "i4"),
        ("root", "i4"),
        ("depth", "i4"),
        ("up", "f8"),
        ("down", "f8"),
        *_ALONG,
    ]
)
# A place: where it is on its link, or where its dead end hangs (``at`` grows from u to v), the
# cost up from it to there and down, and the cost between the place and the network.
PLACE = np.dtype(
    [
        ("link", "i4"),
        ("child", "i4"),
        *_ALONG,
        ("at", "f8"),
        ("up", "f8"),
        ("down", "f8"),
        ("access", "f8"),
    ]
)


class Core(NamedTuple):
    """A contracted graph: junctions with arcs, links, and where each edge and node is on them.

    The arcs of junction ``j`` are ``ptr[j]:ptr[j + 1]``: ``head`` is where they lead, ``out`` what
    they cost and ``back`` what the way back costs. ``links``, ``edges`` and ``nodes`` are records
    of :data:`LINK`, :data:`EDGE` and :data:`NODE`.
    """

    ptr: NDArray[np.int32]
    head: NDArray[np.int32]
    out: NDArray[np.float64]
    back: NDArray[np.float64]
    links: NDArray[Any]
    edges: NDArray[Any]
    nodes: NDArray[Any]


def contract(graph: WalkGraph, costs: Costs) -> Core:
    """Contract a graph under one set of costs."""
    arcs = graph.arc_ptr, graph.arc_head, graph.arc_edge
    edges, nodes = np.zeros(graph.edges, EDGE), np.zeros(graph.nodes, NODE)
    edges["start"], edges["link"], edges["child"] = graph.start, -1, -1
    nodes["link"], nodes["parent"], nodes["root"] = -1, -1, np.arange(graph.nodes)
    # A closed edge has no cost to take differences of: it is a link of its own.
    closed = ~(np.isfinite(costs.forward) & np.isfinite(costs.backward))
    fixed = np.zeros(graph.nodes, dtype=np.bool_)
    fixed[graph.start[closed]] = True
    fixed[graph.end[closed]] = True
    _peel(*arcs, fixed, LARGEST_TREE, costs.forward, costs.backward, edges, nodes)
    links, junctions = _join(
        *arcs, fixed, LONGEST_CHAIN, costs.forward, costs.backward, edges, nodes
    )
    ptr, head, out, back = _core_arcs(junctions, links)
    return Core(ptr, head, out, back, links, edges, nodes)


def anchor(core: Core, costs: Costs, places: Places) -> NDArray[Any]:
    """Find where places are in a core: records of :data:`PLACE`."""
    where = np.empty(len(places.edge), PLACE)
    where["access"] = places.access * costs.access
    _anchor(core.edges, core.nodes, costs.forward, costs.backward, places.edge, places.share, where)
    return where


def part_cost(share: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost of a share of each edge; nothing costs nothing, also where one cannot go.

    Examples
    --------
    >>> part_cost(np.array([0.0, 0.5, 0.5]), np.array([np.inf, np.inf, 8.0])).tolist()
    [0.0, inf, 4.0]
    """
    return np.multiply(share, cost, out=np.zeros(len(cost)), where=share > 0)


@kernel
def _part(share, cost):
    """Cost of a share of an edge; nothing costs nothing, also where one cannot go."""
    return share * cost if share > 0.0 else 0.0


@kernel
def _anchor(edges, nodes, forward, backward, edge, shares, where):
    for i in range(len(edge)):
        e = edges[edge[i]]
        place = where[i]
        outer = e.child
        place.child = outer
        # In a dead end the share is counted from its root.
        along = e.start == nodes[outer].parent if outer >= 0 else e.along == 1
        share = shares[i] if along else 1.0 - shares[i]
        ahead = forward[edge[i]] if along else backward[edge[i]]
        behind = backward[edge[i]] if along else forward[edge[i]]
        if outer >= 0:
            inner = nodes[nodes[outer].parent]
            root = nodes[inner.root]
            place.link = root.link
            place.from_u, place.to_u = root.from_u, root.to_u
            place.from_v, place.to_v = root.from_v, root.to_v
            place.at = root.from_u
            place.up = inner.up + share * behind
            place.down = inner.down + share * ahead
            continue
        place.link = e.link
        place.from_u = e.from_u + _part(share, ahead)
        place.to_u = e.to_u + _part(share, behind)
        place.from_v = e.from_v + _part(1.0 - share, behind)
        place.to_v = e.to_v + _part(1.0 - share, ahead)
        closed = np.isinf(ahead) or np.isinf(behind)
        place.at = share if closed else place.from_u
        place.up = 0.0
        place.down = 0.0


@kernel
def _peel(ptr, head, edge, fixed, largest, forward, backward, edges, nodes):
    """Take off nodes with one neighbour left, until only cycles and what joins them remain."""
    n = len(nodes)
    degree = ptr[1:] - ptr[:-1]
    size = np.ones(n, np.int32)
    waiting = np.empty(n, np.int32)
    last = 0
    for v in range(n):
        if degree[v] == 1 and not fixed[v]:
            waiting[last] = v
            last += 1
    taken = 0
    while taken < last:
        v = waiting[taken]
        taken += 1
        if degree[v] != 1:  # the last two nodes of a tree: one of them stays
            continue
        arc = ptr[v]
        while nodes[head[arc]].parent >= 0:
            arc += 1
        p = head[arc]
        nodes[v].parent = p
        edges[edge[arc]].child = v
        degree[v] = 0
        degree[p] -= 1
        size[p] += size[v]
        if degree[p] == 1 and not fixed[p] and size[p] <= largest:
            waiting[last] = p
            last += 1
    # Parents before children: the costs add up from the root.
    for i in range(last - 1, -1, -1):
        v = waiting[i]
        p = nodes[v].parent
        if p < 0:
            continue
        arc = ptr[v]
        while edges[edge[arc]].child != v:
            arc += 1
        e = edge[arc]
        inward = edges[e].start == v
        nodes[v].root = nodes[p].root
        nodes[v].depth = nodes[p].depth + 1
        nodes[v].up = nodes[p].up + (forward[e] if inward else backward[e])
        nodes[v].down = nodes[p].down + (backward[e] if inward else forward[e])


@kernel
def _join(ptr, head, edge, fixed, longest, forward, backward, edges, nodes):
    """Walk from junction to junction along the edges that are left; return links and junctions."""
    n = len(nodes)
    junction, waiting, last = _first_junctions(ptr, edge, fixed, edges, nodes)
    links = np.empty(len(edges) + n, LINK)
    chain = np.empty(longest, np.int32)
    count = 0
    taken = 0
    scan = 0
    while True:
        if taken == last:
            # A ring without a junction: the first node of it becomes one.
            while scan < n and (nodes[scan].parent >= 0 or junction[scan] or nodes[scan].link >= 0):
                scan += 1
            if scan == n:
                break
            junction[scan] = True
            waiting[last] = scan
            last += 1
        u = waiting[taken]
        taken += 1
        for arc in range(ptr[u], ptr[u + 1]):
            if edges[edge[arc]].child < 0 and edges[edge[arc]].link < 0:
                v, size = _walk(
                    ptr,
                    head,
                    edge,
                    arc,
                    u,
                    count,
                    chain,
                    junction,
                    forward,
                    backward,
                    edges,
                    nodes,
                    links,
                )
                _walk_back(head, ptr, edge, v, chain[:size], forward, backward, edges, nodes)
                if not junction[v]:  # the longest chain ends here
                    junction[v] = True
                    waiting[last] = v
                    last += 1
                count += 1
    return _number(junction, links, count, nodes)


@kernel
def _first_junctions(ptr, edge, fixed, edges, nodes):
    """Nodes that do not have just two edges left."""
    n = len(nodes)
    junction = np.zeros(n, np.bool_)
    waiting = np.empty(n, np.int32)
    last = 0
    for v in range(n):
        left = 0
        for arc in range(ptr[v], ptr[v + 1]):
            left += edges[edge[arc]].child < 0
        if nodes[v].parent < 0 and (left != CHAINED or fixed[v]):
            junction[v] = True
            waiting[last] = v
            last += 1
    return junction, waiting, last


@kernel
def _walk(ptr, head, edge, arc, u, number, chain, junction, forward, backward, edges, nodes, links):
    """Follow a chain from u; note edges, nodes and costs from u; return its end and size."""
    ahead = 0.0
    behind = 0.0
    size = 0
    v = u
    while True:
        e = edge[arc]
        along = edges[e].start == v
        edges[e].link = number
        edges[e].along = along
        edges[e].from_u = ahead
        edges[e].to_u = behind
        ahead += forward[e] if along else backward[e]
        behind += backward[e] if along else forward[e]
        chain[size] = e
        size += 1
        v = head[arc]
        if junction[v] or size == len(chain):
            break
        nodes[v].link = number
        nodes[v].from_u = ahead
        nodes[v].to_u = behind
        arc = ptr[v]
        while edges[edge[arc]].child >= 0 or edge[arc] == e:
            arc += 1
    links[number].u = u
    links[number].v = v
    links[number].out = ahead
    links[number].back = behind
    return v, size


@kernel
def _walk_back(head, ptr, edge, v, chain, forward, backward, edges, nodes):
    """Note the costs from v of a chain's edges and nodes."""
    ahead = 0.0
    behind = 0.0
    for i in range(len(chain) - 1, -1, -1):
        e = chain[i]
        along = edges[e].along == 1
        edges[e].from_v = behind
        edges[e].to_v = ahead
        ahead += forward[e] if along else backward[e]
        behind += backward[e] if along else forward[e]
        arc = ptr[v]
        while edge[arc] != e:
            arc += 1
        v = head[arc]
        nodes[v].from_v = behind
        nodes[v].to_v = ahead


@kernel
def _number(junction, links, count, nodes):
    """Count junctions in the order of their nodes, and give each a link of no length."""
    core = np.cumsum(junction) - 1
    for i in range(count):
        links[i].u = core[links[i].u]
        links[i].v = core[links[i].v]
    for v in range(len(nodes)):
        if junction[v]:
            nodes[v].link = count
            nodes[v].from_u, nodes[v].to_u, nodes[v].from_v, nodes[v].to_v = 0.0, 0.0, 0.0, 0.0
            links[count].u = core[v]
            links[count].v = core[v]
            links[count].out = 0.0
            links[count].back = 0.0
            count += 1
    return links[:count].copy(), junction.sum()


@kernel
def _core_arcs(count, links):
    """Arcs of each junction, both ways along each link; loops lead nowhere."""
    ptr = np.zeros(count + 1, np.int32)
    for i in range(len(links)):
        if links[i].u != links[i].v:
            ptr[links[i].u + 1] += 1
            ptr[links[i].v + 1] += 1
    for j in range(count):
        ptr[j + 1] += ptr[j]
    slot = ptr[:-1].copy()
    head = np.empty(ptr[count], np.int32)
    out = np.empty(ptr[count])
    back = np.empty(ptr[count])
    for i in range(len(links)):
        u, v = links[i].u, links[i].v
        if u != v:
            head[slot[u]], out[slot[u]], back[slot[u]] = v, links[i].out, links[i].back
            head[slot[v]], out[slot[v]], back[slot[v]] = u, links[i].back, links[i].out
            slot[u] += 1
            slot[v] += 1
    return ptr, head, out, back
