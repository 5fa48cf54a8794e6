"""Shortest ways on foot: to the nearest, within limits, between all pairs, and along which edges.

A place lies on an edge, not on a node: the way to it leaves the edge's end and costs a share of
the edge, a way along one edge never leaves it, and the walk between point and edge counts. Costs
are from origin to target, double precision, exact to rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.network._contract import anchor
from askergeo.network._network import Network, buckets, each, in_parts, row_ptr, unsnapped_rows
from askergeo.network._sums import bundle, sums_within
from askergeo.network._tables import costs_from_rows, nearest_rows
from askergeo.network._trips import Ways, edge_use, paths, reach
from askergeo.network.snapping import Places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

__all__ = [
    "Nearest",
    "Network",
    "Ways",
    "edge_use",
    "k_nearest",
    "matrix",
    "nearest",
    "paths",
    "reach",
    "rows_of",
    "within",
]

# Fewer rows than this are not worth a thread's working memory.
LEAST_ROWS = 256
# Cells of a matrix that is searched for the nearest few.
BLOCK_CELLS = 8_000_000


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
    core = network.core
    starts = anchor(core, network.costs, origins)

    def search(k: int) -> None:
        ends = anchor(core, network.costs, targets[k])
        per_cost, slots = buckets(core.back, _seed_costs(ends), limit)
        nearest_rows(
            core.ptr,
            core.head,
            core.back,
            core.links,
            core.nodes,
            starts,
            origins.row,
            ends,
            targets[k].row,
            limit,
            per_cost,
            slots,
            cost[k],
            row[k],
        )

    each(search, len(targets))
    cost[:, unsnapped_rows(origins)] = np.nan
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
    core = network.core
    starts, ends = (anchor(core, network.costs, places) for places in (origins, targets))
    bundles = bundle(core, ends, targets.row, weights)
    per_cost, slots = buckets(core.out, _seed_costs(starts), limits[-1])
    ptr = row_ptr(origins)
    rows, group_ptr = _groups(starts["link"], ptr)
    in_parts(
        lambda first, last: sums_within(
            core.ptr,
            core.head,
            core.out,
            core.nodes,
            starts,
            ptr,
            rows,
            group_ptr,
            first,
            last,
            bundles.links,
            bundles.targets,
            ends,
            bundles.weight,
            bundles.total,
            bundles.near_ptr,
            bundles.near,
            weights,
            limits,
            per_cost,
            slots,
            out,
        ),
        len(group_ptr) - 1,
        LEAST_ROWS,
    )
    out[unsnapped_rows(origins)] = np.nan
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
    core = network.core
    inward = targets.count < origins.count
    near, far = (targets, origins) if inward else (origins, targets)
    near_at, far_at = (anchor(core, network.costs, places) for places in (near, far))
    out = np.full((near.count, far.count), np.inf)
    per_cost, slots = buckets(core.out, _seed_costs(near_at), limit)
    ptr = row_ptr(near)
    base = far_at["access"] + far_at["up" if inward else "down"]
    by_u = base + far_at["to_u" if inward else "from_u"]
    by_v = base + far_at["to_v" if inward else "from_v"]
    arcs = core.back if inward else core.out
    in_parts(
        lambda first, last: costs_from_rows(
            core.ptr,
            core.head,
            arcs,
            core.links,
            core.nodes,
            near_at,
            ptr,
            far_at,
            far.row,
            by_u,
            by_v,
            first,
            last,
            limit,
            per_cost,
            slots,
            inward,
            out,
        ),
        near.count,
        1,
    )
    out = out.T if inward else out
    out[unsnapped_rows(origins)] = np.nan
    out[:, unsnapped_rows(targets)] = np.nan
    return out


def k_nearest(
    network: Network, origins: Places, targets: Places, k: int, *, limit: float = np.inf
) -> Nearest:
    """Find the ``k`` nearest targets of every origin, nearest first.

    Returns
    -------
    Nearest
        (o, k): where fewer are within the limit the rest are ``inf`` and −1.
    """
    cost = np.full((origins.count, k), np.inf)
    row = np.full((origins.count, k), -1, dtype=np.int32)
    step = max(k, BLOCK_CELLS // max(origins.count, 1))
    for first in range(0, targets.count, step):
        block = rows_of(targets, first, min(first + step, targets.count))
        more = matrix(network, origins, block, limit=limit)
        more[np.isnan(more)] = np.inf
        number = np.arange(first, first + block.count, dtype=np.int32)
        costs = np.hstack([cost, more])
        rows = np.hstack([row, np.broadcast_to(number, more.shape)])
        least = np.argpartition(costs, k - 1, axis=1)[:, :k]
        least = np.take_along_axis(
            least, np.argsort(np.take_along_axis(costs, least, 1), axis=1, kind="stable"), 1
        )
        cost = np.take_along_axis(costs, least, 1)
        row = np.where(np.isinf(cost), -1, np.take_along_axis(rows, least, 1)).astype(np.int32)
    cost[unsnapped_rows(origins)] = np.nan
    return Nearest(cost, row)


def _seed_costs(seeds: NDArray[Any]) -> NDArray[np.float64]:
    """Cost from and to the ends of the links that seeds lie on."""
    ends = np.stack([seeds[name] for name in ("from_u", "from_v", "to_u", "to_v")])
    return np.asarray(ends + seeds["access"] + np.maximum(seeds["up"], seeds["down"]))


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


def rows_of(places: Places, first: int, last: int) -> Places:
    """Return the places of some rows, counted from 0."""
    a, b = np.searchsorted(places.row, [first, last])
    missing = (places.unsnapped >= first) & (places.unsnapped < last)
    return Places(
        row=places.row[a:b] - np.int32(first),
        edge=places.edge[a:b],
        share=places.share[a:b],
        access=places.access[a:b],
        count=last - first,
        unsnapped=places.unsnapped[missing] - np.int32(first),
        distance=places.distance[missing],
    )
