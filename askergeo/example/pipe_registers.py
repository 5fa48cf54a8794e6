"""Registers beside the pipes: connections, meters and the zones' areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from rasterio import features
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order
from scipy.spatial import cKDTree

from askergeo.example.land import YEAR
from askergeo.example.pipe_water import LITRES

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["METERED", "METER_YEARS", "areas", "connect", "meter_zones", "meters", "register"]

_REACH: Final = 65.0  # metres from a home to the pipe that it is connected to
_JOINED: Final = {"vann": 0.975, "avlop": 0.985}
_UNKNOWN: Final = 0.02
_NO_ROW: Final = 0.03
_NO_PIPE: Final = 0.08
_LEAST: Final = 0.02  # share of the residents that a metering zone has at least
METERED: Final = 0.92
METER_YEARS: Final = tuple(range(YEAR - 4, YEAR + 1))
#: Leak of each zone by turns, share of what is delivered in it.
LEAKS: Final = (0.34, 0.18, 0.47, 0.29, 0.41, 0.12, 0.36, 0.52, 0.24, 0.31)
_NIGHT: Final = 0.35  # litres an hour and resident used at night
_AROUND: Final = 110.0  # metres that a zone reaches from its pipes


def connect(land: Land, name: str, lines: Array, usable: Array) -> Array:
    """Join most homes to the nearest usable pipe within reach.

    Returns the row of the pipe of each address (a,), -1 where it is not connected.
    """
    rng = land.rng(f"connections {name}")
    rows = np.flatnonzero(usable)
    xy = land.tables["people"][["x", "y"]].to_numpy()
    tree = shapely.STRtree(lines[rows])
    (point, near), metres = tree.query_nearest(
        shapely.points(xy), return_distance=True, all_matches=False
    )
    pipe, away = np.full(len(xy), -1), np.full(len(xy), np.inf)
    pipe[point], away[point] = rows[near], metres
    joined = (away <= _REACH) & (rng.random(len(xy)) < _JOINED[name])
    return np.where(joined, pipe, -1)


def register(land: Land, water: Array, sewer: Array, ids: Array) -> pd.DataFrame:
    """Return va_tilknytning: some rows are missing, some answers unknown, some pipes not told."""
    rng = land.rng("connection register")
    count = len(water)
    frame: dict[str, Any] = {"adresse_id": land.frames["adresse"]["adresse_id"].to_numpy()}
    for name, pipe in (("vann", water), ("avlop", sewer)):
        unknown = rng.random(count) < _UNKNOWN
        frame[name] = pd.arrays.BooleanArray(pipe >= 0, unknown)
        told = (pipe >= 0) & ~unknown & (rng.random(count) >= _NO_PIPE)
        frame[f"{name}_ledning_id"] = pd.Series(ids[np.maximum(pipe, 0)]).where(told, None)
    whole = pd.DataFrame(frame)
    return whole[rng.random(count) >= _NO_ROW].reset_index(drop=True)


def meter_zones(land: Land, xy: Array, own: Array, living: Array) -> Array:
    """Metering zone of each water node (n,), -1 in private nets: by the nearest fit centre."""
    centres = land.tables["centres"]
    middle = centres[["x", "y"]].to_numpy()
    fit = np.arange(len(centres))
    least = _LEAST * living.sum()
    for _ in range(len(centres)):
        zone = cKDTree(middle[fit]).query(xy)[1]
        people = np.bincount(zone[~own], living[~own], len(fit))
        if people.min() >= least or len(fit) == 1:
            break
        fit = np.delete(fit, int(np.argmin(people)))
    return np.where(own, -1, zone)


def meters(
    land: Land, zone: Array, ends: Array, living: Array, *, source: int, names: list[str]
) -> tuple[pd.DataFrame, Array]:
    """Water into each zone by year, so that the planted leak is what remains.

    Returns
    -------
    tuple
        The table, and the leak share of each zone.
    """
    rng = land.rng("water meters")
    count = len(names)
    pair = zone[ends]
    pair = pair[(pair >= 0).all(axis=1) & (pair[:, 0] != pair[:, 1])]
    graph = coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(count, count))
    order, before = breadth_first_order(graph.tocsr(), int(zone[source]), directed=False)
    people = np.bincount(zone[zone >= 0], living[zone >= 0], count)
    leak = np.array([LEAKS[k % len(LEAKS)] for k in range(count)])
    rows = []
    for year in METER_YEARS:
        used = people * LITRES * 0.365 * (1 + 0.02 * rng.standard_normal(count))
        used = np.maximum(np.round(used), 1.0)
        lost = np.round(used * leak / (1 - leak))
        on = np.zeros(count)
        for k in order[::-1].tolist():
            if before[k] >= 0:
                on[before[k]] += used[k] + lost[k] + on[k]
        night = lost / 31_536.0 + _NIGHT * people / 3_600.0
        metered = np.round(used * METERED)
        rows.append(pd.DataFrame({
            "sone_id": names, "aar": year, "inn_m3": used + lost + on, "ut_m3": on,
            "forbruk_m3": metered, "umaalt_m3": used - metered, "natt_l_s": np.round(night, 2),
        }))  # fmt: skip
    return pd.concat(rows, ignore_index=True), leak


def areas(land: Land, lines: Array, zone: Array) -> tuple[Array, Array]:
    """Areas around the pipes of each zone, without overlap, and their numbers.

    Each cell near a pipe belongs to the zone of the nearest.
    """
    rows = np.flatnonzero(zone >= 0)
    xy, owner = shapely.get_coordinates(
        shapely.segmentize(lines[rows], land.grid.cell / 2), return_index=True
    )
    label = np.full(land.grid.shape, -1, np.int32)
    label.ravel()[land.grid.flat(xy)] = zone[rows][owner]
    away, near = ndimage.distance_transform_edt(label < 0, return_indices=True)
    held = (away * land.grid.cell <= _AROUND) & land.arrays["inside"]
    label = np.where(held, label[tuple(near)], -1).astype(np.int32)
    found = features.shapes(label, mask=label >= 0, transform=land.grid.transform)
    shapes, numbers = [], []
    for outline, number in found:
        shapes.append(shapely.geometry.shape(outline))
        numbers.append(int(number))
    kinds, index = np.unique(numbers, return_inverse=True)
    pieces = np.array(shapes, dtype=object)
    whole = [shapely.union_all(pieces[index == k]) for k in range(len(kinds))]
    return np.array(whole, dtype=object), kinds
