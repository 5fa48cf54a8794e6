"""The water that meters say each waterworks delivers, as what its growth starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.geometry import geometries
from askergeo.school.areas import place
from askergeo.va._net_pipes import number_of, text_of
from askergeo.va.network import VANN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.va.load import Factors

    Number = NDArray[np.float64]

__all__ = ["Supplied", "supplied_of"]

# The share of a works' load that must lie in measured zones: a house on the edge may lie outside.
_ALL: Final = 0.99


@dataclass(frozen=True, eq=False)
class Supplied:
    """Water measured to ``k`` waterworks' customers in a mean day, m³; NaN not measured.

    Parameters
    ----------
    year
        The year of the meters.
    used, lost
        What is used, by meter or by estimate, and the rest, which leaks, (k,).
    reckoned
        The same day of residents and jobs, with leak, (k,).
    """

    year: int
    used: Number
    lost: Number
    reckoned: Number

    @property
    def mean(self) -> Number:
        """What is delivered in a mean day, (k,)."""
        return self.used + self.lost

    def largest(self, factors: Factors) -> Number:
        """Water of the largest day, (k,): use grows by the factor, leaks do not."""
        return self.used * factors.day + self.lost


def supplied_of(scene: Scene) -> Supplied | None:
    """Sum the meters of the last year to the waterworks; ``None`` without meters or zones.

    A zone that several works feed is shared as its load is. A works is measured when nearly all
    its load lies in zones with all meters known: what is missing is not nothing.
    """
    meters, zones = scene.meters, scene.layers["va_sone"]
    side = scene.sides[VANN]
    if meters is None or not len(meters) or zones is None or not len(side.plants.ids):
        return None
    mine = zones[zones["type"].astype("string").fillna("").eq("maalesone").to_numpy(dtype=bool)]
    if not len(mine):
        return None
    year = int(meters["aar"].max())
    known = _by_zone(meters, year)
    amounts = np.array(
        [known.get(one, (np.nan, np.nan)) for one in text_of(mine, "sone_id")], dtype=np.float64
    )
    at = place(scene.demand.points, shapely.make_valid(geometries(mine)))
    pe = scene.pe["hoved"][:, 0]
    on = side.plant >= 0
    total = np.bincount(side.plant[on], pe[on], len(side.plants.ids))
    inside = on & (at >= 0)
    share = np.zeros((len(total), len(mine)))
    np.add.at(share, (side.plant[inside], at[inside]), pe[inside])
    measured = ~np.isnan(amounts).any(axis=1)
    whole = (total > 0) & (share[:, measured].sum(axis=1) >= _ALL * total)
    every = share.sum(axis=0)
    part = np.divide(share, every, out=np.zeros_like(share), where=every > 0)
    sums = part[:, measured] @ amounts[measured]
    used, lost = (np.where(whole, one, np.nan) for one in sums.T)
    factors = scene.factors["hoved"]
    reckoned = np.asarray(total * factors.litres / 1000.0 / (1 - factors.leak), dtype=np.float64)
    return Supplied(year, used, lost, reckoned)


def _by_zone(meters: pd.DataFrame, year: int) -> Mapping[str, tuple[float, float]]:
    """Return what each zone uses and loses in a mean day, m³; one that is told twice is unknown."""
    rows = meters[(meters["aar"] == year).to_numpy(dtype=bool, na_value=False)]
    rows = rows[~rows["sone_id"].astype(str).duplicated(keep=False)]
    days = 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365
    taken, on, metered, guessed = (
        number_of(rows, one) / days for one in ("inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3")
    )
    used = metered + guessed
    lost = taken - on - used
    ids = text_of(rows, "sone_id").tolist()
    return dict(zip(ids, zip(used.tolist(), lost.tolist(), strict=True), strict=True))
