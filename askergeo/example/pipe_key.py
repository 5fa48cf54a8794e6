"""What is known of the pipes by construction, and sums of the layers by other means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.example.land import YEAR
from askergeo.example.pipe_ages import HAZARD, MISSING, RATES
from askergeo.example.pipe_plants import CLOSING, NEW_PLANT
from askergeo.example.pipe_registers import METER_YEARS

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_water import Water

__all__ = ["make_pipe_key", "supply_facts"]

_HYDRANT: Final = (50.0, 150.0)
_NEAR: Final = 50.0
_IDLE: Final = "ute av drift"
_PASSING: Final = ("pumpeledning", "overforing", "pumpe", "ventil", "stikkledning")
# Years that the programme is followed.
_AHEAD: Final = 20


def make_pipe_key(land: Land, faults: dict[str, Any], supply: dict[str, Any]) -> None:
    """Add the key «va»; `faults` and `supply` are what was planted."""
    land.key["va"] = {
        "feil": faults,
        "forsyning": supply,
        "nett": _net(land),
        "mangler": _missing(land),
        "fornyelse": _renewal(land),
        "brudd": _events(land),
        "lekkasje": _leaks(land),
        "tilknytning": _connections(land),
        "brannvann": _hydrants(land),
        "renseanlegg": _plants(land),
    }


def supply_facts(
    land: Land, water: Water, nodes: pd.DataFrame, homes: Array, stub: dict[str, Any]
) -> dict[str, Any]:
    """Say who loses water when a source, or the nursing home's pipe, fails; before any fault.

    Shut valves let nothing through. What a source alone supplies has no reserve.
    """
    count = len(water.net.nodes)
    ends = water.net.ends()
    shut = (nodes["status"] == "stengt").to_numpy()[:count]
    alive = np.asarray(~shut[ends].any(axis=1))
    residents = land.tables["people"]["residents"].to_numpy()
    mine = homes >= 0
    living = np.bincount(homes[mine], residents[mine], len(ends))
    works = water.sources
    ids = _plant_ids(works)
    basins = (works["type"] == "hoydebasseng").to_numpy()
    all_nodes = works["node"].to_numpy()
    facts: dict[str, Any] = {"kilde_ute": {}}
    for k, name in enumerate(ids):
        others = np.delete(all_nodes, k)
        plain = np.delete(all_nodes, k)[~np.delete(basins, k)]
        facts["kilde_ute"][name] = {
            "innbyggere_uten_vann": _lost(ends, alive, count, others, living),
            "innbyggere_uten_vann_naar_bassengene_er_tomme":
                _lost(ends, alive, count, plain, living),
        }  # fmt: skip
    facts["sykehjem"] = {"tjeneste_id": stub["tjeneste_id"], "ledning_id": stub["ledning_id"]}
    zone = water.net.nodes["zone"].to_numpy()
    pair = zone[ends]
    between = alive & (pair[:, 0] != pair[:, 1])
    ways = np.bincount(pair[between, 1], minlength=len(water.head))
    own = np.bincount(zone[all_nodes], minlength=len(water.head))
    half = living[:, None] / 2
    people = np.bincount(pair.ravel(), np.repeat(half, 2, axis=1).ravel(), len(water.head))
    facts["trykksoner"] = [
        {"sone_id": f"TZ{k + 1:03d}", "trykkhoyde_m": float(water.head[k]), "inn": int(ways[k]),
         "kilder_og_basseng": int(own[k]), "innbyggere": round(float(people[k]), 1)}
        for k in range(len(water.head))
    ]  # fmt: skip
    facts["stengte_ventiler"] = int(shut.sum())
    return facts


def _plant_ids(works: pd.DataFrame) -> list[str]:
    """Ids of the sources, numbered by kind in their order."""
    number = works.groupby("type").cumcount() + 1
    prefix = works["type"].map({"vannverk": "VV", "hoydebasseng": "HB"})
    return [f"{a}{b}" for a, b in zip(prefix, number, strict=True)]


def _lost(ends: Array, alive: Array, count: int, sources: Array, living: Array) -> float:
    """Residents on pipes that no source reaches."""
    a, b = ends[alive].T
    part = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(count, count)))[1]
    reached = np.isin(part, part[sources])
    dry = ~reached[ends].any(axis=1)
    return float(living[dry].sum())


def _metres(frame: pd.DataFrame) -> Array:
    """Length of each pipe, summed over its segments."""
    xy, owner = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    same = owner[1:] == owner[:-1]
    return np.bincount(owner[1:][same], step[same], len(frame))


def _net(land: Land) -> dict[str, Any]:
    frame = land.frames["va_ledning"]
    metres = _metres(frame)
    used = (frame["status"] != _IDLE).to_numpy(bool, na_value=True)
    kinds = frame["type"].to_numpy()
    return {
        "rader": {str(k): int((kinds == k).sum()) for k in np.unique(kinds)},
        "meter_i_bruk": {
            str(k): float(metres[used & (kinds == k)].sum()) for k in np.unique(kinds)
        },
        "noder": {str(k): int(v) for k, v in
                  sorted(land.frames["va_node"]["type"].value_counts().items())},
        "anlegg": {str(k): int(v) for k, v in
                   sorted(land.frames["va_anlegg"]["type"].value_counts().items())},
    }  # fmt: skip


def _missing(land: Land) -> dict[str, Any]:
    frame = pd.DataFrame(land.frames["va_ledning"].drop(columns="geometry"))
    names = ["materiale", "dimensjon_mm", "anleggsaar", "status", "funksjon", "hoyde_fra",
             "hoyde_til", "fra_node_id", "til_node_id", "lengde_m"]  # fmt: skip
    return {
        "plantet_andel": MISSING,
        "rader_uten": {
            kind: {name: int(part[name].isna().sum()) for name in names}
            for kind, part in frame.groupby("type")
        },
    }


def _renewal(land: Land) -> dict[str, Any]:
    """Municipal metres in use, and those renewed in each year, by medium."""
    frame = land.frames["va_ledning"]
    metres = _metres(frame)
    used = (frame["status"] != _IDLE).to_numpy(bool, na_value=True)
    used = used & (frame["eier"] == "kommunal").to_numpy(bool, na_value=False)
    year = frame["fornyet_aar"].to_numpy(float, na_value=0.0)
    facts: dict[str, Any] = {}
    for name, kinds in (("vann", ["vann"]), ("avlop", ["spillvann", "avlop_felles"]),
                        ("overvann", ["overvann"])):  # fmt: skip
        mine = used & frame["type"].isin(kinds).to_numpy()
        total = float(metres[mine].sum())
        each = {str(y): float(metres[mine & (year == y)].sum()) for y in range(YEAR - 9, YEAR + 1)}
        three = sum(each[str(y)] for y in range(YEAR - 2, YEAR + 1)) / 3
        facts[name] = {
            "kommunale_meter": total, "fornyet_meter": each,
            "andel_snitt_tre_aar": three / total, "plantet": list(RATES[name]),
        }  # fmt: skip
    return facts


def _events(land: Land) -> dict[str, Any]:
    happened = land.frames["va_hendelse"]
    pipes = land.frames["va_ledning"].set_index("ledning_id")
    kind = happened["ledning_id"].map(pipes["type"])
    counts = happened.groupby([kind.to_numpy(), happened["type"]]).size()
    return {
        "brudd_per_km_og_aar": {
            name: {"ny": base, "per_ti_aar": more} for name, (base, more) in HAZARD.items()
        },
        "fra_aar": int(happened["aar"].min()),
        "til_aar": int(happened["aar"].max()),
        "antall": {
            "/".join(map(str, one)): int(n)
            for one, n in zip(counts.index.tolist(), counts.tolist(), strict=True)
        },
    }


def _leaks(land: Land) -> dict[str, Any]:
    """Leak of each zone and of all in each year, from the table."""
    table = land.frames["va_maaling"]
    facts: dict[str, Any] = {"soner": {}, "samlet": {}}
    last = table[table["aar"] == METER_YEARS[-1]]
    for row in last.to_dict("records"):
        own = row["inn_m3"] - row["ut_m3"]
        lost = own - row["forbruk_m3"] - row["umaalt_m3"]
        facts["soner"][row["sone_id"]] = {"andel": lost / own, "m3": lost}
    for year, part in table.groupby("aar"):
        own = (part["inn_m3"] - part["ut_m3"]).sum()
        used = (part["forbruk_m3"] + part["umaalt_m3"]).sum()
        facts["samlet"][str(year)] = float((own - used) / own)
    return facts


def _connections(land: Land) -> dict[str, Any]:
    """Addresses and residents by answer, and those near a main that are not connected.

    Near is a straight line to a municipal main in use; nobody is joined to what is pumped past.
    """
    table = land.frames["va_tilknytning"].set_index("adresse_id")
    address = land.frames["adresse"]
    residents = land.tables["people"]["residents"].to_numpy()
    pipes = land.frames["va_ledning"]
    used = (pipes["status"] != _IDLE).to_numpy(bool, na_value=True)
    used = used & (pipes["eier"] == "kommunal").to_numpy(bool, na_value=True)
    used = used & ~pipes["funksjon"].isin(_PASSING).to_numpy(bool)
    facts: dict[str, Any] = {"adresser": len(address), "uten_rad":
                             int((~address["adresse_id"].isin(table.index)).sum())}  # fmt: skip
    for name, kinds in (("vann", ["vann"]), ("avlop", ["spillvann", "avlop_felles"])):
        answer = address["adresse_id"].map(table[name])
        lines = pipes.geometry.to_numpy()[used & pipes["type"].isin(kinds).to_numpy()]
        found = shapely.STRtree(lines).query(
            address.geometry.to_numpy(), predicate="dwithin", distance=_NEAR
        )[0]
        near = np.zeros(len(address), bool)
        near[np.unique(found)] = True
        yes = answer.eq(True).to_numpy(bool, na_value=False)
        no = answer.eq(False).to_numpy(bool, na_value=False)
        facts[name] = {
            "ja": int(yes.sum()), "nei": int(no.sum()), "ukjent": int((~yes & ~no).sum()),
            "innbyggere_ja": int(residents[yes].sum()), "innbyggere_nei": int(residents[no].sum()),
            "innbyggere_ukjent": int(residents[~yes & ~no].sum()),
            "andel_av_innbyggere": float(residents[yes].sum() / residents.sum()),
            "naer_men_ikke_tilknyttet": int((no & near).sum()), "naer_m": _NEAR,
        }  # fmt: skip
    return facts


def _hydrants(land: Land) -> dict[str, Any]:
    nodes = land.frames["va_node"]
    at = shapely.get_coordinates(nodes.geometry.to_numpy()[(nodes["type"] == "hydrant").to_numpy()])
    away = cKDTree(at).query(land.tables["people"][["x", "y"]].to_numpy())[0]
    return {"hydranter": len(at)} | {
        f"adresser_uten_innen_{int(metres)}_m": int((away > metres).sum()) for metres in _HYDRANT
    }


def _plants(land: Land) -> dict[str, Any]:
    """Capacity and load of the treatment plants, and the year that the programme fills each.

    ``fullt_aar`` is the first 1 January with more than the plant can take: of what it is measured
    at, of plants that are closed and pumped to it, and of dwellings done before that day. It is
    told where it holds whether each dwelling brings 1.6 or 2.6 people.
    """
    table = land.frames["va_anlegg"].query("type == 'renseanlegg'")
    area = land.frames["va_sone"].query("type == 'renseanlegg'").set_index("anlegg_id").geometry
    plan = land.frames["boligprogram"]
    at = shapely.centroid(plan.geometry.to_numpy())
    facts: dict[str, dict[str, Any]] = {}
    for row in table.to_dict("records"):
        one = {name: None if pd.isna(row[name]) else row[name] for name in
               ("kapasitet_pe", "belastning_pe", "fra_aar", "til_aar", "til_anlegg_id",
                "ny_kapasitet_pe", "ny_kapasitet_aar")}  # fmt: skip
        shape = area.get(row["anlegg_id"])
        if shape is not None:
            inside = shapely.within(at, shape)
            one["boliger_i_programmet"] = {
                str(y): int(plan.loc[inside & (plan["aar"] == y), "boliger"].sum())
                for y in sorted(set(plan.loc[inside, "aar"].tolist()))
            }
        facts[row["anlegg_id"]] = one
    few, many = (_full(facts, people) for people in (1.6, 2.6))
    for name, one in facts.items():
        one["fullt_aar"] = few[name] if few[name] == many[name] else None
    return {"anlegg": facts, "legges_ned_aar": CLOSING, "nytt_anlegg_aar": NEW_PLANT}


def _full(plants: dict[str, dict[str, Any]], people: float) -> dict[str, int | None]:
    """First 1 January that each plant has more than it can take; ``None`` for never."""
    found: dict[str, int | None] = dict.fromkeys(plants)
    for year in range(YEAR, YEAR + _AHEAD + 1):
        load = dict.fromkeys(plants, 0.0)
        for name, one in plants.items():
            homes = one.get("boliger_i_programmet", {})
            done = sum(count for when, count in homes.items() if int(when) < year)
            closed = one["til_aar"] is not None and one["til_aar"] < year
            load[one["til_anlegg_id"] if closed else name] += one["belastning_pe"] + done * people
        for name, one in plants.items():
            grown = one["ny_kapasitet_aar"] is not None and one["ny_kapasitet_aar"] <= year
            most = one["ny_kapasitet_pe"] if grown else one["kapasitet_pe"]
            if found[name] is None and load[name] > most:
                found[name] = year
    return found
