"""Where pipes of one medium cross without being joined, and the manholes that join them there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from askergeo.network._chains import GRID_M, ends_of
from askergeo.network._noding import node_crossings
from askergeo.va._net_joining import attached, insert_touches, touches
from askergeo.va._net_points import EXACT_M, JOINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._net_joining import Joining, Touches

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["crossings", "join_points"]


def crossings(work: Joining) -> tuple[Reals, Numbers, Numbers]:
    """Places (c, 2) where two lines cross, or pass the same point, and are not joined; the lines.

    Lines that follow each other are not told of: they overlap, they do not cross.
    """
    empty = np.zeros(0, dtype=np.int64)
    if len(work.chains.vertex) == 0:
        return np.zeros((0, 2)), empty, empty
    noded, _ = node_crossings(work.chains)
    cell = np.round(noded.position[noded.vertex] / GRID_M).astype(np.int64)
    cell -= cell.min(axis=0)
    place = np.unique(cell[:, 0] * (cell[:, 1].max() + 1) + cell[:, 1], return_inverse=True)[1]
    # The number that the vertex had before; a vertex new to its line is like no other.
    old = np.unique(work.chains.vertex * work.lines + work.chains.line)
    fresh = ~np.isin(noded.vertex * work.lines + noded.line, old)
    known = np.where(fresh, -1 - np.arange(len(fresh)), noded.vertex)
    order = np.lexsort((known, noded.line, place))
    at, line, name = place[order], noded.line[order], known[order]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(at)]))
    a, b = _pairs(group)
    apart = (line[a] != line[b]) & (name[a] != name[b])
    one, other, where = order[a[apart]], order[b[apart]], group[a[apart]]
    # Ends in one place that are not joined lie on each side of a link without length.
    end = ends_of(noded.line)
    real = ~_follows(place, noded.line, one, other) & ~end[one] & ~end[other]
    # Of three lines and more in one place, the first two that cross.
    told = np.flatnonzero(real)[np.unique(where[real], return_index=True)[1]]
    one, other = one[told], other[told]
    return noded.position[noded.vertex[one]], noded.line[one], noded.line[other]


def _pairs(group: Numbers) -> tuple[Numbers, Numbers]:
    """All pairs of members of one group, first the first with each; ``group`` (k,) is sorted."""
    last = np.searchsorted(group, group, side="right")
    own = np.arange(len(group))
    count = last - own - 1
    one = np.repeat(own, count)
    step = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return one, one + 1 + step


def _follows(place: Numbers, line: Numbers, one: Numbers, other: Numbers) -> Flags:
    """Whether two lines, each at a step, go on to the same place before or after it."""
    found = np.zeros(len(one), dtype=bool)
    for a in (-1, 1):
        for b in (-1, 1):
            first = np.clip(one + a, 0, len(line) - 1)
            second = np.clip(other + b, 0, len(line) - 1)
            inside = (line[first] == line[one]) & (line[second] == line[other])
            inside &= (one + a == first) & (other + b == second)
            found |= inside & (place[first] == place[second])
    return found


def join_points(
    work: Joining, place: Reals, one: Numbers, other: Numbers, tolerance: float
) -> tuple[Joining, Numbers, Touches]:
    """Put points on the lines they stand on, and join crossing lines at manholes.

    Returns
    -------
    Joining
        With the points of no line put on the nearest line within the tolerance.
    (c,)
        The point that joins each crossing; −1 for none.
    Touches
        Of the points that were put on a line, the nearest one of each.
    """
    joiner = np.full(len(place), -1)
    joins = np.flatnonzero(np.isin(work.kind, list(JOINS)))
    reach = max(tolerance, EXACT_M)
    if len(joins) and len(place):
        at = work.chains.position[work.vertex[joins]]
        distance, near = cKDTree(at).query(place, distance_upper_bound=reach)
        # A manhole that pipes come to already joins only what crosses right in it.
        taken = np.r_[attached(work)[joins], True][near]
        found = distance <= np.where(taken, EXACT_M, reach)
        joiner[found] = joins[near[found]]
    asked = joiner >= 0
    wanted = np.unique(
        np.concatenate([work.vertex[joiner[asked]] * work.lines + line[asked]
                        for line in (one, other)])
    )  # fmt: skip
    free = ~attached(work)
    vertex = np.unique(np.r_[work.vertex[free], work.vertex[joiner[asked]]])
    found = touches(work, vertex, reach)
    nearest = np.zeros(len(found.vertex), dtype=bool)
    nearest[np.unique(found.vertex, return_index=True)[1]] = True
    alone = np.isin(found.vertex, work.vertex[free]) & (found.distance <= reach)
    also = alone & (found.distance <= EXACT_M) & np.isin(found.vertex, work.vertex[joins])
    chosen = np.isin(found.vertex * work.lines + found.line, wanted) | (alone & nearest) | also
    put = found.take(alone & nearest)
    whole = insert_touches(work, found.take(chosen))
    position = whole.chains.position.copy()
    position[put.vertex] = put.foot
    return replace(whole, chains=replace(whole.chains, position=position)), joiner, put
