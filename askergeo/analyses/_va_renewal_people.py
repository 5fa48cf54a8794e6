"""Who lose water, or the way out for their sewage, when a pipe fails; main roads and streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from askergeo.analyses._va_loss_scene import WEIGHTS, Layers, make_scene
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.va.customers import customers
from askergeo.va.institutions import KINDS, institutions
from askergeo.va.network import AVLOP, pipe_network
from askergeo.va.supply import Pipes, lost
from askergeo.va.trenches import street_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]

__all__ = ["Losing", "main_roads", "streets_of", "who_lose"]

_MAIN = ("E", "R", "F")
_OVERFLOW = "overlop"


class Losing(NamedTuple):
    """Residents and institutions that lose the service by each row of ``va_ledning``, (n,).

    NaN unknown. ``notes`` say in bokmål what is not known, and why.
    """

    persons: Numbers
    institutions: Numbers
    notes: tuple[str, ...]


def who_lose(
    layers: dict[str, Any], parameters: Parameters, year: int | None = None
) -> Losing:
    """Find who lose the service when each pipe fails, as far as the layers tell.

    Parameters
    ----------
    layers
        Layers of the catalogue by their ids.
    parameters
        The sets ``va_bortfall`` and ``va_nett``.
    year
        The present year: facilities that do not run then supply none.
    """
    known = Layers.of(layers, year)
    count = len(known.va_ledning)
    persons, places = np.full(count, np.nan), np.full(count, np.nan)
    if known.adresse is None or known.befolkning is None:
        note = (
            "Hvem som mister vann og avløp, er ukjent: lagene «adresse» og «befolkning» mangler. "
            "Konsekvensen er etter dimensjon og veg."
        )
        return Losing(persons, places, (note,))
    notes = []
    for of, what in ((_water, "vannet"), (_sewage, "avløpet")):
        try:
            network, people, homes = of(known, parameters)
        except LayerError as error:
            notes.append(f"Hvem som mister {what}, er ukjent: {error.message}")
            continue
        _to_rows(persons, network, people)
        _to_rows(places, network, homes)
    return Losing(persons, places, tuple(notes))


def _to_rows(rows: Numbers, network: PipeNetwork, values: Numbers) -> None:
    """Give each row of the layer the most that any of its pieces takes."""
    np.fmax.at(rows, network.row, values)


def _water(layers: Layers, parameters: Parameters) -> tuple[PipeNetwork, Numbers, Numbers]:
    scene = make_scene(layers, parameters)
    kinds = [WEIGHTS.index(kind) for kind in KINDS]
    loss = scene.answer.pipe
    return scene.network, loss[:, WEIGHTS.index("bosatte")], loss[:, kinds].sum(axis=1)


def _sewage(layers: Layers, parameters: Parameters) -> tuple[PipeNetwork, Numbers, Numbers]:
    """Find who have no other way to a plant or an outlet; an overflow is none."""
    network, _ = pipe_network(
        layers.va_ledning,
        layers.va_node,
        layers.va_anlegg,
        medium=AVLOP,
        parameters=parameters,
        year=layers.year,
    )
    overflow = np.zeros(network.nodes, dtype=np.bool_)
    if layers.va_node is not None and len(layers.va_node):
        kind = layers.va_node["type"].astype("string").fillna("").to_numpy(dtype=object)
        overflow = (network.node_row >= 0) & (kind[network.node_row] == _OVERFLOW)
        overflow &= network.facility_row < 0
    ways_out = np.flatnonzero(network.outlet & ~overflow)
    if not len(ways_out):
        raise LayerError("ingen renseanlegg eller utløp henger sammen med avløpsledningene.")
    hung = customers(
        network, layers.adresse, layers.befolkning, layers.va_tilknytning,
        va_ledning=layers.va_ledning, parameters=parameters,
    )  # fmt: skip
    places = institutions(
        network, hung, va_ledning=layers.va_ledning, parameters=parameters,
        adresse=layers.adresse, skole=layers.skole, barnehage=layers.barnehage,
        tjeneste=layers.tjeneste, bygning=layers.bygning,
    )  # fmt: skip
    piece = places["piece"].to_numpy(dtype=np.int64)
    homes = np.bincount(piece[piece >= 0], minlength=network.edges).astype(np.float64)
    weights = np.stack([hung.by_piece(hung.residents, network.edges), homes], axis=1)
    pipes = Pipes(
        network.nodes, network.start.astype(np.int64), network.end.astype(np.int64), ways_out,
        np.zeros((network.edges, 2), np.int8),
    )  # fmt: skip
    loss = lost(pipes, np.zeros((network.nodes, 2)), weights).pipe
    return network, loss[:, 0], loss[:, 1]


def main_roads(
    va_ledning: gpd.GeoDataFrame, veg: gpd.GeoDataFrame | None, metres: float
) -> Truth | None:
    """Tell which pipes lie under a main road, (n,); ``None`` when no road has a category."""
    if veg is None or "vegkategori" not in veg or not veg["vegkategori"].notna().any():
        return None
    main = veg[veg["vegkategori"].isin(_MAIN).fillna(value=False).to_numpy(dtype=bool)]
    lines = geometries(main)
    names = np.full(len(main), "", dtype=object)
    return np.asarray(street_of(geometries(va_ledning), lines, names, metres) >= 0, np.bool_)


def streets_of(
    lines: NDArray[np.object_], veg: gpd.GeoDataFrame | None, metres: float
) -> tuple[Whole, tuple[str, ...]]:
    """Give each pipe the nearest street with a name: its place among the names, −1 for none."""
    if veg is None or "navn" not in veg:
        return np.full(len(lines), -1, dtype=np.int64), ()
    roads = geometries(veg)
    names = veg["navn"].astype("string").str.strip()
    named = names.notna().to_numpy() & names.ne("").fillna(value=False).to_numpy(dtype=bool)
    named &= ~(shapely.is_missing(roads) | shapely.is_empty(roads))
    own = names[named].to_numpy(dtype=object)
    known = tuple(dict.fromkeys(str(one) for one in own))
    return street_of(lines, roads[named], own, metres), known
