"""What the growth of water and sewage is reckoned from: places, ways, plants and zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.school.areas import place
from askergeo.va import load
from askergeo.va._load_growth import (
    ALTERNATIVES,
    HOME,
    NEW_JOBS,
    PROJECT,
    Demand,
    homes_and_projects,
    places_of_work,
    together,
)
from askergeo.va._load_limits import groups_of, shared
from askergeo.va._load_parts import open_parts
from askergeo.va.connection import UNKNOWN, connected
from askergeo.va.customers import customers, may_have_customers, nearest_piece, piece_lines
from askergeo.va.network import AVLOP, VANN, pipe_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.forecast import Forecast
    from askergeo.va._net_model import PipeNetwork
    from askergeo.va.customers import Customers

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]
    Truth = NDArray[np.bool_]
    Layers = Mapping[str, gpd.GeoDataFrame | None]

__all__ = ["BY_NET", "BY_ONLY", "BY_ZONE", "HOW", "NOWHERE", "OFF", "Scene", "Side", "make_scene"]

#: How it is known which plant a place belongs to, and the same in bokmål.
OFF, NOWHERE, BY_NET, BY_ZONE, BY_ONLY = range(5)
HOW: Final = {
    BY_NET: "Fulgt gjennom ledningsnettet",
    BY_ZONE: "Etter sonen de ligger i",
    BY_ONLY: "Kommunens eneste anlegg av slaget",
    NOWHERE: "Knyttet til, men anlegget er ukjent",
    OFF: "Ikke knyttet til, eller ukjent om de er det",
}
_PLANT: Final = {AVLOP: "renseanlegg", VANN: "vannverk"}
_COLUMN: Final = {AVLOP: "kapasitet_pe", VANN: "kapasitet_m3_dogn"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One medium: where each of ``p`` places joins it, and the plants that it belongs to.

    Parameters
    ----------
    network
        Its pipes; ``None`` without the layer.
    piece
        Piece of pipe that each place hangs on, (p,); −1 for none.
    on
        Places that load it, (p,).
    plants
        Its treatment plants or waterworks.
    plant
        Position in ``plants`` of each place's, (p,); −1 unknown.
    how
        `BY_NET` and so on, (p,).
    each, group
        Row of ``va_anlegg`` of every plant by itself, (w,), and its position in ``plants``, (w,):
        waterworks that feed the same open net are one there.
    flow
        The way of sewage; ``None`` for water and without pipes.
    node
        Node at which each place's sewage begins, (p,); −1 for none.
    """

    network: PipeNetwork | None
    piece: Whole
    on: Truth
    plants: load.Plants
    plant: Whole
    how: NDArray[np.int8]
    each: Whole
    group: Whole
    flow: load.Flow | None
    node: Whole


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """All that the tables are made of.

    Parameters
    ----------
    demand
        Residents and jobs at ``p`` places in ``t`` years.
    factors
        What they give, by alternative.
    pe
        Person equivalents by alternative, (p, t) each.
    sides
        ``avlop`` and ``vann``.
    ids, residents, homes
        ``adresse_id``, residents and dwellings (NaN unknown) of each address, (a,): the first
        places of the demand.
    register
        What the register says of each address, by medium, (a,).
    layers
        The layers.
    forecast
        The forecast, where one could be made.
    told
        What makes the answer less certain, in bokmål.
    meters
        ``va_maaling``, where it is.
    """

    demand: Demand
    factors: Mapping[str, load.Factors]
    pe: Mapping[str, Number]
    sides: Mapping[str, Side]
    ids: NDArray[np.object_]
    residents: Number
    homes: Number
    register: Mapping[str, Number]
    layers: Layers
    forecast: Forecast | None
    told: tuple[str, ...]
    meters: pd.DataFrame | None = None

    @property
    def years(self) -> Whole:
        """Each 1 January, (t,)."""
        return self.demand.years


