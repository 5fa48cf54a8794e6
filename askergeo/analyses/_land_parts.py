"""What the parts of the land account share: what each gives, and what a plan does with a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._land_account import DEKAR
from askergeo.catalogue import load_catalogue
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA, COVERED
from askergeo.overlay.door import checked
from askergeo.result import Column, Finding, Severity, Status, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from askergeo.analyses._land import LandCover
    from askergeo.analyses._land_account import NamedAccount
    from askergeo.overlay.account import Account, Balance
    from askergeo.overlay.sheets import SheetAccounts
    from askergeo.result import MapLayer, Missing

__all__ = [
    "ANYTHING_ELSE",
    "FUTURE",
    "NOTHING",
    "NOW",
    "NO_COVER",
    "NO_PLAN",
    "UNKNOWN",
    "USES",
    "LandPart",
    "balance_of_parts",
    "clean",
    "cover_groups",
    "dekar_column",
    "labelled_rows",
    "not_closing",
    "overlap_findings",
    "planned_use",
    "sheet_lines",
    "use_column",
]

NOW: Final = "Nåværende utbygging"
FUTURE: Final = "Framtidig utbygging"
ANYTHING_ELSE: Final = "Annet formål"
UNKNOWN: Final = "Ukjent formål eller status"
NO_PLAN: Final = "Uten formål i planen"
#: What a kommuneplan does with a place: the columns of a table, in the order shown.
USES: Final = {
    NOW: "naavaerende_dekar",
    FUTURE: "framtidig_dekar",
    ANYTHING_ELSE: "annet_dekar",
    UNKNOWN: "ukjent_dekar",
    NO_PLAN: "uten_plan_dekar",
}
# What rounding leaves, in dekar: a hundredth of a square metre.
NOTHING: Final = 1e-5
NO_COVER: Final = "Uten arealdekke"
_FUTURE_STATUS: Final = "Framtidig"
# «Videreutvikling av nåværende» is land that has been taken already.
_NOW_STATUS: Final = ("Nåværende", "Videreutvikling av nåværende")


@dataclass(frozen=True)
class LandPart:
    """What a part of the land account gives.

    Parameters
    ----------
    tables, layers, findings, missing, warnings, reading
        As in `askergeo.result.Result`.
    accounts
        Accounts of the whole municipality, for the table of closing lines.
    others
        Accounts of other areas, whose closing lines are in a table of the part's own.
    unpublishable
        Why the part must not be published, beyond accounts that do not close.
    """

    tables: tuple[Table, ...] = ()
    layers: tuple[MapLayer, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    warnings: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    accounts: tuple[NamedAccount, ...] = ()
    others: tuple[NamedAccount, ...] = ()
    unpublishable: tuple[str, ...] = ()


def planned_use(plan: gpd.GeoDataFrame) -> pd.Series:
    """Say what the rows of a kommuneplan do with their land.

    Parameters
    ----------
    plan
        What `askergeo.analyses._land.plan_frame` gave.

    Returns
    -------
    Series
        Nåværende utbygging (also «videreutvikling av nåværende»), Framtidig utbygging, Annet
        formål, or Ukjent formål eller status.
    """
    development = plan["utbygging"].astype("boolean")
    known = development.fillna(value=False).to_numpy(dtype=bool)
    status = plan["status"]
    use = np.select(
        [
            development.isna().to_numpy(),
            ~known,
            (status == _FUTURE_STATUS).to_numpy(),
            status.isin(_NOW_STATUS).to_numpy(),
        ],
        [UNKNOWN, ANYTHING_ELSE, FUTURE, NOW],
        default=UNKNOWN,
    )
    return pd.Series(use, index=plan.index)


def clean(name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of a layer with their polygons mended; those without any area are left out.

    What was mended or left out is told of by the accounts that take the layer as it is.
    """
    shapes = checked(name, frame).shapes
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))[
        ~shapely.is_empty(shapes)
    ]


