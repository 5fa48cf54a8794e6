"""The land account of each reguleringsplan, for a case file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._codes import load_codes
from askergeo._text import nearest
from askergeo.analyses._land import plan_findings
from askergeo.analyses._land_account import DEKAR, faults_named
from askergeo.analyses._land_parts import (
    NO_COVER,
    LandPart,
    balance_of_parts,
    dekar_column,
    not_closing,
)
from askergeo.analyses._land_plan_sheets import NO_PURPOSE, plan_rows, plan_themes, read_sheets
from askergeo.analyses._land_themes import THEMES, Theme
from askergeo.catalogue import load_catalogue
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.account import Balance
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.door import check_crs_of
from askergeo.result import Column, Finding, MapLayer, Severity, Status, Style, StyleClass, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.analyses._land_plan_sheets import PlanSheets
    from askergeo.parameters import Parameters

__all__ = ["plan_accounts"]

_LAYER: Final = "reguleringsplan"
_PURPOSES: Final = "reguleringsplan_formaal"
# Plans of each kind of fault that are named, the worst first.
_NAMED: Final = 20
# Rows of less (m²) are what rounding leaves at common borders.
_NOTHING: Final = 0.01
_READING: Final = (
    "Hver reguleringsplan er ført for seg, innenfor sitt eget planområde. Planer ligger over "
    "hverandre, så planene kan ikke legges sammen til kommunens areal. Bare formål på grunnen tar "
    "land; formål på andre vertikalnivåer står som egne rader."
)
_RULES: Final = {
    "areal.plan_uten_formaal": (
        "Planområde uten formål på grunnen",
        "Arealet er «uten formål» i planens regnskap.",
    ),
    "areal.plan_overlapp": (
        "Formål i samme plan overlapper",
        "Arealet er talt én gang for hvert formål, og trukket fra i planens sluttlinje.",
    ),
    "areal.plan_utenfor": (
        "Formål utenfor planområdet",
        "Arealet er ikke med i planens regnskap.",
    ),
}
_FOREST: Final = "skog"
# Themes that the summary has a column for.
_COLUMN: Final = {
    _FOREST: "skog_dekar",
    "dyrket": "dyrket_dekar",
    "dyrkbar_jord": "dyrkbar_dekar",
    "myr": "myr_dekar",
    "naturtype": "naturtype_dekar",
    "strandsone": "strandsone_dekar",
}


def plan_accounts(
    boundary: LandBoundary,
    cover: LandCover,
    outlines: gpd.GeoDataFrame,
    purposes: gpd.GeoDataFrame,
    *,
    themes: tuple[Theme, ...],
    parameters: Parameters,
) -> LandPart:
    """Account for each reguleringsplan by itself: purpose by land cover, and what it touches.

    Parameters
    ----------
    boundary, cover
        Whose CRS counts, and the land cover.
    outlines
        Layer ``reguleringsplan``.
    purposes
        Layer ``reguleringsplan_formaal`` from `askergeo.analyses._land.plan_frame`.
    themes
        Themes that the plans are held against.
    parameters
        The set ``areal``; ``plan`` limits the account to some plans.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary.
    ParameterError
        When a plan that is asked for is not there.
    """
    layers = {_LAYER: outlines, _PURPOSES: purposes, cover.layer: cover.frame}
    check_crs_of({**layers, **{one.name: one.frame for one in themes}}, boundary.crs)
    chosen = [str(one) for one in parameters["plan"]]
    outlines, purposes = _only(outlines, purposes, chosen)
    sheets = read_sheets(outlines, purposes, parameters["bakkenivaa"])
    rows, lines, faults = plan_rows(sheets, cover, boundary.crs)
    forest = cover.frame[cover.frame["gruppe"] == "Skog"]
    themes = (Theme(_FOREST, "Skog", forest, cover.title), *themes)
    touched = plan_themes(sheets, themes, boundary.crs)
    balances = {
        str(plan): (f"Plan {plan}", Balance(*(float(value) for value in line)))
        for plan, line in zip(lines.index, lines.to_numpy(), strict=True)
    }
    summary = _summary(sheets, lines, touched)
    tables = (
        summary,
        _purpose_table(sheets, rows),
        *_theme_table(sheets, touched, themes, everything=bool(chosen)),
        *balance_of_parts(
            "plan_balanse",
            "Går planene opp?",
            balances,
            "Arealet er planområdet. Ikke dekket er der planen ikke har formål på grunnen, eller "
            "arealdekket mangler.",
        ),
    )
    return LandPart(
        tables=tables,
        layers=_layers(sheets, summary, drawn=bool(chosen)),
        findings=(
            *plan_findings(purposes, _PURPOSES, _LAYER),
            *faults_named(pd.concat([sheets.faults, faults], ignore_index=True)),
            *_findings(sheets, float(parameters["plan_avvik_m2"])),
        ),
        reading=(_READING,),
        unpublishable=not_closing(balances),
    )


def _only(
    outlines: gpd.GeoDataFrame, purposes: gpd.GeoDataFrame, chosen: list[str]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    if not chosen:
        return outlines, purposes
    known = outlines["planid"].astype("string")
    unknown = [one for one in chosen if not (known == one).any()]
    if unknown:
        names = known.dropna().unique().tolist()
        raise ParameterError(
            f"Det er ingen reguleringsplan med plan-id «{unknown[0]}». "
            f"{nearest(unknown[0], names)}".rstrip(),
            remedy="Skriv plan-id slik den står i laget «reguleringsplan», for eksempel "
            f"{names[0] if names else '2023005'}.",
        )
    return (
        outlines[known.isin(chosen).to_numpy(dtype=bool)],
        purposes[purposes["planid"].astype("string").isin(chosen).to_numpy(dtype=bool)],
    )


def _coded(frame: pd.DataFrame, column: str) -> pd.Series:
    """Say a plan's code in words; empty where there is none."""
    codes = {
        str(code): text
        for code, text in (load_catalogue()[_LAYER].columns[column].codes or {}).items()
    }
    if column not in frame:
        return pd.Series("", index=frame.index)
    values = frame[column].astype("string").fillna("")
    return values.map(codes).fillna(values)


