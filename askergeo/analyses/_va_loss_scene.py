"""What the questions of failures are answered from: the network, its customers, what each takes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from askergeo.errors import LayerError, ParameterError
from askergeo.va._net_model import VANN
from askergeo.va._supply_network import basin_nodes, supply_pipes
from askergeo.va.customers import Customers, customers
from askergeo.va.institutions import KINDS, institutions
from askergeo.va.network import pipe_network
from askergeo.va.supply import CLOSED, lost, reserve, stretches, walk

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va.network import PipeNetwork
    from askergeo.va.supply import Lost, Pipes, Reserve, Tree

    Truth = NDArray[np.bool_]
    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]

__all__ = [
    "FEW_BEHIND",
    "MANY_BEHIND",
    "NO_SOURCE",
    "ONE_SOURCE",
    "ONE_SOURCE_ONE_PIPE",
    "STATES",
    "TWO_WAYS",
    "WEIGHTS",
    "Layers",
    "Scene",
    "make_scene",
    "no_customers",
    "out_of_use",
    "places_on",
    "reserve_states",
    "water_sources",
    "weights_of",
]

#: What is counted behind each failure, in this order.
WEIGHTS: Final = ("bosatte", "sarbare", "boliger", "adresser", *KINDS)
#: What stands alone on the way to a customer.
TWO_WAYS, FEW_BEHIND, MANY_BEHIND, ONE_SOURCE, ONE_SOURCE_ONE_PIPE, NO_SOURCE = range(6)
STATES: Final = (
    "To kilder, og ingen ledning står alene",
    "To kilder, men en liten gren har bare én ledning",
    "To kilder, men én ledning til mange",
    "Bare én kilde",
    "Bare én kilde, og én ledning til mange",
    "Henger ikke sammen med en kilde",
)
_PERCENT: Final = 100.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The layers of the analyses of failures and traces, as they are in the catalogue."""

    va_ledning: gpd.GeoDataFrame
    va_node: gpd.GeoDataFrame | None = None
    va_anlegg: gpd.GeoDataFrame | None = None
    va_tilknytning: pd.DataFrame | None = None
    va_sone: gpd.GeoDataFrame | None = None
    va_modell: pd.DataFrame | None = None
    adresse: gpd.GeoDataFrame | None = None
    befolkning: pd.DataFrame | None = None
    bygning: gpd.GeoDataFrame | None = None
    skole: gpd.GeoDataFrame | None = None
    barnehage: gpd.GeoDataFrame | None = None
    tjeneste: gpd.GeoDataFrame | None = None
    tettsted: gpd.GeoDataFrame | None = None
    kommunegrense: gpd.GeoDataFrame | None = None
    year: int | None = None

    @classmethod
    def of(cls, layers: dict[str, Any], year: int | None = None) -> Layers:
        """Take the layers that are there, with their rows numbered from 0; and their year."""
        known = {one.name for one in fields(cls)} - {"year"}
        return cls(
            year=year,
            **{
                name: None if frame is None else frame.reset_index(drop=True)
                for name, frame in layers.items()
                if name in known
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """The network of water with all that hangs on it.

    Parameters
    ----------
    layers, parameters
        What it is made of.
    network
        The network of water.
    pipes, whole
        The same as failures see it, without and with what is asked to be out of use.
    out, stopped, gone
        The pieces of pipe, (m,), the sources and the other nodes that are.
    basins
        Whether basins are counted as sources.
    only_basins
        Whether they are because no other source is known.
    hung
        The addresses, and what they hang on; ``None`` without the layer.
    places
        The institutions.
    weights
        Of each piece, (m, k), as `WEIGHTS`.
    answer, alone, tree
        What each failure takes, what stands alone on the way to each node, and the walk that says.
    state
        Place in `STATES` of what hangs on each piece, (m,).
    head
        First piece of the stretch of each piece that stands alone, (m,); −1.
    """

    layers: Layers
    parameters: Parameters
    network: PipeNetwork
    pipes: Pipes
    whole: Pipes
    out: Truth
    stopped: Whole
    gone: Whole
    basins: bool
    only_basins: bool
    hung: Customers | None
    places: pd.DataFrame
    weights: Number
    answer: Lost
    alone: Reserve
    tree: Tree
    state: NDArray[np.int8]
    head: Whole

    @property
    def broken(self) -> bool:
        """Whether anything is asked to be out of use."""
        return bool(self.out.any() or len(self.stopped) or len(self.gone))

    @property
    def people_known(self) -> bool:
        """Whether residents are counted."""
        return self.hung is not None and not bool(np.isnan(self.hung.residents).all())

    @property
    def rank(self) -> int:
        """Column of the weights that failures are ranked by."""
        if self.people_known:
            return WEIGHTS.index("bosatte")
        return WEIGHTS.index("adresser")

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """``ledning_id`` of each piece, (m,)."""
        known = self.layers.va_ledning["ledning_id"].astype(str).to_numpy(dtype=object)
        return np.asarray(known[self.network.row], dtype=object)


def make_scene(layers: Layers, parameters: Parameters) -> Scene:
    """Make the network of water, hang its customers on it and find what each failure takes.

    Raises
    ------
    LayerError
        When no pipe is of water, or nothing is known to give water.
    ParameterError
        When a pipe that is asked to be out of use is not there.
    """
    network, _ = pipe_network(
        layers.va_ledning,
        layers.va_node,
        layers.va_anlegg,
        medium=VANN,
        parameters=parameters,
        year=layers.year,
    )
    if not network.edges:
        raise LayerError(
            "Laget «va_ledning» har ingen vannledninger som henger sammen med noe.",
            remedy="Se «askergeo va topologi», og legg til ledninger av type «vann».",
        )
    sources, basins, only = water_sources(network, layers, parameters)
    crossings = str(parameters["va_bortfall_kryss"]) == "ja"
    out, nodes = out_of_use(network, layers, parameters["va_bortfall_uten"])
    # A source that stops gives no water, but its pipes still lead it; nothing passes another node.
    stopped, gone = nodes[sources[nodes]], nodes[~sources[nodes]]
    whole = pipes = supply_pipes(network, sources, crossings=crossings)
    if out.any() or len(nodes):
        given = sources.copy()
        given[stopped] = False
        pipes = supply_pipes(network, given, crossings=crossings, without=out, gone=gone)
    hung = None
    if layers.adresse is not None:
        hung = customers(
            network,
            layers.adresse,
            layers.befolkning,
            layers.va_tilknytning,
            va_ledning=layers.va_ledning,
            parameters=parameters,
        )
    places = places_on(network, hung, layers, parameters)
    weights = weights_of(network.edges, hung, places)
    answer = lost(pipes, np.zeros((network.nodes, len(WEIGHTS))), weights)
    alone = reserve(pipes)
    share = float(parameters["va_bortfall_strekning"]) / _PERCENT
    known = hung is not None and not np.isnan(hung.residents).all()
    rank = answer.pipe[:, WEIGHTS.index("bosatte" if known else "adresser")]
    return Scene(
        layers=layers,
        parameters=parameters,
        network=network,
        pipes=pipes,
        whole=whole,
        out=out,
        stopped=stopped,
        gone=gone,
        basins=basins,
        only_basins=only,
        hung=hung,
        places=places,
        weights=weights,
        answer=answer,
        alone=alone,
        tree=walk(pipes),
        state=reserve_states(pipes, alone, rank, float(parameters["va_bortfall_grense"])),
        head=stretches(pipes, rank, share),
    )


def water_sources(
    network: PipeNetwork, layers: Layers, parameters: Parameters
) -> tuple[Truth, bool, bool]:
    """Return the nodes that water comes from, whether basins are among them, and whether only.

    Raises
    ------
    LayerError
        When there are none.
    """
    basin = basin_nodes(network, layers.va_node, layers.va_anlegg)
    asked = str(parameters["va_bortfall_bassenger"]) == "ja"
    sources = network.source if asked else network.source & ~basin
    only = not sources.any() and bool(basin.any())
    sources = basin if only else sources
    if not sources.any():
        raise LayerError(
            "Ingen kilde henger sammen med vannledningene: det er ukjent hvem som får vann fra "
            "hvor.",
            remedy="Legg til vannverk i laget «va_anlegg», eller noder av type «kilde» i "
            "«va_node», ved en vannledning.",
        )
    return np.asarray(sources, dtype=np.bool_), asked or only, only


def out_of_use(network: PipeNetwork, layers: Layers, names: list[str]) -> tuple[Truth, Whole]:
    """Find what is named: the pieces of pipes, (m,), and the nodes of plants and points.

    Raises
    ------
    ParameterError
        When a name is neither a pipe, a plant nor a node on the network of water.
    """
    ids = layers.va_ledning["ledning_id"].astype(str).to_numpy(dtype=object)[network.row]
    of_node: dict[str, int] = {}
    for frame, key, at in (
        (layers.va_node, "node_id", network.node_at),
        (layers.va_anlegg, "anlegg_id", network.facility_at),
    ):
        if frame is not None:
            told = zip(frame[key].astype(str), at.tolist(), strict=True)
            of_node |= {name: node for name, node in told if node >= 0}
    known = set(ids)
    unknown = [one for one in names if one not in known and one not in of_node]
    if unknown:
        raise ParameterError(
            f"{', '.join(unknown)} er ikke på vannettet.",
            remedy="Bruk ledning_id fra laget «va_ledning», av en ledning av type «vann», eller "
            "id-en til et anlegg («va_anlegg») eller en node («va_node») på den.",
        )
    pipes = [one for one in names if one in known]
    nodes = [of_node[one] for one in names if one not in known]
    pieces = np.isin(ids.astype(str), pipes) if pipes else np.zeros(network.edges, dtype=np.bool_)
    return pieces, np.unique(np.array(nodes, dtype=np.int64))


def no_customers() -> Customers:
    """Return addresses where there are none."""
    none = np.zeros(0)
    return Customers(
        ids=np.array([], dtype=object),
        points=np.array([], dtype=object),
        piece=np.zeros(0, np.int64),
        how=np.zeros(0, np.int8),
        distance_m=none,
        residents=none,
        dwellings=none,
        vulnerable=none,
        unplaced=0,
    )


def places_on(
    network: PipeNetwork, hung: Customers | None, layers: Layers, parameters: Parameters
) -> pd.DataFrame:
    """List the institutions; without addresses each hangs on the nearest pipe."""
    return institutions(
        network,
        no_customers() if hung is None else hung,
        va_ledning=layers.va_ledning,
        parameters=parameters,
        adresse=layers.adresse,
        skole=layers.skole,
        barnehage=layers.barnehage,
        tjeneste=layers.tjeneste,
        bygning=layers.bygning,
    )


def weights_of(pieces: int, hung: Customers | None, places: pd.DataFrame) -> Number:
    """Sum what hangs on each piece, (m, k)."""
    columns = np.zeros((pieces, len(WEIGHTS)))
    if hung is not None:
        values = (hung.residents, hung.vulnerable, hung.dwellings, np.ones(len(hung.piece)))
        for column, one in enumerate(values):
            columns[:, column] = hung.by_piece(one, pieces)
    piece = places["piece"].to_numpy(dtype=np.int64)
    for kind in KINDS:
        mine = piece[(places["art"] == kind).to_numpy() & (piece >= 0)]
        columns[:, WEIGHTS.index(kind)] = np.bincount(mine, minlength=pieces)
    return columns


def reserve_states(pipes: Pipes, alone: Reserve, loss: Number, many: float) -> NDArray[np.int8]:
    """Class what hangs on each pipe by what stands alone on its way, (m,).

    Parameters
    ----------
    pipes, alone
        The network and what stands alone.
    loss
        What each pipe takes with it, (m,).
    many
        From this loss a pipe that stands alone is one to many.
    """
    # What hangs on a pipe has water from the end that does not depend on the pipe itself.
    ends = np.stack([pipes.start, pipes.end], axis=1)
    wet = alone.supplied[ends] & (pipes.valves != CLOSED)
    itself = alone.pipe[ends[:, 0]] == np.arange(len(ends))
    end = np.where(wet[:, 0] & ~(itself & wet[:, 1]), ends[:, 0], ends[:, 1])
    supplied = wet.any(axis=1)
    pipe = alone.pipe[end]
    big = (pipe >= 0) & (np.nan_to_num(loss)[pipe] >= many)
    one_source = alone.source[end] >= 0
    state = np.select(
        [~supplied, one_source & big, one_source, big, pipe >= 0],
        [NO_SOURCE, ONE_SOURCE_ONE_PIPE, ONE_SOURCE, MANY_BEHIND, FEW_BEHIND],
        TWO_WAYS,
    )
    return state.astype(np.int8)
