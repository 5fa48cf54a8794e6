"""The land account by area: tettsted, grunnkrets, school district, zone, or any polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed, nearest
from askergeo.analyses._land_account import DEKAR, NamedAccount
from askergeo.analyses._land_parts import (
    ANYTHING_ELSE,
    FUTURE,
    NO_COVER,
    NO_PLAN,
    NOTHING,
    NOW,
    UNKNOWN,
    USES,
    LandPart,
    balance_of_parts,
    cover_groups,
    dekar_column,
    labelled_rows,
    overlap_findings,
    planned_use,
    use_column,
)
from askergeo.catalogue import load_catalogue
from askergeo.errors import ParameterError
from askergeo.overlay.account import account
from askergeo.result import Column, MapLayer, Missing, RowSum, Style, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from askergeo.analyses._land import LandBoundary, LandCover

__all__ = ["DIVISIONS", "Division", "area_accounts", "division"]

#: Layers that can divide the municipality: the columns of an area's id and of its name.
DIVISIONS: Final = {
    "grunnkrets": ("grunnkretsnummer", "grunnkretsnavn"),
    "tettsted": ("tettstedsnummer", "tettstedsnavn"),
    "skolekrets": ("krets_id", "navn"),
    "inndeling": ("omraade_id", "navn"),
    "markagrense": ("marka_id", "navn"),
}
# Layers of which there are several divisions in one file, by a column.
_SPLIT: Final = {"skolekrets": "trinn"}
# Taken by themselves, the first that is there.
_BY_ITSELF: Final = ("inndeling", "grunnkrets", "tettsted")
_BEST: Final = "beste"
OUTSIDE: Final = "utenfor"
_OUTSIDE: Final = "Utenfor inndelingen"
_TOTAL: Final = "i_alt"
_TWICE: Final = "talt_flere_ganger"
_PLAN: Final = "kommuneplan"
_DRAFT: Final = "kommuneplan_forslag"
_READING: Final = (
    "Områdene er laget «{}». Det som ligger utenfor alle områdene, er en egen rad, så radene til "
    "sammen er hele kommunen."
)
# Areas whose overlaps are named.
_NAMED: Final = 5


@dataclass(frozen=True)
class Division:
    """Areas that divide a municipality.

    Parameters
    ----------
    frame
        ``omraade_id`` and ``omraade`` (text) of each polygon; several may be of one area.
    layer
        Id of the layer.
    title
        In bokmål.
    """

    frame: gpd.GeoDataFrame
    layer: str
    title: str


def division(
    layers: Mapping[str, gpd.GeoDataFrame | None], wanted: str = _BEST
) -> Division | Missing:
    """Choose the areas.

    Parameters
    ----------
    layers
        The layers of `DIVISIONS` that are there.
    wanted
        Id of a layer, with ``:barnetrinn`` or ``:ungdomstrinn`` after «skolekrets»; «beste» takes
        the municipality's own areas, else grunnkretser, else tettsteder.

    Raises
    ------
    ParameterError
        When the layer that is wanted is not there, or cannot divide a municipality.
    """
    there = [name for name in DIVISIONS if layers.get(name) is not None]
    name, _, part = wanted.partition(":")
    if name == _BEST:
        chosen = next((one for one in _BY_ITSELF if one in there), "")
        if not chosen:
            return Missing(
                layer="grunnkrets",
                title=load_catalogue()["grunnkrets"].title,
                consequence="Regnskapet er ikke delt på områder.",
            )
        name = chosen
    if name not in there:
        raise _not_there(name, there)
    frame = layers[name]
    assert frame is not None  # noqa: S101  (it is among those that are there)
    title = load_catalogue()[name].title
    if name in _SPLIT:
        frame, word = _split(frame, name, part)
        title = f"{title}, {word}"
    elif part:
        raise ParameterError(
            f"«{wanted}» kan ikke deles: «{name}» har bare én inndeling.", remedy=f"Skriv «{name}»."
        )
    key, label = DIVISIONS[name]
    return Division(_named(frame, key, label), name, title)


def _not_there(name: str, there: list[str]) -> ParameterError:
    if name in DIVISIONS:
        return ParameterError(
            f"Laget «{name}» er ikke i datapakken, så regnskapet kan ikke deles på det.",
            remedy="Legg til laget med «askergeo data legg-til».",
        )
    return ParameterError(
        f"«{name}» kan ikke dele regnskapet på områder. {nearest(name, DIVISIONS)}".rstrip(),
        remedy=f"Velg blant {listed(there) or 'lag som kan legges til'}. Egne områder, som "
        "transportsoner, legges til datapakken som laget «inndeling».",
    )


def _split(frame: gpd.GeoDataFrame, name: str, part: str) -> tuple[gpd.GeoDataFrame, str]:
    """One division of a layer that has several."""
    column = load_catalogue()[name].columns[_SPLIT[name]]
    codes = {str(code): text for code, text in (column.codes or {}).items()}
    values = frame[_SPLIT[name]].astype("string")
    there = [code for code in codes if (values == code).any()]
    chosen = part or next(iter(there), "")
    if chosen not in there:
        raise ParameterError(
            f"Laget «{name}» har ingen rader med {_SPLIT[name]} «{part}».",
            remedy=f"Velg blant {listed(there) or 'kretser som legges til'}.",
        )
    return frame[(values == chosen).fillna(value=False).to_numpy(dtype=bool)], codes[chosen].lower()


def _named(frame: gpd.GeoDataFrame, key: str, label: str) -> gpd.GeoDataFrame:
    ids = frame[key].astype("string").fillna("uten nummer")
    names = frame[label].astype("string") if label in frame else pd.Series(pd.NA, frame.index)
    return frame.assign(omraade_id=ids, omraade=names.astype("string").fillna(ids))[
        ["omraade_id", "omraade", frame.geometry.name]
    ]


def area_accounts(
    boundary: LandBoundary,
    cover: LandCover,
    areas: Division,
    plans: Mapping[str, gpd.GeoDataFrame],
) -> LandPart:
    """Account for each area: its land cover, and what the plans do with it.

    Parameters
    ----------
    boundary, cover
        What is accounted for, and its land cover.
    areas
        The areas; what is outside all of them is a row.
    plans
        ``kommuneplan`` and ``kommuneplan_forslag`` from `askergeo.analyses._land.plan_frame`,
        those that are there.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary.
    """
    themes = {areas.layer: areas.frame, cover.layer: cover.frame}
    by = {areas.layer: ["omraade_id"], cover.layer: ["gruppe"]}
    columns = {
        f"{areas.layer}.omraade_id": ("omraade_id", OUTSIDE),
        f"{cover.layer}.gruppe": ("gruppe", NO_COVER),
    }
    if _PLAN in plans:
        themes[_PLAN] = plans[_PLAN].assign(bruk=planned_use(plans[_PLAN]))
        by[_PLAN] = ["bruk"]
        columns[f"{_PLAN}.bruk"] = ("bruk", NO_PLAN)
    found = account(themes, by=by, boundary=boundary.frame, crs=boundary.crs)
    named = [NamedAccount("omraader", f"Områder: {areas.title}", found)]
    rows = labelled_rows(found, columns)
    draft = None
    if _DRAFT in plans:
        later = account(
            {
                areas.layer: areas.frame,
                _DRAFT: plans[_DRAFT].assign(bruk=planned_use(plans[_DRAFT])),
            },
            by={areas.layer: ["omraade_id"], _DRAFT: ["bruk"]},
            boundary=boundary.frame,
            crs=boundary.crs,
        )
        named.append(NamedAccount("omraader_forslag", f"Områder i forslaget: {areas.title}", later))
        draft = labelled_rows(
            later,
            {
                f"{areas.layer}.omraade_id": ("omraade_id", OUTSIDE),
                f"{_DRAFT}.bruk": ("bruk", NO_PLAN),
            },
        )
    names = _names(areas)
    twice = found.balance.counted_twice_m2
    summary = _summary(_Rows(rows, draft, names, cover_groups(cover)), areas, twice)
    lines = {one.name: (one.title, one.account.balance) for one in named}
    note = f"Hele kommunen, delt i områder. Grensen er {boundary.text}."
    balance = balance_of_parts("omraader_balanse", "Går områdene opp?", lines, note)
    tables = (summary, _detail(rows, cover, names), *balance)
    return LandPart(
        tables=tables,
        layers=(_map(areas, summary),),
        findings=overlap_findings(found, [areas.layer], _NAMED, what="Områder i inndelingen"),
        others=tuple(named),
        reading=(_READING.format(areas.title),),
    )


def _names(areas: Division) -> pd.Series:
    """Name of each area by its id, in the order of the ids; what is outside comes last."""
    first = areas.frame.drop_duplicates("omraade_id").set_index("omraade_id")["omraade"]
    names: pd.Series = first.sort_index().astype(object)
    names.loc[OUTSIDE] = _OUTSIDE
    return names


def _wide(
    rows: pd.DataFrame, index: str | list[str], column: str, order: list[str]
) -> pd.DataFrame:
    """Areas as a table of one class by another, with every column asked for."""
    table = rows.pivot_table(
        index=index, columns=column, values="dekar", aggfunc="sum", fill_value=0.0, observed=True
    )
    # What rounding leaves at common borders is no area.
    table = table.reindex(columns=order, fill_value=0.0)
    return table.where(table > NOTHING, 0.0)


@dataclass(frozen=True)
class _Rows:
    """Rows of the accounts, now and in the proposal; names of areas; groups of land cover."""

    now: pd.DataFrame
    draft: pd.DataFrame | None
    names: pd.Series
    groups: list[str]


def _summary(found: _Rows, areas: Division, twice_m2: float) -> Table:
    """One row an area: its land cover and its development, now and later."""
    rows, draft, names = found.now, found.draft, found.names
    keys = {group: f"dekke_{number}_dekar" for number, group in enumerate(found.groups)}
    frame = _wide(rows, "omraade_id", "gruppe", found.groups).rename(columns=keys)
    frame.columns.name = None
    columns = {
        "omraade_id": Column(title="Nummer"),
        "omraade": Column(title="Område"),
        "areal_dekar": dekar_column("Areal"),
        **{key: dekar_column(group) for group, key in keys.items()},
    }
    if "bruk" in rows:
        uses = _wide(rows, "omraade_id", "bruk", [NOW, FUTURE])
        frame[["naavaerende_dekar", "framtidig_dekar"]] = uses
        columns["naavaerende_dekar"] = dekar_column("Nåværende utbygging i kommuneplanen")
        columns["framtidig_dekar"] = dekar_column("Framtidig utbygging i kommuneplanen")
    if draft is not None:
        later = _wide(draft, "omraade_id", "bruk", [FUTURE])[FUTURE]
        frame["forslag_dekar"] = later.reindex(frame.index, fill_value=0.0)
        columns["forslag_dekar"] = dekar_column("Framtidig utbygging i forslaget")
        if "bruk" in rows:
            change = frame["forslag_dekar"] - frame["framtidig_dekar"]
            frame["endring_dekar"] = change.where(change.abs() > NOTHING, 0.0)
            columns["endring_dekar"] = dekar_column("Endring i framtidig utbygging")
    frame = frame.reindex(names.index, fill_value=0.0)
    frame.insert(0, "areal_dekar", rows.groupby("omraade_id")["dekar"].sum())
    frame["areal_dekar"] = frame["areal_dekar"].fillna(0.0)
    parts = tuple(frame.index)
    frame.loc[_TOTAL] = frame.sum()
    if twice_m2 > 0:
        # What is counted twice is known for the whole, not for each column.
        frame.loc[_TWICE, "areal_dekar"] = -twice_m2 / DEKAR
    titles = {_TOTAL: "Sum av radene", _TWICE: "Talt flere ganger"}
    frame.insert(0, "omraade", [names.get(key, titles.get(key, key)) for key in frame.index])
    frame.insert(0, "omraade_id", ["" if key in (OUTSIDE, *titles) else key for key in frame.index])
    return Table(
        name="omraader",
        title=f"Områder: {areas.title}",
        frame=frame,
        columns=columns,
        row_sums=(RowSum(_TOTAL, parts),),
        note="Arealene er innenfor kommunegrensen. "
        + ("Noen flater overlapper, og er talt én gang for hver flate. " if twice_m2 > 0 else "")
        + "Sluttlinjen står i tabellen «Går områdene opp?».",
    )


def _detail(rows: pd.DataFrame, cover: LandCover, names: pd.Series) -> Table:
    """One row an area and group of land cover, divided by what the plan does with it."""
    order = [NOW, FUTURE, ANYTHING_ELSE, UNKNOWN, NO_PLAN]
    keys = ["omraade_id", "gruppe"]
    sums = rows.groupby(keys, observed=True)["dekar"].sum()
    frame = pd.DataFrame({"dekar": sums, "hektar": sums / 10.0})
    columns = {
        "omraade": Column(title="Område"),
        "gruppe": Column(title="Arealdekke"),
        "dekar": dekar_column("Areal"),
        "hektar": Column(title="Areal", unit="ha", decimals=2),
    }
    if "bruk" in rows:
        frame[[USES[use] for use in order]] = _wide(rows, keys, "bruk", order)
        columns |= {USES[use]: use_column(use) for use in order}
    # What rounding leaves at common borders is in the sums of the areas, not a row here.
    frame = frame[frame["dekar"] > NOTHING].reset_index()
    place = {key: number for number, key in enumerate(names.index)}
    group = {key: number for number, key in enumerate(cover_groups(cover))}
    order_of = np.lexsort([frame["gruppe"].map(group), frame["omraade_id"].map(place)])
    frame = frame.iloc[order_of]
    frame.index = pd.Index(
        [f"{area}|{kind}" for area, kind in zip(frame.omraade_id, frame.gruppe, strict=True)]
    )
    frame = frame.assign(omraade=frame.pop("omraade_id").map(names))[list(columns)]
    return Table(
        name="omraader_arealdekke",
        title="Arealdekke i hvert område",
        frame=frame,
        columns=columns,
        note="Utbygging er formål som regnes som utbygging i arealreserven. Videreutvikling av "
        "nåværende er regnet som nåværende."
        if "bruk" in rows
        else "Kommuneplanen er ikke i datapakken, så planlagt bruk er ukjent.",
    )


def _map(areas: Division, summary: Table) -> MapLayer:
    part = areas.frame.groupby("omraade_id").cumcount()
    labels = areas.frame["omraade_id"] + "|" + part.astype(str)
    shapes = areas.frame.set_axis(pd.Index(labels.to_numpy(dtype=object)))
    rows = summary.frame.drop(columns=["omraade_id", "omraade"]).reindex(shapes["omraade_id"])
    frame = shapes.assign(**{name: rows[name].to_numpy() for name in rows.columns})
    return MapLayer(
        name="omraader",
        title=areas.title,
        frame=frame[[*summary.columns, shapes.geometry.name]],
        columns=summary.columns,
        style=Style(fill="#ffffff", stroke="#54278f", width=0.4, opacity=0.15),
        visible=False,
    )
