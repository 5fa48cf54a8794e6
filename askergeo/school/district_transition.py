"""Pupils that may stay at their school when the boundary moves, and what that costs in places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from askergeo.school.district_problem import NONE, loads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.school.district_problem import Problem

__all__ = ["extra_places", "staying"]


def staying(
    demand: NDArray[np.float64],
    years: NDArray[np.int64],
    today: NDArray[np.int64],
    *,
    start: NDArray[np.int64],
    close: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Pupils that still go to today's school when their unit is given to another.

    Before the new district begins, everyone does. In its first year only the lowest grade goes to
    the new school, in the second the two lowest, and so on: who had begun stays until leaving. When
    the old school closes, nobody can stay. Siblings and pupils who move house are not told apart.

    Parameters
    ----------
    demand
        Pupils by unit, grade from the lowest of the stage, and year, (u, g, y).
    years
        Year that each school year begins in, (y,).
    today
        School of each unit today, (u,); −1 none, and then nobody stays anywhere.
    start
        First school year of the school's new district, (s,).
    close
        First school year in which the school is closed, (s,); a far year when it stays open.

    Returns
    -------
    ndarray, (u, s, y)
        As ``Problem.stay`` wants it.
    """
    grade = np.arange(demand.shape[1])
    # Years that the new district has been in force: who is in a grade above that had begun before.
    since = years[None, :] - start[:, None]
    had_begun = (grade[None, :, None] > since[:, None, :]).astype(float)
    kept: NDArray[np.float64] = np.einsum("ugy,sgy->usy", demand, had_begun)
    closes = np.where(today == NONE, years.min(), close[today])
    kept[np.broadcast_to((years[None, :] >= closes[:, None])[:, None, :], kept.shape)] = 0.0
    return kept


def extra_places(problem: Problem, assigned: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pupils at each school each year because pupils stay, against everyone moving at once, (s, y).

    Positive where the old school keeps pupils, negative where the new one waits for them.
    """
    at_once = replace(problem, stay=None)
    return loads(problem, assigned) - loads(at_once, assigned)
