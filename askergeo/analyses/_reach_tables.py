"""The tables of the 5-minute settlements, from minutes and persons as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.analyses._reach_people import AGES
from askergeo.analyses._reach_services import GROUPS
from askergeo.numbers import format_number
from askergeo.privacy import rounded
from askergeo.result import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import Ages, People
    from askergeo.analyses._reach_services import Services
    from askergeo.analyses._reach_times import Times
    from askergeo.network.repair import RepairReport

__all__ = [
    "REST",
    "Reach",
    "centre_table",
    "counted_table",
    "lacking",
    "lacking_table",
    "minutes_text",
    "network_table",
    "person_column",
    "service_table",
    "share_decimals",
    "share_table",
    "whole",
]

#: Rows of residents whose time is not known, with their titles.
REST = {
    "ikke_koblet": "Ukjent: bor for langt fra gangnettet",
    "los_del": "Ukjent: gangnettet der de bor, henger for seg selv",
    "uten_sted": "Ukjent: adressen har ikke sted",
}
# From this many persons a share of them is told with a decimal.
_TELLS_TENTHS = 1000
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


def share_decimals(everyone: float) -> int:
    """Decimals of a share of so many: of few, a rounded count moves it by more than a tenth."""
    return 1 if everyone >= _TELLS_TENTHS else 0


def share_table(reach: Reach) -> Table:
    """Residents with all groups within each limit, for each profile, in whole tens; and all."""
    records: list[dict[str, Any]] = []

    def add(label: str, members: NDArray[np.bool_], who: str, what: str, **unplaced: bool) -> None:
        counts: dict[str, float] = dict.fromkeys(AGES, np.nan)
        if not who or not reach.services.absent:
            counts = reach.people.counts(members, **unplaced)
        records.append({"rad": label, "profil": who, "gruppe": what, **counts})

    limits = reach.limits
    every = np.ones(len(reach.known), dtype=bool)
    for profile, times in reach.times.items():
        who = reach.titles[profile]
        labels = [f"{profile}_{minutes_text(limit)}" for limit in limits]
        for label, limit in zip(labels, limits, strict=True):
            members = times.complete <= limit
            add(label, members, who, f"Alle gruppene innen {minutes_text(limit)} minutter")
        beyond = reach.known & ~(times.complete <= limits[-1])
        further = f"Lenger enn {minutes_text(limits[-1])} minutter"
        add(f"{profile}_lenger", beyond, who, further)
    add("ikke_koblet", reach.unsnapped, "", REST["ikke_koblet"])
    add("los_del", reach.loose, "", REST["los_del"])
    add("uten_sted", ~every, "", REST["uten_sted"], unplaced=True)
    add("bosatte", every, "", "Alle bosatte", unplaced=True)
    columns = {"profil": Column(title="Profil"), "gruppe": Column(title="Bosatte som har")}
    for age, title in reach.ages.titles.items():
        everyone = reach.people.count(age, every)
        columns[age] = person_column(title)
        columns[f"andel_{age}"] = Column(
            title=f"Andel {_lower(title)}",
            unit="%",
            decimals=share_decimals(everyone),
            derived_from=(age,),
        )
    table = counted_table(
        "andel",
        "Bosatte i 5-minutterstettsteder",
        records,
        columns,
        note="Grensene ligger i hverandre: de som har alt innen 5 minutter, er også med i de "
        "lengre. Andelene er av alle bosatte, også dem som gangtiden er ukjent for, og regnet av "
        "de avrundede tallene.",
    )
    frame = table.frame.copy()
    for age in reach.ages.titles:
        counts = frame[age].to_numpy(dtype=np.float64, na_value=np.nan)
        frame[f"andel_{age}"] = 100 * counts / (counts[-1] or np.nan)
    return replace(table, frame=frame)


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
    return counted_table(
        "sentre",
        "Bosatte nær hvert senter",
        records,
        columns,
        note="Sentrenes omland overlapper: en person kan være med under flere sentre, "
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
    return counted_table(
        "tjenester",
        "Bosatte nær hver tjeneste",
        records,
        columns,
        note="Tjenester som ikke er koblet til gangnettet, er ikke med i antallet.",
    )


def lacking_table(reach: Reach) -> Table:
    """Residents by which groups they lack within the shortest limit, in whole tens."""
    limit = reach.limits[0]
    every = np.ones(len(reach.known), dtype=bool)
    records: list[dict[str, Any]] = []

    def add(label: str, members: NDArray[np.bool_], who: str, what: str, **unplaced: bool) -> None:
        counts: dict[str, float] = dict.fromkeys(AGES, np.nan)
        if not who or not reach.services.absent:
            counts = reach.people.counts(members, **unplaced)
        records.append({"rad": label, "profil": who, "mangler": what, **counts})

    for profile, times in reach.times.items():
        for what, (title, members) in lacking(times, limit, reach.known).items():
            add(f"{profile}_{what}", members, reach.titles[profile], title)
    add("ikke_koblet", reach.unsnapped, "", REST["ikke_koblet"])
    add("los_del", reach.loose, "", REST["los_del"])
    add("uten_sted", ~every, "", REST["uten_sted"], unplaced=True)
    add("bosatte", every, "", "Alle bosatte", unplaced=True)
    columns = {"profil": Column(title="Profil"), "mangler": Column(title="Bosatte som har")} | {
        age: person_column(title) for age, title in reach.ages.titles.items()
    }
    return counted_table(
        "mangler",
        f"Hva bosatte mangler innen {minutes_text(limit)} minutter",
        records,
        columns,
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


def network_table(report: RepairReport) -> Table:
    """List what the walking network is made of and what was mended."""
    frame = report.summary.set_index("navn")
    # Whole numbers throughout: how far ends were moved is told in centimetres.
    moved = frame.index.isin(["flyttet_median", "flyttet_maks"])
    frame.loc[moved, "verdi"] *= 100
    frame.loc[moved, "enhet"] = "cm"
    return Table(
        name="gangnett",
        title="Gangnettet, og hva som er rettet i det",
        frame=frame,
        columns={
            "tittel": Column(title="Hva"),
            "verdi": Column(title="Antall eller mål", decimals=0),
            "enhet": Column(title="Enhet"),
        },
    )


def counted_table(
    name: str,
    title: str,
    records: list[dict[str, Any]],
    columns: Mapping[str, Column],
    *,
    note: str = "",
) -> Table:
    """Make a table of records: persons in whole tens, other counts whole, absent ones unknown."""
    index = pd.Index([str(record["rad"]) for record in records], dtype=object)
    frame = pd.DataFrame(records, index=index).reindex(columns=list(columns))
    for column, what in columns.items():
        if what.decimals == 0:
            frame[column] = whole(pd.to_numeric(frame[column]))
        elif what.decimals is not None:
            frame[column] = pd.to_numeric(frame[column]).astype(float)
    return rounded(Table(name=name, title=title, frame=frame, columns=columns, note=note))


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