def labelled_rows(
    account: Account | SheetAccounts, columns: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """Rename an account's columns, with a word where a theme does not cover.

    Parameters
    ----------
    account
        The account.
    columns
        For each ``theme.attribute``: the new name, and the word where the theme does not cover.

    Returns
    -------
    DataFrame
        The new columns and ``dekar``.
    """
    rows = account.rows
    found = {}
    for name, (new, absent) in columns.items():
        theme = name.partition(".")[0]
        covered = rows[f"{theme}.{COVERED}"].to_numpy(dtype=bool)
        values = rows[name].astype("string").fillna("").to_numpy(dtype=object)
        found[new] = np.where(covered, values, absent)
    return pd.DataFrame({**found, "dekar": rows[AREA].to_numpy(dtype=float) / DEKAR})


def cover_groups(cover: LandCover) -> list[str]:
    """List the groups of the land cover that rows have, in its order, and last the gaps."""
    known = [*dict.fromkeys(cover.classes["gruppe"]), "Ukjent"]
    there = set(cover.frame["gruppe"].unique())
    return [*(group for group in known if group in there), NO_COVER]


def dekar_column(title: str, description: str = "") -> Column:
    """Column of areas in dekar."""
    return Column(title=title, unit="dekar", decimals=1, description=description)


def use_column(use: str) -> Column:
    """Column of the area that a plan uses in one way."""
    return dekar_column(use)


def sheet_lines(
    accounts: Mapping[str, SheetAccounts], titles: Mapping[str, str]
) -> dict[str, tuple[str, Balance]]:
    """Title and closing line of every sheet of some accounts.

    Parameters
    ----------
    accounts
        Accounts of the same sheets; «forslag» is that of a proposal.
    titles
        Title of each sheet in bokmål.
    """
    found = {}
    for name, account in accounts.items():
        ending = ", i forslaget" if name == "forslag" else ""
        for sheet in account.lines.index:
            found[f"{sheet}|{name}"] = (f"{titles[sheet]}{ending}", account.balance(sheet))
    return found


def balance_of_parts(
    name: str, title: str, lines: Mapping[str, tuple[str, Balance]], note: str
) -> tuple[Table, ...]:
    """Put closing lines of accounts that each have their own area in a table; none gives none.

    Parameters
    ----------
    name, title
        Of the table.
    lines
        Title and closing line of each account, by the table's row.
    note
        What their areas are.
    """
    if not lines:
        return ()
    columns = _balance_columns()
    frame = pd.DataFrame.from_dict(
        {
            key: {
                "regnskap": what,
                "areal_m2": line.boundary_m2,
                "rader_m2": line.rows_m2,
                "ikke_dekket_m2": line.not_covered_m2,
                # The union of plans that do not overlap may be more than its parts by rounding.
                "talt_dobbelt_m2": max(line.counted_twice_m2, 0.0),
                "differanse_m2": line.difference_m2,
                "gar_opp": "ja" if line.closes else "nei",
            }
            for key, (what, line) in lines.items()
        },
        orient="index",
    )
    return (Table(name=name, title=title, frame=frame, columns=columns, note=note),)


def not_closing(lines: Mapping[str, tuple[str, Balance]]) -> tuple[str, ...]:
    """Say which accounts do not close, so that the numbers must not be published."""
    return tuple(
        f"Regnskapet «{what}» går ikke opp: det mangler {format_number(line.difference_m2, 3)} m² "
        f"av {format_number(line.boundary_m2)} m²."
        for what, line in lines.values()
        if not line.closes
    )


def _balance_columns() -> dict[str, Column]:
    return {
        "regnskap": Column(title="Regnskap"),
        "areal_m2": Column(title="Areal", unit="m²", decimals=1),
        "rader_m2": Column(title="Rader der alle lag dekker", unit="m²", decimals=1),
        "ikke_dekket_m2": Column(title="+ Ikke dekket", unit="m²", decimals=1),
        "talt_dobbelt_m2": Column(title="− Talt flere ganger", unit="m²", decimals=1),
        "differanse_m2": Column(title="= Differanse", unit="m²", decimals=6),
        "gar_opp": Column(title="Går opp"),
    }


def overlap_findings(
    account: Account, themes: Iterable[str], listed: int, *, what: str
) -> tuple[Finding, ...]:
    """Name the overlaps of some themes: how many, how much, and the largest.

    Parameters
    ----------
    account
        The account that they are in.
    themes
        Ids of layers.
    listed
        How many are named by their rows.
    what
        What overlaps, in bokmål: «Områder i inndelingen».
    """
    found = []
    for theme in themes:
        rows = account.overlaps[account.overlaps["tema"] == theme]
        if not len(rows):
            continue
        rows = rows.sort_values(AREA, ascending=False)
        total = float(rows[AREA].sum())
        named = "; ".join(
            f"{row['rader']} ({format_number(row[AREA], 1)} m²)"
            for row in rows.head(listed).drop(columns="geometry").to_dict("records")
        )
        known = load_catalogue()
        found.append(
            Finding(
                rule="areal.overlapp",
                title=f"{what} overlapper",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(len(rows))} overlapp, til sammen {format_number(total, 1)} "
                f"m², i «{known[theme].title if theme in known else theme}». Arealet er talt én "
                "gang for hver flate. "
                f"De største ligger mellom radene {named}.",
                layer=theme,
                row=str(rows["rader"].iloc[0]),
                action="Rett grensene i kilden.",
                geometry=rows.geometry.iloc[0],
            )
        )
    return tuple(found)
