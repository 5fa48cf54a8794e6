"""Ends joined to the nodes that the pipes say they begin and end at, where the map agrees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from askergeo.va._net_joining import ends
from askergeo.va._net_pipes import middles
from askergeo.va._net_points import EXACT_M
from askergeo.va._net_report import dots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._net_joining import Joining
    from askergeo.va._net_pipes import Pipes
    from askergeo.va._net_points import Points
    from askergeo.va._net_report import Repairs

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Asked", "Names", "asked_points", "join_asked", "tell_asked"]


class Names(NamedTuple):
    """Ids of the rows of ``va_ledning``: their own, those of their nodes, and all known nodes."""

    pipe: NDArray[np.object_]
    begin: NDArray[np.object_]
    end: NDArray[np.object_]
    known: NDArray[np.str_] | None


class Asked(NamedTuple):
    """What the ends of the lines ask for, beginnings first, (2l,).

    The point (−1 none), how far off it lies and whether the end is joined to it; and the lines (l,)
    whose two ids are exchanged.
    """

    point: Numbers
    distance: Reals
    joined: Flags
    swapped: Flags


def asked_points(work: Joining, pipes: Pipes, points: Points, names: Names, reach: float) -> Asked:
    """Find the points that the ends ask for."""
    at_node = np.flatnonzero(points.table.layer[points.which] == "va_node")
    index = pd.Index(points.ids[at_node], dtype=object)
    once = ~index.duplicated()
    index, at_node = index[once], at_node[once]
    _, start, last = ends(work)
    xy = work.chains.position[work.chains.vertex[np.r_[start, last]]]
    number = [
        np.where(
            whole & (own[pipes.row] != ""),
            index.get_indexer(pd.Index(own[pipes.row], dtype=object)),
            -1,
        )
        for own, whole in zip((names.begin, names.end), (pipes.first, pipes.last), strict=True)
    ]
    point = np.concatenate(number)
    point = np.where(point >= 0, at_node[point] if len(at_node) else -1, -1)
    distance = _distance(xy, points.xy, point)
    half = len(start)
    turned = np.r_[point[half:], point[:half]]
    other = _distance(xy, points.xy, turned)
    near, far = distance <= reach, (point >= 0) & (distance > reach)
    swap = (far & (other <= reach))[:half] & (far & (other <= reach))[half:]
    both = np.r_[swap, swap]
    return Asked(
        point=np.where(both, turned, point),
        distance=np.where(both, other, distance),
        joined=near | both,
        swapped=swap,
    )


def _distance(xy: Reals, at: Reals, point: Numbers) -> Reals:
    found = np.full(len(xy), np.inf)
    known = point >= 0
    found[known] = np.hypot(*(xy[known] - at[point[known]]).T)
    return found


def join_asked(work: Joining, asked: Asked) -> Joining:
    """Move ends to the points that they ask for and lie at."""
    chains = work.chains
    _, start, last = ends(work)
    step = np.r_[start, last]
    order = np.flatnonzero(asked.joined)
    order = order[np.lexsort((asked.point[order], np.round(asked.distance[order], 3),
                              chains.vertex[step[order]]))]  # fmt: skip
    first = order[np.unique(chains.vertex[step[order]], return_index=True)[1]]
    target = np.arange(len(chains.position))
    target[chains.vertex[step[first]]] = work.vertex[asked.point[first]]
    vertex = chains.vertex.copy()
    # An end that asks for another point than those it shares its place with gets its own.
    vertex[step[order]] = work.vertex[asked.point[order]]
    return replace(work, chains=replace(chains, vertex=vertex)).moved(target)


def tell_asked(
    work: Joining,
    asked: Asked,
    pipes: Pipes,
    points: Points,
    *,
    names: Names,
    repairs: Repairs,
) -> None:
    """Tell of ends that do not lie at their nodes; ``work`` is as it was before they were joined.

    A node that lies apart from all the ends that ask for it, while they share a place, is itself
    misplaced: it is told of once, as a node.
    """
    _, start, last = ends(work)
    vertex = work.chains.vertex[np.r_[start, last]]
    row = np.r_[pipes.row, pipes.row]
    swapped = np.flatnonzero(asked.swapped)
    place = dots(work.chains.position[vertex])
    repairs.add(
        "node_byttet",
        pipes.row[swapped],
        ids=names.pipe[pipes.row[swapped]],
        place=middles(pipes.shapes[swapped]),
    )
    asks = (asked.point >= 0) & ~np.r_[asked.swapped, asked.swapped]
    away = asks & (asked.distance > EXACT_M)
    table = pd.DataFrame({"point": asked.point, "vertex": vertex, "away": away})[asks]
    groups = table.groupby("point")
    stray = groups["away"].all() & (groups["vertex"].min() == groups["vertex"].max())
    misplaced = np.isin(asked.point, stray.index[stray.to_numpy(dtype=bool)]) & asks
    for rule, which in (
        ("glippe_node", away & asked.joined & ~misplaced),
        ("node_motsier", away & ~asked.joined & ~misplaced),
    ):
        repairs.add(
            rule,
            row[which],
            ids=names.pipe[row[which]],
            other=points.ids[asked.point[which]],
            place=place[which],
            metres=asked.distance[which],
        )
    once = np.flatnonzero(misplaced & asked.joined)
    once = once[np.unique(asked.point[once], return_index=True)[1]]
    which = asked.point[once]
    repairs.add(
        "node_ved_siden",
        points.table.row[points.which[which]],
        layer="va_node",
        ids=points.ids[which],
        other=names.pipe[row[once]],
        place=dots(points.xy[which]),
        metres=asked.distance[once],
    )
    _tell_unknown(vertex, pipes, place, names, repairs)


def _tell_unknown(
    vertex: Numbers, pipes: Pipes, place: NDArray[np.object_], names: Names, repairs: Repairs
) -> None:
    """Tell of ids that no node has, when there are nodes at all."""
    if names.known is None:
        return
    half = len(vertex) // 2
    for own, whole, part in (
        (names.begin, pipes.first, slice(None, half)),
        (names.end, pipes.last, slice(half, None)),
    ):
        asked = own[pipes.row]
        strange = whole & (asked != "") & ~np.isin(asked.astype(str), names.known)
        repairs.add(
            "node_ukjent",
            pipes.row[strange],
            ids=names.pipe[pipes.row[strange]],
            other=asked[strange],
            place=place[part][strange],
        )
