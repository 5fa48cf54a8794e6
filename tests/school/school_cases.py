"""A small municipality made by hand: parts, residents by age and the years to come."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.population.faults import fault_frame
from askergeo.population.people import AGES, People, Projection
from askergeo.school.areas import Areas
from askergeo.school.forecast import CAUSES, Forecast

CRS = "EPSG:25832"
YEAR = 2026


def areas_of(parts, count):
    """Parts side by side, 1 km wide: a mapping of del_id to (barnekrets, ungdomskrets)."""
    frame = gpd.GeoDataFrame(
        {
            "enhet": [f"G{k}" for k in range(len(parts))],
            "navn": list(parts),
            "barnekrets": pd.array([one for one, _ in parts.values()], dtype="string"),
            "ungdomskrets": pd.array([two for _, two in parts.values()], dtype="string"),
        },
        index=pd.Index(list(parts), name="del_id"),
        geometry=[shapely.box(1000 * k, 0, 1000 * (k + 1), 1000) for k in range(len(parts))],
        crs=CRS,
    )
    people = People(frame.index, YEAR, count)
    return Areas(frame, pd.Series(dtype=object), people, 0, fault_frame())


def forecast_of(areas, causes):
    """A forecast with given causes: a mapping of cause to (t + 1, n, AGES)."""
    whole = {name: causes.get(name, np.zeros_like(causes["arskull"])) for name in CAUSES}
    count = sum(whole.values())
    steps, parts = count.shape[0] - 1, count.shape[1]
    none = np.zeros((steps, parts, AGES))
    main = Projection(
        areas=areas.frame.index,
        years=np.arange(YEAR, YEAR + steps + 1),
        count=count,
        births=np.zeros((steps, parts)),
        deaths=none,
        migration=none,
        housing=none,
        scaling=none,
    )
    return Forecast(areas, {"hoved": main}, whole, None, (), fault_frame())


def schools(**columns):
    """A layer of schools, a point 100 m above the middle of each kilometre."""
    count = len(columns["skole_id"])
    given = {"navn": [f"{one} skole" for one in columns["skole_id"]], **columns}
    points = [shapely.Point(1000 * k + 500, 600) for k in range(count)]
    return gpd.GeoDataFrame(given, geometry=points, crs=CRS)


def districts(rows):
    """A layer of districts: rows of krets_id, trinn and skole_id."""
    frame = pd.DataFrame(rows, columns=["krets_id", "trinn", "skole_id"])
    return gpd.GeoDataFrame(
        frame.assign(navn=frame["krets_id"]), geometry=[shapely.Point()] * len(frame), crs=CRS
    )


def children(parts, per_age):
    """Residents with the same number of children of each age 0–15 in each part."""
    count = np.zeros((parts, AGES))
    count[:, :16] = np.asarray(per_age, dtype=float)[:, None]
    return count
