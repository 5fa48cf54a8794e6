"""Trips of one sequence of stops, so sorted that none overtakes another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.network._transit_calls import Calls

__all__ = ["Patterns", "make_patterns"]


@dataclass(frozen=True, eq=False)
class Patterns:
    """``p`` patterns of ``t`` trips; see :class:`askergeo.network.timetable.Timetable`."""

    stop_ptr: NDArray[np.int32]
    stop: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    trip_ptr: NDArray[np.int32]
    time_ptr: NDArray[np.int64]
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    trip: NDArray[np.int64]


def make_patterns(calls: Calls) -> Patterns:
    """Gather the trips that call at the same stops with the same leave to get on and off.

    Where a trip overtakes another, or either lies behind at one call and ahead at another, they
    come in different patterns: trips are taken by departure from the first stop and put into the
    first pattern whose last trip is nowhere later.

    Returns
    -------
    Patterns
        ``trip`` is the row of each trip in ``calls``.
    """
    heads: list[NDArray[np.int64]] = []
    times: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    rows: list[NDArray[np.int64]] = []
    for key, trips, arrival, departure in _groups(calls):
        for chain in _chains(arrival, departure):
            heads.append(key)
            rows.append(trips[chain])
            times.append((arrival[chain].T.ravel(), departure[chain].T.ravel()))
    none = np.empty(0, dtype=np.int64)
    key = np.concatenate([*heads, none])
    lengths, counts = (np.array([len(one) for one in some], np.int64) for some in (heads, rows))
    return Patterns(
        stop_ptr=np.r_[0, np.cumsum(lengths)].astype(np.int32),
        stop=(key >> 2).astype(np.int32),
        board=(key & 2).astype(np.bool_),
        alight=(key & 1).astype(np.bool_),
        trip_ptr=np.r_[0, np.cumsum(counts)].astype(np.int32),
        time_ptr=np.r_[0, np.cumsum(lengths * counts)].astype(np.int64),
        arrival=np.concatenate([*(one for one, _ in times), none]).astype(np.int32),
        departure=np.concatenate([*(one for _, one in times), none]).astype(np.int32),
        trip=np.concatenate([*rows, none]),
    )


def _groups(calls: Calls) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """Give stops with flags (l,), trips (n,), arrivals and departures (n, l), of each sequence."""
    begins = np.flatnonzero(np.r_[True, calls.trip[1:] != calls.trip[:-1]][: len(calls.trip)])
    sizes = np.diff(np.r_[begins, len(calls.trip)])
    keys = calls.stop * 4 + calls.board * 2 + calls.alight
    for size in np.unique(sizes):
        first = begins[sizes == size]
        at = first[:, None] + np.arange(size)
        sequences, group = np.unique(keys[at], axis=0, return_inverse=True)
        for g, key in enumerate(sequences):
            mine = at[group.ravel() == g]
            order = np.lexsort((calls.arrival[mine[:, -1]], calls.departure[mine[:, 0]]))
            mine = mine[order]
            yield key, calls.trip[mine[:, 0]], calls.arrival[mine], calls.departure[mine]


def _chains(arrival: NDArray[np.int64], departure: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Rows (sorted by first departure) in chains in which no time is earlier than the one above."""
    if (np.diff(arrival, axis=0) >= 0).all() and (np.diff(departure, axis=0) >= 0).all():
        return [np.arange(len(arrival))]
    chains: list[list[int]] = []
    for row in range(len(arrival)):
        for chain in chains:
            last = chain[-1]
            if (arrival[row] >= arrival[last]).all() and (departure[row] >= departure[last]).all():
                chain.append(row)
                break
        else:
            chains.append([row])
    return [np.array(chain, dtype=np.intp) for chain in chains]
