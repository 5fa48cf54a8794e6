"""Charts by year: every bar as high as its value, unknown years never drawn as zero."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from askergeo.charts import YearChart
from askergeo.outputs._svg import data_uri
from askergeo.outputs.json_output import report_document
from askergeo.outputs.page.build import topic_html
from askergeo.outputs.report import Report
from askergeo.outputs.year import YearBars, scale_of, year_bars
from askergeo.outputs.year_svg import NARROW, WIDE, year_svg
from askergeo.privacy import suppress
from askergeo.result import Column, Result, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

SVG = "{http://www.w3.org/2000/svg}"
COLUMNS = {
    "aar": Column(title="År"),
    "slag": Column(title="Slag"),
    "nord": Column(title="Nord <for> linjen", unit="boliger", decimals=0),
    "sor": Column(title="Sør", unit="boliger", decimals=0),
    "mal": Column(title="Målet", unit="boliger", decimals=0),
}
CHART = YearChart(
    name="vekst", title="Nye boliger", table="vekst", year="aar", columns=("nord", "sor"),
    target="mal", kind="slag",
)  # fmt: skip
ROWS = [
    (2023, "Bygd", 30.0, 10.0, 50.0),
    (2024, "Bygd", None, None, 50.0),
    (2025, "Ventet", 0.0, -5.0, 40.0),
    (2026, "Ventet", 60.0, 20.0, None),
]


def result_of(rows: Sequence[tuple[object, ...]], **more: object) -> Result:
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        dict.fromkeys(("nord", "sor", "mal"), "float64")
    )
    table = Table(name="vekst", title="Vekst", frame=frame, columns=more.pop("columns", COLUMNS),
                  **more)  # fmt: skip
    return Result(analysis="a", title="A", template="x", tables=(table,), charts=(CHART,))


def drawn_from(rows: Sequence[tuple[object, ...]], **more: object) -> YearBars:
    found = year_bars(result_of(rows, **more), CHART)
    assert found is not None
    return found


def bars_of(svg: str) -> dict[str, tuple[float, float]]:
    """Top and bottom of each bar by what it says."""
    root = etree.fromstring(svg.encode())
    found = {}
    for group in root.iter(f"{SVG}g"):
        said = group.find(f"{SVG}title")
        if said is not None:
            rect = group.find(f"{SVG}rect")
            top = float(rect.get("y"))
            found[said.text] = (top, top + float(rect.get("height")))
    return found


def test_bars_are_as_high_as_their_values_and_stand_on_each_other() -> None:
    drawn = drawn_from(ROWS)
    for shape in (WIDE, NARROW):
        bars = bars_of(year_svg(drawn, shape, key="k"))
        unit = shape.high / (scale_of(drawn).high - scale_of(drawn).low)
        north, south = bars["2023, Nord <for> linjen: 30\u00a0boliger"], bars[
            "2023, Sør: 10\u00a0boliger"
        ]  # fmt: skip
        assert north[1] - north[0] == pytest.approx(30 * unit, abs=0.02)
        assert south[1] == pytest.approx(north[0], abs=0.02)
        gone = bars["2025, Sør: −5\u00a0boliger"]
        # Dwellings torn down hang under zero, where the others stand.
        assert gone[0] == pytest.approx(north[1], abs=0.02)
        assert gone[1] - gone[0] == pytest.approx(5 * unit, abs=0.02)
        # Neither zero nor unknown is a bar: five values are.
        assert len(bars) == 5


def test_an_unknown_year_is_written_and_said_not_drawn_as_zero() -> None:
    drawn = drawn_from(ROWS)
    assert drawn.marks == ("", "..", "", "")
    assert drawn.notes == ("1 år har ukjent verdi («..»). Det er ikke tegnet som null.",)
    texts = [one.text for one in etree.fromstring(year_svg(drawn, key="k").encode()).iter(
        f"{SVG}text")]  # fmt: skip
    assert texts.count("..") == 1
    assert {"2023", "2024", "2025", "2026", "Bygd", "Ventet", "Boliger"} <= set(texts)
    assert "Nord <for> linjen 90" in drawn.summary


def test_hidden_persons_are_in_no_part_of_the_picture() -> None:
    persons = COLUMNS | {
        name: Column(title=name, unit="personer", decimals=0, persons=True)
        for name in ("nord", "sor")
    }
    rows = [(2023, "", 3.0, 80.0, None), (2024, "", 70.0, 90.0, None)]
    result = suppress(result_of(rows, columns=persons))
    drawn = year_bars(result, CHART)
    assert drawn is not None
    assert drawn.series[0].numbers[0] is None
    assert drawn.marks[0] == ":"
    assert "3\u00a0personer" not in year_svg(drawn, key="k")


def test_rows_that_are_sums_are_left_out() -> None:
    drawn = drawn_from([*ROWS, ("Sum", "", 90.0, 25.0, None)], row_sums=(RowSum(4, (0, 1, 2, 3)),))
    assert drawn.years == ("2023", "2024", "2025", "2026")


def test_nothing_known_is_no_chart() -> None:
    assert year_bars(result_of([(2023, "", None, None, 5.0)]), CHART) is None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e5, 1e5), st.one_of(st.none(), st.floats(0, 1e6)), st.floats(0, 2e6)),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_every_bar_lies_on_the_axis(rows: list[tuple], stacked: bool) -> None:
    frame = [(2000 + at, "", *row) for at, row in enumerate(rows)]
    chart = YearChart(
        name="v", title="V", table="vekst", year="aar", columns=("nord", "sor"), stacked=stacked,
        target="mal",
    )  # fmt: skip
    drawn = year_bars(result_of(frame), chart)
    assert drawn is not None
    scale = scale_of(drawn)
    assert 0 in scale.ticks
    assert len(scale.ticks) <= 9
    steps = {round(b - a, 6) for a, b in zip(scale.ticks, scale.ticks[1:], strict=False)}
    assert len(steps) <= 1
    assert all(step >= 1 and math.isclose(step, round(step)) for step in steps)
    for shape in (WIDE, NARROW):
        root = etree.fromstring(year_svg(drawn, shape, key="k").encode())
        wide, high = (float(root.get(name)) for name in ("width", "height"))
        for rect in root.iter(f"{SVG}rect"):
            if rect.get("x"):
                assert float(rect.get("x")) >= 0
                assert float(rect.get("x")) + float(rect.get("width")) <= wide + 0.02
                assert float(rect.get("y")) >= 0
                assert float(rect.get("y")) + float(rect.get("height")) <= high
                assert float(rect.get("height")) >= 0


def test_the_page_has_the_chart_its_words_and_the_table() -> None:
    report = Report(title="R", results=(suppress(result_of(ROWS)),))
    page = html.fromstring(topic_html(report, report.topics[0]))
    figure = page.xpath("//figure[@class='flow']")[0]
    pictures = figure.xpath(".//*[local-name()='svg']")
    assert [one.get("role") for one in pictures] == ["img", "img"]
    ids = [one.get("id") for one in page.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for one in pictures:
        for name in one.get("aria-labelledby").split():
            assert one.xpath(f".//*[@id='{name}']")[0].text
    assert "Sum over årene" in figure.text_content()
    assert "«Vekst» under har de samme tallene" in figure.text_content()
    assert page.xpath("//table//caption[contains(., 'Vekst')]")
    chart = report_document(report)["resultater"][0]["diagrammer"][0]
    assert chart["verdier"] == ["nord", "sor"]


def test_what_there_is_each_year_is_not_summed() -> None:
    drawn = drawn_from(ROWS)
    assert "Sum over årene" in drawn.summary
    level = replace(drawn, levels=True)
    assert "Sum over årene" not in level.summary
    first = level.series[0]
    known = [value for value in first.numbers if value is not None]
    told = f"{first.title} {level.text(known[0])} til {level.text(known[-1])}"
    assert f"Fra første til siste år: {told}" in level.summary


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("boliger", "Boliger"), ("t CO2e", "t CO2e"), ("pe", "pe"), ("l/s", "l/s"), ("kWh", "kWh")],
)
def test_a_unit_that_is_a_symbol_keeps_its_letters(unit: str, shown: str) -> None:
    root = etree.fromstring(year_svg(replace(drawn_from(ROWS), unit=unit), WIDE, key="k"))
    assert shown in [one.text for one in root.iter(f"{SVG}text")]


def test_the_picture_file_is_a_whole_svg() -> None:
    svg = year_svg(drawn_from(ROWS), WIDE, key="k", heading=("Nye boliger",), footing=("Kilder",))
    address = data_uri(svg)
    root = etree.fromstring(base64.b64decode(address.partition(",")[2]))
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert texts[0] == "Nye boliger"
    assert texts[-1] == "Kilder"
