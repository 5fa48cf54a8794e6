"""What closing a school does: where its pupils go, how far they walk, and who is then full.

The children of each part go to the open school of the stage that is nearest on foot, on average for
the children who live there, whether it has room or not: where they shall go is for the council to
decide, and the balance shows who becomes full. A school that is merged into another sends all its
pupils there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.school._assign import STAGE_OF
from askergeo.school.pupils import children_by_grade, free_shares, split_children, stage_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.school.capacity import Capacity
    from askergeo.school.forecast import Forecast
    from askergeo.school.pupils import Pupils

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

__all__ = ["Closed", "close", "receivers", "walks"]

# What an address counts for where no child lives, so that every part has a nearest school.
_ADDRESS: Final = 1e-3
# Share of the children whose way must be known for that of the part to be.
_KNOWN: Final = 0.5


@dataclass(frozen=True, eq=False)
class Closed:
    """The balance when schools are closed.

    Parameters
    ----------
    target
        Row of the school of each part by grade, (t, n, 10); −1 without.
    places
        Places, (t, s, 2).
    went
        Pupils of the main alternative, (t, s, 2).
    """

    target: Rows
    places: Numbers
    went: Numbers


def receivers(
    metres: Numbers, part: Rows, children: Numbers, candidates: Flags, count: int
) -> tuple[Rows, Numbers]:
    """Find the school that is nearest on foot for the children of each part, by stage.

    Parameters
    ----------
    metres
        Way from each address to each school, (a, s); NaN unknown, ``inf`` no way on foot.
    part
        Row of the part of each address, (a,).
    children
        Children by address and grade, (a, 10).
    candidates
        Schools that may take the pupils of each stage, (s, 2).
    count
        Number of parts.

    Returns
    -------
    tuple
        Row of the school, (count, 2), −1 where no way is known to any; and the mean way in metres,
        (count, 2), NaN there. A school that the way to is known for less than half of the children
        is chosen where there is no other; of those that are alike the first counts.
    """
    schools = metres.shape[1]
    found = np.full((count, 2), -1, dtype=np.intp)
    way = np.full((count, 2), np.nan)
    known = np.isfinite(metres)
    for stage in (0, 1):
        weight = children[:, stage == STAGE_OF].sum(axis=1) + _ADDRESS
        lived = np.bincount(part, weights=weight, minlength=count)
        total, reached = np.zeros((count, schools)), np.zeros((count, schools))
        np.add.at(total, part, np.where(known, metres, 0.0) * weight[:, None])
        np.add.at(reached, part, known * weight[:, None])
        mean = np.divide(total, reached, out=np.full_like(total, np.inf), where=reached > 0)
        # A school that the map brings few of the children to is not known to be near.
        few = reached < _KNOWN * lived[:, None]
        cost = np.where(candidates[:, stage][None] & np.isfinite(mean), mean, np.inf)
        best = np.lexsort((cost.T, np.where(np.isfinite(cost), few, True).T), axis=0)[0]
        row = np.arange(count)
        there = np.isfinite(cost[row, best])
        found[there, stage] = best[there]
        way[there, stage] = cost[row, best][there]
    return found, way


def close(
    forecast: Forecast,
    places: Capacity,
    found: Pupils,
    *,
    new: Rows,
    closed: Mapping[int, int],
    year: int,
) -> Closed:
    """Reckon places and pupils when schools are closed from a school year on.

    Parameters
    ----------
    forecast, places, found
        The balance as it is.
    new
        Row of the school that each part's children go to by stage, (n, 2); −1 unknown, and then
        they have none.
    closed
        Row of each school that closes, and of the school that it is merged into, −1 for none.
    year
        The autumn of the first school year without them.
    """
    rows = np.array(list(closed), dtype=np.intp)
    into = np.array(list(closed.values()), dtype=np.intp)
    after = places.years >= year
    target = found.assignment.target.copy()
    gone = np.isin(target, rows) & after[:, None, None]
    own = np.broadcast_to(new[:, STAGE_OF][None], target.shape)
    target[gone] = own[gone]
    for row, other in zip(rows, into, strict=True):
        if other >= 0:
            merged = (found.assignment.target == row) & after[:, None, None]
            target[merged] = other
    shut = np.zeros(places.places.shape, dtype=bool)
    shut[np.ix_(np.flatnonzero(after), rows)] = True
    free = free_shares(found.assignment, places, found.shares)
    free = np.where(shut[:, :, STAGE_OF], 0.0, free)
    children = children_by_grade(forecast.alternatives["hoved"].count)
    split = split_children(children, found.part_share, target, free)
    return Closed(target, np.where(shut, 0.0, places.places), stage_sums(split.schools))


def walks(metres: Numbers, school: Rows) -> Numbers:
    """Return the way from each address to its school in each grade, (a, 10); NaN without one.

    Parameters
    ----------
    metres
        Way from each address to each school, (a, s).
    school
        Row of the school of each address, (a, 10); −1 without.
    """
    row = np.arange(len(metres))[:, None]
    return np.where(school >= 0, metres[row, np.maximum(school, 0)], np.nan)
