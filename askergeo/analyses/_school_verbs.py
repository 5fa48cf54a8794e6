"""The analyses of ``askergeo skole``: places and pupils, forecast, ways and districts."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["SCHOOL", "SCHOOL_ON_REQUEST"]

# What residents are forecast from.
_RESIDENTS = {
    "adresse": ("adresse_id*", "boliger"),
    "befolkning": ("adresse_id*", "alder*", "antall*"),
    "befolkning_historikk": ("omraade_id*", "aar*", "alder*", "antall*"),
    "boligprogram": (
        "prosjekt_id",
        "navn",
        "boligtype*",
        "aar*",
        "boliger*",
        "sannsynlighet",
        "status",
        "planid",
    ),
    "framskriving": ("alternativ*", "aar*", "alder*", "antall*"),
    "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
    "kommunegrense": BOUNDARY,
    "skolekrets": ("krets_id*", "navn*", "trinn*", "skole_id"),
}
# What places and pupils are reckoned from.
_PUPILS = {
    **_RESIDENTS,
    "elevtall": ("skole_id*", "aar*", "trinn*", "antall*"),
    "skole": (
        "skole_id*",
        "navn*",
        "trinn_fra",
        "trinn_til",
        "eierform",
        "paralleller",
        "kapasitet",
        "spesialplasser",
        "elevtall",
        "fra_aar",
        "til_aar",
    ),
    "skoletiltak": (
        "tiltak_id*",
        "skole_id*",
        "navn",
        "type*",
        "trinn",
        "paralleller",
        "plasser",
        "fra_aar*",
        "til_aar",
        "status",
    ),
}
# What an answer lacks without a layer, where several lack the same.
_WITHOUT = {
    "befolkning_historikk": "Fødsler og flytting er regnet med standardsatser, ikke kommunens "
    "egne.",
    "framskriving": "Barna er ikke skalert til kommunens eller SSBs framskriving.",
    "kommunegrense": "Kartet viser ikke hva som er land.",
    "skoletiltak": "Utvidelser, paviljonger, nye skoler og nedlegginger er ikke med.",
}

_WAY = Analysis(
    id="skoleveg",
    title="Skoleveg og rett til skoleskyss",
    question="Hvor langt har elevene til skolen, hvem har rett til skoleskyss, og hvilke "
    "strekninger er usikre?",
    needs=("veg", "skole", "adresse", "befolkning"),
    uses=("skolekrets", "sti", "terreng", "sperring", "elevtall", "kommunegrense"),
    function="askergeo.analyses.skoleveg:skoleveg",
    parameters="skoleveg",
    columns={
        "adresse": ("adresse_id*", "adressetekst", "boliger"),
        "befolkning": ("adresse_id*", "alder*", "antall*"),
        "elevtall": ("aar*",),
        "kommunegrense": BOUNDARY,
        "skole": (
            "skole_id*",
            "navn*",
            "trinn_fra",
            "trinn_til",
            "eierform",
            "stedfesting",
            "fra_aar",
            "til_aar",
        ),
        "skolekrets": ("krets_id*", "navn*", "trinn*", "skole_id"),
        # Those that tell which lines the network is made of, and what the rules ask for.
        "sti": ("stitype*", "medium", "niva", "broytet", "gange", "adgang"),
        "veg": (
            "vegtype*",
            "vegkategori",
            "fartsgrense",
            "medium",
            "niva",
            "broytet",
            "gange",
            "adgang",
            "navn",
        ),
    },
    without={
        "skolekrets": "Kretsen til en adresse er ikke kjent: den nærmeste offentlige skolen som "
        "har trinnet, er brukt.",
        "sti": "Stier er ikke med i gangnettet: skolevegen kan være kortere.",
        "kommunegrense": _WITHOUT["kommunegrense"],
    },
    # The network needs its lines in the order that they were read in: roads and paths are frames.
    network=("terreng", "sperring"),
    sources=True,
    seconds=15.0,
)

_KINDERGARTENS = Analysis(
    id="barnehager",
    title="Barnehager: plasser og barn 1–5 år",
    question="Hvor er det nok barnehageplasser til barna i hvert område, og fra hvilket år ikke?",
    needs=("barnehage", "adresse", "befolkning"),
    either=(("skolekrets",), ("grunnkrets",)),
    uses=(
        "skolekrets",
        "grunnkrets",
        "befolkning_historikk",
        "boligprogram",
        "framskriving",
        "kommunegrense",
    ),
    function="askergeo.analyses.barnehager:barnehager",
    parameters="barnehage+prognose",
    columns={
        **_RESIDENTS,
        "barnehage": ("barnehage_id*", "navn*", "kapasitet", "eierform"),
    },
    without={
        "befolkning_historikk": _WITHOUT["befolkning_historikk"],
        "boligprogram": "Barn i nye boliger er ikke med.",
        "framskriving": _WITHOUT["framskriving"],
        "kommunegrense": _WITHOUT["kommunegrense"],
    },
    sources=True,
    comparison="askergeo.analyses._kindergarten_change:compare",
    seconds=6.0,
)

_FORECAST = Analysis(
    id="skole_prognose",
    title="Framskriving av barn og bosatte etter skolekrets",
    question="Hvor mange barn i skolealder og andre bosatte blir det i hver krets, år for år, og "
    "hvorfor?",
    needs=("adresse", "befolkning"),
    either=(("skolekrets",), ("grunnkrets",)),
    uses=(
        "skolekrets",
        "grunnkrets",
        "befolkning_historikk",
        "boligprogram",
        "framskriving",
        "elevtall",
        "kommunegrense",
    ),
    function="askergeo.analyses.skole_prognose:skole_prognose",
    parameters="prognose+etterproving",
    columns={
        **_RESIDENTS,
        "boligprogram": (
            "prosjekt_id*",
            "navn",
            "boligtype*",
            "aar*",
            "boliger*",
            "sannsynlighet",
            "status",
        ),
        "elevtall": ("aar*",),
    },
    without={
        "skolekrets": "Tallene er vist etter grunnkrets, ikke etter skolekrets.",
        "befolkning_historikk": "Fødsler og flytting er standardsatser, like i alle kretser, og "
        "framskrivingen er ikke prøvd mot kommunens egen historie.",
        "boligprogram": "Nye boliger er ikke med.",
        "framskriving": "Summen av kretsene er ikke skalert til en framskriving for kommunen.",
        "kommunegrense": _WITHOUT["kommunegrense"],
    },
    seconds=5.0,
    sources=True,
)

_BALANCE = Analysis(
    id="skole",
    title="Skolene: elever og plasser",
    question="Hvor er det for få skoleplasser, hvor er det for mange, fra hvilket år, og hvorfor?",
    needs=("skole", "skolekrets", "adresse", "befolkning"),
    uses=(
        "elevtall",
        "skoletiltak",
        "grunnkrets",
        "befolkning_historikk",
        "boligprogram",
        "framskriving",
        "kommunegrense",
    ),
    function="askergeo.analyses.skole:skole",
    parameters="skole+prognose",
    columns=_PUPILS,
    without={
        "elevtall": "Hvor stor del av barna som går på kretsens skole, er antatt, og elever på "
        "private skoler er ukjent.",
        "skoletiltak": _WITHOUT["skoletiltak"],
        "grunnkrets": "Barna er framskrevet for hele skolekretsen under ett.",
        "befolkning_historikk": _WITHOUT["befolkning_historikk"],
        "boligprogram": "Elever i nye boliger er ikke med.",
        "framskriving": _WITHOUT["framskriving"],
        "kommunegrense": _WITHOUT["kommunegrense"],
    },
    sources=True,
    comparison="askergeo.analyses._school_change:compare",
    seconds=3.0,
)

_PLACES = Analysis(
    id="skole_kapasitet",
    title="Plasser ved skolene",
    question="Hvor mange plasser har hver skole hvert år, og hva er de satt sammen av?",
    needs=("skole",),
    uses=("skoletiltak", "skolekrets", "kommunegrense"),
    function="askergeo.analyses.skole_kapasitet:skole_kapasitet",
    parameters="skole_kapasitet+skole",
    columns={
        name: _PUPILS[name] for name in ("skole", "skoletiltak", "skolekrets", "kommunegrense")
    },
    without={
        "skoletiltak": _WITHOUT["skoletiltak"],
    },
    sources=True,
)

_DISTRICTS = Analysis(
    id="skolekretser",
    title="Nye skolekretser",
    question="Hvilke områder bør høre til hvilken skole, så alle får plass, vegen blir kort og få "
    "bytter skole?",
    needs=("skole", "skolekrets", "adresse", "befolkning", "veg"),
    uses=(
        "grunnkrets",
        "elevtall",
        "skoletiltak",
        "befolkning_historikk",
        "boligprogram",
        "framskriving",
        "sti",
        "terreng",
        "sperring",
        "kommunegrense",
    ),
    function="askergeo.analyses.skolekretser:skolekretser",
    parameters="skolekretser+skole+prognose+skoleveg",
    columns=_PUPILS,
    without={
        "grunnkrets": "Kretsene er satt sammen av blokker av adresser, ikke av grunnkretser.",
        "elevtall": "Hvor stor del av barna som går på kretsens skole, er antatt.",
        "skoletiltak": _WITHOUT["skoletiltak"],
        "befolkning_historikk": _WITHOUT["befolkning_historikk"],
        "boligprogram": "Elever i nye boliger er ikke med.",
        "framskriving": _WITHOUT["framskriving"],
        "sti": "Stier er ikke med i gangnettet: skolevegen kan være kortere.",
        "kommunegrense": "Grenser i sjøen er regnet som grenser på land, og kartet viser ikke hva "
        "som er land.",
    },
    network=("veg", "sti", "terreng", "sperring"),
    comparison="askergeo.analyses._district_change:compare",
    seconds=60.0,
    sources=True,
)

_CLOSING = Analysis(
    id="skole_nedlegging",
    title="Nedlegging og sammenslåing av skoler",
    question="Hvor går elevene når en skole legges ned, hvor langt får de, og hvem blir full?",
    needs=("skole", "skolekrets", "adresse", "befolkning", "veg"),
    uses=(*_BALANCE.uses, "sti", "terreng", "sperring"),
    function="askergeo.analyses.skole_nedlegging:skole_nedlegging",
    parameters="skole+prognose+skoleveg+skole_nedlegging",
    columns=_PUPILS,
    without={**_BALANCE.without, "sti": "Stier er ikke med i gangnettet."},
    network=("veg", "sti", "terreng", "sperring"),
    sources=True,
    seconds=10.0,
)

SCHOOL: tuple[Analysis, ...] = (_BALANCE,)

SCHOOL_ON_REQUEST: tuple[Analysis, ...] = (
    _PLACES,
    _CLOSING,
    _WAY,
    _KINDERGARTENS,
    _FORECAST,
    _DISTRICTS,
)
