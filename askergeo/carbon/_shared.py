"""What a stock and a conversion are reckoned alike with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from askergeo.carbon._frames import DEEPEST
from askergeo.carbon._terms import Setting
from askergeo.errors import DataQualityError, ParameterError, collect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.carbon._terms import Term, Terms
    from askergeo.carbon.factors import Factors

__all__ = [
    "Depth",
    "by_owner",
    "check_missing",
    "depth_of",
    "levels_of",
    "one_at_a_time",
    "placeholders",
    "quadrature",
    "setting_of",
]

_REMEDY: Final = (
    "Legg faktoren inn i en egen faktorfil (write_template gir malen), eller ta klassen ut. "
    "Ukjent regnes aldri som null."
)


class Depth(NamedTuple):
    """Depth of peat in metres, with a range that holds 95 % of what is likely."""

    value: float
    low: float
    high: float


def quadrature(
    moved: NDArray[np.float64], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Half-widths below and above, from totals with one factor at its low and its high.

    Parameters
    ----------
    moved
        (n, 2m): with each of m factors low, then with each high.
    centre
        (n, 1)
    """
    low, high = np.split(moved - centre, 2, axis=1)
    below = np.maximum(0, np.maximum(-low, -high))
    above = np.maximum(0, np.maximum(low, high))
    return np.sqrt((below**2).sum(axis=1)), np.sqrt((above**2).sum(axis=1))


def one_at_a_time(
    values: NDArray[np.float64], used: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre (k, 1), and (k, 2m) with each factor in use at its low, then at its high."""
    centre = values[:1].T
    sides = np.repeat(centre, 2 * len(used), axis=1)
    for column, i in enumerate(used):
        sides[i, column], sides[i, len(used) + column] = values[1, i], values[2, i]
    return centre, sides


def levels_of(factors: Factors, depth: Depth | None) -> NDArray[np.float64]:
    """Value, low and high of each factor, and of the depth of peat after the last: (3, k + 1)."""
    last = np.full(3, np.nan) if depth is None else np.array(depth, dtype=np.float64)
    return np.column_stack([factors.levels, last])


def setting_of(factors: Factors, mineral_soil: str, *, lost_growth: bool = False) -> Setting:
    if mineral_soil not in factors.soil_types:
        raise ParameterError(
            f"Mineraljorda «{mineral_soil}» har ingen faktor i sonen {factors.zone}.",
            remedy=f"Velg {', '.join(factors.soil_types)}.",
        )
    return Setting(mineral_soil, lost_growth)


def depth_of(given: float | Depth | None) -> Depth | None:
    if given is None:
        return None
    depth = given if isinstance(given, Depth) else Depth(given, given, given)
    if not (np.isfinite(depth).all() and 0 <= depth.low <= depth.value <= depth.high <= DEEPEST):
        raise ParameterError(
            f"Torvdybden {tuple(depth)} er ikke en dybde i meter (0–20).",
            remedy="Oppgi verdi, lav og høy, der lav er minst, for eksempel 1, 0,5 og 2.",
        )
    return depth


def by_owner(terms: Terms, tonnes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the terms of each conversion: (t, n) to (u, n)."""
    summed = np.zeros((terms.count, tonnes.shape[1]))
    np.add.at(summed, terms.owner, tonnes)
    return summed


def placeholders(terms: Terms, factors: Factors) -> NDArray[np.object_]:
    """Ids of the placeholders behind each conversion, joined by spaces."""
    flagged = factors.frame["plassholder"].to_numpy()
    found: list[dict[str, None]] = [{} for _ in range(terms.count)]
    for owner, term in zip(terms.owner, terms.terms, strict=True):
        for i in (*term.factors, *term.stock[1], *(j for _, j in term.drain)):
            if 0 <= i < len(flagged) and flagged[i]:
                found[owner][str(factors.frame.index[i])] = None
    return np.array([" ".join(ids) for ids in found], dtype=object)


def check_missing(built: list[tuple[list[Term], list[str]]]) -> None:
    missing = dict.fromkeys(problem for _, problems in built for problem in problems)
    if missing:
        raise DataQualityError(f"Faktorer mangler:\n{collect(missing)}", remedy=_REMEDY)
