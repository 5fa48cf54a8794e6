"""A timetable as the kernels of the round-based search take it, along time or turned round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.network._raptor import Lines
from askergeo.network._transit_walks import grouped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.timetable import Timetable

__all__ = ["kernel_lines"]


def kernel_lines(
    timetable: Timetable, foot: tuple[NDArray[np.int32], ...], *, against: bool = False
) -> Lines:
    """Lay out a timetable for the kernels.

    Parameters
    ----------
    timetable
        The day's.
    foot
        Where each stop's transfers begin, (s + 1,), the stops that they go to, and seconds; turned
        round, the stops that they come from.
    against
        Turn it round in time.
    """
    own = timetable
    stop_ptr, stop, board, alight = own.stop_ptr, own.stop, own.board, own.alight
    trips, time_ptr = np.diff(own.trip_ptr), own.time_ptr
    arrival, departure = own.arrival, own.departure
    if against:
        stop_ptr, time_ptr = stop_ptr[-1] - stop_ptr[::-1], time_ptr[-1] - time_ptr[::-1]
        stop, board, alight, trips = stop[::-1], alight[::-1], board[::-1], trips[::-1]
        # Calls and trips in the other order: each pattern's block of times, turned round.
        arrival, departure = -departure[::-1], -arrival[::-1]
    pattern = np.repeat(np.arange(len(trips), dtype=np.int32), np.diff(stop_ptr))
    call = (np.arange(len(stop)) - stop_ptr[pattern]).astype(np.int32)
    # Nobody boards where the trip ends.
    usable = board & (np.arange(len(stop)) < stop_ptr[pattern + 1] - 1)
    return Lines(
        np.ascontiguousarray(stop_ptr, dtype=np.int32),
        np.ascontiguousarray(stop),
        np.ascontiguousarray(board),
        np.ascontiguousarray(alight),
        np.ascontiguousarray(trips, dtype=np.int32),
        np.ascontiguousarray(time_ptr),
        np.ascontiguousarray(arrival),
        np.ascontiguousarray(departure),
        *grouped(stop[usable], len(foot[0]) - 1, pattern[usable], call[usable]),
        *foot,
    )
