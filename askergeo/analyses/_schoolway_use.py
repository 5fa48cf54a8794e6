"""Who walks along the links that are unsafe by rule, and the links put together to stretches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from askergeo.analyses._reach_times import subset
from askergeo.catalogue import load_catalogue
from askergeo.network.paths import paths
from askergeo.network.snapping import edge_lines
from askergeo.school.route import GRADES, stage_of
from askergeo.school.route_rights import NO_RIGHT
from askergeo.school.route_steps import one_place
from askergeo.school.unsafe import RULES, UNKNOWN_SPEED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._schoolway_scene import Scene

__all__ = ["Use", "stretches", "use_of"]


@dataclass(frozen=True, eq=False)
class Use:
    """Ways along links that are unsafe or of unknown speed, ``k`` pairs of link and way.

    Parameters
    ----------
    edge
        The link, (k,).
    address
        Row of the address that the way begins at, (k,).
    school
        Row of the school that it ends at, (k,).
    pupils
        Residents of school age at the address who walk there, (k,).
    along
        Whether the link is walked along; a short one may only be crossed, (k,).
    """

    edge: NDArray[np.intp]
    address: NDArray[np.intp]
    school: NDArray[np.intp]
    pupils: NDArray[np.float64]
    along: NDArray[np.bool_]


def use_of(scene: Scene) -> Use:
    """Follow the shortest way of all who have no right to transport by distance.

    Addresses without children are followed too: a link matters to whoever moves in.
    """
    looked_for = (scene.hazards.rule > 0) | scene.hazards.unknown
    parts: list[tuple[NDArray[np.intp], ...]] = []
    weights = []
    ways, walks = scene.ways, scene.rights == NO_RIGHT
    for school in np.unique(scene.own.school[walks]):
        mine = walks & (scene.own.school == school)
        rows = mine.any(axis=1)
        found = paths(
            ways.network,
            subset(ways.starts.places, rows),
            one_place(ways.schools.places, int(school)),
        )
        address = np.repeat(np.arange(len(rows)), np.diff(found.ptr))
        kept = looked_for[found.edge]
        edge, address = found.edge[kept].astype(np.intp), address[kept]
        pupils = np.where(mine, scene.pupils.count, 0).sum(axis=1)
        parts.append((edge, address, np.full(len(edge), school)))
        weights.append(pupils[address])
    if not parts:
        none = np.empty(0, dtype=np.intp)
        return Use(none, none, none, np.empty(0), none.astype(bool))
    edge, address, to = (np.concatenate(column) for column in zip(*parts, strict=True))
    along = (scene.hazards.unsafe | scene.hazards.vague)[edge]
    return Use(edge, address, to, np.concatenate(weights), along)


def stretches(scene: Scene, use: Use) -> gpd.GeoDataFrame:
    """Put used links of one road, that a way along it joins, together to stretches.

    Returns
    -------
    GeoDataFrame
        Index a label that two runs share; ``navn``, ``vegtype``, ``vegkategori``, ``fartsgrense``
        (km/h), ``regel`` (bokmål), ``rule`` (0 where only the speed is unknown), ``lengde_m``,
        ``adresser`` and ``elever`` (whose shortest way uses a part of it), ``kretser`` and
        ``skoler`` (names).
    """
    edge, at = np.unique(use.edge, return_inverse=True)
    roads = _roads(scene)
    rule = scene.hazards.rule[edge]
    key = np.column_stack([_same_road(scene, roads)[edge], rule])
    _, number = np.unique(key, axis=0, return_inverse=True)
    number = number.reshape(-1)
    # A road that is crossed only is no stretch of the way.
    walked = np.isin(number, number[at[use.along]])
    edge, number, rule = edge[walked], number[walked], rule[walked]
    _, first, number = np.unique(number, return_index=True, return_inverse=True)
    row = scene.hazards.row[edge[first]]
    frame = roads.drop(columns="lik").reindex(row).reset_index(drop=True)
    frame["vegtype"] = frame["vegtype"].fillna("Gangveg eller sti")
    for name in ("navn", "vegkategori"):
        frame[name] = frame[name].fillna("")
    frame["rule"] = rule[first]
    names = np.array([UNKNOWN_SPEED, *RULES[1:]], dtype=object)
    frame["regel"] = names[frame["rule"]]
    graph = scene.built.graph
    order = np.argsort(number, kind="stable")
    lines = shapely.multilinestrings(edge_lines(graph)[edge[order]], indices=number[order])
    frame["lengde_m"] = np.bincount(number, weights=graph.length[edge])
    position = np.searchsorted(edge, use.edge[use.along])
    ways = pd.DataFrame(
        {
            "del": number[position],
            "adresse": use.address[use.along],
            "skole": use.school[use.along],
            "elever": use.pupils[use.along],
        }
    ).drop_duplicates(["del", "adresse", "skole"])
    by = ways.groupby("del")
    frame["adresser"] = by["adresse"].nunique()
    frame["elever"] = by["elever"].sum()
    frame["kretser"] = _districts(scene, ways)
    schools = scene.skole["navn"].astype(str).to_numpy(dtype=object)
    frame["skoler"] = _listed(ways["del"], schools[ways["skole"]])
    shapes = shapely.line_merge(lines) if len(frame) else np.empty(0, dtype=object)
    made = gpd.GeoDataFrame(frame, geometry=shapes, crs=graph.crs)
    made.index = _labels(made)
    return made.sort_values(["adresser", "lengde_m"], ascending=False, kind="stable")


def _roads(scene: Scene) -> pd.DataFrame:
    """Tell what each row of the layer ``veg`` is; ``lik`` is one number for rows that are alike."""
    names = ["navn", "vegtype", "vegkategori", "fartsgrense"]
    veg = pd.DataFrame(scene.veg.drop(columns="geometry")).reindex(columns=names)
    veg = veg.reset_index(drop=True)
    alike = veg.groupby(names, dropna=False, sort=False).ngroup()
    codes = load_catalogue()["veg"].columns
    return pd.DataFrame(
        {
            "navn": veg["navn"].astype(object).where(veg["navn"].notna(), "").astype(str),
            "vegtype": veg["vegtype"].map(codes["vegtype"].codes or {}),
            "vegkategori": veg["vegkategori"].map(codes["vegkategori"].codes or {}),
            "fartsgrense": veg["fartsgrense"].astype("Float64").astype("Int64"),
            "lik": alike,
        }
    )


def _same_road(scene: Scene, roads: pd.DataFrame) -> NDArray[np.intp]:
    """Return the number of each edge's road, (m,): edges that are alike, joined by such edges."""
    graph = scene.built.graph
    alike = np.r_[roads["lik"].to_numpy(dtype=np.int64), [-1]][scene.hazards.row] + 1
    key = np.concatenate([alike * graph.nodes + end for end in (graph.start, graph.end)])
    node, place = np.unique(key, return_inverse=True)
    start, end = place[: graph.edges], place[graph.edges :]
    links = coo_array((np.ones(graph.edges, dtype=bool), (start, end)), shape=(len(node),) * 2)
    return np.asarray(connected_components(links, directed=False)[1][start], dtype=np.intp)


