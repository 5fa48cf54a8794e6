"""The analysis of renewal: its question, its layers and where its function lies."""

from __future__ import annotations

from typing import Final

from askergeo.analyses._analysis import BOUNDARY, BUILDING, Analysis

__all__ = ["RENEWAL"]

RENEWAL: Final = Analysis(
    id="va_fornyelse",
    title="Fornyelsesplan for vann og avløp",
    question="Hvilke ledninger bør fornyes først, hvor stort er etterslepet, og hva gjør hver takt "
    "med nettet?",
    needs=("va_ledning",),
    uses=(
        "va_hendelse",
        "va_node",
        "va_anlegg",
        "va_tilknytning",
        "adresse",
        "befolkning",
        "bygning",
        "skole",
        "barnehage",
        "tjeneste",
        "veg",
        "kommunegrense",
    ),
    function="askergeo.analyses.va_fornyelse:va_fornyelse",
    parameters="va_fornyelse+va_bortfall+va_nett",
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
            "eier",
            "funksjon",
            "fornyet_aar",
            "metode",
            "groft_id",
        ),
        "va_hendelse": ("ledning_id*", "aar*", "type*"),
        "va_node": ("node_id*", "type*", "status", "hoyde", "bunnhoyde", "anlegg_id"),
        "va_anlegg": (
            "anlegg_id*",
            "type*",
            "navn",
            "til_anlegg_id",
            "fra_aar",
            "til_aar",
            "node_id",
        ),
        "va_tilknytning": ("adresse_id*", "vann", "avlop", "vann_ledning_id", "avlop_ledning_id"),
        "adresse": ("adresse_id*", "adressetekst", "bygning_id", "boliger"),
        "befolkning": ("adresse_id*", "antall*"),
        "bygning": BUILDING,
        "skole": ("skole_id*", "navn"),
        "barnehage": ("barnehage_id*", "navn"),
        "tjeneste": ("tjeneste_id*", "type*", "navn"),
        "veg": ("vegtype", "vegkategori", "navn"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_hendelse": "Hva kommunens egne brudd og lekkasjer sier om ledningene, er ikke med.",
        "va_anlegg": "Hvem som mister vann og avløp, er ukjent uten kilder og renseanlegg.",
        "va_tilknytning": "Adressene er knyttet til den nærmeste ledningen.",
        "adresse": "Hvem som mister vann og avløp, er ukjent.",
        "befolkning": "Hvor mange som mister vann og avløp, er ukjent.",
        "skole": "Skoler er ikke med i konsekvensen.",
        "barnehage": "Barnehager er ikke med i konsekvensen.",
        "bygning": "Sykehjem og helsebygg er ikke med i konsekvensen.",
        "veg": "Prosjektene har ikke gatenavn, og hovedveger er ikke med i konsekvensen.",
    },
    sources=True,
    seconds=8.0,
)
