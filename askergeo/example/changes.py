"""AR5 as it was some years before the example's present, and what has changed since.

Everything is drawn back from the present map: inside a patch round a new house what is built today
was forest, farmland or bog. The patches cut the polygons of today, and what they give back is
joined to a neighbour where it can be, so the two maps do not have the same polygons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.key import ring_areas
from askergeo.example.land import YEAR
from askergeo.example.shapes import partition, point_array
from askergeo.example.sites import thin

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["AGO", "EARLIER", "make_earlier_cover"]

#: Years between the two maps, and the date of the earlier one.
AGO = 6
EARLIER = f"{YEAR - AGO}-12-31"

BUILT, NATURAL = (11, 12), (21, 22, 23, 30, 50, 60)
# arealtype, skogbonitet, treslag, grunnforhold of land that is given back.
FIELD, PASTURE, FOREST, BOG = (
    (21, 98, 39, 44), (23, 98, 39, 44), (30, 14, 31, 44), (60, 11, 39, 45),
)  # fmt: skip
NONE = (0, 0, 0, 0)
COLUMNS = ["arealtype", "skogbonitet", "treslag", "grunnforhold"]
# Less than this of a polygon stays with it, m²: AR5 has no such slivers.
LEAST = 25.0


def make_earlier_cover(land: Land) -> None:
    """Add ar5_tidligere, and to the key what has changed since, from the shoelace of each piece."""
    ar5 = land.frames["ar5"]
    faces, codes = ar5.geometry.to_numpy(), ar5[COLUMNS].to_numpy()
    patches = _patches(land, faces, codes[:, 0])
    near = np.unique(shapely.STRtree(faces).query(patches["geometry"], predicate="intersects")[1])
    pieces, owner = _pieces(faces, near, patches["geometry"].to_numpy())
    patch = _changed(pieces, codes[owner, 0], patches)
    given = np.array(patches["to"].tolist())
    # Given back to a neighbour of that class, or a polygon of its own.
    home = np.where(
        patches["neighbour"] >= 0, patches["neighbour"], len(faces) + np.arange(len(patches))
    )
    group = np.where(patch >= 0, home[patch], owner)
    code = np.where((patch >= 0)[:, None], given[patch], codes[owner])
    joined = np.flatnonzero(np.isin(np.arange(len(faces)), group[patch >= 0]))
    untouched = np.setdiff1d(joined, near)
    pieces = np.concatenate([pieces, faces[untouched]])
    group, code = np.r_[group, untouched], np.concatenate([code, codes[untouched]])
    shapes, new_codes = _joined(pieces, group, code)
    kept = np.setdiff1d(np.arange(len(faces)), np.r_[near, untouched])
    shapes = np.concatenate([faces[kept], shapes])
    columns = dict(zip(COLUMNS, np.concatenate([codes[kept], new_codes]).T, strict=True))
    land.add("ar5_tidligere", shapes, ar5_id=np.arange(1, len(shapes) + 1), **columns)
    moved = np.flatnonzero(patch >= 0)
    _tell(land, pieces[moved], given[patch[moved], 0], codes[owner[moved], 0])


def _patches(land: Land, faces: Array, kinds: Array) -> pd.DataFrame:
    """Draw the patches: outline, the classes of today that change in it, and what they were."""
    rng = land.rng("ar5_tidligere")
    times = 1 if land.size.name == "liten" else 8
    houses = land.tables["buildings"]
    new = houses.loc[houses["year"] > YEAR - AGO, ["x", "y"]].to_numpy()
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    large = shapely.area(faces) > 3_000.0
    field, forest = (inner[large & (kinds == kind)] for kind in (21, 30))
    wanted = [  # centres, how many, radius, today's classes, what they were
        (new, 24, 45.0, BUILT, (None, None, FIELD, BOG)),
        (field, 4, 40.0, (21,), (FOREST, FOREST, FOREST, BOG)),
        (forest, 3, 40.0, (30,), (PASTURE,)),
        (forest, 1, 30.0, (30,), (NONE,)),
    ]
    rows = [
        {"x": x, "y": y, "radius": radius, "today": today, "to": was[k % len(was)]}
        for centres, number, radius, today, was in wanted
        for k, (x, y) in enumerate(centres[thin(rng, centres, 260.0, number * times)])
    ]
    frame = pd.DataFrame(rows)
    frame["geometry"] = _outlines(rng, frame)
    wet = shapely.STRtree(faces[np.isin(kinds, [81, 82])])
    beside_water = wet.query(frame["geometry"], predicate="dwithin", distance=20.0)[0]
    rim = shapely.boundary(land.shapes["municipality"])
    out = shapely.dwithin(frame["geometry"].to_numpy(), rim, 20.0)
    out |= ~shapely.within(frame["geometry"].to_numpy(), land.shapes["municipality"])
    out[np.unique(beside_water)] = True
    tree = shapely.STRtree(frame["geometry"].to_numpy())
    a, b = tree.query(frame["geometry"], predicate="dwithin", distance=20.0)
    out[a[b < a]] = True
    frame = frame[~out].reset_index(drop=True)
    return _with_neighbours(frame, faces, kinds, land.frames["ar5"][COLUMNS])


def _outlines(rng: np.random.Generator, frame: pd.DataFrame) -> Array:
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    radius = frame["radius"].to_numpy()[:, None] * rng.uniform(0.7, 1.2, (len(frame), 14))
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return np.asarray(shapely.polygons(np.round(ring + frame[["x", "y"]].to_numpy()[:, None], 2)))


def _with_neighbours(
    frame: pd.DataFrame, faces: Array, kinds: Array, codes: pd.DataFrame
) -> pd.DataFrame:
    """Let patches without a class of their own have that of the nearest land not built on."""
    natural = np.flatnonzero(np.isin(kinds, NATURAL))
    nearest = natural[
        shapely.STRtree(faces[natural]).nearest(point_array(frame[["x", "y"]].to_numpy()))
    ]
    open_question = frame["to"].isna().to_numpy()
    frame["neighbour"] = np.where(open_question, nearest, -1)
    frame["to"] = [
        tuple(codes.iloc[face]) if asked else was
        for face, asked, was in zip(nearest, open_question, frame["to"], strict=True)
    ]
    return frame


def _pieces(faces: Array, near: Array, patches: Array) -> tuple[Array, Array]:
    """Cut faces by the outlines of patches; the pieces, and the face that each is of."""
    outlines = [shapely.boundary(faces[near]), shapely.boundary(patches)]
    pieces = partition(outlines)
    inner = shapely.point_on_surface(pieces)
    piece, face = shapely.STRtree(faces[near]).query(inner, predicate="within")
    return pieces[piece], near[face]


def _changed(pieces: Array, kinds: Array, patches: pd.DataFrame) -> Array:
    """Which patch each piece was changed by; -1 for none."""
    inner = shapely.point_on_surface(pieces)
    piece, patch = shapely.STRtree(patches["geometry"].to_numpy()).query(inner, predicate="within")
    today = patches["today"].tolist()
    counts = np.array([kinds[p] in today[k] for p, k in zip(piece, patch, strict=True)], bool)
    counts &= shapely.area(pieces[piece]) > LEAST
    found = np.full(len(pieces), -1)
    found[piece[counts]] = patch[counts]
    return found


def _joined(pieces: Array, group: Array, code: Array) -> tuple[Array, Array]:
    """Join the pieces of a group; what hangs together is a polygon, and what is none is left."""
    mapped = code[:, 0] > 0
    pieces, group, code = pieces[mapped], group[mapped], code[mapped]
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    members = np.split(pieces[order], first[1:])
    whole = np.array([shapely.coverage_union_all(part) for part in members], dtype=object)
    shapes, index = shapely.get_parts(whole, return_index=True)
    return np.asarray(shapes), code[order][first][index]


def _tell(land: Land, pieces: Array, was: Array, now: Array) -> None:
    area = ring_areas(pieces)
    frame = pd.DataFrame({"fra": was, "til": now, "areal_m2": area})
    sums = frame.groupby(["fra", "til"], as_index=False)["areal_m2"].sum()
    mapped = sums["fra"] > 0
    land.key["ar5_tidligere_dato"] = EARLIER
    land.key["ar5_endringer"] = sums[mapped].to_dict("records")
    land.key["ar5_bare_naa_m2"] = float(sums.loc[~mapped, "areal_m2"].sum())