def _districts(scene: Scene, ways: pd.DataFrame) -> pd.Series:
    """Names of the districts that the ways along each stretch come from."""
    address, school = ways["adresse"].to_numpy(), ways["skole"].to_numpy()
    # The stage of the lowest grade that goes to the school from the address.
    goes = (scene.own.school[address] == school[:, None]) & (scene.rights[address] == NO_RIGHT)
    lowest = goes.argmax(axis=1)
    names = np.full(len(ways), "", dtype=object)
    for stage in dict.fromkeys(stage_of(grade) for grade in GRADES):
        mine = np.array([stage_of(grade) == stage for grade in GRADES])[lowest]
        known = scene.places_of(stage)["navn"]
        found = known.reindex(scene.district(stage)[address[mine]]).fillna("uten krets")
        names[mine] = found.to_numpy(dtype=object)
    return _listed(ways["del"], names)


def _listed(part: pd.Series, names: NDArray[np.object_]) -> pd.Series:
    """Distinct names of each part, by their letters, as text."""
    frame = pd.DataFrame({"del": part.to_numpy(), "navn": names}).drop_duplicates()
    return frame.sort_values("navn").groupby("del")["navn"].agg(", ".join)


def _labels(frame: gpd.GeoDataFrame) -> pd.Index:
    """Label stretches by road and place, so that two runs know them again."""
    middle = shapely.point_on_surface(frame.geometry.to_numpy())
    name = frame["navn"].where(frame["navn"] != "", frame["vegtype"]).to_numpy()
    labels = pd.Series(
        [
            f"{one} {y:.0f} {x:.0f} {regel}"
            for one, x, y, regel in zip(
                name, shapely.get_x(middle), shapely.get_y(middle), frame["regel"], strict=True
            )
        ],
        dtype=str,
    )
    again = labels.groupby(labels).cumcount()
    return pd.Index(labels.where(again == 0, labels + " nr. " + (again + 1).astype(str)))
