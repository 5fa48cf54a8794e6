"""Quick-clay terrain in and around a plan: what could slide away, and what could be run over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from rasterio.features import rasterize

from askergeo.analyses._clay_ground import CLAY, NO_CLAY, Ground, clay_shapes
from askergeo.analyses._clay_release import release_areas
from askergeo.analyses.kvikkleire import criteria_of
from askergeo.errors import ParameterError
from askergeo.geometry import EMPTY, geometries, joined, polygons_of, union
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.raster.windows import height_grid
from askergeo.result import Status
from askergeo.terrain import open_terrain

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._clay_release import Criteria, Release
    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.plan.methods import Question
    from askergeo.raster.windows import HeightGrid
    from askergeo.scenario import ScenarioView
    from askergeo.sources.raster import RasterInfo

    Box = tuple[float, float, float, float]

__all__ = ["quick_clay_terrain"]

# m²: less is what the edges of two maps leave of each other.
_LEAST: Final = 0.5
_KILOMETRE: Final = 1e3
# Rows in a band: a window round a plan is a few of them.
_ROWS: Final = 512


@dataclass(frozen=True)
class _Zone:
    """Polygons of one kind, with what they mean and the height of each (metres, or NaN).

    Those of one kind meet in corners at the most, so they are one multipolygon as they are.
    """

    text: str
    shapes: Geometries
    heights: NDArray[np.float64]

    @cached_property
    def whole(self) -> BaseGeometry:
        """All of them."""
        return joined(polygons_of(self.shapes))


def quick_clay_terrain(question: Question) -> MapAnswer:
    """Hold purposes against the terrain steps of NVE veileder 1/2019 and against run-out.

    The release areas and run-out are those of `askergeo kvikkleire`, computed in a window round
    the plan that holds every foot that can decide what is released inside it; see
    docs/metode-plansjekk.md.

    Parameters
    ----------
    question
        What is asked, of a package with ``terreng``, and ``marin_leire`` and ``vann`` when they
        are known. The criteria are those of the set ``kvikkleire``.
    """
    rule, uses, _, package, parameters = question
    terrain = open_terrain(package)
    assert terrain is not None  # noqa: S101  (the rule needs the layer)
    criteria = load_parameters("kvikkleire")
    whole = union(geometries(uses))
    search = float(parameters["kvikkleire_sok_m"])
    try:
        reach, grid = _window(whole, terrain.info, search, criteria)
    except ParameterError:
        remark = "Terrengmodellen dekker ikke planen."
        area = float(whole.area)
        return MapAnswer(rule=rule, status=Status.NOT_MAPPED, unmapped_m2=area, remark=remark)
    ground = _ground(grid, package, criteria)
    release = release_areas(ground, _criteria(criteria, whole), rows=_ROWS)
    hits = _hits(uses, _zones(release, whole))
    unmapped, near = _unknown(ground, whole, reach)
    return MapAnswer(
        rule=rule,
        status=_status(hits, unmapped, near=near),
        hits=hits,
        area_m2=float(union(np.array([hit.geometry for hit in hits], dtype=object)).area),
        unmapped_m2=unmapped,
        distance_m=None if hits else _nearest(whole, release),
        remark=_remark(release, near=near, hit=bool(hits), radius=max(search, reach)),
    )


def _criteria(parameters: Parameters, whole: BaseGeometry) -> Criteria:
    """Terrain criteria; only what can run into the plan is followed."""
    found = criteria_of(parameters.override({"utlop": "ja"}))
    assert found.run_out is not None  # noqa: S101  (asked for above)
    return replace(found, run_out=replace(found.run_out, towards=_box(whole, 0.0)))


def _window(
    whole: BaseGeometry, info: RasterInfo, search: float, criteria: Parameters
) -> tuple[float, HeightGrid]:
    """Lay a grid round a plan; also how far away a foot can decide what is released in the plan.

    Ground is released no further behind a foot than the length times its height above it. No
    foot lies lower than what is lowest in the window, or the bed of the sea at the shore, and no
    ground above the marine limit is asked about.
    """
    cell = criteria["minste_celle_m"]
    inner = height_grid(info, least_cell=cell, box=_box(whole, 0.0))
    top = np.nanmax(inner.read(0, inner.height), initial=-np.inf)
    highest = min(float(top), float(criteria["hoyeste_marine_grense_m"]))
    grid = height_grid(info, least_cell=cell, box=_box(whole, search))
    lowest = np.nanmin(grid.read(0, grid.height), initial=0.0)
    lowest = float(lowest) - max(criteria["sjodybde_m"], criteria["bekkedybde_m"])
    steps = max(criteria["lengde_faktor"], criteria["helning"])
    reach = steps * max(highest - lowest, 0.0)
    if reach > search:
        grid = height_grid(info, least_cell=cell, box=_box(whole, reach))
    return reach, grid


def _box(whole: BaseGeometry, distance: float) -> Box:
    west, south, east, north = whole.bounds
    return west - distance, south - distance, east + distance, north + distance


def _ground(grid: HeightGrid, package: DataPackage | ScenarioView, criteria: Parameters) -> Ground:
    """Put the layers in the window together; release areas are looked for on all its land."""
    box = grid.bounds(0, grid.height)
    water = package.read("vann", bbox=box) if "vann" in package else None
    clay, mapped = None, None
    if "marin_leire" in package:
        clay = package.read("marin_leire", bbox=box)
        cover = package.coverage("marin_leire")
        if cover is not None:
            mapped = joined(polygons_of(np.array([cover], dtype=object)))
    sea = EMPTY if water is None else union(geometries(water[water["vanntype"] == "hav"]))
    land = shapely.difference(shapely.box(*box), sea)
    shapes = clay_shapes(clay, mapped, list(criteria["leire_klasser"]))
    return Ground.of(grid, land, water, shapes, criteria)


def _zones(release: Release, whole: BaseGeometry) -> list[_Zone]:
    """Kinds of ground inside the plan, the gravest first; none lies over another."""
    code, height = release.areas.code, release.areas.highest.astype(np.float64)
    zones = []
    for clay in sorted(set(code.tolist()) - {NO_CLAY}):
        its = code == clay
        known = "kan være marin leire" if clay == CLAY else "marin leire er ikke kartlagt"
        zones.append(_zone(f"løsneområde, {known}", release.shapes[its], height[its], whole))
    found = release.run_out
    if found is None:
        return zones
    released = union(np.concatenate([np.empty(0, object), *(zone.shapes for zone in zones)]))
    for clay in sorted(set(found.clay.tolist())):
        known = "" if clay == CLAY else ", marin leire er ikke kartlagt der"
        for channelled, ground in ((False, "åpent"), (True, "kanalisert")):
            shapes = found.shapes[(found.clay == clay) & (found.channelled == channelled)]
            text = f"utløp i {ground} terreng fra løsneområde{known}"
            zone = _zone(text, shapes, np.full(len(shapes), np.nan), whole)
            outside = shapely.difference(zone.shapes, released)
            zones.append(_Zone(text, np.asarray(outside, dtype=object), zone.heights))
    return zones


def _zone(
    text: str, shapes: Geometries, heights: NDArray[np.float64], whole: BaseGeometry
) -> _Zone:
    """Cut polygons to the plan: what is large is cut once, not for each purpose."""
    near = np.sort(shapely.STRtree(shapes).query(whole, predicate="intersects"))
    cut = np.asarray(shapely.intersection(shapes[near], whole), dtype=object)
    return _Zone(text, cut, heights[near])


def _hits(uses: gpd.GeoDataFrame, zones: list[_Zone]) -> tuple[MapHit, ...]:
    """Give one hit a purpose, with every kind of ground that it meets."""
    shapes = geometries(uses)
    codes = uses["kode"].to_numpy(dtype=object)
    hits = []
    for code in sorted(set(codes)):
        own = union(shapes[codes == code])
        parts = [shapely.intersection(own, zone.whole) for zone in zones]
        where = union(np.array(parts, dtype=object))
        if where.area <= _LEAST:
            continue
        some = uses[codes == code]
        shapely.prepare(where)
        some = some[shapely.intersects(where, geometries(some))]
        told = [
            _told(zone, part) for zone, part in zip(zones, parts, strict=True) if part.area > _LEAST
        ]
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(some["objekt"])),
                code=str(code),
                use=str(some["bruk"].iloc[0]),
                status=Status.HIT_YELLOW,
                area_m2=float(where.area),
                what="; ".join(told),
                geometry=where,
            )
        )
    return tuple(hits)


def _told(zone: _Zone, where: BaseGeometry) -> str:
    """Say what a purpose meets, how much of it, and how high the ground there is."""
    area = f"{format_number(where.area)} m²"
    high = zone.heights[shapely.intersects(zone.shapes, where)]
    if np.isnan(high).all():
        return f"{zone.text}: {area}"
    height = format_number(float(np.nanmax(high)), 1)
    return f"{zone.text}, inntil {height} m over skråningsfoten: {area}"


def _unknown(ground: Ground, whole: BaseGeometry, reach: float) -> tuple[float, bool]:
    """Area of the plan without heights, m²; and whether heights are unknown within ``reach``."""
    grid = ground.grid
    heights = grid.read(0, grid.height)
    unknown = np.isnan(heights)
    if unknown.any():
        unknown = np.isinf(ground.lower(heights, 0))
    inside = np.zeros(grid.shape, np.uint8)
    rasterize([(whole, 1)], out=inside, transform=grid.transform())
    west, south, east, north = grid.bounds(0, grid.height)
    outside = float(shapely.difference(whole, shapely.box(west, south, east, north)).area)
    area = outside + float(np.count_nonzero(unknown & (inside > 0))) * grid.cell**2
    asked = _box(whole, reach)
    short = asked[0] < west or asked[1] < south or asked[2] > east or asked[3] > north
    top, bottom = ((north - y) / grid.cell for y in (asked[3], asked[1]))
    left, right = ((x - west) / grid.cell for x in (asked[0], asked[2]))
    around = unknown[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1]
    return area, short or bool(around.any())


def _nearest(whole: BaseGeometry, release: Release) -> float | None:
    """Metres to the nearest release area in the window."""
    shapes = release.shapes[release.areas.code != NO_CLAY]
    return float(shapely.distance(shapes, whole).min()) if len(shapes) else None


def _status(hits: tuple[MapHit, ...], unmapped: float, *, near: bool) -> Status:
    if hits:
        return Status.HIT_YELLOW
    return Status.NOT_MAPPED if unmapped > _LEAST or near else Status.NO_HIT


def _remark(release: Release, *, near: bool, hit: bool, radius: float) -> str:
    """Say how far was looked, and what the terrain model does not hold."""
    far = format_number(radius / _KILOMETRE, 1)
    said = [] if hit else ["Terrenget er ikke høyt og bratt nok for kvikkleireskred i planen."]
    said.append(f"Utløp er regnet fra løsneområder inntil {far} km unna.")
    if near:
        said.append("Terrenget rundt planen er ikke kjent så langt som det kan avgjøre svaret.")
    if hit and CLAY not in release.areas.code:
        said.append("Marin leire er ikke kartlagt her; det er ikke det samme som at den mangler.")
    return " ".join(said)
