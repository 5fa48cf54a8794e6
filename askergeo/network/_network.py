"""A walking graph made ready for searches, and how work is shared out over the threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from askergeo.network._contract import Core, contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.network.profiles import Costs
    from askergeo.network.snapping import Places

__all__ = ["Network", "buckets", "each", "in_parts", "row_ptr", "unsnapped_rows"]

# The mean arc over this is the width of a bucket: see _search.
BUCKETS_PER_ARC = 6
MOST_BUCKETS = 1 << 16
SMALLEST = 1e-9
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

    # Kept, for they take longer than a search near by.
    @cached_property
    def outward(self) -> NDArray[np.float64]:
        """Cost of walking each arc of the graph the way that it points."""
        return self._arcs(self.costs.forward, self.costs.backward)

    @cached_property
    def inward(self) -> NDArray[np.float64]:
        """Cost of walking each arc of the graph against the way that it points."""
        return self._arcs(self.costs.backward, self.costs.forward)

    def _arcs(
        self, along: NDArray[np.float64], against: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        edge = self.graph.arc_edge
        return np.where(self.graph.arc_forward, along[edge], against[edge])


def buckets(
    arcs: NDArray[np.float64], seeds: NDArray[np.float64], limit: float
) -> tuple[float, int]:
    """Buckets for each unit of cost, and how many there must be for the costs in the queue."""
    open_arcs, open_seeds = arcs[np.isfinite(arcs)], seeds[np.isfinite(seeds)]
    span = max(open_arcs.max(initial=0.0), open_seeds.max(initial=0.0))
    span = max(min(span, limit), SMALLEST)
    mean = open_arcs.mean() if len(open_arcs) else span
    width = max(mean / BUCKETS_PER_ARC, span / MOST_BUCKETS)
    return float(1 / width), 1 << int(span / width + 3).bit_length()


def unsnapped_rows(places: Places) -> NDArray[np.bool_]:
    without = np.ones(places.count, dtype=np.bool_)
    without[places.row] = False
    return without


def row_ptr(places: Places) -> NDArray[np.int64]:
    return np.searchsorted(places.row, np.arange(places.count + 1))


def _threads() -> int:
    return int(os.environ.get("NUMBA_NUM_THREADS") or os.cpu_count() or 1)


def in_parts(work: Callable[[int, int], None], rows: int, least: int) -> None:
    """Share rows out over the threads, in more parts than there are threads."""
    parts = max(1, min(rows // least, _threads() * PARTS_PER_THREAD))
    bounds = np.linspace(0, rows, parts + 1).astype(int).tolist()
    each(lambda part: work(bounds[part], bounds[part + 1]), parts)


def each(work: Callable[[int], None], count: int) -> None:
    """Do each piece of work, on all threads."""
    if min(count, _threads()) <= 1:
        for i in range(count):
            work(i)
        return
    # The first compiles, where nothing is compiled yet: threads would wait for it all the same.
    with ThreadPoolExecutor(min(count, _threads())) as pool:
        list(pool.map(work, range(count)))
