"""Leakage of drinking water by zone and year, from meters.

The method, its sources and what it does not say are in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.analyses import _va_leak_text as text
from askergeo.analyses._va_leak_shield import shield_of
from askergeo.analyses._va_leak_tables import chart, layers_of, year_table, zone_table, zone_years
from askergeo.analyses._va_leak_zones import zone_facts
from askergeo.errors import LayerError
from askergeo.result import Result
from askergeo.va.leakage import by_year, leakage, trends

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters

__all__ = ["va_lekkasje"]


def va_lekkasje(
    va_maaling: pd.DataFrame,
    *,
    va_sone: gpd.GeoDataFrame | None = None,
    va_ledning: gpd.GeoDataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    va_tilknytning: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Reckon the leakage of each zone with a meter, year by year.

    Parameters
    ----------
    va_maaling, va_sone, va_ledning, adresse, va_tilknytning, kommunegrense
        Layers of the catalogue; all but the first may be absent.
    parameters
        The sets ``va_hydraulikk`` and ``va_nett``.

    Raises
    ------
    LayerError
        When there is no measurement, or a zone has a year twice.
    """
    if not len(va_maaling):
        raise LayerError(
            "Laget «va_maaling» er tomt.", remedy="Legg til målt vann etter sone og år."
        )
    facts = zone_facts(
        va_maaling["sone_id"],
        va_sone,
        va_ledning=va_ledning,
        adresse=adresse,
        va_tilknytning=va_tilknytning,
        parameters=parameters,
    )
    pressure = float(parameters["va_lekkasje_trykk_m"])
    found = leakage(
        va_maaling,
        length_km=facts.length_km,
        connections=facts.connections,
        pressure_m=pressure if pressure > 0 else np.nan,
        night_l_h=float(parameters["va_lekkasje_natt_l_h"]),
    )
    years, slopes = by_year(found), trends(found)
    shield = shield_of(found, facts)
    template, told = text.statement(found, shield.sums(years), facts, shield)
    return Result(
        analysis="va_lekkasje",
        title="Lekkasje fra vannettet",
        template=template,
        facts=told,
        tables=(
            shield.zone_table(zone_table(found, facts, slopes)),
            shield.year_table(year_table(years)),
            shield.zone_years(zone_years(found, facts), found["sone_id"]),
        ),
        layers=layers_of(found, facts, kommunegrense, shield),
        findings=text.findings(found, years, facts, va_sone, shield=shield, parameters=parameters),
        warnings=text.warnings(found, years, facts, shield),
        reading=text.reading(parameters),
        charts=chart(shield.sums(years)),
    )
