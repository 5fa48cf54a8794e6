"""Where a trace begins, on which network, and what it meets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.analyses._schoolway_one import address_text, find_address
from askergeo.analyses._va_loss_scene import no_customers, water_sources
from askergeo.crs import crs_name
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.va._supply_network import supply_pipes
from askergeo.va.customers import HOW, Customers, customers, nearest_piece, piece_lines
from askergeo.va.institutions import institutions
from askergeo.va.network import AVLOP, MEDIUM_OF_TYPE, OVERVANN, VANN, pipe_network
from askergeo.va.trace import UP, Trace, pumped_jumps, trace_sewage, trace_water

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Layers
    from askergeo.parameters import Parameters
    from askergeo.va.network import PipeNetwork

    Whole = NDArray[np.int64]

__all__ = ["Traced", "make_trace"]

_WORDS: Final = {VANN: "vann", AVLOP: "avløp", OVERVANN: "overvann"}
# Eastings and northings in metres are far greater than any longitude or latitude.
_DEGREES: Final = (180.0, 90.0)
# A comma may be the decimal sign where a space or semicolon parts the numbers.
_COMMAS: Final = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)(?:\s*;\s*|,?\s+)(-?\d+(?:[.,]\d+)?)\s*$")
_POINT: Final = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$")


@dataclass(frozen=True, kw_only=True, eq=False)
class Traced:
    """A trace with the network it is on, and what hangs on it.

    Parameters
    ----------
    layers, parameters
        What it is made of.
    network, trace
        The network of the medium, and the pieces of the trace.
    direction
        ``opp`` or ``ned``.
    place
        Where it begins, in bokmål.
    point
        The same as a point.
    how
        Which pipe that is and how it is known, in bokmål; empty when it is given.
    hung
        Addresses of the medium; ``None`` without the layer.
    places
        Institutions with their pieces.
    """

    layers: Layers
    parameters: Parameters
    network: PipeNetwork
    trace: Trace
    direction: str
    place: str
    point: shapely.Geometry
    how: str
    hung: Customers | None
    places: pd.DataFrame

    @property
    def on(self) -> NDArray[np.bool_]:
        """Which pieces the trace has, (m,)."""
        found = np.zeros(self.network.edges, dtype=np.bool_)
        found[self.trace.pieces] = True
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class _Start:
    place: str
    media: tuple[str, ...]
    pipe: int = -1
    address: int = -1
    at: tuple[str, int] | None = None
    point: shapely.Geometry | None = None

    def node(self, network: PipeNetwork) -> int:
        """Node of the plant or point that it begins at; −1 when it is not on the network."""
        layer, row = self.at or ("", 0)
        return int((network.facility_at if layer == "va_anlegg" else network.node_at)[row])


def make_trace(layers: Layers, parameters: Parameters) -> Traced:
    """Read where the trace begins, and follow the network from there.

    Raises
    ------
    LayerError
        When the medium has no pipes, or water has no source.
    ParameterError
        When the place cannot be read, is not found, or no pipe is near it.
    """
    start = _start(layers, parameters)
    network = _network(start, layers, parameters)
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
    begin, how = _begin(start, network, layers, hung, parameters)
    if how:
        first = layers.va_ledning["ledning_id"].iloc[int(network.row[begin[0]])]
        how = f"Sporet begynner ved ledning {first}. {how}."
    direction = str(parameters["va_spor_retning"])
    lines = piece_lines(network)
    point = start.point
    if point is None:
        point = shapely.line_interpolate_point(lines[begin[0]], 0.5, normalized=True)
    return Traced(
        layers=layers,
        parameters=parameters,
        network=network,
        trace=_follow(network, begin, direction, layers, parameters),
        direction=direction,
        place=start.place,
        point=point,
        how=how,
        hung=hung,
        places=institutions(
            network,
            hung if hung is not None else no_customers(),
            va_ledning=layers.va_ledning,
            parameters=parameters,
            adresse=layers.adresse,
            skole=layers.skole,
            barnehage=layers.barnehage,
            tjeneste=layers.tjeneste,
            bygning=layers.bygning,
        ),
    )


def _network(start: _Start, layers: Layers, parameters: Parameters) -> PipeNetwork:
    """Make the first network that has the place where the trace begins, of those it may be on."""
    for medium in start.media:
        network, _ = pipe_network(
            layers.va_ledning,
            layers.va_node,
            layers.va_anlegg,
            medium=medium,
            parameters=parameters,
            year=layers.year,
        )
        if start.at is None or start.node(network) >= 0:
            break
    if not network.edges:
        raise LayerError(
            f"Nettet for {_WORDS[network.medium]} har ingen ledninger.",
            remedy="Velg et annet medium, eller se «askergeo va topologi».",
        )
    return network


def _start(layers: Layers, parameters: Parameters) -> _Start:
    """Read the place: a point, a pipe or an address, and the medium."""
    text = str(parameters["va_spor_fra"]).strip()
    asked = str(parameters["va_spor_medium"])
    usual = (asked or AVLOP,)
    if not text:
        raise ParameterError(
            "Det er ikke sagt hvor sporet begynner.",
            remedy="Oppgi --fra x,y, en adresse, eller id-en til en ledning, en node eller et "
            "anlegg.",
        )
    place = _read_point(text, layers)
    if place is not None:
        return _Start(place=f"punktet {place.x:.16g}, {place.y:.16g}", media=usual, point=place)
    ids = layers.va_ledning["ledning_id"].astype(str)
    if (ids == text).any():
        row = int(np.argmax(ids == text))
        kind = layers.va_ledning["type"].iloc[row]
        medium = MEDIUM_OF_TYPE.get(str(kind), "")
        if not medium or (asked and asked != medium):
            net = _WORDS.get(asked, "det som kan spores")
            raise ParameterError(
                f"Ledning {text} er av type «{kind}» og hører ikke til nettet for {net}.",
                remedy="Utelat --medium, eller velg en annen ledning.",
            )
        return _Start(place=f"ledning {text}", media=(medium,), pipe=row)
    standing = _standing(layers, text)
    if standing is not None:
        at, name, point_there = standing
        media = (asked,) if asked else (AVLOP, VANN, OVERVANN)
        return _Start(place=name, media=media, at=at, point=point_there)
    if layers.adresse is None:
        raise ParameterError(
            f"«{text}» er ingen ledning, node eller anlegg, og adressene er ikke i pakken.",
            remedy="Oppgi x,y eller en ledning_id fra laget «va_ledning».",
        )
    try:
        row = find_address(layers.adresse, text)
    except ParameterError as error:
        raise ParameterError(
            f"{error.message} Det er heller ingen ledning, node eller anlegg med den id-en.",
            remedy="Oppgi hele adresseteksten, x,y, eller id-en til en ledning, en node eller et "
            "anlegg slik den er skrevet i laget.",
        ) from error
    name = address_text(layers.adresse, row)
    place = geometries(layers.adresse)[row]
    return _Start(place=name, media=usual, address=row, point=place)


def _read_point(text: str, layers: Layers) -> shapely.Point | None:
    """Read x,y in the system of the package; ``None`` when the text is no two numbers.

    Raises
    ------
    ParameterError
        When the numbers look like degrees, and the package is in metres.
    """
    match = _COMMAS.match(text) or _POINT.match(text)
    if match is None:
        return None
    x, y = (float(match[k].replace(",", ".")) for k in (1, 2))
    crs = layers.va_ledning.crs
    small = max(abs(x), abs(y)) <= _DEGREES[0] and min(abs(x), abs(y)) <= _DEGREES[1]
    if small and crs is not None and crs.is_projected and not _near(layers, x, y):
        system = crs_name(crs) or "pakkens system"
        raise ParameterError(
            f"«{text}» ser ut som lengde- og breddegrader, men pakken er i {system}, i meter.",
            remedy=f"Oppgi øst,nord i {system}, eller regn om punktet først.",
        )
    return shapely.Point(x, y)


def _near(layers: Layers, x: float, y: float) -> bool:
    """Tell whether a point is within the extent of the pipes: a town near the origin has them."""
    west, south, east, north = layers.va_ledning.total_bounds
    wide = max(east - west, north - south)
    return bool(west - wide <= x <= east + wide and south - wide <= y <= north + wide)


def _standing(
    layers: Layers, text: str
) -> tuple[tuple[str, int], str, shapely.Geometry | None] | None:
    """Find a plant or a node by its id: its layer and row, its name and its place."""
    for layer, frame, key in (
        ("va_anlegg", layers.va_anlegg, "anlegg_id"),
        ("va_node", layers.va_node, "node_id"),
    ):
        if frame is None:
            continue
        mine = (frame[key].astype(str) == text).to_numpy(dtype=bool)
        if mine.any():
            row = int(np.argmax(mine))
            told = frame.iloc[row].get("navn")
            name = text if told is None or told != told else f"{told} ({text})"  # noqa: PLR0124
            return (layer, row), name, geometries(frame)[row]
    return None


def _begin(
    start: _Start,
    network: PipeNetwork,
    layers: Layers,
    hung: Customers | None,
    parameters: Parameters,
) -> tuple[Whole, str]:
    """Return the pieces that the trace begins at, and how they are known."""
    if start.pipe >= 0:
        pieces = np.flatnonzero(network.row == start.pipe).astype(np.int64)
        if not len(pieces):
            raise ParameterError(
                f"{start.place} er ikke med i nettet: den er ute av drift, tegnet to ganger eller "
                "uten lengde.",
                remedy="Se «askergeo va topologi».",
            )
        return pieces, ""
    if start.at is not None:
        return _at_node(network, start, str(parameters["va_spor_retning"])), ""
    if start.address >= 0 and hung is not None and layers.adresse is not None:
        one = str(layers.adresse["adresse_id"].iloc[start.address])
        k = int(np.argmax(hung.ids.astype(str) == one))
        if hung.piece[k] >= 0:
            return hung.piece[k : k + 1], HOW[hung.how[k]]
        raise ParameterError(
            f"Det er ukjent hvilken ledning {start.place} hører til ({HOW[hung.how[k]]}).",
            remedy="Oppgi ledning_id eller x,y ved ledningen, eller øk «va_bortfall_tilknytning_m»"
            ".",
        )
    limit = float(parameters["va_spor_punkt_m"])
    points = np.array([start.point], dtype=object)
    every = np.ones(network.edges, dtype=np.bool_)
    near = nearest_piece(piece_lines(network), points, every, limit)
    if near[0] < 0:
        away = float(shapely.distance(piece_lines(network), start.point).min())
        raise ParameterError(
            f"Ingen ledning for {_WORDS[network.medium]} er innenfor {format_number(limit)} m fra "
            f"{start.place}: den nærmeste er {format_number(away)} m unna.",
            remedy="Oppgi øst,nord for et punkt i "
            f"{crs_name(layers.va_ledning.crs) or 'pakkens system'}, eller et annet --medium.",
        )
    return near, "Den nærmeste ledningen til punktet"


def _at_node(network: PipeNetwork, start: _Start, direction: str) -> Whole:
    """Return the pieces at a plant or node that lead to it, or from it; all when none does."""
    node = start.node(network)
    if node < 0:
        raise ParameterError(
            f"{start.place} er ikke med i nettet for {_WORDS[network.medium]}: ute av drift, uten "
            "sted, eller ikke ved en ledning.",
            remedy="Se «askergeo va topologi», eller velg et annet --medium.",
        )
    touching = (network.start == node) | (network.end == node)
    head = np.where(network.direction < 0, network.start, network.end)
    wanted = touching & (((head == node) == (direction == UP)) | (network.direction == 0))
    pieces = np.flatnonzero(wanted if wanted.any() else touching)
    if not len(pieces):
        raise ParameterError(
            f"Ingen ledning er knyttet til {start.place}.", remedy="Se «askergeo va topologi»."
        )
    return pieces.astype(np.int64)


def _follow(
    network: PipeNetwork,
    begin: Whole,
    direction: str,
    layers: Layers,
    parameters: Parameters,
) -> Trace:
    if network.medium != VANN:
        jumps = pumped_jumps(network, layers.va_anlegg, layers.year)
        return trace_sewage(network, begin, direction, jumps)
    sources, _, _ = water_sources(network, layers, parameters)
    crossings = str(parameters["va_bortfall_kryss"]) == "ja"
    return trace_water(
        network, supply_pipes(network, sources, crossings=crossings), begin, direction
    )
