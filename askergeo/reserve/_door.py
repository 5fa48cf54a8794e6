"""The door of the land reserve: what the layers must have, what is mended and what set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import REPAIRED, SET_ASIDE
from askergeo.crs import require_crs
from askergeo.errors import CrsError, LayerError, collect
from askergeo.geometry import geometries, is_surface, polygons_of

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

    def table(self) -> pd.DataFrame:
        """All of them, a row a fault."""
        if not self._parts:
            return pd.DataFrame({name: pd.Series(dtype=object) for name in FAULT_COLUMNS})
        return pd.concat(self._parts, ignore_index=True)


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
    shapes = geometries(frame).copy()
    labels = frame.index.to_numpy()

    def set_aside(rows: NDArray[np.bool_], reason: str) -> None:
        faults.add(layer, labels[rows], reason, SET_ASIDE)
        shapes[rows] = None

    set_aside(shapely.is_missing(shapes) | shapely.is_empty(shapes), "geometrien mangler")
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    set_aside(~finite & ~shapely.is_missing(shapes), "en koordinat er ikke et tall")
    shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    flat = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004  (the dimension of a surface)
    if only_surfaces:
        set_aside(~flat & ~shapely.is_missing(shapes), "geometrien er ikke en flate")
    for row in np.flatnonzero(flat & ~is_surface(shapes)):  # few: mixed collections only
        shapes[row] = shapely.MultiPolygon(list(polygons_of(shapes[row])))
        reason = "bare flatene i en blandet geometri er brukt"
        faults.add(layer, labels[[row]], reason, REPAIRED)
    _mend(layer, shapes, labels, faults)
    thin = flat & (shapely.area(shapes) == 0)
    set_aside(thin & ~shapely.is_missing(shapes), "flaten har ikke noe areal")
    return shapes


def _mend(layer: str, shapes: Geometries, labels: NDArray[np.object_], faults: Faults) -> None:
    """Make invalid polygons valid, in place."""
    invalid = np.flatnonzero(~shapely.is_valid(shapes) & is_surface(shapes))
    if not len(invalid):
        return
    before = shapes[invalid]
    mended = shapely.make_valid(before, method="structure", keep_collapsed=False)
    lost = shapely.is_empty(mended) | ~is_surface(mended)
    change = shapely.area(mended) - shapely.area(before)
    mended[lost] = None
    shapes[invalid] = mended
    kept = labels[invalid[~lost]]
    text = "ugyldig geometri er reparert"
    faults.add(layer, kept, text, REPAIRED, area=shapely.area(mended[~lost]), change=change[~lost])
    faults.add(layer, labels[invalid[lost]], "ugyldig geometri uten areal", SET_ASIDE)
