"""A model for EPANET made from the map of pipes: what is not known is guessed, counted and said.

A hydraulic model that somebody has calibrated is always better. This one serves to find where the
pressure may be wrong, and to be worked on in EPANET.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError
from askergeo.privacy import THRESHOLD
from askergeo.va._hydraulic_lines import (
    demand_lines,
    device_lines,
    node_lines,
    pipe_lines,
    place_lines,
    rest_lines,
    shut_lines,
)
from askergeo.va._hydraulic_model import GUESS_COLUMNS, EpanetModel
from askergeo.va._hydraulic_names import valid_names
from askergeo.va._hydraulic_pipes import diameters, roughnesses
from askergeo.va._net_pipes import number_of, text_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._hydraulic_devices import Devices
    from askergeo.va._net_model import PipeNetwork

    Reals = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = ["NetModel", "net_model"]

_DAY_S: Final = 86_400.0
_PERCENT: Final = 100.0
# Share of nodes with a demand from which the demands are all there is.
_MOSTLY: Final = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class NetModel:
    """A model made from a network.

    Parameters
    ----------
    model
        The model, with its guesses.
    node_id, link_id
        What each node and piece of the network is called in it; empty where it is left out.
    height_known
        Nodes whose height is known; the pressure of the others says nothing.
    left_out
        Nodes in parts of the network without a source.
    twins
        Ends of pipes at shut valves that were given a node of their own, and the node they are at.
    """

    model: EpanetModel
    node_id: NDArray[np.object_]
    link_id: NDArray[np.object_]
    height_known: Truth
    left_out: Truth
    twins: dict[str, int]


class _Guesses:
    """What stands on something else than the layers."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, int, str]] = []

    def note(self, what: str, count: int, of: int, basis: str) -> None:
        if count:
            self.rows.append((what, int(count), int(of), basis))

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows, columns=list(GUESS_COLUMNS))


def net_model(
    network: PipeNetwork,
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    *,
    residents: Reals | None,
    terrain_m: Reals | None,
    leak_l_s: float | None,
    devices: Devices,
    parameters: Parameters,
) -> NetModel:
    """Make a model of the water network.

    Parameters
    ----------
    network
        The water network.
    va_ledning, va_node
        The layers it was made from.
    residents
        People that have their water from each node, (n,); ``None`` where nobody knows.
    terrain_m
        Height of the ground at each node, (n,), NaN unknown; ``None`` without terrain.
    leak_l_s
        Measured leakage of the whole network; ``None`` unknown.
    devices
        How pumps and valves work, as far as ``va_modell`` tells.
    parameters
        The set ``va_hydraulikk``.

    Raises
    ------
    LayerError
        When the network has no source: without a level there is no pressure.
    """
    guesses = _Guesses()
    height, known = _heights(network, va_node, terrain_m, guesses)
    # A source whose level nobody knows cannot press.
    source = network.source & known
    guesses.note(
        "Kilder", int((network.source & ~known).sum()), int(network.source.sum()),
        "ikke med: høyden er ukjent",
    )  # fmt: skip
    if not source.any():
        raise LayerError(
            "Vannettet har ingen kilde med kjent høyde: verken vannverk, høydebasseng, kilde eller "
            "basseng henger på ledningene.",
            remedy="Legg til kilden i va_anlegg eller va_node med høyde, eller en .inp-modell.",
        )
    fed = np.isin(network.component, network.component[source])
    level = _levels(source, _of_nodes(network, va_node, "hoyde"), height, parameters, guesses)
    demand = _demands(network, va_node, residents, fed, parameters=parameters, guesses=guesses)
    told = np.isfinite(_of_nodes(network, va_node, "behov_l_s"))[fed]
    if told.mean() >= _MOSTLY:
        # Who has set a demand at every node has shared out all that runs into the net.
        leak = np.zeros(network.nodes)
        basis = "regnet med i behovet som står på nodene"
        guesses.note("Lekkasjen", int(told.sum()), len(told), basis)
    else:
        whole = _leakage(demand[fed], leak_l_s, parameters)
        leak = _leaks(network, fed & ~source, whole, guesses)
    sizes = diameters(network, va_ledning, parameters, guesses.note)
    rough = roughnesses(network, va_ledning, parameters, guesses.note)
    told_of = devices.of(network, text_of(va_ledning, "ledning_id"))
    _note_devices(network, told_of, guesses)
    node_id = valid_names(_row_names(va_node, "node_id", network.node_row), "n")
    link_id = valid_names(_row_names(va_ledning, "ledning_id", network.row), "r")
    kept = fed[network.start]
    start, end, twins = _cut_valves(network, node_id, fed & ~source)
    lines = [
        "[TITLE]",
        "Laget av askergeo fra ledningskartet. Antakelsene er ikke kalibrert.",
        "",
        *node_lines(node_id, np.where(known, height, 0.0), fed & ~source),
        *(f" {name}\t{height[one] if known[one] else 0.0:.3f}" for name, one in twins.items()),
        "",
        "[RESERVOIRS]",
        *(f" {node_id[one]}\t{level[one]:.3f}" for one in np.flatnonzero(source)),
        "",
        *demand_lines(node_id, demand, leak, fed & ~source),
        *pipe_lines(network, link_id, (start, end), (sizes, rough), _without(kept, told_of)),
        *shut_lines(node_id, twins),
        *device_lines(
            devices,
            {one: name for one, name in told_of.items() if kept[one]},
            link_id,
            (start, end),
        ),
        *rest_lines(parameters),
        *place_lines(network, (node_id, link_id), (fed, kept), twins),
        "[END]",
    ]
    return NetModel(
        model=EpanetModel(name="nett", text="\n".join(lines) + "\n", guesses=guesses.frame()),
        node_id=np.where(fed, node_id, ""),
        link_id=np.where(kept, link_id, ""),
        height_known=known,
        left_out=~fed,
        twins=twins,
    )


