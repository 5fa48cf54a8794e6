"""On foot from the homes of a plan: to the nearest stop, and to the services of every day.

The way is measured as `askergeo.plan._on_foot` says, from where it is longest in each purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.analyses._reach_services import GROUPS, services_of
from askergeo.analyses._reach_times import rounded_minutes, search_limit, subset
from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.network.paths import nearest
from askergeo.network.profiles import find_profile
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan._function_answer import answer_of, not_asked, sentences
from askergeo.plan._on_foot import (
    NO_WAYS,
    gap_text,
    longest,
    reach_text,
    starts_of,
    unconnected,
    up_to_text,
    ways_of,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._reach_services import Services
    from askergeo.datapackage import Box, DataPackage
    from askergeo.network.snapping import Places
    from askergeo.parameters import Parameters
    from askergeo.plan._on_foot import Starts, Ways
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.methods import Question
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

    Numbers = NDArray[np.float64]

__all__ = ["box_around", "settlement", "stop", "uncovered"]

# Means of transport that people walk farther to.
_RAIL: Final = ("tog", "tbane", "hurtigbat", "ferge")
# Minutes that are searched: far beyond the limit, and a bound to the work.
_LONGEST_MINUTES: Final = 60.0
_MINUTE: Final = 60.0


def stop(question: Question) -> MapAnswer:
    """Ask whether homes have a stop near: a bus or tram, or farther off a train or boat.

    A stop farther than ``sok_m`` on foot lies outside a box of ``sok_m`` round the plan or is of no
    interest, so that only the box is read.

    Parameters
    ----------
    question
        What is asked, of a package with ``holdeplass`` and ``veg``.
    """
    rule, uses, place, package, parameters = question
    ways = ways_of(package)
    if ways is None:
        return not_asked(rule, NO_WAYS)
    starts = starts_of(uses, ways, parameters)
    most = float(parameters["sok_m"])
    stops = package.read("holdeplass", bbox=box_around(place, most))
    near = _stops(stops, starts, ways, parameters)
    worst = longest(starts, near.share)
    fails = worst.value > 1
    unknown = ~fails & (np.isnan(worst.value) | worst.unsure)
    outside = fails & uncovered(uses, "holdeplass", package)

    def tell(rows: NDArray[np.intp]) -> str:
        at = worst.start[rows][np.argmax(worst.value[rows])]
        return near.text(at, most)

    known = np.flatnonzero(~np.isnan(worst.value))
    last = worst.start[known][np.argmax(worst.value[known])] if len(known) else None
    told = "" if last is None else f"Lengst å gå fra formålene: {near.text(last, most)}."
    return answer_of(
        rule,
        uses,
        fails=fails & ~outside,
        unknown=unknown | outside,
        tell=tell,
        distance_m=None if last is None else near.metres(last, most),
        remark=sentences(
            told, gap_text(starts, near.share, "en holdeplass"), reach_text(starts, parameters)
        ),
    )


class _Stops(NamedTuple):
    """The nearest stop of each kind from each of ``s`` places.

    ``way`` (s, 2) is metres on foot to bus or tram, and to train or boat; ``share`` (s,) the
    distance as a share of the limit, of the kind that it is least of, NaN where a stop may be near
    enough that the map has no way to; ``name`` (s, 2) the stops.
    """

    way: Numbers
    share: Numbers
    name: NDArray[np.object_]

    def text(self, start: int, most: float) -> str:
        """Say how far it is from a place to each kind of stop that there is near."""
        found = np.flatnonzero(np.isfinite(self.way[start]))
        if not len(found):
            return f"ingen holdeplass innen {format_number(most, unit='m')} på gangnettet"
        told = [f"{up_to_text(self.way[start, k], most)} til {self.name[start, k]}" for k in found]
        return listed(told)

    def metres(self, start: int, most: float) -> float | None:
        """Metres to the nearest stop; missing when none is near."""
        least = float(np.min(self.way[start]))
        return least if least <= most else None


def _stops(stops: gpd.GeoDataFrame, starts: Starts, ways: Ways, parameters: Parameters) -> _Stops:
    points = geometries(stops)
    places = ways.join(points, parameters)
    rail = stops["transportmiddel"].isin(_RAIL).to_numpy(dtype=bool)
    kinds = [subset(places, ~rail), subset(places, rail)]
    found = nearest(ways.network(), starts.places, kinds, limit=parameters["sok_m"])
    limits = np.array([parameters["holdeplass_m"], parameters["stasjon_m"]])
    share = (found.cost / limits).min(axis=1)
    _, lost = unconnected(ways, starts, points, places, limits[rail.astype(int)])
    share[lost] = np.where(share[lost] > 1, np.nan, share[lost])
    codes = load_catalogue()["holdeplass"].columns["transportmiddel"].codes or {}
    means = stops["transportmiddel"].map(lambda one: codes.get(one, "Ukjent")).str.lower()
    names = stops["navn"].fillna("") if "navn" in stops else means.map(lambda _: "")
    said = np.array([f"{n} ({m})".strip() for n, m in zip(names, means, strict=True)], dtype=object)
    # One more, so that the row −1 of none has a name too.
    return _Stops(found.cost, share, np.r_[said, [""]][found.target])


def settlement(question: Question) -> MapAnswer:
    """Ask whether homes are within the minutes on foot of a service of each group that is required.

    Groups, minutes and walkers are those of the analysis ``tettsted``: the first limit, for the
    first profile. The time of the profile that its lacks are told for, is told too. All services
    are read: a group that the data lack everywhere is unknown, not out of reach.

    The question is as in `stop`; the package has ``tjeneste`` and ``veg``.
    """
    rule, uses, _, package, parameters = question
    ways = ways_of(package)
    if ways is None:
        return not_asked(rule, NO_WAYS)
    values = load_parameters("tettsted")
    limit = float(values["minutter"][0])
    services = _services(package, values)
    if services is None:
        return not_asked(rule, "Laget «Tjenester» er tomt.")
    starts = starts_of(uses, ways, parameters)
    profiles = list(dict.fromkeys([values["profiler"][0], values["mangel_profil"]]))
    places = ways.join(services.points, parameters)
    near = limit * _MINUTE * find_profile(profiles[0]).speed
    times = {
        name: _minutes(services, places, starts, ways, profile=name, near=near) for name in profiles
    }
    asked = times[profiles[0]]
    worst = {group: longest(starts, minutes) for group, minutes in asked.items()}
    over = {group: found.value > limit for group, found in worst.items()}
    fails = np.any(list(over.values()), axis=0)
    vague = np.any([np.isnan(one.value) | one.unsure for one in worst.values()], axis=0)
    outside = fails & uncovered(uses, "tjeneste", package)

    def tell(rows: NDArray[np.intp]) -> str:
        its = {group: found.value[rows[over[group][rows]]] for group, found in worst.items()}
        late = [
            f"{_time(minutes.max())} til {GROUPS[group].lower()}"
            for group, minutes in its.items()
            if len(minutes)
        ]
        return f"{listed(late)} ({find_profile(profiles[0]).title.lower()})"

    return answer_of(
        rule,
        uses,
        fails=fails & ~outside,
        unknown=(vague & ~fails) | outside,
        tell=tell,
        remark=sentences(
            _times_text(times),
            _absent_text(services),
            _gaps_text(starts, services, asked),
            "Listen over tjenester er aldri hel.",
            reach_text(starts, parameters),
        ),
    )


def _services(package: DataPackage | ScenarioView, values: Parameters) -> Services | None:
    """Read the services and their groups; ``None`` when there is none at all."""
    there = package.records["tjeneste"].columns
    wanted = [one for one in ("type", "gruppe", "navn") if one in there]
    frame = package.read("tjeneste", columns=wanted)
    return services_of(frame, None, None, values) if len(frame) else None


def _minutes(
    services: Services, places: Places, starts: Starts, ways: Ways, *, profile: str, near: float
) -> dict[str, Numbers]:
    """Minutes from each place to the nearest service of each group.

    NaN is unknown: a group that is not there, or one with a service within ``near`` metres in a
    straight line that the map has no way to, and none that is nearer on foot.
    """
    there = [group for group in services.groups if group not in services.absent]
    targets = [subset(places, services.in_group(group)) for group in there]
    seconds = nearest(
        ways.network(profile), starts.places, targets, limit=search_limit(_LONGEST_MINUTES)
    ).cost
    found = {group: rounded_minutes(seconds[:, number]) for number, group in enumerate(there)}
    soon = near / find_profile(profile).speed / _MINUTE
    target, start = unconnected(ways, starts, services.points, places, near)
    for group, minutes in found.items():
        lost = start[services.in_group(group)[target]]
        minutes[lost] = np.where(minutes[lost] > soon, np.nan, minutes[lost])
    nowhere = np.full(len(starts.owner), np.nan)
    return {group: found.get(group, nowhere) for group in services.groups}


def _times_text(times: dict[str, dict[str, Numbers]]) -> str:
    """Say how long each walker has to the last of the groups, from where it is longest."""
    said = []
    for profile, groups in times.items():
        known = [minutes for minutes in groups.values() if not np.isnan(minutes).all()]
        if known:
            last = float(np.nanmax(np.column_stack(known)))
            said.append(f"{_time(last)} ({find_profile(profile).title.lower()})")
    return f"Til det siste av tilbudene er det {listed(said)} å gå." if said else ""


def _gaps_text(starts: Starts, services: Services, asked: dict[str, Numbers]) -> str:
    """Say that a service may be near; a group that the data lack is told of by itself."""
    said = [
        gap_text(starts, minutes, "en tjeneste")
        for group, minutes in asked.items()
        if group not in services.absent
    ]
    return next((text for text in said if text), "")


def _absent_text(services: Services) -> str:
    gone = [GROUPS[group].lower() for group in services.absent]
    return f"Datapakken har ingen {listed(gone)}." if gone else ""


def _time(minutes: float) -> str:
    """Write minutes for people: rounded up, so that one over a limit never reads as the limit."""
    if minutes > _LONGEST_MINUTES:
        return f"mer enn {format_number(_LONGEST_MINUTES, unit='min')}"
    return f"inntil {format_number(float(np.ceil(minutes)), unit='min')}"


def box_around(place: Place, distance: float) -> Box:
    """Return the box that holds all within a distance of the plan."""
    west, south, east, north = place.outline.bounds
    return (west - distance, south - distance, east + distance, north + distance)


def uncovered(
    uses: gpd.GeoDataFrame, layer: str, package: DataPackage | ScenarioView
) -> NDArray[np.bool_]:
    """Tell which purposes lie where a layer says that it does not map, (u,)."""
    cover = package.coverage(layer)
    if cover is None:
        return np.zeros(len(uses), dtype=bool)
    shapely.prepare(cover)
    return np.asarray(~shapely.covers(cover, geometries(uses)), dtype=bool)
