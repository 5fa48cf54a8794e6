"""Shortest ways on foot: to the nearest, within limits, between all pairs, and along which edges.

A place lies on an edge, not on a node: the way to it leaves the edge's end and costs a share of
the edge, a way along one edge never leaves it, and the walk between point and edge counts. Costs
are from origin to target, double precision, exact to rounding.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.network._contract import Anchors, Core, anchor, contract
from askergeo.network._sums import bundle, sums_within
from askergeo.network._tables import costs_from_rows, nearest_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.network.profiles import Costs
    from askergeo.network.snapping import Places

__all__ = [
    "Nearest",
    "Network",
    "matrix",
    "nearest",
    "within",
]

# The mean arc over this is the width of a bucket: see _search.
BUCKETS_PER_ARC = 6
MOST_BUCKETS = 1 << 16
# Fewer rows than this are not worth a thread's working memory.
LEAST_ROWS = 256
PARTS_PER_THREAD = 8


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Network:
    """A walking graph under one set of costs, made ready for searches.

    Parameters
    ----------
    graph, costs
        What it was made of.
    core
        The graph without its dead ends and chains.
    """

    graph: WalkGraph
    costs: Costs
    core: Core

    @classmethod
    def of(cls, graph: WalkGraph, costs: Costs) -> Network:
        """Make a graph ready; costs must be positive, ``inf`` where one cannot go."""
        return cls(graph=graph, costs=costs, core=contract(graph, costs))


class Nearest(NamedTuple):
    """The nearest targets of ``o`` origins in ``k`` categories.

    ``cost`` (o, k) is NaN for origins without a place and ``inf`` where no target is within the
    limit; ``target`` (o, k) is the row of the target, −1 for none.
    """

    cost: NDArray[np.float64]
    target: NDArray[np.int32]


def nearest(
    network: Network, origins: Places, targets: Sequence[Places], *, limit: float = np.inf
) -> Nearest:
    """Find the nearest target of each category from every origin.

    One search a category, from all its targets at once and against the direction of walking.

    Parameters
    ----------
    network
        Graph and costs.
    origins
        ``o`` rows; the best of a row's entrances counts.
    targets
        The places of each of ``k`` categories.
    limit
        Largest cost, in the unit of the costs.
    """
    cost = np.full((len(targets), origins.count), np.inf)
    row = np.full((len(targets), origins.count), -1, dtype=np.int32)
    starts = anchor(network.core, network.costs, origins)

    def search(k: int) -> None:
        ends = anchor(network.core, network.costs, targets[k])
        per_cost, buckets = _buckets(network, ends, limit)
        nearest_rows(
            network.core, starts, origins.row, ends, targets[k].row, limit, per_cost, buckets,
            cost[k], row[k],
        )

    _each(search, len(targets))
    cost[:, _unsnapped(origins)] = np.nan
    return Nearest(np.ascontiguousarray(cost.T), np.ascontiguousarray(row.T))


def within(
    network: Network,
    origins: Places,
    targets: Places,
    weights: NDArray[np.float64],
    limits: Sequence[float] | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sum the weights of the targets within each limit of every origin.

    Parameters
    ----------
    network
        Graph and costs.
    origins
        ``o`` rows; the best of a row's entrances counts.
    targets
        Places of ``t`` rows; a row with several entrances counts once.
    weights
        (t,) or (t, g): residents of each of ``g`` groups, say.
    limits
        ``l`` costs, ascending; a target at exactly a limit lies within it.

    Returns
    -------
    numpy.ndarray
        (o, l, g); NaN for origins without a place. Targets without a place count nowhere: see
        ``targets.unsnapped``.
    """
    weights = np.ascontiguousarray(np.asarray(weights, dtype=np.float64).reshape(targets.count, -1))
    limits = np.asarray(limits, dtype=np.float64)
    out = np.zeros((origins.count, len(limits), weights.shape[1]))
    if not len(limits):
        return out
    starts = anchor(network.core, network.costs, origins)
    ends = anchor(network.core, network.costs, targets)
    bundles = bundle(network.core, ends, targets.row, weights)
    per_cost, buckets = _buckets(network, starts, limits[-1])
    ptr = _row_ptr(origins)
    rows, group_ptr = _groups(starts.link, ptr)
    _in_parts(
        lambda first, last: sums_within(
            network.core, starts, ptr, rows, group_ptr, first, last, bundles, weights, limits,
            per_cost, buckets, out,
        ),
        len(group_ptr) - 1,
        LEAST_ROWS,
    )
    out[_unsnapped(origins)] = np.nan
    return out


