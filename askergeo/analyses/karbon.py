"""Carbon in the municipality's land: what stands there, and what building on it emits.

Methods: IPCC 2006 Guidelines volume 4, the 2013 Wetlands Supplement and the 2019 Refinement, as
:mod:`askergeo.carbon` has them. What is chosen where the sources are silent is in
docs/metode-karbon.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._plan_style import group_colours
from askergeo._text import listed
from askergeo.analyses._background import land_and_sea
from askergeo.analyses._carbon_map import map_layers
from askergeo.analyses._carbon_reckoned import Settings, cases_of, conversions, main_case
from askergeo.analyses._carbon_stock import SUM, stock_account, stock_table
from askergeo.analyses._carbon_tables import (
    case_table,
    cover_table,
    factor_table,
    flow_table,
    left_out_table,
    path_table,
    purpose_table,
    share_table,
    span_table,
    uncertainty_table,
)
from askergeo.analyses._carbon_takings import CHANGE, carbon_cover, takings
from askergeo.analyses._land import cover_frame, land_boundary
from askergeo.analyses._land_account import (
    balance_table,
    fault_findings,
    mismatch_findings,
    unpublishable,
    with_mismatches,
)
from askergeo.charts import FlowChart
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Fact, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._carbon_reckoned import Case
    from askergeo.analyses._carbon_takings import Takings
    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord, Table

__all__ = ["LAWN", "karbon", "lawn_uptake", "placeholder_count", "placeholder_warning"]

#: What a planner must know before reading that building on a field takes up carbon.
LAWN: Final = (
    "Dyrka jord som blir plen og hage, er regnet som opptak. Det følger av klimapanelets "
    "standardfaktorer for jordkarbon (dyrka 0,69 og plen 1,14 av referansen), ikke av målinger, "
    "og er ikke et argument for å bygge ned dyrka jord."
)
_THOUSAND: Final = 1e3
#: Gaps and overlaps that are named one by one.
_NAMED: Final = 3


def karbon(
    ar5: gpd.GeoDataFrame | None = None,
    *,
    kommunegrense: gpd.GeoDataFrame,
    arealdekke: gpd.GeoDataFrame | None = None,
    kommuneplan: gpd.GeoDataFrame | None = None,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    reguleringsplan: gpd.GeoDataFrame | None = None,
    reguleringsplan_formaal: gpd.GeoDataFrame | None = None,
    arealvedtak: gpd.GeoDataFrame | None = None,
    ar5_tidligere: gpd.GeoDataFrame | None = None,
    karbonfaktor: pd.DataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Reckon the stock of carbon, and the emissions of what is laid out for building.

    Parameters
    ----------
    ar5, kommunegrense, arealdekke
        Layers of the catalogue, in the same projected CRS in metres; the coarse ``arealdekke``
        where there is no AR5.
    kommuneplan, kommuneplan_forslag, reguleringsplan, reguleringsplan_formaal, arealvedtak
        The plans and decisions, those that are there.
    ar5_tidligere
        AR5 as it was before the decisions of the years since.
    karbonfaktor
        Own factors, as the template has them.
    kilder
        Where each layer comes from.
    parameters
        The set ``karbon``.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError, ParameterError
        When what is asked is not there.
    SourceError
        When a factor cannot be used: all faults with row, column and remedy.
    """
    layers = {
        "kommuneplan": kommuneplan,
        "kommuneplan_forslag": kommuneplan_forslag,
        "reguleringsplan": reguleringsplan,
        "reguleringsplan_formaal": reguleringsplan_formaal,
        "arealvedtak": arealvedtak,
        "ar5_tidligere": ar5_tidligere,
    }
    boundary = land_boundary(
        kommunegrense, parameters["grense"], (kilder or {}).get("kommunegrense")
    )
    there = {name: frame for name, frame in layers.items() if frame is not None}
    known = cover_frame({"ar5": ar5, "arealdekke": arealdekke})
    today = ar5 if ar5 is not None else arealdekke
    assert today is not None  # noqa: S101  (cover_frame has seen that one is there)
    check_crs_of({known.layer: today, "kommunegrense": kommunegrense, **there}, boundary.crs)
    settings = Settings.read(parameters, karbonfaktor)
    found = takings(today, layers, boundary, parameters)
    return _result(today, known, found, boundary, settings=settings, parameters=parameters)


