"""Stops, lines, routes and journey patterns of NeTEx files, collected by their identities."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from askergeo.sources._feed_modes import ON_DEMAND_SUBMODES, netex_mode
from askergeo.sources._netex_ids import LONE, decoded
from askergeo.sources._netex_xml import child, deep, local, ref, text_of, window_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from lxml.etree import _Element

    from askergeo.sources._netex_xml import Item

__all__ = ["Call", "Line", "Network", "Pattern", "Quay", "company_of", "direction_of"]

_DIRECTIONS: Final = {"outbound": 0, "inbound": 1, "clockwise": 0, "anticlockwise": 1}
_DURATION: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?")
# Degrees north in Norway, to tell the two numbers of a gml:pos apart.
_NORTH: Final = (57.0, 82.0)


class Quay(NamedTuple):
    """A place where vehicles stop."""

    name: str | None
    mode: str | None
    place: str | None
    x: float
    y: float
    own_place: bool
    file: str
    line: int


class Line(NamedTuple):
    """A line as the file has it; ``mode`` is the catalogue's, or missing."""

    name: str
    code: str
    mode: str | None
    said: str
    operator: str
    group: str
    on_demand: bool
    file: str
    line: int


class Call(NamedTuple):
    """A stop in a journey pattern."""

    identity: str
    order: int
    point: str
    boarding: bool
    alighting: bool
    on_demand: bool


class Pattern(NamedTuple):
    """A sequence of stops, with its route and where it says it goes."""

    route: str
    line: str
    direction: str
    display: str
    calls: tuple[Call, ...]


