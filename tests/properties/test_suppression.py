"""An attacker who knows every published cell, every sum and the rule recovers no small count.

The attacker shares nothing with the implementation: it rebuilds the sums from the table's own
description and solves for whole numbers with a mixed-integer programme.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from askergeo.privacy import suppress
from askergeo.result import Column, ColumnSum, Result, RowSum, Table

THRESHOLD = 5
MANY = 10_000
PERSONS = Column(title="Bosatte", unit="personer", decimals=0, persons=True)


def attack(published: Table) -> dict[tuple[object, str], tuple[float, float]]:
    """Tightest whole-number interval of each hidden cell."""
    frame = published.frame
    place = {cell: at for at, cell in enumerate(sorted(published.hidden, key=str))}
    sums = [
        ((s.total, column), [(part, column) for part in s.parts])
        for s in published.row_sums
        for column in frame
    ] + [
        ((row, s.total), [(row, part) for part in s.parts])
        for s in published.column_sums
        for row in frame.index
    ]
    rows, right = [], []
    for total, parts in sums:
        row, known = np.zeros(len(place)), 0.0
        for cell, sign in [(total, -1.0), *((part, 1.0) for part in parts)]:
            if cell in place:
                row[place[cell]] += sign
            else:
                known -= sign * float(frame.loc[cell])
        if row.any():
            rows.append(row)
            right.append(known)
    found = {}
    for cell, at in place.items():
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(place))
            aim[at] = sign
            answer = milp(
                aim,
                constraints=[LinearConstraint(np.array(rows), right, right)] if rows else [],
                # Zero is always shown, so a hidden count is at least one.
                bounds=Bounds(1, MANY),
                integrality=np.ones(len(place)),
            )
            assert answer.status == 0, "the published table contradicts itself"
            ends.append(round(answer.x[at]))
        found[cell] = (ends[0], ends[1])
    return found


counts = st.one_of(st.integers(0, 6), st.integers(0, 60))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Random counts by place and age, with totals both ways and a subtotal."""
    rows, columns = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    numbers = [[draw(counts) for _ in range(columns)] for _ in range(rows)]
    frame = pd.DataFrame(
        numbers, columns=[f"c{i}" for i in range(columns)], index=[f"r{i}" for i in range(rows)]
    )
    labels = list(frame.index)
    row_sums, column_sums = [RowSum("alle", tuple(labels))], []
    if draw(st.booleans()) and rows > 2:
        cut = draw(st.integers(1, rows - 1))
        frame.loc["del"] = frame.loc[labels[:cut]].sum()
        row_sums.append(RowSum("del", tuple(labels[:cut])))
        if draw(st.booleans()):
            row_sums[0] = RowSum("alle", ("del", *labels[cut:]))
    frame.loc["alle"] = frame.loc[labels].sum()
    if draw(st.booleans()):
        frame["sum"] = frame.sum(axis=1)
        column_sums.append(ColumnSum("sum", tuple(f"c{i}" for i in range(columns))))
    return Table(
        name="t",
        title="T",
        frame=frame,
        columns=dict.fromkeys(frame.columns, PERSONS),
        row_sums=tuple(row_sums),
        column_sums=tuple(column_sums),
    )


@settings(deadline=None, max_examples=60)
@given(tables())
def test_no_small_count_can_be_recovered(raw: Table) -> None:
    published = suppress(Result(analysis="a", title="A", template="", tables=(raw,))).tables[0]
    small = {
        (row, column)
        for row in raw.frame.index
        for column in raw.frame
        if 0 < raw.frame.loc[row, column] < THRESHOLD
    }
    assert small <= published.hidden
    for cell, (low, high) in attack(published).items():
        if cell in small:
            assert high - low >= THRESHOLD - 1, (cell, low, high)


@settings(deadline=None, max_examples=60)
@given(tables())
def test_what_is_shown_is_true_and_zero_is_shown(raw: Table) -> None:
    published = suppress(Result(analysis="a", title="A", template="", tables=(raw,))).tables[0]
    for row in raw.frame.index:
        for column in raw.frame:
            if (row, column) in published.hidden:
                assert pd.isna(published.frame.loc[row, column])
                assert raw.frame.loc[row, column] != 0
            else:
                assert published.frame.loc[row, column] == raw.frame.loc[row, column]


@settings(deadline=None, max_examples=30)
@given(tables())
def test_a_second_time_changes_nothing(raw: Table) -> None:
    once = suppress(Result(analysis="a", title="A", template="", tables=(raw,)))
    twice = suppress(once)
    assert twice.tables[0].hidden == once.tables[0].hidden
    pd.testing.assert_frame_equal(once.tables[0].frame, twice.tables[0].frame)
