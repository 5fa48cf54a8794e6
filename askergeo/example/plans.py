"""The municipal plan, now and as proposed, and zoning plans: exact coverages with known changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from rasterio import features
from scipy import ndimage

from askergeo.example.centres import NAMES
from askergeo.example.land import MUNICIPALITY, YEAR
from askergeo.example.shapes import class_edges, noise, partition, point_array, tiles
from askergeo.example.sites import thin

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_municipal_plan", "make_zoning"]

NOW, FUTURE = 1, 2
LNFR, SEA = 5100, 6001


def make_municipal_plan(land: Land) -> None:
    """Add kommuneplan and kommuneplan_forslag, and the planted changes to the key."""
    whole = land.shapes["municipality"]
    classes = _plan_classes(land)
    patches, change = _patches(land)
    traffic = {
        2010: shapely.buffer(land.shapes["motorway"], 22.0, cap_style="flat"),
        2020: shapely.buffer(land.shapes["railway"], 11.0, cap_style="flat"),
    }
    outlines = [np.asarray(shapely.get_parts(shapely.boundary(area)))
                for area in (*traffic.values(), land.shapes["fjord"])]  # fmt: skip
    edges = class_edges(land.grid.coarser(_step(land)), classes)
    lines = [edges, shapely.boundary(patches), np.array([shapely.boundary(whole)]), *outlines]
    faces = partition(lines, whole)
    point = shapely.point_on_surface(faces)
    code = land.grid.coarser(_step(land)).sample(classes, shapely.get_coordinates(point))
    sea = np.zeros(len(faces), bool)
    sea[shapely.STRtree(tiles(land.shapes["fjord"])).query(point, predicate="within")[0]] = True
    code = np.where(sea, np.where(code == 6230, 6230, SEA), np.where(code >= 6000, LNFR, code))
    for value, area in traffic.items():
        inside = shapely.STRtree(tiles(area)).query(point, predicate="within")[0]
        code[np.setdiff1d(inside, np.flatnonzero(sea))] = value
    status = np.full(len(faces), NOW)
    new_code, new_status = code.copy(), status.copy()
    face, patch = shapely.STRtree(patches).query(point, predicate="within")
    for codes, states, prefix in ((code, status, "fra"), (new_code, new_status, "til")):
        codes[face] = change[f"{prefix}_kode"].to_numpy()[patch]
        states[face] = change[f"{prefix}_status"].to_numpy()[patch]
    place = land.tables["centres"][["x", "y"]].to_numpy()
    xy = shapely.get_coordinates(point)
    near = shapely.STRtree(point_array(place)).nearest(point_array(xy))
    for layer, codes, states in (("kommuneplan", code, status),
                                 ("kommuneplan_forslag", new_code, new_status)):  # fmt: skip
        land.add(
            layer,
            faces,
            formal_id=np.arange(1, len(faces) + 1),
            formaal_kode=codes.astype(np.int64),
            arealstatus=states.astype(np.int64),
            omraadenavn=np.array(NAMES)[near],
        )
    change["areal_m2"] = shapely.area(patches)
    middle = shapely.get_coordinates(shapely.centroid(patches))
    change["x"], change["y"] = np.round(middle[:, 0], 2), np.round(middle[:, 1], 2)
    land.key["planendringer"] = change.to_dict("records")
    land.shapes["patches"] = patches


def _step(land: Land) -> int:
    return max(1, round(20.0 / land.grid.cell))


def _plan_classes(land: Land) -> Array:
    """Purpose of each 20 m cell from what is there today."""
    step = _step(land)
    grid = land.grid.coarser(step)
    arrays = {
        name: land.arrays[name][::step, ::step] for name in ("settlement", "z", "shore_m", "slope")
    }
    hoods = land.tables["neighbourhoods"]
    zone = grid.values(hoods["geometry"].to_numpy(), hoods["zone"].to_numpy() + 1)
    classes = np.full(grid.shape, LNFR, np.int32)
    loose = noise(land.rng("spread"), grid, 1_500, 150, 2.4) > 1.45
    classes[loose & (arrays["slope"] < 0.2)] = 5210
    town = arrays["settlement"] >= 0
    classes[town] = np.where(zone[town] == 1, 1130, 1110)
    house = land.tables["buildings"]
    code = house["code"].to_numpy()
    footprint = house["geometry"].to_numpy()
    public = np.isin(code, [612, 613, 614, 616, 661, 671, 721, 732])
    uses = ((1120, code == 161, 42.0), (1160, public, 38.0),
            (1300, (code >= 211) & (code < 240), 55.0), (1400, code == 651, 45.0))  # fmt: skip
    for value, chosen, reach in uses:
        cells = grid.burn(shapely.buffer(footprint[chosen], reach, quad_segs=2))
        classes[cells & ((classes != 1130) | (value != 1120))] = value
    edge = ndimage.binary_dilation(town, iterations=12) & ~town
    green = noise(land.rng("green"), grid, 700, 80, 2.2)
    classes[edge & (green > 0.9) & (classes == LNFR)] = 3020
    classes[edge & (arrays["shore_m"] < 80) & (classes == LNFR)] = 3040
    harbour = noise(land.rng("harbour"), grid, 900, 120, 2.4) > 1.1
    near_town = ndimage.binary_dilation(town, iterations=12)
    classes = features.sieve(classes, 7)
    wet = arrays["z"] <= 0
    classes[wet] = np.where(harbour & near_town & (arrays["z"] > -14), 6230, SEA)[wet]
    return np.asarray(features.sieve(classes, 5))


def _patches(land: Land) -> tuple[Array, pd.DataFrame]:
    """Draw building areas of the future, and what the proposal does to each."""
    grid, arrays, rng = land.grid, land.arrays, land.rng("patches")
    town = ndimage.distance_transform_edt(arrays["settlement"] < 0) * grid.cell
    traffic = shapely.union_all([land.shapes["motorway"], land.shapes["railway"]])
    away = ndimage.distance_transform_edt(~grid.burn([shapely.buffer(traffic, 15.0)], touched=True))
    inner = ndimage.distance_transform_edt(arrays["inside"] & arrays["land"]) * grid.cell
    good = (town > 110) & (town < 420) & (away * grid.cell > 170) & (inner > 150)
    good &= arrays["slope"] < 0.2
    xy = grid.xy(np.flatnonzero(good))
    small = land.size.name == "liten"
    at = xy[thin(rng, xy, 480.0, 16 if small else 90)]
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    radius = rng.uniform(45, 100, (len(at), 1)) * (
        1 + 0.18 * np.sin(2 * angle + rng.uniform(0, 6, (len(at), 1)))
        + 0.1 * np.sin(3 * angle + rng.uniform(0, 6, (len(at), 1)))
    )  # fmt: skip
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1) + at[:, None]
    patches = shapely.polygons(np.round(ring, 2))
    use = rng.choice([1110, 1110, 1110, 1300, 1120, 1160], len(at))
    fate = np.arange(len(at)) % 4  # kept, kept, taken out, new
    frame = pd.DataFrame(
        {
            "fra_kode": np.where(fate == 3, LNFR, use),
            "fra_status": np.where(fate == 3, NOW, FUTURE),
            "til_kode": np.where(fate == 2, LNFR, use),
            "til_status": np.where(fate == 2, NOW, FUTURE),
            "endring": np.array(["uendret", "uendret", "tatt ut", "ny"])[fate],
        }
    )
    return np.asarray(patches), frame


def make_zoning(land: Land) -> None:
    """Add reguleringsplan, reguleringsplan_formaal and arealbruk: one plan a neighbourhood."""
    built = land.shapes["built"]
    hoods = land.tables["neighbourhoods"]
    cells = hoods["geometry"].to_numpy()
    roads = land.tables["local_roads"].query("kind != 'private'")
    half = np.where(
        roads["kind"].isin(["F", "K"]), 7.5, np.where(roads["kind"] == "street", 3.5, 5.0)
    )
    strips = shapely.union_all(
        shapely.simplify(shapely.buffer(roads["geometry"].to_numpy(), half, quad_segs=1), 0.3)
    )
    claims = land.tables["public"]["claim"].to_numpy()
    lots = [np.asarray(shapely.get_parts(shapely.boundary(x))) for x in (built, strips)]
    faces = partition([*lots, shapely.boundary(cells), shapely.boundary(claims)])
    faces = faces[shapely.area(faces) > 12.0]  # m²: slivers of crossing outlines
    point = shapely.point_on_surface(faces)
    inside = np.zeros(len(faces), bool)
    inside[shapely.STRtree(tiles(built)).query(point, predicate="within")[0]] = True
    faces, point = faces[inside], point[inside]
    found, hood = shapely.STRtree(cells).query(point, predicate="within")
    owner = np.full(len(faces), -1)
    owner[found] = hood
    faces, point, owner = faces[owner >= 0], point[owner >= 0], owner[owner >= 0]
    code = _purposes(land, faces, point, hoods["zone"].to_numpy()[owner], strips)
    _plans(land, faces, code, owner)
    main = np.select([code == 2011, code == 3040, code >= 1600, np.isin(code, [1300, 1340])],
                     ["Transport", *["Grønne områder"] * 2, "Næring"], "Bolig")  # fmt: skip
    main = np.where((code >= 1130) & (code < 1300) & (code != 1112) & (code != 1113),
                    "Tjenesteyting og handel", main)  # fmt: skip
    land.add(
        "arealbruk",
        faces,
        arealbruk_id=np.arange(1, len(faces) + 1),
        hovedklasse=main,
        underklasse=[""] * len(faces),
    )


def _purposes(
    land: Land, faces: Array, point: Array, zone: Array, strips: shapely.Geometry
) -> Array:
    rng = land.rng("zoning")
    code = np.array([1130, 1113, 1112, 1111])[zone]
    empty = shapely.STRtree(land.tables["buildings"]["geometry"].to_numpy())
    used = np.zeros(len(faces), bool)
    used[np.unique(empty.query(faces, predicate="intersects")[0])] = True
    spare = ~used & (zone > 0)
    code = np.where(
        spare, rng.choice([3040, 1610, 3020, 1111], len(faces), p=[0.35, 0.25, 0.2, 0.2]), code
    )
    public = land.tables["public"]
    table = {612: 1161, 613: 1162, 614: 1162, 616: 1162, 651: 1400, 671: 1164, 721: 1168, 731: 1168,
             732: 1168,
             311: 1166, 661: 1167, 662: 1165, 321: 1140, 322: 1150, 412: 2024}  # fmt: skip
    value = public["code"].map(table).fillna(1300).to_numpy().astype(int)
    face, claim = shapely.STRtree(public["claim"].to_numpy()).query(point, predicate="within")
    code[face] = value[claim]
    road = shapely.STRtree(tiles(strips)).query(point, predicate="within")[0]
    code[np.unique(road)] = 2011
    return np.asarray(code)


def _plans(land: Land, faces: Array, code: Array, owner: Array) -> None:
    rng = land.rng("plans")
    hoods = land.tables["neighbourhoods"]
    planned = rng.random(len(hoods)) < 0.82
    keep = planned[owner]
    order = np.flatnonzero(keep)[np.argsort(owner[keep], kind="stable")]
    groups = np.unique(owner[order])
    starts = np.searchsorted(owner[order], groups)
    members = np.split(faces[order], starts[1:])
    area = np.array([shapely.coverage_union_all(part) for part in members], dtype=object)
    numbers = np.array([f"{MUNICIPALITY}-{k + 1:04d}" for k in range(len(groups))])
    year = np.clip(np.round(1_962 + 62 * rng.beta(1.8, 1.2, len(groups))), 1_962, YEAR - 1).astype(
        int
    )
    settlement = hoods["settlement"].to_numpy()[groups]
    land.add(
        "reguleringsplan",
        area,
        planid=numbers,
        plannavn=[f"{NAMES[s]} felt {k % 97 + 1}" for k, s in enumerate(settlement)],
        planstatus=np.full(len(groups), 3),
        plantype=np.where(year < 2009, 30, 35),  # the act of 2008
        ikrafttredelse=pd.to_datetime([f"{y}-{1 + k % 12:02d}-15" for k, y in enumerate(year)]),
    )
    land.add(
        "reguleringsplan_formaal",
        faces[order],
        formal_id=np.arange(1, len(order) + 1),
        planid=np.repeat(numbers, np.diff(np.r_[starts, len(order)])),
        formaal_kode=code[order].astype(np.int64),
        vertikalniva=np.full(len(order), 2),
    )
