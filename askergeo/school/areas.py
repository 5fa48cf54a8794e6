"""The small areas that pupils are reckoned for, and who lives there.

A part («del») is where a basic unit (grunnkrets), a district for grades 1–7 and one for grades 8–10
meet: units, districts and schools are sums of parts, whichever way they cut one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.population.people import People

__all__ = ["Areas", "make_areas"]


@dataclass(frozen=True, eq=False)
class Areas:
    """The parts, their residents, and what is wrong with the input.

    Parameters
    ----------
    frame
        The parts, index ``del_id``: ``enhet`` (grunnkretsnummer, or krets_id when no grunnkrets is
        known), ``navn``, ``barnekrets`` and ``ungdomskrets`` (krets_id, or NA), ``boliger``
        (dwellings at its addresses, NaN when unknown) and geometry.
    address
        adresse_id → del_id, NA for an address outside everything.
    people
        Residents by part and age; ``people.areas`` is the frame's index.
    unplaced
        Residents that are in no part: with an unknown address or none, outside, or without age.
    faults
        What is wrong with the input: regel, tittel, lag, rad, tekst.
    """

    frame: gpd.GeoDataFrame
    address: pd.Series
    people: People
    unplaced: int
    faults: pd.DataFrame


def make_areas(
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    *,
    year: int,
    grunnkrets: gpd.GeoDataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
) -> Areas:
    """Place residents in the parts that units and districts cut the municipality into.

    Parameters
    ----------
    adresse, befolkning
        Addresses, and residents by address and age.
    year
        The residents are those of 1 January of this year.
    grunnkrets, skolekrets
        Units and districts; one of them at least.
    boligprogram
        Dwellings to come, so that parts without an address today are there when they are built.

    Raises
    ------
    LayerError
        When neither units nor districts are given, or nobody can be placed.
    """
    raise NotImplementedError
