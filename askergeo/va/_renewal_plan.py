"""Which projects are carried out in which year, within a budget of kroner or of metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["NEVER", "bound", "schedule"]

#: Not carried out within the plan.
NEVER = -1


def schedule(worth: Numbers, takes: Numbers, budget: Numbers, *, carry: bool) -> Whole:
    """Give each project a year, those with most worth for what they take first.

    A project that there is no room for waits for the next year, and the next in order that there
    is room for is taken. What the projects of a year take never exceeds the year's budget; with
    ``carry`` what they take until a year never exceeds the budgets until then.

    Parameters
    ----------
    worth
        Worth of each project, (p,).
    takes
        What it takes of each resource, (p, k). One that takes nothing is not carried out.
    budget
        What there is of each resource in each year, (years, k).
    carry
        Whether what is left goes on to the next year.

    Returns
    -------
    Place of the year of each project, `NEVER` when there is none, (p,).

    Examples
    --------
    >>> takes = np.array([[3.0], [2.0], [2.0]])
    >>> schedule(np.array([9.0, 4.0, 2.0]), takes, np.full((2, 1), 4.0), carry=False).tolist()
    [0, 1, 1]
    """
    year = np.full(len(worth), NEVER, dtype=np.int64)
    size = takes.sum(axis=1)
    wanted = np.flatnonzero((size > 0) & (worth > 0))
    order = wanted[np.argsort(-(worth[wanted] / size[wanted]), kind="stable")]
    # Plain lists: each step looks at one project, and numpy would take longer to begin than to do.
    waiting = [(int(one), takes[one].tolist()) for one in order]
    left = [0.0] * budget.shape[1]
    for now in range(len(budget)):
        there = budget[now].tolist()
        left = [old + new for old, new in zip(left, there, strict=True)] if carry else there
        rest = []
        for one, need in waiting:
            if all(a <= b for a, b in zip(need, left, strict=True)):
                year[one] = now
                left = [b - a for a, b in zip(need, left, strict=True)]
            else:
                rest.append((one, need))
        waiting = rest
    return year


def bound(worth: Numbers, takes: Numbers, budget: float) -> float:
    """Most worth that any choice within one budget can have, were projects divisible.

    Dantzig's bound of the knapsack (1957): what is chosen is at most this far from the best.

    Examples
    --------
    >>> bound(np.array([9.0, 4.0]), np.array([3.0, 2.0]), 4.0)
    11.0
    """
    some = takes > 0
    worth, takes = worth[some], takes[some]
    order = np.argsort(-(worth / takes), kind="stable")
    used = np.concatenate([[0.0], np.cumsum(takes[order])])
    won = np.concatenate([[0.0], np.cumsum(worth[order])])
    return float(np.interp(budget, used, won))
