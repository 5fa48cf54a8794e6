"""Pyramids and accounts as charts: what is unknown or hidden is written, never drawn as zero."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from lxml import etree

from askergeo.charts import LedgerChart, PyramidChart
from askergeo.outputs.charts import chart_svg, read_chart
from askergeo.outputs.ledger import Ledger
from askergeo.outputs.pyramid import Pyramid
from askergeo.result import Column, Result, Table

AGES = Table(
    name="alder",
    title="Alder",
    frame=pd.DataFrame(
        {"g": ["0–9", "10–19"], "m": [10.0, None], "k": [11.0, 19.0]}, index=["a", "b"]
    ),
    columns={
        "g": Column(title="Alder"),
        "m": Column(title="Menn", unit="personer", decimals=0),
        "k": Column(title="Kvinner", unit="personer", decimals=0),
    },
    hidden=frozenset({("a", "k")}),
)
ACCOUNT = Table(
    name="konto",
    title="Konto",
    frame=pd.DataFrame(
        {
            "s": [300.0, 300, 300],
            "a": [-86.0, None, -86],
            "b": [88.0, 10, 88],
            "e": [302.0, 310, 400],
        },
        index=["hel", "ukjent", "gal"],
    ),
    columns={name: Column(title=name, unit="dekar", decimals=0) for name in "sabe"},
)
RESULT = Result(analysis="x", title="X", template="", tables=(AGES, ACCOUNT))


def account(row: str) -> Ledger:
    chart = LedgerChart(
        name="k", title="K", table="konto", row=row, start="s", added=("a", "b"), end="e"
    )
    drawn = read_chart(RESULT, chart)
    assert isinstance(drawn, Ledger)
    return drawn


def test_a_pyramid_leaves_out_hidden_and_unknown() -> None:
    chart = PyramidChart(name="p", title="P", table="alder", group="g", sides=("m", "k"))
    drawn = read_chart(RESULT, chart)
    assert isinstance(drawn, Pyramid)
    assert [cell.mark for side in drawn.sides for cell in side.cells] == ["", "..", ":", ""]
    assert "ikke tegnet som null" in drawn.notes[0]
    for narrow in (False, True):
        root = etree.fromstring(chart_svg(drawn, key="p", narrow=narrow))
        assert root.get("role") == "img"
        words = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"..", ":", "10", "19"} <= set(words)


def test_an_account_steps_from_start_to_end() -> None:
    steps = account("hel").steps
    assert [(one.low, one.high) for one in steps] == [(0, 300), (214, 300), (214, 302), (0, 302)]
    assert account("hel").notes == ()


def test_an_account_in_words_parts_each_title_from_its_value() -> None:
    """«Bygd 2016–2025 4084» would be read as one number."""
    told = account("hel").summary.replace("\u00a0", " ")
    assert told == (
        "Regnskap fra start til slutt. s: 300 dekar; a: −86 dekar; b: +88 dekar; e: 302 dekar."
    )


def test_accounts_of_one_table_are_drawn_to_one_scale() -> None:
    charts = [
        LedgerChart(
            name=row, title=row, table="konto", row=row, start="s", added=("a", "b"), end="e"
        )
        for row in ("hel", "gal")
    ]
    beside = replace(RESULT, charts=tuple(charts))
    small, large = (read_chart(beside, chart) for chart in charts)
    assert isinstance(small, Ledger)
    assert isinstance(large, Ledger)
    assert small.reach == large.reach == (0, 400)
    assert account("hel").reach == (0, 302)


def test_after_an_unknown_step_an_account_is_placed_from_its_end() -> None:
    steps = account("ukjent").steps
    assert steps[1].low is None
    assert (steps[2].low, steps[2].high) == (300, 310)


def test_an_account_that_does_not_close_says_so() -> None:
    assert account("gal").notes == ("Regnskapet går ikke opp: 98\u00a0dekar er uforklart.",)


def test_a_pyramid_has_one_or_two_sides() -> None:
    with pytest.raises(ValueError, match="one or two sides"):
        PyramidChart(name="p", title="P", table="t", group="g", sides=())
