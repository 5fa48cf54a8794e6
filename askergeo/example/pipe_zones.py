"""Pressure zones of the water net: parts of like height, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from askergeo.example.pipe_streets import parts_of

if TYPE_CHECKING:
    from askergeo.example.land import Array

__all__ = ["Zones", "pressure_zones"]

_BAND: Final = 40.0  # metres of height that a zone starts with
_RANGE: Final = 50.0  # and may have
_ABOVE: Final = 30.0  # metres of pressure at the highest point
_FIT: Final = (26.0, 79.0)  # metres of pressure at the highest and the lowest point
_TINY: Final = 15
#: Nodes that a zone has at most: large ones are split so that leaks can be measured.
_MOST: Final = {"liten": 220, "asker": 700}


@dataclass(frozen=True)
class Zones:
    """``of`` (n,) zone of each node, ``head`` (k,) metres NN2000 of each zone's water.

    ``feed`` (k,) is the link that feeds each zone (-1 the source's own), ``before`` (k,) the zone
    that it comes from, ``across`` (m,) tells which links go between zones.
    """

    of: Array
    head: Array
    feed: Array
    before: Array
    across: Array


def pressure_zones(
    ends: Array, z: Array, place: Array, metres: Array, *, source: int, size: str
) -> Zones:
    """Divide a connected net (links (m, 2), heights (n,)) into zones and feed each by one link.

    Parameters
    ----------
    place
        The centre that each node belongs to (n,): zones start within one.
    metres
        Way from the source to each node (n,): a zone is fed where the way is shortest.
    source
        Node where the water comes from.
    size
        Size of the municipality.
    """
    band = (z // _BAND).astype(int)
    kind = band * (int(place.max()) + 2) + place
    same = kind[ends[:, 0]] == kind[ends[:, 1]]
    zone = _merged(parts_of(ends[same], len(z)), ends, z, _MOST[size])
    count = int(zone.max()) + 1
    pair = zone[ends]
    across = pair[:, 0] != pair[:, 1]
    weight = metres[ends].max(axis=1) + 1.0
    low, high = np.sort(pair, axis=1).T
    order = np.lexsort((weight, high, low))
    order = order[across[order]]
    first = np.r_[True, (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])]
    best = order[first[: len(order)]]
    graph = coo_array((weight[best], (low[best], high[best])), shape=(count, count)).tocsr()
    tree = minimum_spanning_tree(graph)
    order, before = breadth_first_order(tree, int(zone[source]), directed=False)
    link = {(int(low[k]), int(high[k])): int(k) for k in best}
    feed = np.full(count, -1)
    for k in range(count):
        if before[k] >= 0:
            feed[k] = link[(min(k, int(before[k])), max(k, int(before[k])))]
    before = np.where(before >= 0, before, -1)
    return Zones(zone, _heads(zone, z, order, before), feed, before, across)


def _heads(zone: Array, z: Array, order: Array, before: Array) -> Array:
    """Level of each zone's water: that of the zone before it where this gives fit pressures."""
    top, low = np.full(len(before), -np.inf), np.full(len(before), np.inf)
    np.maximum.at(top, zone, z)
    np.minimum.at(low, zone, z)
    head = np.round(top + _ABOVE)
    for k in order.tolist():
        parent = before[k]
        if parent >= 0 and top[k] + _FIT[0] <= head[parent] <= low[k] + _FIT[1]:
            head[k] = head[parent]
    return np.asarray(head)


def _merged(patch: Array, ends: Array, z: Array, most: int) -> Array:
    """Merge patches with neighbours while the heights allow it, the smallest first."""
    count = int(patch.max()) + 1
    low, high, number = np.full(count, np.inf), np.full(count, -np.inf), np.bincount(patch)
    np.minimum.at(low, patch, z)
    np.maximum.at(high, patch, z)
    beside: list[dict[int, int]] = [{} for _ in range(count)]
    for a, b in patch[ends].tolist():
        if a != b:
            beside[a][b] = beside[a].get(b, 0) + 1
            beside[b][a] = beside[b].get(a, 0) + 1
    owner = np.arange(count)
    changed = True
    while changed:
        changed = False
        for k in np.argsort(number, kind="stable").tolist():
            if owner[k] != k or not beside[k]:
                continue
            fit = [
                (links, -other) for other, links in beside[k].items()
                if max(high[k], high[other]) - min(low[k], low[other]) <= _RANGE
                and (number[k] + number[other] <= most or number[k] < _TINY)
            ]  # fmt: skip
            if not fit:
                continue
            _into(k, -max(fit)[1], owner, beside, (low, high, number))
            changed = True
    while (owner[owner] != owner).any():
        owner = owner[owner]
    return np.asarray(np.unique(owner[patch], return_inverse=True)[1])


def _into(k: int, other: int, owner: Array, beside: list[dict[int, int]], sums: Any) -> None:  # noqa: ANN401
    low, high, number = sums
    owner[k] = other
    low[other], high[other] = min(low[k], low[other]), max(high[k], high[other])
    number[other] += number[k]
    number[k] = 0
    for near, links in beside[k].items():
        del beside[near][k]
        if near != other:
            beside[near][other] = beside[near].get(other, 0) + links
            beside[other][near] = beside[other].get(near, 0) + links
    beside[k] = {}
