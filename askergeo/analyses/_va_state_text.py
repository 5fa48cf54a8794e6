"""The sentence, findings, answers and reading of the state of the map of pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.result import Column, Fact, Finding, Severity, Status, Table
from askergeo.va.state import ATTRIBUTES, lacking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.va.state import PipeState

__all__ = ["answer_table", "findings", "reading", "statement"]

_PERCENT: Final = 100.0
_NAMED: Final = 5
# What becomes unknown without each attribute, and what to do.
_MEANS: Final = {
    "materiale": "Sannsynligheten for brudd og fornyelsesbehovet er ukjent for dem.",
    "dimensjon": "Kapasitet, brannvann og trykk kan ikke regnes på dem.",
    "anleggsaar": "Alder og fornyelsesbehov er ukjent for dem.",
    "eier": "Det er ukjent om kommunen skal fornye dem; de regnes som kommunale i planen.",
    "status": "De regnes som i bruk.",
    "funksjon": "Hovedledning og stikkledning kan ikke skilles for dem.",
    "noder": "De kobles der endene møtes i kartet, ikke der eieren sier.",
    "bunnhoyder": "Fall og retning er bare kjent som tegnet.",
    "trykksone": "Trykksonen må finnes fra nettet.",
    "linje": "De er ikke i nettet.",
}
_REMEDY: Final = (
    "Fyll inn {what} i VA-kartverket; kartet og listen under «ledninger» viser hvilke det gjelder."
)
_FIRST: Final = (
    "Den første tabellen sier hvor stor del av ledningene som mangler hver egenskap. Alt annet om "
    "vann og avløp hviler på den: det som mangler, er ukjent i svarene og ikke null."
)
_TOLD: Final = (
    "Tabellene sier hva kartet har fylt inn, ikke om det er riktig. Et anleggsår eller et "
    "materiale som er gjettet ved innlegging, ser likt ut som et som er kjent."
)
_UNSEEN: Final = (
    "Ledninger som ikke er tegnet, vises ikke i noen tabell. At et område har få ledninger, kan "
    "bety at kartet mangler dem."
)
_KOSTRA: Final = (
    "Faktisk fornyelse følger KOSTRAs regnemåte (snitt av tre år, andel av lengden), men er regnet "
    "av kartet og kan avvike fra det kommunen har rapportert."
)
_DONE: Final = ("Kan", "Delvis", "Kan ikke")


def statement(state: PipeState, areas_share: float, renewal: Table) -> tuple[str, dict[str, Fact]]:
    """Say how long the net is, what it lacks and how it is renewed."""
    every = lacking(state, []).iloc[0]
    facts = {
        "ledninger": Fact(title="Ledninger i kartet", value=len(state)),
        "km": Fact(
            title="Lengde", value=float(every["meter"]) / 1e3, unit="km", decimals=1,
            cell=("mangler", "alle", "km"),
        ),
        "uten": Fact(
            title="Mangler materiale, dimensjon eller anleggsår", value=areas_share, unit="%",
            decimals=1,
        ),
    }  # fmt: skip
    template = (
        "Ledningskartet har {ledninger} ledninger, {km} km. {uten} % av lengden mangler materiale, "
        "dimensjon eller anleggsår."
    )
    said, more = _renewed(renewal)
    return template + said, facts | more


def _renewed(renewal: Table) -> tuple[str, dict[str, Fact]]:
    """Hold what is renewed against what is adopted, for the nets that are there and are told."""
    facts, parts = {}, []
    for medium, title in (("vann", "vann"), ("avlop", "spillvann og felles")):
        if np.isnan(float(renewal.frame.loc[medium, "faktisk"])):  # type: ignore[arg-type]
            continue
        for name, word in (("faktisk", "Fornyet i året"), ("vedtatt", "Vedtatt takt")):
            facts[f"{name}_{medium}"] = Fact(
                title=f"{word}, {title}", value=float(renewal.frame[name].loc[medium]), unit="%",
                decimals=2, cell=("fornyelse", medium, name),
            )  # fmt: skip
        parts.append(f"{title} {{faktisk_{medium}}} % mot vedtatt {{vedtatt_{medium}}} %")
    return f" Fornyet i året: {', '.join(parts)}." if parts else "", facts


def findings(state: PipeState, limit: float, renewal: Table) -> tuple[Finding, ...]:
    """Make findings of what is lacking, what cannot be, and a renewal below what is adopted."""
    every = lacking(state, []).iloc[0]
    found = []
    for name, title in ATTRIBUTES.items():
        asked, without = float(every[f"{name}_spurt_m"]), float(every[f"{name}_mangler_m"])
        pipes = int(every[f"{name}_mangler"])
        if not pipes:
            continue
        share = _PERCENT * without / asked if asked > 0 else np.nan
        serious = not share < limit
        what = f"{title[:1].lower()}{title[1:]}"
        told = f"{format_number(share, 1)} % av lengden" if asked > 0 else "ukjent lengde"
        found.append(
            Finding(
                rule=f"va.mangler_{name}",
                title=f"Ledninger uten {what}",
                status=Status.HIT_YELLOW if serious else Status.NOT_RELEVANT,
                severity=Severity.WARNING if serious else Severity.INFO,
                text=f"{format_number(pipes)} ledninger ({told}) mangler {what}. {_MEANS[name]}",
                layer="va_ledning",
                action=_REMEDY.format(what=what),
            )
        )
    found += _impossible(state)
    for medium, row in renewal.frame.iterrows():
        if float(row["avstand"]) < 0:
            found.append(
                Finding(
                    rule=f"va.fornyelse_{medium}",
                    title=f"Fornyelsen er under vedtatt takt: {row['nett'].lower()}",
                    status=Status.HIT_YELLOW,
                    severity=Severity.WARNING,
                    text=f"{format_number(row['faktisk'], 2)} % i året mot vedtatt "
                    f"{format_number(row['vedtatt'], 2)} %.",
                    layer="va_ledning",
                    action="Se «askergeo va fornyelse» for hva hver takt gjør.",
                )
            )
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.WARNING))


def _impossible(state: PipeState) -> list[Finding]:
    ids = state.frame["ledning_id"].to_numpy()
    found = []
    for title, mine in state.impossible.items():
        if not mine.any():
            continue
        names = ", ".join(ids[mine][:_NAMED]) + (" m.fl." if mine.sum() > _NAMED else "")
        found.append(
            Finding(
                rule="va.umulig_verdi",
                title=title,
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(int(mine.sum()))} ledninger ({names}); regnes som ukjent.",
                layer="va_ledning",
                row=str(ids[mine][0]) if mine.sum() == 1 else "",
                action="Rett verdien i VA-kartverket, eller la feltet stå tomt.",
            )
        )
    return found


def answer_table(
    state: PipeState, layers: Mapping[str, pd.DataFrame | None], limit: float
) -> Table:
    """Say which questions these data can answer, partly or not at all, and what is lacking."""
    here = {name for name, frame in layers.items() if frame is not None and len(frame)}
    every = lacking(state, []).iloc[0]
    poor = {
        name
        for name in ATTRIBUTES
        if every[f"{name}_spurt_m"] > 0
        and _PERCENT * every[f"{name}_mangler_m"] / every[f"{name}_spurt_m"] >= limit
    }
    nodes = layers.get("va_node")
    kinds = set() if nodes is None else set(nodes["type"].astype("string").dropna())
    measured = nodes is not None and "kapasitet_l_s" in nodes and bool(
        nodes.loc[nodes["type"] == "hydrant", "kapasitet_l_s"].notna().any()
    )  # fmt: skip
    rows = [
        _answer("topologi", "Henger ledningene i kartet sammen?", "va topologi",
                [], ["va_node", "va_anlegg"], here, []),
        _answer("bortfall", "Hvem mister vannet når noe svikter?", "va bortfall",
                ["adresse", "befolkning"], ["va_tilknytning", "va_anlegg"], here,
                [] if "ventil" in kinds else ["ventiler i va_node"]),
        _answer("fornyelse", "Hvilke ledninger bør fornyes først?", "va fornyelse",
                [], ["va_hendelse", "adresse"], here, _poor(poor, "materiale", "anleggsaar")),
        _answer("vekst", "Når er anlegg og ledninger fulle?", "va vekst",
                ["va_anlegg"], ["va_sone", "befolkning", "boligprogram"], here,
                _poor(poor, "dimensjon", "bunnhoyder")),
        _answer("brannvann", "Hvilke bygninger mangler brannvann?", "va brannvann",
                ["bygning", *([] if "hydrant" in kinds else ["hydranter i va_node"])], [], here,
                [*_poor(poor, "dimensjon"),
                 *([] if measured or "va_modell" in here else
                   ["målt kapasitet eller modell: kapasiteten er etter dimensjon"])]),
        _answer("hydraulikk", "Hvor er trykket for lavt?", "va hydraulikk",
                [], ["va_modell", "va_node", "va_anlegg"], here, _poor(poor, "dimensjon")),
        _answer("lekkasje", "Hvor mye vann lekker i hver sone?", "va lekkasje",
                ["va_maaling"], ["va_sone"], here, []),
        _answer("spor", "Hvor renner avløpet, og hvor kommer vannet fra?", "va spor",
                [], ["va_node", "va_anlegg"], here, _poor(poor, "bunnhoyder")),
    ]  # fmt: skip
    return Table(
        name="svar",
        title="Hva disse dataene kan svare på",
        frame=pd.DataFrame(
            [one[1:] for one in rows],
            index=[one[0] for one in rows],
            columns=["sporsmaal", "svar", "mangler", "kommando"],
        ),
        columns={
            "sporsmaal": Column(title="Spørsmål"),
            "svar": Column(title="Kan besvares"),
            "mangler": Column(title="Det som mangler"),
            "kommando": Column(title="Kommando (askergeo …)"),
        },
        note="«Delvis» betyr at svaret kommer, men at noe av det er antatt eller ukjent; "
        "resultatet sier hva. Egenskaper regnes som manglende her når mer enn grensen "
        f"({format_number(limit, 1)} % av lengden) er uten.",
    )


def _poor(poor: set[str], *names: str) -> list[str]:
    return [f"{ATTRIBUTES[one].lower()} for mange ledninger" for one in names if one in poor]


def _answer(  # noqa: PLR0917  (a row of the table)
    key: str, question: str, verb: str, needs: list[str], uses: list[str], here: set[str],
    lacks: list[str],
) -> tuple[str, str, str, str, str]:  # fmt: skip
    """Grade one question: without what it needs it has no answer."""
    absent = [one for one in needs if one not in here]
    less = [one for one in uses if one not in here]
    grade = _DONE[2] if absent else _DONE[1] if less or lacks else _DONE[0]
    what = "; ".join([*absent, *less, *lacks])
    return key, question, grade, what or "–", verb


def reading() -> tuple[str, ...]:
    """Say how to read it, and what it does not say."""
    return (_FIRST, _TOLD, _UNSEEN, _KOSTRA)
