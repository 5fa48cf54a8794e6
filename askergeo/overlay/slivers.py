"""How wide a gap or an overlap is, which tells a sliver from land that somebody forgot.

The width is that of the rectangle with the same area A and perimeter P:
``w = A / (P/4 + √(P²/16 − A))``, and ``4A/P`` where no rectangle is so compact. So a strip of even
width has its own width, however long it is, a square its side and a circle its diameter. A wedge
has about its mean width, and a jagged outline makes the width smaller, as its perimeter is longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

    Floats = NDArray[np.float64]

__all__ = ["WIDTH", "widths"]

WIDTH: Final = "bredde_m"


def widths(shapes: Geometries) -> Floats:
    """Width of each polygon, m; 0 for what has no area.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in metres; the parts of one count together, so split them first.

    Examples
    --------
    >>> widths(np.array([shapely.box(0, 0, 4, 4), shapely.box(0, 0, 0.25, 900)])).tolist()
    [4.0, 0.25]
    """
    area = np.asarray(shapely.area(shapes), dtype=np.float64)
    quarter = np.asarray(shapely.length(shapes), dtype=np.float64) / 4
    spread = quarter + np.sqrt(np.maximum(quarter**2 - area, 0.0))
    return np.divide(area, spread, out=np.zeros(len(area)), where=area > 0)
