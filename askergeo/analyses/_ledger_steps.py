"""The account of the dwellings: what is built, what is torn down and what is expected, in steps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.analyses._ledger_tables import SIDE_TITLES, TOTAL, decimals_of
from askergeo.charts import LedgerChart
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.transport.ledger import BUILT, PLANNED
from askergeo.transport.ledger_targets import column_of
from askergeo.transport.zones import NORTH, SIDES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.transport.ledger import Ledger

__all__ = ["step_charts", "step_table"]

_NAME: Final = "regnskap"
_END: Final = "vekst"
_UNIT: Final = "boliger"
# Whether in a centre with priority: column, and what is said of it.
_PLACES: Final = {
    "ja": ("ventet_inne", "i prioriterte sentre"),
    "nei": ("ventet_utenfor", "utenfor prioriterte sentre"),
    UNKNOWN: ("ventet_ukjent", "på ukjent sted"),
}


def step_table(ledger: Ledger) -> Table | None:
    """Sum the dwellings of each side of the line from the first year that is known to the last.

    Parameters
    ----------
    ledger
        The ledger. What is expected begins the year after the last that is known of what is built,
        so that the two may be added.

    Returns
    -------
    Table or None
        None when nothing is known of the years.
    """
    frame = pd.DataFrame({"sone": [SIDE_TITLES[side] for side in SIDES]}, index=list(SIDES))
    titles: dict[str, str] = {}
    spans = {stage: ledger.span(stage, "boliger") for stage in (BUILT, PLANNED)}
    for stage, span in spans.items():
        if span is None:
            continue
        mine = ledger.parts[ledger.parts["trinn"] == stage]
        number = mine[column_of(stage, "boliger")]
        new, gone = number.clip(lower=0.0), number.clip(upper=0.0)
        parts = {"bygd": ("Bygd {}", new), "revet": ("Revet {}, det som er ført", gone)}
        if stage == PLANNED:
            parts = {
                name: (f"Ventet {{}} {where}", new[mine["prioritert"] == place])
                for place, (name, where) in _PLACES.items()
            } | {"ventet_revet": ("Ventet revet {}, det som er ført", gone)}
        for name, (title, values) in parts.items():
            found = values.groupby(mine["sone"]).sum()
            frame[name] = found.reindex(frame.index).fillna(0.0)
            titles[name] = title.format(_years([span]))
    known = [span for span in spans.values() if span is not None]
    if not known:
        return None
    frame[_END] = frame[list(titles)].sum(axis=1)
    sums = frame.drop(columns="sone").sum()
    frame.loc[TOTAL] = {"sone": "I alt", **sums}
    decimals = decimals_of(frame, list(sums.index))
    end = f"Vekst {_years(known)}"
    return Table(
        name=_NAME,
        title="Regnskap over boligene: bygd, revet og ventet",
        frame=frame,
        columns={
            "sone": Column(title="Side"),
            **{
                name: Column(title=title, unit=_UNIT, decimals=decimals)
                for name, title in (*titles.items(), (_END, end))
            },
        },
        row_sums=(RowSum(TOTAL, tuple(SIDES)),),
        column_sums=(ColumnSum(_END, tuple(titles)),),
        note="Bygd er til og med siste kjente år, og ventet er programmet fra året etter, ganger "
        "sannsynligheten. Derfor kan de legges sammen. År som ikke er nevnt, er ukjente. Det som "
        "er tillatt og ikke bygd, er bare med når det står i programmet. Revet er bare det som er "
        "ført: 0 betyr ikke at ingenting blir revet.",
        group="Regnskapet",
    )


def step_charts(table: Table) -> tuple[LedgerChart, ...]:
    """Draw the account of all dwellings, and of those north of the line where any are."""
    start, *added = table.column_sums[0].parts
    rows = [(_NAME, TOTAL, table.title)]
    if (table.frame.loc[NORTH, [start, *added]] != 0).any():
        rows.append((f"{_NAME}_nord", NORTH, f"{table.title}, nord for linjen"))
    return tuple(
        LedgerChart(
            name=name, title=title, table=table.name, row=row, start=start, added=tuple(added),
            end=_END,
        )
        for name, row, title in rows
    )  # fmt: skip


def _years(spans: Sequence[tuple[int, int]]) -> str:
    """Name the years of spans that follow each other; years between them are not known."""
    first, last = spans[0][0], spans[-1][1]
    if any(after[0] > before[1] + 1 for before, after in pairwise(spans)):
        return " og ".join(_years([one]) for one in spans)
    return str(first) if first == last else f"{first}–{last}"
