"""The account: rows, closing line, gaps, overlaps, faults and tiles on hand-made cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.overlay import _cover
from askergeo.overlay.account import AREA, Account, account
from askergeo.overlay.tiles import account_tiled, tiles

CRS = "EPSG:25832"


def frame(*shapes: Any, crs: str = CRS, **columns: Any) -> gpd.GeoDataFrame:
    made = [shapely.box(*shape) if isinstance(shape, tuple) else shape for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=made, crs=crs)


def areas(found: Account, *columns: str) -> dict[Any, float]:
    rows = found.labelled()
    return rows.groupby(list(columns) if len(columns) > 1 else columns[0])[AREA].sum().to_dict()


FIELD = frame((0, 0, 10, 10))
LAND = frame((0, 0, 10, 4), (0, 4, 10, 10), art=["skog", "dyrka"])


def test_one_theme_that_covers_all() -> None:
    found = account({"land": LAND}, by={"land": ["art"]}, boundary=FIELD)
    assert areas(found, "land.art") == {"dyrka": 60.0, "skog": 40.0}
    assert len(found.gaps) == len(found.overlaps) == len(found.faults) == 0
    assert found.balance.difference_m2 == 0
    assert found.closes
    assert found.crs == CRS


def test_a_gap_is_a_row_and_a_place() -> None:
    land = frame((0, 0, 10, 4), (0, 4.5, 10, 10), art=["skog", "dyrka"])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert areas(found, "land.art") == {"dyrka": 55.0, "ikke dekket": 5.0, "skog": 40.0}
    assert found.rows.loc[~found.rows["land.dekket"], "land.art"].isna().all()
    assert found.gaps.areal_m2.tolist() == [5.0]
    assert found.gaps.geometry[0].equals(shapely.box(0, 4, 10, 4.5))
    assert found.balance.not_covered_m2 == 5.0
    assert found.closes


def test_a_sliver_is_a_row() -> None:
    land = frame((0, 0, 10, 4), (0, 4.001, 10, 10), art=["skog", "dyrka"])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert areas(found, "land.art")["ikke dekket"] == pytest.approx(0.01, rel=1e-9)


def test_overlap_is_counted_twice_and_named() -> None:
    land = frame((0, 0, 10, 5), (0, 4, 10, 10), art=["skog", "dyrka"]).set_axis(["a", "b"])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert areas(found, "land.art") == {"dyrka": 60.0, "skog": 50.0}
    assert found.balance.counted_twice_m2 == 10.0
    assert found.overlaps.drop(columns="geometry").to_dict("records") == [
        {"tema": "land", "ganger": 2, AREA: 10.0, "bredde_m": 1.0, "rader": "a, b"}
    ]
    assert found.closes


def test_three_on_top_of_each_other_are_counted_twice_two_times() -> None:
    land = frame((0, 0, 10, 10), (0, 0, 6, 10), (4, 0, 10, 10), art=["a", "b", "c"])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert found.balance.rows_m2 == 100 + 60 + 60
    assert found.balance.counted_twice_m2 == 120.0
    assert sorted(found.overlaps.ganger) == [2, 2, 3]
    assert found.closes


def test_the_same_polygon_twice() -> None:
    found = account({"land": pd.concat([FIELD, FIELD])}, by={}, boundary=FIELD)
    assert found.balance.counted_twice_m2 == 100.0
    assert found.closes


def test_overlaps_in_two_themes_multiply() -> None:
    land = frame((0, 0, 10, 10), (0, 0, 5, 10), art=["a", "b"])
    plan = frame((0, 0, 10, 10), (0, 0, 10, 5), (0, 0, 10, 5), mål=["x", "y", "z"])
    both = {"land": land, "plan": plan}
    found = account(both, by={"land": ["art"], "plan": ["mål"]}, boundary=FIELD)
    # 25 m² lie in 2 × 3 rows, 25 in 2 × 1, 25 in 1 × 3 and 25 in one.
    assert found.balance.rows_m2 == 25 * (6 + 2 + 3 + 1)
    assert found.balance.counted_twice_m2 == 25 * (5 + 1 + 2)
    assert found.closes


def test_a_gap_in_one_theme_under_an_overlap_in_another() -> None:
    plan = frame((0, 0, 10, 3), (0, 0, 10, 3), mål=["x", "y"])
    both = {"land": LAND.iloc[1:], "plan": plan}
    found = account(both, by={"land": ["art"], "plan": ["mål"]}, boundary=FIELD)
    assert areas(found, "land.art", "plan.mål") == {
        ("ikke dekket", "x"): 30.0, ("ikke dekket", "y"): 30.0,
        ("ikke dekket", "ikke dekket"): 10.0, ("dyrka", "ikke dekket"): 60.0,
    }  # fmt: skip
    assert found.closes


def test_only_what_is_within_the_boundary_counts() -> None:
    edge = shapely.Polygon([(5, -2), (12, 5), (5, 12), (-2, 5)])
    found = account({"land": LAND}, by={"land": ["art"]}, boundary=frame(edge))
    assert areas(found, "land.art") == {"dyrka": 51.0, "ikke dekket": 16.0, "skog": 31.0}
    assert found.balance.boundary_m2 == 98.0
    assert found.closes


def test_a_boundary_with_a_lake_and_an_island() -> None:
    whole = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    boundary = frame(whole, (4, 3, 6, 6), (20, 20, 21, 21))
    found = account({"land": LAND}, by={"land": ["art"]}, boundary=boundary)
    assert areas(found, "land.art") == {"skog": 28 + 2, "dyrka": 36 + 4, "ikke dekket": 1.0}
    assert found.closes


def test_boundary_rows_that_overlap_are_one_area() -> None:
    found = account({"land": LAND}, by={}, boundary=frame((0, 0, 6, 10), (4, 0, 10, 10)))
    assert found.balance.boundary_m2 == 100.0
    assert found.closes


def test_three_themes_and_a_theme_without_attributes() -> None:
    plan = frame((0, 0, 5, 10), formål=["bolig"])
    hazard = frame((2, 2, 7, 7))
    themes = {"land": LAND, "plan": plan, "fare": hazard}
    found = account(themes, by={"land": ["art"], "plan": ["formål"]}, boundary=FIELD)
    hit = found.rows[found.rows["fare.dekket"] & found.rows["plan.dekket"]]
    assert hit.set_index("land.art")[AREA].to_dict() == {"dyrka": 9.0, "skog": 6.0}
    assert found.rows[AREA].sum() == 100.0
    assert found.balance.rows_m2 == 15.0
    assert found.closes


def test_unknown_is_not_the_same_as_not_covered() -> None:
    land = frame((0, 0, 10, 4), (0, 4, 10, 8), art=[None, 21])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    unknown = found.rows[found.rows["land.art"].isna()]
    assert unknown.set_index("land.dekket")[AREA].to_dict() == {True: 40.0, False: 20.0}
    assert found.rows["land.art"].dtype == "Int64"


def test_several_attributes_are_a_combination() -> None:
    land = frame((0, 0, 5, 10), (5, 0, 10, 5), (5, 5, 10, 10), a=[1, 1, 2], b=["x", "y", "y"])
    found = account({"land": land}, by={"land": ["a", "b"]}, boundary=FIELD)
    assert areas(found, "land.a", "land.b") == {(1, "x"): 50.0, (1, "y"): 25.0, (2, "y"): 25.0}


def test_a_theme_without_rows_covers_nothing() -> None:
    found = account({"land": LAND.iloc[:0]}, by={"land": ["art"]}, boundary=FIELD)
    assert found.balance.not_covered_m2 == 100.0
    assert found.closes


def test_faulty_rows_are_named_and_what_they_leave_is_not_covered() -> None:
    bow = shapely.Polygon([(0, 4), (10, 10), (10, 4), (0, 10)])
    land = frame((0, 0, 10, 4), bow, None, art=["skog", "dyrka", "myr"]).set_axis([7, 8, 9])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert areas(found, "land.art") == {"skog": 40.0, "dyrka": 30.0, "ikke dekket": 30.0}
    assert found.faults.set_index("rad").handling.to_dict() == {8: "rettet", 9: "satt til side"}
    assert found.closes


def test_neighbours_with_points_on_each_others_borders() -> None:
    """The common border has more points on one side: no gap, no overlap but the rounding's."""
    low = shapely.Polygon([(0, 0), (10, 0), (10, 4.7), (6.1, 4.1), (0, 3.3)])
    high = shapely.Polygon([(0, 3.3), (10, 10), (0, 10)])
    between = shapely.Polygon([(0, 3.3), (6.1, 4.1), (10, 4.7), (10, 10)])
    found = account({"land": frame(low, high, between)}, by={}, boundary=FIELD)
    assert len(found.gaps) == len(found.overlaps) == 0
    assert found.closes


