"""What was collected from NeTEx files, as the tables of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT, REPAIRED, SET_ASIDE
from askergeo.crs import to_crs
from askergeo.errors import SourceError
from askergeo.numbers import format_number
from askergeo.sources._feed_days import days_frame
from askergeo.sources._feed_finish import FILE, LINE
from askergeo.sources._netex_ids import CODESPACE, decoded
from askergeo.sources._netex_network import company_of, direction_of
from askergeo.sources.feed import WGS84, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from askergeo.sources._netex_journeys import Journey, Journeys
    from askergeo.sources._netex_network import Network, Pattern
    from askergeo.sources.feed import FeedLog

__all__ = ["make_tables", "quays_of"]

_HALF_DAY: Final = 43_200
_DAY: Final = 86_400
_SHOWN: Final = 5
_CALLS: Final = ("tur_id", "rekkefolge", "holdeplass_id", "ankomst", "avgang", "pastigning",
                 "avstigning")  # fmt: skip


def quays_of(
    network: Network, stops: gpd.GeoDataFrame | None, log: FeedLog, *, only_stops: bool
) -> pd.DataFrame:
    """Return every stop that has a place or is in use: from the file, else from ``stops``.

    Raises
    ------
    SourceError
        When no stop has a place.
    """
    rows: dict[str, tuple[Any, ...]] = {}
    for identity, quay in network.quays.items():
        rows[identity] = (quay.name, quay.mode, quay.place, quay.x, quay.y, quay.file, quay.line)
    given = _given(stops)
    joined = 0
    for point, stop in _used_points(network):
        if stop in rows:
            continue
        name, x, y = network.points.get(point, ("", np.nan, np.nan))
        if stop in network.places:
            place = network.places[stop]
            rows[stop] = (place.name, place.mode, place.place, place.x, place.y, place.file,
                          place.line)  # fmt: skip
        elif stop in given:
            joined += 1
            rows[stop] = (*given[stop], "", None)
        else:
            rows[stop] = (name or None, None, None, x, y, "", None)
    _tell_of_stops(network, joined, log)
    columns = ["navn", "transportmiddel", "stoppested_id", "x", "y", FILE, LINE]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    frame = frame.rename_axis("holdeplass_id").reset_index()
    if len(frame) and frame["x"].isna().all() and not only_stops:
        raise SourceError(
            f"Ingen av de {format_number(len(frame))} holdeplassene i filen har koordinater.",
            remedy="Entur gir ut stoppestedene i en egen fil (NeTEx, for kommunen eller fylket). "
            "Legg den til først: «askergeo data legg-til MAPPE holdeplass FIL», og så denne.",
        )
    return frame


def _used_points(network: Network) -> Iterable[tuple[str, str]]:
    """Yield the points of the patterns with the stops that they stand for."""
    points = {call.point for one in network.patterns.values() for call in one.calls}
    for point in sorted(points - network.flexible_points):
        yield point, stop_of(network, point)


def stop_of(network: Network, point: str) -> str:
    """Return the stop that a point stands for: the quay assigned to it, else itself."""
    return network.stops.get(point, point.removeprefix(f"{CODESPACE}:ScheduledStopPoint:"))


def _given(stops: gpd.GeoDataFrame | None) -> dict[str, tuple[Any, ...]]:
    if stops is None or not len(stops):
        return {}
    moved = to_crs(stops, WGS84, what="holdeplass")
    points = np.asarray(moved.geometry.array, dtype=object)
    lone = pd.Series([None] * len(moved), index=moved.index, dtype=object)
    columns = [moved.get(name, lone) for name in ("navn", "transportmiddel", "stoppested_id")]
    values = zip(*columns, shapely.get_x(points), shapely.get_y(points), strict=True)
    return dict(zip(moved["holdeplass_id"].astype(str), values, strict=True))


def _tell_of_stops(network: Network, joined: int, log: FeedLog) -> None:
    if joined:
        log.add(
            "koblet_holdeplass", "Holdeplasser hentet fra datapakken",
            f"{counted(joined, 'holdeplass', 'holdeplasser')}"
            " har ikke koordinat i filen og har fått den fra "
            "laget holdeplass i datapakken.",
            layer="holdeplass", action=KEPT,
        )  # fmt: skip
    borrowed = [
        one for one, quay in network.quays.items() if not quay.own_place and not np.isnan(quay.x)
    ]
    if borrowed:
        log.add(
            "punkt_fra_stoppested", "Holdeplasser med punktet til stoppestedet",
            f"{counted(len(borrowed), 'holdeplass', 'holdeplasser')} har ikke eget punkt i filen: "
            f"{_listed(borrowed)}.",
            layer="holdeplass", action=KEPT,
        )  # fmt: skip
    for identity, (file, line) in network.expired.items():
        log.add(
            "utlopt_stoppested", "Stoppestedet gjelder ikke lenger", f"{identity} er lagt ned.",
            layer="holdeplass", file=file, row=line, action=SET_ASIDE,
        )  # fmt: skip


def _listed(values: Iterable[Any]) -> str:
    names = list(map(str, values))
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def make_tables(
    network: Network, journeys: Journeys, quays: pd.DataFrame, log: FeedLog, name: str
) -> dict[str, pd.DataFrame]:
    """Return the six tables; ``rutetur`` has the time zone of each journey in ``sone``."""
    lines = {
        identity: line
        for identity, line in network.lines.items()
        if line.mode is not None and not line.on_demand
    }
    _tell_of_lines(network, log)
    trips, calls, replaced = _trips(network, journeys, lines, log)
    calendar = journeys.calendar
    calendar.tell(name)
    _tell_of_journeys(journeys, log, name)
    used = {trip[2] for trip in trips}
    days = [
        (one, np.array(sorted(calendar.sets[one]), dtype="datetime64[D]"))
        for one in sorted(used)
        if one
    ]
    return {
        "holdeplass": quays,
        "rutelinje": _line_frame(network, lines, replaced),
        "rutetur": pd.DataFrame(
            trips,
            columns=["tur_id", "linje_id", "kalender_id", "retning", "mal", "sone", FILE, LINE],
        ),
        "ruteavgang": pd.DataFrame(calls, columns=list(_CALLS)).astype(
            {"rekkefolge": "Int64", "ankomst": "Int64", "avgang": "Int64"}
        ),
        "rutedag": days_frame(days),
        "rutebytte": _transfers(network),
    }


def _line_frame(
    network: Network, lines: dict[str, Any], replaced: dict[str, tuple[str, str]]
) -> pd.DataFrame:
    rows = [
        (decoded("Line", identity), line.code, line.name, line.mode, company_of(network, line),
         line.file, line.line)
        for identity, line in lines.items()
    ]  # fmt: skip
    for identity, (origin, mode) in replaced.items():
        line = lines[origin]
        rows.append((identity, line.code, line.name, mode, company_of(network, line), line.file,
                     line.line))  # fmt: skip
    columns = ["linje_id", "linjenummer", "navn", "transportmiddel", "operator", FILE, LINE]
    return pd.DataFrame(rows, columns=columns)


def _tell_of_lines(network: Network, log: FeedLog) -> None:
    for identity, line in network.lines.items():
        if line.on_demand:
            log.add(
                "bestillingslinje", "Linjer som må bestilles",
                f"{identity} {line.name}: linjen og turene er ikke med.",
                layer="rutelinje", file=line.file, row=line.line, action=SET_ASIDE,
            )  # fmt: skip
        elif line.mode is None:
            log.add(
                "ukjent_transporttype", "Linjen er av et slag som ikke er med",
                f"{identity} {line.name}: {line.said}. Linjen og turene er ikke med.",
                layer="rutelinje", file=line.file, row=line.line, action=SET_ASIDE,
            )  # fmt: skip


def _trips(
    network: Network, journeys: Journeys, lines: dict[str, Any], log: FeedLog
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[str, tuple[str, str]]]:
    trips: list[tuple[Any, ...]] = []
    calls: list[tuple[Any, ...]] = []
    replaced: dict[str, tuple[str, str]] = {}
    lost: dict[str, list[str]] = {}
    for identity, journey in journeys.found.items():
        pattern = network.patterns.get(journey.pattern)
        line = _line_of(network, journey, pattern)
        fault = _fault(network, pattern, line, lines)
        if pattern is None or fault:
            lost.setdefault(fault, []).append(identity)
            continue
        own, overtaken = _calls(network, identity, journey, pattern)
        if overtaken:
            lost.setdefault("over_midnatt", []).append(identity)
        if any(call.on_demand for call in pattern.calls):
            lost.setdefault("bestillingsstopp", []).append(identity)
        linje = decoded("Line", line)
        if journey.mode and journey.mode != lines[line].mode:
            linje = f"{linje} ({journey.mode})"
            replaced[linje] = (line, journey.mode)
        kalender = journeys.calendar.name(
            journey.day_types,
            planned=frozenset(journeys.planned.get(identity, ())),
            cancelled=frozenset(journeys.removed.get(identity, ())),
            window=journey.window,
        )
        mal = network.displays.get(pattern.display) or None
        trips.append((identity, linje, kalender, direction_of(network, pattern), mal,
                      journey.zone, journey.file, journey.row))  # fmt: skip
        calls += own
    _tell_of_lost(lost, replaced, log)
    return trips, calls, replaced


def _line_of(network: Network, journey: Journey, pattern: Pattern | None) -> str:
    if journey.line or pattern is None:
        return journey.line
    return pattern.line or network.routes.get(pattern.route, ("", ""))[0]


def _fault(network: Network, pattern: Pattern | None, line: str, lines: dict[str, Any]) -> str:
    """Say why a journey cannot be used; empty when it can."""
    if pattern is None:
        return "uten_monster"
    if line not in network.lines:
        return "ukjent_linje"
    if line not in lines:
        return "linje_ikke_med"
    boardings = [
        call.on_demand or call.point in network.flexible_points
        for call in pattern.calls
        if call.boarding
    ]
    return "bestillingstur" if boardings and all(boardings) else ""


def _calls(
    network: Network, identity: str, journey: Journey, pattern: Pattern
) -> tuple[list[tuple[Any, ...]], bool]:
    """Return the stops of a journey, and whether midnight had to be found out."""
    if any(point for point, _, _ in journey.times):
        times = {point: (arrival, departure) for point, arrival, departure in journey.times}
    else:
        # Passing times without references stand in the order of the pattern.
        pairs = zip(pattern.calls, journey.times, strict=False)
        times = {call.identity: (one[1], one[2]) for call, one in pairs}
    rows = []
    extra, latest, found = 0, 0, False
    for call in pattern.calls:
        if call.point in network.flexible_points:
            continue
        arrival, departure = times.get(call.identity, (None, None))
        moments = [arrival if arrival is not None else departure,
                   departure if departure is not None else arrival]  # fmt: skip
        for place, moment in enumerate(moments):
            if moment is None:
                continue
            if moment + extra < latest - _HALF_DAY:
                extra, found = extra + _DAY, True
            moments[place] = latest = moment + extra
        rows.append((identity, call.order - 1, stop_of(network, call.point), *moments,
                     call.boarding and not call.on_demand,
                     call.alighting and not call.on_demand))  # fmt: skip
    return rows, found


_LOST: Final = {
    "uten_monster": ("Turer uten stoppmønster", "viser til et stoppmønster som ikke er i filen",
                     SET_ASIDE),
    "ukjent_linje": ("Turer uten linje", "viser til en linje som ikke er i filen", SET_ASIDE),
    "linje_ikke_med": ("Turer på linjer som ikke er med", "er på linjer som er satt til side",
                       SET_ASIDE),
    "bestillingstur": ("Turer som må bestilles", "tar bare med reisende som har bestilt",
                       SET_ASIDE),
    "bestillingsstopp": ("Stopp som må bestilles", ("har stopp som må bestilles; de stoppene er "
                         "uten på- og avstigning"), KEPT),
    "over_midnatt": ("Tider over midnatt uten dagskifte", ("går over midnatt uten at filen sier "
                     "det (DayOffset); tidene etter er regnet til neste dag"), REPAIRED),
}  # fmt: skip


def _tell_of_lost(
    lost: dict[str, list[str]], replaced: dict[str, tuple[str, str]], log: FeedLog
) -> None:
    for rule, names in lost.items():
        title, text, action = _LOST[rule]
        log.add(
            rule, title, f"{counted(len(names), 'tur', 'turer')} {text}: {_listed(names)}.",
            layer="rutetur", action=action,
        )  # fmt: skip
    for identity, (origin, mode) in replaced.items():
        log.add(
            "annet_middel", "Turer med et annet transportmiddel enn linjen",
            f"Noen turer på {origin} kjøres med {mode} og står som linjen «{identity}».",
            layer="rutelinje", action=REPAIRED,
        )  # fmt: skip


def _tell_of_journeys(journeys: Journeys, log: FeedLog, name: str) -> None:
    told = (
        ("samme_tur", "Samme tur flere ganger", sorted(journeys.twice), SET_ASIDE,
         "står flere ganger i filene; den nyeste utgaven av hver er brukt"),
        ("bestillingstur", "Turer som må bestilles", sorted(journeys.on_demand), SET_ASIDE,
         "må bestilles og er ikke med"),
        ("innstilt", "Innstilte turer", sorted(journeys.cancelled), SET_ASIDE,
         "er innstilt og er ikke med"),
    )  # fmt: skip
    for rule, title, names, action, text in told:
        if names:
            number = counted(len(names), "tur", "turer")
            log.add(rule, title, f"{number} {text}: {_listed(names)}.", layer="rutetur", file=name,
                    action=action)  # fmt: skip
    removed = sum(len(days) for days in journeys.removed.values())
    counts = (
        ("innstilt_dag", "Avganger som er innstilt enkelte dager", "rutedag",
         counted(removed, "avgang", "avganger"), "er innstilt og regnes ikke den dagen", removed),
        ("uten_dag", "Daterte turer uten kjent dag", "rutedag",
         counted(journeys.undated, "datert tur", "daterte turer"),
         "viser til en dag som ikke er i filen", journeys.undated),
        ("frekvens", "Turer med tid mellom avgangene", "rutetur",
         counted(journeys.headways, "tur", "turer"),
         "er oppgitt med tid mellom avgangene, som ikke leses fra NeTEx", journeys.headways),
        ("bytte_mellom_turer", "Bytter som bare gjelder bestemte turer", "rutebytte",
         counted(journeys.interchanges, "bytte", "bytter"),
         "mellom navngitte turer er ikke med; for dem regnes vanlig bytte", journeys.interchanges),
        ("tid_med_sone", "Klokkeslett med tidssone", "ruteavgang",
         counted(journeys.zoned, "klokkeslett", "klokkeslett"),
         "har egen tidssone, som det er sett bort fra", journeys.zoned),
    )  # fmt: skip
    for rule, title, layer, number, text, count in counts:
        if count:
            log.add(rule, title, f"{number} {text}.", layer=layer, file=name, action=SET_ASIDE)


def _transfers(network: Network) -> pd.DataFrame:
    rows: list[tuple[str, str, int | None, bool]] = [
        (stop_of(network, first), stop_of(network, second), None, False)
        for first, second in sorted(network.forbidden)
    ]
    rows += [
        (stop_of(network, first), stop_of(network, second), seconds, True)
        for (first, second), seconds in network.transfers.items()
        if (first, second) not in network.forbidden
    ]
    columns = ["fra_holdeplass_id", "til_holdeplass_id", "sekunder", "mulig"]
    return pd.DataFrame(rows, columns=columns).astype({"sekunder": "Int64", "mulig": "boolean"})
