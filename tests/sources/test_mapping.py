from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo._avvik import rows_set_aside
from askergeo.catalogue import Layer, LayerColumn
from askergeo.errors import LayerError, MissingFileError, SourceError
from askergeo.sources.mapping import apply_mapping, load_mapping, parse_mapping

COLUMNS = [
    LayerColumn(name="ting_id", title="Id", type="heltall", required=True, generated=True),
    LayerColumn(name="grad", title="Grad", required=True, codes={"lav": "Lav", "hoy": "Høy"}),
    LayerColumn(name="type", title="Type", codes={"s": "Sti", "t": "Traktorveg"}),
    LayerColumn(name="antall", title="Antall", type="heltall", minimum=0),
    LayerColumn(name="lengde", title="Lengde", type="desimal", unit="km"),
    LayerColumn(name="dato", title="Dato", type="dato"),
    LayerColumn(name="aapen", title="Åpen", type="boolsk"),
    LayerColumn(name="navn", title="Navn"),
]
LAYER = Layer(
    id="ting",
    title="Ting",
    geometry="ingen",
    key="ting_id",
    columns={one.name: one for one in COLUMNS},
)


def mapped(text: str, **columns: list[object]):
    return apply_mapping(pd.DataFrame(columns), LAYER, parse_mapping("lag: ting\n" + text))


def test_without_a_mapping_names_are_matched_blind_to_case():
    result = apply_mapping(
        pd.DataFrame({"GRAD": ["Høy", "lav"], "Navn": ["a", None], "x": [1, 2]}), LAYER
    )
    assert list(result.frame.columns) == [one.name for one in COLUMNS]
    assert result.frame["grad"].tolist() == ["hoy", "lav"]
    assert result.frame["ting_id"].tolist() == [1, 2]
    assert [str(dtype) for dtype in result.frame.dtypes] == [
        "Int64", "str", "str", "Int64", "float64", "datetime64[us]", "boolean", "str",
    ]  # fmt: skip
    assert result.avvik.empty


def test_each_way_to_a_value():
    text = """
kolonner:
  grad: {fra: nivå, koder: {1: lav, 2: hoy}}
  type: {regler: [{hvis: {slag: [path, track], bred: "*"}, er: t}, {hvis: {slag: path}, er: s}]}
  antall: [b, a]
  lengde: {fra: meter, faktor: 0.001}
  dato: d
  aapen: {konstant: true}
  navn: {fra: region, regex: '^\\d+ (.*)$'}
"""
    frame = mapped(
        text, nivå=[1.0, 2.0], slag=["path", "path"], bred=["ja", None], a=[5, 6], b=[None, 7.0],
        meter=["150", "2,5"], d=["2001/12/17", "1.5.2020"], region=["0101 Halden", "3203 Asker"],
    ).frame  # fmt: skip
    assert frame["grad"].tolist() == ["lav", "hoy"]
    assert frame["type"].tolist() == ["t", "s"]
    assert frame["antall"].tolist() == [5, 7]
    assert frame["lengde"].tolist() == [0.15, 0.0025]
    assert frame["dato"].dt.strftime("%Y-%m-%d").tolist() == ["2001-12-17", "2020-05-01"]
    assert frame["aapen"].tolist() == [True, True]
    assert frame["navn"].tolist() == ["Halden", "Asker"]


def test_codes_may_stand_by_themselves_and_ids_may_run():
    layer = Layer(id="ting", title="Ting", geometry="ingen", columns={
        "id": LayerColumn(name="id", title="Id", required=True), "grad": COLUMNS[1]})  # fmt: skip
    text = "lag: ting\nkolonner: {id: {lopenummer: a-}, grad: g}\nkoder: {grad: {x: hoy}}"
    frame = apply_mapping(pd.DataFrame({"g": ["x", "Lav"]}), layer, parse_mapping(text)).frame
    assert frame.to_dict("list") == {"id": ["a-1", "a-2"], "grad": ["hoy", "lav"]}


@pytest.mark.parametrize("value", ["Hy", "H?y", "HÃ¸y", "H\ufffdy"])
def test_a_damaged_code_is_repaired_and_recorded(value: str):
    for text in ("kolonner: {grad: g}", "kolonner: {grad: {fra: g, koder: {Høy: hoy, Lav: lav}}}"):
        result = mapped(text, g=["Lav", value])
        assert result.frame["grad"].tolist() == ["lav", "hoy"]
        assert result.avvik[["rad", "regel", "handling"]].to_numpy().tolist() == [
            [2, "tegnfeil", "rettet"]
        ]


