"""What makes the belt inaccessible, after SSB's rule, in SSB's order.

The order (built-up, farmland, road, railway) is that in which SSB merges its layers, so that
nothing is counted twice (ssb.no, «Accessible coastal zone», key 186298; Notater 2015/47).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.analyses._buildings import in_ranges
from askergeo.geometry import EMPTY, geometries, intersecting, polygons_of, union

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["BLOCKERS", "blocked_areas"]

# Key and title of each reason, in the order in which overlaps are resolved.
BLOCKERS = {
    "bygningsnaer": "Bygninger og areal nær bygning",
    "dyrket": "Dyrket mark",
    "veg": "Vegareal",
    "jernbane": "Jernbaneareal",
}
_ROADS = {"E": "veg_e_m", "R": "veg_r_m", "F": "veg_f_m", "K": "veg_k_m"}


def blocked_areas(
    belt: BaseGeometry,
    parameters: Parameters,
    *,
    buildings: gpd.GeoDataFrame | None,
    land_cover: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    railways: gpd.GeoDataFrame | None,
) -> dict[str, BaseGeometry]:
    """Area that each reason blocks, inside the belt; they may overlap.

    A layer that is absent is left out of the answer: it is not an empty area.
    """
    found = {}
    if buildings is not None:
        found["bygningsnaer"] = _near_buildings(belt, buildings, parameters)
    if land_cover is not None:
        farmed = in_ranges(land_cover["arealtype"], parameters["dyrket_arealtyper"])
        found["dyrket"] = inside(geometries(land_cover)[farmed], belt)
    if roads is not None:
        found["veg"] = _road_area(belt, roads, parameters)
    if railways is not None:
        lines = geometries(railways)[_above_ground(railways)]
        width = np.full(len(lines), float(parameters["jernbane_m"]))
        found["jernbane"] = _strips(belt, lines, width)
    return found


def inside(areas: Geometries, belt: BaseGeometry) -> BaseGeometry:
    """Union of the parts of ``areas`` that lie in the belt."""
    near = polygons_of(areas[intersecting(areas, belt)])
    if not len(near):
        return EMPTY
    # What lies wholly inside needs no clipping; the rest is clipped once, not one by one.
    whole = np.zeros(len(near), dtype=bool)
    whole[shapely.STRtree(near).query(polygons_of(belt), predicate="covers")[1]] = True
    clipped = shapely.intersection(union(near[~whole]), belt)
    return union(np.concatenate([near[whole], polygons_of(clipped)]))


def _near_buildings(
    belt: BaseGeometry, buildings: gpd.GeoDataFrame, parameters: Parameters
) -> BaseGeometry:
    """Footprints of all buildings, and what lies near those of a privatising kind."""
    distance = parameters["bygningsnaer_m"]
    geometry = geometries(buildings)
    private = in_ranges(buildings["bygningstype"], parameters["bygningsnaer_typer"])
    around = geometry[private]
    around = around[intersecting(around, belt, distance)]
    segments = parameters["kvartsirkel_segmenter"]
    zones = shapely.buffer(around, distance, quad_segs=segments)
    return inside(polygons_of(union(np.concatenate([zones, polygons_of(geometry)]))), belt)


def _road_area(belt: BaseGeometry, roads: gpd.GeoDataFrame, parameters: Parameters) -> BaseGeometry:
    kind = roads["vegtype"].isin(parameters["vegtyper"]).to_numpy(dtype=bool)
    chosen = roads[kind & _above_ground(roads)]
    category = chosen["vegkategori"] if "vegkategori" in chosen else chosen["vegtype"].map({})
    widths = category.map({key: parameters[name] for key, name in _ROADS.items()})
    width = widths.astype(float).fillna(parameters["veg_p_m"]).to_numpy()
    return _strips(belt, geometries(chosen), width)


def _above_ground(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows take area: not tunnels; unknown medium is on the ground."""
    if "medium" not in frame:
        return np.ones(len(frame), dtype=bool)
    return ~frame["medium"].eq("tunnel").to_numpy(dtype=bool, na_value=False)


def _strips(belt: BaseGeometry, lines: Geometries, width: NDArray[np.float64]) -> BaseGeometry:
    near = intersecting(lines, belt, float(width.max(initial=0.0)))
    return inside(polygons_of(shapely.buffer(lines[near], width[near], quad_segs=8)), belt)
