"""Heights and slopes along the edges: from the terrain, or from the heights of the lines.

Slope is taken between points at most :data:`STEP_M` apart, evenly along each edge, but no closer
than the cells of the terrain: closer points would only repeat the raster's own interpolation, and
noise would become slope. Bridges and tunnels run straight between their ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._chains import Chains
    from askergeo.terrain import Terrain

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["STEP_M", "Slopes", "slopes_of"]

# Tobler's function bends with the slope: over longer steps hills are cut off.
STEP_M = 25.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """Height of each vertex (n,), and the pieces of each edge as in ``WalkGraph``."""

    z: Reals
    piece_ptr: Numbers
    piece_length: NDArray[np.float32]
    piece_slope: NDArray[np.float32]


def slopes_of(edges: Chains, straight: Flags, terrain: Terrain | None) -> Slopes:
    """Heights and slopes of edges.

    Parameters
    ----------
    edges
        One chain an edge.
    straight
        Edges that run straight between their ends whatever the terrain: bridges and tunnels.
    terrain
        Heights of the ground; without, the heights that the chains bring.
    """
    along = edges.along()
    bounds = np.searchsorted(edges.line, np.arange(len(straight) + 1))
    first, last = bounds[:-1], bounds[1:] - 1
    length = along[last] - along[first]
    start, end = edges.vertex[first], edges.vertex[last]
    if terrain is None:
        z, straight = _mean_height(edges), np.zeros(len(straight), dtype=bool)
        count = np.ceil(length / STEP_M)
    else:
        z = np.full(len(edges.position), np.nan)
        used = np.unique(np.r_[start, end])
        z[used] = terrain.heights(edges.position[used])
        z = _lifted(z, start, end, length, straight)
        count = np.minimum(np.ceil(length / STEP_M), np.floor(length / terrain.cell))
    count = np.where(straight, 1, np.maximum(count, 1)).astype(np.int64)
    piece_ptr = np.concatenate([[0], np.cumsum(count)])
    edge = np.repeat(np.arange(len(count)), count)
    number = np.arange(piece_ptr[-1]) - piece_ptr[edge]
    piece = length[edge] / count[edge]
    before = z[start[edge]]
    inner = np.flatnonzero(number > 0)
    asked = along[first[edge[inner]]] + number[inner] * piece[inner]
    step = np.searchsorted(along, asked, side="right") - 1
    step = np.clip(step, first[edge[inner]], last[edge[inner]] - 1)
    before[inner] = _heights_along(edges, along, step, asked, terrain)
    after = np.r_[before[1:], np.nan]
    after[piece_ptr[1:] - 1] = z[end]
    return Slopes(
        z=z,
        piece_ptr=piece_ptr,
        piece_length=piece.astype(np.float32),
        piece_slope=((after - before) / piece).astype(np.float32),
    )


def _heights_along(
    edges: Chains, along: Reals, step: Numbers, asked: Reals, terrain: Terrain | None
) -> Reals:
    """Heights at places inside segments, given by their length from the start of all chains."""
    share = (asked - along[step]) / (along[step + 1] - along[step])
    if terrain is None:
        return np.asarray(edges.z[step] * (1 - share) + edges.z[step + 1] * share)
    a, b = edges.position[edges.vertex[step]], edges.position[edges.vertex[step + 1]]
    return terrain.heights(a + (b - a) * share[:, None])


def _mean_height(edges: Chains) -> Reals:
    """Mean height of the lines at each vertex, of those that know it."""
    known = np.isfinite(edges.z)
    count = np.bincount(edges.vertex[known], minlength=len(edges.position))
    total = np.bincount(edges.vertex[known], edges.z[known], minlength=len(edges.position))
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _lifted(z: Reals, start: Numbers, end: Numbers, length: Reals, straight: Flags) -> Reals:
    """Heights of vertices in the middle of bridges and tunnels, from where these meet the ground.

    A chain of pieces is interpolated by length; where bridges meet in the air, each vertex is
    the mean of its neighbours, weighted by one over their distance.
    """
    count = len(z)
    on_ground = np.zeros(count, dtype=bool)
    on_ground[start[~straight]] = on_ground[end[~straight]] = True
    degree = np.bincount(np.r_[start, end], minlength=count)
    # Where a bridge ends blind it meets the ground too.
    on_ground |= degree == 1
    floating = np.zeros(count, dtype=bool)
    floating[start[straight]] = floating[end[straight]] = True
    floating &= ~on_ground
    if not floating.any():
        return z
    weight = 1.0 / length[straight]
    one, other = np.r_[start[straight], end[straight]], np.r_[end[straight], start[straight]]
    weight = np.r_[weight, weight]
    number = np.cumsum(floating) - 1
    rows = floating[one]
    one, other, weight = one[rows], other[rows], weight[rows]
    size = int(floating.sum())
    inner = floating[other]
    links = coo_array((weight[inner], (number[one[inner]], number[other[inner]])), (size, size))
    group = connected_components(links, directed=False)[1]
    fixed = ~inner & np.isfinite(z[other])
    total = np.bincount(number[one], weight, size)
    unknown = np.bincount(number[one[~inner & ~fixed]], minlength=size) > 0
    anchored = np.bincount(group[number[one[fixed]]], minlength=size)[group] > 0
    lost = np.bincount(group, unknown, minlength=size)[group] > 0
    solvable = anchored & ~lost
    right = np.bincount(number[one[fixed]], weight[fixed] * z[other[fixed]], size)
    # An unsolvable row stands alone, so that the matrix stays regular.
    keep = inner & solvable[number[one]]
    off = coo_array((-weight[keep], (number[one[keep]], number[other[keep]])), (size, size))
    matrix = off.tocsc()
    matrix.setdiag(np.where(solvable, total, 1.0))
    solved = np.atleast_1d(spsolve(matrix, np.where(solvable, right, 0.0)))
    lifted = z.copy()
    lifted[floating] = np.where(solvable, solved, np.nan)
    return lifted
