"""What stands on the pipes: the nodes and facilities, and the medium that each belongs to.

The layers do not say which medium a manhole is of. A node belongs to the media whose pipes refer
to it or end in it; else to those that end within the tolerance; else to that of the nearest line
within it. A node that none of that is true of belongs to no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.va._net_model import AVLOP, MEDIA, OVERVANN, VANN
from askergeo.va._net_pipes import drawn_lines, medium_of, number_of, text_of
from askergeo.va.status import in_use

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "EXACT_M",
    "FACILITY_KIND",
    "JOINS",
    "Points",
    "Standing",
    "has_place",
    "home_medium",
    "in_operation",
    "in_use_of",
    "standing",
]

#: Coordinates are kept to the centimetre: nearer than this is the same place.
EXACT_M: Final = 0.01
#: A facility is to the network what a node of this type is.
FACILITY_KIND: Final = {
    "vannverk": "kilde",
    "hoydebasseng": "basseng",
    "renseanlegg": "utlop",
    "pumpestasjon": "pumpestasjon",
}
#: Media that a node of the type can be of; of the others any.
_ALLOWED: Final = {
    "hydrant": (VANN,),
    "kilde": (VANN,),
    "basseng": (VANN,),
    "sluk": (AVLOP, OVERVANN),
    "overlop": (AVLOP, OVERVANN),
    "utlop": (AVLOP, OVERVANN),
}
_FACILITY_ALLOWED: Final = {
    "vannverk": (VANN,),
    "hoydebasseng": (VANN,),
    "renseanlegg": (AVLOP,),
    "pumpestasjon": (VANN, AVLOP),
}
#: Types that join pipes which cross where they stand.
JOINS: Final = frozenset({"kum", "basseng", "pumpestasjon", "overlop"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """All nodes, then all facilities, as one table of ``p`` points, with the media of each.

    ``node`` (k,) and ``facility`` (f,) give the point of each row of the layers: −1 for one
    without a place or out of use, and a facility whose node is known has that node's point (its
    own is then not ``alone``, and of no use).
    ``media`` (p, 3) has a column for each of :data:`MEDIA`.
    """

    xy: Reals
    kind: NDArray[np.object_]
    ids: NDArray[np.object_]
    layer: NDArray[np.object_]
    row: Numbers
    node: Numbers
    facility: Numbers
    media: Flags
    alone: Flags

    def of(self, medium: str) -> Points:
        """Return the points of one medium."""
        return Points(self, np.flatnonzero(self.media[:, MEDIA.index(medium)]))

    def outside(self, medium: str) -> Numbers:
        """Return the points of no medium that could have been of this one: each is told once."""
        lost = np.flatnonzero(~self.media.any(axis=1) & self.alone)
        homes = [home_medium(self.layer[one], self.kind[one]) for one in lost]
        mine = np.array([home == medium for home in homes], dtype=bool)
        return np.asarray(lost[mine])


class Points:
    """The points of one medium: ``xy`` (q, 2), ``kind``, ``ids``, and their place in the table."""

    def __init__(self, table: Standing, which: Numbers) -> None:
        self.table, self.which = table, which
        self.xy = table.xy[which]
        self.kind, self.ids = table.kind[which], table.ids[which]

    def __len__(self) -> int:
        return len(self.which)


def _media_of(layer: str, kind: str) -> tuple[str, ...]:
    """Media that a point can be of."""
    if layer == "va_anlegg":
        return _FACILITY_ALLOWED.get(kind, MEDIA)
    return _ALLOWED.get(kind, MEDIA)


def home_medium(layer: str, kind: str) -> str:
    """Return the medium that a point off the network is told of in."""
    return _media_of(layer, kind)[0]


def standing(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    va_anlegg: gpd.GeoDataFrame | None,
    parameters: Parameters,
    year: int | None = None,
) -> Standing:
    """Gather nodes and facilities in use that year, and find the medium of each."""
    nodes = _rows(va_node, has_place(va_node) & in_use_of(va_node, parameters))
    runs = in_use_of(va_anlegg, parameters) & in_operation(va_anlegg, year)
    facilities = _rows(va_anlegg, has_place(va_anlegg) & runs)
    node_at = _numbered(va_node, nodes, 0)
    facility_at = _numbered(va_anlegg, facilities, len(nodes))
    parts = [
        _part(frame, rows, name, key)
        for frame, rows, name, key in (
            (va_node, nodes, "va_node", "node_id"),
            (va_anlegg, facilities, "va_anlegg", "anlegg_id"),
        )
        if frame is not None
    ]
    table = pd.concat([pd.DataFrame(_EMPTY), *parts], ignore_index=True)
    shared = _facility_nodes(va_node, va_anlegg, node_at)
    facility_at = np.where((shared >= 0) & runs, shared, facility_at)
    alone = np.ones(len(table), dtype=bool)
    alone[len(nodes) :] = np.isin(np.arange(len(nodes), len(table)), facility_at)
    media = _media(va_ledning, table, parameters)
    media[~alone] = False
    kind = table["kind"].to_numpy(dtype=object, copy=True)
    if va_anlegg is not None:
        _without_idle(kind, shared, text_of(va_anlegg, "type"), runs)
    return Standing(
        xy=table[["x", "y"]].to_numpy(dtype=np.float64),
        kind=kind,
        ids=table["id"].to_numpy(dtype=object),
        layer=table["layer"].to_numpy(dtype=object),
        row=table["row"].to_numpy(dtype=np.int64),
        node=node_at,
        facility=facility_at,
        media=media,
        alone=alone,
    )


def _without_idle(
    kind: NDArray[np.object_], node: Numbers, facility: NDArray[np.object_], runs: Flags
) -> None:
    """Let nodes be plain where the facility that they are, and no other, does not run."""
    kinds = np.array([FACILITY_KIND.get(one, one) for one in facility], dtype=object)
    known = node >= 0
    idle, alive = known & ~runs, known & runs
    for point, what in zip(node[idle], kinds[idle], strict=True):
        if kind[point] == what and not (alive & (node == point) & (kinds == what)).any():
            kind[point] = "kum"


_EMPTY: Final[dict[str, list[object]]] = {
    name: [] for name in ("x", "y", "kind", "id", "layer", "row")
}


def _rows(frame: gpd.GeoDataFrame | None, good: Flags) -> Numbers:
    return np.zeros(0, dtype=np.int64) if frame is None else np.flatnonzero(good)


def has_place(frame: gpd.GeoDataFrame | None) -> Flags:
    """Which rows are points with coordinates that are numbers, (r,); none of no layer."""
    if frame is None or len(frame) == 0:
        return np.zeros(0, dtype=bool)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    good = (shapely.get_type_id(shapes) == 0) & np.isfinite(shapely.get_x(shapes))
    return np.asarray(good & np.isfinite(shapely.get_y(shapes)))


def in_use_of(frame: gpd.GeoDataFrame | None, parameters: Parameters) -> Flags:
    """Which rows are in use by their status, (r,); none of no layer."""
    return np.zeros(0, dtype=bool) if frame is None else in_use(frame, parameters)


def in_operation(va_anlegg: pd.DataFrame | None, year: int | None) -> Flags:
    """Which facilities are built and not closed in a year, (f,); all when the year is unknown."""
    if va_anlegg is None:
        return np.zeros(0, dtype=bool)
    good = np.ones(len(va_anlegg), dtype=bool)
    if year is None:
        return good
    # An unknown year (NaN) is no reason to leave a facility out.
    good &= ~(number_of(va_anlegg, "fra_aar") > year)
    good &= ~(number_of(va_anlegg, "til_aar") < year)
    return good


def _numbered(frame: gpd.GeoDataFrame | None, rows: Numbers, first: int) -> Numbers:
    number = np.full(0 if frame is None else len(frame), -1)
    number[rows] = first + np.arange(len(rows))
    return number


def _part(frame: gpd.GeoDataFrame, rows: Numbers, layer: str, key: str) -> pd.DataFrame:
    shapes = np.asarray(frame.geometry.array, dtype=object)[rows]
    return pd.DataFrame(
        {
            "x": shapely.get_x(shapes),
            "y": shapely.get_y(shapes),
            "kind": text_of(frame, "type")[rows],
            "id": text_of(frame, key)[rows],
            "layer": layer,
            "row": rows,
        }
    )


def _facility_nodes(
    va_node: gpd.GeoDataFrame | None, va_anlegg: gpd.GeoDataFrame | None, node_at: Numbers
) -> Numbers:
    """Point of the node that each facility says it stands at, (f,); −1 for none."""
    if va_anlegg is None:
        return np.zeros(0, dtype=np.int64)
    found = np.full(len(va_anlegg), -1)
    if va_node is None:
        return found
    by_id: dict[str, int] = {}
    ids = text_of(va_node, "node_id")
    by_facility = text_of(va_node, "anlegg_id")
    for row in np.flatnonzero(node_at >= 0)[::-1]:
        by_id[ids[row]] = node_at[row]
    through = {by_facility[row]: node_at[row] for row in np.flatnonzero(node_at >= 0)[::-1]}
    own, asked = text_of(va_anlegg, "anlegg_id"), text_of(va_anlegg, "node_id")
    for row in range(len(va_anlegg)):
        if asked[row] and asked[row] in by_id:
            found[row] = by_id[asked[row]]
        elif own[row] and own[row] in through:
            found[row] = through[own[row]]
    return found


def _media(va_ledning: gpd.GeoDataFrame, table: pd.DataFrame, parameters: Parameters) -> Flags:
    """Media of each point, (p, 3)."""
    found = np.zeros((len(table), len(MEDIA)), dtype=bool)
    if len(table) == 0:
        return found
    used = drawn_lines(va_ledning) & in_use(va_ledning, parameters)
    medium = medium_of(va_ledning)
    xy = table[["x", "y"]].to_numpy(dtype=np.float64)
    tolerance = float(parameters["va_nett_toleranse_m"])
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)
    allowed = np.array(
        [[one in _media_of(layer, kind) for one in MEDIA]
         for layer, kind in zip(table["layer"], table["kind"], strict=True)]
    )  # fmt: skip
    # A valve beside a pipe is one for water; on sewers valves are rare, and stand on the line.
    guessed = allowed.copy()
    guessed[(table["kind"] == "ventil").to_numpy(dtype=bool), 1:] = False
    exact, near = np.zeros_like(found), np.zeros_like(found)
    for at, name in enumerate(MEDIA):
        rows = np.flatnonzero(used & (medium == name))
        if len(rows) == 0:
            continue
        bound = max(tolerance, EXACT_M)
        distance = np.asarray(_ends(shapes[rows]).query(xy, distance_upper_bound=bound)[0])
        touches = (distance <= EXACT_M) & allowed[:, at]
        exact[:, at] = touches | _referred(va_ledning, rows, table)
        near[:, at] = (distance <= tolerance) & guessed[:, at]
    undecided = np.asarray(~exact.any(axis=1))
    found = np.where(undecided.reshape(-1, 1), near, exact)
    left = np.flatnonzero(~found.any(axis=1))
    lines = np.flatnonzero(used & (medium != ""))
    for within, possible in ((EXACT_M, allowed), (tolerance, guessed)):
        left = left[~found[left].any(axis=1)]
        found[left] = _nearest_medium(
            xy[left], shapes[lines], medium[lines], possible[left], within
        )
    return found


def _ends(shapes: NDArray[np.object_]) -> cKDTree:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(owner, np.arange(len(shapes)))
    last = np.r_[first[1:], len(owner)] - 1
    return cKDTree(np.concatenate([coordinates[first], coordinates[last]]))


def _referred(va_ledning: pd.DataFrame, rows: Numbers, table: pd.DataFrame) -> Flags:
    """Which points the pipes of these rows refer to as their node, (p,)."""
    asked = np.concatenate(
        [text_of(va_ledning, name)[rows] for name in ("fra_node_id", "til_node_id")]
    )
    known = table["id"].isin(pd.unique(asked[asked != ""])) & (table["layer"] == "va_node")
    return np.asarray(known, dtype=bool)


def _nearest_medium(
    xy: Reals,
    shapes: NDArray[np.object_],
    medium: NDArray[np.object_],
    allowed: Flags,
    within: float,
) -> Flags:
    """Media of the nearest lines within some metres that each point can be of, (k, 3)."""
    found = np.zeros((len(xy), len(MEDIA)), dtype=bool)
    if len(xy) == 0 or len(shapes) == 0:
        return found
    at = np.asarray(shapely.points(xy), dtype=object)
    point, line = shapely.STRtree(shapes).query(
        at, predicate="dwithin", distance=max(within, EXACT_M)
    )
    column = np.array([MEDIA.index(one) for one in medium[line]], dtype=np.int64)
    possible = allowed[point, column]
    point, line, column = point[possible], line[possible], column[possible]
    distance = np.asarray(shapely.distance(at[point], shapes[line]))
    least = np.full(len(xy), np.inf)
    np.minimum.at(least, point, distance)
    best = distance <= least[point] + EXACT_M
    found[point[best], column[best]] = True
    return found
