"""What is known of the transport zones by construction, summed without the analyses' own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.example.key import ring_areas
from askergeo.example.school_ways import metres_around
from askergeo.example.sides import north_of_line, north_share

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_transport_key"]

#: The classes of access (National Travel Survey), best first: what a stop gives by departures an
#: hour (rows: 4, 2, 1, more than 0) within 1 000 and 1 500 m (columns).
_CLASSES: Final = ("svært god", "god", "middels", "dårlig", "svært dårlig")
_BY_STOP: Final = np.array([[0, 1], [1, 2], [2, 3], [3, 3]])
_RATES: Final = (4.0, 2.0, 1.0)
_REACH: Final = (1_000.0, 1_500.0)
_SLACK: Final = 100.0  # metres that the way may be longer or shorter without moving the class
_DOOR: Final = 40.0  # metres from the address to the net, at most
_TRIED: Final = 40
_EACH: Final = 2
_HOURS: Final = ((7, 9), (9, 15))


def make_transport_key(land: Land) -> None:
    """Add to the key ``transport``: totals by zone, what the line cuts, and access by address."""
    key = land.key.setdefault("transport", {})
    key["soner"] = _zones(land)
    key["delte_planer"] = _cut(land, "reguleringsplan", "planid")
    units = _cut(land, "grunnkrets", "grunnkretsnummer")
    key["delte_grunnkretser"] = _with_residents(land, units)
    key["tillatelser"] = _permits(land)
    key["adgang"] = _access(land)


def _two(share: Array, value: Array | None = None) -> dict[str, float]:
    """Sum values north and south by share; whole numbers where nothing is divided."""
    what = np.ones(len(share)) if value is None else np.asarray(value, float)
    north, total = float((what * share).sum()), float(what.sum())
    found = {"nord": north, "sor": total - north, "ukjent": 0.0}
    return {name: round(one, 3) for name, one in found.items()}


def _zones(land: Land) -> dict[str, dict[str, float]]:
    frames, people = land.frames, land.tables["people"]
    home = north_of_line(land, people[["x", "y"]].to_numpy())

    def side(layer: str) -> Array:
        return north_share(land, frames[layer].geometry.to_numpy())

    permits, business = frames["byggetillatelse"], frames["naeringsprogram"]
    plans = frames["boligprogram"]
    whole = np.array([land.shapes["municipality"]])
    dry = np.array([land.shapes["ground"]])
    given = side("byggetillatelse")
    planned = side("naeringsprogram")
    return {
        "areal_m2": _two(north_share(land, whole), ring_areas(whole)),
        "landareal_m2": _two(north_share(land, dry), ring_areas(dry)),
        "innbyggere": _two(home, people["residents"].to_numpy()),
        "adresser": _two(home),
        "boliger": _two(home, frames["adresse"]["boliger"].to_numpy()),
        "arbeidsplasser": _two(side("arbeidsplass"), frames["arbeidsplass"]["ansatte"].to_numpy()),
        "holdeplasser": _two(side("holdeplass")),
        "sentre": _two(side("senter")),
        "tillatelser": _two(given),
        "boliger_tillatt": _two(given, permits["boliger"].to_numpy(float)),
        "naering_m2_tillatt": _two(given, permits["naering_m2"].fillna(0).to_numpy(float)),
        "boliger_i_boligprogrammet": _two(side("boligprogram"), plans["boliger"].to_numpy()),
        "naering_m2_i_programmet": _two(planned, business["naering_m2"].to_numpy(float)),
    }


def _cut(land: Land, layer: str, name: str) -> dict[str, dict[str, float]]:
    """Share of the area north of the line of each row that the line goes through."""
    frame = land.frames[layer]
    share = north_share(land, frame.geometry.to_numpy())
    across = np.flatnonzero((share > 0) & (share < 1))
    ids = frame[name].to_numpy()[across]
    return {
        str(one): {"areal_nord": round(float(part), 6)}
        for one, part in zip(ids, share[across], strict=True)
    }


def _with_residents(land: Land, units: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Count the residents of each divided unit and those of them who live north of the line."""
    people = land.tables["people"]
    number = land.frames["grunnkrets"]["grunnkretsnummer"].to_numpy()[people["unit"]]
    north = north_of_line(land, people[["x", "y"]].to_numpy())
    count = people["residents"].to_numpy()
    return {
        unit: told | {
            "innbyggere": int(count[number == unit].sum()),
            "innbyggere_nord": int(count[(number == unit) & north].sum()),
        }
        for unit, told in units.items()
    }  # fmt: skip


