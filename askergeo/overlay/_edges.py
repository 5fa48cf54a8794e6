"""Compiled kernel: edges that are not met by the same edge the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["loose_edges"]

_MIX_A, _MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_HALF, _SIGN_BITS = np.uint64(32), np.uint64(2)


@kernel
def _mixed(a: Any, b: Any) -> Any:
    value = (a ^ (a >> _HALF)) * _MIX_A + (b ^ (b >> _HALF)) * _MIX_B
    return (value ^ (value >> _HALF)) * _MIX_A


@kernel
def _hash(bits: Any, k: int) -> Any:
    """Hash value of edge ``k``, the same both ways; never negative."""
    value = _mixed(bits[k, 0], bits[k, 1]) + _mixed(bits[k + 1, 0], bits[k + 1, 1])
    return np.int64((value ^ (value >> _HALF)) >> _SIGN_BITS)


@kernel
def loose_edges(xy: Floats, bits: Any, ends: Index, signs: Floats, share: int, shares: int) -> Any:
    """First coordinates of the edges that remain when those that meet are taken out.

    Parameters
    ----------
    xy, bits
        Coordinates, and the same memory read as whole numbers.
    ends, signs
        Blocks of edges and their signs, as in `Surfaces`.
    share, shares
        Only edges whose hash value is of this share are looked at.

    Returns
    -------
    ndarray
        Edge ``k`` runs from coordinate ``k`` to ``k + 1``.
    """
    total = 0
    for block in range(len(ends)):
        total += ends[block, 1] - ends[block, 0]
    # Most edges come in twos, so that the table is half full at most when it has one slot an edge.
    slots = 64
    while slots < total // shares:
        slots *= 2
    table = np.full(slots, -1, dtype=np.int64)
    net = np.zeros(slots, dtype=np.int32)
    used = 0
    for block in range(len(ends)):
        for k in range(ends[block, 0], ends[block, 1]):
            key = _hash(bits, k)
            if key % shares != share:
                continue
            slot = (key // shares) & (slots - 1)
            while table[slot] >= 0 and not _same(xy, table[slot], k):
                slot = (slot + 1) & (slots - 1)
            if table[slot] < 0:
                table[slot] = k
                used += 1
                if 4 * used > 3 * slots:
                    table, net, slots = _larger(bits, table, net, shares)
                    slot = (key // shares) & (slots - 1)
                    while table[slot] != k:
                        slot = (slot + 1) & (slots - 1)
            way = 1 if _ascends(xy, k) else -1
            net[slot] += way if signs[block] > 0.0 else -way
    return _listed(table, net)


@kernel
def _ascends(xy: Floats, k: int) -> Any:
    return xy[k, 0] < xy[k + 1, 0] or (xy[k, 0] == xy[k + 1, 0] and xy[k, 1] < xy[k + 1, 1])


@kernel
def _same(xy: Floats, a: int, b: int) -> Any:
    along = (
        xy[a, 0] == xy[b, 0]
        and xy[a, 1] == xy[b, 1]
        and xy[a + 1, 0] == xy[b + 1, 0]
        and xy[a + 1, 1] == xy[b + 1, 1]
    )
    against = (
        xy[a, 0] == xy[b + 1, 0]
        and xy[a, 1] == xy[b + 1, 1]
        and xy[a + 1, 0] == xy[b, 0]
        and xy[a + 1, 1] == xy[b, 1]
    )
    return along or against


@kernel
def _larger(bits: Any, table: Index, net: Any, shares: int) -> Any:
    """Move a table that is nearly full into one of twice the size."""
    slots = 2 * len(table)
    moved = np.full(slots, -1, dtype=np.int64)
    moved_net = np.zeros(slots, dtype=np.int32)
    for old in range(len(table)):
        k = table[old]
        if k < 0:
            continue
        key = _hash(bits, k)
        slot = (key // shares) & (slots - 1)
        while moved[slot] >= 0:
            slot = (slot + 1) & (slots - 1)
        moved[slot], moved_net[slot] = k, net[old]
    return moved, moved_net, slots


@kernel
def _listed(table: Index, net: Any) -> Any:
    """Edges that were gone more often one way than the other."""
    count = 0
    for slot in range(len(table)):
        count += table[slot] >= 0 and net[slot] != 0
    found = np.empty(count, dtype=np.int64)
    count = 0
    for slot in range(len(table)):
        if table[slot] >= 0 and net[slot] != 0:
            found[count] = table[slot]
            count += 1
    return found
