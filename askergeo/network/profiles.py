"""Speed profiles: how fast whom walks where, and what each edge then costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Costs"]


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Costs:
    """What it costs to walk each of ``m`` edges.

    Parameters
    ----------
    forward, backward
        From start to end and from end to start, (m,); ``inf`` where the profile cannot go.
        A part of an edge costs its share of the whole.
    access
        Cost of a metre off the network (between a point and its edge).
    unit
        ``"s"`` or ``"m"``.
    """

    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    access: float
    unit: str
