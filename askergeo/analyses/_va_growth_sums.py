"""The load of each plant, pumping station and pipe by year, and when each is full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.analyses._va_growth_supplied import supplied_of
from askergeo.va import load
from askergeo.va._load_growth import ALTERNATIVES, HOME, JOBS, NEW_JOBS, PROJECT
from askergeo.va._load_pipes import fall_of, full_sewer_l_s, full_water_l_s
from askergeo.va._net_pipes import number_of
from askergeo.va._supply_network import supply_pipes
from askergeo.va._supply_tree import root_walk
from askergeo.va.network import AVLOP, VANN
from askergeo.va.supply import lost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene, Side
    from askergeo.analyses._va_growth_supplied import Supplied
    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]

__all__ = ["PARTS", "MainLoad", "PlantLoad", "StationLoad", "main_load", "plant_load", "stations"]

#: What the load of a plant is made of, with the words for it.
PARTS: Final = {
    "naa": "I dag",
    "bosatte": "Flere der det bor folk",
    "boliger": "Nye boliger",
    "arbeid": "Nye arbeidsplasser",
    "overfort": "Overført fra andre anlegg",
}
_CAUSES: Final = {"bosatte": (HOME,), "boliger": (PROJECT,), "arbeid": (JOBS, NEW_JOBS)}


@dataclass(frozen=True, kw_only=True, eq=False)
class PlantLoad:
    """Load of ``k`` plants of one medium in ``t`` years, pe or m³ a day.

    Parameters
    ----------
    plants
        The plants.
    reckoned
        Today, of residents and jobs alone, in the middle alternative, (k,).
    moved
        Load by alternative when closed plants have sent theirs on.
    parts
        What the load of the middle alternative is made of, (k, t) each; see `PARTS`.
    over
        First year that each is full, by alternative, (k,); NaN never or unknown.
    supplied
        What meters say that waterworks deliver; ``None`` for sewage and without meters.
    """

    plants: load.Plants
    reckoned: Number
    moved: Mapping[str, load.Transfer]
    parts: Mapping[str, Number]
    over: Mapping[str, Number]
    supplied: Supplied | None


def plant_load(scene: Scene, kind: str, parameters: Parameters) -> PlantLoad:
    """Sum the load of each plant by year, and find the year that it is full."""
    side = scene.sides[kind]
    plants = side.plants
    metered = supplied_of(scene) if kind == VANN else None
    own = {name: _own(scene, kind, name, parameters, metered) for name in ALTERNATIVES}
    moved = {name: load.transferred(plants, own[name]) for name in ALTERNATIVES}
    over = {
        name: load.first_over(moved[name].load, plants.capacity, scene.years, plants.running)
        for name in ALTERNATIVES
    }
    return PlantLoad(
        plants=plants,
        reckoned=_of_plants(scene, kind, "hoved")[:, 0],
        moved=moved,
        parts=_parts(scene, kind, own["hoved"], moved["hoved"]),
        over=over,
        supplied=metered,
    )


def _of_plants(scene: Scene, kind: str, name: str, kinds: tuple[int, ...] | None = None) -> Number:
    """Load of each plant's own area, (k, t), of some kinds of places only when they are given."""
    side = scene.sides[kind]
    rows = side.plant >= 0
    if kinds is not None:
        rows &= np.isin(scene.demand.kind, kinds)
    total = np.zeros((len(side.plants.ids), len(scene.years)))
    np.add.at(total, side.plant[rows], scene.pe[name][rows])
    return scene.factors[name].water_m3_day(total) if kind == VANN else total


def _own(
    scene: Scene, kind: str, name: str, parameters: Parameters, metered: Supplied | None
) -> Number:
    """Load of each plant's own area: what is measured today with the growth, else as reckoned."""
    total = _of_plants(scene, kind, name)
    if kind != VANN:
        return _grown(total, scene.sides[kind].plants.measured, parameters)
    if metered is None:
        return total
    return _grown(total, metered.largest(scene.factors[name]), parameters)


def _grown(total: Number, measured: Number, parameters: Parameters) -> Number:
    """Add the growth of what is reckoned to what is registered today, (k, t), where it is."""
    if parameters["va_vekst_maalt"] != "ja":
        return total
    grown = np.maximum(measured[:, None] + total - total[:, :1], 0.0)
    return np.where(np.isnan(measured)[:, None], total, grown)


def _parts(scene: Scene, kind: str, own: Number, moved: load.Transfer) -> dict[str, Number]:
    """Take apart the middle alternative; there is nothing of a plant that is not in use."""
    here = moved.taker == np.arange(len(own))[:, None]
    parts = {"naa": np.where(here, own[:, :1], 0.0)}
    for name, kinds in _CAUSES.items():
        of = _of_plants(scene, kind, "hoved", kinds)
        parts[name] = np.where(here, of - of[:, :1], 0.0)
    parts["overfort"] = moved.received
    return parts


@dataclass(frozen=True, kw_only=True, eq=False)
class StationLoad:
    """Sewage in the largest hour at ``s`` pumping stations, l/s.

    Parameters
    ----------
    row
        Row of ``va_anlegg``, (s,).
    pe
        Middle alternative, (s, t): what is registered today with the growth, else as reckoned.
    measured, reckoned
        Today by the register, NaN unknown, and of residents and jobs alone, (s,).
    flow
        By alternative, (s, t).
    capacity
        l/s, (s,); NaN unknown.
    over
        First year that the flow is more than it lifts, by alternative, (s,).
    """

    row: Whole
    pe: Number
    measured: Number
    reckoned: Number
    flow: Mapping[str, Number]
    capacity: Number
    over: Mapping[str, Number]


