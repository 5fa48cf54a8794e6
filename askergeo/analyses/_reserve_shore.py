"""The belt along the sea where the ban holds, as one more conflict of the land reserve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._buildings import points_of
from askergeo.analyses._shoreline import belt_of, exempt_of, read_land, read_shore
from askergeo.errors import LayerError
from askergeo.geometry import geometries, polygons_of, union
from askergeo.parameters import load_parameters
from askergeo.reserve._ground import cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["Shore", "shore_belt"]

_NO_LIMITS: Final = (
    "Byggegrenser mot sjøen er ikke i datapakken. Byggeforbudet i strandsonen er regnet som "
    "gjeldende i hele beltet, så konflikten med strandsonen er et høyeste tall."
)


@dataclass(frozen=True)
class Shore:
    """The belt where the ban holds.

    Parameters
    ----------
    frame
        Its polygons, apart from one another; ``None`` where it cannot be told.
    warnings
        What makes it less certain, in bokmål.
    """

    frame: gpd.GeoDataFrame | None
    warnings: tuple[str, ...] = ()


def shore_belt(layers: Mapping[str, gpd.GeoDataFrame | None], parameters: Parameters) -> Shore:
    """Find the belt: land near the sea, without fresh water and where a plan has another limit.

    Parameters
    ----------
    layers
        ``kystkontur`` and ``kommunegrense``, without which nothing is known; ``vann``,
        ``byggegrense_sjo`` and ``bygning`` where they are there.
    parameters
        The set ``arealreserve``.
    """
    coast, boundary = layers.get("kystkontur"), layers.get("kommunegrense")
    if coast is None or boundary is None or not len(coast):
        return Shore(None)
    water, limits = layers.get("vann"), layers.get("byggegrense_sjo")
    buildings = layers.get("bygning")
    points = None if buildings is None else points_of(buildings)
    try:
        shore = read_shore(read_land(boundary, water, geometries(coast), points), coast)
    except LayerError as error:
        return Shore(None, (f"Strandsonen er ikke med: {error.message}",))
    # Arcs as the shore zone's own analysis draws them, so that the two agree.
    segments = load_parameters("strandsone")["kvartsirkel_segmenter"]
    belt = belt_of(shore, parameters["strandsone_belte_m"], segments)
    removed = [np.zeros(0, dtype=object)]
    if water is not None:
        fresh = water["vanntype"].isin(["innsjo", "elv"]).to_numpy(dtype=bool)
        removed.append(polygons_of(geometries(water)[fresh]))
    if limits is not None and len(limits):
        removed.append(polygons_of(exempt_of(belt, limits, shore.lines)[0]))
    frame = gpd.GeoDataFrame(geometry=_without(polygons_of(belt), removed), crs=boundary.crs)
    return Shore(frame, () if limits is not None else (_NO_LIMITS,))


def _without(polygons: Geometries, removed: list[Geometries]) -> Geometries:
    masks = polygons_of(union(np.concatenate(removed)))
    shapes = cut(polygons, masks).shapes if len(masks) and len(polygons) else polygons
    return polygons_of(shapes[~shapely.is_empty(shapes)])
