"""What the page says of fire water in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.firewater import BY_DIMENSION, BY_MODEL, MEASURED, NOTHING, UNKNOWN, YES

if TYPE_CHECKING:
    from askergeo.analyses._va_fire_scene import Scene

__all__ = ["TEMPLATE", "facts", "findings", "reading", "warnings"]

TEMPLATE: Final = (
    "{uttak} brannuttak: av {bygninger} bygninger mangler {mangler} brannvann etter veiledningen "
    "({langt} har ikke nok uttak nær nok), {har} har, og for {ukjent} er det ukjent. Kapasiteten "
    "er målt for {maalt} uttak, fra modellen for {modell}, etter dimensjon for {dimensjon} og "
    "ukjent for {uten}."
)
_LAW: Final = "TEK17 § 11-17"
_NO_LAW: Final = (
    "Tallene 20 og 50 l/s og 25–50 m er fra veiledningen til TEK17 § 11-17, og gjelder nye "
    "bygninger. Verken brannloven eller forskriften har preaksepterte mengder (VA/Miljø-blad 82): "
    "kommunen bør kartlegge kapasiteten og gjøre en risiko- og sårbarhetsanalyse."
)
_STRAIGHT: Final = (
    "Avstanden er rett linje fra bygningens punkt til uttaket. Veiledningen måler til inngangen "
    "til hovedangrepsveien, som ikke er i dataene. Slangen følger heller ikke gatenettet, så "
    "avstand langs gater er ikke regnet; men slangen går lenger enn den rette linjen: en bygning "
    "nær grensen kan mangle uttak selv om den har fått «Har». Tabellen over avstander viser hvor "
    "mange som er nær den."
)
_TWO: Final = (
    "Småhus skal ha ett uttak innenfor avstanden. Annen bebyggelse skal ha ett der og ett til "
    "innenfor den lengste avstanden mellom uttak, som sammen gir mengden; det er en tolkning av "
    "«minst to uttak»."
)
_ORDER: Final = (
    "Målt kapasitet går foran modellen, og modellen foran dimensjonen: en måling er gjort på "
    "uttaket slik det er, en modell er bare så god som kalibreringen, og dimensjonen sier ikke hva "
    "trykket gir. En gammel måling kan være dårligere enn modellen; med «alle» i "
    "va_brannvann_modell regnes også de målte, og uenighet blir sagt."
)
_DIMENSION: Final = (
    "Om to uttak sammen gir 50 l/s, sier dimensjonen aldri; da er svaret ukjent. Uttak som er målt "
    "hver for seg, gir høyst summen sammen. Ukjent er ikke det samme som nei."
)


def facts(scene: Scene) -> dict[str, Fact]:
    """Return the key figures."""
    found, basis = scene.found, scene.outlets.basis
    return {
        "bygninger": Fact(title="Bygninger vurdert", value=len(found.row)),
        "mangler": Fact(title="Mangler brannvann", value=int((found.answer < UNKNOWN).sum())),
        "langt": Fact(title="Uten nok uttak nær nok", value=int((~found.near).sum())),
        "ukjent": Fact(title="Ukjent", value=int((found.answer == UNKNOWN).sum())),
        "har": Fact(title="Har", value=int((found.answer == YES).sum())),
        "uttak": Fact(title="Brannuttak", value=len(scene.outlets.ids)),
        "maalt": Fact(title="Uttak med målt kapasitet", value=int((basis == MEASURED).sum())),
        "modell": Fact(
            title="Uttak med kapasitet fra modellen", value=int((basis == BY_MODEL).sum())
        ),
        "dimensjon": Fact(
            title="Uttak vurdert etter dimensjon", value=int((basis == BY_DIMENSION).sum())
        ),
        "uten": Fact(title="Uttak med ukjent kapasitet", value=int((basis == NOTHING).sum())),
    }


def reading(scene: Scene) -> tuple[str, ...]:
    """Say how the answer is to be read."""
    return (_STRAIGHT, _TWO, _ORDER, _DIMENSION, *_of_model(scene), _NO_LAW)


def _of_model(scene: Scene) -> tuple[str, ...]:
    if scene.made is None:
        return ("Ingen modell av vannettet er brukt.",)
    bar = format_number(float(scene.parameters["va_hydraulikk_brann_bar"]), 1)
    need = format_number(float(scene.parameters["va_brannvann_annen_l_s"]))
    which = (
        "Modellen er laget av ledningskartet og er ikke kalibrert: sikkerheten er lav."
        if scene.made
        else f"Modellen er «{scene.model}» i datapakken; om den er kalibrert, er ikke kjent."
    )
    told = (
        f"{which} EPANET regner timen med mest forbruk med bassengene på startnivå, og uttaket "
        f"skal ha minst {bar} bar igjen. Tapet i brannventil og slange er ikke med. "
        f"{format_number(scene.known)} av {format_number(len(scene.outlets.ids))} uttak finnes i "
        f"modellen (samme id, ellers nærmeste node), {format_number(scene.tried)} er regnet alene, "
        f"og {format_number(scene.groups)} grupper av uttak er tappet samtidig for {need} l/s: "
        "alle parene som hver for seg gir nok, delt slik at det svakeste får best trykk, og er "
        "det flere uttak, alle sammen. Ingen er utelatt."
    )
    return (told,)


def warnings(scene: Scene) -> tuple[str, ...]:
    """Say that a model was not used, and why."""
    if not scene.refused:
        return ()
    why = f"etter dimensjonen: {scene.refused}"
    return (f"Modellen av vannettet er ikke brukt, og uttak uten måling er vurdert {why}",)


def findings(scene: Scene) -> tuple[Finding, ...]:
    """Say what must be looked at."""
    outlets, need = scene.outlets, float(scene.parameters["va_brannvann_smaahus_l_s"])
    both = ~np.isnan(outlets.l_s) & ~np.isnan(outlets.model_l_s)
    unlike = both & ((outlets.l_s >= need) != (outlets.model_l_s >= need))
    lost = 0 if scene.made is None else len(outlets.ids) - scene.known
    asked = np.isnan(outlets.l_s) & np.isnan(outlets.model_l_s)
    unsolved = 0 if scene.made is None else max(int(asked.sum()) - lost, 0)
    lacking = int((scene.found.answer < UNKNOWN).sum())
    told = [
        ("mangler", "Bygninger uten brannvann etter veiledningen", lacking, "bygning",
         "Kontroller uttakene på stedet, og vurder nytt uttak eller tankbil i ROS-analysen."),
        ("luker", "Strekninger av vannettet uten brannuttak nær nok", len(scene.gaps), "va_node",
         "Vurder nye uttak der; tabellen og kartet viser hvor."),
        ("uenige", f"Uttak der målingen og modellen er uenige om {format_number(need)} l/s",
         int(unlike.sum()), "va_node", "Mål uttaket på nytt, eller kontroller modellen der."),
        ("utenfor_modellen", "Uttak som modellen ikke har", lost, "va_node",
         "De er vurdert etter måling eller dimensjon. Oppdater modellen."),
        ("uten_svar", "Uttak der EPANET ikke fant svar", unsolved, "va_node",
         "De er vurdert etter dimensjonen. Kjør «askergeo va hydraulikk» og se på merknadene."),
        ("uten_sted", "Bygninger uten sted", scene.found.unplaced, "bygning",
         "De er ikke vurdert. Gi dem et punkt i laget."),
        ("ingen_uttak", "Ingen brannuttak i laget", int(not len(outlets.ids)), "va_node",
         "Uttak i kummer må ha type «hydrant» for å telle; kontroller kolonnefilen."),
    ]  # fmt: skip
    return tuple(
        Finding(
            rule=f"va_brannvann.{rule}", title=title, status=Status.HIT_YELLOW,
            severity=Severity.WARNING, text=f"{format_number(count)} ({title.lower()}).",
            law=_LAW, layer=layer, action=action,
        )
        for rule, title, count, layer, action in told
        if count
    )  # fmt: skip
