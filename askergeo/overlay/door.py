"""The door of every overlay: what may be computed on, what was mended first, what was left out.

A sum over trapezoids counts a place as many times as the rings run round it. So a polygon that is
not valid would give a wrong area and no error; none gets past here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import REPAIRED, SET_ASIDE
from askergeo._threads import in_threads
from askergeo.crs import CRS_OF_RECORD, require_crs
from askergeo.errors import CrsError, collect
from askergeo.geometry import geometries, is_surface, polygons_of
from askergeo.overlay._simple import surely_valid
from askergeo.quality import GEOS_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["FAULT_COLUMNS", "Checked", "check_crs_of", "checked", "join_faults"]

FAULT_COLUMNS: Final = ("tema", "rad", "grunn", "handling", "arealendring_m2")
# Polygons in a thread's turn.
_TURN = 500
_EMPTY = shapely.Polygon()
# The dimension of what has an area.
_SURFACE = 2


@dataclass(frozen=True)
class Checked:
    """A layer that may be computed on.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons in two dimensions, a row each of the layer; empty where
        the row was set aside.
    faults
        A row a fault: ``tema``, ``rad`` (the row's label), ``grunn``, ``handling`` and
        ``arealendring_m2`` (what mending added to the area; missing where nothing was mended).
    """

    shapes: Geometries
    faults: pd.DataFrame


def check_crs_of(frames: Mapping[str, gpd.GeoDataFrame], crs: str = CRS_OF_RECORD) -> None:
    """Refuse layers in degrees, in another zone or without CRS, all named at once.

    Raises
    ------
    CrsError
        When any of the layers is not in ``crs``, or ``crs`` is not in metres.
    """
    problems = []
    remedy = ""
    for name, frame in frames.items():
        try:
            require_crs(frame, crs, what=f"«{name}»")
            if frame.crs.is_geographic:
                problems.append(f"«{name}» er i grader; arealer regnes i meter.")
        except CrsError as error:
            problems.append(error.message)
            remedy = error.remedy
    if problems:
        raise CrsError(
            problems[0] if len(problems) == 1 else collect(problems),
            remedy=remedy or f"Transformer til {CRS_OF_RECORD} først.",
        )


def checked(name: str, frame: gpd.GeoDataFrame, *, only_surfaces: bool = True) -> Checked:
    """Mend what can be mended, set aside what has no area, and say which rows and why.

    Parameters
    ----------
    name
        The layer's name in the list of faults.
    frame
        Its rows; the CRS is `check_crs_of`'s matter.
    only_surfaces
        Whether points and lines are set aside; buildings may be points.
    """
    shapes = geometries(frame).copy()
    labels = frame.index.to_numpy()
    faults: list[pd.DataFrame] = []

    def set_aside(rows: NDArray[np.bool_], reason: str) -> None:
        if rows.any():
            faults.append(_fault_rows(name, labels[rows], reason, SET_ASIDE))
            shapes[rows] = _EMPTY

    missing = shapely.is_missing(shapes)
    set_aside(missing | shapely.is_empty(shapes) & ~missing, "geometrien mangler")
    flat = np.flatnonzero(shapely.has_z(shapes) | _has_m(shapes))
    shapes[flat] = shapely.force_2d(shapes[flat])
    set_aside(~np.isfinite(shapely.bounds(shapes)).all(axis=1) & ~shapely.is_empty(shapes),
              "en koordinat er ikke et tall")  # fmt: skip
    mixed = (shapely.get_dimensions(shapes) == _SURFACE) & ~is_surface(shapes)
    for row in np.flatnonzero(mixed):  # few, and none after the layer has been in a package
        shapes[row] = shapely.MultiPolygon(list(polygons_of(shapes[row])))
        reason = "bare flatene i en blandet geometri er brukt"
        faults.append(_fault_rows(name, labels[[row]], reason, REPAIRED))
    if only_surfaces:
        set_aside(~is_surface(shapes), "geometrien er ikke en flate")
    faults += _mend(name, shapes, labels)
    thin = is_surface(shapes) & ~shapely.is_empty(shapes) & (shapely.area(shapes) == 0)
    set_aside(thin, "flaten har ikke noe areal")
    return Checked(shapes, join_faults(faults))


def join_faults(
    faults: Sequence[pd.DataFrame], columns: Sequence[str] = FAULT_COLUMNS
) -> pd.DataFrame:
    """Put lists of faults together; none gives the columns alone."""
    filled = [one for one in faults if len(one)]
    if not filled:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    return pd.concat(filled, ignore_index=True)


def _has_m(shapes: Geometries) -> NDArray[np.bool_]:
    # M values came with GEOS 3.12.
    found: NDArray[np.bool_] = (
        shapely.has_m(shapes)
        if shapely.geos_version >= (3, 12, 0)
        else np.zeros(len(shapes), dtype=bool)
    )
    return found


def _mend(name: str, shapes: Geometries, labels: NDArray[np.object_]) -> list[pd.DataFrame]:
    """Make invalid polygons valid, in place; gives their faults."""
    surfaces = np.flatnonzero(is_surface(shapes))
    doubtful = surfaces[~surely_valid(shapes[surfaces])]
    valid = in_threads(lambda s: shapely.is_valid(shapes[doubtful[s]]), len(doubtful), least=_TURN)
    invalid = doubtful[~np.concatenate(valid)]
    if not len(invalid):
        return []
    before = shapes[invalid]
    reasons = pd.Series(shapely.is_valid_reason(before)).str.partition("[")[0]
    # Boxes do not tell of it: GEOS leaves such a point out of them.
    before[(reasons == "Invalid Coordinate").to_numpy()] = _EMPTY
    mended = shapely.make_valid(before, method="structure", keep_collapsed=False)
    lost = shapely.is_empty(mended) | ~is_surface(mended)
    mended[lost] = _EMPTY
    shapes[invalid] = mended
    text = reasons.replace(GEOS_REASONS).to_numpy()
    change = shapely.area(mended) - shapely.area(before)
    kept = _fault_rows(name, labels[invalid[~lost]], text[~lost], REPAIRED, change[~lost])
    gone = text[lost] + "; flaten har ikke noe areal etter reparasjon"
    return [kept, _fault_rows(name, labels[invalid[lost]], gone, SET_ASIDE)]


def _fault_rows(
    name: str,
    labels: NDArray[np.object_],
    reason: str | NDArray[np.object_],
    action: str,
    change: NDArray[np.float64] | float = np.nan,
) -> pd.DataFrame:
    values = name, labels.astype(object), reason, action, change
    return pd.DataFrame(dict(zip(FAULT_COLUMNS, values, strict=True)), index=range(len(labels)))
