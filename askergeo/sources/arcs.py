"""Circular arcs as chords, with a stated error.

SOSI (BUEP, SIRKELP, SIRKEL) and GML (Arc, ArcString, Circle) describe arcs by points on them.
GEOS knows straight lines only, so an arc becomes chords that nowhere lie farther from it than
a tolerance. The points that were given stay in the line, unchanged: two surfaces
that share an arc still share every vertex.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ARC_TOLERANCE", "MAX_CHORDS", "arc", "circle", "circle_around"]

ARC_TOLERANCE = 0.01
"""Largest distance between an arc and its chords, in metres."""

MAX_CHORDS = 1_000
"""No half of an arc becomes more chords than this, whatever its radius: a bound on memory."""

_FULL_TURN = 2.0 * math.pi


def _steps(sweep: float, radius: float, tolerance: float) -> int:
    """Count the chords that keep the sagitta of each under the tolerance."""
    chord_angle = 2.0 * math.acos(max(-1.0, 1.0 - tolerance / radius))
    return min(MAX_CHORDS, max(1, math.ceil(abs(sweep) / chord_angle)))


def _centre(three: NDArray[np.float64]) -> tuple[float, float] | None:
    """Centre of the circle through three points; None when they lie on a straight line."""
    start, middle, end = three[:, :2]
    # Relative to the first point: UTM northings squared would cost half of the digits.
    bx, by = middle - start
    cx, cy = end - start
    cross = bx * cy - by * cx
    size_b, size_c = bx * bx + by * by, cx * cx + cy * cy
    if size_c == 0.0:
        return (start[0] + bx / 2.0, start[1] + by / 2.0) if size_b else None
    if abs(cross) <= 1e-9 * max(size_b, size_c):
        return None
    x = (cy * size_b - by * size_c) / (2.0 * cross)
    y = (bx * size_c - cx * size_b) / (2.0 * cross)
    return start[0] + x, start[1] + y


def _stroke(
    points: NDArray[np.float64], centre: tuple[float, float], sign: float, tolerance: float
) -> NDArray[np.float64]:
    """Walk the circle through the points in order, anticlockwise when sign is positive."""
    middle = np.asarray(centre)
    radius = math.dist(points[0, :2], centre)
    pieces = []
    for first, last in pairwise(points):
        from_angle = math.atan2(*(first[:2] - middle)[::-1])
        to_angle = math.atan2(*(last[:2] - middle)[::-1])
        sweep = sign * ((sign * (to_angle - from_angle)) % _FULL_TURN)
        share = np.linspace(0.0, 1.0, _steps(sweep, radius, tolerance) + 1)
        angles = from_angle + share * sweep
        piece = np.empty((len(share), points.shape[1]))
        piece[:, 0] = centre[0] + radius * np.cos(angles)
        piece[:, 1] = centre[1] + radius * np.sin(angles)
        if points.shape[1] == 3:  # noqa: PLR2004 - heights rise evenly along the arc
            piece[:, 2] = first[2] + share * (last[2] - first[2])
        piece[0], piece[-1] = first, last
        pieces.append(piece[:-1])
    return np.vstack([*pieces, points[-1:]])


def _turn(three: NDArray[np.float64]) -> float:
    """Return 1.0 when the three points turn left, else -1.0."""
    (bx, by), (cx, cy) = three[1, :2] - three[0, :2], three[2, :2] - three[1, :2]
    return 1.0 if bx * cy - by * cx >= 0.0 else -1.0


def arc(
    three: NDArray[np.float64], *, tolerance: float = ARC_TOLERANCE
) -> NDArray[np.float64] | None:
    """Stroke the arc from the first point through the second to the third.

    Parameters
    ----------
    three
        Coordinates, shape (3, 2) or (3, 3). When the first and the last are equal, the arc is
        the whole circle and the second point lies opposite.
    tolerance
        Largest distance between arc and chords, in the unit of the coordinates.

    Returns
    -------
    Coordinates of the chords, the three points among them; None when the points lie on a
    straight line, so that no arc goes through them.

    Examples
    --------
    >>> half = arc(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), tolerance=0.1)
    >>> half.round(2).tolist()
    [[1.0, 0.0], [0.71, 0.71], [0.0, 1.0], [-0.71, 0.71], [-1.0, 0.0]]
    """
    centre = _centre(three)
    return None if centre is None else _stroke(three, centre, _turn(three), tolerance)


def circle(
    three: NDArray[np.float64], *, tolerance: float = ARC_TOLERANCE
) -> NDArray[np.float64] | None:
    """Stroke the whole circle through three points, closed; None when they are on a line."""
    centre = _centre(three)
    if centre is None:
        return None
    closed = np.vstack([three, three[:1]])
    return _stroke(closed, centre, _turn(three), tolerance)


def circle_around(
    centre: NDArray[np.float64], radius: float, *, tolerance: float = ARC_TOLERANCE
) -> NDArray[np.float64]:
    """Stroke the circle around a point, anticlockwise from east, closed; radius above 0."""
    quarter = np.tile(centre, (5, 1))
    quarter[:, :2] += radius * np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
    return _stroke(quarter, (float(centre[0]), float(centre[1])), 1.0, tolerance)