def make_scene(
    layers: Layers,
    kilder: Mapping[str, SourceRecord] | None,
    parameters: Parameters,
    tables: Mapping[str, pd.DataFrame | None],
) -> Scene:
    """Place residents and jobs of every year on the networks, and these on their plants.

    Parameters
    ----------
    layers
        ``adresse``, and ``va_ledning``, ``va_node``, ``va_anlegg``, ``va_sone``, ``boligprogram``,
        ``naeringsprogram``, ``arbeidsplass``, ``grunnkrets``, ``skolekrets`` where they are.
    kilder
        Where the layers come from.
    parameters
        The sets ``va_vekst``, ``prognose``, ``va_nett``, ``va_bortfall`` and ``trafikk``.
    tables
        ``befolkning``, and ``va_tilknytning``, ``befolkning_historikk``, ``framskriving`` and
        ``elevtall`` where they are; ``va_maaling`` may be left out.
    """
    adresse, befolkning = layers["adresse"], tables["befolkning"]
    assert adresse is not None and befolkning is not None  # noqa: PT018, S101  (the run needs them)
    known = adresse.drop_duplicates("adresse_id").reset_index(drop=True)
    ids = known["adresse_id"].astype(str).to_numpy(dtype=object)
    residents = (
        befolkning["antall"].groupby(befolkning["adresse_id"].astype(str)).sum().reindex(ids)
    )
    living = residents.fillna(0).to_numpy(dtype=np.float64)
    forecast, told = _forecast(layers, tables, kilder, parameters)
    years = _years(forecast, kilder, parameters)
    people = homes_and_projects(
        ids, geometries(known), living, layers["boligprogram"],
        forecast=forecast, years=years, parameters=parameters,
    )  # fmt: skip
    work, lacking = places_of_work(
        layers["arbeidsplass"], layers["naeringsprogram"], years=years, parameters=parameters
    )
    if lacking:
        text = "rader i næringsprogrammet mangler tall eller år, og er ikke med."
        told = (*told, f"{format_number(lacking)} {text}")
    demand = together([people, work])
    factors = load.factors_of(parameters)
    pe = {name: factors[name].pe(demand.residents[name], demand.jobs) for name in ALTERNATIVES}
    register = {kind: connected(ids, tables["va_tilknytning"], kind) for kind in (VANN, AVLOP)}
    sides = {
        kind: _side(
            kind, demand, known, layers, tables, register=register[kind], parameters=parameters
        )
        for kind in (AVLOP, VANN)
    }
    homes = np.full(len(ids), np.nan)
    if "boliger" in known:
        homes = known["boliger"].to_numpy(dtype=np.float64, na_value=np.nan)
    return Scene(
        demand=demand, factors=factors, pe=pe, sides=sides, ids=ids, residents=living, homes=homes,
        register=register, layers=layers, forecast=forecast, told=told,
        meters=tables.get("va_maaling"),
    )  # fmt: skip


def _forecast(
    layers: Layers,
    tables: Mapping[str, pd.DataFrame | None],
    kilder: Mapping[str, SourceRecord] | None,
    parameters: Parameters,
) -> tuple[Forecast | None, tuple[str, ...]]:
    """Forecast the residents where the layers allow it; else say that today's stay."""
    from askergeo.school.forecast import forecast_of_layers  # noqa: PLC0415

    adresse, befolkning = layers["adresse"], tables["befolkning"]
    assert adresse is not None and befolkning is not None  # noqa: PT018, S101
    try:
        found, dated = forecast_of_layers(
            adresse,
            befolkning,
            kilder,
            grunnkrets=layers["grunnkrets"],
            skolekrets=layers["skolekrets"],
            elevtall=tables["elevtall"],
            boligprogram=layers["boligprogram"],
            befolkning_historikk=tables["befolkning_historikk"],
            framskriving=tables["framskriving"],
            parameters=parameters,
        )
    except LayerError as error:
        text = (
            "Befolkningen er ikke framskrevet: dagens bosatte står stille, og boligprogrammet er "
            f"lagt til. Grunnen er: {error}"
        )
        return None, (text,)
    return found, dated


