"""Public transport from door to door: walk, wait, ride, transfer, walk.

A way is a walk to a stop, one ride or more with a transfer between each two, and a walk from a
stop; or the walk alone. It is searched for in rounds (RAPTOR; see :mod:`askergeo.network._raptor`)
for every departure of a window. The model is:

- walks along the walking network in seconds, rounded up, each to a longest;
- a transfer takes the walk between the two stops (none at the same stop) and a margin; where the
  timetable says how long it takes, or that it cannot be made, that holds; the first boarding needs
  no margin;
- to the second: a trip is caught when one is at the stop no later than it departs.

Delays, seats, fares and the will to transfer are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import LayerError, ParameterError
from askergeo.network._network import in_parts, unsnapped_rows
from askergeo.network._raptor import NEVER, from_origins, to_targets
from askergeo.network._transit_journey import Journey, Leg, find_journey
from askergeo.network._transit_lines import kernel_lines
from askergeo.network._transit_walks import footpaths, grouped, seconds, walks
from askergeo.network.paths import Network, matrix
from askergeo.network.profiles import edge_costs, find_profile
from askergeo.network.snapping import snap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.network._raptor import Lines
    from askergeo.network.graph import WalkGraph
    from askergeo.network.snapping import Places
    from askergeo.network.timetable import Timetable
    from askergeo.parameters import Parameters

__all__ = [
    "Journey",
    "Leg",
    "TransitNetwork",
    "TravelTimes",
    "join_stops",
    "journey",
    "read_clock",
    "transit_network",
    "travel_times",
    "walking_network",
    "window",
]

MINUTE: Final = 60
PERCENT: Final = 100


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class TransitNetwork:
    """A timetable joined to a walking network, made ready for searches.

    Parameters
    ----------
    timetable, walk, stops
        What it was made of; a row of ``stops`` for each stop of the timetable.
    rounds
        Most rides on a way: one more than the transfers.
    walk_s
        Longest walk to and from a stop, seconds.
    limit_s
        Longest travel time, seconds.
    foot_from, foot_to, foot_s
        The transfers that can be made, (f,): rows of stops, and seconds from arriving at the one
        until one can board at the other.
    """

    timetable: Timetable
    walk: Network
    stops: Places
    rounds: int
    walk_s: float
    limit_s: int
    foot_from: NDArray[np.int32]
    foot_to: NDArray[np.int32]
    foot_s: NDArray[np.int32]

    @cached_property
    def along(self) -> Lines:
        """The timetable as the kernels take it."""
        foot = grouped(self.foot_from, self.stops.count, self.foot_to, self.foot_s)
        return kernel_lines(self.timetable, foot)

    @cached_property
    def against(self) -> Lines:
        """The timetable turned round in time: see :mod:`askergeo.network._raptor`."""
        foot = grouped(self.foot_to, self.stops.count, self.foot_from, self.foot_s)
        return kernel_lines(self.timetable, foot, against=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class TravelTimes:
    """Travel times of ``o`` origins to ``t`` targets over the departures of a window.

    Times are seconds: NaN unknown (origin or target is not joined to the walking network), ``inf``
    beyond the longest travel time. Of ``n`` departures the one that ``q`` per cent do not exceed is
    the ⌈n·q/100⌉-th quickest: a time that some departure has, and ``inf`` when fewer get there.

    Parameters
    ----------
    median, best, worst
        (o, t).
    percentiles
        (o, t) by per cent asked for.
    share
        Share (0–1) of the departures that arrive within the limit, (o, t).
    walk
        Walking alone, (o, t); ``inf`` beyond the limit.
    walked
        Walking alone is as quick as the median, (o, t).
    departures
        The departures, seconds of the service day, (n,).
    limit_s
        Longest travel time.
    """

    median: NDArray[np.float64]
    best: NDArray[np.float64]
    worst: NDArray[np.float64]
    percentiles: dict[int, NDArray[np.float64]]
    share: NDArray[np.float64]
    walk: NDArray[np.float64]
    walked: NDArray[np.bool_]
    departures: NDArray[np.int32]
    limit_s: int


def walking_network(graph: WalkGraph, parameters: Parameters) -> Network:
    """Make the network on which one walks to stops: seconds, by ``rutesok_profil``."""
    return Network.of(graph, edge_costs(graph, find_profile(parameters["rutesok_profil"])))


def join_stops(timetable: Timetable, graph: WalkGraph, parameters: Parameters) -> Places:
    """Join a timetable's stops to the walking graph; those that are not are ``unsnapped``."""
    return snap(
        graph,
        timetable.points,
        reach_m=parameters["rutesok_koble_m"],
        count=len(timetable.points),
    )


def window(parameters: Parameters) -> tuple[int, int]:
    """Return the window of departures, seconds of the service day: from, and before.

    Raises
    ------
    ParameterError
        When a time cannot be read, or the window is empty.
    """
    first, last = (read_clock(parameters[f"rutesok_{end}_kl"]) for end in ("fra", "til"))
    if first >= last:
        raise ParameterError(
            f"Tidsrommet for avreise er tomt: fra {parameters['rutesok_fra_kl']} til "
            f"{parameters['rutesok_til_kl']}.",
            remedy="La «rutesok_til_kl» være senere enn «rutesok_fra_kl»; over 24:00 er etter "
            "midnatt.",
        )
    return first, last


