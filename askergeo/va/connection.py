"""Who is connected to municipal water and sewage, and which homes lie near a main without being.

The share is KOSTRA's: residents connected to the municipal supply over all residents. An address
that the register says nothing of is unknown: the share is told of those that are known, with the
lowest and the highest that it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.graph import WalkGraph

    Number = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = [
    "KINDS",
    "NO",
    "UNKNOWN",
    "YES",
    "Share",
    "along_road",
    "connected",
    "mains",
    "share_of",
    "straight",
]

#: What is asked about, with the types of pipe that serve it.
KINDS: Final = {"vann": ("vann",), "avlop": ("spillvann", "avlop_felles")}
#: What the register says of an address.
YES, NO, UNKNOWN = 1, 0, -1
# Metres between the places on a main that the way along the road may end at.
_STEP: Final = 20.0


@dataclass(frozen=True)
class Share:
    """Share of residents that are connected, %; NaN where nobody is known.

    Parameters
    ----------
    known
        Of those that the register tells of.
    low, high
        Were none, and were all, of the unknown connected.
    """

    known: float
    low: float
    high: float


def connected(ids: NDArray[np.object_], va_tilknytning: pd.DataFrame | None, kind: str) -> Number:
    """Tell what the register says of each address, (a,): `YES`, `NO` or `UNKNOWN`.

    An address with several rows is connected when one of them says so.

    Parameters
    ----------
    ids
        ``adresse_id``.
    va_tilknytning
        The register.
    kind
        ``vann`` or ``avlop``.
    """
    if va_tilknytning is None or kind not in va_tilknytning:
        return np.full(len(ids), UNKNOWN, dtype=np.float64)
    said = va_tilknytning[kind].astype("boolean").astype("Float64")
    of = said.groupby(va_tilknytning["adresse_id"].astype(str)).max()
    found = of.reindex([str(one) for one in ids]).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(found), UNKNOWN, found)


def share_of(yes: float, no: float, unknown: float) -> Share:
    """Share connected of so many residents.

    Examples
    --------
    >>> share_of(870, 100, 30)
    Share(known=89.69072164948453, low=87.0, high=90.0)
    """
    everyone = yes + no + unknown
    told = yes + no
    return Share(
        100 * yes / told if told else float("nan"),
        100 * yes / everyone if everyone else float("nan"),
        100 * (yes + unknown) / everyone if everyone else float("nan"),
    )


def mains(
    va_ledning: gpd.GeoDataFrame, kind: str, *, without: Sequence[str], used: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Rows of the municipal mains in use that a home may be joined to.

    A pipe of an unknown owner counts as municipal, as an unknown status counts as in use.

    Parameters
    ----------
    va_ledning
        The layer.
    kind
        ``vann`` or ``avlop``.
    without
        Functions of pipes that homes are not joined to.
    used
        Which rows are in use, (r,).
    """
    kept = _words(va_ledning, "type").isin(KINDS[kind])
    kept &= ~_words(va_ledning, "funksjon").isin(list(without))
    kept &= ~_words(va_ledning, "eier").isin(["privat", "annen"])
    kept &= used
    shapes = geometries(va_ledning)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return np.flatnonzero(kept.to_numpy(dtype=bool) & drawn)


def _words(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series("", index=frame.index, dtype=str)
    return frame[column].astype("string").fillna("").astype(str)


def straight(points: Geometries, lines: Geometries, most: float) -> Number:
    """Metres from each point to the nearest line, (a,); ``inf`` beyond ``most``, NaN no place."""
    found = np.full(len(points), np.inf)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    if len(lines):
        (at, _), metres = shapely.STRtree(lines).query_nearest(
            points, max_distance=most, return_distance=True, all_matches=False
        )
        found[at] = metres
    return np.where(placed, found, np.nan)


def along_road(
    graph: WalkGraph, points: Geometries, lines: Geometries, *, most: float, crs: object
) -> Number:
    """Metres from each point to the nearest main along the roads, (a,).

    From the home to the road, along it to where a main lies within ``most`` of it, and over to the
    main. ``inf`` beyond ``most``; NaN for a home that meets no road within ``most``.

    Parameters
    ----------
    graph
        The walking graph.
    points
        Homes.
    lines
        Mains.
    most
        Metres that are searched.
    crs
        CRS of points and lines.
    """
    from askergeo.network.paths import Network, nearest  # noqa: PLC0415  (compiled kernels)
    from askergeo.network.profiles import Costs  # noqa: PLC0415
    from askergeo.network.snapping import snap  # noqa: PLC0415

    if not len(points) or not len(lines):
        return np.full(len(points), np.inf)
    dense = shapely.points(shapely.get_coordinates(shapely.segmentize(lines, _STEP)))
    ends = snap(graph, gpd.GeoSeries(dense, crs=crs), reach_m=most)
    starts = snap(graph, gpd.GeoSeries(points, crs=crs), reach_m=most)
    costs = Costs(forward=graph.length, backward=graph.length, access=1.0, unit="m")
    network = Network.of(graph, costs)
    return np.asarray(nearest(network, starts, [ends], limit=most).cost[:, 0], dtype=np.float64)
