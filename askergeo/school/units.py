"""The basic units that districts are made of: which there are, and which lie next to each other.

A unit is a grunnkrets, or a block of addresses where there are no grunnkretser. It is never split.
Units with fewer pupils than a threshold are held together with the neighbour of the same district
that they share the longest border with: nobody can then be told from the numbers of a unit, nor
from the difference between two plans, and what has no pupils lies where its neighbours do.

Two units are neighbours when they share a border on land that is longer than a tolerance, or when
a way on foot leads straight from one into the other, as over a bridge. A group of units that has
neither, such as an island, is the neighbour of the unit nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import components, geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.network.graph import WalkGraph

    Floats = NDArray[np.float64]
    Pairs = NDArray[np.int64]

__all__ = ["BORDER", "ISLAND", "WAY", "Neighbours", "Units", "blocks", "merged", "neighbours"]

#: Why two units are neighbours: a border on land, a way on foot, or that nothing else is nearer.
BORDER: Final = "grense"
WAY: Final = "gangveg"
ISLAND: Final = "øy"
# Metres within which outlines that should be one are taken for it.
_SAME = 1.0


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which of ``n`` areas lie next to each other.

    Parameters
    ----------
    pairs
        Numbers of the areas, the lower first, each pair once, (p, 2), ascending.
    kind
        :data:`BORDER`, :data:`WAY` or :data:`ISLAND` of each pair, (p,).
    border
        Metres of common border on land of each pair, (p,); 0 where there is none.
    """

    pairs: Pairs
    kind: NDArray[np.object_]
    border: Floats


@dataclass(frozen=True, eq=False)
class Units:
    """``n`` units, never split.

    Parameters
    ----------
    frame
        One row a unit, index its id; columns ``navn``, ``medlemmer`` (tuple of the ids of the
        grunnkretser or blocks that are held together in it), ``gruppe`` (what it may be held
        together within: the school of today, and for ungdomstrinn the primary district too; empty
        when not known) and the geometry.
    next_to
        Which units lie next to each other, by row.
    """

    frame: gpd.GeoDataFrame
    next_to: Neighbours

    def row_of(self) -> pd.Series:
        """Row of the unit that each grunnkrets or block is in."""
        members = self.frame["medlemmer"].reset_index(drop=True).explode()
        return pd.Series(members.index.to_numpy(), index=members.to_numpy(), name="rad")


def neighbours(
    shapes: Geometries,
    *,
    least_m: float,
    land: BaseGeometry | None = None,
    graph: WalkGraph | None = None,
) -> Neighbours:
    """Find which areas lie next to each other.

    Parameters
    ----------
    shapes
        Areas (n,) that overlap along their borders at most, CRS in metres.
    least_m
        Metres of border that two areas must share at least; less is a corner.
    land
        What of the borders counts; ``None`` all of them. Grunnkretser go out into the sea.
    graph
        The walking network: an edge with an end in either of two areas makes them neighbours.

    Returns
    -------
    Neighbours
        So many pairs that all areas hang together: areas that nothing joins are joined where they
        are nearest to each other.
    """
    shapes = np.asarray(shapes, dtype=object)
    pairs, border = _borders(shapes, least_m, land)
    kind = np.full(len(pairs), BORDER, dtype=object)
    if graph is not None:
        walked = _without(_walked(shapes, graph), pairs)
        pairs = np.r_[pairs, walked]
        kind = np.r_[kind, np.full(len(walked), WAY, dtype=object)]
    lonely = _islands(shapes, pairs)
    pairs = np.r_[pairs, lonely]
    kind = np.r_[kind, np.full(len(lonely), ISLAND, dtype=object)]
    border = np.r_[border, np.zeros(len(pairs) - len(border))]
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return Neighbours(pairs[order], kind[order], border[order])


