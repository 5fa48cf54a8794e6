"""Everything that the travel times are told from: reckoned once, held together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from askergeo.analyses._reach_people import Ages, inside, left_out, people_of
from askergeo.analyses._times_plans import surfaces_of
from askergeo.errors import LayerError
from askergeo.network.driving import speed_notes, speeds_of
from askergeo.network.timetable import read_timetable, timetable_faults
from askergeo.population.faults import all_faults
from askergeo.transport.competition import (
    DESTINATIONS,
    chosen,
    distinct,
    make_networks,
    make_targets,
    minutes_to,
    ratio_class,
    travel_minutes,
)
from askergeo.transport.zones import UNKNOWN, make_zones, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import People
    from askergeo.analyses._times_plans import Surfaces
    from askergeo.network.graph import GraphBuild
    from askergeo.network.timetable import Timetable
    from askergeo.parameters import Parameters
    from askergeo.transport.competition import Networks, Targets, Times
    from askergeo.transport.zones import Zones

__all__ = ["KINDS", "PLACES", "TIMETABLE", "Layers", "Scene", "make_scene", "read_day"]

#: What the kinds of places that each home is held against are called.
KINDS: Final = {
    "kommunesenter": "Kommunesenteret",
    "lokalsenter": "Nærmeste lokalsenter",
    "stasjon": "Nærmeste stasjon",
    "arbeid": "Nærmeste tyngdepunkt for arbeid",
}
#: What one place of a kind is called.
PLACES: Final = {
    "kommunesenter": "Kommunesenter",
    "lokalsenter": "Lokalsenter",
    "naersenter": "Nærsenter",
    "stasjon": "Stasjon",
    "arbeid": "Tyngdepunkt for arbeid",
}
#: The layers of a timetable.
TIMETABLE: Final = ("holdeplass", "rutelinje", "rutetur", "ruteavgang", "rutedag")
# Ages are not told: the borders only sort the residents.
_AGES: Final = Ages(15, 67, 80)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The layers of the catalogue that the answer is made of; ``None`` when they are absent."""

    veg: gpd.GeoDataFrame
    senter: gpd.GeoDataFrame
    adresse: gpd.GeoDataFrame | None = None
    befolkning: pd.DataFrame | None = None
    befolkning_rute: gpd.GeoDataFrame | None = None
    bygning: gpd.GeoDataFrame | None = None
    holdeplass: gpd.GeoDataFrame | None = None
    rutelinje: pd.DataFrame | None = None
    rutetur: pd.DataFrame | None = None
    ruteavgang: pd.DataFrame | None = None
    rutedag: pd.DataFrame | None = None
    rutebytte: pd.DataFrame | None = None
    arbeidsplass: gpd.GeoDataFrame | None = None
    nullvekstlinje: gpd.GeoDataFrame | None = None
    kommunegrense: gpd.GeoDataFrame | None = None
    reguleringsplan: gpd.GeoDataFrame | None = None
    boligprogram: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Times from ``h`` homes, and from plans.

    Parameters
    ----------
    layers
        What it is made of.
    gangnett, bilnett
        The graphs and their reports.
    networks, timetable, targets
        What people travel on, and to.
    people
        Who lives where.
    door
        Row of ``times`` of each home, (h,).
    times
        From every distinct door: those of homes, then those of ``surfaces``.
    place
        For each of :data:`askergeo.transport.competition.DESTINATIONS` the nearest, (h,): column of
        ``times``, −1 none known.
    zone
        «nord», «sor» or «ukjent» of each home, (h,).
    zones
        The zones; ``None`` without a line.
    surfaces
        The plans, whose doors begin at row ``first_surface`` of ``times``.
    faults
        What is wrong with the layers.
    notes
        What makes the answer less certain.
    parameters
        The sets ``reisetid``, ``rutesok`` and ``nullvekst``.
    """

    layers: Layers
    gangnett: GraphBuild
    bilnett: GraphBuild
    networks: Networks
    timetable: Timetable | None
    targets: Targets
    people: People
    door: NDArray[np.intp]
    times: Times
    place: Mapping[str, NDArray[np.intp]]
    zone: NDArray[np.object_]
    zones: Zones | None
    surfaces: Surfaces
    first_surface: int
    faults: pd.DataFrame
    notes: tuple[str, ...]
    parameters: Parameters

    @property
    def destinations(self) -> tuple[str, ...]:
        """Kinds of places that there are."""
        return tuple(kind for kind in DESTINATIONS if len(self.targets.rows(kind)))

    @property
    def modes(self) -> tuple[str, ...]:
        """Every mode, the car last."""
        return self.networks.modes

    def minutes(self, mode: str, kind: str) -> NDArray[np.float64]:
        """Minutes from each home to its nearest place of a kind, (h,)."""
        return minutes_to(self.times.minutes[mode][self.door], self.place[kind])

    def minutes_at(self, mode: str, column: int) -> NDArray[np.float64]:
        """Minutes from each home to one place, (h,)."""
        return np.asarray(self.times.minutes[mode][self.door, column], dtype=np.float64)

    def classes(self, mode: str, kind: str) -> NDArray[np.object_]:
        """Class of the ratio to the car's time, (h,)."""
        return ratio_class(self.minutes(mode, kind), self.minutes("bil", kind))


