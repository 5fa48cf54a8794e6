"""What always holds for overlays: areas are conserved, and order, tiles and place do not matter."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.overlay.account import AREA, account
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.tiles import account_tiled

CRS = "EPSG:25832"
SIDE = 100.0
EAST, NORTH = 570_000.0, 6_630_000.0
ORIGIN = np.array([EAST, NORTH])
SMALL = settings(max_examples=25, deadline=None)
FIELD = shapely.box(EAST, NORTH, EAST + SIDE, NORTH + SIDE)


def frame(shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=np.asarray(shapes, dtype=object), crs=CRS)


def voronoi(points: list[tuple[int, int]], snap: float) -> Any:
    """A coverage of the field, snapped to a grid so that edges are shared, short and collinear."""
    sites = shapely.multipoints(np.array(points, dtype=float) + ORIGIN)
    cells = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=FIELD))
    cut = shapely.get_parts(shapely.intersection(cells, FIELD))
    lines = shapely.union_all(shapely.boundary(cut), grid_size=snap)
    made = shapely.get_parts(shapely.polygonize([lines]))
    return made[shapely.area(made) > 0]


places = st.lists(
    st.tuples(st.integers(1, 99), st.integers(1, 99)), min_size=3, max_size=25, unique=True
).filter(lambda points: len({x for x, _ in points}) > 1 and len({y for _, y in points}) > 1)
coverages = st.builds(voronoi, places, st.sampled_from([0.01, 1.0, 5.0]))


def lattice(columns: int, rows: int) -> Any:
    x = EAST + np.linspace(0, SIDE, columns + 1).round(1)
    y = NORTH + np.linspace(0, SIDE, rows + 1).round(1)
    return np.array(
        [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(columns) for j in range(rows)]
    )


covers = st.one_of(coverages, st.builds(lattice, st.integers(1, 9), st.integers(1, 9)))


@st.composite
def loose(draw: st.DrawFn) -> Any:
    """Polygons that overlap, leave gaps and reach out of the field; some have a hole."""
    numbers = st.integers(-20, 110)
    made = []
    for _ in range(draw(st.integers(1, 7))):
        x, y, w, h = (
            draw(numbers),
            draw(numbers),
            draw(st.integers(3, 60)),
            draw(st.integers(3, 60)),
        )
        turn = draw(st.integers(0, 89))
        shape = shapely.box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h)
        if draw(st.booleans()):
            shape = shape.difference(
                shapely.box(*np.array(shape.bounds) + np.array([1, 1, -1, -1]))
            )
        made.append(shapely.affinity.rotate(shape, turn * draw(st.sampled_from([0, 1]))))
    return np.array(made)


@given(covers, covers)
@SMALL
def test_areas_are_conserved(one: Any, other: Any) -> None:
    found = pair_areas(frame(one), frame(other))
    left = np.bincount(found.left, weights=found.area, minlength=len(one))
    right = np.bincount(found.right, weights=found.area, minlength=len(other))
    assert left == pytest.approx(shapely.area(one), rel=1e-9)
    assert right == pytest.approx(shapely.area(other), rel=1e-9)


@given(loose(), loose())
@SMALL
def test_pairs_are_those_of_geos(one: Any, other: Any) -> None:
    found = pair_areas(frame(one), frame(other))
    table = np.zeros((len(one), len(other)))
    table[found.left, found.right] = found.area
    expected = shapely.area(shapely.intersection(one[:, None], other[None, :]))
    assert np.abs(table - expected).max() < 1e-6


@given(loose(), loose(), st.integers(-400, 400), st.integers(-4000, 4000))
@SMALL
def test_place_and_side_do_not_matter(one: Any, other: Any, east: int, north: int) -> None:
    # Whole metres are added without rounding, as long as the exponent stays the same.
    moved = [shapely.transform(s, lambda xy: xy + np.array([east, north])) for s in (one, other)]
    found, there = pair_areas(frame(one), frame(other)), pair_areas(*map(frame, moved))
    back = pair_areas(frame(other), frame(one))
    assert found.area.sum() == pytest.approx(there.area.sum(), rel=1e-9)
    assert found.area.sum() == pytest.approx(back.area.sum(), rel=1e-12, abs=1e-9)


def themes(*shapes: Any) -> dict[str, gpd.GeoDataFrame]:
    kinds = np.array(["a", "b", None], dtype=object)
    return {
        f"t{number}": frame(some, slag=kinds[np.arange(len(some)) % 3])
        for number, some in enumerate(shapes)
    }


@given(covers, loose(), loose())
@SMALL
def test_every_account_closes_in_any_order(one: Any, other: Any, third: Any) -> None:
    layers = themes(one, other, third)
    by = {name: ["slag"] for name in layers}
    found = account(layers, by=by, boundary=frame([FIELD]))
    assert found.closes
    assert found.balance.boundary_m2 == pytest.approx(SIDE * SIDE)
    turned = account(dict(reversed(layers.items())), by=by, boundary=frame([FIELD]))
    keys = [name for name in found.rows if name != AREA]
    again = found.rows[keys].merge(turned.rows, how="left", on=keys)
    assert again[AREA].to_numpy() == pytest.approx(found.rows[AREA].to_numpy(), rel=1e-9, abs=1e-7)


@given(covers, loose(), st.sampled_from([33.3, 50.0, 71.0]))
@settings(SMALL, max_examples=12)
def test_tiles_do_not_matter(one: Any, other: Any, side: float) -> None:
    layers = themes(one, other)
    asked: Any = {"by": {"t0": ["slag"], "t1": ["slag"]}, "boundary": frame([FIELD])}
    whole = account(layers, **asked)
    tiled = account_tiled(
        lambda box: {name: some.cx[box[0] : box[2], box[1] : box[3]] for name, some in layers.items()},
        **asked, side_m=side,
    )  # fmt: skip
    assert tiled.closes
    keys = [name for name in whole.rows if name != AREA]
    both = whole.rows.merge(tiled.rows, how="outer", on=keys, suffixes=("", "_tiled"))
    # A corner of a few square micrometres may be found in one and not in the other.
    first, second = both[[AREA, f"{AREA}_tiled"]].fillna(0.0).to_numpy().T
    assert second == pytest.approx(first, rel=1e-9, abs=1e-6)
    twice = whole.balance.counted_twice_m2
    assert tiled.balance.counted_twice_m2 == pytest.approx(twice, rel=1e-9, abs=1e-6)


@given(loose(), loose())
@SMALL
def test_what_is_in_the_rows_and_what_is_outside_are_the_whole(one: Any, other: Any) -> None:
    limit = frame(other)
    layers = themes(one)
    found = account(layers, by={}, boundary=limit)
    inside = found.rows.loc[found.rows["t0.dekket"], AREA].sum()
    (outside,) = found.outside[AREA]
    assert inside + outside == pytest.approx(shapely.area(one).sum(), rel=1e-9)
    expected = shapely.area(shapely.difference(one, shapely.union_all(other)))
    assert outside == pytest.approx(expected.sum(), rel=1e-9, abs=1e-6)
    # The corners of the limit's union are rounded, so that a billionth may reach out of it.
    assert (expected > 1e-3).sum() <= found.outside["rader"].iloc[0] <= len(one)
