"""What fire water asks for, reads and can do without."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis
from askergeo.analyses._va_hydraulic_verbs import HYDRAULICS

__all__ = ["FIRE"]

_MODEL = ("va_anlegg", "va_modell", "va_tilknytning", "va_maaling", "adresse", "befolkning")
_GUESSED = "En modell som lages av ledningskartet, antar mer."

FIRE = Analysis(
    id="va_brannvann",
    title="Brannvann",
    question="Hvilke bygninger har ikke brannuttak nær nok, eller uttak som gir for lite?",
    needs=("va_node", "bygning"),
    uses=("va_ledning", *_MODEL, "terreng", "grunnkrets", "kommunegrense"),
    function="askergeo.analyses.va_brannvann:va_brannvann",
    parameters=f"va_brannvann+{HYDRAULICS.parameters}",
    columns={
        **{name: HYDRAULICS.columns[name] for name in ("va_ledning", *_MODEL)},
        "va_node": (*HYDRAULICS.columns["va_node"], "kapasitet_l_s"),
        "bygning": ("bygning_id*", "bygningstype*"),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_ledning": "Uttak uten målt kapasitet har ukjent kapasitet, og strekninger uten uttak "
        "er ukjent.",
        "va_modell": "Det er ingen hydraulisk modell: en lages av ledningskartet når kildene og "
        "høydene er kjent, ellers er uttakene vurdert etter dimensjonen.",
        "va_anlegg": _GUESSED,
        "va_maaling": _GUESSED,
        "terreng": _GUESSED,
        "grunnkrets": "Tabellen etter område mangler.",
        "kommunegrense": "Kartet viser ikke hva som er land.",
    },
    rasters=("terreng",),
    sources=True,
    comparison="askergeo.analyses._va_fire_change:compare",
    seconds=20.0,
)
