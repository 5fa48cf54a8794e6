"""What land emits or takes up in a year as it lies, without changing class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.carbon._terms import DRAINED
from askergeo.carbon.classes import load_classes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from askergeo.carbon.classes import LandClass
    from askergeo.carbon.factors import Factors

__all__ = ["yearly_flux"]

# Classes whose mineral soil and vegetation are as they have long been: no change at Tier 1.
_STEADY: Final = ("dyrka", "beite", "apen_fastmark")


def yearly_flux(names: Iterable[str], factors: Factors) -> pd.Series:
    """Emission (positive) and uptake (negative) of a hectare in a year, t CO2e.

    Parameters
    ----------
    names
        Ids of classes.
    factors
        From :func:`askergeo.carbon.factors.load_factors`.

    Returns
    -------
    pandas.Series
        Index the ids. Drained peat decays, forest grows where there is a factor for it, and
        fields, pastures and open land on mineral soil are in balance (IPCC 2006 volume 4,
        Tier 1). Missing for all others: nobody knows is not zero.

    Examples
    --------
    >>> from askergeo.carbon import load_factors
    >>> found = yearly_flux(["dyrka", "dyrka_organisk", "myr"], load_factors())
    >>> found.isna().tolist(), float(found["dyrka"])
    ([False, False, True], 0.0)
    """
    classes = load_classes()
    return pd.Series(
        {name: _of(classes[name], factors) for name in names}, name="t_co2e_ha", dtype="float64"
    )


def _of(land: LandClass, factors: Factors) -> float:
    columns = factors.columns
    if land.soil == "organisk":
        if not land.drained:
            return np.nan
        found = [factors.find(land.line, *key) for key in DRAINED]
        if None in found:
            return np.nan
        known = [i for i in found if i is not None]
        return float(
            sum(
                columns["verdi"][i] * columns["tonn"][i] * factors.gwp[str(columns["gass"][i])]
                for i in known
            )
        )
    if land.line[-1] == "skog":
        growth = factors.find(land.line, "tilvekst")
        return np.nan if growth is None else -float(columns["verdi"][growth])
    return 0.0 if land.line[-1] in _STEADY and land.soil == "mineral" else np.nan
