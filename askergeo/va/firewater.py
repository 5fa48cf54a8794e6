"""Which buildings have fire water: how near the outlets are, and how much they give.

Distances are straight lines from the place of the building: those of a hose are longer. How much an
outlet gives is what was measured, where it was; else what a model says; else it is judged by the
dimension of the pipe that the outlet stands on, and is then a judgement of whether the pipe is
large enough, not litres. Unknown is unknown, and never no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo._progress import tell
from askergeo.geometry import geometries
from askergeo.va._fire_blocks import ALONE_SHARE, blocks
from askergeo.va._fire_model import NO, UNKNOWN, YES
from askergeo.va.state import pipe_state

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._fire_model import FireModel

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "ANSWERS",
    "BASES",
    "BY_DIMENSION",
    "BY_MODEL",
    "DISTANCE",
    "GROUNDS",
    "MEASURED",
    "NO",
    "NOTHING",
    "UNKNOWN",
    "YES",
    "FireWater",
    "Outlets",
    "fire_water",
    "outlet_places",
    "outlets_of",
]

#: What is said of a building, in that order.
ANSWERS: Final = ("Mangler", "Ukjent", "Har")
MEASURED, BY_MODEL, BY_DIMENSION, NOTHING = 0, 1, 2, 3
#: What the capacity of an outlet is known by, the surest first.
BASES: Final = ("Målt", "Modell", "Etter dimensjon", "Ukjent")
#: What an answer for a building stands on.
GROUNDS: Final = (*BASES, "Målt hver for seg", "Avstanden")
DISTANCE: Final = 5
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
    model_l_s
        What the model says, up to ``most_l_s``, (h,); NaN where it says nothing or was not asked.
    most_l_s
        The most that is tried in the model.
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
    model_l_s: Numbers
    most_l_s: float
    dimension_mm: Numbers
    fit: Whole
    basis: Whole
    next_m: Numbers

    @property
    def litres(self) -> Numbers:
        """What each gives: measured, else by the model; NaN unknown."""
        return np.where(np.isnan(self.l_s), self.model_l_s, self.l_s)


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
    ground
        Place in `GROUNDS`, (b,): what the answer stands on.
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
    ground: Whole
    unplaced: int


def outlet_places(va_node: gpd.GeoDataFrame) -> tuple[Whole, NDArray[np.object_], Numbers]:
    """Find the fire outlets: rows of ``va_node``, ids, and places (h, 2)."""
    points = geometries(va_node)
    placed = ~shapely.is_missing(points) & ~shapely.is_empty(points)
    mine = np.flatnonzero((va_node["type"] == "hydrant").fillna(value=False).to_numpy() & placed)
    ids = va_node["node_id"].astype(str).to_numpy(dtype=object)[mine]
    return mine, ids, shapely.get_coordinates(shapely.centroid(points[mine]))


def outlets_of(
    va_node: gpd.GeoDataFrame,
    va_ledning: gpd.GeoDataFrame | None,
    parameters: Parameters,
    model: FireModel | None = None,
) -> Outlets:
    """Find the fire outlets, and what is known of what each gives.

    Parameters
    ----------
    va_node, va_ledning
        Layers of the catalogue; without pipes only measured outlets are known.
    parameters
        The set ``va_brannvann``.
    model
        The model that those which are not measured draw from (all, when the parameter asks for it);
        made of the same ``va_node``.
    """
    mine, ids, xy = outlet_places(va_node)
    measured = _number(va_node, "kapasitet_l_s")[mine]
    spots = np.asarray(shapely.points(xy), dtype=object)
    size, fit = _by_dimension(spots, va_ledning, parameters)
    next_m = np.full(len(mine), np.inf)
    if len(mine) > 1:
        next_m = cKDTree(xy).query(xy, k=2)[0][:, 1]
    modelled = np.full(len(mine), np.nan)
    if model is not None:
        asked = np.isnan(measured) | (parameters["va_brannvann_modell"] == "alle")
        outlets = np.flatnonzero(asked).tolist()
        for done, one in enumerate(outlets):
            tell(
                ALONE_SHARE * done / len(outlets), f"Uttak {done + 1} av {len(outlets)} i modellen"
            )
            modelled[one] = model.alone(one)
    known = [~np.isnan(measured), ~np.isnan(modelled), fit != UNKNOWN]
    return Outlets(
        ids=ids,
        xy=xy,
        l_s=measured,
        model_l_s=modelled,
        most_l_s=np.nan if model is None else model.most_l_s,
        dimension_mm=size,
        fit=fit,
        basis=np.select(known, [MEASURED, BY_MODEL, BY_DIMENSION], NOTHING),
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
    state = pipe_state(va_ledning, parameters)
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


def fire_water(
    bygning: gpd.GeoDataFrame,
    outlets: Outlets,
    parameters: Parameters,
    model: FireModel | None = None,
) -> FireWater:
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
    model
        The model that tells what outlets give at the same time.
    """
    kind = bygning["bygningstype"].astype("string").fillna("999")
    shapes = geometries(bygning)
    placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    judged = ~kind.isin(parameters["va_brannvann_uten"]).to_numpy(dtype=bool)
    row = np.flatnonzero(judged & placed)
    small = kind.isin(parameters["va_brannvann_smaahus"]).to_numpy(dtype=bool)[row]
    amounts = [float(parameters[f"va_brannvann_{one}_l_s"]) for one in ("smaahus", "annen")]
    needs = np.where(small, *amounts)
    xy = shapely.get_coordinates(shapely.centroid(shapes[row]))
    limits = [float(parameters[one]) for one in ("va_brannvann_avstand_smaahus_m",
                                                  "va_brannvann_avstand_m")]  # fmt: skip
    limit = np.where(small, *limits)
    wide = max(limits[1], float(parameters["va_brannvann_mellom_m"]))
    nearest, nearest_m = np.full(len(row), -1), np.full(len(row), np.inf)
    building, outlet = np.array([], dtype=int), np.array([], dtype=int)
    if len(outlets.ids) and len(row):
        tree = cKDTree(outlets.xy)
        nearest_m, nearest = tree.query(xy)
        lists = tree.query_ball_point(xy, np.where(small, limit, wide), return_sorted=True)
        building = np.repeat(np.arange(len(row)), [len(one) for one in lists])
        outlet = np.concatenate([np.array(one, dtype=int) for one in lists])
    within = np.bincount(building, minlength=len(row))
    near = (nearest_m <= limit) & (within >= np.where(small, 1, 2))
    capacity, ground = _houses(building, outlet, outlets, amounts[0], len(row))
    away = np.hypot(*(xy[building] - outlets.xy[outlet]).T)
    mine = np.isin(building, np.flatnonzero(near & ~small))
    told = blocks(
        (building[mine], outlet[mine]), away[mine] <= limits[1], outlets, amounts[1], model
    )
    for one, (answer, stands_on) in told.items():
        capacity[one], ground[one] = answer, stands_on
    capacity[~near], ground[~near] = UNKNOWN, DISTANCE
    return FireWater(
        row=row,
        small=small,
        needs_l_s=needs,
        nearest=nearest,
        nearest_m=nearest_m,
        within=within,
        near=near,
        capacity=capacity,
        answer=np.where(near, capacity, NO),
        ground=ground,
        unplaced=int((judged & ~placed).sum()),
    )


def _houses(
    building: Whole, outlet: Whole, outlets: Outlets, need: float, count: int
) -> tuple[Whole, Whole]:
    """Judge by the best outlet near each building, and tell what that is known by.

    A yes stands on the surest of the outlets that will do, a no on the least sure of all.
    """
    litres = outlets.litres
    each = np.where(np.isnan(litres), outlets.fit, np.where(litres >= need, YES, NO)).astype(int)
    best = np.zeros(count, dtype=int)
    np.maximum.at(best, building, each[outlet])
    surest, least = np.full(count, NOTHING), np.zeros(count, dtype=int)
    good = each[outlet] == YES
    np.minimum.at(surest, building[good], outlets.basis[outlet[good]])
    np.maximum.at(least, building, outlets.basis[outlet])
    return best, np.select([best == YES, best == NO], [surest, least], NOTHING)


def _number(frame: pd.DataFrame, column: str) -> Numbers:
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce").astype("Float64")
    return np.array(values.to_numpy(dtype=np.float64, na_value=np.nan))
