"""What a pipe can carry when it is full.

A sewer by its fall, after Manning: Q = M · A · R^(2/3) · √I with R = D/4 in a full pipe. A water
main by the fastest water that is accepted in it. Both are of clean pipes of the stated size, which
is the outer diameter of plastic pipes; neither says what pressure or backwater allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Number = NDArray[np.float64]

__all__ = ["fall_of", "full_sewer_l_s", "full_water_l_s"]

_LITRES: Final = 1000.0


def fall_of(z_start: Number, z_end: Number, length_m: Number) -> Number:
    """Fall of each pipe in the way that it falls, metres a metre; NaN unknown.

    A pipe without fall or without length has none: what it can carry is not told by Manning.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.abs(z_start - z_end) / length_m
    return np.where((fall > 0) & np.isfinite(fall), fall, np.nan)


def full_sewer_l_s(diameter_mm: Number, fall: Number, manning: float) -> Number:
    """Flow of a full sewer, l/s; NaN where size or fall is unknown.

    Examples
    --------
    >>> float(full_sewer_l_s(np.array([200.0]), np.array([0.01]), 75.0)[0].round(1))
    32.0
    """
    diameter = diameter_mm / 1000.0
    area = np.pi * diameter**2 / 4
    return np.asarray(manning * area * (diameter / 4) ** (2 / 3) * np.sqrt(fall) * _LITRES)


def full_water_l_s(diameter_mm: Number, speed: float) -> Number:
    """Flow of a water main at a speed (m/s), l/s; NaN where the size is unknown.

    Examples
    --------
    >>> float(full_water_l_s(np.array([150.0]), 1.5)[0].round(1))
    26.5
    """
    return np.asarray(np.pi * (diameter_mm / 1000.0) ** 2 / 4 * speed * _LITRES)
