"""Tables of the land account: the extent of each class, and land cover by planned purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._land_account import DEKAR, HECTARE
from askergeo.overlay.account import AREA, COVERED, NOT_COVERED
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._land import LandCover
    from askergeo.overlay.account import Account

__all__ = [
    "AREAS",
    "TOTAL",
    "TWICE",
    "UNCOVERED",
    "add_row",
    "area_columns",
    "areas",
    "extent_table",
    "named_cover",
    "named_plan",
    "plan_matrix",
    "plan_pivot",
    "purposes_of",
]

TOTAL: Final = "i_alt"
TWICE: Final = "talt_dobbelt"
_UNCOVERED: Final = "ikke_dekket"
_WHOLE: Final = "Kommunens areal"
_TWICE_TITLE: Final = "Talt flere ganger (trukket fra)"
UNCOVERED: Final = "Ikke dekket"
_YES_NO: Final = {True: "ja", False: "nei"}

_LETTERS: Final = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})

AREAS: Final = {
    "m2": Column(title="Areal", unit="m²", decimals=0),
    "dekar": Column(title="Areal", unit="dekar", decimals=1),
    "ha": Column(title="Areal", unit="ha", decimals=2),
}


def areas(square_metres: pd.Series) -> dict[str, pd.Series]:
    """Give an area in m², dekar and ha."""
    return {
        "m2": square_metres,
        "dekar": square_metres / DEKAR,
        "ha": square_metres / HECTARE,
    }


def add_row(frame: pd.DataFrame, label: str, values: Sequence[object]) -> None:
    """Add a row last, such as a total."""
    row: Any = list(values)
    frame.loc[label] = row


def area_columns(names: Sequence[tuple[str, str]]) -> dict[str, Column]:
    """Describe columns of areas in dekar.

    Parameters
    ----------
    names
        Name and title of each.
    """
    return {name: Column(title=title, unit="dekar", decimals=1) for name, title in names}


def purposes_of(*plans: gpd.GeoDataFrame) -> pd.DataFrame:
    """Collect the purposes of plans that `askergeo.analyses._land.plan_frame` has read.

    Returns
    -------
    DataFrame
        Index ``kode``; ``formaal``, ``gruppe`` and ``utbygging`` (missing when nobody knows).
    """
    names = ["kode", "formaal", "gruppe", "utbygging"]
    every = pd.concat([pd.DataFrame(plan[names]) for plan in plans])
    return every.drop_duplicates("kode").set_index("kode")


def named_cover(rows: pd.DataFrame, theme: str, cover: LandCover) -> pd.DataFrame:
    """Name the land cover of an account's rows: ``klasse``, ``klassenavn`` and ``gruppe``.

    Where the layer does not cover, all three say «ikke dekket».
    """
    known = pd.DataFrame(cover.frame[["klasse", "klassenavn", "gruppe"]])
    known = known.drop_duplicates("klasse").set_index("klasse")
    covered = rows[f"{theme}.{COVERED}"].to_numpy(dtype=bool)
    codes = rows[f"{theme}.klasse"].astype(object).where(covered)
    found = known.reindex(codes).reset_index(names="klasse")
    return _uncovered(found.set_index(rows.index), covered)


def named_plan(rows: pd.DataFrame, theme: str, purposes: pd.DataFrame) -> pd.DataFrame:
    """Name the purposes of an account's rows: ``kode``, ``formaal``, ``gruppe``, ``status``.

    Where the plan does not cover, they say «ikke dekket»; ``utbygging`` is ja, nei, ukjent or
    «ikke dekket».
    """
    covered = rows[f"{theme}.{COVERED}"].to_numpy(dtype=bool)
    codes = rows[f"{theme}.kode"].astype(object).where(covered)
    found = purposes.reindex(codes).reset_index(names="kode")
    found = found.set_index(rows.index)
    found["utbygging"] = found["utbygging"].map(_YES_NO).fillna("ukjent")
    found["status"] = rows[f"{theme}.status"]
    return _uncovered(found, covered)


def _uncovered(found: pd.DataFrame, covered: NDArray[np.bool_]) -> pd.DataFrame:
    found = found.astype(object)
    found.loc[~covered] = NOT_COVERED
    return found


def _identifier(text: str) -> str:
    """Make a column's name of a class's: «Åpen fastmark» is ``aapen_fastmark``."""
    plain = text.lower().translate(_LETTERS)
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in plain)


def extent_table(account: Account, theme: str, cover: LandCover) -> Table:
    """Extent of each class of the land cover; the rows sum to the boundary's area.

    A class that is known but not there has no row. What no class covers, and what several rows
    count (subtracted), have rows of their own.
    """
    rows = account.rows.join(named_cover(account.rows, theme, cover))
    rows = rows.sort_values(["klasse"], key=lambda codes: codes.map(_order(cover)))
    label = rows["klasse"].where(rows["klasse"] != NOT_COVERED, _UNCOVERED)
    frame = pd.DataFrame(
        {
            "klassenavn": rows["klassenavn"].replace(NOT_COVERED, UNCOVERED).to_numpy(),
            "gruppe": rows["gruppe"].replace(NOT_COVERED, "").to_numpy(),
            "m2": rows[AREA].to_numpy(),
        },
        index=pd.Index(label.replace("", "uten_kode")),
    )
    if _UNCOVERED not in frame.index:
        add_row(frame, _UNCOVERED, [UNCOVERED, "", 0.0])
    balance = account.balance
    if balance.counted_twice_m2:
        add_row(frame, TWICE, [_TWICE_TITLE, "", -balance.counted_twice_m2])
    parts = tuple(frame.index)
    add_row(frame, TOTAL, [_WHOLE, "", balance.boundary_m2])
    frame = frame.assign(
        dekar=frame["m2"] / DEKAR,
        ha=frame["m2"] / HECTARE,
        andel=100 * frame["m2"] / balance.boundary_m2,
    )
    return Table(
        name="utstrekning",
        title="Arealdekke nå",
        frame=frame,
        columns={
            "klassenavn": Column(title="Klasse"),
            "gruppe": Column(title="Gruppe"),
            **AREAS,
            "andel": Column(title="Andel av kommunen", unit="%", decimals=2),
        },
        row_sums=(RowSum(TOTAL, parts),),
        note=f"Etter {cover.title}. «Ikke dekket» er det som ingen flate i laget dekker. 1 dekar "
        "er 1 000 m².",
    )


def _order(cover: LandCover) -> dict[str, int]:
    """Order of classes: the catalogue's, then unknown codes, then what is not covered."""
    known = [str(one) for one in cover.classes.index]
    others = sorted(set(cover.frame["klasse"]) - set(known))
    return {name: at for at, name in enumerate([*known, *others, NOT_COVERED])}