def stations(scene: Scene, parameters: Parameters) -> StationLoad | None:
    """Sum the sewage through each pumping station; ``None`` without stations or pipes."""
    side, anlegg = scene.sides[AVLOP], scene.layers["va_anlegg"]
    if anlegg is None or side.network is None or side.flow is None:
        return None
    found = load.plants_of(anlegg, "pumpestasjon", scene.years, "kapasitet_l_s")
    node = side.network.facility_at[found.row].astype(np.int64)
    node_known = node >= 0
    row = found.row[node_known]
    if not len(row):
        return None
    node, running = node[node_known], found.running[node_known]
    capacity = number_of(anlegg, "kapasitet_l_s")[row]
    sums = {name: _node_sums(scene, side, name)[node] for name in ALTERNATIVES}
    measured, reckoned = found.measured[node_known], sums["hoved"][:, 0]
    sums = {name: _grown(one, measured, parameters) for name, one in sums.items()}
    flows = {name: scene.factors[name].sewage_l_s(sums[name]) for name in ALTERNATIVES}
    # What is told as the same is the same: a tenth more than it lifts is over.
    most = _tenths(capacity)
    over = {
        name: load.first_over(
            _tenths(flows[name]), np.repeat(most[:, None], len(scene.years), 1), scene.years,
            running,
        )
        for name in ALTERNATIVES
    }  # fmt: skip
    return StationLoad(
        row=row, pe=sums["hoved"], measured=measured, reckoned=reckoned, flow=flows,
        capacity=capacity, over=over,
    )  # fmt: skip


def _tenths(litres: Number) -> Number:
    """Round to tenths of a litre a second, as flows are told."""
    return np.asarray(np.round(litres, 1))


def _node_sums(scene: Scene, side: Side, name: str) -> Number:
    """Person equivalents that run through each node, (n, t)."""
    assert side.network is not None and side.flow is not None  # noqa: PT018, S101
    rows = side.on & (side.node >= 0)
    weights = np.zeros((side.network.nodes, len(scene.years)))
    np.add.at(weights, side.node[rows], scene.pe[name][rows])
    return side.flow.sums(weights)[:-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class MainLoad:
    """Flow in the largest hour in each of ``m`` pieces of pipe, l/s.

    Parameters
    ----------
    flow
        Middle alternative, (m, t); NaN where it is not known, as in loops of water.
    capacity
        l/s, (m,); NaN unknown.
    over
        First year that the flow is more than the capacity, by alternative, (m,).
    """

    flow: Number
    capacity: Number
    over: Mapping[str, Number]


def main_load(scene: Scene, kind: str, parameters: Parameters) -> MainLoad | None:
    """Sum the flow of each pipe and hold it against what it can carry."""
    side, pipes = scene.sides[kind], scene.layers["va_ledning"]
    if side.network is None or pipes is None or not side.network.edges:
        return None
    network = side.network
    size = number_of(pipes, "dimensjon_mm")[network.row]
    speed = float(parameters["va_vekst_fart"])
    capacity = full_water_l_s(size, speed)
    if kind == AVLOP:
        full = full_sewer_l_s(
            size,
            fall_of(network.z_start, network.z_end, network.length_m),
            float(parameters["va_vekst_manning"]),
        ) * float(parameters["va_vekst_fylling"])
        capacity = np.where(network.pressure, capacity, full)
    flows = {name: _flow_of(scene, side, kind, name) for name in ALTERNATIVES}
    limit = np.repeat(capacity[:, None], len(scene.years), axis=1)
    use = np.ones(limit.shape, dtype=np.bool_)
    over = {name: load.first_over(flows[name], limit, scene.years, use) for name in ALTERNATIVES}
    return MainLoad(flow=flows["hoved"], capacity=capacity, over=over)


def _flow_of(scene: Scene, side: Side, kind: str, name: str) -> Number:
    """Flow in the largest hour of each piece, (m, t); NaN where nobody knows."""
    assert side.network is not None  # noqa: S101
    if kind == AVLOP:
        assert side.flow is not None  # noqa: S101
        sums, upper = _node_sums(scene, side, name), side.flow.upper
        through = np.where((upper >= 0)[:, None], sums[np.maximum(upper, 0)], np.nan)
        return scene.factors[name].sewage_l_s(through)
    rows = side.on & (side.piece >= 0)
    at = np.zeros((side.network.edges, len(scene.years)))
    np.add.at(at, side.piece[rows], scene.pe[name][rows])
    return scene.factors[name].water_l_s(_behind(side.network, at))


def _behind(network: PipeNetwork, at: Number) -> Number:
    """Sum what has water through each piece alone, (m, t): known where there is no other way.

    In the largest hour basins give water too: they fill at night.
    """
    pipes = supply_pipes(network, network.source)
    found = lost(pipes, np.zeros((network.nodes, at.shape[1])), at).pipe
    count, start, end = pipes.opened()
    tree = root_walk(count, start, end, pipes.sources)
    bridge = tree.through[tree.bridge]
    alone = np.zeros(network.edges, dtype=np.bool_)
    alone[bridge[bridge < network.edges]] = True
    return np.where(alone[:, None], found, np.nan)
