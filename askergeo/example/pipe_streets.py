"""The streets as the trenches that pipes may lie in: one net of nodes and short links.

Ways of the road layer are merged between junctions, ends a few metres apart are drawn together,
parts without connection get a straight link, and long links are cut. What lives along each link,
and when it was built, decides what pipes it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy import ndimage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from askergeo.example.shapes import line_array, point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["Trenches", "graph_of", "make_trenches", "parts_of"]

_TOGETHER: Final = 6.0  # metres: junctions nearer than this are one
_LONGEST: Final = 95.0  # metres between two manholes
_APART: Final = 2.5  # metres that a node keeps from the links of others
_ROUNDS: Final = 3
_LINK: Final = 900.0  # metres: longest straight link to a part without a road
_HOME: Final = 70.0  # metres from an address to its street
_GRADED: Final = 3
_OLDEST: Final = 1935
_NEWEST: Final = 2024


@dataclass(frozen=True)
class Trenches:
    """Nodes and links.

    ``xy`` (n, 2), ``z`` (n,) metres NN2000, ``ends`` (m, 2), ``lines`` (m,) from the first end to
    the second, ``length`` (m,) metres, ``private`` (m,), ``built`` (m,) in a settlement, ``core``
    (m,) 0 in the middle of a settlement to 1 at its rim (2 outside), ``place`` (m,) number of the
    centre or -1, ``year`` (m,) when it was built, ``link_of`` (a,) the link of each address or
    -1, ``metres_of`` (a,) how far off, ``people`` (m,) residents along each link.
    """

    xy: Array
    z: Array
    ends: Array
    lines: Array
    length: Array
    private: Array
    built: Array
    core: Array
    place: Array
    year: Array
    link_of: Array
    metres_of: Array
    people: Array

    @cached_property
    def by_ends(self) -> tuple[Array, Array]:
        """Numbers of all pairs of ends, sorted, and the shortest link between each."""
        order = np.argsort(-self.length, kind="stable")  # of parallel links the shortest is last
        low, high = np.sort(self.ends[order], axis=1).T
        key = low * len(self.xy) + high
        last = len(key) - 1 - np.unique(key[::-1], return_index=True)[1]
        return key[last], order[last]


def make_trenches(land: Land) -> Trenches:
    """Make the net of trenches from the road layer; links without connection are left out."""
    roads = land.frames["veg"]
    public = (roads["vegtype"] == "bilveg") & roads["vegkategori"].isin(["F", "K"])
    named = (roads["vegtype"] == "bilveg") & (roads["vegkategori"] == "P") & (roads["navn"] != "")
    both = (public | named).to_numpy()
    geometry = roads.geometry.to_numpy()[both]
    merged = shapely.line_merge(shapely.union_all(geometry))
    chains = np.asarray(shapely.get_parts(merged))
    middle = shapely.line_interpolate_point(chains, 0.5, normalized=True)
    near = shapely.STRtree(geometry).query_nearest(middle, all_matches=False)[1]
    xy, ends, lines, owned = _noded(chains, named.to_numpy()[both][near])
    for _ in range(_ROUNDS):  # what is cleared may leave parts, and what joins them may cross
        xy, ends, lines, owned = _cut(*_joined(xy, ends, lines, owned))
        keep = _clear(xy, ends, lines)
        ends, lines, owned = ends[keep], lines[keep], owned[keep]
    part = parts_of(ends, len(xy))[ends[:, 0]]
    keep = part == np.argmax(np.bincount(part))
    return _described(land, xy, ends[keep], lines[keep], owned[keep])


def graph_of(ends: Array, weight: Array, count: int) -> csr_array:
    """Return the symmetric graph of links with weights; of parallel links the lightest stays."""
    low, high = np.sort(ends, axis=1).T
    order = np.lexsort((weight, high, low))
    low, high, weight = low[order], high[order], weight[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])][: len(low)]
    low, high, weight = low[first], high[first], weight[first]
    both = (np.r_[weight, weight], (np.r_[low, high], np.r_[high, low]))
    return csr_array(coo_array(both, shape=(count, count)))


def parts_of(ends: Array, count: int) -> Array:
    """Return the number of the connected part of each node."""
    flat = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(flat, directed=False)[1])


def _noded(chains: Array, private: Array) -> tuple[Array, Array, Array, Array]:
    """Draw ends that are near together; links that vanish by that, and doubles, are dropped."""
    at = np.stack([shapely.get_coordinates(shapely.get_point(chains, k)) for k in (0, -1)], axis=1)
    points, index = np.unique(np.round(at.reshape(-1, 2), 2), axis=0, return_inverse=True)
    pairs = cKDTree(points).query_pairs(_TOGETHER, output_type="ndarray")
    group = parts_of(pairs, len(points))
    count = int(group.max()) + 1
    first = np.full(count, -1)
    first[group[::-1]] = np.arange(len(points))[::-1]
    xy = points[first]
    ends = group[index.reshape(-1, 2)]
    keep = (ends[:, 0] != ends[:, 1]) | (shapely.length(chains) > 3 * _LONGEST)
    low, high = np.sort(ends, axis=1).T
    order = np.lexsort((shapely.length(chains), private, high, low))
    same = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    double = np.zeros(len(ends), bool)
    double[order[1:][same]] = True
    keep &= ~double & (shapely.length(chains) > _TOGETHER)
    ends, chains, private = ends[keep], chains[keep], private[keep]
    return xy, ends, _moved(chains, xy[ends[:, 0]], xy[ends[:, 1]]), private


def _moved(lines: Array, start: Array, stop: Array) -> Array:
    """Give lines new end points (m, 2)."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    last = np.r_[first[1:] - 1, len(owner) - 1]
    xy[first], xy[last] = start, stop
    return np.asarray(line_array(np.round(xy, 2), owner=owner))


