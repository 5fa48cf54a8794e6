"""Addresses and the people who live there, by single year of age.

People come as households: the type of dwelling decides the mix of households, and a household
gives its members ages that go together. The age pyramid follows from that; nothing is drawn
from a register.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.shapes import point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["AGE_GROUPS", "make_residents"]

#: Age groups of the key: municipal service ages.
AGE_GROUPS = ((0, 0), (1, 5), (6, 12), (13, 15), (16, 19), (20, 44), (45, 66), (67, 79), (80, 120))
#: Households: young single, young couple, family, single parent, mid-age couple, mid-age
#: single, older couple, older single. Share of each in small houses, row houses and flats.
MIX = {
    "small": (0.02, 0.06, 0.42, 0.05, 0.19, 0.07, 0.13, 0.07),
    "row": (0.05, 0.11, 0.36, 0.09, 0.12, 0.10, 0.09, 0.11),
    "flat": (0.15, 0.15, 0.14, 0.07, 0.09, 0.13, 0.11, 0.20),
}


def make_residents(land: Land) -> None:
    """Addresses, residents by age and the 250 m grid; adds adresse, befolkning, befolkning_rute."""
    house = land.tables["buildings"]
    lived = house[house["dwellings"] > 0].reset_index(drop=True)
    home = np.repeat(np.arange(len(lived)), lived["dwellings"])
    age, owner = _households(land, lived["code"].to_numpy()[home])
    at = home[owner]
    code = lived["code"].to_numpy()
    ids = np.char.add("A", (np.arange(len(lived)) + 100_001).astype(str))
    centre = np.round(shapely.get_coordinates(shapely.centroid(lived["geometry"].to_numpy())), 2)
    land.add(
        "adresse",
        point_array(centre),
        adresse_id=ids,
        adressetekst=_addresses(land, centre),
        bygning_id=lived["id"].astype(str).to_numpy(),
        boliger=lived["dwellings"].to_numpy(),
    )
    pair, count = np.unique(at * 200 + age, return_counts=True)
    land.add(
        "befolkning",
        adresse_id=ids[pair // 200],
        alder=(pair % 200).astype(np.int64),
        antall=count.astype(np.int64),
    )
    residents = np.bincount(at, minlength=len(lived))
    land.tables["people"] = pd.DataFrame(
        {"x": centre[:, 0], "y": centre[:, 1], "residents": residents, "code": code}
    )
    land.tables["ages"] = pd.DataFrame({"age": age, "address": at})
    _squares(land, centre, residents)


def _households(land: Land, code: Array) -> tuple[Array, Array]:
    """Ages of all residents and the dwelling that each lives in."""
    rng = land.rng("households")
    kind = np.select([code < 130, code < 140], ["small", "row"], "flat")
    count = len(code)
    form = np.empty(count, int)
    for name, mix in MIX.items():
        mine = kind == name
        form[mine] = rng.choice(len(mix), int(mine.sum()), p=np.array(mix) / sum(mix))
    empty = rng.random(count) < 0.025  # between tenants
    young = 19 + 15 * rng.beta(1.6, 1.5, count)
    parent = np.clip(rng.normal(42, 7.2, count), 24, 62)
    middle = 45 + 23 * rng.random(count)
    older = np.clip(66 + 30 * rng.beta(1.15, 2.6, count), 66, 101)
    single_old = np.clip(67 + 34 * rng.beta(1.4, 1.9, count), 67, 104)
    first = np.select(
        [form == 0, form == 1, (form == 2) | (form == 3), (form == 4) | (form == 5), form == 6],
        [young, young + 4, parent, middle, older], single_old,
    )  # fmt: skip
    pair = np.isin(form, [1, 2, 4, 6]) & ~empty
    ages, owners = [first[~empty]], [np.flatnonzero(~empty)]
    ages.append(np.clip(first + rng.normal(-1.5, 3.0, count), 19, 104)[pair])
    owners.append(np.flatnonzero(pair))
    children = np.where(
        np.isin(form, [2, 3]), rng.choice(5, count, p=[0, 0.27, 0.49, 0.2, 0.04]), 0
    )
    birth = np.clip(rng.normal(30.5, 4.3, count), 19, 44)
    for k in range(1, 5):
        child = first - birth - (k - 1) * rng.uniform(1.8, 4.0, count)
        has = (children >= k) & (child >= 0) & (child < 21 + rng.exponential(1.5, count)) & ~empty
        ages.append(child[has])
        owners.append(np.flatnonzero(has))
    grown = (form == 4) & ~empty & (rng.random(count) < 0.3)  # still at home
    ages.append(np.clip(first - birth - 2, 16, 26)[grown])
    owners.append(np.flatnonzero(grown))
    age, owner = np.floor(np.concatenate(ages)).astype(int), np.concatenate(owners)
    return age, owner


def _addresses(land: Land, centre: Array) -> list[str]:
    """Street name and number; numbers run along each street, odd ones on the left."""
    roads = land.tables["local_roads"]
    lines = roads["geometry"].to_numpy()
    point = point_array(centre)
    _, road = shapely.STRtree(lines).query_nearest(point, all_matches=False)
    along = shapely.line_locate_point(lines[road], point)
    a = shapely.get_coordinates(shapely.line_interpolate_point(lines[road], along))
    b = shapely.get_coordinates(shapely.line_interpolate_point(lines[road], along + 1.0))
    side = (b - a)[:, 0] * (centre - a)[:, 1] - (b - a)[:, 1] * (centre - a)[:, 0]
    left = (side > 0).astype(int)
    order = np.lexsort((along, left, road))
    key = road[order] * 2 + left[order]
    start = np.r_[True, key[1:] != key[:-1]]
    first = np.maximum.accumulate(np.where(start, np.arange(len(key)), 0))
    number = np.empty(len(key), int)
    number[order] = 2 * (np.arange(len(key)) - first) + 2 - left[order]
    names = roads["navn"].to_numpy()
    return [f"{names[r]} {n}" for r, n in zip(road, number, strict=True)]


def _squares(land: Land, centre: Array, residents: Array) -> None:
    """Residents in squares of 250 m, as Statistics Norway gives them out."""
    side = 250.0
    cell = np.floor(centre / side).astype(np.int64)
    square, index = np.unique(cell, axis=0, return_inverse=True)
    total = np.bincount(index.ravel(), weights=residents, minlength=len(square)).astype(np.int64)
    low = square * side
    kept = total > 0
    land.add(
        "befolkning_rute",
        shapely.box(low[:, 0], low[:, 1], low[:, 0] + side, low[:, 1] + side)[kept],
        rute_id=[f"{int(x)}{int(y)}" for x, y in low[kept]],
        bosatte=total[kept],
    )
