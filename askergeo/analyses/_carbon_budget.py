"""The table of a climate budget: its rows and columns as data, and the row that is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.carbon._table import parse_number, parse_table
from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ABSENT", "Budget", "Heading", "read_budget"]

#: What stands where nobody knows the figure.
ABSENT: Final = "foreligger ikke"
_NAME: Final = "klimabudsjett_asker.csv"
_COLUMNS: Final = ("kommunenummer", "sektor", "kolonne", "aar", "tonn", "kilde", "sikkerhet")
_KINDS: Final = {"mal": "Mål", "utslipp": "Utslipp", "budsjett": "Budsjett"}


@dataclass(frozen=True)
class Heading:
    """A column: what kind of figure, and of which year."""

    kind: str
    year: int

    @property
    def name(self) -> str:
        """Identifier of the column."""
        return f"{self.kind}_{self.year}"

    @property
    def title(self) -> str:
        """Header in bokmål."""
        return f"{_KINDS[self.kind]} {self.year}"


@dataclass(frozen=True)
class Budget:
    """The table that is to be filled.

    Parameters
    ----------
    cells
        Index sector, in order; a column for each heading's name: tonnes, missing when there is
        no figure.
    headings
        The columns in order.
    source
        Where the figures are from, in bokmål; empty when there are none.
    layout
        Whose table has these rows and columns, in bokmål.
    warnings
        What the reader must know.
    """

    cells: pd.DataFrame
    headings: tuple[Heading, ...]
    source: str
    layout: str
    warnings: tuple[str, ...]


def read_budget(
    own: pd.DataFrame | None, municipality: str, wanted: Sequence[str], row: str
) -> Budget:
    """Read the table: that of the package, else Asker's as it comes along.

    Parameters
    ----------
    own
        The layer ``klimabudsjett``.
    municipality
        Number of the municipality: Asker's figures are shown for Asker only.
    wanted
        Columns as text («budsjett 2024»); empty takes those of the table.
    row
        The sector that is filled in; it is added when the table lacks it.

    Raises
    ------
    ParameterError
        When a column cannot be read.
    """
    frame = _standard() if own is None else own
    warnings: tuple[str, ...] = ()
    layout = "kommunens egen"
    numbers = frame["tonn"].astype("float64")
    if own is None and municipality not in set(frame["kommunenummer"]):
        numbers = numbers.where(frame["kommunenummer"] == municipality)
        layout = "Askers"
        warnings = (
            (
                "Tabellen har radene i Askers klimabudsjett, men ikke tallene, for denne kommunen "
                "er ikke Asker. Legg til kommunens egne tall som laget «klimabudsjett»."
            ),
        )
    frame = frame.assign(tonn=numbers, kolonne=frame["kolonne"].astype(str))
    headings = tuple(_heading(one) for one in wanted) or tuple(
        Heading(kind, int(year))
        for kind, year in dict.fromkeys(zip(frame["kolonne"], frame["aar"], strict=True))
    )
    sectors = list(dict.fromkeys([*frame["sektor"].astype(str), row]))
    known = {
        (str(sector), str(kind), int(year)): tonnes
        for sector, kind, year, tonnes in frame[["sektor", "kolonne", "aar", "tonn"]].to_numpy()
    }
    cells = pd.DataFrame(
        {
            one.name: [known.get((sector, one.kind, one.year), float("nan")) for sector in sectors]
            for one in headings
        },
        index=pd.Index(sectors, name="sektor"),
        dtype="float64",
    )
    column = frame["kolonne"] + "_" + frame["aar"].astype(str)
    shown = frame["tonn"].notna() & column.isin([one.name for one in headings])
    others = frame["sektor"].astype(str) != row
    return Budget(cells, headings, _source(frame.loc[shown & others, "kilde"]), layout, warnings)


def _source(told: pd.Series) -> str:
    """Name the sources of the figures that are shown."""
    if not len(told):
        return ""
    named = dict.fromkeys(str(one) for one in told.dropna() if "foreligger" not in one)
    return "; ".join(named) or "ikke oppgitt"


def _standard() -> pd.DataFrame:
    text = (files("askergeo") / "data" / _NAME).read_text(encoding="utf-8")
    frame = pd.DataFrame([line.cells for line in parse_table(text, _NAME, _COLUMNS)])
    frame["tonn"] = [parse_number(one) if one else float("nan") for one in frame["tonn"]]
    frame["aar"] = frame["aar"].astype(int)
    return frame


def _heading(text: str) -> Heading:
    kind, _, year = text.strip().rpartition(" ")
    kind = {"mål": "mal"}.get(kind.lower(), kind.lower())
    if kind not in _KINDS or not year.isdigit():
        raise ParameterError(
            f"Kolonnen «{text}» kan ikke leses.",
            remedy="Skriv slag og år, for eksempel «budsjett 2028». Slagene er mal, utslipp og "
            "budsjett.",
        )
    return Heading(kind, int(year))
