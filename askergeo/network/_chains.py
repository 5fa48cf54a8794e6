"""Lines as chains of numbered vertices: what noding, snapping and cutting work on.

Two vertices with one number are one place of the network. Joining two lines is giving their
vertices the same number; the position of each number stands in a table beside the chains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "GRID_M",
    "Chains",
    "Edges",
    "cut",
    "distinct",
    "ends_of",
    "insert",
    "junctions",
    "line_strings",
    "read_chains",
]

# Vertices whose coordinates agree to a millimetre are the same vertex.
GRID_M = 0.001


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Chains:
    """Lines as chains of vertices.

    Parameters
    ----------
    vertex
        Number of the vertex at each step of the chains, (v,).
    z
        Height of the line there, (v,), metres; NaN unknown.
    line
        Line that each step belongs to, (v,), ascending.
    position
        Where each numbered vertex lies, (n, 2), metres.
    level
        Level of each line, (l,).
    """

    vertex: Numbers
    z: Reals
    line: Numbers
    position: Reals
    level: Numbers

    def segments(self) -> Numbers:
        """Return the steps that a segment starts from: all but the last of each line."""
        return np.flatnonzero(self.line[1:] == self.line[:-1])

    def along(self) -> Reals:
        """Length of all segments before each step, (v,); differences hold within a line."""
        xy = self.position[self.vertex]
        length = np.hypot(*(xy[1:] - xy[:-1]).T)
        length[self.line[1:] != self.line[:-1]] = 0.0
        return np.concatenate([[0.0], np.cumsum(length)])

    def moved(self, target: Numbers) -> Chains:
        """Chains in which vertex ``v`` is ``target[v]``; steps that stand still are dropped."""
        vertex = target[self.vertex]
        stays = np.ones(len(vertex), dtype=bool)
        stays[1:] = (vertex[1:] != vertex[:-1]) | (self.line[1:] != self.line[:-1])
        return replace(self, vertex=vertex[stays], z=self.z[stays], line=self.line[stays])


@dataclass(frozen=True, kw_only=True, eq=False)
class Edges:
    """Chains cut at their junctions: edge ``e`` runs from step ``first[e]`` to ``last[e]``."""

    first: Numbers
    last: Numbers
    start: Numbers
    end: Numbers
    length: Reals
    line: Numbers


def read_chains(lines: NDArray[np.object_], level: Numbers) -> tuple[Chains, Flags]:
    """Give the vertices of line strings their numbers.

    Vertices at the same place have one number when the lines are of one level, or when one of
    them ends there: a shared end joins levels, a shared vertex in passing does not.

    Returns
    -------
    Chains
        Of the lines that have length.
    (l,) bool
        Lines that do not.
    """
    coordinates, line = shapely.get_coordinates(lines, include_z=True, return_index=True)
    cell = np.round(coordinates[:, :2] / GRID_M).astype(np.int64)
    if len(cell):
        cell -= cell.min(axis=0)
    _, place = np.unique(cell[:, 0] * (cell[:, 1].max(initial=0) + 1) + cell[:, 1],
                         return_inverse=True)  # fmt: skip
    stays = np.ones(len(place), dtype=bool)
    stays[1:] = (place[1:] != place[:-1]) | (line[1:] != line[:-1])
    several = np.bincount(line[stays], minlength=len(lines)) > 1
    stays &= several[line]
    place, line, coordinates = place[stays], line[stays], coordinates[stays]
    is_end = np.zeros(place.max(initial=-1) + 1, dtype=bool)
    is_end[place[ends_of(line)]] = True
    apart = np.where(is_end[place], 0, level[line] - level.min(initial=0) + 1)
    key = place * (np.ptp(level) + 2 if len(level) else 1) + apart
    _, first, vertex = np.unique(key, return_index=True, return_inverse=True)
    chains = Chains(
        vertex=vertex,
        z=coordinates[:, 2],
        line=line,
        position=coordinates[first, :2],
        level=level,
    )
    return chains, ~several


def line_strings(coordinates: Reals, owner: Numbers) -> NDArray[np.object_]:
    """Line strings of vertices (v, 2) that say which line each belongs to, (v,), ascending."""
    if len(owner) == 0:
        return np.zeros(0, dtype=object)
    return np.asarray(shapely.linestrings(coordinates, indices=owner), dtype=object)


def ends_of(line: Numbers) -> Flags:
    """Which steps are the first or the last of their line."""
    change = line[1:] != line[:-1]
    if len(line) == 0:
        return np.zeros(0, dtype=bool)
    return np.asarray(np.r_[True, change] | np.r_[change, True])


def junctions(chains: Chains) -> Flags:
    """Vertices, (n,), where lines end, meet, part or turn back.

    A vertex that doubled lines pass in the same way is none: its neighbours are only two.
    """
    found = np.zeros(len(chains.position), dtype=bool)
    end = ends_of(chains.line)
    found[chains.vertex[end]] = True
    inner = np.flatnonzero(~end)
    turns = chains.vertex[inner - 1] == chains.vertex[inner + 1]
    found[chains.vertex[inner[turns]]] = True
    pair = np.concatenate(
        [
            np.column_stack([chains.vertex[inner], chains.vertex[inner - 1]]),
            np.column_stack([chains.vertex[inner], chains.vertex[inner + 1]]),
        ]
    )
    count = len(found)
    neighbours = distinct(pair[:, 0] * count + pair[:, 1]) // max(count, 1)
    number = np.bincount(neighbours, minlength=count)
    return np.asarray(found | (number > 2))  # noqa: PLR2004  (one before, one after)


def distinct(keys: Numbers) -> Numbers:
    """Sorted keys without repetition; sorting is faster here than the hashing of ``np.unique``."""
    ordered = np.sort(keys)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def cut(chains: Chains, at: Flags) -> Edges:
    """Cut chains at the vertices ``at``, which must include the ends of the lines."""
    step = np.flatnonzero(at[chains.vertex])
    same = chains.line[step[1:]] == chains.line[step[:-1]]
    first, last = step[:-1][same], step[1:][same]
    along = chains.along()
    return Edges(
        first=first,
        last=last,
        start=chains.vertex[first],
        end=chains.vertex[last],
        length=along[last] - along[first],
        line=chains.line[first],
    )


def insert(chains: Chains, after: Numbers, share: Reals, vertex: Numbers) -> Chains:
    """Put vertices into segments.

    Parameters
    ----------
    chains
        The chains, whose table of positions has the new vertices already.
    after
        Step that each segment starts from.
    share
        Where on the segment, 0–1; the height is interpolated there.
    vertex
        What to put there.
    """
    z = chains.z[after] * (1 - share) + chains.z[after + 1] * share
    order = np.lexsort((np.r_[np.zeros(len(chains.vertex)), share],
                        np.r_[np.arange(len(chains.vertex)), after]))  # fmt: skip
    whole = replace(
        chains,
        vertex=np.r_[chains.vertex, vertex][order],
        z=np.r_[chains.z, z][order],
        line=np.r_[chains.line, chains.line[after]][order],
    )
    return whole.moved(np.arange(len(chains.position)))
