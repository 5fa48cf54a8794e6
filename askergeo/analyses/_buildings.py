"""Buildings of the Matrikkel: types by ranges of codes, points, outlines, size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.errors import ParameterError
from askergeo.geometry import geometries, is_surface

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["in_ranges", "points_of", "size_of"]


def in_ranges(codes: pd.Series, ranges: Iterable[str]) -> NDArray[np.bool_]:
    """Which codes lie in one of the ranges, ends included; an unknown code lies in none.

    Raises
    ------
    ParameterError
        When a range is not ``"111"`` or ``"111-159"``.

    Examples
    --------
    >>> import pandas as pd
    >>> in_ranges(pd.Series([111, 160, None], dtype="Int64"), ["111-159", "183"]).tolist()
    [True, False, False]
    """
    values = codes.to_numpy(dtype=float, na_value=np.nan)
    found = np.zeros(len(values), dtype=bool)
    for text in ranges:
        low, _, high = str(text).partition("-")
        if not low.strip().isdigit() or (high and not high.strip().isdigit()):
            raise ParameterError(
                f"«{text}» er ikke en kode eller et område av koder.",
                remedy="Skriv «111» eller «111-159», med komma mellom flere.",
            )
        found |= (values >= int(low)) & (values <= int(high or low))
    return found


def points_of(buildings: gpd.GeoDataFrame) -> Geometries:
    """One point for each building: its own, or one inside the outline."""
    geometry = geometries(buildings)
    return np.asarray(shapely.point_on_surface(geometry), dtype=object)


def size_of(buildings: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Footprint in m² of outlines, else the floor area; NaN when neither is known."""
    geometry = geometries(buildings)
    area = shapely.area(geometry)
    if "bruksareal" in buildings:
        floor = buildings["bruksareal"].to_numpy(dtype=float, na_value=np.nan)
    else:
        floor = np.full(len(area), np.nan)
    return np.where(is_surface(geometry), area, floor)
