"""Where water comes from and sewage runs to, up and down from one place on the network.

Sewage runs as its pipes fall. Water in a network with loops runs as pressure decides: without a
model only the pipes that all water must pass are certain. Upwards the others are those on some way
from a source that does not pass the same place twice (the blocks on the way in the block-cut tree,
Harary 1969); downwards they are those that the shortest way from the nearest source leads through,
which is a guess and is told as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.va._net_model import BY_HEIGHT, VANN
from askergeo.va._net_pipes import number_of, text_of
from askergeo.va._supply_tree import root_walk, topmost
from askergeo.va.supply import dry_without

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._net_model import PipeNetwork
    from askergeo.va._supply_tree import Tree
    from askergeo.va.supply import Pipes

    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]

__all__ = ["DOWN", "SURE", "UP", "Trace", "pumped_jumps", "trace_sewage", "trace_water"]

UP, DOWN = "opp", "ned"
#: What a piece of a trace rests on.
SURE: Final = ("sikker", "antatt", "ukjent")
# Ways that differ less than this (m) are as short.
_SAME: Final = 1e-6
_STATION: Final = "pumpestasjon"
# A plant out of use is no point of the network: it stood at the node that is as near as this (m).
_STOOD_M: Final = 1.0


@dataclass(frozen=True, eq=False)
class Trace:
    """The pieces of a trace.

    Parameters
    ----------
    pieces
        Pieces of the network, ascending, those it began at among them.
    sure
        Place in `SURE` for each.
    ends
        Nodes where the trace ends.
    jumps
        Pairs of nodes that it passes without a drawn pipe, (j, 2).
    """

    pieces: Whole
    sure: NDArray[np.int8]
    ends: Whole
    jumps: Whole


def trace_sewage(
    network: PipeNetwork, begin: Whole, direction: str, jumps: Whole | None = None
) -> Trace:
    """Follow sewage or storm water from some pieces: down to where it ends, or up to all of it.

    Parameters
    ----------
    network
        Of sewage or storm water. A piece of unknown direction is followed both ways.
    begin
        Pieces that the trace begins at.
    direction
        `UP` or `DOWN`.
    jumps
        Nodes that sewage is pumped from and to without a drawn pipe, (j, 2).

    Returns
    -------
    Trace
        A piece is ``sikker`` when bottom heights tell its direction, ``antatt`` when the line as
        it is drawn does, ``ukjent`` when nothing does.
    """
    jumps = np.zeros((0, 2), np.int64) if jumps is None else jumps
    against = network.direction < 0
    tail = np.where(against, network.end, network.start).astype(np.int64)
    head = np.where(against, network.start, network.end).astype(np.int64)
    both = network.direction == 0
    piece = np.concatenate([np.arange(network.edges), np.flatnonzero(both)])
    tails, heads = np.concatenate([tail, head[both]]), np.concatenate([head, tail[both]])
    jump_tail, jump_head = jumps[:, 0], jumps[:, 1]
    if direction == UP:
        tails, heads, jump_tail, jump_head = heads, tails, jump_head, jump_tail
    mine = np.isin(piece, begin)
    seeds = np.unique(heads[mine])
    reached = _reached(
        network.nodes,
        np.concatenate([tails, jump_tail]),
        np.concatenate([heads, jump_head]),
        seeds,
    )
    pieces = np.union1d(begin, piece[reached[tails]]).astype(np.int64)
    leaving = np.zeros(network.nodes, dtype=np.bool_)
    leaving[tails], leaving[jump_tail] = True, True
    ends = reached & (~leaving | (network.outlet if direction == DOWN else False))
    return Trace(
        pieces,
        np.where(both, 2, np.where(network.direction_by == BY_HEIGHT, 0, 1))[pieces].astype(
            np.int8
        ),
        np.flatnonzero(ends),
        jumps[reached[jump_tail]],
    )


def pumped_jumps(
    network: PipeNetwork, va_anlegg: pd.DataFrame | None, year: int | None = None
) -> Whole:
    """Return the nodes that plants pump from and to by their register, where no pipe leaves.

    Only pumping stations do, and a treatment plant that is closed: of one in use the register
    tells who takes over when it closes.

    Parameters
    ----------
    network
        Of sewage or storm water.
    va_anlegg
        The layer of the catalogue; without it, or its ``til_anlegg_id``, there are none.
    year
        Year of the network; ``None`` when it is unknown, and then no plant is known to be closed.

    Returns
    -------
    array
        Pairs of nodes, (j, 2).
    """
    if va_anlegg is None or "til_anlegg_id" not in va_anlegg:
        return np.zeros((0, 2), np.int64)
    ids = pd.Index(va_anlegg["anlegg_id"].astype(str))
    to = ids[~ids.duplicated()].get_indexer(
        pd.Index(va_anlegg["til_anlegg_id"].astype("string").fillna("").astype(str))
    )
    rows = np.flatnonzero(~ids.duplicated())
    node = network.facility_at.astype(np.int64)
    target = np.where(to >= 0, node[rows[to]], -1)
    # A plant with a drawn pipe out of it sends its sewage there.
    tail = np.where(network.direction < 0, network.end, network.start)
    leaves = np.zeros(network.nodes, dtype=np.bool_)
    leaves[tail] = True
    closed = _closed(va_anlegg, year)
    node = np.where(closed & (node < 0), _places_of(network, va_anlegg), node)
    mine = (node >= 0) & (target >= 0) & (node != target)
    mine &= (text_of(va_anlegg, "type") == _STATION) | closed
    mine &= ~leaves[np.where(mine, node, 0)]
    return np.stack([node[mine], target[mine]], axis=1)


def _closed(va_anlegg: pd.DataFrame, year: int | None) -> Truth:
    """Tell which plants are closed before a year, (f,)."""
    if year is None:
        return np.zeros(len(va_anlegg), dtype=np.bool_)
    return np.asarray(number_of(va_anlegg, "til_aar") < year, dtype=np.bool_)


def _places_of(network: PipeNetwork, va_anlegg: pd.DataFrame) -> Whole:
    """Return the node nearest each plant, where a plant out of use stood, (f,); −1 too far off."""
    found = np.full(len(va_anlegg), -1, dtype=np.int64)
    shapes = va_anlegg.geometry.array if "geometry" in va_anlegg else []
    for row, shape in enumerate(shapes):
        if not network.nodes or shape is None or shape.is_empty:
            continue
        away = np.hypot(*(network.xy - [shape.centroid.x, shape.centroid.y]).T)
        nearest = int(np.argmin(away))
        found[row] = nearest if away[nearest] <= _STOOD_M else -1
    return found


def _reached(nodes: int, tails: Whole, heads: Whole, seeds: Whole) -> Truth:
    """Return the nodes that the arcs lead to from the seeds, these among them."""
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import breadth_first_order  # noqa: PLC0415

    # One node more, with an arc to each seed.
    tails = np.concatenate([tails, np.full(len(seeds), nodes)])
    heads = np.concatenate([heads, seeds])
    arcs = coo_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(nodes + 1, nodes + 1))
    order = breadth_first_order(arcs.tocsr(), nodes, return_predecessors=False)
    found = np.zeros(nodes + 1, dtype=np.bool_)
    found[order] = True
    return found[:nodes]


def trace_water(network: PipeNetwork, pipes: Pipes, begin: Whole, direction: str) -> Trace:
    """Follow water from some pieces: up to its sources, or down to those who have it through here.

    Parameters
    ----------
    network
        Of water.
    pipes
        The same with its sources and valves, as the failures have it.
    begin
        Pieces that the trace begins at.
    direction
        `UP` or `DOWN`.

    Returns
    -------
    Trace
        Upwards a piece is ``sikker`` when all water to one of the first passes it, ``antatt`` when
        some may. Downwards ``sikker`` when all its water comes through here, ``antatt`` when the
        shortest way from a source does.
    """
    if network.medium != VANN:
        raise ValueError(network.medium)
    return _up(pipes, begin) if direction == UP else _down(network, pipes, begin)


def _up(pipes: Pipes, begin: Whole) -> Trace:
    count, start, end = pipes.opened()
    links = len(start)
    some = np.zeros(links, dtype=np.bool_)
    every = np.zeros(links, dtype=np.bool_)
    ends = np.zeros(count, dtype=np.bool_)
    for piece in begin.tolist():
        may, must, given = _ways(count, start, end, pipes.sources, piece)
        some |= may
        every |= must
        ends |= given
    some[begin], every[begin] = True, True
    pieces = np.flatnonzero(some)
    sure = np.where(every[pieces], 0, 1).astype(np.int8)
    return Trace(pieces, sure, np.flatnonzero(ends[: pipes.nodes]), np.zeros((0, 2), np.int64))


def _ways(
    count: int, start: Whole, end: Whole, sources: Whole, piece: int
) -> tuple[Truth, Truth, Truth]:
    """Return the pieces on some way to the middle of a piece, those on all, and the sources."""
    links = len(start)
    # The piece is cut in two by a node in its middle.
    one, two = np.append(start, count), np.append(end, end[piece])
    two[piece] = count
    tree = root_walk(count + 1, one, two, sources)
    must = np.zeros(links + 1, dtype=np.bool_)
    may, given = must.copy(), np.zeros(count + 1, dtype=np.bool_)
    if not tree.reached[count]:
        return may[:links], must[:links], given[:count]
    node = count
    while node != tree.root:
        if tree.bridge[node] and tree.parent[node] != tree.root:
            must[tree.through[node]] = True
        node = int(tree.parent[node])
    # A link from the root to the middle makes one block of all ways there.
    closed = root_walk(count + 1, one, two, np.append(sources, count))
    apart = closed.cut & (closed.parent != closed.root)
    branch = _branch(closed)
    inside = (topmost(closed.order, closed.parent, apart) < 0) & (branch == branch[count])
    inside[closed.root] = False
    lower = np.where(closed.number[one] > closed.number[two], one, two)
    may = inside[lower] & closed.reached[one]
    at = np.zeros(len(inside), dtype=np.bool_)
    at[sources] = True
    given = at & inside
    return may[:links], must[:links], given[:count]


def _branch(tree: Tree) -> Whole:
    """Return the child of the root that each node lies below."""
    return np.asarray(topmost(tree.order, tree.parent, tree.parent == tree.root))


def _down(network: PipeNetwork, pipes: Pipes, begin: Whole) -> Trace:
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    count, start, end = pipes.opened()
    length = np.maximum(network.length_m, _SAME * 10)
    tails, heads = np.concatenate([start, end]), np.concatenate([end, start])
    sources = pipes.sources
    # Of parallel pipes the shortest counts.
    order = np.lexsort((np.tile(length, 2), heads, tails))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(tails[order]) != 0) | (np.diff(heads[order]) != 0)
    keep = order[first]
    arcs = coo_array((np.tile(length, 2)[keep], (tails[keep], heads[keep])), shape=(count, count))
    if len(sources):
        away = dijkstra(arcs.tocsr(), indices=sources, min_only=True)
    else:
        away = np.full(count, np.inf)
    with np.errstate(invalid="ignore"):  # parts without a source are infinitely far away
        gain = away[heads] - away[tails]
        flows = np.isfinite(gain) & (np.abs(gain - np.tile(length, 2)) <= _SAME)
    piece = np.tile(np.arange(len(start)), 2)
    seeds = np.unique(heads[flows & np.isin(piece, begin)])
    reached = _reached(count, tails[flows], heads[flows], seeds)
    # Water meets from both sides in a pipe that is on no shortest way.
    met = np.ones(len(start), dtype=np.bool_)
    met[piece[flows]] = False
    pieces = np.union1d(begin, piece[flows & reached[tails]])
    pieces = np.union1d(pieces, np.flatnonzero(met & (reached[start] | reached[end])))
    dry = dry_without(pipes, begin)
    pieces = np.union1d(pieces, np.flatnonzero(dry)).astype(np.int64)
    dry[begin] = True
    sure = np.where(dry[pieces], 0, 1).astype(np.int8)
    beyond = np.zeros(count, dtype=np.bool_)
    beyond[tails[flows]] = True
    ends = np.zeros(count, dtype=np.bool_)
    touched = np.concatenate([start[pieces], end[pieces]])
    ends[touched] = True
    ends &= reached & ~beyond
    return Trace(pieces, sure, np.flatnonzero(ends[: pipes.nodes]), np.zeros((0, 2), np.int64))
