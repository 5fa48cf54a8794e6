"""Area of every intersecting pair of polygons of two layers, without the intersections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.overlay._surfaces import common_areas, surfaces
from askergeo.overlay.door import check_crs_of, checked, join_faults

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["PairAreas", "pair_areas"]


@dataclass(frozen=True)
class PairAreas:
    """The pairs of rows that share an area.

    Parameters
    ----------
    left, right
        Row positions in the two layers, (p,), ordered by ``left``.
    area
        What the two share, m², (p,).
    error
        Bound of the area's error by rounding, m², (p,).
    touching
        Pairs whose bounding boxes overlap and whose shared area is zero within its error bound:
        neighbours and those that do not meet. They are not among the pairs.
    faults
        Rows that were mended or set aside, as in `askergeo.overlay.door.Checked`.
    """

    left: Index
    right: Index
    area: Floats
    error: Floats
    touching: int
    faults: pd.DataFrame


def pair_areas(
    left: gpd.GeoDataFrame,
    right: gpd.GeoDataFrame,
    *,
    crs: str = CRS_OF_RECORD,
    names: tuple[str, str] = ("venstre", "høyre"),
) -> PairAreas:
    """Area that each row of one layer shares with each row of another.

    The polygons are checked first, and mended where they are not valid. Each area is a sum over
    pairs of edges (Green's theorem); no intersection is made.

    Parameters
    ----------
    left, right
        Polygons and multipolygons, in ``crs``.
    crs
        The CRS of record, in metres.
    names
        What the layers are called in errors and in the list of faults.

    Raises
    ------
    CrsError
        When a layer is in another CRS, or in degrees.

    Examples
    --------
    >>> import geopandas as gpd
    >>> boxes = [shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2)]
    >>> land = gpd.GeoDataFrame(geometry=boxes, crs="EPSG:25832")
    >>> plan = gpd.GeoDataFrame(geometry=[shapely.box(1, 1, 4, 3)], crs="EPSG:25832")
    >>> found = pair_areas(land, plan)
    >>> found.left.tolist(), found.right.tolist(), found.area.tolist()
    ([0, 1], [0, 0], [1.0, 2.0])
    """
    check_crs_of(dict(zip(names, (left, right), strict=True)), crs)
    one, other = checked(names[0], left), checked(names[1], right)
    shapes = np.concatenate([one.shapes, other.shapes])
    first, second = shapely.STRtree(other.shapes).query(one.shapes)
    found = common_areas(surfaces(shapes), np.column_stack([first, second + len(left)]))
    shared = found.area > found.error
    return PairAreas(
        left=first[shared],
        right=second[shared],
        area=found.area[shared],
        error=found.error[shared],
        touching=int((~shared).sum()),
        faults=join_faults([one.faults, other.faults]),
    )
