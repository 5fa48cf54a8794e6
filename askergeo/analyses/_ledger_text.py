"""The words of the ledger: its sentence, its findings, and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._ledger_tables import STAGE_TITLES
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.transport.ledger import BUILT, PERMITTED, PLANNED
from askergeo.transport.ledger_targets import STATUS_WORDS, column_of
from askergeo.transport.zones import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.transport.ledger import Ledger
    from askergeo.transport.ledger_targets import Target
    from askergeo.transport.zones import Zones

__all__ = ["findings", "reading", "statement", "warnings"]

_TARGET_TITLES = {
    "prioritert": "Andel av veksten i prioriterte sentre",
    "gange": "Andel av veksten innen gangavstand til stasjon eller senter",
}
_UNITS = {"boliger": "boliger", "jobber": "arbeidsplasser"}


def statement(ledger: Ledger, found: Sequence[Target]) -> tuple[str, dict[str, Fact]]:
    """State what is built, what is coming, where it lies, and whether the target is met."""
    facts: dict[str, Fact] = {}
    told = []
    for stage in (BUILT, PERMITTED, PLANNED):
        one = next(
            t for t in found
            if (t.name, t.stage, t.measure) == ("prioritert", stage, "boliger")
        )  # fmt: skip
        if np.isnan(one.growth):
            continue
        facts |= _facts(one)
        told.append((stage, one))
    if not told:
        return "Ingen lag sier hvor mange boliger som er bygd, tillatt eller planlagt.", facts
    first, last = ledger.years
    openings = {
        BUILT: f"I {_span(ledger, BUILT)} er det netto bygd {{bygd}} boliger",
        PERMITTED: f"I {_span(ledger, PERMITTED)} er det tillatt {{tillatt}} boliger",
        PLANNED: f"Programmet ventes å gi {{planlagt}} boliger i {_span(ledger, PLANNED)}",
    }
    stages = [stage for stage, _ in told]
    shown = [pair for pair in told if pair[0] != PERMITTED or BUILT not in stages]
    sentences = [_sentence(openings[stage], stage, one) for stage, one in shown]
    return " ".join(sentences) or f"{first}–{last}: ingen vekst.", facts


def _span(ledger: Ledger, stage: str) -> str:
    first, last = ledger.span(stage, "boliger") or ledger.years
    return str(first) if first == last else f"{first}–{last}"


def _facts(one: Target) -> dict[str, Fact]:
    title = STAGE_TITLES[one.stage]
    cell = (f"prioritert-boliger-{one.stage}",)
    growing = one.growth > 0
    return {
        one.stage: Fact(
            title=f"Boliger, {title.lower()}", value=one.growth, unit="boliger",
            cell=("maal", *cell, "vekst"),
        ),
        f"{one.stage}_nord": Fact(
            title=f"{title} nord for nullvekstlinjen",
            value=100 * one.north / one.growth if growing and not np.isnan(one.north) else None,
            unit="%", decimals=1,
        ),
        f"{one.stage}_minst": Fact(
            title=f"{title} i prioriterte sentre, minst",
            value=one.low if growing else None, unit="%", decimals=1,
            cell=("maal", *cell, "lavest"),
        ),
        f"{one.stage}_hoyst": Fact(
            title=f"{title} i prioriterte sentre, høyst",
            value=one.high if growing else None, unit="%", decimals=1,
            cell=("maal", *cell, "hoyest"),
        ),
    }  # fmt: skip


def _sentence(opening: str, stage: str, one: Target) -> str:
    if one.growth <= 0:
        return f"{opening}."
    share = f"{{{stage}_minst}} %"
    if round(one.low, 1) != round(one.high, 1):
        share = f"{{{stage}_minst}}–{{{stage}_hoyst}} %"
    low, high = (format_number(value) for value in one.aim)
    aim = f"{low} %" if low == high else f"{low}–{high} %"
    verdict = {
        Status.NO_HIT: "nådd", Status.HIT_RED: "ikke nådd", Status.HIT_YELLOW: "kan ikke avgjøres",
    }[one.status]  # fmt: skip
    least = "minst " if one.sideless else ""
    north = f"{least}{{{stage}_nord}} % av dem nord for nullvekstlinjen og "
    if np.isnan(one.north):
        north = "på ukjent side av nullvekstlinjen, med "
    return f"{opening}, {north}{share} i prioriterte sentre (målet er {aim}: {verdict})."


def findings(ledger: Ledger, found: Sequence[Target], zones: Zones | None) -> tuple[Finding, ...]:
    """Make a finding of each target for dwellings and jobs, and of each fault of the layers."""
    rows = [_finding(one) for one in found if one.status is not Status.NOT_MAPPED]
    faults = ledger.faults
    told = fault_findings(faults) if len(faults) else ()
    line = fault_findings(zones.faults) if zones is not None and len(zones.faults) else ()
    return (*rows, *told, *line)


def _finding(one: Target) -> Finding:
    serious = one.status in {Status.HIT_RED, Status.HIT_YELLOW}
    stage = STAGE_TITLES[one.stage]
    return Finding(
        rule=f"regnskap.{one.name}.{one.measure}.{one.stage}",
        title=f"{_TARGET_TITLES[one.name]}: {stage.lower()}, {_UNITS[one.measure]}",
        status=one.status,
        severity=Severity.WARNING if serious else Severity.INFO,
        text=f"{STATUS_WORDS[one.status]}. {one.reason}",
        law="regional plan for areal og transport i Oslo og Akershus (2015)"
        if one.name == "prioritert"
        else "SPR for arealbruk og mobilitet pkt. 4.1",
        action="Se tabellen «Veksten mot målene», og hvilke prosjekter som ligger utenfor."
        if serious
        else "",
    )


def warnings(ledger: Ledger, zones: Zones | None) -> list[str]:
    """Say what makes the answer less certain."""
    said = []
    if zones is None or not zones.known:
        said.append("Siden av nullvekstlinjen er ukjent for hele eller deler av kommunen.")
    for stage in (BUILT, PERMITTED, PLANNED):
        mine = ledger.parts[ledger.parts["trinn"] == stage]
        for name, what in (("niva", "sentrene"), ("holdeplass", "holdeplassene")):
            vague = float(mine.loc[mine[name] == UNKNOWN, column_of(stage, "boliger")].sum())
            whole = float(mine[column_of(stage, "boliger")].sum())
            if whole > 0 and vague > 0:
                share = format_number(100 * vague / whole, 1)
                said.append(
                    f"{STAGE_TITLES[stage]}: for {share} % av boligene er gangavstanden til {what} "
                    "ukjent."
                )
    first = ledger.years[0]
    for (stage, measure), (start, _) in ledger.known.items():
        if stage != PLANNED and start > first:
            said.append(
                f"{STAGE_TITLES[stage]}, {_UNITS[measure]}: lagene sier ikke noe om årene før "
                f"{start}."
            )
    return said


def reading(ledger: Ledger) -> tuple[str, ...]:
    """Say how to read the ledger, and what it does not say."""
    last = ledger.built_to
    now = f"Det som er bygd, er kjent til og med {last}. " if last is not None else ""
    done = (
        f"{now}Bygd er bygninger som er tatt i bruk, og ferdige tillatelser der bygningen ikke er "
        "i laget bygning. Den samme boligen telles én gang: bygningen finnes med bygning_id, "
        "eller med stedet når tillatelsen ikke sier den. Der en tillatelse bygger om en eldre "
        "bygning, er boligene regnet i året ombyggingen var ferdig."
    )
    other = (
        "Tillatt er alle tillatelser etter året de ble gitt, også dem som er bygd siden. Planlagt "
        "er programmet ganger sannsynligheten. De tre trinnene kan ikke legges sammen. «Regnskap "
        "over boligene» er det som er bygd, og det som er ventet fra året etter."
    )
    split = (
        "Et prosjekt på begge sider av nullvekstlinjen er delt etter areal. Senter og gangavstand "
        "er målt fra ett punkt i bygget eller prosjektet."
    )
    limits = (
        "Regnskapet viser hvor veksten kommer, ikke hvor mye folk kjører. Revne boliger er bare "
        "trukket fra når de er ført med negative tall. Enkelthus og fortetting er ofte ikke med i "
        "boligprogrammet."
    )
    return done, other, split, limits
