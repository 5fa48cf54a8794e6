"""The rounds themselves: RAPTOR and its range form, as compiled kernels.

Delling, Pajor and Werneck, «Round-Based Public Transit Routing» (ALENEX 2012; Transportation
Science 2015): round ``k`` finds the earliest arrival everywhere with ``k`` boardings, by going
along each pattern that calls at a stop that round ``k − 1`` improved. In the range form (rRAPTOR)
the departures are taken from the last to the first and the labels are kept: what a later departure
has found is still there for an earlier one, and only what is better is followed.

The kernels know no direction. A search against time has the timetable turned round: times with the
other sign, calls and trips in the other order, leave to get on and off exchanged, footpaths from
the other end. «Earliest arrival» is then the latest departure with the other sign.

Between arriving by one trip and being ready for the next lies one footpath, also at the same stop:
two labels a stop and round, ``arrive`` and ``ready``. Each holds the best of *up to* ``k``
boardings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEVER", "Labels", "Lines", "from_origins", "make_labels", "one_departure", "to_targets"]

#: Later than any time, and far enough from the end of int32 to add a walk to.
NEVER = np.int32(1 << 30)
MARKED, CHANGED = 0, 1


class Lines(NamedTuple):
    """A timetable with its footpaths, in one direction of time.

    As :class:`askergeo.network.timetable.Timetable` has them: ``stop_ptr``, ``stop``, ``board``,
    ``alight``, ``time_ptr``, ``arrival``, ``departure``; ``trips`` is each pattern's number of
    trips. ``at_ptr`` (s + 1) gives where each stop's calls with leave to board begin in
    ``at_pattern`` and ``at_call``; ``foot_ptr`` (s + 1) its footpaths in ``foot_stop`` and
    ``foot_s`` (seconds from arriving there until one is ready to board here).
    """

    stop_ptr: NDArray[np.int32]
    stop: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    trips: NDArray[np.int32]
    time_ptr: NDArray[np.int64]
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    at_ptr: NDArray[np.int32]
    at_pattern: NDArray[np.int32]
    at_call: NDArray[np.int32]
    foot_ptr: NDArray[np.int32]
    foot_stop: NDArray[np.int32]
    foot_s: NDArray[np.int32]


class Labels(NamedTuple):
    """What a search works in; one for each thread, used again and again.

    ``arrive`` and ``ready`` are (rounds + 1, s). ``marked`` lists the stops whose ``ready`` was
    improved and not yet followed, ``changed`` those whose ``arrive`` the last departure improved;
    ``number`` says how many.
    """

    arrive: NDArray[np.int32]
    ready: NDArray[np.int32]
    marked: NDArray[np.int32]
    is_marked: NDArray[np.bool_]
    changed: NDArray[np.int32]
    is_changed: NDArray[np.bool_]
    landed: NDArray[np.int32]
    is_landed: NDArray[np.bool_]
    queue: NDArray[np.int32]
    first: NDArray[np.int32]
    number: NDArray[np.int64]


@kernel
def make_labels(stops, patterns, rounds):
    """Return labels that nothing has reached."""
    return Labels(
        np.full((rounds + 1, stops), NEVER, np.int32),
        np.full((rounds + 1, stops), NEVER, np.int32),
        np.empty(stops, np.int32),
        np.zeros(stops, np.bool_),
        np.empty(stops, np.int32),
        np.zeros(stops, np.bool_),
        np.empty(stops, np.int32),
        np.zeros(stops, np.bool_),
        np.empty(patterns, np.int32),
        np.full(patterns, -1, np.int32),
        np.zeros(2, np.int64),
    )


@kernel
def _start(labels, stop, time):
    """Be at a stop at a time, before any boarding."""
    ready = labels.ready
    if time >= ready[0, stop]:
        return
    for k in range(len(ready)):
        ready[k, stop] = min(ready[k, stop], time)
    if not labels.is_marked[stop]:
        labels.is_marked[stop] = True
        labels.marked[labels.number[MARKED]] = stop
        labels.number[MARKED] += 1


@kernel
def _earliest(departure, row, trips, time):
    """Return the first of ``trips`` trips that departs no earlier than the time."""
    low, high = 0, trips
    while low < high:
        middle = (low + high) >> 1
        if departure[row + middle] < time:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _spread(lines, labels, latest):  # noqa: C901, PLR0912, PLR0915  (one loop)
    """Follow the marked stops through all rounds; nothing later than ``latest`` is kept."""
    # Arrays by name: handing a tuple of arrays on counts its references.
    stop_ptr, stop, board, alight = lines.stop_ptr, lines.stop, lines.board, lines.alight
    trips, time_ptr = lines.trips, lines.time_ptr
    arrival, departure = lines.arrival, lines.departure
    at_ptr, at_pattern, at_call = lines.at_ptr, lines.at_pattern, lines.at_call
    foot_ptr, foot_stop, foot_s = lines.foot_ptr, lines.foot_stop, lines.foot_s
    arrive, ready, queue, first = labels.arrive, labels.ready, labels.queue, labels.first
    marked, is_marked = labels.marked, labels.is_marked
    changed, is_changed = labels.changed, labels.is_changed
    landed, is_landed = labels.landed, labels.is_landed
    marks, changes = labels.number[MARKED], labels.number[CHANGED]
    rounds = len(arrive) - 1
    for k in range(1, rounds + 1):
        queued = 0
        for m in range(marks):
            s = marked[m]
            is_marked[s] = False
            for at in range(at_ptr[s], at_ptr[s + 1]):
                p = at_pattern[at]
                if first[p] < 0:
                    queue[queued] = p
                    queued += 1
                    first[p] = at_call[at]
                elif at_call[at] < first[p]:
                    first[p] = at_call[at]
        marks = 0
        landings = 0
        for q in range(queued):
            p = queue[q]
            begin = first[p]
            first[p] = -1
            n = trips[p]
            trip = n
            row = time_ptr[p] + np.int64(begin) * n
            for call in range(stop_ptr[p] + begin, stop_ptr[p + 1]):
                s = stop[call]
                if trip < n and alight[call]:
                    time = arrival[row + trip]
                    if time < arrive[k, s] and time <= latest:
                        for j in range(k, rounds + 1):
                            arrive[j, s] = min(arrive[j, s], time)
                        if not is_landed[s]:
                            is_landed[s] = True
                            landed[landings] = s
                            landings += 1
                        if not is_changed[s]:
                            is_changed[s] = True
                            changed[changes] = s
                            changes += 1
                if board[call]:
                    time = ready[k - 1, s]
                    if time < NEVER and (trip == n or time <= departure[row + trip]):
                        trip = _earliest(departure, row, trip, time)
                row += n
        for m in range(landings):
            s = landed[m]
            is_landed[s] = False
            if k == rounds:
                continue
            for foot in range(foot_ptr[s], foot_ptr[s + 1]):
                other = foot_stop[foot]
                time = arrive[k, s] + foot_s[foot]
                if time < ready[k, other] and time <= latest:
                    for j in range(k, rounds + 1):
                        ready[j, other] = min(ready[j, other], time)
                    if not is_marked[other]:
                        is_marked[other] = True
                        marked[marks] = other
                        marks += 1
        if marks == 0:
            break
    labels.number[MARKED] = 0
    labels.number[CHANGED] = changes


@kernel
def _forget(labels):
    labels.arrive[:] = NEVER
    labels.ready[:] = NEVER


@kernel
def _events(lines, near_stop, near_s, begin, end, earliest, latest):
    """Find when one must leave to catch each departure near by, and the row that it is by.

    Sorted by time, the last first; those outside ``earliest``–``latest`` are left out.
    """
    most = 0
    for i in range(begin, end):
        s = near_stop[i]
        for at in range(lines.at_ptr[s], lines.at_ptr[s + 1]):
            most += lines.trips[lines.at_pattern[at]]
    time = np.empty(most, np.int32)
    by = np.empty(most, np.int32)
    number = 0
    for i in range(begin, end):
        s = near_stop[i]
        for at in range(lines.at_ptr[s], lines.at_ptr[s + 1]):
            p = lines.at_pattern[at]
            n = lines.trips[p]
            row = lines.time_ptr[p] + np.int64(lines.at_call[at]) * n
            for trip in range(n):
                leave = lines.departure[row + trip] - near_s[i]
                if earliest <= leave <= latest:
                    time[number] = leave
                    by[number] = i
                    number += 1
    time, by = time[:number], by[:number]
    order = np.argsort(-time, kind="mergesort")
    return time[order], by[order]


@kernel
def _at_most(time, step, least, count, runs):
    """Count the departures that take at most so long."""
    number = 0
    for r in range(runs):
        if time >= least[r]:
            number += min(count[r], (time - least[r]) // step + 1)
    return number


@kernel
def _summarise(arrivals, starts, alone, limit, ranks, least, count, best, worst, at_ranks):
    """Tell the travel times of a pair by rank; return how many are within the limit.

    Departures that arrive at once, each ``step`` apart, are a run: ``count`` times, the quickest
    ``least``. Counting in runs gives the time of a rank without sorting, which would take ten
    times as long as all the rest.
    """
    n = len(starts)
    step = starts[1] - starts[0] if n > 1 else np.int32(1)
    runs, reached, low, high = 0, 0, NEVER, np.int32(0)
    for j in range(n):
        if arrivals[j] >= NEVER:
            continue
        time = arrivals[j] - starts[j]
        if reached and j > 0 and arrivals[j] == arrivals[j - 1]:
            least[runs - 1] = time
            count[runs - 1] += 1
        else:
            least[runs], count[runs] = time, 1
            runs += 1
            high = max(high, time)
        reached += 1
        low = min(low, time)
    for r in range(len(ranks)):
        time = NEVER
        if ranks[r] < reached:
            time, most = low, high
            while time < most:
                middle = (time + most) >> 1
                if _at_most(middle, step, least, count, runs) > ranks[r]:
                    most = middle
                else:
                    time = middle + 1
        time = min(time, alone)
        at_ranks[r] = time if time <= limit else np.inf
    low, high = min(low, alone), min(high if reached == n else NEVER, alone)
    best[0] = low if low <= limit else np.inf
    worst[0] = high if high <= limit else np.inf
    return n if alone <= limit else _at_most(limit, step, least, count, runs)


@kernel
def from_origins(
    lines, rounds, near_ptr, near_stop, near_s, far_ptr, far_place, far_s, alone, starts, limit,
    ranks, first, last, best, worst, at_ranks, share,
):  # fmt: skip
    """Travel times from each of the origins ``first``–``last`` to all targets.

    ``near_*`` are the stops that each origin (o + 1) walks to, ``far_*`` the targets that each stop
    (s + 1) is walked from; ``alone`` (o, t) is the walk without riding; ``starts`` the departures,
    ascending. Fills ``best``, ``worst`` and ``share`` (o, t) and ``at_ranks`` (o, t, r).
    """
    stops, targets, n = len(lines.at_ptr) - 1, alone.shape[1], len(starts)
    labels = make_labels(stops, len(lines.trips), rounds)
    soonest = np.empty(targets, np.int32)
    arrivals = np.empty((targets, n), np.int32)
    least, count = np.empty(n, np.int32), np.empty(n, np.int32)
    end = starts[n - 1] + limit
    for o in range(first, last):
        _forget(labels)
        soonest[:] = NEVER
        leave, by = _events(lines, near_stop, near_s, near_ptr[o], near_ptr[o + 1], starts[0], end)
        open_start = n - 1
        e = 0
        while e < len(leave):
            now = leave[e]
            while open_start >= 0 and starts[open_start] > now:
                arrivals[:, open_start] = soonest
                open_start -= 1
            while e < len(leave) and leave[e] == now:
                _start(labels, near_stop[by[e]], now + near_s[by[e]])
                e += 1
            _spread(lines, labels, min(now + limit, end))
            for c in range(labels.number[CHANGED]):
                s = labels.changed[c]
                labels.is_changed[s] = False
                for f in range(far_ptr[s], far_ptr[s + 1]):
                    time = labels.arrive[rounds, s] + far_s[f]
                    soonest[far_place[f]] = min(soonest[far_place[f]], time)
            labels.number[CHANGED] = 0
        while open_start >= 0:
            arrivals[:, open_start] = soonest
            open_start -= 1
        for t in range(targets):
            within = _summarise(
                arrivals[t], starts, alone[o, t], limit, ranks, least, count,
                best[o, t : t + 1], worst[o, t : t + 1], at_ranks[o, t],
            )  # fmt: skip
            share[o, t] = within / n


@kernel
def to_targets(
    lines, rounds, near_ptr, near_stop, near_s, far_ptr, far_place, far_s, alone, starts, limit,
    ranks, first, last, best, worst, at_ranks, share,
):  # fmt: skip
    """Travel times from all origins to each of the targets ``first``–``last``; against time.

    As :func:`from_origins`, with the lines turned round: ``near_*`` are the stops that each target
    is walked from, ``far_*`` the origins that walk to each stop. The deadlines at which a trip
    near the target can be used are taken from the first to the last; whoever can leave later for
    a later deadline gets it for the departures in between.
    """
    stops, origins, n = len(lines.at_ptr) - 1, alone.shape[0], len(starts)
    labels = make_labels(stops, len(lines.trips), rounds)
    done = np.empty(origins, np.int32)
    arrivals = np.empty((origins, n), np.int32)
    least, count = np.empty(n, np.int32), np.empty(n, np.int32)
    begin, step = starts[0], starts[1] - starts[0] if n > 1 else np.int32(1)
    for t in range(first, last):
        _forget(labels)
        done[:] = 0
        arrivals[:] = NEVER
        deadline, by = _events(
            lines, near_stop, near_s, near_ptr[t], near_ptr[t + 1], -starts[n - 1] - limit, -begin
        )
        e = 0
        while e < len(deadline):
            now = deadline[e]
            while e < len(deadline) and deadline[e] == now:
                _start(labels, near_stop[by[e]], now + near_s[by[e]])
                e += 1
            _spread(lines, labels, min(now + limit, -begin))
            for c in range(labels.number[CHANGED]):
                s = labels.changed[c]
                labels.is_changed[s] = False
                for f in range(far_ptr[s], far_ptr[s + 1]):
                    leave = -(labels.arrive[rounds, s] + far_s[f])
                    if leave < begin:
                        continue
                    o = far_place[f]
                    upto = min((leave - begin) // step + 1, n)
                    for j in range(done[o], upto):
                        arrivals[o, j] = -now
                    done[o] = max(done[o], upto)
            labels.number[CHANGED] = 0
        for o in range(origins):
            within = _summarise(
                arrivals[o], starts, alone[o, t], limit, ranks, least, count,
                best[o, t : t + 1], worst[o, t : t + 1], at_ranks[o, t],
            )  # fmt: skip
            share[o, t] = within / n


@kernel
def one_departure(lines, labels, near_stop, near_s, leave, latest):
    """Search once, from the stops near by, leaving at one time."""
    _forget(labels)
    for i in range(len(near_stop)):
        time = leave + near_s[i]
        if time <= latest:
            _start(labels, near_stop[i], time)
    _spread(lines, labels, latest)
    for c in range(labels.number[CHANGED]):
        labels.is_changed[labels.changed[c]] = False
    labels.number[CHANGED] = 0
