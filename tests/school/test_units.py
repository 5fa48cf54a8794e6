"""Units of districts: neighbours by hand and by networkx, and small units held together."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.school.units import BORDER, ISLAND, WAY, Units, blocks, merged, neighbours

CRS = "EPSG:25832"


def grid(columns: int, rows: int, side: float = 100.0) -> np.ndarray:
    """Squares, row by row from the south-west."""
    return np.array(
        [
            shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
            for y in range(rows)
            for x in range(columns)
        ],
        dtype=object,
    )


def units_of(shapes: np.ndarray, group: list[str], **options: Any) -> Units:
    names = [f"u{number}" for number in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"navn": [name.upper() for name in names], "medlemmer": [(name,) for name in names]},
        geometry=shapes,
        crs=CRS,
        index=names,
    )
    frame["gruppe"] = group
    return Units(frame, neighbours(shapes, least_m=10.0, **options))


def ways(*lines: list[tuple[float, float]]) -> Any:
    roads = gpd.GeoDataFrame(
        {"vegtype": ["bilveg"] * len(lines), "vegkategori": ["K"] * len(lines)},
        geometry=[shapely.LineString(line) for line in lines],
        crs=CRS,
    )
    return build_graph(walkable_lines(roads, None), tolerance_m=1.0, gap_m=5.0).graph


def test_neighbours_of_a_grid_are_those_of_networkx() -> None:
    found = neighbours(grid(4, 3), least_m=10.0)
    # Corners touch, but are no neighbours.
    oracle = nx.grid_2d_graph(3, 4)
    expected = {tuple(sorted((a[0] * 4 + a[1], b[0] * 4 + b[1]))) for a, b in oracle.edges}
    assert set(map(tuple, found.pairs.tolist())) == expected
    assert set(found.kind) == {BORDER}
    # What is measured is what of one outline is within a metre of the other area.
    assert found.border == pytest.approx(100.0, abs=2.1)


def test_a_border_in_the_sea_counts_only_with_a_way_over_it() -> None:
    shapes = grid(3, 1)
    # The sea is a strip between the first and the second square.
    land = shapely.union(shapely.box(0, 0, 80, 100), shapely.box(120, 0, 300, 100))
    apart = neighbours(shapes, least_m=10.0, land=land)
    assert dict(zip(map(tuple, apart.pairs.tolist()), apart.kind, strict=True)) == {
        (0, 1): ISLAND,
        (1, 2): BORDER,
    }
    bridge = ways([(20, 50), (180, 50)])
    joined = neighbours(shapes, least_m=10.0, land=land, graph=bridge)
    assert dict(zip(map(tuple, joined.pairs.tolist()), joined.kind, strict=True))[0, 1] == WAY


def test_an_island_is_joined_to_what_is_nearest() -> None:
    shapes = np.array(
        [
            shapely.box(0, 0, 100, 100),
            shapely.box(100, 0, 200, 100),
            shapely.box(260, 0, 300, 100),
            shapely.box(300, 0, 340, 100),
            shapely.box(0, 400, 50, 450),
        ],
        dtype=object,
    )
    found = neighbours(shapes, least_m=10.0)
    told = dict(zip(map(tuple, found.pairs.tolist()), found.kind, strict=True))
    assert told == {(0, 1): BORDER, (2, 3): BORDER, (1, 2): ISLAND, (0, 4): ISLAND}


@settings(max_examples=30, deadline=None)
@given(
    pupils=st.lists(st.integers(0, 12), min_size=12, max_size=12),
    split=st.integers(0, 4),
    least=st.integers(1, 10),
)
def test_holding_together_loses_nobody_and_leaves_no_small_unit_that_could_join(
    pupils: list[int], split: int, least: int
) -> None:
    group = ["vest" if number % 4 < split else "øst" for number in range(12)]
    units = units_of(grid(4, 3), group)
    together = merged(units, np.array(pupils, float), float(least))
    row = together.row_of()
    assert sorted(row.index) == sorted(units.frame.index)
    total = np.bincount(row.loc[units.frame.index], weights=pupils, minlength=len(together.frame))
    assert total.sum() == sum(pupils)
    # Each unit is in one piece, of one group, and only a whole group has fewer than asked for.
    for number, one in enumerate(together.frame.itertuples()):
        assert one.geometry.geom_type == "Polygon"
        assert {group[int(name[1:])] for name in one.medlemmer} == {one.gruppe}
        if total[number] < least:
            assert len(one.medlemmer) == group.count(one.gruppe)
    assert together.frame.geometry.area.sum() == pytest.approx(12 * 100.0**2)


def test_the_smallest_joins_where_the_border_is_longest_and_keeps_the_larger_name() -> None:
    shapes = np.array(
        [shapely.box(0, 0, 100, 30), shapely.box(0, 30, 100, 200), shapely.box(100, 0, 200, 200)],
        dtype=object,
    )
    together = merged(units_of(shapes, ["a"] * 3), np.array([2.0, 30.0, 40.0]), 5.0)
    assert together.frame["medlemmer"].tolist() == [("u1", "u0"), ("u2",)]
    assert together.frame["navn"].tolist() == ["U1 + U0", "U2"]
    assert together.next_to.pairs.tolist() == [[0, 1]]


def test_blocks_fill_their_district_and_never_cross_its_border() -> None:
    districts = gpd.GeoDataFrame(
        {"krets_id": ["V", "O"], "navn": ["Vest", "Øst"]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 1500, 1000)],
        crs=CRS,
    )
    random = np.random.default_rng(5)
    at = shapely.points(random.uniform([0, 0], [1000, 1000], (400, 2)))
    found = blocks(at, districts, size_m=400.0, least=5)
    west = found[found["grunnkretsnummer"].str.startswith("V-")]
    assert len(west) > 4
    assert shapely.union_all(west.geometry.array).area == pytest.approx(1000.0**2)
    assert west.geometry.area.sum() == pytest.approx(1000.0**2)
    # Nobody lives in the east: the district is one block.
    assert found["grunnkretsnavn"].tolist()[-1] == "Øst, del 1"
    assert found.geometry.iloc[-1].equals(districts.geometry.iloc[1])
    assert found["grunnkretsnummer"].is_unique