def _summary(sheets: PlanSheets, lines: pd.DataFrame, touched: pd.DataFrame) -> Table:
    """One row a plan."""
    plans = sheets.plans
    dates = plans["ikrafttredelse"] if "ikrafttredelse" in plans else pd.Series("", plans.index)
    names = plans["plannavn"] if "plannavn" in plans else pd.Series("", plans.index)
    touched_by = {name: part.set_index("planid") for name, part in touched.groupby("tema")}
    frame = pd.DataFrame(
        {
            "planid": plans.index,
            "plannavn": names.astype("string").fillna("").astype(object),
            "planstatus": _coded(plans, "planstatus"),
            "plantype": _coded(plans, "plantype"),
            "ikrafttredelse": dates.astype("string").fillna("").str.slice(0, 10).astype(object),
            "areal_dekar": lines["grense_m2"] / DEKAR,
            "formaal_dekar": plans["formaal_m2"] / DEKAR,
            "uten_formaal_dekar": plans["uten_m2"] / DEKAR,
            "utbygging_dekar": plans["utbygging_m2"] / DEKAR,
            **{
                column: touched_by[name]["i_planen_m2"] / DEKAR if name in touched_by else np.nan
                for name, column in _COLUMN.items()
            },
            "andre_nivaa_dekar": plans["andre_m2"] / DEKAR,
            "overlapp_m2": plans["overlapp_m2"].where(plans["overlapp_m2"] > _NOTHING, 0.0),
            "utenfor_m2": plans["utenfor_m2"],
        },
        index=plans.index,
    )
    return Table(
        name="planer",
        title="Reguleringsplanene",
        frame=frame,
        columns=_summary_columns(),
        note="Hver plan er ført for seg; planer kan ligge over hverandre. Et tema uten tall (..) "
        "mangler i datapakken.",
    )


def _summary_columns() -> dict[str, Column]:
    titles = {_FOREST: "Skog", **{name: title for name, (title, _) in THEMES.items()}}
    themes = {
        column: dekar_column(titles[name], "Areal av temaet i planområdet, hvert sted én gang.")
        for name, column in _COLUMN.items()
    }
    return {
        "planid": Column(title="Plan-id"),
        "plannavn": Column(title="Plannavn"),
        "planstatus": Column(title="Planstatus"),
        "plantype": Column(title="Plantype"),
        "ikrafttredelse": Column(title="Ikrafttredelse"),
        "areal_dekar": dekar_column("Planområde"),
        "formaal_dekar": dekar_column("Med formål på grunnen"),
        "uten_formaal_dekar": dekar_column("Uten formål på grunnen"),
        "utbygging_dekar": dekar_column("Utbyggingsformål"),
        **themes,
        "andre_nivaa_dekar": dekar_column("Formål under eller over grunnen"),
        "overlapp_m2": Column(title="Formål som overlapper", unit="m²", decimals=1),
        "utenfor_m2": Column(title="Formål utenfor planområdet", unit="m²", decimals=1),
    }


