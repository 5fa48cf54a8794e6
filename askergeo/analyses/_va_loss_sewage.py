"""Who has no way out for the sewage when a pumping station, a plant or a pipe of it fails.

The walk is that of water turned about: sewage is out of a place as long as some way of pipes leads
from there to a plant or an outlet. An overflow is no way, and which way a pipe falls is not looked
at: the answer is the least that a failure takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from askergeo.analyses._reach_tables import counted_table
from askergeo.analyses._va_loss_points import (
    apart,
    care_of,
    loss_columns,
    loss_record,
    named_places,
    node_name,
    top,
)
from askergeo.analyses._va_loss_scene import places_on, weights_of
from askergeo.errors import LayerError
from askergeo.result import Column
from askergeo.va.customers import customers
from askergeo.va.network import AVLOP, pipe_network
from askergeo.va.supply import Pipes, dry_without, lost
from askergeo.va.trace import pumped_jumps

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Layers, Scene
    from askergeo.parameters import Parameters
    from askergeo.result import Table
    from askergeo.va.network import PipeNetwork
    from askergeo.va.supply import Lost

    Truth = NDArray[np.bool_]

__all__ = ["Sewers", "sewage_table", "sewers_of"]

_OVERFLOW = "overlop"


class Sewers(NamedTuple):
    """The network of sewage, what hangs on it, and what each failure takes.

    ``pipes`` has the pieces of ``network``, and after them what is pumped without a drawn pipe;
    its sources are the ways out. ``answer`` has columns as `_va_loss_scene.WEIGHTS`.
    """

    network: PipeNetwork
    pipes: Pipes
    places: pd.DataFrame
    answer: Lost


def sewers_of(layers: Layers, parameters: Parameters) -> Sewers:
    """Make the network of sewage and find what each failure takes.

    Raises
    ------
    LayerError
        When there are no pipes of sewage, or no plant or outlet on them.
    """
    network, _ = pipe_network(
        layers.va_ledning,
        layers.va_node,
        layers.va_anlegg,
        medium=AVLOP,
        parameters=parameters,
        year=layers.year,
    )
    ways_out = np.flatnonzero(network.outlet & ~_overflows(network, layers))
    if not len(ways_out):
        raise LayerError("ingen renseanlegg eller utløp henger sammen med avløpsledningene.")
    hung = None
    if layers.adresse is not None:
        hung = customers(
            network, layers.adresse, layers.befolkning, layers.va_tilknytning,
            va_ledning=layers.va_ledning, parameters=parameters,
        )  # fmt: skip
    places = places_on(network, hung, layers, parameters)
    jumps = pumped_jumps(network, layers.va_anlegg, layers.year)
    start = np.concatenate([network.start, jumps[:, 0]]).astype(np.int64)
    end = np.concatenate([network.end, jumps[:, 1]]).astype(np.int64)
    valves = np.zeros((len(start), 2), np.int8)
    pipes = Pipes(network.nodes, start, end, ways_out, valves)
    weights = weights_of(len(start), hung, places)
    answer = lost(pipes, np.zeros((network.nodes, weights.shape[1])), weights)
    return Sewers(network, pipes, places, answer)


def _overflows(network: PipeNetwork, layers: Layers) -> Truth:
    """Tell which nodes are overflows only, (n,)."""
    if layers.va_node is None or not len(layers.va_node):
        return np.zeros(network.nodes, dtype=np.bool_)
    kind = layers.va_node["type"].astype("string").fillna("").to_numpy(dtype=object)
    over = (network.node_row >= 0) & (kind[network.node_row] == _OVERFLOW)
    return np.asarray(over & (network.facility_row < 0), dtype=np.bool_)


def sewage_table(scene: Scene) -> tuple[Table | None, tuple[str, ...]]:
    """Rank stations and plants of sewage by who is hit when one fails, and say what is unknown.

    No table without addresses, without pipes of sewage, and without a way out on them.
    """
    if scene.hung is None:
        return None, ()
    try:
        sewers = sewers_of(scene.layers, scene.parameters)
    except LayerError as error:
        if not bool(scene.layers.va_ledning["type"].isin(["spillvann", "avlop_felles"]).any()):
            return None, ()
        told = f"Hvem som rammes når et avløpsanlegg svikter, er ukjent: {error.message}"
        return None, (told,)
    records = _records(scene, sewers)
    if not records:
        return None, ()
    columns = loss_columns(scene)
    if "bosatte" in columns:
        columns["bosatte"] = replace(columns["bosatte"], title="Bosatte uten avløp")
    table = counted_table(
        "avlop",
        "Avløp: hvem som rammes når en pumpestasjon eller et renseanlegg svikter",
        records,
        {
            "slag": Column(title="Slag"),
            "hva": Column(title="Hva som svikter"),
            **columns,
            "navn": Column(title="Skoler og institusjoner"),
        },
        note="De som ikke har en annen veg i kartet til et renseanlegg eller utløp. Overløp er "
        "ingen veg: det er dit avløpet går når det er fullt. Hvor lenge det er plass, er ikke "
        "regnet. Følg én stasjon oppover med «askergeo va spor --medium avlop --retning opp».",
    )
    return table, ()


def _records(scene: Scene, sewers: Sewers) -> list[dict[str, Any]]:
    """One record for each station and way out that somebody cannot do without, worst first."""
    network, answer = sewers.network, sewers.answer
    stations = np.flatnonzero(network.pump & answer.supplied_node & ~network.outlet)
    nodes = np.concatenate([stations, sewers.pipes.sources])
    loss = np.concatenate([answer.node[stations], answer.source])
    best = top(loss[:, scene.rank], care_of(loss), int(scene.parameters["va_bortfall_vist"]))
    names = apart([node_name(network, scene.layers, int(nodes[k])) for k in best])
    records = []
    for name, k in zip(names, best.tolist(), strict=True):
        station = k < len(stations)
        none = np.zeros(0, np.int64)
        dry = (
            dry_without(sewers.pipes, none, nodes=nodes[k : k + 1])
            if station
            else dry_without(sewers.pipes, none, sources=np.array([k - len(stations)]))
        )
        records.append(
            {
                "rad": f"avløp {name}",
                "slag": "Pumpestasjon" if station else "Renseanlegg eller utløp",
                "hva": name,
                **loss_record(scene, loss[k]),
                "navn": named_places(sewers.places, dry),
            }
        )
    return records
