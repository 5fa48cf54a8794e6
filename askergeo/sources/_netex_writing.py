"""The XML files of a timetable in NeTEx' Nordic profile: shared data, and one file a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

import pandas as pd
import shapely

from askergeo.sources._feed_modes import STOP_PLACE_TYPES, SUBMODES
from askergeo.sources._netex_ids import CODESPACE, LONE, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from askergeo.sources.feed import Feed

__all__ = ["netex_files"]

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<PublicationDelivery xmlns="http://www.netex.org.uk/netex" '
    'version="1.15:NO-NeTEx-networktimetable:1.5">\n'
    "<PublicationTimestamp>{stamp}</PublicationTimestamp>\n"
    "<ParticipantRef>askergeo</ParticipantRef>\n<dataObjects>\n"
    '<CompositeFrame id="{codespace}:CompositeFrame:{name}" version="1">\n'
    "<FrameDefaults><DefaultLocale><TimeZone>Europe/Oslo</TimeZone></DefaultLocale>"
    "</FrameDefaults>\n<frames>\n"
)
_TAIL: Final = "</frames>\n</CompositeFrame>\n</dataObjects>\n</PublicationDelivery>\n"
_DIRECTIONS: Final = {0: "outbound", 1: "inbound"}
_DAY: Final = 86_400


def netex_files(feed: Feed) -> dict[str, bytes]:
    """Return the files of a feed in WGS84 by their names."""
    files = {"_shared_data.xml": _file("delt", feed, _shared(feed))}
    trips = dict(tuple(feed.rutetur.groupby("linje_id", sort=False)))
    times: dict[Any, list[dict[Any, Any]]] = {}
    for call in feed.ruteavgang.to_dict("records"):
        times.setdefault(call["tur_id"], []).append(call)
    for number, line in enumerate(feed.rutelinje.to_dict("records"), start=1):
        own = trips.get(line["linje_id"], feed.rutetur.iloc[:0])
        files[f"linje_{number:04d}.xml"] = _file(
            f"linje-{number}", feed, _line_frames(number, line, own, times)
        )
    return files


def _file(name: str, feed: Feed, parts: Iterable[str]) -> bytes:
    # Never the clock, which would give new bytes each time.
    days = feed.rutedag["dato"]
    first = f"{days.min():%Y-%m-%d}" if len(days) else "1970-01-01"
    stamp = f"{feed.published or first}T00:00:00"
    head = _HEAD.format(stamp=stamp, codespace=CODESPACE, name=name)
    return (head + "".join(parts) + _TAIL).encode()


def _frame(kind: str, name: object, parts: Iterable[str]) -> Iterator[str]:
    yield f'<{kind} id="{CODESPACE}:{kind}:{name}" version="1">\n'
    yield from parts
    yield f"</{kind}>\n"


def _list(tag: str, parts: Iterable[str]) -> str:
    """Wrap elements; an empty list is not allowed and is left out."""
    inner = "".join(parts)
    return f"<{tag}>\n{inner}</{tag}>\n" if inner else ""


def _start(kind: str, identity: str, order: int | None = None) -> str:
    place = "" if order is None else f' order="{order}"'
    return f'<{kind} id={quoteattr(identity)} version="1"{place}>'


def _ref(kind: str, identity: str) -> str:
    return f"<{kind}Ref ref={quoteattr(identity)}/>"


def _text(tag: str, value: object) -> str:
    return "" if pd.isna(value) else f"<{tag}>{escape(str(value))}</{tag}>"  # type: ignore[call-overload] # one value


def _point_id(stop: str) -> str:
    return f"{CODESPACE}:ScheduledStopPoint:{stop}"


def _assignment_id(stop: str) -> str:
    return f"{CODESPACE}:PassengerStopAssignment:{stop}"


def _shared(feed: Feed) -> Iterator[str]:
    operators = sorted(feed.rutelinje["operator"].dropna().unique())
    organisations = (
        f"{_start('Operator', encoded('Operator', name))}{_text('Name', name)}</Operator>\n"
        for name in operators
    )
    yield from _frame("ResourceFrame", 1, [_list("organisations", organisations)])
    yield from _frame("SiteFrame", 1, [_list("stopPlaces", _stop_places(feed))])
    yield from _frame("ServiceFrame", "delt", _points(feed))
    yield from _frame("ServiceCalendarFrame", 1, _calendar(feed))


def _stop_places(feed: Feed) -> Iterator[str]:
    stops = feed.holdeplass.assign(
        x=shapely.get_x(feed.holdeplass.geometry.array),
        y=shapely.get_y(feed.holdeplass.geometry.array),
    )
    lone = stops["stoppested_id"].isna()
    place = stops["stoppested_id"].map(lambda one: encoded("StopPlace", one), na_action="ignore")
    place = place.mask(lone, LONE + stops["holdeplass_id"])
    for identity, quays in stops.groupby(place, sort=True):
        first = quays.iloc[0]
        mode, element, submode = SUBMODES[first["transportmiddel"]]
        yield (
            f"{_start('StopPlace', str(identity))}{_text('Name', first['navn'])}"
            f"<TransportMode>{mode}</TransportMode><{element}>{submode}</{element}>"
            f"<StopPlaceType>{STOP_PLACE_TYPES[first['transportmiddel']]}</StopPlaceType>\n<quays>\n"
        )
        for quay in quays.itertuples(index=False):
            yield from _quay(quay, first["transportmiddel"])
        yield "</quays>\n</StopPlace>\n"


def _quay(quay: Any, usual: str) -> Iterator[str]:  # noqa: ANN401  (a row)
    yield _start("Quay", encoded("Quay", quay.holdeplass_id))
    # An empty name says that the quay has none, whatever the stop place is called.
    yield "<Name/>" if pd.isna(quay.navn) else _text("Name", quay.navn)
    if not pd.isna(quay.x):
        yield (
            f"<Centroid><Location><Longitude>{float(quay.x)!r}</Longitude>"
            f"<Latitude>{float(quay.y)!r}</Latitude></Location></Centroid>"
        )
    if quay.transportmiddel != usual:
        mode, element, submode = SUBMODES[quay.transportmiddel]
        yield f"<TransportMode>{mode}</TransportMode><{element}>{submode}</{element}>"
    yield "</Quay>\n"


def _points(feed: Feed) -> Iterator[str]:
    stops = feed.holdeplass["holdeplass_id"]
    yield _list(
        "scheduledStopPoints",
        (
            f"{_start('ScheduledStopPoint', _point_id(stop))}{_text('Name', name)}"
            "</ScheduledStopPoint>\n"
            for stop, name in zip(stops, feed.holdeplass["navn"], strict=True)
        ),
    )
    transfers = feed.rutebytte.to_dict("records")
    yield _list("connections", (_connection(one) for one in transfers if one["mulig"]))
    yield _list(
        "stopAssignments",
        (
            f"{_start('PassengerStopAssignment', _assignment_id(stop), number)}"
            f"{_ref('ScheduledStopPoint', _point_id(stop))}"
            f"{_ref('Quay', encoded('Quay', stop))}</PassengerStopAssignment>\n"
            for number, stop in enumerate(stops, start=1)
        ),
    )
    yield _list("transferRestrictions", (_forbidden(one) for one in transfers if not one["mulig"]))


def _pair(row: dict[Any, Any], kind: str) -> str:
    return f"{CODESPACE}:{kind}:{row['fra_holdeplass_id']}_{row['til_holdeplass_id']}"


def _connection(row: dict[Any, Any]) -> str:
    seconds = row["sekunder"]
    time = (
        ""
        if pd.isna(seconds)
        else f"<TransferDuration><DefaultDuration>PT{seconds}S</DefaultDuration></TransferDuration>"
    )
    return (
        f"{_start('Connection', _pair(row, 'Connection'))}<BothWays>false</BothWays>{time}"
        f"<From>{_ref('ScheduledStopPoint', _point_id(row['fra_holdeplass_id']))}</From>"
        f"<To>{_ref('ScheduledStopPoint', _point_id(row['til_holdeplass_id']))}</To></Connection>\n"
    )


def _forbidden(row: dict[Any, Any]) -> str:
    return (
        f"{_start('TransferRestriction', _pair(row, 'TransferRestriction'))}"
        "<BothWays>false</BothWays><RestrictionType>cannotTransfer</RestrictionType>"
        f"{_ref('FromPoint', _point_id(row['fra_holdeplass_id']))}"
        f"{_ref('ToPoint', _point_id(row['til_holdeplass_id']))}</TransferRestriction>\n"
    )


def _calendar(feed: Feed) -> Iterator[str]:
    days = feed.rutedag
    calendars = sorted(set(feed.rutetur["kalender_id"].dropna()) | set(days["kalender_id"]))
    yield _list(
        "dayTypes",
        (f"{_start('DayType', encoded('DayType', one))}</DayType>\n" for one in calendars),
    )
    pairs = zip(days["kalender_id"], days["dato"].dt.strftime("%Y-%m-%d"), strict=True)
    yield _list(
        "dayTypeAssignments",
        (
            f"{_start('DayTypeAssignment', f'{CODESPACE}:DayTypeAssignment:{number}', number)}"
            f"<Date>{date}</Date>"
            f"{_ref('DayType', encoded('DayType', calendar))}</DayTypeAssignment>\n"
            for number, (calendar, date) in enumerate(pairs, start=1)
        ),
    )


def _line_frames(
    number: int, line: dict[Any, Any], trips: pd.DataFrame, times: dict[Any, list[dict[Any, Any]]]
) -> Iterator[str]:
    patterns: dict[tuple[Any, ...], int] = {}
    journeys: list[tuple[dict[Any, Any], int, list[dict[Any, Any]]]] = []
    for trip in trips.to_dict("records"):
        calls = times.get(trip["tur_id"], [])
        where = (None if pd.isna(trip["retning"]) else int(trip["retning"]),
                 None if pd.isna(trip["mal"]) else trip["mal"])  # fmt: skip
        sequence = tuple(
            (one["rekkefolge"], one["holdeplass_id"], one["pastigning"], one["avstigning"])
            for one in calls
        )
        pattern = patterns.setdefault((where, sequence), len(patterns) + 1)
        journeys.append((trip, pattern, calls))
    identity = encoded("Line", line["linje_id"])
    yield from _frame("ServiceFrame", number, _service(number, line, identity, patterns))
    yield from _frame(
        "TimetableFrame",
        number,
        [
            _list(
                "vehicleJourneys",
                (
                    _journey(f"{number}-{at}", identity, trip, calls, f"{number}-{pattern}")
                    for at, (trip, pattern, calls) in enumerate(journeys, start=1)
                ),
            )
        ],
    )


def _service(
    number: int, line: dict[Any, Any], identity: str, patterns: dict[tuple[Any, ...], int]
) -> Iterator[str]:
    directions = sorted({where[0] for where, _ in patterns}, key=str)
    yield _list(
        "routes",
        (
            f"{_start('Route', _route_id(number, one))}{_ref('Line', identity)}"
            f"{_text('DirectionType', _DIRECTIONS.get(one) if one is not None else None)}</Route>\n"
            for one in directions
        ),
    )
    mode, element, submode = SUBMODES[line["transportmiddel"]]
    operator = line["operator"]
    company = "" if pd.isna(operator) else _ref("Operator", encoded("Operator", operator))
    described = (
        f"{_start('Line', identity)}{_text('Name', line['navn'])}"
        f"<TransportMode>{mode}</TransportMode><TransportSubmode><{element}>{submode}"
        f"</{element}></TransportSubmode>{_text('PublicCode', line['linjenummer'])}"
        f"{company}</Line>\n"
    )
    yield _list("lines", [described])
    goals = sorted({where[1] for where, _ in patterns if where[1] is not None})
    yield _list(
        "destinationDisplays",
        (
            f"{_start('DestinationDisplay', _goal_id(number, at))}{_text('FrontText', goal)}"
            "</DestinationDisplay>\n"
            for at, goal in enumerate(goals, start=1)
        ),
    )
    places = {goal: at for at, goal in enumerate(goals, start=1)}
    yield _list(
        "journeyPatterns",
        (
            _pattern(number, at, where, sequence, places)
            for (where, sequence), at in patterns.items()
        ),
    )


def _route_id(number: int, direction: int | None) -> str:
    return f"{CODESPACE}:Route:{number}-{'x' if direction is None else direction}"


def _goal_id(number: int, at: int) -> str:
    return f"{CODESPACE}:DestinationDisplay:{number}-{at}"


def _call_id(pattern: str, order: int) -> str:
    return f"{CODESPACE}:StopPointInJourneyPattern:{pattern}-{order}"


def _pattern(
    number: int,
    at: int,
    where: tuple[int | None, str | None],
    sequence: tuple[tuple[Any, ...], ...],
    goals: dict[str, int],
) -> str:
    parts = [
        _start("JourneyPattern", f"{CODESPACE}:JourneyPattern:{number}-{at}"),
        _ref("Route", _route_id(number, where[0])),
        "<pointsInSequence>\n" if sequence else "",
    ]
    for position, (order, stop, boarding, alighting) in enumerate(sequence):
        goal = where[1] if position == 0 else None
        call = _call_id(f"{number}-{at}", order)
        parts.append(
            f"{_start('StopPointInJourneyPattern', call, order + 1)}"
            f"{_ref('ScheduledStopPoint', _point_id(stop))}"
            f"{'' if alighting else '<ForAlighting>false</ForAlighting>'}"
            f"{'' if boarding else '<ForBoarding>false</ForBoarding>'}"
            f"{'' if goal is None else _ref('DestinationDisplay', _goal_id(number, goals[goal]))}"
            "</StopPointInJourneyPattern>\n"
        )
    parts.append("</pointsInSequence>" if sequence else "")
    return "".join([*parts, "</JourneyPattern>\n"])


def _journey(
    name: str, line: str, trip: dict[Any, Any], calls: list[dict[Any, Any]], pattern: str
) -> str:
    calendar = trip["kalender_id"]
    days = (
        ""
        if pd.isna(calendar)
        else f"<dayTypes>{_ref('DayType', encoded('DayType', calendar))}</dayTypes>"
    )
    passing = [
        f"{_start('TimetabledPassingTime', _passing_id(name, one['rekkefolge']))}"
        f"{_ref('StopPointInJourneyPattern', _call_id(pattern, one['rekkefolge']))}"
        f"{_time('Arrival', one['ankomst'])}{_time('Departure', one['avgang'])}"
        "</TimetabledPassingTime>\n"
        for one in calls
        if not pd.isna(one["avgang"])
    ]
    return (
        f"{_start('ServiceJourney', encoded('ServiceJourney', trip['tur_id']))}{days}"
        f"{_ref('JourneyPattern', f'{CODESPACE}:JourneyPattern:{pattern}')}"
        f"{_ref('Line', line)}{_list('passingTimes', passing)}</ServiceJourney>\n"
    )


def _passing_id(journey: str, order: int) -> str:
    return f"{CODESPACE}:TimetabledPassingTime:{journey}-{order}"


def _time(kind: str, seconds: int) -> str:
    days, rest = divmod(int(seconds), _DAY)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    offset = f"<{kind}DayOffset>{days}</{kind}DayOffset>" if days else ""
    return f"<{kind}Time>{clock}</{kind}Time>{offset}"
