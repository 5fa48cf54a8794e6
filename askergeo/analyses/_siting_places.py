"""What is placed, where it is already, and where it could be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._nearest import nearest as nearest_name
from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries, union

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.graph import WalkGraph
    from askergeo.parameters import Parameters

__all__ = ["Candidates", "candidates_of", "present_services", "service_title"]

# Layers whose rows are services of one type of their own.
_OWN_TYPE = {"skole": "Skole", "barnehage": "Barnehage"}
# More candidates than this make a matrix that no laptop needs.
_MOST = 3000


@dataclass(frozen=True)
class Candidates:
    """Places where a service could be.

    Parameters
    ----------
    points
        Where, (j,).
    names
        Name of each for a person, (j,).
    kinds
        What each is, in bokmål, (j,).
    """

    points: Geometries
    names: NDArray[np.object_]
    kinds: NDArray[np.object_]


def service_title(kind: str) -> str:
    """Name of a type of service in bokmål.

    Raises
    ------
    ParameterError
        When there is no such type.
    """
    codes = load_catalogue()["tjeneste"].columns["type"].codes or {}
    titles = {str(code): str(title) for code, title in codes.items()} | _OWN_TYPE
    if kind in titles:
        return titles[kind]
    near = nearest_name(kind, titles, count=2)
    hint = f" Mente du {' eller '.join(f'«{word}»' for word in near)}?" if near else ""
    raise ParameterError(
        f"Tjenesten «{kind}» finnes ikke.{hint}", remedy=f"Kjente tjenester er {', '.join(titles)}."
    )


def present_services(kind: str, layers: Mapping[str, gpd.GeoDataFrame]) -> Geometries:
    """Points of the services of a type that are there already.

    Raises
    ------
    LayerError
        When no layer can tell.
    """
    own = layers.get(kind) if kind in _OWN_TYPE else None
    services = layers.get("tjeneste")
    if own is None and services is None:
        raise LayerError(
            "Det er ukjent hvor tjenesten finnes i dag: laget «tjeneste» mangler.",
            remedy="Legg til «tjeneste», fra kommunens egen liste eller OpenStreetMap.",
        )
    found = [] if own is None else [geometries(own)]
    if services is not None:
        found.append(geometries(services[services["type"] == kind]))
    return _points(np.concatenate(found))


def _points(shapes: Geometries) -> Geometries:
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return np.asarray(shapely.point_on_surface(there), dtype=object)


def candidates_of(
    layers: Mapping[str, gpd.GeoDataFrame],
    graph: WalkGraph,
    settlements: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Candidates:
    """Find the places that the parameters ask for.

    Raises
    ------
    LayerError
        When the layers that they are in are absent or empty.
    ParameterError
        When points that were given are not coordinates, or there are too many candidates.
    """
    source = parameters["kandidater"]
    given = parameters["kandidatpunkter"]
    if given or source == "punkter":
        found = _given(given)
    elif source == "veg":
        found = _along(graph, settlements, parameters["kandidat_avstand_m"])
    else:
        names = ("senter", "tjeneste") if source == "sentre_og_tjenester" else (source,)
        found = _joined([_of_layer(name, layers[name]) for name in names if name in layers])
    if not len(found.points):
        raise LayerError(
            f"Det er ingen kandidater: «{source}» mangler eller er tom.",
            remedy="Velg andre med --kandidater, for eksempel veg, eller en fil med punkter.",
        )
    if len(found.points) > _MOST:
        raise ParameterError(
            f"{len(found.points)} kandidater er for mange; det går an med {_MOST}.",
            remedy="Øk kandidat_avstand_m, eller velg andre med --kandidater.",
        )
    return found


def _given(points: list[str]) -> Candidates:
    try:
        xy = np.array([[float(part) for part in one.split()] for one in points]).reshape(-1, 2)
    except ValueError:
        raise ParameterError(
            f"Kandidatpunktene «{', '.join(map(str, points[:3]))}» kan ikke leses.",
            remedy="Skriv øst og nord med mellomrom, for eksempel 583000 6633000.",
        ) from None
    names = [f"Punkt {number}" for number in range(1, len(xy) + 1)]
    return _candidates(np.asarray(shapely.points(xy), dtype=object), names, "Eget punkt")


def _of_layer(name: str, frame: gpd.GeoDataFrame) -> Candidates:
    layer = load_catalogue()[name]
    shapes = geometries(frame)
    points = _points(shapes)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    known = frame[there]
    names = known["navn"].fillna("").astype(str) if "navn" in known else [""] * len(known)
    title = _OWN_TYPE.get(name, layer.title)
    kind = next((column for column in ("type", "niva") if column in known), None)
    if kind is not None:
        codes = layer.columns[kind].codes or {}
        kinds = known[kind].map(codes).fillna(title).to_numpy(dtype=object)
    else:
        kinds = np.full(len(known), title, dtype=object)
    return Candidates(points, np.asarray(list(names), dtype=object), kinds)


def _candidates(points: Geometries, names: list[str], kind: str) -> Candidates:
    return Candidates(
        points, np.array(names, dtype=object), np.full(len(points), kind, dtype=object)
    )


def _joined(some: list[Candidates]) -> Candidates:
    if not some:
        return _candidates(np.empty(0, dtype=object), [], "")
    return Candidates(
        np.concatenate([one.points for one in some]),
        np.concatenate([one.names for one in some]),
        np.concatenate([one.kinds for one in some]),
    )


def _along(graph: WalkGraph, settlements: gpd.GeoDataFrame | None, step: float) -> Candidates:
    """Places about every ``step`` metres of the network: of each square the most central.

    Ends of edges and points every quarter of a step along them are held against the middle of
    the square that they lie in; within settlements when these are known.
    """
    lines = shapely.linestrings(
        graph.coordinates,
        indices=np.repeat(np.arange(graph.edges), np.diff(graph.coordinate_ptr)),
    )
    count = np.ceil(graph.length / (step / 4)).astype(int) + 1
    edge = np.repeat(np.arange(graph.edges), count)
    at = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = at / np.maximum(count - 1, 1)[edge]
    xy = shapely.get_coordinates(
        shapely.line_interpolate_point(np.asarray(lines)[edge], share, normalized=True)
    )
    if settlements is not None:
        area = union(geometries(settlements))
        shapely.prepare(area)
        xy = xy[shapely.contains_xy(area, xy)]
    square = np.floor(xy / step)
    off = np.abs(xy - (square + 0.5) * step).max(axis=1)
    order = np.lexsort((xy[:, 1], xy[:, 0], np.round(off, 3), square[:, 1], square[:, 0]))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (square[order][1:] != square[order][:-1]).any(axis=1)
    chosen = np.asarray(shapely.points(xy[order[new]]), dtype=object)
    names = [f"Vegpunkt {x:.0f} {y:.0f}" for x, y in xy[order[new]]]
    return _candidates(chosen, names, "Punkt langs gangnettet")
