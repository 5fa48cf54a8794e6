"""Kernels that give the cost of pairs: many to the nearest, and many to many."""

from __future__ import annotations

import numpy as np

from askergeo._jit import kernel
from askergeo.network._search import clear, make_queue, push, search

__all__ = [
    "costs_from_rows",
    "group_by",
    "nearest_rows",
    "pair_cost",
    "seed_inward",
    "seed_outward",
]


@kernel
def group_by(key, groups):
    """Sort positions by their key; return where each key's begin, and the positions."""
    ptr = np.zeros(groups + 1, np.int32)
    for k in key:
        ptr[k + 1] += 1
    for g in range(groups):
        ptr[g + 1] += ptr[g]
    slot = ptr[:-1].copy()
    order = np.empty(len(key), np.int32)
    for i in range(len(key)):
        order[slot[key[i]]] = i
        slot[key[i]] += 1
    return ptr, order


@kernel
def pair_cost(nodes, origin, target):
    """Cost between two places of one link without leaving it (and what hangs on it)."""
    access = origin.access + target.access
    if origin.child >= 0 and target.child >= 0:
        x, y = nodes[origin.child], nodes[target.child]
        if x.root == y.root:
            return access + _tree_cost(nodes, origin, target)
    cost = 0.0
    if target.at > origin.at:
        cost = target.from_u
        if cost < np.inf:  # a closed edge has no cost to take the difference of
            cost -= origin.from_u
    elif target.at < origin.at:
        cost = target.from_v
        if cost < np.inf:
            cost -= origin.from_v
    return access + origin.up + cost + target.down


@kernel
def _tree_cost(nodes, origin, target):
    """Cost in one dead end: up to where the two branches meet, and down from there."""
    x, y = origin.child, target.child
    deeper = nodes[x].depth - nodes[y].depth
    while nodes[x].depth > nodes[y].depth:
        x = nodes[x].parent
    while nodes[y].depth > nodes[x].depth:
        y = nodes[y].parent
    if x == y:
        # One lies on the other's way to the root.
        if deeper > 0 or (deeper == 0 and origin.up >= target.up):
            return origin.up - target.up
        return target.down - origin.down
    while x != y:
        x = nodes[x].parent
        y = nodes[y].parent
    return origin.up - nodes[x].up + target.down - nodes[x].down


@kernel
def seed_outward(links, place, queue, limit, per_cost):
    """Start from a place to both ends of its link."""
    base = place.up + place.access
    _seed(queue, links[place.link].u, base + place.to_u, limit, per_cost, None, 0)
    _seed(queue, links[place.link].v, base + place.to_v, limit, per_cost, None, 0)


@kernel
def seed_inward(links, place, queue, limit, per_cost, label, i):
    """Start from a place against the direction of walking; ``label`` (or None) becomes ``i``."""
    base = place.down + place.access
    _seed(queue, links[place.link].u, base + place.from_u, limit, per_cost, label, i)
    _seed(queue, links[place.link].v, base + place.from_v, limit, per_cost, label, i)


@kernel
def _seed(queue, node, cost, limit, per_cost, label, i):
    if cost < queue.cost[node] and cost <= limit:
        push(queue, node, cost, per_cost)
        if label is not None:
            label[node] = i


@kernel
def nearest_rows(
    ptr,
    head,
    back,
    links,
    nodes,
    origins,
    origin_row,
    targets,
    target_row,
    limit,
    per_cost,
    buckets,
    cost,
    row,
):
    """Cost to the nearest target and its row, for every origin row.

    Fills ``cost``, which holds ``inf`` before, and ``row``.
    """
    queue = make_queue(len(ptr) - 1, buckets)
    label = np.empty(len(ptr) - 1, np.int32)
    on_link = np.full(len(links), -1, np.int32)
    following = np.empty(len(target_row), np.int32)
    for t in range(len(target_row)):
        seed_inward(links, targets[t], queue, limit, per_cost, label, t)
        following[t] = on_link[targets[t].link]
        on_link[targets[t].link] = t
    search(ptr, head, back, queue, limit, per_cost, label, None)
    reached = queue.cost
    for o in range(len(origin_row)):
        origin = origins[o]
        u, v = links[origin.link].u, links[origin.link].v
        base = origin.up + origin.access
        best = base + origin.to_u + reached[u]
        found = label[u]
        other = base + origin.to_v + reached[v]
        if other < best:
            best, found = other, label[v]
        t = on_link[origin.link]
        while t >= 0:
            other = pair_cost(nodes, origin, targets[t])
            if other < best:
                best, found = other, t
            t = following[t]
        r = origin_row[o]
        if best <= limit and best < cost[r]:
            cost[r] = best
            row[r] = target_row[found]


@kernel
def costs_from_rows(
    ptr,
    head,
    arcs,
    links,
    nodes,
    sources,
    source_ptr,
    others,
    other_row,
    by_u,
    by_v,
    first,
    last,
    limit,
    per_cost,
    buckets,
    inward,
    out,
):
    """Cost between each source row ``first``–``last`` and all other rows; fills ``out``.

    With ``inward`` the sources are walked to, else from. ``by_u`` and ``by_v`` are what the other
    places add at either end of their links. ``out`` holds ``inf`` before.
    """
    queue = make_queue(len(ptr) - 1, buckets)
    link_ptr, order = group_by(others["link"], len(links))
    end_u, end_v = links["u"][others["link"]], links["v"][others["link"]]
    reached = queue.cost
    for r in range(first, last):
        for s in range(source_ptr[r], source_ptr[r + 1]):
            if inward:
                seed_inward(links, sources[s], queue, limit, per_cost, None, 0)
            else:
                seed_outward(links, sources[s], queue, limit, per_cost)
        search(ptr, head, arcs, queue, limit, per_cost, None, None)
        for o in range(len(other_row)):
            best = min(reached[end_u[o]] + by_u[o], reached[end_v[o]] + by_v[o])
            if best <= limit and best < out[r, other_row[o]]:
                out[r, other_row[o]] = best
        for s in range(source_ptr[r], source_ptr[r + 1]):
            link = sources[s].link
            for i in range(link_ptr[link], link_ptr[link + 1]):
                o = order[i]
                if inward:
                    best = pair_cost(nodes, others[o], sources[s])
                else:
                    best = pair_cost(nodes, sources[s], others[o])
                if best <= limit and best < out[r, other_row[o]]:
                    out[r, other_row[o]] = best
        clear(queue)
