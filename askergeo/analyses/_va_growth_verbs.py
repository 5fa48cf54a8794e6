"""The verb of growth: what it asks, and the layers that it reads."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["GROWTH"]

GROWTH = Analysis(
    id="va_vekst",
    title="Vekst og kapasitet i vann og avløp",
    question="Når blir renseanlegg, vannverk, pumpestasjoner og ledninger fulle, hvilke prosjekter "
    "må vente, og hvem er knyttet til det kommunale nettet?",
    needs=("adresse", "befolkning", "veg"),
    either=(("va_ledning",), ("va_anlegg",), ("va_tilknytning",)),
    uses=(
        "va_ledning",
        "va_node",
        "va_anlegg",
        "va_sone",
        "va_tilknytning",
        "va_maaling",
        "boligprogram",
        "naeringsprogram",
        "arbeidsplass",
        "grunnkrets",
        "skolekrets",
        "befolkning_historikk",
        "framskriving",
        "elevtall",
        "kommunegrense",
    ),
    function="askergeo.analyses.va_vekst:va_vekst",
    parameters="va_vekst+prognose+va_nett+va_bortfall+trafikk.trafikk_m2"
    "+skoleveg.toleranse_m+skoleveg.glipp_m",
    columns={
        "adresse": ("adresse_id*", "boliger"),
        "befolkning": ("adresse_id*", "alder*", "antall*"),
        "va_ledning": (
            "ledning_id*", "type*", "dimensjon_mm", "status", "fra_node_id", "til_node_id",
            "lengde_m", "hoyde_fra", "hoyde_til", "eier", "funksjon",
        ),
        "va_node": (
            "node_id*", "type*", "hoyde", "bunnhoyde", "status", "anlegg_id",
        ),
        "va_anlegg": (
            "anlegg_id*", "type*", "navn", "kapasitet_pe", "kapasitet_m3_dogn", "kapasitet_l_s",
            "belastning_pe", "til_anlegg_id", "fra_aar", "til_aar", "ny_kapasitet_pe",
            "ny_kapasitet_aar", "node_id",
        ),
        "va_sone": ("sone_id*", "navn", "type*", "anlegg_id"),
        "va_tilknytning": (
            "adresse_id*", "vann", "avlop", "vann_ledning_id", "avlop_ledning_id",
        ),
        "va_maaling": ("sone_id*", "aar*", "inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3"),
        "boligprogram": (
            "prosjekt_id*", "navn", "boligtype*", "aar*", "boliger*", "sannsynlighet", "status",
            "planid",
        ),
        "naeringsprogram": (
            "prosjekt_id*", "navn", "naering*", "aar*", "naering_m2", "arbeidsplasser",
            "sannsynlighet", "status", "planid",
        ),
        "arbeidsplass": ("arbeidssted_id*", "ansatte*"),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "skolekrets": ("krets_id*", "navn*", "trinn*", "skole_id"),
        "befolkning_historikk": ("omraade_id*", "aar*", "alder*", "antall*"),
        "framskriving": ("alternativ*", "aar*", "alder*", "antall*"),
        "elevtall": ("aar*",),
        "kommunegrense": BOUNDARY,
    },
    without={
        "va_ledning": "Ledninger og stasjoner er ikke regnet, og anlegget følger sonen.",
        "va_node": "Ventiler, overløp og høyder på noder er ukjent.",
        "va_anlegg": "Kapasiteten i anlegg og stasjoner er ukjent.",
        "va_sone": "Sonene er ikke regnet.",
        "va_tilknytning": "Tilknytningsgraden er ukjent, og hver adresse er antatt knyttet til den "
        "nærmeste ledningen.",
        "va_maaling": "Vannet er regnet av bosatte og arbeidsplasser, ikke målt.",
        "boligprogram": "Nye boliger er ikke med, og ingen prosjekter er holdt mot anleggene.",
        "naeringsprogram": "Nye arbeidsplasser er ikke med.",
        "arbeidsplass": "Arbeidsplasser er ikke med i belastningen.",
        "grunnkrets": "Tilknytningen er ikke delt etter område.",
        "befolkning_historikk": "Framskrivingen bruker standardsatser.",
    },
    network=("veg",),
    partly=("va_ledning", "va_node", "va_anlegg", "va_sone"),
    sources=True,
    comparison="askergeo.analyses._va_growth_change:compare",
    seconds=8.0,
)  # fmt: skip
