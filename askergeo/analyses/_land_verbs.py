"""The analyses of ``askergeo areal``: the land account, the reserve, carbon and farmland."""

from __future__ import annotations

from askergeo.analyses._analysis import BOUNDARY, Analysis

__all__ = ["LAND"]

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
    ),
    function="askergeo.analyses.arealregnskap:arealregnskap",
    parameters="areal",
    columns={
        "kommunegrense": BOUNDARY,
        "ar5": ("arealtype*",),
        "ar5_tidligere": ("arealtype*",),
        "grunnkart": ("arealdekke_niva1*",),
        "arealdekke": ("klasse*",),
        "kommuneplan": ("formaal_kode*", "arealstatus"),
        "kommuneplan_forslag": ("formaal_kode*", "arealstatus"),
    },
    without={
        "ar5": "Regnskapet er ført over et annet arealdekke enn AR5.",
        "ar5_tidligere": "Det er ikke regnet ut hvordan arealdekket har endret seg.",
        "kommuneplan": "Arealdekket er ikke holdt mot arealformålene i kommuneplanen.",
        "kommuneplan_forslag": "Det er ikke regnet ut hva et planforslag endrer.",
    },
    sources=True,
)

LAND: tuple[Analysis, ...] = (_ACCOUNT,)
