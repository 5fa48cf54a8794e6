"""A table in a notebook has the page's headers, numbers and signs."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.outputs.notebook_table import show
from askergeo.privacy import suppress
from askergeo.result import Column, Result, Table


@pytest.fixture
def table():
    """Return a suppressed table with a small, a large and an unknown count."""
    frame = pd.DataFrame({"navn": ["a", "b", "c"], "n": [3, 12_345, None], "m": [1.25, 2.0, -3.5]})
    columns = {
        "navn": Column(title="Navn"),
        "n": Column(title="Bosatte", decimals=0, persons=True),
        "m": Column(title="Areal", unit="dekar", decimals=1),
    }
    plain = Table(name="t", title="T", frame=frame, columns=columns)
    return suppress(Result(analysis="x", title="X", template="", tables=(plain,))).table("t")


def test_cells_are_written_as_on_the_page(table):
    shown = show(table)
    assert list(shown.columns) == ["Navn", "Bosatte", "Areal (dekar)"]
    assert shown["Bosatte"].tolist() == [":", "12\u00a0345", ".."]
    assert shown["Areal (dekar)"].tolist() == ["1,2", "2,0", "\u22123,5"]


def test_rows_and_columns_can_be_chosen(table):
    shown = show(table, columns=["m", "navn"], rows=[2, 0])
    assert shown.to_numpy().tolist() == [["\u22123,5", "c"], ["1,2", "a"]]


def test_a_column_that_is_not_there_is_an_error(table):
    with pytest.raises(KeyError):
        show(table, columns=["borte"])
