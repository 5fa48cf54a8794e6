"""Minutes on foot from every home to every kind of service and to every centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askergeo.network.paths import Network, nearest
from askergeo.network.snapping import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._reach_services import Services
    from askergeo.network.graph import WalkGraph

__all__ = [
    "Times",
    "components_of",
    "loose_rows",
    "rounded_minutes",
    "search_limit",
    "split",
    "subset",
    "times_of",
]

_MINUTE = 60.0
# Minutes are kept to some 0.1 ms, far over what adding up costs in another order changes.
_DECIMALS = 6
_HAIR_S = 1e-4


@dataclass(frozen=True)
class Times:
    """Minutes from each of ``r`` homes, for one profile.

    ``inf`` is no way there (of a centre also: farther than the longest limit). NaN is unknown: a
    home or centre that does not meet the network, or a group that the data lack.

    Parameters
    ----------
    service
        To the nearest of each type, (r, k).
    groups
        To the nearest of each group that is required, by the group's id, (r,) each.
    complete
        To the last of the groups: within it all are reached, (r,).
    centre
        To each centre, (r, c).
    """

    service: NDArray[np.float64]
    groups: Mapping[str, NDArray[np.float64]]
    complete: NDArray[np.float64]
    centre: NDArray[np.float64]

    def reached(self, limit: float) -> NDArray[np.float64]:
        """How many groups each home reaches within the limit, (r,); NaN when unknown."""
        times = np.column_stack(list(self.groups.values()))
        count = (times <= limit).sum(axis=1).astype(float)
        count[np.isnan(times).any(axis=1)] = np.nan
        return np.asarray(count, dtype=np.float64)


def times_of(
    network: Network,
    homes: Places,
    services: Services,
    service_places: Places,
    centre_places: Places,
    *,
    unknown: NDArray[np.bool_],
    limit: float,
) -> Times:
    """Search from all services of a type at once, and from each centre.

    Parameters
    ----------
    network
        The graph with what a profile spends on it.
    homes, service_places, centre_places
        Where homes, services and centres meet it.
    services
        The types and groups of the services.
    unknown
        Homes whose time is not known although they meet the network, (r,).
    limit
        Minutes that are searched from the centres.
    """
    kinds = [subset(service_places, services.kind == k) for k in range(len(services.titles))]
    # The way to a service is told in full, that to a centre up to the limit.
    service = _minutes(nearest(network, homes, kinds, limit=np.inf).cost, unknown)
    near = nearest(network, homes, split(centre_places), limit=search_limit(limit))
    centre = _minutes(near.cost, unknown)
    centre[:, centre_places.unsnapped] = np.nan
    # Of a group that the data lack altogether nothing is known.
    nowhere = np.full(len(service), np.nan)
    groups = {
        group: np.asarray(service[:, list(types)].min(axis=1), dtype=np.float64)
        if types
        else nowhere
        for group, types in services.groups.items()
    }
    complete = np.max(np.column_stack(list(groups.values())), axis=1)
    return Times(service, groups, np.asarray(complete, dtype=np.float64), centre)


def _minutes(seconds: NDArray[np.float64], unknown: NDArray[np.bool_]) -> NDArray[np.float64]:
    minutes = rounded_minutes(seconds)
    minutes[unknown] = np.nan
    return minutes


def rounded_minutes(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round, so that who lives exactly at a limit is within it however costs were added up."""
    return np.round(np.asarray(seconds, dtype=np.float64) / _MINUTE, _DECIMALS)


def search_limit(minutes: float) -> float:
    """Seconds to search for, with room for what is exactly at the limit once it is rounded."""
    return minutes * _MINUTE + _HAIR_S


def subset(places: Places, rows: NDArray[np.bool_]) -> Places:
    """Keep the places of some rows; the rows keep their numbers."""
    kept = rows[places.row]
    return Places(
        row=places.row[kept],
        edge=places.edge[kept],
        share=places.share[kept],
        access=places.access[kept],
        count=places.count,
        unsnapped=places.unsnapped,
        distance=places.distance,
    )


def split(places: Places) -> list[Places]:
    """Return each row's places by themselves."""
    return [subset(places, np.arange(places.count) == row) for row in range(places.count)]


def components_of(graph: WalkGraph, places: Places) -> NDArray[np.int64]:
    """Return the largest connected part that each row stands on, (rows,); −1 when it has none."""
    none = np.iinfo(np.int64).max
    component = np.full(places.count, none, dtype=np.int64)
    # Parts are numbered from the largest, so that the lowest number is the largest part.
    np.minimum.at(component, places.row, graph.component[graph.start[places.edge]].astype(np.int64))
    return np.where(component == none, -1, component)


def loose_rows(
    graph: WalkGraph, homes: Places, services: Places, shortest: float
) -> NDArray[np.bool_]:
    """Tell which homes stand on a short part of the network without any service, (r,).

    Such a part is oftener a break in the map than an island, and says nothing of who walks where.

    Parameters
    ----------
    shortest
        Metres of way from which a part counts as one of its own.
    """
    of_edge = graph.component[graph.start]
    length = np.bincount(of_edge, weights=graph.length)
    served = np.zeros(len(length), dtype=bool)
    served[of_edge[services.edge]] = True
    doubtful = (length < shortest) & ~served
    doubtful[0] = False
    component = components_of(graph, homes)
    return np.asarray((component >= 0) & doubtful[component], dtype=np.bool_)
