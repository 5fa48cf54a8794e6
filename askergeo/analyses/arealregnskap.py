"""The land account: what the municipality consists of, what plans set aside, what changes.

Every account ends in a line that must close; see docs/metode-arealregnskap.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from askergeo._plan_style import group_colours
from askergeo.analyses import _land_account as closing
from askergeo.analyses import _land_change as change
from askergeo.analyses import _land_map as maps
from askergeo.analyses import _land_tables as tables
from askergeo.analyses._background import land_and_sea
from askergeo.analyses._land import cover_frame, land_boundary, plan_findings, plan_frame
from askergeo.analyses._land_account import DEKAR, NamedAccount
from askergeo.analyses._land_parts import LandPart
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA, account
from askergeo.result import Fact, FlowChart, Result

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord, Table

__all__ = ["arealregnskap"]

_FUTURE: Final = "Framtidig"


@dataclass(frozen=True)
class _Part(LandPart):
    """A part with more to say.

    Parameters
    ----------
    charts
        Flow diagrams of its tables.
    facts
        Its key figures, by name.
    sentence
        What it says in one sentence, with the facts' names in braces.
    """

    charts: tuple[FlowChart, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    sentence: str = ""


def arealregnskap(
    kommunegrense: gpd.GeoDataFrame,
    *,
    ar5: gpd.GeoDataFrame | None = None,
    ar5_tidligere: gpd.GeoDataFrame | None = None,
    grunnkart: gpd.GeoDataFrame | None = None,
    arealdekke: gpd.GeoDataFrame | None = None,
    kommuneplan: gpd.GeoDataFrame | None = None,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Account for the municipality's area.

    Parameters
    ----------
    kommunegrense, ar5, ar5_tidligere, grunnkart, arealdekke, kommuneplan, kommuneplan_forslag
        Layers of the catalogue, all in the same projected CRS in metres.
    kilder
        Where each layer comes from, and when.
    parameters
        The set ``areal``.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary, or in degrees.
    LayerError
        When there is no boundary or no land cover.
    ParameterError
        When the land cover that is asked for is not there.
    """
    sources = kilder or {}
    boundary = land_boundary(kommunegrense, parameters["grense"], sources.get("kommunegrense"))
    wanted = "" if parameters["grunnlag"] == "beste" else parameters["grunnlag"]
    layers = {"ar5": ar5, "grunnkart": grunnkart, "arealdekke": arealdekke}
    cover = cover_frame(layers, wanted)
    farmland = {str(one) for one in parameters["dyrket_klasser"]}
    parts = [_extent(cover, boundary)]
    if ar5 is not None and ar5_tidligere is not None:
        earlier = cover_frame({"ar5": ar5_tidligere}, name="ar5_tidligere")
        parts.append(_cover_change(earlier, cover_frame({"ar5": ar5}), boundary))
    if kommuneplan is not None:
        plan = plan_frame(kommuneplan)
        parts.append(_plan(cover, plan, farmland, boundary))
        if kommuneplan_forslag is not None:
            proposal = plan_frame(kommuneplan_forslag)
            parts.append(_plan_change(cover, plan, proposal, farmland, boundary))
    return _result(parts, cover, boundary, parameters)


def _extent(cover: LandCover, boundary: LandBoundary) -> _Part:
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
    return _Part(
        accounts=(NamedAccount("utstrekning", "Arealdekke nå", found),),
        tables=(table,),
        findings=cover.findings,
        facts=facts,
        sentence=f"Kommunen har {{areal}} dekar {what}.",
    )


def _cover_change(before: LandCover, after: LandCover, boundary: LandBoundary) -> _Part:
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
    layer = maps.cover_change_layer(before, after, boundary)
    chart = FlowChart(
        name="endring_arealdekke",
        title="Endret arealdekke mellom to datoer",
        table=flows.name,
        source="fra",
        target="til",
        value="dekar",
        colours=dict(zip(after.classes["klassenavn"], after.classes["farge"], strict=True)),
    )
    return _Part(
        accounts=(NamedAccount("endring_arealdekke", "Arealdekke ved to datoer", found),),
        tables=(change.cover_change(named, order), flows),
        layers=() if layer is None else (layer,),
        charts=(chart,) if len(flows.frame) else (),
        findings=before.findings,
    )


