"""One way by public transport, leg by leg, read out of the labels of two searches.

The first search, along time, says when one can be there and with how few rides; the second, against
time from that arrival with no more rides, says how late one can leave, and is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.network._raptor import NEVER, make_labels, one_departure
from askergeo.network._transit_walks import seconds, walks
from askergeo.network.paths import matrix, rows_of
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.network._raptor import Labels, Lines
    from askergeo.network._transit_walks import Walks
    from askergeo.network.snapping import Places
    from askergeo.network.timetable import Timetable
    from askergeo.network.transit import TransitNetwork

__all__ = ["Journey", "Leg", "find_journey"]

MINUTE: Final = 60
DAY: Final = 86_400
MODES: Final = {
    "buss": "buss",
    "trikk": "trikk",
    "tbane": "T-bane",
    "tog": "tog",
    "hurtigbat": "hurtigbåt",
    "ferge": "ferge",
}


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A part of a way.

    Parameters
    ----------
    trip
        Row of the timetable's ``trips`` that is ridden, −1 for a walk.
    from_stop, to_stop
        Rows of its ``stops``; −1 is the origin or the target.
    start_s, end_s
        When it begins and ends, seconds of the service day. A walk between two stops lasts as
        long as the transfer is reckoned to take, with its margin.
    calls
        Stops ridden, the last included; 0 for a walk.
    """

    trip: int
    from_stop: int
    to_stop: int
    start_s: int
    end_s: int
    calls: int = 0

    @property
    def walk(self) -> bool:
        """Whether it is walked."""
        return self.trip < 0


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A way from an origin to a target.

    Parameters
    ----------
    depart_s
        When one could leave.
    leave_s
        When one leaves.
    seconds
        From ``depart_s`` to arrival, as :func:`askergeo.network.transit.travel_times` has it:
        ``inf`` when the target is not reached within the limit, NaN when it is not known.
    legs
        The parts in order; none when the target is not reached.
    """

    depart_s: int
    leave_s: int
    seconds: float
    legs: tuple[Leg, ...]

    @property
    def rides(self) -> int:
        """Number of boardings."""
        return sum(not leg.walk for leg in self.legs)

    def table(self, timetable: Timetable) -> pd.DataFrame:
        """Legs as rows for people.

        Returns
        -------
        pandas.DataFrame
            ``hvordan``, ``linje``, ``mot``, ``fra``, ``til``, ``kl_fra``, ``kl_til``, ``minutter``.
        """
        rows = [_row(leg, timetable) for leg in self.legs]
        columns = ["hvordan", "linje", "mot", "fra", "til", "kl_fra", "kl_til", "minutter"]
        return pd.DataFrame(rows, columns=columns)

    def text(self, timetable: Timetable) -> str:
        """Tell the way in a sentence."""
        if np.isnan(self.seconds):
            return "Reisetiden er ukjent: stedet er ikke koblet til gangnettet."
        if not self.legs:
            return "Målet nås ikke innen den lengste reisetiden."
        told = ", ".join(_words(leg, timetable) for leg in self.legs)
        minutes = format_number(self.seconds / MINUTE)
        return (
            f"{told[0].upper()}{told[1:]}. Fremme kl. {_clock(self.legs[-1].end_s)}, "
            f"{minutes} minutter etter kl. {_clock(self.depart_s)}."
        )


class _Ride(NamedTuple):
    """A trip of the lines, and the calls that it is ridden between."""

    pattern: int
    trip: int
    board: int
    alight: int


def find_journey(  # noqa: PLR0917  (as transit.journey)
    net: TransitNetwork,
    origins: Places,
    targets: Places,
    o: int,
    t: int,
    depart_s: int,
    *,
    limit: int,
) -> Journey:
    """See :func:`askergeo.network.transit.journey`."""
    start, end = rows_of(origins, o, o + 1), rows_of(targets, t, t + 1)
    walk = float(seconds(matrix(net.walk, start, end, limit=limit))[0, 0])
    if np.isnan(walk):
        return Journey(depart_s=depart_s, leave_s=depart_s, seconds=walk, legs=())
    access = walks(net.walk, start, net.stops, limit_s=net.walk_s, to_stops=True)
    egress = walks(net.walk, end, net.stops, limit_s=net.walk_s, to_stops=False)
    there = _search(net.along, net.rounds, access, depart_s, depart_s + limit)
    arrival, rides, _ = _best(there, egress)
    if walk <= limit and walk <= arrival - depart_s:
        done = depart_s + int(walk)
        leg = Leg(trip=-1, from_stop=-1, to_stop=-1, start_s=depart_s, end_s=done)
        return Journey(depart_s=depart_s, leave_s=depart_s, seconds=walk, legs=(leg,))
    if arrival > depart_s + limit:
        return Journey(depart_s=depart_s, leave_s=depart_s, seconds=np.inf, legs=())
    back = _search(net.against, rides, egress, -arrival, -depart_s)
    left, _, first = _best(back, access)
    legs = tuple(_legs(net, back, first, egress, leave=-left))
    return Journey(depart_s=depart_s, leave_s=-left, seconds=float(arrival - depart_s), legs=legs)


def _search(lines: Lines, rounds: int, near: Walks, leave: int, latest: int) -> Labels:
    labels: Labels = make_labels(len(lines.at_ptr) - 1, len(lines.trips), rounds)
    one_departure(lines, labels, near.stop, near.seconds, np.int32(leave), np.int32(latest))
    return labels


def _best(labels: Labels, far: Walks) -> tuple[int, int, int]:
    """Earliest arrival by the walks, the fewest rides that give it, and the stop."""
    if not len(far.stop):
        return int(NEVER), 0, -1
    times = labels.arrive[:, far.stop].astype(np.int64) + far.seconds
    rides = int(times.min(axis=1).argmin())
    stop = int(times[rides].argmin())
    return int(times[rides, stop]), rides, int(far.stop[stop])


def _legs(
    net: TransitNetwork, back: Labels, stop: int, egress: Walks, *, leave: int
) -> Iterator[Leg]:
    """Follow the labels of a search against time, from the origin's stop to the target."""
    lines = net.against
    out = dict(zip(egress.stop.tolist(), egress.seconds.tolist(), strict=True))
    rides = int(np.argmin(back.arrive[:, stop]))
    at, here = leave, -1
    while True:
        boards = -int(back.arrive[rides, stop])
        if here != stop:
            yield Leg(
                trip=-1, from_stop=here, to_stop=stop, start_s=at,
                end_s=at + _walk_s(net, here, stop, boards - at),
            )  # fmt: skip
        ride = _ride(lines, back, rides, stop, out)
        leg = _leg(net, ride)
        yield leg
        at, here = leg.end_s, leg.to_stop
        rides = int(np.argmin(back.ready[:rides, here]))
        if rides == 0:
            yield Leg(trip=-1, from_stop=here, to_stop=-1, start_s=at, end_s=at + out[here])
            return
        stop = _from(lines, back, rides, here)


