"""Shoreline, lakes and rivers, and the municipality's boundary on land and in the fjord."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from askergeo.example.land import MUNICIPALITY, NAME
from askergeo.example.shapes import chaikin, contour, line_array, region

if TYPE_CHECKING:
    from askergeo.example.land import Array, Grid, Land

__all__ = ["make_boundary", "make_water"]

LEAST_ISLAND = 350.0
LAKE_NAMES = (
    "Storvannet", "Langvannet", "Svartvannet", "Gjeddevannet", "Mosevannet", "Kroktjern",
    "Tjernet", "Ulvevannet", "Orrevannet", "Abborvannet", "Rundvannet", "Trollvannet",
)  # fmt: skip


def make_boundary(land: Land) -> None:
    """Boundary of the municipality; adds shapes municipality (with sea), ground and fjord.

    The shoreline is the terrain's zero contour; the sea boundary runs out in the fjord.
    """
    grid = land.grid
    whole = _outline(land)
    dry = region(grid, np.maximum(land.arrays["z"], -6.0), smooth=0.0, level=0.0)
    dry = shapely.MultiPolygon(
        [part for part in shapely.get_parts(dry) if part.area >= LEAST_ISLAND]
    )
    dry = shapely.set_precision(shapely.simplify(dry, 0.08 * grid.cell), 0.01)
    ground = shapely.intersection(dry, whole, grid_size=0.01)
    ground = _polygons(ground, LEAST_ISLAND)
    whole = shapely.set_precision(whole, 0.01)
    land.shapes |= {"municipality": whole, "ground": ground}
    land.arrays["inside"] = grid.burn([whole])
    land.arrays["land"] = grid.burn([ground]) & ~land.arrays["lake"]
    land.add(
        "kommunegrense",
        [ground, whole],
        kommunenummer=[MUNICIPALITY] * 2,
        kommunenavn=[NAME] * 2,
        omfang=["land", "med_sjo"],
    )
    shore = shapely.intersection(shapely.boundary(ground), shapely.buffer(whole, -1.0))
    lines = shapely.get_parts(shapely.line_merge(shore))
    lines = lines[np.argsort(-shapely.length(lines), kind="stable")]
    land.shapes["shore"] = lines
    land.add("kystkontur", lines, kystkontur_id=np.arange(1, len(lines) + 1))


def _outline(land: Land) -> shapely.Polygon:
    """Draw the municipality with its sea: wavering lines inside the raster's rim."""
    rng, size, box = land.rng("boundary"), land.size, land.grid.box.bounds
    count = 160
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    square = np.column_stack([np.cos(t), np.sin(t)])
    square /= np.abs(square).max(axis=1)[:, None]
    wave = ndimage.gaussian_filter1d(rng.standard_normal(count), 2.0, mode="wrap")
    reach = 0.945 + 0.035 * np.clip(wave / wave.std(), -1.3, 1.3)
    east = square[:, 0] > 0.98  # mid-fjord: long straight legs
    reach[east] = 0.955
    x = (box[0] + box[2]) / 2 + square[:, 0] * reach * size.width / 2
    y = (box[1] + box[3]) / 2 + square[:, 1] * reach * size.height / 2
    return shapely.Polygon(np.round(np.column_stack([x, y]), 2))


def _polygons(geometry: shapely.Geometry, least: float) -> shapely.MultiPolygon:
    keep = [
        part
        for part in shapely.get_parts(geometry)
        if part.geom_type == "Polygon" and part.area >= least
    ]
    return shapely.MultiPolygon(keep)


def make_water(land: Land) -> None:
    """Lakes and rivers; adds the layer vann and shapes lakes, rivers, wet."""
    grid, whole, ground = land.grid, land.shapes["municipality"], land.shapes["ground"]
    lakes = region(grid, land.arrays["lake"], smooth=0.7, least=4_000.0)
    lakes = shapely.simplify(lakes, 0.1 * grid.cell)
    lakes = _polygons(shapely.intersection(lakes, shapely.buffer(ground, -25.0)), 2_000.0)
    lakes = shapely.set_precision(lakes, 0.01)
    fjord = _polygons(shapely.difference(whole, ground, grid_size=0.01), 0.0)
    lines, flow = _rivers(land)
    inside = shapely.intersection(lines, ground)
    width = np.clip(1.2 + 1.5 * np.sqrt(flow), 1.5, 16.0)
    strips = shapely.buffer(inside, width / 2, cap_style="flat", join_style="bevel")
    wide = shapely.difference(shapely.simplify(shapely.union_all(strips), 0.15), lakes)
    rivers = _polygons(shapely.intersection(shapely.set_precision(wide, 0.01), ground), 1_500.0)
    lake_parts, river_parts = (np.asarray(shapely.get_parts(x)) for x in (lakes, rivers))
    lake_parts = lake_parts[np.argsort(-shapely.area(lake_parts), kind="stable")]
    names = [
        LAKE_NAMES[k] if k < len(LAKE_NAMES) else f"Tjern {k + 1}" for k in range(len(lake_parts))
    ]
    fjord_parts = np.asarray(shapely.get_parts(fjord))
    geometry = np.concatenate([fjord_parts, lake_parts, river_parts])
    land.shapes |= {
        "fjord": fjord,
        "lakes": lakes,
        "rivers": rivers,
        "river_lines": lines,
        "river_km2": flow,
        "wet": shapely.union_all([fjord, lakes, rivers]),
    }
    land.add(
        "vann",
        geometry,
        vann_id=np.arange(1, len(geometry) + 1),
        vanntype=["hav"] * len(fjord_parts)
        + ["innsjo"] * len(lake_parts)
        + ["elv"] * len(river_parts),
        navn=["Eksempelfjorden"] * len(fjord_parts) + names + [""] * len(river_parts),
    )


def _rivers(land: Land) -> tuple[Array, Array]:
    """River lines from the drainage tree, running downhill, and their catchments in km²."""
    grid, arrays = land.grid, land.arrays
    cells = np.flatnonzero(arrays["channel"] & arrays["inside"])
    down = arrays["receiver"][cells]
    cells, down = cells[down >= 0], down[down >= 0]
    segments = line_array(np.stack([grid.xy(cells), grid.xy(down)], axis=1))
    merged = shapely.line_merge(shapely.multilinestrings(segments), directed=True)
    lines = np.asarray(shapely.get_parts(merged))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    flow = grid.sample(arrays["river_km2"], middle)
    smooth = chaikin(shapely.simplify(lines, 0.6 * grid.cell), 2)
    return np.asarray(shapely.set_precision(smooth, 0.01)), flow


def zero_contour(grid: Grid, z: Array) -> Array:
    """Zero contour of the terrain, unsimplified: what the shoreline is held against in tests."""
    return contour(grid, z, 0.0)
