"""Reads accounts from the row of a table that they draw, and places their steps.

A step that is unknown or hidden has no bar. Steps after it are placed backwards from the end, and
what lies between two of them has no place and is only written. The drawing is in
:mod:`askergeo.outputs.ledger_svg`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from askergeo.charts import LedgerChart
from askergeo.numbers import format_number
from askergeo.outputs._chart_cells import cells_of, lacking
from askergeo.outputs.report import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs._chart_cells import Cell
    from askergeo.result import Result

__all__ = ["ADDED", "LEVEL", "TAKEN", "Ledger", "Step", "ledger"]

#: Kinds of steps.
LEVEL, ADDED, TAKEN = 0, 1, 2
# How much of the account may be lost to rounding before it is said not to close.
_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True)
class Step:
    """A line of the account, and where its bar begins and ends, when that is known.

    ``value`` is what a level is, or what a change does to the account.
    """

    title: str
    kind: int
    value: float | None
    mark: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What an account shows, from start to end."""

    name: str
    title: str
    unit: str
    decimals: int
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    #: Least and greatest value that must have room: accounts of one table have the same scale.
    reach: tuple[float, float] = (0.0, 0.0)

    def text(self, step: Step) -> str:
        """Write the value of a step with its sign and unit, or why there is none."""
        if step.value is None:
            return step.mark
        said = format_number(step.value, self.decimals, unit=self.unit)
        return f"+{said}" if step.kind == ADDED and step.value else said

    @property
    def summary(self) -> str:
        """The account in words, line by line."""
        said = (f"{step.title}: {self.text(step)}" for step in self.steps)
        return f"Regnskap fra start til slutt. {'; '.join(said)}."


def ledger(result: Result, chart: LedgerChart) -> Ledger | None:
    """Read what an account shows; None when its row is not there or no value is known.

    Raises
    ------
    KeyError
        When the result has no such table, or the table no such column.
    """
    beside = [
        one for one in result.charts if isinstance(one, LedgerChart) and one.table == chart.table
    ]
    read = {one: _alone(result, one) for one in dict.fromkeys([chart, *beside])}
    drawn = read[chart]
    if drawn is None:
        return None
    steps = [step for one in read.values() if one is not None for step in one.steps]
    ends = [end for step in steps for end in (step.low, step.high) if end is not None]
    return replace(drawn, reach=(min([0.0, *ends]), max([0.0, *ends])))


def _alone(result: Result, chart: LedgerChart) -> Ledger | None:
    """Read an account without those beside it."""
    table = result.table(chart.table)
    columns = [
        (chart.start, 0),
        *((name, 1) for name in chart.added),
        *((name, -1) for name in chart.taken),
        (chart.end, 0),
    ]
    if chart.row not in table.frame.index:
        return None
    cells = [cells_of(table, [chart.row], name)[0] for name, _ in columns]
    if all(cell.value is None for cell in cells):
        return None
    steps = _placed(
        [
            Step(
                title=clean_text(table.columns[name].title).lstrip("+−- "),
                kind=_kind(cell.value, sign),
                value=cell.value if sign >= 0 or cell.value is None else -cell.value,
                mark=cell.mark,
            )
            for (name, sign), cell in zip(columns, cells, strict=True)
        ]
    )
    column = table.columns[chart.start]
    decimals = column.decimals or 0
    unit = clean_text(column.unit)
    return Ledger(
        name=chart.name,
        title=clean_text(chart.title),
        unit=unit,
        decimals=decimals,
        steps=tuple(steps),
        notes=(*lacking(cells), *_open(steps, cells, decimals, unit)),
    )


def _kind(value: float | None, sign: int) -> int:
    if sign == 0:
        return LEVEL
    return ADDED if sign * (value or 0.0) >= 0 else TAKEN


def _placed(steps: Sequence[Step]) -> list[Step]:
    """Place forwards from the start until a step is unknown, then backwards from the end."""
    at: list[tuple[float, float] | None] = [None] * len(steps)
    run = steps[0].value
    for number, step in enumerate(steps[1:-1], start=1):
        if run is None or step.value is None:
            break
        at[number] = (run, run + step.value)
        run += step.value
    run = steps[-1].value
    for number in range(len(steps) - 2, 0, -1):
        step = steps[number]
        if run is None or step.value is None or at[number] is not None:
            break
        at[number] = (run - step.value, run)
        run -= step.value
    for number in (0, -1):
        value = steps[number].value
        at[number] = None if value is None else (0.0, value)
    return [
        step if ends is None else replace(step, low=min(ends), high=max(ends))
        for step, ends in zip(steps, at, strict=True)
    ]


def _open(
    steps: Sequence[Step], cells: Sequence[Cell], decimals: int, unit: str
) -> tuple[str, ...]:
    """Say that an account does not close, and by how much."""
    if any(cell.value is None for cell in cells):
        return ()
    end = steps[-1].value or 0.0
    found = sum((step.value or 0.0) for step in steps[:-1])
    # Each line may be rounded by half of its last decimal.
    slack = max(abs(end) * _SLACK, len(steps) * 0.5 * 10.0**-decimals)
    if abs(end - found) <= slack:
        return ()
    gap = format_number(end - found, decimals, unit=unit)
    return (f"Regnskapet går ikke opp: {gap} er uforklart.",)
