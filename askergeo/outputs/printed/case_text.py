"""Writes ``saksfremlegg.txt``: a block of text a topic, to paste into a case and write on from.

It says what the numbers allow and no more; the assessment is the case worker's. A paragraph is a
line, so that it flows in any text program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from askergeo.compare import moved_facts
from askergeo.numbers import HARD_SPACE, HIDDEN, UNKNOWN
from askergeo.outputs.report import (
    NO_DATE,
    attributions,
    clean_text,
    closing_lines,
    split_warnings,
    stop_lines,
    unsure_text,
)
from askergeo.result import Severity, names_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.outputs.report import Report
    from askergeo.result import Fact, Finding, Result

__all__ = ["case_text"]

_LONG = 2_000
_FINDINGS = 8
_WORKBOOK: Final = "arbeidsboken askergeo.xlsx"
# How the rules begin that tell of files and layers: doubts about the data, not about the case.
_OF_DATA: Final = (
    "data.",
    "innspill.",
    "areal.geometri",
    "areal.hull",
    "areal.overlapp",
    "areal.plan_uten_omriss",
    "areal.ukjent_kode",
    "arealreserve.uten_formaal",
    "barnehage.data",
    "jordvern.uten_formaal",
    "kollektiv.",
    "reisetid.",
    "skoleveg.",
    "tettsted.brudd",
    "tettsted.ikke_koblet",
    "tettsted.los_del",
    "va.mangler_",
    "va.umulig_verdi",
)
_EXAMPLE: Final = "Eksempeldata: tallene gjelder en oppdiktet kommune, ikke en virkelig."
_HIDDEN: Final = (
    f"Tegnet «{HIDDEN}» betyr at tallet er skjult av hensyn til personvern. Det er ikke null."
)
_OWN: Final = "[Skriv vurderingen her. Tallene over er fakta; de avgjør ikke saken.]"
# Breaks inside a text; the hard space stays.
_BREAKS = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")


def case_text(report: Report) -> str:
    """Return the text of a report.

    Parameters
    ----------
    report
        Suppressed results.
    """
    lines = [_line(f"Tekst til saksfremlegg: {report.title}")]
    lines.append(f"Laget {report.created.strftime('%d.%m.%Y')} med askergeo.")
    if report.example:
        lines.append(_EXAMPLE)
    stops = stop_lines(result for _, result in report.reading_order)
    lines += [_line(stop) for stop in stops]
    for _, result in report.reading_order:
        lines += ["", "", *_block(result)]
    if not report.results:
        lines += ["", "Ingen analyser kunne kjøres."]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """Write a text as one line."""
    plain = _BREAKS.sub(" ", clean_text(text)).strip()
    return plain if len(plain) <= _LONG else f"{plain[: _LONG - 1]}…"


def _block(result: Result) -> Iterator[str]:
    title = _line(result.title)
    yield title.upper()
    yield from (_line(stop) for stop in stop_lines([result]))
    for heading, lines in (
        ("Bakgrunn", _background(result)),
        ("Fakta", _facts(result)),
        ("Vurdering", _assessment(result)),
        ("Usikkerhet og forbehold", _doubts(result)),
        ("Kilder", _sources(result)),
    ):
        yield ""
        yield heading
        yield from lines


def _background(result: Result) -> Iterator[str]:
    if result.question:
        yield _line(f"Spørsmålet er: {result.question}")
    made = result.provenance
    if made is None:
        yield "Tallene er regnet ut fra kart og registre."
        return
    where = f" for kommune {made.municipality}" if made.municipality else ""
    with_scenario = f" Scenarioet «{made.scenario}» er lagt over dataene." if made.scenario else ""
    yield _line(f"Tallene er regnet ut fra kart og registre{where}.{with_scenario}")


def _facts(result: Result) -> Iterator[str]:
    yield _line(result.sentence)
    for fact in moved_facts(result).values():
        yield _line(f"– {fact.title}: {_value(fact)}")


def _value(fact: Fact) -> str:
    text = fact.text()
    if text == UNKNOWN:
        return "ukjent"
    if text == HIDDEN or not fact.unit or names_unit(fact.title, fact.unit):
        return text
    return f"{text}{HARD_SPACE}{fact.unit}"


def _assessment(result: Result) -> Iterator[str]:
    """Say what the numbers themselves show to be wrong or doubtful, and leave the rest open."""
    yield from _weighty(result, of_data=False)
    yield _OWN


def _weighty(result: Result, *, of_data: bool) -> Iterator[str]:
    """Name errors and warnings, the worst first: of the case, or of the data."""
    order = (Severity.ERROR, Severity.WARNING)
    found = [
        one
        for level in order
        for one in result.findings
        if one.severity is level and one.rule.startswith(_OF_DATA) is of_data
    ]
    for one in found[:_FINDINGS]:
        yield _line(f"– {_told(one)}")
    if len(found) > _FINDINGS:
        yield f"– {len(found) - _FINDINGS} forhold til står i {_WORKBOOK}."


def _told(one: Finding) -> str:
    """Write a finding: what it is, with the law in parentheses, and what to do."""
    title, text = one.title, one.text
    if one.law and text:
        text = f"{text.removesuffix('.')} ({one.law.removesuffix('.')})."
    elif one.law:
        title = f"{title} ({one.law.removesuffix('.')})"
    said = " ".join(part for part in (text, one.action) if part)
    return f"{title}: {said}" if said else title


def _doubts(result: Result) -> Iterator[str]:
    plain, unsure = split_warnings(result.warnings)
    said = [*plain, *(f"{lack.title} manglet: {lack.consequence}" for lack in result.missing)]
    if unsure:
        said.append(f"{unsure_text(len(unsure))}; de står i {_WORKBOOK}.")
    if any(fact.hidden for fact in result.facts.values()):
        said.append(_HIDDEN)
    said += [f"{name}: {line}" for name, line in closing_lines(result)]
    said += result.reading
    faults = list(_weighty(result, of_data=True))
    yield from (_line(f"– {one}") for one in said)
    yield from faults
    if not (said or faults):
        yield "Ingen forbehold er funnet."


def _sources(result: Result) -> Iterator[str]:
    made = result.provenance
    owners = attributions(result)
    if made is None or not made.sources:
        yield "Ingen kilder er oppgitt."
        return
    layers = (f"{one.title} ({one.date or NO_DATE})" for one in made.sources)
    yield _listed(list(dict.fromkeys(layers)), "kartlag")
    if owners:
        yield f"Navngivelse: {_listed(owners, 'navn')}"
    yield f"Beregning: askergeo {made.version}."


def _listed(names: list[str], what: str) -> str:
    """List names on one line; says how many there is no room for, and where they are."""
    lines = [_line(name) for name in names]
    kept, used = 0, 0
    for line in lines:
        used += len(line) + 2
        if kept and used > _LONG:
            break
        kept += 1
    more = len(lines) - kept
    end = f"; og {more} {what} til, se «Kilder» i {_WORKBOOK}." if more else "."
    return "; ".join(lines[:kept]) + end
