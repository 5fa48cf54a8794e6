"""Maps of the kindergartens: how full each area is in some years, and where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._kindergarten_tables import STATES, row_of
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.school.capacity import year_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from askergeo.result import Table

__all__ = ["full_layers", "kindergarten_layer"]

_OWNERS = {"kommunal": "#08519c", "offentlig": "#08519c", "privat": "#e6550d"}


def full_layers(
    balance: Table, zones: gpd.GeoDataFrame, years: Sequence[int]
) -> tuple[MapLayer, ...]:
    """Draw how full each area is in each of some years; the first is shown.

    Parameters
    ----------
    balance
        From `askergeo.analyses._kindergarten_tables.balance_table`.
    zones
        The areas, the index their ids.
    years
        Kindergarten years.
    """
    classes = [
        StyleClass(value=title, label=title, fill=fill, stroke="#4d4d4d", dash=kind == "fullt")
        for kind, (title, fill) in STATES.items()
    ]
    layers = []
    for number, year in enumerate(years):
        rows = [row_of(str(one), year) for one in zones.index]
        told = balance.frame.loc[rows, ["omraade", "hoved", "plasser", "ledige", "dekning"]]
        told["tilstand"] = balance.frame.loc[rows, "tilstand"]
        there = set(told["tilstand"])
        own = tuple(one for one in classes if one.value in there)
        frame = gpd.GeoDataFrame(told, geometry=geometries(zones), crs=zones.crs)
        layers.append(
            MapLayer(
                name=f"plasser_{year}",
                title=f"Barnehageplasser {year_text(year)}",
                frame=frame,
                columns={name: balance.columns[name] for name in told.columns},
                style=Style(column="tilstand", classes=own, width=0.3, opacity=0.7),
                rows_of=balance.name,
                note="«Annet»: få barn, og derfor skjult.",
                visible=number == 0,
            )
        )
    return tuple(layers)


def kindergarten_layer(found: pd.DataFrame, kindergartens: gpd.GeoDataFrame) -> MapLayer:
    """Draw the kindergartens that have a place.

    Parameters
    ----------
    found
        From `askergeo.school.kindergarten.located`.
    kindergartens
        The layer, in the same order.
    """
    points = geometries(kindergartens)
    placed = ~np.asarray(shapely.is_missing(points) | shapely.is_empty(points), dtype=bool)
    own = found["eierform"].astype(object).where(found["eierform"].notna(), "ukjent")
    frame = gpd.GeoDataFrame(
        {
            "navn": found["navn"],
            "eierform": own,
            "kapasitet": found["kapasitet"],
            "merknad": found["merknad"],
        },
        geometry=points,
        crs=kindergartens.crs,
    )[placed]
    kinds = sorted(set(frame["eierform"].astype(str)))
    classes = tuple(
        StyleClass(value=one, label=one.capitalize(), fill=_OWNERS.get(one, "#636363"))
        for one in kinds
    )
    return MapLayer(
        name="barnehager",
        title="Barnehager",
        frame=frame,
        columns={
            "navn": Column(title="Navn"),
            "eierform": Column(title="Eierform"),
            "kapasitet": Column(title="Plasser", decimals=0, unit="plasser"),
            "merknad": Column(title="Merknad"),
        },
        style=Style(column="eierform", classes=classes, stroke="#ffffff", size=2.4),
    )