def transit_network(
    timetable: Timetable, walk: Network, stops: Places, *, parameters: Parameters
) -> TransitNetwork:
    """Join a timetable to the walking network, with the transfers between its stops.

    Parameters
    ----------
    timetable
        The day's.
    walk
        The walking network, in seconds (:func:`walking_network`).
    stops
        Where the timetable's stops meet it (:func:`join_stops`).
    parameters
        The set ``rutesok``.

    Raises
    ------
    LayerError
        When the network is not in seconds, or the stops are not the timetable's.
    """
    if walk.costs.unit != "s":
        raise LayerError("Gangnettet er i meter; rutesøket trenger gangtid i sekunder.")
    if stops.count != len(timetable.stops):
        raise LayerError(
            f"{stops.count} holdeplasser er koblet til gangnettet; rutetabellen har "
            f"{len(timetable.stops)}."
        )
    start, end, foot_s = footpaths(
        walk,
        stops,
        timetable.transfers,
        limit_s=parameters["rutesok_bytte_gang_min"] * MINUTE,
        margin_s=int(parameters["rutesok_bytte_s"]),
    )
    return TransitNetwork(
        timetable=timetable,
        walk=walk,
        stops=stops,
        rounds=int(parameters["rutesok_bytter"]) + 1,
        walk_s=parameters["rutesok_gang_min"] * MINUTE,
        limit_s=int(parameters["rutesok_lengst_min"] * MINUTE),
        foot_from=start,
        foot_to=end,
        foot_s=foot_s,
    )


def travel_times(
    net: TransitNetwork,
    origins: Places,
    targets: Places,
    *,
    first_s: int,
    last_s: int,
    step_s: int = 60,
    limit_s: int | None = None,
    percentiles: Sequence[int] = (90,),
    against: bool | None = None,
) -> TravelTimes:
    """Travel times for every departure of a window, and what is typical of them.

    Parameters
    ----------
    net
        The network.
    origins, targets
        ``o`` and ``t`` rows on the walking graph.
    first_s, last_s, step_s
        Departures at ``first_s``, every ``step_s`` after it, before ``last_s``; seconds of the
        service day.
    limit_s
        Longest travel time; the network's without.
    percentiles
        Per cent of the departures, 1–100.
    against
        Search from the targets against time, or from the origins along it; whichever is less work
        without. The answer is the same.

    Raises
    ------
    ParameterError
        When the window has no departure, or a percentile is not 1–100.
    """
    starts = np.arange(first_s, last_s, step_s, dtype=np.int32)
    if not len(starts) or not all(1 <= one <= PERCENT for one in percentiles):
        raise ParameterError("Tidsrommet er tomt, eller en prosentil er ikke fra 1 til 100.")
    limit = net.limit_s if limit_s is None else int(limit_s)
    ranks = np.array([_rank(len(starts), one) for one in (50, *percentiles)], dtype=np.int64)
    walk = seconds(matrix(net.walk, origins, targets, limit=limit))
    alone = np.where(np.isfinite(walk) & (walk <= limit), walk, NEVER).astype(np.int32)
    access = walks(net.walk, origins, net.stops, limit_s=net.walk_s, to_stops=True)
    egress = walks(net.walk, targets, net.stops, limit_s=net.walk_s, to_stops=False)
    if against is None:
        against = targets.count <= origins.count
    pairs = (origins.count, targets.count)
    best, worst, share = (np.full(pairs, np.nan) for _ in range(3))
    at_ranks = np.full((*pairs, len(ranks)), np.nan)
    search, lines = (to_targets, net.against) if against else (from_origins, net.along)
    near, far = (egress, access) if against else (access, egress)
    rows = targets.count if against else origins.count
    lists = (*near.by_place(rows), *far.by_stop(net.stops.count))
    in_parts(
        lambda first, last: search(
            lines, net.rounds, *lists, alone, starts, np.int32(limit), ranks, first, last,
            best, worst, at_ranks, share,
        ),
        rows,
        1,
    )  # fmt: skip
    for table in (best, worst, share, at_ranks):
        table[unsnapped_rows(origins)] = np.nan
        table[:, unsnapped_rows(targets)] = np.nan
    median = np.ascontiguousarray(at_ranks[:, :, 0])
    return TravelTimes(
        median=median,
        best=best,
        worst=worst,
        percentiles={
            one: np.ascontiguousarray(at_ranks[:, :, i + 1]) for i, one in enumerate(percentiles)
        },
        share=share,
        walk=walk,
        walked=np.isfinite(walk) & (walk <= median),
        departures=starts,
        limit_s=limit,
    )


def journey(  # noqa: PLR0917  (as travel_times, and which)
    net: TransitNetwork,
    origins: Places,
    targets: Places,
    o: int,
    t: int,
    depart_s: int,
    *,
    limit_s: int | None = None,
) -> Journey:
    """Find one way, leg by leg: the one whose time :func:`travel_times` tells.

    Of the ways that arrive first it has the fewest rides, and of those it leaves the latest: the
    wait is at home.

    Parameters
    ----------
    net, origins, targets
        As for :func:`travel_times`.
    o, t
        Rows of the origin and the target.
    depart_s
        Earliest one can leave, seconds of the service day.
    limit_s
        Longest travel time; the network's without.
    """
    return find_journey(
        net, origins, targets, o, t, depart_s, limit=net.limit_s if limit_s is None else limit_s
    )


def _rank(departures: int, per_cent: int) -> int:
    """Place, from 0, of the ⌈n·q/100⌉-th."""
    return -(-departures * per_cent // PERCENT) - 1


def read_clock(text: str) -> int:
    """Read ``07:30`` as seconds of the service day; hours may pass 24.

    Raises
    ------
    ParameterError
        When it is no time of day.

    Examples
    --------
    >>> read_clock("07:30"), read_clock("25.00")
    (27000, 90000)
    """
    hours, _, minutes = str(text).strip().replace(".", ":").partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(minutes) < MINUTE):
        raise ParameterError(
            f"Klokkeslettet «{text}» kan ikke leses.", remedy="Skriv det slik: 07:30."
        )
    return int(hours) * 3600 + int(minutes) * MINUTE
