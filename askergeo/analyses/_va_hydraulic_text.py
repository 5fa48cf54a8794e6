"""The sentence, findings, warnings and reading of hydraulics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._va_hydraulic_scene import (
    HIGH,
    LOW,
    NO_WATER,
    TOO_LOW,
    UNKNOWN,
    clock,
    has_patterns,
)
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va._hydraulic_errors import WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.analyses._va_hydraulic_scene import Scene
    from askergeo.result import Table

__all__ = ["findings", "reading", "statement", "warnings"]

_NAMED: Final = 10
_LAW: Final = "TEK17 § 15-7"
_LAYER: Final = "va_ledning"


def statement(scene: Scene, classes: Table) -> tuple[str, dict[str, Fact]]:
    """State how many nodes, and people, have too little pressure, and the lowest."""
    weak = np.isin(scene.kind, (NO_WATER, TOO_LOW, LOW))
    unknown = int((scene.kind == UNKNOWN).sum())
    told = {
        "noder": Fact(title="Noder med for lavt trykk", value=int(weak.sum()), unit="noder"),
        "alle": Fact(
            title="Noder med kjent trykk", value=len(scene.taps) - unknown, unit="noder"
        ),
        "hoye": Fact(
            title="Noder med for høyt trykk", value=int(_high(scene).sum()), unit="noder"
        ),
        "ukjent": Fact(
            title="Noder med ukjent trykk", value=unknown, unit="noder",
            cell=("trykk", f"k{UNKNOWN}", "noder"),
        ),
        "grense": Fact(
            title="Laveste trykk som kreves", value=scene.limits["lavest_bar"], unit="bar",
            decimals=1,
        ),
        "hoyest_tillatt": Fact(
            title="Høyeste trykk uten reduksjonsventil", value=scene.limits["hoyest_bar"],
            unit="bar", decimals=1,
        ),
    }  # fmt: skip
    text = (
        f"{{noder}} av {{alle}} noder med kjent trykk har under {{grense}} bar {scene.when}, eller "
        "ikke vann, og {hoye} har over {hoyest_tillatt} bar"
    )
    if unknown:
        text += "; i {ukjent} noder til er trykket ukjent"
    text += "."
    pressures, more = _extremes(scene)
    told |= more
    people, more = _residents(scene, classes)
    return text + pressures + people, told | more


def _high(scene: Scene) -> np.ndarray:
    return np.asarray(scene.highest > scene.limits["hoyest_bar"])


def _extremes(scene: Scene) -> tuple[str, dict[str, Fact]]:
    """Say the lowest and the highest pressure, and where."""
    known = np.flatnonzero(~np.isnan(scene.lowest))
    if not len(known):
        return "", {}
    low = int(known[scene.lowest[known].argmin()])
    high = int(known[scene.highest[known].argmax()])
    told = {
        "lavest": Fact(
            title="Laveste trykk", value=float(scene.lowest[low]), unit="bar", decimals=2
        ),
        "node": Fact(title="Noden med lavest trykk", value=scene.name(low)),
        "hoyest": Fact(
            title="Høyeste trykk", value=float(scene.highest[high]), unit="bar", decimals=2
        ),
        "hoyest_node": Fact(title="Noden med høyest trykk", value=scene.name(high)),
    }
    return " Lavest er {lavest} bar i {node}, høyest {hoyest} bar i {hoyest_node}.", told


def _residents(scene: Scene, classes: Table) -> tuple[str, dict[str, Fact]]:
    """Say how many live where there is too little, and too much, as the table says it."""
    if "bosatte" not in classes.columns:
        return "", {}
    told = {}
    for one in (NO_WATER, TOO_LOW, LOW, HIGH):
        row = f"k{one}"
        value: Any = classes.frame.loc[row, "bosatte"]
        told[f"bosatte_{one}"] = Fact(
            title=f"Bosatte, {str(classes.frame.loc[row, 'trykk']).lower()}",
            value=None if pd.isna(value) else int(value),
            unit="personer",
            persons=True,
            cell=("trykk", row, "bosatte"),
            hidden=(row, "bosatte") in classes.hidden,
        )
    fire, low, high = (
        format_number(scene.limits[k], 1) for k in ("brann_bar", "lavest_bar", "hoyest_bar")
    )
    some = "" if scene.run.steady else " noen time"
    text = (
        f" Av bosatte er {{bosatte_{NO_WATER}}} uten vann{some}, {{bosatte_{TOO_LOW}}} har under "
        f"{fire} bar, {{bosatte_{LOW}}} har {fire}–{low} bar, og {{bosatte_{HIGH}}} har over "
        f"{high} bar."
    )
    return text, told


def _names(scene: Scene, which: np.ndarray) -> str:
    at = np.flatnonzero(which)
    named = ", ".join(scene.name(int(one)) for one in at[:_NAMED])
    more = len(at) - _NAMED
    return f"{named} og {format_number(more)} til" if more > 0 else named


def findings(scene: Scene) -> tuple[Finding, ...]:
    """Tell of nodes outside the limits, and of what EPANET warns of."""
    return (*_pressures(scene), *_warned(scene), *_fires(scene), *_fast(scene))


def _finding(
    about: tuple[str, str], text: str, *, severity: Severity, action: str = "", law: str = ""
) -> Finding:
    return Finding(
        rule=f"va_hydraulikk.{about[0]}",
        title=about[1],
        status=Status.NOT_RELEVANT,
        severity=severity,
        text=text,
        law=law,
        layer=_LAYER,
        action=action,
    )


def _pressures(scene: Scene) -> Iterator[Finding]:
    low, high = (format_number(scene.limits[k], 1) for k in ("lavest_bar", "hoyest_bar"))
    some = "" if scene.run.steady else " noen time"
    told = (
        (scene.kind == NO_WATER, "uten_vann", "Noder uten vann", "har ingen åpen veg til en kilde",
         Severity.ERROR, "Se etter stengte ventiler og brudd i tegningen."),
        (scene.lowest < scene.limits["lavest_bar"], "lavt_trykk", "For lavt trykk",
         f"har under {low} bar {scene.when}", Severity.WARNING,
         "Vurder trykkøkning, større rør eller en annen trykksone."),
        (_high(scene), "hoyt_trykk", "For høyt trykk",
         f"har over {high} bar{some}", Severity.WARNING,
         "Vurder reduksjonsventil i sonen, og kontroller at bygningene har sin egen."),
    )  # fmt: skip
    for which, rule, title, what, severity, action in told:
        count = int(which.sum())
        if count:
            nodes = "1 node" if count == 1 else f"{format_number(count)} noder"
            said = f"{nodes} {what}: {_names(scene, which)}."
            yield _finding((rule, title), said, severity=severity, action=action, law=_LAW)


def _warned(scene: Scene) -> Iterator[Finding]:
    """Pass on what EPANET itself warns of."""
    for code, times in scene.run.warnings.items():
        hours = ", ".join(format_number(one / 3600, 2) for one in times[:_NAMED])
        more = ", …" if len(times) > _NAMED else ""
        pumps = ""
        if scene.run.failed_pumps:
            pumps = f" Pumper: {', '.join(scene.run.failed_pumps[:_NAMED])}."
        yield _finding(
            (f"epanet_{code}", "Advarsel fra EPANET"),
            f"{WARNINGS[code]}. Etter {hours}{more} timer.{pumps if code == 4 else ''}",  # noqa: PLR2004
            severity=Severity.WARNING,
            action="Tallene for disse timene må brukes med varsomhet.",
        )


def _fires(scene: Scene) -> Iterator[Finding]:
    weak = [one.node for one in scene.fires if not one.enough]
    if not weak:
        return
    more = f" og {format_number(len(weak) - _NAMED)} til" if len(weak) > _NAMED else ""
    asked = format_number(scene.limits["brann_l_s"])
    yield _finding(
        ("brannvann", "For lite brannvann"),
        f"{format_number(len(weak))} av {format_number(len(scene.fires))} hydranter har under "
        f"{format_number(scene.limits['brann_bar'], 1)} bar ved {asked} l/s: "
        f"{', '.join(weak[:_NAMED])}{more}.",
        severity=Severity.WARNING,
        law=_LAW,
        action="«askergeo va brannvann» viser hvilke bygg det gjelder.",
    )


def _fast(scene: Scene) -> Iterator[Finding]:
    fast = np.flatnonzero(scene.speed > scene.limits["fart_hoy"])
    if not len(fast):
        return
    order = fast[np.argsort(-scene.speed[fast], kind="stable")][:_NAMED]
    named = ", ".join(
        f"{scene.run.link[scene.pipes[one]]} ({format_number(scene.speed[one], 1)} m/s)"
        for one in order
    )
    yield _finding(
        ("hoy_fart", "Høy vannhastighet"),
        f"{format_number(len(fast))} ledninger har over "
        f"{format_number(scene.limits['fart_hoy'], 1)} m/s: {named}.",
        severity=Severity.INFO,
    )


def warnings(scene: Scene) -> tuple[str, ...]:
    """Say what makes the answer less certain."""
    said = []
    if scene.run.steady:
        mean = format_number(float(scene.run.asked_l_s[0]), 1)
        what = (
            "kjøringen er ett øyeblikk, med forbruket modellen begynner med"
            if has_patterns(scene.placed.model.text)
            else "modellen har ett forbruk hele tiden, lest som middelforbruket"
        )
        said.append(
            f"Timen med mest forbruk er ikke med: {what} ({mean} l/s). Trykkene er lavere i timen "
            "med mest forbruk, og flere noder kan ha for lite."
        )
    if scene.placed.made:
        said.append(
            "Modellen er laget av ledningskartet og er ikke kalibrert mot målinger. «Hva modellen "
            "antar» viser hva den bygger på."
        )
    unknown = int((scene.kind == UNKNOWN).sum())
    if unknown:
        nodes = "1 node" if unknown == 1 else f"{format_number(unknown)} noder"
        said.append(f"Trykket er ukjent i {nodes} uten høyde.")
    if scene.fires_untried:
        said.append(
            f"{format_number(scene.fires_untried)} hydranter er ikke prøvd i modellen: "
            f"{format_number(len(scene.fires))} prøves i et så stort nett. Brannvann for hvert "
            "bygg: «askergeo va brannvann»."
        )
    if scene.people is None:
        said.append("Hvor mange som bor der trykket er lavt, er ukjent.")
    lacking = len(scene.taps) - int(
        pd.Index(scene.run.node[scene.taps]).isin(scene.placed.places.index).sum()
    )
    if lacking:
        said.append(f"{format_number(lacking)} noder har ingen koordinat og er ikke på kartet.")
    return tuple(said)


def reading(scene: Scene) -> tuple[str, ...]:
    """Say how the answer is to be read."""
    low, high = (format_number(scene.limits[k], 1) for k in ("lavest_bar", "hoyest_bar"))
    how = (
        "Uttaket følger trykket: der det er lavt, kommer det mindre vann."
        if scene.settings["pressure_driven"]
        else "Uttaket er det som trengs, uansett trykk. Negativt trykk betyr at det ikke kan "
        "leveres."
    )
    limits = (
        f"EPANET 2.2 regner trykk og vannføring. Kravet er minst {low} bar ved tilknytningen og "
        f"høyst {high} bar uten reduksjonsventil ({_LAW}, veiledningen)."
    )
    fire = (
        "Uttak til brann er ikke med i dem, men prøvd for en hydrant om gangen i tabellen over "
        "hydranter."
        if scene.fires
        else "Uttak til brann er ikke med."
    )
    beyond = (
        f"Trykkene er uten tørt år, brudd og stengte ventiler utenom dem i modellen. {fire} "
        "Kvaliteten på vannet er ikke regnet. Nybygg og sprinkler må beregnes særskilt."
    )
    begins = "" if scene.run.steady else f" Klokken begynner {clock(scene, 0)}."
    return limits, f"{how}{begins}", beyond
