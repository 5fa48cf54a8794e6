"""What hydraulics and leakage ask of the layers."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["HYDRAULICS", "LEAKS"]

_PIPES = (
    "ledning_id*", "type*", "materiale", "dimensjon_mm", "anleggsaar", "status", "fra_node_id",
    "til_node_id", "lengde_m", "hoyde_fra", "hoyde_til", "eier", "funksjon", "trykksone", "ruhet",
    "fornyet_aar",
)  # fmt: skip
_NODES = (
    "node_id*", "type*", "navn", "hoyde", "bunnhoyde", "status", "behov_l_s", "trykksone",
    "anlegg_id",
)  # fmt: skip

HYDRAULICS = Analysis(
    id="va_hydraulikk",
    title="Trykk og vannføring i vannettet",
    question="Hvor er trykket for lavt eller for høyt, hvor mange bor der, og hvor fort går "
    "vannet?",
    needs=("va_ledning",),
    uses=(
        "va_node",
        "va_anlegg",
        "va_modell",
        "va_tilknytning",
        "va_maaling",
        "adresse",
        "befolkning",
        "terreng",
        "kommunegrense",
    ),
    function="askergeo.analyses.va_hydraulikk:va_hydraulikk",
    # One town uses as much water here as where its growth is reckoned.
    parameters="va_hydraulikk+va_nett+va_bortfall+va_vekst.va_vekst_l_person_mid"
    "+va_vekst.va_vekst_doegnfaktor_mid+va_vekst.va_vekst_lekkasje_mid",
    columns={
        "va_ledning": _PIPES,
        "va_node": _NODES,
        "va_anlegg": (
            "anlegg_id*", "type*", "navn", "node_id", "kapasitet_l_s", "volum_m3", "fra_aar",
            "til_aar",
        ),
        "va_modell": ("modell_id*", "program", "seksjon*", "rad*", "tekst*"),
        "va_tilknytning": ("adresse_id*", "vann", "vann_ledning_id"),
        "va_maaling": ("sone_id*", "aar*", "inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3"),
        "adresse": ("adresse_id*", "adressetekst"),
        "befolkning": ("adresse_id*", "antall*"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_node": "Høyder og behov på nodene er ukjent.",
        "va_anlegg": "Vannverk og høydebassenger som bare er i laget va_anlegg, er ukjent.",
        "va_modell": "Det er ingen hydraulisk modell: en lages av ledningskartet med antakelser.",
        "va_tilknytning": "Alle adresser nær en ledning er regnet som tilknyttet.",
        "va_maaling": "Lekkasjen i en modell av ledningskartet er antatt, ikke målt.",
        "adresse": "Hvor mange som bor der trykket er lavt, er ukjent.",
        "befolkning": "Hvor mange som bor der trykket er lavt, er ukjent.",
        "terreng": "Noder uten høyde har ukjent trykk.",
        "kommunegrense": "Kartet viser ikke hva som er land.",
    },
    rasters=("terreng",),
    sources=True,
    seconds=5.0,
)  # fmt: skip

LEAKS = Analysis(
    id="va_lekkasje",
    title="Lekkasje fra vannettet",
    question="Hvor mye av vannet lekker ut i hver sone, år for år?",
    needs=("va_maaling",),
    uses=("va_sone", "va_ledning", "adresse", "va_tilknytning", "kommunegrense"),
    function="askergeo.analyses.va_lekkasje:va_lekkasje",
    parameters="va_hydraulikk.va_lekkasje+va_nett",
    columns={
        "va_maaling": (
            "sone_id*", "aar*", "inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3", "natt_l_s",
        ),
        "va_sone": ("sone_id*", "navn", "type"),
        "va_ledning": ("ledning_id*", "type*", "funksjon", "status"),
        "adresse": ("adresse_id*",),
        "va_tilknytning": ("adresse_id*", "vann"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_sone": "Sonene er ikke på kartet, og lekkasje for hver km og hver abonnent er ukjent.",
        "va_ledning": "Lekkasje for hver km ledning er ukjent.",
        "adresse": "Lekkasje for hver abonnent er ukjent.",
        "va_tilknytning": "Lekkasje for hver abonnent er ukjent.",
        "kommunegrense": "Kartet viser ikke hva som er land.",
    },
    seconds=2.0,
)  # fmt: skip
