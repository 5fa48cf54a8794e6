"""Rasters in windows: slope against gdaldem, and quick-clay screening against reading and writing.

The raster is made from sines and a little noise, the same every time: hills of 20 m, knolls of 4 m
and terraces of 7 m, so that a part of the ground meets the criteria. It is a tiled GeoTIFF without
compression, one cell a metre. The screening is the whole analysis, from the file to its tables and
polygons; the peer only copies the raster through the same windows, so a ratio of 0.25 is four times
the copy. «-celler» keeps every cell; without it cells are merged to 5 m, as the analysis does
unless asked otherwise.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.windows import Window

from askergeo.analyses.kvikkleire import kvikkleire
from askergeo.parameters import load_parameters
from askergeo.raster.slope import NODATA, write_slope
from askergeo.raster.windows import bands
from askergeo.sources.raster import read_raster_info
from askergeo.terrain import terrain_of
from benchmarks.case import Case, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

SIDE = 20_000
CRS = "EPSG:25832"
ROWS = 512
# Sides whose cells are a fourth and a sixteenth of the largest: the time shall be so too.
SMALLER = (5_000, 10_000)
_WEST, _NORTH = 560_000.0, 6_640_000.0


def cases() -> list[Case]:
    """Return the cases: slope, and the screening at three sizes, merged and cell by cell."""
    return [
        _slope("slope", SIDE, rounds=2),
        _slope("slope-liten", 4_000, rounds=5),
        _screening("kvikkleire", SIDE, 5.0),
        *(_screening(f"kvikkleire-{side}", side, 5.0) for side in SMALLER),
        _screening("kvikkleire-celler", SIDE, 1.0),
        *(_screening(f"kvikkleire-celler-{side}", side, 1.0) for side in SMALLER),
    ]


def _slope(name: str, side: int, *, rounds: int) -> Case:
    return Case(
        name=name,
        work=f"slope of {side:,} × {side:,} cells, GeoTIFF to GeoTIFF".replace(",", " "),
        ours=_ours_slope,
        peer="gdaldem slope",
        run_peer=_gdaldem,
        prepare=partial(_prepare, side),
        difference=_largest,
        rounds=rounds,
    )


def _screening(name: str, side: int, cell: float) -> Case:
    cells = "all cells" if cell == 1 else f"merged to {cell:g} m"
    return Case(
        name=name,
        work=f"kvikkleire on {side:,} × {side:,} cells, {cells}".replace(",", " "),
        ours=partial(_screen, side, cell),
        peer="read and write the raster",
        run_peer=_copy,
        prepare=partial(_prepare, side),
        rounds=0 if side == SIDE else 1,
    )


def _prepare(side: int, folder: Path) -> None:
    """Write the raster, band by band."""
    x = np.arange(side, dtype=np.float32)
    with rasterio.open(
        folder / "dtm.tif", "w", driver="GTiff", width=side, height=side, count=1, crs=CRS,
        dtype="float32", transform=Affine(1, 0, _WEST, 0, -1, _NORTH), tiled=True,
        blockxsize=512, blockysize=512, BIGTIFF="IF_SAFER",
    ) as out:  # fmt: skip
        for start, stop in bands(side, ROWS):
            y = np.arange(start, stop, dtype=np.float32)[:, None]
            z = 60 + 20 * np.sin(x / 480) * np.cos(y / 560) + 4 * np.sin(x / 53 + y / 71)
            z += 7 * np.floor((x + 0.6 * y) / 1_700)
            z += np.random.default_rng(start).normal(0, 0.03, z.shape).astype(np.float32)
            out.write(z.astype(np.float32), 1, window=Window(0, start, side, stop - start))


def _ours_slope(folder: Path) -> Path:
    info = read_raster_info(folder / "dtm.tif")
    return write_slope(info, folder / "slope.tif", overwrite=True)


def _gdaldem(folder: Path) -> Path:
    target = folder / "gdaldem.tif"
    gdaldem = shutil.which("gdaldem") or "gdaldem"
    run_command(
        [gdaldem, "slope", str(folder / "dtm.tif"), str(target), "-q", "-co", "TILED=YES",
         "-co", "BLOCKXSIZE=512", "-co", "BLOCKYSIZE=512", "-co", "BIGTIFF=IF_SAFER"]
    )  # fmt: skip
    return target


def _largest(ours: Path, peer: Path) -> float:
    """Largest difference in degrees; cells that one of them does not know count as infinite."""
    largest = 0.0
    with rasterio.open(ours) as a, rasterio.open(peer) as b:
        for start, stop in bands(a.height, ROWS):
            window = Window(0, start, a.width, stop - start)
            mine, theirs = a.read(1, window=window), b.read(1, window=window)
            if ((mine == NODATA) != (theirs == NODATA)).any():
                return np.inf
            largest = max(largest, float(np.abs(mine - theirs).max()))
    return largest


def _screen(side: int, cell: float, folder: Path) -> Result:
    box = shapely.box(_WEST, _NORTH - side, _WEST + side, _NORTH)
    boundary = {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["land"]}
    return kvikkleire(
        terrain_of(folder / "dtm.tif"),
        kommunegrense=gpd.GeoDataFrame(boundary, geometry=[box], crs=CRS),
        marin_leire=_clay(side),
        vann=_streams(side),
        parameters=load_parameters("kvikkleire", {"minste_celle_m": str(cell)}),
    )


def _clay(side: int) -> gpd.GeoDataFrame:
    """Clay on every other square of 500 m; the rest is mapped and without, or not mapped."""
    west, north = np.meshgrid(np.arange(0, side, 500), np.arange(0, side, 500))
    west, north = west.ravel(), north.ravel()
    chance = np.array(["stor", "ikke", None, "middels"], dtype=object)[(west + north) // 500 % 4]
    squares = shapely.box(_WEST + west, _NORTH - north - 500, _WEST + west + 500, _NORTH - north)
    return gpd.GeoDataFrame({"mulighet": chance}, geometry=squares, crs=CRS)


def _streams(side: int) -> gpd.GeoDataFrame:
    """Streams, 4 m wide, a kilometre apart."""
    x = _WEST + np.arange(500, side, 1_000)
    streams = shapely.box(x, _NORTH - side, x + 4, _NORTH)
    return gpd.GeoDataFrame({"vanntype": ["elv"] * len(x)}, geometry=streams, crs=CRS)


def _copy(folder: Path) -> Any:  # noqa: ANN401  (a path, unused)
    target = folder / "kopi.tif"
    with (
        rasterio.open(folder / "dtm.tif") as source,
        rasterio.open(target, "w", **source.profile) as out,
    ):
        for start, stop in bands(source.height, ROWS):
            window = Window(0, start, source.width, stop - start)
            out.write(source.read(1, window=window), 1, window=window)
    return target
