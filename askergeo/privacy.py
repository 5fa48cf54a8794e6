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

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo._person_cells import PersonCells, mask_of
from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo._person_cells import Hidden
    from askergeo.result import Column, Fact, MapLayer, Result, Table

__all__ = ["THRESHOLD", "rounded", "suppress", "suppress_all", "whole_tens"]

THRESHOLD = 5
# What a table of rounded counts says of itself.
_ROUNDED = "Personer er avrundet til nærmeste 10 av hensyn til personvern; 1–4 er skjult."
_ROUND_TO = 10


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
    cells = PersonCells()
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


def _apply(cells: PersonCells, number: int, result: Result, hidden: NDArray[np.bool_]) -> Result:
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
    cells: PersonCells,
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
        frame[column] = values.mask(mask_of(frame.index, hidden, column))
    return frame
