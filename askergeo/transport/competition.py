"""How public transport, cycling and walking compete with the car: times door to door, and ratios.

A time is from door to door in minutes: on foot along the walking network, by bicycle with its
fetching and locking, by car with the walk to it and the parking, by public transport with walking,
waiting, riding and changing, as the median over the departures of a window. NaN is unknown (a door
that is not joined to the network, a break in the map), ``inf`` that there is no way, or no journey
within the longest that is looked for. Unknown is never slow and never fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.network.cycling import cycle_costs, find_cycle_profile
from askergeo.network.driving import driving_costs
from askergeo.network.paths import Network, matrix
from askergeo.network.snapping import Places
from askergeo.network.transit import (
    join_stops,
    transit_network,
    travel_times,
    walking_network,
    window,
)
from askergeo.school.route import Doors, join_doors
from askergeo.transport._competition_targets import STATION, WORK, Targets, make_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.graph import GraphBuild, WalkGraph
    from askergeo.network.timetable import Timetable
    from askergeo.network.transit import TransitNetwork
    from askergeo.parameters import Parameters

    Minutes = NDArray[np.float64]

__all__ = [
    "CAR",
    "DESTINATIONS",
    "RATIOS",
    "TRANSIT",
    "WALK",
    "Networks",
    "Targets",
    "Times",
    "chosen",
    "distinct",
    "make_networks",
    "make_targets",
    "median_of",
    "minutes_to",
    "ratio_class",
    "ratio_of",
    "travel_minutes",
]

WALK: Final = "gange"
TRANSIT: Final = "kollektiv"
CAR: Final = "bil"
#: What each home is held against: the nearest of each kind of place.
DESTINATIONS: Final = ("kommunesenter", "lokalsenter", STATION, WORK)
#: Classes of the ratio to the car's time, by their titles; the bounds are part of the lower class.
RATIOS: Final = {
    "like_rask": "Høyst 1",
    "inntil_1_5": "1–1,5",
    "inntil_2": "1,5–2",
    "over_2": "Over 2",
    "uten_tilbud": "Ingen reise",
    "uten_bil": "Ingen bilveg",
    "ukjent": "Ukjent",
}
_BOUNDS: Final = (1.0, 1.5, 2.0)
_MINUTE: Final = 60.0
_HALF: Final = 0.5
# Ratios are rounded so that one exactly at a bound is in the class below it.
_DECIMALS: Final = 9


@dataclass(frozen=True, eq=False)
class Networks:
    """What people travel on.

    Parameters
    ----------
    walk
        The walking network, in seconds of who walks.
    cycle
        The same for each kind of bicycle, by the id of its profile.
    drive
        The roads for cars, in seconds.
    transit
        Public transport; ``None`` without a timetable.
    """

    walk: Network
    cycle: Mapping[str, Network]
    drive: Network
    transit: TransitNetwork | None

    @property
    def modes(self) -> tuple[str, ...]:
        """Every way to travel, the car last."""
        return (WALK, *self.cycle, TRANSIT, CAR)


@dataclass(frozen=True, eq=False)
class Times:
    """Minutes from ``o`` doors to ``t`` places.

    Parameters
    ----------
    minutes
        For each mode, (o, t).
    share
        Share of the departures of the window with which one arrives within the longest journey,
        (o, t); NaN where that is not known.
    walked
        Where walking is as quick as public transport, (o, t).
    doors, places
        Where doors and places meet the walking network, and the roads (``car_doors``,
        ``car_places``).
    """

    minutes: Mapping[str, Minutes]
    share: NDArray[np.float64]
    walked: NDArray[np.bool_]
    doors: Doors
    places: Doors
    car_doors: Doors
    car_places: Doors


def make_networks(
    gangnett: GraphBuild,
    bilnett: GraphBuild,
    veg: gpd.GeoDataFrame,
    timetable: Timetable | None,
    parameters: Parameters,
) -> Networks:
    """Make the networks ready.

    Parameters
    ----------
    gangnett, bilnett
        The walking graph and that of the roads, made from ``veg``.
    veg
        The layer.
    timetable
        The day's departures; ``None`` when there is no timetable.
    parameters
        The sets ``reisetid`` and ``rutesok``.
    """
    graph = gangnett.graph
    rush = parameters["reisetid_bil_tid"] == "rush"
    walk = walking_network(graph, parameters)
    transit = None
    if timetable is not None:
        stops = join_stops(timetable, graph, parameters)
        transit = transit_network(timetable, walk, stops, parameters=parameters)
    return Networks(
        walk=walk,
        cycle={
            name: Network.of(graph, cycle_costs(graph, find_cycle_profile(name)))
            for name in parameters["reisetid_sykkelprofiler"]
        },
        drive=Network.of(bilnett.graph, driving_costs(bilnett.graph, veg, parameters, rush=rush)),
        transit=transit,
    )


def travel_minutes(
    networks: Networks,
    origins: gpd.GeoSeries,
    targets: Targets,
    parameters: Parameters,
    *,
    plans: gpd.GeoSeries | None = None,
) -> Times:
    """Reckon the time from each door to each place, by every mode.

    Parameters
    ----------
    networks
        What they travel on.
    origins
        ``o`` points in the CRS of the networks.
    targets
        ``t`` places.
    parameters
        The sets ``reisetid`` and ``rutesok``.
    plans
        More points, the last of the ``o``: places in plans, which may lie farther off the roads of
        today.
    """
    graph, roads = networks.walk.graph, networks.drive.graph
    shortest, far = parameters["reisetid_los_del_m"], parameters["reisetid_koble_mal_m"]
    doors = _joined(graph, origins, plans, parameters)
    places = join_doors(graph, targets.frame, far, shortest, whole=True)
    car_doors = _joined(roads, origins, plans, parameters)
    car_places = join_doors(roads, targets.frame, far, shortest, whole=True)
    minutes = {WALK: _known(matrix(networks.walk, doors.places, places.places), doors, places)}
    for name, network in networks.cycle.items():
        ridden = matrix(network, doors.places, places.places)
        minutes[name] = _known(ridden, doors, places) + parameters["reisetid_sykkel_min"]
    median, share, walked = _by_transit(networks.transit, doors, places, parameters)
    minutes[TRANSIT] = median
    driven = matrix(networks.drive, car_doors.places, car_places.places)
    by_car = _known(driven, car_doors, car_places) + _car_extra(targets, parameters)
    # Where one can walk but not drive, or drive but not walk, one network of the map has a break
    # (or is closed to the one): that is not known to be slow.
    no_foot = np.isinf(minutes[WALK]) & np.isfinite(by_car)
    minutes[CAR] = np.where(np.isinf(by_car) & np.isfinite(minutes[WALK]), np.nan, by_car)
    for mode in (WALK, *networks.cycle, TRANSIT):
        minutes[mode] = np.where(no_foot & np.isinf(minutes[mode]), np.nan, minutes[mode])
    share = np.where(np.isnan(minutes[TRANSIT]), np.nan, share)
    return Times(minutes, share, walked, doors, places, car_doors, car_places)


def _joined(
    graph: WalkGraph, origins: gpd.GeoSeries, plans: gpd.GeoSeries | None, parameters: Parameters
) -> Doors:
    """Join doors to a network, and places in plans to what of it is whole."""
    shortest = float(parameters["reisetid_los_del_m"])
    doors = join_doors(graph, origins, parameters["reisetid_koble_m"], shortest)
    if plans is None or not len(plans):
        return doors
    # A plan's own roads are not there yet: the straight line stands for them.
    reach = parameters["reisetid_koble_plan_m"]
    more = join_doors(graph, plans, reach, shortest, whole=True)
    one, two, first = doors.places, more.places, doors.places.count
    places = Places(
        row=np.r_[one.row, two.row + np.int32(first)],
        edge=np.r_[one.edge, two.edge],
        share=np.r_[one.share, two.share],
        access=np.r_[one.access, two.access],
        count=first + two.count,
        unsnapped=np.r_[one.unsnapped, two.unsnapped + np.int32(first)],
        distance=np.r_[one.distance, two.distance],
    )
    return Doors(
        np.r_[doors.points, more.points],
        places,
        np.r_[doors.line, more.line],
        np.r_[doors.part, more.part],
        np.r_[doors.loose, more.loose],
    )


def _known(seconds: NDArray[np.float64], doors: Doors, places: Doors) -> Minutes:
    """Minutes, with breaks in the map unknown.

    No way is told only between parts of the network that are long enough to be whole: then there
    is water between. Within one part it is a one-way road that the map has cut.
    """
    same = doors.part[:, None] == places.part[None, :]
    doubtful = doors.loose[:, None] | places.loose[None, :] | same
    minutes = np.where(np.isinf(seconds) & doubtful, np.nan, seconds) / _MINUTE
    return np.asarray(minutes, dtype=np.float64)


def _by_transit(
    transit: TransitNetwork | None, doors: Doors, places: Doors, parameters: Parameters
) -> tuple[Minutes, NDArray[np.float64], NDArray[np.bool_]]:
    """Median minutes, share of the departures, and where walking is as quick."""
    if transit is None:
        nowhere = np.full((doors.places.count, places.places.count), np.nan)
        return nowhere, nowhere.copy(), np.zeros(nowhere.shape, dtype=np.bool_)
    first, last = window(parameters)
    found = travel_times(
        transit,
        doors.places,
        places.places,
        first_s=first,
        last_s=last,
        step_s=int(parameters["rutesok_steg_s"]),
        percentiles=(),
    )
    # From a loose bit of the map a break may hide the way to the stop.
    hidden = (doors.loose[:, None] | places.loose[None, :]) & np.isinf(found.median)
    share = np.where(hidden, np.nan, found.share)
    return np.where(hidden, np.nan, found.median) / _MINUTE, share, found.walked & ~hidden


def _car_extra(targets: Targets, parameters: Parameters) -> NDArray[np.float64]:
    """Minutes to the car and from it at each place, (t,)."""
    parking = [float(parameters[f"reisetid_parkering_{kind}_min"]) for kind in targets.frame["art"]]
    return float(parameters["reisetid_til_bil_min"]) + np.array(parking, dtype=np.float64)


def chosen(times: Mapping[str, Minutes], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Choose the nearest of some places for each door.

    Nearest by car; on foot where no time by car is known or no road leads there.

    Parameters
    ----------
    times
        Minutes by mode, (o, t).
    columns
        The places to choose among.

    Returns
    -------
    numpy.ndarray
        (o,): column of the place; −1 where nothing is known of any.
    """
    best = np.full(len(times[CAR]), -1, dtype=np.intp)
    if not len(columns):
        return best
    for mode in (WALK, CAR):
        mine = times[mode][:, columns]
        mine = np.where(np.isnan(mine), np.inf, mine)
        place = np.argmin(mine, axis=1)
        there = np.isfinite(mine[np.arange(len(mine)), place])
        best = np.where(there, columns[place], best)
    return best


