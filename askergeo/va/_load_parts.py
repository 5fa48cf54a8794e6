"""The parts of a net of water that open pipes hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.va._supply_network import supply_pipes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._net_model import PipeNetwork

    Whole = NDArray[np.int64]

__all__ = ["open_parts"]


def open_parts(network: PipeNetwork) -> tuple[Whole, Whole]:
    """Find the parts that water can run through, as failures see what is shut.

    Parameters
    ----------
    network
        Of water.

    Returns
    -------
    tuple
        The part of each node, (n,), and of what hangs on each piece, (m,): a piece that is shut in
        one end belongs with the other.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (heavy)

    count, start, end = supply_pipes(network, network.source).opened()
    links = coo_array((np.ones(len(start)), (start, end)), shape=(count, count))
    part = connected_components(links, directed=False)[1].astype(np.int64)
    return part[: network.nodes], part[start]
