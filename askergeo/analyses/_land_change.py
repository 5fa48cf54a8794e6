"""Change in the land account: land cover between two dates, and a plan against another plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._land_account import DEKAR
from askergeo.analyses._land_tables import (
    AREAS,
    TOTAL,
    UNCOVERED,
    add_row,
    area_columns,
    areas,
)
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA, NOT_COVERED
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AFTER",
    "BEFORE",
    "CHANGES",
    "change_kind",
    "cover_change",
    "cover_flows",
    "plan_by_cover",
    "plan_by_purpose",
    "plan_flows",
    "purpose_label",
]

# Prefixes of the columns that name the two plans' purposes, or the two dates' classes.
BEFORE: Final = "fra_"
AFTER: Final = "til_"
_ALL: Final = "I alt"
# What a change of plan is to a place: the key is whether it was development, and whether it is.
CHANGES: Final = {
    (True, False): "tatt ut av utbygging",
    (False, True): "lagt til utbygging",
}
# A flow below this (m²) comes of lines that are drawn a last digit apart: it is told of, not shown.
_SHOWN: Final = 0.5
_OTHER: Final = "endret formål eller status"
_YES, _UNKNOWN = "ja", "ukjent"


def cover_change(
    named: pd.DataFrame, order: Mapping[str, int], dates: tuple[str, str] = ("", "")
) -> Table:
    """Tell opening + additions − reductions = closing for each class, in the form of SEEA.

    Parameters
    ----------
    named
        A row a combination: ``fra_klassenavn`` and ``til_klassenavn`` with ``areal_m2``; what the
        map of a date does not cover is «ikke dekket» there, and has a row as a class has.
    order
        Place of each class in the table.
    dates
        Of the two maps; empty when they are not known.
    """
    moved = named[named["fra_klassenavn"] != named["til_klassenavn"]]
    sums = {
        "apning": named.groupby("fra_klassenavn")[AREA].sum(),
        "tilgang": moved.groupby("til_klassenavn")[AREA].sum(),
        "avgang": moved.groupby("fra_klassenavn")[AREA].sum(),
        "lukking": named.groupby("til_klassenavn")[AREA].sum(),
    }
    frame = pd.DataFrame(sums).fillna(0.0) / DEKAR
    frame = frame.iloc[np.argsort([order.get(str(one), len(order)) for one in frame.index])]
    frame.insert(3, "netto", frame["tilgang"] - frame["avgang"])
    frame.insert(0, "klasse", [str(one)[0].upper() + str(one)[1:] for one in frame.index])
    parts = tuple(frame.index)
    add_row(frame, TOTAL, [_ALL, *frame.drop(columns="klasse").sum()])
    first, last = (f", {date}" if date else "" for date in dates)
    titles = [
        ("apning", f"Åpning{first}"),
        ("tilgang", "+ Tilgang"),
        ("avgang", "− Avgang"),
        ("netto", "Netto"),
        ("lukking", f"= Lukking{last}"),
    ]
    return Table(
        name="endring_arealdekke",
        title="Arealdekke ved to datoer",
        frame=frame,
        columns={"klasse": Column(title="Klasse"), **area_columns(titles)},
        row_sums=(RowSum(TOTAL, parts),),
        note="Åpning + tilgang − avgang = lukking, for hver klasse. «Ikke dekket» er areal som "
        "kartet ved den ene datoen ikke har; det er ikke en endring i landskapet. AR5 rettes også "
        "uten at noe har skjedd.",
    )


def cover_flows(named: pd.DataFrame) -> Table:
    """Tell how much went from each class to each other; what is as before is left out."""
    return _flows(
        named.rename(columns={"fra_klassenavn": "fra", "til_klassenavn": "til"}),
        name="endring_overganger",
        title="Fra arealdekke til arealdekke",
        ends=("Fra", "Til"),
        note="Uendret areal er ikke med.",
    )


def _flows(
    named: pd.DataFrame, *, name: str, title: str, ends: tuple[str, str], note: str
) -> Table:
    moved = named[named["fra"] != named["til"]]
    sums = moved.groupby(["fra", "til"], sort=True)[AREA].sum().reset_index()
    rows = sums[sums[AREA] >= _SHOWN].sort_values(AREA, ascending=False, kind="stable")
    if len(rows) < len(sums):
        small = sums.loc[sums[AREA] < _SHOWN, AREA]
        least = 0.001
        total = f"{format_number(max(small.sum(), least), 3)} m²"
        note += (
            f" {format_number(len(small))} overganger under {format_number(_SHOWN, 1)} m² (til "
            f"sammen {'høyst ' if small.sum() < least else ''}{total}) er ikke vist; de er med i "
            "de andre tabellene."
        )
    ends_of = {end: rows[end].replace(NOT_COVERED, UNCOVERED) for end in ("fra", "til")}
    frame = pd.DataFrame({**ends_of, **areas(rows[AREA])})
    frame.index = pd.Index(rows["fra"] + " → " + rows["til"], dtype=object)
    return Table(
        name=name,
        title=title,
        frame=frame,
        columns={"fra": Column(title=ends[0]), "til": Column(title=ends[1]), **AREAS},
        note=note,
    )


def purpose_label(named: pd.DataFrame, prefix: str) -> pd.Series:
    """Name purpose and status together: «Boligbebyggelse, framtidig».

    Parameters
    ----------
    named
        With ``formaal`` and ``status`` after the prefix.
    prefix
        Which of the two plans.
    """
    purpose, status = named[f"{prefix}formaal"], named[f"{prefix}status"]
    later = ", " + status.str.lower()
    return purpose + later.where((status != "") & (status != NOT_COVERED), "")


def change_kind(before: pd.Series, after: pd.Series) -> pd.Series:
    """Say what a change is to development: taken out, added, or another purpose or status.

    Parameters
    ----------
    before, after
        Whether it is development in each plan: ja, nei, ukjent or «ikke dekket».
    """
    pairs = zip(before == _YES, after == _YES, strict=True)
    return pd.Series([CHANGES.get((bool(b), bool(a)), _OTHER) for b, a in pairs], before.index)


def plan_by_purpose(named: pd.DataFrame) -> Table:
    """Tell what each purpose has in each plan, and what is taken out and added.

    Parameters
    ----------
    named
        A row a combination of the two plans and the land cover: columns of
        `askergeo.analyses._land_tables.named_plan` prefixed ``fra_`` and ``til_``, and
        ``areal_m2``.
    """
    keys = ["gruppe", "kode", "formaal", "status"]
    before = [f"{BEFORE}{key}" for key in keys]
    after = [f"{AFTER}{key}" for key in keys]
    moved = named[_moved(named)]
    sums = {
        "gjeldende": _by(named, before, keys),
        "forslag": _by(named, after, keys),
        "tatt_ut": _by(moved, before, keys),
        "lagt_til": _by(moved, after, keys),
    }
    frame = pd.DataFrame(sums).fillna(0.0).sort_index() / DEKAR
    frame["differanse"] = frame["lagt_til"] - frame["tatt_ut"]
    names = frame.index.to_frame(index=False)
    frame.index = pd.Index(names["kode"] + "|" + names["status"], dtype=object)
    for at, column in enumerate(["gruppe", "formaal", "status"]):
        frame.insert(at, column, names[column].to_numpy(dtype=object))
    parts = tuple(frame.index)
    add_row(frame, TOTAL, [_ALL, "", "", *frame[[*sums, "differanse"]].sum()])
    return Table(
        name="planendring_formaal",
        title="Forslaget etter arealformål",
        frame=frame,
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            "formaal": Column(title="Arealformål"),
            "status": Column(title="Arealstatus"),
            **area_columns(_CHANGE_TITLES),
        },
        row_sums=(RowSum(TOTAL, parts),),
        note="Regnet på hele planen, også det som alt er bygd. Endring = lagt til − tatt ut. "
        "Summen av endringene er null når begge planene dekker det samme.",
    )


_CHANGE_TITLES: Final = [
    ("gjeldende", "Gjeldende plan"),
    ("forslag", "Forslag"),
    ("tatt_ut", "− Tatt ut"),
    ("lagt_til", "+ Lagt til"),
    ("differanse", "Endring"),
]


def _moved(named: pd.DataFrame) -> pd.Series:
    return (named[f"{BEFORE}kode"] != named[f"{AFTER}kode"]) | (
        named[f"{BEFORE}status"] != named[f"{AFTER}status"]
    )


def _by(rows: pd.DataFrame, columns: list[str], names: list[str]) -> pd.Series:
    return rows.groupby(columns, sort=True)[AREA].sum().rename_axis(names)


def plan_by_cover(named: pd.DataFrame, order: Mapping[str, int]) -> Table:
    """Tell what development takes of each class of land cover in each plan, and what is changed.

    Parameters
    ----------
    named
        As for `plan_by_purpose`, with ``klassenavn``.
    order
        Place of each class in the table.
    """
    now, then = named[f"{BEFORE}utbygging"] == _YES, named[f"{AFTER}utbygging"] == _YES
    chosen = {
        "gjeldende": now,
        "forslag": then,
        "tatt_ut": now & ~then,
        "lagt_til": then & ~now,
    }
    sums = {name: named[rows].groupby("klassenavn")[AREA].sum() for name, rows in chosen.items()}
    frame = pd.DataFrame(sums).fillna(0.0) / DEKAR
    frame = frame.iloc[np.argsort([order.get(str(one), len(order)) for one in frame.index])]
    frame["differanse"] = frame["lagt_til"] - frame["tatt_ut"]
    frame.insert(0, "klasse", [str(one)[0].upper() + str(one)[1:] for one in frame.index])
    parts = tuple(frame.index)
    add_row(frame, TOTAL, [_ALL, *frame[[*chosen, "differanse"]].sum()])
    unknown = named[
        (named[f"{BEFORE}utbygging"] == _UNKNOWN) | (named[f"{AFTER}utbygging"] == _UNKNOWN)
    ][AREA].sum()
    unsure = (
        f" {format_number(unknown / DEKAR, 1)} dekar har et formål som ingen vet om er utbygging, "
        "og er ikke med."
    )
    return Table(
        name="planendring_arealdekke",
        title="Forslaget etter arealdekke",
        frame=frame,
        columns={"klasse": Column(title="Arealdekke"), **area_columns(_CHANGE_TITLES)},
        row_sums=(RowSum(TOTAL, parts),),
        note="Hva utbyggingsformål tar av hvert arealdekke; formålene er de som arealreserven "
        "regner som utbygging. Endring = lagt til − tatt ut. "
        "Minus betyr at forslaget sparer arealet for utbygging." + (unsure if unknown else ""),
    )


def plan_flows(named: pd.DataFrame) -> Table:
    """Tell how much goes from each purpose to each other; what is as before is left out."""
    return _flows(
        named.assign(fra=purpose_label(named, BEFORE), til=purpose_label(named, AFTER)),
        name="planendring_strommer",
        title="Fra arealformål til arealformål",
        ends=("Gjeldende plan", "Forslag"),
        note="Uendret areal er ikke med.",
    )