def _years(
    forecast: Forecast | None, kilder: Mapping[str, SourceRecord] | None, parameters: Parameters
) -> Whole:
    """Each 1 January from that of today's residents."""
    span = int(parameters["va_vekst_aar"])
    if forecast is not None:
        first = forecast.areas.people.year
        last = min(span, len(forecast.alternatives["hoved"].years) - 1)
        return np.arange(first, first + last + 1, dtype=np.int64)
    first = int(parameters["startaar"])
    if not first and kilder is not None and "befolkning" in kilder:
        text = str(kilder["befolkning"].date)[:4]
        first = int(text) if text.isdigit() else 0
    if not first:
        raise LayerError(
            "Ingen ting sier hvilket år de bosatte er fra.",
            remedy="Oppgi året med --parameter startaar=ÅÅÅÅ.",
        )
    return np.arange(first, first + span + 1, dtype=np.int64)


def _side(
    kind: str,
    demand: Demand,
    known: gpd.GeoDataFrame,
    layers: Layers,
    tables: Mapping[str, pd.DataFrame | None],
    *,
    register: Number,
    parameters: Parameters,
) -> Side:
    """Join every place to one medium and to its plant."""
    pipes, plants = layers["va_ledning"], _plants(layers["va_anlegg"], kind, demand.years)
    network, flow = None, None
    piece = np.full(len(demand.kind), -1, dtype=np.int64)
    if pipes is not None and len(pipes):
        network, _ = pipe_network(
            pipes, layers["va_node"], layers["va_anlegg"], medium=kind, parameters=parameters
        )
        hung = customers(
            network, known, tables["befolkning"], tables["va_tilknytning"],
            va_ledning=pipes, parameters=parameters,
        )  # fmt: skip
        piece = _pieces(network, pipes, demand, hung, parameters)
        if kind == AVLOP:
            flow = load.flow_of(
                network, layers["va_node"], layers["va_anlegg"], int(demand.years[0])
            )
    on = piece >= 0
    on[: len(register)] |= register == 1
    on |= np.isin(demand.kind, (PROJECT, NEW_JOBS))
    node = _nodes(network, flow, piece)
    at = _Joined(network, flow, piece, node, on)
    plant, how = _plant_of(kind, at, demand, plants, layers)
    each, group = plants.row, np.arange(len(plants.row), dtype=np.int64)
    if kind == VANN and network is not None and network.nodes and len(plants.row):
        plants, group = _sharing(network, plants)
        plant = np.where(plant >= 0, group[np.maximum(plant, 0)], -1).astype(np.int64)
    return Side(
        network=network, piece=piece, on=on, plants=plants, plant=plant, how=how, each=each,
        group=group, flow=flow, node=node,
    )  # fmt: skip


def _plants(va_anlegg: gpd.GeoDataFrame | None, kind: str, years: Whole) -> load.Plants:
    frame = va_anlegg
    if frame is None:
        frame = pd.DataFrame({"anlegg_id": pd.Series(dtype=str), "type": pd.Series(dtype=str)})
    return load.plants_of(frame, _PLANT[kind], years, _COLUMN[kind])


def _pieces(
    network: PipeNetwork,
    pipes: gpd.GeoDataFrame,
    demand: Demand,
    hung: Customers,
    parameters: Parameters,
) -> Whole:
    """Piece that each place hangs on: the register's, else the nearest; projects reach farther."""
    piece = np.full(len(demand.kind), -1, dtype=np.int64)
    piece[: len(hung.piece)] = hung.piece
    lines = piece_lines(network)
    may = may_have_customers(network, pipes, parameters["va_bortfall_ikke_kunder"])
    coming = np.isin(demand.kind, (PROJECT, NEW_JOBS))
    near = float(parameters["va_bortfall_tilknytning_m"])
    for rows, reach in (
        (np.flatnonzero(coming), float(parameters["va_vekst_prosjekt_m"])),
        (np.flatnonzero(~coming & (demand.kind != HOME)), near),
    ):
        piece[rows] = nearest_piece(lines, demand.points[rows], may, reach)
    return piece


def _nodes(network: PipeNetwork | None, flow: load.Flow | None, piece: Whole) -> Whole:
    """Node at which the sewage of each place begins: the upper end of its piece, (p,)."""
    if network is None or flow is None or not network.edges:
        return np.full(len(piece), -1, dtype=np.int64)
    reached = flow.end >= 0
    start, end = network.start.astype(np.int64), network.end.astype(np.int64)
    other = np.where(reached[start], start, end)
    upper = np.where(flow.upper >= 0, flow.upper, other)
    return np.where(piece >= 0, upper[np.maximum(piece, 0)], -1).astype(np.int64)


