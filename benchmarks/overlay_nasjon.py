"""An account of a nation's land cover by plans, a tile at a time from files: a curve of four sizes.

The nation is a rectangle of squares of 25 km, each a coverage of 62 500 polygons of 97 vertices
under 10 000 plans of 49; squares share their straight rims, vertex for vertex. The layers are
written square by square to GeoParquet with boxes, and the account is made of what tiles read of
them, within a round boundary. Tiles follow the boundary, not the squares. At the smallest size the
same account is made of everything in memory at once, and the totals are held against each other.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.case import Case
from benchmarks.overlay import CRS, jagged

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cases"]

# Squares eastwards and northwards: 375 000, 750 000, 1 500 000 and 3 000 000 polygons.
GRIDS = ((3, 2), (4, 3), (6, 4), (8, 6))
SQUARE_M = 25_000.0
# Cells along a square's side, and steps along a cell's side.
LAYERS = {"land": (250, 24), "plan": (100, 12)}
ROW_GROUP = 5_000
BY = {"land": ["art"], "plan": ["art"]}


def cases() -> list[Case]:
    """Return the four sizes."""
    return [_case(number, grid) for number, grid in enumerate(GRIDS)]


def _case(number: int, grid: tuple[int, int]) -> Case:
    land, plans = (grid[0] * grid[1] * LAYERS[name][0] ** 2 for name in LAYERS)
    sizes = [f"{count:,}".replace(",", " ") for count in (land, plans)]
    return Case(
        name=f"overlay-nasjon-{land // 1000}k",
        work=f"account of {sizes[0]} polygons by {sizes[1]}, streamed by tile",
        ours=_tiled,
        peer="the same account, all in memory" if not number else "none",
        run_peer=None if number else _whole,
        prepare=partial(_prepare, grid),
        difference=None if number else _relative,
        rounds=0,
        group="overlay-nasjon",
        size=land,
        invocations=1,
    )


def _prepare(grid: tuple[int, int], folder: Path) -> None:
    for east in range(grid[0]):
        for north in range(grid[1]):
            shift = np.array([east, north]) * SQUARE_M
            for name, (side, steps) in LAYERS.items():
                seed = 1_000 * east + north
                shapes = jagged(side, steps, SQUARE_M, seed)
                shapes = shapely.transform(shapes, lambda xy, by=shift: (xy + by).round(2))
                art = np.random.default_rng(seed).integers(0, 12, len(shapes))
                frame = gpd.GeoDataFrame({"art": art}, geometry=shapes, crs=CRS)
                frame.iloc[_near_each_other(side)].to_parquet(
                    folder / f"{name}-{east:02}-{north:02}.parquet",
                    write_covering_bbox=True,
                    row_group_size=ROW_GROUP,
                )


def _near_each_other(side: int) -> np.ndarray:
    """Order of the cells by blocks of 50 by 50, as files made for tiles have it."""
    x, y = np.divmod(np.arange(side * side), side)
    return np.lexsort((y, x, y // 50, x // 50))


def _files(folder: Path) -> dict[str, list[Path]]:
    return {name: sorted(folder.glob(f"{name}-*.parquet")) for name in LAYERS}


def _boundary(folder: Path) -> gpd.GeoDataFrame:
    """Make a round nation that the layers reach out of."""
    last = _files(folder)["land"][-1].stem.split("-")[1:]
    size = (np.array(last, dtype=int) + 1) * SQUARE_M
    circle = shapely.Point(0, 0).buffer(0.5, quad_segs=1000)
    shape = shapely.transform(
        circle, lambda xy: (xy * 0.97 + 0.5) * size + np.array([570_000.0, 6_630_000.0])
    )
    return gpd.GeoDataFrame(geometry=[shape], crs=CRS)


def _tiled(folder: Path) -> pd.Series:
    from askergeo.overlay.stream import tile_reader  # noqa: PLC0415  (loaded where it is used)
    from askergeo.overlay.tiles import account_tiled  # noqa: PLC0415

    read = tile_reader(_files(folder), BY)
    found = account_tiled(read, by=BY, boundary=_boundary(folder), side_m=SQUARE_M)
    if not found.closes:
        raise AssertionError(found.balance)
    return found.rows.set_index(["land.art", "plan.art"])["areal_m2"]


def _whole(folder: Path) -> pd.Series:
    from askergeo.overlay.account import account  # noqa: PLC0415

    themes = {
        name: pd.concat([gpd.read_parquet(path) for path in paths], ignore_index=True)
        for name, paths in _files(folder).items()
    }
    found = account(themes, by=BY, boundary=_boundary(folder), outside=False)
    if not found.closes:
        raise AssertionError(found.balance)
    return found.rows.set_index(["land.art", "plan.art"])["areal_m2"]


def _relative(tiled: pd.Series, whole: pd.Series) -> float:
    """Largest difference of any row, as a share of it."""
    names = ["first", "second"]
    one, other = (found.astype(float).rename_axis(names) for found in (tiled, whole))
    if not one.index.equals(other.index):
        raise AssertionError(one.index.symmetric_difference(other.index))
    return float((one / other - 1).abs().max())
