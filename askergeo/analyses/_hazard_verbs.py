"""The analyses of natural hazards: where the ground itself asks for a geotechnical assessment."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["HAZARDS"]

_QUICK_CLAY = Analysis(
    id="kvikkleire",
    title="Kvikkleire: løsneområder etter terrenget",
    question="Hvor er terrenget høyt og bratt nok til at et kvikkleireskred kan løsne, og kan det "
    "være marin leire der?",
    needs=("terreng", "kommunegrense"),
    uses=("marin_leire", "vann", "kystkontur", "kvikkleire_faresone", "kvikkleire_aktsomhet"),
    function="askergeo.analyses.kvikkleire:kvikkleire",
    parameters="kvikkleire",
    columns={
        "kommunegrense": BOUNDARY,
        "marin_leire": ("mulighet*",),
        "vann": ("vanntype*",),
        "kystkontur": ("kystkontur_id",),
        "kvikkleire_faresone": ("faresone_id", "faregrad"),
        "kvikkleire_aktsomhet": ("aktsomhet_id",),
    },
    without={
        "marin_leire": "Det er ukjent hvor det kan være marin leire: alt terreng under marin "
        "grense er med, som ukjent.",
        "vann": "Bekker, elver og sjøen er ikke senket til bunnen, så høydene er for små ved vann.",
        "kystkontur": "",
        "kvikkleire_faresone": "Løsneområdene er ikke holdt mot NVEs faresoner.",
        "kvikkleire_aktsomhet": "Løsneområdene er ikke holdt mot NVEs aktsomhetsområder.",
    },
    rasters=("terreng",),
    partly=("marin_leire", "kvikkleire_faresone", "kvikkleire_aktsomhet"),
)

HAZARDS: tuple[Analysis, ...] = (_QUICK_CLAY,)
