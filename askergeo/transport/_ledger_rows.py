"""Rows of dwellings and jobs that the ledger adds up, and what every reader of them shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]

__all__ = [
    "BUILT",
    "COLUMNS",
    "PERMITTED",
    "PLANNED",
    "STAGES",
    "Rows",
    "account_line",
    "jobs_of",
    "joined_rows",
    "number",
    "stacked",
    "word",
]

BUILT: Final = "bygd"
PERMITTED: Final = "tillatt"
PLANNED: Final = "planlagt"
STAGES: Final = (BUILT, PERMITTED, PLANNED)
#: Columns of the rows, the geometry aside.
COLUMNS: Final = (
    "trinn", "lag", "rad", "navn", "aar", "boliger", "jobber", "m2", "andel", "ferdig",
)  # fmt: skip
_ACCOUNT: Final = (
    "lag", "trinn", "rader", "i_laget", "regnet", "annen_rad", "ikke_regnet", "uten_antall",
)  # fmt: skip
_TRADES: Final = ("industri", "handel", "kontor", "offentlig", "annet")


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one or more stages.

    Parameters
    ----------
    frame
        :data:`COLUMNS` and geometry: ``aar`` (NaN unknown), ``boliger`` and ``jobber`` (NaN
        unknown, negative torn down), ``m2`` that the jobs are reckoned from, ``andel`` (probability
        0–1), ``ferdig`` (of permits: whether it is built).
    faults
        What is wrong, ``regel``, ``tittel``, ``lag``, ``rad``, ``tekst``.
    account
        A row a layer and stage: dwellings in the layer, and where they went.
    """

    frame: gpd.GeoDataFrame
    faults: pd.DataFrame
    account: pd.DataFrame


def joined_rows(
    parts: Sequence[gpd.GeoDataFrame], *layers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Put rows of several layers under each other, in the CRS of the first layer."""
    crs = next((layer.crs for layer in layers if layer is not None), None)
    filled = [part for part in parts if len(part)]
    if not filled:
        empty = {name: pd.Series(dtype=_TYPES.get(name, "float64")) for name in COLUMNS}
        return gpd.GeoDataFrame(empty, geometry=[], crs=crs)
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs=crs)


_TYPES: Final = {"trinn": object, "lag": object, "rad": object, "navn": object, "ferdig": bool}


def jobs_of(m2: Numbers, trade: NDArray[np.object_], parameters: Parameters) -> Numbers:
    """Jobs of a floor area, by m² per job; an unknown business counts as «annet»."""
    kind = np.where(np.isin(trade, _TRADES), trade, "annet")
    each = np.full(len(m2), np.nan)
    for name in np.unique(kind[np.nan_to_num(m2) != 0].astype(str)):
        each[kind == name] = float(parameters[f"trafikk_m2_{name}"])
    return np.where(m2 == 0, 0.0, m2 / each)


def account_line(
    layer: str, stage: str, number: pd.Series, *, counted: pd.Series, elsewhere: float = 0.0
) -> pd.DataFrame:
    """One line of the account: what the layer has, what is counted, and what another row has."""
    whole = float(np.nansum(number.to_numpy(dtype=np.float64)))
    took = float(np.nansum(counted.to_numpy(dtype=np.float64)))
    data: dict[str, Any] = {
        "lag": layer, "trinn": stage, "rader": len(number), "i_laget": whole, "regnet": took,
        "annen_rad": elsewhere, "ikke_regnet": whole - took - elsewhere,
        "uten_antall": int(number.isna().sum()),
    }  # fmt: skip
    return pd.DataFrame([data])


def stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_ACCOUNT)


def number(frame: pd.DataFrame, name: str) -> Numbers:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)


def word(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    return frame[name].astype(object).where(frame[name].notna(), "").to_numpy(dtype=object)
