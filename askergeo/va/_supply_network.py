"""The network of water as failures see it: its sources, its valves, and what is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.va._supply_segments import CLOSED, OPEN
from askergeo.va.supply import Pipes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.va._net_model import PipeNetwork

    Truth = NDArray[np.bool_]

__all__ = ["basin_nodes", "supply_pipes"]

# A valve where more pipes than this meet stands in a crossing.
_THROUGH = 2


def basin_nodes(
    network: PipeNetwork, va_node: pd.DataFrame | None, va_anlegg: pd.DataFrame | None
) -> Truth:
    """Tell which sources are basins only: they store water, and give none of their own, (n,)."""
    basin = _is(va_node, network.node_row, "basseng") | _is(
        va_anlegg, network.facility_row, "hoydebasseng"
    )
    giver = _is(va_node, network.node_row, "kilde") | _is(
        va_anlegg, network.facility_row, "vannverk"
    )
    return np.asarray(network.source & basin & ~giver, dtype=np.bool_)


def supply_pipes(
    network: PipeNetwork,
    sources: Truth,
    *,
    crossings: bool = True,
    without: Truth | None = None,
    gone: NDArray[np.int64] | None = None,
) -> Pipes:
    """Make the network that failures are found in.

    Parameters
    ----------
    network
        The network of water.
    sources
        Nodes that water comes from, (n,).
    crossings
        Whether a valve where more than two pipes meet can close each of them; if not it closes
        none.
    without
        Pieces that are out of use, (m,): nothing passes, and what hangs on them has no water.
    gone
        Nodes that nothing passes; what hangs on the pipes there has water from their other ends.
    """
    ends = np.stack([network.start, network.end], axis=1).astype(np.int64)
    degree = np.bincount(ends.ravel(), minlength=network.nodes)
    valve = network.valve & (crossings | (degree <= _THROUGH))
    valves = np.where(valve[ends], OPEN, 0).astype(np.int8)
    valves[network.valve_link] = OPEN
    # A shut valve parts the pipes whether or not it is believed to be able to.
    valves[(network.shut & network.valve)[ends]] = CLOSED
    # Closed in one end: what hangs on the pipe has water from the other.
    valves[network.closed, 0] = CLOSED
    if without is not None:
        valves[without] = CLOSED
    if gone is not None:
        valves[np.isin(ends, gone)] = CLOSED
    return Pipes(network.nodes, ends[:, 0], ends[:, 1], np.flatnonzero(sources), valves)


def _is(frame: pd.DataFrame | None, row: NDArray[np.int32], kind: str) -> Truth:
    """Tell which nodes have a row of that type."""
    if frame is None or not len(frame):
        return np.zeros(len(row), dtype=np.bool_)
    kinds = frame["type"].astype("string").fillna("").to_numpy(dtype=object) == kind
    return np.asarray((row >= 0) & kinds[row], dtype=np.bool_)
