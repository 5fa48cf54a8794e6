"""Joined chains cut into the pieces of pipe between nodes: doubles out, rings in two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from askergeo.network._building import CleanEdges, _doubled, _one_a_chain, cut_loops
from askergeo.network._chains import Edges, cut, junctions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._chains import Chains
    from askergeo.va._net_joining import Joining

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Pieces", "pieces_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """Pieces of pipe, (m,), one a chain, and what became of the lines, (l,).

    Parameters
    ----------
    chains
        One chain a piece.
    line
        Line of each piece.
    share
        Share of the line's length from its start to where the piece starts and ends, (m, 2).
    dropped
        Share of each line that lies on another line, and was dropped, (l,).
    ring
        Lines that begin and end in one place, or pass one twice, (l,).
    gone
        Lines that are shorter than the tolerance, and whose ends became one place, (l,).
    """

    chains: Chains
    line: Numbers
    share: Reals
    dropped: Reals
    ring: Flags
    gone: Flags


def pieces_of(work: Joining, rank: Numbers, group: Numbers, single: Flags) -> Pieces:
    """Cut the lines at their ends, where others join them, and where a point stands.

    Parameters
    ----------
    work
        The joined lines.
    rank
        Which of two doubled lines stays, (l,): the lower.
    group
        Only lines of one group double each other, (l,).
    single
        Lines that are never doubles: pumps and valves, and those told apart by what they are, (l,).
    """
    at = junctions(work.chains)
    at[work.vertex] = True
    edges = cut(work.chains, at)
    doubled = np.zeros(len(edges.line), dtype=bool)
    for one in np.unique(group):
        some = np.flatnonzero((group[edges.line] == one) & ~single[edges.line])
        doubled[some] = _doubled(work.chains, _some(edges, some), rank)
    along = work.chains.along()
    whole = np.bincount(edges.line, edges.length, minlength=work.lines)
    lost = np.bincount(edges.line[doubled], edges.length[doubled], minlength=work.lines)
    gone = whole <= 0
    safe = np.where(gone, 1.0, whole)
    kept = np.flatnonzero(~doubled)
    ring = np.zeros(work.lines, dtype=bool)
    ring[edges.line[edges.start == edges.end]] = True
    whole_edges = CleanEdges(
        chains=_one_a_chain(work.chains, edges, kept),
        line=kept,
        doubled=0,
        collapsed=0,
        dropped_m=0.0,
    )
    looped, _ = cut_loops(whole_edges)
    line, share = _shares(looped, edges, along, safe)
    return Pieces(
        chains=looped.chains, line=line, share=share, dropped=lost / safe, ring=ring, gone=gone
    )


def _shares(pieces: CleanEdges, edges: Edges, along: Reals, whole: Reals) -> tuple[Numbers, Reals]:
    """Line of each piece, and where it starts and ends as shares of the line; rings are halved."""
    origin = pieces.line
    line = edges.line[origin]
    first = np.full(len(whole), np.inf)
    np.minimum.at(first, edges.line, along[edges.first])
    start = (along[edges.first[origin]] - first[line]) / whole[line]
    length = np.diff(_lengths(pieces.chains, len(line)))
    # Pieces of one edge follow each other.
    new = np.diff(origin, prepend=-1) != 0
    before = np.cumsum(length) - length
    offset = before - np.maximum.accumulate(np.where(new, before, 0.0))
    begin = start + offset / whole[line]
    return line, np.column_stack([begin, begin + length / whole[line]])


def _lengths(chains: Chains, count: int) -> Reals:
    """Length along all pieces before each, (count + 1,)."""
    bounds = np.searchsorted(chains.line, np.arange(count + 1))
    along = chains.along()
    return np.asarray(np.r_[along[bounds[:-1]], along[-1] if len(along) else 0.0])


def _some(edges: Edges, which: Numbers) -> Edges:
    return replace(
        edges,
        first=edges.first[which],
        last=edges.last[which],
        start=edges.start[which],
        end=edges.end[which],
        length=edges.length[which],
        line=edges.line[which],
    )