def make_scene(
    gangnett: GraphBuild, bilnett: GraphBuild, layers: Layers, parameters: Parameters
) -> Scene:
    """Reckon all times.

    Raises
    ------
    LayerError
        When nobody lives anywhere, or there is no centre to travel to.
    TimetableDateError, ParameterError
        When the timetable does not hold the date that is asked for.
    """
    everybody = people_of(
        layers.adresse, layers.befolkning, layers.befolkning_rute, layers.bygning, _AGES, parameters
    )
    people = inside(everybody, layers.kommunegrense)
    timetable, timed = read_day(layers, parameters)
    targets = make_targets(layers.senter, layers.holdeplass, layers.arbeidsplass, parameters)
    if not len(targets.frame):
        raise LayerError(
            "Ingen sentre, stasjoner eller arbeidsplasser er stedfestet: det er ingenting å reise "
            "til.",
            remedy="Legg til laget «senter».",
        )
    crs = layers.senter.crs
    surfaces = surfaces_of(layers.reguleringsplan, layers.boligprogram, parameters)
    homes, door = distinct(people.points)
    networks = make_networks(gangnett, bilnett, layers.veg, timetable, parameters)
    origins, plans = (gpd.GeoSeries(one, crs=crs) for one in (homes, surfaces.points))
    times = travel_minutes(networks, origins, targets, parameters, plans=plans)
    own = {mode: minutes[: len(homes)] for mode, minutes in times.minutes.items()}
    zones, zone, line = _zones(layers, people, crs, parameters)
    return Scene(
        layers=layers,
        gangnett=gangnett,
        bilnett=bilnett,
        networks=networks,
        timetable=timetable,
        targets=targets,
        people=people,
        door=door,
        times=times,
        place={kind: chosen(own, targets.rows(kind))[door] for kind in DESTINATIONS},
        zone=zone,
        zones=zones,
        surfaces=surfaces,
        first_surface=len(homes),
        faults=all_faults([targets.faults, timed, line]),
        notes=(
            *left_out(everybody, people),
            *speed_notes(bilnett.graph, speeds_of(layers.veg, parameters)),
        ),
        parameters=parameters,
    )


def read_day(layers: Layers, parameters: Parameters) -> tuple[Timetable | None, pd.DataFrame]:
    """Read the day's timetable, and what is wrong with it; ``None`` when layers are absent."""
    given = {name: getattr(layers, name) for name in TIMETABLE}
    if any(one is None for one in given.values()):
        return None, all_faults([])
    date = str(parameters["rutesok_dato"]).strip() or None
    read = read_timetable(**given, rutebytte=layers.rutebytte, date=date)
    return read, timetable_faults(**given, rutebytte=layers.rutebytte)


def _zones(
    layers: Layers, people: People, crs: object, parameters: Parameters
) -> tuple[Zones | None, NDArray[np.object_], pd.DataFrame]:
    """Zones, that of each home, and what is wrong with the line."""
    if layers.nullvekstlinje is None or layers.kommunegrense is None:
        return None, np.full(len(people.points), UNKNOWN, dtype=object), all_faults([])
    zones = make_zones(layers.nullvekstlinje, layers.kommunegrense, parameters=parameters)
    points = gpd.GeoSeries(people.points, crs=crs)
    return zones, zone_of(zones, points).to_numpy(dtype=object), zones.faults
