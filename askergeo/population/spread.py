"""How far off a forecast may be, for any sum of areas and ages.

The error has two parts: chance, which evens out when areas are added (its variance grows with the
number of people), and a common error of the rates, which does not (its size grows with the number).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Spread"]

# 80 % of a normal distribution is within 1.2816 standard deviations.
_EIGHTY: Final = 1.2815515655446004


@dataclass(frozen=True, eq=False)
class Spread:
    """Error of a forecast by year and age.

    Parameters
    ----------
    chance
        Variance for each person forecast, (t + 1, AGES).
    common
        Standard deviation of the error that all areas share, as a share of the people forecast,
        (t + 1, AGES).
    source
        In bokmål, what it is reckoned from.
    measured
        Whether it was measured on what happened, not guessed.
    """

    chance: NDArray[np.float64]
    common: NDArray[np.float64]
    source: str
    measured: bool

    def deviation(
        self, count: NDArray[np.float64], ages: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Reckon the standard deviation of the people of several ages together.

        Parameters
        ----------
        count
            People forecast, (t + 1, …, m): the last axis is ages.
        ages
            The m ages, each from 0 to AGES − 1; all of them when left out.

        Returns
        -------
        Standard deviation, (t + 1, …).
        """
        take = np.arange(count.shape[-1]) if ages is None else ages
        shape = (count.shape[0], *(1,) * (count.ndim - 2), count.shape[-1])
        chance = (count * self.chance[:, take].reshape(shape)).sum(axis=-1)
        common = (count * self.common[:, take].reshape(shape)).sum(axis=-1)
        return np.asarray(np.sqrt(np.maximum(chance, 0) + common**2))

    def interval(
        self, count: NDArray[np.float64], ages: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Band that 80 of 100 outcomes are expected within; see :meth:`deviation`."""
        half = _EIGHTY * self.deviation(count, ages)
        total = count.sum(axis=-1)
        return np.maximum(total - half, 0), total + half
