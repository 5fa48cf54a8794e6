"""What always holds for the belt, its account, and the settlements."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.analyses._residents import Residents, shared
from askergeo.analyses._settlement import build_up, find_clusters
from askergeo.analyses._shoreline import belt_of, read_land, read_shore
from askergeo.analyses.strandsone import strandsone
from askergeo.analyses.tettsted_avgrens import avgrens
from askergeo.geometry import geometries, pieces, union
from askergeo.parameters import load_parameters

CRS = "EPSG:25832"
SIDE = 1500.0
SMALL = settings(max_examples=25, deadline=None)
WHOLE = shapely.box(0, -SIDE, SIDE, SIDE)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@st.composite
def shores(draw: st.DrawFn) -> dict[str, gpd.GeoDataFrame]:
    """A jagged shore with land to the north, and a few islands in the sea."""
    heights = draw(st.lists(st.integers(-300, 300), min_size=3, max_size=12))
    x = np.linspace(0, SIDE, len(heights))
    line = list(zip(x.tolist(), map(float, heights), strict=True))
    mainland = shapely.Polygon([*line, (SIDE, SIDE), (0, SIDE)])
    sizes = draw(st.lists(st.integers(5, 140), max_size=3))
    islands = [
        shapely.Point(300 + 450 * number, -900).buffer(size, quad_segs=6)
        for number, size in enumerate(sizes)
    ]
    land = shapely.union_all([mainland, *islands])
    coast = [shapely.LineString(line), *[shapely.LineString(one.exterior) for one in islands]]
    return {
        "kystkontur": frame(coast),
        "kommunegrense": frame([WHOLE], kommunenummer=["1"], omfang=["med_sjo"]),
        "vann": frame([WHOLE.difference(land)], vanntype=["hav"]),
    }


def squares(low: float, high: float, count: int = 8) -> st.SearchStrategy[list[Any]]:
    number = st.integers(int(low), int(high)).map(float)
    size = st.integers(1, 300).map(float)
    return st.lists(
        st.tuples(number, number, size, size).map(
            lambda t: shapely.box(t[0], t[1], t[0] + t[2], t[1] + t[3])
        ),
        max_size=count,
    )


def houses(shapes: list[Any], kind: int = 111) -> gpd.GeoDataFrame:
    return frame(
        shapes,
        bygning_id=[str(number) for number in range(len(shapes))],
        bygningstype=pd.array([kind] * len(shapes), dtype="Int64"),
        tatt_i_bruk=pd.array([2000 + number for number in range(len(shapes))], dtype="Int64"),
    )


@given(shores(), st.integers(5, 300), st.integers(1, 200))
@SMALL
def test_belt_grows_with_width_and_stays_on_land(
    layers: dict[str, gpd.GeoDataFrame], width: int, more: int
) -> None:
    lines = geometries(layers["kystkontur"])
    shore = read_shore(
        read_land(layers["kommunegrense"], layers["vann"], lines), layers["kystkontur"]
    )
    narrow = belt_of(shore, width, 16)
    wide = belt_of(shore, width + more, 16)
    assert shapely.area(narrow) <= shapely.area(wide) + 1e-3
    assert shapely.area(shapely.difference(narrow, wide)) <= 1e-3
    assert shapely.area(shapely.difference(wide, shore.land.area)) <= 1e-3


@given(shores(), squares(-300, 1200), squares(-300, 1200), squares(-300, 1200), squares(0, 900))
@SMALL
def test_the_account_closes(
    layers: dict[str, gpd.GeoDataFrame],
    limits: list[Any],
    farms: list[Any],
    homes: list[Any],
    lakes: list[Any],
) -> None:
    water = pd.concat([layers["vann"], frame(lakes, vanntype=["innsjo"] * len(lakes))])
    result = strandsone(
        **{**layers, "vann": water.reset_index(drop=True)},
        byggegrense_sjo=frame(limits),
        ar5=frame(farms, arealtype=pd.array([21] * len(farms), dtype="Int64")),
        bygning=houses(homes),
        veg=frame([shapely.LineString([(0, 50), (SIDE, -50)])], vegtype=["bilveg"]),
        parameters=load_parameters("strandsone", {"kvartsirkel_segmenter": 8}),
    )
    belt = result.table("belte").frame
    access = result.table("tilgjengelighet").frame
    assert not [finding for finding in result.findings if finding.rule == "strandsone.lukking"]
    for table in result.tables:
        for sum_ in table.column_sums:
            parts = table.frame[list(sum_.parts)].sum(axis=1, min_count=1)
            assert table.frame[sum_.total].to_numpy(dtype=float) == pytest.approx(
                parts.to_numpy(dtype=float), abs=1e-6, nan_ok=True
            )
        for sum_ in table.row_sums:
            numeric = table.frame.select_dtypes("number").drop(columns="andel", errors="ignore")
            total = numeric.loc[sum_.total].to_numpy(dtype=float)
            parts = numeric.loc[list(sum_.parts)].sum(min_count=1).to_numpy(dtype=float)
            known = ~np.isnan(parts)
            assert total[known] == pytest.approx(parts[known], abs=1e-6)
    assert access.loc["belte", "alt"] == pytest.approx(belt.loc["i_alt", "belte_dekar"], abs=1e-6)
    assert access.loc["belte", "gjelder"] == pytest.approx(
        belt.loc["i_alt", "gjelder_dekar"], abs=1e-6
    )
    assert -1e-9 <= access.loc["tilgjengelig", "alt"] <= access.loc["belte", "alt"] + 1e-9


@given(squares(0, 1400, 12), squares(0, 1400, 3))
@SMALL
def test_a_building_more_never_shrinks_the_built_up_area(
    shapes: list[Any], extra: list[Any]
) -> None:
    parameters = load_parameters("tettsted_avgrens")
    before = union(build_up(houses(shapes), parameters))
    after = union(build_up(houses([*shapes, *extra]), parameters))
    assert shapely.area(after) >= shapely.area(before) - 1e-6
    assert shapely.area(shapely.difference(before, after)) <= 1e-6


@given(squares(0, 1400, 12), st.lists(st.integers(0, 60), min_size=12, max_size=12))
@SMALL
def test_every_resident_is_in_one_row(shapes: list[Any], counts: list[int]) -> None:
    # Some live in houses, some where no house is.
    places = [shapely.centroid(one) for one in shapes][:9]
    places += [shapely.Point(1700 + 100 * n, 3) for n in range(12 - len(places))]
    ids = [str(number) for number in range(12)]
    result = avgrens(
        houses(shapes),
        kommunegrense=frame([WHOLE], kommunenummer=["1"], omfang=["land"]),
        adresse=frame(places, adresse_id=ids),
        befolkning=pd.DataFrame({"adresse_id": [*ids, "x"], "antall": [*counts, 3]}),
        parameters=load_parameters("tettsted_avgrens", {"kjerne_bosatte": 50}),
    )
    table = result.table("tettsteder").frame
    parts = [label for label in table.index if label.isdigit()]
    parts += [label for label in ("spredtbygd", "uten_sted", "utenfor") if label in table.index]
    assert table.loc[parts, "bosatte"].sum() == sum(counts) + 3
    for sum_ in result.table("tettsteder").row_sums:
        assert table.loc[sum_.total, "bosatte"] == table.loc[list(sum_.parts), "bosatte"].sum()


@given(squares(0, 1400, 12), st.randoms(use_true_random=False))
@SMALL
def test_the_order_of_buildings_does_not_matter(shapes: list[Any], random: Any) -> None:
    parameters = load_parameters("tettsted_avgrens", {"kjerne_bosatte": 3})
    points = np.array([shapely.centroid(one) for one in shapes], dtype=object)
    nobody = np.array([], dtype=object)
    residents = Residents(points, np.ones(len(points), dtype=np.int64), 0, 0, "")
    shuffled = list(shapes)
    random.shuffle(shuffled)
    one = find_clusters(houses(shapes), residents, nobody, parameters)
    other = find_clusters(houses(shuffled), residents, nobody, parameters)
    assert shapely.area(one.shapes[one.settlement >= 0]).sum() == pytest.approx(
        shapely.area(other.shapes[other.settlement >= 0]).sum()
    )


@given(st.lists(st.integers(0, 500), min_size=1, max_size=5), st.data())
@SMALL
def test_sharing_keeps_the_totals(totals: list[int], data: st.DataObject) -> None:
    members = [data.draw(st.integers(1, 6)) for _ in totals]
    group = np.repeat(np.arange(len(totals)), members)
    weights = data.draw(
        st.lists(st.integers(1, 40), min_size=len(group), max_size=len(group)).map(np.array)
    )
    found = shared(np.array(totals), group, weights.astype(float))
    assert (found >= 0).all()
    assert np.bincount(group, weights=found).tolist() == totals


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=40), st.integers(1, 9))
def test_pieces_are_together_the_line(heights: list[int], vertices: int) -> None:
    line = shapely.LineString([(number, height) for number, height in enumerate(heights)])
    parts = pieces(np.array([line]), vertices)
    assert (shapely.get_num_coordinates(parts) <= vertices + 1).all()
    assert shapely.line_merge(shapely.multilinestrings(parts)).equals(line)
