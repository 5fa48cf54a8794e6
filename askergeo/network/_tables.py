"""Kernels that give the cost of pairs: many to the nearest, and many to many."""

from __future__ import annotations

import numpy as np

from askergeo.network._jit import kernel
from askergeo.network._search import clear, make_queue, push, search

__all__ = ["costs_from_rows", "group_by", "nearest_rows", "pair_cost", "seed_inward", "seed_outward"]


@kernel
def group_by(key, groups):  # type: ignore[no-untyped-def]
    """Positions in order of their key, and where each key's positions begin."""
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
def pair_cost(core, origins, o, targets, t):  # type: ignore[no-untyped-def]
    """Cost between two places of one link without leaving it (and what hangs on it)."""
    access = origins.access[o] + targets.access[t]
    x, y = origins.child[o], targets.child[t]
    if x >= 0 and y >= 0 and core.root[x] == core.root[y]:
        cost = _tree_cost(
            core.parent, core.depth, core.up, core.down, x, y,
            origins.up[o], origins.down[o], targets.up[t], targets.down[t],
        )
        return access + cost
    cost = 0.0
    if targets.at[t] > origins.at[o]:
        cost = targets.from_u[t]
        if cost < np.inf:  # a closed edge has no cost to take the difference of
            cost -= origins.from_u[o]
    elif targets.at[t] < origins.at[o]:
        cost = targets.from_v[t]
        if cost < np.inf:
            cost -= origins.from_v[o]
    return access + origins.up[o] + cost + targets.down[t]


@kernel
def _tree_cost(  # type: ignore[no-untyped-def]
    parent, depth, up, down, x, y, origin_up, origin_down, target_up, target_down
):
    """Cost in one dead end: up to where the two branches meet, and down from there."""
    deeper = depth[x] - depth[y]
    while depth[x] > depth[y]:
        x = parent[x]
    while depth[y] > depth[x]:
        y = parent[y]
    if x == y:
        # One lies on the other's way to the root.
        if deeper > 0 or (deeper == 0 and origin_up >= target_up):
            return origin_up - target_up
        return target_down - origin_down
    while x != y:
        x = parent[x]
        y = parent[y]
    return origin_up - up[x] + target_down - down[x]


@kernel
def seed_outward(core, places, i, queue, limit, per_cost):  # type: ignore[no-untyped-def]
    """Start from a place to both ends of its link."""
    base = places.up[i] + places.access[i]
    _seed(queue, core.link_u[places.link[i]], base + places.to_u[i], limit, per_cost, None, 0)
    _seed(queue, core.link_v[places.link[i]], base + places.to_v[i], limit, per_cost, None, 0)


@kernel
def seed_inward(core, places, i, queue, limit, per_cost, label):  # type: ignore[no-untyped-def]
    """Start from a place against the direction of walking; ``label`` (or None) is the place."""
    base = places.down[i] + places.access[i]
    _seed(queue, core.link_u[places.link[i]], base + places.from_u[i], limit, per_cost, label, i)
    _seed(queue, core.link_v[places.link[i]], base + places.from_v[i], limit, per_cost, label, i)


@kernel
def _seed(queue, node, cost, limit, per_cost, label, i):  # type: ignore[no-untyped-def]
    if cost < queue.cost[node] and cost <= limit:
        push(queue, node, cost, per_cost)
        if label is not None:
            label[node] = i


@kernel
def nearest_rows(  # type: ignore[no-untyped-def]
    core, origins, origin_row, targets, target_row, limit, per_cost, buckets, cost, row
):
    """Cost to the nearest target and its row, for every origin row.

    Fills ``cost``, which holds ``inf`` before, and ``row``.
    """
    nodes = len(core.ptr) - 1
    queue = make_queue(nodes, buckets)
    label = np.empty(nodes, np.int32)
    on_link = np.full(len(core.link_u), -1, np.int32)
    following = np.empty(len(target_row), np.int32)
    for t in range(len(target_row)):
        seed_inward(core, targets, t, queue, limit, per_cost, label)
        following[t] = on_link[targets.link[t]]
        on_link[targets.link[t]] = t
    search(core.ptr, core.head, core.back, queue, limit, per_cost, label, None)
    reached, link_u, link_v = queue.cost, core.link_u, core.link_v
    for o in range(len(origin_row)):
        link = origins.link[o]
        u, v = link_u[link], link_v[link]
        base = origins.up[o] + origins.access[o]
        best = base + origins.to_u[o] + reached[u]
        found = label[u]
        other = base + origins.to_v[o] + reached[v]
        if other < best:
            best, found = other, label[v]
        t = on_link[link]
        while t >= 0:
            other = pair_cost(core, origins, o, targets, t)
            if other < best:
                best, found = other, t
            t = following[t]
        r = origin_row[o]
        if best <= limit and best < cost[r]:
            cost[r] = best
            row[r] = target_row[found]


@kernel
def costs_from_rows(  # type: ignore[no-untyped-def]
    core, sources, source_ptr, others, other_row, first, last, limit, per_cost, buckets, inward, out
):
    """Cost between each source row ``first``–``last`` and all other rows; fills ``out``.

    With ``inward`` the sources are walked to, else from. ``out`` holds ``inf`` before.
    """
    queue = make_queue(len(core.ptr) - 1, buckets)
    ptr, order = group_by(others.link, len(core.link_u))
    arcs = core.back if inward else core.out
    end_u, end_v = core.link_u[others.link], core.link_v[others.link]
    base = others.access + (others.up if inward else others.down)
    by_u = base + (others.to_u if inward else others.from_u)
    by_v = base + (others.to_v if inward else others.from_v)
    reached = queue.cost
    for r in range(first, last):
        for s in range(source_ptr[r], source_ptr[r + 1]):
            if inward:
                seed_inward(core, sources, s, queue, limit, per_cost, None)
            else:
                seed_outward(core, sources, s, queue, limit, per_cost)
        search(core.ptr, core.head, arcs, queue, limit, per_cost, None, None)
        for o in range(len(other_row)):
            best = min(reached[end_u[o]] + by_u[o], reached[end_v[o]] + by_v[o])
            if best <= limit and best < out[r, other_row[o]]:
                out[r, other_row[o]] = best
        for s in range(source_ptr[r], source_ptr[r + 1]):
            link = sources.link[s]
            for i in range(ptr[link], ptr[link + 1]):
                o = order[i]
                if inward:
                    best = pair_cost(core, others, o, sources, s)
                else:
                    best = pair_cost(core, sources, s, others, o)
                if best <= limit and best < out[r, other_row[o]]:
                    out[r, other_row[o]] = best
        clear(queue)
