"""Which buildings have fire water: how near the outlets are, and how much they give.

Distances are straight lines from the place of the building: those of a hose are longer. How much an
outlet gives is what was measured, where it was; else it is judged by the dimension of the pipe that
the outlet stands on, and is then a judgement of whether the pipe is large enough, not litres.
Unknown is unknown, and never no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.geometry import geometries
from askergeo.va.state import pipe_state

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "ANSWERS",
    "BASES",
    "FireWater",
    "Outlets",
    "fire_water",
    "outlets_of",
]

NO, UNKNOWN, YES = 0, 1, 2
#: What is said of a building, in that order.
ANSWERS: Final = ("Mangler", "Ukjent", "Har")
MEASURED, BY_DIMENSION, NOTHING = 0, 1, 2
#: What the capacity of an outlet is known by.
BASES: Final = ("Målt", "Etter dimensjon", "Ukjent")
_HALF_M: Final = 0.5


@dataclass(frozen=True, eq=False)
class Outlets:
    """The ``h`` fire outlets.

    Parameters
    ----------
    ids
        ``node_id``, (h,).
    xy
        Places, (h, 2), metres.
    l_s
        Measured capacity, (h,); NaN unknown.
    dimension_mm
        Largest dimension of the water pipes that the outlet stands on, (h,); NaN unknown.
    fit
        Whether that pipe is large enough: :data:`YES`, :data:`NO` or :data:`UNKNOWN`, (h,).
    basis
        Place in `BASES`, (h,).
    next_m
        Straight line to the nearest other outlet, (h,); inf when there is none.
    """

    ids: NDArray[np.object_]
    xy: Numbers
    l_s: Numbers
    dimension_mm: Numbers
    fit: Whole
    basis: Whole
    next_m: Numbers


@dataclass(frozen=True, eq=False)
class FireWater:
    """The ``b`` buildings that are judged.

    Parameters
    ----------
    row
        Position in ``bygning``, (b,).
    small
        Whether the building is a small house, (b,).
    needs_l_s
        What it should have, (b,).
    nearest
        Position of the nearest outlet, (b,); −1 when there is none.
    nearest_m
        Straight line to it, (b,); inf when there is none.
    within
        Outlets within the distance that counts for the building, (b,).
    near
        Whether it has enough outlets near enough, (b,).
    capacity
        Whether those give enough: :data:`YES`, :data:`NO`, :data:`UNKNOWN`, (b,).
    answer
        Place in `ANSWERS`, (b,).
    unplaced
        Buildings without a place, that are not judged.
    """

    row: Whole
    small: NDArray[np.bool_]
    needs_l_s: Numbers
    nearest: Whole
    nearest_m: Numbers
    within: Whole
    near: NDArray[np.bool_]
    capacity: Whole
    answer: Whole
    unplaced: int


def outlets_of(
    va_node: gpd.GeoDataFrame, va_ledning: gpd.GeoDataFrame | None, parameters: Parameters
) -> Outlets:
    """Find the fire outlets, and what is known of what each gives.

    Parameters
    ----------
    va_node, va_ledning
        Layers of the catalogue; without pipes only measured outlets are known.
    parameters
        The set ``va_brannvann``.
    """
    points = geometries(va_node)
    placed = ~shapely.is_missing(points) & ~shapely.is_empty(points)
    mine = np.flatnonzero((va_node["type"] == "hydrant").fillna(value=False).to_numpy() & placed)
    xy = shapely.get_coordinates(points[mine])
    measured = _number(va_node, "kapasitet_l_s")[mine]
    size, fit = _by_dimension(points[mine], va_ledning, parameters)
    next_m = np.full(len(mine), np.inf)
    if len(mine) > 1:
        next_m = cKDTree(xy).query(xy, k=2)[0][:, 1]
    return Outlets(
        ids=va_node["node_id"].astype(str).to_numpy(dtype=object)[mine],
        xy=xy,
        l_s=measured,
        dimension_mm=size,
        fit=fit,
        basis=np.where(
            ~np.isnan(measured), MEASURED, np.where(fit != UNKNOWN, BY_DIMENSION, NOTHING)
        ),
        next_m=next_m,
    )


def _by_dimension(
    points: NDArray[np.object_], va_ledning: gpd.GeoDataFrame | None, parameters: Parameters
) -> tuple[Numbers, Whole]:
    """Judge the largest water pipe that each outlet stands on: its dimension, and if it will do.

    A small pipe does where it is a short dead end: the line ends, with no other water pipe at it.
    """
    size = np.full(len(points), np.nan)
    fit = np.full(len(points), UNKNOWN)
    if va_ledning is None or not len(points):
        return size, fit
    state = pipe_state(va_ledning)
    in_use = (state.frame["type"] == "vann") & state.frame["i_bruk"]
    water = in_use.to_numpy(dtype=bool) & state.known["linje"]
    lines, dimension = state.lines[water], state.frame["dimensjon_mm"].to_numpy(float)[water]
    reach = float(parameters["va_brannvann_ledning_m"])
    outlet, pipe = shapely.STRtree(lines).query(points, predicate="dwithin", distance=reach)
    if not len(outlet):
        return size, fit
    big = float(parameters["va_brannvann_dimensjon_mm"])
    least = float(parameters["va_brannvann_ende_mm"])
    short = _dead_ends(lines) & (shapely.length(lines) < float(parameters["va_brannvann_ende_m"]))
    good = (dimension >= big) | ((dimension >= least) & short)
    # A pipe of unknown dimension may be the one that is large enough.
    judged = np.where(np.isnan(dimension), UNKNOWN, np.where(good, YES, NO))
    found = pd.DataFrame({"o": outlet, "fit": judged[pipe], "mm": dimension[pipe]})
    best = found.groupby("o").agg(fit=("fit", "max"), mm=("mm", "max"))
    size[best.index], fit[best.index] = best["mm"], best["fit"]
    return size, fit


def _dead_ends(lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which lines have an end that no other line comes to."""
    tree = shapely.STRtree(lines)
    alone = np.zeros(len(lines), dtype=bool)
    for place in (0, -1):
        ends = shapely.get_point(lines, place)
        drawn = np.flatnonzero(~shapely.is_missing(ends))
        at, _ = tree.query(ends[drawn], predicate="dwithin", distance=_HALF_M)
        alone[drawn] |= np.bincount(at, minlength=len(drawn)) == 1
    return alone