@dataclass
class Network:
    """What is found in the files, by identity; of several versions the newest."""

    today: dt.date
    names: dict[str, str] = field(default_factory=dict)
    authorities: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    routes: dict[str, tuple[str, str]] = field(default_factory=dict)
    directions: dict[str, str] = field(default_factory=dict)
    displays: dict[str, str] = field(default_factory=dict)
    points: dict[str, tuple[str, float, float]] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    flexible_points: set[str] = field(default_factory=set)
    quays: dict[str, Quay] = field(default_factory=dict)
    places: dict[str, Quay] = field(default_factory=dict)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    transfers: dict[tuple[str, str], int | None] = field(default_factory=dict)
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    expired: dict[str, tuple[str, int]] = field(default_factory=dict)
    versions: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Take in one object; kinds that say nothing of the timetable pass by."""
        reader = _READERS.get(item.name)
        if reader is None or (item.identity and not self.newest(item)):
            return
        reader(self, item)

    def newest(self, item: Item) -> bool:
        """Tell whether an object is newer than what is known by its identity, and remember it."""
        text = item.version
        version = (int(text) if text.isdecimal() else -1, text)
        key = (item.name, item.identity)
        known = self.versions.get(key)
        # A stop assignment is its two ends: some files give many the same identity.
        if known is not None and version <= known and item.name not in _MANY:
            return False
        self.versions[key] = version
        return True


def _company(network: Network, item: Item) -> None:
    network.names[item.identity] = text_of(item.element, "Name")


def _group(network: Network, item: Item) -> None:
    authority = ref(item.element, "AuthorityRef")
    if authority:
        network.authorities[item.identity] = authority
    groups = child(item.element, "groupsOfLines")
    for one in groups if groups is not None else ():
        network.groups[str(one.get("id") or "")] = item.identity


def _line(network: Network, item: Item) -> None:
    element = item.element
    mode = text_of(element, "TransportMode")
    submode = _submode(element)
    network.lines[item.identity] = Line(
        name=text_of(element, "Name"),
        code=text_of(element, "PublicCode"),
        mode=netex_mode(mode, submode),
        said=f"{mode} {submode}".strip() or "uten transportmiddel",
        operator=ref(element, "OperatorRef"),
        group=ref(element, "RepresentedByGroupRef"),
        on_demand=item.name == "FlexibleLine" or submode in ON_DEMAND_SUBMODES,
        file=item.file,
        line=item.line,
    )


def _submode(element: _Element) -> str:
    """Return the submode, of a line (in an element of its own) or of a stop place."""
    holder = child(element, "TransportSubmode")
    for one in element if holder is None else holder:
        if local(one).endswith("Submode"):
            return (one.text or "").strip()
    return ""


def _route(network: Network, item: Item) -> None:
    element = item.element
    direction = text_of(element, "DirectionType") or ref(element, "DirectionRef")
    network.routes[item.identity] = (ref(element, "LineRef"), direction)


def _direction(network: Network, item: Item) -> None:
    network.directions[item.identity] = text_of(item.element, "DirectionType")


def _display(network: Network, item: Item) -> None:
    element = item.element
    network.displays[item.identity] = text_of(element, "FrontText") or text_of(element, "Name")


def _point(network: Network, item: Item) -> None:
    x, y = _location(deep(item.element, "Location"))
    network.points[item.identity] = (text_of(item.element, "Name"), x, y)


def _assignment(network: Network, item: Item) -> None:
    point = ref(item.element, "ScheduledStopPointRef")
    quay, place = ref(item.element, "QuayRef"), ref(item.element, "StopPlaceRef")
    if point and (quay or place):
        stop = decoded("Quay", quay) if quay else decoded("StopPlace", place)
        network.stops.setdefault(point, stop)


def _flexible_assignment(network: Network, item: Item) -> None:
    network.flexible_points.add(ref(item.element, "ScheduledStopPointRef"))


def _location(location: _Element | None) -> tuple[float, float]:
    nowhere = (float("nan"), float("nan"))
    if location is None:
        return nowhere
    numbers = [text_of(location, "Longitude"), text_of(location, "Latitude")]
    if not all(numbers):
        numbers = text_of(location, "pos").split()[:2]
    try:
        x, y = map(float, numbers)
    except ValueError:
        return nowhere
    # gml:pos has north first in the degrees that it is given in.
    turned = _NORTH[0] <= x <= _NORTH[1] and not _NORTH[0] <= y <= _NORTH[1]
    return (y, x) if turned else (x, y)


def _stop_place(network: Network, item: Item) -> None:
    element = item.element
    identity = decoded("StopPlace", item.identity)
    if window_of(element)[1] < network.today:
        network.expired[identity] = (item.file, item.line)
        return
    mode, submode = text_of(element, "TransportMode"), _submode(element)
    kind = text_of(element, "StopPlaceType")
    name = text_of(element, "Name")
    x, y = _location(deep(element, "Centroid", "Location"))
    usual = netex_mode(mode, submode, kind)
    place = None if item.identity.startswith(LONE) else identity
    network.places[identity] = Quay(
        name or None, usual, place, x, y, own_place=True, file=item.file, line=item.line
    )
    quays = child(element, "quays")
    for one in quays if quays is not None else ():
        if local(one) != "Quay":
            continue
        own = child(one, "Name")
        where = _location(deep(one, "Centroid", "Location"))
        placed = where[0] == where[0]
        network.quays[decoded("Quay", str(one.get("id") or ""))] = Quay(
            name=(name if own is None else (own.text or "").strip()) or None,
            mode=netex_mode(text_of(one, "TransportMode"), _submode(one)) or usual,
            place=place,
            x=where[0] if placed else x,
            y=where[1] if placed else y,
            own_place=placed,
            file=item.file,
            line=int(one.sourceline or 0),
        )


def _pattern(network: Network, item: Item) -> None:
    element = item.element
    calls: list[Call] = []
    display = ref(element, "DestinationDisplayRef")
    points = child(element, "pointsInSequence")
    for place, one in enumerate(points if points is not None else (), start=1):
        if local(one) != "StopPointInJourneyPattern":
            continue
        display = display or ref(one, "DestinationDisplayRef")
        order = str(one.get("order") or "")
        calls.append(
            Call(
                identity=str(one.get("id") or ""),
                order=int(order) if order.isdecimal() else place,
                point=ref(one, "ScheduledStopPointRef"),
                boarding=text_of(one, "ForBoarding") != "false",
                alighting=text_of(one, "ForAlighting") != "false",
                on_demand=_ordered(one),
            )
        )
    view = child(element, "RouteView")
    network.patterns[item.identity] = Pattern(
        route=ref(element, "RouteRef"),
        line=ref(element, "LineRef") or ref(view, "LineRef"),
        direction=text_of(element, "DirectionType") or text_of(view, "DirectionType"),
        display=display,
        calls=_in_order(calls),
    )


def _in_order(calls: list[Call]) -> tuple[Call, ...]:
    """Give the stops new numbers when their own begin below one or do not rise."""
    orders = [call.order for call in calls]
    rising = all(one < other for one, other in pairwise(orders))
    if rising and min(orders, default=1) >= 1:
        return tuple(calls)
    return tuple(call._replace(order=place) for place, call in enumerate(calls, start=1))


def _ordered(point: _Element) -> bool:
    """Tell whether a stop must be ordered beforehand."""
    return any(local(one).casefold() == "bookingarrangements" for one in point)


def _transfer(network: Network, item: Item) -> None:
    duration = text_of(item.element, "TransferDuration", "DefaultDuration")
    seconds = _seconds(duration)
    for pair in _pairs(item.element, "From", "To"):
        network.transfers.setdefault(pair, seconds)


def _restriction(network: Network, item: Item) -> None:
    if text_of(item.element, "RestrictionType") == "cannotTransfer":
        network.forbidden.update(_pairs(item.element, "FromPointRef", "ToPointRef"))


def _pairs(element: _Element, first: str, second: str) -> list[tuple[str, str]]:
    """Return the two ends of a transfer, and the other way round unless it says one way."""
    ends = []
    for name in (first, second):
        end = child(element, name)
        inner = next(iter(end), None) if end is not None and len(end) else end
        ends.append("" if inner is None else str(inner.get("ref") or ""))
    if not all(ends):
        return []
    pair = (ends[0], ends[1])
    one_way = text_of(element, "BothWays") == "false" or pair[0] == pair[1]
    return [pair] if one_way else [pair, pair[::-1]]


def _seconds(duration: str) -> int | None:
    found = _DURATION.fullmatch(duration)
    if not found or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def direction_of(network: Network, pattern: Pattern) -> int | None:
    """Return 0 or 1 for the direction of a pattern, or of its route."""
    said = pattern.direction or network.routes.get(pattern.route, ("", ""))[1]
    return _DIRECTIONS.get(network.directions.get(said, said))


def company_of(network: Network, line: Line) -> str | None:
    """Name the company of a line: its operator, else the authority of its network."""
    if network.names.get(line.operator):
        return network.names[line.operator]
    group = network.groups.get(line.group, line.group)
    if network.names.get(network.authorities.get(group, "")):
        return network.names[network.authorities[group]]
    return decoded("Operator", line.operator) or None


_MANY: Final = ("PassengerStopAssignment", "FlexibleStopAssignment", "DayTypeAssignment")
_READERS: Final[dict[str, Callable[[Network, Any], None]]] = {
    "Operator": _company,
    "Authority": _company,
    "Network": _group,
    "Line": _line,
    "FlexibleLine": _line,
    "Route": _route,
    "Direction": _direction,
    "DestinationDisplay": _display,
    "ScheduledStopPoint": _point,
    "PassengerStopAssignment": _assignment,
    "FlexibleStopAssignment": _flexible_assignment,
    "StopPlace": _stop_place,
    "JourneyPattern": _pattern,
    "ServiceJourneyPattern": _pattern,
    "Connection": _transfer,
    "TransferRestriction": _restriction,
}
