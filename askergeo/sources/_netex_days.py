"""The calendar of NeTEx: day types, the periods and dates assigned to them, and dated journeys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._avvik import KEPT, SET_ASIDE
from askergeo.sources._feed_days import period_days, tell_of_cut_periods
from askergeo.sources._netex_ids import decoded
from askergeo.sources._netex_xml import ALWAYS, child, children, day_of, local, ref, text_of
from askergeo.sources.feed import counted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from askergeo.sources._netex_xml import Item, Window
    from askergeo.sources.feed import FeedLog

__all__ = ["Calendar"]

_NAMES: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
_GROUPS: Final = {
    "Everyday": _NAMES,
    "Weekdays": _NAMES[:5],
    "Weekend": _NAMES[5:],
    "MondayToSaturday": _NAMES[:6],
}
_SIGNS: Final = 12

DaySet = frozenset[np.datetime64]


@dataclass
class Calendar:
    """What the files say of days; :meth:`days` gives the dates of a day type."""

    today: dt.date
    log: FeedLog
    weekdays: dict[str, tuple[bool, ...] | None] = field(default_factory=dict)
    periods: dict[str, tuple[dt.date, dt.date]] = field(default_factory=dict)
    bits: dict[str, tuple[dt.date, str]] = field(default_factory=dict)
    dates: dict[str, dt.date] = field(default_factory=dict)
    assigned: dict[str, set[tuple[str, str, bool]]] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    known: dict[str, DaySet] = field(default_factory=dict)
    sets: dict[str, DaySet] = field(default_factory=dict)
    named: dict[tuple[tuple[str, ...], DaySet, DaySet, Window], str] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    everyday: list[str] = field(default_factory=list)
    lost: int = 0

    def take(self, item: Item) -> None:
        """Take in one object of a calendar; others pass by."""
        element = item.element
        if item.name == "DayType":
            self.weekdays.setdefault(item.identity, _weekdays(item))
            self.windows.setdefault(item.identity, item.window)
        elif item.name == "OperatingDay":
            day = day_of(text_of(element, "CalendarDate"))
            if day:
                self.dates[item.identity] = day
        elif item.name in ("OperatingPeriod", "UicOperatingPeriod"):
            self._take_period(item)
        elif item.name == "DayTypeAssignment":
            self._take_assignment(item)

    def _take_period(self, item: Item) -> None:
        element = item.element
        first = day_of(text_of(element, "FromDate")) or self.dates.get(
            ref(element, "FromOperatingDayRef")
        )
        last = day_of(text_of(element, "ToDate")) or self.dates.get(
            ref(element, "ToOperatingDayRef")
        )
        pattern = text_of(element, "ValidDayBits")
        if first and pattern:
            self.bits[item.identity] = (first, pattern)
        elif first and last:
            self.periods[item.identity] = (first, last)

    def _take_assignment(self, item: Item) -> None:
        element = item.element
        available = text_of(element, "isAvailable").casefold() not in ("false", "0")
        what = ""
        kind = ""
        for name, sort in (("OperatingPeriodRef", "periode"), ("UicOperatingPeriodRef", "periode"),
                           ("OperatingDayRef", "dag")):  # fmt: skip
            if ref(element, name):
                what, kind = ref(element, name), sort
        if not what:
            what, kind = text_of(element, "Date"), "dato"
        day_type = ref(element, "DayTypeRef")
        self.assigned.setdefault(day_type, set()).add((kind, what, available))

    def days(self, day_type: str) -> DaySet:
        """Return the dates of a day type: what is available less what is not."""
        if day_type not in self.known:
            given: set[np.datetime64] = set()
            taken: set[np.datetime64] = set()
            for kind, what, available in self.assigned.get(day_type, set()):
                (given if available else taken).update(self._meant(day_type, kind, what))
            window = self.windows.get(day_type, ALWAYS)
            self.known[day_type] = self._within(frozenset(given - taken), window)
        return self.known[day_type]

    def _meant(self, day_type: str, kind: str, what: str) -> Iterable[np.datetime64]:
        if kind == "dato":
            day = day_of(what)
            return [] if day is None else [np.datetime64(day, "D")]
        if kind == "dag":
            day = self.dates.get(what)
            return [] if day is None else [np.datetime64(day, "D")]
        if what in self.bits:
            first, pattern = self.bits[what]
            start = np.datetime64(first, "D")
            return [start + place for place, bit in enumerate(pattern) if bit == "1"]
        if what not in self.periods:
            return []
        week = self.weekdays.get(day_type)
        if week is None:
            self.everyday.append(day_type)
            week = (True,) * 7
        days, cut = period_days(*self.periods[what], week, self.today)
        self.cut += [day_type] if cut else []
        return list(days)

    def _within(self, days: DaySet, window: Window) -> DaySet:
        if window == ALWAYS:
            return days
        first, last = (np.datetime64(day, "D") for day in window)
        kept = frozenset(day for day in days if first <= day <= last)
        self.lost += len(days) - len(kept)
        return kept

    def name(
        self,
        day_types: tuple[str, ...],
        *,
        planned: DaySet = frozenset(),
        cancelled: DaySet = frozenset(),
        window: Window = ALWAYS,
    ) -> str:
        """Return the name of the calendar of a journey, and remember its dates.

        A journey with one day type keeps that name. Several day types, dated journeys and a
        validity that cuts give the dates a name of their own.
        """
        key = (day_types, planned, cancelled, window)
        if key not in self.named:
            self.named[key] = self._name(*key)
        return self.named[key]

    def _name(
        self, day_types: tuple[str, ...], planned: DaySet, cancelled: DaySet, window: Window
    ) -> str:
        before = self.lost
        days = frozenset().union(*(self.days(one) for one in day_types))
        whole = self._within((days | planned) - cancelled, window)
        cut = self.lost > before
        plain = len(day_types) == 1 and not planned and not cancelled and not cut
        if plain:
            name = decoded("DayType", day_types[0])
        else:
            told = ",".join(sorted(map(str, whole)))
            name = f"dager {hashlib.sha256(told.encode()).hexdigest()[:_SIGNS]}"
        self.sets[name] = whole
        return name

    def tell(self, file: str) -> None:
        """Say what was decided about the calendars in use."""
        tell_of_cut_periods(sorted(set(self.cut)), self.log, file)
        if self.everyday:
            names = sorted(set(self.everyday))
            self.log.add(
                "uten_ukedager", "Dagtyper uten ukedager",
                f"{counted(len(names), 'dagtype', 'dagtyper')}"
                " har en periode, men sier ikke hvilke "
                f"ukedager; de er lest som alle dager: {', '.join(names[:5])}.",
                layer="rutedag", file=file, action=KEPT,
            )  # fmt: skip
        if self.lost:
            self.log.add(
                "utenfor_gyldighet", "Dager utenfor gyldighetstiden",
                f"{counted(self.lost, 'kjøredag', 'kjøredager')}"
                " i kalenderne er utenfor tiden som filen "
                "selv sier at innholdet gjelder, og er ikke med.",
                layer="rutedag", file=file, action=SET_ASIDE,
            )  # fmt: skip


def _weekdays(item: Item) -> tuple[bool, ...] | None:
    """Return the days of the week of a day type, Monday first; ``None`` when it has none."""
    properties = child(item.element, "properties")
    named: set[str] = set()
    for one in children(properties, "PropertyOfDay") if properties is not None else ():
        for days in one:
            if local(days) == "DaysOfWeek":
                for word in (days.text or "").split():
                    named.update(_GROUPS.get(word, (word,)))
    return tuple(name in named for name in _NAMES) if named else None
