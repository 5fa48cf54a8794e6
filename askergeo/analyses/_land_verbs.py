"""The analyses of ``askergeo areal``: the land account, the reserve, carbon and farmland."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, BUILDING, Analysis

__all__ = ["LAND", "LAND_ON_REQUEST"]

_ACCOUNT = Analysis(
    id="areal",
    title="Arealregnskap",
    question="Hva består kommunens areal av, hva legger planen ut, og hva endrer forslaget?",
    needs=("kommunegrense",),
    either=(("ar5",), ("grunnkart",), ("arealdekke",)),
    uses=(
        "ar5",
        "ar5_tidligere",
        "grunnkart",
        "arealdekke",
        "kommuneplan",
        "kommuneplan_forslag",
        "reguleringsplan",
        "reguleringsplan_formaal",
        "naturtype",
        "dyrkbar_jord",
        "kystkontur",
        "vann",
        "markagrense",
        "flom",
        "kvikkleire_faresone",
        "inndeling",
        "grunnkrets",
        "tettsted",
        "skolekrets",
    ),
    function="askergeo.analyses.arealregnskap:arealregnskap",
    parameters="areal",
    seconds=6.0,
    columns={
        "kommunegrense": BOUNDARY,
        "ar5": ("arealtype*", "grunnforhold"),
        "ar5_tidligere": ("arealtype*",),
        "grunnkart": ("arealdekke_niva1*",),
        "arealdekke": ("klasse*",),
        "kommuneplan": ("formaal_kode*", "arealstatus"),
        "kommuneplan_forslag": ("formaal_kode*", "arealstatus"),
        "reguleringsplan": ("planid*", "plannavn", "planstatus", "plantype", "ikrafttredelse"),
        "reguleringsplan_formaal": ("planid*", "formaal_kode*", "vertikalniva"),
        "naturtype": ("verdi",),
        "dyrkbar_jord": ("klasse",),
        "kystkontur": ("kystkontur_id",),
        "vann": ("vanntype*",),
        "markagrense": ("marka_id*", "navn"),
        "flom": ("gjentaksintervall*",),
        "kvikkleire_faresone": ("faregrad",),
        "inndeling": ("omraade_id*", "navn"),
        "grunnkrets": ("grunnkretsnummer*", "grunnkretsnavn"),
        "tettsted": ("tettstedsnummer*", "tettstedsnavn"),
        "skolekrets": ("krets_id*", "navn", "trinn*"),
    },
    without={
        "ar5": "Regnskapet er ført over et annet arealdekke enn AR5.",
        "ar5_tidligere": "Det er ikke regnet ut hvordan arealdekket har endret seg.",
        "kommuneplan": "Arealdekket er ikke holdt mot arealformålene i kommuneplanen.",
        "kommuneplan_forslag": "Det er ikke regnet ut hva et planforslag endrer.",
        "reguleringsplan": "Det er ikke ført regnskap for hver reguleringsplan.",
        "reguleringsplan_formaal": "Det er ikke ført regnskap for hver reguleringsplan.",
        "naturtype": "Areal med viktig natur er ukjent, ikke null.",
        "dyrkbar_jord": "Dyrkbar jord er ukjent, ikke null.",
        "kystkontur": "Areal i strandsonen er ukjent, ikke null.",
        "markagrense": "Areal i Marka er ukjent, ikke null.",
    },
    sources=True,
)

_PLANS = {
    "kommuneplan": ("formaal_kode*", "arealstatus*"),
    "kommuneplan_forslag": ("formaal_kode*", "arealstatus*"),
    "reguleringsplan": ("planid*", "plannavn", "planstatus", "ikrafttredelse"),
    "reguleringsplan_formaal": ("planid*", "formaal_kode*", "vertikalniva"),
    "arealvedtak": ("vedtak_id*", "sakstype*", "vedtaksdato*", "formaal_kode", "planid", "navn"),
}
_AR5 = ("arealtype*", "skogbonitet", "treslag", "grunnforhold")
_FACTOR = (
    "id*", "sone", "klasse", "fra", "til", "jordtype", "beholdning", "gass", "verdi", "lav", "hoy",
    "enhet", "horisont", "aar", "kilde", "versjon", "sikkerhet", "plassholder",
)  # fmt: skip

_CARBON = Analysis(
    id="karbon",
    title="Karbon i arealene",
    question="Hvor mye karbon er lagret i arealene, og hva slipper det ut å bygge dem ned?",
    needs=("kommunegrense",),
    either=(("ar5",), ("arealdekke",)),
    uses=("ar5", "arealdekke", *_PLANS, "ar5_tidligere", "karbonfaktor"),
    function="askergeo.analyses.karbon:karbon",
    parameters="karbon",
    seconds=3.0,
    columns={
        "kommunegrense": BOUNDARY,
        "ar5": _AR5,
        "ar5_tidligere": _AR5,
        "arealdekke": ("klasse*",),
        **_PLANS,
        "karbonfaktor": _FACTOR,
    },
    without={
        "ar5": "Klassene er fra et grovt arealdekke: skogens bonitet og treslag og torv under skog "
        "og åker er ukjent.",
        "kommuneplan": "Utslipp fra det som gjeldende kommuneplan legger ut, er ikke regnet.",
        "kommuneplan_forslag": "Planforslaget er ikke holdt mot gjeldende plan.",
        "karbonfaktor": "Faktorene er klimapanelets standardverdier; de fleste er plassholdere.",
    },
    sources=True,
)

_BUDGET = Analysis(
    id="klimabudsjett",
    title="Klimabudsjettet: skog og annen arealbruk",
    question="Hvilket tall skal stå i klimabudsjettets rad for skog og annen arealbruk?",
    needs=("ar5", "kommunegrense"),
    either=(
        ("kommuneplan",),
        ("kommuneplan_forslag",),
        ("arealvedtak",),
        ("reguleringsplan", "reguleringsplan_formaal"),
    ),
    uses=(*_PLANS, "ar5_tidligere", "karbonfaktor", "klimabudsjett"),
    function="askergeo.analyses.klimabudsjett:klimabudsjett",
    parameters="klimabudsjett",
    columns={
        **_CARBON.columns,
        "klimabudsjett": ("sektor*", "kolonne*", "aar*", "tonn", "kilde", "sikkerhet"),
    },
    without={
        "karbonfaktor": "Faktorene er klimapanelets standardverdier; de fleste er plassholdere.",
        "klimabudsjett": "Radene og kolonnene er de i Askers tabell.",
    },
    sources=True,
)

_FARMLAND = Analysis(
    id="jordvern",
    title="Jordvern: omdisponert dyrket og dyrkbar jord",
    question="Hvor mye dyrket og dyrkbar jord er omdisponert per år og plan, mot nullvisjonen?",
    needs=("ar5", "kommunegrense"),
    either=(
        ("reguleringsplan", "reguleringsplan_formaal"),
        ("arealvedtak",),
        ("kommuneplan",),
        ("kommuneplan_forslag",),
    ),
    uses=(*_PLANS, "ar5_tidligere", "dyrkbar_jord"),
    function="askergeo.analyses.jordvern:jordvern",
    parameters="jordvern",
    seconds=2.0,
    columns={
        "kommunegrense": BOUNDARY,
        "ar5": ("arealtype*",),
        "ar5_tidligere": ("arealtype*",),
        **_PLANS,
        "dyrkbar_jord": ("klasse",),
    },
    without={
        "dyrkbar_jord": "Dyrkbar jord er ukjent: bare dyrket jord er regnet. Ukjent er ikke null.",
        "arealvedtak": "Vedtak utenom plan (jordlov, dispensasjon, byggetillatelse) er ikke med.",
        "reguleringsplan_formaal": "Omdisponering i reguleringsplaner er ikke med.",
        "kommuneplan": "Planlagt omdisponering i kommuneplanen er ikke med.",
        "kommuneplan_forslag": "Det er ikke regnet hva planforslaget endrer.",
        "ar5_tidligere": "Jord som er bygd ned og tatt ut av AR5, er ikke med: eldre år blir for "
        "lave.",
    },
    sources=True,
)

_RESERVE = Analysis(
    id="arealreserve",
    title="Arealreserven i planene",
    question="Hvor mye utbyggingsareal er ikke bygd ut, hva ligger det på, og hvor mange boliger "
    "er det plass til?",
    needs=("kommuneplan",),
    uses=(
        "kommuneplan_forslag",
        "reguleringsplan_formaal",
        "reguleringsplan",
        "bygning",
        "veg",
        "ar5",
        "arealbruk",
        "dyrkbar_jord",
        "naturtype",
        "flom",
        "kvikkleire_faresone",
        "kvikkleire_aktsomhet",
        "kystkontur",
        "kommunegrense",
        "vann",
        "byggegrense_sjo",
        "markagrense",
    ),
    function="askergeo.analyses.arealreserve:arealreserve",
    parameters="arealreserve",
    seconds=6.0,
    columns={
        "kommuneplan": ("formaal_kode*", "arealstatus*", "omraadenavn"),
        "kommuneplan_forslag": ("formaal_kode*", "arealstatus*", "omraadenavn"),
        "reguleringsplan_formaal": ("planid*", "formaal_kode*", "vertikalniva"),
        "reguleringsplan": ("planid*", "plannavn", "planstatus", "ikrafttredelse"),
        "bygning": BUILDING,
        "veg": ("vegtype*", "vegkategori", "medium"),
        "ar5": ("arealtype*",),
        "arealbruk": ("hovedklasse*",),
        "naturtype": ("verdi*",),
        "flom": ("gjentaksintervall*",),
        "kvikkleire_faresone": ("faregrad*",),
        "kystkontur": ("kystkontur_id", "objtype", "navn"),
        "kommunegrense": BOUNDARY,
        "vann": ("vanntype*",),
        "byggegrense_sjo": ("byggegrense_id", "planid", "lovgrunnlag"),
    },
    without={
        "kommuneplan_forslag": "Det er ikke regnet ut hva et planforslag tar ut av reserven.",
        "reguleringsplan_formaal": "Kommuneplanen står alene: det som er regulert, er ikke med.",
        "reguleringsplan": "Planstatus er ukjent: alle reguleringsplaner er regnet som vedtatt.",
        "bygning": "Areal ved bygninger er ikke trukket fra, og reserven er for stor.",
        "veg": "Vegareal er ikke trukket fra i veg- og parkeringsformål.",
        "ar5": "Ferskvann er ikke trukket fra, og arealdekket er ukjent, også dyrket jord og myr.",
        "arealbruk": "Bebygd areal er ikke trukket fra, og reserven er for stor.",
        "dyrkbar_jord": "Konflikt med dyrkbar jord er ukjent.",
        "naturtype": "Konflikt med naturtyper er ukjent.",
        "flom": "Konflikt med flomsoner er ukjent.",
        "kvikkleire_faresone": "Konflikt med faresoner for kvikkleire er ukjent.",
        "kvikkleire_aktsomhet": "Konflikt med aktsomhetsområder for kvikkleire er ukjent.",
        "kystkontur": "Konflikt med strandsonen er ukjent.",
        "kommunegrense": "Konflikt med strandsonen er ukjent, og kartet viser ikke land.",
        "byggegrense_sjo": "Byggegrenser mot sjøen er ikke trukket fra: konflikten med strandsonen "
        "er et høyeste tall.",
        "markagrense": "Konflikt med Marka er ukjent.",
    },
    sources=True,
)

LAND: tuple[Analysis, ...] = (_ACCOUNT, _RESERVE, _CARBON, _FARMLAND)

#: The row of the climate budget is asked for with the plan and the years that it is for.
LAND_ON_REQUEST: tuple[Analysis, ...] = (_BUDGET,)
