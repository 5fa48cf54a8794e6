"""The model that a package has, or that its map of pipes gives, for EPANET to open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from askergeo.errors import LayerError, OverwriteError, StorageError
from askergeo.geometry import geometries
from askergeo.sources._inp_text import SWMM
from askergeo.sources.inp import write_inp
from askergeo.va._hydraulic_devices import devices_of, is_whole_model
from askergeo.va._hydraulic_engine import Project
from askergeo.va._hydraulic_model import GUESS_COLUMNS, EpanetModel
from askergeo.va._hydraulic_net import net_model
from askergeo.va._net_model import VANN
from askergeo.va._net_pipes import text_of
from askergeo.va.customers import customers
from askergeo.va.hydraulics import package_model
from askergeo.va.leakage import by_year, leakage
from askergeo.va.network import pipe_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.terrain import Terrain
    from askergeo.va.customers import Customers

__all__ = ["PlacedModel", "export_model", "placed_model", "write_model"]

_AUTO, _NET = "auto", "nett"


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class PlacedModel:
    """A model, where its nodes are, and who has water from them.

    Parameters
    ----------
    model
        The model.
    made
        Whether it was made from the map of pipes.
    places
        Place of each node, by id; a node without coordinates is not there.
    heights_unknown
        Nodes whose height is not known: their pressure says nothing.
    people
        Residents that have water from each node, by id; ``None`` where nobody knows.
    unplaced
        Residents that no node gives water to; NaN where nobody knows.
    lines
        The line of each pipe, by id.
    zones
        Pressure zone of each node, by id.
    hydrants
        Nodes that are hydrants.
    """

    model: EpanetModel
    made: bool
    places: pd.Series
    heights_unknown: frozenset[str]
    people: pd.Series | None
    unplaced: float
    lines: pd.Series
    zones: pd.Series
    hydrants: tuple[str, ...]


def placed_model(
    frames: Mapping[str, pd.DataFrame],
    terrain: Terrain | None,
    parameters: Parameters,
    year: int | None = None,
) -> PlacedModel:
    """Return the model that the parameters ask for.

    Parameters
    ----------
    frames
        ``va_ledning`` and what there is of ``va_node``, ``va_anlegg``, ``va_modell``,
        ``va_tilknytning``, ``va_maaling``, ``adresse`` and ``befolkning``.
    terrain
        Heights of the ground.
    parameters
        The sets ``va_hydraulikk``, ``va_nett`` and ``va_bortfall``.
    year
        The year of the map: facilities that do not run then are not in a model made of it.

    Raises
    ------
    SourceError, LayerError
        When there is no such model, or none can be made.
    """
    asked = str(parameters["va_hydraulikk_modell"]).strip()
    if asked == _NET or (asked == _AUTO and not is_whole_model(frames.get("va_modell"))):
        return _from_net(frames, terrain, parameters, year)
    model = package_model(frames, "" if asked == _AUTO else asked)
    return _with_places(model, frames, parameters)


def _with_places(
    model: EpanetModel, frames: Mapping[str, pd.DataFrame], parameters: Parameters
) -> PlacedModel:
    """Place a package's own model by its nodes in ``va_node``, and its people by the nearest."""
    with Project(model.text, model.name) as project:
        names = project.names("node")
        taps = names[project.types("node") == 0]
    nodes = frames.get("va_node")
    places = _by_id(nodes, "node_id")
    places = places[places.index.isin(names)]
    water = frames["va_ledning"]
    people, unplaced = _nearest_people(places[places.index.isin(taps)], frames, parameters)
    guesses = model.guesses
    if people is not None:
        limit = float(parameters["va_hydraulikk_kunde_m"])
        basis = f"den nærmeste noden i modellen, innen {limit:g} m"
        row = ("Noden hver adresse får vann fra", int((people > 0).sum()), len(names), basis)
        told = pd.DataFrame([row], columns=list(GUESS_COLUMNS))
        guesses = pd.concat([guesses, told], ignore_index=True) if len(guesses) else told
    return PlacedModel(
        model=replace(model, guesses=guesses),
        made=False,
        places=places,
        heights_unknown=frozenset(),
        people=people,
        unplaced=unplaced,
        lines=_by_id(water, "ledning_id"),
        zones=_column(nodes, "trykksone"),
        hydrants=_hydrants(nodes, set(taps)),
    )


def _by_id(frame: pd.DataFrame | None, column: str) -> pd.Series:
    """Return the geometries of a layer by id; those without a place are left out."""
    if frame is None or not len(frame):
        return pd.Series(dtype=object)
    shapes = geometries(frame)
    good = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found = pd.Series(shapes, index=text_of(frame, column))[good]
    return found[~found.index.duplicated()]


