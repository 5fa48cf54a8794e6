"""Kernels on the whole graph: costs at its nodes, ways edge by edge, and how many use each edge."""

from __future__ import annotations

import numpy as np

from askergeo._jit import kernel
from askergeo.network._search import make_queue, push, search

__all__ = ["ENDS", "fill_ways", "first_legs", "flows", "reach_from"]

#: A place on an edge: cost between it and the edge's start, and its end, in the searched direction.
ENDS = np.dtype([("edge", "i4"), ("share", "f8"), ("start", "f8"), ("end", "f8"), ("access", "f8")])
BY_START, BY_END, DIRECT, NOWHERE = 0, 1, 2, -1


@kernel
def reach_from(ptr, head, arcs, start, end, places, limit, per_cost, buckets, label, via):
    """Search from all places at once; return costs at the nodes.

    ``label`` gets the place that each node is reached from, ``via`` the arc, −1 from the place.
    """
    queue = make_queue(len(ptr) - 1, buckets)
    for i in range(len(places)):
        e = places[i].edge
        for node, part in ((start[e], places[i].start), (end[e], places[i].end)):
            cost = part + places[i].access
            if cost < queue.cost[node] and cost <= limit:
                push(queue, node, cost, per_cost)
                label[node] = i
                via[node] = -1
    search(ptr, head, arcs, queue, limit, per_cost, label, via)
    return queue.cost


@kernel
def first_legs(
    start,
    end,
    forward,
    backward,
    cost,
    label,
    origins,
    origin_row,
    targets,
    limit,
    best,
    chosen,
    leg,
    found,
):
    """Choose how each origin row sets out for its nearest target.

    Fills ``best`` (``inf`` before) with the cost, ``chosen`` with the row's place, ``leg`` with
    the end of the edge that is left by, and ``found`` with the target's place.
    """
    on_edge = np.full(len(start), -1, np.int32)
    following = np.empty(len(targets), np.int32)
    for t in range(len(targets)):
        following[t] = on_edge[targets[t].edge]
        on_edge[targets[t].edge] = t
    for o in range(len(origins)):
        place = origins[o]
        e, r = place.edge, origin_row[o]
        for way, node, part in ((BY_START, start[e], place.start), (BY_END, end[e], place.end)):
            new = place.access + part + cost[node]
            if new < best[r] and new <= limit:
                best[r], chosen[r], leg[r], found[r] = new, o, way, label[node]
        t = on_edge[e]
        while t >= 0:
            share = targets[t].share - place.share
            new = place.access + targets[t].access
            if share != 0.0:
                new += share * forward[e] if share > 0.0 else -share * backward[e]
            if new < best[r] and new <= limit:
                best[r], chosen[r], leg[r], found[r] = new, o, DIRECT, t
            t = following[t]


@kernel
def fill_ways(
    arc_edge, start, end, via, origins, targets, chosen, leg, found, ptr, edge, begin, stop
):
    """Write down each row's edges with the shares where they are entered and left.

    Fills ``ptr``; fills ``edge``, ``begin`` and ``stop`` too unless they are empty.
    """
    count = 0
    for r in range(len(chosen)):
        if leg[r] != NOWHERE:
            place = origins[chosen[r]]
            e, at = place.edge, place.share
            target = targets[found[r]]
            if leg[r] != DIRECT:
                node = start[e] if leg[r] == BY_START else end[e]
                count = _leg(e, at, 0.0 if leg[r] == BY_START else 1.0, count, edge, begin, stop)
                while via[node] >= 0:
                    e = arc_edge[via[node]]
                    at = 0.0 if start[e] == node else 1.0
                    count = _leg(e, at, 1.0 - at, count, edge, begin, stop)
                    node = start[e] + end[e] - node
                at = 0.0 if start[target.edge] == node else 1.0
            count = _leg(target.edge, at, target.share, count, edge, begin, stop)
        ptr[r + 1] = count


@kernel
def _leg(e, at, to, count, edge, begin, stop):
    if at == to:
        return count
    if len(edge):
        edge[count], begin[count], stop[count] = e, at, to
    return count + 1


@kernel
def flows(
    arc_edge, start, end, label, via, order, origins, targets, chosen, leg, found, weights, use
):
    """Sum the weights that pass along each edge; ``order`` lists nodes from the farthest in."""
    through = np.zeros(len(via))
    for r in range(len(chosen)):
        if leg[r] == NOWHERE:
            continue
        place, target = origins[chosen[r]], targets[found[r]]
        e = place.edge
        if leg[r] == DIRECT:
            use[e] += weights[r] if place.share != target.share else 0.0
            continue
        node = start[e] if leg[r] == BY_START else end[e]
        through[node] += weights[r]
        # Out of one end of an edge and in by the other is one use of it.
        returns = target.edge == e and 0.0 < target.share < 1.0
        if place.share != (0.0 if leg[r] == BY_START else 1.0) and not returns:
            use[e] += weights[r]
    for node in order:
        if through[node] == 0.0:
            continue
        if via[node] >= 0:
            e = arc_edge[via[node]]
            use[e] += through[node]
            through[start[e] + end[e] - node] += through[node]
        else:
            target = targets[label[node]]
            if target.share != (0.0 if start[target.edge] == node else 1.0):
                use[target.edge] += through[node]
