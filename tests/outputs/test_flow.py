"""Flow diagrams: every ribbon as wide as its value, no label on another, nothing drawn in silence."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from askergeo.charts import FlowChart
from askergeo.outputs._svg import data_uri
from askergeo.outputs.flow import MOST_LABELS, Drawing, Flows, flows, lay_out, text_width
from askergeo.outputs.flow_svg import NARROW, WIDE, flow_svg
from askergeo.privacy import suppress
from askergeo.result import Column, Result, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs.flow import Bar
    from askergeo.outputs.flow_svg import Shape

SVG = "{http://www.w3.org/2000/svg}"
COLUMNS = {
    "fra": Column(title="Arealdekke nå"),
    "til": Column(title="Formål i planen"),
    "dekar": Column(title="Areal", unit="dekar", decimals=1),
}
NAMES = (
    "Skog",
    "Fulldyrka jord",
    "LNFR areal for nødvendige tiltak for landbruk og reindrift, nåværende",
    "Samferdselsanlegg og teknisk infrastruktur (arealer), framtidig",
    "Boligbebyggelse, framtidig",
    "<b>&\"'",
    "x" * 70,
)


def result_of(
    rows: Sequence[tuple[object, object, float | None]], **more: object
) -> tuple[Result, FlowChart]:
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"dekar": "float64"})
    table = Table(name="flyt", title="Flyt", frame=frame, columns=COLUMNS, **more)
    chart = FlowChart(
        name="flyt", title="Hva bygges ned", table="flyt", source="fra", target="til", value="dekar"
    )
    return Result(analysis="a", title="A", template="", tables=(table,), charts=(chart,)), chart


def drawn_from(rows: Sequence[tuple[object, object, float | None]], **more: object) -> Flows:
    found = flows(*result_of(rows, **more))
    assert found is not None
    return found


def placed(drawn: Flows, shape: Shape) -> Drawing:
    return lay_out(drawn, zone=shape.zone, size=shape.size, most_lines=shape.lines)


some_rows = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, *"abcdefghijklmnopqrst"]),
        st.sampled_from([*NAMES, *"ABCDEFGHIJKLMNOPQRST"]),
        st.floats(0.01, 1e6),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(some_rows)
def test_ribbons_fill_their_bars_and_are_as_wide_as_their_values(rows: list) -> None:
    drawn = drawn_from(rows)
    assert drawn.total == pytest.approx(sum(value for *_, value in rows))
    for shape in (WIDE, NARROW):
        drawing = placed(drawn, shape)
        scale = drawing.left[0].height / drawing.left[0].value
        for bars, side, top in (
            (drawing.left, "source", "left_top"),
            (drawing.right, "target", "right_top"),
        ):
            assert len(bars) <= MOST_LABELS
            for bar in bars:
                mine = sorted(
                    (getattr(ribbon, top), ribbon.thickness)
                    for ribbon in drawing.ribbons
                    if getattr(ribbon, side) == bar.label
                )
                ends = [bar.top, *(start + wide for start, wide in mine)]
                # Each ribbon begins where the one above ends, the last where the bar does.
                assert [start for start, _ in mine] == pytest.approx(ends[:-1])
                assert ends[-1] == pytest.approx(bar.top + bar.height)
                assert bar.height == pytest.approx(bar.value * scale)
        for ribbon in drawing.ribbons:
            assert ribbon.thickness == pytest.approx(ribbon.value * scale)


@settings(max_examples=60, deadline=None)
@given(some_rows)
def test_no_label_or_bar_covers_another_or_leaves_its_column(rows: list) -> None:
    drawn = drawn_from(rows)
    for shape in (WIDE, NARROW):
        drawing = placed(drawn, shape)
        for bars in (drawing.left, drawing.right):
            spans = [span(bar, shape) for bar in bars]
            assert spans == sorted(spans)
            assert all(b[0] >= a[1] for a, b in pairwise(spans))
            assert spans[0][0] >= 0
            assert spans[-1][1] <= drawing.height + 1e-6
            for bar in bars:
                assert max(text_width(line, shape.size) for line in bar.lines) <= shape.zone
                assert len(bar.lines) <= shape.lines + 1


def span(bar: Bar, shape: Shape) -> tuple[float, float]:
    """Vertical extent of a bar and its label together."""
    below = bar.text_top + len(bar.lines) * shape.size * 1.25
    return min(bar.top, bar.text_top), max(bar.top + bar.height, below)


@settings(max_examples=30, deadline=None)
@given(some_rows)
def test_the_picture_is_whole_xml_and_says_what_it_shows(rows: list) -> None:
    drawn = drawn_from(rows)
    for shape in (WIDE, NARROW):
        root = etree.fromstring(flow_svg(drawn, shape, key="k").encode())
        assert root.get("role") == "img"
        names = {e.get("id"): e for e in root.iter() if e.get("id")}
        assert [names[one].text for one in root.get("aria-labelledby").split()] == [
            drawn.title,
            drawn.summary,
        ]
        assert len(root.findall(f".//{SVG}path")) == len(drawn.rows)
        box = [float(number) for number in root.get("viewBox").split()]
        assert box[2] == shape.width
        # The page's policy allows no style sheet, script or address in the picture.
        assert not [e for e in root.iter() if e.get("style") or e.get("href") or e.get("class")]
        assert {etree.QName(e).localname for e in root.iter()} <= {
            *("svg", "title", "desc", "rect", "text", "path", "g")
        }


def test_what_is_not_drawn_is_said() -> None:
    drawn = drawn_from(
        [
            ("Skog", "Bolig", 10.0),
            ("Skog", "Veg", 0.0),
            ("Skog", "Myr", -2.0),
            ("Jord", "Bolig", None),
            ("Jord", "Veg", 4.0),
            (None, "Veg", 5.0),
            ("Skog", " ", 6.0),
            ("I alt", "I alt", 19.0),
        ],
        row_sums=(RowSum(7, (0, 1, 2, 3, 4, 5, 6)),),
        hidden=frozenset({(4, "dekar")}),
    )
    assert drawn.rows == (("Skog", "Bolig", 10.0),)
    assert drawn.notes == (
        "5 rader er ikke tegnet: 1 skjult, 1 ukjent, 1 negativ og 2 uten fra eller til.",
    )
    assert drawn.summary == (
        "«Arealdekke nå» står til venstre, «Formål i planen» til høyre. I alt 10,0\u00a0dekar. "
        "Den eneste: Skog → Bolig 10,0\u00a0dekar."
    )


def test_nothing_to_draw_is_no_diagram() -> None:
    assert flows(*result_of([("Skog", "Veg", 0.0), ("Skog", "Bolig", None)])) is None


def test_the_same_pair_twice_is_one_ribbon() -> None:
    assert drawn_from([("a", "b", 1.5), ("a", "b", 2.0)]).rows == (("a", "b", 3.5),)


def test_small_labels_are_gathered_with_their_limit() -> None:
    rows = [(f"Klasse {number:02d}", "Bolig", float(number)) for number in range(1, 21)]
    drawn = drawn_from(rows)
    sums = {source: value for source, _, value in drawn.rows}
    assert len(sums) == MOST_LABELS
    assert sums["Annet"] == sum(range(1, 7))
    assert drawn.notes == ("«Annet» til venstre er 6 grupper på høyst 6,0\u00a0dekar hver.",)
    # The other side, with one label, is left alone; «Annet» is last and grey.
    drawing = placed(drawn, WIDE)
    assert drawing.left[-1].label == "Annet"
    assert drawn.colours["Annet"] == "#bdbdbd"
    own = drawn_from([*rows, ("Annet", "Bolig", 400.0)])
    assert {"Annet", "Annet, samlet"} <= {source for source, *_ in own.rows}


def test_a_hidden_count_is_neither_drawn_nor_told() -> None:
    """Counts of persons: what suppression hides is in no part of the picture."""
    result, chart = result_of(
        [("Nord", "Skole A", 3.0), ("Nord", "Skole B", 120.0), ("Sør", "Skole B", 80.0)]
    )
    persons = COLUMNS | {"dekar": Column(title="Barn", unit="personer", decimals=0, persons=True)}
    table = replace(result.tables[0], columns=persons)
    hidden = suppress(replace(result, tables=(table,)))
    assert hidden.charts == (chart,)
    drawn = flows(hidden, chart)
    assert drawn is not None
    assert ("Nord", "Skole A") not in {row[:2] for row in drawn.rows}
    assert drawn.total == 200
    assert "Skole A" not in flow_svg(drawn, key="k")
    assert "1 skjult" in drawn.notes[0]


def test_given_colours_are_used_and_others_are_not_trusted() -> None:
    result, chart = result_of([("Skog", "Bolig", 1.0), ("Jord", "Bolig", 2.0)])
    given_colours = {"Skog": "#00AA00", "Jord": "url(#x)", "Ukjent": "#123456"}
    drawn = flows(result, replace(chart, colours=given_colours))
    assert drawn is not None
    assert drawn.colours["Skog"] == "#00aa00"
    assert set(drawn.colours) == {"Skog", "Jord", "Bolig"}
    assert len(set(drawn.colours.values())) == 3
    assert "url(" not in flow_svg(drawn, key="k")


def test_text_and_outlines_stand_out_from_white() -> None:
    svg = flow_svg(
        drawn_from([("Skog", "Bolig", 1.0)]), key="k", heading=("Må ikke publiseres: x",)
    )
    root = etree.fromstring(svg.encode())
    texts = {e.get("fill") for e in root.iter(f"{SVG}text")}
    strokes = {e.get("stroke") for e in root.iter() if e.get("stroke")}
    assert all(contrast(one) >= 4.5 for one in texts)
    assert all(contrast(one) >= 4.5 for one in strokes)


def contrast(colour: str) -> float:
    """Contrast to white after WCAG 2.2."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


