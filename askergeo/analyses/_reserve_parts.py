"""The pieces of the land reserve with what a planner asks of them, cut by the plans they lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._codes import load_codes
from askergeo._plan_style import GROUPS, NOW
from askergeo.geometry import geometries
from askergeo.reserve.rules import words

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.parameters import Parameters
    from askergeo.reserve import Reserve

__all__ = ["DEKAR", "GENERAL", "Described", "describe"]

DEKAR: Final = 1e3
GENERAL: Final = "kommuneplan"
_NO_NAME: Final = "uten navn"


@dataclass(frozen=True)
class Described:
    """Pieces and parts of a reserve in words.

    Parameters
    ----------
    pieces
        As :attr:`askergeo.reserve.Reserve.pieces`, index a name of the place that stays the same
        between runs, with ``gruppe`` (with its name), ``formaal``, ``status``, ``for_seg``
        (shown apart), ``bolig`` (counts in the dwellings) and ``enhet`` (plan and area with most
        of the piece).
    parts
        As :attr:`askergeo.reserve.Reserve.parts`, with ``gruppe``, ``for_seg``, ``bolig`` and
        ``enhet``.
    units
        Index ``enhet``: ``plan``, ``navn`` and ``dato`` of every plan or area with reserve.
    """

    pieces: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    units: pd.DataFrame

    @property
    def counted(self) -> gpd.GeoDataFrame:
        """The pieces that are in the reserve, without those shown apart."""
        return self.pieces[~self.pieces["for_seg"]]


def describe(
    found: Reserve,
    kommuneplan: gpd.GeoDataFrame,
    reguleringsplan: gpd.GeoDataFrame | None,
    plans: pd.DataFrame | None,
    rules: Parameters,
) -> Described:
    """Give pieces and parts their names.

    Parameters
    ----------
    found
        The reserve.
    kommuneplan, reguleringsplan
        The frames that it was found from; their labels name its plan rows.
    plans
        Index ``planid``: ``plannavn``, and ``ikrafttredelse`` where it is known.
    rules
        The set ``arealreserve``.
    """
    pieces = found.pieces.copy()
    names = {name[:2]: name for name in map(str, load_codes(GROUPS))}
    codes = {int(code): one.name for code, one in load_codes("kommuneplan_formaal").items()}
    pieces["gruppe"] = pieces["gruppe"].map(names)
    pieces["formaal"] = pieces["formaal_kode"].map(codes)
    status = pd.to_numeric(pieces["arealstatus"]).map(NOW)
    pieces["status"] = status.fillna("regulert").astype(object)
    code = pieces["formaal_kode"].astype(str)
    pieces["for_seg"] = code.isin(words(rules, "for_seg_formaal"))
    pieces["bolig"] = code.isin(words(rules, "bolig_formaal")) & ~pieces["for_seg"]
    parts = found.parts.copy()
    for column in ("gruppe", "for_seg", "bolig"):
        parts[column] = pieces[column].to_numpy()[parts["stykke"].to_numpy()]
    parts["enhet"] = _units_of(parts, kommuneplan, reguleringsplan)
    largest = parts.groupby(["stykke", "enhet"])["areal_m2"].sum().sort_values(kind="stable")
    last = largest.reset_index().groupby("stykke")["enhet"].last()
    pieces["enhet"] = last.reindex(range(len(pieces))).to_numpy()
    pieces.index = _places(pieces)
    parts["sted"] = pieces.index.to_numpy()[parts["stykke"].to_numpy()]
    return Described(pieces, parts, _units(parts, plans))


def _units_of(
    parts: pd.DataFrame, kommuneplan: gpd.GeoDataFrame, reguleringsplan: gpd.GeoDataFrame | None
) -> pd.Series:
    """Return the plan, and in the kommuneplan the area, that each part lies in."""
    unit = pd.Series("", index=parts.index, dtype=object)
    general = parts["plan"] == GENERAL
    named = "omraadenavn" in kommuneplan.columns
    area = _by_label(kommuneplan, "omraadenavn") if named else pd.Series(dtype=object)
    unit[general] = (
        "Kommuneplanen, " + parts.loc[general, "rad"].map(area).fillna(_NO_NAME)
    ).astype(object)
    if reguleringsplan is not None:
        planid = _by_label(reguleringsplan, "planid")
        unit[~general] = parts.loc[~general, "rad"].map(planid).fillna("(uten plan-id)")
    return unit


def _by_label(frame: gpd.GeoDataFrame, column: str) -> pd.Series:
    """Text of each row, missing where blank, by its label; a label that is not unique keeps one."""
    text = frame[column].astype("string").str.strip()
    named = text.where(text != "").astype(object)
    return pd.Series(named[~frame.index.duplicated()])


def _places(pieces: gpd.GeoDataFrame) -> pd.Index:
    """Name each piece by its purpose and a place in it, so that runs can be compared."""
    inner = shapely.point_on_surface(geometries(pieces))
    east, north = np.round(shapely.get_x(inner)), np.round(shapely.get_y(inner))
    names = pd.Series(
        [
            f"{code}-{x:.0f}-{y:.0f}"
            for code, x, y in zip(pieces["formaal_kode"], east, north, strict=True)
        ],
        dtype=object,
    )
    again = names.groupby(names).cumcount()
    return pd.Index(np.where(again > 0, names + "-" + again.astype(str), names))


def _units(parts: pd.DataFrame, plans: pd.DataFrame | None) -> pd.DataFrame:
    units = parts.groupby("enhet")["plan"].first().to_frame()
    units["navn"], units["dato"] = "", ""
    if plans is None:
        return units
    units["navn"] = plans["plannavn"].reindex(units.index).fillna("").to_numpy()
    if "ikrafttredelse" in plans:
        dates = pd.to_datetime(plans["ikrafttredelse"], errors="coerce").dt.strftime("%Y-%m-%d")
        units["dato"] = dates.reindex(units.index).fillna("").to_numpy()
    return units
