"""What the page says of fire water in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.firewater import BY_DIMENSION, BY_MODEL, MEASURED, NOTHING, UNKNOWN, YES

if TYPE_CHECKING:
    from askergeo.analyses._va_fire_scene import Scene

__all__ = ["facts", "findings", "reading", "template", "warnings"]

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


def template(scene: Scene) -> str:
    """Return the sentence: who lacks and why, and what the capacity stands on."""
    near, wide = _limits(scene)
    place = (
        ""
        if np.isnan(scene.main_m).all()
        else f" ({{langt_naer}} av dem er innen {near} m fra en vannledning, {{langt_mellom}} "
        f"innen {wide} m)"
    )
    model = "en ukalibrert modell av kartet" if scene.made else "modellen"
    return (
        "{uttak} brannuttak: av {bygninger} bygninger mangler {mangler} brannvann etter "
        f"veiledningen. {{langt}} har for langt til et uttak, eller for få{place}, og {{lite}} har "
        "uttak nær nok som gir for lite. {har} har brannvann, og for {ukjent} er det ukjent. "
        f"Kapasiteten er målt for {{maalt}} uttak, fra {model} for {{modell}}, etter dimensjon for "
        "{dimensjon} og ukjent for {uten}."
    )


def _limits(scene: Scene) -> tuple[str, str]:
    near, wide = (
        format_number(float(scene.parameters[f"va_brannvann_{one}_m"]))
        for one in ("avstand", "mellom")
    )
    return near, wide


def facts(scene: Scene) -> dict[str, Fact]:
    """Return the key figures."""
    found, basis = scene.found, scene.outlets.basis
    near, wide = _limits(scene)
    limits = [float(scene.parameters[f"va_brannvann_{one}_m"]) for one in ("avstand", "mellom")]
    return {
        "bygninger": Fact(title="Bygninger vurdert", value=len(found.row)),
        "mangler": Fact(title="Mangler brannvann", value=int((found.answer < UNKNOWN).sum())),
        "langt": Fact(title="Uten nok uttak nær nok", value=int(scene.far.sum())),
        "langt_naer": Fact(
            title=f"Av dem innen {near} m fra en vannledning",
            value=int((scene.far & (scene.main_m <= limits[0])).sum()),
        ),
        "langt_mellom": Fact(
            title=f"Av dem innen {wide} m fra en vannledning",
            value=int((scene.far & (scene.main_m <= limits[1])).sum()),
        ),
        "lite": Fact(title="Uttak nær nok som gir for lite", value=int(scene.little.sum())),
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
    when = "middelforbruket" if scene.steady else "timen med mest forbruk"
    told = (
        f"{which} EPANET regner {when} med bassengene på startnivå, og uttaket "
        f"skal ha minst {bar} bar igjen. Tapet i brannventil og slange er ikke med. "
        f"{format_number(scene.known)} av {format_number(len(scene.outlets.ids))} uttak finnes i "
        f"modellen (samme id, ellers nærmeste node), {format_number(scene.tried)} er regnet alene, "
        f"og {format_number(scene.groups)} grupper av uttak er tappet samtidig for {need} l/s: "
        "alle parene som hver for seg gir nok, delt slik at det svakeste får best trykk, og er "
        "det flere uttak, alle sammen. Ingen er utelatt."
    )
    return (told,)


def warnings(scene: Scene) -> tuple[str, ...]:
    """Say that a model was not used, and why; and what one that was used lacks."""
    said = []
    if scene.refused:
        why = f"etter dimensjonen: {scene.refused}"
        said.append(f"Modellen av vannettet er ikke brukt, og uttak uten måling er vurdert {why}")
    if scene.steady and scene.made is not None:
        mean = format_number(scene.demand_l_s, 1)
        said.append(
            f"Timen med mest forbruk er ikke i modellen: den har ett forbruk, {mean} l/s, lest som "
            "middelforbruket. I timen med mest forbruk gir uttakene mindre."
        )
    guessed, pipes = scene.guessed
    if guessed:
        said.append(
            f"Dimensjonen er antatt for {format_number(guessed)} av {format_number(pipes)} "
            "ledninger i modellen: det uttakene gir i modellen, er usikkert der. Mål uttakene."
        )
    return tuple(said)


def findings(scene: Scene) -> tuple[Finding, ...]:
    """Say what must be looked at."""
    outlets, need = scene.outlets, float(scene.parameters["va_brannvann_smaahus_l_s"])
    both = ~np.isnan(outlets.l_s) & ~np.isnan(outlets.model_l_s)
    unlike = both & ((outlets.l_s >= need) != (outlets.model_l_s >= need))
    lost = 0 if scene.made is None else len(outlets.ids) - scene.known
    asked = np.isnan(outlets.l_s) & np.isnan(outlets.model_l_s)
    unsolved = 0 if scene.made is None else max(int(asked.sum()) - lost, 0)
    lacking = int((scene.found.answer < UNKNOWN).sum())
    _, wide = _limits(scene)
    far, little = (format_number(int(one.sum())) for one in (scene.far, scene.little))
    why = f"{far} har for langt til et uttak, eller for få, og {little} har for lite vann i dem"
    litres = format_number(need)
    told = [
        ("mangler", "Bygninger uten brannvann etter veiledningen", lacking, "bygning",
         f"{{}} mangler brannvann: {why}.",
         "Kontroller uttakene på stedet, og vurder nytt uttak eller tankbil i ROS-analysen."),
        ("luker", "Strekninger av vannettet uten brannuttak nær nok", len(scene.gaps), "va_node",
         f"{{}} av vannettet har over {wide} m til et brannuttak.",
         "Vurder nye uttak der; tabellen og kartet viser hvor."),
        ("uenige", f"Uttak der målingen og modellen er uenige om {litres} l/s",
         int(unlike.sum()), "va_node",
         f"For {{}} sier målingen og modellen ulikt om uttaket gir {litres} l/s.",
         "Mål uttaket på nytt, eller kontroller modellen der."),
        ("utenfor_modellen", "Uttak som modellen ikke har", lost, "va_node",
         "{} finnes ikke i modellen, eller har ukjent høyde der.",
         "De er vurdert etter måling eller dimensjon. Oppdater modellen."),
        ("uten_svar", "Uttak der EPANET ikke fant svar", unsolved, "va_node",
         "EPANET fant ikke svar for {}.",
         "De er vurdert etter dimensjonen. Kjør «askergeo va hydraulikk» og se på merknadene."),
        ("uten_sted", "Bygninger uten sted", scene.found.unplaced, "bygning",
         "{} har ikke noe sted i laget.",
         "De er ikke vurdert. Gi dem et punkt i laget."),
        ("ingen_uttak", "Ingen brannuttak i laget", int(not len(outlets.ids)), "va_node",
         "Laget «va_node» har ingen noder av type «hydrant».",
         "Uttak i kummer må ha type «hydrant» for å telle; kontroller kolonnefilen."),
    ]  # fmt: skip
    return tuple(
        Finding(
            rule=f"va_brannvann.{rule}", title=title, status=Status.HIT_YELLOW,
            severity=Severity.WARNING, text=said.format(_counted(count, rule, layer)),
            law=_LAW, layer=layer, action=action,
        )
        for rule, title, count, layer, said, action in told
        if count
    )  # fmt: skip


def _counted(count: int, rule: str, layer: str) -> str:
    """Return a count with its noun."""
    if rule == "luker":
        nouns = ("strekning", "strekninger")
    else:
        nouns = ("bygning", "bygninger") if layer == "bygning" else ("uttak", "uttak")
    return f"{format_number(count)} {nouns[count != 1]}"