def _permits(land: Land) -> dict[str, Any]:
    """Sum the permits one by one: by year given, by year finished, and what is under way."""
    permits = land.frames["byggetillatelse"]
    north = north_share(land, permits.geometry.to_numpy())
    sides = np.where(north > 0.5, "nord", "sor")
    facts: dict[str, Any] = {"tillatt": {}, "ferdig": {}, "under_arbeid": {}, "med_bygning": 0}
    rows = permits.drop(columns="geometry").to_dict("records")
    for row, side in zip(rows, sides.tolist(), strict=True):
        homes = int(row["boliger"])
        _count(facts["tillatt"], str(row["tillatt_aar"]), side, homes)
        if isinstance(row["ferdig_aar"], int):
            _count(facts["ferdig"], str(row["ferdig_aar"]), side, homes)
        else:
            facts["under_arbeid"][side] = facts["under_arbeid"].get(side, 0) + homes
        facts["med_bygning"] += isinstance(row["bygning_id"], str)
    return facts


def _count(years: dict[str, dict[str, int]], year: str, side: str, number: int) -> None:
    years.setdefault(year, {"nord": 0, "sor": 0})[side] += number


def _per_hour(land: Land) -> pd.DataFrame:
    """Departures an hour on a weekday from each stop, in the busier direction of each line.

    The fewest of the rush and the day: what is planted must hold whichever is asked for.
    """
    calls = land.frames["ruteavgang"].merge(land.frames["rutetur"], on="tur_id")
    calls = calls[calls["kalender_id"] == "hverdag"]
    last = calls.groupby("tur_id")["rekkefolge"].transform("max")
    calls = calls[calls["rekkefolge"] < last]
    stops = land.frames["holdeplass"]["holdeplass_id"].to_numpy()
    found = []
    for first, end in _HOURS:
        mine = calls[(calls["avgang"] >= first * 3_600) & (calls["avgang"] < end * 3_600)]
        number = mine.groupby(["holdeplass_id", "linje_id", "retning"]).size()
        busier = number.groupby(["holdeplass_id", "linje_id"]).max()
        hourly = busier.groupby("holdeplass_id").sum() / (end - first)
        found.append(hourly.reindex(stops, fill_value=0.0).to_numpy())
    hours = np.array(found)
    return pd.DataFrame({"low": hours.min(axis=0), "high": hours.max(axis=0)})


def _class_of(metres: Array, rate: Array) -> tuple[Array, Array]:
    """Return the class (index) of each origin, and the stop that gives it.

    Parameters
    ----------
    metres
        From each origin to each stop (n, m).
    rate
        Departures an hour from each stop (m,).
    """
    row = np.searchsorted(-np.array(_RATES), -rate, side="left")
    column = np.searchsorted(np.array(_REACH), metres, side="right")
    table = np.column_stack([_BY_STOP, np.full(len(_BY_STOP), len(_CLASSES) - 1)])
    found = np.where(rate > 0, table[row, column], len(_CLASSES) - 1)
    best = np.lexsort((metres, found), axis=1)[:, 0]
    return found[np.arange(len(found)), best], best


def _access(land: Land) -> list[dict[str, Any]]:
    """Addresses whose class is beyond doubt, whatever hour is asked for and whoever measures."""
    people = land.tables["people"]
    xy = people[["x", "y"]].to_numpy()
    stops = land.frames["holdeplass"]
    at = shapely.get_coordinates(stops.geometry.to_numpy())
    rate = _per_hour(land)
    low, high = rate["low"].to_numpy(), rate["high"].to_numpy()
    far = cKDTree(at[high > 0]).query(xy)[0]
    order = np.argsort(far, kind="stable")
    some = land.rng("access").choice(len(xy), 3 * _TRIED, replace=False)
    tried = np.array(list(dict.fromkeys([*order[-_TRIED:].tolist(), *some.tolist()])))
    metres, door = metres_around(land, xy[tried], at, farthest=_REACH[1] + 2 * _SLACK)
    worst, best = _class_of(metres + _SLACK, low)
    sure = (worst == _class_of(metres - _SLACK, high)[0]) & (door <= _DOOR)
    ids = land.frames["adresse"]["adresse_id"].to_numpy()
    names = stops["holdeplass_id"].to_numpy()
    found: list[dict[str, Any]] = []
    for k, name in enumerate(_CLASSES):
        for row in np.flatnonzero(sure & (worst == k))[:_EACH].tolist():
            one: dict[str, Any] = {"adresse_id": str(ids[tried[row]]), "klasse": name}
            if name != _CLASSES[-1]:
                stop = int(best[row])
                one |= {
                    "holdeplass_id": str(names[stop]),
                    "gangveg_m": round(float(metres[row, stop]), 1),
                    "avganger_per_time_minst": round(float(low[stop]), 2),
                }
            found.append(one)
    return found
