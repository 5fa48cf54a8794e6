"""School districts: units joined around each school, lower secondary ones of whole primary ones.

Every unit follows the shortest way over shared borders to its school, so a district is in one
piece. One unit is cut by a district's border on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely
import shapely.ops
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial.distance import cdist

from askergeo.example.schools import stage_of
from askergeo.example.shapes import partition
from askergeo.example.units import borders, unit_of

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["NORTH", "STAGES", "make_school_districts", "north_of"]

STAGES: Final = ("barnetrinn", "ungdomstrinn")
_ROUNDS: Final = 10
_PULL: Final = 220.0  # metres for each e-fold of pupils above the mean
_LEAST: Final = 1.0
#: The share of the schools that lie in the north.
NORTH: Final = 0.3
_PREFIX: Final = {"barnetrinn": "B", "ungdomstrinn": "U"}


class _Cut(NamedTuple):
    """A unit whose far part belongs to another district than the rest."""

    unit: int
    other: int
    line: shapely.LineString


def north_of(land: Land) -> Array:
    """Primary districts (bool) that lie farthest north, about a third of them."""
    districts = land.frames["skolekrets"].query("trinn == 'barnetrinn'")
    y = shapely.get_y(shapely.centroid(districts["geometry"].to_numpy()))
    return np.asarray(y >= np.quantile(y, 1.0 - NORTH))


def make_school_districts(land: Land) -> None:
    """Add skolekrets; part, barn and ungdom of each address go to the table people.

    The table parts has a row for each unit's share of a district: unit, barn and ungdom (places in
    the tables of districts), geometry.
    """
    units = land.frames["grunnkrets"].geometry.to_numpy()
    schools = land.frames["skole"]
    usable = (schools["eierform"] == "kommunal") & schools["fra_aar"].isna()
    rows = {s: np.flatnonzero(usable.to_numpy() & stage_of(schools, s)) for s in STAGES}
    at = shapely.get_coordinates(schools["geometry"].to_numpy())
    heart = _hearts(land, units)
    a, b, _ = borders(units)
    pupils = _pupils(land, len(units))
    barn = _grow(heart, a, b, at[rows["barnetrinn"]], pupils)
    feeding = _feeding(land, (a, b), barn, at[rows["ungdomstrinn"]])
    cut = _straddling(land, units, barn, feeding, at[rows["barnetrinn"]])
    parts = _parts(units, barn, feeding, cut)
    names = ("grunnkretsnummer", "grunnkretsnavn")
    land.add(  # again, for the nodes where the cut meets the borders
        "grunnkrets",
        _joined(parts["geometry"].to_numpy(), parts["unit"].to_numpy()),
        **{name: land.frames["grunnkrets"][name].to_numpy() for name in names},
    )
    land.tables["parts"] = parts
    people = land.tables["people"]
    people["part"] = unit_of(parts["geometry"].to_numpy(), people[["x", "y"]].to_numpy())
    people["unit"] = parts["unit"].to_numpy()[people["part"]]
    _add_districts(land, parts, rows)
    numbers = land.frames["grunnkrets"]["grunnkretsnummer"]
    districts = land.frames["skolekrets"]["krets_id"]
    if cut is not None:
        land.key["delt_grunnkrets"] = {
            "grunnkretsnummer": numbers[cut.unit],
            "kretser": [districts[int(barn[cut.unit])], districts[cut.other]],
        }


def _hearts(land: Land, units: Array) -> Array:
    """Middle of the homes of each unit; of the unit itself where nobody lives."""
    people = land.tables["people"]
    number = np.bincount(people["unit"], minlength=len(units))[:, None]
    total = np.column_stack(
        [np.bincount(people["unit"], people[name], len(units)) for name in ("x", "y")]
    )
    inside = shapely.get_coordinates(shapely.point_on_surface(units))
    return np.asarray(np.where(number > 0, total / np.maximum(number, 1), inside))


def _pupils(land: Land, count: int) -> Array:
    """Children of school age (6–15) in each unit."""
    ages = land.tables["ages"]
    child = ages["age"].between(6, 15).to_numpy()
    unit = land.tables["people"]["unit"].to_numpy()[ages["address"].to_numpy()[child]]
    return np.bincount(unit, minlength=count).astype(float)


def _grow(heart: Array, a: Array, b: Array, school: Array, pupils: Array) -> Array:
    """School (place in ``school``) of each unit: the nearest over shared borders.

    A few rounds make the way to a school that gets many pupils longer for all, so that the
    districts become more alike. Every unit on the way belongs to the same school.
    """
    source, target = linear_sum_assignment(cdist(school, heart))
    start = np.empty(len(school), int)
    start[source] = target
    length = np.hypot(*(heart[a] - heart[b]).T)
    hub = len(heart)
    handicap = np.full(len(school), _LEAST)
    place = _nearest(start, (a, b, length), handicap, hub)
    for _ in range(_ROUNDS):
        size = np.bincount(place, pupils, len(school))
        pull = _PULL * np.log(np.maximum(size, 1.0) / pupils.sum() * len(school))
        trial = np.maximum(handicap + pull - (handicap + pull).min() + _LEAST, _LEAST)
        moved = _nearest(start, (a, b, length), trial, hub)
        if (moved[start] == np.arange(len(school))).all():  # else a school has lost its own unit
            handicap, place = trial, moved
    return place


def _nearest(start: Array, edges: tuple[Array, Array, Array], handicap: Array, hub: int) -> Array:
    """Follow the shortest ways out from a hub that leads to each school with its handicap."""
    a, b, length = edges
    ends = (np.r_[a, np.full(len(start), hub)], np.r_[b, start])
    graph = coo_array((np.r_[length, handicap], ends), shape=(hub + 1, hub + 1)).tocsr()
    far, before = dijkstra(graph, directed=False, indices=hub, return_predecessors=True)
    place = np.full(hub + 1, -1)
    of = dict(zip(start.tolist(), range(len(start)), strict=True))
    for unit in np.argsort(far, kind="stable")[1:].tolist():
        last = int(before[unit])
        place[unit] = of[unit] if last == hub else place[last]
    return np.asarray(place[:hub])


def _feeding(land: Land, edges: tuple[Array, Array], barn: Array, school: Array) -> Array:
    """Lower secondary district of each primary one: whole districts go together."""
    people = land.tables["people"]
    count = int(barn.max()) + 1
    home = barn[people["unit"]]
    number = np.maximum(np.bincount(home, minlength=count), 1)
    middle = np.column_stack(
        [np.bincount(home, people[name], count) / number for name in ("x", "y")]
    )
    pairs = np.unique(np.sort(np.column_stack([barn[edges[0]], barn[edges[1]]]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    pupils = np.bincount(barn, _pupils(land, len(barn)), count)
    return _grow(middle, pairs[:, 0], pairs[:, 1], school, pupils)


def _straddling(
    land: Land, units: Array, barn: Array, feeding: Array, school: Array
) -> _Cut | None:
    """Find the unit to cut: many homes, neighbours in two districts that feed the same school."""
    people = land.tables["people"]
    a, b, _ = borders(units)
    near = pd.DataFrame({"unit": np.r_[a, b], "other": barn[np.r_[b, a]]}).drop_duplicates()
    near = near[near["other"].to_numpy() != barn[near["unit"]]]
    near["same"] = feeding[near["other"]] == feeding[barn[near["unit"]]]
    near["homes"] = np.bincount(people["unit"], minlength=len(units))[near["unit"]]
    # A district of one unit would be cut off from itself.
    near = near[np.bincount(barn)[barn[near["unit"]]] > 2]
    near = near.sort_values(["same", "homes", "unit"], ascending=[False, False, True])
    for unit, other in zip(near["unit"], near["other"], strict=True):
        cut = _try(land, units, barn, unit=int(unit), other=int(other), toward=school[int(other)])
        if cut is not None:
            return cut
    return None


def _try(
    land: Land, units: Array, barn: Array, *, unit: int, other: int, toward: Array
) -> _Cut | None:
    """Cut a unit across the way to another school, when both parts have homes and neighbours."""
    people = land.tables["people"]
    homes = people.loc[people["unit"] == unit, ["x", "y"]].to_numpy()
    if len(homes) < 12:
        return None
    way = toward - homes.mean(axis=0)
    way = way / max(float(np.hypot(*way)), 1.0)
    middle = homes.mean(axis=0) + way * np.quantile((homes - homes.mean(axis=0)) @ way, 0.6)
    across = np.array([way[1], -way[0]]) * 30_000.0  # the other district lies to its left
    line = shapely.LineString([middle - across, middle + across])
    pieces = shapely.get_parts(shapely.ops.split(units[unit], line))
    if len(pieces) != 2:
        return None
    far = _left_of(line, pieces)
    own = barn == barn[unit]
    own[unit] = False
    groups = (np.r_[units[own], pieces[~far]], np.r_[units[barn == other], pieces[far]])
    return _Cut(unit, other, line) if all(_in_one_piece(group) for group in groups) else None


def _left_of(line: shapely.LineString, pieces: Array) -> Array:
    """Tell which areas lie to the left of a straight line."""
    start, end = shapely.get_coordinates(line)
    at = shapely.get_coordinates(shapely.point_on_surface(pieces)) - start
    way = end - start
    return np.asarray(way[0] * at[:, 1] - way[1] * at[:, 0] > 0)


def _in_one_piece(cells: Array) -> bool:
    a, b, _ = borders(cells)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(cells), len(cells)))
    return bool(connected_components(graph, directed=False)[0] == 1)


def _parts(units: Array, barn: Array, feeding: Array, cut: _Cut | None) -> pd.DataFrame:
    """Return the units as they are and the cut one in two, all with shared nodes."""
    if cut is None:
        frame = pd.DataFrame({"unit": np.arange(len(units)), "barn": barn, "ungdom": feeding[barn]})
        return frame.assign(geometry=units)
    across = shapely.intersection(cut.line, shapely.buffer(units[cut.unit], 0.05))
    faces = partition([shapely.boundary(units), across])
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    unit = unit_of(units, inner)
    moved = (unit == cut.unit) & _left_of(cut.line, faces)
    order = np.lexsort((moved, unit))
    frame = pd.DataFrame({"unit": unit, "barn": np.where(moved, cut.other, barn[unit])})
    frame["ungdom"] = feeding[frame["barn"]]
    frame["geometry"] = faces
    return frame.iloc[order].reset_index(drop=True)


def _joined(faces: Array, owner: Array) -> Array:
    """One area of each owner's faces."""
    return np.array(
        [shapely.union_all(faces[owner == k]) for k in range(int(owner.max()) + 1)], dtype=object
    )


def _add_districts(land: Land, parts: pd.DataFrame, rows: dict[str, Array]) -> None:
    """Add the layer skolekrets; the place of a district in its table is its school's."""
    schools = land.frames["skole"]
    faces = parts["geometry"].to_numpy()
    columns: dict[str, list[str]] = {"krets_id": [], "navn": [], "trinn": [], "skole_id": []}
    shapes = []
    for stage, column in zip(STAGES, ("barn", "ungdom"), strict=True):
        mine = schools.iloc[rows[stage]]
        shapes.append(_joined(faces, parts[column].to_numpy()))
        columns["krets_id"] += [f"{_PREFIX[stage]}{k + 1:02d}" for k in range(len(mine))]
        columns["navn"] += [f"{name} ({stage})" for name in mine["navn"]]
        columns["trinn"] += [stage] * len(mine)
        columns["skole_id"] += mine["skole_id"].tolist()
    land.add("skolekrets", np.concatenate(shapes), **columns)