def plan_matrix(named: pd.DataFrame) -> Table:
    """Land cover by planned purpose and status, a row a combination that is there.

    Parameters
    ----------
    named
        Rows of the account with the columns of `named_cover` as they are, those of `named_plan`
        prefixed ``plan_``, and ``areal_m2``.
    """
    keys = ["plan_gruppe", "plan_kode", "plan_formaal", "plan_status", "gruppe", "klassenavn"]
    rows = named.groupby([*keys, "klasse"], dropna=False, sort=True)[AREA].sum().reset_index()
    frame = pd.DataFrame(
        {
            "formaalsgruppe": rows["plan_gruppe"],
            "formaal": rows["plan_formaal"],
            "status": rows["plan_status"],
            "arealgruppe": rows["gruppe"],
            "klassenavn": rows["klassenavn"],
            **areas(rows[AREA]),
        }
    )
    frame.index = pd.Index(rows["plan_kode"] + "|" + rows["plan_status"] + "|" + rows["klasse"])
    return Table(
        name="planmatrise",
        title="Arealdekke i hvert arealformål",
        frame=frame,
        columns={
            "formaalsgruppe": Column(title="Formålsgruppe"),
            "formaal": Column(title="Arealformål"),
            "status": Column(title="Arealstatus"),
            "arealgruppe": Column(title="Arealdekke, gruppe"),
            "klassenavn": Column(title="Arealdekke"),
            **AREAS,
        },
        note="Hele kommuneplanen, også det som alt er bygd. «ikke dekket» er der planen eller "
        "arealdekket ikke har noen flate.",
    )


def plan_pivot(named: pd.DataFrame, account: Account) -> Table:
    """Purpose group and status down, groups of land cover across, dekar.

    Parameters
    ----------
    named
        As for `plan_matrix`.
    account
        The account that the rows are of.
    """
    wide = named.pivot_table(
        index=["plan_gruppe", "plan_status"],
        columns="gruppe",
        values=AREA,
        aggfunc="sum",
        sort=True,
    )
    size = named.groupby("gruppe")[AREA].sum().sort_values(ascending=False)
    there = [str(one) for one in size.index]
    order = sorted(there, key=NOT_COVERED.__eq__)
    wide = wide[order].fillna(0.0) / DEKAR
    names = [f"dekke_{_identifier(one)}" for one in order]
    frame = pd.DataFrame(wide.to_numpy(), columns=names)
    frame.insert(0, "status", wide.index.get_level_values(1).to_numpy(dtype=object))
    frame.insert(0, "gruppe", wide.index.get_level_values(0).to_numpy(dtype=object))
    frame["sum"] = frame[names].sum(axis=1)
    frame.index = pd.Index(frame["gruppe"] + "|" + frame["status"])
    parts = [*frame.index]
    if account.balance.counted_twice_m2:
        twice = -account.balance.counted_twice_m2 / DEKAR
        add_row(frame, TWICE, [_TWICE_TITLE, "", *[np.nan] * len(names), twice])
        parts.append(TWICE)
    sums = frame[names].sum()
    add_row(frame, TOTAL, [_WHOLE, "", *sums, account.balance.boundary_m2 / DEKAR])
    titles = [one[0].upper() + one[1:] for one in order]
    return Table(
        name="planmatrise_grupper",
        title="Arealdekke i hver formålsgruppe",
        frame=frame,
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            "status": Column(title="Arealstatus"),
            **area_columns(list(zip(names, titles, strict=True))),
            "sum": Column(title="I alt", unit="dekar", decimals=1),
        },
        row_sums=(RowSum(TOTAL, tuple(parts)),),
        note="Les på tvers: hva arealet i en formålsgruppe består av. Les ned: hva planen legger "
        "ut et arealdekke til.",
    )