def minutes_to(minutes: Minutes, place: NDArray[np.intp]) -> Minutes:
    """Minutes from each door to its own place, (o,); NaN where it has none."""
    if not minutes.shape[1]:
        return np.full(len(place), np.nan)
    found = minutes[np.arange(len(place)), np.maximum(place, 0)]
    return np.where(place < 0, np.nan, found)


def ratio_of(minutes: Minutes, car: Minutes) -> NDArray[np.float64]:
    """Ratio of a time to the car's; NaN where either is unknown or the car has no way.

    ``inf`` where there is no journey.

    Examples
    --------
    >>> ratio_of(np.array([30, np.inf, 30, np.nan]), np.array([20, 20, np.inf, 20])).tolist()
    [1.5, inf, nan, nan]
    """
    usable = np.isfinite(car) & (car > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(usable, minutes / np.where(usable, car, 1.0), np.nan)
    return np.asarray(np.round(ratio, _DECIMALS), dtype=np.float64)


def ratio_class(minutes: Minutes, car: Minutes) -> NDArray[np.object_]:
    """Class of the ratio to the car's time, a key of :data:`RATIOS`.

    Examples
    --------
    >>> ratio_class(np.array([20.0, 30.0, 40.1]), np.array([20.0, 20.0, 20.0])).tolist()
    ['like_rask', 'inntil_1_5', 'over_2']
    """
    ratio = ratio_of(minutes, car)
    names = np.array(list(RATIOS), dtype=object)
    place = np.searchsorted(_BOUNDS, np.nan_to_num(ratio, posinf=np.inf), side="left")
    told = names[place]
    told[np.isinf(ratio)] = "uten_tilbud"
    told[np.isnan(ratio)] = "ukjent"
    told[np.isinf(car) & ~np.isnan(minutes)] = "uten_bil"
    return np.asarray(told, dtype=object)


def median_of(values: Minutes, weights: NDArray[np.float64]) -> float:
    """Weighted median of what is known: half of the weight has this or less.

    ``inf`` when half of them have no way; NaN when nothing is known.

    Examples
    --------
    >>> median_of(np.array([10.0, 20.0, np.nan]), np.array([1.0, 3.0, 9.0]))
    20.0
    """
    known = ~np.isnan(values) & (weights > 0)
    if not known.any():
        return np.nan
    order = np.argsort(values[known], kind="stable")
    sums = np.cumsum(weights[known][order])
    place = int(np.searchsorted(sums, _HALF * sums[-1]))
    return float(values[known][order][place])


def distinct(points: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Return points that differ by a decimetre or more, and which of them each point is."""
    xy = np.round(shapely.get_coordinates(points), 1)
    _, first, number = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    return points[first], np.asarray(number.ravel(), dtype=np.intp)
