"""What a municipality's own events say of its pipes: how far they are from the table's rates.

Three steps, each believed as far as its events carry: the whole net against the table (a gamma
prior worth a stated number of expected events), materials and periods against the net (Bühlmann
and Straub, :func:`askergeo.population.credibility.credible`), and each pipe against its group (the
empirical Bayes of accident studies: Hauer 1997, «Observational Before-After Studies in Road
Safety»; how much pipes differ beyond chance is found by the method of moments).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import ParameterError
from askergeo.population.credibility import credible
from askergeo.va._renewal_stock import MEDIA, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._renewal_age import Ages
    from askergeo.va._renewal_stock import Stock

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "Experience",
    "classes_of",
    "dimension_class",
    "dimension_factor",
    "experience",
    "no_experience",
]

# A group is never believed to have less than this share of the expected events.
_LEAST: Final = 0.05


@dataclass(frozen=True, eq=False)
class Experience:
    """How many times the table's events each pipe is expected to have, and from what.

    Parameters
    ----------
    factor
        At short, middle and long life, (3, n).
    net
        Factor of each net as a whole, (3, media).
    weight
        How far the net's own events are believed, 0–1, (media,), at the middle life.
    years
        Years that events are known for, (t,); empty without events.
    observed, expected
        Events of each pipe that count, and what the table expects in those years, (n,).
    varies
        Whether the net's pipes differ beyond chance, (media,).
    unused
        Events that do not count, by reason in bokmål.
    """

    factor: Numbers
    net: Numbers
    weight: Numbers
    years: Whole
    observed: Numbers
    expected: Numbers
    varies: NDArray[np.bool_]
    unused: dict[str, int]


def classes_of(parameters: Parameters, name: str) -> tuple[list[float], list[float]]:
    """Read the limits of dimensions and a value for each class between them."""
    limits = [float(one) for one in parameters["va_fornyelse_dimensjon_grenser"]]
    values = [float(one) for one in parameters[name]]
    if len(values) != len(limits) + 1 or limits != sorted(limits) or min(values) < 0:
        raise ParameterError(
            f"«{name}» må ha {len(limits) + 1} tall, ett for hver klasse mellom grensene i "
            "«va_fornyelse_dimensjon_grenser» (som må stige), og ingen under 0.",
            remedy="Endre begge parametrene sammen.",
        )
    return limits, values


def dimension_class(dimension: Numbers, limits: Sequence[float]) -> Whole:
    """Class of each dimension, −1 unknown; one on a limit is of the class below.

    Examples
    --------
    >>> dimension_class(np.array([110.0, 111.0, np.nan]), [110.0]).tolist()
    [0, 1, -1]
    """
    place = np.searchsorted(np.asarray(limits, dtype=np.float64), dimension, side="left")
    return np.where(np.isnan(dimension), UNKNOWN, place).astype(np.int64)


def dimension_factor(stock: Stock, limits: Sequence[float], values: Sequence[float]) -> Numbers:
    """Value of each pipe's class; the metres' mean of the known of the net where it is unknown."""
    classes = dimension_class(stock.dimension, limits)
    table = np.asarray(values, dtype=np.float64)
    factor = table[np.maximum(classes, 0)]
    known = classes >= 0
    for medium in range(len(MEDIA)):
        mine = stock.medium == medium
        told = mine & known if (mine & known).any() else known
        mean = (
            np.average(factor[told], weights=stock.length_m[told]) if told.any() else table.mean()
        )
        factor[mine & ~known] = mean
    return factor


def no_experience(stock: Stock, base: Numbers) -> Experience:
    """Return what is expected without a register of events: the table, by dimension."""
    media = len(MEDIA)
    return Experience(
        np.tile(base, (3, 1)), np.ones((3, media)), np.zeros(media), np.zeros(0, np.int64),
        np.zeros(len(stock)), np.zeros(len(stock)), np.zeros(media, np.bool_), {},
    )  # fmt: skip


def experience(
    stock: Stock,
    ages: Ages,
    base: Numbers,
    happened: pd.DataFrame,
    year: int,
    *,
    prior: float,
) -> Experience:
    """Hold the events that happened against those that the table expects.

    Parameters
    ----------
    stock, ages
        The pipes.
    base
        Factor of each pipe from its dimension, (n,).
    happened
        ``pipe`` (place in the stock, −1 for others) and ``aar`` of each event of a kind that
        counts.
    year
        Present year; the years are from the first event on to the last, or to this.
    prior
        Expected events at which own experience counts half.
    """
    counts = happened[happened["aar"] <= year]
    unused = {"etter planens første år": len(happened) - len(counts)}
    if not len(counts):
        return no_experience(stock, base)
    years = np.arange(int(counts["aar"].min()), int(counts["aar"].max()) + 1)
    pipe, when = counts["pipe"].to_numpy(np.int64), counts["aar"].to_numpy(np.int64)
    known = pipe >= 0
    unused["på ledninger som ikke er med"] = int((~known).sum())
    old = known & (when < stock.laid[np.maximum(pipe, 0)])
    unused["på røret som lå der før fornyelsen"] = int(old.sum())
    pipe, when = pipe[known & ~old], when[known & ~old]
    observed = np.bincount(pipe, minlength=len(stock)).astype(np.float64)
    by_class = np.stack([ages.events(int(one), 1.0) for one in years])
    group, groups = _groups(stock, ages)
    factor, net = np.tile(base, (3, 1)), np.ones((3, len(MEDIA)))
    weight, varies = np.zeros(len(MEDIA)), np.zeros(len(MEDIA), np.bool_)
    exposure = base * stock.length_m / 1_000
    each = np.zeros((3, len(stock)))
    for one in range(3):
        each[one] = by_class[:, one].sum(axis=0)[ages.of] * exposure
        for medium in range(len(MEDIA)):
            mine = np.flatnonzero(stock.medium == medium)
            total = float(each[one, mine].sum())
            if not len(mine) or total <= 0:
                continue
            net[one, medium] = (prior + observed[mine].sum()) / (prior + total)
            weight[medium] = total / (prior + total)
        scaled = net[one][stock.medium] * exposure
        yearly = _yearly(by_class[:, one], ages.of, scaled, group, groups)
        seen = _seen(pipe, when, group, groups, years)
        own = _group_factor(yearly, seen, stock, group, groups)[group]
        expected = each[one] * net[one][stock.medium] * own
        pipes, varies = _pipe_factor(observed, expected, stock.medium)
        factor[one] *= net[one][stock.medium] * own * pipes
    unused = {reason: count for reason, count in unused.items() if count}
    return Experience(factor, net, weight, years, observed, each[1], varies, unused)


def _groups(stock: Stock, ages: Ages) -> tuple[Whole, int]:
    """Group pipes by net and row of the table; those that are spread are a group of their net."""
    single = np.diff(ages.weights.indptr) == 1
    row = np.where(single, ages.table_row[ages.weights.indices[ages.weights.indptr[:-1]]], -1)
    # The row of the table, with room for −1, and the net as one number.
    pair = (row[ages.of] + 1) * len(MEDIA) + stock.medium
    found, group = np.unique(pair, return_inverse=True)
    return group.astype(np.int64), len(found)


def _yearly(by_class: Numbers, of: Whole, scaled: Numbers, group: Whole, groups: int) -> Numbers:
    """Sum what is expected by year and group, (t, groups)."""
    from scipy.sparse import coo_array  # noqa: PLC0415

    size = (groups, by_class.shape[1])
    sums = coo_array((scaled, (group, of)), shape=size).tocsr()
    return np.asarray((sums @ by_class.T).T)


def _seen(pipe: Whole, when: Whole, group: Whole, groups: int, years: Whole) -> Numbers:
    """Count events by year and group, (t, groups)."""
    seen = np.zeros((len(years), groups))
    np.add.at(seen, (when - years[0], group[pipe]), 1.0)
    return seen


def _group_factor(
    expected: Numbers, seen: Numbers, stock: Stock, group: Whole, groups: int
) -> Numbers:
    """Factor of each group against its net, weighted by what can be believed, (groups,)."""
    medium = np.zeros(groups, dtype=np.int64)
    medium[group] = stock.medium
    factor = np.ones(groups)
    for one in range(len(MEDIA)):
        mine = np.flatnonzero(medium == one)
        if len(mine) < 2 or not expected[:, mine].sum() > 0:  # noqa: PLR2004
            continue
        excess = (seen - expected)[:, mine, None]
        deviation, _ = credible(excess, expected[:, mine, None], 1.0)
        factor[mine] = np.maximum(1.0 + deviation[:, 0], _LEAST)
    return factor


def _pipe_factor(
    observed: Numbers, expected: Numbers, medium: Whole
) -> tuple[Numbers, NDArray[np.bool_]]:
    """Factor of each pipe against its group, (n,), and whether pipes differ beyond chance."""
    factor, varies = np.ones(len(observed)), np.zeros(len(MEDIA), np.bool_)
    for one in range(len(MEDIA)):
        mine = medium == one
        total = float(expected[mine].sum())
        if total <= 0:
            continue
        # Held against the net's own level: that the prior holds it back is no difference of pipes.
        like = expected[mine] * float(observed[mine].sum()) / total
        square = float((like**2).sum())
        if square <= 0:
            continue
        beyond = float(((observed[mine] - like) ** 2 - like).sum()) / square
        if beyond > 0:
            varies[one] = True
            factor[mine] = (1 + beyond * observed[mine]) / (1 + beyond * expected[mine])
    return factor, varies