def _row_names(frame: pd.DataFrame | None, column: str, row: NDArray[np.int32]) -> list[str]:
    """Return the id of each node or piece; empty where it has no row."""
    if frame is None or not len(frame):
        return [""] * len(row)
    ids = text_of(frame, column)
    return [str(ids[one]) if one >= 0 else "" for one in row]


def _of_nodes(network: PipeNetwork, va_node: pd.DataFrame | None, column: str) -> Reals:
    """Return a column of the nodes, (n,); NaN where it is unknown."""
    found = np.full(network.nodes, np.nan)
    if va_node is not None and len(va_node):
        on = network.node_row >= 0
        found[on] = number_of(va_node, column)[network.node_row[on]]
    return found


def _heights(
    network: PipeNetwork, va_node: pd.DataFrame | None, terrain_m: Reals | None, guesses: _Guesses
) -> tuple[Reals, Truth]:
    height = _of_nodes(network, va_node, "hoyde")
    low = np.isnan(height) & np.isfinite(network.z)
    height[low] = network.z[low]
    guesses.note("Nodens høyde", low.sum(), network.nodes, "bunnhøyden av noden eller ledningen")
    if terrain_m is not None:
        ground = np.isnan(height) & np.isfinite(terrain_m)
        height[ground] = terrain_m[ground]
        guesses.note("Nodens høyde", ground.sum(), network.nodes, "terrenget over noden")
    known = np.isfinite(height)
    guesses.note("Trykket", (~known).sum(), network.nodes, "ukjent: noden har ingen høyde")
    return height, known


def _levels(
    source: Truth, told: Reals, height: Reals, parameters: Parameters, guesses: _Guesses
) -> Reals:
    """Level of the water at the sources, (n,), metres."""
    more = float(parameters["va_hydraulikk_trykkhoyde_m"])
    registered = np.isfinite(told)
    total = int(source.sum())
    guesses.note("Vannstanden i kilden", (source & registered).sum(), total, "nodens høyde")
    basis = f"terrenget eller bunnen, og {more:g} m"
    guesses.note("Vannstanden i kilden", (source & ~registered).sum(), total, basis)
    return np.where(registered, told, height + more)


def _demands(
    network: PipeNetwork,
    va_node: pd.DataFrame | None,
    residents: Reals | None,
    fed: Truth,
    *,
    parameters: Parameters,
    guesses: _Guesses,
) -> Reals:
    """Consumption of each node on the day of most use, (n,), l/s."""
    told = _of_nodes(network, va_node, "behov_l_s")
    litres = float(parameters["va_vekst_l_person_mid"])
    peak = float(parameters["va_vekst_doegnfaktor_mid"])
    people = np.zeros(network.nodes) if residents is None else residents
    silent = np.isnan(told)
    shared, few = shared_out(people, fed & silent)
    counted = shared * litres * peak / _DAY_S
    guesses.note(
        "Forbruket", (silent & (people > 0)).sum(), network.nodes,
        f"bosatte × {litres:g} l i døgnet × {peak:g}",
    )  # fmt: skip
    guesses.note(
        f"Forbruket der færre enn {THRESHOLD} bor", few, network.nodes,
        "snittet av slike noder, så modellen ikke viser hvor mange som bor i et hus",
    )  # fmt: skip
    if residents is None:
        guesses.note(
            "Forbruket", silent.sum(), network.nodes, "0: bosatte er ukjent, og næring er ikke med"
        )
    return np.where(silent, counted, told)


