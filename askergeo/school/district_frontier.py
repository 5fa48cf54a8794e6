"""Several divisions on the way from least walking to fewest moves.

Each alternative weighs walking against moves in its own way (the weighted sums of Zadeh 1963): it
is the best, within its gap, for somebody who weighs so. Divisions that lie between two such can be
missed. Each begins from the plans of those before, and knows the rules that they wrote out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from askergeo.school.districting import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.school.district_model import Cut
    from askergeo.school.district_problem import Plan, Problem, Weights

__all__ = ["Alternative", "beaten", "frontier"]


@dataclass(frozen=True)
class Alternative:
    """One way to weigh: an id, a title in bokmål, and the weights."""

    id: str
    title: str
    weights: Weights


def frontier(
    problem: Problem,
    alternatives: Sequence[Alternative],
    *,
    time_limit_s: float = 120.0,
    gap: float = 0.02,
    seed: int = 1,
) -> list[Plan]:
    """Solve each alternative, and see to it that none has a plan that another's plan beats.

    Parameters
    ----------
    problem, gap, seed
        As for ``solve``.
    alternatives
        In the order in which they are solved and returned; the easiest first (the balance).
    time_limit_s
        Seconds for each.
    """
    known: dict[Cut, None] = {}
    plans: list[Plan] = []
    for alternative in alternatives:
        starts = [plan.assigned for plan in plans if plan.assigned is not None]
        plan = solve(
            problem, weights=alternative.weights, time_limit_s=time_limit_s, gap=gap, seed=seed,
            starts=starts, known=known,
        )  # fmt: skip
        plans.append(plan)
        if plan.status == "umulig":
            # The rules are the same for all: no weight makes room.
            return [plan] * len(alternatives)
    return plans


def beaten(plans: Sequence[Plan]) -> list[bool]:
    """Whether another plan has less of walking or moves, and no more of the other."""
    points = [(plan.walking, plan.moved) if plan.assigned is not None else None for plan in plans]
    return [
        mine is not None
        and any(
            other is not None and other != mine and other[0] <= mine[0] and other[1] <= mine[1]
            for other in points
        )
        for mine in points
    ]
