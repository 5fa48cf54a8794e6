"""What the state of the map of pipes asks for, reads and can do without."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["TOPOLOGY"]

TOPOLOGY = Analysis(
    id="va_topologi",
    title="Feil i ledningskartet",
    question="Henger ledningene i kartet sammen slik de gjør i bakken, og hva må rettes før nettet "
    "kan svare?",
    needs=("va_ledning",),
    uses=("va_node", "va_anlegg", "va_modell", "adresse", "terreng", "kommunegrense"),
    function="askergeo.analyses.va_topologi:va_topologi",
    parameters="va_nett",
    columns={
        "va_ledning": (
            "ledning_id*",
            "type*",
            "materiale",
            "dimensjon_mm",
            "anleggsaar",
            "status",
            "fra_node_id",
            "til_node_id",
            "lengde_m",
            "hoyde_fra",
            "hoyde_til",
            "funksjon",
        ),
        "va_node": (
            "node_id*",
            "type*",
            "hoyde",
            "bunnhoyde",
            "status",
            "kapasitet_l_s",
            "anlegg_id",
        ),
        "va_anlegg": (
            "anlegg_id*", "type*", "node_id", "til_anlegg_id", "kapasitet_l_s", "fra_aar",
            "til_aar",
        ),
        "va_modell": ("seksjon*", "tekst*"),
        "adresse": ("adresse_id*",),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_node": "Kummer, ventiler og hydranter er ukjent: ender er løse også der det står en "
        "kum, og krysninger kan ikke kobles i kummer.",
        "va_anlegg": "Vannverk, basseng og renseanlegg er ukjent: det er bare nodene som sier hvor "
        "vannet kommer fra og avløpet går.",
        "adresse": "En løs ende kan ikke kjennes igjen som en kundes når ledningens funksjon er "
        "ukjent.",
        "terreng": "Ledninger uten bunnhøyde er ikke holdt mot terrenget.",
    },
    rasters=("terreng",),
    sources=True,
    seconds=4.0,
)  # fmt: skip
