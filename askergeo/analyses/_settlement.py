"""Delimitation of urban settlements after SSB's method from 2013; geometry only.

Source: SSB Notater 2014/28 (abstract) and SSB's definition of tettsted. Where they are silent,
docs/metode-tettsted-avgrens.md says what was chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges, points_of
from askergeo.geometry import (
    PIECE,
    components,
    geometries,
    intersecting,
    is_surface,
    joined,
    lines_of,
    pieces,
    polygons_of,
    union,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._residents import Residents
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["Clusters", "build_up", "find_clusters", "settled_area", "unbuildable"]

# What of a gap may lie outside the area that cannot be built on (m): rounding of borders.
_SLACK = 1.0


@dataclass(frozen=True)
class Clusters:
    """Groups of buildings near each other.

    Parameters
    ----------
    shapes
        Built-up area of each cluster; they do not overlap.
    settlement
        Settlement that each cluster belongs to; −1 for scattered building.
    satellite
        Which clusters are satellites of a core.
    building
        Cluster of each building; −1 for those left out.
    resident
        Cluster of each resident's place; −1 outside all.
    linked
        Pairs of clusters that were joined over area that cannot be built on.
    """

    shapes: Geometries
    settlement: NDArray[np.intp]
    satellite: NDArray[np.bool_]
    building: NDArray[np.intp]
    resident: NDArray[np.intp]
    linked: int


def build_up(buildings: gpd.GeoDataFrame, parameters: Parameters) -> Geometries:
    """Buffer each building's outline; ``None`` for types that are left out.

    A building that is a point first gets a radius. Types with large grounds get a larger buffer.
    """
    kinds = buildings["bygningstype"]
    large = in_ranges(kinds, parameters["store_typer"])
    distance = np.where(large, parameters["buffer_stor_m"], parameters["buffer_m"])
    outline = geometries(buildings)
    distance = distance + np.where(is_surface(outline), 0.0, parameters["punkt_radius_m"])
    zones = shapely.buffer(outline, distance, quad_segs=parameters["kvartsirkel_segmenter"])
    zones[in_ranges(kinds, parameters["utelat_typer"])] = None
    return np.asarray(zones, dtype=object)


def find_clusters(
    buildings: gpd.GeoDataFrame,
    residents: Residents,
    barriers: Geometries,
    parameters: Parameters,
) -> Clusters:
    """Group the buildings, and tell cores, satellites and scattered building apart.

    Parameters
    ----------
    buildings
        Layer ``bygning``.
    residents
        Where people live.
    barriers
        Polygons that shall not or cannot be built on.
    parameters
        The set ``tettsted``.
    """
    zones = build_up(buildings, parameters)
    included = ~shapely.is_missing(zones)
    shapes = polygons_of(union(zones[included]))
    building = np.full(len(buildings), -1, dtype=np.intp)
    building[included] = _cluster_of(points_of(buildings)[included], shapes)
    resident = _cluster_of(residents.points, shapes)
    first, second = _linked(shapes, barriers, parameters["bro_m"] - 2 * parameters["buffer_m"])
    group = components(first, second, len(shapes))
    people = _sums(group[resident[resident >= 0]], residents.count[resident >= 0], len(shapes))
    core = people >= parameters["kjerne_bosatte"]
    useful = in_ranges(buildings["bygningstype"], parameters["satellitt_typer"]) & included
    houses = _sums(group[building[useful]], np.ones(int(useful.sum())), len(shapes))
    candidate = ~core & (houses >= parameters["satellitt_bygninger"])
    owner = _owners(shapes, group, core, candidate, parameters["satellitt_m"])
    settlement = owner[group] if len(shapes) else np.array([], dtype=np.intp)
    satellite = (settlement >= 0) & ~core[group]
    return Clusters(shapes, settlement, satellite, building, resident, len(first))


def _cluster_of(points: Geometries, shapes: Geometries) -> NDArray[np.intp]:
    """Cluster that each point lies in; −1 for none."""
    found = np.full(len(points), -1, dtype=np.intp)
    if len(shapes) and len(points):
        # The shapes are the query, so that they are prepared: there are fewer of them.
        shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
        found[point] = shape
    return found


def _sums(
    group: NDArray[np.intp], weight: NDArray[np.float64] | NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(group, weights=weight, minlength=count), dtype=float)


def _linked(
    shapes: Geometries, barriers: Geometries, reach: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of clusters whose shortest gap lies wholly in area that cannot be built on."""
    none = np.array([], dtype=np.intp)
    if reach <= 0 or not len(barriers) or len(shapes) == 0:
        return none, none
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach)
    one, other = one[one < other], other[one < other]
    gaps = shapely.shortest_line(shapes[one], shapes[other])
    _, met = shapely.STRtree(barriers).query(gaps, predicate="intersects")
    if not len(met):
        return none, none
    solid = polygons_of(union(barriers[np.unique(met)]))
    gap, area = shapely.STRtree(solid).query(gaps, predicate="intersects")
    covered = shapely.length(shapely.intersection(gaps[gap], solid[area]))
    within = np.bincount(gap, weights=covered, minlength=len(gaps))
    joins = shapely.length(gaps) - within <= _SLACK
    return one[joins], other[joins]


