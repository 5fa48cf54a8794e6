"""How much of an area's own experience to believe: credibility after Bühlmann and Straub.

An area with few people has rates that are mostly chance. Its deviation from the whole is therefore
given the weight ``Z = E·τ² / (E·τ² + v)``, where ``E`` is its person-years, ``τ²`` how much areas
truly differ and ``v`` the variance of one person-year. Both are estimated from the data: ``v`` from
how much an area varies from year to year, ``τ²`` from what the areas differ by beyond that. Few
persons give ``Z`` near 0: the area follows the whole.

References
----------
Bühlmann and Straub (1970), «Glaubwürdigkeit für Schadensätze»; Bühlmann and Gisler (2005),
«A Course in Credibility Theory and its Applications», chapter 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["credible"]


def credible(
    excess: NDArray[np.float64], exposure: NDArray[np.float64], variance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviation of each area's rate that can be believed, and its weight.

    Parameters
    ----------
    excess
        What happened beyond what was expected, (years, areas, groups).
    exposure
        Person-years (or expected events) that it happened in, same shape; 0 where there are none.
    variance
        Variance of one person-year where the years are too few to estimate it.

    Returns
    -------
    Deviation and weight Z, (areas, groups) each: 0 for an area without exposure.

    Examples
    --------
    Two areas that differ every year by the same are believed; one year says nothing of chance.

    >>> steady = np.array([[[10.0], [-10.0]], [[10.0], [-10.0]]])
    >>> credible(steady, np.full((2, 2, 1), 100.0), 0.2)[1].ravel().tolist()
    [1.0, 1.0]
    """
    whole = exposure.sum(axis=0)
    mean = _ratio(excess.sum(axis=0), whole)
    seen = (exposure > 0).sum(axis=0)
    # Within: how much an area's years differ from its own mean.
    yearly = _ratio(excess, exposure)
    within = (exposure * (yearly - mean) ** 2).sum(axis=(0, 1))
    freedom = np.maximum(seen - 1, 0).sum(axis=0)
    chance = np.where(freedom > 0, within / np.maximum(freedom, 1), variance)
    # Between: what the means differ by beyond what chance alone would make them.
    areas = (seen > 0).sum(axis=0)
    total = whole.sum(axis=0)
    between = _ratio((whole * mean**2).sum(axis=0) - areas * chance, total)
    between = np.maximum(between, 0)
    weight = _ratio(whole * between, whole * between + chance)
    return weight * mean, weight


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom > 0)
