"""From people, places and ways to the problem of dividing units in school districts.

The pupils of a unit are those who live in it and go to a public school, by grade and school year;
they follow the unit to whatever school it is given to. The way of a unit is that of an average
pupil: each address counts with the children who live there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.school.district_problem import NONE, Problem
from askergeo.school.district_transition import staying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.school.units import Units

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = [
    "FAR_YEAR",
    "Basis",
    "UnitWays",
    "at_edge",
    "majority",
    "make_problem",
    "phased_in",
    "sums_by",
    "unit_ways",
    "whole_pupils",
]

#: A year that no plan reaches: a school that does not close.
FAR_YEAR: Final = 9999
# Share of a unit's children whose way must be known for the unit's way to be.
_KNOWN: Final = 0.5
# What an address counts for where no child lives: so that every unit has a way.
_ADDRESS: Final = 0.01
# What a unit without pupils weighs, in pupils.
_NOBODY: Final = 0.1
# Metres within which an outline touches another.
_TOUCHES: Final = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitWays:
    """Ways from ``u`` units to ``s`` schools.

    Parameters
    ----------
    mean
        Metres of an average pupil, (u, s); ``inf`` where it is not known.
    farthest
        Longest way from an address of the unit, (u, s), of those that are known; NaN for none.
    over
        Share of the pupils with a way longer than each limit, (limits, u, s), of those whose way
        is known.
    estimated
        Whether the mean is a straight line times a factor, (u, s): no way on foot is known, and the
        unit must go somewhere.
    """

    mean: Floats
    farthest: Floats
    over: Floats
    estimated: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Basis:
    """The problem and what its numbers are from.

    Parameters
    ----------
    problem
        What is solved.
    phased
        The same with those who stay at the old school until they leave it; ``None`` when nobody
        may.
    units
        The units, rows as in the problem.
    names
        Name of each school, (s,).
    grades
        Grades of the stage.
    pupils
        Pupils by unit, grade and year, (u, g, y).
    whole
        Pupils by unit and year as they are told, in whole numbers, (u, y): see `whole_pupils`.
    ways
        The ways, (u, s).
    """

    problem: Problem
    phased: Problem | None
    units: Units
    names: NDArray[np.object_]
    grades: range
    pupils: Floats
    whole: Rows
    ways: UnitWays


def whole_pupils(demand: Floats, today: Rows) -> Rows:
    """Round the pupils of units so that the sums of today's districts are right too.

    Each unit gets the whole number below or above its own, and the units of a district add up to
    its sum rounded: whatever the units are given to, the sums of all are the same.

    Parameters
    ----------
    demand
        Pupils by unit and year, (u, y).
    today
        District of each unit, (u,).

    Examples
    --------
    >>> whole_pupils(np.array([[5.4], [5.4], [5.4]]), np.array([0, 0, 1])).ravel().tolist()
    [5, 6, 5]
    """
    order = np.argsort(today, kind="stable")
    so_far = demand[order].cumsum(axis=0)
    first = np.searchsorted(today[order], today[order], side="left")
    before = np.vstack([np.zeros(demand.shape[1]), so_far])[first]
    rounded = np.rint(so_far - before)
    above = np.vstack([np.zeros(demand.shape[1]), rounded[:-1]])
    begins = first == np.arange(len(order))
    found = np.empty(demand.shape, dtype=np.int64)
    found[order] = rounded - np.where(begins[:, None], 0.0, above)
    return found


def sums_by(values: Floats | Rows, row: Rows, count: int) -> Floats:
    """Sum values (n, …) by the row that each belongs to, (n,); −1 belongs nowhere.

    Examples
    --------
    >>> sums_by(np.array([1.0, 2.0, 4.0]), np.array([1, -1, 1]), 3)
    array([0., 5., 0.])
    """
    found = np.zeros((count, *values.shape[1:]))
    inside = row >= 0
    np.add.at(found, row[inside], values[inside])
    return found


def majority(row: Rows, choice: Rows, weight: Floats, count: int) -> tuple[Rows, Floats]:
    """Find what most of each unit's weight has.

    Parameters
    ----------
    row
        Unit of each part, (d,); −1 none.
    choice
        What each part has, (d,): a school; −1 none.
    weight
        Pupils of each part, (d,). Where nobody lives every part counts alike.
    count
        Number of units.

    Returns
    -------
    tuple
        The choice of each unit, (u,), −1 when no part has one; and the share of the weight that
        has it, (u,).
    """
    frame = pd.DataFrame({"row": row, "choice": choice, "weight": weight + 1e-9})
    frame = frame[(frame["row"] >= 0) & (frame["choice"] >= 0)]
    sums = frame.groupby(["row", "choice"])["weight"].sum().reset_index()
    # Of equals the lowest number is taken, so that the same input gives the same units.
    sums = sums.sort_values(["row", "weight", "choice"], ascending=[True, False, True])
    best = sums.drop_duplicates("row").set_index("row")
    total = sums.groupby("row")["weight"].sum()
    found = np.full(count, NONE, dtype=np.int64)
    share = np.zeros(count)
    found[best.index] = best["choice"]
    share[best.index] = best["weight"] / total.loc[best.index]
    return found, share


def unit_ways(
    metres: Floats,
    lines: Floats,
    row: Rows,
    children: Floats,
    *,
    count: int,
    limits: Sequence[float],
    detour: float,
    must: Rows,
) -> UnitWays:
    """Reckon the ways of units from those of their addresses.

    Parameters
    ----------
    metres, lines
        From each address to each school, (a, s): on foot (NaN unknown, ``inf`` no way) and in a
        straight line.
    row
        Unit of each address, (a,); −1 none.
    children
        Children at each address, (a,).
    count
        Number of units.
    limits
        Metres that the shares in ``over`` are of.
    detour
        Metres on foot for each metre in a straight line, where nothing better is known.
    must
        School that each unit must have a way to, (u,): today's; −1 none.

    Returns
    -------
    UnitWays
        A unit without any known way gets estimated ways to all schools.
    """
    weight = children + _ADDRESS
    known = np.isfinite(metres)
    way = np.where(known, metres, 0.0)
    share = known * weight[:, None]
    total = sums_by(weight, row, count)[:, None]
    counted = sums_by(share, row, count)
    enough = (total > 0) & (counted >= _KNOWN * total)
    inside = np.where(counted > 0, counted, 1.0)
    mean = np.where(enough, sums_by(share * way, row, count) / inside, np.inf)
    over = np.stack([sums_by(share * (way > limit), row, count) / inside for limit in limits])
    farthest = np.full((count, metres.shape[1]), -np.inf)
    np.maximum.at(farthest, row[row >= 0], np.where(known, metres, -np.inf)[row >= 0])
    none = ~np.asarray(enough.any(axis=1))
    needed = ~enough & (none[:, None] | (np.arange(metres.shape[1]) == must[:, None]))
    straight = sums_by(weight[:, None] * lines, row, count) / np.where(total > 0, total, 1.0)
    guess = straight * detour
    usable = needed & (total > 0) & np.isfinite(guess)
    at = np.asarray(limits, dtype=float)[:, None, None]
    return UnitWays(
        mean=np.where(usable, guess, mean),
        farthest=np.where(usable, guess, np.where(np.isinf(farthest), np.nan, farthest)),
        over=np.where(usable[None], (guess[None] > at).astype(float), over),
        estimated=usable,
    )


def at_edge(units: Units, land: BaseGeometry | None = None) -> NDArray[np.bool_]:
    """Tell which units touch the outside: the edge of all of them together, or the sea.

    Parameters
    ----------
    units
        The units.
    land
        The municipality's land; what of a unit is outside it is sea.
    """
    shapes = geometries(units.frame)
    outline = shapely.boundary(shapely.union_all(shapely.buffer(shapes, _TOUCHES / 2)))
    touches = shapely.dwithin(shapes, outline, _TOUCHES)
    if land is None:
        return np.asarray(touches)
    return np.asarray(touches | shapely.dwithin(shapes, shapely.boundary(land), _TOUCHES))


def make_problem(
    units: Units,
    *,
    schools: pd.Index,
    years: Rows,
    pupils: Floats,
    places: Floats,
    ways: UnitWays,
    today: Rows,
    home: Rows,
    edge: NDArray[np.bool_],
    fixed: Rows,
    together: Rows | None = None,
    grade_weights: Floats,
    slack: float,
) -> Problem:
    """Put the problem together.

    Parameters
    ----------
    units
        The units, (u,).
    schools, years
        Ids, (s,), and the autumns that the school years begin in, (y,).
    pupils
        Pupils by unit, grade from the lowest of the stage, and year, (u, g, y).
    places
        Places that can be used, (s, y); 0 where the school is closed.
    ways
        The ways.
    today, fixed
        School of each unit today, and the one that it must have, (u,); −1 none.
    home
        Unit that each school lies in, (s,); −1 none.
    edge
        Units at the outside, (u,).
    together
        Units with the same number get the same school; −1 alone.
    grade_weights
        What a metre of a pupil in each grade counts as, (g,).
    slack
        Share of the places that may be exceeded.

    Returns
    -------
    Problem
        The way counts for the pupils of a mean year; who moves is counted in the first year.
    """
    open_now = places > 0
    stays_open = open_now[:, -1]
    known = np.isfinite(ways.mean)
    # A unit without pupils goes where it is nearest, not where chance puts it.
    weighted = np.einsum("ugy,g->u", pupils, grade_weights) / len(years) + _NOBODY
    nearest = np.where(known & stays_open[None, :], ways.mean, np.inf)
    best = np.where(np.isinf(nearest).all(axis=1), NONE, nearest.argmin(axis=1))
    return Problem(
        units=units.frame.index,
        schools=schools,
        years=np.asarray(years),
        cost=weighted[:, None] * np.where(known, ways.mean, 0.0),
        pupils=pupils[:, :, 0].sum(axis=1),
        demand=pupils.sum(axis=1),
        capacity=places,
        pairs=units.next_to.pairs,
        edge=edge,
        home=home,
        today=today,
        nearest=best.astype(np.int64),
        allowed=known & stays_open[None, :],
        fixed=fixed,
        together=together,
        slack=slack,
    )


def phased_in(problem: Problem, pupils: Floats) -> Problem:
    """Return the problem with those who stay at today's school until they leave it.

    Parameters
    ----------
    problem
        The problem.
    pupils
        Pupils by unit, grade and year, (u, g, y).
    """
    years, open_now = problem.years, problem.capacity > 0
    opens = np.where(open_now.any(axis=1), years[open_now.argmax(axis=1)], years[0])
    # A school that is closed to the end closes in the year after its last.
    last = open_now.shape[1] - open_now[:, ::-1].argmax(axis=1)
    ever = open_now.any(axis=1)
    after = np.where(last < len(years), years[np.minimum(last, len(years) - 1)], FAR_YEAR)
    close = np.where(ever, after, years[0])
    stay = staying(
        pupils,
        years,
        problem.today,
        start=opens.astype(np.int64),
        close=close.astype(np.int64),
    )
    return replace(problem, stay=stay)
