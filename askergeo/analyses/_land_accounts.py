"""The accounts of the whole municipality: extent now and before, plan, and plan against plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from askergeo._plan_style import group_colours
from askergeo.analyses import _land_change as change
from askergeo.analyses import _land_map as maps
from askergeo.analyses import _land_tables as tables
from askergeo.analyses._land import plan_findings
from askergeo.analyses._land_account import DEKAR, NamedAccount
from askergeo.analyses._land_parts import LandPart
from askergeo.charts import FlowChart, LedgerChart
from askergeo.overlay.account import AREA, account
from askergeo.result import Fact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.result import Table

__all__ = ["Part", "cover_change", "extent", "plan_change", "plan_matrix"]

_FUTURE: Final = "Framtidig"
# Share of the municipality without a class from which the first sentence says so.
_NOTED: Final = 0.001


@dataclass(frozen=True)
class Part(LandPart):
    """A part with more to say.

    Parameters
    ----------
    charts
        Flow diagrams of its tables.
    facts
        Its key figures, by name.
    sentence
        What it says in one sentence, with the facts' names in braces.
    details
        Long tables, shown after those of all parts.
    """

    charts: tuple[FlowChart | LedgerChart, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    sentence: str = ""
    details: tuple[Table, ...] = ()


def extent(cover: LandCover, boundary: LandBoundary) -> Part:
    """Extent now by class (account 1)."""
    found = account(
        {cover.layer: cover.frame},
        by={cover.layer: ["klasse"]},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    table = tables.extent_table(found, cover.layer, cover)
    balance = found.balance
    what = "land" if boundary.extent == "land" else "land og sjø"
    large = balance.not_covered_m2 > _NOTED * balance.boundary_m2
    missing = f" {{ikke_dekket}} dekar av dem har ingen klasse i {cover.title}."
    facts = {
        "areal": Fact(
            title=f"Areal av {what}",
            value=balance.boundary_m2 / DEKAR,
            unit="dekar",
            cell=(table.name, tables.TOTAL, "dekar"),
        ),
        "ikke_dekket": Fact(
            title="Ikke dekket av arealdekket",
            value=balance.not_covered_m2 / DEKAR,
            unit="dekar",
            decimals=1,
        ),
    }
    return Part(
        accounts=(NamedAccount("utstrekning", "Arealdekke nå", found),),
        tables=(table,),
        findings=cover.findings,
        facts=facts,
        sentence=f"Kommunen har {{areal}} dekar {what}." + (missing if large else ""),
    )


def cover_change(
    before: LandCover, after: LandCover, boundary: LandBoundary, dates: tuple[str, str]
) -> Part:
    """Extent at two dates (account 2)."""
    themes = {"ar5_tidligere": before, "ar5": after}
    found = account(
        {name: one.frame for name, one in themes.items()},
        by={name: ["klasse"] for name in themes},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    named = found.rows.join(
        tables.named_cover(found.rows, "ar5_tidligere", before).add_prefix(change.BEFORE)
    ).join(tables.named_cover(found.rows, "ar5", after).add_prefix(change.AFTER))
    order = {str(name): at for at, name in enumerate(after.classes["klassenavn"])}
    flows = change.cover_flows(named)
    layer = maps.cover_change_layer(before, after, boundary, apart=not len(found.overlaps))
    chart = FlowChart(
        name="endring_arealdekke",
        title="Endret arealdekke mellom to datoer",
        table=flows.name,
        source="fra",
        target="til",
        value="dekar",
        colours=dict(zip(after.classes["klassenavn"], after.classes["farge"], strict=True)),
    )
    return Part(
        accounts=(NamedAccount("endring_arealdekke", "Arealdekke ved to datoer", found),),
        tables=(change.cover_change(named, order, dates), flows),
        layers=() if layer is None else (layer,),
        charts=(chart,) if len(flows.frame) else (),
        findings=before.findings,
    )


def plan_matrix(
    cover: LandCover, plan: gpd.GeoDataFrame, farmland: Collection[str], boundary: LandBoundary
) -> Part:
    """Land cover by planned purpose (account 3)."""
    found = account(
        {cover.layer: cover.frame, "kommuneplan": plan},
        by={cover.layer: ["klasse"], "kommuneplan": ["kode", "status"]},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    purposes = tables.purposes_of(plan)
    named = (
        found.rows[[AREA]]
        .join(tables.named_cover(found.rows, cover.layer, cover))
        .join(tables.named_plan(found.rows, "kommuneplan", purposes).add_prefix("plan_"))
    )
    future = named[(named["plan_utbygging"] == "ja") & (named["plan_status"] == _FUTURE)]
    farmed = future[future["klasse"].isin(farmland)][AREA].sum()
    facts = {
        "framtidig": Fact(
            title="Satt av til framtidig utbygging",
            value=future[AREA].sum() / DEKAR,
            unit="dekar",
        ),
        "dyrket_framtidig": Fact(
            title="Dyrket jord satt av til framtidig utbygging",
            value=farmed / DEKAR,
            unit="dekar",
        ),
    }
    layer = maps.future_layer(plan, cover, boundary)
    return Part(
        accounts=(NamedAccount("plan", "Arealdekke i kommuneplanen", found),),
        tables=(tables.plan_pivot(named, found),),
        details=(tables.plan_matrix(named),),
        layers=() if layer is None else (layer,),
        findings=plan_findings(plan, "kommuneplan"),
        facts=facts,
        sentence="Kommuneplanen setter av {framtidig} dekar til framtidig utbygging, av det "
        "{dyrket_framtidig} dekar dyrket jord.",
    )


def plan_change(
    cover: LandCover,
    plan: gpd.GeoDataFrame,
    proposal: gpd.GeoDataFrame,
    farmland: Collection[str],
    boundary: LandBoundary,
) -> Part:
    """Tell what the proposal changes, on the whole plan (account 4)."""
    plans = {"kommuneplan": plan, "kommuneplan_forslag": proposal}
    found = account(
        {cover.layer: cover.frame, **plans},
        by={cover.layer: ["klasse"], **{name: ["kode", "status"] for name in plans}},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    purposes = tables.purposes_of(plan, proposal)
    named = found.rows[[AREA]].join(tables.named_cover(found.rows, cover.layer, cover))
    for theme, prefix in zip(plans, (change.BEFORE, change.AFTER), strict=True):
        named = named.join(tables.named_plan(found.rows, theme, purposes).add_prefix(prefix))
    order = {str(name): at for at, name in enumerate(cover.classes["klassenavn"])}
    flows = change.plan_flows(named)
    by_cover = change.plan_by_cover(named, order)
    apart = not found.overlaps["tema"].isin(list(plans)).any()
    layer = maps.plan_change_layer(plan, proposal, cover, farmland, boundary, apart=apart)
    chart = FlowChart(
        name="planendring",
        title="Hva planforslaget endrer",
        table=flows.name,
        source="fra",
        target="til",
        value="dekar",
        colours=_purpose_colours(named),
    )
    steps = LedgerChart(
        name="planendring_regnskap",
        title="Areal med utbyggingsformål, fra gjeldende plan til forslaget",
        table=by_cover.name,
        row=tables.TOTAL,
        start="gjeldende",
        added=("lagt_til",),
        taken=("tatt_ut",),
        end="forslag",
    )
    facts = _change_facts(by_cover, named, farmland)
    return Part(
        accounts=(NamedAccount("planendring", "Gjeldende plan mot forslag", found),),
        tables=(by_cover, change.plan_by_purpose(named), flows),
        layers=() if layer is None else (layer,),
        charts=(steps, chart) if len(flows.frame) else (),
        findings=plan_findings(proposal, "kommuneplan_forslag"),
        facts=facts,
        sentence="Forslaget tar {tatt_ut} dekar ut av utbyggingsformål og legger til {lagt_til} "
        f"dekar; {_farmland_words(facts['dyrket_differanse'])}.",
    )


def _change_facts(
    by_cover: Table, named: pd.DataFrame, farmland: Collection[str]
) -> dict[str, Fact]:
    taken, added = (float(by_cover.frame[one].loc[tables.TOTAL]) for one in ("tatt_ut", "lagt_til"))
    names = named.loc[named["klasse"].isin(list(farmland)), "klassenavn"].unique()
    farmed = by_cover.frame.loc[by_cover.frame.index.isin(names), "differanse"].sum()
    return {
        "tatt_ut": Fact(
            title="Tatt ut av utbyggingsformål i forslaget",
            value=taken,
            unit="dekar",
            cell=(by_cover.name, tables.TOTAL, "tatt_ut"),
        ),
        "lagt_til": Fact(
            title="Lagt til utbyggingsformål i forslaget",
            value=added,
            unit="dekar",
            cell=(by_cover.name, tables.TOTAL, "lagt_til"),
        ),
        "dyrket_differanse": Fact(
            title="Endring i dyrket jord med utbyggingsformål", value=farmed, unit="dekar"
        ),
    }


def _farmland_words(change_of: Fact) -> str:
    """Say which way farmland goes; the fact has its sign."""
    more = isinstance(change_of.value, float) and change_of.value > 0
    kind = "mer" if more else "mindre"
    return f"dyrket jord med utbyggingsformål blir {kind} ({{dyrket_differanse}} dekar)"


def _purpose_colours(named: pd.DataFrame) -> dict[str, str]:
    """Colour of each purpose with its status: that of its group, future ones stronger."""
    now, later = group_colours(), group_colours(future=True)
    colours: dict[str, str] = {}
    for prefix in (change.BEFORE, change.AFTER):
        labels = change.purpose_label(named, prefix)
        for label, group, status in zip(
            labels, named[f"{prefix}gruppe"], named[f"{prefix}status"], strict=True
        ):
            found = (later if status == _FUTURE else now).get(group)
            if found:
                colours[label] = found
    return colours
