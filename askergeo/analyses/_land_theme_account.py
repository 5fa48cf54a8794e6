"""The account of themes: how much there is, on what land, and what the plans do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from askergeo.analyses._land_account import DEKAR, faults_named
from askergeo.analyses._land_parts import (
    FUTURE,
    NOTHING,
    USES,
    LandPart,
    balance_of_parts,
    cover_groups,
    dekar_column,
    not_closing,
    planned_use,
    sheet_lines,
    use_column,
)
from askergeo.analyses._land_theme_ground import DRAFT, PLAN, ground_of
from askergeo.analyses._land_themes import THEMES, WHOLE
from askergeo.catalogue import load_catalogue
from askergeo.geometry import union
from askergeo.overlay.door import check_crs_of, checked
from askergeo.result import Column, MapLayer, Style, StyleClass, Table

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.analyses._land_theme_ground import ClassGround, Found
    from askergeo.analyses._land_themes import Theme
    from askergeo.result import Finding

__all__ = ["theme_account"]

_READING: Final = (
    "Et tema er ført innenfor sine egne flater. Utenfor dem er det ikke alltid kartlagt: kolonnen "
    "«Dekning» sier hva som er kjent. Et tema uten tall mangler i datapakken; det er ikke null."
)
_COLOURS: Final = {
    "naturtype": "#238b45",
    "myr": "#8856a7",
    "strandsone": "#3182bd",
    "dyrket": "#fec44f",
    "dyrkbar_jord": "#d8b365",
    "markagrense": "#006d2c",
    "flom": "#6baed6",
    "kvikkleire_faresone": "#a63603",
}


def theme_account(
    boundary: LandBoundary,
    cover: LandCover,
    themes: tuple[Theme, ...],
    plans: Mapping[str, gpd.GeoDataFrame],
    wanted: Sequence[str] = tuple(THEMES),
) -> LandPart:
    """Account for each theme: its land cover, and what the plans do with it.

    Parameters
    ----------
    boundary, cover
        What is accounted for, and its land cover.
    themes
        What `themes_of` gave. A theme that is not among them has rows without numbers.
    plans
        ``kommuneplan`` and ``kommuneplan_forslag`` from `askergeo.analyses._land.plan_frame`,
        those that are there.
    wanted
        Names of the themes that rows are made for, in the order shown.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary.
    """
    frames = {"grensen": boundary.frame, cover.layer: cover.frame, **plans}
    check_crs_of({**frames, **{one.name: one.frame for one in themes}}, boundary.crs)
    limit = union(checked("grensen", boundary.frame).shapes)
    used = {name: plan.assign(bruk=planned_use(plan)) for name, plan in plans.items()}
    found, accounts = ground_of(themes, limit, cover, used, boundary.crs)
    titles = {kind.key: _title(one.theme, kind.name) for one in found for kind in _sheets(one)}
    lines = sheet_lines(accounts, titles)
    return LandPart(
        tables=(
            _summary(found, wanted, plans),
            _detail(found, cover, plans),
            *balance_of_parts(
                "tema_balanse",
                "Går temaene opp?",
                lines,
                "Hver klasse er ført innenfor sine egne flater i kommunen, hvert sted én gang.",
            ),
        ),
        layers=_map(found, boundary.crs),
        findings=tuple(finding for one in themes for finding in _findings(one)),
        unpublishable=not_closing(lines),
        reading=(_READING,),
    )


def _title(theme: Theme, name: str) -> str:
    return theme.title if name == WHOLE else f"{theme.title}: {name}"


def _sheets(found: Found) -> tuple[ClassGround, ...]:
    """Everything of a theme that may be a sheet."""
    return (*found.classes, *([found.whole] if found.whole is not None else []))


def _findings(theme: Theme) -> tuple[Finding, ...]:
    """Name the faults of a theme that is a layer of its own."""
    if theme.name not in load_catalogue():
        return ()
    return faults_named(checked(theme.name, theme.frame).faults)


def _uses(rows: pd.DataFrame) -> pd.Series:
    """Dekar by what a plan does, every use."""
    return rows.groupby("bruk")["dekar"].sum().reindex(list(USES), fill_value=0.0)


def _shown(dekar: float) -> float:
    """Leave out what is rounding only."""
    return float(dekar) if abs(dekar) > NOTHING else 0.0


def _record(rows: pd.DataFrame, draft: pd.DataFrame | None) -> dict[str, float]:
    record = {"areal_dekar": float(rows["dekar"].sum())}
    if "bruk" in rows:
        uses = _uses(rows)
        record |= {USES[use]: _shown(uses[use]) for use in USES}
    if draft is not None:
        record["forslag_dekar"] = _shown(_uses(draft)[FUTURE])
        if "bruk" in rows:
            record["endring_dekar"] = _shown(record["forslag_dekar"] - record[USES[FUTURE]])
    return record


def _plan_columns(plans: Container[str], *, draft: bool) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    if PLAN in plans:
        columns |= {key: use_column(use) for use, key in USES.items()}
    if draft and DRAFT in plans:
        columns["forslag_dekar"] = dekar_column("Framtidig utbygging i forslaget")
        if PLAN in plans:
            columns["endring_dekar"] = dekar_column("Endring i framtidig utbygging")
    return columns


def _summary(found: list[Found], wanted: Sequence[str], plans: Container[str]) -> Table:
    """One row a theme and class; a theme that no layer tells of has no numbers."""
    columns = {
        "tema": Column(title="Tema"),
        "klasse": Column(title="Klasse"),
        "areal_dekar": dekar_column("Areal i kommunen"),
        **_plan_columns(plans, draft=True),
        "dekning": Column(title="Dekning"),
    }
    records: dict[str, dict[str, Any]] = {}
    by_name = {one.theme.name: one for one in found}
    for name in wanted:
        one = by_name.get(name)
        if one is None:
            title = THEMES[name][0]
            records[name] = {"tema": title, "klasse": WHOLE, "dekning": "Laget mangler"}
            continue
        # No ground in the municipality is an answer: the layer is there.
        sums = dict.fromkeys((c for c, column in columns.items() if column.unit), 0.0)
        if one.whole is not None:
            sums = _record(one.whole.rows, one.whole.draft)
        records[name] = {
            "tema": one.theme.title, "klasse": WHOLE, **sums, "dekning": one.theme.note
        }  # fmt: skip
        if [kind.name for kind in one.classes] == [WHOLE]:
            continue
        for kind in one.classes:
            sums = _record(kind.rows, kind.draft)
            records[kind.key] = {"tema": one.theme.title, "klasse": kind.name, **sums}
    frame = pd.DataFrame.from_dict(records, orient="index").reindex(columns=list(columns))
    return Table(
        name="tema",
        title="Tema i kommuneplanen",
        frame=frame.assign(dekning=frame["dekning"].fillna("")),
        columns=columns,
        note="Hver klasse teller hvert sted én gang. «I alt» gjør det samme; klasser som "
        "overlapper, gir mer til sammen. Nåværende og framtidig utbygging er formål i "
        "kommuneplanen som regnes som utbygging.",
    )


def _detail(found: list[Found], cover: LandCover, plans: Container[str]) -> Table:
    """One row a theme, class and group of land cover."""
    columns = {
        "tema": Column(title="Tema"),
        "klasse": Column(title="Klasse"),
        "gruppe": Column(title="Arealdekke"),
        "areal_dekar": dekar_column("Areal"),
        **_plan_columns(plans, draft=False),
    }
    place = {group: number for number, group in enumerate(cover_groups(cover))}
    records: dict[str, dict[str, Any]] = {}
    for one in found:
        for kind in one.classes:
            groups = {str(group): part for group, part in kind.rows.groupby("gruppe")}
            for group in sorted(groups, key=lambda name: place.get(name, len(place))):
                sums = _record(groups[group], None)
                # What rounding leaves at common borders is in the sums above, not a row here.
                if sums["areal_dekar"] > NOTHING:
                    records[f"{kind.key}|{group}"] = {
                        "tema": one.theme.title, "klasse": kind.name, "gruppe": group, **sums
                    }  # fmt: skip
    return Table(
        name="tema_arealdekke",
        title="Tema etter arealdekke",
        frame=pd.DataFrame.from_dict(records, orient="index").reindex(columns=list(columns)),
        columns=columns,
        note=f"Arealdekket er {cover.title}.",
    )


def _map(found: list[Found], crs: str) -> tuple[MapLayer, ...]:
    """Draw the themes' ground, one row a theme."""
    there = [(one.theme, one.whole.area) for one in found if one.whole is not None]
    if not there:
        return ()
    frame = gpd.GeoDataFrame(
        {
            "tema": [theme.title for theme, _ in there],
            "dekar": [area.area / DEKAR for _, area in there],
            "dekning": [theme.note for theme, _ in there],
        },
        index=pd.Index([theme.name for theme, _ in there]),
        geometry=[area for _, area in there],
        crs=crs,
    )
    classes = tuple(
        StyleClass(value=theme.title, label=theme.title, fill=_COLOURS[theme.name])
        for theme, _ in there
    )
    columns = {
        "tema": Column(title="Tema"),
        "dekar": dekar_column("Areal i kommunen"),
        "dekning": Column(title="Dekning"),
    }
    style = Style(column="tema", classes=classes, stroke="#555555", width=0.15, opacity=0.55)
    return (
        MapLayer(
            name="tema", title="Tema", frame=frame, columns=columns, style=style, visible=False
        ),
    )