def test_a_lost_polygon_makes_the_account_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The closing line is no remainder: what a theme's cover misses is missing in it."""
    real = _cover.cover
    monkeypatch.setattr(
        "askergeo.overlay.account.cover",
        lambda *given: replace(real(*given), gaps=np.array([], dtype=object)),
    )
    found = account({"land": LAND.iloc[1:]}, by={"land": ["art"]}, boundary=FIELD)
    assert found.balance.difference_m2 == 40.0
    assert not found.closes


def test_an_overlap_that_is_not_found_makes_the_account_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("askergeo.overlay.account._counted_twice", lambda _: 0.0)
    found = account({"land": pd.concat([LAND, LAND])}, by={}, boundary=FIELD)
    assert found.balance.relative == -1.0
    assert not found.closes


@pytest.mark.parametrize(
    ("themes", "by", "says"),
    [
        ({}, {}, "ingen tema"),
        ({"land": LAND}, {"plan": ["art"]}, "plan"),
        ({"land": LAND}, {"land": ["bonitet"]}, "bonitet"),
    ],
)
def test_what_is_asked_must_be_there(themes: Any, by: Any, says: str) -> None:
    with pytest.raises(LayerError, match=says):
        account(themes, by=by, boundary=FIELD)


def test_a_boundary_without_area_is_refused() -> None:
    with pytest.raises(LayerError, match="Grensen"):
        account({"land": LAND}, by={}, boundary=frame(shapely.Point(0, 0)))
    with pytest.raises(LayerError, match="Grensen"):
        account_tiled(lambda _: {"land": LAND}, by={}, boundary=frame(None), side_m=3)


