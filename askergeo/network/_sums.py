"""Kernels that sum what lies within limits of every origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo._jit import kernel
from askergeo.network._search import TOUCHED, clear, make_queue, push, search
from askergeo.network._tables import group_by, pair_cost, seed_outward

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from askergeo.network._contract import Core

__all__ = ["Bundles", "bundle", "sums_within"]

# The targets of a link: places ``first`` to ``last``, those up to ``alone`` the only ones of their
# row; of the costs from u and from v to them the most of each, the most of their mean, and the
# least of each.
BUNDLE = np.dtype(
    [
        ("u", "i4"),
        ("v", "i4"),
        ("first", "i4"),
        ("alone", "i4"),
        ("last", "i4"),
        ("several", "i4"),
        ("most_u", "f8"),
        ("most_v", "f8"),
        ("middle", "f8"),
        ("least_u", "f8"),
        ("least_v", "f8"),
    ]
)
# The cost of a target from either end of its link.
TARGET = np.dtype([("from_u", "f8"), ("from_v", "f8"), ("row", "i4"), ("place", "i4")])


class Bundles(NamedTuple):
    """Targets by link, so that a link within the limit is summed as a whole.

    ``links`` are records of :data:`BUNDLE`, ``targets`` of :data:`TARGET` in order of link,
    ``weight`` their weights, ``total`` those of each link's rows of one entrance. ``near_ptr`` and
    ``near`` are the links with targets at each junction.
    """

    links: NDArray[Any]
    targets: NDArray[Any]
    weight: NDArray[np.float64]
    total: NDArray[np.float64]
    near_ptr: NDArray[np.int32]
    near: NDArray[np.int32]


def bundle(
    core: Core, places: NDArray[Any], row: NDArray[np.int32], weights: NDArray[np.float64]
) -> Bundles:
    """Sort targets by link; ``row`` and ``weights`` (rows, g) are those of the input."""
    several = np.bincount(row, minlength=len(weights))[row] > 1
    links = np.zeros(len(core.links), BUNDLE)
    links["u"], links["v"] = core.links["u"], core.links["v"]
    targets = np.empty(len(row), TARGET)
    # Two keys a link: the places that are alone in their row come first.
    both, order = group_by(2 * places["link"] + several, 2 * len(links))
    links["first"], links["alone"], links["last"] = both[:-1:2], both[1::2], both[2::2]
    links["several"] = links["last"] > links["alone"]
    reach = places["down"] + places["access"]
    targets["from_u"] = (places["from_u"] + reach)[order]
    targets["from_v"] = (places["from_v"] + reach)[order]
    targets["row"], targets["place"] = row[order], order
    weight = weights[row[order]]
    total = np.zeros((len(links), weights.shape[1]))
    _bound(links, targets, weight, total)
    near_ptr, near = _links_by_junction(links, len(core.ptr) - 1)
    return Bundles(links, targets, weight, total, near_ptr, near)


@kernel
def _bound(links, targets, weight, total):
    """Fill in the bounds and totals of links."""
    for k in range(len(links)):
        link = links[k]
        link.most_u, link.most_v, link.middle = -np.inf, -np.inf, -np.inf
        link.least_u, link.least_v = np.inf, np.inf
        for i in range(link.first, link.alone):
            a, b = targets[i].from_u, targets[i].from_v
            link.most_u = max(link.most_u, a)
            link.most_v = max(link.most_v, b)
            link.middle = max(link.middle, (a + b) / 2)
            link.least_u = min(link.least_u, a)
            link.least_v = min(link.least_v, b)
            for g in range(weight.shape[1]):
                total[k, g] += weight[i, g]


@kernel
def _links_by_junction(links, junctions):
    """Links with targets at each junction; a loop is there once."""
    ptr = np.zeros(junctions + 1, np.int32)
    for k in range(len(links)):
        if links[k].last > links[k].first:
            ptr[links[k].u + 1] += 1
            if links[k].v != links[k].u:
                ptr[links[k].v + 1] += 1
    for j in range(junctions):
        ptr[j + 1] += ptr[j]
    slot = ptr[:-1].copy()
    near = np.empty(ptr[junctions], np.int32)
    for k in range(len(links)):
        if links[k].last > links[k].first:
            near[slot[links[k].u]] = k
            slot[links[k].u] += 1
            if links[k].v != links[k].u:
                near[slot[links[k].v]] = k
                slot[links[k].v] += 1
    return ptr, near


@kernel
def sums_within(
    ptr,
    head,
    arcs,
    nodes,
    origins,
    origin_ptr,
    rows,
    group_ptr,
    first,
    last,
    links,
    targets,
    target_places,
    weight,
    total,
    near_ptr,
    near,
    weights,
    limits,
    per_cost,
    buckets,
    out,
):
    """Sum the weights within each limit of the origins in the groups ``first``–``last``.

    A group is rows of one place each on the same link, or one row of several places. A row that is
    alone is searched from all its places; for several rows the search runs from each end of their
    link, and what each row reaches is the lesser of two sums. ``limits`` ascend; fills ``out``,
    which holds 0 before.
    """
    here = make_queue(len(ptr) - 1, buckets)
    there = make_queue(len(ptr) - 1, buckets)
    done = np.full(len(links), -1, np.int64)
    found = np.empty(len(links), np.int32)
    # The least cost to rows with several entrances, and which of them an origin has met.
    best = np.full(weights.shape[0], np.inf)
    several = np.empty(weights.shape[0], np.int32)
    leave = np.empty((2, len(rows)))
    searched = -1
    for group in range(first, last):
        mine = rows[group_ptr[group] : group_ptr[group + 1]]
        places = origins[origin_ptr[mine[0]] : origin_ptr[mine[0] + 1]]
        searched = _search_group(
            ptr,
            head,
            arcs,
            links,
            origins,
            origin_ptr,
            mine,
            limits[-1],
            per_cost,
            here,
            there,
            leave,
            searched,
        )
        own = 0
        for o in range(len(places)):
            if done[places[o].link] != group:
                done[places[o].link] = group
                found[own] = places[o].link
                own += 1
        count = _links_met(near_ptr, near, here, done, group, found, own)
        count = _links_met(near_ptr, near, there, done, group, found, count)
        some = _add_links(
            found[own:count],
            here.cost,
            there.cost,
            mine,
            leave,
            limits,
            links,
            targets,
            weight,
            total,
            out,
        )
        for i in range(len(mine)):
            r = mine[i]
            places = origins[origin_ptr[r] : origin_ptr[r + 1]]
            met = 0
            # With a place of several entrances about, every link is looked at again.
            for j in range(count if some else own):
                link = links[found[j]]
                u = min(leave[0, i] + here.cost[link.u], leave[1, i] + there.cost[link.u])
                v = min(leave[0, i] + here.cost[link.v], leave[1, i] + there.cost[link.v])
                if j < own:
                    met = _own_link(
                        nodes,
                        places,
                        target_places,
                        found[j],
                        link,
                        u,
                        v,
                        targets,
                        weight,
                        limits,
                        out[r],
                        best,
                        several,
                        met,
                    )
                elif link.several:
                    for t in range(link.alone, link.last):
                        cost = min(u + targets[t].from_u, v + targets[t].from_v)
                        met = _note(targets[t].row, cost, best, several, met)
            for j in range(met):
                _add(best[several[j]], weights[several[j]], limits, out[r])
                best[several[j]] = np.inf


@kernel
def _search_group(
    ptr, head, arcs, links, origins, origin_ptr, mine, limit, per_cost, here, there, leave, searched
):
    """Search from the ends of a group's link; return the junction that ``here`` starts from.

    Fills ``leave`` with the cost of each row to the start of either search.
    """
    places = origins[origin_ptr[mine[0]] : origin_ptr[mine[0] + 1]]
    clear(there)
    leave[1, : len(mine)] = np.inf
    if len(places) > 1 or len(mine) == 1:
        clear(here)
        for o in range(len(places)):
            seed_outward(links, places[o], here, limit, per_cost)
        search(ptr, head, arcs, here, limit, per_cost, None, None)
        leave[0, 0] = 0.0
        return -1
    u, v = links[places[0].link].u, links[places[0].link].v
    for i in range(len(mine)):
        place = origins[origin_ptr[mine[i]]]
        base = place.up + place.access
        leave[0, i] = base + place.to_u
        if u == v:
            leave[0, i] = base + min(place.to_u, place.to_v)
        else:
            leave[1, i] = base + place.to_v
    if searched != u:
        clear(here)
        push(here, u, 0.0, per_cost)
        search(ptr, head, arcs, here, limit, per_cost, None, None)
    if u != v:
        push(there, v, 0.0, per_cost)
        search(ptr, head, arcs, there, limit, per_cost, None, None)
    return u


@kernel
def _links_met(near_ptr, near, queue, done, group, found, count):
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
def _add_links(found, here, there, rows, leave, limits, links, targets, weight, total, out):
    """Count the targets of links for every row, as a whole where all lie within a limit.

    Return whether a link has targets that have entrances elsewhere too: these are not counted.
    """
    some = False
    for k in found:
        link = links[k]
        here_u, here_v = here[link.u], here[link.v]
        there_u, there_v = there[link.u], there[link.v]
        some |= link.several == 1
        for i in range(len(rows)):
            u = min(leave[0, i] + here_u, leave[1, i] + there_u)
            v = min(leave[0, i] + here_v, leave[1, i] + there_v)
            least = min(u + link.least_u, v + link.least_v)
            # The lesser of two costs is never more than their mean.
            most = min(u + link.most_u, v + link.most_v, (u + v) / 2 + link.middle)
            for limit in range(len(limits) - 1, -1, -1):
                if least > limits[limit]:
                    break
                if most <= limits[limit]:
                    for g in range(out.shape[2]):
                        out[rows[i], limit, g] += total[k, g]
                    continue
                for t in range(link.first, link.alone):
                    if min(u + targets[t].from_u, v + targets[t].from_v) <= limits[limit]:
                        for g in range(out.shape[2]):
                            out[rows[i], limit, g] += weight[t, g]
    return some


@kernel
def _add(cost, weight, limits, out):
    """Count one target within the limits that its cost lies within."""
    for limit in range(len(limits)):
        if cost <= limits[limit]:
            for g in range(len(weight)):
                out[limit, g] += weight[g]


@kernel
def _note(row, cost, best, several, met):
    """Keep the least cost of a row with several entrances; return how many such rows are met."""
    if cost < best[row]:
        if best[row] == np.inf:
            several[met] = row
            met += 1
        best[row] = cost
    return met


@kernel
def _own_link(
    nodes, places, target_places, k, link, u, v, targets, weight, limits, out, best, several, met
):
    """Count the targets on a link that the origin lies on: the way may stay on the link."""
    for t in range(link.first, link.last):
        least = min(u + targets[t].from_u, v + targets[t].from_v)
        for o in range(len(places)):
            if places[o].link == k:
                direct = pair_cost(nodes, places[o], target_places[targets[t].place])
                least = min(least, direct)
        if t < link.alone:
            _add(least, weight[t], limits, out)
        else:
            met = _note(targets[t].row, least, best, several, met)
    return met
