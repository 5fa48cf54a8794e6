"""Carbon in land: stock, and emissions when land changes use, from open factor files.

:mod:`askergeo.carbon.factors` reads the factors, :mod:`askergeo.carbon.reckoning` uses them on
areas, and :mod:`askergeo.carbon.uncertainty` says how sure the sum is. Method and sources:
``docs/metode-karbon.md``.
"""

from __future__ import annotations

from askergeo.carbon._shared import Depth
from askergeo.carbon.classes import Classes, ar5_classes, coarse_classes, load_classes
from askergeo.carbon.factors import Factors, factor_warnings, load_factors, write_template
from askergeo.carbon.fluxes import yearly_flux
from askergeo.carbon.reckoning import Emissions, change, soil_range
from askergeo.carbon.stocks import stock
from askergeo.carbon.uncertainty import Uncertainty, propagate, sample

__all__ = [
    "Classes",
    "Depth",
    "Emissions",
    "Factors",
    "Uncertainty",
    "ar5_classes",
    "change",
    "coarse_classes",
    "factor_warnings",
    "load_classes",
    "load_factors",
    "propagate",
    "sample",
    "soil_range",
    "stock",
    "write_template",
    "yearly_flux",
]
