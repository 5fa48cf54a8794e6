"""Carbon that stands in land: area by class times its factors (IPCC 2006 volume 4 chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.carbon._frames import Key, depths_of, hectares, known_classes, unique_rows
from askergeo.carbon._rules import CO2_OF_C
from askergeo.carbon._shared import (
    by_owner,
    check_missing,
    depth_of,
    levels_of,
    one_at_a_time,
    placeholders,
    quadrature,
    setting_of,
)
from askergeo.carbon._terms import Terms, stock_terms, used_factors
from askergeo.carbon.classes import load_classes

if TYPE_CHECKING:
    from askergeo.carbon._shared import Depth
    from askergeo.carbon.factors import Factors

__all__ = ["stock"]

STOCK_POOLS: Final = ("biomasse", "dod", "mineraljord", "organisk_jord")


def stock(
    areas: pd.DataFrame,
    factors: Factors,
    *,
    mineral_soil: str,
    peat_depth_m: float | Depth | None = None,
) -> pd.DataFrame:
    """Carbon that stands in land, by class.

    Parameters
    ----------
    areas
        ``klasse`` and one of ``areal_daa``, ``areal_ha`` and ``areal_m2``; ``torvdybde_m`` may
        give the depth of peat of each row.
    factors
        From :func:`askergeo.carbon.factors.load_factors`.
    mineral_soil
        The IPCC's class of mineral soil, which no Norwegian map gives: ``hac``, ``lac``, ``sand``,
        ``spodisk`` or ``vatmark``.
    peat_depth_m
        Depth of peat in metres where the rows do not say it.

    Returns
    -------
    pandas.DataFrame
        Index of ``areas``: ``klasse``, ``areal_ha``, tonnes of carbon in each pool
        (``biomasse_t_c`` …), ``sum_t_c``, ``lav_t_c`` and ``hoy_t_c`` (95 %, by propagation),
        ``sum_t_co2`` and ``plassholdere`` (ids of placeholder factors behind the row).

    Raises
    ------
    DataQualityError
        When a class is unknown, an area or a depth is missing, or a factor is.
    ParameterError
        When the soil is unknown, or the depth is no depth.

    Notes
    -----
    Mineral soil is counted to 30 cm and peat to its depth. Built land keeps a share of what was
    there before; that is not known of land built long ago, and the reference is taken.

    Examples
    --------
    >>> from askergeo.carbon import load_factors
    >>> areas = pd.DataFrame({"klasse": ["myr"], "areal_daa": [10.0]})
    >>> stock(areas, load_factors(), mineral_soil="spodisk", peat_depth_m=1.0)["sum_t_c"].tolist()
    [502.0]
    """
    hectare = hectares(areas)
    names = known_classes(areas, "klasse")
    setting = setting_of(factors, mineral_soil)
    depth = depth_of(peat_depth_m)
    classes = load_classes()
    organic = np.array([classes[name].soil == "organisk" for name in names], dtype=bool)
    depths = depths_of(areas, organic, known=depth is not None)
    keys, codes = unique_rows(map(Key, names, depths))
    built = [stock_terms(classes[key.before], factors, setting, key.depth) for key in keys]
    check_missing(built)
    terms = Terms([one for one, _ in built], len(factors.frame) + 1)
    centre, sides = one_at_a_time(levels_of(factors, depth), used_factors(terms))
    once = np.array([np.inf])
    per_ha = by_owner(terms, terms.cumulative(centre, once)[:, 0, :]) / CO2_OF_C
    moved = by_owner(terms, terms.cumulative(sides, once)[:, 0, :]) / CO2_OF_C
    below, above = quadrature(moved, per_ha)
    result = pd.DataFrame({"klasse": names, "areal_ha": hectare}, index=areas.index)
    pool_of = np.array([term.pool for term in terms.terms])
    tonnes = terms.cumulative(centre, once)[:, 0, :] / CO2_OF_C
    for pool in STOCK_POOLS:
        share = by_owner(terms, np.where((pool_of == pool)[:, None], tonnes, 0.0))[:, 0]
        result[f"{pool}_t_c"] = share[codes] * hectare
    result["sum_t_c"] = per_ha[codes, 0] * hectare
    result["lav_t_c"] = (per_ha[:, 0] - below)[codes] * hectare
    result["hoy_t_c"] = (per_ha[:, 0] + above)[codes] * hectare
    result["sum_t_co2"] = result["sum_t_c"] * CO2_OF_C
    result["plassholdere"] = placeholders(terms, factors)[codes]
    return result
