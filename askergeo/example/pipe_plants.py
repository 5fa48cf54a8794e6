"""Waterworks, basins, pumping stations and treatment plants with what they can take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.example.land import YEAR
from askergeo.example.pipe_water import LITRES

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_sewer import Sewer
    from askergeo.example.pipe_water import Water

__all__ = ["CLOSING", "NEW_ID", "NEW_PLANT", "plant_of", "plants_of"]

#: The last year of the plant that is closed, and the first of the new one.
CLOSING: Final = YEAR + 2
NEW_PLANT: Final = YEAR + 5
NEW_ID: Final = "RA9"
_MORE: Final = YEAR + 4  # the large plant gets more room
_NAMES: Final = ("Storvika", "Årnes", "Rullestad", "Lahaug", "Nordmyra")


def plant_of(seeds: pd.DataFrame) -> Array:
    """Row of the plant that each seed ends in."""
    to = seeds["to"].to_numpy()
    found = np.arange(len(seeds))
    while (to[found] >= 0).any():
        found = np.where(to[found] >= 0, to[found], found)
    return found


def plants_of(
    land: Land, water: Water, sewer: Sewer, nodes: pd.DataFrame, homes: Array
) -> pd.DataFrame:
    """Return va_anlegg; ``homes`` (a,) is the sewer that each address is connected to."""
    rows = _water_plants(water, nodes)
    rows += _sewer_plants(land, sewer, len(water.net.nodes), nodes, homes)
    rows.append(_new_plant(rows, nodes))
    table = pd.DataFrame(rows)
    whole = ("kapasitet_pe", "belastning_pe", "fra_aar", "til_aar", "ny_kapasitet_pe",
             "ny_kapasitet_aar")  # fmt: skip
    for name in whole:
        table[name] = table[name].astype("Float64").round().astype("Int64")
    return table


def _row(
    nodes: pd.DataFrame, row: int, kind: str, number: str, name: str, **more: object
) -> dict[str, Any]:
    node = nodes.iloc[row]
    empty = dict.fromkeys(
        ("kapasitet_pe", "kapasitet_m3_dogn", "kapasitet_l_s", "volum_m3", "belastning_pe",
         "til_anlegg_id", "fra_aar", "til_aar", "ny_kapasitet_pe", "ny_kapasitet_aar")
    )  # fmt: skip
    return empty | {"anlegg_id": number, "type": kind, "navn": name, "node_id": node["node_id"],
                    "geometry": node["geometry"]} | more  # fmt: skip


def _water_plants(water: Water, nodes: pd.DataFrame) -> list[dict[str, Any]]:
    """Waterworks, basins and pumps that raise the pressure."""
    found = []
    living = nodes["behov_l_s"].to_numpy(float)[: len(water.net.nodes)]
    total = living.sum() * 86.4
    table = water.sources
    works = table[table["type"] == "vannverk"]
    owners = zip(works["node"].tolist(), works["eier"].tolist(), strict=True)
    for k, (node, owner) in enumerate(owners):
        owned = owner == "kommunal"
        room = total * (1.35, 0.6, 0.5)[min(k, 2)] if owned else 60.0
        name = f"Vannverk {k + 1}" + ("" if owned else " (privat)")
        what = {
            "kapasitet_m3_dogn": float(np.ceil(room / 10) * 10),
            "kapasitet_l_s": float(np.round(room / 86.4, 1)), "fra_aar": 1968 + 9 * k,
        }  # fmt: skip
        found.append(_row(nodes, node, "vannverk", f"VV{k + 1}", name, **what))
    basins = table[table["type"] == "hoydebasseng"]
    zone = water.net.nodes["zone"].to_numpy()
    for k, row in enumerate(basins["node"].tolist()):
        mine = living[zone == zone[row]].sum() * 86.4
        room = float(max(np.ceil(mine / 50) * 50, 100.0))
        name = f"Høydebasseng {k + 1}"
        found.append(
            _row(nodes, row, "hoydebasseng", f"HB{k + 1}", name, volum_m3=room, fra_aar=1972 + k)
        )
    boosters = np.flatnonzero((water.net.nodes["type"] == "pumpestasjon").to_numpy())
    pumps = water.net.pipes.query("funksjon == 'pumpe'")
    flow = dict(zip(pumps["start"].tolist(), pumps["flow"].tolist(), strict=True))
    for k, row in enumerate(boosters.tolist()):
        found.append(_row(nodes, row, "pumpestasjon", f"TS{k + 1:03d}", f"Trykkøkning {k + 1}",
                          kapasitet_l_s=flow[row]))  # fmt: skip
    return found


def _sewer_plants(
    land: Land, sewer: Sewer, first: int, nodes: pd.DataFrame, homes: Array
) -> list[dict[str, Any]]:
    """Treatment plants and pumping stations with the residents that they serve."""
    seeds = sewer.seeds
    residents = land.tables["people"]["residents"].to_numpy()
    seed = sewer.net.nodes["seed"].to_numpy()[sewer.net.ends()[:, 0]]
    mine = homes >= 0
    load = np.bincount(seed[homes[mine]], residents[mine], len(seeds))
    to = seeds["to"].to_numpy()
    for k in range(len(seeds) - 1, -1, -1):  # a station pumps to a seed made before it
        if to[k] >= 0:
            load[to[k]] += load[k]
    count = int((seeds["kind"] == "renseanlegg").sum())
    ids = [f"RA{k + 1}" if k < count else f"PS{k - count + 1:03d}" for k in range(len(seeds))]
    rooms = [_tight(land, ids[k], float(load[k])) for k in range(count)]
    near = int(np.argmax([gap for gap, _ in rooms]))
    order = [k for k in np.argsort(-load[:count], kind="stable").tolist() if k != near]
    large, closing = order[0], order[-1]
    found = []
    for k in range(count):
        what: dict[str, Any] = {
            "belastning_pe": round(load[k]), "fra_aar": 1976 + 5 * k,
            "kapasitet_pe": max(np.ceil(load[k] * 1.6 / 100) * 100, 200),
        }  # fmt: skip
        if k == near:
            what |= {"kapasitet_pe": rooms[k][1]}
        if k == closing:
            what |= {"til_aar": CLOSING, "til_anlegg_id": ids[large],
                     "kapasitet_pe": max(np.ceil(load[k] * 1.05 / 10) * 10, 60)}  # fmt: skip
        if k == large:
            # It is built out for the plant that is pumped to it, a year after that has closed.
            more = (load[large] + load[closing]) * 1.3
            what |= {"ny_kapasitet_pe": np.ceil(more / 100) * 100, "ny_kapasitet_aar": _MORE}
        name = f"{_NAMES[k]} renseanlegg"
        node = first + int(seeds["node"].iloc[k])
        found.append(_row(nodes, node, "renseanlegg", ids[k], name, **what))
    for k in range(count, len(seeds)):
        peak = load[k] * LITRES / 86_400 * 5.0 + 0.8
        node = first + int(seeds["node"].iloc[k])
        found.append(_row(nodes, node, "pumpestasjon", ids[k], f"Pumpestasjon {k - count + 1}",
                          kapasitet_l_s=float(np.round(np.ceil(peak * 2) / 2, 1)),
                          belastning_pe=round(load[k]), til_anlegg_id=ids[to[k]],
                          fra_aar=1974 + (7 * k) % 48))  # fmt: skip
    return found


def _tight(land: Land, plant: str, now: float) -> tuple[float, int]:
    """Choose a capacity that the programme passes in a year that holds by any fair reckoning.

    Each dwelling may bring 1.6 to 2.6 people. Returns how much the load may differ (pe), and the
    capacity.
    """
    zones = land.frames["va_sone"]
    zone = zones[zones["anlegg_id"] == plant].geometry
    plan = land.frames["boligprogram"]
    inside = np.zeros(len(plan), bool)
    if len(zone):
        inside = shapely.within(shapely.centroid(plan.geometry.to_numpy()), zone.iloc[0])
    plan = plan[inside]
    years = np.arange(YEAR, YEAR + 20)
    homes = np.array([plan.loc[plan["aar"] <= year, "boliger"].sum() for year in years], float)
    best, room = 0.0, now * 1.08
    for k in range(2, len(years)):
        low, high = now + 2.6 * homes[k - 1], now + 1.6 * homes[k]
        if high - low > best:
            best, room = high - low, (low + high) / 2
    return best, int(np.ceil(room))


def _new_plant(rows: list[dict[str, Any]], nodes: pd.DataFrame) -> dict[str, Any]:
    """Return a plant to come, near the one that is closed."""
    old = next(one for one in rows if one["til_aar"] == CLOSING)
    xy = shapely.get_coordinates(old["geometry"])[0] + np.array([190.0, 120.0])
    what = {"kapasitet_pe": max(old["kapasitet_pe"] * 3, 300), "fra_aar": NEW_PLANT,
            "belastning_pe": 0}  # fmt: skip
    made = _row(nodes, 0, "renseanlegg", NEW_ID, f"{_NAMES[-1]} renseanlegg", **what)
    return made | {"node_id": None, "geometry": shapely.Point(np.round(xy, 2))}
