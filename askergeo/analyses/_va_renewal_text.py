"""What is said of the renewal plan: the sentence, findings, warnings, and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._text import listed
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._va_renewal_courses import ADOPTED
from askergeo.analyses._va_renewal_first import first_streets
from askergeo.analyses._va_renewal_nets import known_of
from askergeo.analyses._va_renewal_tables import TOTAL, budget_text, share_of_best
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.parameters import value_text
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.renewal import MEDIA, MIDDLE, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from askergeo.analyses._va_renewal_scene import Scene
    from askergeo.result import Table

__all__ = ["findings", "reading", "statement", "warnings"]

_PERCENT: Final = 100.0
_KM: Final = 1_000.0
_WORDS: Final = ("vannledningene", "spillvanns- og fellesledningene", "overvannsledningene")
# Share of the metres without material or year from which the reader is warned.
_MANY: Final = 0.2
_NAMED: Final = 10
# Share of the metres of the rate below which a plan does not reach it.
_REACHED: Final = 0.9


def statement(
    scene: Scene, nets: tuple[Table, Table], years: Table, first: Table | None
) -> tuple[str, dict[str, Fact]]:
    """State the backlog, how long renewal takes at the plan's rate and at today's, and the plan.

    ``nets`` are the tables of what each net is like and of how fast it is renewed.
    """
    state, pace = nets
    facts: dict[str, Fact] = {}
    said = []
    for medium, name in enumerate(MEDIA[:2]):
        if name not in state.frame.index:
            continue
        for table, column, title in (
            (state, "etterslep_andel", "eldre enn forventet levetid"),
            (pace, "faktisk", "fornyet i året"),
            (pace, "aar_plan", "år å fornye alt"),
        ):
            facts[f"{column}_{name}"] = Fact(
                title=f"{TITLES[medium]}: {title}",
                value=_number(table.frame.loc[name, column]),
                unit=table.columns[column].unit,
                decimals=table.columns[column].decimals or 0,
                cell=(table.name, name, column),
            )
        text = (
            f"{{etterslep_andel_{name}}}{HARD_SPACE}% av {_WORDS[medium]} er eldre enn forventet "
            f"levetid"
        )
        text += _pace(scene, medium)
        if _number(pace.frame.loc[name, "faktisk"]) is not None:
            text += (
                f" (i snitt {{faktisk_{name}}}{HARD_SPACE}% i året er fornyet de siste tre årene)"
            )
        said.append(f"{text[0].upper()}{text[1:]}.")
    facts["prosjekter"] = _fact(years, "prosjekter", "Prosjekter i planen")
    facts["kr"] = _fact(years, "kr", "Kostnad i planen")
    begin, end = scene.plan_years[0], scene.plan_years[-1]
    said.append(
        f"Planen for {begin}–{end} har {{prosjekter}} gateprosjekter til om lag {{kr}} mill. kr."
        f"{first_streets(first)}"
    )
    return " ".join(said), facts


def _pace(scene: Scene, medium: int) -> str:
    """Say how long it takes to renew a net at the plan's rate, that of its budget when given."""
    rate, name = scene.rates[medium], MEDIA[medium]
    years = f"det {{aar_plan_{name}}} år å fornye alle"
    if scene.budget is None:
        return f", og med {_percent(rate)} i året tar {years}" if rate > 0 else ""
    if rate > 0:
        return (
            f", og budsjettet på {budget_text(scene)} fornyer {_percent(rate)} i året: da tar "
            f"{years}"
        )
    return f", og budsjettet på {budget_text(scene)} fornyer ingen av dem"


def _percent(share: float) -> str:
    """Write a share as per cent, with as many decimals as it has, at most two."""
    return value_text(round(_PERCENT * share, 2), "%")


def _fact(years: Table, column: str, title: str) -> Fact:
    own = years.columns[column]
    return Fact(
        title=title,
        value=_number(years.frame.loc[TOTAL, column]),
        unit=own.unit,
        cell=(years.name, TOTAL, column),
    )


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return number if np.isfinite(number) else None


