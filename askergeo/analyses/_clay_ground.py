"""What is known of each cell of the ground: height, water, marine clay, inside or not."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio.features import rasterize

from askergeo.geometry import geometries, polygons_of

if TYPE_CHECKING:
    import geopandas as gpd
    from affine import Affine
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.raster.windows import HeightGrid

    Cells = NDArray[np.float32]

__all__ = ["CLAY", "NO_CLAY", "UNKNOWN", "Ground", "Shapes", "clay_shapes", "water_shapes"]

# Codes of marine clay: there may be, nobody has mapped, there is not.
CLAY, UNKNOWN, NO_CLAY = 1, 2, 3
_STREAM, _SEA = 1, 2
# Two threads that burn at once can lose the place of each other's cells (rasterio 1.4).
_BURNING = Lock()


class Shapes:
    """Polygons with a code each, that are burnt into rows of a grid; later ones over earlier."""

    def __init__(self, shapes: Geometries, codes: NDArray[np.uint8]) -> None:
        self._shapes = shapes
        self._codes = codes
        self.tree = shapely.STRtree(shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def burn(self, cells: NDArray[np.uint8], transform: Affine, *, touched: bool = False) -> None:
        """Set the code of the cells whose centre is in a polygon; or that it touches."""
        rows, columns = cells.shape
        west, north = transform.c, transform.f
        box = shapely.box(west, north + rows * transform.e, west + columns * transform.a, north)
        near = np.sort(self.tree.query(box))
        if len(near):
            pairs = zip(self._shapes[near], self._codes[near].tolist(), strict=True)
            with _BURNING:
                rasterize(pairs, out=cells, transform=transform, all_touched=touched)


def water_shapes(water: gpd.GeoDataFrame | None) -> tuple[Shapes, Shapes]:
    """Streams with lakes, and the sea."""
    nothing = Shapes(np.empty(0, object), np.empty(0, np.uint8))
    if water is None:
        return nothing, nothing
    kind = water["vanntype"].to_numpy(dtype=object)
    streams = polygons_of(geometries(water)[np.isin(kind, ["elv", "innsjo"])])
    sea = polygons_of(geometries(water)[kind == "hav"])
    return (
        Shapes(streams, np.full(len(streams), _STREAM, np.uint8)),
        Shapes(sea, np.full(len(sea), _SEA, np.uint8)),
    )


def clay_shapes(
    clay: gpd.GeoDataFrame | None, mapped: BaseGeometry | None, classes: list[str]
) -> Shapes:
    """Codes of marine clay, the sure ones last.

    Parameters
    ----------
    clay
        Layer ``marin_leire``; ``None`` when nothing is known.
    mapped
        The area that the layer covers; inside it and outside its polygons there is no clay.
        Without it that is unknown.
    classes
        Values of ``mulighet`` that count as clay. A row without value is unknown.
    """
    shapes: list[Geometries] = []
    codes: list[int] = []
    if clay is not None:
        chance = clay["mulighet"]
        of_row = np.where(chance.isin(classes), CLAY, np.where(chance.isna(), UNKNOWN, NO_CLAY))
        shapes = [polygons_of(geometries(clay)[of_row == c]) for c in (NO_CLAY, UNKNOWN, CLAY)]
        codes = [NO_CLAY, UNKNOWN, CLAY]
        if mapped is not None:
            shapes, codes = [polygons_of(mapped), *shapes], [NO_CLAY, *codes]
    every = np.concatenate(shapes) if shapes else np.empty(0, object)
    return Shapes(every, np.repeat(np.array(codes, np.uint8), [len(one) for one in shapes]))


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The cells of a grid, read by rows.

    Parameters
    ----------
    grid
        The heights.
    streams, sea
        Water that is a slope foot.
    clay
        Marine clay, as :func:`clay_shapes`.
    inside
        Where release areas are looked for.
    stream_depth, sea_depth
        Metres from the surface to the bed.
    clay_limit
        Metres above the sea over which there is no marine clay.
    """

    grid: HeightGrid
    streams: Shapes
    sea: Shapes
    clay: Shapes
    inside: Shapes
    stream_depth: float
    sea_depth: float
    clay_limit: float

    @classmethod
    def of(
        cls,
        grid: HeightGrid,
        inside: BaseGeometry,
        water: gpd.GeoDataFrame | None,
        clay: Shapes,
        parameters: Parameters,
    ) -> Ground:
        """Put the layers together."""
        streams, sea = water_shapes(water)
        parts = polygons_of(inside)
        return cls(
            grid=grid,
            streams=streams,
            sea=sea,
            clay=clay,
            inside=Shapes(parts, np.ones(len(parts), np.uint8)),
            stream_depth=parameters["bekkedybde_m"],
            sea_depth=parameters["sjodybde_m"],
            clay_limit=parameters["hoyeste_marine_grense_m"],
        )

    def lower(self, heights: Cells, start: int) -> Cells:
        """Heights as slope feet: the bed where there is water; infinite where unknown.

        The bed of the sea is that of the raster where it lies lower. The surface of the sea is
        known also where the raster is without data, and the bed is no higher.
        """
        transform = self.grid.transform(start)
        feet = np.where(np.isnan(heights), np.float32(np.inf), heights)
        water = np.zeros(heights.shape, np.uint8)
        if len(self.streams):
            self.streams.burn(water, transform, touched=True)
            feet[water == _STREAM] -= np.float32(self.stream_depth)
        if len(self.sea):
            self.sea.burn(water, transform)
            sea = water == _SEA
            feet[sea] = np.minimum(feet[sea], np.float32(-self.sea_depth))
        return feet

    def clay_codes(self, heights: Cells, start: int) -> NDArray[np.uint8]:
        """Marine clay inside the area: 0 outside, else ``CLAY``, ``UNKNOWN`` or ``NO_CLAY``."""
        transform = self.grid.transform(start)
        inside = np.zeros(heights.shape, np.uint8)
        self.inside.burn(inside, transform)
        clay = np.full(heights.shape, UNKNOWN, np.uint8)
        if len(self.clay):
            self.clay.burn(clay, transform)
        clay[heights > self.clay_limit] = NO_CLAY
        clay[inside == 0] = 0
        return clay