def matrix(
    network: Network, origins: Places, targets: Places, *, limit: float = np.inf
) -> NDArray[np.float64]:
    """Cost from every origin to every target, searched from the side of fewer rows.

    Returns
    -------
    numpy.ndarray
        (o, t): ``inf`` beyond the limit, NaN where origin or target has no place.
    """
    starts = anchor(network.core, network.costs, origins)
    ends = anchor(network.core, network.costs, targets)
    inward = targets.count < origins.count
    near, far = (targets, origins) if inward else (origins, targets)
    near_at, far_at = (ends, starts) if inward else (starts, ends)
    out = np.full((near.count, far.count), np.inf)
    per_cost, buckets = _buckets(network, near_at, limit)
    ptr = _row_ptr(near)
    _in_parts(
        lambda first, last: costs_from_rows(
            network.core, near_at, ptr, far_at, far.row, first, last, limit, per_cost, buckets,
            inward, out,
        ),
        near.count,
        1,
    )
    out = out.T if inward else out
    out[_unsnapped(origins)] = np.nan
    out[:, _unsnapped(targets)] = np.nan
    return out


def _buckets(network: Network, seeds: Anchors, limit: float) -> tuple[float, int]:
    """Buckets for each unit of cost, and how many there must be for the costs in the queue."""
    arcs = network.core.out[np.isfinite(network.core.out)]
    far = np.stack([seeds.from_u, seeds.from_v, seeds.to_u, seeds.to_v])
    far = far + seeds.access + np.maximum(seeds.up, seeds.down)
    span = max(arcs.max(initial=0.0), far[np.isfinite(far)].max(initial=0.0))
    span = max(min(span, limit), 1e-9)
    mean = arcs.mean() if len(arcs) else span
    width = max(mean / BUCKETS_PER_ARC, span / MOST_BUCKETS)
    return 1 / width, 1 << int(span / width + 3).bit_length()


def _groups(
    link: NDArray[np.int32], ptr: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows in groups: those of one place by link, then those of several, each alone."""
    places = np.diff(ptr)
    single = np.flatnonzero(places == 1)
    of_row = link[ptr[single]]
    order = np.argsort(of_row, kind="stable")
    several = np.flatnonzero(places > 1)
    changes = np.flatnonzero(np.diff(of_row[order], prepend=-1))
    bounds = np.r_[changes, len(single) + np.arange(len(several) + 1)]
    return np.r_[single[order], several], bounds


def _unsnapped(places: Places) -> NDArray[np.bool_]:
    without = np.ones(places.count, dtype=np.bool_)
    without[places.row] = False
    return without


def _row_ptr(places: Places) -> NDArray[np.int64]:
    return np.searchsorted(places.row, np.arange(places.count + 1))


def _threads() -> int:
    return int(os.environ.get("NUMBA_NUM_THREADS") or os.cpu_count() or 1)


def _in_parts(work: Callable[[int, int], None], rows: int, least: int) -> None:
    """Share rows out over the threads, in more parts than there are threads."""
    parts = max(1, min(rows // least, _threads() * PARTS_PER_THREAD))
    bounds = np.linspace(0, rows, parts + 1).astype(int).tolist()
    _each(lambda part: work(bounds[part], bounds[part + 1]), parts)


def _each(work: Callable[[int], None], count: int) -> None:
    """Do each piece of work, on all threads."""
    if min(count, _threads()) <= 1:
        for i in range(count):
            work(i)
        return
    # The first compiles, where nothing is compiled yet: threads would wait for it all the same.
    with ThreadPoolExecutor(min(count, _threads())) as pool:
        list(pool.map(work, range(count)))
