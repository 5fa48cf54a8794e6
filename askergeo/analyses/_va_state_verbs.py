"""What the state of the map of pipes asks for, reads and can do without."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["STATE"]

STATE = Analysis(
    id="va",
    title="Vann og avløp: hva ledningskartet vet",
    question="Hva vet kartet over ledninger, hva mangler det og hvor, og hva kan det svare på?",
    needs=("va_ledning",),
    uses=(
        "va_node",
        "va_anlegg",
        "va_sone",
        "va_hendelse",
        "va_tilknytning",
        "va_maaling",
        "va_modell",
        "adresse",
        "befolkning",
        "boligprogram",
        "bygning",
        "grunnkrets",
        "kommunegrense",
    ),
    function="askergeo.analyses.va:va",
    parameters="va+va_fornyelse.va_fornyelse_takt_+va_nett.va_nett_ute_av_drift"
    "+va_nett.va_nett_planlagt",
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
            "trykksone",
        ),
        "va_node": ("node_id*", "type*", "kapasitet_l_s"),
        "va_anlegg": ("anlegg_id*", "type*"),
        "va_sone": ("sone_id*", "type*"),
        "va_hendelse": ("hendelse_id*", "type*"),
        "va_tilknytning": (
            "adresse_id*",
            "vann",
            "avlop",
            "vann_ledning_id",
            "avlop_ledning_id",
        ),
        "va_maaling": ("sone_id*", "aar*"),
        "va_modell": ("modell_id*",),
        "adresse": ("adresse_id*",),
        # Only whether they are there: what the data can answer.
        "befolkning": ("adresse_id*",),
        "boligprogram": ("prosjekt_id*",),
        "bygning": ("bygning_id*",),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_node": "Kummer, ventiler og hydranter er ukjent.",
        "va_anlegg": "Vannverk, basseng, pumpestasjoner og renseanlegg er ukjent.",
        "va_sone": "Soner er ukjent.",
        "va_hendelse": "Brudd og andre hendelser er ukjent.",
        "va_tilknytning": "Hvem som er tilknyttet, er ukjent.",
        "va_maaling": "Lekkasje kan ikke regnes.",
        "va_modell": "Det er ingen hydraulisk modell.",
        "adresse": "Adresser uten rad i registeret over tilknytning er ikke talt.",
        "befolkning": "Hvem som mister vannet, kan ikke telles i bosatte.",
        "boligprogram": "Veksten i boliger er ukjent.",
        "bygning": "Brannvann til bygninger kan ikke regnes.",
        "grunnkrets": "Områdene er ruter, ikke grunnkretser.",
        "kommunegrense": "Kartet viser ikke hva som er land.",
    },
    sources=True,
    seconds=2.0,
)
