"""What is said of new school districts: the sentence, the findings, and the words for a hearing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._text import listed
from askergeo.analyses._district_tables import TODAY
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.school._layers import year_text
from askergeo.school.district_problem import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from askergeo.analyses._district_basis import Ground
    from askergeo.analyses._district_tables import Alternative
    from askergeo.parameters import Parameters
    from askergeo.result import Table
    from askergeo.school.district_explain import Explanation

__all__ = [
    "LAW",
    "checked_findings",
    "ground_findings",
    "impossible",
    "reading",
    "reading_impossible",
    "statement",
    "warnings",
]

LAW: Final = "opplæringslova (LOV-2023-06-09-30) § 2-4"
# Names that a sentence lists before it says how many more there are.
_NAMED: Final = 8
_WORDS: Final = (
    "null", "ett", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv",
)  # fmt: skip
_GROUP: Final = {"barnetrinn": "barnetrinnet", "ungdomstrinn": "ungdomstrinnet"}


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else format_number(count)


def _some(names: Sequence[str]) -> str:
    """Write some names, and how many more there are."""
    more = len(names) - _NAMED
    shown = [*names[:_NAMED], *([f"{format_number(more)} til"] if more > 0 else [])]
    return listed(shown)


def statement(
    ground: Ground, alternatives: Sequence[Alternative], trade_off: Table
) -> tuple[str, dict[str, Fact]]:
    """State what the alternatives give and cost, in a sentence or three.

    Parameters
    ----------
    ground
        The problem.
    alternatives
        The divisions, from the shortest ways to the fewest moves; at least one.
    trade_off
        From `askergeo.analyses._district_tables.trade_off_table`.
    """
    problem = ground.basis.problem
    first = year_text(int(problem.years[0]))

    at = {str(key): row for row, key in enumerate(trade_off.frame.index)}

    def fact(key: str, column: str, title: str, *, persons: bool = False) -> Fact:
        told = trade_off.columns[column]
        return Fact(
            title=title,
            value=float(trade_off.frame[column].to_numpy(dtype=np.float64)[at[key]]),
            unit=told.unit,
            decimals=told.decimals or 0,
            persons=persons,
            cell=(trade_off.name, key, column),
        )

    keys = [one.key for one in alternatives]
    short, few = keys[0], keys[-1]
    facts = {
        "mangler": fact(TODAY, "mangler", "Plasser som mangler med dagens kretser"),
        "veg_i_dag": fact(TODAY, "veg", "Veg til skolen i dag, i snitt"),
        "veg_kort": fact(short, "veg", f"Veg i alternativ {short.upper()}, i snitt"),
        "flest": fact(short, "flytter", f"Får en annen skole i {short.upper()}", persons=True),
    }
    one = len(keys) == 1
    many = "Ett alternativ" if one else f"{_word(len(keys)).capitalize()} alternativer"
    years = f"{_word(len(problem.years))} skoleår"
    today = (
        f"med dagens kretser mangler det {{mangler}} {_places(facts['mangler'])} i det verste året"
        if facts["mangler"].value
        else "det har dagens kretser også"
    )
    template = (
        f"{many} for skolekretser på {_GROUP[ground.stage]} fra {first} har plass til alle i "
        f"{years}; {today}. "
    )
    if one:
        return template + (
            "{flest} elever bor der skolen blir en annen, og vegen til skolen blir {veg_kort} m i "
            "snitt mot {veg_i_dag} m i dag."
        ), facts
    facts["faerrest"] = fact(few, "flytter", f"Får en annen skole i {few.upper()}", persons=True)
    facts["veg_lang"] = fact(few, "veg", f"Veg i alternativ {few.upper()}, i snitt")
    return template + (
        f"I alternativ {short.upper()} bor {{flest}} elever der skolen blir en annen, og vegen "
        f"blir {{veg_kort}} m i snitt; i alternativ {few.upper()} er det {{faerrest}} elever og "
        "{veg_lang} m. I dag er vegen {veg_i_dag} m."
    ), facts


def _places(fact: Fact) -> str:
    return "plass" if fact.value == 1 else "plasser"


def reading(ground: Ground, alternatives: Sequence[Alternative], gap: float) -> tuple[str, ...]:
    """Say what is proposed, whom it touches, why, how to read it, and what was not considered.

    Parameters
    ----------
    ground
        The problem.
    alternatives
        The divisions.
    gap
        The largest proven gap of them, 0–1.
    """
    problem = ground.basis.problem
    since = year_text(int(problem.years[0]))
    until = year_text(int(problem.years[-1]))
    schools = int((problem.capacity[:, -1] > 0).sum())
    letters = [one.letter for one in alternatives]
    proposed = (
        f"Hva det gjelder: Nye grenser for hvilken skole elever på {_GROUP[ground.stage]} hører "
        f"til, fra skoleåret {since}. {format_number(len(problem.units))} områder er fordelt på "
        f"{format_number(schools)} skoler i {_word(len(letters))} "
        f"{'alternativ' if len(letters) == 1 else 'alternativer'} ({listed(letters)})."
    )
    touched = (
        "Hvem det gjelder: De som bor i områdene i listen «områdene som får en annen skole». Finn "
        "ditt område i tabellen eller klikk på kartet. " + _who_stays(ground)
    )
    why = (
        f"Hvorfor: Alle elever skal ha plass hvert skoleår fra {since} til {until}, etter "
        "prognosen og plassene som er vedtatt. Blant alle inndelinger som gir plass, er hvert "
        "alternativ det som gir minst sum av gange til skolen, bytter av skole og elever med en "
        "annen skole enn den nærmeste. Alternativene skiller seg i hvor mye et bytte teller. "
        "Hvilket som er best, er en avveining kommunen gjør."
    )
    rules = (
        "Regler alle alternativene følger: Et område deles aldri. Hver krets henger sammen, og "
        "ingen krets ligger inne i en annen. Skolene får ikke flere elever enn plassene som kan "
        "brukes. To områder er naboer når de deler grense på land eller har gangveg mellom seg."
        + (
            " Elevene fra en barneskolekrets går til samme ungdomsskole."
            if ground.basis.problem.together is not None
            else ""
        )
    )
    sure = (
        "Hvor sikkert det er: En egen kontroll, som ikke bruker løseren, har gått gjennom hvert "
        f"alternativ. Løseren har bevist at ingen annen inndeling er mer enn "
        f"{format_number(100 * gap, 1)} % bedre, slik vektene er satt. Prognosen er usikker, mest "
        "for små områder og seine år: se «askergeo skole prognose»."
    )
    apart = (
        "Dette er ikke vurdert: søsken, venner og klassemiljø, trafikksikkerhet på den enkelte "
        "skoleveg, fritt skolevalg, SFO, spesialavdelinger, kostnader, og hva skolene og de som "
        "bor der mener. Rett til skyss er regnet av lengden alene."
    )
    law = (
        "Videre: Barn har rett til å gå på en skole i nærmiljøet, og kommunen kan gi forskrift om "
        f"hvilken skole de ulike områdene hører til ({LAW}). Forskriften skal på høring før den "
        "vedtas. Dette er et grunnlag, ikke et vedtak."
    )
    return proposed, touched, why, rules, sure, apart, law


def _who_stays(ground: Ground) -> str:
    if ground.basis.phased is None:
        return "Alle elevene der bytter skole fra første skoleår."
    low = ground.basis.grades[0]
    return (
        f"Elever som har begynt på en skole, kan bli der så lenge skolen er åpen. Første året "
        f"gjelder de nye grensene bare {low}. trinn, året etter de to laveste trinnene, og så "
        "videre."
    )


def checked_findings(
    alternatives: Sequence[Alternative], faults: Sequence[Sequence[str]]
) -> Iterator[Finding]:
    """Tell what the independent check of each alternative found.

    Parameters
    ----------
    alternatives
        The divisions.
    faults
        What the check found of each, in bokmål; nothing when it keeps every rule.
    """
    for one, told in zip(alternatives, faults, strict=True):
        if told:
            yield Finding(
                rule="kretser.kontroll",
                title=f"Alternativ {one.letter} bryter en regel",
                status=Status.ERROR,
                severity=Severity.ERROR,
                text=" ".join(told),
                action="Bruk ikke alternativet. Meld feilen.",
            )
            continue
        yield Finding(
            rule="kretser.kontroll",
            title=f"Alternativ {one.letter} er kontrollert",
            status=Status.NO_HIT,
            severity=Severity.INFO,
            text="Områdene er hele, kretsene henger sammen, ingen er innesluttet, de faste valgene "
            "er fulgt, og ingen skole har flere elever enn plasser i noe skoleår. Kontrollen "
            "bruker ikke løseren.",
        )


def ground_findings(ground: Ground) -> Iterator[Finding]:
    """Tell what the reader must know of the units and schools.

    Parameters
    ----------
    ground
        The problem.
    """
    if ground.split:
        yield _note(
            "kretser.delt_i_dag",
            "Områder som ligger i flere kretser i dag",
            f"{_some(ground.split)} er delt mellom flere skoler i dag. Her regnes hele området til "
            "skolen de fleste elevene hører til, også i tallene for dagens kretser. Elever i "
            "resten av området kan få en annen skole selv om området ikke står i listen.",
            "Se på kartet hvor dagens kretsgrense går, og nevn det i høringen.",
            Severity.WARNING,
        )
    if ground.islands:
        pairs = [f"{one} – {other}" for one, other in ground.islands]
        yield _note(
            "kretser.oy",
            "Øyer og områder uten nabo",
            f"Regnet som naboer fordi ingenting er nærmere: {_some(pairs)}. Ingen har sett etter "
            "om det går båt.",
            "Se etter at en skole på den andre siden kan nås.",
            Severity.WARNING,
        )
    if ground.held:
        yield _note(
            "kretser.faa_elever",
            "Områder med svært få elever",
            f"{_some(ground.held)} har så få elever, og ingen nabo i samme krets, at området er "
            "holdt ved dagens skole av hensyn til personvern.",
            "Bruk --fast for å gi dem en annen skole.",
            Severity.INFO,
        )
    estimated = ground.basis.ways.estimated.any(axis=1)
    if estimated.any():
        names = ground.basis.units.frame["navn"].astype(str).to_numpy()[estimated]
        yield _note(
            "kretser.ukjent_veg",
            "Områder uten kjent gangveg",
            f"De fleste i {_some(list(names))} har ingen gangveg til noen skole på kartet, som på "
            "en øy uten bru. Vegen er regnet som luftlinje med et tillegg.",
            "Se etter hull i «veg» og «sti», og hvordan elevene kommer til skolen i dag.",
            Severity.WARNING,
        )
    lost = ground.basis.problem.today == NONE
    if lost.any():
        names = ground.basis.units.frame["navn"].astype(str).to_numpy()[lost]
        yield _note(
            "kretser.uten_skole",
            "Områder uten skole i dag",
            f"{_some(list(names))} ligger ikke i en krets med en kjent skole. De får en skole her, "
            "men er ikke talt som bytte.",
            "Rett skole_id i laget «skolekrets».",
            Severity.WARNING,
        )


def _note(rule: str, title: str, text: str, action: str, severity: Severity) -> Finding:
    return Finding(
        rule=rule,
        title=title,
        status=Status.NOT_RELEVANT,
        severity=severity,
        text=text,
        action=action,
    )


def warnings(
    ground: Ground, alternatives: Sequence[Alternative], parameters: Parameters
) -> Iterator[str]:
    """Say what makes the answer less certain.

    Parameters
    ----------
    ground
        The problem.
    alternatives
        The divisions.
    parameters
        What was asked for.
    """
    yield from (f"Antatt: {told}" for told in ground.guessed)
    if ground.apart:
        yield (
            f"{_some(ground.apart)} har elever, men ingen krets i dag, og får ingen her. Skal "
            "skolen ha krets, må en krets i laget «skolekrets» vise til den."
        )
    if ground.guessed_places:
        yield (
            f"Antall plasser er ukjent ved {_some(ground.guessed_places)}. Skolen er regnet å ha "
            "plass til dem som hører til der i dag."
        )
    if ground.dropped > 0:
        years = ground.basis.problem.years
        yield (
            f"Prognosen rekker ikke lenger enn {year_text(int(years[-1]))}: plassene er regnet for "
            f"{_word(len(years))} skoleår."
        )
    if parameters["kretser_framskriving"] != "hoved":
        word = {"lav": "lave", "hoy": "høye"}[str(parameters["kretser_framskriving"])]
        yield f"Elevene er regnet etter det {word} alternativet i prognosen."
    late = [one for one in alternatives if one.plan.gap > float(parameters["krets_gap"]) + 1e-9]
    if late:
        worst = max(one.plan.gap for one in late)
        yield (
            f"Løseren rakk ikke å bevise at {listed([one.letter for one in late])} er best: en "
            f"annen inndeling kan være inntil {format_number(100 * worst, 1)}{HARD_SPACE}% bedre. "
            "Øk krets_tidsgrense_s for et sikrere svar."
        )
    if any(not one.plan.repeatable for one in alternatives):
        yield (
            "Tidsgrensen stoppet løseren, så en annen maskin kan gi en annen inndeling som er like "
            "god etter målet."
        )
    if not np.isfinite(ground.basis.problem.capacity).all():
        yield "Noen skoler er regnet uten grense for antall elever."


def impossible(ground: Ground, told: Explanation) -> tuple[str, dict[str, Fact], list[Finding]]:
    """State that no division keeps the rules, and what was found to be in the way.

    Parameters
    ----------
    ground
        The problem.
    told
        What does not fit, and what would help.
    """
    problem = ground.basis.problem
    worst = int(told.total.argmax())
    proven = bool(told.impossible) or told.at_least > 0
    what = (
        f"inndeling av skolekretsene på {_GROUP[ground.stage]} fra "
        f"{year_text(int(problem.years[0]))} som har plass til alle i "
        f"{_word(len(problem.years))} skoleår og følger reglene."
    )
    template = ("Det finnes ingen " if proven else "Det er ikke funnet noen ") + what
    facts = {}
    if told.total[worst] > 0:
        facts["mangler"] = Fact(
            title=f"Plasser som mangler i alt i {year_text(int(problem.years[worst]))}",
            value=float(np.ceil(told.total[worst])),
            unit="plasser",
        )
        template += (
            f" I {year_text(int(problem.years[worst]))} mangler det {{mangler}} plasser i alt: da "
            "hjelper ingen kretsgrense."
        )
    elif told.at_least > 0:
        facts["mangler"] = Fact(
            title="Plasser som mangler i alle inndelinger",
            value=float(np.ceil(told.at_least)),
            unit="plasser",
        )
        template += " Uansett inndeling mangler det minst {mangler} plasser."
    findings = [
        Finding(
            rule="kretser.gar_ikke_opp",
            title="Det går ikke opp",
            status=Status.HIT_RED,
            severity=Severity.WARNING,
            text=one,
        )
        for one in told.texts
    ]
    return template, facts, findings


def reading_impossible(ground: Ground) -> tuple[str, ...]:
    """Say how to read an answer without a division.

    Parameters
    ----------
    ground
        The problem.
    """
    years = ground.basis.problem.years
    together = ground.basis.problem.together is not None
    found = (
        f"Plassene skal holde hvert skoleår fra {year_text(int(years[0]))} til "
        f"{year_text(int(years[-1]))}, i inndelinger der områdene er hele, kretsene henger sammen "
        "og ingen er innesluttet. Det som er bevist, gjelder alle slike inndelinger."
    )
    helps = (
        "Det som kan hjelpe: flere plasser ved en av skolene, en annen start (--fra), færre år "
        "(--parameter kretser_aar=5), færre faste valg (--fast), "
        + ("å dele barneskolekretser mellom ungdomsskoler (--del-ungdom), " if together else "")
        + "eller å godta at noen skoler går "
        "litt over (--parameter krets_slakk=0,05)."
    )
    tables = (
        "Tabellene viser elever og plasser med dagens kretser. Kartet viser dagens kretser. "
        "Ingenting her er et forslag."
    )
    return found, helps, tables