def _result(
    today: gpd.GeoDataFrame,
    known: LandCover,
    found: Takings,
    boundary: LandBoundary,
    *,
    settings: Settings,
    parameters: Parameters,
) -> Result:
    """Put the stock and the change together."""
    accounts = [stock_account(carbon_cover(today), boundary, known.layer)]
    if found.account is not None:
        accounts.append(found.account)
    stock, stock_flags = stock_table(accounts[0], settings)
    years = int(parameters["aar"])
    cases = cases_of(found, settings, years)
    used = dict.fromkeys((*stock_flags, *(name for case in cases for name in case.emissions.used)))
    template, facts = _statement(cases, found, stock, years)
    sliver = parameters["splint_bredde_m"]
    reasons = unpublishable(accounts)
    return Result(
        analysis="karbon",
        title="Karbon i arealene",
        template=template,
        facts=facts,
        tables=(
            *_change_tables(cases, found, settings, parameters),
            stock,
            factor_table(settings, tuple(used)),
            balance_table(accounts, boundary),
        ),
        layers=with_mismatches(
            (
                land_and_sea(union(geometries(boundary.frame)), None, boundary.crs),
                *map_layers(found, settings, years),
            ),
            accounts,
            sliver,
            closes=not reasons,
        ),
        findings=(
            *known.findings,
            *found.findings,
            *fault_findings(accounts),
            *mismatch_findings(accounts, sliver, _NAMED),
        ),
        warnings=(
            *placeholder_warning(settings, used),
            *known.warnings,
            *boundary.warnings,
            *found.warnings,
            *_doubts(cases, found, settings),
        ),
        reading=_reading(boundary, settings, years),
        charts=_charts(found),
        unpublishable=reasons,
    )


def placeholder_count(settings: Settings, used: Iterable[str]) -> str:
    """Say how many of the factors in use are placeholders; empty when none is."""
    frame = settings.factors[settings.zone].frame
    names = [name for name in used if name in frame.index]
    flagged = int(frame.loc[names, "plassholder"].sum())
    if not flagged:
        return ""
    return f"{format_number(flagged)} av {format_number(len(names))} faktorer er plassholdere"


def placeholder_warning(settings: Settings, used: Iterable[str]) -> tuple[str, ...]:
    """Name the placeholders among the factors in use: one warning for all of them."""
    how_many = placeholder_count(settings, used)
    if not how_many:
        return ()
    return (
        (
            f"{how_many}: standardverdier som ikke er kontrollert, eller anslag. Tallene viser "
            "størrelsesorden og er ikke kommunens klimagassregnskap. Tabellen «Faktorene bak "
            "tallene» sier hvilke."
        ),
    )


def _change_tables(
    cases: Sequence[Case], found: Takings, settings: Settings, parameters: Parameters
) -> tuple[Table, ...]:
    left = (left_out_table(found),) if len(found.left_out) else ()
    if not len(found.frame):
        return left
    years = int(parameters["aar"])
    main = main_case(cases, found.main)
    # Of many plans only their sum is told year by year.
    shown = [*(case for case in cases if found.main == CHANGE and case is not main), main]
    tables = [conversions(case.taken, settings.shares) for case in shown]
    return (
        case_table(cases, settings, years),
        purpose_table(cases, years),
        cover_table(cases, years),
        flow_table(main),
        path_table(shown, settings, max(int(parameters["bane_aar"]), years), tables),
        span_table(shown, settings, years, tables),
        *uncertainty_table(main, settings, int(parameters["trekninger"])),
        share_table(cases, settings),
        *left,
    )


def lawn_uptake(case: Case) -> bool:
    """Whether farmland that becomes lawn counts as uptake."""
    rows = case.rows
    lawn = rows["klasse"].isin(["dyrka", "beite"]) & (rows["til"] == "bebygd_gront")
    return bool((rows.loc[lawn, "per_aar_t"] * np.sign(rows.loc[lawn, "areal_ha"]) < 0).any())


def _charts(found: Takings) -> tuple[FlowChart, ...]:
    if not len(found.frame):
        return ()
    return (
        FlowChart(
            name="flyt",
            title="Utslipp fra arealdekke til formål, t CO2e",
            table="flyt",
            source="klasse",
            target="gruppe",
            value="sum_t",
            colours=group_colours(),
        ),
    )


