"""What fire water asks for, reads and can do without."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["FIRE"]

FIRE = Analysis(
    id="va_brannvann",
    title="Brannvann",
    question="Hvilke bygninger har ikke brannuttak nær nok, eller uttak som gir for lite?",
    needs=("va_node", "bygning"),
    uses=("va_ledning", "grunnkrets", "kommunegrense"),
    function="askergeo.analyses.va_brannvann:va_brannvann",
    parameters="va_brannvann",
    columns={
        "va_node": ("node_id*", "type*", "kapasitet_l_s"),
        "bygning": ("bygning_id*", "bygningstype*"),
        "va_ledning": (
            "ledning_id*", "type*", "dimensjon_mm", "status", "funksjon", "lengde_m",
        ),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_ledning": "Uttak uten målt kapasitet har ukjent kapasitet.",
        "grunnkrets": "Tabellen etter område mangler.",
        "kommunegrense": "Kartet viser ikke hva som er land.",
    },
    seconds=2.0,
)  # fmt: skip
