"""Who has a place when several polygons lie over it: the first in the order, and nobody twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries, is_surface, polygons_of, union
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.door import checked
from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

__all__ = ["Claims", "first_claims"]

# m²: less than this is how two outlines of the same line differ.
_LEAST: Final = 0.01


@dataclass(frozen=True)
class Claims:
    """Rows with the ground that each has alone.

    Parameters
    ----------
    frame
        The rows that have any ground left, in their order.
    lost
        A row for each pair that lay over each other: ``rad`` (label of the later row),
        ``foran`` (label of the earlier) and ``areal_m2`` (what the two shared).
    faults
        Rows that were mended or set aside, as in `askergeo.overlay.door.Checked`.
    """

    frame: gpd.GeoDataFrame
    lost: pd.DataFrame
    faults: pd.DataFrame

    def findings(self) -> tuple[Finding, ...]:
        """One finding for each row that was mended or set aside."""
        return tuple(
            Finding(
                rule="areal.geometri",
                title=f"Feil i en flate i {fault['tema']}",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{fault['grunn']}; {fault['handling']}.",
                layer=str(fault["tema"]),
                row=str(fault["rad"]),
                action="Rett flaten i kilden.",
            )
            for fault in self.faults.to_dict("records")
        )


def first_claims(name: str, frame: gpd.GeoDataFrame) -> Claims:
    """Give each place to the first row that covers it.

    Parameters
    ----------
    name
        The layer's name in the list of faults.
    frame
        Polygons, those that go before others first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> boxes = [shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]
    >>> rows = gpd.GeoDataFrame(geometry=boxes, crs="EPSG:25832")
    >>> found = first_claims("plan", rows)
    >>> found.frame.area.tolist(), found.lost["areal_m2"].tolist()
    ([2.0, 1.0], [1.0])
    """
    found = checked(name, frame)
    shapes = found.shapes.copy()
    rows = frame.set_geometry(shapes, crs=frame.crs)
    pairs = pair_areas(rows, rows, crs=str(frame.crs), names=(name, name))
    over = (pairs.left > pairs.right) & (pairs.area > _LEAST)
    later, earlier = pairs.left[over], pairs.right[over]
    for row in np.unique(later).tolist():
        rest = shapely.difference(shapes[row], union(found.shapes[earlier[later == row]]))
        shapes[row] = _surfaces(rest)
    labels = frame.index.to_numpy()
    lost = pd.DataFrame(
        {"rad": labels[later], "foran": labels[earlier], "areal_m2": pairs.area[over]}
    )
    kept = frame.set_geometry(shapes, crs=frame.crs)
    return Claims(kept[shapely.area(geometries(kept)) > 0], lost, found.faults)


def _surfaces(shape: BaseGeometry) -> BaseGeometry:
    if is_surface(np.array([shape], dtype=object))[0]:
        return shape
    return shapely.MultiPolygon(list(polygons_of(shape)))
