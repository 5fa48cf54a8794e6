"""The analyses of failures and of traces: what they need, and what they lack without."""

from __future__ import annotations

from typing import Final

from askergeo.analyses._analysis import BOUNDARY, BUILDING, Analysis

__all__ = ["FAILURES", "TRACES"]

_PIPES: Final = {
    "va_ledning": (
        "ledning_id*",
        "type*",
        "materiale",
        "dimensjon_mm",
        "anleggsaar",
        "fornyet_aar",
        "status",
        "fra_node_id",
        "til_node_id",
        "lengde_m",
        "hoyde_fra",
        "hoyde_til",
        "eier",
        "funksjon",
        "ruhet",
    ),
    "va_node": (
        "node_id*",
        "type*",
        "navn",
        "hoyde",
        "bunnhoyde",
        "status",
        "behov_l_s",
        "anlegg_id",
    ),
    "va_anlegg": ("anlegg_id*", "type*", "navn", "node_id", "til_anlegg_id", "fra_aar", "til_aar"),
    "va_modell": ("modell_id*", "program", "seksjon*", "rad*", "tekst*"),
    "va_tilknytning": (
        "adresse_id*",
        "vann",
        "avlop",
        "vann_ledning_id",
        "avlop_ledning_id",
    ),
    "va_sone": ("sone_id*", "navn", "type*", "anlegg_id"),
    "adresse": ("adresse_id*", "adressetekst", "bygning_id", "boliger"),
    "befolkning": ("adresse_id*", "alder", "antall*"),
    "bygning": BUILDING,
    "skole": ("skole_id*", "navn*"),
    "barnehage": ("barnehage_id*", "navn*"),
    "tjeneste": ("tjeneste_id*", "type*", "navn"),
    "tettsted": ("tettstedsnummer*", "tettstedsnavn*"),
    "kommunegrense": BOUNDARY,
}
_WITHOUT: Final = {
    "va_node": "Kilder, ventiler og pumper som er noder, er ikke kjent.",
    "va_anlegg": "Vannverk, høydebassenger, pumpestasjoner og renseanlegg er ikke kjent.",
    "va_tilknytning": "Hvilken ledning hver adresse hører til, er antatt: den nærmeste.",
    "adresse": "Hvem som er knyttet til ledningene, er ukjent.",
    "befolkning": "Bosatte er ukjent; adresser er talt i stedet.",
    "bygning": "Sykehjem og helsebygg er bare kjent fra laget «tjeneste».",
    "skole": "Skolene er bare kjent fra laget «tjeneste».",
    "barnehage": "Barnehagene er bare kjent fra laget «tjeneste».",
    "tjeneste": "Sykehjem og helsetilbud er bare kjent som bygninger.",
    "kommunegrense": "Kartet har ikke land og grense.",
}
_NOT_TRACED: Final = ("va_ledning", "va_sone", "va_modell", "tettsted")
_USES: Final = tuple(one for one in _PIPES if one not in _NOT_TRACED)

FAILURES: Final = Analysis(
    id="va_bortfall",
    title="Hvem mister vannet når noe svikter",
    question="Hvilke kunder, skoler og sykehjem mister vannet når en ledning, et ventilsegment, "
    "en pumpe eller en kilde svikter, og hvilke områder mangler reservevann?",
    needs=("va_ledning",),
    uses=(*_USES, "va_sone", "va_modell", "tettsted"),
    function="askergeo.analyses.va_bortfall:va_bortfall",
    parameters="va_bortfall+va_nett",
    columns=_PIPES,
    without={
        **_WITHOUT,
        "va_modell": "Trykket hos dem som fortsatt har vann, er ikke regnet.",
        "va_sone": "Reservevann er ikke vist etter sone.",
        "tettsted": "Reservevann er ikke vist etter tettsted.",
    },
    comparison="askergeo.analyses._va_loss_change:compare",
    sources=True,
    seconds=3.0,
)

TRACES: Final = Analysis(
    id="va_spor",
    title="Spor opp og ned i nettet",
    question="Hvor kommer vannet fra, hvor renner avløpet, og hvem er knyttet til på vegen?",
    needs=("va_ledning",),
    uses=_USES,
    function="askergeo.analyses.va_spor:va_spor",
    parameters="va_spor+va_bortfall+va_nett",
    columns={name: _PIPES[name] for name in ("va_ledning", *_USES)},
    without=_WITHOUT,
    sources=True,
    seconds=2.0,
)