def test_a_label_that_is_cut_keeps_what_tells_it_from_others() -> None:
    drawing = placed(drawn_from([(NAMES[2], "Bolig", 1.0)]), NARROW)
    lines = drawing.left[0].lines
    assert lines[-2:] == ("nåværende", "1,0\u00a0dekar")
    assert lines[-3].endswith("…")


def test_the_picture_file_says_itself_what_must_be_known() -> None:
    drawn = drawn_from([("Skog", "Bolig", 1.0)])
    heading = ("Må ikke publiseres: går ikke opp", drawn.title)
    address = data_uri(flow_svg(drawn, WIDE, key="k", heading=heading))
    head, _, body = address.partition(",")
    assert head == "data:image/svg+xml;base64"
    root = etree.fromstring(base64.b64decode(body))
    texts = [e.text for e in root.iter(f"{SVG}text")]
    assert texts[:2] == ["Må ikke publiseres: går ikke opp", "Hva bygges ned"]
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"


def test_few_ribbons_cross() -> None:
    """Targets stand where most of their area comes from: a plain matrix has no crossing."""
    rows = [(str(at), f"til {at}", 10.0 - at) for at in range(8)]
    drawing = placed(drawn_from(list(np.random.default_rng(3).permutation(rows).tolist())), WIDE)
    order: dict[str, list[float]] = defaultdict(list)
    for ribbon in drawing.ribbons:
        order["left"].append(ribbon.left_top)
        order["right"].append(ribbon.right_top)
    assert np.argsort(order["left"]).tolist() == np.argsort(order["right"]).tolist()
