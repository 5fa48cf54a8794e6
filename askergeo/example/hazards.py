"""Hazards and lines on the map: quick clay, floods, storm surge, noise and zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from askergeo.example.shapes import line_array, region
from askergeo.example.sites import thin

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["growth_line", "make_hazards", "make_zones"]

_MAPPED = ("kvikkleire_faresone", "kvikkleire_aktsomhet", "flom", "stormflo", "stoy")
#: Rise of the water in metres over the river, by return period; 2100 is 200 years with climate.
FLOOD_RISE = {20: 1.0, 200: 1.8, 1000: 2.5, 2100: 2.2}
#: Invented sea levels over NN2000: (return period, climate year, class, metres).
SURGE = ((20, 0, "F1", 1.5), (200, 0, "F2", 1.9), (200, 2100, "F2", 2.4), (1000, 2100, "F3", 2.6))


def _dry(land: Land, area: shapely.Geometry, least: float) -> Array:
    pieces = shapely.get_parts(shapely.intersection(area, land.shapes["ground"]))
    pieces = pieces[shapely.get_type_id(pieces) == 3]  # Polygon
    return np.asarray(pieces[shapely.area(pieces) >= least])


def make_hazards(land: Land) -> None:
    """Add kvikkleire_faresone, kvikkleire_aktsomhet, flom, stormflo and stoy."""
    _quick_clay(land)
    _floods(land)
    _noise_zones(land)
    # Somebody has looked for these everywhere, so a place outside them is known to be free of them.
    land.coverage |= dict.fromkeys(_MAPPED, land.shapes["municipality"])


def _quick_clay(land: Land) -> None:
    grid, arrays, rng = land.grid, land.arrays, land.rng("quick clay")
    window = round(150 / grid.cell)
    z = np.maximum(arrays["z"], 0.0)
    relief = ndimage.maximum_filter(z, window) - ndimage.minimum_filter(z, window)
    risk = arrays["clay"] & (relief > 7.0) & arrays["inside"]  # metres
    care = _dry(land, region(grid, risk, smooth=1.5, least=5_000.0), 3_000.0)
    land.add("kvikkleire_aktsomhet", care, aktsomhet_id=np.arange(1, len(care) + 1))
    xy = grid.xy(np.flatnonzero(risk & (arrays["slope"] > 0.03)))
    at = xy[thin(rng, xy, 500.0, 6 if land.size.name == "liten" else 34)]
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    turn, size = rng.uniform(0, np.pi, (len(at), 1)), rng.uniform(60, 150, (len(at), 1))
    x, y = 1.6 * size * np.cos(angle), size * np.sin(angle) * (1 + 0.2 * np.sin(3 * angle))
    ring = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], -1)
    zones = shapely.polygons(np.round(ring + at[:, None], 2))
    zones = shapely.intersection(zones, land.shapes["ground"])
    zones = zones[(shapely.get_type_id(zones) == 3) & (shapely.area(zones) > 10_000)]
    overlap_a, overlap_b = shapely.STRtree(zones).query(zones, predicate="intersects")
    zones = np.delete(zones, np.unique(overlap_a[overlap_b < overlap_a]))
    grade = rng.integers(0, 3, len(zones))
    effect = rng.integers(0, 3, len(zones))
    land.add(
        "kvikkleire_faresone",
        zones,
        faresone_id=np.arange(1, len(zones) + 1),
        navn=[f"Sone {k + 1}" for k in range(len(zones))],
        faregrad=np.array(["lav", "middels", "hoy"])[grade],
        konsekvens=np.array(["mindre_alvorlig", "alvorlig", "meget_alvorlig"])[effect],
        risiko=grade + effect + 1,
    )


def _floods(land: Land) -> None:
    grid, arrays = land.grid, land.arrays
    large = arrays["channel"] & (arrays["river_km2"] > 3 * land.size.river_km2)
    rows: list[tuple[shapely.Polygon, int]] = []
    if large.any():
        distance, index = ndimage.distance_transform_edt(~large, return_indices=True)
        above = arrays["z"] - arrays["z"][tuple(index)]
        for period, rise in FLOOD_RISE.items():
            wet = (above < rise) & (distance * grid.cell < 130) & arrays["land"] & arrays["inside"]
            parts = _dry(land, region(grid, wet, smooth=1.0, least=1_500.0), 800.0)
            rows += [(part, period) for part in parts]
    land.add(
        "flom",
        np.array([part for part, _ in rows], dtype=object),
        flom_id=np.arange(1, len(rows) + 1),
        gjentaksintervall=np.array([period for _, period in rows], dtype=np.int64),
    )
    surge: list[tuple[shapely.Polygon, int, int, str]] = []
    for period, year, kind, level in SURGE:
        low = (arrays["z"] < level) & (arrays["shore_m"] < 160) & arrays["inside"]
        parts = _dry(land, region(grid, low, smooth=0.7, least=400.0), 300.0)
        surge += [(part, period, year, kind) for part in parts]
    land.add(
        "stormflo",
        np.array([row[0] for row in surge], dtype=object),
        stormflo_id=np.arange(1, len(surge) + 1),
        gjentaksintervall=np.array([row[1] for row in surge], dtype=np.int64),
        klimaaar=np.array([row[2] for row in surge], dtype=np.int64),
        sikkerhetsklasse=[row[3] for row in surge],
    )


def _noise_zones(land: Land) -> None:
    county = land.tables["main_roads"].query("vegkategori == 'F'")["geometry"].to_numpy()
    wide = {"motorway": (55.0, 150.0), "railway": (22.0, 70.0), "county": (10.0, 34.0)}
    lines = {"motorway": land.shapes["motorway"], "railway": land.shapes["railway"],
             "county": shapely.union_all(county)}  # fmt: skip
    red = {name: shapely.buffer(lines[name], wide[name][0], quad_segs=3) for name in wide}
    yellow = {name: shapely.buffer(lines[name], wide[name][1], quad_segs=3) for name in wide}
    rows = []
    for source, names in (("veg", ("motorway", "county")), ("bane", ("railway",))):
        inner = shapely.union_all([red[name] for name in names])
        outer = shapely.difference(shapely.union_all([yellow[name] for name in names]), inner)
        rows += [(part, "rod", source) for part in _dry(land, inner, 100.0)]
        rows += [(part, "gul", source) for part in _dry(land, outer, 100.0)]
    land.add(
        "stoy",
        np.array([row[0] for row in rows], dtype=object),
        stoy_id=np.arange(1, len(rows) + 1),
        sone=[row[1] for row in rows],
        kilde=[row[2] for row in rows],
    )


def growth_line(land: Land) -> Array:
    """Vertices (n, 2) of the nullvekstlinje from west to east, past both borders."""
    rng = land.rng("zones of the map")
    left, low, right, _ = land.grid.box.bounds
    x = np.linspace(left, right, 60)
    wave = ndimage.gaussian_filter1d(rng.standard_normal(60), 5.0)
    height = land.size.height
    return np.column_stack([x, low + 0.5 * height + 0.04 * height * wave / np.abs(wave).max()])


def make_zones(land: Land) -> None:
    """Add nullvekstlinje, markagrense and byggegrense_sjo."""
    grid, arrays = land.grid, land.arrays
    line = shapely.intersection(line_array(growth_line(land)), land.shapes["municipality"])
    pieces = shapely.get_parts(line)
    land.add("nullvekstlinje", pieces, linje_id=np.arange(1, len(pieces) + 1))
    town = ndimage.distance_transform_edt(arrays["settlement"] < 0) * grid.cell
    wild = (town > 350) & (arrays["z"] > 90) & arrays["inside"]
    wild &= (np.arange(grid.shape[1]) < 0.5 * grid.shape[1])[None, :]
    forest = _dry(land, region(grid, wild, smooth=4.0, least=400_000.0), 400_000.0)
    forest = shapely.simplify(forest, 15.0)
    land.add(
        "markagrense",
        forest,
        marka_id=np.arange(1, len(forest) + 1),
        navn=["Eksempelmarka"] * len(forest),
    )
    _building_lines(land)


def _building_lines(land: Land) -> None:
    """Areas of the shore belt where a plan has set another building line, in some settlements."""
    belt = shapely.difference(
        shapely.buffer(land.shapes["fjord"], 100.0), shapely.buffer(land.shapes["fjord"], 25.0)
    )
    areas = _dry(
        land, shapely.intersection(shapely.buffer(land.shapes["built"], 5.0), belt), 1_500.0
    )
    keep = land.rng("building lines").random(len(areas)) < 0.4
    areas = areas[keep]
    plans = land.frames["reguleringsplan"]
    near = shapely.STRtree(plans.geometry.to_numpy()).nearest(shapely.point_on_surface(areas))
    land.add(
        "byggegrense_sjo",
        areas,
        byggegrense_id=np.arange(1, len(areas) + 1),
        planid=plans["planid"].to_numpy()[near],
        lovgrunnlag=["pbl. § 12-7 nr. 2"] * len(areas),
    )
    land.key["byggegrense_m2"] = float(shapely.area(areas).sum())