def _column(nodes: pd.DataFrame | None, name: str) -> pd.Series:
    if nodes is None or not len(nodes):
        return pd.Series(dtype=object)
    found = pd.Series(text_of(nodes, name), index=text_of(nodes, "node_id"))
    return found[~found.index.duplicated()]


def _hydrants(nodes: pd.DataFrame | None, known: set[str]) -> tuple[str, ...]:
    if nodes is None or not len(nodes):
        return ()
    ids = text_of(nodes, "node_id")[text_of(nodes, "type") == "hydrant"]
    return tuple(one for one in dict.fromkeys(ids) if one in known)


def _nearest_people(
    places: pd.Series, frames: Mapping[str, pd.DataFrame], parameters: Parameters
) -> tuple[pd.Series | None, float]:
    """Sum the residents at the nearest node; those too far from any are not placed."""
    adresse, befolkning = frames.get("adresse"), frames.get("befolkning")
    if adresse is None or befolkning is None or not len(places):
        return None, float("nan")
    known = adresse.drop_duplicates("adresse_id")
    counts = befolkning.groupby(befolkning["adresse_id"].astype(str))["antall"].sum()
    residents = known["adresse_id"].astype(str).map(counts).fillna(0).to_numpy(dtype=np.float64)
    points = geometries(known)
    good = ~(shapely.is_missing(points) | shapely.is_empty(points))
    connections = frames.get("va_tilknytning")
    if connections is not None and "vann" in connections:
        register = connections.drop_duplicates("adresse_id")
        told = pd.Series(register["vann"].to_numpy(object), register["adresse_id"].astype(str))
        good &= ~(known["adresse_id"].astype(str).map(told) == False).to_numpy()  # noqa: E712
    tree = shapely.STRtree(places.to_numpy(dtype=object))
    limit = float(parameters["va_hydraulikk_kunde_m"])
    at = np.flatnonzero(good)
    which, near = tree.query_nearest(points[at], max_distance=limit, all_matches=False)
    on = at[which]
    total = np.bincount(near, residents[on], minlength=len(places))
    whole = float(counts.sum())
    return pd.Series(total, index=places.index), whole - float(total.sum())


def _from_net(
    frames: Mapping[str, Any], terrain: Terrain | None, parameters: Parameters, year: int | None
) -> PlacedModel:
    """Make a model from the map of pipes."""
    pipes, nodes = frames["va_ledning"], frames.get("va_node")
    network, _ = pipe_network(
        pipes, nodes, frames.get("va_anlegg"), medium=VANN, parameters=parameters, year=year
    )
    if not network.edges:
        raise LayerError(
            "Laget «va_ledning» har ingen vannledning.", remedy=_remedy(frames.get("va_modell"))
        )
    found = None
    if frames.get("adresse") is not None and frames.get("befolkning") is not None:
        found = customers(
            network,
            frames["adresse"],
            frames["befolkning"],
            frames.get("va_tilknytning"),
            va_ledning=pipes,
            parameters=parameters,
        )
    people = None if found is None else _node_people(network.start, network.end, network.xy, found)
    made = net_model(
        network,
        pipes,
        nodes,
        residents=people,
        terrain_m=None if terrain is None else terrain.heights(network.xy),
        leak_l_s=_measured_leak(frames.get("va_maaling")),
        devices=devices_of(frames.get("va_modell")),
        parameters=parameters,
    )
    ids = made.node_id
    on = np.flatnonzero(ids != "")
    twins = np.array(list(made.twins.values()), dtype=np.intp)
    every, names = np.append(on, twins), np.append(ids[on], list(made.twins))
    zones = np.full(network.nodes, "", dtype=object)
    hydrant = np.zeros(network.nodes, dtype=bool)
    if nodes is not None and len(nodes):
        stands = network.node_row >= 0
        zones[stands] = text_of(nodes, "trykksone")[network.node_row[stands]]
        hydrant[stands] = (text_of(nodes, "type") == "hydrant")[network.node_row[stands]]
    unplaced = float("nan")
    if found is not None and people is not None:
        whole = float(np.nansum(found.residents)) + found.unplaced
        unplaced = whole - float(people[on].sum())
    counts = np.diff(network.coordinate_ptr)
    owner = np.repeat(np.arange(network.edges), counts)
    lines = np.asarray(shapely.linestrings(network.coordinates, indices=owner), dtype=object)
    kept = np.flatnonzero(made.link_id != "")
    return PlacedModel(
        model=made.model,
        made=True,
        places=pd.Series(shapely.points(network.xy[every]), index=names),
        heights_unknown=frozenset(names[~made.height_known[every]]),
        people=None if people is None else pd.Series(people[on], index=ids[on]),
        unplaced=unplaced,
        lines=pd.Series(lines[kept], index=made.link_id[kept]),
        zones=pd.Series(zones[every], index=names),
        hydrants=tuple(ids[on][(hydrant & ~network.source)[on]]),
    )


