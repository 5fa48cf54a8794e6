"""Hides counts of few persons, and what they could be computed from, before anything leaves.

Every output passes through :func:`suppress_all`. Three things are hidden (SSB's sign ``:``):

1. *primary cells*: ``0 < |value| < threshold`` in a column that counts persons. Zero is shown: it
   tells of nobody, and so does the difference between two runs of a model;
2. *complementary cells*: enough other person cells that no primary cell can be computed from what
   is published. The choice is greedy (hypothetical before real, parts before totals, small before
   large) and is then audited with linear programming, as an attacker would: all published cells,
   all sums, that a count is not negative, and that a hidden count is not zero are known;
3. *derived cells* (shares, densities) wherever one of their sources, or the total above it, is
   hidden.

Protection rule: given everything published, the interval of values that a primary cell may have
is at least ``threshold − 1`` wide. It therefore never holds a single whole number.

Where the sets that are counted lie in one another, in ways that no equation of the tables tells
(who is reached within 5 minutes is also reached within 10, and the map says which addresses), the
analysis rounds its counts with :func:`rounded` before they are written down. The result's
``microdata`` is taken away here: no output ever has it.

Not covered: text that an analysis writes itself (findings, notes, reading paragraphs), cells that
no equation of the result describes, and what was published in another report on another day.

References
----------
SSB, «Statistisk sentralbyrås håndbok for konfidensialitet i tabeller»; Fischetti and Salazar
(2000), «Models and algorithms for optimizing cell suppression in tabular data».
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo._audit import Equation, protect
from askergeo.compare import CHANGE, SCENARIO, comparison_sums
from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.result import Column, Fact, MapLayer, Result, Table

__all__ = ["THRESHOLD", "rounded", "suppress", "suppress_all", "whole_tens"]

THRESHOLD = 5
# What a table of rounded counts says of itself.
_ROUNDED = "Personer er avrundet til nærmeste 10 av hensyn til personvern; 1–4 er skjult."
_ROUND_TO = 10

Hidden = frozenset[tuple["Hashable", str]]


def suppress(result: Result, *, threshold: int = THRESHOLD) -> Result:
    """Hide the person counts of one result; see :func:`suppress_all`.

    Parameters
    ----------
    result
        The result as the analysis made it.
    threshold
        Counts from 1 to ``threshold − 1`` persons are hidden.

    Raises
    ------
    ParameterError
        When the threshold is below 2: nothing would be hidden.
    """
    return suppress_all([result], threshold=threshold)[0]


def suppress_all(results: Sequence[Result], *, threshold: int = THRESHOLD) -> tuple[Result, ...]:
    """Hide the person counts of results that leave together.

    Cells that two results share (a comparison and what it compares) are hidden in both. The
    routine is idempotent and keeps rows, index and column order; a hidden cell is NA in the
    frame and listed in ``hidden``, a hidden fact has no value.

    Parameters
    ----------
    results
        The results of one report.
    threshold
        Counts from 1 to ``threshold − 1`` persons are hidden.

    Returns
    -------
    tuple of Result
        In the same order; a result without persons is returned as it is.

    Raises
    ------
    ParameterError
        When the threshold is below 2: nothing would be hidden.
    """
    if threshold < 2:  # noqa: PLR2004  (below it no whole number is hidden)
        raise ParameterError(
            f"Terskelen for skjuling er {threshold}, men må være minst 2.",
            remedy="Bruk 5, som er askergeos standard.",
        )
    cells = _Cells()
    for number, result in enumerate(results):
        cells.add_result(number, result)
    cells.link_results(results)
    hidden = cells.protect(threshold)
    return tuple(_apply(cells, number, result, hidden) for number, result in enumerate(results))


def rounded(table: Table) -> Table:
    """Round a table's counts of persons to whole tens and hide those of 1 to 4.

    Zero stays zero, from 5 persons the nearest ten, at least 10. However the sets that are counted
    lie in one another, a difference between two such counts is known to within some ten persons
    only. Sums are no longer exact, so a table with sums is refused. The note says so. A table that
    counts no persons is returned as it is.

    Parameters
    ----------
    table
        With exact counts, NA unknown, and no sums stated.

    Raises
    ------
    ValueError
        When the table states sums: rounded counts do not keep them.

    References
    ----------
    SSB, «Statistisk sentralbyrås håndbok for konfidensialitet i tabeller», on rounding.
    """
    if table.row_sums or table.column_sums:
        raise ValueError(f"{table.name}: rounded counts do not add up to the sums stated")
    if not any(column.persons for column in table.columns.values()):
        return table
    frame = table.frame.copy()
    hidden: set[tuple[Hashable, str]] = set()
    for name, column in table.columns.items():
        if not column.persons:
            continue
        counts = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
        few = (counts > 0) & (counts < THRESHOLD)
        tens = whole_tens(counts)
        unknown = few | np.isnan(counts)
        frame[name] = pd.arrays.IntegerArray(np.where(unknown, 0, tens).astype(np.int64), unknown)
        hidden |= {(label, name) for label in frame.index[few]}
    return replace(
        table,
        frame=frame,
        hidden=table.hidden | frozenset(hidden),
        note=f"{table.note} {_ROUNDED}".strip(),
    )


def whole_tens(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round counts to whole tens, halves up; NaN stays.

    Examples
    --------
    >>> whole_tens(np.array([4.0, 5.0, 14.0, 15.0])).tolist()
    [0.0, 10.0, 10.0, 20.0]
    """
    return np.asarray(np.floor(counts / _ROUND_TO + 0.5) * _ROUND_TO, dtype=np.float64)


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class _Block:
    """The person cells of one column: variable ``start + i`` is row ``i`` of the frame."""

    start: int
    index: pd.Index
    counts: NDArray[np.float64]