def _purpose_table(sheets: PlanSheets, rows: pd.DataFrame) -> Table:
    """One row a plan, vertical level, purpose and class of land cover."""
    keys = ["planid", "paa_grunnen", "niva", "kode", "formaal", "utbygging", "klassenavn"]
    filled = rows.assign(klassenavn=rows["klassenavn"].astype("string").fillna(NO_COVER))
    sums = filled.groupby(keys, dropna=False)["m2"].sum().reset_index()
    sums = sums[sums["m2"] > _NOTHING]
    place = {plan: at for at, plan in enumerate(sheets.plans.index)}
    # On the ground first, what has no purpose last.
    order = np.lexsort(
        [
            -sums["m2"].to_numpy(),
            sums["formaal"].to_numpy(dtype=object).astype(str),
            (sums["formaal"] == NO_PURPOSE).to_numpy(),
            ~sums["paa_grunnen"].to_numpy(dtype=bool),
            sums["planid"].map(place).to_numpy(),
        ]
    )
    sums = sums.iloc[order].reset_index(drop=True)
    levels = load_catalogue()[_PURPOSES].columns["vertikalniva"].codes or {}
    words = {"": "", **{str(code): text for code, text in levels.items()}}
    frame = pd.DataFrame(
        {
            "planid": sums["planid"],
            "niva": sums["niva"].map(words).fillna(sums["niva"]),
            "kode": sums["kode"],
            "formaal": sums["formaal"],
            "utbygging": _yes_or_no(sums["utbygging"].astype("boolean")),
            "klassenavn": sums["klassenavn"].astype(object),
            "m2": sums["m2"],
            "dekar": sums["m2"] / DEKAR,
        }
    )
    frame.index = pd.Index(
        sums[["planid", "niva", "kode", "klassenavn"]].astype(str).agg("|".join, axis=1)
    )
    return Table(
        name="plan_formaal",
        title="Formål og arealdekke per plan",
        frame=frame,
        columns={
            "planid": Column(title="Plan-id"),
            "niva": Column(title="Vertikalnivå"),
            "kode": Column(title="Kode"),
            "formaal": Column(title="Arealformål"),
            "utbygging": Column(title="Utbygging"),
            "klassenavn": Column(title="Arealdekke"),
            "m2": Column(title="Areal i kvadratmeter", unit="m²", decimals=1),
            "dekar": Column(title="Areal", unit="dekar", decimals=2),
        },
        note="Et tomt vertikalnivå er regnet som på grunnen. Rader på andre nivåer tar ikke land "
        "og er ikke med i planens sum.",
    )


def _yes_or_no(known: pd.Series) -> NDArray[np.object_]:
    yes = known.fillna(value=False).to_numpy(dtype=bool)
    return np.where(known.isna(), "ukjent", np.where(yes, "ja", "nei")).astype(object)


def _theme_table(
    sheets: PlanSheets, touched: pd.DataFrame, themes: tuple[Theme, ...], *, everything: bool
) -> tuple[Table, ...]:
    """One row a plan and theme; of all plans only what they touch."""
    titles = {one.name: one.title for one in themes}
    some = touched if everything else touched[touched["i_planen_m2"] > _NOTHING]
    if not len(some):
        return ()
    place = {plan: at for at, plan in enumerate(sheets.plans.index)}
    some = some.sort_values("planid", key=lambda ids: ids.map(place), kind="stable")
    frame = pd.DataFrame(
        {
            "planid": some["planid"],
            "tema": some["tema"].map(titles),
            "i_planen_m2": some["i_planen_m2"],
            "i_planen_dekar": some["i_planen_m2"] / DEKAR,
            "i_utbygging_m2": some["i_utbygging_m2"],
            "i_utbygging_dekar": some["i_utbygging_m2"] / DEKAR,
        }
    ).set_axis(pd.Index(some["planid"].astype(str) + "|" + some["tema"]))
    table = Table(
        name="plan_tema",
        title="Tema i hver reguleringsplan",
        frame=frame,
        columns={
            "planid": Column(title="Plan-id"),
            "tema": Column(title="Tema"),
            "i_planen_m2": Column(title="I planområdet, kvadratmeter", unit="m²", decimals=1),
            "i_planen_dekar": Column(title="I planområdet", unit="dekar", decimals=2),
            "i_utbygging_m2": Column(
                title="I utbyggingsformål, kvadratmeter", unit="m²", decimals=1
            ),
            "i_utbygging_dekar": Column(title="I utbyggingsformål", unit="dekar", decimals=2),
        },
        note="Hvert sted er talt én gang. Utbyggingsformål er formål på grunnen som regnes som "
        "utbygging; noe av arealet kan alt være bygd.",
    )
    return (table,)


