"""The intersections themselves, for a map, with the labels of the rows they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from askergeo._threads import in_threads
from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import LayerError
from askergeo.geometry import EMPTY, polygons_of
from askergeo.overlay._surfaces import common_areas, surfaces
from askergeo.overlay._tuples import meeting
from askergeo.overlay.door import check_crs_of, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.geometry import Geometries

__all__ = ["pieces"]

# Intersections in a thread's turn.
_TURN = 500


def pieces(themes: Mapping[str, gpd.GeoDataFrame], *, crs: str = CRS_OF_RECORD) -> gpd.GeoDataFrame:
    """Cut the polygons of any number of themes by each other.

    Only what shares an area is cut. The areas are those of the kernel, so that a map's pieces sum
    to the account's rows.

    Parameters
    ----------
    themes
        Polygons by the theme's name; a boundary may be one of them.
    crs
        The CRS of record, in metres.

    Returns
    -------
    GeoDataFrame
        A row a tuple of rows that share an area: the label of each theme's row in a column with
        the theme's name, ``areal_m2``, and the multipolygon or polygon. Rows that were set aside
        are in none; `askergeo.overlay.door.checked` tells which.

    Raises
    ------
    CrsError
        When a layer is in another CRS, or in degrees.
    LayerError
        When there is no theme.

    Examples
    --------
    >>> frame = lambda box: gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs="EPSG:25832")
    >>> pieces({"land": frame((0, 0, 2, 2)), "plan": frame((1, 1, 4, 4))}).drop(columns="geometry")
       land  plan  areal_m2
    0     0     0       1.0
    """
    if not themes:
        raise LayerError("Det er ingen tema å dele opp.", remedy="Oppgi minst ett tema.")
    check_crs_of(themes, crs)
    groups = [checked(name, frame).shapes for name, frame in themes.items()]
    shapes = np.concatenate(groups)
    ends = np.cumsum([0, *map(len, groups)])
    polygons = surfaces(shapes)
    layers = [first + np.arange(len(group)) for first, group in zip(ends, groups, strict=False)]
    members = meeting(shapes, polygons, layers)
    found = common_areas(polygons, members)
    shared = found.area > found.error
    members, area = members[shared], found.area[shared]
    labels = {
        name: frame.index.to_numpy()[column - first]
        for (name, frame), column, first in zip(themes.items(), members.T, ends, strict=False)
    }
    cut = shapes[members[:, 0]]
    for column in members.T[1:]:
        cut = _intersection(cut, shapes[column])
    return gpd.GeoDataFrame({**labels, "areal_m2": area}, geometry=cut, crs=crs)


def _intersection(one: Geometries, other: Geometries) -> Geometries:
    parts = in_threads(
        lambda share: shapely.intersection(one[share], other[share]), len(one), least=_TURN
    )
    cut = np.concatenate(parts)
    # Neighbours along a line leave lines and points beside the polygons.
    mixed = shapely.get_type_id(cut) == shapely.GeometryType.GEOMETRYCOLLECTION
    for row in np.flatnonzero(mixed):
        polygons = polygons_of(cut[row])
        cut[row] = shapely.MultiPolygon(list(polygons)) if len(polygons) else EMPTY
    return cut
