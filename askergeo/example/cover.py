"""Land cover: AR5 as an exact coverage of the municipality, and layers that follow from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio import features
from scipy import ndimage

from askergeo.example.shapes import class_edges, noise, partition, region, tiles
from askergeo.example.sites import MARINE_LIMIT

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_cover", "make_soil"]

#: Half the width of the ground that a road takes, by class; lesser roads lie in their surroundings.
HALF_WIDTH = {"E": 11.0, "F": 5.5, "K": 4.0}
LEAST = 60.0
# Metres over the sea under which marine clay has been mapped (20 m more than the sea can have
# stood at), and the largest gap in that map.
_CLAY_MAPPED, _CLAY_HOLE = 240.0, 300.0


def make_cover(land: Land) -> None:
    """AR5 with all its attributes; adds the layer ar5 and the array cover."""
    whole = land.shapes["municipality"]
    plain = _plain(land)
    classes = _classes(plain)
    cover = np.repeat(np.repeat(classes // 1_000_000, 2, axis=0), 2, axis=1)
    rows, columns = land.grid.shape
    same = plain.grid.shape == land.grid.shape
    land.arrays["cover"] = classes // 1_000_000 if same else cover[:rows, :columns]
    roads = _road_area(land)
    water = [land.shapes[name] for name in ("fjord", "lakes", "rivers")]
    outlines = [np.asarray(shapely.get_parts(shapely.boundary(area))) for area in (*water, roads)]
    edges = class_edges(plain.grid, classes)
    edges = edges[shapely.intersects(edges, whole)]
    faces = partition([edges, np.array([shapely.boundary(whole)]), *outlines], whole)
    point = shapely.point_on_surface(faces)
    code = plain.grid.sample(classes, shapely.get_coordinates(point))
    for area, value in zip((roads, *water), (12_989_846, 82_989_898, 81_989_898, 81_989_898),
                           strict=True):  # fmt: skip
        inside = shapely.STRtree(tiles(area)).query(point, predicate="within")[0]
        code[np.unique(inside)] = value
    faces, code = _join_water(faces, code)
    faces, code = _join_small(faces, code)
    kind = code // 1_000_000
    bonitet, tree, ground = code // 10_000 % 100, code // 100 % 100, code % 100
    land.add(
        "ar5",
        faces,
        ar5_id=np.arange(1, len(faces) + 1),
        arealtype=kind,
        skogbonitet=bonitet,
        treslag=tree,
        grunnforhold=ground,
    )
    dry = shapely.get_parts(faces[kind == 21])
    land.shapes["fields"] = dry


def _plain(land: Land) -> Land:
    """Return the land on cells of 20 m, the scale of AR5."""
    step = max(1, round(20.0 / land.grid.cell))
    if step == 1:
        return land
    arrays = {
        name: array[::step, ::step]
        for name, array in land.arrays.items()
        if array.shape == land.grid.shape
    }
    return replace(land, grid=land.grid.coarser(step), arrays=arrays)


def _join_water(faces: Array, code: Array) -> tuple[Array, Array]:
    """Make each water one face again: the net of land classes cut it near the shore."""
    wet = np.isin(code // 1_000_000, [81, 82])
    new_faces, new_code = [faces[~wet]], [code[~wet]]
    for value in np.unique(code[wet]):
        joined = shapely.get_parts(shapely.coverage_union_all(faces[code == value]))
        new_faces.append(np.asarray(joined))
        new_code.append(np.full(len(joined), value))
    return np.concatenate(new_faces), np.concatenate(new_code)


def _code(kind: int, bonitet: Array | int, tree: Array | int, ground: Array | int) -> Array:
    return np.asarray(kind * 1_000_000 + bonitet * 10_000 + tree * 100 + ground)


def _classes(land: Land) -> Array:
    """Class of each cell as one number: arealtype, bonitet, treslag, grunnforhold."""
    grid, arrays, size = land.grid, land.arrays, land.size
    rng = land.rng("cover")
    patch = size.patch
    z, slope = arrays["z"], arrays["slope"]
    wet = noise(rng, grid, patch, 2.5 * grid.cell, 2.2)
    rich = (
        noise(rng, grid, patch, 2.5 * grid.cell, 2.2)
        + (140 - z) / 130
        - 2.2 * np.maximum(slope - 0.2, 0)
    )
    leaf = (
        noise(rng, grid, 0.8 * patch, 2.5 * grid.cell, 2.0) + 0.4 * arrays["clay"] + (60 - z) / 200
    )
    bare = noise(rng, grid, 0.7 * patch, 2.5 * grid.cell, 2.0) + 2.5 * (slope - 0.25)
    bonitet = np.digitize(rich, [-1.6, -0.55, 0.45, 1.7]) + 11
    tree = np.select([leaf > 0.95, leaf > 0.3], [32, 33], 31)
    ground = np.where(bonitet <= 12, np.where(bare > 0.6, 42, 43), 44)
    ground = np.where((bonitet >= 13) & (bare > 1.2), 43, ground)
    classes = _code(30, bonitet, tree, ground)
    open_land = (bare > 2.2) | ((arrays["shore_m"] < 50) & (bare > 0.9))
    classes = np.where(open_land, _code(50, 98, 39, np.where(bare > 2.7, 42, 43)), classes)
    hollow = (slope < 0.09) & (z > 40) & ~arrays["clay"]
    classes = np.where(
        hollow & (wet > 0.45), _code(60, np.where(wet > 1.4, 98, 11), 39, 45), classes
    )
    for value in (21, 22, 23):
        classes = np.where(arrays["arable"] == value, _code(value, 98, 39, 44), classes)
    built = _built(land)
    classes = np.where(built, _code(11, 98, 39, 46), classes)
    classes = features.sieve(classes.astype(np.int32), 3)
    water = ~arrays["land"]
    index = ndimage.distance_transform_edt(water, return_distances=False, return_indices=True)
    classes = classes[tuple(index)]
    far = ndimage.distance_transform_edt(water) * grid.cell > 70
    return np.asarray(np.where(far, 82_989_898, classes))


def _built(land: Land) -> Array:
    """Cells near buildings: gardens and yards."""
    house = land.tables["buildings"]
    large = house["code"].to_numpy() >= 200
    cabin = np.isin(house["code"].to_numpy(), [161, 183])
    reach = np.where(large, 29.0, np.where(cabin, 0.0, 21.0))
    xy, index = shapely.get_coordinates(house["geometry"].to_numpy(), return_index=True)
    near = np.zeros(land.grid.shape, bool)
    for metres in np.unique(reach):
        taken = np.zeros(land.grid.shape, bool)
        taken.ravel()[land.grid.flat(xy[reach[index] == metres])] = True
        far = ndimage.distance_transform_edt(~taken) * land.grid.cell
        near |= far <= metres
    disk = np.ones((3, 3), bool)
    return np.asarray(
        ndimage.binary_closing(near, disk, iterations=2 if land.grid.cell < 15 else 1)
    )


def _road_area(land: Land) -> shapely.Geometry:
    """Ground that the public roads take, as one area off the water."""
    veg = land.frames["veg"]
    car = veg[(veg["vegtype"] == "bilveg") & (veg["medium"] == "bakke")]
    wide = car["vegkategori"].map(HALF_WIDTH)
    car, wide = car[wide.notna()], wide[wide.notna()]
    lines = shapely.simplify(car.geometry.to_numpy(), 0.4)
    strips = shapely.buffer(lines, wide.to_numpy(), cap_style="square", join_style="bevel")
    merged = shapely.union_all(strips)
    area: shapely.Geometry = shapely.intersection(merged, land.shapes["municipality"])
    return area


def _join_small(faces: Array, code: Array) -> tuple[Array, Array]:
    """Give slivers to the neighbour with the longest common side; the coverage stays exact."""
    for _ in range(3):
        small = shapely.area(faces) < LEAST
        small &= code // 1_000_000 != 12  # a strip of road may be small
        if not small.any():
            break
        index = np.flatnonzero(small)
        a, b = shapely.STRtree(faces).query(faces[index], predicate="intersects")
        a = index[a]
        keep = a != b
        a, b = a[keep], b[keep]
        wet = np.isin(code // 1_000_000, [81, 82])
        side = shapely.length(shapely.intersection(faces[a], faces[b]))
        side = np.where(wet[a] == wet[b], side, side * 1e-6)  # the shoreline stays
        side = np.where(shapely.area(faces[b]) > shapely.area(faces[a]), side, 0.0)
        order = np.lexsort((-side, a))
        first = order[np.r_[True, a[order][1:] != a[order][:-1]]]
        first = first[side[first] > 0]
        target = np.arange(len(faces))
        target[a[first]] = b[first]
        chained = target[target] != target
        target[chained] = np.flatnonzero(chained)
        moved = target != np.arange(len(faces))
        group = np.isin(np.arange(len(faces)), target[moved]) | moved
        owner = target[group]
        order = np.argsort(owner, kind="stable")
        bounds = np.flatnonzero(np.r_[True, np.diff(owner[order]) != 0])
        members = np.split(faces[group][order], bounds[1:])
        joined = np.array(
            [shapely.coverage_union_all(list(part)) for part in members], dtype=object
        )
        whole = shapely.get_type_id(joined) == 3  # Polygon
        heads = owner[order][bounds]
        faces = faces.copy()
        faces[heads[whole]] = joined[whole]
        drop = moved & np.isin(target, heads[whole])
        faces, code = faces[~drop], code[~drop]
    return faces, code


def make_soil(land: Land) -> None:
    """Marine clay, land that can be tilled, and valued nature; adds their layers."""
    grid, arrays = land.grid, land.arrays
    ground = land.shapes["ground"]
    clay = region(grid, arrays["clay"], smooth=1.5, least=4_000.0)
    clay_parts = shapely.get_parts(shapely.intersection(clay, ground))
    clay_parts = clay_parts[shapely.area(clay_parts) > 1_000]
    size = shapely.area(clay_parts)
    land.add(
        "marin_leire",
        clay_parts,
        marin_leire_id=np.arange(1, len(clay_parts) + 1),
        mulighet=np.select([size > 200_000, size > 40_000, size > 10_000],
                           ["svaert_stor", "stor", "middels"], "liten_usammenhengende"),
    )  # fmt: skip
    _map_clay(land)
    forest = arrays["cover"] == 30
    till = forest & arrays["clay"] & (arrays["slope"] < 0.12) & (arrays["settlement"] < 0)
    till = shapely.get_parts(
        shapely.intersection(region(grid, till, smooth=1.0, least=3_000.0), ground)
    )
    till = till[shapely.area(till) > 2_000]
    land.add(
        "dyrkbar_jord", till, dyrkbar_id=np.arange(1, len(till) + 1), klasse=["dyrkbar"] * len(till)
    )
    land.coverage["dyrkbar_jord"] = land.shapes["municipality"]
    rng = land.rng("nature")
    value = noise(rng, grid, 900, 80, 2.6)
    rare = (value > 2.0) & arrays["land"] & (arrays["settlement"] < 0) & (arrays["arable"] == 0)
    nature = shapely.get_parts(
        shapely.intersection(region(grid, rare, smooth=1.0, least=2_500.0), ground)
    )
    nature = nature[shapely.area(nature) > 1_500]
    names = ("hul eik", "kalklindeskog", "slåttemark", "gammel granskog", "strandeng", "rikmyr")
    land.add(
        "naturtype",
        nature,
        naturtype_id=np.arange(1, len(nature) + 1),
        naturtype=[names[k] for k in rng.integers(0, len(names), len(nature))],
        verdi=np.array(["svaert_stor", "stor", "middels", "noe"])[
            rng.choice(4, len(nature), p=[0.1, 0.3, 0.4, 0.2])
        ],
    )


def _map_clay(land: Land) -> None:
    """Say where marine clay has been looked for: low ground, but for one place without clay."""
    grid, arrays, ground = land.grid, land.arrays, land.shapes["ground"]
    low = region(grid, arrays["z"] < _CLAY_MAPPED, smooth=1.5, least=4_000.0)
    bare = ndimage.distance_transform_edt(~arrays["clay"]) * grid.cell
    bare = np.minimum(bare, ndimage.distance_transform_edt(arrays["inside"]) * grid.cell)
    bare[~(arrays["land"] & (arrays["z"] < MARINE_LIMIT))] = 0.0
    at = int(np.argmax(bare))
    x, y = grid.xy(np.array([at]))[0]
    radius = min(float(bare.flat[at]) - 2 * grid.cell, _CLAY_HOLE)
    hole = shapely.buffer(shapely.Point(x, y), radius)
    land.coverage["marin_leire"] = shapely.difference(shapely.intersection(low, ground), hole)
    land.key["marin_leire_hull"] = {"x": float(x), "y": float(y), "radius_m": radius}
