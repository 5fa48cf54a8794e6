"""The pipes of a medium as line strings with their rows; those that cannot be used are told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.va._net_model import MEDIUM_OF_TYPE
from askergeo.va.columns import column_numbers
from askergeo.va.status import in_use

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_report import Repairs

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "DEVICES",
    "Pipes",
    "attributes_of",
    "drawn_lines",
    "medium_of",
    "middles",
    "number_of",
    "order_of",
    "read_pipes",
    "text_of",
]

#: A shorter line is a point: coordinates are kept to the centimetre.
POINT_M = 0.02
#: Functions of rows that are devices between two nodes, not pipes.
DEVICES = ("pumpe", "ventil")
# The largest type number of a geometry that has no parts (3 is a polygon).
_SIMPLE = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Pipes:
    """The line strings of one medium, (l,); a multi-line is several.

    ``row`` is the row of ``va_ledning``; ``first`` and ``last`` say which has its beginning and
    its end; ``points`` are the rows of no length that two nodes make links of; ``alike`` the rows
    that lie in the place of another, but are told apart by what they are.
    """

    shapes: NDArray[np.object_]
    row: Numbers
    first: Flags
    last: Flags
    points: Numbers
    alike: Numbers


def text_of(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column as stripped text, (r,); empty where it is missing or absent."""
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    values = frame[name].astype(object)
    return values.where(values.notna(), "").astype(str).str.strip().to_numpy(dtype=object)


def number_of(frame: pd.DataFrame, name: str) -> Reals:
    """Return a column as finite numbers, (r,); NaN where it is missing, absent or no number."""
    values = column_numbers(frame, name)
    return np.where(np.isfinite(values), values, np.nan)


def order_of(ids: NDArray[np.object_]) -> Numbers:
    """Place of each row in the order of the ids, (r,); rows of one id as they come."""
    place = np.empty(len(ids), dtype=np.int64)
    place[np.argsort(ids.astype(str), kind="stable")] = np.arange(len(ids))
    return place


def medium_of(pipes: pd.DataFrame) -> NDArray[np.object_]:
    """Medium of each row of ``va_ledning``, (r,); empty for an unknown type."""
    kind = text_of(pipes, "type")
    return np.array([MEDIUM_OF_TYPE.get(one, "") for one in kind], dtype=object)


def drawn_lines(frame: gpd.GeoDataFrame) -> Flags:
    """Which rows have a line with coordinates that are numbers, (r,)."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    good = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    good &= shapely.get_dimensions(shapes) == 1
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    good[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return np.asarray(good)


def read_pipes(
    va_ledning: gpd.GeoDataFrame, medium: str, parameters: Parameters, repairs: Repairs
) -> Pipes:
    """Read the pipes of one medium; tell of those that are left out, and why."""
    ids = text_of(va_ledning, "ledning_id")
    mine = medium_of(va_ledning) == medium
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)
    drawn = drawn_lines(va_ledning)
    gone = np.flatnonzero(mine & ~drawn)
    nowhere = np.full(len(gone), None, dtype=object)
    repairs.add("uten_linje", gone, ids=ids[gone], place=nowhere)
    used = in_use(va_ledning, parameters)
    idle = np.flatnonzero(mine & drawn & ~used)
    repairs.add(
        "ikke_i_drift",
        idle,
        ids=ids[idle],
        place=middles(shapes[idle]),
        metres=shapely.length(shapes[idle]),
    )
    row = np.flatnonzero(mine & drawn & used)
    row, points = _without_length(va_ledning, row, shapes, ids, repairs)
    row, alike = _without_doubles(va_ledning, row, shapes, parameters=parameters, repairs=repairs)
    return _taken_apart(shapes, row, points, alike)


def middles(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return a point on each line, halfway along it (along its first part)."""
    lines = shapely.get_geometry(shapes, 0)
    return np.asarray(shapely.line_interpolate_point(lines, 0.5, normalized=True), dtype=object)


def _without_length(
    va_ledning: gpd.GeoDataFrame,
    row: Numbers,
    shapes: NDArray[np.object_],
    ids: NDArray[np.object_],
    repairs: Repairs,
) -> tuple[Numbers, Numbers]:
    """Rows with length; and those without that are links between two nodes, as in models."""
    box = shapely.bounds(shapes[row])
    flat = np.hypot(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) < POINT_M
    start, end = (text_of(va_ledning, name)[row] for name in ("fra_node_id", "til_node_id"))
    link = flat & (start != "") & (end != "") & (start != end)
    device = np.isin(text_of(va_ledning, "funksjon")[row], DEVICES)
    for rule, which in (("null_lengde", flat & ~link), ("null_lengde_node", link & ~device)):
        told = row[which]
        repairs.add(rule, told, ids=ids[told], place=middles(shapes[told]), metres=0.0)
    return row[~flat], row[link]


