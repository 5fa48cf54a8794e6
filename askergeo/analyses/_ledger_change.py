"""What only the ledger can say of two runs: growth without and with a scenario, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from askergeo._text import listed
from askergeo.analyses._ledger_map import ZONES
from askergeo.analyses._ledger_tables import TOTAL
from askergeo.charts import YearChart
from askergeo.compare import CHANGE, SCENARIO
from askergeo.numbers import format_number
from askergeo.transport.ledger import OUTSIDE
from askergeo.transport.zones import UNKNOWN

if TYPE_CHECKING:
    from askergeo.result import Result, Table

__all__ = ["compare"]

_AROUND = ("land_og_sjo", "nullvekstlinje", "senter")
# Dwellings: less is rounding.
_LEAST = 0.05
# Centres that the sentence names.
_NAMED = 4


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Draw the years of both runs beside each other, and say in which centres growth changed.

    Parameters
    ----------
    base, other
        The results without and with the scenario.
    difference
        What the general comparison made of them.
    """
    charts = []
    for table in difference.tables:
        north = ("nord", f"nord{SCENARIO}")
        if table.name in {"vekst_aar", "jobber_aar"} and set(north) <= set(table.columns):
            charts.append(
                YearChart(
                    name=table.name,
                    title=f"{table.title}, nord for linjen",
                    table=table.name,
                    year="aar",
                    columns=north,
                    stacked=False,
                    kind="slag",
                    colours={"nord": "#2b6ca3", f"nord{SCENARIO}": "#f0b14a"},
                )
            )
    said = _moved(difference)
    # Braces in a name would be taken for a fact.
    safe = said.replace("{", "{{").replace("}", "}}")
    template = f"{difference.template} {safe}".strip()
    tables = tuple(_judged(base, other, table) for table in difference.tables)
    # Changes are told from each other by the land, the line and the centres around them.
    around = tuple(one for one in other.layers if one.name in _AROUND)
    # The tables tell better what changed in a zone than its whole area does.
    layers = (*around, *(one for one in difference.layers if one.name not in {*_AROUND, ZONES}))
    return replace(
        difference, charts=tuple(charts), template=template, tables=tables, layers=layers
    )


def _judged(base: Result, other: Result, table: Table) -> Table:
    """Put what each run says of the targets beside each other: words have no difference."""
    if table.name != "maal":
        return table
    frame, columns = table.frame.copy(), dict(table.columns)
    for name in ("status", "grunn"):
        title = columns[name].title
        old, new = (run.table("maal").frame[name] for run in (base, other))
        frame[name], frame[f"{name}{SCENARIO}"] = old.reindex(frame.index), new.reindex(frame.index)
        columns[name] = replace(columns[name], title=f"{title}, uten scenario")
        columns[f"{name}{SCENARIO}"] = replace(columns[name], title=f"{title}, med scenario")
    # The verdicts stand beside what they are of.
    first = ("maal", "gjelder", "status", f"status{SCENARIO}")
    order = [*first, *(name for name in columns if name not in first)]
    return replace(table, frame=frame[order], columns={name: columns[name] for name in order})


def _moved(difference: Result) -> str:
    """Say which centres get more and which get fewer of the dwellings that are expected."""
    tables = {table.name: table for table in difference.tables}
    column = f"planlagt_boliger{CHANGE}"
    if "sentre" not in tables or column not in tables["sentre"].columns:
        return ""
    frame = tables["sentre"].frame
    change = pd.to_numeric(frame[column]).drop(index=TOTAL, errors="ignore").fillna(0.0)
    change = change[change.abs() > _LEAST]
    if not len(change):
        return ""
    biggest = change.abs().sort_values(ascending=False, kind="stable").index[:_NAMED]
    names = {OUTSIDE: "utenfor sentrene", UNKNOWN: "på ukjent sted"}
    words = [
        f"{format_number(abs(change[one]), 1)} {'flere' if change[one] > 0 else 'færre'} "
        f"{names.get(str(one), 'i ' + str(frame.loc[one, 'senter']))}"
        for one in biggest
    ]
    more = len(change) - len(biggest)
    rest = f", og endring i {format_number(more)} til" if more else ""
    return f"Av boligene som ventes etter programmet, kommer {listed(words)}{rest}."
