"""Schools beyond the buildings: enough lower secondary ones, a combined, a private and new ones.

``make_services`` gives every school building a row. Here some of them get other grades, some leave
the register, and schools that the municipality lacks are put on free ground. Nothing else moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from askergeo.crs import CRS_OF_RECORD
from askergeo.example.centres import NAMES
from askergeo.example.land import NAME, YEAR
from askergeo.example.shapes import point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["OPENS", "make_schools", "stage_of"]

_GOAL: Final = {"liten": (4, 2), "asker": (27, 12)}
#: The new schools open this autumn.
OPENS: Final = YEAR + 5
_HOMES = 1_000  # as many are enough to weigh the places of schools
_CLEAR = 32.0  # metres from a new school's point to the nearest building


class _Site(NamedTuple):
    xy: Array
    name: str
    grades: tuple[int, int]
    owner: str
    opens: int | None = None


def stage_of(frame: pd.DataFrame, stage: str) -> Array:
    """Tell which schools (bool) teach a stage, ``barnetrinn`` or ``ungdomstrinn``."""
    low, high = frame["trinn_fra"].to_numpy(), frame["trinn_til"].to_numpy()
    return np.asarray((low <= 7) if stage == "barnetrinn" else (low <= 8) & (high >= 10))


def make_schools(land: Land) -> None:
    """Change and extend the layer skole; capacities come with the pupils."""
    frame = land.frames["skole"]
    people = land.tables["people"]
    every = max(len(people) // _HOMES, 1)
    homes = people[["x", "y"]].to_numpy()[::every]
    weight = people["residents"].to_numpy(float)[::every]
    kinds = _kinds(frame, homes, weight, _GOAL[land.size.name])
    names = [_renamed(name, kind) for name, kind in zip(frame["navn"], kinds, strict=True)]
    frame = pd.DataFrame(frame).assign(
        navn=_numbered(names), geometry=np.asarray(frame.geometry.array, dtype=object)
    )
    frame["trinn_fra"] = np.where(np.isin(kinds, ["ungdom"]), 8, frame["trinn_fra"])
    frame["trinn_til"] = np.where(np.isin(kinds, ["ungdom", "hel", "privat"]), 10,
                                  frame["trinn_til"])  # fmt: skip
    frame["eierform"] = np.where(kinds == "privat", "privat", frame["eierform"])
    frame = frame[kinds != "ute"].reset_index(drop=True)
    frame["fra_aar"] = pd.array([None] * len(frame), dtype="Int64")
    for site in _new_sites(land, frame, homes, weight):
        frame = pd.concat([frame, _row(land, frame, site)], ignore_index=True)
    order = ["skole_id", "navn", "trinn_fra", "trinn_til", "eierform", "paralleller",
             "fra_aar", "stedfesting", "geometry"]  # fmt: skip
    land.frames["skole"] = gpd.GeoDataFrame(frame[order], crs=CRS_OF_RECORD)


def _xy(frame: pd.DataFrame) -> Array:
    return np.asarray(shapely.get_coordinates(frame["geometry"].to_numpy()))


def _kinds(frame: pd.DataFrame, homes: Array, weight: Array, goal: tuple[int, int]) -> Array:
    """Part that each school is to play: barn, ungdom, hel (1–10), privat, vgs or ute.

    A primary school becomes a lower secondary one where that shortens the way to such a school
    the most and lengthens the way to a primary school the least; those that are least missed leave.
    """
    first = frame["trinn_fra"].to_numpy()
    kinds = np.select([first <= 7, first <= 10], ["barn", "ungdom"], "vgs").astype("<U6")
    away = cdist(homes, _xy(frame))

    def cost(mine: Array) -> float:
        return float(weight @ away[:, mine].min(axis=1)) if mine.any() else np.inf

    while (kinds == "barn").sum() > goal[0] + 4 and (kinds == "ungdom").sum() < goal[1]:
        best = min(
            np.flatnonzero(kinds == "barn"),
            key=lambda k: (
                cost(_with(kinds == "barn", int(k), False))
                + cost(_with(kinds == "ungdom", int(k), True))
            ),
        )
        kinds[best] = "ungdom"
    spare = (kinds == "barn").sum() > goal[0] + 1
    while (kinds == "barn").sum() > goal[0] + 1:
        least = min(
            np.flatnonzero(kinds == "barn"),
            key=lambda k: cost(_with(kinds == "barn", int(k), False)),
        )
        kinds[least] = "ute" if (kinds == "privat").any() else "privat"
    if spare:  # the school farthest from a lower secondary one takes all grades
        far = away[:, kinds == "ungdom"].min(axis=1)
        mine = np.flatnonzero(kinds == "barn")
        near = mine[np.argmin(away[:, mine], axis=1)]
        mean = np.bincount(near, far * weight, len(kinds)) / np.maximum(
            np.bincount(near, weight, len(kinds)), 1.0
        )
        kinds[int(np.argmax(np.where(kinds == "barn", mean, -1.0)))] = "hel"
    return kinds


def _with(mask: Array, position: int, value: bool) -> Array:
    changed = mask.copy()
    changed[position] = value
    return changed


def _renamed(name: str, kind: str) -> str:
    stem = name.split(" barneskole", maxsplit=1)[0]
    new = {"ungdom": " ungdomsskole", "hel": " skole", "privat": " montessoriskole"}.get(kind)
    return name if new is None or " barneskole" not in name else stem + new


def _numbered(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return result


def _new_sites(land: Land, frame: pd.DataFrame, homes: Array, weight: Array) -> list[_Site]:
    """Schools that no building holds: what is lacking today, and one or two that are planned."""
    sites: list[_Site] = []
    goal = _GOAL[land.size.name]
    barn, ungdom = (_xy(frame)[stage_of(frame, stage)] for stage in ("barnetrinn", "ungdomstrinn"))
    if not ((frame["trinn_fra"] <= 7) & (frame["trinn_til"] == 10)).any():
        at = _best(homes, weight, np.concatenate([barn, ungdom]))
        sites.append(_Site(at, f"{_place(land, at)} skole", (1, 10), "kommunal"))
        barn, ungdom = (np.concatenate([one, at[None]]) for one in (barn, ungdom))
    while len(ungdom) < goal[1] + 1:  # one of them is the combined school
        at = _best(homes, weight, ungdom)
        sites.append(_Site(at, f"{_place(land, at)} ungdomsskole", (8, 10), "kommunal"))
        ungdom = np.concatenate([ungdom, at[None]])
    middle = land.tables["centres"][["x", "y"]].to_numpy()[0]
    if not (frame["eierform"] == "privat").any():
        sites.append(_Site(middle, f"{NAME} montessoriskole", (1, 10), "privat"))
    north = homes[:, 1] > np.quantile(np.repeat(homes[:, 1], weight.astype(int)), 0.78)
    at = _best(homes[north], weight[north], barn)
    sites.append(_Site(at, f"{_place(land, at)} nye barneskole", (1, 7), "kommunal", OPENS))
    return sites


def _best(homes: Array, weight: Array, there: Array) -> Array:
    """Home where a new school shortens the sum of all straight ways the most."""
    now = cdist(homes, there).min(axis=1)
    tried = homes[:: max(len(homes) // 250, 1)]
    left = np.minimum(cdist(homes, tried), now[:, None])
    return np.asarray(tried[int(np.argmin(weight @ left))])


def _place(land: Land, at: Array) -> str:
    centres = land.tables["centres"]
    xy = centres[["x", "y"]].to_numpy()[:10]  # a school is named after a larger centre
    return NAMES[int(np.argmin(np.hypot(*(xy - at).T)))]


def _row(land: Land, frame: pd.DataFrame, site: _Site) -> pd.DataFrame:
    number = int(frame["skole_id"].str[2:].astype(int).max()) + 1
    return pd.DataFrame(
        {
            "skole_id": [f"SK{number:03d}"],
            "navn": [site.name],
            "trinn_fra": [site.grades[0]],
            "trinn_til": [site.grades[1]],
            "eierform": [site.owner],
            "paralleller": [1],
            "fra_aar": pd.array([site.opens], dtype="Int64"),
            "stedfesting": ["omtrentlig" if site.opens else "eksakt"],
            "geometry": point_array(_free(land, site.xy)[None]),
        }
    )


def _free(land: Land, at: Array) -> Array:
    """Nearest dry place without a building on it, a short way from a road."""
    step = 12.0
    offset = np.arange(-40, 41) * step
    east, north = np.meshgrid(offset, offset)
    around = np.round(at + np.column_stack([east.ravel(), north.ravel()]), 2)
    houses = cKDTree(land.tables["buildings"][["x", "y"]].to_numpy())
    good = houses.query(around)[0] > _CLEAR
    good &= land.grid.sample(land.arrays["land"] & land.arrays["inside"], around)
    good &= land.grid.sample(land.arrays["slope"] < 0.2, around)
    roads = shapely.STRtree(land.tables["local_roads"]["geometry"].to_numpy())
    near = np.unique(roads.query(point_array(around), predicate="dwithin", distance=60.0)[0])
    close = np.zeros(len(around), bool)
    close[near] = True
    away = np.where(good & close, np.hypot(*(around - at).T), np.inf)
    return np.asarray(around[int(np.argmin(away))])
