"""Counts of pupils at a school whose district has been given to another school."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from askergeo.school._assign import STAGE_OF, homes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.school._assign import Assignment
    from askergeo.school._shares import Counted
    from askergeo.school.areas import Areas

__all__ = ["inherited"]


def inherited(
    counted: Counted,
    assignment: Assignment,
    areas: Areas,
    skole: gpd.GeoDataFrame,
    schools: pd.DataFrame,
) -> tuple[Counted, tuple[str, ...]]:
    """Give the counts of a school without district to the new school of the district it lies in.

    A public school that no district names, but that has counts, and lies in a district whose school
    has none, is the one that had the district. Otherwise its pupils would be taken for a share of
    all the municipality's children.

    Parameters
    ----------
    counted
        Pupils and children.
    assignment, areas
        The parts, and the school of each.
    skole, schools
        The layer, and the schools as they are reckoned.

    Returns
    -------
    tuple
        The counts, and what was moved, in bokmål.
    """
    home = homes(areas, skole, schools.index)
    public = ~schools["privat"].to_numpy(dtype=bool)
    pupils = counted.pupils.copy()
    told: list[str] = []
    for stage in (0, 1):
        own = assignment.own[:, stage]
        named = np.bincount(own[own >= 0], minlength=len(schools)) > 0
        grades = stage == STAGE_OF
        known = np.nan_to_num(counted.pupils[:, :, grades]).sum(axis=(0, 2)) > 0
        heir = np.where(home >= 0, own[home], -1)
        moved = public & ~named & known & (heir >= 0) & ~known[heir]
        for row in np.flatnonzero(moved):
            to = heir[row]
            both = np.ix_(np.arange(len(pupils)), [to], np.flatnonzero(grades))
            of_row = np.ix_(np.arange(len(pupils)), [row], np.flatnonzero(grades))
            pupils[both] = np.nan_to_num(pupils[both]) + counted.pupils[of_row]
            pupils[of_row] = np.nan
            told.append(
                f"Elevtallet ved «{schools['navn'].iloc[row]}», som ikke har krets, er ført på "
                f"«{schools['navn'].iloc[to]}», som har kretsen skolen ligger i."
            )
    return replace(counted, pupils=pupils), tuple(dict.fromkeys(told))
