"""What the balance says in words: its sentence, findings, warnings and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.analyses._school_balance import AHEAD, count_text
from askergeo.analyses._school_tables import total_places, total_pupils
from askergeo.numbers import format_number
from askergeo.privacy import THRESHOLD
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.school.balance import NEVER, first_over
from askergeo.school.capacity import STAGES, year_text

if TYPE_CHECKING:
    from askergeo.analyses._school_balance import Answer

__all__ = ["full_findings", "reading", "statement", "warnings_of"]

_IN = ("på barnetrinnet", "på ungdomstrinnet")


def statement(answer: Answer) -> tuple[str, dict[str, Fact]]:
    """State the places to spare, how many schools become full, and which is first."""
    surpluses, facts = _surplus(answer)
    schools, more = _full_schools(answer)
    return f"{surpluses} {schools}".strip(), facts | more


def _surplus(answer: Answer) -> tuple[str, dict[str, Fact]]:
    """State the places to spare in each stage, now and after ten years."""
    facts: dict[str, Fact] = {}
    told: list[str] = []
    at = min(AHEAD, len(answer.years) - 1)
    begins, ends = (year_text(int(answer.years[k])) for k in (0, at))
    for stage in (0, 1):
        if not len(answer.listed[stage]):
            continue
        spare = total_places(answer, stage) - total_pupils(answer, stage)
        names = [f"ledige_{STAGES[stage]}_{when}" for when in ("naa", "senere")]
        for name, k, year in zip(names, (0, at), (begins, ends), strict=True):
            facts[name] = Fact(
                title=f"Plasser til overs {_IN[stage]} {year}",
                value=None if np.isnan(spare[k]) else round(float(spare[k])),
                unit="plasser",
            )
        if np.isnan(spare[[0, at]]).any():
            told.append(f"antallet plasser er ukjent {_IN[stage]}")
        else:
            now, later = (f"{{{name}}}" for name in names)
            word = f"{STAGES[stage]}et har {now} plasser til overs"
            told.append(f"{word} i {begins} og {later} i {ends}")
    minus = any(isinstance(one.value, int) and one.value < 0 for one in facts.values())
    lacks = " Et minus er underdekning." if minus else ""
    both = ", og ".join(told)
    return (f"{both[:1].upper()}{both[1:]}.{lacks}" if told else ""), facts


def _full_schools(answer: Answer) -> tuple[str, dict[str, Fact]]:
    """State how many schools become full, and which is first."""
    full = _full(answer)
    public = int(answer.public[np.unique(np.concatenate(answer.listed))].sum())
    ends = year_text(int(answer.years[min(AHEAD, len(answer.years) - 1)]))
    begins = int(answer.years[0])
    soon = {school for school, _, year in full if year <= begins + AHEAD}
    now = len({school for school, _, year in full if year == begins})
    more = "Skoler med flere elever enn plasser"
    facts = {
        "skoler": Fact(title="Kommunale skoler", value=public, unit="skoler"),
        "naa": Fact(title=f"{more} {year_text(begins)}", value=now, unit="skoler"),
        "fulle": Fact(title=f"{more} til {ends}", value=len(soon), unit="skoler"),
    }
    none = "Ingen av {skoler} skoler får flere elever enn plasser"
    if not full:
        return f"{none}.", facts
    school, _, year = full[0]
    name = answer.name(school)
    facts["forst"] = Fact(title="Skolen som først har flere elever enn plasser", value=name)
    facts["forst_aar"] = Fact(title="Skoleåret det skjer", value=year_text(year))
    first = "{forst} er først, i {forst_aar}"
    if not soon:
        return f"{none} til {ends}; {first}.", facts
    if now:
        first = "{naa} av dem har det nå" if now > 1 else "{forst} har det nå"
    told = f"{{fulle}} av {{skoler}} skoler får flere elever enn plasser til {ends}"
    return f"{told}; {first}.", facts


def _full(answer: Answer) -> list[tuple[int, int, int]]:
    """Return school, stage and first year of the public schools that become full, in order."""
    found = []
    for stage in (0, 1):
        rows = answer.listed[stage][answer.public[answer.listed[stage]]]
        room = answer.places.places[:, rows, stage]
        first = first_over(answer.went["hoved"][:, rows, stage], room, answer.years)
        found += [
            (int(row), stage, int(year))
            for row, year in zip(rows, first, strict=True)
            if year > NEVER
        ]
    return sorted(found, key=lambda one: (one[2], one[1], answer.name(one[0])))


def full_findings(answer: Answer) -> tuple[Finding, ...]:
    """Name each school that becomes full, and from when in the low and the high alternative."""
    found = []
    for school, stage, year in _full(answer):
        room = answer.places.places[:, school, stage]
        other = {
            name: int(first_over(answer.went[name][:, school, stage], room, answer.years))
            for name in ("lav", "hoy")
            if name in answer.went
        }
        words = [
            f"i {title} alternativ {_when(other[name])}"
            for name, title in (("lav", "lavt"), ("hoy", "høyt"))
            if name in other
        ]
        now = year == answer.years[0]
        found.append(
            Finding(
                rule="skole.full",
                title="Flere elever enn plasser" if now else "Får flere elever enn plasser",
                status=Status.HIT_RED if year <= answer.years[0] + AHEAD else Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{answer.name(school)} {_IN[stage]}: {_when(year)}"
                + (f"; {', '.join(words)}." if words else "."),
                layer="skole",
                row=str(answer.places.schools.index[school]),
                action="Se «Balansen» for årsakene og «Hva hvert tiltak gir».",
            )
        )
    return tuple(found)


def _when(year: int) -> str:
    return (
        "ikke i perioden" if year == NEVER else f"fra {year_text(year)}" if year > 0 else "ukjent"
    )


def warnings_of(answer: Answer) -> tuple[str, ...]:
    """Tell what makes the balance less certain."""
    said = [f"Antatt: {text}" for text in answer.guessed]
    schools = answer.places.schools
    unknown = int((schools["fra"].isna() | schools["til"].isna()).sum())
    if unknown:
        few = count_text(unknown, "skole", "skoler")
        said.append(f"{few} uten trinn er ikke med i noen sum.")
    for stage in (0, 1):
        lacking = int(np.isnan(answer.places.places[0, answer.public, stage]).sum())
        if lacking:
            few = count_text(lacking, "skole", "skoler")
            said.append(f"Plassene er ukjent ved {few} {_IN[stage]}. Summen er derfor ukjent.")
    if answer.unplaced:
        small = answer.unplaced < THRESHOLD
        many = "Noen få" if small else format_number(answer.unplaced)
        said.append(f"{many} bosatte har ikke kjent sted eller alder og er ikke med.")
    return tuple(said)


def reading(answer: Answer) -> tuple[str, ...]:
    """Tell how the balance is reckoned, and what it does not say."""
    statuses = ", ".join(str(one) for one in answer.inputs.parameters["tiltak_status"])
    barn, ungdom = (answer.inputs.parameters[f"gruppe_{stage}"] for stage in STAGES)
    places = (
        "Plassene er det kommunen har oppgitt, ellers paralleller × trinn × "
        f"{format_number(barn)} på barnetrinnet og {format_number(ungdom)} på ungdomstrinnet. "
        f"Tiltak med status {statuses} er talt fra høsten de begynner. Plasser i "
        "spesialavdelinger er ikke med."
    )
    went = (
        "Elevene er barna i skolens krets ganger den delen av dem som går på skolen. Delen er målt "
        "på elevtallet de siste årene og holdt fast. Elever som går i andre kretser, ligger i den."
    )
    year = (
        "Skoleåret er navngitt etter høsten det begynner. Elevene høsten 2027 er barna etter "
        "alderen de har 1. januar 2028."
    )
    room = (
        "En skole kan ha ledige plasser i alt og likevel ha ett fullt trinn. Praktisk grense tar "
        "høyde for det. Fritt skolevalg, rom, uteareal og lærere er ikke vurdert."
    )
    moved = (
        "Endres en krets, gjelder den nye kretsen alle elever fra første år. At noen blir på "
        "skolen de går på, regner «askergeo skole kretser»."
    )
    if not np.any(answer.inputs.forecast.causes["skalering"]):
        return places, went, year, room, moved
    scaled = (
        "Barna er skalert til framskrivingen av kommunen. Flere boliger i boligprogrammet flytter "
        "da barn mellom kretsene og gir ikke flere i alt. Med «--parameter skalering=ingen» avgjør "
        "boligprogrammet summen."
    )
    return places, went, year, room, moved, scaled
