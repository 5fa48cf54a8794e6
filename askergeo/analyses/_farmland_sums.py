"""Areas of farmland that plans and decisions take, from accounts that close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._carbon_plans import YES
from askergeo.analyses._farmland_land import TILLABLE
from askergeo.analyses._land_account import DEKAR, NamedAccount
from askergeo.geometry import geometries, union
from askergeo.overlay.account import AREA, account
from askergeo.overlay.pieces import pieces

if TYPE_CHECKING:
    from askergeo.analyses._carbon_plans import Plan
    from askergeo.analyses._land import LandBoundary

__all__ = ["CHANGE", "planned", "split", "taken", "taken_pieces"]

#: Names of the themes in the account: what a planner reads.
LAND: Final = "dyrket og dyrkbar jord"
CASES: Final = "planer og vedtak"
#: Name of the case that is the proposal less the plan in force.
CHANGE: Final = "Endring: forslaget minus gjeldende plan"


def taken(
    land: gpd.GeoDataFrame, cases: gpd.GeoDataFrame, boundary: LandBoundary
) -> tuple[pd.DataFrame, NamedAccount]:
    """Sum farmland by decision.

    Returns
    -------
    DataFrame, NamedAccount
        ``jord``, the columns of ``cases`` and ``areal_m2``; the account that it is from.
    """
    numbered = cases.reset_index(drop=True)
    numbered["nummer"] = np.arange(len(numbered))
    found = account(
        {LAND: land, CASES: numbered},
        by={LAND: ["jord"], CASES: ["nummer"]},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    rows = found.rows[found.rows[f"{LAND}.dekket"] & found.rows[f"{CASES}.dekket"]]
    about = numbered.drop(columns="geometry").loc[rows[f"{CASES}.nummer"].astype(int)]
    table = about.reset_index(drop=True).assign(
        jord=rows[f"{LAND}.jord"].to_numpy(dtype=object), areal_m2=rows[AREA].to_numpy()
    )
    return table, NamedAccount("omdisponert", "Jordbruk i planer og vedtak", found)


def taken_pieces(
    land: gpd.GeoDataFrame, cases: gpd.GeoDataFrame, boundary: LandBoundary
) -> gpd.GeoDataFrame:
    """Cut farmland by the decisions, within the boundary: the same areas as polygons."""
    if not len(land) or not len(cases):
        return gpd.GeoDataFrame(
            {name: [] for name in ("jord", "sak", "aar", "gruppe", "slag", AREA)},
            geometry=[],
            crs=boundary.crs,
        )
    cut = pieces({"jord": land, "sak": cases}, crs=boundary.crs)
    limit = union(geometries(boundary.frame))
    shapes = geometries(cut).copy()
    shapely.prepare(limit)
    outside = ~shapely.contains_properly(limit, shapes)
    shapes[outside] = shapely.intersection(shapes[outside], limit)
    about = cases.drop(columns="geometry").loc[cut["sak"]].reset_index(drop=True)
    frame = gpd.GeoDataFrame(
        about.assign(
            jord=land.loc[cut["jord"], "jord"].to_numpy(),
            areal_m2=np.where(outside, shapely.area(shapes), cut[AREA]),
        ),
        geometry=shapes,
        crs=boundary.crs,
    )
    return frame[(frame[AREA] > 0).to_numpy()].reset_index(drop=True)


def split(table: pd.DataFrame, *, tillable_known: bool) -> pd.DataFrame:
    """Columns ``dyrket``, ``dyrkbar`` and ``sum`` in dekar; unknown tillable land is missing."""
    area = table[AREA] / DEKAR
    is_tillable = (table["jord"] == TILLABLE).to_numpy(dtype=bool)
    tilled = area.where(~is_tillable, 0.0)
    other = area.where(is_tillable, 0.0) if tillable_known else area * np.nan
    return table.assign(dyrket=tilled, dyrkbar=other, sum=tilled + other)


def planned(
    land: gpd.GeoDataFrame, plans: tuple[Plan, ...], boundary: LandBoundary
) -> tuple[pd.DataFrame, NamedAccount]:
    """Sum farmland that the municipal plan and the proposal lay out, and their difference.

    Returns
    -------
    DataFrame, NamedAccount
        ``sak``, ``gruppe``, ``jord`` and ``areal_m2`` (negative for what is spared); the account.
    """
    laid_out = {plan.layer: plan.rows[(plan.rows["bygges"] == YES).to_numpy()] for plan in plans}
    found = account(
        {LAND: land, **laid_out},
        by={LAND: ["jord"], **{plan.layer: ["gruppe"] for plan in plans}},
        boundary=boundary.frame,
        crs=boundary.crs,
    )
    rows = found.rows[found.rows[f"{LAND}.dekket"]]
    parts = []
    for plan in plans:
        part = rows[rows[f"{plan.layer}.dekket"]]
        parts.append(_plain(part, plan).assign(sak=plan.title))
    if len(parts) == 2:  # noqa: PLR2004  (the plan in force and the proposal)
        old, new = parts
        both = [new, old.assign(**{AREA: -old[AREA]})]
        parts.append(pd.concat(both, ignore_index=True).assign(sak=CHANGE))
    table = pd.concat(parts, ignore_index=True)
    keys = ["sak", "gruppe", "jord"]
    summed = table.groupby(keys, sort=False)[[AREA]].sum().reset_index()
    return summed, NamedAccount("planlagt", "Jordbruk i kommuneplanen", found)


def _plain(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gruppe": rows[f"{plan.layer}.gruppe"].astype(object),
            "jord": rows[f"{LAND}.jord"].astype(object),
            AREA: rows[AREA],
        }
    )
