"""Divides the growth of a plan: by the nullvekstlinje, and by the class of access of its places.

Growth is spread evenly over the ground of a purpose. What the line cuts is shared by area, and each
part by the classes of places in a grid inside it, so that the parts sum to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries, joined, polygons_of
from askergeo.network.departures import departures_of, stop_places
from askergeo.network.timetable import read_timetable, service_days
from askergeo.transport.access import UNKNOWN, access_from, walks_of
from askergeo.transport.trips import QUANTITIES
from askergeo.transport.zones import SIDES, zone_shares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.paths import Network
    from askergeo.parameters import Parameters
    from askergeo.transport.zones import Zones

__all__ = ["TIMETABLE", "Service", "classed", "divided", "make_service", "sample_places"]

#: The layers that a timetable is made of.
TIMETABLE: Final = ("rutelinje", "rutetur", "ruteavgang", "rutedag")

# Places in a part, at most: a larger one has them farther apart.
_MOST: Final = 100
# Periods of a day that is no weekday, and that day.
_WEEKDAYS: Final = {"lordag": 5, "sondag": 6}
_TOLD: Final = ("holdeplass_id", "holdeplass", "gangavstand_m", "avganger_time", "naermeste_m")


@dataclass(frozen=True, eq=False)
class Service:
    """What the access of a place is reckoned from.

    Parameters
    ----------
    network
        The walking network in metres; ``None`` when there is none.
    stops
        The stops that have a place; ``None`` when there are none.
    places
        Stop place of each ``holdeplass_id``.
    departures
        The departures that count; ``None`` when there is no timetable.
    date
        The day that they are of; empty without a timetable.
    why
        Why the class is not known, in bokmål; empty when it can be.
    """

    network: Network | None
    stops: gpd.GeoDataFrame | None = None
    places: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    departures: pd.DataFrame | None = None
    date: str = ""
    why: str = ""


def make_service(
    network: Network | None,
    holdeplass: gpd.GeoDataFrame | None,
    tables: Mapping[str, pd.DataFrame | None],
    parameters: Parameters,
) -> Service:
    """Read the stops and the departures of an ordinary day.

    Parameters
    ----------
    network
        The walking network in metres.
    holdeplass
        The layer of stops.
    tables
        The layers :data:`TIMETABLE`.
    parameters
        The set ``kollektiv``.

    Raises
    ------
    TimetableDateError
        When the date that is asked for is outside the timetable's validity.
    LayerError
        When no trip runs on any day.
    """
    if network is None:
        return Service(None, why="Det er ikke noe gangnett: laget «Veger» mangler.")
    if holdeplass is None or not len(holdeplass):
        return Service(network, why="Laget «Holdeplasser» mangler.")
    there = ~(holdeplass.geometry.isna() | holdeplass.geometry.is_empty)
    stops = holdeplass[there.to_numpy(dtype=bool)].reset_index(drop=True)
    places = stop_places(stops, near_m=parameters["kollektiv_samme_sted_m"])
    known = {name: frame for name in TIMETABLE if (frame := tables.get(name)) is not None}
    if len(known) < len(TIMETABLE) or not len(known["ruteavgang"]):
        why = "Det er ikke noen rutetabell: antall avganger er ukjent."
        return Service(network, stops, places, why=why)
    day = read_timetable(holdeplass=stops, **known, date=_date(known, parameters))
    return Service(network, stops, places, departures_of(day, places), f"{day.date:%d.%m.%Y}")


def _date(known: Mapping[str, pd.DataFrame], parameters: Parameters) -> str | None:
    """Return the date whose departures decide the class; ``None`` for an ordinary weekday."""
    weekday = _WEEKDAYS.get(str(parameters["kollektiv_klasse_periode"]))
    if weekday is None:
        return str(parameters["kollektiv_dato"]) or None
    trips = service_days(known["rutetur"], known["rutedag"])
    some = trips[pd.DatetimeIndex(trips.index).weekday == weekday]
    return str(some.idxmax())[:10] if len(some) else None


def divided(growth: gpd.GeoDataFrame, zones: Zones | None) -> gpd.GeoDataFrame:
    """Divide growth by the line: a row for each side that a row of growth has ground on.

    Parameters
    ----------
    growth
        Columns of `askergeo.transport.trips.QUANTITIES`; points or areas.
    zones
        The zones; ``None`` when there is no line, and every side is unknown.

    Returns
    -------
    geopandas.GeoDataFrame
        ``kilde`` (label of the row of growth), ``side`` (of `SIDES`), ``andel`` (its share), the
        quantities times the share, and the part as geometry. The shares of a row sum to 1.
    """
    if zones is None:
        shares = pd.DataFrame(0.0, index=growth.index, columns=list(SIDES)).assign(ukjent=1.0)
    else:
        shares = zone_shares(zones, growth)
    row, side = np.nonzero(shares.to_numpy() > 0)
    share = shares.to_numpy()[row, side]
    shapes = geometries(growth)[row].copy()
    cut = share < 1
    if zones is not None:
        areas = np.array([zones.shape(one) for one in SIDES], dtype=object)
        met = shapely.intersection(shapes[cut], areas[side[cut]])
        # What lies outside the municipality is of no side: it keeps the whole as its place.
        shapes[cut] = np.where(shapely.is_empty(met), shapes[cut], met)
    parts = gpd.GeoDataFrame(
        {
            "kilde": growth.index.to_numpy()[row],
            "side": np.array(SIDES, dtype=object)[side],
            "andel": share,
        },
        geometry=shapes,
        crs=growth.crs,
    )
    for name in QUANTITIES:
        if name in growth:
            parts[name] = growth[name].to_numpy(dtype=np.float64)[row] * share
    return parts


def classed(parts: gpd.GeoDataFrame, service: Service, parameters: Parameters) -> gpd.GeoDataFrame:
    """Divide parts by the class of access: a row for each class that a part has places of.

    Parameters
    ----------
    parts
        From :func:`divided`.
    service
        Network, stops and timetable.
    parameters
        The sets ``trafikk`` and ``kollektiv``.

    Returns
    -------
    geopandas.GeoDataFrame
        As ``parts``, with ``klasse``, ``klasse_andel``, and of the place in the part that is
        farthest from its stop ``holdeplass_id``, ``holdeplass``, ``gangavstand_m``,
        ``avganger_time`` and ``naermeste_m``, and that place as ``sted``.
    """
    points, owner = sample_places(geometries(parts), float(parameters["trafikk_prove_m"]))
    found = _access(gpd.GeoSeries(points, crs=parts.crs), service, parameters)
    found["rad"] = owner
    found["sted"] = points
    sizes = found.groupby(["rad", "klasse"], sort=True, observed=True)
    # The farthest place stands for its class: what is told of it holds for the others.
    order = found["gangavstand_m"].fillna(found["naermeste_m"]).fillna(-1.0)
    worst = found.assign(_=order).sort_values("_", kind="stable")
    worst = worst.groupby(["rad", "klasse"], sort=True, observed=True).tail(1)
    worst = worst.set_index(["rad", "klasse"]).sort_index()
    count = sizes.size().sort_index()
    row = count.index.get_level_values("rad").to_numpy()
    share = count.to_numpy() / np.bincount(owner, minlength=len(parts))[row]
    result = parts.iloc[row].reset_index(drop=True)
    result["klasse"] = count.index.get_level_values("klasse").to_numpy(dtype=object)
    result["klasse_andel"] = share
    for name in QUANTITIES:
        if name in result:
            result[name] *= share
    for name in (*_TOLD, "sted"):
        result[name] = worst[name].to_numpy()
    return result


def _access(points: gpd.GeoSeries, service: Service, parameters: Parameters) -> pd.DataFrame:
    """Access of each place; unknown, with no distances, where there is nothing to measure."""
    if service.network is None or service.stops is None or not len(service.stops):
        nothing = pd.DataFrame({"klasse": UNKNOWN}, index=points.index)
        return nothing.reindex(columns=["klasse", *_TOLD])
    # A plan often lies some way off today's roads, farther than an address does.
    near = parameters.override({"kollektiv_koble_m": float(parameters["trafikk_koble_m"])})
    walks = walks_of(points, service.stops, service.network, near)
    found = access_from(
        walks, service.stops, service.places, service.departures, near, index=points.index
    )
    parameters.used |= near.used - {"kollektiv_koble_m"}
    return found.copy()


def sample_places(shapes: Geometries, step: float) -> tuple[Geometries, NDArray[np.intp]]:
    """Choose places in each shape: a grid inside an area, the point itself, and one at least.

    Parameters
    ----------
    shapes
        Points, lines or areas.
    step
        Metres between the places.

    Returns
    -------
    tuple
        The places, and the position of the shape that each is in, ascending.
    """
    inner = shapely.point_on_surface(shapes)
    points, owner = [inner], [np.arange(len(shapes))]
    flat = np.flatnonzero(shapely.area(shapes) > 0)
    for position in flat:
        shape = joined(polygons_of(shapes[position : position + 1]))
        west, south, east, north = shape.bounds
        apart = max(step, float(np.sqrt((east - west) * (north - south) / _MOST)))
        across = np.arange(west + apart / 2, east, apart)
        upward = np.arange(south + apart / 2, north, apart)
        x, y = (one.ravel() for one in np.meshgrid(across, upward))
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, x, y)
        if inside.any():
            points.append(shapely.points(x[inside], y[inside]))
            owner.append(np.full(int(inside.sum()), position))
    places, of = np.concatenate(points), np.concatenate(owner)
    order = np.argsort(of, kind="stable")
    return places[order], of[order]
