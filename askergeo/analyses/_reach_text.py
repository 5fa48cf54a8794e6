"""What is said in words of the 5-minute settlements: sentence, findings, warnings, reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses._reach_services import GROUPS
from askergeo.analyses._reach_tables import minutes_text
from askergeo.network.profiles import unknown_shares
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.parameters import value_text
from askergeo.result import Fact, Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely
    from numpy.typing import NDArray

    from askergeo.analyses._reach_improve import Improvements
    from askergeo.analyses._reach_tables import Reach
    from askergeo.network.graph import GraphBuild
    from askergeo.network.profiles import Profile
    from askergeo.network.repair import RepairReport
    from askergeo.network.snapping import Places
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = [
    "findings",
    "profile_records",
    "reading",
    "statement",
    "title",
    "unsnapped",
    "unsure",
    "warnings",
]

# Findings of one kind that are told one by one; the map layer has all.
_ONE_BY_ONE = 40
# Shares of the network from which something unknown is told.
_TOLD = 0.05


def title(found: Reach) -> str:
    """Title of the answer, with the limit that was asked for."""
    return f"{minutes_text(found.limits[0])}-minutterstettsteder"


def statement(
    found: Reach, share: Table, better: Improvements, main: str
) -> tuple[str, dict[str, Fact]]:
    """State the finding and list the key figures."""
    first = minutes_text(found.limits[0])
    # Who is asked about besides everybody: with the pace of children alone, the children.
    who_else = "barn" if list(found.times) == ["barn"] else "eldre"
    ages = ["alle", who_else] if found.people.by_age else ["alle"]
    facts: dict[str, Fact] = {}
    for age in ages:
        for profile in found.times:
            row = f"{profile}_{first}"
            who = found.titles[profile]
            group = found.ages.titles[age].lower()
            facts[f"andel_{age}_{profile}"] = Fact(
                title=f"Andel i {first}-minutterstettsted, {group} ({who.lower()})",
                value=_number(share.frame.loc[row, f"andel_{age}"]),
                unit="%",
                decimals=share.columns[f"andel_{age}"].decimals or 0,
                cell=("andel", row, f"andel_{age}"),
            )
    for age in ages:
        row = f"{main}_{first}"
        facts[f"bosatte_{age}"] = Fact(
            title=f"Bosatte i {first}-minutterstettsted, {found.ages.titles[age].lower()} "
            f"({found.titles[main].lower()})",
            value=_number(share.frame.loc[row, age]),
            unit="personer",
            persons=True,
            cell=("andel", row, age),
        )
    if found.services.absent:
        lacks = _listed({group: GROUPS[group].lower() for group in found.services.absent}, {})
        groups = "gruppen" if len(found.services.absent) == 1 else "gruppene"
        return (
            f"Det er ukjent hvor mange som bor i et {first}-minutterstettsted: dataene har ingen "
            f"tjeneste i {groups} {lacks}."
        ), facts
    whole = _listed({p: f"{{andel_alle_{p}}}{HARD_SPACE}%" for p in found.times}, found.titles)
    sentence = f"Av de bosatte bor {whole} i et {first}-minutterstettsted"
    if found.people.by_age:
        shares = _listed({p: f"{{andel_{who_else}_{p}}}{HARD_SPACE}%" for p in found.times}, {})
        sentence += f"; av dem på {found.ages.titles[who_else].lower()} {shares}"
    sentence += "."
    more, facts_more = _best(found, better, "eldre" if "eldre" in ages else "alle", main)
    return sentence + more, facts | facts_more


def _best(found: Reach, better: Improvements, age: str, main: str) -> tuple[str, dict[str, Fact]]:
    """Say what a new service and a new link would give."""
    if not better.best_site:
        return "", {}
    table = better.tables[0].frame
    group = better.best_site.split(" ")[0]
    places = int((table["gruppe"] == GROUPS[group]).sum()) - 1
    facts = {
        "beste_tjeneste": Fact(title="Tjenesten som flest mangler alene", value=GROUPS[group]),
        "nye_av_tjeneste": Fact(
            title=f"Nye i tettstedet med {GROUPS[group].lower()} på {places} steder, "
            f"{found.ages.titles[age].lower()}",
            value=_number(table.loc[better.best_site, age]),
            unit="personer",
            persons=True,
            cell=("steder", better.best_site, age),
        ),
    }
    where = "ett sted" if places == 1 else f"{places} steder"
    who = f" på {found.ages.titles[age].lower()}" if age == "eldre" else ""
    said = (
        f" Mest å hente er {GROUPS[group].lower()} på {where}: om lag {{nye_av_tjeneste}} "
        f"flere{who} ({found.titles[main].lower()})."
    )
    return said, facts


def _listed(figures: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Join figures, each with whom it is for in parentheses."""
    words = [
        f"{figure} ({titles[name].lower()})" if name in titles else figure
        for name, figure in figures.items()
    ]
    return listed(words)


