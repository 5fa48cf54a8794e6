"""The journeys of NeTEx files: their times, their days, and those that are not run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from askergeo.sources._feed_modes import netex_mode
from askergeo.sources._netex_ids import decoded
from askergeo.sources._netex_xml import child, children, local, ref, text_of, window_of

if TYPE_CHECKING:
    from lxml.etree import _Element

    from askergeo.sources._netex_days import Calendar
    from askergeo.sources._netex_xml import Item, Window

__all__ = ["Journey", "Journeys"]

_DAY: Final = 86_400
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?")
# Journeys that stand in the plan, but are not driven on that day.
_NOT_RUN: Final = ("cancellation", "replaced")


class Journey(NamedTuple):
    """A service journey; ``times`` are (stop in pattern, arrival, departure) in seconds."""

    pattern: str
    line: str
    day_types: tuple[str, ...]
    times: tuple[tuple[str, int | None, int | None], ...]
    mode: str | None
    zone: str
    window: Window
    file: str
    row: int


@dataclass
class Journeys:
    """What the files say of journeys, by identity; of several versions the newest."""

    calendar: Calendar
    found: dict[str, Journey] = field(default_factory=dict)
    versions: dict[str, tuple[int, str]] = field(default_factory=dict)
    twice: dict[str, str] = field(default_factory=dict)
    on_demand: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    planned: dict[str, set[np.datetime64]] = field(default_factory=dict)
    removed: dict[str, set[np.datetime64]] = field(default_factory=dict)
    undated: int = 0
    headways: int = 0
    interchanges: int = 0
    zoned: int = 0

    def take(self, item: Item, wanted: set[str] | None) -> None:
        """Take in one object of a timetable frame; ``wanted`` patterns only, when given."""
        if item.name == "ServiceJourney":
            self._take_journey(item, wanted)
        elif item.name == "DatedServiceJourney":
            self._take_dated(item)
        elif item.name in ("TemplateServiceJourney", "HeadwayJourneyGroup"):
            self.headways += 1
        elif item.name == "ServiceJourneyInterchange":
            self.interchanges += 1

    def _take_journey(self, item: Item, wanted: set[str] | None) -> None:
        element = item.element
        pattern = ref(element, "JourneyPatternRef") or ref(element, "ServiceJourneyPatternRef")
        if wanted is not None and pattern not in wanted:
            return
        identity = decoded("ServiceJourney", item.identity)
        text = item.version
        version = (int(text) if text.isdecimal() else -1, text)
        if identity in self.versions:
            self.twice[identity] = item.file
            if version <= self.versions[identity]:
                return
        self.versions[identity] = version
        if child(element, "FlexibleServiceProperties") is not None:
            self.on_demand.add(identity)
            return
        if text_of(element, "ServiceAlteration") in _NOT_RUN:
            self.cancelled.add(identity)
            return
        days = child(element, "dayTypes")
        self.found[identity] = Journey(
            pattern=pattern,
            line=ref(element, "LineRef"),
            day_types=tuple(
                sorted(
                    {str(one.get("ref") or "") for one in children(days, "DayTypeRef")}
                    if days is not None
                    else ()
                )
            ),
            times=self._times(element),
            mode=netex_mode(text_of(element, "TransportMode"), _journey_submode(element)),
            zone=item.zone,
            window=window_of(element, item.window),
            file=item.file,
            row=item.line,
        )

    def _times(self, element: _Element) -> tuple[tuple[str, int | None, int | None], ...]:
        passing = child(element, "passingTimes")
        times = []
        for one in passing if passing is not None else ():
            if local(one) != "TimetabledPassingTime":
                continue
            point = ref(one, "StopPointInJourneyPatternRef") or ref(one, "PointInJourneyPatternRef")
            times.append((point, self._clock(one, "Arrival"), self._clock(one, "Departure")))
        return tuple(times)

    def _clock(self, passing: _Element, kind: str) -> int | None:
        """Read a time and its days after the service day; 24:00 is midnight at its end."""
        found = _CLOCK.fullmatch(text_of(passing, f"{kind}Time"))
        if not found:
            return None
        self.zoned += bool(found[4])
        offset = text_of(passing, f"{kind}DayOffset") or "0"
        days = int(offset) if offset.lstrip("-").isdecimal() else 0
        return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) + days * _DAY

    def _take_dated(self, item: Item) -> None:
        element = item.element
        journey = decoded("ServiceJourney", ref(element, "ServiceJourneyRef"))
        day = self.calendar.dates.get(ref(element, "OperatingDayRef"))
        if day is None:
            self.undated += 1
            return
        off = text_of(element, "ServiceAlteration") in _NOT_RUN
        store = self.removed if off else self.planned
        store.setdefault(journey, set()).add(np.datetime64(day, "D"))


def _journey_submode(element: _Element) -> str:
    holder = child(element, "TransportSubmode")
    return "" if holder is None or not len(holder) else (holder[0].text or "").strip()