def _borders(shapes: Geometries, least_m: float, land: BaseGeometry | None) -> tuple[Pairs, Floats]:
    """Pairs with a common border, and its metres on land."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_SAME)
    pairs = np.column_stack([first, second])[first < second].astype(np.int64)
    outline = shapely.boundary(shapes)
    near = shapely.buffer(shapes, _SAME, quad_segs=2)
    common = shapely.intersection(outline[pairs[:, 0]], near[pairs[:, 1]])
    if land is not None:
        shapely.prepare(land)
        common = shapely.intersection(common, land)
    metres = shapely.length(common)
    kept = metres >= least_m
    return pairs[kept], metres[kept]


def _walked(shapes: Geometries, graph: WalkGraph) -> Pairs:
    """Pairs that an edge of the network leads between."""
    node, area = shapely.STRtree(shapes).query(shapely.points(graph.xy), predicate="intersects")
    of_node = np.full(graph.nodes, -1, dtype=np.int64)
    of_node[node] = area
    ends = np.column_stack([of_node[graph.start], of_node[graph.end]])
    between = ends[(ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])]
    return np.unique(np.sort(between, axis=1), axis=0)


def _without(pairs: Pairs, known: Pairs) -> Pairs:
    seen = set(map(tuple, known.tolist()))
    return np.array([one for one in pairs.tolist() if tuple(one) not in seen], np.int64).reshape(
        -1, 2
    )


def _islands(shapes: Geometries, pairs: Pairs) -> Pairs:
    """Join groups that nothing joins, the nearest first, until all hang together."""
    added: list[tuple[int, int]] = []
    while True:
        known = np.r_[pairs, np.array(added, dtype=np.int64).reshape(-1, 2)]
        group = components(known[:, 0], known[:, 1], len(shapes))
        if group.max(initial=0) == 0:
            return np.array(added, dtype=np.int64).reshape(-1, 2)
        sizes = np.bincount(group)
        lone = np.flatnonzero(group == int(sizes.argmin()))
        others = np.flatnonzero(group != int(sizes.argmin()))
        (own, other), _ = shapely.STRtree(shapes[others]).query_nearest(
            shapes[lone], return_distance=True, all_matches=False
        )
        apart = shapely.distance(shapes[lone[own]], shapes[others[other]])
        best = int(apart.argmin())
        one, two = int(lone[own[best]]), int(others[other[best]])
        added.append((min(one, two), max(one, two)))


def merged(units: Units, pupils: Floats, least: float) -> Units:
    """Hold units with few pupils together with a neighbour of the same group.

    Parameters
    ----------
    units
        The units, as they are.
    pupils
        Pupils of each, (n,): the fewest of the years that are told of.
    least
        Pupils that a unit must have. One whose group has no more, or that has no neighbour in its
        group, stays as it is.

    Returns
    -------
    Units
        Fewer of them, each with the id and name of its largest member first.
    """
    label = np.arange(len(units.frame))
    group = units.frame["gruppe"].to_numpy(dtype=object)
    pairs, border = units.next_to.pairs, units.next_to.border
    inside = group[pairs[:, 0]] == group[pairs[:, 1]]
    pairs, border = pairs[inside], border[inside]
    total = np.asarray(pupils, dtype=np.float64).copy()
    settled: set[int] = set()
    while True:
        small = [one for one in np.unique(label) if total[one] < least and one not in settled]
        if not small:
            break
        # The smallest first, so that small ones are not held together more than is needed.
        own = min(small, key=lambda one: (total[one], one))
        partner = _partner(label, pairs, border, own)
        if partner < 0:
            settled.add(own)
            continue
        keep, gone = (partner, own) if total[partner] >= total[own] else (own, partner)
        total[keep] += total[gone]
        label[label == gone] = keep
        settled.discard(keep)
    return _gathered(units, label, np.asarray(pupils, dtype=np.float64))


def _partner(label: Pairs, pairs: Pairs, border: Floats, own: int) -> int:
    """Label of the neighbour with the longest common border, −1 for none."""
    ends = label[pairs]
    mine = (ends == own).any(axis=1) & (ends[:, 0] != ends[:, 1])
    if not mine.any():
        return -1
    other = np.where(ends[mine, 0] == own, ends[mine, 1], ends[mine, 0])
    metres = np.bincount(other, weights=border[mine] + _SAME, minlength=len(label))
    return int(metres.argmax())


def _gathered(units: Units, label: Pairs, pupils: Floats) -> Units:
    """Put the units of each label together."""
    frame = units.frame.reset_index(names="enhet")
    order = np.lexsort((np.arange(len(label)), -pupils, label))
    rows = frame.iloc[order].assign(etikett=label[order])
    grouped = rows.groupby("etikett", sort=True)
    told = pd.DataFrame(
        {
            "enhet": grouped["enhet"].first(),
            "navn": grouped["navn"].agg(lambda names: " + ".join(dict.fromkeys(map(str, names)))),
            "medlemmer": grouped["medlemmer"].agg(lambda many: tuple(chain.from_iterable(many))),
            "gruppe": grouped["gruppe"].first(),
        }
    )
    number = np.unique(label, return_inverse=True)[1]
    shape = gpd.GeoSeries(geometries(units.frame), crs=units.frame.crs)
    together = shape.groupby(number).agg(lambda one: shapely.union_all(one.to_numpy()))
    result = gpd.GeoDataFrame(
        told.set_index("enhet"), geometry=together.to_numpy(), crs=units.frame.crs
    )
    return Units(result, _renumbered(units.next_to, number))


def _renumbered(next_to: Neighbours, number: Pairs) -> Neighbours:
    """Neighbours of the units that others were put together in."""
    ends = np.sort(number[next_to.pairs], axis=1)
    frame = pd.DataFrame(
        {"a": ends[:, 0], "b": ends[:, 1], "kind": next_to.kind, "border": next_to.border}
    )
    # A border says more than a way, and a way more than that nothing else is nearer.
    frame["rank"] = frame["kind"].map({BORDER: 0, WAY: 1, ISLAND: 2})
    frame = frame[frame["a"] != frame["b"]].sort_values(["a", "b", "rank"], kind="stable")
    grouped = frame.groupby(["a", "b"], sort=True)
    told = grouped.agg(kind=("kind", "first"), border=("border", "sum")).reset_index()
    return replace(
        next_to,
        pairs=told[["a", "b"]].to_numpy(dtype=np.int64),
        kind=told["kind"].to_numpy(dtype=object),
        border=told["border"].to_numpy(dtype=np.float64),
    )


def blocks(
    addresses: Geometries,
    districts: gpd.GeoDataFrame,
    *,
    size_m: float,
    least: int,
) -> gpd.GeoDataFrame:
    """Make blocks of addresses inside each district, for where there are no grunnkretser.

    The centre of a block is the mean of the addresses in a square of a grid; squares with few
    addresses are left out. A block is what of its district lies nearer to its centre than to any
    other: blocks fill the district and never cross its border.

    Parameters
    ----------
    addresses
        Points (a,).
    districts
        ``krets_id``, ``navn`` and polygons that do not overlap, in the CRS of the points, metres.
    size_m
        Side of the squares, metres.
    least
        Addresses that a square must have to become a block.

    Returns
    -------
    geopandas.GeoDataFrame
        ``grunnkretsnummer`` (id of the district and a number), ``grunnkretsnavn`` and the polygon:
        to be used as the layer ``grunnkrets``.
    """
    xy = shapely.get_coordinates(addresses)
    shapes = geometries(districts)
    point, owner = shapely.STRtree(shapes).query(addresses, predicate="intersects")
    once = np.unique(point, return_index=True)[1]
    squares = pd.DataFrame(
        {
            "krets": owner[once],
            "ost": np.floor(xy[point[once], 0] / size_m),
            "nord": np.floor(xy[point[once], 1] / size_m),
            "x": xy[point[once], 0],
            "y": xy[point[once], 1],
        }
    )
    centres = squares.groupby(["krets", "nord", "ost"], sort=True).agg(
        x=("x", "mean"), y=("y", "mean"), antall=("x", "size")
    )
    centres = centres[centres["antall"] >= least].reset_index()
    parts = [
        _cells(shape, centres.loc[centres["krets"] == number, ["x", "y"]].to_numpy())
        for number, shape in enumerate(shapes)
    ]
    return _block_frame(districts, parts)


def _cells(shape: BaseGeometry, centres: Floats) -> list[BaseGeometry]:
    """Cut a shape in what lies nearest to each centre; one centre has it whole."""
    if len(centres) < 2:  # noqa: PLR2004  (a diagram needs two)
        return [shape]
    cells = shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=shape, ordered=True)
    parts = shapely.intersection(shapely.get_parts(cells), shape)
    return list(parts[~shapely.is_empty(parts)])


def _block_frame(
    districts: gpd.GeoDataFrame, parts: Sequence[Sequence[BaseGeometry]]
) -> gpd.GeoDataFrame:
    named = [
        (f"{key}-{number + 1:02d}", f"{name}, del {number + 1}", part)
        for key, name, own in zip(districts["krets_id"], districts["navn"], parts, strict=True)
        for number, part in enumerate(own)
    ]
    return gpd.GeoDataFrame(
        {
            "grunnkretsnummer": [one[0] for one in named],
            "grunnkretsnavn": [one[1] for one in named],
        },
        geometry=[one[2] for one in named],
        crs=districts.crs,
    )