def findings(scene: Scene) -> tuple[Finding, ...]:
    """Tell what is wrong with the pipes, what lags behind, and what the plan cannot hold."""
    return (
        *_lagging(scene),
        *_too_dear(scene),
        *_under_rate(scene),
        *fault_findings(scene.found.stock.faults),
        *_unused_events(scene),
    )


def _finding(rule: str, title: str, text: str, *, layer: str = "va_ledning", row: str = "",
             action: str = "", severity: Severity = Severity.WARNING) -> Finding:  # fmt: skip
    return Finding(
        rule=f"va_fornyelse.{rule}", title=title, status=Status.NOT_RELEVANT, severity=severity,
        text=text, layer=layer, row=row, action=action,
    )  # fmt: skip


def _lagging(scene: Scene) -> Iterator[Finding]:
    """Say where less is renewed than the plan does, or than keeps the backlog from growing."""
    plan = "takten i planen" if scene.budget is None else "budsjettet"
    is_of = "takten i planen er" if scene.budget is None else (
        f"budsjettet på {budget_text(scene)} gir"
    )  # fmt: skip
    for medium in range(2):
        courses, actual = scene.courses[medium], scene.actual[medium]
        if not courses:
            continue
        rate, share = scene.rates[medium], actual.share
        if actual.years and share < rate:
            when = f"{actual.years[0]}–{actual.years[-1]}"
            yield _finding(
                "bak_takten",
                f"{TITLES[medium]}: mindre er fornyet enn "
                f"{plan if scene.budget is None else 'budsjettet gir'}",
                f"I snitt er {format_number(_PERCENT * share, 2)} % fornyet i året {when}; {is_of} "
                f"{_percent(rate)}. Forskjellen er "
                f"{format_number((rate - share) * scene.metres(medium))} m i året.",
                action="Se hva taktene gjør i tabellen «takter».",
            )  # fmt: skip
        own = min(courses, key=lambda one: abs(one.rate - rate))
        before, after = own.backlog_m[MIDDLE, 0], own.backlog_m[MIDDLE, -1]
        if after > before:
            yield _finding(
                "etterslep_vokser", f"{TITLES[medium]}: etterslepet vokser med {plan}",
                f"Med {_percent(rate)} i året går det fra {format_number(before / _KM, 1)} til "
                f"{format_number(after / _KM, 1)} km i {own.years[-1]}, ved middels levetid.",
                action="Se tabellen «behov» for takten som fjerner etterslepet.",
            )  # fmt: skip


def _too_dear(scene: Scene) -> Iterator[Finding]:
    """Name the projects that cost more than a year's budget; they are never carried out."""
    if not scene.budget:
        return
    frame: pd.DataFrame = scene.made.frame
    dear = frame[(frame["kr"] > scene.budget) & (scene.year_of == 0)]
    if len(dear):
        named = ", ".join(dear["prosjekt"].astype(str)[:_NAMED])
        count = format_number(len(dear))
        word = "prosjekt" if len(dear) == 1 else "prosjekter"
        yield _finding(
            "over_budsjett", "Prosjekter som koster mer enn ett års budsjett",
            f"{count} {word} koster mer enn budsjettet for ett år og er ikke i planen.",
            row=named,
            action="Øk budsjettet, senk va_fornyelse_prosjekt_maks_m, eller overfør ubrukte "
            "midler (va_fornyelse_overfor=ja).",
        )  # fmt: skip