def _number(value: Any) -> float | None:  # noqa: ANN401  (a cell of a frame, maybe NA)
    return None if pd.isna(value) else float(value)


def unsnapped(
    found: Reach,
    services: Places,
    centres: Places,
    centre_points: NDArray[np.object_],
    better: Improvements,
) -> tuple[Finding, ...]:
    """List the centres, services and drawn links that do not meet the network."""
    result = [
        _unsnapped("senter", f"Senteret {found.centres['navn'].iloc[row]}", metres, point)
        for row, metres, point in zip(
            centres.unsnapped, centres.distance, centre_points[centres.unsnapped], strict=True
        )
    ]
    for row, metres in list(zip(services.unsnapped, services.distance, strict=True))[:_ONE_BY_ONE]:
        kind = found.services.titles[found.services.kind[row]]
        name = f"{kind} {found.services.labels[row]}".strip()
        result.append(_unsnapped("tjeneste", name, metres, found.services.points[row]))
    names = better.unsnapped_links
    result += [_unsnapped_link(name) for name in names]
    return tuple(result)


def findings(found: Reach, report: RepairReport) -> tuple[Finding, ...]:
    """List homes that do not meet the network, and where it is broken."""
    result: list[Finding] = []
    if found.unsnapped.any():
        result.append(
            Finding(
                rule="tettsted.ikke_koblet",
                title="Adresser som ikke er koblet til gangnettet",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(int(found.unsnapped.sum()))} adresser er for langt fra "
                "nettet. De som bor der, står på egen rad og er verken betjent eller null.",
                layer="adresse",
                action="Se kartlaget «Ikke koblet til gangnettet»; det mangler trolig veger.",
            )
        )
    if found.loose.any():
        result.append(
            Finding(
                rule="tettsted.los_del",
                title="Adresser på en del av gangnettet som henger for seg selv",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(int(found.loose.sum()))} adresser når bare en kort del av "
                "gangnettet uten noen tjeneste. De som bor der, står på egen rad.",
                layer="veg",
                action="Er delen en øy, så sett los_del_m=0; er den et brudd, så rett vegnettet.",
            )
        )
    if len(report.gaps):
        result.append(
            Finding(
                rule="tettsted.brudd",
                title="Brudd i gangnettet",
                status=Status.HIT_YELLOW,
                text=f"{format_number(len(report.gaps))} steder slutter en veg like ved en annen. "
                + (
                    "De er ikke prøvd som lenker, for en gruppe av tjenester er ukjent."
                    if found.services.absent
                    else "Hvert sted er prøvd som lenke."
                ),
                layer="veg",
                action="Se kartlaget «Brudd i gangnettet»: er det en snarveg der, så tegn den inn.",
            )
        )
    if found.people.unplaced.sum():
        result.append(
            Finding(
                rule="tettsted.uten_sted",
                title="Bosatte uten stedfestet adresse",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text="Noen bosatte har en adresse som ikke er i adresselaget. De står på egen rad.",
                layer="befolkning",
                action="Se etter at befolkning og adresse er fra samme dato.",
            )
        )
    return tuple(result)


def _unsnapped(layer: str, name: str, metres: float, point: shapely.Geometry | None) -> Finding:
    far = "" if np.isnan(metres) else f": {format_number(metres)} m unna"
    return Finding(
        rule="tettsted.ikke_koblet",
        title="Ikke koblet til gangnettet",
        status=Status.HIT_YELLOW,
        severity=Severity.WARNING,
        text=f"{name} er for langt fra gangnettet{far}. Det er ukjent hvem som når hit.",
        layer=layer,
        action="Rett plasseringen eller gangnettet, eller øk koble_m.",
        geometry=point,
    )