class _Joined(NamedTuple):
    """The network, the way of sewage on it, and where the places join it; see `Side`."""

    network: PipeNetwork | None
    flow: load.Flow | None
    piece: Whole
    node: Whole
    on: Truth


def _sharing(network: PipeNetwork, plants: load.Plants) -> tuple[load.Plants, Whole]:
    """Put waterworks that open pipes join together, and tell the group of each."""
    at_node, _ = open_parts(network)
    node = network.facility_at[plants.row]
    group = np.where(node >= 0, at_node[np.maximum(node, 0)], -1).astype(np.int64)
    together = shared(plants, group)
    return together, groups_of(plants, together)


def _plant_of(
    kind: str, at_net: _Joined, demand: Demand, plants: load.Plants, layers: Layers
) -> tuple[Whole, NDArray[np.int8]]:
    """Position of each place's plant, and how it is known: by net, zone, or as the only one."""
    network, flow, piece, node, on = at_net
    plant = np.full(len(on), -1, dtype=np.int64)
    how = np.where(on, NOWHERE, OFF).astype(np.int8)
    if network is not None and len(plants.row):
        at = network.facility_at[plants.row]
        by_node = np.full(network.nodes, -1, dtype=np.int64)
        by_node[at[at >= 0]] = np.flatnonzero(at >= 0)
        if kind == AVLOP and flow is not None:
            end = np.where(node >= 0, flow.end[np.maximum(node, 0)], -1)
            plant = np.where(end >= 0, by_node[np.maximum(end, 0)], -1)
        elif kind == VANN:
            plant = _works_of(network, by_node, piece)
        plant = np.where(on, plant, -1)
        how[plant >= 0] = BY_NET
    zone = _by_zone(layers["va_sone"], _PLANT[kind], demand.points, plants)
    by_zone = on & (plant < 0) & (zone >= 0)
    plant[by_zone], how[by_zone] = zone[by_zone], BY_ZONE
    running = np.flatnonzero(plants.running[:, 0]) if len(plants.row) else np.zeros(0, int)
    if len(running) == 1:
        rest = on & (plant < 0)
        plant[rest], how[rest] = running[0], BY_ONLY
    return plant, how


def _works_of(network: PipeNetwork, by_node: Whole, piece: Whole) -> Whole:
    """Waterworks of each place's open part of the net; of several, which share it, one."""
    works = np.flatnonzero(by_node >= 0)
    if not network.edges or not len(works):
        return np.full(len(piece), -1, dtype=np.int64)
    at_node, at_piece = open_parts(network)
    only = np.full(int(max(at_node.max(), at_piece.max())) + 1, -1, dtype=np.int64)
    only[at_node[works]] = by_node[works]
    return np.where(piece >= 0, only[at_piece[np.maximum(piece, 0)]], -1).astype(np.int64)


def _by_zone(
    va_sone: gpd.GeoDataFrame | None, kind: str, points: Geometries, plants: load.Plants
) -> Whole:
    """Plant of the zone that each place lies in; −1 for none."""
    if va_sone is None or "anlegg_id" not in va_sone:
        return np.full(len(points), -1, dtype=np.int64)
    mine = va_sone[va_sone["type"].astype("string").fillna("").eq(kind).to_numpy(dtype=bool)]
    first = {one: k for k, one in reversed(list(enumerate(plants.ids)))}
    of = np.array([first.get(str(one), -1) for one in mine["anlegg_id"]], dtype=np.int64)
    at = place(points, shapely.make_valid(geometries(mine)))
    return np.where(at >= 0, of[at] if len(of) else -1, -1).astype(np.int64)


def unknown_share(register: Number, residents: Number) -> float:
    """Share (0–1) of residents of whom the register says nothing."""
    total = residents.sum()
    return float(residents[register == UNKNOWN].sum() / total) if total else float("nan")
