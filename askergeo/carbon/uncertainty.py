"""How sure a total is: IPCC 2006 Guidelines volume 1 chapter 3, approaches 1 and 2.

A factor's range is taken to hold 95 % of what is likely. A factor that is used in several places
is wrong in the same way in all of them. The areas, the choice of soil class and zone, and the
global warming potentials are taken as known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.carbon._shared import one_at_a_time, quadrature
from askergeo.carbon._terms import used_factors
from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.carbon.reckoning import Emissions

__all__ = ["Uncertainty", "propagate", "sample"]

# Half of a range of 95 % is this many standard deviations of a normal distribution.
Z95: Final = 1.959964
_CHUNK: Final = 1000
_FEWEST: Final = 100
DEPTH_NAME: Final = "torvdybde_m"


@dataclass(frozen=True, kw_only=True, eq=False)  # a series has no single answer to ==
class Uncertainty:
    """A total with the range that holds 95 % of what is likely, t CO2e.

    Parameters
    ----------
    value
        The total with every factor at its value.
    low, high
        The range.
    mean
        Mean of the draws; the value itself for propagation.
    method
        ``fremgangsmåte 1`` (propagation) or ``fremgangsmåte 2`` (sampling).
    shares
        How much of the variance each factor stands for (0–1), the largest first; empty for
        sampling.
    """

    value: float
    low: float
    high: float
    mean: float
    method: str
    shares: pd.Series

    @property
    def half_width(self) -> float:
        """Half of the range, t CO2e; never negative."""
        return (self.high - self.low) / 2


def propagate(emissions: Emissions, *, by_year: NDArray[np.float64] | None = None) -> Uncertainty:
    """Approach 1: the effect of each factor's range on its own, added in quadrature.

    ``by_year`` (one weight for each year of the path) asks for a weighted sum of the years'
    emissions in the total's place.

    Up and down are added apart, since the ranges may lean to one side. It is exact when the total
    is a sum of factors, and near when products of factors have narrow ranges.

    Examples
    --------
    >>> from askergeo.carbon import change, load_factors
    >>> one = pd.DataFrame({"fra": ["myr"], "til": ["bebygd_tett"], "areal_ha": [1.0]})
    >>> result = change(one, load_factors(), mineral_soil="spodisk", peat_depth_m=1.0)
    >>> round(propagate(result).half_width, 1), round((100**2 + 1) ** 0.5 * 44 / 12, 1)
    (366.7, 366.7)
    """
    used = used_factors(emissions.terms)
    centre, sides = one_at_a_time(emissions.levels, used)
    value = emissions.totals(centre, by_year)
    moved = emissions.totals(sides, by_year)
    below, above = quadrature(moved[None, :], value[:, None])
    widths = np.abs(moved.reshape(2, -1) - value).max(axis=0, initial=0.0) ** 2
    names = [*emissions.factors.frame.index, DEPTH_NAME]
    total = widths.sum()
    shares = pd.Series(
        widths / total if total > 0 else widths, index=[names[i] for i in used], dtype="float64"
    )
    return Uncertainty(
        value=float(value[0]),
        low=float(value[0] - below[0]),
        high=float(value[0] + above[0]),
        mean=float(value[0]),
        method="fremgangsmåte 1",
        shares=shares.sort_values(ascending=False, kind="stable"),
    )


def sample(emissions: Emissions, *, draws: int = 10_000, seed: int = 1) -> Uncertainty:
    """Approach 2: the total for many draws of all factors at once.

    Each side of a factor's value is half of a normal distribution, so that its median is the
    value and 95 % of the draws are within its range. A factor whose range has nothing below zero
    is never drawn below zero.

    Raises
    ------
    ParameterError
        When there are too few draws.
    """
    if draws < _FEWEST:
        raise ParameterError(f"Antall trekninger = {draws} er under {_FEWEST}.")
    used = used_factors(emissions.terms)
    generator = np.random.default_rng(seed)
    totals = np.concatenate(
        [
            emissions.totals(_drawn(generator, emissions.levels, used, min(_CHUNK, draws - start)))
            for start in range(0, draws, _CHUNK)
        ]
    )
    below, above = np.quantile(totals, [0.025, 0.975])
    return Uncertainty(
        value=emissions.total,
        low=float(below),
        high=float(above),
        mean=float(totals.mean()),
        method="fremgangsmåte 2",
        shares=pd.Series(dtype="float64"),
    )


def _drawn(
    generator: np.random.Generator,
    levels: NDArray[np.float64],
    used: list[int],
    draws: int,
) -> NDArray[np.float64]:
    """Draw the factors in use, (k, draws); the others stay at their value."""
    drawn = np.repeat(levels[0][:, None], draws, axis=1)
    centre, floor, top = levels[:, used, None]
    step = generator.standard_normal((len(used), draws))
    width = np.where(step < 0, centre - floor, top - centre) / Z95
    taken = centre + step * width
    drawn[used] = np.where(floor >= 0, np.maximum(taken, 0.0), taken)
    return drawn
