"""One way to school, step by step: what is walked along, how far, and how far in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from askergeo.catalogue import load_catalogue
from askergeo.network._kinds import KIND_TITLES
from askergeo.network.paths import paths
from askergeo.network.snapping import Places, edge_lines
from askergeo.school.unsafe import RULES, UNKNOWN_SPEED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph
    from askergeo.network.paths import Network, Ways
    from askergeo.school.route import Doors
    from askergeo.school.unsafe import Hazards

__all__ = ["FROM_DOOR", "TO_DOOR", "one_place", "steps_of"]

#: What the straight lines at both ends are called.
FROM_DOOR: Final = "luftlinje fra døren til gangnettet"
TO_DOOR: Final = "luftlinje fra gangnettet til skolen"
_ATTRIBUTES: Final = ("vegtype", "vegkategori", "fartsgrense", "navn")


def one_place(places: Places, row: int) -> Places:
    """Return one row of places, as the only row."""
    mine = places.row == row
    none = np.empty(0)
    return Places(
        row=np.zeros(int(mine.sum()), dtype=np.int32),
        edge=places.edge[mine],
        share=places.share[mine],
        access=places.access[mine],
        count=1,
        unsnapped=none.astype(np.int32) if mine.any() else np.zeros(1, dtype=np.int32),
        distance=none if mine.any() else np.full(1, np.nan),
    )


def steps_of(
    network: Network,
    doors: tuple[Doors, int],
    school: tuple[Doors, int],
    veg: pd.DataFrame,
    hazards: Hazards,
) -> gpd.GeoDataFrame | None:
    """Follow the shortest way from a door to a school.

    Parameters
    ----------
    network
        The network, in metres.
    doors, school
        The doors and the row of the one; the schools and the row of the one.
    veg
        The layer that the roads come from.
    hazards
        What the rules say of each edge.

    Returns
    -------
    GeoDataFrame or None
        A row for each step, edges alike following each other together: ``hva`` (bokmål),
        ``vegtype``, ``vegkategori``, ``fartsgrense`` (km/h, NA unknown), ``merknad`` (the rule
        that makes it unsafe, or that the speed is unknown; empty else), ``meter`` and ``sum_m``
        (so far). The first and the last are the straight lines. ``None`` when there is no way.
    """
    start, end = (one_place(side.places, row) for side, row in (doors, school))
    if not (len(start.row) and len(end.row)):
        return None
    way = paths(network, start, end)
    if not np.isfinite(way.cost[0]):
        return None
    lines, metres = _walked(network.graph, way)
    told = _told(network.graph, way.edge, veg, hazards)
    same = [*_ATTRIBUTES, "hva", "merknad"]
    number = (told[same] != told[same].shift()).any(axis=1).cumsum().to_numpy()
    first = np.unique(number, return_index=True)[1] if len(number) else np.zeros(0, dtype=int)
    frame = told.iloc[first].reset_index(drop=True)
    frame["meter"] = np.bincount(number, weights=metres, minlength=len(first) + 1)[1:]
    along = (hazards.unsafe | hazards.vague)[way.edge]
    # Where only short edges are walked, the road is crossed.
    crossed = np.bincount(number, weights=along, minlength=len(first) + 1)[1:] == 0
    frame.loc[crossed, "merknad"] = ""
    pieces = [shapely.line_merge(shapely.union_all(lines[number == one])) for one in number[first]]
    ends = [
        _line(FROM_DOOR, start, doors[0].points[doors[1]], network.graph, forward=True),
        _line(TO_DOOR, end, school[0].points[school[1]], network.graph, forward=False),
    ]
    walked = gpd.GeoDataFrame(frame, geometry=pieces, crs=network.graph.crs)
    steps = pd.concat([ends[0], walked, ends[1]] if len(walked) else ends, ignore_index=True)
    steps["sum_m"] = steps["meter"].cumsum()
    steps["fartsgrense"] = steps["fartsgrense"].mask(steps["fartsgrense"] < 0).astype("Int64")
    return gpd.GeoDataFrame(steps, geometry="geometry", crs=network.graph.crs)


def _walked(graph: WalkGraph, way: Ways) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Lines and metres of the parts of edges that a way follows, in order."""
    lines = edge_lines(graph)[way.edge]
    # Only the first and the last are walked in part.
    for at in np.flatnonzero(np.abs(way.stop - way.begin) < 1.0):
        low, high = sorted((float(way.begin[at]), float(way.stop[at])))
        lines[at] = substring(lines[at], low, high, normalized=True)
    backwards = way.stop < way.begin
    lines[backwards] = shapely.reverse(lines[backwards])
    return lines, np.abs(way.stop - way.begin) * graph.length[way.edge]


def _told(
    graph: WalkGraph, edge: NDArray[np.int32], veg: pd.DataFrame, hazards: Hazards
) -> pd.DataFrame:
    """Say what each edge is, in bokmål."""
    row = hazards.row[edge]
    there = pd.DataFrame(veg.drop(columns="geometry", errors="ignore"))
    there = there.reindex(columns=list(_ATTRIBUTES)).reset_index(drop=True)
    # A row that is not in the layer is missing throughout.
    found = there.reindex(row).reset_index(drop=True)
    codes = load_catalogue()["veg"].columns
    kind = pd.Series(np.array(KIND_TITLES, dtype=object)[graph.kind[edge]])
    types = found["vegtype"].map(codes["vegtype"].codes or {})
    category = found["vegkategori"].map(codes["vegkategori"].codes or {})
    name = found["navn"].astype(object).where(found["navn"].notna(), "").astype(str).str.strip()
    words = types.fillna(kind.str.capitalize()).astype(str)
    rule = np.array(RULES, dtype=object)[hazards.rule[edge]]
    remark = np.where(hazards.unknown[edge], UNKNOWN_SPEED, rule)
    return pd.DataFrame(
        {
            "hva": np.where(name != "", name, words.str.lower()),
            "navn": name,
            "vegtype": words,
            "vegkategori": category.astype(object).where(category.notna(), ""),
            "fartsgrense": pd.array(
                found["fartsgrense"].to_numpy(dtype=np.float64, na_value=np.nan), dtype="Float64"
            ).fillna(-1),
            "merknad": remark,
        }
    )


def _line(
    what: str, place: Places, point: shapely.Point, graph: WalkGraph, *, forward: bool
) -> gpd.GeoDataFrame:
    """Draw the straight line between a door and the network."""
    edge = edge_lines(graph)[place.edge[0]]
    meets = shapely.line_interpolate_point(edge, place.share[0], normalized=True)
    ends = [point, meets] if forward else [meets, point]
    data: dict[str, Any] = {
        "hva": [what],
        "navn": "",
        "vegtype": "",
        "vegkategori": "",
        "fartsgrense": pd.array([-1], dtype="Float64"),
        "merknad": "",
        "meter": float(place.access[0]),
    }
    return gpd.GeoDataFrame(data, geometry=[shapely.LineString(ends)], crs=graph.crs)
