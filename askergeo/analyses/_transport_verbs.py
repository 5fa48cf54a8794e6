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

_ZONES = Analysis(
    id="nullvekst",
    title="Transportsonene nord og sør for nullvekstlinjen",
    question="Hvem bor og arbeider nord og sør for nullvekstlinjen, og hva deler den?",
    needs=("nullvekstlinje", "kommunegrense"),
    uses=(
        "adresse",
        "befolkning",
        "befolkning_rute",
        "bygning",
        "arbeidsplass",
        "holdeplass",
        "senter",
        "boligprogram",
        "naeringsprogram",
        "reguleringsplan",
        "grunnkrets",
        "skolekrets",
    ),
    function="askergeo.analyses.nullvekst:nullvekst",
    parameters="nullvekst",
    columns={
        "nullvekstlinje": ("linje_id", "side"),
        "kommunegrense": BOUNDARY,
        "adresse": ("adresse_id*", "boliger"),
        "befolkning": ("adresse_id*", "antall*"),
        "befolkning_rute": ("rute_id*", "bosatte*"),
        "bygning": BUILDING,
        "arbeidsplass": ("arbeidssted_id", "ansatte*", "naering"),
        "holdeplass": ("holdeplass_id*", "stoppested_id"),
        "senter": ("senter_id*", "navn*", "niva*"),
        "boligprogram": ("prosjekt_id*", "navn", "boligtype", "aar", "boliger*"),
        "naeringsprogram": (
            "prosjekt_id*",
            "navn",
            "naering",
            "aar",
            "naering_m2",
            "arbeidsplasser",
        ),
        "reguleringsplan": ("planid*", "plannavn", "planstatus"),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "skolekrets": ("krets_id*", "navn*", "trinn*"),
    },
    without={
        "adresse": "Bosatte og boliger er ikke talt på adresser.",
        "befolkning": "Bosatte er ikke talt på adresser; rutene er brukt om de er der.",
        "bygning": "Bosatte i ruter som linjen deler, kan ikke fordeles på bygninger.",
        "arbeidsplass": "Arbeidsplassene i sonene er ukjent.",
        "holdeplass": "Holdeplassene i sonene er ikke talt.",
        "senter": "Sentrene i sonene er ikke vist.",
        "boligprogram": "Boliger i programmet er ikke med.",
        "naeringsprogram": "Planlagte arbeidsplasser er ikke med.",
        "reguleringsplan": "Planer som linjen deler, er ikke vist.",
        "grunnkrets": "Grunnkretser som linjen deler, er ikke vist.",
        "skolekrets": "Skolekretser som linjen deler, er ikke vist.",
    },
    comparison="askergeo.analyses._zones_change:compare",
    seconds=1.5,
)

_PLAN = Analysis(
    id="nullvekst_plan",
    title="Siling av plan mot nullvekst",
    question="Gir planen vekst i bilkjøring nord for nullvekstlinjen, hvor mye, og veier tiltakene "
    "opp?",
    needs=("nullvekstlinje", "kommunegrense", "veg"),
    uses=(
        "holdeplass",
        "rutelinje",
        "rutetur",
        "ruteavgang",
        "rutedag",
        "transporttiltak",
        "boligprogram",
        "naeringsprogram",
        "reguleringsplan",
        "reguleringsplan_formaal",
        "bygning",
        "klimabudsjett",
        "sti",
        "terreng",
        "sperring",
    ),
    function="askergeo.analyses.nullvekst_plan:nullvekst_plan",
    parameters="trafikk+plansjekk.bolig+nullvekst.nullvekst_skjot_m+nullvekst.nullvekst_nord+"
    "kollektiv+prognose.elever_per_+skoleveg.toleranse_m+skoleveg.glipp_m",
    columns={
        "nullvekstlinje": ("linje_id*", "side"),
        "kommunegrense": BOUNDARY,
        "holdeplass": ("holdeplass_id*", "navn", "transportmiddel*", "stoppested_id"),
        "transporttiltak": (
            "tiltak_id*",
            "navn*",
            "sone*",
            "km_dogn*",
            "fra_aar",
            "status",
            "planid",
            "kilde",
        ),
        "boligprogram": (
            "prosjekt_id*",
            "navn",
            "boligtype*",
            "aar*",
            "boliger*",
            "status",
            "planid",
        ),
        "naeringsprogram": (
            "prosjekt_id*",
            "navn",
            "naering*",
            "aar*",
            "naering_m2",
            "arbeidsplasser",
            "status",
            "planid",
        ),
        "reguleringsplan": ("planid*", "plannavn"),
        "reguleringsplan_formaal": ("planid*", "formaal_kode*", "vertikalniva"),
        "bygning": BUILDING,
        "klimabudsjett": ("sektor*", "kolonne*", "aar*", "tonn", "kilde", "sikkerhet"),
        **_TIMETABLE,
    },
    without={
        "holdeplass": "Kollektivtilgangen er ukjent: bilkjøringen er spennet over alle klassene.",
        "rutelinje": _NO_TIMETABLE,
        "rutetur": _NO_TIMETABLE,
        "ruteavgang": _NO_TIMETABLE,
        "rutedag": _NO_TIMETABLE,
        "transporttiltak": "Bare tiltak som oppgis, kan veie opp.",
        "boligprogram": "Boligene må stå i planen eller oppgis.",
        "naeringsprogram": "Næringsarealet må stå i planen eller oppgis.",
        "bygning": "Bygg som kan bli revet, er ikke kjent.",
        "klimabudsjett": "Utslippet per km følger delen elektrisk kjøring eller kommunens tabell.",
        "sti": "Stier er ikke med i gangnettet: vegen til holdeplassen kan være kortere.",
    },
    network=("veg", "sti", "terreng", "sperring"),
    seconds=5.0,
)

TRANSPORT: tuple[Analysis, ...] = (_ZONES, _STOPS)

TRANSPORT_ON_REQUEST: tuple[Analysis, ...] = (_PLAN,)
