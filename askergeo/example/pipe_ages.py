"""What pipes are made of, when they were laid and renewed, how often they break: planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.example.land import YEAR

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["EVENT_YEARS", "FIRST_MADE", "HAZARD", "RATES", "events", "hide", "materials", "renew"]

#: First year, materials and shares of what was laid from then on.
_MADE: Final = {
    "vann": (
        (1900, ("SJG", "STÅL"), (0.94, 0.06)),
        (1952, ("SJG", "AC"), (0.66, 0.34)),
        (1968, ("SJG", "AC", "SJK", "PVC"), (0.12, 0.36, 0.3, 0.22)),
        (1978, ("PVC", "SJK", "PE"), (0.55, 0.33, 0.12)),
        (1996, ("PVC", "SJK", "PE"), (0.24, 0.36, 0.4)),
    ),
    "avlop": (
        (1900, ("BET",), (1.0,)),
        (1970, ("BET", "PVC"), (0.55, 0.45)),
        (1986, ("PVC", "PP", "BET"), (0.7, 0.15, 0.15)),
        (2005, ("PVC", "PP"), (0.5, 0.5)),
    ),
    "overvann": (
        (1900, ("BET",), (1.0,)),
        (1985, ("BET", "PVC"), (0.55, 0.45)),
        (2005, ("BET", "PP"), (0.35, 0.65)),
    ),
    "trykk": (
        (1900, ("SJG",), (1.0,)),
        (1968, ("SJK", "PE"), (0.4, 0.6)),
        (1980, ("PE", "PVC"), (0.85, 0.15)),
    ),
}
#: The first year that pipes of each material were laid in any number; the others are older.
FIRST_MADE: Final = {"AC": 1952, "SJK": 1968, "PVC": 1968, "PE": 1968, "PP": 1986}
_NEW: Final = {"vann": "PE", "avlop": "PVC", "overvann": "PP"}
#: Breaks per km and year by material: at age 0, and what ten years add.
HAZARD: Final = {
    "SJG": (0.05, 0.045), "AC": (0.05, 0.04), "STÅL": (0.10, 0.05), "SJK": (0.01, 0.008),
    "PVC": (0.01, 0.009), "PE": (0.006, 0.003), "BET": (0.02, 0.006), "PP": (0.004, 0.002),
}  # fmt: skip
EVENT_YEARS: Final = tuple(range(YEAR - 14, YEAR + 1))
#: Share of the municipal metres renewed in each of the last years, the last one last; the years
#: before are as the first.
RATES: Final = {
    "vann": (0.004, 0.006, 0.004, 0.006, 0.005),
    "avlop": (0.006, 0.009, 0.007, 0.009, 0.008),
    "overvann": (0.002,),
}
_FIRST_RENEWAL: Final = 1998
#: Share of rows where an attribute is missing; three times that in the places mapped badly.
MISSING: Final = {
    "materiale": 0.05, "dimensjon_mm": 0.03, "anleggsaar": 0.07, "status": 0.03,
    "funksjon": 0.08, "hoyde": 0.15, "node": 0.05,
}  # fmt: skip
_BAD_PLACES: Final = 0.2


def materials(land: Land, medium: str, year: Array, place: Array, xy: Array) -> Array:
    """Material of each pipe (m,): the same along streets of one place laid in the same years."""
    block = np.column_stack([place, year // 6, np.floor(xy / 350.0)]).astype(int)
    _, group = np.unique(block, axis=0, return_inverse=True)
    dice = land.rng(f"pipe materials {medium}").random(int(group.max()) + 1)[group.ravel()]
    made = np.full(len(year), "", dtype=object)
    for first, names, shares in _MADE[medium]:
        mine = year >= first
        which = np.minimum(np.searchsorted(np.cumsum(shares), dice), len(names) - 1)
        made[mine] = np.array(names, dtype=object)[which[mine]]
    return made


def renew(land: Land, medium: str, pipes: pd.DataFrame) -> pd.DataFrame:
    """Renew whole trenches year by year, the old ones rather, to the planted shares of metres."""
    rng = land.rng(f"pipe renewal {medium}")
    link = pipes["link"].to_numpy()
    metres = shapely.length(pipes["geometry"].to_numpy())
    open_rows = (link >= 0) & (pipes["eier"] == "kommunal").to_numpy()
    total = metres[(pipes["eier"] == "kommunal").to_numpy()].sum()
    by_link = np.bincount(link[open_rows], metres[open_rows])
    born = np.full(len(by_link), 9_999)
    born[link[open_rows]] = pipes["anleggsaar"].to_numpy()[open_rows]
    renewed = np.full(len(by_link), -1)
    rates = RATES[medium]
    for when in range(_FIRST_RENEWAL, YEAR + 1):
        back = YEAR - when
        rate = rates[-1 - back] if back < len(rates) else rates[0]
        age = when - born
        chance = np.where((renewed < 0) & (age > 20), np.maximum(age, 1.0) ** 2, 0.0)
        order = np.argsort(-chance * rng.random(len(chance)) ** 3, kind="stable")
        order = order[chance[order] > 0]
        enough = int(np.searchsorted(np.cumsum(by_link[order]), rate * total)) + 1
        renewed[order[:enough]] = when
    year = np.where(open_rows, renewed[np.maximum(link, 0)], -1)
    lined = (rng.random(len(by_link)) < (0.6 if medium == "avlop" else 0.15))[np.maximum(link, 0)]
    new = year > 0
    name = np.where(lined, "strømpe", "grøft")
    return pipes.assign(
        fornyet_aar=pd.array(np.where(new, year, np.nan), dtype="Int64"),
        metode=pd.Series(name, index=pipes.index, dtype=object).where(new, None),
        materiale=np.where(new & ~lined, _NEW[medium], pipes["materiale"]),
    )


def events(land: Land, pipes: pd.DataFrame) -> pd.DataFrame:
    """Draw breaks by the planted hazard of material and age since laid or renewed."""
    rng = land.rng("pipe events")
    km = shapely.length(pipes["geometry"].to_numpy()) / 1_000
    water = (pipes["type"] == "vann").to_numpy()
    material = pipes["materiale"].to_numpy()
    base = np.array([HAZARD[one][0] for one in material])
    slope = np.array([HAZARD[one][1] for one in material])
    laid = pipes["anleggsaar"].to_numpy(float)
    again = pipes["fornyet_aar"].astype("Float64").to_numpy(float, na_value=np.inf)
    rows, years = [], []
    for year in EVENT_YEARS:
        age = year - np.where(again <= year, again, laid)
        rate = np.where(age >= 0, base + slope * np.maximum(age, 0) / 10, 0.0)
        hit = rng.poisson(rate * km)
        rows.append(np.repeat(np.arange(len(pipes)), hit))
        years.append(np.full(int(hit.sum()), year))
    row, when = np.concatenate(rows), np.concatenate(years)
    dice = rng.random(len(row))
    wet = np.where(dice < 0.72, "brudd", "lekkasje")
    foul = np.select([dice < 0.62, dice < 0.82, dice < 0.94], ["tilstopping", "tilbakeslag",
                                                               "brudd"], "annet")  # fmt: skip
    return pd.DataFrame({"row": row, "aar": when, "type": np.where(water[row], wet, foul)})


def hide(land: Land, pipes: pd.DataFrame, keep: Array) -> pd.DataFrame:
    """Take away attributes by the planted shares, most in the places that are mapped badly."""
    rng = land.rng("pipe attributes")
    place = pipes["place"].to_numpy()
    bad = np.isin(place, np.unique(place)[rng.random(len(np.unique(place))) < _BAD_PLACES])
    columns = {
        "hoyde": ["hoyde_fra", "hoyde_til"], "node": ["fra_node_id", "til_node_id"],
    }  # fmt: skip
    pipes = pipes.copy()
    for name, share in MISSING.items():
        gone = rng.random(len(pipes)) < np.where(bad, 3 * share, share)
        if name == "funksjon":  # nobody forgets that a main is pumped
            gone &= (pipes["funksjon"] != "pumpeledning").to_numpy()
        for column in columns.get(name, [name]):
            pipes[column] = pipes[column].mask(gone & ~keep)
    return pipes