def _without_doubles(
    va_ledning: gpd.GeoDataFrame,
    row: Numbers,
    shapes: NDArray[np.object_],
    *,
    parameters: Parameters,
    repairs: Repairs,
) -> tuple[Numbers, Numbers]:
    """Rows without those that are another drawn again, the one that says most stays; and twins."""
    ids = text_of(va_ledning, "ledning_id")
    device = np.isin(text_of(va_ledning, "funksjon")[row], DEVICES)
    candidates = row[~device]
    one, other = _same_place(shapes[candidates], float(parameters["va_nett_dobbel_m"]))
    one, other = candidates[one], candidates[other]
    kind = text_of(va_ledning, "type")
    same = kind[one] == kind[other]
    one, other = one[same], other[same]
    told = attributes_of(va_ledning, parameters)
    known = (~np.isnan(told)).sum(axis=1)
    # Unknown is neither like nor unlike.
    clash = (np.abs(told[one] - told[other]) > 0).any(axis=1)
    # Of two that say as much the first by name stays, whatever the order of the rows.
    order = order_of(ids)
    first_one = order[one] < order[other]
    stays = (known[one] > known[other]) | ((known[one] == known[other]) & first_one)
    first, again = np.where(stays, one, other), np.where(stays, other, one)
    gone = np.unique(again[~clash])
    doubt = clash & ~np.isin(again, gone) & ~np.isin(first, gone)
    for rule, which in (("dobbel", ~clash), ("dobbel_ulik", doubt)):
        number, at = np.unique(again[which], return_index=True)
        repairs.add(
            rule,
            number,
            ids=ids[number],
            other=ids[first[which][at]],
            place=middles(shapes[number]),
            metres=shapely.length(shapes[number]),
        )
    return row[~np.isin(row, gone)], np.unique(np.r_[first[doubt], again[doubt]])


def _same_place(shapes: NDArray[np.object_], limit: float) -> tuple[Numbers, Numbers]:
    """Pairs of lines that are nowhere further apart than ``limit`` metres."""
    if len(shapes) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(owner, np.arange(len(shapes)))
    last = np.r_[first[1:], len(owner)] - 1
    drawn = np.hstack([coordinates[first], coordinates[last]])
    turned = np.hstack([coordinates[last], coordinates[first]])
    # Both ends within the limit is within so much in four dimensions.
    reach = max(limit, POINT_M) * np.sqrt(2)
    tree = cKDTree(drawn)
    alike = tree.query_pairs(reach, output_type="ndarray")
    found = tree.sparse_distance_matrix(cKDTree(turned), reach, output_type="ndarray")
    against = np.column_stack([found["i"], found["j"]])
    pairs = np.unique(np.sort(np.concatenate([alike, against]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    near = shapely.hausdorff_distance(shapes[pairs[:, 0]], shapes[pairs[:, 1]]) <= limit
    return pairs[near, 0], pairs[near, 1]


def attributes_of(va_ledning: pd.DataFrame, parameters: Parameters) -> Reals:
    """Dimension, material (as a number) and year of each row, (r, 3); NaN where unknown."""
    size, year = number_of(va_ledning, "dimensjon_mm"), number_of(va_ledning, "anleggsaar")
    words = {str(one).casefold() for one in parameters["va_nett_ukjent_ord"]}
    number, names = pd.factorize(text_of(va_ledning, "materiale"))
    # The same word in other letters is the same material.
    folded = [str(one).casefold() for one in names]
    code = {one: np.nan if one in words else at for at, one in enumerate(dict.fromkeys(folded))}
    material = np.array([code[one] for one in folded], dtype=np.float64)[number]
    earliest, latest = parameters["va_nett_tidligst_aar"], parameters["va_nett_senest_aar"]
    possible = (year >= earliest) & (year <= latest)
    return np.column_stack(
        [np.where(size > 0, size, np.nan), material, np.where(possible, year, np.nan)]
    )


def _taken_apart(
    shapes: NDArray[np.object_], row: Numbers, points: Numbers, alike: Numbers
) -> Pipes:
    """Line strings of rows; those of several parts have one for each."""
    parts, index = shapely.get_parts(shapes[row], return_index=True)
    while (shapely.get_type_id(parts) > _SIMPLE).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        index = index[inner]
    long = shapely.length(parts) >= POINT_M
    parts, number = parts[long], row[index[long]]
    change = np.flatnonzero(np.diff(number, prepend=-1, append=-1))
    first, last = np.zeros(len(number), dtype=bool), np.zeros(len(number), dtype=bool)
    first[change[:-1]], last[change[1:] - 1] = True, True
    return Pipes(shapes=parts, row=number, first=first, last=last, points=points, alike=alike)
