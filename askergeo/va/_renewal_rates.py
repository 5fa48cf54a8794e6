"""What a rate of renewal does over the years: age, backlog and events of the net.

The pipes are renewed in order of priority, the same metres every year, part of a pipe when need
be. What is not renewed grows older; what is renewed begins anew with another material. The sums
over the order are made once a year, so that every rate is a look-up in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askergeo.va._renewal_life import events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.va._renewal_age import Ages
    from askergeo.va._renewal_life import Lives
    from askergeo.va._renewal_stock import Stock

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["Course", "courses", "years_to_renew"]

_METRES: float = 1_000.0


@dataclass(frozen=True, eq=False)
class Course:
    """What one net is like at the end of each year at one rate; (t,) or (3, t) by life.

    Parameters
    ----------
    rate
        Share of the metres renewed a year.
    years
        The years, the present one first.
    renewed_m
        Metres renewed since the present year.
    age
        Mean age, years.
    backlog_m
        Metres as old as their expected life, or older.
    events
        Events expected in the next year.
    """

    rate: float
    years: Whole
    renewed_m: Numbers
    age: Numbers
    backlog_m: Numbers
    events: Numbers


def years_to_renew(rate: float) -> float:
    """Years it takes to renew all at a rate (a share a year); infinite at 0.

    Examples
    --------
    >>> round(years_to_renew(0.014), 1), years_to_renew(0.0)
    (71.4, inf)
    """
    return 1.0 / rate if rate > 0 else float("inf")


def courses(
    stock: Stock,
    ages: Ages,
    factor: Numbers,
    priority: Numbers,
    mine: NDArray[np.bool_],
    *,
    rates: Sequence[float],
    year: int,
    horizon: int,
    new: tuple[Lives, int, Numbers],
) -> tuple[Course, ...]:
    """Follow one net for some years at each of several rates.

    Parameters
    ----------
    stock, ages
        The pipes.
    factor
        How many times the table's events each pipe has, (3, n).
    priority
        The highest is renewed first, (n,).
    mine
        Pipes of the net, (n,).
    rates
        Shares of the metres renewed a year.
    year, horizon
        Present year, and the number of years followed.
    new
        The table, the place of the material that is laid, and how many times the table's events
        it has, (3,).
    """
    order = np.flatnonzero(mine)
    order = order[np.argsort(-priority[order], kind="stable")]
    metres, of = stock.length_m[order], ages.of[order]
    until = np.concatenate([[0.0], np.cumsum(metres)])
    total = until[-1]
    span = np.arange(horizon + 1)
    done = [np.minimum(rate * total * span, total) for rate in rates]
    age = np.zeros((len(rates), len(span)))
    backlog, expected = (np.zeros((len(rates), 3, len(span))) for _ in range(2))
    for t in span:
        now = year + int(t)
        old = [
            _rest(ages.age(now)[of] * metres),
            *(_rest(share[of] * metres) for share in ages.past(now)),
            *(
                _rest(one[of] * times[order] * metres / _METRES)
                for one, times in zip(ages.events(now, 1.0), factor, strict=True)
            ),
        ]
        fresh = _fresh(year, int(t), new, ages.shapes)
        for at in range(len(rates)):
            left = [float(np.interp(done[at][t], until, one)) for one in old]
            laid = np.diff(done[at][: t + 1])
            gone = np.arange(t - 1, -1, -1, dtype=np.float64)
            age[at, t] = (left[0] + laid @ gone) / total if total > 0 else np.nan
            backlog[at, :, t] = left[1:4]
            expected[at, :, t] = np.array(left[4:]) + fresh @ laid / _METRES
    years = year + span
    return tuple(
        Course(rate, years, done[at], age[at], backlog[at], expected[at])
        for at, rate in enumerate(rates)
    )


def _rest(values: Numbers) -> Numbers:
    """Sum of the values of what is left when the first metres are renewed, however many."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(sums[-1] - sums, dtype=np.float64)


def _fresh(year: int, t: int, new: tuple[Lives, int, Numbers], shapes: Numbers) -> Numbers:
    """Events a km and year of what was laid in each year since, (3, t)."""
    table, material, factor = new
    laid = year + np.arange(1, t + 1)
    row = table.rows(np.full(t, material), laid)
    age = (year + t - laid).astype(np.float64)
    found = [
        factor[one] * events(age, 1.0, table.years[one, row], table.rate[row], float(shapes[one]))
        for one in range(3)
    ]
    return np.stack(found)
