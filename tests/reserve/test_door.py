"""Bad input is named, counted or refused; never left out in silence."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.reserve import load_rules, reserve

CRS = "EPSG:25832"
RULES = load_rules()
SQUARE = shapely.box(0, 0, 100, 100)


def frame(shapes, *, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def plan(shapes, codes=None, status=None, **more):
    count = len(shapes)
    return frame(
        shapes, formaal_kode=codes or [1110] * count, arealstatus=status or [2] * count, **more
    )


def area(found):
    return found.steps["areal_for_m2"].iloc[0]


@pytest.mark.parametrize("crs", ["EPSG:25833", "EPSG:4258", None])
def test_another_crs_is_refused(crs):
    with pytest.raises(CrsError, match="kommuneplan"):
        reserve(plan([SQUARE], crs=crs), rules=RULES)


def test_every_layer_in_another_crs_is_named():
    with pytest.raises(CrsError) as caught:
        reserve(
            plan([SQUARE]),
            veg=frame([], crs="EPSG:25833", vegtype=[]),
            ar5=frame([], crs=None, arealtype=[]),
            rules=RULES,
        )
    assert "«veg»" in caught.value.message
    assert "«ar5»" in caught.value.message
    assert caught.value.remedy


def test_every_missing_column_is_named():
    with pytest.raises(LayerError) as caught:
        reserve(plan([SQUARE]).drop(columns="arealstatus"), bygning=frame([SQUARE]), rules=RULES)
    assert "«arealstatus»" in caught.value.message
    assert "«bygningstype»" in caught.value.message


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Point(0, 0)], [shapely.Polygon()]])
def test_a_plan_without_polygons_is_refused(shapes):
    with pytest.raises(LayerError, match="ingen flater"):
        reserve(plan(shapes, [1110] * len(shapes), [2] * len(shapes)), rules=RULES)


def test_unknown_codes_are_named_and_have_their_own_row():
    shapes = [shapely.box(200 * i, 0, 200 * i + 100, 100) for i in range(5)]
    codes = [1110, 9876, "boliger", None, 1110.5]
    found = reserve(plan(shapes, codes), rules=RULES)
    row = found.steps.set_index("regel").loc["ukjent_kode"]
    assert row["tatt_m2"] == pytest.approx(40_000)
    assert row["stykker_for"] - row["stykker_igjen"] == 4
    for name in ("9876", "boliger", "(tom)", "1110.5"):
        assert f"«{name}»" in row["betydning"]
    assert found.faults["rad"].tolist() == [1, 2, 3, 4]
    assert found.faults["areal_m2"].tolist() == [10_000.0] * 4
    assert set(found.faults["handling"]) == {"satt til side"}


def test_an_undefined_purpose_of_a_detailed_plan_is_not_guessed():
    far = shapely.box(500, 0, 600, 100)
    found = reserve(plan([SQUARE]), reguleringsplan=frame([far], formaal_kode=[999]), rules=RULES)
    assert found.steps.set_index("regel").loc["ukjent_kode", "tatt_m2"] == pytest.approx(10_000)
    assert "gruppe 19" in found.faults["grunn"].iloc[0]


def test_blank_and_unknown_status_count_as_existing_use_and_are_named():
    shapes = [shapely.box(200 * i, 0, 200 * i + 100, 100) for i in range(3)]
    found = reserve(plan(shapes, status=[None, 7, 2]), rules=RULES)
    assert sorted(found.pieces["arealstatus"]) == [1, 1, 2]
    assert found.faults["rad"].tolist() == [0, 1]
    assert "«7" in found.faults["grunn"].iloc[1]


def test_an_invalid_polygon_is_mended_and_listed():
    # A bow tie of two triangles of 2 500 m²; its signed area is nought.
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    found = reserve(plan([bow, shapely.box(200, 0, 300, 100)]), rules=RULES)
    assert area(found) == pytest.approx(15_000)
    fault = found.faults.iloc[0]
    assert (fault["rad"], fault["handling"]) == (0, "rettet")
    assert fault["arealendring_m2"] == pytest.approx(5_000)


def test_rows_without_a_usable_polygon_are_set_aside():
    with np.errstate(invalid="ignore"):
        nowhere = shapely.Polygon([(0, 0), (1, np.nan), (1, 1)])
    flat = shapely.Polygon([(0, 0), (10, 10), (0, 0)])
    mixed = shapely.GeometryCollection([shapely.box(400, 0, 500, 100), shapely.Point(0, 0)])
    high = shapely.force_3d(shapely.box(200, 0, 300, 100), 7.0)
    shapes = [SQUARE, None, shapely.LineString([(0, 0), (9, 9)]), nowhere, flat, mixed, high]
    found = reserve(plan(shapes), rules=RULES)
    assert area(found) == pytest.approx(30_000)
    done = found.faults.groupby("rad")["handling"].first()
    assert done.to_dict() == {
        1: "satt til side", 2: "satt til side", 3: "satt til side", 4: "satt til side", 5: "rettet",
    }  # fmt: skip
    assert not shapely.has_z(np.asarray(found.pieces.geometry.array)).any()


def test_unknown_kinds_of_the_other_layers_are_named():
    house = frame([shapely.box(40, 40, 50, 50), None], bygningstype=[998, 111])
    road = frame([shapely.LineString([(0, 0), (9, 9)])], vegtype=["sti"])
    cover = frame([shapely.box(0, 0, 100, 60), shapely.box(0, 60, 100, 100)], arealtype=[77, 30])
    found = reserve(plan([SQUARE]), bygning=house, veg=road, ar5=cover, rules=RULES)
    texts = found.faults.set_index(["tema", "rad"])["grunn"]
    assert "«998»" in texts["bygning", 0]
    assert "mangler" in texts["bygning", 1]
    assert "«sti»" in texts["veg", 0]
    assert "«77»" in texts["ar5", 0]
    # What has an unknown code is not mapped, and the house is a main building.
    piece = found.pieces.iloc[0]
    assert piece["ar5_ikke_kartlagt_m2"] + piece["ar5_skog_m2"] == pytest.approx(piece["areal_m2"])
    assert piece["ar5_ikke_kartlagt_m2"] > 5_000
    taken = found.steps.set_index("regel")["tatt_m2"]
    assert taken["bygninger"] > 800


def test_layers_are_not_changed():
    rows = plan([SQUARE], status=[None])
    before = rows.copy(deep=True)
    reserve(rows, rules=RULES)
    pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(before))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aapning": 5},
        {"aapning_m": "bred"},
        {"minste_areal_m2": -1},
        {"rundhet_over_m2": [1500.0]},
        {"rundhet_over_m2": [5000.0, 3000.0, 1500.0]},
        {"rundhet_under": ["1,25", "rund", "2"]},
        {"boliger_per_dekar": 0.5},
    ],
)
def test_rules_that_cannot_be_used_are_refused(wrong):
    with pytest.raises(ParameterError) as caught:
        load_rules(wrong)
    assert caught.value.remedy
