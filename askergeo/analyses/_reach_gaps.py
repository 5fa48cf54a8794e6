"""Which missing group would give most people a complete 5-minute settlement, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.analyses._reach_times import subset
from askergeo.network.paths import nearest, within
from askergeo.network.profiles import Costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.network.snapping import Places

__all__ = ["Site", "best_sites", "reversed_costs"]


class Site(NamedTuple):
    """A place for a new service: the home it stands at, and the homes that it completes."""

    row: int
    covered: NDArray[np.bool_]


def reversed_costs(costs: Costs) -> Costs:
    """Return the costs of walking every edge the other way."""
    return Costs(
        forward=costs.backward, backward=costs.forward, access=costs.access, unit=costs.unit
    )


def best_sites(
    network: Network,
    outward: Network,
    homes: Places,
    lacking: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    limit: float,
    count: int,
) -> list[Site]:
    """Choose places one by one, each where it gives most of those who are left.

    The choice is greedy: the best place, then the best for those whom it does not reach, so that
    nobody is counted twice. It is at least 63 % as good as the best possible set of places
    (Nemhauser, Wolsey and Fisher 1978); ``askergeo tettsted plasser`` finds the best.

    Parameters
    ----------
    network, outward
        The network with what the profile spends on it, and with that of walking every edge the
        other way (:func:`reversed_costs`): from the place to the homes is then what it costs from
        the homes to the place.
    homes
        Where the homes meet it.
    lacking
        Homes that lack only this group, (r,); also the candidates for the place.
    weights
        Persons of each home, (r, w): the first column decides, the next ones part the equal.
    limit
        Seconds on foot from home to service.
    count
        How many places at most.
    """
    left = lacking & (weights.sum(axis=1) > 0)
    sites: list[Site] = []
    candidates = subset(homes, left)
    while left.any() and len(sites) < count:
        open_weights = np.where(left[:, None], weights, 0.0)
        sums = within(outward, candidates, subset(homes, left), open_weights, np.array([limit]))[
            :, 0, :
        ]
        best = _best(np.nan_to_num(sums))
        if best < 0:
            break
        here = subset(homes, np.arange(homes.count) == best)
        cost = nearest(network, subset(homes, left), [here], limit=limit).cost[:, 0]
        covered = left & (cost <= limit)
        sites.append(Site(best, covered))
        left &= ~covered
    return sites


def _best(sums: NDArray[np.float64]) -> int:
    """Return the row that is largest in the first column, then in the next; −1 when all are 0."""
    order = np.lexsort((-np.arange(len(sums)), *sums.T[::-1]))
    best = int(order[-1])
    return best if sums[best].any() else -1
