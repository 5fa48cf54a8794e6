"""Themes read from files a tile at a time give the account of the whole, and only what is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import LayerError, MissingFileError
from askergeo.overlay.account import account
from askergeo.overlay.stream import _Parquet, tile_reader
from askergeo.overlay.tiles import account_tiled

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
EAST, NORTH, CELLS, SIDE = 570_000.0, 6_630_000.0, 12, 10.0


def cells(count: int, side: float) -> gpd.GeoDataFrame:
    x, y = (one.ravel() for one in np.meshgrid(np.arange(count), np.arange(count), indexing="ij"))
    shapes = shapely.box(
        EAST + x * side, NORTH + y * side, EAST + (x + 1) * side, NORTH + (y + 1) * side
    )
    return gpd.GeoDataFrame(
        {"art": np.where(x % 3 == 0, "skog", "myr"), "nr": np.arange(len(x))},
        geometry=shapes, crs=CRS,
    )  # fmt: skip


LAND, PLAN = cells(CELLS, SIDE), cells(5, 24.7)
CIRCLE = shapely.Point(EAST + 61, NORTH + 58).buffer(55)
BOUNDARY = gpd.GeoDataFrame(geometry=[CIRCLE], crs=CRS)
BY = {"land": ["art"], "plan": ["art"]}


@pytest.fixture(params=["parquet", "gpkg", "parquet i to filer", "gpkg i to filer"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    kind, _, several = request.param.partition(" ")
    parts = np.array_split(np.arange(len(LAND)), 2 if several else 1)
    made = []
    for number, rows in enumerate(parts):
        path = tmp_path / f"land{number}.{kind}"
        write(LAND.iloc[rows], path)
        made.append(path)
    write(PLAN, tmp_path / f"plan.{kind}")
    return {"land": made, "plan": tmp_path / f"plan.{kind}"}


def write(frame: gpd.GeoDataFrame, path: Path) -> None:
    if path.suffix == ".gpkg":
        frame.to_file(path)
    else:
        frame.to_parquet(path, write_covering_bbox=True, row_group_size=13)


def test_the_account_from_files_is_that_of_the_whole(files: dict[str, Any]) -> None:
    whole = account({"land": LAND, "plan": PLAN}, by=BY, boundary=BOUNDARY)
    tiled = account_tiled(tile_reader(files, BY), by=BY, boundary=BOUNDARY, side_m=31.0)
    pd.testing.assert_frame_equal(tiled.rows, whole.rows, rtol=1e-12)
    assert tiled.closes


def test_a_box_gives_the_rows_that_meet_it_each_with_one_label(files: dict[str, Any]) -> None:
    read = tile_reader(files, {"land": ["nr"]})
    box = (EAST + 15, NORTH + 5, EAST + 20, NORTH + 12)
    found = read(box)["land"]
    expected = LAND[shapely.intersects(LAND.geometry.to_numpy(), shapely.box(*box))]
    assert sorted(found["nr"]) == sorted(expected["nr"])
    assert found.columns.tolist() == ["nr", "geometry"]
    assert found.crs == LAND.crs
    everything = read((EAST - 9, NORTH - 9, EAST + 999, NORTH + 999))["land"]
    assert everything.index.is_unique
    assert len(everything) == len(LAND)
    # The label of a row is the same whatever the tile.
    assert everything["nr"].loc[found.index].tolist() == found["nr"].tolist()


def test_rows_of_parquet_have_their_number_in_the_files(tmp_path: Path) -> None:
    write(LAND, tmp_path / "land.parquet")
    found = tile_reader({"land": tmp_path / "land.parquet"}, {"land": ["nr"]})(
        (EAST + 31, NORTH + 31, EAST + 32, NORTH + 32)
    )["land"]
    assert found.index.tolist() == found["nr"].tolist() == [3 * CELLS + 3]


def test_a_box_with_nothing_in_it_gives_no_rows(files: dict[str, Any]) -> None:
    found = tile_reader(files, BY)((0.0, 0.0, 1.0, 1.0))
    assert {name: len(one) for name, one in found.items()} == {"land": 0, "plan": 0}
    far = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=CRS)
    empty = account_tiled(tile_reader(files, BY), by=BY, boundary=far, side_m=1.0)
    assert empty.balance.not_covered_m2 == 1.0


def test_only_what_a_tile_needs_is_in_memory(tmp_path: Path) -> None:
    write(LAND, tmp_path / "land.parquet")
    reader = _Parquet.open([tmp_path / "land.parquet"], ["art"])
    groups = len(reader.places)
    reader.read((EAST + 1, NORTH + 1, EAST + 2, NORTH + 2))
    assert 0 < len(reader.kept) < groups / 3
    first = set(reader.kept)
    reader.read((EAST + 118, NORTH + 118, EAST + 119, NORTH + 119))
    assert not first & set(reader.kept)


def test_what_cannot_be_read_by_tiles_is_refused(tmp_path: Path) -> None:
    LAND.to_parquet(tmp_path / "uten.parquet")
    LAND.drop(columns="geometry").to_parquet(tmp_path / "tabell.parquet")
    LAND.to_file(tmp_path / "land.geojson", driver="GeoJSON")
    write(LAND, tmp_path / "land.parquet")
    for name, says in {"uten.parquet": "bokser", "tabell.parquet": "bokser",
                       "land.geojson": "rute for rute"}.items():  # fmt: skip
        with pytest.raises(LayerError, match=says):
            tile_reader({"land": tmp_path / name})
    with pytest.raises(LayerError, match="ingen filer"):
        tile_reader({"land": []})
    with pytest.raises(MissingFileError, match=r"borte\.gpkg"):
        tile_reader({"land": tmp_path / "borte.gpkg"})
    with pytest.raises(LayerError, match="bonitet"):
        tile_reader({"land": tmp_path / "land.parquet"}, {"land": ["bonitet"]})
