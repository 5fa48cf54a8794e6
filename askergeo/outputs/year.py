"""Reads bar charts by year from the tables that they draw, and finds their scale.

Only what a table shows after suppression is drawn; what is not drawn is counted and said: a year
that is unknown is written «..» and has no bar, for unknown is not zero. The drawing itself is in
:mod:`askergeo.outputs.year_svg`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.numbers import HIDDEN, UNKNOWN, format_number
from askergeo.outputs.report import cell_text, clean_text, is_unknown
from askergeo.outputs.symbols import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.charts import YearChart
    from askergeo.result import Result, Table

__all__ = ["Scale", "Series", "YearBars", "scale_of", "year_bars"]

# Blue, orange, grey, green, pink and brown: told apart by colour-blind readers and in grey.
_PALETTE: Final = ("#2b6ca3", "#f0b14a", "#d0d0d0", "#5aa782", "#cc79a7", "#8a6d3b")
# About as many lines across the chart.
_TICKS = 5
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One column of a chart: ``numbers`` has one a year, ``None`` where it is not shown."""

    title: str
    colour: str
    numbers: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class YearBars:
    """What a chart by year shows.

    Parameters
    ----------
    name, title
        Of the chart.
    year_title
        What the years are.
    unit, decimals
        Of the values.
    years
        Text of each of ``n`` years.
    series
        The columns, each with ``n`` values.
    marks
        What is written where a year has no bar: ``..`` unknown, ``:`` hidden, else nothing.
    kinds
        Word for each year; empty when all are alike.
    target_title, target
        The line, with ``n`` values; empty when there is none.
    stacked
        Whether the series are parts of one bar.
    levels
        Whether the values are what there is each year: they are told first and last, not summed.
    notes
        What is not drawn, in bokmål.
    """

    name: str
    title: str
    year_title: str
    unit: str
    decimals: int
    years: tuple[str, ...]
    series: tuple[Series, ...]
    marks: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    target_title: str = ""
    target: tuple[float | None, ...] = ()
    stacked: bool = True
    levels: bool = False
    notes: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """Write a value with its unit."""
        return format_number(value, self.decimals, unit=self.unit)

    @property
    def summary(self) -> str:
        """The chart in words: its years, what each series is or sums to, and the highest year."""
        how = "stablet" if self.stacked else "ved siden av hverandre"
        said = f"Søyler for {self.years[0]}–{self.years[-1]}, {how}. {self._said()}."
        totals = self._totals()
        known = [at for at, total in enumerate(totals) if total is not None]
        if self.stacked and len(known) > 1:
            top = max(known, key=lambda at: totals[at] or 0.0)
            said += f" Høyest i {self.years[top]}: {self.text(totals[top] or 0.0)}."
        if self.target_title:
            said += f" Streken: {self.target_title[0].lower()}{self.target_title[1:]}."
        return said

    def _said(self) -> str:
        """Each series as its first and last known value, or as its sum over the years."""
        known = [[value for value in one.numbers if value is not None] for one in self.series]
        pairs = list(zip(self.series, known, strict=True))
        if self.levels:
            told = [
                f"{one.title} {self.text(values[0])} til {self.text(values[-1])}"
                for one, values in pairs
                if values
            ]
            return f"Fra første til siste år: {listed(told)}"
        sums = [f"{one.title} {self.text(sum(values))}" for one, values in pairs]
        return f"Sum over årene: {listed(sums)}"

    def _totals(self) -> list[float | None]:
        columns = zip(*(one.numbers for one in self.series), strict=True)
        known = ([value for value in values if value is not None] for values in columns)
        return [sum(values) if values else None for values in known]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The axis of the values: its ends, and where its lines lie."""

    low: float
    high: float
    ticks: tuple[float, ...]


def year_bars(result: Result, chart: YearChart) -> YearBars | None:
    """Read what a chart shows from the table that it draws.

    Parameters
    ----------
    result
        A suppressed result.
    chart
        One of its charts.

    Returns
    -------
    YearBars or None
        None when no value is known.

    Raises
    ------
    KeyError
        When the result has no such table, or the table no such column.
    """
    table = result.table(chart.table)
    totals = [row_sum.total for row_sum in table.row_sums]
    frame = table.frame[~table.frame.index.isin(totals)]
    named = (*chart.columns, *([chart.target] if chart.target else []))
    read = {name: _values(table, frame, name) for name in named}
    if all(value is None for name in chart.columns for value in read[name]):
        return None
    marks = _marks(table, frame, chart, [read[name] for name in chart.columns])
    column = table.columns[chart.columns[0]]
    year = table.columns[chart.year]
    return YearBars(
        name=chart.name,
        title=clean_text(chart.title),
        year_title=clean_text(year.title),
        unit=clean_text(column.unit),
        decimals=column.decimals or 0,
        years=tuple(cell_text(value, year) for value in frame[chart.year].astype(object)),
        series=tuple(
            Series(
                title=clean_text(table.columns[name].title),
                colour=colour(chart.colours.get(name, "")) or _PALETTE[at % len(_PALETTE)],
                numbers=read[name],
            )
            for at, name in enumerate(chart.columns)
        ),
        marks=marks,
        kinds=_kinds(frame, chart),
        target_title=clean_text(table.columns[chart.target].title) if chart.target else "",
        target=read[chart.target] if chart.target else (),
        stacked=chart.stacked,
        levels=chart.levels,
        notes=_notes(marks),
    )


def _values(table: Table, frame: pd.DataFrame, name: str) -> tuple[float | None, ...]:
    hidden = {label for label, column in table.hidden if column == name}
    numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return tuple(
        None if label in hidden or not math.isfinite(number) else float(number)
        for label, number in zip(frame.index, numbers, strict=True)
    )


def _kinds(frame: pd.DataFrame, chart: YearChart) -> tuple[str, ...]:
    if not chart.kind:
        return ()
    words = frame[chart.kind].astype(object).tolist()
    return tuple("" if is_unknown(word) else clean_text(word) for word in words)


def _marks(
    table: Table,
    frame: pd.DataFrame,
    chart: YearChart,
    columns: Sequence[Sequence[float | None]],
) -> tuple[str, ...]:
    """Say what stands where a year lacks a value that should be drawn."""
    hidden = {label for label, column in table.hidden if column in chart.columns}
    marks = []
    for label, values in zip(frame.index, zip(*columns, strict=True), strict=True):
        lacks = any(value is None for value in values)
        marks.append(HIDDEN if label in hidden else UNKNOWN if lacks else "")
    return tuple(marks)


def _notes(marks: Sequence[str]) -> tuple[str, ...]:
    parts = []
    for mark, word in ((UNKNOWN, "ukjent"), (HIDDEN, "skjult")):
        count = sum(own == mark for own in marks)
        if count:
            # «År» is alike in one and several.
            parts.append(f"{format_number(count)} år har {word} verdi («{mark}»)")
    if not parts:
        return ()
    return (f"{listed(parts)}. Det er ikke tegnet som null.",)


def scale_of(drawn: YearBars) -> Scale:
    """Find an axis that holds every bar and the line, zero among its lines.

    Examples
    --------
    >>> bars = YearBars(
    ...     name="a", title="A", year_title="År", unit="", decimals=0, years=("2020",),
    ...     series=(Series(title="x", colour="#000000", numbers=(87.0,)),), marks=("",),
    ... )
    >>> scale_of(bars).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    """
    highs, lows = [0.0], [0.0]
    for values in zip(*(one.numbers for one in drawn.series), strict=True):
        known = [value for value in values if value is not None]
        if drawn.stacked:
            highs.append(sum(value for value in known if value > 0))
            lows.append(sum(value for value in known if value < 0))
        else:
            highs += known
            lows += known
    aims = [value for value in drawn.target if value is not None]
    high, low = max(highs + aims), min(lows + aims)
    if drawn.decimals == 0:
        # Lines between whole numbers would be written alike.
        high = max(high, low + 1.0)
    elif high == low:
        high = 1.0
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in _STEPS if power * one >= rough * (1 - 1e-9))
    if drawn.decimals == 0:
        step = max(step, 1.0) if step < 1 or step.is_integer() else math.ceil(step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(at * step for at in range(first, last + 1))
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks)
