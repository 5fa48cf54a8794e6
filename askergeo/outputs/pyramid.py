"""Reads population pyramids from the tables that they draw.

Only what a table shows after suppression is drawn. The drawing is in
:mod:`askergeo.outputs.pyramid_svg`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from askergeo._text import listed
from askergeo.numbers import format_number
from askergeo.outputs._chart_cells import cells_of, lacking
from askergeo.outputs.report import cell_text, clean_text

if TYPE_CHECKING:
    from askergeo.charts import PyramidChart
    from askergeo.outputs._chart_cells import Cell
    from askergeo.result import Result

__all__ = ["Pyramid", "Side", "pyramid"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a pyramid: a value a group, and the outline's when there is one."""

    title: str
    cells: tuple[Cell, ...]
    outline_title: str = ""
    outline: tuple[Cell, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pyramid:
    """What a pyramid shows; ``groups`` are the youngest first."""

    name: str
    title: str
    group_title: str
    unit: str
    decimals: int
    groups: tuple[str, ...]
    sides: tuple[Side, ...]
    notes: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """Write a value with its unit."""
        return format_number(value, self.decimals, unit=self.unit)

    @property
    def most(self) -> float:
        """The largest value of bars and outlines."""
        cells = [cell for side in self.sides for cell in (*side.cells, *side.outline)]
        return max((cell.value for cell in cells if cell.value is not None), default=0.0)

    @property
    def summary(self) -> str:
        """The pyramid in words: its sides, what they sum to, and the largest group of each."""
        said = []
        for side in self.sides:
            known = [(one.value, at) for at, one in enumerate(side.cells) if one.value is not None]
            if not known:
                said.append(f"{side.title}: ingen kjente tall")
                continue
            top, at = max(known)
            whole = "sum" if len(known) == len(side.cells) else "sum av det som vises"
            total = self.text(sum(value for value, _ in known))
            most = f"{self.groups[at]} ({self.text(top)})"
            said.append(f"{side.title}: {whole} {total}, flest i {most}")
        lines = [side.outline_title for side in self.sides if side.outline_title]
        outline = f" Streken: {listed(list(dict.fromkeys(lines)))}." if lines else ""
        count = len(self.groups)
        return f"Søyler for {count} grupper, den yngste nederst. {'; '.join(said)}.{outline}"


def pyramid(result: Result, chart: PyramidChart) -> Pyramid | None:
    """Read what a pyramid shows from the table that it draws; None when no value is known.

    Raises
    ------
    KeyError
        When the result has no such table, or the table no such column.
    """
    table = result.table(chart.table)
    totals = {row_sum.total for row_sum in table.row_sums}
    labels = [label for label in table.frame.index if label not in totals]
    outlines = chart.outlines or ("",) * len(chart.sides)
    sides = tuple(
        Side(
            title=clean_text(table.columns[name].title),
            cells=cells_of(table, labels, name),
            outline_title=clean_text(table.columns[other].title) if other else "",
            outline=cells_of(table, labels, other) if other else (),
        )
        for name, other in zip(chart.sides, outlines, strict=True)
    )
    every = [cell for side in sides for cell in (*side.cells, *side.outline)]
    if all(cell.value is None for cell in every):
        return None
    names = dict(zip(table.frame.index, table.frame[chart.group].astype(object), strict=True))
    group, column = table.columns[chart.group], table.columns[chart.sides[0]]
    return Pyramid(
        name=chart.name,
        title=clean_text(chart.title),
        group_title=clean_text(group.title),
        unit=clean_text(column.unit),
        decimals=column.decimals or 0,
        groups=tuple(cell_text(names[label], group) for label in labels),
        sides=sides,
        notes=lacking(every),
    )
