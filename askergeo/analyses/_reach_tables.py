"""The tables of the 5-minute settlements, from minutes and persons as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.analyses._reach_people import AGES
from askergeo.analyses._reach_services import GROUPS
from askergeo.numbers import format_number
from askergeo.privacy import THRESHOLD
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import Ages, People
    from askergeo.analyses._reach_services import Services
    from askergeo.analyses._reach_sets import Family
    from askergeo.analyses._reach_times import Times

__all__ = [
    "REST",
    "ROUNDED",
    "Reach",
    "centre_table",
    "coarse_table",
    "lacking",
    "lacking_table",
    "minutes_text",
    "person_column",
    "service_table",
    "share_table",
    "whole",
]

#: Rows of residents whose time is not known, with their titles.
REST = {
    "ikke_koblet": "Ukjent: bor for langt fra gangnettet",
    "los_del": "Ukjent: gangnettet der de bor, henger for seg selv",
    "uten_sted": "Ukjent: adressen har ikke sted",
}
#: What a table of rounded counts says of itself.
ROUNDED = "Personer er avrundet til nærmeste 10 av hensyn til personvern; 1–4 er skjult."
_ROUND_TO = 10
_LEVELS = {"kommunesenter": 0, "lokalsenter": 1, "naersenter": 2}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Who lives where, and how many minutes each has to what.

    Parameters
    ----------
    people, ages, services
        Residents, the borders of the age groups, and what they walk to.
    centres
        Columns ``senter_id``, ``navn`` and ``niva``, a row for each column of the times' centres.
    titles
        Name in bokmål of each profile.
    times
        Minutes for each profile, in the order shown.
    limits
        Minutes, ascending; the first is that of a 5-minute settlement.
    unsnapped, loose
        Homes that do not meet the network, or meet only a part that hangs by itself, (r,).
    """

    people: People
    ages: Ages
    services: Services
    centres: pd.DataFrame
    titles: Mapping[str, str]
    times: Mapping[str, Times]
    limits: tuple[float, ...]
    unsnapped: NDArray[np.bool_]
    loose: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Homes whose times are known, (r,)."""
        return np.asarray(~(self.unsnapped | self.loose), dtype=np.bool_)


def minutes_text(limit: float) -> str:
    """Write a limit as it stands in names and titles.

    Examples
    --------
    >>> minutes_text(5.0), minutes_text(7.5)
    ('5', '7,5')
    """
    return format_number(limit, 0 if limit == int(limit) else 1)


def person_column(title: str, description: str = "") -> Column:
    """Describe a column that counts persons."""
    return Column(title=title, unit="personer", decimals=0, persons=True, description=description)


def whole(values: Any) -> pd.arrays.IntegerArray:  # noqa: ANN401  (what numpy reads as numbers)
    """Return counts as whole numbers, unknown ones as NA."""
    numbers = np.asarray(values, dtype=np.float64)
    unknown = np.isnan(numbers)
    return pd.arrays.IntegerArray(np.where(unknown, 0, numbers).astype(np.int64), unknown)


def share_table(reach: Reach, family: Family) -> Table:
    """Residents with all groups within each limit, for each profile, and all residents."""
    records: list[dict[str, Any]] = []

    def add(label: str, members: NDArray[np.bool_], who: str, what: str, **unplaced: bool) -> None:
        cells = {age: ("andel", label, age) for age in AGES}
        counts: dict[str, float] = dict.fromkeys(AGES, np.nan)
        if not who or not reach.services.absent:
            counts = family.count(f"alle grupper {label}", members, cells=cells, **unplaced)
        records.append({"rad": label, "profil": who, "gruppe": what, **counts})

    limits = reach.limits
    every = np.ones(len(reach.known), dtype=bool)
    sums = []
    for profile, times in reach.times.items():
        who = reach.titles[profile]
        labels = [f"{profile}_{minutes_text(limit)}" for limit in limits]
        for label, limit in zip(labels, limits, strict=True):
            members = times.complete <= limit
            add(label, members, who, f"Alle gruppene innen {minutes_text(limit)} minutter")
        beyond = reach.known & ~(times.complete <= limits[-1])
        last = f"{profile}_lenger"
        add(last, beyond, who, f"Lenger enn {minutes_text(limits[-1])} minutter")
        sums.append(RowSum("bosatte", (labels[-1], last, *REST)))
        family.chain([f"alle grupper {label}" for label in labels])
    add("ikke_koblet", reach.unsnapped, "", REST["ikke_koblet"])
    add("los_del", reach.loose, "", REST["los_del"])
    add("uten_sted", ~every, "", REST["uten_sted"], unplaced=True)
    add("bosatte", every, "", "Alle bosatte", unplaced=True)
    _chain_profiles(reach, family, "alle grupper {profile}_{limit}")
    frame = pd.DataFrame(records).set_index("rad")
    columns = {"profil": Column(title="Profil"), "gruppe": Column(title="Bosatte som har")}
    data: dict[str, Any] = {name: frame[name] for name in columns}
    for age, title in reach.ages.titles.items():
        data[age] = whole(frame[age])
        counts = frame[age].to_numpy(dtype=np.float64)
        data[f"andel_{age}"] = 100 * counts / (counts[-1] or np.nan)
        columns[age] = person_column(title)
        columns[f"andel_{age}"] = Column(
            title=f"Andel {_lower(title)}", unit="%", decimals=1, derived_from=(age,)
        )
    return Table(
        name="andel",
        title="Bosatte i 5-minutterstettsteder",
        frame=pd.DataFrame(data, index=frame.index),
        columns=columns,
        row_sums=tuple(sums),
        note="Grensene ligger i hverandre: de som har alt innen 5 minutter, er også med i de "
        "lengre. Andelene er av alle bosatte, også dem som gangtiden er ukjent for.",
    )


def centre_table(reach: Reach) -> Table:
    """Residents by age within each limit of each centre, for each profile, in whole tens."""
    level = reach.centres["niva"].map(_LEVELS).fillna(len(_LEVELS))
    order = np.lexsort((reach.centres["navn"].astype(str), level))
    records = []
    for centre in order:
        place = reach.centres.iloc[centre]
        for profile, times in reach.times.items():
            minutes = times.centre[:, centre]
            record: dict[str, Any] = {
                "rad": f"{place['senter_id']}_{profile}",
                "navn": place["navn"],
                "niva": place["niva_navn"],
                "profil": reach.titles[profile],
            }
            # A centre that does not meet the network has no row of numbers, not one of zeros.
            if not np.isnan(minutes).all():
                record |= _within(reach, minutes, tuple(AGES))
            records.append(record)
    columns = {
        "navn": Column(title="Senter"),
        "niva": Column(title="Nivå"),
        "profil": Column(title="Profil"),
    } | _limit_columns(reach, AGES)
    return coarse_table(
        "sentre",
        "Bosatte innen gangavstand til hvert senter",
        records,
        columns,
        note=f"{ROUNDED} Sentrenes omland overlapper: en person kan være med under flere sentre, "
        "så radene skal ikke summeres. «..» er et senter som ikke er koblet til gangnettet.",
    )


def _within(reach: Reach, minutes: NDArray[np.float64], ages: tuple[str, ...]) -> dict[str, float]:
    """Count persons of each age group within each limit."""
    return {
        f"{age}_{minutes_text(limit)}": reach.people.count(age, minutes <= limit)
        for age in ages
        for limit in reach.limits
    }


def service_table(reach: Reach, counts: Mapping[str, int]) -> Table:
    """Residents within each limit of the nearest of each group and type, in whole tens."""
    services = reach.services
    rows = [(group, GROUPS[group], "Gruppe") for group in services.groups]
    for number, one in enumerate(services.ids):
        groups = [GROUPS[g] for g, types in services.groups.items() if number in types]
        rows.append((one, services.titles[number], ", ".join(groups) or "Ikke i kravet"))
    ages = ("alle", "eldre")
    records = []
    for one, title, kind in rows:
        for profile, times in reach.times.items():
            record: dict[str, Any] = {
                "rad": f"{one}_{profile}",
                "tjeneste": title,
                "gruppe": kind,
                "antall": counts[one],
                "profil": reach.titles[profile],
            }
            if one in services.groups:
                minutes = times.groups[one]
            else:
                minutes = times.service[:, services.ids.index(one)]
            if one not in services.absent:
                record |= _within(reach, minutes, ages)
            records.append(record)
    columns = {
        "tjeneste": Column(title="Tjeneste"),
        "gruppe": Column(title="Gruppe"),
        "antall": Column(title="Antall", unit="tjenester", decimals=0),
        "profil": Column(title="Profil"),
    } | _limit_columns(reach, ages)
    return coarse_table(
        "tjenester",
        "Bosatte innen gangavstand til nærmeste tjeneste",
        records,
        columns,
        note=f"{ROUNDED} Tjenester som ikke er koblet til gangnettet, er ikke med i antallet.",
    )


def coarse(counts: Any) -> tuple[pd.arrays.IntegerArray, NDArray[np.bool_]]:  # noqa: ANN401
    """Round counts to whole tens, and say which must be hidden: those of 1 to 4 persons.

    None is none, so that zero still means zero; from 5 persons the nearest ten, at least 10. The
    difference between two such counts tells of nobody, however their sets lie in one another.

    Examples
    --------
    >>> coarse([0, 4, 5, 14, 15, 1236])[0].tolist()
    [0, <NA>, 10, 10, 20, 1240]
    """
    numbers = np.asarray(counts, dtype=np.float64)
    few = (numbers > 0) & (numbers < THRESHOLD)
    return whole(np.where(few, np.nan, np.floor(numbers / _ROUND_TO + 0.5) * _ROUND_TO)), few


def coarse_table(
    name: str,
    title: str,
    records: list[dict[str, Any]],
    columns: Mapping[str, Column],
    *,
    note: str = "",
) -> Table:
    """Make a table whose counts of persons are rounded to tens, see :func:`coarse`."""
    table = _table(name, title, records, columns, note=note)
    hidden: set[tuple[Hashable, str]] = set()
    frame = table.frame.copy()
    for column, what in columns.items():
        if what.persons:
            frame[column], few = coarse(frame[column].to_numpy(dtype=float, na_value=np.nan))
            hidden |= {(label, column) for label in frame.index[few]}
    return replace(table, frame=frame, hidden=frozenset(hidden))


def lacking_table(reach: Reach, family: Family) -> Table:
    """Residents by which groups they lack within the shortest limit."""
    limit = reach.limits[0]
    every = np.ones(len(reach.known), dtype=bool)
    records: list[dict[str, Any]] = []

    def add(label: str, members: NDArray[np.bool_], who: str, what: str, **unplaced: bool) -> None:
        cells = {age: ("mangler", label, age) for age in AGES}
        counts: dict[str, float] = dict.fromkeys(AGES, np.nan)
        if not who or not reach.services.absent:
            counts = family.count(f"mangler {label}", members, cells=cells, **unplaced)
        records.append({"rad": label, "profil": who, "mangler": what, **counts})

    sums = []
    for profile, times in reach.times.items():
        parts = []
        for what, (title, members) in lacking(times, limit, reach.known).items():
            label = f"{profile}_{what}"
            parts.append(label)
            add(label, members, reach.titles[profile], title)
        sums.append(RowSum("bosatte", (*parts, *REST)))
    add("ikke_koblet", reach.unsnapped, "", REST["ikke_koblet"])
    add("los_del", reach.loose, "", REST["los_del"])
    add("uten_sted", ~every, "", REST["uten_sted"], unplaced=True)
    add("bosatte", every, "", "Alle bosatte", unplaced=True)
    columns = {"profil": Column(title="Profil"), "mangler": Column(title="Bosatte som har")} | {
        age: person_column(title) for age, title in reach.ages.titles.items()
    }
    return _table(
        "mangler",
        f"Hva bosatte mangler innen {minutes_text(limit)} minutter",
        records,
        columns,
        row_sums=tuple(sums),
    )


def lacking(
    times: Times, limit: float, known: NDArray[np.bool_]
) -> dict[str, tuple[str, NDArray[np.bool_]]]:
    """Part the homes by the groups that they lack: title and homes of each part."""
    there = {group: minutes <= limit for group, minutes in times.groups.items()}
    count = np.sum(list(there.values()), axis=0)
    full = len(there)
    parts: dict[str, tuple[str, NDArray[np.bool_]]] = {
        "ingenting": ("Alle gruppene", known & (count == full))
    }
    for group, reached in there.items():
        lone = known & ~reached & (count == full - 1)
        parts[group] = (f"Alt unntatt {GROUPS[group].lower()}", lone)
    for number in range(full - 2, 0, -1):
        parts[f"har_{number}"] = (f"Bare {_words(number)}", known & (count == number))
    if full > 1:
        parts["alt"] = ("Ingen av gruppene", known & (count == 0))
    return parts


def _words(number: int) -> str:
    return "én av gruppene" if number == 1 else f"{number} av gruppene"


def _limit_columns(reach: Reach, ages: Any) -> dict[str, Column]:  # noqa: ANN401  (any names)
    titles = reach.ages.titles
    return {
        f"{age}_{minutes_text(limit)}": person_column(
            f"{titles[age]} innen {minutes_text(limit)} min"
        )
        for age in ages
        for limit in reach.limits
    }


def _chain_profiles(reach: Reach, family: Family, pattern: str) -> None:
    """Say that the slower profiles' sets are meant to lie in the faster ones'."""
    slowest_first = sorted(
        reach.times, key=lambda one: float((reach.times[one].complete <= reach.limits[-1]).sum())
    )
    for limit in reach.limits:
        family.chain(
            [pattern.format(profile=one, limit=minutes_text(limit)) for one in slowest_first]
        )


def _table(
    name: str,
    title: str,
    records: list[dict[str, Any]],
    columns: Mapping[str, Column],
    *,
    row_sums: tuple[RowSum, ...] = (),
    note: str = "",
) -> Table:
    """Make a table of records; counts become whole numbers and absent values unknown."""
    index = pd.Index([str(record["rad"]) for record in records], dtype=object)
    frame = pd.DataFrame(records, index=index).reindex(columns=list(columns))
    for column, what in columns.items():
        if what.persons or what.decimals == 0:
            frame[column] = whole(pd.to_numeric(frame[column]))
        elif what.decimals is not None:
            frame[column] = pd.to_numeric(frame[column]).astype(float)
    return Table(name=name, title=title, frame=frame, columns=columns, row_sums=row_sums, note=note)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
