"""The state that the steps of Eksempelbygda share: size, grid, arrays, frames and key."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from rasterio import features
from scipy import ndimage

from askergeo.crs import CRS_OF_RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MUNICIPALITY", "NAME", "SIZES", "YEAR", "Array", "Grid", "Land", "Size"]

Array = np.ndarray[Any, np.dtype[Any]]

#: Openly invented: no Norwegian municipality has this number.
MUNICIPALITY = "9999"
NAME = "Eksempelbygda"
#: The example's present: the last whole year in its registers.
YEAR = 2025
#: Lower left corner (EPSG:25832); round numbers, so that nobody takes it for a real place.
ORIGIN = (560_000.0, 6_600_000.0)


@dataclass(frozen=True, kw_only=True)
class Size:
    """What one size of the municipality holds; lengths in metres."""

    name: str
    width: float
    height: float
    cell: float
    dwellings: int
    residents_by_level: tuple[int, int, int]
    spacing: tuple[float, float]
    #: Residents per km² of built-up land, by level of centre.
    density: tuple[float, float, float]
    cabins: int
    farms: int
    patch: float
    path_spacing: float
    river_km2: float
    neighbourhood: float


SIZES = {
    "liten": Size(
        name="liten",
        width=7_000.0,
        height=10_000.0,
        cell=20.0,
        dwellings=2_140,
        residents_by_level=(1_450, 250, 46),
        spacing=(1_500.0, 620.0),
        density=(2_500.0, 2_150.0, 1_650.0),
        cabins=210,
        farms=34,
        patch=900.0,
        path_spacing=420.0,
        river_km2=0.7,
        neighbourhood=250.0,
    ),
    "asker": Size(
        name="asker",
        width=20_000.0,
        height=32_000.0,
        cell=20.0,
        dwellings=42_000,
        residents_by_level=(20_000, 5_000, 1_050),
        spacing=(4_300.0, 1_750.0),
        density=(3_700.0, 2_850.0, 2_200.0),
        cabins=4_000,
        farms=330,
        patch=640.0,
        path_spacing=265.0,
        river_km2=1.6,
        neighbourhood=310.0,
    ),
}


@dataclass(frozen=True)
class Grid:
    """A raster's place: upper left corner, cell side and shape (rows, columns)."""

    left: float
    top: float
    cell: float
    shape: tuple[int, int]

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to coordinates."""
        return Affine(self.cell, 0.0, self.left, 0.0, -self.cell, self.top)

    @property
    def box(self) -> shapely.Polygon:
        """Extent of the raster."""
        height, width = (n * self.cell for n in self.shape)
        return shapely.box(self.left, self.top - height, self.left + width, self.top)

    def xy(self, flat: Array) -> Array:
        """Centres (n, 2) of the cells with the flat indices ``flat``."""
        row, column = np.divmod(flat, self.shape[1])
        return np.column_stack(
            [self.left + (column + 0.5) * self.cell, self.top - (row + 0.5) * self.cell]
        )

    def flat(self, xy: Array) -> Array:
        """Flat index of the cell that holds each point; points outside are moved to the rim."""
        column = np.clip(((xy[:, 0] - self.left) / self.cell).astype(int), 0, self.shape[1] - 1)
        row = np.clip(((self.top - xy[:, 1]) / self.cell).astype(int), 0, self.shape[0] - 1)
        return np.asarray(row * self.shape[1] + column)

    def sample(self, array: Array, xy: Array) -> Array:
        """Value of the cell under each point (n, 2)."""
        return np.asarray(array.ravel()[self.flat(xy)])

    def interpolate(self, array: Array, xy: Array) -> Array:
        """Bilinear value at each point (n, 2)."""
        row = (self.top - xy[:, 1]) / self.cell - 0.5
        column = (xy[:, 0] - self.left) / self.cell - 0.5
        return np.asarray(ndimage.map_coordinates(array, [row, column], order=1, mode="nearest"))

    def burn(self, geometries: Sequence[Any] | Array, *, touched: bool = False) -> Array:
        """Cells (bool) whose centres lie in the geometries, or that they touch."""
        if len(geometries) == 0:
            return np.zeros(self.shape, bool)
        return np.asarray(
            features.rasterize(
                list(geometries),
                out_shape=self.shape,
                transform=self.transform,
                all_touched=touched,
                dtype="uint8",
            ).astype(bool)
        )

    def values(self, geometries: Array, values: Array, *, fill: int = 0) -> Array:
        """Burn integer ``values`` (int32) of the geometries; later ones lie on top."""
        if len(geometries) == 0:
            return np.full(self.shape, fill, np.int32)
        return np.asarray(
            features.rasterize(
                list(zip(geometries, values.tolist(), strict=True)),
                out_shape=self.shape,
                transform=self.transform,
                fill=fill,
                dtype="int32",
            )
        )

    def coarser(self, factor: int) -> Grid:
        """Return the grid of every ``factor``-th cell."""
        rows, columns = (-(-n // factor) for n in self.shape)
        return Grid(self.left, self.top, self.cell * factor, (rows, columns))


@dataclass
class Land:
    """The municipality while it is built; each step reads and adds to it.

    ``arrays`` holds rasters on ``grid``, ``shapes`` geometries that later steps need,
    ``frames`` the finished layers by id, ``coverage`` what those map that do not map all,
    ``key`` the facts planted by construction.
    """

    size: Size
    seed: int
    grid: Grid
    arrays: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    frames: dict[str, gpd.GeoDataFrame | pd.DataFrame] = field(default_factory=dict)
    key: dict[str, Any] = field(default_factory=dict)
    coverage: dict[str, shapely.Geometry] = field(default_factory=dict)

    @classmethod
    def start(cls, size: Size, seed: int) -> Land:
        """Return an empty municipality of the given size."""
        shape = (round(size.height / size.cell), round(size.width / size.cell))
        grid = Grid(ORIGIN[0], ORIGIN[1] + size.height, size.cell, shape)
        return cls(size, seed, grid)

    def rng(self, name: str) -> np.random.Generator:
        """Return the random numbers of one use: a new use elsewhere does not move the others."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def add(self, layer: str, geometry: Any = None, **columns: Any) -> None:  # noqa: ANN401 (arrays)
        """Store a finished layer in the CRS of record; without geometry a plain table."""
        if geometry is None:
            self.frames[layer] = pd.DataFrame(columns)
            return
        frame = gpd.GeoDataFrame(columns, geometry=np.asarray(geometry), crs=CRS_OF_RECORD)
        self.frames[layer] = frame.reset_index(drop=True)
