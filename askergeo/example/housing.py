"""The housing programme: dwellings to come by project, type and year, many of them in the north."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.example.districts import north_of
from askergeo.example.land import YEAR

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["YEARS", "make_housing"]

#: The programme reaches this many years ahead.
YEARS: Final = 12
_ROWS: Final = {"liten": 12, "asker": 60}
#: Dwellings a year in all.
_PACE: Final = {"liten": 20, "asker": 420}
_NORTH: Final = 0.5
TYPES: Final = ("enebolig", "smaahus", "leilighet_stor", "leilighet_liten")
#: Mix of the types: Asker builds mostly flats, but in the north homes for families.
_MIX: Final = (0.12, 0.26, 0.24, 0.38)
_NORTH_MIX: Final = (0.2, 0.45, 0.25, 0.1)
#: A field of detached houses is smaller than a block of flats.
_SCALE: Final = (0.25, 0.6, 1.2, 1.2)
#: Latest year ahead of each state, and how sure it is (%).
STATES: Final = {
    "bygges": (2, 95), "tillatelse": (3, 90), "regulert": (6, 75), "kommuneplan": (9, 50),
    "innspill": (YEARS, 20),
}  # fmt: skip


def make_housing(land: Land) -> None:
    """Add boligprogram: projects as points or areas beside homes, and the sums in the key."""
    rng = land.rng("housing programme")
    count = _ROWS[land.size.name]
    project = np.repeat(np.arange(count // 2), 2)  # two rows each: another type or year
    ahead = np.sort(rng.integers(1, YEARS, count // 2))[project] + np.arange(count) % 2
    place, north = _places(land, rng, count // 2)
    kind = np.where(
        north[project],
        rng.choice(len(TYPES), count, p=_NORTH_MIX),
        rng.choice(len(TYPES), count, p=_MIX),
    )
    kind[1::2] = np.where(kind[1::2] == kind[::2], (kind[1::2] + 1) % 4, kind[1::2])
    size = rng.lognormal(0.0, 0.5, count) * np.array(_SCALE)[kind]
    size *= np.where(north[project], _NORTH, 1 - _NORTH) / np.where(
        north[project], size[north[project]].sum(), size[~north[project]].sum()
    )
    homes = np.maximum(np.round(size * _PACE[land.size.name] * YEARS).astype(int), 2)
    limit = np.array([last for last, _ in STATES.values()])
    state = np.searchsorted(limit, ahead)
    names = np.array(list(STATES))[state]
    sure = np.array([share for _, share in STATES.values()], float)[state]
    sure += rng.integers(-1, 2, count) * 5
    # Nobody has judged every third project: its state alone says how sure it is.
    chance = pd.array(np.where(project % 3 == 1, np.nan, np.clip(sure, 5, 100)), dtype="Float64")
    number = land.frames["grunnkrets"]["grunnkretsnavn"].to_numpy()
    unit = land.tables["people"]["unit"].to_numpy()[place.home]
    land.add(
        "boligprogram",
        place.geometry[project],
        prosjekt_id=[f"P{k + 1:03d}" for k in project],
        navn=[f"{number[unit[k]]}, felt {k + 1}" for k in project],
        boligtype=np.array(TYPES)[kind],
        aar=YEAR + ahead,
        boliger=homes,
        sannsynlighet=chance,
        status=names,
        planid=pd.array(place.plan[project], dtype="str"),
    )
    land.key["boligprogram"] = _facts(land, north[project])


class _Places:
    """Geometry, nearest address and plan of each project."""

    def __init__(self, geometry: Array, home: Array, plan: Array) -> None:
        self.geometry = geometry
        self.home = home
        self.plan = plan


def _places(land: Land, rng: np.random.Generator, count: int) -> tuple[_Places, Array]:
    """Choose an address for each project, half of them in the north, and draw it beside it."""
    people = land.tables["people"]
    xy = people[["x", "y"]].to_numpy()
    district = land.tables["parts"]["barn"].to_numpy()[people["part"]]
    homes_north = np.flatnonzero(north_of(land)[district])
    rest = np.flatnonzero(~north_of(land)[district])
    up = round(count * _NORTH)
    home = np.concatenate(
        [rng.choice(homes_north, up, replace=False), rng.choice(rest, count - up, replace=False)]
    )
    north = np.arange(count) < up
    order = rng.permutation(count)
    home, north = home[order], north[order]
    at = np.round(xy[home] + rng.uniform(-6, 6, (count, 2)), 2)
    geometry = np.asarray(shapely.points(at))
    plots = shapely.box(*(at - 45.0).T, *(at + 45.0).T)
    ground = shapely.intersection(plots, land.shapes["ground"])
    drawn = (np.arange(count) % 2 == 0) & (shapely.get_type_id(ground) == 3)
    geometry[drawn] = ground[drawn]
    plans = land.frames["reguleringsplan"]
    tree = shapely.STRtree(plans.geometry.to_numpy())
    row, plan = tree.query(shapely.points(at), predicate="within")
    of = np.full(count, None, dtype=object)
    of[row] = plans["planid"].to_numpy()[plan]
    return _Places(geometry, home, of), north


def _facts(land: Land, north: Array) -> dict[str, Any]:
    """Sum the rows one by one."""
    facts: dict[str, Any] = {
        "rader": 0, "boliger": 0, "i_nord": 0, "uten_sannsynlighet": 0,
        "etter_aar": {}, "etter_type": {}, "etter_status": {},
    }  # fmt: skip
    rows = land.frames["boligprogram"].drop(columns="geometry").to_dict("records")
    for row, up in zip(rows, north.tolist(), strict=True):
        facts["rader"] += 1
        facts["boliger"] += int(row["boliger"])
        facts["i_nord"] += int(row["boliger"]) if up else 0
        facts["uten_sannsynlighet"] += int(pd.isna(row["sannsynlighet"]))
        for name, value in (("etter_aar", str(row["aar"])), ("etter_type", row["boligtype"]),
                            ("etter_status", row["status"])):  # fmt: skip
            facts[name][value] = facts[name].get(value, 0) + int(row["boliger"])
    return facts