def _joined(
    xy: Array, ends: Array, lines: Array, private: Array
) -> tuple[Array, Array, Array, Array]:
    """Join public parts to the largest by straight links, the nearest first."""
    while True:
        part = parts_of(ends[~private], len(xy))
        used = np.zeros(len(xy), bool)
        used[ends[~private].ravel()] = True
        main = int(np.argmax(np.bincount(part[used])))
        inner, outer = np.flatnonzero(used & (part == main)), np.flatnonzero(used & (part != main))
        if len(outer) == 0:
            break
        away, near = cKDTree(xy[inner]).query(xy[outer])
        order = np.argsort(away, kind="stable")
        order = order[away[order] <= _LINK]
        _, first = np.unique(part[outer[order]], return_index=True)
        if len(first) == 0:
            break
        new = np.column_stack([outer[order[first]], inner[near[order[first]]]])
        ends = np.concatenate([ends, new])
        lines = np.concatenate([lines, line_array(xy[new])])
        private = np.concatenate([private, np.zeros(len(new), bool)])
    return xy, ends, lines, private


def _cut(xy: Array, ends: Array, lines: Array, private: Array) -> tuple[Array, Array, Array, Array]:
    """Cut links longer than the distance between manholes into even pieces."""
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / _LONGEST).astype(int), 1)
    pieces[ends[:, 0] == ends[:, 1]] = np.maximum(pieces[ends[:, 0] == ends[:, 1]], 3)
    owner = np.repeat(np.arange(len(lines)), pieces)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inner = rank > 0
    where = length[owner] * rank / pieces[owner]
    mid = shapely.get_coordinates(shapely.line_interpolate_point(lines[owner[inner]], where[inner]))
    mid = np.round(mid, 2)
    number = np.full(len(owner), -1)
    number[inner] = len(xy) + np.arange(int(inner.sum()))
    start = np.where(inner, number, ends[owner, 0])
    last = rank == pieces[owner] - 1
    stop = np.where(last, ends[owner, 1], np.r_[number[1:], -1])
    xy = np.concatenate([xy, mid])
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    opening = np.r_[True, line[1:] != line[:-1]]
    step = np.r_[0.0, np.hypot(*(coordinates[1:] - coordinates[:-1]).T)]
    step[opening] = 0.0
    along = np.cumsum(step)
    along -= np.maximum.accumulate(np.where(opening, along, 0.0))
    total = along[np.r_[opening[1:], True]]
    share = along / np.maximum(total[line], 1e-9) * pieces[line]
    body = ~opening & ~np.r_[opening[1:], True]
    offset = (np.cumsum(pieces) - pieces)[line[body]]
    at = offset + np.minimum(share[body].astype(int), pieces[line[body]] - 1)
    points = np.concatenate([xy[start], coordinates[body], xy[stop]])
    link = np.r_[np.arange(len(owner)), at, np.arange(len(owner))]
    order = np.lexsort(
        (np.r_[np.full(len(owner), -1.0), share[body], np.full(len(owner), np.inf)], link)
    )
    points, link = points[order], link[order]
    same = np.r_[False, (link[1:] == link[:-1]) & (points[1:] == points[:-1]).all(axis=1)]
    cut = line_array(points[~same], owner=link[~same])
    return xy, np.column_stack([start, stop]), np.asarray(cut), private[owner]