def test_values_that_do_not_fit_are_recorded_with_their_rows():
    result = mapped(
        "kolonner: {antall: n, type: t}",
        grad=["lav", "ukjent", "lav", "lav"], n=["1", "2", "tre", "-4"], t=["Sti", "s", "bru", None],
    )  # fmt: skip
    assert result.frame.index.tolist() == [0, 2, 3]
    assert result.frame["antall"].isna().tolist() == [False, True, True]
    found = result.avvik[["rad", "regel", "handling"]].to_numpy().tolist()
    assert found == [
        [2, "ukjent_kode", "satt til side"],
        [3, "ukjent_kode", "beholdt"],
        [3, "ugyldig_verdi", "beholdt"],
        [4, "ugyldig_verdi", "beholdt"],
    ]


def test_otherwise_null_leaves_the_value_out_without_a_remark():
    text = "kolonner: {antall: {fra: fart, regex: '^(\\d+)$', ellers: null}}"
    result = mapped(text, grad=["lav", "lav"], fart=["50", "signals"])
    assert result.frame["antall"].isna().tolist() == [False, True]
    assert result.avvik.empty


def test_filters():
    rows = {"grad": ["lav"] * 4, "a": ["x", "y", None, "x"], "b": [1, 1, 1, 2]}
    assert mapped("filter: {a: [x, y], b: 1}", **rows).frame.index.tolist() == [0, 1]
    assert mapped("filter: [{a: y}, {b: 2}]", **rows).frame.index.tolist() == [1, 3]
    assert mapped("utelat: {a: null}", **rows).frame.index.tolist() == [0, 1, 3]
    assert mapped("filter: {a: '*'}", **rows).filtered == 1


def test_yes_and_no_are_words():
    mapping = parse_mapping("lag: ting\nfilter: {oneway: [yes, no, true]}")
    assert mapping.keep == ({"oneway": ("yes", "no", "true")},)


def test_all_problems_are_listed_at_once():
    text = """
kolonner:
  grad: {fra: nivaa, koder: {1: lav, 2: umulig}}
  antal: a
filter: {finnes_ikke: 1}
"""
    with pytest.raises(LayerError) as refusal:
        mapped(text, nivå=[1], a=[2])
    message = refusal.value.message
    for part in ("«nivaa»", "«nivå»", "«umulig»", "«antal»", "«antall»", "«finnes_ikke»"):
        assert part in message
    with pytest.raises(LayerError, match="«grad»"):
        mapped("kolonner: {}", a=[1])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("kolonner: {}", "«lag» mangler"),
        ("lag: a\nkolonne: {}", "«kolonner»"),
        ("lag: a\nkolonner: {b: {fra: x, konstant: 1}}", "én av"),
        ("lag: a\nkolonner: {b: {fra: x, regex: '('}}", "regex"),
        ("lag: a\nkolonner: {b: {fra: x, faktor: to}}", "faktor"),
        ("lag: a\nkolonner: {b: {regler: [{er: 1}]}}", "«hvis»"),
        ("lag: a\nlag: b", "to ganger"),
        ("lag: a\ngeometri: kule", "kule"),
        ("- a", "ikke en kartfil"),
        ("lag: [", "YAML"),
    ],
)
def test_faulty_files(text: str, part: str):
    with pytest.raises(SourceError, match=part):
        parse_mapping(text)


def test_unknown_built_in_names_the_nearest():
    with pytest.raises(MissingFileError, match="n50_sti"):
        load_mapping("n50_stier")


def test_polygons_become_points_or_lines():
    layer = Layer(id="ting", title="Ting", geometry="punkt", columns={})
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 2)], crs="EPSG:25832")
    point = apply_mapping(frame, layer, parse_mapping("lag: ting\ngeometri: punkt")).frame
    assert point.geometry.iloc[0].equals(shapely.Point(1, 1))
    line = apply_mapping(frame, layer, parse_mapping("lag: ting\ngeometri: linje")).frame
    assert line.geometry.iloc[0].length == 8
    assert frame.geometry.iloc[0].area == 4


VALUES = st.sampled_from(["Lav", "Hy", "Høy", "hoy", "feil", "", None])


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, st.sampled_from(["1", "-1", "x", None])), max_size=12))
def test_no_row_is_lost(rows: list[tuple[str | None, str | None]]):
    frame = pd.DataFrame(rows, columns=["grad", "antall"], dtype="str")
    result = apply_mapping(frame, LAYER, parse_mapping("lag: ting\nutelat: {antall: x}"))
    assert len(frame) == len(result.frame) + rows_set_aside(result.avvik) + result.filtered
    assert result.frame["ting_id"].is_unique
    assert np.isin(result.frame["grad"].dropna(), ["lav", "hoy"]).all()
