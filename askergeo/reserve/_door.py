"""The door of the land reserve: what the layers must have, what is mended and what set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import REPAIRED
from askergeo.crs import require_crs
from askergeo.errors import CrsError, LayerError, collect
from askergeo.overlay.door import checked, join_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["FAULT_COLUMNS", "Faults", "check_layers", "surfaces_of"]

FAULT_COLUMNS: Final = ("tema", "rad", "grunn", "handling", "areal_m2", "arealendring_m2")
NEEDED: Final = {
    "kommuneplan": ("formaal_kode", "arealstatus"),
    "reguleringsplan": ("formaal_kode",),
    "bygning": ("bygningstype",),
    "veg": ("vegtype",),
    "ar5": ("arealtype",),
    "arealbruk": ("hovedklasse",),
}


class Faults:
    """Rows of the layers that were mended, set aside or kept with a remark."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        layer: str,
        labels: NDArray[np.object_],
        reason: object,
        action: str,
        *,
        area: object = np.nan,
        change: object = np.nan,
    ) -> None:
        """Record rows: a reason, area and change for all of them, or one for each."""
        if not len(labels):
            return
        values = layer, labels.astype(object), reason, action, area, change
        table = pd.DataFrame(dict(zip(FAULT_COLUMNS, values, strict=True)), index=labels)
        self._parts.append(table)

    def join(self, rows: pd.DataFrame) -> None:
        """Record rows that have the columns already."""
        if len(rows):
            self._parts.append(rows[list(FAULT_COLUMNS)])

    def table(self) -> pd.DataFrame:
        """All of them, a row a fault."""
        return join_faults(self._parts, FAULT_COLUMNS)


def check_layers(layers: Mapping[str, gpd.GeoDataFrame | None], crs: str) -> None:
    """Refuse layers in another CRS or without the columns that the rules read, all at once.

    Raises
    ------
    CrsError, LayerError
        Which layers, and what is wrong with each.
    """
    wrong, remedy, missing = [], "", []
    for name, frame in layers.items():
        if frame is None:
            continue
        try:
            require_crs(frame, crs, what=f"Laget «{name}»")
        except CrsError as error:
            wrong.append(error.message)
            remedy = error.remedy
        lacks = [column for column in NEEDED[name] if column not in frame.columns]
        missing += [f"laget «{name}» mangler kolonnen «{column}»" for column in lacks]
    if wrong:
        raise CrsError(wrong[0] if len(wrong) == 1 else collect(wrong), remedy=remedy)
    if missing:
        raise LayerError(
            f"Arealreserven kan ikke regnes:\n{collect(missing)}",
            remedy="Si i kart.yml hvilke kolonner i filen som svarer til katalogens.",
        )


def surfaces_of(
    layer: str, frame: gpd.GeoDataFrame, faults: Faults, *, only_surfaces: bool = True
) -> Geometries:
    """Return valid geometries in two dimensions, a row each; ``None`` where a row is set aside.

    Parameters
    ----------
    layer
        Its name in the list of faults.
    frame
        Its rows.
    faults
        Gets the rows that were mended or set aside.
    only_surfaces
        Whether lines and points are set aside.
    """
    found = checked(layer, frame, only_surfaces=only_surfaces)
    areas = pd.Series(shapely.area(found.shapes), index=frame.index)
    areas = areas[~areas.index.duplicated()].reindex(found.faults["rad"])
    mended = (found.faults["handling"] == REPAIRED).to_numpy()
    faults.join(found.faults.assign(areal_m2=np.where(mended, areas, np.nan)))
    shapes = found.shapes.copy()
    shapes[shapely.is_empty(shapes)] = None
    return shapes
