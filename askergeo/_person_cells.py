"""The cells of results that count persons, numbered, with the sums and repeats that tie them.

:mod:`askergeo.privacy` says what is hidden and writes it down; :mod:`askergeo._audit` decides on
the bare numbers. Between the two a result's tables, layers and facts become variables here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo._audit import Equation, protect
from askergeo.compare import CHANGE, SCENARIO, comparison_sums

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.result import Column, Fact, MapLayer, Result, Table

__all__ = ["Hidden", "PersonCells", "mask_of"]

#: Hidden cells: row label and column.
Hidden = frozenset[tuple["Hashable", str]]


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class _Block:
    """The person cells of one column: variable ``start + i`` is row ``i`` of the frame."""

    start: int
    index: pd.Index
    counts: NDArray[np.float64]


class PersonCells:
    """All person cells as numbered variables, with what ties them together."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[int, str, str, str], _Block] = {}
        self.size = 0
        self.values: list[NDArray[np.float64]] = []
        self.already: list[NDArray[np.bool_]] = []
        self.hypothetical: list[NDArray[np.bool_]] = []
        self.signed: list[NDArray[np.bool_]] = []
        self.free: list[NDArray[np.bool_]] = []
        self.pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self.equations: list[tuple[int, tuple[int, ...]]] = []

    def add(
        self,
        key: tuple[int, str, str, str],
        values: NDArray[np.float64],
        already: Sequence[bool] | NDArray[np.bool_],
        index: pd.Index | list[str],
        *,
        free: bool = False,
    ) -> None:
        """Give the cells of one column their numbers; those that are ``free`` may be small."""
        self.blocks[key] = _Block(self.size, pd.Index(index), values)
        self.size += len(values)
        self.values.append(values)
        self.already.append(np.asarray(already, dtype=bool))
        self.hypothetical.append(np.full(len(values), key[3].endswith((SCENARIO, CHANGE))))
        self.signed.append(np.full(len(values), bool(np.any(values < 0))))
        self.free.append(np.full(len(values), free))

    def add_result(self, number: int, result: Result) -> None:
        """Take in the cells of a result and write down its equations."""
        for table in result.tables:
            summed = [(s.total, s.parts) for s in table.column_sums]
            self._add_frame(number, "table", table, _person_columns(table.columns, summed))
            self._column_equations((number, "table", table.name), summed)
            self._row_equations((number, "table", table.name), table)
        for table in result.tables:
            self._link_repeats(number, table)
        for layer in result.layers:
            sums = comparison_sums(layer.columns)
            self._add_frame(number, "layer", layer, _person_columns(layer.columns, sums))
            self._column_equations((number, "layer", layer.name), sums)
            self._link_rows_of(number, layer)
        modelled = {
            (table.name, name)
            for table in result.tables
            for name, column in table.columns.items()
            if column.modelled
        }
        self._add_facts(number, result.facts, modelled)

    def _add_frame(
        self, number: int, kind: str, part: Table | MapLayer, columns: Iterable[str]
    ) -> None:
        for name in columns:
            values = pd.to_numeric(part.frame[name], errors="coerce").to_numpy(
                dtype=np.float64, na_value=np.nan
            )
            already = mask_of(part.frame.index, part.hidden, name)
            free = part.columns[name].modelled and name.endswith(CHANGE)
            self.add((number, kind, part.name, name), values, already, part.frame.index, free=free)

    def _column_equations(
        self, place: tuple[int, str, str], sums: Iterable[tuple[str, tuple[str, ...]]]
    ) -> None:
        for total, parts in sums:
            blocks = [self.blocks.get((*place, name)) for name in (total, *parts)]
            whole = [block for block in blocks if block is not None]
            if len(whole) == len(blocks):
                starts = [block.start for block in whole]
                self.equations.extend(
                    (starts[0] + row, tuple(start + row for start in starts[1:]))
                    for row in range(len(whole[0].counts))
                )

    def _row_equations(self, place: tuple[int, str, str], table: Table) -> None:
        for total in table.row_sums:
            at = table.frame.index.get_indexer(pd.Index([total.total, *total.parts], dtype=object))
            if at[0] < 0:
                continue
            parts = [int(row) for row in at[1:] if row >= 0]
            for (owner, kind, name, _), block in self.blocks.items():
                if (owner, kind, name) == place:
                    variables = tuple(block.start + row for row in parts)
                    self.equations.append((block.start + int(at[0]), variables))

    def _link_repeats(self, number: int, table: Table) -> None:
        """Tie the cells that repeat a count of another table to it."""
        cells = [
            (self.find(number, (table.name, *own)), self.find(number, other))
            for own, other in table.repeats.items()
        ]
        both = np.array([pair for pair in cells if None not in pair], dtype=np.int64)
        if len(both):
            self._pair(both[:, 0], both[:, 1])

    def _link_rows_of(self, number: int, layer: MapLayer) -> None:
        for (owner, kind, name, column), block in list(self.blocks.items()):
            if (owner, kind, name) == (number, "layer", layer.name):
                table = self.blocks.get((number, "table", layer.rows_of, column))
                if table is not None:
                    self._link(block, table, only_equal=False)

    def _add_facts(
        self, number: int, facts: Mapping[str, Fact], modelled: set[tuple[str, str]]
    ) -> None:
        counted = {
            name: fact
            for name, fact in facts.items()
            if fact.persons and (fact.hidden or isinstance(fact.value, int | float))
        }
        for name, fact in counted.items():
            value = np.array([np.nan if fact.value is None else fact.value], dtype=np.float64)
            key = (number, "fact", name, name)
            told = fact.cell is not None and (fact.cell[0], fact.cell[2]) in modelled
            free = told and name.endswith(CHANGE)
            self.add(key, value, [fact.hidden], [name.removesuffix(SCENARIO)], free=free)
            cell = self.find(number, fact.cell)
            if cell is not None:
                self._pair(np.array([self.blocks[key].start]), np.array([cell]))
        for total, parts in comparison_sums(counted):
            variables = [
                self.blocks[(number, "fact", name, name)].start for name in (total, *parts)
            ]
            self.equations.append((variables[0], tuple(variables[1:])))

    def find(self, number: int, cell: tuple[str, Hashable, str] | None) -> int | None:
        """Return the variable of a table cell."""
        block = self.blocks.get((number, "table", cell[0], cell[2])) if cell else None
        if cell is None or block is None or cell[1] not in block.index:
            return None
        return block.start + int(block.index.get_indexer(pd.Index([cell[1]], dtype=object))[0])

    def link_results(self, results: Sequence[Result]) -> None:
        """Tie together the cells that several results repeat, such as a comparison and its base."""
        shared: dict[tuple[str, str, str, str], list[_Block]] = defaultdict(list)
        for (number, kind, name, column), block in self.blocks.items():
            plain = column.removesuffix(SCENARIO)
            where = plain if kind == "fact" else name
            shared[(results[number].analysis, kind, where, plain)].append(block)
        for blocks in shared.values():
            for other in blocks[1:]:
                for block in blocks[: blocks.index(other)]:
                    self._link(other, block, only_equal=True)

    def _link(self, one: _Block, other: _Block, *, only_equal: bool) -> None:
        at = other.index.get_indexer(one.index)
        rows = np.flatnonzero(at >= 0)
        if only_equal:
            rows = rows[one.counts[rows] == other.counts[at[rows]]]
        self._pair(one.start + rows, other.start + at[rows])

    def _pair(self, one: NDArray[Any], other: NDArray[Any]) -> None:
        self.pairs.append((one.astype(np.int64), other.astype(np.int64)))

    def protect(self, threshold: int) -> NDArray[np.bool_]:
        """Decide which variables are hidden."""
        if not self.size:
            return np.zeros(0, dtype=bool)
        group = self._groups()
        count = int(group.max()) + 1
        all_values = np.concatenate(self.values)
        # Cells of one group hold the same number; should they differ, the largest counts.
        values = np.full(count, -np.inf)
        known = ~np.isnan(all_values)
        np.maximum.at(values, group[known], all_values[known])
        values[np.isinf(values)] = np.nan
        small = np.abs(all_values)
        primary = np.zeros(count, dtype=bool)
        few = (small > 0) & (small < threshold) & ~np.concatenate(self.free)
        primary[group[few]] = True
        already, signed, real = (np.zeros(count, dtype=bool) for _ in range(3))
        already[group[np.concatenate(self.already)]] = True
        signed[group[np.concatenate(self.signed)]] = True
        real[group[~np.concatenate(self.hypothetical)]] = True
        equations = [
            Equation(int(group[total]), tuple(int(group[part]) for part in parts))
            for total, parts in self.equations
        ]
        hidden = protect(
            values,
            equations,
            primary=primary,
            already=already,
            signed=signed,
            prefer=~real,
            threshold=threshold,
        )
        return hidden[group]

    def _groups(self) -> NDArray[np.int64]:
        """Return the number of the set of cells that repeat the same count, for each cell."""
        from scipy.sparse import coo_array  # noqa: PLC0415  (heavy; only when there are persons)
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (as above)

        one = np.concatenate([pair[0] for pair in self.pairs] or [np.zeros(0, np.int64)])
        other = np.concatenate([pair[1] for pair in self.pairs] or [np.zeros(0, np.int64)])
        links = coo_array((np.ones(len(one)), (one, other)), shape=(self.size, self.size))
        return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)

    def hidden_cells(
        self, number: int, kind: str, name: str, hidden: NDArray[np.bool_]
    ) -> Iterator[tuple[Hashable, str]]:
        """Yield the hidden person cells of one table or layer."""
        for (owner, its_kind, its_name, column), block in self.blocks.items():
            if (owner, its_kind, its_name) == (number, kind, name):
                rows = np.flatnonzero(hidden[block.start : block.start + len(block.counts)])
                for label in block.index[rows]:
                    yield label, column


def _person_columns(
    columns: Mapping[str, Column], sums: Iterable[tuple[str, tuple[str, ...]]]
) -> list[str]:
    """Columns that count persons, and those that a sum ties to one."""
    persons = {name for name, column in columns.items() if column.persons}
    grown = True
    while grown:
        tied = {n for total, parts in sums for n in (total, *parts) if persons & {total, *parts}}
        grown = not tied <= persons
        persons |= tied
    return [name for name in columns if name in persons]


def mask_of(index: pd.Index, hidden: Hidden, column: str) -> NDArray[np.bool_]:
    """Tell which rows of a column are hidden."""
    labels = [label for label, name in hidden if name == column]
    return (
        np.asarray(index.isin(labels), dtype=bool) if labels else np.zeros(len(index), dtype=bool)
    )
