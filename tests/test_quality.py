from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo._avvik import AVVIK_COLUMNS, rows_set_aside
from askergeo.catalogue import Layer, LayerColumn
from askergeo.errors import CrsError, LayerError
from askergeo.quality import inspect

X, Y = 580_000.0, 6_630_000.0
SQUARE = shapely.box(X, Y, X + 100, Y + 100)
BOW_TIE = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
BOUNDARY = shapely.box(X - 5_000, Y - 5_000, X + 5_000, Y + 5_000)


def layer(kind: str, key: str = "", **columns: LayerColumn) -> Layer:
    return Layer(id="ting", title="Ting", geometry=kind, key=key, columns=columns)


def frame(
    *geometry: object, crs: str | None = "EPSG:25832", **columns: list[object]
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        columns or {"nr": range(len(geometry))}, geometry=list(geometry), crs=crs
    )


def found(rows: gpd.GeoDataFrame, kind: str, **options: object) -> list[list[object]]:
    """Rule, row and handling of each remark; and the account of rows closes."""
    chosen = options.pop("layer", None) or layer(kind)
    kept, avvik = inspect(rows, chosen, **options)
    assert len(kept) + rows_set_aside(avvik) == len(rows)
    assert list(avvik.columns) == list(AVVIK_COLUMNS)
    return avvik[["rad", "regel", "handling"]].to_numpy().tolist()


def test_sound_rows_pass_unchanged():
    rows = frame(SQUARE, shapely.box(X, Y, X + 10, Y + 20))
    kept, avvik = inspect(rows, layer("flate"))
    assert kept.equals(rows)
    assert avvik.empty
    assert avvik.crs == rows.crs


def test_missing_empty_and_endless_geometry():
    rows = frame(
        None, shapely.Point(), shapely.Point(X, Y), shapely.LineString([(X, Y), (np.inf, Y)])
    )
    assert found(rows, "punkt") == [
        [1, "mangler_geometri", "satt til side"],
        [2, "mangler_geometri", "satt til side"],
        [4, "ugyldig_koordinat", "satt til side"],
    ]


@pytest.mark.parametrize("source", ["EPSG:25832", "EPSG:4326", "EPSG:25833"])
def test_null_is_known_in_its_own_crs_and_after_a_transformation(source: str):
    good = gpd.GeoSeries([shapely.Point(X, Y)] * 2, crs="EPSG:25832").to_crs(source)
    points = gpd.GeoSeries([*good, shapely.Point(0, 0)], crs=source)
    for target in (source, "EPSG:25832"):
        rows = gpd.GeoDataFrame({"nr": [1, 2, 3]}, geometry=points.to_crs(target))
        assert found(rows, "punkt") == [[3, "koordinat_null", "satt til side"]]


def test_outside_norway():
    rows = frame(
        *[shapely.Point(X, Y + number) for number in range(3)], shapely.Point(X, 4_000_000)
    )
    assert found(rows, "punkt") == [[4, "utenfor_norge", "satt til side"]]


def test_bow_tie_is_repaired_where_it_crosses():
    kept, avvik = inspect(frame(BOW_TIE), layer("flate"))
    assert kept.geometry.iloc[0].area == pytest.approx(5_000)
    assert kept.geometry.iloc[0].is_valid
    row = avvik.iloc[0]
    assert (row["handling"], row["x"], row["y"]) == ("rettet", X + 50, Y + 50)
    assert "krysser seg selv" in row["tekst"]
    assert "5000,0" in row["tekst"]


def test_a_polygon_that_collapses_is_set_aside():
    spike = shapely.Polygon([(X, Y), (X + 10, Y), (X, Y), (X, Y)])
    assert found(frame(spike, SQUARE), "flate") == [[1, "ugyldig_geometri", "satt til side"]]


def test_lines_without_length():
    rows = frame(shapely.LineString([(X, Y), (X, Y)]), shapely.LineString([(X, Y), (X + 1, Y)]))
    assert found(rows, "linje") == [[1, "uten_utstrekning", "satt til side"]]