def _under_rate(scene: Scene) -> Iterator[Finding]:
    """Say when a plan that follows the rates renews far less than they give."""
    if scene.budget is not None:
        return
    planned = scene.made.frame[scene.year_of > 0]
    for medium, name in enumerate(MEDIA[:2]):
        rate = float(scene.parameters[ADOPTED[medium]]) / _PERCENT
        given = rate * scene.metres(medium) * len(scene.plan_years)
        taken = float(planned[name].sum())
        if given > 0 and taken < _REACHED * given:
            yield _finding(
                "under_takten", f"{TITLES[medium]}: planen når ikke takten",
                f"Planen fornyer {format_number(taken / _KM, 2)} av "
                f"{format_number(given / _KM, 2)} km, "
                f"{format_number(_PERCENT * taken / given)} % av det takten gir: resten av "
                "ledningene er for nye, ligger på for korte strekninger, eller venter på plass i "
                "takten for det andre nettet i samme grøft.",
                severity=Severity.INFO,
                action="Se tabellen «grunnlag», eller senk «va_fornyelse_med_i_groft».",
            )  # fmt: skip


def _unused_events(scene: Scene) -> Iterator[Finding]:
    for reason, count in scene.found.experience.unused.items():
        word = "hendelse" if count == 1 else "hendelser"
        yield _finding(
            "hendelse_ikke_brukt", f"Hendelser {reason}",
            f"{format_number(count)} {word} {reason} er ikke regnet med.",
            layer="va_hendelse", severity=Severity.INFO,
        )  # fmt: skip


def warnings(scene: Scene) -> tuple[str, ...]:
    """Say what makes the plan less certain."""
    stock = scene.found.stock
    said = list(scene.notes)
    lacks = (stock.material < 0) | (stock.laid < 0)
    share = float(stock.length_m[lacks].sum() / stock.length_m.sum())
    if share > _MANY:
        said.append(
            f"{format_number(_PERCENT * share)} % av lengden mangler materiale eller år. De "
            "ledningene er regnet som de kjente; hvor de bør fornyes først, er usikkert."
        )
    said += [
        f"Ingen av {_WORDS[medium]} har både materiale og anleggsår: alderen, etterslepet og "
        "behovet er ukjent, og planen for dem bygger på de andre ledningene."
        for medium in np.unique(stock.medium).tolist()
        if not known_of(stock, medium)
    ]
    if not scene.events_known:
        said.append(
            "Ingen hendelser er lagt til. Rekkefølgen er etter materiale, alder og dimensjon, ikke "
            "etter hva som faktisk har gått i stykker."
        )
    return tuple(said)


def reading(scene: Scene) -> tuple[str, ...]:
    """Say how to read the plan, and what it does not say."""
    ahead = format_number(int(scene.parameters["va_fornyelse_sjanse_aar"]))
    used = ["materiale", "alder", "dimensjon"]
    used += ["egne hendelser"] if scene.events_known else []
    best = share_of_best(scene)
    risk = (
        f"Risikoen er hendelsene som ventes de neste {ahead} årene etter {listed(used)}, ganger "
        "det en hendelse betyr: bosatte og institusjoner som mister vann eller avløp, dimensjonen "
        "og om ledningen ligger under en hovedveg."
    )
    together = (
        "Ledninger i samme grøft og gate fornyes sammen når de har brukt nok av levetiden. Planen "
        "sier hvor det er best å begynne, ikke hvilke ledninger som er dårlige: det må inspeksjon, "
        "lekkasjesøk og kjennskap til ledningene avgjøre."
    )
    lacks = (
        "Kapasitet, innlekking, fremmedvann, klima, vegarbeid og utbygging kan endre rekkefølgen "
        "og er ikke med. Kostnadene er enhetspriser, ikke kalkyler."
    )
    said = [risk, together, lacks]
    if scene.budget is not None:
        said.append(
            "Budsjettet bestemmer planen, og taktene for vann og avløp er ikke brukt. Takten som "
            "budsjettet gir, er lengden planen fornyer, delt på årene i planen og på nettet."
        )
    if np.isfinite(best):
        said.append(
            f"Planen tar bort minst {format_number(np.floor(_PERCENT * best))} % av den "
            "risikoen som noe utvalg av prosjektene kunne tatt bort for de samme pengene."
        )
    return tuple(said)