def _findings(sheets: PlanSheets, least: float) -> list[Finding]:
    """Name the faults of the plans' own geometry, the worst of each kind."""
    plans = sheets.plans
    kinds = (
        ("areal.plan_uten_formaal", plans["uten_m2"]),
        ("areal.plan_overlapp", plans["overlapp_m2"]),
        ("areal.plan_utenfor", plans["utenfor_m2"]),
    )
    found = [one for rule, area in kinds for one in _faulty(plans, area, least, rule)]
    if len(sheets.orphans):
        ids = sheets.orphans["planid"].astype("string").fillna("(tom)")
        area = float(shapely.area(geometries(sheets.orphans)).sum())
        named = sorted(ids.unique())
        found.append(
            Finding(
                rule="areal.plan_uten_omriss",
                title="Formål i en plan uten planområde",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(len(ids))} rader ({format_number(area / DEKAR, 1)} dekar) "
                f"hører til {format_number(len(named))} planer som ikke er i laget «{_LAYER}»: "
                f"{', '.join(named[:_NAMED])}{', …' if len(named) > _NAMED else ''}. "
                "De er ikke med.",
                layer=_PURPOSES,
                row=", ".join(map(str, sheets.orphans.index[:_NAMED])),
                action="Legg til planområdene, eller rett plan-id.",
            )
        )
    return [*found, *_overlapping(plans, least)]


def _faulty(plans: gpd.GeoDataFrame, area: pd.Series, least: float, rule: str) -> list[Finding]:
    title, meaning = _RULES[rule]
    bad = area[area > least].sort_values(ascending=False, kind="stable")
    if not len(bad):
        return []
    named = "; ".join(
        f"{plan} ({format_number(m2, 1)} m²)" for plan, m2 in bad.head(_NAMED).items()
    )
    return [
        Finding(
            rule=rule,
            title=title,
            status=Status.HIT_YELLOW,
            severity=Severity.WARNING,
            text=f"{format_number(len(bad))} {'plan' if len(bad) == 1 else 'planer'}, til sammen "
            f"{format_number(bad.sum(), 1)} m²: {named}{'; …' if len(bad) > _NAMED else ''}. "
            f"{meaning}",
            layer=_PURPOSES,
            row=str(bad.index[0]),
            action="Rett formålene eller planområdet i kilden.",
            geometry=shapely.point_on_surface(plans.geometry.loc[bad.index[0]]),
        )
    ]


def _overlapping(plans: gpd.GeoDataFrame, least: float) -> list[Finding]:
    """Say how many plans lie over each other; that is no fault."""
    found = pair_areas(plans, plans, crs=str(plans.crs))
    some = (found.left < found.right) & (found.area > least)
    if not some.any():
        return []
    order = np.argsort(-found.area[some], kind="stable")[:_NAMED]
    ids = plans.index.to_numpy(dtype=object)
    one, other, area = found.left[some], found.right[some], found.area[some]
    named = "; ".join(
        f"{ids[one[at]]} og {ids[other[at]]} ({format_number(area[at] / DEKAR, 1)} dekar)"
        for at in order
    )
    return [
        Finding(
            rule="areal.planer_over_hverandre",
            title="Planområder ligger over hverandre",
            status=Status.HIT_YELLOW,
            severity=Severity.INFO,
            text=f"{format_number(int(some.sum()))} par av planer: {named}"
            f"{'; …' if some.sum() > _NAMED else ''}. Hver plan er ført for seg.",
            layer=_LAYER,
            row=str(ids[one[order[0]]]),
            action="Se etter om den eldre planen er erstattet.",
        )
    ]


def _layers(sheets: PlanSheets, summary: Table, *, drawn: bool) -> tuple[MapLayer, ...]:
    """Draw the outlines, and the purposes of plans that were asked for."""
    name = sheets.plans.geometry.name
    frame = gpd.GeoDataFrame(
        summary.frame.assign(geometry=sheets.plans[name]), crs=sheets.plans.crs
    )
    outlines = MapLayer(
        name="planer",
        title="Reguleringsplaner",
        frame=frame,
        columns=summary.columns,
        style=Style(fill="#ffffff", stroke="#c00000", width=0.5, opacity=0.15, dash=True),
        visible=drawn,
    )
    if not drawn:
        return (outlines,)
    pieces = sheets.pieces[sheets.pieces["formaal"] != NO_PURPOSE].reset_index(drop=True)
    codes = {str(one.code): one for one in load_codes(_PURPOSES).values()}
    classes = tuple(
        StyleClass(value=code, label=codes[code].name, fill=codes[code].fill, stroke="#6b6b6b")
        for code in sorted(set(pieces["kode"]))
        if code in codes
    )
    columns: dict[str, Any] = {
        "planid": Column(title="Plan-id"),
        "kode": Column(title="Kode"),
        "formaal": Column(title="Arealformål"),
        "niva": Column(title="Vertikalnivå"),
        "dekar": Column(title="Areal", unit="dekar", decimals=2),
    }
    purposes = MapLayer(
        name="plan_formaal",
        title="Arealformål i planen",
        frame=pieces.assign(dekar=shapely.area(geometries(pieces)) / DEKAR)[[*columns, "geometry"]],
        columns=columns,
        style=Style(column="kode", classes=classes, stroke="#6b6b6b", width=0.15, opacity=0.8),
    )
    return purposes, outlines