def _walk_s(net: TransitNetwork, here: int, stop: int, between: int) -> int:
    """Seconds of the walk to a stop: all that is between, or to the next stop the transfer's."""
    if here < 0:
        return between
    found = (net.foot_from == here) & (net.foot_to == stop)
    return int(net.foot_s[found][0])


def _ride(lines: Lines, labels: Labels, rides: int, stop: int, out: dict[int, int]) -> _Ride:
    """Find a ride that arrives at a stop when its label says; the least walk before it first."""
    time = labels.arrive[rides, stop]
    found: list[tuple[float, int, _Ride]] = []
    for at in np.flatnonzero((lines.stop == stop) & lines.alight).tolist():
        pattern = int(np.searchsorted(lines.stop_ptr, at, side="right")) - 1
        trips, first = int(lines.trips[pattern]), int(lines.stop_ptr[pattern])
        begin = int(lines.time_ptr[pattern])
        call = at - first
        arrivals = lines.arrival[begin + call * trips : begin + (call + 1) * trips]
        for trip in np.flatnonzero(arrivals == time).tolist():
            for board in range(call):
                other = int(lines.stop[first + board])
                departs = lines.departure[begin + board * trips + trip]
                if lines.board[first + board] and labels.ready[rides - 1, other] <= departs:
                    walk = out.get(other, np.inf) if rides == 1 else 0.0
                    found.append((walk, call - board, _Ride(pattern, trip, board, call)))
    return min(found)[2]