def _statement(
    cases: Sequence[Case], found: Takings, stock: Table, years: int
) -> tuple[str, dict[str, Fact]]:
    facts = {
        "lager": Fact(
            title="Lagret i arealene",
            # No more digits than the factors can bear.
            value=float(stock.frame["sum_t_co2"].loc[SUM]) / _THOUSAND,
            unit="tusen t CO2",
        )
    }
    stored = "Arealene lagrer om lag {lager} tusen tonn CO2."
    if not len(found.frame):
        told = "Endring er ikke regnet."
        if found.account is not None:
            told = "Ingen plan legger ut nytt areal som kan regnes."
        return f"{stored} {told}", facts
    main = main_case(cases, found.main)
    row = f"sak_{list(cases).index(main) + 1}"
    facts |= {
        "utslipp": _tonnes("Utslipp når alt bygges ut", main.total, ("endring", row, "sum_t")),
        "lav": _tonnes("Lav", main.low, ("endring", row, "lav_t")),
        "hoy": _tonnes("Høy", main.high, ("endring", row, "hoy_t")),
    }
    subject = {"Planforslaget": "planforslaget", "Gjeldende kommuneplan": "kommuneplanen"}
    who = subject.get(main.title, "planene" if main.title == "I alt" else main.title)
    told = (
        f"Bygges alt nytt areal i {who} ut, gir det {{utslipp}} tonn CO2e over {years} år "
        "(95 %-intervall for faktorene: {lav} til {hoy})"
    )
    if found.main == CHANGE:
        last = next(case for case in cases if case.title == CHANGE)
        row = f"sak_{list(cases).index(last) + 1}"
        more = "mer" if last.total >= 0 else "mindre"
        cell = ("endring", row, "sum_t") if last.total >= 0 else None
        facts["forskjell"] = _tonnes(
            f"{more.capitalize()} enn gjeldende plan", abs(last.total), cell
        )
        told += f", {{forskjell}} tonn {more} enn gjeldende plan"
    flagged = (
        " Faktorene er plassholdere, og tallene viser bare størrelsesorden."
        if main.emissions.rows["plassholdere"].str.len().any()
        else ""
    )
    return f"{told}. {stored}{flagged}", facts


def _tonnes(title: str, value: float, cell: tuple[str, str, str] | None = None) -> Fact:
    return Fact(title=title, value=value, unit="t CO2e", cell=cell)


def _doubts(cases: Sequence[Case], found: Takings, settings: Settings) -> tuple[str, ...]:
    warnings = []
    groups = sorted({str(one)[:2] for case in cases for one in case.taken["gruppe"]})
    unsure = [one for one in groups if settings.shares.loc[one, "sikkerhet"] == "usikker"]
    if unsure:
        warnings.append(
            "Hvor mye av et formål som blir tett dekke, hage eller står urørt, er en forutsetning "
            f"uten kilde (gruppe {listed(unsure)}); se tabellen «Hvor mye av arealet som bygges "
            "ut»."
        )
    if any(lawn_uptake(case) for case in cases):
        warnings.append(LAWN)
    unknown = found.left_out[~found.left_out["grunn"].str.startswith("Bygd")]
    if len(unknown):
        total = format_number(unknown["areal_m2"].sum() / 1e3, 1)
        warnings.append(
            f"{total} dekar som er lagt ut, er ikke regnet, for arealtypen eller formålet er "
            "ukjent eller uten faktor; se tabellen «Lagt ut til utbygging, men ikke regnet»."
        )
    return tuple(warnings)


def _reading(boundary: LandBoundary, settings: Settings, years: int) -> tuple[str, ...]:
    peat = "gravd ut og sluppet ut det første året" if settings.peat == "graves_ut" else "drenert"
    depth = settings.depth
    unfilled = settings.factors[settings.zone].unfilled
    own = (
        (
            (
                f"{format_number(unfilled)} rader i laget «karbonfaktor» har ikke tall og er ikke "
                "brukt; standardfaktoren gjelder der."
            ),
        )
        if unfilled
        else ()
    )
    return (
        f"Arealet er {boundary.text}, målt i {boundary.crs}.",
        (
            "Utslipp er positivt, opptak negativt. Engangsutslippet kommer det første året: "
            "biomassen som fjernes, og torv som graves ut. Årlige utslipp er strø og mineraljord, "
            f"likt fordelt over 20 år, og drenert torv så lenge det er torv. Summen "
            f"gjelder {years} år."
        ),
        (
            f"Torv under det som bygges, er regnet som {peat}, med dybde "
            f"{format_number(depth.value, 1)} m (fra {format_number(depth.low, 1)} til "
            f"{format_number(depth.high, 1)} m)."
        ),
        (
            "Bare areal som ikke er bebygd eller samferdsel i dag, regnes. Hvor mye av det som "
            "blir tett dekke, hage eller står urørt, er en forutsetning for hvert formål."
        ),
        (
            "Intervallet gjelder faktorene. Valget av klimasone og jordklasse står i tabellen "
            "«Spennet». Usikkerhet i arealene er bare med når parameteren arealusikkerhet er satt."
        ),
        (
            "Ikke med: CH4 fra grøfter, N2O fra mineraljord som mister karbon, og utslipp fra "
            "anleggsarbeid, materialer, transport, brann og gjødsel."
        ),
        *own,
    )
