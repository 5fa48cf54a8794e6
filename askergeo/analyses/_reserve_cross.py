"""The cross table of the land reserve (group × land cover × conflicts), and whether it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._reserve_conflicts import ALL, FLAGS
from askergeo.analyses._reserve_parts import DEKAR
from askergeo.analyses._reserve_tables import COVER_TITLES
from askergeo.crs import crs_name
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA, CLOSES, account
from askergeo.overlay.door import checked
from askergeo.reserve._cover import COVER
from askergeo.reserve._ground import Ground, divided, each, meeting
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from askergeo.analyses._reserve_conflicts import Conflicts
    from askergeo.analyses._reserve_parts import Described
    from askergeo.overlay.account import Account
    from askergeo.reserve import Reserve

__all__ = [
    "Line",
    "balance_table",
    "closing_lines",
    "cross_account",
    "cross_table",
    "unpublishable",
]

_NOT_MAPPED: Final = "Ikke kartlagt"
_CELLS: Final = "konflikt"
# Area that is counted twice is shown from here on (m²).
_SEEN: Final = 0.01
# Smaller rows (m²) are rounding along common borders; they are one row together.
_ROUNDING: Final = 0.5


def cross_account(
    described: Described, conflicts: Conflicts, ar5: gpd.GeoDataFrame | None
) -> Account | None:
    """Account for the reserve by group, land cover and each kind of conflict; ``None`` if empty."""
    some = described.parts[~described.parts["for_seg"]]
    if not len(some):
        return None
    themes = {"reserve": some[["gruppe", "geometry"]].reset_index(drop=True)}
    by = {"reserve": ["gruppe"]}
    boundary = described.counted[["geometry"]]
    if ar5 is not None:
        themes["ar5"] = _clipped(_cover(ar5), boundary)
        by["ar5"] = ["klasse"]
    themes[_CELLS], by[_CELLS] = _cells(boundary, conflicts), list(conflicts.flags)
    themes = {name: frame for name, frame in themes.items() if len(frame)}
    by = {name: columns for name, columns in by.items() if name in themes}
    return account(themes, by=by, boundary=boundary, crs=crs_name(some.crs))


def _cover(ar5: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Land cover in the main classes that the pieces have."""
    names = {code: COVER_TITLES[name] for name, codes in COVER.items() for code in codes}
    klasse = ar5["arealtype"].map(names).fillna(_NOT_MAPPED).astype(object)
    return ar5[["geometry"]].assign(klasse=klasse)


def _cells(pieces: gpd.GeoDataFrame, conflicts: Conflicts) -> gpd.GeoDataFrame:
    """Divide the pieces by which kinds of conflict they lie in: each place is in one cell."""
    shapes = geometries(pieces)
    flags = pd.DataFrame(index=range(len(shapes)))
    for flag in conflicts.flags:
        masks = conflicts.shapes[flag]
        parts = [Ground(one, np.arange(len(shapes))).parts() for one in divided(shapes, masks)]
        answers = np.repeat(["ja", "nei"], [len(part.shapes) for part in parts])
        kind = np.concatenate([part.kind for part in parts])
        shapes = np.concatenate([part.shapes for part in parts])
        flags = flags.iloc[kind].reset_index(drop=True).assign(**{flag: answers})
    return gpd.GeoDataFrame(flags, geometry=shapes, crs=pieces.crs)


