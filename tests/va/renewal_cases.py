"""A net of ten pipes that is small enough to be worked by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

YEAR = 2025
# Ten pipes: material, year, kind, metres, dimension, and where (x from, y).
TEN = [
    ("SJG", 1950, "vann", 100, 150, 0, 0.0),
    ("SJG", 1950, "vann", 100, 150, 100, 0.0),
    ("BET", 1950, "spillvann", 200, 200, 0, 1.5),
    ("PVC", 2010, "vann", 150, 150, 400, 0.0),
    ("PE", 2015, "spillvann", 150, 160, 400, 1.5),
    ("AC", 1960, "vann", 120, 100, 700, 0.0),
    ("BET", 1945, "avlop_felles", 120, 300, 700, 1.5),
    ("BET", 1980, "overvann", 120, 300, 700, -1.5),
    (None, 1950, "vann", 100, None, 1000, 0.0),
    ("PVC", None, "spillvann", 100, 160, 1000, 1.5),
]


def ten(**columns):
    frame = gpd.GeoDataFrame(
        {
            "ledning_id": [f"L{n}" for n in range(len(TEN))],
            "type": [one[2] for one in TEN],
            "materiale": [one[0] for one in TEN],
            "anleggsaar": pd.array([one[1] for one in TEN], dtype="Int64"),
            "dimensjon_mm": pd.array([one[4] for one in TEN], dtype="Int64"),
            "eier": "kommunal",
        },
        geometry=[shapely.LineString([(one[5], one[6]), (one[5] + one[3], one[6])]) for one in TEN],
        crs="EPSG:25832",
    )
    return frame.assign(**columns)
