"""The analyses of transport: zones, public transport, travel times and the growth north and south.

Each answers a question of its own; those in :data:`TRANSPORT` are part of every report.
"""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, BUILDING, Analysis

__all__ = ["TRANSPORT", "TRANSPORT_ON_REQUEST"]

# A day's departures are read from these.
_TIMETABLE = {
    "rutelinje": ("linje_id*", "linjenummer", "navn", "transportmiddel*"),
    "rutetur": ("tur_id*", "linje_id*", "kalender_id*", "retning", "mal"),
    "ruteavgang": (
        "tur_id*",
        "rekkefolge*",
        "holdeplass_id*",
        "ankomst",
        "avgang",
        "pastigning",
        "avstigning",
    ),
    "rutedag": ("kalender_id*", "dato*"),
}
_NO_TIMETABLE = "Avganger er ukjent: bare avstander til holdeplasser er regnet."

_STOPS = Analysis(
    id="kollektiv",
    title="Tilgang til kollektivtransport",
    question="Hvor ofte går det fra hver holdeplass, hvem har kort veg til hyppige avganger, og "
    "hvordan er tilgangen nord og sør for nullvekstlinjen?",
    needs=("veg", "holdeplass"),
    either=(("adresse", "befolkning"), ("befolkning_rute",)),
    uses=(
        "adresse",
        "befolkning",
        "befolkning_rute",
        "bygning",
        "arbeidsplass",
        "rutelinje",
        "rutetur",
        "ruteavgang",
        "rutedag",
        "nullvekstlinje",
        "sti",
        "terreng",
        "sperring",
        "kommunegrense",
    ),
    function="askergeo.analyses.kollektiv:kollektiv",
    parameters="kollektiv+nullvekst",
    columns={
        "adresse": ("adresse_id*", "boliger"),
        "befolkning": ("adresse_id*", "antall*"),
        "befolkning_rute": ("rute_id*", "bosatte*"),
        "bygning": BUILDING,
        "arbeidsplass": ("arbeidssted_id*", "ansatte*"),
        "holdeplass": ("holdeplass_id*", "navn", "transportmiddel*", "stoppested_id"),
        "kommunegrense": BOUNDARY,
        "nullvekstlinje": ("linje_id*", "side"),
        **_TIMETABLE,
    },
    without={
        "adresse": "Bosatte er fordelt fra ruter til boligbygninger, ikke lest på adresse.",
        "arbeidsplass": "Arbeidsplasser er ikke med.",
        "rutelinje": _NO_TIMETABLE,
        "rutetur": _NO_TIMETABLE,
        "ruteavgang": _NO_TIMETABLE,
        "rutedag": _NO_TIMETABLE,
        "nullvekstlinje": "Tallene er ikke delt i nord og sør.",
        "sti": "Stier er ikke med i gangnettet: vegen til holdeplassen kan være kortere.",
        "terreng": "Stigning er ikke kjent: gangtidene er for korte der det er bratt.",
        "kommunegrense": "Bosatte utenfor kommunen er ikke skilt ut, og sonene er ukjent.",
    },
    network=("veg", "sti", "terreng", "sperring"),
    comparison="askergeo.analyses._stops_change:compare",
    seconds=15.0,
)

TRANSPORT: tuple[Analysis, ...] = (_STOPS,)

TRANSPORT_ON_REQUEST: tuple[Analysis, ...] = ()
