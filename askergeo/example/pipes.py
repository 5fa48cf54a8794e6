"""Water and sewage of the municipality: pipes, nodes, plants, zones and the registers on them.

The nets are laid in the streets (`pipe_streets`), by pressure zones (`pipe_water`) and by fall
(`pipe_sewer`). Age, material, breaks, renewal, leaks and connections follow planted rates, and
the faults of the map are planted last, so that the key knows all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from askergeo.example.pipe_ages import FIRST_MADE, events, hide, materials, renew
from askergeo.example.pipe_faults import plant_faults, plant_stub
from askergeo.example.pipe_key import make_pipe_key, supply_facts
from askergeo.example.pipe_model import model_rows, size_pumps
from askergeo.example.pipe_plants import plant_of, plants_of
from askergeo.example.pipe_registers import areas, connect, meter_zones, meters, register
from askergeo.example.pipe_sewer import make_sewer_net, make_storm_net
from askergeo.example.pipe_streets import graph_of, make_trenches
from askergeo.example.pipe_water import LITRES, dimensions, make_water_net, serving
from askergeo.example.shapes import point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_nets import Net
    from askergeo.example.pipe_sewer import Sewer
    from askergeo.example.pipe_streets import Trenches
    from askergeo.example.pipe_water import Water

__all__ = ["make_pipes"]

_SEWER_SIZES: Final = ((0, 160), (120, 200), (700, 250), (1_800, 315), (4_000, 400), (9_000, 500),
                       (20_000, 600))  # fmt: skip
_MAIN_SIZES: Final = ((0, 63), (40, 90), (150, 110), (400, 160), (1_200, 225), (4_000, 315),
                      (10_000, 450))  # fmt: skip
_STORM_SIZES: Final = ((0, 200), (6, 300), (20, 400), (45, 600))
_COLUMNS: Final = (
    "ledning_id", "type", "materiale", "dimensjon_mm", "anleggsaar", "status", "fra_node_id",
    "til_node_id", "lengde_m", "hoyde_fra", "hoyde_til", "eier", "funksjon", "fornyet_aar",
    "metode", "trykksone", "ruhet", "groft_id",
)  # fmt: skip
_NODE_COLUMNS: Final = (
    "node_id", "type", "navn", "hoyde", "bunnhoyde", "anleggsaar", "status", "behov_l_s",
    "kapasitet_l_s", "trykksone", "anlegg_id",
)  # fmt: skip
_PLANT_COLUMNS: Final = (
    "anlegg_id", "type", "navn", "kapasitet_pe", "kapasitet_m3_dogn", "kapasitet_l_s", "volum_m3",
    "belastning_pe", "til_anlegg_id", "fra_aar", "til_aar", "ny_kapasitet_pe", "ny_kapasitet_aar",
    "node_id",
)  # fmt: skip
_WHOLE: Final = (
    "dimensjon_mm", "anleggsaar", "fornyet_aar", "kapasitet_pe", "belastning_pe", "fra_aar",
    "til_aar", "ny_kapasitet_pe", "ny_kapasitet_aar",
)  # fmt: skip
_NUMBERS: Final = (
    "lengde_m", "hoyde_fra", "hoyde_til", "ruhet", "hoyde", "bunnhoyde", "behov_l_s",
    "kapasitet_l_s", "kapasitet_m3_dogn", "volum_m3",
)  # fmt: skip


def make_pipes(land: Land) -> None:
    """Add the layers va_* and the key «va»."""
    trenches = make_trenches(land)
    water = make_water_net(land, trenches)
    stub = plant_stub(land, water)
    served = serving(trenches, water.dry_places)
    sewer = make_sewer_net(land, trenches, served)
    storm = make_storm_net(land, trenches, served)
    homes = _homes(land, water, sewer)
    living = [_living(land, net, homes[name]) for name, net in
              (("vann", water.net), ("avlop", sewer.net))]  # fmt: skip
    _measure(land, water, living[0])
    tables = [
        _water_table(land, trenches, water, living[0]),
        _sewer_table(land, trenches, sewer, living[1]),
        _storm_table(land, trenches, storm),
    ]
    starts = np.cumsum([0] + [len(table) for table in tables[:-1]])
    pipes = pd.concat(tables, ignore_index=True)
    happened = events(land, pipes)
    nodes = _nodes(land, water, sewer, storm, pipes)
    ids = pipes["ledning_id"].to_numpy()
    sewer_rows = np.where(homes["avlop"] >= 0, homes["avlop"] + starts[1], -1)
    _zones(land, water, sewer)
    _add_events(land, happened, ids)
    land.frames["va_tilknytning"] = register(land, homes["vann"], sewer_rows, ids)
    plants = plants_of(land, water, sewer, nodes, homes["avlop"])
    _store(land, "va_anlegg", plants, _PLANT_COLUMNS)
    nodes = _with_plants(land, nodes)
    supply = supply_facts(land, water, nodes, homes["vann"], stub)
    devices = pipes["funksjon"].isin(["pumpe", "ventil", "overforing"]).to_numpy()
    before = pipes
    pipes = hide(land, pipes, devices | (pipes["ledning_id"] == stub["ledning_id"]).to_numpy())
    all_nodes = nodes
    pipes, nodes, faults = plant_faults(land, pipes, nodes)
    land.frames["va_modell"] = model_rows(water, before, all_nodes, set(nodes["node_id"]))
    _store(land, "va_ledning", pipes, _COLUMNS)
    _store(land, "va_node", nodes, _NODE_COLUMNS)
    make_pipe_key(land, faults, supply)


def _homes(land: Land, water: Water, sewer: Sewer) -> dict[str, Array]:
    """Pipe that each address is connected to by medium; -1 where it is not."""
    pipes = water.net.pipes
    zone = water.net.nodes["zone"].to_numpy()[pipes["start"]]
    own = np.isin(zone, _own_zones(water))
    usable = (pipes["funksjon"] == "fordelingsledning").to_numpy() & ~own
    homes = {}
    homes["vann"] = connect(land, "vann", pipes["geometry"].to_numpy(), usable)
    pipes = sewer.net.pipes
    usable = (pipes["funksjon"] == "hovedledning").to_numpy()
    homes["avlop"] = connect(land, "avlop", pipes["geometry"].to_numpy(), usable)
    return homes


def _own_zones(water: Water) -> Array:
    """Zones of private waterworks."""
    private = water.sources["eier"] == "privat"
    rows = water.sources.loc[private, "node"].to_numpy()
    return np.asarray(water.net.nodes["zone"].to_numpy()[rows])


def _living(land: Land, net: Net, homes: Array) -> Array:
    """Residents by node: half of those of each pipe at each end."""
    residents = land.tables["people"]["residents"].to_numpy()
    mine = homes >= 0
    by_pipe = np.bincount(homes[mine], residents[mine], len(net.pipes))
    ends = net.ends()
    count = len(net.nodes)
    return np.asarray(
        np.bincount(ends[:, 0], by_pipe / 2, count) + np.bincount(ends[:, 1], by_pipe / 2, count)
    )


def _laid(land: Land, trenches: Trenches, net: Net, medium: str, prefix: str) -> pd.DataFrame:
    """Columns that all media share; attributes are whole as yet."""
    pipes = net.pipes
    link, ends = pipes["link"].to_numpy(), net.ends()
    known = link >= 0
    year = np.where(known, trenches.year[link], 9_999)
    first = np.full(len(net.nodes), 9_999)
    for k in (0, 1):
        np.minimum.at(first, ends[:, k], year)
    year = np.where(known, year, np.minimum(first[ends].min(axis=1), 2_015))
    lines = pipes["geometry"].to_numpy()
    xy = net.nodes[["x", "y"]].to_numpy()[ends[:, 0]]
    place = np.where(known, trenches.place[link], -1)
    names = np.char.add(prefix + "N", np.char.zfill((np.arange(len(net.nodes)) + 1).astype(str), 5))
    net.nodes["node_id"] = names
    made = materials(land, medium, year, place, xy)
    told = land.rng(f"pipe length {medium}").random(len(pipes)) < 0.3
    return pd.DataFrame(
        {
            "ledning_id": [f"{prefix}{k + 1:05d}" for k in range(len(pipes))],
            "materiale": made,
            "anleggsaar": year,
            "status": "i drift",
            "fra_node_id": names[ends[:, 0]],
            "til_node_id": names[ends[:, 1]],
            "lengde_m": np.where(told, np.round(shapely.length(lines), 2), np.nan),
            "eier": pipes["eier"].to_numpy() if "eier" in pipes else "kommunal",
            "funksjon": pipes["funksjon"].to_numpy(),
            "groft_id": [f"G{k + 1}" if k >= 0 else None for k in link.tolist()],
            "link": link,
            "place": place,
            "geometry": lines,
        }
    )


def _water_table(land: Land, trenches: Trenches, water: Water, living: Array) -> pd.DataFrame:
    net = water.net
    frame = _laid(land, trenches, net, "vann", "V").assign(type="vann")
    sources = water.sources["node"].to_numpy()
    frame["dimensjon_mm"] = dimensions(net, sources, living, frame["anleggsaar"].to_numpy())
    big = (frame["funksjon"] == "fordelingsledning") & (frame["dimensjon_mm"] >= 200)
    frame["funksjon"] = frame["funksjon"].mask(big, "hovedledning")
    # Asbestos cement was not made so wide: steel, and ductile iron when that came.
    wide = (frame["materiale"] == "AC") & (frame["dimensjon_mm"] >= 400)
    early = frame["anleggsaar"] < FIRST_MADE["SJK"]
    frame["materiale"] = frame["materiale"].mask(wide & early, "STÅL").mask(wide & ~early, "SJK")
    zone = net.nodes["zone"].to_numpy()[net.ends()[:, 1]]
    frame["trykksone"] = [f"TZ{k + 1:03d}" for k in zone]
    frame = renew(land, "vann", frame)
    rough = {"SJG": 95.0, "STÅL": 100.0, "AC": 120.0, "SJK": 130.0, "PVC": 140.0, "PE": 140.0}
    frame["ruhet"] = frame["materiale"].map(rough)
    return frame


def _sewer_table(land: Land, trenches: Trenches, sewer: Sewer, living: Array) -> pd.DataFrame:
    net = sewer.net
    frame = _laid(land, trenches, net, "avlop", "S").assign(type=net.pipes["type"].to_numpy())
    pumped = (frame["funksjon"] == "pumpeledning").to_numpy()
    years = frame["anleggsaar"].to_numpy()
    place = net.nodes[["x", "y"]].to_numpy()[net.ends()[:, 0]]
    mains = materials(land, "trykk", years, frame["place"].to_numpy(), place)
    frame["materiale"] = np.where(pumped, mains, frame["materiale"])
    behind = _downstream(net, living)[net.ends()[:, 0]]
    frame["dimensjon_mm"] = np.where(pumped, _size(_MAIN_SIZES, behind),
                                     _size(_SEWER_SIZES, behind))  # fmt: skip
    combined = (frame["type"] == "avlop_felles").to_numpy()
    size = frame["dimensjon_mm"].to_numpy()
    frame["dimensjon_mm"] = np.where(combined, np.maximum(size, 225), size)
    level = net.nodes["inv"].to_numpy()[net.ends()]
    frame["hoyde_fra"] = np.where(pumped, np.nan, level[:, 0])
    frame["hoyde_til"] = np.where(pumped, np.nan, level[:, 1])
    return renew(land, "avlop", frame)


def _storm_table(land: Land, trenches: Trenches, net: Net) -> pd.DataFrame:
    frame = _laid(land, trenches, net, "overvann", "O").assign(type="overvann")
    behind = _downstream(net, np.ones(len(net.nodes)))[net.ends()[:, 0]]
    frame["dimensjon_mm"] = _size(_STORM_SIZES, behind)
    level = net.nodes["inv"].to_numpy()[net.ends()]
    frame["hoyde_fra"], frame["hoyde_til"] = level[:, 0], level[:, 1]
    return renew(land, "overvann", frame)


def _size(table: tuple[tuple[int, int], ...], load: Array) -> Array:
    limit = np.array([low for low, _ in table])
    return np.array([mm for _, mm in table])[np.searchsorted(limit, load, side="right") - 1]


def _downstream(net: Net, weight: Array) -> Array:
    """Sum weights of all nodes that drain through each node (n,)."""
    down = np.full(len(net.nodes), -1)
    down[net.ends()[:, 0]] = net.ends()[:, 1]
    left = np.bincount(net.ends()[:, 1], minlength=len(down))
    total = weight.astype(float).copy()
    ready = np.flatnonzero(left == 0).tolist()
    while ready:
        node = ready.pop()
        below = down[node]
        if below >= 0:
            total[below] += total[node]
            left[below] -= 1
            if left[below] == 0:
                ready.append(int(below))
    return total


def _nodes(land: Land, water: Water, sewer: Sewer, storm: Net, pipes: pd.DataFrame) -> pd.DataFrame:
    """All nodes in one table, with what is known of each medium."""
    rng = land.rng("pipe nodes")
    tables = []
    for net in (water.net, sewer.net, storm):
        frame = net.nodes.copy()
        frame["geometry"] = point_array(frame[["x", "y"]].to_numpy())
        tables.append(frame)
    first, foul, rain = tables
    first["trykksone"] = [f"TZ{k + 1:03d}" for k in first["zone"]]
    first["behov_l_s"] = np.round(first["use"], 5)
    size = np.zeros(len(first))
    for k in (0, 1):
        np.maximum.at(size, water.net.ends()[:, k],
                      pipes["dimensjon_mm"].to_numpy()[: len(water.net.pipes)])  # fmt: skip
    hydrant = (first["type"] == "hydrant").to_numpy() & (rng.random(len(first)) < 0.6)
    flow = np.round((size / 100) ** 2 * rng.uniform(11.0, 17.0, len(first)), 1)
    first["kapasitet_l_s"] = np.where(hydrant, np.minimum(flow, 90.0), np.nan)
    for frame in (foul, rain):
        frame["bunnhoyde"] = frame["inv"]
        frame["trykksone"] = None
        frame["status"] = None
    _overflows(sewer, foul)
    gully = (rain["type"] == "kum").to_numpy() & (rng.random(len(rain)) < 0.25)
    rain.loc[gully, "type"] = "sluk"
    both = pd.concat([first, foul, rain], ignore_index=True)
    both["hoyde"] = np.round(both["hoyde"].to_numpy(float), 2)
    year = pd.concat([
        pipes[["fra_node_id", "anleggsaar"]].set_axis(["node_id", "year"], axis=1),
        pipes[["til_node_id", "anleggsaar"]].set_axis(["node_id", "year"], axis=1),
    ]).groupby("node_id")["year"].min()  # fmt: skip
    born = both["node_id"].map(year).to_numpy(float)
    unknown = rng.random(len(both)) < 0.12
    both["anleggsaar"] = pd.array(np.where(unknown, np.nan, born), dtype="Int64")
    both["navn"] = None
    both["anlegg_id"] = None
    return both


def _overflows(sewer: Sewer, foul: pd.DataFrame) -> None:
    """Where the old sewers, that take the rain too, meet a newer one there is an overflow."""
    pipes = sewer.net.pipes
    mixed = (pipes["type"] == "avlop_felles").to_numpy()
    into = pipes["end"].to_numpy()[mixed]
    out = pipes["start"].to_numpy()[~mixed & (pipes["funksjon"] == "hovedledning").to_numpy()]
    rows = np.intersect1d(into, out)
    rows = rows[(foul["type"].to_numpy()[rows] == "kum")]
    foul.loc[rows, "type"] = "overlop"


def _with_plants(land: Land, nodes: pd.DataFrame) -> pd.DataFrame:
    """Tell the nodes which plant stands on them."""
    plants = land.frames["va_anlegg"].dropna(subset=["node_id"]).set_index("node_id")
    found = nodes["node_id"].map(plants["anlegg_id"])
    name = nodes["node_id"].map(plants["navn"])
    return nodes.assign(anlegg_id=found.where(found.notna(), None),
                        navn=name.where(name.notna(), None))  # fmt: skip


def _measure(land: Land, water: Water, living: Array) -> None:
    """Add va_maaling, and give each water node its metering zone and the leak there."""
    nodes = water.net.nodes
    own = np.isin(nodes["zone"].to_numpy(), _own_zones(water))
    zone = meter_zones(land, nodes[["x", "y"]].to_numpy(), own, living)
    names = [f"MZ{k + 1:02d}" for k in range(int(zone.max()) + 1)]
    source = int(water.sources["node"].iloc[0])
    table, leak = meters(land, zone, water.net.ends(), living, source=source, names=names)
    nodes["meter"] = zone
    nodes["leak"] = np.where(zone >= 0, leak[np.maximum(zone, 0)], 0.0)
    nodes["use"] = living * LITRES / 86_400 / (1 - nodes["leak"])
    size_pumps(water)
    land.frames["va_maaling"] = table


def _supplied(water: Water) -> Array:
    """Waterworks that each node is nearest to along the pipes (row among the waterworks)."""
    works = water.sources.loc[water.sources["type"] == "vannverk", "node"].to_numpy()
    metres = np.maximum(shapely.length(water.net.pipes["geometry"].to_numpy()), 0.5)
    graph = graph_of(water.net.ends(), metres, len(water.net.nodes))
    _, _, source = dijkstra(
        graph, directed=False, indices=works, min_only=True, return_predecessors=True
    )
    number = np.full(len(water.net.nodes), -1)
    number[works] = np.arange(len(works))
    return np.where(source >= 0, number[np.maximum(source, 0)], -1)


def _zones(land: Land, water: Water, sewer: Sewer) -> None:
    """Add va_sone: pressure, metering and supply of water, and what drains to what."""
    ends, nodes = water.net.ends()[:, 1], water.net.nodes
    lines, drains = water.net.pipes["geometry"].to_numpy(), sewer.net.pipes["geometry"].to_numpy()
    seed = sewer.net.nodes["seed"].to_numpy()[sewer.net.ends()[:, 0]]
    gravity = (sewer.net.pipes["funksjon"] == "hovedledning").to_numpy()
    stations = (sewer.seeds["kind"] == "pumpestasjon").to_numpy()
    plant = np.where(gravity, plant_of(sewer.seeds)[seed], -1)
    station = np.where(gravity & stations[seed], seed - int((~stations).sum()), -1)
    tables = []
    for kind, where, of, zone, thing, words in (
        ("trykksone", lines, nodes["zone"].to_numpy()[ends], "TZ{:03d}", "", "Trykksone {}"),
        ("maalesone", lines, nodes["meter"].to_numpy()[ends], "MZ{:02d}", "", "Målesone {}"),
        ("vannverk", lines, _supplied(water)[ends], "WZ{}", "VV{}", "Vann fra vannverk {}"),
        ("renseanlegg", drains, plant, "RZ{}", "RA{}", "Til renseanlegg {}"),
        ("pumpestasjon", drains, station, "PZ{:03d}", "PS{:03d}", "Til pumpestasjon {}"),
    ):
        shapes, numbers = areas(land, where, of)
        tables.append(pd.DataFrame({
            "sone_id": [zone.format(k + 1) for k in numbers],
            "navn": [words.format(k + 1) for k in numbers],
            "type": kind,
            "anlegg_id": [thing.format(k + 1) if thing else None for k in numbers],
            "geometry": shapes,
        }))  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    columns = {name: table[name].to_numpy() for name in table.columns[:-1]}
    land.add("va_sone", table["geometry"].to_numpy(), **columns)


def _add_events(land: Land, happened: pd.DataFrame, ids: Array) -> None:
    order = np.argsort(happened["aar"].to_numpy(), kind="stable")
    happened = happened.iloc[order]
    land.add(
        "va_hendelse",
        hendelse_id=[f"H{k + 1:05d}" for k in range(len(happened))],
        ledning_id=ids[happened["row"].to_numpy()],
        aar=happened["aar"].to_numpy(),
        type=happened["type"].to_numpy(),
    )


def _store(land: Land, layer: str, frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Add a layer with the columns of the catalogue; texts that are missing are missing."""
    columns: dict[str, Any] = {}
    for name in names:
        values = frame[name]
        if name in _WHOLE:
            columns[name] = values.astype("Float64").round().astype("Int64").array
        elif name in _NUMBERS:
            columns[name] = values.to_numpy(float, na_value=np.nan)
        else:
            columns[name] = pd.array(
                values.where(values.notna(), None).to_numpy(object), dtype="str"
            )
    land.add(layer, frame["geometry"].to_numpy(), **columns)
