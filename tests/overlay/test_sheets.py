"""Accounts of many sheets at once, held against the account of each sheet by itself."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import CrsError
from askergeo.overlay.account import AREA, account
from askergeo.overlay.sheets import SHEET, sheet_accounts

CRS = "EPSG:25832"


def frame(*shapes: Any, crs: str = CRS, **columns: Any) -> gpd.GeoDataFrame:
    made = [shapely.box(*shape) if isinstance(shape, tuple) else shape for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=made, crs=crs)


def random_case(seed: int) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    """Sheets that overlap, over land with gaps and overlaps, and a plan with both."""
    rng = np.random.default_rng(seed)
    discs = [
        shapely.Point(*xy).buffer(r, quad_segs=5)
        for xy, r in zip(rng.uniform(20, 80, (6, 2)), rng.uniform(8, 30, 6), strict=True)
    ]
    land = [
        shapely.box(x, y, x + 10.4, y + 9.7) for x in range(0, 100, 10) for y in range(0, 100, 10)
    ]
    plan = [shapely.Point(*xy).buffer(18, quad_segs=3) for xy in rng.uniform(0, 100, (12, 2))]
    sheets = frame(*discs, ark=["a", "b", "c", "d", "e", "a2"])
    kinds = rng.choice(["skog", "myr", "dyrka"], len(land))
    return sheets, {
        "land": frame(*land, art=kinds),
        "plan": frame(*plan, bruk=rng.choice(["bolig", "grønt"], len(plan))),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_sheet_is_the_account_of_its_own_ground(seed: int) -> None:
    sheets, themes = random_case(seed)
    by = {"land": ["art"], "plan": ["bruk"]}
    found = sheet_accounts(sheets, themes, by=by)
    columns = ["land.art", "land.dekket", "plan.bruk", "plan.dekket"]
    for number, name in enumerate(sheets[SHEET]):
        alone = account(themes, by=by, boundary=sheets.iloc[[number]])
        ours = found.rows[found.rows[SHEET] == name].drop(columns=SHEET)
        sums = [one.groupby(columns, dropna=False)[AREA].sum() for one in (ours, alone.rows)]
        pd.testing.assert_series_equal(*(one.sort_index() for one in sums), rtol=1e-9)
        line = found.balance(name)
        assert line.closes
        assert line.boundary_m2 == pytest.approx(alone.balance.boundary_m2, rel=1e-12)
        assert line.rows_m2 == pytest.approx(alone.balance.rows_m2, rel=1e-9)
        assert line.not_covered_m2 == pytest.approx(alone.balance.not_covered_m2, rel=1e-9)
        assert line.counted_twice_m2 == pytest.approx(alone.balance.counted_twice_m2, rel=1e-9)


def test_a_sheet_of_several_polygons_has_one_line() -> None:
    sheets = frame((0, 0, 2, 2), (5, 0, 7, 2), (0, 0, 1, 1), ark=["a", "a", "b"])
    found = sheet_accounts(
        sheets, {"land": frame((0, 0, 6, 2), art=["skog"])}, by={"land": ["art"]}
    )
    assert found.lines.loc["a"].tolist() == [8.0, 6.0, 2.0, 0.0]
    assert found.lines.loc["b"].tolist() == [1.0, 1.0, 0.0, 0.0]


def test_land_counted_twice_is_each_sheets_own() -> None:
    land = frame((0, 0, 4, 4), (3, 0, 8, 4), art=["skog", "myr"])
    sheets = frame((0, 0, 8, 4), (0, 0, 2, 4), ark=["a", "b"])
    found = sheet_accounts(sheets, {"land": land}, by={"land": ["art"]})
    assert found.lines["talt_dobbelt_m2"].tolist() == [4.0, 0.0]
    assert found.balance("a").closes
    assert len(found.overlaps) == 1


def test_a_line_fails_when_an_overlap_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    land = frame((0, 0, 4, 4), (3, 0, 8, 4), art=["skog", "myr"])
    zero = pd.Series(0.0, index=["a"])
    monkeypatch.setattr("askergeo.overlay.sheets._twice", lambda *_: zero)
    found = sheet_accounts(frame((0, 0, 8, 4), ark=["a"]), {"land": land}, by={"land": ["art"]})
    assert not found.balance("a").closes


def test_sheets_where_there_is_nothing_are_not_covered() -> None:
    found = sheet_accounts(
        frame((50, 50, 52, 52), ark=["a"]),
        {"land": frame((0, 0, 1, 1), art=["skog"])},
        by={"land": ["art"]},
    )
    assert found.lines.loc["a"].tolist() == [4.0, 0.0, 4.0, 0.0]


def test_faults_and_another_zone() -> None:
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    sheets = frame((0, 0, 4, 4), ark=["a"])
    found = sheet_accounts(sheets, {"land": frame(bow, art=["skog"])}, by={"land": ["art"]})
    assert found.faults["tema"].tolist() == ["land"]
    assert found.balance("a").closes
    with pytest.raises(CrsError, match="land"):
        sheet_accounts(sheets, {"land": frame((0, 0, 1, 1), crs="EPSG:25833")}, by={})