def _from(lines: Lines, labels: Labels, rides: int, stop: int) -> int:
    """Find the stop that a transfer to a stop comes from."""
    time = labels.ready[rides, stop]
    starts = np.repeat(np.arange(len(lines.foot_ptr) - 1), np.diff(lines.foot_ptr))
    made = labels.arrive[rides, starts].astype(np.int64) + lines.foot_s == time
    return int(starts[np.flatnonzero(made & (lines.foot_stop == stop))[0]])


def _leg(net: TransitNetwork, ride: _Ride) -> Leg:
    """Turn a ride against time the right way round."""
    own, lines = net.timetable, net.against
    pattern = own.patterns - 1 - ride.pattern
    trips, calls = int(lines.trips[ride.pattern]), int(np.diff(own.stop_ptr)[pattern])
    trip = trips - 1 - ride.trip
    board, alight = calls - 1 - ride.alight, calls - 1 - ride.board
    begin, first = int(own.time_ptr[pattern]), int(own.stop_ptr[pattern])
    return Leg(
        trip=int(own.trip_ptr[pattern]) + trip,
        from_stop=int(own.stop[first + board]),
        to_stop=int(own.stop[first + alight]),
        start_s=int(own.departure[begin + board * trips + trip]),
        end_s=int(own.arrival[begin + alight * trips + trip]),
        calls=alight - board,
    )


def _row(leg: Leg, timetable: Timetable) -> tuple[str | float, ...]:
    how, line, towards = "gange", "", ""
    if not leg.walk:
        trip = timetable.trips.iloc[leg.trip]
        how = MODES.get(str(trip["transportmiddel"]), str(trip["transportmiddel"]))
        line, towards = _known(trip["linjenummer"]), _known(trip["mal"])
    ends = (_name(timetable, one) for one in (leg.from_stop, leg.to_stop))
    times = (_clock(leg.start_s), _clock(leg.end_s), (leg.end_s - leg.start_s) / MINUTE)
    return (how, line, towards, *ends, *times)


def _words(leg: Leg, timetable: Timetable) -> str:
    how, line, towards, start, end, leaves, arrives, minutes = _row(leg, timetable)
    if leg.walk and leg.from_stop >= 0 and leg.to_stop >= 0:
        return f"bytt til {end} ({format_number(float(minutes))} min med gange og margin)"
    if leg.walk:
        to = "målet" if leg.to_stop < 0 else str(end)
        return f"gå {format_number(float(minutes))} min til {to}"
    name = " ".join(str(word) for word in (how, line) if word)
    direction = f" mot {towards}" if towards else ""
    return f"{name}{direction} kl. {leaves} fra {start} til {end} kl. {arrives}"


def _name(timetable: Timetable, stop: int) -> str:
    if stop < 0:
        return ""
    return _known(timetable.stops["navn"].iloc[stop]) or str(timetable.stops.index[stop])


def _known(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _clock(time: int) -> str:
    """Write seconds of the service day as a clock shows them, without the seconds.

    Examples
    --------
    >>> _clock(7 * 3600 + 12 * 60 + 59), _clock(86_400 + 300), _clock(-60)
    ('07.12', '00.05', '23.59')
    """
    minutes = time % DAY // MINUTE
    return f"{minutes // 60:02d}.{minutes % 60:02d}"
