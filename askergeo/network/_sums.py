"""Kernels that sum what lies within limits of every origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.network._jit import kernel
from askergeo.network._search import TOUCHED, clear, make_queue, push, search
from askergeo.network._tables import group_by, pair_cost, seed_outward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._contract import Anchors

__all__ = ["Bundles", "bundle", "sums_within"]

# Rows of Bundles.bound.
MOST_U, MOST_V, MIDDLE, LEAST_U, LEAST_V = range(5)


class Bundles(NamedTuple):
    """Targets by link, so that a link within the limit is summed as a whole.

    ``ptr`` and ``order`` list the places on each link: first those that are their row's only
    one, up to ``alone``, then those of rows with several entrances. ``bound`` holds, of the cost
    from u and from v to the link's places: the most of each, the most of their mean, the least of
    each. ``weight`` is by place, ``total`` by link (rows with one entrance only). ``near_ptr`` and
    ``near`` are the links with targets at each junction.
    """

    ptr: NDArray[np.int32]
    order: NDArray[np.int32]
    alone: NDArray[np.int32]
    places: Anchors
    row: NDArray[np.int32]
    from_u: NDArray[np.float64]
    from_v: NDArray[np.float64]
    weight: NDArray[np.float64]
    bound: NDArray[np.float64]
    total: NDArray[np.float64]
    near_ptr: NDArray[np.int32]
    near: NDArray[np.int32]
    some_have_several: bool


@kernel
def bundle(core, targets, row, weights):  # type: ignore[no-untyped-def]
    """Sort targets by link; ``row`` and ``weights`` (rows, g) are those of the input."""
    links = len(core.link_u)
    count = np.zeros(len(weights), np.int32)
    for r in row:
        count[r] += 1
    # Two keys a link: the places that are alone in their row come first.
    key = np.empty(len(row), np.int32)
    for t in range(len(row)):
        key[t] = 2 * targets.link[t] + (count[row[t]] > 1)
    both, order = group_by(key, 2 * links)
    from_u = targets.from_u[order] + targets.down[order] + targets.access[order]
    from_v = targets.from_v[order] + targets.down[order] + targets.access[order]
    weight = weights[row[order]]
    bound = np.empty((links, 5))
    bound[:, :LEAST_U] = -np.inf
    bound[:, LEAST_U:] = np.inf
    total = np.zeros((links, weights.shape[1]))
    for k in range(links):
        for i in range(both[2 * k], both[2 * k + 2]):
            a, b = from_u[i], from_v[i]
            bound[k, MOST_U] = max(bound[k, MOST_U], a)
            bound[k, MOST_V] = max(bound[k, MOST_V], b)
            bound[k, MIDDLE] = max(bound[k, MIDDLE], (a + b) / 2)
            bound[k, LEAST_U] = min(bound[k, LEAST_U], a)
            bound[k, LEAST_V] = min(bound[k, LEAST_V], b)
            if i < both[2 * k + 1]:
                total[k] += weight[i]
    near_ptr, near = _links_by_junction(core, both)
    return Bundles(
        both[::2].copy(), order, both[1::2].copy(), targets, row[order], from_u, from_v, weight,
        bound, total, near_ptr, near, count.max() > 1,
    )


@kernel
def _links_by_junction(core, both):  # type: ignore[no-untyped-def]
    links = len(core.link_u)
    ptr = np.zeros(len(core.ptr), np.int32)
    for step in range(2):
        slot = ptr.copy()
        near = np.empty(ptr[-1], np.int32)
        for k in range(links):
            if both[2 * k] == both[2 * k + 2]:
                continue
            ends = (core.link_u[k], core.link_v[k])
            for j in range(1 if ends[0] == ends[1] else 2):
                if step == 0:
                    ptr[ends[j] + 1] += 1
                else:
                    near[slot[ends[j]]] = k
                    slot[ends[j]] += 1
        if step == 0:
            ptr = np.cumsum(ptr).astype(np.int32)
    return ptr, near


@kernel
def sums_within(  # type: ignore[no-untyped-def]
    core, origins, origin_ptr, rows, group_ptr, first, last, bundles, weights, limits, per_cost,
    buckets, out,
):
    """Sum the weights within each limit of the origins in the groups ``first``–``last``.

    A group is rows of one place each on the same link, or one row of several places. The search
    runs once for a group: from each end of the link, or from all entrances; what each of its rows
    reaches is the lesser of two sums. ``limits`` ascend; fills ``out``, which holds 0 before.
    """
    here = make_queue(len(core.ptr) - 1, buckets)
    there = make_queue(len(core.ptr) - 1, buckets)
    done = np.full(len(core.link_u), -1, np.int64)
    found = np.empty(len(core.link_u), np.int32)
    # The least cost to rows with several entrances, and which of them an origin has met.
    best = np.full(weights.shape[0], np.inf)
    several = np.empty(weights.shape[0], np.int32)
    leave = np.empty((2, len(rows)))
    searched = -1
    for group in range(first, last):
        mine = rows[group_ptr[group] : group_ptr[group + 1]]
        searched = _search_group(
            core, origins, origin_ptr, mine, limits[-1], per_cost, here, there, leave, searched
        )
        own = 0
        for o in range(origin_ptr[mine[0]], origin_ptr[mine[0] + 1]):
            if done[origins.link[o]] != group:
                done[origins.link[o]] = group
                found[own] = origins.link[o]
                own += 1
        count = _links_met(bundles.near_ptr, bundles.near, here, done, group, found, own)
        count = _links_met(bundles.near_ptr, bundles.near, there, done, group, found, count)
        _add_links(
            found[own:count], core.link_u, core.link_v, here.cost, there.cost, mine, leave, limits,
            bundles.bound, bundles.total, bundles.ptr, bundles.alone, bundles.from_u,
            bundles.from_v, bundles.weight, out,
        )
        for i in range(len(mine)):
            r = mine[i]
            met = 0
            for k in found[:own]:
                met = _own_link(
                    core, origins, origin_ptr[r], origin_ptr[r + 1], bundles, k, leave[0, i],
                    leave[1, i], here.cost, there.cost, limits, out[r], best, several, met,
                )
            if bundles.some_have_several:
                for k in found[own:count]:
                    met = _meet_several(
                        core, bundles, k, leave[0, i], leave[1, i], here.cost, there.cost,
                        best, several, met,
                    )
            for j in range(met):
                _add(best[several[j]], weights[several[j]], limits, out[r])
                best[several[j]] = np.inf


@kernel
def _search_group(  # type: ignore[no-untyped-def]
    core, origins, origin_ptr, mine, limit, per_cost, here, there, leave, searched
):
    """Search from the ends of a group's link; return the junction that ``here`` starts from.

    Fills ``leave`` with the cost of each row to the start of either search.
    """
    place = origin_ptr[mine[0]]
    clear(there)
    leave[1, : len(mine)] = np.inf
    if origin_ptr[mine[0] + 1] - place > 1:
        clear(here)
        for o in range(place, origin_ptr[mine[0] + 1]):
            seed_outward(core, origins, o, here, limit, per_cost)
        search(core.ptr, core.head, core.out, here, limit, per_cost, None, None)
        leave[0, 0] = 0.0
        return -1
    u, v = core.link_u[origins.link[place]], core.link_v[origins.link[place]]
    for i in range(len(mine)):
        o = origin_ptr[mine[i]]
        base = origins.up[o] + origins.access[o]
        leave[0, i] = base + origins.to_u[o]
        if u == v:
            leave[0, i] = base + min(origins.to_u[o], origins.to_v[o])
        else:
            leave[1, i] = base + origins.to_v[o]
    if searched != u:
        clear(here)
        push(here, u, 0.0, per_cost)
        search(core.ptr, core.head, core.out, here, limit, per_cost, None, None)
    if u != v:
        push(there, v, 0.0, per_cost)
        search(core.ptr, core.head, core.out, there, limit, per_cost, None, None)
    return u


@kernel
def _links_met(near_ptr, near, queue, done, group, found, count):  # type: ignore[no-untyped-def]
    """Add the links with targets at the junctions of a search that are not in ``found`` yet."""
    touched = queue.touched
    for i in range(queue.state[TOUCHED]):
        for j in range(near_ptr[touched[i]], near_ptr[touched[i] + 1]):
            k = near[j]
            if done[k] != group:
                done[k] = group
                found[count] = k
                count += 1
    return count


@kernel
def _add_links(  # type: ignore[no-untyped-def]
    links, link_u, link_v, here, there, rows, leave, limits, bound, total, ptr, alone, from_u,
    from_v, weight, out,
):
    """Count the targets of links, as a whole where all lie within a limit, for every row."""
    groups = out.shape[2]
    for k in links:
        here_u, here_v = here[link_u[k]], here[link_v[k]]
        there_u, there_v = there[link_u[k]], there[link_v[k]]
        most_u, most_v, middle = bound[k, MOST_U], bound[k, MOST_V], bound[k, MIDDLE]
        least_u, least_v = bound[k, LEAST_U], bound[k, LEAST_V]
        for i in range(len(rows)):
            u = min(leave[0, i] + here_u, leave[1, i] + there_u)
            v = min(leave[0, i] + here_v, leave[1, i] + there_v)
            least = min(u + least_u, v + least_v)
            # The lesser of two costs is never more than their mean.
            most = min(u + most_u, v + most_v, (u + v) / 2 + middle)
            for limit in range(len(limits) - 1, -1, -1):
                if least > limits[limit]:
                    break
                if most <= limits[limit]:
                    for g in range(groups):
                        out[rows[i], limit, g] += total[k, g]
                    continue
                for t in range(ptr[k], alone[k]):
                    if min(u + from_u[t], v + from_v[t]) <= limits[limit]:
                        for g in range(groups):
                            out[rows[i], limit, g] += weight[t, g]


@kernel
def _add(cost, weight, limits, out):  # type: ignore[no-untyped-def]
    """Count one target within the limits that its cost lies within."""
    for limit in range(len(limits)):
        if cost <= limits[limit]:
            for g in range(len(weight)):
                out[limit, g] += weight[g]


@kernel
def _meet_several(  # type: ignore[no-untyped-def]
    core, bundles, k, leave_here, leave_there, here, there, best, several, met
):
    """Note the cost of those targets on a link that have entrances elsewhere too."""
    if bundles.alone[k] == bundles.ptr[k + 1]:
        return met
    u = min(leave_here + here[core.link_u[k]], leave_there + there[core.link_u[k]])
    v = min(leave_here + here[core.link_v[k]], leave_there + there[core.link_v[k]])
    for i in range(bundles.alone[k], bundles.ptr[k + 1]):
        cost = min(u + bundles.from_u[i], v + bundles.from_v[i])
        met = _note(bundles.row[i], cost, best, several, met)
    return met


@kernel
def _note(row, cost, best, several, met):  # type: ignore[no-untyped-def]
    if cost < best[row]:
        if best[row] == np.inf:
            several[met] = row
            met += 1
        best[row] = cost
    return met


@kernel
def _own_link(  # type: ignore[no-untyped-def]
    core, origins, first, last, bundles, k, leave_here, leave_there, here, there, limits, out,
    best, several, met,
):
    """Count the targets on a link that the origin lies on: the way may stay on the link."""
    u = min(leave_here + here[core.link_u[k]], leave_there + there[core.link_u[k]])
    v = min(leave_here + here[core.link_v[k]], leave_there + there[core.link_v[k]])
    for i in range(bundles.ptr[k], bundles.ptr[k + 1]):
        least = min(u + bundles.from_u[i], v + bundles.from_v[i])
        for o in range(first, last):
            if origins.link[o] == k:
                direct = pair_cost(core, origins, o, bundles.places, bundles.order[i])
                least = min(least, direct)
        if i < bundles.alone[k]:
            _add(least, bundles.weight[i], limits, out)
        else:
            met = _note(bundles.row[i], least, best, several, met)
    return met