def _owners(
    shapes: Geometries,
    group: NDArray[np.intp],
    core: NDArray[np.bool_],
    candidate: NDArray[np.bool_],
    reach: float,
) -> NDArray[np.intp]:
    """Settlement of each group: a core is its own, a satellite that of the nearest core.

    A satellite of a satellite is none: the distance is from the core.
    """
    owner = np.where(core, np.arange(len(core)), -1)
    if not len(group):
        return owner.astype(np.intp)
    cores, loose = np.flatnonzero(core[group]), np.flatnonzero(candidate[group])
    if not len(cores) or not len(loose) or reach <= 0:
        return owner.astype(np.intp)
    # Clusters never overlap: the distance is that to the outline, taken in short pieces.
    rings = shapely.boundary(shapes[cores])
    outline = pieces(rings)
    steps = np.ceil((shapely.get_num_coordinates(lines_of(rings)) - 1) / PIECE).astype(int)
    _, ring_owner = shapely.get_parts(rings, return_index=True)
    owner_of = np.repeat(ring_owner, steps)
    (near, piece), distance = shapely.STRtree(outline).query_nearest(
        shapes[loose], max_distance=reach, return_distance=True
    )
    found = owner_of[piece]
    pairs = pd.DataFrame(
        {"group": group[loose[near]], "core": group[cores[found]], "distance": distance}
    ).sort_values(["group", "distance", "core"])
    nearest = pairs.drop_duplicates("group")
    owner[nearest["group"].to_numpy()] = nearest["core"].to_numpy()
    return owner.astype(np.intp)


def unbuildable(
    parameters: Parameters,
    *,
    land_cover: gpd.GeoDataFrame | None,
    land_use: gpd.GeoDataFrame | None,
    water: gpd.GeoDataFrame | None,
) -> Geometries:
    """Polygons over which building may be joined: arable land, water, roads, parks."""
    found = []
    if land_cover is not None:
        found.append(
            geometries(land_cover)[
                in_ranges(land_cover["arealtype"], parameters["ikke_bebyggbar_ar5"])
            ]
        )
    if land_use is not None:
        text = land_use["hovedklasse"].fillna("")
        if "underklasse" in land_use:
            text = text + " " + land_use["underklasse"].fillna("")
        words = "|".join(map(re.escape, parameters["ikke_bebyggbar_arealbruk"])) or "(?!)"
        chosen = text.str.contains(words, case=False, regex=True).to_numpy(dtype=bool)
        found.append(geometries(land_use)[chosen])
    if water is not None:
        fresh = water["vanntype"].isin(["innsjo", "elv"]).to_numpy(dtype=bool)
        found.append(geometries(water)[fresh])
    return polygons_of(np.concatenate(found)) if found else np.array([], dtype=object)


def _rim(whole: BaseGeometry, shapes: Geometries, solid: BaseGeometry, half: float) -> BaseGeometry:
    """Find the unbuilt ground that is open to the outside; that inside stays in the settlement."""
    unbuilt = polygons_of(shapely.difference(whole, solid))
    # Shrunk and grown again, ground narrower than twice ``half`` is gone; corners are kept sharp.
    shrunk = polygons_of(shapely.buffer(unbuilt, -half, join_style="mitre"))
    grown = shapely.buffer(shrunk, half, join_style="mitre")
    wide = polygons_of(shapely.intersection(union(grown), whole))
    wide = polygons_of(shapely.difference(joined(wide), solid)) if len(wide) else wide
    rings = shapely.get_exterior_ring(shapes)
    _, rim = shapely.STRtree(wide).query(rings, predicate="dwithin", distance=_SLACK)
    return union(wide[np.unique(rim)])


def settled_area(
    shapes: Geometries,
    outlines: Geometries,
    built: Geometries | None,
    land: BaseGeometry,
    opening: float,
) -> BaseGeometry:
    """Area of a settlement: its clusters without their unbuilt rim, on land.

    Parameters
    ----------
    shapes
        Its clusters.
    outlines
        Outlines of buildings; they are built whatever the land-use map says.
    built
        Built-up area of SSB's land-use map; ``None`` leaves the rim in.
    land
        Land of the municipality.
    opening
        Metres: unbuilt strips narrower than this, such as streets, do not lead the rim inwards.
    """
    whole = joined(shapes)
    if built is not None:
        here = built[intersecting(built, whole)]
        houses = polygons_of(outlines)
        covered = shapely.STRtree(houses).query(here, predicate="covers")[1]
        solid = np.concatenate([here, np.delete(houses, np.unique(covered))])
        whole = shapely.difference(whole, _rim(whole, shapes, union(solid), opening / 2))
    parts = polygons_of(land)
    near = parts[intersecting(parts, whole)]
    return union(polygons_of(shapely.intersection(near, whole)))
