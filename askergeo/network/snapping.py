"""Places on the network: where addresses, cells and services meet their nearest edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Places"]


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Places:
    """Where ``p`` points meet the network.

    Parameters
    ----------
    row
        Row of the input that each place belongs to, (p,), ascending; a row with several
        entrances has several places, one that could not be snapped has none.
    edge
        Edge that the place lies on, (p,).
    share
        How far along the edge from its start, (p,), 0–1 of its length.
    access
        Distance walked between the point and the edge, (p,), metres.
    count
        Number of input rows.
    unsnapped
        Input rows without a place, ascending.
    distance
        Distance from each unsnapped row to the nearest edge, metres; NaN without geometry.
    """

    row: NDArray[np.int32]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    access: NDArray[np.float64]
    count: int
    unsnapped: NDArray[np.int32]
    distance: NDArray[np.float64]
