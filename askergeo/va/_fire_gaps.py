"""Stretches of the water mains that are too far from any fire outlet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.va.state import pipe_state

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]

__all__ = ["Gap", "gaps", "main_distances"]

# The mains are looked at in pieces of this length.
_PIECE_M: Final = 10.0
# Pieces that are as near as this belong to the same stretch.
_JOINED_M: Final = 30.0


@dataclass(frozen=True, eq=False)
class Gap:
    """Mains that hang together and are too far from any outlet.

    Parameters
    ----------
    line
        The mains.
    metres
        Their length.
    middle
        The place of a piece near their middle, (2,).
    farthest_m
        Longest straight line to the nearest outlet; inf when there is none.
    buildings
        Positions of the buildings along them.
    """

    line: shapely.Geometry
    metres: float
    middle: Numbers
    farthest_m: float
    buildings: NDArray[np.int64]


def gaps(
    va_ledning: gpd.GeoDataFrame | None, outlets: Numbers, places: Numbers, parameters: Parameters
) -> list[Gap]:
    """Find the stretches, those with most buildings along them first.

    Parameters
    ----------
    va_ledning
        Layer of the catalogue; private pipes, service pipes and those out of use do not count.
    outlets, places
        Places of the outlets, (h, 2), and of the buildings that are judged, (b, 2).
    parameters
        The set ``va_brannvann``.
    """
    pieces, away = _far(va_ledning, outlets, parameters)
    if not len(pieces):
        return []
    middle = (pieces[:, 0] + pieces[:, 1]) / 2
    one, two = cKDTree(middle).query_pairs(_JOINED_M, output_type="ndarray").T
    graph = coo_array((np.ones(len(one)), (one, two)), shape=(len(middle), len(middle)))
    part = connected_components(graph, directed=False)[1]
    near = np.full(len(places), -1)
    if len(places):
        away_m, at = cKDTree(middle).query(places)
        limit = float(parameters["va_brannvann_avstand_m"])
        near = np.where(away_m <= limit, part[np.minimum(at, len(part) - 1)], -1)
    length = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    found = []
    for name in np.flatnonzero(
        np.bincount(part, length) >= float(parameters["va_brannvann_luke_m"])
    ):
        mine = part == name
        centre = middle[mine].mean(axis=0)
        found.append(
            Gap(
                line=shapely.line_merge(shapely.multilinestrings(list(pieces[mine]))),
                metres=float(length[mine].sum()),
                middle=middle[mine][np.hypot(*(middle[mine] - centre).T).argmin()],
                farthest_m=float(away[mine].max()),
                buildings=np.flatnonzero(near == name),
            )
        )
    return sorted(found, key=lambda gap: (-len(gap.buildings), -gap.metres))


def main_distances(
    va_ledning: gpd.GeoDataFrame | None, places: NDArray[np.object_], parameters: Parameters
) -> Numbers:
    """Return the straight line from each place to the nearest water main, (b,); NaN unknown.

    Private pipes, service pipes and those out of use are no mains.
    """
    away = np.full(len(places), np.nan)
    if va_ledning is None or not len(places):
        return away
    lines = _mains(va_ledning, parameters)
    if not len(lines):
        return away
    (mine, _), metres = shapely.STRtree(lines).query_nearest(
        places, return_distance=True, all_matches=False
    )
    away[mine] = metres
    return away


def _mains(va_ledning: gpd.GeoDataFrame, parameters: Parameters) -> NDArray[np.object_]:
    """Find the water pipes in use that are neither private nor service pipes."""
    state = pipe_state(va_ledning, parameters)
    frame = state.frame
    mains = (frame["type"] == "vann") & frame["i_bruk"] & (frame["eier"] != "privat")
    kept = mains.to_numpy(dtype=bool) & state.known["linje"]
    if "funksjon" in va_ledning:
        kept &= (va_ledning["funksjon"] != "stikkledning").fillna(value=True).to_numpy(dtype=bool)
    return np.asarray(state.lines[kept], dtype=object)


def _far(
    va_ledning: gpd.GeoDataFrame | None, outlets: Numbers, parameters: Parameters
) -> tuple[Numbers, Numbers]:
    """Cut the mains in pieces, and keep those too far from an outlet: (k, 2, 2), (k,)."""
    none = np.empty((0, 2, 2)), np.empty(0)
    limit = float(parameters["va_brannvann_mellom_m"])
    if va_ledning is None:
        return none
    xy, owner = shapely.get_coordinates(
        shapely.segmentize(_mains(va_ledning, parameters), _PIECE_M), return_index=True
    )
    same = owner[1:] == owner[:-1]
    pieces = np.stack([xy[:-1], xy[1:]], axis=1)[same]
    if not len(pieces):
        return none
    if not len(outlets):
        return pieces, np.full(len(pieces), np.inf)
    away = cKDTree(outlets).query(pieces.mean(axis=1))[0]
    return pieces[away > limit], away[away > limit]
