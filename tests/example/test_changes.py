"""The earlier AR5 and the decisions hold what the key says was put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.example.build import DATED
from askergeo.example.changes import AGO
from askergeo.example.land import YEAR

if TYPE_CHECKING:
    from askergeo.example import Example


@pytest.fixture(scope="module")
def changes(example: Example) -> pd.Series:
    return pd.DataFrame(example.key["ar5_endringer"]).set_index(["fra", "til"])["areal_m2"]


def test_the_earlier_map_and_the_changes_give_the_map_of_today(
    example: Example, changes: pd.Series
) -> None:
    earlier = example.frames["ar5_tidligere"]
    opening = earlier.area.groupby(earlier["arealtype"]).sum()
    closing = pd.Series(example.key["ar5_m2"])
    closing.index = closing.index.astype(int)
    lost, won = (changes.groupby(name).sum() for name in ("fra", "til"))
    rest = closing - opening.add(won, fill_value=0).sub(lost, fill_value=0)
    only_now = example.key["ar5_bare_naa_m2"]
    assert rest.drop(30).abs().max() < 0.01
    assert rest[30] == pytest.approx(only_now, abs=0.01)
    assert 1_000 < only_now < 10_000


def test_an_overlay_finds_the_planted_changes(example: Example, changes: pd.Series) -> None:
    now, then = (example.frames[name] for name in ("ar5", "ar5_tidligere"))
    same = set(shapely.to_wkb(shapely.normalize(now.geometry.to_numpy())))
    moved = then[[wkb not in same for wkb in shapely.to_wkb(then.normalize().to_numpy())]]
    near = now.iloc[now.sindex.query(moved.geometry, predicate="intersects")[1]].drop_duplicates()
    both = gpd.overlay(
        moved[["arealtype", "geometry"]], near[["arealtype", "geometry"]], keep_geom_type=True
    )
    found = both.area.groupby([both["arealtype_1"], both["arealtype_2"]]).sum()
    for (was, kind), area in found.items():
        if was != kind:
            assert area == pytest.approx(changes.get((was, kind), 0.0), abs=0.01), (was, kind)
    assert set(changes.index) <= set(found.index)


def test_built_land_was_forest_farmland_and_bog(changes: pd.Series) -> None:
    assert {(21, 11), (30, 11), (60, 11), (21, 12), (23, 30), (60, 21)} <= set(changes.index)
    assert changes.min() > 100


def test_the_earlier_map_has_other_polygons_and_one_hole(example: Example) -> None:
    now, then = (example.frames[name].geometry.to_numpy() for name in ("ar5", "ar5_tidligere"))
    assert shapely.coverage_is_valid(then)
    gone = set(shapely.to_wkb(shapely.normalize(now))) - set(
        shapely.to_wkb(shapely.normalize(then))
    )
    assert 50 < len(gone) < 0.1 * len(now)
    assert example.key["ar5_tidligere_dato"] == f"{YEAR - AGO}-12-31"


def test_the_earlier_map_is_dated_in_the_package(example: Example) -> None:
    assert DATED["ar5_tidligere"]["fetched"] == example.key["ar5_tidligere_dato"]


def test_decisions_add_up_to_the_key(example: Example) -> None:
    decisions, key = example.frames["arealvedtak"], example.key["arealvedtak"]
    year = decisions["vedtaksdato"].dt.year.astype(str)
    assert len(decisions) == key["antall"] == decisions["vedtak_id"].nunique()
    assert 25 <= len(decisions) <= 40
    assert decisions["sakstype"].value_counts().to_dict() == key["etter_sakstype"]
    assert set(key["etter_sakstype"]) == {"plan", "dispensasjon", "byggetillatelse", "jordlov"}
    assert decisions.area.groupby(year).sum().to_dict() == pytest.approx(key["areal_m2"])
    assert set(key["areal_m2"]) == {str(YEAR - k) for k in range(6)}


@pytest.mark.parametrize(("name", "kinds"), [("dyrket", (21, 22, 23)), ("myr", (60,))])
def test_decisions_take_farmland_and_bog(
    example: Example, name: str, kinds: tuple[int, ...]
) -> None:
    decisions, ar5 = example.frames["arealvedtak"], example.frames["ar5"]
    chosen = ar5[ar5["arealtype"].isin(kinds)]
    both = gpd.overlay(decisions[["vedtaksdato", "geometry"]], chosen[["geometry"]])
    found = both.area.groupby(both["vedtaksdato"].dt.year.astype(str)).sum()
    told = pd.Series(example.key["arealvedtak"][f"{name}_m2"])
    assert told.sum() > 500
    assert (found.reindex(told.index, fill_value=0.0) - told).abs().max() < 0.01


def test_two_decisions_share_land_and_some_follow_a_plan(example: Example) -> None:
    decisions, key = example.frames["arealvedtak"], example.key["arealvedtak"]
    (shared,) = key["overlapp"]
    first, second = decisions.set_index("vedtak_id").loc[shared["vedtak"]].itertuples()
    assert first.geometry.intersection(second.geometry).area == pytest.approx(18 * 12, abs=0.5)
    assert shared["areal_m2"] == pytest.approx(18 * 12, abs=0.5)
    assert second.vedtaksdato.year - first.vedtaksdato.year == 2
    numbered = set(decisions["planid"].dropna())
    assert len(numbered) >= 4
    assert numbered <= set(example.frames["reguleringsplan"]["planid"])
    assert decisions["formaal_kode"].isna().any()
    assert sum(key["dyrkbar_m2"].values()) > 1_000
