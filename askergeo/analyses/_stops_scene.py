"""What access to public transport is told from: stops, departures, walks, and who lives where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges, points_of
from askergeo.analyses._reach_people import Ages, inside, people_of
from askergeo.analyses._stops_days import days_of, least_in_an_hour, rates_of, served_of
from askergeo.errors import LayerError
from askergeo.geometry import geometries, union
from askergeo.network.departures import ALL, MODES, stop_places
from askergeo.network.paths import Network, nearest, within
from askergeo.network.profiles import edge_costs, find_profile, metres
from askergeo.transport.access import access_from, walks_of
from askergeo.transport.zones import SIDES, make_zones, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import People
    from askergeo.analyses._stops_days import Days
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.transport.access import Walks
    from askergeo.transport.zones import Zones

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["BUS", "RAIL", "Counted", "Scene", "Ways", "make_scene"]

#: Means of transport with the sheds of rail, and with those of a bus.
RAIL: Final = ("tog", "tbane", "trikk")
BUS: Final = ("buss", "hurtigbat", "ferge")
# Ages are not asked for here; everyone counts.
_AGES: Final = Ages(5, 67, 80)
_MINUTE_S: Final = 60.0
# Exactly at the limit is within it, however metres were added up.
_HAIR_M: Final = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Something counted at places: residents, dwellings or jobs.

    Parameters
    ----------
    points
        Places, (n,).
    count
        Number at each, (n,).
    klasse, sone
        Class and zone of each, (n,); empty until they are found.
    unplaced
        Number that has no place.
    unknown
        Places where the number is not known.
    """

    points: NDArray[np.object_]
    count: NDArray[np.int64]
    klasse: NDArray[np.object_]
    sone: NDArray[np.object_]
    unplaced: int = 0
    unknown: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """How far each home has to which stops, metres; ``inf`` beyond the search, NaN unknown.

    Parameters
    ----------
    bus, rail
        To the nearest stop for bus, boat and ferry, and for rail, that is served, (r,); without a
        timetable to any.
    frequent, steady
        To the nearest stop place with the indicator's departures on average, and in every hour of
        the span, (r,).
    minutes
        Minutes to the nearest served stop, (r,).
    """

    bus: Numbers
    rail: Numbers
    frequent: Numbers
    steady: Numbers
    minutes: Numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Everything that the tables, maps and texts are made from.

    Parameters
    ----------
    built
        The walking graph and its report.
    holdeplass
        The stops that matter: in the municipality or near it, with a point; rows from 0.
    sted
        Their stop places: index its id; ``navn``, ``middel`` (modes, tuple), ``x``, ``y``,
        ``egen`` (inside the municipality), ``koblet`` (meets the network).
    rates
        Departures an hour by period (`PERIODS`), for the stop places; ``None`` where the timetable
        has no such day; empty without a timetable.
    days
        The days, ``None`` without a timetable.
    everybody, people
        All residents, and those in the municipality.
    walks, ways
        Where homes and stops meet the network, and how far it is between them.
    access
        `askergeo.transport.access.access_of` of each home, (r,).
    homes, dwellings, jobs
        What is counted by class and zone; dwellings and jobs ``None`` when no layer tells.
    zones
        ``None`` without a line.
    around
        Residents within the stops' own distance, by stop place.
    left_out
        Stops that are far from the municipality, and those without a point.
    parameters
        The sets ``kollektiv`` and ``nullvekst``.
    """

    built: GraphBuild
    holdeplass: gpd.GeoDataFrame
    sted: pd.DataFrame
    rates: Mapping[str, pd.DataFrame | None]
    days: Days | None
    everybody: People
    people: People
    walks: Walks
    ways: Ways
    access: pd.DataFrame
    homes: Counted
    dwellings: Counted | None
    jobs: Counted | None
    zones: Zones | None
    around: pd.Series
    far: int
    pointless: int
    parameters: Parameters

    @property
    def by_address(self) -> bool:
        """Whether residents are told by address, not by cell."""
        return self.people.source.startswith("bosatte på adresse")

    # Kept: asked for once for each stop place.
    @cached_property
    def served(self) -> Flags:
        """Stop places with a departure on one of the days, (p,); all without a timetable."""
        if self.days is None:
            return np.ones(len(self.sted), dtype=np.bool_)
        return served_of(self.days, self.sted.index)


def make_scene(
    gangnett: GraphBuild,
    *,
    holdeplass: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame | None],
    layers: Mapping[str, gpd.GeoDataFrame | None],
    parameters: Parameters,
) -> Scene:
    """Join homes and stops to the network, count departures, and class every home.

    Parameters
    ----------
    gangnett
        The walking graph and its report.
    holdeplass
        The layer of stops.
    tables
        ``rutelinje``, ``rutetur``, ``ruteavgang`` and ``rutedag``.
    layers
        ``adresse``, ``befolkning``, ``befolkning_rute``, ``bygning``, ``arbeidsplass``,
        ``kommunegrense`` and ``nullvekstlinje``.
    parameters
        The sets ``kollektiv`` and ``nullvekst``.

    Raises
    ------
    LayerError
        When no layer tells where people live, or no stop is in or near the municipality.
    ParameterError
        When a parameter has no sense.
    """
    places = stop_places(holdeplass, near_m=parameters["kollektiv_samme_sted_m"])
    days = days_of(holdeplass, tables, places, parameters)
    boundary = layers.get("kommunegrense")
    stops, pointless, far = _near(holdeplass, boundary, parameters)
    everybody = people_of(
        layers.get("adresse"),
        layers.get("befolkning"),
        layers.get("befolkning_rute"),
        layers.get("bygning"),
        _AGES,
        parameters,
    )
    people = inside(everybody, boundary)
    network = Network.of(gangnett.graph, metres(gangnett.graph))
    crs = holdeplass.crs
    walks = walks_of(gpd.GeoSeries(people.points, crs=crs), stops, network, parameters)
    sted = _places(stops, places, days, boundary, walks)
    rates = rates_of(days, sted.index, parameters)
    zones = _zones(layers.get("nullvekstlinje"), boundary, parameters)
    index = pd.Index(people.ids)
    weekday = None if days is None else days.departures["hverdag"]
    access = access_from(walks, stops, places, weekday, parameters, index=index)

    def classed(what: Counted) -> Counted:
        series = gpd.GeoSeries(what.points, crs=crs)
        there = walks_of(series, stops, network, parameters)
        found = access_from(there, stops, places, weekday, parameters, index=series.index)
        klasse = found["klasse"].to_numpy(dtype=object)
        return replace(what, klasse=klasse, sone=_sides(zones, series))

    homes = Counted(
        points=people.points,
        count=people.total,
        klasse=access["klasse"].to_numpy(dtype=object),
        sone=_sides(zones, gpd.GeoSeries(people.points, crs=crs)),
        unplaced=int(people.unplaced.sum()),
    )
    dwellings = _dwellings(layers, homes, people, boundary, parameters)
    if dwellings is not None and not len(dwellings.klasse):
        dwellings = classed(dwellings)
    jobs = _jobs(layers.get("arbeidsplass"), boundary)
    place_of = stops["holdeplass_id"].astype(str).map(places)
    return Scene(
        built=gangnett,
        holdeplass=stops,
        sted=sted,
        rates=rates,
        days=days,
        everybody=everybody,
        people=people,
        walks=walks,
        ways=_ways(walks, place_of, sted, rates, days, parameters),
        access=access,
        homes=homes,
        dwellings=dwellings,
        jobs=None if jobs is None else classed(jobs),
        zones=zones,
        around=_around(walks, place_of, sted, people, parameters),
        far=far,
        pointless=pointless,
        parameters=parameters,
    )


def _near(
    holdeplass: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, int, int]:
    """Keep the stops in the municipality or within reach of it; count those without, and far.

    Raises
    ------
    LayerError
        When none is left.
    """
    own = holdeplass.drop_duplicates("holdeplass_id")
    points = geometries(own)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    near = there.copy()
    if boundary is not None:
        reach = max(
            float(str(one).replace(",", ".")) for one in parameters["kollektiv_klasse_meter"]
        )
        outline = union(geometries(boundary))
        shapely.prepare(outline)
        near &= shapely.dwithin(outline, points, reach)
    if not near.any():
        raise LayerError(
            "Ingen holdeplass med koordinater ligger i kommunen eller nær den.",
            remedy="Legg til holdeplassene i kommunen, for eksempel fra en GTFS- eller NeTEx-fil.",
        )
    kept = own[near].reset_index(drop=True)
    return kept, int((~there).sum()), int((there & ~near).sum())


def _places(
    stops: gpd.GeoDataFrame,
    places: pd.Series,
    days: Days | None,
    boundary: gpd.GeoDataFrame | None,
    walks: Walks,
) -> pd.DataFrame:
    """Describe the stop places that the stops belong to; see `Scene.sted`."""
    points = geometries(stops)
    ids = stops["holdeplass_id"].astype(str)
    names = stops["navn"].astype(object) if "navn" in stops else pd.Series(None, index=stops.index)
    joined = np.zeros(len(stops), dtype=bool)
    joined[walks.stops.row] = True
    inside_own = np.ones(len(stops), dtype=bool)
    if boundary is not None:
        inside_own = shapely.intersects(union(geometries(boundary)), points)
    frame = pd.DataFrame(
        {
            "sted": ids.map(places).to_numpy(dtype=object),
            "navn": names.where(names.notna(), ids).to_numpy(dtype=object),
            "middel": stops["transportmiddel"].astype(str).to_numpy(dtype=object),
            "x": shapely.get_x(points),
            "y": shapely.get_y(points),
            "egen": inside_own,
            "koblet": joined,
        }
    )
    grouped = frame.groupby("sted", sort=True)
    found = grouped.agg({"navn": "first", "x": "mean", "y": "mean", "egen": "any", "koblet": "any"})
    own = frame.groupby("sted")["middel"].agg(set)
    leaving = _leaving(days)
    found["middel"] = [
        tuple(m for m in MODES if m in (leaving.get(place) or own[place])) for place in found.index
    ]
    return found


def _leaving(days: Days | None) -> dict[str, set[str]]:
    """Means of transport that leave from each stop place on any of the days."""
    if days is None:
        return {}
    every = pd.concat(list(days.departures.values()))[["sted", "transportmiddel"]]
    known = every[every["transportmiddel"].isin(MODES)].drop_duplicates()
    grouped = known.groupby("sted")["transportmiddel"].agg(set)
    return {str(place): modes for place, modes in grouped.items()}


def _zones(
    line: gpd.GeoDataFrame | None, boundary: gpd.GeoDataFrame | None, parameters: Parameters
) -> Zones | None:
    if line is None or not len(line) or boundary is None:
        return None
    return make_zones(line, boundary, parameters=parameters)


def _sides(zones: Zones | None, points: gpd.GeoSeries) -> NDArray[np.object_]:
    if zones is None:
        return np.full(len(points), SIDES[-1], dtype=object)
    return zone_of(zones, points).to_numpy(dtype=object)


def _ways(  # noqa: PLR0917  (what the ways are between, and the rules)
    walks: Walks,
    place_of: pd.Series,
    sted: pd.DataFrame,
    rates: Mapping[str, pd.DataFrame | None],
    days: Days | None,
    parameters: Parameters,
) -> Ways:
    """Measure the way from each home to the kinds of stops that are asked for."""
    served = np.ones(len(sted), dtype=bool) if days is None else served_of(days, sted.index)
    modes = sted["middel"]
    groups = [
        served & modes.map(lambda own, kind=kind: bool(set(own) & set(kind))).to_numpy(dtype=bool)
        for kind in (BUS, RAIL)
    ]
    rate = rates.get("indikator")
    often = steady = np.zeros(len(sted), dtype=bool)
    if rate is not None and days is not None:
        wanted = float(parameters["kollektiv_indikator_avganger"])
        often = rate[ALL].round(6).to_numpy() >= wanted
        steady = least_in_an_hour(days, sted.index, parameters).round(6).to_numpy() >= wanted
    row = sted.index.get_indexer(pd.Index(place_of))
    found = walks.to([group[row] for group in (*groups, often, steady)]).cost
    profile = find_profile(str(parameters["kollektiv_profil"]))
    graph = walks.network.graph
    seconds = Network.of(graph, edge_costs(graph, profile))
    lasting = nearest(seconds, walks.points, [walks.only(served[row])]).cost[:, 0]
    lasting[walks.vague] = np.nan
    return Ways(
        bus=found[:, 0],
        rail=found[:, 1],
        frequent=found[:, 2],
        steady=found[:, 3],
        minutes=np.round(lasting / _MINUTE_S, 6),
    )


def _around(
    walks: Walks, place_of: pd.Series, sted: pd.DataFrame, people: People, parameters: Parameters
) -> pd.Series:
    """Count the residents within a walk of each stop place; NaN where it is not joined."""
    owner = sted.index.get_indexer(pd.Index(place_of)).astype(np.int32)
    doors = walks.doors(owner, len(sted))
    limit = float(parameters["kollektiv_holdeplass_m"])
    found = within(
        walks.network, doors, walks.points, people.total.astype(np.float64), [limit + _HAIR_M]
    )
    return pd.Series(found[:, 0, 0], index=sted.index)


def _dwellings(
    layers: Mapping[str, gpd.GeoDataFrame | None],
    homes: Counted,
    people: People,
    boundary: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Counted | None:
    """Count dwellings at the addresses, or else at the buildings of homes."""
    adresse, bygning = layers.get("adresse"), layers.get("bygning")
    if adresse is not None and "boliger" in adresse and layers.get("befolkning") is not None:
        known = adresse.drop_duplicates("adresse_id").set_index("adresse_id")["boliger"]
        number = known.reindex(people.ids).to_numpy(dtype=np.float64, na_value=np.nan)
        unknown = int(np.isnan(number).sum())
        count = np.nan_to_num(number).astype(np.int64)
        return replace(homes, count=count, unplaced=0, unknown=unknown)
    if bygning is None or "boliger" not in bygning:
        return None
    some = bygning[in_ranges(bygning["bygningstype"], parameters["bolig_typer"])]
    points = points_of(some)
    return _in_municipality(points, some["boliger"], boundary)


def _jobs(
    arbeidsplass: gpd.GeoDataFrame | None, boundary: gpd.GeoDataFrame | None
) -> Counted | None:
    if arbeidsplass is None or not len(arbeidsplass):
        return None
    return _in_municipality(geometries(arbeidsplass), arbeidsplass["ansatte"], boundary)


def _in_municipality(
    points: NDArray[np.object_], number: pd.Series, boundary: gpd.GeoDataFrame | None
) -> Counted:
    """Keep what lies in the municipality; count what has no place, and places without a number."""
    count = number.to_numpy(dtype=np.float64, na_value=np.nan)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    inside_own = there.copy()
    if boundary is not None:
        outline = union(geometries(boundary))
        shapely.prepare(outline)
        inside_own &= shapely.intersects(outline, points)
    nothing = np.empty(0, dtype=object)
    return Counted(
        points=points[inside_own],
        count=np.nan_to_num(count[inside_own]).astype(np.int64),
        klasse=nothing,
        sone=nothing,
        unplaced=int(np.nansum(count[~there])),
        unknown=int(np.isnan(count[inside_own]).sum()),
    )
