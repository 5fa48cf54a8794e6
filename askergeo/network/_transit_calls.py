"""The calls of trips at stops: in order, with both times, and what could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.int64]

__all__ = ["Calls", "allowed", "numbers", "read_calls"]


@dataclass(frozen=True, eq=False)
class Calls:
    """The usable calls of trips, sorted by trip and order, and what was found wrong.

    Parameters
    ----------
    trip, stop
        Row of the trip and number of the stop, (c,).
    arrival, departure
        Seconds of the service day, (c,), never running backwards within a trip.
    board, alight
        Whether one may get on and off, (c,).
    interpolated
        Rows of the trips that have calls whose time was interpolated.
    cut
        Trips whose first or last calls lack a time, so that these calls were left out.
    untimed
        Trips left out: fewer than two calls with a time.
    backwards
        Trips left out: a time that lies before the one ahead of it.
    repeated
        Trips that have the same number in the order more than once; the first call is kept.
    """

    trip: Numbers
    stop: Numbers
    arrival: Numbers
    departure: Numbers
    board: Flags
    alight: Flags
    interpolated: Numbers
    cut: Numbers
    untimed: Numbers
    backwards: Numbers
    repeated: Numbers


def read_calls(
    ruteavgang: pd.DataFrame, trips: pd.Index, stops: pd.Index, *, chosen: Flags | None = None
) -> Calls:
    """Read the calls of trips.

    As the GTFS reference has it: where a call has one of the two times it is both; where it has
    neither, and lies between two calls that have, the time is interpolated, here in equal steps
    from call to call, for the layer has no distances; a trip's first and last call must have a
    time. Calls before the first and after the last time are left out, since nothing says when they
    are. A trip whose times run backwards is left out, since nothing says which time is wrong.

    Parameters
    ----------
    ruteavgang
        The layer.
    trips, stops
        Ids, unique; rows of other trips are left out, stops must all be there.
    chosen
        Trips that are read, (t,); all without.
    """
    trip = trips.get_indexer(pd.Index(ruteavgang["tur_id"].astype("string")))
    mine = (trip >= 0) & ruteavgang["holdeplass_id"].notna().to_numpy()
    if chosen is not None:
        mine &= np.r_[chosen, [False]][trip]
    frame, trip = ruteavgang[mine], trip[mine]
    place = frame["rekkefolge"].to_numpy(dtype=np.int64)
    order = np.lexsort((np.arange(len(trip)), place, trip))
    trip, place, frame = trip[order], place[order], frame.iloc[order]
    again = np.r_[False, (trip[1:] == trip[:-1]) & (place[1:] == place[:-1])][: len(trip)]
    repeated = np.unique(trip[again])
    trip, frame = trip[~again], frame[~again]
    stop = stops.get_indexer(pd.Index(frame["holdeplass_id"].astype("string")))
    arrival, departure = numbers(frame, "ankomst"), numbers(frame, "avgang")
    arrival, departure = (
        np.where(np.isnan(one), other, one)
        for one, other in ((arrival, departure), (departure, arrival))
    )
    keep, cut, untimed = _timed_part(trip, ~np.isnan(arrival))
    trip, stop, arrival, departure = trip[keep], stop[keep], arrival[keep], departure[keep]
    at, left, filled = _interpolated(arrival, departure)
    wrong = at > left
    wrong[1:] |= (trip[1:] == trip[:-1]) & (at[1:] < left[:-1])
    backwards = np.unique(trip[wrong])
    sound = ~np.isin(trip, backwards)
    return Calls(
        trip=trip[sound],
        stop=stop[sound].astype(np.int64),
        arrival=at[sound],
        departure=left[sound],
        board=allowed(frame, "pastigning")[keep][sound],
        alight=allowed(frame, "avstigning")[keep][sound],
        interpolated=np.unique(trip[filled & sound]),
        cut=cut,
        untimed=untimed,
        backwards=backwards,
        repeated=repeated,
    )


def allowed(frame: pd.DataFrame, name: str) -> Flags:
    """Column of yes or no as flags; an empty cell, and a column that is not there, mean yes."""
    if name not in frame:
        return np.ones(len(frame), dtype=np.bool_)
    values = frame[name]
    return np.asarray(values.isna() | values.eq(True), dtype=np.bool_)


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Column as numbers, NaN unknown; all unknown when it is absent."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _timed_part(trip: Numbers, timed: Flags) -> tuple[Flags, Numbers, Numbers]:
    """Find the calls from each trip's first time to its last, trips cut, and trips left out."""
    if not len(trip):
        none = np.empty(0, dtype=np.int64)
        return np.empty(0, dtype=np.bool_), none, none
    begins = np.flatnonzero(np.r_[True, trip[1:] != trip[:-1]])
    number = np.arange(len(trip))
    first = np.minimum.reduceat(np.where(timed, number, len(trip)), begins)
    last = np.maximum.reduceat(np.where(timed, number, -1), begins)
    times = np.add.reduceat(timed.astype(np.int64), begins)
    ends = np.r_[begins[1:], len(trip)] - 1
    of_call = np.repeat(np.arange(len(begins)), ends - begins + 1)
    usable = times > 1
    keep = usable[of_call] & (number >= first[of_call]) & (number <= last[of_call])
    cut = usable & ((first > begins) | (last < ends))
    return keep, trip[begins[cut]], trip[begins[~usable]]


def _interpolated(
    arrival: NDArray[np.float64], departure: NDArray[np.float64]
) -> tuple[Numbers, Numbers, Flags]:
    """Fill the times between those that are there; the first and last of every trip are there."""
    missing = np.isnan(arrival)
    number = np.arange(len(arrival))
    before = np.maximum.accumulate(np.where(missing, 0, number))
    after = np.minimum.accumulate(np.where(missing, len(arrival), number)[::-1])[::-1]
    after = np.minimum(after, len(arrival) - 1)
    steps = np.maximum(after - before, 1)
    # Whole seconds, and never before the call ahead.
    even = np.floor(
        departure[before] + (arrival[after] - departure[before]) * (number - before) / steps
    )
    filled = (np.where(missing, even, one).astype(np.int64) for one in (arrival, departure))
    arrival_s, departure_s = filled
    return arrival_s, departure_s, missing
