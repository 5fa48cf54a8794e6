"""The analyses that there are: what each asks, needs and can use.

An analysis is a function from frames and parameters to a :class:`askergeo.result.Result`; it
never reads a file. :func:`askergeo.run.run` reads the layers, calls it and adds the provenance.
This module imports nothing heavy: the function is imported when it is run.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from askergeo.analyses._analysis import BOUNDARY, BUILDING, Analysis
from askergeo.analyses._hazard_verbs import HAZARDS
from askergeo.analyses._land_verbs import LAND, LAND_ON_REQUEST
from askergeo.analyses._school_verbs import SCHOOL, SCHOOL_ON_REQUEST
from askergeo.analyses._transport_verbs import TRANSPORT, TRANSPORT_ON_REQUEST
from askergeo.analyses._va_verbs import VA, VA_ON_REQUEST
from askergeo.errors import ParameterError

__all__ = ["ANALYSES", "ON_REQUEST", "Analysis", "find"]


def find(analysis_id: str) -> Analysis:
    """Return the analysis of that id.

    Raises
    ------
    ParameterError
        When there is none; the nearest name is suggested.
    """
    known = ANALYSES | ON_REQUEST
    if analysis_id in known:
        return known[analysis_id]
    near: list[Any] = get_close_matches(analysis_id, known, n=1)
    raise ParameterError(
        f"Analysen «{analysis_id}» finnes ikke.",
        remedy=(f"Mente du «{near[0]}»? " if near else "")
        + f"Kjente analyser: {', '.join(known)}.",
    )


_OVERVIEW = Analysis(
    id="oversikt",
    title="Oversikt over kommunen",
    question="Hvordan ser kommunen ut, og hva finnes det data om?",
    needs=("kommunegrense",),
    # Every vector layer of the catalogue: what is there is listed, measured and drawn.
    uses=(
        "kystkontur",
        "vann",
        "ar5",
        "ar5_tidligere",
        "grunnkart",
        "arealdekke",
        "tettsted",
        "veg",
        "sti",
        "sperring",
        "lenkeforslag",
        "jernbane",
        "senter",
        "skole",
        "barnehage",
        "tjeneste",
        "holdeplass",
        "rutelinje",
        "rutetur",
        "ruteavgang",
        "rutedag",
        "rutebytte",
        "arbeidsplass",
        "byggetillatelse",
        "naeringsprogram",
        "transporttiltak",
        "befolkning",
        "befolkning_rute",
        "bygning",
        "adresse",
        "befolkning_historikk",
        "framskriving",
        "boligprogram",
        "grunnkrets",
        "skolekrets",
        "elevtall",
        "skoletiltak",
        "kommuneplan",
        "kommuneplan_forslag",
        "reguleringsplan",
        "reguleringsplan_formaal",
        "byggegrense_sjo",
        "markagrense",
        "nullvekstlinje",
        "arealbruk",
        "arealvedtak",
        "inndeling",
        "karbonfaktor",
        "klimabudsjett",
        "dyrkbar_jord",
        "naturtype",
        "kulturminne",
        "forurenset_grunn",
        "skred_faresone",
        "skred_aktsomhet",
        "kvikkleire_faresone",
        "kvikkleire_aktsomhet",
        "marin_leire",
        "flom",
        "stormflo",
        "stoy",
        "va_ledning",
        "va_node",
        "va_anlegg",
        "va_sone",
        "va_hendelse",
        "va_maaling",
        "va_tilknytning",
        "va_modell",
    ),
    function="askergeo.analyses.oversikt:oversikt",
    parameters="oversikt",
    seconds=1.5,
    columns={
        "kommunegrense": BOUNDARY,
        "vann": ("vanntype*",),
        "ar5": ("arealtype*",),
        "arealdekke": ("klasse*",),
        "tettsted": ("tettstedsnavn*",),
        "veg": ("vegtype*", "vegkategori"),
        "sti": ("stitype*",),
        "jernbane": ("medium",),
        "senter": ("navn*", "niva*", "konfidens"),
        "skole": ("navn*", "trinn_fra", "trinn_til", "eierform", "stedfesting"),
        "barnehage": ("navn*", "kapasitet", "eierform"),
        "tjeneste": ("navn", "type*", "gruppe*"),
        "holdeplass": ("navn", "transportmiddel*"),
        "befolkning": ("alder*", "antall*"),
        "befolkning_rute": ("bosatte*",),
    },
    without={
        "kystkontur": "Kystlinjen er ikke målt, og øyene er ikke talt.",
        "vann": "Ferskvann er ikke skilt fra land.",
        "tettsted": "Kartet viser ikke hvor tettstedene er.",
        "veg": "Vegene er ikke målt.",
        "senter": "Senterstrukturen er ikke vist.",
        "skole": "Skolene er ikke talt.",
        "barnehage": "Barnehagene er ikke talt.",
        "befolkning": "Bosatte er ikke vist etter alder.",
        "bygning": "Bygningene er ikke talt.",
    },
)

_SHORE = Analysis(
    id="strandsone",
    title="Strandsonen langs sjøen",
    question="Hvor gjelder byggeforbudet i 100-metersbeltet, hva er bygget der, og hvor mye er "
    "tilgjengelig?",
    needs=("kystkontur", "kommunegrense"),
    uses=("vann", "bygning", "byggegrense_sjo", "ar5", "veg", "jernbane"),
    function="askergeo.analyses.strandsone:strandsone",
    parameters="strandsone",
    columns={
        "kommunegrense": BOUNDARY,
        "kystkontur": ("kystkontur_id", "objtype", "navn"),
        "vann": ("vanntype*",),
        "bygning": BUILDING,
        "byggegrense_sjo": ("byggegrense_id", "planid", "lovgrunnlag"),
        "ar5": ("arealtype*",),
        "veg": ("vegtype*", "vegkategori", "medium"),
        "jernbane": ("medium",),
    },
    without={
        "vann": "Hav og ferskvann er ikke trukket fra: land er det som kommunegrensen og "
        "kystkonturen gir, og innsjøer i beltet er regnet som land.",
        "bygning": "Bygninger i beltet er ikke talt, og tilgjengelig areal er ikke regnet ut.",
        "byggegrense_sjo": "Andre byggegrenser i plan er ikke trukket fra: byggeforbudet er "
        "regnet som gjeldende i hele beltet, også der en plan har opphevet det.",
        "ar5": "Når tilgjengelig areal regnes ut, blir dyrket mark ikke trukket fra, og arealet "
        "blir for stort.",
        "veg": "Det er ukjent hvilke øyer som har bru eller bilferge. Når tilgjengelig areal "
        "regnes ut, blir vegareal ikke trukket fra, og ingen øyer er med.",
        "jernbane": "Når tilgjengelig areal regnes ut, blir jernbaneareal ikke trukket fra.",
    },
)

_SETTLEMENT = Analysis(
    id="tettsted_avgrens",
    title="Tettsteder avgrenset etter SSBs metode",
    question="Hvor er tettstedene, hvor mange bor i dem, og hvor tett bor de?",
    needs=("bygning", "kommunegrense"),
    either=(("adresse", "befolkning"), ("befolkning_rute",)),
    uses=(
        "adresse",
        "befolkning",
        "befolkning_rute",
        "kystkontur",
        "vann",
        "ar5",
        "arealbruk",
        "senter",
        "tettsted",
    ),
    function="askergeo.analyses.tettsted_avgrens:avgrens",
    parameters="tettsted_avgrens",
    columns={
        "bygning": BUILDING,
        "kommunegrense": BOUNDARY,
        "adresse": ("adresse_id*",),
        "befolkning": ("adresse_id*", "antall*"),
        "befolkning_rute": ("rute_id*", "bosatte*"),
        "kystkontur": ("kystkontur_id",),
        "vann": ("vanntype*",),
        "ar5": ("arealtype*",),
        "arealbruk": ("hovedklasse*", "underklasse"),
        "senter": ("senter_id*", "navn*", "niva*"),
        "tettsted": ("tettstedsnummer*", "tettstedsnavn*", "bosatte", "aar"),
    },
    without={
        "adresse": "Bosatte er fordelt fra ruter til boligbygninger, ikke lest på adresse.",
        "befolkning": "Bosatte er fordelt fra ruter til boligbygninger, ikke lest på adresse.",
        "befolkning_rute": "",
        "kystkontur": "Tettstedene er klippet mot land slik kommunegrensen og vannflatene gir det.",
        "vann": "Elver og innsjøer binder ikke sammen bebyggelse på hver side.",
        "ar5": "Dyrket mark, veg og vann i AR5 binder ikke sammen bebyggelse på hver side.",
        "arealbruk": "Den ubebygde randen rundt bebyggelsen er ikke trukket inn, så arealet er "
        "større og tettheten lavere enn SSBs.",
        "senter": "Tettstedene har nummer, men ikke navn etter nærmeste senter.",
        "tettsted": "Avgrensingen er ikke holdt mot SSBs egne tettsteder.",
    },
)

_REACH = Analysis(
    id="tettsted",
    title="5-minutterstettsteder",
    question="Hvem når hverdagstjenester, helsetilbud og sosiale arenaer på fem minutter til fots, "
    "også med rullator, og hva mangler de andre?",
    needs=("veg", "tjeneste"),
    either=(("adresse", "befolkning"), ("befolkning_rute",)),
    uses=(
        "adresse",
        "befolkning",
        "befolkning_rute",
        "bygning",
        "senter",
        "skole",
        "barnehage",
        "sti",
        "terreng",
        "sperring",
        "lenkeforslag",
        "kommunegrense",
    ),
    function="askergeo.analyses.tettsted:tettsted",
    parameters="tettsted",
    # Most of it is its own kernels, compiled the first time; the others share theirs.
    seconds=20.0,
    columns={
        "adresse": ("adresse_id*",),
        "befolkning": ("adresse_id*", "alder", "antall*"),
        "befolkning_rute": ("rute_id*", "bosatte*"),
        "bygning": ("bygning_id*", "bygningstype*", "boliger"),
        "senter": ("senter_id*", "navn*", "niva*"),
        "tjeneste": ("type*", "gruppe", "navn"),
        "skole": ("navn",),
        "barnehage": ("navn",),
        "lenkeforslag": ("lenke_id", "navn"),
        "kommunegrense": BOUNDARY,
    },
    without={
        "adresse": "Bosatte er fordelt fra ruter til boligbygninger, ikke lest på adresse.",
        "befolkning": "Bosatte er ikke kjent etter alder: 67+, 80+ og barn er ukjent, ikke null.",
        "senter": "Bosatte innen gangavstand til sentrene er ikke talt.",
        "sti": "Stier er ikke med i gangnettet.",
        "terreng": "Stigning er ikke kjent: alt er regnet som flatt, og gangtidene er for korte "
        "der det er bratt.",
        "kommunegrense": "Bosatte utenfor kommunen er ikke skilt ut.",
    },
    network=("veg", "sti", "terreng", "sperring"),
    comparison="askergeo.analyses._reach_change:compare",
)

ANALYSES: dict[str, Analysis] = {
    one.id: one for one in (_OVERVIEW, _SHORE, _SETTLEMENT, _REACH, *LAND, *SCHOOL, *TRANSPORT, *VA)
}

_SITING = Analysis(
    id="plassering",
    title="Plassering av nye tjenester",
    question="Hvor bør nye tjenester ligge, så flest mulig i en aldersgruppe får kort veg til dem?",
    needs=("veg",),
    either=(("adresse", "befolkning"), ("befolkning_rute",)),
    uses=(
        "adresse",
        "befolkning",
        "befolkning_rute",
        "bygning",
        "tjeneste",
        "senter",
        "skole",
        "barnehage",
        "holdeplass",
        "tettsted",
        "sti",
        "terreng",
        "sperring",
        "kommunegrense",
    ),
    function="askergeo.analyses.plassering:plassering",
    parameters="plassering",
    columns={
        "adresse": ("adresse_id*",),
        "befolkning": ("adresse_id*", "alder", "antall*"),
        "befolkning_rute": ("rute_id*", "bosatte*"),
        "bygning": ("bygning_id*", "bygningstype*", "boliger"),
        "tjeneste": ("type*", "navn"),
        "senter": ("navn*", "niva"),
        "skole": ("navn",),
        "barnehage": ("navn",),
        "holdeplass": ("navn",),
        "tettsted": ("tettstedsnummer*",),
        "kommunegrense": BOUNDARY,
    },
    without={
        "adresse": "Bosatte er fordelt fra ruter til boligbygninger, ikke lest på adresse.",
        "befolkning": "Bosatte er ikke kjent etter alder.",
        "sti": "Stier er ikke med i gangnettet.",
        "terreng": "Stigning er ikke kjent: alt er regnet som flatt, og gangtidene er for korte "
        "der det er bratt.",
        "kommunegrense": "Bosatte utenfor kommunen er ikke skilt ut.",
    },
    network=("veg", "sti", "terreng", "sperring"),
)

#: Analyses that need a choice of the planner's, or minutes of a fine terrain, so that a report of
#: everything leaves them out.
ON_REQUEST: dict[str, Analysis] = {
    one.id: one
    for one in (
        _SITING,
        *LAND_ON_REQUEST,
        *HAZARDS,
        *SCHOOL_ON_REQUEST,
        *TRANSPORT_ON_REQUEST,
        *VA_ON_REQUEST,
    )
}