def _unsnapped_link(name: str) -> Finding:
    return Finding(
        rule="tettsted.ikke_koblet",
        title="Lenke som ikke er prøvd",
        status=Status.HIT_YELLOW,
        severity=Severity.WARNING,
        text=f"Lenken {name} er ikke regnet: en ende er for langt fra gangnettet.",
        layer="lenkeforslag",
        action="Tegn lenken fra veg til veg, eller øk lenke_koble_m.",
    )


def warnings(
    found: Reach,
    built: GraphBuild,
    profiles: Mapping[str, Profile],
    parameters: Parameters,
) -> tuple[str, ...]:
    """Say what makes the answer less certain."""
    said = list(built.report.warnings)
    if left_out := [group for group in GROUPS if group not in found.services.groups]:
        said.append(
            "Tatt ut av kravet til et 5-minutterstettsted: "
            f"{_listed({group: GROUPS[group].lower() for group in left_out}, {})}."
        )
    if not found.people.by_age:
        said.append(
            "Bosatte er ikke kjent etter alder: 67+, 80+ og barn er ukjent («..»), ikke null."
        )
    elif found.people.persons[:, -1].any():
        said.append(
            "Noen bosatte mangler alder; de er med under alle, men ikke i noen aldersgruppe."
        )
    said += [
        f"Dataene har ingen tjeneste i gruppen {GROUPS[group].lower()}. Da er det ukjent hvem som "
        "bor i et 5-minutterstettsted. Ta gruppen ut av kravet med "
        f"«--parameter {group}_typer=» hvis den ikke skal være med."
        for group in found.services.absent
    ]
    ploughed = unknown_shares(built.graph).ploughed
    if parameters["aarstid"] == "vinter" and ploughed > _TOLD:
        said.append(
            f"Brøyting er ukjent på {format_number(100 * ploughed)} % av gangnettet, som "
            "er regnet som brøytet."
        )
    return (*said, *unsure(profiles, winter=parameters["aarstid"] == "vinter"))


def unsure(profiles: Mapping[str, Profile], *, winter: bool) -> list[str]:
    """One line for each value of the profiles that is in force and uncertain."""
    return [
        f"Parameteren «{profile.title}: {one.title.lower()}» = {value_text(one.value, one.unit)} "
        f"er usikker: {one.source}."
        for profile in profiles.values()
        for one in profile.values  # noqa: PD011  (no pandas)
        if one.confidence == "usikker" and (winter or one.name != "ubroytet_faktor")
    ]


def profile_records(profiles: Mapping[str, Profile]) -> tuple[dict[str, Any], ...]:
    """Return the values of the profiles in force, for tables and JSON."""
    return tuple(
        record
        | {"navn": f"{name}.{record['navn']}", "tittel": f"{profile.title}: {record['tittel']}"}
        for name, profile in profiles.items()
        for record in profile.values.records()  # noqa: PD011  (no pandas)
    )


def reading(found: Reach, main: str) -> tuple[str, ...]:
    """Say how to read the answer, and what it does not say."""
    first = minutes_text(found.limits[0])
    groups = ", ".join(GROUPS[group].lower() for group in found.services.groups)
    who = found.titles[main].lower()
    what = (
        f"Et {first}-minutterstettsted er her en bolig med minst én tjeneste i hver av gruppene "
        f"{groups} innen {first} minutter til fots. Asker sier ikke hvilke tjenester, hvor mange "
        "meter eller hvilken fart; derfor vises flere profiler, og listene er parametre."
    )
    counted = (
        f"Folk er talt på gangnettet, ikke i sirkler: {found.people.source}. Gangtiden går fra "
        "døren til nettet, langs nettet med stigning, og bort til tjenesten. Flatene på kartet er "
        "bare til å se på."
    )
    nested = (
        "Grensene ligger i hverandre: de som er med innen 5 minutter, er med innen 10. De som "
        "gangtiden er ukjent for, er med i nevneren, så andelene er en nedre grense. "
        "Sentrenes omland overlapper og kan ikke summeres."
    )
    better = (
        f"Hva som mangler, steder og lenker er regnet for profilen «{who}». Forslagene er "
        "regnestykker på gangtid; eiendom, kostnad og marked er ikke vurdert."
    )
    limits = (
        "En tjeneste som ikke er i dataene, kan finnes likevel. Åpningstid, tilgjengelighet inne, "
        "is, snø og belysning er ikke med. Antall bosatte på hver adresse står ikke i noe "
        "kartlag; bosatte i nærheten står bare i vide klasser."
    )
    return what, counted, nested, better, limits