def shared_out(people: Reals, counted: Truth) -> tuple[Reals, int]:
    """Give nodes with few residents the mean of them all, so that no household can be read.

    The model, its flows and its file leave the municipality; a demand is so many residents.

    Parameters
    ----------
    people
        Residents of each node, (n,).
    counted
        Nodes whose demand is reckoned from them.

    Returns
    -------
    tuple
        Residents to reckon with, (n,), the same in all; and how many nodes share theirs. Where
        fewer than the threshold live in all, they are reckoned as so many.

    Examples
    --------
    >>> shared_out(np.array([1.0, 4.0, 9.0, 0.0]), np.ones(4, dtype=bool))[0].tolist()
    [2.5, 2.5, 9.0, 0.0]
    """
    few = counted & (people > 0) & (people < THRESHOLD)
    if not few.any():
        return people, 0
    rest = np.flatnonzero(counted & (people >= THRESHOLD))
    if len(rest) and (few.sum() == 1 or people[few].sum() < THRESHOLD):
        # One of the larger joins them: alone they would tell of themselves.
        few[rest[people[rest].argmin()]] = True
    found = people.copy()
    found[few] = max(float(people[few].sum()), THRESHOLD) / few.sum()
    return found, int(few.sum())


def _leakage(
    demand: Reals, measured_l_s: float | None, parameters: Parameters
) -> tuple[float, str]:
    """Leakage in all, l/s, and what it rests on."""
    if measured_l_s is not None:
        return max(measured_l_s, 0.0), "målt, i siste år"
    share = float(parameters["va_vekst_lekkasje_mid"]) / _PERCENT
    mean = float(demand.sum()) / float(parameters["va_vekst_doegnfaktor_mid"])
    return mean * share / (1 - share), f"{100 * share:g} % av levert vann"


def _leaks(network: PipeNetwork, taps: Truth, whole: tuple[float, str], guesses: _Guesses) -> Reals:
    """Leakage at each node, (n,), l/s: the whole, by length of the pipes that meet there."""
    half = network.length_m / 2
    metres = np.bincount(network.start, half, network.nodes).astype(np.float64)
    metres += np.bincount(network.end, half, network.nodes)
    metres[~taps] = 0.0
    basis = f"{whole[0]:.2f} l/s i alt ({whole[1]}), fordelt etter lengden på ledningene"
    guesses.note("Lekkasjen", int((metres > 0).sum()), network.nodes, basis)
    return metres * (whole[0] / metres.sum()) if metres.sum() > 0 else metres


def _note_devices(network: PipeNetwork, told: dict[int, str], guesses: _Guesses) -> None:
    known = np.zeros(network.edges, dtype=bool)
    known[list(told)] = True
    lifts = int((network.pump_link & ~known).sum())
    # A station that is a point has no link that lifts, unless a pump stands beside it.
    beside = np.zeros(network.nodes, dtype=bool)
    beside[network.start[network.pump_link]] = True
    beside[network.end[network.pump_link]] = True
    lifts += int((network.pump & ~beside).sum())
    basis = "regnet som åpne rør: pumpekurven er ukjent, og trykket bak er usikkert"
    guesses.note("Pumper", lifts, lifts + int((network.pump_link & known).sum()), basis)
    valves = int((network.valve_link & ~known).sum())
    guesses.note(
        "Ventiler på ledning", valves, int(network.valve_link.sum()), "regnet som åpne rør"
    )


def _cut_valves(
    network: PipeNetwork, node_id: NDArray[np.object_], taps: Truth
) -> tuple[NDArray[np.object_], NDArray[np.object_], dict[str, int]]:
    """Give each pipe at a shut valve an end of its own there, so that nothing passes.

    Returns the names of the pieces' ends, and the nodes that were added with the node they are at.
    """
    start, end = node_id[network.start], node_id[network.end]
    twins: dict[str, int] = {}
    for node in np.flatnonzero(network.shut & taps):
        arcs = range(int(network.arc_ptr[node]), int(network.arc_ptr[node + 1]))
        for turn, arc in enumerate(arcs):
            if turn == 0:
                continue
            name = f"s{node}-{turn}"
            twins[name] = int(node)
            piece = network.arc_edge[arc]
            (start if network.arc_forward[arc] else end)[piece] = name
    return start, end, twins


def _without(kept: Truth, pieces: dict[int, str]) -> Truth:
    """Take pieces out of those that are pipes."""
    found = kept.copy()
    found[list(pieces)] = False
    return found