def test_kinds_of_geometry():
    mixed = shapely.GeometryCollection([shapely.box(X, Y, X + 1, Y + 1), shapely.Point(X, Y)])
    only_points = shapely.GeometryCollection([shapely.Point(X, Y)])
    rows = frame(SQUARE, mixed, only_points, shapely.LineString([(X, Y), (X + 1, Y)]))
    kept, avvik = inspect(rows, layer("flate"))
    assert avvik["handling"].tolist() == ["rettet", "satt til side", "satt til side"]
    assert kept.geometry.geom_type.tolist() == ["Polygon", "Polygon"]


def test_one_part_of_a_multipoint_is_the_point():
    rows = frame(shapely.MultiPoint([(X, Y)]), shapely.MultiPoint([(X, Y), (X, Y + 1)]))
    kept, avvik = inspect(rows, layer("punkt"))
    assert kept.geometry.geom_type.tolist() == ["Point"]
    assert avvik["tekst"].tolist() == ["Raden har flere punkter; laget skal ha ett."]
    assert rows.geometry.geom_type.tolist() == ["MultiPoint"] * 2


def test_outside_the_municipality():
    near, far = X + 6_000, X + 9_000
    points = frame(shapely.Point(X, Y), shapely.Point(near, Y), shapely.Point(far, Y))
    assert found(points, "punkt", boundary=BOUNDARY) == [
        [2, "utenfor_kommunen", "beholdt"],
        [3, "utenfor_kommunen", "satt til side"],
    ]
    lines = frame(
        shapely.LineString([(X, Y), (far, Y)]),
        shapely.LineString([(near, Y), (far, Y)]),
        shapely.LineString([(far, Y), (far + 1, Y)]),
    )
    assert found(lines, "linje", boundary=BOUNDARY) == [[3, "utenfor_kommunen", "satt til side"]]


@pytest.mark.parametrize(
    ("stated", "real", "swap", "named"),
    [
        ("EPSG:25832", "EPSG:4326", False, "grader"),
        ("EPSG:4326", "EPSG:25832", False, "EPSG:25832"),
        ("EPSG:4326", "EPSG:4326", True, "ombyttede akser"),
        ("EPSG:25832", "EPSG:25832", True, "EPSG:25832 (UTM 32) med ombyttede akser"),
    ],
)
def test_impossible_crs_names_the_likely_one(stated: str, real: str, named: str, *, swap: bool):
    points = gpd.GeoSeries([shapely.Point(X, Y)], crs="EPSG:25832").to_crs(real)
    if swap:
        points = gpd.GeoSeries(shapely.points(points.y, points.x))
    rows = gpd.GeoDataFrame(geometry=points.to_numpy(), crs=stated)
    with pytest.raises(CrsError) as refusal:
        inspect(rows, layer("punkt"))
    assert named in refusal.value.message


def test_utm_zones_are_told_apart_by_the_municipality():
    points = gpd.GeoSeries([shapely.Point(X, Y)], crs="EPSG:25832").to_crs("EPSG:25833")
    rows = gpd.GeoDataFrame(geometry=points.to_numpy(), crs="EPSG:25832")
    with pytest.raises(CrsError, match="EPSG:25833"):
        inspect(rows, layer("punkt"), boundary=BOUNDARY)


def test_missing_crs_wrong_crs_and_missing_geometry_are_refused():
    with pytest.raises(CrsError, match="EPSG:25832"):
        inspect(frame(SQUARE, crs=None), layer("flate"))
    with pytest.raises(CrsError, match="EPSG:25833"):
        inspect(frame(SQUARE), layer("flate"), crs="EPSG:25833")
    with pytest.raises(LayerError, match="skal ha geometri"):
        inspect(pd.DataFrame({"a": [1]}), layer("flate"))


def test_required_columns_and_values():
    chosen = layer("punkt", navn=LayerColumn(name="navn", title="Navn", required=True))
    with pytest.raises(LayerError, match="«navn»"):
        inspect(frame(shapely.Point(X, Y)), chosen)
    points = [shapely.Point(X + number, Y) for number in range(3)]
    rows = frame(*points, navn=["a", None, " "])
    assert found(rows, "punkt", layer=chosen) == [
        [2, "mangler_verdi", "satt til side"],
        [3, "mangler_verdi", "satt til side"],
    ]