def _clipped(frame: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut polygons by the pieces: wide ones are slow where only a corner is asked for."""
    near = np.unique(shapely.STRtree(geometries(pieces)).query(geometries(frame))[0])
    frame = frame.iloc[near]
    shapes = checked("", frame).shapes
    row, piece = meeting(shapes, geometries(pieces))
    cut = Ground(each(shapely.intersection, shapes[row], geometries(pieces)[piece]), row).parts()
    return gpd.GeoDataFrame(
        frame.drop(columns="geometry").iloc[cut.kind].reset_index(drop=True),
        geometry=cut.shapes,
        crs=frame.crs,
    )


def cross_table(found: Account, conflicts: Conflicts) -> Table:
    """Put the account in a table that a pivot can be made from."""
    rows = found.rows
    frame = pd.DataFrame({"gruppe": rows["reserve.gruppe"].astype(object)})
    cover = rows["ar5.klasse"].astype(object) if "ar5.klasse" in rows else pd.NA
    frame["arealdekke"] = pd.Series(cover, index=rows.index, dtype=object).fillna(_NOT_MAPPED)
    for flag in FLAGS:
        column = f"{_CELLS}.{flag}"
        known = flag in conflicts.flags and column in rows
        frame[flag] = rows[column].astype(object).fillna("nei") if known else "ikke kartlagt"
    frame["dekar"], frame[AREA] = rows[AREA] / DEKAR, rows[AREA]
    names = ["gruppe", "arealdekke", *FLAGS]
    frame = frame[frame["gruppe"].notna()].groupby(names, as_index=False).sum()
    small = frame[AREA] < _ROUNDING
    rest = float(frame.loc[small, AREA].sum())
    frame = frame[~small]
    keys = frame["gruppe"].str[:2] + "|" + frame[names[1:]].agg("|".join, axis=1)
    frame.index = pd.Index(keys)
    if rest > 0:
        title = f"Rader under {format_number(_ROUNDING, 1)} m²"
        frame = _with_row(frame, "avrunding", title, rest)
    twice = found.balance.counted_twice_m2
    if twice > _SEEN:
        frame = _with_row(frame, "dobbelt", "− Talt flere ganger i AR5", -twice)
    parts = tuple(frame.index)
    frame = _with_row(frame, "i_alt", "I alt", float(frame[AREA].sum()))
    return Table(
        name="kryss",
        title="Formål × arealdekke × konflikt",
        frame=frame,
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            "arealdekke": Column(title="Arealdekke"),
            **{flag: Column(title=title) for flag, title in FLAGS.items()},
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
            AREA: Column(title="Areal", unit="m²", decimals=2),
        },
        row_sums=(RowSum("i_alt", parts),),
        note="Hvert sted er i én rad. Tabellen er laget for pivot i regneark.",
    )


def _with_row(frame: pd.DataFrame, key: str, title: str, area: float) -> pd.DataFrame:
    """Add a row that is of no class."""
    row: dict[str, object] = dict.fromkeys(frame.columns, "")
    row |= {"gruppe": title, "dekar": area / DEKAR, AREA: area}
    return pd.concat([frame, pd.DataFrame([row], index=[key])])


@dataclass(frozen=True)
class Line:
    """A check: two sides that are measured apart and must be the same, m²."""

    key: str
    title: str
    whole: float
    parts: float
    scale: float

    @property
    def difference(self) -> float:
        """What is missing in the parts, m²."""
        return self.whole - self.parts

    @property
    def closes(self) -> bool:
        """Whether the two sides are the same within 1e-9 of what they are measured in."""
        return abs(self.difference) <= CLOSES * max(self.scale, 1.0)


def closing_lines(
    found: Reserve, described: Described, conflicts: Conflicts, cross: Account | None
) -> tuple[Line, ...]:
    """Hold the reserve against itself: the rules, the plans, the pieces and the cross table."""
    steps, pieces = found.steps, found.pieces
    drawn = float(steps["areal_for_m2"].iloc[0])
    left = float(steps["areal_igjen_m2"].iloc[-1])
    area = float(pieces["areal_m2"].sum())
    whole = float(union(geometries(pieces)).area)
    lines = [
        Line("regler", "Alt som er tegnet = tatt av reglene + igjen", drawn,
             float(steps["tatt_m2"].sum()) + left, drawn),
        Line("igjen", "Det reglene lar være igjen = summen av stykkene", left, area, area),
        Line("plan", "Stykkene = delene av dem som ligger i planene", area,
             float(found.parts["areal_m2"].sum()), area),
        Line("overlapp", "Summen av stykkene = arealet de dekker", area, whole, area),
    ]  # fmt: skip
    if cross is None:
        return tuple(lines)
    balance, rows = cross.balance, cross.rows
    limit = float(described.counted["areal_m2"].sum())
    net = balance.rows_m2 + balance.not_covered_m2 - balance.counted_twice_m2
    title = "Reserven = rader i kryssregnskapet + ikke dekket − talt flere ganger"
    lines.append(Line("kryss", title, limit, net, limit))
    flags = [f"{_CELLS}.{flag}" for flag in conflicts.flags]
    if flags and not len(cross.overlaps):
        inside = np.array([rows[name].astype(object) == "ja" for name in flags])
        hit = float(rows[AREA].to_numpy()[inside.any(axis=0)].sum())
        some = conflicts.areas.loc[~described.parts["for_seg"], ALL].sum()
        title = "Minst én konflikt = rader i kryssregnskapet med konflikt"
        lines.append(Line("konflikt", title, float(some), hit, limit))
    return tuple(lines)


def balance_table(lines: tuple[Line, ...]) -> Table:
    """Put the checks in a table."""
    frame = pd.DataFrame(
        {
            "kontroll": [line.title for line in lines],
            "helhet_m2": [line.whole for line in lines],
            "deler_m2": [line.parts for line in lines],
            "differanse_m2": [line.difference for line in lines],
            "gar_opp": ["ja" if line.closes else "nei" for line in lines],
        },
        index=pd.Index([line.key for line in lines]),
    )
    return Table(
        name="balanse",
        title="Går regnskapet opp?",
        frame=frame,
        columns={
            "kontroll": Column(title="Kontroll"),
            "helhet_m2": Column(title="Venstre side", unit="m²", decimals=2),
            "deler_m2": Column(title="Høyre side", unit="m²", decimals=2),
            "differanse_m2": Column(title="Differanse", unit="m²", decimals=6),
            "gar_opp": Column(title="Går opp"),
        },
        note="Hver side er målt for seg. En kontroll går opp når sidene er like innenfor en "
        "milliarddel. Går en av dem ikke opp, må tallene ikke brukes.",
    )


def unpublishable(lines: tuple[Line, ...], steps: pd.DataFrame) -> tuple[str, ...]:
    """Say which checks fail, so that the numbers must not be published."""
    drawn = float(steps["areal_for_m2"].iloc[0])
    wrong = steps[steps["avvik_m2"].abs() > CLOSES * max(drawn, 1.0)]
    rules = [
        f"Regelen «{title}» går ikke opp: det mangler {format_number(area, 3)} m²."
        for title, area in zip(wrong["tittel"], wrong["avvik_m2"], strict=True)
    ]
    checks = [
        f"«{line.title}» går ikke opp: det mangler {format_number(line.difference, 3)} m²."
        for line in lines
        if not line.closes
    ]
    return (*rules, *checks)
