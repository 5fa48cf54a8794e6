"""Walks to, from and between stops, as lists by stop or by place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.network.paths import matrix, rows_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.network.snapping import Places

__all__ = ["Walks", "footpaths", "grouped", "seconds", "walks"]

# Cells of a matrix of walks that is made at once.
BLOCK_CELLS = 4_000_000
# Walks are whole seconds, rounded up; a millisecond more, a millimetre or so, is that second:
# places that have been through degrees lie so much beside themselves.
HAIR = 1e-3


class Walks(NamedTuple):
    """Walks between places and stops: row of the place, row of the stop, whole seconds; (w,)."""

    place: NDArray[np.int32]
    stop: NDArray[np.int32]
    seconds: NDArray[np.int32]

    def by_place(self, places: int) -> tuple[NDArray[np.int32], ...]:
        """Return where each place's walks begin, (places + 1,), their stops and seconds."""
        return grouped(self.place, places, self.stop, self.seconds)

    def by_stop(self, stops: int) -> tuple[NDArray[np.int32], ...]:
        """Return where each stop's walks begin, (stops + 1,), their places and seconds."""
        return grouped(self.stop, stops, self.place, self.seconds)


def seconds(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round up to whole seconds; NaN and ``inf`` stay."""
    return np.asarray(np.ceil(cost - HAIR))


def walks(walk: Network, places: Places, stops: Places, *, limit_s: float, to_stops: bool) -> Walks:
    """Find the walks of at most ``limit_s`` from places to stops, or from stops to places."""
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]] = []
    step = max(1, BLOCK_CELLS // max(places.count, 1))
    for first in range(0, stops.count, step):
        block = rows_of(stops, first, min(first + step, stops.count))
        if to_stops:
            cost = matrix(walk, places, block, limit=limit_s)
        else:
            cost = matrix(walk, block, places, limit=limit_s).T
        place, stop = np.nonzero(np.isfinite(cost))
        found.append((place, stop + first, seconds(cost[place, stop])))
    if not found:
        none = np.empty(0, dtype=np.int32)
        return Walks(none, none, none)
    columns = (np.concatenate(column) for column in zip(*found, strict=True))
    return Walks(*(column.astype(np.int32) for column in columns))


def footpaths(
    walk: Network, stops: Places, transfers: pd.DataFrame, *, limit_s: float, margin_s: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return from stop, to stop and seconds of every transfer that can be made.

    The walk, where it is within the limit (none at the same stop), and the margin; where the
    timetable says how long it takes, that; and none where it says that it cannot be made.
    """
    found = walks(walk, stops, stops, limit_s=limit_s, to_stops=True)
    own = np.arange(stops.count, dtype=np.int64)
    other = found.place != found.stop
    pair = np.r_[own * stops.count + own, _pairs(found.place, found.stop, stops.count)[other]]
    took = np.r_[np.zeros(stops.count), found.seconds[other]] + margin_s
    rule = _pairs(transfers["fra"].to_numpy(), transfers["til"].to_numpy(), stops.count)
    possible = transfers["mulig"].to_numpy(dtype=np.bool_)
    said = transfers["sekunder"].to_numpy(dtype=np.float64)
    overrides = ~possible | ~np.isnan(said)
    kept = ~np.isin(pair, rule[overrides])
    timed = possible & ~np.isnan(said)
    pair, took = np.r_[pair[kept], rule[timed]], np.r_[took[kept], said[timed]]
    order = np.argsort(pair, kind="stable")
    ends = (pair[order] // stops.count, pair[order] % stops.count, np.ceil(took[order]))
    start, end, time = (one.astype(np.int32) for one in ends)
    return start, end, time


def grouped(
    key: NDArray[np.int32], groups: int, *columns: NDArray[np.int32]
) -> tuple[NDArray[np.int32], ...]:
    """Sort columns by a key; return where each key's rows begin, (groups + 1,), and the columns."""
    order = np.argsort(key, kind="stable")
    ptr = np.searchsorted(key[order], np.arange(groups + 1)).astype(np.int32)
    return (ptr, *(np.ascontiguousarray(column[order]) for column in columns))


def _pairs(start: NDArray[np.integer], end: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    return np.asarray(start.astype(np.int64) * count + end, dtype=np.int64)