def _remedy(va_modell: pd.DataFrame | None) -> str:
    """Say what helps where there is no water: a model of the sewers may be what is wanted."""
    sewers = _sewer_models(va_modell)
    if not sewers:
        return "Legg til vannledningene."
    return f"Legg til vannledningene, eller kjør avløpsmodellen med «--modell {sewers[0]}»."


def _sewer_models(va_modell: pd.DataFrame | None) -> list[str]:
    """Names of the package's models for SWMM."""
    if va_modell is None or "program" not in va_modell:
        return []
    return sorted(set(va_modell.loc[va_modell["program"] == SWMM, "modell_id"].astype(str)))


def _node_people(
    start: NDArray[np.int32], end: NDArray[np.int32], xy: NDArray[np.float64], found: Customers
) -> NDArray[np.float64]:
    """Residents at each node, (n,): those of an address at the nearer end of its pipe."""
    on = np.flatnonzero(found.connected)
    place = shapely.get_coordinates(found.points[on])
    ends = np.column_stack([start[found.piece[on]], end[found.piece[on]]])
    away = np.hypot(*(xy[ends] - place[:, None, :]).transpose(2, 0, 1))
    node = np.take_along_axis(ends, away.argmin(axis=1)[:, None], axis=1)[:, 0]
    people = np.nan_to_num(found.residents[on])
    return np.bincount(node, people, minlength=len(xy)).astype(np.float64)


def _measured_leak(va_maaling: pd.DataFrame | None) -> float | None:
    """Leakage of the last year that is known for all zones, l/s."""
    if va_maaling is None or not len(va_maaling):
        return None
    years = by_year(leakage(va_maaling))
    known = years[years["l_s"].notna() & (years["uten_rad"] == 0)]
    return float(known["l_s"].iloc[-1]) if len(known) else None


def write_model(model: EpanetModel, file: str | Path, *, overwrite: bool = False) -> None:
    """Write a model, after EPANET itself has opened it.

    Raises
    ------
    OverwriteError
        When the file is there.
    SourceError
        When EPANET refuses the model.
    StorageError
        When the disk refuses.
    """
    target = Path(file)
    if target.exists() and not overwrite:
        raise OverwriteError(
            f"{target} finnes fra før.", remedy="Bruk et annet navn, eller --overskriv."
        )
    with Project(model.text, model.name) as project:
        project.begin()
    try:
        target.write_text(model.text, encoding="utf-8", newline="\r\n")
    except OSError as error:
        raise StorageError(
            f"{target} kan ikke skrives: {error.strerror}.", remedy="Velg en annen mappe."
        ) from error


def export_model(
    file: str | Path,
    package: DataPackage,
    *,
    scenario: DataPackage | None = None,
    overrides: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> None:
    """Write the model of a package as an .inp file: EPANET's, or SWMM's where one is asked for.

    Raises
    ------
    LayerError, SourceError, OverwriteError, StorageError, ParameterError
        When there is no model, it is refused, or it cannot be written.
    """
    from askergeo.analyses._va_hydraulic_verbs import HYDRAULICS  # noqa: PLC0415
    from askergeo.parameters import load_parameters  # noqa: PLC0415
    from askergeo.run import read_layers  # noqa: PLC0415
    from askergeo.terrain import terrain_of  # noqa: PLC0415  (brings rasterio)

    view = package if scenario is None else scenario.over(package)
    if "va_ledning" not in view:
        raise LayerError(
            "Datapakken har ikke laget «va_ledning».", remedy="Legg til ledningene først."
        )
    frames = read_layers(HYDRAULICS, view, leave_out=HYDRAULICS.rasters)
    terrain = terrain_of(view.raster_path("terreng")) if "terreng" in view else None
    parameters = load_parameters(HYDRAULICS.parameters, overrides)
    asked = str(parameters["va_hydraulikk_modell"]).strip()
    if asked in _sewer_models(frames.get("va_modell")):
        write_inp(frames, file, asked, overwrite=overwrite)
        return
    write_model(placed_model(frames, terrain, parameters).model, file, overwrite=overwrite)