class _Cells:
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
            already = _mask(part.frame.index, part.hidden, name)
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
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

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


def _mask(index: pd.Index, hidden: Hidden, column: str) -> NDArray[np.bool_]:
    labels = [label for label, name in hidden if name == column]
    return (
        np.asarray(index.isin(labels), dtype=bool) if labels else np.zeros(len(index), dtype=bool)
    )


def _apply(cells: _Cells, number: int, result: Result, hidden: NDArray[np.bool_]) -> Result:
    """Put the decision into the frames and facts of a result."""
    tables: dict[str, Hidden] = {}
    for table in result.tables:
        own = set(cells.hidden_cells(number, "table", table.name, hidden)) | table.hidden
        tables[table.name] = frozenset(own | set(_derived(table.columns, own, _above(table, own))))
    layers: dict[str, Hidden] = {}
    for layer in result.layers:
        above = tables.get(layer.rows_of, frozenset())
        rows = set(layer.frame.index)
        own = set(cells.hidden_cells(number, "layer", layer.name, hidden)) | layer.hidden
        known = own | {cell for cell in above if cell[0] in rows} | set(_told(layer, tables))
        known |= set(_derived(layer.columns, known, known))
        layers[layer.name] = frozenset(cell for cell in known if cell[1] in layer.columns)
    facts = _facts(cells, number, result, hidden, tables)
    if result.microdata is not None:
        result = replace(result, microdata=None)
    if not any(tables.values()) and not any(layers.values()) and facts == dict(result.facts):
        return result
    return replace(
        result,
        facts=facts,
        tables=tuple(
            replace(t, frame=_blank(t.frame, tables[t.name]), hidden=tables[t.name])
            for t in result.tables
        ),
        layers=tuple(
            replace(m, frame=_blank(m.frame, layers[m.name]), hidden=layers[m.name])
            for m in result.layers
        ),
    )


def _told(layer: MapLayer, tables: Mapping[str, Hidden]) -> Iterator[tuple[Hashable, str]]:
    """Cells of a layer that tell of a hidden cell of a table, in words."""
    for own, cells in layer.follows.items():
        if any(cell[1:] in tables.get(cell[0], frozenset()) for cell in cells):
            yield own


def _above(table: Table, hidden: set[tuple[Hashable, str]]) -> set[tuple[Hashable, str]]:
    """Cells whose total is hidden: their share would give the total away."""
    cells = set(hidden)
    for row_sum in table.row_sums:
        for label, column in hidden:
            if label == row_sum.total:
                cells |= {(part, column) for part in row_sum.parts}
    for column_sum in table.column_sums:
        for label, column in hidden:
            if column == column_sum.total:
                cells |= {(label, part) for part in column_sum.parts}
    return cells


def _derived(
    columns: Mapping[str, Column],
    hidden: set[tuple[Hashable, str]],
    above: set[tuple[Hashable, str]],
) -> Iterator[tuple[Hashable, str]]:
    """Cells that would give a hidden cell away, through any number of derivations."""
    known = hidden | above
    grown = True
    while grown:
        new = {
            (label, name)
            for name, column in columns.items()
            for label, source in known
            if source in column.derived_from
        }
        grown = not new <= known
        known |= new
        yield from new


def _facts(
    cells: _Cells,
    number: int,
    result: Result,
    hidden: NDArray[np.bool_],
    tables: Mapping[str, Hidden],
) -> dict[str, Fact]:
    """Hide facts that repeat a hidden cell, or are small themselves."""
    secret = {
        float(value)
        for (owner, _, _, _), block in cells.blocks.items()
        if owner == number
        for value in block.counts[hidden[block.start : block.start + len(block.counts)]]
        if value != 0 and not np.isnan(value)
    }
    facts: dict[str, Fact] = {}
    for name, fact in result.facts.items():
        block = cells.blocks.get((number, "fact", name, name))
        hide = fact.hidden or (block is not None and bool(hidden[block.start]))
        if fact.cell is not None:
            hide |= fact.cell[1:] in tables.get(fact.cell[0], frozenset())
        elif fact.persons and isinstance(fact.value, int | float):
            # A fact that names no cell, but has a hidden cell's value, may well repeat it.
            hide |= float(fact.value) in secret
        facts[name] = replace(fact, value=None, hidden=True) if hide else fact
    return facts


def _blank(frame: Any, hidden: Hidden) -> Any:  # noqa: ANN401  (DataFrame or GeoDataFrame)
    """Return a copy of the frame with NA in the hidden cells."""
    columns = {column for _, column in hidden}
    if not columns:
        return frame
    frame = frame.copy()
    for column in columns:
        values = frame[column]
        if pd.api.types.is_bool_dtype(values.dtype):
            values = values.astype("boolean")
        elif pd.api.types.is_integer_dtype(values.dtype):
            values = values.astype("Int64")
        frame[column] = values.mask(_mask(frame.index, hidden, column))
    return frame