def fire_water(bygning: gpd.GeoDataFrame, outlets: Outlets, parameters: Parameters) -> FireWater:
    """Judge each building by the outlets within the distance.

    A small house needs one outlet within the distance. Others need one there and another within
    the longest distance between outlets, that give the amount together. A building without enough
    outlets lacks; one whose outlets are near but of unknown capacity is unknown.

    Parameters
    ----------
    bygning
        Layer of the catalogue.
    outlets
        The fire outlets.
    parameters
        The set ``va_brannvann``.
    """
    kind = bygning["bygningstype"].astype("string").fillna("999")
    shapes = geometries(bygning)
    placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    judged = ~kind.isin(parameters["va_brannvann_uten"]).to_numpy(dtype=bool)
    row = np.flatnonzero(judged & placed)
    small = kind.isin(parameters["va_brannvann_smaahus"]).to_numpy(dtype=bool)[row]
    needs = np.where(
        small,
        float(parameters["va_brannvann_smaahus_l_s"]),
        float(parameters["va_brannvann_annen_l_s"]),
    )
    xy = shapely.get_coordinates(shapely.centroid(shapes[row]))
    limit = float(parameters["va_brannvann_avstand_m"])
    wide = max(limit, float(parameters["va_brannvann_mellom_m"]))
    nearest, nearest_m = np.full(len(row), -1), np.full(len(row), np.inf)
    building, outlet = np.array([], dtype=int), np.array([], dtype=int)
    if len(outlets.ids) and len(row):
        tree = cKDTree(outlets.xy)
        nearest_m, nearest = tree.query(xy)
        lists = tree.query_ball_point(xy, np.where(small, limit, wide))
        building = np.repeat(np.arange(len(row)), [len(one) for one in lists])
        outlet = np.concatenate([np.array(one, dtype=int) for one in lists])
    within = np.bincount(building, minlength=len(row))
    near = (nearest_m <= limit) & (within >= np.where(small, 1, 2))
    capacity = _capacity(building, outlet, outlets, needs, small)
    answer = np.where(near, capacity, NO)
    return FireWater(
        row=row,
        small=small,
        needs_l_s=needs,
        nearest=nearest,
        nearest_m=nearest_m,
        within=within,
        near=near,
        capacity=np.where(near, capacity, UNKNOWN),
        answer=answer,
        unplaced=int((judged & ~placed).sum()),
    )


def _capacity(
    building: Whole, outlet: Whole, outlets: Outlets, needs: Numbers, small: NDArray[np.bool_]
) -> Whole:
    """Judge whether the outlets near each building give what it needs.

    Measured litres are summed for those that may share outlets, and the largest is taken for small
    houses. By dimension one outlet that will do is enough for a small house, and nothing is known
    for 50 l/s: a dimension alone does not tell it, but outlets that all are too small do.
    """
    count = len(needs)
    litres = outlets.l_s[outlet]
    known = np.nan_to_num(litres)
    most, total = np.zeros(count), np.bincount(building, weights=known, minlength=count)
    np.maximum.at(most, building, known)
    enough = np.where(small, most, total) >= needs
    unmeasured = np.isnan(litres)
    fit = np.where(unmeasured, outlets.fit[outlet], NO)
    best = np.zeros(count, dtype=int)
    np.maximum.at(best, building, fit)
    # Unmeasured outlets beside measured ones may give what is lacking.
    open_ = np.bincount(building, weights=unmeasured, minlength=count) > 0
    shared = np.where(open_ & ((best >= UNKNOWN) | (total > 0)), UNKNOWN, NO)
    judged = np.where(small, best, shared)
    return np.where(enough, YES, judged)


def _number(frame: pd.DataFrame, column: str) -> Numbers:
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce").astype("Float64")
    return np.array(values.to_numpy(dtype=np.float64, na_value=np.nan))
