"""Farmland: tilled and pasture from AR5, and tillable land where it is neither, each place once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from askergeo._codes import load_codes
from askergeo.analyses._farmland_claims import Claims, first_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TILLABLE", "farmland"]

#: Land that is not tilled, but can be.
TILLABLE: Final = "Dyrkbar jord"


def farmland(
    maps: Sequence[gpd.GeoDataFrame],
    tillable: gpd.GeoDataFrame | None,
    kinds: Sequence[object],
) -> Claims:
    """Put farmland together without counting a place twice.

    Parameters
    ----------
    maps
        AR5 of one or several dates, the one that goes before the others first: land is farmland
        when any of them says so.
    tillable
        The layer ``dyrkbar_jord``.
    kinds
        Codes of ``arealtype`` that are farmland.

    Returns
    -------
    Claims
        Its frame has ``jord``: name of the AR5 class, or «Dyrkbar jord».
    """
    names = {str(one.code): one.name for one in load_codes("ar5_arealtype").values()}
    wanted = [str(one) for one in kinds]
    parts = []
    for ar5 in maps:
        code = ar5["arealtype"].astype("string")
        rows = ar5[code.isin(wanted).to_numpy(dtype=bool)]
        parts.append(rows[["geometry"]].assign(jord=code[rows.index].map(names).astype(object)))
    if tillable is not None:
        parts.append(tillable[["geometry"]].assign(jord=TILLABLE))
    joined = pd.concat(parts, ignore_index=True)
    frame = gpd.GeoDataFrame(joined, geometry="geometry", crs=maps[0].crs)
    return first_claims("dyrket og dyrkbar jord", frame)