def _plan(
    cover: LandCover, plan: gpd.GeoDataFrame, farmland: Collection[str], boundary: LandBoundary
) -> _Part:
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
    return _Part(
        accounts=(NamedAccount("plan", "Arealdekke i kommuneplanen", found),),
        tables=(tables.plan_pivot(named, found), tables.plan_matrix(named)),
        layers=() if layer is None else (layer,),
        findings=plan_findings(plan, "kommuneplan"),
        facts=facts,
        sentence="Kommuneplanen setter av {framtidig} dekar til framtidig utbygging, av det "
        "{dyrket_framtidig} dekar dyrket jord.",
    )


def _plan_change(
    cover: LandCover,
    plan: gpd.GeoDataFrame,
    proposal: gpd.GeoDataFrame,
    farmland: Collection[str],
    boundary: LandBoundary,
) -> _Part:
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
    layer = maps.plan_change_layer(plan, proposal, cover, farmland, boundary)
    chart = FlowChart(
        name="planendring",
        title="Hva planforslaget endrer",
        table=flows.name,
        source="fra",
        target="til",
        value="dekar",
        colours=_purpose_colours(named),
    )
    facts = _change_facts(by_cover, named, farmland)
    return _Part(
        accounts=(NamedAccount("planendring", "Gjeldende plan mot forslag", found),),
        tables=(change.plan_by_purpose(named), by_cover, flows),
        layers=() if layer is None else (layer,),
        charts=(chart,) if len(flows.frame) else (),
        findings=plan_findings(proposal, "kommuneplan_forslag"),
        facts=facts,
        sentence="Forslaget tar {tatt_ut} dekar ut av utbyggingsformål og legger til {lagt_til}; "
        "dyrket jord til utbygging endres med {dyrket_differanse} dekar.",
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


def _result(
    parts: list[_Part], cover: LandCover, boundary: LandBoundary, parameters: Parameters
) -> Result:
    accounts = tuple(one for part in parts for one in part.accounts)
    sliver = parameters["splint_bredde_m"]
    land = land_and_sea(union(geometries(boundary.frame)), None, boundary.crs)
    closes = all(one.account.closes for one in accounts)
    facts = {name: fact for part in parts for name, fact in part.facts.items()}
    sentences = [part.sentence for part in parts if part.sentence]
    sentences.append(
        "Regnskapet går opp."
        if closes
        else "Regnskapet går ikke opp, og tallene må ikke publiseres."
    )
    return Result(
        analysis="areal",
        title="Arealregnskap",
        template=" ".join(sentences),
        facts=facts,
        tables=(
            *(table for part in parts for table in part.tables),
            closing.balance_table(accounts, boundary),
            closing.mismatch_table(accounts, sliver),
        ),
        layers=(
            land,
            *(layer for part in parts for layer in part.layers),
            *closing.mismatch_layers(accounts, sliver),
        ),
        charts=tuple(chart for part in parts for chart in part.charts),
        findings=(
            *(finding for part in parts for finding in part.findings),
            *closing.fault_findings(accounts),
            *closing.mismatch_findings(accounts, sliver, parameters["hull_nevnt"]),
        ),
        warnings=(*boundary.warnings, *cover.warnings),
        reading=_reading(accounts, cover, boundary),
        unpublishable=closing.unpublishable(accounts),
    )


def _reading(
    accounts: tuple[NamedAccount, ...], cover: LandCover, boundary: LandBoundary
) -> tuple[str, ...]:
    first = accounts[0].account
    plane, ellipsoid = first.balance.boundary_m2, first.ellipsoidal_m2
    which = f"Grensen er {boundary.text}. Arealdekket er {cover.title}."
    line = (
        "Hvert regnskap slutter med en linje i «Går regnskapet opp?»: kommunens areal = rader + "
        "ikke dekket − talt flere ganger. Leddene er regnet hver for seg av geometrien."
    )
    whole = (
        "Planens tall gjelder hele planen, også det som alt er bygd. Hva som er igjen å bygge på, "
        "er arealreserven («askergeo areal reserve»)."
    )
    plane_note = (
        f"Arealene er målt i kartplanet ({first.crs}): {format_number(plane / DEKAR)} dekar. På "
        f"jordellipsoiden er arealet {format_number(ellipsoid / DEKAR)} dekar "
        f"({format_number((ellipsoid / plane - 1) * 100, 3)} %)."
    )
    return which, line, whole, plane_note