def _clear(xy: Array, ends: Array, lines: Array) -> Array:
    """Tell which links to keep so that none crosses another, or passes a node, without meeting."""
    tree = shapely.STRtree(lines)
    first, second = tree.query(lines, predicate="crosses")
    pairs = np.column_stack([first, second])[first < second]
    node, link = tree.query(point_array(xy), predicate="dwithin", distance=_APART)
    beside = (ends[link] != node[:, None]).all(axis=1)
    node, link = node[beside], link[beside]
    odd = np.zeros(len(lines), bool)
    odd[pairs.ravel()] = True
    odd[link] = True
    weight = shapely.length(lines) + np.where(odd, 1e6, 0.0)
    forest = minimum_spanning_tree(graph_of(ends, weight, len(xy)))
    tied = np.asarray(forest[ends[:, 0], ends[:, 1]] + forest[ends[:, 1], ends[:, 0]]).ravel() > 0
    keep = tied | ~odd
    worst = pairs[keep[pairs].all(axis=1), 1]
    keep[worst] = False
    keep[link[np.isin(node, ends[keep].ravel())]] = False
    return keep


def _described(land: Land, xy: Array, ends: Array, lines: Array, private: Array) -> Trenches:
    """Keep the nodes in use, and tell each link's place and age and who lives along it."""
    used, index = np.unique(ends, return_inverse=True)
    xy, ends = xy[used], index.reshape(-1, 2)
    mid = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    people = land.tables["people"]
    home = people[["x", "y"]].to_numpy()
    link_of, away = _nearest_link(lines, private, home)
    houses = land.tables["buildings"]
    real = (houses["dwellings"] > 0).to_numpy()
    owner, gap = _nearest_link(lines, private, houses.loc[real, ["x", "y"]].to_numpy())
    year = _years(houses.loc[real, "year"].to_numpy()[gap <= _HOME], owner[gap <= _HOME], mid)
    built = shapely.contains_xy(_prepared(shapely.buffer(land.shapes["built"], 12.0)), *mid.T)
    near = ndimage.distance_transform_edt(
        land.arrays["settlement"] < 0, return_distances=False, return_indices=True
    )
    rank = land.grid.sample(land.arrays["rank"][tuple(near)], mid)
    place = land.grid.sample(land.arrays["settlement"][tuple(near)], mid)
    link_of = np.where(away <= _HOME, link_of, -1)
    alive = link_of >= 0
    residents = people["residents"].to_numpy()
    return Trenches(
        xy=xy,
        z=_graded(np.maximum(land.grid.interpolate(land.arrays["z"], xy), 0.8), ends),
        ends=ends,
        lines=lines,
        length=shapely.length(lines),
        private=private,
        built=built & ~private,
        core=np.where(built, rank, 2.0),
        place=np.where(built, place, -1),
        year=year,
        link_of=link_of,
        metres_of=away,
        people=np.bincount(link_of[alive], residents[alive], len(lines)),
    )


def _graded(z: Array, ends: Array) -> Array:
    """Even the heights along the streets, which are built with cuts and fills (n,)."""
    for _ in range(_GRADED):
        total = np.bincount(ends[:, 0], z[ends[:, 1]], len(z))
        total += np.bincount(ends[:, 1], z[ends[:, 0]], len(z))
        z = 0.4 * z + 0.6 * total / np.bincount(ends.ravel(), minlength=len(z))
    return np.asarray(np.round(z, 2))


def _prepared(shape: shapely.Geometry) -> shapely.Geometry:
    shapely.prepare(shape)
    return shape


def _nearest_link(lines: Array, private: Array, xy: Array) -> tuple[Array, Array]:
    """Nearest link of each point and the metres to it; a public one wins within 40 m."""
    points = point_array(xy)
    link, away = np.full(len(xy), -1), np.full(len(xy), np.inf)
    for mask, bonus in ((~private, 0.0), (private, 40.0)):
        rows = np.flatnonzero(mask)
        if len(rows) == 0:
            continue
        tree = shapely.STRtree(lines[rows])
        (point, near), metres = tree.query_nearest(points, return_distance=True, all_matches=False)
        better = metres + bonus < away[point]
        link[point[better]], away[point[better]] = rows[near[better]], metres[better]
    return link, away


def _years(built: Array, owner: Array, mid: Array) -> Array:
    """Year of each link: that of the early houses along it, else of the links around."""
    order = np.lexsort((built, owner))
    link, built = owner[order], built[order]
    first = np.flatnonzero(np.r_[True, link[1:] != link[:-1]])
    count = np.diff(np.r_[first, len(link)])
    early = built[first + count // 5]
    known = link[first]
    _, near = cKDTree(mid[known]).query(mid, k=min(5, len(known)))
    around = np.median(early[near.reshape(len(mid), -1)], axis=1)
    year = around.copy()
    year[known] = 0.4 * early + 0.6 * around[known]
    return np.asarray(np.clip(np.round(year), _OLDEST, _NEWEST).astype(int))
