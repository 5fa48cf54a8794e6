"""Writes zone data as plain files: CSV with the grunnkrets as key, and what each column means."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.outputs.write import Extra

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from pathlib import Path

    from askergeo.outputs.report import Report
    from askergeo.result import Column, Result, Table

__all__ = ["FILES", "TABLE", "extras", "write_columns", "write_zones"]

TABLE: Final = "grunnkretser"
FILES: Final = {"sonedata": "grunnkretser.csv", "kolonner": "kolonner.csv"}
_TOTAL: Final = "sum"
_HIDDEN: Final = "skjult"


def extras() -> Mapping[str, Extra]:
    """Return the files that are written beside a report of zone data, by name."""
    return {
        FILES["sonedata"]: Extra(title="Sonedata etter grunnkrets (CSV)", write=_zones),
        FILES["kolonner"]: Extra(title="Kolonnene i sonedata (CSV)", write=_columns),
    }


def _zones(report: Report, path: Path) -> None:
    write_zones(_latest(report).table(TABLE), path)


def _columns(report: Report, path: Path) -> None:
    write_columns(_latest(report).table(TABLE), path)


def _latest(report: Report) -> Result:
    """Return the result to export: with a scenario that of the scenario, not the difference."""
    whole = [one for one in report.results if _is_plain(one)]
    return whole[-1]


def _is_plain(result: Result) -> bool:
    from askergeo.compare import is_comparison  # noqa: PLC0415  (heavy)

    return not is_comparison(result)


def write_zones(table: Table, path: Path) -> None:
    """Write a suppressed table of zones, a row each; the sum is left out.

    UTF-8, semicolon between the columns, a point before decimals. A hidden or unknown number is
    empty, and the last column, ``skjult``, names the hidden ones.

    Parameters
    ----------
    table
        With the key in its first column.
    path
        File to write.
    """
    frame = table.frame.drop(index=_TOTAL, errors="ignore")
    text = pd.DataFrame(
        {name: _text(frame[name], column) for name, column in table.columns.items()},
        index=frame.index,
    )
    marks: dict[Hashable, list[str]] = {label: [] for label in frame.index}
    for label, name in sorted(table.hidden, key=str):
        if label in marks:
            marks[label].append(name)
    order = list(table.columns)
    text[_HIDDEN] = [",".join(sorted(marks[label], key=order.index)) for label in frame.index]
    text.to_csv(path, sep=";", index=False, encoding="utf-8", lineterminator="\n",
                quoting=csv.QUOTE_MINIMAL)  # fmt: skip


def _text(values: pd.Series, column: Column) -> pd.Series:
    """Write numbers without thousands' spaces, and no exponent."""
    if column.decimals is None:
        return values.astype(object).where(values.notna(), "").astype(str)
    numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    decimals = column.decimals
    return pd.Series(
        ["" if np.isnan(one) else f"{one + 0.0:.{decimals}f}" for one in numbers],
        index=values.index,
        dtype=object,
    )


def write_columns(table: Table, path: Path) -> None:
    """Write what each column of :func:`write_zones` is: name, title, unit, persons, description."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(["kolonne", "tittel", "enhet", "personer", "beskrivelse"])
        writer.writerows(_rows(table))


def _rows(table: Table) -> Iterator[tuple[str, str, str, str, str]]:
    for name, column in table.columns.items():
        persons = "ja" if column.persons else "nei"
        yield name, column.title, column.unit, persons, column.description
    yield (_HIDDEN, "Skjult", "", "nei",
           "Kolonnene i raden som er skjult av hensyn til personvern.")  # fmt: skip
