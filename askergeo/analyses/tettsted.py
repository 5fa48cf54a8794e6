"""5-minute settlements: who reaches everyday services, health care and social arenas on foot.

Asker's plans call a home a «5-minutterstettsted» when social arenas, everyday services and health
care are near, also «at the distance of a rollator». People are counted on the walking network; the
method and the choices where the sources are silent are in docs/metode-tettsted.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses import _reach_map as maps
from askergeo.analyses import _reach_text as text
from askergeo.analyses._background import land_of
from askergeo.analyses._reach_change import microdata_of
from askergeo.analyses._reach_improve import improvements
from askergeo.analyses._reach_people import People, inside, left_out, people_of, read_ages
from askergeo.analyses._reach_services import Services, services_of
from askergeo.analyses._reach_tables import (
    Reach,
    centre_table,
    lacking_table,
    network_table,
    service_table,
    share_table,
)
from askergeo.analyses._reach_times import loose_rows, subset, times_of
from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.network.isochrones import isochrone_fast
from askergeo.network.paths import Network, reach, within
from askergeo.network.profiles import edge_costs, find_profile
from askergeo.network.snapping import snap
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.network.graph import GraphBuild, WalkGraph
    from askergeo.network.profiles import Profile
    from askergeo.network.snapping import Places
    from askergeo.parameters import Parameters
    from askergeo.result import MapLayer

__all__ = ["tettsted"]

_MINUTE = 60.0
# Fine enough for a map that shows a municipality.
_CELL_M = 10.0


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What the answer is made from.

    Parameters
    ----------
    built
        The walking graph and its report.
    networks
        The graph with the costs of each profile.
    main
        Profile that lacks, links and the map are reckoned for.
    found
        Who has how many minutes to what.
    homes, services, centres
        Where each meets the network.
    centre_points
        The centres as they lie.
    """

    built: GraphBuild
    networks: Mapping[str, Network]
    main: str
    found: Reach
    homes: Places
    services: Places
    centres: Places
    centre_points: NDArray[np.object_]


