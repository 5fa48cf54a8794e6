"""Suppression of small counts: what is hidden, what is not, and where it follows."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import ParameterError
from askergeo.privacy import rounded, suppress, suppress_all
from askergeo.result import Column, ColumnSum, Fact, MapLayer, Result, RowSum, Table

PERSONS = Column(title="Bosatte", unit="personer", decimals=0, persons=True)


def table(data: dict, index: list[str], *, row_sums=(), column_sums=(), columns=None, name="t"):
    frame = pd.DataFrame(data, index=index)
    described = dict.fromkeys(data, PERSONS) | (columns or {})
    return Table(
        name=name,
        title="T",
        frame=frame,
        columns=described,
        row_sums=tuple(row_sums),
        column_sums=tuple(column_sums),
    )


def result(*tables: Table, layers=(), facts=None, analysis="a", template="x") -> Result:
    return Result(
        analysis=analysis,
        title="R",
        template=template,
        tables=tables,
        layers=tuple(layers),
        facts=facts or {},
    )


@pytest.mark.parametrize(
    ("value", "hidden"),
    [(0, False), (1, True), (4, True), (5, False), (0.4, True), (4.99, True), (np.nan, False)],
)
def test_the_threshold_hides_one_to_four_but_never_zero(value: float, hidden: bool) -> None:
    got = suppress(result(table({"n": [value]}, ["a"]))).tables[0]
    assert (("a", "n") in got.hidden) is hidden
    assert got.frame["n"].isna().iloc[0] == (hidden or np.isnan(value))


def test_integers_stay_integers_and_the_index_stays() -> None:
    got = suppress(result(table({"n": [1, 70]}, ["b", "a"]))).tables[0]
    assert got.frame["n"].dtype == "Int64"
    assert list(got.frame.index) == ["b", "a"]
    assert got.frame["n"].iloc[1] == 70


def test_results_that_share_an_empty_table_pass_together() -> None:
    empty = table({"n": pd.array([], dtype="Int64")}, [])
    full = table({"n": [3, 70]}, ["a", "b"])
    got = suppress_all([result(empty), result(empty), result(full)])
    assert [one.tables[0].hidden for one in got] == [set(), set(), {("a", "n")}]


def test_the_input_is_not_changed() -> None:
    before = table({"n": [1, 70]}, ["a", "b"])
    suppress(result(before))
    assert before.frame["n"].tolist() == [1, 70]


def test_a_part_is_hidden_with_the_smallest_sufficient_other() -> None:
    sums = [RowSum("sum", ("a", "b", "c"))]
    got = suppress(result(table({"n": [3, 20, 50, 73]}, ["a", "b", "c", "sum"], row_sums=sums)))
    assert got.tables[0].hidden == {("a", "n"), ("b", "n")}


def test_zeros_do_not_serve_as_cover() -> None:
    sums = [RowSum("sum", ("a", "b", "c"))]
    got = suppress(result(table({"n": [3, 0, 50, 53]}, ["a", "b", "c", "sum"], row_sums=sums)))
    assert got.tables[0].hidden == {("a", "n"), ("c", "n")}


def test_two_small_parts_that_bound_each_other_need_a_third() -> None:
    # 1 + 1 = 2 published would tell both, since zero is never hidden.
    sums = [RowSum("sum", ("a", "b", "c"))]
    got = suppress(result(table({"n": [1, 1, 98, 100]}, ["a", "b", "c", "sum"], row_sums=sums)))
    assert got.tables[0].hidden == {("a", "n"), ("b", "n"), ("c", "n")}


def test_a_total_of_small_parts_is_hidden_when_nothing_else_can_be() -> None:
    sums = [RowSum("sum", ("a", "b"))]
    got = suppress(result(table({"n": [1, 4, 5]}, ["a", "b", "sum"], row_sums=sums)))
    assert ("sum", "n") in got.tables[0].hidden


def test_an_unknown_part_stays_unknown_and_is_not_called_hidden() -> None:
    sums = [RowSum("sum", ("a", "b", "c"))]
    got = suppress(result(table({"n": [3, np.nan, 50, 53]}, ["a", "b", "c", "sum"], row_sums=sums)))
    assert ("b", "n") not in got.tables[0].hidden
    assert ("c", "n") in got.tables[0].hidden


def test_column_sums_with_a_column_not_marked_as_persons() -> None:
    # A part that the analysis forgot to mark must not give the hidden one away.
    columns = {"menn": Column(title="Menn", decimals=0)}
    sums = [ColumnSum("alle", ("kvinner", "menn"))]
    got = suppress(
        result(
            table(
                {"kvinner": [3], "menn": [40], "alle": [43]},
                ["a"],
                column_sums=sums,
                columns=columns,
            )
        )
    )
    assert ("a", "menn") in got.tables[0].hidden


def test_derived_cells_follow_their_sources_and_chains() -> None:
    columns = {
        "tetthet": Column(title="Tetthet", decimals=1, derived_from=("n",)),
        "klasse": Column(title="Klasse", derived_from=("tetthet",)),
    }
    got = suppress(
        result(
            table(
                {"n": [3, 90], "tetthet": [1.5, 45.0], "klasse": ["lav", "høy"]},
                ["a", "b"],
                columns=columns,
            )
        )
    ).tables[0]
    assert got.hidden == {("a", "n"), ("a", "tetthet"), ("a", "klasse")}
    assert pd.isna(got.frame.loc["a", "klasse"])


def test_shares_of_a_hidden_total_are_hidden_in_every_row() -> None:
    # 4 of 9 and 5 of 9: with the total hidden, 5 / 55.6 % would give it back.
    columns = {"andel": Column(title="Andel", unit="%", decimals=1, derived_from=("n",))}
    sums = [RowSum("sum", ("a", "b", "c")), RowSum("alt", ("sum", "d"))]
    data = {"n": [1, 3, 0, 4, 90, 94], "andel": [25.0, 75.0, 0.0, 100.0, np.nan, np.nan]}
    got = suppress(
        result(table(data, ["a", "b", "c", "sum", "d", "alt"], row_sums=sums, columns=columns))
    ).tables[0]
    assert {("a", "andel"), ("b", "andel"), ("c", "andel"), ("sum", "andel")} <= got.hidden


def layer(rows_of: str, people: list[int], labels: list[str], **extra) -> MapLayer:
    frame = gpd.GeoDataFrame(
        {"n": people} | {k: v[0] for k, v in extra.items()},
        geometry=[shapely.Point(i, 0) for i in range(len(labels))],
        index=labels,
        crs=25832,
    )
    return MapLayer(
        name="kart",
        title="K",
        frame=frame,
        columns={"n": PERSONS} | {k: v[1] for k, v in extra.items()},
        rows_of=rows_of,
    )


def test_a_map_layer_hides_what_its_table_hides() -> None:
    sums = [RowSum("sum", ("a", "b"))]
    whole = table({"n": [3, 20, 23]}, ["a", "b", "sum"], row_sums=sums)
    got = suppress(result(whole, layers=[layer("t", [20, 3], ["b", "a"])]))
    assert got.layers[0].hidden == {("a", "n"), ("b", "n")}
    assert got.layers[0].frame["n"].isna().all()
    assert isinstance(got.layers[0].frame, gpd.GeoDataFrame)


def test_a_map_layer_hides_what_is_derived_from_a_column_of_its_table() -> None:
    density = ([1.0, 2.0], Column(title="Tetthet", decimals=1, derived_from=("m",)))
    whole = table({"n": [50, 60], "m": [2, 70]}, ["a", "b"])
    got = suppress(result(whole, layers=[layer("t", [50, 60], ["a", "b"], tetthet=density)]))
    assert got.layers[0].hidden == {("a", "tetthet")}


def test_facts_follow_their_cell_and_the_sentence_says_it_in_words() -> None:
    facts = {
        "a": Fact(title="A", value=3, persons=True, cell=("t", "a", "n")),
        "sum": Fact(title="Sum", value=23, persons=True, cell=("t", "sum", "n")),
    }
    whole = table({"n": [3, 20, 23]}, ["a", "b", "sum"], row_sums=[RowSum("sum", ("a", "b"))])
    got = suppress(result(whole, facts=facts, template="{a} av {sum}"))
    assert got.sentence.startswith("Et skjult antall av 23 ")
    assert got.facts["a"].value is None


def test_a_fact_that_repeats_a_hidden_total_without_naming_its_cell_is_hidden() -> None:
    facts = {"b": Fact(title="B", value=20, persons=True)}
    whole = table({"n": [3, 20, 23]}, ["a", "b", "sum"], row_sums=[RowSum("sum", ("a", "b"))])
    assert suppress(result(whole, facts=facts)).facts["b"].hidden


def test_a_difference_of_few_persons_hides_the_scenario_before_the_base() -> None:
    data = {"n": [100], "n_scenario": [103], "n_endring": [3]}
    sums = [ColumnSum("n_scenario", ("n", "n_endring"))]
    got = suppress(result(table(data, ["a"], column_sums=sums))).tables[0]
    assert got.hidden == {("a", "n_endring"), ("a", "n_scenario")}


def test_results_that_leave_together_hide_the_same_cells() -> None:
    base = table({"n": [3, 20, 23]}, ["a", "b", "sum"], row_sums=[RowSum("sum", ("a", "b"))])
    # Alone, the second has no reason to hide b, and would give a away.
    other = table({"n": [20, 23]}, ["b", "sum"])
    first, second = suppress_all([result(base), result(other)])
    assert ("b", "n") in first.tables[0].hidden
    assert ("b", "n") in second.tables[0].hidden


def test_it_is_idempotent() -> None:
    sums = [RowSum("sum", ("a", "b", "c"))]
    columns = {"andel": Column(title="Andel", decimals=1, derived_from=("n",))}
    once = suppress(
        result(
            table(
                {"n": [1, 1, 98, 100], "andel": [1.0, 1.0, 98.0, 100.0]},
                ["a", "b", "c", "sum"],
                row_sums=sums,
                columns=columns,
            )
        )
    )
    twice = suppress(once)
    assert twice.tables[0].hidden == once.tables[0].hidden
    pd.testing.assert_frame_equal(twice.tables[0].frame, once.tables[0].frame)


def test_a_result_without_persons_is_the_same_object() -> None:
    plain = result(
        table({"n": [1, 2]}, ["a", "b"], columns={"n": Column(title="Areal", decimals=1)})
    )
    assert suppress(plain) is plain


def test_a_threshold_that_hides_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="minst 2"):
        suppress(result(), threshold=1)


def test_a_large_table_is_done_in_seconds() -> None:
    random = np.random.default_rng(5)
    data = pd.DataFrame(random.poisson(8, (120, 20)), columns=[f"c{i}" for i in range(20)])
    data["sum"] = data.sum(axis=1)
    data.loc["alle"] = data.sum()
    whole = Table(
        name="t",
        title="T",
        frame=data,
        columns=dict.fromkeys(data.columns, PERSONS),
        row_sums=(RowSum("alle", tuple(range(120))),),
        column_sums=(ColumnSum("sum", tuple(f"c{i}" for i in range(20))),),
    )
    got = suppress(result(whole)).tables[0]
    small = int(((data > 0) & (data < 5)).to_numpy().sum())
    assert small <= len(got.hidden) < 1.2 * small + 10


def test_microdata_is_taken_away_also_when_nothing_is_hidden() -> None:
    shown = replace(result(table({"n": [40]}, ["5"])), microdata=pd.DataFrame({"antall": [40]}))
    for got in suppress_all([shown, shown]):
        assert got.microdata is None


def test_rounded_counts_are_whole_tens_and_few_are_hidden() -> None:
    data = table({"n": [0, 1, 4, 5, 14, 15, 24, None, 1236]}, list("abcdefghi"))
    got = rounded(data)
    assert got.frame["n"].fillna(-1).tolist() == [0, -1, -1, 10, 10, 20, 20, -1, 1240]
    assert got.hidden == {("b", "n"), ("c", "n")}
    assert "nærmeste 10" in got.note
    assert suppress(result(got)).tables[0].hidden == got.hidden


def test_a_table_with_sums_cannot_be_rounded() -> None:
    summed = table({"n": [3, 60, 63]}, ["x", "y", "sum"], row_sums=[RowSum("sum", ("x", "y"))])
    with pytest.raises(ValueError, match="add up"):
        rounded(summed)


def test_a_count_that_another_table_repeats_is_hidden_in_both() -> None:
    # 7 protects the 3 in the first table: the second must not tell it.
    first = table(
        {"n": [3, 7, 50, 60]}, ["x", "y", "z", "sum"], row_sums=[RowSum("sum", tuple("xyz"))]
    )
    first = replace(first, name="første")
    other = replace(
        table({"m": [7, 50]}, ["y2", "z2"]),
        repeats={("y2", "m"): ("første", "y", "n"), ("z2", "m"): ("første", "z", "n")},
    )
    got = suppress(result(first, other)).tables
    assert got[0].hidden == {("x", "n"), ("y", "n")}
    assert got[1].hidden == {("y2", "m")}
    alone = suppress(result(first, replace(other, repeats={}))).tables
    assert not alone[1].hidden


def test_a_small_difference_between_runs_of_a_model_is_told_and_a_small_count_is_not() -> None:
    modelled = replace(PERSONS, modelled=True)

    def run(first: float, second: float, column: Column) -> Result:
        frame = pd.DataFrame({"n": [first, second]}, index=["x", "y"])
        return result(Table(name="t", title="T", frame=frame, columns={"n": column}))

    for column, hidden in ((modelled, False), (PERSONS, True)):
        base, other = run(60.0, 3.0, column), run(62.0, 80.0, column)
        told = suppress_all([base, other, base.compare(other)])
        assert (("x", "n_endring") in told[2].tables[0].hidden) == hidden
        assert ("y", "n") in told[0].tables[0].hidden
        assert ("y", "n") in told[2].tables[0].hidden
        # The change and the scenario would give the small count away.
        assert {("y", "n_scenario"), ("y", "n_endring")} & told[2].tables[0].hidden


def test_a_class_that_follows_a_hidden_cell_is_hidden_through_a_long_table() -> None:
    counts = table({"n": [3, 60, 80]}, ["a|2026", "a|2027", "b|2026"])
    drawn = MapLayer(
        name="kretser",
        title="Kretser",
        frame=gpd.GeoDataFrame(
            {"klasse_2026": ["få", "mange"], "klasse_2027": ["mange", "mange"]},
            index=["a", "b"],
            geometry=[shapely.Point(0, 0), shapely.Point(1, 1)],
            crs="EPSG:25832",
        ),
        columns={name: Column(title=name) for name in ("klasse_2026", "klasse_2027")},
        years={2026: "klasse_2026", 2027: "klasse_2027"},
        follows={
            ("a", "klasse_2026"): (("t", "a|2026", "n"),),
            # The change from 2026 tells of both years.
            ("a", "klasse_2027"): (("t", "a|2027", "n"), ("t", "a|2026", "n")),
            ("b", "klasse_2026"): (("t", "b|2026", "n"),),
        },
    )
    got = suppress(result(counts, layers=[drawn])).layers[0]
    assert got.hidden == {("a", "klasse_2026"), ("a", "klasse_2027")}
    assert got.frame.loc["a", ["klasse_2026", "klasse_2027"]].isna().all()
    assert got.frame.loc["b"].tolist()[:2] == ["mange", "mange"]
