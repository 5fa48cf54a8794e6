"""What is said of access to public transport: the sentence, findings, warnings, how to read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._data_finding import data_finding
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._reach_people import left_out
from askergeo.analyses._stops_days import TIMETABLE
from askergeo.analyses._stops_tables import EVERY, MODE_TITLES, dated, span_text
from askergeo.network.profiles import find_profile
from askergeo.network.timetable import timetable_faults
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.result import Fact, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from askergeo.analyses._stops_scene import Scene
    from askergeo.result import Table

__all__ = ["findings", "reading", "statement", "warnings"]

# Stops and places that are named one by one.
_NAMED: Final = 30
# A day with fewer trips than this share of the ordinary day's is no ordinary day.
_ORDINARY: Final = 0.8
_WEEKEND: Final = 5
_finding = partial(data_finding, "kollektiv")


def statement(scene: Scene, coverage: Table) -> tuple[str, dict[str, Fact]]:
    """State the share near frequent departures and the share with good access, north and south."""
    frame = coverage.frame
    facts = {
        "bosatte": Fact(
            title="Bosatte",
            value=_number(frame.loc[EVERY, "bosatte"]),
            unit="personer",
            persons=True,
            cell=("dekning", EVERY, "bosatte"),
        )
    }
    if scene.days is None:
        lacks = "Rutetabellen mangler: tilgangsklassen og antall avganger er ukjent."
        return lacks + _distances(coverage, facts), facts
    for row, title in (
        ("indikator", "Andel nær holdeplass med hyppige avganger"),
        ("god", "Andel med svært god eller god tilgang"),
    ):
        for column in ("bosatte", "bosatte_nord", "bosatte_sor"):
            # The first is told for all, so that the reader has few figures to hold together.
            if f"andel_{column}" in frame and (row == "god" or column == "bosatte"):
                where = {"bosatte_nord": ", nord", "bosatte_sor": ", sør"}.get(column, "")
                facts[f"andel_{row}{column.removeprefix('bosatte')}"] = Fact(
                    title=title + where,
                    value=_number(frame.loc[row, f"andel_{column}"]),
                    unit="%",
                    decimals=coverage.columns[f"andel_{column}"].decimals or 0,
                    cell=("dekning", row, f"andel_{column}"),
                )
    near = format_number(float(scene.parameters["kollektiv_indikator_m"]), unit="m")
    often = format_number(float(scene.parameters["kollektiv_indikator_avganger"]))
    said = (
        f"{{andel_indikator}}{HARD_SPACE}% av de bosatte har høyst {near} å gå "
        f"til en holdeplass med minst {often} avganger i timen {span_text(scene, 'indikator')}. "
        f"{{andel_god}}{HARD_SPACE}% har svært god eller god tilgang til kollektivtransport"
    )
    if scene.zones is not None:
        said += (
            f": {{andel_god_nord}}{HARD_SPACE}% nord for nullvekstlinjen og "
            f"{{andel_god_sor}}{HARD_SPACE}% sør for den"
        )
    return f"{said}.", facts


def _distances(coverage: Table, facts: dict[str, Fact]) -> str:
    """Say how many live near a stop when the timetable is not there."""
    near = [row for row in coverage.frame.index if str(row).startswith(("buss_", "bane_"))]
    known = [row for row in near if not pd.isna(coverage.frame.loc[row, "bosatte"])]
    rows = [r for r in known if r.startswith("buss_")][-1:] + [
        r for r in known if r.startswith("bane_")
    ][-1:]
    words = []
    for row in rows:
        kind, _, metres = str(row).partition("_")
        facts[f"andel_{kind}"] = Fact(
            title=str(coverage.frame.loc[row, "hva"]),
            value=_number(coverage.frame.loc[row, "andel_bosatte"]),
            unit="%",
            decimals=coverage.columns["andel_bosatte"].decimals or 0,
            cell=("dekning", row, "andel_bosatte"),
        )
        where = (
            "holdeplass for buss, båt eller ferge" if kind == "buss" else "tog, T-bane eller trikk"
        )
        limit = format_number(float(metres), unit="m")
        words.append(f"{{andel_{kind}}}{HARD_SPACE}% høyst {limit} å gå til {where}")
    return f" Av de bosatte har {listed(words)}." if words else ""


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


def findings(
    scene: Scene,
    holdeplass: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame | None],
) -> tuple[Finding, ...]:
    """Tell what is wrong or lacking in stops, timetable, homes and line."""
    found = list(_timetable_findings(scene, tables))
    found += _stop_findings(scene)
    found += _home_findings(scene)
    if scene.days is not None:
        told = {name: tables[name] for name in TIMETABLE}
        found += fault_findings(timetable_faults(holdeplass=holdeplass, **told))  # type: ignore[arg-type]
    elif scene.pointless:
        found.append(
            _finding(
                "holdeplass_uten_sted", "Holdeplasser uten koordinater",
                f"{format_number(scene.pointless)} holdeplasser har ikke koordinater og er ikke "
                "med.", "holdeplass", action="Legg inn koordinatene.",
            )
        )  # fmt: skip
    if scene.zones is not None:
        found += fault_findings(scene.zones.faults)
    return tuple(found)


def _timetable_findings(
    scene: Scene, tables: Mapping[str, pd.DataFrame | None]
) -> Iterator[Finding]:
    days = scene.days
    if days is None:
        some = [name for name in TIMETABLE if tables.get(name) is not None]
        lacks = [name for name in TIMETABLE if tables.get(name) is None or not len(tables[name])]  # type: ignore[arg-type]
        text = "Ingen rutetabell er lagt til: bare avstander er regnet."
        if some:
            text = f"Rutetabellen er ikke hel: {listed(lacks)} mangler eller er tom."
        yield _finding(
            "uten_rutetabell", "Uten rutetabell", f"{text} Tilgangsklassen er ukjent for alle.",
            "ruteavgang", action="Legg til en GTFS- eller NeTEx-fil: askergeo data legg-til.",
        )  # fmt: skip
        return
    for kind, title in (("lordag", "lørdag"), ("sondag", "søndag")):
        if kind not in days.dates:
            yield _finding(
                f"uten_{kind}", f"Rutetabellen har ingen {title}",
                f"Ingen {title} er med fra {_date(days.first)} til {_date(days.last)}. Avgangene "
                f"på {title} er ukjent.", "rutedag",
            )  # fmt: skip
    weekday = days.dates["hverdag"]
    working = days.trips[pd.DatetimeIndex(days.trips.index).day_of_week < _WEEKEND]
    most = int(working.max()) if len(working) else 0
    own = int(days.trips.get(pd.Timestamp(weekday), 0))
    if weekday.weekday() >= _WEEKEND or own < _ORDINARY * most:
        yield _finding(
            "uvanlig_dag", "Dagen er ikke en vanlig hverdag",
            f"{_date(weekday)} har {format_number(own)} turer; den travleste hverdagen i "
            f"rutetabellen har {format_number(most)}.", "rutedag",
            action="Velg en vanlig hverdag med kollektiv_dato.",
        )  # fmt: skip
    ordinary = working[working > 0]
    if len(ordinary) and ordinary.min() < _ORDINARY * most:
        yield _finding(
            "ulike_dager", "Hverdagene i rutetabellen er ulike",
            f"Fra {_date(days.first)} til {_date(days.last)} har hverdagene fra "
            f"{format_number(int(ordinary.min()))} til {format_number(most)} turer (ferie, "
            f"helligdager eller flere kalendere). Tallene gjelder {_date(weekday)}.", "rutedag",
            severity=Severity.INFO,
        )  # fmt: skip
    if days.untold:
        yield _finding(
            "uten_retning", "Turer uten retning",
            f"{format_number(days.untold)} turer sier ikke hvilken retning de går. Retningen er "
            "funnet av rekkefølgen på stoppestedene.", "rutetur", severity=Severity.INFO,
        )  # fmt: skip
    of_stops = set(scene.holdeplass["transportmiddel"].dropna().astype(str))
    lacks = [MODE_TITLES[mode].lower() for mode in MODE_TITLES if mode in of_stops - days.modes]
    if lacks:
        yield _finding(
            "uten_linjer", "Transportmidler uten linjer",
            f"Rutetabellen har ingen linje med {listed(lacks)}, men det finnes holdeplasser for "
            "det. Er rutetabellen hel, er de ikke betjent; ellers er tilgangen bedre enn vist.",
            "rutelinje", action="Se etter at filen har alle selskapene.",
        )  # fmt: skip


def _date(day: object) -> str:
    one = pd.Timestamp(str(day))
    return f"{one.day}.{one.month}.{one.year}"


def _stop_findings(scene: Scene) -> Iterator[Finding]:
    sted = scene.sted
    if scene.days is not None:
        yield from _each_stop(
            sted[~scene.served], "ikke_betjent", "Holdeplass som ikke er betjent",
            "har ingen avganger på de dagene som er regnet, og gir ingen tilgang.",
            "Er den nedlagt, slett den. Mangler linjen i rutetabellen, legg den til.",
        )  # fmt: skip
    yield from _each_stop(
        sted[~sted["koblet"].to_numpy(dtype=bool)], "holdeplass_ikke_koblet",
        "Holdeplass langt fra gangnettet",
        "er ikke koblet til gangnettet. Ingen avstand er målt dit.",
        "Legg til vegen dit, eller øk kollektiv_koble_holdeplass_m.",
    )  # fmt: skip


def _each_stop(
    rows: pd.DataFrame, rule: str, title: str, text: str, action: str
) -> Iterator[Finding]:
    for place, row in rows[:_NAMED].iterrows():
        yield _finding(
            rule, title, f"«{row['navn']}» {text}", "holdeplass", row=str(place), action=action,
            geometry=shapely.Point(row["x"], row["y"]),
        )  # fmt: skip
    if len(rows) > _NAMED:
        rest = format_number(len(rows) - _NAMED)
        yield _finding(rule, title, f"Det gjelder {rest} til.", "holdeplass", action=action)


def _home_findings(scene: Scene) -> Iterator[Finding]:
    apart = len(scene.walks.points.unsnapped)
    if apart:
        reach = format_number(float(scene.parameters["kollektiv_koble_m"]), unit="m")
        yield _finding(
            "adresse_ikke_koblet", "Adresser langt fra gangnettet",
            f"{_homes(scene, apart)} ligger mer enn {reach} fra gangnettet. Klassen er ukjent.",
            "adresse", action="Legg til vegene dit, eller øk kollektiv_koble_m.",
        )  # fmt: skip
    loose = int(scene.walks.vague.sum()) - apart
    if loose:
        short = format_number(float(scene.parameters["kollektiv_los_del_m"]), unit="m")
        yield _finding(
            "los_del", "Adresser på løse deler av gangnettet",
            f"{_homes(scene, loose)} ligger på deler av gangnettet som er kortere enn {short} og "
            "ikke henger sammen med resten. Det er oftest brudd i kartet. Klassen er ukjent.",
            "veg",
            action="Rett bruddene (se tabellen over gangnettet), eller endre kollektiv_los_del_m.",
        )  # fmt: skip
    for what, title, layer in (
        (scene.dwellings, "boliger", "bygning"),
        (scene.jobs, "arbeidsplasser", "arbeidsplass"),
    ):
        if what is not None and what.unknown:
            yield _finding(
                f"uten_antall_{title}", f"Steder uten antall {title}",
                f"{format_number(what.unknown)} steder har ikke antall {title} og er ikke med.",
                layer,
            )  # fmt: skip


def _homes(scene: Scene, number: int) -> str:
    """Write a number of addresses, or of homes and cells that residents are told for."""
    one, many = ("adresse", "adresser") if scene.by_address else ("bosted", "bosteder")
    return f"{format_number(number)} {one if number == 1 else many}"


def warnings(scene: Scene, classes: Table | None = None) -> tuple[str, ...]:
    """Say whom the answer does not have, whom it does not know of, and what it rests on."""
    said = left_out(scene.everybody, scene.people)
    if scene.days is None:
        said.append("Uten rutetabell er tilgangsklassen ukjent, ikke dårlig.")
    elif classes is not None and classes.frame["bosatte"].get("ukjent", 0) != 0:
        # Without a number: with it a count that the table hides could be worked out.
        said.append(
            "For noen bosatte er tilgangen ukjent. Andelene er av alle bosatte, så de er de minste "
            "de kan være: se raden «Ukjent»."
        )
    return tuple(said)


def reading(scene: Scene) -> tuple[str, ...]:
    """Say how to read the answer, and what it does not say."""
    who = find_profile(str(scene.parameters["kollektiv_profil"])).title.lower()
    walked = (
        "Gangavstand er målt på gangnettet fra adressen til holdeplassen. Minutter er med "
        f"stigning, for {who}."
    )
    said = [walked]
    if scene.days is not None:
        said.append(
            f"Avgangene er talt for {dated(scene)}. Rutetabellen gjelder fra "
            f"{_date(scene.days.first)} til {_date(scene.days.last)}. Avganger i timen er "
            "gjennomsnittet i tidsrommet: fire avganger i timen kan være fire på rad og så ingen."
        )
        said.append(
            "Klassen sier hvor ofte det går og hvor langt det er å gå, ikke hvor det går eller "
            "hvor lang tid reisen tar. Plass på bussen, pris, innfartsparkering og om "
            "holdeplassen er universelt utformet, er ikke med."
        )
        said.append(
            "Indikatoren for bærekraftsmål 11.2.1 er her målt på gangnettet og som gjennomsnitt "
            "over tidsrommet. Tall fra andre kan være målt i luftlinje, og er da høyere."
        )
    return tuple(said)