def tettsted(
    gangnett: GraphBuild,
    *,
    tjeneste: gpd.GeoDataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    befolkning_rute: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    senter: gpd.GeoDataFrame | None = None,
    skole: gpd.GeoDataFrame | None = None,
    barnehage: gpd.GeoDataFrame | None = None,
    lenkeforslag: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Measure who lives in a 5-minute settlement, and what would give more people one.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    tjeneste, adresse, befolkning, befolkning_rute, bygning, senter, skole, barnehage, \
lenkeforslag, kommunegrense
        Layers of the catalogue. ``adresse`` with ``befolkning`` is used before
        ``befolkning_rute``, which is shared among the dwellings of ``bygning``.
    parameters
        The set ``tettsted``.

    Raises
    ------
    LayerError
        When no layer tells where people live or what they walk to, or nothing meets the network.
    ParameterError
        When a profile or a type of service does not exist, or limits are not in order.
    """
    profiles = _profiles(parameters)
    ages = read_ages(parameters)
    people = people_of(adresse, befolkning, befolkning_rute, bygning, ages, parameters)
    own = inside(people, kommunegrense)
    scene = _scene(
        gangnett,
        profiles,
        own,
        services_of(tjeneste, skole, barnehage, parameters),
        _centres(senter, kommunegrense),
        parameters=parameters,
    )
    found = scene.found
    share = share_table(found)
    by_centre = [centre_table(found)] if len(found.centres) else []
    by_service = service_table(found, _service_counts(found.services, scene.services))
    better = improvements(
        found,
        scene.networks[scene.main],
        homes=scene.homes,
        services=scene.services,
        gaps=gangnett.report.gaps,
        drawn=lenkeforslag,
        centre_points=scene.centre_points,
        profile=scene.main,
        parameters=parameters,
    )
    lacks = lacking_table(found)
    template, facts = text.statement(found, share, better, scene.main)
    return Result(
        analysis="tettsted",
        title=text.title(found),
        template=template,
        facts=facts,
        tables=(
            share,
            lacks,
            *better.tables,
            *by_centre,
            by_service,
            network_table(gangnett.report),
        ),
        layers=(*_layers(scene, kommunegrense), *better.layers),
        findings=(
            *text.unsnapped(found, scene.services, scene.centres, scene.centre_points, better),
            *text.findings(found, gangnett.report),
        ),
        warnings=(
            *left_out(people, own),
            *text.warnings(found, gangnett, profiles, parameters),
        ),
        parameters=text.profile_records(profiles),
        reading=text.reading(found, scene.main),
        microdata=microdata_of(found, scene.main),
    )


def _profiles(parameters: Parameters) -> dict[str, Profile]:
    """Read the profiles, the one that lacks are reckoned for among them."""
    find_profile(parameters["mangel_profil"])
    profiles = {name: find_profile(name) for name in parameters["profiler"]}
    if not profiles:
        raise ParameterError("Ingen profil er valgt.", remedy="Oppgi for eksempel --profil voksen.")
    return profiles


def _limits(parameters: Parameters) -> tuple[float, ...]:
    """Read the limits in minutes, ascending."""
    given = list(parameters["minutter"])
    try:
        limits = tuple(float(str(one).replace(",", ".")) for one in given)
    except ValueError:
        limits = ()
    if (
        not limits
        or not all(0 < one < np.inf for one in limits)
        or sorted(set(limits)) != list(limits)
    ):
        raise ParameterError(
            f"Grensene for gangtid er {', '.join(map(str, given)) or 'tomme'}.",
            remedy="Oppgi minutter i stigende rekkefølge, for eksempel "
            "«--parameter minutter=5,10,15».",
        )
    return limits


def _centres(
    centres: gpd.GeoDataFrame | None, boundary: gpd.GeoDataFrame | None
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the municipality's centres with their levels in words, and their points.

    One in the sea is kept, though it will not meet the network: it must not vanish.
    """
    columns = ["senter_id", "navn", "niva"]
    if centres is None:
        empty = pd.DataFrame({name: pd.Series(dtype=object) for name in [*columns, "niva_navn"]})
        return empty, np.empty(0, dtype=object)
    points = geometries(centres)
    own = np.ones(len(points), dtype=bool)
    if boundary is not None:
        # The box: a municipality's centre may be drawn a little outside its land.
        own = shapely.intersects(shapely.box(*boundary.total_bounds), points)
    labels = load_catalogue()["senter"].columns["niva"].codes or {}
    frame = pd.DataFrame(centres[columns])[own].reset_index(drop=True)
    return frame.assign(niva_navn=frame["niva"].map(labels).fillna("Ukjent")), points[own]


def _snap(
    graph: WalkGraph, points: NDArray[np.object_], reach_m: float, *, what: str = ""
) -> Places:
    """Join points to the network; of ``what`` at least one must meet it."""
    places = snap(graph, gpd.GeoSeries(points, crs=graph.crs), reach_m=reach_m)
    if what and not len(places.row):
        raise LayerError(
            f"Ingen {what} er nærmere gangnettet enn {reach_m:g} m.",
            remedy="Se etter at «veg» og «sti» dekker kommunen, eller øk koble_m.",
        )
    return places


def _scene(
    built: GraphBuild,
    profiles: Mapping[str, Profile],
    people: People,
    services: Services,
    centres: tuple[pd.DataFrame, NDArray[np.object_]],
    *,
    parameters: Parameters,
) -> _Scene:
    """Join everything to the network and search for every profile."""
    graph, reach_m = built.graph, parameters["koble_m"]
    homes = _snap(graph, people.points, reach_m, what="adresser")
    service_places = _snap(graph, services.points, reach_m, what="tjenester")
    centre_places = _snap(graph, centres[1], reach_m)
    winter = parameters["aarstid"] == "vinter"
    networks = {
        name: Network.of(graph, edge_costs(graph, one, winter=winter))
        for name, one in profiles.items()
    }
    loose = loose_rows(graph, homes, service_places, parameters["los_del_m"])
    unsnapped = np.zeros(len(people.points), dtype=bool)
    unsnapped[homes.unsnapped] = True
    limits = _limits(parameters)
    times = {
        name: times_of(
            network,
            homes,
            services,
            service_places,
            centre_places,
            unknown=unsnapped | loose,
            limit=limits[-1],
        )
        for name, network in networks.items()
    }
    main = parameters["mangel_profil"]
    return _Scene(
        built=built,
        networks=networks,
        main=main if main in networks else next(iter(networks)),
        found=Reach(
            people=people,
            ages=read_ages(parameters),
            services=services,
            centres=centres[0],
            titles={name: one.title for name, one in profiles.items()},
            times=times,
            limits=limits,
            unsnapped=unsnapped,
            loose=loose,
        ),
        homes=homes,
        services=service_places,
        centres=centre_places,
        centre_points=centres[1],
    )


def _service_counts(services: Services, places: Places) -> dict[str, int]:
    """Count the services of each group and type that meet the network."""
    there = np.zeros(places.count, dtype=bool)
    there[places.row] = True
    counts = {
        one: int((there & (services.kind == number)).sum())
        for number, one in enumerate(services.ids)
    }
    return counts | {
        group: int((there & services.in_group(group)).sum()) for group in services.groups
    }


def _layers(scene: _Scene, boundary: gpd.GeoDataFrame | None) -> list[MapLayer]:
    """Draw everything but what would make it better."""
    found, crs = scene.found, scene.built.graph.crs
    first = scene.networks[next(iter(scene.networks))]
    layers: list[MapLayer] = []
    if boundary is not None:
        layers.append(land_of(boundary))
    if len(scene.centres.row):
        layers.append(_catchments(scene, first))
    near = {
        profile: _neighbours(network, found, scene.homes)
        for profile, network in scene.networks.items()
    }
    layers += maps.address_layers(found, scene.main, near, crs)
    layers.append(maps.service_layer(found, crs))
    if len(found.centres):
        layers.append(maps.centre_layer(found.centres, scene.centre_points, crs))
    if len(scene.built.report.gaps):
        layers.append(maps.break_layer(scene.built.report.gaps))
    if len(scene.built.report.moved):
        layers.append(maps.moved_layer(scene.built.report.moved))
    missed = {
        "Adresse": (found.people.points, scene.homes),
        "Tjeneste": (found.services.points, scene.services),
        "Senter": (scene.centre_points, scene.centres),
    }
    if any(len(places.unsnapped) for _, places in missed.values()):
        where = {
            kind: (points[places.unsnapped], places.distance)
            for kind, (points, places) in missed.items()
        }
        layers.append(maps.unsnapped_layer(where, crs))
    return layers


def _catchments(scene: _Scene, network: Network) -> MapLayer:
    """Draw the ground within each limit of the nearest centre, on the way to it."""
    limits = [limit * _MINUTE for limit in scene.found.limits]
    polygons = isochrone_fast(
        network,
        reach(network, scene.centres, limit=limits[-1], inward=True),
        scene.centres,
        limits,
        cell_m=_CELL_M,
        inward=True,
    )
    who = scene.found.titles[next(iter(scene.networks))]
    return maps.catchment_layer(polygons, scene.found.limits, who, network.graph.crs)


def _neighbours(network: Network, found: Reach, homes: Places) -> NDArray[np.float64]:
    """Count the residents within each limit of each home, (r, l); NaN unknown."""
    weights = found.people.total[:, None].astype(np.float64)
    lived_in = subset(homes, found.people.total > 0)
    limits = np.array(found.limits) * _MINUTE
    counts = within(network, homes, lived_in, weights, limits)[:, :, 0]
    return np.where(found.known[:, None], counts, np.nan)