def test_layers_of_several_crs_are_refused() -> None:
    other = LAND.set_crs("EPSG:25833", allow_override=True)
    with pytest.raises(CrsError, match="plan"):
        account({"land": LAND, "plan": other}, by={}, boundary=FIELD)


def test_the_ellipsoidal_area_is_stated() -> None:
    field = frame((570_000, 6_630_000, 571_000, 6_631_000))
    found = account({"land": field}, by={}, boundary=field)
    assert found.ellipsoidal_m2 / 1e6 == pytest.approx(1.0007, abs=1e-4)


def test_tiles_give_the_same_and_name_a_fault_once() -> None:
    bow = shapely.Polygon([(0, 4), (10, 10), (10, 4), (0, 10)])
    land = frame((0, 0, 10, 5), bow, art=["skog", "dyrka"])
    plan = frame((1, 1, 9, 9), formål=["bolig"])
    asked: Any = {"by": {"land": ["art"], "plan": ["formål"]}, "boundary": FIELD}
    themes = {"land": land, "plan": plan}
    boxes = []

    def read(box: Any) -> dict[str, gpd.GeoDataFrame]:
        boxes.append(box)
        return {name: one.cx[box[0] : box[2], box[1] : box[3]] for name, one in themes.items()}

    whole = account(themes, **asked)
    tiled = account_tiled(read, **asked, side_m=3.0)
    assert len(boxes) == 16
    pd.testing.assert_frame_equal(tiled.rows, whole.rows, rtol=1e-12)
    assert tiled.balance.counted_twice_m2 == pytest.approx(whole.balance.counted_twice_m2)
    assert tiled.closes
    assert tiled.faults.rad.tolist() == [1]
    assert tiled.gaps.areal_m2.sum() == pytest.approx(whole.gaps.areal_m2.sum())


def test_a_tile_that_is_not_read_is_seen() -> None:
    found = account_tiled(
        lambda box: {"land": LAND.iloc[:0] if box[0] == 0 else LAND},
        by={"land": ["art"]}, boundary=FIELD, side_m=5.0,
    )  # fmt: skip
    assert found.balance.not_covered_m2 == 50.0


def test_a_tile_has_a_side() -> None:
    with pytest.raises(ParameterError):
        list(tiles(shapely.box(0, 0, 1, 1), 0.0))


def test_gaps_and_overlaps_have_a_width() -> None:
    land = frame((0, 0, 10, 4), (0, 4.02, 10, 10), (7, 6, 10, 10), art=["skog", "dyrka", "myr"])
    found = account({"land": land}, by={"land": ["art"]}, boundary=FIELD)
    assert found.gaps["bredde_m"].tolist() == pytest.approx([0.02])
    assert found.overlaps["bredde_m"].tolist() == pytest.approx([3.0])


def test_what_lies_outside_is_told_theme_by_theme() -> None:
    edge = shapely.Polygon([(5, -2), (12, 5), (5, 12), (-2, 5)])
    away, touching = (20, 20, 22, 22), (10, 10, 11, 12)
    plan = frame((4, 4, 6, 6), away, touching, shapely.Point(50, 50))
    found = account({"land": LAND, "plan": plan}, by={}, boundary=frame(edge))
    outside = found.outside.set_index("tema")
    expected = shapely.area(shapely.difference(LAND.geometry.to_numpy(), edge))
    assert outside.loc["land", AREA] == pytest.approx(expected.sum(), rel=1e-12)
    assert outside.loc["plan"].tolist() == [2, pytest.approx(4.0 + 2.0)]
    assert found.closes


def test_an_island_that_the_boundary_lacks_is_outside() -> None:
    whole = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    found = account({"land": frame((3, 3, 5, 5), (0, 0, 3, 3))}, by={}, boundary=frame(whole))
    assert found.outside.to_dict("records") == [{"tema": "land", "rader": 2, AREA: 5.0}]


def test_tiles_do_not_tell_what_lies_outside() -> None:
    found = account_tiled(lambda _: {"land": LAND}, by={}, boundary=FIELD, side_m=5.0)
    assert found.outside["tema"].tolist() == ["land"]
    assert found.outside[["rader", AREA]].isna().all().all()