def test_same_id_same_row_same_geometry():
    chosen = layer("flate", "nr", nr=LayerColumn(name="nr", title="Nr", required=True))
    turned = shapely.Polygon([*SQUARE.exterior.coords][1:])
    rows = frame(SQUARE, turned, SQUARE, shapely.box(X, Y, X + 1, Y + 1), nr=["a", "a", "b", "a"])
    assert found(rows, "flate", layer=chosen) == [
        [2, "dobbel_rad", "satt til side"],
        [3, "dobbel_geometri", "beholdt"],
        [4, "dobbel_id", "beholdt"],
    ]


def test_points_may_share_a_place():
    rows = frame(shapely.Point(X, Y), shapely.Point(X, Y), nr=["a", "b"])
    assert found(rows, "punkt") == []


def test_letters_are_repaired_or_reported():
    points = [shapely.Point(X + number, Y) for number in range(4)]
    rows = frame(*points, navn=["Høn", "HÃ¸n", "H\ufffdn", "Hva?"])
    kept, avvik = inspect(rows, layer("punkt"))
    assert kept["navn"].tolist() == ["Høn", "Høn", "H\ufffdn", "Hva?"]
    assert avvik[["rad", "handling"]].to_numpy().tolist() == [[2, "rettet"], [3, "beholdt"]]


def test_tables_have_no_places():
    chosen = layer("ingen", "id+alder", id=LayerColumn(name="id", title="Id", required=True))
    rows = pd.DataFrame(
        {"id": ["a", "a", "a", None], "alder": [1, 2, 2, 3], "antall": [1, 1, 2, 1]}
    )
    kept, avvik = inspect(rows, chosen)
    assert kept.index.tolist() == [0, 1, 2]
    assert avvik[["rad", "regel"]].to_numpy().tolist() == [[3, "dobbel_id"], [4, "mangler_verdi"]]


def _ring(steps: list[tuple[int, int]]) -> shapely.Polygon:
    return shapely.Polygon([(X + east, Y + north) for east, north in steps])


STEP = st.tuples(st.integers(0, 4), st.integers(0, 4))
GEOMETRY = st.one_of(
    st.none(),
    st.builds(lambda at: shapely.Point(X + at[0], Y + at[1]), STEP),
    st.just(shapely.Point(0, 0)),
    st.builds(_ring, st.lists(STEP, min_size=3, max_size=6)),
    st.builds(lambda a, b: shapely.LineString([(X + a[0], Y + a[1]), (X + b[0], Y + b[1])]), STEP, STEP),
    st.builds(lambda polygon, at: shapely.GeometryCollection([polygon, shapely.Point(X + at[0], Y)]),
              st.just(SQUARE), STEP),
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.tuples(GEOMETRY, st.sampled_from(["a", "HÃ¸y", None])), max_size=8),
    st.sampled_from(["punkt", "linje", "flate", "linje eller flate", "punkt eller flate"]),
)
def test_rows_in_are_rows_kept_and_rows_set_aside(rows: list[tuple[object, str | None]], kind: str):
    names = pd.Series([name for _, name in rows], dtype="str")
    given_rows = gpd.GeoDataFrame(
        {"navn": names}, geometry=[one for one, _ in rows], crs="EPSG:25832"
    )
    before = given_rows.copy()
    chosen = layer(kind, navn=LayerColumn(name="navn", title="Navn", required=True))
    kept, avvik = inspect(given_rows, chosen, boundary=BOUNDARY)
    aside = set(avvik.loc[avvik["handling"] == "satt til side", "rad"] - 1)
    assert set(kept.index) | aside == set(given_rows.index)
    assert not set(kept.index) & aside
    assert kept.geometry.is_valid.all()
    assert given_rows.equals(before)
    again, remarks = inspect(kept, chosen, boundary=BOUNDARY)
    assert len(again) == len(kept)
    assert "rettet" not in set(remarks["handling"])
