"""What a plan's screening says in words, and what is not known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.analyses._screening_tables import homes_of
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.transport._plan_parts import classed, divided
from askergeo.transport.screening import DISCLAIMER, GREEN, NO_DEMAND, RED, YELLOW, Doubt, Span
from askergeo.transport.trips import LEVELS, jobs, traffic
from askergeo.transport.zones import NORTH, SOUTH, distance_to_line
from askergeo.transport.zones import UNKNOWN as NO_SIDE

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._screening_subject import Subject
    from askergeo.parameters import Parameters
    from askergeo.transport._plan_parts import Service
    from askergeo.transport.offsets import Measures
    from askergeo.transport.screening import Screening
    from askergeo.transport.zones import Zones

__all__ = [
    "LAW",
    "STATUSES",
    "answer_text",
    "doubt_of",
    "facts_of",
    "finding_of",
    "line_text",
    "reading",
]

LAW: Final = "kommunens handlingsprogram (nullvekstmålet); SPR for arealbruk og mobilitet pkt. 4.1"
#: The status of the house of each colour.
STATUSES: Final = {RED: Status.HIT_RED, YELLOW: Status.HIT_YELLOW, GREEN: Status.NO_HIT}
_ROUGH: Final = "Dette er en grov siling, ikke en transportmodell."
_SEVERITY: Final = {RED: Severity.WARNING, YELLOW: Severity.WARNING, GREEN: Severity.INFO}


def doubt_of(
    subject: Subject, parts: gpd.GeoDataFrame, scene: tuple[Zones, Service], parameters: Parameters
) -> Doubt:
    """Say what is not known of a plan, and reckon what the buildings on its ground bring today.

    Parameters
    ----------
    subject
        The plan or project.
    parts
        Its growth in parts: a number that is lacking south of the line decides nothing.
    scene
        The zones, and what access is reckoned from.
    parameters
        As for the screening.
    """
    zones, service = scene
    standing = subject.standing
    unknown = subject.growth.frame["ukjent"].to_numpy(dtype=bool)
    sides = set(parts["side"][unknown[parts["kilde"].to_numpy(dtype=int)]])
    lacking = subject.growth.lacking if sides - {SOUTH} or not unknown.any() else ()
    if standing is None or not len(standing):
        return Doubt(lacking)
    parts = classed(divided(standing, zones), service, parameters)
    north = parts[(parts["side"] == NORTH).to_numpy(dtype=bool)]
    total = traffic(north, parameters).sum()
    span = Span(*(float(total[f"km_dogn_{level}"]) for level in LEVELS))
    return Doubt(lacking, span)


def facts_of(
    subject: Subject, found: Screening, parts: gpd.GeoDataFrame, parameters: Parameters
) -> tuple[str, dict[str, Fact]]:
    """State the answer in one sentence, with its key figures."""
    north, south, vague = (found.sides[side] for side in (NORTH, SOUTH, NO_SIDE))
    homes, work = float(homes_of(parts).sum()), float(jobs(parts, parameters).sum())
    # What nobody has told is not zero.
    told = not bool(subject.growth.frame["ukjent"].all()) or not len(subject.growth.frame)
    km = {
        "middels": ("nord, middels", north.middle),
        "lav": ("nord, lavt", north.low),
        "hoy": ("nord, høyt", north.high),
        "sor": ("sør, middels", south.middle),
        "sor_lav": ("sør, lavt", south.low),
        "sor_hoy": ("sør, høyt", south.high),
    }
    if any(vague):
        km |= {
            "ukjent": ("på ukjent side, middels", vague.middle),
            "ukjent_lav": ("på ukjent side, lavt", vague.low),
            "ukjent_hoy": ("på ukjent side, høyt", vague.high),
        }
    facts = {
        "navn": Fact(title="Vurdert", value=subject.name),
        "status": Fact(title="Svar", value=found.answer.upper()),
        **{
            name: Fact(
                title=f"Bilkjøring i døgnet {where}", value=value if told else None, unit="km"
            )
            for name, (where, value) in km.items()
        },
        "tiltak": Fact(title="Tiltak som er regnet med", value=found.measures.own, unit="km"),
        "sonen": Fact(title="Tiltak for hele sonen", value=found.measures.shared, unit="km"),
        "mangler": Fact(
            title="Tiltak som mangler for grønt", value=found.needed.high if told else None,
            unit="km",
        ),
        "boliger": Fact(title="Boliger", value=homes if told else None, unit="boliger"),
        "ansatte": Fact(title="Ansatte", value=work if told else None, unit="ansatte"),
    }  # fmt: skip
    if told:
        cell = ("svar", NORTH, "km_dogn_middels")
        facts["middels"] = replace(facts["middels"], cell=cell)
    return f"{_sentence(found, told=told)} {_ROUGH}", facts


def _sentence(found: Screening, *, told: bool) -> str:
    """Choose the sentence: unknown is never told as zero, and south is not called green."""
    if found.answer == NO_DEMAND:
        growth = (
            "Veksten gir {sor} km bilkjøring i døgnet ({sor_lav}–{sor_hoy})."
            if told
            else "Ingen har sagt hvor mye som bygges: bilkjøringen er ukjent."
        )
        return (
            f"{{navn}} ligger sør for nullvekstlinjen, der det ikke er krav om nullvekst. {growth}"
        )
    if not told:
        return (
            "{navn}: {status}. Ingen har sagt hvor mange boliger eller hvor mye næringsareal som "
            "kommer: bilkjøringen er ukjent."
        )
    north, vague = found.sides[NORTH], found.sides[NO_SIDE]
    if any(vague) and not any(north):
        return (
            "{navn}: {status}. Det er ukjent hvilken side av nullvekstlinjen veksten ligger på. "
            "Den gir {ukjent} km bilkjøring i døgnet ({ukjent_lav}–{ukjent_hoy})."
        )
    more = " På ukjent side kommer {ukjent} km i tillegg." if any(vague) else ""
    zone = ", og tiltakene for hele sonen {sonen} km" if found.measures.shared > 0 else ""
    return (
        "{navn}: {status}. Veksten nord for nullvekstlinjen gir {middels} km bilkjøring i døgnet "
        f"({{lav}}–{{hoy}}), og planens tiltak tar bort {{tiltak}} km{zone}.{more}"
    )


def finding_of(subject: Subject, found: Screening, where: BaseGeometry) -> Finding:
    """Tell the answer as a finding with its place and what to do."""
    action = {
        RED: "Vis i saken hvilke tiltak som tar bort kjøringen, eller vurder en annen plassering.",
        YELLOW: "Avklar det som er ukjent, eller vis at tiltakene er store nok.",
        GREEN: "",
    }
    return Finding(
        rule="nullvekst.plan",
        title=f"{subject.name}: {found.answer}",
        status=STATUSES[found.status],
        severity=_SEVERITY[found.status],
        text=" ".join(found.reasons),
        law=LAW,
        action=action[found.status],
        geometry=where,
    )


def line_text(subject: Subject, zones: Zones, parameters: Parameters) -> str:
    """Say how far the growth lies from the line, and when the drawing of the line decides."""
    if not len(subject.growth.frame):
        return ""
    away = np.abs(distance_to_line(zones, subject.growth.frame).to_numpy(dtype=float))
    if np.isnan(away).all():
        return "Avstanden til nullvekstlinjen er ukjent."
    near, unsure = float(np.nanmin(away)), float(parameters["nullvekst_usikker_m"])
    if near == 0:
        return "Nullvekstlinjen går gjennom et formål, og det er delt etter areal."
    told = f"Nærmeste formål ligger {format_number(np.ceil(near), unit='m')} fra nullvekstlinjen."
    if near <= unsure:
        told += " Det er så nær at svaret avhenger av hvordan linjen er tegnet."
    return told


def answer_text(subject: Subject, service: Service, measures: Measures) -> tuple[str, ...]:
    """Say what the numbers rest on, a sentence each."""
    said = [f"Vurdert: {subject.source}.", *subject.growth.told, *subject.notes]
    if not subject.growth.torn and subject.standing is None:
        said.append("Det er ikke kjent om noe rives. Ingenting er trukket fra.")
    if not len(measures.frame):
        said.append("Ingen tiltak er oppgitt, og ingen er ført på planen eller sonen nord.")
    if service.date:
        said.append(f"Avgangene er telt {service.date}.")
    if service.why:
        said.append(f"{service.why} Kollektivtilgangen er da spennet over alle klassene.")
    return tuple(said)


def reading(service: Service) -> tuple[str, ...]:
    """Say how to read the answer, and what it does not say."""
    said = [
        DISCLAIMER,
        (
            "Rødt betyr at selv det laveste anslaget er mer enn tiltakene tar bort. Grønt betyr at "
            "også det høyeste blir veid opp av planens egne tiltak. Ellers er svaret gult, også "
            "når noe som kan avgjøre, er ukjent."
        ),
        "Sør for linjen er veksten bare vist. Der er det ikke noe krav om nullvekst.",
        (
            "Boligenes reiser er alle reisene til dem som bor der. En reise til arbeid eller "
            "butikk har den andre enden i en bolig, og derfor er bare en del av reisene ved "
            "arbeidsplassene talt. Parameteren «trafikk_ved_arbeid» sier hvor stor del."
        ),
        (
            "Bilturer med varer og tjenester, gjennomgangstrafikk, kø og parkering er ikke med. At "
            "dagens innbyggere kan endre vaner, er heller ikke med."
        ),
        service.why,
    ]
    return tuple(one for one in said if one)
