"""The diagrams that a result may have of its tables: flows, years, ages and accounts.

A chart names its table and columns and holds no numbers of its own, so what is hidden in the
table is hidden in the chart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = ["Chart", "FlowChart", "LedgerChart", "PyramidChart", "YearChart"]


@dataclass(frozen=True, kw_only=True)
class FlowChart:
    """A flow diagram (Sankey) of a table: how much goes from each class to each other.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``.
    title
        Title in bokmål.
    table
        Name of the result's table that it draws; a row a flow, hidden and missing cells left out.
    source, target, value
        Columns of the table: where from, where to, how much. The same label on both sides is two
        bars.
    colours
        Colour ``#rrggbb`` of each label; others get one of the house's own.
    """

    name: str
    title: str
    table: str
    source: str
    target: str
    value: str
    colours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class YearChart:
    """A bar chart of a table with a row a year, and a line for the target of each year.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``.
    title
        Title in bokmål.
    table
        Name of the result's table that it draws, in the table's order; rows that are sums of
        others are left out, hidden and missing cells are not drawn as zero.
    year
        Column with the year.
    columns
        Columns that are drawn, a bar or a part of a bar each.
    stacked
        Whether the columns are parts of one bar, or bars beside each other.
    target
        Column with the target of each year; empty when there is none.
    kind
        Column with a word that tells years apart («Bygd», «Ventet»); empty when all are alike.
    colours
        Colour ``#rrggbb`` of columns; others get one of the house's own.
    levels
        Whether the values are what there is each year, which no sum over the years has a meaning
        for; else what comes or goes each year.
    """

    name: str
    title: str
    table: str
    year: str
    columns: tuple[str, ...]
    stacked: bool = True
    target: str = ""
    kind: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    levels: bool = False


@dataclass(frozen=True, kw_only=True)
class PyramidChart:
    """Bars of a table with a row a group of age, the youngest first: a population pyramid.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``.
    title
        Title in bokmål.
    table
        Name of the result's table that it draws, in the table's order; rows that are sums of
        others are left out, hidden and missing cells are not drawn as zero.
    group
        Column with the groups.
    sides
        The columns that are drawn: two, one to each side (men and women), or one when all are
        together.
    outlines
        Columns drawn as a line round the bars, one a side: another year, or a scenario.
    """

    name: str
    title: str
    table: str
    group: str
    sides: tuple[str, ...]
    outlines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.sides) not in {1, 2} or len(self.outlines) not in {0, len(self.sides)}:
            msg = f"Chart {self.name}: a pyramid has one or two sides, and an outline for each"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class LedgerChart:
    """An account as steps (a waterfall): what there was, what came and went, what there is.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``.
    title
        Title in bokmål.
    table
        Name of the result's table that it draws.
    row
        Index label of the row that is the account.
    start, end
        Columns with what there was and what there is.
    added, taken
        Columns that are added to the start, and those that are subtracted from it, in the order
        drawn; a negative number in ``added`` is what went.
    """

    name: str
    title: str
    table: str
    row: Hashable
    start: str
    end: str
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


#: Any of the diagrams.
Chart = FlowChart | YearChart | PyramidChart | LedgerChart
