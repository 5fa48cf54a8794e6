"""Compiles the kernels of overlays ahead, so that the first question does not wait for them."""

from __future__ import annotations

import geopandas as gpd
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.overlay.account import account
from askergeo.overlay.pieces import pieces

__all__ = ["warm"]


def warm() -> None:
    """Ask a small question of every kernel; what they compile to is kept for all processes."""
    land = gpd.GeoDataFrame(
        {"art": ["skog", "myr"]},
        geometry=[shapely.box(0, 0, 3, 4), shapely.Polygon([(3, 0), (6, 0), (2, 4)])],
        crs=CRS_OF_RECORD,
    )
    plan = gpd.GeoDataFrame(
        {"bruk": ["bolig"]}, geometry=[shapely.box(2, 0, 4, 2)], crs=CRS_OF_RECORD
    )
    limit = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 6, 5)], crs=CRS_OF_RECORD)
    by = {"land": ["art"], "plan": ["bruk"]}
    account({"land": land, "plan": plan}, by=by, boundary=limit)
    pieces({"land": land, "plan": plan})
